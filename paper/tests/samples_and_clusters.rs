//! Rows without a cluster, weights of samples and of several persons: what counts as one observation, as a user meets it, by hand.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use built::{Answer, Folder, afgang};
use serde_json::Value;

fn run(folder: &Folder, line: &str) -> Answer {
    afgang(folder, &line.split_whitespace().collect::<Vec<_>>())
}

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&folder.read(name)).unwrap()
}

#[track_caller]
fn near(found: &Value, wanted: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
}

/// One of two persons leaves at 1; two rows are of nobody.
const TWO: &str = "t,e,id,x\n1,1,a,0\n1,1,,1\n2,0,b,1\n2,0,,0\n";

#[test]
fn rows_without_a_cluster_are_refused_or_left_out_and_counted() {
    let folder = Folder::new();
    folder.write("two.csv", TWO);
    for line in [
        "curve km two.csv --time t --event e --cluster id",
        "curve cif two.csv --time t --event e --cluster id",
        "test logrank two.csv --time t --event e --cluster id --group x",
        "fit cox two.csv --time t --event e --cluster id --x x",
        "fit finegray two.csv --time t --event e --cluster id --x x",
        "fit logit two.csv --event e --cluster id --x x",
    ] {
        let answer = run(&folder, line);
        assert_ne!(answer.code, 0, "{line}");
        assert!(answer.err.contains("2 rows have no value in `id`"), "{line}: {}", answer.err);
        assert!(answer.err.contains("--drop-missing"), "{line}: {}", answer.err);
    }
    let line = "curve km two.csv --time t --event e --cluster id --at 1 --drop-missing";
    let printed = run(&folder, line);
    printed.good();
    assert!(
        printed.sentences().contains("Left out, for want of a value in id: 2 rows."),
        "{}",
        printed.out
    );
    run(&folder, &format!("{line} --out s.json")).good();
    let row = &json(&folder, "s.json")["rows"][0];
    near(&row["estimate"], 0.5);
    // One of two persons: 1/2 * 1/2 / 2.
    near(&row["std_error"], 0.125_f64.sqrt());
    // Where nothing lacks a cluster it is not named.
    folder.write("none.csv", &TWO.replace(",,", ",c,"));
    let printed = run(&folder, &line.replace("two", "none"));
    printed.good();
    assert!(!printed.sentences().contains("Left out"), "{}", printed.out);
}

/// One of weight 1 moves at 1, one of weight 3 stays.
#[test]
fn transition_probabilities_do_not_depend_on_the_scale_of_a_sample() {
    let folder = Folder::new();
    folder.write("two.csv", "id,from,to,time,w,w10\n1,in,out,1,1,10\n2,in,,2,3,30\n");
    for weight in ["w", "w10"] {
        let line =
            format!("fit multistate two.csv --weight {weight} --weight-kind sampling --at 1");
        run(&folder, &format!("{line} --out s.json")).good();
        let got = json(&folder, "s.json");
        let moves = got["transitions"].as_array().unwrap();
        let out = moves.iter().find(|row| row["from"] == "in" && row["to"] == "out").unwrap();
        near(&out["estimate"], 0.25);
        // 1 * (1 - 1/4) / 4 and 3 * (0 - 1/4) / 4, squared.
        near(&out["std_error"], (2.0_f64 * 9.0 / 256.0).sqrt());
        let printed = run(&folder, &line);
        let words = "of transition probabilities: by influence, persons are independent.";
        assert!(printed.sentences().contains(words), "{}", printed.out);
    }
}

/// Persons in a state, of whom some leave; times, values and weights differ.
fn leavers(weights: &[&str]) -> String {
    let mut text = format!("id,from,to,t,e,x,{}\n", weights.join(","));
    for person in 1..=12 {
        let (x, leaves) = (person * 7 % 5, person % 3 > 0);
        let (to, event) = if leaves { ("out", 1) } else { ("", 0) };
        write!(text, "{person},in,{to},{person},{event},{x}").unwrap();
        for (k, _) in weights.iter().enumerate() {
            let weight = (person % 2 + 1) * if k == 0 { 1 } else { 10 };
            write!(text, ",{weight}").unwrap();
        }
        text.push('\n');
    }
    text
}

/// Coefficients do not depend on the scale; what follows Cox models either says that it does or has no standard error.
#[test]
fn what_depends_on_the_scale_of_a_sample_is_said() {
    let folder = Folder::new();
    folder.write("d.csv", &leavers(&["w", "w10"]));
    let mut errors = Vec::new();
    for weight in ["w", "w10"] {
        let of = format!("--weight {weight} --weight-kind sampling");
        let cox = format!("fit cox d.csv --time t --event e --x x {of} --profile x=1");
        run(
            &folder,
            &format!("{cox} --predictions p.json --baseline-hazard b.csv --zph --out f.json"),
        )
        .good();
        let fit = json(&folder, "f.json");
        errors.push(fit["rows"][0]["std_error"].as_f64().unwrap());
        let remarks = fit["conventions"]["remarks"].to_string();
        let words = "Not free of the scale of sampling weights: standard errors of predictions, standard errors of baseline \
                     hazards, the test of proportional hazards, which take weights as counts of events";
        assert!(remarks.contains(words), "{remarks}");
        let states =
            format!("fit multistate d.csv --time t --x x {of} --profile x=1 --at 5 --horizon 5");
        let printed = run(&folder, &format!("{states} --predictions s.json"));
        printed.good();
        assert!(
            printed
                .sentences()
                .contains("No standard errors of predicted states with sampling weights")
        );
        let got = json(&folder, "s.json");
        for part in ["rows", "transitions", "times"] {
            for row in got[part].as_array().unwrap() {
                assert!(row["estimate"].is_f64() && row["std_error"].is_null(), "{part}: {row}");
            }
        }
    }
    assert!((errors[0] / errors[1] - 1.0).abs() < 1e-9, "{errors:?}");
    // Weights that are counts have them, and nothing is to be said.
    let printed =
        run(&folder, "fit multistate d.csv --time t --x x --weight w --profile x=1 --at 5");
    printed.good();
    assert!(
        !printed.sentences().contains("No standard errors") && !printed.out.contains("Not free")
    );
}

