//! Identities that hold for all data: against a likelihood written row by row, and under changes that change nothing.

use afgang_models::{Cox, Design, Factor, Spells, Ties, Weights};
use proptest::prelude::*;

/// Spells of one or two strata, with late entry, weights, clusters and three covariates.
#[derive(Debug, Clone, Copy)]
struct Row {
    entry: f64,
    exit: f64,
    event: bool,
    weight: f64,
    cluster: u64,
    stratum: u8,
    x: f64,
    level: u8,
    offset: f64,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let entry = prop_oneof![2 => Just(None), 1 => (0_u8..5).prop_map(Some)];
    let covariates = (-4_i8..=4, 0_u8..3, 0_u8..3);
    let row = (entry, 1_u8..6, any::<bool>(), 1_u8..4, 0_u64..8, 0_u8..2, covariates);
    let row =
        row.prop_map(|(entry, length, event, weight, cluster, stratum, (x, level, offset))| Row {
            entry: entry.map_or(f64::NEG_INFINITY, f64::from),
            exit: f64::from(entry.unwrap_or(0) + length),
            event,
            weight: f64::from(weight),
            cluster,
            stratum,
            x: f64::from(x) / 2.0,
            level,
            offset: f64::from(offset) / 4.0,
        });
    prop::collection::vec(row, 20..60)
}

fn spells(rows: &[Row]) -> Spells {
    let cause = rows.iter().map(|r| r.event.then_some(0)).collect();
    let of = |value: fn(&Row) -> f64| rows.iter().map(value).collect::<Vec<_>>();
    Spells::new(1, of(|r| r.exit), cause).unwrap().with_entry(of(|r| r.entry)).unwrap()
}

fn weighted(rows: &[Row]) -> Weights {
    Weights::Sampling(rows.iter().map(|r| r.weight).collect())
}

fn design(rows: &[Row]) -> Design {
    let labels = |of: fn(&Row) -> u8| {
        Factor::new(&rows.iter().map(|r| of(r).to_string()).collect::<Vec<_>>())
    };
    Design::builder()
        .numeric("x", rows.iter().map(|r| r.x).collect())
        .factor("level", labels(|r| r.level))
        .strata("stratum", labels(|r| r.stratum))
        .offset(rows.iter().map(|r| r.offset).collect())
        .build()
        .unwrap()
}

fn eta(row: &Row, beta: &[f64]) -> f64 {
    let of_level = [0.0, beta[1], beta[2]][usize::from(row.level)];
    row.offset + beta[0] * row.x + of_level
}

/// The log partial likelihood as its definition has it: for every event time of a stratum, a look at every row.
fn by_definition(rows: &[Row], weight: fn(&Row) -> f64, ties: Ties, beta: &[f64]) -> f64 {
    let mut total = 0.0;
    for stratum in 0..2 {
        let of: Vec<&Row> = rows.iter().filter(|r| r.stratum == stratum).collect();
        for month in 1..12 {
            let t = f64::from(month);
            let events: Vec<&&Row> = of.iter().filter(|r| r.event && r.exit == t).collect();
            let at_risk = of.iter().filter(|r| r.entry < t && r.exit >= t);
            let risk = |r: &Row| weight(r) * eta(r, beta).exp();
            let (d, all): (f64, f64) = (events.len() as f64, at_risk.map(|r| risk(r)).sum());
            let own: f64 = events.iter().map(|r| risk(r)).sum();
            let mean = events.iter().map(|r| weight(r)).sum::<f64>() / d;
            total += events.iter().map(|r| weight(r) * eta(r, beta)).sum::<f64>();
            for l in 0..events.len() {
                let part = if ties == Ties::Efron { l as f64 / d } else { 0.0 };
                total -= mean * (all - part * own).ln();
            }
        }
    }
    total
}

fn beta() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.5..1.5, 3)
}

fn has_all_levels(rows: &[Row]) -> bool {
    (0..3).all(|level| rows.iter().any(|r| r.level == level && r.event))
        && (0..2).all(|stratum| rows.iter().any(|r| r.stratum == stratum))
}

