//! Computed numbers beside the printed ones.

use super::{Material, accounts, capital, data_files};
use crate::accounts::words;
use crate::comparison::Compared;
use crate::labels::{self, Lang};
use crate::output::{self, Built};
use crate::printed::{self, Printed};
use crate::report::{self, Cell, Comparison, Item, Marks, Published, Row, ValueColumn};
use crate::study::{Kind, Output};
use crate::table::Values;

/// How to read tables beside what is printed.
pub(super) fn beside_printed(lang: Lang) -> String {
    let three = lang.pick(
        "Hvert tal står som trykt i rapporten, som beregnet, og med forskellen.",
        "Each number as printed in the report, as computed, and the difference.",
    );
    format!("{three} {}", printed::rule(lang))
}

/// A long table beside its published numbers.
pub(super) fn comparison(material: Material<'_>, output: &Output, built: &Built) -> Comparison {
    let lang = material.lang;
    let table = &built.table;
    let own: Vec<&Compared> = material
        .compared
        .iter()
        .filter(|compared| compared.output == output.id && compared.wording.is_none())
        .collect();
    // A key that is the same in every row needs no column.
    let keys: Vec<(&str, &Values)> = output
        .kind
        .keys()
        .into_iter()
        .filter_map(|key| Some((key, table.column(key)?)))
        .filter(|(_, values)| {
            table.rows() < 2 || (1..table.rows()).any(|row| values.show(row) != values.show(0))
        })
        .collect();
    let marks = output.kind.marks();
    let values: Vec<(&str, &Values)> = output
        .kind
        .values()
        .into_iter()
        .chain(marks.iter().copied())
        .filter_map(|column| Some((column, table.column(column)?)))
        .collect();
    let columns = values
        .iter()
        .map(|(name, _)| {
            let of_column = || own.iter().filter(|compared| compared.column == *name);
            let digits = of_column().map(|compared| compared.printed.decimals).max();
            let is_count = match &output.kind {
                Kind::Weeks(asked) => asked.counts(name, &[]),
                _ => ["spells", "months", "full_time_persons"].contains(name),
            };
            let digits = digits.unwrap_or(usize::from(!is_count));
            let factor = common_factor(&own, name);
            let label = heading(material, output, name);
            if marks.contains(name) {
                let stars = *name == "stars";
                return ValueColumn::of_marks(
                    &label,
                    if stars { Marks::Stars } else { Marks::YesNo },
                );
            }
            ValueColumn::new(&label, digits).times(factor)
        })
        .collect();
    let rows = (0..table.rows())
        .map(|row| {
            let cells = values
                .iter()
                .map(|(name, values)| {
                    let published = own.iter().find(|compared| {
                        compared.column == *name
                            && compared.keys.iter().all(|(key, value)| {
                                table.column(key).is_some_and(|keys| keys.show(row) == *value)
                            })
                    });
                    let number = if marks.contains(name) {
                        Printed::mark(&values.show(row)).map_or(f64::NAN, |mark| mark.low)
                    } else {
                        values.number(row)
                    };
                    match published {
                        Some(compared) => {
                            let cell = Cell::both(&compared.printed, number, compared.factor);
                            // The head of the column says what all of its numbers are multiplied by.
                            let own_factor = compared.factor / common_factor(&own, name);
                            Cell {
                                published: cell.published.map(|of| of * own_factor),
                                agreement: compared.agreement(),
                                ..cell
                            }
                        }
                        None if number.is_finite() => Cell::computed(number),
                        None => Cell::default(),
                    }
                })
                .collect();
            Row {
                keys: keys
                    .iter()
                    .map(|(key, values)| match output.kind {
                        Kind::Accounts(_) => accounts::label(key, &values.show(row), lang),
                        Kind::Weeks(_) => material.week_word(&values.show(row)),
                        _ => label(key, &values.show(row), lang),
                    })
                    .collect(),
                cells,
                // A regression of the total sums up nothing.
                total: !matches!(output.kind, Kind::Accounts(ref asked) if !asked.is_yearly())
                    && keys.iter().any(|(_, values)| values.show(row) == "total"),
            }
        })
        .collect();
    Comparison {
        title: output::title(output, lang),
        keys: keys.iter().map(|(key, _)| heading(material, output, key)).collect(),
        columns,
        rows,
        note: labels::sentences([output.note_in(lang), scaled(&own, &values, lang)]),
        files: data_files(output),
        ..Comparison::named(&output.id)
    }
}

