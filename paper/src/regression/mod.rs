//! `afgang fit`: regressions for exits, from any file of spells.

mod basis;
mod clocks;
mod cox;
mod design;
mod discrete;
mod fine_gray;
mod forest;
mod logistic;
mod summary;
mod terms;

use afgang_models::{
    CensoringTies, Convention, Design, FineGrayVariance, Link, Shape, Spells, Ties, TimeScale,
};

pub use clocks::{clock, duration};
pub use forest::Plot;
pub use terms::{Atom, Term, TermError, parse};

use summary::Summary;

use crate::figure::Chart;
use crate::rows::{Columns, DataError, Rows};
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
    /// Confidence level.
    pub level: f64,
    /// The model.
    pub model: Model,
    /// A forest plot.
    pub plot: Option<Plot>,
}

/// A model with what is its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// Proportional hazards; of several causes each, the others censored.
    Cox {
        /// How tied events share their risk set.
        ties: Ties,
        /// Whether standard errors are by influence; as the data ask for if absent.
        robust: Option<bool>,
        /// Test of proportional hazards, on a scale of time.
        proportionality: Option<TimeScale>,
    },
    /// Proportional subdistribution hazards of each cause.
    FineGray {
        /// How influences are defined.
        convention: Convention,
        /// Whether who has an event is at risk of being censored at that time.
        censoring_ties: CensoringTies,
        /// Kind of standard error.
        variance: FineGrayVariance,
        /// Columns whose combinations have a distribution of censoring of their own.
        censoring_groups: Vec<String>,
    },
    /// Hazards in discrete time: of several causes together, or of each, the others censored.
    Discrete(Discrete),
    /// Logistic regression of outcomes without a time.
    Logistic {
        /// Whether Firth's penalty is added.
        firth: bool,
        /// Whether standard errors are by influence; as the data ask for if absent.
        robust: Option<bool>,
    },
}

/// A model of hazards in discrete time.
#[derive(Debug, Clone, PartialEq)]
pub struct Discrete {
    /// The link.
    pub link: Link,
    /// The function of the duration.
    pub baseline: Shape,
    /// Columns of the starts of further clocks, and their functions.
    pub clocks: Vec<(String, Shape)>,
    /// The first time at risk.
    pub first_time: i64,
    /// Whether each cause has a model by itself.
    pub separate: bool,
    /// Whether standard errors are by influence; as the data ask for if absent.
    pub robust: Option<bool>,
}

impl Request {
    /// Columns that the model has beside covariates, strata and offset.
    fn columns_of_model(&self) -> Vec<String> {
        match &self.model {
            Model::Cox { .. } | Model::Logistic { .. } => Vec::new(),
            Model::FineGray { censoring_groups, .. } => censoring_groups.clone(),
            Model::Discrete(of) => of.clocks.iter().map(|(column, _)| column.clone()).collect(),
        }
    }
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
    /// The forest plot, if one is asked for.
    pub chart: Option<Chart>,
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
    /// The figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] crate::figure::PictureError),
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
            Self::Data(_) | Self::Estimator(_) | Self::Figure(_) => None,
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
    columns.by = design::columns(
        &request.terms,
        &[request.strata.clone(), request.columns_of_model()].concat(),
        request.offset.as_ref(),
    );
    let rows = Rows::read(&columns, true)?;
    if rows.shown.is_empty() {
        return Err(DataError::NoEvents { column: columns.event.clone() }.into());
    }
    rows.refuse_missing(&columns)?;
    let every: Vec<usize> = (0..rows.len()).collect();
    let spells = rows.spells(&every)?;
    let offset = request.offset.as_ref();
    let design = design::design(&rows, &columns.by, &request.terms, &request.strata, offset)?;
    let data = Data { columns: &columns, rows: &rows, spells: &spells, design: &design };
    let each = |of: &dyn Fn(usize) -> Result<Summary, afgang_models::Error>| {
        let summary = |&cause: &usize| Ok((cause, of(cause)?));
        rows.shown.iter().map(summary).collect::<Result<Vec<_>, RegressionError>>()
    };
    let summaries = match &request.model {
        Model::Cox { ties, robust, proportionality } => {
            each(&|cause| cox::fit(request, &data, cause, *ties, *robust, *proportionality))?
        }
        Model::FineGray { convention, censoring_ties, variance, censoring_groups } => {
            let how = (*convention, *censoring_ties, *variance);
            each(&|cause| fine_gray::fit(request, &data, cause, how, censoring_groups))?
        }
        Model::Discrete(model) => discrete::fit(request, &data, model)?,
        Model::Logistic { firth, robust } => {
            each(&|cause| logistic::fit(request, &data, cause, *firth, *robust))?
        }
    };
    Ok(summary::fitted(request, &data, &summaries))
}

/// What a fit is made of.
struct Data<'a> {
    columns: &'a Columns,
    rows: &'a Rows,
    spells: &'a Spells,
    design: &'a Design,
}
