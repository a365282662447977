//! Proportional subdistribution hazards regression.

mod censoring;
mod convention;
mod fit;
mod incidence;
mod influence;
mod likelihood;
mod moments;
mod scan;
mod spans;

pub use convention::{CensoringTies, Convention, FineGrayVariance};
pub use fit::{FineGrayCounts, FineGrayFit};

use crate::cox::OnCollinear;
use crate::cox::fit::PartialLikelihood;
use crate::cox::newton::Limits;
use crate::design::{Design, Factor};
use crate::error::{Error, Result};
use crate::interval::normal_quantile;
use crate::spells::Spells;
use convention::Options;
use likelihood::Likelihood;
use spans::{Outcome, Spans};

/// Proportional subdistribution hazards regression (Fine and Gray), for counted and for single spells.
///
/// The cumulative incidence of a cause for somebody with covariates $x$ in stratum $s$ is
///
/// $$F(t \mid x) = 1 - \exp\bigl(-\Lambda_s(t)\\,e^{x^\top\beta + \text{offset}}\bigr).$$
///
/// Whoever left for another cause stays in the risk set, with the chance of not yet being censored. With events
/// $D_k$ of the cause at $t_k$, weights $w_j$ and $r_j = e^{\eta_j}$ the coefficients maximise
///
/// $$\ell(\beta) = \sum_k \sum_{j \in D_k} w_j \bigl(\eta_j - \log S_0(t_k)\bigr),\qquad
///   S_0(t) = \sum_{j:\\,e_j < t \le T_j} w_j r_j + \sum_{j\text{ competing}:\\,T_j < t} w_j r_j\\,\omega_j(t),\qquad
///   \omega_j(t) = \frac{G_g(t-)\\,H_g(t-)}{G_g(T_j-)\\,H_g(T_j-)}$$
///
/// over the event times of each stratum (Breslow's ties). $G_g$ is the Kaplan–Meier curve of censoring in group $g$, and $H_g$ the
/// distribution of late entry, by Kaplan–Meier on the reversed scale of time (Geskus 2011; weight 1 of Zhang, Zhang and
/// Fine 2011).
///
/// # Variance
///
/// $V = I^{-1} \bigl(\sum_c u_c u_c^\top\bigr) I^{-1}$ with $u_c = \sum_{i \in c} w_i (\eta_i + \psi_i)$ over clusters (persons),
///
/// $$\eta_i = \int \bigl(x_i - \bar x(t)\bigr) \omega_i(t)\\,\mathrm{d}\hat M_i(t),\qquad
///   \psi_i = \sum_u q_g(u) \frac{\partial \log(A_g(u)/A_g(u-))}{\partial w_i},$$
///
/// $$q_g(u) = -\sum_{t > u} \sum_{j \in g\text{ competing}:\\,T_j \le u} w_j r_j\\,\omega_j(t)
///   \bigl(x_j - \bar x(t)\bigr)\\,\mathrm{d}\hat\Lambda(t),$$
///
/// with $A = G H$: $\eta$ is the influence with the weights known, $\psi$ that through them. Together they are the derivative of the
/// score by the weight of a spell. (Of a censoring at $u$ the derivative is $-1/Y$, and of everybody at risk then $+\frac{c}{Y (Y - c)}$.)
///
/// # How it costs so little
///
/// Equal spells are one cell. $S_0$ and its like are a sum backward over exits, and for each group one forward over competing exits
/// times $1/A(T_j-)$, which $A(t-)$ multiplies. Tails of $A\\,\mathrm{d}\hat\Lambda$ turn $q$ and $\eta$ into products of
/// prefix sums. So an iteration takes $O(np^2)$ of patterns and cells and $O(Tp^2)$ of times, and the variance $O(np + Tp^2)$.
///
/// # Conventions
///
/// - A spell is at risk over (entry, exit]; at one time, events come before censorings, and those before entries.
/// - One group of censoring for all; [`censoring_groups`](Self::censoring_groups) and
///   [`censoring_by_strata`](Self::censoring_by_strata) change it. $G$ and $H$ are estimated with the weights of the spells.
/// - Who is at risk of censoring at the time of an event: [`censoring_ties`](Self::censoring_ties). After the last exit of a
///   group $A$ keeps its value (0 if it ends in a censoring); where nobody of a group is at risk and others come later,
///   it starts anew for them.
/// - [`convention`](Self::convention) has the conventions of `cmprsk::crr` and of `survival::finegray`, with their defects.
/// - Rows of weight 0 are left out. Strata of the baseline and the offset are those of the design.
/// - A person is one row. (Rows of a spell cut in pieces are taken as censored and entering anew, which only
///   [`CensoringTies::AfterEvents`] makes the same; after an exit for another cause covariates stay what they were.)
/// - No small-sample factor unless it is asked for ([`small_sample`](Self::small_sample)). The same bits for any number of threads.
///
/// # Examples
///
/// Four spells without censoring. The first leaves for another cause and stays in all risk sets. With $r = e^\beta$ the likelihood is
/// $\frac{1}{2r+2} \cdot \frac{r}{2r+1}$, which is largest at $r = 1/\sqrt 2$:
///
/// ```
/// use afgang_models::{Design, FineGray, Spells};
///
/// let spells = Spells::new(2, vec![1.0, 2.0, 3.0, 3.5], vec![Some(1), Some(0), Some(0), Some(1)])?;
/// let design = Design::builder().numeric("x", vec![1.0, 0.0, 1.0, 0.0]).build()?;
///
/// let fit = FineGray::new(0).fit(&spells, &design)?;
/// let x = &fit.coefficients[0];
/// assert!((x.hazard_ratio().estimate - 0.5_f64.sqrt()).abs() < 1e-12);
/// assert_eq!((fit.counts.events, fit.counts.competing, fit.counts.censored), (2.0, 2.0, 0.0));
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Fine, J. P. and Gray, R. J. (1999). *J. Amer. Statist. Assoc.* 94, 496–509.
/// - Geskus, R. B. (2011). *Biometrics* 67, 39–49. Zhang, X., Zhang, M.-J. and Fine, J. (2011). *Statist. Med.* 30, 1933–1951.
/// - Zhou, B., Latouche, A., Rocha, V. and Fine, J. (2011). *Biometrics* 67, 661–670 (strata). Kawaguchi, E. S. et al.
///   (2021). *R Journal* 12(2), 43–60 (linear time).
/// - Checked against R's `cmprsk` 2.2-11 and `survival` 3.5-3; see `fixtures/r/fine_gray.R`.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct FineGray {
    cause: usize,
    convention: Convention,
    ties: CensoringTies,
    variance: FineGrayVariance,
    groups: Groups,
    small_sample: bool,
    on_collinear: OnCollinear,
    level: f64,
    limits: Limits,
}

