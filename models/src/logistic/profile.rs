//! Intervals from the profile of the penalised likelihood.
//!
//! With the other coefficients at their best the likelihood may have several maxima where outcomes are separated; the search follows
//! four starts to the highest that they lead to.

use std::cell::Cell;

use nalgebra::{DMatrix, DVector};

use super::firth::Firth;
use crate::cox::likelihood::Evaluation;
use crate::cox::newton::{Limits, Maximum, Names, Objective, maximise};
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
    /// Where twice the loss of likelihood is the square of the normal quantile; `NaN` where that was not found.
    pub(crate) limits: [f64; 2],
    /// The root of twice the loss at 0, with the sign of the estimate; `NaN` likewise.
    pub(crate) root: f64,
}

/// Roots this near the quantile are it.
const NEAR: f64 = 1e-10;

/// Steps of the other coefficients that are small enough, in standard errors: the loss has the error of their squares.
const INNER: f64 = 1e-7;

/// The shortest step, in standard errors, on the way to a value where the others have no maximum that is found at once.
const LEAST: f64 = 1e-3;

/// Most values of a coefficient that are tried in all, so that a search without success ends in seconds.
const VALUES: usize = 60;

/// Most steps on that way.
const TRIALS: usize = 30;

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

/// The profile at a value.
struct At {
    value: f64,
    /// The root of twice the loss,
    root: f64,
    /// its slope,
    slope: f64,
    /// and the coefficients.
    coefficients: Vec<f64>,
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
    ) -> Profiled {
        let of = With::new(self, column);
        let mut best = best.to_vec();
        best[of.place] = estimate;
        let others: Vec<usize> = self.of.kept.iter().copied().filter(|&k| k != of.place).collect();
        let limits = Limits { tolerance: self.limits.tolerance.max(INNER), ..self.limits };
        // The higher of the maxima found from the best coefficients and from those before, both moved along and as they are.
        let tried = Cell::new(0);
        let at = |value: f64, from: &[f64]| -> Result<At> {
            tried.set(tried.get() + 1);
            if tried.get() > VALUES {
                return Err(Error::RiskOverflow);
            }
            let maximum = |start: Vec<f64>| {
                let evaluation = of.evaluate(&start).ok_or(Error::RiskOverflow)?;
                maximise(&of, (start, evaluation), &others, limits, self.names)
            };
            let stays = |from: &[f64]| {
                let mut to = from.to_vec();
                to[of.place] = value;
                to
            };
            let starts = [of.moved(&best, value), of.moved(from, value), stays(from), stays(&best)];
            let mut highest = Err(Error::RiskOverflow);
            for found in starts.into_iter().map(maximum) {
                let value = |of: &Maximum| of.evaluation.log_likelihood;
                let is_higher = match (&highest, &found) {
                    (Ok(one), Ok(other)) => value(other) > value(one),
                    (one, _) => one.is_err(),
                };
                if is_higher {
                    highest = found;
                }
            }
            let found = highest?;
            let root = (2.0 * (log_likelihood - found.evaluation.log_likelihood)).max(0.0).sqrt();
            let slope = found.evaluation.score[of.place].abs() / root;
            Ok(At { value, root, slope, coefficients: found.beta })
        };
        // As far at once as there is a maximum to be found.
        let reach = |from: &At, value: f64| -> Result<At> {
            let mut step = value - from.value;
            let mut last = at(value, &from.coefficients);
            let mut between: Option<At> = None;
            for _ in 0..TRIALS {
                if last.is_ok() || step.abs() < LEAST * std_error {
                    break;
                }
                let known = between.as_ref().unwrap_or(from);
                step *= 0.5;
                if let Ok(found) = at(known.value + step, &known.coefficients) {
                    step = value - found.value;
                    last = at(value, &found.coefficients);
                    between = Some(found);
                }
            }
            last
        };
        let middle =
            || At { value: estimate, root: 0.0, slope: f64::INFINITY, coefficients: best.clone() };
        let limit = |side: f64| {
            let (mut inside, mut outside) = (0.0, f64::INFINITY);
            let (mut far, mut from) = (z * std_error, middle());
            for _ in 0..STEPS {
                from = reach(&from, estimate + side * far).ok()?;
                if (from.root - z).abs() <= NEAR * z {
                    return Some(from.value);
                }
                if from.root < z {
                    inside = far;
                } else {
                    outside = far;
                }
                let next = far + (z - from.root) / from.slope;
                far = if next > inside && next < outside && next < 4.0 * far {
                    next
                } else if outside.is_finite() {
                    f64::midpoint(inside, outside)
                } else {
                    2.0 * far
                };
            }
            None
        };
        let limits = [-1.0, 1.0].map(|side| limit(side).unwrap_or(f64::NAN));
        let root = reach(&middle(), 0.0).map_or(f64::NAN, |at| at.root.copysign(estimate));
        Profiled { limits, root }
    }
}
