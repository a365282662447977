//! Step curves with confidence bands in small multiples.

mod ends;
mod layout;

use self::ends::{describe, direct_labels, end_values};
use self::layout::{Keys, Layout};
use super::axis::Axis;
use super::chart::{Along, Curves, Line, Panel, Scale, YScale};
use super::frame::{self, EDGE, LINE_WIDTH, OUTLINE_WIDTH, Sizes};
use super::risk_table::{self, Names, Place, Tables};
use super::svg::{Anchor, Canvas, Path, Pattern, Role, Type};
use super::text::{self, Weight};
use super::{Options, Rendered};
use crate::labels;

pub(super) fn render(chart: &Curves, options: Options) -> Rendered {
    let width = options.width.units();
    let sizes = Sizes::of(options.width);
    let keys = Keys::of(chart);
    let layout = Layout::of(chart, options, &keys);
    let mut canvas = Canvas::default();
    let mut y = frame::heading(&mut canvas, options, &chart.title, &chart.subtitle);
    if !layout.direct && !keys.is_single() {
        y = frame::legend(&mut canvas, options, y, &chart.legend, &keys.entries);
    }
    y = frame::legend(&mut canvas, options, y, "", &keys.limits);
    for line in text::wrap(&chart.y_label, sizes.small, Weight::Regular, width - 2.0 * EDGE) {
        y += 14.0;
        canvas.text(EDGE, y, Type::new(sizes.small, Role::Mute), &line);
    }
    if chart.panels.is_empty() {
        y += 40.0;
        let kind = Type::new(sizes.text, Role::Mute).anchor(Anchor::Middle);
        canvas.text(width / 2.0, y, kind, options.lang.pick("Ingen data", "No data"));
    }
    let shared = value_axis(chart, &chart.panels);
    let mut beside = None;
    let last_row = chart.panels.len().saturating_sub(1) / layout.columns;
    for (row, panels) in chart.panels.chunks(layout.columns).enumerate() {
        let titles: Vec<Vec<String>> = (0..)
            .zip(panels)
            .map(|(column, panel)| layout.title(column, &panel.title, options))
            .collect();
        let most = titles.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let top = y + if most > 0.0 { 12.0 + TITLE_LINE * most } else { 14.0 };
        let bottom = top + layout.plot_height;
        for (column, (panel, title)) in panels.iter().zip(&titles).enumerate() {
            let (left, right) = layout.span(column);
            let axis = match chart.y_scale {
                YScale::Shared => shared.clone(),
                YScale::Free => value_axis(chart, std::slice::from_ref(panel)),
            };
            let plot = Plot { left, right, top, bottom, x: layout.time.clone(), y: axis };
            let numbered = column == 0 || chart.y_scale == YScale::Free;
            frame_of(&mut canvas, chart, title, options, &plot, numbered);
            lines(&mut canvas, chart, panel, &plot, &keys);
            if layout.direct {
                direct_labels(&mut canvas, chart, panel, options, &plot, &keys);
            } else {
                end_values(&mut canvas, chart, panel, options, &plot, &keys);
            }
        }
        y = bottom + 18.0;
        if row == last_row {
            let (left, _) = layout.span(0);
            let (_, right) = layout.span(panels.len().saturating_sub(1));
            let middle = f64::midpoint(left, right);
            let room = 2.0 * middle.min(width - middle) - 2.0 * EDGE;
            let kind = Type::new(sizes.small, Role::Mute).anchor(Anchor::Middle);
            for line in text::wrap(&chart.x_label, sizes.small, Weight::Regular, room) {
                y += 15.0;
                canvas.text(middle, y, kind, &line);
            }
        }
        y += 8.0;
        let tables = match layout.tables {
            Tables::None => &[][..],
            Tables::Once if row == last_row => panels.get(..1).unwrap_or_default(),
            Tables::Once => &[],
            Tables::Each => panels,
        };
        for (column, panel) in tables.iter().enumerate() {
            at_risk(&mut canvas, chart, panel, options, &layout, &keys, (column, y));
        }
        if layout.tables == Tables::Once
            && row == last_row
            && panels.len() > 1
            && layout.names == Names::Left
        {
            // One table for all panels leaves room for the note below the others.
            beside = Some((layout.span(1).0, y - 2.0));
        }
        y += tables
            .iter()
            .map(|panel| risk_table::height(&panel.at_risk, layout.names, layout.risk_size))
            .fold(0.0, f64::max);
        if row < last_row && !tables.is_empty() {
            y += 10.0;
        }
    }
    let height = match beside {
        Some(corner) => frame::note_at(&mut canvas, options, corner, &chart.note).max(y) + 10.0,
        None => frame::note(&mut canvas, options, y, &chart.note),
    };
    let svg = canvas.finish(
        &chart.id,
        width,
        height,
        &chart.title,
        &describe(chart, &layout.time, options.lang),
    );
    Rendered { svg, width, height }
}

