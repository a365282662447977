//! Whether a concave log-likelihood rises for ever.
//!
//! It does along a direction $d$ if $a^\top d \le 0$ for all differences $a$ of covariates: those of any outcome that could have been, less
//! those of the one that was. Such directions make a cone. With the score $U$ and the information $I$ at any coefficients, $U^\top d > 0$ for
//! each of them, so that the Newton step $I^{-1} U$ has an acute angle with it where lengths are those of $I$; and the step's projection on
//! the cone is 0 if and only if the cone is $\{0\}$ and there is a maximum. The projection is what non-negative multiples of the
//! differences leave of the step (Moreau): least squares by the active sets of Lawson and Hanson (1974, chapter 23), to which one
//! difference is added at a time, the one that rises most along what is left.

use std::ops::Range;

use nalgebra::DVector;

use super::likelihood::Evaluation;
use super::newton::{Factored, Objective};

/// Parts of a length that may be rounding.
const ROUNDING: f64 = 1e-9;

/// Whether the likelihood has no maximum in the columns kept, by its derivatives at coefficients where they are well-conditioned.
/// Yes also if they are not.
pub(crate) fn rises_for_ever(of: &impl Objective, at: &Evaluation, kept: &[usize]) -> bool {
    let Some(metric) = Factored::new(&at.information, kept) else { return true };
    let part = |of: &[f64]| DVector::from_iterator(kept.len(), kept.iter().map(|&k| of[k]));
    let step = metric.whiten(&part(at.score.as_slice()));
    let mut held = Held::new(step.clone());
    // Each round leaves less of the step; many times the rounds that it takes.
    for _ in 0..200 + 20 * kept.len() {
        let left = held.residual();
        if left.norm() <= ROUNDING * step.norm() {
            return false;
        }
        let mut direction = vec![0.0; of.width()];
        for (&column, value) in kept.iter().zip(metric.unwhiten(left.clone()).iter()) {
            direction[column] = *value;
        }
        let Some(difference) = of.rises_most(&direction) else { return true };
        let mut difference = metric.whiten(&part(&difference));
        let size = difference.norm();
        difference /= size;
        let rises = difference.dot(&left) > ROUNDING * left.norm();
        if !rises || !held.add(difference) {
            return true;
        }
    }
    true
}

/// Differences with positive multiples, whose sum is as near the target as can be.
struct Held {
    target: DVector<f64>,
    differences: Vec<DVector<f64>>,
    multiples: Vec<f64>,
    /// Orthonormal, spanning the differences,
    basis: Vec<DVector<f64>>,
    /// and what each difference is of them.
    parts: Vec<Vec<f64>>,
}

impl Held {
    fn new(target: DVector<f64>) -> Self {
        let (differences, multiples) = (Vec::new(), Vec::new());
        Self { target, differences, multiples, basis: Vec::new(), parts: Vec::new() }
    }

    /// What the differences leave of the target.
    fn residual(&self) -> DVector<f64> {
        let mut left = self.target.clone();
        // Twice, so that rounding leaves nothing of the basis.
        for _ in 0..2 {
            for of in &self.basis {
                left.axpy(-of.dot(&left), of, 1.0);
            }
        }
        left
    }

    /// Spans one difference more; not if those before span it.
    fn span(&mut self, difference: DVector<f64>) -> bool {
        let (mut own, mut parts) = (difference.clone(), vec![0.0; self.basis.len()]);
        for _ in 0..2 {
            for (of, part) in self.basis.iter().zip(&mut parts) {
                let along = of.dot(&own);
                own.axpy(-along, of, 1.0);
                *part += along;
            }
        }
        let size = own.norm();
        if size <= 1e-12 {
            return false;
        }
        parts.push(size);
        self.basis.push(own / size);
        self.parts.push(parts);
        self.differences.push(difference);
        true
    }

    /// Multiples of least squares, whatever their signs.
    fn solve(&self) -> Vec<f64> {
        let n = self.basis.len();
        let mut solved = vec![0.0; n];
        for row in (0..n).rev() {
            let known: f64 = (row + 1..n).map(|k| self.parts[k][row] * solved[k]).sum();
            solved[row] = (self.basis[row].dot(&self.target) - known) / self.parts[row][row];
        }
        solved
    }

