//! The outputs of a study at week resolution, in the order of the study.

use super::beside::{comparison, scaled_words};
use super::{Material, capital, data_files, effects, figure};
use crate::labels::{self, Lang};
use crate::report::{
    Cell, Comparison, Figure, Item, Note, NoteKind, Row, Section, Table, ValueColumn,
};
use crate::study::Output;
use crate::weeks::Asked;

/// Tables beside what is printed, figures, and the numbers of the source's text below the output that they speak of.
pub(super) fn section(material: Material<'_>) -> Section {
    let lang = material.lang;
    let mut items = Vec::new();
    for (output, built) in material.study.outputs.iter().zip(material.built) {
        if let Some(chart) = &built.chart {
            // The figure's own note says what its intervals are.
            let note = chart.note().to_owned();
            items.push(Item::Figure(Box::new(Figure { note, ..figure(material, output, chart) })));
            if let Some(Asked::EffectPath(path)) = output.kind.weeks() {
                items.push(Item::Table(effects::at_times(material, output, path, &built.table)));
            }
        } else if let Some(Asked::EffectBalance(arms)) = output.kind.weeks() {
            items.push(Item::Table(effects::balance(material, output, arms, &built.table)));
        } else {
            let table = comparison(material, output, built);
            let printed =
                table.rows.iter().flat_map(|row| &row.cells).any(|c| c.published.is_some());
            if printed {
                items.extend(parts(table).into_iter().map(Item::Comparison));
            } else {
                items.push(Item::Table(plain(&table, material)));
            }
            items.extend(of_text(material, output).map(Item::Comparison));
            items.extend(beside_reference(material, output, &built.table).map(Item::Table));
        }
        items.extend(built.remarks.iter().map(|words| {
            let (title, text) = (output.number.pick(lang).to_owned(), words.pick(lang).to_owned());
            Item::Note(Note { kind: NoteKind::Warning, title, text })
        }));
    }
    items.extend(assumed(material));
    Section {
        title: lang.pick("Tabeller og figurer", "Tables and figures").to_owned(),
        intro: material.intro(),
        items,
        ..Section::named("tables")
    }
}

/// Rows of a value of the first key that are a table of their own.
const LONG: usize = 12;

/// A long table in parts, each of one value of the first key.
fn parts(table: Comparison) -> Vec<Comparison> {
    let new = |pair: &&[Row]| pair[0].keys.first() != pair[1].keys.first();
    let parts = 1 + table.rows.windows(2).filter(new).count();
    if parts == 1 || table.keys.len() < 2 || table.rows.len() < LONG * parts {
        return vec![table];
    }
    let (short, rest) = table.title.split_once(". ").unwrap_or((&table.title, ""));
    let mut parts: Vec<Comparison> = Vec::new();
    let mut of_last = None;
    for row in &table.rows {
        let (mut row, key) = (row.clone(), row.keys[0].clone());
        row.keys.remove(0);
        if of_last.as_ref() != Some(&key) {
            let first = parts.is_empty();
            parts.push(Comparison {
                id: if first {
                    table.id.clone()
                } else {
                    format!("{}_{}", table.id, parts.len() + 1)
                },
                title: format!("{short}: {}", capital(&key)),
                caption: if first { rest.to_owned() } else { String::new() },
                keys: table.keys[1..].to_vec(),
                columns: table.columns.clone(),
                files: table.files.clone(),
                ..Comparison::default()
            });
            of_last = Some(key);
        }
        if let Some(part) = parts.last_mut() {
            part.rows.push(row);
        }
    }
    if let Some(last) = parts.last_mut() {
        last.note.clone_from(&table.note);
    }
    parts
}

/// What the code book assumes rather than takes from its sources; `None` if it assumes nothing.
fn assumed(material: Material<'_>) -> Option<Item> {
    let lang = material.lang;
    let rules = material.study.weeks.as_ref()?;
    let list = |list: &[afgang_engine::week::Meaning]| -> Vec<String> {
        let assumed = list.iter().filter(|meaning| meaning.assumed);
        assumed.map(|meaning| lang.pick(&meaning.name_da, &meaning.name_en).to_owned()).collect()
    };
    let names = [list(rules.book.states()), list(rules.book.measures())].concat();
    if names.is_empty() {
        return None;
    }
    let text = match lang {
        Lang::Da => format!(
            "Kodebogen {} antager ugekoderne for: {}. De står ikke i rapporterne; brug kodelisten, der hører til registeret.",
            rules.book.name(),
            names.join(", ")
        ),
        Lang::En => format!(
            "The code book {} assumes the weekly codes of: {}. No report prints them; use the code list of the register.",
            rules.book.name(),
            names.join(", ")
        ),
    };
    Some(Item::Text(text))
}

