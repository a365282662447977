//! `afgang fit multistate`: occupation of states, transition probabilities and times in states, from any file of histories.

mod conventions;
mod read;

use afgang_models::{
    Curve, Error as Refused, Estimate, Histories, Interval, StateError, StateOccupation,
    TransitionMatrix, TransitionProbabilities, TransitionTable, Variance,
};

pub(crate) use self::read::Episodes;
pub use self::read::StateColumns;
use crate::curve::{CurveColumns, Plot};
use crate::figure::{Areas, Chart, Line};
use crate::rows::{EstimationError, WeightKind};
use crate::table::Table;

/// What to estimate from which columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The columns of the stays.
    pub columns: StateColumns,
    /// Columns whose combinations are groups.
    pub by: Vec<String>,
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

/// What comes out. All tables begin with the columns of the groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `state, time, n_risk, n_event, n_censor, estimate, std_error, conf_low, conf_high`; at single times without the counts. Its
    /// parts are `transitions`, with `from, to, since, time, estimate, std_error, conf_low, conf_high`, the transition probabilities,
    /// and `times`, with `state, since, horizon, estimate, std_error, conf_low, conf_high`, the times in states, if asked for.
    pub states: Table,
    /// The figure.
    pub chart: Option<Chart>,
    /// Conventions, one sentence a line.
    pub foot: Vec<String>,
}

/// Estimates.
///
/// # Errors
///
/// [`EstimationError`] with the column and the row of the file (from 1), or the time, state or group at fault.
pub fn estimate(request: &Request) -> Result<Answer, EstimationError> {
    let columns = request.columns.of_spells(request.by.clone(), false);
    let episodes = Episodes::read(&request.columns, &columns, &[])?;
    let rows = &episodes.rows;
    let mut groups = Vec::new();
    for (first, members) in rows.groups(0..request.by.len()) {
        let histories = episodes.histories(Some(&members))?;
        let of_group = |error| EstimationError::of_group(rows.group_name(first), error);
        groups.push(Group::new(request, first, &histories).map_err(of_group)?);
    }
    let names = episodes.graph().names();
    let foot = conventions::foot(request, &episodes, &columns, &groups);
    let by = |members: &[usize]| {
        let labels = rows.labels(&columns, members).into_iter();
        labels.fold(Table::new(), |table, (name, values)| table.with(&name, values))
    };
    let mut states = states(request, names, &groups, &by);
    for (name, value) in conventions::record(request, &columns) {
        states = states.note(name, value);
    }
    states = states
        .note("counted", conventions::counted(&episodes, &groups))
        .part("transitions", transitions(request, names, &groups, &by));
    if !request.horizons.is_empty() {
        states = states.part("times", times_table(request, names, &groups, &by));
    }
    let chart = match (&request.plot, &groups[..]) {
        (Some(plot), [group, ..]) => Some(chart(request, plot, names, &group.curves)),
        _ => None,
    };
    Ok(Answer { states, chart, foot })
}

/// Estimates of a group.
struct Group {
    /// A row of it.
    first: usize,
    curves: Vec<Curve>,
    /// The times asked for, or the last at which any could move.
    at: Vec<f64>,
    /// Time, from, to and estimate.
    transitions: Vec<(f64, usize, usize, Estimate)>,
    /// Horizon, and estimates by state.
    times: Vec<(f64, Vec<Estimate>)>,
    counted: conventions::Counted,
}

