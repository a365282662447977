//! `afgang check`: on a file of spells every finding, by hand; on a register everything that is wrong with it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Array, RecordBatch, StringArray};
use built::{Folder, afgang};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const COLUMNS: [&str; 4] = ["--time", "t", "--event", "e"];

fn check(folder: &Folder, more: &[&str]) -> built::Answer {
    let arguments: Vec<&str> =
        ["check", "s.csv"].into_iter().chain(COLUMNS).chain(more.iter().copied()).collect();
    afgang(folder, &arguments)
}

/// `check, count` of the findings in a CSV file that are refused or not.
fn findings(folder: &Folder, refused: &str) -> Vec<(String, usize, usize)> {
    let text = folder.read("f.csv");
    let lines = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    lines
        .filter(|fields| fields[1] == refused)
        .map(|fields| {
            let number = |at: usize| fields[at].parse().unwrap_or(usize::MAX);
            (fields[0].to_owned(), number(2), number(3))
        })
        .collect()
}

#[test]
fn times_that_differ_by_rounding_alone_are_counted() {
    let folder = Folder::new();
    folder.write("s.csv", "t,e,from\n0.3,1,0\n1,0,0.30000000000000004\n2,1,0\n");
    let answer = check(&folder, &["--entry", "from", "--out", "f.csv"]);
    answer.good();
    assert!(findings(&folder, "0").contains(&("near_ties".to_owned(), 1, 2)));
    assert!(answer.out.contains("0.30000000000000004 from 0.3"), "{}", answer.out);
    folder.write("s.csv", "t,e,from\n1,1,0\n2,0,1\n");
    check(&folder, &["--entry", "from", "--out", "f.csv"]).good();
    assert!(!folder.read("f.csv").contains("near_ties"));
}

/// Codes that mean censored, as R's `lung` has them: 1 censored, 2 dead.
#[test]
fn codes_that_mean_censored() {
    let folder = Folder::new();
    folder.write("s.csv", "t,e,g\n1,1,a\n2,2,a\n3,2,a\n4,1,b\n");
    check(&folder, &["--by", "g", "--censored", "1", "--out", "f.csv"]).good();
    let notes = findings(&folder, "0");
    assert!(notes.contains(&("events".to_owned(), 2, 0)), "{notes:?}");
    assert!(notes.iter().any(|note| note.0 == "group_without_event"), "{notes:?}");
    assert!(!notes.iter().any(|note| note.0 == "none_censored"), "{notes:?}");
    check(&folder, &["--by", "g", "--out", "f.csv"]).good();
    assert!(findings(&folder, "0").contains(&("none_censored".to_owned(), 4, 0)));
    check(&folder, &["--censored", "9", "--out", "f.csv"]);
    assert_eq!(findings(&folder, "1"), [("event_code".to_owned(), 0, 0)]);
}

#[test]
fn a_good_file_is_described() {
    let folder = Folder::new();
    // Person 1: from 0 to 2, a gap, from 3 to 5; person 2: 0 to 4 and 2 to 6, which overlap.
    folder
        .write("s.csv", "t,e,from,id,w,g\n2,1,0,1,1,a\n5,2,3,1,0.5,a\n4,0,0,2,0,b\n6,0,2,2,1,b\n");
    let answer = check(
        &folder,
        &["--entry", "from", "--cluster", "id", "--weight", "w", "--by", "g", "--out", "f.csv"],
    );
    answer.good();
    assert!(answer.out.starts_with("s.csv: 4 rows\n"), "{}", answer.out);
    assert_eq!(findings(&folder, "1"), []);
    let of = |name: &str, count, row| (name.to_owned(), count, row);
    assert_eq!(
        findings(&folder, "0"),
        [
            of("ties", 0, 0),
            of("events", 2, 0),
            of("zero_weight", 1, 3),
            of("fractional_weight", 1, 2),
            of("clusters", 2, 0),
            of("overlap", 1, 4),
            of("gap", 1, 2),
            of("groups", 2, 0),
            of("group_without_event", 1, 0),
            // At 2 the only one of a at risk leaves; another enters at 3.
            of("emptied_early", 1, 0),
        ]
    );
    assert!(answer.out.contains("rows by code: 0: 2, 1: 1, 2: 1"), "{}", answer.out);
    assert!(answer.out.contains("groups without an event: b"), "{}", answer.out);
}

