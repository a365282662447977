//! Variances of state occupation that count persons.

use super::error::StateError;
use super::histories::{Episode, Histories};
use super::increment::{Increment, Leaving};
use super::occupation::{StateOccupation, TimesInStates};
use super::table::Step;
use crate::curve::Curve;
use crate::error::Result;
use crate::spells::Weights;
use crate::variance::Variance;
use nalgebra::DMatrix;

impl StateOccupation {
    /// As [`fit`](Self::fit), with standard errors by the infinitesimal jackknife, grouped by person.
    ///
    /// With the derivatives of the probabilities by the weight of a person, $\varphi_i(t) = \partial \hat\pi(t) / \partial w_i$,
    ///
    /// $$\mathrm{cov}\\,\hat\pi(t) = \sum_i m_i\\,\varphi_i(t)^\top \varphi_i(t),\qquad
    ///   \varphi_i(t_l) = \varphi_i(t_{l-1}) (I + \mathrm d\hat A_l) + \sum_h \hat\pi_h(t_{l-1}) \frac{\mathbb 1_{i \in h}}{Y_h}
    ///   \bigl(\mathrm dN_{ih\cdot}(t_l) - \mathrm d\hat A_{h\cdot,l}\bigr) ,$$
    ///
    /// where $m_i$ is 1, the case weight $w_i$, or the square of the sampling weight. It is what R's `survfit` prints for a
    /// multi-state `Surv` with `id`, and it does not need a Markov process. An empirical start has its part in $\varphi_i$.
    ///
    /// $O(\text{persons} \times \text{rows})$ time.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit).
    ///
    /// # Examples
    ///
    /// Nobody is censored before all has happened, so that probabilities are shares of four persons:
    ///
    /// ```
    /// use afgang_models::{Episode, Histories, StateOccupation};
    ///
    /// let episode = |entry, exit, from, to| Episode { entry, exit, from, to };
    /// let histories = Histories::finding_transitions(
    ///     &["healthy", "ill", "dead"],
    ///     &[1, 1, 2, 3, 3, 4],
    ///     &[
    ///         episode(0.0, 1.0, 0, Some(1)),
    ///         episode(1.0, 3.0, 1, Some(2)),
    ///         episode(0.0, 2.0, 0, Some(2)),
    ///         episode(0.0, 2.0, 0, Some(1)),
    ///         episode(2.0, 4.0, 1, None),
    ///         episode(0.0, 4.0, 0, None),
    ///     ],
    /// )?;
    /// let curves = StateOccupation::new().fit_histories(&histories)?;
    /// // Two of four are dead by 3: variance 1/2 * 1/2 / 4.
    /// assert!((curves[2].point(3.0).std_error - 0.25).abs() < 1e-15);
    /// // Healthy for 1, 2, 2 and 4: mean 9/4, sum of squares 19/4, over 4 persons twice.
    /// let times = StateOccupation::new().times_of_histories(&histories, 4.0)?;
    /// assert!((times.states[0].std_error.powi(2) - 19.0 / 64.0).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_histories(&self, histories: &Histories) -> Result<Vec<Curve>> {
        let table = histories.table();
        let mut curves = self.fit(&table)?;
        let steps = table.steps(self.start_time());
        let mut walk = self.influences(histories)?;
        let mut variances =
            vec![walk.variances(&walk.on_probability); curves.first().map_or(0, Curve::len)];
        let mut row = 1;
        for step in &steps {
            walk.pass(step);
            // Rows of the curves are the steps at which something happens.
            if curves.first().is_some_and(|curve| curve.time.get(row) == Some(&step.time)) {
                variances[row] = walk.variances(&walk.on_probability);
                row += 1;
            }
        }
        for (state, curve) in curves.iter_mut().enumerate() {
            let of_state: Vec<f64> = variances.iter().map(|of| of[state]).collect();
            self.replace_std_errors(curve, &of_state)?;
        }
        Ok(curves)
    }

    /// As [`times`](Self::times), with standard errors by the infinitesimal jackknife, grouped by person; see
    /// [`fit_histories`](Self::fit_histories). It is what R's `survfit` prints as `se(rmean)`.
    ///
    /// # Errors
    ///
    /// Those of [`times`](Self::times).
    pub fn times_of_histories(&self, histories: &Histories, horizon: f64) -> Result<TimesInStates> {
        let table = histories.table();
        let times = self.times(&table, horizon)?;
        let mut walk = self.influences(histories)?;
        for step in table.steps(self.start_time()).iter().filter(|step| step.time <= horizon) {
            walk.pass(step);
        }
        walk.advance(horizon);
        let spent: Vec<f64> = times.states.iter().map(|of| of.estimate).collect();
        self.times_of(&spent, &walk.covariance(&walk.on_spent))
    }

    pub(super) fn influences<'h>(&self, histories: &'h Histories) -> Result<Influences<'h>> {
        let table = histories.table();
        let start = self.begin(&table)?;
        let (n, persons) = (histories.graph().len(), histories.n_persons());
        let since = self.start_time();
        let mut influences = Influences {
            histories,
            time: since,
            probability: start.probability.as_slice().to_vec(),
            on_probability: DMatrix::zeros(persons, n),
            on_spent: DMatrix::zeros(persons, n),
            copies: vec![1.0; persons],
            rows: vec![Vec::new(); persons],
            next: vec![0; persons],
        };
        for &row in histories.order() {
            let person = histories.persons()[row];
            influences.rows[person].push(row);
            influences.copies[person] = match histories.weights() {
                Weights::None => 1.0,
                Weights::Case(w) => w[row],
                Weights::Sampling(w) => w[row] * w[row],
            };
        }
        if self.is_empirical() {
            let all: f64 = table.in_state_after(since).iter().sum();
            for (row, &Episode { entry, exit, from, .. }) in histories.episodes().iter().enumerate()
            {
                if entry <= since && since < exit && !histories.graph().is_absorbing(from) {
                    let person = histories.persons()[row];
                    for state in 0..n {
                        let own = f64::from(u8::from(state == from));
                        influences.on_probability[(person, state)] +=
                            (own - influences.probability[state]) / all;
                    }
                }
            }
        }
        if histories.is_empty() {
            Err(StateError::NobodyAtStart { time: since }.into())
        } else {
            Ok(influences)
        }
    }
}

