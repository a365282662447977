//! Columns of a Parquet or CSV file, as the estimator commands need them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::{csv_file, parquet_file};
use crate::names::written;
use crate::nearest::nearest;
use crate::table::Values;
use crate::whole_file::FileError;

/// A data file that cannot be used as asked. Rows count from 1, below the header.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file cannot be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is neither Parquet nor CSV.
    #[error("{} is neither a .parquet nor a .csv file", path.display())]
    Ending {
        /// The file.
        path: PathBuf,
    },
    /// The file is broken.
    #[error("{} cannot be read: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// The file has no rows.
    #[error("{} has no rows", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A column that is not there.
    #[error("{} has no column `{column}`", path.display())]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        column: String,
        /// The most similar name that is there.
        nearest: Option<String>,
        /// All names.
        columns: Vec<String>,
    },
    /// A value for a column that a model does not have.
    #[error("`--profile` gives `{column}`, which is no column of the model")]
    NotInModel {
        /// The column as written.
        column: String,
        /// The most similar column of the model.
        nearest: Option<String>,
        /// All columns of the model.
        columns: Vec<String>,
    },
    /// Two columns of one name.
    #[error("{} has two columns `{column}`", path.display())]
    TwoColumns {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        column: String,
    },
    /// Text where a number is needed.
    #[error("column `{column}` holds `{text}` in row {row}, where a number is needed")]
    NotANumber {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        text: String,
    },
    /// A column of a kind that cannot be used, for example of dates.
    #[error("column `{column}` is of type {found}, where {wanted} are needed")]
    Kind {
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// What would do.
        wanted: &'static str,
    },
    /// Whole numbers that are too large.
    #[error("column `{column}` holds whole numbers above 9223372036854775807")]
    TooLarge {
        /// The column.
        column: String,
    },
    /// A column that tells persons apart, as a covariate.
    #[error(
        "column `{column}` holds the ids of persons, which are no covariate and are never printed"
    )]
    Identity {
        /// The column.
        column: String,
    },
    /// The end of a register's spells where a group or a choice of rows is asked for.
    #[error(
        "`{column}` is how the spells of a register end, not a column to group or choose them by"
    )]
    End {
        /// The name.
        column: String,
    },
    /// Ages where years of birth are not known.
    #[error("the register has no column `age_months`")]
    NoAge,
    /// Nothing where a number is needed.
    #[error("column `{column}` has no value in row {row} (empty, NA or NaN)")]
    Missing {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
    },
    /// A number outside its range.
    #[error("column `{column}` is {value} in row {row}; it must be {wanted}")]
    Range {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        value: f64,
        /// What is allowed.
        wanted: &'static str,
    },
    /// An entry that is not before its exit.
    #[error("row {row}: entry {entry} is not before the exit at {time}")]
    EntryNotBeforeExit {
        /// Row of the file.
        row: usize,
        /// Time of entry.
        entry: f64,
        /// Time of exit.
        time: f64,
    },
    /// An event code that the estimator does not take.
    #[error("column `{column}` holds the event code {value} in row {row}; {wanted}")]
    EventCode {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// The code.
        value: f64,
        /// Which codes are known.
        wanted: &'static str,
    },
    /// Words as events, of which any may mean censored.
    #[error("column `{column}` holds words, and it is not said which of them mean censored")]
    Uncensored {
        /// The column.
        column: String,
        /// The words that occur.
        values: Vec<String>,
    },
    /// A value asked for that does not occur.
    #[error("column `{column}` never is `{value}`")]
    NoSuchEvent {
        /// The column.
        column: String,
        /// The value asked for.
        value: String,
        /// The values that occur.
        found: Vec<String>,
    },
    /// A cause asked for that is none.
    #[error("`{value}` in column `{column}` means censored and is no cause")]
    CauseIsCensored {
        /// The column.
        column: String,
        /// The value asked for.
        value: String,
    },
    /// More causes than anybody could mean.
    #[error("column `{column}` holds {found} different words; causes are at most 255")]
    TooManyCauses {
        /// The column.
        column: String,
        /// How many there are.
        found: usize,
    },
    /// Weights that may mean two things.
    #[error("the weights in column `{column}` are fractions, and it is not said what they mean")]
    WeightKind {
        /// The column.
        column: String,
    },
    /// Weights of which none is above 0.
    #[error("all weights in column `{column}` are 0, so no row counts")]
    NoWeight {
        /// The column.
        column: String,
    },
    /// Nobody is left to begin with.
    #[error(
        "nobody{} is followed beyond time {given}, where `--given` begins; the last time is {last}",
        of_group(group)
    )]
    NobodyGiven {
        /// The time asked for.
        given: f64,
        /// Values of the by-columns; empty without.
        group: String,
        /// The last time of the group.
        last: f64,
    },
    /// No row has the values asked for.
    #[error("no row has `{value}` in `{column}`")]
    NoRowsLeft {
        /// The column.
        column: String,
        /// The values asked for.
        value: String,
    },
    /// Rows that a test cannot put in a group, or a variance in a cluster.
    #[error("{} no value in `{column}`", if *rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") })]
    MissingGroup {
        /// The column.
        column: String,
        /// How many rows.
        rows: usize,
    },
    /// An estimate that does not vary, so that nothing can be tested with it.
    #[error("the estimate of group {group} has no standard error, so it cannot be compared")]
    NoSpread {
        /// Values of the by-columns.
        group: String,
    },
    /// A group of a trend without a score.
    #[error("group {value} of column `{column}` has no score")]
    NoScore {
        /// The column.
        column: String,
        /// The group.
        value: String,
    },
    /// A group without spells in a stratum.
    #[error("group {group} has no spells in stratum {stratum}")]
    NotInStratum {
        /// Values of the group's columns.
        group: String,
        /// Values of the columns of strata.
        stratum: String,
    },
    /// A time that a group is not followed to.
    #[error("group {group} is followed to time {last}, not to {time}")]
    BehindLastTime {
        /// The time asked for.
        time: f64,
        /// Values of the by-columns.
        group: String,
        /// The last time at which a spell of the group ends.
        last: f64,
    },
    /// Two groups that nothing tells apart.
    #[error(
        "while groups {one} and {other} were both at risk no event{} that has a weight happened, or all left at once",
        of_causes(causes)
    )]
    Apart {
        /// Values of the by-columns of the one.
        one: String,
        /// Of the other.
        other: String,
        /// The causes that are tested one by one.
        causes: Vec<String>,
    },
    /// Groups that nothing tells apart in any of several causes.
    #[error(
        "nothing tells the groups apart: while two were at risk no event{} that has a weight happened, or all left at once, or what is \
         compared does not vary",
        of_causes(causes)
    )]
    AllApart {
        /// The causes.
        causes: Vec<String>,
    },
    /// A group of which nobody is left before others enter, where a test needs its incidence.
    #[error(
        "of group {group} all at risk have left at time {time} and others enter later, who tell nothing of its curves; \
         too little is left to test"
    )]
    EmptiedEarly {
        /// Values of the by-columns.
        group: String,
        /// When all have left.
        time: f64,
    },
    /// A number that may be thousands or decimals.
    #[error("column `{column}` holds `{text}` in row {row}: thousands or decimals?")]
    Thousands {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        text: String,
    },
    /// A file that the estimators would refuse.
    #[error("{} has problems of {problems} kind{}", path.display(), if *problems == 1 { "" } else { "s" })]
    Unfit {
        /// The file.
        path: PathBuf,
        /// How many kinds of problems.
        problems: usize,
    },
    /// Nobody moves from one state to another.
    #[error("column `{column}` names no state that anybody moves to: all stays are censored")]
    NoMoves {
        /// The column.
        column: String,
    },
    /// No cause occurs, so there is no curve to estimate.
    #[error("column `{column}` holds no event: all of its values mean censored")]
    NoEvents {
        /// The column.
        column: String,
    },
}

