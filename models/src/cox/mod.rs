//! Proportional hazards regression.

pub(crate) mod baseline;
mod causes;
pub(crate) mod collinear;
mod concordance;
pub(crate) mod covariates;
mod error;
mod exact;
pub(crate) mod fit;
pub(crate) mod index;
mod influence;
pub(crate) mod likelihood;
pub(crate) mod newton;
mod proportionality;
pub(crate) mod recession;
mod residuals;
mod risk_sets;
pub(crate) mod scan;
mod ties;

pub use baseline::Profile;
pub use collinear::{Collinear, OnCollinear};
pub(crate) use collinear::{Kept, independent_columns};
pub use concordance::Concordance;
pub use error::TiesError;
pub use fit::{ChiSquare, Coefficient, Counts, CoxFit, PartialLikelihood};
pub use newton::{Convergence, Stopped};
pub use proportionality::{ProportionalHazards, TimeScale};
pub use residuals::Schoenfeld;
pub use ties::Ties;

use crate::design::Design;
use crate::error::{Error, Result};
use crate::interval::normal_quantile;
use crate::spells::{Spells, Weights};
use likelihood::Likelihood;
use newton::{Limits, Names};
use risk_sets::RiskSets;

/// Proportional hazards regression (Cox), for counted and for single spells.
///
/// The hazard of a spell with covariates $x$ in stratum $s$ is $\lambda_s(t) \exp(x^\top\beta + \text{offset})$. The
/// coefficients maximise the log partial likelihood
///
/// $$\ell(\beta) = \sum_{t_i} \Bigl(\sum_{j \in D_i} w_j \eta_j - \sum_{l=1}^{d_i} \bar w_i \log q_{il}\Bigr),\qquad
///   q_{il} = \sum_{j \in R_i} w_j e^{\eta_j} - \frac{l - 1}{d_i} \sum_{j \in D_i} w_j e^{\eta_j},$$
///
/// over event times $t_i$ of each stratum, with risk set $R_i$ (entry < $t_i$ ≤ exit), events $D_i$, their number $d_i$
/// and mean weight $\bar w_i$ (Efron's ties; Breslow's leave out what is subtracted). The covariance is the inverse
/// information $I^{-1}$, or, where rows are not independent observations, by influence (Lin and Wei 1989)
///
/// $$V = I^{-1} \Bigl(\sum_c u_c u_c^\top\Bigr) I^{-1},\qquad u_c = \sum_{j \in c} w_j
///   \int \bigl(x_j - \bar x(t)\bigr)\\,\mathrm{d}\hat M_j(t),$$
///
/// over clusters $c$ (persons). A hazard ratio is $e^\beta$.
///
/// # How it costs so little
///
/// Spells of equal covariates, event times at risk and outcome are one cell. With $a_j$ the hazard that pattern $j$
/// met, the score is $\sum_j (d_j - a_j) x_j$ and the information $\sum_j a_j x_j x_j^\top$ less a sum over event times,
/// so an iteration takes $O(\text{cells} + \text{patterns}\\,p^2 + \text{times}\\,p^2)$, of a factor only one column at a
/// time. Where hardly two cells have a pattern in common and times are few, $\sum_j w_j r_j x_j x_j^\top$ is added up by time instead, in one
/// pass over the cells. The variance by influence takes prefix sums over times and $O(p)$ a row, however many times it was at risk.
///
/// # Conventions
///
/// - A spell is at risk over (entry, exit]; at one time, events come before censorings and entries. Several rows of one
///   person (covariates that change, several spells) need no more than `entry`; cluster by person for honest errors.
/// - Times are equal if they are equal to the last bit. (R's `timefix` merges times closer than 1e-8.)
/// - Ties: Efron, as in R. [`Weights::Case`] counts spells, so that a row of weight 3 is three rows also among ties;
///   [`Weights::Sampling`] keeps rows: three tied rows are three events of mean weight $\bar w$ (R's `coxph` for all
///   weights).
/// - Variance: by influence where the spells have clusters or sampling weights, else the inverse information;
///   [`robust`](Self::robust) chooses. No small-sample factor.
/// - Without [`cause`](Self::cause) an exit for any cause is the event; with it, other causes are censorings.
/// - Rows of weight 0 are left out. Strata and offset are those of the design.
/// - The same bits for any number of threads.
///
/// # Examples
///
/// Six spells, one covariate (the first data set of R's validation vignette). With $r = e^\beta$ the likelihood of Breslow is
/// $2 \beta - \log(3 r + 3) - 2 \log(r + 3)$, and its maximum $\beta = \log \frac{3 + \sqrt{33}}{2}$:
///
/// ```
/// use afgang_models::{Cox, Design, Spells, Ties};
///
/// let exit = vec![1.0, 1.0, 6.0, 6.0, 8.0, 9.0];
/// let cause = [1, 0, 1, 1, 0, 1].map(|event| (event == 1).then_some(0));
/// let spells = Spells::new(1, exit, cause.to_vec())?;
/// let design = Design::builder().numeric("x", vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0]).build()?;
///
/// let fit = Cox::new().ties(Ties::Breslow).fit(&spells, &design)?;
/// let x = &fit.coefficients[0];
/// assert!((x.estimate.estimate - ((3.0 + 33.0_f64.sqrt()) / 2.0).ln()).abs() < 1e-12);
/// // The information is 3 r / (r + 1)^2 / 3 + 2 * 3 r / (r + 3)^2.
/// let r = x.estimate.estimate.exp();
/// let information = r / (r + 1.0).powi(2) + 6.0 * r / (r + 3.0).powi(2);
/// assert!((x.estimate.std_error.powi(-2) - information).abs() < 1e-12);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Cox, D. R. (1972). *J. R. Statist. Soc. B* 34, 187–220.
/// - Breslow, N. (1974). *Biometrics* 30, 89–99. Efron, B. (1977). *J. Amer. Statist. Assoc.* 72, 557–565.
/// - Gail, M. H., Lubin, J. H. and Rubinstein, L. V. (1981). *Biometrika* 68, 703–707.
/// - Lin, D. Y. and Wei, L. J. (1989). *J. Amer. Statist. Assoc.* 84, 1074–1078.
/// - Checked against R's `survival` 3.5-3; see `fixtures/r/cox.R`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Cox {
    ties: Ties,
    cause: Option<usize>,
    robust: Option<bool>,
    small_sample: bool,
    on_collinear: OnCollinear,
    level: f64,
    limits: Limits,
}

