//! Tables as CSV and JSON.

use std::borrow::{Borrow, Cow};
use std::io::{self, Write};
use std::iter;

use rayon::prelude::*;
use serde::{Serialize, Serializer};

use super::{Table, Values};

/// Rows that are put into words at once, by one thread.
const ROWS_AT_ONCE: usize = 4096;

/// Pieces that are in memory at once.
const PIECES: usize = 32;

impl Values {
    /// The value of a row as CSV shows it; empty where it is missing.
    fn cell<'a>(&'a self, row: usize, number: &'a mut zmij::Buffer) -> Cow<'a, str> {
        match self {
            Self::Text(values) => values[row].as_deref().unwrap_or_default().into(),
            Self::Whole(values) => values[row].map(|v| v.to_string()).unwrap_or_default().into(),
            Self::Number(values) => number_in_words(values[row], number),
        }
    }

    /// The value of a row as CSV shows it; empty where it is missing.
    pub fn show(&self, row: usize) -> String {
        self.cell(row, &mut zmij::Buffer::new()).into_owned()
    }

    /// The value of a row as CSV shows it; a word in its place where it is missing.
    pub(crate) fn show_or(&self, row: usize, missing: &str) -> String {
        if self.is_missing(row) { missing.to_owned() } else { self.show(row) }
    }

    /// What the rows show, each once, in the order in which it first stands.
    pub(crate) fn different(&self) -> Vec<String> {
        let mut different: Vec<String> = Vec::new();
        for value in (0..self.len()).map(|row| self.show(row)) {
            if !different.contains(&value) {
                different.push(value);
            }
        }
        different
    }
}

/// All digits that a number needs, small numbers with an exponent instead of a row of zeros; nothing for what is no number.
fn number_in_words(value: f64, buffer: &mut zmij::Buffer) -> Cow<'_, str> {
    let size = value.abs();
    if !value.is_finite() {
        Cow::Borrowed("")
    } else if size == 0.0 || (1e-3..1e15).contains(&size) {
        // Here the quick way writes no exponent.
        let text = buffer.format_finite(value);
        Cow::Borrowed(text.strip_suffix(".0").unwrap_or(text))
    } else if size < 1e-7 {
        Cow::Owned(format!("{value:e}"))
    } else {
        Cow::Owned(value.to_string())
    }
}

/// A value as JSON has it; a missing one is null.
#[derive(Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    Text(Option<&'a str>),
    Whole(Option<i64>),
    Number(f64),
}

impl Table {
    /// The table as CSV: a header, commas, points in decimals, every digit that a number needs.
    pub(super) fn write_csv<T: Borrow<Self>>(
        out: &mut impl Write,
        tables: impl Iterator<Item = T>,
    ) -> io::Result<()> {
        for (place, table) in tables.enumerate() {
            let table: &Self = table.borrow();
            if place == 0 {
                let mut header = csv::Writer::from_writer(Vec::new());
                header.write_record(table.columns.iter().map(|(name, _)| name))?;
                out.write_all(&whole(header)?)?;
            }
            table.csv_rows(out)?;
        }
        Ok(())
    }

    fn csv_rows(&self, out: &mut impl Write) -> io::Result<()> {
        let pieces: Vec<usize> = (0..self.rows()).step_by(ROWS_AT_ONCE).collect();
        for pieces in pieces.chunks(PIECES) {
            let texts: Vec<Vec<u8>> =
                pieces.par_iter().map(|&from| self.csv_from(from)).collect::<io::Result<_>>()?;
            for text in texts {
                out.write_all(&text)?;
            }
        }
        Ok(())
    }

    /// Some rows, beginning with `from`.
    fn csv_from(&self, from: usize) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut number = zmij::Buffer::new();
        for row in from..self.rows().min(from + ROWS_AT_ONCE) {
            for (_, values) in &self.columns {
                writer.write_field(values.cell(row, &mut number).as_bytes())?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        whole(writer)
    }

    /// The table as a JSON array with one object a row; a missing value is null. With notes it is the `rows` of an
    /// object, beside `conventions`.
    pub(super) fn write_json<T: Borrow<Self>>(
        &self,
        out: &mut dyn Write,
        tables: impl Iterator<Item = T>,
    ) -> io::Result<()> {
        if !self.notes.is_empty() {
            out.write_all(b"{\"conventions\":")?;
            serde_json::to_writer(&mut *out, &self.notes)?;
            out.write_all(b",\n\"rows\":")?;
        }
        out.write_all(b"[")?;
        let mut before: &[u8] = b"\n";
        for table in tables {
            let table: &Self = table.borrow();
            for row in 0..table.rows() {
                let cells = table.columns.iter().map(|(name, values)| {
                    let cell = match values {
                        Values::Text(values) => Cell::Text(values[row].as_deref()),
                        Values::Whole(values) => Cell::Whole(values[row]),
                        Values::Number(values) => Cell::Number(values[row]),
                    };
                    (name, cell)
                });
                out.write_all(before)?;
                serde_json::Serializer::new(&mut *out).collect_map(cells)?;
                before = b",\n";
            }
        }
        out.write_all(b"\n]")?;
        for (name, table) in &self.parts {
            write!(out, ",\n{}:", serde_json::Value::from(name.as_str()))?;
            table.write_json(out, iter::once(table))?;
        }
        out.write_all(if self.notes.is_empty() { b"\n" } else { b"}\n" })
    }
}

fn whole(writer: csv::Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quick way and the library's way write the same.
    #[test]
    fn numbers_are_written_with_the_digits_they_need() {
        let mut buffer = zmij::Buffer::new();
        let mut value = 1.234_567_890_123_456_7e-9_f64;
        while value < 1e20 {
            for value in [value, -value, value.floor(), value.ceil() + 0.5] {
                let text = number_in_words(value, &mut buffer).into_owned();
                assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
                if value.abs() >= 1e-7 {
                    assert_eq!(text, value.to_string());
                }
            }
            value *= 1.37;
        }
        for (value, text) in [
            (0.0, "0"),
            (0.1, "0.1"),
            (100.0, "100"),
            (1e15, "1000000000000000"),
            (2e-8, "2e-8"),
            (f64::NAN, ""),
            (f64::INFINITY, ""),
        ] {
            assert_eq!(number_in_words(value, &mut buffer), text);
        }
    }

    #[test]
    fn many_rows_are_in_their_order() {
        let n = 3 * ROWS_AT_ONCE + 5;
        let table = Table::new()
            .with("row", Values::Whole((0..n).map(|row| Some(row as i64)).collect()))
            .number("half", (0..n).map(|row| row as f64 / 2.0));
        let text = table.to_csv();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("row,half"));
        assert!(lines.enumerate().all(|(row, line)| line == format!("{row},{}", row as f64 / 2.0)));
        assert_eq!(text.lines().count(), n + 1);
    }
}
