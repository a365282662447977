//! Against statsmodels and stacked estimating equations (`fixtures/python/effect.py`).

use std::collections::BTreeMap;
use std::path::Path;

use afgang_models::{
    Assignment, Design, EffectPath, Factor, OutcomeModel, OutcomePaths, Target, TreatmentEffect,
};
use ndarray::Array2;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    columns: BTreeMap<String, Vec<f64>>,
    outcomes: BTreeMap<String, Vec<Option<f64>>>,
    cases: Vec<Case>,
    balance: Vec<Balanced>,
}

#[derive(Deserialize)]
struct Case {
    outcome: String,
    weights: bool,
    target: String,
    method: String,
    model: String,
    /// Estimate and standard error of the treated, the comparison and their difference.
    answer: [[f64; 2]; 3],
    statsmodels: Option<[[f64; 2]; 3]>,
}

#[derive(Deserialize)]
struct Balanced {
    target: String,
    differences: Vec<[f64; 2]>,
    effective: [f64; 2],
    propensity: [[f64; 2]; 2],
}

/// Both find their equations' root to rounding.
const STACKED: f64 = 1e-9;

/// Statsmodels differentiates by finite differences and searches for the minimum from the answer.
const STATSMODELS: f64 = 1e-7;

fn read() -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/effect.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl File {
    fn assignment(&self, weights: bool) -> Assignment {
        let treated: Vec<bool> = self.columns["treated"].iter().map(|&a| a > 0.0).collect();
        let strata: Vec<String> = self.columns["stratum"].iter().map(f64::to_string).collect();
        let mut design = Design::builder();
        for name in ["age", "grade", "seen", "west", "other"] {
            design = design.numeric(name, self.columns[name].clone());
        }
        let assignment = Assignment::new(&treated)
            .unwrap()
            .with_strata(Factor::new(&strata))
            .unwrap()
            .with_covariates(design.build().unwrap())
            .unwrap();
        if weights {
            assignment.with_weights(self.columns["weight"].clone()).unwrap()
        } else {
            assignment
        }
    }

    fn paths(&self, outcome: &str) -> OutcomePaths {
        let values = &self.outcomes[outcome];
        let value = |(row, _): (usize, usize)| values[row].unwrap_or(f64::NAN);
        OutcomePaths::new(vec![1.0], Array2::from_shape_fn((values.len(), 1), value)).unwrap()
    }
}

fn spec(method: &str, model: &str, target: &str) -> TreatmentEffect {
    let model = if model == "logit" { OutcomeModel::Logit } else { OutcomeModel::Linear };
    let spec = match method {
        "randomised" => TreatmentEffect::randomised(),
        "stratified" => TreatmentEffect::stratified(),
        "weighted" => TreatmentEffect::weighted(),
        "regression" => TreatmentEffect::regression(model),
        _ => TreatmentEffect::doubly_robust(model),
    };
    spec.target(if target == "all" { Target::All } else { Target::Treated })
}

#[track_caller]
fn compare(what: &str, effect: &EffectPath, want: &[[f64; 2]; 3], tolerance: f64) {
    let got = [effect.treated[0], effect.comparison[0], effect.difference[0]];
    for (got, want) in got.iter().zip(want) {
        for (got, want) in [(got.estimate, want[0]), (got.std_error, want[1])] {
            assert!((got - want).abs() <= tolerance * want.abs(), "{what}: {got:e}, {want:e}");
        }
    }
}

#[test]
fn against_python() {
    let file = read();
    let mut methods = BTreeMap::new();
    for case in &file.cases {
        let what = format!(
            "{} of {}, {}, {}, weights {}",
            case.method, case.outcome, case.target, case.model, case.weights
        );
        let effect = spec(&case.method, &case.model, &case.target)
            .fit(&file.assignment(case.weights), &file.paths(&case.outcome))
            .unwrap();
        compare(&what, &effect, &case.answer, STACKED);
        if let Some(want) = &case.statsmodels {
            compare(&what, &effect, want, STATSMODELS);
            *methods.entry(case.method.as_str()).or_insert(0) += 1;
        }
    }
    // Three outcomes and two targets of each method that statsmodels has.
    let three = ["doubly robust", "regression", "weighted"];
    assert_eq!(methods.into_iter().collect::<Vec<_>>(), three.map(|method| (method, 6)));
}

#[test]
fn balance_against_python() {
    let file = read();
    for want in &file.balance {
        let effect = spec("weighted", "linear", &want.target)
            .fit(&file.assignment(false), &file.paths("education"))
            .unwrap();
        let got = effect.balance.unwrap();
        assert_eq!(got.rows.len(), want.differences.len());
        for (row, [before, after]) in got.rows.iter().zip(&want.differences) {
            assert!((row.difference_before - before).abs() < 1e-11, "{}", row.column);
            assert!((row.difference_after - after).abs() < 1e-11, "{}", row.column);
        }
        let propensity = got.propensity.unwrap();
        for (arm, treated) in [true, false].into_iter().enumerate() {
            let effective = want.effective[arm];
            assert!((got.effective_after.of(treated) - effective).abs() < 1e-10 * effective);
            let (low, high) = *propensity.of(treated);
            assert!((low - want.propensity[arm][0]).abs() < 1e-12);
            assert!((high - want.propensity[arm][1]).abs() < 1e-12);
        }
    }
}
