//! Number at risk below a panel, each number under its tick.

use super::axis::Axis;
use super::chart::{Panel, RiskRow};
use super::frame::{EDGE, LABEL_LINE};
use super::palette::Colour;
use super::svg::{Anchor, Canvas, Path, Pattern, Role, Type};
use super::text::{self, Weight};
use crate::labels::{self, Lang};

/// Height of one row.
const ROW: f64 = 14.0;
/// Width of the stroke in the group's colour before a label, and of one whose pattern must be seen.
const MARK: f64 = 9.0;
const LONG_MARK: f64 = 20.0;

/// Which panels carry a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// No panel has numbers at risk.
    None,
    /// All panels have the same risk sets: one table for all.
    Once,
    /// Each panel its own.
    Each,
}

impl Tables {
    pub(super) fn of(panels: &[Panel]) -> Self {
        match panels {
            _ if panels.iter().all(|panel| panel.at_risk.is_empty()) => Self::None,
            [first, rest @ ..] if rest.iter().all(|panel| panel.at_risk == first.at_risk) => {
                Self::Once
            }
            _ => Self::Each,
        }
    }
}

/// Where the names of the rows stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Names {
    /// Left of the numbers.
    Left,
    /// Above them, in lines of at most so many units.
    Above(f64),
}

impl Names {
    /// Lines of text above the numbers of a row.
    fn above(self, row: &RiskRow, size: f64) -> Vec<String> {
        match self {
            Self::Left => Vec::new(),
            Self::Above(room) => {
                text::wrap(&row.label, size, Weight::Regular, room - LONG_MARK - 5.0)
            }
        }
    }

    fn height(self, row: &RiskRow, size: f64) -> f64 {
        match self.above(row, size).len() {
            0 => ROW,
            lines => ROW + LABEL_LINE * lines as f64 + 3.0,
        }
    }
}

/// Height of a table, heading included.
pub(super) fn height(rows: &[RiskRow], names: Names, size: f64) -> f64 {
    let rows: Vec<f64> = rows.iter().map(|row| names.height(row, size)).collect();
    if rows.is_empty() { 0.0 } else { 22.0 + rows.iter().sum::<f64>() }
}

/// Room that names need left of the first number's middle.
pub(super) fn label_room(rows: &[RiskRow], size: f64, lang: Lang, patterns: bool) -> f64 {
    let label =
        rows.iter().map(|row| text::width(&row.label, size, Weight::Regular)).fold(0.0, f64::max);
    if rows.is_empty() {
        0.0
    } else {
        mark(patterns) + 5.0 + label + 9.0 + half_number(rows, size, lang)
    }
}

/// Room that the first number alone needs left of its middle.
pub(super) fn number_room(rows: &[RiskRow], size: f64, lang: Lang) -> f64 {
    half_number(rows, size, lang) + 2.0
}

fn mark(patterns: bool) -> f64 {
    if patterns { LONG_MARK } else { MARK }
}

/// Half of the width of the widest number at time 0.
fn half_number(rows: &[RiskRow], size: f64, lang: Lang) -> f64 {
    rows.iter().map(|row| number_width(row, 0.0, size, lang)).fold(0.0, f64::max) / 2.0
}

fn number_width(row: &RiskRow, time: f64, size: f64, lang: Lang) -> f64 {
    text::width(&labels::number(row.at(time), 0, lang), size, Weight::Regular)
}

/// Whether the numbers of neighbouring ticks keep apart, by a gap, on an axis of so many units.
pub(super) fn fits(
    rows: &[RiskRow],
    axis: &Axis,
    units: f64,
    (size, gap): (f64, f64),
    lang: Lang,
) -> bool {
    let apart = |row: &RiskRow, pair: &[f64]| {
        let room = (axis.part(pair[1]) - axis.part(pair[0])) * units;
        let wide = |time: f64| number_width(row, time, size, lang);
        f64::midpoint(wide(pair[0]), wide(pair[1])) + gap <= room
    };
    rows.iter().all(|row| axis.ticks.windows(2).all(|pair| apart(row, pair)))
}

/// Where a table stands.
pub(super) struct Place {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) size: f64,
    pub(super) names: Names,
    /// Whether heading and names are written (below the first panel of a row).
    pub(super) labels: bool,
}

/// Draws heading, names and numbers. A row that belongs to no line has no mark.
pub(super) fn draw(
    canvas: &mut Canvas,
    rows: &[RiskRow],
    marks: &[Option<(Colour, Pattern)>],
    axis: &Axis,
    place: &Place,
    heading: &str,
    lang: Lang,
) {
    let size = place.size;
    let ink = Type::new(size, Role::Ink);
    let mut y = place.top + 12.0;
    if place.labels {
        canvas.text(EDGE, y, ink.semi_bold(), heading);
    }
    y += 3.0;
    let patterns = marks.iter().flatten().any(|mark| mark.1 != Pattern::Solid);
    for (row, &style) in rows.iter().zip(marks) {
        let indent = style.map_or(0.0, |_| mark(patterns) + 5.0);
        let above = place.names.above(row, size);
        if place.labels {
            if let Some((colour, dash)) = style {
                let mut line = Path::default();
                line.move_to(EDGE + 1.0, y + ROW - 3.5);
                line.line_to(EDGE + mark(patterns), y + ROW - 3.5);
                canvas.stroke(line.data(), colour, if patterns { 1.6 } else { 2.2 }, dash, "");
            }
            let lines =
                if place.names == Names::Left { std::slice::from_ref(&row.label) } else { &above };
            for (i, line) in lines.iter().enumerate() {
                canvas.text(EDGE + indent, y + ROW + LABEL_LINE * i as f64, ink, line);
            }
        }
        y += place.names.height(row, size);
        for &tick in &axis.ticks {
            let x = place.left + axis.part(tick) * (place.right - place.left);
            let number = labels::number(row.at(tick), 0, lang);
            let base = if above.is_empty() { y } else { y - 3.0 };
            canvas.text(x, base, ink.anchor(Anchor::Middle), &number);
        }
    }
}
