//! Row groups to record batches: the only place that reads files after they were opened.

use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::decode::Origin;
use crate::error::{Error, Result};
use crate::layout::FileColumns;
use crate::register::Register;

/// Largest number of persons that are decoded at once.
pub(crate) const BATCH_ROWS: usize = 1 << 14;

/// A unit of work: one row group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) file: usize,
    pub(crate) row_group: usize,
}

/// All units, in the order of files and row groups.
pub(crate) fn units(register: &Register) -> Vec<Unit> {
    let files = register.files().iter().enumerate();
    files
        .flat_map(|(file, opened)| {
            (0..opened.row_groups()).map(move |row_group| Unit { file, row_group })
        })
        .collect()
}

/// Decodes the columns of a unit and hands the batches on, in order.
pub(crate) fn batches(
    register: &Register,
    columns: &FileColumns,
    unit: Unit,
    mut visit: impl FnMut(&RecordBatch, Origin) -> Result<()>,
) -> Result<()> {
    let file = &register.files()[unit.file];
    let rows = file.rows_of(unit.row_group);
    if rows == 0 {
        return Ok(());
    }
    let failed = |message: String| decode_error(file.path(), unit.row_group, message);
    let handle = File::open(file.path()).map_err(|error| Error::Open {
        path: file.path().to_owned(),
        message: error.to_string(),
    })?;
    let metadata = file.metadata().clone();
    let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.roots.iter().copied());
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(handle, metadata)
        .with_projection(mask)
        .with_row_groups(vec![unit.row_group])
        .with_batch_size(BATCH_ROWS.min(usize::try_from(rows).unwrap_or(BATCH_ROWS)))
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let mut first_row = file.first_row(unit.row_group);
    for records in reader {
        let records = records.map_err(|error| failed(error.to_string()))?;
        visit(&records, Origin { file, columns, row_group: unit.row_group, first_row })?;
        first_row += records.num_rows() as u64;
    }
    Ok(())
}

/// The error of a row group; compression that was not built in is told from damage.
fn decode_error(path: &Path, row_group: usize, message: String) -> Error {
    let path = path.to_owned();
    match message.split_once("Disabled feature at compile time: ") {
        Some((_, codec)) => Error::Compression { path, codec: codec.trim().to_owned() },
        None => Error::Decode { path, row_group, message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_that_is_not_built_in() {
        let message = "Parquet error: Disabled feature at compile time: zstd".to_owned();
        assert_eq!(
            decode_error(Path::new("a.parquet"), 0, message).to_string(),
            "file a.parquet is compressed with zstd, which this build cannot read; write it again with \
             snappy or lz4"
        );
        let message = "EOF: eof decoding byte array".to_owned();
        assert_eq!(
            decode_error(Path::new("a.parquet"), 3, message).to_string(),
            "file a.parquet, row group 3: EOF: eof decoding byte array; the file may be damaged or cut \
             off"
        );
    }
}
