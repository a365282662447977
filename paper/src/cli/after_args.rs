//! Arguments of `fit` for what is asked of a fit when it is made.

use std::path::PathBuf;

use afgang_models::Interval;
use clap::{Args, ValueEnum};

use super::UsageError;
use super::data_args::{Out, output, time};
use crate::regression::Prediction;

#[derive(Debug, Args)]
pub(super) struct AfterArgs {
    /// File of new rows with the columns of the covariates: predict the survival of each or, with several causes, the
    /// cumulative incidence of each cause. Models of one cause after another in discrete time predict survival.
    #[arg(long, value_name = "FILE")]
    pub(super) predict: Option<PathBuf>,
    /// Predict at these times instead of whole curves.
    #[arg(long, value_name = "T,T", value_delimiter = ',', value_parser = time, requires = "predict")]
    at: Vec<f64>,
    /// Predict hazards (discrete).
    #[arg(long, requires = "predict")]
    pub(super) hazards: bool,
    /// File for the predictions: .parquet, .csv or .json. They are printed if absent.
    #[arg(long, value_name = "FILE", requires = "predict")]
    predictions: Option<PathBuf>,
    /// Scale of the intervals of predictions and baseline hazards; log if absent.
    #[arg(long, value_enum)]
    conf: Option<ConfArg>,
    /// File for the cumulative baseline hazards, of a profile of zeros in each stratum.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline_hazard: Option<PathBuf>,
    /// File for residuals by row: martingale, deviance, score, Schoenfeld and dfbeta (cox), dfbeta (finegray).
    #[arg(long, value_name = "FILE")]
    pub(super) residuals: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ConfArg {
    Log,
    LogLog,
    Plain,
    Logit,
    Arcsin,
}

/// Files of a fit beside its table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AfterFiles {
    /// Of the predictions.
    pub predictions: Out,
    /// Of the baseline hazards.
    pub baseline: Out,
    /// Of the residuals.
    pub residuals: Out,
}

impl AfterArgs {
    pub(super) fn plan(self) -> Result<(Option<Prediction>, Interval, AfterFiles), UsageError> {
        let interval = match self.conf {
            None | Some(ConfArg::Log) => Interval::Log,
            Some(ConfArg::LogLog) => Interval::LogLog,
            Some(ConfArg::Plain) => Interval::Plain,
            Some(ConfArg::Logit) => Interval::Logit,
            Some(ConfArg::Arcsin) => Interval::Arcsine,
        };
        let predict = self.predict.map(|profiles| Prediction {
            profiles,
            at: self.at,
            hazards: self.hazards,
        });
        let files = AfterFiles {
            predictions: output(self.predictions)?,
            baseline: output(self.baseline_hazard)?,
            residuals: output(self.residuals)?,
        };
        Ok((predict, interval, files))
    }
}
