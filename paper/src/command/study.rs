//! `afgang study`.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::curve::show;
use crate::Error;
use crate::study::{Problem, Study, StudyError};
use crate::whole_file::{self, FileError};

/// Shows a study, or writes it with its data tables so that it can be changed. What somebody has changed is
/// not overwritten.
pub(super) fn run(name: &str, out: Option<&Path>) -> Result<(), Error> {
    let study = Study::load(name)?;
    let Some(folder) = out else {
        return show(|out| out.write_all(study.text.as_bytes()));
    };
    let mut text = study.text.clone();
    let mut files: Vec<(PathBuf, &str)> = Vec::new();
    for (name, table) in &study.tables {
        let file = format!("{name}.csv");
        // The copy of the study reads the copy of the table.
        text = text.replace(
            &format!("built_in = \"{}\"\n", table.source),
            &format!("file = \"{file}\"\n"),
        );
        files.push((folder.join(file), &table.text));
    }
    for (key, name, table) in study.accounts.iter().flat_map(|rules| &rules.tables) {
        let file = format!("{name}.csv");
        text = text.replace(&format!("{key} = \"{name}\"\n"), &format!("{key} = \"{file}\"\n"));
        files.push((folder.join(file), table));
    }
    let path = folder.join(format!("{}.toml", study.name));
    files.push((path.clone(), &text));
    for (file, text) in &files {
        if differs(file, text)? {
            let problem = Problem::InTheWay { path: file.clone() };
            return Err(Box::new(StudyError::of(problem)).into());
        }
    }
    for (file, text) in &files {
        whole_file::write(file, |out| out.write_all(text.as_bytes()))?;
    }
    show(|out| writeln!(out, "{}", path.display()))
}

/// Whether there is a file with another text.
fn differs(file: &Path, text: &str) -> Result<bool, FileError> {
    match fs::read(file) {
        Ok(there) => Ok(there != text.as_bytes()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(FileError::of("read", file)(error)),
    }
}
