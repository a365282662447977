//! The built program on files: what it writes, what it prints, what it refuses and how.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn afgang(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_afgang")).current_dir(folder).args(arguments).output().unwrap()
}

/// The message on stderr of a call that must end with `code`.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = afgang(folder, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert!(!message.contains("panicked"), "{message}");
    message
}

#[track_caller]
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = afgang(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn record(out: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap()
}

/// One small register for the whole story: made, checked, run twice in different ways, read back.
#[test]
fn from_register_to_report() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    done(
        folder,
        &["-q", "reproduce", "--scale", "0.01", "--keep-register", "--spells", "a.parquet"],
    );
    let out = folder.join("out/vive");
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("Tabel 4.2") && report.contains("syntetisk"));
    assert!(!report.contains("<script") && !report.contains("src=\"http"));
    let table = fs::read_to_string(out.join("tables/table_4_2.csv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("target_group,exit,spells,percent,mean_months,sd_months"));
    // One hundredth of the 94,673 spells of table 4.2.
    assert!(lines.next().unwrap().starts_with("aktivitetsparate,employment,947,"), "{table}");
    for number in 1..=16 {
        for ending in ["csv", "svg", "png"] {
            assert!(
                out.join(format!("figures/figure_4_{number}.{ending}")).is_file(),
                "{number} {ending}"
            );
        }
    }
    assert_eq!(record(&out)["synthetic_register"]["scale"], 0.01);

    // The same register with another number of threads, its files under other names.
    let (register, renamed) = (out.join("register"), folder.join("renamed"));
    fs::create_dir(&renamed).unwrap();
    let mut parts: Vec<_> = fs::read_dir(&register)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "parquet"))
        .collect();
    parts.sort();
    for (i, part) in parts.iter().rev().enumerate() {
        fs::copy(part, renamed.join(format!("{i}.parquet"))).unwrap();
    }
    done(
        folder,
        &["-q", "run", "vive", "--register", "renamed", "--out", "again", "--threads", "1"],
    );
    for name in ["tables/table_4_5.csv", "figures/figure_4_3.csv", "figures/figure_4_3.png"] {
        assert_eq!(
            fs::read(out.join(name)).unwrap(),
            fs::read(folder.join("again").join(name)).unwrap(),
            "{name}"
        );
    }
    // Record, report and table of comparisons count the same.
    done(
        folder,
        &["-q", "run", "vive", "--register", "out/vive/register", "--out", "en", "--lang", "en"],
    );
    let counts = &record(&folder.join("en"))["comparison"];
    let (agree, all) = (counts["agree"].as_u64().unwrap(), counts["compared"].as_u64().unwrap());
    assert!(100 < agree && agree < all, "at this scale some numbers differ: {counts}");
    let report = fs::read_to_string(folder.join("en/report.html")).unwrap();
    let differ = all - agree;
    let said = format!("{agree} of {all} compared numbers agree; {differ} differ");
    assert!(report.contains(&said), "{said}");
    assert!(report.contains("at most half a unit of the last printed digit"));
    let comparison = fs::read_to_string(folder.join("en/tables/comparison.csv")).unwrap();
    let yes = comparison.lines().filter(|line| line.ends_with(",yes")).count();
    assert_eq!(u64::try_from(yes).unwrap(), agree);

    let check = done(folder, &["check", "renamed"]);
    assert!(check.contains("left-truncated"), "{check}");

    // Its spells are a file like any other. Curves want numbers in the event column.
    let message =
        refused(folder, &["curve", "km", "a.parquet", "--time", "months", "--event", "exit"], 3);
    assert!(message.contains("exit"), "{message}");
}

/// Four spells: employment at 1 and 3, another exit at 2 tied with a censoring. By hand: F₁ = 1/4, 1/4, 1/4 + 1/2.
#[test]
fn incidence_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("data.csv"), "time,event\n1,1\n2,0\n2,2\n3,1\n").unwrap();
    done(
        folder,
        &["curve", "cif", "data.csv", "--time", "time", "--event", "event", "--out", "out.json"],
    );
    let curves: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("out.json")).unwrap()).unwrap();
    let rows: Vec<[f64; 5]> = curves["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            ["cause", "time", "n_risk", "n_event", "estimate"].map(|key| row[key].as_f64().unwrap())
        })
        .collect();
    // At 2 the exit comes before the censoring: 3 at risk, survival 3/4; at 3 one is left, survival 1/2.
    assert_eq!(
        rows,
        [
            [1.0, 1.0, 4.0, 1.0, 0.25],
            [1.0, 2.0, 3.0, 0.0, 0.25],
            [1.0, 3.0, 1.0, 1.0, 0.75],
            [2.0, 1.0, 4.0, 0.0, 0.0],
            [2.0, 2.0, 3.0, 1.0, 0.25],
            [2.0, 3.0, 1.0, 0.0, 0.25],
        ]
    );
}

#[test]
fn mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("empty")).unwrap();
    fs::write(folder.join("bad.parquet"), "hi").unwrap();
    fs::write(folder.join("data.csv"), "time,event,entry\n1,1,0\n-2,0,0\n").unwrap();
    fs::write(folder.join("late.csv"), "time,event,entry\n1,1,0\n2,0,2\n").unwrap();
    fs::write(folder.join("nan.csv"), "time,event\n1,1\nNaN,0\n").unwrap();
    fs::write(folder.join("header.csv"), "time,event\n").unwrap();
    for (arguments, code, words) in [
        (&["run", "vice", "--register", "empty"][..], 3, "vive"),
        (&["run", "vive", "--register", "nowhere"], 3, "nowhere"),
        (&["run", "vive", "--register", "empty"], 3, ".parquet"),
        (&["check", "bad.parquet"], 3, "bad.parquet"),
        (
            &["curve", "km", "data.csv", "--time", "tme", "--event", "event"],
            3,
            "did you mean `time`",
        ),
        (&["curve", "km", "data.csv", "--time", "time", "--event", "event"], 3, "-2"),
        (
            &["curve", "km", "late.csv", "--time", "time", "--event", "event", "--entry", "entry"],
            3,
            "entry",
        ),
        (&["curve", "km", "nan.csv", "--time", "time", "--event", "event"], 3, "NaN"),
        (&["curve", "km", "header.csv", "--time", "time", "--event", "event"], 3, "header.csv"),
        (
            &["curve", "na", "late.csv", "--time", "time", "--event", "event", "--rmst", "3"],
            2,
            "--rmst",
        ),
        (&["reproduce", "--scale=-1"], 2, "scale"),
        (&["frobnicate"], 2, "frobnicate"),
    ] {
        let message = refused(folder, arguments, code);
        assert!(message.contains(words), "{arguments:?} should say {words}: {message}");
    }
}
