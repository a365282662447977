//! The partial likelihood, its score and its information.

use std::ops::Range;

use nalgebra::{DMatrix, DVector};
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::covariates::{Covariates, risks_of};
use super::newton::{Objective, mean_weight};
use super::recession::largest_at;
use super::risk_sets::{Cell, RiskSets};
use super::scan::{AtTime, MOST_SUMS, scan, scan_groups};
use super::ties::{TieSums, Ties};
use crate::design::{Design, Products, whole_matrix};

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
    /// Where an evaluation is one pass over the cells.
    observed: Option<Observed>,
}

/// What the events are, at any coefficients.
#[derive(Debug, Clone)]
struct Observed {
    weight: f64,
    /// Sum of their offsets,
    offset: f64,
    /// and of their covariates.
    x: Vec<f64>,
}

/// Patterns that one task adds up. Part of the result.
const PATTERNS: usize = 1 << 11;

impl Likelihood {
    pub(crate) fn new(sets: RiskSets, design: &Design, ties: Ties) -> Self {
        let weights: Vec<f64> = (0..sets.n_patterns())
            .map(|pattern| sets.of_pattern(pattern).map(|cell| cell.weight).sum())
            .collect();
        let x = Covariates::new(design, &sets.patterns, &weights);
        let mut of = Self { sets, x, ties, observed: None };
        // Cells that share patterns share the squares of these, too.
        let p = of.x.n_columns();
        let single = 2 * of.sets.n_patterns() > of.sets.cells.len();
        if single && of.sets.is_grouped() && of.sets.times.len() * Products::width(p) <= MOST_SUMS {
            of.observed = Some(of.observe());
        }
        of
    }

    fn observe(&self) -> Observed {
        let of_chunk = |chunk: &Range<usize>| {
            let mut of = Observed { weight: 0.0, offset: 0.0, x: vec![0.0; self.x.n_columns()] };
            for cell in chunk.clone().flat_map(|k| self.sets.events(k)) {
                let pattern = cell.pattern as usize;
                of.weight += cell.weight;
                of.offset += cell.weight * self.x.offset(pattern);
                self.x.rows.add(pattern, cell.weight, &mut of.x);
            }
            of
        };
        let parts: Vec<Observed> = self.sets.chunks.par_iter().map(of_chunk).collect();
        let sum = |of: &dyn Fn(&Observed) -> f64| parts.iter().map(of).sum();
        Observed {
            weight: sum(&|part| part.weight),
            offset: sum(&|part| part.offset),
            x: (0..self.x.n_columns()).map(|column| sum(&|part| part.x[column])).collect(),
        }
    }

    /// Sums of risks, of risks times covariates and times their squares at each time of exit, from which all follows: with the
    /// hazard $h_k$ at a time and what each event is spared of it, $s_k$, the score is $\sum_{\text{events}} w x - \sum_k (h_k S_{1k} - s_k D_{1k})$.
    fn evaluate_times(&self, observed: &Observed, beta: &[f64]) -> Evaluation {
        let p = self.x.n_columns();
        let (risk, largest) = self.x.risks(beta);
        let new = || (0.0, vec![0.0; p], vec![0.0; p * p], DMatrix::zeros(p, p));
        let visit = |of: &mut (f64, Vec<f64>, Vec<f64>, DMatrix<f64>), at: &AtTime| {
            let sums = self.ties.sums(at.s0, at.d0, at.events, at.weight);
            let expected = |[s, d]: [&f64; 2]| sums.hazard * s - sums.spared * d;
            of.0 += sums.log;
            for (sum, (s, d)) in of.1.iter_mut().zip(at.s1.iter().zip(at.d1)) {
                *sum += expected([s, d]);
            }
            for (sum, (s, d)) in of.2.iter_mut().zip(at.s2.iter().zip(at.d2)) {
                *sum += expected([s, d]);
            }
            add_squares(&mut of.3, at, &sums, 1.0);
        };
        let parts = scan_groups(&self.sets, &self.x.rows, p, true, &risk, new, visit);
        let linear: f64 = observed.x.iter().zip(beta).map(|(x, b)| x * b).sum();
        let mut log_likelihood = linear + observed.offset - largest * observed.weight;
        let (mut score, mut information) =
            (DVector::from_column_slice(&observed.x), DMatrix::zeros(p, p));
        for (log, expected, squares, of_means) in parts {
            log_likelihood -= log;
            score -= DVector::from_vec(expected);
            information += whole_matrix(p, &squares) - of_means;
        }
        Evaluation { log_likelihood, score, information }
    }

