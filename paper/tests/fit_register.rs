//! `afgang fit --register`: the same answers as from the file of the register's spells.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Folder, afgang};
use serde_json::Value;

fn register(folder: &Folder) {
    afgang(folder, &["-q", "synth", "--scale", "0.005", "--out", "r"]).good();
    let run = ["-q", "run", "vive", "--register", "r", "--out", "o", "--spells", "s.parquet"];
    afgang(folder, &run).good();
}

fn json(folder: &Folder, line: &str) -> Value {
    let arguments: Vec<&str> = line.split_whitespace().chain(["--out", "f.json"]).collect();
    afgang(folder, &arguments).good();
    serde_json::from_str(&folder.read("f.json")).unwrap()
}

fn statistic(fit: &Value, name: &str) -> f64 {
    let line = fit["fit"].as_array().unwrap().iter().find(|line| line["name"] == name);
    line.unwrap()["value"].as_f64().unwrap()
}

#[test]
fn spells_counted_in_the_scan_are_the_spells_of_the_file() {
    let folder = Folder::new();
    register(&folder);
    let groups = "--x C(population_group),C(first_target_group) --cause employment,education";
    // Knots and polynomials are those of the spells, not of the counted cells.
    let smooth = "--x poly(population_group,2),ns(population_group,3) --cause employment";
    let file = "s.parquet --time months --event exit --censored still_unemployed --only left_truncated=false";
    for (model, x) in [("cox", groups), ("finegray", groups), ("cox", smooth)] {
        let of_register = json(&folder, &format!("-q fit {model} --register r {x}"));
        let of_file = json(&folder, &format!("fit {model} {file} {x}"));
        for name in ["spells", "events", "event_times", "patterns"] {
            let (got, want) = (statistic(&of_register, name), statistic(&of_file, name));
            assert!((got - want).abs() < 1e-9, "{model} {name}: {got} is not {want}");
        }
        let (got, want) = (&of_register["rows"], &of_file["rows"]);
        assert_eq!(got.as_array().unwrap().len(), want.as_array().unwrap().len());
        for (got, want) in got.as_array().unwrap().iter().zip(want.as_array().unwrap()) {
            assert_eq!((&got["cause"], &got["column"]), (&want["cause"], &want["column"]));
            for name in ["estimate", "std_error"] {
                let (got, want) = (got[name].as_f64().unwrap(), want[name].as_f64().unwrap());
                assert!((got - want).abs() < 1e-9 * want.abs().max(1e-3), "{name}: {got}, {want}");
            }
        }
    }
}

/// A column of the register that the study does not name, as a number; the same bits for any number of threads.
#[test]
fn columns_of_the_register_are_covariates() {
    let folder = Folder::new();
    afgang(&folder, &["-q", "synth", "--scale", "0.005", "--out", "r", "--files", "3"]).good();
    let line = "fit cox --register r --study vive --cause employment --x birth_year,C(kon) \
                --only first_target_group=dagpenge --strata start_year";
    let fit = |threads: &str| {
        let line: Vec<&str> =
            ["-q", "--threads", threads].into_iter().chain(line.split_whitespace()).collect();
        let answer = afgang(&folder, &line);
        answer.good();
        answer.out
    };
    let one = fit("1");
    assert_eq!(one, fit("2"));
    assert!(one.contains("kon: base 1, 2 levels."), "{one}");
    assert!(one.contains("spells with a known start in"), "{one}");
    assert!(one.contains("Only rows with first_target_group = dagpenge"), "{one}");
    assert!(one.contains("take the spells of a person as independent"), "{one}");
    for (more, code, message) in [
        ("--x C(age)", 3, "age"),
        ("--x C(kon) --cluster pnr", 2, "`--cluster` does not go with `--register`"),
        ("--x C(kon) --residuals r.csv", 2, "`--residuals` does not go with `--register`"),
        ("--x C(kon) --out r/fit.csv", 2, "r/fit.csv"),
    ] {
        let line = format!("-q fit cox --register r {more}");
        afgang(&folder, &line.split_whitespace().collect::<Vec<_>>()).bad(code, message);
    }
    let line = ["fit", "cox", "--x", "x", "--time", "t"];
    afgang(&folder, &line).bad(2, "`<DATA>, a Parquet or CSV file` is missing");
}

