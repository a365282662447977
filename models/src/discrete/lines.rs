//! Spells collapsed to numbers at risk and events by pattern, clocks and time.

use std::ops::Range;

use super::Clock;
use super::error::DiscreteError;
use super::shape::Tally;
use crate::cox::index::{NONE, Tallies, offsets};
use crate::design::{Design, Grouping};
use crate::error::{Error, Result};
use crate::spells::Spells;

/// Spells that a likelihood cannot tell apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Place among all lines.
    pub(crate) line: u32,
    /// At risk at the places `first..last` of time.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// The exit at place `last - 1`, or `NONE`.
    pub(crate) exit: u32,
    /// Number of spells: the sum of case weights, else of rows.
    pub(crate) spells: f64,
    /// Sum of weights.
    pub(crate) weight: f64,
    /// Sum of squared sampling weights, or of case weights: what independent spells add to a variance.
    pub(crate) squares: f64,
}

/// Times at risk with equal covariates and starts of the further clocks.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Place in `patterns`.
    pub(crate) pattern: u32,
    /// Place of the first time at risk.
    pub(crate) first: u32,
    /// Places in `at_risk`.
    pub(crate) cells: Range<usize>,
    /// Places in `events`.
    pub(crate) events: Range<usize>,
}

/// Exits from one cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events {
    pub(crate) cell: usize,
    pub(crate) exit: u32,
    pub(crate) weight: f64,
}

/// Counts by line and time.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    /// The first time.
    pub(crate) first: i64,
    pub(crate) n_times: usize,
    /// In the order of their patterns.
    pub(crate) all: Vec<Line>,
    /// Lines of each pattern.
    by_pattern: Vec<usize>,
    /// Patterns of the design that are ever at risk.
    pub(crate) patterns: Vec<u32>,
    /// Weight at risk by line and time.
    pub(crate) at_risk: Vec<f64>,
    /// By cell and exit.
    pub(crate) events: Vec<Events>,
    /// First value of each further clock, and number of values.
    pub(crate) clocks: Vec<(i64, usize)>,
    /// By line and clock: place of the clock's value at the place 0 of time. It is before 0 where a spell enters late.
    starts: Vec<i64>,
    pub(crate) outcomes: Vec<Outcome>,
    /// Outcome of each row, `NONE` of rows without weight.
    pub(crate) of_row: Vec<u32>,
}

/// Months of a thousand years, and days of thirty.
const TIMES: i64 = 12_000;

/// A whole number.
pub(crate) fn whole(column: &str, row: usize, value: f64) -> Result<i64> {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        Ok(value as i64)
    } else {
        Err(Error::Discrete(DiscreteError::NotWhole { column: column.to_owned(), row, value }))
    }
}

