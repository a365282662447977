//! `afgang check` on a file of spells: every finding, by hand.

mod built;

use built::{Folder, afgang};

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
        ]
    );
    assert!(answer.out.contains("rows by code: 0: 2, 1: 1, 2: 1"), "{}", answer.out);
    assert!(answer.out.contains("groups without an event: b"), "{}", answer.out);
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
