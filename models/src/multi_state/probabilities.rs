//! The matrix of transition probabilities.

use nalgebra::DMatrix;

use super::error::StateError;
use super::histories::Histories;
use super::increment::{Increment, both_sides};
use super::occupation::StateOccupation;
use super::table::TransitionTable;
use crate::contrast::Estimate;
use crate::error::{Error, Result};
use crate::interval::{Interval, normal_quantile};
use crate::variance::Variance;

/// Transition probabilities $P_{hj}(s, t)$, the chances to be in state $j$ at $t$ of one who is in state $h$ at $s$
/// (Aalen–Johansen).
///
/// $$\hat P(s, t) = \prod_{s < t_i \le t} \bigl(I + \mathrm d\hat A(t_i)\bigr)$$
///
/// for a Markov process (for others see [`Histories::landmark`](crate::Histories::landmark)). The covariances of all its elements
/// follow by recursion, in the form of
///
/// $$\mathrm{cov}(\hat P_{a\cdot}, \hat P_{b\cdot})(t_i) = (I + \mathrm d\hat A_i)^\top
///   \mathrm{cov}(\hat P_{a\cdot}, \hat P_{b\cdot})(t_{i-1}) (I + \mathrm d\hat A_i)
///   + \sum_h \hat P_{ah} \hat P_{bh}\\,\mathrm{cov}\\,\delta_{h\cdot,i},$$
///
/// with the errors $\delta$ of [`StateOccupation`](crate::StateOccupation), whose curves from one state are a row of the matrix. It is
/// the covariance of R's `etm` (Andersen et al. 1993, 4.4.1.3).
///
/// # Conventions
///
/// - $O(\text{rows} \times \text{states}^5)$ time for the covariances.
/// - Defaults: from time 0, variance `Greenwood`.
///
/// # Examples
///
/// Of four healthy, one falls ill at 1. At 2 one of the three falls ill and one dies; at 3 one of the two ill dies:
///
/// ```
/// use afgang_models::{StateGraph, TransitionProbabilities, TransitionTable};
///
/// let graph = StateGraph::with_places(&["healthy", "ill", "dead"], &[(0, 1), (0, 2), (1, 2)])?;
/// let moved = [1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0];
/// let censored = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0];
/// let table = TransitionTable::from_counts(graph, &[1.0, 2.0, 3.0, 4.0], &moved, &censored, None)?;
///
/// let p = TransitionProbabilities::new().since(1.0).at(&table, 3.0)?;
/// assert!((p.probability(0, 0) - 1.0 / 3.0).abs() < 1e-15);
/// assert!((p.probability(0, 1) - 1.0 / 6.0).abs() < 1e-15); // 1/3 * 1/2
/// assert!((p.probability(1, 2) - 1.0 / 2.0).abs() < 1e-15);
/// assert!((p.std_error(1, 2).powi(2) - 1.0 / 8.0).abs() < 1e-15); // 1/2 * 1/2 / 2
/// // Both rows depend on the deaths of the ill: 1/3 * 1 of the errors of the same hazard.
/// assert!((p.covariance((0, 2), (1, 2)) - 1.0 / 24.0).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct TransitionProbabilities {
    since: f64,
    variance: Variance,
}

/// Result of [`TransitionProbabilities`]: $\hat P(s, t)$ with its covariances.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionMatrix {
    since: f64,
    time: f64,
    probability: DMatrix<f64>,
    /// Covariances of two rows of the matrix, for each pair of rows, the first not after the second.
    blocks: Vec<DMatrix<f64>>,
}

impl Default for TransitionProbabilities {
    fn default() -> Self {
        Self { since: 0.0, variance: Variance::Greenwood }
    }
}

impl TransitionProbabilities {
    /// The defaults: from time 0, variance `Greenwood`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time $s$. Default 0.
    pub fn since(mut self, time: f64) -> Self {
        self.since = time;
        self
    }

    /// Kind of variance. Default `Greenwood`, as R's `etm`.
    pub fn variance(mut self, variance: Variance) -> Self {
        self.variance = variance;
        self
    }

