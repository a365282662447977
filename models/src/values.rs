//! Values of curves at one time, group beside group.

use crate::aalen_johansen::AalenJohansen;
use crate::contrast::JointEstimates;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::influence::{OnIncidence, Order, Sink, walk};
use crate::kaplan_meier::KaplanMeier;
use crate::restricted_mean::covariance;
use crate::spells::Spells;
use crate::variance::Variance;

/// Survival and cumulative incidences of several groups at one time, to be set against each other by a
/// [`Contrast`](crate::Contrast).
///
/// The values are those of [`KaplanMeier`] and [`AalenJohansen`] at the time $t$, $\hat S_g(t)$ and $\hat F_{kg}(t)$. Groups of
/// different spells are independent. Where clusters (persons) have spells in several groups
/// ([`fit_groups`](Self::fit_groups)),
///
/// $$\mathrm{cov}(\hat F_{kg}, \hat F_{kh}) = \sum_c \Bigl(\sum_{i \in c, g} w_i \varphi_i\Bigr)
///   \Bigl(\sum_{i \in c, h} w_i \varphi_i\Bigr), \qquad \varphi_i = \frac{\partial \hat F_k(t)}{\partial w_i} .$$
///
/// # Conventions
///
/// - A value is that from the time on; before a group's first exit it is 1 or 0, without error.
/// - A time behind the last of a group is refused: what happens there is not known.
/// - Defaults: variance `Greenwood`; by influence in `fit_groups`.
///
/// # Examples
///
/// Ten and thirty of a hundred have left by month 1: shares with the variances 9/10000 and 21/10000.
///
/// ```
/// use afgang_models::{Contrast, EventTable, ValuesAt};
///
/// let group = |left, stayed| EventTable::from_counts(1, &[1.0, 2.0], &[left, 0], &[0, stayed], None);
/// let values = ValuesAt::new(1.0).fit(&[group(10, 90)?, group(30, 70)?])?;
/// let test = Contrast::Difference.equal(&values.survival)?;
/// assert!((test.statistic - 0.04 / (0.0009 + 0.0021)).abs() < 1e-12);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Klein, J. P., Logan, B., Harhoff, M. and Andersen, P. K. (2007). *Statist. Med.* 26, 4505–4519.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct ValuesAt {
    time: f64,
    variance: Variance,
}

/// Result of [`ValuesAt`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupedValues {
    /// The survival of all groups.
    pub survival: JointEstimates,
    /// The incidences of all groups, by cause.
    pub incidence: Vec<JointEstimates>,
}

impl ValuesAt {
    /// Values at a time, variance `Greenwood`.
    pub fn new(time: f64) -> Self {
        Self { time, variance: Variance::Greenwood }
    }

    /// Kind of variance of incidences. Default `Greenwood`.
    pub fn variance(mut self, variance: Variance) -> Self {
        self.variance = variance;
        self
    }

    /// The values of groups, one table each.
    ///
    /// # Errors
    ///
    /// [`Error::BehindLastTime`]; [`Error::EmptyTable`] for a group without an exit; [`Error::CausesDiffer`].
    pub fn fit(self, groups: &[EventTable]) -> Result<GroupedValues> {
        let n_causes = groups.first().map_or(1, EventTable::n_causes);
        let (mut survival, mut incidence) = (Vec::new(), vec![Vec::new(); n_causes]);
        for (group, table) in groups.iter().enumerate() {
            if table.n_causes() != n_causes {
                return Err(Error::CausesDiffer { left: n_causes, right: table.n_causes() });
            }
            let curve = KaplanMeier::new().fit(table)?;
            self.check(group, &curve)?;
            survival.push(curve.point(self.time));
            let curves = AalenJohansen::new().variance(self.variance).fit(table)?;
            for (points, curve) in incidence.iter_mut().zip(curves) {
                points.push(curve.point(self.time));
            }
        }
        Ok(GroupedValues {
            survival: survival.into_iter().collect(),
            incidence: incidence.into_iter().map(|points| points.into_iter().collect()).collect(),
        })
    }