impl Default for Cox {
    fn default() -> Self {
        Self::new()
    }
}

/// Most numbers that the recursion over tied events may go through in an iteration, about a nanosecond each.
const MOST_STEPS: f64 = 2e11;

impl Cox {
    /// Efron's ties, any cause, variance as the spells ask for, level 0.95.
    pub const fn new() -> Self {
        Self {
            ties: Ties::Efron,
            cause: None,
            robust: None,
            small_sample: false,
            on_collinear: OnCollinear::Drop,
            level: 0.95,
            limits: Limits { iterations: 50, tolerance: 1e-8 },
        }
    }

    /// How tied events share their risk set. Default `Efron`, as in R.
    pub const fn ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }

    /// The cause that is the event; other causes are then censorings. Default: any cause.
    pub const fn cause(mut self, cause: usize) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Whether standard errors are by influence. Default: if there are clusters or sampling weights.
    pub const fn robust(mut self, robust: bool) -> Self {
        self.robust = Some(robust);
        self
    }

    /// Whether variances by influence are multiplied by $C/(C - 1)$ for $C$ clusters (else spells), as Stata does. Default no.
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Spells};
    ///
    /// let spells = Spells::new(1, vec![1.0, 2.0, 3.0, 4.0], vec![Some(0); 4])?;
    /// let design = Design::builder().numeric("x", vec![1.0, 0.0, 1.0, 0.0]).build()?;
    /// let of = |small| Cox::new().robust(true).small_sample(small).fit(&spells, &design);
    /// let (with, without) = (of(true)?.covariance[(0, 0)], of(false)?.covariance[(0, 0)]);
    /// assert!((with / without - 4.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub const fn small_sample(mut self, small_sample: bool) -> Self {
        self.small_sample = small_sample;
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

    /// Most Newton steps. Default 50 (R: 20).
    pub const fn max_iterations(mut self, iterations: usize) -> Self {
        self.limits.iterations = iterations;
        self
    }

    /// The step in standard errors that is the last. Default 1e-8, which leaves about its square. (R stops when
    /// the log-likelihood changes by less than 1e-9 of itself.)
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.limits.tolerance = tolerance;
        self
    }

    /// Fits the model. Row `i` of the design belongs to row `i` of the spells.
    ///
    /// # Errors
    ///
    /// - [`Error::ColumnLength`], [`Error::UnknownCause`], [`Error::Level`];
    /// - [`Error::NoEvents`], [`Error::NoEventsInLevel`], [`Error::MonotoneLikelihood`], [`Error::SingularInformation`],
    ///   [`Error::NotConverged`], [`Error::RiskOverflow`];
    /// - [`Error::CollinearColumn`] where collinear columns are refused;
    /// - [`Error::NoRobustVariance`] if a variance by influence is 0;
    /// - [`TiesError::FractionalWeight`] for case weights that are no counts, with ties other than Breslow's;
    ///   [`TiesError::ExactTies`] for sampling weights and variances by influence with exact ties.
    pub fn fit(self, spells: &Spells, design: &Design) -> Result<CoxFit> {
        let z = normal_quantile(self.level)?;
        let likelihood = self.likelihood(spells, design)?;
        CoxFit::new(self, z, likelihood, spells, design)
    }

    /// The log partial likelihood, its score and its information at given coefficients of all columns.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit), and [`Error::CovariateCount`].
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Spells, Ties};
    ///
    /// // One of two leaves at 1; the chance that it is the one with x = 1 is r / (r + 1).
    /// let spells = Spells::new(1, vec![1.0, 2.0], vec![Some(0), None])?;
    /// let design = Design::builder().numeric("x", vec![1.0, 0.0]).build()?;
    /// let at = Cox::new().partial_likelihood(&spells, &design, &[3.0_f64.ln()])?;
    /// assert!((at.log_likelihood - 0.75_f64.ln()).abs() < 1e-15);
    /// assert!((at.score[0] - 0.25).abs() < 1e-15);
    /// assert!((at.information[(0, 0)] - 0.75 * 0.25).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn partial_likelihood(
        self,
        spells: &Spells,
        design: &Design,
        coefficients: &[f64],
    ) -> Result<PartialLikelihood> {
        let likelihood = self.likelihood(spells, design)?;
        PartialLikelihood::of(&likelihood, &likelihood.x.scale, coefficients)
    }

    /// Whether a variance by influence was asked for; `None` is not said.
    pub(crate) const fn asks_for_influence(self) -> Option<bool> {
        self.robust
    }

    /// Whether the covariance is by influence.
    fn is_robust(self, spells: &Spells) -> bool {
        let dependent = spells.are_dependent() || matches!(spells.weights(), Weights::Sampling(_));
        self.robust.unwrap_or(dependent)
    }

    fn likelihood(self, spells: &Spells, design: &Design) -> Result<Likelihood> {
        let (found, expected) = (design.len(), spells.len());
        if found != expected {
            return Err(Error::ColumnLength { column: "design".to_owned(), found, expected });
        }
        let n_causes = spells.n_causes();
        if let Some(cause) = self.cause.filter(|&cause| cause >= n_causes) {
            return Err(Error::UnknownCause { cause, n_causes });
        }
        self.check_weights(spells)?;
        let sets = RiskSets::new(spells, design, self.cause);
        if sets.times.is_empty() {
            let at_risk = (0..spells.len()).filter(|&row| spells.weights().of(row) > 0.0);
            return Err(Error::NoEvents { spells: at_risk.count() });
        }
        if self.ties == Ties::Exact {
            exact::check_cost(&sets, MOST_STEPS / exact::n_columns(design.n_columns()) as f64)?;
        }
        Ok(Likelihood::new(sets, design, self.ties))
    }

    fn check_weights(self, spells: &Spells) -> Result<()> {
        if self.ties == Ties::Exact {
            if matches!(spells.weights(), Weights::Sampling(_)) {
                return Err(Error::Ties(TiesError::ExactTies {
                    what: "a likelihood with sampling weights",
                }));
            }
            if self.is_robust(spells) {
                return Err(Error::Ties(TiesError::ExactTies { what: "a variance by influence" }));
            }
        }
        if let (Weights::Case(weights), Ties::Efron | Ties::Exact) = (spells.weights(), self.ties)
            && let Some(row) = weights.iter().position(|weight| weight.fract() != 0.0)
        {
            return Err(Error::Ties(TiesError::FractionalWeight { row, weight: weights[row] }));
        }
        Ok(())
    }
}

