//! Which rows are alike: exact joint codes of columns.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

/// Codes of rows that are equal where all columns joined so far are equal.
///
/// Codes follow the lexicographic order of the columns, so that they do not depend on the order of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grouping {
    pub(crate) of_row: Vec<u32>,
    pub(crate) n: usize,
}

impl Grouping {
    /// All rows alike.
    pub(crate) fn one(n_rows: usize) -> Self {
        Self { of_row: vec![0; n_rows], n: usize::from(n_rows > 0) }
    }

    /// By the values of a numeric column, in their order; 0 and -0 are equal.
    pub(crate) fn of_values(values: &[f64]) -> Self {
        Self::of_keys(values.par_iter().map(|&value| order_bits(value)))
    }

    fn of_keys(keys: impl IndexedParallelIterator<Item = u64>) -> Self {
        let sorted = sorted(keys);
        let mut of_row = vec![0; sorted.len()];
        let mut n = 0;
        for alike in sorted.chunk_by(|a, b| a.0 == b.0) {
            for &(_, row) in alike {
                of_row[row as usize] = n;
            }
            n += 1;
        }
        Self { of_row, n: n as usize }
    }

    /// Whether no two rows are alike, so that further columns make no difference.
    pub(crate) fn is_complete(&self) -> bool {
        self.n == self.of_row.len()
    }

    /// Joined with a further column of codes below `n_codes`.
    pub(crate) fn join(self, codes: &[u32], n_codes: usize) -> Self {
        if self.is_complete() || n_codes <= 1 {
            return self;
        }
        let key = |group: u32, code: u32| u64::from(group) * n_codes as u64 + u64::from(code);
        let possible = self.n.saturating_mul(n_codes);
        if possible > (4 * codes.len()).max(1 << 16) {
            let rows = self.of_row.par_iter().zip(codes);
            return Self::of_keys(rows.map(|(&group, &code)| key(group, code)));
        }
        let keys = self.of_row.iter().zip(codes).map(|(&group, &code)| key(group, code));
        let mut number = vec![u32::MAX; possible];
        let mut of_row = Vec::with_capacity(codes.len());
        for key in keys {
            number[key as usize] = 0;
            of_row.push(key as u32);
        }
        let mut n = 0;
        for number in number.iter_mut().filter(|number| **number == 0) {
            *number = n;
            n += 1;
        }
        for group in &mut of_row {
            *group = number[*group as usize];
        }
        Self { of_row, n: n as usize }
    }

    /// Joined with a numeric column.
    pub(crate) fn join_values(self, values: &[f64]) -> Self {
        if self.is_complete() {
            return self;
        }
        let of = Self::of_values(values);
        self.join(&of.of_row, of.n)
    }

    /// A row of each group: the first one.
    pub(crate) fn representatives(&self) -> Vec<usize> {
        let mut first = vec![usize::MAX; self.n];
        for (row, &group) in self.of_row.iter().enumerate().rev() {
            first[group as usize] = row;
        }
        first
    }
}

/// Keys in their order, each with its place; equal keys stay in the order in which they come.
pub(crate) fn sorted(keys: impl IndexedParallelIterator<Item = u64>) -> Vec<(u64, u32)> {
    let mut sorted: Vec<(u64, u32)> =
        keys.enumerate().map(|(place, key)| (key, place as u32)).collect();
    sorted.par_sort_unstable();
    sorted
}

/// Bits that order as the numbers do.
pub(crate) fn order_bits(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits(); // -0 becomes 0
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The number of [`order_bits`].
pub(crate) fn from_order_bits(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_the_order_of_values() {
        let values = [3.0, -1.0, 0.0, 3.0, -0.0, -2.5];
        let of = Grouping::of_values(&values);
        assert_eq!((of.of_row.as_slice(), of.n), ([3, 1, 2, 3, 2, 0].as_slice(), 4));
    }

    #[test]
    fn bits_keep_the_number() {
        for value in [0.0, 1.5, -1.5, 1e-300, -1e300] {
            assert_eq!(from_order_bits(order_bits(value)).to_bits(), f64::to_bits(value));
        }
        assert_eq!(from_order_bits(order_bits(-0.0)).to_bits(), 0);
    }

    #[test]
    fn joined_by_table_and_by_sorting_alike() {
        let first = [1, 0, 1, 1, 0, 2];
        let second = [0, 5, 3, 0, 5, 1];
        let of = |n_codes| Grouping::one(6).join(&first, 3).join(&second, n_codes);
        assert_eq!((of(6).of_row.as_slice(), of(6).n), ([1, 0, 2, 1, 0, 3].as_slice(), 4));
        assert_eq!(of(6), of(1 << 20));
        assert_eq!(of(6).representatives(), [1, 0, 2, 5]);
    }
}
