//! The matrix of a design, by row.

use nalgebra::DMatrix;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::Factor;

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

impl SparseRows {
    /// Numeric columns by their place, and factors by the place of their first column; some rows of them.
    pub(crate) fn new(
        numeric: &[(u32, &Vec<f64>)],
        factors: &[(u32, &Factor)],
        rows: &[usize],
    ) -> Self {
        let mut values = Vec::with_capacity(rows.len() * numeric.len());
        let mut indicators = Vec::with_capacity(rows.len() * factors.len());
        for &row in rows {
            values.extend(numeric.iter().map(|(_, column)| column[row]));
            indicators.extend(factors.iter().map(|&(start, factor)| {
                let (code, base) = (factor.codes()[row], factor.base());
                if code == base { NONE } else { start + code - u32::from(code > base) }
            }));
        }
        Self {
            n: rows.len(),
            numeric: numeric.iter().map(|(column, _)| *column).collect(),
            values,
            n_factors: factors.len(),
            indicators,
        }
    }

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

    fn ones(&self, row: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        let of_row = &self.indicators[row * self.n_factors..(row + 1) * self.n_factors];
        of_row.iter().filter(|column| **column != NONE).map(|&column| column as usize)
    }

    /// Some rows, in another order.
    pub(crate) fn select(&self, rows: &[u32]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.numeric.len());
        let mut indicators = Vec::with_capacity(rows.len() * self.n_factors);
        for row in rows.iter().map(|&row| row as usize) {
            values.extend_from_slice(self.values(row));
            indicators
                .extend_from_slice(&self.indicators[row * self.n_factors..][..self.n_factors]);
        }
        let (numeric, n_factors) = (self.numeric.clone(), self.n_factors);
        Self { n: rows.len(), numeric, values, n_factors, indicators }
    }

    /// Numbers with their columns, row by row, to be changed.
    pub(crate) fn numbers_mut(&mut self) -> impl Iterator<Item = (usize, &mut f64)> {
        let columns = self.numeric.iter().map(|&column| column as usize).cycle();
        columns.zip(&mut self.values)
    }

    /// Numeric columns.
    pub(crate) fn numeric(&self) -> impl Iterator<Item = usize> + '_ {
        self.numeric.iter().map(|&column| column as usize)
    }

    /// Each numeric column with its number in a row.
    pub(crate) fn numbers(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.numeric().zip(self.values(row).iter().copied())
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
        let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); p];
        let mut ones = vec![0; p];
        for row in 0..self.len() {
            for (column, x) in self.numbers(row) {
                let (low, high) = &mut ends[column];
                (*low, *high) = (low.min(x), high.max(x));
            }
            self.ones(row).for_each(|column| ones[column] += 1);
        }
        let indicator = |n: usize| f64::from(u8::from(n > 0 && n < self.len()));
        let range = |(&(low, high), &n): (&(f64, f64), &usize)| {
            if low <= high { high - low } else { indicator(n) }
        };
        ends.iter().zip(&ones).map(range).collect()
    }
}

/// $\sum_j f_j x_j x_j^\top$, of which each pair of columns is added on one side only.
pub(crate) struct Squares {
    p: usize,
    sums: Vec<f64>,
}

impl Squares {
    pub(crate) fn new(p: usize) -> Self {
        Self { p, sums: vec![0.0; p * p] }
    }

    /// Adds $f x_j x_j^\top$.
    pub(crate) fn add(&mut self, rows: &SparseRows, row: usize, f: f64) {
        let (numeric, values) = (&rows.numeric, rows.values(row));
        for (i, (&column, &x)) in numeric.iter().zip(values).enumerate() {
            let product = f * x;
            let line = &mut self.sums[column as usize * self.p..][..self.p];
            for (&other, &y) in numeric[i..].iter().zip(&values[i..]) {
                line[other as usize] += product * y;
            }
            for other in rows.ones(row) {
                line[other] += product;
            }
        }
        let mut ones = rows.ones(row);
        while let Some(column) = ones.next() {
            let line = &mut self.sums[column * self.p..][..self.p];
            line[column] += f;
            for other in ones.clone() {
                line[other] += f;
            }
        }
    }

    /// The whole matrix.
    pub(crate) fn finish(&self) -> DMatrix<f64> {
        let of = |a: usize, b: usize| self.sums[a * self.p + b];
        DMatrix::from_fn(self.p, self.p, |a, b| if a == b { of(a, a) } else { of(a, b) + of(b, a) })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers and halves are exact")]
mod tests {
    use super::*;

    /// A number, a factor with base 1, and another number: rows (2, a, 5), (3, b, 7), (4, c, 9).
    fn rows() -> SparseRows {
        let factor = Factor::new(&["a", "b", "c"]).with_base("b").unwrap();
        SparseRows::new(
            &[(0, &vec![2.0, 3.0, 4.0]), (3, &vec![5.0, 7.0, 9.0])],
            &[(1, &factor)],
            &[0, 1, 2],
        )
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

    /// 3 (2, 1, 0, 5)(2, 1, 0, 5)' + (4, 0, 1, 9)(4, 0, 1, 9)'.
    #[test]
    fn squares_are_symmetric() {
        let rows = rows();
        let mut squares = Squares::new(4);
        squares.add(&rows, 0, 3.0);
        squares.add(&rows, 2, 1.0);
        let want = [
            [28.0, 6.0, 4.0, 66.0],
            [6.0, 3.0, 0.0, 15.0],
            [4.0, 0.0, 1.0, 9.0],
            [66.0, 15.0, 9.0, 156.0],
        ];
        let found = squares.finish();
        for (a, line) in want.iter().enumerate() {
            for (b, want) in line.iter().enumerate() {
                assert_eq!(found[(a, b)], *want, "{a} {b}");
            }
        }
    }
}
