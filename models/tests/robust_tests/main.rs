//! Robust tests of groups, of rows with late entry, sampling weights and clusters.

#![expect(clippy::unwrap_used, reason = "a strategy makes spells that are right")]

mod edges;
mod properties;
mod size;

use afgang_models::{EventTable, Gray, GroupTest, LogRank, Result, Spells, TestWeights, Weights};

/// A spell with its group, stratum and person.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    group: usize,
    stratum: usize,
    entry: f64,
    exit: f64,
    cause: Option<usize>,
    weight: f64,
    person: u64,
}

const GROUPS: usize = 3;
const START: f64 = f64::NEG_INFINITY;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Rows,
    Case,
    Sampling,
    Clusters,
}

fn spells(rows: &[Row], kind: Kind) -> Spells {
    let column = |of: fn(&Row) -> f64| rows.iter().map(of).collect::<Vec<f64>>();
    let spells = Spells::new(2, column(|r| r.exit), rows.iter().map(|r| r.cause).collect())
        .and_then(|spells| spells.with_entry(column(|r| r.entry)))
        .unwrap();
    let weights = column(|r| r.weight);
    let spells = spells.with_weights(match kind {
        Kind::Rows => Weights::None,
        Kind::Case => Weights::Case(weights),
        Kind::Sampling | Kind::Clusters => Weights::Sampling(weights),
    });
    match kind {
        Kind::Clusters => {
            let persons: Vec<u64> = rows.iter().map(|r| r.person).collect();
            spells.and_then(|spells| spells.with_clusters(&persons)).unwrap()
        }
        _ => spells.unwrap(),
    }
}

fn groups(rows: &[Row]) -> Vec<usize> {
    rows.iter().map(|r| r.group).collect()
}

fn strata(rows: &[Row]) -> Vec<usize> {
    rows.iter().map(|r| r.stratum).collect()
}

fn tables(rows: &[Row]) -> Vec<EventTable> {
    tables_of(rows, GROUPS)
}

fn tables_of(rows: &[Row], n_groups: usize) -> Vec<EventTable> {
    (0..n_groups)
        .map(|group| {
            let of_group = rows.iter().filter(|r| r.group == group);
            let of_group: Vec<_> = of_group.map(|r| (r.entry, r.exit, r.cause, r.weight)).collect();
            EventTable::from_weighted_spells(2, &of_group).unwrap()
        })
        .collect()
}

/// A test with its options.
#[derive(Debug, Clone, Copy)]
enum Test {
    LogRank(TestWeights),
    Gray(Gray),
}

impl Test {
    fn fit_spells(
        self,
        spells: &Spells,
        group: &[usize],
        stratum: Option<&[usize]>,
    ) -> Result<GroupTest> {
        match self {
            Self::LogRank(weights) => {
                LogRank::new().weights(weights).fit_spells(spells, group, stratum)
            }
            Self::Gray(gray) => gray.fit_spells(spells, group, stratum),
        }
    }

    fn fit(self, strata: &[Vec<EventTable>]) -> Result<GroupTest> {
        match self {
            Self::LogRank(weights) => LogRank::new().weights(weights).fit(strata),
            Self::Gray(gray) => gray.fit(strata),
        }
    }

    fn of(self, rows: &[Row], kind: Kind) -> GroupTest {
        self.fit_spells(&spells(rows, kind), &groups(rows), Some(&strata(rows))).unwrap()
    }

    /// Whether the variance is made of influences alone.
    fn by_influence(self) -> bool {
        match self {
            Self::LogRank(_) => true,
            Self::Gray(gray) => gray == gray.influences_alone(),
        }
    }

    /// Whether the weights of times know how many spells there are.
    fn counts_spells(self) -> bool {
        matches!(self, Self::LogRank(TestWeights::PetoPeto | TestWeights::ModifiedPetoPeto))
    }
}

fn tests() -> Vec<Test> {
    let families = [
        TestWeights::LogRank,
        TestWeights::Gehan,
        TestWeights::TaroneWare,
        TestWeights::PetoPeto,
        TestWeights::ModifiedPetoPeto,
        TestWeights::FlemingHarrington { p: 1.0, q: 0.5 },
    ];
    let grays = [Gray::new(0), Gray::new(1), Gray::new(0).rho(0.5)];
    let both_ways = grays.into_iter().flat_map(|gray| [gray, gray.influences_alone()]);
    families.map(Test::LogRank).into_iter().chain(both_ways.map(Test::Gray)).collect()
}

/// Draws from 0 to 1 (Lehmer's generator modulo 2³¹ − 1).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        self.0 as f64 / 2_147_483_647.0
    }

    fn exponential(&mut self, rate: f64) -> f64 {
        -self.next().ln() / rate
    }
}
