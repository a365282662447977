//! Differences between the estimates of groups.

use nalgebra::{DMatrix, DVector};

use crate::curve::Point;
use crate::error::{Error, Result};
use crate::interval::normal_quantile;
use crate::multiplicity::{benjamini_hochberg, holm};
use crate::score_test::{quadratic_form, upper_tail};
use crate::summation::cancel;

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

/// Estimates of several groups with their covariances, to be set against each other by a [`Contrast`].
///
/// Groups without common spells or persons are independent: pairs `(estimate, standard error)`, [estimates](Estimate) or
/// [points of curves](Point) turn into joint estimates without covariances. Persons with spells in several groups make
/// estimates dependent; [`RestrictedMean::fit_groups`](crate::RestrictedMean::fit_groups) gives their covariances.
///
/// ```
/// use afgang_models::{Contrast, EventTable, JointEstimates, KaplanMeier};
///
/// // The chance to be in after half a year, of two groups: 3/4 and 1/2 of 64 each.
/// let point = |left, stay| {
///     let table = EventTable::from_counts(1, &[2.0, 9.0], &[left, 0], &[0, stay], None)?;
///     Ok::<_, afgang_models::Error>(KaplanMeier::new().fit(&table)?.point(6.0))
/// };
/// let groups: JointEstimates = [point(16, 48)?, point(32, 32)?].into_iter().collect();
/// let apart = Contrast::Difference.between(&groups, 0, 1, 0.95)?;
/// assert!((apart.estimate.estimate - 0.25).abs() < 1e-15);
/// // Variances 3/16/64 and 4/16/64.
/// assert!((apart.estimate.std_error.powi(2) - 7.0 / 1024.0).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct JointEstimates {
    values: DVector<f64>,
    covariance: DMatrix<f64>,
}

impl JointEstimates {
    /// Estimates with their covariance matrix, groups by groups.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] unless the matrix has as many rows and columns as there are estimates.
    pub fn new(estimates: &[f64], covariance: &[Vec<f64>]) -> Result<Self> {
        let expected = estimates.len();
        let lengths = std::iter::once(covariance.len()).chain(covariance.iter().map(Vec::len));
        for found in lengths {
            if found != expected {
                return Err(Error::Length { column: "covariance", found, expected });
            }
        }
        Ok(Self {
            values: DVector::from_column_slice(estimates),
            covariance: DMatrix::from_fn(expected, expected, |g, h| covariance[g][h]),
        })
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no groups.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Estimate and standard error of a group; `None` for a group that is not there.
    pub fn get(&self, group: usize) -> Option<(f64, f64)> {
        (group < self.len()).then(|| (self.values[group], self.covariance[(group, group)].sqrt()))
    }

    /// The estimates one by one, with intervals that are symmetric around them.
    ///
    /// # Errors
    ///
    /// [`Error::Level`].
    pub fn estimates(&self, level: f64) -> Result<Vec<Estimate>> {
        let z = normal_quantile(level)?;
        let groups = (0..self.len()).filter_map(|group| self.get(group));
        Ok(groups.map(|(estimate, error)| Estimate::symmetric(estimate, error, z)).collect())
    }

    /// One less each estimate, with the same covariances: of incidences the chances of no such exit.
    ///
    /// ```
    /// use afgang_models::JointEstimates;
    ///
    /// let incidences = JointEstimates::from(&[(0.25, 0.03), (0.5, 0.04)]);
    /// assert_eq!(incidences.complement().get(0), Some((0.75, 0.03)));
    /// ```
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { values: self.values.map(|value| 1.0 - value), covariance: self.covariance.clone() }
    }

    /// Covariance of the estimates of two groups; `None` for a group that is not there.
    pub fn covariance(&self, group: usize, other: usize) -> Option<f64> {
        self.covariance.get((group, other)).copied()
    }
}

impl FromIterator<(f64, f64)> for JointEstimates {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(groups: I) -> Self {
        let (values, errors): (Vec<f64>, Vec<f64>) = groups.into_iter().unzip();
        let variances = errors.iter().map(|error| error * error);
        let variances = DVector::from_iterator(errors.len(), variances);
        Self { values: DVector::from_vec(values), covariance: DMatrix::from_diagonal(&variances) }
    }
}

impl FromIterator<Estimate> for JointEstimates {
    fn from_iter<I: IntoIterator<Item = Estimate>>(groups: I) -> Self {
        groups.into_iter().map(|group| (group.estimate, group.std_error)).collect()
    }
}

impl FromIterator<Point> for JointEstimates {
    fn from_iter<I: IntoIterator<Item = Point>>(groups: I) -> Self {
        groups.into_iter().map(|group| (group.estimate, group.std_error)).collect()
    }
}

impl From<&Self> for JointEstimates {
    fn from(groups: &Self) -> Self {
        groups.clone()
    }
}

impl From<&[(f64, f64)]> for JointEstimates {
    fn from(groups: &[(f64, f64)]) -> Self {
        groups.iter().copied().collect()
    }
}

