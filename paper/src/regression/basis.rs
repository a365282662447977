//! Columns made of one number: polynomials and splines, found on the data and read at any number.

use afgang_models::{b_splines, quantile_knots};

/// Orthogonal polynomials over the values of a column, each of length 1 and growing at the right end, as R's `poly`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polynomials {
    mean: f64,
    spread: f64,
    /// Of degree $k$, with $z$ the centred and scaled number: $P_{k+1} = (z - a_k) P_k - b_k P_{k-1}$,
    a: Vec<f64>,
    b: Vec<f64>,
    /// and the length of $P_{k+1}$.
    length: Vec<f64>,
}

impl Polynomials {
    /// Of degrees 1 to `degree`, on values with how often they occur. `None` if there are fewer different values than columns.
    pub(super) fn new(x: &[(f64, f64)], degree: usize) -> Option<Self> {
        let n: f64 = x.iter().map(|of| of.1).sum();
        let mean = x.iter().map(|(x, count)| count * x).sum::<f64>() / n;
        let spread = x.iter().map(|(x, _)| (x - mean).abs()).fold(0.0, f64::max);
        if spread <= 0.0 {
            return None;
        }
        let z: Vec<f64> = x.iter().map(|(x, _)| (x - mean) / spread).collect();
        let sum = |of: &dyn Fn(usize) -> f64| -> f64 {
            x.iter().enumerate().map(|(row, (_, count))| count * of(row)).sum()
        };
        let mut of = Self { mean, spread, a: vec![], b: vec![], length: vec![] };
        let (mut before, mut last) = (vec![0.0; x.len()], vec![1.0; x.len()]);
        // Before the first there is none, whatever its factor.
        let (mut square_before, mut square) = (n, n);
        for _ in 0..degree {
            let a = sum(&|row| z[row] * last[row] * last[row]) / square;
            let b = square / square_before;
            let next: Vec<f64> = (z.iter().zip(last.iter().zip(&before)))
                .map(|(z, (p, before))| (z - a) * p - b * before)
                .collect();
            let of_next = sum(&|row| next[row] * next[row]);
            if of_next <= 1e-20 * square {
                return None;
            }
            of.a.push(a);
            of.b.push(b);
            of.length.push(of_next.sqrt());
            (before, last) = (last, next);
            (square_before, square) = (square, of_next);
        }
        Some(of)
    }

    /// The polynomials at a number.
    pub(super) fn at(&self, x: f64) -> Vec<f64> {
        let z = (x - self.mean) / self.spread;
        let (mut before, mut last) = (0.0, 1.0);
        let step = |((a, b), length): ((&f64, &f64), &f64)| {
            (before, last) = (last, (z - a) * last - b * before);
            last / length
        };
        self.a.iter().zip(&self.b).zip(&self.length).map(step).collect()
    }
}

/// Degree of splines.
const DEGREE: usize = 3;

/// Cubic splines over the values of a column, with inner knots at evenly spaced quantiles.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Splines {
    knots: Vec<f64>,
    low: f64,
    high: f64,
    /// Of natural splines: reflections that put what bends at the ends into the first two columns, which are left out.
    natural: Option<[Vec<f64>; 2]>,
}

impl Splines {
    /// B-splines with `df` columns, at least 3, the first function left out, as R's `bs`, on values with how often they occur.
    /// `None` if the values do not vary.
    pub(super) fn new(x: &[(f64, f64)], df: usize) -> Option<Self> {
        let of = quantile_knots(x, df - DEGREE)?;
        let (low, high) = (of[0], of[of.len() - 1]);
        let knots = [vec![low; DEGREE], of, vec![high; DEGREE]].concat();
        Some(Self { knots, low, high, natural: None })
    }

    /// Natural splines with `df` columns, straight lines beyond the smallest and the largest value, as R's `ns`. `None` if
    /// the values do not vary.
    ///
    /// B-splines with as many inner knots are two columns more; an orthogonal matrix whose first two columns span the second
    /// derivatives at both ends turns them so that only two columns bend there. It is made of Householder's reflections.
    pub(super) fn natural(x: &[(f64, f64)], df: usize) -> Option<Self> {
        let mut of = Self::new(x, df + 2)?;
        let bend = |x: f64| of.functions(x, 2)[1..].to_vec();
        let (mut first, mut second) = (bend(of.low), bend(of.high));
        reflection(&mut first, 0);
        reflect(&first, 0, &mut second);
        reflection(&mut second, 1);
        of.natural = Some([first, second]);
        Some(of)
    }

    /// Inner knots.
    pub(super) fn inner_knots(&self) -> &[f64] {
        &self.knots[DEGREE + 1..self.knots.len() - DEGREE - 1]
    }

    /// The smallest and the largest value that the splines were made of.
    pub(super) const fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Whether the splines say anything about a number.
    pub(super) fn covers(&self, x: f64) -> bool {
        self.natural.is_some() || (self.low..=self.high).contains(&x)
    }

    /// The columns at a number.
    pub(super) fn at(&self, x: f64) -> Vec<f64> {
        let end = x.clamp(self.low, self.high);
        let mut values = self.functions(end, 0);
        if x < self.low || x > self.high {
            let slopes = self.functions(end, 1);
            values.iter_mut().zip(slopes).for_each(|(value, slope)| *value += slope * (x - end));
        }
        values.remove(0);
        let Some([first, second]) = &self.natural else { return values };
        reflect(first, 0, &mut values);
        reflect(second, 1, &mut values);
        values.split_off(2)
    }

    /// All B-splines at a point, or derivatives of them.
    fn functions(&self, x: f64, derivatives: usize) -> Vec<f64> {
        b_splines(x, &self.knots, DEGREE, derivatives)
    }
}

