//! Numbers as a report prints them, and what agrees with them.

/// A printed number, or a printed range of numbers, with its precision.
///
/// ```
/// use afgang::printed::Printed;
///
/// let printed = Printed::parse("23.4").unwrap();
/// assert!(printed.agrees(23.449) && !printed.agrees(23.46));
/// let range = Printed::parse("51-54").unwrap();
/// assert!(range.agrees(50.6) && range.agrees(54.4) && !range.agrees(54.6));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// The text.
    pub text: String,
    /// The number, or the lower end of the range.
    pub low: f64,
    /// The number, or the upper end of the range.
    pub high: f64,
    /// Digits after the decimal point.
    pub decimals: usize,
}

impl Printed {
    /// Reads a number such as `-1.20` or a range such as `51-54`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let ends = match text.char_indices().skip(1).find(|&(_, c)| c == '-' || c == '–') {
            Some((place, dash)) => (&text[..place], &text[place + dash.len_utf8()..]),
            None => (text, text),
        };
        let number = |text: &str| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
            if plain { text.parse::<f64>().ok() } else { None }
        };
        let (low, high) = (number(ends.0)?, number(ends.1)?);
        let decimals = ends.0.split_once('.').map_or(0, |(_, digits)| digits.len());
        (low <= high).then(|| Self { text: text.to_owned(), low, high, decimals })
    }

    /// Half a unit of the last printed digit.
    pub fn half_unit(&self) -> f64 {
        0.5 / 10_f64.powi(i32::try_from(self.decimals).unwrap_or(0))
    }

    /// Whether a number rounds to the printed digits. A number just between two roundings agrees with
    /// both, for rules of rounding differ.
    pub fn agrees(&self, computed: f64) -> bool {
        // A little more than half a unit, so that 0.05 in binary is still half of 0.1.
        let room = self.half_unit() * (1.0 + 1e-9);
        computed >= self.low - room && computed <= self.high + room
    }

    /// How far a number is from the printed one, or from the nearer end of the printed range.
    pub fn difference(&self, computed: f64) -> f64 {
        if computed < self.low {
            computed - self.low
        } else if computed > self.high {
            computed - self.high
        } else {
            0.0 * computed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_is_what_is_printed() {
        let printed = Printed::parse("100.0").unwrap();
        assert_eq!(printed.decimals, 1);
        assert!(printed.agrees(99.95) && printed.agrees(100.05) && !printed.agrees(100.06));
        assert!(!printed.agrees(f64::NAN));
        let count = Printed::parse("94673").unwrap();
        assert!(count.agrees(94_673.0) && !count.agrees(94_674.0));
    }

    #[test]
    fn differences_are_signed() {
        let printed = Printed::parse("38").unwrap();
        assert!((printed.difference(37.2) + 0.8).abs() < 1e-12);
        let range = Printed::parse("51-54").unwrap();
        assert_eq!((range.difference(52.0), range.difference(56.0)), (0.0, 2.0));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "about 3", "1,5", "1e3", "54-51", "inf"] {
            assert_eq!(Printed::parse(text), None, "{text}");
        }
        assert!((Printed::parse("-3.5").unwrap().low + 3.5).abs() < 1e-12);
    }
}
