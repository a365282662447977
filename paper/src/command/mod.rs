//! The commands: from a plan to what they print and write.

mod check;
mod counted;
mod curve;
mod doctor;
mod figure;
mod fit;
mod multi_state;
mod panel;
mod reproduce;
mod study;
mod synth;
mod table;

use std::path::{Path, PathBuf};

use self::counted::Spells;
use crate::Error;
use crate::cli::{ALL, Arguments, OfRegister, OutputPlan, Plan, Task, UsageError};
use crate::given::{Needs, Source};
use crate::progress::Stages;
use crate::regression;
use crate::rows::{Columns, register};
use crate::runner::{self, Finished};
use crate::study::Study;
use crate::synthetic;
use crate::weeks::list::found_of;
use crate::whole_file;

/// Runs a command. One that fails leaves no folder behind that was not there before.
///
/// # Errors
///
/// [`Error`], which knows its exit code.
pub fn run(arguments: Arguments) -> Result<(), Error> {
    run_plan(arguments).inspect_err(|_| whole_file::remove_made_folders())
}

fn run_plan(arguments: Arguments) -> Result<(), Error> {
    let Plan { task, quiet, threads } = arguments.plan()?;
    if let Some(threads) = threads {
        // The pool for drawing and checksums; it can only be there already in tests.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let mut stages = Stages::new(quiet);
    let mut count = |task: &Task, columns: &Columns, study: Option<&OfRegister>| {
        let Some(study) = study else { return Ok(None) };
        let dims = register::dimensions(columns)?;
        Spells::count(task, &columns.data, &dims, study, threads, &mut stages).map(Some)
    };
    match task {
        Task::Curve { ref request, ref out, ref study } => {
            let spells = count(&task, &request.columns, study.as_ref())?;
            curve::run(request, spells.as_ref(), out.as_ref())
        }
        Task::Doctor { columns, out } => doctor::run(&columns, out.as_ref()),
        Task::Test { ref request, ref out, ref study } => {
            let spells = count(&task, &request.columns, study.as_ref())?;
            curve::test(request, spells.as_ref(), out.as_ref())
        }
        Task::Fit { ref request, ref out, ref after, ref study } => {
            let fitted = match count(&task, &regression::columns_of(request), study.as_ref())? {
                None => regression::fit(request)?,
                Some(spells) => regression::fit_counts(request, spells.counted())?,
            };
            fit::show_or_write(fitted, request.plot.as_ref(), out.as_ref(), after)
        }
        Task::MultiState { request, out } => multi_state::run(&request, out.as_ref()),
        Task::Panel { request, files } => panel::run(&request, &files),
        Task::Table { table, out } => table::run(&table, out.as_ref()),
        Task::Study { name, out } => study::run(&name, out.as_deref()),
        Task::Synth { study, out, synth } => {
            synth::run((&Study::load(&study)?, &synth), &out, threads, quiet, &mut stages)
        }
        Task::Check { register, study, trust_ids, lists } => {
            let study = Study::load(&study)?;
            known_lists(&study, &lists)?;
            let source = Source { register: Some(&register), lists, ..Source::default() };
            check::run(&study, &source, trust_ids, threads, &mut stages)
        }
        Task::Run { ref study, ref register, ref panel, ref lists, ref outputs } => {
            let study = Study::load(study)?;
            known_lists(&study, lists)?;
            task.keep_apart_from(&study.files())?;
            // Published counts are scaled only where the register says that it is synthetic.
            let register = register.as_deref();
            let made = register.and_then(|register| synthetic::made(register).ok());
            let lists = lists.clone();
            let source = Source { register, made, panel: panel.as_deref(), lists };
            let finished = runner::run(&study, source, outputs, threads, &mut stages)?;
            tell(&finished, outputs, quiet)
        }
        Task::Reproduce { ref study, ref register, ref outputs, .. } if study == ALL => {
            reproduce::all(register, outputs, threads, quiet)
        }
        Task::Reproduce { ref study, ref register, ref panel, ref outputs } => {
            let study = Study::load(study)?;
            task.keep_apart_from(&study.files())?;
            let inputs = (register, panel.as_deref());
            reproduce::run(&study, inputs, outputs, threads, quiet, &mut stages).map(|_| ())
        }
    }
}

/// Refuses a list that the study does not name.
fn known_lists(study: &Study, given: &[(String, PathBuf)]) -> Result<(), UsageError> {
    let lists: Vec<String> = study.lists().iter().map(|list| list.name.clone()).collect();
    match given.iter().find(|(name, _)| !lists.contains(name)) {
        None => Ok(()),
        Some((name, path)) => {
            Err(UsageError::NoSuchList { name: name.clone(), path: path.clone(), lists })
        }
    }
}

/// Says where the results are.
fn tell(finished: &Finished, outputs: &OutputPlan, quiet: bool) -> Result<(), Error> {
    // Who asks for silence must still learn that numbers are of a part of a list.
    for list in finished.lists.iter().filter(|list| list.found < list.persons) {
        eprintln!("warning: {}", found_of(&list.name, list.found, list.persons));
    }
    if quiet {
        return Ok(());
    }
    let counts = finished.comparison;
    curve::show(|out| {
        if counts.compared > 0 {
            let (agree, compared) = (counts.agree, counts.compared);
            writeln!(out, "{agree} of {compared} printed numbers agree to their printed digits")?;
        }
        if counts.suppressed > 0 {
            let suppressed = counts.suppressed;
            writeln!(
                out,
                "not compared: {suppressed} printed numbers with too few persons behind them"
            )?;
        }
        for not_given in &finished.not_given {
            let of = match &not_given.needs {
                Needs::Accounts => "accounts; give these with".to_owned(),
                Needs::Register => "a register's spells; give one with".to_owned(),
                Needs::List(name) => format!("the list `{name}`; give it with"),
            };
            let left_out = not_given.outputs.len();
            let outputs = if left_out == 1 { "output" } else { "outputs" };
            writeln!(
                out,
                "left out: {left_out} {outputs} made of {of} {}",
                not_given.needs.flag()
            )?;
        }
        for remark in &finished.remarks {
            writeln!(out, "note: {remark}")?;
        }
        if let Some(path) = &outputs.spells {
            writeln!(out, "spells: {}", path.display())?;
        }
        writeln!(out, "report: {}", shown(&finished.report))
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
