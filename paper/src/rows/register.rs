//! The spells of a register, counted in one scan.

use afgang_engine::grouping::MISSING_LABEL;
use afgang_engine::register::ID_COLUMN;
use afgang_engine::spells::UNOBSERVED;
use afgang_engine::{CENSORED_NAME, CountTable, PersonTable, ScanStats};
use afgang_models::Persons;

use super::{Columns, DataError, Rows};
use crate::table::Values;

/// What a register's clusters are.
pub(crate) const PERSON: &str = "person";

/// Counts of spells by `exit`, `months` and further dimensions.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'s> {
    /// The counts.
    pub table: &'s CountTable,
    /// Persons with several spells by the same cells, where variances count persons.
    pub persons: Option<&'s PersonTable>,
    /// What the scan found.
    pub stats: &'s ScanStats,
}

/// Dimensions that the spells of a register are to be counted by, beside exit and duration.
///
/// # Errors
///
/// [`DataError::Identity`]: levels and groups are printed, which ids of persons must not be.
pub(crate) fn dimensions(columns: &Columns) -> Result<Vec<String>, DataError> {
    let mut dims = columns.by.clone();
    for (column, _) in &columns.only {
        if !dims.contains(column) {
            dims.push(column.clone());
        }
    }
    match dims.iter().find(|column| column.eq_ignore_ascii_case(ID_COLUMN)) {
        Some(column) => Err(DataError::Identity { column: column.clone() }),
        None => Ok(dims),
    }
}

impl Counted<'_> {
    /// The cells as rows whose weight is their count; `columns` learns which exits mean censored.
    pub(crate) fn rows(
        self,
        columns: &mut Columns,
        several_causes: bool,
    ) -> Result<Rows, DataError> {
        let table = self.table;
        let cells: Vec<usize> = (0..table.counts.len()).filter(|&c| table.counts[c] > 0).collect();
        if cells.is_empty() {
            return Err(DataError::Empty { path: columns.data.clone() });
        }
        let place_of = |name: &String| table.dims.iter().position(|dim| dim.name == *name);
        let column = |name: &String| {
            let place = place_of(name).unwrap_or(0);
            let below: usize = table.dims[place + 1..].iter().map(|dim| dim.labels.len()).product();
            let labels = &table.dims[place].labels;
            let label = |&cell: &usize| &labels[cell / below % labels.len()];
            let known = |label: &String| (label != MISSING_LABEL).then(|| label.clone());
            Values::Text(cells.iter().map(|cell| known(label(cell))).collect())
        };
        let exits = column(&columns.event);
        let occurs = |name: &&str| (0..exits.len()).any(|row| exits.show(row) == **name);
        let censored = [CENSORED_NAME, UNOBSERVED].into_iter().filter(occurs);
        columns.coding.censored = censored.map(str::to_owned).collect();
        if columns.coding.censored.is_empty() {
            // Nobody is: no exit means it.
            columns.coding.censored.push(String::new());
        }
        let mut values: Vec<Values> = columns.time.iter().map(column).collect();
        values.push(exits);
        values.extend(columns.by.iter().map(column));
        values.extend(columns.only.iter().map(|(name, _)| column(name)));
        let counts = cells.iter().map(|&cell| table.counts[cell] as usize).collect();
        let mut rows = Rows::of_counts(columns, values, counts, several_causes)?;
        if let Some(persons) = self.persons {
            rows.persons = Some(rows.persons_of(&cells, persons));
            columns.cluster = Some(PERSON.to_owned());
        }
        Ok(rows)
    }

    /// What was counted, and whom variances count.
    pub(crate) fn remarks(self) -> [String; 2] {
        let Self { table, persons, stats } = self;
        let cells = table.counts.iter().filter(|count| **count > 0).count();
        [
            format!(
                "Register: {} persons, {} spells with a known start in {cells} cells; left out: {} that began before the data, {} \
                 too short.",
                stats.persons, stats.spells, stats.left_truncated, stats.too_short
            ),
            match persons {
                Some(persons) => format!(
                    "Standard errors count persons: {} have several spells.",
                    persons.persons.iter().map(|alike| alike.count).sum::<u64>()
                ),
                None => "Standard errors take the spells of a person as independent; for persons say `--cluster person`.".to_owned(),
            },
        ]
    }
}

impl Rows {
    /// The persons by the rows of their spells that count; row by row the cells that the rows were made of.
    fn persons_of(&self, cells: &[usize], table: &PersonTable) -> Persons {
        // Cells come in their order, and so do rows.
        let row = |cell: u32| {
            let place = cells.binary_search(&(cell as usize)).ok()?;
            match &self.counts.kept {
                None => Some(place),
                Some(kept) => kept.binary_search(&place).ok(),
            }
        };
        let mut persons = Persons::new();
        for alike in &table.persons {
            let rows: Vec<usize> = alike.cells.iter().filter_map(|&cell| row(cell)).collect();
            if rows.len() > 1 {
                persons.add(rows, alike.count as f64);
            }
        }
        persons
    }
}
