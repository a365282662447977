//! Whether covariates are alike in both arms.

use super::assignment::{Assignment, ByArm};
use super::covariates::{Covariates, Propensity};
use crate::design::{Design, TermKind};

/// Covariates of both arms before and after weighting.
///
/// The standardised difference of a covariate is
///
/// $$d = \frac{\bar x_1 - \bar x_0}{\sqrt{(s_1^2 + s_0^2)/2}},$$
///
/// with the variances before weighting in both, so that it says what the weights change in the means (Austin 2009). $s^2$ is the
/// sample variance with $n - 1$; of a covariate of 0 and 1 it is $\bar x (1 - \bar x)$. The effective size of an arm with weights $w$
/// is $(\sum w)^2 / \sum w^2$ (Kish 1965).
///
/// Reference: Austin, P. C. (2009). *Statist. Med.* 28, 3083–3107.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Balance {
    /// The covariates: a row for each column of the design, and for the base of a factor with more than two levels.
    pub rows: Vec<BalanceRow>,
    /// Effective persons before weighting: persons, if there are no sampling weights.
    pub effective_before: ByArm<f64>,
    /// The same after.
    pub effective_after: ByArm<f64>,
    /// Least and largest propensity of each arm; `None` without a propensity.
    pub propensity: Option<ByArm<(f64, f64)>>,
}

/// One covariate in a [`Balance`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BalanceRow {
    /// Name of the column, as `origin=west` for a level.
    pub column: String,
    /// Name of the covariate.
    pub term: String,
    /// Means before weighting.
    pub before: ByArm<f64>,
    /// Standardised difference before.
    pub difference_before: f64,
    /// Means after weighting; without a propensity those before.
    pub after: ByArm<f64>,
    /// Standardised difference after.
    pub difference_after: f64,
}

impl Balance {
    /// The largest standardised difference after weighting, by size; 0 without covariates.
    pub fn largest_after(&self) -> f64 {
        self.rows.iter().map(|row| row.difference_after.abs()).fold(0.0, f64::max)
    }

    pub(super) fn new(
        of: &Assignment,
        design: &Design,
        covariates: &Covariates,
        propensity: Option<&Propensity>,
        all: bool,
    ) -> Self {
        let weight = |row: usize| {
            let pattern = covariates.of_row[row];
            propensity.map_or(1.0, |propensity| propensity.weight(pattern, of.treated[row], all).0)
        };
        let rows: Vec<(usize, f64, f64)> =
            of.rows().map(|row| (row, of.weights[row], of.weights[row] * weight(row))).collect();
        let matrix = design.matrix();
        let mut balanced = Vec::new();
        for term in design.terms() {
            let columns = term.columns.clone();
            let several = match &term.kind {
                TermKind::Factor { levels, base } if levels.len() > 2 => Some(&levels[*base]),
                _ => None,
            };
            if let Some(base) = several {
                let value = |pattern: usize| {
                    1.0 - columns.clone().map(|k| matrix[(pattern, k)]).sum::<f64>()
                };
                let column = format!("{}={base}", term.name);
                balanced.push(row(of, covariates, &rows, column, &term.name, value));
            }
            for k in columns {
                let column = design.column_names()[k].clone();
                let value = |pattern: usize| matrix[(pattern, k)];
                balanced.push(row(of, covariates, &rows, column, &term.name, value));
            }
        }
        let effective = |of_row: &dyn Fn(&(usize, f64, f64)) -> f64| {
            let mut sums = [ByArm::<f64>::default(); 2];
            for row in &rows {
                let (treated, weight) = (of.treated[row.0], of_row(row));
                *sums[0].of_mut(treated) += weight;
                *sums[1].of_mut(treated) += weight * weight;
            }
            let [sum, squares] = sums;
            ByArm {
                treated: sum.treated * sum.treated / squares.treated,
                comparison: sum.comparison * sum.comparison / squares.comparison,
            }
        };
        let range = |propensity: &Propensity| {
            let none = (f64::INFINITY, f64::NEG_INFINITY);
            let mut ranges = ByArm { treated: none, comparison: none };
            for &(row, ..) in &rows {
                let chance = propensity.regression.mean[covariates.of_row[row]];
                let (low, high) = ranges.of_mut(of.treated[row]);
                (*low, *high) = (low.min(chance), high.max(chance));
            }
            ranges
        };
        Self {
            rows: balanced,
            effective_before: effective(&|row| row.1),
            effective_after: effective(&|row| row.2),
            propensity: propensity.map(range),
        }
    }
}

fn row(
    of: &Assignment,
    covariates: &Covariates,
    rows: &[(usize, f64, f64)],
    column: String,
    term: &str,
    value: impl Fn(usize) -> f64,
) -> BalanceRow {
    let x = |row: usize| value(covariates.of_row[row]);
    let mean = |treated: bool, weight: &dyn Fn(&(usize, f64, f64)) -> f64| {
        let (mut sum, mut total) = (0.0, 0.0);
        for row in rows.iter().filter(|row| of.treated[row.0] == treated) {
            sum += weight(row) * x(row.0);
            total += weight(row);
        }
        sum / total
    };
    let indicator = rows.iter().all(|&(row, ..)| [0.0, 1.0].contains(&x(row)));
    let means = |weight: &dyn Fn(&(usize, f64, f64)) -> f64| ByArm {
        treated: mean(true, weight),
        comparison: mean(false, weight),
    };
    let (before, after) = (means(&|row| row.1), means(&|row| row.2));
    let variance = |treated: bool| {
        let mean = *before.of(treated);
        if indicator {
            return mean * (1.0 - mean);
        }
        let (mut squares, mut total, mut n) = (0.0, 0.0, 0.0);
        for row in rows.iter().filter(|row| of.treated[row.0] == treated) {
            squares += row.1 * (x(row.0) - mean).powi(2);
            total += row.1;
            n += 1.0;
        }
        squares / total * n / (n - 1.0)
    };
    let pooled = f64::midpoint(variance(true), variance(false)).sqrt();
    let standardised = |means: ByArm<f64>| {
        let difference = means.treated - means.comparison;
        if difference == 0.0 { 0.0 } else { difference / pooled }
    };
    BalanceRow {
        column,
        term: term.to_owned(),
        before,
        difference_before: standardised(before),
        after,
        difference_after: standardised(after),
    }
}
