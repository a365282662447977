//! How job centres differ: quantiles, classes, ranks of their mean over years.

use std::ops::RangeInclusive;

use afgang_models::SampleQuantile;

use super::Context;
use crate::accounts::AccountsError;
use crate::accounts::words;
use crate::figure::{Along, Chart, Curves, Line, Palette, Panel, Scale, Series, StackedBars};
use crate::output::Built;
use crate::table::Table;

/// `statistic` and the number: `minimum, q1, median, q3, maximum`.
pub(super) fn quantiles(
    context: Context<'_>,
    variable: &str,
    years: &RangeInclusive<i32>,
    definition: SampleQuantile,
    unit: &str,
) -> Result<Built, AccountsError> {
    let means = context.centres.means(&context.variable(variable), years);
    let statistics =
        [("minimum", 0.0), ("q1", 0.25), ("median", 0.5), ("q3", 0.75), ("maximum", 1.0)];
    let values = statistics
        .iter()
        .map(|&(_, p)| definition.of(&means, p))
        .collect::<Result<Vec<f64>, _>>()
        .map_err(|error| context.refused(error))?;
    let names = statistics.iter().map(|&(name, _)| name);
    Ok(Built::table(Table::new().text("statistic", names).number(unit, values)))
}

/// `bin, job_centres`; a limit belongs to the class above it.
pub(super) fn histogram(
    context: Context<'_>,
    variable: &str,
    years: &RangeInclusive<i32>,
    limits: &[i64],
) -> Built {
    let means = context.centres.means(&context.variable(variable), years);
    let class = |value: f64| limits.iter().filter(|&&limit| value >= limit as f64).count();
    let mut counts = vec![0; limits.len() + 1];
    for &value in means.iter().filter(|value| value.is_finite()) {
        counts[class(value)] += 1;
    }
    let bins: Vec<String> = (0..counts.len())
        .map(|place| match (place.checked_sub(1).map(|before| limits[before]), limits.get(place)) {
            (None, Some(high)) => format!("<{high}"),
            (Some(low), Some(high)) => format!("{low}-{high}"),
            (Some(low), None) => format!(">{low}"),
            (None, None) => "all".to_owned(),
        })
        .collect();
    let lang = context.lang;
    let heights = counts.iter().map(|&count| f64::from(count)).collect();
    let chart = StackedBars {
        title: context.title(),
        note: context.note(),
        x_label: words::unit(&words::per_unemployed(context.centres.price_year), lang),
        y_label: lang.pick("Antal jobcentre", "Number of job centres").to_owned(),
        categories: bins.iter().map(|bin| words::bin(bin, lang)).collect(),
        series: vec![Series::new("job_centres", "", heights)],
        scale: Scale::Number,
        decimals: 0,
        palette: Palette::Categories,
        ..StackedBars::named(&context.output.id)
    };
    let table =
        Table::new().text("bin", bins).whole("job_centres", counts.into_iter().map(i64::from));
    Built { chart: Some(Chart::StackedBars(chart)), ..Built::table(table) }
}

/// `job_centre, rank` and the number, the highest first.
pub(super) fn ranking(
    context: Context<'_>,
    variable: &str,
    years: &RangeInclusive<i32>,
    unit: &str,
) -> Built {
    let means = context.centres.means(&context.variable(variable), years);
    let mut order: Vec<usize> = (0..means.len()).collect();
    order.sort_by(|&a, &b| means[b].total_cmp(&means[a]).then(a.cmp(&b)));
    let lang = context.lang;
    let line = Line {
        key: variable.to_owned(),
        label: lang.pick("Jobcentre", "Job centres").to_owned(),
        time: (1..=order.len()).map(|rank| rank as f64).collect(),
        estimate: order.iter().map(|&centre| means[centre]).collect(),
        ..Line::default()
    };
    let chart = Curves {
        title: context.title(),
        note: context.note(),
        x_label: lang
            .pick(
                "Jobcentre efter udgift, det dyreste først",
                "Job centre by expenditure, the highest first",
            )
            .to_owned(),
        y_label: words::unit(unit, lang),
        x_min: 1.0,
        along: Along::Ranks,
        step: false,
        from_zero: false,
        scale: Scale::Number,
        panels: vec![Panel { lines: vec![line], ..Panel::default() }],
        palette: Palette::Categories,
        ..Curves::named(&context.output.id)
    };
    let table = Table::new()
        .text("job_centre", order.iter().map(|&centre| context.centres.names[centre].as_str()))
        .whole("rank", (1..).take(order.len()))
        .number(unit, order.iter().map(|&centre| means[centre]));
    Built { chart: Some(Chart::Curves(chart)), ..Built::table(table) }
}
