//! Columns of a CSV file as text.

use std::borrow::Cow;
use std::path::Path;

use super::data::{DataError, positions};
use crate::table::Values;

/// Reads columns of a file with commas, semicolons or tabs between fields, in UTF-8, UTF-16 or Latin-1: calls for each field of
/// each row with the place of its column, `None` for what is missing.
///
/// With semicolons the comma is the decimal sign and points are refused where they may part thousands.
pub(super) fn each(
    path: &Path,
    bytes: &[u8],
    columns: &[&str],
    mut take: impl FnMut(usize, Option<&str>),
) -> Result<(), DataError> {
    let broken =
        |error: csv::Error| DataError::Broken { path: path.to_owned(), reason: error.to_string() };
    let text = decoded(bytes);
    let header = text.lines().next().unwrap_or_default();
    let count = |sign: char| header.matches(sign).count();
    let delimiter =
        [',', ';', '\t'].into_iter().rev().max_by_key(|&sign| count(sign)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_owned).collect();
    if names.iter().all(String::is_empty) {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    let places = positions(path, &names, columns)?;
    if let Some(line) = unclosed(&text, delimiter) {
        let reason = format!(
            "the quotation mark before a field in line {line} has no other behind the field, which takes all lines that follow"
        );
        return Err(DataError::Broken { path: path.to_owned(), reason });
    }
    let mut points = Points::default();
    let mut record = csv::StringRecord::new();
    let mut rows = 0;
    while reader.read_record(&mut record).map_err(broken)? {
        for (column, &place) in places.iter().enumerate() {
            let field = record.get(place).unwrap_or_default();
            if is_missing(field) {
                take(column, None);
            } else if delimiter == ';' {
                points.look_at(field, column, rows);
                take(column, Some(&decimal_comma(field)));
            } else {
                take(column, Some(field));
            }
        }
        rows += 1;
    }
    if rows == 0 {
        return Err(DataError::Empty { path: path.to_owned() });
    }
    if let Some((column, row, text)) = points.doubtful() {
        let column = columns.get(column).copied().unwrap_or_default().to_owned();
        return Err(DataError::Thousands { column, row: row + 1, text });
    }
    Ok(())
}

/// Columns as words.
pub(super) fn read(path: &Path, bytes: &[u8], columns: &[&str]) -> Result<Vec<Values>, DataError> {
    let mut values: Vec<Vec<Option<String>>> = vec![Vec::new(); columns.len()];
    each(path, bytes, columns, |column, field| values[column].push(field.map(str::to_owned)))?;
    Ok(values.into_iter().map(Values::Text).collect())
}

/// The line of a field that begins with a quotation mark and does not end with one, up to the end of the file.
fn unclosed(text: &str, delimiter: char) -> Option<usize> {
    if !text.contains('"') {
        return None;
    }
    let (mut line, mut opened, mut begins) = (1, None, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            // Two of them within a field are one of its letters.
            b'"' if opened.is_some() && bytes.next_if_eq(&b'"').is_none() => opened = None,
            b'"' if opened.is_none() && begins => opened = Some(line),
            b'\n' => line += 1,
            _ => {}
        }
        begins = byte == delimiter as u8 || byte == b'\n' || byte == b'\r';
    }
    opened
}

/// Whether a field has no value: it is empty, NA, a point, null, or no number in any of the ways that programs write one.
pub(crate) fn is_missing(field: &str) -> bool {
    let unsigned = field.strip_prefix(['-', '+']).unwrap_or(field);
    matches!(field, "" | "NA" | "." | "null") || matches!(unsigned, "NaN" | "nan" | "NAN")
}

/// The text of a file: UTF-8, UTF-16 by its mark or its first letter, otherwise Latin-1, in which every byte is a letter.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let words = |bytes: &[u8], pair: fn([u8; 2]) -> u16| {
        let words = bytes.chunks_exact(2).map(|two| pair([two[0], two[1]]));
        Cow::Owned(String::from_utf16_lossy(&words.collect::<Vec<u16>>()))
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return words(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return words(rest, u16::from_be_bytes),
        // No text has a zero byte in UTF-8 or Latin-1.
        [1..=255, 0, ..] => return words(bytes, u16::from_le_bytes),
        [0, 1..=255, ..] => return words(bytes, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// A number with its comma as a point; anything else as it is.
fn decimal_comma(field: &str) -> Cow<'_, str> {
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ',' | 'e' | 'E');
    if field.contains(',') && field.chars().all(digits) {
        Cow::Owned(field.replace(',', "."))
    } else {
        Cow::Borrowed(field)
    }
}

