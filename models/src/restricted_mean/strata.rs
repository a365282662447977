//! Means of groups as if strata were mixed alike in all of them.

use super::{GroupedMeans, RestrictedMean};
use crate::cells::{Cells, one_cluster, shares};
use crate::contrast::JointEstimates;
use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::interval::normal_quantile;
use crate::joint::check_strata;
use crate::spells::Spells;

impl RestrictedMean {
    /// Means of groups standardised to strata: tables by stratum and group.
    ///
    /// Groups may differ because they are made up differently. With $\hat\mu_{gs}$ the mean of group $g$ in stratum $s$ and $p_s$ the
    /// share of the stratum in all groups together,
    ///
    /// $$\hat\mu_g = \sum_s p_s\\,\hat\mu_{gs},\qquad \mathrm{var}\\,\hat\mu_g = \sum_s p_s^2\\,\mathrm{var}\\,\hat\mu_{gs} ,$$
    ///
    /// and times lost likewise, so that times still add up to the horizon. Shares are taken as known (direct
    /// standardisation; Karrison 1987, Zucker 1998 for restricted means).
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`Error::NotInStratum`] for a group without spells in a stratum; [`Error::TooFewGroups`],
    /// [`Error::Length`] for strata with different numbers of groups. A standard error is not a number where that of a stratum is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use afgang_models::{EventTable, RestrictedMean};
    ///
    /// // Means up to 2: of a group whose half leaves at 1 it is 3/2, where a quarter does 7/4.
    /// let of = |left, stay| EventTable::from_counts(1, &[1.0, 2.0], &[left, 0], &[0, stay], None);
    /// let strata = [vec![of(2, 2)?, of(1, 3)?], vec![of(1, 3)?, of(6, 6)?]];
    /// let means = RestrictedMean::new(2.0).fit_strata(&strata)?;
    /// // 8 of 24 spells are in the first stratum.
    /// assert!((means.groups[0].time_in.estimate - (8.0 * 1.5 + 16.0 * 1.75) / 24.0).abs() < 1e-15);
    /// let variance: f64 = (1.0 / 9.0) * (1.0 / 16.0) + (4.0 / 9.0) * (3.0 / 64.0);
    /// assert!((means.groups[0].time_in.std_error - variance.sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Karrison, T. (1987). *J. Amer. Statist. Assoc.* 82, 1169–1176.
    /// - Zucker, D. M. (1998). *J. Amer. Statist. Assoc.* 93, 702–709.
    pub fn fit_strata(self, strata: &[Vec<EventTable>]) -> Result<GroupedMeans> {
        let n_groups = check_strata(strata)?;
        let z = normal_quantile(self.level)?;
        let tables: Vec<&EventTable> = strata.iter().flatten().collect();
        let shares = shares(&tables, n_groups)?;
        let n_causes = tables.iter().map(|table| table.n_causes()).max().unwrap_or(1);
        // Estimates and variances by time in and cause, then by group.
        let mut sums = vec![vec![(0.0, 0.0); n_groups]; n_causes + 1];
        for (cell, table) in tables.iter().enumerate() {
            let share = shares[cell / n_groups];
            let means = self.fit(table)?;
            if means.lost.len() != n_causes {
                return Err(Error::CausesDiffer { left: n_causes, right: means.lost.len() });
            }
            let known = means.time_in.std_error > 0.0;
            for (sum, mean) in sums.iter_mut().zip([&means.time_in].into_iter().chain(&means.lost))
            {
                let (estimate, variance) = &mut sum[cell % n_groups];
                *estimate += share * mean.estimate;
                let error = if known { share * mean.std_error } else { f64::NAN };
                *variance += error * error;
            }
        }
        let mut joint = sums.into_iter().map(|groups| {
            groups.into_iter().map(|(mean, variance)| (mean, variance.sqrt())).collect()
        });
        let time_in: JointEstimates = joint.next().ok_or(Error::EmptyTable)?;
        Ok(GroupedMeans::of(time_in, joint.collect(), z))
    }

    /// As [`fit_strata`](Self::fit_strata) for spells, with standard errors by the infinitesimal jackknife, also of clusters that
    /// have spells in several groups and strata. `group` and `stratum` count from 0, one a row each.
    ///
    /// The influence of a spell is $p_s$ times that in its stratum; sums over clusters are as in
    /// [`fit_groups`](Self::fit_groups).
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
    ) -> Result<GroupedMeans> {
        self.of_groups(spells, Cells::new(spells, group, Some(stratum))?)
    }

    /// Groups with cells that do not tell how means of others like them would spread.
    pub(super) fn without_spread(
        self,
        spells: &Spells,
        rows: &[Vec<usize>],
        tables: &[EventTable],
        n_groups: usize,
    ) -> Result<Vec<usize>> {
        let mut found = Vec::new();
        for (cell, (rows, table)) in rows.iter().zip(tables).enumerate() {
            let spread = self.fit(table)?.time_in.std_error;
            if one_cluster(spells, rows)? || spread.is_nan() || spread <= 0.0 {
                found.push(cell % n_groups);
            }
        }
        Ok(found)
    }
}
