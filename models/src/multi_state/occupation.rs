//! Probabilities to be in each state, and the time that is spent there.

use nalgebra::DMatrix;

use super::error::StateError;
use super::increment::{Increment, Walk};
use super::table::TransitionTable;
use crate::contrast::{Estimate, JointEstimates};
use crate::curve::Curve;
use crate::error::Result;
use crate::interval::{Interval, normal_quantile};
use crate::variance::Variance;

/// Probabilities to be in each state as time goes on (Aalen–Johansen), and expected times in the states.
///
/// From a start distribution $\pi(s)$ the transitions carry on by the product integral
///
/// $$\hat\pi(t) = \pi(s) \prod_{s < t_i \le t} \bigl(I + \mathrm d\hat A(t_i)\bigr),\qquad
///   \mathrm d\hat A_{hj}(t_i) = \frac{d_{hj,i}}{Y_h(t_i)}\quad (j \ne h),\qquad
///   \mathrm d\hat A_{hh} = -\sum_{j \ne h} \mathrm d\hat A_{hj} .$$
///
/// With two states it is Kaplan–Meier, with one state that leads to several absorbing ones
/// [`AalenJohansen`](crate::AalenJohansen). The estimate is right also where the process is not Markov, if censoring is
/// independent of the history (Datta and Satten 2001); [`Variance::Greenwood`] and [`Variance::Aalen`] take it as Markov, the
/// variance of [`fit_histories`](Self::fit_histories) does not.
///
/// # Variance
///
/// Errors $\delta_{hj,i}$ in the increments move the probabilities by
/// $\Delta \pi(t_i) = \Delta \pi(t_{i-1}) (I + \mathrm d\hat A_i) + \sum_h \hat\pi_h(t_{i-1})\\,\delta_{h\cdot,i}$, so that
///
/// $$C(t_i) = (I + \mathrm d\hat A_i)^\top C(t_{i-1}) (I + \mathrm d\hat A_i)
///   + \sum_h \hat\pi_h(t_{i-1})^2\\,\mathrm{cov}\\,\delta_{h\cdot,i} .$$
///
/// - [`Variance::Greenwood`] (default): multinomial moves, $\mathrm{cov}(\delta_{hj}, \delta_{hr}) = (\mathbb 1_{j = r}\\,d_{hj} Y_h -
///   d_{hj} d_{hr}) / Y_h^3$, the covariance of R's `etm` (Andersen et al. 1993, 4.4.1.3).
/// - [`Variance::Aalen`]: counting processes that do not jump together,
///   $\mathrm{var}\\,\delta_{hj} = d_{hj}(Y_h - d_{hj})/(Y_h^2(Y_h - 1))$, or $d_{hj}/Y_h^2$ when $d_{hj} \le 1$, no covariances.
/// - An empirical start of $N$ persons adds the multinomial covariance
///   $C(s) = (\mathrm{diag}\\,\pi(s) - \pi(s)^\top \pi(s)) / N$; a given start has no error.
///
/// The expected time in the states, $\hat L(\tau) = \int_s^\tau \hat\pi(t)\\,\mathrm dt$, has the covariance
/// $\int\\!\int \mathrm{cov}(\hat\pi(t), \hat\pi(u))\\,\mathrm dt\\,\mathrm du$, covariances over time included: it is carried along with
/// $C$ and with $\mathrm{cov}(\hat L, \hat\pi)$.
///
/// # Conventions
///
/// - The first row of the curves is the start $s$, with the numbers just after it; then one for each later time of the table
///   at which somebody moves or is censored. `n_risk` is $Y_h$, `n_event` those who move into the state, `n_censor` the
///   censorings in it.
/// - A state in which nobody is left keeps its probability until somebody moves out of it again.
/// - Defaults: start at time 0 with the distribution of those at risk just after it; variance `Greenwood`, interval `Log`, level
///   0.95. Intervals of times are estimate $\pm z$ standard errors.
/// - $O(\text{rows} \times \text{states}^3)$ time; weights are case weights.
///
/// # Examples
///
/// Of four healthy, one falls ill at 1. At 2 one of the three falls ill and one dies; at 3 one of the two ill dies:
///
/// ```
/// use afgang_models::{StateGraph, StateOccupation, TransitionTable};
///
/// let graph = StateGraph::with_places(&["healthy", "ill", "dead"], &[(0, 1), (0, 2), (1, 2)])?;
/// let moved = [1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0];
/// let censored = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0];
/// let table = TransitionTable::from_counts(graph, &[1.0, 2.0, 3.0, 4.0], &moved, &censored, None)?;
///
/// let curves = StateOccupation::new().fit(&table)?;
/// assert!((curves[0].at(2.0) - 0.25).abs() < 1e-15); // 3/4 * 1/3
/// assert!((curves[1].at(2.0) - 0.5).abs() < 1e-15); // 1/4 + 3/4 * 1/3
/// assert!((curves[2].at(3.0) - 0.5).abs() < 1e-15); // 1/4 + 1/2 * 1/2
/// assert!((curves[0].std_error[1].powi(2) - 3.0 / 64.0).abs() < 1e-15); // 3/4 * 1/4 / 4
///
/// // Healthy for 1, 2, 2 and 4 of four persons' time; ill from 1 to 3 and from 2 to 4.
/// let times = StateOccupation::new().times(&table, 4.0)?;
/// assert!((times.states[0].estimate - 9.0 / 4.0).abs() < 1e-15);
/// assert!((times.states[1].estimate - 4.0 / 4.0).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Aalen, O. O. and Johansen, S. (1978). *Scand. J. Statist.* 5, 141–150.
/// - Andersen, P. K., Borgan, Ø., Gill, R. D. and Keiding, N. (1993). *Statistical Models Based on Counting Processes*. Springer.
/// - Datta, S. and Satten, G. A. (2001). *Statist. Probab. Lett.* 55, 403–411.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct StateOccupation {
    since: f64,
    until: f64,
    start: Start,
    interval: Interval,
    level: f64,
    variance: Variance,
    extend: bool,
}

