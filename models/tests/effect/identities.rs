//! What must hold for any data.

use afgang_models::{
    Assignment, Design, EffectPath, Factor, OutcomeModel, OutcomePaths, Target, TreatmentEffect,
};

use crate::data::Persons;

fn methods() -> Vec<TreatmentEffect> {
    let by_covariates = [
        TreatmentEffect::weighted(),
        TreatmentEffect::regression(OutcomeModel::Linear),
        TreatmentEffect::regression(OutcomeModel::Logit),
        TreatmentEffect::doubly_robust(OutcomeModel::Linear),
        TreatmentEffect::doubly_robust(OutcomeModel::Logit),
    ];
    by_covariates
        .into_iter()
        .chain([TreatmentEffect::randomised(), TreatmentEffect::stratified()])
        .flat_map(|spec| [Target::All, Target::Treated].map(|target| spec.target(target)))
        .collect()
}

#[track_caller]
fn same(one: &EffectPath, two: &EffectPath, tolerance: f64) {
    for place in 0..one.time.len() {
        let (a, b) = (one.difference[place], two.difference[place]);
        assert!((a.estimate - b.estimate).abs() < tolerance, "{a:?} {b:?}");
        assert!((a.std_error - b.std_error).abs() < tolerance, "{a:?} {b:?}");
    }
    assert!((one.band.critical_value - two.band.critical_value).abs() < 1e3 * tolerance);
    assert!((one.band.p_value - two.band.p_value).abs() < 0.002);
}

/// The influence of a person is the derivative of the difference by the person's weight, times the weight; in randomised arms
/// without the factor for few persons, and in strata with shares as they are.
#[test]
fn influence_is_the_derivative_by_weight() {
    let persons = Persons::draw(70, 3);
    let paths = persons.paths();
    for spec in &methods()[..12] {
        let at = |weights: Vec<f64>| spec.fit(&persons.with_weights(weights), &paths).unwrap();
        let fit = at(persons.weights.clone());
        let randomised = fit.balance.is_none();
        for row in [0, 7, 31, 69] {
            let (weight, step) = (persons.weights[row], 1e-4 * persons.weights[row]);
            let moved = |change: f64| {
                let mut weights = persons.weights.clone();
                weights[row] += change;
                at(weights)
            };
            let (up, down) = (moved(step), moved(-step));
            for place in 0..3 {
                let slope = up.difference[place].estimate - down.difference[place].estimate;
                let followed = fit.followed.of(persons.treated[row])[place] as f64;
                let factor = if randomised { (followed / (followed - 1.0)).sqrt() } else { 1.0 };
                let want = factor * weight * slope / (2.0 * step);
                let got = fit.influence[(row, place)];
                assert!((got - want).abs() < 1e-8, "{spec:?} row {row}: {got:e}, {want:e}");
            }
        }
    }
}

