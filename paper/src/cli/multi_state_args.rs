//! Arguments of `fit multistate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::curve_args::Conf;
use super::data_args::{level, output, picture, time};
use super::{LangArg, Task, UsageError};
use crate::curve::{Panels, Plot};
use crate::multi_state::{Request, StdError};
use crate::rows::WeightKind;

#[derive(Debug, Args)]
pub(super) struct MultiStateArgs {
    /// A Parquet or CSV file, one row a stay of a person in a state.
    data: PathBuf,
    /// Column of persons.
    #[arg(long, value_name = "COL", default_value = "id")]
    id: String,
    /// Column of the state.
    #[arg(long, value_name = "COL", default_value = "from")]
    from: String,
    /// Column of the state moved to; empty is censored.
    #[arg(long, value_name = "COL", default_value = "to")]
    to: String,
    /// Values of that column that mean censored.
    #[arg(long, value_name = "VALUE,VALUE", value_delimiter = ',', default_value = "cens")]
    censored: Vec<String>,
    /// Column of the time at which the stay ends.
    #[arg(long, value_name = "COL", default_value = "time")]
    time: String,
    /// Column of the time at which it begins; if absent, the end of the person's last stay, of the first 0.
    #[arg(long, value_name = "COL")]
    entry: Option<String>,
    /// Column of weights, the same in all rows of a person.
    #[arg(long, value_name = "COL")]
    weight: Option<String>,
    /// What weights mean; case weights if absent.
    #[arg(long, value_enum, value_name = "KIND", requires = "weight")]
    weight_kind: Option<Kind>,
    /// The time from which probabilities are.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = time)]
    since: f64,
    /// The state that all start in; if absent, they start as those at risk are spread.
    #[arg(long, value_name = "STATE")]
    start: Option<String>,
    /// Only these times, and the transition probabilities at them; if absent, all, and the last.
    #[arg(long, value_name = "TIME,TIME", value_delimiter = ',', value_parser = time)]
    at: Vec<f64>,
    /// Expected times in the states up to these times.
    #[arg(long, value_name = "TIME,TIME", value_delimiter = ',', value_parser = time)]
    horizon: Vec<f64>,
    /// Kind of standard error of states and times.
    #[arg(long, value_enum, default_value = "persons")]
    se: Se,
    /// Kind of interval.
    #[arg(long, value_enum, default_value = "log")]
    conf: Conf,
    /// Confidence level.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = level)]
    level: f64,
    /// Draw stacked areas: a file that ends in .svg, .png or .pdf.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Title of the figure.
    #[arg(long, requires = "plot")]
    title: Option<String>,
    /// Label of the time axis.
    #[arg(long, value_name = "LABEL", requires = "plot")]
    time_label: Option<String>,
    /// Language of the figure.
    #[arg(long, value_name = "LANG", value_enum, default_value = "en")]
    lang: LangArg,
    /// File to write: .parquet, .csv or .json. Tables are printed if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Numbers of equal persons.
    Case,
    /// Inverse probabilities of being sampled.
    Sampling,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Se {
    /// By influence: persons are independent, the process need not be Markov.
    Persons,
    /// Multinomial moves of a Markov process, as R's etm.
    Greenwood,
    /// Counting processes of a Markov process that do not jump together.
    Aalen,
}

impl MultiStateArgs {
    pub(super) fn plan(self) -> Result<Task, UsageError> {
        let plot = match self.plot {
            None => None,
            Some(file) => Some(Plot {
                file: picture(file)?,
                lang: self.lang.into(),
                title: self.title.unwrap_or_default(),
                time_label: self.time_label,
                censor_marks: false,
                panels: Panels::default(),
            }),
        };
        let se = match self.se {
            Se::Persons => StdError::Persons,
            Se::Greenwood => StdError::Greenwood,
            Se::Aalen => StdError::Aalen,
        };
        if matches!(self.weight_kind, Some(Kind::Sampling)) && se != StdError::Persons {
            return Err(UsageError::DoesNotFit {
                flag: "--se",
                estimator: "--weight-kind sampling",
                instead: "sampling weights need `--se persons`",
            });
        }
        let request = Request {
            data: self.data,
            id: self.id,
            from: self.from,
            to: self.to,
            censored: self.censored,
            time: self.time,
            entry: self.entry,
            weight: self.weight,
            weight_kind: self.weight_kind.map(|kind| match kind {
                Kind::Case => WeightKind::Case,
                Kind::Sampling => WeightKind::Sampling,
            }),
            since: self.since,
            start: self.start,
            at: self.at,
            horizons: self.horizon,
            std_error: se,
            interval: self.conf.interval(),
            level: self.level,
            plot,
        };
        Ok(Task::MultiState { request, out: output(self.out)? })
    }
}
