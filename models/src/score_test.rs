//! What every test of several groups ends with: a score, its variance and a chi-square.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::error::{Error, Result};
use crate::summation::is_rounding;

/// Result of a test that groups are alike.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupTest {
    /// Chi-square statistic.
    pub statistic: f64,
    /// Degrees of freedom: the rank of the variance, one less than the number of groups that could be told apart.
    pub df: usize,
    /// Upper tail of the chi-square distribution.
    pub p_value: f64,
    /// The groups, in the order of the input.
    pub groups: Vec<TestedGroup>,
    /// Observed less expected events by group, weighted as the test weighs them.
    pub score: Vec<f64>,
    /// Covariance matrix of the score, groups by groups.
    pub variance: Vec<Vec<f64>>,
    /// Whether the variance of `cmprsk`, which [`Gray`](crate::Gray) takes else, was too small for ties, and another one was taken.
    pub ties_beyond_cmprsk: bool,
}

/// A group of a [`GroupTest`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TestedGroup {
    /// Spells (or weight).
    pub n: f64,
    /// Events of interest.
    pub observed: f64,
    /// Events expected if the groups were alike.
    pub expected: f64,
}

/// Eigenvalues below this part of the largest are rounding.
pub(crate) const RANK: f64 = 1e-10;

impl GroupTest {
    pub(crate) fn new(
        groups: Vec<TestedGroup>,
        score: &DVector<f64>,
        variance: &DMatrix<f64>,
    ) -> Result<Self> {
        let (statistic, df) = quadratic_form(score, variance)?;
        Ok(Self {
            statistic,
            df,
            p_value: upper_tail(statistic, df),
            groups,
            score: score.iter().copied().collect(),
            variance: variance.row_iter().map(|row| row.iter().copied().collect()).collect(),
            ties_beyond_cmprsk: false,
        })
    }

    /// The test of a trend over the groups: one degree of freedom,
    /// $(\sum_g a_g U_g)^2 / \sum_{gh} a_g a_h V_{gh}$ with the score $U$, its variance $V$ and a number $a_g$ for each
    /// group, such as its dose or rank (Tarone 1975).
    ///
    /// # Errors
    ///
    /// [`Error::Length`] unless there is one number a group, [`Error::NoInformation`] if all numbers are equal.
    pub fn trend(&self, numbers: &[f64]) -> Result<Trend> {
        let (found, expected) = (numbers.len(), self.score.len());
        if found != expected {
            return Err(Error::Length { column: "trend", found, expected });
        }
        // The score sums to 0, so the origin of the numbers is free; centring keeps digits.
        let mean = numbers.iter().sum::<f64>() / found as f64;
        let centred: Vec<f64> = numbers.iter().map(|a| a - mean).collect();
        let score: f64 = centred.iter().zip(&self.score).map(|(a, u)| a * u).sum();
        let (mut variance, mut sizes) = (0.0, 0.0);
        for (a, row) in centred.iter().zip(&self.variance) {
            for (b, v) in centred.iter().zip(row) {
                variance += a * b * v;
                sizes += (a * b * v).abs();
            }
        }
        let statistic = score * score / variance;
        if variance <= 0.0 || is_rounding(variance, sizes) || !statistic.is_finite() {
            return Err(Error::NoInformation);
        }
        Ok(Trend { statistic, p_value: upper_tail(statistic, 1), direction: score.signum() })
    }
}

/// Result of a [trend test](GroupTest::trend).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Trend {
    /// Chi-square statistic with one degree of freedom.
    pub statistic: f64,
    /// Its upper tail.
    pub p_value: f64,
    /// 1 if events come faster in groups of higher numbers, -1 if slower.
    pub direction: f64,
}

/// $u^\top V^- u$ with the rank of $V$, by its eigenvectors.
pub(crate) fn quadratic_form(
    score: &DVector<f64>,
    variance: &DMatrix<f64>,
) -> Result<(f64, usize)> {
    let n = score.len();
    if score.iter().chain(variance).any(|value| !value.is_finite()) {
        return Err(Error::NoInformation);
    }
    let scale: Vec<f64> = (0..n).map(|g| variance[(g, g)].max(0.0).sqrt()).collect();
    if let Some(found) = without_largest(score, variance, &scale) {
        return Ok(found);
    }
    // Scaled to unit diagonal, so that a small group is not taken for rounding.
    let of = |g: usize| if scale[g] > 0.0 { 1.0 / scale[g] } else { 0.0 };
    let scaled = DMatrix::from_fn(n, n, |g, h| variance[(g, h)] * of(g) * of(h));
    let eigen = SymmetricEigen::new(scaled);
    let largest = eigen.eigenvalues.max();
    let rank = eigen.eigenvalues.iter().filter(|&&value| value > RANK * largest).count();
    if rank == 0 || !largest.is_finite() || largest <= 0.0 {
        return Err(Error::NoInformation);
    }
    // The score lies in the range of V, so any generalised inverse gives the same; leaving out groups until the
    // rest is regular is the exact one.
    let kept = regular_subset(variance, &scale, rank);
    let part = DMatrix::from_fn(kept.len(), kept.len(), |g, h| variance[(kept[g], kept[h])]);
    let of_part = DVector::from_fn(kept.len(), |g, _| score[kept[g]]);
    let solved = part.cholesky().ok_or(Error::NoInformation)?.solve(&of_part);
    Ok((of_part.dot(&solved), rank))
}

