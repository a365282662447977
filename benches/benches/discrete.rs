//! Discrete-time hazards of all spells of a country, from their counts.
//!
//! ```text
//! cargo bench -p afgang-benches --bench discrete
//! ```

#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::hint::black_box;

use afgang_models::{Clock, Design, DiscreteHazard, Factor, Link, Shape, Spells, Weights};
use criterion::{Criterion, criterion_group, criterion_main};

const CENTRES: usize = 94;
const MONTHS: usize = 107;
const SPELLS: usize = 4_700_000;

/// Draws from 0 to 1 (Lehmer's generator modulo 2³¹ − 1).
fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state * 48_271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    }
}

/// Spells counted by job centre, sex, age group, target group (and month of start), month of exit and cause.
struct Counted {
    spells: Spells,
    design: Design,
    starts: Vec<f64>,
}

fn counted(starts: usize) -> Counted {
    let sizes = [CENTRES, 2, 6, 4, starts, MONTHS, 3];
    let mut counts = vec![0_u32; sizes.iter().product()];
    let mut draw = draws(20_111_231);
    for _ in 0..SPELLS {
        let mut level = |n: usize| (draw() * n as f64) as usize % n;
        let of = [level(CENTRES), level(2), level(6), level(4), level(starts)];
        let hazard =
            0.15 * (1.0 - 0.1 * of[1] as f64) * (0.8 + 0.4 * of[0] as f64 / CENTRES as f64);
        let month = (draw().ln() / (1.0 - hazard).ln()) as usize;
        let exit = if month < MONTHS { 1 + usize::from(draw() < 0.3) } else { 0 };
        // One in five is censored before.
        let (month, exit) =
            if draw() < 0.2 { ((draw() * month as f64) as usize, 0) } else { (month, exit) };
        let place = of.into_iter().chain([month.min(MONTHS - 1), exit]);
        counts[place.zip(sizes).fold(0, |sum, (code, size)| sum * size + code)] += 1;
    }
    let cells: Vec<usize> = (0..counts.len()).filter(|&cell| counts[cell] > 0).collect();
    let code = |k: usize| {
        let after: usize = sizes[k + 1..].iter().product();
        cells.iter().map(|cell| (cell / after % sizes[k]) as u32).collect::<Vec<_>>()
    };
    let factor = |k: usize| {
        Factor::from_codes(code(k), (0..sizes[k]).map(|level| level.to_string())).unwrap()
    };
    let design = Design::builder()
        .factor("centre", factor(0))
        .factor("sex", factor(1))
        .factor("age", factor(2))
        .factor("target", factor(3));
    let exit = code(5).into_iter().map(|month| f64::from(month) + 1.0).collect();
    let cause = code(6).into_iter().map(|exit| (exit as usize).checked_sub(1)).collect();
    let weights = cells.iter().map(|&cell| f64::from(counts[cell])).collect();
    let spells = Spells::new(2, exit, cause).unwrap();
    Counted {
        spells: spells.with_weights(Weights::Case(weights)).unwrap(),
        design: design.build().unwrap(),
        starts: code(4).into_iter().map(f64::from).collect(),
    }
}

fn discrete(criterion: &mut Criterion) {
    let mut group =
        criterion.benchmark_group("discrete hazard, 4.7 million spells, 94 job centres");
    group.sample_size(10);
    let of = counted(1);
    let spec = DiscreteHazard::new();
    group.bench_function("logit", |bencher| {
        bencher.iter(|| spec.fit(black_box(&of.spells), &of.design).unwrap());
    });
    group.bench_function("complementary log-log", |bencher| {
        let spec = spec.clone().link(Link::CLogLog);
        bencher.iter(|| spec.fit(black_box(&of.spells), &of.design).unwrap());
    });
    group.bench_function("two exits", |bencher| {
        bencher.iter(|| spec.fit_exits(black_box(&of.spells), &of.design).unwrap());
    });
    let of = counted(108);
    let spec = spec.clock(Clock::new("month", of.starts).shape(Shape::Polynomial(3)));
    group.bench_function("logit with calendar months", |bencher| {
        bencher.iter(|| spec.fit(black_box(&of.spells), &of.design).unwrap());
    });
    group.finish();
}

criterion_group!(benches, discrete);
criterion_main!(benches);
