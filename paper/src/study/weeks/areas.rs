//! Outputs by areas.

use super::super::document::{Result, Section};
use super::super::error::Problem;
use super::asked::Reader;
use super::kinds::KINDS;
use super::{cohort, count, effect, min_persons};
use crate::weeks::{Asked, ByArea};

/// Name of the kind.
pub(in crate::study) const KIND: &str = "small-areas";

/// What it computes by area if it does not say.
const USUAL: &str = "measure-share";

/// Keys of the output that is computed which an output by areas takes for itself or has no use for.
const OWN: &[&str] =
    &["by", "figure", "min_persons", "birth_year", "ages", "reference", "reference_row"];

/// The keys that an output takes because of what it computes by area.
pub(in crate::study) fn inner_keys(section: &Section<'_, '_>) -> Result<Vec<&'static str>> {
    let (name, keys) = inner(section)?;
    // A stock's mean age is worth a rank.
    let kept = |key: &&&str| !OWN.contains(key) || (name == "stock" && **key == "birth_year");
    Ok(keys.iter().filter(kept).copied().collect())
}

fn inner(section: &Section<'_, '_>) -> Result<(&'static str, &'static [&'static str])> {
    // A list is no column of the register.
    let of_list =
        |name: &str| cohort::KINDS.iter().chain(&effect::KINDS).any(|(kind, _)| *kind == name);
    let kinds = || KINDS.iter().filter(|(name, _)| *name != KIND && !of_list(name));
    let word = section.optional_text("of")?;
    let wanted = word.as_ref().map_or(USUAL, |word| &word.value);
    match (kinds().find(|(name, _)| *name == wanted), word) {
        (Some((name, keys)), _) => Ok((name, keys)),
        (None, Some(word)) => {
            let valid = kinds().map(|(name, _)| *name);
            Err(section.document.unknown_word("kind by area", &word, valid))
        }
        (None, None) => Err(section.missing("of")),
    }
}

impl Reader<'_, '_, '_> {
    pub(super) fn areas(&self) -> Result<Asked> {
        let section = self.section;
        let by = self.grouping("by")?.ok_or_else(|| section.missing("by"))?;
        let (name, _) = inner(section)?;
        let of = Reader { by_area: true, ..*self }.asked(name)?;
        let value = self.ranked(&of)?;
        let (row, named) = self.row(&of)?;
        Ok(Asked::Areas(Box::new(ByArea {
            of,
            by,
            row,
            named,
            value,
            extremes: count(section, "extremes", 0, 1000)?.unwrap_or(5) as usize,
            min_persons: min_persons(self.section)?,
        })))
    }

    /// The column that is ranked.
    fn ranked(&self, of: &Asked) -> Result<String> {
        let Some(word) = self.section.optional_text("value")? else {
            return Ok(of.first_value().to_owned());
        };
        let valid: Vec<String> = of.values().into_iter().map(str::to_owned).collect();
        self.section.document.position("column", &word, &valid)?;
        Ok(word.value)
    }

    /// The row that is drawn, and how many of its values are named.
    fn row(&self, of: &Asked) -> Result<(Vec<(String, String)>, usize)> {
        let document = self.section.document;
        let calendar = self.words.rules.calendar;
        let keys: Vec<String> = of.keys().into_iter().map(str::to_owned).collect();
        let mut row = Vec::new();
        if let Some(section) = self.section.optional_section("row")? {
            for (key, value) in section.pairs()? {
                document.position("key", &key, &keys)?;
                if let Some(choices) = of.choices(&key.value, calendar) {
                    document.position("value", &value, &choices)?;
                }
                row.push((key.value, value.value));
            }
        }
        let named = row.len();
        for key in keys {
            if row.iter().any(|(known, _)| *known == key) {
                continue;
            }
            let choices = of.choices(&key, calendar).unwrap_or_default();
            let Some(first) = choices.first().filter(|_| of.has_default(&key, calendar)) else {
                let problem = Problem::RowOfAreas { missing: key, choices };
                return Err(document.error(self.section.span.clone(), problem));
            };
            row.push((key, first.clone()));
        }
        Ok((row, named))
    }
}
