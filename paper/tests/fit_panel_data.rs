//! `afgang fit panel` on data sets of textbooks: every estimator beside what other programs say of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;
mod panel_data;

use built::Folder;
use panel_data::{Fit, case, fit, near, write_csv};
use serde_json::Value;

fn numbers(of: &Value) -> Vec<f64> {
    of.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// Each of plm's fits: coefficients, standard errors, R² and adjusted R².
fn as_plm(name: &str, x: &str) -> usize {
    let folder = Folder::new();
    let answers = case(&folder, name);
    let line = format!("{name}.csv --y y --x {x} --unit unit --time time --convention plm");
    let fits = answers["fits"].as_array().unwrap();
    for expected in fits {
        let random = |method: &str| format!("--model random --components {method}");
        let more = match (expected["model"].as_str().unwrap(), expected["effect"].as_str().unwrap())
        {
            ("within", "twoways") => "--effects both".to_owned(),
            ("within", _) => "--model within".to_owned(),
            ("pooling", _) => "--model pooled".to_owned(),
            ("between", _) => "--model between".to_owned(),
            ("fd", _) => "--model first-difference".to_owned(),
            _ => random(expected["method"].as_str().unwrap()),
        };
        let found = Fit::of(&folder, &format!("{line} {more}"));
        let coefficients = numbers(&expected["coefficients"]);
        let errors = numbers(&expected["errors"][0]["se"]);
        let constant = coefficients.len() - x.split(',').count();
        for (place, column) in x.split(',').enumerate() {
            near(found.number(column, "estimate"), coefficients[constant + place], 1e-8);
            near(found.number(column, "std_error"), errors[constant + place], 1e-9);
        }
        if constant == 1 {
            near(found.number("constant", "estimate"), coefficients[0], 1e-9);
        }
        let own = if more.contains("within") || more.contains("both") {
            "r2_within"
        } else {
            "r2_inclusive"
        };
        near(found.counted(own), expected["r2"].as_f64().unwrap(), 1e-9);
        near(found.counted("r2_adjusted"), expected["adjusted"].as_f64().unwrap(), 1e-9);
    }
    let tests = Fit::of(&folder, &format!("{line} --tests hausman,breusch-pagan"));
    let statistic = |name: &str| answers[name]["statistic"].as_f64().unwrap();
    near(tests.counted("hausman"), statistic("hausman"), 1e-7);
    near(tests.counted("breusch_pagan"), statistic("breusch_pagan"), 1e-9);
    fits.len()
}

/// Output of 48 states in 17 years (Munnell 1990).
#[test]
fn produc() {
    assert_eq!(as_plm("produc", "pcap,pc,emp,unemp"), 9);
}

/// Cigarettes sold in 46 states in 30 years (Baltagi and Levin 1992).
#[test]
fn cigar() {
    assert_eq!(as_plm("cigar", "price,income"), 9);
}

/// Unbalanced: employment in 140 firms (Arellano and Bond 1991).
#[test]
fn empluk() {
    assert_eq!(as_plm("empluk", "wage,capital,output"), 6);
}

/// Wages of 545 young men in eight years (Vella and Verbeek 1998), by pyfixest and linearmodels.
#[test]
fn wage_panel() {
    let folder = Folder::new();
    let text = include_str!("../../fixtures/reference/wage_panel.json");
    let file: Value = serde_json::from_str(text).unwrap();
    write_csv(&folder, "w", &file["data"]);
    let names = ["expersq", "married", "union"];
    let line = "w.csv --y y --x expersq,married,union --unit unit --time time";
    for expected in file["fits"].as_array().unwrap() {
        let model = expected["model"].as_str().unwrap();
        let more = match (model, expected["effects"].as_str(), expected["kind"].as_str()) {
            ("poolability", _, _) => {
                let both = "--effects both --tests effects --convention linearmodels";
                let found = Fit::of(&folder, &format!("{line} {both}"));
                near(found.counted("effects_f"), expected["f"].as_f64().unwrap(), 1e-9);
                continue;
            }
            ("within", Some("nr"), Some("conventional")) => "--convention fixest",
            ("within", Some("nr"), _) => "--convention fixest --cluster unit",
            ("within", _, Some("conventional")) => "--convention fixest --effects both",
            ("within", _, _) => "--convention fixest --effects both --cluster unit",
            _ => "--convention linearmodels",
        };
        let found = Fit::of(&folder, &format!("{line} --model {model} {more}"));
        let of = |what: &str| numbers(&expected[what]);
        for (place, column) in names.into_iter().enumerate() {
            near(found.number(column, "estimate"), of("coefficients")[place], 1e-9);
            // linearmodels counts t by the normal distribution; standard errors are those of N - k - 1.
            near(found.number(column, "std_error"), of("se")[place], 1e-9);
        }
        if model == "within" {
            for (name, key) in
                [("r2_inclusive", "r2"), ("r2_adjusted", "adjusted"), ("r2_within", "r2_within")]
            {
                near(found.counted(name), expected[key].as_f64().unwrap(), 1e-9);
            }
        } else {
            near(
                found.number("constant", "estimate"),
                expected["constant"].as_f64().unwrap(),
                1e-9,
            );
            let shares = ["r2_within", "r2_between", "r2_overall"];
            for (name, want) in shares.into_iter().zip(of("shares")) {
                near(found.counted(name), want, 1e-8);
            }
        }
    }
}

/// Squared correlations of Grunfeld's rows with the predictions that plm's coefficients make.
#[test]
fn what_is_said_of_random_effects() {
    let folder = Folder::new();
    case(&folder, "grunfeld");
    let line = "grunfeld.csv --y y --x value,capital --unit unit --time time --model";
    for (more, words) in [
        ("random", "R²: within 0.7668, between 0.8196, overall 0.8061; of quasi-deviations"),
        ("random --convention plm", ", adjusted 0.7672 (plm); residual standard deviation"),
        ("between", "R² of means 0.8578, adjusted 0.8171 (stata-xtreg); within 0.4778"),
        (
            "first-difference --convention plm",
            "R² of differences 0.4089, adjusted 0.4026 (plm); of levels within",
        ),
    ] {
        let printed = fit(&folder, &format!("{line} {more}"));
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
    let printed = fit(&folder, &format!("{line} within,random"));
    assert!(printed.sentences().contains("R² overall"), "{}", printed.out);
}
