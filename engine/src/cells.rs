//! Spells by the cells of many dimensions, of which most cells are empty.

use crate::count::Steps;
use crate::error::Result;
use crate::tabulate::{DimInfo, MAX_CELLS, at_most, same_dims};
use crate::tally::{Keyed, Tally, merged};

/// A cell with spells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Row-major position among the cells of the dimensions.
    pub position: u64,
    /// Spells.
    pub count: u64,
}

/// Numbers of spells by the cells of some dimensions, without those that are 0.
///
/// A [`CountTable`](crate::CountTable) of job centre, year of birth, sex, exit and month would have tens of millions of cells; here
/// there are at most as many as spells.
///
/// ```
/// use afgang_engine::{Cell, CellTable, DimInfo};
///
/// let dim = |name: &str, size: usize| DimInfo {
///     name: name.to_owned(),
///     labels: (1..=size).map(|label| label.to_string()).collect(),
/// };
/// let cell = |position, count| Cell { position, count };
/// let dims = vec![dim("sex", 2), dim("months", 100)];
/// let mut table = CellTable { dims: dims.clone(), cells: vec![cell(0, 1), cell(103, 2)] };
/// table.merge(&CellTable { dims, cells: vec![cell(103, 5), cell(199, 1)] })?;
/// assert_eq!(table.cells, [cell(0, 1), cell(103, 7), cell(199, 1)]);
/// // Position 103 is the second sex in its fourth month.
/// assert_eq!((table.place(0, 103), table.place(1, 103)), (1, 3));
/// # Ok::<(), afgang_engine::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellTable {
    /// The dimensions; the last one varies fastest.
    pub dims: Vec<DimInfo>,
    /// The cells, sorted by position.
    pub cells: Vec<Cell>,
}

impl CellTable {
    /// Adds a table of the same dimensions.
    ///
    /// # Errors
    ///
    /// [`Error::TablesDiffer`](crate::Error::TablesDiffer) if dimensions or labels differ.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        same_dims(&self.dims, &other.dims)?;
        self.cells = merged(&self.cells, &other.cells);
        Ok(())
    }

    /// Place of a cell in a dimension.
    ///
    /// # Panics
    ///
    /// If there is no such dimension.
    pub fn place(&self, dim: usize, position: u64) -> usize {
        let below: u64 = self.dims[dim + 1..].iter().map(|dim| dim.labels.len() as u64).product();
        (position / below % self.dims[dim].labels.len() as u64) as usize
    }
}

impl Keyed for Cell {
    fn new(position: u64, count: u64) -> Self {
        Self { position, count }
    }

    fn key(&self) -> u64 {
        self.position
    }

    fn count(&mut self) -> &mut u64 {
        &mut self.count
    }
}

/// A worker's counter of one table.
pub(crate) struct CellCounter {
    pub(crate) steps: Steps,
    dims: Vec<DimInfo>,
    /// All counts, where there are not too many cells,
    dense: Vec<u64>,
    /// or those of the cells that are filled.
    filled: Tally<Cell>,
}

impl CellCounter {
    pub(crate) fn new(dims: Vec<DimInfo>, steps: Steps) -> Result<Self> {
        let cells = at_most(&dims, usize::MAX)?;
        let dense = vec![0; if cells <= MAX_CELLS { cells } else { 0 }];
        Ok(Self { steps, dims, dense, filled: Tally::new() })
    }

    /// Counts spells in these cells.
    pub(crate) fn add(&mut self, cells: impl Iterator<Item = usize>) {
        if self.dense.is_empty() {
            self.filled.extend(cells.map(|cell| cell as u64));
        } else {
            cells.for_each(|cell| self.dense[cell] += 1);
        }
    }

    pub(crate) fn merge(&mut self, other: &mut Self) -> Result<()> {
        same_dims(&self.dims, &other.dims)?;
        for (count, more) in self.dense.iter_mut().zip(&other.dense) {
            *count += more;
        }
        self.filled.merge(&mut other.filled);
        Ok(())
    }

    pub(crate) fn finish(self) -> CellTable {
        let mut cells = self.filled.finish();
        let filled = self.dense.iter().enumerate().filter(|(_, count)| **count > 0);
        let cell = |(position, &count): (usize, &u64)| Cell { position: position as u64, count };
        cells.extend(filled.map(cell));
        CellTable { dims: self.dims, cells }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn dim(name: &str, size: usize) -> DimInfo {
        DimInfo { name: name.to_owned(), labels: (0..size).map(|at| at.to_string()).collect() }
    }

    /// Positions that are counted one by one or found by sorting are the same.
    #[test]
    fn few_cells_and_many_are_counted_alike() {
        let cell = |position, count| Cell { position, count };
        for size in [5, 5000] {
            let new =
                || CellCounter::new(vec![dim("a", size), dim("b", size)], Vec::new()).unwrap();
            let (mut one, mut two) = (new(), new());
            assert_eq!(one.dense.is_empty(), size == 5000);
            one.add([3, 0, 3].into_iter());
            one.add([24].into_iter());
            two.add([4, 3, 0].into_iter());
            one.merge(&mut two).unwrap();
            assert_eq!(one.finish().cells, [cell(0, 2), cell(3, 3), cell(4, 1), cell(24, 1)]);
        }
    }

    #[test]
    fn cells_without_a_position_are_refused() {
        let dims = || (0..5).map(|_| dim("a", 10_000)).collect::<Vec<_>>();
        let error = CellCounter::new(dims(), Vec::new()).err().unwrap();
        assert!(matches!(error, Error::TableTooLarge { cells, .. } if cells == 10_u128.pow(20)));
        assert!(CellCounter::new(dims()[1..].to_vec(), Vec::new()).is_ok());
    }
}
