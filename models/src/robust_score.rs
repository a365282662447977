//! Robust variances of score tests: influences of rows, added up by what counts as one observation.

use std::iter::Peekable;
use std::vec::IntoIter;

use nalgebra::{DMatrix, SymmetricEigen};

use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::influence::Order;
use crate::score_test::RANK;
use crate::spells::{Spells, Weights};
use crate::summation::{RunningSum, is_rounding};

/// Spells with their groups, by stratum.
pub(crate) struct GroupedSpells<'a> {
    spells: &'a Spells,
    /// Group of each row of the spells.
    group: Vec<usize>,
    n_groups: usize,
    /// The rows of each stratum, without those of weight 0.
    strata: Vec<Vec<usize>>,
}

impl<'a> GroupedSpells<'a> {
    /// Groups count from 0; strata may have any numbers.
    pub(crate) fn new(
        spells: &'a Spells,
        group: &[usize],
        stratum: Option<&[usize]>,
    ) -> Result<Self> {
        let expected = spells.len();
        let lengths = [Some(("group", group.len())), stratum.map(|of| ("stratum", of.len()))];
        for (column, found) in lengths.into_iter().flatten() {
            if found != expected {
                return Err(Error::Length { column, found, expected });
            }
        }
        let n_groups = count_groups(group)?;
        // Those with weight, in an order that does not depend on how they lie.
        let mut rows = Order::new(spells).by_exit().to_vec();
        let of = |row: usize| stratum.map_or(0, |of| of[row]);
        rows.sort_by_key(|&row| (of(row), group[row]));
        let strata = if rows.is_empty() {
            vec![rows]
        } else {
            rows.chunk_by(|&a, &b| of(a) == of(b)).map(<[usize]>::to_vec).collect()
        };
        Ok(Self { spells, group: group.to_vec(), n_groups, strata })
    }

    pub(crate) fn n_groups(&self) -> usize {
        self.n_groups
    }

    /// The rows of each stratum.
    pub(crate) fn strata(&self) -> &[Vec<usize>] {
        &self.strata
    }

    /// The event tables of the groups of a stratum.
    pub(crate) fn tables(&self, rows: &[usize]) -> Result<Vec<EventTable>> {
        let mut by_group = vec![Vec::new(); self.n_groups];
        for &row in rows {
            by_group[self.group[row]].push(row);
        }
        by_group.into_iter().map(|rows| self.spells.table_of(rows)).collect()
    }

    /// Two of the groups by themselves, as groups 0 and 1.
    pub(crate) fn pair(&self, one: usize, two: usize) -> Self {
        let of_pair = |row: &&usize| [one, two].contains(&self.group[**row]);
        Self {
            spells: self.spells,
            group: self.group.iter().map(|&group| usize::from(group == two)).collect(),
            n_groups: 2,
            strata: self
                .strata
                .iter()
                .map(|rows| rows.iter().filter(of_pair).copied().collect())
                .collect(),
        }
    }

    /// The rows of a stratum by spell: a row of a cluster and group that begins when another is censored goes on with it, whatever
    /// rows lie between. Where several are cut at one time they are paired by their weights, then by their lengths.
    fn cut_spells(&self, rows: &[usize]) -> Vec<Vec<usize>> {
        let spells = self.spells;
        let Some(clusters) = spells.clusters() else {
            return rows.iter().map(|&row| vec![row]).collect();
        };
        let member = |place: usize| (clusters[rows[place]], self.group[rows[place]]);
        let entry = |place: usize| spells.entry(rows[place]);
        let exit = |place: usize| spells.exit()[rows[place]];
        let weight = |place: usize| spells.weights().of(rows[place]);
        let by = |a: usize, b: usize, keys: [&dyn Fn(usize) -> f64; 3]| {
            let first = member(a).cmp(&member(b));
            keys.iter().fold(first, |order, key| order.then(key(a).total_cmp(&key(b))))
        };
        let mut begin: Vec<usize> = (0..rows.len()).collect();
        begin.sort_by(|&a, &b| by(a, b, [&entry, &weight, &exit]));
        let censored = |&place: &usize| spells.cause()[rows[place]].is_none();
        let mut end: Vec<usize> = (0..rows.len()).filter(censored).collect();
        end.sort_by(|&a, &b| by(a, b, [&exit, &weight, &entry]));
        let (mut next, mut goes_on) = (vec![None; rows.len()], vec![false; rows.len()]);
        let mut ends = end.into_iter().peekable();
        for &place in &begin {
            let before = |&end: &usize| {
                member(end).cmp(&member(place)).then(exit(end).total_cmp(&entry(place)))
            };
            while ends.next_if(|end| before(end).is_lt()).is_some() {}
            if let Some(end) = ends.next_if(|end| before(end).is_eq()) {
                next[end] = Some(place);
                goes_on[place] = true;
            }
        }
        let first = begin.into_iter().filter(|&place| !goes_on[place]);
        first
            .map(|place| {
                std::iter::successors(Some(place), |&place| next[place]).map(|p| rows[p]).collect()
            })
            .collect()
    }

