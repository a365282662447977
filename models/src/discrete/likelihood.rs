//! The likelihood of counts by pattern and time, with its score and its information.

use std::ops::Range;

use nalgebra::{DMatrix, DVector};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::lines::Lines;
use super::link::{CLogLog, Exits, Information, Link, Logit, Multinomial};
use super::shape::Basis;
use crate::cox::covariates::Covariates;
use crate::cox::index::NONE;
use crate::cox::likelihood::Evaluation;
use crate::cox::newton::{Objective, mean_weight};
use crate::error::Error;

/// A likelihood of counts. Coefficients of an exit are those of the duration, of the covariates and of the further clocks.
#[derive(Debug, Clone)]
pub(crate) struct Likelihood {
    pub(crate) lines: Lines,
    pub(crate) x: Covariates,
    /// Of the duration first.
    pub(crate) bases: Vec<Basis>,
    pub(crate) n_exits: usize,
    pub(crate) link: Link,
    pub(crate) information: Information,
    /// By exit: levels of the duration at which nobody leaves by it, so that its hazard is 0.
    pub(crate) closed: Vec<Vec<bool>>,
    /// By exit: hazards, 0 or 1, of the times without a parameter.
    pub(crate) known: Vec<Vec<f64>>,
    /// Patterns that are worth a task.
    pub(crate) chunks: Vec<Range<usize>>,
}

/// Cells that one task goes through, at least. Part of the result.
const CELLS: usize = 1 << 14;
/// Numbers that all tasks may add up in, together.
const ROOM: usize = 1 << 24;
/// Most tasks.
const TASKS: usize = 64;

/// Sums over patterns, with levels of clocks still apart.
struct Sums {
    log: f64,
    /// By exit and column.
    score: DMatrix<f64>,
    /// By clock: by exit and level.
    levels: Vec<DMatrix<f64>>,
    /// By pair of exits.
    pairs: Vec<Products>,
}

/// Sums of weights times products.
struct Products {
    /// Covariates by covariates,
    xx: DMatrix<f64>,
    /// by clock levels by covariates,
    lx: Vec<DMatrix<f64>>,
    /// by clock at one level,
    diagonal: Vec<Vec<f64>>,
    /// and by two clocks level by level: 01, 02, …, 12, …
    between: Vec<DMatrix<f64>>,
}

impl Products {
    fn new(p: usize, levels: &[usize]) -> Self {
        let mut between = Vec::new();
        for (c, &n) in levels.iter().enumerate() {
            between.extend(levels[c + 1..].iter().map(|&other| DMatrix::zeros(n, other)));
        }
        Self {
            xx: DMatrix::zeros(p, p),
            lx: levels.iter().map(|&n| DMatrix::zeros(n, p)).collect(),
            diagonal: levels.iter().map(|&n| vec![0.0; n]).collect(),
            between,
        }
    }

    fn add(&mut self, other: &Self) {
        self.xx += &other.xx;
        for (sum, part) in self.lx.iter_mut().zip(&other.lx) {
            *sum += part;
        }
        for (sum, part) in self.diagonal.iter_mut().zip(&other.diagonal) {
            for (sum, part) in sum.iter_mut().zip(part) {
                *sum += part;
            }
        }
        for (sum, part) in self.between.iter_mut().zip(&other.between) {
            *sum += part;
        }
    }
}

/// A range that nothing has widened yet.
const NOTHING: Range<usize> = Range { start: usize::MAX, end: 0 };

/// Sums over one pattern by level, and which levels it touches.
struct OfPattern {
    /// By pair of exits and clock.
    weight: Vec<Vec<Vec<f64>>>,
    touched: Vec<Range<usize>>,
}

impl Likelihood {
    /// Number of coefficients of an exit.
    pub(crate) fn width_of_exit(&self) -> usize {
        self.x.n_columns() + self.bases.iter().map(Basis::n_columns).sum::<usize>()
    }

    /// Places of the coefficients of a clock within those of an exit.
    pub(crate) fn places(&self, clock: usize) -> Range<usize> {
        let before: usize = self.bases[..clock].iter().map(Basis::n_columns).sum();
        let start = before + if clock > 0 { self.x.n_columns() } else { 0 };
        start..start + self.bases[clock].n_columns()
    }

    /// Places of the coefficients of the covariates within those of an exit.
    pub(crate) fn covariates(&self) -> Range<usize> {
        let start = self.bases[0].n_columns();
        start..start + self.x.n_columns()
    }

