//! Spells that are alike, counted and found by their pattern.

use crate::design::Design;
use crate::spells::{Spells, Weights};

/// The cell of a row that has none.
pub(crate) const NONE: u32 = u32::MAX;

/// Where the members of each of `n` groups start if they are sorted by group.
pub(crate) fn offsets(n: usize, groups: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut start = vec![0; n + 1];
    for group in groups {
        start[group + 1] += 1;
    }
    for k in 0..n {
        start[k + 1] += start[k];
    }
    start
}

/// Numbers the patterns of cells in the order in which they come, and says which they were.
pub(crate) fn in_order_of<'cells>(
    patterns: impl Iterator<Item = &'cells mut u32>,
    n_patterns: usize,
) -> Vec<u32> {
    let mut number = vec![NONE; n_patterns];
    let mut in_order = Vec::new();
    for pattern in patterns {
        let number = &mut number[*pattern as usize];
        if *number == NONE {
            *number = in_order.len() as u32;
            in_order.push(*pattern);
        }
        *pattern = *number;
    }
    in_order
}

/// Cells by pattern.
#[derive(Debug, Clone)]
pub(crate) struct ByPattern {
    places: Vec<u32>,
    /// Where those of each pattern begin; `None` if each has one cell, in their order.
    start: Option<Vec<usize>>,
}

impl ByPattern {
    /// Of cells with these patterns, of which there are `n`.
    pub(crate) fn new(n: usize, patterns: &[u32]) -> Self {
        if patterns.len() == n && (0..).zip(patterns).all(|(cell, &pattern)| cell == pattern) {
            return Self { places: (0..n as u32).collect(), start: None };
        }
        let start = offsets(n, patterns.iter().map(|&pattern| pattern as usize));
        let mut next = start.clone();
        let mut places = vec![0; patterns.len()];
        for (cell, &pattern) in (0_u32..).zip(patterns) {
            let next = &mut next[pattern as usize];
            places[*next] = cell;
            *next += 1;
        }
        Self { places, start: Some(start) }
    }

    /// Places of the cells of a pattern.
    pub(crate) fn of(&self, pattern: usize) -> &[u32] {
        match &self.start {
            Some(start) => &self.places[start[pattern]..start[pattern + 1]],
            None => &self.places[pattern..=pattern],
        }
    }

    /// Number of patterns.
    pub(crate) fn len(&self) -> usize {
        self.start.as_ref().map_or(self.places.len(), |start| start.len() - 1)
    }
}

/// Number of different rows of a design among rows with weight.
pub(crate) fn patterns_with_weight(spells: &Spells, design: &Design) -> usize {
    let mut there = vec![false; design.n_patterns()];
    for (row, &pattern) in design.patterns().iter().enumerate() {
        there[pattern as usize] |= spells.weights().of(row) > 0.0;
    }
    there.into_iter().filter(|there| *there).count()
}

/// Of each cell the number of spells, the weight, and what independent spells add to a variance: the sum of case weights, or of
/// squared sampling weights.
pub(crate) enum Tallies {
    /// Without weights all three are the number.
    Numbers(Vec<u32>),
    Sums(Vec<[f64; 3]>),
}

impl Tallies {
    /// Of `n` cells.
    pub(crate) fn new(spells: &Spells, of_row: &[u32], n: usize) -> Self {
        let rows = of_row.iter().enumerate().filter(|(_, cell)| **cell != NONE);
        if matches!(spells.weights(), Weights::None) {
            let mut numbers = vec![0; n];
            rows.for_each(|(_, &cell)| numbers[cell as usize] += 1);
            return Self::Numbers(numbers);
        }
        let counted = matches!(spells.weights(), Weights::Case(_));
        let mut sums = vec![[0.0; 3]; n];
        for (row, &cell) in rows {
            let w = spells.weights().of(row);
            let [number, weight, squares] = &mut sums[cell as usize];
            *number += if counted { w } else { 1.0 };
            *weight += w;
            *squares += if counted { w } else { w * w };
        }
        Self::Sums(sums)
    }

    /// Number, weight and squares of a cell.
    pub(crate) fn of(&self, cell: usize) -> [f64; 3] {
        match self {
            Self::Numbers(numbers) => [f64::from(numbers[cell]); 3],
            Self::Sums(sums) => sums[cell],
        }
    }
}
