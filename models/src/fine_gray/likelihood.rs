//! The partial likelihood of the subdistribution, its score and its information.

use std::ops::Range;

use nalgebra::{DMatrix, DVector};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::convention::Convention;
use super::scan::{AtTime, Scanned};
use super::spans::{Outcome, Span, Spans};
use crate::cox::covariates::Covariates;
use crate::cox::likelihood::Evaluation;
use crate::cox::newton::{Objective, mean_weight};
use crate::cox::recession::largest_at;
use crate::design::{Design, Products};

/// The likelihood in centred and scaled covariates.
#[derive(Debug, Clone)]
pub(crate) struct Likelihood {
    pub(crate) spans: Spans,
    pub(crate) x: Covariates,
    pub(crate) convention: Convention,
}

/// Patterns that one task adds up. Part of the result.
const PATTERNS: usize = 1 << 11;

impl Likelihood {
    pub(crate) fn new(spans: Spans, design: &Design, convention: Convention) -> Self {
        let weights: Vec<f64> = (0..spans.patterns.len())
            .map(|pattern| spans.of_pattern(pattern).map(|span| span.weight).sum())
            .collect();
        let x = Covariates::new(design, &spans.patterns, &weights);
        Self { spans, x, convention }
    }

    pub(crate) fn scanned<'of>(&'of self, risk: &'of [f64]) -> Scanned<'of> {
        Scanned { spans: &self.spans, rows: &self.x.rows, p: self.x.n_columns(), risk }
    }
}

impl Objective for Likelihood {
    fn spread(&self, change: &[f64]) -> f64 {
        self.x.rows.spread(change)
    }

    fn width(&self) -> usize {
        self.x.n_columns()
    }

    fn unit(&self) -> f64 {
        mean_weight(self.spans.all.iter().map(|span| (span.weight, span.spells)))
    }

    fn evaluate(&self, beta: &[f64]) -> Option<Evaluation> {
        let p = self.x.n_columns();
        let (predictors, largest) = self.x.predictors(beta);
        let risk: Vec<f64> = predictors.iter().map(|eta| (eta - largest).exp()).collect();
        let new = || (0.0, DMatrix::zeros(p, p), Vec::new());
        let visit = |gathered: &mut (f64, DMatrix<f64>, Vec<f64>), at: &AtTime| {
            let hazard = at.events / at.s0;
            gathered.0 += at.events * at.s0.ln();
            add_square(&mut gathered.1, at.s1, hazard / at.s0);
            gathered.2.push(hazard);
        };
        let (mut log_likelihood, mut information) = (0.0, DMatrix::zeros(p, p));
        let mut hazards = Vec::with_capacity(self.spans.times.len());
        for (log, squares, of_chunk) in self.scanned(&risk).scan(new, visit) {
            log_likelihood -= log;
            information -= squares;
            hazards.extend(of_chunk.into_iter().rev());
        }
        let exposure = Exposure::new(&self.spans, &hazards);
        let n = self.x.rows.len();
        let gather = |chunk: usize| {
            let (mut log, mut score) = (0.0, vec![0.0; p]);
            let mut products = Products::new(&self.x.rows, p);
            for j in chunk * PATTERNS..n.min((chunk + 1) * PATTERNS) {
                let (mut expected, mut observed) = (0.0, 0.0);
                for span in self.spans.of_pattern(j) {
                    expected += span.weight * exposure.of(&self.spans, span);
                    observed += if span.outcome == Outcome::Event { span.weight } else { 0.0 };
                }
                expected *= risk[j];
                log += observed * (predictors[j] - largest);
                self.x.rows.add(j, observed - expected, &mut score);
                products.add(j, expected);
            }
            (log, score, products.squares())
        };
        let mut score = DVector::zeros(p);
        let chunks: Vec<_> = (0..n.div_ceil(PATTERNS)).into_par_iter().map(gather).collect();
        for (log, part, products) in chunks {
            log_likelihood += log;
            score += DVector::from_vec(part);
            information += products;
        }
        Evaluation { log_likelihood, score, information }.if_finite()
    }

