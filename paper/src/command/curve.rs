//! `afgang curve` and `afgang test`.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::curve::{self, Estimates, Plot, Request};
use crate::figure::{self, Chart};
use crate::group_test;
use crate::table::Format;
use crate::whole_file::{self, FileError};

/// Estimates and writes or prints.
pub(super) fn run(request: &Request, out: Option<&(PathBuf, Format)>) -> Result<(), Error> {
    let estimates = curve::estimate(request)?;
    if let (Some(plot), Some(chart)) = (&request.plot, &estimates.chart) {
        draw(plot, chart)?;
        // Who only wants a figure is not shown a long table.
        if out.is_none() {
            return show(|to| writeln!(to, "figure: {}", plot.file.display()));
        }
    }
    give(&estimates, out)
}

/// Draws a figure.
pub(super) fn draw(plot: &Plot, chart: &Chart) -> Result<(), Error> {
    let picture = figure::render(chart, figure::Options::page(plot.lang));
    let bytes = match plot.file.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => picture.svg.into_bytes(),
        Some("pdf") => figure::to_pdf(&picture.svg)?,
        _ => figure::to_png(&picture.svg, PIXELS_PER_UNIT)?,
    };
    whole_file::write(&plot.file, |to| to.write_all(&bytes))?;
    Ok(())
}

/// About 300 dots an inch in print.
const PIXELS_PER_UNIT: f32 = 3.0;

/// Tests and writes or prints.
pub(super) fn test(
    request: &group_test::Request,
    out: Option<&(PathBuf, Format)>,
) -> Result<(), Error> {
    give(&group_test::test(request)?, out)
}

fn give(estimates: &Estimates, out: Option<&(PathBuf, Format)>) -> Result<(), Error> {
    if let Some((path, format)) = out {
        estimates.table.write(path, *format)?;
        // The other formats hold their conventions themselves.
        if *format == Format::Csv {
            return show(|out| estimates.foot.iter().try_for_each(|line| writeln!(out, "{line}")));
        }
        return Ok(());
    }
    show(|out| curve::print(estimates, out))
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
