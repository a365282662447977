//! The survival function.

use crate::curve::{Curve, Row};
use crate::error::{Error, Result};
use crate::event_table::{EventTable, Step};
use crate::interval::{Interval, normal_quantile};
use crate::summation::RunningSum;

/// Survival function (Kaplan–Meier), with Greenwood's variance.
///
/// Estimates the probability of being still in after time $t$,
///
/// $$\hat S(t) = \prod_{t_i \le t} \Bigl(1 - \frac{d_i}{Y_i}\Bigr),\qquad
///   \widehat{\mathrm{var}}\\,\hat S(t) = \hat S(t)^2 \sum_{t_i \le t} \frac{d_i}{Y_i (Y_i - d_i)},$$
///
/// where $d_i$ counts the events of all causes at $t_i$ and $Y_i$ is the size of the risk set. With
/// several causes it is the chance of no exit at all. One minus the curve of
/// [`cause_specific`](EventTable::cause_specific) is *not* the chance of an exit for that cause; that is
/// [`AalenJohansen`](crate::AalenJohansen).
///
/// # Conventions
///
/// - Order at one time: events, censorings, entries. Late entry needs no extra argument.
/// - One row for each time with an event or a censoring, as `survfit` prints with `censored = TRUE`.
/// - Once the curve is 0 it stays 0 and its standard error is `NaN`, as in R (the sum is infinite). With
///   late entry a risk set of one early on can bring that about: start such curves later.
/// - A risk set that is empty for a while does not change the curve.
/// - Defaults: interval `Log`, level 0.95, both as R's `survfit`.
/// - $O(\text{rows})$ time and memory; weights are case weights.
///
/// # Examples
///
/// Six spells, one event tied with a censoring at 2:
///
/// ```
/// use afgang_models::{EventTable, Interval, KaplanMeier};
///
/// let table = EventTable::from_times(
///     1,
///     &[(1.0, Some(0)), (2.0, Some(0)), (2.0, None), (3.0, None), (4.0, Some(0)), (5.0, None)],
/// )?;
/// let curve = KaplanMeier::new().interval(Interval::Plain).level(0.9).fit(&table)?;
///
/// // S(2) = 5/6 * 4/5 = 2/3; S(4) = 2/3 * 1/2 = 1/3.
/// assert!((curve.at(2.0) - 2.0 / 3.0).abs() < 1e-15);
/// assert!((curve.at(4.0) - 1.0 / 3.0).abs() < 1e-15);
/// // Greenwood at 2: 1/(6 * 5) + 1/(5 * 4) = 1/12, so the standard error is 2/3 * sqrt(1/12).
/// assert!((curve.std_error[1] - 2.0 / 3.0 * (1.0_f64 / 12.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Kaplan, E. L. and Meier, P. (1958). *J. Amer. Statist. Assoc.* 53, 457–481.
/// - Greenwood, M. (1926). *Reports on Public Health and Medical Subjects* 33.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct KaplanMeier {
    interval: Interval,
    level: f64,
}

impl Default for KaplanMeier {
    fn default() -> Self {
        Self { interval: Interval::default(), level: 0.95 }
    }
}

impl KaplanMeier {
    /// The defaults: interval `Log`, level 0.95.
    pub fn new() -> Self {
        Self::default()
    }

    /// Kind of pointwise interval. Default `Log`, as R.
    pub fn interval(mut self, interval: Interval) -> Self {
        self.interval = interval;
        self
    }

    /// Confidence level, between 0 and 1. Default 0.95, as R.
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Puts other variances into a curve, and the intervals that follow.
    pub(crate) fn replace_std_errors(self, curve: &mut Curve, variance: &[f64]) -> Result<()> {
        curve.replace_std_errors(variance, self.interval, normal_quantile(self.level)?);
        Ok(())
    }

    /// Estimates the curve.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyTable`] when no spell ends,
    /// [`Error::Level`] for a level outside (0, 1).
    pub fn fit(self, table: &EventTable) -> Result<Curve> {
        self.parts(table, table.len())?.next().ok_or(Error::EmptyTable)
    }

    /// The curve of [`fit`](Self::fit) in parts of at most `rows` rows, which are made one after the other: curves of many times
    /// need not lie in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Level`] for a level outside (0, 1).
    ///
    /// ```
    /// use afgang_models::{EventTable, KaplanMeier};
    ///
    /// let table = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, Some(0)), (3.0, None)])?;
    /// let parts: Vec<_> = KaplanMeier::new().parts(&table, 2)?.collect();
    /// assert_eq!(parts[0].time, [1.0, 2.0]);
    /// assert_eq!(parts[1].time, [3.0]);
    /// assert_eq!(parts[1].estimate, [KaplanMeier::new().fit(&table)?.at(3.0)]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn parts(
        self,
        table: &EventTable,
        rows: usize,
    ) -> Result<impl Iterator<Item = Curve> + use<'_>> {
        let z = normal_quantile(self.level)?;
        let mut survival = 1.0;
        let mut greenwood = RunningSum::default();
        let row = move |step: Step<'_>| {
            let left = step.at_risk - step.total;
            if step.total > 0.0 && survival > 0.0 {
                survival *= left / step.at_risk;
                greenwood.add(step.total / (step.at_risk * left));
            }
            // At 0 the sum is infinite and the standard error 0 * inf = NaN.
            let log_se = if survival > 0.0 { greenwood.value().sqrt() } else { f64::INFINITY };
            Row {
                counts: [step.time, step.at_risk, step.total, step.censored],
                estimate: survival,
                std_error: survival * log_se,
                conf: self.interval.of_probability(survival, log_se, z),
            }
        };
        Ok(Curve::parts(1.0, rows, table.walk(table.remaining()).map(row)))
    }
}
