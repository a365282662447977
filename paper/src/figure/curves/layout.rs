//! Places of panels, labels and tables; colours and patterns of lines.

use super::super::axis::{Axis, month_step, rank_step, time_step};
use super::super::chart::{Along, Curves, Line, Panel, RiskRow, Scale, YScale};
use super::super::frame::{BAND_OPACITY, EDGE, Entry, Mark, Sizes};
use super::super::palette::{Colour, MUTE};
use super::super::risk_table::{self, Names, Tables};
use super::super::svg::Pattern;
use super::super::text::{self, Weight};
use super::super::{Options, Width};

/// Room right of a panel for the last values of its lines.
const END_VALUE: f64 = 34.0;

/// Places of panels, common to all of them.
pub(super) struct Layout {
    pub(super) columns: usize,
    first_left: f64,
    next_left: f64,
    right: f64,
    plot_width: f64,
    pub(super) plot_height: f64,
    pub(super) time: Axis,
    /// The same with those ticks that have numbers at risk.
    pub(super) risk_time: Axis,
    pub(super) tables: Tables,
    pub(super) risk_size: f64,
    pub(super) names: Names,
    pub(super) direct: bool,
}

impl Layout {
    pub(super) fn of(chart: &Curves, options: Options, keys: &Keys) -> Self {
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
        let (min, max) = ends(chart);
        let direct = columns == 1
            && !phone
            && !keys.is_single()
            && chart.panels.iter().all(|panel| labelled(panel, min, max));
        let right = if direct {
            let label = |line: &Line| text::width(&line.label, sizes.text, Weight::Regular);
            let widest = chart.panels.iter().flat_map(|p| &p.lines).map(label).fold(0.0, f64::max);
            EDGE + 40.0 + widest.clamp(40.0, LABEL_ROOM)
        } else {
            END_VALUE + if chart.scale == Scale::Number { 12.0 } else { 4.0 }
        };
        let lang = options.lang;
        let rows = || chart.panels.iter().map(|panel| panel.at_risk.as_slice());
        let left = |room: &dyn Fn(&[RiskRow]) -> f64| rows().map(room).fold(0.0, f64::max);
        let beside = left(&|rows| risk_table::label_room(rows, risk_size, lang, keys.patterned()));
        let most = match (phone, columns) {
            (true, _) => 110.0,
            (false, 1) => 220.0,
            _ => 150.0,
        };
        // Long names stand above their numbers, so that the plot keeps its width.
        let (names, room) = if beside <= most {
            (Names::Left, beside)
        } else {
            let room = options.width.units() - 2.0 * EDGE;
            (Names::Above(room), left(&|rows| risk_table::number_room(rows, risk_size, lang)))
        };
        // Numbers of five digits are wider than percentages.
        let axis = if chart.scale == Scale::Number { 46.0 } else { 38.0 };
        let first_left = EDGE + room.max(axis);
        let next_left = match chart.y_scale {
            YScale::Free => END_VALUE + 40.0,
            YScale::Shared => END_VALUE + 10.0,
        };
        let gaps = next_left * (columns - 1) as f64;
        let plot_width = (options.width.units() - first_left - right - gaps) / columns as f64;
        let gap = if columns == 1 && !phone { 10.0 } else { 4.0 };
        let fits = |axis: &Axis| match chart.along {
            Along::Months => axis.labels_fit(plot_width, sizes.small, lang),
            Along::Calendar => axis.apart(plot_width, 56.0),
            _ => axis.apart(plot_width, 26.0),
        };
        let step = chart.x_step.unwrap_or_else(|| match chart.along {
            Along::Months => time_step(min, max, fits),
            Along::Ranks => rank_step(min, max, fits),
            _ => month_step(min, max, fits),
        });
        let time = Axis::time(min, max, step);
        // Where numbers at risk are wider than the times, only every second or third tick has them.
        let numbers_fit = |axis: &Axis| {
            rows().all(|rows| risk_table::fits(rows, axis, plot_width, (risk_size, gap), lang))
        };
        let mut thinner = (1..time.ticks.len()).map(|each| time.with_each(each));
        let risk_time =
            thinner.find(numbers_fit).unwrap_or_else(|| time.with_each(time.ticks.len()));
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
            time,
            risk_time,
            tables: Tables::of(&chart.panels),
            risk_size,
            names,
            direct,
        }
    }

    /// The lines of a panel's title, which ends before the next panel.
    pub(super) fn title(&self, column: usize, title: &str, options: Options) -> Vec<String> {
        let room = if self.columns == 1 {
            options.width.units() - EDGE - self.span(column).0
        } else {
            self.plot_width + self.next_left - 8.0
        };
        let room = room.min(options.width.units() - EDGE - self.span(column).0);
        text::wrap(title, Sizes::of(options.width).text, Weight::SemiBold, room)
    }

    /// Left and right of the plot in a column.
    pub(super) fn span(&self, column: usize) -> (f64, f64) {
        let left = self.first_left + column as f64 * (self.plot_width + self.next_left);
        (left, (left + self.plot_width).min(self.right))
    }
}

