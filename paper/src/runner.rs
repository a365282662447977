//! A whole run: scan, outputs, comparison, files.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use afgang_engine::{Register, ScanStats};
use rayon::prelude::*;

use crate::Error;
use crate::chapter::{self, Material};
use crate::cli::OutputPlan;
use crate::comparison;
use crate::figure::{self, Chart};
use crate::labels::Lang;
use crate::memory;
use crate::output::{self, Built};
use crate::progress::Stages;
use crate::report;
use crate::run_record::{self, CodeBookFacts, Comparison, Input, Program, RunRecord, StudyFacts};
use crate::scan::{self, Choices};
use crate::study::{Output, Study};
use crate::synthetic::Made;
use crate::table::Format;
use crate::whole_file::{self, FileError, NewFolder};

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The report.
    pub report: PathBuf,
    /// Numbers compared and agreeing.
    pub comparison: Comparison,
}

/// Runs a study on a register and writes all of its outputs.
///
/// # Errors
///
/// Whatever is wrong with the register, and files that cannot be written.
pub fn run(
    study: &Study,
    register_path: &Path,
    made: Option<Made>,
    plan: &OutputPlan,
    threads: Option<usize>,
    stages: &mut Stages,
) -> Result<Finished, Error> {
    let stage = stages.start("scan", "Reading the register");
    let register = Register::open(register_path)?;
    let compared = if plan.trust_ids { 0 } else { register.persons() };
    let threads = memory::threads_to_read(plan.memory, threads, compared)?;
    // A folder that cannot be written is found out before the work; it goes again if there is nothing to put in.
    let mut folders = vec![NewFolder::make(&plan.out)?];
    let choices = Choices {
        spells: plan.spells.as_deref(),
        trust_ids: plan.trust_ids,
        threads: Some(threads),
    };
    if let Some(folder) = plan.spells.as_deref().and_then(Path::parent) {
        folders.push(NewFolder::make(folder)?);
    }
    let scanned = scan::scan(study, &register, choices, &stage)?;
    stages.end(&stage, &format!("{} spells", scanned.stats.spells));

    let stage = stages.start("checksums", "Checksums of the register");
    let inputs = inputs(&register)?;
    stages.end(&stage, &format!("{} files", inputs.len()));

    let stage = stages.start("estimates", "Tables and curves");
    let built = study
        .outputs
        .iter()
        .zip(scanned.counts.iter().zip(&scanned.pairs))
        .map(|(output, (counts, pairs))| {
            output::build(study, output, counts, pairs.as_deref(), plan.lang)
        })
        .collect::<Result<Vec<Built>, _>>()?;
    let scale = made.as_ref().map_or(1.0, |made| made.scale);
    let mut compared = Vec::new();
    for (output, built) in study.outputs.iter().zip(&built) {
        compared.extend(comparison::compare(output, &built.table, scale)?);
    }
    stages.end(&stage, &format!("{} outputs", built.len()));

    let stage = stages.start("files", "Writing tables and figures");
    let mut files = write_outputs(study, &built, &plan.out, plan.lang)?;
    if !compared.is_empty() {
        let path = plan.out.join("tables").join("comparison.csv");
        comparison::table(&compared).write(&path, Format::Csv)?;
        files.push(path);
    }
    stages.end(&stage, &format!("{} files", files.len()));

    let stage = stages.start("report", "Writing the report");
    let agree = Comparison {
        compared: compared.len(),
        agree: compared.iter().filter(|compared| compared.agrees()).count(),
    };
    let page = plan.out.join("report.html");
    let record_path = plan.out.join("run.json");
    files.extend(plan.spells.clone());
    files.extend([page.clone(), record_path.clone()]);
    let mut record = RunRecord {
        program: Program { name: "afgang", version: env!("CARGO_PKG_VERSION") },
        study: study_facts(study),
        code_book: CodeBookFacts {
            name: study.code_book_name.clone(),
            version: study.code_book.version(),
        },
        options: run_record::Options {
            threads,
            lang: plan.lang.tag(),
            trust_ids: plan.trust_ids,
            spells: plan.spells.as_ref().map(|path| path.display().to_string()),
            memory: plan.memory,
        },
        synthetic_register: made,
        inputs,
        read: read(&scanned.stats),
        left_out: left_out(&scanned.stats),
        unknown_codes: scanned
            .stats
            .unknown_codes
            .iter()
            .map(|(code, cells)| (code.to_string(), *cells))
            .collect(),
        comparison: agree,
        seconds: seconds(stages),
        peak_memory_bytes: run_record::peak_memory(),
        outputs: files.iter().map(|path| path.display().to_string()).collect(),
    };
    let report = chapter::report(Material {
        study,
        built: &built,
        compared: &compared,
        record: &record,
        lang: plan.lang,
    });
    let html = report::render(&report);
    whole_file::write(&page, |out| out.write_all(html.as_bytes()))?;
    stages.end(&stage, &format!("{:.1} MB", html.len() as f64 / 1e6));
    record.seconds = seconds(stages);
    record.peak_memory_bytes = run_record::peak_memory();
    whole_file::write(&record_path, |out| {
        serde_json::to_writer_pretty(&mut *out, &record)?;
        out.write_all(b"\n")
    })?;
    Ok(Finished { report: page, comparison: agree })
}

