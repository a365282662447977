//! What the workers of a scan do with every batch of persons, whatever they count.

use arrow::array::RecordBatch;

use crate::count::{BatchLabels, UnmatchedPerson};
use crate::decode::{Batch, Origin, Shape};
use crate::error::{Error, Result};
use crate::grouping::Labels;
use crate::ids;
use crate::layout::Layout;
use crate::read;
use crate::register::Register;
use crate::scan::ScanStats;
use crate::states::StateTable;

/// How batches are to be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) register: &'a Register,
    pub(crate) layout: &'a Layout,
    pub(crate) states: &'a StateTable,
    pub(crate) shape: Shape,
    /// Names of the groupings,
    pub(crate) names: &'a [String],
    /// and their labels.
    pub(crate) labels: &'a [Labels],
    /// Leaves out the search for duplicate person ids.
    pub(crate) trust_ids: bool,
}

/// The batch at hand, and what was read so far.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) batch: Batch,
    pub(crate) labels: BatchLabels,
    /// Hashes of ids: of all persons, or of those of the batch if ids are trusted.
    hashes: Vec<u64>,
    /// Hashes of the persons before the batch.
    earlier: usize,
    pub(crate) stats: ScanStats,
}

impl Reading {
    /// Takes the next batch.
    pub(crate) fn take(
        &mut self,
        reader: Reader<'_>,
        records: &RecordBatch,
        origin: Origin,
    ) -> Result<()> {
        let Reader { layout, labels, .. } = reader;
        let unknown = &mut self.stats.unknown_codes;
        self.batch.fill(records, origin, reader.states, reader.shape, unknown)?;
        self.labels.fill(&self.batch, layout, labels)?;
        self.count_unmatched(reader);
        self.stats.persons += self.batch.rows as u64;
        self.stats.cells += (records.num_columns() * records.num_rows()) as u64;
        if reader.trust_ids {
            self.hashes.clear();
        }
        self.earlier = self.hashes.len();
        if let Some(ids) = &self.batch.ids {
            ids.hash_into(&mut self.hashes);
        }
        Ok(())
    }

    /// Hashes of the ids of the batch, if they are read.
    pub(crate) fn hashes(&self) -> &[u64] {
        &self.hashes[self.earlier..]
    }

    /// Counts the values of the batch that fall to a grouping's label for all others.
    fn count_unmatched(&mut self, reader: Reader<'_>) {
        let Reader { layout, labels, names, .. } = reader;
        for (grouping, labels) in labels.iter().enumerate() {
            let Some(suspicious) = labels.suspicious() else { continue };
            let first = layout.attributes[layout.of_grouping[grouping]].slot;
            for (offset, ids) in self.labels.slots(grouping).iter().enumerate() {
                let Some(column) = &self.batch.attributes[first + offset] else { continue };
                for (person, &id) in ids.iter().enumerate() {
                    let value = column.value(person);
                    if id == suspicious && labels.is_unmatched(value) {
                        let key = (names[grouping].clone(), value.shown());
                        *self.stats.unmatched.entry(key).or_insert(0) += 1;
                    }
                }
            }
        }
    }

    /// The error of a person whose value a grouping has no label for.
    pub(crate) fn unmatched(
        &self,
        Reader { layout, names, .. }: Reader<'_>,
        years: &[i32],
        found: UnmatchedPerson,
        origin: Origin,
    ) -> Error {
        let attribute = &layout.attributes[layout.of_grouping[found.grouping]];
        let slot = attribute.slot_of_year(found.year);
        let value = self.batch.attributes[slot]
            .as_ref()
            .map_or_else(String::new, |column| column.value(found.person).shown());
        Error::Unmatched {
            path: origin.file.path().to_owned(),
            column: layout.slot_name(years, slot),
            row: self.batch.first_row + found.person as u64 + 1,
            value,
            grouping: names[found.grouping].clone(),
        }
    }

    /// Adds what another worker read.
    pub(crate) fn add(&mut self, other: Self) {
        self.stats.add(&other.stats);
        self.hashes.extend(other.hashes);
    }

    /// What was read of a register, if no person stands in it twice.
    pub(crate) fn finish(self, reader: Reader<'_>) -> Result<ScanStats> {
        let Reader { register, layout, trust_ids, .. } = reader;
        if !trust_ids {
            ids::check(register, layout, self.hashes)?;
        }
        let files = register.files().len() as u64;
        let row_groups = read::units(register).len() as u64;
        Ok(ScanStats { files, row_groups, ..self.stats })
    }
}
