//! Rows of spells in a Parquet or CSV file: what the estimator commands read.
//!
//! A row is a spell: a time of exit, an event code (0 censored, 1, 2, … causes), maybe a time of entry, a weight, a
//! cluster, and columns whose combinations are groups.

mod chunks;
mod collapsed;
mod counts;
mod csv_file;
mod data;
mod ends;
pub(crate) mod events;
pub(crate) mod near_ties;
mod numbers;
mod parquet_file;
mod ranks;
pub(crate) mod register;

use afgang_models::{EventTable, Persons, Spells, Weights};

pub(crate) use counts::Counts;
pub(crate) use csv_file::is_missing;
pub use data::DataError;
pub(crate) use data::{each_field, is_parquet, read as read_columns};
pub(crate) use ends::{Ends, check, check_weights};
pub use events::EventCoding;
pub(crate) use numbers::{number_of, numbers as column_numbers};
pub(crate) use parquet_file::{Cells, ParquetFile};
pub(crate) use ranks::ranks;
pub use register::Counted;

use std::borrow::Cow;
use std::path::PathBuf;

use self::events::Events;
use self::near_ties::{NearTies, different};
use crate::conventions::{self, MISSING};
use crate::table::Values;

/// Which columns of a file are what.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// A Parquet or CSV file, one row a spell.
    pub data: PathBuf,
    /// Column of the time of exit or of censoring, at least 0; without it all times are 1, for outcomes without a time.
    pub time: Option<String>,
    /// Column of the event code: 0 censored, 1, 2, … causes, or words.
    pub event: String,
    /// What the values of the event column mean.
    pub coding: EventCoding,
    /// Column of the time of entry; without it all are there from the start.
    pub entry: Option<String>,
    /// Column of weights.
    pub weight: Option<String>,
    /// What the weights mean; `None` is not said.
    pub weight_kind: Option<WeightKind>,
    /// Column of clusters.
    pub cluster: Option<String>,
    /// Columns whose combinations are groups.
    pub by: Vec<String>,
    /// Whether to leave out rows without a value in one of these.
    pub drop_missing: bool,
    /// Rows that count: those with one of the values in each column.
    pub only: Vec<(String, Vec<String>)>,
    /// Whether times that differ by rounding alone are one time.
    pub merge_near_ties: bool,
    /// Column of a register with years of birth, of which `age_months` is made.
    pub birth_year: Option<String>,
}

impl Columns {
    /// The names of all columns, in the order in which the rows are made of them.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.time.as_deref().into_iter().collect();
        names.push(&self.event);
        names.extend(
            [&self.entry, &self.weight, &self.cluster].into_iter().filter_map(|c| c.as_deref()),
        );
        names.extend(self.by.iter().map(String::as_str));
        names.extend(self.only.iter().map(|(column, _)| column.as_str()));
        names
    }
}

/// What weights mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightKind {
    /// Numbers of equal spells.
    Case,
    /// Inverse probabilities of being sampled.
    Sampling,
}

/// Errors of an estimation: of the data, or of the estimator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EstimationError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The estimator refuses.
    #[error(transparent)]
    Estimator(#[from] afgang_models::Error),
    /// The figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] crate::figure::PictureError),
    /// The estimator refuses one of the groups.
    #[error("group {group}: {error}")]
    Group {
        /// Values of the by-columns.
        group: String,
        /// What is wrong with it.
        error: afgang_models::Error,
    },
}

impl EstimationError {
    /// The error with the group it is about, if there are groups.
    pub(crate) fn of_group(group: String, error: afgang_models::Error) -> Self {
        if group.is_empty() { Self::Estimator(error) } else { Self::Group { group, error } }
    }
}

/// Most combinations of by-values that are counted instead of sorted.
const MOST_CELLS: usize = 1 << 20;

/// Whole times below this are counted instead of sorted.
const MOST_TIMES: f64 = 65_536.0;

/// Spells by column.
pub(crate) struct Rows {
    time: Vec<f64>,
    entry: Option<Vec<f64>>,
    /// 0 censored, otherwise one more than the place of the cause.
    event: Vec<u8>,
    weight: Option<Vec<f64>>,
    weight_kind: WeightKind,
    /// Rank of the cluster's id.
    cluster: Option<Vec<usize>>,
    pub(crate) by: Vec<Values>,
    /// Names of the causes, in their order.
    pub(crate) causes: Values,
    /// Places of the causes to show.
    pub(crate) shown: Vec<usize>,
    /// How many times were taken for the one before them.
    pub(crate) merged: usize,
    /// Persons with several spells, where rows are counts and variances count persons.
    persons: Option<Persons>,
    /// Whether a row is a kind of rows, with their number as its weight.
    pub(crate) are_cells: bool,
    counts: Counts,
}