    /// Cuts the patterns into tasks.
    pub(crate) fn cut(&mut self) {
        let levels: usize = self.bases.iter().map(|basis| basis.n_levels).sum();
        let p = self.x.n_columns();
        let pairs = self.n_exits * (self.n_exits + 1) / 2;
        let tasks = (ROOM / (pairs * (p + levels) * (p + levels)).max(1)).clamp(1, TASKS);
        let least = CELLS.max(self.lines.at_risk.len().div_ceil(tasks));
        let (mut start, mut cells) = (0, 0);
        for pattern in 0..self.lines.n_patterns() {
            let lines = &self.lines.all[self.lines.of_pattern(pattern)];
            cells += lines.iter().map(|line| line.cells.len()).sum::<usize>();
            if cells >= least || pattern + 1 == self.lines.n_patterns() {
                self.chunks.push(start..pattern + 1);
                (start, cells) = (pattern + 1, 0);
            }
        }
    }

    /// Functions of the clocks by exit, clock and level.
    pub(crate) fn functions(&self, coefficients: &[f64]) -> Vec<Vec<Vec<f64>>> {
        let width = self.width_of_exit();
        let of_exit = |exit: usize| {
            let of = &coefficients[exit * width..(exit + 1) * width];
            let function = |c: usize| self.bases[c].function(&of[self.places(c)]);
            let mut functions: Vec<Vec<f64>> = (0..self.bases.len()).map(function).collect();
            for (value, closed) in functions[0].iter_mut().zip(&self.closed[exit]) {
                if *closed {
                    *value = f64::NEG_INFINITY;
                }
            }
            functions
        };
        (0..self.n_exits).map(of_exit).collect()
    }

    /// What the link and the number of exits make of a cell.
    pub(crate) fn exits(&self) -> Box<dyn Exits> {
        match (self.n_exits, self.link) {
            (1, Link::Logit) => Box::new(Logit),
            (1, Link::CLogLog) => Box::new(CLogLog(self.information)),
            (n, _) => Box::new(Multinomial(n)),
        }
    }

    /// Visits the cells of a line that are at risk at a level of the duration: place of the cell, linear predictors, and levels of
    /// the clocks.
    pub(crate) fn visit(
        &self,
        line: usize,
        predictors: &[f64],
        functions: &[Vec<Vec<f64>>],
        mut visit: impl FnMut(usize, &[f64], &[usize]),
    ) {
        let of = &self.lines.all[line];
        let duration = &self.bases[0].level[of.first as usize..];
        let mut eta = vec![0.0; self.n_exits];
        let mut levels = vec![0; self.bases.len()];
        let starts: Vec<usize> =
            (1..self.bases.len()).map(|c| self.lines.start(line, c - 1)).collect();
        for (i, cell) in of.cells.clone().enumerate() {
            if duration[i] == NONE || self.lines.at_risk[cell] <= 0.0 {
                continue;
            }
            levels[0] = duration[i] as usize;
            for (c, start) in starts.iter().enumerate() {
                levels[c + 1] = self.bases[c + 1].level[start + i] as usize;
            }
            for (k, eta) in eta.iter_mut().enumerate() {
                *eta = predictors[k];
                for (function, &level) in functions[k].iter().zip(&levels) {
                    *eta += function[level];
                }
            }
            visit(cell, &eta, &levels);
        }
    }

    /// Linear predictors of a pattern by exit, clocks apart.
    pub(crate) fn predictors(&self, pattern: usize, coefficients: &[f64]) -> Vec<f64> {
        let width = self.width_of_exit();
        let covariates = self.covariates();
        let of = |exit: usize| {
            let of = &coefficients[exit * width..(exit + 1) * width];
            self.x.offset(pattern) + self.x.rows.dot(pattern, &of[covariates.clone()])
        };
        (0..self.n_exits).map(of).collect()
    }

