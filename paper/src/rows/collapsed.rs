//! Spells of a Parquet file as counts of equal rows, straight from the columns.
//!
//! A register's spells are millions of rows of a few hundred kinds. Where all columns that are asked for hold whole numbers
//! of small ranges or few words, row groups are read in parallel and counted some rows at a time, so that no column lies in
//! memory, and the rows that the estimators see are the kinds with their numbers.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int8Type, Int16Type, Int32Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::prelude::*;

use super::chunks::Chunks;
use crate::table::Values;

/// Most kinds of rows that are counted.
const MOST_KINDS: usize = 1 << 22;

/// The widest range of whole numbers in a column, and the most different words.
const WIDEST: i32 = 1 << 20;

/// Kinds of rows and how many rows are of each.
pub(super) struct Collapsed {
    /// The columns asked for, one value a kind.
    pub(super) columns: Vec<Values>,
    pub(super) counts: Vec<usize>,
}

/// Rows that are decoded and counted at once.
const ROWS: usize = 16_384;

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
    let groups: Vec<(Counts, Vec<Words>)> = (0..metadata.metadata().num_row_groups())
        .into_par_iter()
        .map(|group| row_group(path, &metadata, &wanted, group))
        .collect::<Option<_>>()?;
    let (all, words) = joined(&groups, wanted.len())?;
    let (mut values, mut counts) = (vec![Vec::new(); wanted.len()], Vec::new());
    all.each(|kind, number| {
        values.iter_mut().zip(kind).for_each(|(values, &value)| values.push(value));
        counts.push(number as usize);
    });
    if counts.is_empty() {
        return None;
    }
    let decode = |(values, words): (Vec<i32>, &Vec<Option<String>>)| {
        if words.is_empty() {
            Values::Whole(values.into_iter().map(|value| Some(value.into())).collect())
        } else {
            Values::Text(values.into_iter().map(|place| words[place as usize].clone()).collect())
        }
    };
    let decoded: Vec<Values> = values.into_iter().zip(&words).map(decode).collect();
    Some(Collapsed {
        columns: place_of.into_iter().map(|place| decoded[place].clone()).collect(),
        counts,
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

/// The rows of a row group, counted; `None` if a column holds anything else than whole numbers and words, or too many of them.
fn row_group(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    wanted: &[usize],
    group: usize,
) -> Option<(Counts, Vec<Words>)> {
    let chunks = Chunks::read(path, metadata.metadata(), group, wanted).ok()?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(chunks, metadata.clone());
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
    let reader =
        builder.with_projection(mask).with_row_groups(vec![group]).with_batch_size(ROWS).build();
    let mut counts = Counts::default();
    let mut words: Vec<Words> = wanted.iter().map(|_| Words::default()).collect();
    let mut columns = vec![Vec::with_capacity(ROWS); wanted.len()];
    for batch in reader.ok()? {
        let batch = batch.ok()?;
        for ((values, words), array) in columns.iter_mut().zip(&mut words).zip(batch.columns()) {
            values.clear();
            decode(array, words, values)?;
        }
        counts.add(&columns)?;
    }
    Some((counts, words))
}

/// Counts of all row groups as one, with the words of each column, which is none for numbers.
fn joined(
    groups: &[(Counts, Vec<Words>)],
    columns: usize,
) -> Option<(Counts, Vec<Vec<Option<String>>>)> {
    let words: Vec<Vec<Option<String>>> = (0..columns)
        .map(|column| {
            let all = groups.iter().flat_map(|(_, words)| words[column].list.iter().cloned());
            let mut words: Vec<Option<String>> = all.collect();
            words.sort_unstable();
            words.dedup();
            words
        })
        .collect();
    let mut all = Counts::default();
    for (counts, own) in groups {
        // Places among the words of the row group become places among all words.
        let places: Vec<Vec<i32>> =
            own.iter().zip(&words).map(|(own, words)| own.places_in(words)).collect();
        let (mut kinds, mut numbers) = (vec![Vec::new(); columns], Vec::new());
        counts.each(|kind, number| {
            for ((values, places), &value) in kinds.iter_mut().zip(&places).zip(kind) {
                values.push(places.get(value as usize).copied().unwrap_or(value));
            }
            numbers.push(number);
        });
        all.add_numbers(&kinds, &numbers)?;
    }
    Some((all, words))
}

/// Numbers of rows by the values of some columns.
#[derive(Default)]
struct Counts {
    /// Of each column the smallest value and the number of values from there on,
    axes: Vec<(i32, usize)>,
    /// in a table in which the last column varies fastest.
    numbers: Vec<u64>,
}

impl Counts {
    /// Adds rows of which each is one; `None` if there are too many kinds.
    fn add(&mut self, columns: &[Vec<i32>]) -> Option<()> {
        for kind in self.kinds(columns)? {
            self.numbers[kind as usize] += 1;
        }
        Some(())
    }

    /// Adds rows of which each is some.
    fn add_numbers(&mut self, columns: &[Vec<i32>], numbers: &[u64]) -> Option<()> {
        for (kind, number) in self.kinds(columns)?.into_iter().zip(numbers) {
            self.numbers[kind as usize] += number;
        }
        Some(())
    }

    /// Places of rows in the table, which is made larger if need be.
    fn kinds(&mut self, columns: &[Vec<i32>]) -> Option<Vec<u32>> {
        let rows = columns.first().map_or(0, Vec::len);
        if rows == 0 {
            return Some(Vec::new());
        }
        let range = |values: &Vec<i32>| {
            let ends = (i32::MAX, i32::MIN);
            values.iter().fold(ends, |(low, high), &value| (low.min(value), high.max(value)))
        };
        let ranges: Vec<(i32, i32)> = columns.iter().map(range).collect();
        self.widen(&ranges)?;
        let mut kinds = vec![0_u32; rows];
        for (&(low, size), values) in self.axes.iter().zip(columns) {
            for (kind, &value) in kinds.iter_mut().zip(values) {
                *kind = *kind * size as u32 + (value - low) as u32;
            }
        }
        Some(kinds)
    }

    /// Makes room for values in these ranges.
    fn widen(&mut self, ranges: &[(i32, i32)]) -> Option<()> {
        let mut axes = Vec::with_capacity(ranges.len());
        for (column, &(mut low, mut high)) in ranges.iter().enumerate() {
            if let Some(&(first, size)) = self.axes.get(column) {
                (low, high) = (low.min(first), high.max(first + (size as i32 - 1)));
            }
            let width = high.checked_sub(low).filter(|&width| width < WIDEST)?;
            axes.push((low, width as usize + 1));
        }
        if axes == self.axes {
            return Some(());
        }
        let kinds = axes.iter().try_fold(1_usize, |kinds, (_, size)| kinds.checked_mul(*size))?;
        if kinds > MOST_KINDS {
            return None;
        }
        let before = std::mem::replace(self, Self { axes, numbers: vec![0; kinds] });
        before.each(|kind, number| {
            let place = kind
                .iter()
                .zip(&self.axes)
                .fold(0, |place, (&value, &(low, size))| place * size + (value - low) as usize);
            self.numbers[place] = number;
        });
        Some(())
    }

    /// Hands on the values of each kind of rows that occurs, and how many there are.
    fn each(&self, mut take: impl FnMut(&[i32], u64)) {
        let mut kind = vec![0; self.axes.len()];
        for (place, &number) in self.numbers.iter().enumerate().filter(|(_, number)| **number > 0) {
            let mut rest = place;
            for (value, &(low, size)) in kind.iter_mut().zip(&self.axes).rev() {
                *value = low + (rest % size) as i32;
                rest /= size;
            }
            take(&kind, number);
        }
    }
}

/// The different words of a column in the order met; `None` is a missing one.
#[derive(Default)]
struct Words {
    list: Vec<Option<String>>,
    place_of: HashMap<Option<String>, i32>,
}

impl Words {
    fn place(&mut self, word: Option<String>) -> i32 {
        if let Some(&place) = self.place_of.get(&word) {
            return place;
        }
        let place = self.list.len() as i32;
        self.list.push(word.clone());
        self.place_of.insert(word, place);
        place
    }

    /// Their places among others in order, which have all of them.
    fn places_in(&self, words: &[Option<String>]) -> Vec<i32> {
        let place = |word: &Option<String>| words.partition_point(|other| other < word) as i32;
        self.list.iter().map(place).collect()
    }
}

/// The values of an array as whole numbers, those of words as their places.
fn decode(array: &ArrayRef, words: &mut Words, values: &mut Vec<i32>) -> Option<()> {
    if is_words(array.data_type()) {
        return decode_words(array, words, values);
    }
    if array.null_count() > 0 {
        return None;
    }
    if array.data_type().is_floating() {
        let array = cast(array, &DataType::Float64).ok()?;
        for &value in array.as_primitive::<Float64Type>().values() {
            if value.fract() != 0.0 || value.abs() >= f64::from(WIDEST) {
                return None;
            }
            values.push(value as i32);
        }
        return Some(());
    }
    match array.data_type() {
        DataType::Int8 => extend::<Int8Type>(array, values),
        DataType::Int16 => extend::<Int16Type>(array, values),
        DataType::Int32 => extend::<Int32Type>(array, values),
        _ => {
            let array = cast(array, &DataType::Int32).ok()?;
            if array.null_count() > 0 {
                return None; // numbers too large
            }
            extend::<Int32Type>(&array, values);
        }
    }
    Some(())
}

fn extend<T: ArrowPrimitiveType<Native: Into<i32>>>(array: &ArrayRef, values: &mut Vec<i32>) {
    values.extend(array.as_primitive::<T>().values().iter().map(|&value| value.into()));
}

fn decode_words(array: &ArrayRef, words: &mut Words, values: &mut Vec<i32>) -> Option<()> {
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let array = cast(array, &kind).ok()?;
    let array = array.as_dictionary_opt::<Int32Type>()?;
    let dictionary = array.values().as_string_opt::<i32>()?;
    let places: Vec<i32> =
        dictionary.iter().map(|word| words.place(word.map(str::to_owned))).collect();
    if array.null_count() == 0 {
        values.extend(array.keys().values().iter().map(|&key| places[key as usize]));
        return Some(());
    }
    let missing = words.place(None);
    values.extend(array.keys().iter().map(|key| key.map_or(missing, |key| places[key as usize])));
    Some(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray,
    };
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

    /// A column of parts is several in the file.
    #[test]
    fn columns_are_found_behind_columns_of_parts() {
        let part = |name: &str, values: [i32; 5]| {
            let values: ArrayRef = Arc::new(Int32Array::from(values.to_vec()));
            (Arc::new(Field::new(name, DataType::Int32, false)), values)
        };
        let parts = [part("year", [1, 2, 3, 4, 5]), part("month", [5, 4, 3, 2, 1])];
        let born: ArrayRef = Arc::new(StructArray::from(parts.to_vec()));
        let columns: Vec<(&str, ArrayRef)> = [("born", born)].into_iter().chain(small()).collect();
        let found = read(file(columns).path(), &["time", "event", "group"], 2).unwrap();
        assert_eq!(found.counts, [2, 1, 2]);
        let times: Vec<String> = (0..3).map(|kind| found.columns[0].show(kind)).collect();
        assert_eq!(times, ["1", "3", "3"]);
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

    /// Each value is beyond those before it, above and below: the table grows and keeps what it has.
    #[test]
    fn tables_grow_with_the_values() {
        let mut counts = Counts::default();
        for value in [0_i32, 5, -7, 5, 9, -8] {
            counts.add(&[vec![value, value], vec![-value, 3]]).unwrap();
        }
        let mut found = Vec::new();
        counts.each(|kind, number| found.push((kind[0], kind[1], number)));
        let want = [
            (-8, 3, 1),
            (-8, 8, 1),
            (-7, 3, 1),
            (-7, 7, 1),
            (0, 0, 1),
            (0, 3, 1),
            (5, -5, 2),
            (5, 3, 2),
            (9, -9, 1),
            (9, 3, 1),
        ];
        assert_eq!(found, want);
        assert!(counts.add(&[vec![WIDEST], vec![0]]).is_none());
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
        // Few, but beyond what is counted with.
        let large = Int64Array::from(vec![3_000_000_000, 3_000_000_001, 3_000_000_000, 0, 0]);
        assert!(!with("group", Arc::new(large)));
        assert!(read(file(small()).path(), &["time", "event", "sex"], 2).is_none());
    }
}
