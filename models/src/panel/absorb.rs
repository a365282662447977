//! Taking effects out of columns.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::Effect;
use super::elimination::Elimination;
use super::least_squares::{dot, sum};

/// Effects to take out of columns by weighted means.
///
/// One effect goes out by its means. Several go out by least squares on the levels of all but the first, with indicators $D$:
/// with $M$ taking means of the first effect out, $D^\top W M D a = D^\top W M y$ by conjugate gradients, scaled by the levels'
/// weights; what is left is $M (y - D a)$. A step costs one pass over the codes and no column of rows. In a balanced panel of
/// two effects the first step is exact. Designs that need many steps are scaled by approximate factors instead.
pub(super) struct Absorber<'a> {
    effects: Vec<&'a Effect>,
    weights: Option<&'a [f64]>,
    /// Sum of weights of each level.
    totals: Vec<Vec<f64>>,
    /// First rows of stretches of one level of the first effect, and the number of rows; empty if levels' rows lie apart.
    stretches: Vec<u32>,
    /// Approximate factors of the further effects' levels, made when they are first needed; `None` of few levels.
    factors: OnceLock<Vec<Option<Elimination>>>,
}

/// Steps of conjugate gradients, at most: designs that need more are as good as unconnected.
const MOST_ROUNDS: usize = 20_000;
/// Square sum of what is left to take out against the column's at which the search ends.
const SMALL: f64 = 1e-28;
/// The same, above which rounding calls for another search.
const AGAIN: f64 = 1e-24;
/// Steps after which levels' weights are given up as a scale for approximate factors.
const PATIENCE: usize = 25;
/// Levels from which a factor is made.
const FEW: usize = 100;
/// Searches, at most.
const MOST_SEARCHES: usize = 3;
/// Numbers from which threads pay.
pub(super) const MANY: usize = 1 << 16;

impl<'a> Absorber<'a> {
    pub(super) fn new(effects: Vec<&'a Effect>, weights: Option<&'a [f64]>) -> Self {
        let totals = effects.iter().map(|effect| {
            let mut totals = vec![0.0; effect.levels.len()];
            for (row, &code) in effect.codes.iter().enumerate() {
                totals[code as usize] += weights.map_or(1.0, |w| w[row]);
            }
            totals
        });
        let totals = totals.collect();
        let stretches = match effects.first() {
            Some(first) if first.codes.is_sorted() => {
                let codes = &first.codes;
                let starts = (0..codes.len()).filter(|&at| at == 0 || codes[at] != codes[at - 1]);
                starts.chain([codes.len()]).map(|at| at as u32).collect()
            }
            _ => Vec::new(),
        };
        Self { effects, weights, totals, stretches, factors: OnceLock::new() }
    }

    /// Takes the effects out of every column; the largest number of rounds that one of them needed.
    pub(super) fn absorb(&self, columns: &mut [Vec<f64>]) -> Result<usize, usize> {
        let size: usize = columns.iter().map(Vec::len).sum();
        let rounds: Vec<Result<usize, usize>> = if size < MANY {
            columns.iter_mut().map(|column| self.absorb_column(column)).collect()
        } else {
            columns.par_iter_mut().map(|column| self.absorb_column(column)).collect()
        };
        rounds.into_iter().try_fold(0, |most, rounds| Ok(most.max(rounds?)))
    }

    fn absorb_column(&self, column: &mut [f64]) -> Result<usize, usize> {
        match self.effects.len() {
            0 => {
                self.centre(column);
                Ok(1)
            }
            1 => {
                self.take_first_out(column);
                Ok(1)
            }
            _ => self.project(column).map(|(rounds, _)| rounds),
        }
    }

    /// Effects that add up to a column, by level of each. Those of all effects but the first have weighted means 0 wherever
    /// rows connect their levels by the first.
    pub(super) fn split(&self, column: &[f64]) -> Result<Vec<Vec<f64>>, usize> {
        let mut rest = column.to_vec();
        let mut levels: Vec<Vec<f64>> = Vec::new();
        if self.effects.len() > 1 {
            let (_, found) = self.project(&mut rest)?;
            rest.copy_from_slice(column);
            for (effect, places) in self.effects[1..].iter().zip(self.places().windows(2)) {
                let mut values = found[places[0]..places[1]].to_vec();
                self.centre_parts(effect, &mut values);
                for (rest, &code) in rest.iter_mut().zip(&effect.codes) {
                    *rest -= values[code as usize];
                }
                levels.push(values);
            }
        }
        levels.splice(0..0, self.effects.first().map(|first| self.means(first, &rest)));
        Ok(levels)
    }

