//! How long the scan of the study `expert_group` takes, and what each of its outputs adds to it.
//!
//! ```text
//! cargo bench -p afgang-benches --bench weeks
//! AFGANG_REGISTER=DIR cargo bench -p afgang-benches --bench weeks
//! ```
//!
//! Without a register it writes a tenth of the synthetic one to a temporary folder. A scan without outputs decodes codes
//! and turns them person by person; the last lines give what each output takes beyond that, alone, and all together: one
//! scan serves them all, so the whole is near the sum of the parts and far below so many scans.

#![expect(clippy::print_stdout, reason = "a measurement shows its result")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::path::PathBuf;
use std::time::Instant;

use afgang::scan::{Choices, week_plan};
use afgang::study::Study;
use afgang_engine::week::{WeekPlan, WeekScan};
use afgang_engine::{NoProgress, Register};
use afgang_fixtures::weekly;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// Runs of each kind of which the best counts: other work on the machine only ever adds time.
const RUNS: usize = 5;

fn weeks(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = std::env::var_os("AFGANG_REGISTER").map_or_else(
        || {
            let options = weekly::Options { scale: 0.1, ..weekly::Options::default() };
            weekly::write(folder.path(), &options, &|_, _| {}).unwrap();
            folder.path().to_owned()
        },
        PathBuf::from,
    );
    let study = Study::load("expert_group").unwrap();
    let rules = study.weeks.as_ref().unwrap();
    let register = Register::open(&path).unwrap();
    println!("{} persons, {} row groups", register.persons(), register.row_groups());
    let plan = week_plan(&study, rules, Choices::default()).unwrap();
    let run = |plan: &WeekPlan| {
        WeekScan::new(&register, plan).unwrap().run(&NoProgress).unwrap().stats.persons
    };
    let none = WeekPlan { tables: Vec::new(), ..plan.clone() };
    let mut group = criterion.benchmark_group("weeks");
    group.sample_size(10);
    for (name, plan) in [("no output", &none), ("all outputs", &plan)] {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| run(plan));
        });
    }
    group.finish();

    let best = |plan: &WeekPlan| {
        let seconds = |_| {
            let start = Instant::now();
            run(plan);
            start.elapsed().as_secs_f64()
        };
        (0..RUNS).map(seconds).fold(f64::INFINITY, f64::min)
    };
    let bare = best(&none);
    println!("no output: {bare:.3} s");
    let mut sum = 0.0;
    for output in &study.outputs {
        let Some(asked) = output.kind.weeks() else { continue };
        let more = best(&WeekPlan { tables: asked.tables(), ..plan.clone() }) - bare;
        sum += more.max(0.0);
        println!("{:<36} +{more:.3} s", output.id);
    }
    let all = best(&plan);
    println!("all {} outputs: {all:.3} s; alone they add {sum:.3} s", study.outputs.len());
    println!("so many scans of their own would take {:.1} times as long", {
        let scans = bare * study.outputs.len() as f64 + sum;
        scans / all
    });
}

criterion_group!(benches, weeks);
criterion_main!(benches);
