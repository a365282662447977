//! Taking effects out of columns.

use rayon::prelude::*;

use super::Effect;

/// Effects to take out of columns by weighted means.
///
/// One effect goes out by its means. Several go out by the method of alternating projections, accelerated by conjugate
/// gradients on its symmetric form (Hernández-Ramos, Escalante and Raydan 2011; Correia 2017): with $M_e$ taking means of
/// effect $e$ out and $T = M_1 \cdots M_E \cdots M_1$, the residual of $y$ is the limit of $T^k y$. In a balanced panel
/// $T$ itself is the limit.
pub(super) struct Absorber<'a> {
    effects: Vec<&'a Effect>,
    weights: Option<&'a [f64]>,
    /// Sum of weights of each level.
    totals: Vec<Vec<f64>>,
}

/// Rounds of the accelerated projections, at most: designs that need more are as good as unconnected.
const MOST_ROUNDS: usize = 20_000;

impl<'a> Absorber<'a> {
    pub(super) fn new(effects: Vec<&'a Effect>, weights: Option<&'a [f64]>) -> Self {
        let totals = effects.iter().map(|effect| {
            let mut totals = vec![0.0; effect.levels.len()];
            for (row, &code) in effect.codes.iter().enumerate() {
                totals[code as usize] += weights.map_or(1.0, |w| w[row]);
            }
            totals
        });
        let totals = totals.collect();
        Self { effects, weights, totals }
    }

    /// Takes the effects out of every column; the largest number of rounds that one of them needed.
    pub(super) fn absorb(&self, columns: &mut [Vec<f64>]) -> Result<usize, usize> {
        let rounds: Vec<Result<usize, usize>> =
            columns.par_iter_mut().map(|column| self.absorb_column(column)).collect();
        rounds.into_iter().try_fold(0, |most, rounds| Ok(most.max(rounds?)))
    }

    fn absorb_column(&self, column: &mut [f64]) -> Result<usize, usize> {
        match self.effects.len() {
            0 => {
                self.centre(column);
                Ok(1)
            }
            1 => {
                // Twice, so that means that are large against the spread leave no rounding behind.
                self.take_out(0, column);
                self.take_out(0, column);
                Ok(1)
            }
            _ => self.project(column),
        }
    }

    fn centre(&self, column: &mut [f64]) {
        for _ in 0..2 {
            let weighted = column.iter().enumerate().map(|(row, v)| v * self.weight(row));
            let mean =
                weighted.sum::<f64>() / (0..column.len()).map(|row| self.weight(row)).sum::<f64>();
            for value in column.iter_mut() {
                *value -= mean;
            }
        }
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// Takes the means of one effect out.
    fn take_out(&self, effect: usize, column: &mut [f64]) {
        let (codes, totals) = (&self.effects[effect].codes, &self.totals[effect]);
        let mut means = vec![0.0; totals.len()];
        match self.weights {
            None => {
                for (&code, value) in codes.iter().zip(column.iter()) {
                    means[code as usize] += value;
                }
            }
            Some(weights) => {
                for ((&code, value), weight) in codes.iter().zip(column.iter()).zip(weights) {
                    means[code as usize] += weight * value;
                }
            }
        }
        for (mean, total) in means.iter_mut().zip(totals) {
            *mean /= total;
        }
        for (&code, value) in codes.iter().zip(column.iter_mut()) {
            *value -= means[code as usize];
        }
    }

    /// $T v$.
    fn there_and_back(&self, column: &mut [f64]) {
        let last = self.effects.len() - 1;
        (0..=last).for_each(|effect| self.take_out(effect, column));
        (0..last).rev().for_each(|effect| self.take_out(effect, column));
    }

    fn inner(&self, a: &[f64], b: &[f64]) -> f64 {
        match self.weights {
            None => a.iter().zip(b).map(|(a, b)| a * b).sum(),
            Some(w) => a.iter().zip(b).zip(w).map(|((a, b), w)| a * b * w).sum(),
        }
    }

    /// Solves $(I - T) z = (I - T) y$ by conjugate gradients and leaves $y - z$.
    fn project(&self, column: &mut [f64]) -> Result<usize, usize> {
        self.centre(column);
        let scale = self.inner(column, column);
        // What T takes out at once need not be looked for.
        self.there_and_back(column);
        let mut residual = self.rest_of(column);
        let mut direction = residual.clone();
        let mut left = self.inner(&residual, &residual);
        for round in 1..=MOST_ROUNDS {
            if left <= 1e-28 * scale || left == 0.0 {
                self.there_and_back(column);
                return Ok(round);
            }
            let image = self.rest_of(&direction);
            let curvature = self.inner(&direction, &image);
            if curvature <= 0.0 {
                return Ok(round);
            }
            let step = left / curvature;
            for ((value, u), (r, v)) in
                column.iter_mut().zip(&direction).zip(residual.iter_mut().zip(&image))
            {
                *value -= step * u;
                *r -= step * v;
            }
            let now = self.inner(&residual, &residual);
            let keep = now / left;
            for (u, r) in direction.iter_mut().zip(&residual) {
                *u = r + keep * *u;
            }
            left = now;
        }
        Err(MOST_ROUNDS)
    }

    /// $(I - T) v$.
    fn rest_of(&self, v: &[f64]) -> Vec<f64> {
        let mut image = v.to_vec();
        self.there_and_back(&mut image);
        v.iter().zip(&image).map(|(v, t)| v - t).collect()
    }
}

/// Number of parameters that effects stand for, the constant included: $G_1$ for one, $G_1 + G_2$ less the number of
/// connected components for two (exact); each further effect as if it were connected, which may count too many.
pub(super) fn n_absorbed(effects: &[&Effect]) -> usize {
    match effects {
        [] => 1,
        [only] => only.n_used(),
        [first, second, rest @ ..] => {
            let two = first.n_used() + second.n_used() - components(first, second);
            two + rest.iter().map(|effect| effect.n_used() - 1).sum::<usize>()
        }
    }
}

/// The node that stands for a component, with the paths to it halved on the way.
fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

/// Connected components of the graph whose edges are rows between levels of two effects.
fn components(first: &Effect, second: &Effect) -> usize {
    let shift = first.levels.len();
    let mut parent: Vec<usize> = (0..shift + second.levels.len()).collect();
    let mut n = first.n_used() + second.n_used();
    for (&a, &b) in first.codes.iter().zip(&second.codes) {
        let (a, b) = (root(&mut parent, a as usize), root(&mut parent, shift + b as usize));
        if a != b {
            parent[a] = b;
            n -= 1;
        }
    }
    n
}

/// Places of rows that are left when rows alone in a level of an effect are dropped until there are none, and how many were.
pub(super) fn without_singletons(effects: &[&Effect]) -> (Vec<u32>, usize) {
    let n = effects.first().map_or(0, |effect| effect.codes.len());
    let mut keep: Vec<u32> = (0..n as u32).collect();
    loop {
        let before = keep.len();
        for effect in effects {
            let mut rows = vec![0_u32; effect.levels.len()];
            for &row in &keep {
                rows[effect.codes[row as usize] as usize] += 1;
            }
            keep.retain(|&row| rows[effect.codes[row as usize] as usize] > 1);
        }
        if keep.len() == before {
            return (keep, n - before);
        }
    }
}
