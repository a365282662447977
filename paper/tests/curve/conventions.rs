//! Conventions: named in each output, and those of other programs.

use std::fmt::Write;

use crate::built::Folder;
use crate::{SIX, curve, near, numbers};

#[test]
fn every_output_names_its_conventions() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let te = "six.csv --time time --event event --weight n --entry late";
    let answer = curve(&folder, &format!("cif {te} --out o.csv"));
    answer.good();
    assert!(answer.out.contains("Weights are case weights"), "{}", answer.out);
    assert!(answer.out.contains("censorings before entries"), "{}", answer.out);
    curve(&folder, &format!("cif {te} --convention cmprsk --out o.json")).good();
    let json: serde_json::Value = serde_json::from_str(&folder.read("o.json")).unwrap();
    for (name, wanted) in [
        ("convention", "cmprsk"),
        ("estimator", "aalen-johansen"),
        ("order_at_ties", "events, censorings, entries"),
        ("at_risk", "(entry, exit]"),
        ("std_error", "aalen"),
        ("interval", "log-log"),
        ("weights", "case"),
    ] {
        assert_eq!(json["conventions"][name], wanted, "{name}");
    }
    curve(&folder, &format!("km {te} --cause 1 --out o.parquet")).good();
    let bytes = std::fs::read(folder.path("o.parquet")).unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("\"estimator\":\"kaplan-meier\""));
}

/// A convention is a bundle of options, and options overrule it.
#[test]
fn conventions_of_other_programs() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    folder.write("flat.csv", "time,event\n2,1\n3,1\n5,1\n9,0\n");
    let read = |arguments: &str| {
        curve(&folder, &format!("{arguments} --time time --event event --out o.csv")).good();
        folder.read("o.csv")
    };
    for (bundle, options) in [
        ("km flat.csv --convention stata", "km flat.csv --conf log-log"),
        ("km flat.csv --convention r-survival", "km flat.csv --conf log"),
        ("km flat.csv --convention sas --conf logit", "km flat.csv --conf logit"),
        ("cif six.csv --convention r-survival", "cif six.csv --se ij --conf log"),
        ("cif six.csv --convention cmprsk", "cif six.csv --se gray --conf log-log"),
        ("cif six.csv --convention sas", "cif six.csv --se aalen --conf log-log"),
        ("cif six.csv --convention stata", "cif six.csv --se delta --conf log-log"),
        (
            "km flat.csv --quantile 0.5 --convention stata",
            "km flat.csv --quantile 0.5 --quantile-rule first --conf log-log",
        ),
        (
            "km flat.csv --quantile 0.5 --convention sas",
            "km flat.csv --quantile 0.5 --quantile-rule midpoint --conf log-log",
        ),
    ] {
        assert_eq!(read(bundle), read(options), "{bundle}");
    }
    assert_ne!(read("cif six.csv"), read("cif six.csv --convention cmprsk"));
}

/// R's survfit with and without `timefix`: `fixtures/r/near_ties.R`.
#[test]
fn times_that_differ_by_rounding_alone() {
    let folder = Folder::new();
    let text = include_str!("../../../fixtures/reference/near_ties.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let (data, answers) = (&file["cases"][0]["data"], &file["cases"][0]["answers"]);
    let mut csv = "t,e,late\n".to_owned();
    for row in 0..data["exit"].as_array().unwrap().len() {
        let [t, e, late] = ["exit", "cause", "entry"].map(|name| data[name][row].to_string());
        writeln!(csv, "{t},{e},{late}").unwrap();
    }
    folder.write("d.csv", &csv);
    for (more, want) in [("", "apart"), ("--convention r-survival", "merged")] {
        let line = format!("km d.csv --time t --event e --entry late {more}");
        let printed = curve(&folder, &line).out;
        assert!(printed.contains("by rounding alone"), "{printed}");
        curve(&folder, &format!("{line} --out o.csv")).good();
        let rows = numbers(&folder.read("o.csv"));
        let want = &answers[want];
        assert_eq!(rows.len(), want["time"].as_array().unwrap().len());
        for (row, found) in rows.iter().enumerate() {
            for (place, name) in [(0, "time"), (1, "n_risk"), (4, "survival")] {
                near(found[place], want[name][row].as_f64().unwrap());
            }
        }
    }
    curve(&folder, "km d.csv --time t --event e --convention r-survival --out o.json").good();
    let json: serde_json::Value = serde_json::from_str(&folder.read("o.json")).unwrap();
    assert_eq!(json["conventions"]["near_ties"]["taken_for"], "one");
}
