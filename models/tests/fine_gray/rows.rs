//! Random registers: spells with everything at once.

use afgang_models::{CensoringTies, Design, Factor, FineGray, Spells, Weights};
use proptest::prelude::*;

/// A spell. Cause 0 is the event, 1 the competing one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    pub(crate) entry: f64,
    pub(crate) exit: f64,
    pub(crate) cause: Option<usize>,
    pub(crate) weight: f64,
    pub(crate) cluster: u64,
    pub(crate) stratum: u8,
    pub(crate) group: u8,
    pub(crate) x: f64,
    pub(crate) level: u8,
    pub(crate) offset: f64,
}

/// Months 1 to 12. In each group somebody is there from the start and stays to the end, so that no risk set is ever empty.
pub(crate) fn rows(late: bool) -> impl Strategy<Value = Vec<Row>> {
    let entry = if late {
        prop_oneof![1 => Just(None), 1 => (0_u8..6).prop_map(Some)].boxed()
    } else {
        Just(None).boxed()
    };
    let cause = prop_oneof![2 => Just(None), 3 => Just(Some(0)), 3 => Just(Some(1))];
    let covariates = (-4_i8..=4, 0_u8..3, 0_u8..3);
    let row = (entry, 1_u8..7, cause, 1_u8..4, 0_u64..12, 0_u8..2, 0_u8..2, covariates);
    let row = row.prop_map(
        |(entry, length, cause, weight, cluster, stratum, group, (x, level, offset))| Row {
            entry: entry.map_or(f64::NEG_INFINITY, f64::from),
            exit: f64::from(entry.unwrap_or(0) + length),
            cause,
            weight: f64::from(weight),
            cluster,
            stratum,
            group,
            x: f64::from(x) / 2.0,
            level,
            offset: f64::from(offset) / 4.0,
        },
    );
    prop::collection::vec(row, 60..110).prop_map(|mut rows| {
        for group in 0..2 {
            let longest =
                Row { entry: f64::NEG_INFINITY, exit: 13.0, cause: None, group, ..rows[0] };
            rows.push(longest);
        }
        rows
    })
}

pub(crate) fn spells(rows: &[Row]) -> Spells {
    let of = |value: fn(&Row) -> f64| rows.iter().map(value).collect::<Vec<_>>();
    let cause = rows.iter().map(|r| r.cause).collect();
    Spells::new(2, of(|r| r.exit), cause).unwrap().with_entry(of(|r| r.entry)).unwrap()
}

pub(crate) fn weighted(rows: &[Row], weights: fn(Vec<f64>) -> Weights) -> Spells {
    spells(rows).with_weights(weights(rows.iter().map(|r| r.weight).collect())).unwrap()
}

pub(crate) fn labels(rows: &[Row], of: fn(&Row) -> u8) -> Factor {
    Factor::new(&rows.iter().map(|r| of(r).to_string()).collect::<Vec<_>>())
}

pub(crate) fn design(rows: &[Row]) -> Design {
    Design::builder()
        .numeric("x", rows.iter().map(|r| r.x).collect())
        .factor("level", labels(rows, |r| r.level))
        .strata("stratum", labels(rows, |r| r.stratum))
        .offset(rows.iter().map(|r| r.offset).collect())
        .build()
        .unwrap()
}

pub(crate) fn grouped(rows: &[Row], ties: CensoringTies) -> FineGray {
    FineGray::new(0).censoring_groups(labels(rows, |r| r.group)).censoring_ties(ties)
}

fn total(rows: &[Row], of: impl Fn(&Row) -> bool) -> f64 {
    rows.iter().filter(|r| of(r)).map(|r| r.weight).sum()
}

/// The weight at `t` of somebody of `group` who left for another cause at `from`: each month's chance of not being censored, over
/// the chance of having entered before.
pub(crate) fn weight_by_definition(
    rows: &[Row],
    ties: CensoringTies,
    group: u8,
    from: f64,
    t: f64,
) -> f64 {
    let mut weight = 1.0;
    for month in 0..13 {
        let u = f64::from(month);
        if u < from || u >= t {
            continue;
        }
        let of: Vec<Row> = rows.iter().copied().filter(|r| r.group == group).collect();
        let at_risk = total(&of, |r| r.entry < u && r.exit >= u);
        let events = total(&of, |r| r.exit == u && r.cause.is_some());
        let censored = total(&of, |r| r.exit == u && r.cause.is_none());
        let after = total(&of, |r| r.entry <= u && r.exit > u);
        let entering = total(&of, |r| r.entry == u);
        let of_censoring = match ties {
            CensoringTies::AllAtRisk => at_risk,
            CensoringTies::AfterEvents => at_risk - events,
        };
        if censored > 0.0 {
            weight *= 1.0 - censored / of_censoring;
        }
        weight /= 1.0 - entering / after;
    }
    weight
}

pub(crate) fn eta(row: &Row, beta: &[f64]) -> f64 {
    let of_level = [0.0, beta[1], beta[2]][usize::from(row.level)];
    row.offset + beta[0] * row.x + of_level
}
