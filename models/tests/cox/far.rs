//! Profiles far from the data: on the scale of logarithms nothing is lost.

use afgang_models::{Cox, Design, Error, FineGray, Interval, Profile, Spells};

/// The smaller x, the earlier cause 0 leaves, and the later cause 1, whose first is the first of all.
fn spells() -> (Spells, Design) {
    let exit = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
    let cause = [1, 0, 0, 0, 1, 1, 0, 1, 0, 1].map(Some).to_vec();
    let x = vec![1.5, -1.0, 0.5, -2.0, 2.0, 1.0, 1.5, 0.0, 2.0, -0.5];
    let design = Design::builder().numeric("x", x).build().unwrap();
    (Spells::new(2, exit, cause).unwrap(), design)
}

fn profile(x: f64) -> Profile {
    Profile::new(vec![x])
}

#[track_caller]
fn near(what: &str, got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance * want.abs(), "{what}: {got:e} is not {want:e}");
}

/// A function of x that is a polynomial of degree 2, beyond 0, 1 and 2.
fn quadratic([a, b, c]: [f64; 3], x: f64) -> f64 {
    a + (b - a) * x + (c - 2.0 * b + a) * x * (x - 1.0) / 2.0
}

/// log Λ is linear in x, and its variance Σ(...) + (x - x̄)' V (x - x̄) a polynomial of degree 2: both are told by three profiles
/// among the data.
#[test]
fn hazards_and_their_intervals_go_on_in_logarithms() {
    let (spells, design) = spells();
    let cox = Cox::new().cause(1).fit(&spells, &design).unwrap();
    let fine_gray = FineGray::new(1).fit(&spells, &design).unwrap();
    let z = 1.959_963_984_540_054;
    let curve = |of: &str, x: f64| match of {
        "cox" => cox.cumulative_hazard(&profile(x), Interval::LogLog).unwrap(),
        _ => fine_gray.cumulative_hazard(&profile(x), Interval::Log).unwrap(),
    };
    for of in ["cox", "fine and gray"] {
        for x in [-400.0, -100.0, 100.0, 400.0] {
            let (far, inside) = (curve(of, x), [0.0, 1.0, 2.0].map(|x| curve(of, x)));
            for row in 0..far.len() - 1 {
                let log = quadratic(inside.each_ref().map(|of| of.estimate[row].ln()), x);
                let relative = |k: usize| inside[k].std_error[row] / inside[k].estimate[row];
                let error = quadratic([0, 1, 2].map(|k| relative(k).powi(2)), x).sqrt();
                let what = format!("{of}, x {x}, row {row}");
                near(&what, far.estimate[row].ln(), log, 1e-9);
                near(&what, far.std_error[row] / far.estimate[row], error, 1e-6);
                near(&what, far.conf_low[row].ln(), log - z * error, 1e-6);
                near(&what, far.conf_high[row].ln(), log + z * error, 1e-6);
            }
        }
    }
    // A small hazard is the incidence, and the survival 1 with the limits of its hazard.
    let x = if cox.coefficients[0].estimate.estimate > 0.0 { -150.0 } else { 150.0 };
    let hazard = curve("cox", x);
    assert!(hazard.estimate[0] < 1e-20);
    let survival = cox.survival(&profile(x), Interval::LogLog).unwrap();
    assert_eq!((survival.estimate[0], survival.conf_low[0]), (1.0, (-hazard.conf_high[0]).exp()));
    let x = if fine_gray.coefficients[0].estimate.estimate > 0.0 { -150.0 } else { 150.0 };
    let hazard = curve("fine and gray", x);
    assert!(hazard.estimate[0] < 1e-20);
    let incidence = fine_gray.incidence(&profile(x), Interval::Log).unwrap();
    near("incidence", incidence.std_error[0], hazard.std_error[0], 1e-12);
    near("limit", incidence.conf_low[0], hazard.conf_low[0], 1e-12);
}

/// Far out the first event of cause 1 is all of it that comes before cause 0 has taken everybody, so that its incidence and its
/// error are those of its hazard at that time, at every time.
#[test]
fn an_incidence_near_0_has_the_error_of_its_hazard() {
    let (spells, design) = spells();
    let fits = Cox::new().fit_causes(&spells, &design).unwrap();
    let beta = [0, 1].map(|cause: usize| fits.causes[cause].coefficients[0].estimate.estimate);
    assert!(beta[0] < 0.0 && beta[1] > 0.0, "{beta:?}");
    for x in [-50.0, -100.0, -300.0] {
        let hazard = fits.causes[1].cumulative_hazard(&profile(x), Interval::Log).unwrap();
        let curve = &fits.incidence(&profile(x), Interval::Log).unwrap()[1];
        assert!(curve.estimate[0] < 1e-8);
        for row in 0..curve.len() {
            near("estimate", curve.estimate[row], hazard.estimate[0], 1e-9);
            near("error", curve.std_error[row], hazard.std_error[0], 1e-9);
            near("low", curve.conf_low[row].ln(), hazard.conf_low[0].ln(), 1e-9);
            // No probability is above 1.
            near("high", curve.conf_high[row].ln(), hazard.conf_high[0].ln().min(0.0), 1e-9);
        }
        // The other cause is what is left: its error is as large.
        let other = &fits.incidence(&profile(x), Interval::Plain).unwrap()[0];
        let last = other.len() - 1;
        assert!((other.estimate[last] - 1.0).abs() < 1e-8);
        near("what is left", other.std_error[last], hazard.std_error[0], 1e-6);
    }
}

#[test]
fn what_no_double_holds_is_said() {
    let (spells, design) = spells();
    let fits = Cox::new().fit_causes(&spells, &design).unwrap();
    for x in [-1e6, 1e6] {
        let refused = |error: Error| match error {
            Error::HazardBeyondDouble { logarithm } => assert!(logarithm.abs() > 700.0),
            other => panic!("{other}"),
        };
        refused(fits.causes[0].cumulative_hazard(&profile(x), Interval::Log).unwrap_err());
        refused(fits.causes[0].survival(&profile(x), Interval::Log).unwrap_err());
        refused(fits.incidence(&profile(x), Interval::Log).unwrap_err());
    }
    let log = Error::HazardBeyondDouble { logarithm: 812.34 }.to_string();
    assert!(
        log.starts_with("the cumulative hazard of the profile is e^812, which no double holds")
    );
}

/// Years count from 0 or from 2000: the same model, and the same hazards of a profile of the same year.
#[test]
fn years_count_from_anywhere() {
    let (spells, _) = spells();
    let of = |first: f64| {
        let year = [15.0, 11.0, 13.0, 12.0, 19.0, 14.0, 16.0, 12.0, 17.0, 13.0];
        let design = Design::builder().numeric("x", year.map(|year| first + year).to_vec());
        let fit = Cox::new().cause(0).fit(&spells, &design.build().unwrap()).unwrap();
        fit.cumulative_hazard(&profile(first + 15.0), Interval::Log).unwrap()
    };
    let (near_0, calendar) = (of(0.0), of(2000.0));
    for row in 0..near_0.len() {
        near("hazard", calendar.estimate[row], near_0.estimate[row], 1e-9);
        near("error", calendar.std_error[row], near_0.std_error[row], 1e-9);
    }
}
