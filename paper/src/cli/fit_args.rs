//! Arguments of `fit`.

use std::path::PathBuf;

use afgang_models::{CensoringTies, Convention, FineGrayVariance, Interval, Link, Ties, TimeScale};
use clap::{Args, ValueEnum};

use super::after_args::AfterArgs;
use super::data_args::{DataArgs, RegisterArgs, level, picture};
use super::{LangArg, Task, UsageError};
use crate::names::{Names, one};
use crate::regression::{self, Discrete, Model};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct FitArgs {
    /// The model.
    #[arg(value_enum)]
    model: ModelArg,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    register: RegisterArgs,
    /// Covariates: columns, C(col), C(col, ref=LEVEL), log(col), poly(col, d), bs(col, df), ns(col, df), a:b and a*b
    /// between commas.
    #[arg(long, value_name = "TERMS")]
    x: String,
    /// Columns whose combinations have baseline hazards of their own.
    #[arg(long, value_name = "COL,COL")]
    strata: Vec<Names>,
    /// Column with a coefficient of 1.
    #[arg(long, value_name = "COL", value_parser = one)]
    offset: Option<String>,
    /// How tied events share their risk set (cox); efron if absent, breslow with the conventions of SAS and Stata.
    #[arg(long, value_enum)]
    ties: Option<TiesArg>,
    /// Standard errors by influence, also without clusters and sampling weights (cox, discrete, logit).
    #[arg(long)]
    robust: bool,
    /// Confidence level.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = level)]
    level: f64,
    /// Columns whose combinations have a distribution of censoring of their own (finegray).
    #[arg(long, value_name = "COL,COL")]
    censoring_group: Vec<Names>,
    /// Conventions of another program: r-survival, sas or stata (cox, finegray), cmprsk (finegray), or how the influence of the
    /// censoring weights is taken, derivative (if absent) or fine-gray (finegray).
    #[arg(long, value_enum, value_name = "PROGRAM")]
    convention: Option<ConventionArg>,
    /// Kind of standard error (finegray); estimated-weights if absent.
    #[arg(long, value_enum)]
    se: Option<SeArg>,
    /// Test proportional hazards on a scale of time (cox).
    #[arg(long, value_enum, value_name = "SCALE", num_args = 0..=1, default_missing_value = "km")]
    zph: Option<ScaleArg>,
    /// How the hazard depends on the linear predictor (discrete); logit if absent.
    #[arg(long, value_enum)]
    link: Option<LinkArg>,
    /// Function of the duration (discrete): C(time), cut(time, 4, 7), poly(time, d), log(time), bs(time, df), ns(time, df);
    /// C(time), a parameter a time, if absent.
    #[arg(long, value_name = "FUNCTION")]
    baseline: Option<String>,
    /// Further clock (discrete), as a function of a column of its values before the first time, numbers or months such as 2011-03: COL,
    /// C(COL), cut(COL, 13), poly(COL, d) and the like; may be given several times.
    #[arg(long, value_name = "FUNCTION")]
    clock: Vec<String>,
    /// First time at risk (discrete); 1 if absent.
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    first_time: Option<i64>,
    /// A model for each cause, others censored, instead of one of all (discrete).
    #[arg(long)]
    separate: bool,
    /// Add Firth's penalty (logit).
    #[arg(long)]
    firth: bool,
    /// Intervals and p-values of estimate and standard error, instead of by the profile of the penalised likelihood (logit with --firth).
    #[arg(long, requires = "firth")]
    wald: bool,
    /// Draw the ratios with their intervals (forest plot): .svg, .png or .pdf.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Title of the figure.
    #[arg(long, requires = "plot")]
    title: Option<String>,
    /// Language of the figure.
    #[arg(long, value_name = "LANG", value_enum, default_value = "da")]
    lang: LangArg,
    #[command(flatten)]
    after: AfterArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LinkArg {
    /// Odds ratios.
    Logit,
    /// Complementary log-log: hazard ratios in continuous time.
    Cloglog,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModelArg {
    /// Proportional hazards, Cox; with several causes a model for each.
    Cox,
    /// Proportional subdistribution hazards, Fine–Gray; with several causes a model for each.
    Finegray,
    /// Hazards in discrete time; several causes together by a multinomial logit.
    Discrete,
    /// Logistic regression of the event, without a time.
    Logit,
}

impl ModelArg {
    const fn name(self) -> &'static str {
        match self {
            Self::Cox => "fit cox",
            Self::Finegray => "fit finegray",
            Self::Discrete => "fit discrete",
            Self::Logit => "fit logit",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ConventionArg {
    /// The derivative of the estimate by the weights of rows (finegray).
    Derivative,
    /// As Fine and Gray (1999) print it (finegray).
    FineGray,
    /// As R's cmprsk computes it, with its defects (finegray).
    Cmprsk,
    /// As R's coxph: ties by Efron, times that differ by rounding alone are one (cox); weights as those of R's finegray: events
    /// leave the risk set of censoring, and such times are one (finegray).
    RSurvival,
    /// PHREG: ties by Breslow (cox); standard errors as Fine and Gray print them (finegray).
    Sas,
    /// stcox: ties by Breslow (cox); stcrreg: standard errors as Fine and Gray print them (finegray); variances by influence times
    /// C/(C - 1) for C clusters or spells.
    Stata,
}

impl ConventionArg {
    /// Whether it says something of Cox regression.
    const fn of_cox(self) -> bool {
        matches!(self, Self::RSurvival | Self::Sas | Self::Stata)
    }

    /// The program by name.
    const fn program(self) -> Option<&'static str> {
        match self {
            Self::Derivative | Self::FineGray => None,
            Self::Cmprsk => Some("cmprsk"),
            Self::RSurvival => Some("r-survival"),
            Self::Sas => Some("sas"),
            Self::Stata => Some("stata"),
        }
    }
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
pub(super) enum TiesArg {
    Efron,
    Breslow,
    Exact,
}

impl TiesArg {
    pub(super) const fn ties(self) -> Ties {
        match self {
            Self::Efron => Ties::Efron,
            Self::Breslow => Ties::Breslow,
            Self::Exact => Ties::Exact,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ScaleArg {
    /// One less the survival just before the time.
    Km,
    Rank,
    Identity,
    Log,
}

impl ScaleArg {
    pub(super) const fn scale(self) -> TimeScale {
        match self {
            Self::Km => TimeScale::KaplanMeier,
            Self::Rank => TimeScale::Rank,
            Self::Identity => TimeScale::Identity,
            Self::Log => TimeScale::Log,
        }
    }
}

/// What is drawn of a regression, if anything is.
pub(super) fn forest_plot(
    file: Option<PathBuf>,
    lang: LangArg,
    title: Option<String>,
) -> Result<Option<regression::Plot>, UsageError> {
    let Some(file) = file else { return Ok(None) };
    let (file, lang, title) = (picture(file)?, lang.into(), title.unwrap_or_default());
    Ok(Some(regression::Plot { file, lang, title }))
}

impl FitArgs {
    pub(super) fn plan(self) -> Result<Task, UsageError> {
        self.refuse_others()?;
        self.register.refuse_persons(&self.data, true)?;
        let model = match self.model {
            ModelArg::Cox => self.cox(),
            ModelArg::Finegray => self.fine_gray(),
            ModelArg::Discrete => self.discrete()?,
            ModelArg::Logit => {
                let robust = self.robust.then_some(true);
                Model::Logistic { firth: self.firth, wald: self.wald, robust }
            }
        };
        let r_survival = self.r_survival();
        let terms = regression::parse(&self.x).map_err(UsageError::Terms)?;
        let plot = forest_plot(self.plot, self.lang, self.title)?;
        let convention = self.convention.and_then(ConventionArg::program);
        let (mut columns, out, study) = match self.model {
            ModelArg::Logit if self.register.is_given() => {
                let instead = "its outcomes have no time; write the spells with `afgang run --spells` and fit that file";
                let (flag, estimator) = ("--register", "fit logit");
                return Err(UsageError::DoesNotFit { flag, estimator, instead });
            }
            ModelArg::Logit => {
                let (columns, out) = self.data.columns_without_time(Vec::new())?;
                (columns, out, None)
            }
            _ => self.register.columns(self.data, Vec::new())?,
        };
        columns.merge_near_ties = r_survival;
        let own = if let ModelArg::Logit = self.model { Interval::Logit } else { Interval::Log };
        let (predict, interval, after) = self.after.plan(own)?;
        let request = regression::Request {
            columns,
            terms,
            strata: Names::all(self.strata),
            offset: self.offset,
            level: self.level,
            convention,
            model,
            plot,
            predict,
            interval,
            baseline: after.baseline.is_some(),
            residuals: after.residuals.is_some(),
        };
        if study.is_some() && request.residuals {
            let instead = "write the spells with `afgang run --spells` and fit that file";
            let (flag, estimator) = ("--residuals", "--register");
            return Err(UsageError::DoesNotFit { flag, estimator, instead });
        }
        Ok(Task::Fit { request, out, after, study })
    }

    /// Refuses flags of other models.
    fn refuse_others(&self) -> Result<(), UsageError> {
        let [cox, fine_gray, discrete, logit] = [
            matches!(self.model, ModelArg::Cox),
            matches!(self.model, ModelArg::Finegray),
            matches!(self.model, ModelArg::Discrete),
            matches!(self.model, ModelArg::Logit),
        ];
        let of_cox = "it is of `fit cox`";
        let of_fine_gray = "it is of `fit finegray`";
        let of_discrete = "it is of `fit discrete`";
        let (neither, of_both) = (discrete || logit, "it is of `fit cox` and `fit finegray`");
        let no_time = "outcomes of `fit logit` have no time";
        for (wrong, flag, instead) in [
            (
                fine_gray && self.ties.is_some(),
                "--ties",
                "it is of `fit cox`; here ties are Breslow's",
            ),
            (!cox && self.ties.is_some(), "--ties", of_cox),
            (fine_gray && self.robust, "--robust", "it is of `fit cox`; here is `--se`"),
            (!cox && self.zph.is_some(), "--zph", of_cox),
            (!fine_gray && !self.censoring_group.is_empty(), "--censoring-group", of_fine_gray),
            (neither && self.convention.is_some(), "--convention", of_both),
            (
                cox && self.convention.is_some_and(|of| !of.of_cox()),
                "--convention cmprsk, derivative or fine-gray",
                of_fine_gray,
            ),
            (
                !fine_gray && self.se.is_some(),
                "--se",
                "it is of `fit finegray`; here is `--robust`",
            ),
            (
                fine_gray && self.r_survival() && matches!(self.se, Some(SeArg::EstimatedWeights)),
                "--se estimated-weights with --convention r-survival",
                "R takes the weights of finegray as known; leave one of the two out",
            ),
            (
                (discrete || logit) && !self.strata.is_empty(),
                "--strata",
                "write C(col) among the covariates",
            ),
            (!discrete && self.link.is_some(), "--link", of_discrete),
            (!discrete && self.baseline.is_some(), "--baseline", of_discrete),
            (!discrete && !self.clock.is_empty(), "--clock", of_discrete),
            (!discrete && self.first_time.is_some(), "--first-time", of_discrete),
            (!discrete && self.separate, "--separate", of_discrete),
            (!logit && self.firth, "--firth", "it is of `fit logit`"),
            (logit && !self.after.at.is_empty(), "--at", no_time),
            (!discrete && self.after.hazards, "--hazards", of_discrete),
            (neither && self.after.baseline_hazard.is_some(), "--baseline-hazard", of_both),
            (neither && self.after.residuals.is_some(), "--residuals", of_both),
            (logit && self.data.time.is_some(), "--time", no_time),
            (logit && self.data.entry.is_some(), "--entry", no_time),
        ] {
            if wrong {
                return Err(UsageError::DoesNotFit { flag, estimator: self.model.name(), instead });
            }
        }
        Ok(())
    }

    /// Whether times that differ by rounding alone are one, as R's `survival` has them.
    const fn r_survival(&self) -> bool {
        matches!(self.convention, Some(ConventionArg::RSurvival))
    }

    fn cox(&self) -> Model {
        let breslow = matches!(self.convention, Some(ConventionArg::Sas | ConventionArg::Stata));
        Model::Cox {
            ties: self
                .ties
                .map_or(if breslow { Ties::Breslow } else { Ties::Efron }, TiesArg::ties),
            robust: self.robust.then_some(true),
            proportionality: self.zph.map(ScaleArg::scale),
        }
    }

    fn fine_gray(&self) -> Model {
        let (convention, censoring_ties) = match self.convention {
            None | Some(ConventionArg::Derivative) => {
                (Convention::Derivative, CensoringTies::AllAtRisk)
            }
            Some(ConventionArg::FineGray | ConventionArg::Sas | ConventionArg::Stata) => {
                (Convention::FineGray, CensoringTies::AllAtRisk)
            }
            Some(ConventionArg::Cmprsk) => (Convention::Cmprsk, CensoringTies::AllAtRisk),
            Some(ConventionArg::RSurvival) => (Convention::RSurvival, CensoringTies::AfterEvents),
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
            censoring_groups: Names::all(self.censoring_group.clone()),
        }
    }

    fn discrete(&self) -> Result<Model, UsageError> {
        let baseline = self.baseline.as_deref().map(regression::duration).transpose();
        let clocks = self.clock.iter().map(|text| regression::clock(text)).collect();
        Ok(Model::Discrete(Discrete {
            link: match self.link {
                None | Some(LinkArg::Logit) => Link::Logit,
                Some(LinkArg::Cloglog) => Link::CLogLog,
            },
            baseline: baseline.map_err(UsageError::Terms)?.unwrap_or_default(),
            clocks: Result::map_err(clocks, UsageError::Terms)?,
            first_time: self.first_time.unwrap_or(1),
            separate: self.separate,
            robust: self.robust.then_some(true),
        }))
    }
}
