//! How far Gaussian processes stray: the critical values of bands for a survival curve.

use nalgebra::{DMatrix, DVector};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use crate::error::{Error, Result};

/// Beyond this many standard errors nothing of note is left.
const WIDEST: f64 = 7.0;

/// The value $c$ with $P(\sup |X| \le c)$ equal to the level.
pub(super) fn critical_value(level: f64, within: impl Fn(f64) -> f64) -> Result<f64> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::Level { level });
    }
    // The probability increases with c. False position, halving the side that stays (Dowell and Jarratt 1971).
    let (mut low, mut high) = (0.0, WIDEST);
    let (mut below, mut above) = (-level, within(WIDEST) - level);
    let mut stayed = 0;
    for _ in 0..200 {
        let mut c = (low * above - high * below) / (above - below);
        if !(c > low && c < high) {
            c = 0.5 * (low + high);
        }
        let value = within(c) - level;
        if value.abs() < 1e-12 || high - low < 1e-10 {
            return Ok(c);
        }
        if value < 0.0 {
            (low, below) = (c, value);
            above *= if stayed == -1 { 0.5 } else { 1.0 };
            stayed = -1;
        } else {
            (high, above) = (c, value);
            below *= if stayed == 1 { 0.5 } else { 1.0 };
            stayed = 1;
        }
    }
    Ok(0.5 * (low + high))
}

/// $P(|B(u)| \le c,\\ a_1 \le u \le a_2)$ for the Brownian bridge $B$.
///
/// $B(a_1)$ and $B(a_2)$ are normal; between them it is a bridge from the one to the other, and the reflection
/// principle gives the probability that it stays inside. The double integral is by Gauss and Legendre.
pub(super) fn bridge_within(c: f64, a1: f64, a2: f64) -> f64 {
    let length = a2 - a1;
    let first_sd = (a1 * (1.0 - a1)).sqrt();
    normal_over(0.0, first_sd, c, |x| {
        // B(a2) given B(a1) = x.
        let mean = x * (1.0 - a2) / (1.0 - a1);
        let sd = (length * (1.0 - a2) / (1.0 - a1)).max(0.0).sqrt();
        normal_over(mean, sd, c, |y| stays(x + c, y + c, 2.0 * c, length))
    })
}

/// The integral of a function times a normal density over $[-c, c]$.
fn normal_over(mean: f64, sd: f64, c: f64, f: impl Fn(f64) -> f64) -> f64 {
    if sd <= 0.0 {
        return if mean.abs() <= c { f(mean) } else { 0.0 };
    }
    let (low, high) = ((mean - 9.0 * sd).max(-c), (mean + 9.0 * sd).min(c));
    if low >= high {
        return 0.0;
    }
    let density = Normal::standard();
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    let term = |&(node, weight): &(f64, f64)| {
        let x = middle + half * node;
        weight * density.pdf((x - mean) / sd) * f(x)
    };
    half / sd * legendre(64).iter().map(term).sum::<f64>()
}

/// Probability that a bridge from `x` to `y` over a time stays in $(0, w)$.
fn stays(x: f64, y: f64, w: f64, time: f64) -> f64 {
    if time <= 0.0 {
        return 1.0;
    }
    let straight = y - x;
    let image = |end: f64| ((straight * straight - end * end) / (2.0 * time)).exp();
    let turns = (-10..=10).map(|k| f64::from(k) * 2.0 * w);
    turns.map(|shift| image(straight + shift) - image(x + y + shift)).sum::<f64>().clamp(0.0, 1.0)
}

/// $P(|U(s)| \le c,\\ 0 \le s \le \text{length})$ for the stationary Gaussian process with covariance
/// $e^{-|s - s'|}$ (Ornstein and Uhlenbeck), which $B(u)/\sqrt{u(1-u)}$ is at $s = \tfrac12 \log\frac{u}{1-u}$.
///
/// The density inside dies out along the eigenfunctions of $f'' - x f'$ that vanish at $\pm c$, found in a basis of
/// polynomials.
pub(super) fn stationary_within(c: f64, length: f64) -> f64 {
    const BASIS: usize = 40;
    let normal = Normal::standard();
    if length <= 0.0 {
        return 2.0 * normal.cdf(c) - 1.0;
    }
    let mut mass = DMatrix::zeros(BASIS, BASIS);
    let mut stiffness = DMatrix::zeros(BASIS, BASIS);
    let mut ones = DVector::zeros(BASIS);
    let mut value = DVector::zeros(BASIS);
    let mut slope = DVector::zeros(BASIS);
    for (node, weight) in legendre(160) {
        // The even half, [0, c].
        let t = 0.5 * (node + 1.0);
        let density = 2.0 * normal.pdf(c * t) * 0.5 * c * weight;
        // P_{2j+2} - P_{2j}, whose derivative is (4j + 3) P_{2j+1}.
        let (mut even, mut odd) = (1.0, t);
        for j in 0..BASIS {
            let k = (2 * j + 2) as f64;
            let next = ((2.0 * k - 1.0) * t * odd - (k - 1.0) * even) / k;
            value[j] = next - even;
            slope[j] = (2.0 * k - 1.0) * odd / c;
            odd = ((2.0 * k + 1.0) * t * next - k * odd) / (k + 1.0);
            even = next;
        }
        mass.ger(density, &value, &value, 1.0);
        stiffness.ger(density, &slope, &slope, 1.0);
        ones.axpy(density, &value, 1.0);
    }
    // A factor of the mass makes the eigenproblem an ordinary symmetric one.
    let Some(factor) = mass.cholesky() else { return 0.0 };
    let lower = factor.l();
    let (Some(half), Some(start)) =
        (lower.solve_lower_triangular(&stiffness), lower.solve_lower_triangular(&ones))
    else {
        return 0.0;
    };
    let Some(whole) = lower.solve_lower_triangular(&half.transpose()) else { return 0.0 };
    let eigen = (0.5 * (&whole + whole.transpose())).symmetric_eigen();
    let part = |(column, rate): (usize, &f64)| {
        eigen.eigenvectors.column(column).dot(&start).powi(2) * (-rate * length).exp()
    };
    eigen.eigenvalues.iter().enumerate().map(part).sum()
}