/// Months of the calendar are a clock that counts from the first start, and ages go on by the month: with a stratum for each month of
/// start a month of age is a twelfth of a year of birth the other way round. There are more cells than a table holds.
#[test]
fn calendar_and_age_from_a_register() {
    let folder = Folder::new();
    register(&folder);
    let file = "s.parquet --time months --event exit --censored still_unemployed --only left_truncated=false";
    let calendar =
        "--x C(population_group) --cause employment --baseline poly(time,2) --clock ns(start,3)";
    let of_register = json(&folder, &format!("-q fit discrete --register r {calendar}"));
    let of_file = json(&folder, &format!("fit discrete {file} {calendar}"));
    same_rows("calendar", &of_register, &of_file);
    let said = of_register["conventions"]["remarks"].to_string();
    assert!(said.contains("start counts months: a start in 2011-02 is 0."), "{said}");
    let profile = "--profile population_group=1,start=2012-05 --at 12 --hazards";
    json(&folder, &format!("fit discrete {file} {calendar} {profile}"));
    let wrong = format!("fit discrete {file} {calendar} --profile population_group=1,start=May");
    let answer = afgang(&folder, &wrong.split_whitespace().collect::<Vec<_>>());
    answer.bad(3, "column `start` holds `May` in row 1, where a month such as 2011-03 is needed");

    let cox = "-q fit cox --register r --cause employment --strata start --birth-year birth_year";
    let slope = |x: &str| {
        let fit = json(&folder, &format!("{cox} --x {x},C(kon),C(population_group)"));
        let row = fit["rows"].as_array().unwrap().iter().find(|row| row["term"] == x).unwrap();
        ["estimate", "std_error"].map(|name| row[name].as_f64().unwrap())
    };
    let (age, born) = (slope("age_months"), slope("birth_year"));
    assert!((age[0] * -12.0 / born[0] - 1.0).abs() < 1e-9, "{age:?} {born:?}");
    assert!((age[1] * 12.0 / born[1] - 1.0).abs() < 1e-9, "{age:?} {born:?}");
    let of = |line: &str| afgang(&folder, &line.split_whitespace().collect::<Vec<_>>());
    let answer = of("-q fit cox --register r --cause employment --x age_months");
    answer.bad(3, "the register has no column `age_months`");
    answer.says("`--birth-year COL` makes it");
    let answer = of("-q fit cox --register r --cause employment --x kon --only exit=employment");
    answer.bad(3, "`exit` is how the spells of a register end");
}

/// Numbers of the rows, one after another; words must be the same.
fn same_rows(what: &str, got: &Value, want: &Value) {
    let rows = |of: &Value| of["rows"].as_array().unwrap().clone();
    let (got, want) = (rows(got), rows(want));
    assert_eq!(got.len(), want.len(), "{what}");
    for (got, want) in got.iter().zip(&want) {
        for (name, want) in want.as_object().unwrap() {
            match (got[name].as_f64(), want.as_f64()) {
                (Some(got), Some(want)) => {
                    assert!(
                        (got - want).abs() < 1e-12 * want.abs().max(1e-3),
                        "{what} {name}: {got}, {want}"
                    );
                }
                _ => assert_eq!(&got[name], want, "{what} {name}"),
            }
        }
    }
}

#[test]
fn curves_and_tests_of_a_register_are_those_of_its_spells() {
    let folder = Folder::new();
    register(&folder);
    let file = "s.parquet --time months --event exit --censored still_unemployed --only left_truncated=false";
    for (command, more) in [
        ("curve cif", "--by population_group --only first_target_group=dagpenge,jobparate"),
        ("curve km", "--by first_target_group --cause employment --at 6,12,36"),
        ("test gray", "--group population_group --cause education"),
        ("test logrank", "--group population_group --strata first_target_group"),
    ] {
        let of_register = json(&folder, &format!("-q {command} --register r {more}"));
        let of_file = json(&folder, &format!("{command} {file} {more}"));
        same_rows(command, &of_register, &of_file);
    }
    for (line, message) in [
        ("curve km --register r --by pnr", "the ids of persons"),
        ("curve km --register r --time months", "`--time` does not go with `--register`"),
        (
            "test gray --register r --group kon --cluster pnr",
            "`--cluster` does not go with `--register`",
        ),
        ("curve km --study vive --time t --event e d.csv", "--register"),
    ] {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let answer = afgang(&folder, &arguments);
        assert_ne!(answer.code, 0, "{line}");
        answer.says(message);
    }
}
