//! One pass over a register: spells, tables, spell file, all row groups in parallel.
//!
//! The unit of work is a row group. Every worker decodes its row groups into flat arrays, walks the
//! periods, and counts into its own tables, which are added up in the end. Counts are integers, so the
//! result does not depend on the number of threads, on the order of files or on the row groups.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::cells::CellTable;
use crate::codebook::{CENSORED_NAME, CodeBook};
use crate::count::{Context, MonthCounters, SpellCounters, SpellTables, UnmatchedPerson};
use crate::decode::{Batch, Origin, Shape};
use crate::error::{Error, Result};
use crate::grouping::{self, Grouping, Labels, MAX_VALUES, Source, Value};
use crate::layout::{Faults, Layout, Role, Wanted};
use crate::pairs::{PairSpec, PairTable};
use crate::parallel::{self, Queue};
use crate::persons::PersonTable;
use crate::read;
use crate::reading::{Reader, Reading};
use crate::register::Register;
use crate::spell_file::{SpellColumns, SpellOutput};
use crate::spells::{ExitLabels, Kernel, Spell, SpellRule};
use crate::states::StateTable;
use crate::tabulate::{CountTable, Dim, MonthSpec, TAKEN_NAMES, TableSpec, merge_all};
use crate::timeline::Timeline;
use crate::transitions::TransitionSpec;

/// What a scan is to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What codes mean.
    pub codebook: CodeBook,
    /// The periods.
    pub timeline: Timeline,
    /// What a spell is.
    pub rule: SpellRule,
    /// Groupings that tables and the spell file may use.
    pub groupings: Vec<Grouping>,
    /// Tables of spells. Equal ones are computed once.
    pub tables: Vec<TableSpec>,
    /// Tables of spells with a known start of which most cells are empty, each by some dimensions; the last one varies fastest.
    pub cells: Vec<Vec<Dim>>,
    /// Tables of benefit months. Equal ones are computed once.
    pub months: Vec<MonthSpec>,
    /// Tables of pairs of spells of one person.
    pub pairs: Vec<PairSpec>,
    /// Tables of persons with several spells with a known start, each by the cells of some dimensions; the last one varies fastest.
    pub persons: Vec<Vec<Dim>>,
    /// Tables of transitions between target groups and exits.
    pub transitions: Vec<TransitionSpec>,
    /// Where to write the spells, if anywhere.
    pub spells: Option<SpellOutput>,
    /// Leaves out the search for duplicate person ids.
    pub trust_ids: bool,
    /// Number of threads; `None` is as many as there are processors.
    pub threads: Option<usize>,
}

impl Plan {
    /// A plan that counts nothing yet: the default rule, no groupings, duplicate ids looked for.
    pub fn new(codebook: CodeBook, timeline: Timeline) -> Self {
        Self {
            codebook,
            timeline,
            rule: SpellRule::default(),
            groupings: Vec::new(),
            tables: Vec::new(),
            cells: Vec::new(),
            months: Vec::new(),
            pairs: Vec::new(),
            persons: Vec::new(),
            transitions: Vec::new(),
            spells: None,
            trust_ids: false,
            threads: None,
        }
    }

    /// Checks the plan and finds its columns.
    pub(crate) fn layout(&self, register: &Register, faults: &mut Faults) -> Result<Layout> {
        self.rule.check(&self.timeline)?;
        grouping::check_names(&self.groupings, &TAKEN_NAMES)?;
        let raw: Vec<&str> = self
            .spells
            .iter()
            .flat_map(|output| output.attributes.iter().map(String::as_str))
            .collect();
        let wanted = Wanted {
            ids: !self.trust_ids || self.spells.is_some(),
            groupings: &self.groupings,
            raw: &raw,
        };
        Layout::new(register, &self.timeline.span(), &wanted, faults)
    }
}

