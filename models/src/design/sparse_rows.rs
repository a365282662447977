//! The matrix of a design, by row.

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::{Covariate, Factor, Term};

/// No column: the base level of a factor.
const NONE: u32 = u32::MAX;

/// Rows that are worth a task.
const ROWS: usize = 1 << 14;

/// Rows of a matrix: numbers of the numeric columns, and of each factor the column that is 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SparseRows {
    n: usize,
    /// Numeric columns,
    numeric: Vec<u32>,
    /// and their values, row by row.
    values: Vec<f64>,
    n_factors: usize,
    /// Of each factor the column that is 1, row by row.
    indicators: Vec<u32>,
}

/// Columns of covariates, row after row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    /// Numeric columns by their place,
    pub(super) numeric: Vec<(u32, Vec<f64>)>,
    /// and factors by the place of their first column.
    pub(super) factors: Vec<(u32, Factor)>,
}

impl Columns {
    /// Of covariates that are these terms.
    pub(super) fn new(covariates: Vec<(String, Covariate)>, terms: &[Term]) -> Self {
        let (mut numeric, mut factors) = (Vec::new(), Vec::new());
        for ((_, covariate), term) in covariates.into_iter().zip(terms) {
            match covariate {
                Covariate::Numeric(_, columns) => {
                    numeric.extend(term.columns.clone().map(|column| column as u32).zip(columns));
                }
                Covariate::Factor(factor) => factors.push((term.columns.start as u32, factor)),
            }
        }
        Self { numeric, factors }
    }

    /// `n` rows, of which the one at a place is `row_of` it.
    pub(super) fn rows(&self, n: usize, row_of: impl Fn(usize) -> usize + Sync) -> SparseRows {
        let values = |place: usize, line: &mut [f64]| {
            let row = row_of(place);
            for (value, (_, column)) in line.iter_mut().zip(&self.numeric) {
                *value = column[row];
            }
        };
        let indicators = |place: usize, line: &mut [u32]| {
            let row = row_of(place);
            for (indicator, (start, factor)) in line.iter_mut().zip(&self.factors) {
                let (code, base) = (factor.codes()[row], factor.base());
                *indicator =
                    if code == base { NONE } else { start + code - u32::from(code > base) };
            }
        };
        SparseRows {
            n,
            numeric: self.numeric.iter().map(|(column, _)| *column).collect(),
            values: by_row(n, self.numeric.len(), values),
            n_factors: self.factors.len(),
            indicators: by_row(n, self.factors.len(), indicators),
        }
    }
}

impl SparseRows {
    pub(crate) const fn len(&self) -> usize {
        self.n
    }

