//! Spells by the text of the rule: a plain loop per person over a matrix of months.
//!
//! Nothing here is shared with the engine; weeks, target groups and exits are written out again.

use crate::register::{Person, WEEKS};

/// A spell with all that tables and files can say of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ReferenceSpell {
    pub(crate) id: String,
    pub(crate) number: usize,
    /// First and last month in, from 0.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) first_group: &'static str,
    pub(crate) group: &'static str,
    pub(crate) exit: String,
    /// Months in before each move, the state left and the state moved to; the exit is the last.
    pub(crate) moves: Vec<(usize, &'static str, String)>,
    pub(crate) left_truncated: bool,
    /// The state one month after the month of exit.
    pub(crate) later: String,
    /// Municipality of the start year.
    pub(crate) kom: i16,
    pub(crate) sex: i16,
}

pub(crate) fn target_group(code: i16) -> Option<&'static str> {
    Some(match code {
        111 | 115 | 213..=219 | 151..=153 | 231 => "dagpenge",
        700..=739 | 750..=769 | 810..=818 => "aktivitetsparate",
        130..=149 | 160..=169 => "jobparate",
        870..=878 | 890..=898 => "sygedagpenge",
        _ => return None,
    })
}

fn state_out(code: i16, degree: Option<f32>) -> &'static str {
    match code {
        997 | 999 => "dead_or_emigrated",
        651 | 652 | 661 => "education",
        771 | 781 => "flex_job",
        783 => "disability_pension",
        899 => "partial_sick_return",
        0 if degree.is_some_and(|degree| degree > 0.0) => "employment",
        0 => "self_support",
        _ => "other",
    }
}

/// Code of the last week of each month.
pub(crate) fn month_codes(person: &Person) -> Vec<i16> {
    let mut codes = Vec::new();
    let mut weeks_so_far = 0;
    for weeks in &WEEKS[..person.months()] {
        weeks_so_far += weeks;
        codes.push(person.weeks[weeks_so_far - 1]);
    }
    codes
}

/// The spells of a person.
pub(crate) fn spells(person: &Person, exit_lag: usize) -> Vec<ReferenceSpell> {
    let codes = month_codes(person);
    let groups: Vec<Option<&'static str>> = codes.iter().map(|&code| target_group(code)).collect();
    let mut spells = Vec::new();
    for start in 0..codes.len() {
        let starts = groups[start].is_some() && (start == 0 || groups[start - 1].is_none());
        if !starts {
            continue;
        }
        let mut end = start;
        while end + 1 < codes.len() && groups[end + 1].is_some() {
            end += 1;
        }
        let exit = if end + 1 == codes.len() {
            "still_unemployed"
        } else if end + exit_lag >= codes.len() {
            "unobserved"
        } else if groups[end + exit_lag].is_some() {
            "back_in_benefit"
        } else {
            state_out(codes[end + exit_lag], person.degrees[end + exit_lag])
        };
        let later = match codes.get(end + 2) {
            None => "unobserved",
            Some(&code) => {
                target_group(code).unwrap_or_else(|| state_out(code, person.degrees[end + 2]))
            }
        };
        let mut moves = Vec::new();
        for month in start..end {
            let (from, to) = (groups[month].unwrap(), groups[month + 1].unwrap());
            if from != to {
                moves.push((month - start + 1, from, to.to_owned()));
            }
        }
        moves.push((end - start + 1, groups[end].unwrap(), exit.to_owned()));
        spells.push(ReferenceSpell {
            id: person.id.clone(),
            number: spells.len() + 1,
            start,
            end,
            first_group: groups[start].unwrap(),
            group: groups[end].unwrap(),
            exit: exit.to_owned(),
            moves,
            left_truncated: start == 0,
            later: later.to_owned(),
            kom: person.kom[start / 12],
            sex: person.sex,
        });
    }
    spells
}

pub(crate) fn month_name(month: usize) -> String {
    format!("{}-{:02}", 2011 + month / 12, month % 12 + 1)
}
