//! Sums of rows and of their products.

use nalgebra::DMatrix;

use super::SparseRows;

/// Rows whose numbers are added at once.
const ROWS: usize = 32;

/// Numbers that a processor adds at once.
const LANES: usize = 4;

/// $\sum_j f_j$, $\sum_j f_j x_j$ and $\sum_j f_j x_j x_j^\top$.
///
/// Numbers are added some rows at a time, which is several times as fast as row by row; of a factor only the column that is 1.
pub(crate) struct Products<'rows> {
    rows: &'rows SparseRows,
    p: usize,
    /// $\sum f x$, $\sum f$, and $\sum f x x^\top$ line by line, of each pair of columns on one side only.
    sums: Vec<f64>,
    /// Numbers of rows that are not added yet, by numeric column,
    waiting: Vec<[f64; ROWS]>,
    /// their factors, 0 where there is no row,
    f: [f64; ROWS],
    /// and how many there are.
    n: usize,
}

impl<'rows> Products<'rows> {
    /// Of rows of `p` columns.
    pub(crate) fn new(rows: &'rows SparseRows, p: usize) -> Self {
        let waiting = vec![[0.0; ROWS]; rows.numeric().count()];
        Self { rows, p, sums: vec![0.0; Self::width(p)], waiting, f: [0.0; ROWS], n: 0 }
    }

    /// Number of sums.
    pub(crate) const fn width(p: usize) -> usize {
        p + 1 + p * p
    }

    /// Adds a row with factor `f`.
    pub(crate) fn add(&mut self, row: usize, f: f64) {
        let (x, squares) = self.sums.split_at_mut(self.p + 1);
        let mut ones = self.rows.ones(row);
        while let Some(column) = ones.next() {
            x[column] += f;
            let line = &mut squares[column * self.p..][..self.p];
            line[column] += f;
            for other in ones.clone() {
                line[other] += f;
            }
            for (number, value) in self.rows.numbers(row) {
                line[number] += f * value;
            }
        }
        for (waiting, (_, value)) in self.waiting.iter_mut().zip(self.rows.numbers(row)) {
            waiting[self.n] = value;
        }
        self.f[self.n] = f;
        self.n += 1;
        if self.n == ROWS {
            self.add_waiting();
        }
    }

    fn add_waiting(&mut self) {
        let n = self.n.next_multiple_of(LANES);
        let (x, squares) = self.sums.split_at_mut(self.p + 1);
        x[self.p] += self.f[..n].iter().sum::<f64>();
        for (i, (column, values)) in self.rows.numeric().zip(&self.waiting).enumerate() {
            let mut products = [0.0; ROWS];
            for (product, (f, value)) in products.iter_mut().zip(self.f.iter().zip(values)) {
                *product = f * value;
            }
            x[column] += products[..n].iter().sum::<f64>();
            let line = &mut squares[column * self.p..][..self.p];
            let others = self.rows.numeric().zip(&self.waiting).skip(i);
            for (other, values) in others {
                line[other] += dot(&products[..n], &values[..n]);
            }
        }
        self.f = [0.0; ROWS];
        self.n = 0;
    }

    /// $\sum f x$ and $\sum f$, and then $\sum f x x^\top$ line by line, of each pair of columns on one side only.
    pub(crate) fn sums(mut self) -> Vec<f64> {
        self.add_waiting();
        self.sums
    }

    /// $\sum f x x^\top$.
    pub(crate) fn squares(self) -> DMatrix<f64> {
        let p = self.p;
        whole_matrix(p, &self.sums()[p + 1..])
    }
}

/// $a^\top b$ of as many numbers as go into lanes.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
}

/// The symmetric matrix of which each pair of columns is on one side only, line by line.
pub(crate) fn whole_matrix(p: usize, sums: &[f64]) -> DMatrix<f64> {
    let of = |a: usize, b: usize| sums[a * p + b];
    DMatrix::from_fn(p, p, |a, b| if a == b { of(a, a) } else { of(a, b) + of(b, a) })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
mod tests {
    use super::super::Factor;
    use super::super::sparse_rows::Columns;
    use super::*;

    /// A number, a factor with base 1, and another number: 40 rows (k, level k mod 3, 1 - k), so that not all are added at
    /// once; sums of small whole numbers are exact.
    #[test]
    fn products_are_those_of_the_rows() {
        let levels: Vec<&str> = (0..40).map(|k| ["a", "b", "c"][k % 3]).collect();
        let factor = Factor::new(&levels).with_base("b").unwrap();
        let numbers: Vec<f64> = (0..40).map(f64::from).collect();
        let others: Vec<f64> = (0..40).map(|k| 1.0 - f64::from(k)).collect();
        let numeric = vec![(0, numbers), (3, others)];
        let rows = Columns { numeric, factors: vec![(1, factor)] }.rows(40, |row| row);
        for n in [0, 1, 3, 32, 40] {
            let mut products = Products::new(&rows, 4);
            let (mut total, mut sums, mut want) = (0.0, [0.0; 4], DMatrix::zeros(4, 4));
            for k in 0..n {
                let f = 1.0 + (k % 2) as f64;
                let of = |level| f64::from(u8::from(k % 3 == level));
                let x = [k as f64, of(0), of(2), 1.0 - k as f64];
                products.add(k, f);
                total += f;
                for a in 0..4 {
                    sums[a] += f * x[a];
                    for b in 0..4 {
                        want[(a, b)] += f * x[a] * x[b];
                    }
                }
            }
            let found = products.sums();
            assert_eq!(found[..4], sums, "{n}");
            assert_eq!(found[4], total);
            assert_eq!(whole_matrix(4, &found[5..]), want);
        }
    }
}
