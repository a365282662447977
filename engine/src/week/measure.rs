//! Labels made ready for a scan: names are looked up once, then every unit is a few array accesses.

use super::book::WeekBook;
use super::spells::{ClassOf, NO_CLASS, Run, WeekSpell, spell_at};
use super::table::{
    ALL, Calendrical, Classes, EVENTS, Label, MonthRule, NO_YES, NONE, OUTSIDE, RowRule, Same,
    Step, Ties, WeekSet, WeekSpells, Window, bin, bin_labels,
};
use super::walk::{Relative, Span, class_at, modal, months_in};
use super::weeks::Weeks;
use crate::count::{BatchLabels, UnmatchedPerson};
use crate::error::{Error, Result};
use crate::grouping::{self, Labels, MISSING_LABEL, UNMATCHED};
use crate::tabulate::DimInfo;

/// What labels are looked up in.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) book: &'a WeekBook,
    pub(crate) weeks: &'a Weeks,
    pub(crate) grouping_names: &'a [String],
    pub(crate) labels: &'a [Labels],
}

/// A person of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Person<'a> {
    /// State bytes of all weeks.
    pub(crate) weeks: &'a [u8],
    /// The same as runs.
    pub(crate) runs: &'a [Run],
    /// Row in the batch.
    pub(crate) row: usize,
    pub(crate) labels: &'a BatchLabels,
}

/// What is counted, of one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    /// The week that labels look from.
    pub(crate) anchor: usize,
    /// Class of the unit, or [`NO_CLASS`].
    pub(crate) class: u8,
    /// The spell, if the unit is one.
    pub(crate) spell: Option<WeekSpell>,
}

/// Where a unit belongs in a dimension.
pub(crate) enum Place {
    /// Nowhere: the unit does not count.
    Nowhere,
    /// In one cell.
    At(usize),
    /// In the cells that the visitor was given.
    Many,
}

/// A week's membership of a set, by byte.
type Member = Box<[bool; 256]>;

/// A row: the anchor's set, and for each grouping which labels fit.
type Rule = (Member, Vec<(usize, Vec<bool>)>);

/// A label, ready for a scan.
pub(crate) enum Measure {
    Class,
    Rows(Vec<Rule>),
    Grouping(usize),
    Age { grouping: usize, years: Vec<Option<i64>>, bounds: Vec<u32> },
    Calendar { of_week: Vec<usize> },
    Seniority { of: Box<ClassOf>, gap: usize, gaps_count: bool, bounds: Vec<u32> },
    SeniorityMonths { of: Box<ClassOf>, gap: usize, rule: MonthRule, bounds: Vec<u32> },
    LookBack { member: Member, weeks: usize, needed: usize, with_anchor: bool },
    Modal { of: Relative, window: Span, ties: Ties },
    Any { member: Member, window: Span },
    Kinds { members: Vec<Member>, window: Span },
    Since { member: Member, bounds: Vec<u32> },
    At { lags: Vec<usize>, step: Step, of: Relative, ever: bool },
    First { member: Member, horizon: usize },
    Duration { gaps_count: bool, bounds: Vec<u32>, longest: usize },
}

