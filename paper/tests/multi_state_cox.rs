//! Cox models of transitions as a user meets them: R's coefficients, states predicted as R does, groups, and what is refused.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Answer, Folder, afgang};
use serde_json::Value;

fn fit(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> =
        ["fit", "multistate"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&folder.read(name)).unwrap()
}

fn csv(columns: &Value) -> String {
    let columns = columns.as_object().unwrap();
    let mut csv = columns.keys().cloned().collect::<Vec<_>>().join(",") + "\n";
    for row in 0..columns.values().next().unwrap().as_array().unwrap().len() {
        let field = |column: &Value| match &column[row] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        csv.push_str(&(columns.values().map(field).collect::<Vec<_>>().join(",") + "\n"));
    }
    csv
}

/// A case of `fixtures/r/multi_state_cox.R` with its data and new rows as files, and the start of its command.
fn case(folder: &Folder, name: &str) -> (Value, String) {
    let file: Value =
        serde_json::from_str(include_str!("../../fixtures/reference/multi_state_cox.json"))
            .unwrap();
    let cases = file["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap().clone();
    folder.write("d.csv", &csv(&case["data"]));
    folder.write("new.csv", &csv(&case["new"]));
    let x = if name == "mgus" { "age,C(sex)" } else { "age,trt,edema" };
    (case, format!("d.csv --entry entry --time exit --x {x}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().map(|value| value.as_f64().unwrap()).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

#[track_caller]
fn near(what: &str, got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance * want.abs().max(1e-3), "{what}: {got} is not {want}");
}

/// Rows with these words.
fn rows<'a>(rows: &'a Value, keys: &[(&str, &str)]) -> Vec<&'a Value> {
    let is = |row: &&Value| keys.iter().all(|(key, value)| row[*key] == *value);
    rows.as_array().unwrap().iter().filter(is).collect()
}

#[test]
fn coefficients_of_coxph() {
    let folder = Folder::new();
    for name in ["mgus", "bili"] {
        let (case, line) = case(&folder, name);
        let mut compared = 0;
        for (more, error) in [("", "se"), (" --robust", "robust_se")] {
            fit(&folder, &format!("{line}{more} --out f.json")).good();
            let got = json(&folder, "f.json");
            for want in case["coefficients"].as_array().unwrap() {
                let word = |name: &str| want[name].as_str().unwrap();
                let transition = format!("{} -> {}", word("from"), word("to"));
                let own = rows(&got["rows"], &[("transition", &transition)]);
                let (estimates, errors) = (numbers(&want["coef"]), numbers(&want[error]));
                assert_eq!(own.len(), estimates.len(), "{transition}");
                for (row, (estimate, error)) in own.iter().zip(estimates.iter().zip(errors)) {
                    let what = format!("{name} {transition} {}{more}", row["column"]);
                    near(&what, row["estimate"].as_f64().unwrap(), *estimate, 1e-8);
                    near(&what, row["std_error"].as_f64().unwrap(), error, 1e-7);
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, if name == "mgus" { 2 * 6 } else { 2 * 12 });
    }
    let (_, line) = case(&folder, "mgus");
    let answer = fit(&folder, &format!("{line} --robust --zph --transition mgus->pcm"));
    answer.good();
    for words in [
        "A model for each transition: at risk are those in its first state",
        "Transition mgus -> pcm: 461 stays, 45 events",
        "461 persons",
        "Transition mgus -> pcm: Proportional hazards: age",
    ] {
        assert!(answer.sentences().contains(words), "{words}: {}", answer.out);
    }
    assert!(!answer.sentences().contains("pcm -> dead"), "{}", answer.out);
}

/// Of `survfit` with the product of I + dA, from the start and from a later time.
#[test]
fn states_of_survfit() {
    let folder = Folder::new();
    for name in ["mgus", "bili"] {
        let (case, line) = case(&folder, name);
        let states: Vec<&str> = case["states"]
            .as_array()
            .unwrap()
            .iter()
            .map(|state| state.as_str().unwrap())
            .collect();
        let mut compared = 0;
        for want in case["probabilities"].as_array().unwrap() {
            let from = want["from"].as_str().unwrap();
            let (since, times, p) =
                (want["since"].as_f64().unwrap(), numbers(&want["time"]), numbers(&want["p"]));
            let at: Vec<String> = times.iter().map(f64::to_string).collect();
            let at = at.join(",");
            let line = format!("{line} --ties breslow --predict new.csv");
            let line = format!("{line} --since {since} --start {from} --at {at}");
            fit(&folder, &format!("{line} --predictions p.json --out f.json")).good();
            let got = json(&folder, "p.json");
            for (place, time) in times.iter().enumerate() {
                for (state, name) in states.iter().enumerate() {
                    let is = |row: &&&Value| {
                        row["profile"] == want["profile"] && row["time"].as_f64() == Some(*time)
                    };
                    let p = p[place * states.len() + state];
                    let what = format!("{from} to {name} at {time}");
                    let state = rows(&got["rows"], &[("state", name)]);
                    let state = state.iter().find(is).unwrap();
                    near(&what, state["estimate"].as_f64().unwrap(), p, 1e-8);
                    let moved = rows(&got["transitions"], &[("from", from), ("to", name)]);
                    let moved = moved.iter().find(is).unwrap();
                    near(&what, moved["estimate"].as_f64().unwrap(), p, 1e-8);
                    assert_eq!(moved["std_error"], state["std_error"], "{what}");
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 2 * 2 * (3 + if name == "mgus" { 2 } else { 3 }) * 3);
    }
}

/// Products of the hazards that `survfit` has for each transition alone.
#[test]
fn states_with_efrons_ties() {
    let folder = Folder::new();
    for name in ["mgus", "bili"] {
        let (case, line) = case(&folder, name);
        for want in case["efron"].as_array().unwrap() {
            let (from, time) = (want["from"].as_str().unwrap(), want["time"].as_f64().unwrap());
            let line = format!("{line} --predict new.csv --start {from} --at {time}");
            fit(&folder, &format!("{line} --predictions p.json --out f.json")).good();
            let got = json(&folder, "p.json");
            let of_first = got["rows"].as_array().unwrap().iter().filter(|row| row["profile"] == 1);
            let states = case["states"].as_array().unwrap();
            let of_first: Vec<&Value> = of_first.collect();
            for (state, p) in states.iter().zip(numbers(&want["p"])) {
                let row = of_first.iter().find(|row| row["state"] == *state).unwrap();
                near(&format!("{from} to {state}"), row["estimate"].as_f64().unwrap(), p, 1e-8);
            }
        }
    }
}

/// Standard errors of states and of times in them, by differences.
#[test]
fn errors_by_differences() {
    let folder = Folder::new();
    for name in ["mgus", "bili"] {
        let (case, line) = case(&folder, name);
        for want in case["differences"].as_array().unwrap() {
            let (from, time) = (want["from"].as_str().unwrap(), want["time"].as_f64().unwrap());
            let line = format!("{line} --ties breslow --predict new.csv --start {from}");
            fit(
                &folder,
                &format!("{line} --at {time} --horizon {time} --predictions p.json --out f.json"),
            )
            .good();
            let got = json(&folder, "p.json");
            for (place, state) in case["states"].as_array().unwrap().iter().enumerate() {
                let state = state.as_str().unwrap();
                for (part, estimate, error) in [("rows", "p", "se"), ("times", "mean", "se_mean")] {
                    let own = rows(&got[part], &[("state", state)]);
                    let row = own.iter().find(|row| row["profile"] == want["profile"]).unwrap();
                    let what = format!("{name}, {part}: {state} from {from}");
                    let (estimates, errors) = (numbers(&want[estimate]), numbers(&want[error]));
                    near(&what, row["estimate"].as_f64().unwrap(), estimates[place], 1e-8);
                    near(&what, row["std_error"].as_f64().unwrap(), errors[place], 1e-6);
                }
            }
        }
    }
}

#[test]
fn tables_and_new_rows() {
    let folder = Folder::new();
    let (_, line) = case(&folder, "mgus");
    let asked = "--since 10 --at 60,100 --horizon 50";
    fit(&folder, &format!("{line} {asked} --predict new.csv --predictions p.csv --out f.csv"))
        .good();
    let states = folder.read("p.csv");
    assert!(states.starts_with("profile,age,sex,state,time,estimate,std_error,"), "{states}");
    let moved = folder.read("p.transitions.csv");
    assert!(moved.starts_with("profile,age,sex,from,to,since,time,estimate,"), "{moved}");
    // Two profiles, two states to leave, three to be in, two times.
    assert_eq!(moved.lines().count(), 1 + 2 * 2 * 3 * 2);
    let times = folder.read("p.times.csv");
    assert!(times.starts_with("profile,age,sex,state,since,horizon,estimate,"), "{times}");
    let sum: f64 = times
        .lines()
        .skip(1)
        .take(3)
        .map(|line| line.split(',').nth(6).unwrap().parse::<f64>().unwrap())
        .sum();
    near("time from 10 to 50", sum, 40.0, 1e-12);
    let given = "--profile age=60,sex=F --profile sex=M,age=70";
    fit(&folder, &format!("{line} {asked} {given} --predictions q.csv --out f.csv")).good();
    for part in ["", ".transitions", ".times"] {
        assert_eq!(folder.read(&format!("p{part}.csv")), folder.read(&format!("q{part}.csv")));
    }
    let printed =
        fit(&folder, &format!("{line} --start mgus {asked} {given} --plot f.svg --lang en"));
    printed.good();
    assert!(printed.sentences().contains("profile  age  sex  from"), "{}", printed.out);
    let svg = folder.read("f.svg");
    for words in [">mgus -&gt; pcm<", ">Events<", "At risk are those in its first state."] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
    // A profile of the other models.
    folder.write("two.csv", "t,e,x\n1,1,0\n2,1,1\n3,0,1\n4,1,0\n5,0,1\n");
    folder.write("x.csv", "x\n1\n");
    let cox = |more: &str| {
        let line = format!("fit cox two.csv --time t --event e --x x --at 2 {more}");
        let answer = afgang(&folder, &line.split_whitespace().collect::<Vec<_>>());
        answer.good();
        answer.out
    };
    assert_eq!(cox("--profile x=1"), cox("--predict x.csv"));
}

/// A small history: who is a never dies ill.
const SMALL: &str = "id,from,to,time,g\n1,well,ill,1,a\n1,ill,,3,a\n2,well,dead,2,a\n3,well,ill,2,b\n3,ill,dead,4,b\n\
    4,well,,4,b\n5,well,ill,3,b\n5,ill,dead,6,b\n6,well,dead,5,b\n7,well,ill,4,a\n7,ill,,7,a\n8,well,,9,a\n9,well,dead,6,a\n";

#[test]
fn a_transition_without_a_model() {
    let folder = Folder::new();
    folder.write("s.csv", SMALL);
    let answer = fit(&folder, "s.csv --x C(g) --out f.json");
    answer.bad(4, "no model of transition ill -> dead: term g: no event in level a");
    answer.says("the other models are there");
    let got = json(&folder, "f.json");
    for (transition, number) in [("ill -> dead", 0), ("well -> dead", 1), ("well -> ill", 1)] {
        assert_eq!(rows(&got["rows"], &[("transition", transition)]).len(), number, "{transition}");
    }
    let refused = &got["conventions"]["refused"];
    assert_eq!(refused[0]["model"], "transition ill -> dead");
    assert!(refused[0]["reason"].as_str().unwrap().contains("no event in level a"));
    let answer = fit(&folder, "s.csv --x C(g) --profile g=a --at 3");
    answer.bad(4, "no model of transition ill -> dead");
    for words in
        ["well -> ill   g", "Nothing is predicted, which needs the models of all transitions."]
    {
        assert!(answer.sentences().contains(words), "{words}: {}", answer.out);
    }
    fit(&folder, "s.csv --x C(g) --transition well->ill,well->dead --out f.json").good();
    // Nothing is left.
    fit(&folder, "s.csv --x C(g) --transition ill->dead").bad(4, "transition ill -> dead: term g");
}

#[test]
fn groups_are_their_rows() {
    let folder = Folder::new();
    folder.write("s.csv", SMALL);
    let asked = "--horizon 4 --at 2,4";
    fit(&folder, &format!("s.csv {asked} --by g --out by.csv")).good();
    for group in ["a", "b"] {
        fit(&folder, &format!("s.csv {asked} --only g={group} --out own.csv")).good();
        for part in ["", ".transitions", ".times"] {
            let own = folder.read(&format!("own{part}.csv"));
            let by = folder.read(&format!("by{part}.csv"));
            let of_group: Vec<&str> =
                by.lines().filter_map(|line| line.strip_prefix(&format!("{group},"))).collect();
            let own: Vec<&str> = own.lines().skip(1).collect();
            if group == "b" {
                assert_eq!(of_group, own, "{part}");
            } else {
                // Nobody of a dies ill, so that with a alone the ill can only stay.
                assert!(of_group.len() >= own.len() && !own.is_empty());
            }
        }
    }
    let printed = fit(&folder, "s.csv --by g");
    printed.good();
    assert!(
        printed.sentences().contains("a: 5 persons, 7 rows; transitions: ill -> dead (0)"),
        "{}",
        printed.out
    );
    assert!(folder.read("by.csv").starts_with("g,state,time,estimate,"));
}

#[test]
fn mistakes_are_explained() {
    let folder = Folder::new();
    folder.write("s.csv", SMALL);
    let (_, line) = case(&folder, "mgus");
    for (arguments, code, message, help) in [
        ("s.csv --x age", 3, "no column `age`", "its columns"),
        ("s.csv --x C(g) --at 3", 2, "`--at` does not go with `--x`", "--profile"),
        ("s.csv --x C(g) --by g", 2, "--by", ""),
        ("s.csv --x C(g) --se aalen", 2, "--se", ""),
        ("s.csv --strata g", 2, "--x", ""),
        (
            "s.csv --x C(g) --transition ill->well",
            2,
            "transition ill -> well is not among",
            "well -> ill",
        ),
        ("s.csv --by g --plot s.svg", 2, "`--plot` does not go with `--by`", "--only"),
        ("s.csv --only g=c", 3, "no row has `c` in `g`", ""),
    ] {
        let answer = fit(&folder, arguments);
        answer.bad(code, message);
        answer.says(help);
    }
    let bad = |more: &str, code: i32, message: &str, help: &str| {
        let answer = fit(&folder, &format!("{line} {more}"));
        answer.bad(code, message);
        answer.says(help);
    };
    bad("--profile age=60", 3, "--profile has no column `sex`", "age");
    bad("--profile age=60,sex=X", 3, "column `sex` is `X` in row 1", "its levels: F, M");
    bad("--profile age=60,sex", 2, "write columns", "");
    bad("--profile age=60,sex=F --at 999", 2, "time 999 is not between the start, 0", "");
    // Few have a malignancy, and their hazard at 95 adds up to more than 1.
    bad(
        "--profile age=95,sex=M --start pcm --at 200",
        3,
        "the hazards out of pcm add up to",
        "`--at`",
    );
}
