//! Cumulative incidence with competing causes.

use crate::curve::{Curve, Row};
use crate::error::{Error, Result};
use crate::event_table::{EventTable, Step};
use crate::interval::{Interval, normal_quantile};
use crate::summation::RunningSum;
use crate::variance::Variance;

/// Cumulative incidence of each cause in the presence of the others (Aalen–Johansen).
///
/// Estimates the probability of having left for cause $k$ by time $t$,
///
/// $$\hat F_k(t) = \sum_{t_i \le t} \hat S(t_{i-1}) \frac{d_{ki}}{Y_i},\qquad
///   \hat S(t) = \prod_{t_i \le t} \Bigl(1 - \frac{d_i}{Y_i}\Bigr),\qquad d_i = \sum_k d_{ki},$$
///
/// where $d_{ki}$ counts exits for cause $k$ at $t_i$ and $Y_i$ is the size of the risk set. At every
/// time $\sum_k \hat F_k + \hat S = 1$. With one cause it is one minus Kaplan–Meier. With several, one
/// minus Kaplan–Meier of the [cause-specific table](EventTable::cause_specific) overstates $F_k$: it
/// treats who has left for another cause as still able to leave for this one.
///
/// # Variance
///
/// Set cause $k$ against the other causes together, $o$. Errors $\delta_{ki}$ and $\delta_{oi}$ in the
/// hazards $h_{ki} = d_{ki}/Y_i$ and $h_{oi} = (d_i - d_{ki})/Y_i$ move the incidence by
///
/// $$\Delta F_{ki} = (1 - h_{ki})\\,\Delta F_{k,i-1} - h_{ki}\\,\Delta F_{o,i-1}
///   + \hat S(t_{i-1})\\,\delta_{ki},$$
///
/// and the same with $k$ and $o$ exchanged. The variances of $F_k$ and $F_o$ and their (negative)
/// covariance follow by recursion, without cancellation, from those of $\delta$:
///
/// - [`Variance::Greenwood`] (default): multinomial exits,
///   $\mathrm{var}\\,\delta_{ki} = d_{ki}(Y_i - d_{ki})/Y_i^3$, likewise for $o$, and
///   $\mathrm{cov}(\delta_{ki}, \delta_{oi}) = -d_{ki} d_{oi}/Y_i^3$. It is the covariance of R's
///   `etm` (Andersen et al. 1993, 4.4.1.3), reduces to Greenwood's for one cause, and is the same
///   number as the delta method of Dinse and Larson (1986) ([`Variance::DELTA`]),
///   $$\sum_{t_i \le t} \frac{(F_k(t) - F_{ki})^2 d_i}{Y_i(Y_i - d_i)}
///     + \frac{S_{i-1}^2 d_{ki}(Y_i - d_{ki})}{Y_i^3}
///     - \frac{2 (F_k(t) - F_{ki}) S_{i-1} d_{ki}}{Y_i^2} .$$
/// - [`Variance::Aalen`]: causes $k$ and $o$ are counting processes without common jumps,
///   $\mathrm{var}\\,\delta_{ki} = d_{ki}(Y_i - d_{ki})/(Y_i^2(Y_i - 1))$, or $d_{ki}/Y_i^2$ when
///   $d_{ki} \le 1$, likewise for $o$, and no covariance between the two. It is what R's `cmprsk`
///   prints (Aalen 1978, Gray 1988).
///
/// # Conventions
///
/// - Order at one time: events, censorings, entries. Causes that tie share the risk set. Late entry
///   needs no extra argument.
/// - One row for each time with an exit of any cause or a censoring; `n_event` is of the curve's cause.
/// - [Intervals](Interval) are on the scale of $F_k$ itself, as R's `survfit` does; so they are `NaN`
///   before the first exit for the cause, save the plain ones.
/// - Once $\hat S$ is 0 all curves stay where they are.
/// - Defaults: variance `Greenwood` (as `etm`), interval `Log`, level 0.95 (as `survfit`).
/// - $O(\text{rows} \times \text{causes})$ time and memory; weights are case weights.
///
/// # Examples
///
/// Six spells, causes 0 and 1, two censored:
///
/// ```
/// use afgang_models::{AalenJohansen, EventTable, KaplanMeier};
///
/// let table = EventTable::from_times(
///     2,
///     &[
///         (1.0, Some(0)),
///         (2.0, Some(1)),
///         (3.0, None),
///         (4.0, Some(0)),
///         (5.0, Some(1)),
///         (6.0, None),
///     ],
/// )?;
/// let curves = AalenJohansen::new().fit(&table)?;
///
/// // By hand: 1/6 leave at 1; just before 4 the survival is 5/6 * 4/5 = 4/6, and 1 of 3 leaves.
/// assert!((curves[0].at(1.0) - 1.0 / 6.0).abs() < 1e-15);
/// assert!((curves[0].at(4.0) - (1.0 / 6.0 + 4.0 / 6.0 / 3.0)).abs() < 1e-15);
/// // At 1 it is a share of six: variance 1/6 * 5/6 / 6.
/// assert!((curves[0].std_error[0] - (5.0_f64 / 216.0).sqrt()).abs() < 1e-15);
///
/// // One minus Kaplan–Meier gives more: 1 - 5/6 * 2/3 = 4/9 rather than 7/18.
/// let naive = KaplanMeier::new().fit(&table.cause_specific(0)?)?;
/// assert!((1.0 - naive.at(4.0) - 4.0 / 9.0).abs() < 1e-15);
/// assert!((curves[0].at(4.0) - 7.0 / 18.0).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Aalen, O. O. and Johansen, S. (1978). *Scand. J. Statist.* 5, 141–150.
/// - Aalen, O. O. (1978). *Ann. Statist.* 6, 534–545.
/// - Dinse, G. E. and Larson, M. G. (1986). *Biometrika* 73, 379–386.
/// - Gray, R. J. (1988). *Ann. Statist.* 16, 1141–1154.
/// - Andersen, P. K., Borgan, Ø., Gill, R. D. and Keiding, N. (1993). *Statistical Models Based on
///   Counting Processes*. Springer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct AalenJohansen {
    interval: Interval,
    level: f64,
    variance: Variance,
}

