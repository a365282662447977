//! Covariates of the rows, as regressions need them.

mod b_splines;
mod factor;
mod patterns;
mod products;
mod sparse_rows;

use std::ops::Range;

use ndarray::Array2;

pub use b_splines::{b_splines, quantile_knots};
pub use factor::Factor;
pub(crate) use patterns::{Grouping, from_order_bits, order_bits, sorted};
pub(crate) use products::{Products, whole_matrix};
use sparse_rows::Columns;
pub(crate) use sparse_rows::SparseRows;

use crate::error::{Error, Result};

/// Design matrix of a regression: named columns that belong to terms, with equal rows collapsed to patterns.
///
/// A numeric term is one column. A factor with $L$ levels is $L - 1$ indicators, of all levels but the base. There is
/// no column of ones: where a model has an intercept or a baseline it brings its own.
///
/// Rows whose covariates (and offset) are equal bit for bit share a *pattern*. The matrix is kept by pattern, and of
/// a factor only the one indicator that is not 0, so a design of millions of rows with categorical covariates takes four bytes a
/// row and next to nothing beside; one with continuous covariates keeps their columns, about 8 bytes a row and term.
///
/// # Examples
///
/// ```
/// use afgang_models::{Design, Factor};
///
/// let design = Design::builder()
///     .numeric("age", vec![30.0, 45.0, 30.0, 45.0])
///     .factor("target", Factor::new(&["job", "activity", "job", "benefit"]).with_base("job")?)
///     .build()?;
/// assert_eq!(design.column_names(), ["age", "target=activity", "target=benefit"]);
/// assert_eq!(design.terms()[1].columns, 1..3);
/// // Three patterns of four rows: rows 0 and 2 are alike.
/// assert_eq!(design.n_patterns(), 3);
/// assert_eq!(design.patterns()[0], design.patterns()[2]);
/// assert_eq!(design.row(1), Some(vec![45.0, 1.0, 0.0]));
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    names: Vec<String>,
    terms: Vec<Term>,
    matrix: Matrix,
    /// By pattern; `None` is 0.
    offset: Option<Vec<f64>>,
    patterns: Grouping,
    strata: Grouping,
    strata_names: Vec<String>,
}

/// Where the covariates of patterns are.
#[derive(Debug, Clone, PartialEq)]
enum Matrix {
    /// By pattern,
    Patterns(SparseRows),
    /// or, where no two rows are alike, in the columns as they came, with the row of each pattern.
    Rows(Columns, Vec<u32>),
}

/// A term of a [`Design`]: the columns that stand for one covariate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Term {
    /// Name of the covariate.
    pub name: String,
    /// Its columns.
    pub columns: Range<usize>,
    /// What the columns hold.
    pub kind: TermKind,
}

/// What the columns of a [`Term`] hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TermKind {
    /// Numbers.
    Numeric,
    /// Indicators of all levels but the base, in the order of the levels.
    Factor {
        /// All levels.
        levels: Vec<String>,
        /// Place of the base among them.
        base: usize,
    },
}

impl Term {
    /// Level that a column of a factor indicates.
    pub(crate) fn level(&self, column: usize) -> Option<&str> {
        match &self.kind {
            TermKind::Numeric => None,
            TermKind::Factor { levels, base } => {
                let place = column - self.columns.start;
                levels.get(place + usize::from(place >= *base)).map(String::as_str)
            }
        }
    }
}

/// Gathers the columns of a [`Design`].
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct DesignBuilder {
    terms: Vec<(String, Covariate)>,
    offset: Option<Vec<f64>>,
    strata: Vec<(String, Factor)>,
    n_rows: Option<usize>,
}

#[derive(Debug, Clone)]
enum Covariate {
    Numeric(Vec<String>, Vec<Vec<f64>>),
    Factor(Factor),
}

impl DesignBuilder {
    /// A numeric term of one column.
    pub fn numeric(self, name: impl Into<String>, values: Vec<f64>) -> Self {
        let name = name.into();
        self.columns(name.clone(), vec![(name, values)])
    }

