//! Sample quantiles and correlations against R; groups and bins by hand; and what they refuse.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]

use afgang_models::{
    Closed, Factor, SampleQuantile, correlations, group_means, histogram, quantile_groups,
};
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
    assert_eq!(
        message(SampleQuantile::Type7.of(&[], 0.5)),
        "a quantile or mean needs at least one value"
    );
    assert_eq!(message(SampleQuantile::Type7.of(&[1.0], 1.5)), "1.5 is not between 0 and 1");
    let error = correlations(&[("a", &[1.0, 2.0, 3.0]), ("b", &[0.1, 0.1, 0.1])]).unwrap_err();
    assert_eq!(error.to_string(), "column b is constant; it has no correlation");
}

#[test]
fn group_means_of_all_rows_add_up() {
    let values = [4.0, 1.0, 7.0, 2.0, 5.0, 9.0];
    let group = Factor::new(&["b", "a", "b", "a", "a", "b"]);
    let time = [2, 1, 1, 1, 2, 2];
    let found = group_means(&values, &group, &time, None).unwrap();
    let whole: f64 = found.mean.iter().zip(&found.rows).map(|(mean, &n)| mean * n as f64).sum();
    assert!((whole - 28.0).abs() < 1e-12);
    let a = found.groups.iter().position(|level| level == "a").unwrap();
    assert_eq!(found.mean.row(a).to_vec(), [1.5, 5.0]);
    assert_eq!(found.mean.row(1 - a).to_vec(), [7.0, 6.5]);
    let again = group_means(&values, &group, &time, Some(&[2.5; 6])).unwrap();
    assert_eq!(again.mean, found.mean);
}

#[test]
fn quartiles_hold_a_quarter_each() {
    let values: Vec<f64> = (0..94).map(|k| f64::from(k * 37 % 94)).collect();
    let groups = quantile_groups(&values, 4, SampleQuantile::Type7).unwrap();
    let sizes: Vec<usize> = (0..4).map(|g| groups.iter().filter(|&&of| of == g).count()).collect();
    // Cuts of type 7 of 0 to 93: 23.25, 46.5 and 69.75.
    assert_eq!(sizes, [24, 23, 23, 24]);
    // Equal values stay together, below the cut that they are.
    assert_eq!(quantile_groups(&[1.0; 5], 4, SampleQuantile::Type7).unwrap(), [0; 5]);
}

#[test]
fn bins_hold_every_value() {
    let values = [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0];
    for (closed, expected) in
        [(Closed::Left, (1, vec![2, 1], 2)), (Closed::Right, (2, vec![2, 1], 1))]
    {
        let found = histogram(&values, &[0.0, 1.0, 2.0], closed).unwrap();
        assert_eq!((found.below, found.counts, found.above), expected);
    }
    let one = histogram(&values, &[1.0], Closed::Left).unwrap();
    assert_eq!((one.below, one.counts, one.above), (3, vec![], 3));
}

#[test]
fn groups_and_bins_refuse() {
    let group = Factor::new(&["a", "b"]);
    let message = |error: afgang_models::Error| error.to_string();
    assert!(
        message(group_means(&[], &group, &[], None).unwrap_err()).contains("at least one value")
    );
    assert!(message(group_means(&[1.0], &group, &[1], None).unwrap_err()).contains("groups"));
    let error = group_means(&[1.0, 2.0], &group, &[1, 2], Some(&[1.0, 0.0])).unwrap_err();
    assert!(matches!(error, afgang_models::Error::Weight { row: 1, .. }));
    assert!(
        message(histogram(&[1.0, f64::NAN], &[0.0], Closed::Left).unwrap_err()).contains("row 1")
    );
    assert_eq!(
        message(histogram(&[1.0], &[0.0, 2.0, 2.0], Closed::Left).unwrap_err()),
        "limit 2 of the bins is 2, not above 2 before it"
    );
    assert!(quantile_groups(&[], 4, SampleQuantile::Type7).is_err());
}
