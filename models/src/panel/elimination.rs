//! Approximate elimination of levels, for designs in which few rows connect far levels.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Effect;
use crate::draws::{STEP, mix, unit};

/// An approximate factor of the Laplacian of one effect's levels that is left when another effect is taken out.
///
/// Levels are eliminated in the order of their degrees; the clique that eliminating one of weights $w_1 \le w_2 \le \dots$ would leave
/// between its neighbours is replaced by a tree with the same mean: of each $i$ one edge to a later $k$, drawn with probability
/// $w_k / S_i$, with weight $w_i S_i / \sum_j w_j$, $S_i = \sum_{k > i} w_k$ (Kyng and Sachdeva 2016; Gao, Kyng and Spielman 2023).
/// Draws have a fixed seed.
pub(super) struct Elimination {
    /// Levels in the order of their elimination: the level, its pivot, and the end of its neighbours.
    steps: Vec<(u32, f64, usize)>,
    /// Later neighbours with their parts of the pivot.
    neighbours: Vec<(u32, f64)>,
}

/// Draws of a counter.
struct Draws(u64);

impl Draws {
    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(STEP);
        unit(mix(self.0))
    }
}

/// Draws the tree that stands for the clique of some neighbours, in the order of their weights, and gives their sum.
fn sample(
    neighbours: &mut [(u32, f64)],
    draws: &mut Draws,
    mut edge: impl FnMut(u32, u32, f64),
) -> f64 {
    neighbours.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    // Sums of the weights from each place on.
    let mut after = vec![0.0; neighbours.len() + 1];
    for place in (0..neighbours.len()).rev() {
        after[place] = after[place + 1] + neighbours[place].1;
    }
    let total = after[0];
    for place in 0..neighbours.len().saturating_sub(1) {
        let left = after[place + 1];
        let drawn = left * draws.next();
        // after falls: the first place whose later weights are no more than what is drawn.
        let chosen = place + 1 + after[place + 2..].partition_point(|later| *later > drawn);
        let chosen = chosen.min(neighbours.len() - 1);
        let (a, weight) = neighbours[place];
        edge(a, neighbours[chosen].0, weight * left / total);
    }
    total
}

/// Adds up the weights of equal neighbours.
fn merge(neighbours: &mut Vec<(u32, f64)>) {
    neighbours.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    neighbours.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
}

/// Length from which a list of neighbours is merged as it grows.
const LONG: usize = 256;

impl Elimination {
    /// Of the levels of `effect` when the effect whose rows lie in `stretches` is taken out.
    pub(super) fn new(stretches: &[u32], effect: &Effect, weights: Option<&[f64]>) -> Self {
        let n = effect.levels.len();
        let mut lists: Vec<Vec<(u32, f64)>> = vec![Vec::new(); n];
        let mut merged = vec![LONG; n];
        let mut draws = Draws(1);
        let mut around: Vec<(u32, f64)> = Vec::new();
        let mut join = |lists: &mut Vec<Vec<(u32, f64)>>, a: u32, b: u32, weight: f64| {
            for (from, to) in [(a, b), (b, a)] {
                let list = &mut lists[from as usize];
                list.push((to, weight));
                if list.len() >= merged[from as usize] {
                    merge(list);
                    merged[from as usize] = (2 * list.len()).max(LONG);
                }
            }
        };
        for pair in stretches.windows(2) {
            around.clear();
            let rows = pair[0] as usize..pair[1] as usize;
            around.extend(rows.map(|row| (effect.codes[row], weights.map_or(1.0, |w| w[row]))));
            merge(&mut around);
            sample(&mut around, &mut draws, |a, b, weight| join(&mut lists, a, b, weight));
        }
        let mut queue: BinaryHeap<Reverse<(usize, u32)>> =
            (0..n).map(|level| Reverse((lists[level].len(), level as u32))).collect();
        let mut gone = vec![false; n];
        let mut found = Self { steps: Vec::with_capacity(n), neighbours: Vec::new() };
        while let Some(Reverse((degree, level))) = queue.pop() {
            let place = level as usize;
            if lists[place].len() > 2 * degree.max(4) {
                // It has grown since it was queued.
                lists[place].retain(|(other, _)| !gone[*other as usize]);
                merge(&mut lists[place]);
                if lists[place].len() > degree {
                    queue.push(Reverse((lists[place].len(), level)));
                    continue;
                }
            }
            gone[place] = true;
            let mut around = std::mem::take(&mut lists[place]);
            around.retain(|(other, _)| !gone[*other as usize]);
            merge(&mut around);
            let total =
                sample(&mut around, &mut draws, |a, b, weight| join(&mut lists, a, b, weight));
            found.neighbours.extend(around.iter().map(|(other, weight)| (*other, weight / total)));
            found.steps.push((level, total, found.neighbours.len()));
        }
        found
    }

    /// The approximate solution for a right-hand side that adds up to 0 in each component, in its place.
    pub(super) fn solve(&self, values: &mut [f64]) {
        let mut start = 0;
        for &(level, _, end) in &self.steps {
            let value = values[level as usize];
            for (other, part) in &self.neighbours[start..end] {
                values[*other as usize] += part * value;
            }
            start = end;
        }
        for (place, &(level, pivot, end)) in self.steps.iter().enumerate().rev() {
            let start = if place == 0 { 0 } else { self.steps[place - 1].2 };
            let around = &self.neighbours[start..end];
            let later: f64 =
                around.iter().map(|(other, part)| part * values[*other as usize]).sum();
            // The last level of a component is free.
            let value = values[level as usize];
            values[level as usize] = if pivot > 0.0 { value / pivot + later } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_eliminated_exactly() {
        // Units join levels 0-1, 1-2 and 2-3, two rows each: a path of weights 1/2, of which every elimination is exact.
        let effect = Effect {
            name: "level".to_owned(),
            codes: vec![0, 1, 1, 2, 2, 3],
            levels: (0..4).map(|level| level.to_string()).collect(),
        };
        let found = Elimination::new(&[0, 2, 4, 6], &effect, None);
        let mut values = [1.0, 0.0, 0.0, -1.0];
        found.solve(&mut values);
        // A flow of 1 over three edges of weight 1/2: steps of 2.
        for pair in values.windows(2) {
            assert!((pair[0] - pair[1] - 2.0).abs() < 1e-14);
        }
    }
}
