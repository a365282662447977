//! Persons with several spells, by the cells of their spells: what a variance needs to know of persons.
//!
//! If a spell of cell $c$ moves an estimate by $\varphi_c$, a variance that counts persons is
//! $\sum_{\text{persons}} (\sum_{\text{spells}} \varphi)^2$. Persons whose spells lie in the same cells are alike, so their
//! number is enough; those with one spell are what the table of spells has beyond them. Numbers add up over row groups,
//! threads, files and machines, in the one scan that counts the tables.
//!
//! Models, jackknives and bands need the persons themselves. The variance of a curve alone needs only pairs of cells
//! ([`PairSpec`](crate::PairSpec)), of which there are never more than squares of cells however many persons there are.

use std::collections::HashMap;

use crate::count::Steps;
use crate::error::Result;
use crate::tabulate::{DimInfo, at_most, same_dims};

/// Persons whose spells with a known start lie in the same cells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlikePersons {
    /// Row-major positions of the cells of the spells, sorted; a cell with several spells is there as often.
    pub cells: Box<[u64]>,
    /// Persons.
    pub count: u64,
}

/// Numbers of persons with several spells, by the cells of these.
///
/// ```
/// use afgang_engine::{AlikePersons, PersonTable};
///
/// let alike = |cells: &[u64], count| AlikePersons { cells: cells.into(), count };
/// let mut table = PersonTable { dims: Vec::new(), persons: vec![alike(&[0, 3], 2)] };
/// let more = PersonTable { dims: Vec::new(), persons: vec![alike(&[0, 0, 1], 1), alike(&[0, 3], 5)] };
/// table.merge(&more)?;
/// assert_eq!(table.persons, [alike(&[0, 0, 1], 1), alike(&[0, 3], 7)]);
/// # Ok::<(), afgang_engine::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonTable {
    /// The dimensions of the cells; the last one varies fastest.
    pub dims: Vec<DimInfo>,
    /// The persons, sorted by their cells.
    pub persons: Vec<AlikePersons>,
}

impl PersonTable {
    /// Adds a table of the same dimensions.
    ///
    /// # Errors
    ///
    /// [`Error::TablesDiffer`](crate::Error::TablesDiffer) if dimensions or labels differ.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        same_dims(&self.dims, &other.dims)?;
        self.persons.extend_from_slice(&other.persons);
        self.persons.sort_unstable();
        self.persons.dedup_by(|more, kept| {
            let same = more.cells == kept.cells;
            if same {
                kept.count += more.count;
            }
            same
        });
        Ok(())
    }
}

/// A worker's counter of persons.
pub(crate) struct PersonCounter {
    pub(crate) steps: Steps,
    dims: Vec<DimInfo>,
    counts: HashMap<Box<[u64]>, u64>,
    cells: Vec<u64>,
}

impl PersonCounter {
    pub(crate) fn new(dims: Vec<DimInfo>, steps: Steps) -> Result<Self> {
        at_most(&dims, usize::MAX)?;
        Ok(Self { steps, dims, counts: HashMap::new(), cells: Vec::new() })
    }

    /// Counts a person by the cells of the spells.
    pub(crate) fn add(&mut self, cells: &[usize]) {
        self.cells.clear();
        self.cells.extend(cells.iter().map(|&cell| cell as u64));
        self.cells.sort_unstable();
        match self.counts.get_mut(self.cells.as_slice()) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(self.cells.as_slice().into(), 1);
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &mut Self) -> Result<()> {
        same_dims(&self.dims, &other.dims)?;
        // Sums of whole numbers are the same in any order.
        other.counts.drain().for_each(|(cells, count)| {
            *self.counts.entry(cells).or_insert(0) += count;
        });
        Ok(())
    }

    pub(crate) fn finish(self) -> PersonTable {
        let alike = |(cells, count)| AlikePersons { cells, count };
        let mut persons: Vec<AlikePersons> = self.counts.into_iter().map(alike).collect();
        persons.sort_unstable();
        PersonTable { dims: self.dims, persons }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn persons_alike_are_counted_in_any_order() {
        let dim =
            DimInfo { name: "a".to_owned(), labels: ["x", "y", "z"].map(str::to_owned).into() };
        let new = || PersonCounter::new(vec![dim.clone()], Vec::new()).unwrap();
        let (mut one, mut two) = (new(), new());
        one.add(&[2, 0]);
        one.add(&[0, 2]);
        two.add(&[2, 2, 1]);
        two.add(&[0, 2]);
        one.merge(&mut two).unwrap();
        let alike = |cells: &[u64], count| AlikePersons { cells: cells.into(), count };
        assert_eq!(one.finish().persons, [alike(&[0, 2], 3), alike(&[1, 2, 2], 1)]);
    }

    #[test]
    fn tables_of_other_dimensions_are_refused() {
        let table = |label: &str| PersonTable {
            dims: vec![DimInfo { name: "a".to_owned(), labels: vec![label.to_owned()] }],
            persons: Vec::new(),
        };
        assert!(matches!(table("x").merge(&table("y")), Err(Error::TablesDiffer { .. })));
    }
}