fn near(got: f64, want: f64, tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{} is not {}", got, want);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn likelihood_is_that_of_the_rows(rows in rows(), beta in beta()) {
        prop_assume!(has_all_levels(&rows));
        let (spells, design) = (spells(&rows), design(&rows));
        let with_weights = spells.clone().with_weights(weighted(&rows)).unwrap();
        for ties in [Ties::Efron, Ties::Breslow] {
            let spec = Cox::new().ties(ties);
            let one = spec.partial_likelihood(&spells, &design, &beta).unwrap();
            near(one.log_likelihood, by_definition(&rows, |_| 1.0, ties, &beta), 1e-12)?;
            let one = spec.partial_likelihood(&with_weights, &design, &beta).unwrap();
            near(one.log_likelihood, by_definition(&rows, |r| r.weight, ties, &beta), 1e-12)?;
        }
    }

    #[test]
    fn score_and_information_are_derivatives(rows in rows(), beta in beta()) {
        prop_assume!(has_all_levels(&rows));
        let design = design(&rows);
        for ties in [Ties::Efron, Ties::Breslow, Ties::Exact] {
            let mut spells = spells(&rows);
            if ties != Ties::Exact {
                spells = spells.with_weights(weighted(&rows)).unwrap();
            }
            let at = |beta: &[f64]| Cox::new().ties(ties).partial_likelihood(&spells, &design, beta).unwrap();
            let here = at(&beta);
            let step = 1e-4;
            for k in 0..3 {
                let moved = |by: f64| {
                    let mut beta = beta.clone();
                    beta[k] += by;
                    at(&beta)
                };
                let (up, down) = (moved(step), moved(-step));
                // Central differences leave step^2 / 6 of the third derivative.
                near(here.score[k], (up.log_likelihood - down.log_likelihood) / (2.0 * step), 1e-6)?;
                for other in 0..3 {
                    let slope = (down.score[other] - up.score[other]) / (2.0 * step);
                    near(here.information[(k, other)], slope, 1e-6)?;
                }
            }
        }
    }

    #[test]
    fn order_of_rows_is_no_matter(rows in rows(), seed in any::<u64>()) {
        prop_assume!(has_all_levels(&rows));
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&row| (row as u64 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let shuffled: Vec<Row> = order.iter().map(|&row| rows[row]).collect();
        let fit = |rows: &[Row]| {
            let ids: Vec<u64> = rows.iter().map(|r| r.cluster).collect();
            Cox::new().fit(&spells(rows).with_clusters(&ids).unwrap(), &design(rows))
        };
        // Some draws have no maximum; then both have none.
        match (fit(&rows), fit(&shuffled)) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!(&one.model_covariance, &other.model_covariance);
                prop_assert_eq!(one.log_likelihood.to_bits(), other.log_likelihood.to_bits());
                for (a, b) in one.covariance.iter().zip(&other.covariance) {
                    near(*a, *b, 1e-12)?;
                }
            }
            (one, other) => prop_assert_eq!(one.err(), other.err()),
        }
    }

    #[test]
    fn a_split_spell_is_one_spell(rows in rows(), at in 1_u8..6) {
        prop_assume!(has_all_levels(&rows));
        // Everybody is split at one time; clusters put the parts together again.
        let at = f64::from(at);
        let mut parts = Vec::new();
        for (person, row) in rows.iter().enumerate() {
            let whole = Row { cluster: person as u64, ..*row };
            if row.entry < at && at < row.exit {
                parts.push(Row { exit: at, event: false, ..whole });
                parts.push(Row { entry: at, ..whole });
            } else {
                parts.push(whole);
            }
        }
        let fit = |rows: &[Row]| {
            let ids: Vec<u64> = rows.iter().map(|r| r.cluster).collect();
            let spells = spells(rows).with_weights(weighted(rows)).unwrap();
            Cox::new().fit(&spells.with_clusters(&ids).unwrap(), &design(rows))
        };
        let whole: Vec<Row> =
            rows.iter().enumerate().map(|(id, r)| Row { cluster: id as u64, ..*r }).collect();
        if let (Ok(one), Ok(other)) = (fit(&whole), fit(&parts)) {
            near(one.log_likelihood, other.log_likelihood, 1e-11)?;
            for (a, b) in one.covariance.iter().zip(&other.covariance) {
                near(*a, *b, 1e-8)?;
            }
        }
    }
}

/// Many rows, so that sums are cut into several chunks.
fn many(n: u32) -> (Spells, Design) {
    let draw = |row: u32, salt: u32| {
        let mut bits = u64::from(row * 4 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        f64::from((bits >> 40) as u32) / f64::from(1 << 24)
    };
    let x: Vec<f64> = (0..n).map(|row| draw(row, 0) - 0.5).collect();
    // A constant hazard forgets how long it has lasted: entry and the time after it are drawn apart.
    let entry: Vec<f64> = (0..n).map(|row| 0.3 * draw(row, 2)).collect();
    let lasts = |row: u32| -draw(row, 1).max(1e-9).ln() * (-x[row as usize]).exp();
    let exit = (0..n).map(|row| entry[row as usize] + lasts(row)).collect();
    let cause = (0..n).map(|row| (draw(row, 3) < 0.7).then_some(0)).collect();
    let levels = Factor::from_codes((0..n).map(|row| row % 5).collect(), ["a", "b", "c", "d", "e"]);
    let design = Design::builder().numeric("x", x).factor("level", levels.unwrap());
    let spells = Spells::new(1, exit, cause).unwrap().with_entry(entry).unwrap();
    let ids: Vec<u32> = (0..n).map(|row| row / 3).collect();
    (spells.with_clusters(&ids).unwrap(), design.build().unwrap())
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (spells, design) = many(60_000);
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Cox::new().fit(&spells, &design)).unwrap()
    };
    let one = fit(1);
    for threads in [2, 3, 8] {
        let other = fit(threads);
        assert_eq!(one.covariance, other.covariance);
        assert_eq!(one.coefficients, other.coefficients);
        assert_eq!(one.log_likelihood.to_bits(), other.log_likelihood.to_bits());
    }
    // The hazard ratio that the times were drawn with.
    let x = one.coefficient("x").unwrap();
    assert!((x.estimate.estimate - 1.0).abs() < 4.0 * x.estimate.std_error);
}
