//! `afgang fit panel`: linear regressions on units seen at several times, from any file with one row a unit and time.

mod answer;
mod column;
mod error;
mod estimate;
mod further;
mod gaps;
mod read;
mod streamed;
mod words;

use std::path::PathBuf;

use afgang_models::{HcType, PanelConvention, VarianceComponents};

pub use error::PanelFitError;
pub use read::{Comparison, Condition};

use crate::regression::Term;
use crate::regression_table::{RegressionTable, Style};
use crate::table::Table;

/// What to fit to which columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// A Parquet or CSV file, one row a unit and time.
    pub data: PathBuf,
    /// Columns of the outcomes, a model for each.
    pub outcomes: Vec<String>,
    /// The regressors.
    pub terms: Vec<Term>,
    /// Endogenous regressors and their instruments.
    pub instruments: Option<(Vec<Term>, Vec<Term>)>,
    /// Column with a coefficient of 1, of Poisson regression.
    pub offset: Option<String>,
    /// Column of the units.
    pub unit: String,
    /// Column of the times, whole numbers; without it rows of a unit are numbered as they stand.
    pub time: Option<String>,
    /// Estimators, a model for each.
    pub estimators: Vec<Estimator>,
    /// Whose degrees of freedom and multipliers are used.
    pub convention: PanelConvention,
    /// Kind of standard errors.
    pub variance: Variance,
    /// Column of weights.
    pub weight: Option<String>,
    /// Rows that count: those with one of the values in each column,
    pub only: Vec<(String, Vec<String>)>,
    /// and those that fulfil all of these.
    pub conditions: Vec<Condition>,
    /// Columns whose combinations have models of their own.
    pub by: Vec<String>,
    /// Whether to leave out rows without a value in a column of the model.
    pub drop_missing: bool,
    /// Whether to drop rows alone in a level of an effect; as the convention if absent.
    pub drop_singletons: Option<bool>,
    /// Confidence level.
    pub level: f64,
    /// Tests of the specification.
    pub tests: Vec<Test>,
    /// Whether variance inflation is wanted.
    pub inflation: bool,
    /// Whether the effects themselves are.
    pub effects: bool,
    /// How the table of models is written.
    pub style: Style,
    /// Whether rows are read in one pass.
    pub streaming: Streaming,
}

/// Whether a file is read in one pass, with memory for units and not for rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Streaming {
    /// A Parquet file of a million rows or more, where one pass gives all that is asked for.
    #[default]
    Auto,
    /// One pass, or a refusal.
    Always,
    /// All rows in memory.
    Never,
}

/// An estimator of a panel regression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Estimator {
    /// Fixed effects, by the names of columns.
    Within(Vec<String>),
    /// All rows alike.
    Pooled,
    /// Means of units.
    Between,
    /// Differences between successive rows of a unit.
    FirstDifference,
    /// Random effects of units.
    Random(VarianceComponents),
    /// Poisson regression with fixed effects, by the names of columns.
    Poisson(Vec<String>),
}

impl Estimator {
    /// The name as the option writes it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Within(_) => "within",
            Self::Pooled => "pooled",
            Self::Between => "between",
            Self::FirstDifference => "first-difference",
            Self::Random(_) => "random",
            Self::Poisson(_) => "poisson",
        }
    }

    /// Columns of the fixed effects.
    fn effects(&self) -> &[String] {
        match self {
            Self::Within(effects) | Self::Poisson(effects) => effects,
            _ => &[],
        }
    }
}

/// A kind of standard errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variance {
    /// Independent rows of one variance.
    Conventional,
    /// Independent rows.
    Heteroskedastic(HcType),
    /// Clusters by the names of columns.
    Clustered(Vec<String>),
    /// All units dependent up to a lag; the convention's if absent.
    DriscollKraay(Option<usize>),
    /// Rows of a unit dependent up to a lag; the fourth root of the number of times if absent.
    NeweyWest(Option<usize>),
    /// Clusters, with p-values by the wild bootstrap.
    Wild {
        /// Column of the clusters.
        cluster: String,
        /// Number of draws.
        draws: usize,
        /// Seed of the draws.
        seed: u64,
    },
}

impl Variance {
    /// Columns of clusters.
    fn clusters(&self) -> &[String] {
        match self {
            Self::Clustered(columns) => columns,
            Self::Wild { cluster, .. } => std::slice::from_ref(cluster),
            _ => &[],
        }
    }
}

