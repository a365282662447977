//! Random registers: the engine against the slow reference, cell by cell and row by row.

use std::collections::BTreeMap;

use afgang_engine::{
    CellTable, CountTable, Dim, Grouping, MonthDim, MonthSpec, PairSpec, PairTable, Plan,
    ScanResult, SpellOutput, TableSpec, TransitionSpec,
};
use arrow::datatypes::DataType;
use proptest::prelude::*;
use tempfile::tempdir;

use crate::reference::{self, ReferenceSpell, month_name};
use crate::register::{Person, Style, WEEKS, cells, plan, read_spells, scan, write};

/// Codes of every kind; no code most of the time.
fn code() -> impl Strategy<Value = i16> {
    prop_oneof![
        6 => Just(0_i16),
        4 => prop::sample::select(vec![111, 115, 214, 231, 152]),
        4 => prop::sample::select(vec![730, 734, 739, 701, 765, 818]),
        3 => prop::sample::select(vec![130, 147, 166]),
        3 => prop::sample::select(vec![890, 897, 870, 898]),
        3 => prop::sample::select(vec![651, 661, 771, 783, 899, 997, 999, 998, 621]),
        1 => 1_i16..1000,
    ]
}

/// Runs of the same code, with single weeks changed.
fn weeks(months: usize) -> impl Strategy<Value = Vec<i16>> {
    let count: usize = WEEKS[..months].iter().sum();
    let runs = prop::collection::vec((code(), 1_usize..20), 1..40);
    let noise = prop::collection::vec((0..count, code()), 0..20);
    (runs, noise).prop_map(move |(runs, noise)| {
        let mut weeks: Vec<i16> =
            runs.iter().flat_map(|&(code, length)| std::iter::repeat_n(code, length)).collect();
        weeks.resize(count, 0);
        for (week, code) in noise {
            weeks[week] = code;
        }
        weeks
    })
}

fn degrees(months: usize) -> impl Strategy<Value = Vec<Option<f32>>> {
    let degree = prop_oneof![Just(None), Just(Some(0.0)), (0.0_f32..1.6).prop_map(Some)];
    prop::collection::vec(degree, months)
}

fn person(months: usize) -> impl Strategy<Value = Person> {
    let kom = || prop::sample::select(vec![101_i16, 147, 183, 187]);
    (weeks(months), degrees(months), kom(), kom(), 1_i16..3).prop_map(
        |(weeks, degrees, first, second, sex)| Person {
            id: String::new(),
            weeks,
            degrees,
            kom: [first, second],
            sex,
        },
    )
}

fn persons() -> impl Strategy<Value = Vec<Person>> {
    (3_usize..=24).prop_flat_map(|months| prop::collection::vec(person(months), 1..150)).prop_map(
        |mut persons| {
            for (number, person) in persons.iter_mut().enumerate() {
                person.id = format!("{:012}", number * 7919);
            }
            persons
        },
    )
}

fn style() -> impl Strategy<Value = Style> {
    let codes = prop::sample::select(vec![
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::UInt16,
        DataType::Utf8,
    ]);
    let degrees = prop::sample::select(vec![DataType::Float32, DataType::Float64]);
    (codes, degrees, any::<[bool; 4]>(), 1_usize..200, prop::collection::vec(1_usize..80, 0..3))
        .prop_map(|(codes, degrees, flags, row_group, files)| Style {
            codes,
            degrees,
            integer_ids: false,
            zeros: flags[0],
            kom_by_year: flags[1],
            upper_case: flags[2],
            reversed_columns: flags[3],
            row_group,
            files,
        })
}

fn centre(kom: i16) -> &'static str {
    match kom {
        101 => "København",
        147 => "Frederiksberg",
        _ => "Vallensbæk/Ishøj",
    }
}

/// A plan with every dimension.
pub(crate) fn full_plan(months: usize, exit_lag: usize) -> Plan {
    let mut plan = plan(i32::try_from(months).unwrap());
    plan.rule.exit_lag = exit_lag;
    let join = [101_i16, 147, 183, 187].map(|kom| (kom.to_string(), centre(kom).to_owned()));
    plan.groupings =
        vec![Grouping::join("centre", "kom", join.to_vec()), Grouping::column("sex", "kon")];
    let [by_centre, by_sex] = ["centre", "sex"].map(str::to_owned);
    plan.tables = vec![
        TableSpec::new([Dim::TargetGroup, Dim::Exit, Dim::Duration, Dim::StartYear]),
        TableSpec::new([Dim::FirstTargetGroup, Dim::Start, Dim::ExitLater(1)])
            .with_left_truncated(),
        TableSpec::new([
            Dim::Grouping(by_centre.clone()),
            Dim::Exit,
            Dim::Grouping(by_sex.clone()),
        ]),
    ];
    // Many cells, most of them empty, and few.
    plan.cells = vec![
        vec![
            Dim::Start,
            Dim::Duration,
            Dim::Exit,
            Dim::ExitLater(1),
            Dim::TargetGroup,
            Dim::FirstTargetGroup,
            Dim::StartYear,
            Dim::Grouping(by_centre.clone()),
            Dim::Grouping(by_sex.clone()),
        ],
        vec![Dim::Grouping(by_sex.clone()), Dim::Exit],
    ];
    plan.persons.clone_from(&plan.cells);
    plan.pairs = vec![
        PairSpec::new([Dim::TargetGroup, Dim::Exit, Dim::Duration]).within(1),
        PairSpec::new([Dim::Grouping(by_sex.clone()), Dim::TargetGroup]),
    ];
    plan.transitions = vec![
        TransitionSpec::new([Dim::FirstTargetGroup]),
        TransitionSpec::new([Dim::Grouping(by_sex.clone()), Dim::StartYear]),
    ];
    plan.months = vec![
        MonthSpec::new([MonthDim::TargetGroup, MonthDim::Year]),
        MonthSpec::new([
            MonthDim::Grouping(by_sex),
            MonthDim::Year,
            MonthDim::TargetGroup,
            MonthDim::Grouping(by_centre),
        ]),
    ];
    plan
}

