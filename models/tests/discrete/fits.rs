//! Coefficients, variances and likelihoods against R's `glm` and `multinom` on person-months.

use afgang_models::{Clock, DiscreteFit, DiscreteHazard, Information, Link, Shape};
use ndarray::Array2;

use crate::data::{Case, Data, assert_near, numbers, read};

const COEFFICIENTS: f64 = 1e-10;

const VARIANCES: f64 = 1e-8;

/// The model of a case.
fn spec(case: &Case) -> DiscreteHazard {
    let link = match case.link.as_deref() {
        Some("cloglog") => Link::CLogLog,
        _ => Link::Logit,
    };
    let clock = |name: &str| Clock::new(name, numbers(&case.data.clocks[name]));
    let of = DiscreteHazard::new().link(link);
    match case.baseline.as_str() {
        "free" => of,
        "log" => of.baseline(Shape::Logarithm),
        "cubic" => of.baseline(Shape::Polynomial(3)),
        "quadratic" => of.baseline(Shape::Polynomial(2)),
        "intervals" => of.baseline(Shape::Intervals(vec![4, 7])),
        "ns" => of.baseline(Shape::NaturalSpline(3)),
        "bs" => of.baseline(Shape::BSpline(4)),
        "months" => of.clock(clock("month").shape(Shape::Intervals(vec![6, 12, 18]))),
        "two clocks" => of
            .clock(clock("month").shape(Shape::Polynomial(2)))
            .clock(clock("old").shape(Shape::Logarithm)),
        other => panic!("unknown baseline {other}"),
    }
}

/// The coefficients in R's order: duration, covariates, clocks, of one exit after the other.
fn coefficients(fit: &DiscreteFit) -> Vec<f64> {
    let exits = fit.exits.iter();
    let all = exits.flat_map(|exit| exit.baseline.iter().chain(&exit.coefficients));
    all.map(|of| of.estimate.estimate).collect()
}

fn matrix(what: &str, got: &Array2<f64>, want: &[Vec<f64>], from: usize) {
    for a in from..want.len() {
        for b in from..want.len() {
            let scale = (want[a][a] * want[b][b]).sqrt();
            let (got, want) = (got[(a, b)], want[a][b]);
            let same = (got - want).abs() <= VARIANCES * scale;
            assert!(same, "{what} ({a}, {b}): got {got:e}, R has {want:e}");
        }
    }
}

fn compare(case: &Case, fit: impl Fn(&DiscreteHazard, &Data, bool) -> DiscreteFit) {
    let what = format!("{} {:?} {}", case.name, case.link, case.baseline);
    let one = fit(&spec(case).robust(false), &case.data, false);
    // The columns of natural splines are others than R's.
    let from = if case.baseline == "ns" { case.coef.len() - 1 } else { 0 };
    let got = coefficients(&one);
    assert_eq!(got.len(), case.coef.len(), "{what}");
    for (k, (got, want)) in got.iter().zip(&case.coef).enumerate().skip(from) {
        let error = case.var[k][k].sqrt();
        let same = (got - want).abs() <= COEFFICIENTS * want.abs().max(error);
        assert!(same, "{what}, coefficient {k}: got {got:e}, R has {want:e}");
    }
    matrix(&what, &one.covariance, &case.var, from);
    assert_near(&what, one.log_likelihood_null, case.loglik[0], 1e-12);
    assert_near(&what, one.log_likelihood, case.loglik[1], 1e-12);
    assert_eq!(one.counts.times_at_risk, case.person_months, "{what}");
    let expected =
        fit(&spec(case).robust(false).information(Information::Expected), &case.data, false);
    matrix(&what, &expected.covariance, case.expected.as_ref().unwrap_or(&case.var), from);
    let robust = fit(&spec(case).robust(true), &case.data, true);
    assert!(robust.robust);
    matrix(&format!("{what}, robust"), &robust.covariance, &case.robust, from);
    matrix(&what, &robust.model_covariance, &case.var, from);
}

#[test]
fn one_exit() {
    for case in &read().single {
        compare(case, |spec, data, clustered| {
            spec.fit(&data.spells(clustered), &case.design()).unwrap()
        });
    }
}

#[test]
fn several_exits() {
    for case in &read().several {
        compare(case, |spec, data, clustered| {
            spec.fit_exits(&data.spells(clustered), &case.design()).unwrap()
        });
    }
}

/// The published numbers of the weeks of remission: constant, logarithm of the week, not maintained.
#[test]
fn weeks_of_remission() {
    let printed = [
        (
            "logit",
            [-4.858_894_499_1, 0.237_144_402_5, 1.171_283_922_8],
            [0.905_247_333_9, 0.239_834_309_0, 0.531_276_433_1],
        ),
        (
            "cloglog",
            [-4.861_354_980_1, 0.234_973_116_1, 1.157_404_410_5],
            [0.895_032_831_1, 0.236_644_014_7, 0.523_348_553_9],
        ),
    ];
    let answers = read();
    for (link, coefficients, errors) in printed {
        let of = |case: &&Case| case.name == "aml" && case.link.as_deref() == Some(link);
        let case = answers.single.iter().find(of).unwrap();
        let fit = spec(case).information(Information::Expected);
        let fit = fit.fit(&case.data.spells(false), &case.design()).unwrap();
        let exit = &fit.exits[0];
        for (k, of) in exit.baseline.iter().chain(&exit.coefficients).enumerate() {
            assert!((of.estimate.estimate - coefficients[k]).abs() < 5e-11);
            // glm's last step leaves the weights of the one before.
            assert!((of.estimate.std_error - errors[k]).abs() < 1e-6);
        }
    }
}
