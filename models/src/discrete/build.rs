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
        for (level, sums) in sums.iter().enumerate() {
            let at_risk = sums[self.n_exits];
            let left: f64 = sums[..self.n_exits].iter().sum();
            let stay = (at_risk - left).max(ROUNDING * at_risk);
            for exit in (0..self.n_exits).filter(|&exit| sums[exit] > 0.0) {
                let value = match self.link {
                    super::Link::Logit => (sums[exit] / stay).ln(),
                    super::Link::CLogLog => (-(stay / at_risk).ln()).ln(),
                };
                start[exit * self.width_of_exit() + level] = value;
            }
        }
        start
    }
}
