//! `afgang fit` as a user meets it: R's answers on a file, and each error with its message.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::fmt::Write;

use built::{Answer, Folder, afgang};
use serde_json::Value;

fn fit(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> = ["fit"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

/// The columns of `fixtures/reference/cox_terms.json` as a file, and R's answers.
fn lung(folder: &Folder) -> Vec<Value> {
    let text = include_str!("../../fixtures/reference/cox_terms.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let case = &file["cases"][0];
    let data = case["data"].as_object().unwrap();
    let mut csv = data.keys().cloned().collect::<Vec<_>>().join(",") + "\n";
    for row in 0..data["time"].as_array().unwrap().len() {
        let fields: Vec<String> = data.values().map(|column| column[row].to_string()).collect();
        csv.push_str(&(fields.join(",") + "\n"));
    }
    folder.write("lung.csv", &csv);
    case["answers"].as_array().unwrap().clone()
}

/// A number or several.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().map(|value| value.as_f64().unwrap()).collect(),
        value => vec![value.as_f64().unwrap()],
    }
}

fn near(what: &str, got: f64, want: f64, relative: f64) {
    assert!((got - want).abs() <= relative * want.abs(), "{what}: {got} is not {want}");
}

/// Slopes are in the unit of the covariate as long as doubles hold squares of its values; then it is another unit that is asked for.
#[test]
fn units_of_covariates() {
    let folder = Folder::new();
    let x = [0.5, 1.5, 0.0, 2.0, 1.0, 0.25, 3.0];
    let slope = |unit: &str| {
        let rows = x.iter().zip([1, 1, 0, 1, 1, 1, 0]).enumerate();
        let unit: f64 = unit.parse().unwrap();
        let rows: Vec<String> =
            rows.map(|(time, (x, e))| format!("{},{e},{:e}", time + 1, x * unit)).collect();
        folder.write("d.csv", &format!("t,e,x\n{}\n", rows.join("\n")));
        fit(&folder, "cox d.csv --time t --event e --x x --out f.json").good();
        let json: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
        let number = |name: &str| json["rows"][0][name].as_f64().unwrap();
        assert!(number("std_error").is_finite());
        number("estimate") * unit
    };
    let of_one = slope("1");
    near("1e-150", slope("1e-150"), of_one, 1e-9);
    near("1e150", slope("1e150"), of_one, 1e-9);
    for (values, message) in [("1e155,2e155", "larger"), ("1e-160,3e-160", "smaller")] {
        let (one, two) = values.split_once(',').unwrap();
        folder.write("d.csv", &format!("t,e,x\n1,1,{one}\n2,1,{two}\n3,0,{one}\n4,0,{two}\n"));
        for line in ["cox d.csv --time t", "finegray d.csv --time t --cause 1", "logit d.csv"] {
            let answer = fit(&folder, &format!("{line} --event e --x x"));
            answer.bad(3, &format!("squares of its values are {message} than numbers can be"));
        }
    }
}

#[test]
fn covariates_as_r_reads_them() {
    let folder = Folder::new();
    let answers = lung(&folder);
    assert_eq!(answers.len(), 10);
    for answer in answers {
        let (x, more) = (answer["x"].as_str().unwrap(), answer["more"].as_str().unwrap());
        let line = format!("cox lung.csv --time time --event event --x {x} {more} --out f.json");
        fit(&folder, &line).good();
        let got: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
        let (want, errors) = (numbers(&answer["coefficients"]), numbers(&answer["std_errors"]));
        let mut rows = got["rows"].as_array().unwrap().clone();
        assert_eq!(rows.len(), want.len(), "{x}");
        if x.starts_with("C(ecog):C(sex),") {
            // R writes products last.
            rows.rotate_left(2);
        }
        for (row, (want, error)) in rows.iter().zip(want.iter().zip(errors)) {
            near(&format!("{x} {}", row["column"]), row["estimate"].as_f64().unwrap(), *want, 1e-8);
            near(&format!("{x} error"), row["std_error"].as_f64().unwrap(), error, 1e-7);
        }
        let of_fit = got["fit"].as_array().unwrap();
        let likelihood = of_fit.iter().find(|line| line["name"] == "log_likelihood").unwrap();
        let want = answer["log_likelihood"].as_f64().unwrap();
        near("log likelihood", likelihood["value"].as_f64().unwrap(), want, 1e-10);
        assert_eq!(got["conventions"]["model"], "cox");
    }
}

/// Ten spells of two causes, by the exact answer of one covariate: of r and 1 the ratio of events.
#[test]
fn several_causes_and_what_is_written() {
    let folder = Folder::new();
    folder.write(
        "two.csv",
        "t,e,sex,w\n1,job,k,1\n1,job,k,1\n1,job,m,1\n2,dead,k,1\n2,dead,m,1\n3,still,k,1\n3,still,m,1\n3,still,m,1\n",
    );
    let te = "cox two.csv --time t --event e --censored still --x C(sex) --ties breslow";
    let answer = fit(&folder, &format!("{te} --out f.csv"));
    answer.good();
    assert!(answer.sentences().contains("A model for each cause"), "{}", answer.out);
    assert!(answer.sentences().contains("sex: base k, 2 levels."), "{}", answer.out);
    let text = folder.read("f.csv");
    assert!(text.starts_with("cause,term,column,estimate,std_error,statistic,p_value,"), "{text}");
    // Jobs: 2 of 4 against 1 of 4, all at one time: the ratio of hazards is the ratio of shares, 1/2.
    let job: Vec<&str> = text.lines().nth(2).unwrap().split(',').collect();
    assert_eq!(job[..3], ["job", "sex", "sex=m"]);
    assert!((job[3].parse::<f64>().unwrap() - 0.5_f64.ln()).abs() < 1e-9, "{text}");
    assert!(folder.read("f.fit.csv").starts_with("cause,name,value\ndead,rows,8\n"));
    fit(&folder, &format!("{te} --cause job --out f.parquet")).good();
    assert!(folder.files().contains(&"f.parquet".to_owned()));
    let printed = fit(&folder, &te.replace("C(sex)", "C(sex),w"));
    printed.good();
    for words in ["Cause job: Likelihood ratio", "Concordance", "on 1 df, p = "] {
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
    assert!(printed.sentences().contains("w is left out: it is constant."), "{}", printed.out);
}

/// Nobody who is m dies, so that deaths have no model; jobs have theirs as always.
#[test]
fn a_cause_without_a_model() {
    let folder = Folder::new();
    let rows = [
        "1,job,k",
        "2,job,k",
        "2,job,m",
        "3,job,m",
        "4,dead,k",
        "5,dead,k",
        "6,still,m",
        "7,still,k",
        "3,still,m",
    ];
    folder.write("d.csv", &format!("t,e,sex\n{}\n", rows.join("\n")));
    folder.write("new.csv", "sex\nk\n");
    let line = |model: &str| match model {
        "logit" => "logit d.csv --event e --censored still --x C(sex)".to_owned(),
        model => format!("{model} d.csv --time t --event e --censored still --x C(sex)"),
    };
    for model in ["cox", "finegray", "discrete --separate --baseline log(time)", "logit"] {
        let answer = fit(&folder, &format!("{} --out all.json", line(model)));
        answer.bad(4, "no model of cause dead: ");
        answer.says("the other models are there");
        let all: Value = serde_json::from_str(&folder.read("all.json")).unwrap();
        let refused = &all["conventions"]["refused"];
        assert_eq!(refused[0]["model"], "cause dead", "{model}");
        fit(&folder, &format!("{} --cause job --out job.json", line(model))).good();
        let job: Value = serde_json::from_str(&folder.read("job.json")).unwrap();
        assert_eq!(all["rows"], job["rows"], "{model}");
        assert_eq!(all["fit"], job["fit"], "{model}");
        assert_eq!(job["conventions"]["refused"], serde_json::json!([]));
        // The only cause that is asked for.
        fit(&folder, &format!("{} --cause dead", line(model))).bad(4, "cause dead: ");
    }
    let printed =
        fit(&folder, &format!("{} --baseline-hazard b.csv --residuals r.csv", line("cox")));
    printed.bad(4, "no model of cause dead: term sex: no event in level m");
    for words in
        ["No model of cause dead: term sex: no event in level m", "Cause job: 9 spells, 4 events"]
    {
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
    assert!(!folder.read("b.csv").contains("dead") && folder.read("b.csv").contains("job"));
    assert_eq!(folder.read("r.csv").lines().count(), 1 + 9);
    // Incidences of all causes need all models, those of Fine and Gray their own.
    let predicted = "--predict new.csv --at 3 --predictions p.csv";
    let printed = fit(&folder, &format!("{} {predicted}", line("cox")));
    printed.bad(4, "no model of cause dead");
    assert!(
        printed.sentences().contains("Nothing is predicted, which needs the models of all causes."),
        "{}",
        printed.out
    );
    assert!(!folder.files().contains(&"p.csv".to_owned()));
    fit(&folder, &format!("{} {predicted}", line("finegray"))).bad(4, "no model of cause dead");
    assert!(folder.read("p.csv").contains(",job,3,"));
}

/// 0.1 + 0.2 is not 0.3.
#[test]
fn times_that_differ_by_rounding() {
    let folder = Folder::new();
    folder.write(
        "d.csv",
        "t,e,x\n0.3,1,0\n0.30000000000000004,1,1\n0.5,1,0\n0.7,1,1\n0.9,0,0\n1,0,1\n",
    );
    folder.write("same.csv", "t,e,x\n0.3,1,0\n0.3,1,1\n0.5,1,0\n0.7,1,1\n0.9,0,0\n1,0,1\n");
    for model in ["cox", "finegray"] {
        let line = format!("{model} d.csv --time t --event e --x x");
        let words = "rounding alone: 1, such as 0.30000000000000004 from 0.3";
        let printed = fit(&folder, &line);
        printed.good();
        assert!(printed.sentences().contains(words), "{}", printed.out);
        fit(&folder, &format!("{line} --convention r-survival --out merged.json")).good();
        let merged: Value = serde_json::from_str(&folder.read("merged.json")).unwrap();
        assert_eq!(merged["conventions"]["near_ties"]["count"], 1);
        let same = line.replace("d.csv", "same.csv");
        fit(&folder, &format!("{same} --convention r-survival --out same.json")).good();
        let same: Value = serde_json::from_str(&folder.read("same.json")).unwrap();
        assert_eq!(merged["rows"], same["rows"], "{model}");
        assert_eq!(same["conventions"]["near_ties"]["count"], 0);
    }
    fit(&folder, "cox d.csv --time t --event e --x x --convention cmprsk")
        .bad(2, "`--convention cmprsk, derivative or fine-gray` does not go with `fit cox`");
}

/// A separated outcome: Wald's interval says nothing, the profile's lower limit is above 0.
#[test]
fn limits_with_firths_penalty() {
    let folder = Folder::new();
    let rows: Vec<String> = (0..20).map(|i| format!("{},{}", u8::from(i >= 10), i)).collect();
    folder.write("d.csv", &format!("e,x\n{}\n", rows.join("\n")));
    let low = |more: &str| {
        let printed =
            fit(&folder, &format!("logit d.csv --event e --x x --firth {more} --out f.json"));
        printed.good();
        let got: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
        (got["rows"][1]["conf_low"].as_f64().unwrap(), got["conventions"]["intervals"].clone())
    };
    let ((profile, by), (wald, of)) = (low(""), low("--wald"));
    assert!(profile > 0.1 && wald < 0.1, "{profile} {wald}");
    assert_eq!((by, of), ("profile".into(), "wald".into()));
    fit(&folder, "logit d.csv --event e --x x --wald").bad(2, "--firth");
}

/// Of a million and a half a third leave at once: the sum over all ways to choose them takes half an hour an iteration.
#[test]
fn exact_ties_that_take_too_long() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x,n\n1,1,0,200000\n1,1,1,300000\n2,0,0,500000\n2,0,1,500000\n");
    let answer = fit(&folder, "cox d.csv --time t --event e --x x --weight n --ties exact");
    answer.bad(4, "exact ties: 500000 of 1500000 at risk have the event at 1");
    answer.says("use Efron's ties");
}

/// A chance too small for a number is never 0.
#[test]
fn tiny_chances() {
    let folder = Folder::new();
    let mut csv = "t,e,x,n\n".to_owned();
    for (x, t) in [(0, 5), (0, 6), (1, 1), (1, 7), (0, 2)] {
        writeln!(csv, "{t},1,{x},{}", if t < 2 || x == 0 && t > 2 { 9000 } else { 300 }).unwrap();
    }
    folder.write("d.csv", &csv);
    let line = "cox d.csv --time t --event e --x x --weight n --ties breslow";
    let printed = fit(&folder, line);
    printed.good();
    assert!(printed.sentences().contains("<1e-300"), "{}", printed.out);
    fit(&folder, &format!("{line} --out f.json")).good();
    let got: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
    let p = got["rows"][0]["p_value"].as_f64().unwrap();
    assert!(p > 0.0 && p < 1e-300, "{p}");
}

#[test]
fn mistakes_are_explained() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x,sex,gap\n1,1,0,k,1\n2,1,1,m,\n3,0,2,k,3\n4,1,1,m,4\n");
    folder.write("apart.csv", "t,e,x\n1,1,1\n2,1,1\n3,0,0\n4,0,0\n");
    folder.write("both.csv", "t,e,x\n1,1,1\n2,1,0\n3,1,1\n4,0,0\n");
    for (arguments, code, message, help) in [
        ("cox d.csv TE --x age", 3, "no column `age`", "its columns"),
        ("cox d.csv TE --x sex", 3, "column `sex` holds `k` in row 1", "write C(sex)"),
        ("cox d.csv TE --x age + sex", 2, "'+'", "separated by commas"),
        (
            "cox both.csv TE --x x --profile x=1,sx=k",
            3,
            "gives `sx`, which is no column",
            "columns: x",
        ),
        ("cox d.csv TE --x gap", 3, "1 row has no value in `gap`", "--drop-missing"),
        ("cox d.csv TE --x log(x)", 3, "log(x): column `x` is 0 in row 1", "above 0"),
        (
            "cox d.csv TE --x poly(x,3)",
            3,
            "`poly(x,3)` needs 4 values that are far enough apart, and its column holds 3 different ones",
            "lower its number",
        ),
        ("cox d.csv TE --x bs(x,3)", 3, "`bs(x,3)` needs 4 values", "lower its number"),
        ("cox d.csv TE --x ns(x,3)", 3, "`ns(x,3)` needs 4 values", "C(…)"),
        ("cox d.csv TE --x bs(x,21)", 2, "bs(x,21)", "from 3 to 20"),
        ("cox d.csv TE --x sqrt(x)", 2, "at `sqrt(x)`: known are", "poly(col, 2)"),
        ("cox d.csv TE --x C(sex,ref=f)", 3, "`f` is no level of C(sex, ref=f)", "k, m"),
        ("cox apart.csv TE --x x", 4, "monotone likelihood: the coefficients of x", "merge levels"),
        ("cox d.csv TE", 2, "--x <TERMS>", ""),
    ] {
        let answer = fit(&folder, &arguments.replace("TE", "--time t --event e"));
        answer.bad(code, message);
        answer.says(help);
    }
}

/// Hypoxia: estimates and standard errors of `cmprsk` that Stata's tools print as an oracle.
#[test]
fn fine_gray_as_cmprsk() {
    let folder = Folder::new();
    folder.write("hyp.csv", include_str!("../../fixtures/reference/hyp.csv"));
    let line = "finegray hyp.csv --time time --event status --cause 1 --x tumsize,ifp,pelnode";
    fit(&folder, &format!("{line} --convention cmprsk --out f.json")).good();
    let got: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
    let wanted = [
        (0.260_309_555_167_442, 0.097_534_567_132_774),
        (0.032_666_401_162_445_2, 0.017_239_128_782_432_8),
        (-0.779_114_025_654_173, 0.427_843_703_197_367),
    ];
    for (row, (estimate, error)) in got["rows"].as_array().unwrap().iter().zip(wanted) {
        near("estimate", row["estimate"].as_f64().unwrap(), estimate, 1e-6);
        near("error", row["std_error"].as_f64().unwrap(), error, 1e-6);
    }
    assert_eq!(got["conventions"]["influence"], "cmprsk");
    let answer = fit(&folder, &format!("{line} --censoring-group pelnode"));
    answer.good();
    assert!(answer.sentences().contains("Fine–Gray regression"), "{}", answer.out);
    assert!(answer.sentences().contains("2 groups"), "{}", answer.out);
    // What G is where nobody is left, and at time 0.
    assert!(
        answer.sentences().contains("stays as it was after the last exit of a group"),
        "{}",
        answer.out
    );
    assert!(answer.sentences().contains("weighted by G(0-) = 1"), "{}", answer.out);
    assert_eq!(got["conventions"]["censoring_after_last_exit"], "zero");
    assert_eq!(got["conventions"]["censoring_at_zero"], "G(0)");
    fit(&folder, &format!("{line} --zph")).bad(2, "`--zph` does not go with `fit finegray`");
    fit(&folder, &format!("{} --se information", line.replace("finegray", "cox")))
        .bad(2, "`--se` does not go with `fit cox`");
}

#[test]
fn forest_plots() {
    let folder = Folder::new();
    let mut csv = "time,event,sex,age\n".to_owned();
    for i in 0..60 {
        let (sex, age) = (["Mand", "Kvinde"][i % 2], 20 + (i * 7) % 40);
        writeln!(csv, "{},{},{sex},{age}", 1 + (i * 11) % 37, i % 3).unwrap();
    }
    folder.write("d.csv", &csv);
    let line = "cox d.csv --time time --event event --x age,C(sex) --plot f.svg";
    let answer = fit(&folder, &format!("{line} --out f.json"));
    answer.good();
    let svg = folder.read("f.svg");
    for words in [
        ">age<",
        ">sex<",
        ">Kvinde<",
        ">Mand<",
        ">1 (basis)<",
        ">Årsag 1<",
        ">Årsag 2<",
        ">HR (95 %-KI)<",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
    // Half of the 60 rows are of either sex, and have half of the 20 events of each cause.
    assert_eq!(svg.matches(">30<").count(), 2, "{svg}");
    assert_eq!(svg.matches(">10<").count(), 2 * 2, "{svg}");
    assert_eq!(svg.matches(">Afgange<").count(), 2, "{svg}");
    // The numbers of the picture are those of the table.
    let got: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
    for row in got["rows"].as_array().unwrap() {
        let number = |name: &str| format!("{:.2}", row[name].as_f64().unwrap()).replace('.', ",");
        let words = format!(
            "{} ({}–{})",
            number("hazard_ratio"),
            number("ratio_low"),
            number("ratio_high")
        );
        assert!(svg.contains(&words), "{words}: {svg}");
    }
    // One cause: its events stand beside the spells.
    fit(&folder, &format!("{line} --cause 1 --lang en --title Exits")).good();
    let svg = folder.read("f.svg");
    assert!(
        svg.contains(">Exits<") && svg.contains(">Events<") && svg.contains(">1 (base)<"),
        "{svg}"
    );
    assert_eq!(svg.matches(">10<").count(), 2, "{svg}");
    // Coefficients of splines are no ratios to read.
    fit(&folder, "finegray d.csv --time time --event event --x bs(age,3),C(sex) --plot f.svg")
        .good();
    let svg = folder.read("f.svg");
    assert!(svg.contains("Også i modellen") && svg.contains("bs(age"), "{svg}");
    assert!(!svg.contains("bs(age, 3)1"), "a row of the spline: {svg}");
    for ending in ["png", "pdf"] {
        fit(&folder, &line.replace("svg", ending)).good();
        assert!(std::fs::metadata(folder.path(&format!("f.{ending}"))).unwrap().len() > 1000);
    }
    fit(&folder, &line.replace("svg", "tiff")).bad(2, "the ending of `f.tiff` names no format");
}
