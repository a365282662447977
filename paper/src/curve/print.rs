//! A long table for people to read.

use std::io::{self, Write};

use textwrap::{Options, WordSplitter};

use super::Estimates;
use crate::conventions::MISSING;
use crate::table::{Table, Values};

/// Columns that sentences take.
const WIDTH: usize = 100;

/// Prints the whole table of the estimates in aligned columns with their foot.
///
/// # Errors
///
/// If the stream cannot be written, for example because its reader has gone.
pub fn print(
    estimates: &Estimates,
    table: &Table,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    print_groups(table, estimates.by, out)?;
    writeln!(out)?;
    print_foot(&estimates.foot, out)
}

/// Prints the sentences under a table, each from a line of its own on, in lines of at most 100 columns.
///
/// # Errors
///
/// Those of the stream.
pub fn print_foot(foot: &[String], out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let options = Options::new(WIDTH)
        .subsequent_indent("  ")
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    foot.iter()
        .flat_map(|sentence| textwrap::wrap(sentence, &options))
        .try_for_each(|line| writeln!(out, "{line}"))
}

/// Prints a table and those that belong to it, an empty line between them.
///
/// # Errors
///
/// Those of the stream.
pub fn print_with_parts(table: &Table, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    print_table(table, out)?;
    table.parts().iter().try_for_each(|(_, part)| {
        writeln!(out)?;
        print_table(part, out)
    })
}

/// Prints a table in aligned columns.
///
/// # Errors
///
/// Those of the stream.
pub fn print_table(table: &Table, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    print_groups(table, 0, out)
}

/// A cell whose control characters, such as new lines, are written out, as they would break the table and steer the terminal.
fn in_a_line(cell: String) -> String {
    if !cell.contains(char::is_control) {
        return cell;
    }
    let shown = |sign: char| {
        if sign.is_control() { sign.escape_default().to_string() } else { sign.to_string() }
    };
    cell.chars().map(shown).collect()
}

/// Prints a table whose first columns are by-columns, with a word for the values that are missing there.
fn print_groups(table: &Table, by: usize, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let columns: Vec<(bool, Vec<String>)> = table
        .columns()
        .iter()
        .enumerate()
        .map(|(place, (name, values))| {
            let words = matches!(values, Values::Text(_));
            let cells = (0..table.rows()).map(|row| match values {
                values if place < by && values.is_missing(row) => MISSING.to_owned(),
                Values::Number(numbers) => significant(numbers[row]),
                values => values.show(row),
            });
            (words, std::iter::once(name.clone()).chain(cells).map(in_a_line).collect())
        })
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .map(|(_, cells)| cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let mut line = String::new();
    for row in 0..=table.rows() {
        line.clear();
        for ((words, cells), &width) in columns.iter().zip(&widths) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let cell = &cells[row];
            let gap = " ".repeat(width - cell.chars().count());
            if *words {
                line.push_str(cell);
                line.push_str(&gap);
            } else {
                line.push_str(&gap);
                line.push_str(cell);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A number with up to six significant digits; whole numbers whole; a missing one as a dash.
fn significant(value: f64) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() || value == 0.0 || (value.fract() == 0.0 && value.abs() < 1e15) {
        return value.to_string();
    }
    if value > 0.0 && value <= f64::MIN_POSITIVE {
        // A chance that is too small for a number.
        return "<1e-300".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if (-4..6).contains(&magnitude) {
        let decimals = (5 - magnitude).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.5e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_line() {
        let table = Table::new().text("g", ["a\nb\u{1b}[2J", "æ"]).text("h", ["1", "2"]);
        let mut out = Vec::new();
        print_table(&table, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "g              h\na\\nb\\u{1b}[2J  1\næ              2\n");
    }

    #[test]
    fn six_significant_digits() {
        assert_eq!(significant(1.0 / 3.0), "0.333333");
        assert_eq!(significant(123_456.7), "123457");
        assert_eq!(significant(12.0), "12");
        assert_eq!(significant(0.000_012_345_67), "1.23457e-5");
        assert_eq!(significant(f64::NAN), "–");
        assert_eq!(significant(f64::MIN_POSITIVE), "<1e-300");
        assert_eq!(significant(1e-299), "1.00000e-299");
    }
}
