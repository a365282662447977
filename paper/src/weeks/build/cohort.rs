//! Persons of a list, month by month.

use std::ops::Range;

use afgang_engine::calendar::Month;
use afgang_engine::week::{Followed, MonthRule, Weeks};
use afgang_models::{Proportion, proportion, weighted_proportion};

use super::{Context, LEVEL};
use crate::Error;
use crate::figure::{Along, Chart, Curves, Line, Panel};
use crate::labels;
use crate::output::{Built, percent};
use crate::study::Words;
use crate::table::{Table, Values};
use crate::weeks::cohort::Cohort;
use crate::weeks::list::{Groups, Listed};

/// A list with what the register says of its persons.
#[derive(Debug, Clone, Copy)]
pub struct FollowedList<'a> {
    /// The list.
    pub listed: &'a Listed,
    /// Its persons, in the same order.
    pub followed: &'a Followed,
    /// The weeks of the study.
    pub weeks: &'a Weeks,
}

impl FollowedList<'_> {
    /// That the register does not have some of its persons.
    pub(super) fn missing(self) -> Option<Words> {
        let persons = self.listed.persons();
        let missing = (0..persons).filter(|&person| !self.followed.found(person)).count();
        let name = &self.listed.name;
        (missing > 0).then(|| Words {
            da: format!("{missing} af de {persons} personer på listen {name} er ikke i registeret og indgår ikke."),
            en: format!("{missing} of the {persons} persons of the list {name} are not in the register and do not count."),
        })
    }
}

/// Rows of a table: all persons, then those of each group.
struct Rows<'a> {
    /// Name of the column and of the group.
    names: Vec<[&'a str; 2]>,
    /// Rows that each person of the list belongs to; none of those whom the register does not have.
    of: Vec<Vec<usize>>,
    weights: Option<Vec<f64>>,
}

impl<'a> Rows<'a> {
    fn new(
        list: FollowedList<'_>,
        cohort: &'a Cohort,
        groups: &'a [Groups],
    ) -> Result<Self, Error> {
        let mut names = vec![["total"; 2]];
        let found = |person: usize| list.followed.found(person);
        let mut of: Vec<Vec<usize>> = (0..list.listed.persons())
            .map(|person| if found(person) { vec![0] } else { Vec::new() })
            .collect();
        for (by, groups) in cohort.by.iter().zip(groups) {
            for (rows, group) in of.iter_mut().zip(&groups.of) {
                if !rows.is_empty() {
                    rows.push(names.len() + group);
                }
            }
            names.extend(groups.labels.iter().map(|label| [by.name.as_str(), label.as_str()]));
        }
        let weights =
            cohort.weight.as_ref().map(|column| list.listed.weights(column)).transpose()?;
        Ok(Self { names, of, weights })
    }

    /// The share of each row, from whether each person counts.
    fn shares(
        &self,
        counts: &[bool],
        min_persons: u64,
    ) -> Result<Vec<Share>, afgang_models::Error> {
        let mut persons = vec![Vec::new(); self.names.len()];
        for (person, rows) in self.of.iter().enumerate() {
            let weight = self.weights.as_ref().map_or(1.0, |weights| weights[person]);
            for &row in rows {
                persons[row].push((weight, counts[person]));
            }
        }
        let share = |persons: Vec<(f64, bool)>| {
            let whole = persons.len() as u64;
            let part = persons.iter().filter(|(_, counts)| *counts).count() as u64;
            let hidden = whole < min_persons;
            let of = match &self.weights {
                _ if hidden => proportion(0, 0, LEVEL)?,
                None => proportion(part, whole, LEVEL)?,
                Some(_) => weighted_proportion(&persons, LEVEL)?,
            };
            Ok(Share { whole, part, hidden, of })
        };
        persons.into_iter().map(share).collect()
    }
}

/// How many of how many count, and their share.
struct Share {
    whole: u64,
    part: u64,
    hidden: bool,
    of: Proportion,
}

/// Adds `persons`, those who count, per cent with limits and, with weights, the per cent without to a table of words. Of fewer persons
/// than asked for nothing but their number is given.
fn numbers<'s>(
    table: Table,
    attained: &str,
    cohort: &Cohort,
    shares: impl Iterator<Item = &'s Share> + Clone,
) -> Table {
    let per_cent =
        |number: fn(&Proportion) -> f64| shares.clone().map(move |of| number(&of.of) * 100.0);
    let part = |of: &Share| (!of.hidden).then_some(of.part as i64);
    let table = table
        .whole("persons", shares.clone().map(|of| of.whole as i64))
        .with(attained, Values::Whole(shares.clone().map(part).collect()))
        .number("percent", per_cent(|of| of.estimate))
        .number("conf_low", per_cent(|of| of.conf_low))
        .number("conf_high", per_cent(|of| of.conf_high));
    if cohort.weight.is_none() {
        return table;
    }
    let unweighted = |of: &Share| if of.hidden { f64::NAN } else { percent(of.part, of.whole) };
    table.number("percent_unweighted", shares.map(unweighted))
}

/// The window's months with their weeks.
fn months_of(cohort: &Cohort, weeks: &Weeks) -> Vec<(Month, Range<usize>)> {
    let first = cohort.from - weeks.month(0);
    let months = (0..=cohort.to - cohort.from).map(|month| (cohort.from + month, first + month));
    months.map(|(month, at)| (month, weeks.of_month(at as usize))).collect()
}

