//! A whole run: scan, outputs, comparison, files.

mod files;
mod record;

use std::io::Write;
use std::path::{Path, PathBuf};

use afgang_engine::Register;
use afgang_engine::week::Weeks;

use self::files::{COMPARISON, REPORT, Spells};
use crate::Error;
use crate::accounts::{self, JobCentres};
use crate::chapter::{self, Material};
use crate::cli::{OutputPlan, UsageError};
use crate::comparison::{self, Compared};
use crate::given::{self, Needs, NotGiven, Source};
use crate::interrupt;
use crate::labels::Lang;
use crate::memory;
use crate::output::{self, Built};
use crate::progress::Stages;
use crate::report;
use crate::run_record::{self, Comparison, Input, ListRecord, PanelInput, PanelRecord, RunRecord};
use crate::scan::{self, Choices, Scanned};
use crate::study::{Kind, Study};
use crate::synthetic;
use crate::table::Format;
use crate::weeks::list::Listed;
use crate::weeks::{self, FollowedList};
use crate::whole_file::{self, FileError};
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
        staged.put_in_place(files::known_files(study)?)?;
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
    let given = Given {
        study,
        scanned: spelled.as_ref().map(|of| &of.scanned),
        lists: &lists,
        weeks: weeks.as_ref(),
        centres: panel.as_ref().map(|(centres, _)| centres),
        lang: plan.lang,
    };
    let mut built = (0..study.outputs.len())
        .map(|place| given.build(place))
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
    let mut files = files::write_outputs(study, &built, folder, plan.lang)?;
    if !compared.is_empty() {
        let path = Path::new("tables").join(COMPARISON);
        comparison::table(&compared).write(&folder.join(&path), Format::Csv)?;
        files.push(path);
    }
    let mut files: Vec<PathBuf> = files.iter().map(|file| plan.out.join(file)).collect();
    stages.end(&stage, &format!("{} files", files.len()));

    let stage = stages.start("report", "Writing the report");
    let page = plan.out.join(REPORT);
    files.extend(plan.spells.clone());
    files.extend([page.clone(), plan.out.join(RECORD)]);
    let mut record = record::record(record::Run {
        study,
        plan,
        made,
        read: spelled.as_ref(),
        panel: panel.map(|(_, record)| record),
        lists: list_records,
        not_given,
        comparison: agreement(&compared),
        outputs: files,
    });
    let note = |stages: &Stages, record: &mut RunRecord| {
        record.seconds = record::seconds(stages);
        record.peak_memory_bytes = run_record::peak_memory();
    };
    note(stages, &mut record);
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
    note(stages, &mut record);
    whole_file::write(&folder.join(RECORD), |out| {
        serde_json::to_writer_pretty(&mut *out, &record)?;
        out.write_all(b"\n")
    })?;
    Ok(Finished {
        report: page,
        remarks: remarks(study, &built, &record),
        comparison: record.comparison,
        not_given: record.not_given,
        lists: record.lists,
    })
}

/// How many of the compared numbers agree.
fn agreement(compared: &[Compared]) -> Comparison {
    let suppressed = compared.iter().filter(|compared| compared.suppressed).count();
    Comparison {
        compared: compared.len() - suppressed,
        agree: compared.iter().filter(|compared| compared.agrees()).count(),
        suppressed,
    }
}

/// What to know before the numbers are used.
fn remarks(study: &Study, built: &[Built], record: &RunRecord) -> Vec<String> {
    let mut remarks = Vec::new();
    if record.study.changed && record.comparison.compared > 0 {
        remarks.push(format!(
            "the study is a changed `{}`: it is compared with numbers printed for the unchanged one",
            study.name
        ));
    }
    // What several outputs say is said once.
    let mut said: Vec<(&str, Vec<&str>)> = Vec::new();
    for (output, built) in study.outputs.iter().zip(built) {
        for words in &built.remarks {
            match said.iter_mut().find(|(known, _)| *known == words.en) {
                Some((_, ids)) => ids.push(&output.id),
                None => said.push((&words.en, vec![&output.id])),
            }
        }
    }
    remarks.extend(said.iter().map(|(words, ids)| format!("{}: {words}", ids.join(", "))));
    remarks
}

/// What outputs are built from.
struct Given<'r> {
    study: &'r Study,
    scanned: Option<&'r Scanned>,
    lists: &'r [Listed],
    weeks: Option<&'r Weeks>,
    centres: Option<&'r JobCentres>,
    lang: Lang,
}

impl Given<'_> {
    /// Builds the output at a place of the study, all of which have what they need.
    fn build(&self, place: usize) -> Result<Built, Error> {
        let Self { study, lang, .. } = *self;
        let output = &study.outputs[place];
        if let (Kind::Accounts(asked), Some(rules), Some(centres)) =
            (&output.kind, &study.accounts, self.centres)
        {
            return Ok(accounts::build(output, asked, centres, rules, lang)?);
        }
        let Some(scanned) = self.scanned else {
            return Err(UsageError::NothingToRun { needs: Needs::Register }.into());
        };
        if let (Kind::Weeks(asked), Some(rules)) = (&output.kind, &study.weeks) {
            weeks::check(asked, &scanned.weeks[place])?;
            let name = asked.list().map(|used| used.list);
            let mut lists = self.lists.iter().zip(&scanned.followed);
            let list = lists.find(|(of, _)| Some(of.name.as_str()) == name).zip(self.weeks);
            let list =
                list.map(|((listed, followed), weeks)| FollowedList { listed, followed, weeks });
            return weeks::build(output, asked, rules, (&scanned.weeks[place], list), lang);
        }
        let Scanned { counts, pairs, transitions, months, .. } = scanned;
        let further = (transitions[place].as_deref(), months[place].as_ref());
        let pairs = pairs[place].as_deref();
        Ok(output::build(study, output, &counts[place], pairs, further, lang)?)
    }
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
    let inputs = record::inputs(&register)?;
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
    let named = study.outputs.iter().flat_map(|output| match &output.kind {
        Kind::Accounts(asked) => asked.target_groups(),
        _ => &[],
    });
    let named: Vec<&str> = named.map(String::as_str).collect();
    let centres = JobCentres::read(folder, rules, &named)?;
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