/// Groups of censoring.
#[derive(Debug, Clone, PartialEq)]
enum Groups {
    One,
    Strata,
    Of(Factor),
}

impl FineGray {
    /// Of a cause, counted from 0, with every option at its default.
    pub const fn new(cause: usize) -> Self {
        Self {
            cause,
            convention: Convention::Derivative,
            ties: CensoringTies::AllAtRisk,
            variance: FineGrayVariance::EstimatedWeights,
            groups: Groups::One,
            small_sample: false,
            on_collinear: OnCollinear::Drop,
            level: 0.95,
            limits: Limits { iterations: 50, tolerance: 1e-8 },
        }
    }

    /// How $\psi$ is written, and what happens at the edges of follow-up. Default `Derivative`.
    pub const fn convention(mut self, convention: Convention) -> Self {
        self.convention = convention;
        self
    }

    /// Who is at risk of censoring at the time of an event. Default `AllAtRisk`, as in `crr` (R's `finegray`: `AfterEvents`).
    pub const fn censoring_ties(mut self, ties: CensoringTies) -> Self {
        self.ties = ties;
        self
    }

    /// The standard errors. Default `EstimatedWeights` (with [`Convention::RSurvival`] the same as `KnownWeights`).
    pub const fn variance(mut self, variance: FineGrayVariance) -> Self {
        self.variance = variance;
        self
    }

    /// Groups with a distribution of censoring (and late entry) of their own, by row. Default: one group.
    pub fn censoring_groups(mut self, groups: Factor) -> Self {
        self.groups = Groups::Of(groups);
        self
    }

    /// The design's strata are the groups of censoring.
    pub fn censoring_by_strata(mut self) -> Self {
        self.groups = Groups::Strata;
        self
    }

