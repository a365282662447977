//! Covariates of the patterns, centred and scaled.

use rayon::prelude::*;

use crate::design::{Design, SparseRows, TermKind};

/// Numeric columns less their mean, over their standard deviation. Indicators stay, so that they stay sparse.
#[derive(Debug, Clone)]
pub(crate) struct Covariates {
    pub(crate) rows: SparseRows,
    offsets: Vec<f64>,
    /// What was taken from each column,
    pub(crate) shift: Vec<f64>,
    /// and by what the rest was divided.
    pub(crate) scale: Vec<f64>,
}

/// Patterns that are worth a task.
const PATTERNS: usize = 1 << 11;

impl Covariates {
    /// Of some patterns of the design, with the weight of each.
    pub(crate) fn new(design: &Design, patterns: &[u32], weights: &[f64]) -> Self {
        let p = design.n_columns();
        let mut rows = design.sparse().select(patterns);
        let (mut shift, mut scale) = (vec![0.0; p], vec![1.0; p]);
        let mut numeric = vec![false; p];
        for term in design.terms().iter().filter(|term| term.kind == TermKind::Numeric) {
            numeric[term.columns.clone()].fill(true);
        }
        let total: f64 = weights.iter().sum();
        let sums = |of: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; p];
            for (pattern, &weight) in weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
                for (column, x) in rows.row(pattern).filter(|(column, _)| numeric[*column]) {
                    sums[column] += weight / total * of(column, x);
                }
            }
            sums
        };
        let mean = sums(&|_, x| x);
        let variance = sums(&|column, x| (x - mean[column]).powi(2));
        for column in (0..p).filter(|&column| numeric[column]) {
            shift[column] = mean[column];
            let deviation = variance[column].sqrt();
            // A constant has nothing but rounding.
            if deviation > 1e-14 * mean[column].abs() && deviation.is_finite() {
                scale[column] = deviation;
            }
        }
        for (value, &column) in rows.value.iter_mut().zip(&rows.column) {
            let column = column as usize;
            *value = (*value - shift[column]) / scale[column];
        }
        let offsets = patterns.iter().map(|&j| design.offsets()[j as usize]).collect();
        Self { rows, offsets, shift, scale }
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.shift.len()
    }

    pub(crate) fn offset(&self, pattern: usize) -> f64 {
        self.offsets[pattern]
    }

    /// Linear predictors of the patterns, and their largest.
    pub(crate) fn predictors(&self, beta: &[f64]) -> (Vec<f64>, f64) {
        let predictors: Vec<f64> = (0..self.rows.len())
            .into_par_iter()
            .with_min_len(PATTERNS)
            .map(|pattern| self.offsets[pattern] + self.rows.dot(pattern, beta))
            .collect();
        let largest = predictors.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        (predictors, if largest.is_finite() { largest } else { 0.0 })
    }

    /// Risks $\exp(\eta_j - \max \eta)$ of the patterns.
    pub(crate) fn risks(&self, beta: &[f64]) -> (Vec<f64>, f64) {
        let (predictors, largest) = self.predictors(beta);
        (predictors.iter().map(|eta| (eta - largest).exp()).collect(), largest)
    }
}