/// Between baselines of a panel's title.
const TITLE_LINE: f64 = 14.0;

/// The numbers at risk of a panel in a column, from a height on.
fn at_risk(
    canvas: &mut Canvas,
    chart: &Curves,
    panel: &Panel,
    options: Options,
    layout: &Layout,
    keys: &Keys,
    (column, top): (usize, f64),
) {
    let (left, right) = layout.span(column);
    let (size, names) = (layout.risk_size, layout.names);
    let place = Place { left, right, top, size, names, labels: column == 0 };
    let heading = match layout.tables {
        Tables::Once if chart.panels.len() > 1 => options
            .lang
            .pick("Antal i risiko, fælles for panelerne", "Number at risk, the same in all panels"),
        _ => options.lang.pick("Antal i risiko", "Number at risk"),
    };
    let marks: Vec<_> = panel.at_risk.iter().map(|row| keys.find(&row.key)).collect();
    risk_table::draw(
        canvas,
        &panel.at_risk,
        &marks,
        &layout.risk_time,
        &place,
        heading,
        options.lang,
    );
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

fn value_axis(chart: &Curves, panels: &[Panel]) -> Axis {
    let finite = |values: &[f64]| -> Vec<f64> {
        values.iter().map(|&v| shown(chart, v)).filter(|v| v.is_finite()).collect()
    };
    let lines = || panels.iter().flat_map(|panel| &panel.lines);
    let top = |values: Vec<f64>| values.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let estimate =
        lines().map(|line| top(finite(&line.estimate))).fold(f64::NEG_INFINITY, f64::max);
    let lowest = lines().flat_map(|line| finite(&line.estimate)).fold(f64::INFINITY, f64::min);
    let start = if chart.step { shown(chart, chart.start) } else { f64::NEG_INFINITY };
    let limits: Vec<f64> = lines()
        .flat_map(|line| [&line.low, &line.high, &line.outline.0, &line.outline.1])
        .flat_map(|limit| finite(limit))
        .collect();
    let mut sizes: Vec<f64> = limits.iter().map(|limit| limit.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    // Limits that explode where few are left must not flatten the curves.
    let usual = 2.0 * sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
    let below = limits.iter().copied().fold(f64::INFINITY, f64::min);
    let above = top(limits);
    // Differences have limits on both sides of 0, chances have none below.
    if below < 0.0 {
        let size = usual.max(1.2 * estimate.abs().max(lowest.abs()));
        return Axis::nice(lowest.min(below.max(-size)), estimate.max(above.min(size)), 5);
    }
    let low = lowest.min(0.0);
    let mut most = estimate.max(start).max(above.min(usual.max(1.4 * estimate)));
    if chart.scale == Scale::Probability {
        most = most.min(100.0);
    }
    if !chart.from_zero && lowest.is_finite() {
        return Axis::around(lowest, most, 5);
    }
    Axis::nice(low, most, 5)
}

fn frame_of(
    canvas: &mut Canvas,
    chart: &Curves,
    title: &[String],
    options: Options,
    plot: &Plot,
    numbered: bool,
) {
    let sizes = Sizes::of(options.width);
    let kind = Type::new(sizes.text, Role::Ink).semi_bold();
    for (i, line) in title.iter().rev().enumerate() {
        canvas.text(plot.left, plot.top - 10.0 - TITLE_LINE * i as f64, kind, line);
    }
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
    if plot.y.min < 0.0 && plot.y.max > 0.0 {
        canvas.rule((plot.left, plot.y(0.0)), (plot.right, plot.y(0.0)), 1.0, Role::Rule);
    }
    for &tick in &plot.x.ticks {
        let x = plot.x(tick);
        canvas.rule((x, plot.bottom), (x, plot.bottom + 4.0), 1.0, Role::Rule);
        let text = match chart.along {
            Along::Years => format!("{tick:.0}"),
            Along::Calendar => labels::counted_month(tick, options.lang),
            _ => labels::number(tick, plot.x.decimals, options.lang),
        };
        canvas.text(x, plot.bottom + 16.0, small.anchor(Anchor::Middle), &text);
    }
}

fn lines(canvas: &mut Canvas, chart: &Curves, panel: &Panel, plot: &Plot, keys: &Keys) {
    for line in &panel.lines {
        let band = band(chart, line, plot);
        if !band.data().is_empty() {
            canvas.area(band.data(), keys.style(&line.key).0, keys.band_opacity());
        }
    }
    for line in &panel.lines {
        let (colour, dash) = keys.style(&line.key);
        for limit in [&line.outline.0, &line.outline.1] {
            // A limit beyond the axis is not drawn at its end.
            let inside = |&v: &f64| if plot.y.holds(shown(chart, v)) { v } else { f64::NAN };
            let limit: Vec<f64> = limit.iter().map(inside).collect();
            let path = steps(chart, &line.time, &limit, plot);
            if !path.data().is_empty() {
                canvas.stroke(path.data(), colour, OUTLINE_WIDTH, Pattern::Dotted, "");
            }
        }
        let path = steps(chart, &line.time, &line.estimate, plot);
        if !path.data().is_empty() {
            canvas.stroke(path.data(), colour, LINE_WIDTH, dash, &line.label);
        }
        let mut marks = Path::default();
        for &(time, value) in line.marks.iter().filter(|mark| mark.0 <= plot.x.max) {
            let (x, y) = (plot.x(time), plot.y(shown(chart, value)));
            marks.move_to(x, y - MARK);
            marks.line_to(x, y + MARK);
        }
        if !marks.data().is_empty() {
            canvas.stroke(marks.data(), colour, 1.0, Pattern::Solid, "");
        }
    }
}

/// The path of a line.
fn steps(chart: &Curves, time: &[f64], values: &[f64], plot: &Plot) -> Path {
    let mut path = Path::default();
    if values.is_empty() {
        return path;
    }
    for part in runs(chart, time, &[values], plot.x.max) {
        for (i, &(time, [value])) in part.iter().enumerate() {
            let (x, y) = (plot.x(time), plot.y(shown(chart, value)));
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
    }
    path
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
/// Step curves get a corner before each jump and begin where the axis does; a value that is not finite ends a run.
fn runs<const K: usize>(
    chart: &Curves,
    time: &[f64],
    columns: &[&[f64]; K],
    end: f64,
) -> Vec<Vec<(f64, [f64; K])>> {
    let mut done: Vec<Vec<(f64, [f64; K])>> = Vec::new();
    let mut run: Vec<(f64, [f64; K])> = Vec::new();
    if chart.step && chart.start.is_finite() && !time.is_empty() {
        run.push((chart.x_min, [chart.start; K]));
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

#[cfg(test)]
mod tests;
