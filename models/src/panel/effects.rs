//! The absorbed effects themselves.

use super::error::PanelError;
use super::fit::{absorb_and_solve, mean_one};
use super::{Effect, Panel};
use crate::error::Result;

/// Effects recovered after a fit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecoveredEffects {
    /// Each level of each effect, in the order of effects and levels; levels without rows are left out.
    pub effects: Vec<FixedEffect>,
    /// Standard deviation of the first effect's levels, $\hat\sigma_u$ of Stata's `xtreg`.
    pub sigma_first: f64,
}

/// A level of an absorbed effect.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FixedEffect {
    /// Name of the effect.
    pub effect: String,
    /// The level.
    pub level: String,
    /// Its effect, as deviation from the constant of the fit: effects have the weighted mean 0 over the rows.
    pub estimate: f64,
    /// Rows of the level.
    pub rows: usize,
}

/// Sweeps over several effects, at most.
const MOST_SWEEPS: usize = 10_000;

/// $y - x^\top b$ split into effects: for one its means; for several by sweeps until nothing moves.
pub(super) fn recover(panel: &Panel, effects: &[&Effect]) -> Result<RecoveredEffects> {
    let weights = mean_one(panel);
    let fit = absorb_and_solve(panel, effects, weights.as_deref())?;
    let weight = |row: usize| weights.as_ref().map_or(1.0, |w| w[row]);
    let mut rest: Vec<f64> = panel.outcome.iter().map(|y| y - fit.outcome_mean).collect();
    for (&column, b) in fit.solution.kept.columns.iter().zip(&fit.solution.beta) {
        let mean = fit.column_means[column];
        for (rest, x) in rest.iter_mut().zip(&panel.columns[column]) {
            *rest -= b * (x - mean);
        }
    }
    for (rest, e) in rest.iter_mut().zip(&fit.solution.residuals) {
        *rest -= e;
    }
    let spread = rest.iter().fold(0.0_f64, |most, rest| most.max(rest.abs()));
    let mut values: Vec<Vec<f64>> =
        effects.iter().map(|effect| vec![0.0; effect.levels.len()]).collect();
    let mut sweeps = 0;
    loop {
        let mut moved = 0.0_f64;
        for (effect, values) in effects.iter().zip(&mut values) {
            let (mut sums, mut totals) = (vec![0.0; values.len()], vec![0.0; values.len()]);
            for (row, &code) in effect.codes.iter().enumerate() {
                sums[code as usize] += rest[row] * weight(row);
                totals[code as usize] += weight(row);
            }
            let steps = sums.iter().zip(&totals);
            let steps: Vec<f64> = steps.map(|(s, t)| if *t > 0.0 { s / t } else { 0.0 }).collect();
            values.iter_mut().zip(&steps).for_each(|(value, step)| *value += step);
            for (rest, &code) in rest.iter_mut().zip(&effect.codes) {
                *rest -= steps[code as usize];
            }
            moved = steps.iter().fold(moved, |most, step| most.max(step.abs()));
        }
        sweeps += 1;
        if effects.len() < 2 || moved <= 1e-13 * spread {
            break;
        }
        if sweeps == MOST_SWEEPS {
            return Err(PanelError::AbsorptionNotConverged { rounds: sweeps }.into());
        }
    }
    let mut recovered = Vec::new();
    for (effect, values) in effects.iter().zip(&values) {
        let rows = effect.rows();
        for (level, (&estimate, &rows)) in effect.levels.iter().zip(values.iter().zip(&rows)) {
            if rows > 0 {
                let (effect, level) = (effect.name.clone(), level.clone());
                recovered.push(FixedEffect { effect, level, estimate, rows });
            }
        }
    }
    let first = effects.first().map_or("", |effect| effect.name.as_str());
    let of_first: Vec<f64> =
        recovered.iter().filter(|e| e.effect == first).map(|e| e.estimate).collect();
    let mean = of_first.iter().sum::<f64>() / of_first.len() as f64;
    let squares: f64 = of_first.iter().map(|a| (a - mean).powi(2)).sum();
    let sigma_first = (squares / (of_first.len() as f64 - 1.0)).sqrt();
    Ok(RecoveredEffects { effects: recovered, sigma_first })
}
