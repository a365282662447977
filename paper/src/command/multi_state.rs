//! `afgang fit multistate`.

use std::path::{Path, PathBuf};

use super::curve::show;
use super::figure;
use crate::Error;
use crate::curve::print_table;
use crate::multi_state::{self, Answer, Request};
use crate::table::Format;

/// Estimates and writes or prints.
pub(super) fn run(request: &Request, out: Option<&(PathBuf, Format)>) -> Result<(), Error> {
    let Answer { states, transitions, times, chart, foot } = multi_state::estimate(request)?;
    if let (Some(plot), Some(chart)) = (&request.plot, &chart) {
        figure::write(chart, &plot.file, plot.lang)?;
        if out.is_none() {
            return show(|to| writeln!(to, "figure: {}", plot.file.display()));
        }
    }
    let Some((path, format)) = out else {
        return show(|out| {
            print_table(&states, out)?;
            writeln!(out)?;
            print_table(&transitions, out)?;
            writeln!(out)?;
            if let Some(times) = &times {
                print_table(times, out)?;
                writeln!(out)?;
            }
            foot.iter().try_for_each(|line| writeln!(out, "{line}"))
        });
    };
    if *format == Format::Json {
        let table = states.part("transitions", transitions);
        let table = match times {
            Some(times) => table.part("times", times),
            None => table,
        };
        table.write(path, *format)?;
        return Ok(());
    }
    states.write(path, *format)?;
    transitions.write(&beside(path, "transitions"), *format)?;
    if let Some(times) = times {
        times.write(&beside(path, "times"), *format)?;
    }
    if *format == Format::Csv {
        return show(|out| foot.iter().try_for_each(|line| writeln!(out, "{line}")));
    }
    Ok(())
}

/// `FILE.NAME.csv` beside `FILE.csv`.
fn beside(path: &Path, name: &str) -> PathBuf {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("{name}.{ending}"))
}
