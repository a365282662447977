//! Variances by influence against finite differences: nothing but the estimates and the definition.

#![expect(clippy::unwrap_used, reason = "a strategy makes spells that are right")]

use afgang_models::{
    AalenJohansen, Curve, EventTable, FlemingHarrington, KaplanMeier, NelsonAalen, Spells, Weights,
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

fn table(rows: &[Row], changed: usize, by: f64) -> EventTable {
    let weighted: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(i, r)| (r.0, r.1, r.2, r.3 + if i == changed { by } else { 0.0 }))
        .collect();
    EventTable::from_weighted_spells(2, &weighted).unwrap()
}

/// Changes of a curve with the weight of each row, by central differences.
fn influences(rows: &[Row], fit: impl Fn(&EventTable) -> Curve) -> Vec<Vec<f64>> {
    let step = 1e-4;
    let curve = |row, by| fit(&table(rows, row, by)).estimate;
    (0..rows.len())
        .map(|row| {
            let (up, down) = (curve(row, step), curve(row, -step));
            up.iter().zip(&down).map(|(up, down)| (up - down) / (2.0 * step)).collect()
        })
        .collect()
}

/// Standard errors by the definition: squares of sums over what counts as one observation.
fn by_definition(rows: &[Row], influences: &[Vec<f64>], kind: Kind) -> Vec<f64> {
    (0..influences[0].len())
        .map(|at| {
            let mut sums = std::collections::BTreeMap::new();
            for (i, row) in rows.iter().enumerate() {
                let (observation, factor) = match kind {
                    Kind::Case => (i as u64, row.3.sqrt()),
                    Kind::Sampling => (i as u64, row.3),
                    Kind::Clusters => (row.4, row.3),
                };
                *sums.entry(observation).or_insert(0.0) += factor * influences[i][at];
            }
            sums.values().map(|sum: &f64| sum * sum).sum::<f64>().sqrt()
        })
        .collect()
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Case,
    Sampling,
    Clusters,
}

fn spells(rows: &[Row], kind: Kind) -> Spells {
    let weights = rows.iter().map(|r| r.3).collect();
    let spells =
        Spells::new(2, rows.iter().map(|r| r.1).collect(), rows.iter().map(|r| r.2).collect())
            .and_then(|spells| spells.with_entry(rows.iter().map(|r| r.0).collect()))
            .and_then(|spells| {
                spells.with_weights(match kind {
                    Kind::Case => Weights::Case(weights),
                    Kind::Sampling | Kind::Clusters => Weights::Sampling(weights),
                })
            })
            .unwrap();
    match kind {
        Kind::Clusters => {
            spells.with_clusters(&rows.iter().map(|r| r.4).collect::<Vec<_>>()).unwrap()
        }
        _ => spells,
    }
}

fn same(got: &[f64], want: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        // Central differences of step 1e-4 leave about 1e-8 of the curvature.
        prop_assert!((got - want).abs() < 1e-6, "{got} is not {want}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn standard_errors_are_those_of_the_definition(rows in rows()) {
        for kind in [Kind::Case, Kind::Sampling, Kind::Clusters] {
            let spells = spells(&rows, kind);
            let curves = AalenJohansen::new().fit_spells(&spells).unwrap();
            for (k, curve) in curves.iter().enumerate() {
                let moved = influences(&rows, |table| AalenJohansen::new().fit(table).unwrap()[k].clone());
                same(&curve.std_error, &by_definition(&rows, &moved, kind))?;
            }
            let moved = influences(&rows, |table| KaplanMeier::new().fit(table).unwrap());
            let curve = KaplanMeier::new().fit_spells(&spells).unwrap();
            same(&curve.std_error, &by_definition(&rows, &moved, kind))?;
            let moved = influences(&rows, |table| NelsonAalen::new().fit(table).unwrap());
            let curve = NelsonAalen::new().fit_spells(&spells).unwrap();
            same(&curve.std_error, &by_definition(&rows, &moved, kind))?;
            let moved = influences(&rows, |table| FlemingHarrington::new().fit(table).unwrap());
            let curve = FlemingHarrington::new().fit_spells(&spells).unwrap();
            same(&curve.std_error, &by_definition(&rows, &moved, kind))?;
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(rows in rows(), seed in 0_u64..1000) {
        let mut turned = rows.clone();
        turned.rotate_left(seed as usize % rows.len());
        let of = |rows: &[Row]| AalenJohansen::new().fit_spells(&spells(rows, Kind::Clusters)).unwrap();
        for (one, two) in of(&rows).iter().zip(&of(&turned)) {
            for (one, two) in one.std_error.iter().zip(&two.std_error) {
                prop_assert!((one - two).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn without_late_entry_the_jackknife_of_rows_is_greenwoods(rows in rows()) {
        let rows: Vec<Row> = rows.iter().map(|r| (f64::NEG_INFINITY, r.1, r.2, r.3, r.4)).collect();
        let curve = KaplanMeier::new().fit_spells(&spells(&rows, Kind::Case)).unwrap();
        same(&curve.std_error, &KaplanMeier::new().fit(&table(&rows, 0, 0.0)).unwrap().std_error)?;
    }
}
