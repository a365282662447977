//! The parts of a study at week resolution.

mod areas;
mod asked;
mod cohort;
mod effect;
mod kinds;

use std::path::Path;

use afgang_engine::calendar::Month;
use afgang_engine::week::{ALL, Classes, MonthRule, NONE, OUTSIDE, RowRule, WeekBook, WeekSet};

pub(super) use areas::{KIND as BY_AREA, inner_keys};
pub(super) use asked::asked;
pub(super) use kinds::KINDS;

use super::document::{Document, Placed, Result, Section};
use super::error::Problem;
use super::read::{calendar, code_book, optional_words, words_of};
use super::window::{NamedWindow, unfit};
use super::{Grouping, Words};
use crate::weeks::{NamedClasses, RowSet, WeekRules};

/// Spell rules of the whole study.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpellDefaults {
    of: Option<String>,
    gap: usize,
    gaps_count: bool,
    month_gap: usize,
    month_rule: MonthRule,
}

/// What outputs at week resolution are read with.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeekWords<'s> {
    pub(super) rules: &'s WeekRules,
    pub(super) spells: &'s SpellDefaults,
    pub(super) groupings: &'s [Grouping],
    /// Where files lie that outputs name.
    pub(super) folder: Option<&'s Path>,
}

/// Reads the period, the code book, sets, classes and rows.
pub(super) fn rules(
    root: &Section<'_, '_>,
    groupings: &[Grouping],
    folder: Option<&Path>,
) -> Result<(WeekRules, SpellDefaults, String)> {
    let document = root.document;
    let period = root.section("period")?;
    period.only(&["from", "to", "resolution", "calendar", "employment_from"])?;
    let (first, last) = (period.week("from")?, period.week("to")?);
    if first.value >= last.value {
        let problem =
            Problem::WeeksReversed { from: first.value.to_string(), to: last.value.to_string() };
        return Err(document.error(last.span, problem));
    }
    let employment_from = period
        .optional_text("employment_from")?
        .map(|Placed { value: text, span }| {
            text.parse::<Month>().map_err(|_| document.error(span, Problem::NotAMonth { text }))
        })
        .transpose()?;
    let built_in = ("dream-weeks-2014", WeekBook::dream_2014 as fn() -> WeekBook);
    let (book_name, book) =
        code_book(&root.section("code_book")?, folder, built_in, WeekBook::from_toml)?;
    let mut rules = WeekRules {
        calendar: calendar(&period)?,
        first: first.value,
        last: last.value,
        employment_from,
        book,
        sets: Vec::new(),
        classes: Vec::new(),
        rows: Vec::new(),
        lists: cohort::lists(root)?,
        titles: Vec::new(),
        columns: Vec::new(),
    };
    let mut of_classes = Vec::new();
    for (name, section) in root.named_sections("label")? {
        section.only(&["da", "en"])?;
        if let Some(words) = words_of(&section)? {
            rules.titles.push((name.value, words));
        }
    }
    for (name, section) in root.named_sections("set")? {
        section.only(&["states", "measures", "sets"])?;
        let set = set(&section, &rules)?;
        rules.sets.push((name.value, set));
    }
    for (name, section) in root.named_sections("classes")? {
        section.only(&["title", "of", "otherwise"])?;
        let mut of = Classes::default();
        for class in section.sections("of")? {
            class.only(&["name", "title", "states", "measures", "sets"])?;
            let name = named(&class, &mut rules)?;
            new_name(&class, "class", &name, of.classes.iter().map(|(name, _)| name))?;
            of.classes.push((name, set(&class, &rules)?));
        }
        if let Some(otherwise) = section.optional_section("otherwise")? {
            otherwise.only(&["name", "title"])?;
            of.otherwise = Some(named(&otherwise, &mut rules)?);
        }
        of_classes.push((name.value.clone(), title(&section, &name.value)?));
        rules.classes.push(NamedClasses { name: name.value, of });
    }
    for (name, section) in root.named_sections("rows")? {
        section.only(&["title", "column", "of", "totals"])?;
        let column = section.optional_text("column")?.map(|column| column.value);
        let column = column.unwrap_or_else(|| name.value.clone());
        rules.columns.push((column.clone(), title(&section, &name.value)?));
        let mut rows = RowSet { column, name: name.value, rules: Vec::new(), totals: Vec::new() };
        for row in section.sections("of")? {
            row.only(&["name", "title", "states", "measures", "sets", "where"])?;
            let label = named(&row, &mut rules)?;
            new_name(&row, "row", &label, rows.rules.iter().map(|rule| &rule.label))?;
            let set = set(&row, &rules)?;
            let mut groups = Vec::new();
            if let Some(conditions) = row.optional_section("where")? {
                let names: Vec<String> = groupings.iter().map(|g| g.name.clone()).collect();
                for (grouping, value) in conditions.pairs()? {
                    let place = document.position("grouping", &grouping, &names)?;
                    known_label(document, &groupings[place], &value)?;
                    groups.push((grouping.value, vec![value.value]));
                }
            }
            rows.rules.push(RowRule { label, set, groups });
        }
        let names: Vec<String> = rows.rules.iter().map(|rule| rule.label.clone()).collect();
        for total in section.sections("totals")? {
            total.only(&["name", "title", "of", "without"])?;
            let label = named(&total, &mut rules)?;
            let places = |words: Vec<Placed<String>>| -> Result<Vec<usize>> {
                words.iter().map(|word| document.position("row", word, &names)).collect()
            };
            new_name(&total, "row", &label, &names)?;
            let of = match (total.optional_words("of")?, total.optional_words("without")?) {
                (Some(_), Some(_)) => {
                    let section = total.name.clone();
                    let first = "of".to_owned();
                    let problem = Problem::OneOf { section, first, second: "without" };
                    return Err(document.error(total.span.clone(), problem));
                }
                (Some(words), None) => {
                    let mut of = places(words)?;
                    of.sort_unstable();
                    of.dedup();
                    of
                }
                (None, Some(words)) => {
                    let left_out = places(words)?;
                    (0..names.len()).filter(|place| !left_out.contains(place)).collect()
                }
                (None, None) => (0..names.len()).collect(),
            };
            rows.totals.push((label, of));
        }
        rules.rows.push(rows);
    }
    rules.columns.append(&mut of_classes);
    let spells = spell_defaults(root.optional_section("spells")?.as_ref(), &rules)?;
    if rules.employment_from.is_none() {
        let of_classes = rules.classes.iter().flat_map(|classes| &classes.of.classes);
        let of_rows = rules.rows.iter().flat_map(|rows| rows.rules.iter().map(|rule| &rule.set));
        let mut sets = rules.sets.iter().chain(of_classes).map(|(_, set)| set).chain(of_rows);
        if let Some(state) = sets.find_map(|set| rules.book.employment_in(set)) {
            let problem = Problem::NoEmployment { state: state.to_owned() };
            return Err(document.error(period.span, problem));
        }
    }
    Ok((rules, spells, book_name))
}

