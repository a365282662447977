//! Against `survival::survfit`'s cumulative hazard.

use afgang_models::{NelsonAalen, Variance};
use serde::Deserialize;

use crate::answers::{
    CLOSED_FORM, LIMITS, LimitsByType, assert_column, assert_values, interval, read,
};

#[derive(Deserialize)]
struct Answer {
    hazard: Vec<f64>,
    hazard_se: Vec<f64>,
    hazard_se_binomial: Vec<f64>,
    hazard_limits: LimitsByType,
    exp_hazard_limits: LimitsByType,
}

#[test]
fn curve_and_both_variances() {
    for case in read::<Answer>("kaplan_meier") {
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
    for case in read::<Answer>("kaplan_meier") {
        assert_eq!(case.answers.hazard_limits.len(), 2);
        for (kind, want) in &case.answers.hazard_limits {
            let curve = NelsonAalen::new().interval(interval(kind)).fit(&case.table()).unwrap();
            let what = format!("{} {kind}", case.name);
            assert_column(&format!("{what} low"), &curve.conf_low, &want.low, LIMITS);
            assert_column(&format!("{what} high"), &curve.conf_high, &want.high, LIMITS);
        }
    }
}

/// For the other kinds R has limits of exp(-H). Compared on that scale, to 1e-14 of the whole: R forms
/// `1 - 1/(1 + exp(x))`, which leaves no digits of a very small survival.
#[test]
fn limits_by_way_of_the_survival() {
    for case in read::<Answer>("kaplan_meier") {
        let table = case.table();
        assert_eq!(case.answers.exp_hazard_limits.len(), 3);
        for (kind, want) in &case.answers.exp_hazard_limits {
            let curve = NelsonAalen::new().interval(interval(kind)).fit(&table).unwrap();
            for (got, want) in [(&curve.conf_low, &want.high), (&curve.conf_high, &want.low)] {
                for (row, (h, want)) in got.iter().zip(want).enumerate() {
                    let got = (-h).exp();
                    let same = want.map_or(h.is_nan(), |want| (got - want).abs() <= 1e-14);
                    assert!(same, "{} {kind}, row {row}: got {got}, R {want:?}", case.name);
                }
            }
        }
    }
}
