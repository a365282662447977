//! A run's folder, which is of one run: its files are written aside and put in place in the end.
//!
//! Until then the folder is as an earlier run left it. Then the earlier run's files go and the new ones
//! come; files that no run has made are left alone.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::whole_file::{self, FileError, Partial};

/// The file that says which files a run has made. It goes first and comes last, so that a folder with it is whole.
pub const RECORD: &str = "run.json";

/// Files on their way to a folder. They are removed unless they are put in place.
#[derive(Debug)]
pub struct Staged {
    target: PathBuf,
    partial: Partial,
}

impl Staged {
    /// A hidden folder on the disk of `target`: beside it, or inside if `target` is there already.
    ///
    /// # Errors
    ///
    /// If it cannot be made, so that `target` could not be written either.
    pub fn new(target: &Path) -> Result<Self, FileError> {
        let partial = if target.is_dir() {
            Partial::watch(target.join(format!(".afgang.{}.partial", std::process::id())))
        } else if target.exists() {
            return Err(FileError::of("make the folder", target)(
                io::ErrorKind::AlreadyExists.into(),
            ));
        } else {
            if let Some(parent) = target.parent() {
                whole_file::make_folder(parent)?;
            }
            Partial::beside(target)
        };
        fs::create_dir(partial.path()).map_err(FileError::of("write to the folder", target))?;
        Ok(Self { target: target.to_owned(), partial })
    }

    /// The hidden folder.
    pub fn path(&self) -> &Path {
        self.partial.path()
    }

    /// Where a file that shall end up at `path` is to be written; `None` if that is not inside the folder.
    pub fn place_of(&self, path: &Path) -> Option<PathBuf> {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let inside = absolute(path).strip_prefix(absolute(&self.target)).ok()?.to_owned();
        is_plain(&inside).then(|| self.path().join(inside))
    }

    /// An error about a hidden file as one about the file that people know.
    #[must_use]
    pub fn named(&self, error: FileError) -> FileError {
        match error.path.strip_prefix(self.path()) {
            Ok(inside) => FileError { path: self.target.join(inside), ..error },
            Err(_) => error,
        }
    }

    /// Puts the files in place of those of an earlier run: the files that its record lists, and `known` ones,
    /// relative to the folder.
    ///
    /// # Errors
    ///
    /// If the system refuses to remove or to rename.
    pub fn put_in_place(self, known: impl IntoIterator<Item = PathBuf>) -> Result<(), FileError> {
        let target = &self.target;
        if !target.exists() {
            return self.partial.keep_as(target);
        }
        let new = files_of(self.path())?;
        let mut old = listed(target);
        old.extend(known);
        old.remove(Path::new(RECORD));
        for file in [PathBuf::from(RECORD)].iter().chain(&old) {
            remove(&target.join(file))?;
        }
        let (last, first): (Vec<_>, Vec<_>) =
            new.iter().partition(|file| file.as_path() == Path::new(RECORD));
        for file in first.into_iter().chain(last) {
            let place = target.join(file);
            if let Some(folder) = place.parent() {
                whole_file::make_folder(folder)?;
            }
            fs::rename(self.path().join(file), &place).map_err(FileError::of("write", &place))?;
        }
        // Folders that only held files of the earlier run; others are not empty and stay.
        let folders: BTreeSet<&Path> = old.iter().filter_map(|file| file.parent()).collect();
        for folder in folders.into_iter().filter(|folder| !folder.as_os_str().is_empty()) {
            let _ = fs::remove_dir(target.join(folder));
        }
        Ok(())
    }
}

/// Whether a relative path stays below where it starts.
fn is_plain(path: &Path) -> bool {
    path.components().all(|component| matches!(component, Component::Normal(_)))
        && path.file_name().is_some()
}

