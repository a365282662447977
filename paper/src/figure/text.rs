//! The embedded font and the widths of texts in it.

use std::sync::OnceLock;

use ttf_parser::Face;

/// Inter Regular; its letters are in `font/README.md`.
pub(super) const REGULAR: &[u8] = include_bytes!("font/Inter-Regular.otf");
/// Inter SemiBold, the same letters.
pub(super) const SEMI_BOLD: &[u8] = include_bytes!("font/Inter-SemiBold.otf");

/// The font list of every text: the embedded font first, then what machines have. Those are narrower, so nothing overflows.
pub(super) const FAMILY: &str = "Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif";

/// Advance of a character that the font does not have, in em; letters from Korean on are as wide as high.
fn unknown(c: char) -> f64 {
    if c < '\u{1100}' { 0.62 } else { 1.0 }
}

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
                char::from_u32(code).and_then(|c| advance(face.as_ref(), c)).unwrap_or(0.62)
            })
            .collect();
        Self { low, face }
    }

    fn get(&self, c: char) -> f64 {
        match self.low.get(c as usize) {
            Some(width) => *width,
            None => advance(self.face.as_ref(), c).unwrap_or_else(|| unknown(c)),
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

/// Whether the font can draw a character. White space and what takes no room need no letter.
pub(super) fn drawn(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}')
        || widths(Weight::Regular).face.as_ref().is_some_and(|face| face.glyph_index(c).is_some())
}

/// A text in lines of at most `room`, broken at spaces. A word that is too long for a line is broken anywhere.
pub(super) fn wrap(text: &str, size: f64, weight: Weight, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let fits = |line: &str| width(line, size, weight) <= room;
    let mut words: Vec<String> = Vec::new();
    for word in text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        match words.last_mut() {
            // A per cent sign stays with its number.
            Some(number) if word.starts_with('%') => {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    for word in words {
        let word = word.as_str();
        match lines.last_mut() {
            Some(line) if fits(&format!("{line} {word}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ if fits(word) => lines.push(word.to_owned()),
            _ => lines.extend(pieces(word, fits)),
        }
    }
    lines
}

/// The longest pieces of a word that fit, each of at least one character.
fn pieces(word: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let Some(piece) = pieces.last_mut() else { break };
        piece.push(c);
        if !fits(piece) && piece.chars().nth(1).is_some() {
            piece.pop();
            pieces.push(c.to_string());
        }
    }
    pieces
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
    fn letters_of_europe_are_in_the_font() {
        for data in [REGULAR, SEMI_BOLD] {
            let face = Face::parse(data, 0).unwrap();
            for c in "æøåÆØÅéüö–—−≤≥≈·×…“”’\u{a0}\u{2009}✓→ŁódźąęşığțЖёїґΑάωệ\u{301}\u{30a}".chars()
            {
                assert!(face.glyph_index(c).is_some(), "{c}");
            }
        }
        assert!("Łódź Жёлтый Ώδε a\u{30a}".chars().all(drawn));
        assert!(!['中', 'ع', '🙂'].into_iter().any(drawn));
    }

    #[test]
    fn lines_break_at_spaces() {
        let text = "Kumuleret sandsynlighed for afgang til selvforsørgelse";
        let lines = wrap(text, 10.0, Weight::Regular, 120.0);
        assert!(lines.len() > 1);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|line| width(line, 10.0, Weight::Regular) <= 120.0));
        let pieces = wrap("et overlangt-ord", 10.0, Weight::Regular, 30.0);
        assert!(pieces.len() > 2 && pieces.concat() == "etoverlangt-ord", "{pieces:?}");
        assert!(pieces.iter().all(|line| width(line, 10.0, Weight::Regular) <= 30.0));
        assert_eq!(wrap("punktvise 95 %-intervaller", 10.0, Weight::Regular, 60.0)[0], "punktvise");
        assert_eq!(wrap("ab", 10.0, Weight::Regular, 0.0), ["a", "b"]);
        assert!(wrap("", 10.0, Weight::Regular, 50.0).is_empty());
    }
}
