//! From the text of a study to a checked [`Study`].

use std::ops::RangeInclusive;
use std::path::Path;

use afgang_engine::calendar::{Calendar, Month};
use afgang_engine::codebook::{CENSORED_NAME, CodeBook, CodeBookError};
use afgang_engine::spells::{BACK_IN_BENEFIT, UNOBSERVED};
use toml::de::DeTable;

use super::accounts;
use super::built_in::TABLES;
use super::document::{Document, Placed, Result, Section};
use super::error::{Problem, StudyError};
use super::join::JoinTable;
use super::kind::Kind;
use super::weeks::{self, WeekWords};
use super::window::Windows;
use super::{Grouping, LeftTruncated, Output, PrintedValue, Published, Slip, Study, Words};
use crate::accounts::Rules;
use crate::synthetic::Calibration;
use crate::whole_file::FileError;

/// The words that outputs may use.
pub(super) struct Vocabulary<'s> {
    target_groups: &'s [String],
    /// Exits, then the censored state.
    exits: Vec<String>,
    groupings: Vec<String>,
    /// Years in which a spell of known start can start.
    years: RangeInclusive<i32>,
    data_years: RangeInclusive<i32>,
    /// How accounts are read, if the study says so.
    pub(super) accounts: Option<&'s Rules>,
    /// Weeks and their sets, if the study is at week resolution.
    pub(super) weeks: Option<WeekWords<'s>>,
    /// Longest duration in months.
    pub(super) longest: u32,
}

impl Vocabulary<'_> {
    pub(super) fn target_group(
        &self,
        document: Document<'_>,
        word: Placed<String>,
    ) -> Result<String> {
        document.position("target group", &word, self.target_groups)?;
        Ok(word.value)
    }

    /// Exits, the censored state included.
    pub(super) fn exits(
        &self,
        document: Document<'_>,
        words: Vec<Placed<String>>,
    ) -> Result<Vec<String>> {
        different(document, "exit", &words)?;
        words
            .into_iter()
            .map(|word| document.position("exit", &word, &self.exits).map(|_| word.value))
            .collect()
    }

    /// Exits without the censored state.
    pub(super) fn causes(
        &self,
        document: Document<'_>,
        words: Vec<Placed<String>>,
    ) -> Result<Vec<String>> {
        different(document, "exit", &words)?;
        words.into_iter().map(|word| self.cause(document, word)).collect()
    }

    pub(super) fn cause(&self, document: Document<'_>, word: Placed<String>) -> Result<String> {
        let causes = &self.exits[..self.exits.len().saturating_sub(1)];
        document.position("exit", &word, causes)?;
        Ok(word.value)
    }

    pub(super) fn grouping(&self, document: Document<'_>, word: Placed<String>) -> Result<String> {
        document.position("grouping", &word, &self.groupings)?;
        Ok(word.value)
    }

    pub(super) fn optional_target_group(
        &self,
        section: &Section<'_, '_>,
    ) -> Result<Option<String>> {
        let word = section.optional_text("target_group")?;
        word.map(|word| self.target_group(section.document, word)).transpose()
    }

    /// Years of the data, the first too.
    pub(super) fn data_years(&self, section: &Section<'_, '_>) -> Result<RangeInclusive<i32>> {
        years(section, "years", &self.data_years)
    }

    pub(super) fn start_years(&self, section: &Section<'_, '_>) -> Result<RangeInclusive<i32>> {
        years(section, "start_years", &self.years)
    }
}

/// A first and a last year within others.
pub(super) fn years(
    section: &Section<'_, '_>,
    key: &'static str,
    allowed: &RangeInclusive<i32>,
) -> Result<RangeInclusive<i32>> {
    let Placed { value: (first, last), span } = section.range(key)?;
    let (low, high) = (i64::from(*allowed.start()), i64::from(*allowed.end()));
    let problem =
        if let Some(&found) = [first, last].iter().find(|year| !(low..=high).contains(*year)) {
            Problem::OutsidePeriod { key, found, first: low, last: high }
        } else if first > last {
            Problem::Range { key, first, last }
        } else {
            return Ok(first as i32..=last as i32);
        };
    Err(section.document.error(span, problem))
}

