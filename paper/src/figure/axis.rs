//! Ticks at round numbers.

use super::text::{self, Weight};
use crate::labels::{self, Lang};

/// A linear axis from `min` to `max` with its ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) ticks: Vec<f64>,
    /// Digits after the decimal mark that the ticks need.
    pub(super) decimals: usize,
}

impl Axis {
    /// An axis from 0 (or below, for negative data) to a round number that covers `low..=high` in about `wanted` steps.
    ///
    /// Data that are not finite or have no extent give the axis 0–1.
    pub(super) fn nice(low: f64, high: f64, wanted: usize) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        if !(low.is_finite() && high.is_finite()) || high - low < 1e-12 {
            return Self { min: 0.0, max: 1.0, ticks: vec![0.0, 0.5, 1.0], decimals: 1 };
        }
        let step = nice_step((high - low) / wanted.max(1) as f64);
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil();
        let count = (last - first).round() as usize;
        let ticks: Vec<f64> = (0..=count).map(|i| (first + i as f64) * step).collect();
        Self { min: first * step, max: last * step, ticks, decimals: decimals_of(step) }
    }

    /// An axis between round numbers around `low..=high` in about `wanted` steps, whether 0 is among them or not.
    ///
    /// Data that are not finite or have no extent get the axis of [`nice`](Self::nice).
    pub(super) fn around(low: f64, high: f64, wanted: usize) -> Self {
        let extent = high - low;
        if !(extent.is_finite() && extent > 1e-9 * high.abs()) {
            return Self::nice(low, high, wanted);
        }
        let step = nice_step(extent / wanted.max(1) as f64);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let count = (last - first).round() as usize;
        let ticks: Vec<f64> = (0..=count).map(|i| (first + i as f64) * step).collect();
        Self { min: first * step, max: last * step, ticks, decimals: decimals_of(step) }
    }

    /// A time axis from `min` to `max` with ticks at multiples of `step`, and one at `min`.
    pub(super) fn time(min: f64, max: f64, step: f64) -> Self {
        let min = if min.is_finite() { min } else { 0.0 };
        let max = if max.is_finite() && max > min { max } else { min + 1.0 };
        let length = max - min;
        let step = if step.is_finite() && step > 0.0 { step.max(length / 500.0) } else { length };
        let first = (min / step - 1e-9).ceil();
        let count = ((max / step + 1e-9).floor() - first).max(0.0) as usize;
        let mut ticks: Vec<f64> = (0..=count).map(|i| (first + i as f64) * step).collect();
        ticks.retain(|tick| *tick <= max + 1e-9 * length);
        match ticks.first_mut() {
            // A tick that is close to the first one gives way to it.
            Some(tick) if *tick - min < 0.5 * step => *tick = min,
            _ => ticks.insert(0, min),
        }
        // As many digits as tell the ticks, or two more than the step has where they begin at an odd time.
        let most = (decimals_of(step) + 2).min(18);
        let whole = |tick: &f64, unit: f64| {
            (tick * unit - (tick * unit).round()).abs() < 1e-6 * (step * unit).min(1.0)
        };
        let unit = |digits: usize| 10_f64.powi(digits as i32);
        let tell = |digits: &usize| ticks.iter().all(|tick| whole(tick, unit(*digits)));
        let decimals = (0..=most).find(tell).unwrap_or(most);
        // 0.3 and not 0.1 three times, for a time of the data may be there.
        let unit = unit(decimals);
        for tick in ticks.iter_mut().skip(1) {
            *tick = (*tick * unit).round() / unit;
        }
        Self { min, max, ticks, decimals }
    }

    /// The axis with the first tick and each so many after it.
    pub(super) fn with_each(&self, many: usize) -> Self {
        let ticks = self.ticks.iter().copied().step_by(many.max(1)).collect();
        Self { ticks, ..self.clone() }
    }

    /// Whether the labels of neighbouring ticks keep apart on an axis of so many units.
    pub(super) fn labels_fit(&self, units: f64, size: f64, lang: Lang) -> bool {
        let label = |&tick: &f64| {
            text::width(&labels::number(tick, self.decimals, lang), size, Weight::Regular)
        };
        let widest = self.ticks.iter().map(label).fold(0.0, f64::max);
        self.apart(units, (widest + 6.0).max(30.0))
    }

    /// Whether the first ticks have so much room between them on an axis of so many units.
    pub(super) fn apart(&self, units: f64, room: f64) -> bool {
        self.ticks.get(1).is_none_or(|&tick| self.part(tick) * units >= room)
    }

    /// Whether `value` is on the axis.
    pub(super) fn holds(&self, value: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.part(value))
    }

    /// Where `value` lies between the ends, 0 to 1 (outside for values outside).
    pub(super) fn part(&self, value: f64) -> f64 {
        (value - self.min) / (self.max - self.min)
    }
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that is at least `rough`.
fn nice_step(rough: f64) -> f64 {
    step_among(&[1.0, 2.0, 2.5, 5.0], rough)
}

