//! Gray's test for cumulative incidences.

use nalgebra::{DMatrix, DVector};

use crate::clustered::{Exit, ExitPair};
use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::joint::{Joint, check_strata};
use crate::score_test::{GroupTest, TestedGroup};

/// Test that several groups have the same cumulative incidence of a cause (Gray 1988).
///
/// Group $i$ has the risk set $Y_i$, the survival $\hat S_i$ and the incidence $\hat F_i$ of the cause
/// ([`AalenJohansen`](crate::AalenJohansen)). Who has left for another cause is still at risk in the sense of the
/// incidence; how many they are once censoring is made up for is estimated by
///
/// $$R_i(t) = Y_i(t)\\,\frac{1 - \hat F_i(t-)}{\hat S_i(t-)},\qquad
///   U_j = \sum_{\text{strata}} \sum_t \bigl(1 - \hat F(t-)\bigr)^\rho
///   \Bigl(d_j - d\\,\frac{R_j}{\sum_i R_i}\Bigr),$$
///
/// with the exits $d_j$ for the cause, $d = \sum_j d_j$, and the pooled incidence
/// $\Delta\hat F = d / \sum_i (Y_i / \hat S_i(t-))$. The statistic is $U^\top V^- U$.
///
/// # Variance
///
/// Under the hypothesis $U_j$ is a sum of martingale integrals over groups $i$: with
/// $a_{ij} = (1 - \hat F(t-))^\rho\\,\frac{Y_i}{\hat S_i(t-)} \bigl(\delta_{ij} - \frac{Y_j/\hat S_j(t-)}{\sum_l Y_l/\hat S_l(t-)}\bigr)$ and
/// $c_{ij}(t) = \int_0^t a_{ij}\\,d\hat F / (1 - \hat F(u-))$, an exit from group $i$ at $t$ moves $U_j$ by
/// $\hat S_i(t-)/Y_i$ times
///
/// $$q_{1ij}(t) = a_{ij}(t) + \Bigl(1 - \frac{1 - \hat F(t)}{\hat S_i(t)}\Bigr)\bigl(c_{ij}(\infty) - c_{ij}(t)\bigr),
///   \qquad q_{2ij}(t) = -\frac{1 - \hat F(t)}{\hat S_i(t)} \bigl(c_{ij}(\infty) - c_{ij}(t)\bigr)$$
///
/// if it is for the cause, or for another. $V$ adds up the squares with the variances of the exits: for the cause
/// $\frac{\hat S_i(t-)}{Y_i}\Delta\hat F\\,\bigl(1 - \frac{d - 1}{\hat S_i(t-) \sum_l Y_l / \hat S_l(t-) - 1}\bigr)$, for the others
/// $\frac{\hat S_i(t-)^2}{Y_i^2}\\,d_{2i} \frac{Y_i - d_{2i}}{Y_i - 1}$. The second factors are for ties. This is R's
/// `cmprsk::cuminc`, to the digit.
///
/// # Late entry, weights, persons
///
/// - **Late entry.** The definition above needs nothing but the risk sets of groups, which late entries join.
///   $Y_i/\hat S_i(t-)$ estimates how many of those who ever were in the group's population would be observed at $t$, so
///   $R_i$ is the risk set of the incidence weighed by censoring and by truncation at once (Geskus 2011 weighs rows to
///   the same end). Without late entry it is Gray's; with one cause $R_i = Y_i$ and $U$ is the log-rank score.
/// - **Case weights** come with the tables: a weight of 2 is two equal spells, in $U$ and in $V$.
/// - **Persons.** Many spells of one person are not independent.
///   [`fit_clustered`](Self::fit_clustered) replaces $V$ by the sum over persons of squared influences, a spell's
///   influence on $U_j$ being what its own exit moves it by, less what was expected of it:
///   $\psi_j = q_{\cdot ij}\frac{\hat S_i(t-)}{Y_i}\big|_{\text{exit}} - \sum_{t \le \text{exit}} \frac{\hat S_i(t-)}{Y_i}
///   \bigl(q_{1ij}\frac{d_{1i}}{Y_i} + q_{2ij}\frac{d_{2i}}{Y_i}\bigr)$.
///
/// # Conventions
///
/// - Order at one time: events, censorings, entries. A group counts as long as its risk set is not empty.
/// - `expected` is the sum of $(1 - \hat F)^\rho d R_j / \sum_i R_i$, `observed` that of $(1 - \hat F)^\rho d_j$.
/// - $O(\text{times} \times \text{groups}^3)$.
///
/// # Examples
///
/// Without competing exits the score is that of the log-rank test:
///
/// ```
/// use afgang_models::{EventTable, Gray, LogRank};
///
/// let early = EventTable::from_times(2, &[(1.0, Some(0)), (2.0, Some(0)), (3.0, None)])?;
/// let late = EventTable::from_times(2, &[(2.0, None), (3.0, Some(0)), (4.0, Some(0))])?;
/// let groups = [vec![early, late]];
/// let gray = Gray::new(0).fit(&groups)?;
/// let log_rank = LogRank::new().fit(&groups)?;
/// // By hand: 1 - 3/6 at 1, 1 - 2/5 at 2, 0 - 1/3 at 3.
/// assert!((gray.score[0] - (0.5 + 0.6 - 1.0 / 3.0)).abs() < 1e-14);
/// assert!((gray.score[0] - log_rank.score[0]).abs() < 1e-14);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Gray, R. J. (1988). *Ann. Statist.* 16, 1141–1154.
/// - Geskus, R. B. (2011). *Biometrics* 67, 39–49.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Gray {
    cause: usize,
    rho: f64,
}