impl Lines {
    /// Of the spells, of which those without entry are at risk from `first_time` on; `exit_of` says by which exit a cause leaves.
    pub(crate) fn new(
        spells: &Spells,
        design: &Design,
        clocks: &[Clock],
        first_time: i64,
        exit_of: impl Fn(usize) -> Option<u32>,
    ) -> Result<Self> {
        let n = spells.len();
        let with_weight: Vec<usize> =
            (0..n).filter(|&row| spells.weights().of(row) > 0.0).collect();
        let (mut from, mut until) = (vec![0_i64; n], vec![0_i64; n]);
        for &row in &with_weight {
            until[row] = whole("exit", row, spells.exit()[row])? + 1;
            let entry = spells.entry(row);
            from[row] = if entry == f64::NEG_INFINITY {
                first_time
            } else {
                first_time.max(whole("entry", row, entry)? + 1)
            };
            if until[row] <= from[row] {
                let time = spells.exit()[row];
                return Err(Error::Discrete(DiscreteError::BeforeFirstTime {
                    row,
                    time,
                    first: first_time,
                }));
            }
        }
        let first = with_weight.iter().map(|&row| from[row]).min().unwrap_or(first_time);
        let end = with_weight.iter().map(|&row| until[row]).max().unwrap_or(first_time);
        if end - first > TIMES {
            return Err(Error::Discrete(DiscreteError::TooManyTimes {
                found: end - first,
                most: TIMES,
            }));
        }
        let n_times = (end - first).max(0) as usize;
        let place = |times: &[i64]| -> Vec<u32> {
            let mut places = vec![0; n];
            for &row in &with_weight {
                places[row] = (times[row] - first) as u32;
            }
            places
        };
        let (firsts, lasts) = (place(&from), place(&until));
        let exits: Vec<u32> = (0..n)
            .map(|row| spells.cause()[row].and_then(&exit_of).map_or(0, |exit| exit + 1))
            .collect();
        let mut alike = Grouping::one(n);
        let mut codes = vec![design.n_patterns() as u32; n];
        for &row in &with_weight {
            codes[row] = design.patterns()[row];
        }
        alike = alike.join(&codes, design.n_patterns() + 1);
        let mut starts = Vec::with_capacity(clocks.len());
        for clock in clocks {
            let of = clock.places(n, &with_weight)?;
            let most = of.iter().max().copied().unwrap_or(0) as usize;
            if most as i64 > TIMES {
                return Err(Error::Discrete(DiscreteError::TooManyTimes {
                    found: most as i64,
                    most: TIMES,
                }));
            }
            alike = alike.join(&of, most + 1);
            starts.push(of);
        }
        let of_line = alike.clone();
        let exit_codes = exits.iter().max().map_or(1, |&exit| exit as usize + 1);
        alike = alike.join(&firsts, n_times + 1).join(&lasts, n_times + 1);
        // Rows without weight are one group, the last, whatever their exit.
        let exits_at_risk: Vec<u32> =
            (0..n).map(|row| if lasts[row] > 0 { exits[row] } else { 0 }).collect();
        alike = alike.join(&exits_at_risk, exit_codes);
        let representatives = alike.representatives();
        let n_outcomes = representatives.iter().filter(|&&row| lasts[row] > 0).count();
        let drop = |group: u32| if (group as usize) < n_outcomes { group } else { NONE };
        let of_row: Vec<u32> = alike.of_row.iter().map(|&group| drop(group)).collect();
        let tallies = Tallies::new(spells, &of_row, n_outcomes);
        let mut of = Self {
            first,
            n_times,
            all: Vec::new(),
            by_pattern: Vec::new(),
            patterns: Vec::new(),
            at_risk: Vec::new(),
            events: Vec::new(),
            clocks: Vec::new(),
            starts: Vec::new(),
            outcomes: Vec::with_capacity(n_outcomes),
            of_row,
        };
        for rows in
            representatives[..n_outcomes].chunk_by(|&a, &b| of_line.of_row[a] == of_line.of_row[b])
        {
            let row = rows[0];
            if of.patterns.last() != Some(&codes[row]) {
                of.patterns.push(codes[row]);
            }
            let line = of.all.len() as u32;
            of.starts.extend(starts.iter().map(|starts| i64::from(starts[row])));
            let members = of.outcomes.len();
            for (&row, outcome) in rows.iter().zip(members..) {
                let [spells, weight, squares] = tallies.of(outcome);
                let exit = exits[row].checked_sub(1).unwrap_or(NONE);
                let (first, last) = (firsts[row], lasts[row]);
                of.outcomes.push(Outcome { line, first, last, exit, spells, weight, squares });
            }
            of.count(members..of.outcomes.len());
        }
        let patterns = of.all.iter().map(|line| line.pattern as usize);
        of.by_pattern = offsets(of.patterns.len(), patterns);
        of.place_clocks(clocks.len());
        for (c, clock) in clocks.iter().enumerate() {
            of.clocks[c].0 += clock.first(&with_weight) + first;
        }
        Ok(of)
    }

    /// Adds a line of some outcomes.
    fn count(&mut self, members: Range<usize>) {
        let outcomes = &self.outcomes[members];
        let first = outcomes.iter().map(|of| of.first).min().unwrap_or(0);
        let last = outcomes.iter().map(|of| of.last).max().unwrap_or(0);
        let start = self.at_risk.len();
        self.at_risk.resize(start + (last - first) as usize, 0.0);
        let mut events = Vec::new();
        for of in outcomes {
            let at_risk = (of.first - first) as usize..(of.last - first) as usize;
            for weight in &mut self.at_risk[start..][at_risk.clone()] {
                *weight += of.weight;
            }
            if of.exit != NONE {
                let cell = start + at_risk.end - 1;
                events.push(Events { cell, exit: of.exit, weight: of.weight });
            }
        }
        events.sort_by_key(|event| (event.cell, event.exit));
        let from = self.events.len();
        for event in events {
            match self.events[from..].last_mut() {
                Some(last) if (last.cell, last.exit) == (event.cell, event.exit) => {
                    last.weight += event.weight;
                }
                _ => self.events.push(event),
            }
        }
        self.all.push(Line {
            pattern: self.patterns.len() as u32 - 1,
            first,
            cells: start..self.at_risk.len(),
            events: from..self.events.len(),
        });
    }