/// A test of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// That all fixed effects are alike.
    Effects,
    /// Random against fixed effects.
    Hausman,
    /// The same as a regression with the means of units.
    HausmanRegression,
    /// That units have no effects.
    BreuschPagan,
    /// That errors of a unit are uncorrelated.
    Wooldridge,
    /// That errors of different units are uncorrelated.
    Pesaran,
}

/// Fits as tables, with what a reader must know about them.
#[derive(Debug)]
pub struct Fitted {
    /// The columns that tell models apart, `term, column, estimate, std_error, statistic, p_value, conf_low, conf_high`; the constant
    /// is the last row of a model.
    pub table: Table,
    /// The columns that tell models apart, `name, value`: what the fits counted and how well they fit.
    pub statistics: Table,
    /// The models side by side.
    pub printed: RegressionTable,
    /// How many models there are.
    pub models: usize,
    /// Conventions and remarks, one sentence a line.
    pub foot: Vec<String>,
    /// The columns that tell models apart, `column, vif, vif_within`.
    pub inflation: Option<Table>,
    /// The columns that tell models apart, `effect, level, estimate, rows`.
    pub effects: Option<Table>,
    /// Why some of several models are not there.
    pub refused: Vec<PanelFitError>,
}

impl Request {
    /// Endogenous regressors, the others, and instruments.
    fn all_terms(&self) -> Vec<&Term> {
        let (endogenous, instruments) = match &self.instruments {
            Some((endogenous, instruments)) => (endogenous.as_slice(), instruments.as_slice()),
            None => (&[][..], &[][..]),
        };
        endogenous.iter().chain(&self.terms).chain(instruments).collect()
    }
}

/// Fits the regressions. Where some of several models cannot be made, the others are there.
///
/// # Errors
///
/// [`PanelFitError`] with column and row, or with the first model at fault, if there is none.
pub fn fit(request: &Request) -> Result<Fitted, PanelFitError> {
    let terms = request.all_terms();
    let used = |outcome: &&String| {
        terms.iter().flat_map(|term| &term.0).any(|atom| atom.column() == outcome.as_str())
    };
    if let Some(outcome) = request.outcomes.iter().find(used) {
        return Err(PanelFitError::OutcomeAmongRegressors { column: outcome.clone() });
    }
    if let Some(models) = streamed::models(request)? {
        return Ok(answer::fitted(request, &models, Vec::new(), true));
    }
    let file = read::File::read(request)?;
    let (mut models, mut refused) = (Vec::new(), Vec::new());
    for (by, rows) in file.groups(request)? {
        for outcome in &request.outcomes {
            let of_model = |error: PanelFitError, estimator: Option<&Estimator>| {
                error.of_model(answer::model_name(request, &by, outcome, estimator))
            };
            match of_outcome(request, &file, &by, &rows, outcome) {
                Err(error) => refused.push(of_model(error, None)),
                Ok(found) => {
                    for (model, estimator) in found.into_iter().zip(&request.estimators) {
                        match model {
                            Ok(model) => models.push(model),
                            Err(error) => refused.push(of_model(error, Some(estimator))),
                        }
                    }
                }
            }
        }
    }
    match (models.is_empty(), refused.is_empty()) {
        (true, false) => Err(refused.swap_remove(0)),
        _ => Ok(answer::fitted(request, &models, refused, false)),
    }
}

/// The model of each estimator, of some rows and one outcome.
fn of_outcome(
    request: &Request,
    file: &read::File,
    by: &[String],
    rows: &column::Picked,
    outcome: &str,
) -> Result<Vec<Result<answer::Model, PanelFitError>>, PanelFitError> {
    let sample = file.sample(request, outcome, rows)?;
    if sample.len() == 0 {
        return Err(read::no_complete_row(request, outcome));
    }
    let data = estimate::Data::new(request, &sample, outcome)?;
    let model = |estimator: &Estimator| {
        let estimated = estimate::estimate(request, &data, estimator)?;
        Ok(answer::Model {
            by: by.to_vec(),
            outcome: outcome.to_owned(),
            estimator: estimator.clone(),
            categories: estimate::categories(&data.covariates),
            terms: data.terms(&estimated.coefficients),
            words: words::of_model(request, &data.rows(), estimator, &estimated),
            estimated,
        })
    };
    Ok(request.estimators.iter().map(model).collect())
}

/// How variances of random effects are estimated where nothing is asked for: as the program of the convention does.
pub const fn default_components(convention: PanelConvention) -> VarianceComponents {
    match convention {
        PanelConvention::StataXtreg
        | PanelConvention::StataAreg
        | PanelConvention::Reghdfe
        | PanelConvention::Linearmodels => VarianceComponents::StataHarmonic,
        _ => VarianceComponents::SwamyArora,
    }
}
