//! Arguments of `fit`.

use afgang_models::{CensoringTies, Convention, FineGrayVariance, Ties, TimeScale};
use clap::{Args, ValueEnum};

use super::after_args::AfterArgs;
use super::data_args::{DataArgs, level};
use super::{Task, UsageError};
use crate::regression::{self, Model};

#[derive(Debug, Args)]
pub(super) struct FitArgs {
    /// The model.
    #[arg(value_enum)]
    model: ModelArg,
    #[command(flatten)]
    data: DataArgs,
    /// Covariates: columns, C(col), C(col, ref=LEVEL), log(col), poly(col, d), bs(col, df), ns(col, df), a:b and a*b
    /// between commas.
    #[arg(long, value_name = "TERMS")]
    x: String,
    /// Columns whose combinations have baseline hazards of their own.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    strata: Vec<String>,
    /// Column with a coefficient of 1.
    #[arg(long, value_name = "COL")]
    offset: Option<String>,
    /// How tied events share their risk set (cox); efron if absent.
    #[arg(long, value_enum)]
    ties: Option<TiesArg>,
    /// Standard errors by influence, also without clusters and sampling weights (cox).
    #[arg(long)]
    robust: bool,
    /// Confidence level.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = level)]
    level: f64,
    /// Columns whose combinations have a distribution of censoring of their own (finegray).
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    censoring_group: Vec<String>,
    /// How the influence of the censoring weights is taken (finegray); derivative if absent.
    #[arg(long, value_enum)]
    convention: Option<ConventionArg>,
    /// Kind of standard error (finegray); estimated-weights if absent.
    #[arg(long, value_enum)]
    se: Option<SeArg>,
    /// Test proportional hazards on a scale of time (cox).
    #[arg(long, value_enum, value_name = "SCALE", num_args = 0..=1, default_missing_value = "km")]
    zph: Option<ScaleArg>,
    #[command(flatten)]
    after: AfterArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModelArg {
    /// Proportional hazards, Cox; with several causes a model for each.
    Cox,
    /// Proportional subdistribution hazards, Fine–Gray; with several causes a model for each.
    Finegray,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ConventionArg {
    /// The derivative of the estimate by the weights of rows.
    Derivative,
    /// As Fine and Gray (1999) print it.
    FineGray,
    /// As R's cmprsk computes it, with its defects.
    Cmprsk,
    /// Weights as those of R's finegray: events leave the risk set of censoring.
    RSurvival,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SeArg {
    /// By influence, with the estimation of the censoring weights.
    EstimatedWeights,
    /// By influence, as if the censoring weights were known.
    KnownWeights,
    /// Inverse information.
    Information,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TiesArg {
    Efron,
    Breslow,
    Exact,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScaleArg {
    /// One less the survival just before the time.
    Km,
    Rank,
    Identity,
    Log,
}

impl FitArgs {
    pub(super) fn plan(self) -> Result<Task, UsageError> {
        let cox = matches!(self.model, ModelArg::Cox);
        let name = if cox { "fit cox" } else { "fit finegray" };
        for (wrong, flag, instead) in [
            (!cox && self.ties.is_some(), "--ties", "it is of `fit cox`; here ties are Breslow's"),
            (!cox && self.robust, "--robust", "it is of `fit cox`; here is `--se`"),
            (!cox && self.zph.is_some(), "--zph", "it is of `fit cox`"),
            (
                cox && !self.censoring_group.is_empty(),
                "--censoring-group",
                "it is of `fit finegray`",
            ),
            (cox && self.convention.is_some(), "--convention", "it is of `fit finegray`"),
            (cox && self.se.is_some(), "--se", "it is of `fit finegray`; here is `--robust`"),
        ] {
            if wrong {
                return Err(UsageError::DoesNotFit { flag, estimator: name, instead });
            }
        }
        let model = if cox {
            Model::Cox {
                ties: match self.ties {
                    None | Some(TiesArg::Efron) => Ties::Efron,
                    Some(TiesArg::Breslow) => Ties::Breslow,
                    Some(TiesArg::Exact) => Ties::Exact,
                },
                robust: self.robust.then_some(true),
                proportionality: self.zph.map(|scale| match scale {
                    ScaleArg::Km => TimeScale::KaplanMeier,
                    ScaleArg::Rank => TimeScale::Rank,
                    ScaleArg::Identity => TimeScale::Identity,
                    ScaleArg::Log => TimeScale::Log,
                }),
            }
        } else {
            let (convention, censoring_ties) = match self.convention {
                None | Some(ConventionArg::Derivative) => {
                    (Convention::Derivative, CensoringTies::AllAtRisk)
                }
                Some(ConventionArg::FineGray) => (Convention::FineGray, CensoringTies::AllAtRisk),
                Some(ConventionArg::Cmprsk) => (Convention::Cmprsk, CensoringTies::AllAtRisk),
                Some(ConventionArg::RSurvival) => {
                    (Convention::Derivative, CensoringTies::AfterEvents)
                }
            };
            Model::FineGray {
                convention,
                censoring_ties,
                variance: match (self.se, self.convention) {
                    (None, Some(ConventionArg::RSurvival)) | (Some(SeArg::KnownWeights), _) => {
                        FineGrayVariance::KnownWeights
                    }
                    (None | Some(SeArg::EstimatedWeights), _) => FineGrayVariance::EstimatedWeights,
                    (Some(SeArg::Information), _) => FineGrayVariance::Information,
                },
                censoring_groups: self.censoring_group,
            }
        };
        let terms = regression::parse(&self.x).map_err(UsageError::Terms)?;
        let (columns, out) = self.data.columns(Vec::new())?;
        let (predict, interval, after) = self.after.plan()?;
        let request = regression::Request {
            columns,
            terms,
            strata: self.strata,
            offset: self.offset,
            level: self.level,
            model,
            predict,
            interval,
            baseline: after.baseline.is_some(),
            residuals: after.residuals.is_some(),
        };
        Ok(Task::Fit { request, out, after })
    }
}
