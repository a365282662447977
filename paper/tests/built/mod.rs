//! Runs the built program in a folder of its own.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "each test file uses its own part of this module"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// A temporary folder in which the program runs.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes a Parquet file of one row group.
    pub fn write_parquet(&self, name: &str, batch: &RecordBatch) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = std::fs::File::create(path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Columns of a Parquet file as texts, row by row.
    pub fn rows<const N: usize>(&self, name: &str, columns: [&str; N]) -> Vec<[String; N]> {
        let file = std::fs::File::open(self.path(name)).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let mut rows = Vec::new();
        for batch in reader {
            let batch = batch.unwrap();
            let texts = columns.map(|column| {
                let texts = cast(batch.column_by_name(column).unwrap(), &DataType::Utf8).unwrap();
                texts.as_string::<i32>().clone()
            });
            rows.extend(
                (0..batch.num_rows()).map(|row| texts.each_ref().map(|t| t.value(row).to_owned())),
            );
        }
        rows
    }

    /// Every file below the folder, sorted, relative.
    pub fn files(&self) -> Vec<String> {
        self.everything().into_iter().filter(|name| !name.ends_with('/')).collect()
    }

    /// Every file and folder below the folder, sorted, relative; folders end in a slash. What goes while they are
    /// listed is left out.
    pub fn everything(&self) -> Vec<String> {
        fn walk(base: &Path, folder: &Path, names: &mut Vec<String>) {
            let Ok(entries) = std::fs::read_dir(folder) else { return };
            for path in entries.map_while(|entry| entry.ok().map(|entry| entry.path())) {
                let name = path.strip_prefix(base).unwrap().display().to_string();
                if path.is_dir() {
                    walk(base, &path, names);
                    names.push(format!("{name}/"));
                } else {
                    names.push(name);
                }
            }
        }
        let mut names = Vec::new();
        walk(self.0.path(), self.0.path(), &mut names);
        names.sort();
        names
    }
}

/// What the program answered.
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// What was printed, with sentences of several lines in one.
    pub fn sentences(&self) -> String {
        let mut whole = String::new();
        for line in self.out.split_inclusive('\n') {
            match line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
                Some(rest) if whole.ends_with('\n') => {
                    whole.pop();
                    whole.push(' ');
                    whole.push_str(rest);
                }
                _ => whole.push_str(line),
            }
        }
        whole
    }

    #[track_caller]
    pub fn good(&self) {
        assert_eq!(self.code, 0, "{}", self.err);
    }

    /// The exit code, a part of the message, and no backtrace.
    #[track_caller]
    pub fn bad(&self, code: i32, message: &str) {
        assert_eq!(self.code, code, "{}", self.err);
        self.says(message);
        assert!(
            !self.err.contains("panicked") && !self.err.contains("RUST_BACKTRACE"),
            "{}",
            self.err
        );
    }

    #[track_caller]
    pub fn says(&self, text: &str) {
        assert!(self.err.contains(text), "`{text}` is not in: {}", self.err);
    }
}

pub fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_afgang"));
    command.args(arguments).current_dir(folder.path(""));
    command
}

pub fn afgang(folder: &Folder, arguments: &[&str]) -> Answer {
    let Output { status, stdout, stderr } = command(folder, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}
