//! Columns of a Parquet file, some rows after others.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use rayon::prelude::*;

use super::data::{DataError, positions};
use crate::table::Values;
use crate::whole_file::FileError;

/// Rows that are decoded at once.
const ROWS: usize = 16_384;

/// Rows that are handed on at once where rows are not kept.
const ROWS_AT_ONCE: usize = 65_536;

/// Some columns of a Parquet file.
pub(crate) struct ParquetFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    columns: Vec<String>,
    places: Vec<usize>,
    /// Rows of the file.
    pub(crate) rows: usize,
    /// Its row groups.
    pub(crate) groups: usize,
}

impl ParquetFile {
    /// With the columns asked for; a name may stand there twice.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or lacks a column.
    pub(crate) fn open(path: &Path, columns: &[&str]) -> Result<Self, DataError> {
        let file = File::open(path).map_err(FileError::of("read", path))?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())
            .map_err(|error| broken(path, error.to_string()))?;
        let names: Vec<String> =
            metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
        let of_file = metadata.metadata();
        Ok(Self {
            path: path.to_owned(),
            places: positions(path, &names, columns)?,
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: usize::try_from(of_file.file_metadata().num_rows()).unwrap_or(0),
            groups: of_file.num_row_groups(),
            metadata,
        })
    }

    /// All rows, some after others.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub(crate) fn batches(&self) -> Result<Batches, DataError> {
        self.some(0..self.columns.len(), None, ROWS_AT_ONCE)
    }

    /// The column at a place, in a row group.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub(crate) fn column(&self, place: usize, group: usize) -> Result<Batches, DataError> {
        self.some(place..place + 1, Some(group), ROWS)
    }

    fn some(
        &self,
        columns: std::ops::Range<usize>,
        group: Option<usize>,
        at_once: usize,
    ) -> Result<Batches, DataError> {
        let file = File::open(&self.path).map_err(FileError::of("read", &self.path))?;
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let places = self.places[columns.clone()].iter().copied();
        let mask = ProjectionMask::roots(builder.parquet_schema(), places);
        let builder = builder.with_projection(mask).with_batch_size(at_once);
        let builder = match group {
            Some(group) => builder.with_row_groups(vec![group]),
            None => builder,
        };
        Ok(Batches {
            path: self.path.clone(),
            columns: self.columns[columns].to_vec(),
            reader: builder.build().map_err(|error| broken(&self.path, error.to_string()))?,
        })
    }
}

/// Rows after others: of each column the values of some of them.
pub(crate) struct Batches {
    path: PathBuf,
    columns: Vec<String>,
    reader: ParquetRecordBatchReader,
}

impl Iterator for Batches {
    type Item = Result<Vec<Cells>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.reader.next()? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(broken(&self.path, error.to_string()))),
        };
        let of = |column: &String| {
            Cells::of(batch.column_by_name(column).unwrap_or(batch.column(0)), column)
        };
        Some(self.columns.iter().map(of).collect())
    }
}

/// Some values of a column, of one of few types.
pub(crate) enum Cells {
    /// Whole numbers and logical values.
    Whole(Int64Array),
    /// Other numbers.
    Number(Float64Array),
    /// Words.
    Text(StringArray),
    /// So many missing values.
    Missing(usize),
}

impl Cells {
    /// Of an array, whose type decides.
    fn of(array: &ArrayRef, column: &str) -> Result<Self, DataError> {
        let kind = || DataError::Kind {
            column: column.to_owned(),
            found: array.data_type().to_string(),
            wanted: "numbers or words",
        };
        let as_type = |wanted: &DataType| cast(array, wanted).map_err(|_| kind());
        let inner = match array.data_type() {
            DataType::Dictionary(_, value) => value.as_ref(),
            other => other,
        };
        match inner {
            DataType::Boolean => Ok(Self::Whole(as_type(&DataType::Int64)?.as_primitive().clone())),
            integer if integer.is_integer() => {
                let nulls = array.logical_null_count();
                let array = as_type(&DataType::Int64)?;
                // The cast leaves out what is too large.
                if array.null_count() > nulls {
                    return Err(DataError::TooLarge { column: column.to_owned() });
                }
                Ok(Self::Whole(array.as_primitive().clone()))
            }
            number if number.is_floating() || number.is_decimal() => {
                Ok(Self::Number(as_type(&DataType::Float64)?.as_primitive().clone()))
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Ok(Self::Text(as_type(&DataType::Utf8)?.as_string().clone()))
            }
            DataType::Null => Ok(Self::Missing(array.len())),
            _ => Err(kind()),
        }
    }

    /// Numbers, `NaN` for missing ones. -0 becomes 0: it is the same number, group and cluster.
    pub(crate) fn numbers(array: &Float64Array) -> impl Iterator<Item = f64> {
        let all = array.null_count() == 0;
        let known = move |row: usize| all || array.is_valid(row);
        let of_row = move |(row, value): (usize, &f64)| {
            if known(row) { value + 0.0 } else { f64::NAN }
        };
        array.values().iter().enumerate().map(of_row)
    }

    /// Adds them to a column of so many rows; all of a column are of one type.
    fn append(self, values: &mut Option<Values>, rows: usize) {
        let values = values.get_or_insert_with(|| match self {
            Self::Whole(_) => Values::Whole(Vec::with_capacity(rows)),
            Self::Number(_) => Values::Number(Vec::with_capacity(rows)),
            Self::Text(_) | Self::Missing(_) => Values::Text(Vec::with_capacity(rows)),
        });
        match (self, values) {
            (Self::Whole(new), Values::Whole(old)) if new.null_count() == 0 => {
                old.extend(new.values().iter().copied().map(Some));
            }
            (Self::Whole(new), Values::Whole(old)) => old.extend(&new),
            (Self::Number(new), Values::Number(old)) => old.extend(Self::numbers(&new)),
            (Self::Text(new), Values::Text(old)) => {
                old.extend(new.iter().map(|word| word.map(str::to_owned)));
            }
            (Self::Missing(n), Values::Text(old)) => old.resize(old.len() + n, None),
            _ => {}
        }
    }
}

/// All rows of some columns.
pub(super) fn read(path: &Path, columns: &[&str]) -> Result<Vec<Values>, DataError> {
    let file = ParquetFile::open(path, columns)?;
    let column = |place: usize| {
        let mut values = None;
        for cells in file.some(place..place + 1, None, ROWS)? {
            cells?.into_iter().for_each(|cells| cells.append(&mut values, file.rows));
        }
        values.ok_or_else(|| DataError::Empty { path: path.to_owned() })
    };
    // Of several columns at fault the first is told of.
    let values: Vec<_> = (0..columns.len()).into_par_iter().map(column).collect();
    values.into_iter().collect()
}

fn broken(path: &Path, reason: String) -> DataError {
    DataError::Broken { path: path.to_owned(), reason }
}
