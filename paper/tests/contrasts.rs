//! Means and values of groups set against each other, trends with scores, and means within strata: `afgang test` as a user meets it,
//! with answers worked out by hand.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::fmt::Write;

use built::{Folder, afgang};
use serde_json::Value;

const Z: f64 = 1.959_963_984_540_054;

/// Of a two of four are in after 2, of b three of four.
const TWO: &str = "t,e,g\n1,1,a\n2,1,a\n3,0,a\n3,0,a\n1,1,b\n3,0,b\n3,0,b\n3,0,b\n";

fn test(folder: &Folder, arguments: &str) {
    let line = format!("test {arguments} --time t --event e --group g");
    afgang(folder, &line.split(' ').collect::<Vec<_>>()).good();
}

/// The rows of a JSON file, and its conventions.
fn json(folder: &Folder, file: &str) -> (Vec<Value>, Value) {
    let json: Value = serde_json::from_str(&folder.read(file)).unwrap();
    (json["rows"].as_array().unwrap().clone(), json["conventions"].clone())
}

#[track_caller]
fn near(found: &Value, wanted: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
}

#[test]
fn ratios_of_values_and_of_means() {
    let folder = Folder::new();
    folder.write("two.csv", TWO);
    let line = "at two.csv --times 2 --pairwise --contrast ratio --out p.json";
    test(&folder, line);
    let (rows, conventions) = json(&folder, "p.json");
    // 3/4 over 1/2; of the logarithms the variances are 1/12 and 1/4.
    let (ratio, error) = (1.5_f64, (1.0_f64 / 12.0 + 0.25).sqrt());
    near(&rows[0]["ratio"], ratio);
    near(&rows[0]["std_error_log"], error);
    near(&rows[0]["conf_low"], (ratio.ln() - Z * error).exp());
    near(&rows[0]["conf_high"], (ratio.ln() + Z * error).exp());
    assert_eq!(
        (&conventions["contrast"], &conventions["interval"]),
        (&"ratio".into(), &"log".into())
    );
    // All at once it is the same test.
    test(&folder, "at two.csv --times 2 --contrast ratio --out t.json");
    let (all, _) = json(&folder, "t.json");
    near(&all[0]["statistic"], (ratio.ln() / error).powi(2));
    near(&all[0]["p_value"], rows[0]["p_value"].as_f64().unwrap());
    // Means up to 3 are 2.25 and 2.5.
    test(&folder, "rmst two.csv --tau 3 --pairwise --contrast ratio --out m.json");
    let (means, _) = json(&folder, "m.json");
    near(&means[0]["ratio"], 2.5 / 2.25);
    // Areas after the exits are 1.25 and 0.5 of a, 1.5 of b.
    let variances = [1.25_f64.powi(2) / 12.0 + 0.25 / 6.0, 2.25 / 12.0];
    let error = (variances[0] / 2.25_f64.powi(2) + variances[1] / 6.25).sqrt();
    near(&means[0]["std_error_log"], error);
    let printed = "test rmst two.csv --tau 3 --contrast ratio --time t --event e --group g";
    let printed = afgang(&folder, &printed.split(' ').collect::<Vec<_>>());
    assert!(printed.out.contains("on the scale of the logarithm"), "{}", printed.out);
}

