//! Spells of a Parquet file as counts of equal rows, straight from the columns.
//!
//! A register's spells are millions of rows of a few hundred kinds. Where all columns that are asked for hold whole numbers
//! of small ranges or few words, row groups are read in parallel into arrays of counts, and the rows that the estimators
//! see are the kinds with their numbers.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Int64Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::prelude::*;

use crate::table::Values;

/// Most kinds of rows that are counted.
const MOST_KINDS: usize = 1 << 22;

/// The widest range of whole numbers in a column, and the most different words.
const WIDEST: i64 = 1 << 20;

/// Kinds of rows and how many rows are of each.
pub(super) struct Collapsed {
    /// The columns asked for, one value a kind.
    pub(super) columns: Vec<Values>,
    pub(super) counts: Vec<usize>,
}

/// A column of a row group.
#[derive(Default)]
struct Column {
    /// Whole numbers, or places among the words.
    values: Vec<i64>,
    /// Words in the order met; `None` is a missing one.
    words: Vec<Option<String>>,
    place_of: HashMap<Option<String>, i64>,
}

/// Reads columns as kinds of rows, if the file lends itself to it; `None` leaves it to the reader that explains faults.
///
/// The first `numbers` columns may be floating numbers that are whole; the others may be words, also missing ones.
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
        let whole = kind.is_integer()
            || *kind == DataType::Boolean
            || (kind.is_floating() && at < numbers)
            || (is_words(kind) && at > 0);
        if !whole {
            return None;
        }
        places.push(place);
    }
    let metadata = with_dictionaries(metadata);
    let mut wanted = places.clone();
    wanted.sort_unstable();
    wanted.dedup();
    // Where a column is among those that are decoded.
    let place_of: Vec<usize> =
        places.iter().map(|place| wanted.partition_point(|other| other < place)).collect();
    let mut groups: Vec<Vec<Column>> = (0..metadata.metadata().num_row_groups())
        .into_par_iter()
        .map(|group| row_group(path, &metadata, &wanted, group))
        .collect::<Option<_>>()?;
    let words: Vec<Vec<Option<String>>> =
        (0..wanted.len()).map(|column| common_words(&mut groups, column)).collect();
    let ranges: Vec<(i64, i64)> = (0..wanted.len())
        .map(|column| {
            let values = groups.iter().flat_map(|group| &group[column].values);
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
            let value = |kind: usize| ranges[column].0 + (kind / below % sizes[column]) as i64;
            if words[column].is_empty() {
                Values::Whole(there.iter().map(|&kind| Some(value(kind))).collect())
            } else {
                let word = |&kind: &usize| words[column][value(kind) as usize].clone();
                Values::Text(there.iter().map(word).collect())
            }
        })
        .collect();
    Some(Collapsed {
        columns: place_of.into_iter().map(|place| decoded[place].clone()).collect(),
        counts: there.iter().map(|&kind| counts[kind] as usize).collect(),
    })
}

fn is_words(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_words(value),
        _ => false,
    }
}

/// Lets the reader leave words as places in the dictionary of their row group, as they are in most files.
fn with_dictionaries(metadata: ArrowReaderMetadata) -> ArrowReaderMetadata {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 => field.as_ref().clone().with_data_type(dictionary.clone()),
        _ => field.as_ref().clone(),
    };
    let schema = Schema::new(metadata.schema().fields().iter().map(field).collect::<Vec<_>>());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).unwrap_or(metadata)
}

/// Words of a column in all row groups; places among those of the group become places among these. Empty for numbers.
fn common_words(groups: &mut [Vec<Column>], column: usize) -> Vec<Option<String>> {
    let mut words: Vec<Option<String>> =
        groups.iter().flat_map(|group| group[column].words.iter().cloned()).collect();
    words.sort_unstable();
    words.dedup();
    for group in groups {
        let Column { values, words: own, .. } = &mut group[column];
        let places: Vec<i64> =
            own.iter().map(|word| words.partition_point(|other| other < word) as i64).collect();
        if !places.is_empty() {
            for value in values {
                *value = places[*value as usize];
            }
        }
    }
    words
}

/// The columns of a row group; `None` if one holds anything else than whole numbers and words.
fn row_group(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    wanted: &[usize],
    group: usize,
) -> Option<Vec<Column>> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
        File::open(path).ok()?,
        metadata.clone(),
    );
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
    let reader =
        builder.with_projection(mask).with_row_groups(vec![group]).with_batch_size(65_536).build();
    let mut columns: Vec<Column> = wanted.iter().map(|_| Column::default()).collect();
    for batch in reader.ok()? {
        let batch = batch.ok()?;
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            column.append(array)?;
        }
    }
    Some(columns)
}

