//! Shares of independent persons, with their interval.

use crate::error::Error;
use crate::interval::normal_quantile;

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
    let p = count as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    Ok(Proportion {
        estimate: p,
        conf_low: if count == 0 { 0.0 } else { (middle - half) / whole },
        conf_high: if count == of { 1.0 } else { (middle + half) / whole },
    })
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
}
