//! `afgang fit`: regressions for exits, from any file of spells.

mod after;
mod basis;
mod clocks;
mod covariate;
mod cox;
mod design;
mod discrete;
mod fine_gray;
mod forest;
mod logistic;
mod register;
mod summary;
mod terms;

use std::path::PathBuf;

use afgang_models::{
    CensoringTies, Convention, CoxFit, CoxFits, Design, FineGrayFit, FineGrayVariance, Interval,
    Link, Shape, Spells, Ties, TimeScale,
};

use self::design::Named;

pub use after::Prediction;
pub use clocks::{clock, duration};
pub(crate) use covariate::{Covariates, NamedColumns, Source};
pub(crate) use design::{design, factor};
pub use forest::Plot;
pub use register::fit_counts;
pub use terms::{Atom, Term, TermError, parse};

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
    /// The program whose conventions are asked for, by name (Cox).
    pub convention: Option<&'static str>,
    /// The model.
    pub model: Model,
    /// A forest plot.
    pub plot: Option<Plot>,
    /// Curves to predict.
    pub predict: Option<Prediction>,
    /// Scale of the intervals of curves.
    pub interval: Interval,
    /// Whether baseline hazards are wanted,
    pub baseline: bool,
    /// and residuals.
    pub residuals: bool,
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
    fn censoring_groups(&self) -> &[String] {
        match &self.model {
            Model::FineGray { censoring_groups, .. } => censoring_groups,
            _ => &[],
        }
    }

    /// Columns that the model has beside covariates, strata and offset.
    fn columns_of_model(&self) -> Vec<String> {
        match &self.model {
            Model::Cox { .. } | Model::Logistic { .. } => Vec::new(),
            Model::FineGray { .. } => self.censoring_groups().to_vec(),
            Model::Discrete(_) => self.columns_of_clocks(),
        }
    }

    /// Columns of the starts of further clocks.
    fn columns_of_clocks(&self) -> Vec<String> {
        match &self.model {
            Model::Discrete(of) => of.clocks.iter().map(|(column, _)| column.clone()).collect(),
            _ => Vec::new(),
        }
    }
}

/// A fit as tables, with what a reader must know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// `cause` (with several causes), `term, column, estimate, std_error, statistic, p_value, conf_low, conf_high,
    /// hazard_ratio, ratio_low, ratio_high` (`odds_ratio` of a logit). Its notes are the conventions.
    pub table: Table,
    /// `cause` (with several causes), `name, value`: what the fit counted and how well it fits.
    pub statistics: Table,
    /// Conventions and remarks, one sentence a line.
    pub foot: Vec<String>,
    /// The forest plot, if one is asked for.
    pub chart: Option<Chart>,
    /// `profile`, the columns of the new rows, `cause` (with several causes), `time, estimate, std_error, conf_low, conf_high`.
    pub predictions: Option<Table>,
    /// `cause` (with several causes), `stratum` (if there are any), `time, n_risk, n_event, n_censor, cumulative_hazard,
    /// std_error, conf_low, conf_high`.
    pub baseline: Option<Table>,
    /// `row`, the cluster, `cause` (with several causes), `time`, and the residuals by name and column.
    pub residuals: Option<Table>,
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
    /// The model of one of several causes is refused.
    #[error("cause {cause}: {error}")]
    Cause {
        /// The cause.
        cause: String,
        /// What is wrong with it.
        error: afgang_models::Error,
    },
    /// A level that the data of the fit do not have.
    #[error("column `{column}` is `{value}` in row {row}, which is no level of the fit")]
    UnknownLevel {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        value: String,
        /// The levels of the fit.
        levels: Vec<String>,
    },
    /// A stratum that the data of the fit do not have.
    #[error("stratum {stratum} in row {row} is not among those of the fit")]
    UnknownStratum {
        /// The stratum.
        stratum: String,
        /// Row of the file.
        row: usize,
    },
    /// A number that splines say nothing about.
    #[error(
        "`{term}`: the value {value} in row {row} lies outside of {low} to {high}, from which the splines were made"
    )]
    OutsideSplines {
        /// The term.
        term: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        value: f64,
        /// The smallest value of the fit.
        low: f64,
        /// The largest.
        high: f64,
    },
    /// A row that nothing can be predicted for.
    #[error("row {row}: {error}")]
    Profile {
        /// Row of the file.
        row: usize,
        /// What is wrong.
        error: Box<afgang_models::Error>,
    },
    /// New rows that cannot be used.
    #[error("{}: {error}", path.display())]
    Profiles {
        /// Their file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<RegressionError>,
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
            Self::UnknownLevel { levels, .. } => Some(format!("its levels: {}", levels.join(", "))),
            Self::UnknownStratum { .. } => {
                Some("a stratum without data has no baseline; leave the row out".to_owned())
            }
            Self::OutsideSplines { .. } => Some(
                "write ns(…), which goes on in straight lines, or leave the row out".to_owned(),
            ),
            Self::Profiles { error, .. } => match error.as_ref() {
                Self::Data(error) => Some(error.help()),
                error => error.help(),
            },
            Self::Data(_)
            | Self::Estimator(_)
            | Self::Cause { .. }
            | Self::Profile { .. }
            | Self::Figure(_) => None,
        }
    }
}

