//! Mean time in and time lost up to a horizon.

mod strata;

use crate::cells::{Cells, shares};
use crate::contrast::{Estimate, JointEstimates};
use crate::error::{Error, Result};
use crate::event_table::{EventTable, Step};
use crate::group_covariance::{SizedInfluence, covariance, forget};
use crate::interval::normal_quantile;
use crate::spells::Spells;
use crate::summation::{RunningSum, without_rounding};
use crate::variance::Variance;

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
/// With $R_i$ the time still to be lost to cause $k$ after $t_i$ by one who is in, $R_{i-1} = h_{ki}(\tau - t_i) + (1 - h_i) R_i$,
/// errors $\delta_{ki}$ in the hazard of the cause at $t_i$ and $\delta_{oi}$ in that of the others together (see
/// [`AalenJohansen`](crate::AalenJohansen)) move $\hat L_k = R_0$ by
///
/// $$\hat S(t_{i-1}) \bigl((\tau - t_i - R_i)\\,\delta_{ki} - R_i\\,\delta_{oi}\bigr) ,$$
///
/// and the variance follows from those of the $\delta$, which [`Variance`] says. For $\hat\mu$ all causes are one;
/// with [`Variance::Greenwood`] its variance is
/// $\sum_{t_i \le \tau} \bigl(\int_{t_i}^\tau \hat S\bigr)^2 \frac{d_i}{Y_i (Y_i - d_i)}$, as R's `survfit` (`rmean`) and `survRM2`
/// print. No factor $n/(n-1)$ is put on.
///
/// [`fit_spells`](Self::fit_spells) has the infinitesimal jackknife, for sampling weights and clusters. For several
/// causes it is what R's `survfit` prints; without late entry, weights and clusters it is
/// [`Variance::Greenwood`].
///
/// # Conventions
///
/// - Time counts from 0, also with late entry; times below 0 are refused.
/// - $\tau$ may not lie behind the last time of the table unless nobody is left: what happens after the end of
///   follow-up is not known. ([`extend`](Self::extend) takes the last value on, as R does.)
/// - Intervals are estimate $\pm z$ standard errors. Weights are case weights. $O(\text{rows} \times \text{causes})$.
/// - Defaults: variance `Greenwood`, level 0.95.
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
    variance: Variance,
    extend: bool,
}

/// Result of [`RestrictedMean`]: the expected time in each state up to the horizon.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RestrictedMeans {
    /// Mean time until exit, at most the horizon.
    pub time_in: Estimate,
    /// Mean time lost, by cause.
    pub lost: Vec<Estimate>,
}

/// Result of [`RestrictedMean::fit_groups`] and [`RestrictedMean::fit_strata`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupedMeans {
    /// The means of each group.
    pub groups: Vec<RestrictedMeans>,
    /// Mean times until exit of all groups, for a [`Contrast`](crate::Contrast).
    pub time_in: JointEstimates,
    /// Mean times lost of all groups, by cause.
    pub lost: Vec<JointEstimates>,
}

impl GroupedMeans {
    fn of(time_in: JointEstimates, lost: Vec<JointEstimates>, z: f64) -> Self {
        let estimates = |means: &JointEstimates| -> Vec<Estimate> {
            let groups = (0..means.len()).filter_map(|g| means.get(g));
            groups
                .map(|(estimate, std_error)| Estimate::symmetric(estimate, std_error, z))
                .collect()
        };
        let lost_of: Vec<Vec<Estimate>> = lost.iter().map(estimates).collect();
        let groups = estimates(&time_in)
            .into_iter()
            .enumerate()
            .map(|(g, time_in)| RestrictedMeans {
                time_in,
                lost: lost_of.iter().map(|cause| cause[g]).collect(),
            })
            .collect();
        Self { groups, time_in, lost }
    }
}

impl RestrictedMean {
    /// Means up to the horizon `horizon`, level 0.95.
    pub fn new(horizon: f64) -> Self {
        Self { horizon, level: 0.95, variance: Variance::Greenwood, extend: false }
    }

