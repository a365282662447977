//! What must hold for any histories.

use afgang_models::{
    AalenJohansen, Cox, Design, Episode, EventTable, Histories, KaplanMeier, Profile,
    RestrictedMean, StateGraph, StateOccupation, TransitionProbabilities, TransitionTable,
    Variance, Weights,
};
use proptest::prelude::*;

use crate::data::{assert_close, case, read};

/// A few hundred operations on probabilities.
const ROUNDING: f64 = 1e-13;

/// Exits and censorings of one state, with ties and late entry.
fn spells() -> impl Strategy<Value = Vec<(f64, f64, Option<usize>)>> {
    let row = (0_u8..4, 1_u8..7, 0_usize..4).prop_map(|(entry, months, cause)| {
        let entry = f64::from(entry);
        (entry, entry + f64::from(months), cause.checked_sub(1))
    });
    prop::collection::vec(row, 1..40)
}

fn histories(n_causes: usize, spells: &[(f64, f64, Option<usize>)]) -> Histories {
    let names: Vec<String> = (0..=n_causes).map(|state| state.to_string()).collect();
    let arcs: Vec<(usize, usize)> = (1..=n_causes).map(|to| (0, to)).collect();
    let graph = StateGraph::with_places(&names, &arcs).unwrap();
    let episode = |&(entry, exit, cause): &(f64, f64, Option<usize>)| Episode {
        entry,
        exit,
        from: 0,
        to: cause.map(|cause| cause + 1),
    };
    let episodes: Vec<Episode> = spells.iter().map(episode).collect();
    let ids: Vec<usize> = (0..spells.len()).collect();
    Histories::new(graph, &ids, &episodes).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_states_are_kaplan_meier(spells in spells()) {
        let one = |&(entry, exit, cause): &(f64, f64, Option<usize>)| (entry, exit, cause.map(|_| 0));
        let spells: Vec<_> = spells.iter().map(one).collect();
        let table = EventTable::from_spells(1, &spells).unwrap();
        let survival = KaplanMeier::new().fit(&table).unwrap();
        let curves = StateOccupation::new()
            .since(-1.0)
            .starting_in(0)
            .fit(&histories(1, &spells).table())
            .unwrap();
        for (row, &time) in survival.time.iter().enumerate() {
            let point = curves[0].point(time);
            prop_assert!((point.estimate - survival.estimate[row]).abs() <= ROUNDING);
            if survival.std_error[row].is_finite() {
                prop_assert!((point.std_error - survival.std_error[row]).abs() <= 1e-8);
            }
        }
    }

    #[test]
    fn one_state_with_exits_is_aalen_johansen(spells in spells()) {
        let table = EventTable::from_spells(3, &spells).unwrap();
        let of_states = histories(3, &spells).table();
        prop_assert_eq!(&of_states.event_table(0).unwrap(), &table);
        let curves = StateOccupation::new().since(-1.0).starting_in(0).fit(&of_states).unwrap();
        for (cause, want) in AalenJohansen::new().fit(&table).unwrap().iter().enumerate() {
            for (row, &time) in want.time.iter().enumerate() {
                let point = curves[cause + 1].point(time);
                prop_assert!((point.estimate - want.estimate[row]).abs() <= ROUNDING);
                prop_assert!((point.std_error.powi(2) - want.std_error[row].powi(2)).abs() <= ROUNDING);
            }
        }
        // Means to a horizon that all curves know.
        let horizon = 5.0;
        let spec = StateOccupation::new().since(0.0).starting_in(0).extend(true);
        let times = spec.times(&of_states, horizon).unwrap();
        let means = RestrictedMean::new(horizon).extend(true).fit(&table).unwrap();
        let pairs = std::iter::once((&means.time_in, 0)).chain(means.lost.iter().zip(1..));
        for (want, state) in pairs {
            let got = &times.states[state];
            prop_assert!((got.estimate - want.estimate).abs() <= ROUNDING);
            prop_assert!((got.std_error.powi(2) - want.std_error.powi(2)).abs() <= 10.0 * ROUNDING);
        }
    }

    /// Persons in any order, in one table or in two, give the same bits.
    #[test]
    fn order_and_parts_do_not_matter(shift in 0_usize..60, cut in 1_u64..60) {
        let case = case("late");
        let (ids, episodes) = (case.data.ids(), case.data.episodes());
        let whole = case.data.histories();
        let graph = whole.graph().clone();
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.rotate_left(shift);
        order.reverse();
        let of = |rows: &[usize]| {
            let ids: Vec<u64> = rows.iter().map(|&row| ids[row]).collect();
            let episodes: Vec<Episode> = rows.iter().map(|&row| episodes[row]).collect();
            Histories::new(graph.clone(), &ids, &episodes).unwrap().table()
        };
        prop_assert_eq!(&of(&order), &whole.table());
        let (one, two): (Vec<usize>, Vec<usize>) = order.iter().partition(|&&row| ids[row] <= cut);
        prop_assert_eq!(of(&one).merge(&of(&two)).unwrap(), whole.table());
        let empty = TransitionTable::empty(graph.clone());
        prop_assert_eq!(whole.table().merge(&empty).unwrap(), whole.table());
    }
}

