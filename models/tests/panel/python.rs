//! pyfixest and linearmodels.

use afgang_models::{
    Cluster, FixedEffects, HcType, Panel, PanelConvention, PanelCovariance, PanelFit, PanelOls,
    RandomEffects, VarianceComponents,
};
use serde::Deserialize;

use super::data::{cases, close, panels};

#[derive(Deserialize)]
struct Case {
    name: String,
    pyfixest: Vec<Fit>,
    linearmodels: Vec<Fit>,
    shares: Vec<SharesOf>,
}

/// R² within, between and overall.
#[derive(Deserialize)]
struct SharesOf {
    model: String,
    coefficients: Vec<f64>,
    /// Standard errors by clusters of units.
    clustered: Option<Vec<f64>>,
    shares: [f64; 3],
}

#[derive(Deserialize)]
struct Fit {
    effects: String,
    kind: String,
    coefficients: Vec<f64>,
    se: Vec<f64>,
    p: Vec<f64>,
    r2: f64,
    r2_within: f64,
    adjusted: Option<f64>,
    adjusted_within: Option<f64>,
}

fn fit(panel: &Panel, expected: &Fit, convention: PanelConvention) -> PanelFit {
    let covariance = match expected.kind.as_str() {
        "conventional" => PanelCovariance::Conventional,
        "HC1" => PanelCovariance::Heteroskedastic(HcType::Hc1),
        "clustered by unit" => PanelCovariance::Clustered(vec![Cluster::Unit]),
        "clustered by time" => PanelCovariance::Clustered(vec![Cluster::Time]),
        "clustered by unit and time" => {
            PanelCovariance::Clustered(vec![Cluster::Unit, Cluster::Time])
        }
        _ => PanelCovariance::DriscollKraay { lag: Some(1) },
    };
    let spec = match expected.effects.as_str() {
        "unit" => FixedEffects::units(),
        _ => FixedEffects::units_and_times(),
    };
    spec.convention(convention).covariance(covariance).fit(panel).unwrap()
}

fn compare(what: &str, found: &PanelFit, expected: &Fit) -> usize {
    let mut compared = 0;
    for (place, coefficient) in found.coefficients.iter().enumerate() {
        let what = format!("{what} {} {} {}", expected.effects, expected.kind, coefficient.column);
        close(&what, coefficient.estimate.estimate, expected.coefficients[place], 1e-9);
        close(&what, coefficient.estimate.std_error, expected.se[place], 1e-9);
        assert!((coefficient.p_value - expected.p[place]).abs() < 1e-9, "{what}: p");
        compared += 1;
    }
    compared
}

#[test]
fn by_pyfixest() {
    let (panels, mut compared) = (panels(), 0);
    for case in cases::<Case>("panel_python.json") {
        for expected in &case.pyfixest {
            let found = fit(&panels[&case.name], expected, PanelConvention::Fixest);
            compared += compare(&case.name, &found, expected);
            close("r2", found.r_squared.inclusive, expected.r2, 1e-10);
            let apart = |a: f64, b: f64| (a - b).abs();
            assert!(apart(found.r_squared.within, expected.r2_within) < 1e-10);
            assert!(apart(found.r_squared.adjusted.unwrap(), expected.adjusted.unwrap()) < 1e-10);
            let within = expected.adjusted_within.unwrap();
            assert!(apart(found.r_squared.adjusted_within, within) < 1e-10, "{}", case.name);
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn by_linearmodels() {
    let (panels, mut compared) = (panels(), 0);
    for case in cases::<Case>("panel_python.json") {
        for expected in &case.linearmodels {
            let found = fit(&panels[&case.name], expected, PanelConvention::Linearmodels);
            compared += compare(&case.name, &found, expected);
            close("r2", found.r_squared.inclusive, expected.r2, 1e-10);
        }
    }
    assert!(compared > 100, "{compared}");
}

/// Grunfeld's firms and years: the matrix with a constant has a negative eigenvalue, that of the slopes has none. pyfixest 0.60.0 prints
/// them as they are.
#[test]
fn a_constant_does_not_move_slopes_clustered_two_ways() {
    let spec = FixedEffects::units().convention(PanelConvention::Fixest);
    let two_ways = PanelCovariance::Clustered(vec![Cluster::Unit, Cluster::Time]);
    let fit = spec.covariance(two_ways).fit(&panels()["grunfeld"]).unwrap();
    let errors = fit.coefficients.iter().map(|of| of.estimate.std_error);
    for (error, want) in errors.zip([0.011_711_178_756_623_7, 0.043_589_989_604_477_7]) {
        close("standard error", error, want, 1e-10);
    }
}

/// Of estimators without absorbed effects, with its variances: those of Stata in unbalanced panels.
#[test]
fn shares_by_linearmodels() {
    let (panels, mut compared) = (panels(), 0);
    for case in cases::<Case>("panel_python.json") {
        let panel = &panels[&case.name];
        for expected in &case.shares {
            let like = PanelConvention::Linearmodels;
            let fit = |covariance: PanelCovariance| {
                let ols = |spec: PanelOls| {
                    let fit = spec.convention(like).covariance(covariance.clone());
                    fit.fit(panel).map(|fit| (fit.coefficients, fit.r_squared)).unwrap()
                };
                match expected.model.as_str() {
                    "PooledOLS" => ols(PanelOls::pooled()),
                    "BetweenOLS" => ols(PanelOls::between()),
                    _ => {
                        let spec =
                            RandomEffects::new().components(VarianceComponents::StataHarmonic);
                        let fit = spec.convention(like).covariance(covariance.clone());
                        fit.fit(panel).map(|fit| (fit.coefficients, fit.r_squared)).unwrap()
                    }
                }
            };
            let (coefficients, r) = fit(PanelCovariance::Conventional);
            let what = format!("{} {}", case.name, expected.model);
            for (found, expected) in coefficients.iter().zip(&expected.coefficients) {
                close(&what, found.estimate.estimate, *expected, 1e-9);
            }
            if let Some(clustered) = &expected.clustered {
                let by_units = PanelCovariance::Clustered(vec![Cluster::Unit]);
                for (found, expected) in fit(by_units).0.iter().zip(clustered) {
                    close(&format!("{what}, clusters"), found.estimate.std_error, *expected, 1e-9);
                    compared += 1;
                }
            }
            for (found, expected) in
                [r.within, r.between, r.overall].into_iter().zip(expected.shares)
            {
                close(&what, found, expected, 1e-8);
                compared += 1;
            }
            assert_eq!(r.adjusted, None);
        }
    }
    assert!(compared >= 60, "{compared}");
}
