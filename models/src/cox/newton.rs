//! Newton's method with step halving, and how it ends.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::likelihood::Evaluation;
use super::recession::rises_for_ever;
use crate::error::{Error, Result};

/// How an iterative fit came to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Convergence {
    /// Newton steps taken.
    pub iterations: usize,
    /// Steps that were halved because the likelihood fell.
    pub halvings: usize,
    /// Length of the last step in standard errors, $\sqrt{U^\top I^{-1} U}$ before it; the error left is about its square. Sampling
    /// weights count over their mean.
    pub step: f64,
    /// Why it ended.
    pub stopped: Stopped,
}

/// Why an iterative fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The step fell below the tolerance, or below 1e-8 and got no shorter.
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
    /// Range of what a change of the coefficients does to the linear predictors.
    fn spread(&self, change: &[f64]) -> f64;
    /// Number of columns.
    fn width(&self) -> usize;
    /// `None` where risks leave the range of doubles.
    fn evaluate(&self, beta: &[f64]) -> Option<Evaluation>;
    /// Weight of one observation: the mean of sampling weights, whose scale is not to matter.
    fn unit(&self) -> f64 {
        1.0
    }
    /// Whether a convention stops here, before the step is small.
    fn settled(&self, _beta: &[f64], _at: &Evaluation) -> bool {
        false
    }
    /// Of the differences of covariates that rise along no direction in which the likelihood rises for ever (of any outcome that could
    /// have been, less the one that was), the one that rises most along a direction.
    fn rises_most(&self, direction: &[f64]) -> Option<Vec<f64>>;
    /// Whether there is a maximum in the columns kept, by the derivatives at well-conditioned coefficients.
    fn has_maximum(&self, at: &Evaluation, kept: &[usize]) -> bool
    where
        Self: Sized,
    {
        !rises_for_ever(self, at, kept)
    }
    /// What it means that the coefficients of some terms grow without bound.
    fn unbounded(&self, terms: Vec<String>, _at: &Evaluation) -> Error {
        Error::MonotoneLikelihood { terms }
    }
}

pub(crate) struct Maximum {
    /// In standardised covariates; 0 for columns left out.
    pub(crate) beta: Vec<f64>,
    pub(crate) evaluation: Evaluation,
    pub(crate) convergence: Convergence,
}

/// A step this small in standard errors that moves linear predictors by that much: their standard error is above
/// 5,000, which a likelihood without a maximum has, or one with a row far from the others that tells nothing.
const FLAT: f64 = 1e-4;
/// See `FLAT`.
const FAR: f64 = 0.5;

/// Steps this small in standard errors are rounding if they get no shorter.
const FLOOR: f64 = 1e-8;

/// Change of linear predictors that a last step may make.
const SETTLED: f64 = 1e-3;

/// Linear predictors this far apart, where risks differ by a factor of 1e6, are on the way to infinity if nothing else
/// can be said.
const RUNAWAY: f64 = 14.0;

/// Relative loss of likelihood that may be rounding.
const ROUNDING: f64 = 1e-11;

