//! A whole run: scan, outputs, comparison, files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use afgang_engine::week::Weeks;
use afgang_engine::{Register, ScanStats};
use rayon::prelude::*;

use crate::Error;
use crate::accounts::{self, JobCentres};
use crate::chapter::{self, Material};
use crate::cli::{OutputPlan, UsageError};
use crate::comparison;
use crate::figure::{self, Chart};
use crate::given::{self, NotGiven, Source};
use crate::interrupt;
use crate::labels::Lang;
use crate::memory;
use crate::output::{self, Built};
use crate::progress::Stages;
use crate::report;
use crate::run_record::{
    self, CodeBookFacts, Comparison, Input, ListRecord, PanelInput, PanelRecord, Program,
    RunRecord, StudyFacts,
};
use crate::scan::{self, Choices, Scanned};
use crate::study::{Kind, Output, STUDIES, Study};
use crate::synthetic;
use crate::table::Format;
use crate::weeks::list::Listed;
use crate::weeks::{self, FollowedList};
use crate::whole_file::{self, FileError, Partial};
use crate::whole_folder::{RECORD, Staged};

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The report.
    pub report: PathBuf,
    /// Numbers compared and agreeing.
    pub comparison: Comparison,
    /// Outputs that need what was not given.
    pub not_given: Vec<NotGiven>,
    /// Lists of persons.
    pub lists: Vec<ListRecord>,
    /// What to know before the numbers are used.
    pub remarks: Vec<String>,
}

/// Runs a study on a register and writes all of its outputs, which replace those of an earlier run at once.
///
/// # Errors
///
/// Whatever is wrong with the register, and files that cannot be written.
pub fn run(
    study: &Study,
    source: Source<'_>,
    plan: &OutputPlan,
    threads: Option<usize>,
    stages: &mut Stages,
) -> Result<Finished, Error> {
    if plan.spells.is_some() {
        study.needs_months("file of spells (--spells)")?;
    }
    // A folder that cannot be written is found out before the work.
    let staged = Staged::new(&plan.out)?;
    let spells = plan.spells.as_deref().map(|path| Spells::new(path, &staged)).transpose()?;
    let place = spells.as_ref().map(Spells::path);
    let (possible, not_given) = source.possible(study);
    if let (true, Some(first)) = (possible.outputs.is_empty(), not_given.first()) {
        return Err(UsageError::NothingToRun { needs: first.needs.clone() }.into());
    }
    let outputs = (&possible, not_given);
    let finished =
        write(outputs, source, plan, (staged.path(), place), threads, stages).map_err(|error| {
            match error {
                // Files are named as people know them.
                Error::File(error) => Error::File(staged.named(error)),
                Error::Register(afgang_engine::Error::WriteSpells { message, path }) => {
                    let path = plan.spells.clone().unwrap_or(path);
                    Error::Register(afgang_engine::Error::WriteSpells { message, path })
                }
                other => other,
            }
        })?;
    // An interrupt waits for this: the folder is of the one run or of the other.
    interrupt::listening(|| {
        staged.put_in_place(known_files(study)?)?;
        spells.map_or(Ok(()), Spells::put_in_place).map_err(Error::from)
    })?;
    Ok(finished)
}