    /// Takes up a difference, and drops those whose multiples would be negative with it. Not if there is nothing new in it.
    fn add(&mut self, difference: DVector<f64>) -> bool {
        if !self.span(difference) {
            return false;
        }
        self.multiples.push(0.0);
        loop {
            let solved = self.solve();
            let until = |(&now, &then): (&f64, &f64)| (then <= 0.0).then(|| now / (now - then));
            let pairs = self.multiples.iter().zip(&solved);
            let part = pairs.filter_map(until).fold(f64::INFINITY, f64::min);
            if part.is_infinite() {
                self.multiples = solved;
                return true;
            }
            for (now, then) in self.multiples.iter_mut().zip(&solved) {
                *now = if *then <= 0.0 && *now / (*now - then) <= part {
                    0.0
                } else {
                    *now + part * (then - *now)
                };
            }
            self.drop_unused();
        }
    }

    /// Leaves those with a multiple of 0 out.
    fn drop_unused(&mut self) {
        let Some(first) = self.multiples.iter().position(|&of| of <= 0.0) else { return };
        let tail = self.differences.split_off(first);
        let multiples = self.multiples.split_off(first);
        self.basis.truncate(first);
        self.parts.truncate(first);
        for (difference, multiple) in tail.into_iter().zip(multiples) {
            if multiple > 0.0 && self.span(difference) {
                self.multiples.push(multiple);
            }
        }
    }
}

/// At each of `n` times the place of the largest value among the intervals of times that hold it.
pub(crate) fn largest_at(
    n: usize,
    values: &[f64],
    intervals: &[Range<usize>],
) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let mut largest = vec![None; n];
    // The next time without one, from each time on: those passed point on.
    let mut next: Vec<usize> = (0..=n).collect();
    for place in order {
        let mut time = open(&mut next, intervals[place].start);
        while time < intervals[place].end {
            largest[time] = Some(place);
            next[time] = time + 1;
            time = open(&mut next, time + 1);
        }
    }
    largest
}

/// The first time from one on that points to itself.
fn open(next: &mut [usize], from: usize) -> usize {
    let mut time = from;
    while next[time] != time {
        next[time] = next[next[time]];
        time = next[time];
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of intervals 0..2 with 5, 1..4 with 7 and 3..5 with 6 the largest are 5, 7, 7, 7, 6; nobody is there at 5.
    #[test]
    fn largest_of_intervals() {
        let found = largest_at(6, &[5.0, 7.0, 6.0, 9.0], &[0..2, 1..4, 3..5, 2..2]);
        assert_eq!(found, [Some(0), Some(1), Some(1), Some(1), Some(2), None]);
    }

    /// The target (1, 2) less what non-negative multiples of (1, 0), (1, 1), (0, -1) can take: with (1, 1) first, (-1/2, 1/2) is left;
    /// with (-1, 1) nothing, and (1, 0) would need a negative multiple.
    #[test]
    fn multiples_are_not_negative() {
        let vector = |x: f64, y: f64| DVector::from_vec(vec![x, y]);
        let mut held = Held::new(vector(1.0, 2.0));
        assert!(held.add(vector(1.0, 1.0)));
        assert!((held.residual() - vector(-0.5, 0.5)).norm() < 1e-15);
        assert!(held.add(vector(-1.0, 1.0)));
        assert!(held.residual().norm() < 1e-15);
        let mut held = Held::new(vector(1.0, 2.0));
        assert!(held.add(vector(1.0, 0.0)));
        assert!((held.residual() - vector(0.0, 2.0)).norm() < 1e-15);
        assert!(held.add(vector(3.0, 1.0)));
        // Nearest along (3, 1): multiple 1/2, for (1, 0) would have -5.
        assert!((held.residual() - vector(-0.5, 1.5)).norm() < 1e-15);
        assert_eq!(held.multiples.len(), 1);
    }
}
