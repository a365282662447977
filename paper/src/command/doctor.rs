//! `afgang check DATA --time … --event …`.

use std::path::PathBuf;

use super::curve::show;
use crate::Error;
use crate::conventions::number_of;
use crate::doctor;
use crate::labels::{self, Lang};
use crate::rows::{Columns, DataError};
use crate::table::Format;

/// Says what is in a file of spells; an error if the estimators would refuse it.
pub(super) fn run(columns: &Columns, out: Option<&(PathBuf, Format)>) -> Result<(), Error> {
    let found = doctor::diagnose(columns)?;
    if let Some((path, format)) = out {
        found.table().write(path, *format)?;
    }
    show(|to| {
        writeln!(
            to,
            "{}: {}\n",
            columns.data.display(),
            number_of(labels::count(found.rows as u64, Lang::En), "row")
        )?;
        for finding in &found.findings {
            let mark = if finding.refused { "!" } else { " " };
            let count = labels::count(finding.count as u64, Lang::En);
            let place = match finding.first_row {
                0 => String::new(),
                row => format!(" (first in row {row})"),
            };
            writeln!(to, "{mark} {:<22}{count:>12}  {}{place}", finding.check, finding.message)?;
        }
        writeln!(to, "\nRows count from 1 below the header; lines with ! would be refused.")
    })?;
    match found.refused() {
        0 => Ok(()),
        problems => Err(DataError::Unfit { path: columns.data.clone(), problems }.into()),
    }
}
