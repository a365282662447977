//! Variances that count persons, against R's `survfit` with `cluster`.

use std::collections::BTreeMap;

use afgang_models::{AalenJohansen, EventTable, Exit, ExitPair, Spells};
use serde::Deserialize;

use crate::answers::{CLOSED_FORM, LIMITS, assert_column, read_with};

#[derive(Deserialize)]
struct Data {
    exit: Vec<f64>,
    cause: Vec<usize>,
    cluster: Vec<f64>,
}

#[derive(Deserialize)]
struct Answer {
    time: Vec<f64>,
    by_cause: Vec<Cause>,
}

#[derive(Deserialize)]
struct Cause {
    estimate: Vec<Option<f64>>,
    se: Vec<Option<f64>>,
    se_alone: Vec<Option<f64>>,
}

impl Data {
    fn exit(&self, row: usize) -> Exit {
        Exit { time: self.exit[row], cause: self.cause[row].checked_sub(1) }
    }

    fn table(&self) -> EventTable {
        let rows: Vec<_> = (0..self.exit.len())
            .map(|row| (self.exit[row], self.cause[row].checked_sub(1)))
            .collect();
        EventTable::from_times(*self.cause.iter().max().unwrap(), &rows).unwrap()
    }

    fn pairs(&self) -> Vec<ExitPair> {
        let mut by_cluster: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (row, &cluster) in self.cluster.iter().enumerate() {
            by_cluster.entry(cluster as u64).or_default().push(row);
        }
        let mut pairs = Vec::new();
        for rows in by_cluster.values() {
            for (at, &one) in rows.iter().enumerate() {
                for &two in &rows[at + 1..] {
                    pairs.push(ExitPair { one: self.exit(one), two: self.exit(two), count: 1.0 });
                }
            }
        }
        pairs
    }
}

#[test]
fn standard_errors_by_cluster() {
    for (name, data, answer) in read_with::<Data, Answer>("clustered_incidence") {
        let table = data.table();
        let curves = AalenJohansen::new().fit_clustered(&table, &data.pairs()).unwrap();
        let cause = data.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let rows = Spells::new(table.n_causes(), data.exit.clone(), cause).unwrap();
        let alone_by_row = AalenJohansen::new().fit_spells(&rows).unwrap();
        let ids: Vec<u64> = data.cluster.iter().map(|&id| id as u64).collect();
        let by_row = AalenJohansen::new().fit_spells(&rows.with_clusters(&ids).unwrap()).unwrap();
        let alone = AalenJohansen::new().fit_clustered(&table, &[]).unwrap();
        for (k, want) in answer.by_cause.iter().enumerate() {
            assert_eq!(curves[k].time, answer.time, "{name}");
            assert_column(&name, &curves[k].estimate, &want.estimate, CLOSED_FORM);
            assert_column(&name, &curves[k].std_error, &want.se, LIMITS);
            assert_column(&name, &alone[k].std_error, &want.se_alone, LIMITS);
            assert_column(&name, &by_row[k].std_error, &want.se, LIMITS);
            assert_column(&name, &alone_by_row[k].std_error, &want.se_alone, LIMITS);
        }
    }
}

/// The pairs must come from the spells of the table, and the exit alone tells nothing of a late entry.
#[test]
fn refusals() {
    let table = EventTable::from_times(2, &[(1.0, Some(0)), (2.0, None)]).unwrap();
    let pair = |time, cause| {
        let there = Exit { time: 1.0, cause: Some(0) };
        [ExitPair { one: there, two: Exit { time, cause }, count: 1.0 }]
    };
    let fit = |pairs: &[ExitPair]| AalenJohansen::new().fit_clustered(&table, pairs);
    assert!(fit(&pair(2.0, None)).is_ok());
    for (time, cause) in [(2.0, Some(0)), (1.0, Some(7)), (3.0, None)] {
        assert_eq!(
            fit(&pair(time, cause)).unwrap_err(),
            afgang_models::Error::PairOutsideTable { time, cause }
        );
    }
    let late = EventTable::from_spells(1, &[(0.5, 1.0, Some(0))]).unwrap();
    assert_eq!(
        AalenJohansen::new().fit_clustered(&late, &[]).unwrap_err().to_string(),
        "spells enter late at time 0.5; a variance by pairs of exits needs spells that are there from the \
         start"
    );
}