/// The smallest of these times a power of ten that is at least `rough`.
fn step_among(leads: &[f64], rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let lead = rough / power;
    leads.iter().copied().find(|n| lead <= n + 1e-9).unwrap_or(10.0) * power
}

/// Digits after the decimal mark that multiples of a nice step need.
fn decimals_of(step: f64) -> usize {
    let power = (step.log10() + 1e-9).floor();
    let quarter = (step / 10_f64.powf(power) - 2.5).abs() < 1e-6;
    (f64::from(quarter) - power).max(0.0) as usize
}

/// 1, 2 and 5 times powers of ten, from the smallest that is at least `rough`.
fn round_steps(rough: f64) -> impl Iterator<Item = f64> {
    let next = |rough: f64| step_among(&[1.0, 2.0, 5.0], rough);
    std::iter::successors(Some(next(rough)), move |step| Some(next(1.5 * step)))
}

/// The smallest usual distance of times that `fits`, in parts of 1, 2 and 5 where there are less than two months.
pub(super) fn time_step(min: f64, max: f64, fits: impl Fn(&Axis) -> bool) -> f64 {
    let length = max - min;
    if !(length > 0.0 && length < 2.0) {
        return month_step(min, max, fits);
    }
    let mut last = length;
    for step in round_steps(length / 6.0).take_while(|&step| step <= length) {
        last = step;
        if fits(&Axis::time(min, max, step)) {
            break;
        }
    }
    last
}

/// The smallest distance of places in an order, in parts of 1, 2 and 5, that `fits`.
pub(super) fn rank_step(min: f64, max: f64, fits: impl Fn(&Axis) -> bool) -> f64 {
    round_steps(1.0)
        .take_while(|&step| step < max - min)
        .find(|&step| fits(&Axis::time(min, max, step)))
        .unwrap_or(max - min)
}

