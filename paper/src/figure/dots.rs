//! Ranked dots with intervals: many small areas, legible in print.

use std::fmt::Write;

use super::axis::Axis;
use super::frame::{self, EDGE, LINE_WIDTH, Sizes};
use super::palette::{MUTE, POINT};
use super::svg::{Anchor, Canvas, Path, Pattern, Role, Type};
use super::text::{self, Weight};
use super::{Options, Rendered, Width};
use crate::labels::{self, Lang};

/// Areas from the highest to the lowest, each a dot with its interval, in columns that share one axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dots {
    /// Unique in a page; a file name.
    pub id: String,
    /// Title, one sentence at most.
    pub title: String,
    /// Second line. May be empty.
    pub subtitle: String,
    /// Label of the axis. May be empty.
    pub x_label: String,
    /// The areas in order.
    pub dots: Vec<Dot>,
    /// The value of all areas together, a line through the dots; not finite = none.
    pub reference: f64,
    /// What the line is, with its value.
    pub reference_label: String,
    /// A note below the figure. May be empty.
    pub note: String,
}

/// One area, in per cent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dot {
    /// Its name.
    pub label: String,
    /// The estimate.
    pub estimate: f64,
    /// Lower limit; not finite = no interval.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
    /// Whether it is drawn as one of the extremes.
    pub marked: bool,
}

/// Height of a row.
const ROW: f64 = 12.5;
/// Between the columns.
const GAP: f64 = 22.0;
/// More areas than this stand in two columns on a page.
const ONE_COLUMN: usize = 36;
/// Radius of a dot.
const RADIUS: f64 = 2.7;

pub(super) fn render(chart: &Dots, options: Options) -> Rendered {
    let width = options.width.units();
    let sizes = Sizes::of(options.width);
    let mut canvas = Canvas::default();
    let mut y = frame::heading(&mut canvas, options, &chart.title, &chart.subtitle);
    if chart.dots.is_empty() {
        y += 40.0;
        let kind = Type::new(sizes.text, Role::Mute).anchor(Anchor::Middle);
        canvas.text(width / 2.0, y, kind, options.lang.pick("Ingen data", "No data"));
    } else {
        y = columns(&mut canvas, chart, options, y);
    }
    let height = frame::note(&mut canvas, options, y, &chart.note);
    let svg = canvas.finish(&chart.id, width, height, &chart.title, &describe(chart, options.lang));
    Rendered { svg, width, height }
}

