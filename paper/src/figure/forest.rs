//! Forest plots: ratios with intervals on a logarithmic axis, terms and levels down the side.

use std::fmt::Write;

mod axis;

use self::axis::RatioAxis;
use super::chart::{Effect, Forest, ForestRow, Ratio};
use super::frame::{self, EDGE, LABEL_LINE, LINE_WIDTH, Sizes};
use super::palette::{Colour, MUTE, POINT};
use super::svg::{Anchor, Canvas, Path, Pattern, Role, Type};
use super::text::{self, Weight};
use super::{Options, Rendered, Width};
use crate::labels::{self, Lang};

pub(super) fn render(chart: &Forest, options: Options) -> Rendered {
    let width = options.width.units();
    let sizes = Sizes::of(options.width);
    let layout = Layout::of(chart, options);
    let mut canvas = Canvas::default();
    let mut y = frame::heading(&mut canvas, options, &chart.title, &chart.subtitle);
    if chart.rows.is_empty() || chart.panels.is_empty() {
        y += 40.0;
        let kind = Type::new(sizes.text, Role::Mute).anchor(Anchor::Middle);
        canvas.text(width / 2.0, y, kind, options.lang.pick("Ingen data", "No data"));
    } else {
        let places: Vec<usize> = (0..chart.panels.len()).collect();
        for places in places.chunks(layout.columns) {
            y = block(&mut canvas, chart, options, &layout, places, y);
        }
    }
    let height = frame::note(&mut canvas, options, y, &chart.note);
    let svg = canvas.finish(&chart.id, width, height, &chart.title, &describe(chart, options.lang));
    Rendered { svg, width, height }
}

/// Between a column and the next.
const GAP: f64 = 12.0;
/// Indent of levels below their term.
const INDENT: f64 = 10.0;
/// Height of a row of one line.
const ROW: f64 = 17.0;
/// Room above a term.
const TERM_GAP: f64 = 4.0;
/// Half the side of the square at an estimate.
const HALF: f64 = 3.5;

/// Places across, common to all panels.
struct Layout {
    columns: usize,
    /// Lines of the labels.
    labels: Vec<Vec<String>>,
    label_width: f64,
    /// Width of the numbers of rows; 0 without them.
    n_width: f64,
    /// Width of the numbers of events; 0 without them.
    events_width: f64,
    text_width: f64,
    plot_width: f64,
    axis: RatioAxis,
    size: f64,
}

impl Layout {
    fn of(chart: &Forest, options: Options) -> Self {
        let phone = options.width == Width::Phone;
        let lang = options.lang;
        let size = if phone { 10.0 } else { 10.5 };
        let wide = |text: &str| text::width(text, size, Weight::Regular);
        let widest = |texts: &mut dyn Iterator<Item = String>| {
            texts.map(|text| wide(&text)).fold(0.0, f64::max)
        };
        let label = |row: &ForestRow| {
            let weight = if row.heading { Weight::SemiBold } else { Weight::Regular };
            indent(row) + text::width(&row.label, size, weight)
        };
        let longest = chart.rows.iter().map(label).fold(40.0, f64::max);
        let head = text::width(&chart.estimate_label, size, Weight::SemiBold);
        let text_width =
            widest(&mut chart.panels.iter().flat_map(|p| &p.effects).map(|e| in_words(e, lang)))
                .max(head.min(120.0));
        let room = options.width.units() - 2.0 * EDGE;
        let counted = chart.rows.iter().any(|row| row.n.is_some());
        let n_width = if counted && !phone {
            widest(
                &mut chart.rows.iter().filter_map(|row| row.n).map(|n| labels::number(n, 0, lang)),
            )
            .max(text::width(&chart.n_label, size, Weight::SemiBold))
                + GAP
        } else {
            0.0
        };
        let count = |effect: &Effect| effect.events.map(|n| labels::number(n, 0, lang));
        let mut columns = 1;
        let mut label_width = longest.min(if phone { 110.0 } else { 190.0 });
        let numbers = widest(&mut chart.panels.iter().flat_map(|p| &p.effects).filter_map(count));
        // On a phone counts give way to the plot.
        let events_width = if numbers > 0.0 && !phone {
            numbers.max(text::width(&chart.events_label, size, Weight::SemiBold)) + GAP
        } else {
            0.0
        };
        if chart.panels.len() > 1 && !phone {
            label_width = longest.min(150.0);
            for more in 2..=chart.panels.len().min(3) {
                let beside = text_width + events_width + 2.0 * GAP;
                if (room - label_width - n_width) / more as f64 - beside >= 85.0 {
                    columns = more;
                }
            }
        }
        let plot_width =
            (room - label_width - n_width) / columns as f64 - text_width - events_width - 2.0 * GAP;
        let labels = chart
            .rows
            .iter()
            .map(|row| {
                let weight = if row.heading { Weight::SemiBold } else { Weight::Regular };
                text::wrap(&row.label, size, weight, label_width - indent(row) + 0.01)
            })
            .collect();
        let plot_width = plot_width.max(40.0);
        let axis = RatioAxis::of(chart, plot_width, size, lang);
        Self {
            columns,
            labels,
            label_width,
            n_width,
            events_width,
            text_width,
            plot_width,
            axis,
            size,
        }
    }

