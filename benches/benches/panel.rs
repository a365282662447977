//! Panel regressions: 94 job centres with six years, and ten million rows with one, two and three absorbed effects.
//!
//! ```text
//! cargo bench -p afgang-benches --bench panel
//! ```
//!
//! Easy designs draw levels at random; difficult ones give successive units successive levels, so that few rows connect far
//! levels. `peers/panel.py` times other programs on the same designs.

#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::hint::black_box;

use afgang_models::{
    Cluster, Design, Factor, FixedEffects, Panel, PanelCovariance, PanelMoments, WildBootstrap,
};
use criterion::{Criterion, criterion_group, criterion_main};

/// Draws from 0 to 1 (Lehmer's generator modulo 2³¹ − 1).
fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state * 48_271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    }
}

/// 94 units, 6 years, 8 regressors and 5 dummies of years.
fn job_centres() -> Panel {
    let mut draw = draws(20_260_101);
    let n = 94_i32 * 6;
    let unit: Vec<String> = (0..n).map(|row| (row / 6).to_string()).collect();
    let time: Vec<i64> = (0..n).map(|row| 2014 + i64::from(row % 6)).collect();
    let mut design = Design::builder();
    for k in 1..=8 {
        design = design.numeric(format!("x{k}"), (0..n).map(|_| draw() - 0.5).collect());
    }
    for year in 2015..2020 {
        let dummy = time.iter().map(|t| if *t == year { 1.0 } else { 0.0 }).collect();
        design = design.numeric(format!("year {year}"), dummy);
    }
    let y: Vec<f64> = (0..n).map(|row| draw() + f64::from(row / 6) * 0.01).collect();
    Panel::new(&y, &design.build().unwrap(), &Factor::new(&unit), &time).unwrap()
}

const ROWS: usize = 10_000_000;
const TIMES: usize = 10;
const UNITS: usize = ROWS / TIMES;
const FIRMS: usize = UNITS / 23;

/// Ten rows of each of a million units, firms of units, and two regressors.
fn persons(difficult: bool) -> Panel {
    let mut draw = draws(7);
    let codes = (0..ROWS).map(|row| (row / TIMES) as u32).collect();
    let unit = Factor::from_codes(codes, (0..UNITS).map(|unit| unit.to_string())).unwrap();
    let time: Vec<i64> = (0..ROWS).map(|row| (row % TIMES) as i64).collect();
    let firm_of = |row: usize, draw: f64| {
        if difficult { row % FIRMS } else { (draw * FIRMS as f64) as usize % FIRMS }
    };
    let firm: Vec<u32> = (0..ROWS).map(|row| firm_of(row, draw()) as u32).collect();
    let effect = |level: u32| f64::from(level % 97) * 0.01;
    let a: Vec<f64> = firm.iter().map(|f| draw() + effect(*f)).collect();
    let b: Vec<f64> = (0..ROWS).map(|row| draw() + effect((row / TIMES) as u32)).collect();
    let y: Vec<f64> =
        (0..ROWS).map(|row| a[row] - 0.5 * b[row] + effect(firm[row]) + draw()).collect();
    let design = Design::builder().numeric("a", a).numeric("b", b).build().unwrap();
    let firm = Factor::from_codes(firm, (0..FIRMS).map(|firm| firm.to_string())).unwrap();
    Panel::new(&y, &design, &unit, &time).unwrap().with_effect("firm", &firm).unwrap()
}

fn small(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("564 rows, 13 regressors, 94 units");
    let panel = job_centres();
    group.bench_function("within", |bencher| {
        let spec = FixedEffects::units();
        bencher.iter(|| spec.fit(black_box(&panel)).unwrap());
    });
    group.bench_function("within, by clusters", |bencher| {
        let spec =
            FixedEffects::units().covariance(PanelCovariance::Clustered(vec![Cluster::Unit]));
        bencher.iter(|| spec.fit(black_box(&panel)).unwrap());
    });
    group.bench_function("wild bootstrap, 100,000 draws", |bencher| {
        let bootstrap = WildBootstrap::new().draws(100_000);
        let spec = FixedEffects::units();
        bencher.iter(|| {
            spec.wild_test(black_box(&panel), &Cluster::Unit, "x1", 0.0, &bootstrap).unwrap()
        });
    });
    group.finish();
}

fn large(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10 million rows, 2 regressors");
    group.sample_size(10);
    let one = FixedEffects::units();
    let two = FixedEffects::units().and("firm");
    let three = FixedEffects::units_and_times().and("firm");
    for (design, difficult) in [("easy", false), ("difficult", true)] {
        let panel = persons(difficult);
        for (effects, spec) in
            [("one effect", &one), ("two effects", &two), ("three effects", &three)]
        {
            group.bench_function(format!("{design}, {effects}"), |bencher| {
                bencher.iter(|| spec.fit(black_box(&panel)).unwrap());
            });
        }
    }
    group.finish();
}

fn streamed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10 million rows, 2 regressors, in one pass");
    group.sample_size(10);
    let mut draw = draws(11);
    let mut column = || -> Vec<f64> { (0..ROWS).map(|_| draw()).collect() };
    let (y, a, b) = (column(), column(), column());
    for (name, apart) in [("units together", false), ("units apart", true)] {
        let of = |row: usize| if apart { row % UNITS } else { row / TIMES } as u64;
        let unit: Vec<u64> = (0..ROWS).map(of).collect();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut moments = PanelMoments::new(["a", "b"]);
                moments.push(black_box(&unit), &y, &[&a, &b]).unwrap();
                FixedEffects::units().fit_moments(&moments).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, small, large, streamed);
criterion_main!(benches);
