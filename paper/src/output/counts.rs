//! A table of counts as the outputs read it.

use afgang_engine::tabulate::CountTable;

/// Counts by named dimensions with labels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counts {
    dims: Vec<(String, Vec<String>)>,
    /// Row-major, the last dimension fastest.
    cells: Vec<u64>,
}

impl From<&CountTable> for Counts {
    fn from(table: &CountTable) -> Self {
        let dims = table.dims.iter().map(|dim| (dim.name.clone(), dim.labels.clone())).collect();
        Self { dims, cells: table.counts.clone() }
    }
}

impl Counts {
    /// Number of labels of a dimension.
    pub(crate) fn size(&self, dim: usize) -> usize {
        self.dims.get(dim).map_or(0, |(_, labels)| labels.len())
    }

    /// Labels of a dimension.
    pub(crate) fn labels(&self, dim: usize) -> &[String] {
        self.dims.get(dim).map_or(&[], |(_, labels)| labels)
    }

    /// Place of a label in its dimension.
    pub(crate) fn place(&self, dim: usize, label: &str) -> Option<usize> {
        self.labels(dim).iter().position(|known| known == label)
    }

    /// Sum of the cells whose places are given; `None` sums over a dimension, and so do dimensions
    /// left out at the end.
    pub(crate) fn sum(&self, places: &[Option<usize>]) -> u64 {
        self.sum_from(0, 0, places)
    }

    fn sum_from(&self, dim: usize, offset: usize, places: &[Option<usize>]) -> u64 {
        if dim == self.dims.len() {
            return self.cells.get(offset).copied().unwrap_or(0);
        }
        let size = self.size(dim);
        match places.get(dim).copied().flatten() {
            Some(place) => self.sum_from(dim + 1, offset * size + place, places),
            None => {
                (0..size).map(|place| self.sum_from(dim + 1, offset * size + place, places)).sum()
            }
        }
    }
}

#[cfg(test)]
impl Counts {
    /// A table for tests.
    pub(super) fn of(dims: &[(&str, &[&str])], cells: &[u64]) -> Self {
        let dims = dims
            .iter()
            .map(|(name, labels)| {
                ((*name).to_owned(), labels.iter().map(|&label| label.to_owned()).collect())
            })
            .collect();
        Self { dims, cells: cells.to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_what_is_not_fixed() {
        let counts =
            Counts::of(&[("a", &["x", "y"]), ("b", &["1", "2", "3"])], &[1, 2, 3, 4, 5, 6]);
        assert_eq!(counts.sum(&[Some(1), Some(0)]), 4);
        assert_eq!(counts.sum(&[None, Some(2)]), 9);
        assert_eq!(counts.sum(&[Some(0)]), 6);
        assert_eq!(counts.sum(&[]), 21);
        assert_eq!(counts.place(1, "3"), Some(2));
    }
}