    /// What a weighted risk set is multiplied by to count rows: the number of rows with an exit over the sum of their
    /// sampling weights. Case weights count rows already.
    ///
    /// Of exits, since a spell that comes in several rows still has one.
    pub(crate) fn rows_a_weight(&self) -> f64 {
        if !matches!(self.spells.weights(), Weights::Sampling(_)) {
            return 1.0;
        }
        let (mut n, mut sum) = (0.0, RunningSum::default());
        for &row in self.strata.iter().flatten() {
            if self.spells.cause()[row].is_some() {
                n += 1.0;
                sum.add(self.spells.weights().of(row));
            }
        }
        n / sum.value()
    }
}

/// The number of groups: one more than the largest number, all of which must be there.
fn count_groups(group: &[usize]) -> Result<usize> {
    let n_groups = group.iter().max().map_or(0, |largest| largest.saturating_add(1));
    // With more groups than rows the first that is missing is below the number of rows.
    let mut there = vec![false; n_groups.min(group.len())];
    for &group in group {
        if let Some(there) = there.get_mut(group) {
            *there = true;
        }
    }
    match there.iter().position(|there| !there) {
        Some(group) => Err(Error::EmptyGroup { group }),
        None if n_groups < 2 => Err(Error::TooFewGroups { found: n_groups }),
        None => Ok(n_groups),
    }
}

/// Influences of rows on the score of each group: what a score changes by with the weight of a row.
pub(crate) struct ScoreInfluences {
    n_groups: usize,
    /// Row-major, row by group.
    values: Vec<f64>,
}

impl ScoreInfluences {
    pub(crate) fn new(grouped: &GroupedSpells<'_>) -> Self {
        let n_groups = grouped.n_groups;
        Self { n_groups, values: vec![0.0; n_groups * grouped.spells.len()] }
    }

    fn of(&self, row: usize) -> &[f64] {
        &self.values[row * self.n_groups..(row + 1) * self.n_groups]
    }

    /// Adds `sign` times the row of `matrix` that belongs to the row's group.
    fn add(&mut self, row: usize, sign: f64, matrix: &DMatrix<f64>, group: usize) {
        let n = self.n_groups;
        for (to, value) in
            self.values[row * n..(row + 1) * n].iter_mut().zip(matrix.row(group).iter())
        {
            *to += sign * value;
        }
    }

