//! What the benefit codes of a register mean.
//!
//! A code book is a TOML file that puts every three-digit code into one of three bins: a benefit of a
//! target group (the person is *in*), a state that one can leave to (an *exit*), or neither. Codes of
//! the last bin are *unknown*: they are counted and fall to the residual exit. The built-in book is
//! [`CodeBook::dream_2019`]; the file `codebooks/dream-2019.toml` shows the format.
//!
//! ```
//! use afgang_engine::codebook::{CodeBook, State};
//!
//! let book = CodeBook::dream_2019();
//! let State::In { target_group, intervention } = book.state(734) else { panic!() };
//! assert_eq!(book.target_groups()[target_group], "aktivitetsparate");
//! assert_eq!(book.interventions()[intervention], "ordinary_education");
//! let State::Out { exit } = book.state(651) else { panic!() };
//! assert_eq!(book.exits()[exit], "education");
//! assert_eq!(book.state(0), State::NoCode);
//! assert_eq!(book.state(555), State::Unknown);
//! ```

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::OnceLock;

use serde::Deserialize;

/// Name of the exit of spells that still run at the end of data (censored).
pub const CENSORED_NAME: &str = "still_unemployed";

/// Number of codes that a book speaks of: 0 (no code) to 999.
pub const CODES: usize = 1000;

const DREAM_2019: &str = include_str!("../codebooks/dream-2019.toml");

/// What can be wrong with a code book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeBookError {
    /// The text is not TOML of the expected form.
    #[error("code book {book}, line {line}: {message}")]
    Syntax {
        /// Name of the book.
        book: String,
        /// Line of the text, from 1.
        line: usize,
        /// What the TOML reader says.
        message: String,
    },
    /// A code or range that cannot be read.
    #[error(
        "code book {book}, entry `{entry}`: `{code}` is not a code; write codes as \"651\" or ranges \
         as \"700-709\", all between 1 and 999"
    )]
    NotACode {
        /// Name of the book.
        book: String,
        /// Name of the benefit or state.
        entry: String,
        /// The text found.
        code: String,
    },
    /// A code that stands in two entries.
    #[error(
        "code book {book}: code {code} stands both in `{first}` and in `{second}`; leave it in one"
    )]
    CodeTwice {
        /// Name of the book.
        book: String,
        /// The code.
        code: u16,
        /// First entry with the code.
        first: String,
        /// Second entry with the code.
        second: String,
    },
    /// A name that the book's own lists do not have.
    #[error("code book {book}: `{found}` is not one of the book's {list}: {valid}")]
    NoSuchName {
        /// Name of the book.
        book: String,
        /// The name found.
        found: String,
        /// Which list it was looked up in.
        list: &'static str,
        /// The names of that list.
        valid: String,
    },
    /// A name that stands twice in a list, or the reserved name of censored spells.
    #[error(
        "code book {book}: `{name}` stands twice in {list} (or is reserved); rename one of them"
    )]
    NameTwice {
        /// Name of the book.
        book: String,
        /// The name.
        name: String,
        /// The list.
        list: &'static str,
    },
    /// More states than one byte can hold.
    #[error(
        "code book {book} has {found} combinations of target group, intervention and exit; at most \
         {limit} are possible"
    )]
    TooManyStates {
        /// Name of the book.
        book: String,
        /// Number of combinations.
        found: usize,
        /// Largest possible number.
        limit: usize,
    },
    /// More states and measures together than one byte can hold.
    #[error(
        "code book {book} has {found} states, measures or pairs of them; at most {limit} are possible"
    )]
    TooManyMeanings {
        /// Name of the book.
        book: String,
        /// Their number.
        found: usize,
        /// Largest possible number.
        limit: usize,
    },
    /// A code with a measure that has no state.
    #[error("code book {book}: code {code} has a measure but no state; put it into a state")]
    MeasureWithoutState {
        /// Name of the book.
        book: String,
        /// The code.
        code: u16,
    },
}

impl CodeBookError {
    pub(crate) fn syntax(book: &str, text: &str, error: &toml::de::Error) -> Self {
        Self::Syntax {
            book: book.to_owned(),
            line: error.span().map_or(1, |span| {
                1 + text.bytes().take(span.start).filter(|&byte| byte == b'\n').count()
            }),
            message: error.message().trim().to_owned(),
        }
    }

    fn not_a_code(book: &str, entry: &str, code: &str) -> Self {
        Self::NotACode { book: book.to_owned(), entry: entry.to_owned(), code: code.to_owned() }
    }
}

/// What a code says about a person in its week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// No benefit: null, empty or 0.
    NoCode,
    /// In a benefit of a target group; indices into [`CodeBook::target_groups`] and
    /// [`CodeBook::interventions`].
    In {
        /// Target group.
        target_group: usize,
        /// Intervention that the code stands for.
        intervention: usize,
    },
    /// In a state that counts as an exit; index into [`CodeBook::exits`].
    Out {
        /// Exit.
        exit: usize,
    },
    /// A code that the book does not know; it counts as the residual exit.
    Unknown,
}

