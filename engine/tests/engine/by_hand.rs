//! Spells that can be checked by looking.

use afgang_engine::{Dim, Grouping, MonthDim, MonthSpec, SpellOutput, TableSpec};
use arrow::datatypes::DataType;
use tempfile::tempdir;

use crate::register::{Person, Style, cells, plan, read_spells, scan, write};

const COLUMNS: [&str; 9] = [
    "pnr",
    "spell",
    "start",
    "end",
    "months",
    "first_target_group",
    "target_group",
    "exit",
    "left_truncated",
];

/// The spells of persons with codes in the six months from January 2011, as lines of text.
fn spells_of(persons: &[Person], style: &Style, exit_lag: usize) -> Vec<String> {
    let folder = tempdir().unwrap();
    write(folder.path(), persons, style);
    let mut plan = plan(persons[0].months() as i32);
    plan.rule.exit_lag = exit_lag;
    plan.spells = Some(SpellOutput::new(folder.path().join("spells.out")));
    let result = scan(folder.path(), &plan).unwrap();
    let rows = read_spells(&folder.path().join("spells.out"));
    assert_eq!(result.stats.spells + result.stats.left_truncated, rows.len() as u64);
    rows.iter().map(|row| cells(row, &COLUMNS).join(" ")).collect()
}

fn one(codes: &[i16]) -> Vec<String> {
    spells_of(&[Person::new("7", codes)], &Style::default(), 1)
}

#[test]
fn a_spell_in_the_middle() {
    assert_eq!(
        one(&[0, 0, 730, 730, 0, 0]),
        ["7 1 2011-03 2011-04 2 aktivitetsparate aktivitetsparate self_support false"]
    );
}

#[test]
fn a_spell_that_starts_in_the_first_possible_month_and_ends_in_the_last() {
    assert_eq!(
        one(&[0, 730, 730, 730, 730, 730]),
        ["7 1 2011-02 2011-06 5 aktivitetsparate aktivitetsparate still_unemployed false"]
    );
    assert_eq!(
        one(&[0, 0, 0, 0, 0, 111]),
        ["7 1 2011-06 2011-06 1 dagpenge dagpenge still_unemployed false"]
    );
    assert_eq!(
        one(&[0, 111, 651, 0, 0, 0]),
        ["7 1 2011-02 2011-02 1 dagpenge dagpenge education false"]
    );
    assert_eq!(
        one(&[0, 111, 111, 111, 111, 651]),
        ["7 1 2011-02 2011-05 4 dagpenge dagpenge education false"]
    );
}

#[test]
fn a_spell_that_runs_in_the_first_month_is_left_truncated() {
    assert_eq!(
        one(&[890, 0, 0, 890, 0, 0]),
        [
            "7 1 2011-01 2011-01 1 sygedagpenge sygedagpenge self_support true",
            "7 2 2011-04 2011-04 1 sygedagpenge sygedagpenge self_support false"
        ]
    );
    assert_eq!(one(&[130; 6]), ["7 1 2011-01 2011-06 6 jobparate jobparate still_unemployed true"]);
}

#[test]
fn a_change_of_target_group_does_not_end_a_spell() {
    assert_eq!(
        one(&[0, 111, 130, 730, 890, 0]),
        ["7 1 2011-02 2011-05 4 dagpenge sygedagpenge self_support false"]
    );
}

#[test]
fn every_cause_of_exit() {
    let causes = [
        (651, "education"),
        (652, "education"),
        (661, "education"),
        (771, "flex_job"),
        (781, "flex_job"),
        (783, "disability_pension"),
        (899, "partial_sick_return"),
        (997, "dead_or_emigrated"),
        (999, "dead_or_emigrated"),
        (998, "other"),
        (621, "other"),
        (555, "other"),
        (0, "self_support"),
    ];
    for (code, exit) in causes {
        let expected = [format!("7 1 2011-02 2011-02 1 dagpenge dagpenge {exit} false")];
        assert_eq!(one(&[0, 111, code, 0, 0, 0]), expected);
    }
}

