//! Figures of the estimator commands.

use std::io::Write;
use std::path::Path;

use crate::Error;
use crate::figure::{self, Chart, Options};
use crate::labels::Lang;
use crate::whole_file;

/// Writes a chart as the ending of the file says; names letters that the font does not have.
pub(super) fn write(chart: &Chart, file: &Path, lang: Lang) -> Result<(), Error> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let spelled = figure::spelled_out(chart);
    if let Some((_, letters)) = &spelled {
        let letters: Vec<String> = letters.iter().map(char::to_string).collect();
        let instead = match ending {
            "svg" => "who shows the figure needs a font that has them",
            _ => "the figure shows their code points; write .svg, or give the groups other names",
        };
        eprintln!("warning: no letters in the figure's font for {}: {instead}", letters.join(" "));
    }
    let bytes = if ending == "svg" {
        figure::render(chart, Options::page(lang)).svg.into_bytes()
    } else {
        let chart = spelled.as_ref().map_or(chart, |(chart, _)| chart);
        let svg = figure::render(chart, Options::page(lang)).svg;
        match ending {
            "pdf" => figure::to_pdf(&svg)?,
            _ => figure::to_png(&svg, PIXELS_PER_UNIT)?,
        }
    };
    whole_file::write(file, |to| to.write_all(&bytes))?;
    Ok(())
}

/// About 300 dots an inch in print.
const PIXELS_PER_UNIT: f32 = 3.0;
