//! The commands: from a plan to what they print and write.

mod curve;
mod study;

use crate::Error;
use crate::cli::{Arguments, Plan, Task};

/// Runs a command.
///
/// # Errors
///
/// [`Error`], which knows its exit code.
pub fn run(arguments: Arguments) -> Result<(), Error> {
    let Plan { task, quiet: _, threads: _ } = arguments.plan()?;
    match task {
        Task::Curve { request, out } => curve::run(&request, out.as_ref()),
        Task::Study { name, out } => study::run(&name, out.as_deref()),
        _ => Ok(()),
    }
}
