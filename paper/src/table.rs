//! Long tables and the files they are written to.

mod text;

use std::borrow::Borrow;
use std::io::{self, Write};
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::whole_file::{self, FileError};

/// The values of a column. A missing value is `None`, among numbers `NaN`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// Words.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// Numbers in full precision.
    Number(Vec<f64>),
}

impl Values {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Whole(values) => values.len(),
            Self::Number(values) => values.len(),
        }
    }

    /// The values of some rows, in their order.
    pub(crate) fn picked(&self, rows: &[usize]) -> Self {
        let rows = rows.iter();
        match self {
            Self::Text(values) => Self::Text(rows.map(|&row| values[row].clone()).collect()),
            Self::Whole(values) => Self::Whole(rows.map(|&row| values[row]).collect()),
            Self::Number(values) => Self::Number(rows.map(|&row| values[row]).collect()),
        }
    }

    /// Whether a row has no value.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Text(values) => values[row].is_none(),
            Self::Whole(values) => values[row].is_none(),
            Self::Number(values) => values[row].is_nan(),
        }
    }

    /// Takes a value away.
    fn blank(&mut self, row: usize) {
        match self {
            Self::Text(values) => values[row] = None,
            Self::Whole(values) => values[row] = None,
            Self::Number(values) => values[row] = f64::NAN,
        }
    }

    /// Whole numbers; missing values of other kinds of columns.
    fn wholes(&self) -> Vec<Option<i64>> {
        match self {
            Self::Whole(values) => values.clone(),
            other => vec![None; other.len()],
        }
    }

    /// Words; missing values of other kinds of columns.
    fn texts(&self) -> Vec<Option<String>> {
        match self {
            Self::Text(values) => values.clone(),
            other => vec![None; other.len()],
        }
    }

    /// Adds the values of another column of the kind.
    fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Text(values), Self::Text(mut more)) => values.append(&mut more),
            (Self::Whole(values), Self::Whole(mut more)) => values.append(&mut more),
            (Self::Number(values), Self::Number(mut more)) => values.append(&mut more),
            _ => {}
        }
    }

    /// Some rows as an array.
    fn array(&self, rows: Range<usize>) -> ArrayRef {
        match self {
            Self::Text(values) => Arc::new(StringArray::from_iter(&values[rows])),
            Self::Whole(values) => Arc::new(Int64Array::from_iter(&values[rows])),
            Self::Number(values) => {
                let values = &values[rows];
                // All are looked at, many at a time.
                if values.iter().fold(false, |any, value| any | value.is_nan()) {
                    let known = |&value: &f64| (!value.is_nan()).then_some(value);
                    return Arc::new(values.iter().map(known).collect::<Float64Array>());
                }
                Arc::new(Float64Array::from_iter_values(values.iter().copied()))
            }
        }
    }

    /// The value of a row as a number; `NaN` for words and missing values.
    pub fn number(&self, row: usize) -> f64 {
        match self {
            Self::Text(_) => f64::NAN,
            Self::Whole(values) => values[row].map_or(f64::NAN, |value| value as f64),
            Self::Number(values) => values[row],
        }
    }
}

/// Rows that are encoded at once.
pub(crate) const ROWS_AT_ONCE: usize = 16_384;

/// Rows of a row group, which is in memory until it is whole.
const ROWS_IN_GROUP: usize = 8 * ROWS_AT_ONCE;