#[test]
fn cumulative_hazards_on_the_scale_of_log_log() {
    let folder = Folder::new();
    // As above, with an exit for another cause in each group.
    folder.write(
        "causes.csv",
        "t,e,g\n1,1,a\n2,2,a\n3,0,a\n3,0,a\n1,1,b\n3,0,b\n3,0,b\n3,0,b\n1,2,b\n1,1,b\n3,0,b\n3,0,b\n",
    );
    let line = "at causes.csv --times 2 --pairwise --contrast log-log --out p.json";
    test(&folder, line);
    let (rows, conventions) = json(&folder, "p.json");
    assert_eq!(conventions["contrast"], "cumulative hazard ratio");
    let scaled = |s: f64, variance: f64| ((-s.ln()).ln(), variance / (s * s.ln()).powi(2));
    let wanted = |of_a: (f64, f64), of_b: (f64, f64)| {
        let ((a, va), (b, vb)) = (scaled(of_a.0, of_a.1), scaled(of_b.0, of_b.1));
        ((b - a).exp(), (va + vb).sqrt())
    };
    // In are 2 of 4 and 5 of 8; without an exit for cause 1 are 3 of 4 and 6 of 8. Shares without censoring are binomial.
    let share = |s: f64, n: f64| (s, s * (1.0 - s) / n);
    for (quantity, cause, of_a, of_b) in [
        ("survival_2", Value::Null, share(0.5, 4.0), share(0.625, 8.0)),
        ("incidence_2", Value::from(1), share(0.75, 4.0), share(0.75, 8.0)),
    ] {
        let row = rows.iter().find(|r| r["quantity"] == quantity && r["cause"] == cause).unwrap();
        let (ratio, error) = wanted(of_a, of_b);
        near(&row["cumulative_hazard_ratio"], ratio);
        near(&row["std_error_log"], error);
    }
}

#[test]
fn trends_with_scores() {
    let folder = Folder::new();
    let mut csv = "t,e,g\n".to_owned();
    for (group, times) in [("low", [1, 2, 3, 5]), ("mid", [2, 4, 5, 6]), ("high", [3, 6, 7, 8])] {
        for time in times {
            writeln!(csv, "{time},{},{group}", u8::from(time != 6)).unwrap();
        }
    }
    folder.write("d.csv", &csv);
    let statistic = |more: &str| {
        test(&folder, &format!("logrank d.csv {more} --out t.json"));
        let (rows, conventions) = json(&folder, "t.json");
        (rows[0]["statistic"].as_f64().unwrap(), conventions)
    };
    // In the order of their names high is first; turned round a trend is the same, another order is another.
    let (by_name, _) = statistic("--trend");
    let (same, _) = statistic("--scores high,low,mid");
    let (turned, _) = statistic("--scores mid,low,high");
    assert!((by_name - same).abs() < 1e-12 && (by_name - turned).abs() < 1e-12);
    let (ordered, conventions) = statistic("--scores low,mid,high");
    assert!((ordered - by_name).abs() > 0.1, "{ordered} and {by_name}");
    assert_eq!(conventions["scores"], serde_json::json!({ "low": 0.0, "mid": 1.0, "high": 2.0 }));
    // The origin and the unit of scores are free, their distances are not.
    let (shifted, _) = statistic("--trend --scores low=10,mid=12,high=14");
    assert!((ordered - shifted).abs() < 1e-12);
    let (uneven, _) = statistic("--scores low=0,mid=1,high=5");
    assert!((ordered - uneven).abs() > 1e-3, "{ordered} and {uneven}");
    // U and V of the test of all groups give it: (sum a U)^2 / (sum a a V).
    test(&folder, "gray d.csv --scores low=0,mid=1,high=5 --out t.json");
    let (rows, _) = json(&folder, "t.json");
    assert_eq!((rows.len(), rows[0]["df"].as_f64()), (3, Some(1.0)));
    for (arguments, code, message, help) in [
        (
            "logrank d.csv --scores low,mid TE",
            3,
            "group high of column `g` has no score",
            "--scores",
        ),
        ("logrank d.csv --scores low,mid,top TE", 3, "never is `top`", "`high`"),
        ("logrank d.csv --scores low=1,mid,high=2 TE", 2, "a group without a score", "low=0"),
        ("logrank d.csv --scores low,mid=1,high TE", 2, "for some groups only", "low=0"),
        ("logrank d.csv --scores low=x,mid=1,high=2 TE", 2, "that is no number", "low=0"),
        ("logrank d.csv --scores low=1,low=2,high=3 TE", 2, "names a group twice", ""),
        ("logrank d.csv --scores low=1,mid=1,high=1 TE", 2, "the same score", ""),
        ("logrank d.csv --scores low,mid,high --pairwise TE", 2, "cannot be used with", ""),
        ("rmst d.csv --tau 3 --scores low,mid,high TE", 2, "`--scores` does not go", "test gray"),
        ("logrank d.csv --scores low,mid,high --group e TE", 2, "several columns", "one column"),
    ] {
        let line = format!("test {}", arguments.replace("TE", "--time t --event e --group g"));
        let answer = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
        answer.bad(code, message);
        answer.says(help);
    }
}