impl Rows {
    /// As [`read`](Self::read), with equal rows as one, whose weight is their number, where that is quick: for what is a
    /// function of counts. Nothing that the estimators make of it differs.
    pub(crate) fn counted(columns: &Columns, several_causes: bool) -> Result<Self, DataError> {
        let plain =
            columns.entry.is_none() && columns.weight.is_none() && columns.cluster.is_none();
        let parquet = columns.data.extension().is_some_and(|ending| ending == "parquet");
        if plain
            && parquet
            && let Some(found) = collapsed::read(&columns.data, &columns.names(), 2)
            && let Ok(rows) = Self::of_kinds(columns, found, several_causes)
        {
            return Ok(rows);
        }
        // Also where something is at fault, which is explained with the rows of the file.
        Self::read(columns, several_causes)
    }

    /// Of counted rows: by kind of row the time, the event, the by-columns and those of `only`, and how many there are.
    pub(crate) fn of_counts(
        columns: &Columns,
        values: Vec<Values>,
        counts: Vec<usize>,
        several_causes: bool,
    ) -> Result<Self, DataError> {
        let found = collapsed::Collapsed { columns: values, counts };
        Self::of_kinds(columns, found, several_causes)
    }

    fn of_kinds(
        columns: &Columns,
        found: collapsed::Collapsed,
        several_causes: bool,
    ) -> Result<Self, DataError> {
        let (mut values, numbers) = (found.columns, found.counts);
        let only = values.split_off(values.len() - columns.only.len());
        let by = &values[values.len() - columns.by.len()..];
        let counts = Counts::of(columns, by, &only, None, numbers.len(), &|kind| numbers[kind])?;
        let every: Vec<usize> = (0..numbers.len()).collect();
        let kept = counts.kept.clone().unwrap_or(every);
        let values = values.iter().map(|values| values.picked(&kept)).collect();
        let weight = Some(kept.iter().map(|&kind| numbers[kind] as f64).collect());
        let rows = Self::of_values(columns, values, several_causes, counts)?;
        Ok(Self { weight, are_cells: true, ..rows })
    }

    /// Reads and checks the columns; without `several_causes` there is one kind of event.
    pub(crate) fn read(columns: &Columns, several_causes: bool) -> Result<Self, DataError> {
        let mut values = data::read(&columns.data, &columns.names())?;
        let only = values.split_off(values.len() - columns.only.len());
        let (ends, by) = values.split_at(values.len() - columns.by.len());
        let cluster = columns.cluster.as_ref().and_then(|_| ends.last());
        let rows = values.first().map_or(0, Values::len);
        let counts = Counts::of(columns, by, &only, cluster, rows, &|_| 1)?;
        let Some(kept) = &counts.kept else {
            return Self::of_values(columns, values, several_causes, counts);
        };
        let values = values.iter().map(|values| values.picked(kept)).collect();
        let origin = kept.clone();
        Self::of_values(columns, values, several_causes, counts)
            .map_err(|error| error.in_file(&origin))
    }

