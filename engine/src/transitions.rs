//! Transitions between target groups and exits within spells.

use crate::count::{Context, Steps};
use crate::decode::Batch;
use crate::error::Result;
use crate::spells::Spell;
use crate::tabulate::{CountTable, Dim, DimInfo};

/// A table of transitions: how spells move between target groups, and out.
///
/// In each month of a spell the person is in the target group of that month. A change between month $m$ and month $m + 1$ of the
/// spell is a transition at time $m$; the exit of a spell of $m$ months is one at time $m$ too, from the target group of its last
/// month. The finished table has the dimensions of `by`, then `months` (the time), `from_state` (the target groups) and `to_state`
/// (the target groups, then the exits of [`Dim::Exit`], the censored state last). Every spell with a known start has one cell
/// with an exit or the censored state, and one more for each change.
///
/// Left-truncated spells are left out, as their time is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitionSpec {
    /// Dimensions of spells, such as [`Dim::FirstTargetGroup`].
    pub by: Vec<Dim>,
}

impl TransitionSpec {
    /// Transitions, by some dimensions of their spells.
    pub fn new(by: impl Into<Vec<Dim>>) -> Self {
        Self { by: by.into() }
    }
}

/// The counter of one table.
pub(crate) struct TransitionCounter {
    /// Columns and strides of the dimensions of spells.
    pub(crate) steps: Steps,
    /// Cells of one cell of spells: time by first by second state.
    inner: usize,
    to_states: usize,
    from_states: usize,
    table: CountTable,
}

impl TransitionCounter {
    /// `infos` and `steps` are those of the dimensions of spells.
    pub(crate) fn new(mut infos: Vec<DimInfo>, steps: Steps, context: &Context) -> Result<Self> {
        let months = context.dim(&Dim::Duration)?;
        let groups = context.target_groups;
        let states = [groups, &context.exits.names].concat();
        let (from_states, to_states) = (groups.len(), states.len());
        let inner = months.labels.len() * from_states * to_states;
        infos.push(months);
        infos.push(DimInfo { name: "from_state".to_owned(), labels: groups.to_vec() });
        infos.push(DimInfo { name: "to_state".to_owned(), labels: states });
        Ok(Self { steps, inner, to_states, from_states, table: CountTable::zeros(infos)? })
    }

    /// Counts spells; `cells` are theirs in the dimensions of spells.
    pub(crate) fn add(
        &mut self,
        spells: &[Spell],
        cells: &[usize],
        batch: &Batch,
        context: &Context,
    ) {
        for (spell, &cell) in spells.iter().zip(cells) {
            if spell.left_truncated {
                continue;
            }
            let (start, person) = (usize::from(spell.start), spell.person as usize);
            let counts = &mut self.table.counts[cell * self.inner..(cell + 1) * self.inner];
            let group =
                |period: usize| usize::from(context.states.group(batch.bytes_of(period)[person]));
            // Time m stands at place m - 1.
            let place =
                |time: usize, from: usize| ((time - 1) * self.from_states + from) * self.to_states;
            let mut from = group(start);
            for time in 1..usize::from(spell.months) {
                let to = group(start + time);
                if to != from {
                    counts[place(time, from) + to] += 1;
                    from = to;
                }
            }
            let out = context.target_groups.len() + usize::from(spell.exit);
            counts[place(usize::from(spell.months), from) + out] += 1;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        self.table.merge(&other.table)
    }

    pub(crate) fn finish(self) -> CountTable {
        self.table
    }
}
