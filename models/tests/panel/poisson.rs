//! Poisson regression with absorbed effects against pyfixest and statsmodels.

use afgang_models::{
    Cluster, Design, Factor, FixedEffects, HcType, Panel, PanelCovariance, PoissonFit,
};
use proptest::prelude::*;
use serde::Deserialize;

use super::data::{Data, close, read};

#[derive(Deserialize)]
struct Answers {
    poisson: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    data: Data,
    offset: Option<Vec<f64>>,
    separated: usize,
    fits: Vec<Fit>,
    dummies: Dummies,
}

#[derive(Deserialize)]
struct Fit {
    effects: String,
    kind: String,
    columns: Vec<String>,
    coefficients: Vec<f64>,
    se: Vec<f64>,
    p: Vec<f64>,
    deviance: f64,
    rows: usize,
}

#[derive(Deserialize)]
struct Dummies {
    coefficients: Vec<f64>,
    covariance_se: Vec<f64>,
    deviance: f64,
    log_likelihood: f64,
    rows: usize,
}

pub(crate) fn covariance(kind: &str) -> PanelCovariance {
    match kind {
        "conventional" => PanelCovariance::Conventional,
        "HC1" => PanelCovariance::Heteroskedastic(HcType::Hc1),
        "clustered by unit" => PanelCovariance::Clustered(vec![Cluster::Unit]),
        _ => PanelCovariance::Clustered(vec![Cluster::Unit, Cluster::Time]),
    }
}

