//! Covariates as they were found on the data, so that they can be read on other rows.

use std::borrow::Cow;

use afgang_models::Factor;

use super::RegressionError;
use super::basis::{Polynomials, Splines};
use super::terms::{Atom, Term};
use crate::conventions::number_of;
use crate::names::written;
use crate::rows::DataError;

/// How a covariate becomes columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Covariate {
    /// The number itself.
    Number(String),
    /// Its logarithm.
    Log(String),
    /// Indicators of levels: of all, or of all but the base.
    Levels { column: String, levels: Vec<String>, base: Option<usize> },
    /// Orthogonal polynomials.
    Polynomials { column: String, name: String, of: Polynomials },
    /// Splines.
    Splines { column: String, name: String, of: Splines },
}

/// Values of the columns that terms need, by name.
pub(crate) trait Source {
    /// A column as one category.
    fn factor(&self, column: &str) -> Result<Factor, afgang_models::Error>;
    fn numbers(&self, column: &str) -> Result<Vec<f64>, DataError>;
    /// Row of the file, from 1.
    fn row_of_file(&self, row: usize) -> usize;
    /// How often each row counts among the values of a column, 0 without weight; `None` if all count once.
    fn counts(&self) -> Option<Cow<'_, [f64]>> {
        None
    }
}

/// Columns with their names.
pub(crate) type NamedColumns = Vec<(String, Vec<f64>)>;

/// The numbers of a column that occur, with how often they do.
fn counted(column: &str, rows: &impl Source) -> Result<Vec<(f64, f64)>, DataError> {
    let numbers = rows.numbers(column)?.into_iter();
    Ok(match rows.counts() {
        Some(counts) => numbers.zip(counts.iter().copied()).filter(|of| of.1 > 0.0).collect(),
        None => numbers.map(|x| (x, 1.0)).collect(),
    })
}

/// Sums of squares of this size, and of its inverse, are well within what doubles hold.
const LARGE: f64 = 1e151;

/// Refuses finite numbers whose squares, or those of their differences, are none.
pub(super) fn check_scale(column: &str, numbers: &[f64]) -> Result<(), RegressionError> {
    let (low, high) = numbers
        .iter()
        .filter(|x| x.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (x.min(low), x.max(high)));
    let large = high.max(-low) > LARGE;
    let small = high > low && high - low < 1.0 / LARGE;
    if large || small {
        return Err(RegressionError::Scale { column: column.to_owned(), large });
    }
    Ok(())
}

impl Covariate {
    /// Of an atom, as the rows have it; a category keeps all its levels if it is to be in `full`.
    pub(super) fn new(
        atom: &Atom,
        full: bool,
        rows: &impl Source,
    ) -> Result<Self, RegressionError> {
        let name = atom.to_string();
        let column = atom.column().to_owned();
        // Of fewer values a constant and so many functions are more than all functions there are.
        let counted = |parameters: usize| {
            let counted = counted(&column, rows)?;
            let mut different: Vec<f64> = counted.iter().map(|of| of.0).collect();
            different.sort_unstable_by(f64::total_cmp);
            different.dedup();
            let (term, needed, found) = (name.clone(), parameters + 1, different.len());
            let few = RegressionError::TooFewValues { term, needed, found };
            Ok::<_, RegressionError>(if found < needed { Err(few)? } else { (counted, few) })
        };
        Ok(match atom {
            Atom::Number(_) => Self::Number(column),
            Atom::Log(_) => Self::Log(column),
            Atom::Category { base, .. } => {
                let factor = rows.factor(&column)?;
                let factor = match base {
                    Some(base) => {
                        let levels = factor.levels().to_vec();
                        let unknown = |_| RegressionError::UnknownBase {
                            column: column.clone(),
                            level: base.clone(),
                            levels,
                        };
                        factor.with_base(base).map_err(unknown)?
                    }
                    None => factor,
                };
                let base = (!full).then_some(factor.base() as usize);
                Self::Levels { column, levels: factor.levels().to_vec(), base }
            }
            Atom::Polynomial(_, degree) => {
                let (values, few) = counted(*degree)?;
                let of = Polynomials::new(&values, *degree).ok_or(few)?;
                Self::Polynomials { column, name, of }
            }
            Atom::Spline(_, df) => {
                let (values, few) = counted(*df)?;
                let of = Splines::new(&values, *df).ok_or(few)?;
                Self::Splines { column, name, of }
            }
            Atom::Natural(_, df) => {
                let (values, few) = counted(*df)?;
                let of = Splines::natural(&values, *df).ok_or(few)?;
                Self::Splines { column, name, of }
            }
        })
    }

