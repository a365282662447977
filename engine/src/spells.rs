//! Spells: unbroken runs of periods in the benefits of the target groups.
//!
//! A person is *in* in a period if the period's code belongs to a target group. A spell starts in the
//! first period that is in after one that is not, and ends before the first period that is not in; a
//! change of target group does not end it. Its target group is that of its last period. Its exit is
//! the state [`SpellRule::exit_lag`] periods after the last period in: the exit of the code, or where
//! there is no code whether there is wage income. Spells that still run in the last period are
//! censored; spells that run in the look-back periods are left-truncated, as their start is not known.

use crate::decode::Batch;
use crate::error::{Error, Result};
use crate::states::StateTable;
use crate::timeline::Timeline;

/// The parameters of the spell rule.
///
/// ```
/// use afgang_engine::spells::SpellRule;
///
/// assert_eq!(SpellRule::default(), SpellRule { exit_lag: 1, look_back: 1, min_duration: 1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpellRule {
    /// Periods from the last period in to the one whose state is the exit, at least 1.
    ///
    /// With a lag above 1 two more exits are possible, [`BACK_IN_BENEFIT`] and [`UNOBSERVED`].
    pub exit_lag: usize,
    /// Number of periods at the start of data in which a spell may run but not start: a spell whose
    /// first period lies in them is left-truncated. With 0 every spell has a start.
    pub look_back: usize,
    /// Shortest duration (periods) of a spell that counts; shorter ones are dropped.
    pub min_duration: usize,
}

impl Default for SpellRule {
    fn default() -> Self {
        Self { exit_lag: 1, look_back: 1, min_duration: 1 }
    }
}

/// Exit of a spell whose person is in again when the exit is looked up (`exit_lag` above 1).
pub const BACK_IN_BENEFIT: &str = "back_in_benefit";

/// A state that lies after the end of data.
pub const UNOBSERVED: &str = "unobserved";

impl SpellRule {
    pub(crate) fn check(&self, timeline: &Timeline) -> Result<()> {
        let most = timeline.len() - 1;
        let parts = [
            ("exit_lag", self.exit_lag, 1),
            ("look_back", self.look_back, 0),
            ("min_duration", self.min_duration, 1),
        ];
        for (name, value, least) in parts {
            if !(least..=most).contains(&value) {
                return Err(Error::ImpossibleRule { name, value, least, most });
            }
        }
        Ok(())
    }
}

/// A spell of a person of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spell {
    /// Row in the batch.
    pub(crate) person: u32,
    /// First period in (of a left-truncated spell, the first that is known).
    pub(crate) start: u16,
    /// Periods in.
    pub(crate) months: u16,
    /// Target group of the last period in.
    pub(crate) group: u8,
    /// Index into the labels of [`ExitLabels`].
    pub(crate) exit: u8,
    pub(crate) left_truncated: bool,
}

impl Spell {
    /// First period that is not in, or the number of periods if the spell is censored.
    pub(crate) fn end(self) -> usize {
        usize::from(self.start) + usize::from(self.months)
    }
}

/// Labels of the exits of spells, in the order of every table.
#[derive(Debug, Clone)]
pub(crate) struct ExitLabels {
    pub(crate) names: Vec<String>,
    back_in_benefit: u8,
    unobserved: u8,
    censored: u8,
}

impl ExitLabels {
    pub(crate) fn new(exits: &[String], censored: &str, rule: &SpellRule) -> Self {
        let mut names = exits.to_vec();
        let back_in_benefit = names.len() as u8;
        if rule.exit_lag > 1 {
            names.push(BACK_IN_BENEFIT.to_owned());
            names.push(UNOBSERVED.to_owned());
        }
        names.push(censored.to_owned());
        Self {
            back_in_benefit,
            unobserved: back_in_benefit + 1,
            censored: names.len() as u8 - 1,
            names,
        }
    }
}

/// What the kernel needs to know besides the batch.
pub(crate) struct Kernel<'a> {
    pub(crate) states: &'a StateTable,
    pub(crate) rule: SpellRule,
    pub(crate) exits: &'a ExitLabels,
    pub(crate) periods: usize,
}

impl Kernel<'_> {
    /// Appends the spells of a batch, in the order of their ends, then of persons.
    ///
    /// Walks the periods one by one over bits: only persons who start or stop being in are touched.
    /// `starts` is scratch space. Gives the number of spells that are too short to count.
    pub(crate) fn spells(
        &self,
        batch: &Batch,
        starts: &mut Vec<u16>,
        spells: &mut Vec<Spell>,
    ) -> u64 {
        let mut too_short = 0;
        starts.clear();
        starts.resize(batch.rows, 0);
        for (word, &inside) in batch.inside_of(0).iter().enumerate() {
            for_each_bit(inside, word, |person| starts[person] = 0);
        }
        for period in 1..self.periods {
            let before = batch.inside_of(period - 1);
            let now = batch.inside_of(period);
            for (word, (&before, &now)) in before.iter().zip(now).enumerate() {
                for_each_bit(before & !now, word, |person| {
                    too_short += self.close(batch, person, starts[person], period, spells);
                });
                for_each_bit(now & !before, word, |person| starts[person] = period as u16);
            }
        }
        for (word, &inside) in batch.inside_of(self.periods - 1).iter().enumerate() {
            for_each_bit(inside, word, |person| {
                too_short += self.close(batch, person, starts[person], self.periods, spells);
            });
        }
        too_short
    }

    /// Ends a spell; `end` is the first period that is not in, or the number of periods. Gives 1 if it is too
    /// short to count.
    #[inline]
    fn close(
        &self,
        batch: &Batch,
        person: usize,
        start: u16,
        end: usize,
        spells: &mut Vec<Spell>,
    ) -> u64 {
        let months = end - usize::from(start);
        if months < self.rule.min_duration {
            return 1;
        }
        let exit = if end == self.periods {
            self.exits.censored
        } else {
            let looked_up = end - 1 + self.rule.exit_lag;
            if looked_up >= self.periods {
                self.exits.unobserved
            } else {
                let byte = batch.bytes_of(looked_up)[person];
                if self.states.is_in(byte) {
                    self.exits.back_in_benefit
                } else {
                    self.states.exit(byte, batch.has_income(looked_up, person))
                }
            }
        };
        spells.push(Spell {
            person: person as u32,
            start,
            months: months as u16,
            group: self.states.group(batch.bytes_of(end - 1)[person]),
            exit,
            left_truncated: usize::from(start) < self.rule.look_back,
        });
        0
    }
}

/// Calls `f` with the position of every bit of a word that is set.
#[inline]
pub(crate) fn for_each_bit(mut bits: u64, word: usize, mut f: impl FnMut(usize)) {
    while bits != 0 {
        f(word * 64 + bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}
