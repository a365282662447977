//! The cumulative hazard.

use crate::curve::{Curve, Row};
use crate::error::{Error, Result};
use crate::event_table::{EventTable, Step};
use crate::hazard_ties::HazardTies;
use crate::interval::{Interval, normal_quantile};
use crate::summation::RunningSum;
use crate::variance::Variance;

/// Cumulative hazard (Nelson–Aalen).
///
/// $$\hat A(t) = \sum_{t_i \le t} \frac{d_i}{Y_i},\qquad
///   \widehat{\mathrm{var}}\\,\hat A(t) = \sum_{t_i \le t} \frac{d_i}{Y_i^2}
///   \quad\text{or}\quad \sum_{t_i \le t} \frac{d_i (Y_i - d_i)}{Y_i^3},$$
///
/// where $d_i$ counts the events of all causes at $t_i$ and $Y_i$ is the size of the risk set. The
/// first variance ([`Variance::Aalen`], Poisson) is the default and what R's `survfit` keeps as
/// `std.chaz`; the second ([`Variance::Greenwood`], binomial) is smaller where many of a risk set leave
/// at once. For one cause fit the table of [`cause_specific`](EventTable::cause_specific).
///
/// # Conventions
///
/// - Order at one time: events, censorings, entries. Late entry needs no extra argument.
/// - Ties add $d_i / Y_i$ at once (`ctype = 1` in R), or [one by one](HazardTies).
/// - [`Interval::Plain`] is $\hat A \pm z \hat\sigma$ cut at 0; [`Interval::Log`] is
///   $\hat A \exp(\pm z\hat\sigma/\hat A)$ and `NaN` while $\hat A$ is 0. The other three are made
///   for probabilities: they are taken of $\exp(-\hat A)$ and turned back, so that `LogLog` gives the
///   limits of `Log`, and `Arcsine` those of Bie, Borgan and Liestøl (1987).
/// - Defaults: interval `Log`, level 0.95, variance `Aalen`, ties together.
/// - $O(\text{rows})$ time and memory; weights are case weights.
///
/// # Examples
///
/// ```
/// use afgang_models::{EventTable, NelsonAalen, Variance};
///
/// let table = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, None), (3.0, Some(0)), (4.0, None)])?;
/// let curve = NelsonAalen::new().fit(&table)?;
/// // 1/4 + 1/2, variance 1/16 + 1/4 = 5/16.
/// assert!((curve.at(3.0) - 0.75).abs() < 1e-15);
/// assert!((curve.std_error[2] - (5.0_f64 / 16.0).sqrt()).abs() < 1e-15);
///
/// // Binomial: 3/64 + 1/8 = 11/64.
/// let curve = NelsonAalen::new().variance(Variance::Greenwood).fit(&table)?;
/// assert!((curve.std_error[2] - 11.0_f64.sqrt() / 8.0).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Nelson, W. (1969). *J. Quality Technology* 1, 27–52.
/// - Aalen, O. O. (1978). *Ann. Statist.* 6, 701–726.
/// - Klein, J. P. (1991). *Scand. J. Statist.* 18, 333–340.
/// - Bie, O., Borgan, Ø. and Liestøl, K. (1987). *Scand. J. Statist.* 14, 221–233.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct NelsonAalen {
    interval: Interval,
    level: f64,
    variance: Variance,
    ties: HazardTies,
}

impl Default for NelsonAalen {
    fn default() -> Self {
        Self {
            interval: Interval::default(),
            level: 0.95,
            variance: Variance::Aalen,
            ties: HazardTies::Together,
        }
    }
}

impl NelsonAalen {
    /// The defaults: interval `Log`, level 0.95, variance `Aalen`, ties together.
    pub fn new() -> Self {
        Self::default()
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

    /// Kind of variance. Default `Aalen`, as R's `std.chaz`.
    pub fn variance(mut self, variance: Variance) -> Self {
        self.variance = variance;
        self
    }

    /// What tied events add to the hazard. Default `Together`, as R's `ctype = 1`.
    pub fn ties(mut self, ties: HazardTies) -> Self {
        self.ties = ties;
        self
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
    pub fn parts(
        self,
        table: &EventTable,
        rows: usize,
    ) -> Result<impl Iterator<Item = Curve> + use<'_>> {
        let z = normal_quantile(self.level)?;
        let (mut hazard, mut variance) = (RunningSum::default(), RunningSum::default());
        let row = move |step: Step<'_>| {
            if step.total > 0.0 {
                let (increment, error) =
                    self.ties.increment(step.at_risk, step.total, self.variance);
                hazard.add(increment);
                variance.add(error);
            }
            let std_error = variance.value().sqrt();
            Row {
                counts: [step.time, step.at_risk, step.total, step.censored],
                estimate: hazard.value(),
                std_error,
                conf: self.interval.of_hazard(hazard.value(), std_error, z),
            }
        };
        Ok(Curve::parts(0.0, rows, table.walk(table.remaining()).map(row)))
    }

    /// What tied events add.
    pub(crate) fn tie_rule(self) -> HazardTies {
        self.ties
    }

    /// Puts other variances into a curve, and the intervals that follow.
    pub(crate) fn replace_std_errors(self, curve: &mut Curve, variance: &[f64]) -> Result<()> {
        let z = normal_quantile(self.level)?;
        for (row, variance) in variance.iter().enumerate() {
            let std_error = variance.sqrt();
            curve.std_error[row] = std_error;
            (curve.conf_low[row], curve.conf_high[row]) =
                self.interval.of_hazard(curve.estimate[row], std_error, z);
        }
        Ok(())
    }
}
