//! What can be wrong with states, transitions and histories.

use crate::error::Error;

/// Everything that multi-state models refuse beyond what other tables do; it comes as [`Error::States`].
///
/// ```
/// use afgang_models::{Error, StateError, StateGraph};
///
/// let error = StateGraph::new(&["in", "out"], &[("in", "in")]).unwrap_err();
/// assert_eq!(error, Error::States(StateError::SelfTransition { state: "in".to_owned() }));
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Two states of one name.
    #[error("state {state} stands twice among the states; give each its own name")]
    DuplicateState {
        /// The name.
        state: String,
    },
    /// A state that is not there.
    #[error("state {state} is not among the states: {}", states.join(", "))]
    UnknownState {
        /// The state asked for.
        state: String,
        /// The states there are.
        states: Vec<String>,
    },
    /// A place that no state has.
    #[error("row {row}: state {state} is outside the {n_states} states, which count from 0")]
    StateOutOfRange {
        /// Row of the input.
        row: usize,
        /// The place found there.
        state: usize,
        /// Number of states.
        n_states: usize,
    },
    /// A transition that does not happen.
    #[error("transition {transition} is not among the transitions: {}", transitions.join(", "))]
    UnknownTransition {
        /// The transition asked for.
        transition: String,
        /// The transitions there are.
        transitions: Vec<String>,
    },
    /// A place that no transition has.
    #[error("transition {transition} asked for, the states have transitions 0..{n_transitions}")]
    TransitionOutOfRange {
        /// The transition asked for.
        transition: usize,
        /// Number of transitions.
        n_transitions: usize,
    },
    /// A transition from a state to itself.
    #[error(
        "a transition from {state} to itself is none; who stays has an episode that ends censored"
    )]
    SelfTransition {
        /// The state.
        state: String,
    },
    /// A transition that the graph does not have.
    #[error(
        "row {row}: nobody can move from {from} to {to}; {from} {}",
        if allowed.is_empty() { "is absorbing".to_owned() } else { format!("leads to {}", allowed.join(", ")) }
    )]
    TransitionNotAllowed {
        /// Row of the input.
        row: usize,
        /// The state that is left.
        from: String,
        /// The state moved to.
        to: String,
        /// The states that `from` leads to.
        allowed: Vec<String>,
    },
    /// Two episodes of a person at the same time.
    #[error(
        "row {row} starts at {entry}, before row {other} of the same person ends at {exit}; a person is in one state at a time"
    )]
    EpisodesOverlap {
        /// Row of the later episode.
        row: usize,
        /// Its entry.
        entry: f64,
        /// Row of the earlier episode.
        other: usize,
        /// Its exit.
        exit: f64,
    },
    /// An episode in a state that the person cannot be in.
    #[error(
        "row {row} goes on in {from} at {entry}, but row {other} of the same person ends in {state}; put the transition in \
         between"
    )]
    StateJump {
        /// Row of the later episode.
        row: usize,
        /// Its state.
        from: String,
        /// Its entry.
        entry: f64,
        /// Row of the earlier episode.
        other: usize,
        /// The state it ends in.
        state: String,
    },
    /// A weight that is not the same in all rows of a person.
    #[error(
        "row {row}: weight {weight}, but row {other} of the same person has {before}; a person has one weight"
    )]
    WeightChanges {
        /// Row of the input.
        row: usize,
        /// The weight found there.
        weight: f64,
        /// An earlier row of the person.
        other: usize,
        /// The weight found there.
        before: f64,
    },
    /// Two tables of transitions that cannot be added.
    #[error(
        "tables of the states {} and of {} cannot be merged; build both with the same states and transitions",
        left.join(", "), right.join(", ")
    )]
    GraphsDiffer {
        /// States of the first table.
        left: Vec<String>,
        /// States of the second table.
        right: Vec<String>,
    },
    /// Counts in a state that nobody leaves.
    #[error("time {time}: state {state} is absorbing; nobody is censored in it or enters it late")]
    AbsorbingCount {
        /// Time of the counts.
        time: f64,
        /// The state.
        state: String,
    },
    /// More persons leave a state than are in it.
    #[error(
        "time {time}: {exits} move out of {state}, {at_risk} are in it; who moves must have entered before"
    )]
    MoreExitsThanInState {
        /// Time of the transitions.
        time: f64,
        /// The state.
        state: String,
        /// Transitions out of it at that time.
        exits: f64,
        /// Those in it just before.
        at_risk: f64,
    },
    /// Nobody to start with.
    #[error(
        "nobody is at risk in a state just after time {time}; start at another time, or say how the start is spread"
    )]
    NobodyAtStart {
        /// The start.
        time: f64,
    },
    /// A start that is no distribution over the states.
    #[error(
        "a start needs {expected} probabilities that add up to 1, one a state; found {found} that add up to {sum}"
    )]
    StartDistribution {
        /// Probabilities found.
        found: usize,
        /// Number of states.
        expected: usize,
        /// Their sum.
        sum: f64,
    },
    /// A time at which probabilities are not known.
    #[error(
        "time {time} is not between the start, {since}, and the last time, {last}, when some can still move; choose one \
         between"
    )]
    TimeOutside {
        /// The time asked for.
        time: f64,
        /// The start.
        since: f64,
        /// The last time at which something happens.
        last: f64,
    },
    /// What was wrong with the model of one of several transitions.
    #[error("transition {transition}: {error}")]
    OfTransition {
        /// The transition.
        transition: String,
        /// What was wrong.
        error: Box<Error>,
    },
    /// Predicted hazards that are no probabilities.
    #[error(
        "time {time}: the hazards out of {state} add up to {hazard:.3}, more than 1, so that they are no probabilities; too \
         few are at risk for this profile, end the curve before"
    )]
    HazardAboveOne {
        /// The time.
        time: f64,
        /// The state.
        state: String,
        /// The sum of the hazards.
        hazard: f64,
    },
}
