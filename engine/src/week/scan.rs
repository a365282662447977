//! One pass over a register at week resolution.

use std::ops::Range;

use super::book::{WITH_INCOME, WeekBook};
use super::count::Counter;
use super::follow::{Followed, Found, Index, PersonList, Scanned};
use super::measure::{Person, Words};
use super::spells::{Run, runs_of};
use super::table::WeekTable;
use super::weeks::Weeks;
use crate::calendar::Month;
use crate::decode::{Batch, Origin, Shape};
use crate::error::{Error, Result};
use crate::grouping::{self, Grouping};
use crate::layout::{Faults, Layout, Wanted};
use crate::parallel::{self, Queue};
use crate::read;
use crate::reading::{Reader, Reading};
use crate::register::Register;
use crate::scan::{Progress, ScanStats, grouping_labels};
use crate::spells::for_each_bit;
use crate::states::NO_CODE;
use crate::tabulate::{CountTable, merge_all};

/// What a scan at week resolution is to do.
#[derive(Debug, Clone)]
pub struct WeekPlan {
    /// What codes mean.
    pub book: WeekBook,
    /// The weeks.
    pub weeks: Weeks,
    /// First month with employment degrees: from then on weeks without a code are with or without wage income, before
    /// that always without. `None` reads no degrees.
    pub employment_from: Option<Month>,
    /// Groupings that labels may use.
    pub groupings: Vec<Grouping>,
    /// The tables.
    pub tables: Vec<WeekTable>,
    /// Persons whose weeks are wanted one by one.
    pub lists: Vec<PersonList>,
    /// Leaves out the search for duplicate person ids.
    pub trust_ids: bool,
    /// Number of threads; `None` is as many as there are processors.
    pub threads: Option<usize>,
}

impl WeekPlan {
    /// A plan that counts nothing and follows nobody yet: no groupings, no employment degrees, duplicate ids looked for.
    pub fn new(book: WeekBook, weeks: Weeks) -> Self {
        Self {
            book,
            weeks,
            employment_from: None,
            groupings: Vec::new(),
            tables: Vec::new(),
            lists: Vec::new(),
            trust_ids: false,
            threads: None,
        }
    }

    /// Checks the plan and finds its columns.
    pub(crate) fn layout(&self, register: &Register, faults: &mut Faults) -> Result<Layout> {
        grouping::check_names(&self.groupings, &[])?;
        let ids = !self.trust_ids || !self.lists.is_empty();
        let wanted = Wanted { ids, groupings: &self.groupings, raw: &[] };
        Layout::new(register, &self.weeks.span(self.employment_from), &wanted, faults)
    }
}

/// The answer of a scan at week resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeekResult {
    /// One table for each of [`WeekPlan::tables`], in order.
    pub tables: Vec<CountTable>,
    /// One for each of [`WeekPlan::lists`], in order.
    pub followed: Vec<Followed>,
    /// What was read.
    pub stats: ScanStats,
}

impl WeekResult {
    /// Adds the result of the same plan for other persons.
    ///
    /// # Errors
    ///
    /// [`Error::TablesDiffer`] if the tables are not of the same plan and labels; [`Error::ListedTwiceInRegister`] if both have
    /// a listed person.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        let of = |result: &Self| (result.tables.len(), result.followed.len());
        if of(self) != of(other) {
            let said = |(tables, lists)| format!("{tables} specifications, {lists} lists");
            return Err(Error::TablesDiffer { left: said(of(self)), right: said(of(other)) });
        }
        merge_all(&mut self.tables, &other.tables)?;
        for (list, more) in self.followed.iter_mut().zip(&other.followed) {
            list.merge(more)?;
        }
        self.stats.add(&other.stats);
        Ok(())
    }
}

/// A plan at week resolution, checked against a register.
#[derive(Debug)]
pub struct WeekScan<'a> {
    register: &'a Register,
    plan: &'a WeekPlan,
    layout: Layout,
}

impl<'a> WeekScan<'a> {
    /// Checks a plan against the columns of a register; reads no data.
    ///
    /// # Errors
    ///
    /// Missing columns and wrong types, names of groupings.
    pub fn new(register: &'a Register, plan: &'a WeekPlan) -> Result<Self> {
        let layout = plan.layout(register, &mut Faults::Refuse)?;
        Ok(Self { register, plan, layout })
    }

