//! The embedded font and the widths of texts in it.

use std::sync::OnceLock;

use ttf_parser::Face;

/// Inter Regular, Latin subset; see `font/README.md`.
pub(super) const REGULAR: &[u8] = include_bytes!("font/Inter-Regular.otf");
/// Inter SemiBold, Latin subset.
pub(super) const SEMI_BOLD: &[u8] = include_bytes!("font/Inter-SemiBold.otf");

/// The font list of every text: the embedded font first, then what machines have. Those are narrower, so nothing overflows.
pub(super) const FAMILY: &str = "Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif";

/// Advance of a character that the font does not have, in em.
const UNKNOWN: f64 = 0.62;

/// The two weights in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    SemiBold,
}

/// Advances in em of the characters below U+0180, and of the rest by look-up.
struct Widths {
    low: Vec<f64>,
    face: Option<Face<'static>>,
}

impl Widths {
    fn of(data: &'static [u8]) -> Self {
        let face = Face::parse(data, 0).ok();
        let low = (0..0x180)
            .map(|code| {
                char::from_u32(code).and_then(|c| advance(face.as_ref(), c)).unwrap_or(UNKNOWN)
            })
            .collect();
        Self { low, face }
    }

    fn get(&self, c: char) -> f64 {
        match self.low.get(c as usize) {
            Some(width) => *width,
            None => advance(self.face.as_ref(), c).unwrap_or(UNKNOWN),
        }
    }
}

fn advance(face: Option<&Face<'static>>, c: char) -> Option<f64> {
    let face = face?;
    let units = face.glyph_hor_advance(face.glyph_index(c)?)?;
    Some(f64::from(units) / f64::from(face.units_per_em()))
}

fn widths(weight: Weight) -> &'static Widths {
    static WIDTHS: [OnceLock<Widths>; 2] = [OnceLock::new(), OnceLock::new()];
    match weight {
        Weight::Regular => WIDTHS[0].get_or_init(|| Widths::of(REGULAR)),
        Weight::SemiBold => WIDTHS[1].get_or_init(|| Widths::of(SEMI_BOLD)),
    }
}

/// The width of a text at a font size, without kerning.
pub(super) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let widths = widths(weight);
    text.chars().map(|c| widths.get(c)).sum::<f64>() * size
}

/// A text in lines of at most `room`, broken at spaces. A word that is too long stays whole.
pub(super) fn wrap(text: &str, size: f64, weight: Weight, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line)
                if width(line, size, weight)
                    + width(" ", size, weight)
                    + width(word, size, weight)
                    <= room =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_one_width() {
        let one = width("1", 10.0, Weight::Regular);
        for digit in "023456789".chars() {
            assert!((width(&digit.to_string(), 10.0, Weight::Regular) - one).abs() < 1e-12);
        }
        assert!(one > 5.0 && one < 8.0, "{one}");
    }

    #[test]
    fn danish_letters_are_in_the_font() {
        for data in [REGULAR, SEMI_BOLD] {
            let face = Face::parse(data, 0).unwrap();
            for c in "æøåÆØÅéüö–—−≤≥≈·×…“”’\u{a0}\u{2009}✓→".chars()
            {
                assert!(face.glyph_index(c).is_some(), "{c}");
            }
        }
    }

    #[test]
    fn lines_break_at_spaces() {
        let text = "Kumuleret sandsynlighed for afgang til selvforsørgelse";
        let lines = wrap(text, 10.0, Weight::Regular, 120.0);
        assert!(lines.len() > 1);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|line| width(line, 10.0, Weight::Regular) <= 120.0));
        assert_eq!(wrap("overlangt-ord", 10.0, Weight::Regular, 5.0), ["overlangt-ord"]);
        assert!(wrap("", 10.0, Weight::Regular, 50.0).is_empty());
    }
}
