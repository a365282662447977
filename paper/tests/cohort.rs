//! Listed cohorts, run on registers that can be counted by hand and on random ones that plain loops count again.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking, their helpers too")]

mod built;
mod cohort_data;

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use built::{Folder, afgang};
use cohort_data::{MONTHS, Person, RUN, STUDY, WEEKS, output, week, weeks_of, write, write_with};
use proptest::prelude::*;

/// The rows of a table below its header, as fields.
fn rows(folder: &Folder, id: &str) -> Vec<Vec<String>> {
    let table = folder.read(&format!("out/tables/{id}.csv"));
    table.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Persons and those who attained, of all.
fn of_all(folder: &Folder, id: &str) -> [String; 2] {
    let row = rows(folder, id).into_iter().find(|row| row[0] == "total").unwrap();
    [row[2].clone(), row[3].clone()]
}

#[test]
fn a_cohort_by_hand() {
    let folder = Folder::new();
    let december = weeks_of(2);
    assert_eq!(
        (december.start, december.end, week(53), week(101)),
        (week(49), week(53) + 1, 13, 14)
    );
    let persons = [
        // Only in week 53, the last of December.
        Person::sick("w53").learns([week(53)]),
        // In the weeks before and after December.
        Person::sick("around").learns([week(48), week(101)]),
        Person::sick("fifth").works(2, 0.2),
        Person::sick("above").works(2, 0.21),
        // In November and January.
        Person::sick("apart").learns(weeks_of(1)).learns(weeks_of(3)),
        // In December and the first week of January.
        Person::sick("two").learns(weeks_of(2)).learns([week(101)]),
        // In October and November.
        Person::sick("early").learns(weeks_of(0)).learns(weeks_of(1)),
        Person::sick("never"),
        Person::sick("nobody asked").learns(0..WEEKS),
    ];
    write(&folder, "register.parquet", &persons);
    folder.write(
        "cohort.csv",
        "answer,pnr,kon,weight\nyes,w53,1,1\nyes,around,2,2\nno,fifth,1,1\nno,above,1,1\nyes,apart,2,1\nno,two,2,1\n\
         ,early,1,1\nno,never,2,4\nno,ghost,1,100\n",
    );
    let december = ["2020-12", "2020-12"];
    let winter = ["2020-11", "2021-01"];
    let by = "by = [\"answer\", \"sex\"]";
    let study = [
        STUDY.to_owned(),
        output("december", "cohort-share", december, by),
        output("last_week", "cohort-share", ["2020-11", "2020-11"], "month_rule = \"last-week\""),
        output("january", "cohort-share", ["2021-01", "2021-01"], "month_rule = \"last-week\""),
        output("degree", "cohort-share", december, "degree_above = 0.2"),
        output("winter", "cohort-share", winter, ""),
        output("in_a_row", "cohort-share", winter, "months_in_a_row = 2"),
        output("few", "cohort-share", december, &format!("{by}\nmin_persons = 4")),
        output("weighted", "cohort-share", december, "weight = \"weight\"\nby = [\"answer\"]"),
        output("months", "cohort-occupancy", ["2020-10", "2021-01"], ""),
        output(
            "figure",
            "cohort-occupancy",
            ["2020-10", "2021-04"],
            &format!("{by}\nfigure = true"),
        ),
    ];
    folder.write("mine.toml", &study.concat());
    let answer = afgang(&folder, &RUN);
    answer.good();
    assert!(
        answer.err.contains(
            "warning: list `cohort`: the register has 8 of its 9 persons; an id that has lost"
        ),
        "{}",
        answer.err
    );

    // In December are w53, fifth, above and two; the ghost is not in the register and in no row. Of the men (1) w53, fifth and
    // above are, early is not. Wilson's limits of 4 of 8 are 1/2 -+ z/2/sqrt(8 + z^2).
    let z = 1.959_963_984_540_054_f64;
    let half = 50.0 * z / (8.0 + z * z).sqrt();
    let table = rows(&folder, "december");
    let counts: Vec<[&str; 5]> =
        table.iter().map(|row| std::array::from_fn(|place| row[place].as_str())).collect();
    assert_eq!(
        counts,
        [
            ["total", "total", "8", "4", "50"],
            ["answer", "no", "4", "3", "75"],
            ["answer", "yes", "3", "1", "33.33333333333333"],
            ["answer", "missing", "1", "0", "0"],
            ["sex", "maend", "4", "3", "75"],
            ["sex", "kvinder", "4", "1", "25"],
        ]
    );
    let number = |text: &str| text.parse::<f64>().unwrap();
    assert!((number(&table[0][5]) - (50.0 - half)).abs() < 1e-9, "{:?}", table[0]);
    assert!((number(&table[0][6]) - (50.0 + half)).abs() < 1e-9, "{:?}", table[0]);

    // Week 48 is the last of November; week 4, that of January, is education for apart alone.
    assert_eq!(of_all(&folder, "last_week"), ["8", "3"]);
    assert_eq!(of_all(&folder, "january"), ["8", "1"]);
    // A degree of exactly 0.2 is not above it.
    assert_eq!(of_all(&folder, "degree"), ["8", "3"]);
    // From November to January all but never.
    assert_eq!(of_all(&folder, "winter"), ["8", "7"]);
    // Two has December and January; apart has a month between, early's October lies before the window.
    assert_eq!(of_all(&folder, "in_a_row"), ["8", "1"]);

    let few = rows(&folder, "few");
    let shown: Vec<bool> = few.iter().map(|row| !row[4].is_empty() && !row[5].is_empty()).collect();
    assert_eq!(shown, [true, true, false, false, true, true]);
    assert_eq!(few[2][..4], ["answer", "yes", "3", ""]);

    // Weights of all: 1 + 2 + 1 + 1 + 1 + 1 + 1 + 4 = 12, of the four 4; of "no" 7, of its three 3.
    let weighted = rows(&folder, "weighted");
    assert_eq!(weighted[0][7], "50");
    for (row, percent) in [(0, 400.0 / 12.0), (1, 300.0 / 7.0), (2, 25.0), (3, 0.0)] {
        assert!((number(&weighted[row][4]) - percent).abs() < 1e-9, "{:?}", weighted[row]);
    }

    let months: Vec<[String; 3]> = rows(&folder, "months")
        .into_iter()
        .map(|row| [row[2].clone(), row[3].clone(), row[4].clone()])
        .collect();
    let wanted = [("2020-10", 1), ("2020-11", 3), ("2020-12", 4), ("2021-01", 3)];
    assert_eq!(months, wanted.map(|(month, n)| [month.to_owned(), "8".to_owned(), n.to_string()]));

    let drawn = folder.read("out/figures/figure.csv");
    assert_eq!(drawn.lines().count(), 1 + 6 * 7);
    let svg = folder.read("out/figures/figure.svg");
    assert!(svg.contains("Oct 2020") && svg.contains("missing") | svg.contains("Missing"), "{svg}");
    assert!(folder.path("out/figures/figure.png").exists());

    let record = folder.read("out/run.json");
    for fact in [
        "\"found\": 8",
        "\"persons\": 9",
        "\"persons_of_list_cohort_not_in_register\": 1",
        "\"not_given\": []",
    ] {
        assert!(record.contains(fact), "{fact}: {record}");
    }
    let report = folder.read("out/report.html");
    assert!(report.contains("1 of the 9 persons of the list cohort are not in the register"));
    // No id is ever printed.
    assert!(!report.contains("around") && !record.contains("around"));
}

#[test]
fn ids_of_other_types_and_files_in_any_order_give_the_same() {
    let folder = Folder::new();
    let persons: Vec<Person> = (0..40)
        .map(|n| {
            Person::sick(&format!("{n}")).learns((0..WEEKS).filter(|week| week % (n + 2) == 0))
        })
        .collect();
    let mut list = "pnr,group,weight\n".to_owned();
    for n in (0..40).rev() {
        writeln!(list, "{n},{},{}", n % 3, 1 + n % 4).unwrap();
    }
    folder.write("cohort.csv", &list);
    let by = "by = [\"group\"]\nweight = \"weight\"";
    folder.write(
        "mine.toml",
        &format!("{STUDY}{}", output("t", "cohort-share", ["2020-12", "2021-02"], by)),
    );
    let table = |arguments: &[&str]| {
        afgang(&folder, &[&["-q"], arguments].concat()).good();
        folder.read("out/tables/t.csv")
    };
    write(&folder, "register.parquet", &persons);
    let first = table(&RUN);
    assert_eq!(first, table(&[&RUN[..], &["--threads", "1"]].concat()));
    // Two files, the persons in another order.
    let other: Vec<Person> = persons.iter().rev().cloned().collect();
    write(&folder, "parts/a.parquet", &other[..7]);
    write(&folder, "parts/b.parquet", &other[7..]);
    let run = [&RUN[..3], &["parts"], &RUN[4..]].concat();
    for threads in ["1", "2", "3"] {
        assert_eq!(first, table(&[&run[..], &["--threads", threads]].concat()));
    }
    // Ids as whole numbers, in the register and in a list that is Parquet.
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..40));
    write_with(&folder, "register.parquet", &persons, ids);
    assert_eq!(first, table(&RUN));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("pnr", Arc::new(Int64Array::from_iter_values((0..40).rev()))),
        ("group", Arc::new(Int64Array::from_iter_values((0..40).rev().map(|n| n % 3)))),
        ("weight", Arc::new(Int64Array::from_iter_values((0..40).rev().map(|n| 1 + n % 4)))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    folder.write_parquet("cohort.parquet", &batch);
    let run = [&RUN[..5], &["cohort=cohort.parquet"], &RUN[6..]].concat();
    assert_eq!(first, table(&run));
    // The study may name the file itself, beside it.
    let study = folder.read("mine.toml");
    folder.write(
        "mine.toml",
        &study.replace("[list.cohort]", "[list.cohort]\nfile = \"cohort.csv\""),
    );
    assert_eq!(first, table(&[&RUN[..4], &RUN[6..]].concat()));
}

