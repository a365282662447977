//! Walks along one person's weeks: windows, most frequent classes, months, states at a lag.

use super::measure::{Person, Unit};
use super::spells::{ClassOf, NO_CLASS, spell_at};
use super::table::{MonthRule, Ties};
use super::weeks::Weeks;

/// A window, ready for a scan.
pub(crate) struct Span {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) start_of: Option<(Box<ClassOf>, usize)>,
}

/// Classes of weeks as a unit sees them; the last place is for weeks without one.
pub(crate) struct Relative {
    pub(super) of: Box<ClassOf>,
    /// Classes among which the anchor's own is place 0.
    pub(super) same: Option<Box<ClassOf>>,
    /// Number of classes, the own one included.
    pub(super) count: usize,
}

impl Relative {
    /// Class of a byte, seen from an anchor byte; `count` where it has none.
    pub(super) fn class(&self, byte: u8, anchor: u8) -> usize {
        let mut first = 0;
        if let Some(same) = &self.same {
            let own = same[usize::from(anchor)];
            if own != NO_CLASS && same[usize::from(byte)] == own {
                return 0;
            }
            first = 1;
        }
        match self.of[usize::from(byte)] {
            NO_CLASS => self.count,
            class => first + usize::from(class),
        }
    }
}

impl Span {
    /// The weeks of the window around a unit; `None` if they are not all in the data.
    pub(super) fn weeks(&self, person: Person, unit: Unit) -> Option<std::ops::Range<usize>> {
        let zero = match &self.start_of {
            None => unit.anchor,
            Some((of, gap)) => {
                let class = of[usize::from(person.weeks[unit.anchor])];
                let spell = (class != NO_CLASS)
                    .then(|| spell_at(person.weeks, of, class, *gap, unit.anchor))??;
                if !spell.start_known {
                    return None;
                }
                spell.start
            }
        };
        let from = usize::try_from(zero as i64 + i64::from(self.from)).ok()?;
        let end = usize::try_from(zero as i64 + i64::from(self.to) + 1).ok()?;
        (end <= person.weeks.len()).then_some(from..end)
    }

    /// The weeks of the window that are in the data.
    pub(super) fn known_weeks<'p>(&self, person: Person<'p>, unit: Unit) -> &'p [u8] {
        match (&self.start_of, self.weeks(person, unit)) {
            (_, Some(weeks)) => &person.weeks[weeks],
            (Some(_), None) => &[],
            (None, None) => {
                let clamp = |offset: i32| {
                    let week = unit.anchor as i64 + i64::from(offset);
                    usize::try_from(week).unwrap_or(0).min(person.weeks.len())
                };
                &person.weeks[clamp(self.from)..clamp(self.to.saturating_add(1))]
            }
        }
    }
}

/// Months from the first of the anchor's spell to the anchor's month, and whether the first is known.
pub(super) fn months_in(
    bytes: &[u8],
    of: &ClassOf,
    gap: usize,
    rule: MonthRule,
    anchor: usize,
    weeks: &Weeks,
) -> Option<(usize, bool)> {
    let class = of[usize::from(bytes[anchor])];
    if class == NO_CLASS {
        return None;
    }
    let last = usize::from(weeks.month_place(anchor));
    let is_in = |month: usize| {
        // The weeks after the anchor are not looked at.
        let range = weeks.of_month(month);
        let range = range.start..range.end.min(anchor + 1);
        match rule {
            MonthRule::AnyWeek => bytes[range].iter().any(|&byte| of[usize::from(byte)] == class),
            MonthRule::LastWeek => {
                bytes[range].last().is_some_and(|&byte| of[usize::from(byte)] == class)
            }
        }
    };
    let (mut first, mut without) = (last, 0);
    let mut month = last;
    while month > 0 && without <= gap {
        month -= 1;
        if is_in(month) {
            (first, without) = (month, 0);
        } else {
            without += 1;
        }
    }
    Some((last + 1 - first, without > gap))
}

/// The most frequent class of some weeks; `count` if none has one.
pub(super) fn modal(weeks: &[u8], anchor: u8, of: &Relative, ties: Ties) -> usize {
    let mut counts = [0_u32; 256];
    let mut seen = [0_usize; 256];
    for (at, &byte) in weeks.iter().enumerate() {
        let class = of.class(byte, anchor);
        counts[class] += 1;
        if ties == Ties::Latest || counts[class] == 1 {
            seen[class] = at;
        }
    }
    let mut best = of.count;
    for class in 0..of.count {
        let wins = best == of.count
            || counts[class] > counts[best]
            || counts[class] == counts[best]
                && match ties {
                    Ties::Listed => false,
                    Ties::Latest => seen[class] > seen[best],
                    Ties::Earliest => seen[class] < seen[best],
                };
        if counts[class] > 0 && wins {
            best = class;
        }
    }
    best
}

/// Class of a unit at a week: `count` for none, `count + 1` after the data.
pub(super) fn class_at(bytes: &[u8], anchor: usize, at: usize, of: &Relative, ever: bool) -> usize {
    if at >= bytes.len() {
        return of.count + 1;
    }
    let own = bytes[anchor];
    if !ever {
        return of.class(bytes[at], own);
    }
    let reached = bytes[anchor..=at].iter().any(|&byte| of.class(byte, own) == 0);
    // The one class, or the one of all other weeks, or none.
    usize::from(!reached)
}
