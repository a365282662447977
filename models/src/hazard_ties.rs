//! What events that tie add to a cumulative hazard.

use crate::variance::Variance;

/// What $d$ events at one time, out of $Y$ at risk, add to the cumulative hazard.
///
/// | | added | in R's `survfit` |
/// |---|---|---|
/// | `Together` (default) | $d/Y$ | `ctype = 1` |
/// | `OneByOne` | $\sum_{j=0}^{d-1} 1/(Y - j)$ | `ctype = 2` |
///
/// `Together` takes the times as truly equal (Nelson, Aalen, Breslow). `OneByOne` takes them as different times
/// that were rounded, so that each event meets a risk set without the events before it (Fleming and Harrington 1984; with
/// covariates Efron's correction). Without ties the two are the same.
///
/// # Conventions
///
/// - Events are counted as weights: a row of case weight 2 is two events. (R counts rows and gives each the mean
///   weight, so it agrees where the weights of tied rows are 1.) A part of an event left over at the end, $r < 1$, adds
///   $r/(Y - \lfloor d \rfloor)$.
/// - Constant time whatever $d$: terms with more than 200 at risk are summed by the formula of Euler and Maclaurin, exact to
///   the last digits of a double.
///
/// # Examples
///
/// ```
/// use afgang_models::{EventTable, HazardTies, NelsonAalen};
///
/// // Two of four leave at once: 2/4, or 1/4 + 1/3.
/// let table = EventTable::from_counts(1, &[1.0], &[2], &[2], None)?;
/// assert_eq!(NelsonAalen::new().fit(&table)?.at(1.0), 0.5);
/// let one_by_one = NelsonAalen::new().ties(HazardTies::OneByOne).fit(&table)?;
/// assert!((one_by_one.at(1.0) - 7.0 / 12.0).abs() < 1e-15);
/// // Variance 1/16 + 1/9.
/// assert!((one_by_one.std_error[0] - (25.0_f64 / 144.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Fleming, T. R. and Harrington, D. P. (1984). *Commun. Statist. Theory Methods* 13, 2469–2486.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HazardTies {
    /// $d/Y$: the times are equal.
    #[default]
    Together,
    /// $1/Y + 1/(Y-1) + \dots$: the times differ and were rounded.
    OneByOne,
}

/// Above this number at risk the sums over single events are taken by Euler and Maclaurin.
const MANY: f64 = 200.0;

impl HazardTies {
    /// The increment of the hazard and its variance, for `d > 0` events out of `y`.
    pub(crate) fn increment(self, y: f64, d: f64, variance: Variance) -> (f64, f64) {
        match (self, variance) {
            (Self::Together, Variance::Aalen) => (d / y, d / y / y),
            (Self::Together, Variance::Greenwood) => (d / y, d / y * ((y - d) / y) / y),
            (Self::OneByOne, variance) => {
                let [first, second, third] = reciprocals(y, d);
                match variance {
                    Variance::Aalen => (first, second),
                    // One out of j: 1/j (1 - 1/j) / j.
                    Variance::Greenwood => (first, second - third),
                }
            }
        }
    }
}

/// Sums of $1/(y-j)$, its square and its cube over events $j = 0, \dots, d - 1$.
pub(crate) fn reciprocals(y: f64, d: f64) -> [f64; 3] {
    // Sums of fractional weights miss whole numbers by rounding.
    let whole = if (d - d.round()).abs() <= 1e-9 * d { d.round() } else { d.floor() };
    let rest = (d - whole).max(0.0);
    let mut sums = if rest > 1e-9 * d {
        let at = y - whole;
        [rest / at, rest / at / at, rest / at / at / at]
    } else {
        [0.0; 3]
    };
    // The smallest risk sets one by one, up to MANY.
    let mut at = y - whole;
    let mut left = whole;
    while left > 0.0 && at < MANY {
        at += 1.0;
        left -= 1.0;
        // The last leaves a risk set of one; rounding must not make it less.
        let x = 1.0 / at.max(1.0);
        sums[0] += x;
        sums[1] += x * x;
        sums[2] += x * x * x;
    }
    if left > 0.0 {
        let (a, b) = (1.0 / at, 1.0 / y);
        // Differences of powers without cancellation.
        let first = left * a * b;
        let second = first * (a + b);
        let third = first * (a * a + a * b + b * b);
        let fourth = second * (a * a + b * b);
        let fifth =
            first * (a.powi(4) + a.powi(3) * b + (a * b).powi(2) + a * b.powi(3) + b.powi(4));
        let sixth = third * (a.powi(3) + b.powi(3));
        sums[0] += (left / at).ln_1p() - first / 2.0 + second / 12.0 - fourth / 120.0;
        sums[1] += first - second / 2.0 + third / 6.0 - fifth / 30.0;
        sums[2] += second / 2.0 - third / 2.0 + fourth / 4.0 - sixth / 12.0;
    }
    sums
}