/// A table of named columns of one length, one row an observation.
///
/// ```
/// use afgang::table::Table;
///
/// let table = Table::new()
///     .text("exit", ["employment", "education"])
///     .whole("spells", [3, 1])
///     .number("percent", [75.0, 25.0]);
/// assert_eq!(table.to_csv(), "exit,spells,percent\nemployment,3,75\neducation,1,25\n");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<(String, Values)>,
    /// What is said about the table, by name.
    notes: serde_json::Map<String, serde_json::Value>,
    /// Tables that belong to it, which JSON files take along.
    parts: Vec<(String, Table)>,
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of words.
    #[must_use]
    pub fn text<T: Into<String>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(|value| Some(value.into())).collect();
        self.with(name, Values::Text(values))
    }

    /// Adds a column of whole numbers.
    #[must_use]
    pub fn whole(self, name: &str, values: impl IntoIterator<Item = i64>) -> Self {
        self.with(name, Values::Whole(values.into_iter().map(Some).collect()))
    }

    /// Adds a column of numbers; `NaN` is a missing value.
    #[must_use]
    pub fn number(self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        self.with(name, Values::Number(values.into_iter().collect()))
    }

    /// Adds a column, cut or filled up with missing values to the length of the table.
    #[must_use]
    pub fn with(mut self, name: &str, mut values: Values) -> Self {
        if let Some((_, first)) = self.columns.first() {
            let rows = first.len();
            match &mut values {
                Values::Text(values) => values.resize(rows, None),
                Values::Whole(values) => values.resize(rows, None),
                Values::Number(values) => values.resize(rows, f64::NAN),
            }
        }
        self.columns.push((name.to_owned(), values));
        self
    }

    /// Says something about the table, which JSON and Parquet files take along.
    #[must_use]
    pub fn note(mut self, name: &str, value: serde_json::Value) -> Self {
        self.notes.insert(name.to_owned(), value);
        self
    }

    /// Adds a table that belongs to this one, which JSON files take along under its name.
    #[must_use]
    pub fn part(mut self, name: &str, table: Self) -> Self {
        self.parts.push((name.to_owned(), table));
        self
    }

    /// Tables of the same columns one below the other; a first column of words says which is which.
    #[must_use]
    pub(crate) fn stacked(name: &str, parts: &[(String, Self)]) -> Self {
        let names = parts.iter().flat_map(|(name, part)| vec![name.clone(); part.rows()]);
        let mut table = Self::new().text(name, names);
        for (column, _) in parts.first().map_or(&[][..], |(_, first)| first.columns()) {
            let columns = || parts.iter().filter_map(|(_, part)| part.column(column));
            let values = match columns().next() {
                Some(Values::Whole(_)) => {
                    Values::Whole(columns().flat_map(Values::wholes).collect())
                }
                Some(Values::Number(_)) => Values::Number(
                    columns().flat_map(|of| (0..of.len()).map(|row| of.number(row))).collect(),
                ),
                _ => Values::Text(columns().flat_map(Values::texts).collect()),
            };
            table = table.with(column, values);
        }
        table
    }

    /// Tables of the same columns one below the other.
    #[must_use]
    pub(crate) fn joined(mut tables: impl Iterator<Item = Self>) -> Self {
        let mut whole = tables.next().unwrap_or_default();
        for table in tables {
            for ((_, values), (_, more)) in whole.columns.iter_mut().zip(table.columns) {
                values.append(more);
            }
        }
        whole
    }

    /// Some rows, in another order.
    #[must_use]
    pub(crate) fn picked(mut self, rows: &[usize]) -> Self {
        for (_, values) in &mut self.columns {
            *values = values.picked(rows);
        }
        self
    }

    /// Without the values of some rows, but in the columns that are kept.
    #[must_use]
    pub(crate) fn blanked(mut self, rows: &[bool], kept: impl Fn(&str) -> bool) -> Self {
        for (name, values) in &mut self.columns {
            if !kept(name) {
                for row in (0..values.len()).filter(|&row| rows[row]) {
                    values.blank(row);
                }
            }
        }
        self
    }

    /// What is said about the table, by name.
    pub fn notes(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.notes
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[(String, Values)] {
        &self.columns
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Values> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, values)| values)
    }

    /// The first row in which every named column shows the value given beside it.
    pub fn find<'v>(&self, keys: impl IntoIterator<Item = (&'v str, &'v str)>) -> Option<usize> {
        let keys: Vec<_> = keys
            .into_iter()
            .map(|(name, value)| self.column(name).map(|column| (column, value)))
            .collect::<Option<_>>()?;
        (0..self.rows()).find(|&row| keys.iter().all(|(column, value)| column.show(row) == *value))
    }

    /// The table as CSV: a header, commas, points in decimals, every digit that a number needs.
    pub fn to_csv(&self) -> String {
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = Self::write_csv(&mut text, iter::once(self));
        String::from_utf8_lossy(&text).into_owned()
    }

    fn write_parquet<T: Borrow<Self>>(
        &self,
        out: impl Write + Send,
        mut tables: impl Iterator<Item = T>,
    ) -> io::Result<()> {
        let Some(first) = tables.next() else { return Ok(()) };
        let columns = &first.borrow().columns;
        let field = |(name, values): &(String, Values)| {
            let kind = match values {
                Values::Text(_) => DataType::Utf8,
                Values::Whole(_) => DataType::Int64,
                Values::Number(_) => DataType::Float64,
            };
            Field::new(name, kind, true)
        };
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROWS_IN_GROUP));
        for (name, values) in columns {
            if let Values::Number(values) = values {
                let column = ColumnPath::from(name.as_str());
                // A dictionary of estimates costs time and saves nothing. Where they hardly repeat, compression saves
                // little and bounds help nobody.
                if hardly_repeat(values) {
                    properties = properties
                        .set_column_compression(column.clone(), Compression::UNCOMPRESSED)
                        .set_column_statistics_enabled(column.clone(), EnabledStatistics::None);
                }
                properties = properties.set_column_dictionary_enabled(column, false);
            }
        }
        if !self.notes.is_empty() {
            let conventions = serde_json::to_string(&self.notes)?;
            let entry = KeyValue::new("conventions".to_owned(), conventions);
            properties = properties.set_key_value_metadata(Some(vec![entry]));
        }
        let properties = properties.build();
        let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))
            .map_err(io::Error::other)?;
        for table in iter::once(first).chain(tables) {
            let table: &Self = table.borrow();
            for from in (0..table.rows()).step_by(ROWS_AT_ONCE) {
                let rows = from..table.rows().min(from + ROWS_AT_ONCE);
                let arrays = table.columns.iter().map(|(_, values)| values.array(rows.clone()));
                let batch = RecordBatch::try_new(schema.clone(), arrays.collect());
                writer.write(&batch.map_err(io::Error::other)?).map_err(io::Error::other)?;
            }
        }
        writer.close().map_err(io::Error::other)?;
        Ok(())
    }

    /// Tables that belong to this one, by name.
    pub fn parts(&self) -> &[(String, Self)] {
        &self.parts
    }

    /// As [`write`](Self::write), with the parts: inside of a JSON file, else in files beside it, `FILE.NAME.csv` for `FILE.csv`.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn write_with_parts(&self, path: &Path, format: Format) -> Result<(), FileError> {
        self.write(path, format)?;
        if format != Format::Json {
            for (name, part) in &self.parts {
                part.write(&beside(path, name, format), format)?;
            }
        }
        Ok(())
    }

    /// Writes the table to a file, whole or not at all.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(&self, path: &Path, format: Format) -> Result<(), FileError> {
        self.write_rows(iter::once(self), path, format)
    }

    /// Writes tables of the same columns one below the other, whole or not at all, with the notes and parts of this one: where
    /// they are made one after the other, they are not in memory together.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn write_rows<T: Borrow<Self>>(
        &self,
        tables: impl Iterator<Item = T>,
        path: &Path,
        format: Format,
    ) -> Result<(), FileError> {
        whole_file::write(path, |file| match format {
            Format::Csv => Self::write_csv(file, tables),
            Format::Json => self.write_json(file, tables),
            Format::Parquet => self.write_parquet(file, tables),
        })?;
        Ok(())
    }
}