#[test]
fn without_a_code_the_employment_degree_of_the_exit_month_decides() {
    let exit = |person: Person| {
        let line = spells_of(&[person], &Style::default(), 1).remove(0);
        line.split(' ').nth(7).unwrap().to_owned()
    };
    let person = Person::new("1", &[0, 111, 0, 0, 0, 0]);
    assert_eq!(exit(person.clone().degree(2, 0.01)), "employment");
    assert_eq!(exit(person.clone().degree(2, 0.0)), "self_support");
    assert_eq!(exit(person.clone().degree(1, 1.0).degree(3, 1.0)), "self_support");
    // A code comes before the degree.
    let coded = Person::new("1", &[0, 111, 783, 0, 0, 0]);
    assert_eq!(exit(coded.degree(2, 1.0)), "disability_pension");
}

#[test]
fn the_last_week_of_a_month_decides() {
    let mut person = Person::new("1", &[0; 6]);
    // Weeks 1–4 are January, 5–8 February, 9–13 March: only the last of March is in.
    for week in 4..7 {
        person.weeks[week] = 111;
    }
    person.weeks[12] = 111;
    assert_eq!(
        spells_of(&[person], &Style::default(), 1),
        ["1 1 2011-03 2011-03 1 dagpenge dagpenge self_support false"]
    );
}

#[test]
fn the_exit_can_be_looked_up_later() {
    let spells = |codes: &[i16]| spells_of(&[Person::new("1", codes)], &Style::default(), 2);
    let exit = |codes: &[i16]| -> Vec<String> {
        spells(codes).iter().map(|line| line.split(' ').nth(7).unwrap().to_owned()).collect()
    };
    assert_eq!(exit(&[0, 111, 0, 651, 0, 0]), ["education"]);
    assert_eq!(exit(&[0, 111, 651, 0, 0, 0]), ["self_support"]);
    assert_eq!(exit(&[0, 111, 0, 111, 0, 0]), ["back_in_benefit", "self_support"]);
    assert_eq!(exit(&[0, 0, 0, 0, 111, 0]), ["unobserved"]);
    assert_eq!(exit(&[0, 0, 0, 0, 0, 111]), ["still_unemployed"]);
    let person = Person::new("1", &[0, 111, 0, 0, 0, 0]).degree(3, 0.5);
    assert!(spells_of(&[person], &Style::default(), 2)[0].contains("employment"));
}

#[test]
fn codes_can_be_text_or_any_integer_and_null_can_be_zero_or_empty() {
    let persons = [
        Person::new("000000000001", &[0, 111, 651, 0, 0, 0]),
        Person::new("000000000002", &[0, 0, 0, 734, 0, 0]).degree(4, 1.0),
    ];
    let expected = spells_of(&persons, &Style::default(), 1);
    assert_eq!(expected.len(), 2);
    assert!(expected[1].starts_with("000000000002 1 2011-04"));
    for codes in [
        DataType::Utf8,
        DataType::Binary,
        DataType::LargeUtf8,
        DataType::Int32,
        DataType::Int64,
        DataType::UInt16,
        DataType::UInt32,
        DataType::UInt64,
    ] {
        for zeros in [false, true] {
            let style = Style { codes: codes.clone(), zeros, ..Style::default() };
            assert_eq!(spells_of(&persons, &style, 1), expected, "{codes} {zeros}");
        }
    }
    for degrees in
        [DataType::Float64, DataType::Int32, DataType::Decimal128(5, 2), DataType::Float16]
    {
        let style = Style { degrees: degrees.clone(), ..Style::default() };
        assert_eq!(spells_of(&persons, &style, 1), expected, "{degrees}");
    }
    let style =
        Style { integer_ids: true, upper_case: true, reversed_columns: true, ..Style::default() };
    let lines = spells_of(&persons, &style, 1);
    assert_eq!(lines[0], expected[0].replace("000000000001", "1"));
}

#[test]
fn short_spells_can_be_dropped_and_the_look_back_can_be_longer_or_none() {
    let folder = tempdir().unwrap();
    write(folder.path(), &[Person::new("1", &[111, 0, 111, 111, 0, 111])], &Style::default());
    let count = |look_back, min_duration| {
        let mut plan = plan(6);
        plan.rule.look_back = look_back;
        plan.rule.min_duration = min_duration;
        let stats = scan(folder.path(), &plan).unwrap().stats;
        (stats.spells, stats.left_truncated, stats.too_short)
    };
    assert_eq!(count(1, 1), (2, 1, 0));
    assert_eq!(count(0, 1), (3, 0, 0));
    assert_eq!(count(3, 1), (1, 2, 0));
    assert_eq!(count(1, 2), (1, 0, 2));
}