/// Influences of all persons as time goes on.
pub(super) struct Influences<'h> {
    histories: &'h Histories,
    time: f64,
    probability: Vec<f64>,
    /// Person by state.
    on_probability: DMatrix<f64>,
    on_spent: DMatrix<f64>,
    /// How many equal persons each stands for, in the variance.
    copies: Vec<f64>,
    /// Rows of each person, by entry.
    rows: Vec<Vec<usize>>,
    /// The first of them that has not ended.
    next: Vec<usize>,
}

impl Influences<'_> {
    fn advance(&mut self, time: f64) {
        let width = time - self.time;
        if width.is_finite() && width > 0.0 {
            self.on_spent += &self.on_probability * width;
        }
        self.time = time;
    }

    pub(super) fn pass(&mut self, step: &Step<'_>) {
        self.advance(step.time);
        let graph = self.histories.graph();
        let Some(increment) = Increment::of_counts(graph, step, Variance::Greenwood) else {
            return;
        };
        increment.apply(&mut self.on_probability);
        for (person, rows) in self.rows.iter().enumerate() {
            let next = &mut self.next[person];
            let episode = |row: usize| self.histories.episodes()[row];
            while rows.get(*next).is_some_and(|&row| episode(row).exit < step.time) {
                *next += 1;
            }
            let Some(&row) = rows.get(*next) else { continue };
            let Episode { entry, exit, from, to } = episode(row);
            let Some(of) = increment.leaving.iter().find(|of| of.from == from) else { continue };
            if entry < step.time {
                let unit = self.probability[from] / step.at_risk[from];
                let moved = to.filter(|_| exit.total_cmp(&step.time).is_eq());
                add_residual(&mut self.on_probability, person, of, moved, unit);
            }
        }
        let mut probability = DMatrix::from_row_slice(1, self.probability.len(), &self.probability);
        increment.apply(&mut probability);
        self.probability.copy_from_slice(probability.as_slice());
    }

    fn variances(&self, influences: &DMatrix<f64>) -> Vec<f64> {
        let column = |state: usize| {
            let squares =
                influences.column(state).into_iter().zip(&self.copies).map(|(u, m)| m * u * u);
            squares.sum::<f64>()
        };
        (0..influences.ncols()).map(column).collect()
    }

    /// Covariance of the probabilities with those of another start.
    pub(super) fn covariance_with(&self, other: &Self) -> DMatrix<f64> {
        self.products(&self.on_probability, &other.on_probability)
    }

    fn covariance(&self, influences: &DMatrix<f64>) -> DMatrix<f64> {
        self.products(influences, influences)
    }

    fn products(&self, influences: &DMatrix<f64>, others: &DMatrix<f64>) -> DMatrix<f64> {
        let mut scaled = others.clone();
        for (mut row, &copies) in scaled.row_iter_mut().zip(&self.copies) {
            row *= copies;
        }
        influences.transpose() * scaled
    }
}

/// What a person at risk adds: `unit` times the jump less its expectation.
fn add_residual(
    influences: &mut DMatrix<f64>,
    person: usize,
    of: &Leaving,
    moved: Option<usize>,
    unit: f64,
) {
    for &(to, hazard) in &of.to {
        let jump = f64::from(u8::from(moved == Some(to)));
        influences[(person, to)] += unit * (jump - hazard);
        influences[(person, of.from)] -= unit * (jump - hazard);
    }
}