impl From<&Vec<(f64, f64)>> for JointEstimates {
    fn from(groups: &Vec<(f64, f64)>) -> Self {
        groups.iter().copied().collect()
    }
}

impl<const N: usize> From<&[(f64, f64); N]> for JointEstimates {
    fn from(groups: &[(f64, f64); N]) -> Self {
        groups.iter().copied().collect()
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
    /// $\log \theta_g / \log \theta_h$ of survival probabilities: the ratio of cumulative hazards, with an interval and a
    /// test on the scale of its logarithm, which holds its size best in small groups (Klein et al. 2007). Take
    /// $1 - \hat F$ of an incidence.
    CumulativeHazardRatio,
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

/// Several comparisons, with p-values adjusted for their number.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Contrasts {
    /// The comparisons.
    pub pairs: Vec<Contrasted>,
    /// Their p-values by [Holm](crate::holm).
    pub p_holm: Vec<f64>,
    /// Their p-values by [Benjamini and Hochberg](crate::benjamini_hochberg).
    pub p_benjamini_hochberg: Vec<f64>,
}

impl Contrasts {
    fn new(pairs: Vec<Contrasted>) -> Self {
        let p_values: Vec<f64> = pairs.iter().map(|pair| pair.p_value).collect();
        let (p_holm, p_benjamini_hochberg) = (holm(&p_values), benjamini_hochberg(&p_values));
        Self { pairs, p_holm, p_benjamini_hochberg }
    }
}

impl Contrast {
    /// Compares two groups, such as restricted means or values of curves at one time.
    ///
    /// With $g(\theta)$ the estimate on the scale of the contrast, $g(\theta_g) - g(\theta_h)$ has the variance
    /// $\sigma_{gg} + \sigma_{hh} - 2\sigma_{gh}$ (by the delta method), and the test is Wald's.
    ///
    /// # Errors
    ///
    /// [`Error::Level`]; [`Error::NoInformation`] if there are no standard errors to compare by, or for estimates that the
    /// scale does not have (not above 0; or not below 1); [`Error::Length`] for groups that are not there.
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
    ///
    /// # References
    ///
    /// - Klein, J. P., Logan, B., Harhoff, M. and Andersen, P. K. (2007). *Statist. Med.* 26, 4505–4519.
    pub fn between(
        self,
        groups: impl Into<JointEstimates>,
        group: usize,
        reference: usize,
        level: f64,
    ) -> Result<Contrasted> {
        self.compare(&groups.into(), group, reference, normal_quantile(level)?)
    }

    /// Compares every two groups, each with those before it.
    ///
    /// # Errors
    ///
    /// Those of [`between`](Self::between); [`Error::TooFewGroups`].
    ///
    /// ```
    /// use afgang_models::Contrast;
    ///
    /// let of = Contrast::Difference.pairwise(&[(10.0, 3.0), (8.0, 4.0), (2.0, 4.0)], 0.95)?;
    /// let pairs: Vec<_> = of.pairs.iter().map(|pair| (pair.group, pair.reference)).collect();
    /// assert_eq!(pairs, [(1, 0), (2, 0), (2, 1)]);
    /// assert_eq!(of.pairs[1].estimate.estimate, -8.0);
    /// assert_eq!(of.p_holm[1], 3.0 * of.pairs[1].p_value);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn pairwise(self, groups: impl Into<JointEstimates>, level: f64) -> Result<Contrasts> {
        let (groups, z) = (at_least_two(groups.into())?, normal_quantile(level)?);
        let mut pairs = Vec::new();
        for group in 1..groups.len() {
            for reference in 0..group {
                pairs.push(self.compare(&groups, group, reference, z)?);
            }
        }
        Ok(Contrasts::new(pairs))
    }

    /// Compares every other group with `reference`.
    ///
    /// # Errors
    ///
    /// Those of [`pairwise`](Self::pairwise).
    pub fn against(
        self,
        groups: impl Into<JointEstimates>,
        reference: usize,
        level: f64,
    ) -> Result<Contrasts> {
        let (groups, z) = (at_least_two(groups.into())?, normal_quantile(level)?);
        let others = (0..groups.len()).filter(|&group| group != reference);
        let pairs = others.map(|group| self.compare(&groups, group, reference, z));
        Ok(Contrasts::new(pairs.collect::<Result<_>>()?))
    }

