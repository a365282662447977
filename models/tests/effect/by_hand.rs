//! Numbers that can be redone by hand.

use afgang_models::{
    Assignment, Design, Factor, OutcomeModel, OutcomePaths, Target, TreatmentEffect,
};
use ndarray::{Array2, array};

fn close(what: &str, got: f64, want: f64) {
    assert!((got - want).abs() < 1e-12, "{what}: {got}, by hand {want}");
}

/// Treated 1, 2, 6 (mean 3, s² = 7), others 0, 2 (mean 1, s² = 2): difference 2 with the variance 7/3 + 2/2.
#[test]
fn randomised() {
    let paths = OutcomePaths::new(vec![1.0], array![[1.0], [2.0], [6.0], [0.0], [2.0]]).unwrap();
    let assignment = Assignment::new(&[true, true, true, false, false]).unwrap();
    let effect = TreatmentEffect::randomised().level(0.9).fit(&assignment, &paths).unwrap();
    let difference = effect.difference[0];
    close("difference", difference.estimate, 2.0);
    close("variance", difference.std_error.powi(2), 10.0 / 3.0);
    close("treated", effect.treated[0].std_error.powi(2), 7.0 / 3.0);
    close("comparison", effect.comparison[0].estimate, 1.0);
    let z = 1.644_853_626_951_472_8;
    close("low", difference.conf_low, 2.0 - z * (10.0_f64 / 3.0).sqrt());
    assert_eq!((effect.persons.treated, effect.persons.comparison), (3, 2));
    assert!(effect.balance.is_none());
}

/// Weights 1 and 3 on 0 and 1: mean 3/4, deviations times weights over 4 are -3/16 and 3/16, and n/(n - 1) = 2.
#[test]
fn randomised_with_weights() {
    let paths = OutcomePaths::new(vec![1.0], array![[0.0], [1.0], [0.0], [0.0]]).unwrap();
    let assignment = Assignment::new(&[true, true, false, false]).unwrap();
    let assignment = assignment.with_weights(vec![1.0, 3.0, 1.0, 1.0]).unwrap();
    let effect = TreatmentEffect::randomised().fit(&assignment, &paths).unwrap();
    close("mean", effect.treated[0].estimate, 0.75);
    close("variance", effect.difference[0].std_error.powi(2), 2.0 * 2.0 * 9.0 / 256.0);
}

/// A stratum of four with means 1/2 and 0, one of six with means 2/3 and 1/3: 4/10 · 1/2 + 6/10 · 1/3 = 2/5. The treated are 2 and 3:
/// 2/5 · 1/2 + 3/5 · 1/3.
#[test]
fn stratified() {
    let strata = Factor::new(&["a", "a", "a", "a", "b", "b", "b", "b", "b", "b"]);
    let treated = [true, true, false, false, true, true, true, false, false, false];
    let y = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0];
    let paths = OutcomePaths::new(vec![1.0], Array2::from_shape_fn((10, 1), |at| y[at.0])).unwrap();
    let assignment = Assignment::new(&treated).unwrap().with_strata(strata).unwrap();
    for (target, shares) in [(Target::All, [0.4, 0.6]), (Target::Treated, [0.4, 0.6])] {
        let effect = TreatmentEffect::stratified().target(target).fit(&assignment, &paths).unwrap();
        let difference = effect.difference[0];
        close("difference", difference.estimate, shares[0] / 2.0 + shares[1] / 3.0);
        // s² of (1, 0) is 1/2, of (1, 1, 0) 1/3.
        let variance = shares[0].powi(2) * 0.25 + shares[1].powi(2) * 2.0 / 9.0;
        close("variance", difference.std_error.powi(2), variance);
    }
    // Without the last two of the second stratum's others its share among all falls to 4/8, that among the treated stays.
    let keep = vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0];
    let fewer = assignment.with_weights(keep).unwrap();
    let of = |target| {
        let effect = TreatmentEffect::stratified().target(target).fit(&fewer, &paths).unwrap();
        effect.difference[0].estimate
    };
    // The second stratum's difference is 2/3 - 1/2.
    close("all", of(Target::All), 4.0 / 9.0 / 2.0 + 5.0 / 9.0 / 6.0);
    close("treated", of(Target::Treated), 2.0 / 5.0 / 2.0 + 3.0 / 5.0 / 6.0);
}

