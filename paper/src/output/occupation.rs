//! State occupation after the start of a spell.

use afgang_engine::spells::UNOBSERVED;
use afgang_models::{Curve, Error, StateGraph, StateOccupation, TransitionTable};

use super::{Built, Context, Counts};
use crate::curve::CurveColumns;
use crate::figure::{Areas, Chart, Line};
use crate::labels;
use crate::table::Table;

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape<'s> {
    /// The target group of the first month.
    pub(super) target_group: &'s str,
    /// The last month.
    pub(super) months: u32,
    /// Confidence level.
    pub(super) level: f64,
}

/// `target_group, state, time, n_risk, n_event, n_censor, estimate, std_error, conf_low, conf_high`: probabilities to be in
/// each target group and to have left by each exit (Aalen–Johansen), of spells that start in one target group. Counts by
/// first target group, months, state left and state moved to, the censored state last.
pub(super) fn state_occupation(
    context: Context<'_>,
    counts: &Counts,
    shape: Shape<'_>,
) -> Result<Built, Error> {
    let groups = counts.labels(2);
    let states = States::new(counts);
    let Some(first) = counts.place(0, shape.target_group) else {
        return Ok(Built::table(table(shape, &[])));
    };
    let names: Vec<String> = states.order(shape.target_group, groups);
    let curves = match transitions(counts, &states, first)? {
        Some(table) => StateOccupation::new()
            .level(shape.level)
            .until(f64::from(shape.months))
            .starting_in(table.graph().state(shape.target_group)?)
            .fit(&table)?,
        None => Vec::new(),
    };
    // Curves in the order of the figure.
    let find = |name: &String| states.names.iter().position(|known| known == name);
    let curves: Vec<(&String, &Curve)> =
        names.iter().filter_map(|name| Some((name, curves.get(find(name)?)?))).collect();
    Ok(Built { chart: Some(chart(context, &curves, shape)), ..Built::table(table(shape, &curves)) })
}

/// Target groups, then the exits that are causes.
struct States {
    names: Vec<String>,
    /// Place of each among the states moved to.
    places: Vec<usize>,
    /// Exits that are no causes: the censored state, and causes that come too late to be seen.
    censored: Vec<usize>,
}

impl States {
    fn new(counts: &Counts) -> Self {
        let last = counts.size(3).saturating_sub(1);
        let is_state = |place: &usize| *place < last && counts.labels(3)[*place] != UNOBSERVED;
        let (places, censored): (Vec<usize>, Vec<usize>) = (0..counts.size(3)).partition(is_state);
        let names = places.iter().map(|&place| counts.labels(3)[place].clone()).collect();
        Self { names, places, censored }
    }

    /// From the bottom of the figure: exits, other target groups, the own one.
    fn order(&self, own: &str, groups: &[String]) -> Vec<String> {
        let (inside, exits): (Vec<&String>, Vec<&String>) =
            self.names.iter().partition(|name| groups.contains(name));
        let others = inside.into_iter().rev().filter(|group| *group != own);
        exits.into_iter().chain(others).cloned().chain([own.to_owned()]).collect()
    }
}

/// The table of transitions of the spells that start in a target group; `None` if there are none.
fn transitions(
    counts: &Counts,
    states: &States,
    first: usize,
) -> Result<Option<TransitionTable>, Error> {
    let groups = counts.size(2);
    let total = |from: usize, to: usize| counts.sum(&[Some(first), None, Some(from), Some(to)]);
    let mut arcs = Vec::new();
    for from in 0..groups {
        for (state, &place) in states.places.iter().enumerate() {
            if state != from && total(from, place) > 0 {
                arcs.push((from, state));
            }
        }
    }
    let graph = StateGraph::with_places(&states.names, &arcs)?;
    let (mut times, mut moved, mut censored) = (Vec::new(), Vec::new(), Vec::new());
    for (month, label) in counts.labels(1).iter().enumerate() {
        let Ok(time) = label.parse::<f64>() else { continue };
        let cell = |from, to| counts.sum(&[Some(first), Some(month), Some(from), Some(to)]);
        let row: Vec<u64> = graph
            .transitions()
            .iter()
            .map(|&(from, state)| cell(from, states.places[state]))
            .collect();
        let mut still = vec![0; states.names.len()];
        for (from, slot) in still.iter_mut().enumerate().take(groups) {
            *slot = states.censored.iter().map(|&to| cell(from, to)).sum();
        }
        if row.iter().chain(&still).any(|&n| n > 0) {
            times.push(time);
            moved.extend(row);
            censored.extend(still);
        }
    }
    // A target group that only the censored leave is absorbing: its counts of the censored are no matter.
    for counts in censored.chunks_exact_mut(states.names.len().max(1)) {
        for (state, count) in counts.iter_mut().enumerate() {
            if graph.is_absorbing(state) {
                *count = 0;
            }
        }
    }
    if times.is_empty() {
        return Ok(None);
    }
    TransitionTable::from_counts(graph, &times, &moved, &censored, None).map(Some)
}

