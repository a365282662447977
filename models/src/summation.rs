//! Sums of many terms without drift, and what is left of them when nothing is.

/// Whether a sum is nothing but the rounding of its terms: below $10^{-14}$ of their sizes.
///
/// Terms that make up for each other leave about $10^{-16}$ of their sizes for each operation; a standard error that small beside what it
/// was summed from says nothing. Of a variance that is a sum of squares take the roots.
pub(crate) fn is_rounding(sum: f64, sizes: f64) -> bool {
    sum.abs() <= ROUNDING * sizes
}

/// Whether terms make up for each other, but for rounding.
pub(crate) fn cancel(terms: &[f64]) -> bool {
    is_rounding(terms.iter().sum(), terms.iter().map(|term| term.abs()).sum())
}

const ROUNDING: f64 = 1e-14;

/// A variance that is a sum of squares, and 0 where it is nothing but rounding of what was squared: `sizes` adds up the squares of
/// the sizes of the terms of each.
pub(crate) fn without_rounding(variance: f64, sizes: f64) -> f64 {
    if is_rounding(variance.sqrt(), sizes.sqrt()) { 0.0 } else { variance }
}

/// A running sum that carries what rounding took away (Neumaier, 1974).
///
/// The error stays at about one unit in the last place of the sum however many terms there are, and
/// sums of integers below 2⁵³ are exact.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RunningSum {
    sum: f64,
    lost: f64,
}

impl RunningSum {
    /// Adds one term.
    pub(crate) fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost += if self.sum.abs() >= term.abs() {
            (self.sum - sum) + term
        } else {
            (term - sum) + self.sum
        };
        self.sum = sum;
    }

    /// The sum so far.
    pub(crate) fn value(self) -> f64 {
        self.sum + self.lost
    }
}

/// A sum of products to twice the digits of a number (Dekker 1971), for sums whose terms come and go.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DoubleSum {
    high: f64,
    low: f64,
}

impl DoubleSum {
    /// Adds $xy$ exactly, but for the sum's own rounding of about $10^{-32}$.
    pub(crate) fn add_product(&mut self, x: f64, y: f64) {
        let (high, low) = exact_product(x, y);
        self.add(Self { high, low });
    }

    pub(crate) fn add(&mut self, other: Self) {
        let (high, rest) = exact_sum(self.high, other.high);
        let (low, rest_of_low) = exact_sum(self.low, other.low);
        let (high, rest) = quick_sum(high, rest + low);
        (self.high, self.low) = quick_sum(high, rest + rest_of_low);
    }

    pub(crate) fn times(self, by: f64) -> Self {
        let (high, rest) = exact_product(self.high, by);
        let (high, low) = quick_sum(high, rest + self.low * by);
        Self { high, low }
    }

    /// The sum so far.
    pub(crate) fn value(self) -> f64 {
        self.high + self.low
    }
}

/// A sum and what rounding took from it (Knuth).
fn exact_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    let of_y = sum - x;
    (sum, (x - (sum - of_y)) + (y - of_y))
}

/// The same where the first is the larger one.
fn quick_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    (sum, y - (sum - x))
}

/// A product and what rounding took from it (Veltkamp, Dekker); nothing is known of it near the largest numbers.
fn exact_product(x: f64, y: f64) -> (f64, f64) {
    let product = x * y;
    let halves = |x: f64| {
        let high = 134_217_729.0 * x;
        let high = high - (high - x);
        (high, x - high)
    };
    let ((a, b), (c, d)) = (halves(x), halves(y));
    let rest = ((a * c - product) + a * d + b * c) + b * d;
    (product, if rest.is_finite() { rest } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_that_come_and_go_leave_nothing() {
        let mut sum = DoubleSum::default();
        sum.add_product(0.1, 0.3);
        for x in [1e5 / 3.0, 1e7 / 7.0, -4e4 / 11.0] {
            sum.add_product(x, x);
        }
        for x in [-4e4 / 11.0, 1e5 / 3.0, 1e7 / 7.0] {
            sum.add_product(-x, x);
        }
        // A sum of 2e12 has last digits of 1e-4; with twice the digits they are of 1e-20.
        assert!((sum.value() - 0.03).abs() < 1e-17, "{}", sum.value());
        assert!((sum.times(1.0 / 3.0).value() - 0.01).abs() < 1e-17);
    }

    #[test]
    fn what_is_left_of_terms_that_cancel_is_rounding() {
        let left = 0.1 + 0.2 - 0.3;
        assert!(left > 0.0 && is_rounding(left, 0.6));
        assert!(is_rounding(0.0, 0.0) && !is_rounding(1e-9, 1.0));
        // A variance: squares of sums like the one above, of eleven persons.
        assert!(without_rounding(11.0 * left * left, 11.0 * 0.36) <= 0.0);
        assert!(without_rounding(1e-18, 1.0) > 0.0);
    }

    #[test]
    fn small_terms_survive_a_large_one() {
        let mut sum = RunningSum::default();
        for term in [1.0, 1e100, 1.0, -1e100] {
            sum.add(term);
        }
        assert_eq!(sum.value().to_bits(), 2.0_f64.to_bits());
    }
}
