//! Mean time in and time lost up to a horizon.

use crate::contrast::Estimate;
use crate::error::{Error, Result};
use crate::event_table::{EventTable, Step};
use crate::interval::normal_quantile;

/// Mean time until exit, and mean time lost to each cause, up to a horizon $\tau$.
///
/// The restricted mean is the area under the survival curve, the time lost to a cause that under its cumulative
/// incidence; together they are all of the time:
///
/// $$\hat\mu = \int_0^\tau \hat S(t)\\,dt,\qquad \hat L_k = \int_0^\tau \hat F_k(t)\\,dt,\qquad
///   \hat\mu + \sum_k \hat L_k = \tau .$$
///
/// # Variance
///
/// Errors $\delta_{ki}$ in the hazard of cause $k$ at $t_i$ and $\delta_{oi}$ in that of the others (see
/// [`AalenJohansen`](crate::AalenJohansen)) move $\hat L_k$ by
/// $\bigl(\hat S(t_{i-1})(\tau - t_i) - G_i\bigr)\delta_{ki} - G_i\\,\delta_{oi}$ with
/// $G_i = \int_{t_i}^\tau (\hat F_k(u) - \hat F_k(t_i))\\,du / (1 - h_i)$, and have the multinomial covariance. For $\hat\mu$ this is
/// Greenwood's form, $\sum_{t_i \le \tau} \bigl(\int_{t_i}^\tau \hat S\bigr)^2 \frac{d_i}{Y_i (Y_i - d_i)}$. Without late entry both
/// are what R's `survfit` prints (`rmean`; for several causes its infinitesimal jackknife).
///
/// # Conventions
///
/// - Time counts from 0, also with late entry; times below 0 are refused.
/// - $\tau$ may not lie behind the last time of the table unless nobody is left: what happens after the end of
///   follow-up is not known. ([`extend`](Self::extend) takes the last value on, as R does.)
/// - Intervals are estimate $\pm z$ standard errors. Weights are case weights. $O(\text{rows} \times \text{causes})$.
///
/// # Examples
///
/// ```
/// use afgang_models::{EventTable, RestrictedMean};
///
/// // Four spells: at 1 one leaves, at 3 one, two are left at 4. Area 1 + 2 * 3/4 + 1/2.
/// let table = EventTable::from_counts(1, &[1.0, 3.0, 4.0], &[1, 1, 0], &[0, 0, 2], None)?;
/// let mean = RestrictedMean::new(4.0).fit(&table)?;
/// assert!((mean.time_in.estimate - 3.0).abs() < 1e-15);
/// assert!((mean.lost[0].estimate - 1.0).abs() < 1e-15);
/// // Areas after the exits are 2 and 1/2: 4 / 12 + 1/4 / 6.
/// assert!((mean.time_in.std_error.powi(2) - (1.0 / 3.0 + 1.0 / 24.0)).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Irwin, J. O. (1949). *J. Hygiene* 47, 188–189.
/// - Andersen, P. K. (2013). *Statist. Med.* 32, 5278–5285.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct RestrictedMean {
    horizon: f64,
    level: f64,
    extend: bool,
}

/// Result of [`RestrictedMean`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RestrictedMeans {
    /// Mean time until exit, at most the horizon.
    pub time_in: Estimate,
    /// Mean time lost, by cause.
    pub lost: Vec<Estimate>,
}

impl RestrictedMean {
    /// Means up to the horizon `horizon`, level 0.95.
    pub fn new(horizon: f64) -> Self {
        Self { horizon, level: 0.95, extend: false }
    }

    /// Confidence level. Default 0.95.
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Whether the curves are taken on behind the last time at their last values, as R does. Default no.
    pub fn extend(mut self, extend: bool) -> Self {
        self.extend = extend;
        self
    }

    /// Estimates the means.
    ///
    /// # Errors
    ///
    /// [`Error::Horizon`] for a horizon that is not above 0, not finite, or behind the last time;
    /// [`Error::NegativeTime`]; [`Error::EmptyTable`], [`Error::Level`].
    pub fn fit(self, table: &EventTable) -> Result<RestrictedMeans> {
        let z = normal_quantile(self.level)?;
        let steps = table.steps()?;
        let (first, last) = (steps[0].time, steps[steps.len() - 1]);
        if first < 0.0 {
            return Err(Error::NegativeTime { time: first });
        }
        let all_left = last.total >= last.at_risk;
        let known = self.extend || all_left || self.horizon <= last.time;
        if !(self.horizon.is_finite() && self.horizon > 0.0 && known) {
            return Err(Error::Horizon { horizon: self.horizon, last: last.time });
        }
        let mut survival = 1.0;
        let before: Vec<f64> = steps
            .iter()
            .map(|step| {
                let before = survival;
                survival *= (step.at_risk - step.total) / step.at_risk;
                before
            })
            .collect();
        let n = steps.iter().take_while(|step| step.time <= self.horizon).count();
        let estimate = |(estimate, variance): (f64, f64)| {
            Estimate::symmetric(estimate, f64::sqrt(variance.max(0.0)), z)
        };
        Ok(RestrictedMeans {
            time_in: estimate(self.time_in(&steps[..n], &before)),
            lost: (0..table.n_causes())
                .map(|cause| estimate(self.lost(&steps[..n], &before, cause)))
                .collect(),
        })
    }

    /// Area under the survival curve and its variance; from the horizon backwards, so that the areas to come are sums.
    fn time_in(self, steps: &[Step<'_>], before: &[f64]) -> (f64, f64) {
        let (mut area, mut variance, mut until) = (0.0, 0.0, self.horizon);
        for (step, s) in steps.iter().zip(before).rev() {
            let after = s * (step.at_risk - step.total) / step.at_risk;
            area += after * (until - step.time);
            until = step.time;
            if after > 0.0 {
                let stay = step.at_risk - step.total;
                variance += area * area * (step.total / (step.at_risk * stay));
            }
        }
        (area + until, variance)
    }

    /// Area under the incidence of a cause and its variance.
    fn lost(self, steps: &[Step<'_>], before: &[f64], cause: usize) -> (f64, f64) {
        // Going backwards, `area` is that of what is still to come: F(u) - F(t) from t to the horizon.
        let (mut area, mut variance) = (0.0, 0.0);
        for (step, &s) in steps.iter().zip(before).rev() {
            let rest = self.horizon - step.time;
            let (y, d) = (step.at_risk, step.events[cause]);
            if step.total > 0.0 && s > 0.0 {
                let stay = (y - step.total) / y;
                let others = step.total - d;
                let shift = if stay > 0.0 { area / stay } else { 0.0 };
                let (own, other) = (s * rest - shift, -shift);
                variance += (own * own * d * (y - d) + other * other * others * (y - others)
                    - 2.0 * own * other * d * others)
                    / (y * y * y);
            }
            area += s * d / y * rest;
        }
        (area, variance)
    }
}