/// A benefit: a row of the report's table 3.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Benefit {
    /// Index into [`CodeBook::target_groups`].
    pub target_group: usize,
    /// The codes, ascending.
    pub codes: Vec<u16>,
    /// Danish name.
    pub name_da: String,
    /// English name.
    pub name_en: String,
}

/// A code book, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeBook {
    name: String,
    version: u32,
    target_groups: Vec<String>,
    exits: Vec<String>,
    interventions: Vec<String>,
    benefits: Vec<Benefit>,
    with_income: usize,
    without_income: usize,
    residual: usize,
    states: Vec<State>,
}

impl CodeBook {
    /// DREAM's codes as the report on the job centres reads them.
    pub fn dream_2019() -> Self {
        static BOOK: OnceLock<CodeBook> = OnceLock::new();
        BOOK.get_or_init(|| match Self::from_toml("dream-2019", DREAM_2019) {
            Ok(book) => book,
            // The text is part of the program and a test reads it, so this cannot be reached.
            Err(_) => Self::empty(),
        })
        .clone()
    }

    /// Reads a code book; `name` is how errors call it (a file name, for example).
    ///
    /// # Errors
    ///
    /// [`CodeBookError`], naming the book and the entry or line.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, CodeBookError> {
        let file: BookFile =
            toml::from_str(text).map_err(|error| CodeBookError::syntax(name, text, &error))?;
        Builder { book: name, file: &file }.build()
    }

    /// Name of the book, for example `dream-2019`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version of the book.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Target groups, in the order of every table.
    pub fn target_groups(&self) -> &[String] {
        &self.target_groups
    }

    /// Exits, in the order of every table, without the censored ([`CENSORED_NAME`]).
    pub fn exits(&self) -> &[String] {
        &self.exits
    }

    /// Interventions, in the order of every table.
    pub fn interventions(&self) -> &[String] {
        &self.interventions
    }

    /// Benefits, in the order of the file.
    pub fn benefits(&self) -> &[Benefit] {
        &self.benefits
    }

    /// Exit of a month without a code but with wage income.
    pub fn exit_with_income(&self) -> usize {
        self.with_income
    }

    /// Exit of a month without a code and without wage income.
    pub fn exit_without_income(&self) -> usize {
        self.without_income
    }

    /// Exit of codes that the book does not know.
    pub fn residual_exit(&self) -> usize {
        self.residual
    }

    /// What a code means; codes above 999 are [`State::Unknown`].
    pub fn state(&self, code: u16) -> State {
        self.states.get(usize::from(code)).copied().unwrap_or(State::Unknown)
    }

    /// The codes in which a person is in a target group with an intervention, ascending.
    pub fn codes_of(&self, target_group: usize, intervention: usize) -> Vec<u16> {
        let wanted = State::In { target_group, intervention };
        (0..CODES as u16).filter(|&code| self.state(code) == wanted).collect()
    }

    fn empty() -> Self {
        Self {
            name: String::new(),
            version: 0,
            target_groups: Vec::new(),
            exits: Vec::new(),
            interventions: Vec::new(),
            benefits: Vec::new(),
            with_income: 0,
            without_income: 0,
            residual: 0,
            states: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
    name: String,
    version: u32,
    #[serde(default, rename = "source")]
    _source: Option<String>,
    target_groups: Vec<String>,
    exits: Vec<String>,
    interventions: Vec<String>,
    residual: String,
    no_code: NoCodeFile,
    #[serde(default)]
    last_digit: BTreeMap<String, DigitsFile>,
    benefit: Vec<BenefitFile>,
    #[serde(default)]
    state: Vec<StateFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoCodeFile {
    with_income: String,
    without_income: String,
}

/// `guidance = [3]` or `otherwise = "passive"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum DigitsFile {
    Digits(Vec<u8>),
    Otherwise(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BenefitFile {
    target_group: String,
    codes: Vec<CodeFile>,
    #[serde(default)]
    name_da: String,
    #[serde(default)]
    name_en: String,
    intervention: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    exit: String,
    codes: Vec<CodeFile>,
    #[serde(default)]
    name_da: String,
    #[serde(default)]
    name_en: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum CodeFile {
    Number(i64),
    Text(String),
}

struct Builder<'a> {
    book: &'a str,
    file: &'a BookFile,
}

impl Builder<'_> {
    fn build(&self) -> Result<CodeBook, CodeBookError> {
        let file = self.file;
        self.unique(&file.target_groups, "target_groups")?;
        self.unique(&file.exits, "exits")?;
        self.unique(&file.interventions, "interventions")?;
        let found = file.target_groups.len() * file.interventions.len() + file.exits.len();
        // Three more values of a byte are "no code", "unknown" and "not a code".
        let limit = usize::from(u8::MAX) - 2;
        if found > limit {
            return Err(CodeBookError::TooManyStates { book: self.book.to_owned(), found, limit });
        }

        let by_digit = self.interventions_by_digit()?;
        let mut states = vec![State::Unknown; CODES];
        states[0] = State::NoCode;
        let mut owner: Vec<Option<&str>> = vec![None; CODES];
        let mut benefits = Vec::with_capacity(file.benefit.len());
        for entry in &file.benefit {
            let name = entry_name(&entry.name_en, &entry.name_da, &entry.target_group);
            let target_group =
                self.find(&file.target_groups, &entry.target_group, "target_groups")?;
            let fixed = match &entry.intervention {
                Some(name) => Some(self.find(&file.interventions, name, "interventions")?),
                None => None,
            };
            let codes = claim(self.book, name, &entry.codes, &mut owner)?;
            for &code in &codes {
                let intervention = match fixed {
                    Some(index) => index,
                    None => by_digit[usize::from(code % 10)],
                };
                states[usize::from(code)] = State::In { target_group, intervention };
            }
            benefits.push(Benefit {
                target_group,
                codes,
                name_da: entry.name_da.clone(),
                name_en: entry.name_en.clone(),
            });
        }
        for entry in &file.state {
            let name = entry_name(&entry.name_en, &entry.name_da, &entry.exit);
            let exit = self.find(&file.exits, &entry.exit, "exits")?;
            for code in claim(self.book, name, &entry.codes, &mut owner)? {
                states[usize::from(code)] = State::Out { exit };
            }
        }
        Ok(CodeBook {
            name: file.name.clone(),
            version: file.version,
            target_groups: file.target_groups.clone(),
            exits: file.exits.clone(),
            interventions: file.interventions.clone(),
            benefits,
            with_income: self.find(&file.exits, &file.no_code.with_income, "exits")?,
            without_income: self.find(&file.exits, &file.no_code.without_income, "exits")?,
            residual: self.find(&file.exits, &file.residual, "exits")?,
            states,
        })
    }

    fn interventions_by_digit(&self) -> Result<[usize; 10], CodeBookError> {
        let names = &self.file.interventions;
        let mut by_digit = [None; 10];
        let mut otherwise = 0;
        for (name, entry) in &self.file.last_digit {
            match entry {
                DigitsFile::Otherwise(named) if name == "otherwise" => {
                    otherwise = self.find(names, named, "interventions")?;
                }
                DigitsFile::Otherwise(named) => {
                    return Err(CodeBookError::not_a_code(self.book, "last_digit", named));
                }
                DigitsFile::Digits(digits) => {
                    let index = self.find(names, name, "interventions")?;
                    for &digit in digits {
                        match by_digit.get_mut(usize::from(digit)) {
                            Some(slot @ None) => *slot = Some(index),
                            _ => {
                                return Err(CodeBookError::not_a_code(
                                    self.book,
                                    "last_digit",
                                    &digit.to_string(),
                                ));
                            }
                        }
                    }
                }
            }
        }
        Ok(by_digit.map(|index| index.unwrap_or(otherwise)))
    }

    fn find(
        &self,
        names: &[String],
        name: &str,
        list: &'static str,
    ) -> Result<usize, CodeBookError> {
        names.iter().position(|known| known == name).ok_or_else(|| CodeBookError::NoSuchName {
            book: self.book.to_owned(),
            found: name.to_owned(),
            list,
            valid: names.join(", "),
        })
    }

    fn unique(&self, names: &[String], list: &'static str) -> Result<(), CodeBookError> {
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) || name == CENSORED_NAME {
                return Err(CodeBookError::NameTwice {
                    book: self.book.to_owned(),
                    name: name.clone(),
                    list,
                });
            }
        }
        Ok(())
    }
}