    /// Weighted means of a column by level of the first effect; 0 without rows.
    fn means(&self, first: &Effect, column: &[f64]) -> Vec<f64> {
        let mut means = vec![0.0; first.levels.len()];
        for (row, (&code, value)) in first.codes.iter().zip(column).enumerate() {
            means[code as usize] += self.weights.map_or(1.0, |w| w[row]) * value;
        }
        for (mean, total) in means.iter_mut().zip(&self.totals[0]) {
            *mean = if *total > 0.0 { *mean / total } else { 0.0 };
        }
        means
    }

    /// Takes the weighted mean out of each set of levels that rows connect by the first effect.
    fn centre_parts(&self, effect: &Effect, values: &mut [f64]) {
        let shift = self.effects[0].levels.len();
        let (mut parent, _) = joined(self.effects[0], effect);
        let parts: Vec<usize> =
            (0..values.len()).map(|level| root(&mut parent, shift + level)).collect();
        let (mut sums, mut totals) = (vec![0.0; parent.len()], vec![0.0; parent.len()]);
        for (row, &code) in effect.codes.iter().enumerate() {
            let (part, weight) = (parts[code as usize], self.weights.map_or(1.0, |w| w[row]));
            sums[part] += weight * values[code as usize];
            totals[part] += weight;
        }
        for (value, &part) in values.iter_mut().zip(&parts) {
            *value = if totals[part] > 0.0 { *value - sums[part] / totals[part] } else { 0.0 };
        }
    }

    fn centre(&self, column: &mut [f64]) {
        for _ in 0..2 {
            let mean = match self.weights {
                None => sum(column) / column.len() as f64,
                Some(weights) => dot(column, weights) / sum(weights),
            };
            for value in column.iter_mut() {
                *value -= mean;
            }
        }
    }

    /// Takes the means of the first effect out: twice, so that means that are large against the spread leave no rounding.
    fn take_first_out(&self, column: &mut [f64]) {
        if self.stretches.is_empty() {
            self.take_scattered_out(column);
            self.take_scattered_out(column);
        } else {
            self.take_stretches_out(column, &self.stretches);
        }
    }

    /// Stretches know nothing of each other, so threads change no bit.
    fn take_stretches_out(&self, column: &mut [f64], stretches: &[u32]) {
        let first = stretches[0] as usize;
        if column.len() >= MANY && stretches.len() > 2 {
            let middle = stretches.len() / 2;
            let (left, right) = column.split_at_mut(stretches[middle] as usize - first);
            rayon::join(
                || self.take_stretches_out(left, &stretches[..=middle]),
                || self.take_stretches_out(right, &stretches[middle..]),
            );
            return;
        }
        let codes = &self.effects[0].codes;
        for pair in stretches.windows(2) {
            let (start, end) = (pair[0] as usize, pair[1] as usize);
            let values = &mut column[start - first..end - first];
            let total = self.totals[0][codes[start] as usize];
            match self.weights {
                None => take_mean_out(values, total),
                Some(w) => {
                    for _ in 0..2 {
                        let products = values.iter().zip(&w[start..end]).map(|(v, w)| v * w);
                        let mean = products.sum::<f64>() / total;
                        for value in values.iter_mut() {
                            *value -= mean;
                        }
                    }
                }
            }
        }
    }

    fn take_scattered_out(&self, column: &mut [f64]) {
        let means = self.means(self.effects[0], column);
        for (&code, value) in self.effects[0].codes.iter().zip(column.iter_mut()) {
            *value -= means[code as usize];
        }
    }

    /// First place of each further effect among all their levels, and the number of levels.
    fn places(&self) -> Vec<usize> {
        let sizes = self.totals[1..].iter().map(Vec::len);
        std::iter::once(0)
            .chain(sizes.scan(0, |end, size| {
                *end += size;
                Some(*end)
            }))
            .collect()
    }

