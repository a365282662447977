//! Pairs of spells of one person, counted by cell: what a variance needs to know of persons.
//!
//! If spell $i$ of a person moves an estimate by $\varphi_i$, a variance that counts persons is
//! $\sum_{\text{persons}} (\sum_i \varphi_i)^2 = \sum_i \varphi_i^2 + 2 \sum_{i < j} \varphi_i \varphi_j$, the second sum
//! over pairs of spells of one person. $\varphi$ depends on the cell of a spell alone (duration, exit, group), so
//! numbers of spells by cell and numbers of pairs by two cells are enough. Both are integers that add up
//! over row groups, threads, files and machines, in the one scan that counts the tables.

use crate::count::Steps;
use crate::error::Result;
use crate::tabulate::{Dim, DimInfo, MAX_CELLS, at_most, same_dims};
use crate::tally::{Keyed, Tally, merged};

/// Pairs of spells with a known start, by the cells of some dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairSpec {
    /// The dimensions of the cells; the last one varies fastest.
    pub dims: Vec<Dim>,
    /// Only pairs that agree in the first so many dimensions are counted: estimates from different ones are never
    /// combined.
    pub within: usize,
}

impl PairSpec {
    /// Pairs by cells of some dimensions, all of them.
    pub fn new(dims: impl Into<Vec<Dim>>) -> Self {
        Self { dims: dims.into(), within: 0 }
    }

    /// Counts only pairs that agree in the first `within` dimensions.
    #[must_use]
    pub fn within(mut self, within: usize) -> Self {
        self.within = within;
        self
    }
}

/// How many pairs of spells of one person lie in two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Row-major position of the one cell.
    pub left: u32,
    /// That of the other, at least `left`.
    pub right: u32,
    /// Pairs of spells, each counted once.
    pub count: u64,
}

/// Numbers of pairs by two cells, without those that are 0.
///
/// ```
/// use afgang_engine::{Pair, PairTable};
///
/// let pair = |left, right, count| Pair { left, right, count };
/// let mut table = PairTable { dims: Vec::new(), pairs: vec![pair(0, 0, 1), pair(0, 3, 2)] };
/// let more = PairTable { dims: Vec::new(), pairs: vec![pair(0, 3, 5), pair(1, 1, 1)] };
/// table.merge(&more)?;
/// assert_eq!(table.pairs, [pair(0, 0, 1), pair(0, 3, 7), pair(1, 1, 1)]);
/// # Ok::<(), afgang_engine::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairTable {
    /// The dimensions of the cells.
    pub dims: Vec<DimInfo>,
    /// The pairs, sorted by `left` and `right`.
    pub pairs: Vec<Pair>,
}

impl PairTable {
    /// Adds a table of the same dimensions.
    ///
    /// # Errors
    ///
    /// [`Error::TablesDiffer`](crate::Error::TablesDiffer) if dimensions or labels differ.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        same_dims(&self.dims, &other.dims)?;
        self.pairs = merged(&self.pairs, &other.pairs);
        Ok(())
    }

    /// Position of a cell in each dimension.
    pub fn index(&self, cell: u32) -> Vec<usize> {
        let mut rest = cell as usize;
        let mut index = vec![0; self.dims.len()];
        for (at, dim) in self.dims.iter().enumerate().rev() {
            let size = dim.labels.len().max(1);
            index[at] = rest % size;
            rest /= size;
        }
        index
    }
}

/// The left cell in the high half of the key, the right one in the low half.
impl Keyed for Pair {
    fn new(key: u64, count: u64) -> Self {
        Self { left: (key >> 32) as u32, right: key as u32, count }
    }

    fn key(&self) -> u64 {
        u64::from(self.left) << 32 | u64::from(self.right)
    }

    fn count(&mut self) -> &mut u64 {
        &mut self.count
    }
}

/// A worker's counter of one specification.
pub(crate) struct PairCounter {
    pub(crate) steps: Steps,
    dims: Vec<DimInfo>,
    /// Cells that agree in the dimensions before: a block of so many.
    block: usize,
    pairs: Tally<Pair>,
}

impl PairCounter {
    pub(crate) fn new(spec: &PairSpec, dims: Vec<DimInfo>, steps: Steps) -> Result<Self> {
        // So that positions of cells fit into 32 bits.
        at_most(&dims, MAX_CELLS)?;
        let inner = dims.iter().skip(spec.within).map(|dim| dim.labels.len());
        let block = inner.product::<usize>().max(1);
        Ok(Self { steps, dims, block, pairs: Tally::new() })
    }

    /// Counts the pairs of one person's spells.
    pub(crate) fn add(&mut self, cells: &[usize]) {
        for (at, &one) in cells.iter().enumerate() {
            let others =
                cells[at + 1..].iter().filter(|two| one / self.block == **two / self.block);
            self.pairs.extend(others.map(|&two| (one.min(two) as u64) << 32 | one.max(two) as u64));
        }
    }

    pub(crate) fn merge(&mut self, other: &mut Self) -> Result<()> {
        same_dims(&self.dims, &other.dims)?;
        self.pairs.merge(&mut other.pairs);
        Ok(())
    }

    pub(crate) fn finish(self) -> PairTable {
        PairTable { dims: self.dims, pairs: self.pairs.finish() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dim(name: &str, size: usize) -> DimInfo {
        DimInfo { name: name.to_owned(), labels: (0..size).map(|at| at.to_string()).collect() }
    }

    #[test]
    fn pairs_within_a_group_are_counted_once() {
        let spec = PairSpec::new([Dim::TargetGroup, Dim::Duration]).within(1);
        let new = || PairCounter::new(&spec, vec![dim("a", 2), dim("b", 3)], Vec::new()).unwrap();
        let (mut one, mut two) = (new(), new());
        // Cells 0..3 are of the first group, 3..6 of the second.
        one.add(&[2, 0, 4]);
        one.add(&[0, 2]);
        two.add(&[5, 5, 5]);
        two.add(&[1]);
        one.merge(&mut two).unwrap();
        let table = one.finish();
        let pair = |left, right, count| Pair { left, right, count };
        assert_eq!(table.pairs, [pair(0, 2, 2), pair(5, 5, 3)]);
        assert_eq!(table.index(5), [1, 2]);
    }
}
