//! A TOML text whose every value knows its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::error::{Problem, StudyError};
use super::window::{NamedWindow, Windows, unfit};
use crate::nearest::nearest;

/// The text of a study file, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t str,
    /// What names of `[window]` stand for, once they are read.
    pub(super) windows: Option<&'t Windows>,
}

/// A value with its place in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

pub(super) type Result<T> = std::result::Result<T, Box<StudyError>>;

impl Document<'_> {
    pub(super) fn error(self, span: Range<usize>, problem: Problem) -> Box<StudyError> {
        Box::new(StudyError::at(self.name, self.text, span, problem))
    }

    /// A word that must be one of a list.
    pub(super) fn unknown_word<'w>(
        self,
        kind: &'static str,
        word: &Placed<String>,
        valid: impl IntoIterator<Item = &'w str>,
    ) -> Box<StudyError> {
        let valid: Vec<String> = valid.into_iter().map(str::to_owned).collect();
        let nearest = nearest(&word.value, valid.iter().map(String::as_str)).map(str::to_owned);
        let word_text = word.value.clone();
        self.error(
            word.span.clone(),
            Problem::UnknownWord { kind, word: word_text, nearest, valid },
        )
    }

    /// The position of a word in a list.
    pub(super) fn position(
        self,
        kind: &'static str,
        word: &Placed<String>,
        valid: &[String],
    ) -> Result<usize> {
        valid
            .iter()
            .position(|valid| *valid == word.value)
            .ok_or_else(|| self.unknown_word(kind, word, valid.iter().map(String::as_str)))
    }
}

/// A table of the document.
#[derive(Debug, Clone)]
pub(super) struct Section<'t, 'v> {
    pub(super) document: Document<'t>,
    /// How the section is called in messages, for example `[period]`.
    pub(super) name: String,
    pub(super) span: Range<usize>,
    table: &'v DeTable<'t>,
}

impl<'t, 'v> Section<'t, 'v> {
    pub(super) fn root(document: Document<'t>, table: &'v Spanned<DeTable<'t>>) -> Self {
        Self { document, name: "the study".to_owned(), span: 0..0, table: table.get_ref() }
    }

    fn nested(
        &self,
        name: String,
        value: &'v Spanned<DeValue<'t>>,
        wanted: &'static str,
    ) -> Result<Self> {
        let span = value.span();
        match value.get_ref() {
            DeValue::Table(table) => Ok(Self { document: self.document, name, span, table }),
            other => Err(self.wrong_type(&name, other, span, wanted)),
        }
    }

