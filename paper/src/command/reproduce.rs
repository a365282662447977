//! `afgang reproduce`.

use std::fs;
use std::path::Path;

use super::tell;
use crate::Error;
use crate::cli::{self, OutputPlan, RegisterPlan};
use crate::memory;
use crate::progress::Stages;
use crate::runner::{self, Source};
use crate::study::Study;
use crate::synthetic;
use crate::whole_file::{self, FileError, Partial};

/// Makes a register and accounts or takes those that were made before, and runs the study on them.
pub(super) fn run(
    study: &Study,
    (register, panel): (&RegisterPlan, Option<&Path>),
    outputs: &OutputPlan,
    threads: Option<usize>,
    quiet: bool,
    stages: &mut Stages,
) -> Result<(), Error> {
    let own_panel = outputs.out.join(cli::PANEL);
    let (finished, passing) = match register {
        RegisterPlan::Use(folder) => {
            let made = Some(synthetic::made(folder)?);
            let (panel, passing) = accounts(study, panel, &own_panel, false, stages)?;
            let source = Source { register: Some(folder.as_path()), made, panel };
            (runner::run(study, source, outputs, threads, stages)?, passing)
        }
        RegisterPlan::Make { synth, keep } => {
            let folder = outputs.out.join(cli::REGISTER);
            let making = memory::threads_to_make(outputs.memory, threads)?;
            whole_file::make_folder(&outputs.out)?;
            // A register that was kept is replaced only where the new one is to be kept, too.
            let made = synthetic::make(synth, &folder, *keep, Some(making), stages)?;
            // Removed in the end, or when the run fails or is interrupted.
            let passing = (!keep).then(|| Partial::watch(folder.clone()));
            let (panel, passing_panel) = accounts(study, panel, &own_panel, *keep, stages)?;
            let source = Source { register: Some(&folder), made: Some(made), panel };
            let finished = runner::run(study, source, outputs, threads, stages)?;
            remove(passing, &folder)?;
            (finished, passing_panel)
        }
    };
    remove(passing, &own_panel)?;
    tell(&finished, outputs, quiet)
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