    /// Tests that all groups are alike, by the Wald statistic of their differences on the scale of the contrast.
    ///
    /// For independent groups it is $\sum_g (\theta_g - \bar\theta)^2 / \sigma_g^2$ with $\bar\theta$ the mean weighted by
    /// $1/\sigma_g^2$.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewGroups`]; [`Error::NoInformation`] for a standard error that is 0 or not finite, and for estimates
    /// that the scale does not have.
    ///
    /// ```
    /// use afgang_models::{Contrast, JointEstimates};
    ///
    /// // A common part of the error leaves differences alone: variances 10 and 17 with covariance 1.
    /// let groups = JointEstimates::new(&[10.0, 8.0], &[vec![10.0, 1.0], vec![1.0, 17.0]])?;
    /// let test = Contrast::Difference.equal(&groups)?;
    /// assert!((test.statistic - 4.0 / 25.0).abs() < 1e-15);
    /// assert_eq!(test.df, 1);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn equal(self, groups: impl Into<JointEstimates>) -> Result<WaldTest> {
        let groups = at_least_two(groups.into())?;
        let scaled: Vec<(f64, f64)> = (0..groups.len())
            .map(|g| self.scale(groups.values[g]).filter(|_| groups.covariance[(g, g)] > 0.0))
            .collect::<Option<_>>()
            .ok_or(Error::NoInformation)?;
        let covariance = |g: usize, h: usize| scaled[g].1 * scaled[h].1 * groups.covariance[(g, h)];
        let n = groups.len() - 1;
        // Differences from the first group.
        let values = DVector::from_fn(n, |g, _| scaled[g + 1].0 - scaled[0].0);
        let unlike =
            |g: usize| !cancel(&[covariance(g, g), -2.0 * covariance(g, 0), covariance(0, 0)]);
        let variance = DMatrix::from_fn(n, n, |g, h| {
            if !(unlike(g + 1) && unlike(h + 1)) {
                return 0.0; // who vary together tell nothing of each other
            }
            covariance(g + 1, h + 1) - covariance(g + 1, 0) - covariance(0, h + 1)
                + covariance(0, 0)
        });
        if values.iter().chain(&variance).any(|value| !value.is_finite()) {
            return Err(Error::NoInformation);
        }
        let (statistic, df) = quadratic_form(&values, &variance)?;
        Ok(WaldTest { statistic, df, p_value: upper_tail(statistic, df) })
    }

    /// The estimate on the scale on which differences are taken, and its slope there; `None` where the scale ends.
    fn scale(self, value: f64) -> Option<(f64, f64)> {
        match self {
            Self::Difference => Some((value, 1.0)),
            Self::Ratio => (value > 0.0).then(|| (value.ln(), 1.0 / value)),
            Self::CumulativeHazardRatio => (value > 0.0 && value < 1.0)
                .then(|| ((-value.ln()).ln(), 1.0 / (value * value.ln()))),
        }
    }

    fn compare(
        self,
        groups: &JointEstimates,
        group: usize,
        reference: usize,
        z: f64,
    ) -> Result<Contrasted> {
        let (found, expected) = (groups.len(), group.max(reference) + 1);
        if found < expected {
            return Err(Error::Length { column: "groups", found, expected });
        }
        let scaled = |g: usize| self.scale(groups.values[g]).ok_or(Error::NoInformation);
        let ((one, slope_one), (two, slope_two)) = (scaled(group)?, scaled(reference)?);
        let covariance = |g: usize, h: usize| groups.covariance[(g, h)];
        let terms = [
            slope_one * slope_one * covariance(group, group),
            slope_two * slope_two * covariance(reference, reference),
            -2.0 * slope_one * slope_two * covariance(group, reference),
        ];
        let variance: f64 = terms.iter().sum();
        let value = one - two;
        let statistic = value * value / variance;
        if !statistic.is_finite() || variance <= 0.0 || cancel(&terms) {
            return Err(Error::NoInformation);
        }
        let on_scale = Estimate::symmetric(value, variance.sqrt(), z);
        let estimate = match self {
            Self::Difference => on_scale,
            Self::Ratio | Self::CumulativeHazardRatio => Estimate {
                estimate: value.exp(),
                conf_low: on_scale.conf_low.exp(),
                conf_high: on_scale.conf_high.exp(),
                ..on_scale
            },
        };
        Ok(Contrasted { group, reference, estimate, p_value: upper_tail(statistic, 1) })
    }
}

fn at_least_two(groups: JointEstimates) -> Result<JointEstimates> {
    if groups.len() < 2 {
        return Err(Error::TooFewGroups { found: groups.len() });
    }
    Ok(groups)
}

/// Result of [`Contrast::equal`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct WaldTest {
    /// Chi-square statistic.
    pub statistic: f64,
    /// Rank of the differences' variance: groups less one, unless there are fewer persons than groups.
    pub df: usize,
    /// Upper tail of the chi-square distribution.
    pub p_value: f64,
}

/// Tests that estimates are equal, such as restricted means: [`Contrast::equal`] of differences.
///
/// # Errors
///
/// Those of [`Contrast::equal`].
///
/// ```
/// use afgang_models::equal_estimates;
///
/// // Of two groups: the squared difference over the sum of the variances, 4 / 25.
/// let test = equal_estimates(&[(10.0, 3.0), (8.0, 4.0)])?;
/// assert!((test.statistic - 4.0 / 25.0).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
pub fn equal_estimates(groups: impl Into<JointEstimates>) -> Result<WaldTest> {
    Contrast::Difference.equal(groups)
}
