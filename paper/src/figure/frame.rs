//! What every figure has around its plot: heading, legend, note.

use super::palette::Colour;
use super::svg::{Canvas, Path, Role, Type};
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
    Line { band: bool, dashed: bool },
}

impl Mark {
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Square => 10.0,
            Self::Line { .. } => 20.0,
        }
    }

    /// Draws the mark with its left end at `x`, centred on a text's x-height above the baseline `y`.
    pub(super) fn draw(self, canvas: &mut Canvas, x: f64, y: f64, colour: Colour) {
        match self {
            Self::Square => canvas.swatch(x, y - 9.0, 10.0, colour),
            Self::Line { band, dashed } => {
                let mut line = Path::default();
                line.move_to(x, y - 4.0);
                line.line_to(x + self.width(), y - 4.0);
                if band {
                    let mut area = Path::default();
                    area.move_to(x, y - 9.0);
                    area.line_to(x + self.width(), y - 9.0);
                    area.line_to(x + self.width(), y + 1.0);
                    area.line_to(x, y + 1.0);
                    area.close();
                    canvas.area(area.data(), colour, BAND_OPACITY);
                }
                canvas.stroke(line.data(), colour, LINE_WIDTH, dashed, "");
            }
        }
    }
}

/// Opacity of confidence bands.
pub(super) const BAND_OPACITY: f64 = 0.18;
/// Width of curves.
pub(super) const LINE_WIDTH: f64 = 1.5;

/// One entry of a legend.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) mark: Mark,
    pub(super) colour: Colour,
    pub(super) label: String,
}

/// Legend entries from left to right in as many rows as they need; returns where the rest begins.
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
    let right = options.width.units() - EDGE;
    let (mut x, mut y) = (EDGE, y + 12.0);
    if !title.is_empty() {
        canvas.text(x, y, Type::new(size, Role::Ink).semi_bold(), title);
        let wide = text::width(title, size, Weight::SemiBold);
        if options.width == Width::Phone {
            y += 18.0;
        } else {
            x += wide + 16.0;
        }
    }
    for entry in entries {
        let wide = entry.mark.width() + 6.0 + text::width(&entry.label, size, Weight::Regular);
        if x > EDGE && x + wide > right {
            x = EDGE;
            y += 18.0;
        }
        entry.mark.draw(canvas, x, y, entry.colour);
        canvas.text(x + entry.mark.width() + 6.0, y, Type::new(size, Role::Ink), &entry.label);
        x += wide + 16.0;
    }
    y + 10.0
}

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
