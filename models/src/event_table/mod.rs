//! The event table: all that the estimators need to know about any number of spells.

mod counting;
mod order;

pub(crate) use counting::{check_counts, exact};

use crate::error::{Error, Result};
use crate::summation::RunningSum;

/// A risk set below this part of the table's whole weight is rounding left over from fractional
/// weights and counts as empty. Integer tables of up to 10¹³ spells are not touched by it.
pub(crate) const EMPTY: f64 = 1e-13;

/// Exits and late entries by time: an additive summary of spells.
///
/// A row is a time $t_i$ with the number of
///
/// - events $d_{ki}$ of each cause $k = 0, \dots, K - 1$,
/// - censorings $c_i$, and
/// - late entries $e_i$, spells that come under observation at $t_i$ (left truncation).
///
/// The risk set is derived: spells that are in over $(\text{entry}, \text{exit}]$ with
/// $\text{entry} < t_i \le \text{exit}$,
///
/// $$Y_i = \sum_{j \ge i} \Bigl(\sum_k d_{kj} + c_j\Bigr) - \sum_{j \ge i} e_j .$$
///
/// # Conventions
///
/// - At one time, events come first, then censorings, then entries: who is censored at $t$ was at
///   risk at $t$, who enters at $t$ was not.
/// - Times are numbers of any unit (months, days, age) and tie when they are equal as numbers. An
///   entry of `f64::NEG_INFINITY` means: there from the start.
/// - Counts are stored as doubles, exact for integers. The table of a union is the sum of the
///   tables ([`merge`](Self::merge)); with integers to the same bits in any order.
/// - Weights are case weights: weight 2 is two equal spells, in estimates and in variances.
///   Sampling weights need another variance and must not be passed as case weights.
/// - A table belongs to one stratum; strata are separate tables.
///
/// # Examples
///
/// Five spells, two causes; the last enters late, at 2:
///
/// ```
/// use afgang_models::EventTable;
///
/// let start = f64::NEG_INFINITY;
/// let table = EventTable::from_spells(
///     2,
///     &[
///         (start, 1.0, Some(0)),
///         (start, 2.0, Some(1)),
///         (start, 2.0, None),
///         (start, 4.0, Some(0)),
///         (2.0, 4.0, Some(1)),
///     ],
/// )?;
/// assert_eq!(table.times(), [1.0, 2.0, 4.0]);
/// assert_eq!(table.at_risk(), [4.0, 3.0, 2.0]); // the late one counts after time 2
/// assert_eq!(table.events_at(2), [1.0, 1.0]);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EventTable {
    n_causes: usize,
    times: Vec<f64>,
    /// Row-major, time by cause.
    events: Vec<f64>,
    censored: Vec<f64>,
    entered: Vec<f64>,
}

/// A time at which spells end, as the estimators walk them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'table> {
    pub(crate) time: f64,
    pub(crate) at_risk: f64,
    /// Events by cause.
    pub(crate) events: &'table [f64],
    /// Events of all causes.
    pub(crate) total: f64,
    pub(crate) censored: f64,
}

