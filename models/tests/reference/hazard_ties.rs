//! Tied events one by one, with robust standard errors: `survival::survfit` with `ctype = 2` and `cluster`.

use afgang_models::{FlemingHarrington, HazardTies, NelsonAalen, Spells};
use serde::Deserialize;

use crate::answers::{CLOSED_FORM, LIMITS, assert_values, read_with};

#[derive(Deserialize)]
struct Data {
    entry: Option<Vec<f64>>,
    exit: Vec<f64>,
    cause: Vec<usize>,
    cluster: Vec<u32>,
}

#[derive(Deserialize)]
struct Answer {
    time: Vec<f64>,
    hazard: Vec<f64>,
    hazard_se: Vec<f64>,
    survival: Vec<f64>,
}

#[test]
fn persons_with_ties_one_by_one() {
    for (name, data, want) in read_with::<Data, Answer>("hazard_ties") {
        let causes = data.cause.iter().map(|&cause| (cause > 0).then_some(0)).collect();
        let mut spells = Spells::new(1, data.exit, causes).unwrap();
        if let Some(entry) = data.entry {
            // A spell that enters at 0 is there from the start.
            let entry = entry.iter().map(|&t| if t > 0.0 { t } else { f64::NEG_INFINITY });
            spells = spells.with_entry(entry.collect()).unwrap();
        }
        let spells = spells.with_clusters(&data.cluster).unwrap();
        let spec = NelsonAalen::new().ties(HazardTies::OneByOne);
        let hazard = spec.fit_spells(&spells).unwrap();
        assert_values(&format!("{name} times"), &hazard.time, &want.time, 0.0);
        assert_values(&format!("{name} hazard"), &hazard.estimate, &want.hazard, CLOSED_FORM);
        assert_values(&format!("{name} errors"), &hazard.std_error, &want.hazard_se, LIMITS);
        let spec = FlemingHarrington::new().ties(HazardTies::OneByOne);
        let survival = spec.fit_spells(&spells).unwrap();
        assert_values(&format!("{name} survival"), &survival.estimate, &want.survival, LIMITS);
        for ((error, s), of_hazard) in
            survival.std_error.iter().zip(&want.survival).zip(&want.hazard_se)
        {
            assert!((error - s * of_hazard).abs() < LIMITS, "{name}");
        }
    }
}
