//! Runs `afgang fit panel` on data sets that other programs were run on.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "each test file uses its own part of this module"
)]

use std::fmt::Write;

use serde_json::Value;

use crate::built::{Answer, Folder, afgang};

pub fn fit(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> =
        ["fit", "panel"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

/// A case of `fixtures/reference/panel.json` as a CSV file of its name, with plm's answers.
pub fn case(folder: &Folder, name: &str) -> Value {
    let text = include_str!("../../../fixtures/reference/panel.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    write_csv(folder, name, &case["data"]);
    case["answers"].clone()
}

/// Columns side by side as a CSV file.
pub fn write_csv(folder: &Folder, name: &str, data: &Value) {
    let names: Vec<&str> =
        data["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let mut csv = format!("unit,time,y,{}\n", names.join(","));
    for row in 0..data["y"].as_array().unwrap().len() {
        let unit = data["unit"][row].to_string();
        let unit = unit.trim_matches('"');
        write!(csv, "{unit},{},{}", data["time"][row], data["y"][row]).unwrap();
        for column in data["x"].as_array().unwrap() {
            write!(csv, ",{}", column[row]).unwrap();
        }
        csv.push('\n');
    }
    folder.write(&format!("{name}.csv"), &csv);
}

/// The fit as JSON: its rows by model, and what it counted.
pub struct Fit(pub Value);

impl Fit {
    pub fn of(folder: &Folder, arguments: &str) -> Self {
        fit(folder, &format!("{arguments} --out f.json")).good();
        Self(serde_json::from_str(&folder.read("f.json")).unwrap())
    }

    pub fn rows(&self) -> &Vec<Value> {
        self.0["rows"].as_array().unwrap()
    }

    #[track_caller]
    pub fn number(&self, column: &str, what: &str) -> f64 {
        let row = self.rows().iter().find(|row| row["column"] == column).unwrap();
        row[what].as_f64().unwrap()
    }

    #[track_caller]
    pub fn counted(&self, name: &str) -> f64 {
        let lines = self.0["fit"].as_array().unwrap();
        lines.iter().find(|line| line["name"] == name).unwrap()["value"].as_f64().unwrap()
    }
}

#[track_caller]
pub fn near(got: f64, want: f64, relative: f64) {
    assert!((got - want).abs() <= relative * want.abs(), "{got} is not {want}");
}
