//! Weekly benefit registers to spells and additive event tables.
//!
//! The engine reads a wide register (one row a person, one column a week) from Parquet, turns codes
//! into states, builds spells, and counts them into small tables of integers that add up over files,
//! row groups and threads.
//!
//! ```text
//! Register ──Scan──▶ state bytes ──▶ spells ──▶ CountTable, CellTable (additive), spell file
//! ```
//!
//! - [`calendar`]: weeks, months, and which month a week belongs to;
//! - [`codebook`]: what a code means;
//! - [`register`]: files, columns and their checks;
//! - [`timeline`]: the periods of a study;
//! - [`spells`]: the spell rule;
//! - [`grouping`]: groups of persons;
//! - [`tabulate`]: what is counted, and the tables;
//! - [`scan`]: the parallel pass over a register;
//! - [`week`]: stocks, spells with gaps and windows at week resolution.
//!
//! Nothing here prints, exits or reads the clock, and no public type is one of arrow's.
//!
//! # Examples
//!
//! A register of two persons over three months: the one leaves *dagpenge* after a month for work, the
//! other stays.
//!
//! ```
//! use std::sync::Arc;
//! use afgang_engine::{
//!     Calendar, CodeBook, Dim, NoProgress, Plan, Register, Scan, TableSpec, Timeline,
//! };
//! use arrow::array::{ArrayRef, Float32Array, Int16Array, RecordBatch, StringArray};
//!
//! let timeline = Timeline::months("2011-01".parse()?, "2011-03".parse()?, Calendar::Thursday)?;
//! let mut columns: Vec<(String, ArrayRef)> =
//!     vec![("pnr".into(), Arc::new(StringArray::from(vec!["1", "2"])))];
//! for week in timeline.weeks() {
//!     // February is weeks 5 to 8, March is weeks 9 to 13.
//!     let codes = match week.week() {
//!         5..=8 => vec![Some(111), Some(111)],
//!         9.. => vec![None, Some(111)],
//!         _ => vec![None, None],
//!     };
//!     columns.push((week.column(), Arc::new(Int16Array::from(codes))));
//! }
//! for period in 0..timeline.len() {
//!     let degrees = Float32Array::from(vec![Some(1.0), None]);
//!     columns.push((timeline.month(period).grad_column(), Arc::new(degrees)));
//! }
//! let folder = tempfile::tempdir()?;
//! let batch = RecordBatch::try_from_iter(columns)?;
//! let file = std::fs::File::create(folder.path().join("register.parquet"))?;
//! let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None)?;
//! writer.write(&batch)?;
//! writer.close()?;
//!
//! let mut plan = Plan::new(CodeBook::dream_2019(), timeline);
//! plan.tables = vec![TableSpec::new([Dim::Exit, Dim::Duration])];
//! let register = Register::open(folder.path())?;
//! let result = Scan::new(&register, &plan)?.run(&NoProgress)?;
//!
//! let exits = &result.tables[0];
//! assert_eq!(exits.select("exit", "employment")?.counts, [1, 0, 0]);
//! assert_eq!(exits.select("exit", "still_unemployed")?.counts, [0, 1, 0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod calendar;
pub mod codebook;
pub mod error;
pub mod examine;
pub mod grouping;
pub mod register;
pub mod scan;
pub mod spell_file;
pub mod spells;
pub mod tabulate;
pub mod timeline;
pub mod week;

mod cells;
mod columns;
mod count;
mod decode;
mod ids;
mod layout;
mod pairs;
mod parallel;
mod persons;
mod read;
mod reading;
mod states;
mod tally;
mod transitions;

pub use calendar::{Calendar, Month, Week};
pub use cells::{Cell, CellTable};
pub use codebook::{CENSORED_NAME, CodeBook};
pub use error::{Error, Result};
pub use examine::{Examination, Fault, examine, examine_weeks};
pub use grouping::Grouping;
pub use pairs::{Pair, PairSpec, PairTable};
pub use persons::{AlikePersons, PersonTable};
pub use register::Register;
pub use scan::{NoProgress, Plan, Progress, Scan, ScanResult, ScanStats};
pub use spell_file::SpellOutput;
pub use spells::SpellRule;
pub use tabulate::{CountTable, Dim, DimInfo, MonthDim, MonthSpec, TableSpec};
pub use timeline::Timeline;
pub use transitions::TransitionSpec;
