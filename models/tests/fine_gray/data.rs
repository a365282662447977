//! Reads the data and answers of `fixtures/r/fine_gray.R`.

use std::collections::BTreeMap;
use std::path::Path;

use afgang_models::{Design, Factor, Spells};
use ndarray::Array2;
use serde::Deserialize;

/// One data set and what R makes of it.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) data: Data,
    pub(crate) crr: Vec<Crr>,
    pub(crate) weighted: Vec<Weighted>,
    pub(crate) mets: Option<Mets>,
}

#[derive(Deserialize)]
pub(crate) struct Data {
    pub(crate) exit: Vec<f64>,
    cause: Vec<usize>,
    terms: Vec<String>,
    covariates: BTreeMap<String, Vec<f64>>,
    entry: Option<Vec<f64>>,
    groups: Option<Vec<f64>>,
}

/// What `crr` gives for a cause.
#[derive(Deserialize)]
pub(crate) struct Crr {
    pub(crate) cause: usize,
    pub(crate) grouped: f64,
    pub(crate) as_is: CrrFit,
    pub(crate) converged: CrrFit,
}

#[derive(Deserialize)]
pub(crate) struct CrrFit {
    pub(crate) coef: Vec<f64>,
    pub(crate) var: Vec<Vec<f64>>,
    pub(crate) inverse: Vec<Vec<f64>>,
    pub(crate) loglik: [f64; 2],
    pub(crate) time: Vec<f64>,
    pub(crate) jump: Vec<f64>,
}

/// What `coxph` makes of `finegray` data.
#[derive(Deserialize)]
pub(crate) struct Weighted {
    pub(crate) cause: usize,
    pub(crate) strata: f64,
    pub(crate) coef: Vec<f64>,
    pub(crate) var: Vec<Vec<f64>>,
    pub(crate) inverse: Vec<Vec<f64>>,
    pub(crate) loglik: [f64; 2],
    pub(crate) score: f64,
    pub(crate) wald: f64,
}

/// What `mets` gives with strata of the baseline and of censoring.
#[derive(Deserialize)]
pub(crate) struct Mets {
    pub(crate) rows: MetsFit,
    pub(crate) clusters: MetsFit,
}

#[derive(Deserialize)]
pub(crate) struct MetsFit {
    pub(crate) coef: Vec<f64>,
    pub(crate) var: Vec<Vec<f64>>,
}

pub(crate) fn read() -> Vec<Case> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/fine_gray.json");
    let file: File = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file.cases
}

impl Data {
    pub(crate) fn spells(&self) -> Spells {
        let cause: Vec<_> = self.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let n_causes = self.cause.iter().copied().max().unwrap();
        let spells = Spells::new(n_causes, self.exit.clone(), cause).unwrap();
        match &self.entry {
            Some(entry) => spells.with_entry(entry.clone()).unwrap(),
            None => spells,
        }
    }

    pub(crate) fn design(&self, strata: bool) -> Design {
        let mut design = Design::builder();
        for name in &self.terms {
            design = design.numeric(name, self.covariates[name].clone());
        }
        if strata {
            design = design.strata("g", self.groups());
        }
        design.build().unwrap()
    }

    pub(crate) fn groups(&self) -> Factor {
        let label = |group: &f64| group.to_string();
        Factor::new(&self.groups.as_ref().unwrap().iter().map(label).collect::<Vec<_>>())
    }
}

#[track_caller]
pub(crate) fn near(what: &str, got: f64, want: f64, tolerance: f64) {
    let same = (got - want).abs() <= tolerance * got.abs().max(want.abs());
    assert!(same, "{what}: got {got:e}, want {want:e}, relative {:e}", (got - want) / want);
}

/// Compares covariance matrices, in units of the standard errors.
#[track_caller]
pub(crate) fn matrix(what: &str, got: &Array2<f64>, want: &[Vec<f64>], tolerance: f64) {
    assert_eq!(got.dim(), (want.len(), want.len()), "{what}");
    for ((a, b), got) in got.indexed_iter() {
        let apart = (got - want[a][b]).abs() / (want[a][a] * want[b][b]).sqrt();
        assert!(
            apart < tolerance,
            "{what} ({a}, {b}): got {got:e}, want {:e}, apart {apart:e}",
            want[a][b]
        );
    }
}
