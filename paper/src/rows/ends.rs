//! Rows whose ends are known already, as those of stays in states.

use super::{Columns, Counts, DataError, Rows, WeightKind};
use crate::table::Values;

/// Columns of rows that were read elsewhere.
pub(crate) struct Ends {
    pub(crate) time: Vec<f64>,
    pub(crate) entry: Vec<f64>,
    /// 0 none, otherwise one more than the place of the event.
    pub(crate) event: Vec<u8>,
    /// Names of the events.
    pub(crate) events: Values,
    /// Places of those to show.
    pub(crate) shown: Vec<usize>,
    pub(crate) weight: Option<Vec<f64>>,
    /// Numbers of clusters.
    pub(crate) cluster: Option<Vec<usize>>,
    pub(crate) by: Vec<Values>,
}

impl Rows {
    /// Rows with these ends, of those that count.
    pub(crate) fn of_ends(columns: &Columns, ends: Ends, counts: Counts) -> Self {
        Self {
            time: ends.time,
            entry: Some(ends.entry),
            event: ends.event,
            weight: ends.weight,
            weight_kind: columns.weight_kind.unwrap_or(WeightKind::Case),
            cluster: ends.cluster,
            by: ends.by,
            causes: ends.events,
            shown: ends.shown,
            merged: 0,
            persons: None,
            are_cells: false,
            counts,
        }
    }
}

impl Counts {
    /// Places of the rows that count; `None` if all do.
    pub(crate) fn kept(&self) -> Option<&[usize]> {
        self.kept.as_deref()
    }
}

/// Refuses weights that are negative, or fractions of which nobody has said what they mean.
pub(crate) fn check_weights(columns: &Columns, weight: &[f64]) -> Result<(), DataError> {
    let column = columns.weight.as_deref().unwrap_or_default();
    let wanted = "a finite number of at least 0";
    check(column, weight, |value| value.is_finite() && value >= 0.0, wanted, |row| row + 1)?;
    if !weight.is_empty() && weight.iter().all(|&value| value == 0.0) {
        return Err(DataError::NoWeight { column: column.to_owned() });
    }
    // Whole numbers are taken for counts.
    if columns.weight_kind.is_none() && weight.iter().any(|value| value.fract() != 0.0) {
        return Err(DataError::WeightKind { column: column.to_owned() });
    }
    Ok(())
}

/// Refuses the first number that is not good; `row_of_file` gives its row of the file, from 1.
pub(crate) fn check(
    column: &str,
    values: &[f64],
    good: impl Fn(f64) -> bool,
    wanted: &'static str,
    row_of_file: impl Fn(usize) -> usize,
) -> Result<(), DataError> {
    match values.iter().position(|&value| !good(value)) {
        None => Ok(()),
        Some(row) => Err(DataError::Range {
            column: column.to_owned(),
            row: row_of_file(row),
            value: values[row],
            wanted,
        }),
    }
}
