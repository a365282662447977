//! R's plm.

use afgang_models::{
    Cluster, FixedEffects, HcType, PanelConvention, PanelCovariance, PanelOls, RandomEffects,
    VarianceComponents, breusch_pagan, hausman,
};
use serde::Deserialize;

use super::data::{Data, cases, close};

#[derive(Deserialize)]
struct Case {
    name: String,
    data: Data,
    answers: OfCase,
}

#[derive(Deserialize)]
struct OfCase {
    fits: Vec<Fit>,
    hausman: Test,
    effects_f: Test,
    breusch_pagan: Test,
    effects: Effects,
}

#[derive(Deserialize)]
struct Fit {
    model: String,
    effect: String,
    method: Option<String>,
    columns: Vec<String>,
    coefficients: Vec<f64>,
    rss: f64,
    df: f64,
    r2: f64,
    adjusted: f64,
    theta: Option<[f64; 2]>,
    components: Option<[f64; 2]>,
    errors: Vec<Errors>,
}

#[derive(Deserialize)]
struct Errors {
    kind: String,
    se: Vec<f64>,
}

#[derive(Deserialize)]
struct Test {
    statistic: f64,
    df: Vec<f64>,
    p: f64,
}

#[derive(Deserialize)]
struct Effects {
    unit: Vec<String>,
    estimate: Vec<f64>,
}

fn covariance(kind: &str) -> PanelCovariance {
    match kind {
        "conventional" => PanelCovariance::Conventional,
        "clustered by unit" => PanelCovariance::Clustered(vec![Cluster::Unit]),
        "clustered by time" => PanelCovariance::Clustered(vec![Cluster::Time]),
        "clustered by unit and time" => {
            PanelCovariance::Clustered(vec![Cluster::Unit, Cluster::Time])
        }
        "HC0" => PanelCovariance::Heteroskedastic(HcType::Hc0),
        "HC1" => PanelCovariance::Heteroskedastic(HcType::Hc1),
        "HC3" => PanelCovariance::Heteroskedastic(HcType::Hc3),
        other => match other.split_once(' ').unwrap() {
            ("Driscoll-Kraay", lag) => {
                PanelCovariance::DriscollKraay { lag: Some(lag.parse().unwrap()) }
            }
            (_, lag) => PanelCovariance::NeweyWest { lag: lag.parse().unwrap() },
        },
    }
}

/// plm's columns, with its intercept as the constant.
fn ours(column: &str) -> &str {
    if column == "(Intercept)" { "constant" } else { column }
}

#[test]
fn least_squares_and_every_covariance() {
    let mut compared = 0;
    for case in cases::<Case>("panel.json") {
        let panel = case.data.panel();
        for expected in case.answers.fits.iter().filter(|fit| fit.model != "random") {
            for errors in &expected.errors {
                let kind = covariance(&errors.kind);
                let plm = PanelConvention::Plm;
                let ols =
                    |spec: PanelOls| spec.convention(plm).covariance(kind.clone()).fit(&panel);
                let fixed =
                    |spec: FixedEffects| spec.convention(plm).covariance(kind.clone()).fit(&panel);
                let fit = match (expected.model.as_str(), expected.effect.as_str()) {
                    ("within", "twoways") => fixed(FixedEffects::units_and_times()),
                    ("within", _) => fixed(FixedEffects::units()),
                    ("pooling", _) => ols(PanelOls::pooled()),
                    ("between", _) => ols(PanelOls::between()),
                    _ => ols(PanelOls::first_difference()),
                }
                .unwrap();
                let what =
                    format!("{} {} {} {}", case.name, expected.model, expected.effect, errors.kind);
                for (place, column) in expected.columns.iter().enumerate() {
                    let found = match ours(column) {
                        "constant" => fit.constant.as_ref().unwrap(),
                        column => fit.coefficient(column).unwrap(),
                    };
                    let what = format!("{what} {column}");
                    close(&what, found.estimate.estimate, expected.coefficients[place], 1e-10);
                    close(&what, found.estimate.std_error, errors.se[place], 1e-10);
                    compared += 1;
                }
                close(&what, fit.rss, expected.rss, 1e-10);
                assert_eq!(fit.counts.residual_df as f64, expected.df, "{what}");
                if expected.effect == "individual" {
                    let own = match expected.model.as_str() {
                        "within" => fit.r_squared.within,
                        _ => fit.r_squared.inclusive,
                    };
                    close(&what, own, expected.r2, 1e-10);
                    // Near 0 it loses digits of 1.
                    let apart = (fit.r_squared.adjusted.unwrap() - expected.adjusted).abs();
                    assert!(apart < 1e-10, "{what}: adjusted {apart:e}");
                }
            }
        }
    }
    assert!(compared > 200, "{compared}");
}

