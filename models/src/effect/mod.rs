//! Effects of a treatment on paths of outcomes.

mod assignment;
mod balance;
mod covariates;
mod error;
mod means;
mod outcomes;
mod path;
mod pseudo_values;

use ndarray::Array2;

pub use assignment::{Assignment, ByArm};
pub use balance::{Balance, BalanceRow};
pub use error::EffectError;
pub use outcomes::OutcomePaths;
pub use path::{EffectBand, EffectPath, NoEstimate};

use crate::contrast::Estimate;
use crate::error::Result;
use crate::interval::normal_quantile;
use crate::spells::same_length;
use covariates::Covariates;
use means::Prepared;

/// Difference between a treated and a comparison arm in the mean of an outcome, time by time.
///
/// With $A_i$ for being treated, $Y_i(t)$ for the outcome, $\omega_i$ for sampling weights (1 without) and sums over who is followed to
/// $t$, the means of the arms $a = 1, 0$ are
///
/// | | $\hat\mu_a(t)$ |
/// |---|---|
/// | [`randomised`](Self::randomised) | mean of the arm |
/// | [`stratified`](Self::stratified) | $\sum_s (N_s/N)\\,\bar Y_{as}$, means of the arm in each stratum by the stratum's share of all persons |
/// | [`weighted`](Self::weighted) | $\sum_{A=a} \omega_i v_i Y_i / \sum_{A=a} \omega_i v_i$, $v = 1/\hat e$ and $1/(1 - \hat e)$ (Hajek) |
/// | [`regression`](Self::regression) | mean of $\hat m_a(x_i)$ over all persons, $\hat m_a$ regressed in the arm |
/// | [`doubly_robust`](Self::doubly_robust) | the same with the regression weighted by $\omega_i v_i$ |
///
/// $\hat e(x)$, the propensity, is a logit of being treated on the covariates ([`Logistic`](crate::Logistic)), from all persons, and
/// the same at all times. For the effect on the treated ([`Target::Treated`]) shares of strata and means of predictions are those of the
/// treated, and $v = 1$ and $\hat e / (1 - \hat e)$. The doubly robust means are consistent if either the propensity or the regression
/// is right (Wooldridge 2007); the others by covariates need theirs.
///
/// # Variance
///
/// $\sum_i \psi_i(t)^2$ with $\psi_i = \omega_i\\,\partial (\hat\mu_1 - \hat\mu_0) / \partial \omega_i$, in which the coefficients of propensity
/// and regression move too: the sandwich of the stacked estimating equations. In randomised arms $\psi$ is multiplied by
/// $\sqrt{n/(n - 1)}$, $n$ the persons of the arm (of the stratum), which makes it Neyman's $s_1^2/n_1 + s_0^2/n_0$, and shares of
/// strata are taken as given. Intervals are the estimate $\pm z$ standard errors.
///
/// # Conventions
///
/// - A person is followed to a time unless the outcome is `NaN`. Means are of complete cases at each time; regressions predict for all
///   persons. Follow-up that ends in ways that depend on the outcome is not mended.
/// - A time without an estimate (too few followed, a logit that has none) has `NaN` and stands in
///   [`without_estimate`](EffectPath::without_estimate); the fit is refused only if no time has one.
/// - An arm in which nobody has the event has the mean 0 without error under a logit.
/// - A propensity below [`least_propensity`](Self::least_propensity) or above one less it is refused, for the treated only where
///   comparison persons have it.
/// - Columns that others determine among all persons are left out; in an arm alone they are refused.
/// - Defaults: target `All`, level 0.95, least propensity 1e-5, seed 1.
///
/// # Examples
///
/// Of four treated 3 are in education after one week, of four others 1: 3/4 less 1/4, with the variance
/// $2 \cdot \tfrac{4}{3} \cdot \tfrac{3}{16} / 4 = 1/8$.
///
/// ```
/// use afgang_models::{Assignment, Design, OutcomePaths, Target, TreatmentEffect};
///
/// let treated = [true, true, true, true, false, false, false, false];
/// let education = [[true], [true], [true], [false], [true], [false], [false], [false]];
/// let paths = OutcomePaths::states(&education, 1)?;
/// let assignment = Assignment::new(&treated)?;
/// let effect = TreatmentEffect::randomised().fit(&assignment, &paths)?;
/// assert_eq!(effect.difference[0].estimate, 0.5);
/// assert!((effect.difference[0].std_error.powi(2) - 1.0 / 8.0).abs() < 1e-15);
///
/// // Three of the treated are young, and one of the others, the one in education. Weighted as the treated, the young one counts for
/// // 3 (the odds of being treated when young) and the three who are not for 1/3 each: 3 of 4.
/// let young = vec![1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
/// let assignment = assignment.with_covariates(Design::builder().numeric("young", young).build()?)?;
/// let weighted = TreatmentEffect::weighted().target(Target::Treated).fit(&assignment, &paths)?;
/// assert!((weighted.comparison[0].estimate - 0.75).abs() < 1e-12);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Neyman, J. (1923), translated in *Statist. Sci.* 5 (1990), 465–480.
/// - Lunceford, J. K. and Davidian, M. (2004). *Statist. Med.* 23, 2937–2960 (weighting, with the propensity's part in the variance).
/// - Hirano, K., Imbens, G. W. and Ridder, G. (2003). *Econometrica* 71, 1161–1189.
/// - Wooldridge, J. M. (2007). *J. Econometrics* 141, 1281–1301 (weighted regression adjustment).
/// - Papke, L. E. and Wooldridge, J. M. (1996). *J. Appl. Econometrics* 11, 619–632 (logits of shares).
/// - Lin, D. Y., Fleming, T. R. and Wei, L. J. (1994). *Biometrika* 81, 73–81 (bands).
/// - Checked against Python's statsmodels and stacked equations; see `fixtures/python/effect.py`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct TreatmentEffect {
    method: EffectMethod,
    target: Target,
    level: f64,
    bound: f64,
    seed: u64,
}