/// Where a walk through the states begins.
#[derive(Debug, Clone, PartialEq)]
enum Start {
    Empirical,
    In(usize),
    Given(Vec<f64>),
}

/// Expected times in the states up to a horizon.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TimesInStates {
    /// One for each state; they add up to the time from the start to the horizon.
    pub states: Vec<Estimate>,
    /// The same with their covariances, for a [`Contrast`](crate::Contrast).
    pub joint: JointEstimates,
}

impl Default for StateOccupation {
    fn default() -> Self {
        Self {
            since: 0.0,
            until: f64::INFINITY,
            start: Start::Empirical,
            interval: Interval::default(),
            level: 0.95,
            variance: Variance::Greenwood,
            extend: false,
        }
    }
}

impl StateOccupation {
    /// The defaults: from time 0, as those at risk then are spread, variance `Greenwood`, interval `Log`, level 0.95.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time $s$ at which the walk begins. Default 0. Transitions up to it do not count.
    pub fn since(mut self, time: f64) -> Self {
        self.since = time;
        self
    }

    /// The last time of the curves. Default: that of the table.
    pub fn until(mut self, time: f64) -> Self {
        self.until = time;
        self
    }

    /// All start in one state.
    pub fn starting_in(mut self, state: usize) -> Self {
        self.start = Start::In(state);
        self
    }

    /// The start is spread over the states as given.
    pub fn starting_with(mut self, probabilities: Vec<f64>) -> Self {
        self.start = Start::Given(probabilities);
        self
    }

    /// Kind of pointwise interval. Default `Log`.
    pub fn interval(mut self, interval: Interval) -> Self {
        self.interval = interval;
        self
    }

    /// Confidence level, between 0 and 1. Default 0.95.
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Kind of variance. Default `Greenwood`, as R's `etm`.
    pub fn variance(mut self, variance: Variance) -> Self {
        self.variance = variance;
        self
    }

    /// Whether times in states are counted behind the last time of the table too, at the last probabilities. Default no.
    pub fn extend(mut self, extend: bool) -> Self {
        self.extend = extend;
        self
    }

