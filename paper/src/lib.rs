//! The program `afgang`: registers to spells, spells to curves, curves to a report.
//!
//! The program is a thin shell over this library. [`cli`] reads the command line, and each command is a
//! function from typed options to typed results; only `main.rs` prints errors and ends the process.

pub mod accounts;
pub mod chapter;
pub mod cli;
pub mod comparison;
pub mod curve;
pub mod doctor;
pub mod error;
pub mod figure;
pub mod given;
pub mod group_test;
pub mod interrupt;
pub mod labels;
pub mod memory;
pub mod multi_state;
pub mod nearest;
pub mod output;
pub mod panel;
pub mod printed;
pub mod progress;
pub mod regression;
pub mod regression_table;
pub mod report;
pub mod rows;
pub mod run_record;
pub mod runner;
pub mod scan;
pub mod study;
pub mod synthetic;
pub mod table;
pub mod weeks;
pub mod whole_file;
pub mod whole_folder;

mod command;
mod conventions;
mod names;

pub use command::run;
pub use error::Error;
