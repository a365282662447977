//! Variances by influence against finite differences: nothing but the estimates and the definition.

#![expect(clippy::unwrap_used, reason = "a strategy makes spells that are right")]

use std::collections::BTreeMap;

use afgang_models::{
    AalenJohansen, Curve, Error, EventTable, FlemingHarrington, HazardTies, KaplanMeier,
    NelsonAalen, Spells, ValuesAt, Weights,
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
            let mut sums = BTreeMap::new();
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

    /// Rows by turns in two groups, so that clusters lie in both.
    #[test]
    fn values_of_groups_covary_by_the_clusters_they_share(rows in rows()) {
        let at = 5.0;
        let group: Vec<usize> = (0..rows.len()).map(|row| row % 2).collect();
        for kind in [Kind::Case, Kind::Sampling, Kind::Clusters] {
            let values = ValuesAt::new(at).fit_groups(&spells(&rows, kind), &group).unwrap();
            let found = [&values.survival, &values.incidence[0], &values.incidence[1]];
            for (place, found) in found.into_iter().enumerate() {
                let curve = |table: &EventTable| match place.checked_sub(1) {
                    None => KaplanMeier::new().fit(table).unwrap(),
                    Some(cause) => AalenJohansen::new().fit(table).unwrap()[cause].clone(),
                };
                // Sums of influences by what is one observation, in each group.
                let mut sums: BTreeMap<u64, [f64; 2]> = BTreeMap::new();
                for g in 0..2 {
                    let own: Vec<usize> = (g..rows.len()).step_by(2).collect();
                    let of_group: Vec<Row> = own.iter().map(|&row| rows[row]).collect();
                    let whole = curve(&table(&of_group, 0, 0.0));
                    let (value, _) = found.get(g).unwrap();
                    prop_assert!((value - whole.at(at)).abs() < 1e-12);
                    let Some(last) = whole.time.partition_point(|&t| t <= at).checked_sub(1) else {
                        continue;
                    };
                    for (&row, moved) in own.iter().zip(influences(&of_group, curve)) {
                        let (id, factor) = match kind {
                            Kind::Case => (row as u64, rows[row].3.sqrt()),
                            Kind::Sampling => (row as u64, rows[row].3),
                            Kind::Clusters => (rows[row].4, rows[row].3),
                        };
                        sums.entry(id).or_default()[g] += factor * moved[last];
                    }
                }
                for (g, h) in [(0, 0), (0, 1), (1, 1)] {
                    let want: f64 = sums.values().map(|sum| sum[g] * sum[h]).sum();
                    let got = found.covariance(g, h).unwrap();
                    prop_assert!((got - want).abs() < 1e-6, "{got} is not {want}");
                }
            }
        }
    }

    /// Ties one by one: row of weight w is w spells of weight 1, whose mean weight the events of a time count with.
    #[test]
    fn ties_one_by_one_have_the_influences_of_efrons_sum(rows in rows()) {
        let ones: Vec<Row> = rows
            .iter()
            .flat_map(|row| std::iter::repeat_n((row.0, row.1, row.2, 1.0, row.4), row.3 as usize))
            .collect();
        let step = 1e-5;
        let moved: Vec<Vec<f64>> = (0..ones.len())
            .map(|row| {
                let (up, down) = (efrons_sum(&ones, row, step), efrons_sum(&ones, row, -step));
                up.iter().zip(&down).map(|(up, down)| (up - down) / (2.0 * step)).collect()
            })
            .collect();
        let spec = NelsonAalen::new().ties(HazardTies::OneByOne);
        for (kind, weights) in [(Kind::Case, true), (Kind::Clusters, true), (Kind::Clusters, false)] {
            let rows = if weights { &rows } else { &ones };
            let curve = spec.fit_spells(&case_spells(rows, kind)).unwrap();
            let hazard = efrons_sum(&ones, 0, 0.0);
            for (got, want) in curve.estimate.iter().zip(&hazard) {
                prop_assert!((got - want).abs() < 1e-12, "{got} is not {want}");
            }
            same(&curve.std_error, &by_definition(&ones, &moved, kind))?;
        }
    }
}

/// Spells with case weights.
fn case_spells(rows: &[Row], kind: Kind) -> Spells {
    let weights = Weights::Case(rows.iter().map(|r| r.3).collect());
    spells(rows, kind).with_weights(weights).unwrap()
}

/// The cumulative hazard with the weight of a row moved: at each time with d events of the mean weight m, the sum of
/// m/(Y - j m) over j = 0, ..., d - 1.
fn efrons_sum(rows: &[Row], changed: usize, by: f64) -> Vec<f64> {
    let weight = |row: usize| rows[row].3 + if row == changed { by } else { 0.0 };
    let mut times: Vec<f64> = rows.iter().map(|row| row.1).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut hazard = 0.0;
    times
        .into_iter()
        .map(|t| {
            let all = 0..rows.len();
            let at_risk: f64 =
                all.clone().filter(|&i| rows[i].0 < t && t <= rows[i].1).map(weight).sum();
            let events: Vec<usize> =
                all.filter(|&i| rows[i].1.total_cmp(&t).is_eq() && rows[i].2.is_some()).collect();
            let mean = events.iter().map(|&i| weight(i)).sum::<f64>() / events.len() as f64;
            hazard += (0..events.len()).map(|j| mean / (at_risk - j as f64 * mean)).sum::<f64>();
            hazard
        })
        .collect()
}

#[test]
fn ties_one_by_one_refuse_weights_that_are_no_numbers_of_spells() {
    let spells = Spells::new(1, vec![1.0, 1.0, 2.0], vec![Some(0), Some(0), None]).unwrap();
    let spec = FlemingHarrington::new().ties(HazardTies::OneByOne);
    for weights in [Weights::Sampling(vec![1.0; 3]), Weights::Case(vec![1.0, 0.5, 1.0])] {
        let spells = spells.clone().with_weights(weights).unwrap();
        assert_eq!(spec.fit_spells(&spells).unwrap_err(), Error::TiesOneByOne);
    }
    assert!(spec.fit_spells(&spells.with_clusters(&[1, 2, 3]).unwrap()).is_ok());
}
