//! Shares of persons, of equal weight or not, with their interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::Error;
use crate::interval::{Interval, normal_quantile};
use crate::summation::RunningSum;

/// A share with its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// The share, in `[0, 1]`; `NaN` of nobody.
    pub estimate: f64,
    /// Lower limit.
    pub conf_low: f64,
    /// Upper limit.
    pub conf_high: f64,
}

/// The share `count / of` with Wilson's score interval.
///
/// With `p = count / n` and the normal quantile `z` the limits are
///
/// ```text
/// (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)
/// ```
///
/// which stay inside `[0, 1]` and do not vanish where everybody or nobody counts. Of nobody all three are `NaN`.
///
/// Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference".
///
/// # Errors
///
/// [`Error::Level`] if the level is not between 0 and 1; [`Error::CountAboveTotal`] if more count than there are.
///
/// # Examples
///
/// Of 10 persons 8 count; with z = 1.96 the limits are 0.490 and 0.943.
///
/// ```
/// use afgang_models::proportion;
///
/// let share = proportion(8, 10, 0.95)?;
/// assert_eq!(share.estimate, 0.8);
/// assert!((share.conf_low - 0.4902).abs() < 1e-4);
/// assert!((share.conf_high - 0.9433).abs() < 1e-4);
/// assert!(proportion(0, 0, 0.95)?.estimate.is_nan());
/// # Ok::<(), afgang_models::Error>(())
/// ```
pub fn proportion(count: u64, of: u64, level: f64) -> Result<Proportion, Error> {
    let z = normal_quantile(level)?;
    if count > of {
        return Err(Error::CountAboveTotal { count, of });
    }
    if of == 0 {
        return Ok(Proportion { estimate: f64::NAN, conf_low: f64::NAN, conf_high: f64::NAN });
    }
    let n = of as f64;
    Ok(wilson(if count == of { 1.0 } else { count as f64 / n }, n, z))
}

/// Wilson's limits around a share of `n` persons, who need not be a whole number.
fn wilson(p: f64, n: f64, z: f64) -> Proportion {
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    Proportion {
        estimate: p,
        conf_low: if p <= 0.0 { 0.0 } else { (middle - half) / whole },
        conf_high: if p >= 1.0 { 1.0 } else { (middle + half) / whole },
    }
}

