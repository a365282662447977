//! Everything that is wrong with a register, in one pass.
//!
//! A [scan](crate::scan) stops at the first fault. This looks at all files, columns and values that a plan
//! needs, and says of each kind of fault in each column where it stands first and how often. It is slower
//! than a scan, which is why a scan does not do it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};

use crate::codebook::CODES;
use crate::decode::{EXACT, Origin, code_of_text};
use crate::error::{Error, Result};
use crate::grouping::{Grouping, Labels, Source, UNMATCHED, Value};
use crate::layout::{Faults, Layout, Role};
use crate::read;
use crate::register::Register;
use crate::scan::{Plan, Progress};
use crate::states::StateTable;
use crate::week::WeekPlan;

/// What was found in a register.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Examination {
    /// What a scan would refuse: first what concerns files and columns, then values, in the order of the register.
    pub faults: Vec<Fault>,
    /// Persons (rows) of the files that can be opened.
    pub persons: u64,
    /// Codes that the code book does not know, and how often they stand in the weeks that decide a month.
    pub unknown_codes: BTreeMap<u16, u64>,
    /// Spells whose start is not known, as far as the columns are there.
    pub left_truncated: u64,
}

/// A fault, and how many rows have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What is wrong, and where first.
    pub error: Error,
    /// Rows with this fault in this column; 1 for faults of files and columns.
    pub count: u64,
}

/// Looks at a register with the eyes of a plan.
///
/// # Errors
///
/// What keeps from looking: no files, an impossible plan, [`Error::Cancelled`].
pub fn examine(
    path: impl AsRef<Path>,
    plan: &Plan,
    progress: &dyn Progress,
) -> Result<Examination> {
    let timeline = &plan.timeline;
    let eyes = Eyes {
        states: StateTable::new(&plan.codebook),
        groupings: &plan.groupings,
        years: timeline.years().len(),
        year_of: (0..timeline.len()).map(|period| timeline.year_index(period)).collect(),
        look_back: Some(plan.rule.look_back),
    };
    look(path.as_ref(), |register, faults| plan.layout(register, faults), eyes, progress)
}

/// Looks at a register with the eyes of a plan at week resolution. Codes that the code book does not know are those of all weeks.
///
/// # Errors
///
/// As [`examine`].
pub fn examine_weeks(
    path: impl AsRef<Path>,
    plan: &WeekPlan,
    progress: &dyn Progress,
) -> Result<Examination> {
    let weeks = &plan.weeks;
    let eyes = Eyes {
        states: plan.book.table(),
        groupings: &plan.groupings,
        years: weeks.years().len(),
        year_of: (0..weeks.len()).map(|week| weeks.year_index(week)).collect(),
        look_back: None,
    };
    look(path.as_ref(), |register, faults| plan.layout(register, faults), eyes, progress)
}

/// What a plan sees.
struct Eyes<'a> {
    states: StateTable,
    groupings: &'a [Grouping],
    /// Number of years,
    years: usize,
    /// and the one of each period.
    year_of: Vec<usize>,
    /// Periods at the beginning in which starts are not known; `None` where no spells are counted.
    look_back: Option<usize>,
}

fn look(
    path: &Path,
    layout: impl Fn(&Register, &mut Faults) -> Result<Layout>,
    eyes: Eyes<'_>,
    progress: &dyn Progress,
) -> Result<Examination> {
    let (register, of_files) = Register::open_leniently(&Register::paths(path)?);
    let mut noted = Faults::Note(of_files);
    let layout = layout(&register, &mut noted)?;
    let mut found = Examination { persons: register.persons(), ..Examination::default() };
    if let Faults::Note(faults) = noted {
        found.faults.extend(faults.into_iter().map(|error| Fault { error, count: 1 }));
    }
    if found.persons == 0 && found.faults.is_empty() {
        register.not_empty()?;
        return Ok(found);
    }
    progress.start(found.persons);
    let labels = eyes
        .groupings
        .iter()
        .map(|grouping| match &grouping.source {
            Source::Join { table, unmatched: None } => {
                Labels::of_table(&grouping.name, table, None).map(Some)
            }
            // Every value has a label.
            _ => Ok(None),
        })
        .collect::<Result<Vec<_>>>()?;
    let mut look =
        Look { eyes, layout: &layout, labels, values: BTreeMap::new(), ids: Vec::new(), found };
    for unit in read::units(&register) {
        let columns = &layout.files[unit.file];
        let visited = read::batches(&register, columns, unit, |records, origin| {
            if progress.cancelled() {
                return Err(Error::Cancelled);
            }
            let cells: Vec<Vec<Cell>> = records.columns().iter().map(Cell::of).collect();
            look.batch(unit.file, &cells, origin, records.num_rows());
            progress.advance(records.num_rows() as u64);
            Ok(())
        });
        match visited {
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            // The other row groups can still be looked at.
            Err(error) => look.found.faults.push(Fault { error, count: 1 }),
            Ok(()) => {}
        }
    }
    let Look { values, ids, mut found, .. } = look;
    found.faults.extend(values.into_values());
    found.faults.extend(duplicates(&register, ids));
    Ok(found)
}

