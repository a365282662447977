//! What a panel regression refuses, leaves out or counts, and how it says so.

use afgang_models::{
    Cluster, Design, Factor, FixedEffects, HcType, Panel, PanelConvention, PanelCovariance,
    PanelMoments, PanelOls, RandomEffects,
};

fn panel(unit: &[&str], time: &[i64], y: &[f64], columns: &[(&str, &[f64])]) -> Panel {
    let mut design = Design::builder().rows(y.len());
    for (name, values) in columns {
        design = design.numeric(*name, values.to_vec());
    }
    Panel::new(y, &design.build().unwrap(), &Factor::new(unit), time).unwrap()
}

const UNIT: [&str; 8] = ["A", "A", "A", "B", "B", "B", "C", "C"];
const TIME: [i64; 8] = [1, 2, 3, 1, 2, 4, 1, 2];
const Y: [f64; 8] = [1.0, 3.0, 2.0, 5.0, 4.0, 7.0, 1.0, 2.0];
const X: [f64; 8] = [0.0, 2.0, 1.0, 1.0, 2.0, 4.0, 0.0, 0.5];

#[test]
fn a_unit_twice_at_one_time() {
    let design = Design::builder().rows(3).build().unwrap();
    let unit = Factor::new(&["A", "B", "A"]);
    let error = Panel::new(&[1.0; 3], &design, &unit, &[5, 5, 5]).unwrap_err();
    let message = "rows 0 and 2 are both of unit A at time 5; a unit has one row a time, add them up or leave one out";
    assert_eq!(error.to_string(), message);
}

#[test]
fn infinite_outcome() {
    let design = Design::builder().rows(2).build().unwrap();
    let unit = Factor::new(&["A", "B"]);
    let error = Panel::new(&[1.0, f64::INFINITY], &design, &unit, &[1, 1]).unwrap_err();
    assert!(error.to_string().starts_with("column outcome, row 1: inf is not a finite number"));
}

/// Squares of 1e200 are no numbers, and those of 1e-200 are 0.
#[test]
fn columns_whose_squares_are_lost() {
    let unit = Factor::new(&UNIT);
    let of = |factor: f64, values: &[f64]| values.iter().map(|v| v * factor).collect::<Vec<_>>();
    let design = |x: Vec<f64>| Design::builder().numeric("x", x).build().unwrap();
    let message = "column outcome has numbers up to 7e200, whose squares and products cannot be computed; put it in other units";
    let error = Panel::new(&of(1e200, &Y), &design(X.to_vec()), &unit, &TIME).unwrap_err();
    assert_eq!(error.to_string(), message);
    let error = Panel::new(&Y, &design(of(-1e-200, &X)), &unit, &TIME).unwrap_err();
    assert!(error.to_string().starts_with("column x has numbers up to 4e-200"), "{error}");
    let plain = panel(&UNIT, &TIME, &Y, &[("x", &X)]);
    assert!(plain.clone().with_weights(&[1e99; 8]).is_err());
    assert!(plain.with_outcome(&of(1e99, &Y)).is_err());
    assert!(Panel::new(&[0.0; 8], &design(of(1e60, &X)), &unit, &TIME).is_ok());
    let mut moments = PanelMoments::new(["x"]);
    moments.push(&[1, 1, 1], &[1.0, 2.0, 4.0], &[&[1e-150, 3e-150, 2e-150]]).unwrap();
    let error = FixedEffects::units().fit_moments(&moments).unwrap_err();
    assert!(error.to_string().starts_with("column x has numbers up to 3e-150"), "{error}");
}

#[test]
fn more_parameters_than_rows() {
    let panel = panel(&["A", "A", "B"], &[1, 2, 1], &[1.0, 2.0, 4.0], &[("x", &[1.0, 3.0, 2.0])]);
    let error = FixedEffects::units().fit(&panel).unwrap_err();
    assert!(error.to_string().starts_with("3 rows for 3 parameters"), "{error}");
}

#[test]
fn a_regressor_without_variation_within_units_is_named() {
    let fixed = [7.1, 7.1, 7.1, 8.3, 8.3, 8.3, 9.9, 9.9];
    let double: Vec<f64> = X.iter().zip(&fixed).map(|(x, f)| 2.0 * x + f).collect();
    let panel = panel(&UNIT, &TIME, &Y, &[("x", &X), ("fixed", &fixed), ("double", &double)]);
    let fit = FixedEffects::units().fit(&panel).unwrap();
    assert_eq!(fit.coefficients.len(), 1);
    assert_eq!(fit.collinear[0].column, "fixed");
    assert!(fit.collinear[0].with.is_empty());
    assert_eq!(fit.collinear[1].column, "double");
    let (name, factor) = &fit.collinear[1].with[0];
    assert_eq!(name, "x");
    assert!((factor - 2.0).abs() < 1e-10);
}

