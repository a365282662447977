//! Covariances of estimates of groups, from the influences of rows.

use crate::error::{Error, Result};
use crate::persons::OfSpells;
use crate::spells::{Spells, Weights};
use crate::summation::{RunningSum, is_rounding};

/// Influence of a row, and the size of the terms that it is the sum of.
pub(crate) type SizedInfluence = (f64, f64);

/// Sums over what counts as one observation, of the rows of cells, of the products of two groups' weighted influences: not known of a group whose
/// rows are of one cluster or person, as they tell nothing about others; 0 of one whose influences make up for each other.
///
/// # Errors
///
/// [`Error::TooFewClusters`] for fewer clusters or persons than groups.
pub(crate) fn covariance(
    spells: &Spells,
    cells: &[Vec<usize>],
    group: &[usize],
    influences: &[SizedInfluence],
) -> Result<Vec<Vec<f64>>> {
    let n_groups = group.iter().max().map_or(0, |largest| largest + 1);
    let rows = || cells.iter().flatten().copied();
    let mut sums = Sums {
        products: vec![vec![RunningSum::default(); n_groups]; n_groups],
        sizes: vec![0.0; n_groups],
    };
    match (spells.persons(), spells.clusters()) {
        (Some(persons), _) => sums.of_persons(persons, group, influences)?,
        (None, Some(clusters)) => sums.of_clusters(spells, clusters, rows(), group, influences)?,
        (None, None) => {
            let sampled = matches!(spells.weights(), Weights::Sampling(_));
            for row in rows() {
                let weight = spells.weights().of(row);
                let w = if sampled { weight * weight } else { weight };
                sums.add_square(group[row], w, influences[row]);
            }
        }
    }
    Ok(sums.covariance())
}

/// Makes covariances of groups no numbers.
pub(crate) fn forget(covariance: &mut [Vec<f64>], groups: &[usize]) {
    for &alone in groups {
        covariance[alone].fill(f64::NAN);
        for row in &mut *covariance {
            row[alone] = f64::NAN;
        }
    }
}

/// Sums of products by two groups.
struct Sums {
    products: Vec<Vec<RunningSum>>,
    /// By group: squares of the sizes of what was squared.
    sizes: Vec<f64>,
}

impl Sums {
    fn add_square(&mut self, group: usize, factor: f64, (influence, size): SizedInfluence) {
        self.products[group][group].add(factor * influence * influence);
        self.sizes[group] += factor * size * size;
    }

    fn covariance(&self) -> Vec<Vec<f64>> {
        let n = self.sizes.len();
        let variance = |g: usize| self.products[g][g].value();
        let nothing = |g: &usize| is_rounding(variance(*g).sqrt(), self.sizes[*g].sqrt());
        let nothing: Vec<bool> = (0..n).map(|g| nothing(&g)).collect();
        let value = |g: usize, h: usize| match self.products[g][h].value() {
            sum if sum.is_finite() && (nothing[g] || nothing[h]) => 0.0,
            sum => sum,
        };
        (0..n).map(|g| (0..n).map(|h| value(g, h)).collect()).collect()
    }

    fn of_clusters(
        &mut self,
        spells: &Spells,
        clusters: &[usize],
        rows: impl Iterator<Item = usize> + Clone,
        group: &[usize],
        influences: &[SizedInfluence],
    ) -> Result<()> {
        let n_groups = self.sizes.len();
        let weight = |row: usize| spells.weights().of(row);
        let mut there: Vec<(usize, usize)> =
            rows.clone().map(|row| (group[row], clusters[row])).collect();
        there.sort_unstable();
        there.dedup();
        let mut different: Vec<usize> = there.iter().map(|&(_, cluster)| cluster).collect();
        different.sort_unstable();
        different.dedup();
        if different.len() < n_groups {
            return Err(Error::TooFewClusters { clusters: different.len(), groups: n_groups });
        }
        for of_group in there.chunk_by(|a, b| a.0 == b.0).filter(|clusters| clusters.len() == 1) {
            self.forget(of_group[0].0);
        }
        let mut by_cluster = vec![(0.0, 0.0); spells.n_clusters() * n_groups];
        for row in rows {
            let (influence, size) = influences[row];
            let sums = &mut by_cluster[clusters[row] * n_groups + group[row]];
            sums.0 += weight(row) * influence;
            sums.1 += weight(row) * size;
        }
        for cluster in by_cluster.chunks_exact(n_groups) {
            for (row, (one, _)) in self.products.iter_mut().zip(cluster) {
                for (sum, (two, _)) in row.iter_mut().zip(cluster) {
                    sum.add(one * two);
                }
            }
            for (sum, (_, size)) in self.sizes.iter_mut().zip(cluster) {
                *sum += size * size;
            }
        }
        Ok(())
    }

    fn of_persons(
        &mut self,
        persons: &OfSpells,
        group: &[usize],
        influences: &[SizedInfluence],
    ) -> Result<()> {
        let n_groups = self.sizes.len();
        if persons.number < n_groups {
            return Err(Error::TooFewClusters { clusters: persons.number, groups: n_groups });
        }
        // Persons with spells in each group; of the sums of a person only those of the groups they are in are looked at.
        let mut in_group = vec![0.0; n_groups];
        let mut own: Vec<(usize, SizedInfluence)> = Vec::new();
        for (rows, count) in persons.several.iter() {
            own.clear();
            for &row in rows {
                let (of, (influence, size)) = (group[row as usize], influences[row as usize]);
                match own.iter_mut().find(|(group, _)| *group == of) {
                    Some((_, sums)) => *sums = (sums.0 + influence, sums.1 + size),
                    None => own.push((of, (influence, size))),
                }
            }
            for &(one, (left, size)) in &own {
                in_group[one] += count;
                self.sizes[one] += count * size * size;
                for &(two, (right, _)) in &own {
                    self.products[one][two].add(count * left * right);
                }
            }
        }
        for (row, (&single, &influence)) in persons.single.iter().zip(influences).enumerate() {
            in_group[group[row]] += single;
            self.add_square(group[row], single, influence);
        }
        (0..n_groups).filter(|&group| in_group[group] <= 1.0).for_each(|group| self.forget(group));
        Ok(())
    }

    /// What is not known of a group.
    fn forget(&mut self, alone: usize) {
        self.products[alone].iter_mut().for_each(|sum| sum.add(f64::NAN));
        for of in &mut self.products {
            of[alone].add(f64::NAN);
        }
    }
}
