//! Several groups of one stratum, walked along their common event times.

use crate::error::{Error, Result};
use crate::event_table::EventTable;

/// Risk sets and events of each group at each time at which anyone has an event.
///
/// Row-major, time by group.
#[derive(Debug, Clone)]
pub(crate) struct Joint {
    pub(crate) times: Vec<f64>,
    pub(crate) n_groups: usize,
    /// Size of the risk set just before the time.
    pub(crate) at_risk: Vec<f64>,
    /// Events of the cause of interest.
    pub(crate) events: Vec<f64>,
    /// Events of the other causes.
    pub(crate) others: Vec<f64>,
}

impl Joint {
    /// The groups of a stratum; without `cause` every event is of interest.
    pub(crate) fn new(groups: &[EventTable], cause: Option<usize>) -> Result<Self> {
        let n_causes = groups.first().map_or(1, EventTable::n_causes);
        for group in groups {
            if group.n_causes() != n_causes {
                return Err(Error::CausesDiffer { left: n_causes, right: group.n_causes() });
            }
        }
        if let Some(cause) = cause.filter(|&cause| cause >= n_causes) {
            return Err(Error::UnknownCause { cause, n_causes });
        }
        let mut joint = Self {
            times: Vec::new(),
            n_groups: groups.len(),
            at_risk: Vec::new(),
            events: Vec::new(),
            others: Vec::new(),
        };
        let at_risk: Vec<Vec<f64>> = groups.iter().map(EventTable::at_risk).collect();
        let mut rows = vec![0; groups.len()];
        loop {
            let next = rows.iter().zip(groups).filter_map(|(&row, group)| group.times().get(row));
            let Some(time) = next.copied().min_by(f64::total_cmp) else { break };
            let start = joint.events.len();
            let mut total = 0.0;
            for (g, group) in groups.iter().enumerate() {
                let row = rows[g];
                let (mut of_cause, mut of_others) = (0.0, 0.0);
                if group.times().get(row).is_some_and(|own| own.total_cmp(&time).is_eq()) {
                    for (k, &d) in group.events_at(row).iter().enumerate() {
                        if cause.is_none_or(|cause| cause == k) {
                            of_cause += d;
                        } else {
                            of_others += d;
                        }
                    }
                    rows[g] += 1;
                }
                total += of_cause + of_others;
                joint.at_risk.push(at_risk[g].get(row).copied().unwrap_or(0.0));
                joint.events.push(of_cause);
                joint.others.push(of_others);
            }
            if total > 0.0 {
                joint.times.push(time);
            } else {
                joint.at_risk.truncate(start);
                joint.events.truncate(start);
                joint.others.truncate(start);
            }
        }
        Ok(joint)
    }

    /// The part of a column that belongs to a time.
    pub(crate) fn row<'a>(&self, column: &'a [f64], at: usize) -> &'a [f64] {
        &column[at * self.n_groups..(at + 1) * self.n_groups]
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
