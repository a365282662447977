//! The conditional logistic likelihood of tied events.

use std::ops::RangeInclusive;

use nalgebra::{DMatrix, DVector};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::error::TiesError;
use super::likelihood::{Evaluation, Likelihood};
use super::risk_sets::{Cell, RiskSets};
use crate::error::{Error, Result};

/// Refuses more work than anybody waits for: an event time with $d$ of $Y$ takes $d (Y - d)$ steps.
pub(crate) fn check_cost(sets: &RiskSets, most: f64) -> Result<()> {
    let (mut steps, mut worst) = (0.0, (0.0, 0.0, 0.0, 0.0));
    for (stratum, times) in sets.strata.iter().enumerate() {
        for ([at_risk, events, _], &time) in
            sets.counts(stratum).iter().zip(&sets.times[times.clone()])
        {
            let own = events * (at_risk - events);
            steps += own;
            if own > worst.0 {
                worst = (own, time, *events, *at_risk);
            }
        }
    }
    if steps <= most {
        return Ok(());
    }
    let (_, time, events, at_risk) = worst;
    Err(Error::Ties(TiesError::ExactTiesCost { time, events, at_risk, steps, most }))
}

/// Adds up, over event times with events $D$ in the risk set $R$,
/// $\log \prod_{i \in D} r_i - \log \sum_{|E| = |D|} \prod_{i \in E} r_i$ and its derivatives.
///
/// The sum over subsets is an elementary symmetric polynomial. The recursion of Gail, Lubin and Rubinstein (1981) takes one
/// spell after another; here every spell is tossed with odds $\theta r_i$, where $\theta$ lets $|D|$ come
/// out on average, so that all terms are chances and none overflows. The sum is then
/// $\Pr(|E| = |D|) \prod (1 + \theta r_i) / \theta^{|D|}$, and score and information are mean and covariance of
/// $\sum_{i \in E} x_i$ given $|E| = |D|$.
pub(crate) fn evaluate(of: &Likelihood, beta: &[f64]) -> Evaluation {
    let p = of.x.n_columns();
    let (predictors, largest) = of.x.predictors(beta);
    let eta: Vec<f64> = predictors.iter().map(|eta| eta - largest).collect();
    let times: Vec<usize> = (0..of.sets.times.len()).collect();
    let parts: Vec<Evaluation> = times.into_par_iter().map(|k| at_time(of, &eta, k)).collect();
    let mut sum = Evaluation {
        log_likelihood: 0.0,
        score: DVector::zeros(p),
        information: DMatrix::zeros(p, p),
    };
    for part in parts {
        sum.log_likelihood += part.log_likelihood;
        sum.score += part.score;
        sum.information += part.information;
    }
    sum
}

fn at_time(of: &Likelihood, eta: &[f64], k: usize) -> Evaluation {
    let (p, sets) = (of.x.n_columns(), &of.sets);
    let end = sets.strata[sets.stratum_of(k)].end;
    let at_risk: Vec<&Cell> =
        (k..end).flat_map(|later| sets.leaving(later)).filter(|c| c.first as usize <= k).collect();
    let n: f64 = at_risk.iter().map(|cell| cell.spells).sum();
    let mut log_likelihood = 0.0;
    let (mut score, mut d) = (DVector::zeros(p), 0.0);
    for cell in sets.events(k) {
        d += cell.spells;
        log_likelihood += cell.spells * eta[cell.pattern as usize];
        for (column, x) in of.x.rows.row(cell.pattern as usize) {
            score[column] += cell.spells * x;
        }
    }
    let mut information = DMatrix::zeros(p, p);
    if d < n {
        let risks: Vec<(f64, &Cell)> =
            at_risk.iter().map(|cell| (eta[cell.pattern as usize].exp(), *cell)).collect();
        let theta = balance(&risks, d);
        let subsets = Subsets::new(of, &risks, theta, d as usize);
        log_likelihood -= subsets.log_sum;
        score -= &subsets.mean;
        information = subsets.covariance;
    } else {
        // All leave: there is one subset.
        for cell in &at_risk {
            log_likelihood -= cell.spells * eta[cell.pattern as usize];
            for (column, x) in of.x.rows.row(cell.pattern as usize) {
                score[column] -= cell.spells * x;
            }
        }
    }
    Evaluation { log_likelihood, score, information }
}