impl Default for AalenJohansen {
    fn default() -> Self {
        Self { interval: Interval::default(), level: 0.95, variance: Variance::Greenwood }
    }
}

impl AalenJohansen {
    /// The defaults: variance `Greenwood`, interval `Log`, level 0.95.
    pub fn new() -> Self {
        Self::default()
    }

    /// Kind of pointwise interval. Default `Log`, as R's `survfit`.
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

    /// Estimates one curve a cause, in the order of the causes.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyTable`] when no spell ends,
    /// [`Error::Level`] for a level outside (0, 1).
    pub fn fit(self, table: &EventTable) -> Result<Vec<Curve>> {
        let z = normal_quantile(self.level)?;
        let remaining = table.remaining();
        let whole = |cause| {
            let steps = table.walk(remaining.iter().copied());
            self.of_steps(steps, cause, table.len(), z).next().ok_or(Error::EmptyTable)
        };
        (0..table.n_causes()).map(whole).collect()
    }

    /// The curve of one cause in parts of at most `rows` rows, which are made one after the other: curves of many times need not
    /// lie in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Level`] for a level outside (0, 1),
    /// [`Error::UnknownCause`] when the table has no such cause.
    pub fn parts(
        self,
        table: &EventTable,
        cause: usize,
        rows: usize,
    ) -> Result<impl Iterator<Item = Curve> + use<'_>> {
        let z = normal_quantile(self.level)?;
        if cause >= table.n_causes() {
            return Err(Error::UnknownCause { cause, n_causes: table.n_causes() });
        }
        Ok(self.of_steps(table.walk(table.remaining()), cause, rows, z))
    }

    /// The curve of a cause in parts, from the steps of its table.
    fn of_steps<'a>(
        self,
        steps: impl Iterator<Item = Step<'a>>,
        cause: usize,
        rows: usize,
        z: f64,
    ) -> impl Iterator<Item = Curve> {
        let mut survival = 1.0;
        let mut incidence = RunningSum::default();
        // Variances of the incidence of the cause and of the others, and their covariance (at most 0).
        let (mut var, mut var_others, mut cov) = (0.0, 0.0, 0.0);
        let row = move |step: Step<'_>| {
            let (events, s) = (step.events[cause], survival);
            survival *= (step.at_risk - step.total) / step.at_risk;
            if step.total > 0.0 && s > 0.0 {
                let others = step.total - events;
                let error = self.variance.of_hazards(step.at_risk, events, others);
                let (h, h_others) = (events / step.at_risk, others / step.at_risk);
                let (stay, stay_others) = (1.0 - h, 1.0 - h_others);
                incidence.add(s * h);
                (var, var_others, cov) = (
                    stay * stay * var - 2.0 * stay * h * cov
                        + h * h * var_others
                        + s * s * error.cause,
                    stay_others * stay_others * var_others - 2.0 * stay_others * h_others * cov
                        + h_others * h_others * var
                        + s * s * error.others,
                    (stay * stay_others + h * h_others) * cov
                        - stay * h_others * var
                        - stay_others * h * var_others
                        + s * s * error.between,
                );
            }
            let estimate = incidence.value();
            let std_error = var.sqrt();
            let log_se = if std_error > 0.0 { std_error / estimate } else { 0.0 };
            Row {
                counts: [step.time, step.at_risk, events, step.censored],
                estimate,
                std_error,
                conf: self.interval.of_probability(estimate, log_se, z),
            }
        };
        Curve::parts(0.0, rows, steps.map(row))
    }

    /// Puts other variances into a curve, and the intervals that follow.
    pub(crate) fn replace_std_errors(self, curve: &mut Curve, variance: &[f64]) -> Result<()> {
        curve.replace_std_errors(variance, self.interval, normal_quantile(self.level)?);
        Ok(())
    }
}
