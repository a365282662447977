//! Columns as numbers.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::data::DataError;
use crate::table::Values;

/// A column as numbers, none of them missing.
///
/// # Errors
///
/// [`DataError::Missing`] or [`DataError::NotANumber`] with the first row at fault.
pub(crate) fn numbers(values: Values, column: &str) -> Result<Vec<f64>, DataError> {
    if let Values::Number(values) = values {
        return match values.iter().position(|value| value.is_nan()) {
            None => Ok(values),
            Some(row) => Err(DataError::Missing { column: column.to_owned(), row: row + 1 }),
        };
    }
    numbers_of(&values, column)
}

/// As [`numbers`], of a column that is kept.
///
/// # Errors
///
/// As [`numbers`].
pub(super) fn numbers_of(values: &Values, column: &str) -> Result<Vec<f64>, DataError> {
    if let Values::Whole(values) = values
        && values.par_iter().all(Option::is_some)
    {
        return Ok(values.par_iter().map(|value| value.unwrap_or_default() as f64).collect());
    }
    let mut numbers = Vec::with_capacity(values.len());
    each_number(values, column, |number| {
        numbers.push(number);
        Ok(())
    })?;
    Ok(numbers)
}

/// Hands on the numbers of a column, none of them missing.
///
/// # Errors
///
/// [`DataError::Missing`] or [`DataError::NotANumber`] with the first row at fault, and those of `take`.
pub(super) fn each_number(
    values: &Values,
    column: &str,
    mut take: impl FnMut(f64) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let missing = |row| DataError::Missing { column: column.to_owned(), row: row + 1 };
    match values {
        Values::Number(values) => values.iter().enumerate().try_for_each(|(row, &value)| {
            if value.is_nan() { Err(missing(row)) } else { take(value) }
        }),
        Values::Whole(values) => values
            .iter()
            .enumerate()
            .try_for_each(|(row, value)| take(value.ok_or_else(|| missing(row))? as f64)),
        Values::Text(values) => values.iter().enumerate().try_for_each(|(row, value)| {
            let text = value.as_deref().ok_or_else(|| missing(row))?;
            take(number_of(text).ok_or_else(|| DataError::NotANumber {
                column: column.to_owned(),
                row: row + 1,
                text: text.to_owned(),
            })?)
        }),
    }
}

/// The number that a word is, logical values among them.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    match text {
        "TRUE" | "True" | "true" => Some(1.0),
        "FALSE" | "False" | "false" => Some(0.0),
        _ => text.parse().ok().filter(|number: &f64| !number.is_nan()),
    }
}
