//! What a comparison of two arms gives.

use nalgebra::DMatrix;
use ndarray::Array2;

use super::assignment::ByArm;
use super::balance::Balance;
use crate::band::{quantile, suprema_of_process};
use crate::contrast::Estimate;
use crate::error::{Error, Result};

/// Result of [`TreatmentEffect::fit`](crate::TreatmentEffect::fit): a value for each time of the paths.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EffectPath {
    /// Times since the start.
    pub time: Vec<f64>,
    /// Persons with weight in each arm.
    pub persons: ByArm<usize>,
    /// Those of them who are followed to each time.
    pub followed: ByArm<Vec<usize>>,
    /// Mean outcome of the target if all of it were treated; all `NaN` at a time without an estimate.
    pub treated: Vec<Estimate>,
    /// The same if none of it were.
    pub comparison: Vec<Estimate>,
    /// The first less the second.
    pub difference: Vec<Estimate>,
    /// A band that holds the differences at all times at once.
    pub band: EffectBand,
    /// What each person moves the difference by, persons by times. Columns sum to 0, and their squares to its variance.
    pub influence: Array2<f64>,
    /// Covariates of both arms, where the method uses them.
    pub balance: Option<Balance>,
    /// Times without an estimate, and why.
    pub without_estimate: Vec<NoEstimate>,
}

/// A time at which there is no estimate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NoEstimate {
    /// Its place among the times.
    pub place: usize,
    /// The time.
    pub time: f64,
    /// What was wrong.
    pub error: Error,
}

/// A band around differences that holds all of them at once with the probability of the level.
///
/// It is $\hat\Delta(t) \pm c\\,\hat\sigma(t)$, where $c$ is exceeded by $\sup_t |X(t)| / \hat\sigma(t)$ in one of twenty draws (at level
/// 0.95) of $X(t) = \sum_i \psi_i(t) \xi_i$, $\xi$ independent standard normal (the multiplier bootstrap: Lin, Fleming and Wei 1994).
/// Given the influences $\psi$, $X$ is normal with the covariances $\sum_i \psi_i(s) \psi_i(t)$, and is drawn as that: 1999 times, the
/// same for one seed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EffectBand {
    /// What standard errors were multiplied by; `NaN` if no difference has one.
    pub critical_value: f64,
    /// Lower limits; `NaN` at times where the difference has no standard error above 0.
    pub low: Vec<f64>,
    /// Upper limits.
    pub high: Vec<f64>,
    /// The largest difference in standard errors, by size.
    pub supremum: f64,
    /// Chance of a supremum at least as large without any difference, $(1 + \text{draws as large}) / 2000$.
    pub p_value: f64,
}

impl EffectBand {
    /// Around the differences, whose influences are persons by times.
    pub(super) fn new(
        difference: &[Estimate],
        influence: &Array2<f64>,
        level: f64,
        seed: u64,
    ) -> Result<Self> {
        let places: Vec<usize> =
            (0..difference.len()).filter(|&at| difference[at].std_error > 0.0).collect();
        let nothing = || vec![f64::NAN; difference.len()];
        let mut band = Self {
            critical_value: f64::NAN,
            low: nothing(),
            high: nothing(),
            supremum: f64::NAN,
            p_value: f64::NAN,
        };
        if places.is_empty() {
            return Ok(band);
        }
        let mut correlation = DMatrix::identity(places.len(), places.len());
        for (a, &one) in places.iter().enumerate() {
            for (b, &two) in places.iter().enumerate().take(a) {
                let covariance = influence.column(one).dot(&influence.column(two));
                let value = covariance / difference[one].std_error / difference[two].std_error;
                correlation[(a, b)] = value;
                correlation[(b, a)] = value;
            }
        }
        let suprema = suprema_of_process(&correlation, seed);
        let size = |&at: &usize| (difference[at].estimate / difference[at].std_error).abs();
        band.supremum = places.iter().map(size).fold(0.0, f64::max);
        let as_large = suprema.iter().filter(|&&drawn| drawn >= band.supremum).count();
        band.p_value = (1 + as_large) as f64 / (1 + suprema.len()) as f64;
        band.critical_value = quantile(level, suprema)?;
        for at in places {
            let half = band.critical_value * difference[at].std_error;
            band.low[at] = difference[at].estimate - half;
            band.high[at] = difference[at].estimate + half;
        }
        Ok(band)
    }
}