    /// $D^\top W v$ for rows' values.
    fn to_levels(&self, places: &[usize], column: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; places[places.len() - 1]];
        for (effect, &place) in self.effects[1..].iter().zip(places) {
            let out = &mut out[place..];
            for (row, (&code, value)) in effect.codes.iter().zip(column).enumerate() {
                out[code as usize] += self.weights.map_or(1.0, |w| w[row]) * value;
            }
        }
        out
    }

    /// $\sum_e a_{e}$ of a row.
    fn of_row(&self, places: &[usize], levels: &[f64], row: usize) -> f64 {
        let each = self.effects[1..].iter().zip(places);
        each.map(|(effect, place)| levels[place + effect.codes[row] as usize]).sum()
    }

    /// $D^\top W M D a$; `room` is room to work in.
    fn apply(&self, places: &[usize], a: &[f64], out: &mut [f64], room: &mut Vec<f64>) {
        out.fill(0.0);
        let weight = |row: usize| self.weights.map_or(1.0, |w| w[row]);
        let further = &self.effects[1..];
        if self.stretches.is_empty() {
            let codes = &self.effects[0].codes;
            room.clear();
            room.resize(self.totals[0].len(), 0.0);
            for (row, &code) in codes.iter().enumerate() {
                room[code as usize] += weight(row) * self.of_row(places, a, row);
            }
            for (mean, total) in room.iter_mut().zip(&self.totals[0]) {
                *mean /= total;
            }
            for (row, &code) in codes.iter().enumerate() {
                let left = weight(row) * (self.of_row(places, a, row) - room[code as usize]);
                for (effect, place) in further.iter().zip(places) {
                    out[place + effect.codes[row] as usize] += left;
                }
            }
            return;
        }
        for pair in self.stretches.windows(2) {
            let (start, end) = (pair[0] as usize, pair[1] as usize);
            let total = self.totals[0][self.effects[0].codes[start] as usize];
            room.clear();
            room.resize(end - start, 0.0);
            for (effect, &place) in further.iter().zip(places) {
                let a = &a[place..];
                for (value, &code) in room.iter_mut().zip(&effect.codes[start..end]) {
                    *value += a[code as usize];
                }
            }
            let mean = match self.weights {
                None => room.iter().sum::<f64>(),
                Some(w) => room.iter().zip(&w[start..end]).map(|(v, w)| v * w).sum(),
            } / total;
            match self.weights {
                None => room.iter_mut().for_each(|value| *value -= mean),
                Some(w) => {
                    let weighted = room.iter_mut().zip(&w[start..end]);
                    weighted.for_each(|(value, w)| *value = (*value - mean) * w);
                }
            }
            for (effect, &place) in further.iter().zip(places) {
                let out = &mut out[place..];
                for (value, &code) in room.iter().zip(&effect.codes[start..end]) {
                    out[code as usize] += value;
                }
            }
        }
    }

    /// Takes several effects out; the number of rounds, and what went out by the levels of all effects but the first.
    fn project(&self, column: &mut [f64]) -> Result<(usize, Vec<f64>), usize> {
        self.centre(column);
        let scale = match self.weights {
            None => dot(column, column),
            Some(w) => column.iter().zip(w).map(|(v, w)| v * v * w).sum(),
        };
        let places = self.places();
        let inverse: Vec<f64> = self.totals[1..]
            .iter()
            .flatten()
            .map(|total| if *total > 0.0 { 1.0 / total } else { 0.0 })
            .collect();
        let mut rounds = 0;
        let mut levels = vec![0.0; inverse.len()];
        for search in 0..MOST_SEARCHES {
            self.take_first_out(column);
            let right = self.to_levels(&places, column);
            let left: f64 = right.iter().zip(&inverse).map(|(r, d)| r * r * d).sum();
            if left <= if search == 0 { SMALL } else { AGAIN } * scale {
                break;
            }
            let (found, of_search) = self.search(&places, right, &inverse, SMALL * scale)?;
            rounds += of_search;
            for (row, value) in column.iter_mut().enumerate() {
                *value -= self.of_row(&places, &found, row);
            }
            levels.iter_mut().zip(&found).for_each(|(level, found)| *level += found);
        }
        self.take_first_out(column);
        Ok((rounds.max(1), levels))
    }

    /// Residuals by the levels' weights, or by the approximate factors.
    fn scale(
        &self,
        places: &[usize],
        inverse: &[f64],
        by_factors: bool,
        residual: &[f64],
        scaled: &mut [f64],
    ) {
        for ((z, r), d) in scaled.iter_mut().zip(residual).zip(inverse) {
            *z = r * d;
        }
        if !by_factors {
            return;
        }
        let factors = self.factors.get_or_init(|| {
            let factor = |effect: &&Effect| {
                (effect.levels.len() >= FEW)
                    .then(|| Elimination::new(&self.stretches, effect, self.weights))
            };
            self.effects[1..].iter().map(factor).collect()
        });
        for (factor, place) in factors.iter().zip(places.windows(2)) {
            if let Some(factor) = factor {
                let scaled = &mut scaled[place[0]..place[1]];
                scaled.copy_from_slice(&residual[place[0]..place[1]]);
                factor.solve(scaled);
            }
        }
    }

    /// Conjugate gradients on levels; the solution and the number of steps.
    fn search(
        &self,
        places: &[usize],
        right: Vec<f64>,
        inverse: &[f64],
        small: f64,
    ) -> Result<(Vec<f64>, usize), usize> {
        let mut residual = right;
        let mut solution = vec![0.0; residual.len()];
        let mut image = vec![0.0; residual.len()];
        let mut scaled = vec![0.0; residual.len()];
        let mut room = Vec::new();
        let mut by_factors = false;
        self.scale(places, inverse, by_factors, &residual, &mut scaled);
        let mut direction = scaled.clone();
        let mut left = dot(&residual, &scaled);
        for round in 1..=MOST_ROUNDS {
            self.apply(places, &direction, &mut image, &mut room);
            let curvature = dot(&direction, &image);
            if curvature <= 0.0 {
                return Ok((solution, round));
            }
            let step = left / curvature;
            for ((x, u), (r, v)) in
                solution.iter_mut().zip(&direction).zip(residual.iter_mut().zip(&image))
            {
                *x += step * u;
                *r -= step * v;
            }
            let again = round == PATIENCE && !self.stretches.is_empty();
            by_factors |= again;
            self.scale(places, inverse, by_factors, &residual, &mut scaled);
            let now = dot(&residual, &scaled);
            if now <= small {
                return Ok((solution, round));
            }
            // Another scale begins anew.
            let keep = if again { 0.0 } else { now / left };
            for (u, z) in direction.iter_mut().zip(&scaled) {
                *u = z + keep * *u;
            }
            left = now;
        }
        Err(MOST_ROUNDS)
    }
}