/// Influences sum to 0, their squares to the variance, and the difference is that of the arms.
#[test]
fn sums_of_influences() {
    let persons = Persons::draw(90, 5);
    for spec in methods() {
        let fit = spec.fit(&persons.assignment(), &persons.paths()).unwrap();
        for place in 0..3 {
            let influence = fit.influence.column(place);
            assert!(influence.sum().abs() < 1e-12, "{spec:?}");
            let variance: f64 = influence.iter().map(|psi| psi * psi).sum();
            assert!((variance.sqrt() - fit.difference[place].std_error).abs() < 1e-15);
            let difference = fit.treated[place].estimate - fit.comparison[place].estimate;
            assert!((difference - fit.difference[place].estimate).abs() < 1e-15);
        }
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let persons = Persons::draw(80, 11);
    let order: Vec<usize> = (0..80).map(|row| (row * 37 + 5) % 80).collect();
    let permuted = persons.permuted(&order);
    for spec in methods() {
        let one = spec.fit(&persons.assignment(), &persons.paths()).unwrap();
        let two = spec.fit(&permuted.assignment(), &permuted.paths()).unwrap();
        same(&one, &two, 1e-11);
        for (place, &row) in order.iter().enumerate() {
            assert!((one.influence[(row, 1)] - two.influence[(place, 1)]).abs() < 1e-11);
        }
    }
}

/// A row of weight 0 is not there.
#[test]
fn rows_without_weight() {
    let persons = Persons::draw(150, 13);
    let rest: Vec<usize> = (0..150).filter(|row| row % 5 != 2).collect();
    let weights =
        (0..150).map(|row| if row % 5 == 2 { 0.0 } else { persons.weights[row] }).collect();
    let (all, some) = (persons.with_weights(weights), persons.permuted(&rest));
    for spec in methods() {
        let one = spec.fit(&all, &persons.paths()).unwrap();
        let two = spec.fit(&some.assignment(), &some.paths()).unwrap();
        same(&one, &two, 1e-11);
        assert_eq!((one.persons, &one.followed), (two.persons, &two.followed));
    }
}

#[test]
fn one_stratum_is_randomised() {
    let persons = Persons::draw(60, 17);
    let one_stratum = persons.assignment().with_strata(Factor::new(&["all"; 60])).unwrap();
    let paths = persons.paths();
    let stratified = TreatmentEffect::stratified().fit(&one_stratum, &paths).unwrap();
    let randomised = TreatmentEffect::randomised().fit(&one_stratum, &paths).unwrap();
    same(&stratified, &randomised, 1e-14);
}

/// With strata as the covariate all methods weight the strata's means by their shares.
#[test]
fn strata_as_the_covariate() {
    let persons = Persons::draw(120, 19);
    let strata = Factor::new(&persons.strata);
    let design = Design::builder().factor("stratum", strata.clone()).build().unwrap();
    let assignment = Assignment::new(&persons.treated)
        .unwrap()
        .with_strata(strata)
        .unwrap()
        .with_covariates(design)
        .unwrap();
    let whole = persons.values.mapv(|value| if value.is_nan() { 0.5 } else { value });
    let paths = OutcomePaths::new(vec![1.0, 2.0, 3.0], whole).unwrap();
    for target in [Target::All, Target::Treated] {
        let want = TreatmentEffect::stratified().target(target).fit(&assignment, &paths).unwrap();
        for spec in &methods()[..10] {
            let got = spec.target(target).fit(&assignment, &paths).unwrap();
            for (got, want) in got.difference.iter().zip(&want.difference) {
                assert!((got.estimate - want.estimate).abs() < 1e-11, "{spec:?}");
            }
        }
    }
}

/// Each person twice, once in each arm: covariates are balanced, and adjustment changes nothing in the difference.
#[test]
fn balanced_covariates() {
    let persons = Persons::draw(50, 23);
    let twice: Vec<usize> = (0..50).chain(0..50).collect();
    let mut both = persons.permuted(&twice);
    both.treated = (0..100).map(|row| row < 50).collect();
    both.weights = vec![1.0; 100];
    for row in 0..50 {
        for time in 0..3 {
            let value = both.values[(row, time)];
            both.values[(row, time)] = if value.is_nan() { 0.25 } else { (value + 0.3).min(1.0) };
            if both.values[(row + 50, time)].is_nan() {
                both.values[(row + 50, time)] = 0.75;
            }
        }
    }
    let (assignment, paths) = (both.assignment(), both.paths());
    let want = TreatmentEffect::randomised().fit(&assignment, &paths).unwrap();
    for spec in methods() {
        let got = spec.fit(&assignment, &paths).unwrap();
        for (got, want) in got.difference.iter().zip(&want.difference) {
            assert!((got.estimate - want.estimate).abs() < 1e-11, "{spec:?}");
        }
        if let Some(balance) = got.balance {
            assert!(balance.rows.iter().all(|row| row.difference_before.abs() < 1e-12));
            assert!(balance.largest_after() < 1e-9);
        }
    }
}

/// Columns that others determine among all persons change nothing.
#[test]
fn a_column_twice() {
    let persons = Persons::draw(80, 29);
    let again = persons.age.iter().map(|age| 3.0 - 2.0 * age).collect();
    let twice = Design::builder()
        .numeric("age", persons.age.clone())
        .factor("stratum", Factor::new(&persons.strata))
        .numeric("age again", again)
        .numeric("one", vec![1.0; 80])
        .build()
        .unwrap();
    let more = persons.assignment().with_covariates(twice).unwrap();
    for spec in methods() {
        let one = spec.fit(&persons.assignment(), &persons.paths()).unwrap();
        let two = spec.fit(&more, &persons.paths()).unwrap();
        same(&one, &two, 1e-10);
    }
}

/// The band holds more than pointwise intervals, less than Bonferroni's, and is theirs at a single time.
#[test]
fn the_band_lies_between() {
    let persons = Persons::draw(200, 31);
    let fit = TreatmentEffect::weighted().fit(&persons.assignment(), &persons.paths()).unwrap();
    // Normal quantiles of 0.975 and 1 - 0.025/3, and three standard errors of 1999 draws.
    assert!((1.98..2.5).contains(&fit.band.critical_value), "{}", fit.band.critical_value);
    let one = persons.paths().only(|time| time < 5.0).unwrap();
    let fit = TreatmentEffect::weighted().fit(&persons.assignment(), &one).unwrap();
    assert!((fit.band.critical_value - 1.96).abs() < 0.08, "{}", fit.band.critical_value);
    // Its supremum has the p-value of a normal number, but for 1999 draws.
    let z = fit.band.supremum;
    assert!((z - (fit.difference[0].estimate / fit.difference[0].std_error).abs()).abs() < 1e-15);
    let again = TreatmentEffect::weighted().fit(&persons.assignment(), &one).unwrap();
    assert_eq!(fit.band, again.band);
}
