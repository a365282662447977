//! Covariates of the patterns, centred and scaled.

use rayon::prelude::*;

use crate::design::{Design, SparseRows};

/// Numeric columns less their mean, over their standard deviation. Indicators stay, so that they stay sparse.
#[derive(Debug, Clone)]
pub(crate) struct Covariates {
    pub(crate) rows: SparseRows,
    /// `None` is 0.
    offsets: Option<Vec<f64>>,
    /// Range of each column.
    ranges: Vec<f64>,
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
        let mut rows = design.matrix_of(patterns);
        let (mut shift, mut scale) = (vec![0.0; p], vec![1.0; p]);
        let total: f64 = weights.iter().sum();
        let shares: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
        let means = rows.sums_of_numbers(&shares, |_, x| x);
        let variances = rows.sums_of_numbers(&shares, |k, x| (x - means[k]).powi(2));
        for (column, (&mean, variance)) in rows.numeric().zip(means.iter().zip(variances)) {
            shift[column] = mean;
            let deviation = variance.sqrt();
            // A constant has nothing but rounding.
            if deviation > 1e-14 * mean.abs() && deviation.is_finite() {
                scale[column] = deviation;
            }
        }
        let scales: Vec<f64> = rows.numeric().map(|column| scale[column]).collect();
        rows.change_numbers(|k, x| (x - means[k]) / scales[k]);
        let of_design = |of: &[f64]| patterns.iter().map(|&j| of[j as usize]).collect();
        let offsets = design.offsets().map(of_design);
        let ranges = rows.ranges(p);
        Self { rows, offsets, ranges, shift, scale }
    }

    /// Range of what a change of the coefficients does to the linear predictors.
    pub(crate) fn spread(&self, change: &[f64]) -> f64 {
        let mut moved = (0..change.len()).filter(|&column| change[column] != 0.0);
        match (moved.next(), moved.next()) {
            (None, _) => 0.0,
            (Some(column), None) => self.ranges[column] * change[column].abs(),
            _ => self.rows.spread(change),
        }
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.shift.len()
    }

    pub(crate) fn offset(&self, pattern: usize) -> f64 {
        self.offsets.as_ref().map_or(0.0, |offsets| offsets[pattern])
    }

    /// Linear predictors of the patterns, and their largest.
    pub(crate) fn predictors(&self, beta: &[f64]) -> (Vec<f64>, f64) {
        let predictors: Vec<f64> = (0..self.rows.len())
            .into_par_iter()
            .with_min_len(PATTERNS)
            .map(|pattern| self.offset(pattern) + self.rows.dot(pattern, beta))
            .collect();
        let largest = predictors.par_iter().copied().reduce(|| f64::NEG_INFINITY, f64::max);
        (predictors, if largest.is_finite() { largest } else { 0.0 })
    }

    /// Risks $\exp(\eta_j - \max \eta)$ of the patterns.
    pub(crate) fn risks(&self, beta: &[f64]) -> (Vec<f64>, f64) {
        let (mut risks, largest) = self.predictors(beta);
        let chunks = risks.par_chunks_mut(PATTERNS);
        chunks.for_each(|chunk| chunk.iter_mut().for_each(|eta| *eta = (*eta - largest).exp()));
        (risks, largest)
    }
}

/// Risks of linear predictors, of which one is the largest.
pub(crate) fn risks_of(predictors: &[f64], largest: f64) -> Vec<f64> {
    let risk = |eta: &f64| (eta - largest).exp();
    predictors.par_iter().with_min_len(PATTERNS).map(risk).collect()
}
