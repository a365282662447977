//! Spells collapsed to cells of equal covariates, entry, exit and outcome.

use std::ops::Range;

use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator,
};
use rayon::slice::ParallelSliceMut;

use super::index::{ByPattern, Tallies, in_order_of, offsets};
use crate::design::{Design, Grouping, from_order_bits, order_bits};
use crate::spells::Spells;
use crate::units::Units;

/// Spells that a partial likelihood cannot tell apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) stratum: u32,
    /// At risk at the event times `first..last`.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// Place in `patterns`.
    pub(crate) pattern: u32,
    /// Whether they leave by the event, at time `last - 1`.
    pub(crate) event: bool,
    /// Number of spells: the sum of case weights, else of rows.
    pub(crate) spells: f64,
    /// Sum of weights.
    pub(crate) weight: f64,
    /// Sum of squared sampling weights, or of case weights: what independent spells add to a variance.
    pub(crate) squares: f64,
}

/// Cells with the event times at which they are at risk.
#[derive(Debug, Clone)]
pub(crate) struct RiskSets {
    /// Event times, those of stratum 0 first.
    pub(crate) times: Vec<f64>,
    /// Places of the times of each stratum.
    pub(crate) strata: Vec<Range<usize>>,
    /// The last exit of each stratum, be it event or censoring,
    pub(crate) ends: Vec<f64>,
    /// and the weight that leaves then.
    pub(crate) until_end: Vec<f64>,
    /// In the order of `last`, events after censorings.
    pub(crate) cells: Vec<Cell>,
    /// Cells of `last == k + 1` are `leaving[k]..leaving[k + 1]`.
    leaving: Vec<usize>,
    /// Cells that are not there from the start, in the order of `first`.
    late: Vec<u32>,
    /// Late cells of `first == k + 1` are `entering[k]..entering[k + 1]` of `late`.
    entering: Vec<usize>,
    /// Patterns of the design that are ever at risk, in the order of the cells, so that both lie together in memory.
    pub(crate) patterns: Vec<u32>,
    by_pattern: ByPattern,
    /// Cell of each row; [`NONE`](super::index::NONE) of a row that is never at risk at an event time.
    pub(crate) of_row: Vec<u32>,
    /// Consecutive times with about as many cells each, for parallel work.
    pub(crate) chunks: Vec<Range<usize>>,
}

/// Cells that enter or leave in one chunk of times. Part of the result: sums are folded chunk by chunk.
const CHUNK: usize = 1 << 14;

/// Rows that are worth a task.
const ROWS: usize = 1 << 14;

