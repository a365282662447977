//! Influences by finite differences, and what must hold whatever the data.

use afgang_models::{Exit, Gray, GroupTest, GroupedPair, LogRank, TestWeights};
use proptest::prelude::*;

use crate::{Draws, GROUPS, Kind, Row, START, Test, groups, spells, strata, tables, tests};

const KINDS: [Kind; 4] = [Kind::Rows, Kind::Case, Kind::Sampling, Kind::Clusters];

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let late = prop_oneof![1 => Just(None), 1 => (0_u8..4).prop_map(Some)];
    let cause = prop_oneof![1 => Just(None), 2 => (0_usize..2).prop_map(Some)];
    let row = (0..GROUPS, 0_usize..2, late, 1_u8..6, cause, 1_u8..4, 0_u64..15);
    let row = row.prop_map(|(group, stratum, entry, length, cause, weight, person)| Row {
        group,
        stratum,
        entry: entry.map_or(START, f64::from),
        exit: f64::from(entry.unwrap_or(0) + length),
        cause,
        weight: f64::from(weight),
        person,
    });
    prop::collection::vec(row, 25..50).prop_map(|mut rows| {
        // Every group is there from the start to the end of each stratum, and has both causes.
        for person in 0..2 * GROUPS as u64 {
            let (group, stratum) = (person as usize % GROUPS, person as usize / GROUPS);
            for (exit, cause) in [(2.0, Some(0)), (3.0, Some(1)), (12.0, None)] {
                let entry = START;
                rows.push(Row { group, stratum, entry, exit, cause, weight: 1.0, person });
            }
        }
        rows
    })
}

/// Within a part of the larger value or, where values are small, of 1.
fn near(what: &str, one: f64, two: f64, tolerance: f64) -> Result<(), TestCaseError> {
    let scale = one.abs().max(two.abs()).max(1.0);
    prop_assert!((one - two).abs() <= tolerance * scale, "{what}: {one} is not {two}");
    Ok(())
}

const ROUNDING: f64 = 1e-9;

/// The same statistic; `two` has a score `factor` times as large.
fn same(
    test: Test,
    one: &GroupTest,
    two: &GroupTest,
    factor: f64,
    tolerance: f64,
) -> Result<(), TestCaseError> {
    let what = format!("{test:?}");
    prop_assert_eq!(one.df, two.df);
    near(&what, one.statistic, two.statistic, tolerance)?;
    for (g, row) in one.variance.iter().enumerate() {
        near(&what, factor * one.score[g], two.score[g], tolerance)?;
        for (h, value) in row.iter().enumerate() {
            near(&what, factor * factor * value, two.variance[g][h], tolerance)?;
        }
    }
    Ok(())
}

/// The variance by its definition, from derivatives of the score of the tables in the weight of each row.
fn by_finite_differences(test: Test, rows: &[Row], kind: Kind) -> Vec<Vec<f64>> {
    let step = 1e-4;
    let score = |changed: usize, by: f64| {
        let mut rows = rows.to_vec();
        rows[changed].weight += by;
        test.fit(&[tables(&rows)]).unwrap().score
    };
    let mut sums = std::collections::BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        let (observation, factor) = match kind {
            Kind::Case | Kind::Rows => (i as u64, row.weight.sqrt()),
            Kind::Sampling => (i as u64, row.weight),
            Kind::Clusters => (row.person, row.weight),
        };
        let (up, down) = (score(i, step), score(i, -step));
        let sum = sums.entry(observation).or_insert([0.0; GROUPS]);
        for g in 0..GROUPS {
            sum[g] += factor * (up[g] - down[g]) / (2.0 * step);
        }
    }
    let product = |g: usize, h: usize| sums.values().map(|sum| sum[g] * sum[h]).sum();
    (0..GROUPS).map(|g| (0..GROUPS).map(|h| product(g, h)).collect()).collect()
}

/// Copies of the first group's spells in the others, with weights times a factor: the hypothesis holds in the data.
fn copies(rows: &[Row]) -> Vec<Row> {
    let one = rows.iter().filter(|r| r.group == 0 && r.stratum == 0);
    let copy = |row: &Row, group: usize| Row {
        group,
        weight: row.weight * [1.0, 2.0, 0.5][group],
        // Persons are in one group, in two or in all.
        person: row.person + 4 * group as u64 * (row.person % 3),
        ..*row
    };
    one.flat_map(|row| (0..GROUPS).map(|group| copy(row, group))).collect()
}