    /// The influences of a stratum's rows, to be added as its times pass.
    pub(crate) fn follow<'i>(
        &'i mut self,
        grouped: &'i GroupedSpells<'i>,
        rows: &[usize],
    ) -> FollowUp<'i> {
        let spells = grouped.spells;
        let mut by_exit = rows.to_vec();
        by_exit.sort_by(|&a, &b| spells.exit()[a].total_cmp(&spells.exit()[b]));
        let late = rows.iter().filter(|&&row| spells.entry(row).is_finite());
        let mut by_entry: Vec<usize> = late.copied().collect();
        by_entry.sort_by(|&a, &b| spells.entry(a).total_cmp(&spells.entry(b)));
        FollowUp {
            expected: DMatrix::zeros(self.n_groups, self.n_groups),
            influences: self,
            grouped,
            entering: by_entry.into_iter().peekable(),
            leaving: by_exit.into_iter().peekable(),
        }
    }

    /// Sums of products over clusters or persons, or over rows where there are neither.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewClusters`] for fewer of them than groups.
    pub(crate) fn variance(&self, grouped: &GroupedSpells<'_>) -> Result<DMatrix<f64>> {
        let (n, spells) = (self.n_groups, grouped.spells);
        let rows = || grouped.strata.iter().flatten().copied();
        let weight = |row: usize| spells.weights().of(row);
        let mut sums = Products::new(n);
        let mut observations = 0.0;
        if let Some(persons) = spells.persons() {
            let mut there = vec![false; spells.len()];
            rows().for_each(|row| there[row] = true);
            let mut own = vec![0.0; n];
            for (of_person, count) in persons.several.iter() {
                let mut of_person =
                    of_person.iter().map(|&row| row as usize).filter(|&row| there[row]).peekable();
                if of_person.peek().is_some() {
                    own.fill(0.0);
                    for row in of_person {
                        own.iter_mut().zip(self.of(row)).for_each(|(own, of)| *own += of);
                    }
                    observations += count;
                    sums.add(count, &own);
                }
            }
            for row in rows() {
                observations += persons.single[row];
                sums.add(persons.single[row], self.of(row));
            }
        } else if let Some(clusters) = spells.clusters() {
            let mut by_cluster = vec![0.0; n * spells.n_clusters()];
            let mut there = vec![false; spells.n_clusters()];
            for row in rows() {
                let cluster = clusters[row];
                there[cluster] = true;
                let sum = &mut by_cluster[cluster * n..(cluster + 1) * n];
                for (sum, influence) in sum.iter_mut().zip(self.of(row)) {
                    *sum += weight(row) * influence;
                }
            }
            for (sum, _) in by_cluster.chunks_exact(n).zip(&there).filter(|(_, there)| **there) {
                observations += 1.0;
                sums.add(1.0, sum);
            }
        } else {
            let sampled = matches!(spells.weights(), Weights::Sampling(_));
            for row in rows() {
                let w = weight(row);
                observations += 1.0;
                sums.add(if sampled { w * w } else { w }, self.of(row));
            }
        }
        if observations < n as f64 {
            return Err(Error::TooFewClusters { clusters: observations as usize, groups: n });
        }
        // Clusters whose rows make up for each other leave nothing but rounding.
        let mut alone = vec![0.0; n];
        for row in rows() {
            for (alone, influence) in alone.iter_mut().zip(self.of(row)) {
                *alone += (weight(row) * influence).powi(2);
            }
        }
        let sums = sums.matrix();
        let known = |g: usize| !is_rounding(sums[(g, g)].sqrt(), alone[g].sqrt());
        let known: Vec<bool> = (0..n).map(known).collect();
        Ok(sums.map_with_location(|g, h, sum| if known[g] && known[h] { sum } else { 0.0 }))
    }

    /// Sums of products over [spells](GroupedSpells::cut_spells), as if each were as many independent ones as its weight.
    pub(crate) fn of_spells(&self, grouped: &GroupedSpells<'_>) -> DMatrix<f64> {
        let weight = |row: usize| grouped.spells.weights().of(row);
        let mut sums = Products::new(self.n_groups);
        let mut own = vec![0.0; self.n_groups];
        for rows in &grouped.strata {
            for spell in grouped.cut_spells(rows) {
                own.fill(0.0);
                for row in spell {
                    let root = weight(row).sqrt();
                    own.iter_mut().zip(self.of(row)).for_each(|(own, of)| *own += root * of);
                }
                sums.add(1.0, &own);
            }
        }
        sums.matrix()
    }
}

/// Sums of products of the numbers of groups.
struct Products {
    n: usize,
    sums: Vec<RunningSum>,
}

impl Products {
    fn new(n: usize) -> Self {
        Self { n, sums: vec![RunningSum::default(); n * n] }
    }

    fn add(&mut self, factor: f64, numbers: &[f64]) {
        for (g, one) in numbers.iter().enumerate() {
            for (h, two) in numbers.iter().enumerate() {
                self.sums[g * self.n + h].add(factor * one * two);
            }
        }
    }

    fn matrix(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.n, self.n, |g, h| self.sums[g * self.n + h].value())
    }
}