/// Runs the study and writes its files to a folder, and the spells to a file, of passing names.
fn write(
    (study, not_given): (&Study, Vec<NotGiven>),
    source: Source<'_>,
    plan: &OutputPlan,
    (folder, spells): (&Path, Option<&Path>),
    threads: Option<usize>,
    stages: &mut Stages,
) -> Result<Finished, Error> {
    let lists = source.read_lists(study)?;
    let Source { register: register_path, made, panel, .. } = source;
    let panel = read_accounts(study, panel, stages)?;

    let spelled = register_path
        .map(|path| read_register((study, &lists), path, plan, (spells, threads), stages))
        .transpose()?;
    let followed = spelled.as_ref().map_or(&[][..], |of| &of.scanned.followed);
    let list_records = lists
        .iter()
        .zip(followed)
        .map(|(listed, followed)| {
            let found = (0..followed.persons()).filter(|&person| followed.found(person)).count();
            given::list_record(listed, found)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let weeks =
        study.weeks.as_ref().map(|rules| Weeks::new(rules.first, rules.last, rules.calendar));
    let weeks = weeks.transpose()?;

    let stage = stages.start("estimates", "Tables and curves");
    let mut built = study
        .outputs
        .iter()
        .enumerate()
        .filter_map(|(place, output)| {
            if let (Kind::Accounts(asked), Some(rules), Some((centres, _))) =
                (&output.kind, &study.accounts, &panel)
            {
                let built = accounts::build(output, asked, centres, rules, plan.lang);
                return Some(built.map_err(Error::from));
            }
            // Outputs without what they need are not among those that are possible.
            let scanned = &spelled.as_ref()?.scanned;
            if let (Kind::Weeks(asked), Some(rules)) = (&output.kind, &study.weeks) {
                if let Err(error) = weeks::check(asked, &scanned.weeks[place]) {
                    return Some(Err(error.into()));
                }
                let name = asked.list().map(|used| used.list);
                let list =
                    lists.iter().zip(followed).find(|(of, _)| Some(of.name.as_str()) == name);
                let list = list.zip(weeks.as_ref());
                let list = list.map(|((listed, followed), weeks)| FollowedList {
                    listed,
                    followed,
                    weeks,
                });
                let of = (&scanned.weeks[place][..], list);
                return Some(weeks::build(output, asked, rules, of, plan.lang));
            }
            let Scanned { counts, pairs, transitions, months, .. } = scanned;
            let pairs = pairs[place].as_deref();
            let further = (transitions[place].as_deref(), months[place].as_ref());
            let built = output::build(study, output, &counts[place], pairs, further, plan.lang);
            Some(built.map_err(Error::from))
        })
        .collect::<Result<Vec<Built>, Error>>()?;
    if made.is_some() {
        for built in &mut built {
            built.of_synthetic_register(plan.lang);
        }
    }
    let scale = made.as_ref().map_or(1.0, |made| made.scale);
    let mut compared = Vec::new();
    for (output, built) in study.outputs.iter().zip(&built) {
        compared.extend(comparison::compare(output, &built.table, scale)?);
    }
    stages.end(&stage, &format!("{} outputs", built.len()));

    let stage = stages.start("files", "Writing tables and figures");
    let mut files = write_outputs(study, &built, folder, plan.lang)?;
    if !compared.is_empty() {
        let path = Path::new("tables").join(COMPARISON);
        comparison::table(&compared).write(&folder.join(&path), Format::Csv)?;
        files.push(path);
    }
    let mut files: Vec<PathBuf> = files.iter().map(|file| plan.out.join(file)).collect();
    stages.end(&stage, &format!("{} files", files.len()));

    let stage = stages.start("report", "Writing the report");
    let suppressed = compared.iter().filter(|compared| compared.suppressed).count();
    let agree = Comparison {
        compared: compared.len() - suppressed,
        agree: compared.iter().filter(|compared| compared.agrees()).count(),
        suppressed,
    };
    let page = plan.out.join(REPORT);
    files.extend(plan.spells.clone());
    files.extend([page.clone(), plan.out.join(RECORD)]);
    let mut record = RunRecord {
        program: Program { name: "afgang", version: env!("CARGO_PKG_VERSION") },
        study: study_facts(study),
        code_book: CodeBookFacts {
            name: study.code_book_name.clone(),
            version: study
                .weeks
                .as_ref()
                .map_or_else(|| study.code_book.version(), |rules| rules.book.version()),
        },
        options: run_record::Options {
            threads: spelled.as_ref().map_or_else(rayon::current_num_threads, |of| of.threads),
            lang: plan.lang.tag(),
            trust_ids: plan.trust_ids,
            spells: plan.spells.as_ref().map(|path| path.display().to_string()),
            memory: plan.memory,
        },
        synthetic_register: made,
        read: spelled.as_ref().map(|of| read(&of.scanned.stats)).unwrap_or_default(),
        left_out: spelled
            .as_ref()
            .map(|of| left_out(&of.scanned.stats, &list_records))
            .unwrap_or_default(),
        unknown_codes: spelled
            .iter()
            .flat_map(|of| &of.scanned.stats.unknown_codes)
            .map(|(code, cells)| (code.to_string(), *cells))
            .collect(),
        inputs: spelled.map(|of| of.inputs).unwrap_or_default(),
        panel: panel.map(|(_, record)| record),
        lists: list_records,
        outputs_left_out: not_given.iter().flat_map(|of| of.outputs.clone()).collect(),
        not_given,
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
    whole_file::write(&folder.join(REPORT), |out| out.write_all(html.as_bytes()))?;
    stages.end(&stage, &format!("{:.1} MB", html.len() as f64 / 1e6));
    record.seconds = seconds(stages);
    record.peak_memory_bytes = run_record::peak_memory();
    whole_file::write(&folder.join(RECORD), |out| {
        serde_json::to_writer_pretty(&mut *out, &record)?;
        out.write_all(b"\n")
    })?;
    let mut remarks = Vec::new();
    if record.study.changed && agree.compared > 0 {
        remarks.push(format!(
            "the study is a changed `{}`: it is compared with numbers printed for the unchanged one",
            study.name
        ));
    }
    for (output, built) in study.outputs.iter().zip(&built) {
        remarks.extend(built.remarks.iter().map(|words| format!("{}: {}", output.id, words.en)));
    }
    Ok(Finished {
        report: page,
        remarks,
        comparison: agree,
        not_given: record.not_given,
        lists: record.lists,
    })
}

/// What a register gives.
struct Spelled {
    scanned: Scanned,
    inputs: Vec<Input>,
    threads: usize,
}

/// Reads the register, writes its spells if asked to, and takes checksums.
fn read_register(
    (study, lists): (&Study, &[Listed]),
    path: &Path,
    plan: &OutputPlan,
    (spells, threads): (Option<&Path>, Option<usize>),
    stages: &mut Stages,
) -> Result<Spelled, Error> {
    let stage = stages.start("scan", "Reading the register");
    let register = Register::open(path)?.not_empty()?;
    let compared = if plan.trust_ids { 0 } else { register.persons() };
    let threads = memory::threads_to_read(plan.memory, threads, compared)?;
    let choices = Choices { spells, trust_ids: plan.trust_ids, threads: Some(threads) };
    let scanned = scan::scan(study, &register, lists, choices, &stage)?;
    let read_so_far = match study.weeks {
        None => format!("{} spells", scanned.stats.spells),
        Some(_) => format!("{} persons", scanned.stats.persons),
    };
    stages.end(&stage, &read_so_far);

    let stage = stages.start("checksums", "Checksums of the register");
    let inputs = inputs(&register)?;
    stages.end(&stage, &format!("{} files", inputs.len()));
    Ok(Spelled { scanned, inputs, threads })
}

/// Reads the accounts and what is to be said of them.
fn read_accounts(
    study: &Study,
    folder: Option<&Path>,
    stages: &mut Stages,
) -> Result<Option<(JobCentres, PanelRecord)>, Error> {
    let (Some(folder), Some(rules)) = (folder, &study.accounts) else { return Ok(None) };
    let stage = stages.start("accounts", "Reading the accounts");
    let centres = JobCentres::read(folder, rules)?;
    let inputs = accounts::FILES
        .iter()
        .map(|file| {
            let path = folder.join(file);
            let bytes = std::fs::metadata(&path).map_err(FileError::of("read", &path))?.len();
            let sha256 = run_record::sha256_of_file(&path)?;
            Ok(PanelInput { path: path.display().to_string(), bytes, sha256 })
        })
        .collect::<Result<_, FileError>>()?;
    let (facts, synthetic) = (centres.facts.clone(), synthetic::made_panel(folder));
    stages.end(&stage, &format!("{} job centres", facts.job_centres));
    Ok(Some((centres, PanelRecord { inputs, synthetic, facts })))
}

const REPORT: &str = "report.html";
const COMPARISON: &str = "comparison.csv";

/// The file of spells until the run is over.
#[derive(Debug)]
enum Spells {
    /// It lies in the run's folder and comes with it.
    Inside(PathBuf),
    /// It lies elsewhere.
    Elsewhere { partial: Partial, target: PathBuf },
}

impl Spells {
    /// Finds out whether the file can be written.
    fn new(target: &Path, staged: &Staged) -> Result<Self, FileError> {
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

    fn path(&self) -> &Path {
        match self {
            Self::Inside(path) => path,
            Self::Elsewhere { partial, .. } => partial.path(),
        }
    }

    fn put_in_place(self) -> Result<(), FileError> {
        match self {
            Self::Inside(_) => Ok(()),
            Self::Elsewhere { partial, target } => partial.keep_as(&target),
        }
    }
}

/// Every file that a run of this study or of a built-in one may write, relative to its folder.
fn known_files(study: &Study) -> Result<Vec<PathBuf>, Error> {
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

/// Writes every output below a folder; the files relative to it, in the order of the outputs.
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

fn study_facts(study: &Study) -> StudyFacts {
    StudyFacts {
        name: study.name.clone(),
        version: study.version.clone(),
        origin: study.origin.clone(),
        sha256: run_record::sha256_of_text(&study.text),
        changed: study.is_changed(),
        from: study.from.to_string(),
        to: study.to.to_string(),
        tables: study
            .tables
            .iter()
            .map(|(name, table)| (name.clone(), run_record::sha256_of_text(&table.text)))
            .chain(
                study
                    .accounts
                    .iter()
                    .flat_map(|rules| &rules.tables)
                    .map(|(_, name, text)| (name.clone(), run_record::sha256_of_text(text))),
            )
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
pub(crate) fn left_out(stats: &ScanStats, lists: &[ListRecord]) -> BTreeMap<String, u64> {
    let mut reasons: BTreeMap<String, u64> =
        [("left_truncated_spells".to_owned(), stats.left_truncated)].into();
    for list in lists.iter().filter(|list| list.found < list.persons) {
        let reason = format!("persons_of_list_{}_not_in_register", list.name);
        reasons.insert(reason, list.persons - list.found);
    }
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
