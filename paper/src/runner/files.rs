//! The files of a run.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::Error;
use crate::figure::{self, Chart};
use crate::labels::Lang;
use crate::output::Built;
use crate::study::{Output, STUDIES, Study};
use crate::table::Format;
use crate::whole_file::{self, FileError, Partial};
use crate::whole_folder::{RECORD, Staged};

pub(super) const REPORT: &str = "report.html";
pub(super) const COMPARISON: &str = "comparison.csv";

/// The file of spells until the run is over.
#[derive(Debug)]
pub(super) enum Spells {
    /// It lies in the run's folder and comes with it.
    Inside(PathBuf),
    /// It lies elsewhere.
    Elsewhere { partial: Partial, target: PathBuf },
}

impl Spells {
    /// Finds out whether the file can be written.
    pub(super) fn new(target: &Path, staged: &Staged) -> Result<Self, FileError> {
        if target.is_dir() {
            return Err(FileError::of("write", target)(io::ErrorKind::IsADirectory.into()));
        }
        let inside = staged.place_of(target);
        let place = inside.as_deref().unwrap_or(target);
        if let Some(folder) = place.parent() {
            whole_file::make_folder(folder)?;
        }
        if let Some(place) = inside {
            return Ok(Self::Inside(place));
        }
        let partial = Partial::beside(target);
        File::create(partial.path()).map_err(FileError::of("write", target))?;
        Ok(Self::Elsewhere { partial, target: target.to_owned() })
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Inside(path) => path,
            Self::Elsewhere { partial, .. } => partial.path(),
        }
    }

    pub(super) fn put_in_place(self) -> Result<(), FileError> {
        match self {
            Self::Inside(_) => Ok(()),
            Self::Elsewhere { partial, target } => partial.keep_as(&target),
        }
    }
}

/// Every file that a run of this study or of a built-in one may write, relative to its folder.
pub(super) fn known_files(study: &Study) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = [REPORT, RECORD].map(PathBuf::from).to_vec();
    files.push(Path::new("tables").join(COMPARISON));
    let mut ids: Vec<String> = study.outputs.iter().map(|output| output.id.clone()).collect();
    for built_in in STUDIES {
        ids.extend(Study::load(built_in.name)?.outputs.into_iter().map(|output| output.id));
    }
    for id in ids {
        for (folder, name, ending) in [
            ("tables", "", "csv"),
            ("tables", "", "parquet"),
            ("tables", "_tests", "csv"),
            ("tables", "_tests", "parquet"),
            ("figures", "", "csv"),
            ("figures", "", "svg"),
            ("figures", "", "png"),
        ] {
            files.push(Path::new(folder).join(format!("{id}{name}.{ending}")));
        }
    }
    Ok(files)
}

/// Writes every output below a folder; the files relative to it, in the order of the outputs.
pub(super) fn write_outputs(
    study: &Study,
    built: &[Built],
    out: &Path,
    lang: Lang,
) -> Result<Vec<PathBuf>, Error> {
    let written: Vec<Vec<PathBuf>> = study
        .outputs
        .par_iter()
        .zip(built)
        .map(|(output, built)| write_output(output, built, out, lang))
        .collect::<Result<_, Error>>()?;
    Ok(written.concat())
}

fn write_output(
    output: &Output,
    built: &Built,
    out: &Path,
    lang: Lang,
) -> Result<Vec<PathBuf>, Error> {
    let folder = Path::new(if built.chart.is_some() { "figures" } else { "tables" });
    let file = |ending: &str| folder.join(format!("{}.{ending}", output.id));
    let csv = file("csv");
    built.table.write(&out.join(&csv), Format::Csv)?;
    let mut files = vec![csv];
    if let Some(tests) = &built.tests {
        for (ending, format) in [("csv", Format::Csv), ("parquet", Format::Parquet)] {
            let file = Path::new("tables").join(format!("{}_tests.{ending}", output.id));
            tests.write(&out.join(&file), format)?;
            files.push(file);
        }
    }
    match &built.chart {
        None => {
            let parquet = file("parquet");
            built.table.write(&out.join(&parquet), Format::Parquet)?;
            files.push(parquet);
        }
        Some(chart) => {
            let (svg, png) = (file("svg"), file("png"));
            draw(chart, &out.join(&svg), &out.join(&png), lang)?;
            files.extend([svg, png]);
        }
    }
    Ok(files)
}

fn draw(chart: &Chart, svg: &Path, png: &Path, lang: Lang) -> Result<(), Error> {
    let picture = figure::render(chart, figure::Options::page(lang));
    whole_file::write(svg, |out| out.write_all(picture.svg.as_bytes()))?;
    let spelled = figure::spelled_out(chart);
    let picture =
        spelled.map_or(picture, |(chart, _)| figure::render(&chart, figure::Options::page(lang)));
    let pixels = figure::to_png(&picture.svg, PIXELS_PER_UNIT)?;
    whole_file::write(png, |out| out.write_all(&pixels))?;
    Ok(())
}

/// Two pixels a unit are sharp in print and on screens of high density.
const PIXELS_PER_UNIT: f32 = 2.0;
