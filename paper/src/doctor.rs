//! `afgang check DATA --time … --event …`: what is in a file of spells, and what the estimators would refuse.
//!
//! All problems are listed, not only the first.

use std::collections::BTreeMap;

use afgang_models::EventTable;

use crate::conventions::{MISSING, emptied_early, number_of};
use crate::rows::near_ties::{NearTies, different};
use crate::rows::{Columns, DataError, events, read_columns};
use crate::table::{Table, Values};

/// What was looked at and found.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// Rows of the file.
    pub rows: usize,
    /// The findings, those that would be refused first.
    pub findings: Vec<Finding>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Whether the estimators refuse the file because of it.
    pub refused: bool,
    /// Name of the check, such as `negative_time`.
    pub check: &'static str,
    /// Rows (or groups, or pairs of rows) that it is about.
    pub count: usize,
    /// First row, counted from 1 below the header; 0 if it is not about rows.
    pub first_row: usize,
    /// In words.
    pub message: String,
}

impl Diagnosis {
    /// Number of findings that would be refused.
    pub fn refused(&self) -> usize {
        self.findings.iter().filter(|finding| finding.refused).count()
    }

    /// `check, refused, count, first_row, message`.
    pub fn table(&self) -> Table {
        let whole = |value: fn(&Finding) -> usize| {
            Values::Whole(self.findings.iter().map(|f| Some(value(f) as i64)).collect())
        };
        Table::new()
            .text("check", self.findings.iter().map(|finding| finding.check))
            .with("refused", whole(|finding| usize::from(finding.refused)))
            .with("count", whole(|finding| finding.count))
            .with("first_row", whole(|finding| finding.first_row))
            .text("message", self.findings.iter().map(|finding| finding.message.clone()))
    }

    fn note(&mut self, check: &'static str, count: usize, message: String) {
        self.findings.push(Finding { refused: false, check, count, first_row: 0, message });
    }

    fn refuse(&mut self, check: &'static str, message: String) {
        self.findings.push(Finding { refused: true, check, count: 0, first_row: 0, message });
    }

    /// Adds a finding about some rows, if there are any.
    fn rows(&mut self, refused: bool, check: &'static str, rows: &[usize], message: String) {
        if let Some(first) = rows.first() {
            let (count, first_row) = (rows.len(), first + 1);
            self.findings.push(Finding { refused, check, count, first_row, message });
        }
    }
}

/// Looks at the columns of a file.
///
/// # Errors
///
/// If the file cannot be read or a column is not there; everything else is a finding.
pub fn diagnose(columns: &Columns) -> Result<Diagnosis, DataError> {
    let mut values = read_columns(&columns.data, &columns.names())?.into_iter();
    let mut next = |there: bool| there.then(|| values.next()).flatten();
    let time = next(columns.time.is_some()).map(|values| numbers(&values)).unwrap_or_default();
    let event_values = next(true);
    let entry = next(columns.entry.is_some()).map(|values| numbers(&values));
    let weight = next(columns.weight.is_some()).map(|values| numbers(&values));
    let cluster = next(columns.cluster.is_some());
    let by: Vec<Values> = values.collect();

    let mut found = Diagnosis { rows: time.len(), findings: Vec::new() };
    of_times(&mut found, columns, &time);
    of_near_ties(&mut found, &time, entry.as_deref());
    let event = match &event_values {
        Some(values) if events::are_words(values) => of_words(&mut found, columns, values),
        Some(values) => of_codes(&mut found, columns, values),
        None => Vec::new(),
    };
    if let (Some(name), Some(entry)) = (&columns.entry, &entry) {
        of_entries(&mut found, name, entry, &time);
    }
    if let (Some(name), Some(weight)) = (&columns.weight, &weight) {
        of_weights(&mut found, name, weight);
    }
    if let (Some(name), Some(cluster)) = (&columns.cluster, &cluster) {
        of_clusters(&mut found, name, cluster, entry.as_deref(), &time);
    }
    for (name, values) in columns.by.iter().zip(&by) {
        let rows: Vec<usize> = (0..values.len()).filter(|&row| values.is_missing(row)).collect();
        let message = format!(
            "rows without a value in `{name}`: `curve` makes them a group of their own, `test` refuses them; \
             `--drop-missing` leaves them out"
        );
        found.rows(false, "missing_group", &rows, message);
    }
    if !by.is_empty() {
        of_groups(&mut found, columns, &by, &event);
    }
    if let (0, Some(entry)) = (found.refused(), &entry) {
        of_risk_sets(&mut found, &by, weight.as_deref(), entry, (&time, &event));
    }
    found.findings.sort_by_key(|finding| !finding.refused);
    Ok(found)
}

