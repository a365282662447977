//! Quantiles of a curve.

use crate::curve::Curve;

/// Which time is the quantile where the curve is flat at its level.
///
/// Months make this common: with half of the spells gone by month 3 and the next exit in month 5, every time
/// from 3 to 5 is a median.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QuantileRule {
    /// The middle of the flat stretch, as R's `survfit`. The default.
    #[default]
    Midpoint,
    /// Its first time, as SAS prints with `PERCENTILE` limits, Stata and lifelines.
    First,
}

/// A quantile with the limits that follow from those of the curve; `NaN` where the curve does not come so far.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Quantile {
    /// The part that has left, between 0 and 1.
    pub probability: f64,
    /// The first time at which so many have left.
    pub estimate: f64,
    /// Lower limit.
    pub conf_low: f64,
    /// Upper limit.
    pub conf_high: f64,
}

/// Levels that are this close are equal: products of fractions miss one half by a few units in the last place.
const SAME: f64 = 1e-9;

impl Curve {
    /// The time by which a part `probability` of all has left.
    ///
    /// For a survival curve $\hat S$ it is $\inf\\{t : \hat S(t) \le 1 - p\\}$, for a cumulative incidence
    /// $\inf\\{t : \hat F(t) \ge p\\}$. The limits are the quantiles of the curve's limits (Brookmeyer and Crowley 1982), so
    /// they follow its interval and level. Where limits come back again, as upper ones do when few are left, the first time
    /// counts, as R prints it.
    ///
    /// All is `NaN` for a probability that is not above 0 and at most 1, and for what the curve does not reach.
    ///
    /// ```
    /// use afgang_models::{EventTable, KaplanMeier, QuantileRule};
    ///
    /// // Half are left from 3 to 5, a quarter after 5.
    /// let table = EventTable::from_counts(1, &[2.0, 3.0, 5.0, 9.0], &[1, 1, 1, 0], &[0, 0, 0, 1], None)?;
    /// let survival = KaplanMeier::new().fit(&table)?;
    /// assert_eq!(survival.quantile(0.5, QuantileRule::Midpoint).estimate, 4.0);
    /// assert_eq!(survival.quantile(0.5, QuantileRule::First).estimate, 3.0);
    /// assert!(survival.quantile(0.9, QuantileRule::First).estimate.is_nan());
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64, rule: QuantileRule) -> Quantile {
        if !(probability > 0.0 && probability <= 1.0) {
            let none = f64::NAN;
            return Quantile { probability, estimate: none, conf_low: none, conf_high: none };
        }
        // Falling curves are turned over, so that all rise from 0.
        let falls = self.start > 0.0;
        let rising = |value: f64| if falls { 1.0 - value } else { value };
        let of = |column: &[f64]| self.first_time(column, probability, rule, rising);
        let (low, high) = (of(&self.conf_low), of(&self.conf_high));
        // The limit that is reached first is the lower one.
        let (conf_low, conf_high) = if falls { (low, high) } else { (high, low) };
        Quantile { probability, estimate: of(&self.estimate), conf_low, conf_high }
    }

    /// When a column of the curve first comes to the level.
    fn first_time(
        &self,
        column: &[f64],
        probability: f64,
        rule: QuantileRule,
        rising: impl Fn(f64) -> f64,
    ) -> f64 {
        let reached = |value: f64, level: f64| rising(value) >= level;
        let Some(row) = column.iter().position(|&v| reached(v, probability - SAME)) else {
            return f64::NAN;
        };
        let first = self.time[row];
        if rule == QuantileRule::First || rising(column[row]) > probability + SAME {
            return first;
        }
        match column.iter().position(|&v| reached(v, probability + SAME)) {
            Some(next) => first.midpoint(self.time[next]),
            // Flat to the end: the follow-up ends there.
            None => self.time.last().map_or(first, |&last| first.midpoint(last)),
        }
    }
}
