//! `afgang fit`.

use std::path::PathBuf;

use super::curve::show;
use super::figure;
use crate::Error;
use crate::cli::AfterFiles;
use crate::curve::{print_foot, print_table, print_with_parts};
use crate::regression::{Fitted, Plot, RegressionError};
use crate::table::{Format, Table, beside};

/// Writes a fit or prints it. Where some causes have no model, or there are no baseline hazards, the rest is written before it is
/// an error.
pub(super) fn show_or_write(
    fitted: Fitted,
    plot: Option<&Plot>,
    out: Option<&(PathBuf, Format)>,
    after: &AfterFiles,
) -> Result<(), Error> {
    let Fitted { table, statistics, foot, chart, predictions, baseline, residuals, .. } = fitted;
    if let (Some(plot), Some(chart)) = (plot, &chart) {
        figure::write(chart, &plot.file, plot.lang)?;
    }
    for (table, file) in [
        (&predictions, &after.predictions),
        (&baseline, &after.baseline),
        (&residuals, &after.residuals),
    ] {
        if let (Some(table), Some((path, format))) = (table, file) {
            table.write_with_parts(path, *format)?;
        }
    }
    let predictions = predictions.filter(|_| after.predictions.is_none());
    match out {
        None => show(|out| {
            print_table(&for_people(&table), out)?;
            writeln!(out)?;
            print_foot(&foot, out)
        })?,
        Some((path, Format::Json)) => table.part("fit", statistics).write(path, Format::Json)?,
        Some((path, format)) => {
            table.write(path, *format)?;
            statistics.write(&beside(path, "fit", Format::Csv), Format::Csv)?;
            if *format == Format::Csv {
                show(|out| print_foot(&foot, out))?;
            }
        }
    }
    if let Some(table) = predictions {
        show(|out| {
            writeln!(out)?;
            print_with_parts(&table, out)
        })?;
    }
    match fitted.no_baseline {
        _ if !fitted.refused.is_empty() => Err(Error::Refused(fitted.refused)),
        Some(error) => Err(Error::Covariates(RegressionError::Baseline(error))),
        None => Ok(()),
    }
}

/// What of a fit a terminal has room for: names of columns hold those of their terms, and limits are those of the ratios where
/// there are ratios. Files have all.
fn for_people(table: &Table) -> Table {
    let has = |name: &str| table.column(name).is_some();
    let said = |name: &str| match name {
        "term" => has("column"),
        "conf_low" | "conf_high" => has("ratio_low"),
        _ => false,
    };
    let columns = table.columns().iter().filter(|(name, _)| !said(name));
    columns.fold(Table::new(), |some, (name, values)| some.with(name, values.clone()))
}
