//! Arguments of `curve`.

use std::path::PathBuf;

use afgang_models::{HazardTies, Interval, QuantileRule, Variance};
use clap::{Args, ValueEnum};

use super::data_args::{DataArgs, RegisterArgs, WeightArg, level, picture, range, time};
use super::{Task, UsageError};
use crate::curve::{self, BandKind, BandRequest, Estimator, Panels, Plot, Question, StdError};
use crate::names::Names;

#[derive(Debug, Args)]
pub(super) struct CurveArgs {
    /// What to estimate.
    #[arg(value_enum)]
    estimator: EstimatorArg,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    register: RegisterArgs,
    /// Columns whose combinations each get a curve.
    #[arg(long, value_name = "COL,COL")]
    by: Vec<Names>,
    /// Further by-columns: each stratum gets a curve.
    #[arg(long, value_name = "COL,COL")]
    strata: Vec<Names>,
    /// Conventions of another program, where options do not say otherwise.
    #[arg(long, value_enum, value_name = "PROGRAM")]
    convention: Option<Convention>,
    /// Scale of the intervals and bands; log if absent.
    #[arg(long, value_enum)]
    conf: Option<Conf>,
    /// Confidence level.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = level)]
    level: f64,
    /// Kind of standard error: greenwood for km and cif, aalen for na and fh if absent; ij with sampling weights or
    /// clusters.
    #[arg(long, value_enum)]
    se: Option<Se>,
    /// Read the curves at these times instead of at every time of the data.
    #[arg(long, value_name = "T,T", value_delimiter = ',', value_parser = time, allow_negative_numbers = true)]
    at: Vec<f64>,
    /// Mean time until exit up to a horizon, and for `cif` the time lost to each cause.
    #[arg(long, value_name = "TAU", value_parser = time, allow_negative_numbers = true)]
    rmst: Option<f64>,
    /// Times by which these parts have left, such as 0.5 for the median.
    #[arg(long, value_name = "P,P", value_delimiter = ',', value_parser = level)]
    quantile: Vec<f64>,
    /// Which time a quantile is where the curve is flat; midpoint if absent.
    #[arg(long, value_enum, requires = "quantile")]
    quantile_rule: Option<RuleArg>,
    /// What tied events add to a hazard (na, fh).
    #[arg(long, value_enum, default_value = "together")]
    ties: TiesArg,
    /// Curves of those who are still in after this time.
    #[arg(long, value_name = "T", value_parser = time, allow_negative_numbers = true)]
    given: Option<f64>,
    /// Add a band that holds the whole curve: hw or ep (km), influence (km, cif).
    #[arg(long, value_enum)]
    band: Option<BandArg>,
    /// Times between which the band is to hold; all events if absent.
    #[arg(long, value_name = "FROM,TO", requires = "band", value_parser = range)]
    band_range: Option<(f64, f64)>,
    /// Seed of the simulated band.
    #[arg(long, value_name = "N", requires = "band", default_value = "1")]
    seed: u64,
    /// Draw the curves with their bands and numbers at risk: .svg, .png or .pdf.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// What a panel of the figure holds: a cause with a line a group, or a group with a line a cause.
    #[arg(long, value_enum, requires = "plot", default_value = "cause")]
    panels: PanelsArg,
    /// Mark censorings on the curves of the figure.
    #[arg(long, requires = "plot")]
    censor_marks: bool,
    /// Title of the figure.
    #[arg(long, requires = "plot")]
    title: Option<String>,
    /// Label of the figure's time axis; the name of the time column if absent.
    #[arg(long, value_name = "LABEL", requires = "plot")]
    time_label: Option<String>,
    /// Language of the figure.
    #[arg(long, value_name = "LANG", value_enum, default_value = "da")]
    lang: super::LangArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EstimatorArg {
    /// Survival function, Kaplan–Meier.
    Km,
    /// Cumulative hazard, Nelson–Aalen.
    Na,
    /// Survival function by way of the cumulative hazard, Fleming–Harrington.
    Fh,
    /// Cumulative incidence of each cause, Aalen–Johansen.
    Cif,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Conf {
    Log,
    LogLog,
    Plain,
    Logit,
    #[value(alias = "arcsine")]
    Arcsin,
}

impl Conf {
    pub(super) fn interval(self) -> Interval {
        match self {
            Self::Log => Interval::Log,
            Self::LogLog => Interval::LogLog,
            Self::Plain => Interval::Plain,
            Self::Logit => Interval::Logit,
            Self::Arcsin => Interval::Arcsine,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Se {
    /// Greenwood (km, na) or its multivariate form (cif).
    Greenwood,
    /// The delta method of Dinse and Larson (cif), the same number as greenwood.
    Delta,
    /// Aalen's counting-process variance (na, fh, cif), that of Gray's cmprsk.
    #[value(alias = "gray")]
    Aalen,
    /// Infinitesimal jackknife.
    Ij,
}

/// Programs whose conventions can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Convention {
    /// R's survfit: log intervals, for cif the infinitesimal jackknife, quantiles in the middle of flat stretches.
    RSurvival,
    /// R's cuminc: Aalen's variance (cif); it prints no intervals, log-log ones are those of tidycmprsk.
    Cmprsk,
    /// LIFETEST: log-log intervals, ERROR=AALEN for cif, quantiles in the middle of flat stretches.
    Sas,
    /// sts and stcompet: log-log intervals, delta method for cif, quantiles at the first time.
    Stata,
}

impl Convention {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RSurvival => "r-survival",
            Self::Cmprsk => "cmprsk",
            Self::Sas => "sas",
            Self::Stata => "stata",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TiesArg {
    /// d/Y.
    Together,
    /// 1/Y + 1/(Y - 1) + ….
    OneByOne,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BandArg {
    /// Hall and Wellner.
    Hw,
    /// Equal precision (Nair).
    Ep,
    /// Equal precision, simulated from influences.
    Influence,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PanelsArg {
    /// A cause.
    Cause,
    /// A combination of the by-columns.
    Group,
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
        let (km, na, fh, cif) = (
            self.estimator == EstimatorArg::Km,
            self.estimator == EstimatorArg::Na,
            self.estimator == EstimatorArg::Fh,
            self.estimator == EstimatorArg::Cif,
        );
        let name = match self.estimator {
            EstimatorArg::Km => "curve km",
            EstimatorArg::Na => "curve na",
            EstimatorArg::Fh => "curve fh",
            EstimatorArg::Cif => "curve cif",
        };
        let by_counts = !matches!(self.band, None | Some(BandArg::Influence));
        let one_by_one = self.ties == TiesArg::OneByOne;
        let robust = self.data.cluster.is_some() || self.se == Some(Se::Ij);
        for (wrong, flag, instead) in [
            (km && self.se == Some(Se::Aalen), "--se aalen", "use `--se greenwood`, or `curve na`"),
            (
                !cif && self.se == Some(Se::Delta),
                "--se delta",
                "it is of `curve cif`; use `--se greenwood`",
            ),
            ((na || fh) && self.rmst.is_some(), "--rmst", "use `curve km` or `curve cif`"),
            (na && !self.quantile.is_empty(), "--quantile", "use `curve km` or `curve cif`"),
            ((km || cif) && one_by_one, "--ties", "it is of `curve na` and `curve fh`"),
            (
                one_by_one && matches!(self.data.weight_kind, Some(WeightArg::Sampling)),
                "--ties one-by-one with sampling weights",
                "ties one by one count spells; take them together",
            ),
            ((na || fh) && self.band.is_some(), "--band", "use `curve km` or `curve cif`"),
            (cif && by_counts, "--band hw or ep", "use `--band influence`"),
            (
                km && by_counts && robust,
                "--band hw or ep with --cluster or --se ij",
                "use `--band influence`",
            ),
            (
                self.data.robust() && !matches!(self.se, None | Some(Se::Ij)),
                "--se with --cluster or sampling weights",
                "leave it out: with clusters and sampling weights standard errors are by the jackknife",
            ),
            (
                self.rmst.is_some() && self.band.is_some(),
                "--band with --rmst",
                "means have intervals, curves have bands",
            ),
            (
                self.rmst.is_some() && self.conf.is_some(),
                "--conf with --rmst",
                "leave it out: intervals of means are on the plain scale",
            ),
            (
                !cif && self.convention == Some(Convention::Cmprsk),
                "--convention cmprsk",
                "cmprsk is about `curve cif`",
            ),
        ] {
            if wrong {
                return Err(misfit(flag, name, instead));
            }
        }
        self.register.refuse_persons(&self.data, (km || cif) && self.band.is_none())?;
        if let (Some(given), Some(horizon)) = (self.given, self.rmst)
            && horizon <= given
        {
            let (flag, estimator) = ("--rmst", "--given");
            let instead = "choose a horizon behind the time that is given";
            return Err(UsageError::DoesNotFit { flag, estimator, instead });
        }
        if let Some(given) = self.given
            && let Some(&early) = self.at.iter().find(|&&at| at < given)
        {
            return Err(UsageError::BeforeGiven { at: early, given });
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
                    Some(RuleArg::First) => QuantileRule::First,
                    None if self.convention == Some(Convention::Stata) => QuantileRule::First,
                    Some(RuleArg::Midpoint) | None => QuantileRule::Midpoint,
                };
                Question::Quantiles(self.quantile, rule)
            }
            None if !self.at.is_empty() => Question::At(self.at),
            None => Question::Curves,
        };
        let plot = match self.plot {
            Some(_) if asked.contains(&"--rmst") => {
                return Err(misfit("--plot", "--rmst", "draw the curves without it"));
            }
            Some(file) => Some(Plot {
                file: picture(file)?,
                lang: self.lang.into(),
                title: self.title.unwrap_or_default(),
                time_label: self.time_label,
                censor_marks: self.censor_marks,
                panels: match self.panels {
                    PanelsArg::Cause => Panels::Cause,
                    PanelsArg::Group => Panels::Group,
                },
            }),
            None => None,
        };
        let by = Names::all([self.by, self.strata].concat());
        let (mut columns, out, study) = self.register.columns(self.data, by)?;
        columns.merge_near_ties = self.convention == Some(Convention::RSurvival);
        let default_se = match self.convention {
            Some(Convention::RSurvival) if cif => Some(StdError::Jackknife),
            Some(Convention::Cmprsk | Convention::Sas) if cif => {
                Some(StdError::Counts(Variance::Aalen))
            }
            _ => None,
        };
        let default_conf = match self.convention {
            None | Some(Convention::RSurvival) => Conf::Log,
            Some(_) => Conf::LogLog,
        };
        let request = curve::Request {
            estimator: match self.estimator {
                EstimatorArg::Km => Estimator::KaplanMeier,
                EstimatorArg::Na => Estimator::NelsonAalen,
                EstimatorArg::Fh => Estimator::FlemingHarrington,
                EstimatorArg::Cif => Estimator::CumulativeIncidence,
            },
            columns,
            interval: self.conf.unwrap_or(default_conf).interval(),
            level: self.level,
            std_error: self.se.map_or(default_se, |se| {
                Some(match se {
                    Se::Aalen => StdError::Counts(Variance::Aalen),
                    Se::Greenwood | Se::Delta => StdError::Counts(Variance::Greenwood),
                    Se::Ij => StdError::Jackknife,
                })
            }),
            ties: match self.ties {
                TiesArg::Together => HazardTies::Together,
                TiesArg::OneByOne => HazardTies::OneByOne,
            },
            given: self.given,
            band: self.band.map(|band| BandRequest {
                kind: match band {
                    BandArg::Hw => BandKind::HallWellner,
                    BandArg::Ep => BandKind::EqualPrecision,
                    BandArg::Influence => BandKind::Influence,
                },
                range: self.band_range,
                seed: self.seed,
            }),
            question,
            plot,
            extend: self.convention == Some(Convention::RSurvival),
            convention: self.convention.map(Convention::name),
        };
        Ok(Task::Curve { request, out, study })
    }
}
