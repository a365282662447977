//! `afgang fit multistate`: occupation of states, transition probabilities and times in states, from any file of histories.

mod read;

use std::path::PathBuf;

use afgang_models::{
    Curve, Error as Refused, Estimate, Histories, Interval, StateError, StateOccupation,
    TransitionProbabilities, TransitionTable, Variance,
};
use serde_json::json;

use crate::curve::{CurveColumns, Plot};
use crate::figure::{Areas, Chart, Line};
use crate::rows::{DataError, EstimationError, WeightKind};
use crate::table::Table;

/// What to estimate from which columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// A Parquet or CSV file, one row a stay in a state.
    pub data: PathBuf,
    /// Column of persons.
    pub id: String,
    /// Column of the state.
    pub from: String,
    /// Column of the state moved to; empty is censored.
    pub to: String,
    /// Values of this column that mean censored.
    pub censored: Vec<String>,
    /// Column of the time at which the stay ends.
    pub time: String,
    /// Column of the time at which it begins; without it, the end of the person's last stay, of the first 0.
    pub entry: Option<String>,
    /// Column of weights.
    pub weight: Option<String>,
    /// What weights mean; case weights if absent.
    pub weight_kind: Option<WeightKind>,
    /// The start.
    pub since: f64,
    /// The state that all start in; as those at risk are spread if absent.
    pub start: Option<String>,
    /// Times to show instead of all, and those of the transition probabilities; the last time if empty.
    pub at: Vec<f64>,
    /// Times up to which the time in states is counted.
    pub horizons: Vec<f64>,
    /// Kind of standard error of the states.
    pub std_error: StdError,
    /// Kind of interval.
    pub interval: Interval,
    /// Confidence level.
    pub level: f64,
    /// A figure of stacked areas.
    pub plot: Option<Plot>,
}

/// A kind of standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StdError {
    /// By influence, grouped by person.
    Persons,
    /// Multinomial moves.
    Greenwood,
    /// Counting processes that do not jump together.
    Aalen,
}

/// What comes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `state, time, n_risk, n_event, n_censor, estimate, std_error, conf_low, conf_high`; at single times without the counts.
    pub states: Table,
    /// `from, to, since, time, estimate, std_error, conf_low, conf_high`: transition probabilities.
    pub transitions: Table,
    /// `state, since, horizon, estimate, std_error, conf_low, conf_high`: times in states.
    pub times: Option<Table>,
    /// The figure.
    pub chart: Option<Chart>,
    /// Conventions, one sentence a line.
    pub foot: Vec<String>,
}

/// Estimates.
///
/// # Errors
///
/// [`EstimationError`] with the column and the row of the file (from 1), or the time or state at fault.
pub fn estimate(request: &Request) -> Result<Answer, EstimationError> {
    let histories = read::histories(request)?;
    answer(request, &histories).map_err(EstimationError::Estimator)
}

fn answer(request: &Request, histories: &Histories) -> Result<Answer, Refused> {
    let table = histories.table();
    let spec = occupation(request, &table)?;
    let curves = match request.std_error {
        StdError::Persons => spec.fit_histories(histories)?,
        StdError::Greenwood | StdError::Aalen => spec.fit(&table)?,
    };
    let names = table.graph().names();
    let foot = foot(request, histories);
    let conventions = foot.join(" ");
    let states = states(request, names, &curves, &table)?.note("conventions", json!(conventions));
    let mut times = Vec::new();
    for &horizon in &request.horizons {
        let of = match request.std_error {
            StdError::Persons => spec.times_of_histories(histories, horizon)?,
            StdError::Greenwood | StdError::Aalen => spec.times(&table, horizon)?,
        };
        times.push((horizon, of.states));
    }
    Ok(Answer {
        transitions: transitions(request, &table)?,
        times: (!times.is_empty()).then(|| times_table(request, names, &times)),
        chart: request.plot.as_ref().map(|plot| chart(request, plot, names, &curves)),
        states,
        foot,
    })
}

fn occupation(request: &Request, table: &TransitionTable) -> Result<StateOccupation, Refused> {
    let spec = StateOccupation::new()
        .since(request.since)
        .interval(request.interval)
        .level(request.level)
        .variance(variance(request));
    Ok(match &request.start {
        Some(state) => spec.starting_in(table.graph().state(state)?),
        None => spec,
    })
}

fn variance(request: &Request) -> Variance {
    if request.std_error == StdError::Aalen { Variance::Aalen } else { Variance::Greenwood }
}

fn states(
    request: &Request,
    names: &[String],
    curves: &[Curve],
    table: &TransitionTable,
) -> Result<Table, Refused> {
    let repeat = |name: &String, n: usize| std::iter::repeat_n(name.clone(), n);
    if request.at.is_empty() {
        let labels = names.iter().zip(curves).flat_map(|(name, curve)| repeat(name, curve.len()));
        let mut columns = CurveColumns::default();
        for curve in curves {
            columns.append(curve.clone(), 0);
        }
        return Ok(columns.after(Table::new().text("state", labels)));
    }
    known(request, &request.at, table)?;
    let points: Vec<_> =
        curves.iter().flat_map(|curve| request.at.iter().map(|&time| curve.point(time))).collect();
    Ok(Table::new()
        .text("state", names.iter().flat_map(|name| repeat(name, request.at.len())))
        .number("time", points.iter().map(|point| point.time))
        .number("estimate", points.iter().map(|point| point.estimate))
        .number("std_error", points.iter().map(|point| point.std_error))
        .number("conf_low", points.iter().map(|point| point.conf_low))
        .number("conf_high", points.iter().map(|point| point.conf_high)))
}