/// Sum of $\log(1 - j/y)$ over $j = 0, \dots, d - 1$ for a whole number `d`, by the formula of Euler and Maclaurin but for the last
/// terms.
pub(crate) fn log_shares(y: f64, d: f64) -> f64 {
    let (mut sum, mut at, mut left) = (0.0, y - d, d);
    while left > 0.0 && at < MANY {
        at += 1.0;
        left -= 1.0;
        sum += (at / y).ln();
    }
    if left > 0.0 {
        // The integral of log(x/y) from the last term to y.
        let log = (-left / y).ln_1p();
        let integral = -at * log - left;
        let (a, b) = (1.0 / at, 1.0 / y);
        sum += integral - log / 2.0 + (b - a) / 12.0 - (b.powi(3) - a.powi(3)) / 360.0
            + (b.powi(5) - a.powi(5)) / 1260.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, and of all of $n$ Stirling's formula: $\log(n!/n^n)$ is nearly $\log(2 \pi n)/2 - n$.
    #[test]
    fn sums_of_logarithms() {
        for (y, d) in [(1000.0, 1000.0), (1e5, 3.0), (12_345.0, 12_000.0), (250.5, 60.0)] {
            let want: f64 = (0..d as usize).map(|j| (-(j as f64) / y).ln_1p()).sum();
            let got = log_shares(y, d);
            assert!((got - want).abs() < 1e-13 * d, "{y} {d}: {got} is not {want}");
        }
        let n = 1e9_f64;
        let want = 0.5 * (std::f64::consts::TAU * n).ln() + 1.0 / (12.0 * n) - n;
        assert!((log_shares(n, n) / want - 1.0).abs() < 1e-15);
    }

    /// The definition, term by term.
    #[test]
    fn sums_of_many_events() {
        for (y, d) in [(1000.0, 1000.0), (1e5, 3.0), (12_345.0, 12_000.0), (250.5, 60.0)] {
            let mut want = [0.0; 3];
            for j in 0..d as usize {
                let x = 1.0 / (y - j as f64);
                want[0] += x;
                want[1] += x * x;
                want[2] += x * x * x;
            }
            for (got, want) in reciprocals(y, d).iter().zip(want) {
                assert!((got / want - 1.0).abs() < 1e-12, "{y} {d}: {got} is not {want}");
            }
        }
        // Every one of 10^12 leaves: the harmonic number ln n + Euler's constant + 1/(2n).
        let n = 1e12_f64;
        let want = n.ln() + 0.577_215_664_901_532_9 + 0.5 / n;
        assert!((reciprocals(n, n)[0] / want - 1.0).abs() < 1e-13);
    }

    #[test]
    fn parts_of_events() {
        // 2.5 events out of 4: 1/4 + 1/3 + 0.5/2.
        assert!((reciprocals(4.0, 2.5)[0] - (0.25 + 1.0 / 3.0 + 0.25)).abs() < 1e-15);
        // Ten times 0.3 is 3 for all purposes, also where nobody is left.
        let three: f64 = std::iter::repeat_n(0.3, 10).sum();
        let want = 1.0 + 0.5 + 1.0 / 3.0;
        assert!((reciprocals(three, three)[0] - want).abs() < 1e-14);
    }
}