type Cells = BTreeMap<Vec<String>, u64>;

/// The cells of a table that are not 0, by their labels.
fn filled(table: &CountTable) -> Cells {
    let mut cells = Cells::new();
    for (position, &count) in table.counts.iter().enumerate() {
        if count > 0 {
            let mut rest = position;
            let mut labels: Vec<String> = Vec::new();
            for dim in table.dims.iter().rev() {
                labels.push(dim.labels[rest % dim.labels.len()].clone());
                rest /= dim.labels.len();
            }
            labels.reverse();
            cells.insert(labels, count);
        }
    }
    cells
}

/// The cells of a sparse table by their labels.
fn filled_cells(table: &CellTable) -> Cells {
    let labels = |position| {
        let dims = table.dims.iter().enumerate();
        dims.map(|(dim, info)| info.labels[table.place(dim, position)].clone()).collect()
    };
    table.cells.iter().map(|cell| (labels(cell.position), cell.count)).collect()
}

/// The pairs of a table by the labels of their cells, the smaller first.
fn filled_pairs(table: &PairTable) -> BTreeMap<[Vec<String>; 2], u64> {
    let labels = |cell| {
        let index = table.index(cell).into_iter().zip(&table.dims);
        index.map(|(at, dim)| dim.labels[at].clone()).collect::<Vec<String>>()
    };
    let pairs = table.pairs.iter().map(|pair| {
        let mut cells = [labels(pair.left), labels(pair.right)];
        cells.sort();
        (cells, pair.count)
    });
    pairs.collect()
}

/// The pairs of spells of one person by their labels, the smaller first.
fn expected_pairs(
    spells: &[&ReferenceSpell],
    labels: impl Fn(&ReferenceSpell) -> Vec<String>,
    together: impl Fn(&ReferenceSpell, &ReferenceSpell) -> bool,
) -> BTreeMap<[Vec<String>; 2], u64> {
    let mut pairs = BTreeMap::new();
    for (at, one) in spells.iter().enumerate() {
        for two in &spells[at + 1..] {
            if one.id == two.id && together(one, two) {
                let mut cells = [labels(one), labels(two)];
                cells.sort();
                *pairs.entry(cells).or_insert(0) += 1;
            }
        }
    }
    pairs
}

fn tally(rows: impl Iterator<Item = Vec<String>>) -> Cells {
    let mut cells = Cells::new();
    for row in rows {
        *cells.entry(row).or_insert(0) += 1;
    }
    cells
}

