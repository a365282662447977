//! Which rows of a file count.

use super::{Columns, DataError};
use crate::table::Values;

/// Which rows of the file count.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    /// Rows of the file.
    pub(crate) of_file: usize,
    /// Rows with the values asked for.
    pub(crate) chosen: usize,
    /// How many of these are left out for want of a group or cluster,
    pub(crate) left_out: usize,
    /// and the columns that lack one.
    pub(crate) lacking: Vec<String>,
    /// Their places, less those left out; `None` if all rows count.
    pub(crate) kept: Option<Vec<usize>>,
    /// Rows that count without a value, of each by-column.
    pub(crate) missing: Vec<usize>,
}

impl Counts {
    /// Of `rows` rows (or kinds of rows, each as many rows as `number` says).
    pub(crate) fn of(
        columns: &Columns,
        by: &[Values],
        only: &[Values],
        cluster: Option<&Values>,
        rows: usize,
        number: &dyn Fn(usize) -> usize,
    ) -> Result<Self, DataError> {
        let no_cluster = |row: usize| cluster.is_some_and(|values| values.is_missing(row));
        let gaps = |row: usize| by.iter().any(|values| values.is_missing(row)) || no_cluster(row);
        let missing_in = |values: &Values, rows: &mut dyn Iterator<Item = usize>| {
            rows.filter(|&row| values.is_missing(row)).map(number).sum::<usize>()
        };
        let of_file = (0..rows).map(number).sum();
        if columns.only.is_empty() && !(columns.drop_missing && (0..rows).any(gaps)) {
            let missing = by.iter().map(|values| missing_in(values, &mut (0..rows))).collect();
            return Ok(Self {
                of_file,
                chosen: of_file,
                left_out: 0,
                lacking: Vec::new(),
                kept: None,
                missing,
            });
        }
        let mut rows: Vec<usize> = (0..rows).collect();
        for ((column, wanted), values) in columns.only.iter().zip(only) {
            let logical = |value: &str| match (value, values) {
                ("true", Values::Whole(_)) => "1".to_owned(),
                ("false", Values::Whole(_)) => "0".to_owned(),
                _ => value.to_owned(),
            };
            let wanted: Vec<String> = wanted.iter().map(|value| logical(value.trim())).collect();
            rows.retain(|&row| wanted.contains(&values.show(row)));
            if rows.is_empty() {
                let (column, value) = (column.clone(), wanted.join(" or "));
                return Err(DataError::NoRowsLeft { column, value });
            }
        }
        let chosen = rows.iter().copied().map(number).sum();
        let lacks = |values: &Values| rows.iter().any(|&row| values.is_missing(row));
        let named = columns.by.iter().zip(by).chain(columns.cluster.iter().zip(cluster));
        let named = named.filter(|(_, values)| lacks(values));
        let lacking = named.map(|(column, _)| column.clone()).collect();
        if columns.drop_missing {
            rows.retain(|&row| !gaps(row));
        }
        let left_out = chosen - rows.iter().copied().map(number).sum::<usize>();
        let missing =
            by.iter().map(|values| missing_in(values, &mut rows.iter().copied())).collect();
        Ok(Self { of_file, chosen, left_out, lacking, kept: Some(rows), missing })
    }
}
