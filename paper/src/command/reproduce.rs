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
    let keep_panel = matches!(register, RegisterPlan::Make { keep: true, .. });
    let own = outputs.out.join(cli::PANEL);
    let makes_panel = panel.is_none() && study.accounts.is_some();
    let passing_panel = if makes_panel {
        whole_file::make_folder(&outputs.out)?;
        let seed = match register {
            RegisterPlan::Make { synth, .. } => synth.seed,
            RegisterPlan::Use(_) => 1,
        };
        synthetic::make_panel(seed, &own, keep_panel, stages)?;
        (!keep_panel).then(|| Partial::watch(own.clone()))
    } else {
        None
    };
    let panel = if makes_panel { Some(own.as_path()) } else { panel };
    let finished = match register {
        RegisterPlan::Use(folder) => {
            let made = Some(synthetic::made(folder)?);
            let source = Source { register: folder, made, panel };
            runner::run(study, source, outputs, threads, stages)?
        }
        RegisterPlan::Make { synth, keep } => {
            let folder = outputs.out.join(cli::REGISTER);
            let making = memory::threads_to_make(outputs.memory, threads)?;
            whole_file::make_folder(&outputs.out)?;
            // A register that was kept is replaced only where the new one is to be kept, too.
            let made = synthetic::make(synth, &folder, *keep, Some(making), stages)?;
            // Removed in the end, or when the run fails or is interrupted.
            let passing = (!keep).then(|| Partial::watch(folder.clone()));
            let source = Source { register: &folder, made: Some(made), panel };
            let finished = runner::run(study, source, outputs, threads, stages)?;
            remove(passing, &folder)?;
            finished
        }
    };
    remove(passing_panel, &own)?;
    tell(&finished, outputs, quiet)
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
