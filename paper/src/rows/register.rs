//! The spells of a register, counted in one scan.

use afgang_engine::grouping::MISSING_LABEL;
use afgang_engine::register::ID_COLUMN;
use afgang_engine::spells::UNOBSERVED;
use afgang_engine::{CENSORED_NAME, Cell, CellTable, Month, PersonTable, ScanStats};
use afgang_models::Persons;

use super::{Columns, DataError, Rows};
use crate::table::Values;

/// What a register's clusters are.
pub(crate) const PERSON: &str = "person";

/// The first month of a spell.
const START: &str = "start";

/// Months from January of the year of birth to the first month of the spell.
pub(crate) const AGE: &str = "age_months";

/// Counts of spells by `exit`, `months` and further dimensions.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'s> {
    /// The counts.
    pub table: &'s CellTable,
    /// Persons with several spells by the same cells, where variances count persons.
    pub persons: Option<&'s PersonTable>,
    /// What the scan found.
    pub stats: &'s ScanStats,
}

/// Dimensions that the spells of a register are to be counted by, beside exit and duration.
///
/// # Errors
///
/// [`DataError::End`]; [`DataError::Identity`]: levels and groups are printed, which ids of persons must not be.
pub(crate) fn dimensions(columns: &Columns) -> Result<Vec<String>, DataError> {
    let mut dims: Vec<String> = Vec::new();
    for column in columns.by.iter().chain(columns.only.iter().map(|(column, _)| column)) {
        let needed = match &columns.birth_year {
            Some(born) if column == AGE => vec![START.to_owned(), born.clone()],
            _ => vec![column.clone()],
        };
        dims.extend(needed.into_iter().filter(|name| !dims.contains(name)).collect::<Vec<_>>());
    }
    let ends = [Some(&columns.event), columns.time.as_ref()];
    if let Some(column) = dims.iter().find(|dim| ends.contains(&Some(*dim))) {
        return Err(DataError::End { column: column.clone() });
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
        if table.cells.is_empty() {
            return Err(DataError::Empty { path: columns.data.clone() });
        }
        let place_of = |name: &String| table.dims.iter().position(|dim| dim.name == *name);
        let column = |name: &String| {
            let place = place_of(name).unwrap_or(0);
            let labels = &table.dims[place].labels;
            let label = |cell: &Cell| &labels[table.place(place, cell.position)];
            let known = |label: &String| (label != MISSING_LABEL).then(|| label.clone());
            Values::Text(table.cells.iter().map(|cell| known(label(cell))).collect())
        };
        let column = |name: &String| match &columns.birth_year {
            Some(born) if name == AGE => age(&column(&START.to_owned()), &column(born), born),
            _ => Ok(column(name)),
        };
        let exits = column(&columns.event)?;
        let occurs = |name: &&str| (0..exits.len()).any(|row| exits.show(row) == **name);
        let censored = [CENSORED_NAME, UNOBSERVED].into_iter().filter(occurs);
        columns.coding.censored = censored.map(str::to_owned).collect();
        if columns.coding.censored.is_empty() {
            // Nobody is: no exit means it.
            columns.coding.censored.push(String::new());
        }
        let mut values = columns.time.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        values.push(exits);
        for name in columns.by.iter().chain(columns.only.iter().map(|(name, _)| name)) {
            values.push(column(name)?);
        }
        let counts = table.cells.iter().map(|cell| cell.count as usize).collect();
        let mut rows = Rows::of_counts(columns, values, counts, several_causes)?;
        if let Some(persons) = self.persons {
            rows.persons = Some(rows.persons_of(&table.cells, persons));
            columns.cluster = Some(PERSON.to_owned());
        }
        Ok(rows)
    }

    /// What was counted, and whom variances count.
    pub(crate) fn remarks(self) -> [String; 2] {
        let Self { table, persons, stats } = self;
        let cells = table.cells.len();
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

/// Ages in months at the starts of spells.
fn age(start: &Values, born: &Values, column: &str) -> Result<Values, DataError> {
    let age = |row: usize| -> Result<Option<i64>, DataError> {
        let Ok(start) = start.show(row).parse::<Month>() else { return Ok(None) };
        if born.is_missing(row) {
            return Ok(None);
        }
        let text = born.show(row);
        let year: i64 = text.parse().map_err(|_| {
            let (column, text) = (column.to_owned(), text.clone());
            DataError::NotANumber { column, row: row + 1, text }
        })?;
        Ok(Some(12 * (i64::from(start.year()) - year) + i64::from(start.month()) - 1))
    };
    Ok(Values::Whole((0..born.len()).map(age).collect::<Result<_, DataError>>()?))
}

impl Rows {
    /// The persons by the rows of their spells that count; row by row the cells that the rows were made of.
    fn persons_of(&self, cells: &[Cell], table: &PersonTable) -> Persons {
        // Cells come in their order, and so do rows.
        let row = |cell: u64| {
            let place = cells.binary_search_by_key(&cell, |cell| cell.position).ok()?;
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
