//! Fits do not depend on the origin and the scale of columns, nor on the scale of sampling weights; and a stratum without an event has
//! predictions.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]
#![expect(clippy::float_cmp, reason = "what stays as it began is equal to the last bit")]

use afgang_models::{
    Coefficient, Cox, Design, DiscreteHazard, Error, Estimate, Factor, FineGray, Interval,
    Logistic, LogisticFit, Outcomes, Profile, Shape, Spells, ValuesAt, Weights,
};

/// Rows of the data, a number that is no multiple of anything below.
const N: usize = 211;

/// Whole numbers from 18 to 72, without a pattern.
fn age() -> Vec<f64> {
    (0..N).map(|row| (18 + row * row * 7 % 53 + row % 3) as f64).collect()
}

fn decades() -> Vec<f64> {
    age().iter().map(|age| (age / 10.0).floor()).collect()
}

fn sex() -> Vec<f64> {
    (0..N).map(|row| (row * 5 % 7 % 2) as f64).collect()
}

/// A third of the rows or so, the old a little more often.
fn events() -> Vec<bool> {
    let age = age();
    (0..N).map(|row| (row * 31 % 97) as f64 + age[row] / 4.0 > 65.0).collect()
}

fn exits() -> Vec<f64> {
    (0..N).map(|row| (1 + row * 13 % 11) as f64).collect()
}

fn cause() -> Vec<Option<usize>> {
    let of = |(row, event): (usize, bool)| event.then_some(usize::from(row % 4 == 0));
    events().into_iter().enumerate().map(of).collect()
}

fn any_cause() -> Vec<Option<usize>> {
    events().into_iter().map(|event| event.then_some(0)).collect()
}

fn design(columns: &[(&str, Vec<f64>)]) -> Design {
    let add = Design::builder();
    columns.iter().fold(add, |add, (name, of)| add.numeric(*name, of.clone())).build().unwrap()
}

#[track_caller]
fn near(got: f64, want: f64, part: f64) {
    assert!((got - want).abs() <= part * want.abs(), "{got:e} is not {want:e}");
}

/// Estimate, standard error, limits and statistic, each `by` times as large.
#[track_caller]
fn alike(got: &Coefficient, want: &Coefficient, by: f64, part: f64) {
    let numbers = |of: &Coefficient| {
        let Estimate { estimate, std_error, conf_low, conf_high, .. } = of.estimate;
        [estimate, std_error, conf_low, conf_high]
    };
    let size = numbers(want).into_iter().fold(0.0, |a: f64, b| a.max(b.abs())) * by;
    for (got, want) in numbers(got).into_iter().zip(numbers(want)) {
        assert!((got - by * want).abs() <= part * size, "{got:e} is not {:e}", by * want);
    }
    near(got.statistic, want.statistic, part * 1e2);
}

fn firth(columns: &[(&str, Vec<f64>)]) -> LogisticFit {
    let outcomes = Outcomes::new(&events()).unwrap();
    Logistic::new().firth(true).fit(&outcomes, &design(columns)).unwrap()
}

#[test]
fn profiles_do_not_depend_on_the_origin() {
    let year = |origin: f64| age().iter().map(|age| origin - age / 10.0).collect();
    let near_0 = firth(&[("year", year(4.0)), ("sex", sex())]);
    let far = firth(&[("year", year(2004.0)), ("sex", sex())]);
    for column in ["year", "sex"] {
        let [got, want] = [&far, &near_0].map(|of| of.coefficient(column).unwrap());
        alike(got, want, 1.0, 1e-6);
        assert!(got.estimate.conf_low < got.estimate.estimate);
        assert!(got.estimate.conf_high > got.estimate.estimate);
    }
    // Far away the constant is the slope over 2000 years, but for what it was before, some of its errors.
    let [constant, slope] = [&far.coefficients[0], &far.coefficients[1]].map(|of| of.estimate);
    let error = slope.std_error;
    assert!((constant.conf_low / -2000.0 - slope.conf_high).abs() < 0.02 * error, "{constant:?}");
    assert!((constant.conf_high / -2000.0 - slope.conf_low).abs() < 0.02 * error, "{constant:?}");
}

