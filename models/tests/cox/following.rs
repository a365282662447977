//! What follows from a fit, against R: predicted survival, residuals, concordance, proportional hazards.

use afgang_models::{CoxFit, Interval, Profile, TimeScale};
use ndarray::Array2;
use serde_json::Value;

use crate::data::{Case, assert_column, assert_near, numbers, read};
use crate::fits::spec;

/// Sums of a few thousand terms at coefficients that agree to 1e-10.
const SUMS: f64 = 1e-8;

fn fits() -> impl Iterator<Item = (Case, CoxFit)> {
    read().into_iter().map(|case| {
        let fit =
            spec(&case.answers.fits[0]).fit(&case.data.spells(), &case.data.design()).unwrap();
        (case, fit)
    })
}

fn table(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

#[track_caller]
fn assert_table(what: &str, got: &Array2<f64>, want: &Value) {
    let want = table(want);
    for (k, got) in got.columns().into_iter().enumerate() {
        let want: Vec<f64> = want.iter().map(|row| row[k]).collect();
        assert_column(&format!("{what}, column {k}"), &got.to_vec(), &want, SUMS);
    }
}

#[test]
fn survival_is_that_of_survfit() {
    for (case, fit) in fits() {
        let (name, design) = (&case.name, case.data.design());
        for want in case.answers.more["curve"].as_array().unwrap() {
            let column = |of: &str| numbers(&want[of]);
            let [time, n_risk, n_event] = ["time", "n_risk", "n_event"].map(column);
            let [survival, hazard, error] = ["surv", "cumhaz", "se"].map(column);
            let [low, high] = ["lower", "upper"].map(column);
            let mut start = 0;
            for (stratum, size) in column("size").into_iter().enumerate() {
                let row = design.row(column("row")[0] as usize).unwrap();
                let profile = Profile::new(row).in_stratum(stratum);
                let curve = fit.survival(&profile, Interval::Log).unwrap();
                let cumulative = fit.cumulative_hazard(&profile, Interval::Log).unwrap();
                let end = start + size as usize;
                for at in start..end {
                    let what = format!("{name}, stratum {stratum}, time {}", time[at]);
                    let point = curve.point(time[at]);
                    assert_near(&what, point.estimate, survival[at], SUMS);
                    assert_near(&what, cumulative.at(time[at]), hazard[at], SUMS);
                    let log_error = point.std_error / point.estimate;
                    assert_near(&format!("{what}, error"), log_error, error[at], SUMS);
                    if n_event[at] > 0.0 {
                        let of = curve.time.iter().position(|t| *t == time[at]).unwrap();
                        assert_near(&what, curve.n_risk[of], n_risk[at], 1e-12);
                        assert_near(&what, curve.n_event[of], n_event[at], 1e-12);
                        assert_near(&what, point.conf_low, low[at], SUMS);
                        assert_near(&what, point.conf_high, high[at], SUMS);
                    }
                }
                start = end;
            }
            assert_eq!(start, time.len(), "{name}");
        }
    }
}

#[test]
fn residuals_are_those_of_r() {
    for (case, fit) in fits() {
        let (name, want) = (&case.name, &case.answers.more["residual"]);
        let column = |of: &str, got: Vec<f64>| {
            assert_column(&format!("{name}, {of}"), &got, &numbers(&want[of]), SUMS);
        };
        column("martingale", fit.martingale_residuals());
        column("deviance", fit.deviance_residuals());
        assert_table(&format!("{name}, score"), &fit.score_residuals().unwrap(), &want["score"]);
        let mut dfbeta = fit.dfbeta().unwrap();
        for (mut row, weight) in
            dfbeta.rows_mut().into_iter().zip(case.data.weight.iter().flatten())
        {
            row *= *weight; // R has the whole row's, not that of one unit of its weight
        }
        assert_table(&format!("{name}, dfbeta"), &dfbeta, &want["dfbeta"]);
        let of = fit.schoenfeld_residuals().unwrap();
        assert_table(&format!("{name}, schoenfeld"), &of.residuals, &want["schoenfeld"]);
        assert_table(&format!("{name}, scaled"), &of.scaled, &case.answers.more["scaled"]);
    }
}

#[test]
fn concordance_is_that_of_r() {
    for (case, fit) in fits() {
        let (name, want) = (&case.name, &case.answers.more["concordance"]);
        let got = fit.concordance(&case.data.spells()).unwrap();
        let count = numbers(&want["count"]);
        assert_near(name, got.concordant, count[0], 1e-12);
        assert_near(name, got.discordant, count[1], 1e-12);
        assert_near(name, got.tied, count[2], 1e-12);
        assert_near(name, got.estimate, numbers(&want["estimate"])[0], 1e-12);
        assert_near(name, got.std_error.powi(2), numbers(&want["var"])[0], 1e-10);
    }
}

#[test]
fn proportional_hazards_is_that_of_cox_zph() {
    for (case, fit) in fits() {
        for want in case.answers.more["zph"].as_array().unwrap().iter().filter(|z| !z.is_null()) {
            let scale = match want["transform"].as_str().unwrap() {
                "km" => TimeScale::KaplanMeier,
                "rank" => TimeScale::Rank,
                "identity" => TimeScale::Identity,
                "log" => TimeScale::Log,
                other => panic!("unknown scale {other}"),
            };
            let test = fit.proportional_hazards(&case.data.spells(), scale).unwrap();
            let (chisq, df) = (numbers(&want["chisq"]), numbers(&want["df"]));
            let all = test.terms.iter().map(|(_, test)| test).chain([&test.global]);
            for ((got, want), df) in all.zip(&chisq).zip(&df) {
                let what = format!("{}, {scale:?}", case.name);
                assert_eq!(got.df as f64, *df, "{what}");
                assert_near(&what, got.statistic, *want, SUMS);
            }
            assert_eq!(test.terms.len() + 1, chisq.len());
        }
    }
}
