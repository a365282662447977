//! `afgang fit`.

use std::path::PathBuf;

use super::curve::show;
use super::figure;
use crate::Error;
use crate::curve::print_table;
use crate::regression::{self, Fitted, Request};
use crate::table::Format;

/// Fits and writes or prints.
pub(super) fn run(request: &Request, out: Option<&(PathBuf, Format)>) -> Result<(), Error> {
    let Fitted { table, statistics, foot, chart } = regression::fit(request)?;
    if let (Some(plot), Some(chart)) = (&request.plot, &chart) {
        figure::write(chart, &plot.file, plot.lang)?;
    }
    let Some((path, format)) = out else {
        return show(|out| {
            print_table(&table, out)?;
            writeln!(out)?;
            foot.iter().try_for_each(|line| writeln!(out, "{line}"))
        });
    };
    if *format == Format::Json {
        table.part("fit", statistics).write(path, *format)?;
        return Ok(());
    }
    table.write(path, *format)?;
    statistics.write(&path.with_extension("fit.csv"), Format::Csv)?;
    if *format == Format::Csv {
        return show(|out| foot.iter().try_for_each(|line| writeln!(out, "{line}")));
    }
    Ok(())
}
