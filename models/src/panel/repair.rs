//! Covariances by several clusterings that are not positive semi-definite.

use nalgebra::{DMatrix, SymmetricEigen};

/// Eigenvalue, against the largest, that counts as 0.
pub(super) const ROUNDING: f64 = 1e-12;

/// The matrix with negative eigenvalues set to 0 (Cameron, Gelbach and Miller 2011), of columns divided by `units`; `None` if there are
/// none. A difference of units is no difference of the answer if these go with the columns.
fn cut(matrix: &DMatrix<f64>, units: &[f64]) -> Option<DMatrix<f64>> {
    let p = matrix.nrows();
    let unit = |k: usize| if units[k] > 0.0 { units[k] } else { 1.0 };
    let scaled = DMatrix::from_fn(p, p, |a, b| matrix[(a, b)] * (unit(a) * unit(b)));
    let decomposed = SymmetricEigen::try_new(scaled, f64::EPSILON, 1_000)?;
    let SymmetricEigen { mut eigenvalues, eigenvectors } = decomposed;
    let largest = eigenvalues.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    if eigenvalues.iter().all(|value| *value >= -ROUNDING * largest) {
        return None;
    }
    eigenvalues.iter_mut().for_each(|value| *value = value.max(0.0));
    let whole = &eigenvectors * DMatrix::from_diagonal(&eigenvalues) * eigenvectors.transpose();
    Some(DMatrix::from_fn(p, p, |a, b| whole[(a, b)] / (unit(a) * unit(b))))
}

/// Cut where there are negative eigenvalues, and whether slopes were. Slopes that come before a constant of its own (`slopes`) are cut by
/// themselves: the constant changes nothing of them.
pub(super) fn cut_wholly(
    mut matrix: DMatrix<f64>,
    units: &[f64],
    slopes: Option<usize>,
) -> (DMatrix<f64>, bool) {
    let of_all = cut(&matrix, units);
    let Some(k) = slopes else {
        let repaired = of_all.is_some();
        return (of_all.unwrap_or(matrix), repaired);
    };
    let block = matrix.view((0, 0), (k, k)).into_owned();
    let of_slopes = cut(&block, units);
    let repaired = of_slopes.is_some();
    if let Some(of_all) = of_all {
        matrix = of_all;
    }
    matrix.view_mut((0, 0), (k, k)).copy_from(&of_slopes.unwrap_or(block));
    (matrix, repaired)
}

/// The same, but of matrices with a variance below 0 alone; others stay as they are.
pub(super) fn cut_where_negative(
    matrix: DMatrix<f64>,
    units: &[f64],
    slopes: Option<usize>,
) -> (DMatrix<f64>, bool) {
    let k = slopes.unwrap_or(matrix.nrows());
    let negative = |places: std::ops::Range<usize>| places.clone().any(|a| matrix[(a, a)] < 0.0);
    if negative(0..k) {
        return cut_wholly(matrix, units, slopes);
    }
    // Of the constant alone.
    if !negative(k..matrix.nrows()) {
        return (matrix, false);
    }
    let block = matrix.view((0, 0), (k, k)).into_owned();
    let mut matrix = cut(&matrix, units).unwrap_or(matrix);
    matrix.view_mut((0, 0), (k, k)).copy_from(&block);
    (matrix, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [[1, 2], [2, 1]] has eigenvalues 3 and -1 with vectors (1, 1) and (1, -1): 3/2 is left everywhere. With the second column in units a
    /// tenth the size the same, in these units.
    #[test]
    fn negative_eigenvalues_by_hand() {
        let near = |found: &DMatrix<f64>, want: [f64; 4]| {
            for (found, want) in found.iter().zip(want) {
                assert!((found - want).abs() < 1e-12, "{found} {want}");
            }
        };
        let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
        let (whole, repaired) = cut_wholly(matrix.clone(), &[1.0, 1.0], None);
        near(&whole, [1.5; 4]);
        assert!(repaired);
        let tenth = DMatrix::from_row_slice(2, 2, &[1.0, 20.0, 20.0, 100.0]);
        near(&cut_wholly(tenth, &[1.0, 0.1], None).0, [1.5, 15.0, 15.0, 150.0]);
        // Variances are above 0, so the others leave it.
        assert_eq!(cut_where_negative(matrix.clone(), &[1.0, 1.0], None), (matrix.clone(), false));
        // Of a slope and its constant the slope stays.
        let (whole, repaired) = cut_wholly(matrix, &[1.0, 1.0], Some(1));
        near(&whole, [1.0, 1.5, 1.5, 1.5]);
        assert!(!repaired);
        // Eigenvalues 2 and -1 of vectors (2, 1) and (1, -2) over the root of 5.
        let negative =
            DMatrix::from_row_slice(2, 2, &[7.0 / 5.0, 6.0 / 5.0, 6.0 / 5.0, -2.0 / 5.0]);
        let (whole, repaired) = cut_where_negative(negative.clone(), &[1.0, 1.0], None);
        near(&whole, [8.0 / 5.0, 4.0 / 5.0, 4.0 / 5.0, 2.0 / 5.0]);
        assert!(repaired);
        let (whole, repaired) = cut_where_negative(negative, &[1.0, 1.0], Some(1));
        near(&whole, [7.0 / 5.0, 4.0 / 5.0, 4.0 / 5.0, 2.0 / 5.0]);
        assert!(!repaired);
    }
}
