//! The distribution of censoring and late entry, by group, and the weights made of it.

use std::ops::Range;

use super::convention::{CensoringTies, Convention, Options};
use super::spans::Span;
use crate::summation::RunningSum;

/// $A_g(t) = G_g(t) H_g(t)$ up to a constant, as step functions.
///
/// The estimate starts anew where nobody of a group is at risk, so a table holds *blocks* of time, and every spell
/// lies in one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Censoring {
    pub(crate) blocks: Vec<Block>,
    /// Blocks of each group, in the order of time.
    of_group: Vec<Range<usize>>,
    /// Steps of all blocks.
    pub(crate) steps: Vec<Step>,
    /// $A$ after each step.
    after: Vec<f64>,
}

/// A time over which somebody of a group is at risk.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// When the last one leaves.
    pub(crate) end: f64,
    pub(crate) steps: Range<usize>,
}

/// Censorings and late entries at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) time: f64,
    /// Derivatives of $\log(A(u)/A(u-))$ by the weight of one who stays through $u$,
    pub(crate) staying: f64,
    /// of one who is censored at $u$,
    pub(crate) censored: f64,
    /// of one who leaves by an event at $u$,
    pub(crate) leaving: f64,
    /// of one who enters at $u$.
    pub(crate) entering: f64,
}

impl Censoring {
    /// Of spells by group.
    pub(crate) fn new(spans: &[Span], n_groups: usize, options: Options) -> Self {
        let weight = match options.convention {
            Convention::RSurvival => |span: &Span| span.spells,
            _ => |span: &Span| span.weight,
        };
        let mut by_exit: Vec<&Span> = spans.iter().collect();
        by_exit.sort_by(|a, b| a.group.cmp(&b.group).then(a.exit.total_cmp(&b.exit)));
        let mut by_entry: Vec<&Span> = spans.iter().filter(|s| s.entry.is_finite()).collect();
        by_entry.sort_by(|a, b| a.group.cmp(&b.group).then(a.entry.total_cmp(&b.entry)));
        let mut all = Self::default();
        for group in 0..n_groups {
            let part = |sorted: &[&Span]| {
                let place = |g: usize| sorted.partition_point(|span| (span.group as usize) < g);
                place(group)..place(group + 1)
            };
            let first = all.blocks.len();
            all.add_group(&by_exit[part(&by_exit)], &by_entry[part(&by_entry)], options, weight);
            all.of_group.push(first..all.blocks.len());
        }
        all
    }

    fn add_group(
        &mut self,
        by_exit: &[&Span],
        by_entry: &[&Span],
        options: Options,
        weight_of: fn(&Span) -> f64,
    ) {
        let (mut at_risk, mut spans) = (RunningSum::default(), 0_usize);
        for span in by_exit.iter().filter(|span| !span.entry.is_finite()) {
            at_risk.add(weight_of(span));
            spans += 1;
        }
        let (mut exits, mut entries) = (by_exit, by_entry);
        let (mut first, mut level) = (self.steps.len(), 1.0);
        while let Some(next_exit) = exits.first() {
            let time =
                entries.first().map_or(next_exit.exit, |next| next.entry.min(next_exit.exit));
            let leaving;
            (leaving, exits) = exits.split_at(exits.partition_point(|span| span.exit <= time));
            let entering;
            (entering, entries) =
                entries.split_at(entries.partition_point(|span| span.entry <= time));
            let weight = |of: &[&Span], censored: bool| -> f64 {
                of.iter()
                    .filter(|s| s.outcome.is_censored() == censored)
                    .map(|s| weight_of(s))
                    .sum()
            };
            let (c, d) = (weight(leaving, true), weight(leaving, false));
            let y = match options.ties {
                CensoringTies::AllAtRisk => at_risk.value(),
                CensoringTies::AfterEvents => at_risk.value() - d,
            };
            let events = leaving.iter().filter(|s| !s.outcome.is_censored()).count();
            spans -= leaving.len();
            let counted = match options.ties {
                CensoringTies::AllAtRisk => events,
                CensoringTies::AfterEvents => 0,
            };
            let all_censored = c > 0.0 && spans + counted == 0;
            at_risk.add(-c - d);
            if spans == 0 {
                at_risk = RunningSum::default();
            }
            let e: f64 = entering.iter().map(|span| weight_of(span)).sum();
            let after = at_risk.value() + e;
            // Everybody is censored while others enter, as when spells are cut: the limit of the two factors' product.
            let bridged =
                spans == 0 && c > 0.0 && e > 0.0 && options.ties == CensoringTies::AfterEvents;
            let opens = spans == 0 && !bridged;
            if bridged {
                level *= after / y;
                let (censored, entering) = (-1.0 / y, 1.0 / after);
                self.steps.push(Step { time, staying: 0.0, censored, leaving: 0.0, entering });
                self.after.push(level);
            } else if c > 0.0 || (e > 0.0 && !opens) {
                let censoring = if all_censored { Part::END } else { Part::new(c, y, options) };
                // On the reversed scale of time an entry is an event.
                let entry = if opens { Part::NONE } else { Part::new(e, after, options) };
                level *= censoring.factor / entry.factor;
                self.steps.push(Step {
                    time,
                    staying: censoring.staying - entry.staying,
                    censored: censoring.event,
                    leaving: match options.ties {
                        CensoringTies::AllAtRisk => censoring.staying,
                        CensoringTies::AfterEvents => 0.0,
                    },
                    entering: -entry.event,
                });
                self.after.push(level);
            }
            if opens && !leaving.is_empty() {
                self.blocks.push(Block { end: time, steps: first..self.steps.len() });
                (first, level) = (self.steps.len(), 1.0);
            }
            for span in entering {
                at_risk.add(weight_of(span));
            }
            spans += entering.len();
        }
    }

