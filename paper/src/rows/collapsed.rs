//! Spells of a Parquet file as counts of equal rows, straight from the columns.
//!
//! A register's spells are millions of rows of a few hundred kinds. Where all columns that are asked for hold whole numbers
//! of small ranges, row groups are read in parallel into arrays of counts, and the rows that the estimators see are
//! the kinds with their numbers.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::prelude::*;

use crate::table::Values;

/// Most kinds of rows that are counted.
const MOST_KINDS: usize = 1 << 22;

/// The widest range of whole numbers in a column.
const WIDEST: i64 = 1 << 20;

/// Kinds of rows and how many rows are of each.
pub(super) struct Collapsed {
    /// The columns asked for, one value a kind.
    pub(super) columns: Vec<Values>,
    pub(super) counts: Vec<f64>,
}

/// Reads columns as kinds of rows, if the file lends itself to it; `None` leaves it to the reader that explains faults.
///
/// The first `numbers` columns may be floating numbers that are whole.
pub(super) fn read(path: &Path, columns: &[&str], numbers: usize) -> Option<Collapsed> {
    let file = File::open(path).ok()?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default()).ok()?;
    let names: Vec<&str> =
        metadata.schema().fields().iter().map(|field| field.name().as_str()).collect();
    let mut places = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let mut found = (0..names.len()).filter(|&place| names[place] == *column);
        let place = found.next().filter(|_| found.next().is_none())?;
        let kind = metadata.schema().field(place).data_type();
        let whole =
            kind.is_integer() || *kind == DataType::Boolean || (kind.is_floating() && at < numbers);
        if !whole {
            return None;
        }
        places.push(place);
    }
    let mut wanted = places.clone();
    wanted.sort_unstable();
    wanted.dedup();
    // Where a column is among those that are decoded.
    let place_of: Vec<usize> =
        places.iter().map(|place| wanted.partition_point(|other| other < place)).collect();
    let groups: Vec<Vec<Vec<i64>>> = (0..metadata.metadata().num_row_groups())
        .into_par_iter()
        .map(|group| row_group(path, &metadata, &wanted, group))
        .collect::<Option<_>>()?;
    let ranges: Vec<(i64, i64)> = (0..wanted.len())
        .map(|column| {
            let values = groups.iter().flat_map(|group| &group[column]);
            let (low, high) = values.fold((i64::MAX, i64::MIN), |(low, high), &value| {
                (low.min(value), high.max(value))
            });
            (low <= high && high.checked_sub(low)? < WIDEST).then_some((low, high))
        })
        .collect::<Option<_>>()?;
    let sizes: Vec<usize> = ranges.iter().map(|(low, high)| (high - low) as usize + 1).collect();
    let kinds = sizes.iter().try_fold(1_usize, |kinds, &size| kinds.checked_mul(size))?;
    if kinds > MOST_KINDS {
        return None;
    }
    let counts = groups.par_iter().map(|group| count(group, &ranges, &sizes, kinds)).reduce_with(
        |mut one, two| {
            for (one, two) in one.iter_mut().zip(two) {
                *one += two;
            }
            one
        },
    )?;
    let there: Vec<usize> = (0..kinds).filter(|&kind| counts[kind] > 0).collect();
    let decoded: Vec<Values> = (0..wanted.len())
        .map(|column| {
            let below: usize = sizes[column + 1..].iter().product();
            let value =
                |&kind: &usize| Some(ranges[column].0 + (kind / below % sizes[column]) as i64);
            Values::Whole(there.iter().map(value).collect())
        })
        .collect();
    Some(Collapsed {
        columns: place_of.into_iter().map(|place| decoded[place].clone()).collect(),
        counts: there.iter().map(|&kind| counts[kind] as f64).collect(),
    })
}

/// The columns of a row group as whole numbers; `None` if one holds anything else.
fn row_group(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    wanted: &[usize],
    group: usize,
) -> Option<Vec<Vec<i64>>> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
        File::open(path).ok()?,
        metadata.clone(),
    );
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
    let rows = metadata.metadata().row_group(group).num_rows() as usize;
    let reader =
        builder.with_projection(mask).with_row_groups(vec![group]).with_batch_size(65_536).build();
    let mut columns = vec![Vec::with_capacity(rows); wanted.len()];
    for batch in reader.ok()? {
        let batch = batch.ok()?;
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            append(column, array)?;
        }
    }
    Some(columns)
}

