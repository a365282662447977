//! What happens to probabilities and their errors at one time: multiplication by $I + \mathrm d\hat A(t)$.

use nalgebra::DMatrix;

use super::graph::StateGraph;
use super::table::Step;
use crate::variance::Variance;

/// The increments of the transition hazards at one time.
#[derive(Debug, Clone)]
pub(crate) struct Increment {
    pub(crate) time: f64,
    pub(crate) leaving: Vec<Leaving>,
}

/// The hazards out of one state.
#[derive(Debug, Clone)]
pub(crate) struct Leaving {
    pub(crate) from: usize,
    /// The probability to stay.
    pub(crate) stay: f64,
    /// States moved to, with their hazards.
    pub(crate) to: Vec<(usize, f64)>,
    /// Covariances of the hazards, in the order of `to`.
    pub(crate) covariance: DMatrix<f64>,
}

impl Increment {
    /// Of the counts at a step; `None` where nobody moves.
    pub(crate) fn of_counts(
        graph: &StateGraph,
        step: &Step<'_>,
        variance: Variance,
    ) -> Option<Self> {
        let mut leaving = Vec::new();
        for (from, &y) in step.at_risk.iter().enumerate() {
            let moves: Vec<(usize, f64)> = graph
                .leaving(from)
                .filter(|&k| step.moved[k] > 0.0)
                .map(|k| (graph.transitions()[k].1, step.moved[k]))
                .collect();
            let total: f64 = moves.iter().map(|(_, d)| d).sum();
            if total > 0.0 && y > 0.0 {
                let error =
                    |j: usize, r: usize| variance.between_moves(y, moves[j].1, moves[r].1, j == r);
                leaving.push(Leaving {
                    from,
                    stay: ((y - total) / y).max(0.0),
                    covariance: DMatrix::from_fn(moves.len(), moves.len(), error),
                    to: moves.into_iter().map(|(to, d)| (to, d / y)).collect(),
                });
            }
        }
        (!leaving.is_empty()).then_some(Self { time: step.time, leaving })
    }

    /// Multiplies a matrix from the right by $I + \mathrm dA$: each row is a vector over states.
    pub(crate) fn apply(&self, matrix: &mut DMatrix<f64>) {
        let before = matrix.clone();
        for of in &self.leaving {
            let there = before.column(of.from);
            matrix.column_mut(of.from).axpy(of.stay - 1.0, &there, 1.0);
            if of.stay <= 0.0 {
                // Without rounding, all are gone; who arrives is added back below.
                matrix.column_mut(of.from).fill(0.0);
            }
        }
        for of in &self.leaving {
            let there = before.column(of.from);
            for &(to, hazard) in &of.to {
                matrix.column_mut(to).axpy(hazard, &there, 1.0);
            }
        }
    }

    /// Adds $\sum_h p_h q_h \mathrm{cov}(\mathrm d \hat A_{h\cdot})$: the covariance that the errors of the increments give to the
    /// vectors that were $p$ and $q$ just before.
    pub(crate) fn add_errors(&self, covariance: &mut DMatrix<f64>, p: &[f64], q: &[f64]) {
        for of in &self.leaving {
            let scale = p[of.from] * q[of.from];
            if scale == 0.0 {
                continue;
            }
            for (j, &(one, _)) in of.to.iter().enumerate() {
                for (r, &(two, _)) in of.to.iter().enumerate() {
                    let error = scale * of.covariance[(j, r)];
                    covariance[(one, two)] += error;
                    covariance[(one, of.from)] -= error;
                    covariance[(of.from, two)] -= error;
                    covariance[(of.from, of.from)] += error;
                }
            }
        }
    }
}

/// Probabilities of the states as time goes on, the time spent in them, and the covariances of both.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) time: f64,
    /// One row.
    pub(crate) probability: DMatrix<f64>,
    pub(crate) covariance: DMatrix<f64>,
    /// Expected time in each state; one row.
    pub(crate) spent: DMatrix<f64>,
    /// Covariance of the time spent (rows) with the probabilities (columns).
    pub(crate) between: DMatrix<f64>,
    pub(crate) covariance_spent: DMatrix<f64>,
}

impl Walk {
    pub(crate) fn new(time: f64, start: &[f64], covariance: DMatrix<f64>) -> Self {
        let n = start.len();
        Self {
            time,
            probability: DMatrix::from_row_slice(1, n, start),
            covariance,
            spent: DMatrix::zeros(1, n),
            between: DMatrix::zeros(n, n),
            covariance_spent: DMatrix::zeros(n, n),
        }
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, time: f64) {
        let width = time - self.time;
        if width.is_finite() && width > 0.0 {
            self.spent += &self.probability * width;
            self.covariance_spent += (&self.between + self.between.transpose()) * width;
            self.covariance_spent += &self.covariance * (width * width);
            self.between += &self.covariance * width;
        }
        self.time = time;
    }

    /// Goes on to the time of an increment, and past it.
    pub(crate) fn pass(&mut self, increment: &Increment) {
        self.advance(increment.time);
        let before = self.probability.clone();
        increment.apply(&mut self.probability);
        increment.apply(&mut self.between);
        both_sides(increment, &mut self.covariance);
        increment.add_errors(&mut self.covariance, before.as_slice(), before.as_slice());
    }
}

/// $(I + \mathrm dA)^\top C (I + \mathrm dA)$.
pub(crate) fn both_sides(increment: &Increment, covariance: &mut DMatrix<f64>) {
    increment.apply(covariance);
    covariance.transpose_mut();
    increment.apply(covariance);
    covariance.transpose_mut();
}
