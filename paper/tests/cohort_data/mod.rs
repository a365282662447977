//! Registers of few persons and a study that follows some of them.

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

/// Weeks 40 to 53 of 2020 and 1 to 17 of 2021 by month, Thursdays deciding: October 2020 to April 2021.
pub const WEEKS_OF_MONTHS: [usize; 7] = [5, 4, 5, 4, 4, 4, 5];
pub const MONTHS: [&str; 7] =
    ["2020-10", "2020-11", "2020-12", "2021-01", "2021-02", "2021-03", "2021-04"];
pub const WEEKS: usize = 31;

/// Place of a week of 2020 or, from 101 on, of 2021.
pub fn week(number: usize) -> usize {
    if number > 100 { number - 101 + 14 } else { number - 40 }
}

/// First week of a month, and the one after its last.
pub fn weeks_of(month: usize) -> std::ops::Range<usize> {
    let from = WEEKS_OF_MONTHS[..month].iter().sum();
    from..from + WEEKS_OF_MONTHS[month]
}

/// A person of a register: a code a week (0 none), a degree a month.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub codes: [i16; WEEKS],
    pub degrees: [Option<f32>; 7],
}

impl Person {
    /// On sickness benefit in all weeks.
    pub fn sick(id: &str) -> Self {
        Self { id: id.to_owned(), codes: [890; WEEKS], degrees: [None; 7] }
    }

    /// In education in some weeks.
    pub fn learns(mut self, weeks: impl IntoIterator<Item = usize>) -> Self {
        for week in weeks {
            self.codes[week] = 651;
        }
        self
    }

    /// At work in a month.
    pub fn works(mut self, month: usize, degree: f32) -> Self {
        self.codes[weeks_of(month)].fill(0);
        self.degrees[month] = Some(degree);
        self
    }
}

pub fn write(folder: &Folder, file: &str, persons: &[Person]) {
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values(persons.iter().map(|p| &p.id)));
    write_with(folder, file, persons, ids);
}

pub fn write_with(folder: &Folder, file: &str, persons: &[Person], ids: ArrayRef) {
    let mut columns: Vec<(String, ArrayRef)> = vec![("pnr".into(), ids)];
    for place in 0..WEEKS {
        let name = if place < 14 {
            format!("y_20{}", place + 40)
        } else {
            format!("y_21{:02}", place - 13)
        };
        let codes = persons.iter().map(|p| (p.codes[place] > 0).then_some(p.codes[place]));
        columns.push((name, Arc::new(codes.collect::<Int16Array>())));
    }
    for (month, name) in MONTHS.iter().enumerate() {
        let degrees = persons.iter().map(|p| p.degrees[month]);
        let name = format!("grad_{}", name.replace('-', "_"));
        columns.push((name, Arc::new(degrees.collect::<Float32Array>())));
    }
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    folder.write_parquet(file, &batch);
}

pub const STUDY: &str = r#"
[study]
name = "mine"
version = "1"
title.en = "A cohort"

[period]
from = "2020-W40"
to = "2021-W17"
resolution = "week"
employment_from = "2020-10"

[code_book]
built_in = "dream-weeks-2014"

[list.cohort]

[set.link]
states = ["employment", "fleksjob", "uddannelse"]

[set.education]
states = ["uddannelse"]

[table.sexes]
built_in = "sexes"
key = "code"

[grouping.sex]
column = "kon"
table = "sexes"
label = "sex"
"#;

pub fn output(id: &str, kind: &str, months: [&str; 2], keys: &str) -> String {
    let [from, to] = months;
    format!(
        "\n[[output]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle.en = \"{id}\"\nlist = \"cohort\"\nset = \"link\"\n\
         from = \"{from}\"\nto = \"{to}\"\n{keys}\n"
    )
}

pub const RUN: [&str; 10] = [
    "run",
    "mine.toml",
    "--register",
    "register.parquet",
    "--list",
    "cohort=cohort.csv",
    "--out",
    "out",
    "--lang",
    "en",
];