    /// The block of a spell.
    pub(crate) fn block_of(&self, group: usize, exit: f64) -> usize {
        let of_group = self.of_group[group].clone();
        of_group.start + self.blocks[of_group].partition_point(|block| block.end < exit)
    }

    /// Number of times at which the risk set of a group was empty before others came.
    pub(crate) fn gaps(&self) -> usize {
        self.of_group.iter().map(|blocks| blocks.len().saturating_sub(1)).sum()
    }

    /// Place of the first step of a block at `time` or after it.
    pub(crate) fn step_at(&self, block: usize, time: f64) -> usize {
        let steps = self.blocks[block].steps.clone();
        steps.start + self.steps[steps].partition_point(|step| step.time < time)
    }

    /// Place of the first step of a block after `time`.
    pub(crate) fn step_after(&self, block: usize, time: f64) -> usize {
        let steps = self.blocks[block].steps.clone();
        steps.start + self.steps[steps].partition_point(|step| step.time <= time)
    }

    /// Between which steps a time lies, counted over all blocks: after the last one before it, up to the next one.
    pub(crate) fn interval(&self, block: usize, time: f64) -> usize {
        self.step_at(block, time) + block
    }

    /// Where the interval of a time ends: at a step, or with the block.
    pub(crate) fn end_of_interval(&self, block: usize, time: f64) -> f64 {
        let step = self.step_at(block, time);
        let of = &self.blocks[block];
        if step == of.steps.end { of.end } else { self.steps[step].time }
    }

    /// $A(t-)$.
    pub(crate) fn before(&self, block: usize, time: f64, convention: Convention) -> f64 {
        let of = &self.blocks[block];
        let cmprsk = convention == Convention::Cmprsk;
        if time > of.end && matches!(convention, Convention::Cmprsk | Convention::RSurvival) {
            return 0.0;
        }
        // `crr` goes back by a part of the time, which from 0 leads nowhere.
        let step = if cmprsk && time <= 0.0 {
            self.step_after(block, time)
        } else {
            self.step_at(block, time)
        };
        if step == of.steps.start { 1.0 } else { self.after[step - 1] }
    }
}

/// A factor $1 - c/Y$ and the derivatives of its logarithm by weights of those at risk.
struct Part {
    factor: f64,
    /// Of one at risk without the event,
    staying: f64,
    /// and with it.
    event: f64,
}

impl Part {
    const NONE: Self = Self { factor: 1.0, staying: 0.0, event: 0.0 };

    /// Everybody leaves: the factor is 0 whatever the weights.
    const END: Self = Self { factor: 0.0, staying: 0.0, event: 0.0 };

    fn new(c: f64, y: f64, options: Options) -> Self {
        if c <= 0.0 {
            return Self::NONE;
        }
        let left = match options.convention {
            Convention::Derivative | Convention::RSurvival => y - c,
            Convention::FineGray | Convention::Cmprsk => y,
        };
        let hazard = c / y;
        Self { factor: 1.0 - hazard, staying: hazard / left, event: (hazard - 1.0) / left }
    }
}