impl EventTable {
    /// A table without rows, the neutral element of [`merge`](Self::merge).
    ///
    /// # Errors
    ///
    /// [`Error::NoCauses`] when `n_causes` is 0.
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let table = EventTable::from_times(1, &[(3.0, Some(0))])?;
    /// assert_eq!(EventTable::empty(1)?.merge(&table)?, table);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn empty(n_causes: usize) -> Result<Self> {
        if n_causes == 0 {
            return Err(Error::NoCauses);
        }
        Ok(Self {
            n_causes,
            times: Vec::new(),
            events: Vec::new(),
            censored: Vec::new(),
            entered: Vec::new(),
        })
    }

    /// The table of both tables' spells together.
    ///
    /// # Errors
    ///
    /// [`Error::CausesDiffer`] when the tables have different numbers of causes.
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let one = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, None)])?;
    /// let two = EventTable::from_times(1, &[(2.0, Some(0))])?;
    /// let both = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, None), (2.0, Some(0))])?;
    /// assert_eq!(one.merge(&two)?, both);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn merge(&self, other: &Self) -> Result<Self> {
        if self.n_causes != other.n_causes {
            return Err(Error::CausesDiffer { left: self.n_causes, right: other.n_causes });
        }
        let mut sum = Self::empty(self.n_causes)?;
        let (mut i, mut j) = (0, 0);
        while i < self.len() || j < other.len() {
            let left = self.times.get(i).copied().unwrap_or(f64::INFINITY);
            let right = other.times.get(j).copied().unwrap_or(f64::INFINITY);
            let row = sum.row(left.min(right));
            if left <= right {
                sum.add_row(row, self, i);
                i += 1;
            }
            if right <= left {
                sum.add_row(row, other, j);
                j += 1;
            }
        }
        Ok(sum)
    }

    /// The table in which only `cause` is an event and exits of the other causes are censorings.
    ///
    /// Its Nelson–Aalen curve is the cause-specific cumulative hazard. Its Kaplan–Meier curve is
    /// not the chance of staying clear of the cause: see
    /// [`AalenJohansen`](crate::AalenJohansen).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCause`] when the table has no such cause.
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let table = EventTable::from_times(2, &[(1.0, Some(0)), (1.0, Some(1)), (1.0, None)])?;
    /// let first = table.cause_specific(0)?;
    /// assert_eq!(first.events_at(0), [1.0]);
    /// assert_eq!(first.censored(), [2.0]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn cause_specific(&self, cause: usize) -> Result<Self> {
        if cause >= self.n_causes {
            return Err(Error::UnknownCause { cause, n_causes: self.n_causes });
        }
        let mut table = Self { n_causes: 1, ..self.clone() };
        table.events = self.events.chunks_exact(self.n_causes).map(|d| d[cause]).collect();
        for (censored, d) in table.censored.iter_mut().zip(self.events.chunks_exact(self.n_causes))
        {
            let others = d.iter().enumerate().filter(|(k, _)| *k != cause).map(|(_, d)| d);
            *censored += others.sum::<f64>();
        }
        Ok(table)
    }

    /// The table of those who are still in after `t`, from `t` on (landmark): spells that end later, of which those that
    /// entered by then are there from the start. Estimates from it are conditional on $T > t$,
    /// $S(u \mid t) = S(u) / S(t)$ and $F_k(u \mid t) = (F_k(u) - F_k(t)) / S(t)$, and so are their variances.
    ///
    /// ```
    /// use afgang_models::{EventTable, KaplanMeier};
    ///
    /// let table = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, Some(0)), (3.0, Some(0)), (4.0, None)])?;
    /// let later = KaplanMeier::new().fit(&table.given(1.0))?;
    /// assert_eq!(later.n_risk, [3.0, 2.0, 1.0]);
    /// assert!((later.at(3.0) - 1.0 / 3.0).abs() < 1e-15); // 1/4 over 3/4
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    #[must_use]
    pub fn given(&self, t: f64) -> Self {
        let from = self.times.partition_point(|&time| time <= t);
        Self {
            n_causes: self.n_causes,
            times: self.times[from..].to_vec(),
            events: self.events[from * self.n_causes..].to_vec(),
            censored: self.censored[from..].to_vec(),
            entered: self.entered[from..].to_vec(),
        }
    }

    /// Number of rows (distinct times).
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Number of causes.
    pub fn n_causes(&self) -> usize {
        self.n_causes
    }

    /// The times, increasing.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Events by cause at row `row`; empty when there is no such row.
    pub fn events_at(&self, row: usize) -> &[f64] {
        self.events.chunks_exact(self.n_causes).nth(row).unwrap_or_default()
    }

    /// Censorings by row.
    pub fn censored(&self) -> &[f64] {
        &self.censored
    }

    /// Late entries by row.
    pub fn entered(&self) -> &[f64] {
        &self.entered
    }

    /// Size of the risk set by row, just before its time.
    pub fn at_risk(&self) -> Vec<f64> {
        let mut at_risk = self.remaining();
        for (at_risk, exits) in at_risk.iter_mut().zip(self.exits()) {
            *at_risk += exits;
        }
        at_risk
    }

    /// Size of the risk set just before any time `t`: spells with `entry < t <= exit`.
    ///
    /// The numbers under a survival figure.
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let table = EventTable::from_times(1, &[(1.0, Some(0)), (3.0, None), (3.0, Some(0))])?;
    /// assert_eq!(table.at_risk_at(0.0), 3.0);
    /// assert_eq!(table.at_risk_at(1.0), 3.0);
    /// assert_eq!(table.at_risk_at(2.0), 2.0);
    /// assert_eq!(table.at_risk_at(4.0), 0.0);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn at_risk_at(&self, t: f64) -> f64 {
        let row = self.times.partition_point(|&time| time < t);
        if row == self.len() { 0.0 } else { self.at_risk()[row] }
    }

    /// Spells (or weight) that leave for `cause` over all times; 0 for a cause the table has not.
    pub fn total_events(&self, cause: usize) -> f64 {
        let mut sum = RunningSum::default();
        for d in self.events.chunks_exact(self.n_causes) {
            sum.add(d.get(cause).copied().unwrap_or(0.0));
        }
        sum.value()
    }

    /// Spells (or weight) in the table.
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let table = EventTable::from_counts(2, &[1.0, 2.0], &[3, 1, 0, 2], &[0, 4], None)?;
    /// assert_eq!(table.total(), 10.0);
    /// assert_eq!(table.total_events(1), 3.0);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn total(&self) -> f64 {
        let mut sum = RunningSum::default();
        for exits in self.exits() {
            sum.add(exits);
        }
        sum.value()
    }

    /// The first time at which all at risk have an event while others are under observation later, which takes late entry.
    ///
    /// Survival (Kaplan–Meier) is 0 from there on and incidences (Aalen–Johansen) stay as they are, whatever happens to those who
    /// enter later. Curves [`given`](Self::given) that time begin with these.
    ///
    /// ```
    /// use afgang_models::{EventTable, KaplanMeier};
    ///
    /// let rows = [(0.0, 1.0, Some(0)), (2.0, 5.0, Some(0)), (2.0, 6.0, None)];
    /// let table = EventTable::from_spells(1, &rows)?;
    /// assert_eq!(table.emptied_early(), Some(1.0));
    /// assert_eq!(KaplanMeier::new().fit(&table)?.at(5.0), 0.0);
    /// assert_eq!(table.given(1.0).emptied_early(), None);
    /// assert_eq!(KaplanMeier::new().fit(&table.given(1.0))?.at(5.0), 0.5);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn emptied_early(&self) -> Option<f64> {
        if self.entered.iter().all(|&n| n <= 0.0) {
            return None;
        }
        let mut steps = self.walk(self.remaining()).peekable();
        while let Some(step) = steps.next() {
            if step.total > 0.0 && step.at_risk <= step.total {
                return steps.peek().map(|_| step.time);
            }
        }
        None
    }

    /// The times at which spells end, with their risk sets.
    pub(crate) fn steps(&self) -> Result<Vec<Step<'_>>> {
        let steps: Vec<_> = self.walk(self.remaining()).collect();
        if steps.is_empty() { Err(Error::EmptyTable) } else { Ok(steps) }
    }

    /// The steps one after the other, for who passes them once; `remaining` is that of the table.
    pub(crate) fn walk(
        &self,
        remaining: impl IntoIterator<Item = f64>,
    ) -> impl Iterator<Item = Step<'_>> {
        let rows = self.times.iter().zip(remaining).zip(&self.censored);
        rows.zip(self.events.chunks_exact(self.n_causes))
            .map(|(((&time, after), &censored), events)| {
                let total: f64 = events.iter().sum();
                Step { time, at_risk: after + (total + censored), events, total, censored }
            })
            .filter(|step| step.total > 0.0 || step.censored > 0.0)
    }

    /// Events of all causes and censorings by row.
    fn exits(&self) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator {
        self.events
            .chunks_exact(self.n_causes)
            .zip(&self.censored)
            .map(|(events, censored)| events.iter().sum::<f64>() + censored)
    }

    /// Who is left of the risk set after the exits of each row and before its entries: those who
    /// leave later, less those who enter from here on.
    pub(crate) fn remaining(&self) -> Vec<f64> {
        let (mut later, mut entering) = (RunningSum::default(), RunningSum::default());
        let mut remaining = vec![0.0; self.len()];
        for (row, exits) in self.exits().enumerate().rev() {
            entering.add(self.entered[row]);
            remaining[row] = later.value() - entering.value();
            later.add(exits);
        }
        let empty = EMPTY * later.value();
        for after in &mut remaining {
            *after = if after.abs() <= empty { 0.0 } else { *after };
        }
        remaining
    }

    fn check_risk_sets(&self) -> Result<()> {
        for ((after, exits), &time) in self.remaining().iter().zip(self.exits()).zip(&self.times) {
            if *after < 0.0 {
                return Err(Error::MoreExitsThanAtRisk { time, exits, at_risk: after + exits });
            }
        }
        Ok(())
    }

    /// The last row if it is that of `time`, else a new one after it.
    fn row(&mut self, time: f64) -> usize {
        if self.times.last().is_none_or(|&last| last < time) {
            self.times.push(time);
            self.events.resize(self.events.len() + self.n_causes, 0.0);
            self.censored.push(0.0);
            self.entered.push(0.0);
        }
        self.times.len() - 1
    }

    fn add_row(&mut self, row: usize, other: &Self, other_row: usize) {
        let slots = self.events[row * self.n_causes..].iter_mut();
        for (slot, events) in slots.zip(&other.events[other_row * self.n_causes..]) {
            *slot += events;
        }
        self.censored[row] += other.censored[other_row];
        self.entered[row] += other.entered[other_row];
    }
}
