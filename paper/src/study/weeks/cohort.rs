//! Lists of persons, and what outputs of a listed cohort ask for.

use afgang_engine::calendar::Month;
use afgang_engine::week::MonthRule;

use super::super::document::{Document, Placed, Result, Section};
use super::super::error::Problem;
use super::super::window::{NamedWindow, unfit};
use super::{WeekWords, count, min_persons, month_rule, named_set};
use crate::weeks::list::{By, ListRule};
use crate::weeks::{Asked, Cohort};

/// Name of each kind of a listed cohort, with the keys that it takes.
pub(super) const KINDS: [(&str, &[&str]); 2] = [
    (
        "cohort-share",
        &[
            "list",
            "set",
            "from",
            "to",
            "window",
            "by",
            "weight",
            "degree_above",
            "months_in_a_row",
            "month_rule",
            "min_persons",
        ],
    ),
    (
        "cohort-occupancy",
        &[
            "list",
            "set",
            "from",
            "to",
            "window",
            "by",
            "weight",
            "degree_above",
            "month_rule",
            "min_persons",
            "figure",
        ],
    ),
];

/// Reads `[list.NAME]`.
pub(super) fn lists(root: &Section<'_, '_>) -> Result<Vec<ListRule>> {
    root.named_sections("list")?
        .into_iter()
        .map(|(name, section)| {
            section.only(&["id", "file"])?;
            let text = |key: &'static str| -> Result<Option<String>> {
                let Some(Placed { value, span }) = section.optional_text(key)? else {
                    return Ok(None);
                };
                if !value.is_empty() {
                    return Ok(Some(value));
                }
                let wanted = "a name";
                let problem = Problem::Malformed { key, text: value, wanted };
                Err(section.document.error(span, problem))
            };
            let id = text("id")?.unwrap_or_else(|| "pnr".to_owned());
            Ok(ListRule { name: name.value, id, file: text("file")? })
        })
        .collect()
}

/// Reads what an output of a listed cohort asks for.
pub(super) fn asked(section: &Section<'_, '_>, kind: &str, words: WeekWords<'_>) -> Result<Asked> {
    let cohort = cohort(section, words)?;
    if kind == "cohort-occupancy" {
        return Ok(Asked::CohortOccupancy { cohort, figure: section.flag("figure")? });
    }
    let months = i64::from(cohort.to - cohort.from) + 1;
    let months_in_a_row = count(section, "months_in_a_row", 1, months)?.unwrap_or(1);
    Ok(Asked::CohortShare { cohort, months_in_a_row })
}

fn cohort(section: &Section<'_, '_>, words: WeekWords<'_>) -> Result<Cohort> {
    let document = section.document;
    let list = list(section, words)?;
    let (from, to) = months(section, words)?;
    let set = section.text("set")?;
    let states = named_set(document, &set, words.rules)?;
    let with_employment = words.rules.book.employment_in(&states).is_some();
    if let (true, Some(first)) = (with_employment, words.rules.employment_from)
        && from.value < first
    {
        let problem = Problem::BeforeEmployment {
            key: if section.has("window") { "window" } else { "from" },
            found: from.value.to_string(),
            first: first.to_string(),
        };
        return Err(document.error(from.span, problem));
    }
    let degree_above = match section.optional_number("degree_above")? {
        None => 0.0,
        Some(degree) if !(0.0..10.0).contains(&degree.value) => {
            let wanted = "an employment degree of at least 0, for example 0.2";
            let problem = Problem::Number { key: "degree_above", found: degree.value, wanted };
            return Err(document.error(degree.span, problem));
        }
        Some(degree) if !with_employment => {
            let wanted = "a set with the state of wage income, of which alone degrees are asked";
            let problem = Problem::Malformed { key: "set", text: set.value, wanted };
            return Err(document.error(degree.span, problem));
        }
        Some(degree) => degree.value as f32,
    };
    Ok(Cohort {
        set: states,
        from: from.value,
        to: to.value,
        by: groups(section, &list, words)?,
        list,
        weight: section.optional_text("weight")?.map(|column| column.value),
        degree_above,
        month_rule: month_rule(section)?.unwrap_or(MonthRule::AnyWeek),
        min_persons: min_persons(section)?,
    })
}

