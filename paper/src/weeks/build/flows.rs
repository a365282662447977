//! Weeks, spells and moves over time.

use afgang_engine::calendar::{Calendar, Week};
use afgang_engine::week::{Calendrical, NONE, OUTSIDE};

use super::{Columns, Context, percent};
use crate::output::Built;

/// `CLASS, period, weeks, persons`: full-time persons are the weeks on the benefit by the weeks of the period.
pub(super) fn full_time(
    context: Context<'_>,
    column: &str,
    range: (Week, Week),
    period: Calendrical,
) -> Built {
    let counts = &context.counts[0];
    let mut columns = Columns::new(&[column, "period"], &["weeks"], &["persons"]);
    let lengths = weeks_of_periods(context.rules.calendar, range, period);
    for (class, name) in counts.labels(0).iter().enumerate() {
        for (place, label) in counts.labels(1).iter().enumerate() {
            let Some((_, length)) = lengths.iter().find(|(name, _)| name == label) else {
                continue;
            };
            let weeks = counts.sum(&[Some(class), Some(place)]);
            columns.push(&[name, label], &[weeks], &[weeks as f64 / *length as f64]);
        }
    }
    Built::table(columns.table())
}

/// Number of weeks of each period between two weeks.
fn weeks_of_periods(
    calendar: Calendar,
    (from, to): (Week, Week),
    period: Calendrical,
) -> Vec<(String, u64)> {
    let mut lengths: Vec<(String, u64)> = Vec::new();
    let mut week = from;
    while week <= to {
        let name = period.name(calendar.month_of(week));
        match lengths.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            _ => lengths.push((name, 1)),
        }
        week = week.next();
    }
    lengths
}

/// `CLASS, year, started, completed, of_known_start, mean_weeks`: spells by the year of their first and of their last week;
/// the mean duration is of the completed ones whose start is in the data.
pub(super) fn spells(context: Context<'_>, column: &str) -> Built {
    let [starts, all_ends, ends] = context.counts else {
        return Built::table(crate::table::Table::new());
    };
    let mut columns = Columns::new(
        &[column, "year"],
        &["started", "completed", "of_known_start"],
        &["mean_weeks"],
    );
    for (class, name) in starts.labels(0).iter().enumerate() {
        for (place, year) in starts.labels(1).iter().enumerate() {
            let started = starts.sum(&[Some(class), Some(place)]);
            let completed = all_ends.sum(&[Some(class), Some(place)]);
            let known = ends.sum(&[Some(class), Some(place)]);
            if started + completed == 0 {
                continue;
            }
            let weeks: f64 = ends
                .labels(2)
                .iter()
                .enumerate()
                .map(|(at, weeks)| {
                    let spells = ends.sum(&[Some(class), Some(place), Some(at)]);
                    spells as f64 * weeks.parse().unwrap_or(f64::NAN)
                })
                .sum();
            let mean = if known == 0 { f64::NAN } else { weeks / known as f64 };
            columns.push(&[name, year], &[started, completed, known], &[mean]);
        }
    }
    Built::table(columns.table())
}

/// `from_state, to_state, persons, percent`: states of a stock some weeks later, in per cent of each row.
pub(super) fn transitions(context: Context<'_>) -> Built {
    let counts = &context.counts[0];
    let mut columns = Columns::new(&["from_state", "to_state"], &["persons"], &["percent"]);
    for (from, name) in counts.labels(0).iter().enumerate() {
        let whole = counts.sum(&[Some(from)]);
        for (to, label) in counts.labels(2).iter().enumerate() {
            let persons = counts.sum(&[Some(from), Some(0), Some(to)]);
            if persons > 0 || (label != NONE && label != OUTSIDE) {
                columns.push(&[name, label], &[persons], &[percent(persons, whole)]);
            }
        }
    }
    Built::table(columns.table())
}
