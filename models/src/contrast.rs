//! Differences between independent estimates.

use crate::error::{Error, Result};
use crate::interval::normal_quantile;
use crate::score_test::upper_tail;

/// An estimate with its standard error and interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Lower limit.
    pub conf_low: f64,
    /// Upper limit.
    pub conf_high: f64,
}

impl Estimate {
    /// Estimate $\pm z$ standard errors.
    pub(crate) fn symmetric(estimate: f64, std_error: f64, z: f64) -> Self {
        let half = z * std_error;
        Self { estimate, std_error, conf_low: estimate - half, conf_high: estimate + half }
    }
}

/// What sets two estimates against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Contrast {
    /// $\theta_g - \theta_h$.
    #[default]
    Difference,
    /// $\theta_g / \theta_h$, with an interval and a test on the scale of the logarithm.
    Ratio,
}

/// Two groups set against each other.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Contrasted {
    /// The group, by its place in the input.
    pub group: usize,
    /// What it is compared with.
    pub reference: usize,
    /// The difference or ratio; the standard error of a ratio is that of its logarithm.
    pub estimate: Estimate,
    /// Two-sided, of the hypothesis that the groups are alike.
    pub p_value: f64,
}

impl Contrast {
    /// Compares independent estimates `(estimate, standard error)` of two groups, such as restricted means or values of
    /// curves at one time.
    ///
    /// # Errors
    ///
    /// [`Error::Level`]; [`Error::NoInformation`] if there are no standard errors to compare by, or for the ratio of
    /// estimates that are not above 0; [`Error::Length`] for groups that are not there.
    ///
    /// # Examples
    ///
    /// ```
    /// use afgang_models::Contrast;
    ///
    /// // A difference of 2 with standard error 5 (3 and 4 squared add to 25).
    /// let of = Contrast::Difference.between(&[(10.0, 3.0), (8.0, 4.0)], 0, 1, 0.95)?;
    /// assert_eq!((of.estimate.estimate, of.estimate.std_error), (2.0, 5.0));
    /// assert!((of.p_value - 0.689_156_516_779_353).abs() < 1e-12); // 2 * (1 - Phi(0.4))
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn between(
        self,
        groups: &[(f64, f64)],
        group: usize,
        reference: usize,
        level: f64,
    ) -> Result<Contrasted> {
        let z = normal_quantile(level)?;
        let find = |at: usize| {
            let (found, expected) = (groups.len(), at + 1);
            groups.get(at).copied().ok_or(Error::Length { column: "groups", found, expected })
        };
        let ((one, se_one), (two, se_two)) = (find(group)?, find(reference)?);
        let (value, std_error) = match self {
            Self::Difference => (one - two, se_one.hypot(se_two)),
            Self::Ratio => ((one / two).ln(), (se_one / one).hypot(se_two / two)),
        };
        let statistic = value * value / (std_error * std_error);
        if !statistic.is_finite() {
            return Err(Error::NoInformation);
        }
        let on_scale = Estimate::symmetric(value, std_error, z);
        let estimate = match self {
            Self::Difference => on_scale,
            Self::Ratio => Estimate {
                estimate: one / two,
                std_error,
                conf_low: on_scale.conf_low.exp(),
                conf_high: on_scale.conf_high.exp(),
            },
        };
        Ok(Contrasted { group, reference, estimate, p_value: upper_tail(statistic, 1) })
    }
}

/// Result of [`equal_estimates`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct WaldTest {
    /// Chi-square statistic.
    pub statistic: f64,
    /// Groups less one.
    pub df: usize,
    /// Upper tail of the chi-square distribution.
    pub p_value: f64,
}

/// Tests that independent estimates `(estimate, standard error)` are equal: a test of restricted-mean differences, for
/// example.
///
/// The statistic is $\sum_g (\theta_g - \bar\theta)^2 / \sigma_g^2$ with $\bar\theta$ the mean weighted by $1/\sigma_g^2$, the Wald
/// statistic of all differences.
///
/// # Errors
///
/// [`Error::TooFewGroups`]; [`Error::NoInformation`] for a standard error that is 0 or not finite.
///
/// ```
/// use afgang_models::equal_estimates;
///
/// // Of two groups: the squared difference over the sum of the variances, 4 / 25.
/// let test = equal_estimates(&[(10.0, 3.0), (8.0, 4.0)])?;
/// assert!((test.statistic - 4.0 / 25.0).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
pub fn equal_estimates(groups: &[(f64, f64)]) -> Result<WaldTest> {
    if groups.len() < 2 {
        return Err(Error::TooFewGroups { found: groups.len() });
    }
    let weight = |std_error: f64| 1.0 / (std_error * std_error);
    let total: f64 = groups.iter().map(|&(_, se)| weight(se)).sum();
    // Differences from the first keep digits when estimates are large and close.
    let origin = groups[0].0;
    let mean = groups.iter().map(|&(value, se)| (value - origin) * weight(se)).sum::<f64>() / total;
    let statistic =
        groups.iter().map(|&(value, se)| (value - origin - mean).powi(2) * weight(se)).sum::<f64>();
    if !statistic.is_finite() {
        return Err(Error::NoInformation);
    }
    let df = groups.len() - 1;
    Ok(WaldTest { statistic, df, p_value: upper_tail(statistic, df) })
}
