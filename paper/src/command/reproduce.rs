//! `afgang reproduce`.

use std::fs;

use super::tell;
use crate::Error;
use crate::cli::{self, OutputPlan, RegisterPlan};
use crate::memory;
use crate::progress::Stages;
use crate::runner;
use crate::study::Study;
use crate::synthetic;
use crate::whole_file::{self, FileError, Partial};

/// Makes a register or takes one that was made before, and runs the study on it.
pub(super) fn run(
    study: &Study,
    register: &RegisterPlan,
    outputs: &OutputPlan,
    threads: Option<usize>,
    quiet: bool,
    stages: &mut Stages,
) -> Result<(), Error> {
    let finished = match register {
        RegisterPlan::Use(folder) => {
            let made = synthetic::made(folder)?;
            runner::run(study, folder, Some(made), outputs, threads, stages)?
        }
        RegisterPlan::Make { synth, keep } => {
            let folder = outputs.out.join(cli::REGISTER);
            let making = memory::threads_to_make(outputs.memory, threads)?;
            whole_file::make_folder(&outputs.out)?;
            // A register that was kept is replaced only where the new one is to be kept, too.
            let made = synthetic::make(synth, &folder, *keep, Some(making), stages)?;
            // Removed in the end, or when the run fails or is interrupted.
            let passing = (!keep).then(|| Partial::watch(folder.clone()));
            let finished = runner::run(study, &folder, Some(made), outputs, threads, stages)?;
            drop(passing);
            if !keep && folder.exists() {
                fs::remove_dir_all(&folder).map_err(FileError::of("remove", &folder))?;
            }
            finished
        }
    };
    tell(&finished, outputs, quiet)
}
