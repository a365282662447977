//! Spells of one person at week resolution, short gaps tolerated.

/// The class of weeks that have none.
pub(crate) const NO_CLASS: u8 = u8::MAX;

/// A class of each state byte, or [`NO_CLASS`].
pub(crate) type ClassOf = [u8; 256];

/// A spell: weeks `start..end`, of which the first and the last are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WeekSpell {
    pub(crate) start: usize,
    /// One past the last week in.
    pub(crate) end: usize,
    /// Weeks in, without tolerated gaps.
    pub(crate) weeks_in: usize,
    /// Whether more than the gap's weeks without the class were seen before.
    pub(crate) start_known: bool,
    /// Whether more than the gap's weeks without the class were seen after.
    pub(crate) ended: bool,
}

/// The spell of a class that week `at` is in (or, inside a gap, would be in); `None` if `at` is neither.
///
/// Up to `gap` weeks without the class do not end a spell.
pub(crate) fn spell_at(
    weeks: &[u8],
    of: &ClassOf,
    class: u8,
    gap: usize,
    at: usize,
) -> Option<WeekSpell> {
    let is_in = |week: usize| of[usize::from(weeks[week])] == class;
    let mut start = None;
    let mut weeks_in = 0;
    let mut without = 0;
    let mut week = at + 1;
    while week > 0 && without <= gap {
        week -= 1;
        if is_in(week) {
            start = Some(week);
            weeks_in += 1;
            without = 0;
        } else {
            without += 1;
        }
    }
    let start_known = without > gap;
    let start = start?;
    let mut end = None;
    let mut week = at;
    // Weeks without the class up to `at` count for the gap that `at` lies in.
    let mut without = (start..=at).rev().take_while(|&week| !is_in(week)).count();
    if without == 0 {
        end = Some(at + 1);
    }
    let mut last_in = at - without;
    while week + 1 < weeks.len() && without <= gap {
        week += 1;
        if is_in(week) {
            last_in = week;
            weeks_in += 1;
            end = Some(week + 1);
            without = 0;
        } else {
            without += 1;
        }
    }
    let ended = without > gap;
    // In a gap that never closes, `at` is after the spell.
    end.map(|_| WeekSpell { start, end: last_in + 1, weeks_in, start_known, ended })
}

/// Weeks in a row with one byte: `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) byte: u8,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The runs of some weeks, in order.
pub(crate) fn runs_of(weeks: &[u8], runs: &mut Vec<Run>) {
    runs.clear();
    let mut start = 0;
    while start < weeks.len() {
        let byte = weeks[start];
        let length = weeks[start..].iter().take_while(|&&other| other == byte).count();
        runs.push(Run { byte, start, end: start + length });
        start += length;
    }
}

/// All spells of a class, in order, from the runs of a person's weeks.
pub(crate) fn each_spell(
    runs: &[Run],
    of: &ClassOf,
    class: u8,
    gap: usize,
    mut visit: impl FnMut(WeekSpell),
) {
    let length = runs.last().map_or(0, |run| run.end);
    let mut open: Option<WeekSpell> = None;
    for run in runs.iter().filter(|run| of[usize::from(run.byte)] == class) {
        match &mut open {
            Some(spell) if run.start - spell.end <= gap => {
                spell.end = run.end;
                spell.weeks_in += run.end - run.start;
            }
            other => {
                if let Some(spell) = other.take() {
                    visit(WeekSpell { ended: true, ..spell });
                }
                *other = Some(WeekSpell {
                    start: run.start,
                    end: run.end,
                    weeks_in: run.end - run.start,
                    start_known: run.start > gap,
                    ended: false,
                });
            }
        }
    }
    if let Some(spell) = open {
        visit(WeekSpell { ended: length - spell.end > gap, ..spell });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x` is in, everything else is out.
    fn person(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| u8::from(byte == b'x')).collect()
    }

    fn class_of() -> ClassOf {
        let mut of = [NO_CLASS; 256];
        of[1] = 0;
        of
    }

    fn spells(text: &str, gap: usize) -> Vec<(usize, usize, usize, bool, bool)> {
        let mut found = Vec::new();
        let mut runs = Vec::new();
        runs_of(&person(text), &mut runs);
        each_spell(&runs, &class_of(), 0, gap, |spell| {
            found.push((spell.start, spell.end, spell.weeks_in, spell.start_known, spell.ended));
        });
        found
    }

    #[test]
    fn gaps_of_three_weeks_are_tolerated_and_of_four_are_not() {
        assert_eq!(spells("....xx...xx....", 3), [(4, 11, 4, true, true)]);
        assert_eq!(spells("....xx....xx...", 3), [(4, 6, 2, true, true), (10, 12, 2, true, false)]);
        assert_eq!(spells("...x....", 3), [(3, 4, 1, false, true)]);
        assert_eq!(spells("....x...", 3), [(4, 5, 1, true, false)]);
        assert_eq!(spells(".x.x", 0), [(1, 2, 1, true, true), (3, 4, 1, true, false)]);
        assert_eq!(spells("xxx", 2), [(0, 3, 3, false, false)]);
        assert_eq!(spells("...", 2), []);
    }

    #[test]
    fn the_spell_of_a_week_is_the_one_that_it_lies_in() {
        let text = "....xx...xx....x";
        for gap in 0..6 {
            let all = spells(text, gap);
            for at in 0..text.len() {
                let inside = all.iter().copied().find(|spell| spell.0 <= at && at < spell.1);
                let found = spell_at(&person(text), &class_of(), 0, gap, at).map(|spell| {
                    (spell.start, spell.end, spell.weeks_in, spell.start_known, spell.ended)
                });
                assert_eq!(found, inside, "week {at}, gap {gap}");
            }
        }
    }
}
