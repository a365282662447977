//! Identities that hold for all data: against the definition row by row, against finite differences, and under changes that
//! change nothing.

use afgang_models::{
    CensoringTies, Convention, Cox, CoxFit, FineGray, FineGrayFit, FineGrayVariance, Interval,
    Profile, Ties, Weights,
};
use proptest::prelude::*;

use crate::rows::{Row, design, eta, grouped, rows, spells, weight_by_definition, weighted};

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

fn fitted(spec: &FineGray, rows: &[Row]) -> FineGrayFit {
    spec.clone().fit(&weighted(rows, Weights::Case), &design(rows)).unwrap()
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
            let fit = fitted(&spec, &rows);
            let beta = |rows: &[Row]| -> Vec<f64> {
                let fit = fitted(&spec, rows);
                fit.coefficients.iter().map(|c| c.estimate.estimate).collect()
            };
            let moved = fit.influences();
            let mut sum = [0.0; 3];
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
            check_predictions(&rows, ties);
        }
    }

    /// Half of the spells after everybody else has left.
    #[test]
    fn across_a_gap(rows in rows(true)) {
        let later = |(k, row): (usize, &Row)| {
            let by = if k % 2 == 0 { 0.0 } else { 20.0 };
            let entry = if row.entry.is_finite() { row.entry } else { 0.0 };
            let entry = if by > 0.0 { entry + by } else { row.entry };
            Row { entry, exit: row.exit + by, ..*row }
        };
        let rows: Vec<Row> = rows.iter().enumerate().map(later).collect();
        for ties in BOTH {
            let fit = check_predictions(&rows, ties);
            prop_assert!(fit.counts.gaps >= 2);
            let spec = grouped(&rows, ties);
            let moved = fit.influences();
            for row in (0..rows.len()).step_by(7) {
                let beta = |rows: &[Row]| vec![fitted(&spec, rows).coefficients[0].estimate.estimate];
                let (want, error) = (derivative(&rows, row, &beta)[0], fit.coefficients[0].estimate.std_error);
                prop_assert!((moved[(row, 0)] - want).abs() < 2e-6 * error);
            }
        }
    }
}

/// Standard errors of a predicted incidence are sums of squared derivatives, by row and by cluster.
fn check_predictions(rows: &[Row], ties: CensoringTies) -> FineGrayFit {
    let spec = grouped(rows, ties);
    let fit = fitted(&spec, rows);
    let curve = fit.incidence(&profile(), Interval::Plain).unwrap();
    let estimate =
        |rows: &[Row]| fitted(&spec, rows).incidence(&profile(), Interval::Plain).unwrap().estimate;
    let slopes: Vec<Vec<f64>> =
        (0..rows.len()).map(|row| derivative(rows, row, &estimate)).collect();
    let ids: Vec<u64> = rows.iter().map(|r| r.cluster).collect();
    let clustered = weighted(rows, Weights::Sampling).with_clusters(&ids).unwrap();
    let by_person = spec.clone().fit(&clustered, &design(rows)).unwrap();
    let by_person = by_person.incidence(&profile(), Interval::Plain).unwrap();
    for place in 0..curve.len() {
        let (mut alone, mut together) = (0.0, [0.0; 12]);
        for (row, slope) in rows.iter().zip(&slopes) {
            alone += row.weight * slope[place].powi(2);
            together[row.cluster as usize] += row.weight * slope[place];
        }
        let together: f64 = together.iter().map(|sum| sum * sum).sum();
        for (got, want) in [(&curve, alone.sqrt()), (&by_person, together.sqrt())] {
            let got = got.std_error[place];
            assert!((got / want - 1.0).abs() < 1e-5, "row {place}: {got} is not {want}");
        }
    }
    fit
}

