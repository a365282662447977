//! What the benefit codes of single weeks mean.

use std::sync::OnceLock;

use serde::Deserialize;

use super::table::WeekSet;
use crate::codebook::{CODES, CodeBookError, CodeFile, claim};
use crate::error::Error;
use crate::states::{NO_CODE, NOT_A_CODE, StateTable};

const DREAM_2014: &str = include_str!("../../codebooks/dream-weeks-2014.toml");

/// The byte of no code in a month with wage income.
pub(crate) const WITH_INCOME: u8 = 1;

/// The first byte of a code.
const FIRST_CODE: u8 = 2;

/// A state of a week, or a measure in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// Its name in studies and tables.
    pub name: String,
    /// Its codes, ascending.
    pub codes: Vec<u16>,
    /// Danish name.
    pub name_da: String,
    /// English name.
    pub name_en: String,
    /// Whether the codes are an assumption of the book rather than printed in its sources.
    pub assumed: bool,
}

/// A code book at week resolution: every code has one state and at most one measure.
///
/// The states without a code come last: with wage income in the week's month, and without.
///
/// ```
/// use afgang_engine::week::{WeekBook, WeekSet};
///
/// let book = WeekBook::dream_2014();
/// let names: Vec<&str> = book.states().iter().map(|state| state.name.as_str()).collect();
/// assert_eq!(names.last(), Some(&"self_support"));
/// assert_eq!(book.state_of(735), Some("kontanthjaelp_aktivitetsparat"));
/// assert_eq!(book.measure_of(735), Some("loentilskud_privat"));
/// assert_eq!(book.measure_of(730), None);
/// assert_eq!(book.state_of(555), Some("other"));
/// assert_eq!(book.employment_in(&WeekSet::states(["employment"])), Some("employment"));
/// assert_eq!(book.employment_in(&WeekSet::states(["self_support"])), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekBook {
    name: String,
    version: u32,
    states: Vec<Meaning>,
    measures: Vec<Meaning>,
    /// Byte of each code.
    bytes: [u8; CODES + 1],
    /// State of each byte.
    state_of: Vec<u8>,
    /// Measure of each byte.
    measure_of: Vec<Option<u8>>,
}