/// The smallest usual distance of months that `fits`; the whole length where none does.
pub(super) fn month_step(min: f64, max: f64, fits: impl Fn(&Axis) -> bool) -> f64 {
    const STEPS: [f64; 9] = [1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 36.0, 60.0, 120.0];
    STEPS
        .into_iter()
        .find(|&step| (max - min) / step < 200.0 && fits(&Axis::time(min, max, step)))
        .unwrap_or_else(|| nice_step((max - min).max(1.0) / 4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len(), "{got:?} {want:?}");
        for (g, w) in got.iter().zip(want) {
            assert!((g - w).abs() < 1e-9, "{got:?} {want:?}");
        }
    }

    #[test]
    fn ticks_are_round_and_cover_the_data() {
        let axis = Axis::nice(0.0, 0.273, 5);
        close(&axis.ticks, &[0.0, 0.1, 0.2, 0.3]);
        assert_eq!(axis.decimals, 1);
        close(&Axis::nice(0.0, 27.3, 5).ticks, &[0.0, 10.0, 20.0, 30.0]);
        close(&Axis::nice(0.0, 100.0, 5).ticks, &[0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        close(&Axis::nice(0.0, 1.0, 4).ticks, &[0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(Axis::nice(0.0, 1.0, 4).decimals, 2);
        close(&Axis::nice(0.0, 10.0, 4).ticks, &[0.0, 2.5, 5.0, 7.5, 10.0]);
        let decimals =
            [0.001, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 5.0, 25.0, 1000.0].map(decimals_of);
        assert_eq!(decimals, [3, 2, 3, 2, 1, 2, 0, 1, 0, 0, 0]);
        close(&Axis::nice(-3.0, 4.0, 4).ticks, &[-4.0, -2.0, 0.0, 2.0, 4.0]);
    }

    #[test]
    fn an_axis_around_the_data_need_not_hold_zero() {
        let axis = Axis::around(30_273.0, 41_525.0, 5);
        close(&axis.ticks, &[30_000.0, 32_500.0, 35_000.0, 37_500.0, 40_000.0, 42_500.0]);
        assert_eq!(axis.decimals, 0);
        // Without extent there is nothing to go around.
        assert_eq!(Axis::around(5.0, 5.0, 5), Axis::nice(5.0, 5.0, 5));
        assert_eq!(Axis::around(f64::NAN, 5.0, 5), Axis::nice(f64::NAN, 5.0, 5));
    }

    #[test]
    fn strange_data_give_an_axis_all_the_same() {
        for (low, high) in
            [(f64::NAN, 1.0), (0.0, f64::INFINITY), (0.0, 0.0), (f64::NEG_INFINITY, 3.0)]
        {
            let axis = Axis::nice(low, high, 5);
            assert!(axis.max > axis.min, "{low} {high} {axis:?}");
        }
        assert_eq!(Axis::time(f64::NAN, f64::NAN, f64::NAN).ticks, [0.0, 1.0]);
        assert!(Axis::time(0.0, 1e9, 1e-9).ticks.len() <= 501);
    }

    #[test]
    fn months_step_by_usual_numbers() {
        let steps = [(12.0, 13), (18.0, 7), (36.0, 4), (107.0, 9), (107.0, 5), (107.0, 4)];
        let got: Vec<f64> = steps
            .iter()
            .map(|&(max, most)| month_step(0.0, max, |axis| axis.ticks.len() <= most))
            .collect();
        close(&got, &[1.0, 3.0, 12.0, 12.0, 24.0, 36.0]);
        assert!(month_step(0.0, 1e6, |_| true) >= 2.5e5);
        assert!(month_step(0.0, f64::NAN, |_| true) > 0.0);
    }

    #[test]
    fn ranks_step_by_round_numbers() {
        let axis = |max: f64, most: usize| {
            let step = rank_step(1.0, max, |axis| axis.ticks.len() <= most);
            Axis::time(1.0, max, step).ticks
        };
        close(&axis(5.0, 9), &[1.0, 2.0, 3.0, 4.0, 5.0]);
        let tens = [1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0];
        close(&axis(94.0, 12), &tens);
        close(&axis(94.0, 2), &[1.0, 50.0]);
        close(&Axis::time(1.0, f64::NAN, rank_step(1.0, f64::NAN, |_| false)).ticks, &[1.0, 2.0]);
    }

    #[test]
    fn short_times_have_round_parts() {
        let axis = |max: f64, most: usize| {
            let step = time_step(0.0, max, |axis| axis.ticks.len() <= most);
            Axis::time(0.0, max, step)
        };
        // Exactly the decimals, so that a time of the data at a tick is not after it.
        assert_eq!(axis(1.0, 9).ticks, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(axis(0.35, 9).ticks, [0.0, 0.1, 0.2, 0.3]);
        assert_eq!(axis(0.05, 9).ticks, [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]);
        assert_eq!(axis(0.05, 5).ticks, [0.0, 0.02, 0.04]);
        assert_eq!(axis(1e-9, 9).ticks, [0.0, 2e-10, 4e-10, 6e-10, 8e-10, 1e-9]);
        let decimals = [(1.0, 9), (0.35, 9), (0.05, 9), (1e-9, 9), (1.9, 9), (3.0, 9)];
        assert_eq!(decimals.map(|(max, most)| axis(max, most).decimals), [1, 1, 2, 10, 1, 0]);
        // Two months and more have whole steps.
        assert_eq!(axis(2.0, 9).ticks, [0.0, 1.0, 2.0]);
        assert!(axis(f64::MIN_POSITIVE, 9).ticks.len() < 10);
    }

    #[test]
    fn time_ends_where_the_data_end() {
        let axis = Axis::time(0.0, 107.0, 24.0);
        close(&axis.ticks, &[0.0, 24.0, 48.0, 72.0, 96.0]);
        assert!((axis.part(107.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn time_begins_where_the_landmark_is() {
        close(&Axis::time(12.0, 72.0, 12.0).ticks, &[12.0, 24.0, 36.0, 48.0, 60.0, 72.0]);
        close(&Axis::time(3.0, 40.0, 12.0).ticks, &[3.0, 12.0, 24.0, 36.0]);
        close(&Axis::time(10.0, 40.0, 12.0).ticks, &[10.0, 24.0, 36.0]);
        close(&Axis::time(1.0, 5.0, 12.0).ticks, &[1.0]);
        assert_eq!(Axis::time(2.5, 40.0, 12.0).decimals, 1);
    }
}
