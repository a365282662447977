//! Reads the data and answers of `fixtures/r/discrete.R`.

use std::path::Path;

use afgang_models::{Design, Factor, Spells, Weights};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(crate) struct Answers {
    pub(crate) single: Vec<Case>,
    pub(crate) several: Vec<Case>,
}

/// One data set and what R makes of it.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) link: Option<String>,
    pub(crate) data: Data,
    pub(crate) baseline: String,
    pub(crate) names: Vec<String>,
    pub(crate) coef: Vec<f64>,
    pub(crate) var: Vec<Vec<f64>>,
    pub(crate) expected: Option<Vec<Vec<f64>>>,
    pub(crate) robust: Vec<Vec<f64>>,
    pub(crate) loglik: Vec<f64>,
    pub(crate) person_months: f64,
}

#[derive(Deserialize, Clone)]
pub(crate) struct Data {
    exit: Vec<f64>,
    cause: Vec<usize>,
    terms: Vec<String>,
    /// Numbers, or labels of a factor, by name.
    covariates: Map<String, Value>,
    entry: Option<Vec<f64>>,
    weight: Option<Vec<f64>>,
    cluster: Option<Vec<u32>>,
    offset: Option<Vec<f64>>,
    #[serde(default)]
    pub(crate) clocks: Map<String, Value>,
}

pub(crate) fn read() -> Answers {
    #[derive(Deserialize)]
    struct File {
        cases: (Answers,),
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/discrete.json");
    let file: File = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file.cases.0
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

impl Case {
    /// The covariates that R's model has.
    pub(crate) fn design(&self) -> Design {
        let has = |term: &str| self.names.iter().any(|name| name.starts_with(term));
        self.data.design(has)
    }
}

impl Data {
    /// With sampling weights; clusters only if asked for.
    pub(crate) fn spells(&self, clustered: bool) -> Spells {
        let cause: Vec<_> = self.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let n_causes = self.cause.iter().copied().max().unwrap();
        let mut spells = Spells::new(n_causes, self.exit.clone(), cause).unwrap();
        if let Some(entry) = &self.entry {
            spells = spells.with_entry(entry.clone()).unwrap();
        }
        if let Some(weight) = &self.weight {
            spells = spells.with_weights(Weights::Sampling(weight.clone())).unwrap();
        }
        if let (Some(cluster), true) = (&self.cluster, clustered) {
            spells = spells.with_clusters(cluster).unwrap();
        }
        spells
    }

    fn design(&self, has: impl Fn(&str) -> bool) -> Design {
        let mut design = Design::builder();
        for name in self.terms.iter().filter(|term| has(term)) {
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