/// Coefficients, covariances and log-likelihoods are the same up to rounding.
#[track_caller]
fn same(a: &FineGrayFit, b: &FineGrayFit) {
    let near = |x: f64, y: f64, unit: f64| assert!((x - y).abs() < 1e-9 * unit, "{x} is not {y}");
    near(a.log_likelihood, b.log_likelihood, a.log_likelihood.abs());
    for (k, (left, right)) in a.coefficients.iter().zip(&b.coefficients).enumerate() {
        let error = left.estimate.std_error;
        near(left.estimate.estimate, right.estimate.estimate, error);
        for (l, other) in a.coefficients.iter().enumerate() {
            let unit = error * other.estimate.std_error;
            near(a.covariance[(k, l)], b.covariance[(k, l)], unit);
        }
    }
    let [left, right] = [a, b].map(|fit| fit.incidence(&profile(), Interval::LogLog).unwrap());
    assert_eq!(left.time, right.time);
    for k in 0..left.len() {
        near(left.estimate[k], right.estimate[k], 1.0);
        near(left.std_error[k], right.std_error[k], left.std_error[k]);
    }
}

fn same_as_cox(a: &FineGrayFit, b: &CoxFit) {
    let near = |x: f64, y: f64, unit: f64| assert!((x - y).abs() < 1e-9 * unit, "{x} is not {y}");
    near(a.log_likelihood, b.log_likelihood, a.log_likelihood.abs());
    for (k, (left, right)) in a.coefficients.iter().zip(&b.coefficients).enumerate() {
        let error = left.estimate.std_error;
        near(left.estimate.estimate, right.estimate.estimate, error);
        near(a.covariance[(k, k)], b.covariance[(k, k)], error * error);
        near(a.model_covariance[(k, k)], b.model_covariance[(k, k)], error * error);
    }
}

