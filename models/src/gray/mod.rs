//! Gray's test for cumulative incidences.

mod clustered;
mod spells;

use nalgebra::{Cholesky, DMatrix, DMatrixView, DVector, SymmetricEigen};

use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::joint::{Joint, JointTime, check_strata, refuse_more_than};
use crate::score_test::{GroupTest, RANK, TestedGroup};

pub use clustered::GroupedPair;

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
/// `cmprsk::cuminc`, to the digit, but for one case: where more than one leave and $d > \hat S_i(t-) \sum_l Y_l / \hat S_l(t-)$, the pooled
/// hazard says that more of the group leave than are there, and the factor is negative. With the variance
/// $\frac{\hat S_i(t-)^2}{Y_i^2}\\,e_i \frac{Y_i - e_i}{Y_i - 1}$ there, of the exits $e_i = \min(d R_i / \sum_l R_l, Y_i)$ that the score expects (with one
/// cause $d Y_i / \sum_l Y_l$), $V$ is that of `cmprsk` as long as that is at least nine tenths of this one in every direction, and else this one
/// ([`GroupTest::ties_beyond_cmprsk`]). [`cmprsk`](Self::cmprsk) always takes that of `cmprsk`.
///
/// # Late entry, weights, persons
///
/// - **Late entry.** The definition above needs nothing but the risk sets of groups, which late entries join.
///   $Y_i/\hat S_i(t-)$ estimates how many of those who ever were in the group's population would be observed at $t$, so
///   $R_i$ is the risk set of the incidence weighed by censoring and by truncation at once (Geskus 2011 weighs rows to
///   the same end). Without late entry it is Gray's; with one cause $R_i = Y_i$ and $U$ is the log-rank score.
/// - **Case weights** come with the tables: a weight of 2 is two equal spells, in $U$ and in $V$.
/// - **Persons.** Many spells of one person are not independent.
///   [`fit_clustered`](Self::fit_clustered) multiplies $V$ by the design effect of persons: the sum over persons of squared
///   influences for that over spells, a spell's
///   influence on $U_j$ being what its own exit moves it by, less what was expected of it:
///   $\psi_j = q_{\cdot ij}\frac{\hat S_i(t-)}{Y_i}\big|_{\text{exit}} - \sum_{t \le \text{exit}} \frac{\hat S_i(t-)}{Y_i}
///   \bigl(q_{1ij}\frac{e_i}{Y_i} + q_{2ij}\frac{d_{2i}}{Y_i}\bigr)$, with the exits $e_i = d R_i / \sum_l R_l$ for the cause that the
///   hypothesis expects of the group.
/// - **Rows.** [`fit_spells`](Self::fit_spells) does so for spells with late entry, sampling weights and clusters.
///
/// # Conventions
///
/// - Order at one time: events, censorings, entries. A group counts as long as its risk set is not empty and $\hat S_i$ is
///   above 0: once all at risk have left, who enters the group later tells nothing of its incidence.
/// - `expected` is the sum of $(1 - \hat F)^\rho d R_j / \sum_i R_i$, `observed` that of $(1 - \hat F)^\rho d_j$.
/// - $O(\text{times} \times \text{groups}^3)$, in memory some matrices of groups by groups.
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
    influences_alone: bool,
    cmprsk: bool,
}

impl Gray {
    /// The most groups that are compared at once: every event time costs their number to the power of three.
    pub const MOST_GROUPS: usize = 1000;

    /// The test for a cause, with weight 1 at all times.
    pub fn new(cause: usize) -> Self {
        Self { cause, rho: 0.0, influences_alone: false, cmprsk: false }
    }

    /// Weighs times by $(1 - \hat F(t-))^\rho$. Default 0.
    pub fn rho(mut self, rho: f64) -> Self {
        self.rho = rho;
        self
    }

    /// Takes a variance of rows or persons as the sum of squared influences, as robust score tests do
    /// ([`LogRank::fit_spells`](crate::LogRank::fit_spells)), not as the variance that the hypothesis expects times the
    /// design effect: too small where a group has few exits. Default no.
    pub fn influences_alone(mut self) -> Self {
        self.influences_alone = true;
        self
    }

    /// Takes the variance of R's `cmprsk` from tables wherever it is one, also where ties make it too small; where it is not (a
    /// direction has a negative variance) there is no test. Default no.
    pub fn cmprsk(mut self) -> Self {
        self.cmprsk = true;
        self
    }