/// Young: 3 treated of whom 2 with the outcome, 1 other without. Not young: 1 treated without, 3 others of whom 1 with. Propensities
/// are 3/4 and 1/4.
#[test]
fn weighted_by_one_factor() {
    let young = [true, true, true, true, false, false, false, false];
    let treated = [true, true, true, false, true, false, false, false];
    let y = [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let covariate = young.iter().map(|&young| f64::from(u8::from(young))).collect();
    let design = Design::builder().numeric("young", covariate).build().unwrap();
    let assignment = Assignment::new(&treated).unwrap().with_covariates(design).unwrap();
    let paths = OutcomePaths::new(vec![1.0], Array2::from_shape_fn((8, 1), |at| y[at.0])).unwrap();
    let fit = |spec: TreatmentEffect| spec.fit(&assignment, &paths).unwrap();
    for spec in [
        TreatmentEffect::weighted(),
        TreatmentEffect::regression(OutcomeModel::Linear),
        TreatmentEffect::doubly_robust(OutcomeModel::Linear),
    ] {
        // Half of all are young: 1/2 (2/3 + 0) and 1/2 (0 + 1/3).
        let all = fit(spec);
        close("treated, all", all.treated[0].estimate, 1.0 / 3.0);
        close("comparison, all", all.comparison[0].estimate, 1.0 / 6.0);
        // Of the treated 3/4 are: 2/4 and 1/4 · 1/3.
        let treated = fit(spec.target(Target::Treated));
        close("treated", treated.treated[0].estimate, 0.5);
        close("comparison", treated.comparison[0].estimate, 1.0 / 12.0);
    }
    let balance = fit(TreatmentEffect::weighted().target(Target::Treated)).balance.unwrap();
    let row = &balance.rows[0];
    close("before", row.before.treated, 0.75);
    close("before", row.before.comparison, 0.25);
    // Variances 3/16 of both.
    close("difference before", row.difference_before, 0.5 / (3.0_f64 / 16.0).sqrt());
    close("after", row.after.comparison, 0.75);
    assert!(row.difference_after.abs() < 1e-10 && balance.largest_after() < 1e-10);
    // Weights of the comparison are 3 and three times 1/3: 16 / (9 + 1/3).
    close("effective", balance.effective_after.comparison, 16.0 / (9.0 + 1.0 / 3.0));
    close("effective", balance.effective_after.treated, 4.0);
    close("effective", balance.effective_before.comparison, 4.0);
    let propensity = balance.propensity.unwrap().treated;
    close("least", propensity.0, 0.25);
    close("largest", propensity.1, 0.75);
}

/// Two weeks of three; the sum of who is followed for two has no third value.
#[test]
fn weeks_and_times() {
    let states = [vec![true, false, true], vec![true, true]];
    let weeks = OutcomePaths::states(&states, 3).unwrap().cumulated();
    assert_eq!(weeks.values().row(0).to_vec(), [1.0, 1.0, 2.0]);
    assert_eq!(weeks.values()[(1, 1)], 2.0);
    assert!(weeks.values()[(1, 2)].is_nan());
    let last = weeks.only(|time| time > 1.5).unwrap();
    assert_eq!(last.time(), [2.0, 3.0]);
    assert_eq!(last.values().column(0).to_vec(), [1.0, 2.0]);
}

/// Nobody is followed to the second time in one arm: no estimate there, one at the first.
#[test]
fn times_without_followed() {
    let states =
        [vec![true, true], vec![false, true], vec![true], vec![false], vec![true], vec![false]];
    let paths = OutcomePaths::states(&states, 2).unwrap();
    let assignment = Assignment::new(&[true, true, false, false, false, false]).unwrap();
    let effect = TreatmentEffect::randomised().fit(&assignment, &paths).unwrap();
    assert_eq!(effect.followed.treated, [2, 2]);
    assert_eq!(effect.followed.comparison, [4, 0]);
    assert_eq!(effect.difference[0].estimate, 0.0);
    assert!(effect.difference[1].estimate.is_nan() && effect.band.low[1].is_nan());
    assert_eq!(effect.without_estimate.len(), 1);
    assert_eq!(
        effect.without_estimate[0].error.to_string(),
        "time 2: 0 of the comparison arm are followed; a variance needs at least two"
    );
}
