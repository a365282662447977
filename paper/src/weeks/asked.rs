//! What an output at week resolution asks for.

use afgang_engine::calendar::Week;
use afgang_engine::week::{
    Calendrical, Classes, MonthRule, Same, Ties, WeekSet, WeekSpells, Window,
};

use super::by_area::ByArea;
use super::cohort::Cohort;
use super::effect::{AT_RISK, Arms, BALANCE, EffectPath};
use super::rules::RowSet;
use crate::table::Table;

/// Whom an output is about: the rows of persons in a reference week, and conditions on them.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// The week.
    pub week: Week,
    /// The rows.
    pub rows: RowSet,
    /// Fewest weeks of seniority, in spells of some classes; persons with less do not count.
    pub at_least: Option<(WeekSpells, bool, u32)>,
    /// Fewest months of seniority, with the gap in months.
    pub at_least_months: Option<(WeekSpells, MonthRule, u32)>,
}

/// A quantity of a profile.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// The mean age, by the grouping of years of birth.
    MeanAge(String),
    /// The mean of a grouping whose labels are numbers.
    Mean(String),
    /// Per cent of each label of a grouping.
    Shares(String),
}

/// A stock with a profile of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Whom.
    pub population: Population,
    /// What.
    pub quantities: Vec<Quantity>,
    /// Another population, with the same quantities from a table.
    pub reference: Option<Reference>,
}

/// A population that rows are held against; its numbers come from a table and are not computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Its name.
    pub row: String,
    /// Its quantities.
    pub values: Vec<(String, f64)>,
}

/// A window of a look-back.
#[derive(Debug, Clone, PartialEq)]
pub struct LookBack {
    /// Weeks.
    pub weeks: usize,
    /// Name of the column of persons.
    pub persons: String,
    /// Name of the column of per cents.
    pub percent: String,
}

/// Windows of a look-back.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows {
    /// The set.
    pub set: WeekSet,
    /// The windows.
    pub windows: Vec<LookBack>,
    /// Share in per cent.
    pub percent: u32,
    /// Whether the reference week is the last of the weeks.
    pub with_anchor: bool,
}

/// The unit of lags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Weeks.
    Weeks,
    /// Calendar months.
    Months,
    /// Years of 52 weeks.
    Years,
}

impl Unit {
    /// Name of the column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weeks => "weeks",
            Self::Months => "months",
            Self::Years => "years",
        }
    }
}

/// Lags after an anchor.
#[derive(Debug, Clone, PartialEq)]
pub struct Lags {
    /// The lags.
    pub lags: Vec<u32>,
    /// Their unit.
    pub unit: Unit,
}

/// Bins of seniority.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    /// What a spell is.
    pub spells: WeekSpells,
    /// Whether gaps count.
    pub gaps_count: bool,
    /// Bounds in weeks.
    pub bounds: Vec<u32>,
    /// Names of the bins.
    pub names: Vec<String>,
    /// Names of the bins that are shown.
    pub shown: Vec<String>,
}

/// The most frequent state of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Modal {
    /// The states.
    pub of: Classes,
    /// The own state.
    pub same: Option<Same>,
    /// The window.
    pub window: Window,
    /// Who wins ties.
    pub ties: Ties,
    /// Whether per cents are of those who left the own state.
    pub leavers: bool,
}