// ------------------------------------------------------------------------------ plain loops on random registers

/// What an output counts as being in the set.
#[derive(Debug, Clone, Copy)]
struct Rule {
    degree_above: f32,
    last_week: bool,
    months: [usize; 2],
    in_a_row: usize,
}

fn in_week(person: &Person, week: usize, month: usize, rule: Rule) -> bool {
    match person.codes[week] {
        651 | 771 => true,
        0 => person.degrees[month].is_some_and(|degree| degree > 0.0 && degree > rule.degree_above),
        _ => false,
    }
}

fn in_month(person: &Person, month: usize, rule: Rule) -> bool {
    let mut any = false;
    let mut last = false;
    for week in weeks_of(month) {
        last = in_week(person, week, month, rule);
        any |= last;
    }
    if rule.last_week { last } else { any }
}

fn attained(person: &Person, rule: Rule) -> bool {
    for first in rule.months[0]..=rule.months[1] {
        let mut all = first + rule.in_a_row <= rule.months[1] + 1;
        for month in first..(first + rule.in_a_row).min(7) {
            all &= in_month(person, month, rule);
        }
        if all {
            return true;
        }
    }
    false
}

/// A person of the list: place in the register if there, group and weight.
type ListedPerson = (Option<usize>, Option<char>, u32);