/// Persons of case weight 2 are as many as when each is there twice.
#[test]
fn robust_errors_of_transitions_count_case_weights_as_persons() {
    let folder = Folder::new();
    let once = leavers(&["w", "w10"]);
    let mut persons = "id,from,to,t,e,x,w,w10\n".to_owned();
    for (copy, row) in once.lines().skip(1).flat_map(|row| {
        let weight: usize = row.split(',').nth(6).unwrap().parse().unwrap();
        (0..weight).map(move |copy| (copy, row))
    }) {
        // An id of its own: 1 and 101.
        writeln!(
            persons,
            "{copy}{:0>2}{}",
            row.split(',').next().unwrap(),
            &row[row.find(',').unwrap()..]
        )
        .unwrap();
    }
    folder.write("once.csv", &once);
    folder.write("persons.csv", &persons);
    run(&folder, "fit multistate once.csv --time t --x x --robust --weight w --out a.json").good();
    run(&folder, "fit multistate persons.csv --time t --x x --robust --out b.json").good();
    let [a, b] = ["a.json", "b.json"].map(|name| json(&folder, name)["rows"][0].clone());
    near(&a["estimate"], b["estimate"].as_f64().unwrap());
    near(&a["std_error"], b["std_error"].as_f64().unwrap());
}

/// Of the values 1 to 5 the middle is 3; what has no weight is not among them.
#[test]
fn rows_without_weight_move_no_knots() {
    let folder = Folder::new();
    let mut text = "t,e,z,w\n".to_owned();
    for row in 1..=20 {
        writeln!(text, "{},{},{},1.5", row * 7 % 20 + 1, u8::from(row % 4 > 0), row % 5 + 1)
            .unwrap();
    }
    text.push_str("3,1,100,0\n4,0,90,0\n");
    folder.write("z.csv", &text);
    let line = "fit cox z.csv --time t --event e --weight w --weight-kind sampling";
    for basis in ["ns(z,2)", "bs(z,4)"] {
        let printed = run(&folder, &format!("{line} --x {basis}"));
        printed.good();
        let words = format!("{basis}: inner knots 3; from 1 to 5.");
        assert!(printed.sentences().contains(&words), "{}", printed.out);
    }
}

#[test]
fn offsets_strata_and_predictions_are_named() {
    let folder = Folder::new();
    let rows = leavers(&["w"]);
    let mut text = String::new();
    for (row, line) in rows.lines().enumerate() {
        let more = match row {
            0 => "off,s",
            row if row % 2 == 0 => "0.5,a",
            _ => "0,b",
        };
        writeln!(text, "{line},{more}").unwrap();
    }
    folder.write("d.csv", &text);
    let line = "fit cox d.csv --time t --event e --x x --offset off --strata s --profile x=1,off=0,s=a --conf log-log";
    let printed = run(&folder, line);
    printed.good();
    for words in [
        "Offset: off, a covariate whose coefficient is 1.",
        "Strata by s: 2, each with a baseline of its own; coefficients are common to all.",
        "Predictions are survival, the probability of no event by the time; pointwise 95 % intervals on the log-log scale.",
    ] {
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
    run(&folder, &format!("{line} --predictions p.json --out f.json")).good();
    let conventions = &json(&folder, "f.json")["conventions"];
    assert_eq!(conventions["offset"], "off");
    assert_eq!(conventions["strata"], serde_json::json!(["s"]));
    let conventions = &json(&folder, "p.json")["conventions"];
    assert_eq!(conventions["quantity"], "survival");
    assert_eq!(conventions["interval"], "log-log");
}

/// One group and one cluster of two rows, with variances of one cluster: none.
#[test]
fn zero_has_one_sign() {
    let folder = Folder::new();
    let column = |values: [f64; 4]| -> ArrayRef { Arc::new(Float64Array::from(values.to_vec())) };
    let batch = RecordBatch::try_from_iter([
        ("t", column([1.0, 2.0, 3.0, 4.0])),
        ("e", column([1.0, -0.0, 1.0, 0.0])),
        ("g", column([0.0, -0.0, -0.0, 0.5])),
    ]);
    folder.write_parquet("nz.parquet", &batch.unwrap());
    let line = "curve km nz.parquet --time t --event e";
    run(&folder, &format!("{line} --by g --at 1 --out o.csv")).good();
    let text = folder.read("o.csv");
    let groups: Vec<&str> =
        text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(groups, ["0", "0.5"]);
    let answer = run(&folder, "check nz.parquet --time t --event e --cluster g");
    assert!(answer.sentences().contains("2  different values of `g`; 1 of them"), "{}", answer.out);
    // The three of one cluster tell nothing of the spread.
    let of = |more: &str| {
        run(&folder, &format!("{line} --cluster g --only g=0 {more} --out o.json")).good();
        json(&folder, "o.json")["rows"][0]["std_error"].clone()
    };
    assert_eq!(of(""), Value::Null);
}