    /// Tests the groups; `strata[s][g]` is the table of group `g` in stratum `s`, which may be empty.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewGroups`], [`Error::Length`] for strata of different numbers of groups, [`Error::UnknownCause`],
    /// [`Error::TestPower`], [`Error::NoInformation`] if the cause could not have occurred in two groups, or the variance of
    /// [`cmprsk`](Self::cmprsk) is none, [`Error::TooManyGroups`] above [`MOST_GROUPS`](Self::MOST_GROUPS).
    pub fn fit(self, strata: &[Vec<EventTable>]) -> Result<GroupTest> {
        let n_groups = self.check(strata)?;
        // With whether the pooled hazard expects more of a group to leave than are there.
        let add_up = |variance_of: fn(usize) -> Variance| -> Result<(Sums, bool)> {
            let (mut sums, mut beyond) = (Sums::new(n_groups), false);
            for tables in strata {
                sums.count(tables);
                let joint = Joint::new(tables, Some(self.cause))?;
                let mut variance = variance_of(n_groups);
                let last = self.walk(&joint, &mut sums, |moment| variance.add(moment));
                beyond |= variance.beyond;
                sums.variance += variance.finish(&last);
            }
            Ok((sums, beyond))
        };
        let (sums, beyond) = add_up(Variance::of_cmprsk)?;
        if self.cmprsk {
            let none = beyond && !is_at_least(&sums.variance, &DMatrix::zeros(n_groups, n_groups));
            return if none { Err(Error::NoInformation) } else { sums.test() };
        }
        if beyond {
            let (expected, _) = add_up(Variance::of_tables)?;
            if !is_at_least(&sums.variance, &(MOST * &expected.variance)) {
                let test = expected.test()?;
                return Ok(GroupTest { ties_beyond_cmprsk: true, ..test });
            }
        }
        sums.test()
    }

    fn check(self, strata: &[Vec<EventTable>]) -> Result<usize> {
        self.check_rho()?;
        let n_groups = check_strata(strata)?;
        refuse_more_than(Self::MOST_GROUPS, n_groups)?;
        Ok(n_groups)
    }

    fn check_rho(self) -> Result<()> {
        if self.rho.is_finite() && self.rho >= 0.0 {
            return Ok(());
        }
        Err(Error::TestPower { p: self.rho, q: 0.0 })
    }

