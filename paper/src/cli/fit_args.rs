//! Arguments of `fit`.

use afgang_models::{Ties, TimeScale};
use clap::{Args, ValueEnum};

use super::data_args::{DataArgs, level};
use super::{Task, UsageError};
use crate::regression;

#[derive(Debug, Args)]
pub(super) struct FitArgs {
    /// The model.
    #[arg(value_enum)]
    model: ModelArg,
    #[command(flatten)]
    data: DataArgs,
    /// Covariates: columns, C(col), C(col, ref=LEVEL), log(col), poly(col, d), bs(col, df), a:b and a*b between commas.
    #[arg(long, value_name = "TERMS")]
    x: String,
    /// Columns whose combinations have baseline hazards of their own.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    strata: Vec<String>,
    /// Column with a coefficient of 1.
    #[arg(long, value_name = "COL")]
    offset: Option<String>,
    /// How tied events share their risk set.
    #[arg(long, value_enum, default_value = "efron")]
    ties: TiesArg,
    /// Standard errors by influence, also without clusters and sampling weights.
    #[arg(long)]
    robust: bool,
    /// Confidence level.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = level)]
    level: f64,
    /// Test proportional hazards on a scale of time.
    #[arg(long, value_enum, value_name = "SCALE", num_args = 0..=1, default_missing_value = "km")]
    zph: Option<ScaleArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModelArg {
    /// Proportional hazards, Cox; with several causes a model for each.
    Cox,
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
        let ModelArg::Cox = self.model;
        let terms = regression::parse(&self.x).map_err(UsageError::Terms)?;
        let (columns, out) = self.data.columns(Vec::new())?;
        let request = regression::Request {
            columns,
            terms,
            strata: self.strata,
            offset: self.offset,
            ties: match self.ties {
                TiesArg::Efron => Ties::Efron,
                TiesArg::Breslow => Ties::Breslow,
                TiesArg::Exact => Ties::Exact,
            },
            robust: self.robust.then_some(true),
            level: self.level,
            proportionality: self.zph.map(|scale| match scale {
                ScaleArg::Km => TimeScale::KaplanMeier,
                ScaleArg::Rank => TimeScale::Rank,
                ScaleArg::Identity => TimeScale::Identity,
                ScaleArg::Log => TimeScale::Log,
            }),
        };
        Ok(Task::Fit { request, out })
    }
}