/// Two strata of eight and sixteen, in which a quarter, a half or three quarters of a group leave at 1 and the others at 2.
#[test]
fn means_within_strata() {
    let folder = Folder::new();
    let mut csv = "t,e,g,s,who\n".to_owned();
    let mut who = 0;
    for (stratum, group, left, stay) in
        [("x", "a", 2, 2), ("x", "b", 1, 3), ("y", "a", 2, 6), ("y", "b", 6, 2)]
    {
        for spell in 0..left + stay {
            let (time, event) = if spell < left { (1, 1) } else { (2, 0) };
            writeln!(csv, "{time},{event},{group},{stratum},{who}").unwrap();
            who += 1;
        }
    }
    folder.write("s.csv", &csv);
    test(&folder, "rmst s.csv --tau 2 --strata s --out t.json");
    let (rows, conventions) = json(&folder, "t.json");
    // A third of 3/2 and two thirds of 7/4; a third of 7/4 and two thirds of 5/4.
    let (a, b) = (0.5 + 3.5 / 3.0, 1.75 / 3.0 + 2.5 / 3.0);
    near(&rows[0]["estimate"], a);
    near(&rows[1]["estimate"], b);
    let variances: [f64; 2] =
        [(0.25 / 4.0 + 4.0 * (0.1875 / 8.0)) / 9.0, (0.1875 / 4.0 + 4.0 * (0.1875 / 8.0)) / 9.0];
    near(&rows[0]["std_error"], variances[0].sqrt());
    near(&rows[0]["n"], 12.0);
    near(&rows[0]["statistic"], (a - b).powi(2) / (variances[0] + variances[1]));
    assert_eq!(conventions["standardised_to"], "strata of all groups together");
    assert_eq!(conventions["strata"][0], "s");
    // Every spell a person of his own: the same; each spell twice, as one person: the same.
    test(&folder, "rmst s.csv --tau 2 --strata s --cluster who --out u.json");
    for (row, wanted) in json(&folder, "u.json").0.iter().zip(&rows) {
        for name in ["n", "estimate", "std_error", "statistic", "p_value"] {
            near(&row[name], wanted[name].as_f64().unwrap());
        }
    }
    let twice = csv.lines().skip(1).flat_map(|line| [line, line]).collect::<Vec<_>>().join("\n");
    folder.write("s.csv", &format!("t,e,g,s,who\n{twice}\n"));
    test(&folder, "rmst s.csv --tau 2 --strata s --cluster who --out u.json");
    near(&json(&folder, "u.json").0[0]["std_error"], variances[0].sqrt());
    let printed = "test rmst s.csv --tau 2 --strata s --time t --event e --group g";
    let printed = afgang(&folder, &printed.split(' ').collect::<Vec<_>>());
    assert!(printed.out.contains("direct standardisation"), "{}", printed.out);
    folder.write("gap.csv", "t,e,g,s\n1,1,a,x\n2,0,a,x\n1,1,b,x\n2,0,b,x\n2,0,b,y\n1,1,b,y\n");
    folder.write(
        "short.csv",
        "t,e,g,s\n1,1,a,x\n2,0,a,x\n1,1,b,x\n2,0,b,x\n1,0,a,y\n0.5,1,a,y\n2,0,b,y\n1,1,b,y\n",
    );
    folder.write(
        "still.csv",
        "t,e,g,s\n1,1,a,x\n2,0,a,x\n1,1,b,x\n2,0,b,x\n2,0,a,y\n2,0,a,y\n2,0,b,y\n1,1,b,y\n",
    );
    for (file, code, message, help) in [
        ("gap", 3, "group a has no spells in stratum y", "--only"),
        ("short", 2, "group a in stratum y: horizon 2", "choose one up to 1"),
        ("still", 3, "the estimate of group a has no standard error", "merge"),
    ] {
        for more in ["", " --cluster t"] {
            if more.is_empty() || file != "still" {
                let line = format!(
                    "test rmst {file}.csv --tau 2 --strata s --time t --event e --group g{more}"
                );
                let answer = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
                answer.bad(code, message);
                answer.says(help);
            }
        }
    }
    for (line, help) in [
        ("test rmst s.csv --tau 2 --contrast log-log --time t --event e --group g", "ratio"),
        ("test gray s.csv --contrast ratio --time t --event e --group g", "test rmst"),
    ] {
        let answer = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
        answer.bad(2, "does not go with");
        answer.says(help);
    }
}