/// A value of any column that a register may have.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Null,
    Whole(i64),
    /// A number that is not whole, or too large to be exact.
    Number(f64),
    Text(String),
}

impl Cell {
    fn of(array: &ArrayRef) -> Vec<Self> {
        let texts = || match cast(array, &DataType::Utf8) {
            Ok(texts) => texts
                .as_string::<i32>()
                .iter()
                .map(|text| text.map_or(Self::Null, |text| Self::Text(text.trim().to_owned())))
                .collect(),
            Err(_) => vec![Self::Null; array.len()],
        };
        match array.data_type() {
            DataType::Float32 | DataType::Float64 => match cast(array, &DataType::Float64) {
                Ok(numbers) => {
                    numbers.as_primitive::<Float64Type>().iter().map(Self::of_number).collect()
                }
                Err(_) => texts(),
            },
            whole if whole.is_integer() && *whole != DataType::UInt64 => {
                match cast(array, &DataType::Int64) {
                    Ok(numbers) => numbers
                        .as_primitive::<Int64Type>()
                        .iter()
                        .map(|number| number.map_or(Self::Null, Self::Whole))
                        .collect(),
                    Err(_) => texts(),
                }
            }
            _ => texts(),
        }
    }

    fn of_number(number: Option<f64>) -> Self {
        match number {
            None => Self::Null,
            Some(number) if number.fract() == 0.0 && number.abs() < EXACT => {
                Self::Whole(number as i64)
            }
            Some(number) => Self::Number(number),
        }
    }
}

/// The kinds of faults that values can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    MissingId,
    NotWhole,
    OutOfRange,
    Degree,
    Unmatched,
}

/// File, column, kind, and the value where each is a fault of its own.
type Key = (usize, usize, Kind, String);

struct Look<'a> {
    eyes: Eyes<'a>,
    layout: &'a Layout,
    /// Labels of the groupings that have not one for every value.
    labels: Vec<Option<Labels>>,
    values: BTreeMap<Key, Fault>,
    /// Hash, file and row of each person.
    ids: Vec<(u64, usize, u64)>,
    found: Examination,
}