/// Two spells of one person with their groups, and how many pairs of spells are like that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupedPair {
    /// Group and end of the one spell.
    pub one: (usize, Exit),
    /// Group and end of the other.
    pub two: (usize, Exit),
    /// Number of pairs.
    pub count: f64,
}

impl From<&GroupedPair> for ExitPair {
    /// The ends without the groups.
    fn from(pair: &GroupedPair) -> Self {
        Self { one: pair.one.1, two: pair.two.1, count: pair.count }
    }
}

impl Gray {
    /// The test for a cause, with weight 1 at all times.
    pub fn new(cause: usize) -> Self {
        Self { cause, rho: 0.0 }
    }

    /// Weighs times by $(1 - \hat F(t-))^\rho$. Default 0.
    pub fn rho(mut self, rho: f64) -> Self {
        self.rho = rho;
        self
    }

    /// Tests the groups; `strata[s][g]` is the table of group `g` in stratum `s`, which may be empty.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewGroups`], [`Error::Length`] for strata of different numbers of groups, [`Error::UnknownCause`],
    /// [`Error::TestPower`], [`Error::NoInformation`] if the cause could not have occurred in two groups.
    pub fn fit(self, strata: &[Vec<EventTable>]) -> Result<GroupTest> {
        let n_groups = self.check(strata)?;
        let mut sums = Sums::new(n_groups);
        for tables in strata {
            sums.count(tables);
            let joint = Joint::new(tables, Some(self.cause))?;
            let mut variance = Variance::new(n_groups);
            let last = self.walk(&joint, &mut sums, |moment| variance.add(moment));
            sums.variance += variance.finish(&last);
        }
        sums.test()
    }

