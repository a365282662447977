//! Against `survival::survfit`'s cumulative hazard.

use afgang_models::{EventTable, NelsonAalen, Variance};
use serde::Deserialize;

use crate::answers::{
    CLOSED_FORM, LIMITS, Limits, LimitsByType, assert_column, assert_values, interval, read,
};

/// R forms the logit limits as `1 - 1/(1 + exp(x))`, which leaves few digits of a survival of 1e-8.
const SMALL_SURVIVAL: f64 = 1e-8;

#[derive(Deserialize)]
struct Hazard {
    hazard: Vec<f64>,
    hazard_se: Vec<f64>,
    hazard_se_binomial: Vec<f64>,
    hazard_limits: LimitsByType,
    exp_hazard_limits: LimitsByType,
}

#[test]
fn curve_and_both_variances() {
    for case in read::<Hazard>("kaplan_meier") {
        let (name, want, table) = (&case.name, &case.answers, case.table());
        let curve = NelsonAalen::new().fit(&table).unwrap();
        assert_values(&format!("{name} hazard"), &curve.estimate, &want.hazard, CLOSED_FORM);
        let what = format!("{name} standard error");
        assert_values(&what, &curve.std_error, &want.hazard_se, CLOSED_FORM);
        let curve = NelsonAalen::new().variance(Variance::Greenwood).fit(&table).unwrap();
        let what = format!("{name} binomial standard error");
        assert_values(&what, &curve.std_error, &want.hazard_se_binomial, CLOSED_FORM);
    }
}

#[test]
fn limits_on_the_scale_of_the_hazard() {
    for case in read::<Hazard>("kaplan_meier") {
        assert_eq!(case.answers.hazard_limits.len(), 2);
        for (kind, want) in &case.answers.hazard_limits {
            assert_limits(&case.name, kind, &case.table(), want, LIMITS);
        }
    }
}

/// For the other kinds R has limits of exp(-H), on the other side and on another scale.
#[test]
fn limits_by_way_of_the_survival() {
    for case in read::<Hazard>("kaplan_meier") {
        assert_eq!(case.answers.exp_hazard_limits.len(), 3);
        for (kind, want) in &case.answers.exp_hazard_limits {
            let back = |limit: &Option<f64>| limit.map(|p| -p.ln());
            let want = Limits {
                low: want.high.iter().map(back).collect(),
                high: want.low.iter().map(back).collect(),
            };
            assert_limits(&case.name, kind, &case.table(), &want, SMALL_SURVIVAL);
        }
    }
}

#[track_caller]
fn assert_limits(name: &str, kind: &str, table: &EventTable, want: &Limits, tolerance: f64) {
    let curve = NelsonAalen::new().interval(interval(kind)).fit(table).unwrap();
    let what = format!("{name} {kind}");
    assert_column(&format!("{what} low"), &curve.conf_low, &want.low, tolerance);
    assert_column(&format!("{what} high"), &curve.conf_high, &want.high, tolerance);
}
