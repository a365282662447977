//! Reads the data and answers of `fixtures/r/cox.R`.

use std::path::Path;

use afgang_models::{Design, Factor, Spells, Weights};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One data set and what R makes of it.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) data: Data,
    pub(crate) answers: Answers,
}

#[derive(Deserialize, Clone)]
pub(crate) struct Data {
    pub(crate) exit: Vec<f64>,
    pub(crate) cause: Vec<usize>,
    pub(crate) terms: Vec<String>,
    /// Numbers, or labels of a factor, by name.
    pub(crate) covariates: Map<String, Value>,
    pub(crate) entry: Option<Vec<f64>>,
    pub(crate) weight: Option<Vec<f64>>,
    pub(crate) cluster: Option<Vec<f64>>,
    pub(crate) strata: Option<Vec<String>>,
    pub(crate) offset: Option<Vec<f64>>,
}

#[derive(Deserialize)]
pub(crate) struct Answers {
    pub(crate) fits: Vec<Fit>,
    pub(crate) more: Value,
}

#[derive(Deserialize)]
pub(crate) struct Fit {
    pub(crate) ties: String,
    pub(crate) robust: String,
    pub(crate) cause: usize,
    pub(crate) coef: Vec<f64>,
    pub(crate) var: Vec<Vec<f64>>,
    pub(crate) naive: Vec<Vec<f64>>,
    pub(crate) loglik: Vec<f64>,
    pub(crate) score: f64,
    pub(crate) wald: f64,
    pub(crate) robust_score: Option<f64>,
}

pub(crate) fn read() -> Vec<Case> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/cox.json");
    let file: File = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file.cases
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    let of = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    value.as_array().map_or_else(|| vec![of(value)], |values| values.iter().map(of).collect())
}

impl Data {
    pub(crate) fn spells(&self) -> Spells {
        let cause: Vec<_> = self.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let n_causes = self.cause.iter().copied().max().unwrap();
        let mut spells = Spells::new(n_causes, self.exit.clone(), cause).unwrap();
        if let Some(entry) = &self.entry {
            spells = spells.with_entry(entry.clone()).unwrap();
        }
        if let Some(weight) = &self.weight {
            spells = spells.with_weights(Weights::Sampling(weight.clone())).unwrap();
        }
        if let Some(cluster) = &self.cluster {
            let ids: Vec<i64> = cluster.iter().map(|id| *id as i64).collect();
            spells = spells.with_clusters(&ids).unwrap();
        }
        spells
    }

    pub(crate) fn design(&self) -> Design {
        let mut design = Design::builder();
        for name in &self.terms {
            let column = &self.covariates[name];
            let values = column.as_array().unwrap();
            design = if values[0].is_string() {
                let labels: Vec<&str> =
                    values.iter().map(|label| label.as_str().unwrap()).collect();
                design.factor(name, Factor::new(&labels))
            } else {
                design.numeric(name, numbers(column))
            };
        }
        if let Some(strata) = &self.strata {
            design = design.strata("s", Factor::new(strata));
        }
        if let Some(offset) = &self.offset {
            design = design.offset(offset.clone());
        }
        design.build().unwrap()
    }
}

/// Compares with R, relative to the larger value.
#[track_caller]
pub(crate) fn assert_near(what: &str, got: f64, want: f64, tolerance: f64) {
    let same = (got - want).abs() <= tolerance * got.abs().max(want.abs());
    assert!(same, "{what}: got {got:e}, R has {want:e}, relative {:e}", (got - want) / want);
}

/// Compares columns with R, relative to the largest value of the column.
#[track_caller]
pub(crate) fn assert_column(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}: number of rows");
    let largest = want.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    for (row, (&got, &want)) in got.iter().zip(want).enumerate() {
        let same = (got - want).abs() <= tolerance * largest;
        assert!(same, "{what}, row {row}: got {got:e}, R has {want:e}");
    }
}