fn append(column: &mut Vec<i64>, array: &ArrayRef) -> Option<()> {
    if array.null_count() > 0 {
        return None;
    }
    if array.data_type().is_floating() {
        let array = cast(array, &DataType::Float64).ok()?;
        for &value in array.as_primitive::<Float64Type>().values() {
            if value.fract() != 0.0 || value.abs() >= WIDEST as f64 {
                return None;
            }
            column.push(value as i64);
        }
        return Some(());
    }
    let array = cast(array, &DataType::Int64).ok()?;
    if array.null_count() > 0 {
        return None; // numbers too large
    }
    column.extend_from_slice(array.as_primitive::<Int64Type>().values());
    Some(())
}

fn count(group: &[Vec<i64>], ranges: &[(i64, i64)], sizes: &[usize], kinds: usize) -> Vec<u64> {
    let rows = group.first().map_or(0, Vec::len);
    let mut place = vec![0_u32; rows];
    for (column, (&(low, _), &size)) in group.iter().zip(ranges.iter().zip(sizes)) {
        for (place, &value) in place.iter_mut().zip(column) {
            *place = *place * size as u32 + (value - low) as u32;
        }
    }
    let mut counts = vec![0_u64; kinds];
    for place in place {
        counts[place as usize] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;

    use super::*;

    fn file(columns: Vec<(&str, ArrayRef)>) -> tempfile::NamedTempFile {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        // Two rows a group.
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
        let mut writer =
            ArrowWriter::try_new(file.reopen().unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        file
    }

    fn floats(values: &[f64]) -> ArrayRef {
        Arc::new(Float64Array::from(values.to_vec()))
    }

    fn small() -> Vec<(&'static str, ArrayRef)> {
        vec![
            ("time", floats(&[3.0, 1.0, 3.0, 3.0, 1.0])),
            ("event", Arc::new(Int32Array::from(vec![1, 0, 1, 0, 0]))),
            ("group", Arc::new(Int64Array::from(vec![-7, 2, -7, 2, 2]))),
        ]
    }

    #[test]
    fn equal_rows_are_one() {
        let file = file(small());
        let found = read(file.path(), &["time", "event", "group"], 2).unwrap();
        let rows: Vec<(String, String, String, f64)> = (0..found.counts.len())
            .map(|row| {
                let [time, event, group] = [0, 1, 2].map(|c: usize| found.columns[c].show(row));
                (time, event, group, found.counts[row])
            })
            .collect();
        let row = |a: &str, b: &str, c: &str, n| (a.to_owned(), b.to_owned(), c.to_owned(), n);
        assert_eq!(
            rows,
            [row("1", "0", "2", 2.0), row("3", "0", "2", 1.0), row("3", "1", "-7", 2.0)]
        );
        // A column may be asked for twice.
        assert_eq!(read(file.path(), &["time", "event", "event"], 2).unwrap().counts.len(), 3);
    }

    #[test]
    fn what_is_no_small_whole_number_is_left_to_others() {
        let with = |name: &str, array: ArrayRef| {
            let mut columns = small();
            for column in &mut columns {
                if column.0 == name {
                    column.1 = Arc::clone(&array);
                }
            }
            read(file(columns).path(), &["time", "event", "group"], 2).is_some()
        };
        assert!(with("time", floats(&[3.0; 5])));
        assert!(!with("time", floats(&[3.0, 1.5, 3.0, 3.0, 1.0])));
        assert!(!with("time", floats(&[3.0, f64::NAN, 3.0, 3.0, 1.0])));
        assert!(!with("group", floats(&[1.0; 5])));
        assert!(!with("group", Arc::new(StringArray::from(vec!["a"; 5]))));
        let gap = Int64Array::from(vec![Some(1), None, Some(1), Some(1), Some(1)]);
        assert!(!with("group", Arc::new(gap)));
        let wide = Int64Array::from(vec![0, i64::MAX, i64::MIN, 0, 0]);
        assert!(!with("group", Arc::new(wide)));
        assert!(read(file(small()).path(), &["time", "event", "sex"], 2).is_none());
    }
}
