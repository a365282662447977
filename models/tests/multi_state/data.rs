//! Data and answers of `fixtures/r/multi_state.R`.

use std::path::Path;

use afgang_models::{Episode, Histories, Weights};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) data: Data,
    pub(crate) answers: Answers,
}

#[derive(Deserialize)]
pub(crate) struct Data {
    states: usize,
    id: Vec<f64>,
    entry: Vec<f64>,
    exit: Vec<f64>,
    from: Vec<usize>,
    to: Vec<Option<usize>>,
    weight: Option<Vec<f64>>,
}

#[derive(Deserialize)]
pub(crate) struct Answers {
    pub(crate) etm: Vec<Matrix>,
    pub(crate) differences: Vec<Matrix>,
    pub(crate) survfit: Occupation,
    pub(crate) times: Option<Times>,
    pub(crate) cox: Option<Cox>,
}

/// Transition probabilities, from by to, and their covariances as far as they are known.
#[derive(Deserialize)]
pub(crate) struct Matrix {
    pub(crate) since: f64,
    pub(crate) time: f64,
    pub(crate) p: Vec<f64>,
    pub(crate) cov: Vec<Option<f64>>,
}

/// Occupation, time by state.
#[derive(Deserialize)]
pub(crate) struct Occupation {
    pub(crate) p0: Option<Vec<f64>>,
    pub(crate) time: Vec<f64>,
    pub(crate) p: Vec<f64>,
    pub(crate) se: Vec<f64>,
    pub(crate) times: Vec<PersonTimes>,
}

/// Times in states with standard errors of persons.
#[derive(Deserialize)]
pub(crate) struct PersonTimes {
    pub(crate) horizon: f64,
    pub(crate) mean: Vec<f64>,
    pub(crate) se: Vec<Option<f64>>,
}

/// Times in states with their covariances.
#[derive(Deserialize)]
pub(crate) struct Times {
    pub(crate) p0: Vec<f64>,
    pub(crate) horizon: f64,
    pub(crate) mean: Vec<f64>,
    pub(crate) cov: Vec<f64>,
}

#[derive(Deserialize)]
pub(crate) struct Cox {
    pub(crate) covariates: Covariates,
    pub(crate) answers: Vec<Predicted>,
}

#[derive(Deserialize)]
pub(crate) struct Covariates {
    pub(crate) z1: Vec<f64>,
    pub(crate) z2: Vec<f64>,
}

#[derive(Deserialize)]
pub(crate) struct Predicted {
    pub(crate) x: Vec<f64>,
    pub(crate) p0: Vec<f64>,
    pub(crate) time: f64,
    pub(crate) coef: Vec<f64>,
    pub(crate) p: Vec<f64>,
    pub(crate) cov_p: Vec<f64>,
    pub(crate) mean: Vec<f64>,
    pub(crate) cov_mean: Vec<f64>,
}

pub(crate) fn read() -> Vec<Case> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/multi_state.json");
    let file: File = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    file.cases
}

pub(crate) fn case(name: &str) -> Case {
    read().into_iter().find(|case| case.name == name).unwrap()
}

impl Data {
    pub(crate) fn histories(&self) -> Histories {
        let names: Vec<String> = (0..self.states).map(|state| state.to_string()).collect();
        let ids: Vec<u64> = self.id.iter().map(|&id| id as u64).collect();
        let histories = Histories::finding_transitions(&names, &ids, &self.episodes()).unwrap();
        match &self.weight {
            Some(weight) => histories.with_weights(Weights::Sampling(weight.clone())).unwrap(),
            None => histories,
        }
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        self.id.iter().map(|&id| id as u64).collect()
    }

    pub(crate) fn episodes(&self) -> Vec<Episode> {
        (0..self.id.len())
            .map(|row| Episode {
                entry: self.entry[row],
                exit: self.exit[row],
                from: self.from[row],
                to: self.to[row],
            })
            .collect()
    }
}

/// Compares columns relative to the largest of the values.
#[track_caller]
pub(crate) fn assert_close(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}: number of values");
    let largest = want.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    for (place, (got, want)) in got.iter().zip(want).enumerate() {
        let near = (got - want).abs() <= tolerance * largest;
        assert!(near, "{what}, place {place}: got {got:e}, want {want:e}");
    }
}
