//! Instrumental variables with absorbed effects against pyfixest, linearmodels and what ivreg2 is known to print.

use afgang_models::{
    Design, Factor, FixedEffects, Instruments, Panel, PanelConvention, PanelCovariance,
};
use serde::Deserialize;

use super::data::{Data, close, read};
use super::poisson::covariance;

#[derive(Deserialize)]
struct Answers {
    instrumental: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    data: Data,
    endogenous: Vec<String>,
    instruments: Vec<String>,
    effects: String,
    pyfixest: Vec<Fit>,
    linearmodels: Linear,
}

#[derive(Deserialize)]
struct Fit {
    kind: String,
    columns: Vec<String>,
    coefficients: Vec<f64>,
    se: Vec<f64>,
    first_stage_f: f64,
}

#[derive(Deserialize)]
struct Linear {
    columns: Vec<String>,
    coefficients: Vec<f64>,
    plain_se: Vec<f64>,
    clustered_se: Vec<f64>,
    robust_se: Vec<f64>,
    rss: f64,
    wu_hausman: [f64; 3],
    partial_r2: Vec<f64>,
    wald: Vec<f64>,
    sargan: Option<f64>,
    j_robust: Option<f64>,
    j_clustered: Option<f64>,
}

fn cases() -> Vec<Case> {
    read::<Answers>("panel_models.json").instrumental
}

fn spec(effects: &str) -> FixedEffects {
    let spec = match effects {
        "unit" => FixedEffects::units(),
        _ => FixedEffects::units_and_times(),
    };
    spec.convention(PanelConvention::Fixest)
}

#[test]
fn as_pyfixest() {
    let mut compared = 0;
    for case in cases() {
        let panel = case.data.panel();
        let instruments = Instruments::new(case.endogenous.clone(), case.instruments.clone());
        for expected in &case.pyfixest {
            let found = spec(&case.effects).covariance(covariance(&expected.kind));
            let found = found.fit_instrumental(&panel, &instruments).unwrap();
            let what = format!("{} {}", case.name, expected.kind);
            for (place, column) in expected.columns.iter().enumerate() {
                let coefficient = &found.coefficient(column).unwrap().estimate;
                let what = format!("{what} {column}");
                close(&what, coefficient.estimate, expected.coefficients[place], 1e-9);
                if !found.variance.repaired {
                    close(&what, coefficient.std_error, expected.se[place], 1e-9);
                    compared += 1;
                }
            }
            let first = found.first_stages[0].instruments;
            if let (Some(first), "conventional" | "clustered by unit") = (first, &*expected.kind) {
                close(&format!("{what} F"), first.statistic, expected.first_stage_f, 1e-8);
            }
        }
    }
    assert!(compared > 15, "{compared}");
}

#[test]
fn as_linearmodels() {
    for case in cases() {
        let panel = case.data.panel();
        let instruments = Instruments::new(case.endogenous.clone(), case.instruments.clone());
        let fit = |kind: &str| {
            let spec = spec(&case.effects).covariance(covariance(kind));
            spec.fit_instrumental(&panel, &instruments).unwrap()
        };
        let expected = &case.linearmodels;
        let (plain, robust, clustered) =
            (fit("conventional"), fit("HC1"), fit("clustered by unit"));
        let n = plain.counts.rows as f64;
        let df = plain.counts.residual_df as f64;
        close("rss", plain.rss, expected.rss, 1e-9);
        for (place, column) in expected.columns.iter().enumerate() {
            let what = format!("{} {column}", case.name);
            let of =
                |fit: &afgang_models::InstrumentalFit| fit.coefficient(column).unwrap().estimate;
            close(&what, of(&plain).estimate, expected.coefficients[place], 1e-8);
            // Theirs are of large samples, without multipliers.
            close(&what, of(&plain).std_error * (df / n).sqrt(), expected.plain_se[place], 1e-8);
            let bare = robust.variance.multiplier.sqrt();
            close(&what, of(&robust).std_error / bare, expected.robust_se[place], 1e-8);
            let bare = clustered.variance.multiplier.sqrt();
            close(&what, of(&clustered).std_error / bare, expected.clustered_se[place], 1e-8);
        }
        for (place, first) in plain.first_stages.iter().enumerate() {
            let what = format!("{} {}", case.name, first.column);
            close(&what, first.partial_r_squared, expected.partial_r2[place], 1e-8);
            // Of large samples.
            let f = first.instruments.unwrap();
            let wald = f.statistic * n / f.residual_df;
            close(&what, wald, expected.wald[place], 1e-8);
        }
        if let Some(f) = plain.endogeneity {
            // Effects do not count in theirs.
            let [statistic, df, residual_df] = expected.wu_hausman;
            assert_eq!(f.df, df);
            close(&case.name, f.statistic / f.residual_df * residual_df, statistic, 1e-7);
        }
        match (plain.overidentification, expected.sargan) {
            (Some(found), Some(expected)) => {
                assert_eq!(found.test, "Sargan");
                assert_eq!(found.df, case.instruments.len() - case.endogenous.len());
                close(&case.name, found.statistic, expected, 1e-8);
            }
            (found, expected) => assert!(found.is_none() && expected.is_none()),
        }
        for (fit, expected) in [(&robust, expected.j_robust), (&clustered, expected.j_clustered)] {
            if let (Some(found), Some(expected)) = (fit.overidentification, expected) {
                assert_eq!(found.test, "Hansen J");
                close(&case.name, found.statistic, expected, 1e-7);
            }
        }
    }
}

