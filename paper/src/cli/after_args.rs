//! Arguments of `fit` for what is asked of a fit when it is made.

use std::path::PathBuf;

use afgang_models::Interval;
use clap::{Args, ValueEnum};

use super::UsageError;
use super::data_args::{Out, output, time};
use crate::names::{cut, one, parts};
use crate::regression::{NewRows, Prediction};

#[derive(Debug, Args)]
pub(super) struct AfterArgs {
    /// File of new rows with the columns of the covariates: predict the survival of each or, with several causes, the
    /// cumulative incidence of each cause. Models of one cause after another in discrete time predict survival, `fit logit` the
    /// probability of the outcome.
    #[arg(long, value_name = "FILE", group = "new_rows")]
    predict: Option<PathBuf>,
    /// A new row instead of a file of them; may be given several times.
    #[arg(long, value_name = "COL=VALUE,COL=VALUE", value_parser = profile, group = "new_rows")]
    profile: Vec<NewRow>,
    /// Predict at these times instead of whole curves.
    #[arg(long, value_name = "T,T", value_delimiter = ',', value_parser = time, requires = "new_rows")]
    pub(super) at: Vec<f64>,
    /// Predict hazards (discrete).
    #[arg(long, requires = "new_rows")]
    pub(super) hazards: bool,
    /// File for the predictions: .parquet, .csv or .json. They are printed if absent.
    #[arg(long, value_name = "FILE", requires = "new_rows")]
    predictions: Option<PathBuf>,
    /// Scale of the intervals of predictions and baseline hazards; if absent log, or logit of `fit logit`.
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

/// A new row: the values of its columns.
pub(super) type NewRow = Vec<(String, String)>;

/// Reads `age=50,sex=k`.
pub(super) fn profile(text: &str) -> Result<NewRow, String> {
    let mut row = NewRow::new();
    for part in parts(text)? {
        match cut(part, '=') {
            Some((column, value)) if !column.trim().is_empty() && !value.trim().is_empty() => {
                let column = one(column)?;
                if row.iter().any(|(known, _)| *known == column) {
                    return Err(format!("`{column}` is there twice; a row has one value of it"));
                }
                row.push((column, one(value)?));
            }
            _ => {
                return Err("write columns, = and a value, for example age=50,sex=k".to_owned());
            }
        }
    }
    Ok(row)
}

/// The new rows of a file or of the command line.
pub(super) fn new_rows(file: Option<PathBuf>, given: Vec<NewRow>) -> Option<NewRows> {
    match file {
        Some(file) => Some(NewRows::File(file)),
        None if given.is_empty() => None,
        None => Some(NewRows::Given(given)),
    }
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
    /// With the scale of intervals that the model has unless another is asked for.
    pub(super) fn plan(
        self,
        own: Interval,
    ) -> Result<(Option<Prediction>, Interval, AfterFiles), UsageError> {
        let interval = match self.conf {
            None => own,
            Some(ConfArg::Log) => Interval::Log,
            Some(ConfArg::LogLog) => Interval::LogLog,
            Some(ConfArg::Plain) => Interval::Plain,
            Some(ConfArg::Logit) => Interval::Logit,
            Some(ConfArg::Arcsin) => Interval::Arcsine,
        };
        let (at, hazards) = (self.at, self.hazards);
        let predict =
            new_rows(self.predict, self.profile).map(|new| Prediction { new, at, hazards });
        let files = AfterFiles {
            predictions: output(self.predictions)?,
            baseline: output(self.baseline_hazard)?,
            residuals: output(self.residuals)?,
        };
        Ok((predict, interval, files))
    }
}
