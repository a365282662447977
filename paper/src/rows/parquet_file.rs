//! Columns of a Parquet file, whole or some rows after others.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::data::{DataError, positions};
use crate::table::Values;
use crate::whole_file::FileError;

/// Rows that are decoded at once where the whole file is read.
const ROWS: usize = 16_384;

/// Rows that are handed on at once.
const ROWS_AT_ONCE: usize = 65_536;

/// Some columns of a Parquet file, some rows after others.
pub(crate) struct Batches {
    path: PathBuf,
    columns: Vec<String>,
    reader: ParquetRecordBatchReader,
    /// Rows of the file.
    pub(crate) rows: u64,
}

impl Batches {
    /// The columns asked for; a name may stand there twice.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or lacks a column.
    pub(crate) fn open(path: &Path, columns: &[&str]) -> Result<Self, DataError> {
        Self::of(path, columns, ROWS_AT_ONCE)
    }

    fn of(path: &Path, columns: &[&str], at_once: usize) -> Result<Self, DataError> {
        let file = File::open(path).map_err(FileError::of("read", path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)
            .map_err(|error| broken(path, error.to_string()))?;
        let schema = builder.schema().clone();
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let places = positions(path, &names, columns)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), places.iter().copied());
        let rows = builder.metadata().file_metadata().num_rows();
        let reader = builder.with_projection(mask).with_batch_size(at_once).build();
        Ok(Self {
            path: path.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            reader: reader.map_err(|error| broken(path, error.to_string()))?,
            rows: u64::try_from(rows).unwrap_or(0),
        })
    }

    /// Adds the next rows to some columns; `None` if there are none.
    fn append_next(&mut self, values: &mut [Option<Values>]) -> Option<Result<(), DataError>> {
        let batch = match self.reader.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(broken(&self.path, error.to_string()))),
        };
        let mut columns = values.iter_mut().zip(&self.columns);
        Some(columns.try_for_each(|(values, column)| match batch.column_by_name(column) {
            Some(array) => append(values, array, column),
            None => Ok(()),
        }))
    }
}

impl Iterator for Batches {
    type Item = Result<Vec<Values>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut values = vec![None; self.columns.len()];
        Some(match self.append_next(&mut values)? {
            Ok(()) => Ok(values.into_iter().flatten().collect()),
            Err(error) => Err(error),
        })
    }
}

/// All rows of some columns.
pub(super) fn read(path: &Path, columns: &[&str]) -> Result<Vec<Values>, DataError> {
    let mut batches = Batches::of(path, columns, ROWS)?;
    let mut values: Vec<Option<Values>> = vec![None; columns.len()];
    while let Some(done) = batches.append_next(&mut values) {
        done?;
    }
    values
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .filter(|values| !values.is_empty())
        .ok_or_else(|| DataError::Empty { path: path.to_owned() })
}

fn broken(path: &Path, reason: String) -> DataError {
    DataError::Broken { path: path.to_owned(), reason }
}

/// Adds an array to a column; its type decides about the kind of values.
fn append(values: &mut Option<Values>, array: &ArrayRef, column: &str) -> Result<(), DataError> {
    let kind = || DataError::Kind {
        column: column.to_owned(),
        found: array.data_type().to_string(),
        wanted: "numbers or words",
    };
    let as_type = |wanted: &DataType| cast(array, wanted).map_err(|_| kind());
    let nulls = array.logical_null_count();
    let inner = match array.data_type() {
        DataType::Dictionary(_, value) => value.as_ref(),
        other => other,
    };
    let new = match inner {
        DataType::Boolean => {
            Values::Whole(as_type(&DataType::Int64)?.as_primitive::<Int64Type>().iter().collect())
        }
        integer if integer.is_integer() => {
            let array = as_type(&DataType::Int64)?;
            // The cast leaves out what is too large.
            if array.null_count() > nulls {
                return Err(DataError::TooLarge { column: column.to_owned() });
            }
            let array = array.as_primitive::<Int64Type>();
            if let (Some(Values::Whole(old)), 0) = (values.as_mut(), array.null_count()) {
                old.extend(array.values().iter().map(|&value| Some(value)));
                return Ok(());
            }
            Values::Whole(array.iter().collect())
        }
        number if number.is_floating() || number.is_decimal() => {
            let array = as_type(&DataType::Float64)?;
            let array = array.as_primitive::<Float64Type>();
            // -0 becomes 0: it is the same number, group and cluster.
            if let (Some(Values::Number(old)), 0) = (values.as_mut(), array.null_count()) {
                old.extend(array.values().iter().map(|value| value + 0.0));
                return Ok(());
            }
            Values::Number(array.iter().map(|value| value.unwrap_or(f64::NAN) + 0.0).collect())
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Values::Text(
            as_type(&DataType::Utf8)?
                .as_string::<i32>()
                .iter()
                .map(|value| value.map(str::to_owned))
                .collect(),
        ),
        DataType::Null => Values::Text(vec![None; array.len()]),
        _ => return Err(kind()),
    };
    match (values.as_mut(), new) {
        (None, new) => *values = Some(new),
        (Some(Values::Text(old)), Values::Text(new)) => old.extend(new),
        (Some(Values::Whole(old)), Values::Whole(new)) => old.extend(new),
        (Some(Values::Number(old)), Values::Number(new)) => old.extend(new),
        (Some(_), _) => return Err(kind()),
    }
    Ok(())
}
