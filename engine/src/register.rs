//! A register: Parquet files with one row a person, and the columns they have.
//!
//! Opening a register reads the files' footers only. It checks what needs no study: that every file
//! is Parquet, that all have the same columns and types (in any order, in any letter case), that no
//! column stands twice and that no week or month is named that does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::ParquetStatisticsPolicy;

use crate::calendar::{Month, Week};
use crate::error::{Error, Result};

/// Name of the column of person ids.
pub const ID_COLUMN: &str = "pnr";

/// A register on disk, opened and checked.
#[derive(Debug, Clone)]
pub struct Register {
    files: Vec<RegisterFile>,
}

/// One file of a register.
#[derive(Debug, Clone)]
pub struct RegisterFile {
    path: PathBuf,
    bytes: u64,
    /// First row of each row group, and the number of rows at the end.
    first_rows: Vec<u64>,
    metadata: ArrowReaderMetadata,
    /// By lower-case name.
    columns: BTreeMap<String, Column>,
}

/// A column of a file.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Name as the file has it.
    pub(crate) name: String,
    /// Position in the file.
    pub(crate) root: usize,
    pub(crate) data_type: DataType,
}

impl Register {
    /// Opens a register: one Parquet file, or a folder whose `.parquet` files are taken in the order
    /// of their names. Files whose names start with `.` or `_` are left out.
    ///
    /// # Errors
    ///
    /// [`Error::Open`], [`Error::NoFiles`], and those of [`Register::open_files`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_files(&Self::paths(path.as_ref())?)
    }

    /// The files that [`Register::open`] takes.
    pub(crate) fn paths(path: &Path) -> Result<Vec<PathBuf>> {
        let failed = |error: std::io::Error| Error::Open {
            path: path.to_owned(),
            message: error.to_string(),
        };
        if !std::fs::metadata(path).map_err(failed)?.is_dir() {
            return Ok(vec![path.to_owned()]);
        }
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let found = entry.map_err(failed)?.path();
            let name = found.file_name().map(|name| name.to_string_lossy().to_lowercase());
            let wanted = name
                .is_some_and(|name| name.ends_with(".parquet") && !name.starts_with(['.', '_']));
            if wanted && found.is_file() {
                files.push(found);
            }
        }
        files.sort();
        if files.is_empty() {
            return Err(Error::NoFiles { path: path.to_owned() });
        }
        Ok(files)
    }

    /// Opens the given files as one register, in the given order.
    ///
    /// # Errors
    ///
    /// [`Error::Open`], [`Error::NotParquet`], [`Error::ColumnTwice`], [`Error::NoSuchPeriod`],
    /// [`Error::SchemaDiffers`], [`Error::NoFiles`] if there are none.
    pub fn open_files<P: AsRef<Path>>(paths: &[P]) -> Result<Self> {
        let mut files: Vec<RegisterFile> = Vec::with_capacity(paths.len());
        for path in paths {
            let (file, mut faults) = RegisterFile::open(path.as_ref())?;
            if let Some(first) = files.first() {
                faults.extend(file.differences(first));
            }
            if let Some(fault) = faults.into_iter().next() {
                return Err(fault);
            }
            files.push(file);
        }
        if files.is_empty() {
            return Err(Error::NoFiles { path: PathBuf::new() });
        }
        Ok(Self { files })
    }

    /// The files that can be opened as a register, and everything that is wrong with them and the others.
    pub(crate) fn open_leniently(paths: &[PathBuf]) -> (Self, Vec<Error>) {
        let mut files: Vec<RegisterFile> = Vec::with_capacity(paths.len());
        let mut faults = Vec::new();
        for path in paths {
            match RegisterFile::open(path) {
                Err(fault) => faults.push(fault),
                Ok((file, of_columns)) => {
                    faults.extend(of_columns);
                    if let Some(first) = files.first() {
                        faults.extend(file.differences(first));
                    }
                    files.push(file);
                }
            }
        }
        (Self { files }, faults)
    }

    /// Refuses a register without persons: everything computed from it would be empty.
    ///
    /// # Errors
    ///
    /// [`Error::NoPersons`].
    pub fn not_empty(self) -> Result<Self> {
        match self.files.first() {
            Some(first) if self.persons() == 0 => {
                Err(Error::NoPersons { path: first.path.clone(), files: self.files.len() })
            }
            _ => Ok(self),
        }
    }

    /// The files, in order.
    pub fn files(&self) -> &[RegisterFile] {
        &self.files
    }

    /// Number of persons (rows).
    pub fn persons(&self) -> u64 {
        self.files.iter().map(RegisterFile::persons).sum()
    }

    /// Number of row groups.
    pub fn row_groups(&self) -> usize {
        self.files.iter().map(RegisterFile::row_groups).sum()
    }

    /// Names of the columns as the first file has them, in its order.
    pub fn columns(&self) -> Vec<&str> {
        let Some(file) = self.files.first() else { return Vec::new() };
        let mut columns: Vec<&Column> = file.columns.values().collect();
        columns.sort_by_key(|column| column.root);
        columns.into_iter().map(|column| column.name.as_str()).collect()
    }

    /// Whether there is a column of this name; letter case does not matter.
    pub fn has_column(&self, name: &str) -> bool {
        self.files.first().is_some_and(|file| file.column(name).is_some())
    }

    /// Whether there is a column `name` or there are columns `name_YYYY`.
    pub fn has_attribute(&self, name: &str) -> bool {
        let Some(file) = self.files.first() else { return false };
        let prefix = format!("{}_", name.to_lowercase());
        self.has_column(name)
            || file.columns.keys().any(|column| {
                column.strip_prefix(&prefix).is_some_and(|year| {
                    year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())
                })
            })
    }
}

