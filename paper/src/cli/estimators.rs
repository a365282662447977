//! Arguments of the commands that estimate from a file: `curve` and `test`.

use std::path::{Path, PathBuf};

use afgang_models::{Interval, QuantileRule, TestWeights, Variance};
use clap::{Args, ValueEnum};

use super::{Task, UsageError};
use crate::curve::{self, Estimator, Plot, Question, StdError};
use crate::group_test::{self, Kind};
use crate::rows::{Columns, WeightKind};
use crate::table::Format;

/// A file and which of its columns are what.
#[derive(Debug, Args)]
struct DataArgs {
    /// A Parquet or CSV file, one row a spell.
    data: PathBuf,
    /// Column of the time of exit or censoring.
    #[arg(long, value_name = "COL")]
    time: String,
    /// Column of the event: 0 censored; 1 an event, with several causes 1, 2, ….
    #[arg(long, value_name = "COL")]
    event: String,
    /// Column of the time of entry, for spells that come under observation late.
    #[arg(long, value_name = "COL")]
    entry: Option<String>,
    /// Column of weights.
    #[arg(long, value_name = "COL")]
    weight: Option<String>,
    /// What weights mean; whole numbers are case weights unless said otherwise.
    #[arg(long, value_enum, value_name = "KIND", requires = "weight")]
    weight_kind: Option<WeightArg>,
    /// File to write: .parquet, .csv or .json. A table is printed if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WeightArg {
    /// Numbers of equal spells.
    Case,
    /// Inverse probabilities of being sampled.
    Sampling,
}

impl DataArgs {
    fn columns(
        self,
        by: Vec<String>,
        cluster: Option<String>,
    ) -> Result<(Columns, Out), UsageError> {
        if let Some(place) = (1..by.len()).find(|&place| by[..place].contains(&by[place])) {
            return Err(UsageError::Twice { column: by[place].clone() });
        }
        let out = output(self.out)?;
        let columns = Columns {
            data: self.data,
            time: self.time,
            event: self.event,
            entry: self.entry,
            weight: self.weight,
            weight_kind: self.weight_kind.map(|kind| match kind {
                WeightArg::Case => WeightKind::Case,
                WeightArg::Sampling => WeightKind::Sampling,
            }),
            cluster,
            by,
        };
        Ok((columns, out))
    }
}

type Out = Option<(PathBuf, Format)>;

/// The file of a table, with its format.
fn output(path: Option<PathBuf>) -> Result<Out, UsageError> {
    let Some(path) = path else { return Ok(None) };
    match Format::of(&path) {
        Some(format) => Ok(Some((path, format))),
        None => Err(UsageError::Ending { path, endings: ".parquet, .csv or .json" }),
    }
}

/// The columns of a file of spells to look at.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Column of the time of exit or censoring, of a file of spells.
    #[arg(long, value_name = "COL", requires = "event")]
    time: Option<String>,
    /// Column of the event: 0 censored, 1, 2, … causes.
    #[arg(long, value_name = "COL", requires = "time")]
    event: Option<String>,
    /// Column of the time of entry.
    #[arg(long, value_name = "COL", requires = "time")]
    entry: Option<String>,
    /// Column of weights.
    #[arg(long, value_name = "COL", requires = "time")]
    weight: Option<String>,
    /// Column of clusters, such as persons.
    #[arg(long, value_name = "COL", requires = "time")]
    cluster: Option<String>,
    /// Columns whose combinations are groups.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',', requires = "time")]
    by: Vec<String>,
    /// File for the findings: .parquet, .csv or .json.
    #[arg(long, value_name = "FILE", requires = "time")]
    out: Option<PathBuf>,
}

impl DoctorArgs {
    /// `None` for a register.
    pub(super) fn plan(self, data: &Path) -> Result<Option<Task>, UsageError> {
        let (Some(time), Some(event)) = (self.time, self.event) else { return Ok(None) };
        let columns = Columns {
            data: data.to_owned(),
            time,
            event,
            entry: self.entry,
            weight: self.weight,
            weight_kind: None,
            cluster: self.cluster,
            by: self.by,
        };
        Ok(Some(Task::Doctor { columns, out: output(self.out)? }))
    }
}

