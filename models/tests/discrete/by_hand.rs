//! Small data with answers by hand.

use afgang_models::{Clock, Design, DiscreteHazard, Factor, Link, Shape, Spells, Weights};

fn estimates(fit: &afgang_models::DiscreteFit) -> Vec<f64> {
    let exits = fit.exits.iter();
    let all = exits.flat_map(|exit| exit.baseline.iter().chain(&exit.coefficients));
    all.map(|of| of.estimate.estimate).collect()
}

#[track_caller]
fn near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{got:?}");
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() < 1e-11, "{got} is not {want}");
    }
}

/// Six at risk at 1, of whom two leave; one enters after 1; of five at risk at 2 nobody leaves; of four at 3 one.
fn late() -> Spells {
    let entry = [f64::NEG_INFINITY, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0].to_vec();
    let exit = vec![1.0, 1.0, 3.0, 3.0, 2.0, 3.0, 3.0];
    let cause = vec![Some(0), Some(0), Some(0), None, None, None, None];
    Spells::new(1, exit, cause).unwrap().with_entry(entry).unwrap()
}

#[test]
fn late_entry_and_times_without_events() {
    let fit = DiscreteHazard::new().fit(&late(), &Design::builder().rows(7).build().unwrap());
    let fit = fit.unwrap();
    let names: Vec<&str> = fit.exits[0].baseline.iter().map(|of| of.column.as_str()).collect();
    assert_eq!(names, ["time=1", "time=3"]);
    near(&estimates(&fit), &[(2.0_f64 / 4.0).ln(), (1.0_f64 / 3.0).ln()]);
    // Variances of log odds: 1/2 + 1/4 and 1/1 + 1/3.
    near(
        &[fit.covariance[(0, 0)], fit.covariance[(1, 1)], fit.covariance[(0, 1)]],
        &[0.75, 4.0 / 3.0, 0.0],
    );
    let want = 2.0 * (1.0_f64 / 3.0).ln()
        + 4.0 * (2.0_f64 / 3.0).ln()
        + 0.25_f64.ln()
        + 3.0 * 0.75_f64.ln();
    near(
        &[fit.log_likelihood, fit.log_likelihood_null, fit.aic()],
        &[want, want, 4.0 - 2.0 * want],
    );
    let counts = &fit.counts;
    assert_eq!((counts.times, counts.times_without_parameter), (3, 1));
    // 1 + 1 + 3 + 3 + 2 + 3 + 2 months.
    assert_eq!((counts.times_at_risk, counts.spells), (15.0, 7.0));
    assert_eq!((counts.events.clone(), counts.rows, counts.clusters), (vec![3.0], 7, 7));
}

#[test]
fn a_constant_hazard_counts_all_months() {
    // Three exits of fifteen months.
    let design = Design::builder().rows(7).build().unwrap();
    let of = |link| {
        let spec = DiscreteHazard::new().baseline(Shape::Polynomial(0)).link(link);
        estimates(&spec.fit(&late(), &design).unwrap())
    };
    near(&of(Link::Logit), &[(3.0_f64 / 12.0).ln()]);
    near(&of(Link::CLogLog), &[(-(12.0_f64 / 15.0).ln()).ln()]);
    // Up to 2 and from 3 on: two of eleven and one of four.
    let spec = DiscreteHazard::new().baseline(Shape::Intervals(vec![3]));
    let fit = spec.fit(&late(), &design).unwrap();
    assert_eq!(fit.exits[0].baseline[0].column, "time=1-2");
    near(&estimates(&fit), &[(2.0_f64 / 9.0).ln(), (1.0_f64 / 3.0).ln()]);
}

/// Odds 1 to 3 and 3 to 1, times weights that shift both; clusters of two rows, one of each sort.
#[test]
fn a_sandwich() {
    let x = vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
    let cause = [1, 0, 0, 0, 1, 1, 1, 0].map(|event| (event == 1).then_some(0));
    let design = Design::builder().numeric("x", x).build().unwrap();
    let spells = Spells::new(1, vec![1.0; 8], cause.to_vec()).unwrap();
    let robust = DiscreteHazard::new().robust(true).fit(&spells, &design).unwrap();
    // Of x = 0 residuals are 3/4 and three times -1/4, squares 12/16 over the information 12/16 squared: 4/3; so of x = 1.
    near(&[robust.covariance[(0, 0)], robust.covariance[(1, 1)]], &[4.0 / 3.0, 8.0 / 3.0]);
    let clusters = spells.with_clusters(&[1, 2, 3, 4, 1, 2, 3, 4]).unwrap();
    let fit = DiscreteHazard::new().fit(&clusters, &design).unwrap();
    assert!(fit.robust);
    // Influences on the logits are residuals over 3/4: 1, -1/3, -1/3, -1/3 and 1/3, 1/3, 1/3, -1. Their differences by cluster
    // are -2/3, 2/3, 2/3, -2/3.
    near(&[fit.covariance[(1, 1)], fit.model_covariance[(1, 1)]], &[16.0 / 9.0, 8.0 / 3.0]);
    let x = &fit.exits[0].coefficients[0];
    near(&[x.estimate.estimate, x.odds_ratio().estimate], &[9.0_f64.ln(), 9.0]);
}