/// That printed counts are shown for a register of another size, where no head of a column says so.
pub(super) fn scaled_words(factor: f64, lang: Lang) -> String {
    let factor = report::factor(factor, lang);
    match lang {
        Lang::Da => format!("Trykte antal er ganget med registerets skala, {factor}."),
        Lang::En => format!("Printed counts are multiplied by the register's scale, {factor}."),
    }
}

fn scaled(own: &[&Compared], columns: &[(&str, &Values)], lang: Lang) -> String {
    let unsaid = |compared: &&&Compared| {
        let said = common_factor(own, &compared.column);
        compared.is_scaled()
            && columns.iter().any(|(name, _)| compared.column == *name)
            && (said - compared.factor).abs() > f64::EPSILON
    };
    own.iter().find(unsaid).map_or(String::new(), |of| scaled_words(of.factor, lang))
}

/// What every printed number of a column is multiplied by; 1 where they differ.
fn common_factor(own: &[&Compared], column: &str) -> f64 {
    let mut factors =
        own.iter().filter(|compared| compared.column == column).map(|compared| compared.factor);
    let first = factors.next().unwrap_or(1.0);
    if factors.all(|factor| (factor - first).abs() < f64::EPSILON) { first } else { 1.0 }
}

/// The heading of a column.
fn heading(material: Material<'_>, output: &Output, column: &str) -> String {
    let lang = material.lang;
    match output.kind {
        Kind::Accounts(_) => words::column(column, lang).into_owned(),
        Kind::Weeks(_) => material.week_word(column),
        _ => labels::column(column, lang).to_owned(),
    }
}

/// The numbers of a figure beside the printed ones, where there are any.
pub(super) fn numbers_of_figure(
    material: Material<'_>,
    output: &Output,
    built: &Built,
) -> Option<Item> {
    output.published.as_ref()?;
    let title = material.lang.pick("Tal til figur", "Numbers of figure");
    Some(Item::Comparison(Comparison {
        id: format!("{}_published", output.id),
        title: format!("{title} {}", output.number.pick(material.lang)),
        note: String::new(),
        ..comparison(material, output, built)
    }))
}

/// What the text says about a figure.
pub(super) fn published(material: Material<'_>, output: &Output) -> Vec<Published> {
    let lang = material.lang;
    material
        .compared
        .iter()
        .filter(|compared| compared.output == output.id && compared.wording.is_some())
        .map(|compared| {
            let mut keys: Vec<String> = compared
                .keys
                .iter()
                .map(|(key, value)| match key.as_str() {
                    "start_year" => format!("{} {value}", labels::column(key, lang).to_lowercase()),
                    _ if material.study.weeks.is_some() => material.week_word(value),
                    _ => label(key, value, lang),
                })
                .collect();
            keys.dedup();
            Published {
                label: capital(&keys.join(", ")),
                wording: compared
                    .wording
                    .as_ref()
                    .map(|of| of.pick(lang).to_owned())
                    .unwrap_or_default(),
                computed: Some(compared.computed).filter(|number| number.is_finite()),
                decimals: compared.printed.decimals,
                agreement: compared.agreement(),
            }
        })
        .collect()
}

/// What readers call a value of a key column.
pub(super) fn label(key: &str, value: &str, lang: Lang) -> String {
    match key {
        "interval" => {
            let (first, last) = value.split_once('-').unwrap_or((value, value));
            match (first.parse(), last.parse()) {
                (Ok(first), Ok(last)) => labels::interval(first, Some(last), lang),
                _ => value.to_owned(),
            }
        }
        "target_group" | "exit" | "cause" | "state_later" | "intervention" => {
            labels::any(value, lang).to_owned()
        }
        _ => labels::group(key, value, lang),
    }
}