/// Takes the mean out twice; few values are held in registers.
fn take_mean_out(values: &mut [f64], total: f64) {
    fn of<const N: usize>(values: &mut [f64], total: f64) {
        let Some(values) = values.first_chunk_mut::<N>() else { return };
        for _ in 0..2 {
            let mean = values.iter().sum::<f64>() / total;
            for value in values.iter_mut() {
                *value -= mean;
            }
        }
    }
    match values.len() {
        2 => of::<2>(values, total),
        3 => of::<3>(values, total),
        4 => of::<4>(values, total),
        5 => of::<5>(values, total),
        6 => of::<6>(values, total),
        7 => of::<7>(values, total),
        8 => of::<8>(values, total),
        9 => of::<9>(values, total),
        10 => of::<10>(values, total),
        _ => {
            for _ in 0..2 {
                let mean = values.iter().sum::<f64>() / total;
                for value in values.iter_mut() {
                    *value -= mean;
                }
            }
        }
    }
}

/// Number of parameters that effects stand for, the constant included: $G_1$ for one, $G_1 + G_2$ less the number of
/// connected components for two (exact); each further effect as if it were connected, which may count too many.
pub(super) fn n_absorbed(effects: &[&Effect]) -> usize {
    match effects {
        [] => 1,
        [only] => only.n_used(),
        [first, second, rest @ ..] => {
            let two = first.n_used() + second.n_used() - components(first, second);
            two + rest.iter().map(|effect| effect.n_used() - 1).sum::<usize>()
        }
    }
}

/// The node that stands for a component, with the paths to it halved on the way.
pub(super) fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

/// Number of connected components of the graph whose edges are rows between levels of two effects.
fn components(first: &Effect, second: &Effect) -> usize {
    joined(first, second).1
}

/// The graph itself, levels of the second effect after those of the first, and its number of components.
pub(super) fn joined(first: &Effect, second: &Effect) -> (Vec<usize>, usize) {
    let shift = first.levels.len();
    let mut parent: Vec<usize> = (0..shift + second.levels.len()).collect();
    let mut n = first.n_used() + second.n_used();
    for (&a, &b) in first.codes.iter().zip(&second.codes) {
        let (a, b) = (root(&mut parent, a as usize), root(&mut parent, shift + b as usize));
        if a != b {
            parent[a] = b;
            n -= 1;
        }
    }
    (parent, n)
}

/// Places of rows that are left when rows alone in a level of an effect are dropped until there are none; `None` if all are.
pub(super) fn without_singletons(effects: &[&Effect]) -> Option<Vec<u32>> {
    let alone = |effect: &&Effect| effect.rows().contains(&1);
    if !effects.iter().any(alone) {
        return None;
    }
    let n = effects.first().map_or(0, |effect| effect.codes.len());
    let mut keep: Vec<u32> = (0..n as u32).collect();
    loop {
        let before = keep.len();
        for effect in effects {
            let mut rows = vec![0_u32; effect.levels.len()];
            for &row in &keep {
                rows[effect.codes[row as usize] as usize] += 1;
            }
            keep.retain(|&row| rows[effect.codes[row as usize] as usize] > 1);
        }
        if keep.len() == before {
            return Some(keep);
        }
    }
}