#[test]
fn rows_sum_to_one_and_covariances_to_zero() {
    for case in read() {
        let table = case.data.histories().table();
        let last = *table.times().last().unwrap();
        for variance in [Variance::Greenwood, Variance::Aalen] {
            let spec = TransitionProbabilities::new().variance(variance);
            let p = spec.at(&table, last).unwrap();
            let n = p.len();
            for from in 0..n {
                let sum: f64 = (0..n).map(|to| p.probability(from, to)).sum();
                assert!((sum - 1.0).abs() < ROUNDING, "{}: {sum}", case.name);
                for other in 0..n * n {
                    let other = (other / n, other % n);
                    let sum: f64 = (0..n).map(|to| p.covariance((from, to), other)).sum();
                    assert!(sum.abs() < ROUNDING, "{}: {sum}", case.name);
                }
            }
        }
        let times = StateOccupation::new().starting_in(0).times(&table, last).unwrap();
        let sum: f64 = times.states.iter().map(|of| of.estimate).sum();
        assert!((sum - last).abs() < 1e-12 * last);
    }
}

/// A row of the matrix is the occupation from its state, and P(s, u) = P(s, t) P(t, u).
#[test]
fn probabilities_carry_on() {
    let table = case("tied").data.histories().table();
    let at =
        |since: f64, time| TransitionProbabilities::new().since(since).at(&table, time).unwrap();
    let (first, second, both) = (at(0.0, 4.0), at(4.0, 9.0), at(0.0, 9.0));
    let n = both.len();
    for h in 0..n {
        let row = StateOccupation::new().starting_in(h).at(&table, 9.0).unwrap();
        for j in 0..n {
            let sum: f64 = (0..n).map(|g| first.probability(h, g) * second.probability(g, j)).sum();
            assert!((sum - both.probability(h, j)).abs() < ROUNDING);
            assert_eq!(row.get(j).unwrap().0, both.probability(h, j));
            assert!(
                (row.covariance(j, 0).unwrap() - both.covariance((h, j), (h, 0))).abs() < 1e-18
            );
        }
    }
    assert_eq!(both.covariance((0, 1), (1, 0)), both.covariance((1, 0), (0, 1)));
    assert!(both.probability(0, n).is_nan() && both.std_error(n, 0).is_nan());
    let same = TransitionProbabilities::new().at(&table, 0.0).unwrap();
    assert_eq!((same.probability(1, 1), same.std_error(1, 1)), (1.0, 0.0));
}

/// A case weight is a number of equal persons, in all variances.
#[test]
fn case_weights_are_copies() {
    let case = case("tied");
    let histories = case.data.histories();
    let copies = |id: u64| 1 + id % 3;
    let weights: Vec<f64> = case.data.ids().iter().map(|&id| copies(id) as f64).collect();
    let weighted = histories.clone().with_weights(Weights::Case(weights)).unwrap();
    let (mut ids, mut episodes) = (Vec::new(), Vec::new());
    for (&id, &episode) in case.data.ids().iter().zip(histories.episodes()) {
        for copy in 0..copies(id) {
            ids.push((id, copy));
            episodes.push(episode);
        }
    }
    let repeated = Histories::new(histories.graph().clone(), &ids, &episodes).unwrap();
    assert_eq!(weighted.table(), repeated.table());
    let spec = StateOccupation::new();
    let (one, two) =
        (spec.fit_histories(&weighted).unwrap(), spec.fit_histories(&repeated).unwrap());
    for (one, two) in one.iter().zip(&two) {
        assert_close("standard errors", &one.std_error, &two.std_error, ROUNDING);
    }
    let of = |histories| spec.times_of_histories(histories, 8.0).unwrap().states[1].std_error;
    assert!((of(&weighted) - of(&repeated)).abs() < ROUNDING);
}

/// Persons who move only once, without late entry: the variance that counts persons is Greenwood's.
#[test]
fn influences_of_single_moves_are_greenwood() {
    let spells: Vec<_> = (0..60_u8)
        .map(|i| (0.0, f64::from(1 + i % 7), usize::from(i % 3).checked_sub(1)))
        .collect();
    let histories = histories(2, &spells);
    let of_counts = StateOccupation::new().fit(&histories.table()).unwrap();
    let of_persons = StateOccupation::new().fit_histories(&histories).unwrap();
    for (one, two) in of_counts.iter().zip(&of_persons) {
        assert_close("standard errors", &one.std_error, &two.std_error, 1e-12);
        assert_eq!(one.estimate, two.estimate);
    }
}

/// Without covariates, the models of the transitions give the estimate from counts.
#[test]
fn no_covariates_are_counts() {
    let histories = case("late").data.histories();
    let design = Design::builder().rows(histories.len()).build().unwrap();
    let fits =
        Cox::new().ties(afgang_models::Ties::Breslow).fit_transitions(&histories, &design).unwrap();
    let spec = StateOccupation::new().starting_in(0);
    let predicted = spec.predict(&fits, &Profile::new(vec![])).unwrap();
    let counted = spec.fit(&histories.table()).unwrap();
    for (one, two) in predicted.iter().zip(&counted) {
        for time in [0.0, 2.0, 5.5, 9.0, 12.0] {
            assert!((one.at(time) - two.at(time)).abs() < ROUNDING);
        }
    }
}
