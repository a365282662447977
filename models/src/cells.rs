//! Rows by group and stratum, and what strata are of all.

use std::borrow::Borrow;

use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::influence::Order;
use crate::spells::Spells;

/// Which group and stratum each row is of; cells are counted stratum by stratum.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'a> {
    pub(crate) group: &'a [usize],
    pub(crate) n_groups: usize,
    pub(crate) stratum: Option<&'a [usize]>,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(
        spells: &Spells,
        group: &'a [usize],
        stratum: Option<&'a [usize]>,
    ) -> Result<Self> {
        let expected = spells.len();
        for (column, numbers) in [("group", Some(group)), ("stratum", stratum)] {
            let Some(numbers) = numbers else { continue };
            if numbers.len() != expected {
                return Err(Error::Length { column, found: numbers.len(), expected });
            }
            // Numbers that no row has would make cells without end.
            if numbers.iter().max().is_none_or(|&largest| largest >= expected) {
                return Err(Error::EmptyTable);
            }
        }
        let n_groups = group.iter().max().map_or(0, |largest| largest + 1);
        Ok(Self { group, n_groups, stratum })
    }

    /// The rows of each cell that have weight, in an order that does not depend on how they lie.
    pub(crate) fn rows(&self, spells: &Spells) -> Vec<Vec<usize>> {
        let stratum = |row: usize| self.stratum.map_or(0, |stratum| stratum[row]);
        let last = (0..self.group.len()).map(stratum).max().unwrap_or(0);
        let mut rows = vec![Vec::new(); (last + 1) * self.n_groups];
        for &row in Order::new(spells).by_exit() {
            rows[stratum(row) * self.n_groups + self.group[row]].push(row);
        }
        rows
    }
}

/// Whether the rows with weight are of one cluster or person.
pub(crate) fn one_cluster(spells: &Spells, rows: &[usize]) -> Result<bool> {
    let with_weight = rows.iter().copied().filter(|&row| spells.weights().of(row) > 0.0);
    let with_weight: Vec<usize> = with_weight.collect();
    Ok(spells.are_dependent() && spells.pick(&with_weight)?.n_clusters() < 2)
}

/// The share of each stratum in all, of tables stratum by stratum.
pub(crate) fn shares(tables: &[impl Borrow<EventTable>], n_groups: usize) -> Result<Vec<f64>> {
    let total = |table: &EventTable| table.total();
    let empty = tables.iter().position(|table| total(table.borrow()) <= 0.0);
    if let Some(cell) = empty {
        let (stratum, group) = (cell / n_groups, cell % n_groups);
        let several = tables.len() > n_groups;
        return Err(if several {
            Error::NotInStratum { group, stratum }
        } else {
            Error::EmptyTable
        });
    }
    let of_all: f64 = tables.iter().map(|table| total(table.borrow())).sum();
    let strata = tables.chunks(n_groups.max(1));
    Ok(strata
        .map(|groups| groups.iter().map(|table| total(table.borrow())).sum::<f64>() / of_all)
        .collect())
}
