//! Cases small enough to be done by hand.

use afgang_models::{
    CensoringTies, Convention, Design, Factor, FineGray, Interval, Profile, Spells,
};

#[track_caller]
fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-13 * want.abs().max(1.0), "{got} is not {want}");
}

fn causes(status: &[usize]) -> Vec<Option<usize>> {
    status.iter().map(|status| status.checked_sub(1)).collect()
}

const EXIT: [f64; 14] = [1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 5.0, 5.0, 6.0, 8.0, 8.0, 9.0, 10.0, 12.0];
const STATUS: [usize; 14] = [1, 2, 0, 1, 0, 0, 2, 1, 0, 0, 2, 0, 1, 0];

/// The data of R's `tests/finegray.R`, whose weights are printed there.
fn fourteen() -> Spells {
    Spells::new(2, EXIT.to_vec(), causes(&STATUS)).unwrap()
}

fn null_likelihood(spec: &FineGray, spells: &Spells) -> f64 {
    let design = Design::builder().rows(spells.len()).build().unwrap();
    spec.partial_likelihood(spells, &design, &[]).unwrap().log_likelihood
}

/// At a coefficient of 0 the likelihood is that of the sizes of the weighted risk sets.
#[test]
fn weights_of_fourteen() {
    let g = [11.0 / 12.0, 8.0 / 10.0, 5.0 / 6.0, 3.0 / 4.0, 2.0 / 3.0];
    let risk_sets = [
        14.0,
        11.0 + g[0],
        8.0 + g[0] * g[1],
        // Those who left at 2, 5 and 8.
        2.0 + g.iter().product::<f64>() + 5.0 / 12.0 + 1.0 / 2.0,
    ];
    let want: f64 = risk_sets.iter().map(|size| -size.ln()).sum();
    let spec = FineGray::new(0).censoring_ties(CensoringTies::AfterEvents);
    near(null_likelihood(&spec, &fourteen()), want);
}

/// With everybody at risk of censoring: 2/11 of those at risk at 4 are censored, the one event among them.
#[test]
fn weights_of_fourteen_with_everybody_at_risk() {
    let g = [11.0 / 12.0, 9.0 / 11.0, 5.0 / 6.0, 4.0 / 5.0, 2.0 / 3.0];
    let risk_sets = [
        14.0,
        11.0 + g[0],
        8.0 + g[0] * g[1],
        2.0 + g.iter().product::<f64>() + g[2] * g[3] * g[4] + g[3] * g[4],
    ];
    let want: f64 = risk_sets.iter().map(|size| -size.ln()).sum();
    near(null_likelihood(&FineGray::new(0), &fourteen()), want);
}

/// The left-truncated version there. Weights are $Y(t)/S(t-)$, with the survival of all causes.
#[test]
fn weights_of_fourteen_that_enter_late() {
    let entry = [0.0, 0.0, 0.0, 3.0, 2.0, 0.0, 0.0, 1.0, 0.0, 7.0, 5.0, 0.0, 0.0, 0.0];
    let spells = fourteen().with_entry(entry.to_vec()).unwrap();
    let s = 8.0_f64 / 9.0; // survival of each of the events at 1, 2 and 4, of nine at risk
    let at_two = 9.0 / s;
    let at_four = 9.0 / s.powi(2);
    let at_five = 6.0 / s.powi(3);
    let at_eight = 5.0 / (s.powi(3) * (4.0 / 6.0));
    let at_ten = 2.0 / (s.powi(3) * (4.0 / 6.0) * (4.0 / 5.0));
    let risk_sets = [
        9.0,
        9.0 + at_four / at_two,
        6.0 + at_five / at_two,
        2.0 + at_ten / at_two + at_ten / at_five + at_ten / at_eight,
    ];
    let want: f64 = risk_sets.iter().map(|size| -size.ln()).sum();
    let spec = FineGray::new(0).censoring_ties(CensoringTies::AfterEvents);
    near(null_likelihood(&spec, &spells), want);
}

/// Two groups: the first ends in an event at 2, the second has events until 4. Who left the first for another cause at 1 keeps the
/// weight 1, under `crr` has none after 2.
#[test]
fn weights_after_the_end_of_a_group() {
    let exit = vec![1.0, 2.0, 3.0, 4.0, 5.0];
    let spells = Spells::new(2, exit, causes(&[2, 1, 1, 1, 0])).unwrap();
    let groups = || Factor::new(&["a", "a", "b", "b", "b"]);
    let spec = FineGray::new(0).censoring_groups(groups());
    near(
        null_likelihood(&spec, &spells),
        -(5.0 * 4.0 * 3.0_f64).ln() + 5.0_f64.ln() - 5.0_f64.ln(),
    );
    let spec = spec.convention(Convention::Cmprsk);
    near(null_likelihood(&spec, &spells), -(5.0 * 3.0 * 2.0_f64).ln());
}

