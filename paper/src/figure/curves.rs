//! Step curves with confidence bands in small multiples.

use std::fmt::Write;

use super::axis::{Axis, month_step};
use super::chart::{Curves, Line, Panel, Scale, YScale};
use super::frame::{self, BAND_OPACITY, EDGE, Entry, LINE_WIDTH, Mark, Sizes};
use super::palette::{Colour, MUTE};
use super::risk_table::{self, Place, Tables};
use super::svg::{Anchor, Canvas, Path, Role, Type};
use super::text::{self, Weight};
use super::{Options, Rendered, Width};
use crate::labels::{self, Lang};

pub(super) fn render(chart: &Curves, options: Options) -> Rendered {
    let width = options.width.units();
    let sizes = Sizes::of(options.width);
    let layout = Layout::of(chart, options);
    let keys = Keys::of(chart);
    let mut canvas = Canvas::default();
    let mut y = frame::heading(&mut canvas, options, &chart.title, &chart.subtitle);
    if !layout.direct {
        y = frame::legend(&mut canvas, options, y, &chart.legend, &keys.entries);
    }
    if !chart.y_label.is_empty() {
        y += 14.0;
        canvas.text(EDGE, y, Type::new(sizes.small, Role::Mute), &chart.y_label);
        y += 2.0;
    }
    if chart.panels.is_empty() {
        y += 40.0;
        let kind = Type::new(sizes.text, Role::Mute).anchor(Anchor::Middle);
        canvas.text(width / 2.0, y, kind, options.lang.pick("Ingen data", "No data"));
    }
    let shared = shared_axis(chart);
    let mut beside = None;
    let last_row = chart.panels.len().saturating_sub(1) / layout.columns;
    for (row, panels) in chart.panels.chunks(layout.columns).enumerate() {
        let top = y + if panels.iter().any(|panel| !panel.title.is_empty()) { 26.0 } else { 12.0 };
        let bottom = top + layout.plot_height;
        for (column, panel) in panels.iter().enumerate() {
            let (left, right) = layout.span(column);
            let axis = match chart.y_scale {
                YScale::Shared => shared.clone(),
                YScale::Free => value_axis(chart, std::slice::from_ref(panel)),
            };
            let plot = Plot { left, right, top, bottom, x: layout.time.clone(), y: axis };
            let numbered = column == 0 || chart.y_scale == YScale::Free;
            frame_of(&mut canvas, chart, panel, options, &plot, numbered);
            lines(&mut canvas, chart, panel, &plot, &keys);
            if layout.direct {
                direct_labels(&mut canvas, chart, panel, options, &plot, &keys);
            } else {
                end_values(&mut canvas, chart, panel, options, &plot);
            }
        }
        y = bottom + 18.0;
        if !chart.x_label.is_empty() && row == last_row {
            y += 15.0;
            let (left, _) = layout.span(0);
            let (_, right) = layout.span(panels.len().saturating_sub(1));
            let kind = Type::new(sizes.small, Role::Mute).anchor(Anchor::Middle);
            canvas.text(f64::midpoint(left, right), y, kind, &chart.x_label);
        }
        y += 8.0;
        let tables = match layout.tables {
            Tables::None => &[][..],
            Tables::Once if row == last_row => panels.get(..1).unwrap_or_default(),
            Tables::Once => &[],
            Tables::Each => panels,
        };
        for (column, panel) in tables.iter().enumerate() {
            let (left, right) = layout.span(column);
            let place = Place { left, right, top: y, size: layout.risk_size, labels: column == 0 };
            let heading = match layout.tables {
                Tables::Once if chart.panels.len() > 1 => options.lang.pick(
                    "Antal i risiko, fælles for panelerne",
                    "Number at risk, the same in all panels",
                ),
                _ => options.lang.pick("Antal i risiko", "Number at risk"),
            };
            let colours: Vec<Option<Colour>> =
                panel.at_risk.iter().map(|row| keys.find(&row.key)).collect();
            let at_risk = &panel.at_risk;
            risk_table::draw(
                &mut canvas,
                at_risk,
                &colours,
                &layout.time,
                &place,
                heading,
                options.lang,
            );
        }
        if layout.tables == Tables::Once && row == last_row && panels.len() > 1 {
            // One table for all panels leaves room for the note below the others.
            beside = Some((layout.span(1).0, y - 2.0));
        }
        y += tables.iter().map(|panel| risk_table::height(panel.at_risk.len())).fold(0.0, f64::max);
    }
    let height = match beside {
        Some(corner) => frame::note_at(&mut canvas, options, corner, &chart.note).max(y) + 10.0,
        None => frame::note(&mut canvas, options, y, &chart.note),
    };
    let svg = canvas.finish(&chart.id, width, height, &chart.title, &describe(chart, options.lang));
    Rendered { svg, width, height }
}

