//! Weeks, months, years and lengths that a study names once and uses in many outputs.

use afgang_engine::calendar::{Month, Week, weeks_in_year};
use toml::Spanned;
use toml::de::DeValue;

use super::document::{Document, Placed, Result, Section};
use super::error::{Problem, StudyError};
use crate::weeks::year_and_week;

/// What a name of `[window]` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedWindow {
    /// One week: `"2014-W20"`.
    Week(Week),
    /// Weeks from the first to the last: `["2012-W01", "2012-W52"]`.
    Weeks(Week, Week),
    /// Months from the first to the last: `["2024-01", "2024-12"]`.
    Months(Month, Month),
    /// Years from the first to the last: `[2011, 2019]`.
    Years(i64, i64),
    /// A number of weeks, or of whatever the key counts: `12`.
    Length(i64),
}

/// How the section is called in messages.
const SECTION: &str = "window";

/// Longest number of weeks that is a window.
pub(super) const LONGEST: i64 = 5200;

/// The names of a study.
#[derive(Debug, Default)]
pub(super) struct Windows {
    named: Vec<(String, NamedWindow)>,
}

impl Windows {
    /// Reads `[window]`. Bounds of weeks may be names that stand above.
    pub(super) fn read(root: &Section<'_, '_>) -> Result<Self> {
        let mut windows = Self::default();
        let Some(section) = root.optional_section(SECTION)? else { return Ok(windows) };
        for (name, value) in section.entries() {
            let window = windows.window(section.document, value)?;
            windows.named.push((name.value, window));
        }
        Ok(windows)
    }

    fn window(&self, document: Document<'_>, value: &Spanned<DeValue<'_>>) -> Result<NamedWindow> {
        match value.get_ref() {
            DeValue::String(text) => {
                let text = Placed { value: text.to_string(), span: value.span() };
                self.week(document, SECTION, text).map(|week| NamedWindow::Week(week.value))
            }
            DeValue::Integer(_) => {
                let found = whole(value).ok_or_else(|| malformed(document, value))?;
                if (1..=LONGEST).contains(&found) {
                    return Ok(NamedWindow::Length(found));
                }
                let problem = Problem::OutOfRange { key: SECTION, found, first: 1, last: LONGEST };
                Err(document.error(value.span(), problem))
            }
            DeValue::Array(list) => match &list[..] {
                [from, to] => self.pair(document, from, to),
                _ => Err(malformed(document, value)),
            },
            _ => Err(malformed(document, value)),
        }
    }

    /// A first and a last week, month or year.
    fn pair(
        &self,
        document: Document<'_>,
        from: &Spanned<DeValue<'_>>,
        to: &Spanned<DeValue<'_>>,
    ) -> Result<NamedWindow> {
        let window = match (from.get_ref(), to.get_ref()) {
            (DeValue::String(first), DeValue::String(last)) => {
                if let (Ok(first), Ok(last)) = (first.parse(), last.parse()) {
                    NamedWindow::Months(first, last)
                } else {
                    let week = |text: &str, span| {
                        let text = Placed { value: text.to_owned(), span };
                        self.week(document, SECTION, text).map(|week| week.value)
                    };
                    NamedWindow::Weeks(week(first, from.span())?, week(last, to.span())?)
                }
            }
            _ => match (whole(from), whole(to)) {
                (Some(first), Some(last)) => NamedWindow::Years(first, last),
                (None, _) => return Err(malformed(document, from)),
                (_, None) => return Err(malformed(document, to)),
            },
        };
        let text = |of: &dyn std::fmt::Display| of.to_string();
        let problem = match &window {
            NamedWindow::Weeks(from, to) if from > to => {
                Problem::WeeksReversed { from: text(from), to: text(to) }
            }
            NamedWindow::Months(from, to) if from > to => {
                Problem::MonthsReversed { from: text(from), to: text(to) }
            }
            NamedWindow::Years(first, last) if first > last => {
                Problem::Range { key: SECTION, first: *first, last: *last }
            }
            _ => return Ok(window),
        };
        Err(document.error(to.span(), problem))
    }

    /// What the name in a key stands for.
    fn find(&self, document: Document<'_>, name: &Placed<String>) -> Result<NamedWindow> {
        if let Some((_, window)) = self.named.iter().find(|(known, _)| *known == name.value) {
            return Ok(*window);
        }
        let names = self.named.iter().map(|(known, _)| known.as_str());
        Err(document.unknown_word(SECTION, name, names))
    }