    /// As [`fit`](Self::fit) for one stratum, with a variance that counts persons: exits come from the tables, pairs of
    /// spells of one person from `pairs`. Without pairs the variance is that of independent spells by their
    /// influences.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`Error::LateEntry`] for tables with late entries, where the exit alone does not
    /// tell a spell's influence; [`Error::PairOutsideTable`] for a pair with an exit that is in no table.
    pub fn fit_clustered(self, tables: &[EventTable], pairs: &[GroupedPair]) -> Result<GroupTest> {
        let n_groups = self.check(&[tables.to_vec()])?;
        for table in tables {
            if let Some(row) = table.entered().iter().position(|&n| n > 0.0) {
                return Err(Error::LateEntry { time: table.times()[row] });
            }
        }
        let mut sums = Sums::new(n_groups);
        sums.count(tables);
        let joint = Joint::new(tables, Some(self.cause))?;
        let influences = self.influences(&joint, &mut sums);
        let mut own = DVector::zeros(n_groups);
        for (group, table) in tables.iter().enumerate() {
            for (row, &time) in table.times().iter().enumerate() {
                let mut add = |cause, count: f64| {
                    if count > 0.0 {
                        influences.of(group, Exit { time, cause }, &mut own);
                        sums.variance.ger(count, &own, &own, 1.0);
                    }
                };
                add(None, table.censored()[row]);
                for (cause, &count) in table.events_at(row).iter().enumerate() {
                    add(Some(cause), count);
                }
            }
        }
        let (mut one, mut two) = (own.clone(), own);
        for pair in pairs {
            for (group, exit) in [pair.one, pair.two] {
                if !holds(tables, group, exit) {
                    return Err(Error::PairOutsideTable { time: exit.time, cause: exit.cause });
                }
            }
            influences.of(pair.one.0, pair.one.1, &mut one);
            influences.of(pair.two.0, pair.two.1, &mut two);
            sums.variance.ger(pair.count, &one, &two, 1.0);
            sums.variance.ger(pair.count, &two, &one, 1.0);
        }
        sums.test()
    }

    fn check(self, strata: &[Vec<EventTable>]) -> Result<usize> {
        if !(self.rho.is_finite() && self.rho >= 0.0) {
            return Err(Error::TestPower { p: self.rho, q: 0.0 });
        }
        check_strata(strata)
    }

