//! What is refused, and in which words.

use afgang_models::{
    Assignment, Design, EffectError, Error, Factor, OutcomeModel, OutcomePaths, Target,
    TreatmentEffect,
};
use ndarray::{Array2, array};

const TREATED: [bool; 8] = [true, true, true, true, false, false, false, false];

fn paths() -> OutcomePaths {
    let y = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    OutcomePaths::new(vec![1.0], Array2::from_shape_fn((8, 1), |at| y[at.0])).unwrap()
}

fn with(name: &str, values: &[f64]) -> Assignment {
    let design = Design::builder().numeric(name, values.to_vec()).build().unwrap();
    Assignment::new(&TREATED).unwrap().with_covariates(design).unwrap()
}

#[track_caller]
fn refused(spec: TreatmentEffect, assignment: &Assignment, message: &str) {
    assert_eq!(spec.fit(assignment, &paths()).unwrap_err().to_string(), message);
}

#[test]
fn strata() {
    let assignment = Assignment::new(&TREATED).unwrap();
    refused(
        TreatmentEffect::stratified(),
        &assignment,
        "a stratified comparison needs the stratum of each person; give strata",
    );
    let end = "; a difference with a variance needs two of each arm in every stratum, so merge the stratum with another or leave it out";
    let labels = ["a", "a", "a", "b", "a", "a", "b", "b"];
    let strata = assignment.clone().with_strata(Factor::new(&labels)).unwrap();
    let message = format!("stratum b: 1 of the treated arm{end}");
    refused(TreatmentEffect::stratified(), &strata, &message);
    let labels = ["a", "a", "a", "a", "a", "a", "b", "b"];
    let strata = assignment.clone().with_strata(Factor::new(&labels)).unwrap();
    let message = format!("stratum b: 0 of the treated arm{end}");
    refused(TreatmentEffect::stratified(), &strata, &message);
    // A stratum without treated is not among them.
    let of_treated = TreatmentEffect::stratified().target(Target::Treated);
    assert!(of_treated.fit(&strata, &paths()).is_ok());

    let labels = ["a", "a", "b", "b", "a", "a", "b", "b"];
    let strata = assignment.with_strata(Factor::new(&labels)).unwrap();
    let mut values = paths().values().clone();
    values[(6, 0)] = f64::NAN;
    let some = OutcomePaths::new(vec![1.0], values).unwrap();
    let error = TreatmentEffect::stratified().fit(&strata, &some).unwrap_err();
    let message = format!("stratum b: 1 of the comparison arm are followed to time 1{end}");
    assert_eq!(error.to_string(), message);
}