/// Values standardised to strata, by hand: of 4 in stratum x and 8 in y of either group 2, 1, 2 and 4 leave at 1.
#[test]
fn values_at_times_over_strata() {
    let folder = Folder::new();
    let mut lines = vec!["t,e,g,s,who".to_owned()];
    for (group, stratum, left, all) in
        [("a", "x", 2, 4), ("b", "x", 1, 4), ("a", "y", 2, 8), ("b", "y", 4, 8)]
    {
        for row in 0..all {
            let end = if row < left { "1,1" } else { "2,0" };
            lines.push(format!("{end},{group},{stratum},{}", lines.len()));
        }
    }
    folder.write("s.csv", &lines.join("\n"));
    for more in ["", " --cluster who", " --convention r-survival"] {
        let line = format!(
            "test at s.csv --times 1 --strata s --time t --event e --group g{more} --out a.json"
        );
        afgang(&folder, &line.split(' ').collect::<Vec<_>>()).good();
        let (rows, conventions) = json(&folder, "a.json");
        near(&rows[0]["estimate"], 2.0 / 3.0);
        near(&rows[1]["estimate"], 7.0 / 12.0);
        near(&rows[0]["std_error"], (0.25 / 36.0 + 0.1875 / 18.0_f64).sqrt());
        near(&rows[1]["std_error"], (0.1875 / 36.0 + 0.25 / 18.0_f64).sqrt());
        near(&rows[0]["statistic"], 4.0 / 21.0);
        assert_eq!(conventions["standardised_to"], "strata of all groups together");
    }
    folder.write("gap.csv", "t,e,g,s\n1,1,a,x\n2,0,a,x\n1,1,b,x\n2,0,b,x\n2,0,b,y\n1,1,b,y\n");
    folder.write(
        "short.csv",
        "t,e,g,s\n1,1,a,x\n2,0,a,x\n1,1,b,x\n2,0,b,x\n1,0,a,y\n0.5,1,a,y\n2,0,b,y\n1,1,b,y\n",
    );
    for (file, message) in
        [("gap", "group a has no spells in stratum y"), ("short", "group a in stratum y")]
    {
        let line =
            format!("test at {file}.csv --times 1.5 --strata s --time t --event e --group g");
        afgang(&folder, &line.split(' ').collect::<Vec<_>>()).bad(3, message);
    }
}

/// One who left at a time tells nothing of how such times spread.
#[test]
fn the_mean_of_one_has_no_standard_error() {
    let folder = Folder::new();
    folder.write("one.csv", "t,e,g,w\n5,1,a,3\n2,2,b,1\n4,1,b,1\n5,0,b,2\n9,1,c,1\n9,1,c,1\n");
    for more in [
        "",
        " --se ij",
        " --weight w --weight-kind sampling",
        " --weight w --weight-kind case",
        " --cluster g",
    ] {
        let line =
            format!("curve cif one.csv --time t --event e --by g --rmst 5{more} --out m.json");
        afgang(&folder, &line.split(' ').collect::<Vec<_>>()).good();
        let (rows, _) = json(&folder, "m.json");
        for row in &rows {
            let known = row["g"] == "b" && more != " --cluster g";
            assert_eq!(row["std_error"].is_null(), !known, "{more}: {row}");
            assert_eq!(row["conf_low"].is_null(), !known, "{more}: {row}");
        }
        assert_eq!(rows[0]["estimate"].as_f64(), Some(5.0));
    }
    let line = "curve km one.csv --time t --event e --cause 1,2 --by g --rmst 5";
    let printed = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
    printed.good();
    let row: Vec<&str> = printed.out.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row, ["a", "rmst_5", "5", "–", "–", "–"]);
    assert!(printed.out.contains("– where all times up to the horizon are alike"));
}