fn check(
    result: &ScanResult,
    persons: &[Person],
    spells: &[ReferenceSpell],
    kom_by_year: bool,
) -> Result<(), TestCaseError> {
    let known = || spells.iter().filter(|spell| !spell.left_truncated);
    let year = |month: usize| (2011 + month / 12).to_string();
    let duration = |s: &ReferenceSpell| (s.end - s.start + 1).to_string();
    let expected = tally(
        known().map(|s| vec![s.group.to_owned(), s.exit.clone(), duration(s), year(s.start)]),
    );
    prop_assert_eq!(filled(&result.tables[0]), expected);
    let expected = tally(
        spells.iter().map(|s| vec![s.first_group.to_owned(), month_name(s.start), s.later.clone()]),
    );
    prop_assert_eq!(filled(&result.tables[1]), expected);
    let expected =
        tally(known().map(|s| vec![centre(s.kom).to_owned(), s.exit.clone(), s.sex.to_string()]));
    prop_assert_eq!(filled(&result.tables[2]), expected);

    let by_many = |s: &ReferenceSpell| {
        vec![
            month_name(s.start),
            duration(s),
            s.exit.clone(),
            s.later.clone(),
            s.group.to_owned(),
            s.first_group.to_owned(),
            year(s.start),
            centre(s.kom).to_owned(),
            s.sex.to_string(),
        ]
    };
    let by_few = |s: &ReferenceSpell| vec![s.sex.to_string(), s.exit.clone()];
    prop_assert_eq!(filled_cells(&result.cells[0]), tally(known().map(by_many)));
    prop_assert_eq!(filled_cells(&result.cells[1]), tally(known().map(by_few)));
    prop_assert!(result.cells.iter().all(|of| of.cells.is_sorted_by_key(|cell| cell.position)));
    for (persons, of) in result.persons.iter().zip(&result.cells) {
        let several = persons.persons.iter().map(|alike| alike.cells.len() as u64 * alike.count);
        let mut own: BTreeMap<&str, u64> = BTreeMap::new();
        known().for_each(|s| *own.entry(s.id.as_str()).or_default() += 1);
        prop_assert_eq!(several.sum::<u64>(), own.values().filter(|n| **n > 1).sum::<u64>());
        let there = |cell: &u64| of.cells.binary_search_by_key(cell, |of| of.position).is_ok();
        prop_assert!(persons.persons.iter().all(|alike| alike.cells.iter().all(there)));
    }

    let moves = |by: fn(&ReferenceSpell) -> Vec<String>| {
        tally(known().flat_map(|s| {
            s.moves.iter().map(move |(time, from, to)| {
                [by(s), vec![time.to_string(), (*from).to_owned(), to.clone()]].concat()
            })
        }))
    };
    let expected = moves(|s| vec![s.first_group.to_owned()]);
    prop_assert_eq!(filled(&result.transitions[0]), expected);
    let expected = moves(|s| vec![s.sex.to_string(), (2011 + s.start / 12).to_string()]);
    prop_assert_eq!(filled(&result.transitions[1]), expected);

    let with_start: Vec<&ReferenceSpell> = known().collect();
    let expected = expected_pairs(
        &with_start,
        |s| vec![s.group.to_owned(), s.exit.clone(), duration(s)],
        |one, two| one.group == two.group,
    );
    prop_assert_eq!(filled_pairs(&result.pairs[0]), expected);
    let expected =
        expected_pairs(&with_start, |s| vec![s.sex.to_string(), s.group.to_owned()], |_, _| true);
    prop_assert_eq!(filled_pairs(&result.pairs[1]), expected);

    let mut by_group = Vec::new();
    let mut by_all = Vec::new();
    for person in persons {
        for (month, &code) in reference::month_codes(person).iter().enumerate() {
            let Some(group) = reference::target_group(code) else { continue };
            let kom = person.kom[if kom_by_year { month / 12 } else { 0 }];
            by_group.push(vec![group.to_owned(), year(month)]);
            by_all.push(vec![
                person.sex.to_string(),
                year(month),
                group.to_owned(),
                centre(kom).to_owned(),
            ]);
        }
    }
    prop_assert_eq!(filled(&result.months[0]), tally(by_group.into_iter()));
    prop_assert_eq!(filled(&result.months[1]), tally(by_all.into_iter()));
    prop_assert_eq!(result.stats.persons, persons.len() as u64);
    prop_assert_eq!(result.stats.spells, known().count() as u64);
    prop_assert_eq!(result.stats.left_truncated, (spells.len() - known().count()) as u64);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn equals_the_slow_reference(persons in persons(), style in style(), exit_lag in 1_usize..3) {
        let mut persons = persons;
        if !style.kom_by_year {
            for person in &mut persons {
                person.kom[1] = person.kom[0];
            }
        }
        let folder = tempdir().unwrap();
        write(folder.path(), &persons, &style);
        let months = persons[0].months();
        let mut plan = full_plan(months, exit_lag);
        plan.threads = Some(2);
        let file = folder.path().join("spells.out");
        plan.spells = Some(SpellOutput {
            path: file.clone(),
            attributes: vec!["kom".to_owned()],
            groupings: vec!["centre".to_owned(), "sex".to_owned()],
        });
        let result = scan(folder.path(), &plan).unwrap();
        let spells: Vec<ReferenceSpell> =
            persons.iter().flat_map(|person| reference::spells(person, exit_lag)).collect();
        check(&result, &persons, &spells, style.kom_by_year)?;

        let names = [
            "pnr", "spell", "start", "end", "months", "first_target_group", "target_group", "exit",
            "left_truncated", "kom", "centre", "sex",
        ];
        let rows: Vec<Vec<String>> =
            read_spells(&file).iter().map(|row| cells(row, &names)).collect();
        let expected: Vec<Vec<String>> = spells
            .iter()
            .map(|s| {
                vec![
                    s.id.clone(),
                    s.number.to_string(),
                    month_name(s.start),
                    month_name(s.end),
                    (s.end - s.start + 1).to_string(),
                    s.first_group.to_owned(),
                    s.group.to_owned(),
                    s.exit.clone(),
                    s.left_truncated.to_string(),
                    s.kom.to_string(),
                    centre(s.kom).to_owned(),
                    s.sex.to_string(),
                ]
            })
            .collect();
        prop_assert_eq!(rows, expected);
    }
}
