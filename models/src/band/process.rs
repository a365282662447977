//! A normal process at given times: how far it strays.

use nalgebra::DMatrix;
use rayon::prelude::*;
use statrs::distribution::Normal;

use super::simulated::{DRAWS, hash, normal};

/// Variances that those before leave this little of are explained by them.
const EXPLAINED: f64 = 1e-10;

/// Suprema of $|X|$ for draws of a normal vector with the given correlations.
///
/// Sums of influences times independent normal numbers have this distribution (the multiplier bootstrap), whatever the number of
/// influences.
pub(crate) fn suprema_of_process(correlation: &DMatrix<f64>, seed: u64) -> Vec<f64> {
    let n = correlation.nrows();
    // Cholesky's factor, with columns of 0 where nothing is left.
    let mut factor = DMatrix::<f64>::zeros(n, n);
    for column in 0..n {
        let known: f64 = (0..column).map(|k| factor[(column, k)].powi(2)).sum();
        let left = correlation[(column, column)] - known;
        if left > EXPLAINED {
            let root = left.sqrt();
            factor[(column, column)] = root;
            for row in column + 1..n {
                let known: f64 = (0..column).map(|k| factor[(row, k)] * factor[(column, k)]).sum();
                factor[(row, column)] = (correlation[(row, column)] - known) / root;
            }
        }
    }
    let standard = Normal::standard();
    let draw = |draw: usize| {
        let stream = hash(seed, draw as u64, 3);
        let z: Vec<f64> =
            (0..n).map(|place| normal(&standard, hash(stream, place as u64, 4))).collect();
        let value = |row: usize| (0..=row).map(|k| factor[(row, k)] * z[k]).sum::<f64>();
        (0..n).map(value).fold(0.0_f64, |supremum, value| supremum.max(value.abs()))
    };
    (0..DRAWS).into_par_iter().map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band::quantile;

    /// One number twice strays as one, two independent ones as their larger: 1.96 and 2.236.
    #[test]
    fn known_quantiles() {
        let at = |correlation: f64| {
            let matrix = DMatrix::from_row_slice(2, 2, &[1.0, correlation, correlation, 1.0]);
            quantile(0.95, suprema_of_process(&matrix, 1)).unwrap()
        };
        assert!((at(1.0) - 1.96).abs() < 0.08, "{}", at(1.0));
        assert!((at(-1.0) - at(1.0)).abs() < 1e-9);
        assert!((at(0.0) - 2.236).abs() < 0.08, "{}", at(0.0));
    }
}