#[test]
fn causes_in_words_are_listed_by_word() {
    let folder = Folder::new();
    folder.write("s.csv", "t,e,g\n1,job,\n2,still,x\n3,died,x\n4,job,x\n");
    let answer = check(&folder, &["--censored", "still", "--by", "g"]);
    answer.good();
    for words in [
        "3  rows end in an event; rows by word: died: 1, job: 2, still: 1",
        "the smallest, `missing`, has 1 row\n",
    ] {
        assert!(answer.out.contains(words), "{}", answer.out);
    }
    folder.write("s.csv", "t,e\n1,1\n");
    assert!(check(&folder, &[]).out.starts_with("s.csv: 1 row\n"));
}

#[test]
fn every_problem_is_listed() {
    let folder = Folder::new();
    folder.write(
        "s.csv",
        "t,e,from,w\n-1,1,-2,1\n,0,0,1\nfar,1,0,1\n0,0.5,-1,-1\n3,1,3,1\n3,1,4,\n9,,0,1\n",
    );
    let answer = check(&folder, &["--entry", "from", "--weight", "w", "--out", "f.csv"]);
    answer.bad(3, "s.csv has problems of 8 kinds");
    let of = |name: &str, count, row| (name.to_owned(), count, row);
    assert_eq!(
        findings(&folder, "1"),
        [
            of("missing", 1, 2),
            of("not_a_number", 1, 3),
            of("negative_time", 1, 1),
            of("missing", 1, 7),
            of("event_code", 1, 4),
            of("entry_not_before_exit", 2, 5),
            of("missing", 1, 6),
            of("weight", 1, 4),
        ]
    );
}

#[test]
fn words_gaps_and_codes_in_one_column() {
    let folder = Folder::new();
    folder.write("s.csv", "t,e\n1,1\n2,0\n3,dead\n4,\n5,1\n6,dead\n");
    let answer = check(&folder, &["--out", "f.csv"]);
    answer.bad(3, "s.csv has problems of 2 kinds");
    let of = |name: &str, count, row| (name.to_owned(), count, row);
    assert_eq!(findings(&folder, "1"), [of("missing", 1, 4), of("event_words", 2, 3)]);
    assert!(answer.out.contains("the column holds `0`, `1`, `dead`"), "{}", answer.out);
    let answer = check(&folder, &["--censored", "0", "--out", "f.csv"]);
    answer.bad(3, "s.csv has problems of 1 kind");
    assert_eq!(findings(&folder, "1"), [of("missing", 1, 4)]);
    assert!(answer.out.contains("rows by word: 0: 1, 1: 2, dead: 2"), "{}", answer.out);
}

#[test]
fn messages() {
    let folder = Folder::new();
    folder.write("s.csv", "t,e\n1,0\n2,0\n");
    let answer = check(&folder, &[]);
    answer.bad(3, "problems of 1 kind");
    assert!(answer.out.contains("no row ends in an event"), "{}", answer.out);
    check(&folder, &["--by", "sex"]).bad(3, "no column `sex`");
    check(&folder, &["--out", "f.txt"]).bad(2, "names no format");
    afgang(&folder, &["check", "s.csv", "--time", "t"]).bad(2, "--event");
    afgang(&folder, &["check", "none.csv", "--time", "t", "--event", "e"]).bad(3, "none.csv");
}