/// The columns of dots; returns where the rest begins.
fn columns(canvas: &mut Canvas, chart: &Dots, options: Options, top: f64) -> f64 {
    let size = if options.width == Width::Phone { 9.0 } else { 9.5 };
    let two = options.width == Width::Page && chart.dots.len() > ONE_COLUMN;
    let count = if two { 2 } else { 1 };
    let rows = chart.dots.len().div_ceil(count);
    let wide = |dot: &Dot| text::width(&dot.label, size, Weight::SemiBold);
    let label_width = chart.dots.iter().map(wide).fold(30.0, f64::max).min(125.0);
    let room = options.width.units() - 2.0 * EDGE - GAP * (count - 1) as f64;
    let column = room / count as f64;
    let finite = |value: f64| value.is_finite();
    let ends = || chart.dots.iter().flat_map(|dot| [dot.estimate, dot.low, dot.high]);
    let highest = ends().filter(|&v| finite(v)).fold(0.0, f64::max);
    let axis = Axis::nice(0.0, highest.max(1e-9), if two { 4 } else { 5 });
    let first = top + 22.0;
    let small = Type::new(Sizes::of(options.width).small - 0.5, Role::Mute);
    for at in 0..count {
        let left = EDGE + (column + GAP) * at as f64;
        let plot = (left + label_width + 8.0, left + column);
        let x = |value: f64| plot.0 + axis.part(value).clamp(0.0, 1.0) * (plot.1 - plot.0);
        let dots = chart.dots.iter().skip(at * rows).take(rows);
        let bottom = first + ROW * rows as f64 + 3.0;
        for &tick in &axis.ticks {
            canvas.rule((x(tick), first - 4.0), (x(tick), bottom), 1.0, Role::Grid);
            let name = labels::number(tick, axis.decimals, options.lang);
            canvas.text(x(tick), bottom + 14.0, small.anchor(Anchor::Middle), &name);
        }
        canvas.rule((plot.0, bottom), (plot.1, bottom), 1.0, Role::Rule);
        if finite(chart.reference) {
            let at = x(chart.reference);
            canvas.rule((at, first - 8.0), (at, bottom), 1.2, Role::Mute);
            let name = &chart.reference_label;
            let half = text::width(name, small.size, Weight::Regular) / 2.0;
            let middle = at.clamp(plot.0 + half, (plot.1 - half).max(plot.0 + half));
            canvas.text(middle, first - 12.0, small.anchor(Anchor::Middle), name);
        }
        for (row, dot) in dots.enumerate() {
            let middle = first + ROW * (row as f64 + 0.5);
            let kind = Type::new(size, Role::Ink).anchor(Anchor::End);
            let kind = if dot.marked { kind.semi_bold() } else { kind };
            let lines = text::wrap(&dot.label, size, Weight::SemiBold, label_width + 0.01);
            let label = lines.first().map_or("", String::as_str);
            canvas.text(left + label_width, middle + 0.36 * size, kind, label);
            let colour = if dot.marked { POINT } else { MUTE };
            if finite(dot.low) && finite(dot.high) {
                let mut path = Path::default();
                path.move_to(x(dot.low), middle);
                path.line_to(x(dot.high), middle);
                canvas.stroke(path.data(), colour, LINE_WIDTH * 0.7, Pattern::Solid, "");
            }
            if finite(dot.estimate) {
                let at = x(dot.estimate);
                let hint = format!("{}: {}", dot.label, in_words(dot, options.lang));
                canvas.bar(at - RADIUS, middle - RADIUS, 2.0 * RADIUS, 2.0 * RADIUS, colour, &hint);
            }
        }
        if !chart.x_label.is_empty() {
            let middle = f64::midpoint(plot.0, plot.1);
            canvas.text(middle, bottom + 29.0, small.anchor(Anchor::Middle), &chart.x_label);
        }
    }
    first + ROW * rows as f64 + 3.0 + 34.0
}

/// An estimate with its interval, such as `12.3 % (10.1–14.9)`.
fn in_words(dot: &Dot, lang: Lang) -> String {
    let estimate = labels::percent(dot.estimate, 1, lang);
    if dot.low.is_finite() && dot.high.is_finite() {
        let [low, high] = [dot.low, dot.high].map(|limit| labels::number(limit, 1, lang));
        format!("{estimate} ({low}–{high})")
    } else {
        estimate
    }
}

/// The areas in words, for those who hear the page.
fn describe(chart: &Dots, lang: Lang) -> String {
    let mut text = String::new();
    for dot in &chart.dots {
        let _ = write!(text, "{} {}; ", dot.label, in_words(dot, lang));
    }
    text.trim_end_matches([';', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{self, Chart};

    fn chart(areas: usize) -> Chart {
        let dots = (0..areas).map(|area| Dot {
            label: format!("Område {area}"),
            estimate: 30.0 - 0.1 * area as f64,
            low: 28.0 - 0.1 * area as f64,
            high: 33.0,
            marked: area < 5,
        });
        Chart::Dots(Dots {
            id: "areas".to_owned(),
            title: "Områder".to_owned(),
            dots: dots.collect(),
            reference: 25.0,
            reference_label: "Hele landet 25,0 %".to_owned(),
            ..Dots::default()
        })
    }

    #[test]
    fn every_area_is_named_once() {
        for (areas, options) in [
            (94, Options::page(Lang::Da)),
            (94, Options::inline(Lang::En, Width::Phone)),
            (3, Options::page(Lang::Da)),
        ] {
            let picture = figure::render(&chart(areas), options);
            for area in 0..areas {
                let label = format!(">Område {area}<");
                assert_eq!(picture.svg.matches(&label).count(), 1, "{label} of {areas}");
            }
            assert!(picture.height > ROW * areas as f64 / 2.0);
            assert!(picture.svg.contains(">Hele landet 25,0 %<"));
        }
        // An empty chart says so.
        assert!(figure::render(&chart(0), Options::page(Lang::Da)).svg.contains("Ingen data"));
    }
}
