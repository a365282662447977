//! The partial likelihood, its score and its information.

use nalgebra::{DMatrix, DVector};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::covariates::{Covariates, risks_of};
use super::newton::{Objective, mean_weight};
use super::risk_sets::{Cell, RiskSets};
use super::scan::{AtTime, scan};
use super::ties::{TieSums, Ties};
use crate::design::{Design, Squares};

/// Value of a log partial likelihood with its derivatives.
#[derive(Debug, Clone)]
pub(crate) struct Evaluation {
    pub(crate) log_likelihood: f64,
    pub(crate) score: DVector<f64>,
    pub(crate) information: DMatrix<f64>,
}

impl Evaluation {
    /// Itself, if all of it is finite.
    pub(crate) fn if_finite(self) -> Option<Self> {
        let finite = self.log_likelihood.is_finite()
            && self.score.iter().chain(&self.information).all(|value| value.is_finite());
        finite.then_some(self)
    }
}

/// A partial likelihood in centred and scaled covariates.
#[derive(Debug, Clone)]
pub(crate) struct Likelihood {
    pub(crate) sets: RiskSets,
    pub(crate) x: Covariates,
    pub(crate) ties: Ties,
}

/// Patterns that one task adds up. Part of the result.
const PATTERNS: usize = 1 << 11;

impl Likelihood {
    pub(crate) fn new(sets: RiskSets, design: &Design, ties: Ties) -> Self {
        let weights: Vec<f64> = (0..sets.n_patterns())
            .map(|pattern| sets.of_pattern(pattern).map(|cell| cell.weight).sum())
            .collect();
        let x = Covariates::new(design, &sets.patterns, &weights);
        Self { sets, x, ties }
    }

    fn evaluate_sums(&self, beta: &[f64]) -> Evaluation {
        let p = self.x.n_columns();
        let (predictors, largest) = self.x.predictors(beta);
        let risk = risks_of(&predictors, largest);
        let steps = Steps::new(self, &risk, |_| 1.0);
        let events = |cell: &Cell| cell.event;
        let gathered: Vec<(f64, Vec<f64>, DMatrix<f64>)> = self.by_patterns(|patterns| {
            let (mut log, mut score) = (0.0, vec![0.0; p]);
            let mut products = Squares::new(p);
            for j in patterns {
                let (mut expected, mut observed) = (0.0, 0.0);
                for cell in self.sets.of_pattern(j) {
                    expected += cell.weight * steps.exposure(cell);
                    observed += if events(cell) { cell.weight } else { 0.0 };
                }
                expected *= risk[j];
                log += observed * (predictors[j] - largest);
                self.x.rows.add(j, observed - expected, &mut score);
                products.add(&self.x.rows, j, expected);
            }
            (log, score, products.finish())
        });
        let mut log_likelihood = -steps.log;
        let (mut score, mut information) = (DVector::zeros(p), -steps.squares);
        for (log, part, products) in gathered {
            log_likelihood += log;
            score += DVector::from_vec(part);
            information += products;
        }
        Evaluation { log_likelihood, score, information }
    }

    /// Sums over patterns, chunk by chunk in parallel.
    pub(crate) fn by_patterns<Gathered: Send>(
        &self,
        gather: impl Fn(std::ops::Range<usize>) -> Gathered + Sync,
    ) -> Vec<Gathered> {
        let n = self.x.rows.len();
        let chunks = (0..n.div_ceil(PATTERNS)).into_par_iter();
        chunks.map(|chunk| gather(chunk * PATTERNS..n.min((chunk + 1) * PATTERNS))).collect()
    }

    /// The information with each event time weighted, at given risks.
    pub(crate) fn weighted_information(
        &self,
        risk: &[f64],
        weight: impl Fn(usize) -> f64 + Sync,
    ) -> DMatrix<f64> {
        let p = self.x.n_columns();
        let steps = Steps::new(self, risk, weight);
        let parts = self.by_patterns(|patterns| {
            let mut products = Squares::new(p);
            for j in patterns {
                let expected: f64 = self
                    .sets
                    .of_pattern(j)
                    .map(|cell| cell.weight * steps.exposure(cell))
                    .sum::<f64>()
                    * risk[j];
                products.add(&self.x.rows, j, expected);
            }
            products.finish()
        });
        parts.into_iter().fold(-steps.squares, |sum, part| sum + part)
    }
}