    /// The columns on some rows, with their names.
    pub(super) fn columns(&self, rows: &impl Source) -> Result<NamedColumns, RegressionError> {
        let (name, width, at): (&str, usize, &dyn Fn(f64) -> Vec<f64>) = match self {
            Self::Number(column) => {
                let numbers = rows.numbers(column).map_err(RegressionError::of_number)?;
                check_scale(column, &numbers)?;
                return Ok(vec![(column.clone(), numbers)]);
            }
            Self::Log(column) => {
                let values = rows.numbers(column)?;
                if let Some(row) = values.iter().position(|&value| value <= 0.0) {
                    return Err(RegressionError::Logarithm {
                        column: column.clone(),
                        row: rows.row_of_file(row),
                        value: values[row],
                    });
                }
                let name = format!("log({column})");
                return Ok(vec![(name, values.iter().map(|value| value.ln()).collect())]);
            }
            Self::Levels { column, levels, base } => {
                let codes = level_codes(column, levels, rows)?;
                let indicator = |level: usize| {
                    codes.iter().map(move |&code| f64::from(u8::from(code == level))).collect()
                };
                let shown = (0..levels.len()).filter(|level| Some(*level) != *base);
                return Ok(shown
                    .map(|level| (format!("{column}={}", levels[level]), indicator(level)))
                    .collect());
            }
            Self::Polynomials { name, of, .. } => (name, of.at(0.0).len(), &|x| of.at(x)),
            Self::Splines { name, of, .. } => (name, of.at(of.range().0).len(), &|x| of.at(x)),
        };
        let values = rows.numbers(self.column())?;
        let counts = rows.counts();
        let counted = |row: usize| counts.as_ref().is_none_or(|counts| counts[row] > 0.0);
        if let Self::Splines { of, .. } = self
            && let Some(row) =
                (0..values.len()).find(|&row| counted(row) && !of.covers(values[row]))
        {
            let (low, high) = of.range();
            return Err(RegressionError::OutsideSplines {
                term: name.to_owned(),
                row: rows.row_of_file(row),
                value: values[row],
                low,
                high,
            });
        }
        let mut columns = vec![Vec::with_capacity(values.len()); width];
        for x in values {
            columns.iter_mut().zip(at(x)).for_each(|(column, value)| column.push(value));
        }
        let numbered = columns.into_iter().enumerate();
        Ok(numbered.map(|(k, column)| (format!("{name}{}", k + 1), column)).collect())
    }

    fn column(&self) -> &str {
        match self {
            Self::Number(column)
            | Self::Log(column)
            | Self::Levels { column, .. }
            | Self::Polynomials { column, .. }
            | Self::Splines { column, .. } => column,
        }
    }

    /// What a reader must know of it, in a sentence.
    fn words(&self) -> Option<String> {
        match self {
            Self::Levels { column, levels, base: Some(base) } => {
                let n = number_of(levels.len(), "level");
                Some(format!("{column}: base {}, {n}.", written(&levels[*base])))
            }
            Self::Levels { column, levels, base: None } => Some(format!(
                "{column}: all {} levels, as a term without it is not there.",
                levels.len()
            )),
            Self::Splines { name, of, .. } => {
                let list = of.inner_knots().iter().map(f64::to_string).collect::<Vec<_>>();
                let (low, high) = of.range();
                let inner = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
                Some(format!("{name}: inner knots {inner}; from {low} to {high}."))
            }
            Self::Number(_) | Self::Log(_) | Self::Polynomials { .. } => None,
        }
    }
}

