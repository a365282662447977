//! Gray's tests that the groups of a figure have the same cumulative incidence.

use afgang_engine::PairTable;
use afgang_models::{Contrast, Curve, EventTable, Gray, GroupedPair};

use super::Counts;
use super::curves::{Shape, pairs_of};
use crate::table::{Table, Values};

/// A group with its spells and curves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tested<'g> {
    pub(super) label: &'g str,
    /// Place in the dimension of groups.
    pub(super) place: usize,
    pub(super) table: &'g EventTable,
    pub(super) curves: &'g [Curve],
}

/// A row a cause: Gray's test with a variance that counts persons, the same for independent spells, and how far apart
/// the groups are at the last time that all of them reach.
///
/// `cause, statistic, df, p_value, statistic_spells, p_value_spells, time, lowest, lowest_estimate, highest,
/// highest_estimate, difference, conf_low, conf_high`; `None` for fewer than two groups. A cause that cannot be tested has
/// no row.
pub(super) fn gray(
    counts: &Counts,
    pairs: Option<&PairTable>,
    shape: Shape<'_>,
    groups: &[Tested<'_>],
    causes: &[(&String, usize)],
) -> Option<Table> {
    let [first, _, ..] = groups else { return None };
    let tables: Vec<EventTable> = groups.iter().map(|group| group.table.clone()).collect();
    let target_group = counts.place(0, shape.target_group)?;
    let places: Vec<usize> = groups.iter().map(|group| group.place).collect();
    let pairs: Vec<GroupedPair> =
        pairs.map_or_else(Vec::new, |pairs| pairs_of(counts, pairs, target_group, &places));
    let time = groups
        .iter()
        .filter_map(|group| group.table.times().last().copied())
        .fold(first.table.times().last().copied()?, f64::min);
    let mut words: [Vec<String>; 3] = Default::default();
    let mut numbers: [Vec<f64>; 11] = Default::default();
    for &(exit, cause) in causes {
        let (Ok(persons), Ok(spells)) = (
            Gray::new(cause).fit_clustered(&tables, &pairs),
            Gray::new(cause).fit(std::slice::from_ref(&tables)),
        ) else {
            continue;
        };
        let values: Vec<(f64, f64)> = groups
            .iter()
            .map(|group| {
                let point = group.curves[cause].point(time);
                (point.estimate, point.std_error)
            })
            .collect();
        let by_estimate = |a: &usize, b: &usize| values[*a].0.total_cmp(&values[*b].0);
        let (Some(low), Some(high)) =
            ((0..groups.len()).min_by(by_estimate), (0..groups.len()).max_by(by_estimate))
        else {
            continue;
        };
        let Ok(apart) = Contrast::Difference.between(&values, high, low, shape.level) else {
            continue;
        };
        let named = [exit.clone(), groups[low].label.to_owned(), groups[high].label.to_owned()];
        for (column, word) in words.iter_mut().zip(named) {
            column.push(word);
        }
        let row = [
            persons.statistic,
            persons.df as f64,
            persons.p_value,
            spells.statistic,
            spells.p_value,
            time,
            values[low].0,
            values[high].0,
            apart.estimate.estimate,
            apart.estimate.conf_low,
            apart.estimate.conf_high,
        ];
        for (column, number) in numbers.iter_mut().zip(row) {
            column.push(number);
        }
    }
    let [exits, lowest, highest] = words;
    let [statistic, df, p_value, of_spells, p_of_spells, time, low, high, apart, from, to] =
        numbers;
    (!exits.is_empty()).then(|| {
        Table::new()
            .text("cause", exits)
            .with("statistic", Values::Number(statistic))
            .with("df", Values::Number(df))
            .with("p_value", Values::Number(p_value))
            .with("statistic_spells", Values::Number(of_spells))
            .with("p_value_spells", Values::Number(p_of_spells))
            .with("time", Values::Number(time))
            .text("lowest", lowest)
            .with("lowest_estimate", Values::Number(low))
            .text("highest", highest)
            .with("highest_estimate", Values::Number(high))
            .with("difference", Values::Number(apart))
            .with("conf_low", Values::Number(from))
            .with("conf_high", Values::Number(to))
    })
}