/// Central differences of step 1e-4 leave about 1e-8 of the curvature.
const DIFFERENCES: f64 = 1e-5;

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Of the log-rank test exactly, whether or not the groups are alike.
    #[test]
    fn log_rank_influences_are_derivatives(rows in rows()) {
        let test = Test::LogRank(TestWeights::LogRank);
        for kind in [Kind::Case, Kind::Sampling, Kind::Clusters] {
            let got = test.fit_spells(&spells(&rows, kind), &groups(&rows), None).unwrap();
            let want = by_finite_differences(test, &rows, kind);
            for (got, want) in got.variance.iter().flatten().zip(want.iter().flatten()) {
                near("variance", *got, *want, DIFFERENCES)?;
            }
        }
    }

    /// Of all tests where the hypothesis holds in the data: what weights of times and the groups' weighted risk sets
    /// change by then multiplies zeros.
    #[test]
    fn influences_are_derivatives_where_groups_are_alike(rows in rows()) {
        let rows = copies(&rows);
        for test in tests().into_iter().filter(|test| test.by_influence()) {
            for kind in [Kind::Case, Kind::Sampling, Kind::Clusters] {
                // With sampling weights risk sets of Peto's weights count rows, those of the tables weights.
                if test.counts_spells() && kind != Kind::Case {
                    continue;
                }
                let Ok(got) = test.fit_spells(&spells(&rows, kind), &groups(&rows), None) else {
                    continue; // all persons in all groups
                };
                let mut want = by_finite_differences(test, &rows, kind);
                if let (Test::LogRank(weights), Kind::Sampling | Kind::Clusters) = (test, kind) {
                    let events: Vec<_> = rows.iter().filter(|r| r.cause.is_some()).collect();
                    let scale = events.len() as f64 / events.iter().map(|r| r.weight).sum::<f64>();
                    let power = match weights {
                        TestWeights::Gehan => 2,
                        TestWeights::TaroneWare => 1,
                        _ => 0,
                    };
                    want.iter_mut().flatten().for_each(|v| *v *= scale.powi(power));
                }
                for (got, want) in got.variance.iter().flatten().zip(want.iter().flatten()) {
                    near(&format!("{test:?}, {kind:?}"), *got, *want, DIFFERENCES)?;
                }
            }
        }
    }

    #[test]
    fn scores_are_those_of_tables(rows in rows()) {
        for test in tests() {
            let of_rows = test.fit_spells(&spells(&rows, Kind::Case), &groups(&rows), None).unwrap();
            let of_tables = test.fit(&[tables(&rows)]).unwrap();
            prop_assert_eq!(&of_rows.groups, &of_tables.groups);
            prop_assert_eq!(&of_rows.score, &of_tables.score);
        }
    }

    #[test]
    fn persons_by_pairs_of_exits_are_the_same(rows in rows()) {
        let rows: Vec<Row> = rows
            .iter()
            .map(|r| Row { entry: START, weight: 1.0, ..*r })
            .collect();
        let end = |r: &Row| (r.group, Exit { time: r.exit, cause: r.cause });
        let mut pairs = Vec::new();
        for (at, one) in rows.iter().enumerate() {
            for two in rows[at + 1..].iter().filter(|two| two.person == one.person) {
                pairs.push(GroupedPair { one: end(one), two: end(two), count: 1.0 });
            }
        }
        for gray in [Gray::new(0), Gray::new(1).rho(0.5), Gray::new(0).influences_alone()] {
            let by_pairs = gray.fit_clustered(&tables(&rows), &pairs).unwrap();
            let by_rows = gray.fit_spells(&spells(&rows, Kind::Clusters), &groups(&rows), None).unwrap();
            same(Test::Gray(gray), &by_pairs, &by_rows, 1.0, 1e-12)?;
            let alone = gray.fit_clustered(&tables(&rows), &[]).unwrap();
            let by_rows = gray.fit_spells(&spells(&rows, Kind::Rows), &groups(&rows), None).unwrap();
            same(Test::Gray(gray), &alone, &by_rows, 1.0, 1e-12)?;
        }
    }

    #[test]
    fn a_case_weight_is_as_many_rows(rows in rows()) {
        let many: Vec<Row> =
            rows.iter().flat_map(|r| std::iter::repeat_n(*r, r.weight as usize)).collect();
        for test in tests() {
            same(test, &test.of(&rows, Kind::Case), &test.of(&many, Kind::Rows), 1.0, ROUNDING)?;
        }
    }

    /// Every spell twice in one person tells what it tells once.
    #[test]
    fn rows_twice_in_one_cluster_are_one(rows in rows()) {
        let once: Vec<Row> = (0..).zip(&rows).map(|(i, r)| Row { weight: 1.0, person: i, ..*r }).collect();
        let twice: Vec<Row> = once.iter().chain(&once).copied().collect();
        // Ties of what the hypothesis expects count spells.
        let exact = |test: &Test| !test.counts_spells() && test.by_influence();
        for test in tests().into_iter().filter(exact) {
            let factor = match test {
                Test::LogRank(TestWeights::Gehan) => 4.0,
                Test::LogRank(TestWeights::TaroneWare) => 2.0_f64.powf(1.5),
                _ => 2.0,
            };
            let (alone, clusters) = (test.of(&once, Kind::Rows), test.of(&twice, Kind::Clusters));
            same(test, &alone, &clusters, factor, ROUNDING)?;
        }
    }

    /// A spell that is known in two parts is the same spell; one of each person in a group and stratum, so that it is plain which
    /// parts belong together.
    #[test]
    fn a_spell_cut_in_two_is_one(rows in rows()) {
        let mut persons = [[0; 2]; GROUPS];
        let rows: Vec<Row> = rows
            .iter()
            .map(|r| {
                let person = &mut persons[r.group][r.stratum];
                *person += 1;
                Row { person: *person, ..*r }
            })
            .collect();
        let cut: Vec<Row> = rows
            .iter()
            .flat_map(|r| {
                let middle = f64::midpoint(r.entry.max(0.0), r.exit).floor();
                let (mut first, mut second) = (*r, *r);
                (first.exit, first.cause, second.entry) = (middle, None, middle);
                if r.entry.max(0.0) < middle { vec![first, second] } else { vec![*r] }
            })
            .collect();
        prop_assert!(cut.len() > rows.len());
        for test in tests() {
            let (whole, cut) = (test.of(&rows, Kind::Clusters), test.of(&cut, Kind::Clusters));
            same(test, &whole, &cut, 1.0, ROUNDING)?;
        }
    }

    /// So it is where other rows of the person and group lie across the cut: rows cut at times that nothing else happens at.
    #[test]
    fn rows_cut_across_others_are_the_same(rows in rows(), at in prop::collection::vec(0.0..1.0, 8)) {
        // No row is censored when another begins, which would make one spell of two before anything is cut.
        let apart = |(place, r): (usize, &Row)| match r.cause {
            None => Row { exit: r.exit + (place + 1) as f64 / 1024.0, ..*r },
            Some(_) => *r,
        };
        let rows: Vec<Row> = rows.iter().enumerate().map(apart).collect();
        let mut cut = Vec::new();
        for (place, r) in rows.iter().enumerate() {
            let from = r.entry.max(0.0);
            let middle = from + (r.exit - from) * (0.1 + 0.8 * at[place % at.len()] + place as f64 / 1e4);
            let parts = [Row { exit: middle, cause: None, ..*r }, Row { entry: middle, ..*r }];
            if place % 3 == 0 { cut.push(*r) } else { cut.extend(parts) }
        }
        for test in tests() {
            let (whole, cut) = (test.of(&rows, Kind::Clusters), test.of(&cut, Kind::Clusters));
            same(test, &whole, &cut, 1.0, ROUNDING)?;
        }
    }

    #[test]
    fn sampling_weights_of_another_scale_are_the_same(rows in rows()) {
        let scaled: Vec<Row> = rows.iter().map(|r| Row { weight: 17.5 * r.weight, ..*r }).collect();
        for test in tests() {
            for kind in [Kind::Sampling, Kind::Clusters] {
                same(test, &test.of(&rows, kind), &test.of(&scaled, kind), 17.5, ROUNDING)?;
            }
        }
    }

    #[test]
    fn the_order_of_rows_and_groups_does_not_matter(rows in rows(), turn in 0_usize..1000) {
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        for row in &mut turned {
            row.group = (row.group + 1) % GROUPS;
            row.stratum = 7 - row.stratum;
        }
        for test in tests() {
            let (one, two) = (test.of(&rows, Kind::Clusters), test.of(&turned, Kind::Clusters));
            near("statistic", one.statistic, two.statistic, ROUNDING)?;
            turned.rotate_left(1);
            prop_assert_eq!(&two, &test.of(&turned, Kind::Clusters)); // rows alone: the same bits
            for g in 0..GROUPS {
                near("score", one.score[g], two.score[(g + 1) % GROUPS], ROUNDING)?;
            }
        }
    }

    /// Strata add up: scores always, variances if nobody is in both.
    #[test]
    fn strata_add_up(rows in rows()) {
        let rows: Vec<Row> =
            rows.iter().map(|r| Row { person: 2 * r.person + r.stratum as u64, ..*r }).collect();
        for test in tests().into_iter().filter(|test| !test.counts_spells()) {
            if let Test::LogRank(TestWeights::Gehan | TestWeights::TaroneWare) = test {
                continue; // weighed by the mean weight of the exits of all strata
            }
            let both = test.of(&rows, Kind::Clusters);
            let alone = [0, 1].map(|s| {
                let rows: Vec<Row> = rows.iter().filter(|r| r.stratum == s).copied().collect();
                test.of(&rows, Kind::Clusters)
            });
            for g in 0..GROUPS {
                near("score", both.score[g], alone[0].score[g] + alone[1].score[g], ROUNDING)?;
                for h in 0..GROUPS {
                    let sum = alone[0].variance[g][h] + alone[1].variance[g][h];
                    if test.by_influence() {
                        near("variance", both.variance[g][h], sum, ROUNDING)?;
                    }
                }
            }
            // The same spells of the same persons in two strata.
            let again: Vec<Row> = rows.iter().map(|r| Row { stratum: r.stratum + 2, ..*r }).collect();
            let twice: Vec<Row> = rows.iter().chain(&again).copied().collect();
            same(test, &both, &test.of(&twice, Kind::Clusters), 2.0, ROUNDING)?;
        }
    }

    /// Without clusters, and with clusters of one, the variance is what the hypothesis expects: that of tables, unless exits tie.
    #[test]
    fn clusters_of_one_are_grays_test(rows in rows(), rho in 0_u8..2) {
        let rows: Vec<Row> = (0..)
            .zip(untied(&rows))
            .map(|(person, r)| Row { person, ..r })
            .collect();
        let gray = Test::Gray(Gray::new(0).rho(f64::from(rho)));
        let in_strata = [0, 1].map(|stratum| {
            tables(&rows.iter().filter(|r| r.stratum == stratum).copied().collect::<Vec<_>>())
        });
        let by_tables = gray.fit(&in_strata).unwrap();
        for kind in [Kind::Rows, Kind::Case, Kind::Clusters] {
            same(gray, &by_tables, &gray.of(&rows, kind), 1.0, ROUNDING)?;
        }
    }

    /// The variance by the definition: with the geometric mean of two variances by the iteration of arithmetic and harmonic means.
    #[test]
    fn the_design_effect_is_on_grays_variance(rows in rows()) {
        let rows = untied(&rows);
        let gray = Gray::new(0);
        let alone = Test::Gray(gray.influences_alone());
        let spells = [Kind::Rows, Kind::Clusters].map(|kind| spells(&rows, kind));
        let [of_spells, of_clusters] =
            spells.each_ref().map(|spells| two(&alone.fit_spells(spells, &groups(&rows), None).unwrap()));
        let expected = two(&gray.fit(&[tables(&rows)]).unwrap());
        let (mut mean, mut harmonic) = (expected, of_spells);
        for _ in 0..60 {
            let parts = (inverse(mean), inverse(harmonic));
            (mean, harmonic) = (
                each(|i, j| f64::midpoint(mean[i][j], harmonic[i][j])),
                inverse(each(|i, j| f64::midpoint(parts.0[i][j], parts.1[i][j]))),
            );
        }
        let half = product(mean, inverse(of_spells));
        let turned = each(|i, j| half[j][i]);
        let want = product(product(half, of_clusters), turned);
        let got = two(&gray.fit_spells(&spells[1], &groups(&rows), None).unwrap());
        for (got, want) in got.iter().flatten().zip(want.iter().flatten()) {
            near("variance", *got, *want, ROUNDING)?;
        }
    }

    #[test]
    fn one_cause_has_the_log_rank_score(rows in rows()) {
        let spells = spells(&rows, Kind::Clusters).cause_specific(0).unwrap();
        let rank = LogRank::new().fit_spells(&spells, &groups(&rows), None).unwrap();
        let gray = Gray::new(0).fit_spells(&spells, &groups(&rows), None).unwrap();
        for (rank, gray) in rank.score.iter().zip(&gray.score) {
            near("score", *rank, *gray, ROUNDING)?;
        }
    }

    #[test]
    fn pairs_are_the_groups_by_themselves(rows in rows()) {
        for kind in KINDS {
            let (spells, group, stratum) = (spells(&rows, kind), groups(&rows), strata(&rows));
            let log_rank = LogRank::new().weights(TestWeights::PetoPeto);
            let log_ranks = log_rank.pairwise_spells(&spells, &group, Some(&stratum)).unwrap();
            let grays = Gray::new(1).pairwise_spells(&spells, &group, Some(&stratum)).unwrap();
            let tests = [Test::LogRank(TestWeights::PetoPeto), Test::Gray(Gray::new(1))];
            for (test, got) in tests.into_iter().zip([log_ranks, grays]) {
                let places: Vec<_> = got.pairs.iter().map(|pair| (pair.group, pair.reference)).collect();
                prop_assert_eq!(places, vec![(1, 0), (2, 0), (2, 1)]);
                for pair in &got.pairs {
                    let of_pair: Vec<Row> = rows
                        .iter()
                        .filter(|r| [pair.group, pair.reference].contains(&r.group))
                        .map(|r| Row { group: usize::from(r.group == pair.group), ..*r })
                        .collect();
                    same(test, &test.of(&of_pair, kind), &pair.test, 1.0, 1e-12)?;
                }
            }
        }
        let by_table = Gray::new(0).pairwise(&[tables(&rows)]).unwrap();
        let two = Gray::new(0).fit(&[tables(&rows)[..2].to_vec()]).unwrap();
        prop_assert_eq!(&by_table.pairs[0].test, &two);
    }
}

