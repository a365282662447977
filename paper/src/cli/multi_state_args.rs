//! Arguments of `fit multistate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::after_args::{AfterFiles, NewRow, new_rows, profile};
use super::curve_args::Conf;
use super::data_args::{filter, level, output, picture, time};
use super::fit_args::{ScaleArg, TiesArg, forest_plot};
use super::{LangArg, Task, UsageError};
use crate::curve::{Panels, Plot};
use crate::multi_state::{Request, StateColumns, StdError};
use crate::names::{Names, one};
use crate::regression::{self, Model, Prediction, Transitions};
use crate::rows::WeightKind;

#[derive(Debug, Args)]
pub(super) struct MultiStateArgs {
    /// A Parquet or CSV file, one row a stay of a person in a state.
    data: PathBuf,
    /// Column of persons.
    #[arg(long, value_name = "COL", value_parser = one, default_value = "id")]
    id: String,
    /// Column of the state.
    #[arg(long, value_name = "COL", value_parser = one, default_value = "from")]
    from: String,
    /// Column of the state moved to; empty is censored.
    #[arg(long, value_name = "COL", value_parser = one, default_value = "to")]
    to: String,
    /// Values of that column that mean censored.
    #[arg(long, value_name = "VALUE,VALUE", default_value = "cens")]
    censored: Vec<Names>,
    /// Column of the time at which the stay ends.
    #[arg(long, value_name = "COL", value_parser = one, default_value = "time")]
    time: String,
    /// Column of the time at which it begins; if absent, the end of the person's last stay, of the first 0.
    #[arg(long, value_name = "COL", value_parser = one)]
    entry: Option<String>,
    /// Column of weights, the same in all rows of a person.
    #[arg(long, value_name = "COL", value_parser = one)]
    weight: Option<String>,
    /// What weights mean; whole numbers are case weights unless said otherwise.
    #[arg(long, value_enum, value_name = "KIND", requires = "weight")]
    weight_kind: Option<Kind>,
    /// Count only rows with one of these values in a column; may be given several times.
    #[arg(long, value_name = "COL=VALUE,VALUE", value_parser = filter)]
    only: Vec<(String, Vec<String>)>,
    /// Leave out rows without a value in a column of groups or covariates.
    #[arg(long)]
    drop_missing: bool,
    /// Columns whose combinations are groups with estimates of their own.
    #[arg(long, value_name = "COL,COL", conflicts_with = "x")]
    by: Vec<Names>,
    /// Fit a Cox model to each transition, with these covariates: columns, C(col), C(col, ref=LEVEL), log(col), poly(col, d),
    /// bs(col, df), ns(col, df), a:b and a*b between commas. States are then predicted for new rows.
    #[arg(long, value_name = "TERMS")]
    x: Option<String>,
    /// Fit only these transitions; may be given several times.
    #[arg(long, value_name = "FROM->TO", requires = "x", conflicts_with = "new_states")]
    transition: Vec<Names>,
    /// Columns whose combinations have baseline hazards of their own.
    #[arg(long, value_name = "COL,COL", requires = "x")]
    strata: Vec<Names>,
    /// How tied moves share their risk set; efron if absent.
    #[arg(long, value_enum, requires = "x")]
    ties: Option<TiesArg>,
    /// Standard errors of coefficients by influence of persons.
    #[arg(long, requires = "x")]
    robust: bool,
    /// Test proportional hazards on a scale of time.
    #[arg(long, value_enum, value_name = "SCALE", num_args = 0..=1, default_missing_value = "km", requires = "x")]
    zph: Option<ScaleArg>,
    /// File of new rows with the columns of the covariates: predict the states, transition probabilities and times in states of
    /// each.
    #[arg(long, value_name = "FILE", requires = "x", group = "new_states")]
    predict: Option<PathBuf>,
    /// A new row instead of a file of them; may be given several times.
    #[arg(long, value_name = "COL=VALUE,COL=VALUE", value_parser = profile, requires = "x", group = "new_states")]
    profile: Vec<NewRow>,
    /// File for the predictions: .parquet, .csv or .json. They are printed if absent.
    #[arg(long, value_name = "FILE", requires = "new_states")]
    predictions: Option<PathBuf>,
    /// File for the cumulative baseline hazards, of a profile of zeros in each stratum.
    #[arg(long, value_name = "FILE", requires = "x")]
    baseline_hazard: Option<PathBuf>,
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
    /// Kind of standard error of states and times; persons if absent.
    #[arg(long, value_enum, conflicts_with = "x")]
    se: Option<Se>,
    /// Kind of interval.
    #[arg(long, value_enum, default_value = "log")]
    conf: Conf,
    /// Confidence level.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = level)]
    level: f64,
    /// Draw stacked areas, or with covariates a forest plot: a file that ends in .svg, .png or .pdf.
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
    pub(super) fn plan(mut self) -> Result<Task, UsageError> {
        if self.by.iter().any(|names| names.0.iter().any(String::is_empty)) {
            return Err(UsageError::NoName);
        }
        match self.x.take() {
            Some(x) => self.regression(&x),
            None => self.states(),
        }
    }