fn different(document: Document<'_>, kind: &'static str, words: &[Placed<String>]) -> Result<()> {
    let repeated = (1..words.len())
        .find(|&place| words[..place].iter().any(|word| word.value == words[place].value));
    let Some(place) = repeated else { return Ok(()) };
    let name = words[place].value.clone();
    Err(document.error(words[place].span.clone(), Problem::Repeated { kind, name }))
}

/// Reads a study. Files that it names lie in `folder`; a built-in study names none.
pub(super) fn study(origin: &str, name: &str, text: &str, folder: Option<&Path>) -> Result<Study> {
    let document = Document { name, text, windows: None };
    let parsed = DeTable::parse(text).map_err(|error| {
        let message = error.message().to_owned();
        document.error(error.span().unwrap_or(0..0), Problem::Syntax { message })
    })?;
    let root = Section::root(document, &parsed);
    let windows = Windows::read(&root)?;
    let document = Document { windows: Some(&windows), ..document };
    let root = Section::root(document, &parsed);
    root.only(&[
        "study",
        "period",
        "code_book",
        "spells",
        "table",
        "grouping",
        "accounts",
        "label",
        "window",
        "set",
        "classes",
        "rows",
        "list",
        "output",
        "slip",
    ])?;

    let about = root.section("study")?;
    about.only(&["name", "version", "title", "lead", "synthetic"])?;
    let synthetic = synthetic(&about)?;
    let resolution = resolution(&root.section("period")?)?;
    let tables = tables(&root, folder)?;
    let groupings = groupings(&root, &tables)?;
    let mut weekly = None;
    let (code_book_name, code_book, rule);
    let (from, to, calendar) = match resolution {
        Resolution::Week(calendar) => {
            let (rules, spells, name) = weeks::rules(&root, &groupings, folder)?;
            (code_book_name, code_book) = (name, CodeBook::dream_2019());
            rule = self::rule(None, 0)?;
            let months = (calendar.month_of(rules.first), calendar.month_of(rules.last));
            weekly = Some((rules, spells));
            (months.0, months.1, calendar)
        }
        Resolution::Month => {
            for key in ["label", "set", "classes", "rows", "list"] {
                if let Some(section) = root.optional_section(key)? {
                    let problem = Problem::NeedsWeeks { kind: section.name.clone() };
                    return Err(document.error(section.span, problem));
                }
            }
            let (from, to, calendar) = period(&root.section("period")?)?;
            let built_in = ("dream-2019", CodeBook::dream_2019 as fn() -> CodeBook);
            (code_book_name, code_book) = self::code_book(
                &root.section("code_book")?,
                folder,
                built_in,
                CodeBook::from_toml,
            )?;
            let months = (to - from + 1).unsigned_abs();
            rule = self::rule(root.optional_section("spells")?.as_ref(), months)?;
            (from, to, calendar)
        }
    };
    let months = (to - from + 1).unsigned_abs();
    let accounts = accounts::rules(&root, &groupings, folder)?;

    let mut exits = code_book.exits().to_vec();
    if rule.exit_lag > 1 {
        exits.extend([BACK_IN_BENEFIT, UNOBSERVED].map(str::to_owned));
    }
    exits.push(CENSORED_NAME.to_owned());
    let vocabulary = Vocabulary {
        target_groups: code_book.target_groups(),
        exits,
        groupings: groupings.iter().map(|grouping| grouping.name.clone()).collect(),
        years: (from + rule.look_back as i32).year()..=to.year(),
        data_years: from.year()..=to.year(),
        accounts: accounts.as_ref(),
        weeks: weekly.as_ref().map(|(rules, spells)| WeekWords {
            rules,
            spells,
            groupings: &groupings,
            folder,
        }),
        longest: months.saturating_sub(rule.look_back),
    };
    let outputs = outputs(&root, &vocabulary, folder)?;
    let slips = slips(&root, &outputs)?;
    Ok(Study {
        name: about.text("name")?.value,
        version: about.text("version")?.value,
        title: words(&about, "title")?,
        lead: optional_words(&about, "lead")?.unwrap_or_default(),
        origin: origin.to_owned(),
        text: text.to_owned(),
        from,
        to,
        calendar,
        code_book_name,
        code_book,
        exit_lag: rule.exit_lag,
        look_back: rule.look_back,
        min_duration: rule.min_duration,
        left_truncated: rule.left_truncated,
        tables,
        groupings,
        accounts,
        synthetic,
        weeks: weekly.map(|(rules, _)| rules),
        outputs,
        slips,
    })
}

