//! Spells by the cells of many dimensions, of which most cells are empty.

use crate::count::Steps;
use crate::error::{Error, Result};
use crate::tabulate::{DimInfo, MAX_CELLS, names, same_dims, size};

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
    /// [`Error::TablesDiffer`] if dimensions or labels differ.
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

/// Something that is counted under a key.
pub(crate) trait Keyed: Copy {
    type Key: Ord;
    fn key(&self) -> Self::Key;
    fn count(&mut self) -> &mut u64;
}

impl Keyed for Cell {
    type Key = u64;

    fn key(&self) -> u64 {
        self.position
    }

    fn count(&mut self) -> &mut u64 {
        &mut self.count
    }
}

/// Two lists that are sorted by key as one.
pub(crate) fn merged<T: Keyed>(one: &[T], two: &[T]) -> Vec<T> {
    let mut sum = Vec::with_capacity(one.len() + two.len());
    let (mut one, mut two) = (one.iter().copied().peekable(), two.iter().copied().peekable());
    while let (Some(left), Some(right)) = (one.peek(), two.peek()) {
        let order = left.key().cmp(&right.key());
        if order.is_gt() {
            sum.extend(two.next());
        } else {
            sum.extend(one.next());
        }
        if order.is_eq()
            && let (Some(last), Some(mut same)) = (sum.last_mut(), two.next())
        {
            *last.count() += *same.count();
        }
    }
    sum.extend(one.chain(two));
    sum
}

/// Positions that wait to be sorted into the table.
const PENDING: usize = 1 << 20;

/// A worker's counter of one table.
pub(crate) struct CellCounter {
    pub(crate) steps: Steps,
    table: CellTable,
    /// All counts, where there are not too many cells,
    dense: Vec<u64>,
    /// or positions that are not yet in the table.
    pending: Vec<u64>,
}

impl CellCounter {
    pub(crate) fn new(dims: Vec<DimInfo>, steps: Steps) -> Result<Self> {
        fits(&dims)?;
        let cells = size(&dims);
        let dense = vec![0; if cells <= MAX_CELLS as u128 { cells as usize } else { 0 }];
        let table = CellTable { dims, cells: Vec::new() };
        Ok(Self { steps, table, dense, pending: Vec::new() })
    }

    /// Counts spells in these cells.
    pub(crate) fn add(&mut self, cells: impl Iterator<Item = usize>) {
        if !self.dense.is_empty() {
            cells.for_each(|cell| self.dense[cell] += 1);
            return;
        }
        self.pending.extend(cells.map(|cell| cell as u64));
        if self.pending.len() >= PENDING {
            self.sort_in();
        }
    }

    fn sort_in(&mut self) {
        self.pending.sort_unstable();
        let cell = |same: &[u64]| Cell { position: same[0], count: same.len() as u64 };
        let cells: Vec<Cell> = self.pending.chunk_by(|a, b| a == b).map(cell).collect();
        self.table.cells = merged(&self.table.cells, &cells);
        self.pending.clear();
    }

    pub(crate) fn merge(&mut self, other: &mut Self) -> Result<()> {
        for (count, more) in self.dense.iter_mut().zip(&other.dense) {
            *count += more;
        }
        other.sort_in();
        self.table.merge(&other.table)
    }

    pub(crate) fn finish(mut self) -> CellTable {
        self.sort_in();
        let filled = self.dense.iter().enumerate().filter(|(_, count)| **count > 0);
        let cell = |(position, &count): (usize, &u64)| Cell { position: position as u64, count };
        self.table.cells.extend(filled.map(cell));
        self.table
    }
}

/// Refuses dimensions whose cells have no position.
pub(crate) fn fits(dims: &[DimInfo]) -> Result<()> {
    let (cells, limit) = (size(dims), usize::MAX);
    if cells > limit as u128 {
        return Err(Error::TableTooLarge { dims: names(dims), cells, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