    /// Checks the columns that `read` asked for.
    fn of_values(
        columns: &Columns,
        values: Vec<Values>,
        several_causes: bool,
        counts: Counts,
    ) -> Result<Self, DataError> {
        let mut values = values.into_iter();
        let next = |values: &mut std::vec::IntoIter<Values>, column: &str| {
            values.next().map_or_else(|| Ok(Vec::new()), |values| numbers::numbers(values, column))
        };
        let time = columns.time.as_deref().map(|name| next(&mut values, name)).transpose()?;
        let Some(codes) = values.next() else {
            return Err(DataError::Empty { path: columns.data.clone() });
        };
        let mut entry = columns.entry.as_deref().map(|name| next(&mut values, name)).transpose()?;
        let weight = columns.weight.as_deref().map(|name| next(&mut values, name)).transpose()?;
        let cluster = columns.cluster.as_deref().and_then(|_| values.next());
        let by: Vec<Values> = values.collect();
        if let (Some(column), Some(cluster)) = (&columns.cluster, &cluster) {
            let rows = (0..cluster.len()).filter(|&row| cluster.is_missing(row)).count();
            if rows > 0 {
                return Err(DataError::MissingGroup { column: column.clone(), rows });
            }
        }

        let not_negative = "a finite number of at least 0";
        let below_header = |row| row + 1;
        if let (Some(column), Some(time)) = (&columns.time, &time) {
            check(
                column,
                time,
                |value| value.is_finite() && value >= 0.0,
                not_negative,
                below_header,
            )?;
        }
        let mut time = time.unwrap_or_else(|| vec![1.0; codes.len()]);
        if let Some(weight) = &weight {
            check_weights(columns, weight)?;
        }
        if let (Some(column), Some(entry)) = (&columns.entry, &entry) {
            check(column, entry, f64::is_finite, "a finite number", below_header)?;
        }
        let merged = if columns.merge_near_ties {
            let mut times = vec![&mut time];
            times.extend(entry.as_mut());
            near_ties::merge(&mut times)
        } else {
            0
        };
        if let Some(entry) = &entry
            && let Some(row) = (0..time.len()).find(|&row| entry[row] >= time[row])
        {
            let (entry, time) = (entry[row], time[row]);
            return Err(DataError::EntryNotBeforeExit { row: row + 1, entry, time });
        }
        let events = Events::read(&codes, &columns.event, &columns.coding, several_causes)?;
        Ok(Self {
            time,
            entry,
            event: events.codes,
            weight,
            weight_kind: columns.weight_kind.unwrap_or(WeightKind::Case),
            cluster: cluster.as_ref().map(ranks),
            by,
            causes: events.causes,
            shown: events.shown,
            merged,
            persons: None,
            are_cells: false,
            counts,
        })
    }

    /// Refuses rows without a group, which a test cannot place.
    pub(crate) fn refuse_missing(&self, columns: &Columns) -> Result<(), DataError> {
        match self.counts.missing.iter().zip(&columns.by).find(|(missing, _)| **missing > 0) {
            None => Ok(()),
            Some((&rows, column)) => Err(DataError::MissingGroup { column: column.clone(), rows }),
        }
    }

    /// What a reader should know of the rows.
    pub(crate) fn remarks(&self, columns: &Columns) -> Vec<String> {
        let mut remarks = Vec::new();
        for column in columns.by.iter().filter(|column| name_of_group(column) != **column) {
            let here = name_of_group(column);
            remarks
                .push(format!("Column {column} is {here} here, as the table has one of its own."));
        }
        let Counts { of_file, chosen, left_out, lacking, missing, .. } = &self.counts;
        if !columns.only.is_empty() {
            let which: Vec<String> = columns
                .only
                .iter()
                .map(|(column, values)| format!("{column} = {}", values.join(" or ")))
                .collect();
            remarks.push(format!("Only rows with {}: {chosen} of {of_file}.", which.join(", ")));
        }
        if *left_out > 0 {
            remarks.push(format!(
                "Left out, for want of a value in {}: {}.",
                lacking.join(", "),
                conventions::number_of(*left_out, "row")
            ));
        }
        let without_weight = self.weight.iter().flatten().filter(|&&weight| weight == 0.0).count();
        if without_weight > 0 {
            remarks.push(format!(
                "Of weight 0, which counts for nothing: {}.",
                conventions::number_of(without_weight, "row")
            ));
        }
        for (&missing, column) in missing.iter().zip(&columns.by).filter(|m| *m.0 > 0) {
            remarks.push(format!(
                "Rows without a value in {column}: {missing}; they are a group of their own, the last."
            ));
        }
        if !self.event.contains(&0) {
            remarks.push("No row is censored.".to_owned());
        }
        remarks
    }

