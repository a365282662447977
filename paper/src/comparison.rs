//! Computed numbers beside those that the study's source prints.

use std::path::Path;

use crate::printed::{Agreement, Printed};
use crate::study::{Kind, Output, PrintedValue, Problem, Published, StudyError, Words};
use crate::table::{Table, Values};

/// Columns that grow with the size of the register.
const COUNTS: [&str; 7] =
    ["spells", "n_risk", "n_event", "n_censor", "months", "full_time_persons", "thousands"];

/// One computed number beside a printed one.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The output.
    pub output: String,
    /// Column and value of the row.
    pub keys: Vec<(String, String)>,
    /// The column.
    pub column: String,
    /// As printed.
    pub printed: Printed,
    /// The words of the source, where the number stands in a text.
    pub wording: Option<Words>,
    /// What the printed number is multiplied by: the scale of the register for counts, else 1.
    pub factor: f64,
    /// As computed, in the unit of the printed number; `NaN` if the output has no such row.
    pub computed: f64,
    /// Whether too few persons stand behind it for it to be shown; then it is not compared.
    pub suppressed: bool,
}

impl Compared {
    /// The comparison, by the one rule of [`Printed::against`].
    pub fn agreement(&self) -> Agreement {
        if self.suppressed {
            return Agreement::Suppressed;
        }
        self.printed.against(self.computed, self.factor)
    }

    /// Whether the computed number agrees.
    pub fn agrees(&self) -> bool {
        self.agreement() == Agreement::Agrees
    }

    /// Computed minus printed; 0 inside a printed range.
    pub fn difference(&self) -> f64 {
        if self.is_scaled() {
            self.computed - self.printed.low * self.factor
        } else {
            self.printed.difference(self.computed)
        }
    }

    /// Whether the printed number is of a register of another size.
    pub fn is_scaled(&self) -> bool {
        (self.factor - 1.0).abs() > f64::EPSILON
    }
}

/// Everything of an output that can be compared; marks such as stars count as their number. `scale` is the size of the register beside the real one.
///
/// # Errors
///
/// If the published table cannot be read.
pub fn compare(
    output: &Output,
    table: &Table,
    scale: f64,
) -> Result<Vec<Compared>, Box<StudyError>> {
    let mut all = Vec::new();
    if let Some(published) = &output.published {
        compare_table(output, table, published, scale, &mut all)?;
    }
    for value in &output.printed {
        compare_text(output, table, value, scale, &mut all);
    }
    Ok(all)
}

fn factor(output: &Output, column: &str, keys: &[(String, String)], scale: f64) -> f64 {
    let counts = match &output.kind {
        Kind::Weeks(asked) => asked.counts(column, keys),
        _ => COUNTS.contains(&column),
    };
    if counts { scale } else { 1.0 }
}

/// Whether a number is missing because too few persons stand behind it.
fn suppressed(output: &Output, table: &Table, row: usize, computed: f64) -> bool {
    computed.is_nan() && output.kind.weeks().is_some_and(|asked| asked.hides(table, row))
}

/// Rows of a published table, found again by the key columns that it shares with the output.
fn compare_table(
    output: &Output,
    table: &Table,
    published: &Published,
    scale: f64,
    all: &mut Vec<Compared>,
) -> Result<(), Box<StudyError>> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(published.text.as_bytes());
    let wrong = |reason: String| {
        Box::new(StudyError::of(Problem::Table {
            path: Path::new(&published.name).to_owned(),
            reason,
            help: "write it as CSV with a header".to_owned(),
        }))
    };
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let keys: Vec<(usize, &str)> =
        header.iter().enumerate().filter(|(_, name)| output.kind.keys().contains(name)).collect();
    let of_kind = output.kind.values();
    let marks = output.kind.marks();
    let values: Vec<(usize, &str)> = header
        .iter()
        .enumerate()
        .filter(|(_, name)| of_kind.contains(name) || marks.contains(name))
        .collect();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let field = |place: usize| record.get(place).unwrap_or_default();
        let row_keys: Vec<(String, String)> =
            keys.iter().map(|&(place, name)| (name.to_owned(), field(place).to_owned())).collect();
        let of_this_output = row_keys.iter().all(|(name, value)| {
            match name.as_str() {
                "target_group" => target_group(&output.kind).is_none_or(|group| group == value),
                // Figures that share a table are told apart by their numbers.
                "figure" => *value == output.number.da,
                // What is given is not compared with itself.
                _ => {
                    output.kind.weeks().and_then(|asked| asked.reference()) != Some(value.as_str())
                }
            }
        });
        if !of_this_output {
            continue;
        }
        let row = table.find(row_keys.iter().map(|(name, value)| (&**name, &**value)));
        for &(place, column) in &values {
            let mark = marks.contains(&column);
            let read = if mark { Printed::mark } else { Printed::parse };
            let Some(printed) = read(field(place)) else { continue };
            let number = |row: usize| {
                let values = table.column(column)?;
                if mark {
                    Some(Printed::mark(&values.show(row))?.low)
                } else {
                    Some(values.number(row))
                }
            };
            let computed = row.and_then(number).unwrap_or(f64::NAN);
            all.push(Compared {
                output: output.id.clone(),
                keys: row_keys.clone(),
                column: column.to_owned(),
                printed,
                wording: None,
                factor: factor(output, column, &row_keys, scale),
                computed,
                suppressed: row.is_some_and(|row| suppressed(output, table, row, computed)),
            });
        }
    }
    Ok(())
}

