//! What Stata 13 printed for a simulated panel, to half a unit of its last digits.

use afgang_models::{
    Cluster, FixedEffects, HcType, PanelCoefficient, PanelCovariance, PanelOls, RandomEffects,
    VarianceComponents,
};
use ndarray::Array2;
use serde::Deserialize;

use super::data::{Data, read};

#[derive(Deserialize)]
struct Answers {
    stata: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    data: Data,
    fits: Vec<Fit>,
}

#[derive(Deserialize)]
struct Fit {
    estimator: String,
    kind: String,
    weighted: bool,
    /// Estimate, t and p, the constant last.
    estimates: Vec<[f64; 3]>,
    statistics: std::collections::HashMap<String, Option<f64>>,
    variance: Vec<Vec<f64>>,
}

/// Stata prints 11 or 12 digits.
#[track_caller]
fn printed(what: &str, found: f64, expected: f64) {
    let apart = (found - expected).abs();
    assert!(
        apart <= 5e-11 * expected.abs().max(0.1),
        "{what}: found {found}, printed {expected}, {apart:.1e} apart"
    );
}

struct Found {
    coefficients: Vec<PanelCoefficient>,
    covariance: Array2<f64>,
    statistics: Vec<(&'static str, f64)>,
}

fn fit(case: &Case, expected: &Fit) -> Found {
    let mut panel = case.data.panel();
    if expected.weighted {
        panel = panel.with_weights(case.data.weights.as_ref().unwrap()).unwrap();
    }
    let covariance = match expected.kind.as_str() {
        "conventional" => PanelCovariance::Conventional,
        "robust" => PanelCovariance::Heteroskedastic(HcType::Hc1),
        _ => PanelCovariance::Clustered(vec![Cluster::Unit]),
    };
    if expected.estimator == "random_effect" {
        // Robust is by clusters of units.
        let covariance = match covariance {
            PanelCovariance::Conventional => PanelCovariance::Conventional,
            _ => PanelCovariance::Clustered(vec![Cluster::Unit]),
        };
        let spec = RandomEffects::new().components(VarianceComponents::StataHarmonic);
        let fit = spec.covariance(covariance).fit(&panel).unwrap();
        let (u, e) = (fit.sigma_unit, fit.sigma_row);
        return Found {
            coefficients: fit.coefficients.into_iter().chain([fit.constant]).collect(),
            covariance: fit.covariance,
            statistics: vec![
                ("sigma_u", u),
                ("sigma_e", e),
                ("rho", u * u / (u * u + e * e)),
                ("rmse", fit.sigma),
                ("r2_w", fit.r_squared.within),
                ("r2_b", fit.r_squared.between),
                ("r2_o", fit.r_squared.overall),
            ],
        };
    }
    let fixed = FixedEffects::units().covariance(covariance.clone());
    let fit = match expected.estimator.as_str() {
        "pooled" => PanelOls::pooled().covariance(covariance).fit(&panel),
        "between" => PanelOls::between().covariance(covariance).fit(&panel),
        _ => fixed.fit(&panel),
    }
    .unwrap();
    let mut statistics = vec![
        ("rss", fit.rss),
        ("df_r", fit.variance.df),
        ("r2_a", fit.r_squared.adjusted.unwrap()),
        ("F", fit.slopes_test.unwrap().statistic),
    ];
    if expected.estimator != "pooled" {
        statistics.extend([
            ("r2_w", fit.r_squared.within),
            ("r2_b", fit.r_squared.between),
            ("r2_o", fit.r_squared.overall),
        ]);
    }
    if expected.estimator != "fixed_effect" {
        statistics.push(("r2", fit.r_squared.inclusive));
    }
    if expected.estimator == "fixed_effect" {
        let sigma_u = fixed.effects(&panel).unwrap().sigma_first;
        statistics.extend([
            ("r2", fit.r_squared.within),
            ("N_g", fit.counts.units as f64),
            ("g_max", fit.counts.rows_of_unit.1 as f64),
            ("sigma_e", fit.sigma),
            ("sigma_u", sigma_u),
        ]);
        if expected.kind == "conventional" {
            statistics.push(("F_f", fixed.test_effects(&panel).unwrap().statistic));
        }
    }
    Found {
        coefficients: fit.coefficients.into_iter().chain(fit.constant).collect(),
        covariance: fit.covariance,
        statistics,
    }
}

#[test]
fn every_stored_fit() {
    let mut compared = 0;
    for case in read::<Answers>("panel_python.json").stata {
        for expected in &case.fits {
            let found = fit(&case, expected);
            let what = format!(
                "{} {} {} {}",
                case.name, expected.estimator, expected.kind, expected.weighted
            );
            for (coefficient, printed_as) in found.coefficients.iter().zip(&expected.estimates) {
                let what = format!("{what} {}", coefficient.column);
                printed(&what, coefficient.estimate.estimate, printed_as[0]);
                printed(&format!("{what} t"), coefficient.statistic, printed_as[1]);
                assert!((coefficient.p_value - printed_as[2]).abs() < 1e-9, "{what}: p");
            }
            for (row, values) in expected.variance.iter().enumerate() {
                for (column, value) in values.iter().enumerate() {
                    let apart = (found.covariance[(row, column)] - value).abs();
                    assert!(apart < 6e-12, "{what} V[{row},{column}]: {apart:.1e}");
                }
            }
            for (name, value) in found.statistics {
                if let Some(Some(printed_as)) = expected.statistics.get(name) {
                    printed(&format!("{what} {name}"), value, *printed_as);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 180, "{compared}");
}