/// Fits the regression.
///
/// # Errors
///
/// [`RegressionError`] with column and row, or with the term at fault.
pub fn fit(request: &Request) -> Result<Fitted, RegressionError> {
    let columns = columns_of(request);
    let rows = Rows::read(&columns, true)?;
    fit_rows(request, &columns, &rows).map_err(|error| {
        let in_file = |error| in_file(error, &columns, &rows);
        match error {
            RegressionError::Estimator(error) => in_file(error).into(),
            RegressionError::Cause { cause, error } => {
                RegressionError::Cause { cause, error: in_file(error) }
            }
            other => other,
        }
    })
}

/// An error with rows and columns as they are in the file.
fn in_file(error: afgang_models::Error, columns: &Columns, rows: &Rows) -> afgang_models::Error {
    match error.renumbered(|row| rows.row_of_file(row)) {
        afgang_models::Error::NotWhole { column, row, value } => {
            let of_file = match column.as_str() {
                "exit" => columns.time.clone(),
                "entry" => columns.entry.clone(),
                _ => None,
            };
            afgang_models::Error::NotWhole { column: of_file.unwrap_or(column), row, value }
        }
        other => other,
    }
}

/// The columns of the spells and those of the covariates.
pub(crate) fn columns_of(request: &Request) -> Columns {
    let mut columns = request.columns.clone();
    columns.by = design::columns(
        &request.terms,
        &[request.strata.clone(), request.columns_of_model()].concat(),
        request.offset.as_ref(),
    );
    columns
}

fn fit_rows(request: &Request, columns: &Columns, rows: &Rows) -> Result<Fitted, RegressionError> {
    if rows.shown.is_empty() {
        return Err(DataError::NoEvents { column: columns.event.clone() }.into());
    }
    rows.refuse_missing(columns)?;
    let every: Vec<usize> = (0..rows.len()).collect();
    let spells = rows.spells(&every)?;
    let offset = request.offset.as_ref();
    let named = Named { rows, names: &columns.by };
    let (design, covariates) = design(&named, rows.len(), &request.terms, &request.strata, offset)?;
    let data = Data { columns, rows, spells: &spells, design: &design, covariates: &covariates };
    let fits = Fits::new(request, &data)?;
    let summaries = match &request.model {
        Model::Cox { proportionality, .. } => {
            let summary = |(cause, fit)| {
                let summary = cox::summary(request, &data, fit, *proportionality);
                Ok((cause, summary.map_err(|error| data.of_cause(cause, error))?))
            };
            let summaries = fits.cox(&rows.shown).into_iter().map(summary);
            summaries.collect::<Result<Vec<_>, RegressionError>>()?
        }
        Model::FineGray { .. } => {
            let groups = request.censoring_groups();
            let summary =
                |(cause, fit): &(usize, _)| (*cause, fine_gray::summary(&data, fit, groups));
            fits.fine_gray().iter().map(summary).collect()
        }
        Model::Discrete(model) => match &fits {
            Fits::Discrete(fits) => discrete::summaries(&data, model, fits),
            _ => Vec::new(),
        },
        Model::Logistic { firth, robust } => {
            let summary = |&cause: &usize| {
                let summary = logistic::fit(request, &data, cause, *firth, *robust);
                Ok((cause, summary.map_err(|error| data.of_cause(cause, error))?))
            };
            rows.shown.iter().map(summary).collect::<Result<Vec<_>, RegressionError>>()?
        }
    };
    let mut fitted = summary::fitted(request, &data, &summaries);
    if let Some(asked) = &request.predict {
        fitted.predictions = Some(after::predictions(request, &data, &fits, asked)?);
    }
    if request.baseline {
        fitted.baseline = Some(after::baselines(request, &data, &fits)?);
    }
    if request.residuals {
        fitted.residuals = Some(after::residuals(request, &data, &fits)?);
    }
    Ok(fitted)
}

