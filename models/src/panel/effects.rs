//! The absorbed effects themselves.

use super::absorb::Absorber;
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

/// $y - x^\top b$ split into effects.
pub(super) fn recover(panel: &Panel, effects: &[&Effect]) -> Result<RecoveredEffects> {
    let weights = mean_one(panel);
    let fit = absorb_and_solve(panel, effects, weights.as_deref())?;
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
    let absorber = Absorber::new(effects.to_vec(), weights.as_deref());
    let values =
        absorber.split(&rest).map_err(|rounds| PanelError::AbsorptionNotConverged { rounds })?;
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
