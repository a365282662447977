//! Few persons, with a pencil.

use afgang_models::{
    Episode, Histories, StateGraph, StateOccupation, TransitionProbabilities, TransitionTable,
    Variance,
};

use crate::data::{assert_close, case};

/// Five persons with late entries (tests/mstate.R of R's survival package), in 32nds, and those at risk.
#[test]
fn five_persons() {
    let histories = case("five").data.histories();
    let table = histories.table();
    let curves = StateOccupation::new().starting_in(0).fit(&table).unwrap();
    let times = [2.0, 3.0, 4.0, 5.0, 8.0, 9.0, 10.0, 11.0];
    let in_32nds = [
        [24.0, 18.0, 12.0, 6.0, 6.0, 0.0, 0.0, 0.0],
        [8.0, 8.0, 14.0, 14.0, 7.0, 0.0, 9.5, 9.5],
        [0.0, 6.0, 6.0, 12.0, 12.0, 19.0, 9.5, 9.5],
        [0.0, 0.0, 0.0, 0.0, 7.0, 13.0, 13.0, 13.0],
    ];
    let at_risk = [
        [4.0, 4.0, 3.0, 2.0, 1.0, 1.0, 0.0, 0.0],
        [0.0, 1.0, 1.0, 2.0, 2.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0],
    ];
    for (state, want) in in_32nds.iter().enumerate() {
        let got: Vec<f64> = times.iter().map(|&time| 32.0 * curves[state].at(time)).collect();
        assert_close("probabilities", &got, want, 1e-15);
    }
    for (state, want) in at_risk.iter().enumerate() {
        let at_risk = table.at_risk(state);
        let row = |time: f64| table.times().iter().position(|&t| t == time).unwrap();
        let got: Vec<f64> = times.iter().map(|&time| at_risk[row(time)]).collect();
        assert_eq!(got, want, "at risk in state {state}");
    }
}

/// Two persons in, one of them enters late; ties of a transition, a censoring and an entry.
#[test]
fn order_at_one_time() {
    let graph = StateGraph::new(&["a", "b", "c"], &[("a", "b"), ("b", "c")]).unwrap();
    let rows = [
        Episode { entry: f64::NEG_INFINITY, exit: 2.0, from: 0, to: Some(1) },
        Episode { entry: 2.0, exit: 3.0, from: 1, to: Some(2) },
        Episode { entry: 0.0, exit: 2.0, from: 1, to: None },
        Episode { entry: 2.0, exit: 3.0, from: 1, to: None },
        // Moves to b and is seen no more.
        Episode { entry: 0.0, exit: 3.0, from: 0, to: Some(1) },
        // Cut in two, which is no censoring.
        Episode { entry: 0.0, exit: 1.0, from: 0, to: None },
        Episode { entry: 1.0, exit: 4.0, from: 0, to: None },
    ];
    let histories = Histories::new(graph, &["p", "p", "q", "r", "s", "t", "t"], &rows).unwrap();
    let table = histories.table();
    assert_eq!(table.times(), [0.0, 2.0, 3.0, 4.0]);
    assert_eq!(table.at_risk(0), [1.0, 3.0, 2.0, 1.0]);
    assert_eq!(table.at_risk(1), [0.0, 1.0, 2.0, 0.0]);
    assert_eq!(table.at_risk(2), [0.0; 4]);
    assert_eq!(table.censored_at(2), [0.0, 2.0, 0.0]); // r, and s who arrives
    assert_eq!(table.entered_at(1), [0.0, 1.0, 0.0]);
    assert_eq!(table.in_state_after(2.0), [2.0, 2.0, 0.0]);
    // In b: q leaves, p and r come, then s comes and goes at once.
    let in_b = table.event_table(1).unwrap();
    assert_eq!(in_b.at_risk(), table.at_risk(1));
    assert_eq!(in_b.events_at(2), [1.0]);
    assert_eq!(in_b.censored(), [0.0, 1.0, 1.0, 0.0]);
    assert_eq!(in_b.entered(), [1.0, 2.0, 0.0, 0.0]);
    // a: 2/3, then half of it; b: 1/3, then half of it and 1/3.
    let p = StateOccupation::new().starting_in(0).at(&table, 3.0).unwrap();
    let got: Vec<f64> = (0..3).map(|state| p.get(state).unwrap().0).collect();
    assert_close("probabilities", &got, &[1.0 / 3.0, 1.0 / 6.0 + 1.0 / 3.0, 1.0 / 6.0], 1e-15);
}