fn table(shape: Shape<'_>, curves: &[(&String, &Curve)]) -> Table {
    let mut states = Vec::new();
    let mut numbers = CurveColumns::default();
    for (name, curve) in curves {
        states.extend(std::iter::repeat_n((*name).clone(), curve.len()));
        numbers.append((*curve).clone(), 0);
    }
    let table = Table::new()
        .text("target_group", std::iter::repeat_n(shape.target_group, states.len()))
        .text("state", states);
    numbers.after(table)
}

fn chart(context: Context<'_>, curves: &[(&String, &Curve)], shape: Shape<'_>) -> Chart {
    let lang = context.lang;
    let area = |&(name, curve): &(&String, &Curve)| Line {
        key: name.clone(),
        label: labels::exit(name, lang).to_owned(),
        time: curve.time.clone(),
        estimate: curve.estimate.clone(),
        low: curve.conf_low.clone(),
        high: curve.conf_high.clone(),
        ..Line::default()
    };
    Chart::Areas(Areas {
        title: context.title(),
        x_label: lang
            .pick("Måneder siden forløbets begyndelse", "Months since the start of the spell")
            .to_owned(),
        y_label: lang
            .pick("Sandsynlighed for tilstanden, procent", "Probability of the state, per cent")
            .to_owned(),
        legend: lang.pick("Tilstand", "State").to_owned(),
        areas: curves.iter().map(area).collect(),
        x_max: Some(f64::from(shape.months)),
        note: context.note(),
        ..Areas::named(&context.output.id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten spells start in a. At 1 two move to b and three leave for work; at 2 one of b leaves for school, one of the
    /// five in a is censored, and the rest at 3.
    #[test]
    fn tables_of_transitions_by_hand() {
        let mut cells = vec![0; 2 * 3 * 2 * 5];
        // First group, month, from, to (a, b, work, school, still).
        let mut put = |month: usize, from: usize, to: usize, n: u64| {
            cells[((month - 1) * 2 + from) * 5 + to] = n;
        };
        put(1, 0, 1, 2);
        put(1, 0, 2, 3);
        put(2, 1, 3, 1);
        put(2, 0, 4, 1);
        put(3, 0, 4, 4);
        put(3, 1, 4, 1);
        let counts = Counts::of(
            &[
                ("first_target_group", &["a", "b"]),
                ("months", &["1", "2", "3"]),
                ("from_state", &["a", "b"]),
                ("to_state", &["a", "b", "work", "school", "still_unemployed"]),
            ],
            &cells,
        );
        let states = States::new(&counts);
        assert_eq!(states.order("a", counts.labels(2)), ["work", "school", "b", "a"]);
        let table = transitions(&counts, &states, 0).unwrap().unwrap();
        assert_eq!(table.graph().transitions(), [(0, 1), (0, 2), (1, 3)]);
        assert_eq!(table.at_risk(0), [10.0, 5.0, 4.0]);
        assert_eq!(table.at_risk(1), [0.0, 2.0, 1.0]);
        let at = StateOccupation::new().starting_in(0).at(&table, 3.0).unwrap();
        let got: Vec<f64> = (0..4).map(|state| at.get(state).unwrap().0).collect();
        assert_eq!(got, [0.5, 0.1, 0.3, 0.1]);
        assert_eq!(transitions(&counts, &states, 1).unwrap(), None);
    }
}