    /// $\hat P(s, t)$ at one time.
    ///
    /// # Errors
    ///
    /// [`StateError::TimeOutside`] for a time before $s$, or behind the last time of the table.
    pub fn at(self, table: &TransitionTable, time: f64) -> Result<TransitionMatrix> {
        let mut matrices = self.at_times(table, &[time])?;
        matrices
            .pop()
            .ok_or(StateError::TimeOutside { time, since: self.since, last: self.since }.into())
    }

    /// $\hat P(s, t)$ at several times, in one walk.
    ///
    /// # Errors
    ///
    /// As [`at`](Self::at); [`Error::TimesNotIncreasing`].
    pub fn at_times(self, table: &TransitionTable, times: &[f64]) -> Result<Vec<TransitionMatrix>> {
        let last = table.times().last().copied().unwrap_or(self.since);
        for (row, &time) in times.iter().enumerate() {
            if !(self.since..=last).contains(&time) {
                return Err(StateError::TimeOutside { time, since: self.since, last }.into());
            }
            if row > 0 && times[row - 1] >= time {
                return Err(Error::TimesNotIncreasing { row, time, previous: times[row - 1] });
            }
        }
        let mut matrix = TransitionMatrix::identity(table.graph().len(), self.since);
        let mut matrices = Vec::with_capacity(times.len());
        for step in table.steps(self.since) {
            matrices.extend(asked(times, matrices.len(), step.time).map(|t| matrix.as_of(t)));
            if matrices.len() == times.len() {
                break;
            }
            if let Some(increment) = Increment::of_counts(table.graph(), &step, self.variance) {
                matrix.pass(&increment);
            }
        }
        matrices.extend(asked(times, matrices.len(), f64::INFINITY).map(|t| matrix.as_of(t)));
        Ok(matrices)
    }

    /// As [`at_times`](Self::at_times), with covariances by the infinitesimal jackknife, grouped by person: what sampling weights need.
    ///
    /// The influence of a person on the row $\hat P_{a\cdot}(s, t)$ is that of
    /// [`StateOccupation::fit_histories`](crate::StateOccupation::fit_histories) for a start in $a$, and
    ///
    /// $$\mathrm{cov}(\hat P_{a\cdot}, \hat P_{b\cdot}) = \sum_i m_i\\,(\varphi_i^a)^\top \varphi_i^b .$$
    ///
    /// They do not depend on the scale of sampling weights.
    ///
    /// # Errors
    ///
    /// Those of [`at_times`](Self::at_times).
    ///
    /// # Examples
    ///
    /// One of weight 1 moves, one of weight 3 stays: a quarter moves, whatever the scale of the weights.
    ///
    /// ```
    /// use afgang_models::{Episode, Histories, TransitionProbabilities, Weights};
    ///
    /// let stay = |exit, to| Episode { entry: 0.0, exit, from: 0, to };
    /// let rows = [stay(1.0, Some(1)), stay(2.0, None)];
    /// let histories = Histories::finding_transitions(&["in", "out"], &[1, 2], &rows)?;
    /// for scale in [1.0, 10.0] {
    ///     let weights = Weights::Sampling(vec![scale, 3.0 * scale]);
    ///     let histories = histories.clone().with_weights(weights)?;
    ///     let p = &TransitionProbabilities::new().at_times_of_histories(&histories, &[1.0])?[0];
    ///     assert!((p.probability(0, 1) - 0.25).abs() < 1e-15);
    ///     // 1 * (1 - 1/4) / 4 and 3 * (0 - 1/4) / 4, squared.
    ///     assert!((p.std_error(0, 1).powi(2) - 2.0 * 9.0 / 256.0).abs() < 1e-15);
    /// }
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn at_times_of_histories(
        self,
        histories: &Histories,
        times: &[f64],
    ) -> Result<Vec<TransitionMatrix>> {
        let table = histories.table();
        let mut matrices = self.at_times(&table, times)?;
        let n = table.graph().len();
        let start = |from| StateOccupation::new().since(self.since).starting_in(from);
        let mut walks: Vec<_> =
            (0..n).map(|from| start(from).influences(histories)).collect::<Result<_>>()?;
        let steps = table.steps(self.since);
        let mut next = steps.iter().peekable();
        for matrix in &mut matrices {
            while let Some(step) = next.next_if(|step| step.time <= matrix.time) {
                for walk in &mut walks {
                    walk.pass(step);
                }
            }
            for a in 0..n {
                for b in a..n {
                    matrix.blocks[place(n, a, b)] = walks[a].covariance_with(&walks[b]);
                }
            }
        }
        Ok(matrices)
    }
}

