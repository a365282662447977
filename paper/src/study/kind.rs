//! The kinds of tables and figures that a study can ask for.

use std::ops::RangeInclusive;

use super::Output;
use super::accounts;
use super::document::{Placed, Result, Section};
use super::error::Problem;
use super::read::Vocabulary;
use super::weeks;
use crate::accounts::Asked;
use crate::weeks::Asked as WeekAsked;

/// Durations in whole months, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// First month.
    pub first: u32,
    /// Last month.
    pub last: u32,
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

/// What an output shows. Names are those of the code book and of the study's groupings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Spells by target group.
    Spells,
    /// Spells of a target group by exit, with mean and standard deviation of duration. Exits that are
    /// not listed count as the residual one.
    Exits {
        /// The target group.
        target_group: String,
        /// The exits in order, the censored state included.
        exits: Vec<String>,
    },
    /// Exits in per cent of all spells that start in a year.
    ExitByStartYear {
        /// The target group.
        target_group: String,
        /// The exits that are shown.
        exits: Vec<String>,
        /// Exits that count as the residual one.
        other_includes: Vec<String>,
        /// The start years.
        start_years: RangeInclusive<i32>,
    },
    /// Durations in per cent of the spells that start in a year, end in one of some exits and last no
    /// longer than the last interval.
    DurationIntervals {
        /// The target group.
        target_group: String,
        /// The exits.
        exits: Vec<String>,
        /// The intervals, without gaps from month 1.
        intervals: Vec<Interval>,
        /// The start years.
        start_years: RangeInclusive<i32>,
    },
    /// Cumulative incidence of exits in the presence of all others, by group.
    CumulativeIncidence {
        /// The target group.
        target_group: String,
        /// The exits that are shown.
        exits: Vec<String>,
        /// The grouping.
        by: String,
        /// Confidence level.
        level: f64,
    },
    /// Probabilities to be in each target group, or to have left to each exit, as months go by.
    StateOccupation {
        /// The target group of the first month.
        target_group: String,
        /// The last month shown.
        months: u32,
        /// Confidence level.
        level: f64,
    },
    /// The state some months after the month of exit, for spells with one exit.
    LaterState {
        /// The target groups.
        target_groups: Vec<String>,
        /// The exit.
        exit: String,
        /// Months after the month of exit.
        months_later: u32,
    },
    /// Benefit months and full-time persons by target group and year.
    BenefitMonths {
        /// One target group; all without it.
        target_group: Option<String>,
        /// The years.
        years: RangeInclusive<i32>,
        /// Whether it is drawn.
        figure: bool,
    },
    /// Benefit months by intervention.
    MonthsByIntervention {
        /// One target group; all together without it.
        target_group: Option<String>,
        /// The years.
        years: RangeInclusive<i32>,
        /// A grouping with a bar for each group.
        by: Option<String>,
        /// Whether months without an intervention stay out.
        active: bool,
    },
    /// What the municipalities' accounts come to, by job centre and year.
    Accounts(Asked),
    /// What a register says at week resolution.
    Weeks(Box<WeekAsked>),
}

/// Name of each kind, with the keys that it takes.
const KINDS: &[(&str, &[&str])] = &[
    ("spells", &[]),
    ("exits", &["target_group", "exits"]),
    ("exit-by-start-year", &["target_group", "exits", "other_includes", "start_years"]),
    ("duration-intervals", &["target_group", "exits", "intervals", "start_years"]),
    ("cumulative-incidence", &["target_group", "exits", "by", "level"]),
    ("state-occupation", &["target_group", "months", "level"]),
    ("later-state", &["target_groups", "exit", "months_later"]),
    ("benefit-months", &["target_group", "years", "figure"]),
    ("months-by-intervention", &["target_group", "years", "by", "active"]),
];

/// Kinds that the design names and that are still to come.
const PLANNED: &[&str] = &["kaplan-meier"];

/// Keys of every output.
const COMMON: &[&str] = &["id", "number", "kind", "title", "note", "published", "printed"];

