//! Weighted least squares of columns from which effects and means are gone.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::absorb::MANY;
use crate::cox::{Kept, independent_columns};
use crate::error::{Error, Result};

/// Least squares of an outcome on columns.
pub(super) struct Solution {
    /// Columns kept, and those that they determine.
    pub(super) kept: Kept,
    /// Of the kept columns.
    pub(super) beta: DVector<f64>,
    /// $(X^\top W X)^{-1}$ of the kept columns.
    pub(super) inverse: DMatrix<f64>,
    pub(super) residuals: Vec<f64>,
    /// $\sum_i w_i e_i^2$.
    pub(super) rss: f64,
    /// $\sum_i w_i y_i^2$.
    pub(super) tss: f64,
}

/// Part of a column's square sum that rounding may leave of it where nothing should be left.
pub(super) const NOTHING: f64 = 1e-20;

/// Fits `outcome` on `columns`; `raw` holds each column's square sum about its mean before effects were taken out.
///
/// The normal equations are solved once for the coefficients and once more for what the first solution leaves, which
/// brings them to the accuracy of an orthogonal decomposition.
pub(super) fn solve(
    outcome: &[f64],
    columns: &[Vec<f64>],
    weights: Option<&[f64]>,
    raw: &[f64],
) -> Result<Solution> {
    let p = columns.len();
    let weighted: Vec<Vec<f64>> = match weights {
        None => Vec::new(),
        Some(w) => columns.iter().map(|x| x.iter().zip(w).map(|(x, w)| x * w).collect()).collect(),
    };
    let left = |k: usize| if weights.is_some() { &weighted[k] } else { &columns[k] };
    let pairs: Vec<(usize, usize)> = (0..p).flat_map(|k| (0..=k).map(move |l| (k, l))).collect();
    let sums: Vec<f64> = if outcome.len() * p < MANY {
        pairs.iter().map(|&(k, l)| dot(left(k), &columns[l])).collect()
    } else {
        pairs.par_iter().map(|&(k, l)| dot(left(k), &columns[l])).collect()
    };
    let mut information = DMatrix::zeros(p, p);
    for (&(k, l), sum) in pairs.iter().zip(sums) {
        information[(k, l)] = sum;
        information[(l, k)] = sum;
    }
    let least: Vec<f64> = raw.iter().map(|raw| raw * NOTHING).collect();
    let kept = independent_columns(&information, &least);
    let k = kept.columns.len();
    let gram = DMatrix::from_fn(k, k, |a, b| information[(kept.columns[a], kept.columns[b])]);
    // In units of the columns' own spread, so that kroner and shares do not meet in one pivot.
    let scale: Vec<f64> = (0..k).map(|a| gram[(a, a)].sqrt()).collect();
    let unit = DMatrix::from_fn(k, k, |a, b| gram[(a, b)] / (scale[a] * scale[b]));
    let Some(factor) = unit.cholesky() else {
        return Err(Error::SingularInformation { columns: Vec::new(), iteration: 0 });
    };
    let right = |e: &[f64]| DVector::from_fn(k, |a, _| dot(left(kept.columns[a]), e) / scale[a]);
    let mut residuals = outcome.to_vec();
    let mut beta = DVector::zeros(k);
    for _ in 0..2 {
        let step = factor.solve(&right(&residuals));
        for (a, &column) in kept.columns.iter().enumerate() {
            let step = step[a] / scale[a];
            beta[a] += step;
            for (e, x) in residuals.iter_mut().zip(&columns[column]) {
                *e -= step * x;
            }
        }
    }
    let square_sum = |v: &[f64]| match weights {
        None => dot(v, v),
        Some(w) => sum_of(v, w, |v, w| v * v * w),
    };
    let rss = square_sum(&residuals);
    let tss = square_sum(outcome);
    let mut inverse = factor.inverse();
    for a in 0..k {
        for b in 0..k {
            inverse[(a, b)] /= scale[a] * scale[b];
        }
    }
    Ok(Solution { kept, beta, inverse, residuals, rss, tss })
}

/// $\sum_i w_i (x_i - \bar x)^2$, and no less than rounding of a constant column leaves.
pub(super) fn weighted_spread(column: &[f64], weights: &[f64]) -> f64 {
    let mean = mean(column, Some(weights));
    spread(column, Some(weights), mean).max(mean * mean * sum(weights))
}

/// $\sum_i f(a_i, b_i)$, in eight sums side by side.
fn sum_of(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += f(a[lane], b[lane]);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| f(*a, *b)).sum();
    sums.iter().sum::<f64>() + rest
}

/// The same of some rows after others, whose sums are added up.
fn sum_by_rows(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    a.chunks(ROWS).zip(b.chunks(ROWS)).map(|(a, b)| sum_of(a, b, &f)).sum()
}

/// Rows whose sum is one of many.
const ROWS: usize = 8_192;

/// $\sum_i a_i b_i$.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    sum_of(a, b, |a, b| a * b)
}

/// $\sum_i a_i$.
pub(super) fn sum(a: &[f64]) -> f64 {
    sum_of(a, a, |a, _| a)
}

/// $\sum_i w_i x_i / \sum_i w_i$, the second time of what the first leaves.
pub(super) fn mean(column: &[f64], weights: Option<&[f64]>) -> f64 {
    let total = weights.map_or(column.len() as f64, sum);
    let first = weights.map_or_else(|| sum(column), |w| dot(column, w)) / total;
    let rest = match weights {
        None => sum_by_rows(column, column, |v, _| v - first),
        Some(w) => sum_by_rows(column, w, |v, w| (v - first) * w),
    };
    first + rest / total
}

/// $\sum_i w_i (x_i - m)^2$.
pub(super) fn spread(column: &[f64], weights: Option<&[f64]>, mean: f64) -> f64 {
    match weights {
        None => sum_by_rows(column, column, |v, _| (v - mean) * (v - mean)),
        Some(w) => sum_by_rows(column, w, |v, w| (v - mean) * (v - mean) * w),
    }
}