/// The $\theta$ with $\sum \theta r_i / (1 + \theta r_i) = d$, by bisection of its logarithm.
fn balance(risks: &[(f64, &Cell)], d: f64) -> f64 {
    let expected = |log: f64| -> f64 {
        risks.iter().map(|(r, cell)| cell.spells / (1.0 + (-log).exp() / r)).sum()
    };
    let (mut low, mut high) = (-700.0, 700.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if expected(middle) < d { low = middle } else { high = middle }
    }
    (0.5_f64 * (low + high)).exp()
}

/// Mean and covariance of the sum of covariates over random subsets of size `d`.
struct Subsets {
    log_sum: f64,
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

/// For each size of a subset its chance, and the sums and products of covariates over the subsets of that size, times their chances.
///
/// Each is a column of sizes; of products those with the first column not after the second.
struct BySize {
    sizes: usize,
    p: usize,
    now: Vec<f64>,
    next: Vec<f64>,
}

impl BySize {
    /// No spell has been tossed: the empty subset is sure.
    fn new(d: usize, p: usize) -> Self {
        let columns = n_columns(p);
        let mut now = vec![0.0; columns * (d + 1)];
        now[0] = 1.0;
        Self { sizes: d + 1, p, next: now.clone(), now }
    }

    fn column(&self, column: usize) -> &[f64] {
        &self.now[column * self.sizes..(column + 1) * self.sizes]
    }

    /// Tosses a spell with covariates `x`, for the sizes that matter.
    fn toss(&mut self, x: &[f64], (taken, left): (f64, f64), sizes: RangeInclusive<usize>) {
        let (low, high) = sizes.into_inner();
        let (n, p, mut next) = (self.sizes, self.p, std::mem::take(&mut self.next));
        let mut columns = next.chunks_exact_mut(n);
        // From the size below, a column and what the spell adds to it: multiples of other columns.
        let mut step = |column: usize, from: &[(f64, usize)]| {
            let (Some(next), now) = (columns.next(), self.column(column)) else { return };
            if low == 0 {
                next[0] = left * now[0];
            }
            let first = low.max(1);
            let (next, same) = (&mut next[first..=high], &now[first..=high]);
            let below = &now[first - 1..high];
            for (next, (same, below)) in next.iter_mut().zip(same.iter().zip(below)) {
                *next = left * same + taken * below;
            }
            for &(factor, other) in from.iter().filter(|of| of.0 != 0.0) {
                let (factor, other) = (taken * factor, &self.column(other)[first - 1..high]);
                for (next, other) in next.iter_mut().zip(other) {
                    *next += factor * other;
                }
            }
        };
        step(0, &[]);
        for (a, &x) in x.iter().enumerate() {
            step(1 + a, &[(x, 0)]);
        }
        let mut column = 1 + p;
        for a in 0..p {
            for b in a..p {
                step(column, &[(x[b], 1 + a), (x[a], 1 + b), (x[a] * x[b], 0)]);
                column += 1;
            }
        }
        self.next = std::mem::replace(&mut self.now, next);
    }
}

/// Columns of [`BySize`] of so many covariates.
pub(crate) const fn n_columns(p: usize) -> usize {
    1 + p + p * (p + 1) / 2
}

impl Subsets {
    fn new(of: &Likelihood, risks: &[(f64, &Cell)], theta: f64, d: usize) -> Self {
        let p = of.x.n_columns();
        let n: usize = risks.iter().map(|(_, cell)| cell.spells as usize).sum();
        let mut by_size = BySize::new(d, p);
        let (mut log_all, mut seen) = (0.0, 0);
        let mut x = vec![0.0; p];
        for (risk, cell) in risks {
            let odds = theta * risk;
            let chances = (odds / (1.0 + odds), 1.0 / (1.0 + odds));
            x.fill(0.0);
            for (column, value) in of.x.rows.row(cell.pattern as usize) {
                x[column] = value;
            }
            for _ in 0..cell.spells as usize {
                log_all += odds.ln_1p();
                seen += 1;
                // Sizes from which d can still be reached.
                by_size.toss(&x, chances, (d + seen).saturating_sub(n)..=d.min(seen));
            }
        }
        let last = |column: usize| by_size.column(column)[d];
        let chance = last(0);
        let mean = DVector::from_fn(p, |a, _| last(1 + a) / chance);
        let place = |a: usize, b: usize| 1 + p + a * p - a * (a + 1) / 2 + b;
        let covariance = DMatrix::from_fn(p, p, |a, b| {
            last(place(a.min(b), a.max(b))) / chance - mean[a] * mean[b]
        });
        let log_sum = chance.ln() + log_all - d as f64 * theta.ln();
        Self { log_sum, mean, covariance }
    }
}