/// Makes of a vector the one that reflects it, from `start` on, onto a multiple of the unit vector of `start`: with
/// $v = x/\lVert x\rVert + e$ (the norm with the sign of $x_{start}$) the reflection is $1 - v v^\top / v_{start}$.
fn reflection(x: &mut [f64], start: usize) {
    let length = x[start..].iter().map(|x| x * x).sum::<f64>().sqrt();
    let length = if x[start] < 0.0 { -length } else { length };
    x[..start].fill(0.0);
    x[start..].iter_mut().for_each(|x| *x /= length);
    x[start] += 1.0;
}

/// Reflects a vector.
fn reflect(by: &[f64], start: usize, x: &mut [f64]) {
    let along = by.iter().zip(&*x).map(|(v, x)| v * x).sum::<f64>() / by[start];
    x.iter_mut().zip(by).for_each(|(x, v)| *x -= along * v);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(x: &[f64]) -> Vec<(f64, f64)> {
        x.iter().map(|&x| (x, 1.0)).collect()
    }

    /// A value that is there three times, or that stands for three.
    #[test]
    fn counts_stand_for_equal_values() {
        let repeated = once(&[4.0, 1.0, 1.0, 1.0, 2.5, 8.0, 8.0]);
        let counted = [(1.0, 3.0), (8.0, 2.0), (4.0, 1.0), (2.5, 1.0)];
        // Seven values: the quartiles are at ranks 1.5, 3 and 4.5.
        let knots = Splines::new(&counted, 6).unwrap().inner_knots().to_vec();
        assert_eq!(knots, [1.0, 2.5, 6.0]);
        assert_eq!(Splines::new(&repeated, 6).unwrap().inner_knots(), knots);
        let both = [&repeated[..], &counted[..]].map(|x| Polynomials::new(x, 2).unwrap().at(3.0));
        for (one, other) in both[0].iter().zip(&both[1]) {
            assert!((one - other).abs() < 1e-14);
        }
    }

    fn columns(x: &[f64], of: impl Fn(f64) -> Vec<f64>) -> Vec<Vec<f64>> {
        let rows: Vec<Vec<f64>> = x.iter().map(|&x| of(x)).collect();
        (0..rows[0].len()).map(|k| rows.iter().map(|row| row[k]).collect()).collect()
    }

    /// Of 1 to 5 the polynomials are those of every table: linear -2 … 2 over √10, quadratic 2, -1, -2, -1, 2 over √14,
    /// cubic -1, 2, 0, -2, 1 over √10.
    #[test]
    fn polynomials_of_five_points() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        let of = Polynomials::new(&once(&x), 3).unwrap();
        let basis = columns(&x, |x| of.at(x));
        let table = [
            ([-2.0, -1.0, 0.0, 1.0, 2.0], 10.0_f64),
            ([2.0, -1.0, -2.0, -1.0, 2.0], 14.0),
            ([-1.0, 2.0, 0.0, -2.0, 1.0], 10.0),
        ];
        for (column, (want, square)) in basis.iter().zip(table) {
            for (got, want) in column.iter().zip(want) {
                assert!((got - want / square.sqrt()).abs() < 1e-14);
            }
        }
        // The line goes on: 6 is 3 over √10.
        assert!((of.at(6.0)[0] - 3.0 / 10.0_f64.sqrt()).abs() < 1e-14);
        assert!(Polynomials::new(&once(&[1.0, 2.0, 1.0, 2.0]), 2).is_none());
        assert!(Polynomials::new(&once(&[1.0, 1.0]), 1).is_none());
    }

    /// Without inner knots they are Bernstein's polynomials; all together with the first they add up to 1.
    #[test]
    fn splines_without_knots_are_bernsteins() {
        let x: Vec<f64> = (0..=10).map(|i| f64::from(i) / 10.0).collect();
        let of = Splines::new(&once(&x), 3).unwrap();
        for &t in &x {
            let want = [3.0 * t * (1.0 - t).powi(2), 3.0 * t * t * (1.0 - t), t.powi(3)];
            for (got, want) in of.at(t).iter().zip(want) {
                assert!((got - want).abs() < 1e-14);
            }
        }
        for df in [5, 4] {
            let of = Splines::new(&once(&x), df).unwrap();
            assert!((of.at(1.0).iter().sum::<f64>() - 1.0).abs() < 1e-14);
            assert!(x.iter().all(|&x| of.at(x).iter().all(|b| (0.0..=1.0).contains(b))));
            assert!(of.covers(0.0) && !of.covers(1.1));
        }
    }

    /// Differences of the second order are zero at the ends and beyond, and one column is a straight line.
    #[test]
    fn natural_splines_are_straight_beyond_the_ends() {
        let x: Vec<f64> = (0..=20).map(f64::from).collect();
        let of = Splines::natural(&once(&x), 3).unwrap();
        assert_eq!(of.at(7.0).len(), 3);
        for k in 0..3 {
            let second = |x: f64| of.at(x - 1.0)[k] - 2.0 * of.at(x)[k] + of.at(x + 1.0)[k];
            assert!(second(-5.0).abs() < 1e-12 && second(27.0).abs() < 1e-12);
            assert!((0..=20).any(|x| second(f64::from(x)).abs() > 1e-4));
            // Also at the ends themselves, without a corner.
            let h = 1e-3;
            let bend = (of.at(-h)[k] - 2.0 * of.at(0.0)[k] + of.at(h)[k]) / (h * h);
            assert!(bend.abs() < 1e-2, "{bend}");
        }
        let line = Splines::natural(&once(&x), 1).unwrap();
        let step = line.at(1.0)[0] - line.at(0.0)[0];
        assert!((line.at(20.0)[0] - line.at(19.0)[0] - step).abs() < 1e-12 && step.abs() > 1e-3);
    }
}
