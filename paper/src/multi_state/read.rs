//! Histories from the columns of a file.

use std::path::PathBuf;

use afgang_models::{Episode, Error as Refused, Histories, StateError, StateGraph, Weights};

use crate::rows::{
    Columns, Counts, DataError, Ends, EstimationError, EventCoding, Rows, WeightKind,
    check_weights, column_numbers, ranks, read_columns,
};
use crate::table::Values;

/// Which columns of a file are what, one row a stay in a state.
#[derive(Debug, Clone, PartialEq)]
pub struct StateColumns {
    /// A Parquet or CSV file.
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
    /// What weights mean; if absent, whole numbers are case weights.
    pub weight_kind: Option<WeightKind>,
    /// Rows that count: those with one of the values in each column.
    pub only: Vec<(String, Vec<String>)>,
    /// Whether to leave out rows without a value in a column of groups or covariates.
    pub drop_missing: bool,
}

impl StateColumns {
    /// The columns of the stays as spells, with some more; variances count persons if asked for.
    pub(crate) fn of_spells(&self, by: Vec<String>, persons: bool) -> Columns {
        Columns {
            data: self.data.clone(),
            time: Some(self.time.clone()),
            event: self.to.clone(),
            coding: EventCoding::default(),
            // All stays have one.
            entry: Some(self.entry.clone().unwrap_or_default()),
            weight: self.weight.clone(),
            weight_kind: self.weight_kind,
            cluster: persons.then(|| self.id.clone()),
            by,
            drop_missing: self.drop_missing,
            only: self.only.clone(),
            merge_near_ties: false,
            birth_year: None,
        }
    }
}

/// The rows of a file as episodes in states.
pub(crate) struct Episodes {
    graph: StateGraph,
    /// Numbers of the persons.
    persons: Vec<usize>,
    stays: Vec<Episode>,
    weights: Weights,
    /// The same as rows, whose events are transitions.
    pub(crate) rows: Rows,
}

impl Episodes {
    /// Reads the rows that count, with the by-columns of `columns`; states are in the order of their names, numbers by size.
    pub(crate) fn read(
        of: &StateColumns,
        columns: &Columns,
        transitions: &[String],
    ) -> Result<Self, EstimationError> {
        let mut names = vec![of.id.as_str(), &of.from, &of.to, &of.time];
        names.extend(of.entry.as_deref());
        names.extend(of.weight.as_deref());
        let first = names.len();
        names.extend(columns.by.iter().map(String::as_str));
        names.extend(of.only.iter().map(|(column, _)| column.as_str()));
        let mut values = read_columns(&of.data, &names)?;
        let rest = values.split_off(first);
        let (by, only) = rest.split_at(columns.by.len());
        let weight = of.weight.as_ref().and_then(|_| values.pop());
        let entry = of.entry.as_ref().and_then(|_| values.pop());
        let [ids, from, to, time] = &values[..] else {
            return Err(DataError::Empty { path: of.data.clone() }.into());
        };
        let n = ids.len();
        refuse_missing(ids, &of.id)?;
        refuse_missing(from, &of.from)?;
        let persons = ranks(ids);
        let exit = times(time, &of.time)?;
        let entry = match (&of.entry, &entry) {
            (Some(name), Some(values)) => times(values, name)?,
            _ => entries(&persons, &exit),
        };
        let counts = Counts::of(columns, by, only, None, n, &|_| 1)?;
        let every: Vec<usize> = (0..n).collect();
        let kept = counts.kept().unwrap_or(&every).to_vec();
        let numbers = |values: &[f64]| kept.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let from: Vec<String> = kept.iter().map(|&row| from.show(row)).collect();
        let ends = |value: &String| !value.is_empty() && !of.censored.contains(value);
        let to: Vec<Option<String>> =
            kept.iter().map(|&row| Some(to.show(row)).filter(ends)).collect();
        let states = ordered(from.iter().chain(to.iter().flatten()));
        let place = |name: &String| states.iter().position(|state| state == name).unwrap_or(0);
        let (entry, exit) = (numbers(&entry), numbers(&exit));
        let episodes: Vec<Episode> = (0..kept.len())
            .map(|row| Episode {
                entry: entry[row],
                exit: exit[row],
                from: place(&from[row]),
                to: to[row].as_ref().map(place),
            })
            .collect();
        let weight = match (&of.weight, weight) {
            (Some(name), Some(values)) => {
                let weight = column_numbers(values, name)?;
                check_weights(columns, &weight)?;
                Some(numbers(&weight))
            }
            _ => None,
        };
        let persons: Vec<usize> = kept.iter().map(|&row| persons[row]).collect();
        let found: Vec<_> = episodes.iter().filter_map(|e| Some((e.from, e.to?))).collect();
        if found.is_empty() {
            return Err(DataError::NoMoves { column: of.to.clone() }.into());
        }
        let graph = StateGraph::with_places(&states, &found)?;
        let shown = shown(&graph, transitions)?;
        let transitions = graph.transitions().len();
        if transitions > usize::from(u8::MAX) {
            return Err(
                DataError::TooManyCauses { column: of.to.clone(), found: transitions }.into()
            );
        }
        let event = |e: &Episode| {
            e.to.and_then(|to| graph.transition(e.from, to)).map_or(0, |k| k as u8 + 1)
        };
        let names = (0..transitions).map(|k| Some(graph.transition_name(k)));
        let ends = Ends {
            event: episodes.iter().map(event).collect(),
            events: Values::Text(names.collect()),
            shown,
            cluster: columns.cluster.as_ref().map(|_| persons.clone()),
            by: by.iter().map(|values| values.picked(&kept)).collect(),
            time: exit,
            entry,
            weight: weight.clone(),
        };
        let weights = match (weight, of.weight_kind) {
            (None, _) => Weights::None,
            (Some(weight), Some(WeightKind::Sampling)) => Weights::Sampling(weight),
            (Some(weight), _) => Weights::Case(weight),
        };
        Ok(Self {
            rows: Rows::of_ends(columns, ends, counts),
            graph,
            persons,
            stays: episodes,
            weights,
        })
    }