#[test]
fn covariates() {
    refused(
        TreatmentEffect::weighted(),
        &Assignment::new(&TREATED).unwrap(),
        "weighting needs covariates; give some, or compare as randomised",
    );
    // All of the treated are older.
    let apart = with("age", &[30.0, 31.0, 32.0, 33.0, 20.0, 21.0, 22.0, 23.0]);
    let error = TreatmentEffect::weighted().fit(&apart, &paths()).unwrap_err();
    assert!(matches!(error, Error::Effect(EffectError::Propensity { .. })));
    assert!(
        error.to_string().starts_with(
            "propensity of being treated: complete separation: age tells events from the rest without error"
        ),
        "{error}"
    );
    // Regression needs no propensity.
    let regression = TreatmentEffect::regression(OutcomeModel::Linear);
    assert!(regression.fit(&apart, &paths()).is_ok());

    // A level of the comparison alone.
    let level = with("north", &[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    let error = TreatmentEffect::weighted().fit(&level, &paths()).unwrap_err();
    assert!(error.to_string().contains("separation: north tells events"), "{error}");
    refused(
        regression,
        &level,
        "time 1, outcome of the treated arm: column north is collinear with the baseline (it is constant); leave one of them out",
    );
}

#[test]
fn overlap() {
    let steep = with("grade", &[9.0, 8.0, 2.0, 7.0, 1.0, 3.0, 2.5, 0.0]);
    let spec = TreatmentEffect::weighted().least_propensity(0.2);
    let error = spec.fit(&steep, &paths()).unwrap_err();
    let Error::Effect(EffectError::NoOverlap { row, propensity, bound, column }) = &error else {
        panic!("{error}");
    };
    assert_eq!((*row, *bound, column.as_str()), (0, 0.2, "grade"));
    assert!(*propensity > 0.8);
    assert!(
        error.to_string().starts_with("the propensity of being treated of row 0 is 9."),
        "{error}"
    );
    assert!(error.to_string().contains("outside 0.2 to 1 - 0.2"), "{error}");
    // The comparison persons all have low ones, and only theirs are weights for the treated.
    assert!(spec.target(Target::Treated).fit(&steep, &paths()).is_ok());
    refused(
        TreatmentEffect::weighted().least_propensity(0.5),
        &steep,
        "least propensity 0.5 must be at least 0 and below a half",
    );
}

/// A logit without an estimate at a time leaves that time out; if it has none at all it is refused.
#[test]
fn logits() {
    let x = with("x", &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    let spec = TreatmentEffect::regression(OutcomeModel::Logit);
    let y = array![
        [0.0, 1.0, 1.0],
        [0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        [0.0, 1.0, 1.0],
        [0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [1.0, 1.0, 1.0],
    ];
    let paths = OutcomePaths::new(vec![1.0, 2.0, 3.0], y).unwrap();
    let fit = spec.fit(&x, &paths).unwrap();
    // Nobody of the treated at first: a mean of 0 without error.
    assert_eq!((fit.treated[0].estimate, fit.treated[0].std_error), (0.0, 0.0));
    assert!((fit.comparison[0].estimate - 0.5).abs() < 1e-12);
    assert_eq!(fit.without_estimate.len(), 1);
    let message = fit.without_estimate[0].error.to_string();
    let start = "time 2, outcome of the treated arm: complete separation: x tells";
    assert!(message.starts_with(start), "{message}");
    assert!(fit.difference[1].estimate.is_nan() && fit.difference[2].estimate.is_finite());
    let second = paths.only(|time| time > 1.5 && time < 2.5).unwrap();
    assert_eq!(spec.fit(&x, &second).unwrap_err().to_string(), message);

    let weeks = OutcomePaths::new(vec![6.0], Array2::from_elem((8, 1), 2.5)).unwrap();
    assert_eq!(
        spec.fit(&x, &weeks).unwrap_err().to_string(),
        "row 0, time 6: the outcome 2.5 is no share, as a logit needs; take linear regression"
    );
}

#[test]
fn paths_and_lengths() {
    let message = |paths: Result<OutcomePaths, Error>| paths.unwrap_err().to_string();
    assert_eq!(
        message(OutcomePaths::states(&[[true]], 0)),
        "the paths have no time; give at least one"
    );
    assert_eq!(
        message(OutcomePaths::new(vec![2.0, 2.0], array![[0.0, 1.0]])),
        "time 2 of the paths does not come after 2; times rise"
    );
    assert_eq!(
        message(OutcomePaths::new(vec![2.0], array![[f64::INFINITY]])),
        "row 0, time 2: the outcome inf is not finite; a missing one is NaN"
    );
    let assignment = Assignment::new(&TREATED).unwrap();
    let short = OutcomePaths::states(&[[true], [false]], 1).unwrap();
    let error = TreatmentEffect::randomised().fit(&assignment, &short).unwrap_err();
    assert_eq!(error, Error::Length { column: "outcomes", found: 2, expected: 8 });
    assert_eq!(
        assignment.clone().with_weights(vec![-1.0; 8]).unwrap_err(),
        Error::Weight { row: 0, weight: -1.0 }
    );
    let error = assignment.with_weights(vec![1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]).unwrap_err();
    assert_eq!(error, Error::Effect(EffectError::SmallArm { arm: "comparison", persons: 1 }));
    let level = TreatmentEffect::randomised().level(1.0);
    let assignment = Assignment::new(&TREATED).unwrap();
    assert_eq!(level.fit(&assignment, &paths()).unwrap_err(), Error::Level { level: 1.0 });
}