/// The times asked for from place `from` on that lie before `next`.
fn asked(times: &[f64], from: usize, next: f64) -> impl Iterator<Item = f64> {
    times[from..].iter().copied().take_while(move |&time| time < next)
}

impl TransitionMatrix {
    fn identity(n: usize, since: f64) -> Self {
        Self {
            since,
            time: since,
            probability: DMatrix::identity(n, n),
            blocks: vec![DMatrix::zeros(n, n); n * (n + 1) / 2],
        }
    }

    fn as_of(&self, time: f64) -> Self {
        Self { time, ..self.clone() }
    }

    fn pass(&mut self, increment: &Increment) {
        let n = self.len();
        let rows: Vec<Vec<f64>> =
            (0..n).map(|a| self.probability.row(a).iter().copied().collect()).collect();
        for a in 0..n {
            for b in a..n {
                let block = &mut self.blocks[place(n, a, b)];
                both_sides(increment, block);
                increment.add_errors(block, &rows[a], &rows[b]);
            }
        }
        increment.apply(&mut self.probability);
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.probability.nrows()
    }

    /// Whether there are no states.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The time $s$.
    pub fn since(&self) -> f64 {
        self.since
    }

    /// The time $t$.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// $\hat P_{hj}(s, t)$; `NaN` for a state that is not there.
    pub fn probability(&self, from: usize, to: usize) -> f64 {
        self.probability.get((from, to)).copied().unwrap_or(f64::NAN)
    }

    /// Its standard error; `NaN` for a state that is not there.
    pub fn std_error(&self, from: usize, to: usize) -> f64 {
        let variance = self.covariance((from, to), (from, to));
        if variance < 0.0 { 0.0 } else { variance.sqrt() }
    }

    /// The same with limits.
    ///
    /// # Errors
    ///
    /// [`Error::Level`]; [`StateError::StateOutOfRange`] for a state that is not there.
    ///
    /// ```
    /// use afgang_models::{Interval, StateGraph, TransitionProbabilities, TransitionTable};
    ///
    /// let graph = StateGraph::new(&["in", "out"], &[("in", "out")])?;
    /// let table = TransitionTable::from_counts(graph, &[1.0], &[2], &[2, 0], None)?;
    /// let p = TransitionProbabilities::new().at(&table, 1.0)?;
    /// let out = p.estimate(0, 1, Interval::Plain, 0.95)?;
    /// assert!((out.conf_high - (0.5 + 1.959963984540054 / 4.0)).abs() < 1e-12); // 1/2 * 1/2 / 4
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn estimate(
        &self,
        from: usize,
        to: usize,
        interval: Interval,
        level: f64,
    ) -> Result<Estimate> {
        let n_states = self.len();
        if let Some(state) = [from, to].into_iter().find(|&state| state >= n_states) {
            return Err(StateError::StateOutOfRange { row: 0, state, n_states }.into());
        }
        let z = normal_quantile(level)?;
        let (estimate, std_error) = (self.probability(from, to), self.std_error(from, to));
        let log_se = if std_error > 0.0 { std_error / estimate } else { 0.0 };
        let (conf_low, conf_high) = interval.of_probability(estimate, log_se, z);
        Ok(Estimate { estimate, std_error, conf_low, conf_high })
    }

    /// Covariance of the estimates of two elements, each by its states; `NaN` for a state that is not there.
    pub fn covariance(&self, one: (usize, usize), two: (usize, usize)) -> f64 {
        let n = self.len();
        if [one.0, one.1, two.0, two.1].iter().any(|&state| state >= n) {
            return f64::NAN;
        }
        let (first, second) = if one.0 <= two.0 { (one, two) } else { (two, one) };
        self.blocks[place(n, first.0, second.0)][(first.1, second.1)]
    }
}

/// Place of a pair of rows, the first not after the second.
fn place(n: usize, a: usize, b: usize) -> usize {
    a * n - a * (a + 1) / 2 + b
}
