//! Spells collapsed to cells that a Fine–Gray regression cannot tell apart.

use std::ops::Range;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::censoring::Censoring;
use super::convention::{Convention, Options};
use crate::cox::index::{ByPattern, NONE, Tallies, in_order_of, offsets};
use crate::design::{Design, Grouping, from_order_bits, order_bits};
use crate::spells::Spells;

/// How a spell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Censored,
    /// Another cause.
    Competing,
    /// The cause.
    Event,
}

impl Outcome {
    pub(crate) fn is_censored(self) -> bool {
        self == Self::Censored
    }
}

/// Equal spells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) stratum: u32,
    /// Group of censoring.
    pub(crate) group: u32,
    /// Place in `patterns`.
    pub(crate) pattern: u32,
    pub(crate) entry: f64,
    pub(crate) exit: f64,
    pub(crate) outcome: Outcome,
    /// At risk at the event times `first..last`; one that left for another cause also from `last` on, with a weight.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// Block of the group's censoring.
    pub(crate) block: u32,
    /// Place of the block among those of the stratum; of competing exits only.
    pub(crate) local: u32,
    /// $1/A(T-)$ of a competing exit, else 0.
    pub(crate) inverse: f64,
    /// Number of spells: the sum of case weights, else of rows.
    pub(crate) spells: f64,
    /// Sum of weights.
    pub(crate) weight: f64,
    /// Sum of squared sampling weights, or of case weights: what independent spells add to a variance.
    pub(crate) squares: f64,
}

/// Event times and blocks of a stratum.
#[derive(Debug, Clone)]
pub(crate) struct Stratum {
    /// Its event times among all.
    pub(crate) times: Range<usize>,
    /// Blocks of its competing exits.
    pub(crate) blocks: Vec<u32>,
    /// Where its weights begin.
    weights: usize,
    /// Its last exit.
    pub(crate) end: f64,
}

/// Spans with the event times at which they are at risk.
#[derive(Debug, Clone)]
pub(crate) struct Spans {
    /// Event times, those of stratum 0 first.
    pub(crate) times: Vec<f64>,
    pub(crate) strata: Vec<Stratum>,
    /// By stratum, then exit.
    pub(crate) all: Vec<Span>,
    pub(crate) censoring: Censoring,
    /// Patterns of the design, in the order of the spans.
    pub(crate) patterns: Vec<u32>,
    /// Span of each row; `NONE` of a row without weight.
    pub(crate) of_row: Vec<u32>,
    /// $A(t-)$ by event time and block of its stratum.
    weights: Vec<f64>,
    /// Where the spans of each *slot* begin. Slot `k + s` are those of stratum `s` with `last == k`.
    slots: Vec<usize>,
    /// Spans at risk that come late, by slot of `first`.
    late: Vec<u32>,
    late_slots: Vec<usize>,
    by_pattern: ByPattern,
    /// Consecutive times of one stratum with about as many spans each, for parallel work.
    pub(crate) chunks: Vec<(usize, Range<usize>)>,
}

/// Spans that leave in one chunk of times. Part of the result: sums are folded chunk by chunk.
const CHUNK: usize = 1 << 14;