/// Cigarette sales on the price, instrumented by the least price of neighbouring states, with effects of states: rank statistics
/// that the tests of FixedEffectModels.jl quote (Gomez), the robust one as Stata's `ivreg2` prints it.
#[test]
fn cigarettes() {
    #[derive(Deserialize)]
    struct Cigarettes {
        cases: Data,
    }
    let data = read::<Cigarettes>("cigarettes.json").cases;
    let panel = data.panel();
    let instruments = Instruments::new(["price"], ["pimin"]);
    let rank = |covariance: PanelCovariance| {
        let spec = FixedEffects::units().convention(PanelConvention::Fixest);
        spec.covariance(covariance).fit_instrumental(&panel, &instruments).unwrap()
    };
    let plain = rank(PanelCovariance::Conventional);
    // The quoted one divides the residuals' square sum by N.
    let n = plain.counts.rows as f64;
    assert!((plain.cragg_donald * n / (n - 47.0) - 100_927.757_10).abs() < 1e-4);
    close("Cragg-Donald", plain.kleibergen_paap.unwrap(), plain.cragg_donald, 1e-10);
    let robust = rank(covariance("HC1"));
    assert!((robust.kleibergen_paap.unwrap() - 37_662.828_08).abs() < 1e-4);
}

/// An instrument that is the regressor itself gives least squares, and one that is twice another changes nothing.
#[test]
fn least_squares_again() {
    let data = &super::data::data_sets()["empluk"];
    let mut more = Design::builder();
    for (name, values) in data.names.iter().zip(&data.x) {
        more = more.numeric(name, values.clone());
    }
    let twice: Vec<f64> = data.x[0].iter().map(|x| 2.0 * x).collect();
    let more = more.numeric("same", data.x[0].clone()).numeric("twice", twice).build().unwrap();
    let time: Vec<i64> = data.time.iter().map(|t| *t as i64).collect();
    let panel = Panel::new(&data.y, &more, &Factor::new(&data.unit), &time).unwrap();
    let kind = covariance("clustered by unit");
    let spec = FixedEffects::units().covariance(kind);
    let least_squares = spec.fit(&data.panel()).unwrap();
    let found = spec.fit_instrumental(&panel, &Instruments::new(["wage"], ["same", "twice"]));
    let found = found.unwrap();
    assert_eq!(found.collinear[0].column, "twice");
    assert_eq!(found.overidentification, None);
    for (a, b) in found.coefficients.iter().zip(&least_squares.coefficients) {
        assert_eq!(a.column, b.column);
        close(&a.column, a.estimate.estimate, b.estimate.estimate, 1e-11);
        close(&a.column, a.estimate.std_error, b.estimate.std_error, 1e-11);
    }
    let (a, b) = (&found.constant.estimate, &least_squares.constant.estimate);
    close("constant", a.estimate, b.estimate, 1e-11);
    close("constant", a.std_error, b.std_error, 1e-11);
}

#[test]
fn refusals() {
    let panel = &super::data::panels()["empluk"];
    let error = |endogenous: &[&str], instruments: &[&str]| {
        let spec = Instruments::new(endogenous.to_vec(), instruments.to_vec());
        FixedEffects::units().fit_instrumental(panel, &spec).unwrap_err().to_string()
    };
    assert_eq!(
        error(&["wages"], &["output"]),
        "column wages is not among the panel's: wage, capital, output"
    );
    assert!(error(&["wage", "capital"], &["output"]).starts_with("1 instruments (output) for 2"));
    assert!(error(&[], &["output"]).contains("for 0 endogenous columns"));
    assert!(error(&["wage"], &["wage"]).contains("wage"));
    // Constant within units: the effects determine it.
    let fixed = |name: &str| {
        let data = &super::data::data_sets()["empluk"];
        let of_unit: Vec<f64> = data.unit.iter().map(|unit| unit.parse().unwrap()).collect();
        let design = Design::builder().numeric("wage", data.x[0].clone()).numeric(name, of_unit);
        let time: Vec<i64> = data.time.iter().map(|t| *t as i64).collect();
        Panel::new(&data.y, &design.build().unwrap(), &Factor::new(&data.unit), &time).unwrap()
    };
    let spec = Instruments::new(["wage"], ["region"]);
    let error = FixedEffects::units().fit_instrumental(&fixed("region"), &spec).unwrap_err();
    assert!(error.to_string().starts_with("0 instruments () for 1"), "{error}");
    let hc2 = PanelCovariance::Heteroskedastic(afgang_models::HcType::Hc2);
    let spec = FixedEffects::units().convention(PanelConvention::Fixest).covariance(hc2);
    let error = spec.fit_instrumental(panel, &Instruments::new(["wage"], ["output"])).unwrap_err();
    assert!(error.to_string().starts_with("HC2 and HC3 are not defined for instr"), "{error}");
}
