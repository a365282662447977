//! `afgang curve`: survival, cumulative hazard and cumulative incidence from any file of spells.
//!
//! A row of the file is a spell: a time of exit, an event code (0 censored, 1, 2, … causes), maybe a
//! time of entry and a weight. Each combination of the by-columns is a curve of its own.

mod columns;
mod data;
mod print;

pub(crate) use columns::CurveColumns;

use std::path::PathBuf;

use afgang_models::{
    AalenJohansen, Curve, EventTable, Interval, KaplanMeier, NelsonAalen, Variance,
};

pub use data::DataError;
pub use print::print;

use crate::table::{Table, Values};

/// What is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// The survival function, by Kaplan–Meier.
    KaplanMeier,
    /// The cumulative hazard, by Nelson–Aalen.
    NelsonAalen,
    /// The cumulative incidence of each cause, by Aalen–Johansen.
    CumulativeIncidence,
}

/// What to estimate from which columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The estimator.
    pub estimator: Estimator,
    /// A Parquet or CSV file, one row a spell.
    pub data: PathBuf,
    /// Column of the time of exit or of censoring, at least 0.
    pub time: String,
    /// Column of the event code: 0 censored, 1, 2, … causes.
    pub event: String,
    /// Column of the time of entry; without it all are there from the start.
    pub entry: Option<String>,
    /// Column of case weights.
    pub weight: Option<String>,
    /// Columns whose combinations get curves of their own.
    pub by: Vec<String>,
    /// Kind of pointwise interval.
    pub interval: Interval,
    /// Confidence level.
    pub level: f64,
    /// Kind of variance; the estimator's own default if absent.
    pub variance: Option<Variance>,
    /// Times at which to read the curves; every time of the data if empty.
    pub at: Vec<f64>,
}

/// The estimates as a long table, with what a reader must know about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimates {
    /// By-columns, `cause` for the cumulative incidence, `time, n_risk, n_event, n_censor, estimate,
    /// std_error, conf_low, conf_high`.
    pub table: Table,
    /// Conventions, one sentence a line.
    pub foot: Vec<String>,
}

/// Errors of an estimation: of the data, or of the estimator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CurveError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The estimator refuses.
    #[error(transparent)]
    Estimator(#[from] afgang_models::Error),
}

/// The highest cause code; more than that is a mistaken column.
const MOST_CAUSES: f64 = 255.0;

/// Spells by column.
struct Spells {
    time: Vec<f64>,
    entry: Option<Vec<f64>>,
    /// 0 censored, 1, 2, … causes.
    event: Vec<usize>,
    weight: Option<Vec<f64>>,
    by: Vec<Values>,
}

/// Estimates the curves.
///
/// # Errors
///
/// [`CurveError::Data`] with file, column and row for whatever is wrong with the data.
pub fn estimate(request: &Request) -> Result<Estimates, CurveError> {
    let spells = read(request)?;
    let mut causes: Vec<usize> = spells.event.iter().copied().filter(|&code| code > 0).collect();
    causes.sort_unstable();
    causes.dedup();
    let several = request.estimator == Estimator::CumulativeIncidence;
    if several && causes.is_empty() {
        return Err(DataError::NoEvents { column: request.event.clone() }.into());
    }

    let mut rows = Rows::default();
    for (first, members) in groups(&spells) {
        let table = event_table(&spells, &members, &causes)?;
        for (cause, curve) in fit(request, &table)? {
            let curve =
                if request.at.is_empty() { curve } else { read_at(request, &table, &curve) };
            rows.append(first, cause.and_then(|cause| causes.get(cause).copied()), &curve);
        }
    }
    Ok(Estimates { table: rows.into_table(request, &spells, several), foot: print::foot(request) })
}