/// Of b nobody leaves for cause 2, so that there is no test of it; the others are there.
#[test]
fn a_cause_that_a_group_lacks_has_no_test() {
    let folder = Folder::new();
    folder.write("c.csv", "t,e,g\n1,1,a\n2,2,a\n3,0,a\n1,1,b\n2,1,b\n3,0,b\n");
    test(&folder, "rmst c.csv --tau 3 --out m.json");
    let (rows, conventions) = json(&folder, "m.json");
    // Survival 1, 2/3, 1/3: mean 2. Lost to cause 1 by a 1/3 for two, by b 1/3 for one and 2/3 for one; to 2 by a 1/3 for one.
    for (row, wanted) in rows.iter().zip([2.0, 2.0, 2.0 / 3.0, 1.0, 1.0 / 3.0, 0.0]) {
        near(&row["estimate"], wanted);
        assert_eq!(row["p_value"].is_null(), row["cause"] == 2, "{row}");
    }
    assert_eq!(rows.len(), 6);
    assert!(conventions.to_string().contains("b (cause 2)"), "{conventions}");
    // Where no group has any spread nothing is left.
    folder.write("n.csv", "t,e,g\n3,1,a\n3,0,a\n3,0,b\n3,1,b\n");
    let line = "test rmst n.csv --tau 2 --time t --event e --group g";
    let answer = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
    assert_ne!(answer.code, 0);
    assert!(answer.err.contains("has no standard error"), "{}", answer.err);
}

/// The one who is there before 2 leaves at 1; of five who enter at 2 one leaves at 5.
#[test]
fn a_risk_set_that_is_empty_early_is_named() {
    let folder = Folder::new();
    let rows = "1,1,a,0\n5,1,a,2\n6,1,a,2\n7,0,a,2\n8,1,a,2\n9,0,a,2\n";
    let other = rows.replace(",a,", ",b,").replace("1,1,b,0\n", "1,1,b,0\n2,0,b,0\n3,0,b,0\n");
    folder.write("e.csv", &format!("t,e,g,from\n{rows}{other}"));
    let run = |line: &str| {
        let line = format!("{line} e.csv --time t --event e --entry from");
        afgang(&folder, &line.split(' ').collect::<Vec<_>>())
    };
    let words = "Group a: at time 1 all at risk have left and others enter later";
    for line in ["curve km --by g", "curve cif --by g", "curve km --by g --rmst 8"] {
        let printed = run(line);
        printed.good();
        assert!(printed.out.contains(words), "{line}: {}", printed.out);
        assert!(!printed.out.contains("Group b") && !printed.out.contains("are alike"), "{line}");
    }
    for line in ["curve na --by g", "curve km --by g --given 1"] {
        let printed = run(line);
        printed.good();
        assert!(!printed.out.contains("all at risk have left"), "{line}: {}", printed.out);
    }
    run("curve km --by g --out k.json").good();
    let (_, conventions) = json(&folder, "k.json");
    assert_eq!(conventions["emptied_early"], serde_json::json!([{ "group": "a", "time": 1.0 }]));
    // Behind it: four of five are left after 5.
    run("curve km --by g --given 1 --at 5 --out g.json").good();
    near(&json(&folder, "g.json").0[0]["estimate"], 0.8);
    // Of both groups nobody is left before the others enter.
    folder.write("e.csv", &format!("t,e,g,from\n{rows}{}", rows.replace(",a,", ",b,")));
    for line in ["test gray --group g", "test rmst --group g --tau 8"] {
        let refused = run(line);
        assert_ne!(refused.code, 0);
        let words = "of group a all at risk have left at time 1 and others enter later";
        assert!(refused.err.replace("\n  │ ", " ").contains(words), "{}", refused.err);
    }
    let checked = run("check --by g");
    checked.good();
    assert!(checked.out.contains("Group a: at time 1 all at risk have left"), "{}", checked.out);
}