    /// Walks the event times of a stratum, adds up the score and hands each moment on; gives $c_{ij}(\infty)$.
    fn walk(
        self,
        joint: &Joint<'_>,
        sums: &mut Sums,
        mut visit: impl FnMut(&Moment<'_>),
    ) -> DMatrix<f64> {
        let n = joint.n_groups;
        let mut survival = vec![1.0; n]; // just before the time
        let mut incidence = vec![0.0; n];
        let mut pooled = 0.0_f64;
        let mut a = DMatrix::zeros(n, n);
        let mut c = DMatrix::zeros(n, n);
        let (mut is_there, mut after, mut of) = (vec![false; n], vec![1.0; n], vec![0.0; n]);
        let mut expected = vec![0.0; n];
        joint.each_time(|JointTime { time, at_risk: y, events, others }| {
            for (g, is_there) in is_there.iter_mut().enumerate() {
                *is_there = y[g] > 0.0 && survival[g] > 0.0;
            }
            let there = |g: &usize| is_there[*g];
            let d: f64 = (0..n).filter(there).map(|g| events[g]).sum();
            let whole: f64 = (0..n).filter(there).map(|g| y[g] / survival[g]).sum();
            let ever: f64 =
                (0..n).filter(there).map(|g| y[g] * (1.0 - incidence[g]) / survival[g]).sum();
            if whole <= 0.0 {
                return;
            }
            // With groups that leave one after the other the pooled incidence can exceed 1.
            let weight = (1.0 - pooled).max(0.0).powf(self.rho);
            let step = d / whole;
            for (g, of) in of.iter_mut().enumerate() {
                *of = y[g] / survival[g];
            }
            for i in 0..n {
                for j in 0..n {
                    a[(i, j)] = if there(&i) && there(&j) {
                        let own = if i == j { 1.0 } else { 0.0 };
                        weight * of[i] * (own - of[j] / whole)
                    } else {
                        0.0
                    };
                }
            }
            if step > 0.0 {
                let by = step / (1.0 - pooled);
                // Where the pooled incidence is 1, a group is alone and its effect on itself is 0.
                for (c, a) in c.iter_mut().zip(a.iter()).filter(|(_, a)| **a != 0.0) {
                    *c += a * by;
                }
            }
            for g in (0..n).filter(there) {
                let risk = y[g] * (1.0 - incidence[g]) / survival[g];
                expected[g] = if d > 0.0 { d * risk / ever } else { 0.0 };
                sums.groups[g].observed += weight * events[g];
                sums.groups[g].expected += weight * expected[g];
                sums.score[g] += weight * (events[g] - expected[g]);
            }
            for (g, after) in after.iter_mut().enumerate() {
                *after = match y[g] - events[g] - others[g] {
                    _ if !there(&g) => survival[g],
                    left if left <= EMPTY * y[g] => 0.0,
                    left => survival[g] * left / y[g],
                };
            }
            let moment = Moment {
                time,
                y,
                expected: &expected,
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
            for g in (0..n).filter(there) {
                incidence[g] += survival[g] * events[g] / y[g];
            }
            survival.copy_from_slice(&after);
            pooled += step;
        });
        c
    }
}

/// Those left of a risk set below this part of it are rounding of fractional weights.
const EMPTY: f64 = 1e-13;

/// All that the variance needs to know of a time.
struct Moment<'a> {
    time: f64,
    y: &'a [f64],
    /// Exits for the cause that the hypothesis expects of each group.
    expected: &'a [f64],
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
    /// What an exit from a group (row) moves the score of a group (column) by: one for the cause, and one for another.
    fn effects(&self, last: &DMatrix<f64>) -> [DMatrix<f64>; 2] {
        let n = self.y.len();
        let mut effects = [DMatrix::zeros(n, n), DMatrix::zeros(n, n)];
        for i in (0..n).filter(|&i| self.y[i] > 0.0 && self.before[i] > 0.0) {
            let (one, later) = (self.before[i] / self.y[i], self.later(i));
            for j in 0..n {
                let to_come = last[(i, j)] - self.c[(i, j)];
                effects[0][(i, j)] = one * (self.a[(i, j)] + (1.0 - later) * to_come);
                effects[1][(i, j)] = one * (-later * to_come);
            }
        }
        effects
    }

    /// What is expected at the time of a spell of a group (row) that is at risk.
    fn expected(&self, effects: &[DMatrix<f64>; 2]) -> DMatrix<f64> {
        let n = self.y.len();
        let share = |of: &[f64], i: usize| if self.y[i] > 0.0 { of[i] / self.y[i] } else { 0.0 };
        DMatrix::from_fn(n, n, |i, j| {
            effects[0][(i, j)] * share(self.expected, i)
                + effects[1][(i, j)] * share(self.others, i)
        })
    }

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

/// What a variance is to be at least of another.
const MOST: f64 = 0.9;

/// Whether a variance is at least another in every direction.
fn is_at_least(variance: &DMatrix<f64>, least: &DMatrix<f64>) -> bool {
    let n = variance.nrows();
    let size = |g: usize| least[(g, g)].max(variance[(g, g)].abs());
    let scale = |g: usize| if size(g) > 0.0 { 1.0 / size(g).sqrt() } else { 0.0 };
    let more =
        DMatrix::from_fn(n, n, |g, h| (variance[(g, h)] - least[(g, h)]) * scale(g) * scale(h));
    // The quick way for what is clearly so.
    let above = &more + DMatrix::identity(n, n) * RANK;
    Cholesky::new(above).is_some() || SymmetricEigen::new(more).eigenvalues.min() >= -RANK
}

/// The variance of a stratum in one pass: $q = p + s\\,c(\infty)$ with $p$ and $s$ known at the time.
struct Variance {
    /// What exits are multiplied by to count rows where they tie.
    scale: f64,
    /// Whether exits for different causes at one time are correlated.
    correlated: bool,
    /// Whether the factor for ties may be negative.
    cmprsk: bool,
    /// Whether the pooled hazard has expected more of a group to leave than are there.
    beyond: bool,
    /// For each group: sums of $p p^\top$, $s p$ and $s^2$.
    squares: DMatrix<f64>,
    /// Sums of variance times slope times $p$, a row a group.
    mixed: DMatrix<f64>,
    slopes: Vec<f64>,
    /// $p$ of the exits of a time, one after the other, and the same times their variances.
    direct: Vec<f64>,
    weighted: Vec<f64>,
}

impl Variance {
    /// As `cmprsk` has it.
    fn of_cmprsk(n: usize) -> Self {
        Self { cmprsk: true, ..Self::of_tables(n) }
    }

    /// Gray's, without negative factors.
    fn of_tables(n: usize) -> Self {
        Self {
            scale: 1.0,
            correlated: false,
            cmprsk: false,
            beyond: false,
            squares: DMatrix::zeros(n, n),
            mixed: DMatrix::zeros(n, n),
            slopes: vec![0.0; n],
            direct: Vec::new(),
            weighted: Vec::new(),
        }
    }

    /// With the covariance of exits for different causes at one time; `scale` times a weight is a number of rows.
    fn of_rows(n: usize, scale: f64) -> Self {
        Self { scale, correlated: true, ..Self::of_tables(n) }
    }

    fn add(&mut self, moment: &Moment<'_>) {
        // Of `exits` out of `of`.
        let scale = self.scale;
        let ties = |exits: f64, of: f64| match (scale * exits, scale * of) {
            (exits, of) if exits > 1.0 && of > 1.0 => 1.0 - (exits - 1.0) / (of - 1.0),
            _ => 1.0,
        };
        for i in 0..moment.y.len() {
            let (y, s) = (moment.y[i], moment.before[i]);
            if y <= 0.0 || s <= 0.0 {
                continue;
            }
            let later = moment.later(i);
            let others = if later > 0.0 { moment.others[i] } else { 0.0 };
            // Exits that the pooled hazard expects, each of which moves the incidence by s/y; it can expect more than are there.
            let mut expected = y * moment.d / (s * moment.whole);
            let mut tied = ties(moment.d, s * moment.whole);
            let beyond = scale * moment.d > 1.0 && expected > y;
            self.beyond |= beyond;
            if beyond && !self.cmprsk {
                expected = moment.expected[i].min(y);
                let rows = scale * y;
                tied = (1.0 - expected / y) * if rows > 1.0 { rows / (rows - 1.0) } else { 1.0 };
            }
            let square = s * s / (y * y);
            let of_cause = tied * expected * square;
            let of_others = ties(others, y) * others * square;
            let mut both = 0.0;
            if self.correlated {
                both = (expected * square * others / y).min((of_cause * of_others).sqrt());
            }
            self.add_exit(moment, i, 1.0, 1.0 - later, of_cause + both);
            self.add_exit(moment, i, 0.0, -later, of_others + both);
            self.add_exit(moment, i, 1.0, 1.0 - 2.0 * later, -both);
        }
        // All squares of a time at once: one product of matrices.
        let n = moment.y.len();
        let exits = self.direct.len() / n;
        if exits == 0 {
            return;
        }
        let direct = DMatrixView::from_slice(&self.direct, n, exits).transpose();
        let weighted = DMatrixView::from_slice(&self.weighted, n, exits);
        self.squares.gemm(1.0, &weighted, &direct, 1.0);
        self.direct.clear();
        self.weighted.clear();
    }

    /// Adds `variance` times the square of `direct * a + slope * (c(inf) - c)`.
    fn add_exit(&mut self, moment: &Moment<'_>, i: usize, direct: f64, slope: f64, variance: f64) {
        if variance == 0.0 {
            return;
        }
        for j in 0..moment.y.len() {
            let p = direct * moment.a[(i, j)] - slope * moment.c[(i, j)];
            self.direct.push(p);
            self.weighted.push(variance * p);
            self.mixed[(i, j)] += variance * slope * p;
        }
        self.slopes[i] += variance * slope * slope;
    }

    fn finish(mut self, last: &DMatrix<f64>) -> DMatrix<f64> {
        for (i, slope) in self.slopes.iter().enumerate() {
            let mut mixed = self.mixed.row_mut(i);
            mixed += 0.5 * *slope * last.row(i);
        }
        let crossed = last.transpose() * self.mixed;
        let mut sum = self.squares;
        sum += &crossed;
        sum += crossed.transpose();
        sum
    }
}
