//! What every figure has around its plot: heading, legend, note.

use super::palette::Colour;
use super::svg::{Canvas, Path, Pattern, Role, Type};
use super::text::{self, Weight};
use super::{Options, Width};

/// Space left and right of everything.
pub(super) const EDGE: f64 = 10.0;

/// Sizes of letters for the two widths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) title: f64,
    pub(super) text: f64,
    pub(super) small: f64,
}

impl Sizes {
    pub(super) fn of(width: Width) -> Self {
        match width {
            Width::Page => Self { title: 15.0, text: 11.5, small: 10.5 },
            Width::Phone => Self { title: 14.0, text: 11.5, small: 10.0 },
        }
    }
}

/// Title and subtitle; returns where the rest begins.
pub(super) fn heading(canvas: &mut Canvas, options: Options, title: &str, subtitle: &str) -> f64 {
    if !options.heading {
        return 6.0;
    }
    let sizes = Sizes::of(options.width);
    let room = options.width.units() - 2.0 * EDGE;
    if title.is_empty() && subtitle.is_empty() {
        return 6.0;
    }
    let mut y = 8.0;
    for line in text::wrap(title, sizes.title, Weight::SemiBold, room) {
        y += 18.0;
        canvas.text(EDGE, y, Type::new(sizes.title, Role::Ink).semi_bold(), &line);
    }
    y += 2.0;
    for line in text::wrap(subtitle, sizes.text, Weight::Regular, room) {
        y += 16.0;
        canvas.text(EDGE, y, Type::new(sizes.text, Role::Mute), &line);
    }
    y + 12.0
}

/// A note below the figure, where the figure carries its own words; returns the height of the picture.
pub(super) fn note(canvas: &mut Canvas, options: Options, y: f64, note: &str) -> f64 {
    note_at(canvas, options, (EDGE, y + 4.0), note) + 10.0
}

/// A note from a corner to the right edge; returns where it ends.
pub(super) fn note_at(
    canvas: &mut Canvas,
    options: Options,
    corner: (f64, f64),
    note: &str,
) -> f64 {
    let size = Sizes::of(options.width).small;
    let (x, mut y) = corner;
    if !options.heading {
        return y;
    }
    let room = options.width.units() - EDGE - x;
    for line in text::wrap(note, size, Weight::Regular, room) {
        y += 14.0;
        canvas.text(x, y, Type::new(size, Role::Mute), &line);
    }
    y
}

/// What stands before a legend label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Square,
    Line {
        band: bool,
        dash: Pattern,
    },
    /// The shaded band alone.
    Band,
    /// Thin limits alone.
    Outline,
}

impl Mark {
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Square => 10.0,
            Self::Line { .. } | Self::Band | Self::Outline => 20.0,
        }
    }

    /// Draws the mark with its left end at `x`, centred on a text's x-height above the baseline `y`.
    pub(super) fn draw(self, canvas: &mut Canvas, x: f64, y: f64, colour: Colour) {
        match self {
            Self::Square => canvas.swatch(x, y - 9.0, 10.0, colour),
            Self::Line { band, dash } => {
                if band {
                    Self::Band.draw(canvas, x, y, colour);
                }
                self.rule(canvas, x, y - 4.0, LINE_WIDTH, dash, colour);
            }
            Self::Band => {
                let mut area = Path::default();
                area.move_to(x, y - 9.0);
                area.line_to(x + self.width(), y - 9.0);
                area.line_to(x + self.width(), y + 1.0);
                area.line_to(x, y + 1.0);
                area.close();
                canvas.area(area.data(), colour, BAND_OPACITY);
            }
            Self::Outline => {
                for height in [y - 7.0, y - 1.0] {
                    self.rule(canvas, x, height, OUTLINE_WIDTH, Pattern::Dotted, colour);
                }
            }
        }
    }

    fn rule(self, canvas: &mut Canvas, x: f64, y: f64, width: f64, dash: Pattern, colour: Colour) {
        let mut line = Path::default();
        line.move_to(x, y);
        line.line_to(x + self.width(), y);
        canvas.stroke(line.data(), colour, width, dash, "");
    }
}

/// Opacity of confidence bands.
pub(super) const BAND_OPACITY: f64 = 0.18;
/// Width of curves.
pub(super) const LINE_WIDTH: f64 = 1.5;

/// Width of thin limits.
pub(super) const OUTLINE_WIDTH: f64 = 0.75;

/// One entry of a legend.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) mark: Mark,
    pub(super) colour: Colour,
    pub(super) label: String,
}

