//! The size of the tests by simulation.

use afgang_models::{Gray, LogRank, TestWeights};

use crate::{Draws, GROUPS, Kind, Row, START, Test, groups, spells, strata, tables, tables_of};

/// What is simulated.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the setting, on or off")]
struct Setting {
    /// Whole months, so that exits tie.
    months: bool,
    /// Half of the spells come under observation late.
    late: bool,
    /// Persons are sampled with probabilities that depend on their group and on how soon they leave.
    sampled: bool,
    /// Persons with 1 to 4 spells that share the person's factor on the hazards and lie half in the person's own group, half in
    /// any; without, persons with one spell in their own group.
    several: bool,
}

/// A register in which the groups are alike: two causes, two strata with different hazards, censoring that differs by group. A person's
/// spells lie in both strata and, with `several`, in several groups. With late entry, later in some groups than in others, spells that end
/// before they would be seen are not there.
fn register(draws: &mut Draws, persons: u64, setting: Setting) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut person = 0;
    while person < persons {
        let own = person as usize % GROUPS;
        let factor = draws.exponential(1.0) + 0.1;
        let (chance, weight) = if setting.sampled {
            let chance = if factor > 0.8 { 0.9 - 0.2 * own as f64 } else { 0.4 + 0.2 * own as f64 };
            (chance, 1.0 / chance)
        } else {
            (1.0, 1.0)
        };
        let sampled = draws.next() < chance;
        let spells = if setting.several { 1 + (draws.next() * 4.0) as usize } else { 1 };
        let before = rows.len();
        for _ in 0..spells {
            let group = if setting.several && draws.next() < 0.5 {
                (draws.next() * GROUPS as f64) as usize
            } else {
                own
            };
            let stratum = usize::from(draws.next() < 0.5);
            let rate = factor * (1.0 + 0.5 * stratum as f64);
            let times = [draws.exponential(0.06 * rate), draws.exponential(0.09 * rate)];
            // Who leaves in the month of the censoring is still seen to leave.
            let whole = |time: f64| if setting.months { time.ceil() } else { time };
            let leaves = whole(times[0].min(times[1]));
            let censored = whole(draws.exponential(0.02 + 0.02 * group as f64).min(36.0));
            let exit = leaves.min(censored);
            let cause = (leaves <= censored).then_some(usize::from(times[1] < times[0]));
            let entry = if setting.late && draws.next() < 0.5 {
                whole(draws.next() * (2.0 + 2.0 * group as f64)) - f64::from(setting.months)
            } else {
                START
            };
            if sampled && entry < exit {
                rows.push(Row { group, stratum, entry, exit, cause, weight, person });
            }
        }
        person += u64::from(rows.len() > before);
    }
    rows
}

/// Rejections at 5 % of the hypothesis: log-rank and Gray's test by tables, which take weights for case weights, then the robust
/// log-rank, Gehan's and Gray's test.
fn rejections(draws: &mut Draws, runs: u32, persons: u64, setting: Setting) -> [f64; 5] {
    let log_rank = Test::LogRank(TestWeights::LogRank);
    let gray = Test::Gray(Gray::new(0));
    let robust = [log_rank, Test::LogRank(TestWeights::Gehan), gray];
    let mut rejected = [0_u32; 5];
    for _ in 0..runs {
        let rows = register(draws, persons, setting);
        let in_strata = [0, 1].map(|stratum| {
            tables(&rows.iter().filter(|r| r.stratum == stratum).copied().collect::<Vec<_>>())
        });
        let spells = spells(&rows, Kind::Clusters);
        let (group, stratum) = (groups(&rows), strata(&rows));
        let by_tables = [log_rank, gray].map(|test| test.fit(&in_strata));
        let by_rows = robust.map(|test| test.fit_spells(&spells, &group, Some(&stratum)));
        for (count, test) in rejected.iter_mut().zip(by_tables.into_iter().chain(by_rows)) {
            *count += u32::from(test.unwrap().p_value < 0.05);
        }
    }
    rejected.map(|count| f64::from(count) / f64::from(runs))
}

