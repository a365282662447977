//! Spells as a Parquet file: one row a spell, in the order of the register.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Int32Array, Int64Array, RecordBatch,
    StringArray, UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::{Int32Type, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::columns::{AttributeColumn, IdColumn};
use crate::count::{BatchLabels, Context, CountResult, UnmatchedPerson};
use crate::decode::Batch;
use crate::error::{Error, Result};
use crate::grouping::UNMATCHED;
use crate::register::ID_COLUMN;
use crate::spells::Spell;

/// Where spells are written and with which columns of persons.
///
/// The columns are `pnr, spell` (1, 2, … within the person), `start, end` (first and last month in, as
/// `YYYY-MM`; the start of a left-truncated spell is the first month of data), `months,
/// first_target_group, target_group, exit, left_truncated`, then the attributes, then the groupings.
/// Left-truncated spells are written too. Rows are in the order of the register's files and rows, then
/// of the starts, for any number of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpellOutput {
    /// The file. It is written under another name in the same folder and renamed when it is whole.
    pub path: PathBuf,
    /// Columns of the register that are written as they are (those by year: of the spell's start year).
    pub attributes: Vec<String>,
    /// Names of groupings whose labels are written.
    pub groupings: Vec<String>,
}

impl SpellOutput {
    /// Spells without columns of persons but their id.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), attributes: Vec::new(), groupings: Vec::new() }
    }
}

/// The columns of a spell file, with what is the same in all batches.
pub(crate) struct SpellColumns {
    /// Name and position among the layout's attributes.
    attributes: Vec<(String, usize)>,
    /// Name, position and labels.
    groupings: Vec<(String, usize, ArrayRef)>,
    periods: ArrayRef,
    target_groups: ArrayRef,
    exits: ArrayRef,
}

impl SpellColumns {
    pub(crate) fn new(output: &SpellOutput, context: &Context) -> Result<Self> {
        let attributes = output.attributes.iter().map(|name| {
            let found = context.layout.find(name);
            found
                .map(|attribute| (name.clone(), attribute))
                .ok_or(Error::Internal("an attribute of the spell file has no layout"))
        });
        let groupings = output.groupings.iter().map(|name| {
            let grouping = context.grouping(name)?;
            Ok((name.clone(), grouping, texts(&context.labels[grouping].names)))
        });
        let periods: Vec<String> =
            (0..context.timeline.len()).map(|period| context.timeline.label(period)).collect();
        Ok(Self {
            attributes: attributes.collect::<Result<_>>()?,
            groupings: groupings.collect::<Result<_>>()?,
            periods: texts(&periods),
            target_groups: texts(context.target_groups),
            exits: texts(&context.exits.names),
        })
    }

    /// Writes a file without rows, for registers without persons.
    pub(crate) fn write_nothing(&self, path: &Path, context: &Context) -> Result<()> {
        let batch = nobody(context.layout.slots);
        let rows = self
            .rows(&[], &batch, &BatchLabels::default(), context)
            .map_err(|_| Error::Internal("nobody has a value"))??;
        let mut writer = SpellWriter::create(path, rows.schema())?;
        writer.write(&rows)?;
        writer.finish()
    }

    /// The rows of a batch's spells, which must be in order of persons, then starts.
    pub(crate) fn rows(
        &self,
        spells: &[Spell],
        batch: &Batch,
        labels: &BatchLabels,
        context: &Context,
    ) -> CountResult<Result<RecordBatch>> {
        let persons = UInt32Array::from_iter_values(spells.iter().map(|spell| spell.person));
        let start_years: Vec<usize> = spells
            .iter()
            .map(|spell| context.timeline.year_index(usize::from(spell.start)))
            .collect();
        let mut columns: Vec<(&str, Result<ArrayRef>)> = vec![
            (ID_COLUMN, ids(batch, &persons)),
            ("spell", Ok(spell_numbers(spells))),
            ("start", labelled(&self.periods, spells.iter().map(|spell| i32::from(spell.start)))),
            (
                "end",
                labelled(
                    &self.periods,
                    spells.iter().map(|spell| i32::from(spell.start + spell.months) - 1),
                ),
            ),
            (
                "months",
                Ok(Arc::new(Int32Array::from_iter_values(
                    spells.iter().map(|spell| i32::from(spell.months)),
                ))),
            ),
            (
                "first_target_group",
                labelled(
                    &self.target_groups,
                    spells.iter().map(|spell| {
                        let bytes = batch.bytes_of(usize::from(spell.start));
                        i32::from(context.states.group(bytes[spell.person as usize]))
                    }),
                ),
            ),
            (
                "target_group",
                labelled(&self.target_groups, spells.iter().map(|spell| i32::from(spell.group))),
            ),
            ("exit", labelled(&self.exits, spells.iter().map(|spell| i32::from(spell.exit)))),
            (
                "left_truncated",
                Ok(Arc::new(
                    spells.iter().map(|spell| Some(spell.left_truncated)).collect::<BooleanArray>(),
                )),
            ),
        ];
        for (name, attribute) in &self.attributes {
            let attribute = &context.layout.attributes[*attribute];
            let slots = start_years.iter().map(|&year| attribute.slot_of_year(year));
            columns.push((name, raw(batch, spells, slots)));
        }
        for (name, grouping, names) in &self.groupings {
            let mut keys = Vec::with_capacity(spells.len());
            for (spell, &year) in spells.iter().zip(&start_years) {
                let person = spell.person as usize;
                let id = labels.of_year(*grouping, year)[person];
                if id == UNMATCHED {
                    return Err(UnmatchedPerson { grouping: *grouping, person, year });
                }
                keys.push(i32::from(id));
            }
            columns.push((name, labelled(names, keys.into_iter())));
        }
        Ok(record_batch(columns))
    }
}