impl Objective for Likelihood {
    fn spread(&self, change: &[f64]) -> f64 {
        self.x.spread(change)
    }

    fn width(&self) -> usize {
        self.x.n_columns()
    }

    fn unit(&self) -> f64 {
        mean_weight(self.sets.cells.iter().map(|cell| (cell.weight, cell.spells)))
    }

    fn evaluate(&self, beta: &[f64]) -> Option<Evaluation> {
        let of = match self.ties {
            Ties::Exact => super::exact::evaluate(self, beta),
            Ties::Efron | Ties::Breslow => self.evaluate_sums(beta),
        };
        of.if_finite()
    }
}

/// What the event times have in common, from which every pattern takes its part.
pub(crate) struct Steps {
    /// $\sum_l \bar w \log q_l$ over all times.
    log: f64,
    /// $\sum_l \bar w \bar x_l \bar x_l^\top$ over all times.
    squares: DMatrix<f64>,
    /// Cumulative hazard before each time and after the last of each stratum: of time `k` in stratum `s` at `k + s`.
    cumulative: Vec<f64>,
    /// What events at each time are spared of the hazard.
    pub(crate) spared: Vec<f64>,
}

impl Steps {
    fn new(of: &Likelihood, risk: &[f64], weight: impl Fn(usize) -> f64 + Sync) -> Self {
        let p = of.x.n_columns();
        let new = || (0.0, DMatrix::zeros(p, p), Vec::new());
        let visit = |gathered: &mut (f64, DMatrix<f64>, Vec<TieSums>), at: &AtTime| {
            let sums = of.ties.sums(at.s0, at.d0, at.events, at.weight);
            let g = weight(at.k);
            gathered.0 += g * sums.log;
            add_squares(&mut gathered.1, at, &sums, g);
            let scaled = TieSums { hazard: g * sums.hazard, spared: g * sums.spared, ..sums };
            gathered.2.push(scaled);
        };
        let parts = scan(&of.sets, &of.x.rows, p, risk, new, visit);
        let (mut log, mut squares) = (0.0, DMatrix::zeros(p, p));
        let mut sums = Vec::with_capacity(of.sets.times.len());
        for (part_log, part_squares, part_sums) in parts {
            log += part_log;
            squares += part_squares;
            sums.extend(part_sums.into_iter().rev());
        }
        let mut cumulative = Vec::with_capacity(sums.len() + of.sets.strata.len());
        for times in &of.sets.strata {
            let mut sum = 0.0;
            cumulative.push(sum);
            for step in &sums[times.clone()] {
                sum += step.hazard;
                cumulative.push(sum);
            }
        }
        Self { log, squares, cumulative, spared: sums.iter().map(|step| step.spared).collect() }
    }

    /// The hazard that a spell of risk 1 meets.
    pub(crate) fn exposure(&self, cell: &Cell) -> f64 {
        let [from, until] = [cell.first, cell.last].map(|k| (k + cell.stratum) as usize);
        let met = self.cumulative[until] - self.cumulative[from];
        if cell.event { met - self.spared[cell.last as usize - 1] } else { met }
    }
}

/// Adds $g \sum_l \bar w \bar x_l \bar x_l^\top$ with $\bar x_l = (S_1 - f_l D_1) / q_l$.
fn add_squares(squares: &mut DMatrix<f64>, at: &AtTime, sums: &TieSums, g: f64) {
    for b in 0..at.s1.len() {
        let of_s1 = g * (sums.square * at.s1[b] - sums.cross * at.d1[b]);
        let of_d1 = g * (sums.spared_square * at.d1[b] - sums.cross * at.s1[b]);
        if of_s1 == 0.0 && of_d1 == 0.0 {
            continue;
        }
        let mut column = squares.column_mut(b);
        for a in 0..at.s1.len() {
            column[a] += of_s1 * at.s1[a] + of_d1 * at.d1[a];
        }
    }
}
