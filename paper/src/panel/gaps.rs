//! Times that units miss, and units seen once.

use std::collections::BTreeSet;

/// Where a panel is not whole.
#[derive(Debug, PartialEq)]
pub(super) struct Gaps {
    /// Units that miss a time of the panel between their first and last, with what they miss, if they are to be named,
    pub(super) units: Vec<(String, Vec<i64>)>,
    /// and how many there are.
    pub(super) n_units: usize,
    /// Times between the first and the last, in steps of their common distance, that no row has; the first few of them,
    pub(super) nobody: Vec<i64>,
    /// and how many there are.
    pub(super) n_nobody: usize,
    /// Units with one row, if they are to be named,
    pub(super) once: Vec<String>,
    /// and how many there are.
    pub(super) n_once: usize,
    /// Successive rows of a unit that lie further apart than the common distance.
    pub(super) long_steps: usize,
    /// The common distance of times.
    pub(super) step: i64,
}

/// Missing times that are named.
const NAMED: usize = 5;

/// Gaps of units at times, which are in order.
pub(super) fn gaps<'a>(panel: impl Iterator<Item = (&'a str, &'a [i64])> + Clone) -> Gaps {
    let mut times = BTreeSet::new();
    let mut before: &[i64] = &[];
    for (_, of_unit) in panel.clone() {
        // Units are often there at the same times.
        if of_unit != before {
            times.extend(of_unit);
            before = of_unit;
        }
    }
    let times: Vec<i64> = times.into_iter().collect();
    let step = common_step(&times);
    let (mut units, mut once, mut long_steps) = (Vec::new(), Vec::new(), 0);
    for (name, of_unit) in panel {
        if of_unit.len() == 1 {
            once.push(name.to_owned());
        }
        let mut missing = Vec::new();
        let mut place = times.partition_point(|time| time < &of_unit[0]);
        for pair in of_unit.windows(2) {
            place += 1;
            if times[place] != pair[1] {
                let later = place + times[place..].partition_point(|time| *time < pair[1]);
                missing.extend_from_slice(&times[place..later]);
                place = later;
            }
            long_steps += usize::from(pair[1].saturating_sub(pair[0]) > step);
        }
        if !missing.is_empty() {
            units.push((name.to_owned(), missing));
        }
    }
    let (n_units, n_once) = (units.len(), once.len());
    Gaps { units, n_units, once, n_once, long_steps, ..of_times(&times) }
}

/// Gaps in times that occur, of units that are not named.
pub(super) fn of_times(times: &[i64]) -> Gaps {
    let step = common_step(times);
    let (mut nobody, mut n_nobody) = (Vec::new(), 0);
    for pair in times.windows(2) {
        let between = (pair[1].saturating_sub(pair[0]) / step.max(1) - 1).max(0);
        n_nobody += between as usize;
        let room = NAMED - nobody.len().min(NAMED);
        nobody.extend((1..=between).take(room).map(|k| pair[0] + k * step));
    }
    let (units, once) = (Vec::new(), Vec::new());
    Gaps { units, n_units: 0, nobody, n_nobody, once, n_once: 0, long_steps: 0, step }
}

/// The largest step of which all distances between times are multiples.
fn common_step(times: &[i64]) -> i64 {
    times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).fold(0, divisor)
}

/// Greatest common divisor.
fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// Some of many names in brackets; nothing if none is to be named.
pub(super) fn named(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" ({})", few(names)) }
}

/// Some of many names, as a sentence has room for.
pub(super) fn few(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing() {
        // Every second year; nobody in 2016, and B misses 2012 and 2014.
        let found = gaps(
            [("A", &[2010, 2012, 2014][..]), ("B", &[2010, 2018]), ("C", &[2012])].into_iter(),
        );
        assert_eq!(found.units, [("B".to_owned(), vec![2012, 2014])]);
        assert_eq!((found.nobody, found.n_nobody, found.step), (vec![2016], 1, 2));
        assert_eq!((found.once, found.long_steps), (vec!["C".to_owned()], 1));
        assert_eq!((found.n_units, found.n_once), (1, 1));
    }

    #[test]
    fn ends_of_time_do_no_harm() {
        let found = gaps([("A", &[i64::MIN, i64::MAX][..]), ("B", &[0])].into_iter());
        assert_eq!(found.units.len(), 1);
        assert_eq!(gaps([("A", &[3][..])].into_iter()).n_nobody, 0);
        let names: Vec<String> = (1..=7).map(|n| n.to_string()).collect();
        assert_eq!(few(&names), "1, 2, 3, 4, 5 and 2 more");
    }
}
