//! Tests of every two groups.

use crate::clustered::Exit;
use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::gray::{Gray, GroupedPair};
use crate::joint::check_strata;
use crate::log_rank::LogRank;
use crate::multiplicity::{benjamini_hochberg, holm};
use crate::robust_score::GroupedSpells;
use crate::score_test::GroupTest;
use crate::spells::Spells;

/// Two groups tested by themselves.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestedPair {
    /// The group, by its place in the input.
    pub group: usize,
    /// What it is compared with, a group before it.
    pub reference: usize,
    /// The test, of the reference and the group in this order.
    pub test: GroupTest,
}

/// Tests of every two groups, with p-values adjusted for their number.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PairwiseTests {
    /// The tests, each group with those before it; without the pairs in `apart`.
    pub pairs: Vec<TestedPair>,
    /// Pairs that nothing tells apart, as no event happened while both were at risk: the group, and the reference before it.
    pub apart: Vec<(usize, usize)>,
    /// The p-values of `pairs` by [Holm](crate::holm).
    pub p_holm: Vec<f64>,
    /// Their p-values by [Benjamini and Hochberg](crate::benjamini_hochberg).
    pub p_benjamini_hochberg: Vec<f64>,
}

impl PairwiseTests {
    /// Tests every two of several groups.
    fn new(n_groups: usize, test: impl Fn(usize, usize) -> Result<GroupTest>) -> Result<Self> {
        let (mut pairs, mut apart) = (Vec::new(), Vec::new());
        for group in 1..n_groups {
            for reference in 0..group {
                match test(reference, group) {
                    Ok(test) => pairs.push(TestedPair { group, reference, test }),
                    Err(Error::NoInformation) => apart.push((group, reference)),
                    Err(error) => return Err(error),
                }
            }
        }
        if let (true, Some(&(group, reference))) = (pairs.is_empty(), apart.first()) {
            return Err(Error::NoInformationBetween { group, reference });
        }
        let p_values: Vec<f64> = pairs.iter().map(|pair| pair.test.p_value).collect();
        let (p_holm, p_benjamini_hochberg) = (holm(&p_values), benjamini_hochberg(&p_values));
        Ok(Self { pairs, apart, p_holm, p_benjamini_hochberg })
    }

    fn of_tables(
        strata: &[Vec<EventTable>],
        fit: impl Fn(&[Vec<EventTable>]) -> Result<GroupTest>,
    ) -> Result<Self> {
        Self::new(check_strata(strata)?, |one, two| {
            let pair = |groups: &Vec<EventTable>| vec![groups[one].clone(), groups[two].clone()];
            fit(&strata.iter().map(pair).collect::<Vec<_>>())
        })
    }

    fn of_spells(
        grouped: &GroupedSpells<'_>,
        fit: impl Fn(&GroupedSpells<'_>) -> Result<GroupTest>,
    ) -> Result<Self> {
        Self::new(grouped.n_groups(), |one, two| fit(&grouped.pair(one, two)))
    }
}

impl LogRank {
    /// [`fit`](Self::fit) of every two groups by themselves.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit), with [`Error::NoInformationBetween`] if nothing tells any two groups apart.
    ///
    /// ```
    /// use afgang_models::{EventTable, LogRank};
    ///
    /// let group = |leave, stay| EventTable::from_counts(1, &[1.0], &[leave], &[stay], None);
    /// let tests = LogRank::new().pairwise(&[vec![group(10, 90)?, group(30, 70)?, group(30, 70)?]])?;
    /// let pairs: Vec<_> = tests.pairs.iter().map(|pair| (pair.group, pair.reference)).collect();
    /// assert_eq!(pairs, [(1, 0), (2, 0), (2, 1)]);
    /// // Forty of two hundred leave, twenty expected of each; variance 40 * 160/199 / 4.
    /// assert!((tests.pairs[0].test.statistic - 100.0 / (1600.0 / 199.0)).abs() < 1e-12);
    /// assert_eq!(tests.p_holm[0], 3.0 * tests.pairs[0].test.p_value);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn pairwise(self, strata: &[Vec<EventTable>]) -> Result<PairwiseTests> {
        PairwiseTests::of_tables(strata, |strata| self.fit(strata))
    }

