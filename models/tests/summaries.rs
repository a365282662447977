//! Restricted means, time lost and their influences: finite differences and identities.

#![expect(clippy::unwrap_used, reason = "a strategy makes spells that are right")]

use std::collections::BTreeMap;

use afgang_models::{
    AalenJohansen, Curve, EventTable, KaplanMeier, RestrictedMean, RestrictedMeans, Spells,
    Variance, Weights,
};
use proptest::prelude::*;

/// Entry, exit, cause, weight and cluster of each spell.
type Row = (f64, f64, Option<usize>, f64, u64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let late = prop_oneof![3 => Just(None), 1 => (0_u8..5).prop_map(Some)];
    let row =
        (late, 1_u8..5, prop_oneof![Just(None), (0_usize..2).prop_map(Some)], 1_u8..4, 0_u64..8);
    let row = row.prop_map(|(entry, length, cause, weight, cluster)| {
        let from = entry.map_or(f64::NEG_INFINITY, f64::from);
        (from, f64::from(entry.unwrap_or(0) + length), cause, f64::from(weight), cluster)
    });
    prop::collection::vec(row, 6..30).prop_map(|mut rows| {
        // Somebody is there from the start to the end, so that no risk set is emptied in between.
        rows.extend([
            (f64::NEG_INFINITY, 11.0, None, 2.0, 3),
            (f64::NEG_INFINITY, 11.0, None, 1.0, 5),
        ]);
        rows
    })
}

/// Between months and at them.
fn horizon() -> impl Strategy<Value = f64> {
    (1_u8..=22).prop_map(|half_months| f64::from(half_months) / 2.0)
}

fn weighted(rows: &[Row]) -> Vec<(f64, f64, Option<usize>, f64)> {
    rows.iter().map(|r| (r.0, r.1, r.2, r.3)).collect()
}

fn table(rows: &[Row]) -> EventTable {
    EventTable::from_weighted_spells(2, &weighted(rows)).unwrap()
}

fn spells(rows: &[Row], weights: impl Fn(Vec<f64>) -> Weights) -> Spells {
    Spells::new(2, rows.iter().map(|r| r.1).collect(), rows.iter().map(|r| r.2).collect())
        .and_then(|spells| spells.with_entry(rows.iter().map(|r| r.0).collect()))
        .and_then(|spells| spells.with_weights(weights(rows.iter().map(|r| r.3).collect())))
        .unwrap()
}

fn clusters(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|r| r.4).collect()
}

/// The mean time in and the times lost, or their standard errors.
fn column(means: &RestrictedMeans, of: fn(&afgang_models::Estimate) -> f64) -> Vec<f64> {
    std::iter::once(&means.time_in).chain(&means.lost).map(of).collect()
}

fn std_errors(means: &RestrictedMeans) -> Vec<f64> {
    column(means, |mean| mean.std_error)
}

/// Changes of the three means with the weight of each row, by central differences.
fn influences(rows: &[Row], spec: RestrictedMean) -> Vec<Vec<f64>> {
    let step = 1e-4;
    let means = |row: usize, by: f64| {
        let mut changed = rows.to_vec();
        changed[row].3 += by;
        column(&spec.fit(&table(&changed)).unwrap(), |mean| mean.estimate)
    };
    (0..rows.len())
        .map(|row| {
            let (up, down) = (means(row, step), means(row, -step));
            up.iter().zip(&down).map(|(up, down)| (up - down) / (2.0 * step)).collect()
        })
        .collect()
}

/// Roots of the sums over what counts as one observation of the squares of its influence.
fn by_definition(
    rows: &[Row],
    influences: &[Vec<f64>],
    observation: impl Fn(usize) -> u64,
    factor: impl Fn(f64) -> f64,
) -> Vec<f64> {
    (0..3)
        .map(|mean| {
            let mut sums = BTreeMap::new();
            for (i, row) in rows.iter().enumerate() {
                *sums.entry(observation(i)).or_insert(0.0) += factor(row.3) * influences[i][mean];
            }
            sums.values().map(|sum: &f64| sum * sum).sum::<f64>().sqrt()
        })
        .collect()
}

fn near(got: &[f64], want: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        prop_assert!((got - want).abs() <= tolerance, "{} is not {}", got, want);
    }
    Ok(())
}

/// Area under a curve up to a horizon, by its rows.
fn area(curve: &Curve, horizon: f64) -> f64 {
    let (mut area, mut from, mut value) = (0.0, 0.0, curve.start);
    for (&time, &estimate) in curve.time.iter().zip(&curve.estimate) {
        let until = time.min(horizon);
        area += value * (until - from);
        (from, value) = (until, estimate);
    }
    area + value * (horizon - from).max(0.0)
}

