//! What stands at the ends of lines.

use std::fmt::Write;

use super::super::Options;
use super::super::axis::Axis;
use super::super::chart::{Along, Curves, Line, Panel, Scale};
use super::super::frame::{self, LABEL_LINE, Mark, Sizes};
use super::super::svg::{Canvas, Path, Pattern, Role, Type};
use super::super::text::{self, Weight};
use super::layout::{Keys, LABEL_ROOM};
use super::{Plot, shown};
use crate::labels::{self, Lang};

/// The last drawn value of a line.
fn last_value(line: &Line, end: f64) -> Option<(f64, f64)> {
    let points = line.time.iter().zip(&line.estimate).rev();
    points.map(|(&t, &v)| (t, v)).find(|(t, v)| t.is_finite() && v.is_finite() && *t <= end)
}

/// The most last values that are written beside a panel among others.
const MOST_VALUES: usize = 6;

/// The last value of every line right of a panel among others, beside a stroke of the line; of none of them where there
/// are many or they end too close to each other for their values to stand by them.
pub(super) fn end_values(
    canvas: &mut Canvas,
    chart: &Curves,
    panel: &Panel,
    options: Options,
    plot: &Plot,
    keys: &Keys,
) {
    let mut ends: Vec<(f64, &Line)> = panel
        .lines
        .iter()
        .filter_map(|line| Some((shown(chart, last_value(line, plot.x.max)?.1), line)))
        .collect();
    ends.sort_by(|a, b| b.0.total_cmp(&a.0));
    let size = Sizes::of(options.width).small - 1.0;
    let height = size + 1.0;
    let blocks: Vec<(f64, f64)> = ends.iter().map(|end| (plot.y(end.0), height)).collect();
    let middles = frame::spread(&blocks, plot.top - 8.0, plot.bottom + 4.0);
    let mut moved = blocks.iter().zip(&middles).map(|(block, middle)| (block.0 - middle).abs());
    if ends.len() > MOST_VALUES || moved.any(|units| units > 2.0 * height) {
        return;
    }
    // Where the axis is short, the first decimal does not tell groups apart.
    let digits = if plot.y.max <= 5.0 { 2 } else { usize::from(plot.y.max <= 100.0) };
    let several = panel.lines.len() > 1;
    for ((end, line), middle) in ends.into_iter().zip(middles) {
        if several {
            let (colour, _) = keys.style(&line.key);
            let mut stroke = Path::default();
            stroke.move_to(plot.right + 3.0, middle);
            stroke.line_to(plot.right + 8.0, middle);
            canvas.stroke(stroke.data(), colour, 2.2, Pattern::Solid, "");
        }
        let x = plot.right + if several { 11.0 } else { 4.0 };
        let text = labels::number(end, digits, options.lang);
        canvas.text(x, middle + 0.36 * size, Type::new(size, Role::Ink), &text);
    }
}

/// Labels and last values right of the lines, where there is one panel a row.
pub(super) fn direct_labels(
    canvas: &mut Canvas,
    chart: &Curves,
    panel: &Panel,
    options: Options,
    plot: &Plot,
    keys: &Keys,
) {
    let sizes = Sizes::of(options.width);
    let mut ends: Vec<(f64, f64, &Line, f64)> = panel
        .lines
        .iter()
        .filter_map(|line| {
            let (time, value) = last_value(line, plot.x.max)?;
            Some((plot.y(shown(chart, value)), plot.x(time), line, value))
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The first line of each label stands at the height of its end; the value is below the last.
    let label = |line: &Line| text::wrap(&line.label, sizes.text, Weight::Regular, LABEL_ROOM);
    let texts: Vec<Vec<String>> = ends.iter().map(|end| label(end.2)).collect();
    let below = |lines: &Vec<String>| LABEL_LINE * lines.len().max(1) as f64;
    let heights: Vec<f64> = texts.iter().map(|lines| 17.5 + below(lines)).collect();
    let blocks: Vec<(f64, f64)> = ends
        .iter()
        .zip(&heights)
        .map(|(end, &height)| (end.0 + height / 2.0 - 8.5, height))
        .collect();
    let middles = frame::spread(&blocks, plot.top - 8.0, plot.bottom + 16.0);
    let x = plot.right + 12.0;
    for (((y, from, line, value), lines), (middle, height)) in
        ends.into_iter().zip(&texts).zip(middles.into_iter().zip(heights))
    {
        let first = middle - height / 2.0 + 8.5;
        canvas.rule((from + 2.0, y), (x - 2.0, first), 0.75, Role::Rule);
        let (colour, dash) = keys.style(&line.key);
        Mark::Line { band: false, dash }.draw(canvas, x, first + 4.0, colour);
        for (i, text) in lines.iter().enumerate() {
            let y = first + 4.0 + LABEL_LINE * i as f64;
            canvas.text(x + 25.0, y, Type::new(sizes.text, Role::Ink), text);
        }
        let number = match chart.scale {
            Scale::Probability => labels::percent(value * 100.0, 1, options.lang),
            Scale::Number => labels::number(value, usize::from(value.abs() < 1e3), options.lang),
        };
        let y = first + 4.5 + below(lines);
        canvas.text(x + 25.0, y, Type::new(sizes.small, Role::Mute), &number);
    }
}

/// The last values in words, for those who hear the page.
pub(super) fn describe(chart: &Curves, axis: &Axis, lang: Lang) -> String {
    let mut text = String::new();
    for panel in &chart.panels {
        let lines: Vec<String> = panel
            .lines
            .iter()
            .filter_map(|line| {
                let (time, value) = last_value(line, f64::INFINITY)?;
                let value = match chart.scale {
                    Scale::Probability => labels::percent(value * 100.0, 1, lang),
                    Scale::Number => labels::number(value, 2, lang),
                };
                let time = match chart.along {
                    Along::Years => format!("{time:.0}"),
                    Along::Calendar => labels::counted_month(time, lang),
                    _ => labels::number(time, axis.decimals, lang),
                };
                Some(format!("{} {value} ({time})", line.label))
            })
            .collect();
        if !text.is_empty() {
            text.push(' ');
        }
        let title =
            if panel.title.is_empty() { String::new() } else { format!("{}: ", panel.title) };
        let _ = write!(text, "{title}{}.", lines.join("; "));
    }
    text
}
