//! An estimated step function with its counts, standard errors and intervals.

use crate::interval::Interval;

/// A step function of time, one row a time at which spells end.
///
/// All columns have the same length; times increase. The function is `start` before the first time,
/// keeps its value from each time to the next (continuous from the right), and is unknown after the
/// last. Counts are sums of case weights.
///
/// ```
/// use afgang_models::{EventTable, KaplanMeier};
///
/// let table = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, None), (2.0, Some(0)), (3.0, None)])?;
/// let survival = KaplanMeier::new().fit(&table)?;
/// assert_eq!(survival.time, [1.0, 2.0, 3.0]);
/// assert_eq!(survival.n_risk, [4.0, 3.0, 1.0]);
/// assert_eq!(survival.n_event, [1.0, 1.0, 0.0]);
/// assert_eq!(survival.n_censor, [0.0, 1.0, 1.0]);
/// assert_eq!(survival.estimate, [0.75, 0.5, 0.5]); // 3/4, 3/4 * 2/3
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Curve {
    /// Value before the first time: 1 for survival, 0 for incidence and cumulative hazard.
    pub start: f64,
    /// Times, in the unit of the event table.
    pub time: Vec<f64>,
    /// Size of the risk set just before the time.
    pub n_risk: Vec<f64>,
    /// Events at the time: of the curve's cause, or of all causes.
    pub n_event: Vec<f64>,
    /// Censorings at the time.
    pub n_censor: Vec<f64>,
    /// The estimate, from the time on.
    pub estimate: Vec<f64>,
    /// Standard error of the estimate.
    pub std_error: Vec<f64>,
    /// Lower limit of the pointwise interval.
    pub conf_low: Vec<f64>,
    /// Upper limit of the pointwise interval.
    pub conf_high: Vec<f64>,
}

/// A row of a [`Curve`].
pub(crate) struct Row {
    /// Time, number at risk, events, censorings.
    pub(crate) counts: [f64; 4],
    pub(crate) estimate: f64,
    pub(crate) std_error: f64,
    /// Limits of the interval.
    pub(crate) conf: (f64, f64),
}

/// One value of a [`Curve`], with its standard error and interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Point {
    /// The time asked for.
    pub time: f64,
    /// The estimate at that time.
    pub estimate: f64,
    /// Standard error of the estimate.
    pub std_error: f64,
    /// Lower limit of the pointwise interval.
    pub conf_low: f64,
    /// Upper limit of the pointwise interval.
    pub conf_high: f64,
}

impl Curve {
    pub(crate) fn new(start: f64, capacity: usize) -> Self {
        let column = || Vec::with_capacity(capacity);
        Self {
            start,
            time: column(),
            n_risk: column(),
            n_event: column(),
            n_censor: column(),
            estimate: column(),
            std_error: column(),
            conf_low: column(),
            conf_high: column(),
        }
    }

    /// Rows as curves of at most so many rows, one after the other.
    pub(crate) fn parts(
        start: f64,
        most: usize,
        mut rows: impl Iterator<Item = Row>,
    ) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            let mut part = Self::new(start, most);
            for row in rows.by_ref().take(most) {
                part.push(row.counts, row.estimate, row.std_error, row.conf);
            }
            (!part.is_empty()).then_some(part)
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether the curve has no rows.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The estimate at time `t`; `NaN` after the last time, when follow-up has ended.
    ///
    /// ```
    /// use afgang_models::{EventTable, KaplanMeier};
    ///
    /// let table = EventTable::from_times(1, &[(2.0, Some(0)), (5.0, None)])?;
    /// let survival = KaplanMeier::new().fit(&table)?;
    /// assert_eq!(survival.at(1.9), 1.0);
    /// assert_eq!(survival.at(2.0), 0.5);
    /// assert_eq!(survival.at(5.0), 0.5);
    /// assert!(survival.at(5.1).is_nan());
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn at(&self, t: f64) -> f64 {
        self.point(t).estimate
    }

    /// The estimate at time `t` with its standard error and interval.
    ///
    /// Before the first time it is `start`, without error; after the last all is `NaN`.
    ///
    /// ```
    /// use afgang_models::{EventTable, Interval, KaplanMeier};
    ///
    /// // 16 of 64 leave at month 2: 3/4 with variance 3/4 * 1/4 / 64.
    /// let table = EventTable::from_counts(1, &[2.0, 9.0], &[16, 0], &[0, 48], None)?;
    /// let survival = KaplanMeier::new().interval(Interval::Plain).fit(&table)?;
    /// let at_half_a_year = survival.point(6.0);
    /// assert_eq!(at_half_a_year.estimate, 0.75);
    /// assert!((at_half_a_year.std_error - 3.0_f64.sqrt() / 32.0).abs() < 1e-15);
    /// assert_eq!(survival.point(1.0).std_error, 0.0);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn point(&self, t: f64) -> Point {
        let rows = self.time.partition_point(|&time| time <= t);
        let (estimate, std_error, conf_low, conf_high) = match rows.checked_sub(1) {
            _ if t.is_nan() || self.time.last().is_none_or(|&last| t > last) => {
                (f64::NAN, f64::NAN, f64::NAN, f64::NAN)
            }
            None => (self.start, 0.0, self.start, self.start),
            Some(row) => {
                (self.estimate[row], self.std_error[row], self.conf_low[row], self.conf_high[row])
            }
        };
        Point { time: t, estimate, std_error, conf_low, conf_high }
    }

    /// Puts other variances into the curve of a probability, and the intervals that follow.
    pub(crate) fn replace_std_errors(&mut self, variance: &[f64], interval: Interval, z: f64) {
        for (row, &variance) in variance.iter().enumerate() {
            let (estimate, std_error) = (self.estimate[row], variance.sqrt());
            let log_se = if std_error > 0.0 { std_error / estimate } else { 0.0 };
            self.std_error[row] = std_error;
            (self.conf_low[row], self.conf_high[row]) =
                interval.of_probability(estimate, log_se, z);
        }
    }

    /// Appends a row.
    pub(crate) fn push(
        &mut self,
        counts: [f64; 4],
        estimate: f64,
        std_error: f64,
        conf: (f64, f64),
    ) {
        let [time, n_risk, n_event, n_censor] = counts;
        self.time.push(time);
        self.n_risk.push(n_risk);
        self.n_event.push(n_event);
        self.n_censor.push(n_censor);
        self.estimate.push(estimate);
        self.std_error.push(std_error);
        self.conf_low.push(conf.0);
        self.conf_high.push(conf.1);
    }
}
