//! Files that appear under their names only when they are whole.
//!
//! A file is written beside its final name and renamed when complete, so that a reader never sees
//! half of it. What is under way is remembered, so that an interrupt can remove it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is to be undone if the program does not come to its end.
static UNDER_WAY: Mutex<UnderWay> =
    Mutex::new(UnderWay { paths: BTreeSet::new(), made: Vec::new() });

/// What is being written and what was made for it.
#[derive(Debug)]
struct UnderWay {
    /// Files and folders under their temporary names.
    paths: BTreeSet<PathBuf>,
    /// Folders that were not there before, outer ones first.
    made: Vec<PathBuf>,
}

/// A file or folder that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct FileError {
    /// What was tried, for example `write`.
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// The system's reason.
    pub source: io::Error,
}

impl FileError {
    /// Wraps a system error; for use in `map_err`.
    pub fn of(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { action, path, source }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self.source.kind() {
            io::ErrorKind::NotFound => "check the path; nothing is there".to_owned(),
            io::ErrorKind::PermissionDenied => {
                "check that you may use this path, or give another".to_owned()
            }
            io::ErrorKind::StorageFull => {
                "the disk is full; free some space or give another path".to_owned()
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                "a file is in the way; give another path".to_owned()
            }
            io::ErrorKind::IsADirectory => "this is a folder; name a file".to_owned(),
            _ => "check the path and the disk, and try again".to_owned(),
        }
    }
}

/// A temporary path that is removed unless it is kept: on drop, and when the program is interrupted.
#[derive(Debug)]
pub struct Partial {
    path: PathBuf,
}

impl Partial {
    /// A temporary name beside `target`. Nothing is created.
    pub fn beside(target: &Path) -> Self {
        let mut name = std::ffi::OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(format!(".{}.partial", std::process::id()));
        Self::watch(target.with_file_name(name))
    }

    /// Takes over a path that somebody else writes, for example an intermediate folder.
    pub fn watch(path: PathBuf) -> Self {
        under_way().paths.insert(path.clone());
        Self { path }
    }

    /// The temporary path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file or folder its final name.
    ///
    /// # Errors
    ///
    /// If the system refuses to rename it.
    pub fn keep_as(self, target: &Path) -> Result<(), FileError> {
        fs::rename(&self.path, target).map_err(FileError::of("write", target))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let mut under_way = under_way();
        remove(&self.path);
        under_way.paths.remove(&self.path);
    }
}

/// Writes a file whole or not at all; returns its size in bytes. Missing folders are made.
///
/// # Errors
///
/// If a folder or the file cannot be made, written or renamed, or if `fill` fails.
pub fn write<F>(target: &Path, fill: F) -> Result<u64, FileError>
where
    F: FnOnce(&mut BufWriter<File>) -> io::Result<()>,
{
    if let Some(folder) = target.parent() {
        make_folder(folder)?;
    }
    if target.is_dir() {
        return Err(FileError::of("write", target)(io::ErrorKind::IsADirectory.into()));
    }
    let partial = Partial::beside(target);
    let failed = || FileError::of("write", target);
    let mut file = BufWriter::new(File::create(partial.path()).map_err(failed())?);
    fill(&mut file).map_err(failed())?;
    file.flush().map_err(failed())?;
    let bytes = file.get_ref().metadata().map_err(failed())?.len();
    drop(file);
    partial.keep_as(target)?;
    Ok(bytes)
}

/// Makes a folder and those above it; no error if it is there. [`remove_made_folders`] takes them back.
///
/// # Errors
///
/// If the system refuses.
pub fn make_folder(folder: &Path) -> Result<(), FileError> {
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    let mut under_way = under_way();
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .collect();
    under_way.made.extend(missing.into_iter().rev().map(Path::to_owned));
    fs::create_dir_all(folder).map_err(FileError::of("make the folder", folder))
}

/// Removes the folders that [`make_folder`] has made and that nothing is in. For a command that has failed.
pub fn remove_made_folders() {
    under_way().remove_made_folders();
}

/// Removes whatever is being written. Meant for the moment before the program is stopped: nothing can be
/// written any more afterwards.
pub fn remove_all_under_way() {
    let mut under_way = under_way();
    for path in std::mem::take(&mut under_way.paths) {
        remove(&path);
    }
    under_way.remove_made_folders();
    // Threads that are still at work must not make anew what was just removed.
    std::mem::forget(under_way);
}

impl UnderWay {
    fn remove_made_folders(&mut self) {
        for folder in std::mem::take(&mut self.made).iter().rev() {
            // A folder that is not empty is not removed, and is to stay.
            let _ = fs::remove_dir(folder);
        }
    }
}

fn under_way() -> MutexGuard<'static, UnderWay> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes a file or a folder; what is not there is no error. A folder into which other threads still
/// write may need a second try.
fn remove(path: &Path) {
    for _ in 0..5 {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/b.txt");
        assert_eq!(write(&target, |file| file.write_all(b"whole")).unwrap(), 5);
        let failed = write(&target, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("stopped"))
        });
        assert_eq!(
            failed.unwrap_err().to_string(),
            format!("cannot write {}: stopped", target.display())
        );
        assert_eq!(fs::read_to_string(&target).unwrap(), "whole");
        assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(folder.path(), |_| Ok(())).unwrap_err();
        assert_eq!(error.help(), "this is a folder; name a file");
    }
}
