//! `afgang fit`: regressions for exits, from any file of spells.

mod after;
mod basis;
mod clocks;
mod covariate;
mod cox;
mod design;
mod discrete;
mod error;
mod fine_gray;
mod fits;
mod forest;
mod left_out;
mod logistic;
mod register;
mod states;
mod summary;
mod terms;

use std::borrow::Cow;

use afgang_models::{
    CensoringTies, Convention, CoxFit, Design, DiscreteError, FineGrayVariance, Histories,
    Interval, Link, Shape, Spells, Ties, TimeScale,
};

use self::design::Named;
use self::fits::{Fits, Refused};

pub use after::{NewRows, Prediction};
pub use clocks::{clock, duration};
pub(crate) use covariate::{Covariates, NamedColumns, Source};
pub(crate) use design::{design, factor};
pub use error::RegressionError;
pub use forest::Plot;
pub use register::fit_counts;
pub use states::Transitions;
pub use terms::{Atom, Term, TermError, parse};

use self::summary::Summary;
use crate::conventions::number_of;
use crate::figure::Chart;
use crate::multi_state::Episodes;
use crate::rows::near_ties::NearTies;
use crate::rows::register::PERSON;
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
    /// The program whose conventions are asked for, by name.
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
    /// Proportional hazards of each transition between states.
    Transitions(Box<Transitions>),
    /// Hazards in discrete time: of several causes together, or of each, the others censored.
    Discrete(Discrete),
    /// Logistic regression of outcomes without a time.
    Logistic {
        /// Whether Firth's penalty is added,
        firth: bool,
        /// and limits are Wald's there.
        wald: bool,
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
            Model::Cox { .. } | Model::Transitions(_) | Model::Logistic { .. } => Vec::new(),
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
    /// Why there are no baseline hazards, if they were asked for and cannot be told.
    pub no_baseline: Option<afgang_models::Error>,
    /// `row`, the cluster, `cause` (with several causes), `time`, and the residuals by name and column.
    pub residuals: Option<Table>,
    /// Causes, or transitions, that have no model, and why.
    pub refused: Vec<Refusal>,
}

/// A cause, or transition, without a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What it is, with its name.
    pub exit: String,
    /// Why it has none.
    pub error: afgang_models::Error,
}

/// Fits the regression.
///
/// # Errors
///
/// [`RegressionError`] with column and row, or with the term at fault.
pub fn fit(request: &Request) -> Result<Fitted, RegressionError> {
    let columns = columns_of(request);
    let (rows, histories) = match &request.model {
        Model::Transitions(of) => {
            let episodes = Episodes::read(&of.columns, &columns, &of.transitions)?;
            let histories = episodes.histories(None)?;
            (episodes.rows, Some(histories))
        }
        _ => (Rows::read(&columns, true)?, None),
    };
    fit_rows(request, &columns, &rows, histories.as_ref()).map_err(|error| {
        let in_file = |error| in_file(error, &columns, &rows);
        match error {
            RegressionError::Estimator(error) => in_file(error).into(),
            RegressionError::Exit { exit, error } => {
                RegressionError::Exit { exit, error: in_file(error) }
            }
            other => other,
        }
    })
}

