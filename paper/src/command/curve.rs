//! `afgang curve`.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::curve::{self, Request};
use crate::table::Format;
use crate::whole_file::FileError;

/// Estimates and writes or prints.
pub(super) fn run(request: &Request, out: Option<&(PathBuf, Format)>) -> Result<(), Error> {
    let estimates = curve::estimate(request)?;
    if let Some((path, format)) = out {
        return Ok(estimates.table.write(path, *format)?);
    }
    show(|out| curve::print(&estimates, out))
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