/// The level of each row.
fn level_codes(
    column: &str,
    levels: &[String],
    rows: &impl Source,
) -> Result<Vec<usize>, RegressionError> {
    let own = rows.factor(column)?;
    let known: Vec<Option<usize>> =
        (own.levels().iter()).map(|value| levels.iter().position(|level| level == value)).collect();
    let of_row = |(row, &code): (usize, &u32)| {
        known[code as usize].ok_or_else(|| RegressionError::UnknownLevel {
            column: column.to_owned(),
            row: rows.row_of_file(row),
            value: own.levels()[code as usize].clone(),
            levels: levels.to_vec(),
        })
    };
    own.codes().iter().enumerate().map(of_row).collect()
}

/// The covariates of every term.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Covariates(pub(super) Vec<Vec<Covariate>>);

impl Covariates {
    pub(crate) fn new(terms: &[Term], rows: &impl Source) -> Result<Self, RegressionError> {
        let of_term = |term: &Term| {
            let of_atom = |place: usize| {
                Covariate::new(&term.0[place], !margin_is_in(terms, term, place), rows)
            };
            (0..term.0.len()).map(of_atom).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self(terms.iter().map(of_term).collect::<Result<_, _>>()?))
    }

    /// The columns of each term on some rows, with their names.
    pub(crate) fn columns(&self, rows: &impl Source) -> Result<Vec<NamedColumns>, RegressionError> {
        self.0.iter().map(|term| columns(term, rows)).collect()
    }

    /// Covariates of some rows in the order of the design's columns.
    pub(super) fn profiles(
        &self,
        rows: &impl Source,
        n: usize,
    ) -> Result<Vec<Vec<f64>>, RegressionError> {
        let mut profiles = vec![Vec::new(); n];
        for term in &self.0 {
            for (_, column) in columns(term, rows)? {
                profiles.iter_mut().zip(column).for_each(|(profile, x)| profile.push(x));
            }
        }
        Ok(profiles)
    }

    /// Levels, bases and knots in sentences, each once.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for sentence in self.0.iter().flatten().filter_map(Covariate::words) {
            if !words.contains(&sentence) {
                words.push(sentence);
            }
        }
        words
    }

    /// Factors with their levels and base.
    pub(crate) fn factors(&self) -> impl Iterator<Item = (&str, &[String], Option<&str>)> {
        self.0.iter().flatten().filter_map(|covariate| match covariate {
            Covariate::Levels { column, levels, base } => {
                Some((column.as_str(), levels.as_slice(), base.map(|base| levels[base].as_str())))
            }
            _ => None,
        })
    }
}

/// Whether a term without one of its covariates is in the model, as that of none at all is. Then indicators of the covariate need
/// no base of their own (R's rule of marginality).
fn margin_is_in(terms: &[Term], term: &Term, place: usize) -> bool {
    let margin: Vec<&Atom> =
        term.0.iter().enumerate().filter(|(k, _)| *k != place).map(|(_, atom)| atom).collect();
    let same = |one: &Atom, other: &Atom| match (one, other) {
        (Atom::Category { column, .. }, Atom::Category { column: other, .. }) => column == other,
        _ => one == other,
    };
    let is_margin = |of: &Term| {
        of.0.len() == margin.len() && margin.iter().all(|atom| of.0.iter().any(|o| same(atom, o)))
    };
    margin.is_empty() || terms.iter().any(is_margin)
}

/// The columns of a term: every product of one column of each covariate, those of the first varying fastest as in R.
pub(super) fn columns(
    term: &[Covariate],
    rows: &impl Source,
) -> Result<NamedColumns, RegressionError> {
    let mut product = NamedColumns::new();
    for covariate in term {
        let columns = covariate.columns(rows)?;
        product = if product.is_empty() { columns } else { times(&product, &columns) };
    }
    Ok(product)
}

/// Every product of two columns.
fn times(one: &[(String, Vec<f64>)], two: &[(String, Vec<f64>)]) -> NamedColumns {
    let mut products = Vec::with_capacity(one.len() * two.len());
    for (other, with) in two {
        for (name, column) in one {
            let product = column.iter().zip(with).map(|(a, b)| a * b).collect();
            products.push((format!("{name}:{other}"), product));
        }
    }
    products
}
