//! Covariances of estimates of groups, from the influences of rows.

use crate::error::{Error, Result};
use crate::persons::OfSpells;
use crate::spells::{Spells, Weights};
use crate::summation::RunningSum;

/// Sums over what counts as one observation of the products of two groups' weighted influences: not known of a group whose
/// rows are of one cluster or person, as they tell nothing about others.
///
/// # Errors
///
/// [`Error::TooFewClusters`] for fewer clusters or persons than groups.
pub(crate) fn covariance(
    spells: &Spells,
    group: &[usize],
    n_groups: usize,
    influences: &[f64],
) -> Result<Vec<Vec<f64>>> {
    let mut sums = Sums(vec![vec![RunningSum::default(); n_groups]; n_groups]);
    match (spells.persons(), spells.clusters()) {
        (Some(persons), _) => sums.of_persons(persons, group, influences)?,
        (None, Some(clusters)) => sums.of_clusters(spells, clusters, group, influences)?,
        (None, None) => {
            let sampled = matches!(spells.weights(), Weights::Sampling(_));
            for (row, influence) in influences.iter().enumerate() {
                let weight = spells.weights().of(row);
                let w = if sampled { weight * weight } else { weight };
                sums.0[group[row]][group[row]].add(w * influence * influence);
            }
        }
    }
    Ok(sums.0.iter().map(|row| row.iter().map(|sum| sum.value()).collect()).collect())
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
struct Sums(Vec<Vec<RunningSum>>);

impl Sums {
    fn of_clusters(
        &mut self,
        spells: &Spells,
        clusters: &[usize],
        group: &[usize],
        influences: &[f64],
    ) -> Result<()> {
        let n_groups = self.0.len();
        let weight = |row: usize| spells.weights().of(row);
        let mut there: Vec<(usize, usize)> = (0..spells.len())
            .filter(|&row| weight(row) > 0.0)
            .map(|row| (group[row], clusters[row]))
            .collect();
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
        let mut by_cluster = vec![0.0; spells.n_clusters() * n_groups];
        for (row, influence) in influences.iter().enumerate() {
            by_cluster[clusters[row] * n_groups + group[row]] += weight(row) * influence;
        }
        for cluster in by_cluster.chunks_exact(n_groups) {
            for (row, one) in self.0.iter_mut().zip(cluster) {
                for (sum, two) in row.iter_mut().zip(cluster) {
                    sum.add(one * two);
                }
            }
        }
        Ok(())
    }

    fn of_persons(
        &mut self,
        persons: &OfSpells,
        group: &[usize],
        influences: &[f64],
    ) -> Result<()> {
        let n_groups = self.0.len();
        if persons.number < n_groups {
            return Err(Error::TooFewClusters { clusters: persons.number, groups: n_groups });
        }
        // Persons with spells in each group; of the sums of a person only those of the groups they are in are looked at.
        let mut in_group = vec![0.0; n_groups];
        let mut own: Vec<(usize, f64)> = Vec::new();
        for (rows, count) in persons.several.iter() {
            own.clear();
            for &row in rows {
                let (of, influence) = (group[row as usize], influences[row as usize]);
                match own.iter_mut().find(|(group, _)| *group == of) {
                    Some((_, sum)) => *sum += influence,
                    None => own.push((of, influence)),
                }
            }
            for &(one, left) in &own {
                in_group[one] += count;
                for &(two, right) in &own {
                    self.0[one][two].add(count * left * right);
                }
            }
        }
        for (row, (&single, influence)) in persons.single.iter().zip(influences).enumerate() {
            in_group[group[row]] += single;
            self.0[group[row]][group[row]].add(single * influence * influence);
        }
        (0..n_groups).filter(|&group| in_group[group] <= 1.0).for_each(|group| self.forget(group));
        Ok(())
    }

    /// What is not known of a group.
    fn forget(&mut self, alone: usize) {
        self.0[alone].iter_mut().for_each(|sum| sum.add(f64::NAN));
        for of in &mut self.0 {
            of[alone].add(f64::NAN);
        }
    }
}
