//! A study that looks at the exit one month later: who is back in benefit then is not counted as another exit.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::collections::BTreeMap;

use built::{Folder, afgang};

fn month(text: &str) -> i32 {
    let (year, month) = text.split_once('-').unwrap();
    year.parse::<i32>().unwrap() * 12 + month.parse::<i32>().unwrap()
}

/// By target group: spells whose person is in again two months after the last month in, from the spell file.
fn back(folder: &Folder, file: &str) -> BTreeMap<String, u64> {
    let columns = ["pnr", "start", "end", "target_group", "left_truncated"];
    let spells = folder.rows(file, columns);
    let mut back = BTreeMap::new();
    for ([pnr, _, end, group, truncated], [next, start, ..]) in spells.iter().zip(&spells[1..]) {
        if pnr == next && month(end) + 2 == month(start) && truncated == "false" {
            *back.entry(group.clone()).or_insert(0) += 1;
        }
    }
    back
}

/// The rows of a table by the values of two columns, with the spells.
fn spells(text: &str, keys: [&str; 2]) -> BTreeMap<[String; 2], u64> {
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.map(|row| {
        (keys.map(|key| row[place(key)].to_owned()), row[place("spells")].parse().unwrap())
    })
    .collect()
}

#[test]
fn back_in_benefit_has_its_own_row() {
    let folder = Folder::new();
    afgang(&folder, &["-q", "synth", "--scale", "0.01", "--out", "r"]).good();
    afgang(&folder, &["study", "vive", "--out", "mine"]).good();
    let study = folder.read("mine/vive.toml");
    assert!(study.contains("exit_lag = 1"));
    folder.write("mine/later.toml", &study.replace("exit_lag = 1", "exit_lag = 2"));
    let run = |study: &str, out: &str| {
        let spells = format!("{out}.parquet");
        afgang(
            &folder,
            &["-q", "run", study, "--register", "r", "--out", out, "--spells", &spells],
        )
        .good();
    };
    run("mine/vive.toml", "now");
    run("mine/later.toml", "later");
    let expected = back(&folder, "now.parquet");
    assert_eq!(expected.len(), 4, "{expected:?}");
    for (table, group) in [
        ("table_4_2", "aktivitetsparate"),
        ("table_4_3", "jobparate"),
        ("table_4_4", "sygedagpenge"),
        ("table_4_5", "dagpenge"),
    ] {
        let [now, later] = ["now", "later"].map(|out| {
            spells(&folder.read(&format!("{out}/tables/{table}.csv")), ["target_group", "exit"])
        });
        let of = |rows: &BTreeMap<[String; 2], u64>, exit: &str| {
            rows.get(&[group.to_owned(), exit.to_owned()]).copied()
        };
        assert_eq!(of(&now, "back_in_benefit"), None);
        assert_eq!(of(&later, "back_in_benefit"), Some(expected[group]));
        assert!(of(&later, "unobserved") > Some(0));
        assert_eq!(of(&now, "total"), of(&later, "total"));
        let rest = later.iter().filter(|(keys, _)| keys[1] != "total").map(|(_, n)| n).sum();
        assert_eq!(of(&later, "total"), Some(rest));
    }
    // A figure that shows the rest of the exits shows these, too.
    let figure = folder.read("later/figures/figure_4_16.csv");
    assert!(figure.contains("dagpenge,back_in_benefit,2011,"), "{figure}");
    assert!(!folder.read("now/figures/figure_4_16.csv").contains("back_in_benefit"));

    // One month after the month that decides the exit, not all are still self-supporting.
    let states =
        spells(&folder.read("later/tables/section_4_3_1.csv"), ["target_group", "state_later"]);
    let of = |state: &str| states[&["dagpenge".to_owned(), state.to_owned()]];
    assert!(0 < of("self_support") && of("self_support") < of("total"), "{states:?}");
    assert!(folder.read("later/report.html").contains("Tilbage i ydelse"));
}
