//! Coefficients, variances and tests against R's `coxph`.

use afgang_models::{Cox, CoxFit, Ties};
use ndarray::Array2;

use crate::data::{Case, Fit, assert_near, read};

/// R's last step leaves about 1e-14 of the log-likelihood, and its arithmetic subtracts from running sums.
const COEFFICIENTS: f64 = 1e-10;

const VARIANCES: f64 = 1e-8;

fn ties(name: &str) -> Ties {
    match name {
        "efron" => Ties::Efron,
        "breslow" => Ties::Breslow,
        "exact" => Ties::Exact,
        _ => panic!("unknown ties {name}"),
    }
}

pub(crate) fn spec(want: &Fit) -> Cox {
    Cox::new().ties(ties(&want.ties)).cause(want.cause - 1).robust(want.robust == "TRUE")
}

fn matrix(what: &str, got: &Array2<f64>, want: &[Vec<f64>]) {
    let scale: Vec<f64> = (0..want.len()).map(|k| want[k][k].sqrt()).collect();
    assert_eq!(got.dim(), (want.len(), want.len()));
    for ((a, b), got) in got.indexed_iter() {
        let apart = (got - want[a][b]).abs() / (scale[a] * scale[b]);
        assert!(apart < VARIANCES, "{what} ({a}, {b}): got {got:e}, R has {:e}", want[a][b]);
    }
}

#[test]
fn fits_are_those_of_r() {
    for Case { name, data, answers } in read() {
        for want in &answers.fits {
            let what = format!("{name}, {}, {}", want.ties, want.robust);
            let fit: CoxFit = spec(want).fit(&data.spells(), &data.design()).unwrap();
            for (got, want) in fit.coefficients.iter().zip(&want.coef) {
                let (value, error) = (got.estimate.estimate, got.estimate.std_error);
                let apart = (value - want).abs();
                let near = apart <= COEFFICIENTS * want.abs().max(error);
                assert!(near, "{what}, {}: got {value:e}, R has {want:e}", got.column);
            }
            assert_eq!(fit.coefficients.len(), want.coef.len());
            matrix(&format!("{what}, variance"), &fit.covariance, &want.var);
            matrix(&format!("{what}, naive variance"), &fit.model_covariance, &want.naive);
            let near = |of: &str, got, want, tolerance| {
                assert_near(&format!("{what}, {of}"), got, want, tolerance);
            };
            near("log-likelihood at 0", fit.log_likelihood_null, want.loglik[0], 1e-12);
            near("log-likelihood", fit.log_likelihood, want.loglik[1], 1e-12);
            near("score test", fit.score.statistic, want.score, 1e-9);
            near("Wald test", fit.wald.statistic, want.wald, 1e-8);
            let gain = 2.0 * (want.loglik[1] - want.loglik[0]);
            near("likelihood ratio", fit.likelihood_ratio.statistic, gain, 1e-9);
            match (fit.robust_score, want.robust_score) {
                (Some(got), Some(want)) => near("robust score test", got.statistic, want, 1e-8),
                (got, want) => assert!(got.is_none() && want.is_none(), "{what}: robust score"),
            }
        }
    }
}
