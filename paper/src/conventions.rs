//! What every estimate says of the rows that it is made of: by name for programs, in words for people.

use std::fmt::Display;

use serde_json::{Value, json};

use crate::rows::near_ties::NearTies;
use crate::rows::{Columns, WeightKind};

/// What stands for a by-value that is not there.
pub(crate) const MISSING: &str = "missing";

/// A number of things: "1 row", "2 rows".
pub(crate) fn number_of(n: impl Display, thing: &str) -> String {
    let n = n.to_string();
    let several = if n == "1" { "" } else { "s" };
    format!("{n} {thing}{several}")
}

/// Conventions of the rows by name.
pub(crate) fn of_rows(columns: &Columns) -> Vec<(&'static str, Value)> {
    let weights = match (&columns.weight, columns.weight_kind) {
        (None, _) => "none",
        (_, Some(WeightKind::Sampling)) => "sampling",
        _ => "case",
    };
    let observation = match &columns.cluster {
        Some(cluster) => format!("cluster {cluster}"),
        None if weights == "case" => "unit of weight".to_owned(),
        None => "row".to_owned(),
    };
    let order =
        if columns.entry.is_some() { "events, censorings, entries" } else { "events, censorings" };
    let censored = match columns.coding.censored.as_slice() {
        [] => json!(["0"]),
        values => json!(values),
    };
    vec![
        ("order_at_ties", json!(order)),
        ("at_risk", json!(if columns.entry.is_some() { "(entry, exit]" } else { "(0, exit]" })),
        ("weights", json!(weights)),
        ("observation", json!(observation)),
        (
            "event",
            json!({ "column": columns.event, "censored": censored, "causes": columns.coding.causes }),
        ),
    ]
}

/// What was done with times that differ by rounding alone, by name: nothing to say where there are none.
pub(crate) fn near_ties(
    columns: &Columns,
    merged: usize,
    near: Option<NearTies>,
) -> Option<(&'static str, Value)> {
    let (taken_for, count) = match near {
        _ if columns.merge_near_ties => ("one", merged),
        Some(near) => ("different", near.count),
        None => return None,
    };
    Some(("near_ties", json!({ "taken_for": taken_for, "count": count })))
}

/// The same in words.
pub(crate) fn near_ties_in_words(
    columns: &Columns,
    merged: usize,
    near: Option<NearTies>,
) -> Option<String> {
    if columns.merge_near_ties {
        return (merged > 0).then(|| {
            format!("Times that differ by rounding alone are one, as in R: {merged} were taken for the one before.")
        });
    }
    near.map(|near @ NearTies { count, first: (before, after), .. }| {
        let how = near.how();
        format!(
            "Times that differ from the one before {how}: {count}, such as {after} from {before}; they are \
             different times here, and one with `--convention r-survival`."
        )
    })
}

/// Who is at risk, and what comes first at one time, in words.
pub(crate) fn order_at_ties(columns: &Columns) -> &'static str {
    if columns.entry.is_some() {
        "At risk over (entry, exit]; at one time events come before censorings, and censorings before entries."
    } else {
        "At one time events come before censorings."
    }
}

/// What weights and clusters are.
pub(crate) fn weights(columns: &Columns) -> Vec<String> {
    let mut foot = Vec::new();
    if columns.weight.is_some() {
        foot.push(
            match columns.weight_kind {
                Some(WeightKind::Sampling) if columns.cluster.is_some() => {
                    "Weights are sampling weights."
                }
                Some(WeightKind::Sampling) => {
                    "Weights are sampling weights: a row is one observation, whatever its weight."
                }
                _ => {
                    "Weights are case weights: weight 2 is two equal spells, in the variances too."
                }
            }
            .to_owned(),
        );
    }
    if let Some(cluster) = &columns.cluster {
        foot.push(format!("Rows with the same {cluster} are one observation in the variances."));
    }
    foot
}

/// What an early time at which all at risk have left does to the curves of a group, if it has a name.
pub(crate) fn emptied_early(group: &str, time: f64) -> String {
    let at = if group.is_empty() { "At".to_owned() } else { format!("Group {group}: at") };
    format!(
        "{at} time {time} all at risk have left and others enter later; survival is 0 from then on and incidences stay, whatever \
         happens to those who enter. `curve --given {time}` has the curves behind it."
    )
}

/// A level in per cent: 0.95 * 100 is not 95 in binary.
pub(crate) fn percent(level: f64) -> f64 {
    (level * 1e8).round() / 1e6
}