/// A batch of nobody.
fn nobody(slots: usize) -> Batch {
    let nothing = || StringArray::from(Vec::<&str>::new());
    Batch {
        ids: Some(IdColumn::Texts(nothing())),
        attributes: vec![Some(AttributeColumn::Texts(nothing())); slots],
        ..Batch::default()
    }
}

fn record_batch(columns: Vec<(&str, Result<ArrayRef>)>) -> Result<RecordBatch> {
    let mut arrays = Vec::with_capacity(columns.len());
    for (name, array) in columns {
        arrays.push((name, array?, true));
    }
    RecordBatch::try_from_iter_with_nullable(arrays)
        .map_err(|_| Error::Internal("columns of spells do not fit each other"))
}

fn texts(names: &[String]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(names))
}

/// Labels by their positions, as a dictionary.
fn labelled(names: &ArrayRef, keys: impl Iterator<Item = i32>) -> Result<ArrayRef> {
    let keys = Int32Array::from_iter_values(keys);
    DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(names))
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(|_| Error::Internal("a spell has no label"))
}

fn ids(batch: &Batch, persons: &UInt32Array) -> Result<ArrayRef> {
    let taken = match &batch.ids {
        Some(IdColumn::Integers(array)) => take(array, persons, None),
        Some(IdColumn::Texts(array)) => take(array, persons, None),
        None => return Err(Error::Internal("ids were not read")),
    };
    taken.map_err(|_| Error::Internal("a spell has no person"))
}

/// Numbers of the spells of each person, from 1.
fn spell_numbers(spells: &[Spell]) -> ArrayRef {
    let mut last = None;
    let mut number = 0;
    Arc::new(Int32Array::from_iter_values(spells.iter().map(|spell| {
        number = if last == Some(spell.person) { number + 1 } else { 1 };
        last = Some(spell.person);
        number
    })))
}

/// Values of an attribute as they are in the register.
fn raw(batch: &Batch, spells: &[Spell], slots: impl Iterator<Item = usize>) -> Result<ArrayRef> {
    let mut integers = Vec::new();
    let mut texts = Vec::new();
    for (spell, slot) in spells.iter().zip(slots) {
        let person = spell.person as usize;
        match &batch.attributes[slot] {
            Some(AttributeColumn::Integers(array)) => {
                let valid = array.is_valid(person);
                integers.push(valid.then(|| array.value(person)));
            }
            Some(AttributeColumn::Texts(array)) => {
                let valid = array.is_valid(person);
                texts.push(valid.then(|| array.value(person)));
            }
            None => return Err(Error::Internal("an attribute was not read")),
        }
    }
    Ok(if texts.is_empty() {
        Arc::new(Int64Array::from(integers))
    } else {
        Arc::new(StringArray::from(texts))
    })
}

/// Writes the file; what is written is removed again unless it is finished.
pub(crate) struct SpellWriter {
    path: PathBuf,
    partial: PathBuf,
    writer: Option<ArrowWriter<File>>,
}

impl SpellWriter {
    /// Creates the file for batches of a schema.
    pub(crate) fn create(path: &Path, schema: Arc<Schema>) -> Result<Self> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let partial = path.with_file_name(format!(".{}.partial", name.unwrap_or_default()));
        let failed = |message: String| Error::WriteSpells { path: path.to_owned(), message };
        let file = File::create(&partial).map_err(|error| failed(error.to_string()))?;
        let mut writer = Self { path: path.to_owned(), partial, writer: None };
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(1 << 18))
            .build();
        // Without arrow's own schema the labels are plain text to every reader.
        let options =
            ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let arrow = ArrowWriter::try_new_with_options(file, schema, options)
            .map_err(|error| failed(error.to_string()))?;
        writer.writer = Some(arrow);
        Ok(writer)
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write(batch).map_err(|error| Error::WriteSpells {
            path: self.path.clone(),
            message: error.to_string(),
        })
    }

    /// Closes the file and gives it its name.
    pub(crate) fn finish(mut self) -> Result<()> {
        let path = self.path.clone();
        let failed = |message: String| Error::WriteSpells { path, message };
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let closed = writer.into_inner().map_err(|error| error.to_string()).and_then(|file| {
            file.sync_all().map_err(|error| error.to_string())?;
            std::fs::rename(&self.partial, &self.path).map_err(|error| error.to_string())
        });
        if closed.is_err() {
            self.remove();
        }
        closed.map_err(failed)
    }

    fn remove(&self) {
        // There is nothing to be done if this fails: the error that led here is reported.
        let _ = std::fs::remove_file(&self.partial);
    }
}

impl Drop for SpellWriter {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            self.remove();
        }
    }
}
