//! `afgang curve` as a user meets it: answers checked by hand, and each error with its message.

#[path = "../built/mod.rs"]
mod built;
mod by_hand;
mod conventions;
mod files;
mod mistakes;

use built::{Answer, Folder, afgang};

/// Six spells: causes 1 and 2, two censored, one tie of an event with a censoring at time 3.
const SIX: &str =
    "time,event,group,late,n\n1,1,a,0,1\n2,2,a,0,1\n3,0,b,1,1\n3,1,b,0,2\n5,2,b,0,1\n6,0,b,4,1\n";

fn curve(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> = ["curve"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

/// The rows of a CSV file, header left out, as numbers; words and gaps as `NaN`.
fn numbers(text: &str) -> Vec<Vec<f64>> {
    text.lines()
        .skip(1)
        .map(|line| line.split(',').map(|field| field.parse().unwrap_or(f64::NAN)).collect())
        .collect()
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
}
