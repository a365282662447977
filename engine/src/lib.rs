//! Weekly benefit registers to spells and additive event tables.
//!
//! The engine reads a wide register (one row a person, one column a week) from Parquet, turns codes
//! into states, builds spells, and counts them into small tables of integers that add up over files,
//! row groups and threads.

pub mod calendar;
pub mod codebook;
pub mod error;
pub mod grouping;
pub mod register;
pub mod scan;
pub mod spell_file;
pub mod spells;
pub mod tabulate;
pub mod timeline;

mod count;
mod decode;
mod ids;
mod layout;
mod parallel;
mod read;
mod states;

pub use calendar::{Calendar, Month, Week};
pub use codebook::{CENSORED_NAME, CodeBook};
pub use error::{Error, Result};
pub use grouping::Grouping;
pub use register::Register;
pub use scan::{NoProgress, Plan, Progress, Scan, ScanResult, ScanStats};
pub use spell_file::SpellOutput;
pub use spells::SpellRule;
pub use tabulate::{CountTable, Dim, DimInfo, MonthDim, MonthSpec, TableSpec};
pub use timeline::Timeline;