/// Reads and checks the columns.
fn read(request: &Request) -> Result<Spells, DataError> {
    let mut columns = vec![request.time.as_str(), request.event.as_str()];
    columns.extend(request.entry.as_deref());
    columns.extend(request.weight.as_deref());
    columns.extend(request.by.iter().map(String::as_str));
    let mut values = data::read(&request.data, &columns)?.into_iter();
    let mut next = |column: &str| {
        values.next().map_or_else(|| Ok(Vec::new()), |values| data::numbers(&values, column))
    };
    let time = next(&request.time)?;
    let codes = next(&request.event)?;
    let entry = request.entry.as_deref().map(&mut next).transpose()?;
    let weight = request.weight.as_deref().map(&mut next).transpose()?;
    let by: Vec<Values> = values.collect();

    let not_negative = "a finite number of at least 0";
    check(&request.time, &time, |value| value.is_finite() && value >= 0.0, not_negative)?;
    if let (Some(column), Some(weight)) = (&request.weight, &weight) {
        check(column, weight, |value| value.is_finite() && value >= 0.0, not_negative)?;
    }
    if let (Some(column), Some(entry)) = (&request.entry, &entry) {
        check(column, entry, f64::is_finite, "a finite number")?;
        if let Some(row) = (0..time.len()).find(|&row| entry[row] >= time[row]) {
            let (entry, time) = (entry[row], time[row]);
            return Err(DataError::EntryNotBeforeExit { row: row + 1, entry, time });
        }
    }
    let (most, wanted) = match request.estimator {
        Estimator::CumulativeIncidence => {
            (MOST_CAUSES, "codes are 0 (censored) and causes 1, 2, … up to 255")
        }
        _ => (1.0, "codes are 0 (censored) and 1 (event)"),
    };
    let event = codes
        .iter()
        .enumerate()
        .map(|(row, &value)| {
            if value >= 0.0 && value <= most && value.fract() == 0.0 {
                return Ok(value as usize);
            }
            Err(DataError::EventCode { column: request.event.clone(), row: row + 1, value, wanted })
        })
        .collect::<Result<_, _>>()?;
    Ok(Spells { time, entry, event, weight, by })
}

fn check(
    column: &str,
    values: &[f64],
    good: impl Fn(f64) -> bool,
    wanted: &'static str,
) -> Result<(), DataError> {
    match values.iter().position(|&value| !good(value)) {
        None => Ok(()),
        Some(row) => Err(DataError::Range {
            column: column.to_owned(),
            row: row + 1,
            value: values[row],
            wanted,
        }),
    }
}

/// The rows of each combination of by-values, as its first row and all of its rows; combinations in
/// the order of their values, numbers by size, missing values last.
fn groups(spells: &Spells) -> Vec<(usize, Vec<usize>)> {
    let ranks: Vec<Vec<usize>> = spells.by.iter().map(ranks).collect();
    let mut order: Vec<usize> = (0..spells.time.len()).collect();
    let key = |row: usize| ranks.iter().map(move |ranks| ranks[row]);
    order.sort_by(|&a, &b| key(a).cmp(key(b)).then(a.cmp(&b)));
    order
        .chunk_by(|&a, &b| key(a).eq(key(b)))
        .map(|members| (members[0], members.to_vec()))
        .collect()
}