/// Begin and end of the time axis.
fn ends(chart: &Curves) -> (f64, f64) {
    let min = if chart.x_min.is_finite() { chart.x_min } else { 0.0 };
    let last = || {
        let lines = chart.panels.iter().flat_map(|panel| &panel.lines);
        lines.flat_map(|line| &line.time).copied().filter(|t| t.is_finite()).fold(min, f64::max)
    };
    (min, chart.x_max.filter(|max| max.is_finite() && *max > min).unwrap_or_else(last))
}

/// Width of labels at the ends of lines; longer ones are wrapped.
pub(super) const LABEL_ROOM: f64 = 150.0;

/// Whether labels can stand at the ends of a panel's lines: few and short ones, no line that ends early, which
/// would need a long leader across the others.
fn labelled(panel: &Panel, min: f64, max: f64) -> bool {
    let size = Sizes::of(Width::Page).text;
    let wide = |line: &Line| text::width(&line.label, size, Weight::Regular);
    let reaches = |line: &Line| line.time.last().is_some_and(|&end| end - min >= 0.9 * (max - min));
    (1..=6).contains(&panel.lines.len())
        && panel.lines.iter().all(|line| reaches(line) && wide(line) <= 1.7 * LABEL_ROOM)
}

/// The legend: every key once, in the order of its first line.
pub(super) struct Keys {
    names: Vec<String>,
    styles: Vec<(Colour, Pattern)>,
    pub(super) entries: Vec<Entry>,
    /// What bands and thin limits are.
    pub(super) limits: Vec<Entry>,
}

impl Keys {
    pub(super) fn of(chart: &Curves) -> Self {
        let mut first: Vec<&Line> = Vec::new();
        for line in chart.panels.iter().flat_map(|panel| &panel.lines) {
            if !first.iter().any(|known| known.key == line.key) {
                first.push(line);
            }
        }
        let styles: Vec<(Colour, Pattern)> = first
            .iter()
            .enumerate()
            .map(|(i, line)| {
                let (colour, dash) = chart.palette.line(&line.key, i, first.len());
                (colour, if line.dashed { Pattern::Dashed } else { dash })
            })
            .collect();
        let entries = first
            .iter()
            .zip(&styles)
            .map(|(line, &(colour, dash))| Entry {
                mark: Mark::Line { band: !line.low.is_empty(), dash },
                colour,
                label: line.label.clone(),
            })
            .collect();
        let limits = [(Mark::Band, &chart.band_label), (Mark::Outline, &chart.outline_label)];
        let limits = limits
            .into_iter()
            .filter(|(_, label)| !label.is_empty())
            .map(|(mark, label)| Entry { mark, colour: MUTE, label: label.clone() })
            .collect();
        Self { names: first.iter().map(|line| line.key.clone()).collect(), styles, entries, limits }
    }

    /// Whether there is nothing to tell apart.
    pub(super) fn is_single(&self) -> bool {
        self.entries.len() == 1
    }

    /// Colour and pattern of a key.
    pub(super) fn find(&self, key: &str) -> Option<(Colour, Pattern)> {
        let place = self.names.iter().position(|name| name == key)?;
        self.styles.get(place).copied()
    }

    pub(super) fn style(&self, key: &str) -> (Colour, Pattern) {
        self.find(key).unwrap_or((MUTE, Pattern::Solid))
    }

    /// Whether some lines are told apart by patterns.
    fn patterned(&self) -> bool {
        self.styles.iter().any(|style| style.1 != Pattern::Solid)
    }

    /// How strongly bands are drawn: where there are many, they would cover each other.
    pub(super) fn band_opacity(&self) -> f64 {
        if self.styles.len() > 8 { 0.4 * BAND_OPACITY } else { BAND_OPACITY }
    }
}