/// What an output at week resolution asks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Asked {
    /// Persons, means and shares of the rows of a stock.
    Stock(Profile),
    /// Persons with at least a share of some last weeks in a set.
    LookBackShare {
        /// Whom.
        population: Population,
        /// The windows.
        windows: Windows,
    },
    /// The states some time after spells start.
    Occupancy {
        /// The spells; each class is a population of its own.
        spells: WeekSpells,
        /// Name of the classes.
        column: String,
        /// Fewest weeks without before the start.
        clean: usize,
        /// Whether only a person's first spell counts.
        once: bool,
        /// First and last week of a start.
        from: Week,
        /// Last week.
        to: Week,
        /// The lags.
        lags: Lags,
        /// The states.
        of: Classes,
        /// The own state.
        same: Option<Same>,
        /// Whether a state once reached is kept.
        ever: bool,
        /// Groupings of persons that are rows of their own.
        by: Vec<String>,
        /// Grouping of years of birth and bounds of the age at the start.
        age: Option<(String, Vec<u32>)>,
        /// Periods of the start that are rows of their own.
        cohorts: Option<Calendrical>,
        /// States that are shown.
        shown: Vec<String>,
        /// Fewest persons behind a per cent.
        min_persons: u64,
        /// Whether it is drawn: a panel a class, a line a state.
        figure: bool,
    },
    /// The most frequent state of a window.
    ModalWindow {
        /// Whom.
        population: Population,
        /// Bins of seniority.
        bins: Option<Bins>,
        /// The window.
        modal: Modal,
    },
    /// Persons with a measure in a window.
    MeasureShare {
        /// Whom.
        population: Population,
        /// Bins of seniority.
        bins: Option<Bins>,
        /// The measures.
        set: WeekSet,
        /// The window.
        window: Window,
        /// Fewest persons behind a per cent.
        min_persons: u64,
        /// Whether it is drawn: a line a row, over seniority.
        figure: bool,
    },
    /// Persons with measures of some types in a window, and their union.
    MeasureTypes {
        /// Whom.
        population: Population,
        /// Bins of seniority.
        bins: Option<Bins>,
        /// The types.
        types: Vec<(String, WeekSet)>,
        /// The window.
        window: Window,
    },
    /// Persons without a measure for some years.
    TimeSinceMeasure {
        /// Whom.
        population: Population,
        /// Bins of seniority.
        bins: Bins,
        /// The measures.
        set: WeekSet,
        /// Years of 52 weeks.
        years: Vec<u32>,
    },
    /// The first measure of spells that start in some weeks.
    FirstMeasure {
        /// The spells.
        spells: WeekSpells,
        /// Name of the classes.
        column: String,
        /// First week of a start.
        from: Week,
        /// Last week.
        to: Week,
        /// The measures.
        set: WeekSet,
        /// Weeks after the start.
        weeks: u32,
    },
    /// Weeks in some classes by the weeks of a period.
    FullTimePersons {
        /// The classes.
        of: Classes,
        /// Name of the classes.
        column: String,
        /// First week.
        from: Week,
        /// Last week.
        to: Week,
        /// The periods.
        period: Calendrical,
    },
    /// Spells that start and end in each year.
    SpellFlow {
        /// The spells.
        spells: WeekSpells,
        /// Name of the classes.
        column: String,
        /// First week.
        from: Week,
        /// Last week.
        to: Week,
        /// Whether gaps count in durations.
        gaps_count: bool,
    },
    /// States of a stock some weeks later.
    TransitionMatrix {
        /// The week.
        week: Week,
        /// The states then.
        of: Classes,
        /// Weeks later.
        weeks: u32,
    },
    /// Another output by areas.
    Areas(Box<ByArea>),
    /// Persons of a list who are in a set in some months of a window.
    CohortShare {
        /// Whom, in what.
        cohort: Cohort,
        /// Fewest months in a row.
        months_in_a_row: u32,
    },
    /// Persons of a list who are in a set, month by month.
    CohortOccupancy {
        /// Whom, in what.
        cohort: Cohort,
        /// Whether it is drawn: a panel for all and for each column of groups, a line a group.
        figure: bool,
    },
    /// Two arms of a list along time, and their difference.
    EffectPath(EffectPath),
    /// Covariates of two arms before and after weighting.
    EffectBalance(Arms),
}

