//! Stocks of a reference week: counts, means, shares, look-backs.

use afgang_engine::grouping::MISSING_LABEL;
use afgang_engine::tabulate::CountTable;
use afgang_engine::week::NONE;

use super::{Columns, Context, percent, sum, told_apart};
use crate::output::{Built, Counts};
use crate::study::{Problem, StudyError};
use crate::table::Values;
use crate::weeks::asked::{Asked, Profile, Quantity, Windows};
use crate::weeks::rules::RowSet;

/// `ROWS, quantity, value`: the number of persons in each row, then means, then per cents by group. Persons without a
/// value stay out of the means and per cents. With a reference population its values stand beside, and the value by the
/// reference: above 1 the row has more of it.
pub(super) fn stock(context: Context<'_>, profile: &Profile) -> Built {
    let population = &profile.population;
    let mut columns = Columns::new(&[&population.rows.column, "quantity"], &[], &["value"]);
    let of_groupings: Vec<(&str, &[String])> = profile
        .quantities
        .iter()
        .zip(&context.counts[1..])
        .filter_map(|(quantity, counts)| match quantity {
            Quantity::Shares(grouping) => Some((grouping.as_str(), counts.labels(1))),
            Quantity::MeanAge(_) | Quantity::Mean(_) => None,
        })
        .collect();
    let names = told_apart(&of_groupings, &["persons", "mean_age", MISSING_LABEL]);
    for (name, of) in population.rows.all() {
        let mut names = names.iter();
        let persons = sum(&context.counts[0], &of, &[]);
        columns.push(&[name, "persons"], &[], &[persons as f64]);
        for (quantity, counts) in profile.quantities.iter().zip(&context.counts[1..]) {
            match quantity {
                Quantity::MeanAge(_) => {
                    columns.push(&[name, "mean_age"], &[], &[mean(counts, &of)]);
                }
                Quantity::Mean(grouping) => {
                    let quantity = format!("mean_{grouping}");
                    columns.push(&[name, &quantity], &[], &[mean(counts, &of)]);
                }
                Quantity::Shares(_) => {
                    let labels = counts.labels(1).iter().enumerate();
                    let known = labels.filter(|(_, label)| *label != MISSING_LABEL);
                    let of_label = |(place, _): (usize, _)| sum(counts, &of, &[Some(place)]);
                    let whole: u64 = known.clone().map(of_label).sum();
                    let names = names.next().map_or(&[][..], Vec::as_slice);
                    for (place, label) in known {
                        let quantity = names.get(place).unwrap_or(label);
                        let persons = of_label((place, label));
                        columns.push(&[name, quantity], &[], &[percent(persons, whole)]);
                    }
                }
            }
        }
    }
    let table = columns.table();
    let Some(reference) = &profile.reference else { return Built::table(table) };
    let of_reference: Vec<f64> = (0..table.rows())
        .map(|row| {
            let quantity = table.column("quantity").map(|names| names.show(row));
            let known = reference.values.iter().find(|(name, _)| Some(name) == quantity.as_ref());
            known.map_or(f64::NAN, |(_, value)| *value)
        })
        .collect();
    // Numbers of persons are no shares.
    let index = (0..table.rows()).map(|row| {
        let persons = table.column("quantity").is_some_and(|names| names.show(row) == "persons");
        let value = table.column("value").map_or(f64::NAN, |values| values.number(row));
        if persons { f64::NAN } else { value / of_reference[row] }
    });
    let index = Values::Number(index.collect());
    Built::table(table.with("reference", Values::Number(of_reference)).with("index", index))
}

/// Refuses the mean of a grouping of which no label is a number.
///
/// # Errors
///
/// [`Problem::NotNumbers`].
pub fn check(asked: &Asked, tables: &[CountTable]) -> Result<(), Box<StudyError>> {
    let Asked::Stock(profile) = asked else { return Ok(()) };
    for (quantity, table) in profile.quantities.iter().zip(tables.iter().skip(1)) {
        let (Quantity::Mean(grouping), Some(dim)) = (quantity, table.dims.get(1)) else { continue };
        let word = dim.labels.iter().find(|label| *label != MISSING_LABEL);
        let numbers = dim.labels.iter().any(|label| label.parse::<f64>().is_ok());
        if let (false, Some(label)) = (numbers, word) {
            let (grouping, label) = (grouping.clone(), label.clone());
            return Err(Box::new(StudyError::of(Problem::NotNumbers { grouping, label })));
        }
    }
    Ok(())
}

/// Mean of labels that are numbers.
fn mean(counts: &Counts, rows: &[usize]) -> f64 {
    let (mut whole, mut total) = (0, 0.0);
    for (place, label) in counts.labels(1).iter().enumerate() {
        let Some(value) = Some(label).filter(|label| *label != NONE).and_then(|l| l.parse().ok())
        else {
            continue;
        };
        let value: f64 = value;
        let persons = sum(counts, rows, &[Some(place)]);
        whole += persons;
        total += persons as f64 * value;
    }
    total / whole as f64
}

/// `ROWS, persons` and for each window the persons of whom at least the share of weeks is in the set, and their per cent.
pub(super) fn look_back(context: Context<'_>, of: &RowSet, windows: &Windows) -> Built {
    let rows: Vec<(&str, Vec<usize>)> = of.all().collect();
    let persons: Vec<u64> = rows.iter().map(|(_, of)| sum(&context.counts[0], of, &[])).collect();
    let mut columns = Columns::new(&[&of.column], &["persons"], &[]);
    for ((name, _), &persons) in rows.iter().zip(&persons) {
        columns.push(&[name], &[persons], &[]);
    }
    let mut table = columns.table();
    for (window, counts) in windows.windows.iter().zip(context.counts) {
        let long: Vec<u64> = rows.iter().map(|(_, of)| sum(counts, of, &[Some(1)])).collect();
        let shares = long.iter().zip(&persons).map(|(&part, &whole)| percent(part, whole));
        let shares = Values::Number(shares.collect());
        table = table
            .whole(&window.persons, long.iter().map(|&persons| persons as i64))
            .with(&window.percent, shares);
    }
    Built::table(table)
}