#[derive(Debug, Args)]
pub(super) struct CurveArgs {
    /// What to estimate.
    #[arg(value_enum)]
    estimator: EstimatorArg,
    #[command(flatten)]
    data: DataArgs,
    /// Columns whose combinations each get a curve.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    by: Vec<String>,
    /// Further by-columns: each stratum gets a curve.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    strata: Vec<String>,
    /// Column of clusters, such as persons with several spells: standard errors count clusters.
    #[arg(long, value_name = "COL")]
    cluster: Option<String>,
    /// Scale of the pointwise intervals.
    #[arg(long, value_enum, default_value = "log")]
    conf: Conf,
    /// Confidence level.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = level)]
    level: f64,
    /// Kind of standard error: greenwood for km and cif, aalen for na if absent; ij with sampling weights or clusters.
    #[arg(long, value_enum)]
    se: Option<Se>,
    /// Read the curves at these times instead of at every time of the data.
    #[arg(long, value_name = "T,T", value_delimiter = ',', value_parser = time)]
    at: Vec<f64>,
    /// Mean time until exit up to a horizon, and for `cif` the time lost to each cause.
    #[arg(long, value_name = "TAU", value_parser = time)]
    rmst: Option<f64>,
    /// Times by which these parts have left, such as 0.5 for the median.
    #[arg(long, value_name = "P,P", value_delimiter = ',', value_parser = level)]
    quantile: Vec<f64>,
    /// Which time a quantile is where the curve is flat.
    #[arg(long, value_enum, default_value = "midpoint", requires = "quantile")]
    quantile_rule: RuleArg,
    /// Draw the curves with their bands and numbers at risk: .svg or .png.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Title of the figure.
    #[arg(long, requires = "plot")]
    title: Option<String>,
    /// Label of the figure's time axis; the name of the time column if absent.
    #[arg(long, value_name = "LABEL", requires = "plot")]
    time_label: Option<String>,
    /// Language of the figure.
    #[arg(long, value_name = "LANG", value_enum, default_value = "da", requires = "plot")]
    lang: super::LangArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EstimatorArg {
    /// Survival function, Kaplan–Meier.
    Km,
    /// Cumulative hazard, Nelson–Aalen.
    Na,
    /// Cumulative incidence of each cause, Aalen–Johansen.
    Cif,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Conf {
    Log,
    LogLog,
    Plain,
    Logit,
    #[value(alias = "arcsine")]
    Arcsin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Se {
    /// Greenwood (km, na) or its multivariate form (cif).
    Greenwood,
    /// The delta method of Dinse and Larson (cif), the same number as greenwood.
    Delta,
    /// Aalen's counting-process variance (na, cif), that of Gray's cmprsk.
    Aalen,
    /// Infinitesimal jackknife (km, cif).
    Ij,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RuleArg {
    /// The middle of the flat stretch, as R.
    Midpoint,
    /// Its first time.
    First,
}

impl CurveArgs {
    pub(super) fn plan(self) -> Result<Task, UsageError> {
        let misfit = |flag, estimator, instead| UsageError::DoesNotFit { flag, estimator, instead };
        match (self.estimator, self.se) {
            (EstimatorArg::Km, Some(Se::Aalen)) => {
                let instead = "use `--se greenwood`, or `curve na`";
                return Err(misfit("--se aalen", "curve km", instead));
            }
            (EstimatorArg::Na, Some(Se::Ij)) => {
                let instead = "use `--se aalen` or `--se greenwood`, or `curve km`";
                return Err(misfit("--se ij", "curve na", instead));
            }
            _ => {}
        }
        if self.estimator == EstimatorArg::Na {
            let instead = "use `curve km` or `curve cif`";
            for (asked, flag) in [
                (self.rmst.is_some(), "--rmst"),
                (!self.quantile.is_empty(), "--quantile"),
                (self.cluster.is_some(), "--cluster"),
            ] {
                if asked {
                    return Err(misfit(flag, "curve na", instead));
                }
            }
        }
        if self.rmst.is_some() && (self.cluster.is_some() || self.se.is_some()) {
            let instead =
                "leave out `--cluster` and `--se`: means have standard errors of Greenwood type";
            return Err(misfit("--rmst", "--cluster or --se", instead));
        }
        let asked: Vec<&'static str> = [
            (!self.at.is_empty(), "--at"),
            (self.rmst.is_some(), "--rmst"),
            (!self.quantile.is_empty(), "--quantile"),
        ]
        .into_iter()
        .filter_map(|(asked, flag)| asked.then_some(flag))
        .collect();
        if let [one, two, ..] = asked[..] {
            return Err(UsageError::Both { one, two });
        }
        let question = match self.rmst {
            Some(horizon) => Question::RestrictedMean(horizon),
            None if !self.quantile.is_empty() => {
                let rule = match self.quantile_rule {
                    RuleArg::Midpoint => QuantileRule::Midpoint,
                    RuleArg::First => QuantileRule::First,
                };
                Question::Quantiles(self.quantile, rule)
            }
            None if !self.at.is_empty() => Question::At(self.at),
            None => Question::Curves,
        };
        let plot = match self.plot {
            Some(file)
                if !["svg", "png"]
                    .iter()
                    .any(|end| file.extension().is_some_and(|e| e == *end)) =>
            {
                return Err(UsageError::Ending { path: file, endings: ".svg or .png" });
            }
            Some(_) if asked.contains(&"--rmst") => {
                return Err(misfit("--plot", "--rmst", "draw the curves without it"));
            }
            Some(file) => Some(Plot {
                file,
                lang: self.lang.into(),
                title: self.title.unwrap_or_default(),
                time_label: self.time_label,
            }),
            None => None,
        };
        let (columns, out) = self.data.columns([self.by, self.strata].concat(), self.cluster)?;
        let request = curve::Request {
            estimator: match self.estimator {
                EstimatorArg::Km => Estimator::KaplanMeier,
                EstimatorArg::Na => Estimator::NelsonAalen,
                EstimatorArg::Cif => Estimator::CumulativeIncidence,
            },
            columns,
            interval: match self.conf {
                Conf::Log => Interval::Log,
                Conf::LogLog => Interval::LogLog,
                Conf::Plain => Interval::Plain,
                Conf::Logit => Interval::Logit,
                Conf::Arcsin => Interval::Arcsine,
            },
            level: self.level,
            std_error: self.se.map(|se| match se {
                Se::Aalen => StdError::Counts(Variance::Aalen),
                Se::Greenwood | Se::Delta => StdError::Counts(Variance::Greenwood),
                Se::Ij => StdError::Jackknife,
            }),
            question,
            plot,
        };
        Ok(Task::Curve { request, out })
    }
}

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The test.
    #[arg(value_enum)]
    test: TestArg,
    #[command(flatten)]
    data: DataArgs,
    /// Columns whose combinations are the groups.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',', visible_alias = "by")]
    group: Vec<String>,
    /// Columns whose combinations are strata: groups are compared within each.
    #[arg(long, value_name = "COL,COL", value_delimiter = ',')]
    strata: Vec<String>,
    /// Power of the survival (logrank) or of one minus the incidence (gray) in the weights.
    #[arg(long, value_name = "R", default_value = "0", value_parser = power)]
    rho: f64,
    /// Power of one minus the survival in the weights (logrank).
    #[arg(long, value_name = "G", default_value = "0", value_parser = power)]
    gamma: f64,
    /// Weights by name instead of by powers (logrank).
    #[arg(long, value_enum, conflicts_with_all = ["rho", "gamma"])]
    weights: Option<WeightsArg>,
    /// Horizon (rmst).
    #[arg(long, value_name = "T", value_parser = time)]
    tau: Option<f64>,
    /// Compare every two groups, with p-values adjusted by Holm and by Benjamini and Hochberg.
    #[arg(long)]
    pairwise: bool,
    /// Test a trend over the groups in their order.
    #[arg(long, conflicts_with = "pairwise")]
    trend: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestArg {
    /// Equal hazards: log-rank and its weighted families.
    Logrank,
    /// Equal cumulative incidence of each cause, Gray.
    Gray,
    /// Equal restricted means.
    Rmst,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WeightsArg {
    Gehan,
    TaroneWare,
    Peto,
    ModifiedPeto,
}

impl TestArgs {
    pub(super) fn plan(self) -> Result<Task, UsageError> {
        let name = match self.test {
            TestArg::Logrank => "test logrank",
            TestArg::Gray => "test gray",
            TestArg::Rmst => "test rmst",
        };
        let logrank = self.test == TestArg::Logrank;
        let rmst = self.test == TestArg::Rmst;
        for (wrong, flag, instead) in [
            (!logrank && self.gamma > 0.0, "--gamma", "it is of `test logrank`"),
            (!logrank && self.weights.is_some(), "--weights", "it is of `test logrank`"),
            (rmst && self.rho > 0.0, "--rho", "it is of `test logrank` and `test gray`"),
            (rmst && self.trend, "--trend", "it is of `test logrank` and `test gray`"),
            (rmst && !self.strata.is_empty(), "--strata", "test the strata one by one"),
            (!rmst && self.tau.is_some(), "--tau", "it is of `test rmst`"),
        ] {
            if wrong {
                return Err(UsageError::DoesNotFit { flag, estimator: name, instead });
            }
        }
        if self.group.is_empty() {
            return Err(UsageError::NoGroups);
        }
        let kind = match (self.test, self.tau) {
            (TestArg::Gray, _) => Kind::Gray(self.rho),
            (TestArg::Rmst, Some(horizon)) => Kind::RestrictedMean(horizon),
            (TestArg::Rmst, None) => return Err(UsageError::NoHorizon),
            (TestArg::Logrank, _) => Kind::LogRank(match self.weights {
                Some(WeightsArg::Gehan) => TestWeights::Gehan,
                Some(WeightsArg::TaroneWare) => TestWeights::TaroneWare,
                Some(WeightsArg::Peto) => TestWeights::PetoPeto,
                Some(WeightsArg::ModifiedPeto) => TestWeights::ModifiedPetoPeto,
                None if self.rho == 0.0 && self.gamma == 0.0 => TestWeights::LogRank,
                None => TestWeights::FlemingHarrington { p: self.rho, q: self.gamma },
            }),
        };
        let strata = self.strata.len();
        let (columns, out) = self.data.columns([self.strata, self.group].concat(), None)?;
        let (pairwise, trend) = (self.pairwise, self.trend);
        Ok(Task::Test {
            request: group_test::Request { kind, columns, strata, pairwise, trend },
            out,
        })
    }
}

fn level(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(level) if level > 0.0 && level < 1.0 => Ok(level),
        _ => Err("it lies between 0 and 1, for example 0.95".to_owned()),
    }
}

fn time(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(time) if time.is_finite() => Ok(time),
        _ => Err("times are numbers, for example 12,24,36".to_owned()),
    }
}

fn power(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(power) if power.is_finite() && power >= 0.0 => Ok(power),
        _ => Err("a power is a number of at least 0, for example 1".to_owned()),
    }
}