impl Look<'_> {
    fn batch(&mut self, file: usize, columns: &[Vec<Cell>], origin: Origin, rows: usize) {
        let periods = self.eyes.year_of.len();
        // Whether a person is in, by period; nothing is known of periods without a column.
        let mut inside: Vec<Vec<bool>> = vec![vec![false; rows]; periods];
        for (column, cells) in columns.iter().enumerate() {
            let place = Place { file, column, origin };
            for &role in &origin.columns.roles[column] {
                match role {
                    Role::Id => self.ids(cells, place),
                    Role::Code(period) => self.codes(cells, place, &mut inside[period]),
                    Role::Degree(_) => self.degrees(cells, place),
                    Role::Attribute(_) => self.attributes(cells, place),
                }
            }
        }
        // Whether a spell of known start starts, or there is a code where no spells are counted, by year.
        let mut starts: Vec<Vec<bool>> = vec![vec![false; rows]; self.eyes.years];
        for (period, &year) in self.eyes.year_of.iter().enumerate() {
            for row in 0..rows {
                let before = period > 0 && inside[period - 1][row];
                if inside[period][row] && (!before || self.eyes.look_back.is_none()) {
                    if self.eyes.look_back.is_some_and(|look_back| period < look_back) {
                        self.found.left_truncated += 1;
                    } else {
                        starts[year][row] = true;
                    }
                }
            }
        }
        for (column, cells) in columns.iter().enumerate() {
            let place = Place { file, column, origin };
            for &role in &origin.columns.roles[column] {
                if let Role::Attribute(slot) = role {
                    self.groups(cells, place, slot, &starts);
                }
            }
        }
    }

    /// Notes a fault of a row, unless an earlier row of the column has it.
    fn note(&mut self, place: Place, kind: Kind, of_value: &str, error: impl FnOnce() -> Error) {
        let key = (place.file, place.column, kind, of_value.to_owned());
        let fault = self.values.entry(key).or_insert_with(|| Fault { error: error(), count: 0 });
        fault.count += 1;
    }

    fn not_whole(&mut self, place: Place, row: usize, value: String) {
        self.note(place, Kind::NotWhole, "", || {
            let (path, column, row) = place.of_row(row);
            Error::NotWhole { path, column, row, value }
        });
    }

    fn ids(&mut self, cells: &[Cell], place: Place) {
        for (row, cell) in cells.iter().enumerate() {
            let mut hasher = DefaultHasher::new();
            match cell {
                Cell::Whole(id) => hasher.write(&id.to_le_bytes()),
                Cell::Text(id) if !id.is_empty() => hasher.write(id.as_bytes()),
                Cell::Number(id) if !id.is_nan() => {
                    self.not_whole(place, row, "the person id".to_owned());
                    continue;
                }
                _ => {
                    self.note(place, Kind::MissingId, "", || {
                        let (path, column, row) = place.of_row(row);
                        Error::MissingId { path, column, row }
                    });
                    continue;
                }
            }
            self.ids.push((hasher.finish(), place.file, place.row(row)));
        }
    }

    fn codes(&mut self, cells: &[Cell], place: Place, inside: &mut [bool]) {
        for (row, cell) in cells.iter().enumerate() {
            let (code, shown) = match cell {
                Cell::Null => continue,
                Cell::Text(text) if text.is_empty() => continue,
                Cell::Number(number) if number.is_nan() => continue,
                Cell::Number(number) => {
                    self.not_whole(place, row, number.to_string());
                    continue;
                }
                Cell::Whole(code) => (usize::try_from(*code).unwrap_or(CODES), code.to_string()),
                Cell::Text(text) => (code_of_text(text), format!("`{text}`")),
            };
            if code >= CODES {
                self.note(place, Kind::OutOfRange, "", || {
                    let (path, column, row) = place.of_row(row);
                    Error::CodeOutOfRange { path, column, row, code: shown }
                });
                continue;
            }
            let byte = self.eyes.states.byte(code);
            if byte == self.eyes.states.unknown() {
                *self.found.unknown_codes.entry(code as u16).or_insert(0) += 1;
            }
            inside[row] = self.eyes.look_back.is_none() || self.eyes.states.is_in(byte);
        }
    }

    fn degrees(&mut self, cells: &[Cell], place: Place) {
        for (row, cell) in cells.iter().enumerate() {
            let degree = match cell {
                Cell::Number(degree) if *degree >= 0.0 => continue,
                Cell::Whole(0..) | Cell::Null => continue,
                Cell::Number(degree) => degree.to_string(),
                Cell::Whole(degree) => degree.to_string(),
                Cell::Text(text) => format!("`{text}`"),
            };
            self.note(place, Kind::Degree, "", || {
                let (path, column, row) = place.of_row(row);
                Error::BadDegree { path, column, row, degree }
            });
        }
    }

    fn attributes(&mut self, cells: &[Cell], place: Place) {
        for (row, cell) in cells.iter().enumerate() {
            if let Cell::Number(number) = cell
                && !number.is_nan()
            {
                self.not_whole(place, row, number.to_string());
            }
        }
    }

    /// Values without a label, of persons for whose spells it matters.
    fn groups(&mut self, cells: &[Cell], place: Place, slot: usize, starts: &[Vec<bool>]) {
        for grouping in 0..self.labels.len() {
            let attribute = &self.layout.attributes[self.layout.of_grouping[grouping]];
            // The years that look at this column; none if it is of another attribute.
            let years: Vec<usize> =
                (0..starts.len()).filter(|&year| attribute.slot_of_year(year) == slot).collect();
            let Some(labels) = &self.labels[grouping] else { continue };
            let mut unmatched = Vec::new();
            for (row, cell) in cells.iter().enumerate() {
                let value = match cell {
                    Cell::Number(number) if !number.is_nan() => continue,
                    Cell::Null | Cell::Number(_) => Value::Null,
                    Cell::Whole(number) => Value::Integer(*number),
                    Cell::Text(text) => Value::of_text(text),
                };
                if labels.of(value) == UNMATCHED && years.iter().any(|&year| starts[year][row]) {
                    unmatched.push((row, value.shown()));
                }
            }
            for (row, value) in unmatched {
                let of_value = format!("{grouping} {value}");
                let name = self.eyes.groupings[grouping].name.clone();
                self.note(place, Kind::Unmatched, &of_value, || {
                    let (path, column, row) = place.of_row(row);
                    Error::Unmatched { path, column, row, value, grouping: name }
                });
            }
        }
    }
}

/// A column of a file.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: usize,
    column: usize,
    origin: Origin<'a>,
}

impl Place<'_> {
    /// Row of the file, from 1.
    fn row(&self, row: usize) -> u64 {
        self.origin.first_row + row as u64 + 1
    }

    fn of_row(&self, row: usize) -> (std::path::PathBuf, String, u64) {
        let name = self.origin.columns.names[self.column].clone();
        (self.origin.file.path().to_owned(), name, self.row(row))
    }
}

/// Persons that stand in two rows: the first such row, and how many rows there are too many. Two ids of one hash
/// would be taken for one, which a register of millions meets with probability 10⁻⁷.
fn duplicates(register: &Register, mut ids: Vec<(u64, usize, u64)>) -> Option<Fault> {
    ids.sort_unstable();
    let pairs = || ids.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let pair = pairs().min_by_key(|pair| (pair[1].1, pair[1].2))?;
    let path = |file: usize| register.files()[file].path().to_owned();
    let error = Error::DuplicateId {
        first: path(pair[0].1),
        first_row: pair[0].2,
        second: path(pair[1].1),
        second_row: pair[1].2,
    };
    Some(Fault { error, count: pairs().count() as u64 })
}
