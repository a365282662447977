//! Intervals from the profile of the penalised likelihood.
//!
//! With the other coefficients at their best the likelihood may have several maxima where outcomes are separated; the search follows
//! two of them.

use nalgebra::{DMatrix, DVector};

use super::firth::Firth;
use crate::cox::likelihood::Evaluation;
use crate::cox::newton::{Limits, Names, Objective, maximise};
use crate::discrete::scales::Scales;
use crate::error::{Error, Result};

/// What the profiles of all coefficients have in common.
pub(crate) struct Profile<'of> {
    pub(crate) of: &'of Firth<'of>,
    pub(crate) scales: &'of Scales,
    /// Of the inner coefficients kept.
    pub(crate) covariance: &'of DMatrix<f64>,
    pub(crate) limits: Limits,
    pub(crate) names: &'of Names,
}

/// What the profile of a coefficient says.
pub(crate) struct Profiled {
    /// Where twice the loss of likelihood is the square of the normal quantile.
    pub(crate) limits: [f64; 2],
    /// The root of twice the loss at 0, with the sign of the estimate.
    pub(crate) root: f64,
}

/// Roots this near the quantile are it.
const NEAR: f64 = 1e-10;

/// Most steps to a limit.
const STEPS: usize = 60;

/// The penalised likelihood with a coefficient by name in place of the inner one that it depends on most; the others stay inner, so that
/// they mean the same far from 0 as near it.
struct With<'of> {
    of: &'of Firth<'of>,
    /// The place of the coefficient.
    place: usize,
    /// What the best other coefficients change by with it, near the estimate: $V r / r^\top V r$ if it is $r^\top$ of the inner ones. Of
    /// columns that are nearly collinear, powers of large numbers say, it moves linear predictors beyond all bounds without them.
    along: Vec<f64>,
    /// To the inner coefficients.
    inward: DMatrix<f64>,
}

impl<'of> With<'of> {
    fn new(profile: &Profile<'of>, column: usize) -> Self {
        let row = profile.scales.of_inner(column);
        let larger = |a: &usize, b: &usize| row[*a].abs().total_cmp(&row[*b].abs());
        let place = profile.of.kept.iter().copied().max_by(larger).unwrap_or(column);
        let mut inward = DMatrix::identity(row.len(), row.len());
        for (other, value) in row.iter().enumerate() {
            let own = if other == place { 1.0 } else { -value };
            inward[(place, other)] = own / row[place];
        }
        let kept = profile.of.kept;
        let of_kept = DVector::from_iterator(kept.len(), kept.iter().map(|&k| row[k]));
        let moved = profile.covariance * &of_kept;
        let variance = of_kept.dot(&moved);
        let mut along = vec![0.0; row.len()];
        for (&column, moved) in kept.iter().zip(moved.iter()) {
            along[column] = moved / variance;
        }
        along[place] = 1.0;
        Self { of: profile.of, place, along, inward }
    }

    /// Coefficients moved to a value of the one.
    fn moved(&self, from: &[f64], value: f64) -> Vec<f64> {
        let by = value - from[self.place];
        let mut to: Vec<f64> = from.iter().zip(&self.along).map(|(b, of)| b + by * of).collect();
        to[self.place] = value;
        to
    }

    fn inward(&self, coefficients: &[f64]) -> Vec<f64> {
        (&self.inward * DVector::from_column_slice(coefficients)).as_slice().to_vec()
    }
}

impl Objective for With<'_> {
    fn spread(&self, change: &[f64]) -> f64 {
        self.of.spread(&self.inward(change))
    }

    fn rises_most(&self, direction: &[f64]) -> Option<Vec<f64>> {
        self.of.rises_most(&self.inward(direction))
    }

    fn has_maximum(&self, at: &Evaluation, kept: &[usize]) -> bool {
        self.of.has_maximum(at, kept)
    }

    fn width(&self) -> usize {
        self.of.width()
    }

    fn evaluate(&self, coefficients: &[f64]) -> Option<Evaluation> {
        let at = self.of.evaluate(&self.inward(coefficients))?;
        Some(Evaluation {
            log_likelihood: at.log_likelihood,
            score: self.inward.tr_mul(&at.score),
            information: self.inward.tr_mul(&(at.information * &self.inward)),
        })
    }

    fn unbounded(&self, terms: Vec<String>, at: &Evaluation) -> Error {
        self.of.unbounded(terms, at)
    }
}

impl Profile<'_> {
    /// Of a column, by the best inner coefficients, the likelihood there, and the column's estimate and standard error.
    pub(crate) fn of_column(
        &self,
        column: usize,
        best: &[f64],
        log_likelihood: f64,
        [estimate, std_error]: [f64; 2],
        z: f64,
    ) -> Result<Profiled> {
        let of = With::new(self, column);
        let mut best = best.to_vec();
        best[of.place] = estimate;
        let others: Vec<usize> = self.of.kept.iter().copied().filter(|&k| k != of.place).collect();
        // The root of twice the loss at a value, its slope, and the coefficients: the higher of the maxima found from the best ones and
        // from those before, both moved along.
        let at = |value: f64, from: &[f64]| -> Result<(f64, f64, Vec<f64>)> {
            let maximum = |start: &[f64]| {
                let start = of.moved(start, value);
                let evaluation = of.evaluate(&start).ok_or(Error::RiskOverflow)?;
                maximise(&of, (start, evaluation), &others, self.limits, self.names)
            };
            let found = match (maximum(&best), maximum(from)) {
                (Ok(one), Ok(two)) => {
                    let higher = one.evaluation.log_likelihood >= two.evaluation.log_likelihood;
                    if higher { one } else { two }
                }
                (one, two) => one.or(two)?,
            };
            let root = (2.0 * (log_likelihood - found.evaluation.log_likelihood)).max(0.0).sqrt();
            Ok((root, found.evaluation.score[of.place].abs() / root, found.beta))
        };
        let limit = |side: f64| {
            let (mut inside, mut outside) = (0.0, f64::INFINITY);
            let (mut far, mut from) = (z * std_error, best.clone());
            for _ in 0..STEPS {
                let (root, slope, found) = at(estimate + side * far, &from)?;
                from = found;
                if (root - z).abs() <= NEAR * z {
                    break;
                }
                if root < z {
                    inside = far;
                } else {
                    outside = far;
                }
                let next = far + (z - root) / slope;
                far = if next > inside && next < outside && next < 4.0 * far {
                    next
                } else if outside.is_finite() {
                    f64::midpoint(inside, outside)
                } else {
                    2.0 * far
                };
            }
            Ok::<f64, Error>(estimate + side * far)
        };
        let limits = [limit(-1.0)?, limit(1.0)?];
        let (root, ..) = at(0.0, &best)?;
        Ok(Profiled { limits, root: root.copysign(estimate) })
    }
}