/// Powers of a number are nearly collinear. Those of the number about its middle are less so, and have the same highest coefficient
/// save for the unit.
#[test]
fn powers_have_a_maximum() {
    let powers = |middle: f64, unit: f64| -> Vec<(&str, Vec<f64>)> {
        let power = |k: i32| age().iter().map(|age| ((age - middle) / unit).powi(k)).collect();
        ["a1", "a2", "a3", "a4", "a5"].into_iter().zip((1..6).map(power)).collect()
    };
    let (raw, middle) = (powers(0.0, 1.0), powers(45.0, 20.0));
    let by = 20.0_f64.powi(-5);
    let outcomes = Outcomes::new(&events()).unwrap();
    let penalised = Logistic::new().firth(true).wald(true);
    let [got, want] = [&raw, &middle].map(|of| penalised.fit(&outcomes, &design(of)).unwrap());
    alike(&got.coefficients[5], &want.coefficients[5], by, 1e-3);
    let [got, want] = [&raw, &middle].map(|of| Logistic::new().fit(&outcomes, &design(of)));
    let (got, want) = (got.unwrap(), want.unwrap());
    near(got.log_likelihood, want.log_likelihood, 1e-10);
    alike(&got.coefficients[5], &want.coefficients[5], by, 1e-3);
    let spells = Spells::new(1, exits(), any_cause()).unwrap();
    let [got, want] = [&raw, &middle].map(|of| Cox::new().fit(&spells, &design(of)));
    let (got, want) = (got.unwrap(), want.unwrap());
    near(got.log_likelihood, want.log_likelihood, 1e-10);
    alike(&got.coefficients[4], &want.coefficients[4], by, 1e-3);
}

/// A number beside almost the same number: the sum of the two coefficients is that of the number, the second that of the difference.
#[test]
fn almost_the_same_column_has_a_maximum() {
    let small: Vec<f64> = (0..N).map(|row| ((row * 37 % 11) as f64 - 5.0) * 1e-4).collect();
    let twin: Vec<f64> = age().iter().zip(&small).map(|(age, small)| age + small).collect();
    let spells = Spells::new(1, exits(), any_cause()).unwrap();
    let fit = |name, column: &[f64]| {
        Cox::new().fit(&spells, &design(&[("age", age()), (name, column.to_vec())])).unwrap()
    };
    let (got, want) = (fit("twin", &twin), fit("difference", &small));
    near(got.log_likelihood, want.log_likelihood, 1e-11);
    alike(&got.coefficients[1], &want.coefficients[1], 1.0, 1e-4);
    let [age, twin] = [0, 1].map(|k| got.coefficients[k].estimate.estimate);
    near(age, want.coefficients[0].estimate.estimate - twin, 1e-4);
}

#[test]
fn sampling_weights_have_no_scale() {
    let weights =
        |by: f64| Weights::Sampling((0..N).map(|row| by * (1 + row % 5) as f64).collect());
    let x = design(&[("age", age()), ("sex", sex())]);
    let fits = |by: f64| -> Vec<Vec<Coefficient>> {
        let outcomes = Outcomes::new(&events()).unwrap().with_weights(weights(by)).unwrap();
        let spells = Spells::new(2, exits(), cause()).unwrap().with_weights(weights(by)).unwrap();
        let hazard = DiscreteHazard::new().baseline(Shape::Polynomial(1)).cause(0);
        vec![
            Logistic::new().fit(&outcomes, &x).unwrap().coefficients,
            hazard.fit(&spells, &x).unwrap().exits[0].coefficients.clone(),
            Cox::new().cause(0).fit(&spells, &x).unwrap().coefficients,
            FineGray::new(0).fit(&spells, &x).unwrap().coefficients,
        ]
    };
    let want = fits(1.0);
    for by in [1e-12, 1e12] {
        for (got, want) in fits(by).iter().flatten().zip(want.iter().flatten()) {
            alike(got, want, 1.0, 1e-9);
        }
    }
    // What is separated is so on any scale, wholly or in part.
    for by in [1e-12, 1.0] {
        let complete = |events: Vec<bool>| {
            let outcomes = Outcomes::new(&events).unwrap().with_weights(weights(by)).unwrap();
            match Logistic::new().fit(&outcomes, &design(&[("age", decades())])) {
                Err(Error::Separation { terms, complete }) => {
                    assert_eq!(terms, ["age"]);
                    complete
                }
                other => panic!("{other:?}"),
            }
        };
        assert!(complete(decades().iter().map(|age| *age > 4.0).collect()));
        let half = |(row, age): (usize, &f64)| *age > 4.0 || (*age > 3.0 && row % 2 == 0);
        assert!(!complete(decades().iter().enumerate().map(half).collect()));
    }
}

