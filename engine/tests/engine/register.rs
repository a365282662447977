//! Small registers: persons in memory, written as Parquet in many styles.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use afgang_engine::{Calendar, CodeBook, NoProgress, Plan, Register, Scan, ScanResult, Timeline};
use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Int16Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

/// Weeks per month of the years of the tests (2011 and 2012), as in the calendar's test vector.
pub(crate) const WEEKS: [usize; 24] =
    [4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 5, 4, 4, 5, 4, 4, 5, 4];

/// A person of a register that starts in January 2011.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// Code of each week; 0 is no code.
    pub(crate) weeks: Vec<i16>,
    /// Employment degree of each month.
    pub(crate) degrees: Vec<Option<f32>>,
    /// Municipality in 2011 and 2012.
    pub(crate) kom: [i16; 2],
    pub(crate) sex: i16,
}

impl Person {
    /// A person with a code in every week of each month.
    pub(crate) fn new(id: &str, codes: &[i16]) -> Self {
        let weeks = codes
            .iter()
            .zip(WEEKS)
            .flat_map(|(&code, weeks)| std::iter::repeat_n(code, weeks))
            .collect();
        Self { id: id.to_owned(), weeks, degrees: vec![None; codes.len()], kom: [101, 101], sex: 1 }
    }

    pub(crate) fn degree(mut self, month: usize, degree: f32) -> Self {
        self.degrees[month] = Some(degree);
        self
    }

    pub(crate) fn months(&self) -> usize {
        self.degrees.len()
    }
}

/// How a register is written.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub(crate) struct Style {
    pub(crate) codes: DataType,
    pub(crate) degrees: DataType,
    pub(crate) integer_ids: bool,
    /// Whether no code is written as 0 (or empty text) instead of null.
    pub(crate) zeros: bool,
    pub(crate) kom_by_year: bool,
    pub(crate) upper_case: bool,
    pub(crate) reversed_columns: bool,
    pub(crate) row_group: usize,
    /// Persons per file; the last file gets the rest.
    pub(crate) files: Vec<usize>,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            codes: DataType::Int16,
            degrees: DataType::Float32,
            integer_ids: false,
            zeros: false,
            kom_by_year: false,
            upper_case: false,
            reversed_columns: false,
            row_group: 1024,
            files: Vec::new(),
        }
    }
}

pub(crate) type Columns = Vec<(String, ArrayRef)>;

/// The columns of a register, in the layout's types.
pub(crate) fn columns(persons: &[Person], style: &Style) -> Columns {
    let months = persons.first().map_or(24, Person::months);
    let mut columns: Columns = Vec::new();
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values(persons.iter().map(|p| &p.id)));
    let id_type = if style.integer_ids { DataType::Int64 } else { DataType::Utf8 };
    columns.push(("pnr".to_owned(), cast(&ids, &id_type).unwrap()));
    let mut week = 0;
    for (month, &weeks) in WEEKS[..months].iter().enumerate() {
        let year = 2011 + month / 12;
        for _ in 0..weeks {
            let first_of_year = if month < 12 { 0 } else { 52 };
            let name = format!("y_{:02}{:02}", year % 100, week - first_of_year + 1);
            columns.push((name, codes(persons.iter().map(|p| p.weeks[week]), style)));
            week += 1;
        }
    }
    for month in 0..months {
        let name = format!("grad_{}_{:02}", 2011 + month / 12, month % 12 + 1);
        let degrees: ArrayRef =
            Arc::new(persons.iter().map(|p| p.degrees[month]).collect::<Float32Array>());
        columns.push((name, cast(&degrees, &style.degrees).unwrap()));
    }
    for year in 0..2 {
        let kom: ArrayRef =
            Arc::new(Int16Array::from_iter_values(persons.iter().map(|p| p.kom[year])));
        match (style.kom_by_year, year) {
            (true, _) => columns.push((format!("kom_{}", 2011 + year), kom)),
            (false, 0) => columns.push(("kom".to_owned(), kom)),
            (false, _) => {}
        }
    }
    let sex: ArrayRef = Arc::new(Int16Array::from_iter_values(persons.iter().map(|p| p.sex)));
    columns.push(("kon".to_owned(), sex));
    if style.upper_case {
        for (name, _) in &mut columns {
            *name = name.to_uppercase();
        }
    }
    if style.reversed_columns {
        columns.reverse();
    }
    columns
}

fn codes(codes: impl Iterator<Item = i16>, style: &Style) -> ArrayRef {
    if matches!(style.codes, DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary) {
        let empty = style.zeros.then_some(" ");
        let texts: StringArray = codes
            .map(|code| if code == 0 { empty.map(str::to_owned) } else { Some(code.to_string()) })
            .collect();
        return cast(&texts, &style.codes).unwrap();
    }
    let array: Int16Array = codes.map(|code| (code != 0 || style.zeros).then_some(code)).collect();
    cast(&array, &style.codes).unwrap()
}

/// Writes columns as one file.
pub(crate) fn write_columns(path: &Path, columns: &Columns, row_group: usize) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.iter().map(|(name, array)| (name, Arc::clone(array), true)),
    )
    .unwrap();
    let properties =
        WriterProperties::builder().set_max_row_group_row_count(Some(row_group)).build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Writes a register into a folder; gives the files in order.
pub(crate) fn write(folder: &Path, persons: &[Person], style: &Style) -> Vec<PathBuf> {
    let mut left = persons;
    let mut paths = Vec::new();
    let mut sizes = style.files.clone();
    sizes.push(usize::MAX);
    for (number, size) in sizes.into_iter().enumerate() {
        let (part, rest) = left.split_at(size.min(left.len()));
        if part.is_empty() && number > 0 {
            break;
        }
        left = rest;
        let path = folder.join(format!("part-{number:03}.parquet"));
        write_columns(&path, &columns(part, style), style.row_group);
        paths.push(path);
    }
    paths
}

/// A plan over the first months from January 2011.
pub(crate) fn plan(months: i32) -> Plan {
    let first = "2011-01".parse().unwrap();
    let timeline = Timeline::months(first, first + (months - 1), Calendar::Thursday).unwrap();
    let mut plan = Plan::new(CodeBook::dream_2019(), timeline);
    plan.threads = Some(1);
    plan
}

/// Scans what lies at a path.
pub(crate) fn scan(path: &Path, plan: &Plan) -> afgang_engine::Result<ScanResult> {
    let register = Register::open(path)?;
    Scan::new(&register, plan)?.run(&NoProgress)
}

/// A row of a spell file, as text.
pub(crate) type Row = Vec<(String, String)>;

/// Reads a spell file.
pub(crate) fn read_spells(path: &Path) -> Vec<Row> {
    let file = File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            let cell = |array: &ArrayRef| {
                let text = cast(array, &DataType::Utf8).unwrap();
                let text = text.as_string::<i32>();
                if text.is_null(row) { "null".to_owned() } else { text.value(row).to_owned() }
            };
            let schema = batch.schema();
            let names = schema.fields().iter().map(|field| field.name().clone());
            rows.push(names.zip(batch.columns().iter().map(cell)).collect());
        }
    }
    rows
}

/// The cells of a row by name.
pub(crate) fn cells(row: &Row, names: &[&str]) -> Vec<String> {
    names
        .iter()
        .map(|name| row.iter().find(|(found, _)| found == name).unwrap().1.clone())
        .collect()
}