fn title(section: &Section<'_, '_>, name: &str) -> Result<Words> {
    let own = optional_words(section, "title")?;
    Ok(own.unwrap_or_else(|| Words { da: name.to_owned(), en: name.to_owned() }))
}

/// The name of an entry, whose title is noted.
fn named(section: &Section<'_, '_>, rules: &mut WeekRules) -> Result<String> {
    let Placed { value: name, span } = section.text("name")?;
    if let Some(title) = optional_words(section, "title")? {
        // One name is called one thing in the whole report.
        if rules.titles.iter().any(|(known, other)| *known == name && *other != title) {
            let problem = Problem::Repeated { kind: "title of", name };
            return Err(section.document.error(span, problem));
        }
        rules.titles.push((name.clone(), title));
    }
    Ok(name)
}

/// Names that tables give themselves.
const RESERVED: [&str; 4] = [ALL, NONE, OUTSIDE, "persons"];

/// Refuses a name that another class or row of the same list has.
fn new_name<'n>(
    section: &Section<'_, '_>,
    kind: &'static str,
    name: &str,
    others: impl IntoIterator<Item = &'n String>,
) -> Result<()> {
    let problem = if RESERVED.contains(&name) {
        Problem::Reserved { kind, name: name.to_owned(), taken: RESERVED.join(", ") }
    } else if others.into_iter().any(|other| other == name) {
        Problem::Repeated { kind, name: name.to_owned() }
    } else {
        return Ok(());
    };
    Err(section.document.error(section.text("name")?.span, problem))
}