impl Words<'_> {
    pub(crate) fn grouping(&self, name: &str) -> Result<usize> {
        grouping::place(self.grouping_names, name)
    }

    pub(crate) fn member(&self, set: &WeekSet) -> Result<Member> {
        Ok(self.book.membership(set)?.0)
    }

    pub(crate) fn classes(&self, classes: &Classes) -> Result<ClassOf> {
        let mut of = [NO_CLASS; 256];
        if classes.classes.len() >= usize::from(NO_CLASS) {
            return Err(Error::TooManyClasses { found: classes.classes.len() });
        }
        for (class, (_, set)) in classes.classes.iter().enumerate() {
            let member = self.member(set)?;
            for (of, &is_in) in of.iter_mut().zip(member.iter()) {
                if is_in && *of == NO_CLASS {
                    *of = class as u8;
                }
            }
        }
        if classes.otherwise.is_some() {
            for of in of.iter_mut().take(self.book.len()).filter(|of| **of == NO_CLASS) {
                *of = classes.classes.len() as u8;
            }
        }
        Ok(of)
    }

    fn relative(&self, of: &Classes, same: Option<&Same>) -> Result<(Relative, Vec<String>)> {
        let mut names: Vec<String> = same.iter().map(|same| same.label.clone()).collect();
        names.extend(of.names());
        let count = names.len();
        names.push(NONE.to_owned());
        let same = same.map(|same| self.classes(&same.of).map(Box::new)).transpose()?;
        Ok((Relative { of: Box::new(self.classes(of)?), same, count }, names))
    }

    fn spells(&self, spells: &WeekSpells) -> Result<(Box<ClassOf>, usize)> {
        Ok((Box::new(self.classes(&spells.of)?), spells.gap))
    }

    fn window(&self, window: &Window) -> Result<Span> {
        if window.from > window.to {
            return Err(Error::EmptyWindow { from: window.from, to: window.to });
        }
        let start_of = window.start_of.as_ref().map(|spells| self.spells(spells)).transpose()?;
        Ok(Span { from: window.from, to: window.to, start_of })
    }

    fn rows(&self, rules: &[RowRule]) -> Result<Vec<Rule>> {
        rules
            .iter()
            .map(|rule| {
                let groups = rule
                    .groups
                    .iter()
                    .map(|(grouping, wanted)| {
                        let grouping = self.grouping(grouping)?;
                        let names = &self.labels[grouping].names;
                        // A label that no person has is no mistake: nobody is in the row.
                        let fits = names.iter().map(|name| wanted.contains(name)).collect();
                        Ok((grouping, fits))
                    })
                    .collect::<Result<_>>()?;
                Ok((self.member(&rule.set)?, groups))
            })
            .collect()
    }

    /// Makes a label ready. Its dimensions are one, or two for a label of two.
    pub(crate) fn measure(&self, name: &str, label: &Label) -> Result<(Vec<DimInfo>, Measure)> {
        let one = |labels: Vec<String>| vec![DimInfo { name: name.to_owned(), labels }];
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Ok(match label {
            Label::Class => (Vec::new(), Measure::Class),
            Label::Rows(rules) => (
                one(rules.iter().map(|rule| rule.label.clone()).collect()),
                Measure::Rows(self.rows(rules)?),
            ),
            Label::Grouping(grouping) => {
                let grouping = self.grouping(grouping)?;
                (one(self.labels[grouping].names.clone()), Measure::Grouping(grouping))
            }
            Label::Age { birth_year, bounds } => {
                let grouping = self.grouping(birth_year)?;
                let years = years_of_birth(birth_year, &self.labels[grouping].names)?;
                let mut labels = if bounds.is_empty() {
                    (0..=OLDEST).map(|age| age.to_string()).collect()
                } else {
                    bin_labels(bounds)
                };
                labels.push(NONE.to_owned());
                (one(labels), Measure::Age { grouping, years, bounds: bounds.clone() })
            }
            Label::Calendar(period) => {
                let (labels, of_week) = self.calendar(*period);
                (one(labels), Measure::Calendar { of_week })
            }
            Label::Seniority { spells, gaps_count, bounds } => {
                let (of, gap) = self.spells(spells)?;
                let mut labels = bin_labels(bounds);
                labels.extend([NONE.to_owned(), OUTSIDE.to_owned()]);
                let (gaps_count, bounds) = (*gaps_count, bounds.clone());
                (one(labels), Measure::Seniority { of, gap, gaps_count, bounds })
            }
            Label::SeniorityMonths { spells, rule, bounds } => {
                let (of, gap) = self.spells(spells)?;
                let mut labels = bin_labels(bounds);
                labels.extend([NONE.to_owned(), OUTSIDE.to_owned()]);
                let (rule, bounds) = (*rule, bounds.clone());
                (one(labels), Measure::SeniorityMonths { of, gap, rule, bounds })
            }
            Label::LookBack { set, weeks, percent, with_anchor } => {
                if *weeks == 0 || *percent > 100 {
                    return Err(Error::LookBack { weeks: *weeks, percent: *percent });
                }
                let mut labels: Vec<String> = texts(&NO_YES);
                labels.push(OUTSIDE.to_owned());
                let measure = Measure::LookBack {
                    member: self.member(set)?,
                    weeks: *weeks,
                    needed: (weeks * *percent as usize).div_ceil(100),
                    with_anchor: *with_anchor,
                };
                (one(labels), measure)
            }
            Label::Modal { of, same, window, ties } => {
                let (of, mut labels) = self.relative(of, same.as_ref())?;
                labels.push(OUTSIDE.to_owned());
                let window = self.window(window)?;
                (one(labels), Measure::Modal { of, window, ties: *ties })
            }
            Label::Any { set, window } => (
                one(texts(&NO_YES)),
                Measure::Any { member: self.member(set)?, window: self.window(window)? },
            ),
            Label::Kinds { kinds, union, window } => {
                let mut labels: Vec<String> = kinds.iter().map(|(name, _)| name.clone()).collect();
                labels.extend([union.clone(), ALL.to_owned()]);
                let members =
                    kinds.iter().map(|(_, set)| self.member(set)).collect::<Result<_>>()?;
                (one(labels), Measure::Kinds { members, window: self.window(window)? })
            }
            Label::Since { set, bounds } => {
                let mut labels = bin_labels(bounds);
                labels.push(NONE.to_owned());
                let (member, bounds) = (self.member(set)?, bounds.clone());
                (one(labels), Measure::Since { member, bounds })
            }
            Label::At { lags, step, of, same, ever } => {
                if *ever && (of.classes.len() != 1 || same.is_some()) {
                    return Err(Error::LabelNeeds {
                        label: name.to_owned(),
                        needs: "one class of states to be ever reached",
                    });
                }
                let (of, mut labels) = self.relative(of, same.as_ref())?;
                labels.push(OUTSIDE.to_owned());
                let unit = match step {
                    Step::Weeks => "weeks",
                    Step::Months => "months",
                };
                let mut dims = vec![DimInfo {
                    name: unit.to_owned(),
                    labels: lags.iter().map(ToString::to_string).collect(),
                }];
                dims.extend(one(labels));
                let lags = lags.iter().map(|&lag| lag as usize).collect();
                (dims, Measure::At { lags, step: *step, of, ever: *ever })
            }
            Label::First { set, horizon } => {
                let mut dims = one(texts(&EVENTS));
                let labels = (0..=*horizon).map(|week| week.to_string()).collect();
                dims.push(DimInfo { name: "weeks".to_owned(), labels });
                (dims, Measure::First { member: self.member(set)?, horizon: *horizon })
            }
            Label::Duration { gaps_count, bounds } => {
                let longest = self.weeks.len();
                let labels = if bounds.is_empty() {
                    (1..=longest).map(|weeks| weeks.to_string()).collect()
                } else {
                    bin_labels(bounds)
                };
                let (gaps_count, bounds) = (*gaps_count, bounds.clone());
                (one(labels), Measure::Duration { gaps_count, bounds, longest })
            }
        })
    }

    /// Names of periods and the period of each week.
    fn calendar(&self, period: Calendrical) -> (Vec<String>, Vec<usize>) {
        let mut names: Vec<String> = Vec::new();
        let of_week = (0..self.weeks.len())
            .map(|week| {
                let name = period.name(self.weeks.month(week));
                if names.last() != Some(&name) {
                    names.push(name);
                }
                names.len() - 1
            })
            .collect();
        (names, of_week)
    }
}

