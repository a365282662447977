//! What each spell moves the score by.

use super::likelihood::Likelihood;
use super::lines::Outcome;
use super::link::Exits;
use crate::cox::index::NONE;

/// Score residuals: the derivative of the score by the weight of a spell, the sum over its times at risk of what it left by less
/// what was expected, times its columns.
pub(crate) struct Influence<'likelihood> {
    of: &'likelihood Likelihood,
    exits: Box<dyn Exits>,
    /// By cell and exit: the derivative by the linear predictor of somebody who stays.
    stay: Vec<f64>,
}

impl<'likelihood> Influence<'likelihood> {
    pub(crate) fn new(of: &'likelihood Likelihood, coefficients: &[f64]) -> Self {
        let (exits, n) = (of.exits(), of.n_exits);
        let functions = of.functions(coefficients);
        let mut stay = vec![0.0; of.lines.at_risk.len() * n];
        for pattern in 0..of.lines.n_patterns() {
            let predictors = of.predictors(pattern, coefficients);
            for line in of.lines.of_pattern(pattern) {
                of.visit(line, &predictors, &functions, |cell, eta, _| {
                    exits.stay(eta, &mut stay[cell * n..(cell + 1) * n]);
                });
            }
        }
        Self { of, exits, stay }
    }

    /// Adds `weight` times the score residual of a spell of the outcome.
    pub(crate) fn add_score(&self, outcome: &Outcome, weight: f64, score: &mut [f64]) {
        let (of, n) = (self.of, self.of.n_exits);
        let (width, place) = (of.width_of_exit(), outcome.line as usize);
        let line = &of.lines.all[place];
        let mut totals = vec![0.0; n];
        for time in outcome.first..outcome.last {
            let level = of.bases[0].level[time as usize];
            if level == NONE {
                continue;
            }
            let i = (time - line.first) as usize;
            let cell = line.cells.start + i;
            for exit in 0..n {
                let mut residual = self.stay[cell * n + exit];
                if time + 1 == outcome.last && outcome.exit as usize == exit {
                    residual += self.exits.leave(residual);
                }
                totals[exit] += residual;
                let score = &mut score[exit * width..(exit + 1) * width];
                for (c, basis) in of.bases.iter().enumerate() {
                    let level = match c {
                        0 => level,
                        _ => basis.level[of.lines.start(place, c - 1) + i],
                    };
                    basis.add(level as usize, weight * residual, &mut score[of.places(c)]);
                }
            }
        }
        let covariates = of.covariates();
        for (column, x) in of.x.rows.row(line.pattern as usize) {
            for (exit, total) in totals.iter().enumerate() {
                score[exit * width + covariates.start + column] += weight * total * x;
            }
        }
    }
}
