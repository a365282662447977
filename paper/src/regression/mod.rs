//! `afgang fit`: regressions for exits, from any file of spells.

mod basis;
mod cox;
mod design;
mod terms;

use afgang_models::{Cox, Design, Spells, Ties, TimeScale};

pub use terms::{Atom, Term, TermError, parse};

use crate::rows::{Columns, DataError, EstimationError, Rows};
use crate::table::Table;

/// What to fit to which columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The columns of the spells. Covariates are added to the by-columns when the file is read.
    pub columns: Columns,
    /// The covariates.
    pub terms: Vec<Term>,
    /// Columns whose combinations have baselines of their own.
    pub strata: Vec<String>,
    /// Column with a coefficient of 1.
    pub offset: Option<String>,
    /// How tied events share their risk set.
    pub ties: Ties,
    /// Whether standard errors are by influence; as the data ask for if absent.
    pub robust: Option<bool>,
    /// Confidence level.
    pub level: f64,
    /// Test of proportional hazards, on a scale of time.
    pub proportionality: Option<TimeScale>,
}

/// A fit as tables, with what a reader must know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// `cause` (with several causes), `term, column, estimate, std_error, statistic, p_value, conf_low, conf_high,
    /// hazard_ratio, ratio_low, ratio_high`. Its notes are the conventions.
    pub table: Table,
    /// `cause` (with several causes), `name, value`: what the fit counted and how well it fits.
    pub statistics: Table,
    /// Conventions and remarks, one sentence a line.
    pub foot: Vec<String>,
}

/// A regression that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegressionError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The estimator refuses.
    #[error(transparent)]
    Estimator(#[from] afgang_models::Error),
    /// A logarithm of what has none.
    #[error("log({column}): column `{column}` is {value} in row {row}")]
    Logarithm {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// Polynomials or splines of a column that takes too few values.
    #[error("`{term}` has more columns than its column has different values")]
    TooFewValues {
        /// The term.
        term: String,
    },
}

impl RegressionError {
    /// What to do about it, where it is a matter of the covariates.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Logarithm { .. } => Some(
                "logarithms are of numbers above 0; correct the row or leave it out".to_owned(),
            ),
            Self::TooFewValues { .. } => {
                Some("lower the degree, or write the column as C(…)".to_owned())
            }
            Self::Data(_) | Self::Estimator(_) => None,
        }
    }
}

impl From<EstimationError> for RegressionError {
    fn from(error: EstimationError) -> Self {
        match error {
            EstimationError::Data(error) => Self::Data(error),
            EstimationError::Estimator(error) => Self::Estimator(error),
        }
    }
}

/// Fits the regression.
///
/// # Errors
///
/// [`RegressionError`] with column and row, or with the term at fault.
pub fn fit(request: &Request) -> Result<Fitted, RegressionError> {
    let mut columns = request.columns.clone();
    columns.by = design::columns(&request.terms, &request.strata, request.offset.as_ref());
    let rows = Rows::read(&columns, true)?;
    if rows.shown.is_empty() {
        return Err(DataError::NoEvents { column: columns.event.clone() }.into());
    }
    rows.refuse_missing(&columns)?;
    let every: Vec<usize> = (0..rows.len()).collect();
    let spells = rows.spells(&every)?;
    let offset = request.offset.as_ref();
    let design = design::design(&rows, &columns.by, &request.terms, &request.strata, offset)?;
    let mut spec = Cox::new().ties(request.ties).level(request.level);
    if let Some(robust) = request.robust {
        spec = spec.robust(robust);
    }
    let data = Data { columns: &columns, rows: &rows, spells: &spells, design: &design };
    Ok(cox::fit(request, &data, spec)?)
}

/// What a fit is made of.
struct Data<'a> {
    columns: &'a Columns,
    rows: &'a Rows,
    spells: &'a Spells,
    design: &'a Design,
}