/// The synthetic register that the study is reproduced on.
fn synthetic(section: &Section<'_, '_>) -> Result<Option<Calibration>> {
    let Some(word) = section.optional_text("synthetic")? else { return Ok(None) };
    let known = Calibration::ALL.iter().find(|(name, _)| *name == word.value);
    let names = Calibration::ALL.iter().map(|(name, _)| *name);
    let unknown = || section.document.unknown_word("synthetic register", &word, names);
    known.map(|(_, of)| Some(*of)).ok_or_else(unknown)
}

/// How finely a study looks.
enum Resolution {
    Month,
    Week(Calendar),
}

fn resolution(section: &Section<'_, '_>) -> Result<Resolution> {
    match section.optional_text("resolution")? {
        None => Ok(Resolution::Month),
        Some(word) => match word.value.as_str() {
            "month" => Ok(Resolution::Month),
            "week" => Ok(Resolution::Week(calendar(section)?)),
            _ => Err(section.document.unknown_word("resolution", &word, ["month", "week"])),
        },
    }
}

pub(super) fn calendar(section: &Section<'_, '_>) -> Result<Calendar> {
    let calendars = [("thursday", Calendar::Thursday), ("4-4-5", Calendar::FourFourFive)];
    Ok(section.choice("calendar", "calendar", &calendars)?.unwrap_or_default())
}

fn period(section: &Section<'_, '_>) -> Result<(Month, Month, Calendar)> {
    let document = section.document;
    section.only(&["from", "to", "resolution", "calendar"])?;
    let month = |key| {
        let Placed { value: text, span } = section.text(key)?;
        text.parse::<Month>().map_err(|_| document.error(span, Problem::NotAMonth { text }))
    };
    let (from, to) = (month("from")?, month("to")?);
    if to - from < 1 {
        let problem = Problem::PeriodTooShort { from: from.to_string(), to: to.to_string() };
        return Err(document.error(section.text("to")?.span, problem));
    }
    Ok((from, to, calendar(section)?))
}

/// The one of two keys that is there, with the position of it.
pub(super) fn either(
    section: &Section<'_, '_>,
    first: &'static str,
    second: &'static str,
) -> Result<(bool, Placed<String>)> {
    match (section.optional_text(first)?, section.optional_text(second)?) {
        (Some(word), None) => Ok((true, word)),
        (None, Some(word)) => Ok((false, word)),
        _ => Err(section.document.error(
            section.span.clone(),
            Problem::OneOf { section: section.name.clone(), first: first.to_owned(), second },
        )),
    }
}

pub(super) fn read_file(
    document: Document<'_>,
    file: &Placed<String>,
    folder: Option<&Path>,
) -> Result<String> {
    let path = folder.unwrap_or_else(|| Path::new(".")).join(&file.value);
    std::fs::read_to_string(&path)
        .map_err(FileError::of("read", &path))
        .map_err(|error| document.error(file.span.clone(), error.into()))
}

/// A code book of months or of weeks: the one that is built in, or a file.
pub(super) fn code_book<B>(
    section: &Section<'_, '_>,
    folder: Option<&Path>,
    (name, built_in): (&str, fn() -> B),
    parse: fn(&str, &str) -> std::result::Result<B, CodeBookError>,
) -> Result<(String, B)> {
    section.only(&["built_in", "file"])?;
    let document = section.document;
    match either(section, "built_in", "file")? {
        (true, word) if word.value == name => Ok((word.value, built_in())),
        (true, word) => Err(document.unknown_word("code book", &word, [name])),
        (false, file) => {
            let text = read_file(document, &file, folder)?;
            let book = parse(&file.value, &text)
                .map_err(|error| Box::new(StudyError::of(error.into())))?;
            Ok((file.value, book))
        }
    }
}

/// The spell rule: what is left out has the report's value.
struct Rule {
    exit_lag: u32,
    look_back: u32,
    min_duration: u32,
    left_truncated: LeftTruncated,
}

