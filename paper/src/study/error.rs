//! What can be wrong with a study, with its place in the text.

use std::ops::Range;
use std::path::PathBuf;

use afgang_engine::codebook::CodeBookError;

use crate::whole_file::FileError;

/// A study that cannot be used.
#[derive(Debug, thiserror::Error)]
pub struct StudyError {
    problem: Problem,
    place: Option<Place>,
}

/// Where in which text.
#[derive(Debug, Clone)]
struct Place {
    name: String,
    text: String,
    span: Range<usize>,
    line: usize,
}

impl std::fmt::Display for StudyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}, line {}: {}", place.name, place.line, self.problem),
            None => write!(f, "{}", self.problem),
        }
    }
}

impl StudyError {
    /// A problem at a place of a text.
    pub(super) fn at(name: &str, text: &str, span: Range<usize>, problem: Problem) -> Self {
        let start = span.start.min(text.len());
        let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let end = span.end.clamp(start, text.len());
        let place = Place { name: name.to_owned(), text: text.to_owned(), span: start..end, line };
        Self { problem, place: Some(place) }
    }

    /// A problem of the whole study.
    pub(crate) fn of(problem: Problem) -> Self {
        Self { problem, place: None }
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Line of the text, from 1.
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// Name of the text, the text, and the bytes at fault.
    pub fn place(&self) -> Option<(&str, &str, Range<usize>)> {
        self.place.as_ref().map(|place| (&*place.name, &*place.text, place.span.clone()))
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let words = |nearest: &Option<String>, valid: &[String]| {
            if valid.is_empty() {
                return "the study names none; add one".to_owned();
            }
            let valid = valid.join(", ");
            match nearest {
                Some(nearest) => format!("did you mean `{nearest}`? valid here: {valid}"),
                None => format!("valid here: {valid}"),
            }
        };
        Some(match &self.problem {
            Problem::NoStudy { built_in, .. } => {
                format!("built in: {}; or give the path of a .toml file", built_in.join(", "))
            }
            Problem::File(error) => error.help(),
            Problem::Syntax { .. } => "correct the TOML at the marked place".to_owned(),
            Problem::UnknownKey { nearest, valid, .. }
            | Problem::UnknownWord { nearest, valid, .. } => words(nearest, valid),
            Problem::MissingKey { key, section } => format!("add `{key} = …` to {section}"),
            Problem::MissingWords { key, section } => {
                format!("add `{key} = \"…\"` to {section}, or `{key}.da` and `{key}.en`")
            }
            Problem::NotNumbers { .. } => {
                "name it in `shares`, or take a grouping whose labels are numbers".to_owned()
            }
            Problem::NoSuchWeek { last, .. } => format!("the last week of that year is {last}"),
            Problem::Reserved { taken, .. } => {
                format!("call it something else; names that tables give themselves: {taken}")
            }
            Problem::OpenWindow { first, .. } => {
                format!("look at fewer weeks before the start; the study's data begin in {first}")
            }
            Problem::WrongType { wanted, .. } => format!("write {wanted}"),
            Problem::EmptyList { .. } => "name at least one".to_owned(),
            Problem::NotAMonth { text } if text.contains("-W") => {
                "write months as YYYY-MM, for example 2011-01, or add resolution = \"week\" to [period]"
                    .to_owned()
            }
            Problem::NotAMonth { .. } => "write months as YYYY-MM, for example 2011-01".to_owned(),
            Problem::PeriodTooShort { .. } => {
                "a period needs a month to look back to, and at least one more".to_owned()
            }
            Problem::OutsidePeriod { first, last, .. } => {
                format!("stay between {first} and {last}")
            }
            Problem::RowOfAreas { missing, choices } => {
                let of = if choices.is_empty() {
                    String::new()
                } else {
                    format!(", one of: {}", choices.join(", "))
                };
                format!("write `row = {{ {missing} = \"…\" }}`{of}")
            }
            Problem::Range { .. } => "write the smaller number first".to_owned(),
            Problem::Number { wanted, .. } | Problem::Malformed { wanted, .. } => {
                format!("write {wanted}")
            }
            Problem::NotAnInterval { .. } => {
                "write one month as \"1\", several as \"2-6\"".to_owned()
            }
            Problem::IntervalOrder { expected, .. } => {
                format!("let it start at {expected}, so that each month is in one interval")
            }
            Problem::Repeated { .. } => "rename or remove one of the two".to_owned(),
            Problem::NoText { .. } => {
                "write it as `da`, as `en`, or both; one of them does for both".to_owned()
            }
            Problem::SlipOfNothing { outputs, .. } => {
                format!("delete the slip, or name one of the outputs: {}", outputs.join(", "))
            }
            Problem::InTheWay { .. } => {
                "give a new folder, or rename or remove the file; nothing was written".to_owned()
            }
            Problem::OneOf { first, second, .. } => format!("write either `{first}` or `{second}`"),
            Problem::Table { help, .. } => help.clone(),
            Problem::UnfitWindow { key, .. } => format!("write a value that `{key}` can have, or name one in [window]"),
            Problem::NoOutputs => "add at least one [[output]]".to_owned(),
            Problem::CodeBook(_) => return None,
            Problem::NotYet { instead, .. } => (*instead).to_owned(),
            Problem::NeedsWeeks { .. } => {
                "write resolution = \"week\" and weeks such as 2014-W20 in [period], with a code book of weeks such as \
                 dream-weeks-2014"
                    .to_owned()
            }
            Problem::NeedsMonths { .. } => "take a study with resolution = \"month\", for example vive".to_owned(),
            Problem::NoEmployment { .. } => {
                "write employment_from = \"2008-01\" (the first month with a column grad_YYYY_MM) in [period]".to_owned()
            }
            Problem::MonthsOnly { .. } => {
                "take a kind of weeks such as stock; or make it a study of months: no resolution and months such as 2011-01 in \
                 [period], a code book of months such as dream-2019, and no [set], [classes], [rows] or [label]"
                    .to_owned()
            }
            Problem::WeeksReversed { .. } => "write the earlier week first".to_owned(),
            Problem::MonthsReversed { .. } => "write the earlier month first".to_owned(),
            Problem::BeforeEmployment { first, .. } => {
                format!("begin in {first} or later, or read degrees from an earlier month ([period] employment_from)")
            }
            Problem::OutOfRange { first, last, .. } => format!("stay between {first} and {last}"),
            Problem::LooksOutside { .. } => {
                "look at fewer weeks, or read more of the register in [period]".to_owned()
            }
            Problem::WeekOutside { first, last, .. } | Problem::MonthOutside { first, last, .. } => {
                format!("stay between {first} and {last}")
            }
            Problem::NoAccounts { .. } => {
                "add [accounts] with `map`, `corrections`, `job_centre`, `years`, `price_year` and `shares`"
                    .to_owned()
            }
        })
    }
}

/// What can be wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Something of week resolution in a study of months.
    #[error("{kind} belongs to studies at week resolution")]
    NeedsWeeks {
        /// The kind or section.
        kind: String,
    },
    /// A study at week resolution where months are needed.
    #[error("the study `{study}` looks at weeks and has no {wanted}")]
    NeedsMonths {
        /// The study.
        study: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// A state of weeks with wage income in a study that reads none.
    #[error(
        "the state `{state}` needs employment degrees, and [period] does not say from when there are any"
    )]
    NoEmployment {
        /// The state.
        state: String,
    },
    /// A kind of months in a study at week resolution.
    #[error("the kind `{kind}` belongs to studies of months")]
    MonthsOnly {
        /// The kind.
        kind: String,
    },
    /// A name of `[window]` in a key that it does not fit.
    #[error("`{key}` cannot be `{name}`, which is {is}")]
    UnfitWindow {
        /// The key.
        key: &'static str,
        /// The name.
        name: String,
        /// What it stands for.
        is: String,
    },
    /// Weeks that end before they begin.
    #[error("the weeks {from} to {to} are in the wrong order")]
    WeeksReversed {
        /// First week.
        from: String,
        /// Last week.
        to: String,
    },
    /// A number outside what makes sense.
    #[error("`{key}` is {found}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// The number.
        found: i64,
        /// Smallest that makes sense.
        first: i64,
        /// Largest that makes sense.
        last: i64,
    },
    /// Weeks that are looked at but are not in the data.
    #[error("`{key}` looks at {found}, and the study's weeks are {first} to {last}")]
    LooksOutside {
        /// The key.
        key: &'static str,
        /// The farthest week.
        found: String,
        /// First week of the study.
        first: String,
        /// Last week of the study.
        last: String,
    },
    /// A week outside the study.
    #[error("`{key}` is {found}, outside the study's weeks {first} to {last}")]
    WeekOutside {
        /// The key.
        key: &'static str,
        /// The week.
        found: String,
        /// First week.
        first: String,
        /// Last week.
        last: String,
    },
    /// Months that end before they begin.
    #[error("the months {from} to {to} are in the wrong order")]
    MonthsReversed {
        /// First month.
        from: String,
        /// Last month.
        to: String,
    },
    /// A month outside the study.
    #[error("`{key}` is {found}, outside the study's months {first} to {last}")]
    MonthOutside {
        /// The key.
        key: &'static str,
        /// The month.
        found: String,
        /// First month.
        first: String,
        /// Last month.
        last: String,
    },
    /// Employment is asked of months without employment degrees.
    #[error("`{key}` is {found}, and employment degrees are read from {first} on")]
    BeforeEmployment {
        /// The key.
        key: &'static str,
        /// The month.
        found: String,
        /// First month with employment degrees.
        first: String,
    },
    /// Neither a built-in study nor a file.
    #[error("there is no study `{name}`")]
    NoStudy {
        /// The name as given.
        name: String,
        /// Names of the built-in studies.
        built_in: Vec<String>,
    },
    /// A file that cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Text that is not TOML.
    #[error("{message}")]
    Syntax {
        /// What the reader says.
        message: String,
    },
    /// A key that no section of this kind has.
    #[error("unknown key `{key}` in {section}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The section.
        section: String,
        /// The most similar valid key.
        nearest: Option<String>,
        /// All valid keys.
        valid: Vec<String>,
    },
    /// A word that is not one of its kind.
    #[error("unknown {kind} `{word}`")]
    UnknownWord {
        /// What kind of word.
        kind: &'static str,
        /// The word.
        word: String,
        /// The most similar valid word.
        nearest: Option<String>,
        /// All valid words.
        valid: Vec<String>,
    },
    /// A key that must be there.
    #[error("{section} has no `{key}`")]
    MissingKey {
        /// The key.
        key: &'static str,
        /// The section.
        section: String,
    },
    /// Words that must be there.
    #[error("{section} has no `{key}`")]
    MissingWords {
        /// The key.
        key: &'static str,
        /// The section.
        section: String,
    },
    /// The mean of words.
    #[error(
        "the mean of grouping `{grouping}` is asked for, and its labels, such as `{label}`, are no numbers"
    )]
    NotNumbers {
        /// The grouping.
        grouping: String,
        /// One of its labels.
        label: String,
    },
    /// A week that its year does not have.
    #[error("`{key}` is {text}, and that year has no such week")]
    NoSuchWeek {
        /// The key.
        key: &'static str,
        /// The text.
        text: String,
        /// The last week of the year.
        last: String,
    },
    /// A name that tables give to rows or classes of their own.
    #[error("the {kind} cannot be called `{name}`")]
    Reserved {
        /// What kind of name.
        kind: &'static str,
        /// The name.
        name: String,
        /// All such names.
        taken: String,
    },
    /// A window before the start of spells that lies before the data for every spell.
    #[error(
        "`{key}` is {weeks} weeks, and the data hold {there} weeks up to the reference week {week}: no start has them all before it"
    )]
    OpenWindow {
        /// The key.
        key: &'static str,
        /// Weeks asked for.
        weeks: u32,
        /// Weeks from the first to the reference week.
        there: i32,
        /// The reference week.
        week: String,
        /// First week of the data.
        first: String,
    },
    /// A value of another type.
    #[error("`{key}` is {found}, where {wanted} is needed")]
    WrongType {
        /// The key.
        key: String,
        /// TOML's word for the type found.
        found: &'static str,
        /// What is needed.
        wanted: &'static str,
    },
    /// A list without elements.
    #[error("`{key}` is empty")]
    EmptyList {
        /// The key.
        key: &'static str,
    },
    /// A month that is none.
    #[error("`{text}` is not a month")]
    NotAMonth {
        /// The text.
        text: String,
    },
    /// A period that ends before it begins, or at once.
    #[error("a period from {from} to {to} is impossible")]
    PeriodTooShort {
        /// First month.
        from: String,
        /// Last month.
        to: String,
    },
    /// A year or a duration that the period does not have.
    #[error("`{key}` is {found}, outside the study's period")]
    OutsidePeriod {
        /// The key.
        key: &'static str,
        /// The value.
        found: i64,
        /// Smallest possible value.
        first: i64,
        /// Largest possible value.
        last: i64,
    },
    /// A range whose last number is before its first.
    #[error("`{key}` goes from {first} to {last}")]
    Range {
        /// The key.
        key: &'static str,
        /// First number.
        first: i64,
        /// Last number.
        last: i64,
    },
    /// A number outside its range.
    #[error("`{key}` is {found}, which is impossible")]
    Number {
        /// The key.
        key: &'static str,
        /// The number.
        found: f64,
        /// What is possible.
        wanted: &'static str,
    },
    /// Text that is not an interval of months.
    #[error("`{text}` is not an interval of months")]
    NotAnInterval {
        /// The text.
        text: String,
    },
    /// Intervals that overlap or leave months out.
    #[error("interval `{text}` does not follow the one before")]
    IntervalOrder {
        /// The interval.
        text: String,
        /// The month that it should start at.
        expected: u32,
    },
    /// A name that stands twice.
    #[error("the {kind} `{name}` is there twice")]
    Repeated {
        /// What kind of name.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Two keys that exclude each other, or neither of them.
    #[error("{section} needs either `{first}` or `{second}`")]
    OneOf {
        /// The section.
        section: String,
        /// One key.
        first: String,
        /// The other key.
        second: &'static str,
    },
    /// A text in no language.
    #[error("{section} has neither `da` nor `en`")]
    NoText {
        /// The section.
        section: String,
    },
    /// A slip of an output that the study does not have.
    #[error("this slip is of the output `{output}`, which the study does not have")]
    SlipOfNothing {
        /// The output that it names.
        output: String,
        /// The outputs that there are.
        outputs: Vec<String>,
    },
    /// A file that a copy of the study would overwrite.
    #[error("{} is there already and differs from the built-in study", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// A data table that cannot be used.
    #[error("data table {}: {reason}", path.display())]
    Table {
        /// The table's file, or its name if it is built in.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        help: String,
    },
    /// A study that asks for nothing.
    #[error("the study has no outputs")]
    NoOutputs,
    /// A code book that cannot be used.
    #[error(transparent)]
    CodeBook(#[from] CodeBookError),
    /// An output by areas that does not say which of its rows is drawn.
    #[error("the areas are to be ranked by one row, and `row` does not say its `{missing}`")]
    RowOfAreas {
        /// The key that is missing.
        missing: String,
        /// What it may be, if that is known.
        choices: Vec<String>,
    },
    /// A text that does not have the form it needs.
    #[error("`{text}` cannot be the {key}")]
    Malformed {
        /// The key.
        key: &'static str,
        /// The text.
        text: String,
        /// What is needed.
        wanted: &'static str,
    },
    /// An output of the accounts in a study that does not say how they are read.
    #[error("the kind `{kind}` needs the section [accounts]")]
    NoAccounts {
        /// The kind.
        kind: String,
    },
    /// A choice that is planned.
    #[error("{what} is not available in this version")]
    NotYet {
        /// What was asked for.
        what: String,
        /// What to do instead.
        instead: &'static str,
    },
}