/// Hears how far a scan is and may cancel it. Called from several threads.
pub trait Progress: Sync {
    /// The scan starts; this many persons will be read.
    fn start(&self, persons: u64) {
        let _ = persons;
    }

    /// This many more persons are done.
    fn advance(&self, persons: u64) {
        let _ = persons;
    }

    /// Whether the scan shall stop; asked before every batch of persons.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Does not listen.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}

/// What was read and counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ScanStats {
    /// Files of the register.
    pub files: u64,
    /// Row groups of the register.
    pub row_groups: u64,
    /// Persons (rows).
    pub persons: u64,
    /// Cells decoded: persons times columns.
    pub cells: u64,
    /// Spells with a known start, as the tables count them.
    pub spells: u64,
    /// Left-truncated spells.
    pub left_truncated: u64,
    /// Spells shorter than the rule's `min_duration`, left-truncated ones among them; they are nowhere else.
    pub too_short: u64,
    /// Codes that the code book does not know, and how often they stand in the weeks that were read.
    pub unknown_codes: BTreeMap<u16, u64>,
    /// Values outside the table of a grouping that has a label for them, by grouping and value, and
    /// how many persons have them (persons times years for columns by year).
    pub unmatched: BTreeMap<(String, String), u64>,
}

/// The answer of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanResult {
    /// One table for each of [`Plan::tables`], in order.
    pub tables: Vec<CountTable>,
    /// One table for each of [`Plan::cells`], in order.
    pub cells: Vec<CellTable>,
    /// One table for each of [`Plan::months`], in order.
    pub months: Vec<CountTable>,
    /// One table for each of [`Plan::pairs`], in order.
    pub pairs: Vec<PairTable>,
    /// One table for each of [`Plan::persons`], in order.
    pub persons: Vec<PersonTable>,
    /// One table for each of [`Plan::transitions`], in order.
    pub transitions: Vec<CountTable>,
    /// What was read and counted.
    pub stats: ScanStats,
}

impl ScanResult {
    /// Adds the result of the same plan for other persons.
    ///
    /// # Errors
    ///
    /// [`Error::TablesDiffer`] if the tables are not of the same plan and labels.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        for (own, others) in [
            (&mut self.tables, &other.tables),
            (&mut self.months, &other.months),
            (&mut self.transitions, &other.transitions),
        ] {
            merge_all(own, others)?;
        }
        for (cells, more) in self.cells.iter_mut().zip(&other.cells) {
            cells.merge(more)?;
        }
        for (pairs, more) in self.pairs.iter_mut().zip(&other.pairs) {
            pairs.merge(more)?;
        }
        for (persons, more) in self.persons.iter_mut().zip(&other.persons) {
            persons.merge(more)?;
        }
        self.stats.add(&other.stats);
        Ok(())
    }
}

impl ScanStats {
    /// Adds what was read and counted of other persons.
    pub(crate) fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.row_groups += other.row_groups;
        self.persons += other.persons;
        self.cells += other.cells;
        self.spells += other.spells;
        self.left_truncated += other.left_truncated;
        self.too_short += other.too_short;
        for (code, count) in &other.unknown_codes {
            *self.unknown_codes.entry(*code).or_insert(0) += count;
        }
        for (value, count) in &other.unmatched {
            *self.unmatched.entry(value.clone()).or_insert(0) += count;
        }
    }
}

/// A plan, checked against a register.
#[derive(Debug)]
pub struct Scan<'a> {
    register: &'a Register,
    plan: &'a Plan,
    layout: Layout,
}

impl<'a> Scan<'a> {
    /// Checks a plan against the columns of a register; reads no data.
    ///
    /// # Errors
    ///
    /// Missing columns and wrong types, an impossible rule, names of groupings.
    pub fn new(register: &'a Register, plan: &'a Plan) -> Result<Self> {
        let layout = plan.layout(register, &mut Faults::Refuse)?;
        Ok(Self { register, plan, layout })
    }