/// A group that ends in a censoring: nobody of it is left in later risk sets.
#[test]
fn weights_after_a_group_was_censored() {
    let exit = vec![1.0, 2.0, 3.0, 4.0, 5.0];
    let spells = Spells::new(2, exit, causes(&[2, 0, 1, 1, 0])).unwrap();
    let spec = FineGray::new(0).censoring_groups(Factor::new(&["a", "a", "b", "b", "b"]));
    near(null_likelihood(&spec, &spells), -(3.0 * 2.0_f64).ln());
}

/// Nobody is at risk between 2 and 3: weights start anew. The exit for another cause at 1 was followed by a censoring of all,
/// that at 4 by one of three at 5.
#[test]
fn weights_start_anew_after_a_gap() {
    let exit = vec![1.0, 2.0, 4.0, 5.0, 6.0, 7.0];
    let spells = Spells::new(2, exit, causes(&[2, 0, 2, 0, 1, 1])).unwrap();
    let entry = [f64::NEG_INFINITY, f64::NEG_INFINITY, 3.0, 3.0, 3.0, 3.0];
    let spells = spells.with_entry(entry.to_vec()).unwrap();
    let design = Design::builder().rows(6).build().unwrap();
    let fit = FineGray::new(0).fit(&spells, &design).unwrap();
    assert_eq!(fit.counts.gaps, 1);
    let kept: f64 = 2.0 / 3.0;
    near(fit.log_likelihood, -((2.0 + kept) * (1.0 + kept)).ln());
    let curve = fit.cumulative_hazard(&Profile::new(vec![]), Interval::Plain).unwrap();
    near(curve.at(7.0), 1.0 / (2.0 + kept) + 1.0 / (1.0 + kept));
}

/// Without covariates the incidence is one minus the product of hazards' exponentials, and its error without estimated coefficients:
/// three spells, of which one is censored at 1, one leaves for another cause at 2 and one for the cause at 3.
#[test]
fn error_of_a_baseline() {
    let spells = Spells::new(2, vec![1.0, 2.0, 3.0], causes(&[0, 2, 1])).unwrap();
    let design = Design::builder().rows(3).build().unwrap();
    let fit = FineGray::new(0).fit(&spells, &design).unwrap();
    let curve = fit.incidence(&Profile::new(vec![]), Interval::Plain).unwrap();
    // The hazard is w3 / (w2 + w3): weights do not depend on censoring at 1, as G(3-) = G(2-).
    near(curve.at(3.0), 1.0 - (-0.5_f64).exp());
    // Derivatives by w2 and w3: -1/4 and 1/4.
    near(curve.point(3.0).std_error, (-0.5_f64).exp() * (2.0_f64 / 16.0).sqrt());
}

/// Four spells: another cause at 1, censored at 2, the cause at 3, censored at 4. The weight of the first at 3 is
/// $1 - w_2/(w_2 + w_3 + w_4)$, so the hazard is $w_3 / (w_1 (w_3 + w_4)/(w_2 + w_3 + w_4) + w_3 + w_4)$.
#[test]
fn error_through_the_weights() {
    let spells = Spells::new(2, vec![1.0, 2.0, 3.0, 4.0], causes(&[2, 0, 1, 0])).unwrap();
    let design = Design::builder().rows(4).build().unwrap();
    let fit = FineGray::new(0).fit(&spells, &design).unwrap();
    let curve = fit.cumulative_hazard(&Profile::new(vec![]), Interval::Plain).unwrap();
    near(curve.at(3.0), 1.0 / (2.0 + 2.0 / 3.0));
    // Derivatives of S0 = 8/3 by the weights: 2/3, -2/9, 1 + 1/9, 1 + 1/9.
    let s0: f64 = 8.0 / 3.0;
    let slopes = [-2.0 / 3.0, 2.0 / 9.0, s0 - 10.0 / 9.0, -10.0 / 9.0].map(|d| d / (s0 * s0));
    let want: f64 = slopes.iter().map(|slope| slope * slope).sum();
    near(curve.point(3.0).std_error, want.sqrt());
}