impl RiskSets {
    /// Of the spells whose event is `cause`, or any cause.
    pub(crate) fn new(spells: &Spells, design: &Design, cause: Option<usize>) -> Self {
        let n = spells.len();
        let weight = |row: usize| spells.weights().of(row);
        let is_event = |row: usize| match cause {
            None => spells.cause()[row].is_some(),
            Some(_) => spells.cause()[row] == cause,
        };
        let (times, strata) = event_times(spells, design, |row| is_event(row) && weight(row) > 0.0);
        let mut ends = vec![f64::NEG_INFINITY; strata.len()];
        let mut until_end = vec![0.0; strata.len()];
        let with_weight = (0..n).filter(|&row| weight(row) > 0.0);
        for row in with_weight {
            let (stratum, exit) = (design.strata()[row] as usize, spells.exit()[row]);
            if exit > ends[stratum] {
                (ends[stratum], until_end[stratum]) = (exit, 0.0);
            }
            if exit >= ends[stratum] {
                until_end[stratum] += weight(row);
            }
        }
        // Places of the first time after entry and the first time after exit; equal (and 0) if never at risk.
        let places = |row: usize| {
            let of_stratum = &strata[design.strata()[row] as usize];
            let place = |time: f64| {
                let times = &times[of_stratum.clone()];
                (of_stratum.start + times.partition_point(|&t| t <= time)) as u32
            };
            let entry = spells.entry(row);
            let enters =
                if entry == f64::NEG_INFINITY { of_stratum.start as u32 } else { place(entry) };
            let leaves = place(spells.exit()[row]);
            if leaves > enters && weight(row) > 0.0 { (enters, leaves) } else { (0, 0) }
        };
        let (first, last): (Vec<u32>, Vec<u32>) =
            (0..n).into_par_iter().with_min_len(ROWS).map(places).unzip();
        let of_row = |row: usize| {
            let at_risk = last[row] > 0;
            let event = u32::from(at_risk && is_event(row));
            (event, if at_risk { design.patterns()[row] } else { 0 })
        };
        let (event, pattern): (Vec<u32>, Vec<u32>) =
            (0..n).into_par_iter().with_min_len(ROWS).map(of_row).unzip();
        let alike = Grouping::one(n)
            .join(&last, times.len() + 1)
            .join(&event, 2)
            .join(&pattern, design.n_patterns().max(1))
            .join(&first, times.len() + 1);
        let rows = alike.representatives();
        let blank = rows.first().is_some_and(|&row| last[row] == 0);
        let cell = |&row: &usize| Cell {
            stratum: design.strata()[row],
            first: first[row],
            last: last[row],
            pattern: pattern[row],
            event: event[row] == 1,
            spells: 0.0,
            weight: 0.0,
            squares: 0.0,
        };
        let mut cells: Vec<Cell> =
            rows[usize::from(blank)..].par_iter().with_min_len(ROWS).map(cell).collect();
        let mut of_row = alike.of_row;
        for cell in &mut of_row {
            *cell = cell.wrapping_sub(u32::from(blank));
        }
        let tallies = Tallies::new(spells, &of_row, cells.len());
        for (place, cell) in cells.iter_mut().enumerate() {
            [cell.spells, cell.weight, cell.squares] = tallies.of(place);
        }
        let patterns =
            in_order_of(cells.iter_mut().map(|cell| &mut cell.pattern), design.n_patterns());
        Self { ends, until_end, patterns, ..Self::with_indices(times, strata, cells, of_row) }
    }

    fn with_indices(
        times: Vec<f64>,
        strata: Vec<Range<usize>>,
        cells: Vec<Cell>,
        of_row: Vec<u32>,
    ) -> Self {
        let n_patterns = cells.iter().map(|cell| cell.pattern as usize + 1).max().unwrap_or(0);
        let n_times = times.len();
        let leaving = offsets(n_times, cells.iter().map(|cell| cell.last as usize - 1));
        let is_late = |cell: &Cell| cell.first as usize > strata[cell.stratum as usize].start;
        let mut late: Vec<u32> =
            (0..cells.len() as u32).filter(|&c| is_late(&cells[c as usize])).collect();
        late.sort_by_key(|&c| cells[c as usize].first);
        let entering = offsets(n_times, late.iter().map(|&c| cells[c as usize].first as usize - 1));
        let of_cells: Vec<u32> = cells.iter().map(|cell| cell.pattern).collect();
        let by_pattern = ByPattern::new(n_patterns, &of_cells);
        let mut chunks = Vec::new();
        let mut start = 0;
        for k in 0..n_times {
            let size = leaving[k + 1] - leaving[start] + entering[k + 1] - entering[start];
            if size >= CHUNK || k + 1 == n_times {
                chunks.push(start..k + 1);
                start = k + 1;
            }
        }
        Self {
            times,
            strata,
            ends: Vec::new(),
            until_end: Vec::new(),
            cells,
            leaving,
            late,
            entering,
            patterns: Vec::new(),
            by_pattern,
            of_row,
            chunks,
        }
    }

    /// Cells whose last time at risk is `k`, with those that leave by the event at the end.
    pub(crate) fn leaving(&self, k: usize) -> &[Cell] {
        &self.cells[self.leaving[k]..self.leaving[k + 1]]
    }