    /// A numeric term of several columns, such as a polynomial or a spline.
    pub fn columns(mut self, name: impl Into<String>, columns: Vec<(String, Vec<f64>)>) -> Self {
        let (names, values) = columns.into_iter().unzip();
        self.terms.push((name.into(), Covariate::Numeric(names, values)));
        self
    }

    /// A categorical term. Its columns are named `name=level`.
    pub fn factor(mut self, name: impl Into<String>, factor: Factor) -> Self {
        self.terms.push((name.into(), Covariate::Factor(factor)));
        self
    }

    /// A known part of the linear predictor.
    pub fn offset(mut self, values: Vec<f64>) -> Self {
        self.offset = Some(values);
        self
    }

    /// Strata with a baseline of their own; of several factors, their combinations.
    pub fn strata(mut self, name: impl Into<String>, factor: Factor) -> Self {
        self.strata.push((name.into(), factor));
        self
    }

    /// The number of rows, needed only where there is no column at all (a model of the baseline alone).
    pub fn rows(mut self, n_rows: usize) -> Self {
        self.n_rows = Some(n_rows);
        self
    }

    /// The design.
    ///
    /// # Errors
    ///
    /// [`Error::ColumnLength`] for a column of another length than the rest, [`Error::NotFinite`] for a value that
    /// is not a finite number (leave rows with missing values out before), [`Error::DuplicateColumn`].
    pub fn build(self) -> Result<Design> {
        let n_rows = self.check_lengths()?;
        let mut patterns = Grouping::one(n_rows);
        for (name, covariate) in &self.terms {
            patterns = match covariate {
                Covariate::Factor(factor) => patterns.join(factor.codes(), factor.levels().len()),
                Covariate::Numeric(_, columns) => {
                    for values in columns {
                        finite(name, values)?;
                        patterns = patterns.join_values(values);
                    }
                    patterns
                }
            };
        }
        if let Some(offset) = &self.offset {
            finite("offset", offset)?;
            patterns = patterns.join_values(offset);
        }
        let representatives = patterns.representatives();
        let of_patterns =
            |offset: Vec<f64>| representatives.iter().map(|&row| offset[row]).collect();
        let offset = self.offset.map(of_patterns);
        let (strata, strata_names) = join_strata(&self.strata, n_rows);
        let (names, terms) = name_columns(&self.terms)?;
        let columns = Columns::new(self.terms, &terms);
        let row_of = representatives.iter().map(|&row| row as u32).collect();
        let matrix = if patterns.is_complete() {
            Matrix::Rows(columns, row_of)
        } else {
            Matrix::Patterns(columns.rows(row_of.len(), |pattern| row_of[pattern] as usize))
        };
        Ok(Design { names, terms, matrix, offset, patterns, strata, strata_names })
    }

    fn check_lengths(&self) -> Result<usize> {
        let terms = self.terms.iter().flat_map(|(name, covariate)| match covariate {
            Covariate::Factor(factor) => vec![(name.as_str(), factor.len())],
            Covariate::Numeric(names, columns) => {
                names.iter().zip(columns).map(|(name, c)| (name.as_str(), c.len())).collect()
            }
        });
        let strata = self.strata.iter().map(|(name, factor)| (name.as_str(), factor.len()));
        let offset = self.offset.iter().map(|values| ("offset", values.len()));
        let lengths: Vec<(&str, usize)> = terms.chain(strata).chain(offset).collect();
        let expected = self.n_rows.or(lengths.first().map(|first| first.1)).unwrap_or(0);
        match lengths.into_iter().find(|(_, found)| *found != expected) {
            Some((column, found)) => {
                Err(Error::ColumnLength { column: column.to_owned(), found, expected })
            }
            None => Ok(expected),
        }
    }
}

fn finite(column: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(Error::NotFinite { column: column.to_owned(), row, value: values[row] }),
        None => Ok(()),
    }
}