    /// Whether variances by influence are multiplied by $C/(C - 1)$ for $C$ clusters (else spells), as Stata does. Default no.
    ///
    /// ```
    /// use afgang_models::{Design, FineGray, Spells};
    ///
    /// let spells = Spells::new(2, vec![1.0, 2.0, 3.0, 3.5], vec![Some(1), Some(0), Some(0), Some(1)])?;
    /// let design = Design::builder().numeric("x", vec![1.0, 0.0, 1.0, 0.0]).build()?;
    /// let of = |small| FineGray::new(0).small_sample(small).fit(&spells, &design);
    /// let (with, without) = (of(true)?.covariance[(0, 0)], of(false)?.covariance[(0, 0)]);
    /// assert!((with / without - 4.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub const fn small_sample(mut self, small_sample: bool) -> Self {
        self.small_sample = small_sample;
        self
    }

    /// What to do with collinear columns. Default `Drop`.
    pub const fn on_collinear(mut self, on_collinear: OnCollinear) -> Self {
        self.on_collinear = on_collinear;
        self
    }

    /// Level of the intervals. Default 0.95.
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Most Newton steps. Default 50 (`crr`: 10).
    pub const fn max_iterations(mut self, iterations: usize) -> Self {
        self.limits.iterations = iterations;
        self
    }

    /// The step in standard errors that is the last. Default 1e-8, which leaves about its square.
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.limits.tolerance = tolerance;
        self
    }

    /// Fits the model. Row `i` of the design, and of the groups of censoring, belongs to row `i` of the spells.
    ///
    /// # Errors
    ///
    /// - [`Error::ColumnLength`], [`Error::UnknownCause`], [`Error::Level`];
    /// - [`Error::NoEvents`], [`Error::NoEventsInLevel`], [`Error::MonotoneLikelihood`], [`Error::SingularInformation`],
    ///   [`Error::NotConverged`], [`Error::RiskOverflow`];
    /// - [`Error::CollinearColumn`] where collinear columns are refused;
    /// - [`Error::NoRobustVariance`] if a variance by influence is 0;
    /// - [`Error::NoEventsInGroup`] with [`Convention::RSurvival`].
    pub fn fit(self, spells: &Spells, design: &Design) -> Result<FineGrayFit> {
        let z = normal_quantile(self.level)?;
        let likelihood = self.likelihood(spells, design)?;
        FineGrayFit::new(&self, z, likelihood, spells, design)
    }

    /// The log partial likelihood, its score and its information at given coefficients of all columns.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit), and [`Error::CovariateCount`].
    ///
    /// ```
    /// use afgang_models::{Design, FineGray, Spells};
    ///
    /// // The one with x = 1 left for another cause before, and is still in the risk set at 2.
    /// let spells = Spells::new(2, vec![1.0, 2.0], vec![Some(1), Some(0)])?;
    /// let design = Design::builder().numeric("x", vec![1.0, 0.0]).build()?;
    /// let at = FineGray::new(0).partial_likelihood(&spells, &design, &[3.0_f64.ln()])?;
    /// assert!((at.log_likelihood - 0.25_f64.ln()).abs() < 1e-15);
    /// assert!((at.score[0] + 0.75).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn partial_likelihood(
        &self,
        spells: &Spells,
        design: &Design,
        coefficients: &[f64],
    ) -> Result<PartialLikelihood> {
        let likelihood = self.likelihood(spells, design)?;
        PartialLikelihood::of(&likelihood, &likelihood.x.scale, coefficients)
    }

    /// The standard errors that there are under the convention.
    fn variance_of_convention(&self) -> FineGrayVariance {
        match (self.variance, self.convention) {
            (FineGrayVariance::EstimatedWeights, Convention::RSurvival) => {
                FineGrayVariance::KnownWeights
            }
            (variance, _) => variance,
        }
    }

    fn likelihood(&self, spells: &Spells, design: &Design) -> Result<Likelihood> {
        let same_rows = |column: &str, found: usize| {
            let expected = spells.len();
            let wrong = || Error::ColumnLength { column: column.to_owned(), found, expected };
            (found == expected).then_some(()).ok_or_else(wrong)
        };
        same_rows("design", design.len())?;
        let n_causes = spells.n_causes();
        if self.cause >= n_causes {
            return Err(Error::UnknownCause { cause: self.cause, n_causes });
        }
        let one = || vec![0; spells.len()];
        let (groups, n_groups) = match &self.groups {
            Groups::One => (&one()[..], 1),
            Groups::Strata => (design.strata(), design.strata_names().len()),
            Groups::Of(factor) => {
                same_rows("censoring groups", factor.codes().len())?;
                (factor.codes(), factor.levels().len())
            }
        };
        let options = Options::new(self.convention, self.ties);
        let spans = Spans::new(spells, design, (groups, n_groups), self.cause, options);
        if spans.times.is_empty() {
            let with_weight = spans.of_row.iter().filter(|&&span| span != crate::cox::index::NONE);
            return Err(Error::NoEvents { spells: with_weight.count() });
        }
        if let (Convention::RSurvival, Groups::Of(factor)) = (self.convention, &self.groups)
            && let Some(group) = (0..n_groups).find(|&group| spans.has_no_event(group))
        {
            return Err(Error::NoEventsInGroup { group: factor.levels()[group].clone() });
        }
        Ok(Likelihood::new(spans, design, self.convention))
    }
}

impl Spans {
    /// Whether a group of censoring has spells, but no event.
    fn has_no_event(&self, group: usize) -> bool {
        let mut of = self.all.iter().filter(|span| span.group as usize == group).peekable();
        of.peek().is_some() && of.all(|span| span.outcome != Outcome::Event)
    }

    /// What each span's independent spells add to a variance.
    fn squares(&self) -> Vec<f64> {
        self.all.iter().map(|span| span.squares).collect()
    }

    /// Number of spells of an outcome.
    fn spells_of(&self, outcome: Outcome) -> f64 {
        let of = self.all.iter().filter(|span| span.outcome == outcome);
        // A sum of nothing is -0.
        of.map(|span| span.spells).sum::<f64>() + 0.0
    }
}
