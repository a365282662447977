//! Shares under sampling weights beside those of a weighted logistic regression (fixtures/python/weighted_proportion.py).

use afgang_models::weighted_proportion;
use serde::Deserialize;

#[derive(Deserialize)]
struct Answers {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    level: f64,
    weight: Vec<f64>,
    counts: Vec<bool>,
    estimate: f64,
    conf_low: f64,
    conf_high: f64,
}

#[test]
fn limits_are_those_of_a_weighted_logistic_regression() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/reference/weighted_proportion.json");
    let text = std::fs::read_to_string(path).unwrap();
    let cases = serde_json::from_str::<Answers>(&text).unwrap().cases;
    assert_eq!(cases.len(), 12);
    for case in cases {
        let persons: Vec<(f64, bool)> = case.weight.iter().copied().zip(case.counts).collect();
        let found = weighted_proportion(&persons, case.level).unwrap();
        for (name, found, expected) in [
            ("share", found.estimate, case.estimate),
            ("lower", found.conf_low, case.conf_low),
            ("upper", found.conf_high, case.conf_high),
        ] {
            let apart = (found - expected).abs() / expected;
            assert!(apart < 1e-9, "{} persons, {name}: {found} {expected}", persons.len());
        }
    }
}
