//! Rows with outcome 0 whose mean a Poisson likelihood would put at 0.

use super::absorb::Absorber;
use super::error::PanelError;
use super::least_squares::{solve, weighted_spread};
use super::{Effect, Panel};
use crate::error::Result;

/// Places of rows left when levels without an outcome above 0 are gone (and, if asked for, rows alone in a level) until there are
/// none, the number of rows of such levels and of those alone.
pub(super) fn without_zero_levels(
    effects: &[&Effect],
    outcome: &[f64],
    singletons: bool,
) -> (Vec<u32>, usize, usize) {
    let mut keep: Vec<u32> = (0..outcome.len() as u32).collect();
    let (mut zero, mut alone) = (0, 0);
    loop {
        let before = keep.len();
        for effect in effects {
            let (mut rows, mut events) =
                (vec![0_u32; effect.levels.len()], vec![false; effect.levels.len()]);
            for &row in &keep {
                let level = effect.codes[row as usize] as usize;
                rows[level] += 1;
                events[level] |= outcome[row as usize] > 0.0;
            }
            keep.retain(|&row| {
                let level = effect.codes[row as usize] as usize;
                let (without, single) = (!events[level], singletons && rows[level] == 1);
                zero += usize::from(without);
                alone += usize::from(single && !without);
                !(without || single)
            });
        }
        if keep.len() == before {
            return (keep, zero, alone);
        }
    }
}

/// Weight of rows with an outcome above 0, which a separating combination must leave at 0.
const HEAVY: f64 = 1e8;
/// Size of what counts as 0.
const ZERO: f64 = 1e-5;
/// Rounds of the rectifier, at most.
const MOST_ROUNDS: usize = 1_000;

/// Places of rows that no combination of columns and effects separates: one that is 0 where the outcome is above 0, nowhere
/// below 0, and above 0 in the rows left out.
///
/// The iterated rectifier (Correia, Guimarães and Zylkin 2019): regress $u = 1(y = 0)$ with large weights on the other rows, keep
/// what is above 0 of the prediction as the new $u$, until it predicts itself.
pub(super) fn by_regressors(panel: &Panel, effects: &[&Effect]) -> Result<Vec<u32>> {
    let zero: Vec<bool> = panel.outcome.iter().map(|y| *y <= 0.0).collect();
    let weights: Vec<f64> = zero.iter().map(|zero| if *zero { 1.0 } else { HEAVY }).collect();
    let raw: Vec<f64> =
        panel.columns.iter().map(|column| weighted_spread(column, &weights)).collect();
    let absorber = Absorber::new(effects.to_vec(), Some(&weights));
    let mut columns = panel.columns.clone();
    let failed = |rounds| PanelError::AbsorptionNotConverged { rounds };
    absorber.absorb(&mut columns).map_err(failed)?;
    let mut u: Vec<f64> = zero.iter().map(|zero| if *zero { 1.0 } else { 0.0 }).collect();
    for _ in 0..MOST_ROUNDS {
        let mut left = [u.clone()];
        absorber.absorb(&mut left).map_err(failed)?;
        let e = solve(&left[0], &columns, Some(&weights), &raw)?.residuals;
        if e.iter().all(|e| e.abs() <= ZERO) {
            let keep = (0..panel.len() as u32).filter(|&row| u[row as usize] <= ZERO.sqrt());
            return Ok(keep.collect());
        }
        for (row, u) in u.iter_mut().enumerate() {
            *u = if zero[row] { (*u - e[row]).max(0.0) } else { 0.0 };
        }
    }
    Err(PanelError::PoissonNotConverged { steps: MOST_ROUNDS }.into())
}
