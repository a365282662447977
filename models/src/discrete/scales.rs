//! Coefficients of the columns by name, and those that an iteration works with.

use nalgebra::{DMatrix, DVector};
use ndarray::Array2;

use super::likelihood::Likelihood;
use crate::cox::fit::PartialLikelihood;
use crate::cox::likelihood::Evaluation;

/// Inner coefficients belong to covariates that are centred and scaled and to orthogonal functions of the clocks; both are linear
/// in each other, exit by exit.
pub(crate) struct Scales {
    width: usize,
    inward: DMatrix<f64>,
    outward: DMatrix<f64>,
}

impl Scales {
    pub(crate) fn new(of: &Likelihood) -> Self {
        let width = of.width_of_exit();
        let (mut inward, mut outward) =
            (DMatrix::identity(width, width), DMatrix::identity(width, width));
        let mut shift = vec![0.0; width];
        for (k, column) in of.covariates().enumerate() {
            inward[(column, column)] = of.x.scale[k];
            outward[(column, column)] = 1.0 / of.x.scale[k];
            shift[column] = of.x.shift[k];
        }
        for (c, basis) in of.bases.iter().enumerate() {
            let places = of.places(c);
            let triangle = basis.triangle();
            let n = places.len();
            let inverse = triangle.solve_upper_triangular(&DMatrix::identity(n, n));
            let at = (places.start, places.start);
            outward.view_mut(at, (n, n)).copy_from(&inverse.unwrap_or(DMatrix::zeros(n, n)));
            inward.view_mut(at, (n, n)).copy_from(&triangle);
            shift[places].copy_from_slice(&basis.shift());
        }
        // What was taken from the columns belongs to the constant of the duration.
        let constant = DVector::from_vec(of.bases[0].constant());
        let n = constant.len();
        let inner_constant = inward.view((0, 0), (n, n)) * &constant;
        for column in n..width {
            inward.view_mut((0, column), (n, 1)).copy_from(&(&inner_constant * shift[column]));
        }
        let taken: Vec<f64> = (n..width)
            .map(|column| (n..width).map(|k| shift[k] * outward[(k, column)]).sum())
            .collect();
        for (column, taken) in (n..width).zip(taken) {
            outward.view_mut((0, column), (n, 1)).copy_from(&(&constant * -taken));
        }
        Self { width, inward, outward }
    }

    fn times(&self, matrix: &DMatrix<f64>, coefficients: &[f64]) -> Vec<f64> {
        let exits = coefficients.chunks(self.width);
        let of = |exit: &[f64]| (matrix * DVector::from_column_slice(exit)).as_slice().to_vec();
        exits.flat_map(of).collect()
    }

    /// From coefficients by name.
    pub(crate) fn inward(&self, coefficients: &[f64]) -> Vec<f64> {
        self.times(&self.inward, coefficients)
    }

    /// To coefficients by name.
    pub(crate) fn outward(&self, coefficients: &[f64]) -> Vec<f64> {
        self.times(&self.outward, coefficients)
    }

    /// What a coefficient by name of the first exit is of the inner ones.
    pub(crate) fn of_inner(&self, coefficient: usize) -> Vec<f64> {
        self.outward.row(coefficient).iter().copied().collect()
    }

    /// Covariances of the coefficients by name from those of the inner ones, of the places kept.
    pub(crate) fn covariance(&self, inner: &DMatrix<f64>, kept: &[usize]) -> Array2<f64> {
        let matrix = DMatrix::from_fn(kept.len(), kept.len(), |a, b| {
            let (a, b) = (kept[a], kept[b]);
            let same_exit = a / self.width == b / self.width;
            if same_exit { self.outward[(a % self.width, b % self.width)] } else { 0.0 }
        });
        let product = &matrix * inner * matrix.transpose();
        Array2::from_shape_fn(product.shape(), |(a, b)| 0.5 * (product[(a, b)] + product[(b, a)]))
    }

    /// Derivatives by the coefficients by name.
    pub(crate) fn derivatives(&self, at: &Evaluation) -> PartialLikelihood {
        let (n, w) = (at.score.len(), self.width);
        let mut score = DVector::zeros(n);
        let mut information = DMatrix::zeros(n, n);
        for k in (0..n).step_by(w) {
            score.rows_mut(k, w).copy_from(&self.inward.tr_mul(&at.score.rows(k, w)));
            for l in (0..n).step_by(w) {
                let block = at.information.view((k, l), (w, w)) * &self.inward;
                information.view_mut((k, l), (w, w)).copy_from(&self.inward.tr_mul(&block));
            }
        }
        PartialLikelihood {
            log_likelihood: at.log_likelihood,
            score: score.as_slice().to_vec(),
            information: Array2::from_shape_fn((n, n), |(a, b)| information[(a, b)]),
        }
    }
}
