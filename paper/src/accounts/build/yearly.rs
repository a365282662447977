//! Numbers of the whole country by year.

use std::ops::RangeInclusive;

use super::Context;
use crate::accounts::Quantity;
use crate::accounts::words;
use crate::figure::{Chart, Palette, Scale, Series, StackedBars};
use crate::output::Built;
use crate::table::Table;

/// Kroner of a million.
const MILLION: f64 = 1e6;

/// Rows that sum up others.
const SUMS: [&str; 3] = ["total", "gross", "six_groups_total"];

/// `item` or `group`, `year` and the number; figures stack the rows of a year.
pub(super) fn build(
    context: Context<'_>,
    quantity: Quantity,
    rows: &[String],
    years: &RangeInclusive<i32>,
    drawn: bool,
    unit: &str,
) -> Built {
    let key = if quantity == Quantity::Expenditure { "item" } else { "group" };
    let (mut keys, mut of_year, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        for year in years.clone() {
            keys.push(row.as_str());
            of_year.push(i64::from(year));
            values.push(number(context, quantity, row, year));
        }
    }
    let n_years = years.clone().count();
    let chart = drawn.then(|| {
        // What sums up other rows is no part of a bar.
        let parts = rows.iter().zip(values.chunks(n_years.max(1)));
        let series = parts.filter(|(row, _)| !SUMS.contains(&row.as_str())).map(|(row, values)| {
            Series::new(row, &words::label(row, context.lang), values.to_vec())
        });
        Chart::StackedBars(StackedBars {
            title: context.title(),
            note: context.note(),
            y_label: words::unit(unit, context.lang),
            categories: years.clone().map(|year| year.to_string()).collect(),
            series: series.collect(),
            scale: Scale::Number,
            decimals: 0,
            palette: Palette::Categories,
            ..StackedBars::named(&context.output.id)
        })
    });
    let table = Table::new().text(key, keys).whole("year", of_year).number(unit, values);
    Built { chart, ..Built::table(table) }
}

fn number(context: Context<'_>, quantity: Quantity, row: &str, year: i32) -> f64 {
    let centres = context.centres;
    let national =
        |cells: Option<Vec<f64>>| cells.map_or(f64::NAN, |cells| centres.national(&cells, year));
    match quantity {
        Quantity::Expenditure => national(centres.sum(row)) / MILLION,
        Quantity::ExpenditureByGroup => national(centres.sum_of_group(row)) / MILLION,
        Quantity::Unemployed => national(Some(centres.unemployed_of(row))),
        Quantity::PerUnemployed => {
            let persons = national(Some(centres.unemployed_of(row)));
            if persons > 0.0 { national(centres.sum_of_group(row)) / persons } else { f64::NAN }
        }
    }
}
