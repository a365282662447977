//! A register at week resolution that can be counted by hand, and the beginning of a study of it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "each test file uses its own part of this module"
)]

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Int16Array, RecordBatch, StringArray};

use crate::built::Folder;

/// Weeks 1 to 30 of 2014 of five persons; a code from one week to another.
pub fn register(folder: &Folder) {
    register_of(folder, &|_| true);
}

/// Those of them who live in some municipalities.
pub fn register_of(folder: &Folder, kept: &dyn Fn(i16) -> bool) {
    // A: sickness benefit in weeks 1-25. B: in weeks 11-20, then a pension. C: assistance in weeks 8-30, in a private placement
    // in week 18. D: assistance in weeks 17-19 and 21-22. E: nothing, wages in May.
    let runs: [&[(i16, i16, i16)]; 5] = [
        &[(890, 1, 25)],
        &[(890, 11, 20), (783, 21, 30)],
        &[(730, 8, 17), (737, 18, 18), (730, 19, 30)],
        &[(730, 17, 19), (730, 21, 22)],
        &[],
    ];
    let mut columns: Vec<(String, ArrayRef)> =
        vec![("pnr".into(), Arc::new(StringArray::from(vec!["a", "b", "c", "d", "e"])))];
    for week in 1..=30 {
        let codes = runs.iter().map(|runs| {
            let run = runs.iter().find(|&&(_, from, to)| (from..=to).contains(&week));
            run.map(|&(code, ..)| code)
        });
        columns.push((format!("y_14{week:02}"), Arc::new(codes.collect::<Int16Array>())));
    }
    for month in 1..=7 {
        let wages = (0..5).map(|person| (person == 4 && month == 5).then_some(0.5));
        columns.push((format!("grad_2014_{month:02}"), Arc::new(wages.collect::<Float32Array>())));
    }
    columns.push((
        "birth_year".into(),
        Arc::new(Int16Array::from(vec![1984, 1964, 1990, 1994, 1970])),
    ));
    columns.push(("kon".into(), Arc::new(Int16Array::from(vec![1, 2, 2, 2, 1]))));
    columns.push(("kom".into(), Arc::new(Int16Array::from(vec![101, 101, 851, 851, 851]))));
    let place = vec!["west", "east", "west", "east", "east"];
    columns.push(("place".into(), Arc::new(StringArray::from(place))));
    let two_digits = vec![84, 64, 90, 94, 70];
    columns.push(("two_digits".into(), Arc::new(Int16Array::from(two_digits))));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let kept: arrow::array::BooleanArray =
        [101, 101, 851, 851, 851].into_iter().map(|kom| Some(kept(kom))).collect();
    let batch = arrow::compute::filter_record_batch(&batch, &kept).unwrap();
    folder.write_parquet("register.parquet", &batch);
}

pub const STUDY: &str = r#"
[study]
name = "mine"
version = "1"
title.en = "Weeks"

[period]
from = "2014-W01"
to = "2014-W30"
resolution = "week"
employment_from = "2014-01"

[code_book]
built_in = "dream-weeks-2014"

[spells]
of = "scheme"
gap = 3

[grouping.birth_year]
column = "birth_year"

[grouping.sex]
column = "kon"

[grouping.kom]
column = "kom"

[set.benefit]
states = ["sygedagpenge", "kontanthjaelp_aktivitetsparat"]

[set.placement]
measures = ["praktik_privat"]

[classes.scheme]
of = [
  { name = "sick", states = ["sygedagpenge"] },
  { name = "assistance", states = ["kontanthjaelp_aktivitetsparat"] },
]

[classes.after]
of = [{ name = "pension", states = ["foertidspension"] }]
otherwise = { name = "other" }

[rows.benefit]
of = [
  { name = "sick", states = ["sygedagpenge"] },
  { name = "assistance", states = ["kontanthjaelp_aktivitetsparat"] },
]
totals = [{ name = "both" }]
"#;

pub fn output(id: &str, kind: &str, keys: &str) -> String {
    format!("\n[[output]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle.en = \"{id}\"\n{keys}\n")
}

pub const RUN: [&str; 9] =
    ["-q", "run", "mine.toml", "--register", "register.parquet", "--out", "out", "--lang", "en"];