/// No two end at one time, and nobody enters when another ends.
fn untied(rows: &[Row]) -> Vec<Row> {
    let end = |i: u32, r: &Row| r.exit + 0.001 * f64::from(i + 1);
    (0..).zip(rows).map(|(i, r)| Row { exit: end(i, r), weight: 1.0, ..*r }).collect()
}

type Two = [[f64; 2]; 2];

/// Of the first two groups; that of the third follows.
fn two(test: &GroupTest) -> Two {
    each(|g, h| test.variance[g][h])
}

fn each(of: impl Fn(usize, usize) -> f64) -> Two {
    [[of(0, 0), of(0, 1)], [of(1, 0), of(1, 1)]]
}

fn product(one: Two, two: Two) -> Two {
    each(|i, j| one[i][0] * two[0][j] + one[i][1] * two[1][j])
}

fn inverse([[a, b], [c, d]]: Two) -> Two {
    let determinant = a * d - b * c;
    [[d / determinant, -b / determinant], [-c / determinant, a / determinant]]
}

/// Without weights and clusters the variances of tables estimate the same.
#[test]
fn large_samples_have_the_variances_of_tables() {
    let mut draws = Draws(20_260_101);
    for late in [false, true] {
        let rows: Vec<Row> = (0..15_000)
            .filter_map(|person| {
                let times = [draws.exponential(0.06), draws.exponential(0.09)];
                let group = person as usize % GROUPS;
                let censored = draws.exponential(0.02 + 0.02 * group as f64);
                let exit = times[0].min(times[1]).min(censored);
                let cause = (exit < censored).then_some(usize::from(times[1] < times[0]));
                let entry = if late && draws.next() < 0.5 { 4.0 * draws.next() } else { START };
                let row = Row { group, stratum: 0, entry, exit, cause, weight: 1.0, person };
                (entry < exit).then_some(row)
            })
            .collect();
        for test in tests() {
            let (robust, usual) = (test.of(&rows, Kind::Rows), test.fit(&[tables(&rows)]).unwrap());
            for (robust, usual) in
                robust.variance.iter().flatten().zip(usual.variance.iter().flatten())
            {
                let ratio = robust / usual;
                assert!((ratio - 1.0).abs() < 0.05, "{test:?}, late {late}: {ratio}");
            }
        }
    }
}