#[test]
fn an_outcome_of_which_nothing_is_left() {
    let fixed = [7.1, 7.1, 7.1, 8.3, 8.3, 8.3, 9.9, 9.9];
    let of_units = panel(&UNIT, &TIME, &fixed, &[("x", &X)]);
    let message = |error: afgang_models::Error| error.to_string();
    assert_eq!(
        message(FixedEffects::units().fit(&of_units).unwrap_err()),
        "the outcome does not vary within unit, so that there is nothing to explain; take another outcome or fewer effects"
    );
    assert!(PanelOls::pooled().fit(&of_units).is_ok());
    let constant = panel(&UNIT, &TIME, &[0.1; 8], &[("x", &X)]);
    let message = message(PanelOls::pooled().fit(&constant).unwrap_err());
    assert!(message.starts_with("the outcome does not vary, so that"), "{message}");
    assert!(RandomEffects::new().fit(&constant).is_err());
    assert!(PanelOls::first_difference().fit(&constant).is_err());
}

/// y = x: residuals are 0, and 0 by 0 is no statistic and no panic.
#[test]
fn a_perfect_fit_has_an_answer() {
    let itself = panel(&UNIT, &TIME, &X, &[("x", &X)]);
    let clusters = PanelCovariance::Clustered(vec![Cluster::Unit]);
    for covariance in [PanelCovariance::Conventional, clusters] {
        let fit = PanelOls::pooled().covariance(covariance).fit(&itself).unwrap();
        assert!((fit.coefficients[0].estimate.estimate - 1.0).abs() < 1e-14);
        assert!(fit.coefficients[0].estimate.std_error < 1e-14);
        let p = fit.constant.unwrap().p_value;
        assert!(p.is_nan() || (0.0..=1.0).contains(&p), "{p}");
    }
}

/// Nothing is left to cluster: an answer without coefficients.
#[test]
fn clusters_without_a_regressor() {
    let fixed = [7.1, 7.1, 7.1, 8.3, 8.3, 8.3, 9.9, 9.9];
    let panel = panel(&UNIT, &TIME, &Y, &[("fixed", &fixed)]);
    let clusters = PanelCovariance::Clustered(vec![Cluster::Unit]);
    let fit = FixedEffects::units().covariance(clusters).fit(&panel).unwrap();
    assert!(fit.coefficients.is_empty() && fit.collinear[0].column == "fixed");
}

/// `xtreg, robust` is by clusters of units; other corrections are what they are called.
#[test]
fn only_hc1_is_by_units_under_xtreg() {
    let panel = panel(&UNIT, &TIME, &Y, &[("x", &X)]);
    let error = |covariance: PanelCovariance, convention: PanelConvention| {
        let spec = FixedEffects::units().covariance(covariance).convention(convention);
        spec.fit(&panel).unwrap().coefficients[0].estimate.std_error
    };
    let (xtreg, areg) = (PanelConvention::StataXtreg, PanelConvention::StataAreg);
    let hc = PanelCovariance::Heteroskedastic;
    let clusters = PanelCovariance::Clustered(vec![Cluster::Unit]);
    assert!((error(hc(HcType::Hc1), xtreg) - error(clusters, xtreg)).abs() < 1e-15);
    for kind in [HcType::Hc0, HcType::Hc2, HcType::Hc3] {
        assert!((error(hc(kind), xtreg) - error(hc(kind), areg)).abs() < 1e-15);
    }
    assert!(error(hc(HcType::Hc3), xtreg) > error(hc(HcType::Hc0), xtreg));
}

#[test]
fn gaps_and_singletons_are_counted() {
    let mut unit = UNIT.to_vec();
    unit[7] = "D";
    let panel = panel(&unit, &TIME, &Y, &[("x", &X)]);
    let keep = FixedEffects::units().fit(&panel).unwrap();
    assert_eq!(
        (keep.counts.rows, keep.counts.singletons, keep.counts.singletons_dropped),
        (8, 2, false)
    );
    // B misses time 3.
    assert_eq!(keep.counts.units_with_gaps, 1);
    let drop = FixedEffects::units().convention(PanelConvention::Reghdfe).fit(&panel).unwrap();
    assert_eq!(
        (drop.counts.rows, drop.counts.singletons, drop.counts.singletons_dropped),
        (6, 2, true)
    );
    // They tell nothing of slopes or of their conventional errors.
    let (a, b) = (keep.coefficients[0].estimate, drop.coefficients[0].estimate);
    assert!((a.estimate - b.estimate).abs() < 1e-14);
    assert!((a.std_error - b.std_error).abs() < 1e-14);
    assert_eq!(drop.residuals[6], None);
}

#[test]
fn singletons_go_in_rounds() {
    // Without time 9, seen once, unit C has one row left.
    let panel = panel(
        &["A", "A", "B", "B", "C", "C"],
        &[1, 2, 1, 2, 2, 9],
        &[1.0, 2.0, 4.0, 2.0, 5.0, 1.0],
        &[],
    );
    let spec = FixedEffects::units_and_times().drop_singletons(true);
    assert_eq!(spec.fit(&panel).unwrap().counts.singletons, 2);
}

