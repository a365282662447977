//! Listed persons, week by week: what no table of counts can give.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use super::book::{Membership, WITH_INCOME};
use super::weeks::Weeks;
use crate::columns::IdColumn;
use crate::decode::Batch;
use crate::error::{Error, Result};

/// Persons who are followed one by one: a cohort, or the arms of a trial.
///
/// Ids are compared as numbers with a register whose ids are numbers, else as text without spaces around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonList {
    /// Name of the list, for messages.
    pub name: String,
    /// Person ids, each once.
    pub ids: Vec<String>,
}

/// What a register says of the persons of a list, in the order of the list.
///
/// ```
/// use std::sync::Arc;
/// use afgang_engine::week::{PersonList, WeekBook, WeekPlan, WeekScan, WeekSet, Weeks};
/// use afgang_engine::{Calendar, NoProgress, Register, Week};
/// use arrow::array::{ArrayRef, Float32Array, Int16Array, RecordBatch, StringArray};
///
/// // The last two weeks of January 2014. The first person has sickness benefit, then nothing; the second nothing, with
/// // a job of a fifth of full time.
/// let week = |week| Week::new(2014, week).unwrap();
/// let columns: Vec<(&str, ArrayRef)> = vec![
///     ("pnr", Arc::new(StringArray::from(vec!["a", "b"]))),
///     ("y_1404", Arc::new(Int16Array::from(vec![Some(890), None]))),
///     ("y_1405", Arc::new(Int16Array::from(vec![None, None]))),
///     ("grad_2014_01", Arc::new(Float32Array::from(vec![None, Some(0.2)]))),
/// ];
/// let folder = tempfile::tempdir()?;
/// let batch = RecordBatch::try_from_iter(columns)?;
/// let file = std::fs::File::create(folder.path().join("register.parquet"))?;
/// let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None)?;
/// writer.write(&batch)?;
/// writer.close()?;
///
/// let book = WeekBook::dream_2014();
/// let work = book.membership(&WeekSet::states(["employment"]))?;
/// let mut plan = WeekPlan::new(book, Weeks::new(week(4), week(5), Calendar::Thursday)?);
/// plan.employment_from = Some("2014-01".parse()?);
/// let ids = ["b", "nobody"].map(String::from).to_vec();
/// plan.lists = vec![PersonList { name: "cohort".to_owned(), ids }];
/// let result = WeekScan::new(&Register::open(folder.path())?, &plan)?.run(&NoProgress)?;
///
/// let cohort = &result.followed[0];
/// assert!(cohort.found(0) && !cohort.found(1));
/// assert_eq!(cohort.degree(0, 0), Some(0.2));
/// let mut weeks = Vec::new();
/// cohort.in_set(0, &work, 0.0, &mut weeks);
/// assert_eq!(weeks, [true, true]);
/// cohort.in_set(0, &work, 0.2, &mut weeks);
/// assert_eq!(weeks, [false, false]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    name: String,
    found: Vec<bool>,
    /// Month of each week, counted from the first week's.
    month_of: Vec<u16>,
    /// Months with employment degrees, counted from the first week's.
    degree_months: Range<usize>,
    /// State bytes, person by person.
    bytes: Vec<u8>,
    /// Bits of employment degrees, person by person; those of no number without one.
    degrees: Vec<u32>,
}

/// Bits of no degree.
const NO_DEGREE: u32 = u32::MAX;

impl Followed {
    pub(super) fn new(list: &PersonList, weeks: &Weeks, degree_months: Range<usize>) -> Self {
        let persons = list.ids.len();
        Self {
            name: list.name.clone(),
            found: vec![false; persons],
            month_of: (0..weeks.len()).map(|place| weeks.month_place(place)).collect(),
            bytes: vec![0; persons * weeks.len()],
            degrees: vec![NO_DEGREE; persons * degree_months.len()],
            degree_months,
        }
    }

    /// Name of the list.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of persons on the list.
    pub fn persons(&self) -> usize {
        self.found.len()
    }

    /// Whether the register has a person. Of those whom it has not everything else says "no code".
    pub fn found(&self, person: usize) -> bool {
        self.found[person]
    }

    /// State bytes of a person, week by week, for [`Membership::has`].
    pub fn weeks(&self, person: usize) -> &[u8] {
        let weeks = self.month_of.len();
        &self.bytes[person * weeks..][..weeks]
    }

    /// Employment degree of a person in a month, counted from the month of the first week; `None` where the register has
    /// none or the plan does not read it. Degrees have single precision.
    pub fn degree(&self, person: usize, month: usize) -> Option<f32> {
        let months = &self.degree_months;
        let place = months.contains(&month).then(|| month - months.start)?;
        let bits = self.degrees[person * months.len() + place];
        (bits != NO_DEGREE).then(|| f32::from_bits(bits))
    }

    /// Whether each week of a person is in a set. Weeks without a code count as employment only where the employment
    /// degree of their month is above `degree_above`; at 0 all wage income counts.
    pub fn in_set(&self, person: usize, set: &Membership, degree_above: f32, into: &mut Vec<bool>) {
        into.clear();
        into.extend(self.weeks(person).iter().zip(&self.month_of).map(|(&byte, &month)| {
            let employed = |degree| degree > degree_above;
            let byte = match byte {
                WITH_INCOME if !self.degree(person, usize::from(month)).is_some_and(employed) => {
                    crate::states::NO_CODE
                }
                byte => byte,
            };
            set.has(byte)
        }));
    }

