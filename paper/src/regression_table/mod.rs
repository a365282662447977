//! Tables of regressions as papers print them: models side by side, coefficients with stars, standard errors in
//! parentheses below them, then what the fits counted, and notes.
//!
//! A [`RegressionTable`] is written as text, CSV, Markdown, LaTeX (with the packages booktabs and threeparttable) or HTML.
//! Rows are merged by their labels: a label that only some models have leaves the others empty.

mod digits;
mod grid;
mod html;
mod latex;
mod plain;
mod stars;

use std::path::Path;

pub use digits::Digits;
pub use stars::Stars;

use crate::labels::Lang;
use crate::whole_file::{self, FileError};

/// Models side by side.
///
/// ```
/// use afgang::regression_table::{Cell, Digits, Model, RegressionTable};
///
/// let total = Model::new("total")
///     .coefficient("population", -0.25, 0.05, 0.0001)
///     .coefficient("constant", 3.0, 2.0, 0.14)
///     .statistic("N", Cell::Whole(564));
/// let table = RegressionTable::new(vec![total]).digits(Digits::Decimals(2));
/// assert_eq!(
///     table.to_csv(),
///     ",total\npopulation,-0.25***\n,(0.05)\nconstant,3.00\n,(2.00)\nN,564\n\
///      \"Standard errors in parentheses; *** p < 0.01, ** p < 0.05, * p < 0.1.\",\n"
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct RegressionTable {
    title: String,
    models: Vec<Model>,
    notes: Vec<String>,
    digits: Digits,
    stars: Stars,
    lang: Lang,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Model {
    name: String,
    group: String,
    coefficients: Vec<Coefficient>,
    statistics: Vec<(String, Cell)>,
}

/// An estimate with its label.
#[derive(Debug, Clone, PartialEq)]
struct Coefficient {
    label: String,
    estimate: f64,
    std_error: f64,
    p_value: f64,
}

/// What stands in a row below the coefficients.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A whole number.
    Whole(i64),
    /// A number with digits of its own.
    Number(f64, Digits),
    /// Words.
    Words(String),
}

impl Model {
    /// A model without coefficients, with the heading of its column.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { name, group: String::new(), coefficients: Vec::new(), statistics: Vec::new() }
    }

    /// A heading above it, which it shares with its neighbours of the same.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = group.into();
        self
    }

    /// Adds a coefficient with its standard error and p-value, on which the stars go.
    pub fn coefficient(
        mut self,
        label: impl Into<String>,
        estimate: f64,
        std_error: f64,
        p_value: f64,
    ) -> Self {
        let label = label.into();
        self.coefficients.push(Coefficient { label, estimate, std_error, p_value });
        self
    }

    /// Adds a row below the coefficients.
    pub fn statistic(mut self, label: impl Into<String>, cell: Cell) -> Self {
        self.statistics.push((label.into(), cell));
        self
    }
}

impl RegressionTable {
    /// Models from left to right; four significant digits, stars at 1, 5 and 10 per cent, in English.
    pub fn new(models: Vec<Model>) -> Self {
        Self {
            title: String::new(),
            models,
            notes: Vec::new(),
            digits: Digits::default(),
            stars: Stars::default(),
            lang: Lang::En,
        }
    }

    /// A title above the table.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds a note below the table, after the sentence about standard errors and stars.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Digits of estimates and standard errors.
    pub fn digits(mut self, digits: Digits) -> Self {
        self.digits = digits;
        self
    }

    /// Levels of the stars.
    pub fn stars(mut self, stars: Stars) -> Self {
        self.stars = stars;
        self
    }

    /// Language of numbers and of the sentence about standard errors. CSV has points for decimals in either.
    pub fn lang(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// Aligned columns for a terminal.
    pub fn to_text(&self) -> String {
        plain::text(&self.grid(), self.lang)
    }

    /// Comma-separated cells as they are printed, all rows of one length.
    pub fn to_csv(&self) -> String {
        plain::csv(&self.grid())
    }

    /// A table of GitHub's Markdown.
    pub fn to_markdown(&self) -> String {
        plain::markdown(&self.grid(), self.lang)
    }

    /// A `table` of LaTeX for the packages booktabs and threeparttable.
    pub fn to_latex(&self) -> String {
        latex::latex(&self.grid(), self.lang)
    }

    /// A `table` element of HTML.
    pub fn to_html(&self) -> String {
        html::table(&self.grid(), self.lang)
    }

    /// Writes the table to a file, whole or not at all.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(&self, path: &Path, format: TableFormat) -> Result<(), FileError> {
        let text = match format {
            TableFormat::Text => self.to_text(),
            TableFormat::Csv => self.to_csv(),
            TableFormat::Markdown => self.to_markdown(),
            TableFormat::Latex => self.to_latex(),
            TableFormat::Html => html::page(&self.grid(), self.lang),
        };
        whole_file::write(path, |file| std::io::Write::write_all(file, text.as_bytes()))?;
        Ok(())
    }
}

/// A kind of file for a table of regressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Aligned text.
    Text,
    /// Comma-separated values.
    Csv,
    /// Markdown.
    Markdown,
    /// LaTeX.
    Latex,
    /// A page of HTML.
    Html,
}

impl TableFormat {
    /// Endings of file names that [`of`](Self::of) knows.
    pub const ENDINGS: &str = ".tex, .html, .md, .csv or .txt";

    /// The format that the ending of a file name asks for, letter case aside.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "txt" => Some(Self::Text),
            "csv" => Some(Self::Csv),
            "md" => Some(Self::Markdown),
            "tex" => Some(Self::Latex),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
