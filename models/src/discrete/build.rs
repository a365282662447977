//! From spells and covariates to a likelihood.

use super::error::DiscreteError;
use super::likelihood::Likelihood;
use super::lines::Lines;
use super::shape::{Basis, ROUNDING};
use super::{DiscreteHazard, Shape};
use crate::cox::covariates::Covariates;
use crate::cox::index::NONE;
use crate::design::Design;
use crate::error::{Error, Result};
use crate::spells::Spells;

/// Halvings of the range of offsets, which is seldom above 100.
const HALVINGS: usize = 40;

impl Likelihood {
    pub(super) fn new(
        spec: &DiscreteHazard,
        spells: &Spells,
        design: &Design,
        n_exits: usize,
        several: bool,
    ) -> Result<Self> {
        let exit_of = |cause: usize| spec.exit_of(cause, several);
        let lines = Lines::new(spells, design, &spec.clocks, spec.first_time, exit_of)?;
        let by_time = lines.by_time();
        let mut bases = vec![Basis::of_duration(&spec.baseline, &by_time)?];
        for (c, clock) in spec.clocks.iter().enumerate() {
            bases.push(Basis::of_clock(&clock.shape, &clock.name, &lines.by_clock(c))?);
        }
        let events = lines.events_by(None, n_exits);
        // Times without a parameter have hazard 0 or 1.
        let known = |exit: usize, time: usize| f64::from(u8::from(events[exit][time] > 0.0));
        let known: Vec<Vec<f64>> = (0..n_exits)
            .map(|exit| (0..lines.n_times).map(|time| known(exit, time)).collect())
            .collect();
        for time in 0..lines.n_times {
            let exits = (0..n_exits).filter(|&exit| known[exit][time] > 0.0).count();
            if bases[0].level[time] == NONE && exits > 1 {
                let time = (lines.first + time as i64).to_string();
                return Err(Error::Discrete(DiscreteError::EverybodyLeaves { time }));
            }
        }
        let free = matches!(spec.baseline, Shape::Free | Shape::Intervals(_));
        let mut closed = vec![vec![free; bases[0].n_levels]; n_exits];
        for (closed, events) in closed.iter_mut().zip(&events) {
            for (&level, &events) in bases[0].level.iter().zip(events) {
                if level != NONE && events > 0.0 {
                    closed[level as usize] = false;
                }
            }
        }
        let mut weights = vec![0.0; lines.n_patterns()];
        for line in &lines.all {
            weights[line.pattern as usize] += lines.at_risk[line.cells.clone()].iter().sum::<f64>();
        }
        let x = Covariates::new(design, &lines.patterns, &weights);
        let (link, information) = (spec.link, spec.information);
        let mut of =
            Self { lines, x, bases, n_exits, link, information, closed, known, chunks: Vec::new() };
        of.cut();
        Ok(of)
    }

    /// Coefficients of the duration that are there, by place among all.
    pub(crate) fn of_duration(&self) -> Vec<usize> {
        let (width, n) = (self.width_of_exit(), self.bases[0].n_columns());
        let free = self.bases[0].has_levels();
        let is_open = |exit: usize, column: usize| !free || !self.closed[exit][column];
        (0..self.n_exits)
            .flat_map(|exit| (0..n).map(move |column| (exit, column)))
            .filter(|&(exit, column)| is_open(exit, column))
            .map(|(exit, column)| exit * width + column)
            .collect()
    }

    /// Hazards by duration alone: those of the levels, or one for all.
    pub(crate) fn start(&self) -> Vec<f64> {
        let (events, at_risk) =
            (self.lines.events_by(None, self.n_exits), self.lines.by_time().at_risk);
        let n_levels = if self.bases[0].has_levels() { self.bases[0].n_levels } else { 1 };
        let mut sums = vec![vec![0.0; self.n_exits + 1]; n_levels];
        for (time, &level) in self.bases[0].level.iter().enumerate().filter(|(_, l)| **l != NONE) {
            let sums = &mut sums[(level as usize).min(n_levels - 1)];
            for (sum, events) in sums.iter_mut().zip(&events) {
                *sum += events[time];
            }
            sums[self.n_exits] += at_risk[time];
        }
        let mut start = vec![0.0; self.n_exits * self.width_of_exit()];
        let offsets = self.offsets_by(n_levels);
        for (level, sums) in sums.iter().enumerate() {
            let at_risk = sums[self.n_exits];
            let left: f64 = sums[..self.n_exits].iter().sum();
            let stay = (at_risk - left).max(ROUNDING * at_risk);
            let (logit, cloglog) = ((left / stay).ln(), (-(stay / at_risk).ln()).ln());
            let all = match self.link {
                super::Link::Logit => logit,
                super::Link::CLogLog => cloglog,
            };
            let all = offsets.as_ref().map_or(all, |of| self.constant(all, left, &of[level]));
            for exit in (0..self.n_exits).filter(|&exit| sums[exit] > 0.0) {
                let value = all + (sums[exit] / left).ln();
                start[exit * self.width_of_exit() + level] = value;
            }
        }
        start
    }

    /// Offsets with their weights at risk, by level of the duration or all in one; `None` without offsets.
    fn offsets_by(&self, n_levels: usize) -> Option<Vec<Vec<(f64, f64)>>> {
        let offset = |pattern: usize| self.x.offset(pattern);
        let patterns = 0..self.lines.n_patterns();
        if patterns.clone().all(|pattern| offset(pattern) == 0.0) {
            return None;
        }
        let mut offsets: Vec<Vec<(f64, f64)>> = vec![Vec::new(); n_levels];
        for pattern in patterns {
            for line in &self.lines.all[self.lines.of_pattern(pattern)] {
                let levels = &self.bases[0].level[line.first as usize..];
                let cells = levels.iter().zip(&self.lines.at_risk[line.cells.clone()]);
                for (&level, &weight) in cells.filter(|(level, _)| **level != NONE) {
                    let of = &mut offsets[(level as usize).min(n_levels - 1)];
                    match of.last_mut() {
                        Some((last, sum)) if last.to_bits() == offset(pattern).to_bits() => {
                            *sum += weight;
                        }
                        _ => of.push((offset(pattern), weight)),
                    }
                }
            }
        }
        Some(offsets)
    }

    /// The constant with which as many leave as did, by halving: it is the one without offsets less something between their least and
    /// their largest.
    fn constant(&self, without: f64, left: f64, offsets: &[(f64, f64)]) -> f64 {
        let hazard = |eta: f64| match self.link {
            super::Link::Logit => 1.0 / (1.0 + (-eta).exp()),
            super::Link::CLogLog => -(-eta.exp()).exp_m1(),
        };
        let leave = |constant: f64| -> f64 {
            offsets.iter().map(|(offset, weight)| weight * hazard(constant + offset)).sum()
        };
        let least = offsets.iter().fold(f64::INFINITY, |least, of| least.min(of.0));
        let largest = offsets.iter().fold(f64::NEG_INFINITY, |largest, of| largest.max(of.0));
        let (mut low, mut high) = (without - largest, without - least);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if leave(middle) < left {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    }
}
