//! How long a scan takes, beside decoding the same columns with the parquet crate alone.
//!
//! ```text
//! cargo run --release -p afgang-engine --example scan_speed -- [REGISTER [ROUNDS]]
//! ```
//!
//! Without a register it writes one of 200,000 invented persons over 2011–2019 to a temporary folder.

#![expect(clippy::print_stdout, reason = "an example shows its result")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use afgang_engine::{
    Calendar, CodeBook, Dim, Grouping, MonthDim, MonthSpec, NoProgress, Plan, Register, Scan,
    TableSpec, Timeline,
};
use arrow::array::{ArrayRef, Float32Array, Int16Array, RecordBatch, StringArray};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::file::properties::WriterProperties;

const PERSONS: usize = 200_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir().unwrap();
    let register = arguments.next().map_or_else(
        || {
            write(folder.path());
            folder.path().to_owned()
        },
        Into::into,
    );
    let rounds = arguments.next().map_or(5, |rounds| rounds.parse().unwrap());
    let timeline = timeline();
    let opened = Register::open(&register).unwrap();
    println!("{} persons, {} row groups", opened.persons(), opened.row_groups());
    for threads in [1, 2] {
        let mut plan = plan(timeline);
        plan.threads = Some(threads);
        let mut best = [f64::INFINITY; 3];
        for _ in 0..rounds {
            let start = Instant::now();
            let cells = decode(&opened, &timeline, threads);
            best[0] = best[0].min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            let result = Scan::new(&opened, &plan).unwrap().run(&NoProgress).unwrap();
            best[1] = best[1].min(start.elapsed().as_secs_f64());
            assert_eq!(result.stats.cells, cells);
            plan.trust_ids = true;
            let start = Instant::now();
            Scan::new(&opened, &plan).unwrap().run(&NoProgress).unwrap();
            best[2] = best[2].min(start.elapsed().as_secs_f64());
            plan.trust_ids = false;
        }
        println!(
            "{threads} threads: decoding {:.3} s, scan {:.3} s (ratio {:.2}), ids trusted {:.3} s",
            best[0],
            best[1],
            best[1] / best[0],
            best[2]
        );
    }
}

fn timeline() -> Timeline {
    let [first, last] = ["2011-01", "2019-12"].map(|month| month.parse().unwrap());
    Timeline::months(first, last, Calendar::Thursday).unwrap()
}

/// About what a study of exits asks for.
fn plan(timeline: Timeline) -> Plan {
    let mut plan = Plan::new(CodeBook::dream_2019(), timeline);
    let join = (0..1000).map(|kom| (kom.to_string(), format!("group {}", kom % 5)));
    plan.groupings = vec![Grouping::join("group", "kom", join.collect())];
    let group = || Dim::Grouping("group".to_owned());
    plan.tables = vec![
        TableSpec::new([Dim::TargetGroup, Dim::Exit, Dim::Duration]),
        TableSpec::new([Dim::TargetGroup, Dim::Exit, Dim::StartYear, Dim::Duration]),
        TableSpec::new([Dim::TargetGroup, group(), Dim::Exit, Dim::Duration]),
        TableSpec::new([Dim::TargetGroup, Dim::Exit, Dim::ExitLater(1)]),
    ];
    plan.months = vec![
        MonthSpec::new([MonthDim::TargetGroup, MonthDim::Year, MonthDim::Intervention]),
        MonthSpec::new([MonthDim::TargetGroup, MonthDim::Year, MonthDim::Grouping("group".into())]),
    ];
    plan
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
            .with_batch_size(batch_size())
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

fn batch_size() -> usize {
    std::env::var("BATCH_SIZE").map_or(1 << 16, |rows| rows.parse().unwrap())
}

/// Writes invented persons: runs of codes, a fifth of all weeks in benefit.
fn write(folder: &Path) {
    let timeline = timeline();
    let weeks = timeline.weeks();
    let mut state = 1_u64;
    let mut draw = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let codes = [111_i16, 111, 217, 730, 734, 737, 130, 133, 890, 893, 651, 651, 783, 998];
    for file in 0..2 {
        let persons = PERSONS / 2;
        let mut by_week = vec![Vec::with_capacity(persons); weeks.len()];
        for _ in 0..persons {
            let mut week = 0;
            while week < weeks.len() {
                let gap = draw(300) as usize;
                let length = 1 + draw(80) as usize;
                let code = codes[draw(codes.len() as u64) as usize];
                for at in week..week + gap + length {
                    if let Some(cells) = by_week.get_mut(at) {
                        cells.push((at >= week + gap).then_some(code));
                    }
                }
                week += gap + length;
            }
        }
        let mut columns: Vec<(String, ArrayRef)> = Vec::new();
        let ids = (0..persons).map(|person| format!("{:012}", file * persons + person));
        columns.push(("pnr".to_owned(), Arc::new(StringArray::from_iter_values(ids))));
        for (week, cells) in weeks.iter().zip(by_week) {
            columns.push((week.column(), Arc::new(Int16Array::from(cells))));
        }
        for period in 0..timeline.len() {
            let degrees: Float32Array =
                (0..persons).map(|_| (draw(10) < 6).then(|| (draw(120) as f32) / 100.0)).collect();
            columns.push((timeline.month(period).grad_column(), Arc::new(degrees)));
        }
        let kom: Int16Array = (0..persons).map(|_| Some(100 + draw(98) as i16)).collect();
        columns.push(("kom".to_owned(), Arc::new(kom)));
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, array)| (name, array, true)),
        )
        .unwrap();
        let properties =
            WriterProperties::builder().set_max_row_group_row_count(Some(1 << 16)).build();
        let path = File::create(folder.join(format!("{file}.parquet"))).unwrap();
        let mut writer = ArrowWriter::try_new(path, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
}