    fn evaluate_sums(&self, beta: &[f64]) -> Evaluation {
        let p = self.x.n_columns();
        let (predictors, largest) = self.x.predictors(beta);
        let risk = risks_of(&predictors, largest);
        let steps = Steps::new(self, &risk, |_| 1.0);
        let events = |cell: &Cell| cell.event;
        let gathered: Vec<(f64, Vec<f64>, DMatrix<f64>)> = self.by_patterns(|patterns| {
            let (mut log, mut score) = (0.0, vec![0.0; p]);
            let mut products = Products::new(&self.x.rows, p);
            for j in patterns {
                let (mut expected, mut observed) = (0.0, 0.0);
                for cell in self.sets.of_pattern(j) {
                    expected += cell.weight * steps.exposure(cell);
                    observed += if events(cell) { cell.weight } else { 0.0 };
                }
                expected *= risk[j];
                log += observed * (predictors[j] - largest);
                self.x.rows.add(j, observed - expected, &mut score);
                products.add(j, expected);
            }
            (log, score, products.squares())
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
        gather: impl Fn(Range<usize>) -> Gathered + Sync,
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
            let mut products = Products::new(&self.x.rows, p);
            for j in patterns {
                let expected: f64 = self
                    .sets
                    .of_pattern(j)
                    .map(|cell| cell.weight * steps.exposure(cell))
                    .sum::<f64>()
                    * risk[j];
                products.add(j, expected);
            }
            products.squares()
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

    /// Events have the largest predictor at risk, or with exact ties larger ones than all who stay.
    fn rises_most(&self, direction: &[f64]) -> Option<Vec<f64>> {
        let cells = &self.sets.cells;
        let of = |cell: &Cell| self.x.rows.dot(cell.pattern as usize, direction);
        let values: Vec<f64> = cells.iter().map(of).collect();
        let stays = |cell: &Cell| {
            let leaves = cell.event && self.ties == Ties::Exact;
            cell.first as usize..cell.last as usize - usize::from(leaves)
        };
        let at_risk: Vec<Range<usize>> = cells.iter().map(stays).collect();
        let largest = largest_at(self.sets.times.len(), &values, &at_risk);
        let events = (0..cells.len()).filter(|&cell| cells[cell].event);
        let pairs =
            events.filter_map(|event| Some((largest[cells[event].last as usize - 1]?, event)));
        let rise = |&(other, event): &(usize, usize)| values[other] - values[event];
        let (other, event) = pairs.max_by(|a, b| rise(a).total_cmp(&rise(b)))?;
        let mut difference = vec![0.0; self.x.n_columns()];
        self.x.rows.add(cells[other].pattern as usize, 1.0, &mut difference);
        self.x.rows.add(cells[event].pattern as usize, -1.0, &mut difference);
        Some(difference)
    }

    fn evaluate(&self, beta: &[f64]) -> Option<Evaluation> {
        let of = match self.ties {
            Ties::Exact => super::exact::evaluate(self, beta),
            Ties::Efron | Ties::Breslow => match &self.observed {
                Some(observed) => self.evaluate_times(observed, beta),
                None => self.evaluate_sums(beta),
            },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::Factor;
    use crate::spells::{Spells, Weights};

    /// One pass over cells of few times, with two strata, an offset, weights, a factor and numbers on both sides of it, and the
    /// sums by pattern are one likelihood.
    #[test]
    fn one_pass_and_sums_by_pattern_agree() {
        let n = 200;
        let numbers =
            |of: &dyn Fn(f64) -> f64| -> Vec<f64> { (0..n).map(|k| of(f64::from(k))).collect() };
        let exit = numbers(&|k| 1.0 + (k * 7.0) % 6.0);
        let cause = (0..n).map(|k| (k % 5 > 0).then_some(0)).collect();
        let weights = Weights::Case(numbers(&|k| 1.0 + k % 3.0));
        let spells = Spells::new(1, exit, cause).unwrap().with_weights(weights).unwrap();
        let codes = |m: u32| (0..n as u32).map(|k| k % m).collect::<Vec<_>>();
        let design = Design::builder()
            .numeric("age", numbers(&|k| 50.0 + (k * 0.77).sin()))
            .factor("g", Factor::from_codes(codes(3), ["a", "b", "c"]).unwrap())
            .numeric("z", numbers(&|k| (k * 1.3).cos()))
            .offset(numbers(&|k| 0.1 * (k % 4.0)))
            .strata("s", Factor::from_codes(codes(2), ["m", "f"]).unwrap())
            .build()
            .unwrap();
        for ties in [Ties::Efron, Ties::Breslow] {
            let likelihood = Likelihood::new(RiskSets::new(&spells, &design, None), &design, ties);
            let observed = likelihood.observed.as_ref().unwrap();
            let beta = [0.3, -0.5, 0.7, 0.2];
            let one = likelihood.evaluate_times(observed, &beta);
            let other = likelihood.evaluate_sums(&beta);
            let near = |a: f64, b: f64| (a - b).abs() < 1e-12 * (1.0 + b.abs());
            assert!(near(one.log_likelihood, other.log_likelihood));
            assert!(one.score.iter().zip(&other.score).all(|(a, b)| (a - b).abs() < 1e-11));
            let pairs = one.information.iter().zip(&other.information);
            assert!(pairs.into_iter().all(|(&a, &b)| near(a, b)), "{ties:?}");
        }
    }
}