impl Asked {
    /// The columns of the output's table that tell its rows apart.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::Stock(profile) => vec![&profile.population.rows.column, "quantity"],
            Self::LookBackShare { population, .. } => vec![&population.rows.column],
            Self::Occupancy { column, lags, .. } => {
                vec![column, "group", lags.unit.name(), "state"]
            }
            Self::ModalWindow { population, .. } => {
                vec![&population.rows.column, "seniority", "state"]
            }
            Self::MeasureShare { population, .. } => vec![&population.rows.column, "seniority"],
            Self::MeasureTypes { population, bins: None, .. } => {
                vec![&population.rows.column, "type"]
            }
            Self::MeasureTypes { population, .. } => {
                vec![&population.rows.column, "seniority", "type"]
            }
            Self::TimeSinceMeasure { population, .. } => {
                vec![&population.rows.column, "seniority", "years"]
            }
            Self::FirstMeasure { column, .. } => vec![column],
            Self::FullTimePersons { column, .. } => vec![column, "period"],
            Self::SpellFlow { column, .. } => vec![column, "year"],
            Self::TransitionMatrix { .. } => vec!["from_state", "to_state"],
            Self::Areas(areas) => [vec!["area"], areas.of.keys()].concat(),
            Self::CohortShare { .. } => vec!["by", "group"],
            Self::CohortOccupancy { .. } => vec!["by", "group", "month"],
            Self::EffectPath(path) => vec!["arm", path.unit.name()],
            Self::EffectBalance(_) => vec!["covariate"],
        }
    }

    /// The columns of the output's table that hold numbers.
    pub fn values(&self) -> Vec<&str> {
        match self {
            Self::Stock(_) | Self::MeasureTypes { .. } => vec!["value"],
            Self::LookBackShare { windows, .. } => {
                let mut columns = vec!["persons"];
                for window in &windows.windows {
                    columns.extend([window.persons.as_str(), window.percent.as_str()]);
                }
                columns
            }
            Self::ModalWindow { .. } | Self::TransitionMatrix { .. } => vec!["persons", "percent"],
            Self::MeasureShare { .. } => vec!["persons", "with_measure", "percent"],
            Self::TimeSinceMeasure { .. } => vec!["persons", "without", "percent"],
            Self::Occupancy { once, .. } => {
                vec![if *once { "persons" } else { "spells" }, "percent", "conf_low", "conf_high"]
            }
            Self::FirstMeasure { .. } => vec![
                "spells",
                "percent",
                "percent_survivors",
                "cumulative_incidence",
                "std_error",
                "conf_low",
                "conf_high",
            ],
            Self::FullTimePersons { .. } => vec!["weeks", "persons"],
            Self::SpellFlow { .. } => {
                vec!["started", "completed", "of_known_start", "mean_weeks"]
            }
            Self::Areas(areas) => {
                let mut columns = areas.of.values();
                for name in ["conf_low", "conf_high", "rank"] {
                    if !columns.contains(&name) {
                        columns.push(name);
                    }
                }
                columns
            }
            Self::CohortShare { cohort, .. } | Self::CohortOccupancy { cohort, .. } => {
                let mut columns = vec!["persons", self.attained(), "percent"];
                columns.extend(["conf_low", "conf_high"]);
                columns.extend(cohort.weight.as_ref().map(|_| "percent_unweighted"));
                columns
            }
            Self::EffectPath(path) => {
                let mut columns = vec!["persons"];
                columns.extend(Some(path.behind()).filter(|behind| *behind == AT_RISK));
                columns.extend([path.outcome.column(), "std_error"]);
                columns.extend(["conf_low", "conf_high", "band_low", "band_high"]);
                columns
            }
            Self::EffectBalance(_) => BALANCE.to_vec(),
        }
    }

    /// Whether a number grows with the size of the register.
    pub fn counts(&self, column: &str, keys: &[(String, String)]) -> bool {
        match self {
            Self::Areas(areas) => areas.of.counts(column, keys),
            // One column holds numbers of persons, means and per cents.
            Self::Stock(_) | Self::MeasureTypes { .. } => {
                column == "value" && keys.iter().any(|(_, value)| value == "persons")
            }
            Self::LookBackShare { windows, .. } => {
                column == "persons" || windows.windows.iter().any(|window| window.persons == column)
            }
            _ => [
                "persons",
                AT_RISK,
                "with_measure",
                "without",
                "attained",
                "in_set",
                "spells",
                "weeks",
                "started",
                "completed",
                "of_known_start",
            ]
            .contains(&column),
        }
    }

    /// Whether too few persons stand behind a row of the output's table for its per cents to be shown.
    pub fn hides(&self, table: &Table, row: usize) -> bool {
        let number = |column: &str| table.column(column).map_or(f64::NAN, |of| of.number(row));
        match self {
            Self::Occupancy { once, min_persons, .. } => {
                number(if *once { "persons" } else { "spells" }) < *min_persons as f64
            }
            Self::MeasureShare { min_persons, .. } => number("persons") < *min_persons as f64,
            Self::EffectPath(path) => path.min_persons > 0 && number("std_error").is_nan(),
            // The smallest of the others joins an area that would be the only one.
            Self::Areas(areas) => areas.min_persons > 0 && number(&areas.value).is_nan(),
            _ => false,
        }
    }

    /// The population that rows are held against, whose numbers are not computed.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Stock(profile) => profile.reference.as_ref().map(|of| of.row.as_str()),
            _ => None,
        }
    }

    /// Whether the output is a table rather than a figure.
    pub fn is_table(&self) -> bool {
        match self {
            Self::Areas(_) | Self::EffectPath(_) => false,
            Self::Occupancy { figure, .. }
            | Self::MeasureShare { figure, .. }
            | Self::CohortOccupancy { figure, .. } => !figure,
            _ => true,
        }
    }
}
