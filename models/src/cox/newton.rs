//! Newton's method with step halving, and how it ends.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::likelihood::Evaluation;
use crate::design::SparseRows;
use crate::error::{Error, Result};

/// How an iterative fit came to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Convergence {
    /// Newton steps taken.
    pub iterations: usize,
    /// Steps that were halved because the likelihood fell.
    pub halvings: usize,
    /// Length of the last step in standard errors, $\sqrt{U^\top I^{-1} U}$ before it; the error left is about its square.
    pub step: f64,
    /// Why it ended.
    pub stopped: Stopped,
}

/// Why an iterative fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The step fell below the tolerance.
    SmallStep,
    /// The score fell below a tolerance that a convention has in place of the step's.
    SmallScore,
    /// There was no coefficient to estimate.
    NoCoefficients,
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    pub(crate) iterations: usize,
    pub(crate) tolerance: f64,
}

/// A log likelihood of linear predictors, in standardised covariates.
pub(crate) trait Objective {
    /// Covariates by pattern.
    fn rows(&self) -> &SparseRows;
    /// Number of columns.
    fn width(&self) -> usize;
    /// `None` where risks leave the range of doubles.
    fn evaluate(&self, beta: &[f64]) -> Option<Evaluation>;
    /// Whether a convention stops here, before the step is small.
    fn settled(&self, _beta: &[f64], _at: &Evaluation) -> bool {
        false
    }
}

pub(crate) struct Maximum {
    /// In standardised covariates; 0 for columns left out.
    pub(crate) beta: Vec<f64>,
    pub(crate) evaluation: Evaluation,
    pub(crate) convergence: Convergence,
}

/// A step this small in standard errors that moves linear predictors by that much: their standard error is above
/// 5,000, which only a likelihood without a maximum has.
const FLAT: f64 = 1e-4;
/// See `FLAT`.
const FAR: f64 = 0.5;

/// Change of linear predictors that a last step may make.
const SETTLED: f64 = 1e-3;

/// Relative loss of likelihood that may be rounding.
const ROUNDING: f64 = 1e-11;

/// The maximum in the columns kept, from `start`, where the likelihood is `evaluation`.
///
/// Names of terms and columns are for errors.
pub(crate) fn maximise(
    of: &impl Objective,
    start: Evaluation,
    kept: &[usize],
    limits: Limits,
    names: &Names,
) -> Result<Maximum> {
    let p = of.width();
    let (mut beta, mut at) = (vec![0.0; p], start);
    let mut convergence =
        Convergence { iterations: 0, halvings: 0, step: 0.0, stopped: Stopped::NoCoefficients };
    if kept.is_empty() {
        return Ok(Maximum { beta, evaluation: at, convergence });
    }
    convergence.stopped = Stopped::SmallStep;
    let size = at.log_likelihood.abs();
    while convergence.iterations < limits.iterations {
        if of.settled(&beta, &at) {
            convergence.stopped = Stopped::SmallScore;
            return Ok(Maximum { beta, evaluation: at, convergence });
        }
        convergence.iterations += 1;
        let step = newton_step(&at, kept, p)
            .ok_or_else(|| singular(of, &beta, kept, convergence.iterations, names))?;
        let gain: f64 = step.iter().zip(&at.score).map(|(step, score)| step * score).sum();
        convergence.step = gain.max(0.0).sqrt();
        let moved = spread(of, &step);
        if convergence.step < FLAT && moved > FAR {
            return Err(Error::MonotoneLikelihood { terms: names.moving(of, &step) });
        }
        // A likelihood near 1 is the sum of large terms that cancel, as large as at the start.
        let least = at.log_likelihood - ROUNDING * (at.log_likelihood.abs() + size);
        let mut part = 1.0;
        let (next, evaluation) = loop {
            let next: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + part * s).collect();
            match of.evaluate(&next) {
                Some(at) if at.log_likelihood >= least => break (next, at),
                _ if part < 1e-9 => return Err(lost(of, &beta, convergence, names)),
                _ => {
                    part *= 0.5;
                    convergence.halvings += 1;
                }
            }
        };
        (beta, at) = (next, evaluation);
        if convergence.step <= limits.tolerance && moved <= SETTLED {
            if let Some(endless) = endless(of, &at, kept) {
                return Err(Error::MonotoneLikelihood { terms: names.moving(of, &endless) });
            }
            return Ok(Maximum { beta, evaluation: at, convergence });
        }
    }
    Err(lost(of, &beta, convergence, names))
}