/// Points in the numbers of a file with semicolons.
#[derive(Default)]
struct Points {
    /// Whether a number has a decimal comma.
    comma: bool,
    /// The first number with a point: column, row, text.
    point: Option<(usize, usize, String)>,
    /// Whether a point cannot part thousands.
    decimal: bool,
}

impl Points {
    fn look_at(&mut self, field: &str, column: usize, row: usize) {
        let number = |text: &str| text.parse::<f64>().is_ok();
        if !field.contains('.') {
            self.comma |= field.contains(',') && number(&field.replace(',', "."));
            return;
        }
        let parted = field.replace(',', ".").split('.').count();
        if !(number(field) || parted > 2 && number(&field.replace(['.', ','], ""))) {
            return;
        }
        // 1.234 and 12.345.678 may be thousands, 0.5 and 1.25 are not.
        let whole = field.split(',').next().unwrap_or(field).trim_start_matches('-');
        let mut parts = whole.split('.');
        let first = parts.next().unwrap_or_default();
        let thousands = (1..=3).contains(&first.len())
            && !first.starts_with('0')
            && parts.all(|part| part.len() == 3);
        if parted > 2 && !thousands {
            return; // a date, or no number at all
        }
        self.decimal |= !thousands;
        self.comma |= field.contains(',');
        if self.point.is_none() {
            self.point = Some((column, row, field.to_owned()));
        }
    }

    /// A number that nobody can read for certain.
    fn doubtful(self) -> Option<(usize, usize, String)> {
        self.point.filter(|_| self.comma || !self.decimal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_missing() {
        for field in ["", "NA", "NaN", "nan", "NAN", "-nan", "+NaN", ".", "null"] {
            assert!(is_missing(field), "{field}");
        }
        for field in ["0", "-", "na", "Nan", "nana", "-NA"] {
            assert!(!is_missing(field), "{field}");
        }
    }

    fn doubtful(fields: &[&str]) -> Option<String> {
        let mut points = Points::default();
        for (row, field) in fields.iter().enumerate() {
            points.look_at(field, 0, row);
        }
        points.doubtful().map(|(_, _, text)| text)
    }

    #[test]
    fn thousands_are_not_taken_for_decimals() {
        assert_eq!(doubtful(&["1,5", "1.234", "2"]).as_deref(), Some("1.234"));
        assert_eq!(doubtful(&["1.234", "2.500"]).as_deref(), Some("1.234"));
        assert_eq!(doubtful(&["1.234,5"]).as_deref(), Some("1.234,5"));
        assert_eq!(doubtful(&["1.234.567"]).as_deref(), Some("1.234.567"));
        assert_eq!(doubtful(&["0.5", "1.234"]), None);
        assert_eq!(doubtful(&["1,5", "2,25", "job a.b"]), None);
        assert_eq!(doubtful(&["31.12.2019", "1,5"]), None);
    }

    #[test]
    fn a_quotation_mark_without_its_other() {
        assert_eq!(unclosed("t,g\n1,\"a\n2,b\n", ','), Some(2));
        assert_eq!(unclosed("t,g\n1,\"a\n2,b\"\n3,\"c\"\"\n", ','), Some(4));
        for fine in [
            "t,g\n1,\"a\n2\"\n",
            "t,g\n1,5\" pipe\n",
            "t,g\n1,\"a \"\"b\"\"\"\n",
            "\"t\",g\n1,\"\"",
        ] {
            assert_eq!(unclosed(fine, ','), None, "{fine}");
        }
        let error = read(Path::new("x.csv"), b"t,g\n1,a\n2,\"b\n3,c\n", &["t"]).unwrap_err();
        assert!(error.to_string().contains("in line 3"), "{error}");
    }

    #[test]
    fn letters_of_other_encodings() {
        let bytes = b"m\xe5ned;slut\n1;1\n"; // Latin-1
        let values = read(Path::new("x.csv"), bytes, &["måned"]).unwrap();
        assert_eq!(values[0].show(0), "1");
        let words: Vec<u8> = std::iter::once(0xFEFF)
            .chain("tid\tslut\r\n2\t0\r\n".encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let values = read(Path::new("x.csv"), &words, &["slut", "tid"]).unwrap();
        assert_eq!((values[0].show(0), values[1].show(0)), ("0".to_owned(), "2".to_owned()));
        // Without the mark.
        for words in [u16::to_le_bytes, u16::to_be_bytes] {
            let words: Vec<u8> = "tid,slut\n2,0\n".encode_utf16().flat_map(words).collect();
            assert_eq!(read(Path::new("x.csv"), &words, &["tid"]).unwrap()[0].show(0), "2");
        }
    }
}
