//! From columns of a file to a design matrix.

use afgang_models::{Design, Factor};

use super::RegressionError;
use super::basis;
use super::terms::{Atom, Term};
use crate::rows::{Rows, ranks};
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

/// The design of the terms; `names` are the by-columns of the rows.
pub(super) fn design(
    rows: &Rows,
    names: &[String],
    terms: &[Term],
    strata: &[String],
    offset: Option<&String>,
) -> Result<Design, RegressionError> {
    let place = |column: &str| names.iter().position(|name| name == column).unwrap_or(0);
    let mut builder = Design::builder().rows(rows.len());
    for term in terms {
        let name = term.to_string();
        builder = match term.0.as_slice() {
            [Atom::Category { column, base }] => {
                builder.factor(name, factor(&rows.by[place(column)], base.as_deref())?)
            }
            [Atom::Number(column)] => builder.numeric(name, rows.numbers(place(column), column)?),
            atoms => {
                let mut product: Vec<(String, Vec<f64>)> = Vec::new();
                for atom in atoms {
                    let columns = expanded(rows, place(atom.column()), atom)?;
                    product = if product.is_empty() { columns } else { times(&product, &columns) };
                }
                builder.columns(name, product)
            }
        };
    }
    for column in strata {
        builder = builder.strata(column.clone(), factor(&rows.by[place(column)], None)?);
    }
    if let Some(column) = offset {
        builder = builder.offset(rows.numbers(place(column), column)?);
    }
    Ok(builder.build()?)
}

/// A category with its levels in the order of their values, numbers by size.
fn factor(values: &Values, base: Option<&str>) -> Result<Factor, afgang_models::Error> {
    let rank = ranks(values);
    // Ranks may leave gaps where rows were left out.
    let mut levels: Vec<(usize, usize)> = rank.iter().copied().zip(0..).collect();
    levels.sort_unstable();
    levels.dedup_by_key(|level| level.0);
    let code = |rank: usize| levels.partition_point(|level| level.0 < rank) as u32;
    let codes = rank.iter().map(|&rank| code(rank)).collect();
    let factor = Factor::from_codes(codes, levels.iter().map(|&(_, row)| values.show(row)))?;
    match base {
        Some(base) => factor.with_base(base),
        None => Ok(factor),
    }
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
    factor(&Values::Text((0..rows.len()).map(|row| Some(label(row))).collect()), None)
}

/// The columns of one covariate.
fn expanded(
    rows: &Rows,
    place: usize,
    atom: &Atom,
) -> Result<Vec<(String, Vec<f64>)>, RegressionError> {
    let name = atom.to_string();
    let several = |columns: Option<Vec<Vec<f64>>>| {
        let few = || RegressionError::TooFewValues { term: name.clone() };
        let columns = columns.ok_or_else(few)?;
        let numbered = columns.into_iter().enumerate();
        Ok(numbered.map(|(i, column)| (format!("{name}{}", i + 1), column)).collect())
    };
    match atom {
        Atom::Number(column) => Ok(vec![(name, rows.numbers(place, column)?)]),
        Atom::Log(column) => {
            let values = rows.numbers(place, column)?;
            if let Some(row) = values.iter().position(|&value| value <= 0.0) {
                let (column, value) = (column.clone(), values[row]);
                return Err(RegressionError::Logarithm {
                    column,
                    row: rows.row_of_file(row),
                    value,
                });
            }
            Ok(vec![(name, values.iter().map(|value| value.ln()).collect())])
        }
        Atom::Polynomial(column, degree) => {
            several(basis::polynomials(&rows.numbers(place, column)?, *degree))
        }
        Atom::Spline(column, df) => several(basis::splines(&rows.numbers(place, column)?, *df)),
        Atom::Category { base, .. } => {
            let factor = factor(&rows.by[place], base.as_deref())?;
            let levels = factor.levels().iter().enumerate();
            Ok(levels
                .filter(|(level, _)| *level != factor.base() as usize)
                .map(|(level, label)| {
                    let indicator = |&code: &u32| f64::from(u8::from(code as usize == level));
                    (format!("{name}={label}"), factor.codes().iter().map(indicator).collect())
                })
                .collect())
        }
    }
}

/// Every product of two columns.
fn times(one: &[(String, Vec<f64>)], two: &[(String, Vec<f64>)]) -> Vec<(String, Vec<f64>)> {
    let mut products = Vec::with_capacity(one.len() * two.len());
    for (name, column) in one {
        for (other, with) in two {
            let product = column.iter().zip(with).map(|(a, b)| a * b).collect();
            products.push((format!("{name}:{other}"), product));
        }
    }
    products
}