fn persons() -> impl Strategy<Value = Vec<Person>> {
    let code = prop_oneof![4 => Just(890_i16), 2 => Just(0), 1 => Just(651), 1 => Just(771)];
    let degree = prop_oneof![
        2 => Just(None), 1 => Just(Some(0.0)), 1 => Just(Some(0.1)), 2 => Just(Some(0.2)), 2 => Just(Some(0.5))
    ];
    // Stays of one to four weeks.
    let stays = proptest::collection::vec((code, 1..5_usize), WEEKS);
    let person = (stays, proptest::array::uniform7(degree)).prop_map(|(stays, degrees)| {
        let mut weeks =
            stays.into_iter().flat_map(|(code, weeks)| std::iter::repeat_n(code, weeks));
        let codes = std::array::from_fn(|_| weeks.next().unwrap());
        Person { id: String::new(), codes, degrees }
    });
    proptest::collection::vec(person, 3..25).prop_map(|mut persons| {
        for (place, person) in persons.iter_mut().enumerate() {
            person.id = format!("p{place:03}");
        }
        persons
    })
}

fn cases() -> impl Strategy<Value = (Vec<Person>, Vec<ListedPerson>, Vec<Rule>)> {
    persons().prop_flat_map(|persons| {
        let group = prop_oneof![3 => Just(Some('a')), 2 => Just(Some('b')), 1 => Just(None)];
        let listed = (proptest::bool::weighted(0.7), group, 1..5_u32);
        let list = proptest::collection::vec(listed, persons.len());
        let rule = (
            prop_oneof![Just(0.0_f32), Just(0.1), Just(0.2)],
            any::<bool>(),
            0..7_usize,
            0..7_usize,
            1..4_usize,
        );
        let rule = rule.prop_map(|(degree_above, last_week, one, other, in_a_row)| {
            let months = [one.min(other), one.max(other)];
            let in_a_row = in_a_row.min(months[1] - months[0] + 1);
            Rule { degree_above, last_week, months, in_a_row }
        });
        let rules = proptest::collection::vec(rule, 3);
        (Just(persons), list, rules).prop_map(|(persons, listed, rules)| {
            let mut list: Vec<ListedPerson> = vec![(Some(0), Some('a'), 2), (None, Some('b'), 3)];
            for (place, (on_list, group, weight)) in listed.into_iter().enumerate().skip(1) {
                if on_list {
                    list.push((Some(place), group, weight));
                }
            }
            (persons, list, rules)
        })
    })
}

