//! A logarithmic axis with round ticks.

use super::super::chart::{Forest, Ratio};
use super::super::text::{self, Weight};
use crate::labels::{self, Lang};

/// An axis of ratios.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RatioAxis {
    low: f64,
    high: f64,
    pub(super) ticks: Vec<f64>,
    /// Digits after the decimal mark of all ticks; `None`: as many as each needs.
    decimals: Option<usize>,
}

/// An interval farther than this factor beyond all estimates is cut.
const BEYOND: f64 = 3.0;

impl RatioAxis {
    /// An axis that holds all estimates, and their intervals as far as these are not far wider than the estimates.
    pub(super) fn of(chart: &Forest, units: f64, size: f64, lang: Lang) -> Self {
        let ratios = || {
            chart.panels.iter().flat_map(|panel| &panel.effects).filter_map(|effect| {
                match effect.ratio {
                    Ratio::Estimate { estimate, low, high }
                        if estimate.is_finite() && estimate > 0.0 =>
                    {
                        Some((estimate, low, high))
                    }
                    _ => None,
                }
            })
        };
        let least = ratios().map(|r| r.0).fold(1.0, f64::min).max(1e-6);
        let most = ratios().map(|r| r.0).fold(1.0, f64::max).min(1e6);
        let limit = |value: f64| value.is_finite() && value > 0.0;
        let low = ratios().map(|r| r.1).filter(|&v| limit(v)).fold(least, f64::min);
        let high = ratios().map(|r| r.2).filter(|&v| limit(v)).fold(most, f64::max);
        let low = low.max(least / BEYOND).min(0.92) / 1.03;
        let high = high.min(most * BEYOND).max(1.09) * 1.03;
        let axis = |ticks: Vec<f64>, decimals| Self { low, high, ticks, decimals };
        let inside = |ticks: Vec<f64>| -> Vec<f64> {
            ticks.into_iter().filter(|&tick| tick >= low && tick <= high).collect()
        };
        let linear = [(0.05, 2), (0.1, 1), (0.2, 1)].into_iter().map(|(step, decimals)| {
            let ticks = (1..=60).map(|i| (f64::from(i) * step * 100.0).round() / 100.0).collect();
            (ticks, Some(decimals))
        });
        let per_decade: [&[f64]; 4] =
            [&[1.0, 1.5, 2.0, 3.0, 5.0, 7.5], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
        let decades = per_decade.into_iter().map(|leads| {
            let of = |power: i32| leads.iter().map(move |lead| lead * 10_f64.powi(power));
            ((-7..=7).flat_map(of).collect(), None)
        });
        linear
            .chain(decades)
            .map(|(ticks, decimals)| axis(inside(ticks), decimals))
            .find(|axis| axis.ticks.len() < 8 && axis.keeps_apart(units, size, lang))
            .unwrap_or_else(|| axis(vec![1.0], None))
    }

    /// Where a ratio lies between the ends, 0 to 1 (outside for ratios outside).
    pub(super) fn part(&self, ratio: f64) -> f64 {
        (ratio / self.low).max(f64::MIN_POSITIVE).ln() / (self.high / self.low).ln()
    }

    pub(super) fn holds(&self, ratio: f64) -> bool {
        ratio >= self.low && ratio <= self.high
    }

    /// The number at a tick.
    pub(super) fn name(&self, tick: f64, lang: Lang) -> String {
        let needed = || {
            (0..6).find(|&digits| {
                let scaled = tick * 10_f64.powi(digits);
                (scaled - scaled.round()).abs() < 1e-6
            })
        };
        let digits = self.decimals.unwrap_or_else(|| needed().unwrap_or(6) as usize);
        labels::number(tick, digits, lang)
    }

    fn keeps_apart(&self, units: f64, size: f64, lang: Lang) -> bool {
        let wide = |tick: f64| text::width(&self.name(tick, lang), size, Weight::Regular);
        self.ticks.windows(2).all(|pair| {
            let room = (self.part(pair[1]) - self.part(pair[0])) * units;
            f64::midpoint(wide(pair[0]), wide(pair[1])) + 5.0 <= room
        })
    }
}