/// Those of stratum b leave at 4, 6 and 6 without an event: at the end two are at risk.
#[test]
fn a_stratum_without_an_event_stays_as_it_began() {
    let exit = vec![1.0, 2.0, 3.0, 4.0, 4.0, 6.0, 6.0];
    let cause = vec![Some(0), Some(0), Some(1), None, None, None, None];
    let spells = Spells::new(2, exit, cause).unwrap();
    let stratum = Factor::new(&["a", "a", "a", "a", "b", "b", "b"]);
    let x = vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    let design = Design::builder().numeric("x", x).strata("s", stratum).build().unwrap();
    let b = Profile::new(vec![1.0]).in_stratum(1);
    let cox = Cox::new().cause(0).fit(&spells, &design).unwrap();
    let fine_gray = FineGray::new(0).fit(&spells, &design).unwrap();
    let curves = [
        (1.0, cox.survival(&b, Interval::Log).unwrap()),
        (0.0, cox.cumulative_hazard(&b, Interval::Log).unwrap()),
        (0.0, fine_gray.incidence(&b, Interval::LogLog).unwrap()),
        (0.0, fine_gray.cumulative_hazard(&b, Interval::Log).unwrap()),
    ];
    for (start, curve) in curves {
        assert_eq!((&curve.time[..], &curve.n_risk[..]), (&[6.0][..], &[2.0][..]));
        assert_eq!((&curve.n_event[..], &curve.n_censor[..]), (&[0.0][..], &[2.0][..]));
        for time in [0.0, 5.0, 6.0] {
            let point = curve.point(time);
            let numbers = [point.estimate, point.std_error, point.conf_low, point.conf_high];
            assert_eq!(numbers, [start, 0.0, start, start], "at {time}");
        }
        assert!(curve.at(6.1).is_nan());
    }
    // Both causes leave in stratum a only.
    let exit = vec![1.0, 2.0, 2.5, 3.0, 3.5, 4.0, 4.0, 6.0, 6.0];
    let cause = vec![Some(0), Some(0), Some(1), Some(1), None, None, None, None, None];
    let spells = Spells::new(2, exit, cause).unwrap();
    let stratum = Factor::new(&["a", "a", "a", "a", "a", "a", "b", "b", "b"]);
    let x = vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    let design = Design::builder().numeric("x", x).strata("s", stratum).build().unwrap();
    let fits = Cox::new().fit_causes(&spells, &design).unwrap();
    for curve in fits.incidence(&b, Interval::Log).unwrap() {
        assert_eq!((&curve.time[..], &curve.n_risk[..]), (&[6.0][..], &[2.0][..]));
        assert_eq!([curve.at(0.0), curve.at(6.0)], [0.0; 2]);
    }
}

/// One of weight w = 1e12 leaves, one of weight 1 stays: S = 1/(w + 1), and weights times influences are -w/(w + 1)^2 and w/(w + 1)^2.
#[test]
fn values_keep_their_digits_where_survival_is_near_0() {
    let weight = 1e12;
    let group = [0, 0, 1, 1];
    let spells = Spells::new(1, vec![1.0, 2.0, 1.0, 2.0], vec![Some(0), None, Some(0), None])
        .and_then(|spells| spells.with_weights(Weights::Sampling(vec![weight, 1.0, 1.0, 1.0])))
        .unwrap();
    let values = ValuesAt::new(1.5).fit_groups(&spells, &group).unwrap();
    let (survival, std_error) = values.survival.get(0).unwrap();
    assert!((survival * (weight + 1.0) - 1.0).abs() < 1e-14, "{survival}");
    let want = 2.0_f64.sqrt() * weight / (weight + 1.0).powi(2);
    assert!((std_error / want - 1.0).abs() < 1e-12, "{std_error}");
}