    /// Events have the largest predictor of all who have a weight.
    fn rises_most(&self, direction: &[f64]) -> Option<Vec<f64>> {
        let all = &self.spans.all;
        let of = |span: &Span| self.x.rows.dot(span.pattern as usize, direction);
        let values: Vec<f64> = all.iter().map(of).collect();
        let at_risk: Vec<Range<usize>> =
            all.iter().map(|span| span.first as usize..self.spans.until(span)).collect();
        let largest = largest_at(self.spans.times.len(), &values, &at_risk);
        let events = (0..all.len()).filter(|&span| all[span].outcome == Outcome::Event);
        let pairs =
            events.filter_map(|event| Some((largest[all[event].last as usize - 1]?, event)));
        let rise = |&(other, event): &(usize, usize)| values[other] - values[event];
        let (other, event) = pairs.max_by(|a, b| rise(a).total_cmp(&rise(b)))?;
        let mut difference = vec![0.0; self.x.n_columns()];
        self.x.rows.add(all[other].pattern as usize, 1.0, &mut difference);
        self.x.rows.add(all[event].pattern as usize, -1.0, &mut difference);
        Some(difference)
    }

    fn settled(&self, beta: &[f64], at: &Evaluation) -> bool {
        let size = |k: usize| {
            (at.score[k] * self.x.scale[k]).abs() * (beta[k] / self.x.scale[k]).abs().max(1.0)
        };
        if self.convention != Convention::Cmprsk {
            return false;
        }
        let least = 1e-6 * at.log_likelihood.abs().max(self.unit());
        (0..beta.len()).all(|k| size(k) < least)
    }
}

/// Adds $f s s^\top$.
fn add_square(squares: &mut DMatrix<f64>, s: &[f64], f: f64) {
    for (b, &of_column) in s.iter().enumerate().filter(|(_, of)| **of != 0.0) {
        let mut column = squares.column_mut(b);
        for (a, &of_row) in s.iter().enumerate() {
            column[a] += f * of_column * of_row;
        }
    }
}

/// Sums of hazards that spans meet.
pub(crate) struct Exposure {
    /// By slot: the cumulative hazard before event time `k`,
    pub(crate) cumulative: Vec<f64>,
    /// and by slot and block: what is left of the hazard times $A(t-)$ from event time `k` on.
    pub(crate) tails: Vec<f64>,
    /// Where the tails of each stratum begin.
    starts: Vec<usize>,
}

impl Exposure {
    pub(crate) fn new(spans: &Spans, hazards: &[f64]) -> Self {
        let (mut cumulative, mut tails, mut starts) = (Vec::new(), Vec::new(), Vec::new());
        for (s, stratum) in spans.strata.iter().enumerate() {
            let mut sum = 0.0;
            cumulative.push(sum);
            for k in stratum.times.clone() {
                sum += hazards[k];
                cumulative.push(sum);
            }
            let n = stratum.blocks.len();
            let start = tails.len();
            starts.push(start);
            tails.resize(start + (stratum.times.len() + 1) * n, 0.0);
            for k in stratum.times.clone().rev() {
                let slot = start + (k - stratum.times.start) * n;
                for (b, weight) in spans.weights_at(s, k).iter().enumerate() {
                    tails[slot + b] = tails[slot + n + b] + weight * hazards[k];
                }
            }
        }
        Self { cumulative, tails, starts }
    }

    /// Place among the tails of a block of stratum `s` from event time `k` on.
    pub(crate) fn tail(&self, spans: &Spans, s: usize, k: usize, local: usize) -> usize {
        let stratum = &spans.strata[s];
        self.starts[s] + (k - stratum.times.start) * stratum.blocks.len() + local
    }

    /// The subdistribution hazard that a spell of risk 1 meets.
    pub(crate) fn of(&self, spans: &Spans, span: &Span) -> f64 {
        let [from, until] = [span.first, span.last].map(|k| (k + span.stratum) as usize);
        let met = self.cumulative[until] - self.cumulative[from];
        if span.outcome != Outcome::Competing {
            return met;
        }
        let (s, local) = (span.stratum as usize, span.local as usize);
        met + span.inverse * self.tails[self.tail(spans, s, span.last as usize, local)]
    }
}