/// Room right of a panel for its highest and lowest last value.
const END_VALUE: f64 = 27.0;

/// Places of panels, common to all of them.
struct Layout {
    columns: usize,
    first_left: f64,
    next_left: f64,
    right: f64,
    plot_width: f64,
    plot_height: f64,
    time: Axis,
    tables: Tables,
    risk_size: f64,
    direct: bool,
}

impl Layout {
    fn of(chart: &Curves, options: Options) -> Self {
        let phone = options.width == Width::Phone;
        let columns = match (phone, chart.panels.len()) {
            (true, _) | (_, 0 | 1) => 1,
            (_, 2 | 4) => 2,
            _ => 3,
        };
        let sizes = Sizes::of(options.width);
        let risk_size = match (phone, columns) {
            (true, _) => 9.5,
            (false, 3) => 9.0,
            _ => 10.5,
        };
        let max =
            chart.x_max.filter(|m| m.is_finite() && *m > 0.0).unwrap_or_else(|| last_time(chart));
        // A line that ends early would need a long leader across the others.
        let reaches = |line: &Line| line.time.last().is_some_and(|&end| end >= 0.9 * max);
        let labelled = |panel: &Panel| !panel.lines.is_empty() && panel.lines.iter().all(reaches);
        let direct = columns == 1 && !phone && chart.panels.first().is_some_and(labelled);
        let right = if direct {
            let label = |line: &Line| text::width(&line.label, sizes.text, Weight::Regular);
            let widest = chart.panels.iter().flat_map(|p| &p.lines).map(label).fold(0.0, f64::max);
            EDGE + 40.0 + widest.max(40.0)
        } else {
            END_VALUE + 4.0
        };
        let lang = options.lang;
        let rows = || chart.panels.iter().map(|panel| panel.at_risk.as_slice());
        let room =
            rows().map(|rows| risk_table::label_room(rows, risk_size, lang)).fold(0.0, f64::max);
        let first_left = EDGE + room.clamp(38.0, 220.0);
        let next_left = match chart.y_scale {
            YScale::Free => END_VALUE + 40.0,
            YScale::Shared => END_VALUE + 10.0,
        };
        let gaps = next_left * (columns - 1) as f64;
        let plot_width = (options.width.units() - first_left - right - gaps) / columns as f64;
        let fits = |axis: &Axis| {
            let apart = axis.ticks.get(1).is_none_or(|&tick| axis.part(tick) * plot_width >= 26.0);
            apart && rows().all(|rows| risk_table::fits(rows, axis, plot_width, risk_size, lang))
        };
        let step = chart.x_step.unwrap_or_else(|| month_step(max, fits));
        Self {
            columns,
            first_left,
            next_left,
            right: options.width.units() - right,
            plot_width,
            plot_height: match columns {
                1 if phone && chart.panels.len() > 2 => 165.0,
                1 if phone => 210.0,
                1 => 300.0,
                2 => 230.0,
                _ => 200.0,
            },
            time: Axis::time(max, step),
            tables: Tables::of(&chart.panels),
            risk_size,
            direct,
        }
    }

    /// Left and right of the plot in a column.
    fn span(&self, column: usize) -> (f64, f64) {
        let left = self.first_left + column as f64 * (self.plot_width + self.next_left);
        (left, (left + self.plot_width).min(self.right))
    }
}

fn last_time(chart: &Curves) -> f64 {
    let lines = chart.panels.iter().flat_map(|panel| &panel.lines);
    lines.flat_map(|line| &line.time).copied().filter(|t| t.is_finite()).fold(0.0, f64::max)
}

/// The legend: every key once, in the order of its first line.
struct Keys {
    names: Vec<String>,
    entries: Vec<Entry>,
}

impl Keys {
    fn of(chart: &Curves) -> Self {
        let mut first: Vec<&Line> = Vec::new();
        for line in chart.panels.iter().flat_map(|panel| &panel.lines) {
            if !first.iter().any(|known| known.key == line.key) {
                first.push(line);
            }
        }
        let colour = |i: usize, line: &Line| chart.palette.colour(&line.key, i, first.len());
        let entries = first
            .iter()
            .enumerate()
            .map(|(i, line)| Entry {
                mark: Mark::Line { band: !line.low.is_empty(), dashed: line.dashed },
                colour: colour(i, line),
                label: line.label.clone(),
            })
            .collect();
        Self { names: first.iter().map(|line| line.key.clone()).collect(), entries }
    }

    fn find(&self, key: &str) -> Option<Colour> {
        let place = self.names.iter().position(|name| name == key)?;
        self.entries.get(place).map(|entry| entry.colour)
    }

    fn colour(&self, key: &str) -> Colour {
        self.find(key).unwrap_or(MUTE)
    }
}

/// One panel's plot.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Axis,
    y: Axis,
}