/// Per cents and means by those of the reference population: a column a row of the output. `None` without a reference.
fn beside_reference(
    material: Material<'_>,
    output: &Output,
    table: &crate::table::Table,
) -> Option<Table> {
    let lang = material.lang;
    let reference = output.kind.weeks()?.reference()?;
    let keys = output.kind.keys();
    let [rows, quantities] = [*keys.first()?, "quantity"].map(|name| table.column(name));
    let (rows, quantities) = (rows?, quantities?);
    let (of_reference, index) = (table.column("reference")?, table.column("index")?);
    let names = rows.different();
    let body = quantities.different().into_iter().filter(|quantity| quantity != "persons").map(
        |quantity| {
            let find = |name: &str| table.find([(keys[0], name), ("quantity", &quantity)]);
            let at = |name: &str| find(name).map_or(f64::NAN, |row| index.number(row));
            let of = names.first().and_then(|name| find(name));
            let given = of.map_or(f64::NAN, |row| of_reference.number(row));
            std::iter::once(material.week_word(&quantity))
                .chain(std::iter::once(labels::number(given, 1, lang)))
                .chain(names.iter().map(|name| labels::number(at(name), 1, lang)))
                .collect()
        },
    );
    let title = lang.pick("i forhold til befolkningen", "by the reference population");
    let heads = [(String::new(), false), (material.week_word(reference), true)];
    let of_rows = names.iter().map(|name| (material.week_word(name), true));
    Some(Table {
        id: format!("{}_index", output.id),
        title: format!("{}, {title}", output.number.pick(lang)),
        rows: body.collect(),
        columns: heads.into_iter().chain(of_rows).collect(),
        note: lang
            .pick(
                "Første talkolonne er givet, ikke beregnet. Over 1: rækken har mere af det.",
                "The first column of numbers is given, not computed. Above 1: the column has more of it.",
            )
            .to_owned(),
        files: data_files(output),
        ..Table::default()
    })
}

/// A table beside which nothing is printed.
fn plain(table: &Comparison, material: Material<'_>) -> Table {
    let keys = table.keys.iter().map(|key| (key.clone(), false));
    let rows = table.rows.iter().map(|row| {
        let cells = row.cells.iter().zip(&table.columns).map(|(cell, column)| {
            let number = cell.computed.unwrap_or(f64::NAN);
            let digits =
                if number.fract() == 0.0 && number.abs() >= 1000.0 { 0 } else { column.decimals };
            labels::number(number, digits, material.lang)
        });
        row.keys.iter().cloned().chain(cells).collect()
    });
    Table {
        id: table.id.clone(),
        title: table.title.clone(),
        columns: keys.chain(table.columns.iter().map(|of| (of.label.clone(), true))).collect(),
        rows: rows.collect(),
        note: table.note.clone(),
        files: table.files.clone(),
        ..Table::default()
    }
}

/// Numbers that the source's text says of a table; `None` if there are none.
fn of_text(material: Material<'_>, output: &Output) -> Option<Comparison> {
    let lang = material.lang;
    let rows: Vec<Row> = material
        .compared
        .iter()
        .filter(|compared| compared.output == output.id && compared.wording.is_some())
        .map(|compared| {
            let mut words: Vec<String> =
                compared.keys.iter().map(|(_, value)| material.week_word(value)).collect();
            // All are the total of all.
            words.dedup();
            let wording = compared.wording.as_ref().map(|of| of.pick(lang).to_owned());
            Row {
                keys: vec![
                    capital(&words.join(", ")),
                    material.week_word(&compared.column),
                    wording.unwrap_or_default(),
                ],
                cells: vec![{
                    let cell = Cell::both(&compared.printed, compared.computed, compared.factor);
                    Cell {
                        published: cell.published.map(|of| of * compared.factor),
                        agreement: compared.agreement(),
                        ..cell
                    }
                }],
                total: false,
            }
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let own = |compared: &&crate::comparison::Compared| compared.output == output.id;
    let scaled =
        material.compared.iter().filter(own).find(|of| of.wording.is_some() && of.is_scaled());
    let digits = material.compared.iter().filter(own).map(|of| of.printed.decimals).max();
    let number = lang.pick("Tal i teksten om", "Numbers in the text on");
    let name = match (output.number.pick(lang), output.title.pick(lang)) {
        ("", title) => lang.pick("»…«", "“…”").replace('…', title),
        (number, _) => number.to_owned(),
    };
    Some(Comparison {
        title: format!("{number} {name}"),
        keys: vec![
            lang.pick("Hvem", "Whom").to_owned(),
            lang.pick("Hvad", "What").to_owned(),
            lang.pick("Teksten", "The source’s words").to_owned(),
        ],
        columns: vec![ValueColumn::new(lang.pick("Tal", "Number"), digits.unwrap_or(0))],
        rows,
        note: scaled.map_or(String::new(), |of| scaled_words(of.factor, lang)),
        ..Comparison::named(&format!("{}_text", output.id))
    })
}