const CONVENTIONS: [Convention; 3] =
    [Convention::Derivative, Convention::FineGray, Convention::Cmprsk];

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn without_competing_events_it_is_cox(mut rows in rows(true)) {
        for row in &mut rows {
            row.cause = row.cause.filter(|&cause| cause == 0);
        }
        let (spells, design) = (weighted(&rows, Weights::Sampling), design(&rows));
        let cox = Cox::new().ties(Ties::Breslow).cause(0).robust(true);
        let cox = cox.fit(&spells, &design).unwrap();
        for ties in BOTH {
            let fit = grouped(&rows, ties).fit(&spells, &design).unwrap();
            same_as_cox(&fit, &cox);
            let information = grouped(&rows, ties).variance(FineGrayVariance::Information);
            let curve = information.fit(&spells, &design).unwrap();
            let hazard = curve.cumulative_hazard(&profile(), Interval::Plain).unwrap();
            let model = Cox::new().ties(Ties::Breslow).cause(0).robust(false);
            let model = model.fit(&spells, &design).unwrap();
            let want = model.cumulative_hazard(&profile(), Interval::Plain).unwrap();
            prop_assert_eq!(&hazard.time, &want.time);
            prop_assert_eq!(&hazard.n_risk, &want.n_risk);
            prop_assert_eq!(&hazard.n_censor, &want.n_censor);
            for k in 0..want.len() {
                prop_assert!((hazard.estimate[k] - want.estimate[k]).abs() < 1e-9);
                prop_assert!((hazard.std_error[k] - want.std_error[k]).abs() < 1e-9);
            }
        }
    }

    /// Then those who leave for another cause stay for ever.
    #[test]
    fn without_censoring_it_is_cox_on_longer_spells(mut rows in rows(false)) {
        for row in &mut rows {
            row.cause = row.cause.or(Some(1));
        }
        let design = design(&rows);
        let fits = BOTH.map(|ties| {
            grouped(&rows, ties).fit(&weighted(&rows, Weights::Sampling), &design).unwrap()
        });
        for row in &mut rows {
            row.exit = if row.cause == Some(1) { 100.0 } else { row.exit };
        }
        let cox = Cox::new().ties(Ties::Breslow).cause(0).robust(true);
        let cox = cox.fit(&weighted(&rows, Weights::Sampling), &design).unwrap();
        for fit in &fits {
            same_as_cox(fit, &cox);
        }
    }

    #[test]
    fn a_case_weight_is_as_many_rows(rows in rows(true)) {
        let copies: Vec<Row> =
            rows.iter().flat_map(|row| vec![Row { weight: 1.0, ..*row }; row.weight as usize]).collect();
        for (ties, convention) in BOTH.into_iter().cycle().zip(CONVENTIONS) {
            let of = |rows: &[Row]| grouped(rows, ties).convention(convention);
            let weighted = of(&rows).fit(&weighted(&rows, Weights::Case), &design(&rows)).unwrap();
            let copied = of(&copies).fit(&spells(&copies), &design(&copies)).unwrap();
            same(&weighted, &copied);
            prop_assert_eq!(weighted.counts.cells, copied.counts.cells);
            prop_assert_eq!(weighted.counts.spells, copied.counts.spells);
        }
    }

    /// Every row twice: in one cluster that is one row, up to the derivative of the censoring's Kaplan-Meier, which is exact.
    #[test]
    fn copies_in_one_cluster_are_one_row(rows in rows(true)) {
        let twice: Vec<Row> = rows.iter().flat_map(|row| [*row; 2]).collect();
        let ids: Vec<usize> = (0..twice.len()).map(|row| row / 2).collect();
        for ties in BOTH {
            let once = grouped(&rows, ties).fit(&spells(&rows), &design(&rows)).unwrap();
            let clustered = spells(&twice).with_clusters(&ids).unwrap();
            let twice = grouped(&twice, ties).fit(&clustered, &design(&twice)).unwrap();
            for (one, two) in once.covariance.iter().zip(&twice.covariance) {
                prop_assert!((one - two).abs() < 1e-9 * (1.0 + one.abs()));
            }
            let [one, two] = [&once, &twice].map(|f| f.incidence(&profile(), Interval::Plain).unwrap());
            for (one, two) in one.std_error.iter().zip(&two.std_error) {
                prop_assert!((one - two).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn sampling_weights_have_no_scale(rows in rows(true)) {
        let scaled: Vec<Row> =
            rows.iter().map(|row| Row { weight: row.weight * 0.37, ..*row }).collect();
        let of = |rows: &[Row]| {
            let spec = grouped(rows, CensoringTies::AllAtRisk);
            spec.fit(&weighted(rows, Weights::Sampling), &design(rows)).unwrap()
        };
        let (a, b) = (of(&rows), of(&scaled));
        for (one, two) in a.covariance.iter().zip(&b.covariance) {
            prop_assert!((one - two).abs() < 1e-9 * (1.0 + one.abs()));
        }
    }

    /// Only if those with events are not at risk of censoring at the same time. The last piece of a spell has its fate.
    #[test]
    fn a_spell_cut_in_two_is_one(rows in rows(true), at in 1_u8..6, all in any::<bool>()) {
        let at = f64::from(at);
        let cut: Vec<Row> = rows.iter().flat_map(|row| {
            if row.entry < at && at < row.exit && (all || row.x > 0.0) {
                vec![Row { exit: at, cause: None, ..*row }, Row { entry: at, ..*row }]
            } else {
                vec![*row]
            }
        }).collect();
        let clusters = |rows: &[Row]| rows.iter().map(|r| r.cluster).collect::<Vec<_>>();
        let of = |rows: &[Row]| {
            let spells = weighted(rows, Weights::Sampling).with_clusters(&clusters(rows)).unwrap();
            grouped(rows, CensoringTies::AfterEvents).fit(&spells, &design(rows)).unwrap()
        };
        let (whole, cut) = (of(&rows), of(&cut));
        for (left, right) in whole.coefficients.iter().zip(&cut.coefficients) {
            let unit = left.estimate.std_error;
            prop_assert!((left.estimate.estimate - right.estimate.estimate).abs() < 1e-9 * unit);
            prop_assert!((unit - right.estimate.std_error).abs() < 1e-9 * unit);
        }
    }

    /// Rows in another order give the same bits, and so do other numbers of threads.
    #[test]
    fn order_and_threads_do_not_matter(rows in rows(true), first in 1_usize..50) {
        let mut turned = rows.clone();
        turned.rotate_left(first);
        turned.reverse();
        let of = |rows: &[Row], threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let ids: Vec<u64> = rows.iter().map(|r| r.cluster).collect();
                let spells = weighted(rows, Weights::Sampling).with_clusters(&ids).unwrap();
                let spec = grouped(rows, CensoringTies::AllAtRisk);
                let fit = spec.fit(&spells, &design(rows)).unwrap();
                let curve = fit.incidence(&profile(), Interval::Log).unwrap();
                (fit.coefficients, fit.covariance, curve.estimate, curve.std_error)
            })
        };
        prop_assert!(of(&rows, 1) == of(&turned, 1));
        prop_assert!(of(&rows, 1) == of(&rows, 3));
    }
}