impl Plot {
    fn x(&self, time: f64) -> f64 {
        self.left + self.x.part(time).clamp(0.0, 1.0) * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - self.y.part(value).clamp(0.0, 1.0) * (self.bottom - self.top)
    }
}

/// Values as they stand on the axis: probabilities in per cent.
fn shown(chart: &Curves, value: f64) -> f64 {
    match chart.scale {
        Scale::Probability => value * 100.0,
        Scale::Number => value,
    }
}

fn shared_axis(chart: &Curves) -> Axis {
    value_axis(chart, &chart.panels)
}

fn value_axis(chart: &Curves, panels: &[Panel]) -> Axis {
    let finite = |values: &[f64]| -> Vec<f64> {
        values.iter().map(|&v| shown(chart, v)).filter(|v| v.is_finite()).collect()
    };
    let lines = || panels.iter().flat_map(|panel| &panel.lines);
    let top = |values: Vec<f64>| values.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let estimate =
        lines().map(|line| top(finite(&line.estimate))).fold(f64::NEG_INFINITY, f64::max);
    let high = lines().map(|line| top(finite(&line.high))).fold(f64::NEG_INFINITY, f64::max);
    let low = lines().flat_map(|line| finite(&line.estimate)).fold(0.0, f64::min);
    let start = if chart.step { shown(chart, chart.start) } else { f64::NEG_INFINITY };
    // A band that explodes where few are left must not flatten the curves.
    let mut most = estimate.max(start).max(high.min(1.4 * estimate));
    if chart.scale == Scale::Probability {
        most = most.min(100.0);
    }
    Axis::nice(low, most, 5)
}

fn frame_of(
    canvas: &mut Canvas,
    chart: &Curves,
    panel: &Panel,
    options: Options,
    plot: &Plot,
    numbered: bool,
) {
    let sizes = Sizes::of(options.width);
    let title = Type::new(sizes.text, Role::Ink).semi_bold();
    canvas.text(plot.left, plot.top - 10.0, title, &panel.title);
    let small = Type::new(sizes.small, Role::Mute);
    for &tick in &plot.y.ticks {
        let y = plot.y(tick);
        canvas.rule((plot.left, y), (plot.right, y), 1.0, Role::Grid);
        if numbered {
            let text = match chart.scale {
                Scale::Probability => labels::percent(tick, plot.y.decimals, options.lang),
                Scale::Number => labels::number(tick, plot.y.decimals, options.lang),
            };
            canvas.text(plot.left - 6.0, y + 3.5, small.anchor(Anchor::End), &text);
        }
    }
    canvas.rule((plot.left, plot.bottom), (plot.right, plot.bottom), 1.0, Role::Rule);
    for &tick in &plot.x.ticks {
        let x = plot.x(tick);
        canvas.rule((x, plot.bottom), (x, plot.bottom + 4.0), 1.0, Role::Rule);
        let text = labels::number(tick, plot.x.decimals, options.lang);
        canvas.text(x, plot.bottom + 16.0, small.anchor(Anchor::Middle), &text);
    }
}

fn lines(canvas: &mut Canvas, chart: &Curves, panel: &Panel, plot: &Plot, keys: &Keys) {
    for line in &panel.lines {
        let band = band(chart, line, plot);
        if !band.data().is_empty() {
            canvas.area(band.data(), keys.colour(&line.key), BAND_OPACITY);
        }
    }
    for line in &panel.lines {
        let mut path = Path::default();
        for part in runs(chart, &line.time, &[&line.estimate], plot.x.max) {
            for (i, &(time, [value])) in part.iter().enumerate() {
                let (x, y) = (plot.x(time), plot.y(shown(chart, value)));
                if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
            }
        }
        if !path.data().is_empty() {
            canvas.stroke(
                path.data(),
                keys.colour(&line.key),
                LINE_WIDTH,
                line.dashed,
                &line.label,
            );
        }
        let mut marks = Path::default();
        for &(time, value) in line.marks.iter().filter(|mark| mark.0 <= plot.x.max) {
            let (x, y) = (plot.x(time), plot.y(shown(chart, value)));
            marks.move_to(x, y - MARK);
            marks.line_to(x, y + MARK);
        }
        if !marks.data().is_empty() {
            canvas.stroke(marks.data(), keys.colour(&line.key), 1.0, false, "");
        }
    }
}

/// Half the height of a tick on a curve.
const MARK: f64 = 3.5;