/// Whether more than half of some values are different.
fn hardly_repeat(values: &[f64]) -> bool {
    let some = &values[..values.len().min(1024)];
    let mut different: Vec<u64> = some.iter().map(|value| value.to_bits()).collect();
    different.sort_unstable();
    different.dedup();
    2 * different.len() > some.len()
}

/// A kind of file for a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values.
    Csv,
    /// An array of objects.
    Json,
}

impl Format {
    /// The format that the ending of a file name asks for, letter case aside.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "parquet" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The ending of its files.
    const fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// The file of a part beside that of its table: `FILE.NAME.csv` for `FILE.csv`.
pub(crate) fn beside(path: &Path, part: &str, format: Format) -> PathBuf {
    path.with_extension(format!("{part}.{}", format.ending()))
}

#[cfg(test)]
mod tests {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;

    fn small() -> Table {
        Table::new()
            .text("group", ["a, b", "c"])
            .with("year", Values::Whole(vec![Some(2011), None]))
            .number("percent", [0.1, f64::NAN])
    }

    #[test]
    fn csv_quotes_and_leaves_missing_values_empty() {
        assert_eq!(small().to_csv(), "group,year,percent\n\"a, b\",2011,0.1\nc,,\n");
    }

    #[test]
    fn json_has_null_for_missing_values() {
        let mut text = Vec::new();
        small().write_json(&mut text, iter::once(&small())).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "[\n{\"group\":\"a, b\",\"year\":2011,\"percent\":0.1},\n\
             {\"group\":\"c\",\"year\":null,\"percent\":null}\n]\n"
        );
    }

    #[test]
    fn parquet_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("small.parquet");
        small().write(&path, Format::of(&path).unwrap()).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let batch = reader.next().unwrap().unwrap();
        assert_eq!(batch.num_rows(), 2);
        assert_eq!(batch.column(2).null_count(), 1);
        assert_eq!(batch.schema().field(1).name(), "year");
    }

    #[test]
    fn rows_are_found_by_their_keys() {
        assert_eq!(small().find([("group", "c")]), Some(1));
        assert_eq!(small().find([("group", "a, b"), ("year", "2011")]), Some(0));
        assert_eq!(small().find([("no_such", "c")]), None);
    }
}
