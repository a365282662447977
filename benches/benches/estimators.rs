//! Estimators on event tables of the size of a register's, and the counting that makes the tables.
//!
//! ```text
//! cargo bench -p afgang-benches --bench estimators
//! ```

#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::hint::black_box;

use afgang_models::{
    AalenJohansen, EventTable, Gray, KaplanMeier, LogRank, NelsonAalen, RestrictedMean,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const CAUSES: usize = 5;
const GROUPS: usize = 5;

/// Draws from 0 to 1 (Lehmer's generator modulo 2³¹ − 1).
fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state * 48_271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    }
}

/// Spells of about ten periods, one of `times` distinct ones, four in five with an event.
fn spells(n: usize, times: f64) -> Vec<(f64, Option<usize>)> {
    let mut draw = draws(20_111_231);
    (0..n)
        .map(|_| {
            let part = (-draw().ln() / 10.0).min(1.0);
            let cause = (draw() < 0.8).then(|| (draw() * CAUSES as f64) as usize % CAUSES);
            ((part * times).ceil().max(1.0), cause)
        })
        .collect()
}

fn estimators(criterion: &mut Criterion) {
    let months = spells(2_100_000, 107.0);
    let monthly = EventTable::from_times(CAUSES, &months).unwrap();
    let all_causes = monthly.cause_specific(0).unwrap();
    criterion.bench_function("kaplan_meier/107 months", |bencher| {
        bencher.iter(|| KaplanMeier::new().fit(black_box(&all_causes)).unwrap());
    });
    criterion.bench_function("nelson_aalen/107 months", |bencher| {
        bencher.iter(|| NelsonAalen::new().fit(black_box(&all_causes)).unwrap());
    });
    criterion.bench_function("aalen_johansen/107 months, 5 causes", |bencher| {
        bencher.iter(|| AalenJohansen::new().fit(black_box(&monthly)).unwrap());
    });
    criterion.bench_function("restricted_mean/107 months, 5 causes", |bencher| {
        bencher.iter(|| RestrictedMean::new(60.0).fit(black_box(&monthly)).unwrap());
    });
    let groups = months.chunks(months.len() / GROUPS);
    let groups = [groups.map(|rows| EventTable::from_times(CAUSES, rows).unwrap()).collect()];
    criterion.bench_function("log_rank/107 months, 5 groups", |bencher| {
        bencher.iter(|| LogRank::new().fit(black_box(&groups)).unwrap());
    });
    criterion.bench_function("gray/107 months, 5 groups, 5 causes", |bencher| {
        bencher.iter(|| Gray::new(0).fit(black_box(&groups)).unwrap());
    });

    let rows = spells(1_000_000, 1e12);
    let mut group = criterion.benchmark_group("1 million continuous times");
    group.sample_size(10).throughput(Throughput::Elements(rows.len() as u64));
    group.bench_function("count", |bencher| {
        bencher.iter(|| EventTable::from_times(CAUSES, black_box(&rows)).unwrap());
    });
    let table = EventTable::from_times(CAUSES, &rows).unwrap();
    group.bench_function("aalen_johansen", |bencher| {
        bencher.iter(|| AalenJohansen::new().fit(black_box(&table)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, estimators);
criterion_main!(benches);
