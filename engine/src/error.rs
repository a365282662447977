//! Everything that can go wrong in the engine.

use std::fmt;
use std::path::PathBuf;

use crate::calendar::{CalendarError, Month, Week};
use crate::codebook::CodeBookError;
use crate::register::ID_COLUMN;

/// A result of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and a way out.
///
/// Rows are counted from 1 within their file. Values of other libraries' error types are kept as
/// text, so that this type does not change with them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The register cannot be opened.
    #[error("cannot open {}: {message}; check the path and your rights to it", path.display())]
    Open {
        /// File or folder.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// A folder without Parquet files.
    #[error(
        "folder {} holds no file that ends in .parquet; give the folder that holds the register's \
         files, or one file", path.display()
    )]
    NoFiles {
        /// The folder.
        path: PathBuf,
    },
    /// A register without rows.
    #[error(
        "the register {} holds no persons: its {files} files have 0 rows; give files with a row a person",
        path.display()
    )]
    NoPersons {
        /// Its first file.
        path: PathBuf,
        /// How many files it has.
        files: usize,
    },
    /// A file that is not Parquet, or is damaged.
    #[error(
        "file {} cannot be read as Parquet: {message}; write it again or leave it out", path.display()
    )]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        message: String,
    },
    /// A row group that cannot be decoded.
    #[error(
        "file {}, row group {row_group}: {message}; the file may be damaged or cut off", path.display()
    )]
    Decode {
        /// The file.
        path: PathBuf,
        /// Row group, from 0.
        row_group: usize,
        /// What the reader says.
        message: String,
    },
    /// A file whose compression this build does not understand.
    #[error(
        "file {} is compressed with {codec}, which this build cannot read; write it again with snappy \
         or lz4", path.display()
    )]
    Compression {
        /// The file.
        path: PathBuf,
        /// Name of the compression.
        codec: String,
    },
    /// A week of the study period has no column.
    #[error(
        "file {}: column `{column}` (week {week}) is missing, and the study period {first} to {last} \
         needs every week; add the column or shorten the period", path.display()
    )]
    MissingWeek {
        /// The file.
        path: PathBuf,
        /// Name that the column should have.
        column: String,
        /// The week.
        week: Week,
        /// First month of the study period.
        first: Month,
        /// Last month of the study period.
        last: Month,
    },
    /// A month of the study period has no employment degree.
    #[error(
        "file {}: column `{column}` (employment degree of {month}) is missing, and the study period \
         {first} to {last} needs every month; add the column or shorten the period", path.display()
    )]
    MissingMonth {
        /// The file.
        path: PathBuf,
        /// Name that the column should have.
        column: String,
        /// The month.
        month: Month,
        /// First month of the study period.
        first: Month,
        /// Last month of the study period.
        last: Month,
    },
    /// A column that the study needs is not there.
    #[error(
        "file {}: column `{column}` is missing, needed for {purpose} (there are {}, beside weeks and months); \
         add the column or leave out what needs it", path.display(), found.join(", ")
    )]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: String,
        /// What needs it.
        purpose: String,
        /// Columns that are there, weeks and months aside.
        found: Vec<String>,
    },
    /// A column that is named after a week or month that does not exist.
    #[error("file {}: column `{column}`: {problem}; rename or drop the column", path.display())]
    NoSuchPeriod {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: String,
        /// What is wrong.
        problem: CalendarError,
    },
    /// Two columns of one week, month or name.
    #[error(
        "file {}: columns `{first}` and `{second}` are the same column (letter case does not matter); \
         drop or rename one of them", path.display()
    )]
    ColumnTwice {
        /// The file.
        path: PathBuf,
        /// First of the two.
        first: String,
        /// Second of the two.
        second: String,
    },
    /// A column of a type that cannot hold what it should.
    #[error(
        "file {}: column `{column}` holds {found}, where {expected} are needed; convert the column",
        path.display()
    )]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: String,
        /// Type found.
        found: String,
        /// Types that would do.
        expected: &'static str,
    },
    /// A file whose columns are not those of the first file.
    #[error(
        "file {} has another schema than {}: {}; write all files with the same columns and types",
        path.display(), first.display(), SchemaDifference { column, here, there }
    )]
    SchemaDiffers {
        /// The file.
        path: PathBuf,
        /// The register's first file.
        first: PathBuf,
        /// The first column (in alphabetical order) that differs.
        column: String,
        /// Its type in this file, if it is there.
        here: Option<Box<str>>,
        /// Its type in the first file, if it is there.
        there: Option<Box<str>>,
    },
    /// A code outside 0–999, in a week that decides a period; others are not read.
    #[error(
        "file {}, column `{column}`, row {row}: code {code} is not between 0 and 999; correct it or \
         set it to null (no benefit)", path.display()
    )]
    CodeOutOfRange {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: String,
        /// Row, from 1.
        row: u64,
        /// The code, as text.
        code: String,
    },
    /// A number that is not whole, in a column of codes, ids or groups.
    #[error(
        "file {}, column `{column}`, row {row}: {value} is not a whole number below 2^53; correct it or \
         set it to null", path.display()
    )]
    NotWhole {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: String,
        /// Row, from 1.
        row: u64,
        /// The number, as text; of a person id only what is wrong with it.
        value: String,
    },
    /// An employment degree that is negative or not a number.
    #[error(
        "file {}, column `{column}`, row {row}: employment degree {degree} is not a number of at least \
         0; correct it or set it to null (no wage income)", path.display()
    )]
    BadDegree {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: String,
        /// Row, from 1.
        row: u64,
        /// The degree, as text.
        degree: String,
    },
    /// A person without an id.
    #[error(
        "file {}, column `{column}`, row {row}: the person id is empty; give every person an id",
        path.display()
    )]
    MissingId {
        /// The file.
        path: PathBuf,
        /// Name of the id column.
        column: String,
        /// Row, from 1.
        row: u64,
    },
    /// A person id that stands in two rows. The id itself is not said: messages end up in logs.
    #[error(
        "one person id (column `{ID_COLUMN}`) stands twice, in file {} row {first_row} and in file {} \
         row {second_row}; keep one row a person", first.display(), second.display()
    )]
    DuplicateId {
        /// File of the first row.
        first: PathBuf,
        /// First row, from 1.
        first_row: u64,
        /// File of the second row.
        second: PathBuf,
        /// Second row, from 1.
        second_row: u64,
    },
    /// A person who stands twice in a list. The id is not said: messages end up in logs.
    #[error("list `{list}`: persons {first} and {second} are one; leave one of them")]
    ListedTwice {
        /// Name of the list.
        list: String,
        /// Place of the first, from 1.
        first: usize,
        /// Place of the second, from 1.
        second: usize,
    },
    /// A listed person whom the register has twice.
    #[error("the register has person {place} of list `{list}` twice; make ids unique")]
    ListedTwiceInRegister {
        /// Name of the list.
        list: String,
        /// Place of the person in the list, from 1.
        place: usize,
    },
    /// A value that a grouping's table does not have, such as an unknown municipality.
    #[error(
        "file {}, column `{column}`, row {row}: {value} is not in the table of grouping `{grouping}`; \
         add it to the table, correct the value, or name a label for unmatched values", path.display()
    )]
    Unmatched {
        /// The file.
        path: PathBuf,
        /// Name of the column.
        column: String,
        /// Row, from 1.
        row: u64,
        /// The value, as text (`null` if there is none).
        value: String,
        /// Name of the grouping.
        grouping: String,
    },
    /// A grouping by a column of too many values.
    #[error(
        "grouping `{grouping}`: column `{column}` has more than {limit} different values; join it to a \
         small table instead"
    )]
    TooManyValues {
        /// Name of the grouping.
        grouping: String,
        /// Name of the column.
        column: String,
        /// Largest number of values.
        limit: usize,
    },
    /// Weeks that end before they begin, or are too few or too far away.
    #[error(
        "the weeks {first} to {last} are impossible: give at least two, in order, between 1990 and 2089"
    )]
    ImpossibleWeeks {
        /// First week.
        first: Week,
        /// Last week.
        last: Week,
    },
    /// A week outside the study.
    #[error(
        "week {week} is outside the study's weeks {first} to {last}; choose another or read more weeks"
    )]
    WeekOutside {
        /// The week.
        week: Week,
        /// First week of the study.
        first: Week,
        /// Last week of the study.
        last: Week,
    },
    /// A state or measure that the code book does not have.
    #[error("there is no {what} `{found}` in the code book; it has: {valid}")]
    NoSuchMeaning {
        /// `state` or `measure`.
        what: &'static str,
        /// The name found.
        found: String,
        /// The names of the book.
        valid: String,
    },
    /// More classes than a byte can tell apart.
    #[error("{found} classes of states are too many; at most 254 are possible")]
    TooManyClasses {
        /// Number of classes.
        found: usize,
    },
    /// A window that ends before it begins.
    #[error("the window from week {from} to week {to} is empty; write the earlier week first")]
    EmptyWindow {
        /// First week.
        from: i32,
        /// Last week.
        to: i32,
    },
    /// A look-back of no weeks or of more than all.
    #[error(
        "a look-back over {weeks} weeks at {percent} per cent is impossible; give at least one week and at most 100"
    )]
    LookBack {
        /// Weeks.
        weeks: usize,
        /// Per cent.
        percent: u32,
    },
    /// A label that units of this kind do not have.
    #[error("`{label}` needs {needs}; choose other units or another label")]
    LabelNeeds {
        /// Name of the dimension.
        label: String,
        /// What it needs.
        needs: &'static str,
    },
    /// Two groupings of one name, or a grouping named as a built-in dimension.
    #[error("grouping `{grouping}` has a name that is already taken; rename it")]
    GroupingTwice {
        /// Name of the grouping.
        grouping: String,
    },
    /// A key that stands twice in a grouping's table.
    #[error("grouping `{grouping}`: `{key}` stands twice in its table; leave one of them")]
    KeyTwice {
        /// Name of the grouping.
        grouping: String,
        /// The key.
        key: String,
    },
    /// A label that ages cannot be counted from.
    #[error(
        "grouping `{grouping}` gives years of birth, and its label `{label}` is none; use a column of years with four digits"
    )]
    NotAYearOfBirth {
        /// Name of the grouping.
        grouping: String,
        /// The label.
        label: String,
    },
    /// A table or spell file asks for a grouping that the plan does not have.
    #[error("there is no grouping `{found}`; there are: {valid}")]
    NoSuchGrouping {
        /// The name found.
        found: String,
        /// The groupings of the plan.
        valid: String,
    },
    /// A study period that cannot be.
    #[error(
        "study period {first} to {last}: it must be at least two and at most 1200 months long and lie \
         in 1990 to 2089, the years that column names can express"
    )]
    ImpossiblePeriod {
        /// First month.
        first: Month,
        /// Last month.
        last: Month,
    },
    /// A spell rule that cannot be.
    #[error("spell rule: {name} is {value}, but must be between {least} and {most}")]
    ImpossibleRule {
        /// Name of the rule's part.
        name: &'static str,
        /// Value found.
        value: usize,
        /// Least possible value.
        least: usize,
        /// Largest possible value.
        most: usize,
    },
    /// A table with too many cells.
    #[error(
        "a table by {dims} would have {cells} cells; at most {limit} are possible, so leave out a \
         dimension"
    )]
    TableTooLarge {
        /// Names of the dimensions.
        dims: String,
        /// Number of cells.
        cells: u128,
        /// Largest number of cells.
        limit: usize,
    },
    /// A table that does not have the dimension asked for, or has it twice.
    #[error("the table has no dimension `{found}` (or has it twice); it has: {valid}")]
    NoSuchDimension {
        /// The name found.
        found: String,
        /// The table's dimensions.
        valid: String,
    },
    /// A label that the dimension does not have.
    #[error("dimension `{dimension}` has no label `{found}`; it has: {valid}")]
    NoSuchLabel {
        /// Name of the dimension.
        dimension: String,
        /// The label found.
        found: String,
        /// The dimension's labels.
        valid: String,
    },
    /// Two tables that cannot be added because their dimensions differ.
    #[error("tables by {left} and by {right} cannot be added: their dimensions or labels differ")]
    TablesDiffer {
        /// Dimensions of the one.
        left: String,
        /// Dimensions of the other.
        right: String,
    },
    /// The spell file cannot be written.
    #[error("cannot write spells to {}: {message}; check the folder and the disk", path.display())]
    WriteSpells {
        /// The file.
        path: PathBuf,
        /// What the writer says.
        message: String,
    },
    /// The run was cancelled through [`Progress::cancelled`](crate::scan::Progress::cancelled).
    #[error("cancelled; nothing was left behind")]
    Cancelled,
    /// A code book that cannot be used.
    #[error(transparent)]
    CodeBook(#[from] CodeBookError),
    /// The name of a month or week.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// An error of the engine itself.
    #[error("internal error: {0}; please report it")]
    Internal(&'static str),
}

struct SchemaDifference<'a> {
    column: &'a str,
    here: &'a Option<Box<str>>,
    there: &'a Option<Box<str>>,
}

impl fmt::Display for SchemaDifference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.column;
        match (self.here, self.there) {
            (Some(here), Some(there)) => {
                write!(f, "column `{column}` holds {here} here and {there} there")
            }
            (None, _) => write!(f, "column `{column}` is missing here"),
            (_, None) => write!(f, "column `{column}` is new here"),
        }
    }
}