    /// Counts a clock's values from the first one at risk.
    fn place_clocks(&mut self, n_clocks: usize) {
        for c in 0..n_clocks {
            let (mut low, mut high) = (i64::MAX, i64::MIN);
            for (place, line) in self.all.iter().enumerate() {
                let start = self.starts[place * n_clocks + c] + i64::from(line.first);
                low = low.min(start);
                high = high.max(start + line.cells.len() as i64);
            }
            let low = if self.all.is_empty() { 0 } else { low };
            for place in 0..self.all.len() {
                self.starts[place * n_clocks + c] -= low;
            }
            self.clocks.push((low, (high - low).max(0) as usize));
        }
    }

    pub(crate) fn n_patterns(&self) -> usize {
        self.patterns.len()
    }

    /// Places of the lines of a pattern.
    pub(crate) fn of_pattern(&self, pattern: usize) -> Range<usize> {
        self.by_pattern[pattern]..self.by_pattern[pattern + 1]
    }

    /// Place of a further clock's value at a line's first cell.
    pub(crate) fn start(&self, line: usize, clock: usize) -> usize {
        let start = self.starts[line * self.clocks.len() + clock];
        (start + i64::from(self.all[line].first)) as usize
    }

    /// At risk and events (of any exit) by time.
    pub(crate) fn by_time(&self) -> Tally {
        self.tally(self.first, self.n_times, |line| self.all[line].first as usize)
    }

    /// At risk and events by value of a further clock.
    pub(crate) fn by_clock(&self, clock: usize) -> Tally {
        let (first, n) = self.clocks[clock];
        self.tally(first, n, |line| self.start(line, clock))
    }

    fn tally(&self, first: i64, n: usize, start: impl Fn(usize) -> usize) -> Tally {
        let (mut at_risk, mut events) = (vec![0.0; n], vec![0.0; n]);
        for (place, line) in self.all.iter().enumerate() {
            let start = start(place);
            for (i, weight) in self.at_risk[line.cells.clone()].iter().enumerate() {
                at_risk[start + i] += weight;
            }
            for event in &self.events[line.events.clone()] {
                events[start + event.cell - line.cells.start] += event.weight;
            }
        }
        // Sums of changes are whole numbers, or fractions of case weights with nothing but rounding.
        let mut changes = vec![0.0; n + 1];
        for of in &self.outcomes {
            let line = of.line as usize;
            let place = start(line) + (of.first - self.all[line].first) as usize;
            changes[place] += of.spells;
            changes[place + (of.last - of.first) as usize] -= of.spells;
        }
        let mut sum = 0.0;
        let spells = at_risk.iter().zip(&changes).map(|(&at_risk, change)| {
            sum += change;
            if at_risk > 0.0 { sum } else { 0.0 }
        });
        let spells = spells.collect();
        Tally { first, at_risk, events, spells }
    }

    /// Weight that leaves without an event, by time.
    pub(crate) fn censored(&self) -> Vec<f64> {
        let mut censored = vec![0.0; self.n_times];
        for of in self.outcomes.iter().filter(|of| of.exit == NONE) {
            censored[of.last as usize - 1] += of.weight;
        }
        censored
    }

    /// Events by exit and place of a clock's value (time for `None`).
    pub(crate) fn events_by(&self, clock: Option<usize>, n_exits: usize) -> Vec<Vec<f64>> {
        let n = clock.map_or(self.n_times, |clock| self.clocks[clock].1);
        let mut events = vec![vec![0.0; n]; n_exits];
        for (place, line) in self.all.iter().enumerate() {
            let start = clock.map_or(line.first as usize, |clock| self.start(place, clock));
            for event in &self.events[line.events.clone()] {
                events[event.exit as usize][start + event.cell - line.cells.start] += event.weight;
            }
        }
        events
    }
}