    /// A week, written `2014-W20` or named.
    fn week(
        &self,
        document: Document<'_>,
        key: &'static str,
        text: Placed<String>,
    ) -> Result<Placed<Week>> {
        let is_number = text.value.trim().starts_with(|first: char| first.is_ascii_digit());
        if self.named.is_empty() || is_number {
            return week(document, key, text);
        }
        match self.find(document, &text)? {
            NamedWindow::Week(value) => Ok(Placed { value, span: text.span }),
            other => Err(unfit(document, key, &text, other)),
        }
    }
}

/// What a value of `[window]` may be.
const FORMS: &str = "a week \"2014-W20\", two weeks [\"2012-W01\", \"2012-W52\"], two months [\"2024-01\", \"2024-12\"], two \
                     years [2011, 2019] or a number of weeks 12";

fn malformed(document: Document<'_>, value: &Spanned<DeValue<'_>>) -> Box<StudyError> {
    let text = value.get_ref().type_str().to_owned();
    document.error(value.span(), Problem::Malformed { key: SECTION, text, wanted: FORMS })
}

fn whole(value: &Spanned<DeValue<'_>>) -> Option<i64> {
    value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok())
}

/// A name that stands for something else than its key is about.
pub(super) fn unfit(
    document: Document<'_>,
    key: &'static str,
    name: &Placed<String>,
    window: NamedWindow,
) -> Box<StudyError> {
    let is = match window {
        NamedWindow::Week(week) => format!("the week {week}"),
        NamedWindow::Weeks(from, to) => format!("the weeks {from} to {to}"),
        NamedWindow::Months(from, to) => format!("the months {from} to {to}"),
        NamedWindow::Years(from, to) => format!("the years {from} to {to}"),
        NamedWindow::Length(length) => format!("the number {length}"),
    };
    let problem = Problem::UnfitWindow { key, name: name.value.clone(), is };
    document.error(name.span.clone(), problem)
}

impl Section<'_, '_> {
    /// What the name in a key stands for; `None` where no name stands.
    pub(super) fn named(&self, key: &'static str) -> Result<Option<(Placed<String>, NamedWindow)>> {
        if !self.is_text(key) {
            return Ok(None);
        }
        let (Some(windows), name) = (self.document.windows, self.text(key)?) else {
            return Ok(None);
        };
        let window = windows.find(self.document, &name)?;
        Ok(Some((name, window)))
    }

    /// A week, written `2014-W20` or named.
    pub(super) fn week(&self, key: &'static str) -> Result<Placed<Week>> {
        let text = self.text(key)?;
        match self.document.windows {
            Some(windows) => windows.week(self.document, key, text),
            None => week(self.document, key, text),
        }
    }

    /// The window that stands in place of `from` and `to`.
    pub(super) fn window(&self) -> Result<Option<(Placed<String>, NamedWindow)>> {
        if !self.has(SECTION) {
            return Ok(None);
        }
        if let Some(second) = ["from", "to"].into_iter().find(|key| self.has(key)) {
            let first = SECTION.to_owned();
            let problem = Problem::OneOf { section: self.name.clone(), first, second };
            return Err(self.document.error(self.text(SECTION)?.span, problem));
        }
        // Anything but text is refused as text.
        self.text(SECTION)?;
        self.named(SECTION)
    }
}