fn inputs(register: &Register) -> Result<Vec<Input>, FileError> {
    register
        .files()
        .par_iter()
        .map(|file| {
            Ok(Input {
                path: file.path().display().to_string(),
                bytes: file.bytes(),
                sha256: run_record::sha256_of_file(file.path())?,
                persons: file.persons(),
            })
        })
        .collect()
}

/// Writes every output; the files, in the order of the outputs.
fn write_outputs(
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
    let folder = out.join(if built.chart.is_some() { "figures" } else { "tables" });
    let file = |ending: &str| folder.join(format!("{}.{ending}", output.id));
    let csv = file("csv");
    built.table.write(&csv, Format::Csv)?;
    let mut files = vec![csv];
    if let Some(tests) = &built.tests {
        for (ending, format) in [("csv", Format::Csv), ("parquet", Format::Parquet)] {
            let file = out.join("tables").join(format!("{}_tests.{ending}", output.id));
            tests.write(&file, format)?;
            files.push(file);
        }
    }
    match &built.chart {
        None => {
            let parquet = file("parquet");
            built.table.write(&parquet, Format::Parquet)?;
            files.push(parquet);
        }
        Some(chart) => files.extend(draw(chart, &file("svg"), &file("png"), lang)?),
    }
    Ok(files)
}

fn draw(chart: &Chart, svg: &Path, png: &Path, lang: Lang) -> Result<[PathBuf; 2], Error> {
    let picture = figure::render(chart, figure::Options::page(lang));
    whole_file::write(svg, |out| out.write_all(picture.svg.as_bytes()))?;
    let pixels = figure::to_png(&picture.svg, PIXELS_PER_UNIT)?;
    whole_file::write(png, |out| out.write_all(&pixels))?;
    Ok([svg.to_owned(), png.to_owned()])
}

/// Two pixels a unit are sharp in print and on screens of high density.
const PIXELS_PER_UNIT: f32 = 2.0;

fn study_facts(study: &Study) -> StudyFacts {
    StudyFacts {
        name: study.name.clone(),
        version: study.version.clone(),
        origin: study.origin.clone(),
        sha256: run_record::sha256_of_text(&study.text),
        from: study.from.to_string(),
        to: study.to.to_string(),
        tables: study
            .tables
            .iter()
            .map(|(name, table)| (name.clone(), run_record::sha256_of_text(&table.text)))
            .collect(),
    }
}

/// What was read, by kind.
pub(crate) fn read(stats: &ScanStats) -> BTreeMap<String, u64> {
    [
        ("files", stats.files),
        ("row_groups", stats.row_groups),
        ("persons", stats.persons),
        ("cells", stats.cells),
        ("spells", stats.spells),
    ]
    .map(|(name, count)| (name.to_owned(), count))
    .into()
}

/// What was left out of the tables, by reason.
pub(crate) fn left_out(stats: &ScanStats) -> BTreeMap<String, u64> {
    let mut reasons: BTreeMap<String, u64> =
        [("left_truncated_spells".to_owned(), stats.left_truncated)].into();
    for ((grouping, value), persons) in &stats.unmatched {
        // They are counted under the label that the study gives them.
        reasons.insert(format!("persons_without_{grouping}_{value}"), *persons);
    }
    if stats.too_short > 0 {
        reasons.insert("spells_below_min_duration".to_owned(), stats.too_short);
    }
    reasons
}

fn seconds(stages: &Stages) -> serde_json::Map<String, serde_json::Value> {
    stages
        .seconds()
        .iter()
        .map(|(name, seconds)| (name.clone(), ((seconds * 1e3).round() / 1e3).into()))
        .collect()
}
