//! Small registers of weeks: persons in memory, written as Parquet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use afgang_engine::week::{WeekBook, WeekPlan, WeekResult, WeekScan, WeekTable, Weeks};
use afgang_engine::{Calendar, CountTable, Grouping, NoProgress, Register, Week};
use arrow::array::{ArrayRef, Float32Array, Int16Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

pub(crate) fn week(year: i32, week: u8) -> Week {
    Week::new(year, week).unwrap()
}

/// A person; weeks and months count from the first of the register.
#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    /// Code of each week; 0 is no code.
    pub(crate) codes: Vec<i16>,
    /// Employment degree of each month.
    pub(crate) degrees: Vec<Option<f32>>,
    pub(crate) born: i16,
    pub(crate) sex: i16,
}

/// The weeks of a test, with degrees for all their months.
pub(crate) struct Setting {
    pub(crate) weeks: Weeks,
}

impl Setting {
    pub(crate) fn new(first: Week, last: Week) -> Self {
        Self { weeks: Weeks::new(first, last, Calendar::Thursday).unwrap() }
    }

    pub(crate) fn len(&self) -> usize {
        self.weeks.len()
    }

    /// Month of each week, counted from the first, by the Thursday rule (from the calendar's own test vector).
    pub(crate) fn month(&self, week: usize) -> usize {
        usize::try_from(self.weeks.month(week) - self.weeks.month(0)).unwrap()
    }

    pub(crate) fn months(&self) -> usize {
        self.month(self.len() - 1) + 1
    }

    /// A person who has a code in some weeks of a year.
    pub(crate) fn person(&self, runs: &[(i16, Week, Week)]) -> Person {
        let mut codes = vec![0; self.len()];
        for &(code, from, to) in runs {
            let (from, to) = (self.weeks.place(from).unwrap(), self.weeks.place(to).unwrap());
            codes[from..=to].fill(code);
        }
        Person { codes, degrees: vec![None; self.months()], born: 1970, sex: 1 }
    }

    pub(crate) fn write(&self, path: &Path, persons: &[Person], row_group: usize) {
        let ids: Vec<String> = (0..persons.len()).map(|number| format!("p{number}")).collect();
        let mut columns: Vec<(String, ArrayRef)> =
            vec![("pnr".into(), Arc::new(StringArray::from(ids)))];
        for at in 0..self.len() {
            let codes = persons.iter().map(|person| match person.codes[at] {
                0 => None,
                code => Some(code),
            });
            columns.push((self.weeks.week(at).column(), Arc::new(codes.collect::<Int16Array>())));
        }
        for month in 0..self.months() {
            let degrees = persons.iter().map(|person| person.degrees[month]);
            let name = (self.weeks.month(0) + i32::try_from(month).unwrap()).grad_column();
            columns.push((name, Arc::new(degrees.collect::<Float32Array>())));
        }
        let whole = |of: fn(&Person) -> i16| -> ArrayRef {
            Arc::new(persons.iter().map(|person| Some(of(person))).collect::<Int16Array>())
        };
        columns.push(("birth_year".into(), whole(|person| person.born)));
        columns.push(("kon".into(), whole(|person| person.sex)));
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let properties =
            WriterProperties::builder().set_max_row_group_row_count(Some(row_group)).build();
        let mut writer =
            ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties))
                .unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    pub(crate) fn plan(&self, tables: Vec<WeekTable>) -> WeekPlan {
        let mut plan = WeekPlan::new(WeekBook::dream_2014(), self.weeks.clone());
        // Months before the first week have no column and need none.
        plan.employment_from = Some(self.weeks.month(0) - 24);
        plan.groupings =
            vec![Grouping::column("born", "birth_year"), Grouping::column("sex", "kon")];
        plan.tables = tables;
        plan
    }

    pub(crate) fn scan(&self, persons: &[Person], tables: Vec<WeekTable>) -> WeekResult {
        let folder = tempfile::tempdir().unwrap();
        self.write(&folder.path().join("register.parquet"), persons, 1024);
        let register = Register::open(folder.path()).unwrap();
        WeekScan::new(&register, &self.plan(tables)).unwrap().run(&NoProgress).unwrap()
    }

    /// The cells of one table that are not 0.
    pub(crate) fn count(&self, persons: &[Person], table: WeekTable) -> Vec<(Vec<String>, u64)> {
        cells(&self.scan(persons, vec![table]).tables[0])
    }
}

/// Labels and counts of the cells that are not 0, in the order of the table.
pub(crate) fn cells(table: &CountTable) -> Vec<(Vec<String>, u64)> {
    let mut found = Vec::new();
    for (cell, &count) in table.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let mut rest = cell;
        let mut labels = Vec::new();
        for dim in table.dims.iter().rev() {
            labels.push(dim.labels[rest % dim.labels.len()].clone());
            rest /= dim.labels.len();
        }
        labels.reverse();
        found.push((labels, count));
    }
    found
}