impl WeekBook {
    /// DREAM's codes as of 2014; the file marks what is assumed.
    pub fn dream_2014() -> Self {
        static BOOK: OnceLock<WeekBook> = OnceLock::new();
        BOOK.get_or_init(|| match Self::from_toml("dream-weeks-2014", DREAM_2014) {
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
        file.build(name)
    }

    /// Name of the book.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version of the book.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// States in the order of the book, then those of no code: with and without wage income.
    pub fn states(&self) -> &[Meaning] {
        &self.states
    }

    /// The state of weeks without a code in a month with wage income, if a set has it.
    pub fn employment_in(&self, set: &WeekSet) -> Option<&str> {
        let work = self.states.get(self.states.len().checked_sub(2)?)?;
        set.states.contains(&work.name).then_some(&work.name)
    }

    /// Measures in the order of the book.
    pub fn measures(&self) -> &[Meaning] {
        &self.measures
    }

    /// State of a code; that of unknown codes where the book does not have it, `None` for 0 (no code).
    pub fn state_of(&self, code: u16) -> Option<&str> {
        let byte = self.bytes[usize::from(code).min(CODES)];
        if byte == NO_CODE || byte == NOT_A_CODE {
            return None;
        }
        Some(self.states[usize::from(self.state_of[usize::from(byte)])].name.as_str())
    }

    /// Measure of a code, if it is one.
    pub fn measure_of(&self, code: u16) -> Option<&str> {
        let byte = self.bytes[usize::from(code).min(CODES)];
        let measure = (*self.measure_of.get(usize::from(byte))?)?;
        Some(self.measures[usize::from(measure)].name.as_str())
    }

    /// The weeks of a set, ready to be looked up.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchMeaning`] for a name that the book does not have.
    pub fn membership(&self, set: &WeekSet) -> Result<Membership, Error> {
        for (names, known, what) in
            [(&set.states, self.states(), "state"), (&set.measures, self.measures(), "measure")]
        {
            for name in names {
                if !known.iter().any(|meaning| meaning.name == *name) {
                    return Err(Error::NoSuchMeaning {
                        what,
                        found: name.clone(),
                        valid: known
                            .iter()
                            .map(|meaning| meaning.name.as_str())
                            .collect::<Vec<_>>()
                            .join(", "),
                    });
                }
            }
        }
        let mut member = Box::new([false; 256]);
        for (byte, is_in) in member.iter_mut().enumerate().take(self.len()) {
            *is_in = set.states.iter().any(|state| state == self.state(byte))
                || self.measure(byte).is_some_and(|of| set.measures.iter().any(|name| name == of));
        }
        Ok(Membership(member))
    }

    /// From codes to bytes, for decoding.
    pub(crate) fn table(&self) -> StateTable {
        StateTable::of_bytes(&self.bytes, self.state_of.len() as u8 - 1)
    }

    /// Number of different bytes.
    pub(crate) fn len(&self) -> usize {
        self.state_of.len()
    }

    /// State of a byte.
    pub(crate) fn state(&self, byte: usize) -> &str {
        &self.states[usize::from(self.state_of[byte])].name
    }

    /// Measure of a byte.
    pub(crate) fn measure(&self, byte: usize) -> Option<&str> {
        self.measure_of[byte].map(|measure| self.measures[usize::from(measure)].name.as_str())
    }

    fn empty() -> Self {
        Self {
            name: String::new(),
            version: 0,
            states: Vec::new(),
            measures: Vec::new(),
            bytes: [NOT_A_CODE; CODES + 1],
            state_of: Vec::new(),
            measure_of: Vec::new(),
        }
    }
}

/// Which weeks are in a set, by their state byte ([`WeekBook::membership`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership(pub(crate) Box<[bool; 256]>);

impl Membership {
    /// Whether a week with a state byte is in the set.
    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
    name: String,
    version: u32,
    #[serde(default, rename = "source")]
    _source: Option<String>,
    no_code: NoCodeFile,
    unknown: UnknownFile,
    state: Vec<MeaningFile>,
    #[serde(default)]
    measure: Vec<MeaningFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoCodeFile {
    with_income: String,
    without_income: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnknownFile {
    state: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeaningFile {
    name: String,
    codes: Vec<CodeFile>,
    #[serde(default)]
    name_da: String,
    #[serde(default)]
    name_en: String,
    #[serde(default)]
    assumed: bool,
}

impl BookFile {
    fn build(self, book: &str) -> Result<WeekBook, CodeBookError> {
        let mut states = meanings(book, &self.state)?;
        let measures = meanings(book, &self.measure)?;
        let limit = usize::from(NOT_A_CODE);
        // Two more states are those without a code.
        for list in [self.state.len() + 2, self.measure.len()] {
            if list >= limit {
                return Err(CodeBookError::TooManyMeanings {
                    book: book.to_owned(),
                    found: list,
                    limit,
                });
            }
        }
        let codes = states.len();
        for name in [&self.no_code.with_income, &self.no_code.without_income] {
            states.push(Meaning {
                name: name.clone(),
                codes: Vec::new(),
                name_da: String::new(),
                name_en: String::new(),
                assumed: false,
            });
        }
        unique(book, &states, "states")?;
        unique(book, &measures, "measures")?;
        let residual = states[..codes].iter().position(|state| state.name == self.unknown.state);
        let residual = residual.ok_or_else(|| CodeBookError::NoSuchName {
            book: book.to_owned(),
            found: self.unknown.state.clone(),
            list: "states",
            valid: self
                .state
                .iter()
                .map(|state| state.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })?;

        let mut owners: [Vec<Option<u8>>; 2] = [vec![None; CODES], vec![None; CODES]];
        for (owner, list) in owners.iter_mut().zip([&states, &measures]) {
            for (index, meaning) in list.iter().enumerate() {
                for &code in &meaning.codes {
                    owner[usize::from(code)] = Some(index as u8);
                }
            }
        }
        // Bytes 0 and 1 are no code; then one for each state with each measure; the last is unknown.
        let mut pairs: Vec<(u8, Option<u8>)> = vec![(codes as u8 + 1, None), (codes as u8, None)];
        let mut bytes = [NOT_A_CODE; CODES + 1];
        bytes[0] = NO_CODE;
        for code in 1..CODES {
            let Some(state) = owners[0][code] else {
                if owners[1][code].is_some() {
                    return Err(CodeBookError::MeasureWithoutState {
                        book: book.to_owned(),
                        code: code as u16,
                    });
                }
                continue;
            };
            let pair = (state, owners[1][code]);
            let codes = usize::from(FIRST_CODE);
            let known = pairs[codes..].iter().position(|known| *known == pair);
            let byte = known.map_or(pairs.len(), |known| known + codes);
            if known.is_none() {
                pairs.push(pair);
            }
            bytes[code] = byte.min(usize::from(NOT_A_CODE)) as u8;
        }
        pairs.push((residual as u8, None));
        if pairs.len() > limit {
            let found = pairs.len();
            return Err(CodeBookError::TooManyMeanings { book: book.to_owned(), found, limit });
        }
        for (code, byte) in bytes[..CODES].iter_mut().enumerate() {
            if code > 0 && owners[0][code].is_none() {
                *byte = pairs.len() as u8 - 1;
            }
        }
        Ok(WeekBook {
            name: self.name,
            version: self.version,
            states,
            measures,
            bytes,
            state_of: pairs.iter().map(|(state, _)| *state).collect(),
            measure_of: pairs.iter().map(|(_, measure)| *measure).collect(),
        })
    }
}

fn meanings(book: &str, files: &[MeaningFile]) -> Result<Vec<Meaning>, CodeBookError> {
    let mut owner: Vec<Option<&str>> = vec![None; CODES];
    files
        .iter()
        .map(|file| {
            Ok(Meaning {
                name: file.name.clone(),
                codes: claim(book, &file.name, &file.codes, &mut owner)?,
                name_da: file.name_da.clone(),
                name_en: file.name_en.clone(),
                assumed: file.assumed,
            })
        })
        .collect()
}

fn unique(book: &str, list: &[Meaning], of: &'static str) -> Result<(), CodeBookError> {
    let twice =
        (1..list.len()).find(|&at| list[..at].iter().any(|earlier| earlier.name == list[at].name));
    match twice {
        None => Ok(()),
        Some(at) => Err(CodeBookError::NameTwice {
            book: book.to_owned(),
            name: list[at].name.clone(),
            list: of,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_of_the_program_can_be_read() {
        let book = WeekBook::from_toml("dream-weeks-2014", DREAM_2014).unwrap();
        assert_eq!(book, WeekBook::dream_2014());
        assert!(book.len() < usize::from(NOT_A_CODE));
        assert_eq!(book.state(0), "self_support");
        assert_eq!(book.state(usize::from(WITH_INCOME)), "employment");
        // Every code that is not in the book has the last byte.
        assert_eq!(book.state(book.len() - 1), "other");
        let table = book.table();
        for code in 1..CODES {
            let byte = table.byte(code);
            let state = book.states.iter().find(|state| state.codes.contains(&(code as u16)));
            let measure = book.measures.iter().find(|kind| kind.codes.contains(&(code as u16)));
            assert_eq!(
                book.state(usize::from(byte)),
                state.map_or("other", |state| state.name.as_str())
            );
            assert_eq!(book.measure(usize::from(byte)), measure.map(|kind| kind.name.as_str()));
            assert_eq!(byte == table.unknown(), state.is_none());
        }
    }

    #[test]
    fn broken_books_are_refused() {
        let start = "name = \"b\"\nversion = 1\n[no_code]\nwith_income = \"work\"\nwithout_income = \"none\"\n[unknown]\nstate = \"a\"\n";
        let state =
            |name: &str, codes: &str| format!("[[state]]\nname = \"{name}\"\ncodes = [{codes}]\n");
        for (text, message) in [
            (
                format!(
                    "{start}{}[[measure]]\nname = \"m\"\ncodes = [\"9\"]\n",
                    state("a", "\"1-8\"")
                ),
                "code book b.toml: code 9 has a measure but no state; put it into a state",
            ),
            (
                format!("{start}{}", state("b", "\"1\"")),
                "code book b.toml: `a` is not one of the book's states: b",
            ),
            (
                format!("{start}{}{}", state("a", "\"1\""), state("work", "")),
                "code book b.toml: `work` stands twice in states (or is reserved); rename one of them",
            ),
            (
                format!("{start}{}{}", state("a", "\"1-3\""), state("b", "\"2\"")),
                "code book b.toml: code 2 stands both in `a` and in `b`; leave it in one",
            ),
        ] {
            assert_eq!(WeekBook::from_toml("b.toml", &text).unwrap_err().to_string(), message);
        }
    }
}
