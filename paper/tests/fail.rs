//! Small data sets that break optimisers: each is answered as R answers it, or refused by name.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::path::Path;

use built::{Folder, afgang};
use serde_json::Value;

/// R's answers by file and ties.
fn answer<'a>(answers: &'a Value, file: &str, ties: &str) -> &'a Value {
    let mut cases = answers["cases"].as_array().unwrap().iter();
    // Without ties the two are the same.
    let found = cases.clone().find(|case| case["name"] == file && case["ties"] == ties);
    found.or_else(|| cases.find(|case| case["name"] == file)).unwrap()
}

#[track_caller]
fn near(what: &str, got: &Value, want: &Value) {
    let (got, want) = (got.as_f64().unwrap(), want.as_f64().unwrap());
    // R divides 1e9 + x by its spread, which costs it digits; of 0 there are no relative ones.
    assert!((got - want).abs() <= 1e-7 * want.abs() + 1e-20, "{what}: {got} is not {want}");
}

#[test]
fn answered_or_refused_by_name() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let read = |name: &str| std::fs::read_to_string(fixtures.join(name)).unwrap();
    let answers: Value = serde_json::from_str(&read("reference/fail.json")).unwrap();
    let cases: toml::Table = read("fail/cases.toml").parse().unwrap();
    let cases = cases["case"].as_array().unwrap();
    let folder = Folder::new();
    let mut files: Vec<&str> = Vec::new();
    for case in cases {
        let word = |key: &str| case.get(key).and_then(toml::Value::as_str);
        let file = word("file").unwrap();
        files.push(file);
        let name = format!("{file}.csv");
        folder.write(&name, &read(&format!("fail/{name}")));
        for model in ["cox", "finegray"] {
            let models = case.get("models").and_then(toml::Value::as_array);
            if models.is_some_and(|models| models.iter().all(|of| of.as_str() != Some(model))) {
                continue;
            }
            let mut line = vec!["fit", model, &name, "--time", "t", "--event", "e"];
            line.extend(["--x", word("x").unwrap_or("x")]);
            line.extend(word("options").unwrap_or_default().split_whitespace());
            let printed = afgang(&folder, &line);
            if let Some(refused) = word("refused") {
                printed.bad(case["code"].as_integer().unwrap() as i32, refused);
                continue;
            }
            printed.good();
            let says = word("says").unwrap_or_default();
            assert!(printed.out.contains(says), "{file} {model}: {}", printed.out);
            if case.get("answer").is_some() {
                afgang(&folder, &[line, vec!["--out", "f.json"]].concat()).good();
                let got: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
                let (row, ties) =
                    (&got["rows"][0], if model == "cox" { "efron" } else { "breslow" });
                let want = answer(&answers, file, ties);
                near(&format!("{file} {model}"), &row["estimate"], &want["estimate"]);
                if model == "cox" {
                    near(&format!("{file} error"), &row["std_error"], &want["std_error"]);
                }
            }
        }
    }
    // No file is there for nothing.
    for entry in std::fs::read_dir(fixtures.join("fail")).unwrap() {
        let path = entry.unwrap().path();
        let known = files.contains(&path.file_stem().unwrap().to_str().unwrap());
        assert!(known || path.ends_with("cases.toml"), "{}", path.display());
    }
}
