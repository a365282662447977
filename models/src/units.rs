//! The independent observations of a variance: clusters, or single spells.

use nalgebra::DMatrix;
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use crate::cox::index::NONE;
use crate::persons::OfSpells;
use crate::spells::Spells;

/// Each unit is some cells with weights; influences add up within a unit.
#[derive(Debug, Clone)]
pub(crate) struct Units {
    start: Vec<usize>,
    members: Vec<(u32, f64)>,
}

/// Units that one task adds up. Part of the result.
const UNITS: usize = 1 << 12;

impl Units {
    /// Clusters or persons of the spells whose cells are `of_row`; else every cell stands for as many independent spells as its
    /// `squares` say.
    pub(crate) fn new(of_row: &[u32], squares: &[f64], spells: &Spells) -> Self {
        if let Some(persons) = spells.persons() {
            return Self::of_persons(of_row, squares.len(), persons);
        }
        let Some(clusters) = spells.clusters() else {
            let members = (0_u32..).zip(squares).map(|(cell, squares)| (cell, squares.sqrt()));
            return Self { start: (0..=squares.len()).collect(), members: members.collect() };
        };
        let with_weight = (0..spells.len()).filter(|&row| of_row[row] != NONE);
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
            members[*place] = (of_row[row], spells.weight_in_cluster(row));
            *place += 1;
        }
        // In an order that is not that of the rows.
        for unit in 0..spells.n_clusters() {
            members[start[unit]..start[unit + 1]]
                .sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        }
        Self { start, members }.joined(vec![0.0; squares.len()])
    }

    /// Persons who are alike are one unit, whose square counts as often as they are many.
    fn of_persons(of_row: &[u32], n: usize, persons: &OfSpells) -> Self {
        let (mut start, mut members) = (vec![0], Vec::new());
        for (rows, count) in persons.several.iter() {
            let first = members.len();
            let cells = rows.iter().map(|&row| of_row[row as usize]).filter(|&cell| cell != NONE);
            members.extend(cells.map(|cell| (cell, count.sqrt())));
            members[first..].sort_unstable_by_key(|member| member.0);
            start.push(members.len());
        }
        let mut single = vec![0.0; n];
        for (&cell, number) in of_row.iter().zip(&persons.single).filter(|(cell, _)| **cell != NONE)
        {
            single[cell as usize] += number;
        }
        Self { start, members }.joined(single)
    }

    /// Clusters of one spell that lie in one cell as one unit: their squares add up, to those that are in `single` already.
    fn joined(self, mut single: Vec<f64>) -> Self {
        let (mut start, mut members) = (vec![0], Vec::new());
        for unit in 0..self.len() {
            match self.of(unit) {
                [] => {}
                &[(cell, weight)] => single[cell as usize] += weight * weight,
                several => {
                    members.extend_from_slice(several);
                    start.push(members.len());
                }
            }
        }
        for (cell, squares) in (0_u32..).zip(single).filter(|(_, squares)| *squares > 0.0) {
            members.push((cell, squares.sqrt()));
            start.push(members.len());
        }
        Self { start, members }
    }

    pub(crate) fn len(&self) -> usize {
        self.start.len() - 1
    }

    pub(crate) fn of(&self, unit: usize) -> &[(u32, f64)] {
        &self.members[self.start[unit]..self.start[unit + 1]]
    }

    /// $\sum_c u_c u_c^\top$ with the sums $u_c$ of `width` influences, to which `add` adds those of a cell times a weight.
    pub(crate) fn meat(
        &self,
        width: usize,
        add: impl Fn(u32, f64, &mut [f64]) + Sync,
    ) -> DMatrix<f64> {
        let gather = |units: &[usize]| {
            let mut sums = DMatrix::zeros(width, units.len());
            for (place, &unit) in units.iter().enumerate() {
                let mut column = sums.column_mut(place);
                for &(cell, weight) in self.of(unit) {
                    add(cell, weight, column.as_mut_slice());
                }
            }
            &sums * sums.transpose()
        };
        let units: Vec<usize> = (0..self.len()).collect();
        let parts: Vec<DMatrix<f64>> = units.par_chunks(UNITS).map(gather).collect();
        parts.into_iter().fold(DMatrix::zeros(width, width), |sum, part| sum + part)
    }
}