impl DataError {
    /// Whether a word stands where a number is needed: no number with a decimal comma, and no date.
    pub(crate) fn is_of_a_word(&self) -> bool {
        let Self::NotANumber { text, .. } = self else { return false };
        let date =
            text.len() >= 8 && text.chars().all(|c| c.is_ascii_digit() || "-./: T".contains(c));
        text.replace(',', ".").parse::<f64>().is_err() && !date
    }

    /// The error of some rows with the row of the file, where these were at `origin`.
    pub(crate) fn in_file(mut self, origin: &[usize]) -> Self {
        if let Self::NotANumber { row, .. }
        | Self::Missing { row, .. }
        | Self::Range { row, .. }
        | Self::EntryNotBeforeExit { row, .. }
        | Self::EventCode { row, .. } = &mut self
            && let Some(place) = row.checked_sub(1).and_then(|place| origin.get(place))
        {
            *row = place + 1;
        }
        self
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::File(error) => error.help(),
            Self::Ending { .. } => "give a file that ends in .parquet, .csv or .csv.gz".to_owned(),
            Self::Broken { reason, .. } if reason.contains("brotli") => {
                "write it with snappy, zstd, gzip, lz4 or no compression".to_owned()
            }
            Self::Broken { .. } => "check that the file is complete and of its kind".to_owned(),
            Self::Empty { .. } => "give a file with at least one row of data".to_owned(),
            Self::NoColumn { columns, .. }
                if columns.iter().all(|name| name.parse::<f64>().is_ok()) =>
            {
                format!("is the line with the names missing? the first line is {}", columns.join(", "))
            }
            Self::NotInModel { columns, .. } if columns.is_empty() => "it has none".to_owned(),
            Self::NoColumn { nearest, columns, .. } | Self::NotInModel { nearest, columns, .. } => {
                let there = columns.iter().map(|name| written(name)).collect::<Vec<_>>().join(", ");
                match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`? its columns: {there}"),
                    None => format!("its columns: {there}"),
                }
            }
            Self::TwoColumns { .. } => "rename one of them".to_owned(),
            Self::NotANumber { text, .. } if text.replace(',', ".").parse::<f64>().is_ok() => {
                "write decimals with a point, or separate the columns by semicolons".to_owned()
            }
            Self::NotANumber { .. } if !self.is_of_a_word() => {
                "this looks like a date; give a duration as a number".to_owned()
            }
            Self::Identity { .. } => "leave it out".to_owned(),
            Self::End { .. } => "choose exits with `--cause` and `--censored`".to_owned(),
            Self::NoAge => "`--birth-year COL` makes it of a column with years of birth".to_owned(),
            Self::TooLarge { .. } => "write times as numbers of days or months, and names as words (strings)".to_owned(),
            Self::Kind { found, .. } if found.starts_with("Date") || found.starts_with("Timestamp") => {
                "write times as numbers, days (or months) from the start of the spell to its end, and groups as words".to_owned()
            }
            Self::NotANumber { .. } | Self::Kind { .. } => {
                "name another column, or recode this one".to_owned()
            }
            Self::Missing { .. } => {
                "fill in the value or leave the row out; rows are never dropped silently".to_owned()
            }
            Self::Range { .. } => "correct the row or leave it out".to_owned(),
            Self::EntryNotBeforeExit { .. } => {
                "a spell is at risk over (entry, exit]; correct the row or leave it out".to_owned()
            }
            Self::EventCode { value, wanted, .. } if wanted.contains("and 1") && value.fract() == 0.0 => {
                "for several causes use `afgang curve cif` or `afgang test gray`; or say with `--cause` which codes are \
                 the event, or with `--censored` which are not (`--censored 1` if 1 is censored and 2 the event)"
                    .to_owned()
            }
            Self::EventCode { .. } => "recode the column, or name another".to_owned(),
            Self::Uncensored { values, .. } => {
                format!("name them with `--censored`; the column holds {}", few(values))
            }
            Self::NoSuchEvent { found, .. } => format!("it holds {}", few(found)),
            Self::WeightKind { .. } => {
                "add `--weight-kind case` if a weight is a number of equal spells, or \
                 `--weight-kind sampling` if it is an inverse probability of being sampled"
                    .to_owned()
            }
            Self::NoWeight { .. } => "name another column with `--weight`, or leave it out".to_owned(),
            Self::NobodyGiven { .. } => {
                "choose an earlier time, or leave the group out with `--only`".to_owned()
            }
            Self::NoRowsLeft { .. } => {
                "check the value in `--only`".to_owned()
            }
            Self::MissingGroup { .. } => {
                "leave them out with `--drop-missing`, or give them a value".to_owned()
            }
            Self::NoSpread { .. } => {
                "nobody of it has left, all have, or they are one cluster; leave it out with `--only`, merge groups, or compare \
                 all times with `afgang test logrank`"
                    .to_owned()
            }
            Self::NoScore { .. } => {
                "give every group a score in `--scores`, or leave the group out with `--only`".to_owned()
            }
            Self::NotInStratum { .. } => {
                "leave the stratum out with `--only`, or make strata that all groups have".to_owned()
            }
            Self::BehindLastTime { last, .. } => {
                format!("choose times up to {last}, or leave the group out with `--only`")
            }
            Self::Apart { .. } => {
                "leave one of them out with `--only`, or test all groups at once".to_owned()
            }
            Self::AllApart { .. } => "check the groups and the event".to_owned(),
            Self::EmptiedEarly { time, .. } => format!(
                "leave out the rows that end by {time}, or the group with `--only`; `test logrank` goes on with those who enter"
            ),
            Self::Thousands { .. } => {
                "write numbers without thousand separators, and decimals with a comma in a file with semicolons"
                    .to_owned()
            }
            Self::Unfit { .. } => {
                "correct the rows that the lines with ! are about, or leave them out".to_owned()
            }
            Self::CauseIsCensored { .. } => {
                "name another cause with `--cause`, or with `--censored` what else means censored".to_owned()
            }
            Self::NoMoves { .. } => {
                "check the column of the states moved to, and `--censored`".to_owned()
            }
            Self::NoEvents { .. } | Self::TooManyCauses { .. } => "check that this is the column of events".to_owned(),
        }
    }
}

fn of_group(group: &str) -> String {
    if group.is_empty() { String::new() } else { format!(" of group {group}") }
}

fn of_causes(causes: &[String]) -> String {
    if causes.is_empty() { String::new() } else { format!(" for cause {}", causes.join(" or ")) }
}

/// Some of many names, as a sentence has room for.
fn few(names: &[String]) -> String {
    let more = if names.len() > 12 { ", …" } else { "" };
    names.iter().take(12).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ") + more
}

/// Reads columns in the order asked for; a name may stand there twice.
///
/// Numbers come as [`Values::Number`] with `NaN` for missing values, whole numbers and booleans as
/// [`Values::Whole`], all else as [`Values::Text`]. CSV columns come as text. Only these columns of a
/// Parquet file are decoded.
///
/// # Errors
///
/// If the file cannot be read, is empty, or lacks a column.
pub(crate) fn read(path: &Path, columns: &[&str]) -> Result<Vec<Values>, DataError> {
    if is_parquet(path)? {
        return parquet_file::read(path, columns);
    }
    csv_file::read(path, &text_of(path)?, columns)
}

/// Calls for each field of a CSV file, row by row, with the place of its column among those asked for; `None` if it is missing.
///
/// # Errors
///
/// If the file cannot be read, is empty, or lacks a column.
pub(crate) fn each_field(
    path: &Path,
    columns: &[&str],
    take: impl FnMut(usize, Option<&str>),
) -> Result<(), DataError> {
    csv_file::each(path, &text_of(path)?, columns, take)
}

/// The bytes of a text file, unpacked.
fn text_of(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(FileError::of("read", path))?;
    file.read_to_end(&mut bytes).map_err(FileError::of("read", path))?;
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes.as_slice())
        .read_to_end(&mut text)
        .map_err(|error| DataError::Broken { path: path.to_owned(), reason: error.to_string() })?;
    Ok(text)
}

/// The first bytes of a file that gzip made.
const GZIP: [u8; 2] = [0x1F, 0x8B];

/// Whether a file is Parquet, by its ending or its first bytes, or else CSV.
///
/// # Errors
///
/// If it cannot be read or is neither.
pub(crate) fn is_parquet(path: &Path) -> Result<bool, DataError> {
    let mut file = File::open(path).map_err(FileError::of("read", path))?;
    if path.is_dir() {
        let reason = std::io::ErrorKind::IsADirectory.into();
        return Err(FileError::of("read", path)(reason).into());
    }
    let mut magic = [0; 4];
    let parquet = file.read_exact(&mut magic).is_ok() && &magic == b"PAR1";
    let ending = |path: &Path| Some(path.extension()?.to_str()?.to_lowercase());
    let packed = path.file_stem().filter(|_| ending(path).as_deref() == Some("gz")).map(Path::new);
    match ending(packed.unwrap_or(path)).as_deref() {
        Some("parquet") => Ok(true),
        _ if parquet => Ok(true),
        Some("csv" | "txt" | "tsv") => Ok(false),
        _ => Err(DataError::Ending { path: path.to_owned() }),
    }
}

/// Position of each wanted name among those of the file.
pub(super) fn positions(
    path: &Path,
    names: &[String],
    columns: &[&str],
) -> Result<Vec<usize>, DataError> {
    columns
        .iter()
        .map(|&column| {
            let mut places = (0..names.len()).filter(|&place| names[place] == column);
            match (places.next(), places.next()) {
                (Some(place), None) => Ok(place),
                (Some(_), Some(_)) => {
                    Err(DataError::TwoColumns { path: path.to_owned(), column: column.to_owned() })
                }
                (None, _) => Err(DataError::NoColumn {
                    path: path.to_owned(),
                    column: column.to_owned(),
                    nearest: nearest(column, names.iter().map(String::as_str)).map(str::to_owned),
                    columns: names.to_vec(),
                }),
            }
        })
        .collect()
}