fn log_odds(percent: f64) -> f64 {
    (percent / (100.0 - percent)).ln()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn random_registers_count_as_plain_loops_do((persons, list, rules) in cases()) {
        let folder = Folder::new();
        write(&folder, "register.parquet", &persons);
        let mut text = "group,pnr,weight\n".to_owned();
        for (row, (place, group, weight)) in list.iter().enumerate() {
            let id = place.map_or(format!("ghost{row}"), |place| persons[place].id.clone());
            let group = group.map_or(String::new(), String::from);
            writeln!(text, "{group},{id},{weight}").unwrap();
        }
        folder.write("cohort.csv", &text);
        let mut study = STUDY.to_owned();
        for (place, rule) in rules.iter().enumerate() {
            let months = rule.months.map(|month| MONTHS[month]);
            let month_rule = if rule.last_week { "last-week" } else { "any-week" };
            let common = format!(
                "by = [\"group\"]\nmonth_rule = \"{month_rule}\"\ndegree_above = {}\n", rule.degree_above
            );
            let weight = "weight = \"weight\"\n";
            let in_a_row = format!("months_in_a_row = {}\n", rule.in_a_row);
            study += &output(&format!("s{place}"), "cohort-share", months, &format!("{common}{in_a_row}"));
            study += &output(&format!("w{place}"), "cohort-share", months, &format!("{common}{in_a_row}{weight}"));
            study += &output(&format!("o{place}"), "cohort-occupancy", months, &common);
        }
        folder.write("mine.toml", &study);
        afgang(&folder, &[&["-q"], &RUN[..]].concat()).good();

        let groups = [("total", "total", None), ("group", "a", Some(Some('a'))),
            ("group", "b", Some(Some('b'))), ("group", "missing", Some(None))];
        for (place, &rule) in rules.iter().enumerate() {
            // Found persons of a group with whether they count, and their weights.
            let count = |group: Option<Option<char>>, counts: &dyn Fn(&Person) -> bool| {
                let mut found: Vec<(bool, f64)> = Vec::new();
                for (place, of, weight) in &list {
                    if let Some(place) = place && group.is_none_or(|group| group == *of) {
                        found.push((counts(&persons[*place]), f64::from(*weight)));
                    }
                }
                found
            };
            let (shares, weighted) = (rows(&folder, &format!("s{place}")), rows(&folder, &format!("w{place}")));
            let months = rows(&folder, &format!("o{place}"));
            let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            for (by, label, group) in groups {
                let row = |of: &[Vec<String>]| of.iter().find(|row| row[0] == by && row[1] == label).cloned();
                let found = count(group, &|person| attained(person, rule));
                let Some(share) = row(&shares) else {
                    // A group that nobody on the list has.
                    prop_assert!(found.is_empty());
                    continue;
                };
                let part = found.iter().filter(|(counts, _)| *counts).count();
                prop_assert_eq!(&share[2..4], [found.len().to_string(), part.to_string()]);
                let weighted = row(&weighted).unwrap();
                prop_assert_eq!(&weighted[2..4], &share[2..4]);
                if found.is_empty() {
                    continue;
                }
                let p = 100.0 * part as f64 / found.len() as f64;
                prop_assert!((number(&share[4]) - p).abs() < 1e-9);
                let of_all: f64 = found.iter().map(|(_, weight)| weight).sum();
                let with: f64 = found.iter().filter(|(counts, _)| *counts).map(|(_, weight)| weight).sum();
                let (wp, low, high) = (number(&weighted[4]), number(&weighted[5]), number(&weighted[6]));
                prop_assert!((wp - 100.0 * with / of_all).abs() < 1e-9);
                prop_assert!((number(&weighted[7]) - p).abs() < 1e-9);
                if with > 0.0 && with < of_all {
                    // The limits are as far from the share in log odds.
                    let middle = f64::midpoint(log_odds(low), log_odds(high));
                    prop_assert!((middle - log_odds(wp)).abs() < 1e-6 || high > 99.999 || low < 1e-3);
                }
                for month in rule.months[0]..=rule.months[1] {
                    let found = count(group, &|person| in_month(person, month, rule));
                    let of_month = months.iter().find(|row| row[0] == by && row[1] == label && row[2] == MONTHS[month]);
                    let part = found.iter().filter(|(counts, _)| *counts).count();
                    prop_assert_eq!(&of_month.unwrap()[3..5], [found.len().to_string(), part.to_string()]);
                }
            }
        }
    }
}