    /// Takes the columns.
    fn columns(&mut self) -> StateColumns {
        StateColumns {
            data: std::mem::take(&mut self.data),
            id: std::mem::take(&mut self.id),
            from: std::mem::take(&mut self.from),
            to: std::mem::take(&mut self.to),
            censored: Names::all(std::mem::take(&mut self.censored)),
            time: std::mem::take(&mut self.time),
            entry: self.entry.take(),
            weight: self.weight.take(),
            weight_kind: self.weight_kind.map(|kind| match kind {
                Kind::Case => WeightKind::Case,
                Kind::Sampling => WeightKind::Sampling,
            }),
            only: std::mem::take(&mut self.only),
            drop_missing: self.drop_missing,
        }
    }

    fn states(mut self) -> Result<Task, UsageError> {
        if self.plot.is_some() && !self.by.is_empty() {
            return Err(UsageError::DoesNotFit {
                flag: "--plot",
                estimator: "--by",
                instead: "areas are of one group; choose it with `--only`",
            });
        }
        let columns = self.columns();
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
        let std_error = match self.se {
            None | Some(Se::Persons) => StdError::Persons,
            Some(Se::Greenwood) => StdError::Greenwood,
            Some(Se::Aalen) => StdError::Aalen,
        };
        if matches!(self.weight_kind, Some(Kind::Sampling)) && std_error != StdError::Persons {
            return Err(UsageError::DoesNotFit {
                flag: "--se",
                estimator: "--weight-kind sampling",
                instead: "sampling weights need `--se persons`",
            });
        }
        let request = Request {
            columns,
            by: Names::all(self.by),
            since: self.since,
            start: self.start,
            at: self.at,
            horizons: self.horizon,
            std_error,
            interval: self.conf.interval(),
            level: self.level,
            plot,
        };
        Ok(Task::MultiState { request, out: output(self.out)? })
    }

    fn regression(mut self, x: &str) -> Result<Task, UsageError> {
        let predict = new_rows(self.predict.take(), std::mem::take(&mut self.profile));
        for (asked, flag) in [
            (self.since > 0.0, "--since"),
            (self.start.is_some(), "--start"),
            (!self.at.is_empty(), "--at"),
            (!self.horizon.is_empty(), "--horizon"),
        ] {
            if asked && predict.is_none() {
                return Err(UsageError::DoesNotFit {
                    flag,
                    estimator: "--x",
                    instead: "states are predicted for new rows: add `--predict FILE` or `--profile age=50,sex=k`",
                });
            }
        }
        let columns = self.columns();
        let sampled = matches!(self.weight_kind, Some(Kind::Sampling));
        let plot = forest_plot(self.plot, self.lang, self.title)?;
        let after = AfterFiles {
            predictions: output(self.predictions)?,
            baseline: output(self.baseline_hazard)?,
            residuals: None,
        };
        let request = regression::Request {
            columns: columns.of_spells(Vec::new(), self.robust || sampled),
            terms: regression::parse(x).map_err(UsageError::Terms)?,
            strata: Names::all(self.strata),
            offset: None,
            level: self.level,
            convention: None,
            plot,
            predict: predict.map(|new| Prediction { new, at: self.at, hazards: false }),
            interval: self.conf.interval(),
            baseline: after.baseline.is_some(),
            residuals: false,
            model: Model::Transitions(Box::new(Transitions {
                columns,
                ties: self.ties.map_or(afgang_models::Ties::Efron, TiesArg::ties),
                robust: self.robust.then_some(true),
                proportionality: self.zph.map(ScaleArg::scale),
                transitions: Names::all(self.transition),
                since: self.since,
                start: self.start,
                horizons: self.horizon,
            })),
        };
        Ok(Task::Fit { request, out: output(self.out)?, after, study: None })
    }
}