    /// Reads the register and counts.
    ///
    /// # Errors
    ///
    /// Everything that can be wrong with the data, [`Error::WriteSpells`], [`Error::Cancelled`]. Of
    /// several errors the first in the order of the register is given, whatever the number of threads.
    pub fn run(&self, progress: &dyn Progress) -> Result<ScanResult> {
        let plan = self.plan;
        progress.start(self.register.persons());
        let states = StateTable::new(&plan.codebook);
        let exits = ExitLabels::new(plan.codebook.exits(), CENSORED_NAME, &plan.rule);
        let grouping_names: Vec<String> =
            plan.groupings.iter().map(|grouping| grouping.name.clone()).collect();
        let labels = grouping_labels(self.register, &self.layout, &plan.groupings)?;
        let context = Context {
            timeline: &plan.timeline,
            states: &states,
            exits: &exits,
            exit_names: plan.codebook.exits(),
            target_groups: plan.codebook.target_groups(),
            interventions: plan.codebook.interventions(),
            layout: &self.layout,
            grouping_names: &grouping_names,
            labels: &labels,
        };
        let columns = match &plan.spells {
            Some(output) => Some((SpellColumns::new(output, &context)?, output.path.clone())),
            None => None,
        };
        let periods = plan.timeline.len();
        let slots = self.layout.slots;
        let reader = Reader {
            register: self.register,
            layout: &self.layout,
            states: &states,
            shape: Shape { periods, months: periods, slots, keep_degrees: false },
            names: &grouping_names,
            labels: &labels,
            trust_ids: plan.trust_ids,
        };
        let units = read::units(self.register);
        let threads = parallel::threads(plan.threads, units.len());
        let queue =
            Queue::new(units.len(), threads, columns.as_ref().map(|(_, path)| path.clone()));
        let workers = (0..threads)
            .map(|_| {
                Worker::new(self, reader, &context, columns.as_ref().map(|(columns, _)| columns))
            })
            .collect::<Result<Vec<_>>>()?;
        let mut workers =
            parallel::run(&queue, workers, |worker, unit| worker.unit(units[unit], progress))?;

        let Some(mut total) = workers.pop() else {
            return Err(Error::Internal("no worker came back"));
        };
        for worker in &mut workers {
            total.spell_counters.merge(&mut worker.spell_counters)?;
            total.month_counters.merge(&worker.month_counters)?;
            total.reading.add(std::mem::take(&mut worker.reading));
        }
        let stats = total.reading.finish(reader)?;
        // Only now is the spell file given its name.
        match &columns {
            Some((columns, path)) if stats.persons == 0 => {
                columns.write_nothing(path, &context)?;
            }
            _ => queue.finish()?,
        }
        let SpellTables { tables, cells, pairs, persons, transitions } =
            total.spell_counters.finish();
        let months = total.month_counters.finish();
        Ok(ScanResult { tables, cells, months, pairs, persons, transitions, stats })
    }
}

/// Labels of groupings; those by a column's own values are found by reading the column.
pub(crate) fn grouping_labels(
    register: &Register,
    layout: &Layout,
    groupings: &[Grouping],
) -> Result<Vec<Labels>> {
    let labels = |(index, spec): (usize, &Grouping)| match &spec.source {
        Source::Join { table, unmatched } => {
            Labels::of_table(&spec.name, table, unmatched.as_deref())
        }
        Source::Own => {
            let attribute = &layout.attributes[layout.of_grouping[index]];
            let count = if attribute.yearly { layout.years } else { 1 };
            let slots = attribute.slot..attribute.slot + count;
            Ok(Labels::of_values(&own_values(register, layout, spec, &slots)?))
        }
    };
    groupings.iter().enumerate().map(labels).collect()
}