/// For each row the rank of its value among the different values of the column.
fn ranks(values: &Values) -> Vec<usize> {
    fn rank<T: Clone>(values: &[T], order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<usize> {
        let mut sorted = values.to_vec();
        sorted.sort_by(&order);
        sorted.dedup_by(|a, b| order(a, b).is_eq());
        values.iter().map(|value| sorted.partition_point(|s| order(s, value).is_lt())).collect()
    }
    let number = |text: &Option<String>| text.as_deref().map(str::parse::<f64>);
    match values {
        Values::Number(values) => rank(values, f64::total_cmp),
        Values::Whole(values) => rank(values, |a, b| (a.is_none(), a).cmp(&(b.is_none(), b))),
        Values::Text(values) => {
            let numbers: Vec<Option<f64>> =
                values.iter().map(|text| number(text).map_or(Some(f64::NAN), Result::ok)).collect();
            match numbers.into_iter().collect::<Option<Vec<f64>>>() {
                Some(numbers) => rank(&numbers, f64::total_cmp),
                None => rank(values, |a, b| (a.is_none(), a).cmp(&(b.is_none(), b))),
            }
        }
    }
}

fn event_table(
    spells: &Spells,
    members: &[usize],
    causes: &[usize],
) -> Result<EventTable, afgang_models::Error> {
    let rows: Vec<(f64, f64, Option<usize>, f64)> = members
        .iter()
        .map(|&row| {
            let entry = spells.entry.as_ref().map_or(f64::NEG_INFINITY, |entry| entry[row]);
            let cause = causes.binary_search(&spells.event[row]).ok();
            let weight = spells.weight.as_ref().map_or(1.0, |weight| weight[row]);
            (entry, spells.time[row], cause, weight)
        })
        .collect();
    EventTable::from_weighted_spells(causes.len().max(1), &rows)
}

/// The curves of a table, with their causes where there are any.
fn fit(
    request: &Request,
    table: &EventTable,
) -> Result<Vec<(Option<usize>, Curve)>, afgang_models::Error> {
    let (interval, level) = (request.interval, request.level);
    Ok(match request.estimator {
        Estimator::KaplanMeier => {
            vec![(None, KaplanMeier::new().interval(interval).level(level).fit(table)?)]
        }
        Estimator::NelsonAalen => {
            let mut spec = NelsonAalen::new().interval(interval).level(level);
            if let Some(variance) = request.variance {
                spec = spec.variance(variance);
            }
            vec![(None, spec.fit(table)?)]
        }
        Estimator::CumulativeIncidence => {
            let mut spec = AalenJohansen::new().interval(interval).level(level);
            if let Some(variance) = request.variance {
                spec = spec.variance(variance);
            }
            spec.fit(table)?.into_iter().enumerate().map(|(k, curve)| (Some(k), curve)).collect()
        }
    })
}

/// The curve read at the times asked for: the risk set just before each, events and censorings since
/// the time before, the estimate at the time; no estimate after the last time of the data.
fn read_at(request: &Request, table: &EventTable, curve: &Curve) -> Curve {
    let mut at = request.at.clone();
    at.sort_by(f64::total_cmp);
    at.dedup();
    let mut read = curve.clone();
    for column in [
        &mut read.time,
        &mut read.n_risk,
        &mut read.n_event,
        &mut read.n_censor,
        &mut read.estimate,
        &mut read.std_error,
        &mut read.conf_low,
        &mut read.conf_high,
    ] {
        column.clear();
    }
    let mut from = 0;
    for t in at {
        let to = curve.time.partition_point(|&time| time <= t);
        let sum = |column: &[f64]| column[from..to].iter().sum::<f64>();
        read.time.push(t);
        read.n_risk.push(table.at_risk_at(t));
        read.n_event.push(sum(&curve.n_event));
        read.n_censor.push(sum(&curve.n_censor));
        let point = curve.point(t);
        read.estimate.push(point.estimate);
        read.std_error.push(point.std_error);
        read.conf_low.push(point.conf_low);
        read.conf_high.push(point.conf_high);
        from = to;
    }
    read
}

/// The long table under construction.
#[derive(Default)]
struct Rows {
    /// For each row a row of the data with the same by-values.
    member: Vec<usize>,
    cause: Vec<Option<i64>>,
    columns: CurveColumns,
}

impl Rows {
    fn append(&mut self, member: usize, cause: Option<usize>, curve: &Curve) {
        let rows = curve.len();
        self.member.extend(std::iter::repeat_n(member, rows));
        self.cause.extend(std::iter::repeat_n(cause.map(|cause| cause as i64), rows));
        self.columns.append(curve);
    }

    fn into_table(self, request: &Request, spells: &Spells, with_cause: bool) -> Table {
        let mut table = Table::new();
        for (name, values) in request.by.iter().zip(&spells.by) {
            let pick = |&row: &usize| row;
            let rows = self.member.iter().map(pick);
            table = table.with(
                name,
                match values {
                    Values::Text(values) => Values::Text(rows.map(|r| values[r].clone()).collect()),
                    Values::Whole(values) => Values::Whole(rows.map(|r| values[r]).collect()),
                    Values::Number(values) => Values::Number(rows.map(|r| values[r]).collect()),
                },
            );
        }
        if with_cause {
            table = table.with("cause", Values::Whole(self.cause));
        }
        self.columns.after(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_sort_by_size() {
        let words = |words: &[&str]| {
            Values::Text(words.iter().map(|w| (!w.is_empty()).then(|| (*w).to_owned())).collect())
        };
        assert_eq!(ranks(&words(&["10", "9", "", "10"])), [1, 0, 2, 1]);
        assert_eq!(ranks(&words(&["b", "", "a"])), [1, 2, 0]);
        assert_eq!(ranks(&Values::Whole(vec![Some(3), None, Some(-1)])), [1, 2, 0]);
    }
}