/// Time lost to cause 0 if the hazards of the two causes at the times were these.
fn lost(times: &[f64], hazards: &[[f64; 2]], horizon: f64) -> f64 {
    let (mut survival, mut lost) = (1.0, 0.0);
    for (&time, hazard) in times.iter().zip(hazards) {
        if time <= horizon {
            lost += survival * hazard[0] * (horizon - time);
            survival *= 1.0 - hazard[0] - hazard[1];
        }
    }
    lost
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn standard_errors_are_those_of_the_definition(rows in rows(), horizon in horizon()) {
        let spec = RestrictedMean::new(horizon);
        let moved = influences(&rows, spec);
        let alone = |row: usize| row as u64;
        let person = |row: usize| rows[row].4;
        // Central differences of step 1e-4 leave about 1e-8 of the third derivative, times ten months.
        let same = |spells: &Spells, want: &[f64]| {
            near(&std_errors(&spec.fit_spells(spells).unwrap()), want, 1e-5)
        };
        same(&spells(&rows, Weights::Case), &by_definition(&rows, &moved, alone, f64::sqrt))?;
        same(&spells(&rows, Weights::Sampling), &by_definition(&rows, &moved, alone, |w| w))?;
        let by_person = by_definition(&rows, &moved, person, |w| w);
        for weights in [Weights::Case, Weights::Sampling] {
            same(&spells(&rows, weights).with_clusters(&clusters(&rows)).unwrap(), &by_person)?;
        }
    }

    #[test]
    fn without_late_entry_the_jackknife_of_rows_is_greenwoods(rows in rows(), horizon in horizon()) {
        let rows: Vec<Row> = rows.iter().map(|r| (f64::NEG_INFINITY, r.1, r.2, r.3, r.4)).collect();
        let spec = RestrictedMean::new(horizon);
        let by_influence = spec.fit_spells(&spells(&rows, Weights::Case)).unwrap();
        near(&std_errors(&by_influence), &std_errors(&spec.fit(&table(&rows)).unwrap()), 1e-12)?;
    }

    #[test]
    fn variances_follow_from_those_of_the_hazards(rows in rows(), horizon in horizon()) {
        let table = table(&rows);
        let (times, at_risk) = (table.times(), table.at_risk());
        let events: Vec<[f64; 2]> = (0..table.len())
            .map(|row| [0, 1].map(|cause| table.events_at(row)[cause]))
            .collect();
        let hazards: Vec<[f64; 2]> =
            events.iter().zip(&at_risk).map(|(d, y)| d.map(|d| if d > 0.0 { d / y } else { 0.0 })).collect();
        let slope = |row: usize, cause: usize| {
            let at = |by: f64| {
                let mut moved = hazards.clone();
                moved[row][cause] += by;
                lost(times, &moved, horizon)
            };
            (at(1e-3) - at(-1e-3)) / 2e-3 // linear in each hazard
        };
        let (mut greenwood, mut aalen) = (0.0, 0.0);
        for (row, (&y, &[d, o])) in at_risk.iter().zip(&events).enumerate() {
            if d + o > 0.0 {
                let (own, other) = (slope(row, 0), slope(row, 1));
                let ties = |d: f64| if d > 1.0 { (y - d) / (y - 1.0) } else { 1.0 };
                greenwood += (own * own * d * (y - d) + other * other * o * (y - o)
                    - 2.0 * own * other * d * o) / y.powi(3);
                aalen += (own * own * d * ties(d) + other * other * o * ties(o)) / (y * y);
            }
        }
        let of = |kind| RestrictedMean::new(horizon).variance(kind).fit(&table).unwrap().lost[0].std_error;
        near(&[of(Variance::Greenwood), of(Variance::Aalen)], &[greenwood.sqrt(), aalen.sqrt()], 1e-9)?;
    }

    #[test]
    fn means_are_areas_and_add_up(rows in rows(), horizon in horizon()) {
        let table = table(&rows);
        let means = RestrictedMean::new(horizon).fit(&table).unwrap();
        let mut areas = vec![area(&KaplanMeier::new().fit(&table).unwrap(), horizon)];
        for curve in AalenJohansen::new().fit(&table).unwrap() {
            areas.push(area(&curve, horizon));
        }
        let found = column(&means, |mean| mean.estimate);
        near(&found, &areas, 1e-12)?;
        near(&[found.iter().sum()], &[horizon], 1e-12)?;
        // The rows give the same as their table.
        let by_rows = RestrictedMean::new(horizon).fit_spells(&spells(&rows, Weights::Case)).unwrap();
        near(&column(&by_rows, |mean| mean.estimate), &found, 0.0)?;
    }

    #[test]
    fn with_one_cause_time_lost_is_time_not_in(rows in rows(), horizon in horizon()) {
        let rows: Vec<_> =
            weighted(&rows).iter().map(|&(entry, exit, cause, w)| (entry, exit, cause.map(|_| 0), w)).collect();
        let table = EventTable::from_weighted_spells(1, &rows).unwrap();
        for kind in [Variance::Greenwood, Variance::Aalen] {
            let means = RestrictedMean::new(horizon).variance(kind).fit(&table).unwrap();
            near(&[means.lost[0].std_error], &[means.time_in.std_error], 1e-12)?;
        }
    }

    #[test]
    fn case_weights_are_copies_and_sampling_weights_have_no_scale(rows in rows(), horizon in horizon()) {
        let spec = RestrictedMean::new(horizon);
        let copies: Vec<Row> = rows
            .iter()
            .flat_map(|&row| std::iter::repeat_n((row.0, row.1, row.2, 1.0, row.4), row.3 as usize))
            .collect();
        let expanded = spec.fit_spells(&spells(&copies, |_| Weights::None)).unwrap();
        let of = |spells: &Spells| std_errors(&spec.fit_spells(spells).unwrap());
        near(&of(&spells(&rows, Weights::Case)), &std_errors(&expanded), 1e-12)?;
        let scaled = |by: f64| {
            of(&spells(&rows, |weights| Weights::Sampling(weights.iter().map(|w| w * by).collect())))
        };
        near(&scaled(1.0), &scaled(8.0), 1e-12)?;
    }
}