impl Spans {
    pub(crate) fn new(
        spells: &Spells,
        design: &Design,
        groups: (&[u32], usize),
        cause: usize,
        options: Options,
    ) -> Self {
        let (mut spans, mut of_row) = collapse(spells, spells.exit(), design, groups, cause);
        let censoring = Censoring::new(&spans, groups.1, options);
        let own = (options.convention == Convention::RSurvival)
            .then(|| OwnEvents::new(&spans, &censoring));
        if let Some(own) = &own {
            let exit = |row: usize| match spells.cause()[row] {
                Some(of) if of != cause && spells.weights().of(row) > 0.0 => {
                    own.until(&censoring, groups.0[row], spells.exit()[row])
                }
                _ => spells.exit()[row],
            };
            let exits: Vec<f64> = (0..spells.len()).map(exit).collect();
            (spans, of_row) = collapse(spells, &exits, design, groups, cause);
        }
        let patterns =
            in_order_of(spans.iter_mut().map(|span| &mut span.pattern), design.n_patterns());
        let n_strata = design.strata_names().len();
        let (times, mut strata) = event_times(&spans, n_strata);
        spans.par_iter_mut().with_min_len(CHUNK).for_each(|span| {
            let of_stratum = strata[span.stratum as usize].times.clone();
            let place = |time: f64| {
                let of = &times[of_stratum.clone()];
                (of_stratum.start + of.partition_point(|&t| t <= time)) as u32
            };
            let block = censoring.block_of(span.group as usize, span.exit);
            span.block = block as u32;
            span.last = place(span.exit);
            let late = span.entry.is_finite();
            span.first = if late { place(span.entry) } else { of_stratum.start as u32 };
            if span.outcome == Outcome::Competing {
                span.inverse = censoring.before(block, span.exit, options.convention).recip();
            }
        });
        let mut local = vec![NONE; censoring.blocks.len()];
        for alike in spans.chunk_by_mut(|a, b| a.stratum == b.stratum) {
            let stratum = &mut strata[alike[0].stratum as usize];
            for span in alike.iter_mut().filter(|span| span.outcome == Outcome::Competing) {
                let local = &mut local[span.block as usize];
                if *local == NONE {
                    *local = stratum.blocks.len() as u32;
                    stratum.blocks.push(span.block);
                }
                span.local = *local;
            }
            stratum.end = alike.last().map_or(f64::NEG_INFINITY, |span| span.exit);
            stratum.blocks.iter().for_each(|&block| local[block as usize] = NONE);
        }
        let weight = |block: usize, time: f64| match &own {
            Some(own) if !own.are_there(&censoring, block, time) => 0.0,
            _ => censoring.before(block, time, options.convention),
        };
        let weights = weights_at(&times, &mut strata, weight);
        Self::with_indices(times, strata, spans, censoring, patterns, of_row, weights)
    }

    fn with_indices(
        times: Vec<f64>,
        strata: Vec<Stratum>,
        spans: Vec<Span>,
        censoring: Censoring,
        patterns: Vec<u32>,
        of_row: Vec<u32>,
        weights: Vec<f64>,
    ) -> Self {
        let n_slots = times.len() + strata.len();
        let slots = offsets(n_slots, spans.iter().map(|s| (s.last + s.stratum) as usize));
        let is_late = |s: &Span| {
            s.first < s.last && s.first as usize > strata[s.stratum as usize].times.start
        };
        let late_slot = |&c: &u32| {
            let span = &spans[c as usize];
            (span.first + span.stratum) as usize
        };
        let mut late: Vec<u32> =
            (0..spans.len() as u32).filter(|&c| is_late(&spans[c as usize])).collect();
        late.sort_by_key(late_slot);
        let late_slots = offsets(n_slots, late.iter().map(late_slot));
        let of_spans: Vec<u32> = spans.iter().map(|span| span.pattern).collect();
        let by_pattern = ByPattern::new(patterns.len(), &of_spans);
        let mut chunks = Vec::new();
        for (s, stratum) in strata.iter().enumerate() {
            let mut start = stratum.times.start;
            for k in stratum.times.clone() {
                let size = |of: &[usize]| of[k + s + 2] - of[start + s + 1];
                if size(&slots) + size(&late_slots) >= CHUNK || k + 1 == stratum.times.end {
                    chunks.push((s, start..k + 1));
                    start = k + 1;
                }
            }
        }
        Self {
            times,
            strata,
            all: spans,
            censoring,
            patterns,
            of_row,
            weights,
            slots,
            late,
            late_slots,
            by_pattern,
            chunks,
        }
    }

    /// Spans of stratum `s` with `last == k`.
    pub(crate) fn leaving(&self, s: usize, k: usize) -> &[Span] {
        &self.all[self.slots[k + s]..self.slots[k + s + 1]]
    }

    /// Places of the spans of stratum `s`.
    pub(crate) fn of_stratum(&self, s: usize) -> Range<usize> {
        let times = &self.strata[s].times;
        self.slots[times.start + s]..self.slots[times.end + s + 1]
    }