/// The values as numbers: `None` is missing, `NaN` is no number.
fn numbers(values: &Values) -> Vec<Option<f64>> {
    match values {
        Values::Number(values) => values.iter().map(|&v| (!v.is_nan()).then_some(v)).collect(),
        Values::Whole(values) => values.iter().map(|v| v.map(|v| v as f64)).collect(),
        Values::Text(values) => values
            .iter()
            .map(|text| text.as_deref().map(|text| text.parse().unwrap_or(f64::NAN)))
            .collect(),
    }
}

/// Rows whose value is there and not as it should be.
fn where_known(values: &[Option<f64>], bad: impl Fn(f64) -> bool) -> Vec<usize> {
    (0..values.len()).filter(|&row| values[row].is_some_and(&bad)).collect()
}

fn missing(found: &mut Diagnosis, name: &str, values: &[Option<f64>]) {
    without_value(found, name, values.len(), |row| values[row].is_none());
    let words = where_known(values, f64::is_nan);
    found.rows(true, "not_a_number", &words, format!("words where column `{name}` needs numbers"));
}

fn without_value(found: &mut Diagnosis, name: &str, n: usize, missing: impl Fn(usize) -> bool) {
    let rows: Vec<usize> = (0..n).filter(|&row| missing(row)).collect();
    found.rows(true, "missing", &rows, format!("no value in column `{name}`"));
}