impl Column {
    fn append(&mut self, array: &ArrayRef) -> Option<()> {
        if is_words(array.data_type()) {
            return self.append_words(array);
        }
        if array.null_count() > 0 {
            return None;
        }
        if array.data_type().is_floating() {
            let array = cast(array, &DataType::Float64).ok()?;
            for &value in array.as_primitive::<Float64Type>().values() {
                if value.fract() != 0.0 || value.abs() >= WIDEST as f64 {
                    return None;
                }
                self.values.push(value as i64);
            }
            return Some(());
        }
        let array = cast(array, &DataType::Int64).ok()?;
        if array.null_count() > 0 {
            return None; // numbers too large
        }
        self.values.extend_from_slice(array.as_primitive::<Int64Type>().values());
        Some(())
    }

    fn append_words(&mut self, array: &ArrayRef) -> Option<()> {
        let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let array = cast(array, &kind).ok()?;
        let array = array.as_dictionary_opt::<Int32Type>()?;
        let words = array.values().as_string_opt::<i32>()?;
        let places: Vec<i64> =
            words.iter().map(|word| self.place(word.map(str::to_owned))).collect();
        if self.words.len() as i64 > WIDEST {
            return None;
        }
        if array.null_count() == 0 {
            self.values.extend(array.keys().values().iter().map(|&key| places[key as usize]));
            return Some(());
        }
        let missing = self.place(None);
        let place = |key: Option<i32>| key.map_or(missing, |key| places[key as usize]);
        self.values.extend(array.keys().iter().map(place));
        Some(())
    }

    fn place(&mut self, word: Option<String>) -> i64 {
        if let Some(&place) = self.place_of.get(&word) {
            return place;
        }
        let place = self.words.len() as i64;
        self.words.push(word.clone());
        self.place_of.insert(word, place);
        place
    }
}

fn count(group: &[Column], ranges: &[(i64, i64)], sizes: &[usize], kinds: usize) -> Vec<u64> {
    let rows = group.first().map_or(0, |column| column.values.len());
    let mut place = vec![0_u32; rows];
    for (column, (&(low, _), &size)) in group.iter().zip(ranges.iter().zip(sizes)) {
        for (place, &value) in place.iter_mut().zip(&column.values) {
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
        let rows: Vec<(String, String, String, usize)> = (0..found.counts.len())
            .map(|row| {
                let [time, event, group] = [0, 1, 2].map(|c: usize| found.columns[c].show(row));
                (time, event, group, found.counts[row])
            })
            .collect();
        let row = |a: &str, b: &str, c: &str, n| (a.to_owned(), b.to_owned(), c.to_owned(), n);
        assert_eq!(rows, [row("1", "0", "2", 2), row("3", "0", "2", 1), row("3", "1", "-7", 2)]);
        // A column may be asked for twice.
        assert_eq!(read(file.path(), &["time", "event", "event"], 2).unwrap().counts.len(), 3);
    }

    /// Row groups have dictionaries of their own, and a missing word is a word of its own.
    #[test]
    fn words_of_all_row_groups_are_one_list() {
        let mut columns = small();
        let words = [Some("b"), Some("a"), None, Some("b"), Some("c")];
        columns[2].1 = Arc::new(StringArray::from(words.to_vec()));
        let found = read(file(columns).path(), &["time", "event", "group"], 2).unwrap();
        let shown: Vec<(String, usize)> = found
            .counts
            .iter()
            .enumerate()
            .map(|(row, &n)| (found.columns[2].show(row), n))
            .collect();
        // Times 1 and 3, events 0 and 1: (1, 0) a and c; (3, 0) b; (3, 1) the missing one and b.
        let row = |word: &str, n| (word.to_owned(), n);
        assert_eq!(shown, [row("a", 1), row("c", 1), row("b", 1), row("", 1), row("b", 1)]);
        assert!(found.columns[2].is_missing(3));
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
        assert!(with("group", Arc::new(StringArray::from(vec!["a"; 5]))));
        assert!(!with("time", Arc::new(StringArray::from(vec!["3"; 5]))));
        let gap = Int64Array::from(vec![Some(1), None, Some(1), Some(1), Some(1)]);
        assert!(!with("group", Arc::new(gap)));
        let wide = Int64Array::from(vec![0, i64::MAX, i64::MIN, 0, 0]);
        assert!(!with("group", Arc::new(wide)));
        assert!(read(file(small()).path(), &["time", "event", "sex"], 2).is_none());
    }
}
