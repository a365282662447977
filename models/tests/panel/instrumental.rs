//! Instrumental variables with absorbed effects against pyfixest, linearmodels and what ivreg2 is known to print.

use afgang_models::{
    Cluster, Design, Factor, FixedEffects, HcType, Instruments, Panel, PanelConvention,
    PanelCovariance,
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
    rank_robust: f64,
    rank_clustered: f64,
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
                close(&what, coefficient.std_error, expected.se[place], 1e-9);
                compared += 1;
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

/// Rank statistics of Kleibergen and Paap, which the script has by singular values and the covariance of all coefficients.
#[test]
fn ranks() {
    let mut several = 0;
    for case in cases() {
        let panel = case.data.panel();
        let instruments = Instruments::new(case.endogenous.clone(), case.instruments.clone());
        let rank = |covariance: PanelCovariance| {
            // As plm has it, without multipliers.
            let spec = spec(&case.effects).convention(PanelConvention::Plm);
            let fit = spec.covariance(covariance).fit_instrumental(&panel, &instruments).unwrap();
            (fit.kleibergen_paap.unwrap(), fit.cragg_donald)
        };
        let count = case.instruments.len() as f64;
        let hc0 = PanelCovariance::Heteroskedastic(HcType::Hc0);
        close(&case.name, rank(hc0).0 * count, case.linearmodels.rank_robust, 1e-8);
        let clustered = rank(PanelCovariance::Clustered(vec![Cluster::Unit])).0;
        close(&case.name, clustered * count, case.linearmodels.rank_clustered, 1e-8);
        let (plain, cragg_donald) = rank(PanelCovariance::Conventional);
        close(&case.name, plain, cragg_donald, 1e-9);
        several += usize::from(case.endogenous.len() > 1);
    }
    assert_eq!(several, 2);
}

/// Twenty rows of two units, each with an endogenous column and an instrument of its own: the robust rank $F$ that the tests of
/// FixedEffectModels.jl quote (Gomez).
#[test]
fn a_column_of_each_unit() {
    let z = [
        [
            0.392_695_840_551_231_1,
            0.760_011_101_148_399_6,
            0.923_533_157_367_680_4,
            0.490_812_577_085_610_66,
            0.617_937_461_747_517_7,
            0.556_129_025_588_656_2,
            0.710_606_110_065_075_6,
            0.902_673_038_843_199_2,
            0.322_105_322_903_263_3,
            0.313_980_763_019_833_9,
        ],
        [
            0.943_378_891_906_730_5,
            0.663_098_695_570_546_5,
            0.298_663_020_086_635_14,
            0.766_434_706_971_233_8,
            0.182_492_912_686_181_84,
            0.877_438_997_252_451_2,
            0.066_684_670_143_488_22,
            0.250_345_191_028_526_15,
            0.529_188_121_917_796_7,
            0.000_215_092_465_714_938_9,
        ],
    ];
    let x = [
        [
            0.626_766_143_057_221_3,
            1.070_267_961_053_303,
            1.239_639_996_400_494_5,
            0.815_537_135_527_104_7,
            0.885_430_287_831_157_2,
            0.834_238_611_800_887_2,
            0.831_722_050_405_014_2,
            1.352_250_674_090_740_7,
            0.819_778_315_030_829,
            0.562_770_252_028_310_5,
        ],
        [
            1.318_656_218_108_862_4,
            0.719_518_734_142_914_5,
            0.788_105_787_828_432_3,
            1.158_216_622_783_084_3,
            0.593_849_547_718_560_8,
            1.347_550_497_651_674_6,
            0.482_310_988_873_459_13,
            0.554_538_644_516_080_1,
            0.717_749_384_307_103,
            0.481_303_995_932_470_2,
        ],
    ];
    let own = |of: &[[f64; 10]; 2], unit: usize| -> Vec<f64> {
        (0..20).map(|row| if row / 10 == unit { of[unit][row % 10] } else { 0.0 }).collect()
    };
    let mut design = Design::builder();
    for (name, of, unit) in [("x1", &x, 0), ("x2", &x, 1), ("z1", &z, 0), ("z2", &z, 1)] {
        design = design.numeric(name, own(of, unit));
    }
    let unit: Vec<String> = (0..20).map(|row| (row / 10).to_string()).collect();
    let time: Vec<i64> = (0..20).map(|row| row % 10).collect();
    // The statistic is of the instruments alone.
    let y: Vec<f64> = (0..20).map(|row| f64::from(row % 7)).collect();
    let panel = Panel::new(&y, &design.build().unwrap(), &Factor::new(&unit), &time).unwrap();
    let spec =
        FixedEffects::units().convention(PanelConvention::Fixest).covariance(covariance("HC1"));
    let fit = spec.fit_instrumental(&panel, &Instruments::new(["x1", "x2"], ["z1", "z2"])).unwrap();
    assert!((fit.kleibergen_paap.unwrap() - 14.534_844_935_7).abs() < 1e-9);
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
    let (a, b) = (found.constant.estimate, least_squares.constant.as_ref().unwrap().estimate);
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
    let hc2 = PanelCovariance::Heteroskedastic(HcType::Hc2);
    let spec = FixedEffects::units().convention(PanelConvention::Fixest).covariance(hc2);
    let error = spec.fit_instrumental(panel, &Instruments::new(["wage"], ["output"])).unwrap_err();
    assert!(error.to_string().starts_with("HC2 and HC3 are not defined for instr"), "{error}");
}