/// The variance that a hypothesis expects of independent spells, times the design effect of clusters: what the influences of
/// `clusters` vary by for what those of `spells` do.
///
/// With $P$ such that $P V_{\text{spells}} P^\top = I$ and $P V_{\text{hypothesis}} P^\top = D$ is diagonal,
/// $P V P^\top = D^{1/2}\,P V_{\text{clusters}} P^\top D^{1/2}$. All in the range of $V_{\text{clusters}}$.
pub(crate) fn with_design_effect(
    hypothesis: &DMatrix<f64>,
    spells: &DMatrix<f64>,
    clusters: &DMatrix<f64>,
) -> Result<DMatrix<f64>> {
    let n = clusters.nrows();
    let scale: Vec<f64> = (0..n).map(|g| clusters[(g, g)].max(0.0).sqrt()).collect();
    let of = |g: usize| if scale[g] > 0.0 { 1.0 / scale[g] } else { 0.0 };
    if scale.iter().any(|scale| !scale.is_finite()) {
        return Err(Error::NoInformation);
    }
    let range = SymmetricEigen::new(clusters.map_with_location(|g, h, v| v * of(g) * of(h)));
    let largest = range.eigenvalues.max();
    let kept: Vec<usize> =
        (0..n).filter(|&place| range.eigenvalues[place] > RANK * largest).collect();
    if kept.is_empty() {
        return Err(Error::NoInformation);
    }
    let into = DMatrix::from_fn(kept.len(), n, |i, g| of(g) * range.eigenvectors[(g, kept[i])]);
    let back = DMatrix::from_fn(n, kept.len(), |g, i| scale[g] * range.eigenvectors[(g, kept[i])]);
    let within = |matrix: &DMatrix<f64>| &into * matrix * into.transpose();
    let root = within(spells).cholesky().ok_or(Error::NoInformation)?.l();
    let whitened = |matrix: &DMatrix<f64>| {
        let half = root.solve_lower_triangular(&within(matrix))?;
        root.solve_lower_triangular(&half.transpose())
    };
    let expected = whitened(hypothesis).ok_or(Error::NoInformation)?;
    let effect = whitened(clusters).ok_or(Error::NoInformation)?;
    let expected = SymmetricEigen::new(expected);
    let turned = expected.eigenvectors.transpose() * effect * &expected.eigenvectors;
    let spread = expected.eigenvalues.map(|value| value.max(0.0).sqrt());
    let scaled = turned.map_with_location(|i, j, value| spread[i] * value * spread[j]);
    let back = back * root * expected.eigenvectors;
    Ok(&back * scaled * back.transpose())
}

/// Rows of a stratum that enter and leave while times pass.
pub(crate) struct FollowUp<'a> {
    influences: &'a mut ScoreInfluences,
    grouped: &'a GroupedSpells<'a>,
    /// Late entries by time.
    entering: Peekable<IntoIter<usize>>,
    leaving: Peekable<IntoIter<usize>>,
    /// What was expected so far of a spell that is there from the start: its group by the score's group.
    expected: DMatrix<f64>,
}

impl FollowUp<'_> {
    /// The next time: what is expected of each group's spells at it, and what a spell that leaves for a cause moves the
    /// scores by, both by the spell's group and the score's.
    pub(crate) fn pass<'m>(
        &mut self,
        time: f64,
        expected: &DMatrix<f64>,
        effect: impl Fn(usize) -> &'m DMatrix<f64>,
    ) {
        // Who enters at the time is not at risk at it; who left before it was not either.
        self.settle(|at| at < time, |at| at < time);
        self.expected += expected;
        let (spells, group) = (self.grouped.spells, &self.grouped.group);
        while let Some(row) = self.leaving.next_if(|&row| spells.exit()[row] <= time) {
            self.influences.add(row, -1.0, &self.expected, group[row]);
            if let Some(cause) = spells.cause()[row] {
                self.influences.add(row, 1.0, effect(cause), group[row]);
            }
        }
    }

    /// After the last time: the rest leave.
    pub(crate) fn finish(mut self) {
        self.settle(|_| true, |_| true);
    }

    fn settle(&mut self, entered: impl Fn(f64) -> bool, left: impl Fn(f64) -> bool) {
        let (spells, group) = (self.grouped.spells, &self.grouped.group);
        while let Some(row) = self.entering.next_if(|&row| entered(spells.entry(row))) {
            self.influences.add(row, 1.0, &self.expected, group[row]);
        }
        while let Some(row) = self.leaving.next_if(|&row| left(spells.exit()[row])) {
            self.influences.add(row, -1.0, &self.expected, group[row]);
        }
    }
}
