//! What is refused, and in which words.

use afgang_models::{
    Cox, Design, Episode, Error, Histories, Profile, StateGraph, StateOccupation,
    TransitionProbabilities, TransitionTable, Weights,
};

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

fn graph() -> StateGraph {
    StateGraph::new(&["well", "ill", "dead"], &[("well", "ill"), ("ill", "well"), ("ill", "dead")])
        .unwrap()
}

fn histories(rows: &[(f64, f64, usize, Option<usize>)]) -> Result<Histories, Error> {
    let episode = |&(entry, exit, from, to): &(f64, f64, usize, Option<usize>)| Episode {
        entry,
        exit,
        from,
        to,
    };
    let episodes: Vec<Episode> = rows.iter().map(episode).collect();
    Histories::new(graph(), &vec![7; rows.len()], &episodes)
}

#[test]
fn graphs() {
    assert_refused(
        StateGraph::new(&["in", "in"], &[]),
        "state in stands twice among the states; give each its own name",
    );
    assert_refused(
        StateGraph::new(&["in", "out"], &[("in", "gone")]),
        "state gone is not among the states: in, out",
    );
    assert_refused(
        StateGraph::with_places(&["in", "out"], &[(0, 1), (0, 2)]),
        "row 1: state 2 is outside the 2 states, which count from 0",
    );
    assert_refused(
        StateGraph::with_places(&["in", "out"], &[(1, 1)]),
        "a transition from out to itself is none; who stays has an episode that ends censored",
    );
}

#[test]
fn rows_of_histories() {
    assert_refused(
        histories(&[(0.0, 1.0, 0, None), (2.0, 1.0, 0, None)]),
        "row 1: entry 2 is not before exit 1; a spell is in over (entry, exit]",
    );
    assert_refused(
        histories(&[(0.0, f64::NAN, 0, None)]),
        "row 0: time NaN is not a finite number",
    );
    assert_refused(
        histories(&[(0.0, 1.0, 3, None)]),
        "row 0: state 3 is outside the 3 states, which count from 0",
    );
    assert_refused(
        histories(&[(0.0, 1.0, 0, Some(2))]),
        "row 0: nobody can move from well to dead; well leads to ill",
    );
    assert_refused(
        histories(&[(0.0, 1.0, 2, Some(0))]),
        "row 0: nobody can move from dead to well; dead is absorbing",
    );
    assert_refused(
        histories(&[(1.5, 3.0, 1, None), (0.0, 2.0, 0, Some(1))]),
        "row 0 starts at 1.5, before row 1 of the same person ends at 2; a person is in one state at a time",
    );
    assert_refused(
        histories(&[(0.0, 2.0, 0, Some(1)), (2.0, 3.0, 0, None)]),
        "row 1 goes on in well at 2, but row 0 of the same person ends in ill; put the transition in between",
    );
    assert_refused(
        histories(&[(0.0, 2.0, 1, Some(2)), (5.0, 6.0, 0, None)]),
        "row 1 goes on in well at 5, but row 0 of the same person ends in dead; put the transition in between",
    );
    // After a gap a person may be in any state again, and rows in an absorbing state are no matter.
    assert!(histories(&[(0.0, 2.0, 0, Some(1)), (5.0, 6.0, 0, None)]).is_ok());
    assert!(histories(&[(0.0, 2.0, 1, Some(2)), (2.0, 6.0, 2, None)]).is_ok());
}

#[test]
fn weights() {
    let two = histories(&[(0.0, 2.0, 0, Some(1)), (2.0, 3.0, 1, None)]).unwrap();
    let weighted = |weights| two.clone().with_weights(Weights::Case(weights));
    assert_refused(weighted(vec![1.0]), "column weight holds 1 values, expected 2");
    assert_refused(
        weighted(vec![1.0, -1.0]),
        "row 1: weight -1 must be a finite number of at least 0",
    );
    assert_refused(
        weighted(vec![1.0, 2.0]),
        "row 1: weight 2, but row 0 of the same person has 1; a person has one weight",
    );
}

