//! How long the scan of the study `vive` takes, beside decoding the same columns with the parquet crate alone.
//!
//! The scan is the study's own: all tables and figures of chapter 4, the pairs of spells that its standard errors
//! count, and the search for persons who are there twice.
//!
//! ```text
//! cargo bench -p afgang-benches --bench scan
//! AFGANG_REGISTER=DIR cargo bench -p afgang-benches --bench scan
//! ```
//!
//! Without a register it writes a tenth of the synthetic one to a temporary folder. The last lines give the ratio of
//! the two, which is what to quote.

#![expect(clippy::print_stdout, reason = "a measurement shows its result")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use afgang::scan::{Choices, plan};
use afgang::study::Study;
use afgang_engine::{NoProgress, Register, Scan, Timeline};
use afgang_fixtures::synth;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

/// Runs of each kind of which the best counts: other work on the machine only ever adds time.
const RUNS: usize = 7;

fn scan(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = std::env::var_os("AFGANG_REGISTER").map_or_else(
        || {
            let options = synth::Options { scale: 0.1, ..synth::Options::default() };
            synth::write(folder.path(), &options, &|_, _| {}).unwrap();
            folder.path().to_owned()
        },
        PathBuf::from,
    );
    let study = Study::load("vive").unwrap();
    let register = Register::open(&path).unwrap();
    println!("{} persons, {} row groups", register.persons(), register.row_groups());
    let mut group = criterion.benchmark_group("register");
    group.sample_size(10);
    for threads in [1, 2] {
        let choices = Choices { threads: Some(threads), ..Choices::default() };
        let plan = plan(&study, choices).unwrap();
        assert!(!plan.pairs.is_empty(), "the study counts persons");
        let timeline = plan.timeline;
        let read = || Scan::new(&register, &plan).unwrap().run(&NoProgress).unwrap().stats.cells;
        assert_eq!(read(), decode(&register, &timeline, threads), "both read the same cells");
        group.bench_function(BenchmarkId::new("decode", threads), |bencher| {
            bencher.iter(|| decode(&register, &timeline, threads));
        });
        group.bench_function(BenchmarkId::new("scan", threads), |bencher| bencher.iter(read));
        let best = |work: &dyn Fn() -> u64| {
            let seconds = (0..RUNS).map(|_| {
                let start = Instant::now();
                work();
                start.elapsed().as_secs_f64()
            });
            seconds.fold(f64::INFINITY, f64::min)
        };
        let (scan, decoding) = (best(&read), best(&|| decode(&register, &timeline, threads)));
        println!(
            "{threads} threads, best of {RUNS}: scan {scan:.2} s, decode {decoding:.2} s, ratio {:.2}",
            scan / decoding
        );
    }
    group.finish();
}

/// Decodes the columns that the scan reads; gives the number of cells.
fn decode(register: &Register, timeline: &Timeline, threads: usize) -> u64 {
    let mut wanted = vec!["pnr".to_owned(), "kom".to_owned()];
    for period in 0..timeline.len() {
        wanted.push(timeline.code_week(period).column());
        wanted.push(timeline.month(period).grad_column());
    }
    let mut units = Vec::new();
    for file in register.files() {
        let handle = File::open(file.path()).unwrap();
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&handle, options).unwrap();
        let fields = metadata.schema().fields().iter().enumerate();
        let roots: Vec<usize> = fields
            .filter(|(_, field)| wanted.contains(field.name()))
            .map(|(root, _)| root)
            .collect();
        assert_eq!(roots.len(), wanted.len());
        for row_group in 0..file.row_groups() {
            units.push((file.path().to_owned(), metadata.clone(), roots.clone(), row_group));
        }
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut cells = 0;
        while let Some((path, metadata, roots, group)) =
            units.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let mask = ProjectionMask::roots(metadata.parquet_schema(), roots.iter().copied());
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
                File::open(path).unwrap(),
                metadata.clone(),
            )
            .with_projection(mask)
            .with_row_groups(vec![*group])
            .with_batch_size(1 << 16)
            .build()
            .unwrap();
            for batch in reader {
                let batch = batch.unwrap();
                cells += (batch.num_rows() * batch.num_columns()) as u64;
            }
        }
        cells
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).sum()
    })
}

criterion_group!(benches, scan);
criterion_main!(benches);