/// From how many groups on eigenvectors take long.
const MANY: usize = 50;

/// $u^\top V^- u$ of many groups whose scores add up to 0, without the one of the largest variance; only if the others are clearly
/// regular.
fn without_largest(
    score: &DVector<f64>,
    variance: &DMatrix<f64>,
    scale: &[f64],
) -> Option<(f64, usize)> {
    const ROUNDING: f64 = 1e-12;
    const CLEARLY: f64 = 1e-6;
    let n = score.len();
    if n < MANY || scale.iter().any(|&scale| scale <= 0.0) {
        return None;
    }
    let adds_up = |sum: f64, sizes: f64| sum.abs() <= ROUNDING * sizes;
    if !variance.row_iter().all(|row| adds_up(row.sum(), row.iter().map(|v| v.abs()).sum())) {
        return None;
    }
    let largest = (0..n).max_by(|&g, &h| scale[g].total_cmp(&scale[h]))?;
    let part = variance.clone().remove_row(largest).remove_column(largest);
    let of_part = score.clone().remove_row(largest);
    let factor = part.cholesky()?;
    let scale = scale.iter().enumerate().filter(|(g, _)| *g != largest).map(|(_, scale)| scale);
    let pivots = factor.l_dirty().diagonal();
    if pivots.iter().zip(scale).any(|(pivot, scale)| pivot * pivot < CLEARLY * scale * scale) {
        return None;
    }
    Some((of_part.dot(&factor.solve(&of_part)), n - 1))
}

/// Groups whose variance is regular: those that a pivoted elimination takes first.
fn regular_subset(variance: &DMatrix<f64>, scale: &[f64], rank: usize) -> Vec<usize> {
    let n = scale.len();
    let mut rest = variance.clone();
    let mut kept = Vec::with_capacity(rank);
    for _ in 0..rank {
        let relative = |g: usize| rest[(g, g)] / (scale[g] * scale[g]);
        let candidates = (0..n).filter(|g| scale[*g] > 0.0 && !kept.contains(g));
        let Some(pivot) = candidates.max_by(|&g, &h| relative(g).total_cmp(&relative(h))) else {
            break;
        };
        kept.push(pivot);
        let column = rest.column(pivot).into_owned();
        let divisor = column[pivot];
        rest -= &column * column.transpose() / divisor;
    }
    kept.sort_unstable();
    kept
}

/// Chance of a chi-square of `df` degrees of freedom above `statistic`.
pub(crate) fn upper_tail(statistic: f64, df: usize) -> f64 {
    let chance = ChiSquared::new(df as f64).map_or(f64::NAN, |of| of.sf(statistic));
    // No chance is 0: the smallest number stands for all that are too small.
    if chance < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { chance }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The multinomial covariance of 60 shares $p$ has the quadratic form $\sum_g u_g^2/p_g$ (Pearson), and one degree less than groups.
    #[test]
    fn many_groups() {
        let n = 60;
        let shares: Vec<f64> = (1..=n).map(|g| f64::from(g) / f64::from(n * (n + 1) / 2)).collect();
        let n = shares.len();
        let variance = DMatrix::from_fn(n, n, |g, h| {
            let own = if g == h { shares[g] } else { 0.0 };
            own - shares[g] * shares[h]
        });
        let score = DVector::from_fn(n, |g, _| if g % 2 == 0 { 1e-3 } else { -1e-3 });
        let pearson: f64 = score.iter().zip(&shares).map(|(u, p)| u * u / p).sum();
        let (statistic, df) = quadratic_form(&score, &variance).unwrap();
        assert!((statistic / pearson - 1.0).abs() < 1e-12, "{statistic} is not {pearson}");
        assert_eq!(df, n - 1);
        // Two such sets of groups, each of which tells nothing of the other.
        let two = DMatrix::from_fn(2 * n, 2 * n, |g, h| {
            if g / n == h / n { variance[(g % n, h % n)] } else { 0.0 }
        });
        let score = DVector::from_fn(2 * n, |g, _| score[g % n]);
        let (statistic, df) = quadratic_form(&score, &two).unwrap();
        assert!(
            (statistic / (2.0 * pearson) - 1.0).abs() < 1e-10,
            "{statistic} is not 2 * {pearson}"
        );
        assert_eq!(df, 2 * n - 2);
    }
}
