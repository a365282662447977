//! What programs do in ways of their own (`fixtures/python/panel_programs.py`, `fixtures/r/panel_random.R`).

use afgang_models::{
    Cluster, FixedEffects, HcType, Panel, PanelCoefficient, PanelConvention, PanelCovariance,
    PanelOls, RandomEffects, VarianceComponents,
};
use serde::Deserialize;

use super::data::{Data, cases, close, data_sets, panels};

#[derive(Deserialize)]
struct Case {
    name: String,
    newey_west: NeweyWest,
    random: Option<Fit>,
    first_difference: Option<Fit>,
    weighted_difference: Option<Fit>,
    poisson: Option<Poisson>,
}

#[derive(Deserialize)]
struct NeweyWest {
    se: Vec<f64>,
    p: Vec<f64>,
}

#[derive(Deserialize)]
struct Poisson {
    coefficient: f64,
    se: f64,
}

#[derive(Deserialize)]
struct Fit {
    coefficients: Vec<f64>,
    se: Vec<f64>,
    p: Vec<f64>,
    low: Vec<f64>,
    /// Statistic, two degrees of freedom, p-value.
    f: [f64; 4],
    rows: usize,
    clustered: Option<Vec<f64>>,
}

/// As the script makes them: 1, 1.5, 2, 2.5, 3 and again.
fn weights(data: &Data) -> Vec<f64> {
    (0..data.y.len()).map(|row| 1.0 + (row % 5) as f64 / 2.0).collect()
}

fn errors(coefficients: &[PanelCoefficient]) -> Vec<f64> {
    coefficients.iter().map(|of| of.estimate.std_error).collect()
}

fn all_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        close(what, *found, *expected, tolerance);
    }
}

/// Multiplier and t of so many times less 1. Where units miss times `pyfixest` counts lags in rows.
#[test]
fn newey_west_as_pyfixest() {
    let (panels, mut compared) = (panels(), 0);
    for case in cases::<Case>("panel_programs.json") {
        let spec = FixedEffects::units().convention(PanelConvention::Fixest);
        let spec = spec.covariance(PanelCovariance::NeweyWest { lag: 2 });
        let fit = spec.fit(&panels[&case.name]).unwrap();
        assert_eq!(fit.variance.df, fit.counts.times as f64 - 1.0);
        if fit.counts.units_with_gaps > 0 {
            continue;
        }
        all_close(&case.name, &errors(&fit.coefficients), &case.newey_west.se, 1e-8);
        for (found, expected) in fit.coefficients.iter().zip(&case.newey_west.p) {
            assert!((found.p_value - expected).abs() < 1e-8, "{}", case.name);
        }
        compared += 1;
    }
    assert!(compared >= 4, "{compared}");
}

fn compare(what: &str, coefficients: &[PanelCoefficient], expected: &Fit) {
    let of =
        |value: fn(&PanelCoefficient) -> f64| coefficients.iter().map(value).collect::<Vec<_>>();
    all_close(what, &of(|of| of.estimate.estimate), &expected.coefficients, 1e-9);
    all_close(what, &of(|of| of.estimate.std_error), &expected.se, 1e-9);
    all_close(what, &of(|of| of.estimate.conf_low), &expected.low, 1e-8);
    for (found, expected) in coefficients.iter().zip(&expected.p) {
        assert!((found.p_value - expected).abs() < 1e-9, "{what}");
    }
}

