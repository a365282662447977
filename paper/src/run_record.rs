//! `run.json`: what went into a run, what was left out and why, how long it took.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::accounts;
use crate::given::NotGiven;
use crate::synthetic::{Made, MadePanel};
use crate::whole_file::FileError;

/// The facts of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    /// The program and its version.
    pub program: Program,
    /// The study.
    pub study: StudyFacts,
    /// The code book.
    pub code_book: CodeBookFacts,
    /// Options of the command line.
    pub options: Options,
    /// How the register was made, if it is synthetic.
    pub synthetic_register: Option<Made>,
    /// The files of the register.
    pub inputs: Vec<Input>,
    /// What was read.
    pub read: BTreeMap<String, u64>,
    /// What was left out, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// Codes that the code book does not know, with their cells; they count as the residual state.
    pub unknown_codes: BTreeMap<String, u64>,
    /// The folder of accounts, if there is one.
    pub panel: Option<PanelRecord>,
    /// Lists of persons.
    pub lists: Vec<ListRecord>,
    /// Outputs of the study that need what was not given.
    pub outputs_left_out: Vec<String>,
    /// What they need.
    pub not_given: Vec<NotGiven>,
    /// Computed numbers beside printed ones.
    pub comparison: Comparison,
    /// Seconds by stage, in order.
    pub seconds: serde_json::Map<String, serde_json::Value>,
    /// Highest memory of the whole process in bytes, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// The files written.
    pub outputs: Vec<String>,
}

/// The program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudyFacts {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// A path, or `built in`.
    pub origin: String,
    /// Checksum of its text.
    pub sha256: String,
    /// Whether it has the name of a built-in study and asks for something else.
    pub changed: bool,
    /// First month.
    pub from: String,
    /// Last month.
    pub to: String,
    /// Data tables with their checksums.
    pub tables: BTreeMap<String, String>,
}

/// The code book.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CodeBookFacts {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
}

/// Options of the command line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// Threads used.
    pub threads: usize,
    /// Language of figures and report.
    pub lang: &'static str,
    /// Whether ids were trusted to be unique.
    pub trust_ids: bool,
    /// The file of spells.
    pub spells: Option<String>,
    /// Most memory allowed, in bytes.
    pub memory: Option<u64>,
}

/// A file of the register.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Input {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its checksum.
    pub sha256: String,
    /// Its rows.
    pub persons: u64,
}

/// A folder of accounts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PanelRecord {
    /// Its files.
    pub inputs: Vec<PanelInput>,
    /// How the accounts were made, if they are synthetic.
    pub synthetic: Option<MadePanel>,
    /// What was read and left out.
    #[serde(flatten)]
    pub facts: accounts::Facts,
}

/// A list of persons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListRecord {
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its checksum.
    pub sha256: String,
    /// Persons on it.
    pub persons: u64,
    /// Those whom the register has; the others stay out of the tables.
    pub found: u64,
}

/// A file of a folder of accounts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PanelInput {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its checksum.
    pub sha256: String,
}

/// How many computed numbers agree with printed ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Comparison {
    /// Numbers compared.
    pub compared: usize,
    /// Those that round to the printed digits.
    pub agree: usize,
    /// Printed numbers that are not compared, as too few persons stand behind what is computed.
    pub suppressed: usize,
}

/// Checksum of a file.
///
/// # Errors
///
/// If the file cannot be read.
pub fn sha256_of_file(path: &Path) -> Result<String, FileError> {
    let mut file = File::open(path).map_err(FileError::of("read", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let n = file.read(&mut buffer).map_err(FileError::of("read", path))?;
        if n == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
    }
}

/// Checksum of a text.
pub fn sha256_of_text(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Highest memory of this process so far in bytes; `None` where the system does not tell.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_sha256() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of_text("abc"), abc);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(sha256_of_file(&path).unwrap(), abc);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_known() {
        assert!(peak_memory().unwrap() > 1 << 20);
    }
}