/// Legend entries from left to right, in columns where one row does not hold them; long labels are wrapped.
/// Returns where the rest begins.
pub(super) fn legend(
    canvas: &mut Canvas,
    options: Options,
    y: f64,
    title: &str,
    entries: &[Entry],
) -> f64 {
    if entries.is_empty() {
        return y;
    }
    let size = Sizes::of(options.width).text;
    let room = options.width.units() - 2.0 * EDGE;
    let wide = |entry: &Entry| {
        entry.mark.width() + MARK_GAP + text::width(&entry.label, size, Weight::Regular)
    };
    let mut y = y + 12.0;
    let mut x = EDGE;
    let heading = Type::new(size, Role::Ink).semi_bold();
    let title_width =
        if title.is_empty() { 0.0 } else { text::width(title, size, Weight::SemiBold) + ENTRY_GAP };
    let all: f64 = entries.iter().map(|entry| wide(entry) + ENTRY_GAP).sum::<f64>() - ENTRY_GAP;
    let one_row = title_width + all <= room;
    if one_row && options.width == Width::Page {
        canvas.text(x, y, heading, title);
        x += title_width;
    } else {
        for line in text::wrap(title, size, Weight::SemiBold, room) {
            canvas.text(x, y, heading, &line);
            y += LEGEND_ROW;
        }
    }
    if all <= room - (x - EDGE) {
        for entry in entries {
            entry.mark.draw(canvas, x, y, entry.colour);
            let at = x + entry.mark.width() + MARK_GAP;
            canvas.text(at, y, Type::new(size, Role::Ink), &entry.label);
            x += wide(entry) + ENTRY_GAP;
        }
        return y + 10.0;
    }
    let widest = entries.iter().map(wide).fold(0.0, f64::max).min(room);
    let columns =
        (((room + ENTRY_GAP) / (widest + ENTRY_GAP)).floor() as usize).clamp(1, entries.len());
    for row in entries.chunks(columns) {
        let mut lines = 1;
        for (column, entry) in row.iter().enumerate() {
            let x = EDGE + column as f64 * (room + ENTRY_GAP) / columns as f64;
            let indent = entry.mark.width() + MARK_GAP;
            entry.mark.draw(canvas, x, y, entry.colour);
            let label = text::wrap(&entry.label, size, Weight::Regular, widest - indent + 0.01);
            for (place, line) in label.iter().enumerate() {
                let y = y + place as f64 * LABEL_LINE;
                canvas.text(x + indent, y, Type::new(size, Role::Ink), line);
            }
            lines = lines.max(label.len());
        }
        y += LEGEND_ROW + (lines - 1) as f64 * LABEL_LINE;
    }
    y + 10.0 - LEGEND_ROW
}

/// Between a mark and its label.
const MARK_GAP: f64 = 6.0;
/// Between entries of a legend.
const ENTRY_GAP: f64 = 16.0;
/// Between baselines of a legend's entries.
const LEGEND_ROW: f64 = 18.0;
/// Between baselines of one label's lines.
pub(super) const LABEL_LINE: f64 = 13.5;

/// Moves blocks apart so that they do not overlap, as little as possible (least squares), and between
/// `top` and `bottom` where there is room.
///
/// `blocks` are (wanted middle, height) from top to bottom; the middles come back in the same order.
pub(super) fn spread(blocks: &[(f64, f64)], top: f64, bottom: f64) -> Vec<f64> {
    // Less the heights of those above, the middles must not fall: a monotone regression, by pooling neighbours.
    let mut stacked = Vec::with_capacity(blocks.len());
    let mut above = 0.0;
    for &(_, height) in blocks {
        stacked.push(above + height / 2.0);
        above += height;
    }
    let mut pools: Vec<(f64, usize)> = Vec::with_capacity(blocks.len());
    for (&(wanted, _), offset) in blocks.iter().zip(&stacked) {
        let mut pool = (wanted - offset, 1);
        while let Some(&(mean, size)) = pools.last()
            && mean > pool.0
        {
            let joint = size + pool.1;
            pool = ((mean * size as f64 + pool.0 * pool.1 as f64) / joint as f64, joint);
            pools.pop();
        }
        pools.push(pool);
    }
    let free = (bottom - above).max(top);
    let starts =
        pools.iter().flat_map(|&(mean, size)| std::iter::repeat_n(mean.clamp(top, free), size));
    starts.zip(stacked).map(|(start, offset)| start + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_spread_without_overlap() {
        let close = |got: Vec<f64>, want: &[f64]| {
            assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-9), "{got:?} {want:?}");
        };
        close(spread(&[(10.0, 10.0), (40.0, 10.0)], 0.0, 100.0), &[10.0, 40.0]);
        close(spread(&[(50.0, 10.0), (51.0, 10.0)], 0.0, 100.0), &[45.5, 55.5]);
        close(spread(&[(50.0, 10.0), (50.0, 20.0), (50.0, 10.0)], 0.0, 100.0), &[35.0, 50.0, 65.0]);
        close(spread(&[(98.0, 10.0), (99.0, 10.0)], 0.0, 100.0), &[85.0, 95.0]);
        close(spread(&[(0.0, 10.0), (0.0, 10.0), (0.0, 10.0)], 0.0, 15.0), &[5.0, 15.0, 25.0]);
    }
}
