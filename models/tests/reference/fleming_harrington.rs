//! Against `survival::survfit` with `stype = 2`.

use afgang_models::{FlemingHarrington, HazardTies, NelsonAalen};
use serde::Deserialize;

use crate::answers::{CLOSED_FORM, Column, LIMITS, assert_column, assert_values, read};

#[derive(Deserialize)]
struct Answer {
    /// `ctype` 1 and 2.
    by_hazard: [ByHazard; 2],
}

#[derive(Deserialize)]
struct ByHazard {
    survival: Vec<f64>,
    survival_se: Column,
    hazard: Vec<f64>,
    hazard_se: Vec<f64>,
    low: Column,
    high: Column,
}

#[test]
fn ties_together_and_one_by_one() {
    for case in read::<Answer>("kaplan_meier") {
        let table = case.table();
        let rules = [HazardTies::Together, HazardTies::OneByOne];
        for (want, ties) in case.answers.by_hazard.iter().zip(rules) {
            let name = format!("{} {ties:?}", case.name);
            let hazard = NelsonAalen::new().ties(ties).fit(&table).unwrap();
            assert_values(&format!("{name} hazard"), &hazard.estimate, &want.hazard, CLOSED_FORM);
            let what = format!("{name} standard error of the hazard");
            assert_values(&what, &hazard.std_error, &want.hazard_se, CLOSED_FORM);
            let curve = FlemingHarrington::new().ties(ties).fit(&table).unwrap();
            assert_values(&format!("{name} survival"), &curve.estimate, &want.survival, LIMITS);
            let what = format!("{name} standard error");
            assert_column(&what, &curve.std_error, &want.survival_se, LIMITS);
            assert_column(&format!("{name} low"), &curve.conf_low, &want.low, LIMITS);
            assert_column(&format!("{name} high"), &curve.conf_high, &want.high, LIMITS);
        }
    }
}