    /// Right end of the column of numbers of rows.
    fn n_end(&self) -> f64 {
        EDGE + self.label_width + self.n_width
    }

    /// Where a panel's numbers of events end, its plot begins and ends, and its text begins.
    fn panel(&self, column: usize) -> [f64; 4] {
        let whole = self.events_width + self.plot_width + self.text_width + 2.0 * GAP;
        let start = self.n_end() + whole * column as f64;
        let left = start + self.events_width + GAP;
        [start + self.events_width, left, left + self.plot_width, left + self.plot_width + GAP]
    }

    fn height(&self, row: usize) -> f64 {
        ROW + LABEL_LINE * (self.labels[row].len().max(1) - 1) as f64
    }
}

fn indent(row: &ForestRow) -> f64 {
    if row.level { INDENT } else { 0.0 }
}

/// Some panels side by side; returns where the rest begins.
fn block(
    canvas: &mut Canvas,
    chart: &Forest,
    options: Options,
    layout: &Layout,
    places: &[usize],
    top: f64,
) -> f64 {
    let size = layout.size;
    let ink = Type::new(size, Role::Ink);
    let mute = Type::new(size, Role::Mute);
    let mut y = top;
    let titles: Vec<Vec<String>> = places
        .iter()
        .map(|&place| {
            let room = layout.plot_width + GAP + layout.text_width;
            text::wrap(&chart.panels[place].title, 11.5, Weight::SemiBold, room)
        })
        .collect();
    let most = titles.iter().map(Vec::len).max().unwrap_or(0);
    for (column, title) in titles.iter().enumerate() {
        for (i, line) in title.iter().enumerate() {
            let y = y + 14.0 * (i + 1) as f64;
            let kind = Type::new(11.5, Role::Ink).semi_bold();
            canvas.text(layout.panel(column)[1], y, kind, line);
        }
    }
    y += 14.0 * most as f64;
    // Headings of the columns.
    let heads: Vec<String> =
        text::wrap(&chart.estimate_label, size, Weight::SemiBold, layout.text_width + 0.01);
    y += 6.0 + LABEL_LINE * heads.len().max(1) as f64;
    let end = ink.semi_bold().anchor(Anchor::End);
    if layout.n_width > 0.0 {
        canvas.text(layout.n_end(), y, end, &chart.n_label);
    }
    for column in 0..places.len() {
        let [events, _, _, text] = layout.panel(column);
        if layout.events_width > 0.0 {
            canvas.text(events, y, end, &chart.events_label);
        }
        for (i, head) in heads.iter().rev().enumerate() {
            canvas.text(text, y - LABEL_LINE * i as f64, ink.semi_bold(), head);
        }
    }
    y += 6.0;
    let first = y;
    let heights: Vec<f64> = (0..chart.rows.len())
        .map(|row| layout.height(row) + if chart.rows[row].level { 0.0 } else { TERM_GAP })
        .collect();
    let bottom = first + heights.iter().sum::<f64>() + 4.0;
    for column in 0..places.len() {
        axis(canvas, chart, options, layout, column, (first, bottom));
    }
    for (row, height) in heights.iter().enumerate() {
        let gap = height - layout.height(row);
        let base = y + gap + 12.0;
        let content = &chart.rows[row];
        let kind = if content.heading { ink.semi_bold() } else { ink };
        for (i, line) in layout.labels[row].iter().enumerate() {
            canvas.text(EDGE + indent(content), base + LABEL_LINE * i as f64, kind, line);
        }
        if let (Some(n), true) = (content.n, layout.n_width > 0.0) {
            canvas.text(
                layout.n_end(),
                base,
                mute.anchor(Anchor::End),
                &labels::number(n, 0, options.lang),
            );
        }
        for (column, &place) in places.iter().enumerate() {
            let Some(effect) = chart.panels[place].effects.get(row) else { continue };
            let [events, left, _, text] = layout.panel(column);
            if let (Some(n), true) = (effect.events, layout.events_width > 0.0) {
                canvas.text(
                    events,
                    base,
                    mute.anchor(Anchor::End),
                    &labels::number(n, 0, options.lang),
                );
            }
            mark(canvas, layout, left, base - 0.36 * size, &effect.ratio);
            let kind = if matches!(effect.ratio, Ratio::Estimate { .. }) { ink } else { mute };
            canvas.text(text, base, kind, &in_words(effect, options.lang));
        }
        y += height;
    }
    bottom + 18.0 + if chart.x_label.is_empty() { 0.0 } else { 16.0 } + 8.0
}

