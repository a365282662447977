//! Every unit and label by the text of its definition: plain loops over a person's weeks.
//!
//! Nothing here is shared with the engine. Codes are written out again; a set of weeks is a function of the code and
//! of wage income.

use crate::register::{Person, Setting};

/// What a week is: its code, and whether its month has wage income.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub(crate) code: i16,
    pub(crate) income: bool,
}

pub(crate) type Set = fn(At) -> bool;

pub(crate) fn sick(at: At) -> bool {
    (890..=899).contains(&at.code)
}

pub(crate) fn assistance(at: At) -> bool {
    matches!(at.code, 130..=149 | 700..=739)
}

pub(crate) fn work(at: At) -> bool {
    at.code == 0 && at.income
}

pub(crate) fn company(at: At) -> bool {
    matches!(at.code, 135..=138 | 145..=148 | 215..=218 | 705..=708 | 715..=718 | 725..=728 | 735..=738)
        || matches!(at.code, 745..=748 | 755..=758 | 765..=768 | 815..=818 | 875..=878 | 895..=898)
}

pub(crate) fn education(at: At) -> bool {
    matches!(
        at.code,
        134 | 144 | 214 | 231 | 704 | 714 | 724 | 734 | 744 | 754 | 764 | 814 | 874 | 894
    )
}

pub(crate) struct View {
    pub(crate) weeks: Vec<At>,
    pub(crate) month_of: Vec<usize>,
    pub(crate) born: i16,
}

impl View {
    pub(crate) fn new(setting: &Setting, person: &Person) -> Self {
        let month_of: Vec<usize> = (0..setting.len()).map(|week| setting.month(week)).collect();
        let weeks = person
            .codes
            .iter()
            .zip(&month_of)
            .map(|(&code, &month)| At {
                code,
                income: person.degrees[month].is_some_and(|degree| degree > 0.0),
            })
            .collect();
        Self { weeks, month_of, born: person.born }
    }

    fn is(&self, set: Set, week: usize) -> bool {
        set(self.weeks[week])
    }

    /// Spells of a set: first and last week in, for each whether start and end were seen.
    pub(crate) fn spells(&self, set: Set, gap: usize) -> Vec<(usize, usize, bool, bool)> {
        let length = self.weeks.len();
        let mut spells = Vec::new();
        for start in 0..length {
            if !self.is(set, start) {
                continue;
            }
            // Another week in at most `gap` weeks without before it belongs to the same spell.
            let earlier = (start.saturating_sub(gap + 1)..start).any(|week| self.is(set, week));
            if earlier {
                continue;
            }
            let mut last = start;
            loop {
                let next = (last + 1..length.min(last + gap + 2)).find(|&week| self.is(set, week));
                let Some(next) = next else { break };
                last = next;
            }
            spells.push((start, last, start > gap, length - 1 - last > gap));
        }
        spells
    }

    fn spell_of(&self, set: Set, gap: usize, at: usize) -> Option<(usize, usize, bool, bool)> {
        self.spells(set, gap).into_iter().find(|spell| spell.0 <= at && at <= spell.1)
    }

    pub(crate) fn seniority(
        &self,
        set: Set,
        gap: usize,
        counts: bool,
        at: usize,
    ) -> Option<(usize, bool)> {
        let (start, _, known, _) = self.spell_of(set, gap, at)?;
        let weeks = (start..=at).filter(|&week| counts || self.is(set, week)).count();
        Some((weeks, known))
    }

    /// Months from the first of the spell to the month of `at`, of those that any week up to `at` puts in.
    pub(crate) fn months(&self, set: Set, gap: usize, last_week: bool, at: usize) -> (usize, bool) {
        let is_in = |month: usize| {
            let weeks: Vec<usize> = (0..=at).filter(|&week| self.month_of[week] == month).collect();
            let looked_at = if last_week { &weeks[weeks.len() - 1..] } else { &weeks[..] };
            looked_at.iter().any(|&week| self.is(set, week))
        };
        let last = self.month_of[at];
        let mut first = last;
        loop {
            let from = first.saturating_sub(gap + 1);
            match (from..first).rev().find(|&month| is_in(month)) {
                Some(month) => first = month,
                None => return (last + 1 - first, first > gap),
            }
        }
    }

    pub(crate) fn look_back(
        &self,
        set: Set,
        weeks: usize,
        percent: usize,
        end: usize,
    ) -> &'static str {
        if end < weeks {
            return "unobserved";
        }
        let count = (end - weeks..end).filter(|&week| self.is(set, week)).count();
        if count * 100 >= percent * weeks { "yes" } else { "no" }
    }

    /// The most frequent of some sets between two weeks.
    pub(crate) fn modal<'n>(&self, sets: &[(&'n str, Set)], from: i64, to: i64) -> &'n str {
        if from < 0 || to >= self.weeks.len() as i64 {
            return "unobserved";
        }
        let mut best = ("none", 0);
        for (at, (name, _)) in sets.iter().enumerate() {
            let count = (from..=to)
                .filter(|&week| {
                    sets.iter().position(|(_, set)| self.is(*set, week as usize)) == Some(at)
                })
                .count();
            if count > best.1 {
                best = (name, count);
            }
        }
        best.0
    }

    pub(crate) fn class<'n>(&self, sets: &[(&'n str, Set)], week: usize) -> &'n str {
        if week >= self.weeks.len() {
            return "unobserved";
        }
        sets.iter().find(|(_, set)| self.is(*set, week)).map_or("none", |(name, _)| name)
    }

    pub(crate) fn any(&self, set: Set, from: i64, to: i64) -> bool {
        (from..=to).any(|week| {
            usize::try_from(week).is_ok_and(|week| week < self.weeks.len() && self.is(set, week))
        })
    }

    pub(crate) fn since(&self, set: Set, at: usize) -> Option<usize> {
        (0..=at).find(|&back| self.is(set, at - back))
    }

    /// Event and weeks to it for a spell that starts at `start` and was last in at `last`.
    pub(crate) fn first(
        &self,
        set: Set,
        (start, last, ended): (usize, usize, bool),
        horizon: usize,
    ) -> (&'static str, usize) {
        for weeks in 0..=horizon {
            let week = start + weeks;
            if week == self.weeks.len() {
                return ("censored", weeks - 1);
            }
            if ended && week == last + 1 {
                return ("end", weeks);
            }
            if self.is(set, week) {
                return ("event", weeks);
            }
        }
        ("censored", horizon)
    }
}