/// A register of a few columns: weeks 3, 4 and 8 of 2011 only.
fn broken_register(path: &Path, week: ArrayRef) {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("pnr", Arc::new(StringArray::from(vec!["0101901111", "0202902222", "0101901111"]))),
        ("y_1104", week),
        ("y_1108", Arc::new(Int16Array::from(vec![None, Some(111), None]))),
        ("kom", Arc::new(Int16Array::from(vec![Some(101), None, Some(101)]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn all_that_is_wrong_with_a_register_is_listed() {
    let folder = Folder::new();
    folder.write("r/b.parquet", "no Parquet");
    let week = Arc::new(Int16Array::from(vec![Some(1000), Some(-5), Some(555)]));
    broken_register(&folder.path("r/a.parquet"), week);
    let answer = afgang(&folder, &["check", "r"]);
    // 467 of 469 weeks and 108 months are missing; one file is none; codes, a municipality in two groupings, a person twice.
    answer.bad(3, "r has 580 problems");
    for line in [
        "file r/b.parquet cannot be read as Parquet",
        "column `y_1101` (week 2011-W01) is missing",
        "column `grad_2011_01` (employment degree of 2011-01) is missing",
        "column `y_1104`, row 1: code 1000 is not between 0 and 999; correct it or set it to null (no benefit) \
         (2 rows, this is the first)",
        "column `kom`, row 2: null is not in the table of grouping `population_group`",
        "stands twice, in file r/a.parquet row 1 and in file r/a.parquet row 3",
        "  and 407 more of a kind named above",
        "codes that the code book dream-2019 does not know (cells; they count as `other`)\n  555 ",
    ] {
        assert!(answer.out.contains(line), "`{line}` is not in: {}", answer.out);
    }
    assert!(!answer.out.contains("0101901111") && !answer.err.contains("0101901111"));
    // A run says the first of them.
    let answer = afgang(&folder, &["run", "vive", "--register", "r", "--out", "out"]);
    answer.bad(3, "b.parquet cannot be read as Parquet");
}

#[test]
fn a_register_without_persons_is_refused() {
    let folder = Folder::new();
    afgang(&folder, &["-q", "synth", "--scale", "0.001", "--out", "made"]).good();
    let part = folder.files().into_iter().find(|file| file.ends_with(".parquet")).unwrap();
    let opened = File::open(folder.path(&part)).unwrap();
    let schema = ParquetRecordBatchReaderBuilder::try_new(opened).unwrap().schema().clone();
    let empty = File::create(folder.path("empty.parquet")).unwrap();
    ArrowWriter::try_new(empty, schema, None).unwrap().close().unwrap();
    afgang(&folder, &["check", "made"]).good();
    afgang(&folder, &["check", "empty.parquet"]).bad(3, "holds no persons");
    let run = ["run", "vive", "--register", "empty.parquet", "--out", "out"];
    afgang(&folder, &run).bad(3, "holds no persons");
    assert!(!folder.path("out").exists());
}

#[test]
fn a_file_of_spells_is_no_register() {
    let folder = Folder::new();
    folder.write("s.csv", "t,e\n1,0\n");
    let answer = afgang(&folder, &["check", "s.csv"]);
    answer.bad(2, "`s.csv` is no register: a register is Parquet");
    answer.says("`--time COL --event COL`");
    afgang(&folder, &["run", "vive", "--register", "s.csv"]).bad(2, "`s.csv` is no register");
    for flag in ["--by", "--out", "--weight"] {
        let answer = afgang(&folder, &["check", "register", flag, "sex"]);
        answer.bad(2, "belong to files of spells");
    }
}

/// Rows without an id are refused, and are no cluster of their own.
#[test]
fn rows_without_a_cluster_are_listed() {
    let folder = Folder::new();
    folder.write("s.csv", "t,e,id\n1,1,a\n2,0,\n3,1,b\n4,0,\n");
    let answer = check(&folder, &["--cluster", "id", "--out", "f.csv"]);
    assert_ne!(answer.code, 0);
    assert_eq!(findings(&folder, "1"), [("missing_cluster".to_owned(), 2, 2)]);
    assert!(findings(&folder, "0").contains(&("clusters".to_owned(), 2, 0)));
}
