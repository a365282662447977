//! Histories from the columns of a file.

use afgang_models::{Episode, Histories, Weights};

use super::{Request, in_file};
use crate::rows::{DataError, EstimationError, WeightKind, column_numbers, read_columns};
use crate::table::Values;

/// Reads the histories; states are in the order of their names, numbers by size.
pub(super) fn histories(request: &Request) -> Result<Histories, EstimationError> {
    let mut names = vec![
        request.id.as_str(),
        request.from.as_str(),
        request.to.as_str(),
        request.time.as_str(),
    ];
    names.extend(request.entry.as_deref());
    names.extend(request.weight.as_deref());
    let columns = read_columns(&request.data, &names)?;
    let column = |name: &str| {
        let place = names.iter().position(|known| *known == name);
        place.and_then(|place| columns.get(place)).unwrap_or(&columns[0])
    };
    let ids = words(column(&request.id), &request.id)?;
    let from = words(column(&request.from), &request.from)?;
    let to = column(&request.to);
    let censored = |value: &String| request.censored.contains(value);
    let to: Vec<Option<String>> = (0..from.len())
        .map(|row| Some(to.show(row)).filter(|value| !value.is_empty() && !censored(value)))
        .collect();
    let exit = column_numbers(column(&request.time).clone(), &request.time)?;
    let entry = match &request.entry {
        Some(name) => column_numbers(column(name).clone(), name)?,
        None => entries(&ids, &exit),
    };
    for (name, times) in
        [(&request.time, &exit)].into_iter().chain(request.entry.iter().map(|name| (name, &entry)))
    {
        if let Some(row) = times.iter().position(|time| !time.is_finite()) {
            let wanted = "a finite number";
            return Err(DataError::Range {
                column: name.clone(),
                row: row + 1,
                value: times[row],
                wanted,
            }
            .into());
        }
    }
    let states = ordered(from.iter().chain(to.iter().flatten()));
    let place = |name: &String| states.iter().position(|state| state == name).unwrap_or(0);
    let episodes: Vec<Episode> = (0..from.len())
        .map(|row| Episode {
            entry: entry[row],
            exit: exit[row],
            from: place(&from[row]),
            to: to[row].as_ref().map(place),
        })
        .collect();
    let read = || {
        let histories = Histories::finding_transitions(&states, &ids, &episodes)?;
        let Some(name) = &request.weight else { return Ok(Ok(histories)) };
        let weights = match column_numbers(column(name).clone(), name) {
            Ok(weights) => weights,
            Err(error) => return Ok(Err(error)),
        };
        histories
            .with_weights(match request.weight_kind {
                Some(WeightKind::Sampling) => Weights::Sampling(weights),
                _ => Weights::Case(weights),
            })
            .map(Ok)
    };
    match read() {
        Ok(histories) => Ok(histories?),
        Err(error) => Err(in_file(request, error)),
    }
}

/// A column of names, none of them missing.
fn words(values: &Values, column: &str) -> Result<Vec<String>, DataError> {
    if let Some(row) = (0..values.len()).find(|&row| values.is_missing(row)) {
        return Err(DataError::Missing { column: column.to_owned(), row: row + 1 });
    }
    Ok((0..values.len()).map(|row| values.show(row)).collect())
}

/// A stay begins where the person's last one ended, the first at 0.
fn entries(ids: &[String], exit: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by(|&a, &b| ids[a].cmp(&ids[b]).then(exit[a].total_cmp(&exit[b])));
    let mut entry = vec![0.0; ids.len()];
    for pair in order.windows(2) {
        if ids[pair[0]] == ids[pair[1]] {
            entry[pair[1]] = exit[pair[0]];
        }
    }
    entry
}

/// Different names, numbers by size and before words.
fn ordered<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut states: Vec<String> = names.cloned().collect();
    let number = |name: &String| name.parse::<f64>().unwrap_or(f64::INFINITY);
    states.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
    states.dedup();
    states
}
