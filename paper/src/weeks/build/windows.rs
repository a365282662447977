//! States and measures before and after an anchor.

use afgang_engine::week::{ALL, OUTSIDE};
use afgang_models::{AalenJohansen, EventTable};

use super::{Columns, Context, LEVEL, percent, share, sum, told_apart};
use crate::figure::{Along, Chart, Line, Panel};
use crate::labels;
use crate::output::{Built, Counts};
use crate::study::Words;
use crate::table::Table;
use crate::weeks::asked::{Bins, Lags, Modal, Unit};
use crate::weeks::rules::RowSet;

/// What an occupancy shows.
pub(super) struct Occupancy<'a> {
    pub(super) column: &'a str,
    pub(super) lags: &'a Lags,
    /// The groupings, each a table after the first.
    pub(super) groups: &'a [&'a str],
    pub(super) shown: &'a [String],
    /// Fewest persons behind a per cent.
    pub(super) min: u64,
    /// Whether it is drawn: a panel a class and group.
    pub(super) figure: bool,
    /// Whether a person counts once.
    pub(super) once: bool,
}

/// `CLASS, group, LAG, state, persons|spells, percent, conf_low, conf_high`: per cents of those who are followed so long, with
/// Wilson's limits, which take spells of one person for independent. Of fewer persons than asked for no per cent is given.
pub(super) fn occupancy(
    context: Context<'_>,
    shape: &Occupancy<'_>,
) -> Result<Built, afgang_models::Error> {
    let lags = shape.lags;
    let words = [shape.column, "group", lags.unit.name(), "state"];
    let mut columns = Columns::new(
        &words,
        &[if shape.once { "persons" } else { "spells" }],
        &["percent", "conf_low", "conf_high"],
    );
    let of_groups: Vec<(&str, &[String])> = shape
        .groups
        .iter()
        .zip(&context.counts[1..])
        .map(|(grouping, counts)| (*grouping, counts.labels(1)))
        .collect();
    let mut names = vec![vec!["total".to_owned()]];
    names.extend(told_apart(&of_groups, &["total"]));
    let classes = context.counts[0].labels(0);
    let mut panels = Vec::new();
    for (class, class_name) in classes.iter().enumerate() {
        for (table, (counts, names)) in context.counts.iter().zip(&names).enumerate() {
            let grouped = usize::from(table > 0);
            for (place, group) in names.iter().enumerate() {
                let at =
                    if grouped == 1 { vec![Some(class), Some(place)] } else { vec![Some(class)] };
                let mut lines: Vec<Line> =
                    shape.shown.iter().map(|state| context.line(state)).collect();
                for (lag, label) in lags.lags.iter().enumerate() {
                    let cell =
                        |state: Option<usize>| counts.sum(&[&at[..], &[Some(lag), state]].concat());
                    let states = counts.labels(2 + grouped);
                    let unseen = counts.place(2 + grouped, OUTSIDE);
                    let followed = cell(None) - unseen.map_or(0, |state| cell(Some(state)));
                    for (state, name) in states.iter().enumerate() {
                        let own = shape.shown.iter().position(|shown| shown == name);
                        let Some(own) = own else { continue };
                        let numbers = if followed < shape.min {
                            [f64::NAN; 3]
                        } else {
                            share(cell(Some(state)), followed)?
                        };
                        let words = [class_name.as_str(), group, &label.to_string(), name];
                        columns.push(&words, &[followed], &numbers);
                        let [percent, low, high] = numbers.map(|number| number / 100.0);
                        lines[own].time.push(f64::from(*label));
                        lines[own].estimate.push(percent);
                        lines[own].low.push(low);
                        lines[own].high.push(high);
                    }
                }
                // A group of nobody is no panel.
                let drawn = lines.iter().any(|line| line.estimate.iter().any(|of| of.is_finite()));
                let mut titles = vec![context.word(class_name)];
                if names.len() > 1 || grouped == 1 {
                    titles.retain(|_| classes.len() > 1);
                    titles.push(context.word(group));
                }
                if drawn || grouped == 0 {
                    let title = titles.join(", ");
                    panels.push(Panel { title, lines, ..Panel::default() });
                }
            }
        }
    }
    let label = match lags.unit {
        Unit::Weeks => {
            context.lang.pick("Uger efter forløbets start", "Weeks since the start of the spell")
        }
        Unit::Months => context
            .lang
            .pick("Måneder efter forløbets start", "Months since the start of the spell"),
        Unit::Years => {
            context.lang.pick("År efter forløbets start", "Years since the start of the spell")
        }
    };
    let along = match lags.unit {
        Unit::Weeks => Along::Weeks,
        Unit::Months => Along::Months,
        Unit::Years => Along::Seniority,
    };
    let chart = shape.figure.then(|| Chart::Curves(context.curves(label, along, panels)));
    Ok(Built { chart, ..Built::table(columns.table()) })
}

