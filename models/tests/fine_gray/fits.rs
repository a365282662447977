//! Against `cmprsk::crr`, and against `coxph` on the data of `survival::finegray`.

use afgang_models::{
    CensoringTies, Convention, FineGray, FineGrayFit, FineGrayVariance, Interval, Profile,
};

use crate::data::{CrrFit, Data, matrix, near, read};

/// Both step the same way, so that what is left is rounding.
const COEFFICIENTS: f64 = 1e-10;

const VARIANCES: f64 = 1e-8;

#[track_caller]
fn coefficients(what: &str, fit: &FineGrayFit, want: &[f64], tolerance: f64) {
    assert_eq!(fit.coefficients.len(), want.len(), "{what}");
    for (got, want) in fit.coefficients.iter().zip(want) {
        let (value, error) = (got.estimate.estimate, got.estimate.std_error);
        let apart = (value - want).abs();
        let same = apart <= tolerance * want.abs().max(error);
        assert!(same, "{what}, {}: got {value:e}, R has {want:e}, apart {apart:e}", got.column);
    }
}

fn fit(spec: FineGray, data: &Data, grouped: bool) -> FineGrayFit {
    let spec = if grouped { spec.censoring_groups(data.groups()) } else { spec };
    spec.fit(&data.spells(), &data.design(false)).unwrap()
}

fn likelihoods(what: &str, fit: &FineGrayFit, want: &CrrFit) {
    near(&format!("{what}, null"), fit.log_likelihood_null, want.loglik[0], 1e-12);
    near(&format!("{what}, likelihood"), fit.log_likelihood, want.loglik[1], 1e-12);
}

/// The baseline at a profile of zeros.
fn baseline(what: &str, fit: &FineGrayFit, want: &CrrFit) {
    let zeros = Profile::new(vec![0.0; want.coef.len()]);
    let hazard = fit.cumulative_hazard(&zeros, Interval::Log).unwrap();
    assert_eq!(hazard.time[..want.time.len()], want.time, "{what}");
    let mut sum = 0.0;
    for (k, jump) in want.jump.iter().enumerate() {
        sum += jump;
        near(&format!("{what}, baseline at {}", want.time[k]), hazard.estimate[k], sum, 1e-9);
    }
}

#[test]
fn crr_as_it_comes() {
    for case in read() {
        for of in &case.crr {
            let what = format!("{}, cause {}, grouped {}", case.name, of.cause, of.grouped);
            let spec = FineGray::new(of.cause - 1).convention(Convention::Cmprsk);
            let fit = fit(spec, &case.data, of.grouped > 0.0);
            coefficients(&what, &fit, &of.as_is.coef, COEFFICIENTS);
            likelihoods(&what, &fit, &of.as_is);
            baseline(&what, &fit, &of.as_is);
            matrix(
                &format!("{what}, inverse"),
                &fit.model_covariance,
                &of.as_is.inverse,
                VARIANCES,
            );
            matrix(&what, &fit.covariance, &of.as_is.var, VARIANCES);
        }
    }
}

/// Without groups of censoring `crr` is right; run until it stops moving.
#[test]
fn crr_converged() {
    for case in read() {
        // Competing exits at 0 have G(0) there.
        for of in case.crr.iter().filter(|of| of.grouped == 0.0 && case.name != "events_at_zero") {
            let what = format!("{}, cause {}, grouped {}", case.name, of.cause, of.grouped);
            let spec = FineGray::new(of.cause - 1).convention(Convention::FineGray);
            let fit = fit(spec, &case.data, of.grouped > 0.0);
            coefficients(&what, &fit, &of.converged.coef, 1e-9);
            likelihoods(&what, &fit, &of.converged);
            let inverse = &of.converged.inverse;
            matrix(&format!("{what}, inverse"), &fit.model_covariance, inverse, VARIANCES);
            if of.grouped == 0.0 {
                matrix(&what, &fit.covariance, &of.converged.var, VARIANCES);
            }
        }
    }
}

#[test]
fn coxph_on_weighted_rows() {
    for case in read() {
        for of in &case.weighted {
            let what = format!("{}, cause {}, strata {}", case.name, of.cause, of.strata);
            let mut spec = FineGray::new(of.cause - 1)
                .censoring_ties(CensoringTies::AfterEvents)
                .variance(FineGrayVariance::KnownWeights);
            if of.strata > 0.0 {
                spec = spec.censoring_by_strata();
            }
            let fit = spec.fit(&case.data.spells(), &case.data.design(of.strata > 0.0)).unwrap();
            coefficients(&what, &fit, &of.coef, COEFFICIENTS);
            matrix(&what, &fit.covariance, &of.var, VARIANCES);
            matrix(&format!("{what}, inverse"), &fit.model_covariance, &of.inverse, VARIANCES);
            near(&format!("{what}, null"), fit.log_likelihood_null, of.loglik[0], 1e-12);
            near(&format!("{what}, likelihood"), fit.log_likelihood, of.loglik[1], 1e-12);
            near(&format!("{what}, score"), fit.score.statistic, of.score, 1e-9);
            near(&format!("{what}, Wald"), fit.wald.statistic, of.wald, 1e-8);
        }
    }
}

#[test]
fn mets_with_strata_and_clusters() {
    let cases = read();
    let case = cases.iter().find(|case| case.name == "crr_rd_200").unwrap();
    let want = case.mets.as_ref().unwrap();
    let spec = || FineGray::new(0).convention(Convention::FineGray).censoring_by_strata();
    let (spells, design) = (case.data.spells(), case.data.design(true));
    let rows = spec().fit(&spells, &design).unwrap();
    // mets stops earlier.
    coefficients("mets", &rows, &want.rows.coef, 1e-6);
    matrix("mets", &rows.covariance, &want.rows.var, 1e-7);
    let ids: Vec<usize> = (0..spells.len()).map(|row| row % 50).collect();
    let clusters = spec().fit(&spells.with_clusters(&ids).unwrap(), &design).unwrap();
    coefficients("mets, clusters", &clusters, &want.clusters.coef, 1e-6);
    matrix("mets, clusters", &clusters.covariance, &want.clusters.var, 1e-7);
}
