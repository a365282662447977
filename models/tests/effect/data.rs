//! Random persons.

use afgang_models::{Assignment, Design, Factor, OutcomePaths};
use ndarray::Array2;

/// Uniform numbers in (0, 1) by a counter (SplitMix64).
pub(crate) struct Uniform(pub(crate) u64);

impl Uniform {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.next() < p
    }
}

/// Persons with a stratum, a number and a factor, who are treated by them; outcomes from 0 to 1 at three times that depend on them,
/// a tenth missing at the last.
pub(crate) struct Persons {
    pub(crate) treated: Vec<bool>,
    pub(crate) weights: Vec<f64>,
    pub(crate) strata: Vec<&'static str>,
    pub(crate) age: Vec<f64>,
    pub(crate) values: Array2<f64>,
}

impl Persons {
    pub(crate) fn draw(n: usize, seed: u64) -> Self {
        let mut u = Uniform(seed);
        let mut of = Self {
            treated: Vec::new(),
            weights: Vec::new(),
            strata: Vec::new(),
            age: Vec::new(),
            values: Array2::zeros((n, 3)),
        };
        for row in 0..n {
            let stratum = (3.0 * u.next()) as usize;
            let age = 18.0 + 12.0 * u.next();
            let treated = u.chance(0.25 + 0.15 * stratum as f64 + 0.01 * (age - 18.0));
            of.strata.push(["east", "north", "west"][stratum]);
            of.age.push(age);
            of.treated.push(treated);
            of.weights.push(0.5 + u.next());
            for time in 0..3 {
                let p = 0.1 + 0.1 * time as f64 + 0.15 * f64::from(u8::from(treated));
                let p = p + 0.1 * stratum as f64 + 0.01 * (age - 18.0);
                let value = if time == 1 { p * u.next() } else { f64::from(u8::from(u.chance(p))) };
                let missing = time == 2 && u.chance(0.1);
                of.values[(row, time)] = if missing { f64::NAN } else { value };
            }
        }
        of
    }

    pub(crate) fn paths(&self) -> OutcomePaths {
        OutcomePaths::new(vec![4.0, 8.0, 12.0], self.values.clone()).unwrap()
    }

    pub(crate) fn covariates(&self) -> Design {
        Design::builder()
            .numeric("age", self.age.clone())
            .factor("stratum", Factor::new(&self.strata))
            .build()
            .unwrap()
    }

    pub(crate) fn with_weights(&self, weights: Vec<f64>) -> Assignment {
        Assignment::new(&self.treated)
            .unwrap()
            .with_weights(weights)
            .unwrap()
            .with_strata(Factor::new(&self.strata))
            .unwrap()
            .with_covariates(self.covariates())
            .unwrap()
    }

    pub(crate) fn assignment(&self) -> Assignment {
        self.with_weights(self.weights.clone())
    }

    /// The rows in another order.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        Self {
            treated: order.iter().map(|&row| self.treated[row]).collect(),
            weights: order.iter().map(|&row| self.weights[row]).collect(),
            strata: order.iter().map(|&row| self.strata[row]).collect(),
            age: order.iter().map(|&row| self.age[row]).collect(),
            values: self.values.select(ndarray::Axis(0), order),
        }
    }
}