/// Grid, line of no difference, ticks and their numbers below a panel.
fn axis(
    canvas: &mut Canvas,
    chart: &Forest,
    options: Options,
    layout: &Layout,
    column: usize,
    (top, bottom): (f64, f64),
) {
    let [_, left, right, _] = layout.panel(column);
    let small = Type::new(Sizes::of(options.width).small - 0.5, Role::Mute).anchor(Anchor::Middle);
    for &tick in &layout.axis.ticks {
        let x = left + layout.axis.part(tick) * layout.plot_width;
        let none = (tick - 1.0).abs() < 1e-12;
        let role = if none { Role::Rule } else { Role::Grid };
        canvas.rule((x, top), (x, bottom), 1.0, role);
        canvas.rule((x, bottom), (x, bottom + 4.0), 1.0, Role::Rule);
        canvas.text(x, bottom + 16.0, small, &layout.axis.name(tick, options.lang));
    }
    canvas.rule((left, bottom), (right, bottom), 1.0, Role::Rule);
    // A long label may stand below the text of the panel too.
    let whole = right + GAP + layout.text_width - left;
    let fits = |room: f64| text::width(&chart.x_label, small.size, Weight::Regular) <= room;
    let start = Type { anchor: Anchor::Start, ..small };
    if fits(right - left) {
        canvas.text(f64::midpoint(left, right), bottom + 32.0, small, &chart.x_label);
    } else if fits(whole) {
        canvas.text(left, bottom + 32.0, start, &chart.x_label);
    } else {
        let lines = text::wrap(&chart.x_label, small.size, Weight::Regular, whole);
        canvas.text(left, bottom + 32.0, start, lines.first().map_or("", String::as_str));
    }
}

