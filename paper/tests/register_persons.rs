//! `--cluster person` of a register: the same answers as from the file of its spells, whose rows name the persons.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Folder, afgang};
use serde_json::Value;

fn json(folder: &Folder, line: &str) -> Value {
    let arguments: Vec<&str> = line.split_whitespace().chain(["--out", "f.json"]).collect();
    afgang(folder, &arguments).good();
    serde_json::from_str(&folder.read("f.json")).unwrap()
}

/// The largest difference of a column, relative to its values. What is no number must be the same.
fn apart(what: &str, got: &Value, want: &Value, column: &str) -> f64 {
    let (got, want) = (got["rows"].as_array().unwrap(), want["rows"].as_array().unwrap());
    assert_eq!(got.len(), want.len(), "{what}");
    assert!(!want.is_empty(), "{what}");
    let mut largest = 0.0_f64;
    for (got, want) in got.iter().zip(want) {
        for (name, want) in want.as_object().unwrap() {
            let apart = if let (Some(got), Some(want)) = (got[name].as_f64(), want.as_f64()) {
                (got - want).abs() / want.abs().max(1e-3)
            } else {
                assert_eq!(&got[name], want, "{what} {name}");
                0.0
            };
            if name == column {
                largest = largest.max(apart);
            }
        }
    }
    largest
}

#[test]
fn persons_counted_in_the_scan_are_those_of_the_file() {
    let folder = Folder::new();
    afgang(&folder, &["-q", "synth", "--scale", "0.005", "--out", "r"]).good();
    let run = ["-q", "run", "vive", "--register", "r", "--out", "o", "--spells", "s.parquet"];
    afgang(&folder, &run).good();
    let file = "s.parquet --time months --event exit --censored still_unemployed --only left_truncated=false";
    for (command, more, column) in [
        (
            "curve cif",
            "--by population_group --only first_target_group=dagpenge,jobparate",
            "std_error",
        ),
        ("curve cif", "--cause employment --at 6,12,36 --conf log-log", "conf_high"),
        ("curve km", "--by first_target_group --cause employment", "std_error"),
        ("curve km", "--by first_target_group --cause employment", "conf_low"),
        ("curve km", "--cause employment,education --quantile 0.1,0.2", "estimate"),
        ("test gray", "--group population_group --cause education", "statistic"),
        ("test gray", "--group population_group --cause employment --rho 1 --pairwise", "p_value"),
        (
            "test gray",
            "--group population_group --strata first_target_group --cause education",
            "statistic",
        ),
        ("curve km", "--by first_target_group --cause employment --rmst 12", "std_error"),
        (
            "curve cif",
            "--by first_target_group --given 6 --cause employment --at 12,24",
            "std_error",
        ),
        ("test logrank", "--group population_group --cause employment", "statistic"),
        (
            "test logrank",
            "--group population_group --cause employment --weights gehan --pairwise",
            "p_value",
        ),
        (
            "test logrank",
            "--group population_group --strata first_target_group --trend",
            "statistic",
        ),
        ("test rmst", "--group population_group --tau 12", "std_error"),
        (
            "test rmst",
            "--group population_group --strata first_target_group --only first_target_group=dagpenge,jobparate --tau 12",
            "statistic",
        ),
        (
            "test at",
            "--group population_group --strata first_target_group --only first_target_group=dagpenge,jobparate --times 12",
            "std_error",
        ),
        ("test at", "--group population_group --times 6,24 --cause employment", "statistic"),
        ("fit cox", "--x C(population_group),C(conditions_group) --cause employment", "std_error"),
        ("fit cox", "--x population_group --ties breslow --strata first_target_group", "std_error"),
        ("fit finegray", "--x C(population_group) --cause employment", "std_error"),
        (
            "fit discrete",
            "--x C(population_group) --baseline poly(time,2) --cause employment,education",
            "std_error",
        ),
        (
            "fit discrete",
            "--x C(population_group) --link cloglog --cause employment --separate",
            "std_error",
        ),
    ] {
        let what = format!("{command} {more}, {column}");
        let of_register =
            json(&folder, &format!("-q {command} --register r {more} --cluster person"));
        let of_file = json(&folder, &format!("{command} {file} {more} --cluster pnr"));
        let differ = apart(&what, &of_register, &of_file, column);
        assert!(differ < 1e-8, "{what}: {differ:e}");
        if !command.starts_with("fit") {
            assert_eq!(of_register["conventions"]["observation"], "cluster person");
        }
        // Without persons the numbers are others, so that the test can fail.
        if column != "estimate" {
            let of_spells = json(&folder, &format!("-q {command} --register r {more}"));
            let first = |answer: &Value| answer["rows"][0][column].as_f64().unwrap();
            let differ = (first(&of_spells) / first(&of_file) - 1.0).abs();
            assert!(differ > 1e-6, "{what}: spells and persons are alike");
        }
    }
    let line = "curve cif --register r --cause employment --at 12 --cluster person";
    let printed = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
    printed.good();
    for words in ["Standard errors count persons", "infinitesimal jackknife"] {
        assert!(printed.out.contains(words), "{words}: {}", printed.out);
    }
    for line in [
        "curve na --register r --cluster person",
        "curve cif --register r --cluster person --band influence",
    ] {
        let answer = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
        answer.bad(2, "`--cluster` does not go with `--register`");
        answer.says("run --spells");
    }
}