    /// Estimates one curve a state, in the order of the states.
    ///
    /// # Errors
    ///
    /// [`StateError::NobodyAtStart`] if nobody is at risk just after the start and no start is given; [`StateError::StartDistribution`],
    /// [`StateError::StateOutOfRange`], [`Error::Level`](crate::Error::Level).
    pub fn fit(&self, table: &TransitionTable) -> Result<Vec<Curve>> {
        let z = normal_quantile(self.level)?;
        let mut walk = self.begin(table)?;
        let mut curves = self.first_rows(table, &walk, z);
        for step in table.steps(self.since).iter().filter(|step| step.time <= self.until) {
            if let Some(increment) = Increment::of_counts(table.graph(), step, self.variance) {
                walk.pass(&increment);
            } else if table.censored_at(step.row).iter().all(|&n| n <= 0.0) {
                continue;
            }
            for (state, curve) in curves.iter_mut().enumerate() {
                let (arrive, _) = table.flow(state, step.row);
                let counts =
                    [step.time, step.at_risk[state], arrive, table.censored_at(step.row)[state]];
                self.push(curve, counts, &walk, state, z);
            }
        }
        Ok(curves)
    }

    /// The probabilities of all states at a time, with their covariances.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`Error::Horizon`](crate::Error::Horizon) for a time before the start or behind the last time of the table, when
    /// some can still move.
    ///
    /// ```
    /// use afgang_models::{StateGraph, StateOccupation, TransitionTable};
    ///
    /// let graph = StateGraph::new(&["in", "out"], &[("in", "out")])?;
    /// let table = TransitionTable::from_counts(graph, &[1.0], &[1], &[3, 0], None)?;
    /// let joint = StateOccupation::new().at(&table, 1.0)?;
    /// assert_eq!(joint.get(1), Some((0.25, (3.0_f64 / 64.0).sqrt())));
    /// assert!((joint.covariance(0, 1).unwrap() + 3.0 / 64.0).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn at(&self, table: &TransitionTable, time: f64) -> Result<JointEstimates> {
        let walk = self.walk_to(table, time)?;
        joint(walk.probability.as_slice(), &walk.covariance)
    }

    /// Expected times in the states from the start up to a horizon.
    ///
    /// # Errors
    ///
    /// Those of [`at`](Self::at).
    pub fn times(&self, table: &TransitionTable, horizon: f64) -> Result<TimesInStates> {
        let walk = self.walk_to(table, horizon)?;
        self.times_of(walk.spent.as_slice(), &walk.covariance_spent)
    }

    pub(super) fn times_of(
        &self,
        spent: &[f64],
        covariance: &DMatrix<f64>,
    ) -> Result<TimesInStates> {
        let z = normal_quantile(self.level)?;
        let states = spent.iter().enumerate();
        let estimate =
            |(j, &l): (usize, &f64)| Estimate::symmetric(l, covariance[(j, j)].max(0.0).sqrt(), z);
        Ok(TimesInStates {
            states: states.map(estimate).collect(),
            joint: joint(spent, covariance)?,
        })
    }

    fn walk_to(&self, table: &TransitionTable, time: f64) -> Result<Walk> {
        normal_quantile(self.level)?;
        let mut walk = self.begin(table)?;
        let last = table.times().last().copied().unwrap_or(self.since).max(self.since);
        for step in table.steps(self.since) {
            if step.time <= time
                && let Some(increment) = Increment::of_counts(table.graph(), &step, self.variance)
            {
                walk.pass(&increment);
            }
        }
        self.check_horizon(table.graph(), walk.probability.as_slice(), time, last)?;
        walk.advance(time);
        Ok(walk)
    }

    /// Whether probabilities at a time are known, if they are `probability` after the last time.
    pub(super) fn check_horizon(
        &self,
        graph: &super::StateGraph,
        probability: &[f64],
        horizon: f64,
        last: f64,
    ) -> Result<()> {
        let can_move = (0..graph.len()).any(|h| !graph.is_absorbing(h) && probability[h] > 0.0);
        let unknown = horizon > last && can_move && !self.extend;
        if !horizon.is_finite() || horizon <= self.since || unknown {
            return Err(StateError::TimeOutside { time: horizon, since: self.since, last }.into());
        }
        Ok(())
    }

    pub(super) const fn start_time(&self) -> f64 {
        self.since
    }

    pub(super) const fn end_time(&self) -> f64 {
        self.until
    }

    pub(super) const fn is_empirical(&self) -> bool {
        matches!(self.start, Start::Empirical)
    }

    /// The start and its covariance.
    pub(super) fn begin(&self, table: &TransitionTable) -> Result<Walk> {
        let n = table.graph().len();
        if self.is_empirical() {
            let there = table.in_state_after(self.since);
            let all: f64 = there.iter().sum();
            if all <= 0.0 {
                return Err(StateError::NobodyAtStart { time: self.since }.into());
            }
            let p: Vec<f64> = there.iter().map(|y| y / all).collect();
            let error = |j: usize, r: usize| (f64::from(u8::from(j == r)) - p[r]) * p[j] / all;
            return Ok(Walk::new(self.since, &p, DMatrix::from_fn(n, n, error)));
        }
        Ok(Walk::new(self.since, &self.given_start(n)?, DMatrix::zeros(n, n)))
    }

    /// The start that was given for `n` states.
    pub(super) fn given_start(&self, n: usize) -> Result<Vec<f64>> {
        match &self.start {
            Start::Empirical => Err(StateError::NobodyAtStart { time: self.since }.into()),
            Start::In(state) if *state >= n => {
                Err(StateError::StateOutOfRange { row: 0, state: *state, n_states: n }.into())
            }
            Start::In(state) => Ok((0..n).map(|h| f64::from(u8::from(h == *state))).collect()),
            Start::Given(p) => {
                let proper = p.iter().all(|p| (0.0..=1.0).contains(p));
                let sum: f64 = p.iter().sum();
                if p.len() != n || !proper || (sum - 1.0).abs() > 1e-9 {
                    return Err(
                        StateError::StartDistribution { found: p.len(), expected: n, sum }.into()
                    );
                }
                Ok(p.clone())
            }
        }
    }

    /// Curves with the row of the start.
    fn first_rows(&self, table: &TransitionTable, walk: &Walk, z: f64) -> Vec<Curve> {
        let there = table.in_state_after(self.since);
        let mut curves = empty_curves(walk.probability.as_slice(), table.len() + 1);
        for (state, curve) in curves.iter_mut().enumerate() {
            self.push(curve, [self.since, there[state], 0.0, 0.0], walk, state, z);
        }
        curves
    }

    fn push(&self, curve: &mut Curve, counts: [f64; 4], walk: &Walk, state: usize, z: f64) {
        let variance = walk.covariance[(state, state)];
        self.push_estimate(curve, counts, walk.probability[state], variance, z);
    }

    /// Appends a row with a variance and the limits that follow.
    pub(super) fn push_estimate(
        &self,
        curve: &mut Curve,
        counts: [f64; 4],
        estimate: f64,
        variance: f64,
        z: f64,
    ) {
        let std_error = variance.max(0.0).sqrt();
        let log_se = if std_error > 0.0 { std_error / estimate } else { 0.0 };
        let limits = self.interval.of_probability(estimate, log_se, z);
        curve.push(counts, estimate, std_error, limits);
    }

    /// Puts other variances into a curve, and the intervals that follow.
    pub(super) fn replace_std_errors(&self, curve: &mut Curve, variance: &[f64]) -> Result<()> {
        curve.replace_std_errors(variance, self.interval, normal_quantile(self.level)?);
        Ok(())
    }

    pub(super) fn z(&self) -> Result<f64> {
        normal_quantile(self.level)
    }
}

/// Curves without rows, one a state.
pub(super) fn empty_curves(start: &[f64], capacity: usize) -> Vec<Curve> {
    start.iter().map(|&p| Curve::new(p, capacity)).collect()
}

fn joint(estimates: &[f64], covariance: &DMatrix<f64>) -> Result<JointEstimates> {
    let rows: Vec<Vec<f64>> =
        (0..estimates.len()).map(|j| covariance.row(j).iter().copied().collect()).collect();
    JointEstimates::new(estimates, &rows)
}
