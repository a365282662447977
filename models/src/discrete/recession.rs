//! Outcomes that tell whether a likelihood of counts rises for ever.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::likelihood::Likelihood;
use super::shape::ROUNDING;

/// How much a difference of covariates rises, of an exit less another at a pattern and levels of the clocks; `None` is to stay.
struct Rise {
    by: f64,
    pattern: usize,
    levels: Vec<usize>,
    to: Option<usize>,
    from: Option<usize>,
}

impl Likelihood {
    /// The difference that rises most along a direction: those who leave by an exit, or stay, have its predictor as the largest.
    pub(super) fn rises_most_along(&self, direction: &[f64]) -> Option<Vec<f64>> {
        let functions = self.functions(direction);
        let width = self.width_of_exit();
        let of_chunk = |patterns: &std::ops::Range<usize>| {
            let mut most: Option<Rise> = None;
            for pattern in patterns.clone() {
                let along = |exit: usize| {
                    let of = &direction[exit * width..(exit + 1) * width];
                    self.x.rows.dot(pattern, &of[self.covariates()])
                };
                let predictors: Vec<f64> = (0..self.n_exits).map(along).collect();
                for line in self.lines.of_pattern(pattern) {
                    let events = &self.lines.events[self.lines.all[line].events.clone()];
                    self.visit(line, &predictors, &functions, |cell, eta, levels| {
                        let here = events.iter().filter(|of| of.cell == cell && of.weight > 0.0);
                        let at_risk = self.lines.at_risk[cell];
                        let left: f64 = here.clone().map(|of| of.weight).sum();
                        let stay = (at_risk - left > ROUNDING * at_risk).then_some(None);
                        let value = |exit: Option<usize>| exit.map_or(0.0, |exit| eta[exit]);
                        let largest =
                            |a: &Option<usize>, b: &Option<usize>| value(*a).total_cmp(&value(*b));
                        let all = std::iter::once(None).chain((0..self.n_exits).map(Some));
                        let to = all.max_by(largest).flatten();
                        let was = here.map(|of| Some(of.exit as usize)).chain(stay);
                        let Some(from) = was.min_by(largest) else { return };
                        let by = value(to) - value(from);
                        if most.as_ref().is_none_or(|of| of.by < by) {
                            most = Some(Rise { by, pattern, levels: levels.to_vec(), to, from });
                        }
                    });
                }
            }
            most
        };
        let rises: Vec<Option<Rise>> = self.chunks.par_iter().map(of_chunk).collect();
        let most = rises.into_iter().flatten().max_by(|a, b| a.by.total_cmp(&b.by))?;
        let mut difference = vec![0.0; self.n_exits * width];
        for (exit, sign) in [(most.to, 1.0), (most.from, -1.0)] {
            let Some(exit) = exit else { continue };
            let of = &mut difference[exit * width..(exit + 1) * width];
            self.x.rows.add(most.pattern, sign, &mut of[self.covariates()]);
            for (c, (basis, &level)) in self.bases.iter().zip(&most.levels).enumerate() {
                basis.add(level, sign, &mut of[self.places(c)]);
            }
        }
        Some(difference)
    }
}