/// Refuses a label that the table of a grouping does not have; the labels of a column are those of the register.
fn known_label(document: Document<'_>, grouping: &Grouping, label: &Placed<String>) -> Result<()> {
    let Some(table) = &grouping.labels else { return Ok(()) };
    let labels = table.iter().map(|(_, label)| label).chain(&grouping.unmatched);
    let mut known: Vec<&str> = labels.map(String::as_str).collect();
    if known.contains(&label.value.as_str()) {
        return Ok(());
    }
    known.sort_unstable();
    known.dedup();
    Err(document.unknown_word("label", label, known))
}

/// States, measures and sets of an entry, together.
fn set(section: &Section<'_, '_>, rules: &WeekRules) -> Result<WeekSet> {
    let document = section.document;
    let names = |list: &[afgang_engine::week::Meaning]| -> Vec<String> {
        list.iter().map(|meaning| meaning.name.clone()).collect()
    };
    let (states, measures) = (names(rules.book.states()), names(rules.book.measures()));
    let mut set = WeekSet::default();
    for word in section.optional_words("states")?.unwrap_or_default() {
        document.position("state", &word, &states)?;
        set.states.push(word.value);
    }
    for word in section.optional_words("measures")?.unwrap_or_default() {
        document.position("measure", &word, &measures)?;
        set.measures.push(word.value);
    }
    for word in section.optional_words("sets")?.unwrap_or_default() {
        let other = named_set(document, &word, rules)?;
        set.states.extend(other.states);
        set.measures.extend(other.measures);
    }
    Ok(set)
}

fn named_set(document: Document<'_>, word: &Placed<String>, rules: &WeekRules) -> Result<WeekSet> {
    let known = rules.sets.iter().find(|(name, _)| *name == word.value);
    let names = || rules.sets.iter().map(|(name, _)| name.as_str());
    known.map(|(_, set)| set.clone()).ok_or_else(|| document.unknown_word("set", word, names()))
}

fn spell_defaults(section: Option<&Section<'_, '_>>, rules: &WeekRules) -> Result<SpellDefaults> {
    let mut defaults = SpellDefaults {
        of: None,
        gap: 3,
        gaps_count: true,
        month_gap: 1,
        month_rule: MonthRule::AnyWeek,
    };
    let Some(section) = section else { return Ok(defaults) };
    section.only(&["of", "gap", "gaps_count", "month_gap", "month_rule"])?;
    if let Some(word) = section.optional_text("of")? {
        classes(section.document, &word, rules)?;
        defaults.of = Some(word.value);
    }
    if let Some(gap) = count(section, "gap", 0, 520)? {
        defaults.gap = gap as usize;
    }
    if let Some(gap) = count(section, "month_gap", 0, 120)? {
        defaults.month_gap = gap as usize;
    }
    if section.has("gaps_count") {
        defaults.gaps_count = section.flag("gaps_count")?;
    }
    if let Some(rule) = month_rule(section)? {
        defaults.month_rule = rule;
    }
    Ok(defaults)
}

fn month_rule(section: &Section<'_, '_>) -> Result<Option<MonthRule>> {
    let rules = [("any-week", MonthRule::AnyWeek), ("last-week", MonthRule::LastWeek)];
    section.choice("month_rule", "month rule", &rules)
}

/// Fewest persons behind a number.
fn min_persons(section: &Section<'_, '_>) -> Result<u64> {
    let few = count(section, "min_persons", 0, i64::from(u32::MAX))?;
    Ok(u64::from(few.unwrap_or(0)))
}

/// A whole number between two others, or the name of one.
fn count(
    section: &Section<'_, '_>,
    key: &'static str,
    first: i64,
    last: i64,
) -> Result<Option<u32>> {
    let number = match section.named(key)? {
        Some((name, NamedWindow::Length(value))) => Some(Placed { value, span: name.span }),
        Some((name, other)) => return Err(unfit(section.document, key, &name, other)),
        None => section.optional_whole(key)?,
    };
    let Some(number) = number else { return Ok(None) };
    if (first..=last).contains(&number.value) {
        return Ok(Some(number.value as u32));
    }
    let problem = Problem::OutOfRange { key, found: number.value, first, last };
    Err(section.document.error(number.span, problem))
}

fn classes<'r>(
    document: Document<'_>,
    word: &Placed<String>,
    rules: &'r WeekRules,
) -> Result<&'r NamedClasses> {
    let names = || rules.classes.iter().map(|classes| classes.name.as_str());
    let found = rules.classes.iter().find(|classes| classes.name == word.value);
    found.ok_or_else(|| document.unknown_word("classes", word, names()))
}