/// Random effects by t and F, first differences without a constant: of `linearmodels`.
#[test]
fn random_effects_and_first_differences_as_linearmodels() {
    let (data, mut compared) = (data_sets(), 0);
    for case in cases::<Case>("panel_programs.json") {
        let like = PanelConvention::Linearmodels;
        let panel = data[&case.name].panel();
        if let Some(expected) = &case.random {
            let spec = RandomEffects::new().components(VarianceComponents::StataHarmonic);
            let fit = spec.convention(like).fit(&panel).unwrap();
            compare(&case.name, &fit.coefficients, expected);
            let test = fit.slopes_test.unwrap();
            close(&case.name, test.statistic, expected.f[0], 1e-8);
            assert_eq!([test.df, test.residual_df], [expected.f[1], expected.f[2]]);
            assert!((test.p_value - expected.f[3]).abs() < 1e-9);
        }
        let weighted = panel.clone().with_weights(&weights(&data[&case.name])).unwrap();
        let both = [(&panel, &case.first_difference), (&weighted, &case.weighted_difference)];
        for (panel, expected) in both {
            let Some(expected) = expected else { continue };
            let spec = PanelOls::first_difference().convention(like);
            let fit = spec.clone().fit(panel).unwrap();
            compare(&case.name, &fit.coefficients, expected);
            assert_eq!(fit.constant, None);
            assert_eq!(fit.covariance.nrows(), fit.coefficients.len());
            assert_eq!(fit.counts.rows, expected.rows);
            let test = fit.slopes_test.unwrap();
            close(&case.name, test.statistic, expected.f[0], 1e-8);
            assert_eq!([test.df, test.residual_df], [expected.f[1], expected.f[2]]);
            let clustered = PanelCovariance::Clustered(vec![Cluster::Unit]);
            let fit = spec.covariance(clustered).fit(panel).unwrap();
            all_close(
                &case.name,
                &errors(&fit.coefficients),
                expected.clustered.as_ref().unwrap(),
                1e-9,
            );
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared}");
}

/// Information counts weights as they are; the multiplier is that on its inverse.
#[test]
fn weighted_poisson_as_pyfixest() {
    let data = &data_sets()["grunfeld"];
    let all = cases::<Case>("panel_programs.json");
    let expected = all.iter().find_map(|case| case.poisson.as_ref()).unwrap();
    let mut counts = data_sets().remove("grunfeld").unwrap();
    counts.y.iter_mut().for_each(|y| *y = y.abs().round_ties_even());
    counts.names.truncate(1);
    counts.x.truncate(1);
    counts.x[0].iter_mut().for_each(|x| *x /= 1000.0);
    let panel = counts.panel().with_weights(&weights(data)).unwrap();
    let fit = FixedEffects::units().fit_poisson(&panel, None).unwrap();
    let x = &fit.coefficients[0].estimate;
    close("weighted Poisson", x.estimate, expected.coefficient, 1e-8);
    close("weighted Poisson", x.std_error, expected.se, 1e-7);
    // (N - 1) / (N - K) of ten firms and a slope.
    close("multiplier", fit.variance.multiplier, 199.0 / 189.0, 1e-14);
}

#[derive(Deserialize)]
struct RandomCase {
    name: String,
    balanced: f64,
    fits: Vec<RandomFit>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct RandomFit {
    method: String,
    coefficients: Vec<f64>,
    se: Vec<f64>,
    /// Of units and rows.
    components: [f64; 2],
}

#[derive(Deserialize)]
struct Test {
    kind: String,
    statistic: f64,
    df: f64,
    p: f64,
}

#[test]
fn variance_components_of_unbalanced_panels_as_plm() {
    let panels = panels();
    for case in cases::<RandomCase>("panel_random.json") {
        for expected in &case.fits {
            let components = match expected.method.as_str() {
                "amemiya" => VarianceComponents::Amemiya,
                "walhus" => VarianceComponents::WallaceHussain,
                _ => VarianceComponents::Nerlove,
            };
            let spec = RandomEffects::new().components(components).convention(PanelConvention::Plm);
            let fit = spec.fit(&panels[&case.name]).unwrap();
            let what = format!("{} {}", case.name, expected.method);
            all_close(&what, &[fit.sigma_unit, fit.sigma_row], &expected.components, 1e-9);
            let each = [&fit.constant].into_iter().chain(&fit.coefficients);
            let estimates: Vec<f64> = each.clone().map(|of| of.estimate.estimate).collect();
            all_close(&what, &estimates, &expected.coefficients, 1e-9);
            let errors: Vec<f64> = each.map(|of| of.estimate.std_error).collect();
            all_close(&what, &errors, &expected.se, 1e-9);
        }
    }
}

/// `phtest(method = "aux")` of balanced panels, and of all by `lm` with the quasi-deviation of the constant, which plm leaves as it is.
/// Its `vcov` moves the statistic through the covariance of the residuals alone, so that robust ones are compared in balanced panels.
#[test]
fn hausman_as_a_regression_as_plm() {
    let (panels, mut compared) = (panels(), 0);
    for case in cases::<RandomCase>("panel_random.json") {
        for expected in &case.tests {
            let kind = match expected.kind.as_str() {
                "clustered by unit" => PanelCovariance::Clustered(vec![Cluster::Unit]),
                "HC0" => PanelCovariance::Heteroskedastic(HcType::Hc0),
                _ => PanelCovariance::Conventional,
            };
            if case.balanced == 0.0 && expected.kind != "by lm" {
                continue;
            }
            let spec = RandomEffects::new().convention(PanelConvention::Plm).covariance(kind);
            let test = spec.hausman_regression(&panels[&case.name]).unwrap();
            let what = format!("{} {}", case.name, expected.kind);
            close(&what, test.statistic * test.df, expected.statistic, 1e-8);
            assert_eq!(test.df, expected.df, "{what}");
            assert!((test.p_value - expected.p).abs() < 1e-9, "{what}");
            compared += 1;
        }
    }
    assert_eq!(compared, 10);
    // The spec's value of Grunfeld's firms.
    let test = RandomEffects::new().hausman_regression(&panels["grunfeld"]).unwrap();
    close("grunfeld", test.statistic * test.df, 2.131_366_225_407_529, 1e-9);
}

/// Two-way clusters of the 564 rows, whose covariance has a negative eigenvalue and no negative variance: `pyfixest` and `linearmodels`
/// leave it as it is, and so does plm's `vcovDC`.
#[test]
fn several_clusterings_as_they_are() {
    let panel = &panels()["generated"];
    let fit = |convention: PanelConvention| {
        let both = PanelCovariance::Clustered(vec![Cluster::Unit, Cluster::Time]);
        let fit = FixedEffects::units().convention(convention).covariance(both).fit(panel);
        let fit = fit.unwrap();
        (fit.coefficient("x1").unwrap().estimate.std_error, fit.variance.repaired)
    };
    for (convention, want) in [
        (PanelConvention::Fixest, 0.108_168_060_024_354_4),
        (PanelConvention::Plm, 0.097_596_797_0),
        (PanelConvention::Linearmodels, 0.108_421_900_8),
    ] {
        let (found, repaired) = fit(convention);
        close(convention.name(), found, want, 1e-9);
        assert!(!repaired);
    }
    assert!(fit(PanelConvention::Reghdfe).1);
}

/// Eigenvalues below 0 are cut of columns divided by their standard deviations, so that units of a column do not matter; and the test of
/// slopes is of as many degrees of freedom as the covariance has rank.
#[test]
fn reghdfe_cuts_eigenvalues_on_the_scale_of_standard_deviations() {
    let panel = |factor: f64| -> Panel {
        let mut data = data_sets().remove("generated").unwrap();
        // Effects of years without their columns leave more clusters than slopes.
        data.names.truncate(3);
        data.x.truncate(3);
        data.x[1].iter_mut().for_each(|x| *x *= factor);
        data.panel()
    };
    let fit = |panel: &Panel| {
        let both = PanelCovariance::Clustered(vec![Cluster::Unit, Cluster::Time]);
        let spec = FixedEffects::units().convention(PanelConvention::Reghdfe);
        spec.covariance(both).fit(panel).unwrap()
    };
    let (plain, scaled) = (fit(&panel(1.0)), fit(&panel(1e4)));
    assert_eq!(plain.variance.repaired, scaled.variance.repaired);
    close(
        "of the scaled",
        errors(&scaled.coefficients)[1] * 1e4,
        errors(&plain.coefficients)[1],
        1e-8,
    );
    all_close(
        "of the first",
        &errors(&scaled.coefficients)[..1],
        &errors(&plain.coefficients)[..1],
        1e-8,
    );
    let (one, other) = (plain.slopes_test.unwrap(), scaled.slopes_test.unwrap());
    close("F", one.statistic, other.statistic, 1e-6);
    assert_eq!(one.df, other.df);
}