impl Kind {
    /// Reads the kind of an output with its keys.
    pub(super) fn read(
        section: &Section<'_, '_>,
        words: &Vocabulary<'_>,
        earlier: &[Output],
    ) -> Result<Self> {
        let document = section.document;
        if !section.has("kind") {
            // A misspelt key may well be the kind's.
            let mut every = COMMON.to_vec();
            for key in kinds().flat_map(|(_, keys)| *keys) {
                if !every.contains(key) {
                    every.push(key);
                }
            }
            section.only(&every)?;
        }
        let kind = section.text("kind")?;
        let Some((name, keys)) = kinds().find(|(name, _)| *name == kind.value) else {
            if PLANNED.contains(&kind.value.as_str()) {
                let what = format!("the kind `{}`", kind.value);
                let instead = "leave the output out of the study";
                return Err(document.error(kind.span, Problem::NotYet { what, instead }));
            }
            return Err(document.unknown_word("kind", &kind, kinds().map(|(name, _)| *name)));
        };
        let in_weeks = weeks::KINDS.iter().any(|(kind, _)| kind == name);
        let of_months = KINDS.iter().any(|(kind, _)| kind == name);
        if words.weeks.is_some() && of_months && !in_weeks {
            return Err(document.error(kind.span, Problem::MonthsOnly { kind: kind.value }));
        }
        let weekly = match (in_weeks, words.weeks) {
            (true, None) => {
                return Err(document.error(kind.span, Problem::NeedsWeeks { kind: kind.value }));
            }
            (true, words) => words,
            (false, _) => None,
        };
        let inner = if *name == weeks::BY_AREA { weeks::inner_keys(section)? } else { Vec::new() };
        section.only(&[COMMON, keys, &inner].concat())?;
        if let Some(words) = weekly {
            return Ok(Self::Weeks(Box::new(weeks::asked(section, &kind.value, words)?)));
        }
        let target_group = || words.target_group(document, section.text("target_group")?);
        let exits = || words.exits(document, section.words("exits")?);
        let start_years = || words.start_years(section);
        Ok(match *name {
            "exits" => Self::Exits { target_group: target_group()?, exits: exits()? },
            "exit-by-start-year" => Self::ExitByStartYear {
                target_group: target_group()?,
                exits: exits()?,
                other_includes: match section.optional_words("other_includes")? {
                    Some(list) => words.causes(document, list)?,
                    None => Vec::new(),
                },
                start_years: start_years()?,
            },
            "duration-intervals" => Self::DurationIntervals {
                target_group: target_group()?,
                exits: exits()?,
                intervals: intervals(section, words.longest)?,
                start_years: start_years()?,
            },
            "cumulative-incidence" => Self::CumulativeIncidence {
                target_group: target_group()?,
                exits: words.causes(document, section.words("exits")?)?,
                by: words.grouping(document, section.text("by")?)?,
                level: level(section)?,
            },
            "state-occupation" => Self::StateOccupation {
                target_group: target_group()?,
                months: months(section, "months", words.longest + 1)?,
                level: level(section)?,
            },
            "later-state" => Self::LaterState {
                target_groups: section
                    .words("target_groups")?
                    .into_iter()
                    .map(|word| words.target_group(document, word))
                    .collect::<Result<_>>()?,
                exit: words.cause(document, section.text("exit")?)?,
                months_later: months(section, "months_later", words.longest)?,
            },
            "spells" => Self::Spells,
            "benefit-months" => Self::BenefitMonths {
                target_group: words.optional_target_group(section)?,
                years: words.data_years(section)?,
                figure: section.flag("figure")?,
            },
            "months-by-intervention"
                if section.has("by") && {
                    let years = words.data_years(section)?;
                    years.start() != years.end()
                } =>
            {
                let span = section.range("years")?.span;
                let text = "several years".to_owned();
                let wanted = "one year, [2019, 2019], where there is `by`";
                let problem = Problem::Malformed { key: "years", text, wanted };
                return Err(document.error(span, problem));
            }
            "months-by-intervention" => Self::MonthsByIntervention {
                target_group: words.optional_target_group(section)?,
                years: words.data_years(section)?,
                by: section
                    .optional_text("by")?
                    .map(|word| words.grouping(document, word))
                    .transpose()?,
                active: section.flag("active")?,
            },
            _ => Self::Accounts(accounts::asked(section, &kind, words.accounts, earlier)?),
        })
    }