/// The codes of an entry of a book, ascending, marked as taken by it.
pub(crate) fn claim<'b>(
    book: &str,
    entry: &'b str,
    codes: &[CodeFile],
    owner: &mut [Option<&'b str>],
) -> Result<Vec<u16>, CodeBookError> {
    let mut claimed = Vec::new();
    for code in codes {
        let range = match code {
            CodeFile::Number(number) => u16::try_from(*number).ok().map(|code| code..=code),
            CodeFile::Text(text) => parse_range(text),
        };
        let range = range
            .filter(|range| *range.start() >= 1 && usize::from(*range.end()) < CODES)
            .filter(|range| !range.is_empty())
            .ok_or_else(|| match code {
                CodeFile::Number(number) => {
                    CodeBookError::not_a_code(book, entry, &number.to_string())
                }
                CodeFile::Text(text) => CodeBookError::not_a_code(book, entry, text),
            })?;
        for code in range {
            match &mut owner[usize::from(code)] {
                Some(first) => {
                    return Err(CodeBookError::CodeTwice {
                        book: book.to_owned(),
                        code,
                        first: (*first).to_owned(),
                        second: entry.to_owned(),
                    });
                }
                free => *free = Some(entry),
            }
            claimed.push(code);
        }
    }
    claimed.sort_unstable();
    Ok(claimed)
}

/// `"651"` or `"700-709"`.
fn parse_range(text: &str) -> Option<RangeInclusive<u16>> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
}

fn entry_name<'a>(english: &'a str, danish: &'a str, fallback: &'a str) -> &'a str {
    [english, danish].into_iter().find(|name| !name.is_empty()).unwrap_or(fallback)
}

#[cfg(test)]
mod tests;