#[test]
fn clusters() {
    let panel = panel(&UNIT, &TIME, &Y, &[("x", &X)]);
    let by_time = PanelCovariance::Clustered(vec![Cluster::Time]);
    let error = FixedEffects::units().covariance(by_time).fit(&panel).unwrap_err();
    let message = "unit is not nested within clusters of time, which stata-xtreg refuses; take another convention, such as reghdfe";
    assert_eq!(error.to_string(), message);
    let one = panel.clone().with_effect("country", &Factor::new(&["DK"; 8])).unwrap();
    let by_country = PanelCovariance::Clustered(vec![Cluster::Effect("country".to_owned())]);
    let error = FixedEffects::units().covariance(by_country).fit(&one).unwrap_err();
    assert_eq!(
        error.to_string(),
        "all rows are of one cluster of country; a variance needs at least two"
    );
    let by_county = PanelCovariance::Clustered(vec![Cluster::Effect("county".to_owned())]);
    let error = FixedEffects::units().covariance(by_county).fit(&one).unwrap_err();
    assert_eq!(error.to_string(), "effect county is not among the panel's: unit, time, country");
    let lags = PanelCovariance::DriscollKraay { lag: Some(4) };
    let error = FixedEffects::units().covariance(lags).fit(&panel).unwrap_err();
    assert_eq!(error.to_string(), "4 lags asked for, but there are 4 times; take fewer lags");
    let hc3 = PanelCovariance::Heteroskedastic(HcType::Hc3);
    let spec = FixedEffects::units_and_times().convention(PanelConvention::Fixest);
    let spec = spec.covariance(hc3);
    // Of the rows at time 3 there is one.
    let error = spec.fit(&panel).unwrap_err();
    assert!(error.to_string().starts_with("row 2 has leverage 1"), "{error}");
    let error = spec.and("country").fit(&one).unwrap_err();
    assert!(error.to_string().starts_with("HC2 and HC3 need the leverage"), "{error}");
}

#[test]
fn robust_of_xtreg_is_by_units() {
    let panel = panel(&UNIT, &TIME, &Y, &[("x", &X)]);
    let spec = FixedEffects::units();
    let robust =
        spec.clone().covariance(PanelCovariance::Heteroskedastic(HcType::Hc1)).fit(&panel).unwrap();
    let clustered =
        spec.covariance(PanelCovariance::Clustered(vec![Cluster::Unit])).fit(&panel).unwrap();
    assert_eq!(robust, clustered);
    assert_eq!(robust.variance.kind, "clustered by unit");
}

#[test]
fn one_unit_no_differences_and_singletons_alone() {
    let one = panel(&["A"; 3], &[1, 2, 3], &[1.0, 3.0, 2.0], &[("x", &[0.0, 2.0, 1.5])]);
    let message =
        "all rows are of one level of unit, whose effect cannot be told from the constant";
    assert_eq!(FixedEffects::units().test_effects(&one).unwrap_err().to_string(), message);
    assert_eq!(RandomEffects::new().fit(&one).unwrap_err().to_string(), message);
    let once = panel(&["A", "B"], &[1, 3], &[1.0, 3.0], &[("x", &[0.0, 2.0])]);
    let error = PanelOls::first_difference().fit(&once).unwrap_err();
    assert_eq!(error.to_string(), "no unit has two times, so there are no differences");
    let spec = FixedEffects::units().convention(PanelConvention::Reghdfe);
    let message = "all 2 rows are singletons, alone in a level of unit, and were dropped; absorb fewer effects";
    assert_eq!(spec.fit(&once).unwrap_err().to_string(), message);
    assert_eq!(spec.fit_poisson(&once, None).unwrap_err().to_string(), message);
    let mut moments = PanelMoments::new(["x"]);
    moments.push(&[1, 2], &[1.0, 3.0], &[&[0.0, 2.0]]).unwrap();
    assert_eq!(spec.fit_moments(&moments).unwrap_err().to_string(), message);
    // B and C see 2 and 3 between them, but not one after the other.
    let gaps = panel(&["A", "B", "B", "A"], &[1, 1, 3, 2], &[1.0, 2.0, 4.0, 7.0], &[]);
    assert_eq!(PanelOls::first_difference().fit(&gaps).unwrap().counts.rows, 2);
}

#[test]
fn nothing_to_test_of_means() {
    // x is the same for all units at each time.
    let x = [0.0, 1.0, 3.0, 0.0, 1.0, 3.0, 0.0, 1.0, 3.0];
    let unit = ["A", "A", "A", "B", "B", "B", "C", "C", "C"];
    let y = [1.0, 3.0, 2.0, 5.0, 4.0, 7.0, 1.0, 2.0, 2.5];
    let of = panel(&unit, &[1, 2, 3, 1, 2, 3, 1, 2, 3], &y, &[("x", &x)]);
    let error = RandomEffects::new().hausman_regression(&of).unwrap_err();
    assert!(error.to_string().starts_with("no regressor varies both within"), "{error}");
}