impl Group {
    fn new(request: &Request, first: usize, histories: &Histories) -> Result<Self, Refused> {
        let table = histories.table();
        let spec = occupation(request, &table)?;
        let curves = match request.std_error {
            StdError::Persons => spec.fit_histories(histories)?,
            StdError::Greenwood | StdError::Aalen => spec.fit(&table)?,
        };
        // Where nobody can move any more, all is known.
        let left = |(state, curve): (usize, &Curve)| {
            let still = curve.estimate.last().is_some_and(|&share| share > 0.0);
            still && !table.graph().is_absorbing(state)
        };
        let last = table.times().last().copied().filter(|_| !curves.iter().enumerate().any(left));
        let until = |time: f64| last.map_or(time, |last| time.min(last.max(request.since)));
        let at: Vec<f64> = request.at.iter().map(|&time| until(time)).collect();
        known(request.since, &at, &table)?;
        let mut times = Vec::new();
        for &horizon in &request.horizons {
            let of = match request.std_error {
                StdError::Persons => spec.times_of_histories(histories, horizon)?,
                StdError::Greenwood | StdError::Aalen => spec.times(&table, horizon)?,
            };
            times.push((horizon, of.states));
        }
        let transitions = transition_estimates(request, &at, histories, &table)?;
        let counted = conventions::Counted::new(histories, &table);
        Ok(Self { first, curves, at, transitions, times, counted })
    }
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

/// Whether weights are those of a sample, with which only variances by influence do not depend on their scale.
fn is_sampled(request: &Request) -> bool {
    request.columns.weight_kind == Some(WeightKind::Sampling)
}

/// The first columns of a table whose rows are of these groups.
type By<'a> = &'a dyn Fn(&[usize]) -> Table;

fn states(request: &Request, names: &[String], groups: &[Group], by: By<'_>) -> Table {
    let curves = || {
        groups.iter().flat_map(|group| names.iter().zip(&group.curves).map(move |of| (group, of)))
    };
    let (mut members, mut states) = (Vec::new(), Vec::new());
    for (group, (name, curve)) in curves() {
        let n = if request.at.is_empty() { curve.len() } else { request.at.len() };
        members.extend(std::iter::repeat_n(group.first, n));
        states.extend(std::iter::repeat_n(name.clone(), n));
    }
    let table = by(&members).text("state", states);
    if request.at.is_empty() {
        let mut columns = CurveColumns::default();
        for (_, (_, curve)) in curves() {
            columns.append(curve.clone(), 0);
        }
        return columns.after(table);
    }
    let point = |(group, (_, curve)): (&Group, (&String, &Curve))| {
        group.at.iter().map(|&time| curve.point(time)).collect::<Vec<_>>()
    };
    let points: Vec<_> = curves().flat_map(point).collect();
    let times = curves().flat_map(|_| request.at.iter().copied());
    table
        .number("time", times.collect::<Vec<_>>())
        .number("estimate", points.iter().map(|point| point.estimate))
        .number("std_error", points.iter().map(|point| point.std_error))
        .number("conf_low", points.iter().map(|point| point.conf_low))
        .number("conf_high", points.iter().map(|point| point.conf_high))
}

/// Refuses times at which nothing is known.
pub(crate) fn known(since: f64, times: &[f64], table: &TransitionTable) -> Result<(), Refused> {
    let last = table.times().last().copied().unwrap_or(since);
    match times.iter().find(|time| !(since..=last).contains(*time)) {
        Some(&time) => Err(StateError::TimeOutside { time, since, last }.into()),
        None => Ok(()),
    }
}

/// Transition probabilities; rows of absorbing states are left out.
fn transition_estimates(
    request: &Request,
    at: &[f64],
    histories: &Histories,
    table: &TransitionTable,
) -> Result<Vec<(f64, usize, usize, Estimate)>, Refused> {
    let graph = table.graph();
    // Each time asked for, with the one that it is known from.
    let mut asked: Vec<(f64, f64)> = request.at.iter().copied().zip(at.iter().copied()).collect();
    if asked.is_empty() {
        asked.extend(table.times().last().map(|&last| (last, last)));
    }
    asked.sort_by(|a, b| a.0.total_cmp(&b.0));
    asked.dedup();
    let mut times: Vec<f64> = asked.iter().map(|&(_, time)| time).collect();
    times.dedup();
    let spec = TransitionProbabilities::new().since(request.since).variance(variance(request));
    let matrices = if is_sampled(request) {
        spec.at_times_of_histories(histories, &times)?
    } else {
        spec.at_times(table, &times)?
    };
    let leave: Vec<usize> = (0..graph.len()).filter(|&state| !graph.is_absorbing(state)).collect();
    let mut rows = Vec::new();
    for (time, known) in asked {
        let of_time = |matrix: &&TransitionMatrix| matrix.time().total_cmp(&known).is_eq();
        let Some(matrix) = matrices.iter().find(of_time) else { continue };
        for &from in &leave {
            for to in 0..graph.len() {
                let estimate = matrix.estimate(from, to, request.interval, request.level)?;
                rows.push((time, from, to, estimate));
            }
        }
    }
    Ok(rows)
}

fn transitions(request: &Request, names: &[String], groups: &[Group], by: By<'_>) -> Table {
    let rows =
        || groups.iter().flat_map(|group| group.transitions.iter().map(|of| (group.first, of)));
    let members: Vec<usize> = rows().map(|row| row.0).collect();
    let name = |state: usize| names[state].clone();
    let table = by(&members)
        .text("from", rows().map(|(_, of)| name(of.1)))
        .text("to", rows().map(|(_, of)| name(of.2)))
        .number("since", rows().map(|_| request.since))
        .number("time", rows().map(|(_, of)| of.0));
    with_estimates(table, rows().map(|(_, of)| of.3))
}

fn times_table(request: &Request, names: &[String], groups: &[Group], by: By<'_>) -> Table {
    let mut rows = Vec::new();
    for group in groups {
        for (horizon, of) in &group.times {
            rows.extend(names.iter().zip(of).map(|(name, of)| (group.first, name, *horizon, *of)));
        }
    }
    let members: Vec<usize> = rows.iter().map(|row| row.0).collect();
    let table = by(&members)
        .text("state", rows.iter().map(|row| row.1.clone()))
        .number("since", rows.iter().map(|_| request.since))
        .number("horizon", rows.iter().map(|row| row.2));
    with_estimates(table, rows.iter().map(|row| row.3))
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
        x_label: plot.time_label.clone().unwrap_or_else(|| request.columns.time.clone()),
        y_label: lang
            .pick("Sandsynlighed for tilstanden, procent", "Probability of the state, per cent")
            .to_owned(),
        legend: lang.pick("Tilstand", "State").to_owned(),
        areas,
        ..Areas::named("states")
    })
}