    /// Walks the event times of a stratum, adds up the score and hands each moment on; gives $c_{ij}(\infty)$.
    fn walk(
        self,
        joint: &Joint,
        sums: &mut Sums,
        mut visit: impl FnMut(&Moment<'_>),
    ) -> DMatrix<f64> {
        let n = joint.n_groups;
        let mut survival = vec![1.0; n]; // just before the time
        let mut incidence = vec![0.0; n];
        let mut pooled = 0.0_f64;
        let mut a = DMatrix::zeros(n, n);
        let mut c = DMatrix::zeros(n, n);
        for at in 0..joint.times.len() {
            let y = joint.row(&joint.at_risk, at);
            let events = joint.row(&joint.events, at);
            let others = joint.row(&joint.others, at);
            let d: f64 = events.iter().sum();
            let there = |g: &usize| y[*g] > 0.0 && survival[*g] > 0.0;
            let whole: f64 = (0..n).filter(there).map(|g| y[g] / survival[g]).sum();
            let ever: f64 =
                (0..n).filter(there).map(|g| y[g] * (1.0 - incidence[g]) / survival[g]).sum();
            if whole <= 0.0 {
                continue;
            }
            let weight = (1.0 - pooled).powf(self.rho);
            let step = d / whole;
            for i in 0..n {
                for j in 0..n {
                    a[(i, j)] = if there(&i) && there(&j) {
                        let of = |g: usize| y[g] / survival[g];
                        let own = if i == j { 1.0 } else { 0.0 };
                        weight * of(i) * (own - of(j) / whole)
                    } else {
                        0.0
                    };
                }
            }
            if step > 0.0 {
                c += &a * (step / (1.0 - pooled));
            }
            for g in (0..n).filter(there) {
                let risk = y[g] * (1.0 - incidence[g]) / survival[g];
                let expected = if d > 0.0 { weight * d * risk / ever } else { 0.0 };
                sums.groups[g].observed += weight * events[g];
                sums.groups[g].expected += expected;
                sums.score[g] += weight * events[g] - expected;
            }
            let after: Vec<f64> = (0..n)
                .map(|g| {
                    if there(&g) {
                        survival[g] * (y[g] - events[g] - others[g]) / y[g]
                    } else {
                        survival[g]
                    }
                })
                .collect();
            let moment = Moment {
                at,
                y,
                events,
                others,
                d,
                whole,
                before: &survival,
                after: &after,
                rest: 1.0 - (pooled + step),
                a: &a,
                c: &c,
            };
            visit(&moment);
            for g in (0..n).filter(there).collect::<Vec<_>>() {
                incidence[g] += survival[g] * events[g] / y[g];
            }
            survival = after;
            pooled += step;
        }
        c
    }

    /// Influences of every kind of exit.
    fn influences(self, joint: &Joint, sums: &mut Sums) -> Influences {
        let n = joint.n_groups;
        // Passing over the times twice: what c comes to in the end is needed at each of them.
        let last = self.walk(joint, &mut Sums::new(n), |_| {});
        let mut influences = Influences {
            cause: self.cause,
            times: Vec::new(),
            at_exit: Vec::new(),
            expected: Vec::new(),
        };
        let mut expected = vec![DVector::zeros(n); n];
        self.walk(joint, sums, |moment| {
            let mut at_exit = Vec::with_capacity(n);
            for i in 0..n {
                let (y, s) = (moment.y[i], moment.before[i]);
                let mut q = [DVector::zeros(n), DVector::zeros(n)];
                if y > 0.0 && s > 0.0 {
                    let later = moment.later(i);
                    for j in 0..n {
                        let to_come = last[(i, j)] - moment.c[(i, j)];
                        q[0][j] = s / y * (moment.a[(i, j)] + (1.0 - later) * to_come);
                        q[1][j] = s / y * (-later * to_come);
                    }
                    expected[i] += &q[0] * (moment.events[i] / y) + &q[1] * (moment.others[i] / y);
                }
                at_exit.push(q);
            }
            influences.times.push(joint.times[moment.at]);
            influences.at_exit.push(at_exit);
            influences.expected.push(expected.clone());
        });
        influences
    }
}

/// Whether a table holds an exit.
fn holds(tables: &[EventTable], group: usize, exit: Exit) -> bool {
    let Some(table) = tables.get(group) else { return false };
    let row = table.times().partition_point(|&time| time < exit.time);
    table.times().get(row).is_some_and(|time| time.total_cmp(&exit.time).is_eq())
        && match exit.cause {
            None => table.censored()[row] > 0.0,
            Some(cause) => table.events_at(row).get(cause).is_some_and(|&d| d > 0.0),
        }
}

/// All that the variance needs to know of a time.
struct Moment<'a> {
    at: usize,
    y: &'a [f64],
    events: &'a [f64],
    others: &'a [f64],
    /// Exits for the cause from all groups.
    d: f64,
    /// Sum over groups of $Y/S(t-)$.
    whole: f64,
    /// Survival just before the time and after it.
    before: &'a [f64],
    after: &'a [f64],
    /// One less the pooled incidence after the time.
    rest: f64,
    a: &'a DMatrix<f64>,
    c: &'a DMatrix<f64>,
}

impl Moment<'_> {
    /// $(1 - F)/S_i$ after the time; 0 when nobody of the group is left to be moved.
    fn later(&self, group: usize) -> f64 {
        if self.after[group] > 0.0 { self.rest / self.after[group] } else { 0.0 }
    }
}

/// Score and counts over all strata.
struct Sums {
    groups: Vec<TestedGroup>,
    score: DVector<f64>,
    variance: DMatrix<f64>,
}

impl Sums {
    fn new(n: usize) -> Self {
        Self {
            groups: vec![TestedGroup { n: 0.0, observed: 0.0, expected: 0.0 }; n],
            score: DVector::zeros(n),
            variance: DMatrix::zeros(n, n),
        }
    }