/// How two arms are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectMethod {
    /// Difference of the arms' means.
    Randomised,
    /// Differences in each stratum, weighted by the stratum's share.
    Stratified,
    /// Inverse-probability weighting.
    Weighted,
    /// Regression adjustment.
    Regression(OutcomeModel),
    /// Regression adjustment with regressions weighted by inverse probabilities.
    DoublyRobust(OutcomeModel),
}

impl EffectMethod {
    /// Whether it takes covariates.
    pub const fn by_covariates(self) -> bool {
        !matches!(self, Self::Randomised | Self::Stratified)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Randomised => "a randomised comparison",
            Self::Stratified => "a stratified comparison",
            Self::Weighted => "weighting",
            Self::Regression(_) => "regression adjustment",
            Self::DoublyRobust(_) => "a doubly robust comparison",
        }
    }
}

/// How an outcome is regressed on the covariates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutcomeModel {
    /// Least squares. Default.
    #[default]
    Linear,
    /// A logit, for outcomes from 0 to 1.
    Logit,
}

/// Whom the effect is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// All persons of both arms (average treatment effect). Default.
    #[default]
    All,
    /// The treated (average effect on the treated).
    Treated,
}

impl TreatmentEffect {
    /// An effect by a method, for all, at level 0.95.
    pub const fn new(method: EffectMethod) -> Self {
        Self { method, target: Target::All, level: 0.95, bound: 1e-5, seed: 1 }
    }

    /// Difference of the arms' means.
    pub const fn randomised() -> Self {
        Self::new(EffectMethod::Randomised)
    }

    /// Differences in each stratum, weighted by the stratum's share.
    pub const fn stratified() -> Self {
        Self::new(EffectMethod::Stratified)
    }

    /// Inverse-probability weighting.
    pub const fn weighted() -> Self {
        Self::new(EffectMethod::Weighted)
    }

    /// Regression adjustment.
    pub const fn regression(model: OutcomeModel) -> Self {
        Self::new(EffectMethod::Regression(model))
    }

    /// Regression adjustment with regressions weighted by inverse probabilities.
    pub const fn doubly_robust(model: OutcomeModel) -> Self {
        Self::new(EffectMethod::DoublyRobust(model))
    }

    /// Whom the effect is for. Default all. Arms of a randomised comparison are alike, and it gives the same for both.
    pub const fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Level of the intervals and of the band. Default 0.95.
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// The least propensity, and one less the largest, that is not refused. Default 1e-5.
    pub const fn least_propensity(mut self, bound: f64) -> Self {
        self.bound = bound;
        self
    }