/// Refuses times at which nothing is known.
fn known(request: &Request, times: &[f64], table: &TransitionTable) -> Result<(), Refused> {
    let since = request.since;
    let last = table.times().last().copied().unwrap_or(since);
    match times.iter().find(|time| !(since..=last).contains(*time)) {
        Some(&time) => Err(StateError::TimeOutside { time, since, last }.into()),
        None => Ok(()),
    }
}

/// Transition probabilities; rows of absorbing states are left out.
fn transitions(request: &Request, table: &TransitionTable) -> Result<Table, Refused> {
    let graph = table.graph();
    let mut times = request.at.clone();
    if times.is_empty() {
        times.extend(table.times().last());
    }
    times.sort_by(f64::total_cmp);
    times.dedup();
    let spec = TransitionProbabilities::new().since(request.since).variance(variance(request));
    let matrices = spec.at_times(table, &times)?;
    let leave: Vec<usize> = (0..graph.len()).filter(|&state| !graph.is_absorbing(state)).collect();
    let mut rows = Vec::new();
    for matrix in &matrices {
        for &from in &leave {
            for to in 0..graph.len() {
                rows.push((
                    matrix.time(),
                    from,
                    to,
                    matrix.estimate(from, to, request.interval, request.level)?,
                ));
            }
        }
    }
    let name = |state: usize| graph.names()[state].clone();
    Ok(with_estimates(
        Table::new()
            .text("from", rows.iter().map(|row| name(row.1)))
            .text("to", rows.iter().map(|row| name(row.2)))
            .number("since", rows.iter().map(|_| request.since))
            .number("time", rows.iter().map(|row| row.0)),
        rows.iter().map(|row| row.3),
    ))
}

fn times_table(request: &Request, names: &[String], times: &[(f64, Vec<Estimate>)]) -> Table {
    let rows =
        || times.iter().flat_map(|(horizon, of)| names.iter().zip(of).map(move |of| (horizon, of)));
    with_estimates(
        Table::new()
            .text("state", rows().map(|(_, (name, _))| name.clone()))
            .number("since", rows().map(|_| request.since))
            .number("horizon", rows().map(|(&horizon, _)| horizon)),
        rows().map(|(_, (_, estimate))| *estimate),
    )
}

fn with_estimates(table: Table, estimates: impl Iterator<Item = Estimate> + Clone) -> Table {
    table
        .number("estimate", estimates.clone().map(|of| of.estimate))
        .number("std_error", estimates.clone().map(|of| of.std_error))
        .number("conf_low", estimates.clone().map(|of| of.conf_low))
        .number("conf_high", estimates.map(|of| of.conf_high))
}

fn chart(request: &Request, plot: &Plot, names: &[String], curves: &[Curve]) -> Chart {
    let lang = plot.lang;
    let area = |(name, curve): (&String, &Curve)| Line {
        key: name.clone(),
        label: name.clone(),
        time: curve.time.clone(),
        estimate: curve.estimate.clone(),
        low: curve.conf_low.clone(),
        high: curve.conf_high.clone(),
        ..Line::default()
    };
    let mut areas: Vec<Line> = names.iter().zip(curves).map(area).collect();
    // The first state on top.
    areas.reverse();
    Chart::Areas(Areas {
        title: plot.title.clone(),
        x_label: plot.time_label.clone().unwrap_or_else(|| request.time.clone()),
        y_label: lang
            .pick("Sandsynlighed for tilstanden, procent", "Probability of the state, per cent")
            .to_owned(),
        legend: lang.pick("Tilstand", "State").to_owned(),
        areas,
        ..Areas::named("states")
    })
}

fn foot(request: &Request, histories: &Histories) -> Vec<String> {
    let graph = histories.graph();
    let arcs: Vec<String> = (0..graph.transitions().len())
        .map(|k| format!("{} ({})", graph.transition_name(k), histories.table().total_moved(k)))
        .collect();
    let of_states = match request.std_error {
        StdError::Persons => "by influence, persons are independent",
        StdError::Greenwood => "Greenwood, a Markov process",
        StdError::Aalen => "Aalen, a Markov process",
    };
    let start = match &request.start {
        Some(state) => format!("all in {state}"),
        None => "as those at risk are spread".to_owned(),
    };
    let of_transitions = if request.std_error == StdError::Aalen { "Aalen" } else { "Greenwood" };
    vec![
        format!(
            "{} persons, {} rows; transitions: {}.",
            histories.n_persons(),
            histories.len(),
            arcs.join(", ")
        ),
        format!(
            "Aalen-Johansen from time {}, start {start}; standard errors of states and times: {of_states}; of transition \
             probabilities: {of_transitions}, a Markov process.",
            request.since
        ),
        "At one time transitions come first, then censorings, then entries.".to_owned(),
    ]
}

/// The refusal of rows of the file, which count from 1 there.
pub(crate) fn in_file(request: &Request, error: Refused) -> EstimationError {
    let Refused::States(error) = error else {
        return match error {
            Refused::EntryNotBeforeExit { row, entry, exit } => {
                DataError::EntryNotBeforeExit { row: row + 1, entry, time: exit }.into()
            }
            Refused::Weight { row, weight } => DataError::Range {
                column: request.weight.clone().unwrap_or_default(),
                row: row + 1,
                value: weight,
                wanted: "a finite number of at least 0",
            }
            .into(),
            error => EstimationError::Estimator(error),
        };
    };
    let mut error = error;
    if let StateError::TransitionNotAllowed { row, .. } | StateError::StateOutOfRange { row, .. } =
        &mut error
    {
        *row += 1;
    }
    if let StateError::EpisodesOverlap { row, other, .. }
    | StateError::StateJump { row, other, .. }
    | StateError::WeightChanges { row, other, .. } = &mut error
    {
        *row += 1;
        *other += 1;
    }
    EstimationError::Estimator(error.into())
}
