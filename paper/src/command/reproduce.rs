//! `afgang reproduce`.

use std::fs;

use super::tell;
use crate::Error;
use crate::cli::{self, OutputPlan, RegisterPlan};
use crate::progress::Stages;
use crate::runner;
use crate::study::Study;
use crate::synthetic;
use crate::whole_file::{FileError, Partial};

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
            let made = synthetic::make(synth, &folder, true, threads, stages)?;
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
