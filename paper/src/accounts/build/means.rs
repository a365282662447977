//! Means over groups of job centres, by year.

use std::ops::RangeInclusive;

use super::Context;
use crate::accounts::words;
use crate::figure::{Along, Chart, Curves, Line, Palette, Panel, Scale};
use crate::output::Built;
use crate::table::Table;

/// `figure, group, year` and the number: the mean of the group's job centres, each of which counts once.
pub(super) fn build(
    context: Context<'_>,
    variable: &str,
    by: &str,
    names: &[String],
    years: &RangeInclusive<i32>,
    unit: &str,
) -> Built {
    let centres = context.centres;
    let values = context.variable(variable);
    let groups = centres.groups(by, context.rules);
    let mut labels: Vec<&str> = groups.iter().map(String::as_str).collect();
    labels.sort_by_key(|label| (label.parse::<i64>().unwrap_or(i64::MAX), (*label).to_owned()));
    labels.dedup();
    let (mut keys, mut of_year, mut means) = (Vec::new(), Vec::new(), Vec::new());
    let mut lines = Vec::new();
    for (place, label) in labels.iter().enumerate() {
        let name = names.get(place).map_or(*label, String::as_str);
        let mut line = Line {
            key: (*label).to_owned(),
            label: words::label(name, context.lang),
            ..Line::default()
        };
        for year in years.clone() {
            let own: Vec<f64> = (0..centres.names.len())
                .filter(|&centre| groups[centre] == *label)
                .filter_map(|centre| centres.cell(centre, year))
                .map(|cell| values[cell])
                .collect();
            let mean = own.iter().sum::<f64>() / own.len() as f64;
            keys.push(name.to_owned());
            of_year.push(i64::from(year));
            means.push(mean);
            line.time.push(f64::from(year));
            line.estimate.push(mean);
        }
        lines.push(line);
    }
    let chart = Curves {
        title: context.title(),
        note: context.note(),
        x_label: context.lang.pick("År", "Year").to_owned(),
        y_label: words::unit(unit, context.lang),
        x_min: f64::from(*years.start()),
        x_step: Some(1.0),
        along: Along::Years,
        step: false,
        from_zero: false,
        scale: Scale::Number,
        panels: vec![Panel { lines, ..Panel::default() }],
        palette: Palette::Groups,
        ..Curves::named(&context.output.id)
    };
    let number = &context.output.number.da;
    let figure = if number.is_empty() { &context.output.id } else { number };
    let table = Table::new()
        .text("figure", keys.iter().map(|_| figure.as_str()))
        .text("group", keys.iter().map(String::as_str))
        .whole("year", of_year)
        .number(unit, means);
    Built { chart: Some(Chart::Curves(chart)), ..Built::table(table) }
}