/// Nodes in $(-1, 1)$ and weights of Gauss and Legendre, by Newton's method.
fn legendre(n: usize) -> Vec<(f64, f64)> {
    let node = |i: usize| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut before, mut now) = (1.0, x);
            for k in 2..=n {
                let k = k as f64;
                (before, now) = (now, ((2.0 * k - 1.0) * x * now - (k - 1.0) * before) / k);
            }
            slope = n as f64 * (x * now - before) / (x * x - 1.0);
            let step = now / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole bridge is the limit of Kolmogorov's statistic, whose distribution is a series.
    #[test]
    fn the_whole_bridge_is_kolmogorovs() {
        for c in [0.8, 1.2238, 1.3581, 1.6276] {
            let term = |k: i32| (-1.0_f64).powi(k) * (-2.0 * f64::from(k * k) * c * c).exp();
            let want = 1.0 + 2.0 * (1..20).map(term).sum::<f64>();
            let got = bridge_within(c, 0.0, 1.0);
            assert!((got - want).abs() < 1e-12, "{c}: {got} is not {want}");
        }
        // Printed in every table of it.
        let c = critical_value(0.95, |c| bridge_within(c, 0.0, 1.0)).unwrap();
        assert!((c - 1.358).abs() < 5e-4, "{c}");
    }

    /// Finite differences of the diffusion equations, `fixtures/python/bands.py`; their own error is about 1e-9.
    #[test]
    fn the_same_as_by_diffusion_equations() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/reference/bands.json");
        let file: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let cases = file["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 9);
        for case in cases {
            let number = |key: &str| case[key].as_f64().unwrap();
            let (c, a1, a2) = (number("c"), number("a1"), number("a2"));
            let got = if case["process"] == "bridge" {
                bridge_within(c, a1, a2)
            } else {
                let odds = |a: f64| 0.5 * (a / (1.0 - a)).ln();
                stationary_within(c, odds(a2) - odds(a1))
            };
            let want = number("probability");
            assert!((got - want).abs() < 1e-8, "{case}: {got}");
        }
    }

    /// A point, where the process is one normal variable.
    #[test]
    fn a_point_is_a_normal_variable() {
        for c in [0.5, 1.0] {
            let want = 2.0 * Normal::standard().cdf(c / 0.21_f64.sqrt()) - 1.0;
            assert!((bridge_within(c, 0.3, 0.3) - want).abs() < 1e-9);
            assert!((bridge_within(c, 0.3, 0.3 + 1e-12) - want).abs() < 1e-5);
        }
        assert!((stationary_within(1.96, 1e-9) - stationary_within(1.96, 0.0)).abs() < 2e-3);
    }

    /// Two stretches of the bridge cannot be left less often than one: more time, less probability.
    #[test]
    fn longer_is_harder() {
        let bridge: Vec<f64> =
            [0.5, 0.6, 0.8, 0.95].iter().map(|&a2| bridge_within(1.2, 0.2, a2)).collect();
        assert!(bridge.is_sorted_by(|a, b| a > b), "{bridge:?}");
        let long: Vec<f64> = [0.1, 1.0, 3.0].iter().map(|&l| stationary_within(2.8, l)).collect();
        assert!(long.is_sorted_by(|a, b| a > b), "{long:?}");
    }

    #[test]
    fn legendre_integrates_polynomials() {
        // The integral of x^10 over (-1, 1) is 2/11.
        let sum: f64 = legendre(6).iter().map(|(x, w)| w * x.powi(10)).sum();
        assert!((sum - 2.0 / 11.0).abs() < 1e-14);
        let sum: f64 = legendre(160).iter().map(|(x, w)| w * x.powi(10)).sum();
        assert!((sum - 2.0 / 11.0).abs() < 1e-13);
    }
}