fn rule(section: Option<&Section<'_, '_>>, months: u32) -> Result<Rule> {
    let mut rule =
        Rule { exit_lag: 1, look_back: 1, min_duration: 1, left_truncated: LeftTruncated::Exclude };
    let Some(section) = section else { return Ok(rule) };
    section.only(&["exit_lag", "look_back", "min_duration", "left_truncated"])?;
    for (key, part) in [
        ("exit_lag", &mut rule.exit_lag),
        ("look_back", &mut rule.look_back),
        ("min_duration", &mut rule.min_duration),
    ] {
        let Some(number) = section.optional_whole(key)? else { continue };
        match u32::try_from(number.value) {
            Ok(value) if (1..months).contains(&value) => *part = value,
            _ => {
                let (found, last) = (number.value, i64::from(months) - 1);
                let problem = Problem::OutsidePeriod { key, found, first: 1, last };
                return Err(section.document.error(number.span, problem));
            }
        }
    }
    if let Some(word) = section.optional_text("left_truncated")?
        && word.value != "exclude"
    {
        let what = "way with left-truncated spells";
        return Err(section.document.unknown_word(what, &word, ["exclude"]));
    }
    Ok(rule)
}

fn tables(root: &Section<'_, '_>, folder: Option<&Path>) -> Result<Vec<(String, JoinTable)>> {
    let document = root.document;
    root.named_sections("table")?
        .into_iter()
        .map(|(name, section)| {
            section.only(&["built_in", "file", "key"])?;
            let key = section.text("key")?.value;
            let (source, text) = match either(&section, "built_in", "file")? {
                (true, word) => {
                    let table = TABLES.iter().find(|(name, _)| *name == word.value);
                    let Some((_, text)) = table else {
                        let valid = TABLES.iter().map(|(name, _)| *name);
                        return Err(document.unknown_word("built-in table", &word, valid));
                    };
                    let text = (*text).to_owned();
                    (word, text)
                }
                (false, file) => {
                    let text = read_file(document, &file, folder)?;
                    (file, text)
                }
            };
            Ok((name.value, JoinTable::parse(document, &source, text, &key)?))
        })
        .collect()
}

fn groupings(root: &Section<'_, '_>, tables: &[(String, JoinTable)]) -> Result<Vec<Grouping>> {
    let document = root.document;
    let names: Vec<String> = tables.iter().map(|(name, _)| name.clone()).collect();
    root.named_sections("grouping")?
        .into_iter()
        .map(|(name, section)| {
            section.only(&["title", "column", "table", "label", "unmatched"])?;
            let column = section.text("column")?;
            if column.value.is_empty() {
                let wanted = "the name of a column of the register";
                let problem = Problem::Malformed { key: "column", text: column.value, wanted };
                return Err(document.error(column.span, problem));
            }
            let labels = match section.optional_text("table")? {
                None => None,
                Some(table) => {
                    let place = document.position("table", &table, &names)?;
                    Some(tables[place].1.labels(document, &section.text("label")?)?)
                }
            };
            let title = optional_words(&section, "title")?
                .unwrap_or_else(|| Words { da: name.value.clone(), en: name.value.clone() });
            let unmatched = section.optional_text("unmatched")?.map(|label| label.value);
            Ok(Grouping { name: name.value, title, column: column.value, labels, unmatched })
        })
        .collect()
}

fn words(section: &Section<'_, '_>, key: &'static str) -> Result<Words> {
    optional_words(section, key)?.ok_or_else(|| {
        let problem = Problem::MissingWords { key, section: section.name.clone() };
        section.document.error(section.span.clone(), problem)
    })
}

/// Words in both languages: a text for each, or one text for both.
pub(super) fn optional_words(section: &Section<'_, '_>, key: &str) -> Result<Option<Words>> {
    if section.is_text(key) {
        let text = section.optional_text(key)?.map(|text| text.value).unwrap_or_default();
        return Ok(Some(Words { da: text.clone(), en: text }));
    }
    let wanted = "text in quotes, or `da` and `en`";
    let Some(section) = section.optional_table(key, wanted)? else { return Ok(None) };
    section.only(&["da", "en"])?;
    words_of(&section)
}

/// The texts of a section of words.
pub(super) fn words_of(section: &Section<'_, '_>) -> Result<Option<Words>> {
    let [da, en] = ["da", "en"].map(|key| section.optional_text(key));
    let (da, en) = match (da?, en?) {
        (Some(da), Some(en)) => (da.value, en.value),
        // One language does for both.
        (Some(text), None) | (None, Some(text)) => (text.value.clone(), text.value),
        (None, None) => {
            let problem = Problem::NoText { section: section.name.clone() };
            return Err(section.document.error(section.span.clone(), problem));
        }
    };
    Ok(Some(Words { da, en }))
}

