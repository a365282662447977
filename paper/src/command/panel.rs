//! `afgang fit panel`.

use super::curve::show;
use crate::Error;
use crate::cli::PanelFiles;
use crate::curve::{print_foot, print_table};
use crate::panel::{self, Fitted, PanelFitError, Request};
use crate::table::{Format, beside};

/// Fits and writes or prints.
pub(super) fn run(request: &Request, files: &PanelFiles) -> Result<(), Error> {
    let fitted = panel::fit(request)?;
    let refused = show_or_write(fitted, files)?;
    if refused.is_empty() {
        return Ok(());
    }
    Err(PanelFitError::Refused { errors: refused }.into())
}

/// Gives back what is wrong with models that are not there.
fn show_or_write(fitted: Fitted, files: &PanelFiles) -> Result<Vec<PanelFitError>, Error> {
    let Fitted { table, statistics, printed, models, foot, inflation, effects, refused } = fitted;
    if let Some((path, format)) = &files.table {
        printed.write(path, *format)?;
    }
    if let (Some(effects), Some((path, format))) = (&effects, &files.effects) {
        effects.write(path, *format)?;
    }
    let Some((path, format)) = &files.out else {
        return show(|out| {
            if models == 1 {
                print_table(&table, out)?;
            } else {
                write!(out, "{}", printed.to_text())?;
            }
            if let Some(inflation) = &inflation {
                writeln!(out)?;
                print_table(inflation, out)?;
            }
            writeln!(out)?;
            print_foot(&foot, out)
        })
        .map(|()| refused);
    };
    if *format == Format::Json {
        let table = table.part("fit", statistics);
        let table = match inflation {
            Some(inflation) => table.part("vif", inflation),
            None => table,
        };
        table.write(path, *format)?;
        return Ok(refused);
    }
    table.write(path, *format)?;
    statistics.write(&beside(path, "fit", Format::Csv), Format::Csv)?;
    if let Some(inflation) = inflation {
        inflation.write(&beside(path, "vif", Format::Csv), Format::Csv)?;
    }
    if *format == Format::Csv {
        show(|out| print_foot(&foot, out))?;
    }
    Ok(refused)
}
