//! The hand-size cases of the validation vignette of R's `survival`, with their closed forms.

use afgang_models::{
    Cox, CoxFit, Design, Error, Interval, PartialLikelihood, Profile, Spells, Ties, Weights,
};

/// Test data 1: exit, event, x.
fn first() -> (Spells, Design) {
    let cause = [1, 0, 1, 1, 0, 1].map(|event| (event == 1).then_some(0));
    let spells = Spells::new(1, vec![1.0, 1.0, 6.0, 6.0, 8.0, 9.0], cause.to_vec()).unwrap();
    (spells, numeric(&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]))
}

/// Test data 2: late entry.
fn second() -> (Spells, Design) {
    let entry = [1.0, 2.0, 5.0, 2.0, 1.0, 7.0, 3.0, 4.0, 8.0, 8.0];
    let exit = [2.0, 3.0, 6.0, 7.0, 8.0, 9.0, 9.0, 9.0, 14.0, 17.0];
    let cause = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0].map(|event| (event == 1).then_some(0));
    let spells = Spells::new(1, exit.to_vec(), cause.to_vec()).unwrap();
    let x = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0];
    (spells.with_entry(entry.to_vec()).unwrap(), numeric(&x))
}

/// Test data 3: weights.
fn third() -> (Spells, Design) {
    let exit = vec![1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 4.0, 5.0];
    let cause = [1, 0, 1, 1, 1, 0, 0, 1, 0].map(|event| (event == 1).then_some(0));
    let weights = vec![1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, 2.0, 1.0];
    let spells = Spells::new(1, exit, cause.to_vec()).unwrap();
    let x = [2.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
    (spells.with_weights(Weights::Sampling(weights)).unwrap(), numeric(&x))
}

fn numeric(x: &[f64]) -> Design {
    Design::builder().numeric("x", x.to_vec()).build().unwrap()
}

fn at(spec: Cox, (spells, design): &(Spells, Design), beta: f64) -> PartialLikelihood {
    spec.partial_likelihood(spells, design, &[beta]).unwrap()
}

fn fit(spec: Cox, (spells, design): &(Spells, Design)) -> CoxFit {
    spec.fit(spells, design).unwrap()
}

#[track_caller]
fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-13 * want.abs().max(1.0), "{got} is not {want}");
}

/// Values that the vignette prints.
#[track_caller]
fn printed(got: f64, want: f64, half_a_digit: f64) {
    assert!((got - want).abs() <= half_a_digit, "{got} is not {want}");
}

#[test]
fn first_data_breslow() {
    let spec = Cox::new().ties(Ties::Breslow);
    // l(b) = 2 b - log(3 r + 3) - 2 log(r + 3).
    let null = at(spec, &first(), 0.0);
    near(null.log_likelihood, -(6.0_f64.ln() + 2.0 * 4.0_f64.ln()));
    near(null.score[0], 1.0);
    near(null.information[(0, 0)], 1.0 / 4.0 + 2.0 * 3.0 / 16.0);
    let of = fit(spec, &first());
    near(of.coefficients[0].estimate.estimate, f64::midpoint(3.0, 33.0_f64.sqrt()).ln());
    assert_eq!((of.counts.rows, of.counts.spells, of.counts.events), (6, 6.0, 4.0));
    assert_eq!((of.counts.event_times, of.counts.patterns, of.counts.cells), (3, 2, 6));
}

#[test]
fn first_data_efron() {
    // l(b) = 2 b - log(3 r + 3) - log(r + 3) - log((r + 5) / 2).
    let null = at(Cox::new(), &first(), 0.0);
    near(null.log_likelihood, -(6.0_f64.ln() + 4.0_f64.ln() + 3.0_f64.ln()));
    near(null.score[0], 52.0 / 48.0);
    near(null.information[(0, 0)], 83.0 / 144.0);
    let of = fit(Cox::new(), &first());
    // The maximum is the positive root of r^3 - 23 r - 30.
    let r = of.coefficients[0].estimate.estimate.exp();
    near(r.powi(3) / 23.0, r + 30.0 / 23.0);
    printed(of.coefficients[0].estimate.estimate, 1.676_857, 5e-7);
    near(of.log_likelihood, 2.0 * r.ln() - ((3.0 * r + 3.0) * (r + 3.0) * (r + 5.0) / 2.0).ln());
    printed(of.log_likelihood, -3.358_979, 5e-6);
    printed(of.model_covariance[(0, 0)].recip(), 0.612_632, 5e-7);
}

#[test]
fn first_data_exact_has_no_maximum() {
    let spec = Cox::new().ties(Ties::Exact);
    // One of six leaves at 1, two of four at 6.
    let null = at(spec, &first(), 0.0);
    near(null.log_likelihood, -2.0 * 6.0_f64.ln());
    let far = at(spec, &first(), 40.0);
    near(far.log_likelihood, -2.0 * 3.0_f64.ln());
    let (spells, design) = first();
    let error = spec.fit(&spells, &design).unwrap_err();
    assert_eq!(error, Error::MonotoneLikelihood { terms: vec!["x".to_owned()] });
}