    /// [`fit_spells`](Self::fit_spells) of the rows of every two groups by themselves.
    ///
    /// # Errors
    ///
    /// Those of [`fit_spells`](Self::fit_spells), with [`Error::NoInformationBetween`] if nothing tells any two groups
    /// apart.
    pub fn pairwise_spells(
        self,
        spells: &Spells,
        group: &[usize],
        stratum: Option<&[usize]>,
    ) -> Result<PairwiseTests> {
        let grouped = GroupedSpells::new(spells, group, stratum)?;
        PairwiseTests::of_spells(&grouped, |pair| self.fit_grouped(pair))
    }
}

impl Gray {
    /// [`fit`](Self::fit) of every two groups by themselves; see [`LogRank::pairwise`].
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit), with [`Error::NoInformationBetween`] if nothing tells any two groups apart.
    pub fn pairwise(self, strata: &[Vec<EventTable>]) -> Result<PairwiseTests> {
        PairwiseTests::of_tables(strata, |strata| self.fit(strata))
    }

    /// [`fit_clustered`](Self::fit_clustered) of every two groups by themselves, with the pairs of spells that both are in one of them.
    ///
    /// # Errors
    ///
    /// Those of [`fit_clustered`](Self::fit_clustered), with [`Error::NoInformationBetween`] if nothing tells any two groups
    /// apart.
    pub fn pairwise_clustered(
        self,
        tables: &[EventTable],
        pairs: &[GroupedPair],
    ) -> Result<PairwiseTests> {
        PairwiseTests::new(tables.len(), |reference, group| {
            let side = |(of, exit): (usize, Exit)| {
                [reference, group].iter().position(|&side| side == of).map(|side| (side, exit))
            };
            let own: Vec<GroupedPair> = pairs
                .iter()
                .filter_map(|pair| {
                    let (one, two) = (side(pair.one)?, side(pair.two)?);
                    Some(GroupedPair { one, two, count: pair.count })
                })
                .collect();
            self.fit_clustered(&[tables[reference].clone(), tables[group].clone()], &own)
        })
    }

    /// [`fit_spells`](Self::fit_spells) of the rows of every two groups by themselves.
    ///
    /// # Errors
    ///
    /// Those of [`fit_spells`](Self::fit_spells), with [`Error::NoInformationBetween`] if nothing tells any two groups
    /// apart.
    ///
    /// # Examples
    ///
    /// Three, one and one of four leave at once. Between the first two the score is 1 and its variance 4/7, as in
    /// [`fit_spells`](Self::fit_spells); between the others there is no difference.
    ///
    /// ```
    /// use afgang_models::{Gray, Spells};
    ///
    /// let leaves = [[true, true, true, false], [true, false, false, false], [true, false, false, false]];
    /// let cause = leaves.iter().flatten().map(|&leaves| leaves.then_some(0)).collect();
    /// let spells = Spells::new(1, vec![1.0; 12], cause)?;
    /// let group: Vec<usize> = (0..12).map(|row| row / 4).collect();
    /// let tests = Gray::new(0).pairwise_spells(&spells, &group, None)?;
    /// assert!((tests.pairs[0].test.statistic - 7.0 / 4.0).abs() < 1e-13);
    /// assert_eq!(tests.pairs[2].test.statistic, 0.0);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn pairwise_spells(
        self,
        spells: &Spells,
        group: &[usize],
        stratum: Option<&[usize]>,
    ) -> Result<PairwiseTests> {
        let grouped = GroupedSpells::new(spells, group, stratum)?;
        PairwiseTests::of_spells(&grouped, |pair| self.fit_grouped(pair))
    }
}
