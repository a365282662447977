//! Analyses at week resolution: stocks, spells with gaps, windows, occupancy.
//!
//! The monthly engine asks one question of a register, how spells end. Here a study asks many, and each is a
//! [`WeekTable`]: *units* (persons in a reference week, spells that start or end in some weeks, weeks on a benefit),
//! put into the cells of *labels* (the benefit, seniority, a share of the last year, the most frequent state of a window,
//! the state some weeks later, …). All tables of a plan are counted in one scan; codes are decoded once, and a table
//! costs its own arithmetic. The same scan takes out the weeks of listed persons ([`PersonList`], [`Followed`]), whose
//! covariates and weights the register does not have.
//!
//! ```
//! use std::sync::Arc;
//! use afgang_engine::week::{Classes, Label, Units, WeekBook, WeekPlan, WeekScan, WeekSet, WeekTable, Weeks};
//! use afgang_engine::{Calendar, NoProgress, Register, Week};
//! use arrow::array::{ArrayRef, Int16Array, RecordBatch, StringArray};
//!
//! // Two persons over the first ten weeks of 2014: the first has sickness benefit in weeks 1 to 9, the second from
//! // week 8 on.
//! let week = |week| Week::new(2014, week).unwrap();
//! let weeks = Weeks::new(week(1), week(10), Calendar::Thursday)?;
//! let mut columns: Vec<(String, ArrayRef)> =
//!     vec![("pnr".into(), Arc::new(StringArray::from(vec!["1", "2"])))];
//! for number in 1..=10 {
//!     let codes = vec![(number <= 9).then_some(890), (number >= 8).then_some(890)];
//!     columns.push((week(number).column(), Arc::new(Int16Array::from(codes))));
//! }
//! let folder = tempfile::tempdir()?;
//! let batch = RecordBatch::try_from_iter(columns)?;
//! let file = std::fs::File::create(folder.path().join("register.parquet"))?;
//! let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None)?;
//! writer.write(&batch)?;
//! writer.close()?;
//!
//! // Who of the stock of week 9 has had sickness benefit in at least 80 per cent of the last five weeks?
//! let sick = WeekSet::states(["sygedagpenge"]);
//! let mut plan = WeekPlan::new(WeekBook::dream_2014(), weeks);
//! plan.tables = vec![WeekTable {
//!     units: Units::Stock { week: week(9), of: Classes::one("sick", sick.clone()) },
//!     only: Vec::new(),
//!     dims: vec![(
//!         "long".to_owned(),
//!         Label::LookBack { set: sick, weeks: 5, percent: 80, with_anchor: true },
//!     )],
//! }];
//! let register = Register::open(folder.path())?;
//! let result = WeekScan::new(&register, &plan)?.run(&NoProgress)?;
//! assert_eq!(result.tables[0].select("long", "yes")?.counts, [1]);
//! assert_eq!(result.tables[0].select("long", "no")?.counts, [1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod book;
mod count;
mod follow;
mod measure;
mod scan;
mod spells;
mod table;
mod walk;
mod weeks;

pub use book::{Meaning, Membership, WeekBook};
pub use follow::{Followed, PersonList};
pub use scan::{WeekPlan, WeekResult, WeekScan};
pub use table::{
    ALL, Calendrical, Classes, Label, MonthRule, NONE, OUTSIDE, RowRule, Same, Step, Ties, Units,
    WeekSet, WeekSpells, WeekTable, Window,
};
pub use weeks::Weeks;
