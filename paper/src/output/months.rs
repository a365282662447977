//! Benefit months by target group, year, intervention and group.

use std::ops::RangeInclusive;

use super::{Built, Context, Counts, percent};
use crate::figure::{Chart, Palette, Scale, Series, StackedBars};
use crate::labels;
use crate::table::{Table, Values};

/// Months of a year.
const MONTHS: f64 = 12.0;

/// The intervention of months without one.
const PASSIVE: &str = "passive";

/// What is shown.
pub(super) struct Shape<'s> {
    /// One target group; all without it.
    pub(super) target_group: Option<&'s str>,
    /// The grouping, if there is one.
    pub(super) by: Option<&'s str>,
    /// The years.
    pub(super) years: RangeInclusive<i32>,
    /// Whether months without an intervention stay out.
    pub(super) active: bool,
}

/// The name of all target groups together.
const ALL: &str = "all";

/// `target_group, year, months, full_time_persons`: months of the four target groups, and full-time persons, which are
/// months by 12. Counts by target group and year.
pub(super) fn benefit_months(context: Context<'_>, counts: &Counts, shape: &Shape<'_>) -> Built {
    let lang = context.lang;
    let groups: Vec<&String> = counts
        .labels(0)
        .iter()
        .filter(|group| shape.target_group.is_none_or(|wanted| wanted == group.as_str()))
        .collect();
    let years: Vec<i32> = shape.years.clone().collect();
    let mut table: (Vec<&str>, Vec<i64>, Vec<i64>, Vec<f64>) = Default::default();
    let mut series = Vec::new();
    for group in groups {
        let mut persons = Vec::new();
        for &year in &years {
            let places = [counts.place(0, group), counts.place(1, &year.to_string())];
            let months = if places.contains(&None) { 0 } else { counts.sum(&places) };
            table.0.push(group);
            table.1.push(i64::from(year));
            table.2.push(months as i64);
            table.3.push(months as f64 / MONTHS);
            persons.push(months as f64 / MONTHS / 1000.0);
        }
        series.push(Series::new(group, labels::target_group(group, lang), persons));
    }
    let chart = StackedBars {
        title: context.title(),
        note: context.note(),
        y_label: lang.pick("Fuldtidspersoner, tusinder", "Full-time persons, thousands").to_owned(),
        categories: years.iter().map(ToString::to_string).collect(),
        series,
        scale: Scale::Number,
        palette: Palette::Categories,
        ..StackedBars::named(&context.output.id)
    };
    let columns = Table::new()
        .text("target_group", table.0)
        .whole("year", table.1)
        .whole("months", table.2)
        .number("full_time_persons", table.3);
    let is_table = context.output.kind.is_table();
    Built { chart: (!is_table).then_some(Chart::StackedBars(chart)), ..Built::table(columns) }
}

/// `target_group, [BY,] year, intervention, months, percent, thousands`: months by intervention, per cents of all months
/// of the year and group. Counts by target group, year, intervention and maybe a grouping.
pub(super) fn by_intervention(context: Context<'_>, counts: &Counts, shape: &Shape<'_>) -> Built {
    let lang = context.lang;
    let group = shape.target_group.map(|group| counts.place(0, group));
    let interventions = counts.labels(2);
    let shown: Vec<usize> = (0..interventions.len())
        .filter(|&place| !(shape.active && interventions[place] == PASSIVE))
        .collect();
    // A bar is a year, or a group of persons in the one year.
    let mut bars: Vec<(String, i32, Option<usize>)> = Vec::new();
    for year in shape.years.clone() {
        if shape.by.is_some() {
            let groups = counts.labels(3).iter().enumerate();
            bars.extend(groups.map(|(place, name)| (name.clone(), year, Some(place))));
        } else {
            bars.push((year.to_string(), year, None));
        }
    }
    let cell = |year: i32, intervention: Option<usize>, by: Option<usize>| {
        let year = counts.place(1, &year.to_string());
        if year.is_none() || group == Some(None) {
            return 0;
        }
        counts.sum(&[group.flatten(), year, intervention, by])
    };
    let mut words: [Vec<String>; 3] = Default::default();
    let (mut years, mut months) = (Vec::new(), Vec::new());
    let mut numbers: [Vec<f64>; 2] = Default::default();
    for (name, year, by) in &bars {
        let whole = cell(*year, None, *by);
        for &place in &shown {
            let count = cell(*year, Some(place), *by);
            words[0].push(shape.target_group.unwrap_or(ALL).to_owned());
            words[1].push(name.clone());
            words[2].push(interventions[place].clone());
            years.push(i64::from(*year));
            months.push(count as i64);
            numbers[0].push(percent(count, whole));
            numbers[1].push(count as f64 / 1000.0);
        }
    }
    let values = if shape.active { &numbers[1] } else { &numbers[0] };
    let series = shown
        .iter()
        .enumerate()
        .map(|(at, &place)| {
            let key = &interventions[place];
            let own = values.iter().skip(at).step_by(shown.len()).copied().collect();
            Series::new(key, labels::intervention(key, lang), own)
        })
        .collect();
    let y_label = if shape.active {
        lang.pick("Aktive ydelsesmåneder, tusinder", "Active benefit months, thousands")
    } else {
        lang.pick("Procent af ydelsesmånederne", "Per cent of benefit months")
    };
    let by_label = shape.by.and_then(|by| context.study.grouping(by));
    let chart = StackedBars {
        title: context.title(),
        note: context.note(),
        x_label: by_label.map(|of| of.title.pick(lang).to_owned()).unwrap_or_default(),
        y_label: y_label.to_owned(),
        categories: bars
            .iter()
            .map(|(name, ..)| match shape.by {
                Some(by) => labels::group(by, name, lang),
                None => name.clone(),
            })
            .collect(),
        series,
        scale: if shape.active { Scale::Number } else { Scale::Probability },
        decimals: 0,
        palette: Palette::Interventions,
        ..StackedBars::named(&context.output.id)
    };
    let [groups, by_values, interventions] = words;
    let mut table = Table::new().text("target_group", groups);
    if let Some(by) = shape.by {
        table = table.text(by, by_values);
    }
    let [percents, thousands] = numbers;
    let table = table
        .whole("year", years)
        .text("intervention", interventions)
        .whole("months", months)
        .with("percent", Values::Number(percents))
        .with("thousands", Values::Number(thousands));
    Built { chart: Some(Chart::StackedBars(chart)), ..Built::table(table) }
}
