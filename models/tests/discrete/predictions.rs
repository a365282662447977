//! Hazards, survival and incidence of profiles: against Kaplan–Meier and Aalen–Johansen, and against differences.

use afgang_models::{
    AalenJohansen, Clock, Design, DiscreteFit, DiscreteHazard, Interval, KaplanMeier, Link,
    Profile, Shape, Spells, Variance, Weights,
};

use crate::data::read;

#[track_caller]
fn near(what: &str, got: f64, want: f64) {
    assert!(
        (got - want).abs() < 1e-10 || got.is_nan() && want.is_nan(),
        "{what}: {got} is not {want}"
    );
}

/// A parameter a time and no covariates: Kaplan–Meier with Greenwood's variance, intervals and counts.
#[test]
fn saturated_is_kaplan_meier() {
    for case in &read().single {
        let spells = case.data.spells(false);
        if spells.weights() != &Weights::None {
            continue;
        }
        let design = Design::builder().rows(spells.len()).build().unwrap();
        let fit = DiscreteHazard::new().fit(&spells, &design).unwrap();
        for interval in [Interval::Log, Interval::Plain] {
            let curve = fit.survival(&Profile::new(vec![]), interval).unwrap();
            let table = spells.table().unwrap();
            let want = KaplanMeier::new().interval(interval).fit(&table).unwrap();
            for (row, &time) in want.time.iter().enumerate() {
                let place = curve.time.iter().position(|&t| t == time).unwrap();
                near("at risk", curve.n_risk[place], want.n_risk[row]);
                near("events", curve.n_event[place], want.n_event[row]);
                near("survival", curve.estimate[place], want.estimate[row]);
                if want.estimate[row] > 0.0 {
                    near("error", curve.std_error[place], want.std_error[row]);
                    near("low", curve.conf_low[place], want.conf_low[row]);
                    near("high", curve.conf_high[place], want.conf_high[row]);
                }
            }
        }
    }
}

/// Several exits without covariates: Aalen–Johansen with Greenwood's variance.
#[test]
fn saturated_is_aalen_johansen() {
    let answers = read();
    let spells = answers.several[0].data.spells(false);
    let design = Design::builder().rows(spells.len()).build().unwrap();
    let fit = DiscreteHazard::new().fit_exits(&spells, &design).unwrap();
    let curves = fit.incidence(&Profile::new(vec![]), Interval::LogLog).unwrap();
    let spec = AalenJohansen::new().variance(Variance::Greenwood).interval(Interval::LogLog);
    let want = spec.fit(&spells.table().unwrap()).unwrap();
    for (curve, want) in curves.iter().zip(&want) {
        assert_eq!(curve.time, want.time);
        for row in 0..want.len() {
            near("incidence", curve.estimate[row], want.estimate[row]);
            near("error", curve.std_error[row], want.std_error[row]);
            near("low", curve.conf_low[row], want.conf_low[row]);
            near("high", curve.conf_high[row], want.conf_high[row]);
            near("events", curve.n_event[row], want.n_event[row]);
            near("censored", curve.n_censor[row], want.n_censor[row]);
        }
    }
}

/// Everything that is predicted for a profile.
fn predicted(fit: &DiscreteFit, profile: &Profile) -> Vec<(f64, f64)> {
    let mut curves = fit.hazards(profile, Interval::Plain).unwrap();
    curves.push(fit.survival(profile, Interval::Plain).unwrap());
    curves.extend(fit.incidence(profile, Interval::Plain).unwrap());
    let values = |curve: &afgang_models::Curve| {
        let pairs = curve.estimate.iter().copied().zip(curve.std_error.iter().copied());
        pairs.collect::<Vec<_>>()
    };
    curves.iter().flat_map(values).collect()
}

