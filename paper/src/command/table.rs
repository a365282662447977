//! `afgang table`.

use std::path::PathBuf;

use super::curve::show;
use crate::Error;
use crate::cli::TablePlan;
use crate::regression_table::{RegressionTable, TableFormat, read_fit, renamed};

/// Writes or prints a table of fits.
pub(super) fn run(plan: &TablePlan, out: Option<&(PathBuf, TableFormat)>) -> Result<(), Error> {
    let mut models = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    for path in &plan.fits {
        let file = read_fit(path, plan.ratios)?;
        models.extend(file.models);
        notes.extend(file.note.filter(|note| !notes.contains(note)));
    }
    let models = renamed(models, &plan.names)?;
    let table = RegressionTable::new(models).style(&plan.style);
    let table = notes.into_iter().fold(table, RegressionTable::note);
    match out {
        Some((path, format)) => Ok(table.write(path, *format)?),
        None => show(|out| write!(out, "{}", table.to_text())),
    }
}
