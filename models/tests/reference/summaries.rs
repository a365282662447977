//! Quantiles, restricted means and time lost against R's `survfit`.

use afgang_models::{Curve, KaplanMeier, QuantileRule, RestrictedMean};
use serde::Deserialize;

use crate::answers::{CLOSED_FORM, Column, LIMITS, assert_column, assert_near, read};

#[derive(Deserialize)]
struct Answer {
    probability: Vec<f64>,
    quantile: Column,
    low: Column,
    high: Column,
    means: Vec<Mean>,
}

#[derive(Deserialize)]
struct Mean {
    horizon: f64,
    estimate: f64,
    se: f64,
    lost: Option<Lost>,
}

#[derive(Deserialize)]
struct Lost {
    estimate: Vec<f64>,
    se: Vec<f64>,
}

/// The survival curve of all exits together.
fn survival(table: &afgang_models::EventTable) -> Curve {
    KaplanMeier::new().fit(table).unwrap()
}

#[test]
fn quantiles_and_their_limits() {
    let (mut flat, mut monotone) = (0, 0);
    for case in read::<Answer>("summaries") {
        let (name, want) = (&case.name, &case.answers);
        let curve = survival(&case.table());
        let of = |rule| -> Vec<_> {
            want.probability.iter().map(|&p| curve.quantile(p, rule)).collect()
        };
        let column = |value: fn(&afgang_models::Quantile) -> f64| -> Vec<f64> {
            of(QuantileRule::Midpoint).iter().map(value).collect()
        };
        assert_column(name, &column(|q| q.estimate), &want.quantile, 0.0);
        assert_column(name, &column(|q| q.conf_low), &want.low, 0.0);
        // Limits may rise again at the end of a curve (aml); R then takes them in the order of their size, not of time.
        if curve.conf_high.is_sorted_by(|a, b| a >= b) {
            assert_column(name, &column(|q| q.conf_high), &want.high, 0.0);
            monotone += 1;
        }
        let first = of(QuantileRule::First);
        flat += of(QuantileRule::Midpoint)
            .iter()
            .zip(&first)
            .filter(|(middle, first)| middle.estimate > first.estimate)
            .count();
    }
    assert!(monotone >= 5, "{monotone}");
    assert!(flat >= 3, "the rules must differ somewhere: {flat}");
}

#[test]
fn restricted_means_and_time_lost() {
    for case in read::<Answer>("summaries") {
        let name = &case.name;
        for want in &case.answers.means {
            let table = case.table();
            let means = RestrictedMean::new(want.horizon).fit(&table).unwrap();
            assert_near(name, means.time_in.estimate, want.estimate, CLOSED_FORM);
            assert_near(name, means.time_in.std_error, want.se, CLOSED_FORM);
            let Some(lost) = &want.lost else { continue };
            for (k, got) in means.lost.iter().enumerate() {
                assert_near(name, got.estimate, lost.estimate[k], CLOSED_FORM);
                assert_near(name, got.std_error, lost.se[k], LIMITS);
            }
            let all: f64 = means.lost.iter().map(|lost| lost.estimate).sum();
            assert_near(name, means.time_in.estimate + all, want.horizon, CLOSED_FORM);
        }
    }
}