/// Ages above this count as this.
const OLDEST: usize = 120;

impl Measure {
    /// Where a unit belongs; cells of labels of several go to `visit`.
    pub(crate) fn place(
        &self,
        person: Person,
        unit: Unit,
        weeks: &Weeks,
        mut visit: impl FnMut(usize),
    ) -> Result<Place, UnmatchedPerson> {
        let bytes = person.weeks;
        let anchor = bytes[unit.anchor];
        Ok(Place::At(match self {
            Self::Class => usize::from(unit.class),
            Self::Rows(rules) => {
                for (row, (member, groups)) in rules.iter().enumerate() {
                    if !member[usize::from(anchor)] {
                        continue;
                    }
                    let mut fits = true;
                    for (grouping, wanted) in groups {
                        fits &= wanted[group(*grouping, person, unit, weeks)?];
                    }
                    if fits {
                        return Ok(Place::At(row));
                    }
                }
                return Ok(Place::Nowhere);
            }
            Self::Grouping(grouping) => group(*grouping, person, unit, weeks)?,
            Self::Age { grouping, years, bounds } => {
                let year = i64::from(weeks.month(unit.anchor).year());
                match years[group(*grouping, person, unit, weeks)?] {
                    Some(born) if born <= year => {
                        let age = ((year - born) as usize).min(OLDEST);
                        if bounds.is_empty() { age } else { bin(bounds, age) }
                    }
                    _ if bounds.is_empty() => OLDEST + 1,
                    _ => bounds.len() + 1,
                }
            }
            Self::Calendar { of_week } => of_week[unit.anchor],
            Self::Seniority { of, gap, gaps_count, bounds } => {
                let class = of[usize::from(anchor)];
                let (none, outside) = (bounds.len() + 1, bounds.len() + 2);
                if class == NO_CLASS {
                    return Ok(Place::At(none));
                }
                let Some(spell) = spell_at(bytes, of, class, *gap, unit.anchor) else {
                    return Ok(Place::At(none));
                };
                let length = if *gaps_count {
                    unit.anchor + 1 - spell.start
                } else {
                    let past = &bytes[spell.start..=unit.anchor];
                    past.iter().filter(|&&byte| of[usize::from(byte)] == class).count()
                };
                known_bin(bounds, length, spell.start_known).unwrap_or(outside)
            }
            Self::SeniorityMonths { of, gap, rule, bounds } => {
                let (none, outside) = (bounds.len() + 1, bounds.len() + 2);
                match months_in(bytes, of, *gap, *rule, unit.anchor, weeks) {
                    None => none,
                    Some((length, known)) => known_bin(bounds, length, known).unwrap_or(outside),
                }
            }
            Self::LookBack { member, weeks, needed, with_anchor } => {
                let end = unit.anchor + usize::from(*with_anchor);
                match end.checked_sub(*weeks) {
                    None => 2,
                    Some(from) => {
                        let of_set =
                            bytes[from..end].iter().filter(|&&byte| member[usize::from(byte)]);
                        usize::from(of_set.count() >= *needed)
                    }
                }
            }
            Self::Modal { of, window, ties } => match window.weeks(person, unit) {
                None => of.count + 1,
                Some(range) => modal(&bytes[range], anchor, of, *ties),
            },
            Self::Any { member, window } => {
                let weeks = window.known_weeks(person, unit);
                usize::from(weeks.iter().any(|&byte| member[usize::from(byte)]))
            }
            Self::Kinds { members, window } => {
                let weeks = window.known_weeks(person, unit);
                let mut any = false;
                for (kind, member) in members.iter().enumerate() {
                    if weeks.iter().any(|&byte| member[usize::from(byte)]) {
                        any = true;
                        visit(kind);
                    }
                }
                if any {
                    visit(members.len());
                }
                visit(members.len() + 1);
                return Ok(Place::Many);
            }
            Self::Since { member, bounds } => {
                let past = &bytes[..=unit.anchor];
                let last = past.iter().rposition(|&byte| member[usize::from(byte)]);
                last.map_or(bounds.len() + 1, |week| bin(bounds, unit.anchor - week))
            }
            Self::At { lags, step, of, ever } => {
                let width = of.count + 2;
                for (place, &lag) in lags.iter().enumerate() {
                    let at = match step {
                        Step::Weeks => unit.anchor + lag,
                        Step::Months => {
                            let month = usize::from(weeks.month_place(unit.anchor)) + lag;
                            let of_month = weeks.of_month(month);
                            // The last month of the data may be cut short.
                            if of_month.is_empty() { bytes.len() } else { of_month.end - 1 }
                        }
                    };
                    visit(place * width + class_at(bytes, unit.anchor, at, of, *ever));
                }
                return Ok(Place::Many);
            }
            Self::First { member, horizon } => {
                let Some(spell) = unit.spell else { return Ok(Place::Nowhere) };
                let last = (unit.anchor + horizon).min(bytes.len() - 1);
                let first = (unit.anchor..=last).find(|&week| member[usize::from(bytes[week])]);
                let before_end = first.filter(|&week| !spell.ended || week < spell.end);
                let (event, week) = match before_end {
                    Some(week) => (0, week),
                    None if spell.ended && spell.end <= last => (1, spell.end),
                    None => (2, last),
                };
                event * (horizon + 1) + (week - unit.anchor)
            }
            Self::Duration { gaps_count, bounds, longest } => {
                let Some(spell) = unit.spell else { return Ok(Place::Nowhere) };
                let weeks = if *gaps_count { spell.end - spell.start } else { spell.weeks_in };
                if bounds.is_empty() { weeks.min(*longest) - 1 } else { bin(bounds, weeks) }
            }
        }))
    }
}

