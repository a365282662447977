//! Against `etm`, `cmprsk` and, where it has the same variance, `survival`.

use afgang_models::{AalenJohansen, Variance};
use serde::Deserialize;

use crate::answers::{
    CLOSED_FORM, EXACT, LIMITS, LimitsByType, PACKAGE_VARIANCE, assert_column, assert_values,
    interval, read,
};

#[derive(Deserialize)]
struct Incidence {
    time: Vec<f64>,
    n_risk: Vec<f64>,
    n_event: Vec<f64>,
    estimate: Vec<f64>,
    se: Vec<f64>,
    /// Only without late entry, which `cmprsk` does not know.
    se_aalen: Option<Vec<f64>>,
    limits: LimitsByType,
}

#[test]
fn curves_and_greenwood_variance_of_etm() {
    for case in read::<Vec<Incidence>>("cumulative_incidence") {
        let curves = AalenJohansen::new().fit(&case.table()).unwrap();
        assert_eq!(curves.len(), case.answers.len());
        for (cause, (curve, want)) in curves.iter().zip(&case.answers).enumerate() {
            let what = format!("{} cause {cause}", case.name);
            assert_values(&format!("{what} time"), &curve.time, &want.time, EXACT);
            assert_values(&format!("{what} n_risk"), &curve.n_risk, &want.n_risk, EXACT);
            assert_values(&format!("{what} n_event"), &curve.n_event, &want.n_event, EXACT);
            assert_values(&what, &curve.estimate, &want.estimate, CLOSED_FORM);
            let what = format!("{what} standard error");
            assert_values(&what, &curve.std_error, &want.se, PACKAGE_VARIANCE);
        }
    }
}

#[test]
fn aalen_variance_of_cmprsk() {
    let mut compared = 0;
    for case in read::<Vec<Incidence>>("cumulative_incidence") {
        let curves = AalenJohansen::new().variance(Variance::Aalen).fit(&case.table()).unwrap();
        for (cause, (curve, want)) in curves.iter().zip(&case.answers).enumerate() {
            if let Some(want) = &want.se_aalen {
                let what = format!("{} cause {cause}", case.name);
                assert_values(&what, &curve.std_error, want, PACKAGE_VARIANCE);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 16, "curves with an answer of cmprsk");
}

#[test]
fn limits_of_every_kind() {
    for case in read::<Vec<Incidence>>("cumulative_incidence") {
        let table = case.table();
        for (cause, want) in case.answers.iter().enumerate() {
            assert_eq!(want.limits.len(), 5);
            for (kind, want) in &want.limits {
                let curves = AalenJohansen::new().interval(interval(kind)).fit(&table).unwrap();
                let what = format!("{} cause {cause} {kind}", case.name);
                assert_column(&format!("{what} low"), &curves[cause].conf_low, &want.low, LIMITS);
                assert_column(
                    &format!("{what} high"),
                    &curves[cause].conf_high,
                    &want.high,
                    LIMITS,
                );
            }
        }
    }
}