/// Models of all causes, by [`Cox::fit_causes`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CoxFits {
    /// One fit a cause.
    pub causes: Vec<CoxFit>,
}

impl CoxFits {
    /// Models that were fitted one by one to the same spells and design: of every cause, in their order.
    ///
    /// ```
    /// use afgang_models::{Cox, CoxFits, Design, Interval, Profile, Spells};
    ///
    /// // Of four one leaves for cause 0, then one of three for cause 1.
    /// let spells = Spells::new(2, vec![1.0, 2.0, 3.0, 3.0], vec![Some(0), Some(1), None, None])?;
    /// let design = Design::builder().rows(4).build()?;
    /// let of = |cause| Cox::new().cause(cause).fit(&spells, &design);
    /// let curves = CoxFits::new(vec![of(0)?, of(1)?]).incidence(&Profile::new(vec![]), Interval::Log)?;
    /// assert!((curves[0].at(3.0) - (1.0 - (-0.25_f64).exp())).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub const fn new(causes: Vec<CoxFit>) -> Self {
        Self { causes }
    }
}

impl Names {
    pub(crate) fn new(design: &Design) -> Self {
        let term = |column| design.term_of(column).map_or(String::new(), |term| term.name.clone());
        Self {
            columns: design.column_names().to_vec(),
            terms: (0..design.n_columns()).map(term).collect(),
        }
    }
}
