//! Exits and durations by the year in which spells start.

use std::ops::RangeInclusive;

use super::{Built, Context, Counts, NO_EXIT, percent};
use crate::figure::{Chart, Palette, Series, StackedBars};
use crate::labels;
use crate::study::Interval;
use crate::table::Table;

/// The rows of a long table by year.
#[derive(Default)]
struct Rows {
    keys: Vec<String>,
    years: Vec<i64>,
    spells: Vec<i64>,
    percents: Vec<f64>,
}

impl Rows {
    fn push(&mut self, key: &str, year: i32, spells: u64, whole: u64) {
        self.keys.push(key.to_owned());
        self.years.push(i64::from(year));
        self.spells.push(spells as i64);
        self.percents.push(percent(spells, whole));
    }

    /// The bars' part of a key, one value a year.
    fn part(&self, key: &str) -> Vec<f64> {
        let percents = self.keys.iter().zip(&self.percents);
        percents.filter(|(own, _)| *own == key).map(|(_, percent)| *percent).collect()
    }
}

fn bars(context: Context<'_>, years: RangeInclusive<i32>, y_label: (&str, &str)) -> StackedBars {
    let lang = context.lang;
    StackedBars {
        title: context.title(),
        note: context.note(),
        x_label: labels::column("start_year", lang).to_owned(),
        y_label: lang.pick(y_label.0, y_label.1).to_owned(),
        categories: years.map(|year| year.to_string()).collect(),
        ..StackedBars::named(&context.output.id)
    }
}

/// `target_group, exit, start_year, spells, percent` of all spells that start in the year.
pub(super) fn exits(
    context: Context<'_>,
    counts: &Counts,
    target_group: &str,
    exits: &[String],
    other_includes: &[String],
    years: RangeInclusive<i32>,
) -> Built {
    let residual = super::residual(context.study);
    // A figure that shows the rest of the exits shows those that are looked up in vain, too.
    let in_vain = NO_EXIT.iter().map(|name| (*name).to_owned()).filter(|name| {
        exits.iter().any(|exit| exit == residual) && counts.place(1, name).is_some()
    });
    let exits: Vec<String> = exits.iter().cloned().chain(in_vain).collect();
    let mut rows = Rows::default();
    for exit in &exits {
        for year in years.clone() {
            let of = |exit: &str| cell(counts, target_group, Some(exit), year, None);
            let mut spells = of(exit);
            if exit == residual {
                spells += other_includes.iter().map(|exit| of(exit)).sum::<u64>();
            }
            rows.push(exit, year, spells, cell(counts, target_group, None, year, None));
        }
    }
    let series = exits
        .iter()
        .map(|exit| Series::new(exit, labels::exit_short(exit, context.lang), rows.part(exit)))
        .collect();
    let label = ("Procent af alle forløb", "Per cent of all spells");
    let chart = Chart::StackedBars(StackedBars {
        series,
        palette: Palette::Exits,
        ..bars(context, years, label)
    });
    let table = Table::new()
        .text("target_group", std::iter::repeat_n(target_group, rows.keys.len()))
        .text("exit", rows.keys)
        .whole("start_year", rows.years)
        .whole("spells", rows.spells)
        .number("percent", rows.percents);
    Built { chart: Some(chart), ..Built::table(table) }
}

/// `target_group, start_year, interval, spells, percent` of the spells of the year that end in one of the
/// exits within the last interval.
pub(super) fn intervals(
    context: Context<'_>,
    counts: &Counts,
    target_group: &str,
    exits: &[String],
    intervals: &[Interval],
    years: RangeInclusive<i32>,
) -> Built {
    let mut rows = Rows::default();
    for year in years.clone() {
        let spells: Vec<u64> = intervals
            .iter()
            .map(|&interval| {
                let of =
                    |exit: &String| cell(counts, target_group, Some(exit), year, Some(interval));
                exits.iter().map(of).sum()
            })
            .collect();
        let whole = spells.iter().sum();
        for (interval, spells) in intervals.iter().zip(spells) {
            rows.push(&interval.to_string(), year, spells, whole);
        }
    }
    let series = intervals
        .iter()
        .map(|interval| {
            let key = interval.to_string();
            let label = labels::interval(interval.first, Some(interval.last), context.lang);
            Series::new(&key, &label, rows.part(&key))
        })
        .collect();
    let label = ("Procent af afsluttede forløb", "Per cent of completed spells");
    let chart = Chart::StackedBars(StackedBars {
        series,
        palette: Palette::Ordered,
        ..bars(context, years, label)
    });
    let table = Table::new()
        .text("target_group", std::iter::repeat_n(target_group, rows.keys.len()))
        .whole("start_year", rows.years)
        .text("interval", rows.keys)
        .whole("spells", rows.spells)
        .number("percent", rows.percents);
    Built { chart: Some(chart), ..Built::table(table) }
}

/// Spells of a target group that start in a year, maybe with one exit, maybe of some durations. Counts by
/// target group, exit, start year and maybe duration.
fn cell(
    counts: &Counts,
    target_group: &str,
    exit: Option<&str>,
    year: i32,
    interval: Option<Interval>,
) -> u64 {
    let place = || {
        let group = counts.place(0, target_group)?;
        let exit = match exit {
            Some(exit) => Some(counts.place(1, exit)?),
            None => None,
        };
        Some((group, exit, counts.place(2, &year.to_string())?))
    };
    let Some((group, exit, year)) = place() else { return 0 };
    let Some(interval) = interval else { return counts.sum(&[Some(group), exit, Some(year)]) };
    (interval.first..=interval.last)
        .filter_map(|months| counts.place(3, &months.to_string()))
        .map(|months| counts.sum(&[Some(group), exit, Some(year), Some(months)]))
        .sum()
}
