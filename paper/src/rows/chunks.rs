//! Columns of a row group in memory, as they are compressed in the file.
//!
//! The decoder asks for a file page by page, and each page takes four calls to the system; a column of a row group lies in one
//! piece, which is read at once.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use bytes::buf::{Buf, Reader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

/// Some columns of a row group.
pub(super) struct Chunks {
    /// Bytes of the whole file.
    length: u64,
    /// Where each column begins in the file, and its bytes.
    columns: Vec<(u64, Bytes)>,
}

impl Chunks {
    /// Reads the columns at these places of the file's schema.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or ends too early.
    pub(super) fn read(
        path: &Path,
        metadata: &ParquetMetaData,
        group: usize,
        places: &[usize],
    ) -> Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let schema = metadata.file_metadata().schema_descr();
        let mut columns = Vec::with_capacity(places.len());
        for (leaf, column) in metadata.row_group(group).columns().iter().enumerate() {
            if !places.contains(&schema.get_column_root_idx(leaf)) {
                continue;
            }
            let (start, size) = column.byte_range();
            if start.checked_add(size).is_none_or(|end| end > length) {
                return Err(ParquetError::EOF("a column ends after the file".to_owned()));
            }
            let mut bytes = vec![0; usize::try_from(size)?];
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(&mut bytes)?;
            columns.push((start, bytes.into()));
        }
        Ok(Self { length, columns })
    }

    /// What follows a place in the file, up to the end of the column there.
    fn from(&self, start: u64) -> Result<Bytes> {
        let rest = |(first, bytes): &(u64, Bytes)| {
            let skip = usize::try_from(start.checked_sub(*first)?).ok()?;
            (skip < bytes.len()).then(|| bytes.slice(skip..))
        };
        self.columns.iter().find_map(rest).ok_or_else(|| {
            ParquetError::EOF(format!("no column that was read lies at byte {start}"))
        })
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF(format!(
                "{length} bytes are wanted at byte {start}, where the column has {}",
                bytes.len()
            )));
        }
        bytes.truncate(length);
        Ok(bytes)
    }
}