    /// The rows of each combination of some by-columns, as its first row and all of its rows; combinations in the
    /// order of their values, numbers by size, missing values last.
    pub(crate) fn groups(&self, by: std::ops::Range<usize>) -> Vec<(usize, Vec<usize>)> {
        let ranks: Vec<Vec<usize>> = self.by[by].iter().map(ranks).collect();
        // A row's combination as one number, as long as there are not too many.
        let sizes = ranks.iter().map(|ranks| ranks.iter().max().map_or(1, |most| most + 1));
        let sizes: Vec<usize> = sizes.collect();
        let cells = sizes.iter().try_fold(1_usize, |cells, &size| cells.checked_mul(size));
        if let Some(cells) = cells.filter(|&cells| cells <= MOST_CELLS) {
            let by_columns = ranks.into_iter().zip(sizes);
            let (cell_of, _) = by_columns
                .reduce(|(mut cell_of, before), (ranks, size)| {
                    for (cell, rank) in cell_of.iter_mut().zip(ranks) {
                        *cell = *cell * size + rank;
                    }
                    (cell_of, before * size)
                })
                .unwrap_or_else(|| (vec![0; self.time.len()], 1));
            let mut numbers = vec![0; cells];
            for &cell in &cell_of {
                numbers[cell] += 1;
            }
            let mut members: Vec<Vec<usize>> =
                numbers.into_iter().map(Vec::with_capacity).collect();
            for (row, &cell) in cell_of.iter().enumerate() {
                members[cell].push(row);
            }
            let filled = members.into_iter().filter(|members| !members.is_empty());
            return filled.map(|members| (members[0], members)).collect();
        }
        let mut order: Vec<usize> = (0..self.time.len()).collect();
        let key = |row: usize| ranks.iter().map(move |ranks| ranks[row]);
        order.sort_by(|&a, &b| key(a).cmp(key(b)).then(a.cmp(&b)));
        order
            .chunk_by(|&a, &b| key(a).eq(key(b)))
            .map(|members| (members[0], members.to_vec()))
            .collect()
    }