    /// Whether all spans are at risk from the start and leave at few times.
    pub(crate) fn is_grouped(&self) -> bool {
        self.late.is_empty() && self.times.len() <= self.all.len() / 4
    }

    /// Spans of stratum `s` that are at risk from event time `k` on, but not before.
    pub(crate) fn entering(&self, s: usize, k: usize) -> impl Iterator<Item = &Span> {
        let late = &self.late[self.late_slots[k + s]..self.late_slots[k + s + 1]];
        late.iter().map(|&span| &self.all[span as usize])
    }

    /// Spans of a pattern.
    pub(crate) fn of_pattern(&self, pattern: usize) -> impl Iterator<Item = &Span> {
        self.by_pattern.of(pattern).iter().map(|&span| &self.all[span as usize])
    }

    /// $A(t_k-)$ of the blocks of stratum `s`.
    pub(crate) fn weights_at(&self, s: usize, k: usize) -> &[f64] {
        let stratum = &self.strata[s];
        let n = stratum.blocks.len();
        let start = stratum.weights + (k - stratum.times.start) * n;
        &self.weights[start..start + n]
    }

    /// The event time until which a span has a weight.
    pub(crate) fn until(&self, span: &Span) -> usize {
        let (s, last) = (span.stratum as usize, span.last as usize);
        let after = last..self.strata[s].times.end;
        let has_weight = |k: &usize| self.weights_at(s, *k)[span.local as usize] > 0.0;
        match span.outcome {
            Outcome::Competing => after.rev().find(has_weight).map_or(last, |k| k + 1),
            Outcome::Event | Outcome::Censored => last,
        }
    }

    /// Weight that leaves at the last exit of a stratum.
    pub(crate) fn until_end(&self, s: usize) -> f64 {
        let of = self.all[self.of_stratum(s)].iter().rev();
        of.take_while(|span| span.exit >= self.strata[s].end).map(|span| span.weight).sum()
    }

    /// At each time of a stratum: weight at risk, weight of events, and weight that leaves otherwise before the next time.
    pub(crate) fn counts(&self, s: usize) -> Vec<[f64; 3]> {
        let mut at_risk = 0.0;
        let mut counts: Vec<[f64; 3]> = Vec::new();
        let times = self.strata[s].times.clone();
        for k in times.clone().rev() {
            if k + 1 < times.end {
                at_risk -= self.entering(s, k + 1).map(|span| span.weight).sum::<f64>();
            }
            let (mut events, mut others) = (0.0, 0.0);
            for span in self.leaving(s, k + 1).iter().filter(|span| span.first < span.last) {
                match span.outcome {
                    Outcome::Event => events += span.weight,
                    Outcome::Competing | Outcome::Censored => others += span.weight,
                }
            }
            at_risk += events + others;
            counts.push([at_risk, events, others]);
        }
        counts.reverse();
        counts
    }
}

/// Where R's `finegray` has rows after competing exits: between two changes of a group's $A$ only if the group has an event there.
struct OwnEvents {
    /// By interval of the censoring table.
    there: Vec<bool>,
    /// Event times of all groups, sorted.
    all: Vec<f64>,
}

impl OwnEvents {
    fn new(spans: &[Span], censoring: &Censoring) -> Self {
        let mut there = vec![false; censoring.steps.len() + censoring.blocks.len()];
        let mut all = Vec::new();
        for span in spans.iter().filter(|span| span.outcome == Outcome::Event) {
            let block = censoring.block_of(span.group as usize, span.exit);
            there[censoring.interval(block, span.exit)] = true;
            all.push(span.exit);
        }
        all.sort_unstable_by(f64::total_cmp);
        Self { there, all }
    }

    fn are_there(&self, censoring: &Censoring, block: usize, time: f64) -> bool {
        self.there[censoring.interval(block, time)]
    }

    /// Until when a competing exit stays at risk with its weight 1: `finegray` draws its own row out to the next change of $A$,
    /// also where later rows of the group are left out.
    fn until(&self, censoring: &Censoring, group: u32, exit: f64) -> f64 {
        let block = censoring.block_of(group as usize, exit);
        let end = censoring.end_of_interval(block, exit);
        let until = |time: f64| self.all.partition_point(|&event| event <= time);
        if self.are_there(censoring, block, exit) || until(exit) == until(end) { exit } else { end }
    }
}

