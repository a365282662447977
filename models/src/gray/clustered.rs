//! Gray's test with a variance by persons, from numbers of exits and of pairs of exits.

use nalgebra::{DMatrix, DVector};

use super::{Gray, Sums, Variance};
use crate::clustered::{Exit, ExitPair};
use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::joint::Joint;
use crate::robust_score::with_design_effect;
use crate::score_test::GroupTest;

/// Two spells of one person with their groups, and how many pairs of spells are like that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupedPair {
    /// Group and end of the one spell.
    pub one: (usize, Exit),
    /// Group and end of the other.
    pub two: (usize, Exit),
    /// Number of pairs.
    pub count: f64,
}

impl From<&GroupedPair> for ExitPair {
    /// The ends without the groups.
    fn from(pair: &GroupedPair) -> Self {
        Self { one: pair.one.1, two: pair.two.1, count: pair.count }
    }
}

impl Gray {
    /// As [`fit`](Self::fit) for one stratum, with a variance that counts persons, that of [`fit_spells`](Self::fit_spells): exits
    /// come from the tables, pairs of spells of one person from `pairs`.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`Error::LateEntry`] for tables with late entries, where the exit alone does not
    /// tell a spell's influence ([`fit_spells`](Self::fit_spells) knows entries); [`Error::PairOutsideTable`] for a pair with an exit that is in no table.
    pub fn fit_clustered(self, tables: &[EventTable], pairs: &[GroupedPair]) -> Result<GroupTest> {
        let n_groups = self.check(&[tables.to_vec()])?;
        for table in tables {
            if let Some(row) = table.entered().iter().position(|&n| n > 0.0) {
                return Err(Error::LateEntry { time: table.times()[row] });
            }
        }
        let mut sums = Sums::new(n_groups);
        sums.count(tables);
        let joint = Joint::new(tables, Some(self.cause))?;
        let influences = self.influences(&joint, &mut sums);
        let mut of_spells = DMatrix::zeros(n_groups, n_groups);
        let mut own = DVector::zeros(n_groups);
        for (group, table) in tables.iter().enumerate() {
            for (row, &time) in table.times().iter().enumerate() {
                let mut add = |cause, count: f64| {
                    if count > 0.0 {
                        influences.of(group, Exit { time, cause }, &mut own);
                        of_spells.ger(count, &own, &own, 1.0);
                    }
                };
                add(None, table.censored()[row]);
                for (cause, &count) in table.events_at(row).iter().enumerate() {
                    add(Some(cause), count);
                }
            }
        }
        let (mut one, mut two) = (own.clone(), own);
        let mut clustered = of_spells.clone();
        for pair in pairs {
            for (group, exit) in [pair.one, pair.two] {
                if !holds(tables, group, exit) {
                    return Err(Error::PairOutsideTable { time: exit.time, cause: exit.cause });
                }
            }
            influences.of(pair.one.0, pair.one.1, &mut one);
            influences.of(pair.two.0, pair.two.1, &mut two);
            clustered.ger(pair.count, &one, &two, 1.0);
            clustered.ger(pair.count, &two, &one, 1.0);
        }
        sums.variance = if self.influences_alone {
            clustered
        } else {
            with_design_effect(&sums.variance, &of_spells, &clustered)?
        };
        sums.test()
    }

    /// Influences of every kind of exit; adds up the score and the variance that the hypothesis expects.
    fn influences(self, joint: &Joint<'_>, sums: &mut Sums) -> Influences {
        let n = joint.n_groups;
        // Passing over the times twice: what c comes to in the end is needed at each of them.
        let last = self.walk(joint, &mut Sums::new(n), |_| {});
        let mut influences = Influences {
            cause: self.cause,
            times: Vec::new(),
            at_exit: Vec::new(),
            expected: Vec::new(),
        };
        let mut expected = DMatrix::zeros(n, n);
        let mut variance = Variance::of_rows(n, 1.0);
        self.walk(joint, sums, |moment| {
            variance.add(moment);
            let effects = moment.effects(&last);
            expected += moment.expected(&effects);
            influences.times.push(moment.time);
            influences.at_exit.push(effects);
            influences.expected.push(expected.clone());
        });
        sums.variance = variance.finish(&last);
        influences
    }
}

/// Whether a table holds an exit.
fn holds(tables: &[EventTable], group: usize, exit: Exit) -> bool {
    let Some(table) = tables.get(group) else { return false };
    let row = table.times().partition_point(|&time| time < exit.time);
    table.times().get(row).is_some_and(|time| time.total_cmp(&exit.time).is_eq())
        && match exit.cause {
            None => table.censored()[row] > 0.0,
            Some(cause) => table.events_at(row).get(cause).is_some_and(|&d| d > 0.0),
        }
}

/// What an exit moves the score by.
struct Influences {
    cause: usize,
    times: Vec<f64>,
    /// By time: an exit for the cause, and one for another cause, from a group (row) on the score of a group (column).
    at_exit: Vec<[DMatrix<f64>; 2]>,
    /// By time: expected of a spell that is there up to the time.
    expected: Vec<DMatrix<f64>>,
}

impl Influences {
    fn of(&self, group: usize, exit: Exit, influence: &mut DVector<f64>) {
        influence.fill(0.0);
        let times = self.times.partition_point(|&time| time <= exit.time);
        let Some(last) = times.checked_sub(1) else { return };
        *influence -= self.expected[last].row(group).transpose();
        if let Some(cause) = exit.cause {
            let effect = &self.at_exit[last][usize::from(cause != self.cause)];
            *influence += effect.row(group).transpose();
        }
    }
}