    fn count(&mut self, tables: &[EventTable]) {
        for (group, table) in self.groups.iter_mut().zip(tables) {
            group.n += table.total();
        }
    }

    fn test(self) -> Result<GroupTest> {
        GroupTest::new(self.groups, &self.score, &self.variance)
    }
}

/// The variance of a stratum in one pass: $q = p + s\\,c(\infty)$ with $p$ and $s$ known at the time.
struct Variance {
    /// For each group: sums of $p p^\top$, $s p$ and $s^2$.
    squares: Vec<DMatrix<f64>>,
    mixed: Vec<DVector<f64>>,
    slopes: Vec<f64>,
}

impl Variance {
    fn new(n: usize) -> Self {
        Self {
            squares: vec![DMatrix::zeros(n, n); n],
            mixed: vec![DVector::zeros(n); n],
            slopes: vec![0.0; n],
        }
    }

    fn add(&mut self, moment: &Moment<'_>) {
        for i in 0..moment.y.len() {
            let (y, s) = (moment.y[i], moment.before[i]);
            if y <= 0.0 || s <= 0.0 {
                continue;
            }
            let later = moment.later(i);
            if moment.d > 0.0 {
                let ties = match s * moment.whole {
                    own if moment.d > 1.0 && own > 1.0 => 1.0 - (moment.d - 1.0) / (own - 1.0),
                    _ => 1.0,
                };
                self.add_exit(
                    moment,
                    i,
                    1.0,
                    1.0 - later,
                    ties * s * moment.d / (moment.whole * y),
                );
            }
            let others = moment.others[i];
            if others > 0.0 && later > 0.0 {
                let ties = if others > 1.0 { 1.0 - (others - 1.0) / (y - 1.0) } else { 1.0 };
                self.add_exit(moment, i, 0.0, -later, ties * s * s * others / (y * y));
            }
        }
    }

    /// Adds `variance` times the square of `direct * a + slope * (c(inf) - c)`.
    fn add_exit(&mut self, moment: &Moment<'_>, i: usize, direct: f64, slope: f64, variance: f64) {
        let n = moment.y.len();
        let p = DVector::from_fn(n, |j, _| direct * moment.a[(i, j)] - slope * moment.c[(i, j)]);
        self.squares[i].ger(variance, &p, &p, 1.0);
        self.mixed[i].axpy(variance * slope, &p, 1.0);
        self.slopes[i] += variance * slope * slope;
    }

    fn finish(self, last: &DMatrix<f64>) -> DMatrix<f64> {
        let n = self.slopes.len();
        let mut sum = DMatrix::zeros(n, n);
        for (i, square) in self.squares.into_iter().enumerate() {
            let end = last.row(i).transpose();
            sum += square;
            sum.ger(1.0, &end, &self.mixed[i], 1.0);
            sum.ger(1.0, &self.mixed[i], &end, 1.0);
            sum.ger(self.slopes[i], &end, &end, 1.0);
        }
        sum
    }
}

/// What an exit moves the score by.
struct Influences {
    cause: usize,
    times: Vec<f64>,
    /// By time and group: an exit for the cause, and one for another cause.
    at_exit: Vec<Vec<[DVector<f64>; 2]>>,
    /// By time and group: expected of a spell that is there up to the time.
    expected: Vec<Vec<DVector<f64>>>,
}

impl Influences {
    fn of(&self, group: usize, exit: Exit, influence: &mut DVector<f64>) {
        influence.fill(0.0);
        let times = self.times.partition_point(|&time| time <= exit.time);
        let Some(last) = times.checked_sub(1) else { return };
        *influence -= &self.expected[last][group];
        if let Some(cause) = exit.cause {
            *influence += &self.at_exit[last][group][usize::from(cause != self.cause)];
        }
    }
}
