//! What each spell moves the coefficients by.

use nalgebra::DMatrix;

use super::likelihood::Likelihood;
use super::risk_sets::Cell;
use super::scan::{AtTime, scan};
use crate::spells::Spells;

/// Score residuals: the derivative of the score by the weight of a spell,
///
/// $$U_i = \int (x_i - \bar x(t))\\,\mathrm{d}\hat M_i(t),$$
///
/// by prefix sums of the hazard and of the hazard times $\bar x$.
pub(crate) struct Influence<'likelihood> {
    of: &'likelihood Likelihood,
    /// Risks of the patterns, over the largest,
    pub(crate) risk: Vec<f64>,
    /// whose logarithm this is.
    pub(crate) largest: f64,
    /// By time: increment of the cumulative hazard of risk 1, its variance, and hazard times means, `p` a time.
    pub(crate) hazard: Vec<f64>,
    pub(crate) squares: Vec<f64>,
    pub(crate) hazard_means: Vec<f64>,
    /// By time and stratum, as in `Steps`: cumulative hazard, and hazard times means, `p` a time.
    cumulative: Vec<f64>,
    cumulative_means: Vec<f64>,
    /// By time: what events are spared of them.
    spared: Vec<f64>,
    spared_means: Vec<f64>,
    /// By time: mean covariates that the events are compared with.
    pub(crate) means: Vec<f64>,
}

#[derive(Default)]
struct Gathered {
    hazard: Vec<f64>,
    squares: Vec<f64>,
    hazard_means: Vec<f64>,
    spared: Vec<f64>,
    spared_means: Vec<f64>,
    means: Vec<f64>,
}

impl<'likelihood> Influence<'likelihood> {
    pub(crate) fn new(of: &'likelihood Likelihood, beta: &[f64]) -> Self {
        let p = of.x.n_columns();
        let (risk, largest) = of.x.risks(beta);
        let visit = |gathered: &mut Gathered, at: &AtTime| {
            let sums = of.ties.sums(at.s0, at.d0, at.events, at.weight);
            gathered.hazard.push(sums.hazard);
            gathered.squares.push(sums.square);
            gathered.spared.push(sums.spared);
            for (s1, d1) in at.s1.iter().zip(at.d1) {
                gathered.hazard_means.push(sums.square * s1 - sums.cross * d1);
                gathered.spared_means.push(sums.cross * s1 - sums.spared_square * d1);
                gathered.means.push((sums.hazard * s1 - sums.spared * d1) / at.weight);
            }
        };
        let parts = scan(&of.sets, &of.x.rows, p, &risk, Gathered::default, visit);
        let mut all = Gathered::default();
        for part in &parts {
            let forward = |column: &Vec<f64>, width: usize| -> Vec<f64> {
                if width == 0 {
                    return Vec::new();
                }
                column.chunks(width).rev().flatten().copied().collect()
            };
            all.hazard.extend(forward(&part.hazard, 1));
            all.squares.extend(forward(&part.squares, 1));
            all.spared.extend(forward(&part.spared, 1));
            all.hazard_means.extend(forward(&part.hazard_means, p));
            all.spared_means.extend(forward(&part.spared_means, p));
            all.means.extend(forward(&part.means, p));
        }
        let mut cumulative = Vec::new();
        let mut cumulative_means = Vec::new();
        for times in &of.sets.strata {
            let (mut sum, mut sums) = (0.0, vec![0.0; p]);
            cumulative.push(sum);
            cumulative_means.extend_from_slice(&sums);
            for k in times.clone() {
                sum += all.hazard[k];
                cumulative.push(sum);
                for (sum, step) in sums.iter_mut().zip(&all.hazard_means[k * p..(k + 1) * p]) {
                    *sum += step;
                }
                cumulative_means.extend_from_slice(&sums);
            }
        }
        Self {
            of,
            risk,
            largest,
            hazard: all.hazard,
            squares: all.squares,
            hazard_means: all.hazard_means,
            cumulative,
            cumulative_means,
            spared: all.spared,
            spared_means: all.spared_means,
            means: all.means,
        }
    }

    /// Adds `weight` times the score residual of a spell of the cell.
    pub(crate) fn add_score(&self, cell: &Cell, weight: f64, score: &mut [f64]) {
        let p = score.len();
        let pattern = cell.pattern as usize;
        let risk = weight * self.risk[pattern];
        let [from, until] = [cell.first, cell.last].map(|k| (k + cell.stratum) as usize);
        let before = &self.cumulative_means[from * p..(from + 1) * p];
        let after = &self.cumulative_means[until * p..(until + 1) * p];
        for (score, (after, before)) in score.iter_mut().zip(after.iter().zip(before)) {
            *score += risk * (after - before);
        }
        let mut own = -risk * (self.cumulative[until] - self.cumulative[from]);
        if cell.event {
            let k = cell.last as usize - 1;
            own += weight + risk * self.spared[k];
            let (means, spared) =
                (&self.means[k * p..(k + 1) * p], &self.spared_means[k * p..(k + 1) * p]);
            for (score, (mean, spared)) in score.iter_mut().zip(means.iter().zip(spared)) {
                *score -= weight * mean + risk * spared;
            }
        }
        self.of.x.rows.add(pattern, own, score);
    }

    /// The martingale residual of a spell of the cell: observed less expected events.
    pub(crate) fn martingale(&self, cell: &Cell) -> f64 {
        let risk = self.risk[cell.pattern as usize];
        let [from, until] = [cell.first, cell.last].map(|k| (k + cell.stratum) as usize);
        let met = self.cumulative[until] - self.cumulative[from];
        if cell.event {
            1.0 - risk * (met - self.spared[cell.last as usize - 1])
        } else {
            -risk * met
        }
    }

    /// $\sum_c (\sum_{i \in c} w_i U_i)(\cdot)^\top$ over clusters or persons, or over independent spells.
    pub(crate) fn meat(&self, spells: &Spells) -> DMatrix<f64> {
        let cells = &self.of.sets.cells;
        self.of.sets.units(spells).meat(self.of.x.n_columns(), |cell, weight, score| {
            self.add_score(&cells[cell as usize], weight, score);
        })
    }
}
