//! Several groups of one stratum, walked along their common event times.

use crate::error::{Error, Result};
use crate::event_table::EventTable;

/// Groups whose event times are walked together.
pub(crate) struct Joint<'a> {
    pub(crate) n_groups: usize,
    groups: &'a [EventTable],
    /// Those of a group who are left after each of its rows, before its entries.
    remaining: Vec<Vec<f64>>,
    cause: Option<usize>,
}

/// Risk sets and events by group at a time at which anyone has an event.
#[derive(Clone, Copy)]
pub(crate) struct JointTime<'a> {
    pub(crate) time: f64,
    /// Size of the risk set just before the time.
    pub(crate) at_risk: &'a [f64],
    /// Events of the cause of interest.
    pub(crate) events: &'a [f64],
    /// Events of the other causes.
    pub(crate) others: &'a [f64],
}

impl<'a> Joint<'a> {
    /// The groups of a stratum; without `cause` every event is of interest.
    pub(crate) fn new(groups: &'a [EventTable], cause: Option<usize>) -> Result<Self> {
        let n_causes = groups.first().map_or(1, EventTable::n_causes);
        for group in groups {
            if group.n_causes() != n_causes {
                return Err(Error::CausesDiffer { left: n_causes, right: group.n_causes() });
            }
        }
        if let Some(cause) = cause.filter(|&cause| cause >= n_causes) {
            return Err(Error::UnknownCause { cause, n_causes });
        }
        let remaining = groups.iter().map(EventTable::remaining).collect();
        Ok(Self { n_groups: groups.len(), groups, remaining, cause })
    }

    /// Visits the event times, the earliest first.
    pub(crate) fn each_time(&self, mut visit: impl FnMut(JointTime<'_>)) {
        let n = self.n_groups;
        let time_of = |group: usize, row: usize| {
            self.groups[group].times().get(row).copied().unwrap_or(f64::INFINITY)
        };
        // The row that each group has come to, and its time.
        let mut rows = vec![0; n];
        let mut heads: Vec<f64> = (0..n).map(|group| time_of(group, 0)).collect();
        let (mut at_risk, mut events, mut others) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        loop {
            let time = heads.iter().copied().fold(f64::INFINITY, f64::min);
            if time.is_infinite() {
                break;
            }
            let mut total = 0.0;
            for (g, group) in self.groups.iter().enumerate() {
                let row = rows[g];
                let (mut of_cause, mut of_others) = (0.0, 0.0);
                let exits = if row < group.len() {
                    let of_all = group.events_at(row);
                    if heads[g] <= time {
                        for (k, &d) in of_all.iter().enumerate() {
                            if self.cause.is_none_or(|cause| cause == k) {
                                of_cause += d;
                            } else {
                                of_others += d;
                            }
                        }
                        rows[g] += 1;
                        heads[g] = time_of(g, row + 1);
                    }
                    of_all.iter().sum::<f64>() + group.censored()[row]
                } else {
                    0.0
                };
                let after = self.remaining[g].get(row).copied().unwrap_or(0.0);
                at_risk[g] = after + exits;
                (events[g], others[g]) = (of_cause, of_others);
                total += of_cause + of_others;
            }
            if total > 0.0 {
                visit(JointTime { time, at_risk: &at_risk, events: &events, others: &others });
            }
        }
    }
}

/// Strata of groups: at least one stratum, the same number of at least two groups in each.
pub(crate) fn check_strata(strata: &[Vec<EventTable>]) -> Result<usize> {
    let n_groups = strata.first().map_or(0, Vec::len);
    if n_groups < 2 {
        return Err(Error::TooFewGroups { found: n_groups });
    }
    match strata.iter().find(|groups| groups.len() != n_groups) {
        Some(other) => {
            Err(Error::Length { column: "groups", found: other.len(), expected: n_groups })
        }
        None => Ok(n_groups),
    }
}

/// Refuses groups whose covariances cannot be held or worked with.
pub(crate) fn refuse_more_than(most: usize, found: usize) -> Result<()> {
    if found > most { Err(Error::TooManyGroups { found, most }) } else { Ok(()) }
}
