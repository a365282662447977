//! Arguments of `test`.

use afgang_models::{Contrast, TestWeights, Variance};
use clap::{Args, ValueEnum};

use super::curve_args::Convention;
use super::data_args::{DataArgs, RegisterArgs, level, power, time};
use super::{Task, UsageError};
use crate::curve::StdError;
use crate::group_test::{self, Kind, Trend};
use crate::names::{Names, name, outside, parts};

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The test.
    #[arg(value_enum)]
    test: TestArg,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    register: RegisterArgs,
    /// Columns whose combinations are the groups.
    #[arg(long, value_name = "COL,COL", visible_alias = "by")]
    group: Vec<Names>,
    /// Columns whose combinations are strata: groups are compared within each (rmst, at: as if all had the strata of all together).
    #[arg(long, value_name = "COL,COL")]
    strata: Vec<Names>,
    /// Power of the survival (logrank) or of one minus the incidence (gray) in the weights.
    #[arg(long, value_name = "R", default_value = "0", value_parser = power, allow_negative_numbers = true)]
    rho: f64,
    /// Power of one minus the survival in the weights (logrank).
    #[arg(long, value_name = "G", default_value = "0", value_parser = power, allow_negative_numbers = true)]
    gamma: f64,
    /// Weights by name instead of by powers (logrank).
    #[arg(long, value_enum, conflicts_with_all = ["rho", "gamma"])]
    weights: Option<WeightsArg>,
    /// Conventions of another program, where options do not say otherwise.
    #[arg(long, value_enum, value_name = "PROGRAM", hide_possible_values = true)]
    convention: Option<Convention>,
    /// Times at which survival and incidence are compared (at).
    #[arg(long, value_name = "T,T", value_delimiter = ',', value_parser = time, allow_negative_numbers = true)]
    times: Vec<f64>,
    /// Horizon (rmst).
    #[arg(long, value_name = "T", value_parser = time, allow_negative_numbers = true)]
    tau: Option<f64>,
    /// Confidence level of means and values (rmst, at); 0.95 if absent.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<f64>,
    /// Compare every two groups, with p-values adjusted by Holm and by Benjamini and Hochberg.
    #[arg(long)]
    pairwise: bool,
    /// Test a trend over the groups in their order (logrank, gray).
    #[arg(long, conflicts_with = "pairwise")]
    trend: bool,
    /// Scores of the groups for a trend, low=0,mid=1,high=3, or the groups in another order, low,mid,high.
    #[arg(long, value_name = "GROUP=SCORE,…", conflicts_with = "pairwise")]
    scores: Vec<String>,
    /// How means and values are set against each other (rmst, at); difference if absent.
    #[arg(long, value_enum)]
    contrast: Option<ContrastArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ContrastArg {
    /// One less the other.
    Difference,
    /// One over the other; intervals and tests on the scale of the logarithm.
    Ratio,
    /// Ratio of cumulative hazards (at): the scale of log(-log S), of incidences log(-log(1 - F)).
    LogLog,
}

