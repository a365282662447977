//! Studies: one TOML file says what is read, what a spell is, and which tables and figures come out.
//!
//! [`Study::load`] takes the name of a built-in study or the path of a file. Every word is checked against
//! the code book, the groupings and the period before any data are read; [`StudyError`] names the
//! line and the nearest valid word.

mod accounts;
mod built_in;
mod document;
mod error;
mod join;
mod kind;
mod read;
mod weeks;
mod window;

use std::path::{Path, PathBuf};

use afgang_engine::calendar::{Calendar, Month};
use afgang_engine::codebook::CodeBook;

pub use built_in::{BuiltIn, STUDIES};
pub use error::{Problem, StudyError};
pub use join::JoinTable;
pub use kind::{Interval, Kind};

use crate::accounts::Rules;
use crate::labels::Lang;
use crate::synthetic::Calibration;
use crate::weeks::WeekRules;
use crate::weeks::list::ListRule;
use crate::whole_file::FileError;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Danish.
    pub da: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The text in one language.
    pub fn pick(&self, lang: Lang) -> &str {
        lang.pick(&self.da, &self.en)
    }
}

/// What happens to spells that run when the data begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftTruncated {
    /// They are counted but stay out of every table.
    Exclude,
}

/// A grouping of spells: a column of the register, or a column joined to a small table.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// Its name in the study.
    pub name: String,
    /// What readers call it.
    pub title: Words,
    /// Column of the register.
    pub column: String,
    /// Value and label of each row of the joined table, in the order in which labels are shown; `None`
    /// if the column's own values are the labels.
    pub labels: Option<Vec<(String, String)>>,
    /// Label of values that the joined table does not have; without it they are an error.
    pub unmatched: Option<String>,
}

/// Numbers that the study's source prints in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Name of the table.
    pub name: String,
    /// The table as CSV.
    pub text: String,
}

/// A number that the study's source prints in its text.
#[derive(Debug, Clone, PartialEq)]
pub struct PrintedValue {
    /// Column and value of the rows that it speaks of.
    pub keys: Vec<(String, String)>,
    /// The column of the number.
    pub column: String,
    /// The number as printed, or a range such as `51-54`.
    pub value: String,
    /// The words of the text.
    pub wording: Option<Words>,
    /// Whether the last row counts rather than each: the end of a curve.
    pub last: bool,
    /// Whether the number is in per cent of the column's unit.
    pub percent: bool,
}

/// A table or figure of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Name of its files, for example `table_4_2`.
    pub id: String,
    /// What readers call it, for example `4.2`.
    pub number: Words,
    /// Title.
    pub title: Words,
    /// A note below it.
    pub note: Option<Words>,
    /// What it shows.
    pub kind: Kind,
    /// The table that it is compared with.
    pub published: Option<Published>,
    /// Numbers of the text that it is compared with.
    pub printed: Vec<PrintedValue>,
}

impl Output {
    /// The note in a language; empty without one.
    pub fn note_in(&self, lang: Lang) -> String {
        self.note.as_ref().map(|note| note.pick(lang).to_owned()).unwrap_or_default()
    }
}

/// A mistake of the study's source, to be shown and never corrected silently.
#[derive(Debug, Clone, PartialEq)]
pub struct Slip {
    /// The output that it concerns.
    pub output: Option<String>,
    /// What is wrong.
    pub text: Words,
}

/// A study, checked.
#[derive(Debug, Clone)]
pub struct Study {
    /// Its name.
    pub name: String,
    /// Version of the study.
    pub version: String,
    /// Title.
    pub title: Words,
    /// What it is about, one paragraph.
    pub lead: Words,
    /// Where it was read from: a path, or `built in`.
    pub origin: String,
    /// The text of the file.
    pub text: String,
    /// First month of data.
    pub from: Month,
    /// Last month of data.
    pub to: Month,
    /// Which month a week belongs to.
    pub calendar: Calendar,
    /// Name of the code book.
    pub code_book_name: String,
    /// What codes mean.
    pub code_book: CodeBook,
    /// Months from the last month in to the month whose state is the cause of exit.
    pub exit_lag: u32,
    /// Months at the beginning that are only looked back to: who is in then has no known start.
    pub look_back: u32,
    /// Shortest duration that counts as a spell.
    pub min_duration: u32,
    /// What happens to spells that run when the data begin.
    pub left_truncated: LeftTruncated,
    /// Data tables by name.
    pub tables: Vec<(String, JoinTable)>,
    /// Groupings.
    pub groupings: Vec<Grouping>,
    /// How the municipalities' accounts are read, if the study has outputs of them.
    pub accounts: Option<Rules>,
    /// The synthetic register that it is reproduced on, if the study names one.
    pub synthetic: Option<Calibration>,
    /// Weeks and their sets, if the study is at week resolution; what only months have is then not used.
    pub weeks: Option<WeekRules>,
    /// Tables and figures.
    pub outputs: Vec<Output>,
    /// Mistakes of the source.
    pub slips: Vec<Slip>,
}

