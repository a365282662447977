//! What is counted at week resolution: units, and the labels that put a unit into a cell.
//!
//! A [`WeekTable`] counts *units* (persons in a reference week, spells that start or end in some weeks, weeks on a
//! benefit) in the cells of *labels*. Everything is additive, like all tables of the engine.

use crate::calendar::{Month, Week};

/// Weeks in any of some states or with any of some measures, by the names of the code book.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WeekSet {
    /// States.
    pub states: Vec<String>,
    /// Measures.
    pub measures: Vec<String>,
}

impl WeekSet {
    /// Weeks in any of some states.
    pub fn states<S: Into<String>>(states: impl IntoIterator<Item = S>) -> Self {
        Self { states: states.into_iter().map(Into::into).collect(), measures: Vec::new() }
    }

    /// Weeks with any of some measures.
    pub fn measures<S: Into<String>>(measures: impl IntoIterator<Item = S>) -> Self {
        Self { states: Vec::new(), measures: measures.into_iter().map(Into::into).collect() }
    }
}

/// Classes of weeks. The first class whose set a week is in is the week's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Classes {
    /// Names and sets.
    pub classes: Vec<(String, WeekSet)>,
    /// Class of all other weeks; without it they have none.
    pub otherwise: Option<String>,
}

impl Classes {
    /// One class.
    pub fn one(name: impl Into<String>, set: WeekSet) -> Self {
        Self { classes: vec![(name.into(), set)], otherwise: None }
    }

    /// Gives all other weeks a class of their own.
    #[must_use]
    pub fn otherwise(mut self, name: impl Into<String>) -> Self {
        self.otherwise = Some(name.into());
        self
    }

    /// Names of all classes, in order.
    pub fn names(&self) -> Vec<String> {
        self.classes.iter().map(|(name, _)| name).chain(&self.otherwise).cloned().collect()
    }
}

/// What a spell is: weeks in one class, up to `gap` weeks without it not ending the spell.
///
/// A spell so starts after at least `gap + 1` weeks without the class: with the expert group's gap of 3 after four.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekSpells {
    /// The classes; each has its own spells.
    pub of: Classes,
    /// Most weeks in a row without the class that do not end a spell.
    pub gap: usize,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Units {
    /// Every person once; the anchor is the week.
    Persons {
        /// The week.
        week: Week,
    },
    /// Every person who has a class in a week; the anchor is the week.
    Stock {
        /// The week.
        week: Week,
        /// The classes.
        of: Classes,
    },
    /// Spells of known start that start in some weeks; the anchor is the first week in.
    Starts {
        /// What a spell is.
        spells: WeekSpells,
        /// Fewest weeks without the class before the start; never below `gap + 1`.
        clean: usize,
        /// Whether only the first of a person's spells of a class in these weeks counts.
        once: bool,
        /// First week.
        from: Week,
        /// Last week.
        to: Week,
    },
    /// Spells whose last week in is one of some weeks; the anchor is that week.
    Ends {
        /// What a spell is.
        spells: WeekSpells,
        /// Whether spells count whose start is before the data.
        left_truncated: bool,
        /// First week.
        from: Week,
        /// Last week.
        to: Week,
    },
    /// Every week of every person that has a class; the anchor is the week.
    Weeks {
        /// The classes.
        of: Classes,
        /// First week.
        from: Week,
        /// Last week.
        to: Week,
    },
}

/// A table of units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekTable {
    /// What is counted.
    pub units: Units,
    /// Only units with one of these labels count.
    pub only: Vec<(Label, Vec<String>)>,
    /// Name and label of each dimension; the last one varies fastest.
    pub dims: Vec<(String, Label)>,
}

/// A row of [`Label::Rows`]: a set of weeks and, if need be, groups of persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRule {
    /// Its label.
    pub label: String,
    /// The anchor week must be in this set.
    pub set: WeekSet,
    /// Groupings and their labels of which the person must have one.
    pub groups: Vec<(String, Vec<String>)>,
}

/// Weeks around a unit, both ends included: 0 is the anchor (or the start), −1 the week before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// First week.
    pub from: i32,
    /// Last week.
    pub to: i32,
    /// The spell at whose first week 0 stands; without it 0 is the anchor.
    pub start_of: Option<WeekSpells>,
}

/// Who wins a tie for the most frequent class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ties {
    /// The class that is listed first.
    #[default]
    Listed,
    /// The class whose last week in the window is latest.
    Latest,
    /// The class whose first week in the window is earliest.
    Earliest,
}

/// How months count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MonthRule {
    /// A month is in if any of its weeks is.
    #[default]
    AnyWeek,
    /// A month is in if its last week is.
    LastWeek,
}

/// Steps of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Step {
    /// Weeks.
    #[default]
    Weeks,
    /// Months: the last week of the month so many months after the anchor's.
    Months,
}

/// Calendar periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendrical {
    /// Years.
    Year,
    /// Quarters.
    Quarter,
    /// Months.
    Month,
}

impl Calendrical {
    /// Name of the period of a month: `2014`, `2014-Q2`, `2014-05`.
    pub fn name(self, month: Month) -> String {
        match self {
            Self::Year => month.year().to_string(),
            Self::Quarter => format!("{:04}-Q{}", month.year(), (month.month() - 1) / 3 + 1),
            Self::Month => month.to_string(),
        }
    }
}

/// A class that depends on the unit: weeks in the same class as the anchor have a label of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Same {
    /// The label of weeks in the anchor's class.
    pub label: String,
    /// The classes.
    pub of: Classes,
}