/// An error with rows and columns as they are in the file.
fn in_file(error: afgang_models::Error, columns: &Columns, rows: &Rows) -> afgang_models::Error {
    match error.renumbered(|row| rows.row_of_file(row)) {
        afgang_models::Error::Discrete(DiscreteError::NotWhole { column, row, value }) => {
            let of_file = match column.as_str() {
                "exit" => columns.time.clone(),
                "entry" => columns.entry.clone(),
                _ => None,
            };
            DiscreteError::NotWhole { column: of_file.unwrap_or(column), row, value }.into()
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

fn fit_rows(
    request: &Request,
    columns: &Columns,
    rows: &Rows,
    histories: Option<&Histories>,
) -> Result<Fitted, RegressionError> {
    if rows.shown.is_empty() {
        return Err(DataError::NoEvents { column: columns.event.clone() }.into());
    }
    rows.refuse_missing(columns)?;
    let every: Vec<usize> = (0..rows.len()).collect();
    let spells = rows.spells(&every)?;
    let offset = request.offset.as_ref();
    let named = Named { rows, names: &columns.by };
    let (design, covariates) = design(&named, rows.len(), &request.terms, &request.strata, offset)?;
    let exits = match request.model {
        Model::Transitions(_) => Exits::TRANSITIONS,
        _ => Exits { several: rows.causes.len() > 1, ..Exits::CAUSES },
    };
    let (spells, design, covariates) = (&spells, &design, &covariates);
    let near = match request.model {
        Model::Cox { .. } | Model::Transitions(_) | Model::FineGray { .. } => rows.near_ties(),
        Model::Discrete(_) | Model::Logistic { .. } => None,
    };
    let data = Data { columns, rows, spells, design, covariates, histories, exits, near };
    let (fits, refused) = Fits::new(request, &data)?;
    let summaries = summaries(request, &data, &fits)?;
    let refused = data.refusals(refused);
    let lacking = matches!(fits, Fits::Cox(_)) && exits.several;
    let asked = request.predict.as_ref();
    let unpredicted = (asked.is_some() && lacking)
        .then(|| format!("Nothing is predicted, which needs the models of all {}s.", exits.name));
    let asked = asked.filter(|_| !lacking);
    let mut after = after::in_words(request, &data, &fits, asked);
    after.extend(unpredicted);
    let mut fitted = summary::fitted(request, &data, &summaries, refused, after);
    if let Some(asked) = asked {
        fitted.predictions = Some(match (&request.model, &fits) {
            (Model::Transitions(of), Fits::Transitions(fits)) => {
                states::predictions(request, &data, of, fits, asked)?
            }
            _ => after::predictions(request, &data, &fits, asked)?,
        });
    }
    if request.baseline {
        match after::baselines(request, &data, &fits) {
            Ok(table) => fitted.baseline = Some(table),
            Err(error) => fitted.no_baseline = Some(error),
        }
    }
    if request.residuals {
        fitted.residuals = Some(after::residuals(request, &data, &fits)?);
    }
    Ok(fitted)
}

/// What there is to say of each model.
fn summaries(
    request: &Request,
    data: &Data<'_>,
    fits: &Fits,
) -> Result<Vec<(usize, Summary)>, RegressionError> {
    let proportionality = match &request.model {
        Model::Cox { proportionality, .. } => *proportionality,
        Model::Transitions(of) => of.proportionality,
        _ => None,
    };
    Ok(match (&request.model, fits) {
        (Model::Discrete(model), Fits::Discrete(fits)) => discrete::summaries(data, model, fits),
        (_, Fits::FineGray(fits)) => {
            let of = |(cause, fit): &(usize, _)| (*cause, fine_gray::summary(request, data, fit));
            fits.iter().map(of).collect()
        }
        (_, Fits::Logistic(fits)) => {
            fits.iter().map(|(cause, fit)| (*cause, logistic::summary(data, fit))).collect()
        }
        (_, fits) => {
            let of = |(cause, fit): (usize, &CoxFit)| {
                let of_fit = || {
                    let spells = data.spells_of(cause, fit)?;
                    cox::summary(request, data, &spells, fit, proportionality)
                };
                Ok((cause, of_fit().map_err(|error| data.of_cause(cause, error))?))
            };
            let fits = fits.cox(&data.rows.shown).into_iter();
            fits.map(of).collect::<Result<Vec<_>, RegressionError>>()?
        }
    })
}

/// What the models of a request are of.
#[derive(Debug, Clone, Copy)]
struct Exits {
    /// Name of a column.
    name: &'static str,
    title: &'static str,
    /// Whether models are told apart by it.
    several: bool,
}

impl Exits {
    const CAUSES: Self = Self { name: "cause", title: "Cause", several: false };
    const TRANSITIONS: Self = Self { name: "transition", title: "Transition", several: true };
}

/// What a fit is made of.
struct Data<'a> {
    columns: &'a Columns,
    rows: &'a Rows,
    spells: &'a Spells,
    design: &'a Design,
    covariates: &'a Covariates,
    /// The histories of a multi-state model.
    histories: Option<&'a Histories>,
    exits: Exits,
    /// Times that differ by rounding alone, where that matters.
    near: Option<NearTies>,
}

impl Data<'_> {
    /// The rows with the names of their columns.
    fn named(&self) -> Named<'_> {
        Named { rows: self.rows, names: &self.columns.by }
    }

    /// All causes if they are needed `together`, or else those shown.
    fn asked(&self, together: bool) -> Vec<usize> {
        if together { (0..self.rows.causes.len()).collect() } else { self.rows.shown.clone() }
    }

    /// The spells that a Cox model was fitted to.
    fn spells_of(
        &self,
        exit: usize,
        fit: &CoxFit,
    ) -> Result<Cow<'_, Spells>, afgang_models::Error> {
        let Some(histories) = self.histories else { return Ok(Cow::Borrowed(self.spells)) };
        let spells = if fit.robust {
            histories.spells_of_persons(exit)?
        } else {
            histories.spells_of(exit)?
        };
        Ok(Cow::Owned(spells))
    }

    /// How many observations a variance has, in words.
    fn observations(&self, number: usize) -> String {
        let what = match &self.columns.cluster {
            Some(_) if self.histories.is_some() => "person",
            Some(cluster) if cluster == PERSON && self.rows.are_cells => "person",
            Some(_) => "cluster",
            None if self.rows.are_cells => "cell",
            None => "row",
        };
        number_of(number, what)
    }

    fn refusals(&self, refused: Refused) -> Vec<Refusal> {
        let of = |(cause, error): (usize, afgang_models::Error)| Refusal {
            exit: format!("{} {}", self.exits.name, self.rows.causes.show(cause)),
            error: in_file(error, self.columns, self.rows),
        };
        refused.into_iter().map(of).collect()
    }

    /// The error with the name of the cause, where there are several.
    fn of_cause(&self, cause: usize, error: afgang_models::Error) -> RegressionError {
        match error {
            afgang_models::Error::OfCause { cause, error } => self.of_cause(cause, *error),
            error if self.exits.several => RegressionError::Exit {
                exit: format!("{} {}", self.exits.name, self.rows.causes.show(cause)),
                error,
            },
            error => error.into(),
        }
    }
}
