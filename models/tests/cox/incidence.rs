//! Cumulative incidence implied by cause-specific models.

use afgang_models::{Cox, CoxFits, Curve, Design, Interval, Profile, Spells, Ties};

use crate::data::{Data, assert_near, read};

fn mgus2() -> Data {
    read().into_iter().find(|case| case.name == "mgus2_pcm").unwrap().data
}

#[test]
fn one_cause_is_one_minus_survival() {
    let data = mgus2();
    let exits = data.cause.iter().map(|cause| (*cause > 0).then_some(0)).collect();
    let spells = Spells::new(1, data.exit.clone(), exits).unwrap();
    let design = data.design();
    let profile = Profile::new(design.row(7).unwrap());
    let fits = Cox::new().fit_causes(&spells, &design).unwrap();
    let incidence = fits.incidence(&profile, Interval::Plain).unwrap();
    let survival = fits.causes[0].survival(&profile, Interval::Plain).unwrap();
    assert_eq!(incidence[0].time, survival.time);
    assert_eq!(incidence[0].n_risk, survival.n_risk);
    for row in 0..survival.len() {
        let what = format!("row {row}");
        assert_near(&what, incidence[0].estimate[row], 1.0 - survival.estimate[row], 1e-11);
        // One minus the incidence has lost ten digits where survival ends.
        assert_near(&what, incidence[0].std_error[row], survival.std_error[row], 1e-6);
    }
}

/// The incidence from hazards of all causes at the times, as its definition has it.
fn by_definition(hazards: &[[f64; 2]], cause: usize) -> Vec<f64> {
    let (mut survival, mut incidence) = (1.0, 0.0);
    let of = hazards.iter().map(|step| {
        let total = step[0] + step[1];
        incidence += survival * (1.0 - (-total).exp()) * step[cause] / total;
        survival *= (-total).exp();
        incidence
    });
    of.collect()
}

/// Steps of a cumulative hazard at some times.
fn steps(curve: &Curve, times: &[f64]) -> Vec<f64> {
    let before = |time: f64| {
        let rows = curve.time.partition_point(|t| *t < time);
        rows.checked_sub(1).map_or(0.0, |row| curve.estimate[row])
    };
    let upto = |time: f64| {
        let rows = curve.time.partition_point(|t| *t <= time);
        rows.checked_sub(1).map_or(0.0, |row| curve.estimate[row])
    };
    times.iter().map(|time| upto(*time) - before(*time)).collect()
}

fn hazards(fits: &CoxFits, profile: &Profile, times: &[f64]) -> Vec<[f64; 2]> {
    let of = |cause: usize| {
        let curve = fits.causes[cause].cumulative_hazard(profile, Interval::Plain).unwrap();
        steps(&curve, times)
    };
    of(0).into_iter().zip(of(1)).map(|(a, b)| [a, b]).collect()
}

#[test]
fn estimate_is_that_of_the_definition_and_all_add_up_to_one() {
    let data = mgus2();
    let (spells, design) = (data.spells(), data.design());
    let profile = Profile::new(design.row(3).unwrap());
    let fits = Cox::new().fit_causes(&spells, &design).unwrap();
    let curves = fits.incidence(&profile, Interval::Log).unwrap();
    let times =
        &curves[0].time[..curves[0].len() - usize::from(curves[0].n_event.last() == Some(&0.0))];
    let hazards = hazards(&fits, &profile, times);
    let mut stay = 1.0;
    for (row, step) in hazards.iter().enumerate() {
        stay *= (-step[0] - step[1]).exp();
        let sum = curves[0].estimate[row] + curves[1].estimate[row] + stay;
        assert!((sum - 1.0).abs() < 1e-12, "row {row}: {sum}");
    }
    for cause in 0..2 {
        let want = by_definition(&hazards, cause);
        for (row, want) in want.iter().enumerate() {
            assert!((curves[cause].estimate[row] - want).abs() < 1e-12, "row {row}");
        }
    }
}

/// The delta method by finite differences: with hazards of single times moved, and with coefficients moved, their
/// baselines with them.
#[test]
fn standard_error_is_that_of_the_delta_method() {
    let data = mgus2();
    // Few times, so that every one can be moved.
    let exit: Vec<f64> = data.exit.iter().map(|months| (months / 40.0).ceil().max(1.0)).collect();
    let cause = data.cause.iter().map(|cause| cause.checked_sub(1)).collect();
    let spells = Spells::new(2, exit, cause).unwrap();
    let age: Vec<f64> =
        data.covariates["age"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let design = Design::builder().numeric("age", age.clone()).build().unwrap();
    let spec = Cox::new().ties(Ties::Breslow);
    let fits = spec.fit_causes(&spells, &design).unwrap();
    let x = 60.0;
    let profile = Profile::new(vec![x]);
    let curves = fits.incidence(&profile, Interval::Log).unwrap();
    let times: Vec<f64> = (1..=11).map(f64::from).collect();
    let at_estimate = hazards(&fits, &profile, &times);
    // Sums over the risk set at given coefficients: Breslow's hazard of somebody of age x is d / sum exp(b (age - x)).
    let relative = |t: f64, beta: f64| -> f64 {
        (0..age.len())
            .filter(|&row| spells.exit()[row] >= t)
            .map(|row| (beta * (age[row] - x)).exp())
            .sum()
    };
    let events = |t: f64, cause: usize| {
        let of = (0..age.len())
            .filter(|&row| spells.exit()[row] == t && spells.cause()[row] == Some(cause));
        of.count() as f64
    };
    for cause in 0..2 {
        let incidence = |hazards: &[[f64; 2]]| by_definition(hazards, cause);
        let mut variance = vec![0.0; times.len()];
        for c in 0..2 {
            let of = &fits.causes[c];
            let beta = of.coefficients[0].estimate.estimate;
            for (k, &t) in times.iter().enumerate() {
                let moved = |by: f64| {
                    let mut hazards = at_estimate.clone();
                    hazards[k][c] += by;
                    incidence(&hazards)
                };
                let (up, down, step) = (moved(1e-5), moved(-1e-5), 2e-5);
                // The variance of the hazard is d / sum^2.
                let of_hazard = events(t, c) / relative(t, beta).powi(2);
                for row in 0..times.len() {
                    variance[row] += ((up[row] - down[row]) / step).powi(2) * of_hazard;
                }
            }
            let moved = |by: f64| {
                let mut hazards = at_estimate.clone();
                for (k, &t) in times.iter().enumerate() {
                    hazards[k][c] = events(t, c) / relative(t, beta + by);
                }
                incidence(&hazards)
            };
            let (up, down, step) = (moved(1e-5), moved(-1e-5), 2e-5);
            for row in 0..times.len() {
                variance[row] += ((up[row] - down[row]) / step).powi(2) * of.covariance[(0, 0)];
            }
        }
        for (row, time) in times.iter().enumerate() {
            let got = curves[cause].point(*time).std_error;
            let what = format!("cause {cause}, time {time}");
            // Differences leave 1e-10 of the third derivative and 1e-11 of rounding.
            assert_near(&what, got, variance[row].sqrt(), 1e-7);
        }
    }
}
