//! Stars of small p-values.

use crate::labels::Lang;

/// Levels below which a p-value has stars.
#[derive(Debug, Clone, PartialEq)]
pub struct Stars(Vec<f64>);

/// At most so many stars.
const MOST: &str = "***";

impl Default for Stars {
    /// Three stars below 0.01, two below 0.05, one below 0.1.
    fn default() -> Self {
        Self(vec![0.01, 0.05, 0.1])
    }
}

impl Stars {
    /// Up to three levels between 0 and 1, the smallest with the most stars; none for no stars. `None` for others.
    ///
    /// ```
    /// use afgang::regression_table::Stars;
    ///
    /// let stars = Stars::new(&[0.05, 0.01, 0.001]).unwrap();
    /// assert_eq!([stars.of(0.04), stars.of(0.0001), stars.of(0.05)], ["*", "***", ""]);
    /// assert_eq!(Stars::new(&[5.0]), None);
    /// ```
    pub fn new(levels: &[f64]) -> Option<Self> {
        let mut levels = levels.to_vec();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        let good = levels.iter().all(|level| *level > 0.0 && *level < 1.0);
        (good && levels.len() <= MOST.len()).then_some(Self(levels))
    }

    /// The stars of a p-value; none for what is no number.
    pub fn of(&self, p_value: f64) -> &'static str {
        let passed = self.0.iter().filter(|level| p_value < **level).count();
        &MOST[..passed]
    }

    /// What they mean.
    pub(super) fn in_words(&self, lang: Lang) -> Option<String> {
        let count = self.0.len();
        let of = |(place, level): (usize, &f64)| {
            let level = if lang == Lang::Da {
                level.to_string().replace('.', ",")
            } else {
                level.to_string()
            };
            format!("{} p < {level}", &MOST[..count - place])
        };
        let levels: Vec<String> = self.0.iter().enumerate().map(of).collect();
        (!levels.is_empty()).then(|| levels.join(", "))
    }
}
