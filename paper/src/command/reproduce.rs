//! `afgang reproduce`.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::curve::show;
use super::tell;
use crate::Error;
use crate::cli::{self, OutputPlan, RegisterPlan, Size, SynthPlan};
use crate::given::Source;
use crate::memory;
use crate::progress::Stages;
use crate::report::{self, Entry};
use crate::run_record::Comparison;
use crate::runner;
use crate::study::{STUDIES, Study};
use crate::synthetic::{self, Calibration};
use crate::whole_file::{self, FileError, Partial};

/// Reproduces every built-in study on a register of its own, each in a folder of its name, with a page over all of them.
pub(super) fn all(
    register: &RegisterPlan,
    outputs: &OutputPlan,
    threads: Option<usize>,
    quiet: bool,
) -> Result<(), Error> {
    let mut entries = Vec::new();
    for built_in in STUDIES {
        let study = Study::load(built_in.name)?;
        let outputs = OutputPlan { out: outputs.out.join(built_in.name), ..outputs.clone() };
        let mut stages = Stages::new(quiet);
        let register = match register {
            // A scale is of the registers that have one.
            RegisterPlan::Make { synth, keep } if Calibration::of(&study).has_one_size() => {
                let synth = SynthPlan { size: Size::Scale(1.0), files: None, ..*synth };
                RegisterPlan::Make { synth, keep: *keep }
            }
            other => other.clone(),
        };
        let scale = match &register {
            RegisterPlan::Make { synth: SynthPlan { size: Size::Scale(scale), .. }, .. } => {
                Some(*scale)
            }
            _ => None,
        };
        let finished = run(&study, (&register, None), &outputs, threads, quiet, &mut stages)?;
        entries.push(Entry {
            title: study.title.pick(outputs.lang).to_owned(),
            lead: study.lead.pick(outputs.lang).to_owned(),
            address: format!("{}/report.html", built_in.name),
            compared: finished.compared,
            agree: finished.agree,
            scale,
        });
    }
    let path = outputs.out.join("index.html");
    let page = report::index(&entries, outputs.lang);
    whole_file::write(&path, |out| out.write_all(page.as_bytes()))?;
    if quiet { Ok(()) } else { show(|out| writeln!(out, "index: {}", path.display())) }
}

/// Makes a register and accounts or takes those that were made before, and runs the study on them.
pub(super) fn run(
    study: &Study,
    (register, panel): (&RegisterPlan, Option<&Path>),
    outputs: &OutputPlan,
    threads: Option<usize>,
    quiet: bool,
    stages: &mut Stages,
) -> Result<Comparison, Error> {
    let own_panel = outputs.out.join(cli::PANEL);
    let (finished, passing) = match register {
        RegisterPlan::Use(folder) => {
            let made = synthetic::made(folder)?;
            let (panel, passing) = accounts(study, panel, &own_panel, false, stages)?;
            let lists = made.calibration.lists(folder);
            let source =
                Source { register: Some(folder.as_path()), made: Some(made), panel, lists };
            (runner::run(study, source, outputs, threads, stages)?, passing)
        }
        RegisterPlan::Make { synth, keep } => {
            let folder = outputs.out.join(cli::REGISTER);
            let making = memory::threads_to_make(outputs.memory, threads)?;
            whole_file::make_folder(&outputs.out)?;
            // A register that was kept is replaced only where the new one is to be kept, too.
            let calibration = Calibration::of(study);
            let made = synthetic::make(calibration, synth, &folder, *keep, Some(making), stages)?;
            // Removed in the end, or when the run fails or is interrupted.
            let passing = (!keep).then(|| Partial::watch(folder.clone()));
            let (panel, passing_panel) = accounts(study, panel, &own_panel, *keep, stages)?;
            let lists = calibration.lists(&folder);
            let source = Source { register: Some(&folder), made: Some(made), panel, lists };
            let finished = runner::run(study, source, outputs, threads, stages)?;
            remove(passing, &folder)?;
            (finished, passing_panel)
        }
    };
    remove(passing, &own_panel)?;
    tell(&finished, outputs, quiet)?;
    Ok(finished.comparison)
}

/// The accounts to use, if the study has outputs of them: those given, or synthetic ones in a folder of the outputs, which are
/// made unless they were kept there.
fn accounts<'p>(
    study: &Study,
    given: Option<&'p Path>,
    own: &'p Path,
    keep: bool,
    stages: &mut Stages,
) -> Result<(Option<&'p Path>, Option<Partial>), Error> {
    if given.is_some() || study.accounts.is_none() {
        return Ok((given, None));
    }
    if synthetic::kept_panel(own) {
        return Ok((Some(own), None));
    }
    synthetic::make_panel(own, keep, stages)?;
    Ok((Some(own), (!keep).then(|| Partial::watch(own.to_owned()))))
}

/// Removes what was made for this run only.
fn remove(passing: Option<Partial>, folder: &Path) -> Result<(), FileError> {
    let Some(passing) = passing else { return Ok(()) };
    drop(passing);
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(FileError::of("remove", folder))?;
    }
    Ok(())
}
