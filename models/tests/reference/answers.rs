//! Reads the answers and compares with them.

use std::collections::BTreeMap;
use std::path::Path;

use afgang_models::{EventTable, Interval};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Counts and anything made of whole numbers.
pub(crate) const EXACT: f64 = 0.0;

/// Closed forms: products and sums of a few hundred terms, where R and we order operations differently.
pub(crate) const CLOSED_FORM: f64 = 1e-13;

/// Limits on a transformed scale: R forms `1 - 1/(1 + exp(x))`, which loses digits of small
/// probabilities.
pub(crate) const LIMITS: f64 = 1e-11;

/// Variances that a package sums with cancelling terms (`cmprsk`) or by matrix recursion (`etm`).
pub(crate) const PACKAGE_VARIANCE: f64 = 1e-11;

/// A file of answers.
#[derive(Deserialize)]
pub(crate) struct Answers<T> {
    pub(crate) cases: Vec<Case<T>>,
}

/// One data set and what R makes of it.
#[derive(Deserialize)]
pub(crate) struct Case<T> {
    pub(crate) name: String,
    data: Data,
    pub(crate) answers: T,
}

#[derive(Deserialize)]
struct Data {
    entry: Option<Vec<f64>>,
    exit: Vec<f64>,
    /// 0 is censored.
    cause: Vec<usize>,
    weight: Option<Vec<f64>>,
}

/// A column in which R's `NA` and `NaN` are `null`.
pub(crate) type Column = Vec<Option<f64>>;

/// Lower and upper limits.
#[derive(Deserialize)]
pub(crate) struct Limits {
    pub(crate) low: Column,
    pub(crate) high: Column,
}

/// Limits by R's name of the interval.
pub(crate) type LimitsByType = BTreeMap<String, Limits>;

/// R's name of an interval.
pub(crate) fn interval(name: &str) -> Interval {
    match name {
        "plain" => Interval::Plain,
        "log" => Interval::Log,
        "log-log" => Interval::LogLog,
        "logit" => Interval::Logit,
        "arcsin" => Interval::Arcsine,
        _ => panic!("unknown interval {name}"),
    }
}

/// The cases of `fixtures/reference/{name}.json`.
pub(crate) fn read<T: DeserializeOwned>(name: &str) -> Vec<Case<T>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let answers: Answers<T> = serde_json::from_str(&text).unwrap();
    answers.cases
}

/// The cases of a file whose data have a form of their own: name, data, answers.
pub(crate) fn read_with<D: DeserializeOwned, T: DeserializeOwned>(
    name: &str,
) -> Vec<(String, D, T)> {
    #[derive(Deserialize)]
    struct Case<D, T> {
        name: String,
        data: D,
        answers: T,
    }
    #[derive(Deserialize)]
    struct File<D, T> {
        cases: Vec<Case<D, T>>,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let file: File<D, T> = serde_json::from_str(&text).unwrap();
    file.cases.into_iter().map(|case| (case.name, case.data, case.answers)).collect()
}

impl<T> Case<T> {
    /// The event table of the data.
    pub(crate) fn table(&self) -> EventTable {
        let data = &self.data;
        let rows: Vec<_> = (0..data.exit.len())
            .map(|i| {
                (
                    data.entry.as_ref().map_or(f64::NEG_INFINITY, |entry| entry[i]),
                    data.exit[i],
                    data.cause[i].checked_sub(1),
                    data.weight.as_ref().map_or(1.0, |weight| weight[i]),
                )
            })
            .collect();
        let n_causes = data.cause.iter().copied().max().unwrap();
        EventTable::from_weighted_spells(n_causes, &rows).unwrap()
    }
}

/// Compares a column with R's, relative to the larger value; `NaN` must meet `null`.
#[track_caller]
pub(crate) fn assert_column(what: &str, got: &[f64], want: &[Option<f64>], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}: number of rows");
    for (row, (&got, want)) in got.iter().zip(want).enumerate() {
        let same = match want {
            None => got.is_nan(),
            Some(want) => (got - want).abs() <= tolerance * got.abs().max(want.abs()),
        };
        assert!(same, "{what}, row {row}: got {got:e}, R has {want:?}");
    }
}

/// Compares a column that is complete in R.
#[track_caller]
pub(crate) fn assert_values(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    let want: Column = want.iter().copied().map(Some).collect();
    assert_column(what, got, &want, tolerance);
}

/// Compares a number with R's, relative to the larger value.
#[track_caller]
pub(crate) fn assert_near(what: &str, got: f64, want: f64, tolerance: f64) {
    let same = (got - want).abs() <= tolerance * got.abs().max(want.abs());
    assert!(same, "{what}: got {got:e}, R has {want:e}");
}
