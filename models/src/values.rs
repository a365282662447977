//! Values of curves at one time, group beside group.

use crate::aalen_johansen::AalenJohansen;
use crate::cells::{Cells, one_cluster, shares};
use crate::contrast::JointEstimates;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::group_covariance::{covariance, forget};
use crate::influence::{OnIncidence, OnSurvival, Order, Parts, Sink, walk};
use crate::joint::check_strata;
use crate::kaplan_meier::KaplanMeier;
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
/// - A time behind the last of a group is refused, as what happens there is not known, unless all have left by then.
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
        self.of_tables(&groups.iter().collect::<Vec<_>>(), groups.len())
    }

    /// The values of groups standardised to strata: tables by stratum and group.
    ///
    /// Groups may differ because they are made up differently. With $\hat S_{gs}(t)$ the value of group $g$ in stratum $s$ and $p_s$ the
    /// share of the stratum in all groups together,
    ///
    /// $$\hat S_g(t) = \sum_s p_s\\,\hat S_{gs}(t),\qquad
    ///   \mathrm{var}\\,\hat S_g(t) = \sum_s p_s^2\\,\mathrm{var}\\,\hat S_{gs}(t) ,$$
    ///
    /// and incidences likewise, so that they still add up to one less the survival: what the chance would be if all groups had the
    /// strata of all together. Shares are taken as known (direct standardisation; Makuch 1982, Gail and Byar 1986). It is the rule of
    /// [`RestrictedMean::fit_strata`](crate::RestrictedMean::fit_strata), which is its integral.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`Error::NotInStratum`] for a group without spells in a stratum; [`Error::TooFewGroups`],
    /// [`Error::Length`] for strata with different numbers of groups. A standard error is not a number where that of a stratum is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use afgang_models::{EventTable, ValuesAt};
    ///
    /// // A half and a quarter have left in the first stratum, a quarter and a half in the second, which is twice as large.
    /// let of = |left, stay| EventTable::from_counts(1, &[1.0, 2.0], &[left, 0], &[0, stay], None);
    /// let strata = [vec![of(2, 2)?, of(1, 3)?], vec![of(2, 6)?, of(4, 4)?]];
    /// let values = ValuesAt::new(1.0).fit_strata(&strata)?;
    /// let (survival, std_error) = values.survival.get(0).unwrap();
    /// assert!((survival - (0.5 / 3.0 + 0.75 * 2.0 / 3.0)).abs() < 1e-15);
    /// let variance: f64 = 0.25 / 4.0 / 9.0 + 4.0 / 9.0 * (3.0 / 16.0 / 8.0);
    /// assert!((std_error - variance.sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Makuch, R. W. (1982). *J. Chronic Dis.* 35, 437–443.
    /// - Gail, M. H. and Byar, D. P. (1986). *Biometrical J.* 28, 587–599.
    pub fn fit_strata(self, strata: &[Vec<EventTable>]) -> Result<GroupedValues> {
        let n_groups = check_strata(strata)?;
        self.of_tables(&strata.iter().flatten().collect::<Vec<_>>(), n_groups)
    }

    /// Of tables stratum by stratum.
    fn of_tables(self, tables: &[&EventTable], n_groups: usize) -> Result<GroupedValues> {
        let n_causes = tables.first().map_or(1, |table| table.n_causes());
        let shares = shares(tables, n_groups)?;
        let several = tables.len() > n_groups;
        // Estimates and variances by survival and cause, then by group.
        let mut sums = vec![vec![(0.0, 0.0); n_groups]; n_causes + 1];
        for (cell, table) in tables.iter().enumerate() {
            if table.n_causes() != n_causes {
                return Err(Error::CausesDiffer { left: n_causes, right: table.n_causes() });
            }
            let (group, share) = (cell % n_groups, shares[cell / n_groups]);
            let survival = KaplanMeier::new().fit(table)?;
            let time = self.within(group, table, &survival)?;
            let incidences = AalenJohansen::new().variance(self.variance).fit(table)?;
            let unknown = several && survival.point(time).std_error <= 0.0;
            for (sum, curve) in sums.iter_mut().zip(std::iter::once(&survival).chain(&incidences)) {
                let point = curve.point(time);
                let error = if unknown { f64::NAN } else { share * point.std_error };
                sum[group].0 += share * point.estimate;
                sum[group].1 += error * error;
            }
        }
        let mut joint = sums.into_iter().map(|groups| {
            groups.into_iter().map(|(value, variance)| (value, variance.sqrt())).collect()
        });
        let survival = joint.next().ok_or(Error::EmptyTable)?;
        Ok(GroupedValues { survival, incidence: joint.collect() })
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
        self.of_spells(spells, Cells::new(spells, group, None)?)
    }

    /// As [`fit_strata`](Self::fit_strata) for spells, with standard errors by the infinitesimal jackknife, also of clusters that
    /// have spells in several groups and strata. `group` and `stratum` count from 0, one a row each.
    ///
    /// # Errors
    ///
    /// Those of [`fit_strata`](Self::fit_strata) and [`fit_groups`](Self::fit_groups). A standard error is not a number where
    /// all spells of a group and stratum are alike or of one cluster.
    pub fn fit_groups_in_strata(
        self,
        spells: &Spells,
        group: &[usize],
        stratum: &[usize],
    ) -> Result<GroupedValues> {
        self.of_spells(spells, Cells::new(spells, group, Some(stratum))?)
    }

    fn of_spells(self, spells: &Spells, cells: Cells<'_>) -> Result<GroupedValues> {
        let (group, n_groups) = (cells.group, cells.n_groups);
        let rows = cells.rows(spells);
        let own: Vec<Spells> = rows.iter().map(|rows| spells.pick(rows)).collect::<Result<_>>()?;
        let tables: Vec<EventTable> = own.iter().map(Spells::table).collect::<Result<_>>()?;
        let shares = shares(&tables, n_groups)?;
        let (mut unknown, mut curves) = (Vec::new(), Vec::with_capacity(tables.len()));
        for (cell, (rows, table)) in rows.iter().zip(&tables).enumerate() {
            let survival = KaplanMeier::new().fit(table)?;
            let time = self.within(cell % n_groups, table, &survival)?;
            let spread = survival.point(time).std_error > 0.0;
            if cells.stratum.is_some() && (one_cluster(spells, rows)? || !spread) {
                unknown.push(cell % n_groups);
            }
            curves.push((survival, AalenJohansen::new().fit(table)?));
        }
        let orders: Vec<Order> = own.iter().map(Order::new).collect();
        let mut influences = vec![(0.0, 0.0); spells.len()];
        let mut joint = |cause: Option<usize>| {
            let mut values = vec![0.0; n_groups];
            for (cell, (own, table)) in own.iter().zip(&tables).enumerate() {
                let steps = table.steps()?;
                let steps = &steps[..steps.partition_point(|step| step.time <= self.time)];
                let f = if cause.is_none() { 1.0 } else { 0.0 };
                let mut parts = OfRows { of_row: vec![Parts::default(); own.len()], f, p: 0.0 };
                let (survival, incidences) = &curves[cell];
                match cause {
                    None => {
                        let influence = OnSurvival::new(&survival.estimate);
                        walk(own, &orders[cell], steps, influence, &mut parts);
                    }
                    Some(cause) => {
                        let influence = OnIncidence::new(cause, &incidences[cause].estimate);
                        walk(own, &orders[cell], steps, influence, &mut parts);
                    }
                }
                let share = shares[cell / n_groups];
                for (&row, of_row) in rows[cell].iter().zip(&parts.of_row) {
                    let (influence, size) = of_row.at(parts.f, parts.p);
                    influences[row] = (share * influence, share * size);
                }
                values[cell % n_groups] += share * parts.f;
            }
            let mut covariance = covariance(spells, &rows, group, &influences)?;
            forget(&mut covariance, &unknown);
            JointEstimates::new(&values, &covariance)
        };
        let survival = joint(None)?;
        let incidence =
            (0..spells.n_causes()).map(|cause| joint(Some(cause))).collect::<Result<_>>()?;
        Ok(GroupedValues { survival, incidence })
    }

    /// The time, or the last of the group if all have left at it; refuses a time that a group is not followed to.
    fn within(self, group: usize, table: &EventTable, curve: &Curve) -> Result<f64> {
        let last = curve.time.last().copied().ok_or(Error::EmptyTable)?;
        let all_left = table.censored().last().is_some_and(|&n| n <= 0.0);
        if self.time <= last || all_left {
            return Ok(self.time.min(last));
        }
        Err(Error::BehindLastTime { time: self.time, group, last })
    }
}

/// The influence of each row as it stands after the last step.
struct OfRows {
    of_row: Vec<Parts>,
    f: f64,
    p: f64,
}

impl Sink for OfRows {
    fn change(&mut self, row: usize, a: f64, b: f64, m: f64) {
        self.of_row[row].add(1.0, [a, b, m]);
    }

    fn step(&mut self, f: f64, p: f64) {
        (self.f, self.p) = (f, p);
    }
}
