//! Curves drawn from the distribution of an estimate's error, and how far they stray.

use std::ops::Range;

use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::curve::Curve;
use crate::draws::{STEP, mix};
use crate::event_table::Step;
use crate::influence::{OnIncidence, OnSurvival, Order, Sink, walk, weight_and_copies};
use crate::spells::Spells;
use crate::variance::Variance;

/// Draws; one more is a round number, so that levels such as 0.95 fall on a draw.
pub(super) const DRAWS: usize = 1999;

/// Draws that share a pass: the bits of a random word are the signs.
const SIGNS: usize = 64;

/// Suprema of $|X(t)| / \sigma(t)$ for the incidence of a cause, or without one the survival: $X$ is moved by normal errors in the
/// hazards of each time.
pub(super) fn suprema_of_counts(
    steps: &[Step<'_>],
    cause: Option<usize>,
    curve: &Curve,
    stretch: &Range<usize>,
    seed: u64,
) -> Vec<f64> {
    // At each time: hazards of the cause and of the others, standard deviations of their errors.
    struct Moment {
        hazards: [f64; 2],
        /// A factor of the covariance of the errors.
        factor: [f64; 3],
    }
    let moments: Vec<Moment> = steps
        .iter()
        .map(|step| {
            let y = step.at_risk;
            let of_cause = cause.map_or(step.total, |cause| step.events[cause]);
            let error = Variance::Greenwood.of_hazards(y, of_cause, step.total - of_cause);
            let first = error.cause.sqrt();
            let mixed = if first > 0.0 { error.between / first } else { 0.0 };
            let second = (error.others - mixed * mixed).max(0.0).sqrt();
            Moment {
                hazards: [of_cause / y, (step.total - of_cause) / y],
                factor: [first, mixed, second],
            }
        })
        .collect();
    let standard = Normal::standard();
    let draw = |draw: usize| {
        let stream = hash(seed, draw as u64, 0);
        let (mut moved, mut others, mut survival) = (0.0_f64, 0.0, 1.0);
        let mut supremum = 0.0_f64;
        for (row, Moment { hazards: [h, o], factor }) in
            moments.iter().enumerate().take(stretch.end)
        {
            if survival <= 0.0 {
                break;
            }
            let random = |place: u64| normal(&standard, hash(stream, row as u64, place));
            let (mut error, mut other) = (0.0, 0.0);
            if factor[0] > 0.0 {
                let x = random(1);
                (error, other) = (factor[0] * x, factor[1] * x);
            }
            if factor[2] > 0.0 {
                other += factor[2] * random(2);
            }
            (moved, others) = (
                (1.0 - h) * moved - h * others + survival * error,
                (1.0 - o) * others - o * moved + survival * other,
            );
            survival *= 1.0 - h - o;
            if stretch.contains(&row) && curve.std_error[row] > 0.0 {
                supremum = supremum.max((moved / curve.std_error[row]).abs());
            }
        }
        supremum
    };
    (0..DRAWS).into_par_iter().map(draw).collect()
}

/// Spells in the order in which they are walked past.
pub(super) struct Walked<'a> {
    spells: &'a Spells,
    order: Order,
    /// What the random sign of a row goes by.
    numbers: Vec<usize>,
    steps: &'a [Step<'a>],
}

impl<'a> Walked<'a> {
    /// The spells with the steps of their table.
    pub(super) fn new(spells: &'a Spells, steps: &'a [Step<'a>]) -> Self {
        let order = Order::new(spells);
        let numbers = order.numbers(spells);
        Self { spells, order, numbers, steps }
    }
}

/// The same with the influences of rows or clusters, each multiplied by a random sign.
pub(super) fn suprema_of_spells(
    walked: &Walked<'_>,
    cause: Option<usize>,
    curve: &Curve,
    stretch: &Range<usize>,
    seed: u64,
) -> Vec<f64> {
    let steps = &walked.steps[..stretch.end];
    let blocks = DRAWS.div_ceil(SIGNS);
    let suprema: Vec<[f64; SIGNS]> = (0..blocks)
        .into_par_iter()
        .map(|block| {
            let mut signed = Signed {
                numbers: &walked.numbers,
                weight_and_copies: weight_and_copies(walked.spells),
                stream: hash(seed, block as u64, 1),
                sums: [[0.0; SIGNS]; 3],
                std_errors: &curve.std_error,
                stretch,
                row: 0,
                suprema: [0.0; SIGNS],
            };
            let (spells, order, estimate) = (walked.spells, &walked.order, &curve.estimate);
            match cause {
                None => walk(spells, order, steps, OnSurvival::new(estimate), &mut signed),
                Some(cause) => {
                    walk(spells, order, steps, OnIncidence::new(cause, estimate), &mut signed);
                }
            }
            signed.suprema
        })
        .collect();
    suprema.into_iter().flatten().take(DRAWS).collect()
}

/// Sums of influences times random signs, of which a word has many.
struct Signed<'a, W> {
    numbers: &'a [usize],
    weight_and_copies: W,
    stream: u64,
    /// Of the parts $a$, $b$ and $m$.
    sums: [[f64; SIGNS]; 3],
    std_errors: &'a [f64],
    stretch: &'a Range<usize>,
    row: usize,
    suprema: [f64; SIGNS],
}

impl<W: Fn(usize) -> (f64, f64)> Sink for Signed<'_, W> {
    fn change(&mut self, row: usize, a: f64, b: f64, m: f64) {
        let (weight, copies) = (self.weight_and_copies)(row);
        let word = hash(self.stream, self.numbers[row] as u64, 2);
        // Many equal spells that are drawn by themselves spread as the root of their number.
        let weight = weight * copies.sqrt();
        for (sums, part) in self.sums.iter_mut().zip([a, b, m]) {
            if part != 0.0 {
                let size = (weight * part).to_bits();
                for (place, sum) in sums.iter_mut().enumerate() {
                    // The sign of a number is its first bit.
                    *sum += f64::from_bits(size ^ ((word >> place) << 63));
                }
            }
        }
    }

    fn step(&mut self, f: f64, p: f64) {
        let std_error = self.std_errors[self.row];
        if self.stretch.contains(&self.row) && std_error > 0.0 {
            for (place, supremum) in self.suprema.iter_mut().enumerate() {
                let [a, b, m] = [0, 1, 2].map(|part: usize| self.sums[part][place]);
                *supremum = supremum.max(((a + b * f + m * p) / std_error).abs());
            }
        }
        self.row += 1;
    }
}

/// A word as a normal number.
pub(super) fn normal(standard: &Normal, word: u64) -> f64 {
    standard.inverse_cdf(((word >> 11) as f64 + 0.5) / (1_u64 << 53) as f64)
}

/// A random word that depends on what it is for.
pub(super) fn hash(seed: u64, draw: u64, place: u64) -> u64 {
    let word = mix(seed ^ STEP).wrapping_add(mix(draw.wrapping_mul(STEP)));
    mix(word ^ mix(place.wrapping_add(STEP)))
}