/// The square with its interval; an arrow where the interval leaves the axis; a diamond at a base level.
fn mark(canvas: &mut Canvas, layout: &Layout, left: f64, y: f64, ratio: &Ratio) {
    let x = |value: f64| left + layout.axis.part(value).clamp(0.0, 1.0) * layout.plot_width;
    match *ratio {
        Ratio::None | Ratio::LeftOut => {}
        Ratio::Base => {
            let at = x(1.0);
            let mut path = Path::default();
            for (i, (dx, dy)) in
                [(0.0, -HALF), (HALF, 0.0), (0.0, HALF), (-HALF, 0.0)].into_iter().enumerate()
            {
                if i == 0 { path.move_to(at + dx, y + dy) } else { path.line_to(at + dx, y + dy) }
            }
            path.close();
            canvas.area(path.data(), Colour(0xff, 0xff, 0xff), 1.0);
            canvas.stroke(path.data(), MUTE, 1.2, Pattern::Solid, "");
        }
        Ratio::Estimate { estimate, low, high } => {
            if low.is_finite() && high.is_finite() {
                let mut path = Path::default();
                path.move_to(x(low), y);
                path.line_to(x(high), y);
                for (value, way) in [(low, 1.0), (high, -1.0)] {
                    if layout.axis.holds(value) {
                        continue;
                    }
                    path.move_to(x(value) + way * 4.0, y - 3.0);
                    path.line_to(x(value), y);
                    path.line_to(x(value) + way * 4.0, y + 3.0);
                }
                canvas.stroke(path.data(), POINT, LINE_WIDTH, Pattern::Solid, "");
            }
            if layout.axis.holds(estimate) {
                canvas.bar(x(estimate) - HALF, y - HALF, 2.0 * HALF, 2.0 * HALF, POINT, "");
            }
        }
    }
}

/// An estimate with its interval, such as `1.23 (1.10–1.38)`.
fn in_words(effect: &Effect, lang: Lang) -> String {
    match effect.ratio {
        Ratio::None => String::new(),
        Ratio::Base => lang.pick("1 (basis)", "1 (base)").to_owned(),
        Ratio::LeftOut => lang.pick("udeladt", "left out").to_owned(),
        Ratio::Estimate { estimate, low, high } => {
            let digits = match estimate {
                e if e < 0.0995 => 3,
                e if e < 9.995 => 2,
                e if e < 99.95 => 1,
                _ => 0,
            };
            let in_digits = |value: f64, digits: usize| {
                if value >= 1e5 {
                    format!("{value:.0e}")
                } else if value > 0.0 && value < 5e-4 {
                    format!("{value:.1e}")
                } else {
                    labels::number(value, digits, lang)
                }
            };
            // Narrow intervals need more digits to be seen.
            let alike = |digits: usize| {
                let estimate = in_digits(estimate, digits);
                [low, high].iter().any(|&limit| in_digits(limit, digits) == estimate)
            };
            let most = digits + 2;
            let digits = (digits..most).find(|&digits| !alike(digits)).unwrap_or(most);
            let number = |value: f64| in_digits(value, digits);
            if low.is_finite() && high.is_finite() {
                format!("{} ({}–{})", number(estimate), number(low), number(high))
            } else {
                number(estimate)
            }
        }
    }
}

/// The estimates in words, for those who hear the page.
fn describe(chart: &Forest, lang: Lang) -> String {
    let mut text = String::new();
    for panel in &chart.panels {
        if !panel.title.is_empty() {
            let _ = write!(text, "{}: ", panel.title);
        }
        let mut term = "";
        for (row, effect) in chart.rows.iter().zip(&panel.effects) {
            if row.heading {
                term = &row.label;
            }
            if effect.ratio == Ratio::None {
                continue;
            }
            let of = if row.level { format!("{term} ") } else { String::new() };
            let _ = write!(text, "{of}{} {}; ", row.label, in_words(effect, lang));
        }
    }
    text.trim_end_matches([';', ' ']).to_owned()
}

#[cfg(test)]
mod tests;
