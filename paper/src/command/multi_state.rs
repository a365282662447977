//! `afgang fit multistate` without covariates.

use std::path::PathBuf;

use super::curve::show;
use super::figure;
use crate::Error;
use crate::curve::{print_foot, print_with_parts};
use crate::multi_state::{self, Answer, Request};
use crate::table::Format;

/// Estimates and writes or prints.
pub(super) fn run(request: &Request, out: Option<&(PathBuf, Format)>) -> Result<(), Error> {
    let Answer { states, chart, foot } = multi_state::estimate(request)?;
    if let (Some(plot), Some(chart)) = (&request.plot, &chart) {
        figure::write(chart, &plot.file, plot.lang)?;
        if out.is_none() {
            return show(|to| writeln!(to, "figure: {}", plot.file.display()));
        }
    }
    let Some((path, format)) = out else {
        return show(|out| {
            print_with_parts(&states, out)?;
            writeln!(out)?;
            print_foot(&foot, out)
        });
    };
    states.write_with_parts(path, *format)?;
    if *format == Format::Csv {
        return show(|out| print_foot(&foot, out));
    }
    Ok(())
}
