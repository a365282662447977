//! Identities that hold for all data: against the definition row by row, against finite differences, and under changes that
//! change nothing.

use afgang_models::{
    CensoringTies, Convention, Cox, Curve, Design, FineGray, FineGrayFit, FineGrayVariance,
    Interval, Profile, Ties, Weights,
};
use proptest::prelude::*;

use crate::rows::{Row, design, eta, grouped, labels, rows, spells, weight_by_definition, weighted};

/// The log partial likelihood as its definition has it: for every event time of a stratum, a look at every row.
fn by_definition(rows: &[Row], ties: CensoringTies, beta: &[f64]) -> f64 {
    let mut sum = 0.0;
    for event in rows.iter().filter(|r| r.cause == Some(0)) {
        let t = event.exit;
        let at_risk = |r: &Row| {
            if r.exit >= t {
                f64::from(u8::from(r.entry < t))
            } else if r.cause == Some(1) {
                weight_by_definition(rows, ties, r.group, r.exit, t)
            } else {
                0.0
            }
        };
        let of = rows.iter().filter(|r| r.stratum == event.stratum);
        let s0: f64 = of.map(|r| r.weight * at_risk(r) * eta(r, beta).exp()).sum();
        sum += event.weight * (eta(event, beta) - s0.ln());
    }
    sum
}

const BOTH: [CensoringTies; 2] = [CensoringTies::AllAtRisk, CensoringTies::AfterEvents];

fn profile() -> Profile {
    Profile::new(vec![0.5, 1.0, 0.0]).in_stratum(1).with_offset(0.25)
}

fn with_weight(rows: &[Row], row: usize, by: f64) -> Vec<Row> {
    let mut rows = rows.to_vec();
    rows[row].weight += by;
    rows
}

/// Derivatives by the weight of a row, by central differences of two widths, which leave the fourth power of the width.
fn derivative(rows: &[Row], row: usize, of: &dyn Fn(&[Row]) -> Vec<f64>) -> Vec<f64> {
    const WIDTH: f64 = 0.02;
    let slope = |width: f64| -> Vec<f64> {
        let (up, down) = (of(&with_weight(rows, row, width)), of(&with_weight(rows, row, -width)));
        up.iter().zip(down).map(|(up, down)| (up - down) / (2.0 * width)).collect()
    };
    let (wide, narrow) = (slope(WIDTH), slope(WIDTH / 2.0));
    wide.iter().zip(narrow).map(|(wide, narrow)| (4.0 * narrow - wide) / 3.0).collect()
}

/// The data sets without a maximum are of no interest here.
fn fitted(spec: &FineGray, rows: &[Row]) -> Option<FineGrayFit> {
    spec.clone().fit(&weighted(rows, Weights::Case), &design(rows)).ok()
}

fn columns(curve: &Curve) -> [&Vec<f64>; 2] {
    [&curve.estimate, &curve.std_error]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_likelihood_is_its_definition(rows in rows(true)) {
        let beta = [0.4, -0.7, 0.2];
        for ties in BOTH {
            let spec = grouped(&rows, ties);
            let at = spec.partial_likelihood(&weighted(&rows, Weights::Sampling), &design(&rows), &beta).unwrap();
            let want = by_definition(&rows, ties, &beta);
            prop_assert!((at.log_likelihood - want).abs() < 1e-10 * want.abs(), "{} {}", at.log_likelihood, want);
            for k in 0..3 {
                let width = 1e-4;
                let moved = |by: f64| {
                    let mut beta = beta;
                    beta[k] += by;
                    spec.partial_likelihood(&weighted(&rows, Weights::Case), &design(&rows), &beta).unwrap()
                };
                let (up, down) = (moved(width), moved(-width));
                let slope = (up.log_likelihood - down.log_likelihood) / (2.0 * width);
                prop_assert!((slope - at.score[k]).abs() < 1e-5 * (1.0 + slope.abs()));
                for l in 0..3 {
                    let slope = -(up.score[l] - down.score[l]) / (2.0 * width);
                    prop_assert!((slope - at.information[(k, l)]).abs() < 1e-5 * (1.0 + slope.abs()));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// The oracle of the variance: with late entry, groups, strata and weights at once.
    #[test]
    fn influences_are_derivatives(rows in rows(true)) {
        for ties in BOTH {
            let spec = grouped(&rows, ties);
            let Some(fit) = fitted(&spec, &rows) else { continue };
            let beta = |rows: &[Row]| -> Vec<f64> {
                let fit = fitted(&spec, rows).unwrap();
                fit.coefficients.iter().map(|c| c.estimate.estimate).collect()
            };
            let moved = fit.influences();
            let mut sum = vec![0.0; 3];
            for row in 0..rows.len() {
                let want = derivative(&rows, row, &beta);
                for (k, want) in want.iter().enumerate() {
                    let (got, error) = (moved[(row, k)], fit.coefficients[k].estimate.std_error);
                    prop_assert!((got - want).abs() < 2e-6 * error, "row {}: {} {}", row, got, want);
                    sum[k] += rows[row].weight * want * want;
                }
            }
            for k in 0..3 {
                prop_assert!((sum[k] / fit.covariance[(k, k)] - 1.0).abs() < 1e-5);
            }
        }
    }

    /// That of the predictions, also by cluster.
    #[test]
    fn errors_of_predictions_are_derivatives(rows in rows(true)) {
        for ties in BOTH {
            let spec = grouped(&rows, ties);
            let Some(fit) = fitted(&spec, &rows) else { continue };
            let curve = fit.incidence(&profile(), Interval::Plain).unwrap();
            let estimate = |rows: &[Row]| {
                fitted(&spec, rows).unwrap().incidence(&profile(), Interval::Plain).unwrap().estimate
            };
            let slopes: Vec<Vec<f64>> =
                (0..rows.len()).map(|row| derivative(&rows, row, &estimate)).collect();
            let ids: Vec<u64> = rows.iter().map(|r| r.cluster).collect();
            let clustered = weighted(&rows, Weights::Sampling).with_clusters(&ids).unwrap();
            let by_person = spec.clone().fit(&clustered, &design(&rows)).unwrap();
            let by_person = by_person.incidence(&profile(), Interval::Plain).unwrap();
            for place in 0..curve.len() {
                let (mut alone, mut together) = (0.0, [0.0; 12]);
                for (row, slope) in rows.iter().zip(&slopes) {
                    alone += row.weight * slope[place].powi(2);
                    together[row.cluster as usize] += row.weight * slope[place];
                }
                let together: f64 = together.iter().map(|sum| sum * sum).sum();
                prop_assert!((curve.std_error[place] / alone.sqrt() - 1.0).abs() < 1e-5, "{} {} {}", place, curve.std_error[place], alone.sqrt());
                prop_assert!((by_person.std_error[place] / together.sqrt() - 1.0).abs() < 1e-5);
            }
        }
    }
}