    /// Whether there is a value of this name.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether the value of this name is text.
    pub(super) fn is_text(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| matches!(value.get_ref(), DeValue::String(_)))
    }

    /// Refuses keys that are not in a list.
    pub(super) fn only(&self, valid: &[&str]) -> Result<()> {
        let unknown = self
            .table
            .keys()
            .filter(|key| !valid.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        let Some(key) = unknown else { return Ok(()) };
        Err(self.document.error(
            key.span(),
            Problem::UnknownKey {
                key: key.get_ref().to_string(),
                section: self.name.clone(),
                nearest: nearest(key.get_ref(), valid.iter().copied()).map(str::to_owned),
                valid: valid.iter().map(|&word| word.to_owned()).collect(),
            },
        ))
    }

    fn wrong_type(
        &self,
        key: &str,
        found: &DeValue<'_>,
        span: Range<usize>,
        wanted: &'static str,
    ) -> Box<StudyError> {
        let found = found.type_str();
        self.document.error(span, Problem::WrongType { key: key.to_owned(), found, wanted })
    }

    /// Where the value of a key stands; of one that is not there the section.
    pub(super) fn place_of(&self, key: &str) -> Range<usize> {
        self.get(key).map_or(self.span.clone(), Spanned::span)
    }

    fn get(&self, key: &str) -> Option<&'v Spanned<DeValue<'t>>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// What to say when a key is not there.
    pub(super) fn missing(&self, key: &'static str) -> Box<StudyError> {
        let section = self.name.clone();
        self.document.error(self.span.clone(), Problem::MissingKey { key, section })
    }

    fn required<T>(&self, key: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.missing(key))
    }

    pub(super) fn optional_text(&self, key: &str) -> Result<Option<Placed<String>>> {
        self.get(key)
            .map(|value| match value.get_ref() {
                DeValue::String(text) => Ok(Placed { value: text.to_string(), span: value.span() }),
                other => Err(self.wrong_type(key, other, value.span(), "text in quotes")),
            })
            .transpose()
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Placed<String>> {
        let text = self.optional_text(key)?;
        self.required(key, text)
    }

    pub(super) fn optional_whole(&self, key: &str) -> Result<Option<Placed<i64>>> {
        self.get(key)
            .map(|value| {
                let wrong = |found| self.wrong_type(key, found, value.span(), "a whole number");
                match value.get_ref() {
                    found @ DeValue::Integer(number) => {
                        i64::from_str_radix(number.as_str(), number.radix())
                            .map(|number| Placed { value: number, span: value.span() })
                            .map_err(|_| wrong(found))
                    }
                    other => Err(wrong(other)),
                }
            })
            .transpose()
    }

    pub(super) fn whole(&self, key: &'static str) -> Result<Placed<i64>> {
        let whole = self.optional_whole(key)?;
        self.required(key, whole)
    }

    pub(super) fn optional_number(&self, key: &str) -> Result<Option<Placed<f64>>> {
        self.get(key)
            .map(|value| {
                let number = match value.get_ref() {
                    DeValue::Integer(number) => number.as_str().parse().ok(),
                    DeValue::Float(number) => number.as_str().parse().ok(),
                    _ => None,
                };
                match number {
                    Some(number) => Ok(Placed { value: number, span: value.span() }),
                    None => Err(self.wrong_type(key, value.get_ref(), value.span(), "a number")),
                }
            })
            .transpose()
    }

    /// One of some words, with what it stands for.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        kind: &'static str,
        of: &[(&str, T)],
    ) -> Result<Option<T>> {
        let Some(word) = self.optional_text(key)? else { return Ok(None) };
        match of.iter().find(|(name, _)| *name == word.value) {
            Some((_, value)) => Ok(Some(*value)),
            None => Err(self.document.unknown_word(kind, &word, of.iter().map(|(name, _)| *name))),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool> {
        self.get(key).map_or(Ok(false), |value| match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            other => Err(self.wrong_type(key, other, value.span(), "true or false")),
        })
    }

    pub(super) fn optional_words(&self, key: &str) -> Result<Option<Vec<Placed<String>>>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let wanted = "a list of words, [\"…\", \"…\"]";
        let list = self.list(key, value, wanted)?;
        list.iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Ok(Placed { value: text.to_string(), span: item.span() }),
                other => Err(self.wrong_type(key, other, item.span(), wanted)),
            })
            .collect::<Result<Vec<_>>>()
            .map(Some)
    }

    pub(super) fn words(&self, key: &'static str) -> Result<Vec<Placed<String>>> {
        let words = self.optional_words(key)?;
        let words = self.required(key, words)?;
        if words.is_empty() {
            return Err(self.document.error(self.place_of(key), Problem::EmptyList { key }));
        }
        Ok(words)
    }

    /// A list of two whole numbers, first and last, or the name of years.
    pub(super) fn range(&self, key: &'static str) -> Result<Placed<(i64, i64)>> {
        match self.named(key)? {
            Some((name, NamedWindow::Years(from, to))) => {
                return Ok(Placed { value: (from, to), span: name.span });
            }
            Some((name, other)) => return Err(unfit(self.document, key, &name, other)),
            None => {}
        }
        let wanted = "a first and a last whole number, [2011, 2016]";
        let Placed { value, span } = self.integers(key, wanted, |numbers| numbers == 2)?;
        Ok(Placed { value: (value[0], value[1]), span })
    }

    /// A list of whole numbers.
    pub(super) fn wholes(&self, key: &'static str) -> Result<Placed<Vec<i64>>> {
        self.integers(key, "a list of whole numbers, [10, 20]", |numbers| numbers > 0)
    }

    /// Whole numbers, if there are as many of them as `fits`.
    fn integers(
        &self,
        key: &'static str,
        wanted: &'static str,
        fits: impl Fn(usize) -> bool,
    ) -> Result<Placed<Vec<i64>>> {
        let value = self.required(key, self.get(key))?;
        let list = self.list(key, value, wanted)?;
        let numbers: Vec<i64> = list
            .iter()
            .filter_map(|item| match item.get_ref() {
                DeValue::Integer(number) => number.as_str().parse().ok(),
                _ => None,
            })
            .collect();
        if numbers.len() < list.len() || !fits(numbers.len()) {
            return Err(self.wrong_type(key, value.get_ref(), value.span(), wanted));
        }
        Ok(Placed { value: numbers, span: value.span() })
    }

    fn list(
        &self,
        key: &str,
        value: &'v Spanned<DeValue<'t>>,
        wanted: &'static str,
    ) -> Result<&'v DeArray<'t>> {
        match value.get_ref() {
            DeValue::Array(list) => Ok(list),
            other => Err(self.wrong_type(key, other, value.span(), wanted)),
        }
    }

    pub(super) fn optional_section(&self, key: &str) -> Result<Option<Section<'t, 'v>>> {
        self.optional_table(key, "a table")
    }

    /// A section, called `wanted` where something else stands.
    pub(super) fn optional_table(
        &self,
        key: &str,
        wanted: &'static str,
    ) -> Result<Option<Section<'t, 'v>>> {
        let of = |value| self.nested(self.nested_name(key), value, wanted);
        self.get(key).map(of).transpose()
    }

    pub(super) fn section(&self, key: &'static str) -> Result<Section<'t, 'v>> {
        let section = self.optional_section(key)?;
        self.required(key, section)
    }

    /// As the key is written in a heading of TOML: `[output.title]` for the title in `[[output]]`.
    fn nested_name(&self, key: &str) -> String {
        match self.name.strip_prefix('[') {
            Some(_) => format!("[{}.{key}]", self.name.trim_matches(['[', ']'])),
            None => format!("[{key}]"),
        }
    }

    /// Tables by name, `[key.name]`, in the order of the text.
    pub(super) fn named_sections(
        &self,
        key: &str,
    ) -> Result<Vec<(Placed<String>, Section<'t, 'v>)>> {
        let Some(outer) = self.optional_section(key)? else { return Ok(Vec::new()) };
        let mut sections = outer
            .table
            .iter()
            .map(|(name, value)| {
                let title = format!("[{key}.{}]", name.get_ref());
                let place = Placed { value: name.get_ref().to_string(), span: name.span() };
                Ok((place, outer.nested(title, value, "a table")?))
            })
            .collect::<Result<Vec<_>>>()?;
        sections.sort_by_key(|(name, _)| name.span.start);
        Ok(sections)
    }

    /// The tables of `[[key]]`, in order.
    pub(super) fn sections(&self, key: &str) -> Result<Vec<Section<'t, 'v>>> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let list = self.list(key, value, "a list of tables, [[…]]")?;
        let name = self.nested_name(key);
        list.iter().map(|item| self.nested(format!("[{name}]"), item, "a table")).collect()
    }

    /// Every key of the section with its value, in the order of the text.
    pub(super) fn entries(&self) -> Vec<(Placed<String>, &'v Spanned<DeValue<'t>>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                (Placed { value: key.get_ref().to_string(), span: key.span() }, value)
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        entries
    }

    /// Every key of the section with its value as text; numbers and words alike.
    pub(super) fn pairs(&self) -> Result<Vec<(Placed<String>, Placed<String>)>> {
        self.entries()
            .into_iter()
            .map(|(key, value)| {
                let text = match value.get_ref() {
                    DeValue::String(text) => text.to_string(),
                    DeValue::Integer(number) => number.as_str().to_owned(),
                    other => {
                        let wanted = "text or a whole number";
                        return Err(self.wrong_type(&key.value, other, value.span(), wanted));
                    }
                };
                Ok((key, Placed { value: text, span: value.span() }))
            })
            .collect()
    }
}