/// Three persons, two municipalities, all tables by hand.
#[test]
fn tables() {
    let mut persons = vec![
        // March and April aktivitetsparate, then education, then back.
        Person::new("1", &[0, 0, 730, 734, 651, 111]),
        // Left-truncated jobparate until February; May dagpenge, then work.
        Person::new("2", &[130, 133, 0, 0, 111, 0]).degree(5, 1.0),
        // Sick to the end.
        Person::new("3", &[0, 0, 0, 890, 890, 890]),
    ];
    persons[2].kom = [147, 147];
    persons[2].sex = 2;
    let folder = tempdir().unwrap();
    write(folder.path(), &persons, &Style::default());
    let mut plan = plan(6);
    let join = vec![
        ("147".to_owned(), "Frederiksberg".to_owned()),
        ("101".to_owned(), "København".to_owned()),
    ];
    plan.groupings =
        vec![Grouping::join("job_centre", "KOM", join), Grouping::column("sex", "kon")];
    plan.tables = vec![
        TableSpec::new([Dim::TargetGroup, Dim::Exit, Dim::Duration]),
        TableSpec::new([Dim::Exit]).with_left_truncated(),
        TableSpec::new([Dim::Grouping("job_centre".to_owned()), Dim::Start]),
        TableSpec::new([Dim::Grouping("sex".to_owned()), Dim::StartYear]),
        TableSpec::new([Dim::Exit, Dim::ExitLater(1)]),
        TableSpec::new([Dim::FirstTargetGroup]).with_left_truncated(),
        TableSpec::new([Dim::Exit]).with_left_truncated(),
        TableSpec::new([]),
    ];
    plan.months = vec![
        MonthSpec::new([MonthDim::TargetGroup, MonthDim::Intervention]),
        MonthSpec::new([MonthDim::Grouping("job_centre".to_owned()), MonthDim::Year]),
    ];
    let result = scan(folder.path(), &plan).unwrap();

    let table = &result.tables[0];
    assert_eq!(table.total(), 4);
    let cell = |group: &str, exit: &str, months: &str| {
        let labels = [("target_group", group), ("exit", exit), ("months", months)];
        let index = labels.map(|(dim, label)| table.label(dim, label).unwrap());
        table.get(&index).unwrap()
    };
    assert_eq!(cell("aktivitetsparate", "education", "2"), 1);
    assert_eq!(cell("dagpenge", "employment", "1"), 1);
    assert_eq!(cell("dagpenge", "still_unemployed", "1"), 1);
    assert_eq!(cell("sygedagpenge", "still_unemployed", "3"), 1);
    assert_eq!(table.dims[1].labels.len(), 9);
    assert_eq!(table.dims[2].labels.len(), 6);

    let counts = |table: usize, dims: &[&str]| result.tables[table].marginal(dims).unwrap().counts;
    // employment, self_support, education, …, still_unemployed
    assert_eq!(counts(1, &["exit"]), [1, 1, 1, 0, 0, 0, 0, 0, 2]);
    assert_eq!(result.tables[6], result.tables[1]);
    assert_eq!(result.tables[2].dims[0].labels, ["Frederiksberg", "København"]);
    assert_eq!(result.tables[2].counts, [0, 0, 0, 1, 0, 0, /* København */ 0, 0, 1, 0, 1, 1]);
    assert_eq!(result.tables[3].dims[0].labels, ["1", "2"]);
    assert_eq!(result.tables[3].counts, [3, 1]);
    // One month after the month of exit: in education, then back in dagpenge; the others unobserved.
    let later = &result.tables[4];
    let back = [later.label("exit", "education"), later.label("state_after_1", "dagpenge")];
    assert_eq!(later.get(&back.map(Result::unwrap)), Some(1));
    assert_eq!(later.select("state_after_1", "unobserved").unwrap().total(), 3);
    assert_eq!(result.tables[5].counts, [1, 1, 1, 2]);
    assert_eq!(result.tables[7].counts, [4]);

    let months = &result.months[0];
    assert_eq!(months.total(), 9);
    assert_eq!(months.marginal(&["target_group"]).unwrap().counts, [2, 2, 3, 2]);
    assert_eq!(
        months.select("target_group", "jobparate").unwrap().counts,
        [1, 1, 0, 0, 0] // passive 130, guidance 133
    );
    assert_eq!(
        months.select("target_group", "aktivitetsparate").unwrap().counts,
        [1, 0, 1, 0, 0] // passive 730, ordinary education 734
    );
    assert_eq!(result.months[1].counts, [3, 6]);

    assert_eq!(result.stats.persons, 3);
    assert_eq!((result.stats.files, result.stats.row_groups), (1, 1));
    assert_eq!((result.stats.spells, result.stats.left_truncated), (4, 1));
    // Ids, six weeks, six degrees, two attributes.
    assert_eq!(result.stats.cells, 3 * 15);
}