fn target_group(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Exits { target_group, .. }
        | Kind::ExitByStartYear { target_group, .. }
        | Kind::DurationIntervals { target_group, .. }
        | Kind::CumulativeIncidence { target_group, .. } => Some(target_group),
        _ => None,
    }
}

/// A number of the text: each row that its keys allow, or the last of them.
fn compare_text(
    output: &Output,
    table: &Table,
    value: &PrintedValue,
    scale: f64,
    all: &mut Vec<Compared>,
) {
    let Some(printed) = Printed::parse(&value.value) else { return };
    let matching = |row: &usize| {
        value.keys.iter().all(|(name, wanted)| {
            table.column(name).is_some_and(|column| column.show(*row) == *wanted)
        })
    };
    let mut rows: Vec<usize> = (0..table.rows()).filter(matching).collect();
    if value.last {
        rows = rows.pop().into_iter().collect();
    }
    let unit = if value.percent { 100.0 } else { 1.0 };
    let compared = |keys, computed, suppressed| Compared {
        output: output.id.clone(),
        keys,
        column: value.column.clone(),
        printed: printed.clone(),
        wording: value.wording.clone(),
        factor: factor(output, &value.column, &value.keys, scale),
        computed,
        suppressed,
    };
    if rows.is_empty() {
        all.push(compared(value.keys.clone(), f64::NAN, false));
    }
    for row in rows {
        // The keys of the text, and those that tell several rows of it apart.
        let constant =
            |values: &Values| (0..table.rows()).all(|other| values.show(other) == values.show(row));
        let keys = output
            .kind
            .keys()
            .into_iter()
            .filter_map(|name| {
                let column = table.column(name)?;
                let named = value.keys.iter().any(|(key, _)| key == name);
                let apart = !value.last && !constant(column);
                (named || apart).then(|| (name.to_owned(), column.show(row)))
            })
            .collect();
        let computed =
            table.column(&value.column).map_or(f64::NAN, |column| column.number(row) * unit);
        all.push(compared(keys, computed, suppressed(output, table, row, computed)));
    }
}

/// The comparison as a long table:
/// `output, key, column, printed, wording, factor, computed, difference, agrees`.
pub fn table(all: &[Compared]) -> Table {
    let keys = |compared: &Compared| {
        let pairs: Vec<String> =
            compared.keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join(" ")
    };
    Table::new()
        .text("output", all.iter().map(|compared| compared.output.as_str()))
        .text("key", all.iter().map(keys))
        .text("column", all.iter().map(|compared| compared.column.as_str()))
        .text("printed", all.iter().map(|compared| compared.printed.text.as_str()))
        .with(
            "wording",
            Values::Text(
                all.iter().map(|compared| Some(compared.wording.as_ref()?.da.clone())).collect(),
            ),
        )
        .number("factor", all.iter().map(|compared| compared.factor))
        .number("computed", all.iter().map(|compared| compared.computed))
        .number("difference", all.iter().map(Compared::difference))
        .text("agrees", all.iter().map(|compared| verdict(compared.agreement())))
}

fn verdict(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Agrees => "yes",
        Agreement::Suppressed => "suppressed",
        Agreement::Differs(_) | Agreement::Missing | Agreement::Nothing => "no",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Words;

    fn output(published: Option<&str>, printed: Vec<PrintedValue>) -> Output {
        Output {
            id: "t".to_owned(),
            number: Words::default(),
            title: Words::default(),
            note: None,
            kind: Kind::ExitByStartYear {
                target_group: "a".to_owned(),
                exits: vec!["job".to_owned()],
                other_includes: Vec::new(),
                start_years: 2011..=2012,
            },
            published: published
                .map(|text| Published { name: "p".to_owned(), text: text.to_owned() }),
            printed,
        }
    }

    fn computed() -> Table {
        Table::new()
            .text("target_group", ["a", "a"])
            .text("exit", ["job", "job"])
            .whole("start_year", [2011, 2012])
            .whole("spells", [5, 6])
            .number("percent", [44.13, 44.66])
    }

    #[test]
    fn published_rows_are_found_by_their_keys() {
        let csv = "target_group,exit,start_year,percent,spells\n\
                   a,job,2011,44.1,100\na,job,2012,44.6,\nb,job,2011,1.0,1\na,job,2013,9.9,\n";
        let all = compare(&output(Some(csv), Vec::new()), &computed(), 0.05).unwrap();
        let found: Vec<(&str, &str, bool)> =
            all.iter().map(|c| (&*c.column, &*c.printed.text, c.agrees())).collect();
        assert_eq!(
            found,
            [
                ("percent", "44.1", true),
                ("spells", "100", true), // 100 * 0.05 = 5
                ("percent", "44.6", false),
                ("percent", "9.9", false),
            ]
        );
        assert!(all[3].computed.is_nan());
    }

    #[test]
    fn a_text_may_speak_of_every_year() {
        let value = PrintedValue {
            keys: vec![("exit".to_owned(), "job".to_owned())],
            column: "percent".to_owned(),
            value: "44".to_owned(),
            wording: Some(Words { da: "omkring 44 %".to_owned(), en: "about 44%".to_owned() }),
            last: false,
            percent: false,
        };
        let all = compare(&output(None, vec![value.clone()]), &computed(), 1.0).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].keys[1], ("start_year".to_owned(), "2012".to_owned()));
        assert_eq!((all[0].agrees(), all[1].agrees()), (true, false));
        let last = PrintedValue { last: true, ..value };
        let all = compare(&output(None, vec![last]), &computed(), 1.0).unwrap();
        assert_eq!(all.len(), 1);
        assert!((all[0].computed - 44.66).abs() < 1e-12);
    }
}
