//! Pseudo-values of cumulative incidence from its influence.

use ndarray::Array2;

use crate::aalen_johansen::AalenJohansen;
use crate::curve::Curve;
use crate::error::Result;
use crate::influence::{OnIncidence, Order, Sink, walk};
use crate::spells::{Spells, Weights};

/// Of some rows of the spells, with weights: rows by times.
pub(super) fn pseudo_values(
    spells: &Spells,
    rows: &[usize],
    weights: Vec<f64>,
    cause: usize,
    times: &[f64],
) -> Result<Array2<f64>> {
    let total: f64 = weights.iter().sum();
    let spells = spells.pick(rows)?.with_weights(Weights::Sampling(weights))?;
    let table = spells.table()?;
    let curve = &AalenJohansen::new().fit(&table)?[cause];
    let steps = table.steps()?;
    // Until somebody is censored it is known who has left; beyond the last time, if some were still in, nothing is.
    let censored = (0..spells.len())
        .filter(|&row| spells.cause()[row].is_none())
        .map(|row| spells.exit()[row]);
    let censored = censored.fold(f64::INFINITY, f64::min);
    let last = steps.last().filter(|step| step.censored > 0.0);
    let last = last.map_or(f64::INFINITY, |step| step.time);
    let value = |(row, place): (usize, usize)| {
        let left = spells.exit()[row] <= times[place] && spells.cause()[row] == Some(cause);
        f64::from(u8::from(left))
    };
    let mut values = Array2::from_shape_fn((spells.len(), times.len()), value);
    for (place, &time) in times.iter().enumerate() {
        if time > last {
            values.column_mut(place).fill(f64::NAN);
        }
    }
    let from = times.partition_point(|&time| time <= censored);
    let until = times.partition_point(|&time| time <= last);
    let mut sink = Pseudo {
        influence: vec![[0.0; 3]; spells.len()],
        curve,
        times: &times[..until],
        step: 0,
        from,
        total,
        values,
    };
    let influence = OnIncidence::new(cause, &curve.estimate);
    walk(&spells, &Order::new(&spells), &steps, influence, &mut sink);
    Ok(sink.values)
}

/// Fills in the values after each step until the next.
struct Pseudo<'a> {
    influence: Vec<[f64; 3]>,
    curve: &'a Curve,
    times: &'a [f64],
    step: usize,
    /// First time whose values are not known yet.
    from: usize,
    total: f64,
    values: Array2<f64>,
}

impl Sink for Pseudo<'_> {
    fn change(&mut self, row: usize, a: f64, b: f64, m: f64) {
        for (part, change) in self.influence[row].iter_mut().zip([a, b, m]) {
            *part += change;
        }
    }

    fn step(&mut self, f: f64, p: f64) {
        let next = self.curve.time.get(self.step + 1).copied().unwrap_or(f64::INFINITY);
        let incidence = self.curve.estimate[self.step];
        while self.from < self.times.len() && self.times[self.from] < next {
            for (row, [a, b, m]) in self.influence.iter().enumerate() {
                self.values[(row, self.from)] = incidence + self.total * (a + b * f + m * p);
            }
            self.from += 1;
        }
        self.step += 1;
    }
}