    /// Reads the register and counts.
    ///
    /// # Errors
    ///
    /// Everything that can be wrong with the data or with the names of the plan, [`Error::Cancelled`]. Of several
    /// errors the first in the order of the register is given, whatever the number of threads.
    pub fn run(&self, progress: &dyn Progress) -> Result<WeekResult> {
        let plan = self.plan;
        progress.start(self.register.persons());
        let labels = grouping_labels(self.register, &self.layout, &plan.groupings)?;
        let names: Vec<String> = plan.groupings.iter().map(|group| group.name.clone()).collect();
        let words =
            Words { book: &plan.book, weeks: &plan.weeks, grouping_names: &names, labels: &labels };
        let degree_months = plan.weeks.degree_months(plan.employment_from);
        let index = Index::new(&plan.lists)?;
        let states = plan.book.table();
        let reader = Reader {
            register: self.register,
            layout: &self.layout,
            states: &states,
            shape: Shape {
                periods: plan.weeks.len(),
                months: degree_months.len(),
                slots: self.layout.slots,
                keep_degrees: !plan.lists.is_empty(),
            },
            names: &names,
            labels: &labels,
            trust_ids: plan.trust_ids,
        };
        let units = read::units(self.register);
        let threads = parallel::threads(plan.threads, units.len());
        let queue = Queue::new(units.len(), threads, None);
        let workers = (0..threads)
            .map(|_| Worker::new(self, reader, words, &degree_months, &index))
            .collect::<Result<Vec<_>>>()?;
        let mut workers = parallel::run(&queue, workers, |worker, unit| {
            worker.unit(units[unit], progress).map(|()| Vec::new())
        })?;
        let found: Vec<Found> =
            workers.iter_mut().map(|worker| std::mem::take(&mut worker.found)).collect();
        let Some(mut total) = workers.pop() else {
            return Err(Error::Internal("no worker came back"));
        };
        for worker in workers {
            for (counter, more) in total.counters.iter_mut().zip(&worker.counters) {
                counter.merge(more)?;
            }
            total.reading.add(worker.reading);
        }
        let stats = total.reading.finish(reader)?;
        let followed = |list| Followed::new(list, &plan.weeks, degree_months.clone());
        let mut followed: Vec<Followed> = plan.lists.iter().map(followed).collect();
        for found in found {
            found.put(&mut followed)?;
        }
        let tables = total.counters.into_iter().map(Counter::finish).collect();
        Ok(WeekResult { tables, followed, stats })
    }
}

/// A worker: its buffers and its counters.
struct Worker<'a> {
    scan: &'a WeekScan<'a>,
    reader: Reader<'a>,
    reading: Reading,
    /// Months with employment degrees, counted from the first week's.
    degree_months: &'a Range<usize>,
    /// State bytes, person by person.
    persons: Vec<u8>,
    /// Those of the person at hand as runs.
    runs: Vec<Run>,
    counters: Vec<Counter>,
    index: &'a Index<'a>,
    found: Found,
}

impl<'a> Worker<'a> {
    fn new(
        scan: &'a WeekScan<'a>,
        reader: Reader<'a>,
        words: Words<'a>,
        degree_months: &'a Range<usize>,
        index: &'a Index<'a>,
    ) -> Result<Self> {
        Ok(Self {
            scan,
            reader,
            reading: Reading::default(),
            degree_months,
            persons: Vec::new(),
            runs: Vec::new(),
            counters: scan
                .plan
                .tables
                .iter()
                .map(|table| Counter::new(table, words))
                .collect::<Result<_>>()?,
            index,
            found: Found::default(),
        })
    }

    fn unit(&mut self, unit: read::Unit, progress: &dyn Progress) -> Result<()> {
        let scan = self.scan;
        read::batches(scan.register, &scan.layout.files[unit.file], unit, |records, origin| {
            if progress.cancelled() {
                return Err(Error::Cancelled);
            }
            self.reading.take(self.reader, records, origin)?;
            self.transpose();
            self.count(origin)?;
            let (batch, hashes) = (&self.reading.batch, self.reading.hashes());
            let scanned = Scanned { batch, hashes, bytes: &self.persons };
            self.found.add(self.index, &scanned, scan.plan.weeks.len())?;
            progress.advance(batch.rows as u64);
            Ok(())
        })
    }

    /// State bytes person by person, weeks without a code with wage income told from those without.
    fn transpose(&mut self) {
        let weeks = self.scan.plan.weeks.len();
        let Batch { rows, words, bytes, income, .. } = &mut self.reading.batch;
        let (rows, words) = (*rows, *words);
        self.persons.resize(rows * weeks, NO_CODE);
        for week in 0..weeks {
            let month = usize::from(self.scan.plan.weeks.month_place(week));
            if !self.degree_months.contains(&month) {
                continue;
            }
            let month = month - self.degree_months.start;
            let bytes = &mut bytes[week * rows..][..rows];
            for (word, &bits) in income[month * words..][..words].iter().enumerate() {
                for_each_bit(bits, word, |row| {
                    if bytes[row] == NO_CODE {
                        bytes[row] = WITH_INCOME;
                    }
                });
            }
        }
        // Some persons at a time, so that what is written stays in the cache.
        for first in (0..rows).step_by(PERSONS_AT_ONCE) {
            let end = (first + PERSONS_AT_ONCE).min(rows);
            for week in 0..weeks {
                let bytes = &bytes[week * rows..][first..end];
                for (row, &byte) in (first..end).zip(bytes) {
                    self.persons[row * weeks + week] = byte;
                }
            }
        }
    }

    fn count(&mut self, origin: Origin) -> Result<()> {
        let weeks = &self.scan.plan.weeks;
        let (rows, labels) = (self.reading.batch.rows, &self.reading.labels);
        for (row, bytes) in self.persons.chunks_exact(weeks.len()).enumerate().take(rows) {
            runs_of(bytes, &mut self.runs);
            let person = Person { weeks: bytes, runs: &self.runs, row, labels };
            for counter in &mut self.counters {
                if let Err(found) = counter.add(person, weeks) {
                    let years = weeks.years();
                    return Err(self.reading.unmatched(self.reader, &years, found, origin));
                }
            }
        }
        Ok(())
    }
}

const PERSONS_AT_ONCE: usize = 64;
