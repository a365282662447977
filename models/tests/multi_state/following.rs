//! Against R: etm, survival, and differences.

use afgang_models::{
    Cox, Design, Profile, StateOccupation, Ties, TransitionProbabilities, TransitionTable,
};

use crate::data::{Matrix, assert_close, case, read};

/// Products and sums of some hundred terms, in another order.
const CLOSED_FORM: f64 = 1e-12;

/// Covariances that etm forms by Kronecker products, and R's influences.
const COVARIANCE: f64 = 1e-10;

/// Derivatives by differences of width 1e-3 of a polynomial: what rounding leaves.
const DIFFERENCES: f64 = 1e-9;

/// Derivatives by coefficients, by differences whose error is of the fourth order.
const COEFFICIENTS: f64 = 1e-8;

fn compare(name: &str, table: &TransitionTable, want: &Matrix, tolerance: f64) {
    let what = format!("{name}, P({}, {})", want.since, want.time);
    let p = TransitionProbabilities::new().since(want.since).at(table, want.time).unwrap();
    let n = p.len();
    let cell = |at: usize| (at / n, at % n);
    let got: Vec<f64> = (0..n * n).map(cell).map(|(h, j)| p.probability(h, j)).collect();
    assert_close(&what, &got, &want.p, CLOSED_FORM);
    let known = want.cov.iter().enumerate().filter_map(|(at, cov)| Some((at, (*cov)?)));
    let (places, want): (Vec<usize>, Vec<f64>) = known.unzip();
    let covariance = |&at: &usize| p.covariance(cell(at / (n * n)), cell(at % (n * n)));
    let got: Vec<f64> = places.iter().map(covariance).collect();
    assert_close(&what, &got, &want, tolerance);
}

#[test]
fn transition_probabilities() {
    let (mut by_etm, mut by_differences) = (0, 0);
    for case in read() {
        let table = case.data.histories().table();
        for want in &case.answers.etm {
            assert!(want.cov.iter().flatten().count() > 9);
            compare(&case.name, &table, want, COVARIANCE);
            by_etm += 1;
        }
        for want in &case.answers.differences {
            assert!(want.cov.iter().all(Option::is_some));
            compare(&case.name, &table, want, DIFFERENCES);
            by_differences += 1;
        }
    }
    assert_eq!((by_etm, by_differences), (5 + 4 + 17 + 4 + 2, 4));
}

#[test]
fn occupation_of_survfit() {
    for case in read() {
        let histories = case.data.histories();
        let n = histories.graph().len();
        let want = &case.answers.survfit;
        let spec = match &want.p0 {
            Some(p0) => StateOccupation::new().starting_with(p0.clone()),
            None => StateOccupation::new(),
        };
        let curves = spec.fit_histories(&histories).unwrap();
        let (mut p, mut se) = (Vec::new(), Vec::new());
        for &time in &want.time {
            for curve in &curves {
                let point = curve.point(time);
                p.push(point.estimate);
                se.push(point.std_error);
            }
        }
        assert_close(&case.name, &p, &want.p, CLOSED_FORM);
        assert_close(&format!("{}, se", case.name), &se, &want.se, COVARIANCE);
        for want in &want.times {
            let what = format!("{}, time in states up to {}", case.name, want.horizon);
            let spec = spec.clone().extend(true);
            let got = spec.times_of_histories(&histories, want.horizon).unwrap();
            let estimates: Vec<f64> = got.states.iter().map(|of| of.estimate).collect();
            assert_close(&what, &estimates, &want.mean, CLOSED_FORM);
            // A state that R does not know of is never reached.
            let (known, se): (Vec<usize>, Vec<f64>) =
                (0..n).filter_map(|state| Some((state, want.se[state]?))).unzip();
            let got: Vec<f64> = known.iter().map(|&state| got.states[state].std_error).collect();
            assert_close(&what, &got, &se, COVARIANCE);
        }
    }
}

#[test]
fn times_in_states_by_differences() {
    let mut compared = 0;
    for case in read() {
        let Some(want) = &case.answers.times else { continue };
        let table = case.data.histories().table();
        let spec = StateOccupation::new().starting_with(want.p0.clone());
        let got = spec.times(&table, want.horizon).unwrap();
        let estimates: Vec<f64> = got.states.iter().map(|of| of.estimate).collect();
        assert_close(&case.name, &estimates, &want.mean, CLOSED_FORM);
        let n = estimates.len();
        let covariance: Vec<f64> =
            (0..n * n).map(|at| got.joint.covariance(at / n, at % n).unwrap()).collect();
        assert_close(&case.name, &covariance, &want.cov, DIFFERENCES);
        compared += 1;
    }
    assert_eq!(compared, 4);
}

#[test]
fn cox_models_of_transitions_by_differences() {
    let case = case("late");
    let want = case.answers.cox.unwrap();
    let histories = case.data.histories();
    let design = Design::builder()
        .numeric("z1", want.covariates.z1)
        .numeric("z2", want.covariates.z2)
        .build()
        .unwrap();
    let fits = Cox::new().ties(Ties::Breslow).fit_transitions(&histories, &design).unwrap();
    let coefficients: Vec<f64> =
        fits.fits.iter().flat_map(|fit| &fit.coefficients).map(|c| c.estimate.estimate).collect();
    for want in &want.answers {
        assert_close("coefficients", &coefficients, &want.coef, 1e-9);
        let spec = StateOccupation::new().starting_with(want.p0.clone());
        let profile = Profile::new(want.x.clone());
        let curves = spec.clone().until(want.time).predict(&fits, &profile).unwrap();
        let points: Vec<_> = curves.iter().map(|curve| curve.point(want.time)).collect();
        let p: Vec<f64> = points.iter().map(|point| point.estimate).collect();
        assert_close("probabilities", &p, &want.p, 1e-9);
        let n = p.len();
        let diagonal = |cov: &[f64]| (0..n).map(|j| cov[j * n + j]).collect::<Vec<f64>>();
        let variances: Vec<f64> = points.iter().map(|point| point.std_error.powi(2)).collect();
        assert_close("variances", &variances, &diagonal(&want.cov_p), COEFFICIENTS);
        let times = spec.predict_times(&fits, &profile, want.time).unwrap();
        let mean: Vec<f64> = times.states.iter().map(|of| of.estimate).collect();
        assert_close("times", &mean, &want.mean, 1e-9);
        let covariance: Vec<f64> =
            (0..n * n).map(|at| times.joint.covariance(at / n, at % n).unwrap()).collect();
        assert_close("covariances of times", &covariance, &want.cov_mean, COEFFICIENTS);
    }
}
