//! What an output at week resolution asks for.

use afgang_engine::calendar::Week;
use afgang_engine::week::{Calendrical, Same, Ties, WeekSet, WeekSpells, Window};

use super::super::document::{Placed, Result, Section};
use super::super::error::Problem;
use super::super::read::source;
use super::super::window::{LONGEST, NamedWindow, unfit};
use super::{WeekWords, classes, cohort, count, effect, min_persons, named_set};
use crate::weeks::{
    Asked, Bins, Lags, LookBack, Modal, NamedClasses, Population, Profile, Quantity, Reference,
    Unit, Windows,
};

/// Reads what an output at week resolution asks for.
pub(in crate::study) fn asked(
    section: &Section<'_, '_>,
    kind: &str,
    words: WeekWords<'_>,
) -> Result<Asked> {
    Reader { section, words, by_area: false }.asked(kind)
}

pub(super) struct Reader<'a, 't, 'v> {
    pub(super) section: &'a Section<'t, 'v>,
    pub(super) words: WeekWords<'a>,
    /// Whether the output is computed by area, which `by` and `min_persons` then are about.
    pub(super) by_area: bool,
}

impl Reader<'_, '_, '_> {
    pub(super) fn asked(&self, kind: &str) -> Result<Asked> {
        Ok(match kind {
            "stock" => Asked::Stock(self.profile()?),
            "look-back-share" => {
                Asked::LookBackShare { population: self.population()?, windows: self.windows()? }
            }
            "occupancy" => self.occupancy()?,
            "modal-window" => Asked::ModalWindow {
                population: self.population()?,
                bins: self.bins()?,
                modal: self.modal()?,
            },
            "measure-share" => Asked::MeasureShare {
                population: self.population()?,
                bins: self.bins()?,
                set: self.set()?,
                window: self.last_weeks()?,
                min_persons: if self.by_area { 0 } else { min_persons(self.section)? },
                figure: self.section.flag("figure")?,
            },
            "measure-types" => Asked::MeasureTypes {
                population: self.population()?,
                bins: self.bins()?,
                types: self.classes("types")?.of.classes.clone(),
                window: self.last_weeks()?,
            },
            "time-since-measure" => Asked::TimeSinceMeasure {
                population: self.population()?,
                bins: self.bins()?.ok_or_else(|| self.section.missing("seniority"))?,
                set: self.set()?,
                years: {
                    let years = self.counts("years", 1, 100)?;
                    self.looks_back("years", years.last().map_or(0, |last| last * 52))?;
                    years
                },
            },
            "first-measure" => {
                let (spells, column) = self.spells()?;
                let (from, to) = self.range()?;
                let (set, weeks) = (self.set()?, self.number("weeks", 1, LONGEST)?);
                Asked::FirstMeasure { spells, column, from, to, set, weeks }
            }
            "full-time-persons" => {
                let classes = self.classes("states")?;
                let (from, to) = self.range()?;
                let (of, column) = (classes.of.clone(), classes.name.clone());
                Asked::FullTimePersons { of, column, from, to, period: self.period("period")? }
            }
            "spell-flow" => {
                let (spells, column) = self.spells()?;
                let (from, to) = self.range()?;
                let gaps_count = self.words.spells.gaps_count;
                Asked::SpellFlow { spells, column, from, to, gaps_count }
            }
            "transition-matrix" => {
                let week = self.week("week")?;
                let weeks = self.number("weeks", 1, LONGEST)?;
                self.looks_ahead("weeks", week, weeks)?;
                Asked::TransitionMatrix { week, of: self.classes("states")?.of.clone(), weeks }
            }
            "cohort-share" | "cohort-occupancy" => cohort::asked(self.section, kind, self.words)?,
            "effect-path" | "effect-balance" => effect::asked(self.section, kind, self.words)?,
            _ => self.areas()?,
        })
    }

    /// A week of the study.
    fn week(&self, key: &'static str) -> Result<Week> {
        self.inside(key, &self.section.week(key)?)
    }

    fn inside(&self, key: &'static str, found: &Placed<Week>) -> Result<Week> {
        let rules = self.words.rules;
        if (rules.first..=rules.last).contains(&found.value) {
            return Ok(found.value);
        }
        let problem = Problem::WeekOutside {
            key,
            found: found.value.to_string(),
            first: rules.first.to_string(),
            last: rules.last.to_string(),
        };
        Err(self.section.document.error(found.span.clone(), problem))
    }

    fn range(&self) -> Result<(Week, Week)> {
        if let Some((name, window)) = self.section.window()? {
            let (from, to) = match window {
                NamedWindow::Weeks(from, to) => (from, to),
                NamedWindow::Week(week) => (week, week),
                other => return Err(unfit(self.section.document, "window", &name, other)),
            };
            for value in [from, to] {
                self.inside("window", &Placed { value, span: name.span.clone() })?;
            }
            return Ok((from, to));
        }
        let (from, to) = (self.week("from")?, self.week("to")?);
        if from <= to {
            return Ok((from, to));
        }
        let problem = Problem::WeeksReversed { from: from.to_string(), to: to.to_string() };
        Err(self.section.document.error(self.section.text("to")?.span, problem))
    }

    fn number(&self, key: &'static str, first: i64, last: i64) -> Result<u32> {
        count(self.section, key, first, last)?.ok_or_else(|| self.section.missing(key))
    }

    /// Refuses to look back from the reference week beyond the data.
    fn looks_back(&self, key: &'static str, weeks: u32) -> Result<()> {
        let reference = self.week("week")?;
        let there = reference - self.words.rules.first;
        self.looks(key, weeks, there, || format!("{weeks} weeks before {reference}"))
    }

    /// Refuses to look from a week beyond the data.
    fn looks_ahead(&self, key: &'static str, from: Week, weeks: u32) -> Result<()> {
        let there = self.words.rules.last - from;
        self.looks(key, weeks, there, || format!("{weeks} weeks after {from}"))
    }

    /// Refuses to look at more weeks than are there.
    fn looks(
        &self,
        key: &'static str,
        weeks: u32,
        there: i32,
        found: impl Fn() -> String,
    ) -> Result<()> {
        if i64::from(weeks) <= i64::from(there) {
            return Ok(());
        }
        let rules = self.words.rules;
        let (first, last) = (rules.first.to_string(), rules.last.to_string());
        let problem = Problem::LooksOutside { key, found: found(), first, last };
        Err(self.section.document.error(self.section.span.clone(), problem))
    }

    /// Ascending whole numbers.
    fn counts(&self, key: &'static str, first: i64, last: i64) -> Result<Vec<u32>> {
        let Placed { value: numbers, span } = self.section.wholes(key)?;
        let problem = match numbers.iter().find(|number| !(first..=last).contains(*number)) {
            Some(&found) => Problem::OutOfRange { key, found, first, last },
            None if numbers.windows(2).any(|pair| pair[0] >= pair[1]) => Problem::Malformed {
                key,
                text: format!("{numbers:?}"),
                wanted: "whole numbers in ascending order",
            },
            None => return Ok(numbers.iter().map(|&number| number as u32).collect()),
        };
        Err(self.section.document.error(span, problem))
    }

    fn classes(&self, key: &'static str) -> Result<&NamedClasses> {
        classes(self.section.document, &self.section.text(key)?, self.words.rules)
    }

    fn set(&self) -> Result<WeekSet> {
        named_set(self.section.document, &self.section.text("set")?, self.words.rules)
    }

    pub(super) fn grouping(&self, key: &'static str) -> Result<Option<String>> {
        let Some(word) = self.section.optional_text(key)? else { return Ok(None) };
        self.known_grouping(word).map(Some)
    }

    fn groupings(&self, key: &str) -> Result<Vec<String>> {
        let words = self.section.optional_words(key)?.unwrap_or_default();
        words.into_iter().map(|word| self.known_grouping(word)).collect()
    }

    fn known_grouping(&self, word: Placed<String>) -> Result<String> {
        let names: Vec<String> = self.words.groupings.iter().map(|g| g.name.clone()).collect();
        self.section.document.position("grouping", &word, &names)?;
        Ok(word.value)
    }

    /// The spells of the output, or those of the study, and the name of their classes.
    fn spells(&self) -> Result<(WeekSpells, String)> {
        let defaults = self.words.spells;
        let named = match (self.section.optional_text("spells")?, &defaults.of) {
            (Some(word), _) => classes(self.section.document, &word, self.words.rules)?,
            (None, Some(name)) => {
                let word = Placed { value: name.clone(), span: self.section.span.clone() };
                classes(self.section.document, &word, self.words.rules)?
            }
            (None, None) => return Err(self.section.missing("spells")),
        };
        let gap = count(self.section, "gap", 0, 520)?.map_or(defaults.gap, |gap| gap as usize);
        Ok((WeekSpells { of: named.of.clone(), gap }, named.name.clone()))
    }

    fn population(&self) -> Result<Population> {
        let word = self.section.text("rows")?;
        let rules = self.words.rules;
        let names = || rules.rows.iter().map(|rows| rows.name.as_str());
        let rows = rules.rows.iter().find(|rows| rows.name == word.value);
        let rows =
            rows.ok_or_else(|| self.section.document.unknown_word("rows", &word, names()))?;
        let defaults = self.words.spells;
        let at_least = match count(self.section, "min_weeks", 1, LONGEST)? {
            None => None,
            Some(weeks) => Some((self.spells()?.0, defaults.gaps_count, weeks)),
        };
        let at_least_months = match count(self.section, "min_months", 1, 1200)? {
            None => None,
            Some(months) => {
                let spells = WeekSpells { gap: defaults.month_gap, ..self.spells()?.0 };
                Some((spells, defaults.month_rule, months))
            }
        };
        let week = self.week("week")?;
        Ok(Population { week, rows: rows.clone(), at_least, at_least_months })
    }

    fn profile(&self) -> Result<Profile> {
        let mut quantities: Vec<Quantity> =
            self.grouping("birth_year")?.map(Quantity::MeanAge).into_iter().collect();
        quantities.extend(self.groupings("means")?.into_iter().map(Quantity::Mean));
        quantities.extend(self.groupings("shares")?.into_iter().map(Quantity::Shares));
        let population = self.population()?;
        let reference = self.reference(&population.rows.column)?;
        Ok(Profile { population, quantities, reference })
    }

    /// A row of a table of quantities, of a population that the output does not compute.
    fn reference(&self, column: &str) -> Result<Option<Reference>> {
        if !self.section.has("reference") {
            return Ok(None);
        }
        let (name, text) = source(self.section, "reference", self.words.folder)?;
        let row = self.section.text("reference_row")?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader
            .headers()
            .map(|names| names.iter().map(str::to_owned).collect())
            .unwrap_or_default();
        let place = |wanted: &str| header.iter().position(|name| name == wanted);
        let (Some(of), Some(quantity), Some(value)) =
            (place(column), place("quantity"), place("value"))
        else {
            let wanted = "a table with the columns of the output: rows, quantity, value";
            let problem = Problem::Malformed { key: "reference", text: name.value, wanted };
            return Err(self.section.document.error(name.span, problem));
        };
        let records = reader.records().filter_map(std::result::Result::ok);
        let values: Vec<(String, f64)> = records
            .filter(|record| record.get(of) == Some(&row.value))
            .filter_map(|record| {
                Some((record.get(quantity)?.to_owned(), record.get(value)?.parse().ok()?))
            })
            .collect();
        if values.is_empty() {
            let wanted = "a row of the table";
            let problem = Problem::Malformed { key: "reference_row", text: row.value, wanted };
            return Err(self.section.document.error(row.span, problem));
        }
        Ok(Some(Reference { row: row.value, values }))
    }

    fn windows(&self) -> Result<Windows> {
        let weeks = self.counts("weeks", 1, LONGEST)?;
        let names = match self.section.optional_words("names")? {
            None => weeks.iter().map(|weeks| format!("{weeks}_weeks")).collect(),
            Some(names) if names.len() == weeks.len() => {
                names.into_iter().map(|name| name.value).collect::<Vec<_>>()
            }
            Some(names) => {
                let span = names.first().map_or(0..0, |name| name.span.clone());
                let text = names.iter().map(|name| &*name.value).collect::<Vec<_>>().join(", ");
                let wanted = "a name for each number of weeks";
                let problem = Problem::Malformed { key: "names", text, wanted };
                return Err(self.section.document.error(span, problem));
            }
        };
        let column = self.section.optional_text("column")?;
        let column = column.map_or("in_set".to_owned(), |column| column.value);
        let windows = weeks.iter().zip(&names).map(|(&weeks, name)| LookBack {
            weeks: weeks as usize,
            persons: format!("{column}_{name}"),
            percent: format!("percent_{name}"),
        });
        let with_anchor =
            !self.section.has("with_reference") || self.section.flag("with_reference")?;
        let longest = weeks.last().map_or(0, |longest| longest - u32::from(with_anchor));
        self.looks_back("weeks", longest)?;
        Ok(Windows {
            set: self.set()?,
            windows: windows.collect(),
            percent: self.percent()?,
            with_anchor,
        })
    }

    /// Whole per cent; a fraction is most likely meant as a share.
    fn percent(&self) -> Result<u32> {
        if let Some(Placed { value: found, span }) = self.section.optional_number("percent")?
            && found.fract() != 0.0
        {
            let wanted = "per cent as a whole number from 1 to 100: 80 for four fifths";
            let problem = Problem::Number { key: "percent", found, wanted };
            return Err(self.section.document.error(span, problem));
        }
        self.number("percent", 1, 100)
    }

    /// The own state, if the output tells it from others.
    fn same(&self) -> Result<Option<Same>> {
        let Some(label) = self.section.optional_text("same")? else { return Ok(None) };
        Ok(Some(Same { label: label.value, of: self.spells()?.0.of }))
    }

    fn occupancy(&self) -> Result<Asked> {
        let (spells, column) = self.spells()?;
        let (from, to) = self.range()?;
        let units = [("weeks", Unit::Weeks), ("months", Unit::Months), ("years", Unit::Years)];
        let unit = self.section.choice("unit", "unit", &units)?.unwrap_or(Unit::Weeks);
        let of = self.classes("states")?.of.clone();
        let same = self.same()?;
        if self.section.flag("ever")? && (of.classes.len() != 1 || same.is_some()) {
            let problem = Problem::Malformed {
                key: "ever",
                text: "true".to_owned(),
                wanted: "`states` of one class (and `otherwise`), and no `same`, with `ever`",
            };
            return Err(self.section.document.error(self.section.place_of("ever"), problem));
        }
        let clean = count(self.section, "clean", 0, LONGEST)?.unwrap_or(0);
        let first = spells.gap as i64 + 1;
        if (1..first).contains(&i64::from(clean)) {
            let found = i64::from(clean);
            let problem = Problem::OutOfRange { key: "clean", found, first, last: LONGEST };
            return Err(self.section.document.error(self.section.place_of("clean"), problem));
        }
        let mut states: Vec<String> = same.iter().map(|same| same.label.clone()).collect();
        states.extend(of.classes.iter().map(|(name, _)| name).chain(&of.otherwise).cloned());
        let shown = match self.section.optional_words("show")? {
            None => states,
            Some(words) => words
                .into_iter()
                .map(|word| {
                    self.section.document.position("state", &word, &states).map(|_| word.value)
                })
                .collect::<Result<_>>()?,
        };
        let age = match self.grouping("birth_year")? {
            None => None,
            Some(birth_year) => Some((birth_year, self.counts("ages", 1, 120)?)),
        };
        Ok(Asked::Occupancy {
            clean: clean as usize,
            once: self.section.flag("once")?,
            spells,
            column,
            from,
            to,
            lags: Lags { lags: self.counts("lags", 0, LONGEST)?, unit },
            of,
            same,
            ever: self.section.flag("ever")?,
            by: if self.by_area { Vec::new() } else { self.groupings("by")? },
            age,
            cohorts: self.section.has("cohorts").then(|| self.period("cohorts")).transpose()?,
            shown,
            min_persons: if self.by_area { 0 } else { min_persons(self.section)? },
            figure: self.section.flag("figure")?,
        })
    }

    fn bins(&self) -> Result<Option<Bins>> {
        if !self.section.has("seniority") {
            return Ok(None);
        }
        let bounds = self.counts("seniority", 1, LONGEST)?;
        let mut names = Vec::new();
        let in_years = bounds.iter().all(|bound| bound % 52 == 0);
        let mut first = 0;
        for &bound in &bounds {
            // Years meet at birthdays; weeks are counted one by one.
            names.push(match (in_years, bound - first) {
                (true, _) => format!("{}-{}", first / 52, bound / 52),
                (false, 1) => first.to_string(),
                (false, _) => format!("{first}-{}", bound - 1),
            });
            first = bound;
        }
        names.push(format!("{}+", if in_years { first / 52 } else { first }));
        let shown = match self.section.optional_words("show_seniority")? {
            None => names.clone(),
            Some(words) => words
                .into_iter()
                .map(|word| {
                    self.section.document.position("seniority", &word, &names).map(|_| word.value)
                })
                .collect::<Result<_>>()?,
        };
        let (spells, gaps_count) = (self.spells()?.0, self.words.spells.gaps_count);
        Ok(Some(Bins { spells, gaps_count, bounds, names, shown }))
    }

    fn modal(&self) -> Result<Modal> {
        let before = count(self.section, "before_start", 1, LONGEST)?;
        let after = count(self.section, "after", 1, LONGEST)?;
        let window = match (before, after) {
            (Some(weeks), None) => {
                let (start_of, week) = (Some(self.spells()?.0), self.week("week")?);
                let (first, there) = (self.words.rules.first, week - self.words.rules.first);
                if i64::from(weeks) > i64::from(there) {
                    let (week, first) = (week.to_string(), first.to_string());
                    let problem =
                        Problem::OpenWindow { key: "before_start", weeks, there, week, first };
                    return Err(self.section.document.error(self.section.span.clone(), problem));
                }
                Window { from: -(weeks as i32), to: -1, start_of }
            }
            (None, Some(weeks)) => {
                self.looks_ahead("after", self.week("week")?, weeks)?;
                Window { from: 1, to: weeks as i32, start_of: None }
            }
            _ => {
                let problem = Problem::OneOf {
                    section: self.section.name.clone(),
                    first: "before_start".to_owned(),
                    second: "after",
                };
                return Err(self.section.document.error(self.section.span.clone(), problem));
            }
        };
        let rules =
            [("listed", Ties::Listed), ("latest", Ties::Latest), ("earliest", Ties::Earliest)];
        let ties = self.section.choice("ties", "rule for ties", &rules)?.unwrap_or(Ties::Listed);
        let leavers = self.section.flag("leavers")?;
        let same = self.same()?;
        if leavers && same.is_none() {
            return Err(self.section.missing("same"));
        }
        Ok(Modal { of: self.classes("states")?.of.clone(), same, window, ties, leavers })
    }

    /// The weeks up to the reference week, which is the last of them.
    fn last_weeks(&self) -> Result<Window> {
        let weeks = self.number("last_weeks", 1, LONGEST)?;
        self.looks_back("last_weeks", weeks - 1)?;
        Ok(Window { from: 1 - weeks as i32, to: 0, start_of: None })
    }

    fn period(&self, key: &'static str) -> Result<Calendrical> {
        let periods = [
            ("year", Calendrical::Year),
            ("quarter", Calendrical::Quarter),
            ("month", Calendrical::Month),
        ];
        let period = self.section.choice(key, key, &periods)?;
        period.ok_or_else(|| self.section.missing(key))
    }
}