// ------------------------------------------------------------------------------ the built-in study

#[test]
fn the_expectations_analysis_agrees_in_every_number() {
    let folder = Folder::new();
    let answer = afgang(&folder, &["reproduce", "expectations", "--keep-register", "--lang", "en"]);
    answer.good();
    // The 17 rows of shares have 24 numbers; then three shares of all, and three months.
    assert!(answer.out.contains("30 of 30 printed numbers agree"), "{}", answer.out);
    let comparison = folder.read("out/expectations/tables/comparison.csv");
    assert!(comparison.lines().skip(1).all(|line| line.ends_with(",yes")), "{comparison}");
    let record = folder.read("out/expectations/run.json");
    assert!(
        record.contains("\"found\": 2004") && record.contains("\"calibration\": \"expectations\"")
    );
    assert!(folder.path("out/expectations/register/cohort.csv").exists());

    // The register that was kept does for another run, and for the study's copy.
    let kept = [
        "-q",
        "reproduce",
        "expectations",
        "--register",
        "out/expectations/register",
        "--out",
        "again",
    ];
    afgang(&folder, &kept).good();
    let table = "tables/attained.csv";
    assert_eq!(
        folder.read(&format!("again/{table}")),
        folder.read(&format!("out/expectations/{table}"))
    );
    afgang(&folder, &["study", "expectations", "--out", "copy"]).good();
    let run = [
        "-q",
        "run",
        "copy/expectations.toml",
        "--register",
        "out/expectations/register",
        "--list",
        "cohort=out/expectations/register/cohort.csv",
        "--out",
        "third",
    ];
    afgang(&folder, &run).good();
    assert_eq!(
        folder.read(&format!("third/{table}")),
        folder.read(&format!("out/expectations/{table}"))
    );
}

#[test]
fn the_cohort_has_one_size() {
    let folder = Folder::new();
    let synth = ["synth", "--study", "expectations", "--out", "register"];
    let refused = afgang(&folder, &[&synth[..], &["--scale", "0.5"]].concat());
    refused.bad(3, "the synthetic register `expectations` has one size");
    refused.says("leave them out");
    afgang(&folder, &[&synth[..], &["--persons", "100"]].concat()).bad(3, "has one size");
    afgang(&folder, &[&synth[..], &["--files", "2"]].concat()).bad(3, "has one size");
    let answer = afgang(&folder, &synth);
    answer.good();
    assert!(
        answer.out.contains("3504 persons")
            && answer.out.contains("List `cohort`: register/cohort.csv")
    );
    assert!(
        folder.path("register/cohort.csv").exists()
            && folder.path("register/dream_0001.parquet").exists()
    );
    assert!(!folder.path("register/register").exists());
}