    fn sum(
        &self,
        exits: &impl Exits,
        patterns: Range<usize>,
        coefficients: &[f64],
        functions: &[Vec<Vec<f64>>],
    ) -> Sums {
        let (p, n) = (self.x.n_columns(), self.n_exits);
        let levels: Vec<usize> = self.bases.iter().map(|basis| basis.n_levels).collect();
        let n_pairs = n * (n + 1) / 2;
        let mut sums = Sums {
            log: 0.0,
            score: DMatrix::zeros(p, n),
            levels: levels.iter().map(|&of| DMatrix::zeros(of, n)).collect(),
            pairs: (0..n_pairs).map(|_| Products::new(p, &levels)).collect(),
        };
        let mut of_pattern = OfPattern {
            weight: vec![levels.iter().map(|&of| vec![0.0; of]).collect(); n_pairs],
            touched: vec![NOTHING; levels.len()],
        };
        let (mut residual, mut weight) = (vec![0.0; n], vec![0.0; n_pairs]);
        let mut totals = vec![0.0; n];
        for pattern in patterns {
            totals.fill(0.0);
            let predictors = self.predictors(pattern, coefficients);
            for line in self.lines.of_pattern(pattern) {
                let of = &self.lines.all[line];
                let mut events = &self.lines.events[of.events.clone()];
                self.visit(line, &predictors, functions, |cell, eta, levels| {
                    let before = events.iter().take_while(|of| of.cell < cell).count();
                    let own = events[before..].iter().take_while(|of| of.cell == cell).count();
                    let here = &events[before..before + own];
                    events = &events[before + own..];
                    let at_risk = self.lines.at_risk[cell];
                    sums.log += exits.cell(at_risk, here, eta, &mut residual, &mut weight);
                    for (k, residual) in residual.iter().enumerate() {
                        totals[k] += residual;
                        for (score, &level) in sums.levels.iter_mut().zip(levels) {
                            score[(level, k)] += residual;
                        }
                    }
                    of_pattern.add(&weight, levels, &mut sums.pairs);
                });
            }
            for (column, x) in self.x.rows.row(pattern) {
                for (k, total) in totals.iter().enumerate() {
                    sums.score[(column, k)] += total * x;
                }
            }
            of_pattern.flush(&mut sums.pairs, || self.x.rows.row(pattern));
        }
        sums
    }

    /// The likelihood with one of its informations.
    pub(crate) fn evaluate_with(
        &self,
        information: Information,
        coefficients: &[f64],
    ) -> Option<Evaluation> {
        let functions = self.functions(coefficients);
        let parts: Vec<Sums> = match (self.n_exits, self.link) {
            (1, Link::Logit) => self.parts(&Logit, coefficients, &functions),
            (1, Link::CLogLog) => self.parts(&CLogLog(information), coefficients, &functions),
            (n, _) => self.parts(&Multinomial(n), coefficients, &functions),
        };
        let mut parts = parts.into_iter();
        let mut sums = parts.next()?;
        for part in parts {
            sums.log += part.log;
            sums.score += part.score;
            for (sum, part) in sums.levels.iter_mut().zip(&part.levels) {
                *sum += part;
            }
            for (sum, part) in sums.pairs.iter_mut().zip(&part.pairs) {
                sum.add(part);
            }
        }
        self.assemble(&sums).if_finite()
    }

    fn parts(
        &self,
        exits: &impl Exits,
        coefficients: &[f64],
        functions: &[Vec<Vec<f64>>],
    ) -> Vec<Sums> {
        let of =
            |patterns: &Range<usize>| self.sum(exits, patterns.clone(), coefficients, functions);
        self.chunks.par_iter().map(of).collect()
    }

    /// From levels to coefficients.
    fn assemble(&self, sums: &Sums) -> Evaluation {
        let (width, n) = (self.width_of_exit(), self.n_exits);
        let x = self.covariates();
        let mut score = DVector::zeros(n * width);
        for k in 0..n {
            score.rows_mut(k * width + x.start, x.len()).copy_from(&sums.score.column(k));
        }
        for (c, basis) in self.bases.iter().enumerate() {
            let of = basis.gather(&sums.levels[c]);
            let places = self.places(c);
            for k in 0..n {
                score.rows_mut(k * width + places.start, places.len()).copy_from(&of.column(k));
            }
        }
        let mut information = DMatrix::zeros(n * width, n * width);
        let mut pair = 0;
        for k in 0..n {
            for l in k..n {
                let block = self.block(&sums.pairs[pair]);
                information.view_mut((k * width, l * width), (width, width)).copy_from(&block);
                information.view_mut((l * width, k * width), (width, width)).copy_from(&block);
                pair += 1;
            }
        }
        Evaluation { log_likelihood: sums.log, score, information }
    }

