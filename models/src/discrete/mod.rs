//! Hazards in discrete time.

mod build;
mod clock;
mod columns;
mod error;
pub(crate) mod fit;
mod influence;
pub(crate) mod likelihood;
mod lines;
mod link;
mod predict;
pub(crate) mod prepared;
mod recession;
pub(crate) mod scales;
mod shape;
mod splines;

pub use clock::Clock;
pub use error::DiscreteError;
pub use fit::{DiscreteCounts, DiscreteFit, ExitModel};
pub use link::{Information, Link};
pub use shape::Shape;

use crate::cox::OnCollinear;
use crate::cox::fit::PartialLikelihood;
use crate::cox::newton::{Limits, Objective};
use crate::design::Design;
use crate::error::{Error, Result};
use crate::interval::normal_quantile;
use crate::spells::{Spells, Weights};
use likelihood::Likelihood;

/// Hazards in discrete time: of one exit, or of several that compete.
///
/// Of those at risk at time $t = 1, 2, \dots$ with covariates $x$ a part $h(t \mid x)$ leaves. With one exit
///
/// $$g\bigl(h(t \mid x)\bigr) = \alpha(t) + x^\top\beta + \text{offset},$$
///
/// where $g$ is the logit or the complementary log-log; with several ([`fit_exits`](Self::fit_exits)) the multinomial logit
///
/// $$\log \frac{h_k(t \mid x)}{1 - \sum_l h_l(t \mid x)} = \alpha_k(t) + x^\top\beta_k + \text{offset}.$$
///
/// $\alpha$ is a function of duration: a parameter for each time, for intervals, a polynomial, a spline ([`Shape`]).
/// Further clocks ([`Clock`]: calendar time, age) add functions $\gamma(s + t)$ of their own. The coefficients maximise
///
/// $$\ell = \sum_{j, t} \Bigl(\sum_k d_{jkt} \log h_k(t \mid x_j) + \bigl(y_{jt} - \textstyle\sum_k d_{jkt}\bigr) \log
///   \bigl(1 - \textstyle\sum_k h_k(t \mid x_j)\bigr)\Bigr)$$
///
/// over patterns $j$ of covariates (and starts of the further clocks), with $y_{jt}$ at risk and $d_{jkt}$ exits. It is the
/// likelihood of a logistic regression on person-months (Allison 1982), of which only the counts are ever made.
///
/// # How it costs so little
///
/// A cell is a pattern at a time. It adds its weight to one number of its pattern and time; only the sums are multiplied by
/// covariates, and of a factor only by the one column that is not 0. An iteration takes $O(\text{cells} + \text{patterns}\\,(T +
/// p)\\,m)$ with $m$ columns that are not 0 and $T$ times, and $O((T + p)^3)$ for the step.
///
/// # Conventions
///
/// - Times are whole numbers. A spell is at risk at the times after its entry up to its exit; without entry from
///   [`first_time`](Self::first_time) on, default 1. A spell of exit 3 is at risk at 1, 2, 3.
/// - With a parameter a time (or interval), times at which nobody leaves have hazard 0 and times at which all leave have hazard 1:
///   they tell nothing about the coefficients and have no parameter, as in Kaplan–Meier curves, which the model without covariates
///   gives.
/// - Without [`cause`](Self::cause) an exit for any cause is the event; with it, other causes are censorings at the time of the
///   exit, where the spell is still at risk.
/// - Variance: by influence where the spells have clusters or sampling weights, else the inverse information;
///   [`robust`](Self::robust) chooses. No small-sample factor. The information is the observed one;
///   [`information`](Self::information) has the expected one of R's `glm`, which differs for the complementary log-log.
/// - The likelihood ratio, score and Wald tests compare with the model of the duration alone.
/// - Rows of weight 0 are left out. Strata of the design are not used.
/// - The same bits for any number of threads.
///
/// # Examples
///
/// Of eight at risk in the first month one of four with x = 0 leaves and two of four with x = 1; the others are seen no longer. The
/// logits are $\log(1/3)$ and $\log(2/2) = 0$:
///
/// ```
/// use afgang_models::{Design, DiscreteHazard, Spells};
///
/// let cause = [1, 0, 0, 0, 1, 1, 0, 0].map(|event| (event == 1).then_some(0));
/// let spells = Spells::new(1, vec![1.0; 8], cause.to_vec())?;
/// let design =
///     Design::builder().numeric("x", vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]).build()?;
///
/// let fit = DiscreteHazard::new().fit(&spells, &design)?;
/// let exit = &fit.exits[0];
/// assert_eq!(exit.baseline[0].column, "time=1");
/// assert!((exit.baseline[0].estimate.estimate + 3.0_f64.ln()).abs() < 1e-12);
/// let x = &exit.coefficients[0].estimate;
/// assert!((x.estimate - 3.0_f64.ln()).abs() < 1e-12);
/// // Its variance is 1/1 + 1/3 + 1/2 + 1/2.
/// assert!((x.std_error.powi(2) - 7.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Cox, D. R. (1972). *J. R. Statist. Soc. B* 34, 187–220. Prentice, R. L. and Gloeckler, L. A. (1978). *Biometrics* 34, 57–67.
/// - Allison, P. D. (1982). *Sociol. Methodol.* 13, 61–98. Tutz, G. and Schmid, M. (2016). *Modeling Discrete Time-to-Event Data*. Springer.
/// - Efron, B. and Hinkley, D. V. (1978). *Biometrika* 65, 457–482 (observed information).
/// - Checked against R's `glm` and `nnet::multinom` on person-months; see `fixtures/r/discrete.R`.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct DiscreteHazard {
    link: Link,
    cause: Option<usize>,
    baseline: Shape,
    clocks: Vec<Clock>,
    first_time: i64,
    robust: Option<bool>,
    information: Information,
    on_collinear: OnCollinear,
    level: f64,
    limits: Limits,
}