/// The list that an output names.
pub(super) fn list(section: &Section<'_, '_>, words: WeekWords<'_>) -> Result<String> {
    let word = section.text("list")?;
    let names: Vec<String> = words.rules.lists.iter().map(|list| list.name.clone()).collect();
    section.document.position("list", &word, &names)?;
    Ok(word.value)
}

/// The columns of a list that are groups, none of them twice, and none that holds ids.
fn groups(section: &Section<'_, '_>, list: &str, words: WeekWords<'_>) -> Result<Vec<By>> {
    let mut found: Vec<By> = Vec::new();
    for Placed { value: name, span } in section.optional_words("by")?.unwrap_or_default() {
        let by = by(&name, words);
        let problem = if of_ids(list, &by.column, words) {
            let wanted = "a column of groups: ids of persons are never printed";
            Problem::Malformed { key: "by", text: name, wanted }
        } else if found.iter().any(|known| known.name == by.name) {
            Problem::Repeated { kind: "group", name }
        } else {
            found.push(by);
            continue;
        };
        return Err(section.document.error(span, problem));
    }
    Ok(found)
}

/// Whether a column of a list holds the ids of persons.
pub(super) fn of_ids(list: &str, column: &str, words: WeekWords<'_>) -> bool {
    words.rules.lists.iter().any(|of| of.name == list && of.id == column)
}

/// Groups by a column of a list: a grouping of the study says how its column is read, any other name is a column itself.
pub(super) fn by(name: &str, words: WeekWords<'_>) -> By {
    let grouping = words.groupings.iter().find(|grouping| grouping.name == name);
    By {
        name: name.to_owned(),
        column: grouping.map_or_else(|| name.to_owned(), |grouping| grouping.column.clone()),
        labels: grouping.and_then(|grouping| grouping.labels.clone()),
        unmatched: grouping.and_then(|grouping| grouping.unmatched.clone()),
    }
}

/// The first and the last month of an output.
fn months(
    section: &Section<'_, '_>,
    words: WeekWords<'_>,
) -> Result<(Placed<Month>, Placed<Month>)> {
    let document = section.document;
    if let Some((name, window)) = section.window()? {
        let NamedWindow::Months(from, to) = window else {
            return Err(unfit(document, "window", &name, window));
        };
        let month =
            |value| inside(document, "window", Placed { value, span: name.span.clone() }, words);
        return Ok((month(from)?, month(to)?));
    }
    let month = |key| {
        let Placed { value: text, span } = section.text(key)?;
        match text.parse() {
            Ok(value) => inside(document, key, Placed { value, span }, words),
            Err(_) => Err(document.error(span, Problem::NotAMonth { text })),
        }
    };
    let (from, to) = (month("from")?, month("to")?);
    if from.value <= to.value {
        return Ok((from, to));
    }
    let (from, span, to) = (from.value.to_string(), to.span, to.value.to_string());
    Err(document.error(span, Problem::MonthsReversed { from, to }))
}

/// A month of the study.
fn inside(
    document: Document<'_>,
    key: &'static str,
    month: Placed<Month>,
    words: WeekWords<'_>,
) -> Result<Placed<Month>> {
    let rules = words.rules;
    let [first, last] = [rules.first, rules.last].map(|week| rules.calendar.month_of(week));
    if (first..=last).contains(&month.value) {
        return Ok(month);
    }
    let problem = Problem::MonthOutside {
        key,
        found: month.value.to_string(),
        first: first.to_string(),
        last: last.to_string(),
    };
    Err(document.error(month.span, problem))
}