/// The label of weeks and windows that lie (partly) outside the data.
pub const OUTSIDE: &str = "unobserved";

/// The label of a person whom nothing else describes: no such week, no spell.
pub const NONE: &str = "none";

/// A property of a unit.
///
/// Durations are in weeks unless said otherwise, and bounds begin bins: bounds 52 and 156 make the labels `0-51`,
/// `52-155` and `156+`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Label {
    /// Class of the unit.
    Class,
    /// First of some rules that the anchor week and the person fulfil; units that fulfil none do not count.
    Rows(Vec<RowRule>),
    /// A grouping of persons.
    Grouping(String),
    /// Year of the anchor less the year of birth, in bins.
    Age {
        /// The grouping of years of birth: a column's own values.
        birth_year: String,
        /// Bounds in years; none gives single years 0–120.
        bounds: Vec<u32>,
    },
    /// Calendar period of the anchor.
    Calendar(Calendrical),
    /// Weeks from the first week of the anchor's spell to the anchor, both included, in bins; [`NONE`] where the
    /// anchor is in no class, [`OUTSIDE`] where the start is before the data and the bin so unknown.
    Seniority {
        /// What a spell is.
        spells: WeekSpells,
        /// Whether weeks of tolerated gaps count.
        gaps_count: bool,
        /// Bounds.
        bounds: Vec<u32>,
    },
    /// The same in months: up to `gap` calendar months without the class do not end a spell.
    SeniorityMonths {
        /// What a spell is, the gap in months.
        spells: WeekSpells,
        /// When a month is in.
        rule: MonthRule,
        /// Bounds in months.
        bounds: Vec<u32>,
    },
    /// Whether at least a share of some weeks up to the anchor are in a set: `no`, `yes` or [`OUTSIDE`].
    LookBack {
        /// The set.
        set: WeekSet,
        /// Number of weeks.
        weeks: usize,
        /// The share in per cent; 80 per cent of 52 weeks are 42 weeks (41.6 rounded up).
        percent: u32,
        /// Whether the anchor is the last of the weeks rather than the week after them.
        with_anchor: bool,
    },
    /// The most frequent class in a window; [`NONE`] if no week has one.
    Modal {
        /// The classes.
        of: Classes,
        /// The class of the unit itself, before all others.
        same: Option<Same>,
        /// The window.
        window: Window,
        /// Who wins ties.
        ties: Ties,
    },
    /// Whether any week of a window is in a set: `no`, `yes`.
    Any {
        /// The set.
        set: WeekSet,
        /// The window.
        window: Window,
    },
    /// For each kind whether any week of a window is in its set: a unit counts once for every kind that it has, once
    /// for the union of all kinds and once for `all` units.
    Kinds {
        /// Names and sets of the kinds.
        kinds: Vec<(String, WeekSet)>,
        /// Name of the union.
        union: String,
        /// The window.
        window: Window,
    },
    /// Weeks since the last week in a set, in bins: 0 is the anchor itself; [`NONE`] if there is none in the data.
    Since {
        /// The set.
        set: WeekSet,
        /// Bounds.
        bounds: Vec<u32>,
    },
    /// The class some steps after the anchor, for each of some lags: two dimensions, lag and class.
    /// [`NONE`] is a week without a class, [`OUTSIDE`] one after the data, so that leaving it out gives the shares of
    /// those who are followed so long.
    At {
        /// The lags.
        lags: Vec<u32>,
        /// Their unit.
        step: Step,
        /// The classes.
        of: Classes,
        /// The class of the unit itself, before all others.
        same: Option<Same>,
        /// Whether the one class counts if it was reached at the anchor or in any week up to the lag.
        ever: bool,
    },
    /// The first week in a set since the anchor: two dimensions, the event (`event`, `end` of the spell before it,
    /// `censored`) and the weeks to it, 0 to the horizon. Only for spells that start.
    First {
        /// The set; an empty one asks for the end of the spell alone.
        set: WeekSet,
        /// Weeks after the anchor after which a unit is censored.
        horizon: usize,
    },
    /// Weeks of the spell, in bins. Only for spells.
    Duration {
        /// Whether weeks of tolerated gaps count.
        gaps_count: bool,
        /// Bounds; none gives single weeks.
        bounds: Vec<u32>,
    },
}

/// The labels of [`Label::Any`] and [`Label::LookBack`].
pub(crate) const NO_YES: [&str; 2] = ["no", "yes"];

/// The label of all units in [`Label::Kinds`].
pub const ALL: &str = "all";

/// The events of [`Label::First`].
pub(crate) const EVENTS: [&str; 3] = ["event", "end", "censored"];

/// Labels of bins that begin at 0 and at each bound.
pub(crate) fn bin_labels(bounds: &[u32]) -> Vec<String> {
    let mut labels = Vec::with_capacity(bounds.len() + 1);
    let mut first = 0;
    for &bound in bounds {
        labels.push(if bound == first + 1 {
            first.to_string()
        } else {
            format!("{first}-{}", bound - 1)
        });
        first = bound;
    }
    labels.push(format!("{first}+"));
    labels
}

/// The bin of a number.
pub(crate) fn bin(bounds: &[u32], number: usize) -> usize {
    bounds.partition_point(|&bound| bound as usize <= number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_begins_its_bin() {
        let bounds = [1, 30, 50];
        assert_eq!(bin_labels(&bounds), ["0", "1-29", "30-49", "50+"]);
        assert_eq!([0, 1, 29, 30, 49, 50, 99].map(|age| bin(&bounds, age)), [0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(bin_labels(&[]), ["0+"]);
    }
}
