//! Spells by target group, by exit, and by what came after the exit.

use super::{Counts, NO_EXIT, percent};
use crate::table::Table;

/// Name of the row that sums up the others.
const TOTAL: &str = "total";

/// Rows of names with their spells, and their sum: `spells` and `percent`.
fn shares(rows: &[(String, u64)]) -> (Vec<i64>, Vec<f64>) {
    let total: u64 = rows.iter().map(|(_, spells)| spells).sum();
    let spells = rows.iter().map(|(_, spells)| *spells).chain([total]);
    let percents = spells.clone().map(|spells| percent(spells, total)).collect();
    (spells.map(|spells| spells as i64).collect(), percents)
}

/// `target_group, spells, percent`, with a total.
pub(super) fn spells(counts: &Counts) -> Table {
    let rows: Vec<(String, u64)> = counts
        .labels(0)
        .iter()
        .enumerate()
        .map(|(group, name)| (name.clone(), counts.sum(&[Some(group)])))
        .collect();
    let (spells, percents) = shares(&rows);
    let names = rows.into_iter().map(|(name, _)| name).chain([TOTAL.to_owned()]);
    Table::new().text("target_group", names).whole("spells", spells).number("percent", percents)
}

/// Number, sum and sum of squares of durations: all that mean and standard deviation need, exact.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    n: u64,
    sum: u128,
    squares: u128,
}

impl Moments {
    fn add(&mut self, months: u64, n: u64) {
        let (wide_n, wide) = (u128::from(n), u128::from(months));
        self.n += n;
        self.sum += wide_n * wide;
        self.squares += wide_n * wide * wide;
    }

    fn plus(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
        }
    }

    fn mean(self) -> f64 {
        if self.n == 0 { f64::NAN } else { self.sum as f64 / self.n as f64 }
    }

    /// With n − 1. n Σx² − (Σx)² is exact, so nothing cancels.
    fn standard_deviation(self) -> f64 {
        if self.n < 2 {
            return f64::NAN;
        }
        let n = u128::from(self.n);
        let spread = (n * self.squares).saturating_sub(self.sum * self.sum);
        (spread as f64 / (n as f64 * (n as f64 - 1.0))).sqrt()
    }
}

/// `target_group, exit, spells, percent, mean_months, sd_months`, with a total. Exits that are not listed count
/// as the residual one, which gets a row at the end if it is not listed itself and any spells do. Who is back in
/// benefit when the exit is looked up, and exits that are looked up after the end of data, have rows of their own.
pub(super) fn exits(
    counts: &Counts,
    target_group: &str,
    listed: &[String],
    residual: &str,
) -> Table {
    let group = counts.place(0, target_group);
    let mut rows: Vec<(String, Moments)> =
        listed.iter().map(|exit| (exit.clone(), Moments::default())).collect();
    for (place, exit) in counts.labels(1).iter().enumerate() {
        let mut moments = Moments::default();
        for (duration, months) in counts.labels(2).iter().enumerate() {
            let n =
                group.map_or(0, |group| counts.sum(&[Some(group), Some(place), Some(duration)]));
            moments.add(months.parse().unwrap_or(0), n);
        }
        let own = |name: &str| rows.iter().position(|(row, _)| row == name);
        match own(exit) {
            None if NO_EXIT.contains(&exit.as_str()) => rows.push((exit.clone(), moments)),
            None => match own(residual) {
                Some(row) => rows[row].1 = rows[row].1.plus(moments),
                None if moments.n > 0 => rows.push((residual.to_owned(), moments)),
                None => {}
            },
            Some(row) => rows[row].1 = rows[row].1.plus(moments),
        }
    }
    let counted: Vec<(String, u64)> =
        rows.iter().map(|(exit, moments)| (exit.clone(), moments.n)).collect();
    let (spells, percents) = shares(&counted);
    let total = rows.iter().fold(Moments::default(), |sum, (_, moments)| sum.plus(*moments));
    let all = || rows.iter().map(|(_, moments)| *moments).chain([total]);
    Table::new()
        .text("target_group", std::iter::repeat_n(target_group, rows.len() + 1))
        .text("exit", rows.iter().map(|(exit, _)| exit.as_str()).chain([TOTAL]))
        .whole("spells", spells)
        .number("percent", percents)
        .number("mean_months", all().map(Moments::mean))
        .number("sd_months", all().map(Moments::standard_deviation))
}

