//! What a reader must know about states: in words for people, by name for programs.

use afgang_models::{Histories, TransitionTable, Weights};
use serde_json::{Value, json};

use super::{Episodes, Group, Request, StdError, is_sampled};
use crate::conventions::{number_of, of_rows, percent};
use crate::curve::scale;
use crate::rows::Columns;

/// Persons, rows and moves.
pub(super) struct Counted {
    /// The sum of case weights, else persons.
    persons: f64,
    rows: usize,
    /// Name of each transition, and moves.
    transitions: Vec<(String, f64)>,
}

impl Counted {
    pub(super) fn new(histories: &Histories, table: &TransitionTable) -> Self {
        let graph = histories.graph();
        let moved = |k: usize| match histories.weights() {
            // A sample's weights are no numbers of moves.
            Weights::Sampling(weights) => {
                let rows = histories.episodes().iter().zip(weights).filter(|of| *of.1 > 0.0);
                let moves = rows.filter(|(of, _)| {
                    of.to.and_then(|to| graph.transition(of.from, to)) == Some(k)
                });
                moves.count() as f64
            }
            _ => table.total_moved(k),
        };
        let moves = |k: usize| (graph.transition_name(k), moved(k));
        Self {
            persons: persons(histories),
            rows: histories.len(),
            transitions: (0..graph.transitions().len()).map(moves).collect(),
        }
    }

    fn in_words(&self) -> String {
        let arcs = self.transitions.iter().map(|(name, moves)| format!("{name} ({moves})"));
        let arcs: Vec<String> = arcs.collect();
        let (persons, rows) = (number_of(self.persons, "person"), number_of(self.rows, "row"));
        format!("{persons}, {rows}; transitions: {}.", arcs.join(", "))
    }
}

/// A case weight is the number of equal persons, the same in all rows of one.
fn persons(histories: &Histories) -> f64 {
    let Weights::Case(weights) = histories.weights() else { return histories.n_persons() as f64 };
    let mut of_person = vec![0.0; histories.n_persons()];
    for (&person, &weight) in histories.persons().iter().zip(weights) {
        of_person[person] = weight;
    }
    of_person.iter().sum()
}

/// The conventions by name.
pub(super) fn record(request: &Request, columns: &Columns) -> Vec<(&'static str, Value)> {
    let mut record = vec![
        ("program", json!(concat!("afgang ", env!("CARGO_PKG_VERSION")))),
        ("estimator", json!("aalen-johansen")),
        ("since", json!(request.since)),
        ("start", json!(request.start.as_deref().unwrap_or("as those at risk are spread"))),
        ("variance", json!(of_states(request).0)),
        ("variance_of_transitions", json!(of_transitions(request).0)),
        ("interval", json!(scale(request.interval))),
        ("interval_of_times", json!("plain")),
        ("level", json!(request.level)),
    ];
    let of_rows =
        of_rows(columns).into_iter().filter(|(name, _)| !["observation", "event"].contains(name));
    record.extend(of_rows.map(|(name, value)| match name {
        "order_at_ties" => (name, json!("transitions, censorings, entries")),
        _ => (name, value),
    }));
    record.push(("observation", json!(format!("person {}", request.columns.id))));
    record
}

/// What was counted, by group.
pub(super) fn counted(episodes: &Episodes, groups: &[Group]) -> Value {
    let of_group = |group: &Group| {
        let Counted { persons, rows, transitions } = &group.counted;
        let moves = transitions.iter().map(|(name, moves)| (name.clone(), json!(moves)));
        json!({
            "group": episodes.rows.group_name(group.first),
            "persons": persons,
            "rows": rows,
            "transitions": Value::Object(moves.collect()),
        })
    };
    groups.iter().map(of_group).collect()
}

/// Standard errors of states and times, by name and in words.
fn of_states(request: &Request) -> (&'static str, &'static str) {
    match request.std_error {
        StdError::Persons => ("infinitesimal jackknife", "by influence, persons are independent"),
        StdError::Greenwood => ("greenwood", "Greenwood, a Markov process"),
        StdError::Aalen => ("aalen", "Aalen, a Markov process"),
    }
}

/// Those of transition probabilities.
fn of_transitions(request: &Request) -> (&'static str, &'static str) {
    match request.std_error {
        _ if is_sampled(request) => {
            ("infinitesimal jackknife", "by influence, persons are independent")
        }
        StdError::Aalen => ("aalen", "Aalen, a Markov process"),
        StdError::Persons | StdError::Greenwood => ("greenwood", "Greenwood, a Markov process"),
    }
}

/// The same in sentences.
pub(super) fn foot(
    request: &Request,
    episodes: &Episodes,
    columns: &Columns,
    groups: &[Group],
) -> Vec<String> {
    let start = match &request.start {
        Some(state) => format!("all in {state}"),
        None => "as those at risk are spread".to_owned(),
    };
    let of_group = |group: &Group| match episodes.rows.group_name(group.first).as_str() {
        "" => group.counted.in_words(),
        name => format!("{name}: {}", group.counted.in_words()),
    };
    let mut foot: Vec<String> = groups.iter().map(of_group).collect();
    foot.push(format!(
        "Aalen-Johansen from time {}, start {start}; standard errors of states and times: {}; of transition probabilities: {}.",
        request.since,
        of_states(request).1,
        of_transitions(request).1
    ));
    foot.push(format!(
        "{} % intervals on the {} scale, of times in states on the plain one.",
        percent(request.level),
        scale(request.interval)
    ));
    foot.push("At one time transitions come first, then censorings, then entries.".to_owned());
    foot.extend(episodes.rows.remarks(columns));
    foot
}
