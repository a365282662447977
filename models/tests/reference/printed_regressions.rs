//! Regressions that other programs print, to the digits printed: `fixtures/reference/printed_regressions.json`, with their sources.

use std::path::Path;

use afgang_models::{
    CensoringTies, Convention, Cox, CoxFit, Design, Factor, FineGray, FineGrayFit, Interval,
    Profile, Spells, Ties, TimeScale,
};
use serde_json::Value;

/// One data set and what is printed of it.
struct Case {
    name: String,
    spells: Spells,
    clusters: Option<Vec<u64>>,
    strata: Option<Vec<String>>,
    columns: Vec<(String, Vec<f64>)>,
    printed: Vec<Value>,
}

fn numbers(value: &Value) -> Vec<f64> {
    let of = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    value.as_array().map_or_else(|| vec![of(value)], |values| values.iter().map(of).collect())
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference");
    let text = std::fs::read_to_string(folder.join("printed_regressions.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().iter().map(read).collect()
}

fn read(case: &Value) -> Case {
    let data = &case["data"];
    let cause: Vec<_> =
        numbers(&data["cause"]).iter().map(|&cause| (cause as usize).checked_sub(1)).collect();
    let n_causes = cause.iter().flatten().max().unwrap() + 1;
    let mut spells = Spells::new(n_causes, numbers(&data["exit"]), cause).unwrap();
    if !data["entry"].is_null() {
        spells = spells.with_entry(numbers(&data["entry"])).unwrap();
    }
    let words = |values: &Value| -> Vec<String> {
        let of = |value: &Value| value.as_str().unwrap().to_owned();
        values.as_array().unwrap().iter().map(of).collect()
    };
    let columns = words(&data["terms"]);
    Case {
        name: case["name"].as_str().unwrap().to_owned(),
        spells,
        clusters: (!data["cluster"].is_null())
            .then(|| numbers(&data["cluster"]).iter().map(|&id| id as u64).collect()),
        strata: (!data["strata"].is_null()).then(|| words(&data["strata"])),
        columns: columns
            .into_iter()
            .map(|name| {
                let values = numbers(&data["covariates"][&name]);
                (name, values)
            })
            .collect(),
        printed: case["printed"].as_array().unwrap().clone(),
    }
}

impl Case {
    fn design(&self, in_strata: bool) -> Design {
        let mut design = Design::builder();
        for (name, values) in &self.columns {
            design = design.numeric(name, values.clone());
        }
        if let Some(strata) = self.strata.as_ref().filter(|_| in_strata) {
            design = design.strata("stratum", Factor::new(strata));
        }
        design.build().unwrap()
    }

    fn spells(&self, by_cluster: bool) -> Spells {
        match self.clusters.as_ref().filter(|_| by_cluster) {
            Some(clusters) => self.spells.clone().with_clusters(clusters).unwrap(),
            None => self.spells.clone(),
        }
    }

    fn cox(&self, printed: &Value) -> (CoxFit, Spells) {
        let ties = match printed["ties"].as_str() {
            Some("breslow") => Ties::Breslow,
            Some("exact") => Ties::Exact,
            _ => Ties::Efron,
        };
        let spells = self.spells(printed["robust"] == 1);
        let cause = printed["cause"].as_u64().unwrap() as usize - 1;
        let spec = Cox::new().ties(ties).cause(cause);
        (spec.fit(&spells, &self.design(true)).unwrap(), spells)
    }

    fn fine_gray(&self, printed: &Value) -> FineGrayFit {
        let spec = FineGray::new(printed["cause"].as_u64().unwrap() as usize - 1);
        let spec = match printed["model"].as_str().unwrap() {
            "crr" => spec.convention(Convention::Cmprsk),
            "geskus" => spec.censoring_ties(CensoringTies::AfterEvents),
            _ => spec.convention(Convention::FineGray),
        };
        spec.fit(&self.spells, &self.design(false)).unwrap()
    }
}

/// Coefficients of the first of three covariates in four recurrences, each after the first as a difference from it; and
/// the upper triangle of their covariances.
fn of_recurrences(fit: &CoxFit) -> (Vec<f64>, Vec<f64>) {
    let parts = |k: usize| if k == 0 { vec![0] } else { vec![0, k] };
    let effect =
        |k: usize| parts(k).iter().map(|&c| fit.coefficients[c].estimate.estimate).sum::<f64>();
    let covariance = |k: usize, l: usize| {
        let of = |a: &usize| parts(l).iter().map(|&b| fit.covariance[(*a, b)]).sum::<f64>();
        parts(k).iter().map(of).sum::<f64>()
    };
    let pairs = (0..4).flat_map(|k| (k..4).map(move |l| (k, l)));
    ((0..4).map(effect).collect(), pairs.map(|(k, l)| covariance(k, l)).collect())
}

/// What is computed of a name that is printed; none for what is no number of the fit.
fn of_cox(fit: &CoxFit, spells: &Spells, name: &str) -> Option<Vec<f64>> {
    let concordance = || fit.concordance(spells).unwrap();
    Some(match name {
        "coef" => fit.coefficients.iter().map(|c| c.estimate.estimate).collect(),
        "se" => fit.coefficients.iter().map(|c| c.estimate.std_error).collect(),
        "model_se" => fit.coefficients.iter().map(|c| c.model_std_error).collect(),
        "effects_of_treatment" => of_recurrences(fit).0,
        "variances_of_treatment" => of_recurrences(fit).1,
        "loglik" => vec![fit.log_likelihood],
        "null" => vec![fit.log_likelihood_null],
        "likelihood_ratio" => vec![fit.likelihood_ratio.statistic],
        "wald" => vec![fit.wald.statistic],
        "score" => vec![fit.score.statistic],
        "robust_score" => vec![fit.robust_score.unwrap().statistic],
        "concordance" => vec![concordance().estimate],
        "concordance_se" => vec![concordance().std_error],
        "concordant" => vec![concordance().concordant],
        "discordant" => vec![concordance().discordant],
        "tied" => vec![concordance().tied],
        "proportionality" => {
            let tests = fit.proportional_hazards(spells, TimeScale::KaplanMeier).unwrap();
            let terms = tests.terms.iter().map(|(_, test)| test.statistic);
            terms.chain([tests.global.statistic]).collect()
        }
        _ => return None,
    })
}

fn of_fine_gray(fit: &FineGrayFit, printed: &Value, name: &str) -> Option<Vec<f64>> {
    let zeros = Profile::new(vec![0.0; fit.coefficients.len()]);
    let hazard = || fit.cumulative_hazard(&zeros, Interval::Log).unwrap();
    Some(match name {
        "coef" => fit.coefficients.iter().map(|c| c.estimate.estimate).collect(),
        "se" => fit.coefficients.iter().map(|c| c.estimate.std_error).collect(),
        "hazard_ratio" => fit.coefficients.iter().map(|c| c.hazard_ratio().estimate).collect(),
        "loglik" => vec![fit.log_likelihood],
        "null" => vec![fit.log_likelihood_null],
        "likelihood_ratio" => vec![fit.likelihood_ratio.statistic],
        "incidence" => {
            let curve = fit.incidence(&zeros, Interval::Log).unwrap();
            numbers(&printed["at"]).iter().map(|&time| curve.at(time)).collect()
        }
        "last_hazard" => vec![*hazard().estimate.last().unwrap()],
        "hazard_steps" => {
            let steps = hazard().estimate;
            let before = std::iter::once(0.0).chain(steps.clone());
            steps.iter().zip(before).map(|(after, before)| after - before).collect()
        }
        _ => return None,
    })
}

/// The data of [`REFERENCE_CASES.md`](../../../fixtures/REFERENCE_CASES.md): bone marrow transplants (Klein and Moeschberger
/// 2003), recurrences of bladder cancer (Wei, Lin and Weissfeld 1989; Andersen and Gill 1982), arrests after release (Rossi, Berk
/// and Lenihan 1980) and others.
#[test]
fn to_the_printed_digits() {
    let mut compared = 0;
    for case in cases() {
        for printed in &case.printed {
            let half_a_digit = 0.51 * 10_f64.powi(-(printed["digits"].as_i64().unwrap() as i32));
            let cox = (printed["model"] == "cox").then(|| case.cox(printed));
            let fine_gray = cox.is_none().then(|| case.fine_gray(printed));
            for (name, want) in printed.as_object().unwrap() {
                let got = match (&cox, &fine_gray) {
                    (Some((fit, spells)), _) => of_cox(fit, spells, name),
                    (None, Some(fit)) => of_fine_gray(fit, printed, name),
                    (None, None) => None,
                };
                let Some(got) = got else {
                    let known = ["model", "cause", "ties", "robust", "at", "digits"];
                    assert!(known.contains(&name.as_str()), "{}: unknown {name}", case.name);
                    continue;
                };
                let want = numbers(want);
                assert!(got.len() >= want.len(), "{}, {name}: {} values", case.name, got.len());
                let both = got.iter().zip(&want).enumerate();
                for (place, (got, want)) in both.filter(|(_, (_, want))| !want.is_nan()) {
                    let near = (got - want).abs() <= half_a_digit;
                    assert!(near, "{}, {name} {place}: got {got}, printed {want}", case.name);
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 210);
}