/// The share of persons who were sampled with unequal chances: each has a weight, the inverse of its chance, and counts or
/// does not.
///
/// With weights $w_i$ and $y_i$ = 1 for who counts, 0 for who does not,
///
/// ```text
/// p = Σ wᵢ yᵢ / Σ wᵢ
/// v = n/(n − 1) Σ (wᵢ (yᵢ − p))² / (Σ wᵢ)²
/// ```
///
/// where `v` is the linearised variance of a ratio of two sums over n independent persons. The limits are those of
/// log p/(1 − p) ± t √v / (p (1 − p)), turned back to shares, with the quantile t of Student's distribution on n − 1
/// degrees of freedom; they stay inside `[0, 1]`. Weights matter up to a factor only. Where everybody or nobody counts, `v` is 0
/// and says nothing: there the limits are Wilson's ([`proportion`]) for (Σ wᵢ)²/Σ wᵢ² persons, the number of equal weights
/// of the same precision (Kish). Of nobody all three are `NaN`. A weight is not a number of equal persons: for these use [`proportion`].
///
/// Sources: Korn and Graubard (1998), "Confidence intervals for proportions with small expected number of positive counts
/// estimated from survey data" (logit limits); Rao and Scott (1984), "On chi-squared tests for multiway contingency tables with cell proportions
/// estimated from survey data" (variance); Kish (1965), *Survey Sampling*.
///
/// # Errors
///
/// [`Error::Level`] if the level is not between 0 and 1; [`Error::SamplingWeight`] for a weight that is not a finite number above 0, with its row from 0.
///
/// # Examples
///
/// Weights 1, 1 and 2, of whom the first and the last count: p = 3/4. The terms w(y − p) are 1/4, −3/4 and 1/2, their
/// squares sum to 7/8, so v = 3/2 · 7/8 / 16 = 0.0820. With ten persons of weight 2, of whom four count, v = 0.4 · 0.6 / 9; on nine
/// degrees of freedom t = 2.262, and the limits are 0.125 and 0.757.
///
/// ```
/// use afgang_models::weighted_proportion;
///
/// let share = weighted_proportion(&[(1.0, true), (1.0, false), (2.0, true)], 0.95)?;
/// assert_eq!(share.estimate, 0.75);
///
/// let ten: Vec<(f64, bool)> = (0..10).map(|person| (2.0, person < 4)).collect();
/// let share = weighted_proportion(&ten, 0.95)?;
/// assert!((share.conf_low - 0.1251).abs() < 1e-4);
/// assert!((share.conf_high - 0.7565).abs() < 1e-4);
/// # Ok::<(), afgang_models::Error>(())
/// ```
pub fn weighted_proportion(persons: &[(f64, bool)], level: f64) -> Result<Proportion, Error> {
    let z = normal_quantile(level)?;
    let sum = |term: &dyn Fn(f64, bool) -> f64| {
        let mut sum = RunningSum::default();
        for &(weight, counts) in persons {
            sum.add(term(weight, counts));
        }
        sum.value()
    };
    if let Some(row) = persons.iter().position(|(w, _)| !(w.is_finite() && *w > 0.0)) {
        return Err(Error::SamplingWeight { row, weight: persons[row].0 });
    }
    if persons.is_empty() {
        return Ok(Proportion { estimate: f64::NAN, conf_low: f64::NAN, conf_high: f64::NAN });
    }
    let whole = sum(&|weight, _| weight);
    let all = |wanted| persons.iter().all(|(_, counts)| *counts == wanted);
    if let Some(p) = [0.0, 1.0].into_iter().find(|&p| all(p > 0.5)) {
        return Ok(wilson(p, whole * whole / sum(&|weight, _| weight * weight), z));
    }
    let p = sum(&|weight, counts| if counts { weight } else { 0.0 }) / whole;
    let n = persons.len() as f64;
    let squares = sum(&|w, counts| (w * (f64::from(u8::from(counts)) - p)).powi(2));
    let std_error = (n / (n - 1.0) * squares).sqrt() / whole;
    let t =
        StudentsT::new(0.0, 1.0, n - 1.0).map_or(z, |t| t.inverse_cdf(f64::midpoint(1.0, level)));
    let (conf_low, conf_high) = Interval::Logit.of_probability(p, std_error / p, t);
    Ok(Proportion { estimate: p, conf_low, conf_high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_solve_the_score_equation() {
        for (count, of) in [(1, 2), (3, 50), (0, 7), (7, 7), (49, 1000)] {
            let share = proportion(count, of, 0.9).unwrap();
            let (n, z) = (of as f64, normal_quantile(0.9).unwrap());
            for limit in [share.conf_low, share.conf_high] {
                let score = (share.estimate - limit).powi(2) - z * z * limit * (1.0 - limit) / n;
                assert!(score.abs() < 1e-14, "{count} of {of}: {score}");
            }
        }
        assert!(proportion(3, 2, 0.95).is_err() && proportion(1, 2, 1.0).is_err());
    }

    #[test]
    fn weights_matter_up_to_a_factor() {
        let of = |factor: f64| {
            let persons: Vec<(f64, bool)> =
                (0..40).map(|i| (factor * f64::from(1 + i % 7), i % 3 == 0)).collect();
            weighted_proportion(&persons, 0.95).unwrap()
        };
        let (one, many) = (of(1.0), of(1024.0));
        assert_eq!(one, many);
        assert!(one.conf_low < one.estimate && one.estimate < one.conf_high);
    }

    #[test]
    fn at_the_ends_the_limits_are_those_of_as_many_equal_weights() {
        // Weights 1 and 3: 16/10 persons. All or none of them.
        let both = |counts| weighted_proportion(&[(1.0, counts), (3.0, counts)], 0.95).unwrap();
        let (none, all) = (both(false), both(true));
        let z = normal_quantile(0.95).unwrap();
        assert!((none.conf_high - z * z / (1.6 + z * z)).abs() < 1e-12 && none.conf_low == 0.0);
        assert!((all.conf_low - 1.6 / (1.6 + z * z)).abs() < 1e-12 && all.conf_high >= 1.0);
        // Equal weights: those of the counts.
        let equal = weighted_proportion(&[(2.5, true); 7], 0.95).unwrap();
        assert!((equal.conf_low - proportion(7, 7, 0.95).unwrap().conf_low).abs() < 1e-15);
        assert!(weighted_proportion(&[], 0.95).unwrap().estimate.is_nan());
    }

    #[test]
    fn impossible_weights_are_refused_with_their_row() {
        for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = weighted_proportion(&[(1.0, true), (weight, false)], 0.95).unwrap_err();
            assert!(matches!(error, Error::SamplingWeight { row: 1, .. }), "{error}");
        }
        assert!(weighted_proportion(&[(1.0, true)], 0.0).is_err());
    }
}