    /// Adds those whom the same list found among other persons.
    pub(super) fn merge(&mut self, other: &Self) -> Result<()> {
        if self.found.len() != other.found.len() || self.bytes.len() != other.bytes.len() {
            return Err(Error::TablesDiffer {
                left: format!("list `{}` of {} persons", self.name, self.found.len()),
                right: format!("list `{}` of {} persons", other.name, other.found.len()),
            });
        }
        let (weeks, months) = (self.month_of.len(), self.degree_months.len());
        for person in (0..other.found.len()).filter(|&person| other.found[person]) {
            let bytes = &other.bytes[person * weeks..][..weeks];
            self.place(person, bytes, &other.degrees[person * months..][..months])?;
        }
        Ok(())
    }

    /// Writes down what the register says of a person. Fails if it was said before.
    fn place(&mut self, person: usize, bytes: &[u8], degrees: &[u32]) -> Result<()> {
        if std::mem::replace(&mut self.found[person], true) {
            return Err(Error::ListedTwiceInRegister {
                list: self.name.clone(),
                place: person + 1,
            });
        }
        self.bytes[person * bytes.len()..][..bytes.len()].copy_from_slice(bytes);
        self.degrees[person * degrees.len()..][..degrees.len()].copy_from_slice(degrees);
        Ok(())
    }
}

/// Where the persons of all lists are looked for: by the hash of their id as text and as number.
#[derive(Debug)]
pub(super) struct Index<'a> {
    lists: &'a [PersonList],
    texts: HashMap<u64, Vec<(usize, usize)>>,
    integers: HashMap<u64, Vec<(usize, usize)>>,
}

impl<'a> Index<'a> {
    /// Fails on a person who stands twice in a list.
    pub(super) fn new(lists: &'a [PersonList]) -> Result<Self> {
        let mut index = Self { lists, texts: HashMap::new(), integers: HashMap::new() };
        for (at, list) in lists.iter().enumerate() {
            let mut seen: HashMap<&str, usize> = HashMap::with_capacity(list.ids.len());
            for (place, id) in list.ids.iter().enumerate() {
                let id = id.trim();
                match seen.entry(id) {
                    Entry::Occupied(first) => {
                        return Err(Error::ListedTwice {
                            list: list.name.clone(),
                            first: first.get() + 1,
                            second: place + 1,
                        });
                    }
                    Entry::Vacant(entry) => entry.insert(place),
                };
                let hash = IdColumn::hash_of_text(id);
                index.texts.entry(hash).or_default().push((at, place));
                if let Ok(number) = id.parse() {
                    let hash = IdColumn::hash_of_integer(number);
                    index.integers.entry(hash).or_default().push((at, place));
                }
            }
        }
        Ok(index)
    }

    /// Lists and places of the person in a row of a batch.
    fn find(&self, ids: &IdColumn, row: usize, hash: u64) -> impl Iterator<Item = (usize, usize)> {
        let known = match ids {
            IdColumn::Integers(_) => self.integers.get(&hash),
            IdColumn::Texts(_) => self.texts.get(&hash),
        };
        let listed = |at: usize, place: usize| self.lists[at].ids[place].trim();
        known.into_iter().flatten().copied().filter(move |&(at, place)| match ids {
            IdColumn::Integers(ids) => listed(at, place).parse() == Ok(ids.value(row)),
            IdColumn::Texts(ids) => listed(at, place) == ids.value(row).trim(),
        })
    }
}

/// The persons of a batch, as a scan has them.
pub(super) struct Scanned<'a> {
    pub(super) batch: &'a Batch,
    /// Hashes of ids.
    pub(super) hashes: &'a [u64],
    /// State bytes, person by person.
    pub(super) bytes: &'a [u8],
}

/// Persons that a worker has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// List and place of each.
    places: Vec<(usize, usize)>,
    bytes: Vec<u8>,
    degrees: Vec<u32>,
}

impl Found {
    /// Keeps the listed persons of a batch. Fails on a person who stands twice in a list, which of ids that are numbers only
    /// the register tells.
    pub(super) fn add(&mut self, index: &Index, scanned: &Scanned<'_>, weeks: usize) -> Result<()> {
        let Some(ids) = &scanned.batch.ids else { return Ok(()) };
        for (row, &hash) in scanned.hashes.iter().enumerate() {
            let mut before: Option<(usize, usize)> = None;
            for place in index.find(ids, row, hash) {
                if let Some((list, first)) = before.filter(|(list, _)| *list == place.0) {
                    return Err(Error::ListedTwice {
                        list: index.lists[list].name.clone(),
                        first: first + 1,
                        second: place.1 + 1,
                    });
                }
                before = Some(place);
                self.places.push(place);
                self.bytes.extend_from_slice(&scanned.bytes[row * weeks..][..weeks]);
                let degrees = scanned.batch.degrees.iter();
                let degrees = degrees.map(|column| column.as_ref().and_then(|of| of.get(row)));
                self.degrees.extend(degrees.map(|degree| degree.map_or(NO_DEGREE, f32::to_bits)));
            }
        }
        Ok(())
    }

    /// Puts everybody into his or her place.
    pub(super) fn put(&self, followed: &mut [Followed]) -> Result<()> {
        for (at, &(list, person)) in self.places.iter().enumerate() {
            let list = &mut followed[list];
            let (weeks, months) = (list.month_of.len(), list.degree_months.len());
            let bytes = &self.bytes[at * weeks..][..weeks];
            list.place(person, bytes, &self.degrees[at * months..][..months])?;
        }
        Ok(())
    }
}