    /// The columns of the output's table that tell its rows apart.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::Spells => vec!["target_group"],
            Self::Exits { .. } => vec!["target_group", "exit"],
            Self::ExitByStartYear { .. } => vec!["target_group", "exit", "start_year"],
            Self::DurationIntervals { .. } => vec!["target_group", "start_year", "interval"],
            Self::CumulativeIncidence { by, .. } => vec!["target_group", by, "cause", "time"],
            Self::StateOccupation { .. } => vec!["target_group", "state", "time"],
            Self::LaterState { .. } => vec!["target_group", "state_later"],
            Self::BenefitMonths { .. } => vec!["target_group", "year"],
            Self::MonthsByIntervention { by, .. } => {
                let mut keys = vec!["target_group"];
                keys.extend(by.as_deref());
                keys.extend(["year", "intervention"]);
                keys
            }
            Self::Accounts(asked) => asked.keys(),
            Self::Weeks(asked) => asked.keys(),
        }
    }

    /// The columns of the output's table that hold numbers.
    pub fn values(&self) -> Vec<&str> {
        match self {
            Self::Exits { .. } => vec!["spells", "percent", "mean_months", "sd_months"],
            Self::BenefitMonths { .. } => vec!["months", "full_time_persons"],
            Self::MonthsByIntervention { .. } => vec!["months", "percent", "thousands"],
            Self::CumulativeIncidence { .. } | Self::StateOccupation { .. } => {
                vec![
                    "n_risk",
                    "n_event",
                    "n_censor",
                    "estimate",
                    "std_error",
                    "conf_low",
                    "conf_high",
                ]
            }
            Self::Accounts(asked) => asked.values(),
            Self::Weeks(asked) => asked.values(),
            _ => vec!["spells", "percent"],
        }
    }

    /// The columns of the output's table that hold marks beside numbers: stars, or yes and no.
    pub fn marks(&self) -> &'static [&'static str] {
        match self {
            Self::Accounts(asked) => asked.marks(),
            _ => &[],
        }
    }

    /// What is asked of a register at week resolution.
    pub fn weeks(&self) -> Option<&WeekAsked> {
        match self {
            Self::Weeks(asked) => Some(asked),
            _ => None,
        }
    }

    /// Whether the output is a table rather than a figure.
    pub fn is_table(&self) -> bool {
        match self {
            Self::Spells | Self::Exits { .. } | Self::LaterState { .. } => true,
            Self::BenefitMonths { figure, .. } => !figure,
            Self::Accounts(asked) => asked.is_table(),
            Self::Weeks(asked) => asked.is_table(),
            _ => false,
        }
    }
}

/// Kinds of the register and of the accounts.
fn kinds() -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
    KINDS.iter().chain(accounts::KINDS).chain(weeks::KINDS)
}

fn level(section: &Section<'_, '_>) -> Result<f64> {
    let Some(level) = section.optional_number("level")? else { return Ok(0.95) };
    if level.value > 0.0 && level.value < 1.0 {
        return Ok(level.value);
    }
    let wanted = "a number between 0 and 1, for example 0.95";
    let problem = Problem::Number { key: "level", found: level.value, wanted };
    Err(section.document.error(level.span, problem))
}

/// A number of months below `end`.
fn months(section: &Section<'_, '_>, key: &'static str, end: u32) -> Result<u32> {
    let months = section.whole(key)?;
    match u32::try_from(months.value) {
        Ok(value) if (1..end).contains(&value) => Ok(value),
        _ => Err(section.document.error(
            months.span,
            Problem::OutsidePeriod { key, found: months.value, first: 1, last: i64::from(end) - 1 },
        )),
    }
}

/// Intervals of months that follow each other from month 1.
fn intervals(section: &Section<'_, '_>, longest: u32) -> Result<Vec<Interval>> {
    let mut intervals: Vec<Interval> = Vec::new();
    for Placed { value: text, span } in section.words("intervals")? {
        let (first, last) = text.split_once(['-', '–']).unwrap_or((&text, &text));
        let (Ok(first), Ok(last)) = (first.trim().parse::<u32>(), last.trim().parse::<u32>())
        else {
            return Err(section.document.error(span, Problem::NotAnInterval { text }));
        };
        let problem = if first > last {
            Problem::NotAnInterval { text }
        } else if last > longest {
            let (found, last) = (i64::from(last), i64::from(longest));
            Problem::OutsidePeriod { key: "intervals", found, first: 1, last }
        } else {
            let expected = intervals.last().map_or(1, |interval| interval.last + 1);
            if first == expected {
                intervals.push(Interval { first, last });
                continue;
            }
            Problem::IntervalOrder { text, expected }
        };
        return Err(section.document.error(span, problem));
    }
    Ok(intervals)
}