impl RegisterFile {
    /// Opens a file; what is wrong with its columns comes beside, and such columns are left out.
    fn open(path: &Path) -> Result<(Self, Vec<Error>)> {
        let failed = |error: std::io::Error| Error::Open {
            path: path.to_owned(),
            message: error.to_string(),
        };
        let handle = File::open(path).map_err(failed)?;
        let bytes = handle.metadata().map_err(failed)?.len();
        // Types come from the Parquet schema alone: fewer kinds of columns have to be understood.
        // Statistics are not used, and hundreds of columns make them large.
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
            .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
            .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll);
        let metadata = ArrowReaderMetadata::load(&handle, options).map_err(|error| {
            Error::NotParquet { path: path.to_owned(), message: error.to_string() }
        })?;
        let mut first_rows = vec![0];
        let mut rows = 0;
        for group in metadata.metadata().row_groups() {
            rows += u64::try_from(group.num_rows()).map_err(|_| Error::NotParquet {
                path: path.to_owned(),
                message: "a row group has a negative number of rows".to_owned(),
            })?;
            first_rows.push(rows);
        }
        let mut columns: BTreeMap<String, Column> = BTreeMap::new();
        let mut faults = Vec::new();
        for (root, field) in metadata.schema().fields().iter().enumerate() {
            let name = field.name().clone();
            let period = Week::parse_column(&name).and_then(|_| Month::parse_grad_column(&name));
            if let Err(problem) = period {
                let path = path.to_owned();
                faults.push(Error::NoSuchPeriod { path, column: name, problem });
                continue;
            }
            let column = Column { name, root, data_type: field.data_type().clone() };
            if let Some(first) = columns.get(&column.name.to_lowercase()) {
                faults.push(Error::ColumnTwice {
                    path: path.to_owned(),
                    first: first.name.clone(),
                    second: column.name,
                });
                continue;
            }
            columns.insert(column.name.to_lowercase(), column);
        }
        Ok((Self { path: path.to_owned(), bytes, first_rows, metadata, columns }, faults))
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Number of persons (rows).
    pub fn persons(&self) -> u64 {
        self.first_rows.last().copied().unwrap_or(0)
    }

    /// Number of row groups.
    pub fn row_groups(&self) -> usize {
        self.first_rows.len() - 1
    }

    /// Rows before a row group.
    pub(crate) fn first_row(&self, row_group: usize) -> u64 {
        self.first_rows[row_group]
    }

    /// Rows of a row group.
    pub(crate) fn rows_of(&self, row_group: usize) -> u64 {
        self.first_rows[row_group + 1] - self.first_rows[row_group]
    }

    pub(crate) fn metadata(&self) -> &ArrowReaderMetadata {
        &self.metadata
    }

    /// The column of a name; letter case does not matter.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(&name.to_lowercase())
    }

    /// Names of the columns that are neither weeks nor months, in the order of the file.
    pub(crate) fn attribute_columns(&self) -> Vec<String> {
        let is_period = |name: &str| {
            Week::parse_column(name) != Ok(None) || Month::parse_grad_column(name) != Ok(None)
        };
        let columns = self.columns.values().filter(|column| !is_period(&column.name));
        let mut columns: Vec<&Column> = columns.collect();
        columns.sort_by_key(|column| column.root);
        columns.into_iter().map(|column| column.name.clone()).collect()
    }

    /// Names and types that are not those of the first file, in the order of the names.
    fn differences(&self, first: &Self) -> Vec<Error> {
        let names: BTreeSet<&String> = self.columns.keys().chain(first.columns.keys()).collect();
        let files = [self, first].map(|file| &file.columns);
        names
            .into_iter()
            .filter_map(|name| {
                let [here, there] = files.map(|columns| columns.get(name));
                let [own, other] = [here, there].map(|column| column.map(|c| &c.data_type));
                (own != other).then(|| Error::SchemaDiffers {
                    path: self.path.clone(),
                    first: first.path.clone(),
                    column: here.or(there).map(|column| column.name.clone()).unwrap_or_default(),
                    here: own.map(|data_type| data_type.to_string().into()),
                    there: other.map(|data_type| data_type.to_string().into()),
                })
            })
            .collect()
    }
}
