//! Tests of a panel's errors against plm, and xtserial step by step.

use afgang_models::{
    Design, ErrorComponent, Factor, FixedEffects, LagrangeMultiplier, MultiplierForm, Panel,
    PanelOls, SerialCorrelation, cross_section_dependence,
};
use serde::Deserialize;

use super::data::{cases, close, data_sets, panels};

#[derive(Deserialize)]
struct Case {
    name: String,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    statistic: f64,
    df: Vec<f64>,
    p: Option<f64>,
}

/// Statistic, degrees of freedom and p-value by the name that plm's answer has.
fn ours(panel: &Panel, name: &str) -> (f64, Vec<f64>, Option<f64>) {
    let serial = |kind: SerialCorrelation| {
        let f = kind.test(panel).unwrap().f;
        (f.statistic, vec![f.df, f.residual_df], Some(f.p_value))
    };
    let within = || {
        let fit = FixedEffects::units().fit(panel).unwrap();
        cross_section_dependence(panel, &fit.residuals).unwrap()
    };
    match name {
        "pwartest" => serial(SerialCorrelation::PlmWithin),
        "pwfdtest fd" => serial(SerialCorrelation::PlmDifferences),
        "pwfdtest fe" => serial(SerialCorrelation::PlmDifferencesOfUncorrelated),
        "xtserial" => serial(SerialCorrelation::StataXtserial),
        "pcdtest within" => (within().statistic, vec![], Some(within().p_value)),
        "pcdtest pooling" => {
            let fit = PanelOls::pooled().fit(panel).unwrap();
            let test = cross_section_dependence(panel, &fit.residuals).unwrap();
            (test.statistic, vec![], Some(test.p_value))
        }
        "rho" => (within().mean_correlation, vec![], None),
        "absrho" => (within().mean_absolute_correlation, vec![], None),
        other => {
            let (form, component) = other.split_once(' ').unwrap();
            let form = match form {
                "bp" => MultiplierForm::BreuschPagan,
                "honda" => MultiplierForm::Honda,
                "kw" => MultiplierForm::KingWu,
                _ => MultiplierForm::GourierouxHollyMonfort,
            };
            let component = match component {
                "individual" => ErrorComponent::Unit,
                "time" => ErrorComponent::Time,
                _ => ErrorComponent::Both,
            };
            let test = LagrangeMultiplier::new().form(form).component(component).test(panel);
            let test = test.unwrap();
            (test.statistic, vec![], Some(test.p_value))
        }
    }
}

#[test]
fn as_plm() {
    let (panels, mut compared) = (panels(), 0);
    for case in cases::<Case>("panel_tests.json") {
        for expected in case.answers {
            let what = format!("{} {}", case.name, expected.name);
            let (statistic, df, p) = ours(&panels[&case.name], &expected.name);
            close(&what, statistic, expected.statistic, 1e-9);
            if !df.is_empty() {
                assert_eq!(df, expected.df, "{what}");
            }
            if let (Some(p), Some(expected)) = (p, expected.p) {
                // Far out the tail loses digits.
                assert!((p - expected).abs() < 1e-9 + 1e-7 * expected, "{what}: {p} {expected}");
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 72);
}

/// Numbers that plm's documentation and Baltagi (2005, table 4.1) print for Grunfeld's investments.
#[test]
fn as_printed() {
    let panel = &panels()["grunfeld"];
    for (name, printed, digits) in [
        ("bp individual", 798.162, 3),
        ("honda individual", 28.252, 3),
        ("bp time", 6.454, 3),
        ("kw twoways", 21.832, 3),
        ("ghm twoways", 798.162, 3),
    ] {
        let half = 0.5 * 10.0_f64.powi(-digits);
        assert!((ours(panel, name).0 - printed).abs() <= half, "{name}");
    }
}

#[test]
fn xtserial_skips_gaps() {
    // Unit A without its third time has no pair of differences left: as if it were not there.
    let data = &data_sets()["grunfeld"];
    let keep = |row: &usize| data.unit[*row] != data.unit[0] || [0, 1, 3].contains(row);
    let only = |row: &usize| data.unit[*row] != data.unit[0];
    let rho = |keep: &dyn Fn(&usize) -> bool| {
        let rows: Vec<usize> = (0..data.y.len()).filter(|row| keep(row)).collect();
        let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        // No regressors, so that the dropped unit's difference does not move the others' residuals.
        let unit: Vec<&String> = rows.iter().map(|&row| &data.unit[row]).collect();
        let time: Vec<i64> = pick(&data.time).into_iter().map(|t| t as i64).collect();
        let design = Design::builder().rows(rows.len()).build().unwrap();
        let panel = Panel::new(&pick(&data.y), &design, &Factor::new(&unit), &time).unwrap();
        SerialCorrelation::StataXtserial.test(&panel).unwrap()
    };
    assert_eq!(rho(&keep), rho(&only));
}

#[test]
fn refusals() {
    let design = Design::builder().rows(3).build().unwrap();
    let unit = Factor::new(&["A", "B", "C"]);
    let panel = Panel::new(&[1.0, 2.0, 4.0], &design, &unit, &[1, 1, 2]).unwrap();
    let error = SerialCorrelation::PlmWithin.test(&panel).unwrap_err();
    assert!(error.to_string().starts_with("0 rows for 2 parameters"), "{error}");
    let error = LagrangeMultiplier::new().test(&panel).unwrap_err();
    assert!(error.to_string().starts_with("3 rows for 3 parameters"), "{error}");
    let error = cross_section_dependence(&panel, &[Some(1.0); 3]).unwrap_err();
    assert!(error.to_string().starts_with("no two units have"), "{error}");
    let error = cross_section_dependence(&panel, &[Some(1.0); 2]).unwrap_err();
    assert!(error.to_string().contains("residuals"), "{error}");
    let weighted = panel.with_weights(&[1.0, 2.0, 1.0]).unwrap();
    let error = SerialCorrelation::StataXtserial.test(&weighted).unwrap_err();
    assert_eq!(error.to_string(), "the test of serial correlation is for panels without weights");
}