    /// The information of a pair of exits; it is symmetric.
    fn block(&self, of: &Products) -> DMatrix<f64> {
        let x = self.covariates();
        let mut block = DMatrix::zeros(self.width_of_exit(), self.width_of_exit());
        let mut put = |rows: &Range<usize>, columns: &Range<usize>, part: &DMatrix<f64>| {
            let at = |a: &Range<usize>, b: &Range<usize>| ((a.start, b.start), (a.len(), b.len()));
            let (start, size) = at(rows, columns);
            block.view_mut(start, size).copy_from(part);
            let (start, size) = at(columns, rows);
            block.view_mut(start, size).copy_from(&part.transpose());
        };
        put(&x, &x, &of.xx);
        let mut pair = 0;
        for (c, basis) in self.bases.iter().enumerate() {
            let places = self.places(c);
            put(&places, &x, &basis.gather(&of.lx[c]));
            put(&places, &places, &basis.square(&of.diagonal[c]));
            for (other, with) in self.bases.iter().enumerate().skip(c + 1) {
                let rows = basis.gather(&of.between[pair]);
                put(&self.places(other), &places, &with.gather(&rows.transpose()));
                pair += 1;
            }
        }
        block
    }
}

impl OfPattern {
    fn add(&mut self, weight: &[f64], levels: &[usize], pairs: &mut [Products]) {
        for (touched, &level) in self.touched.iter_mut().zip(levels) {
            touched.start = touched.start.min(level);
            touched.end = touched.end.max(level + 1);
        }
        for ((sums, products), weight) in self.weight.iter_mut().zip(pairs).zip(weight) {
            let mut pair = 0;
            for (c, &level) in levels.iter().enumerate() {
                sums[c][level] += weight;
                for &other in &levels[c + 1..] {
                    products.between[pair][(level, other)] += weight;
                    pair += 1;
                }
            }
        }
    }

    /// Adds the pattern's products and clears it.
    fn flush<Row: Iterator<Item = (usize, f64)>>(
        &mut self,
        pairs: &mut [Products],
        row: impl Fn() -> Row,
    ) {
        for (sums, products) in self.weight.iter_mut().zip(pairs) {
            let touched = self.touched[0].clone();
            let total: f64 = sums[0].get(touched).map_or(0.0, |sums| sums.iter().sum());
            for (column, x) in row() {
                for (other, y) in row() {
                    products.xx[(other, column)] += total * x * y;
                }
            }
            for (c, sums) in sums.iter_mut().enumerate() {
                let Some(sums) = sums.get_mut(self.touched[c].clone()) else { continue };
                let start = self.touched[c].start;
                for (column, x) in row() {
                    let mut products = products.lx[c].column_mut(column);
                    let products = &mut products.as_mut_slice()[start..];
                    for (product, sum) in products.iter_mut().zip(&*sums) {
                        *product += x * sum;
                    }
                }
                for (total, sum) in products.diagonal[c][start..].iter_mut().zip(sums) {
                    *total += *sum;
                    *sum = 0.0;
                }
            }
        }
        for touched in &mut self.touched {
            *touched = NOTHING;
        }
    }
}

impl Objective for Likelihood {
    /// An upper bound: the sum of the ranges of the covariates' part and the clocks'.
    fn spread(&self, change: &[f64]) -> f64 {
        let width = self.width_of_exit();
        let mut largest = 0.0_f64;
        for exit in 0..self.n_exits {
            let of = &change[exit * width..(exit + 1) * width];
            let mut range = self.x.rows.spread(&of[self.covariates()]);
            for (c, basis) in self.bases.iter().enumerate() {
                let function = basis.function(&of[self.places(c)]);
                let low = function.iter().fold(f64::INFINITY, |a, &b| a.min(b));
                let high = function.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
                range += (high - low).max(0.0);
            }
            largest = largest.max(range);
        }
        largest
    }

    fn rises_most(&self, direction: &[f64]) -> Option<Vec<f64>> {
        self.rises_most_along(direction)
    }

    fn width(&self) -> usize {
        self.n_exits * self.width_of_exit()
    }

    fn unit(&self) -> f64 {
        mean_weight(self.lines.outcomes.iter().map(|of| (of.weight, of.spells)))
    }

    fn evaluate(&self, coefficients: &[f64]) -> Option<Evaluation> {
        self.evaluate_with(Information::Observed, coefficients)
    }

    fn unbounded(&self, terms: Vec<String>, at: &Evaluation) -> Error {
        // Where exits and stays overlap, each of the two adds at least the logarithm of 2 for a spell.
        Error::Separation { terms, complete: at.log_likelihood > -1e-3 * self.unit() }
    }
}
