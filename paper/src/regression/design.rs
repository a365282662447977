//! From columns of a file to a design matrix.

use std::borrow::Cow;

use afgang_models::{Design, Factor};

use super::RegressionError;
use super::covariate::{Covariate, Covariates, Source, check_scale, columns as columns_of};
use super::terms::Term;
use crate::rows::{DataError, Rows, ranks};
use crate::table::Values;

/// The columns that terms, strata and offset need, each once.
pub(super) fn columns(terms: &[Term], strata: &[String], offset: Option<&String>) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let of_terms = terms.iter().flat_map(|term| &term.0).map(|atom| atom.column().to_owned());
    for column in of_terms.chain(strata.iter().cloned()).chain(offset.cloned()) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// Rows with the names of their by-columns.
pub(super) struct Named<'a> {
    pub(super) rows: &'a Rows,
    pub(super) names: &'a [String],
}

impl Named<'_> {
    pub(super) fn values(&self, column: &str) -> &Values {
        &self.rows.by[self.place(column)]
    }

    fn place(&self, column: &str) -> usize {
        self.names.iter().position(|name| name == column).unwrap_or(0)
    }
}

impl Source for Named<'_> {
    fn factor(&self, column: &str) -> Result<Factor, afgang_models::Error> {
        factor(self.values(column))
    }

    fn numbers(&self, column: &str) -> Result<Vec<f64>, DataError> {
        self.rows.numbers(self.place(column), column)
    }

    fn row_of_file(&self, row: usize) -> usize {
        self.rows.row_of_file(row)
    }

    fn counts(&self) -> Option<Cow<'_, [f64]>> {
        self.rows.counts()
    }
}

/// The design of the terms, and how their covariates were made.
pub(crate) fn design(
    rows: &impl Source,
    n: usize,
    terms: &[Term],
    strata: &[String],
    offset: Option<&String>,
) -> Result<(Design, Covariates), RegressionError> {
    let covariates = Covariates::new(terms, rows)?;
    let mut builder = Design::builder().rows(n);
    for (term, of) in terms.iter().zip(&covariates.0) {
        let name = term.to_string();
        builder = match of.as_slice() {
            [Covariate::Levels { column, levels, base: Some(base) }] => {
                builder.factor(name, rows.factor(column)?.with_base(&levels[*base])?)
            }
            [Covariate::Number(column)] => {
                let numbers = rows.numbers(column).map_err(RegressionError::of_number)?;
                check_scale(column, &numbers)?;
                builder.numeric(name, numbers)
            }
            of => builder.columns(name, columns_of(of, rows)?),
        };
    }
    for column in strata {
        builder = builder.strata(column.clone(), rows.factor(column)?);
    }
    if let Some(column) = offset {
        builder = builder.offset(rows.numbers(column)?);
    }
    Ok((builder.build()?, covariates))
}

/// A category with its levels in the order of their values, numbers by size.
pub(crate) fn factor(values: &Values) -> Result<Factor, afgang_models::Error> {
    let rank = ranks(values);
    let mut rows: Vec<Option<usize>> = vec![None; rank.iter().max().map_or(0, |most| most + 1)];
    for (row, &rank) in rank.iter().enumerate() {
        rows[rank].get_or_insert(row);
    }
    // Ranks may leave gaps where rows were left out.
    let mut level = 0;
    let codes_of_rank: Vec<u32> = rows
        .iter()
        .map(|row| {
            level += u32::from(row.is_some());
            level.saturating_sub(1)
        })
        .collect();
    let codes = rank.iter().map(|&rank| codes_of_rank[rank]).collect();
    Factor::from_codes(codes, rows.into_iter().flatten().map(|row| values.show(row)))
}

/// The combinations of some columns as one category.
pub(super) fn groups(
    rows: &Rows,
    names: &[String],
    columns: &[String],
) -> Result<Factor, afgang_models::Error> {
    let of: Vec<&Values> = columns
        .iter()
        .filter_map(|column| names.iter().position(|name| name == column))
        .map(|place| &rows.by[place])
        .collect();
    let label =
        |row: usize| of.iter().map(|values| values.show(row)).collect::<Vec<_>>().join(", ");
    factor(&Values::Text((0..rows.len()).map(|row| Some(label(row))).collect()))
}