    /// The histories of some rows, or of all.
    pub(crate) fn histories(
        &self,
        members: Option<&[usize]>,
    ) -> Result<Histories, EstimationError> {
        let every: Vec<usize> = (0..self.stays.len()).collect();
        let rows = members.unwrap_or(&every);
        let persons: Vec<usize> = rows.iter().map(|&row| self.persons[row]).collect();
        let episodes: Vec<Episode> = rows.iter().map(|&row| self.stays[row]).collect();
        let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect();
        let weights = match &self.weights {
            Weights::Case(values) => Weights::Case(pick(values)),
            Weights::Sampling(values) => Weights::Sampling(pick(values)),
            _ => Weights::None,
        };
        let histories = Histories::new(self.graph.clone(), &persons, &episodes);
        histories
            .and_then(|histories| histories.with_weights(weights))
            .map_err(|error| in_file(error, |row| self.rows.row_of_file(rows[row])))
    }

    /// States and transitions.
    pub(crate) fn graph(&self) -> &StateGraph {
        &self.graph
    }
}

/// Places of the transitions asked for; of all if none is.
fn shown(graph: &StateGraph, asked: &[String]) -> Result<Vec<usize>, Refused> {
    let names: Vec<String> =
        (0..graph.transitions().len()).map(|k| graph.transition_name(k)).collect();
    let same = |name: &str| {
        let (from, to) = name.split_once("->").unwrap_or((name, ""));
        let name = format!("{} -> {}", from.trim(), to.trim());
        names
            .iter()
            .position(|known| *known == name)
            .ok_or(StateError::UnknownTransition { transition: name, transitions: names.clone() })
    };
    let mut places: Vec<usize> =
        asked.iter().map(|name| same(name)).collect::<Result<_, StateError>>()?;
    places.sort_unstable();
    places.dedup();
    Ok(if places.is_empty() { (0..names.len()).collect() } else { places })
}

/// Refuses a column of names in which one is missing.
fn refuse_missing(values: &Values, column: &str) -> Result<(), DataError> {
    match (0..values.len()).find(|&row| values.is_missing(row)) {
        Some(row) => Err(DataError::Missing { column: column.to_owned(), row: row + 1 }),
        None => Ok(()),
    }
}

fn times(values: &Values, column: &str) -> Result<Vec<f64>, DataError> {
    let times = column_numbers(values.clone(), column)?;
    match times.iter().position(|time| !time.is_finite()) {
        Some(row) => Err(DataError::Range {
            column: column.to_owned(),
            row: row + 1,
            value: times[row],
            wanted: "a finite number",
        }),
        None => Ok(times),
    }
}

/// A stay begins where the person's last one ended, the first at 0.
fn entries(persons: &[usize], exit: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..persons.len()).collect();
    order.sort_by(|&a, &b| persons[a].cmp(&persons[b]).then(exit[a].total_cmp(&exit[b])));
    let mut entry = vec![0.0; persons.len()];
    for pair in order.windows(2) {
        if persons[pair[0]] == persons[pair[1]] {
            entry[pair[1]] = exit[pair[0]];
        }
    }
    entry
}

/// Different names, numbers by size and before words.
fn ordered<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut states: Vec<String> = names.cloned().collect();
    let number = |name: &String| name.parse::<f64>().unwrap_or(f64::INFINITY);
    states.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
    states.dedup();
    states
}

/// The refusal of rows as they are in the file.
fn in_file(error: Refused, row_of_file: impl Fn(usize) -> usize) -> EstimationError {
    let mut error = match error {
        Refused::States(error) => error,
        Refused::EntryNotBeforeExit { row, entry, exit } => {
            return DataError::EntryNotBeforeExit { row: row_of_file(row), entry, time: exit }
                .into();
        }
        error => return EstimationError::Estimator(error),
    };
    if let StateError::TransitionNotAllowed { row, .. } | StateError::StateOutOfRange { row, .. } =
        &mut error
    {
        *row = row_of_file(*row);
    }
    if let StateError::EpisodesOverlap { row, other, .. }
    | StateError::StateJump { row, other, .. }
    | StateError::WeightChanges { row, other, .. } = &mut error
    {
        *row = row_of_file(*row);
        *other = row_of_file(*other);
    }
    EstimationError::Estimator(error.into())
}
