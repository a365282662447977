//! Additive tables of spells and of benefit months.
//!
//! A table counts spells (or months) in the cells of some dimensions. Tables are integers and add up:
//! the table of two registers is the sum of their tables, in any order.

use crate::error::{Error, Result};

/// Largest number of cells of a table.
pub const MAX_CELLS: usize = 1 << 24;

/// A dimension of a table of spells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dim {
    /// `target_group`: that of the last period in.
    TargetGroup,
    /// `first_target_group`: that of the first period in.
    FirstTargetGroup,
    /// `exit`: the code book's exits, then (with an exit lag above 1) `back_in_benefit` and
    /// `unobserved`, then `still_unemployed`.
    Exit,
    /// `start`: the first period in.
    Start,
    /// `start_year`: its year.
    StartYear,
    /// `months`: the duration, 1, 2, …, number of periods.
    Duration,
    /// A grouping of the study, under its own name.
    Grouping(String),
    /// `state_after_LAG`: the state LAG periods after the first period out: the exits, the target
    /// groups, then `unobserved` (after the end of data, and for censored spells).
    ExitLater(usize),
}

impl Dim {
    /// Name of the dimension in tables.
    pub fn name(&self) -> String {
        match self {
            Self::TargetGroup => "target_group".to_owned(),
            Self::FirstTargetGroup => "first_target_group".to_owned(),
            Self::Exit => "exit".to_owned(),
            Self::Start => "start".to_owned(),
            Self::StartYear => "start_year".to_owned(),
            Self::Duration => "months".to_owned(),
            Self::Grouping(name) => name.clone(),
            Self::ExitLater(lag) => format!("state_after_{lag}"),
        }
    }
}

/// A dimension of a table of benefit months.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MonthDim {
    /// `target_group`: that of the month.
    TargetGroup,
    /// `year`: that of the month.
    Year,
    /// `intervention`: that of the month's code.
    Intervention,
    /// A grouping of the study, under its own name.
    Grouping(String),
}

impl MonthDim {
    /// Name of the dimension in tables.
    pub fn name(&self) -> String {
        match self {
            Self::TargetGroup => "target_group".to_owned(),
            Self::Year => "year".to_owned(),
            Self::Intervention => "intervention".to_owned(),
            Self::Grouping(name) => name.clone(),
        }
    }
}

/// Names that a grouping cannot have.
pub(crate) const TAKEN_NAMES: [&str; 10] = [
    "target_group",
    "first_target_group",
    "exit",
    "start",
    "start_year",
    "months",
    "year",
    "intervention",
    "from_state",
    "to_state",
];

/// A table of spells by some dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// The dimensions; the last one varies fastest.
    pub dims: Vec<Dim>,
    /// Whether left-truncated spells are counted too (with the duration that is known).
    pub left_truncated: bool,
}

impl TableSpec {
    /// Spells with a known start, by some dimensions.
    pub fn new(dims: impl Into<Vec<Dim>>) -> Self {
        Self { dims: dims.into(), left_truncated: false }
    }

    /// Counts left-truncated spells too.
    #[must_use]
    pub fn with_left_truncated(mut self) -> Self {
        self.left_truncated = true;
        self
    }
}

/// A table of benefit months by some dimensions: every month in of every person, in the look-back
/// periods and in left-truncated spells too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthSpec {
    /// The dimensions; the last one varies fastest.
    pub dims: Vec<MonthDim>,
}

impl MonthSpec {
    /// Benefit months by some dimensions.
    pub fn new(dims: impl Into<Vec<MonthDim>>) -> Self {
        Self { dims: dims.into() }
    }
}

/// A dimension of a finished table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DimInfo {
    /// Name, for example `exit`.
    pub name: String,
    /// Labels, in order.
    pub labels: Vec<String>,
}

/// Counts in the cells of some dimensions.
///
/// ```
/// use afgang_engine::tabulate::{CountTable, DimInfo};
///
/// let dim = |name: &str, labels: &[&str]| DimInfo {
///     name: name.to_owned(),
///     labels: labels.iter().map(|label| label.to_string()).collect(),
/// };
/// let mut table = CountTable::zeros(vec![dim("sex", &["1", "2"]), dim("exit", &["a", "b", "c"])])?;
/// table.counts = vec![1, 2, 3, 4, 5, 6];
/// assert_eq!(table.get(&[1, 2]), Some(6));
/// assert_eq!(table.marginal(&["exit"])?.counts, [5, 7, 9]);
/// assert_eq!(table.select("sex", "2")?.counts, [4, 5, 6]);
/// assert_eq!(table.total(), 21);
/// # Ok::<(), afgang_engine::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountTable {
    /// The dimensions.
    pub dims: Vec<DimInfo>,
    /// The counts in row-major order: the last dimension varies fastest.
    pub counts: Vec<u64>,
}