    /// What is not 0 in a row, and numbers that are.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + Clone + '_ {
        let numbers = self.numeric.iter().map(|&column| column as usize).zip(self.values(row));
        let numbers = numbers.map(|(column, &value)| (column, value));
        numbers.chain(self.ones(row).map(|column| (column, 1.0)))
    }

    fn values(&self, row: usize) -> &[f64] {
        &self.values[row * self.numeric.len()..(row + 1) * self.numeric.len()]
    }

    pub(super) fn ones(&self, row: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        let of_row = &self.indicators[row * self.n_factors..(row + 1) * self.n_factors];
        of_row.iter().filter(|column| **column != NONE).map(|&column| column as usize)
    }

    /// Some rows, in another order.
    pub(crate) fn select(&self, rows: &[u32]) -> Self {
        let (m, f) = (self.numeric.len(), self.n_factors);
        let values = |place: usize, line: &mut [f64]| {
            line.copy_from_slice(self.values(rows[place] as usize));
        };
        let indicators = |place: usize, line: &mut [u32]| {
            line.copy_from_slice(&self.indicators[rows[place] as usize * f..][..f]);
        };
        Self {
            n: rows.len(),
            numeric: self.numeric.clone(),
            values: by_row(rows.len(), m, values),
            n_factors: f,
            indicators: by_row(rows.len(), f, indicators),
        }
    }

    /// Columns of the numbers.
    pub(crate) fn numeric(&self) -> impl Iterator<Item = usize> + '_ {
        self.numeric.iter().map(|&column| column as usize)
    }

    /// Each numeric column with its number in a row.
    pub(super) fn numbers(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.numeric().zip(self.values(row).iter().copied())
    }

    /// $\sum_j w_j f(k, x_{jk})$ over the rows with weight, for each number $k$ of a row.
    pub(crate) fn sums_of_numbers(
        &self,
        weights: &[f64],
        f: impl Fn(usize, f64) -> f64 + Sync,
    ) -> Vec<f64> {
        let m = self.numeric.len();
        let of_chunk = |chunk: usize| {
            let mut sums = vec![0.0; m];
            for row in (chunk * ROWS..self.n.min((chunk + 1) * ROWS)).filter(|&j| weights[j] > 0.0)
            {
                for (k, (sum, &x)) in sums.iter_mut().zip(self.values(row)).enumerate() {
                    *sum += weights[row] * f(k, x);
                }
            }
            sums
        };
        let parts: Vec<Vec<f64>> =
            (0..self.n.div_ceil(ROWS)).into_par_iter().map(of_chunk).collect();
        (0..m).map(|k| parts.iter().map(|part| part[k]).sum()).collect()
    }

    /// Replaces each number $x_{jk}$ by $f(k, x_{jk})$.
    pub(crate) fn change_numbers(&mut self, f: impl Fn(usize, f64) -> f64 + Sync) {
        let m = self.numeric.len().max(1);
        self.values.par_chunks_mut(ROWS * m).for_each(|part| {
            for row in part.chunks_exact_mut(m) {
                for (k, x) in row.iter_mut().enumerate() {
                    *x = f(k, *x);
                }
            }
        });
    }

    /// $x_j^\top b$.
    pub(crate) fn dot(&self, row: usize, b: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (&column, &value) in self.numeric.iter().zip(self.values(row)) {
            sum += value * b[column as usize];
        }
        for column in self.ones(row) {
            sum += b[column];
        }
        sum
    }

    /// Adds $f x_j$.
    pub(crate) fn add(&self, row: usize, f: f64, sums: &mut [f64]) {
        for (&column, &value) in self.numeric.iter().zip(self.values(row)) {
            sums[column as usize] += f * value;
        }
        for column in self.ones(row) {
            sums[column] += f;
        }
    }

    /// Range of $x_j^\top b$ over the rows.
    pub(crate) fn spread(&self, b: &[f64]) -> f64 {
        let none = || (f64::INFINITY, f64::NEG_INFINITY);
        let join = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
        let (low, high) = (0..self.len())
            .into_par_iter()
            .with_min_len(ROWS)
            .fold(none, |range, row| {
                let value = self.dot(row, b);
                join(range, (value, value))
            })
            .reduce(none, join);
        (high - low).max(0.0)
    }

    /// Range of each of `p` columns.
    pub(crate) fn ranges(&self, p: usize) -> Vec<f64> {
        let none = || (vec![(f64::INFINITY, f64::NEG_INFINITY); p], vec![0; p]);
        let of_row = |(mut ends, mut ones): Ranges, row: usize| {
            for (column, x) in self.numbers(row) {
                let (low, high) = &mut ends[column];
                (*low, *high) = (low.min(x), high.max(x));
            }
            self.ones(row).for_each(|column| ones[column] += 1);
            (ends, ones)
        };
        let join = |(mut ends, mut ones): Ranges, other: Ranges| {
            for (end, (low, high)) in ends.iter_mut().zip(other.0) {
                *end = (end.0.min(low), end.1.max(high));
            }
            ones.iter_mut().zip(other.1).for_each(|(n, of)| *n += of);
            (ends, ones)
        };
        let rows = (0..self.len()).into_par_iter().with_min_len(ROWS);
        let (ends, ones) = rows.fold(none, of_row).reduce(none, join);
        let indicator = |n: usize| f64::from(u8::from(n > 0 && n < self.len()));
        let range = |(&(low, high), &n): (&(f64, f64), &usize)| {
            if low <= high { high - low } else { indicator(n) }
        };
        ends.iter().zip(&ones).map(range).collect()
    }
}

/// Smallest and largest number of each column, and in how many rows it is the 1 of a factor.
type Ranges = (Vec<(f64, f64)>, Vec<usize>);

/// Numbers of `n` rows, `width` each, row by row.
fn by_row<T: Clone + Default + Send>(
    n: usize,
    width: usize,
    fill: impl Fn(usize, &mut [T]) + Sync,
) -> Vec<T> {
    let mut all = vec![T::default(); n * width];
    all.par_chunks_mut((ROWS * width).max(1)).enumerate().for_each(|(chunk, part)| {
        for (row, line) in (chunk * ROWS..).zip(part.chunks_exact_mut(width)) {
            fill(row, line);
        }
    });
    all
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers and halves are exact")]
mod tests {
    use super::*;

    /// A number, a factor with base 1, and another number: rows (2, a, 5), (3, b, 7), (4, c, 9).
    fn rows() -> SparseRows {
        let factor = Factor::new(&["a", "b", "c"]).with_base("b").unwrap();
        let numeric = vec![(0, vec![2.0, 3.0, 4.0]), (3, vec![5.0, 7.0, 9.0])];
        Columns { numeric, factors: vec![(1, factor)] }.rows(3, |row| row)
    }

    #[test]
    fn rows_hold_what_is_not_zero() {
        let rows = rows();
        let row = |row| rows.row(row).collect::<Vec<_>>();
        assert_eq!(row(0), [(0, 2.0), (3, 5.0), (1, 1.0)]);
        assert_eq!(row(1), [(0, 3.0), (3, 7.0)]);
        assert_eq!(rows.select(&[2, 2]).row(1).collect::<Vec<_>>(), [(0, 4.0), (3, 9.0), (2, 1.0)]);
    }

    /// With b = (1, 10, 100, 1000): 5012, 7003, 9104.
    #[test]
    fn products_with_a_vector() {
        let (rows, b) = (rows(), [1.0, 10.0, 100.0, 1000.0]);
        let dots: Vec<f64> = (0..3).map(|row| rows.dot(row, &b)).collect();
        assert_eq!(dots, [5012.0, 7003.0, 9104.0]);
        assert_eq!(rows.spread(&b), 9104.0 - 5012.0);
        assert_eq!(rows.ranges(4), [2.0, 1.0, 1.0, 4.0]);
        assert_eq!(rows.select(&[1, 1]).ranges(4), [0.0; 4]);
        let mut sums = [0.0; 4];
        rows.add(2, 0.5, &mut sums);
        assert_eq!(sums, [2.0, 0.0, 0.5, 4.5]);
    }
}