/// A week written `2014-W20`.
fn week(document: Document<'_>, key: &'static str, text: Placed<String>) -> Result<Placed<Week>> {
    let Placed { value: text, span } = text;
    let parts = year_and_week(&text);
    if let Some(value) = parts.and_then(|(year, week)| Week::new(year, week)) {
        return Ok(Placed { value, span });
    }
    let last = |(year, week): (i32, u8)| {
        Week::new(year, weeks_in_year(year)).filter(|last| last.week() < week)
    };
    let problem = match parts.and_then(last) {
        Some(last) => Problem::NoSuchWeek { key, text, last: last.to_string() },
        None if text.parse::<Month>().is_ok() => Problem::Malformed {
            key,
            text,
            wanted: "a week as YYYY-Www, for example 2014-W20, as this is a study of weeks",
        },
        None => {
            let wanted = "a week as YYYY-Www, for example 2014-W20";
            Problem::Malformed { key, text, wanted }
        }
    };
    Err(document.error(span, problem))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::{Kind, Study};
    use super::*;

    const STUDY: &str = r#"[study]
name = "w"
version = "1"
title.en = "Weeks"

[period]
from = "2014-W01"
to = "2014-W30"
resolution = "week"
employment_from = "2014-01"

[code_book]
built_in = "dream-weeks-2014"

[list.cohort]

[set.link]
states = ["employment"]

[classes.scheme]
of = [{ name = "sick", states = ["sygedagpenge"] }]

[rows.sick]
of = [{ name = "sick", states = ["sygedagpenge"] }]

[spells]
of = "scheme"

[window]
reference = "2014-W20"
quarter = 12
until = ["2014-W02", "reference"]
spring = ["2014-03", "2014-05"]

[[output]]
id = "flows"
kind = "transition-matrix"
title.en = "Flows"
week = "reference"
states = "scheme"
weeks = 5

[[output]]
id = "measures"
kind = "measure-share"
title.en = "Measures"
week = "reference"
rows = "sick"
set = "link"
last_weeks = "quarter"

[[output]]
id = "persons"
kind = "full-time-persons"
title.en = "Persons"
states = "scheme"
window = "until"
period = "year"

[[output]]
id = "attained"
kind = "cohort-share"
title.en = "Attained"
list = "cohort"
set = "link"
window = "spring"
"#;

    fn study(text: &str) -> Result<Study> {
        read::study("test", "w.toml", text, None)
    }

    fn changed(from: &str, to: &str) -> String {
        assert!(STUDY.contains(from), "{from}");
        STUDY.replacen(from, to, 1)
    }

    #[test]
    fn a_name_is_its_value() {
        let in_place = STUDY
            .replace("week = \"reference\"", "week = \"2014-W20\"")
            .replace("\"quarter\"\n", "12\n")
            .replace("window = \"until\"", "from = \"2014-W02\"\nto = \"2014-W20\"")
            .replace("window = \"spring\"", "from = \"2014-03\"\nto = \"2014-05\"");
        let (start, outputs) = in_place.split_once("[window]").unwrap();
        let outputs = &outputs[outputs.find("[[output]]").unwrap()..];
        let kinds = |text: &str| -> Vec<Kind> {
            study(text).unwrap().outputs.into_iter().map(|output| output.kind).collect()
        };
        assert_eq!(kinds(STUDY), kinds(&format!("{start}{outputs}")));
        // Years of a study of months.
        let months = include_str!("../../studies/vive.toml");
        let in_place = months.replace("\nyears = \"data\"", "\nyears = [2011, 2019]");
        assert_ne!(months, in_place);
        assert_eq!(kinds(months), kinds(&in_place));
    }

    #[test]
    fn what_is_wrong_with_names_is_said_where_it_stands() {
        let says = |from: &str, to: &str, line: usize, message: &str, help: &str| {
            let error = study(&changed(from, to)).unwrap_err();
            assert_eq!(error.to_string(), format!("w.toml, line {line}: {message}"));
            assert!(error.help().unwrap().contains(help), "{:?}", error.help());
        };
        let last = "\"quarter\"\n";
        says(last, "\"quater\"\n", 50, "unknown window `quater`", "did you mean `quarter`?");
        says(
            last,
            "\"spring\"\n",
            50,
            "`last_weeks` cannot be `spring`, which is the months 2014-03 to 2014-05",
            "name one in [window]",
        );
        says(
            "week = \"reference\"",
            "week = \"quarter\"",
            39,
            "`week` cannot be `quarter`, which is the number 12",
            "",
        );
        says(
            "window = \"until\"",
            "window = \"spring\"",
            57,
            "`window` cannot be `spring`, which is the months 2014-03 to 2014-05",
            "",
        );
        says(
            "window = \"spring\"",
            "window = \"until\"",
            66,
            "`window` cannot be `until`, which is the weeks 2014-W02 to 2014-W20",
            "",
        );
        says("quarter = 12", "quarter = 0", 31, "`window` is 0", "between 1 and 5200");
        says(
            "quarter = 12",
            "quarter = 1.5",
            31,
            "`float` cannot be the window",
            "a week \"2014-W20\"",
        );
        says("[\"2014-03\", \"2014-05\"]", "[]", 33, "`array` cannot be the window", "two months");
        says(
            "[\"2014-03\", \"2014-05\"]",
            "[\"2014-05\", \"2014-03\"]",
            33,
            "the months 2014-05 to 2014-03 are in the wrong order",
            "earlier month first",
        );
        says(
            "\"2014-W02\", \"reference\"",
            "\"2014-W21\", \"reference\"",
            32,
            "the weeks 2014-W21 to 2014-W20 are in the wrong order",
            "earlier week first",
        );
        says("\"reference\"]", "\"referrence\"]", 32, "unknown window `referrence`", "`reference`");
        says(
            "\"reference\"]",
            "\"2014-W40\"]",
            57,
            "`window` is 2014-W40, outside the study's weeks 2014-W01 to 2014-W30",
            "",
        );
        says(
            "window = \"until\"",
            "window = \"until\"\nto = \"2014-W20\"",
            57,
            "[[output]] needs either `window` or `to`",
            "write either `window` or `to`",
        );
        let error = study(&changed("window = \"until\"", "window = 3")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "w.toml, line 57: `window` is integer, where text in quotes is needed"
        );
    }
}