#[test]
fn random_effects() {
    let mut compared = 0;
    for case in cases::<Case>("panel.json") {
        let panel = case.data.panel();
        for expected in case.answers.fits.iter().filter(|fit| fit.model == "random") {
            let method = match expected.method.as_deref().unwrap() {
                "swar" => VarianceComponents::SwamyArora,
                "amemiya" => VarianceComponents::Amemiya,
                "walhus" => VarianceComponents::WallaceHussain,
                _ => VarianceComponents::Nerlove,
            };
            let spec = RandomEffects::new().components(method).convention(PanelConvention::Plm);
            let fit = spec.fit(&panel).unwrap();
            let what = format!("{} {}", case.name, expected.method.as_deref().unwrap());
            let [unit, row] = expected.components.unwrap();
            close(&format!("{what} sigma of rows"), fit.sigma_row, row, 1e-9);
            close(&format!("{what} sigma of units"), fit.sigma_unit, unit, 1e-9);
            let [least, most] = expected.theta.unwrap();
            close(&what, fit.theta.0, least, 1e-9);
            close(&what, fit.theta.1, most, 1e-9);
            close(&what, fit.rss, expected.rss, 1e-9);
            close(&what, fit.r_squared.inclusive, expected.r2, 1e-9);
            close(&what, fit.r_squared.adjusted.unwrap(), expected.adjusted, 1e-9);
            for (place, column) in expected.columns.iter().enumerate() {
                let found = match ours(column) {
                    "constant" => &fit.constant,
                    column => fit.coefficients.iter().find(|c| c.column == column).unwrap(),
                };
                let what = format!("{what} {column}");
                close(&what, found.estimate.estimate, expected.coefficients[place], 1e-9);
                close(&what, found.estimate.std_error, expected.errors[0].se[place], 1e-9);
                compared += 1;
            }
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn tests_and_effects() {
    for case in cases::<Case>("panel.json") {
        let panel = case.data.panel();
        let plm = PanelConvention::Plm;
        let spec = FixedEffects::units().convention(plm);
        let (fixed, random) =
            (spec.fit(&panel).unwrap(), RandomEffects::new().convention(plm).fit(&panel).unwrap());
        let name = &case.name;
        let found = hausman(&fixed, &random).unwrap();
        // plm hides the sign of a form that is not positive definite.
        close(
            &format!("{name} Hausman"),
            found.statistic.abs(),
            case.answers.hausman.statistic,
            1e-7,
        );
        assert_eq!(found.p_value.is_none(), found.statistic < 0.0);
        assert_eq!(found.df as f64, case.answers.hausman.df[0]);
        if let Some(p) = found.p_value {
            assert!((p - case.answers.hausman.p).abs() < 1e-8, "{name}");
        }
        let found = spec.test_effects(&panel).unwrap();
        let expected = &case.answers.effects_f;
        close(&format!("{name} F"), found.statistic, expected.statistic, 1e-10);
        assert_eq!(vec![found.df, found.residual_df], expected.df);
        assert!((found.p_value - expected.p).abs() < 1e-9);
        let found = breusch_pagan(&panel).unwrap();
        close(&format!("{name} LM"), found.statistic, case.answers.breusch_pagan.statistic, 1e-10);
        let effects = spec.effects(&panel).unwrap();
        let expected = &case.answers.effects;
        assert_eq!(effects.effects.len(), expected.unit.len());
        // plm's are deviations from their own mean or from the overall intercept: differences agree.
        let of = |unit: &String| {
            effects.effects.iter().find(|e| e.level == *unit).map(|e| e.estimate).unwrap()
        };
        let base = (of(&expected.unit[0]), expected.estimate[0]);
        let spread = expected.estimate.iter().fold(0.0_f64, |m, e| m.max((e - base.1).abs()));
        for (unit, estimate) in expected.unit.iter().zip(&expected.estimate) {
            let apart = (of(unit) - base.0) - (estimate - base.1);
            assert!(apart.abs() < 1e-9 * spread, "{name} {unit}: {apart:e}");
        }
    }
}
