//! Numbers as a report prints them, and what agrees with them: the one rule of tables, report and run record.

use crate::labels::Lang;

/// The rule of [`Printed::against`] in words.
pub const fn rule(lang: Lang) -> &'static str {
    match lang {
        Lang::Da => {
            "Et tal stemmer, når det afviger højst en halv enhed af det sidste trykte ciffer fra det trykte tal. Antal fra \
         et register af en anden størrelse sammenlignes med det trykte antal gange skalaen og stemmer, når de afviger \
         højst én."
        }
        Lang::En => {
            "A number agrees if it is at most half a unit of the last printed digit from the printed one. Counts of a \
         register of another size are compared with the printed count times the scale, and agree if they are at most \
         one off."
        }
    }
}

/// Whether a computed number agrees with a printed one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Agreement {
    /// It does; see [`rule`].
    Agrees,
    /// It does not: computed minus printed (times the scale).
    Differs(f64),
    /// A number is printed and none computed.
    Missing,
    /// A number is printed, and too few persons stand behind the computed one for it to be shown.
    Suppressed,
    /// Nothing is printed.
    #[default]
    Nothing,
}

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

    /// Reads a mark: stars as their number, `yes` as 1 and `no` as 0. Nothing is no star.
    ///
    /// ```
    /// use afgang::printed::Printed;
    ///
    /// let two = Printed::mark("**").unwrap();
    /// assert!(two.agrees(2.0) && !two.agrees(1.0));
    /// assert!(Printed::mark("").unwrap().agrees(0.0));
    /// assert_eq!(Printed::mark("maybe"), None);
    /// ```
    pub fn mark(text: &str) -> Option<Self> {
        let value = match text.trim() {
            "yes" => 1.0,
            "no" => 0.0,
            stars if stars.chars().all(|c| c == '*') => stars.len() as f64,
            _ => return None,
        };
        Some(Self { text: text.trim().to_owned(), low: value, high: value, decimals: 0 })
    }

    /// Half a unit of the last printed digit.
    pub fn half_unit(&self) -> f64 {
        0.5 / 10_f64.powi(i32::try_from(self.decimals).unwrap_or(0))
    }

    /// Compares a number with the printed one times `factor`, which is the scale of the register for counts
    /// and else 1. This is the only place that decides.
    pub fn against(&self, computed: f64, factor: f64) -> Agreement {
        if !computed.is_finite() {
            return Agreement::Missing;
        }
        let scaled = (factor - 1.0).abs() > f64::EPSILON;
        let difference =
            if scaled { computed - self.low * factor } else { self.difference(computed) };
        let agrees = if scaled { difference.abs() <= 1.0 } else { self.agrees(computed) };
        if agrees { Agreement::Agrees } else { Agreement::Differs(difference) }
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
    fn one_rule_decides() {
        let against =
            |text: &str, computed, factor| Printed::parse(text).unwrap().against(computed, factor);
        // Half a unit of the last digit is within it, whatever side binary numbers fall on.
        assert_eq!(against("51.3", 51.25, 1.0), Agreement::Agrees);
        assert_eq!(against("51.2", 51.25, 1.0), Agreement::Agrees);
        assert!(
            matches!(against("51.3", 51.24, 1.0), Agreement::Differs(d) if (d + 0.06).abs() < 1e-9)
        );
        assert_eq!(against("51-54", 50.6, 1.0), Agreement::Agrees);
        assert!(
            matches!(against("51-54", 50.4, 1.0), Agreement::Differs(d) if (d + 0.6).abs() < 1e-9)
        );
        assert_eq!(against("51.3", f64::NAN, 1.0), Agreement::Missing);
        // 94673 * 0.05 = 4733.65
        assert_eq!(against("94673", 4733.0, 0.05), Agreement::Agrees);
        assert!(matches!(against("94673", 4740.0, 0.05), Agreement::Differs(_)));
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