/// Years of birth of labels; words such as one for missing values have none.
fn years_of_birth(grouping: &str, names: &[String]) -> Result<Vec<Option<i64>>> {
    let years: Vec<Option<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    let wrong = |year: &Option<i64>| year.is_some_and(|year| !YEARS.contains(&year));
    let place = match years.iter().position(wrong) {
        None if years.iter().all(Option::is_none) => {
            names.iter().position(|name| name != MISSING_LABEL)
        }
        place => place,
    };
    let Some(label) = place.map(|place| names[place].clone()) else { return Ok(years) };
    Err(Error::NotAYearOfBirth { grouping: grouping.to_owned(), label })
}

/// Years in which somebody in a register can be born; two digits are none.
const YEARS: std::ops::RangeInclusive<i64> = 1850..=2150;

/// Label of a person in a grouping, in the year of the anchor.
fn group(
    grouping: usize,
    person: Person,
    unit: Unit,
    weeks: &Weeks,
) -> Result<usize, UnmatchedPerson> {
    let year = weeks.year_index(unit.anchor);
    match person.labels.of_year(grouping, year)[person.row] {
        UNMATCHED => Err(UnmatchedPerson { grouping, person: person.row, year }),
        label => Ok(usize::from(label)),
    }
}

/// The bin of a length; of one that is only known to be at least so long, if that settles it.
fn known_bin(bounds: &[u32], length: usize, known: bool) -> Option<usize> {
    let bin = bin(bounds, length);
    (known || bin == bounds.len()).then_some(bin)
}