/// Adds tables one by one to those of the same plan.
pub(crate) fn merge_all(tables: &mut [CountTable], others: &[CountTable]) -> Result<()> {
    if tables.len() != others.len() {
        let said = |tables: usize| format!("{tables} specifications");
        return Err(Error::TablesDiffer { left: said(tables.len()), right: said(others.len()) });
    }
    tables.iter_mut().zip(others).try_for_each(|(table, more)| table.merge(more))
}

/// Refuses tables that cannot be added.
pub(crate) fn same_dims(one: &[DimInfo], other: &[DimInfo]) -> Result<()> {
    if one == other {
        return Ok(());
    }
    Err(Error::TablesDiffer { left: names(one), right: names(other) })
}

impl CountTable {
    /// A table of zeros.
    ///
    /// # Errors
    ///
    /// [`Error::TableTooLarge`] above [`MAX_CELLS`] cells.
    pub fn zeros(dims: Vec<DimInfo>) -> Result<Self> {
        let cells = at_most(&dims, MAX_CELLS)?;
        Ok(Self { dims, counts: vec![0; cells] })
    }

    /// Adds a table of the same dimensions.
    ///
    /// # Errors
    ///
    /// [`Error::TablesDiffer`] if dimensions or labels differ.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        same_dims(&self.dims, &other.dims)?;
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        Ok(())
    }

    /// The count of a cell; `None` if there is no such cell.
    pub fn get(&self, index: &[usize]) -> Option<u64> {
        if index.len() != self.dims.len() {
            return None;
        }
        let mut position = 0;
        for (&at, dim) in index.iter().zip(&self.dims) {
            if at >= dim.labels.len() {
                return None;
            }
            position = position * dim.labels.len() + at;
        }
        self.counts.get(position).copied()
    }

    /// Sum of all counts.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Position of a dimension.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchDimension`].
    pub fn dim(&self, name: &str) -> Result<usize> {
        self.dims.iter().position(|dim| dim.name == name).ok_or_else(|| self.no_dim(name))
    }

    /// Position of a label in a dimension.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchDimension`], [`Error::NoSuchLabel`].
    pub fn label(&self, dim: &str, label: &str) -> Result<usize> {
        let dim = &self.dims[self.dim(dim)?];
        dim.labels.iter().position(|known| known == label).ok_or_else(|| Error::NoSuchLabel {
            dimension: dim.name.clone(),
            found: label.to_owned(),
            valid: dim.labels.join(", "),
        })
    }

    /// The table by some of the dimensions, in the order asked for, summed over the others.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchDimension`] if a name is not there or is asked for twice.
    pub fn marginal(&self, keep: &[&str]) -> Result<Self> {
        let mut kept = Vec::with_capacity(keep.len());
        for name in keep {
            let position = self.dim(name)?;
            if kept.contains(&position) {
                return Err(self.no_dim(name));
            }
            kept.push(position);
        }
        let mut table = Self::zeros(kept.iter().map(|&at| self.dims[at].clone()).collect())?;
        // What a step in each of the own dimensions is in the new table.
        let mut strides = vec![0; self.dims.len()];
        let mut stride = 1;
        for &at in kept.iter().rev() {
            strides[at] = stride;
            stride *= self.dims[at].labels.len();
        }
        let mut index = vec![0; self.dims.len()];
        let mut target = 0;
        for &count in &self.counts {
            table.counts[target] += count;
            for (at, dim) in self.dims.iter().enumerate().rev() {
                index[at] += 1;
                target += strides[at];
                if index[at] < dim.labels.len() {
                    break;
                }
                target -= strides[at] * dim.labels.len();
                index[at] = 0;
            }
        }
        Ok(table)
    }

    /// The part of the table with one label of a dimension, without that dimension.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchDimension`], [`Error::NoSuchLabel`].
    pub fn select(&self, dim: &str, label: &str) -> Result<Self> {
        let position = self.dim(dim)?;
        let wanted = self.label(dim, label)?;
        let inner: usize = self.dims[position + 1..].iter().map(|dim| dim.labels.len()).product();
        let labels = self.dims[position].labels.len();
        let mut dims = self.dims.clone();
        dims.remove(position);
        let blocks = self.counts.chunks(inner.max(1));
        let counts =
            blocks.skip(wanted).step_by(labels).flat_map(|block| block.iter().copied()).collect();
        Ok(Self { dims, counts })
    }

    fn no_dim(&self, name: &str) -> Error {
        Error::NoSuchDimension { found: name.to_owned(), valid: names(&self.dims) }
    }
}