/// What a fit is made of.
struct Data<'a> {
    columns: &'a Columns,
    rows: &'a Rows,
    spells: &'a Spells,
    design: &'a Design,
    covariates: &'a Covariates,
}

impl Data<'_> {
    /// The error with the name of the cause, where there are several.
    fn of_cause(&self, cause: usize, error: afgang_models::Error) -> RegressionError {
        match error {
            afgang_models::Error::OfCause { cause, error } => self.of_cause(cause, *error),
            error if self.rows.causes.len() > 1 => {
                RegressionError::Cause { cause: self.rows.causes.show(cause), error }
            }
            error => error.into(),
        }
    }
}

/// Models by cause.
enum Fits {
    /// Of the causes shown.
    Cox(Vec<(usize, CoxFit)>),
    /// Of several causes, all of them: together they predict.
    AllCox(CoxFits),
    FineGray(Vec<(usize, FineGrayFit)>),
    Discrete(discrete::Fits),
    /// Nothing is asked of the other models after the fit.
    Other,
}

impl Fits {
    fn new(request: &Request, data: &Data<'_>) -> Result<Self, RegressionError> {
        let Data { spells, design, rows, .. } = data;
        let each = rows.shown.iter().copied();
        Ok(match &request.model {
            Model::Cox { ties, robust, .. } => {
                let spec = cox::spec(request, *ties, *robust);
                if request.predict.is_some() && rows.causes.len() > 1 {
                    let fits = spec.fit_causes(spells, design);
                    return Ok(Self::AllCox(fits.map_err(|error| data.of_cause(0, error))?));
                }
                let fit = |cause| {
                    let fit = spec.cause(cause).fit(spells, design);
                    Ok((cause, fit.map_err(|error| data.of_cause(cause, error))?))
                };
                Self::Cox(each.map(fit).collect::<Result<_, RegressionError>>()?)
            }
            Model::FineGray { convention, censoring_ties, variance, censoring_groups } => {
                let how = (*convention, *censoring_ties, *variance);
                let fit = |cause| {
                    let fit = fine_gray::fit(request, data, cause, how, censoring_groups);
                    Ok((cause, fit.map_err(|error| data.of_cause(cause, error))?))
                };
                Self::FineGray(each.map(fit).collect::<Result<_, RegressionError>>()?)
            }
            Model::Discrete(model) => Self::Discrete(discrete::fit(request, data, model)?),
            Model::Logistic { .. } => Self::Other,
        })
    }

    /// Cox models of some causes.
    fn cox(&self, shown: &[usize]) -> Vec<(usize, &CoxFit)> {
        match self {
            Self::Cox(fits) => fits.iter().map(|(cause, fit)| (*cause, fit)).collect(),
            Self::AllCox(fits) => shown.iter().map(|&cause| (cause, &fits.causes[cause])).collect(),
            Self::FineGray(_) | Self::Discrete(_) | Self::Other => Vec::new(),
        }
    }

    fn fine_gray(&self) -> &[(usize, FineGrayFit)] {
        match self {
            Self::FineGray(fits) => fits,
            Self::Cox(_) | Self::AllCox(_) | Self::Discrete(_) | Self::Other => &[],
        }
    }
}