    /// Seed of the band. Default 1.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The effect on each outcome of the paths. Row `i` of the paths belongs to row `i` of the assignment.
    ///
    /// # Errors
    ///
    /// - [`Error::Length`](crate::Error::Length), [`Error::Level`](crate::Error::Level), [`EffectError::Bound`];
    /// - [`EffectError::NoStrata`], [`EffectError::SmallStratum`], [`EffectError::NoCovariates`];
    /// - [`EffectError::Propensity`] where the covariates tell the arms apart, [`EffectError::NoOverlap`];
    /// - [`EffectError::NotShare`] for a logit of outcomes that are no shares;
    /// - what was wrong with the first time, if there is an estimate at none.
    pub fn fit(self, assignment: &Assignment, paths: &OutcomePaths) -> Result<EffectPath> {
        let z = normal_quantile(self.level)?;
        self.check_bound()?;
        same_length("outcomes", paths.values().nrows(), assignment.len())?;
        if let EffectMethod::Regression(OutcomeModel::Logit)
        | EffectMethod::DoublyRobust(OutcomeModel::Logit) = self.method
        {
            paths.shares(assignment.rows())?;
        }
        let prepared = Prepared::new(assignment, self.method, self.target, self.bound)?;
        let n_times = paths.time().len();
        let nothing = Estimate::symmetric(f64::NAN, f64::NAN, z);
        let (mut treated, mut comparison) = (vec![nothing; n_times], vec![nothing; n_times]);
        let mut difference = treated.clone();
        let mut influence = Array2::from_elem((assignment.len(), n_times), f64::NAN);
        let mut without_estimate = Vec::new();
        for place in 0..n_times {
            let mean = |treated| prepared.mean(paths, place, treated);
            match mean(true).and_then(|one| Ok((one, mean(false)?))) {
                Ok((one, other)) => {
                    let estimate = |mean: f64, influence: &mut dyn Iterator<Item = f64>| {
                        let variance: f64 = influence.map(|psi| psi * psi).sum();
                        Estimate::symmetric(mean, variance.sqrt(), z)
                    };
                    treated[place] = estimate(one.mean, &mut one.influence.iter().copied());
                    comparison[place] = estimate(other.mean, &mut other.influence.iter().copied());
                    let mut column = influence.column_mut(place);
                    for (at, psi) in column.iter_mut().enumerate() {
                        *psi = one.influence[at] - other.influence[at];
                    }
                    difference[place] =
                        estimate(one.mean - other.mean, &mut column.iter().copied());
                }
                Err(error) => {
                    without_estimate.push(NoEstimate { place, time: paths.time()[place], error });
                }
            }
        }
        if without_estimate.len() == n_times {
            return Err(without_estimate.swap_remove(0).error);
        }
        let count = |treated| {
            let at = |place| paths.followed(assignment, place, treated).len();
            Ok((0..n_times).map(at).collect())
        };
        let balance = match prepared.covariates {
            Some(_) => Some(self.balance_of(assignment, &prepared)?),
            None => None,
        };
        Ok(EffectPath {
            time: paths.time().to_vec(),
            persons: assignment.persons(),
            followed: ByArm::both(count)?,
            treated,
            comparison,
            band: EffectBand::new(&difference, &influence, self.level, self.seed)?,
            difference,
            influence,
            balance,
            without_estimate,
        })
    }
    /// Covariates of both arms before and after the method's weights, without any outcome. A method without a propensity weights
    /// nobody, and both are the same.
    ///
    /// # Errors
    ///
    /// [`EffectError::NoCovariates`], [`EffectError::Bound`], [`EffectError::Propensity`], [`EffectError::NoOverlap`], and for strata
    /// those of [`fit`](Self::fit).
    ///
    /// ```
    /// use afgang_models::{Assignment, Design, TreatmentEffect};
    ///
    /// // Half of the treated are young, and a quarter of the others: 1/4 by the root of (1/4 + 3/16) / 2.
    /// let young = vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    /// let assignment = Assignment::new(&[true, true, true, true, false, false, false, false])?
    ///     .with_covariates(Design::builder().numeric("young", young).build()?)?;
    /// let balance = TreatmentEffect::weighted().balance(&assignment)?;
    /// let want = 0.25 / (7.0_f64 / 32.0).sqrt();
    /// assert!((balance.rows[0].difference_before - want).abs() < 1e-15);
    /// assert!(balance.largest_after() < 1e-10);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn balance(self, assignment: &Assignment) -> Result<Balance> {
        self.check_bound()?;
        let prepared = Prepared::new(assignment, self.method, self.target, self.bound)?;
        self.balance_of(assignment, &prepared)
    }

    fn balance_of(self, assignment: &Assignment, prepared: &Prepared<'_>) -> Result<Balance> {
        let design = assignment.covariates.as_ref();
        let design = design.ok_or(EffectError::NoCovariates { method: "a balance table" })?;
        let all = self.target == Target::All;
        let propensity = prepared.propensity.as_ref();
        let own;
        let covariates = if let Some(covariates) = &prepared.covariates {
            covariates
        } else {
            own = Covariates::new(design, assignment.rows());
            &own
        };
        Ok(Balance::new(assignment, design, covariates, propensity, all))
    }

    fn check_bound(self) -> Result<()> {
        if (0.0..0.5).contains(&self.bound) {
            Ok(())
        } else {
            Err(EffectError::Bound { bound: self.bound }.into())
        }
    }
}