#[test]
fn as_pyfixest() {
    let mut compared = 0;
    for case in read::<Answers>("panel_models.json").poisson {
        let panel = case.data.panel();
        for expected in &case.fits {
            let spec = match expected.effects.as_str() {
                "unit" => FixedEffects::units(),
                _ => FixedEffects::units_and_times(),
            };
            let spec = spec.covariance(covariance(&expected.kind));
            let found = spec.fit_poisson(&panel, case.offset.as_deref()).unwrap();
            let what = format!("{} {} {}", case.name, expected.effects, expected.kind);
            assert_eq!(found.counts.rows, expected.rows, "{what}");
            assert_eq!(found.separated, panel.len() - expected.rows, "{what}");
            assert!(found.separated >= case.separated);
            close(&what, found.deviance, expected.deviance, 1e-9);
            for (place, column) in expected.columns.iter().enumerate() {
                let coefficient = found.coefficient(column).unwrap();
                let what = format!("{what} {column}");
                close(&what, coefficient.estimate.estimate, expected.coefficients[place], 1e-8);
                close(&what, coefficient.estimate.std_error, expected.se[place], 1e-8);
                let apart = (coefficient.p_value - expected.p[place]).abs();
                assert!(apart < 1e-8, "{what}: p {apart:e}");
                compared += 1;
            }
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn as_dummies() {
    for case in read::<Answers>("panel_models.json").poisson {
        let panel = case.data.panel();
        let found = FixedEffects::units().fit_poisson(&panel, case.offset.as_deref()).unwrap();
        let expected = &case.dummies;
        assert_eq!(found.counts.rows, expected.rows);
        close(&case.name, found.deviance, expected.deviance, 1e-10);
        close(&case.name, found.log_likelihood, expected.log_likelihood, 1e-10);
        for (place, coefficient) in found.coefficients.iter().enumerate() {
            let what = format!("{} {}", case.name, coefficient.column);
            let n = found.counts.rows as f64;
            let bare = ((n - 1.0) / found.counts.residual_df as f64).sqrt();
            close(&what, coefficient.estimate.estimate, expected.coefficients[place], 1e-9);
            close(
                &what,
                coefficient.estimate.std_error / bare,
                expected.covariance_se[place],
                1e-9,
            );
        }
    }
}

/// pyfixest 0.60.0 of an earlier run.
#[test]
fn employees() {
    let cases = read::<Answers>("panel_models.json").poisson;
    let found = FixedEffects::units_and_times().fit_poisson(&cases[0].data.panel(), None).unwrap();
    let expected = [-0.108_384_137_007_043, 0.474_661_395_877_656, 0.498_581_733_219_464];
    for (coefficient, expected) in found.coefficients.iter().zip(expected) {
        close(&coefficient.column, coefficient.estimate.estimate, expected, 1e-10);
    }
}

fn panel(y: &[f64], x: &[f64], rows: usize) -> Panel {
    let unit: Vec<String> = (0..y.len()).map(|row| format!("u{}", row / rows)).collect();
    let time: Vec<i64> = (0..y.len()).map(|row| (row % rows) as i64).collect();
    let design = Design::builder().numeric("x", x.to_vec()).build().unwrap();
    Panel::new(y, &design, &Factor::new(&unit), &time).unwrap()
}

fn estimate(fit: &PoissonFit) -> f64 {
    fit.coefficients[0].estimate.estimate
}

#[test]
fn a_regressor_that_separates() {
    // x is above 0 in one row alone, whose outcome is 0: its coefficient would go to minus infinity.
    let y = [1.0, 2.0, 0.0, 3.0, 1.0, 2.0];
    let x = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    let found = FixedEffects::units().fit_poisson(&panel(&y, &x, 3), None).unwrap();
    assert_eq!((found.separated, found.counts.rows), (1, 5));
    assert_eq!(found.collinear[0].column, "x");
    assert_eq!(found.fitted[2], None);
    // Means of the units over the rows that are left.
    assert!((found.fitted[0].unwrap() - 1.5).abs() < 1e-12);
}

#[test]
fn refusals() {
    let x = [0.0, 1.0, 0.0, 1.0];
    let error = |y: &[f64], offset: Option<&[f64]>| {
        FixedEffects::units().fit_poisson(&panel(y, &x, 2), offset).unwrap_err().to_string()
    };
    assert_eq!(
        error(&[1.0, 2.0, -1.0, 1.0], None),
        "row 2: the outcome -1 of a Poisson regression is below 0"
    );
    assert!(error(&[0.0; 4], None).starts_with("no row with an outcome above 0"));
    assert!(error(&[1.0; 4], Some(&[1.0])).contains("offset"));
    assert!(error(&[1.0; 4], Some(&[1.0, f64::NAN, 0.0, 0.0])).contains("offset"));
    // Units without events take their parameters along: two rows for a mean and a slope.
    assert!(error(&[1.0, 2.0, 0.0, 0.0], None).starts_with("2 rows for 2 parameters"));
    let hc3 = FixedEffects::units().covariance(PanelCovariance::Heteroskedastic(HcType::Hc3));
    let error = hc3.fit_poisson(&panel(&[1.0, 2.0, 1.0, 4.0], &x, 2), None).unwrap_err();
    assert!(error.to_string().starts_with("HC2 and HC3 are not defined for Poisson"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Sums of fitted means are those of outcomes in each unit and time; a factor on the exposure moves nothing.
    #[test]
    fn sums_are_kept(rows in prop::collection::vec((0..9_u8, -2.0..2.0_f64, 0.2..5.0_f64), 20)) {
        let y: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
        let x: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let offset: Vec<f64> = rows.iter().map(|row| row.2.ln()).collect();
        let panel = panel(&y, &x, 5);
        let spec = FixedEffects::units_and_times();
        let Ok(found) = spec.fit_poisson(&panel, Some(&offset)) else { return Ok(()) };
        for group in 0..4 {
            let of = |row: &usize| row / 5 == group;
            let (sum, fitted) = (0..20).filter(of).filter_map(|row| Some((y[row], found.fitted[row]?)))
                .fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
            prop_assert!((sum - fitted).abs() < 1e-8 * (1.0 + sum));
        }
        for time in 0..5 {
            let of = |row: &usize| row % 5 == time;
            let (sum, fitted) = (0..20).filter(of).filter_map(|row| Some((y[row], found.fitted[row]?)))
                .fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
            prop_assert!((sum - fitted).abs() < 1e-8 * (1.0 + sum));
        }
        let moved: Vec<f64> = offset.iter().enumerate().map(|(row, o)| o + (row / 5) as f64).collect();
        let again = spec.fit_poisson(&panel, Some(&moved)).unwrap();
        if let (false, false) = (found.coefficients.is_empty(), again.coefficients.is_empty()) {
            prop_assert!((estimate(&found) - estimate(&again)).abs() < 1e-7 * (1.0 + estimate(&found).abs()));
        }
    }
}