#[test]
fn counts() {
    let of = |moved: &[u64], censored: &[u64], entered: Option<&[u64]>| {
        TransitionTable::from_counts(graph(), &[1.0, 2.0], moved, censored, entered)
    };
    assert_refused(of(&[1, 0, 0], &[0; 6], None), "column moved holds 3 values, expected 6");
    assert_refused(of(&[0; 6], &[0; 4], None), "column censored holds 4 values, expected 6");
    assert_refused(
        of(&[0; 6], &[0, 0, 1, 0, 0, 0], None),
        "time 1: state dead is absorbing; nobody is censored in it or enters it late",
    );
    // Three ill enter at 1, one of four dies at 1 already.
    assert_refused(
        of(&[0, 0, 1, 0, 0, 0], &[0, 0, 0, 0, 2, 0], Some(&[0, 3, 0, 0, 0, 0])),
        "time 1: 1 move out of ill, 0 are in it; who moves must have entered before",
    );
    let other = StateGraph::new(&["in", "out"], &[("in", "out")]).unwrap();
    let table = of(&[0; 6], &[1, 0, 0, 1, 0, 0], None).unwrap();
    assert_refused(
        table.merge(&TransitionTable::empty(other)),
        "tables of the states well, ill, dead and of in, out cannot be merged; build both with the same states and \
         transitions",
    );
    assert_refused(table.event_table(2), "a table needs at least one cause of exit, found 0");
    assert_refused(
        table.event_table(3),
        "row 0: state 3 is outside the 3 states, which count from 0",
    );
}

#[test]
fn questions() {
    let rows = [(0.0, 2.0, 0, Some(1)), (2.0, 3.0, 1, Some(0)), (3.0, 5.0, 0, None)];
    let histories = histories(&rows).unwrap();
    let table = histories.table();
    assert_refused(
        StateOccupation::new().since(7.0).fit(&table),
        "nobody is at risk in a state just after time 7; start at another time, or say how the start is spread",
    );
    assert_refused(
        StateOccupation::new().starting_with(vec![0.5, 0.25, 0.0]).fit(&table),
        "a start needs 3 probabilities that add up to 1, one a state; found 3 that add up to 0.75",
    );
    assert_refused(
        StateOccupation::new().starting_in(3).fit(&table),
        "row 0: state 3 is outside the 3 states, which count from 0",
    );
    assert_refused(
        StateOccupation::new().level(1.0).fit(&table),
        "confidence level 1 must lie between 0 and 1, as in 0.95",
    );
    let outside = "time 6 is not between the start, 0, and the last time, 5, when some can still move; choose one between";
    assert_refused(StateOccupation::new().times(&table, 6.0), outside);
    assert!(StateOccupation::new().extend(true).times(&table, 6.0).is_ok());
    assert_refused(TransitionProbabilities::new().at(&table, 6.0), outside);
    assert_refused(
        TransitionProbabilities::new().at_times(&table, &[2.0, 2.0]),
        "row 1: time 2 does not come after 2; sort the rows and add up equal times",
    );
    assert_refused(
        histories.landmark(1, 3.0),
        "nobody is at risk in a state just after time 3; start at another time, or say how the start is spread",
    );
}

#[test]
fn models_of_transitions() {
    let rows = [(0.0, 2.0, 0, Some(1)), (2.0, 3.0, 1, Some(0)), (3.0, 5.0, 0, None)];
    let histories = histories(&rows).unwrap();
    let design = Design::builder().numeric("x", vec![1.0, 0.0, 2.0]).build().unwrap();
    assert_refused(
        Cox::new().fit_transitions(&histories, &design),
        "transition ill -> dead: no event among 1 spells at risk; check the cause and the rows that are left",
    );

    // Of two, one with x = 1 leaves first, one with x = 0 then; for x = -30 the first hazard is above 1.
    let episode = |exit, to| Episode { entry: 0.0, exit, from: 0, to };
    let rows =
        [episode(1.0, Some(1)), episode(2.0, Some(1)), episode(3.0, None), episode(4.0, Some(1))];
    let histories = Histories::finding_transitions(&["in", "out"], &[1, 2, 3, 4], &rows).unwrap();
    let design = Design::builder().numeric("x", vec![1.0, 0.0, 1.0, 0.5]).build().unwrap();
    let fits = Cox::new().fit_transitions(&histories, &design).unwrap();
    let spec = StateOccupation::new().starting_in(0);
    let refused = spec.predict(&fits, &Profile::new(vec![-30.0])).unwrap_err().to_string();
    assert!(refused.contains("the hazards out of in add up to"), "{refused}");
    assert_refused(
        StateOccupation::new().predict(&fits, &Profile::new(vec![0.0])),
        "nobody is at risk in a state just after time 0; start at another time, or say how the start is spread",
    );
    assert_refused(
        spec.predict(&fits, &Profile::new(vec![])),
        "0 covariate values given, the model has 1 columns",
    );
}