#[test]
fn second_data() {
    let breslow = Cox::new().ties(Ties::Breslow);
    let null = at(breslow, &second(), 0.0);
    near(null.score[0], -2.0 / 15.0);
    near(null.information[(0, 0)], 2821.0 / 1800.0);
    let of = fit(breslow, &second());
    printed(of.coefficients[0].estimate.estimate.exp(), 0.918_947_7, 5e-8);
    let of = fit(Cox::new(), &second());
    printed(of.coefficients[0].estimate.estimate, -0.021_11, 6e-6);
    printed(of.coefficients[0].estimate.std_error, 0.795_18, 6e-6);
    let (spells, _) = second();
    let concordance = of.concordance(&spells).unwrap();
    printed(concordance.estimate, 0.526, 5e-4);
    printed(concordance.std_error, 0.129, 5e-4);
}

#[test]
fn third_data() {
    let null = at(Cox::new(), &third(), 0.0);
    printed(null.log_likelihood, -30.292_18, 5e-6);
    printed(null.score[0], 2.148_183, 5e-7);
    printed(null.information[(0, 0)], 2.929_182, 5e-7);
    let of = fit(Cox::new().robust(false), &third());
    printed(of.coefficients[0].estimate.estimate, 0.872_604_25, 5e-9);
    printed(of.log_likelihood, -29.416_78, 5e-6);
    printed(of.model_covariance[(0, 0)].recip(), 1.969_447, 5e-7);
    // Martingale residuals with Breslow's ties.
    let breslow = fit(Cox::new().ties(Ties::Breslow).robust(false), &third());
    let residuals = [
        0.855_31, -0.025_93, 0.176_36, 0.176_36, 0.651_31, -0.823_64, -0.348_69, -0.648_94,
        -0.698_08,
    ];
    for (got, want) in breslow.martingale_residuals().iter().zip(residuals) {
        printed(*got, want, 6e-6);
    }
}

#[test]
fn a_case_weight_is_as_many_spells() {
    let weights = [1.0, 2.0, 3.0, 1.0, 2.0, 1.0];
    let (spells, design) = first();
    let spells = spells.with_weights(Weights::Case(weights.to_vec())).unwrap();
    let rows: Vec<usize> =
        (0..6).flat_map(|row| std::iter::repeat_n(row, weights[row] as usize)).collect();
    let exit = rows.iter().map(|&row| spells.exit()[row]).collect();
    let cause = rows.iter().map(|&row| spells.cause()[row]).collect();
    let copies = Spells::new(1, exit, cause).unwrap();
    let of_copies =
        numeric(&rows.iter().map(|&row| design.row(row).unwrap()[0]).collect::<Vec<_>>());
    for ties in [Ties::Efron, Ties::Breslow] {
        for robust in [false, true] {
            let spec = Cox::new().ties(ties).robust(robust);
            let weighted = spec.fit(&spells, &design).unwrap();
            let copied = spec.fit(&copies, &of_copies).unwrap();
            near(weighted.log_likelihood, copied.log_likelihood);
            near(weighted.covariance[(0, 0)], copied.covariance[(0, 0)]);
            assert_eq!(weighted.counts.spells.to_bits(), copied.counts.spells.to_bits());
            assert_eq!(weighted.counts.cells, copied.counts.cells);
        }
    }
    let exact = Cox::new().ties(Ties::Exact);
    let weighted = exact.partial_likelihood(&spells, &design, &[0.5]).unwrap();
    let copied = exact.partial_likelihood(&copies, &of_copies, &[0.5]).unwrap();
    near(weighted.log_likelihood, copied.log_likelihood);
    near(weighted.information[(0, 0)], copied.information[(0, 0)]);
}

