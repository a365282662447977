//! `afgang table`.

use std::path::PathBuf;

use super::curve::show;
use crate::Error;
use crate::cli::TablePlan;
use crate::regression_table::{RegressionTable, TableFormat, read_fit, renamed};

/// Writes or prints a table of fits.
pub(super) fn run(plan: &TablePlan, out: Option<&(PathBuf, TableFormat)>) -> Result<(), Error> {
    let mut models = Vec::new();
    // Each note once, with the columns that it is about.
    let mut notes: Vec<(String, Vec<String>)> = Vec::new();
    for path in &plan.fits {
        let file = read_fit(path, plan.ratios)?;
        let columns = (1..=file.models.len()).map(|column| (models.len() + column).to_string());
        if let Some(note) = file.note {
            match notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, known)) => known.extend(columns),
                None => notes.push((note, columns.collect())),
            }
        }
        models.extend(file.models);
    }
    let several = notes.len() > 1;
    let notes = notes.into_iter().map(|(note, columns)| match columns.as_slice() {
        _ if !several => note,
        [column] => format!("Column {column}: {note}"),
        columns => format!("Columns {}: {note}", columns.join(", ")),
    });
    let models = renamed(models, &plan.names)?;
    let table = RegressionTable::new(models).style(&plan.style);
    let table = notes.fold(table, RegressionTable::note);
    match out {
        Some((path, format)) => Ok(table.write(path, *format)?),
        None => show(|out| write!(out, "{}", table.to_text())),
    }
}
