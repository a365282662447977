//! `afgang fit panel` in one pass over a Parquet file, beside the same rows in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use built::{Answer, Folder, afgang};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::Value;

fn fit(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> =
        ["fit", "panel"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

/// Writes a Parquet file with 10,000 rows a row group.
fn write(folder: &Folder, name: &str, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(folder.path(name)).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(10_000)).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Draws from 0 to 1 (Lehmer's generator modulo 2³¹ − 1).
fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state * 48_271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    }
}

/// Persons of 1 to 9 years, some with a year missing, more rows than are decoded at once; the rows of a person lie apart. Means of
/// wage and experience are ten million spreads.
struct Persons {
    person: Vec<i64>,
    year: Vec<i64>,
    trade: Vec<Option<String>>,
    experience: Vec<Option<f64>>,
    wage: Vec<f64>,
}

fn persons() -> Persons {
    let mut draw = draws(7);
    let mut rows = Vec::new();
    for person in 0..14_000_i64 {
        let level = 1e7 * (1.0 + draw());
        let (first, last) = (2011 + (draw() * 4.0) as i64, 2015 + (draw() * 5.0) as i64);
        let last = if person % 11 == 0 { first } else { last };
        let hole = first + 1 + (draw() * 20.0) as i64;
        for year in (first..=last).filter(|year| *year != hole || hole == last) {
            let trade = ["baker", "smith", "tailor"][(draw() * 3.0) as usize];
            let experience = level + draw() + 0.1 * (year - 2011) as f64;
            let extra = if trade == "smith" { 0.3 } else { 0.0 };
            let wage = 2.0 * level + 0.5 * experience + extra + draw();
            let trade = (draw() > 0.01).then(|| trade.to_owned());
            rows.push((draw(), person * 1_000_003, year, trade, experience, wage));
        }
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    Persons {
        person: rows.iter().map(|row| row.1).collect(),
        year: rows.iter().map(|row| row.2).collect(),
        trade: rows.iter().map(|row| row.3.clone()).collect(),
        experience: rows.iter().map(|row| (row.0 > 0.01).then_some(row.4)).collect(),
        wage: rows.iter().map(|row| row.5).collect(),
    }
}

impl Persons {
    fn write(&self, folder: &Folder, name: &str) {
        let words = self.person.iter().map(|person| format!("p{person}"));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("person", Arc::new(Int64Array::from(self.person.clone()))),
            ("name", Arc::new(StringArray::from_iter_values(words))),
            ("year", Arc::new(Int64Array::from(self.year.clone()))),
            ("trade", Arc::new(StringArray::from(self.trade.clone()))),
            ("experience", Arc::new(Float64Array::from(self.experience.clone()))),
            ("wage", Arc::new(Float64Array::from(self.wage.clone()))),
        ];
        write(folder, name, columns);
    }

    /// The same as text, numbers with all their digits.
    fn write_csv(&self, folder: &Folder, name: &str) {
        let mut csv = "person,name,year,trade,experience,wage\n".to_owned();
        for (row, person) in self.person.iter().enumerate() {
            let trade = self.trade[row].as_deref().unwrap_or("NA");
            let experience = self.experience[row].map(|value| value.to_string());
            let (year, experience) = (self.year[row], experience.unwrap_or_default());
            let wage = self.wage[row];
            writeln!(csv, "{person},p{person},{year},{trade},{experience},{wage}").unwrap();
        }
        folder.write(name, &csv);
    }
}

fn json(folder: &Folder, arguments: &str) -> Value {
    fit(folder, &format!("{arguments} --out f.json")).good();
    serde_json::from_str(&folder.read("f.json")).unwrap()
}

/// All numbers of two fits agree: coefficients, standard errors, limits, counts, shares, tests.
#[track_caller]
fn same(one: &Value, other: &Value, tolerance: f64) {
    let lines = |fit: &Value| -> Vec<Value> {
        let parts = [&fit["rows"], &fit["fit"]].into_iter();
        parts.flat_map(|part| part.as_array().unwrap().clone()).collect()
    };
    let (one, other) = (lines(one), lines(other));
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(&other) {
        // An estimate near 0 is as exact as its standard error.
        let scale = other["std_error"].as_f64().unwrap_or(0.0);
        for (name, want) in other.as_object().unwrap() {
            match (one[name].as_f64(), want.as_f64()) {
                (Some(got), Some(want)) => {
                    let least = if name == "statistic" { 1.0 } else { scale };
                    let scale = want.abs().max(least);
                    let apart = (got - want).abs();
                    assert!(apart <= tolerance * scale, "{name}: {got} is not {want}: {one}");
                }
                _ => assert_eq!(one[name], *want, "{name}"),
            }
        }
    }
}

const LINE: &str = "p.parquet --y wage --x experience,C(trade),C(year) --time year --drop-missing";

#[test]
fn one_pass_and_rows_in_memory() {
    let folder = Folder::new();
    persons().write(&folder, "p.parquet");
    for more in [
        "--unit person",
        "--unit name --cluster name",
        "--unit person --vce hc1",
        "--unit person --convention reghdfe --cluster person",
        "--unit person --convention plm --if year>=2013,year!=2016 --level 0.9",
        "--unit person --only trade=baker,smith --singletons drop",
    ] {
        let line = format!("{LINE} {more}");
        let streamed = json(&folder, &format!("{line} --streaming always"));
        let in_memory = json(&folder, &format!("{line} --streaming never"));
        assert_eq!(streamed["conventions"]["rows"], "in one pass, sums by unit");
        assert_eq!(in_memory["conventions"]["rows"], "in memory");
        for name in ["factors", "variance", "convention", "effects"] {
            assert_eq!(streamed["conventions"][name], in_memory["conventions"][name]);
        }
        same(&streamed, &in_memory, 1e-10);
    }
    // Small files are read into memory, where more is known of them.
    let small = json(&folder, &format!("{LINE} --unit person"));
    assert_eq!(small["conventions"]["rows"], "in memory");
}

/// Row groups that threads read, one after the other, and a text file.
#[test]
fn how_rows_are_read_changes_no_bit() {
    let folder = Folder::new();
    let persons = persons();
    persons.write(&folder, "p.parquet");
    persons.write_csv(&folder, "p.csv");
    let more = "--unit person --effects person,trade --cluster name --convention reghdfe \
                --if year>2011 --only trade=baker,tailor --vif --streaming never";
    let of = |name: &str| {
        let line = LINE.replace("p.parquet", name).replace(",C(trade)", "");
        json(&folder, &format!("{line} {more}"))
    };
    let (groups, text) = (of("p.parquet"), of("p.csv"));
    for part in ["rows", "fit", "vif"] {
        assert_eq!(groups[part], text[part]);
    }
    assert!(groups["fit"].as_array().unwrap().len() > 10);
}

#[test]
fn what_is_said_of_one_pass() {
    let folder = Folder::new();
    persons().write(&folder, "p.parquet");
    let line = format!("{LINE} --unit person --only trade=smith,baker");
    let streamed = fit(&folder, &format!("{line} --streaming always"));
    let in_memory = fit(&folder, &format!("{line} --streaming never"));
    streamed.good();
    let own = "In one pass over the file, with sums for each person: its rows were never in memory together.";
    assert!(streamed.sentences().contains(own), "{}", streamed.out);
    // The same sentences but for names of units, of which there are too many to be of use.
    let sentences = |answer: &Answer| -> Vec<String> {
        let said = answer.sentences();
        let lines = said.lines().filter(|line| *line != own);
        let lines = lines.skip_while(|line| !line.is_empty()).map(|line| {
            let cut = line.starts_with("Seen once") || line.starts_with("Missing a");
            if cut { line.split(" (").next().unwrap().to_owned() } else { line.to_owned() }
        });
        lines.map(|line| line.split(';').next().unwrap().trim_end_matches('.').to_owned()).collect()
    };
    assert_eq!(sentences(&streamed), sentences(&in_memory));
    assert!(
        streamed.sentences().contains("\nMissing a year between first and last: "),
        "{}",
        streamed.out
    );
}

/// Two outcomes at once: wage, and experience, of which some are missing.
#[test]
fn several_outcomes() {
    let folder = Folder::new();
    persons().write(&folder, "p.parquet");
    let line = "p.parquet --y wage,experience --x C(year) --unit person --drop-missing";
    let streamed = json(&folder, &format!("{line} --streaming always"));
    same(&streamed, &json(&folder, &format!("{line} --streaming never")), 1e-10);
    assert_eq!(streamed["rows"][0]["outcome"], "wage");
}

#[test]
fn mistakes_name_the_row_of_the_file() {
    let folder = Folder::new();
    let mut rows = persons();
    let line = "p.parquet --y wage --x C(year) --unit person --time year --streaming always";
    // Beyond the rows that are decoded at once.
    let (first, second) = (17, 66_000);
    assert!(rows.person.len() > second);
    (rows.person[second], rows.year[second]) = (rows.person[first], rows.year[first]);
    rows.write(&folder, "p.parquet");
    let of = format!("person {} at year {}", rows.person[first], rows.year[first]);
    fit(&folder, line).bad(3, &format!("rows 18 and 66001 are both of {of}"));
    rows.wage[second] = f64::INFINITY;
    rows.write(&folder, "p.parquet");
    fit(&folder, line).bad(3, "column `wage` is inf in row 66001; it must be a finite number");
    let missing = fit(&folder, &line.replace("C(year)", "experience"));
    let row = rows.experience.iter().position(Option::is_none).unwrap() + 1;
    missing.bad(3, &format!("column `experience` has no value in row {row}"));
    fit(&folder, &format!("{line} --only trade=cook")).bad(3, "no row has `cook` in `trade`");
    fit(&folder, &line.replace("wage", "wages")).bad(3, "no column `wages`");
    for (more, what) in [
        ("--model random", "--model"),
        ("--effects both", "--effects"),
        ("--convention fixest --vce hc1", "--vce"),
        ("--weight wage", "--weight"),
        ("--tests effects", "--tests"),
        ("--vif", "--vif"),
        ("--x poly(experience,2)", "poly()"),
    ] {
        let line =
            if more.starts_with("--x") { line.replace("--x C(year)", "") } else { line.to_owned() };
        let refused = fit(&folder, &format!("{line} {more}"));
        refused.bad(2, &format!("`--streaming always` does not go with `{what}"));
    }
    folder.write("d.csv", "u,x,y\n1,1,2\n1,2,3\n");
    let csv = fit(&folder, "d.csv --y y --x x --unit u --streaming always");
    csv.bad(3, "d.csv is no Parquet file, so it cannot be read in one pass");
}

/// A million rows by hand: x goes -1, 0, 1, 0 about a large level of each unit, y is three times x with a half more or less in turn.
#[test]
fn a_million_rows_are_read_in_one_pass() {
    let folder = Folder::new();
    let rows = 0..1_000_000_i64;
    let level = |row: i64| 1_048_576.0 * (row % 1_000) as f64;
    let turn = |row: i64| (row / 1_000 % 4) as usize;
    let x: Vec<f64> =
        rows.clone().map(|row| level(row) + [-1.0, 0.0, 1.0, 0.0][turn(row)]).collect();
    let noise = |row: i64| [0.5, -0.5, 0.5, -0.5][turn(row)];
    let y: Vec<f64> = rows.clone().map(|row| 3.0 * x[row as usize] + noise(row)).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("unit", Arc::new(Int64Array::from_iter_values(rows.clone().map(|row| row % 1_000)))),
        ("x", Arc::new(Float64Array::from(x.clone()))),
        ("y", Arc::new(Float64Array::from(y))),
    ];
    write(&folder, "m.parquet", columns);
    let fit = json(&folder, "m.parquet --y y --x x --unit unit");
    assert_eq!(fit["conventions"]["rows"], "in one pass, sums by unit");
    let near = |name: &str, want: f64| {
        let got = fit["rows"][0][name].as_f64().unwrap();
        assert!((got - want).abs() <= 1e-10 * want, "{name}: {got} is not {want}");
    };
    near("estimate", 3.0);
    near("std_error", f64::sqrt(250_000.0 / (1e6 - 1_001.0) / 500_000.0));
}
