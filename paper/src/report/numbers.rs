//! The numbers behind a figure as a table of texts, for those who cannot or will not read a picture.

use super::content::Table;
use crate::figure::{Chart, Curves, Line, Scale, StackedBars};
use crate::labels::{self, Lang};

/// Months at which curves are read off: the last [`MOST`] before the end of the axis, and its end.
const MONTHS: [f64; 8] = [1.0, 3.0, 6.0, 12.0, 24.0, 36.0, 60.0, 84.0];
const MOST: usize = 5;

/// The table of a chart; `None` for an empty one.
pub(super) fn table(chart: &Chart, lang: Lang) -> Option<Table> {
    let table = match chart {
        Chart::StackedBars(bars) => of_bars(bars, lang),
        Chart::Curves(curves) => of_curves(curves, lang),
    };
    (!table.rows.is_empty() && table.columns.len() > 1).then_some(table)
}

fn of_bars(bars: &StackedBars, lang: Lang) -> Table {
    let head = std::iter::once((bars.y_label.clone(), false));
    let row = |series: &crate::figure::Series| {
        let value = |place: usize| series.values.get(place).copied().unwrap_or(f64::NAN);
        std::iter::once(series.label.clone())
            .chain(
                (0..bars.categories.len())
                    .map(|place| labels::number(value(place), bars.decimals, lang)),
            )
            .collect()
    };
    Table {
        columns: head.chain(bars.categories.iter().map(|name| (name.clone(), true))).collect(),
        rows: bars.series.iter().map(row).collect(),
        ..Table::default()
    }
}

fn of_curves(curves: &Curves, lang: Lang) -> Table {
    let lines = || curves.panels.iter().flat_map(|panel| &panel.lines);
    let last =
        lines().flat_map(|line| &line.time).copied().filter(|t| t.is_finite()).fold(0.0, f64::max);
    let end = curves.x_max.filter(|max| *max > 0.0 && *max < last).unwrap_or(last);
    let mut months: Vec<f64> = MONTHS.into_iter().filter(|month| *month < end).collect();
    months.drain(..months.len().saturating_sub(MOST));
    if end > 0.0 {
        months.push(end);
    }
    let titled = curves.panels.iter().any(|panel| !panel.title.is_empty());
    let mut columns = if titled { vec![(String::new(), false)] } else { Vec::new() };
    columns.push((curves.legend.clone(), false));
    columns.extend(months.iter().map(|&month| {
        let number = labels::number(month, 0, lang);
        (format!("{} {number}", lang.pick("md.", "month")), true)
    }));
    let mut rows = Vec::new();
    for panel in &curves.panels {
        for (place, line) in panel.lines.iter().enumerate() {
            // The panel is named once.
            let title = if place == 0 { panel.title.clone() } else { String::new() };
            let mut row = if titled { vec![title] } else { Vec::new() };
            row.push(line.label.clone());
            row.extend(months.iter().map(|&month| read_off(curves, line, month, lang)));
            rows.push(row);
        }
    }
    Table { columns, rows, ..Table::default() }
}

/// The estimate at a time with its interval, "27,1 (26,8–27,4)"; a dash where there is none.
fn read_off(curves: &Curves, line: &Line, time: f64, lang: Lang) -> String {
    let Some(place) = line.time.partition_point(|&t| t <= time).checked_sub(1) else {
        return if curves.step { show(curves, curves.start, lang) } else { "–".to_owned() };
    };
    let at = |values: &[f64]| values.get(place).copied().filter(|v| v.is_finite());
    match (at(&line.estimate), at(&line.low), at(&line.high)) {
        (Some(estimate), Some(low), Some(high)) => {
            let (low, high) = (show(curves, low, lang), show(curves, high, lang));
            format!("{} ({low}–{high})", show(curves, estimate, lang))
        }
        (Some(estimate), ..) => show(curves, estimate, lang),
        (None, ..) => "–".to_owned(),
    }
}

fn show(curves: &Curves, value: f64, lang: Lang) -> String {
    match curves.scale {
        Scale::Probability => labels::number(value * 100.0, 1, lang),
        Scale::Number => labels::number(value, 2, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Panel, Series};

    #[test]
    fn bars_become_rows() {
        let bars = StackedBars {
            y_label: "Procent".into(),
            categories: vec!["2011".into(), "2012".into()],
            series: vec![Series::new("a", "A", vec![60.04, f64::NAN])],
            ..StackedBars::named("x")
        };
        let table = table(&Chart::StackedBars(bars), Lang::Da).unwrap();
        assert_eq!(table.rows, [["A", "60,0", "–"]]);
        assert_eq!(table.columns[0], ("Procent".to_owned(), false));
    }

    #[test]
    fn curves_are_read_off_at_months() {
        let line = Line {
            label: "Gruppe 1".into(),
            time: vec![2.0, 6.0, 8.0],
            estimate: vec![0.1, 0.2, 0.25],
            low: vec![0.05, 0.15, 0.2],
            high: vec![0.15, 0.25, f64::NAN],
            ..Line::default()
        };
        let panel = Panel { title: "Job".into(), lines: vec![line], ..Panel::default() };
        let curves = Curves { panels: vec![panel], ..Curves::named("x") };
        let table = table(&Chart::Curves(curves), Lang::En).unwrap();
        assert_eq!(
            table.rows,
            [["Job", "Gruppe 1", "0.0", "10.0 (5.0–15.0)", "20.0 (15.0–25.0)", "25.0"]]
        );
        let heads: Vec<&str> = table.columns.iter().map(|(head, _)| head.as_str()).collect();
        assert_eq!(heads, ["", "", "month 1", "month 3", "month 6", "month 8"]);
    }

    #[test]
    fn empty_charts_have_no_table() {
        assert_eq!(table(&Chart::StackedBars(StackedBars::named("x")), Lang::Da), None);
        assert_eq!(table(&Chart::Curves(Curves::named("x")), Lang::Da), None);
    }
}
