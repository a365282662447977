//! What a task reads and what it writes: the two must not meet, and nothing is written twice.
//!
//! Paths are compared as the system resolves them, so that another spelling or a link is the same file. What
//! does not exist yet is compared by the folder that it will stand in.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use super::ALL;
use super::data_args::{OfRegister, Out};
use super::plan::{RegisterPlan, Task, UsageError};
use crate::regression::Model;
use crate::study::BuiltIn;
use crate::table::{Format, beside};

/// What a run writes into its folder, beside the register that `reproduce` may keep there.
const FOLDERS: [&str; 2] = ["tables", "figures"];
const FILES: [&str; 2] = ["report.html", "run.json"];
/// The folder of the register that `reproduce` makes, in that of its outputs.
pub(crate) const REGISTER: &str = "register";

/// The folder of the accounts that it makes.
pub(crate) const PANEL: &str = "panel";

/// A file or folder that a task writes.
#[derive(Debug)]
struct Write {
    flag: &'static str,
    /// As the user names it.
    named: PathBuf,
    /// What is written, resolved.
    path: PathBuf,
    /// Whether it is a folder that is filled.
    folder: bool,
}

/// Refuses a task that would write over what it reads, into a folder that it reads, or one file twice.
///
/// # Errors
///
/// [`UsageError::OverInput`], [`UsageError::IntoInput`] and [`UsageError::OneFile`].
pub(super) fn keep_apart(task: &Task) -> Result<(), UsageError> {
    let writes = writes(task);
    for (place, write) in writes.iter().enumerate() {
        if let Some(other) = writes[..place].iter().find(|other| other.path == write.path) {
            let name = write.path.file_name().unwrap_or_default();
            let (one, other, path) = (other.flag, write.flag, write.named.with_file_name(name));
            return Err(UsageError::OneFile { one, other, path });
        }
    }
    keep_apart_from(task, &reads(task))
}

impl Task {
    /// Refuses a task that would write over any of these files, which a study turned out to read.
    ///
    /// # Errors
    ///
    /// [`UsageError::OverInput`] and [`UsageError::IntoInput`].
    pub fn keep_apart_from(&self, files: &[PathBuf]) -> Result<(), UsageError> {
        keep_apart_from(self, files)
    }
}

fn keep_apart_from(task: &Task, reads: &[PathBuf]) -> Result<(), UsageError> {
    for write in writes(task) {
        for input in reads {
            let read = resolved(input);
            let (flag, output) = (write.flag, write.named.clone());
            let input = input.clone();
            if write.path == read || (write.folder && read.starts_with(&write.path)) {
                return Err(UsageError::OverInput { flag, output, input });
            }
            if write.path.starts_with(&read) {
                return Err(UsageError::IntoInput { flag, output, input });
            }
        }
    }
    Ok(())
}

fn reads(task: &Task) -> Vec<PathBuf> {
    match task {
        Task::Run { study, register, panel, lists, .. } => {
            let folders = register.iter().chain(panel);
            let files = folders.flat_map(|folder| register_files(folder)).collect();
            let lists = lists.iter().map(|(_, path)| path.clone()).collect();
            [study_file(study), files, lists].concat()
        }
        Task::Reproduce { study, register, panel, outputs } => {
            let register = match register {
                RegisterPlan::Use(folder) => register_files(folder),
                // Written first, then read, and replaced as a whole by the next run.
                RegisterPlan::Make { .. } => vec![outputs.out.join(REGISTER)],
            };
            let panel = match panel {
                Some(folder) => register_files(folder),
                None => vec![outputs.out.join(PANEL)],
            };
            [study_file(study), register, panel].concat()
        }
        Task::Curve { request, study, .. } => spell_files(&request.columns.data, study.as_ref()),
        Task::Test { request, study, .. } => spell_files(&request.columns.data, study.as_ref()),
        Task::Fit { request, study, .. } => {
            let profiles = request.predict.iter().filter_map(|asked| asked.new.file().cloned());
            let files = spell_files(&request.columns.data, study.as_ref());
            files.into_iter().chain(profiles).collect()
        }
        Task::MultiState { request, .. } => vec![request.columns.data.clone()],
        Task::Panel { request, .. } => vec![request.data.clone()],
        Task::Table { table, .. } => table.fits.clone(),
        Task::Doctor { columns, .. } => vec![columns.data.clone()],
        Task::Synth { .. } | Task::Check { .. } | Task::Study { .. } => Vec::new(),
    }
}

/// The file of a study; one that is built in has none.
fn study_file(study: &str) -> Vec<PathBuf> {
    let built_in = study == ALL || BuiltIn::named(study).is_some();
    if built_in { Vec::new() } else { vec![study.into()] }
}