/// Spans in the order of stratum and exit, and the span of each row.
fn collapse(
    spells: &Spells,
    exits: &[f64],
    design: &Design,
    (groups, n_groups): (&[u32], usize),
    cause: usize,
) -> (Vec<Span>, Vec<u32>) {
    let n = spells.len();
    let weight = |row: usize| spells.weights().of(row);
    let outcome = |row: usize| match spells.cause()[row] {
        None => Outcome::Censored,
        Some(of) if of == cause => Outcome::Event,
        Some(_) => Outcome::Competing,
    };
    let entries: Vec<f64> = (0..n).map(|row| spells.entry(row)).collect();
    let has_entries = entries.iter().any(|entry| entry.is_finite());
    // Rows without weight are one span, the first.
    let with_weight = |codes: &mut dyn FnMut(usize) -> u32| -> Vec<u32> {
        (0..n).map(|row| if weight(row) > 0.0 { codes(row) } else { 0 }).collect()
    };
    let exit = Grouping::of_values(exits);
    let strata = with_weight(&mut |row| design.strata()[row] + 1);
    let mut alike = Grouping::one(n)
        .join(&strata, design.strata_names().len() + 1)
        .join(&with_weight(&mut |row| exit.of_row[row]), exit.n)
        .join(&with_weight(&mut |row| outcome(row) as u32), 3)
        .join(&with_weight(&mut |row| design.patterns()[row]), design.n_patterns().max(1))
        .join(&with_weight(&mut |row| groups[row]), n_groups);
    if has_entries {
        let entry = Grouping::of_values(&entries);
        alike = alike.join(&with_weight(&mut |row| entry.of_row[row]), entry.n);
    }
    let representatives = alike.representatives();
    let blank = representatives.first().is_some_and(|&row| weight(row) <= 0.0);
    let mut spans: Vec<Span> = (representatives.iter().skip(usize::from(blank)))
        .map(|&row| Span {
            stratum: design.strata()[row],
            group: groups[row],
            pattern: design.patterns()[row],
            entry: entries[row],
            exit: exits[row],
            outcome: outcome(row),
            first: 0,
            last: 0,
            block: 0,
            local: 0,
            inverse: 0.0,
            spells: 0.0,
            weight: 0.0,
            squares: 0.0,
        })
        .collect();
    let of_row: Vec<u32> =
        alike.of_row.iter().map(|&group| group.wrapping_sub(u32::from(blank))).collect();
    let tallies = Tallies::new(spells, &of_row, spans.len());
    for (place, span) in spans.iter_mut().enumerate() {
        [span.spells, span.weight, span.squares] = tallies.of(place);
    }
    (spans, of_row)
}

fn event_times(spans: &[Span], n_strata: usize) -> (Vec<f64>, Vec<Stratum>) {
    let events = spans.iter().filter(|span| span.outcome == Outcome::Event);
    let mut keys: Vec<(u32, u64)> =
        events.map(|span| (span.stratum, order_bits(span.exit))).collect();
    keys.dedup();
    let start = |s: usize| keys.partition_point(|key| (key.0 as usize) < s);
    let stratum = |s: usize| Stratum {
        times: start(s)..start(s + 1),
        blocks: Vec::new(),
        weights: 0,
        end: f64::NEG_INFINITY,
    };
    (keys.iter().map(|key| from_order_bits(key.1)).collect(), (0..n_strata).map(stratum).collect())
}

/// $A(t-)$ by event time and block.
fn weights_at(
    times: &[f64],
    strata: &mut [Stratum],
    weight: impl Fn(usize, f64) -> f64,
) -> Vec<f64> {
    let mut weights = Vec::new();
    for stratum in strata {
        stratum.weights = weights.len();
        for &time in &times[stratum.times.clone()] {
            weights.extend(stratum.blocks.iter().map(|&block| weight(block as usize, time)));
        }
    }
    weights
}
