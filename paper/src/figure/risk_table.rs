//! Number at risk below a panel, each number under its tick.

use super::axis::Axis;
use super::chart::{Panel, RiskRow};
use super::frame::EDGE;
use super::palette::Colour;
use super::svg::{Anchor, Canvas, Path, Role, Type};
use super::text::{self, Weight};
use crate::labels::{self, Lang};

/// Height of one row.
const ROW: f64 = 14.0;
/// Width of the stroke in the group's colour before a label.
const MARK: f64 = 9.0;

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

/// Height of a table with so many rows, heading included.
pub(super) fn height(rows: usize) -> f64 {
    if rows == 0 { 0.0 } else { 22.0 + ROW * rows as f64 }
}

/// Room that the labels need left of the first number's middle.
pub(super) fn label_room(rows: &[RiskRow], size: f64, lang: Lang) -> f64 {
    let label =
        rows.iter().map(|row| text::width(&row.label, size, Weight::Regular)).fold(0.0, f64::max);
    if rows.is_empty() { 0.0 } else { MARK + 5.0 + label + 9.0 + half_number(rows, size, lang) }
}

/// Half of the width of the widest number at time 0.
fn half_number(rows: &[RiskRow], size: f64, lang: Lang) -> f64 {
    rows.iter().map(|row| number_width(row, 0.0, size, lang)).fold(0.0, f64::max) / 2.0
}

fn number_width(row: &RiskRow, time: f64, size: f64, lang: Lang) -> f64 {
    text::width(&labels::number(row.at(time), 0, lang), size, Weight::Regular)
}

/// Whether the numbers of neighbouring ticks keep apart on an axis of so many units.
pub(super) fn fits(rows: &[RiskRow], axis: &Axis, units: f64, size: f64, lang: Lang) -> bool {
    let apart = |row: &RiskRow, pair: &[f64]| {
        let room = (axis.part(pair[1]) - axis.part(pair[0])) * units;
        let wide = |time: f64| number_width(row, time, size, lang);
        f64::midpoint(wide(pair[0]), wide(pair[1])) + 4.0 <= room
    };
    rows.iter().all(|row| axis.ticks.windows(2).all(|pair| apart(row, pair)))
}

/// Where a table stands.
pub(super) struct Place {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) size: f64,
    /// Whether the labels of the rows are written (there is room only left of the first panel).
    pub(super) labels: bool,
}

/// Draws heading, labels and numbers. A row that belongs to no line has no colour.
pub(super) fn draw(
    canvas: &mut Canvas,
    rows: &[RiskRow],
    colours: &[Option<Colour>],
    axis: &Axis,
    place: &Place,
    heading: &str,
    lang: Lang,
) {
    let mut y = place.top + 12.0;
    if place.labels {
        canvas.text(EDGE, y, Type::new(place.size, Role::Ink).semi_bold(), heading);
    }
    y += 3.0;
    for (row, &colour) in rows.iter().zip(colours) {
        y += ROW;
        if place.labels {
            if let Some(colour) = colour {
                let mut mark = Path::default();
                mark.move_to(EDGE + 1.0, y - 3.5);
                mark.line_to(EDGE + MARK, y - 3.5);
                canvas.stroke(mark.data(), colour, 2.2, false, "");
            }
            let indent = if colour.is_some() { MARK + 5.0 } else { 0.0 };
            canvas.text(EDGE + indent, y, Type::new(place.size, Role::Ink), &row.label);
        }
        for &tick in &axis.ticks {
            let x = place.left + axis.part(tick) * (place.right - place.left);
            let kind = Type::new(place.size, Role::Ink).anchor(Anchor::Middle);
            canvas.text(x, y, kind, &labels::number(row.at(tick), 0, lang));
        }
    }
}
