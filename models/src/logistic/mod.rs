//! Logistic regression.

mod firth;
mod fit;
mod outcomes;
mod profile;

pub use fit::{LogisticCounts, LogisticFit};
pub use outcomes::Outcomes;

use crate::cox::OnCollinear;
use crate::design::Design;
use crate::discrete::{DiscreteHazard, Shape};
use crate::error::{Error, Result};
use crate::interval::normal_quantile;
use crate::spells::Weights;

/// Logistic regression, for counted and for single outcomes.
///
/// An outcome with covariates $x$ has the event with the chance $p = 1 / (1 + e^{-\eta})$, $\eta = \alpha + x^\top\beta +
/// \text{offset}$; $e^\beta$ are odds ratios. It is a [`DiscreteHazard`] of one time, and collapses equal rows as that does.
///
/// [`firth`](Self::firth) maximises Firth's penalised likelihood $\ell + \tfrac12 \log |I|$ instead, whose score is
///
/// $$U^* = \sum_i \bigl(y_i - p_i + h_i (\tfrac12 - p_i)\bigr) x_i,\qquad h_i = p_i (1 - p_i)\\,x_i^\top I^{-1} x_i .$$
///
/// It takes away the first term of the estimates' bias, and has a maximum where the likelihood has none.
///
/// # Conventions
///
/// - Where terms tell events from the rest without error ([`Error::Separation`]), or a level has no event, there is no estimate, and
///   the error names the terms; Firth's penalty has one.
/// - Variance: by influence where the outcomes have clusters or sampling weights, else the inverse information;
///   [`robust`](Self::robust) chooses. No small-sample factor. With Firth's penalty the inverse information at its estimate, as in
///   Heinze and Schemper (2002); sampling weights, clusters and variances by influence are refused there.
/// - With Firth's penalty limits are those of the profile of the penalised likelihood: $2(\ell^*_{max} - \ell^*(\beta_k)) = z^2$ with the
///   other coefficients at their best for $\beta_k$, and the statistic is the signed root of twice the loss at $\beta_k = 0$ (Heinze and
///   Schemper 2002; R's `logistf`). Where outcomes are separated the profile may have several maxima, of which the search has four starts.
///   [`wald`](Self::wald) takes estimate $\pm z$ standard errors instead.
/// - The null model has the intercept alone; with Firth's penalty it keeps the penalty of all columns.
/// - Rows of weight 0 are left out. Strata of the design are not used.
/// - The same bits for any number of threads.
///
/// # Examples
///
/// Of four with x = 0 one has the event, of four with x = 1 two: odds 1/3 and 1. With Firth's penalty a saturated table has 1/2 added to
/// every cell, odds 1.5/3.5 and 1:
///
/// ```
/// use afgang_models::{Design, Logistic, Outcomes};
///
/// let outcomes = Outcomes::new(&[true, false, false, false, true, true, false, false])?;
/// let x = vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
/// let design = Design::builder().numeric("x", x).build()?;
///
/// let fit = Logistic::new().fit(&outcomes, &design)?;
/// assert!((fit.coefficients[0].estimate.estimate + 3.0_f64.ln()).abs() < 1e-12);
/// assert!((fit.coefficients[1].odds_ratio().estimate - 3.0).abs() < 1e-11);
/// // 1/1 + 1/3 + 1/2 + 1/2.
/// assert!((fit.covariance[(1, 1)] - 7.0 / 3.0).abs() < 1e-11);
///
/// let firth = Logistic::new().firth(true).fit(&outcomes, &design)?;
/// assert!((firth.coefficients[1].odds_ratio().estimate - 3.5 / 1.5).abs() < 1e-9);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Albert, A. and Anderson, J. A. (1984). *Biometrika* 71, 1–10 (separation).
/// - Firth, D. (1993). *Biometrika* 80, 27–38. Heinze, G. and Schemper, M. (2002). *Statist. Med.* 21, 2409–2419.
/// - Checked against R's `glm` and the modified score equations; see `fixtures/r/logistic.R`.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Logistic {
    firth: bool,
    hazard: DiscreteHazard,
    robust: Option<bool>,
    wald: bool,
    level: f64,
    iterations: usize,
    tolerance: f64,
}

impl Default for Logistic {
    fn default() -> Self {
        Self::new()
    }
}

impl Logistic {
    /// Without penalty, variance as the outcomes ask for, level 0.95.
    pub const fn new() -> Self {
        Self {
            firth: false,
            hazard: DiscreteHazard::new(),
            robust: None,
            wald: false,
            level: 0.95,
            iterations: 50,
            tolerance: 1e-8,
        }
    }

    /// Whether Firth's penalty is added. Default: no.
    pub const fn firth(mut self, firth: bool) -> Self {
        self.firth = firth;
        self
    }

    /// Whether standard errors are by influence. Default: if there are clusters or sampling weights.
    pub const fn robust(mut self, robust: bool) -> Self {
        self.robust = Some(robust);
        self
    }

    /// Whether limits and tests of coefficients with Firth's penalty are Wald's instead of the profile's. Default: no.
    pub const fn wald(mut self, wald: bool) -> Self {
        self.wald = wald;
        self
    }

    /// What to do with collinear columns. Default `Drop`, as in R.
    pub fn on_collinear(mut self, on_collinear: OnCollinear) -> Self {
        self.hazard = self.hazard.on_collinear(on_collinear);
        self
    }

    /// Level of the intervals. Default 0.95.
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Most Newton steps. Default 50 (R: 25); four times as many with Firth's penalty, whose steps take the leverages as they are.
    pub const fn max_iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// The step in standard errors that is the last. Default 1e-8, which leaves about its square; a thousandth of it with Firth's
    /// penalty.
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Fits the model. Row `i` of the design belongs to row `i` of the outcomes.
    ///
    /// # Errors
    ///
    /// - [`Error::ColumnLength`], [`Error::Level`], [`Error::OneOutcome`];
    /// - [`Error::NoEventsInLevel`], [`Error::Separation`], [`Error::SingularInformation`], [`Error::NotConverged`],
    ///   [`Error::RiskOverflow`];
    /// - [`Error::CollinearColumn`] where collinear columns are refused;
    /// - [`Error::NoRobustVariance`] if a variance by influence is 0;
    /// - [`Error::FirthVariance`] for Firth's penalty with clusters, sampling weights or a variance by influence.
    pub fn fit(&self, outcomes: &Outcomes, design: &Design) -> Result<LogisticFit> {
        let z = normal_quantile(self.level)?;
        let (iterations, tolerance) = if self.firth {
            (4 * self.iterations, 1e-3 * self.tolerance)
        } else {
            (self.iterations, self.tolerance)
        };
        let mut spec = self
            .hazard
            .clone()
            .baseline(Shape::Polynomial(0))
            .level(self.level)
            .max_iterations(iterations)
            .tolerance(tolerance);
        if let Some(robust) = self.robust {
            spec = spec.robust(robust);
        }
        let spells = &outcomes.0;
        let likelihood = spec.likelihood(spells, design, false)?;
        outcomes.both_ways()?;
        if !self.firth {
            let fit = crate::discrete::DiscreteFit::new(&spec, z, likelihood, spells, design)?;
            return Ok(LogisticFit::of(fit));
        }
        for (what, wrong) in [
            ("clusters", spells.are_dependent()),
            ("sampling weights", matches!(spells.weights(), Weights::Sampling(_))),
            ("a variance by influence", self.robust == Some(true)),
        ] {
            if wrong {
                return Err(Error::FirthVariance { what });
            }
        }
        LogisticFit::firth(&spec, z, likelihood, spells, design, !self.wald)
    }
}