fn of_times(found: &mut Diagnosis, columns: &Columns, time: &[Option<f64>]) {
    let Some(name) = &columns.time else { return };
    missing(found, name, time);
    let rows = where_known(time, |t| t < 0.0);
    found.rows(true, "negative_time", &rows, "time of exit below 0".to_owned());
    let rows = where_known(time, f64::is_infinite);
    found.rows(true, "infinite_time", &rows, "time of exit without end".to_owned());
    let rows = where_known(time, |t| t == 0.0);
    let message = "time of exit 0: at risk at time 0 and never after".to_owned();
    found.rows(false, "zero_time", &rows, message);
    let mut sorted: Vec<f64> = time.iter().flatten().copied().filter(|t| !t.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let groups: Vec<usize> =
        sorted.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(<[f64]>::len).collect();
    if let (Some(first), Some(last)) = (sorted.first(), sorted.last()) {
        let tied: usize = groups.iter().filter(|&&n| n > 1).sum();
        let distinct = groups.len();
        let last = if *last < 1e16 { last.to_string() } else { format!("{last:e}") };
        let message = format!(
            "rows share their time with another; {distinct} different times from {first} to {last}"
        );
        found.note("ties", tied, message);
    }
}

fn of_near_ties(found: &mut Diagnosis, time: &[Option<f64>], entry: Option<&[Option<f64>]>) {
    let finite = |values: &[Option<f64>]| -> Vec<f64> {
        values.iter().flatten().copied().filter(|time| time.is_finite()).collect()
    };
    let (exits, entries) = (finite(time), finite(entry.unwrap_or_default()));
    let Some(near) = NearTies::among(&different([exits.as_slice(), &entries])) else { return };
    let ((before, after), how) = (near.first, near.how());
    let has =
        |values: &[Option<f64>], row: usize| values.get(row).copied().flatten() == Some(after);
    let row = (0..time.len()).find(|&row| has(time, row) || has(entry.unwrap_or_default(), row));
    found.findings.push(Finding {
        refused: false,
        check: "near_ties",
        count: near.count,
        first_row: row.map_or(0, |row| row + 1),
        message: format!(
            "times differ from the one before {how}, such as {after} from {before}; they are different times, \
             unless `--convention r-survival` makes them one"
        ),
    });
}

/// Words as events: 0 where censored, 1 where not.
fn of_words(found: &mut Diagnosis, columns: &Columns, values: &Values) -> Vec<Option<f64>> {
    let there: Vec<usize> = (0..values.len()).filter(|&row| !values.is_missing(row)).collect();
    let known = values.picked(&there);
    match events::Events::read(&known, &columns.event, &columns.coding, false) {
        Ok(events) => {
            let mut event = vec![None; values.len()];
            for (&row, &code) in there.iter().zip(&events.codes) {
                event[row] = Some(f64::from(code));
            }
            let mut rows_of: BTreeMap<String, usize> = BTreeMap::new();
            for row in 0..known.len() {
                *rows_of.entry(known.show(row)).or_insert(0) += 1;
            }
            let each = rows_of.iter().map(|(word, n)| format!("{word}: {n}"));
            let each = each.collect::<Vec<_>>().join(", ");
            missing(found, &columns.event, &event);
            of_events(found, &event, &format!("rows by word: {each}"));
            event
        }
        Err(error) => {
            without_value(found, &columns.event, values.len(), |row| values.is_missing(row));
            let words = where_known(&numbers(values), f64::is_nan);
            found.rows(true, "event_words", &words, format!("{error}; {}", error.help()));
            Vec::new()
        }
    }
}

/// Codes as events: 0 where censored, otherwise one more than the place of the cause.
fn of_codes(found: &mut Diagnosis, columns: &Columns, values: &Values) -> Vec<Option<f64>> {
    let codes = numbers(values);
    missing(found, &columns.event, &codes);
    let good = |code: f64| (0.0..=255.0).contains(&code) && code.fract() == 0.0;
    let rows = where_known(&codes, |code| !code.is_nan() && !good(code));
    let wanted = "event codes are 0 (censored), 1, 2, … up to 255".to_owned();
    found.rows(true, "event_code", &rows, wanted);
    let there = where_known(&codes, good);
    let mut event = vec![None; codes.len()];
    match events::Events::read(&values.picked(&there), &columns.event, &columns.coding, true) {
        Ok(events) => {
            for (&row, &code) in there.iter().zip(&events.codes) {
                event[row] = Some(f64::from(code));
            }
        }
        Err(error) => {
            found.refuse("event_code", format!("{error}; {}", error.help()));
            for &row in &there {
                event[row] = codes[row];
            }
        }
    }
    let mut rows_of: BTreeMap<u8, usize> = BTreeMap::new();
    for code in there.iter().filter_map(|&row| codes[row]) {
        *rows_of.entry(code as u8).or_insert(0) += 1;
    }
    let each = rows_of.iter().map(|(code, n)| format!("{code}: {n}")).collect::<Vec<_>>();
    of_events(found, &event, &format!("rows by code: {}", each.join(", ")));
    event
}

/// How many rows end in an event; `listed` says what the rows hold.
fn of_events(found: &mut Diagnosis, event: &[Option<f64>], listed: &str) {
    let events = event.iter().flatten().filter(|&&code| code > 0.0).count();
    found.note("events", events, format!("rows end in an event; {listed}"));
    if events > 0 && !event.iter().flatten().any(|&code| code == 0.0) {
        let message = "no row is censored; if a code means censored, name it with `--censored`";
        found.note("none_censored", event.len(), message.to_owned());
    }
    if events == 0 {
        let message = "no row ends in an event, so there is nothing to estimate";
        found.refuse("no_events", message.to_owned());
    }
}

fn of_entries(found: &mut Diagnosis, name: &str, entry: &[Option<f64>], time: &[Option<f64>]) {
    missing(found, name, entry);
    let late: Vec<usize> = (0..entry.len())
        .filter(|&row| matches!((entry[row], time[row]), (Some(from), Some(to)) if from >= to))
        .collect();
    let message = "entry not before the exit; a spell is at risk over (entry, exit]".to_owned();
    found.rows(true, "entry_not_before_exit", &late, message);
}

fn of_weights(found: &mut Diagnosis, name: &str, weight: &[Option<f64>]) {
    missing(found, name, weight);
    let rows = where_known(weight, |w| w < 0.0 || w.is_infinite());
    found.rows(true, "weight", &rows, "weights are finite numbers of at least 0".to_owned());
    let rows = where_known(weight, |w| w == 0.0);
    let all = rows.len() == weight.len();
    found.rows(all, "zero_weight", &rows, "weight 0: the row counts for nothing".to_owned());
    let rows = where_known(weight, |w| w.fract() != 0.0);
    let message = "weights with fractions: say what they mean with `--weight-kind`".to_owned();
    found.rows(false, "fractional_weight", &rows, message);
}

fn of_clusters(
    found: &mut Diagnosis,
    name: &str,
    cluster: &Values,
    entry: Option<&[Option<f64>]>,
    time: &[Option<f64>],
) {
    let (without, with): (Vec<usize>, Vec<usize>) =
        (0..time.len()).partition(|&row| cluster.is_missing(row));
    let message = format!(
        "no value in `{name}`, which says who counts as one; `--drop-missing` leaves them out"
    );
    found.rows(true, "missing_cluster", &without, message);
    let mut rows_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in with {
        rows_of.entry(cluster.show(row)).or_default().push(row);
    }
    let most = rows_of.values().map(Vec::len).max().unwrap_or(0);
    let several = rows_of.values().filter(|rows| rows.len() > 1).count();
    found.note(
        "clusters",
        rows_of.len(),
        format!(
            "different values of `{name}`; {several} of them with several rows, at most {most}"
        ),
    );
    let Some(entry) = entry else { return };
    let (mut overlaps, mut gaps) = (Vec::new(), Vec::new());
    for rows in rows_of.values() {
        let mut spells: Vec<(f64, f64, usize)> =
            rows.iter().filter_map(|&row| Some((entry[row]?, time[row]?, row))).collect();
        spells.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut end = f64::NEG_INFINITY;
        for &(from, to, row) in &spells {
            if from < end {
                overlaps.push(row);
            } else if from > end && end.is_finite() {
                gaps.push(row);
            }
            end = end.max(to);
        }
    }
    overlaps.sort_unstable();
    gaps.sort_unstable();
    let message =
        format!("at risk while another row of the same `{name}` is; they count twice there");
    found.rows(false, "overlap", &overlaps, message);
    let message = format!("begin some time after the row of the same `{name}` before");
    found.rows(false, "gap", &gaps, message);
}

fn of_groups(found: &mut Diagnosis, columns: &Columns, by: &[Values], event: &[Option<f64>]) {
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (row, event) in event.iter().enumerate() {
        let name: Vec<String> = by.iter().map(|values| values.show_or(row, MISSING)).collect();
        let group = groups.entry(name.join(", ")).or_insert((0, 0));
        group.0 += 1;
        group.1 += usize::from(event.is_some_and(|code| code > 0.0));
    }
    let smallest = groups.iter().min_by_key(|(_, (n, _))| *n);
    if let Some((name, (n, _))) = smallest {
        let message = format!(
            "groups by {}; the smallest, `{name}`, has {}",
            columns.by.join(", "),
            number_of(n, "row")
        );
        found.note("groups", groups.len(), message);
    }
    let without: Vec<&str> = groups
        .iter()
        .filter(|(_, (_, events))| *events == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    if !without.is_empty() {
        let message = format!("groups without an event: {}", without.join("; "));
        found.note("group_without_event", without.len(), message);
    }
}

/// Entry, exit, cause and weight.
type WeightedSpell = (f64, f64, Option<usize>, f64);

/// Looks for times at which all at risk of a group have left while others enter later.
fn of_risk_sets(
    found: &mut Diagnosis,
    by: &[Values],
    weight: Option<&[Option<f64>]>,
    entry: &[Option<f64>],
    (time, event): (&[Option<f64>], &[Option<f64>]),
) {
    let mut groups: BTreeMap<String, Vec<WeightedSpell>> = BTreeMap::new();
    for row in 0..time.len() {
        let (Some(from), Some(to), Some(code)) = (entry[row], time[row], event[row]) else {
            continue;
        };
        let weight = weight.map_or(Some(1.0), |weight| weight[row]).unwrap_or(0.0);
        let name: Vec<String> = by.iter().map(|values| values.show_or(row, MISSING)).collect();
        let cause = (code > 0.0).then_some(0);
        groups.entry(name.join(", ")).or_default().push((from, to, cause, weight));
    }
    let times: Vec<String> = groups
        .iter()
        .filter_map(|(group, rows)| {
            let table = EventTable::from_weighted_spells(1, rows).ok()?;
            Some(emptied_early(group, table.emptied_early()?))
        })
        .collect();
    if !times.is_empty() {
        found.note("emptied_early", times.len(), times.join(" "));
    }
}