/// Number of cells.
/// The number of cells of some dimensions.
///
/// # Errors
///
/// [`Error::TableTooLarge`] above `limit`.
pub(crate) fn at_most(dims: &[DimInfo], limit: usize) -> Result<usize> {
    let product = |cells: u128, dim: &DimInfo| cells.checked_mul(dim.labels.len() as u128);
    let cells = dims.iter().try_fold(1, product).unwrap_or(u128::MAX);
    if cells > limit as u128 {
        return Err(Error::TableTooLarge { dims: names(dims), cells, limit });
    }
    Ok(cells as usize)
}

fn names(dims: &[DimInfo]) -> String {
    let names: Vec<&str> = dims.iter().map(|dim| dim.name.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dim(name: &str, labels: &[&str]) -> DimInfo {
        let labels = labels.iter().map(ToString::to_string).collect();
        DimInfo { name: name.to_owned(), labels }
    }

    /// Sex by year by exit; the counts are 0 to 11 in order.
    fn table() -> CountTable {
        let dims =
            vec![dim("sex", &["m", "f"]), dim("year", &["1", "2", "3"]), dim("exit", &["a", "b"])];
        let mut table = CountTable::zeros(dims).unwrap();
        table.counts = (0..12).collect();
        table
    }

    #[test]
    fn cells_by_position() {
        let table = table();
        assert_eq!(table.get(&[0, 0, 1]), Some(1));
        assert_eq!(table.get(&[1, 2, 0]), Some(10));
        assert_eq!(table.get(&[1, 3, 0]), None);
        assert_eq!(table.get(&[1, 2]), None);
        assert_eq!((table.label("year", "3"), table.dim("exit")), (Ok(2), Ok(2)));
    }

    #[test]
    fn marginals_in_any_order() {
        let table = table();
        assert_eq!(table.marginal(&[]).unwrap().counts, [66]);
        assert_eq!(table.marginal(&["sex"]).unwrap().counts, [15, 51]);
        assert_eq!(table.marginal(&["year"]).unwrap().counts, [14, 22, 30]);
        // f1a f1b m1a m1b … the other way round: exit, then sex.
        let turned = table.marginal(&["exit", "sex"]).unwrap();
        assert_eq!(turned.counts, [6, 24, 9, 27]);
        assert_eq!(turned.dims[0].name, "exit");
        assert_eq!(table.marginal(&["sex", "year", "exit"]).unwrap(), table);
    }

    #[test]
    fn parts() {
        let table = table();
        assert_eq!(table.select("sex", "f").unwrap().counts, [6, 7, 8, 9, 10, 11]);
        assert_eq!(table.select("year", "2").unwrap().counts, [2, 3, 8, 9]);
        assert_eq!(table.select("exit", "b").unwrap().counts, [1, 3, 5, 7, 9, 11]);
    }

    #[test]
    fn messages() {
        let mut table = table();
        assert_eq!(
            table.marginal(&["age"]).unwrap_err().to_string(),
            "the table has no dimension `age` (or has it twice); it has: sex, year, exit"
        );
        assert!(table.marginal(&["sex", "sex"]).is_err());
        assert_eq!(
            table.select("sex", "x").unwrap_err().to_string(),
            "dimension `sex` has no label `x`; it has: m, f"
        );
        let other = table.marginal(&["sex", "exit"]).unwrap();
        assert_eq!(
            table.merge(&other).unwrap_err().to_string(),
            "tables by sex, year, exit and by sex, exit cannot be added: their dimensions or labels \
             differ"
        );
    }
}