impl From<ContrastArg> for Contrast {
    fn from(contrast: ContrastArg) -> Self {
        match contrast {
            ContrastArg::Difference => Self::Difference,
            ContrastArg::Ratio => Self::Ratio,
            ContrastArg::LogLog => Self::CumulativeHazardRatio,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestArg {
    /// Equal hazards: log-rank and its weighted families.
    Logrank,
    /// Equal cumulative incidence of each cause, Gray.
    Gray,
    /// Equal restricted means.
    Rmst,
    /// Equal survival and cumulative incidence at given times.
    At,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WeightsArg {
    /// What a program calls so: `--convention` says which.
    Wilcoxon,
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
            TestArg::At => "test at",
        };
        let logrank = self.test == TestArg::Logrank;
        let rmst = self.test == TestArg::Rmst;
        let at = self.test == TestArg::At;
        let gray = self.test == TestArg::Gray;
        let cmprsk = self.convention == Some(Convention::Cmprsk);
        let r_survival = self.convention == Some(Convention::RSurvival);
        for (wrong, flag, instead) in [
            (!logrank && self.gamma > 0.0, "--gamma", "it is of `test logrank`"),
            (!logrank && self.weights.is_some(), "--weights", "it is of `test logrank`"),
            ((rmst || at) && self.rho > 0.0, "--rho", "it is of `test logrank` and `test gray`"),
            ((rmst || at) && self.trend, "--trend", "it is of `test logrank` and `test gray`"),
            (
                (rmst || at) && !self.scores.is_empty(),
                "--scores",
                "trends are of `test logrank` and `test gray`",
            ),
            (
                !(rmst || at) && self.contrast.is_some(),
                "--contrast",
                "it is of `test rmst` and `test at`",
            ),
            (
                rmst && self.contrast == Some(ContrastArg::LogLog),
                "--contrast log-log",
                "means are no probabilities; use `--contrast ratio`, or `test at`",
            ),
            (
                !(rmst || at) && self.level.is_some(),
                "--level",
                "it is of `test rmst` and `test at`",
            ),
            (!rmst && self.tau.is_some(), "--tau", "it is of `test rmst`"),
            (!at && !self.times.is_empty(), "--times", "it is of `test at`"),
            (
                (logrank || rmst) && cmprsk,
                "--convention cmprsk",
                "cmprsk is about `test gray` and `test at`",
            ),
            (
                gray && matches!(self.convention, Some(Convention::RSurvival | Convention::Stata)),
                "--convention r-survival or stata",
                "neither has Gray's test; take cmprsk or sas",
            ),
        ] {
            if wrong {
                return Err(UsageError::DoesNotFit { flag, estimator: name, instead });
            }
        }
        self.register.refuse_persons(&self.data, true)?;
        let (groups, strata) = (Names::all(self.group), Names::all(self.strata));
        if groups.is_empty() {
            return Err(UsageError::NoGroups);
        }
        let g_rho = TestWeights::FlemingHarrington { p: 1.0, q: 0.0 };
        let kind = match (self.test, self.tau) {
            (TestArg::At, _) if self.times.is_empty() => return Err(UsageError::NoTimes),
            (TestArg::At, _) => Kind::Values,
            (TestArg::Gray, _) => Kind::Gray(self.rho),
            (TestArg::Rmst, Some(horizon)) => Kind::RestrictedMean(horizon),
            (TestArg::Rmst, None) => return Err(UsageError::NoHorizon),
            (TestArg::Logrank, _) => Kind::LogRank(match self.weights {
                Some(WeightsArg::Wilcoxon) => match self.convention {
                    None => return Err(UsageError::WhichWilcoxon),
                    Some(Convention::RSurvival) => g_rho,
                    Some(_) => TestWeights::Gehan,
                },
                Some(WeightsArg::Peto) if r_survival => g_rho,
                Some(WeightsArg::Gehan) => TestWeights::Gehan,
                Some(WeightsArg::TaroneWare) => TestWeights::TaroneWare,
                Some(WeightsArg::Peto) => TestWeights::PetoPeto,
                Some(WeightsArg::ModifiedPeto) => TestWeights::ModifiedPetoPeto,
                None if self.rho == 0.0 && self.gamma == 0.0 => TestWeights::LogRank,
                None => TestWeights::FlemingHarrington { p: self.rho, q: self.gamma },
            }),
        };
        let trend = trend(self.trend, &self.scores)?;
        if trend.as_ref().is_some_and(Trend::names_groups) && groups.len() > 1 {
            return Err(UsageError::DoesNotFit {
                flag: "--scores",
                estimator: "several columns of groups",
                instead: "name one column that has the groups",
            });
        }
        let by = [strata.as_slice(), &groups].concat();
        let (mut columns, out, study) = self.register.columns(self.data, by)?;
        columns.merge_near_ties = r_survival;
        let mut times = self.times;
        times.sort_by(f64::total_cmp);
        times.dedup();
        let request = group_test::Request {
            kind,
            columns,
            strata: strata.len(),
            pairwise: self.pairwise,
            trend,
            contrast: self.contrast.map_or_else(Contrast::default, Contrast::from),
            level: self.level.unwrap_or(0.95),
            times,
            std_error: match self.convention {
                Some(Convention::RSurvival) if at => Some(StdError::Jackknife),
                Some(Convention::Cmprsk | Convention::Sas) if at => {
                    Some(StdError::Counts(Variance::Aalen))
                }
                _ => None,
            },
            extend: rmst && r_survival,
            convention: self.convention.map(Convention::name),
        };
        Ok(Task::Test { request, out, study })
    }
}

/// What trend is asked for, with the scores or the order of `--scores`.
fn trend<'a>(in_order: bool, given: &'a [String]) -> Result<Option<Trend>, UsageError> {
    let wrong = |problem| UsageError::Scores { given: given.join(","), problem };
    let of_list = |list: &'a String| parts(list).map_err(|_| wrong("has a backtick too many"));
    let given_parts = given.iter().map(of_list).collect::<Result<Vec<_>, _>>()?.concat();
    // What stands before the last = outside backticks, and what after it.
    let cut = |text: &'a str| {
        let signs = outside(text).unwrap_or_default().into_iter();
        let last = signs.rev().find(|(_, sign)| *sign == '=');
        last.map(|(place, _)| (&text[..place], &text[place + 1..]))
    };
    if given.is_empty() {
        return Ok(in_order.then_some(Trend::InOrder));
    }
    let mut scores: Vec<(String, f64)> = Vec::new();
    let with_numbers = cut(given_parts[0]).is_some();
    for (place, text) in given_parts.into_iter().enumerate() {
        let (group, score) = match cut(text) {
            None if with_numbers => return Err(wrong("has a group without a score")),
            None => (text, place as f64),
            Some(_) if !with_numbers => return Err(wrong("has scores for some groups only")),
            Some((group, score)) => {
                let score = score.trim().parse().ok().filter(|score: &f64| score.is_finite());
                (group, score.ok_or_else(|| wrong("has a score that is no number"))?)
            }
        };
        let group = name(group).ok_or_else(|| wrong("has backticks about a part of a group"))?;
        if group.is_empty() {
            return Err(wrong("has a score without a group"));
        }
        if scores.iter().any(|(known, _)| *known == group) {
            return Err(wrong("names a group twice"));
        }
        scores.push((group, score));
    }
    let first = scores[0].1;
    if scores.len() > 1 && scores.iter().all(|&(_, score)| (score - first).abs() <= 0.0) {
        return Err(wrong("has the same score for all groups"));
    }
    Ok(Some(Trend::Scores(scores)))
}
