//! How many digits a number is written with.

use crate::labels::{self, Lang};

/// Digits of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    /// So many after the decimal mark.
    Decimals(usize),
    /// At least so many in all, of a number below 1 not counting the zeros before it; never fewer than the whole part has.
    ///
    /// ```
    /// use afgang::regression_table::Digits;
    ///
    /// let shown = |value| Digits::Significant(3).show(value);
    /// assert_eq!([shown(0.012_345), shown(1.0), shown(12_345.6)], ["0.0123", "1.00", "12346"]);
    /// ```
    Significant(usize),
}

impl Default for Digits {
    /// Four significant digits.
    fn default() -> Self {
        Self::Significant(4)
    }
}

/// Magnitudes below which significant digits are written with an exponent.
const SMALLEST: i32 = -5;
/// And above.
const LARGEST: i32 = 15;

impl Digits {
    /// The number with a point for decimals and nothing between thousands; a dash for what is no number.
    pub fn show(self, value: f64) -> String {
        match self.decimals(value) {
            None => self.with_exponent(value),
            Some(decimals) => {
                let text = format!("{value:.decimals$}");
                let is_zero = !text.bytes().any(|b| (b'1'..=b'9').contains(&b));
                match text.strip_prefix('-') {
                    Some(text) if is_zero => text.to_owned(),
                    _ => text,
                }
            }
        }
    }

    /// The number as a language writes it.
    pub(super) fn show_in(self, value: f64, lang: Lang) -> String {
        match self.decimals(value) {
            None => {
                let text = self.with_exponent(value).replace('-', "−");
                if lang == Lang::Da { text.replace('.', ",") } else { text }
            }
            Some(decimals) => labels::number(value, decimals, lang),
        }
    }

    /// Digits after the decimal mark; `None` where an exponent is better, and for what is no number.
    fn decimals(self, value: f64) -> Option<usize> {
        if !value.is_finite() {
            return None;
        }
        match self {
            Self::Decimals(decimals) => Some(decimals),
            Self::Significant(_) if value == 0.0 => Some(0),
            Self::Significant(digits) => {
                let magnitude = magnitude(value, digits);
                let left = digits as i32 - 1 - magnitude;
                (SMALLEST..LARGEST).contains(&magnitude).then_some(left.max(0) as usize)
            }
        }
    }

    fn with_exponent(self, value: f64) -> String {
        let (Self::Decimals(digits) | Self::Significant(digits)) = self;
        let after = digits.saturating_sub(1);
        if value.is_finite() { format!("{value:.after$e}") } else { "–".to_owned() }
    }
}

/// Power of ten of the first digit when the number is rounded: 0.9996 is 1.000 with four digits.
fn magnitude(value: f64, digits: usize) -> i32 {
    let after = digits.saturating_sub(1);
    let text = format!("{value:.after$e}");
    text.rsplit_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_after_rounding() {
        let four = |value| Digits::Significant(4).show(value);
        for (value, text) in [
            (0.110_123_8, "0.1101"),
            (0.999_96, "1.000"),
            (9.999_6, "10.00"),
            (-0.5, "-0.5000"),
            (123.456, "123.5"),
            (-59_607.4, "-59607"),
            (0.0, "0"),
            (-0.0, "0"),
            (0.000_012_345, "0.00001234"),
            (1.234_56e-9, "1.235e-9"),
            (1e20, "1.000e20"),
            (f64::NAN, "–"),
            (f64::NEG_INFINITY, "–"),
        ] {
            assert_eq!(four(value), text);
        }
    }

    #[test]
    fn decimals_and_languages() {
        assert_eq!(Digits::Decimals(0).show(-0.4), "0");
        assert_eq!(Digits::Decimals(2).show(-0.125), "-0.12"); // to even, as the binary number is exact
        assert_eq!(Digits::Decimals(0).show_in(-59_607.0, Lang::Da), "−59.607");
        assert_eq!(Digits::Significant(4).show_in(1_234.56, Lang::En), "1,235");
        assert_eq!(Digits::Significant(2).show_in(-1.24e-9, Lang::Da), "−1,2e−9");
    }
}