    /// How often each row counts among values: as often as its case weight says; with a sampling weight once, without weight never.
    /// `None` if all count once.
    pub(crate) fn counts(&self) -> Option<Cow<'_, [f64]>> {
        let weight = self.weight.as_deref()?;
        Some(match self.weight_kind {
            WeightKind::Case => Cow::Borrowed(weight),
            WeightKind::Sampling => weight.iter().map(|&w| f64::from(u8::from(w > 0.0))).collect(),
        })
    }

    /// The event table of some rows.
    pub(crate) fn table(&self, members: &[usize]) -> Result<EventTable, afgang_models::Error> {
        if let Some(table) = self.table_of_whole_times(members) {
            return table;
        }
        let n_causes = self.causes.len().max(1);
        if self.entry.is_none() && self.weight.is_none() {
            let row = |&row: &usize| (self.time[row], self.cause(row));
            return EventTable::from_exits(n_causes, members.iter().map(row));
        }
        let rows: Vec<(f64, f64, Option<usize>, f64)> = members
            .iter()
            .map(|&row| {
                let entry = self.entry.as_ref().map_or(f64::NEG_INFINITY, |entry| entry[row]);
                let weight = self.weight.as_ref().map_or(1.0, |weight| weight[row]);
                (entry, self.time[row], self.cause(row), weight)
            })
            .collect();
        EventTable::from_weighted_spells(n_causes, &rows)
    }

    /// The event table of rows that all are there from the start, without weights, and end at whole times: no sorting.
    fn table_of_whole_times(
        &self,
        members: &[usize],
    ) -> Option<Result<EventTable, afgang_models::Error>> {
        let whole = |&row: &usize| self.time[row].fract() == 0.0 && self.time[row] < MOST_TIMES;
        if self.entry.is_some() || self.weight.is_some() || !members.iter().all(whole) {
            return None;
        }
        let n_causes = self.causes.len().max(1);
        let last = members.iter().map(|&row| self.time[row] as usize).max()?;
        // Causes count from 1 in the rows; censorings come after them in the table.
        let place = |code: u8| usize::from(code).checked_sub(1).unwrap_or(n_causes);
        let mut counts = vec![0_u64; (last + 1) * (n_causes + 1)];
        for &row in members {
            counts[self.time[row] as usize * (n_causes + 1) + place(self.event[row])] += 1;
        }
        let (mut times, mut events, mut censored) = (Vec::new(), Vec::new(), Vec::new());
        for (time, row) in counts.chunks_exact(n_causes + 1).enumerate() {
            if row.iter().any(|&n| n > 0) {
                times.push(time as f64);
                events.extend_from_slice(&row[..n_causes]);
                censored.push(row[n_causes]);
            }
        }
        Some(EventTable::from_counts(n_causes, &times, &events, &censored, None))
    }

    /// The time at which all at risk among some rows have left while others enter later, if there is one.
    pub(crate) fn emptied_early(&self, members: &[usize]) -> Option<f64> {
        self.entry.as_ref()?;
        self.table(members).ok()?.emptied_early()
    }

    /// The last time at which one of some rows ends.
    pub(crate) fn last_time(&self, members: &[usize]) -> f64 {
        members.iter().map(|&row| self.time[row]).fold(0.0, f64::max)
    }

    /// Some rows, in their order, as spells with what their variance needs.
    pub(crate) fn spells(&self, members: &[usize]) -> Result<Spells, afgang_models::Error> {
        let pick = |column: &Vec<f64>| members.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let causes = members.iter().map(|&row| self.cause(row)).collect();
        let mut spells = Spells::new(self.causes.len().max(1), pick(&self.time), causes)?;
        if let Some(entry) = &self.entry {
            spells = spells.with_entry(pick(entry))?;
        }
        if let Some(weight) = &self.weight {
            spells = spells.with_weights(match self.weight_kind {
                WeightKind::Case => Weights::Case(pick(weight)),
                WeightKind::Sampling => Weights::Sampling(pick(weight)),
            })?;
        }
        if let Some(cluster) = &self.cluster {
            let ids: Vec<usize> = members.iter().map(|&row| cluster[row]).collect();
            spells = spells.with_numbered_clusters(&ids)?;
        }
        if let Some(persons) = &self.persons {
            let place = |row: usize| members.binary_search(&row).ok();
            spells = spells.with_persons(persons.renumbered(place))?;
        }
        Ok(spells)
    }

    fn cause(&self, row: usize) -> Option<usize> {
        usize::from(self.event[row]).checked_sub(1)
    }

    /// Whether a variance has to look at rows, not only at counts.
    pub(crate) fn by_influence(&self) -> bool {
        self.cluster.is_some()
            || self.persons.is_some()
            || (self.weight.is_some() && self.weight_kind == WeightKind::Sampling)
    }

    /// Near ties among the times of exit and entry of all rows.
    pub(crate) fn near_ties(&self) -> Option<NearTies> {
        let columns = std::iter::once(&self.time).chain(&self.entry);
        let small = |time: &f64| time.fract() == 0.0 && time.abs() < MOST_TIMES;
        if columns.clone().flatten().all(small) {
            // Whole numbers that are near each other are equal.
            return None;
        }
        NearTies::among(&different(columns.map(Vec::as_slice)))
    }

    /// Number of rows that count.
    pub(crate) fn len(&self) -> usize {
        self.time.len()
    }

    /// A by-column as numbers.
    pub(crate) fn numbers(&self, by: usize, column: &str) -> Result<Vec<f64>, DataError> {
        numbers::numbers_of(&self.by[by], column).map_err(|error| match &self.counts.kept {
            Some(kept) => error.in_file(kept),
            None => error,
        })
    }

    /// Row of the file, from 1, of a row that counts.
    pub(crate) fn row_of_file(&self, row: usize) -> usize {
        self.counts.kept.as_ref().and_then(|kept| kept.get(row).copied()).unwrap_or(row) + 1
    }

    /// The by-values of a row, joined; empty without by-columns.
    pub(crate) fn group_name(&self, row: usize) -> String {
        self.group_named(row, MISSING)
    }

    /// The same with a word for missing values.
    pub(crate) fn group_named(&self, row: usize, missing: &str) -> String {
        self.by.iter().map(|values| values.show_or(row, missing)).collect::<Vec<_>>().join(", ")
    }

    /// The by-columns at some rows, named.
    pub(crate) fn labels(&self, columns: &Columns, rows: &[usize]) -> Vec<(String, Values)> {
        let named = columns.by.iter().zip(&self.by);
        named.map(|(name, values)| (name_of_group(name), values.picked(rows))).collect()
    }
}

/// Columns that tables of curves and tests have of their own.
const OF_TABLES: [&str; 20] = [
    "cause",
    "time",
    "n_risk",
    "n_event",
    "n_censor",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "band_low",
    "band_high",
    "quantity",
    "n",
    "observed",
    "expected",
    "statistic",
    "df",
    "p_value",
    "p_holm",
    "p_bh",
];

/// What a by-column is called in tables of curves and tests, where no name may stand twice.
pub(crate) fn name_of_group(column: &str) -> String {
    let taken = OF_TABLES.contains(&column);
    if taken { format!("group_{column}") } else { column.to_owned() }
}
