//! Tests of a coefficient by the wild cluster bootstrap.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::error::PanelError;
use super::fit::{absorb_and_solve, mean_one};
use super::{Effect, Panel};
use crate::draws::{STEP, mix};
use crate::error::Result;

/// Wild cluster bootstrap with the hypothesis imposed (Cameron, Gelbach and Miller 2008), on sums by cluster, so that a draw
/// costs clusters times slopes and no refit (Roodman, MacKinnon, Nielsen and Webb 2019).
///
/// With few clusters all $2^G$ draws of Rademacher signs are taken instead of random ones, if that is no more than asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct WildBootstrap {
    draws: usize,
    seed: u64,
    signs: Signs,
}

/// Random factors of clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Signs {
    /// 1 or −1.
    #[default]
    Rademacher,
    /// $\pm\sqrt{1/2}, \pm 1, \pm\sqrt{3/2}$ (Webb 2023), for fewer than about twelve clusters.
    Webb,
}

/// Result of a [`WildBootstrap`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct WildTest {
    /// $t$ of the data, by clusters and without a multiplier, which leaves ranks alone.
    pub statistic: f64,
    /// Share of draws whose $|t|$ is as large.
    pub p_value: f64,
    /// Draws taken.
    pub draws: usize,
    /// Whether they are all that there are.
    pub exhaustive: bool,
    /// Clusters.
    pub clusters: usize,
}

impl Default for WildBootstrap {
    fn default() -> Self {
        Self::new()
    }
}

impl WildBootstrap {
    /// 9,999 draws of Rademacher signs.
    pub fn new() -> Self {
        Self { draws: 9_999, seed: 1, signs: Signs::Rademacher }
    }

    /// Number of draws.
    pub fn draws(mut self, draws: usize) -> Self {
        self.draws = draws;
        self
    }

    /// Seed of the draws; the same seed gives the same answer with any number of threads.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Kind of random factor.
    pub fn signs(mut self, signs: Signs) -> Self {
        self.signs = signs;
        self
    }

    /// Tests that the coefficient of a column is `value`. Absorbed effects must be nested in the clusters.
    pub(super) fn test(
        &self,
        panel: &Panel,
        effects: &[&Effect],
        clusters: &Effect,
        column: &str,
        value: f64,
    ) -> Result<WildTest> {
        if let Some(outside) = effects.iter().find(|effect| !effect.nested_in(&clusters.codes)) {
            let (effect, clusters) = (outside.name.clone(), clusters.name.clone());
            return Err(PanelError::NotNestedForBootstrap { effect, clusters }.into());
        }
        let n_clusters = clusters.n_used();
        if n_clusters < 2 {
            return Err(PanelError::OneCluster { clusters: clusters.name.clone() }.into());
        }
        let weights = mean_one(panel);
        let full = absorb_and_solve(panel, effects, weights.as_deref())?;
        let kept = &full.solution.kept.columns;
        let place = kept.iter().position(|&c| panel.names[c] == column);
        let Some(place) = place else {
            let names = kept.iter().map(|&c| panel.names[c].clone()).collect();
            return Err(
                PanelError::UnknownEffect { name: column.to_owned(), effects: names }.into()
            );
        };
        // Residuals with the hypothesis imposed.
        let mut restricted = panel.clone();
        for (y, x) in restricted.outcome.iter_mut().zip(&panel.columns[kept[place]]) {
            *y -= value * x;
        }
        restricted.columns.remove(kept[place]);
        restricted.names.remove(kept[place]);
        let null = absorb_and_solve(&restricted, effects, weights.as_deref())?;

        let weight = |row: usize| weights.as_ref().map_or(1.0, |w| w[row]);
        let (k, levels) = (kept.len(), clusters.levels.len());
        let a = &full.solution.inverse;
        // Sums over the rows of a cluster: x e of both residuals, and x_j of the tested column against all of x.
        let mut scores = vec![DVector::zeros(k); levels];
        let mut own = vec![0.0; levels];
        let mut moments = vec![DVector::zeros(k); levels];
        let mut x = DVector::zeros(k);
        for (row, &code) in clusters.codes.iter().enumerate() {
            let code = code as usize;
            for (x, &column) in x.iter_mut().zip(kept) {
                *x = full.columns[column][row];
            }
            let along = a.row(place).transpose().dot(&x) * weight(row);
            scores[code].axpy(weight(row) * null.solution.residuals[row], &x, 1.0);
            own[code] += along * full.solution.residuals[row];
            moments[code].axpy(along, &x, 1.0);
        }
        let used: Vec<usize> =
            clusters.rows().iter().enumerate().filter(|(_, n)| **n > 0).map(|(g, _)| g).collect();
        let spread: f64 = used.iter().map(|&g| own[g] * own[g]).sum();
        let statistic = (full.solution.beta[place] - value) / spread.sqrt();
        let steps =
            DMatrix::from_columns(&used.iter().map(|&g| a * &scores[g]).collect::<Vec<_>>());
        let moments =
            DMatrix::from_columns(&used.iter().map(|&g| moments[g].clone()).collect::<Vec<_>>());
        let exhaustive = self.signs == Signs::Rademacher
            && n_clusters < usize::BITS as usize - 1
            && (1_usize << n_clusters) <= self.draws;
        let draws = if exhaustive { 1 << n_clusters } else { self.draws };
        // Equal statistics differ by rounding, as those of all signs turned round do.
        let least = statistic.abs() * (1.0 - 1e-10);
        let as_large = |draw: usize| {
            let factors = self.factors(draw, n_clusters, exhaustive);
            let step = &steps * &factors;
            let rest = moments.tr_mul(&step);
            let of_cluster = |g: usize| factors[g] * steps[(place, g)] - rest[g];
            let spread: f64 = (0..n_clusters).map(|g| of_cluster(g).powi(2)).sum();
            step[place].abs() >= least * spread.sqrt()
        };
        let found = (0..draws).into_par_iter().filter(|&draw| as_large(draw)).count();
        Ok(WildTest {
            statistic,
            p_value: found as f64 / draws as f64,
            draws,
            exhaustive,
            clusters: n_clusters,
        })
    }

    /// Factors of a draw: its bits where all are taken, otherwise from a stream of its own.
    fn factors(&self, draw: usize, n: usize, exhaustive: bool) -> DVector<f64> {
        let sign = |up: bool| if up { 1.0 } else { -1.0 };
        if exhaustive {
            return DVector::from_fn(n, |g, _| sign(draw >> g & 1 == 1));
        }
        let mut state = next(self.seed ^ next(draw as u64));
        let mut bits = 0;
        DVector::from_fn(n, |g, _| {
            if self.signs == Signs::Rademacher {
                if g % 64 == 0 {
                    state = state.wrapping_add(STEP);
                    bits = next(state);
                }
                return sign(bits >> (g % 64) & 1 == 1);
            }
            state = state.wrapping_add(STEP);
            let six = ((u128::from(next(state)) * 6) >> 64) as usize;
            sign(six < 3) * [0.5_f64, 1.0, 1.5][six % 3].sqrt()
        })
    }
}

/// The word after a counter.
fn next(counter: u64) -> u64 {
    mix(counter.wrapping_add(STEP))
}