/// The maximum in the columns kept, from coefficients and the likelihood there.
///
/// Names of terms and columns are for errors.
pub(crate) fn maximise(
    of: &impl Objective,
    (mut beta, mut at): (Vec<f64>, Evaluation),
    kept: &[usize],
    limits: Limits,
    names: &Names,
) -> Result<Maximum> {
    let p = of.width();
    let mut convergence =
        Convergence { iterations: 0, halvings: 0, step: 0.0, stopped: Stopped::NoCoefficients };
    if kept.is_empty() {
        return Ok(Maximum { beta, evaluation: at, convergence });
    }
    convergence.stopped = Stopped::SmallStep;
    let (size, unit) = (at.log_likelihood.abs(), of.unit());
    let mut shortest = f64::INFINITY;
    // Found out where coefficients seem to grow without bound.
    let (first, mut known) = (at.clone(), None);
    let mut is_bounded = || *known.get_or_insert_with(|| of.has_maximum(&first, kept));
    while convergence.iterations < limits.iterations {
        if of.settled(&beta, &at) {
            convergence.stopped = Stopped::SmallScore;
            return Ok(Maximum { beta, evaluation: at, convergence });
        }
        convergence.iterations += 1;
        let Some(step) = newton_step(&at, kept, p) else {
            if of.spread(&beta) > RUNAWAY && !is_bounded() {
                return Err(of.unbounded(names.moving(of, &beta), &at));
            }
            let columns = kept.iter().map(|&k| names.columns[k].clone()).collect();
            let iteration = convergence.iterations;
            return Err(Error::SingularInformation { columns, iteration });
        };
        let gain: f64 = step.iter().zip(&at.score).map(|(step, score)| step * score).sum();
        convergence.step = (gain.max(0.0) / unit).sqrt();
        if convergence.step < FLAT && of.spread(&step) > FAR && !is_bounded() {
            return Err(of.unbounded(names.moving(of, &step), &at));
        }
        // A likelihood near 1 is the sum of large terms that cancel, as large as at the start.
        let least = at.log_likelihood - ROUNDING * (at.log_likelihood.abs() + size);
        let mut part = 1.0;
        let found = loop {
            let next: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + part * s).collect();
            match of.evaluate(&next) {
                Some(at) if at.log_likelihood >= least => break Some((next, at)),
                _ if part < 1e-9 => break None,
                _ => {
                    part *= 0.5;
                    convergence.halvings += 1;
                }
            }
        };
        let Some(found) = found else { break };
        (beta, at) = found;
        let stalled = convergence.step <= FLOOR && convergence.step >= shortest;
        shortest = shortest.min(convergence.step);
        if convergence.step > limits.tolerance && !stalled {
            continue;
        }
        if of.spread(&step) <= SETTLED {
            if let Some(endless) = endless(of, &at, kept).filter(|_| !is_bounded()) {
                return Err(of.unbounded(names.moving(of, &endless), &at));
            }
            return Ok(Maximum { beta, evaluation: at, convergence });
        }
        if is_bounded() {
            return Ok(Maximum { beta, evaluation: at, convergence });
        }
    }
    if of.spread(&beta) > RUNAWAY && !is_bounded() {
        return Err(of.unbounded(names.moving(of, &beta), &at));
    }
    Err(Error::NotConverged { iterations: convergence.iterations, step: convergence.step })
}

/// A direction in which the likelihood is flat as far as numbers tell: one standard error of a coefficient moves linear
/// predictors by more than only a likelihood without a maximum does, also where the other coefficients go along as well as they can:
/// those of columns that are nearly collinear have large errors that cancel. Rounding of the score can end the climb there.
fn endless(of: &impl Objective, at: &Evaluation, kept: &[usize]) -> Option<Vec<f64>> {
    let covariance = Factored::new(&at.information, kept)?.inverse();
    let unit = of.unit();
    kept.iter().enumerate().find_map(|(place, &column)| {
        let mut step = vec![0.0; of.width()];
        let error = (covariance[(place, place)] * unit).sqrt();
        step[column] = error;
        if of.spread(&step) <= FAR / FLAT {
            return None;
        }
        for (other, &column) in kept.iter().enumerate() {
            step[column] = covariance[(other, place)] * unit / error;
        }
        (of.spread(&step) > FAR / FLAT).then_some(step)
    })
}

/// Mean weight of spells, by the sums of weights and numbers of spells that are alike; 1 if weights are numbers.
pub(crate) fn mean_weight(alike: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (weight, spells) = alike.fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    if spells > 0.0 { weight / spells } else { 1.0 }
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

    /// With the triangle $L$ of the matrix $M = L L^\\top$ it is $L^{-1} b$, of the length $\\sqrt{b^\\top M^{-1} b}$;
    pub(crate) fn whiten(&self, b: &DVector<f64>) -> DVector<f64> {
        let mut of = b.component_mul(&self.scale);
        self.cholesky.l_dirty().solve_lower_triangular_mut(&mut of);
        of
    }

    /// and of that $M^{-1} b$.
    pub(crate) fn unwhiten(&self, mut of: DVector<f64>) -> DVector<f64> {
        self.cholesky.l_dirty().tr_solve_lower_triangular_mut(&mut of);
        of.component_mul(&self.scale)
    }

    fn solve(&self, b: &DVector<f64>) -> DVector<f64> {
        self.cholesky.solve(&b.component_mul(&self.scale)).component_mul(&self.scale)
    }

    /// The logarithm of the determinant.
    pub(crate) fn log_determinant(&self) -> f64 {
        let pivots = self.cholesky.l_dirty().diagonal();
        let logs = pivots.iter().zip(self.scale.iter()).map(|(pivot, scale)| (pivot / scale).ln());
        2.0 * logs.sum::<f64>()
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
            of.spread(&alone)
        };
        let moved: Vec<f64> = (0..step.len()).map(moved).collect();
        let largest = moved.iter().fold(0.0, |a: f64, &b| a.max(b));
        self.terms_of((0..step.len()).filter(|&k| moved[k] > 0.1 * largest))
    }
}
