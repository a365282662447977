//! The independent observations of a variance: clusters, or single spells.

use nalgebra::DMatrix;
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use super::influence::Influence;
use super::spans::Spans;
use crate::cox::index::NONE;
use crate::spells::Spells;

/// Each unit is some spans with weights; influences add up within a unit.
#[derive(Debug, Clone)]
pub(crate) struct Units {
    start: Vec<usize>,
    members: Vec<(u32, f64)>,
}

/// Units that one task adds up. Part of the result.
const UNITS: usize = 1 << 12;

impl Units {
    /// Clusters of the spells; else every span stands for as many independent spells as its `squares` say.
    pub(crate) fn new(spans: &Spans, spells: &Spells) -> Self {
        let Some(clusters) = spells.clusters() else {
            let members = (0_u32..).zip(&spans.all).map(|(s, span)| (s, span.squares.sqrt()));
            return Self { start: (0..=spans.all.len()).collect(), members: members.collect() };
        };
        let with_weight = (0..spells.len()).filter(|&row| spans.of_row[row] != NONE);
        let mut start = vec![0; spells.n_clusters() + 1];
        for row in with_weight.clone() {
            start[clusters[row] + 1] += 1;
        }
        for cluster in 0..spells.n_clusters() {
            start[cluster + 1] += start[cluster];
        }
        let mut next = start.clone();
        let mut members = vec![(0, 0.0); start[spells.n_clusters()]];
        for row in with_weight {
            let place = &mut next[clusters[row]];
            members[*place] = (spans.of_row[row], spells.weights().of(row));
            *place += 1;
        }
        // In an order that is not that of the rows; clusters of equal rows stay alone.
        for unit in 0..spells.n_clusters() {
            members[start[unit]..start[unit + 1]]
                .sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        }
        Self { start, members }
    }

    pub(crate) fn len(&self) -> usize {
        self.start.len() - 1
    }

    pub(crate) fn of(&self, unit: usize) -> &[(u32, f64)] {
        &self.members[self.start[unit]..self.start[unit + 1]]
    }

    /// $\sum_c u_c u_c^\top$ with $u_c = \sum_{i \in c} w_i (\eta_i + \psi_i)$.
    pub(crate) fn meat(&self, influence: &Influence) -> DMatrix<f64> {
        let p = influence.of.x.n_columns();
        let gather = |units: &[usize]| {
            let sums = self.influences(influence, units);
            &sums * sums.transpose()
        };
        let units: Vec<usize> = (0..self.len()).collect();
        let parts: Vec<DMatrix<f64>> = units.par_chunks(UNITS).map(gather).collect();
        parts.into_iter().fold(DMatrix::zeros(p, p), |sum, part| sum + part)
    }

    /// $u_c$ of some units, by column.
    pub(crate) fn influences(&self, influence: &Influence, units: &[usize]) -> DMatrix<f64> {
        let mut sums = DMatrix::zeros(influence.of.x.n_columns(), units.len());
        for (place, &unit) in units.iter().enumerate() {
            let mut column = sums.column_mut(place);
            for &(span, weight) in self.of(unit) {
                let span = &influence.of.spans.all[span as usize];
                influence.add_score(span, weight, column.as_mut_slice());
            }
        }
        sums
    }
}