/// The bins that are shown, with their places; one without a place where there are no bins.
fn shown(bins: Option<&Bins>) -> Vec<(&str, Option<usize>)> {
    let Some(bins) = bins else { return vec![(ALL, None)] };
    let places = bins.names.iter().enumerate();
    places
        .filter(|(_, name)| bins.shown.contains(name))
        .map(|(place, name)| (name.as_str(), Some(place)))
        .collect()
}

/// `ROWS, seniority, state, persons, percent`: the most frequent state of a window. Windows that are not wholly in the
/// data stay out of the per cents, and so does the own state if they are of leavers.
pub(super) fn modal(
    context: Context<'_>,
    of: &RowSet,
    bins: Option<&Bins>,
    modal: &Modal,
) -> Built {
    let counts = &context.counts[0];
    let dim = 1 + usize::from(bins.is_some());
    let mut columns = Columns::new(&[&of.column, "seniority", "state"], &["persons"], &["percent"]);
    let mut unseen = Vec::new();
    for (name, of) in of.all() {
        for &(bin, place) in &shown(bins) {
            let cell = |state: usize| {
                let mut at: Vec<Option<usize>> = place.map(Some).into_iter().collect();
                at.push(Some(state));
                sum(counts, &of, &at)
            };
            let own = modal.same.as_ref().map(|same| same.label.as_str());
            let counted = |label: &str| label != OUTSIDE && !(modal.leavers && Some(label) == own);
            let states = || counts.labels(dim).iter().enumerate().filter(|(_, l)| counted(l));
            let whole: u64 = states().map(|(state, _)| cell(state)).sum();
            for (state, label) in states() {
                let persons = cell(state);
                columns.push(&[name, bin, label], &[persons], &[percent(persons, whole)]);
            }
        }
        let outside = counts.place(dim, OUTSIDE).map_or(0, |state| {
            let mut at: Vec<Option<usize>> = bins.map(|_| None).into_iter().collect();
            at.push(Some(state));
            sum(counts, &of, &at)
        });
        if outside > 0 {
            unseen.push(format!("{} {}", context.word(name), labels::count(outside, context.lang)));
        }
    }
    let remark = (!unseen.is_empty()).then(|| Words {
        da: format!("Ikke talt med, fordi vinduet ikke ligger i data: {}.", unseen.join(", ")),
        en: format!("Not counted, as the window is not within the data: {}.", unseen.join(", ")),
    });
    Built { remarks: remark.into_iter().collect(), ..Built::table(columns.table()) }
}

/// `ROWS, seniority, persons, with_measure, percent`; drawn as a line a row over the bins of seniority. Of fewer persons than
/// asked for no per cent is given.
pub(super) fn measures(
    context: Context<'_>,
    of: &RowSet,
    bins: Option<&Bins>,
    (min_persons, figure): (u64, bool),
) -> Built {
    let counts = &context.counts[0];
    let mut columns =
        Columns::new(&[&of.column, "seniority"], &["persons", "with_measure"], &["percent"]);
    let mut lines = Vec::new();
    for (name, of) in of.all() {
        let mut line = context.line(name);
        for &(bin, place) in &shown(bins) {
            let cell = |any: Option<usize>| {
                let mut at: Vec<Option<usize>> = place.map(Some).into_iter().collect();
                at.push(any);
                sum(counts, &of, &at)
            };
            let (whole, with) = (cell(None), cell(Some(1)));
            let share = if whole < min_persons { f64::NAN } else { percent(with, whole) };
            columns.push(&[name, bin], &[whole, with], &[share]);
            // A bin stands at its first year.
            let first = bin.split(['-', '+']).next().and_then(|first| first.parse().ok());
            if let Some(first) = first.filter(|_| share.is_finite()) {
                line.time.push(first);
                line.estimate.push(share / 100.0);
            }
        }
        lines.push(line);
    }
    let in_years = bins.is_none_or(|bins| bins.bounds.iter().all(|bound| bound % 52 == 0));
    let label = if in_years {
        context.lang.pick("Anciennitet, hele år", "Seniority, full years")
    } else {
        context.lang.pick("Anciennitet, uger fra", "Seniority, weeks from")
    };
    let chart = figure.then(|| {
        let along = if in_years { Along::Seniority } else { Along::Weeks };
        Chart::Curves(context.curves(label, along, vec![Panel { lines, ..Panel::default() }]))
    });
    Built { chart, ..Built::table(columns.table()) }
}