    /// Confidence level. Default 0.95.
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Kind of variance. Default `Greenwood`, as R's `survfit`.
    pub fn variance(mut self, variance: Variance) -> Self {
        self.variance = variance;
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
        let known = self.known_steps(&steps)?;
        let estimate = |cause: Option<usize>| {
            let mean = Mean::new(known, self.horizon, cause);
            let (mut variance, mut sizes) = (0.0, 0.0);
            for (step, effect) in known.iter().zip(&mean.effects) {
                let events = cause.map_or(step.total, |cause| step.events[cause]);
                let error = self.variance.of_hazards(step.at_risk, events, step.total - events);
                variance += effect.own * effect.own * error.cause
                    + effect.other * effect.other * error.others
                    + 2.0 * effect.own * effect.other * error.between;
                sizes += effect.size * effect.size * (error.cause + error.others);
            }
            let std_error = without_rounding(f64::max(variance, 0.0), sizes).sqrt();
            Estimate::symmetric(mean.estimate, std_error, z)
        };
        Ok(RestrictedMeans {
            time_in: estimate(None),
            lost: (0..table.n_causes()).map(|cause| estimate(Some(cause))).collect(),
        })
    }

    /// As [`fit`](Self::fit) of the spells' table, with standard errors by the infinitesimal jackknife: of clusters where
    /// the spells have them, else of rows.
    ///
    /// $$\mathrm{var}\\,\hat L_k = \sum_c \Bigl(\sum_{i \in c} w_i\\,\varphi_i\Bigr)^2,\qquad
    ///   \varphi_i = \frac{\partial \hat L_k}{\partial w_i} = \int_0^\tau \frac{\partial \hat F_k(t)}{\partial w_i}\\,dt .$$
    ///
    /// With [`Weights::Case`](crate::Weights::Case) and no clusters a row of weight $w$ counts as $w$ clusters. The influence of a spell is what
    /// its own exit does less a sum over the times at which it is at risk, a difference of two partial sums:
    /// $O(n \log(\text{rows}))$ for each cause.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit).
    ///
    /// # Examples
    ///
    /// Four spells of two persons, alike in each. The mean up to 2 is that of 1 and 2, and of two persons its standard
    /// error is $\sqrt{1/4 / 2}$.
    ///
    /// ```
    /// use afgang_models::{RestrictedMean, Spells};
    ///
    /// let spells = Spells::new(1, vec![1.0, 1.0, 2.0, 2.0], vec![Some(0), Some(0), None, None])?
    ///     .with_clusters(&["a", "a", "b", "b"])?;
    /// let mean = RestrictedMean::new(2.0).fit_spells(&spells)?.time_in;
    /// assert!((mean.estimate - 1.5).abs() < 1e-15);
    /// assert!((mean.std_error - (1.0_f64 / 8.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_spells(self, spells: &Spells) -> Result<RestrictedMeans> {
        let group = vec![0; spells.len()];
        let mut all = self.of_groups(spells, Cells::new(spells, &group, None)?)?;
        all.groups.pop().ok_or(Error::EmptyTable)
    }

    /// As [`fit_spells`](Self::fit_spells) for each group, with the covariances between the groups' means that come
    /// from clusters with spells in several of them. `group` counts from 0, one a row.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit), [`Error::EmptyTable`] also for a number below the largest that no row has;
    /// [`Error::Length`].
    ///
    /// # Examples
    ///
    /// Persons who stay as long in one group as in the other: the groups' difference is known to be nothing, whatever
    /// the spread between persons.
    ///
    /// ```
    /// use afgang_models::{RestrictedMean, Spells};
    ///
    /// let spells = Spells::new(1, vec![1.0, 1.0, 2.0, 2.0], vec![Some(0); 4])?
    ///     .with_clusters(&["a", "a", "b", "b"])?;
    /// let means = RestrictedMean::new(2.0).fit_groups(&spells, &[0, 1, 0, 1])?;
    /// assert_eq!(means.groups[0], means.groups[1]);
    /// assert_eq!(means.time_in.covariance(0, 1), means.time_in.covariance(0, 0));
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_groups(self, spells: &Spells, group: &[usize]) -> Result<GroupedMeans> {
        self.of_groups(spells, Cells::new(spells, group, None)?)
    }

    fn of_groups(self, spells: &Spells, cells: Cells<'_>) -> Result<GroupedMeans> {
        let z = normal_quantile(self.level)?;
        let (group, n_groups) = (cells.group, cells.n_groups);
        let rows = cells.rows(spells);
        let table = |rows: &Vec<usize>| spells.table_of(rows.iter().copied());
        let tables = rows.iter().map(table).collect::<Result<Vec<EventTable>>>()?;
        let shares = shares(&tables, n_groups)?;
        let unknown = if cells.stratum.is_some() {
            self.without_spread(spells, &rows, &tables, n_groups)?
        } else {
            Vec::new() // the covariance says which group is of one cluster
        };
        let steps = tables.iter().map(EventTable::steps).collect::<Result<Vec<_>>>()?;
        let known =
            steps.iter().map(|steps| self.known_steps(steps)).collect::<Result<Vec<_>>>()?;
        // Found once, since a million times make a search long.
        let places: Vec<Vec<Place>> =
            known.iter().zip(&rows).map(|(steps, rows)| Place::of(steps, spells, rows)).collect();
        let mut influences = vec![(0.0, 0.0); spells.len()];
        let mut joint = |cause: Option<usize>| {
            let mut estimates = vec![0.0; n_groups];
            for (cell, (steps, places)) in known.iter().zip(&places).enumerate() {
                let share = shares[cell / n_groups];
                let mean = Mean::new(steps, self.horizon, cause);
                estimates[cell % n_groups] += share * mean.estimate;
                mean.influences(steps, places, share, &mut influences);
            }
            let mut covariance = covariance(spells, &rows, group, &influences)?;
            forget(&mut covariance, &unknown);
            JointEstimates::new(&estimates, &covariance)
        };
        let time_in = joint(None)?;
        let lost =
            (0..spells.n_causes()).map(|cause| joint(Some(cause))).collect::<Result<Vec<_>>>()?;
        Ok(GroupedMeans::of(time_in, lost, z))
    }

    /// The steps up to the horizon, if the horizon is one that follow-up reaches.
    fn known_steps<'a, 'b>(self, steps: &'a [Step<'b>]) -> Result<&'a [Step<'b>]> {
        let (first, last) = (steps[0].time, steps[steps.len() - 1]);
        if first < 0.0 {
            return Err(Error::NegativeTime { time: first });
        }
        let all_left = last.total >= last.at_risk;
        let known = self.extend || all_left || self.horizon <= last.time;
        if !(self.horizon.is_finite() && self.horizon > 0.0 && known) {
            return Err(Error::Horizon { horizon: self.horizon, last: last.time });
        }
        Ok(&steps[..steps.partition_point(|step| step.time <= self.horizon)])
    }
}

