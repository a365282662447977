//! Sample quantiles and correlations against R, and what they refuse.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]

use afgang_models::{SampleQuantile, correlations};
use serde::Deserialize;

#[derive(Deserialize)]
struct Answers {
    cases: Cases,
}

#[derive(Deserialize)]
struct Cases {
    quantiles: Vec<Sample>,
    columns: Vec<Vec<f64>>,
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Sample {
    name: String,
    values: Vec<f64>,
    p: Vec<f64>,
    /// By type.
    types: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Pair {
    a: usize,
    b: usize,
    r: f64,
    p: f64,
}

fn cases() -> Cases {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/reference/descriptive.json");
    serde_json::from_str::<Answers>(&std::fs::read_to_string(path).unwrap()).unwrap().cases
}

const TYPES: [SampleQuantile; 9] = [
    SampleQuantile::Type1,
    SampleQuantile::Type2,
    SampleQuantile::Type3,
    SampleQuantile::Type4,
    SampleQuantile::Type5,
    SampleQuantile::Type6,
    SampleQuantile::Type7,
    SampleQuantile::Type8,
    SampleQuantile::Type9,
];

#[test]
fn nine_quantiles() {
    for sample in cases().quantiles {
        for (kind, expected) in TYPES.into_iter().zip(&sample.types) {
            for (p, expected) in sample.p.iter().zip(expected) {
                let found = kind.of(&sample.values, *p).unwrap();
                let apart = (found - expected).abs();
                assert!(
                    apart < 1e-12 * expected.abs(),
                    "{} {kind:?} {p}: {found} {expected}",
                    sample.name
                );
            }
        }
    }
}

#[test]
fn correlations_and_their_tests() {
    let Cases { columns, pairs, .. } = cases();
    let named: Vec<(&str, &[f64])> =
        columns.iter().map(|column| ("column", column.as_slice())).collect();
    let found = correlations(&named).unwrap();
    for Pair { a, b, r, p } in pairs {
        assert!((found.r[(a, b)] - r).abs() < 1e-14);
        assert!((found.r[(b, a)] - r).abs() < 1e-14);
        assert!((found.p_value[(a, b)] - p).abs() < 1e-9 * p, "{} {p}", found.p_value[(a, b)]);
    }
}

#[test]
fn what_is_refused() {
    let message = |found: Result<f64, afgang_models::Error>| found.unwrap_err().to_string();
    assert_eq!(message(SampleQuantile::Type7.of(&[], 0.5)), "a quantile needs at least one value");
    assert_eq!(message(SampleQuantile::Type7.of(&[1.0], 1.5)), "1.5 is not between 0 and 1");
    let error = correlations(&[("a", &[1.0, 2.0, 3.0]), ("b", &[0.1, 0.1, 0.1])]).unwrap_err();
    assert_eq!(error.to_string(), "column b is constant; it has no correlation");
}
