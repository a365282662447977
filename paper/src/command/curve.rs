//! `afgang curve` and `afgang test`.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::counted::Spells;
use super::figure;
use crate::Error;
use crate::curve::{self, Estimates, Question, Request, print_foot};
use crate::group_test;
use crate::table::Format;
use crate::whole_file::FileError;

/// Estimates, from the file or from counts of a register's spells, and writes or prints.
pub(super) fn run(
    request: &Request,
    spells: Option<&Spells>,
    out: Option<&(PathBuf, Format)>,
) -> Result<(), Error> {
    let estimates = match spells {
        None => curve::estimate(request)?,
        Some(spells) => curve::estimate_counts(request, spells.counted())?,
    };
    if let (Some(plot), Some(chart)) = (&request.plot, &estimates.chart) {
        figure::write(chart, &plot.file, plot.lang)?;
        if out.is_none() {
            show(|to| writeln!(to, "figure: {}", plot.file.display()))?;
            // Who only wants a figure is not shown a long table.
            if request.question == Question::Curves {
                return Ok(());
            }
        }
    }
    give(&estimates, out)
}

/// Tests, from the file or from counts of a register's spells, and writes or prints.
pub(super) fn test(
    request: &group_test::Request,
    spells: Option<&Spells>,
    out: Option<&(PathBuf, Format)>,
) -> Result<(), Error> {
    let estimates = match spells {
        None => group_test::test(request)?,
        Some(spells) => group_test::test_counts(request, spells.counted())?,
    };
    give(&estimates, out)
}

fn give(estimates: &Estimates, out: Option<&(PathBuf, Format)>) -> Result<(), Error> {
    if let Some((path, format)) = out {
        estimates.table.write(path, *format)?;
        // The other formats hold their conventions themselves.
        if *format == Format::Csv {
            return show(|out| print_foot(&estimates.foot, out));
        }
        return Ok(());
    }
    let table = estimates.table.whole()?;
    show(|out| curve::print(estimates, &table, out))
}

/// Prints to standard output. A reader who has gone away is no error.
pub(super) fn show(print: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Error> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match print(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(FileError::of("write", Path::new("standard output"))(error).into())
        }
        _ => Ok(()),
    }
}