impl Study {
    /// Loads a built-in study by name, or a study file by path.
    ///
    /// ```
    /// use afgang::study::Study;
    ///
    /// let vive = Study::load("vive")?;
    /// assert_eq!(vive.from.to_string(), "2011-01");
    /// assert!(vive.outputs.iter().any(|output| output.id == "table_4_2"));
    /// # Ok::<(), Box<afgang::study::StudyError>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`StudyError`] with the line at fault.
    pub fn load(name: &str) -> Result<Self, Box<StudyError>> {
        if let Some(study) = BuiltIn::named(name) {
            return read::study("built in", &format!("{name}.toml"), study.text, None);
        }
        let path = Path::new(name);
        let looks_like_path =
            path.extension().is_some() || path.components().count() > 1 || path.exists();
        if !looks_like_path {
            return Err(Box::new(StudyError::of(Problem::NoStudy {
                name: name.to_owned(),
                built_in: STUDIES.iter().map(|study| study.name.to_owned()).collect(),
            })));
        }
        let text = std::fs::read_to_string(path)
            .map_err(FileError::of("read the study", path))
            .map_err(|error| Box::new(StudyError::of(error.into())))?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        read::study(name, name, &text, Some(folder))
    }

    /// Number of months of data, those looked back to included.
    pub fn months(&self) -> u32 {
        (self.to - self.from + 1).unsigned_abs()
    }

    /// Files that the study named and that were read with it; a name of something built in may be among them.
    pub fn files(&self) -> Vec<PathBuf> {
        if BuiltIn::named(&self.name).is_some_and(|own| own.text == self.text) {
            return Vec::new();
        }
        let folder = self.folder();
        let lists = self.weeks.iter().flat_map(|rules| &rules.lists);
        let tables = self.tables.iter().map(|(_, table)| &table.source);
        let accounts = self.accounts.iter().flat_map(|rules| &rules.tables);
        let published = self.outputs.iter().filter_map(|output| output.published.as_ref());
        tables
            .chain([&self.code_book_name])
            .chain(published.map(|table| &table.name))
            .chain(accounts.map(|(_, name, _)| name))
            .chain(lists.filter_map(|list| list.file.as_ref()))
            .map(|name| folder.join(name))
            .collect()
    }

    /// Whether it has the name of a built-in study and asks for something else: then the printed numbers of that study are
    /// not those of its questions.
    pub fn is_changed(&self) -> bool {
        let Some(own) = BuiltIn::named(&self.name).filter(|own| own.text != self.text) else {
            return false;
        };
        let Ok(own) = Self::load(own.name) else { return false };
        let differs = |output: &Output| {
            let of_own = own.outputs.iter().find(|other| other.id == output.id);
            let printed = output.published.is_some() || !output.printed.is_empty();
            printed && of_own.is_none_or(|other| other.kind != output.kind)
        };
        let labels = |study: &Self| -> Vec<_> {
            let of = |of: &Grouping| (of.name.clone(), of.column.clone(), of.labels.clone());
            study.groupings.iter().map(of).collect()
        };
        // Where a list lies, and what things are called, changes no question.
        let rules = |study: &Self| {
            let mut rules = study.weeks.clone();
            if let Some(rules) = &mut rules {
                rules.lists.iter_mut().for_each(|list| list.file = None);
                rules.titles.clear();
                rules.columns.clear();
            }
            rules
        };
        (self.from, self.to, self.calendar) != (own.from, own.to, own.calendar)
            || (self.exit_lag, self.look_back, self.min_duration)
                != (own.exit_lag, own.look_back, own.min_duration)
            || self.code_book_name != own.code_book_name
            || labels(self) != labels(&own)
            || rules(self) != rules(&own)
            || self.outputs.iter().any(differs)
    }

    /// First and last month of the data, or week where the study looks at weeks.
    pub fn period(&self) -> (String, String) {
        match &self.weeks {
            None => (self.from.to_string(), self.to.to_string()),
            Some(rules) => (rules.first.to_string(), rules.last.to_string()),
        }
    }

    /// The folder of the study's file, in which files that it names lie.
    pub fn folder(&self) -> &Path {
        Path::new(&self.origin).parent().unwrap_or_else(|| Path::new("."))
    }

    /// The lists of persons that it names.
    pub fn lists(&self) -> &[ListRule] {
        self.weeks.as_ref().map_or(&[], |rules| &rules.lists)
    }

    /// Refuses a study at week resolution where something of months is wanted.
    ///
    /// # Errors
    ///
    /// [`Problem::NeedsMonths`], naming what is wanted.
    pub fn needs_months(&self, wanted: &'static str) -> Result<(), Box<StudyError>> {
        if self.weeks.is_none() {
            return Ok(());
        }
        let problem = Problem::NeedsMonths { study: self.name.clone(), wanted };
        Err(Box::new(StudyError::of(problem)))
    }

    /// Names of the target groups.
    pub fn target_groups(&self) -> &[String] {
        self.code_book.target_groups()
    }

    /// The grouping of a name.
    pub fn grouping(&self, name: &str) -> Option<&Grouping> {
        self.groupings.iter().find(|grouping| grouping.name == name)
    }
}

#[cfg(test)]
mod tests;