/// A direction in which the likelihood is flat as far as numbers tell: one standard error moves linear predictors by
/// more than only a likelihood without a maximum does. Rounding of the score can end the climb there.
fn endless(of: &impl Objective, at: &Evaluation, kept: &[usize]) -> Option<Vec<f64>> {
    let covariance = Factored::new(&at.information, kept)?.inverse();
    kept.iter().enumerate().find_map(|(place, &column)| {
        let mut step = vec![0.0; of.width()];
        step[column] = covariance[(place, place)].sqrt();
        (spread(of, &step) > FAR / FLAT).then_some(step)
    })
}

/// Why the maximum was not found.
fn lost(of: &impl Objective, beta: &[f64], convergence: Convergence, names: &Names) -> Error {
    if spread(of, beta) > RUNAWAY {
        return Error::MonotoneLikelihood { terms: names.moving(of, beta) };
    }
    Error::NotConverged { iterations: convergence.iterations, step: convergence.step }
}

/// $I^{-1} U$ in the columns kept.
fn newton_step(at: &Evaluation, kept: &[usize], p: usize) -> Option<Vec<f64>> {
    let factored = Factored::new(&at.information, kept)?;
    let score = DVector::from_iterator(kept.len(), kept.iter().map(|&k| at.score[k]));
    let mut step = vec![0.0; p];
    for (&k, &value) in kept.iter().zip(factored.solve(&score).iter()) {
        step[k] = value;
    }
    step.iter().all(|value| value.is_finite()).then_some(step)
}

/// A symmetric matrix, scaled to unit diagonal and factored.
pub(crate) struct Factored {
    scale: DVector<f64>,
    cholesky: Cholesky<f64, Dyn>,
}

/// Pivots of the scaled matrix below this are rounding.
const PIVOT: f64 = 1e-14;

impl Factored {
    pub(crate) fn new(matrix: &DMatrix<f64>, kept: &[usize]) -> Option<Self> {
        let n = kept.len();
        let scale = DVector::from_fn(n, |k, _| 1.0 / matrix[(kept[k], kept[k])].sqrt());
        let scaled =
            DMatrix::from_fn(n, n, |a, b| matrix[(kept[a], kept[b])] * scale[a] * scale[b]);
        let cholesky = scaled.cholesky()?;
        let regular = cholesky.l_dirty().diagonal().iter().all(|pivot| pivot * pivot > PIVOT);
        regular.then_some(Self { scale, cholesky })
    }

    fn solve(&self, b: &DVector<f64>) -> DVector<f64> {
        self.cholesky.solve(&b.component_mul(&self.scale)).component_mul(&self.scale)
    }

    pub(crate) fn inverse(&self) -> DMatrix<f64> {
        let n = self.scale.len();
        let inverse = self.cholesky.inverse();
        // Symmetric to the last bit.
        DMatrix::from_fn(n, n, |a, b| {
            0.5 * (inverse[(a, b)] + inverse[(b, a)]) * self.scale[a] * self.scale[b]
        })
    }
}

/// Range over the patterns of the linear predictor's change.
fn spread(of: &impl Objective, step: &[f64]) -> f64 {
    of.rows().spread(step)
}

/// Linear predictors this far apart, where risks differ by a factor of 1e6, are on the way to infinity if nothing else
/// can be said.
const RUNAWAY: f64 = 14.0;

/// Why the information could not be inverted although it could at the start.
fn singular(
    of: &impl Objective,
    beta: &[f64],
    kept: &[usize],
    iteration: usize,
    names: &Names,
) -> Error {
    if spread(of, beta) > RUNAWAY {
        return Error::MonotoneLikelihood { terms: names.moving(of, beta) };
    }
    let columns = kept.iter().map(|&k| names.columns[k].clone()).collect();
    Error::SingularInformation { columns, iteration }
}

/// Names for errors.
pub(crate) struct Names {
    pub(crate) columns: Vec<String>,
    /// Name of the term of each column.
    pub(crate) terms: Vec<String>,
}

impl Names {
    /// Terms of some columns, each once.
    fn terms_of(&self, columns: impl IntoIterator<Item = usize>) -> Vec<String> {
        let mut terms: Vec<String> = columns.into_iter().map(|k| self.terms[k].clone()).collect();
        terms.dedup();
        terms
    }

    /// Terms whose coefficients move linear predictors.
    fn moving(&self, of: &impl Objective, step: &[f64]) -> Vec<String> {
        let moved = |k: usize| {
            let mut alone = vec![0.0; step.len()];
            alone[k] = step[k];
            spread(of, &alone)
        };
        let moved: Vec<f64> = (0..step.len()).map(moved).collect();
        let largest = moved.iter().fold(0.0, |a: f64, &b| a.max(b));
        self.terms_of((0..step.len()).filter(|&k| moved[k] > 0.1 * largest))
    }
}