#[test]
fn municipality_by_year_is_that_of_the_start_year() {
    let mut codes = [0; 24];
    codes[11] = 111;
    codes[12] = 111;
    codes[20] = 111;
    let mut person = Person::new("1", &codes);
    person.kom = [101, 147];
    let folder = tempdir().unwrap();
    let style = Style { kom_by_year: true, ..Style::default() };
    write(folder.path(), &[person], &style);
    let mut plan = plan(24);
    plan.groupings = vec![Grouping::column("kom", "kom")];
    plan.tables = vec![TableSpec::new([Dim::Grouping("kom".to_owned()), Dim::Duration])];
    plan.months = vec![MonthSpec::new([MonthDim::Grouping("kom".to_owned())])];
    let mut output = SpellOutput::new(folder.path().join("spells.out"));
    output.attributes = vec!["kom".to_owned()];
    plan.spells = Some(output);
    let result = scan(folder.path(), &plan).unwrap();
    let spells = result.tables[0].marginal(&["kom"]).unwrap();
    assert_eq!(
        (spells.dims[0].labels.join(" "), spells.counts),
        ("101 147".to_owned(), vec![1, 1])
    );
    // A month counts where the person lives in its year.
    assert_eq!(result.months[0].counts, [1, 2]);
    let rows = read_spells(&folder.path().join("spells.out"));
    let kom: Vec<String> = rows.iter().map(|row| cells(row, &["kom"]).remove(0)).collect();
    assert_eq!(kom, ["101", "147"]);
}

#[test]
fn unknown_codes_and_values_are_counted() {
    let mut persons =
        vec![Person::new("1", &[555, 0, 111, 555, 0, 0]), Person::new("2", &[0, 0, 0, 1, 0, 0])];
    persons[1].kom = [0, 0];
    let folder = tempdir().unwrap();
    write(folder.path(), &persons, &Style::default());
    let mut plan = plan(6);
    let join = vec![("101".to_owned(), "København".to_owned())];
    plan.groupings = vec![Grouping::join("centre", "kom", join).unmatched("unknown")];
    plan.tables =
        vec![TableSpec::new([Dim::Exit]), TableSpec::new([Dim::Grouping("centre".into())])];
    let result = scan(folder.path(), &plan).unwrap();
    let unknown: Vec<(u16, u64)> = result.stats.unknown_codes.into_iter().collect();
    assert_eq!(unknown, [(1, 1), (555, 2)]);
    assert_eq!(result.tables[0].counts[6], 1, "the residual state");
    let unmatched: Vec<_> = result.stats.unmatched.into_iter().collect();
    assert_eq!(unmatched, [(("centre".to_owned(), "0".to_owned()), 1)]);
    assert_eq!(result.tables[1].dims[0].labels, ["København", "unknown"]);
}

#[test]
fn a_register_of_nobody() {
    let folder = tempdir().unwrap();
    write(folder.path(), &[], &Style::default());
    let mut plan = plan(24);
    plan.tables = vec![TableSpec::new([Dim::Exit])];
    plan.spells = Some(SpellOutput::new(folder.path().join("spells.out")));
    let result = scan(folder.path(), &plan).unwrap();
    assert_eq!(result.tables[0].total(), 0);
    assert!(read_spells(&folder.path().join("spells.out")).is_empty());
}
