//! The program: reads the command line, runs the command, says what went wrong.

use std::io::Write;
use std::process::ExitCode;

use afgang::cli::{Arguments, explained};
use clap::Parser;

fn main() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| explained(error).exit());
    afgang::interrupt::install();
    match afgang::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = error.exit_code();
            let handler = miette::MietteHandlerOpts::new().wrap_lines(false).context_lines(1);
            // Only the first hook counts, and this is the first.
            let _ = miette::set_hook(Box::new(move |_| Box::new(handler.clone().build())));
            let report = miette::Report::new(error.into_diagnostic());
            // Nobody may be reading; the exit code still tells.
            let _ = writeln!(std::io::stderr(), "{report:?}");
            ExitCode::from(code)
        }
    }
}