#[test]
fn case_weights_are_copies_and_rows_of_weight_zero_nothing() {
    let x = vec![0.0, 0.0, 1.0, 1.0, 5.0];
    let cause = vec![Some(0), None, Some(0), None, Some(0)];
    let design = Design::builder().numeric("x", x).build().unwrap();
    let weights = |of: fn(Vec<f64>) -> Weights| {
        let spells = Spells::new(1, vec![1.0; 5], cause.clone()).unwrap();
        let spells = spells.with_weights(of(vec![2.0, 6.0, 4.0, 4.0, 0.0])).unwrap();
        DiscreteHazard::new().fit(&spells, &design).unwrap()
    };
    let case = weights(Weights::Case);
    near(&estimates(&case), &[(1.0_f64 / 3.0).ln(), 3.0_f64.ln()]);
    near(&[case.covariance[(1, 1)]], &[1.0 / 2.0 + 1.0 / 6.0 + 1.0 / 4.0 + 1.0 / 4.0]);
    assert_eq!((case.counts.spells, case.counts.rows_without_weight), (16.0, 1));
    let sampling = weights(Weights::Sampling);
    near(&estimates(&sampling), &estimates(&case));
    // Influences: 2 * 3/4 / (3/2) = 1 and 6 * 1/4 / (3/2) = 1, twice; then 4 * 1/2 / 2 = 1.
    near(&[sampling.covariance[(0, 0)], sampling.covariance[(1, 1)]], &[2.0, 4.0]);
    assert_eq!(sampling.counts.spells, 4.0);
}

/// Two months of the year with two durations each: logits -log 3 + (0 or log 3) + (0 or log 2) are odds 1/3, 1, 2/3, 2.
#[test]
fn two_clocks() {
    // By duration and start: at risk and exits. Who starts in month 0 is in month 1 at duration 1 and in month 2 at duration 2.
    let mut rows: Vec<(f64, f64, bool, f64)> = Vec::new();
    let mut cell = |start: f64, time: f64, exits: f64, stay: f64| {
        rows.push((start, time, true, exits));
        rows.push((start, time, false, stay));
    };
    // Late entry puts everybody into one cell.
    cell(0.0, 1.0, 3.0, 9.0); // month 1, odds 1/3
    cell(1.0, 1.0, 6.0, 6.0); // month 2, odds 1
    cell(-1.0, 2.0, 4.0, 6.0); // month 1, odds 2/3
    cell(0.0, 2.0, 8.0, 4.0); // month 2, odds 2
    let column = |of: fn(&(f64, f64, bool, f64)) -> f64| rows.iter().map(of).collect::<Vec<_>>();
    let causes = rows.iter().map(|row| row.2.then_some(0)).collect();
    let spells = Spells::new(1, column(|row| row.1), causes).unwrap();
    let spells = spells.with_entry(column(|row| row.1 - 1.0)).unwrap();
    let spells = spells.with_weights(Weights::Case(column(|row| row.3))).unwrap();
    let month = Clock::new("month", column(|row| row.0));
    let design = Design::builder().rows(8).build().unwrap();
    let fit = DiscreteHazard::new().clock(month.clone()).fit(&spells, &design).unwrap();
    near(&estimates(&fit), &[-(3.0_f64.ln()), (2.0_f64 / 3.0).ln(), 3.0_f64.ln()]);
    let line = DiscreteHazard::new().clock(month.shape(Shape::Polynomial(1)));
    let fit = line.fit(&spells, &design).unwrap();
    near(&estimates(&fit), &[-(9.0_f64.ln()), (2.0_f64 / 9.0).ln(), 3.0_f64.ln()]);
}

#[test]
fn exits_that_never_happen_at_a_time() {
    // At 1 one of five leaves for each cause, at 2 one of three for cause 1 only.
    let exit = vec![1.0, 1.0, 2.0, 2.0, 2.0];
    let cause = vec![Some(0), Some(1), Some(1), None, None];
    let spells = Spells::new(2, exit, cause).unwrap();
    let fit = DiscreteHazard::new().fit_exits(&spells, &Design::builder().rows(5).build().unwrap());
    let fit = fit.unwrap();
    assert_eq!((fit.exits[0].baseline.len(), fit.exits[1].baseline.len()), (1, 2));
    near(&estimates(&fit), &[(1.0_f64 / 3.0).ln(), (1.0_f64 / 3.0).ln(), (1.0_f64 / 2.0).ln()]);
    // Of logits with three who stay: 1/1 + 1/3 and, between exits, 1/3.
    near(
        &[fit.covariance[(0, 0)], fit.covariance[(0, 1)], fit.covariance[(0, 2)]],
        &[4.0 / 3.0, 1.0 / 3.0, 0.0],
    );
    assert_eq!(fit.exits[1].cause, Some(1));
}

#[test]
fn a_factor_beside_a_number() {
    // Odds 1/3 times 2 for b and times 3 for each x, exactly, in every cell of twelve.
    let cells =
        [("a", 0.0, 3.0, 9.0), ("a", 1.0, 6.0, 6.0), ("b", 0.0, 4.8, 7.2), ("b", 1.0, 8.0, 4.0)];
    let twice = || cells.iter().flat_map(|cell| [*cell, *cell]);
    let sort: Vec<&str> = twice().map(|cell| cell.0).collect();
    let design = Design::builder()
        .numeric("x", twice().map(|cell| cell.1).collect())
        .factor("sort", Factor::new(&sort))
        .build()
        .unwrap();
    let weights = cells.iter().flat_map(|cell| [cell.2, cell.3]).collect();
    let causes = cells.iter().flat_map(|_| [Some(0), None]).collect();
    let spells = Spells::new(1, vec![1.0; 8], causes).unwrap();
    let spells = spells.with_weights(Weights::Case(weights)).unwrap();
    let fit = DiscreteHazard::new().fit(&spells, &design).unwrap();
    near(&estimates(&fit), &[-(3.0_f64.ln()), 3.0_f64.ln(), 2.0_f64.ln()]);
}