/// Ten in a, five in b at 0. At 1, of a four move to b and two to c; at 2, of the nine in b three move to c.
#[test]
fn covariances_step_by_step() {
    let graph = StateGraph::with_places(&["a", "b", "c"], &[(0, 1), (0, 2), (1, 2)]).unwrap();
    let moved = [4, 2, 0, 0, 0, 3];
    let censored = [0, 0, 0, 4, 6, 0];
    let table = TransitionTable::from_counts(graph, &[1.0, 2.0], &moved, &censored, None).unwrap();
    assert_eq!(table.in_state_after(0.0), [10.0, 5.0, 0.0]);

    // From a: multinomial shares of ten at 1; the errors go on by what b keeps, 2/3.
    let p = TransitionProbabilities::new().at(&table, 2.0).unwrap();
    let (var_b, cov_ab) = (0.4 * 0.6 / 10.0, -0.4 * 0.4 / 10.0);
    let var_h = 2.0 / 9.0 / 9.0; // of the hazard from b to c: 1/3 * 2/3 / 9
    let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-15, "{got} {want}");
    close(p.covariance((0, 0), (0, 0)), 0.4 * 0.6 / 10.0);
    close(p.covariance((0, 1), (0, 1)), var_b * 4.0 / 9.0 + 0.16 * var_h);
    close(p.covariance((0, 0), (0, 1)), cov_ab * 2.0 / 3.0);
    close(p.covariance((0, 1), (1, 2)), -0.4 * var_h);
    // With counting processes that do not jump together there is no covariance of the moves from a to b and to c.
    let p = TransitionProbabilities::new().variance(Variance::Aalen).at(&table, 1.0).unwrap();
    close(p.covariance((0, 1), (0, 2)), 0.0);
    close(p.std_error(0, 1).powi(2), 4.0 * 6.0 / (100.0 * 9.0));

    // The empirical start, 2/3 and 1/3 of fifteen: of c at 1, the start's part is 0.2² * 2/9 / 15.
    let at = StateOccupation::new().at(&table, 1.0).unwrap();
    let (estimate, se) = at.get(2).unwrap();
    close(estimate, 2.0 / 15.0);
    close(se * se, 0.04 * 2.0 / 9.0 / 15.0 + 4.0 / 9.0 * 0.2 * 0.8 / 10.0);
    // Time in c up to 2 is the share in c during (1, 2].
    let times = StateOccupation::new().times(&table, 2.0).unwrap();
    close(times.states[2].estimate, 2.0 / 15.0);
    close(times.states[2].std_error, se);
    // Time in a: all of the first unit, 0.4 of the second; in thirds of both.
    close(times.states[0].estimate, 2.0 / 3.0 * 1.4);
    let start = 1.4 * 1.4 * 2.0 / 9.0 / 15.0;
    close(times.states[0].std_error.powi(2), start + 4.0 / 9.0 * 0.4 * 0.6 / 10.0);
}

#[test]
fn rows_of_curves() {
    let graph = StateGraph::new(&["in", "out"], &[("in", "out")]).unwrap();
    let table = TransitionTable::from_counts(
        graph,
        &[1.0, 2.0, 3.0],
        &[1, 0, 1],
        &[0, 0, 2, 0, 0, 0],
        None,
    )
    .unwrap();
    let curves = StateOccupation::new().since(0.5).fit(&table).unwrap();
    assert_eq!(curves[0].time, [0.5, 1.0, 2.0, 3.0]);
    assert_eq!(curves[0].n_risk, [4.0, 4.0, 3.0, 1.0]);
    assert_eq!(curves[1].n_event, [0.0, 1.0, 0.0, 1.0]);
    assert_eq!(curves[0].n_censor, [0.0, 0.0, 2.0, 0.0]);
    assert_eq!(curves[0].estimate, [1.0, 0.75, 0.75, 0.0]);
    let later = StateOccupation::new().since(1.0).fit(&table).unwrap();
    assert_eq!(later[0].time, [1.0, 2.0, 3.0]);
    assert_eq!(later[0].estimate, [1.0, 1.0, 0.0]);
}