fn outputs(
    root: &Section<'_, '_>,
    vocabulary: &Vocabulary<'_>,
    folder: Option<&Path>,
) -> Result<Vec<Output>> {
    let document = root.document;
    let mut outputs: Vec<Output> = Vec::new();
    for section in root.sections("output")? {
        let kind = Kind::read(&section, vocabulary, &outputs)?;
        let id = section.text("id")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if id.value.is_empty() || !id.value.chars().all(plain) {
            let wanted = "a file name of letters, digits, - and _";
            let problem = Problem::Malformed { key: "id", text: id.value, wanted };
            return Err(document.error(id.span, problem));
        }
        if outputs.iter().any(|output| output.id == id.value) {
            let problem = Problem::Repeated { kind: "output", name: id.value };
            return Err(document.error(id.span, problem));
        }
        outputs.push(Output {
            number: optional_words(&section, "number")?.unwrap_or_default(),
            title: words(&section, "title")?,
            note: optional_words(&section, "note")?,
            published: published(&section, folder)?,
            printed: printed(&section, &kind)?,
            id: id.value,
            kind,
        });
    }
    if outputs.is_empty() {
        return Err(Box::new(StudyError::of(Problem::NoOutputs)));
    }
    Ok(outputs)
}

fn published(section: &Section<'_, '_>, folder: Option<&Path>) -> Result<Option<Published>> {
    if !section.has("published") {
        return Ok(None);
    }
    let (name, text) = source(section, "published", folder)?;
    Ok(Some(Published { name: name.value, text }))
}

/// A table by the name of one that the report prints, or by the name of a CSV file beside the study.
pub(super) fn source(
    section: &Section<'_, '_>,
    key: &'static str,
    folder: Option<&Path>,
) -> Result<(Placed<String>, String)> {
    let name = section.text(key)?;
    let built_in = afgang_fixtures::published::ALL;
    if let Some((_, text)) = built_in.iter().find(|(table, _)| *table == name.value) {
        return Ok((name, (*text).to_owned()));
    }
    if Path::new(&name.value).extension().is_none_or(|ending| ending != "csv") {
        let valid = built_in.iter().map(|(table, _)| *table);
        return Err(section.document.unknown_word("published table", &name, valid));
    }
    let text = read_file(section.document, &name, folder)?;
    Ok((name, text))
}

fn printed(section: &Section<'_, '_>, kind: &Kind) -> Result<Vec<PrintedValue>> {
    let document = section.document;
    section
        .sections("printed")?
        .into_iter()
        .map(|printed| {
            printed.only(&["where", "column", "value", "wording", "last", "percent"])?;
            let keys = kind.keys();
            let keys = printed
                .section("where")?
                .pairs()?
                .into_iter()
                .map(|(key, value)| {
                    if keys.contains(&key.value.as_str()) {
                        return Ok((key.value, value.value));
                    }
                    Err(document.unknown_word("column", &key, keys.iter().copied()))
                })
                .collect::<Result<_>>()?;
            let column = printed.text("column")?;
            if !kind.values().contains(&column.value.as_str()) {
                return Err(document.unknown_word("column", &column, kind.values()));
            }
            let value = printed.text("value")?;
            if crate::printed::Printed::parse(&value.value).is_none() {
                let wanted = "a number as printed, \"23.4\", or a range, \"51-54\"";
                let problem = Problem::Malformed { key: "value", text: value.value, wanted };
                return Err(document.error(value.span, problem));
            }
            Ok(PrintedValue {
                keys,
                column: column.value,
                value: value.value,
                wording: optional_words(&printed, "wording")?,
                last: printed.flag("last")?,
                percent: printed.flag("percent")?,
            })
        })
        .collect()
}

fn slips(root: &Section<'_, '_>, outputs: &[Output]) -> Result<Vec<Slip>> {
    let ids: Vec<String> = outputs.iter().map(|output| output.id.clone()).collect();
    root.sections("slip")?
        .into_iter()
        .map(|section| {
            section.only(&["output", "text"])?;
            let output = section.optional_text("output")?;
            if let Some(word) = &output
                && !ids.contains(&word.value)
            {
                let problem =
                    Problem::SlipOfNothing { output: word.value.clone(), outputs: ids.clone() };
                return Err(root.document.error(word.span.clone(), problem));
            }
            Ok(Slip { output: output.map(|word| word.value), text: words(&section, "text")? })
        })
        .collect()
}
