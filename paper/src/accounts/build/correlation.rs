//! Correlations over job centres and years.

use std::ops::RangeInclusive;

use afgang_models::correlations;

use super::Context;
use crate::accounts::AccountsError;
use crate::output::Built;
use crate::table::Table;

/// `row, column, r, p_below_0_05, p_value, observations`: outcomes with those before them, then each variable with each
/// outcome.
pub(super) fn build(
    context: Context<'_>,
    outcomes: &[String],
    variables: &[String],
    years: &RangeInclusive<i32>,
) -> Result<Built, AccountsError> {
    let cells = context.centres.cells_in(years);
    let columns: Vec<(&str, Vec<f64>)> = outcomes
        .iter()
        .chain(variables)
        .map(|name| {
            let values = context.variable(name);
            (name.as_str(), cells.iter().map(|&(_, _, cell)| values[cell]).collect())
        })
        .collect();
    let named: Vec<(&str, &[f64])> =
        columns.iter().map(|(name, values)| (*name, values.as_slice())).collect();
    let found = correlations(&named).map_err(|error| context.refused(error))?;
    let n = outcomes.len();
    let among = (1..n).flat_map(|row| (0..row).map(move |column| (row, column)));
    let others = (0..n).flat_map(|column| (n..columns.len()).map(move |row| (row, column)));
    let pairs: Vec<(usize, usize)> = among.chain(others).collect();
    let below = |&(row, column): &(usize, usize)| {
        if found.p_value[(row, column)] < 0.05 { "yes" } else { "no" }
    };
    let table = Table::new()
        .text("row", pairs.iter().map(|&(row, _)| columns[row].0))
        .text("column", pairs.iter().map(|&(_, column)| columns[column].0))
        .number("r", pairs.iter().map(|&pair| found.r[pair]))
        .text("p_below_0_05", pairs.iter().map(below))
        .number("p_value", pairs.iter().map(|&pair| found.p_value[pair]))
        .whole("observations", pairs.iter().map(|_| found.rows as i64));
    Ok(Built::table(table))
}