/// `ROWS, type, value`, with bins `ROWS, seniority, type, value`: the number of persons, then per cent of them with each type
/// of measure, and with any.
pub(super) fn types(context: Context<'_>, of: &RowSet, bins: Option<&Bins>) -> Built {
    let counts = &context.counts[0];
    let dim = 1 + usize::from(bins.is_some());
    let words: &[&str] =
        if bins.is_some() { &[&of.column, "seniority", "type"] } else { &[&of.column, "type"] };
    let mut columns = Columns::new(words, &[], &["value"]);
    let all = counts.place(dim, ALL);
    for (name, of) in of.all() {
        for &(bin, place) in &shown(bins) {
            let mut row = |label: &str, value: f64| match place {
                None => columns.push(&[name, label], &[], &[value]),
                Some(_) => columns.push(&[name, bin, label], &[], &[value]),
            };
            let cell = |label: Option<usize>| {
                let at: Vec<Option<usize>> = place.map(Some).into_iter().chain([label]).collect();
                sum(counts, &of, &at)
            };
            let whole = all.map_or(0, |all| cell(Some(all)));
            row("persons", whole as f64);
            for (place, label) in counts.labels(dim).iter().enumerate() {
                if Some(place) != all {
                    row(label, percent(cell(Some(place)), whole));
                }
            }
        }
    }
    Built::table(columns.table())
}

/// `ROWS, seniority, years, persons, without, percent`: persons whose last measure is at least so many years ago.
pub(super) fn since(context: Context<'_>, of: &RowSet, bins: &Bins, years: &[u32]) -> Built {
    let counts = &context.counts[0];
    let mut columns =
        Columns::new(&[&of.column, "seniority", "years"], &["persons", "without"], &["percent"]);
    for (name, of) in of.all() {
        for &(bin, place) in &shown(Some(bins)) {
            let cell = |since: Option<usize>| sum(counts, &of, &[place, since]);
            let whole = cell(None);
            for (bound, years) in years.iter().enumerate() {
                // Bins begin at the bounds; the last label is of those without any measure.
                let without: u64 = (bound + 1..counts.size(2)).map(|since| cell(Some(since))).sum();
                let words = [name, bin, &years.to_string()];
                columns.push(&words, &[whole, without], &[percent(without, whole)]);
            }
        }
    }
    Built::table(columns.table())
}

/// `CLASS, spells, percent, percent_survivors, cumulative_incidence, std_error, conf_low, conf_high`: spells with a measure
/// within the weeks, in per cent of all spells, of those that last so long, and as the cumulative incidence with the
/// end of the spell as a competing event and the end of the data as censoring (Aalen–Johansen, in per cent).
pub(super) fn first(
    context: Context<'_>,
    column: &str,
    weeks: u32,
) -> Result<Built, afgang_models::Error> {
    let [all, lasting] = context.counts else { return Ok(Built::table(Table::new())) };
    let numbers = [
        "percent",
        "percent_survivors",
        "cumulative_incidence",
        "std_error",
        "conf_low",
        "conf_high",
    ];
    let mut columns = Columns::new(&[column], &["spells"], &numbers);
    for (class, name) in all.labels(0).iter().enumerate() {
        let share = |of: &Counts| percent(of.sum(&[Some(class), Some(0)]), of.sum(&[Some(class)]));
        let mut numbers = vec![share(all), share(lasting)];
        numbers.extend(incidence(all, class, f64::from(weeks) - 1.0)?);
        columns.push(&[name], &[all.sum(&[Some(class)])], &numbers);
    }
    Ok(Built::table(columns.table()))
}

/// Cumulative incidence of the first cause at a time with its standard error and limits, in per cent.
fn incidence(counts: &Counts, class: usize, time: f64) -> Result<[f64; 4], afgang_models::Error> {
    let (mut times, mut events, mut censored) = (Vec::new(), Vec::new(), Vec::new());
    for (week, label) in counts.labels(2).iter().enumerate() {
        let Ok(at) = label.parse::<f64>() else { continue };
        let cell = |event| counts.sum(&[Some(class), Some(event), Some(week)]);
        let row = [cell(0), cell(1), cell(2)];
        if row.iter().any(|&count| count > 0) {
            times.push(at);
            events.extend([row[0], row[1]]);
            censored.push(row[2]);
        }
    }
    if times.is_empty() {
        return Ok([f64::NAN; 4]);
    }
    let table = EventTable::from_counts(2, &times, &events, &censored, None)?;
    let curves = AalenJohansen::new().level(LEVEL).fit(&table)?;
    // Nothing happens after the last time that was seen.
    let time = times.last().map_or(time, |last| last.min(time));
    let Some(point) = curves.first().map(|curve| curve.point(time)) else {
        return Ok([f64::NAN; 4]);
    };
    Ok([point.estimate, point.std_error, point.conf_low, point.conf_high].map(|x| x * 100.0))
}