#[expect(clippy::print_stdout, reason = "the results go into METHODS.md")]
fn size(persons_a_group: u64, fair: std::ops::Range<f64>) {
    const RUNS: u32 = 5000;
    let settings = [
        (false, false, false),
        (true, false, false),
        (true, true, false),
        (false, false, true),
        (true, false, true),
        (true, true, true),
    ];
    for months in [false, true] {
        for (late, sampled, several) in settings {
            let setting = Setting { months, late, sampled, several };
            let mut draws = Draws(20_260_201 + persons_a_group);
            let shares = rejections(&mut draws, RUNS, GROUPS as u64 * persons_a_group, setting);
            println!("{persons_a_group} a group, {setting:?}: {shares:?}");
            assert!(
                shares[2..].iter().all(|share| fair.contains(share)),
                "{setting:?}: {shares:?}"
            );
            assert!(
                !sampled || shares[..2].iter().all(|&share| share > 0.07),
                "tables know no sampling"
            );
        }
    }
}

/// The results stand in METHODS.md. Run both with
/// `cargo test --release -p afgang-models --test robust_tests -- --ignored --nocapture`.
#[test]
#[ignore = "60,000 simulated registers"]
fn size_of_small_groups() {
    size(100, 0.04..0.07);
}

#[test]
#[ignore = "60,000 simulated registers"]
fn size_of_larger_groups() {
    size(400, 0.042..0.062);
}

/// Rejections at 5 % where a group has few exits for the cause: Gray's test by tables, by persons, and by their influences alone, and the log-rank test by persons. With
/// `several` persons have 1 to 4 spells in their group and a chance of their own to leave for the cause, on average `share`.
fn rejections_of_rare(persons: usize, n_groups: usize, share: f64, several: bool) -> [f64; 4] {
    const RUNS: u32 = 4000;
    let mut draws = Draws(20_261_122);
    let mut rejected = [0_u32; 4];
    for _ in 0..RUNS {
        let mut rows = Vec::new();
        for person in 0..persons * n_groups {
            let spells = if several { 1 + (draws.next() * 4.0) as usize } else { 1 };
            let own = if several { 3.0 * share * draws.next().powi(2) } else { share };
            let (group, person) = (person % n_groups, person as u64);
            for _ in 0..spells {
                let exit = (draws.next() * 12.0).floor() + 1.0;
                let cause = match draws.next() {
                    drawn if drawn < own => Some(0),
                    drawn if drawn < 0.6 => Some(1),
                    _ => None,
                };
                rows.push(Row {
                    group,
                    stratum: 0,
                    entry: START,
                    exit,
                    cause,
                    weight: 1.0,
                    person,
                });
            }
        }
        let (spells, group) = (spells(&rows, Kind::Clusters), groups(&rows));
        let gray = Gray::new(0);
        let tests = [
            gray.fit(&[tables_of(&rows, n_groups)]),
            gray.fit_spells(&spells, &group, None),
            gray.influences_alone().fit_spells(&spells, &group, None),
            LogRank::new().fit_spells(&spells, &group, None),
        ];
        for (count, test) in rejected.iter_mut().zip(tests) {
            *count += u32::from(test.unwrap().p_value < 0.05);
        }
    }
    rejected.map(|count| f64::from(count) / f64::from(RUNS))
}

/// The results stand in METHODS.md.
#[test]
#[ignore = "48,000 simulated registers"]
fn size_with_few_exits() {
    for several in [false, true] {
        for (exits, n_groups, share) in
            [(2, 8, 0.05), (5, 8, 0.05), (20, 8, 0.2), (20, 8, 0.05), (5, 3, 0.05), (20, 3, 0.05)]
        {
            let spells = f64::from(exits) / share;
            let persons = (if several { spells / 2.5 } else { spells }).round() as usize;
            let [tables, persons, alone, rank] =
                rejections_of_rare(persons, n_groups, share, several);
            println!(
                "{n_groups} groups, {exits} exits of {share}, several {several}: tables {tables}, persons {persons}, alone {alone}, \
                 log-rank {rank}"
            );
            assert!((0.03..0.06).contains(&persons), "{persons}");
        }
    }
}