fn band(chart: &Curves, line: &Line, plot: &Plot) -> Path {
    let mut path = Path::default();
    if line.low.is_empty() || line.high.is_empty() {
        return path;
    }
    for part in runs(chart, &line.time, &[&line.low, &line.high], plot.x.max) {
        for (i, &(time, [_, high])) in part.iter().enumerate() {
            let (x, y) = (plot.x(time), plot.y(shown(chart, high)));
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        for &(time, [low, _]) in part.iter().rev() {
            path.line_to(plot.x(time), plot.y(shown(chart, low)));
        }
        path.close();
    }
    path
}

/// The corners of a line (or of a band's two edges) in unbroken runs, up to `end`.
///
/// Step curves get a corner before each jump and begin at time 0; a value that is not finite ends a run.
fn runs<const K: usize>(
    chart: &Curves,
    time: &[f64],
    columns: &[&[f64]; K],
    end: f64,
) -> Vec<Vec<(f64, [f64; K])>> {
    let mut done: Vec<Vec<(f64, [f64; K])>> = Vec::new();
    let mut run: Vec<(f64, [f64; K])> = Vec::new();
    if chart.step && chart.start.is_finite() && !time.is_empty() {
        run.push((0.0, [chart.start; K]));
    }
    for (i, &t) in time.iter().enumerate() {
        let values: [f64; K] = columns.map(|column| column.get(i).copied().unwrap_or(f64::NAN));
        let last = run.last().copied();
        let whole = t.is_finite() && values.iter().all(|v| v.is_finite());
        if t > end {
            if let Some((_, previous)) = last.filter(|_| chart.step) {
                run.push((end, previous));
            }
            break;
        }
        if let Some((_, previous)) = last.filter(|_| chart.step && t.is_finite()) {
            run.push((t, previous));
        }
        if whole {
            run.push((t, values));
        } else {
            done.push(std::mem::take(&mut run));
        }
    }
    done.push(run);
    done.retain(|run| run.len() > 1);
    done
}

/// The last drawn value of a line.
fn last_value(line: &Line, end: f64) -> Option<(f64, f64)> {
    let points = line.time.iter().zip(&line.estimate).rev();
    points.map(|(&t, &v)| (t, v)).find(|(t, v)| t.is_finite() && v.is_finite() && *t <= end)
}

/// The highest and the lowest last value, right of a panel among others.
fn end_values(canvas: &mut Canvas, chart: &Curves, panel: &Panel, options: Options, plot: &Plot) {
    let mut ends: Vec<f64> = panel
        .lines
        .iter()
        .filter_map(|line| last_value(line, plot.x.max))
        .map(|(_, value)| shown(chart, value))
        .collect();
    ends.sort_by(|a, b| b.total_cmp(a));
    if ends.len() > 2 {
        ends.drain(1..ends.len() - 1);
    }
    let size = Sizes::of(options.width).small - 1.0;
    let blocks: Vec<(f64, f64)> = ends.iter().map(|&end| (plot.y(end), size + 1.0)).collect();
    let middles = frame::spread(&blocks, plot.top - 8.0, plot.bottom + 4.0);
    // Where the axis is short, the first decimal does not tell groups apart.
    let digits = if plot.y.max <= 5.0 { 2 } else { usize::from(plot.y.max <= 100.0) };
    for (end, middle) in ends.into_iter().zip(middles) {
        let text = labels::number(end, digits, options.lang);
        canvas.text(plot.right + 4.0, middle + 0.36 * size, Type::new(size, Role::Ink), &text);
    }
}

/// Labels and last values right of the lines, where there is one panel a row.
fn direct_labels(
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
    // The first line of each label stands at the height of its end; the value is below it.
    let blocks: Vec<(f64, f64)> = ends.iter().map(|end| (end.0 + 7.0, 31.0)).collect();
    let middles = frame::spread(&blocks, plot.top - 8.0, plot.bottom + 8.0);
    let x = plot.right + 12.0;
    for ((y, from, line, value), middle) in ends.into_iter().zip(middles) {
        let height = middle - 7.0;
        canvas.rule((from + 2.0, y), (x - 2.0, height), 0.75, Role::Rule);
        let mark = Mark::Line { band: false, dashed: line.dashed };
        mark.draw(canvas, x, height + 4.0, keys.colour(&line.key));
        canvas.text(x + 25.0, height + 4.0, Type::new(sizes.text, Role::Ink), &line.label);
        let number = match chart.scale {
            Scale::Probability => labels::percent(value * 100.0, 1, options.lang),
            Scale::Number => labels::number(value, 1, options.lang),
        };
        canvas.text(x + 25.0, height + 18.0, Type::new(sizes.small, Role::Mute), &number);
    }
}

/// The last values in words, for those who hear the page.
fn describe(chart: &Curves, lang: Lang) -> String {
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
                let time = labels::number(time, 0, lang);
                Some(format!("{} {value} ({time})", line.label))
            })
            .collect();
        if !text.is_empty() {
            text.push(' ');
        }
        let _ = write!(text, "{}: {}.", panel.title, lines.join("; "));
    }
    text
}

#[cfg(test)]
mod tests;
