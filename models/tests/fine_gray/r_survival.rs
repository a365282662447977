//! Against `coxph` on the data of `survival::finegray`, with groups of censoring in one baseline and with sampling weights
//! (`fixtures/r/finegray_groups.R`).

use std::path::Path;

use afgang_models::{
    Convention, Design, Error, Factor, FineGray, FineGrayFit, FineGrayVariance, Spells, Weights,
};
use serde::Deserialize;

use crate::data::{matrix, near};

#[derive(Deserialize)]
struct Case {
    name: String,
    exit: Vec<f64>,
    cause: Vec<usize>,
    x: Vec<f64>,
    z: Vec<f64>,
    g: Vec<u32>,
    s: Vec<u32>,
    entry: Option<Vec<f64>>,
    weight: Option<Vec<f64>>,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    groups: f64,
    strata: f64,
    coef: Vec<f64>,
    var: Vec<Vec<f64>>,
    inverse: Vec<Vec<f64>>,
    loglik: [f64; 2],
}

fn read() -> Vec<Case> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/finegray_groups.json");
    let file: File = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file.cases
}

fn factor(labels: &[u32]) -> Factor {
    Factor::new(&labels.iter().map(u32::to_string).collect::<Vec<_>>())
}

impl Case {
    fn spells(&self) -> Spells {
        let cause = self.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let mut spells = Spells::new(2, self.exit.clone(), cause).unwrap();
        if let Some(entry) = &self.entry {
            spells = spells.with_entry(entry.clone()).unwrap();
        }
        if let Some(weight) = &self.weight {
            spells = spells.with_weights(Weights::Sampling(weight.clone())).unwrap();
        }
        spells
    }

    fn fit(&self, of: &Answer, convention: Convention) -> FineGrayFit {
        let mut design =
            Design::builder().numeric("x", self.x.clone()).numeric("z", self.z.clone());
        if of.strata > 0.0 {
            design = design.strata("s", factor(&self.s));
        }
        let mut spec = FineGray::new(0).convention(convention);
        if of.groups > 0.0 {
            spec = spec.censoring_groups(factor(&self.g));
        }
        spec.fit(&self.spells(), &design.build().unwrap()).unwrap()
    }
}

#[test]
fn coxph_on_rows_of_finegray() {
    let (mut compared, mut apart) = (0, 0);
    for case in read() {
        for of in &case.answers {
            let what = format!("{}, groups {}, strata {}", case.name, of.groups, of.strata);
            let fit = case.fit(of, Convention::RSurvival);
            assert_eq!(fit.variance, FineGrayVariance::KnownWeights);
            for (got, want) in fit.coefficients.iter().zip(&of.coef) {
                let apart = (got.estimate.estimate - want).abs();
                let same = apart <= 1e-10 * want.abs().max(got.estimate.std_error);
                assert!(same, "{what}, {}: {} and {want}", got.column, got.estimate.estimate);
                compared += 1;
            }
            matrix(&what, &fit.covariance, &of.var, 1e-8);
            matrix(&format!("{what}, inverse"), &fit.model_covariance, &of.inverse, 1e-8);
            near(&format!("{what}, null"), fit.log_likelihood_null, of.loglik[0], 1e-12);
            near(&format!("{what}, likelihood"), fit.log_likelihood, of.loglik[1], 1e-12);
            // What R leaves out with groups, and its G without weights, are seen.
            let other = case.fit(of, Convention::Derivative);
            let moved =
                fit.coefficients[0].estimate.estimate - other.coefficients[0].estimate.estimate;
            let seen = of.groups > 0.0 || case.weight.is_some();
            apart += usize::from(seen && moved.abs() > 1e-3);
        }
    }
    assert_eq!((compared, apart), (32, 10));
}

/// Nobody of group b has the event; R drops its rows.
#[test]
fn a_group_without_events_is_refused() {
    let cause = vec![Some(0), Some(1), None, Some(0), Some(1), None];
    let spells = Spells::new(2, vec![1.0, 2.0, 2.0, 3.0, 4.0, 5.0], cause).unwrap();
    let x = vec![1.0, 0.0, 1.0, 0.0, 1.0, 1.0];
    let design = Design::builder().numeric("x", x).build().unwrap();
    let groups = Factor::new(&["a", "a", "b", "a", "b", "b"]);
    let spec = FineGray::new(0).censoring_groups(groups);
    spec.clone().fit(&spells, &design).unwrap();
    let error = spec.convention(Convention::RSurvival).fit(&spells, &design).unwrap_err();
    assert_eq!(error, Error::NoEventsInGroup { group: "b".into() });
}
