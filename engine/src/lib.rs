//! Weekly benefit registers to spells and additive event tables.
//!
//! The engine reads a wide register (one row a person, one column a week) from Parquet, turns codes
//! into states, builds spells, and counts them into small tables of integers that add up over files,
//! row groups and threads.

pub mod calendar;
pub mod codebook;
