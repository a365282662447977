//! Small tables that a study joins to a column of the register.

use std::path::Path;

use super::document::{Document, Placed, Result};
use super::error::Problem;
use crate::nearest::nearest;

/// A table by keys, for example municipality codes.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinTable {
    /// Its file, or its name if it is built in.
    pub source: String,
    /// The text of the file.
    pub text: String,
    header: Vec<String>,
    /// Key and fields of each row.
    rows: Vec<(String, Vec<String>)>,
}

impl JoinTable {
    /// Reads a CSV text with a column of keys. The separator is the comma, semicolon or tab that stands most
    /// often in the header. What is wrong is said at the line of the study that names the table.
    pub(super) fn parse(
        document: Document<'_>,
        source: &Placed<String>,
        text: String,
        key: &str,
    ) -> Result<Self> {
        let wrong = |reason: String, help: &str| {
            let path = Path::new(&source.value).to_owned();
            let problem = Problem::Table { path, reason, help: help.to_owned() };
            document.error(source.span.clone(), problem)
        };
        let broken = |error: csv::Error| wrong(error.to_string(), "write it as CSV with a header");
        let plain = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .delimiter(separator(plain))
            .from_reader(plain.as_bytes());
        let header: Vec<String> =
            reader.headers().map_err(broken)?.iter().map(str::to_owned).collect();
        let Some(place) = header.iter().position(|name| name == key) else {
            let there = header.join(", ");
            let help = match nearest(key, header.iter().map(String::as_str)) {
                Some(nearest) => format!("did you mean `{nearest}`? its columns: {there}"),
                None => format!("its columns: {there}"),
            };
            return Err(wrong(format!("no column `{key}`"), &help));
        };
        let mut rows: Vec<(String, Vec<String>)> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(broken)?;
            let line = record.position().map_or(0, csv::Position::line);
            let code = record.get(place).unwrap_or_default().to_owned();
            if code.is_empty() {
                let reason = format!("line {line}: {key} is empty");
                return Err(wrong(reason, "write the value of the register"));
            }
            if rows.iter().any(|(other, _)| *other == code) {
                let reason = format!("line {line}: {key} {code} is there twice");
                return Err(wrong(reason, "remove one of the two lines"));
            }
            rows.push((code, record.iter().map(str::to_owned).collect()));
        }
        if rows.is_empty() {
            return Err(wrong("it has no rows".to_owned(), "add a line for each code"));
        }
        Ok(Self { source: source.value.clone(), text, header, rows })
    }

    /// The key and label of every row, ordered by label where all labels are numbers, else as in the
    /// table.
    pub(super) fn labels(
        &self,
        document: Document<'_>,
        label: &Placed<String>,
    ) -> Result<Vec<(String, String)>> {
        let place = document.position("column of the data table", label, &self.header)?;
        if let Some((code, _)) = self.rows.iter().find(|(_, fields)| fields[place].is_empty()) {
            let problem = Problem::Table {
                path: Path::new(&self.source).to_owned(),
                reason: format!("{code} has no {}", label.value),
                help: "write a label in every line, or remove the line and give the grouping a label for \
                       `unmatched` values"
                    .to_owned(),
            };
            return Err(document.error(label.span.clone(), problem));
        }
        let mut labels: Vec<(String, String)> =
            self.rows.iter().map(|(code, fields)| (code.clone(), fields[place].clone())).collect();
        if labels.iter().all(|(_, label)| label.parse::<i64>().is_ok()) {
            // Stable, so that codes of one label stay in the order of the table.
            labels.sort_by_key(|(_, label)| label.parse::<i64>().unwrap_or(0));
        }
        Ok(labels)
    }
}

/// The separator of fields that stands most often in the header, a comma if there is none.
fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default().as_bytes();
    let times = |separator: u8| header.iter().filter(|&&byte| byte == separator).count();
    // Of equals the last wins.
    *b";\t,".iter().max_by_key(|&&separator| times(separator)).unwrap_or(&b',')
}