fn join_strata(factors: &[(String, Factor)], n_rows: usize) -> (Grouping, Vec<String>) {
    let mut strata = Grouping::one(n_rows);
    for (_, factor) in factors {
        strata = strata.join(factor.codes(), factor.levels().len());
    }
    let of_row = |row: usize| {
        let level = |(name, factor): &(String, Factor)| {
            format!("{name}={}", factor.levels()[factor.codes()[row] as usize])
        };
        factors.iter().map(level).collect::<Vec<_>>().join(", ")
    };
    let names = strata.representatives().into_iter().map(of_row).collect();
    (strata, names)
}

fn name_columns(covariates: &[(String, Covariate)]) -> Result<(Vec<String>, Vec<Term>)> {
    let (mut names, mut terms): (Vec<String>, Vec<Term>) = (Vec::new(), Vec::new());
    for (name, covariate) in covariates {
        let start = names.len();
        let kind = match covariate {
            Covariate::Numeric(columns, _) => {
                names.extend(columns.iter().cloned());
                TermKind::Numeric
            }
            Covariate::Factor(factor) => {
                let base = factor.base() as usize;
                let others = factor.levels().iter().enumerate().filter(|(code, _)| *code != base);
                names.extend(others.map(|(_, level)| format!("{name}={level}")));
                TermKind::Factor { levels: factor.levels().to_vec(), base }
            }
        };
        terms.push(Term { name: name.clone(), columns: start..names.len(), kind });
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::DuplicateColumn { column: pair[0].clone() }),
        None => Ok((names, terms)),
    }
}

impl Design {
    /// A design without columns yet.
    pub fn builder() -> DesignBuilder {
        DesignBuilder::default()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.patterns.of_row.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.names.len()
    }

    /// Names of the columns.
    pub fn column_names(&self) -> &[String] {
        &self.names
    }

    /// The terms, in the order in which they were added.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The term that a column belongs to.
    pub(crate) fn term_of(&self, column: usize) -> Option<&Term> {
        self.terms.iter().find(|term| term.columns.contains(&column))
    }

    /// Number of different rows, offsets included.
    pub fn n_patterns(&self) -> usize {
        self.patterns.n
    }

    /// Pattern of each row, numbered from 0 in the order of the covariates' values.
    pub fn patterns(&self) -> &[u32] {
        &self.patterns.of_row
    }

    /// The matrix: patterns by columns.
    pub fn matrix(&self) -> Array2<f64> {
        let mut matrix = Array2::zeros((self.n_patterns(), self.n_columns()));
        let patterns: Vec<u32> = (0..self.n_patterns() as u32).collect();
        let rows = self.matrix_of(&patterns);
        for pattern in 0..rows.len() {
            for (column, value) in rows.row(pattern) {
                matrix[(pattern, column)] = value;
            }
        }
        matrix
    }

    /// The covariates of a row of the input; `None` if there is no such row.
    pub fn row(&self, row: usize) -> Option<Vec<f64>> {
        let pattern = *self.patterns.of_row.get(row)?;
        let mut values = vec![0.0; self.n_columns()];
        for (column, value) in self.matrix_of(&[pattern]).row(0) {
            values[column] = value;
        }
        Some(values)
    }

    /// Stratum of each row, numbered from 0 in the order of the levels.
    pub fn strata(&self) -> &[u32] {
        &self.strata.of_row
    }

    /// Names of the strata, as `region=north, sex=m`; one empty name where there are none.
    pub fn strata_names(&self) -> &[String] {
        &self.strata_names
    }

    /// The matrix of some patterns, in their order.
    pub(crate) fn matrix_of(&self, patterns: &[u32]) -> SparseRows {
        match &self.matrix {
            Matrix::Patterns(rows) => rows.select(patterns),
            Matrix::Rows(columns, row_of) => {
                columns.rows(patterns.len(), |place| row_of[patterns[place] as usize] as usize)
            }
        }
    }

    /// Offsets by pattern, if there are any.
    pub(crate) fn offsets(&self) -> Option<&[f64]> {
        self.offset.as_deref()
    }
}