/// A mean time, and what changes of the hazards at each step do to it.
struct Mean {
    estimate: f64,
    /// The cause that the time is lost to; without, all causes are one.
    cause: Option<usize>,
    effects: Vec<Effect>,
}

/// Derivatives in the hazards at a step.
#[derive(Debug, Clone, Copy)]
struct Effect {
    /// In that of the mean's own cause.
    own: f64,
    /// In that of the other causes together.
    other: f64,
    /// Size of what these were made of.
    size: f64,
}

impl Mean {
    /// Time lost to a cause, or without one the time in.
    fn new(steps: &[Step<'_>], horizon: f64, cause: Option<usize>) -> Self {
        match cause {
            None => Self::time_in(steps, horizon),
            Some(cause) => Self::lost(steps, horizon, cause),
        }
    }

    /// Area under the survival curve; from the horizon backwards, so that what is to come is a sum of areas.
    fn time_in(steps: &[Step<'_>], horizon: f64) -> Self {
        let (mut rest, mut until) = (0.0, horizon);
        let to_come = |step: &Step<'_>| {
            rest += until - step.time;
            until = step.time;
            let effect = Effect { own: -rest, other: -rest, size: rest };
            rest *= (step.at_risk - step.total) / step.at_risk;
            effect
        };
        let effects = backwards(steps, to_come);
        Self { estimate: rest + until, cause: None, effects }
    }

    /// Area under the incidence of a cause.
    fn lost(steps: &[Step<'_>], horizon: f64, cause: usize) -> Self {
        let mut rest = 0.0;
        let to_come = |step: &Step<'_>| {
            let left = horizon - step.time;
            let effect = Effect { own: left - rest, other: -rest, size: left };
            let stay = (step.at_risk - step.total) / step.at_risk;
            rest = step.events[cause] / step.at_risk * left + stay * rest;
            effect
        };
        let effects = backwards(steps, to_come);
        Self { estimate: rest, cause: Some(cause), effects }
    }

    /// Puts a share of the derivatives of the mean in the weights of spells into a column of all rows.
    fn influences(
        &self,
        steps: &[Step<'_>],
        places: &[Place],
        share: f64,
        column: &mut [SizedInfluence],
    ) {
        // What being at risk at the steps so far has done, and the size of its terms.
        let (mut sum, mut size) = (RunningSum::default(), 0.0);
        let mut at_risk = vec![(0.0, 0.0)];
        for (step, effect) in steps.iter().zip(&self.effects) {
            let events = self.cause.map_or(step.total, |cause| step.events[cause]);
            let expected = effect.own * events + effect.other * (step.total - events);
            let squared = step.at_risk * step.at_risk;
            sum.add(expected / squared);
            size += effect.size * step.total / squared;
            at_risk.push((sum.value(), size));
        }
        for place in places {
            let (exited, size) = place.exit.map_or((0.0, 0.0), |(step, cause)| {
                let (effect, y) = (self.effects[step], steps[step].at_risk);
                let own = self.cause.is_none_or(|of| of == cause);
                (if own { effect.own / y } else { effect.other / y }, effect.size / y)
            });
            let (left, entered) = (at_risk[place.left], at_risk[place.entered]);
            let influence = exited - (left.0 - entered.0);
            column[place.row] = (share * influence, share * (size + left.1));
        }
    }
}

/// A spell among the steps up to the horizon.
struct Place {
    row: usize,
    /// Steps up to its entry, and up to its exit: it is at risk at those between.
    entered: usize,
    left: usize,
    /// The step and cause of its exit, if there is one by the horizon.
    exit: Option<(usize, usize)>,
}

impl Place {
    fn of(steps: &[Step<'_>], spells: &Spells, rows: &[usize]) -> Vec<Self> {
        let until = |t: f64| steps.partition_point(|step| step.time <= t);
        let place = |&row: &usize| {
            let (entry, exit) = (spells.entry(row), spells.exit()[row]);
            let left = until(exit);
            let last = left.checked_sub(1).filter(|&last| steps[last].time >= exit);
            Self {
                row,
                entered: if entry.is_finite() { until(entry) } else { 0 },
                left,
                exit: last.zip(spells.cause()[row]),
            }
        };
        rows.iter().map(place).collect()
    }
}

/// Effects at all steps: those on one who is still in, which must be found from the last to the first, times the
/// survival just before.
fn backwards(steps: &[Step<'_>], effect: impl FnMut(&Step<'_>) -> Effect) -> Vec<Effect> {
    let mut effects: Vec<Effect> = steps.iter().rev().map(effect).collect();
    effects.reverse();
    let mut survival = 1.0;
    for (effect, step) in effects.iter_mut().zip(steps) {
        effect.own *= survival;
        effect.other *= survival;
        effect.size *= survival;
        survival *= (step.at_risk - step.total) / step.at_risk;
    }
    effects
}
