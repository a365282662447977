//! Files of several forms, and the rows of them that count.

use crate::built::Folder;
use crate::{SIX, curve, near, numbers};

#[test]
fn parquet_in_and_out() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    for (from, to) in [("six.csv", "a.parquet"), ("six.csv", "a.json"), ("six.csv", "a.csv")] {
        curve(&folder, &format!("cif {from} --time time --event event --by group --out {to}"))
            .good();
    }
    // The answer is a data file like any other, and no name stands twice in a table.
    curve(&folder, "km a.parquet --time time --event n_censor --by group,cause --out b.csv").good();
    assert!(folder.read("b.csv").starts_with("group,group_cause,time,"));
    curve(&folder, "cif a.parquet --time time --event n_censor --by time,cause --out c.csv").good();
    let header = "group_time,group_cause,cause,time,n_risk,";
    assert!(folder.read("c.csv").starts_with(header), "{}", folder.read("c.csv"));
    let answer = curve(&folder, "cif a.parquet --time time --event n_censor --by cause");
    assert!(answer.sentences().contains("Column cause is group_cause here"), "{}", answer.out);
    let json: serde_json::Value = serde_json::from_str(&folder.read("a.json")).unwrap();
    assert_eq!(json["rows"][0]["group"], "a");
    assert_eq!(json["rows"][0]["cause"], 1);
    assert_eq!(json["rows"][0]["time"], 1.0);
}

#[test]
fn semicolons_and_decimal_commas() {
    let folder = Folder::new();
    folder.write("da.csv", "tid;slut\n1,5;1\n2,5;0\n");
    let answer = curve(&folder, "km da.csv --time tid --event slut");
    answer.good();
    assert!(answer.sentences().contains("1.50000"), "{}", answer.out);
}

#[test]
fn a_printed_table_has_a_foot() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let answer = curve(&folder, "cif six.csv --time time --event event --conf log-log --level 0.9");
    answer.good();
    assert!(answer.sentences().contains("Aalen–Johansen"));
    assert!(answer.sentences().contains("90 % intervals on the log-log scale"));
    assert!(answer.sentences().contains("events come before censorings"));
}

/// Rows without a group are a group of their own, or left out, and the reader is told.
#[test]
fn rows_without_a_group() {
    let folder = Folder::new();
    folder.write("gaps.csv", "time,event,sex\n1,1,k\n2,1,\n3,1,m\n4,0,k\n");
    let te = "km gaps.csv --time time --event event --by sex";
    let answer = curve(&folder, te);
    answer.good();
    assert!(answer.sentences().contains("Rows without a value in sex: 1"), "{}", answer.out);
    assert!(answer.sentences().contains("\nmissing     2       1"), "{}", answer.out);
    curve(&folder, &format!("{te} --out o.csv")).good();
    assert!(folder.read("o.csv").contains("\n,2,1,"), "a table has no word for it");
    let answer = curve(&folder, &format!("{te} --drop-missing --out o.csv"));
    answer.good();
    assert!(
        answer.sentences().contains("Left out, for want of a value in sex: 1 row."),
        "{}",
        answer.out
    );
    let rows = folder.read("o.csv");
    assert_eq!(rows.lines().count(), 1 + 2 + 1);
    folder.write("all.csv", "time,event\n1,1\n2,1\n");
    let answer = curve(&folder, "km all.csv --time time --event event");
    assert!(answer.sentences().contains("No row is censored"), "{}", answer.out);
}

/// Some rows only, and mistakes in the others are none.
#[test]
fn rows_that_count() {
    let folder = Folder::new();
    folder.write(
        "some.csv",
        "time,event,sex,year\n1,1,k,2011\n-5,1,m,2011\n2,0,k,2012\n3,1,k,2013\n",
    );
    let te = "km some.csv --time time --event event --only sex=k";
    let answer = curve(&folder, &format!("{te} --only year=2011,2012 --out o.csv"));
    answer.good();
    assert!(
        answer.sentences().contains("Only rows with sex = k, year = 2011 or 2012: 2 of 4."),
        "{}",
        answer.out
    );
    near(numbers(&folder.read("o.csv"))[0][4], 0.5);
    curve(&folder, &format!("{te} --only sex=x")).bad(3, "no row has `x` in `sex`");
    // A mistake in a row that counts stands where it is in the file.
    curve(&folder, &te.replace("sex=k", "sex=m")).bad(3, "column `time` is -5 in row 2");
}

/// Words instead of codes, with the same answers.
#[test]
fn events_in_words() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let words = SIX.replace(",1,", ",job,").replace(",2,", ",dead,").replace(",0,", ",still,");
    // The columns after the event are not asked for.
    folder.write("words.csv", &words);
    let read = |arguments: &str| {
        curve(&folder, &format!("{arguments} --out o.csv")).good();
        folder.read("o.csv")
    };
    let te = "--time time --event event";
    let coded = read(&format!("cif six.csv {te}"));
    let worded = read(&format!("cif words.csv {te} --censored still"));
    // Words are in the order of the alphabet: dead before job.
    assert_eq!(numbers(&worded)[1][1..6], numbers(&coded)[5 + 1][1..6]);
    assert!(worded.contains("\ndead,1,") && worded.contains("\njob,1,"));
    let job = read(&format!("cif words.csv {te} --censored still --cause job"));
    assert_eq!(job.lines().skip(1).collect::<Vec<_>>(), worded.lines().skip(6).collect::<Vec<_>>());
    // Until any exit; and until a job, the dead censored.
    let any = read(&format!("km words.csv {te} --censored still"));
    near(numbers(&any)[1][4], 4.0 / 6.0);
    let of_jobs = read(&format!("km words.csv {te} --censored still --cause job"));
    near(numbers(&of_jobs)[1][4], 5.0 / 6.0);
    assert_eq!(of_jobs, read(&format!("km six.csv {te} --cause 1")));
}
