//! Against `survival::survfit`.

use afgang_models::{Interval, KaplanMeier};
use serde::Deserialize;

use crate::answers::{
    CLOSED_FORM, Column, EXACT, LIMITS, Limits, LimitsByType, assert_column, assert_values,
    interval, read,
};

#[derive(Deserialize)]
struct Answer {
    time: Vec<f64>,
    n_risk: Vec<f64>,
    n_event: Vec<f64>,
    n_censor: Vec<f64>,
    survival: Vec<f64>,
    survival_se: Column,
    survival_limits: LimitsByType,
    survival_plain_90: Limits,
}

#[test]
fn curve_and_greenwood() {
    for case in read::<Answer>("kaplan_meier") {
        let (name, want) = (&case.name, &case.answers);
        let curve = KaplanMeier::new().fit(&case.table()).unwrap();
        assert_values(&format!("{name} time"), &curve.time, &want.time, EXACT);
        assert_values(&format!("{name} n_risk"), &curve.n_risk, &want.n_risk, EXACT);
        assert_values(&format!("{name} n_event"), &curve.n_event, &want.n_event, EXACT);
        assert_values(&format!("{name} n_censor"), &curve.n_censor, &want.n_censor, EXACT);
        assert_values(&format!("{name} survival"), &curve.estimate, &want.survival, CLOSED_FORM);
        let what = format!("{name} standard error");
        assert_column(&what, &curve.std_error, &want.survival_se, CLOSED_FORM);
    }
}

#[test]
fn limits_of_every_kind() {
    for case in read::<Answer>("kaplan_meier") {
        let table = case.table();
        assert_eq!(case.answers.survival_limits.len(), 5);
        for (kind, want) in &case.answers.survival_limits {
            let curve = KaplanMeier::new().interval(interval(kind)).fit(&table).unwrap();
            let what = format!("{} {kind}", case.name);
            assert_column(&format!("{what} low"), &curve.conf_low, &want.low, LIMITS);
            assert_column(&format!("{what} high"), &curve.conf_high, &want.high, LIMITS);
        }
        let curve = KaplanMeier::new().interval(Interval::Plain).level(0.9).fit(&table).unwrap();
        let (want, what) = (&case.answers.survival_plain_90, format!("{} 90 %", case.name));
        assert_column(&format!("{what} low"), &curve.conf_low, &want.low, LIMITS);
        assert_column(&format!("{what} high"), &curve.conf_high, &want.high, LIMITS);
    }
}
