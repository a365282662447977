//! A fit is refused as monotone if and only if some direction lets the likelihood rise for ever.

use afgang_models::{Cox, Design, Error, Spells, Ties};
use proptest::prelude::*;

/// Exit, event and two covariates.
type Row = (i32, bool, [i32; 2]);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (1..7, any::<bool>(), [0..5, 0..5]);
    prop::collection::vec(row, 3..14)
}

fn along(direction: [i32; 2], x: [i32; 2]) -> i32 {
    direction[0] * x[0] + direction[1] * x[1]
}

/// Whether the likelihood does not fall along a direction, and rises.
///
/// With Efron's and Breslow's ties every event must have the largest value at risk; with exact ties the events must be as large
/// as the largest of the risk set. If both ways are level, the direction is flat and not of interest.
fn rises(rows: &[Row], ties: Ties, direction: [i32; 2]) -> bool {
    let mut strict = false;
    for time in 1..7 {
        let mut at_risk: Vec<i32> =
            rows.iter().filter(|r| r.0 >= time).map(|r| along(direction, r.2)).collect();
        at_risk.sort_unstable_by(|a, b| b.cmp(a));
        let events: Vec<i32> =
            rows.iter().filter(|r| r.0 == time && r.1).map(|r| along(direction, r.2)).collect();
        let largest: i32 = match ties {
            Ties::Exact => at_risk[..events.len()].iter().sum(),
            Ties::Efron | Ties::Breslow => {
                at_risk.first().map_or(0, |largest| events.len() as i32 * largest)
            }
        };
        if events.iter().sum::<i32>() < largest {
            return false;
        }
        // All at risk alike, or all of them leaving at once under exact ties: level.
        let level = at_risk.first() == at_risk.last()
            || (ties == Ties::Exact && events.len() == at_risk.len());
        strict |= !events.is_empty() && !level;
    }
    strict
}

/// Directions at right angles to differences of covariates, and between every two of them next to each other.
fn directions() -> Vec<[i32; 2]> {
    let mut all: Vec<[i32; 2]> = Vec::new();
    for a in -4..=4 {
        for b in -4..=4 {
            if (a, b) != (0, 0) {
                all.push([-b, a]);
            }
        }
    }
    let angle = |d: &[i32; 2]| f64::from(d[1]).atan2(f64::from(d[0]));
    all.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    // The sum of neighbours lies between them.
    let between: Vec<[i32; 2]> = (0..all.len())
        .map(|k| {
            let (a, b) = (all[k], all[(k + 1) % all.len()]);
            [a[0] + b[0], a[1] + b[1]]
        })
        .collect();
    all.extend(between);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn refused_if_and_only_if_there_is_no_maximum(rows in rows(), ties in 0..3) {
        let ties = [Ties::Efron, Ties::Breslow, Ties::Exact][ties as usize];
        let of = |k: usize| rows.iter().map(|r| f64::from(r.2[k])).collect();
        let design = Design::builder().numeric("x", of(0)).numeric("y", of(1)).build().unwrap();
        let cause = rows.iter().map(|r| r.1.then_some(0)).collect();
        let spells = Spells::new(1, rows.iter().map(|r| f64::from(r.0)).collect(), cause).unwrap();
        let expected = directions().into_iter().any(|direction| rises(&rows, ties, direction));
        match Cox::new().ties(ties).fit(&spells, &design) {
            Ok(fit) => {
                prop_assert!(!expected, "a direction without bound was not seen");
                for of in &fit.coefficients {
                    prop_assert!(of.estimate.std_error.is_finite() && of.estimate.std_error > 0.0);
                }
            }
            Err(Error::MonotoneLikelihood { terms }) => {
                prop_assert!(expected, "{:?} is said to grow without bound, but does not", terms);
            }
            Err(Error::NoEvents { .. }) => prop_assert!(rows.iter().all(|r| !r.1)),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