    /// Cells that leave by the event at time `k`.
    pub(crate) fn events(&self, k: usize) -> &[Cell] {
        let leaving = self.leaving(k);
        &leaving[leaving.partition_point(|cell| !cell.event)..]
    }

    /// Whether any cell comes late.
    pub(crate) fn has_late(&self) -> bool {
        !self.late.is_empty()
    }

    /// Whether all cells are at risk from the start and leave at few times.
    pub(crate) fn is_grouped(&self) -> bool {
        !self.has_late() && self.times.len() <= self.cells.len() / 4
    }

    /// Cells that are at risk after time `k`, but not at it.
    pub(crate) fn entering(&self, k: usize) -> impl Iterator<Item = &Cell> {
        let cells = &self.late[self.entering[k]..self.entering[k + 1]];
        cells.iter().map(|&cell| &self.cells[cell as usize])
    }

    pub(crate) fn of_pattern(&self, pattern: usize) -> impl Iterator<Item = &Cell> {
        self.by_pattern.of(pattern).iter().map(|&cell| &self.cells[cell as usize])
    }

    pub(crate) fn n_patterns(&self) -> usize {
        self.by_pattern.len()
    }

    /// Whether no time of the stratum comes after time `k`.
    pub(crate) fn is_last_of_stratum(&self, k: usize, stratum: &mut usize) -> bool {
        while !self.strata[*stratum].contains(&k) {
            *stratum -= 1;
        }
        k + 1 == self.strata[*stratum].end
    }

    /// At each time of a stratum: weight at risk, weight of events, and weight that leaves without an event before the
    /// next time.
    pub(crate) fn counts(&self, stratum: usize) -> Vec<[f64; 3]> {
        let mut at_risk = 0.0;
        let mut counts: Vec<[f64; 3]> = Vec::new();
        for k in self.strata[stratum].clone().rev() {
            // Not -0, which the sum of nothing is.
            let weight = |event: bool| {
                let of_kind = self.leaving(k).iter().filter(|c| c.event == event);
                of_kind.fold(0.0, |sum, cell| sum + cell.weight)
            };
            let (events, censored) = (weight(true), weight(false));
            let last = k + 1 == self.strata[stratum].end;
            if !last {
                at_risk -= self.entering(k).map(|cell| cell.weight).sum::<f64>();
            }
            at_risk += events + censored;
            counts.push([at_risk, events, censored]);
        }
        counts.reverse();
        counts
    }

    /// What counts as one observation of a variance by influence.
    pub(crate) fn units(&self, spells: &Spells) -> Units {
        let squares: Vec<f64> = self.cells.iter().map(|cell| cell.squares).collect();
        Units::new(&self.of_row, &squares, spells)
    }

    /// The stratum of time `k`.
    pub(crate) fn stratum_of(&self, k: usize) -> usize {
        self.strata.partition_point(|times| times.end <= k)
    }
}

fn event_times(
    spells: &Spells,
    design: &Design,
    is_event: impl Fn(usize) -> bool + Sync,
) -> (Vec<f64>, Vec<Range<usize>>) {
    let key = |row: usize| (design.strata()[row], order_bits(spells.exit()[row]));
    let n = spells.len();
    let of_chunk = |chunk: usize| {
        let rows = chunk * ROWS..n.min((chunk + 1) * ROWS);
        let mut events: Vec<_> = rows.filter(|&row| is_event(row)).map(key).collect();
        events.sort_unstable();
        events.dedup();
        events
    };
    let chunks: Vec<_> = (0..n.div_ceil(ROWS)).into_par_iter().map(of_chunk).collect();
    let mut events = chunks.concat();
    events.par_sort_unstable();
    events.dedup();
    let times = events.iter().map(|event| from_order_bits(event.1)).collect();
    let start = |stratum: usize| events.partition_point(|event| (event.0 as usize) < stratum);
    let strata = (0..design.strata_names().len()).map(|s| start(s)..start(s + 1)).collect();
    (times, strata)
}
