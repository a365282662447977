//! Shares of explained variance of the rows of a panel.

use super::convention::PanelConvention;
use super::fit::squared_correlation;
use super::{Panel, UNIT};

/// Shares within units, between units and of all rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    pub(super) within: f64,
    pub(super) between: f64,
    pub(super) overall: f64,
}

/// An outcome and its prediction, as means of units and as rows.
pub(super) struct Prediction<'p> {
    panel: &'p Panel,
    weights: Option<&'p [f64]>,
    /// Outcome and prediction less those of the first row, so that large means leave no rounding, and these.
    outcome: Vec<f64>,
    of_row: Vec<f64>,
    of_first: (f64, f64),
    /// By unit that is used: of the outcome and of the prediction.
    means: (Vec<f64>, Vec<f64>),
}

impl<'p> Prediction<'p> {
    /// From some columns of the panel with their coefficients; a constant would cost correlations digits.
    pub(super) fn new(
        panel: &'p Panel,
        weights: Option<&'p [f64]>,
        slopes: &[(usize, f64)],
    ) -> Self {
        let first = |values: &[f64]| values.first().copied().unwrap_or_default();
        let mut of_row = vec![0.0; panel.len()];
        let mut of_first = (first(&panel.outcome), 0.0);
        for &(column, b) in slopes {
            let zero = first(&panel.columns[column]);
            of_first.1 += b * zero;
            for (sum, x) in of_row.iter_mut().zip(&panel.columns[column]) {
                *sum += b * (x - zero);
            }
        }
        let outcome: Vec<f64> = panel.outcome.iter().map(|y| y - of_first.0).collect();
        let means =
            (means_of_units(panel, weights, &outcome), means_of_units(panel, weights, &of_row));
        Self { panel, weights, outcome, of_row, of_first, means }
    }

    /// Squared correlation of the means of units.
    pub(super) fn between(&self) -> f64 {
        squared_correlation(&self.means.0, &self.means.1)
    }

    /// Squared correlation of rows, without weights as Stata has it.
    pub(super) fn overall(&self) -> f64 {
        squared_correlation(&self.outcome, &self.of_row)
    }

    /// Shares of an estimator without absorbed effects: squared correlations as in Stata's `xtreg`, or as `linearmodels` one
    /// less residual over total square sums.
    pub(super) fn shares(&self, convention: PanelConvention, constant: f64) -> Shares {
        let less_means = |values: &[f64], means: &[f64]| -> Vec<f64> {
            let codes = &self.panel.effects[UNIT].codes;
            let mut place = 0;
            let mut of_row = |(row, value): (usize, &f64)| {
                if row > 0 && codes[row] != codes[row - 1] {
                    place += 1;
                }
                value - means[place]
            };
            values.iter().enumerate().map(&mut of_row).collect()
        };
        let outcome = less_means(&self.outcome, &self.means.0);
        let prediction = less_means(&self.of_row, &self.means.1);
        if convention == PanelConvention::Linearmodels {
            let weight = |row: usize| self.weights.map_or(1.0, |weights| weights[row]);
            let constant = constant - self.of_first.0 + self.of_first.1;
            return Shares {
                within: explained(&outcome, &prediction, weight, None),
                between: explained(&self.means.0, &self.means.1, |_| 1.0, Some(constant)),
                overall: explained(&self.outcome, &self.of_row, weight, Some(constant)),
            };
        }
        Shares {
            within: squared_correlation(&outcome, &prediction),
            between: self.between(),
            overall: self.overall(),
        }
    }
}

/// Weighted means of the units that are used, in the order of the rows.
fn means_of_units(panel: &Panel, weights: Option<&[f64]>, values: &[f64]) -> Vec<f64> {
    let codes = &panel.effects[UNIT].codes;
    let mut means = Vec::new();
    let (mut sum, mut total) = (0.0, 0.0);
    for (row, value) in values.iter().enumerate() {
        let weight = weights.map_or(1.0, |weights| weights[row]);
        sum += weight * value;
        total += weight;
        if codes.get(row + 1) != Some(&codes[row]) {
            means.push(sum / total);
            (sum, total) = (0.0, 0.0);
        }
    }
    means
}

/// $1 - \sum w (y - c - \hat y)^2 / \sum w (y - \bar y)^2$; without a constant $c$ not about the mean.
fn explained(
    y: &[f64],
    prediction: &[f64],
    weight: impl Fn(usize) -> f64,
    constant: Option<f64>,
) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (row, y) in y.iter().enumerate() {
        sum += weight(row) * y;
        total += weight(row);
    }
    let mean = constant.map_or(0.0, |_| sum / total);
    let (mut rest, mut all) = (0.0, 0.0);
    for (row, (y, prediction)) in y.iter().zip(prediction).enumerate() {
        rest += weight(row) * (y - constant.unwrap_or(0.0) - prediction).powi(2);
        all += weight(row) * (y - mean).powi(2);
    }
    1.0 - rest / all
}