/// Whether each person is in the set in each month of the window.
fn in_months(
    context: Context<'_>,
    list: FollowedList<'_>,
    cohort: &Cohort,
    months: &[(Month, Range<usize>)],
) -> Result<Vec<Vec<bool>>, Error> {
    let set = context.rules.book.membership(&cohort.set)?;
    let mut weeks = Vec::new();
    let persons = 0..list.listed.persons();
    Ok(persons
        .map(|person| {
            list.followed.in_set(person, &set, cohort.degree_above, &mut weeks);
            let in_month = |range: &Range<usize>| match cohort.month_rule {
                MonthRule::AnyWeek => weeks[range.clone()].iter().any(|&week| week),
                MonthRule::LastWeek => weeks[range.end - 1],
            };
            months.iter().map(|(_, range)| in_month(range)).collect()
        })
        .collect())
}

/// Length of the longest run.
fn longest(months: &[bool]) -> usize {
    months.split(|&month| !month).map(<[bool]>::len).max().unwrap_or(0)
}

fn groups_of(list: FollowedList<'_>, cohort: &Cohort) -> Result<Vec<Groups>, Error> {
    let groups = cohort.by.iter().map(|by| list.listed.groups(by)).collect::<Result<_, _>>()?;
    Ok(groups)
}

/// `by, group, persons, attained, percent, conf_low, conf_high`, with weights `percent_unweighted`: listed persons in the
/// register, and how many of them are in the set in so many months in a row of the window. The limits are Wilson's, with
/// weights those of the log odds with the linearised variance.
pub(super) fn share(
    context: Context<'_>,
    list: FollowedList<'_>,
    (cohort, months_in_a_row): (&Cohort, u32),
) -> Result<Built, Error> {
    let groups = groups_of(list, cohort)?;
    let rows = Rows::new(list, cohort, &groups)?;
    let months = months_of(cohort, list.weeks);
    let counts: Vec<bool> = in_months(context, list, cohort, &months)?
        .iter()
        .map(|months| longest(months) >= months_in_a_row as usize)
        .collect();
    let shares = rows.shares(&counts, cohort.min_persons)?;
    let table = Table::new()
        .text("by", rows.names.iter().map(|[by, _]| *by))
        .text("group", rows.names.iter().map(|[_, group]| *group));
    Ok(Built::table(numbers(table, "attained", cohort, shares.iter())))
}

/// `by, group, month, persons, in_set, percent, conf_low, conf_high`, with weights `percent_unweighted`: as [`share`], month by
/// month.
pub(super) fn occupancy(
    context: Context<'_>,
    list: FollowedList<'_>,
    (cohort, figure): (&Cohort, bool),
) -> Result<Built, Error> {
    let groups = groups_of(list, cohort)?;
    let rows = Rows::new(list, cohort, &groups)?;
    let months = months_of(cohort, list.weeks);
    let in_months = in_months(context, list, cohort, &months)?;
    let by_month = (0..months.len())
        .map(|month| {
            let counts: Vec<bool> = in_months.iter().map(|months| months[month]).collect();
            rows.shares(&counts, cohort.min_persons)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let cells = || {
        let of_row = |row| months.iter().zip(&by_month).map(move |cell| (row, cell));
        (0..rows.names.len()).flat_map(of_row)
    };
    let table = Table::new()
        .text("by", cells().map(|(row, _)| rows.names[row][0]))
        .text("group", cells().map(|(row, _)| rows.names[row][1]))
        .text("month", cells().map(|(_, ((month, _), _))| month.to_string()));
    let shares: Vec<&Share> = cells().map(|(row, (_, shares))| &shares[row]).collect();
    let table = numbers(table, "in_set", cohort, shares.into_iter());
    let chart = figure.then(|| chart(context, cohort, &rows, &months, &by_month));
    Ok(Built { chart, ..Built::table(table) })
}

/// A panel for all and for each column of groups, a line a group.
fn chart(
    context: Context<'_>,
    cohort: &Cohort,
    rows: &Rows<'_>,
    months: &[(Month, Range<usize>)],
    by_month: &[Vec<Share>],
) -> Chart {
    let lang = context.lang;
    let place = |month: Month| f64::from(month.year() * 12 + i32::from(month.month()) - 1);
    let mut panels: Vec<(&str, Panel)> = Vec::new();
    for (row, [by, group]) in rows.names.iter().enumerate() {
        let share = |number: fn(&Proportion) -> f64| {
            by_month.iter().map(|shares| number(&shares[row].of)).collect()
        };
        let line = Line {
            key: (*group).to_owned(),
            label: context.word(group),
            time: months.iter().map(|(month, _)| place(*month)).collect(),
            estimate: share(|of| of.estimate),
            low: share(|of| of.conf_low),
            high: share(|of| of.conf_high),
            ..Line::default()
        };
        match panels.last_mut() {
            Some((last, panel)) if last == by => panel.lines.push(line),
            _ => {
                let lines = vec![line];
                panels.push((by, Panel { title: context.word(by), lines, ..Panel::default() }));
            }
        }
    }
    let method = match cohort.weight {
        None => "Wilson",
        Some(_) => lang.pick("vægtede andele, logit", "weighted shares, logit"),
    };
    let mut panels: Vec<Panel> = panels.into_iter().map(|(_, panel)| panel).collect();
    if let [panel] = &mut panels[..] {
        panel.title.clear();
    }
    Chart::Curves(Curves {
        x_min: place(cohort.from),
        band_label: format!("{} ({method})", labels::percent(LEVEL * 100.0, 0, lang)),
        ..context.curves(lang.pick("Måned", "Month"), Along::Calendar, panels)
    })
}
