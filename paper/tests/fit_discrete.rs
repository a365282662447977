//! `afgang fit discrete` and `afgang fit logit` as a user meets them: R's answers on a file, and each error with its message.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Answer, Folder, afgang};
use serde_json::Value;

fn fit(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> = ["fit"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

fn reference(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Columns of a reference case as a file.
fn write(folder: &Folder, name: &str, columns: &[(&str, &Value)]) {
    let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut csv = header.join(",") + "\n";
    for row in 0..columns[0].1.as_array().unwrap().len() {
        let show = |(_, values): &(&str, &Value)| values[row].to_string().replace('"', "");
        let fields: Vec<String> = columns.iter().map(show).collect();
        csv.push_str(&(fields.join(",") + "\n"));
    }
    folder.write(name, &csv);
}

/// The estimates and standard errors that were written, against R's.
fn compare(what: &str, folder: &Folder, want: &[f64], variances: &Value) -> Value {
    let got: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
    let rows = got["rows"].as_array().unwrap();
    assert_eq!(rows.len(), want.len(), "{what}");
    for (k, (row, want)) in rows.iter().zip(want).enumerate() {
        let error = variances[k][k].as_f64().unwrap().sqrt();
        let estimate = row["estimate"].as_f64().unwrap();
        assert!((estimate - want).abs() < 1e-9 * want.abs().max(1.0), "{what}: {row}");
        assert!((row["std_error"].as_f64().unwrap() / error - 1.0).abs() < 1e-7, "{what}: {row}");
    }
    got
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn hazards_as_r_fits_them_to_months() {
    let file = reference(include_str!("../../fixtures/reference/discrete.json"));
    let cases = &file["cases"][0];
    let of = |group: &str, name: &str, link: &str| {
        let cases = cases[group].as_array().unwrap();
        let found = cases
            .iter()
            .find(|case| case["name"] == name && (group == "several" || case["link"] == link));
        found.unwrap().clone()
    };
    let any = "--x C(sex),C(region),age";
    for (group, name, link, more, robust) in [
        (
            "single",
            "any exit",
            "cloglog",
            "--x C(sex),C(region),age --link cloglog --separate",
            false,
        ),
        ("single", "first cause", "logit", "--x C(sex),age --baseline poly(time,3)", false),
        (
            "single",
            "weights and months",
            "logit",
            "--x C(sex),C(region),age --clock cut(month,6,12,18) --offset o --weight w --weight-kind sampling --cluster id",
            true,
        ),
        (
            "single",
            "two clocks",
            "logit",
            "--x C(sex) --clock poly(month,2) --clock log(old) --cluster id",
            true,
        ),
        ("several", "two exits", "logit", any, false),
    ] {
        let folder = Folder::new();
        let case = of(group, name, link);
        let data = &case["data"];
        // One cause, unless they compete.
        let cause: Value = numbers(&data["cause"])
            .iter()
            .map(|&cause| if group == "single" { cause.min(1.0) } else { cause })
            .map(Value::from)
            .collect();
        let covariates = &data["covariates"];
        let mut columns = vec![("t", &data["exit"]), ("start", &data["entry"]), ("e", &cause)];
        columns.extend(["sex", "region", "age"].map(|name| (name, &covariates[name])));
        for (column, key) in [("w", "weight"), ("o", "offset"), ("id", "cluster")] {
            columns.extend(data.get(key).filter(|of| of.is_array()).map(|of| (column, of)));
        }
        if let Some(clocks) = data["clocks"].as_object() {
            columns.extend(clocks.iter().map(|(name, of)| (name.as_str(), of)));
        }
        write(&folder, "d.csv", &columns);
        let line = format!("discrete d.csv --time t --event e --entry start {more} --out f.json");
        fit(&folder, &line).good();
        let variances = if robust { &case["robust"] } else { &case["var"] };
        let got = compare(name, &folder, &numbers(&case["coef"]), variances);
        assert_eq!(got["conventions"]["model"], "discrete");
        assert_eq!(got["conventions"]["link"], link);
        let likelihood = got["fit"].as_array().unwrap().iter();
        let likelihood = likelihood.clone().find(|line| line["name"] == "log_likelihood").unwrap();
        let want = case["loglik"][1].as_f64().unwrap();
        assert!((likelihood["value"].as_f64().unwrap() / want - 1.0).abs() < 1e-10);
    }
}

#[test]
fn what_is_printed() {
    let folder = Folder::new();
    // At 1 one of six leaves for a job and two for school; at 2 nobody; at 3 one of three for a job.
    folder
        .write("d.csv", "t,e,x\n1,job,0\n1,school,0\n1,school,1\n3,job,1\n3,still,0\n3,still,1\n");
    let line = "discrete d.csv --time t --event e --censored still --x x";
    let answer = fit(&folder, &format!("{line} --baseline poly(time,0)"));
    answer.good();
    for words in [
        "Discrete-time hazards, logit link; standard errors: inverse information.",
        "Clocks: poly(time,0).",
        "One multinomial model of all causes",
        "logarithms of odds ratios",
        "Cause job: 6 spells, 12 times at risk, 2 events",
        "intercept",
    ] {
        assert!(answer.sentences().contains(words), "{words}: {}", answer.out);
    }
    fit(&folder, &format!("{line} --cause job --out f.csv")).good();
    let text = folder.read("f.csv");
    assert!(text.starts_with("cause,term,column,estimate,"), "{text}");
    assert!(text.contains("odds_ratio,ratio_low,ratio_high"), "{text}");
    assert!(text.contains("job,time,time=1,") && text.contains("job,time,time=3,"), "{text}");
    assert!(!text.contains("time=2"), "{text}");
    let answer = fit(&folder, &format!("{line} --cause job --link cloglog"));
    answer.good();
    assert!(
        answer.sentences().contains("nobody leaves then or all do: 1 of 3 times."),
        "{}",
        answer.out
    );
    assert!(answer.sentences().contains("logarithms of hazard ratios"), "{}", answer.out);
    assert!(answer.sentences().contains("exits for other causes are censored"), "{}", answer.out);
}

#[test]
fn logistic_as_r_fits_it() {
    let file = reference(include_str!("../../fixtures/reference/logistic.json"));
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let folder = Folder::new();
        let covariates = &case["covariates"];
        let mut columns = vec![("y", &case["y"])];
        let lung = name.starts_with("lung");
        let names: &[&str] =
            if lung { &["age", "sex", "ecog", "loss"] } else { &["dose", "group"] };
        columns.extend(names.iter().map(|name| (*name, &covariates[name])));
        let mut line = "logit d.csv --event y --out f.json --x ".to_owned();
        line += if lung { "age,C(sex),ecog,loss" } else { "dose,C(group)" };
        for (column, key) in [("w", "weight"), ("o", "offset"), ("id", "cluster")] {
            if case[key].is_array() {
                columns.push((column, &case[key]));
                line.push_str(" --");
                line.push_str(key);
                line.push(' ');
                line.push_str(column);
            }
        }
        if case["kind"] == "sampling" {
            line += " --weight-kind sampling";
        }
        write(&folder, "d.csv", &columns);
        if case["coef"].is_array() {
            fit(&folder, &line).good();
            let robust = line.contains("--cluster") || line.contains("sampling");
            let variances = if robust { &case["robust"] } else { &case["var"] };
            let got = compare(name, &folder, &numbers(&case["coef"]), variances);
            assert_eq!(got["conventions"]["model"], "logistic");
            assert!(got["conventions"]["at_risk"].is_null());
        } else {
            let answer = fit(&folder, &line);
            answer.bad(4, "complete separation: dose");
            answer.says("use Firth's penalty, `fit logit --firth`");
        }
        if case["firth"].is_object() {
            fit(&folder, &format!("{line} --firth")).good();
            let firth = &case["firth"];
            let got = compare(name, &folder, &numbers(&firth["coef"]), &firth["var"]);
            assert_eq!(got["conventions"]["penalty"], "firth");
        }
    }
}

#[test]
fn mistakes_are_explained() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x,sex,half\n1,1,0,k,1\n2,1,1,m,1.5\n3,0,2,k,2\n4,1,1,m,3\n");
    folder.write("level.csv", "t,e,sex\n1,1,k\n1,0,k\n1,0,m\n1,0,m\n");
    folder.write("two.csv", "t,e,x\n1,1,9\n1,1,8\n1,2,2\n1,2,3\n1,2,4\n1,0,1\n1,0,5\n1,0,2\n");
    for (arguments, code, message, help) in [
        ("discrete d.csv --event e --x x", 2, "`--time <COL>` is missing", "name the column"),
        ("logit d.csv TE --x x", 2, "`--time` does not go with `fit logit`", "have no time"),
        ("logit d.csv --event e --x x --entry t", 2, "`--entry` does not go with `fit logit`", ""),
        (
            "cox d.csv TE --x x --link logit",
            2,
            "`--link` does not go with `fit cox`",
            "fit discrete",
        ),
        (
            "discrete d.csv TE --x x --firth",
            2,
            "`--firth` does not go with",
            "it is of `fit logit`",
        ),
        (
            "discrete d.csv TE --x x --ties efron",
            2,
            "`--ties` does not go with",
            "it is of `fit cox`",
        ),
        ("discrete d.csv TE --x x --strata sex", 2, "`--strata` does not go with", "C(col)"),
        ("discrete d.csv TE --x x --baseline poly(t,2)", 2, "the duration is called time", ""),
        ("discrete d.csv TE --x x --clock sin(t)", 2, "clocks are COL, C(COL)", ""),
        (
            "discrete d.csv TE --x x --clock half",
            4,
            "column half, row 2: 1.5 is not a whole number",
            "",
        ),
        (
            "discrete d.csv TE --x x --baseline poly(time,9)",
            4,
            "clock time: its function needs",
            "",
        ),
        (
            "discrete d.csv TE --x x --first-time 2",
            4,
            "the exit at 1 comes before the first time",
            "",
        ),
        ("discrete level.csv TE --x C(sex)", 4, "no event in level m", "merge the level"),
        ("discrete two.csv TE --x x", 4, "separation: x (cause 1) tells", "merge levels"),
        ("logit level.csv --event e --x C(sex)", 4, "no event in level m", ""),
    ] {
        let answer = fit(&folder, &arguments.replace("TE", "--time t --event e"));
        answer.bad(code, message);
        answer.says(help);
    }
}
