//! Columns that others determine.

use nalgebra::{DMatrix, DVector};

/// A column that a fit left out, and what it is a combination of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Collinear {
    /// Name of the column.
    pub column: String,
    /// The columns it is a combination of (up to a constant, which the baseline takes up), with their coefficients.
    /// Empty if the column is constant wherever there are events.
    pub with: Vec<(String, f64)>,
}

/// What to do with collinear columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCollinear {
    /// Leave out each column that the columns before it determine, and say so in the fit. Default, as in R (whose
    /// coefficient is then `NA`).
    #[default]
    Drop,
    /// Refuse the fit.
    Refuse,
}

/// Part of a column's information that must be left once the columns before it have theirs. Rounding leaves less
/// than 1e-13 of it; a column that shares all but 1e-10 with others has standard errors of 1e5 times those alone.
const TOLERANCE: f64 = 1e-10;

/// Columns to keep, and the others with the coefficients of the kept ones that they are combinations of.
pub(crate) struct Kept {
    pub(crate) columns: Vec<usize>,
    pub(crate) dropped: Vec<(usize, Vec<(usize, f64)>)>,
}

/// Goes through the columns in order and keeps those that are not determined by the ones kept before.
pub(crate) fn independent_columns(information: &DMatrix<f64>, least: &[f64]) -> Kept {
    let p = information.nrows();
    let mut kept: Vec<usize> = Vec::new();
    let mut dropped = Vec::new();
    // Rows of the Cholesky factor of the kept columns' correlation matrix.
    let mut factor: Vec<DVector<f64>> = Vec::new();
    let scale: Vec<f64> = (0..p).map(|k| information[(k, k)].max(0.0).sqrt()).collect();
    for k in 0..p {
        if information[(k, k)] <= least[k] {
            dropped.push((k, Vec::new()));
            continue;
        }
        let correlation = |other: usize| information[(other, k)] / (scale[other] * scale[k]);
        let mut row = DVector::zeros(kept.len() + 1);
        for (place, &other) in kept.iter().enumerate() {
            let known: f64 = (0..place).map(|i| row[i] * factor[place][i]).sum();
            row[place] = (correlation(other) - known) / factor[place][place];
        }
        let left = 1.0 - row.rows(0, kept.len()).norm_squared();
        if left > TOLERANCE {
            row[kept.len()] = left.sqrt();
            factor.push(row);
            kept.push(k);
            continue;
        }
        // Back substitution gives the combination.
        let mut coefficients = vec![0.0; kept.len()];
        for place in (0..kept.len()).rev() {
            let known: f64 =
                (place + 1..kept.len()).map(|i| factor[i][place] * coefficients[i]).sum();
            coefficients[place] = (row[place] - known) / factor[place][place];
        }
        let with = kept.iter().zip(&coefficients).filter(|(_, c)| c.abs() > 1e-6);
        let with = with.map(|(&other, c)| (other, c * scale[k] / scale[other])).collect();
        dropped.push((k, with));
    }
    Kept { columns: kept, dropped }
}
