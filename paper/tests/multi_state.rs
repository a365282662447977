//! States and transitions as a user meets them: `fit multistate` against R and by hand, each error with its message, and
//! the figures of the study.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Answer, Folder, afgang};
use serde_json::Value;

fn fit(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> =
        ["fit", "multistate"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

/// Four persons: one falls ill at 1 and dies at 3, one dies at 2, one falls ill at 2, one stays well.
const FOUR: &str = "id,from,to,time\n1,well,ill,1\n1,ill,dead,3\n2,well,dead,2\n3,well,ill,2\n3,ill,,4\n4,well,cens,4\n";

fn row<'a>(rows: &'a Value, keys: &[(&str, &str)]) -> &'a Value {
    let is = |row: &&Value| keys.iter().all(|(key, value)| row[key] == *value);
    rows.as_array().unwrap().iter().find(is).unwrap()
}

fn near(got: &Value, want: f64) {
    let got = got.as_f64().unwrap();
    assert!((got - want).abs() < 1e-12, "{got} is not {want}");
}

#[test]
fn four_persons_by_hand() {
    let folder = Folder::new();
    folder.write("four.csv", FOUR);
    fit(&folder, "four.csv --at 3 --horizon 4 --out s.json").good();
    let got: Value = serde_json::from_str(&folder.read("s.json")).unwrap();
    let dead = row(&got["rows"], &[("state", "dead")]);
    near(&dead["estimate"], 0.5);
    near(&dead["std_error"], 0.25); // 1/2 * 1/2 / 4
    // Of the ill at risk at 3, one of two dies: from time 0 there is nobody else to learn from.
    let to_dead = row(&got["transitions"], &[("from", "ill"), ("to", "dead")]);
    near(&to_dead["estimate"], 0.5);
    near(&to_dead["std_error"], 0.125_f64.sqrt());
    let said = &got["conventions"];
    assert_eq!((&said["estimator"], &said["interval"]), (&"aalen-johansen".into(), &"log".into()));
    assert_eq!(said["variance"], "infinitesimal jackknife");
    assert_eq!(said["counted"][0]["persons"].as_f64(), Some(4.0));
    assert_eq!(said["counted"][0]["transitions"]["well -> ill"].as_f64(), Some(2.0));
    let weighted = FOUR.replace('\n', ",2\n").replacen(",2", ",w", 1);
    folder.write("twice.csv", &weighted);
    let printed = fit(&folder, "twice.csv --weight w");
    assert!(
        printed.sentences().contains("8 persons, 6 rows; transitions: ill -> dead (2)"),
        "{}",
        printed.out
    );
    let well = row(&got["times"], &[("state", "well")]);
    near(&well["estimate"], 9.0 / 4.0);
    near(&well["std_error"], (19.0_f64 / 64.0).sqrt());

    let printed = fit(&folder, "four.csv --se greenwood --start well --plot s.svg --title Four");
    printed.good();
    assert!(folder.read("s.svg").contains("Four"));
    let printed = fit(&folder, "four.csv");
    printed.good();
    for words in [
        "4 persons, 6 rows; transitions: ill -> dead (1), well -> dead (1), well -> ill (2).",
        "standard errors of states and times: by influence, persons are independent",
    ] {
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
    // Where all have died by 3 it is known what is later; where one is still ill it is not.
    folder.write("dead.csv", "id,from,to,time\n1,well,ill,1\n1,ill,dead,3\n2,well,dead,2\n");
    fit(&folder, "dead.csv --at 2,9 --horizon 9 --out d.json").good();
    let got: Value = serde_json::from_str(&folder.read("d.json")).unwrap();
    let at = |time: f64| {
        let of = |row: &&Value| row["state"] == "dead" && row["time"].as_f64() == Some(time);
        got["rows"].as_array().unwrap().iter().find(of).unwrap()["estimate"].as_f64().unwrap()
    };
    assert!((at(2.0) - 0.5).abs() < 1e-12 && (at(9.0) - 1.0).abs() < 1e-12);
    let later = got["transitions"].as_array().unwrap().iter();
    assert_eq!(later.filter(|row| row["time"].as_f64() == Some(9.0)).count(), 6);
    fit(&folder, "four.csv --at 9").bad(2, "time 9 is not between");
    fit(&folder, "four.csv --horizon 2 --out t.csv").good();
    assert!(folder.read("t.csv").starts_with("state,time,n_risk,n_event,n_censor,estimate,"));
    assert!(folder.read("t.transitions.csv").starts_with("from,to,since,time,estimate,"));
    assert!(folder.read("t.times.csv").starts_with("state,since,horizon,estimate,"));
    // Entries that are given are those that follow from the ends.
    folder.write(
        "entry.csv",
        "p,a,b,start,end\nx,well,ill,0,1\nx,ill,dead,1,3\ny,well,dead,0,2\nz,well,ill,0,2\nz,ill,NA,2,4\nzz,well,NA,0,4\n",
    );
    fit(
        &folder,
        "entry.csv --id p --from a --to b --entry start --time end --horizon 2 --out e.csv",
    )
    .good();
    assert_eq!(folder.read("e.csv"), folder.read("t.csv"));
}

#[test]
fn states_of_r() {
    let text = include_str!("../../fixtures/reference/multi_state.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let case =
        file["cases"].as_array().unwrap().iter().find(|case| case["name"] == "weighted").unwrap();
    let data = &case["data"];
    let names = ["id", "from", "to", "entry", "exit", "weight"];
    let mut csv = names.join(",") + "\n";
    for row in 0..data["id"].as_array().unwrap().len() {
        let field = |name: &&str| match &data[*name][row] {
            Value::Null => String::new(),
            value => value.to_string(),
        };
        csv.push_str(&(names.iter().map(field).collect::<Vec<_>>().join(",") + "\n"));
    }
    let folder = Folder::new();
    folder.write("r.csv", &csv);
    let line =
        "r.csv --entry entry --time exit --weight weight --weight-kind sampling --out r.json";
    fit(&folder, line).good();
    let got: Value = serde_json::from_str(&folder.read("r.json")).unwrap();
    let want = &case["answers"]["survfit"];
    let mut compared = 0;
    for (place, time) in want["time"].as_array().unwrap().iter().enumerate() {
        for state in 0..4 {
            let name = state.to_string();
            let is = |row: &&Value| {
                row["state"] == name.as_str() && row["time"].as_f64() == time.as_f64()
            };
            let row = got["rows"].as_array().unwrap().iter().find(is).unwrap();
            for (column, answer) in [("estimate", "p"), ("std_error", "se")] {
                let want = want[answer][4 * place + state].as_f64().unwrap();
                let got = row[column].as_f64().unwrap();
                assert!((got - want).abs() < 1e-11, "{column} of {state} at {time}: {got} {want}");
                compared += 1;
            }
        }
    }
    assert!(compared > 60);
}

#[test]
fn mistakes_are_explained() {
    let folder = Folder::new();
    folder.write("four.csv", FOUR);
    folder.write("jump.csv", "id,from,to,time\n1,a,b,1\n1,a,c,2\n");
    folder.write("overlap.csv", "id,from,to,entry,time\n1,a,b,0,4\n1,b,c,3,5\n");
    folder.write("late.csv", "id,from,to,entry,time\n1,a,b,5,4\n");
    folder.write("tied.csv", "id,from,to,time\n1,a,b,2\n1,b,c,2\n");
    folder.write("gap.csv", "id,from,to,time\n1,,b,2\n");
    folder.write("weights.csv", "id,from,to,time,w\n1,a,b,1,1\n1,b,c,2,2\n");
    for (arguments, code, message, help) in [
        ("four.csv --time when", 3, "no column `when`", "its columns"),
        ("four.csv --start gone", 2, "state gone is not among the states: dead, ill, well", ""),
        (
            "four.csv --at 5",
            2,
            "time 5 is not between the start, 0, and the last time, 4",
            "between",
        ),
        (
            "four.csv --since 9",
            2,
            "nobody is at risk in a state just after time 9",
            "start at another",
        ),
        ("four.csv --horizon 9", 2, "time 9 is not between", "choose one"),
        (
            "jump.csv",
            3,
            "row 2 goes on in a at 1, but row 1 of the same person ends in b",
            "transition",
        ),
        (
            "overlap.csv --entry entry",
            3,
            "row 2 starts at 3, before row 1 of the same person",
            "one state",
        ),
        ("late.csv --entry entry", 3, "row 1: entry 5 is not before the exit at 4", ""),
        ("tied.csv", 3, "row 2: entry 2 is not before the exit at 2", ""),
        ("gap.csv", 3, "column `from` has no value in row 1", ""),
        (
            "weights.csv --weight w",
            3,
            "row 2: weight 2, but row 1 of the same person has 1",
            "one weight",
        ),
        (
            "four.csv --weight id --weight-kind sampling --se aalen",
            2,
            "does not go with",
            "persons",
        ),
        ("four.csv --plot s.gif", 2, "names no format", ".svg"),
    ] {
        let answer = fit(&folder, arguments);
        answer.bad(code, message);
        answer.says(help);
    }
}

#[test]
fn states_after_the_start_in_the_study() {
    let folder = Folder::new();
    let line = [
        "reproduce",
        "--scale",
        "0.005",
        "--out",
        "out",
        "--spells",
        "s.parquet",
        "--lang",
        "en",
        "--quiet",
    ];
    afgang(&folder, &line).good();
    let spells =
        folder.rows("s.parquet", ["first_target_group", "exit", "months", "left_truncated"]);
    for group in ["aktivitetsparate", "jobparate", "sygedagpenge", "dagpenge"] {
        let csv = folder.read(&format!("out/figures/occupation_{group}.csv"));
        let mut lines = csv.lines();
        let header =
            "target_group,state,time,n_risk,n_event,n_censor,estimate,std_error,conf_low,conf_high";
        assert_eq!(lines.next(), Some(header));
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        assert!(rows.iter().all(|row| row[0] == group));
        for time in [0.0, 1.0, 12.0, 60.0] {
            // A state keeps its probability until something happens.
            let (mut sum, mut states) = (0.0, 0);
            for of_state in rows.chunk_by(|one, two| one[1] == two[1]) {
                let until =
                    of_state.iter().take_while(|row| row[2].parse::<f64>().unwrap() <= time);
                sum += until.last().unwrap()[6].parse::<f64>().unwrap();
                states += 1;
            }
            assert_eq!(states, 4 + 8);
            assert!((sum - 1.0).abs() < 1e-12, "{group} {time}: {sum}");
        }
        // After one month those have left whose spells have one month.
        let own: Vec<&[String; 4]> =
            spells.iter().filter(|spell| spell[0] == group && spell[3] == "false").collect();
        let left = own.iter().filter(|spell| spell[1] == "employment" && spell[2] == "1").count();
        let row = rows.iter().find(|row| row[1] == "employment" && row[2] == "1").unwrap();
        assert_eq!(row[4].parse::<usize>().unwrap(), left, "{group}");
        let want = left as f64 / own.len() as f64;
        assert!((row[6].parse::<f64>().unwrap() - want).abs() < 1e-12, "{group}: {row:?} {want}");
        let row = rows.iter().find(|row| row[1] == group && row[2] == "1").unwrap();
        assert_eq!(row[3].parse::<usize>().unwrap(), own.len(), "{group}");
        assert!(folder.path(&format!("out/figures/occupation_{group}.png")).is_file());
    }
    let figure = folder.read("out/figures/occupation_dagpenge.svg");
    assert!(figure.contains("Synthetic register: shows the computation"));
    let page = folder.read("out/report.html");
    assert!(page.contains("Beyond the report: states after the start"), "the section is missing");
    assert!(page.contains("changes between target groups are chosen, not calibrated"));
    let record: Value = serde_json::from_str(&folder.read("out/run.json")).unwrap();
    assert_eq!(record["comparison"]["compared"], 1051);
    assert_eq!(record["panel"]["job_centres"], 94);
    assert_eq!(record["panel"]["unknown_rows"], 0);
}