/// A prediction moves with the weight of a row as its influence says; squared and added up that is its robust variance.
#[test]
fn variances_are_those_of_finite_differences() {
    let answers = read();
    let (case, several) = (&answers.several[1], true);
    for (spec, case, several) in [
        (DiscreteHazard::new().baseline(Shape::Polynomial(2)), case, several),
        (DiscreteHazard::new().link(Link::CLogLog), &answers.single[5], false),
    ] {
        // Every seventh row, so that there are not too many fits.
        let (spells, design) = thinned(case, 7);
        let profile = Profile::new(design.row(3).unwrap());
        let fit = |weights: &[f64]| {
            let spells = spells.clone().with_weights(Weights::Sampling(weights.to_vec())).unwrap();
            let spec = spec.clone().tolerance(1e-12);
            if several { spec.fit_exits(&spells, &design) } else { spec.fit(&spells, &design) }
        };
        let ones = vec![1.0; spells.len()];
        let at = predicted(&fit(&ones).unwrap(), &profile);
        let mut variances = vec![0.0; at.len()];
        let step = 1e-3;
        for row in 0..spells.len() {
            let moved = |by: f64| {
                let mut weights = ones.clone();
                weights[row] += by;
                predicted(&fit(&weights).unwrap(), &profile)
            };
            for (variance, (up, down)) in
                variances.iter_mut().zip(moved(step).iter().zip(moved(-step)))
            {
                *variance += ((up.0 - down.0) / (2.0 * step)).powi(2);
            }
        }
        for ((_, error), variance) in at.iter().zip(variances) {
            let want = f64::sqrt(variance);
            assert!((error - want).abs() <= 1e-4 * want + 1e-9, "{error} is not {want}");
        }
    }
}

fn thinned(case: &crate::data::Case, every: usize) -> (Spells, Design) {
    let (spells, design) = (case.data.spells(false), case.design());
    let rows: Vec<usize> = (0..spells.len()).step_by(every).collect();
    let exit = rows.iter().map(|&row| spells.exit()[row]).collect();
    let cause = rows.iter().map(|&row| spells.cause()[row]).collect();
    let entry = rows.iter().map(|&row| spells.entry(row)).collect();
    let column = |k: usize| rows.iter().map(|&row| design.row(row).unwrap()[k]).collect();
    let names = design.column_names().iter().enumerate();
    let design = names.fold(Design::builder(), |of, (k, name)| of.numeric(name, column(k)));
    let spells = Spells::new(spells.n_causes(), exit, cause).unwrap().with_entry(entry).unwrap();
    (spells, design.build().unwrap())
}

#[test]
fn everybody_is_somewhere() {
    for case in &read().several {
        let spec = DiscreteHazard::new().baseline(Shape::NaturalSpline(2));
        let fit = spec.fit_exits(&case.data.spells(true), &case.design()).unwrap();
        let profile = Profile::new(case.design().row(5).unwrap()).with_offset(0.3);
        let survival = fit.survival(&profile, Interval::Log).unwrap();
        let incidence = fit.incidence(&profile, Interval::Log).unwrap();
        for row in 0..survival.len() {
            let sum: f64 = incidence.iter().map(|curve| curve.estimate[row]).sum();
            near("sum", survival.estimate[row] + sum, 1.0);
        }
    }
}

/// The hazard at a time of a clock is that of the linear predictor; the curve ends with the clock.
#[test]
fn clocks_of_a_profile() {
    let cause = [1, 0, 0, 0, 1, 1, 0, 0].map(|event| (event == 1).then_some(0));
    let spells = Spells::new(1, vec![1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0], cause.to_vec());
    let month = Clock::new("month", vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    let spec = DiscreteHazard::new()
        .baseline(Shape::Polynomial(0))
        .clock(month.shape(Shape::Polynomial(1)));
    let design = Design::builder().rows(8).build().unwrap();
    let fit = spec.fit(&spells.unwrap(), &design).unwrap();
    let of = |name: &str| fit.exits[0].coefficient(name).unwrap().estimate.estimate;
    let profile = |start: f64| Profile::new(vec![]).with_starts(vec![start]);
    let hazards = &fit.hazards(&profile(0.0), Interval::Log).unwrap()[0];
    for (row, month) in [(0, 1.0), (1, 2.0)] {
        let eta = of("intercept") + month * of("month");
        near("hazard", hazards.estimate[row], 1.0 / (1.0 + (-eta).exp()));
    }
    assert_eq!(fit.hazards(&profile(2.0), Interval::Log).unwrap()[0].len(), 1);
    assert_eq!(
        fit.hazards(&profile(3.0), Interval::Log).unwrap_err().to_string(),
        "clock month: from a start at 3 it is 4 at time 1, where curves begin, and its values in the data are 1 to 3; give a start \
         from 0 to 2"
    );
    assert_eq!(
        fit.hazards(&Profile::new(vec![]), Interval::Log).unwrap_err().to_string(),
        "0 starts of clocks given, the model has 1 clocks beside the duration"
    );
}