impl Default for DiscreteHazard {
    fn default() -> Self {
        Self::new()
    }
}

impl DiscreteHazard {
    /// Logit, any cause, a parameter for each time, no further clocks, variance as the spells ask for, level 0.95.
    pub const fn new() -> Self {
        Self {
            link: Link::Logit,
            cause: None,
            baseline: Shape::Free,
            clocks: Vec::new(),
            first_time: 1,
            robust: None,
            information: Information::Observed,
            on_collinear: OnCollinear::Drop,
            level: 0.95,
            limits: Limits { iterations: 50, tolerance: 1e-8 },
        }
    }

    /// The link. Default `Logit`.
    pub const fn link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// The cause that is the event; other causes are then censorings. Default: any cause.
    pub const fn cause(mut self, cause: usize) -> Self {
        self.cause = Some(cause);
        self
    }

    /// The function of duration. Default `Free`.
    pub fn baseline(mut self, baseline: Shape) -> Self {
        self.baseline = baseline;
        self
    }

    /// A further clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clocks.push(clock);
        self
    }

    /// The first time at risk of a spell without entry. Default 1.
    pub const fn first_time(mut self, first_time: i64) -> Self {
        self.first_time = first_time;
        self
    }

    /// Whether standard errors are by influence. Default: if there are clusters or sampling weights.
    pub const fn robust(mut self, robust: bool) -> Self {
        self.robust = Some(robust);
        self
    }

    /// The information that covariances are the inverse of. Default `Observed` (R: expected).
    pub const fn information(mut self, information: Information) -> Self {
        self.information = information;
        self
    }

    /// What to do with collinear columns. Default `Drop`, as in R.
    pub const fn on_collinear(mut self, on_collinear: OnCollinear) -> Self {
        self.on_collinear = on_collinear;
        self
    }

    /// Level of the intervals. Default 0.95.
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Most Newton steps. Default 50 (R: 25).
    pub const fn max_iterations(mut self, iterations: usize) -> Self {
        self.limits.iterations = iterations;
        self
    }

    /// The step in standard errors that is the last. Default 1e-8, which leaves about its square. (R stops when the deviance
    /// changes by less than 1e-8 of itself.)
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.limits.tolerance = tolerance;
        self
    }

    /// Fits the model of one exit. Row `i` of the design and of the clocks belongs to row `i` of the spells.
    ///
    /// # Errors
    ///
    /// - [`Error::ColumnLength`], [`Error::UnknownCause`], [`Error::Level`], [`DiscreteError::NotWhole`],
    ///   [`DiscreteError::BeforeFirstTime`], [`DiscreteError::TooManyTimes`], [`DiscreteError::TooFewTimes`], [`Error::LogTime`];
    /// - [`Error::NoEvents`], [`Error::NoEventsInLevel`], [`Error::Separation`], [`Error::SingularInformation`],
    ///   [`Error::NotConverged`], [`Error::RiskOverflow`];
    /// - [`Error::CollinearColumn`] where collinear columns are refused, or where a polynomial or spline of a further clock loses a
    ///   column that later ones are built on;
    /// - [`Error::NoRobustVariance`] if a variance by influence is 0.
    pub fn fit(&self, spells: &Spells, design: &Design) -> Result<DiscreteFit> {
        let z = normal_quantile(self.level)?;
        let likelihood = self.likelihood(spells, design, false)?;
        DiscreteFit::new(self, z, likelihood, spells, design)
    }

    /// Fits the multinomial logit of all causes, which compete.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit), of one cause as [`Error::OfCause`]; [`DiscreteError::SeveralExits`] for another link than the logit,
    /// [`DiscreteError::EverybodyLeaves`].
    ///
    /// ```
    /// use afgang_models::{Design, DiscreteHazard, Spells};
    ///
    /// // Of six one leaves for cause 0, two for cause 1 and three stay: the logits are log 1/3 and log 2/3.
    /// let cause = vec![Some(0), Some(1), Some(1), None, None, None];
    /// let spells = Spells::new(2, vec![1.0; 6], cause)?;
    /// let design = Design::builder().rows(6).build()?;
    /// let fit = DiscreteHazard::new().fit_exits(&spells, &design)?;
    /// for (exit, odds) in fit.exits.iter().zip([1.0_f64 / 3.0, 2.0 / 3.0]) {
    ///     assert!((exit.baseline[0].estimate.estimate - odds.ln()).abs() < 1e-12);
    /// }
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_exits(&self, spells: &Spells, design: &Design) -> Result<DiscreteFit> {
        let z = normal_quantile(self.level)?;
        let likelihood = self.likelihood(spells, design, true)?;
        DiscreteFit::new(self, z, likelihood, spells, design)
    }

    /// The log-likelihood of [`fit`](Self::fit), its score and its information at given coefficients: those of the duration that
    /// have a parameter, of all columns of the design, and of the further clocks.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit), and [`Error::CovariateCount`].
    ///
    /// ```
    /// use afgang_models::{Design, DiscreteHazard, Spells};
    ///
    /// // One of two leaves; with a hazard of 1/4 the likelihood is 1/4 * 3/4.
    /// let spells = Spells::new(1, vec![1.0, 1.0], vec![Some(0), None])?;
    /// let design = Design::builder().rows(2).build()?;
    /// let at = DiscreteHazard::new().log_likelihood(&spells, &design, &[-(3.0_f64.ln())])?;
    /// assert!((at.log_likelihood - (3.0_f64 / 16.0).ln()).abs() < 1e-15);
    /// assert!((at.score[0] - (1.0 - 2.0 / 4.0)).abs() < 1e-15);
    /// assert!((at.information[(0, 0)] - 2.0 * 3.0 / 16.0).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn log_likelihood(
        &self,
        spells: &Spells,
        design: &Design,
        coefficients: &[f64],
    ) -> Result<PartialLikelihood> {
        self.value(&self.likelihood(spells, design, false)?, coefficients)
    }

    /// As [`log_likelihood`](Self::log_likelihood), of [`fit_exits`](Self::fit_exits): the coefficients of one exit after the
    /// other.
    ///
    /// # Errors
    ///
    /// As [`fit_exits`](Self::fit_exits), and [`Error::CovariateCount`].
    pub fn log_likelihood_of_exits(
        &self,
        spells: &Spells,
        design: &Design,
        coefficients: &[f64],
    ) -> Result<PartialLikelihood> {
        self.value(&self.likelihood(spells, design, true)?, coefficients)
    }

    fn value(&self, of: &Likelihood, coefficients: &[f64]) -> Result<PartialLikelihood> {
        let (found, expected) = (coefficients.len(), of.width());
        if found != expected {
            return Err(Error::CovariateCount { found, expected });
        }
        let scales = scales::Scales::new(of);
        let inner = scales.inward(coefficients);
        let at = of.evaluate_with(self.information, &inner).ok_or(Error::RiskOverflow)?;
        Ok(scales.derivatives(&at))
    }

    fn is_robust(&self, spells: &Spells) -> bool {
        let dependent = spells.are_dependent() || matches!(spells.weights(), Weights::Sampling(_));
        self.robust.unwrap_or(dependent)
    }

    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn likelihood(
        &self,
        spells: &Spells,
        design: &Design,
        several: bool,
    ) -> Result<Likelihood> {
        let (found, expected) = (design.len(), spells.len());
        if found != expected {
            return Err(Error::ColumnLength { column: "design".to_owned(), found, expected });
        }
        let n_causes = spells.n_causes();
        if let Some(cause) = self.cause.filter(|&cause| cause >= n_causes) {
            return Err(Error::UnknownCause { cause, n_causes });
        }
        if several && self.link != Link::Logit {
            return Err(Error::Discrete(DiscreteError::SeveralExits));
        }
        Likelihood::new(self, spells, design, if several { n_causes } else { 1 }, several)
    }

    /// The exit that a cause is.
    fn exit_of(&self, cause: usize, several: bool) -> Option<u32> {
        if several {
            return Some(cause as u32);
        }
        self.cause.is_none_or(|of| of == cause).then_some(0)
    }
}