fn own_values(
    register: &Register,
    layout: &Layout,
    grouping: &Grouping,
    slots: &Range<usize>,
) -> Result<BTreeSet<Value<String>>> {
    let mut values: BTreeSet<Value<String>> = BTreeSet::new();
    let mut batch = Batch::default();
    for unit in read::units(register) {
        let columns = layout.files[unit.file]
            .only(|role| matches!(role, Role::Attribute(slot) if slots.contains(&slot)));
        read::batches(register, &columns, unit, |records, origin| {
            batch.fill_attributes(records, origin, layout.slots)?;
            for column in batch.attributes[slots.clone()].iter().flatten() {
                column.distinct_into(&mut values);
            }
            if values.len() > MAX_VALUES {
                return Err(Error::TooManyValues {
                    grouping: grouping.name.clone(),
                    column: grouping.column.clone(),
                    limit: MAX_VALUES,
                });
            }
            Ok(())
        })?;
    }
    Ok(values)
}

/// A worker: its buffers and its counters.
struct Worker<'a> {
    scan: &'a Scan<'a>,
    context: &'a Context<'a>,
    columns: Option<&'a SpellColumns>,
    reader: Reader<'a>,
    reading: Reading,
    starts: Vec<u16>,
    spells: Vec<Spell>,
    spell_counters: SpellCounters,
    month_counters: MonthCounters,
}

impl<'a> Worker<'a> {
    fn new(
        scan: &'a Scan<'a>,
        reader: Reader<'a>,
        context: &'a Context<'a>,
        columns: Option<&'a SpellColumns>,
    ) -> Result<Self> {
        Ok(Self {
            scan,
            context,
            columns,
            reader,
            reading: Reading::default(),
            starts: Vec::new(),
            spells: Vec::new(),
            spell_counters: SpellCounters::new(scan.plan, context)?,
            month_counters: MonthCounters::new(&scan.plan.months, context)?,
        })
    }

    /// Does a row group; the answer is what goes into the spell file.
    fn unit(
        &mut self,
        unit: read::Unit,
        progress: &dyn Progress,
    ) -> Result<Vec<arrow::array::RecordBatch>> {
        let scan = self.scan;
        let mut rows = Vec::new();
        read::batches(scan.register, &scan.layout.files[unit.file], unit, |records, origin| {
            if progress.cancelled() {
                return Err(Error::Cancelled);
            }
            self.reading.take(self.reader, records, origin)?;
            if let Some(batch) = self.count(origin)? {
                rows.push(batch);
            }
            progress.advance(self.reading.batch.rows as u64);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Spells and months of the batch.
    fn count(&mut self, origin: Origin) -> Result<Option<arrow::array::RecordBatch>> {
        let context = self.context;
        let kernel = Kernel {
            states: context.states,
            rule: self.scan.plan.rule,
            exits: context.exits,
            periods: context.timeline.len(),
        };
        let Reading { batch, labels, stats, .. } = &mut self.reading;
        self.spells.clear();
        stats.too_short += kernel.spells(batch, &mut self.starts, &mut self.spells);
        let all = self.spells.len();
        let truncated = self.spells.iter().filter(|spell| spell.left_truncated).count();
        stats.left_truncated += truncated as u64;
        stats.spells += (all - truncated) as u64;
        if self.columns.is_none() && !self.spell_counters.left_truncated() {
            self.spells.retain(|spell| !spell.left_truncated);
        }
        let counted = self
            .spell_counters
            .add(&self.spells, batch, labels, context)
            .and_then(|()| self.month_counters.add(batch, labels, context));
        counted.map_err(|person| self.unmatched(person, origin))?;
        let Some(columns) = self.columns else { return Ok(None) };
        self.spells.sort_unstable_by_key(|spell| (spell.person, spell.start));
        match columns.rows(&self.spells, &self.reading.batch, &self.reading.labels, context) {
            Ok(batch) => batch.map(Some),
            Err(person) => Err(self.unmatched(person, origin)),
        }
    }

    fn unmatched(&self, found: UnmatchedPerson, origin: Origin) -> Error {
        self.reading.unmatched(self.reader, &self.context.timeline.years(), found, origin)
    }
}