/// Nine rows with heavy ties (the Fine–Gray test of Cyclops without its competing events).
#[test]
fn tiny_ties() {
    let cause = [1, 1, 1, 0, 0, 0, 0, 1, 1].map(|event| (event == 1).then_some(0));
    let exit = vec![4.0, 3.0, 3.0, 3.0, 2.0, 1.0, 1.0, 1.0, 1.0];
    let spells = Spells::new(1, exit, cause.to_vec()).unwrap();
    let design = Design::builder()
        .numeric("x1", vec![0.0, 2.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
        .numeric("x2", vec![0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
        .build()
        .unwrap();
    let of = |ties, a: f64, b: f64| {
        let spec = Cox::new().ties(ties);
        spec.partial_likelihood(&spells, &design, &[a, b]).unwrap().log_likelihood
    };
    let (a, b) = (0.3_f64, -0.7_f64);
    let (ra, rb) = (a.exp(), b.exp());
    // At 1 all nine are at risk, two leave; at 3 four, two leave; at 4 one.
    let at_one = 1.0 + ra * ra + 2.0 * rb + 3.0 * ra * rb + 2.0 * ra;
    let at_three = 1.0 + ra * ra + 2.0 * rb;
    let events = (2.0 * a + b) + (2.0 * a + b);
    near(of(Ties::Breslow, a, b), events - 2.0 * at_one.ln() - 2.0 * at_three.ln());
    let (half_one, half_three) = (0.5 * (ra + ra * rb), 0.5 * (ra * ra + rb));
    let efron = events - at_one.ln() - (at_one - half_one).ln() - at_three.ln();
    near(of(Ties::Efron, a, b), efron - (at_three - half_three).ln());
    // Pairs of n: half of the square of the sum less the sum of the squares.
    let pairs = |sum: f64, squares: f64| ((sum * sum - squares) / 2.0).ln();
    let squares_one = 1.0 + ra.powi(4) + 2.0 * rb * rb + 3.0 * (ra * rb).powi(2) + 2.0 * ra * ra;
    let squares_three = 1.0 + ra.powi(4) + 2.0 * rb * rb;
    near(
        of(Ties::Exact, a, b),
        events - pairs(at_one, squares_one) - pairs(at_three, squares_three),
    );
}

/// Residuals of the first data at 0 (a model without columns), as the vignette derives them.
#[test]
fn first_data_martingale_residuals_at_zero() {
    let (spells, _) = first();
    let null = Design::builder().rows(6).build().unwrap();
    let efron = Cox::new().fit(&spells, &null).unwrap().martingale_residuals();
    let want = [5.0 / 6.0, -1.0 / 6.0, 5.0 / 12.0, 5.0 / 12.0, -0.75, -0.75];
    for (got, want) in efron.iter().zip(want) {
        near(*got, want);
    }
    let breslow =
        Cox::new().ties(Ties::Breslow).fit(&spells, &null).unwrap().martingale_residuals();
    // 1/6, then 2/4 at 6, then 1 at 9.
    let want = [5.0 / 6.0, -1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, -2.0 / 3.0, -2.0 / 3.0];
    for (got, want) in breslow.iter().zip(want) {
        near(*got, want);
    }
}

#[test]
fn score_residuals_add_up_to_nothing() {
    let (spells, design) = third();
    let of = Cox::new().fit(&spells, &design).unwrap();
    let weights = [1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, 2.0, 1.0];
    let residuals = of.score_residuals().unwrap();
    let sum: f64 = residuals.column(0).iter().zip(weights).map(|(u, w)| u * w).sum();
    assert!(sum.abs() < 1e-13, "{sum}");
    let moved = of.dfbeta().unwrap();
    let variance: f64 = moved.column(0).iter().zip(weights).map(|(u, w)| (u * w).powi(2)).sum();
    near(variance, of.covariance[(0, 0)]); // sampling weights: by influence
}

/// Predicted hazard and its variance at the maximum, where the vignette has closed forms.
#[test]
fn first_data_breslow_hazard() {
    let spec = Cox::new().ties(Ties::Breslow);
    let of = fit(spec, &first());
    let hazard = of.cumulative_hazard(&Profile::new(vec![0.0]), Interval::Plain).unwrap();
    let r = of.coefficients[0].estimate.estimate.exp();
    near(hazard.at(1.0), 1.0 / (3.0 * r + 3.0));
    near(hazard.at(6.0), 1.0 / (3.0 * r + 3.0) + 2.0 / (r + 3.0));
    near(hazard.at(9.0), 1.0 / (3.0 * r + 3.0) + 2.0 / (r + 3.0) + 1.0);
    // 1 / S0^2 and (d x-bar / S0)^2 / I.
    let information = of.model_covariance[(0, 0)].recip();
    let slope = r / (r + 1.0) / (3.0 * r + 3.0);
    let want = (3.0 * r + 3.0).powi(-2) + slope * slope / information;
    near(hazard.point(1.0).std_error.powi(2), want);
    for (time, want) in [(1.0, 0.007_871), (6.0, 0.111_111), (9.0, 1.111_111)] {
        printed(hazard.point(time).std_error.powi(2), want, 6e-7);
    }
}

#[test]
fn first_data_concordance() {
    let (spells, design) = first();
    let of = Cox::new().fit(&spells, &design).unwrap().concordance(&spells).unwrap();
    // The event at 1 (x = 1) beside 1, 1, 0, 0, 0 that stay longer; those at 6 (1 and 0) beside 0, 0.
    assert_eq!((of.concordant, of.discordant, of.tied), (5.0, 0.0, 4.0));
    near(of.estimate, 7.0 / 9.0);
}
