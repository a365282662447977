//! Firth's penalised likelihood.

use nalgebra::DMatrix;

use crate::cox::likelihood::Evaluation;
use crate::cox::newton::{Factored, Objective};
use crate::discrete::likelihood::Likelihood;
use crate::error::Error;

/// The log-likelihood and half the logarithm of the determinant of the information of some coefficients.
pub(crate) struct Firth<'of> {
    pub(crate) of: &'of Likelihood,
    /// The coefficients whose information is the penalty.
    pub(crate) kept: &'of [usize],
}

impl Firth<'_> {
    /// Adds $\sum_j y_j h_j (\tfrac12 - p_j) z_j$ with $h_j = p_j (1 - p_j) z_j^\top I^{-1} z_j$ over patterns to the score, and
    /// $\sum_j y_j h_j p_j (1 - p_j) z_j z_j^\top$, its slope with leverages as they are, to the information: without it steps are
    /// twice too long where an outcome decides alone.
    fn add_penalty(&self, beta: &[f64], inverse: &DMatrix<f64>, at: &mut Evaluation) {
        let (of, start) = (self.of, self.of.covariates().start);
        let (functions, exits) = (of.functions(beta), of.exits());
        let mut place = vec![None; of.width()];
        for (position, &column) in self.kept.iter().enumerate() {
            place[column] = Some(position);
        }
        for pattern in 0..of.lines.n_patterns() {
            let predictors = of.predictors(pattern, beta);
            let covariates = of.x.rows.row(pattern).map(|(column, x)| (start + column, x));
            let row: Vec<(usize, f64)> = std::iter::once((0, 1.0))
                .chain(covariates)
                .filter(|of| place[of.0].is_some())
                .collect();
            let mut square = 0.0;
            for &(a, x) in &row {
                for &(b, y) in &row {
                    if let (Some(a), Some(b)) = (place[a], place[b]) {
                        square += x * y * inverse[(a, b)];
                    }
                }
            }
            for line in of.lines.of_pattern(pattern) {
                of.visit(line, &predictors, &functions, |cell, eta, _| {
                    let (mut hazard, mut slope) = ([0.0], [0.0]);
                    exits.hazards(eta, &mut hazard, &mut slope);
                    let leverage = of.lines.at_risk[cell] * slope[0] * square;
                    for &(column, x) in &row {
                        at.score[column] += leverage * (0.5 - hazard[0]) * x;
                        for &(other, y) in &row {
                            at.information[(column, other)] += leverage * slope[0] * x * y;
                        }
                    }
                });
            }
        }
    }
}

/// Its information is that of the steps; the variance is the inverse of the likelihood's own.
impl Objective for Firth<'_> {
    fn spread(&self, change: &[f64]) -> f64 {
        self.of.spread(change)
    }

    fn rises_most(&self, direction: &[f64]) -> Option<Vec<f64>> {
        self.of.rises_most(direction)
    }

    /// Where the likelihood rises for ever, the penalty falls faster.
    fn has_maximum(&self, _at: &Evaluation, _kept: &[usize]) -> bool {
        true
    }

    fn width(&self) -> usize {
        self.of.width()
    }

    fn unit(&self) -> f64 {
        self.of.unit()
    }

    fn evaluate(&self, beta: &[f64]) -> Option<Evaluation> {
        let mut at = self.of.evaluate(beta)?;
        let factored = Factored::new(&at.information, self.kept)?;
        at.log_likelihood += 0.5 * factored.log_determinant();
        self.add_penalty(beta, &factored.inverse(), &mut at);
        at.if_finite()
    }

    fn unbounded(&self, terms: Vec<String>, at: &Evaluation) -> Error {
        self.of.unbounded(terms, at)
    }
}
