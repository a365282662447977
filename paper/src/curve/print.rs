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

/// A column in words: whether it holds words, which stand to the left, and its cells below its name.
type InWords = (bool, Vec<String>);

/// The columns in words, with a word for the values that are missing in the first ones. Where there is little room numbers have
/// fewer digits, and there is no statistic, which is the estimate by its standard error.
fn in_words(table: &Table, by: usize, narrow: bool) -> Vec<InWords> {
    let said = |name: &str| {
        let has = |name: &str| table.column(name).is_some();
        narrow && name == "statistic" && has("estimate") && has("std_error")
    };
    let column = |(place, (name, values)): (usize, &(String, Values))| {
        let digits = match name.as_str() {
            "p_value" if narrow => 3,
            _ if narrow => 5,
            _ => 6,
        };
        let cells = (0..table.rows()).map(|row| match values {
            values if place < by && values.is_missing(row) => MISSING.to_owned(),
            Values::Number(numbers) => significant(numbers[row], digits),
            values => values.show(row),
        });
        let cells = std::iter::once(name.clone()).chain(cells).map(in_a_line).collect();
        (matches!(values, Values::Text(_)), cells)
    };
    let columns = table.columns().iter().enumerate().filter(|(_, (name, _))| !said(name));
    columns.map(column).collect()
}

fn width((_, cells): &InWords) -> usize {
    cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0)
}

/// Columns that they take, two between each two.
fn width_of_all(columns: &[InWords]) -> usize {
    columns.iter().map(|column| width(column) + 2).sum::<usize>().saturating_sub(2)
}

/// Prints a table whose first columns are by-columns. Where its lines would be too long, words of the first columns stand on
/// lines of their own above the rows that they are of.
fn print_groups(table: &Table, by: usize, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let mut columns = in_words(table, by, false);
    if width_of_all(&columns) > WIDTH {
        columns = in_words(table, by, true);
    }
    let of_numbers = |(_, values): &(String, Values)| matches!(values, Values::Number(_));
    let most = table.columns().iter().take_while(|column| !of_numbers(column)).count();
    let most = most.saturating_sub(1);
    let fits = |&above: &usize| 2 * above + width_of_all(&columns[above..]) <= WIDTH;
    let (above, beside) = columns.split_at((0..most).find(fits).unwrap_or(most));
    let mut widths: Vec<usize> = beside.iter().map(width).collect();
    // Of the column that is left those words that are too long stand above too.
    if let (Some((true, cells)), false) = (beside.first(), fits(&above.len())) {
        let room = WIDTH.saturating_sub(2 * above.len() + 2 + width_of_all(&beside[1..]));
        let lengths = cells.iter().map(|cell| cell.chars().count());
        widths[0] = lengths.filter(|&length| length <= room).max().unwrap_or(0);
    }
    let indent = "  ".repeat(above.len());
    let mut line = String::new();
    for row in 0..=table.rows() {
        let alike = above.iter().take_while(|(_, cells)| row > 1 && cells[row] == cells[row - 1]);
        for (depth, (_, cells)) in above.iter().enumerate().skip(alike.count()) {
            writeln!(out, "{}{}", "  ".repeat(depth), cells[row])?;
        }
        line.clear();
        line.push_str(&indent);
        for (place, ((words, cells), &width)) in beside.iter().zip(&widths).enumerate() {
            if place > 0 {
                line.push_str("  ");
            }
            let mut cell = cells[row].as_str();
            if cell.chars().count() > width {
                writeln!(out, "{line}{cell}")?;
                cell = "";
            }
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

/// A number with so many significant digits at most; whole numbers whole; a missing one as a dash.
fn significant(value: f64, digits: usize) -> String {
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
        let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.*e}", digits - 1)
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
        assert_eq!(significant(1.0 / 3.0, 6), "0.333333");
        assert_eq!(significant(123_456.7, 6), "123457");
        assert_eq!(significant(12.0, 6), "12");
        assert_eq!(significant(0.000_012_345_67, 6), "1.23457e-5");
        assert_eq!(significant(f64::NAN, 6), "–");
        assert_eq!(significant(f64::MIN_POSITIVE, 6), "<1e-300");
        assert_eq!(significant(1e-299, 6), "1.00000e-299");
    }

    fn printed(table: &Table) -> Vec<String> {
        let mut out = Vec::new();
        print_table(table, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    /// Words of the first column are said once, and of the second those above that are too long to stand beside the numbers.
    #[test]
    fn long_lines_have_their_words_above() {
        let (cause, short, long) = ("a".repeat(30), "b".repeat(12), "c".repeat(50));
        let numbers = || Values::Number(vec![1.0 / 3.0, 0.001_234_567_8]);
        let table = Table::new()
            .text("cause", [cause.as_str(), cause.as_str()])
            .text("column", [short.as_str(), long.as_str()]);
        let names = ["estimate", "std_error", "statistic", "p_value"];
        let table = names.into_iter().fold(table, |table, name| table.with(name, numbers()));
        let lines = printed(&table.clone().with(&"d".repeat(25), numbers()));
        assert_eq!(lines[0], "cause");
        assert_eq!(
            lines[1],
            format!("  column         estimate  std_error  p_value  {}", "d".repeat(25))
        );
        assert_eq!(lines[2], cause);
        let last = |number: &str| format!("{number:>25}");
        assert_eq!(
            lines[3],
            format!("  {short}    0.33333    0.33333    0.333  {}", last("0.33333"))
        );
        assert_eq!(lines[4], format!("  {long}"));
        assert_eq!(
            lines[5],
            format!("{}0.0012346  0.0012346  0.00123  {}", " ".repeat(16), last("0.0012346"))
        );
        assert_eq!(lines.len(), 6);
        // With room for all nothing is left out.
        assert!(printed(&Table::new().with("statistic", numbers()))[1].contains("0.333333"));
    }
}
