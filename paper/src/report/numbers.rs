//! The numbers behind a figure as a table of texts, for those who cannot or will not read a picture.

use super::content::Table;
use crate::figure::{Along, Chart, Curves, Dot, Dots, Line, Panel, Scale, StackedBars};
use crate::labels::{self, Lang};

/// Months at which curves are read off: the last [`MOST`] before the end of the axis, and its end.
const MONTHS: [f64; 8] = [1.0, 3.0, 6.0, 12.0, 24.0, 36.0, 60.0, 84.0];
const MOST: usize = 5;

/// The table of a chart; `None` for an empty one.
pub(super) fn table(chart: &Chart, lang: Lang) -> Option<Table> {
    let table = match chart {
        Chart::StackedBars(bars) => of_bars(bars, lang),
        Chart::Curves(curves) => of_curves(curves, lang),
        Chart::Areas(areas) => of_curves(&areas.as_curves(), lang),
        Chart::Dots(dots) => of_dots(dots, lang),
        // Its numbers stand in the picture.
        Chart::Forest(_) => return None,
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

fn of_dots(dots: &Dots, lang: Lang) -> Table {
    let columns = [("", false), (dots.x_label.as_str(), true), ("95 %", true)];
    let row = |dot: &Dot| {
        let [estimate, low, high] =
            [dot.estimate, dot.low, dot.high].map(|value| labels::number(value, 1, lang));
        vec![dot.label.clone(), estimate, format!("{low}–{high}")]
    };
    Table {
        columns: columns.map(|(name, number)| (name.to_owned(), number)).to_vec(),
        rows: dots.dots.iter().map(row).collect(),
        ..Table::default()
    }
}

fn of_curves(curves: &Curves, lang: Lang) -> Table {
    let lines = || curves.panels.iter().flat_map(|panel| &panel.lines);
    let last =
        lines().flat_map(|line| &line.time).copied().filter(|t| t.is_finite()).fold(0.0, f64::max);
    let end = curves.x_max.filter(|max| *max > 0.0 && *max < last).unwrap_or(last);
    let months = read_at(curves, end);
    let titled = curves.panels.iter().any(|panel| !panel.title.is_empty());
    let mut columns = if titled { vec![(String::new(), false)] } else { Vec::new() };
    columns.push((curves.legend.clone(), false));
    columns.extend(months.iter().map(|&month| {
        let number = labels::number(month, 0, lang);
        let heading = match curves.along {
            Along::Months => format!("{} {number}", lang.pick("md.", "month")),
            Along::Weeks => format!("{} {number}", lang.pick("uge", "week")),
            Along::Seniority => format!("{number} {}", lang.pick("år", "years")),
            Along::Years => format!("{month:.0}"),
            Along::Calendar => labels::counted_month(month, lang),
            Along::Ranks => format!("{} {number}", lang.pick("nr.", "no.")),
        };
        (heading, true)
    }));
    let mut rows = Vec::new();
    for panel in &curves.panels {
        let digits = digits(curves, panel, end);
        for (place, line) in panel.lines.iter().enumerate() {
            // The panel is named once.
            let title = if place == 0 { panel.title.clone() } else { String::new() };
            let mut row = if titled { vec![title] } else { Vec::new() };
            row.push(line.label.clone());
            row.extend(months.iter().map(|&month| read_off(curves, line, month, digits, lang)));
            rows.push(row);
        }
    }
    Table { columns, rows, ..Table::default() }
}

/// Where curves are read off: at usual months, every year, or the ends and quarters of an order.
fn read_at(curves: &Curves, end: f64) -> Vec<f64> {
    let first = curves.x_min.max(0.0);
    match curves.along {
        Along::Years if end - first < 30.0 => {
            (0..=(end - first).max(0.0) as usize).map(|year| first + year as f64).collect()
        }
        Along::Years | Along::Calendar | Along::Ranks => {
            let at = |part: f64| (first + part * (end - first)).round();
            [0.0, 0.25, 0.5, 0.75, 1.0].map(at).to_vec()
        }
        Along::Months | Along::Weeks | Along::Seniority => {
            let mut months: Vec<f64> = MONTHS.into_iter().filter(|month| *month < end).collect();
            months.drain(..months.len().saturating_sub(MOST));
            if end > 0.0 {
                months.push(end);
            }
            months
        }
    }
}

/// Decimals of a panel: two where all of it is small, as at the ends of its lines.
fn digits(curves: &Curves, panel: &Panel, end: f64) -> usize {
    let small = |line: &Line| {
        line.time
            .iter()
            .zip(&line.estimate)
            .all(|(&time, &value)| time > end || value.is_nan() || value <= 0.05)
    };
    match curves.scale {
        Scale::Probability => 1 + usize::from(panel.lines.iter().all(small)),
        Scale::Number if curves.along != Along::Months => 0,
        Scale::Number => 2,
    }
}

/// The estimate at a time with its interval, "27,1 (26,8–27,4)"; a dash where there is none.
fn read_off(curves: &Curves, line: &Line, time: f64, digits: usize, lang: Lang) -> String {
    let show = |value| show(curves, value, digits, lang);
    let Some(place) = line.time.partition_point(|&t| t <= time).checked_sub(1) else {
        return if curves.step { show(curves.start) } else { "–".to_owned() };
    };
    let at = |values: &[f64]| values.get(place).copied().filter(|v| v.is_finite());
    match (at(&line.estimate), at(&line.low), at(&line.high)) {
        (Some(estimate), Some(low), Some(high)) => {
            let (low, high) = (show(low), show(high));
            format!("{} ({low}–{high})", show(estimate))
        }
        (Some(estimate), ..) => show(estimate),
        (None, ..) => "–".to_owned(),
    }
}

fn show(curves: &Curves, value: f64, digits: usize, lang: Lang) -> String {
    match curves.scale {
        Scale::Probability => labels::number(value * 100.0, digits, lang),
        Scale::Number => labels::number(value, digits, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Series;

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
    fn small_probabilities_have_two_decimals() {
        let line = |estimate: Vec<f64>| Line {
            time: vec![1.0, 2.0],
            low: estimate.iter().map(|value| value / 2.0).collect(),
            high: estimate.iter().map(|value| value * 1.5).collect(),
            estimate,
            ..Line::default()
        };
        let panel = |lines| Panel { title: "P".into(), lines, ..Panel::default() };
        let small = panel(vec![line(vec![0.001, 0.0012]), line(vec![0.002, 0.05])]);
        let large = panel(vec![line(vec![0.001, 0.0012]), line(vec![0.002, 0.06])]);
        let curves = Curves { panels: vec![small, large], ..Curves::named("x") };
        let table = table(&Chart::Curves(curves), Lang::Da).unwrap();
        let last: Vec<&str> = table.rows.iter().map(|row| row[3].as_str()).collect();
        let wanted = ["0,12 (0,06–0,18)", "5,00 (2,50–7,50)", "0,1 (0,1–0,2)", "6,0 (3,0–9,0)"];
        assert_eq!(last, wanted);
    }

    #[test]
    fn empty_charts_have_no_table() {
        assert_eq!(table(&Chart::StackedBars(StackedBars::named("x")), Lang::Da), None);
        assert_eq!(table(&Chart::Curves(Curves::named("x")), Lang::Da), None);
    }
}