/// The files inside a folder that the record in it lists, relative to it.
fn listed(folder: &Path) -> BTreeSet<PathBuf> {
    let Ok(text) = fs::read_to_string(folder.join(RECORD)) else { return BTreeSet::new() };
    let record: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let outputs =
        record["outputs"].as_array().into_iter().flatten().filter_map(|path| path.as_str());
    let outputs: Vec<&Path> = outputs.map(Path::new).collect();
    // The record names itself by the folder's name of that time.
    let own = outputs.iter().rev().find(|path| path.file_name().is_some_and(|name| name == RECORD));
    let Some(base) = own.and_then(|path| path.parent()) else { return BTreeSet::new() };
    let inside = outputs.iter().filter_map(|path| path.strip_prefix(base).ok());
    inside.filter(|path| is_plain(path)).map(Path::to_owned).collect()
}

/// Every file below a folder, relative to it, sorted.
fn files_of(folder: &Path) -> Result<BTreeSet<PathBuf>, FileError> {
    let mut files = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        let path = folder.join(&inside);
        let failed = || FileError::of("read the folder", &path);
        for entry in fs::read_dir(&path).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let found = inside.join(entry.file_name());
            if entry.file_type().map_err(failed())?.is_dir() {
                folders.push(found);
            } else {
                files.insert(found);
            }
        }
    }
    Ok(files)
}

/// Removes a file; one that is not there, or is a folder, is no error.
fn remove(file: &Path) -> Result<(), FileError> {
    if !file.is_file() {
        return Ok(());
    }
    fs::remove_file(file).map_err(FileError::of("replace", file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, folder.as_os_str().as_encoded_bytes()).unwrap();
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        files_of(folder).unwrap().iter().map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn the_files_of_the_run_before_go_and_all_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let elsewhere = folder.path().join("elsewhere.csv");
        write(folder.path(), &["elsewhere.csv"]);
        write(
            &out,
            &["tables/old.csv", "tables/mine.xlsx", "figures/old.svg", "known.csv", "notes.txt"],
        );
        // The folder had another name then. What lies outside it is not its own.
        let outputs = [
            "was/tables/old.csv",
            "was/figures/old.svg",
            "was/../elsewhere.csv",
            elsewhere.to_str().unwrap(),
            "was/run.json",
        ];
        fs::write(out.join(RECORD), serde_json::json!({ "outputs": outputs }).to_string()).unwrap();
        let staged = Staged::new(&out).unwrap();
        write(staged.path(), &["tables/new.csv", RECORD]);
        staged.put_in_place([PathBuf::from("known.csv")]).unwrap();
        assert_eq!(names(&out), ["notes.txt", RECORD, "tables/mine.xlsx", "tables/new.csv"]);
        assert!(elsewhere.exists() && !out.join("figures").exists());
    }

    #[test]
    fn nothing_changes_unless_it_is_put_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let staged = Staged::new(&out).unwrap();
        write(staged.path(), &["a.csv"]);
        drop(staged);
        assert_eq!(names(folder.path()), Vec::<String>::new());
        let staged = Staged::new(&out).unwrap();
        write(staged.path(), &["a.csv"]);
        staged.put_in_place([]).unwrap();
        assert_eq!(names(folder.path()), ["out/a.csv"]);
        let staged = Staged::new(&out).unwrap();
        write(staged.path(), &["b.csv"]);
        drop(staged);
        assert_eq!(names(folder.path()), ["out/a.csv"]);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &["out"]);
        let error = Staged::new(&folder.path().join("out")).unwrap_err();
        assert_eq!(error.help(), "a file is in the way; give another path");
    }

    #[test]
    fn errors_name_the_final_file() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let staged = Staged::new(&out).unwrap();
        let full = |path: &Path| FileError::of("write", path)(io::ErrorKind::StorageFull.into());
        let error = staged.named(full(&staged.path().join("tables/a.csv")));
        assert_eq!(error.path, out.join("tables/a.csv"));
        assert_eq!(error.help(), "the disk is full; free some space or give another path");
        assert_eq!(staged.named(full(folder.path())).path, folder.path());
    }

    #[test]
    fn places_inside_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let staged = Staged::new(&folder.path().join("out")).unwrap();
        let place = |name: &str| staged.place_of(&folder.path().join(name));
        assert_eq!(place("out/a/b.parquet"), Some(staged.path().join("a/b.parquet")));
        assert_eq!((place("b.parquet"), place("out"), place("out/../b")), (None, None, None));
    }
}
