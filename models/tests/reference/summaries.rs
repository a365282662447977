//! Quantiles, restricted means and time lost against R's `survfit`.

use afgang_models::{
    AalenJohansen, Curve, Interval, KaplanMeier, Quantile, QuantileRule, RestrictedMean,
};
use serde::Deserialize;

use crate::answers::{CLOSED_FORM, Column, LIMITS, assert_column, assert_near, read};

#[derive(Deserialize)]
struct Answer {
    /// Median and its limits as `print` shows them.
    printed_median: Column,
    by_cause: Option<Vec<Quantiles>>,
    probability: Vec<f64>,
    quantile: Column,
    low: Column,
    high: Column,
    means: Vec<Mean>,
}

#[derive(Deserialize)]
struct Quantiles {
    quantile: Column,
    low: Column,
    high: Column,
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
        let column = |value: fn(&Quantile) -> f64| -> Vec<f64> {
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

/// `quantile` of R puts limits that are not monotone in the order of their size, `print` in that of time, as we do.
#[test]
fn the_median_as_printed() {
    for case in read::<Answer>("summaries") {
        let (name, want) = (&case.name, &case.answers.printed_median);
        let curve = survival(&case.table());
        let median = curve.quantile(0.5, QuantileRule::Midpoint);
        assert_column(name, &[median.conf_low, median.conf_high], &want[1..], 0.0);
        // `print` knows no middle of a stretch that lasts to the end.
        let to_the_end = name == "flat_to_the_end";
        let rule = if to_the_end { QuantileRule::First } else { QuantileRule::Midpoint };
        assert_column(name, &[curve.quantile(0.5, rule).estimate], &want[..1], 0.0);
    }
}

/// Against `prodlim`, which has plain limits and takes the first time.
#[test]
fn quantiles_of_incidences() {
    let mut compared = 0;
    for case in read::<Answer>("summaries") {
        let Some(by_cause) = &case.answers.by_cause else { continue };
        let curves = AalenJohansen::new().interval(Interval::Plain).fit(&case.table()).unwrap();
        for (curve, want) in curves.iter().zip(by_cause) {
            // prodlim has no variance, and so no limits, where the last one leaves (mgus2).
            let end = curve.time.len() - 1;
            let missing = (curve.estimate[end] > 0.0
                && curve.n_risk[end] <= 1.0
                && curve.n_censor[end] < 1.0)
                .then_some(curve.time[end]);
            let of = |value: fn(&Quantile) -> f64| -> Vec<f64> {
                let probabilities = case.answers.probability.iter();
                probabilities
                    .map(|&p| value(&curve.quantile(p, QuantileRule::First)))
                    .map(|time| if missing == Some(time) { f64::NAN } else { time })
                    .collect()
            };
            assert_column(&case.name, &of(|q| q.estimate), &want.quantile, 0.0);
            assert_column(&case.name, &of(|q| q.conf_low), &want.low, 0.0);
            assert_column(&case.name, &of(|q| q.conf_high), &want.high, 0.0);
            compared += 1;
        }
    }
    assert_eq!(compared, 4);
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