/// `target_group, state_later, spells, percent`, with a total for each target group.
pub(super) fn later_state(counts: &Counts, target_groups: &[String], exit: &str) -> Table {
    let mut columns: (Vec<String>, Vec<String>, Vec<i64>, Vec<f64>) = Default::default();
    for target_group in target_groups {
        let (group, exit) = (counts.place(0, target_group), counts.place(1, exit));
        let rows: Vec<(String, u64)> = counts
            .labels(2)
            .iter()
            .enumerate()
            .map(|(state, name)| {
                let spells = match (group, exit) {
                    (Some(group), Some(exit)) => {
                        counts.sum(&[Some(group), Some(exit), Some(state)])
                    }
                    _ => 0,
                };
                (name.clone(), spells)
            })
            .collect();
        let (spells, percents) = shares(&rows);
        columns.0.extend(std::iter::repeat_n(target_group.clone(), rows.len() + 1));
        columns.1.extend(rows.into_iter().map(|(name, _)| name).chain([TOTAL.to_owned()]));
        columns.2.extend(spells);
        columns.3.extend(percents);
    }
    Table::new()
        .text("target_group", columns.0)
        .text("state_later", columns.1)
        .whole("spells", columns.2)
        .number("percent", columns.3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn mean_and_standard_deviation_by_hand() {
        // Durations 1, 1, 2, 4: mean 2, squares about it 1 + 1 + 0 + 4 = 6, divided by 3.
        let counts = Counts::of(
            &[
                ("target_group", &["a"]),
                ("exit", &["job", "other"]),
                ("duration", &["1", "2", "4"]),
            ],
            &[2, 1, 1, 0, 0, 0],
        );
        let table = exits(&counts, "a", &words(&["job", "other"]), "other");
        let number = |column: &str, row| table.column(column).unwrap().number(row);
        assert!((number("spells", 0) - 4.0).abs() < 1e-12);
        assert!((number("mean_months", 0) - 2.0).abs() < 1e-12);
        assert!((number("sd_months", 0) - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!((number("percent", 2) - 100.0).abs() < 1e-12);
        assert!(number("mean_months", 1).is_nan());
    }

    #[test]
    fn exits_that_are_not_listed_are_other() {
        let dims: &[(&str, &[&str])] = &[
            ("target_group", &["a", "b"]),
            ("exit", &["job", "pension", "other"]),
            ("duration", &["1"]),
        ];
        let counts = Counts::of(dims, &[5, 3, 2, 100, 100, 100]);
        let table = exits(&counts, "a", &words(&["job", "other"]), "other");
        assert_eq!(
            table.to_csv(),
            "target_group,exit,spells,percent,mean_months,sd_months\na,job,5,50,1,0\na,other,5,50,1,0\na,total,10,100,1,0\n"
        );
        let table = exits(&counts, "a", &words(&["job"]), "other");
        assert_eq!(table.find([("exit", "other")]), Some(1));
    }

    #[test]
    fn a_later_look_has_rows_of_its_own() {
        let dims: &[(&str, &[&str])] = &[
            ("target_group", &["a"]),
            ("exit", &["job", "pension", "other", "back_in_benefit", "unobserved", "still"]),
            ("duration", &["1"]),
        ];
        let counts = Counts::of(dims, &[5, 3, 2, 6, 0, 4]);
        let table = exits(&counts, "a", &words(&["job", "other", "still"]), "other");
        let spells = |exit| Some(table.column("spells")?.number(table.find([("exit", exit)])?));
        assert_eq!(spells("other"), Some(5.0));
        assert_eq!(spells("back_in_benefit"), Some(6.0));
        assert_eq!(spells("unobserved"), Some(0.0));
        assert_eq!(spells("total"), Some(20.0));
    }

    #[test]
    fn later_states_sum_up() {
        let dims: &[(&str, &[&str])] =
            &[("target_group", &["a"]), ("exit", &["gone", "job"]), ("later", &["job", "a"])];
        let counts = Counts::of(dims, &[3, 1, 9, 9]);
        let table = later_state(&counts, &words(&["a"]), "gone");
        assert_eq!(
            table.to_csv(),
            "target_group,state_later,spells,percent\na,job,3,75\na,a,1,25\na,total,4,100\n"
        );
    }
}