    /// The values of groups of spells, with standard errors by the infinitesimal jackknife: of clusters where the spells
    /// have them, else of rows. `group` counts from 0, one a row.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit), [`Error::EmptyTable`] also for a number below the largest that no row has;
    /// [`Error::Length`].
    ///
    /// # Examples
    ///
    /// Two persons with a spell in each group, which ends as early in the one as in the other: the groups' difference is
    /// known to be nothing, whatever the spread between persons.
    ///
    /// ```
    /// use afgang_models::{Spells, ValuesAt};
    ///
    /// let spells = Spells::new(1, vec![1.0, 1.0, 2.0, 2.0], vec![Some(0); 4])?
    ///     .with_clusters(&["a", "a", "b", "b"])?;
    /// let values = ValuesAt::new(1.0).fit_groups(&spells, &[0, 1, 0, 1])?;
    /// // A half of two: 1/2 * 1/2 / 2.
    /// assert!((values.survival.covariance(0, 0).unwrap() - 0.125).abs() < 1e-15);
    /// assert_eq!(values.survival.covariance(0, 1), values.survival.covariance(0, 0));
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_groups(self, spells: &Spells, group: &[usize]) -> Result<GroupedValues> {
        let (found, expected) = (group.len(), spells.len());
        if found != expected {
            return Err(Error::Length { column: "group", found, expected });
        }
        let n_groups = match group.iter().max() {
            Some(&largest) if largest < expected => largest + 1,
            _ => return Err(Error::EmptyTable),
        };
        let mut rows = vec![Vec::new(); n_groups];
        for (row, &g) in group.iter().enumerate() {
            rows[g].push(row);
        }
        let own: Vec<Spells> = rows.iter().map(|rows| spells.pick(rows)).collect::<Result<_>>()?;
        let tables: Vec<EventTable> = own.iter().map(Spells::table).collect::<Result<_>>()?;
        let orders: Vec<Order> = own.iter().map(Order::new).collect();
        let mut influences = vec![0.0; spells.len()];
        let mut joint = |cause: Option<usize>| {
            let mut values = Vec::with_capacity(n_groups);
            for (g, (own, table)) in own.iter().zip(&tables).enumerate() {
                let survival = KaplanMeier::new().fit(table)?;
                self.check(g, &survival)?;
                let left: Vec<f64> = match cause {
                    None => survival.estimate.iter().map(|s| 1.0 - s).collect(),
                    Some(cause) => AalenJohansen::new()
                        .fit(table)?
                        .into_iter()
                        .nth(cause)
                        .map(|curve| curve.estimate)
                        .unwrap_or_default(),
                };
                let steps = table.steps()?;
                let known = steps.partition_point(|step| step.time <= self.time);
                let mut parts = Parts { of_row: vec![[0.0; 3]; own.len()], f: 0.0, p: 0.0 };
                let influence = OnIncidence::new(cause, &left);
                walk(own, &orders[g], &steps[..known], influence, &mut parts);
                for (&row, [a, b, m]) in rows[g].iter().zip(&parts.of_row) {
                    influences[row] = a + b * parts.f + m * parts.p;
                }
                values.push(if cause.is_none() { 1.0 - parts.f } else { parts.f });
            }
            JointEstimates::new(&values, &covariance(spells, group, n_groups, &influences)?)
        };
        let survival = joint(None)?;
        let incidence =
            (0..spells.n_causes()).map(|cause| joint(Some(cause))).collect::<Result<_>>()?;
        Ok(GroupedValues { survival, incidence })
    }

    /// Refuses a time that a group is not followed to.
    fn check(self, group: usize, curve: &Curve) -> Result<()> {
        match curve.time.last() {
            Some(&last) if self.time <= last => Ok(()),
            Some(&last) => Err(Error::BehindLastTime { time: self.time, group, last }),
            None => Err(Error::EmptyTable),
        }
    }
}

/// The influence of each row, $a + b F + m P$, as it stands after the last step.
struct Parts {
    of_row: Vec<[f64; 3]>,
    f: f64,
    p: f64,
}

impl Sink for Parts {
    fn change(&mut self, row: usize, a: f64, b: f64, m: f64) {
        for (part, change) in self.of_row[row].iter_mut().zip([a, b, m]) {
            *part += change;
        }
    }

    fn step(&mut self, f: f64, p: f64) {
        (self.f, self.p) = (f, p);
    }
}
