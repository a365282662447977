//! The conditional logistic likelihood of tied events.

use nalgebra::{DMatrix, DVector};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::likelihood::{Evaluation, Likelihood};
use super::risk_sets::Cell;

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

impl Subsets {
    fn new(of: &Likelihood, risks: &[(f64, &Cell)], theta: f64, d: usize) -> Self {
        let p = of.x.n_columns();
        let n: usize = risks.iter().map(|(_, cell)| cell.spells as usize).sum();
        // For each size: its chance, and sums and products of covariates over its subsets, times their chances.
        let mut chance = vec![0.0; d + 1];
        let mut sums = vec![DVector::<f64>::zeros(p); d + 1];
        let mut products = vec![DMatrix::<f64>::zeros(p, p); d + 1];
        chance[0] = 1.0;
        let (mut log_all, mut seen) = (0.0, 0);
        let mut x = DVector::zeros(p);
        for (risk, cell) in risks {
            let odds = theta * risk;
            let (taken, left) = (odds / (1.0 + odds), 1.0 / (1.0 + odds));
            x.fill(0.0);
            for (column, value) in of.x.rows.row(cell.pattern as usize) {
                x[column] = value;
            }
            let xx = &x * x.transpose();
            for _ in 0..cell.spells as usize {
                log_all += odds.ln_1p();
                seen += 1;
                // Sizes from which d can still be reached.
                for size in ((d + seen).saturating_sub(n)..=d.min(seen)).rev() {
                    products[size] *= left;
                    sums[size] *= left;
                    chance[size] *= left;
                    if size > 0 {
                        let cross = &sums[size - 1] * x.transpose();
                        let with = &products[size - 1]
                            + &cross
                            + cross.transpose()
                            + &xx * chance[size - 1];
                        products[size] += with * taken;
                        let with = &sums[size - 1] + &x * chance[size - 1];
                        sums[size] += with * taken;
                        chance[size] += taken * chance[size - 1];
                    }
                }
            }
        }
        let mean = &sums[d] / chance[d];
        let covariance = &products[d] / chance[d] - &mean * mean.transpose();
        let log_sum = chance[d].ln() + log_all - d as f64 * theta.ln();
        Self { log_sum, mean, covariance }
    }
}