/// A file of spells, or a register with the study.
fn spell_files(data: &Path, study: Option<&OfRegister>) -> Vec<PathBuf> {
    match study {
        Some(of) => [register_files(data), study_file(&of.study)].concat(),
        None => vec![data.to_owned()],
    }
}

/// A register, and the files elsewhere that links in its folder lead to.
fn register_files(register: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(register).into_iter().flatten().flatten();
    let links = entries.map(|entry| entry.path()).filter(|path| path.is_symlink());
    std::iter::once(register.to_owned()).chain(links).collect()
}

fn writes(task: &Task) -> Vec<Write> {
    let file = |flag, path: &Path| Write {
        flag,
        named: path.to_owned(),
        path: resolved(path),
        folder: false,
    };
    // A table, with its parts unless they are in its own file.
    let table = |flag, out: &Out, parts: &[&str], of_parts: Option<Format>| {
        let mut writes = Vec::new();
        if let Some((named, format)) = out {
            writes.push(file(flag, named));
            for part in parts.iter().filter(|_| *format != Format::Json) {
                let path = resolved(&beside(named, part, of_parts.unwrap_or(*format)));
                writes.push(Write { path, ..file(flag, named) });
            }
        }
        writes
    };
    let mut writes = Vec::new();
    match task {
        Task::Run { outputs, .. } | Task::Reproduce { outputs, .. } => {
            let own = |name: &&str, folder| Write {
                flag: "--out",
                named: outputs.out.clone(),
                path: resolved(&outputs.out.join(name)),
                folder,
            };
            writes.extend(FOLDERS.iter().map(|name| own(name, true)));
            writes.extend(FILES.iter().map(|name| own(name, false)));
            writes.extend(outputs.spells.as_deref().map(|path| file("--spells", path)));
        }
        Task::Curve { request, out, .. } => {
            writes.extend(table("--out", out, &[], None));
            writes.extend(request.plot.iter().map(|plot| file("--plot", &plot.file)));
        }
        Task::MultiState { request, out } => {
            writes.extend(table("--out", out, &of_states(&request.horizons), None));
            writes.extend(request.plot.iter().map(|plot| file("--plot", &plot.file)));
        }
        Task::Fit { request, out, after, .. } => {
            let of_predictions = match &request.model {
                Model::Transitions(of) => of_states(&of.horizons),
                _ => Vec::new(),
            };
            writes.extend(request.plot.iter().map(|plot| file("--plot", &plot.file)));
            writes.extend(table("--out", out, &["fit"], Some(Format::Csv)));
            writes.extend(table("--predictions", &after.predictions, &of_predictions, None));
            writes.extend(table("--baseline-hazard", &after.baseline, &[], None));
            writes.extend(table("--residuals", &after.residuals, &[], None));
        }
        Task::Table { out, .. } => {
            writes.extend(out.iter().map(|(path, _)| file("--out", path)));
        }
        Task::Panel { request, files } => {
            let parts = if request.inflation { &["fit", "vif"][..] } else { &["fit"] };
            writes.extend(files.table.iter().map(|(path, _)| file("--table", path)));
            writes.extend(table("--out", &files.out, parts, Some(Format::Csv)));
            writes.extend(table("--effects-out", &files.effects, &[], None));
        }
        Task::Test { out, .. } | Task::Doctor { out, .. } => {
            writes.extend(table("--out", out, &[], None));
        }
        Task::Synth { .. } | Task::Check { .. } | Task::Study { .. } => {}
    }
    writes
}

/// Parts of a table of states.
fn of_states(horizons: &[f64]) -> Vec<&'static str> {
    let times = (!horizons.is_empty()).then_some("times");
    std::iter::once("transitions").chain(times).collect()
}

/// A path without links and detours. Of a path that does not exist the part that does is resolved.
fn resolved(path: &Path) -> PathBuf {
    let mut there = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut missing: Vec<OsString> = Vec::new();
    let mut found = loop {
        if let Ok(found) = there.canonicalize() {
            break found;
        }
        match there.components().next_back() {
            Some(Component::Normal(name)) => missing.push(name.to_owned()),
            Some(Component::ParentDir) => missing.push("..".into()),
            _ => break there,
        }
        if !there.pop() {
            break there;
        }
    };
    for name in missing.into_iter().rev() {
        if name == ".." {
            found.pop();
        } else {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_path() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        std::fs::create_dir(base.join("there")).unwrap();
        assert_eq!(resolved(&base.join("there/../there/./x.csv")), base.join("there/x.csv"));
        assert_eq!(resolved(&base.join("new/er/../x.csv")), base.join("new/x.csv"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(base.join("there"), base.join("link")).unwrap();
            assert_eq!(resolved(&base.join("link/new/x.csv")), base.join("there/new/x.csv"));
        }
    }
}
