//! The section on expenditure of job centres.

use super::beside::{comparison, numbers_of_figure};
use super::{Material, figure};
use crate::accounts::{Asked, Models, UnknownGroup, words};
use crate::labels::{self, Lang};
use crate::output::{self, Built};
use crate::regression_table::{Cell, Digits, Model, RegressionTable};
use crate::report::{Item, Note, NoteKind, Regressions, Section, Table};
use crate::run_record::PanelRecord;
use crate::study::{Kind, Output};

/// Tables and figures of the accounts in the order of the study; nothing without accounts.
pub(super) fn section(material: Material<'_>) -> Option<Section> {
    let Material { study, record, lang, .. } = material;
    let panel = record.panel.as_ref()?;
    let mut items = Vec::new();
    for (output, built) in study.outputs.iter().zip(material.built) {
        let Kind::Accounts(asked) = &output.kind else { continue };
        match asked {
            Asked::Regression(models) => {
                items
                    .push(Item::Regressions(Box::new(as_printed(material, output, built, models))));
                items.extend(by_period(material, output, built, models));
            }
            _ if asked.is_table() => {
                items.push(Item::Comparison(comparison(material, output, built)));
            }
            _ => items.extend(drawn(material, output, built)),
        }
    }
    items.extend(unknown(panel, lang));
    (!items.is_empty()).then(|| Section {
        title: lang.pick("Jobcentrenes udgifter", "Expenditure of job centres").to_owned(),
        intro: intro(panel, lang),
        items,
        ..Section::named("accounts")
    })
}

fn intro(panel: &PanelRecord, lang: Lang) -> Vec<String> {
    let facts = &panel.facts;
    let (first, last) = facts.years;
    let mut intro = vec![match lang {
        Lang::Da => format!(
            "Kommunernes regnskaber {first}–{last} lagt sammen til {} jobcentre ({} kommuner), i faste priser og pr. \
             fuldtidsledig i de seks målgrupper. Hvilke konti der indgår i hvilke år, står i studiets tabel.",
            facts.job_centres, facts.municipalities
        ),
        Lang::En => format!(
            "The municipalities' accounts {first}–{last}, added up to {} job centres ({} municipalities), in constant \
             prices and per full-time unemployed of the six target groups. Which accounts enter in which years is a \
             table of the study.",
            facts.job_centres, facts.municipalities
        ),
    }];
    if let Some(made) = &panel.synthetic {
        intro.push(match lang {
            Lang::Da => format!(
                "Regnskaberne er syntetiske (frø {}): intet tal er en kommunes. De er kalibreret til rapportens trykte tal, så \
                 overensstemmelse viser, at beregningen er rigtig, og intet om kommunerne.",
                made.seed
            ),
            Lang::En => format!(
                "The accounts are synthetic (seed {}): no number is a municipality's. They are calibrated to the printed \
                 numbers of the report, so agreement shows that the computation is right, and nothing about the \
                 municipalities.",
                made.seed
            ),
        });
    }
    intro
}

/// What was read and left out, for the end of the report.
pub(super) fn facts(panel: &PanelRecord, lang: Lang) -> Vec<(String, String)> {
    let facts = &panel.facts;
    let mut rows: Vec<(String, String)> = facts
        .rows
        .iter()
        .map(|(file, rows)| ((*file).to_owned(), labels::count(*rows, lang)))
        .collect();
    for (da, en, count) in [
        ("Rækker af andre år", "Rows of other years", facts.rows_of_other_years),
        ("Rækker på ukendte konti", "Rows of unknown accounts", facts.unknown_rows),
        (
            "Rækker om ukendte målgrupper",
            "Rows of unknown target groups",
            rows_of_unknown_groups(panel),
        ),
    ] {
        rows.push((lang.pick(da, en).to_owned(), labels::count(count, lang)));
    }
    rows
}

/// A figure, and its numbers beside the printed ones where there are any.
fn drawn(material: Material<'_>, output: &Output, built: &Built) -> Vec<Item> {
    let Some(chart) = &built.chart else { return Vec::new() };
    let mut items = vec![Item::Figure(Box::new(figure(material, output, chart)))];
    items.extend(numbers_of_figure(material, output, built));
    items
}

/// Models side by side, coefficients with stars, standard errors in parentheses.
fn as_printed(
    material: Material<'_>,
    output: &Output,
    built: &Built,
    models: &Models,
) -> Regressions {
    let lang = material.lang;
    let coefficients = &built.table;
    let fit = material.study.outputs.iter().zip(material.built).find_map(|(other, built)| {
        let of =
            |asked: &Asked| matches!(asked, Asked::RegressionFit { of, .. } if *of == output.id);
        matches!(&other.kind, Kind::Accounts(asked) if of(asked)).then_some(&built.table)
    });
    let mut columns = Vec::new();
    for period in &models.periods {
        let period = format!("{}-{}", period.start(), period.end());
        for outcome in &models.outcomes {
            let keys = [("period", period.as_str()), ("outcome", outcome.as_str())];
            let mut model = Model::new(words::label(outcome, lang)).group(period.replace('-', "–"));
            let rows = (0..coefficients.rows()).filter(|&row| {
                keys.iter().all(|(name, value)| shows(coefficients, name, row) == *value)
            });
            for row in rows {
                let number = |name: &str| {
                    coefficients.column(name).map_or(f64::NAN, |column| column.number(row))
                };
                let term = words::label(&shows(coefficients, "term", row), lang);
                let (estimate, error) = (number("coefficient"), number("standard_error"));
                model = model.coefficient(term, estimate, error, number("p_value"));
            }
            columns.push(with_fit(model, fit, keys, lang));
        }
    }
    let file = |id: &str, ending: &str| (ending.to_uppercase(), format!("tables/{id}.{ending}"));
    let table = RegressionTable::new(columns)
        .digits(Digits::Decimals(0))
        .lang(lang)
        .note(convention(models, lang));
    Regressions {
        id: output.id.clone(),
        title: output::title(output, lang),
        table,
        note: output.note_in(lang),
        files: vec![file(&output.id, "csv"), file(&output.id, "parquet")],
    }
}

fn with_fit(
    mut model: Model,
    fit: Option<&crate::table::Table>,
    keys: [(&str, &str); 2],
    lang: Lang,
) -> Model {
    let Some(fit) = fit else { return model };
    let Some(row) = fit.find(keys) else { return model };
    for (name, digits) in [("observations", 0), ("job_centres", 0), ("adj_r2", 3), ("max_vif", 3)] {
        let number = fit.column(name).map_or(f64::NAN, |column| column.number(row));
        let cell = Cell::Number(number, Digits::Decimals(digits));
        model = model.statistic(words::column(name, lang), cell);
    }
    model
}

fn convention(models: &Models, lang: Lang) -> String {
    let name = models.convention.name();
    match lang {
        Lang::Da => format!(
            "Faste effekter af jobcentre og indikatorer for år efter periodens første. Konventionelle standardfejl og \
             justeret R² efter konventionen {name}; største VIF er den samlede regressions uden faste effekter."
        ),
        Lang::En => format!(
            "Fixed effects of job centres and indicators of years after the period's first. Conventional standard errors \
             and adjusted R² by the convention {name}; the largest VIF is that of the pooled regression."
        ),
    }
}

fn shows(table: &crate::table::Table, column: &str, row: usize) -> String {
    table.column(column).map(|values| values.show(row)).unwrap_or_default()
}

/// Coefficients beside the printed ones, a table a period.
fn by_period(material: Material<'_>, output: &Output, built: &Built, models: &Models) -> Vec<Item> {
    if output.published.is_none() {
        return Vec::new();
    }
    let lang = material.lang;
    let whole = comparison(material, output, built);
    let period_of = |row: usize| shows(&built.table, "period", row);
    // One period only has no column of it.
    let several = models.periods.len() > 1;
    let of_period = |period: &std::ops::RangeInclusive<i32>| {
        let period = format!("{}-{}", period.start(), period.end());
        let mut table = whole.clone();
        let own = |place: usize| period_of(place) == period;
        let rows = table.rows.into_iter().enumerate().filter(|(place, _)| own(*place));
        table.rows = rows.map(|(_, row)| row).collect();
        if several {
            table.keys.remove(0);
            for row in &mut table.rows {
                row.keys.remove(0);
            }
        }
        table.id = format!("{}_{period}", output.id);
        table.title = format!(
            "{} {}, {}",
            lang.pick("Tal til tabel", "Numbers of table"),
            output.number.pick(lang),
            period.replace('-', "–")
        );
        table.note = String::new();
        Item::Comparison(table)
    };
    models.periods.iter().map(of_period).collect()
}

/// What readers call a value of a key column.
pub(super) fn label(key: &str, value: &str, lang: Lang) -> String {
    match key {
        "bin" => words::bin(value, lang),
        "period" => value.replace('-', "–"),
        _ => words::label(value, lang),
    }
}

fn rows_of_unknown_groups(panel: &PanelRecord) -> u64 {
    panel.facts.unknown_groups.iter().map(|group| group.rows).sum()
}

/// Target groups that nothing names.
fn unknown_groups(panel: &PanelRecord, lang: Lang) -> Vec<Item> {
    let groups = &panel.facts.unknown_groups;
    if groups.is_empty() {
        return Vec::new();
    }
    let of_group = |group: &UnknownGroup| {
        let (rows, persons) =
            (labels::count(group.rows, lang), labels::number(group.persons, 0, lang));
        match lang {
            Lang::Da => {
                format!("{} ({rows} rækker, {persons} fuldtidspersoner)", group.target_group)
            }
            Lang::En => {
                format!("{} ({rows} rows, {persons} full-time persons)", group.target_group)
            }
        }
    };
    let names = groups.iter().map(of_group).collect::<Vec<_>>().join(", ");
    let text = match lang {
        Lang::Da => {
            format!("Hverken studiets regler eller tabeller nævner {names}. De er ikke regnet med.")
        }
        Lang::En => format!(
            "Neither the rules nor the tables of the study name {names}. They do not count."
        ),
    };
    let title = lang.pick("Ukendte målgrupper", "Unknown target groups").to_owned();
    vec![Item::Note(Note { kind: NoteKind::Warning, title, text })]
}

/// Accounts that the study's map does not have, and target groups that nothing names.
fn unknown(panel: &PanelRecord, lang: Lang) -> Vec<Item> {
    const MOST: usize = 30;
    let facts = &panel.facts;
    let of_groups = unknown_groups(panel, lang);
    if facts.unknown_rows == 0 {
        return of_groups;
    }
    let (rows, sum) =
        (labels::count(facts.unknown_rows, lang), labels::number(facts.unknown_amount, 0, lang));
    let text = match lang {
        Lang::Da => format!(
            "{rows} rækker på {} konti står ikke i studiets tabel over konti i deres år. De er ikke regnet med; deres sum er \
             {sum} kr. i løbende priser.",
            facts.unknown_accounts.len()
        ),
        Lang::En => format!(
            "{rows} rows of {} accounts are not in the study's table of accounts in their year. They do not count; their sum \
             is {sum} DKK in current prices.",
            facts.unknown_accounts.len()
        ),
    };
    let title = lang.pick("Konti uden for tabellen", "Accounts outside the table").to_owned();
    let mut by_size: Vec<_> = facts.unknown_accounts.iter().collect();
    by_size.sort_by(|a, b| b.amount.abs().total_cmp(&a.amount.abs()));
    let shown = by_size.iter().take(MOST).map(|account| {
        let years: Vec<String> = account.years.iter().map(ToString::to_string).collect();
        vec![
            account.dranst.clone(),
            account.function.clone(),
            account.grouping.clone(),
            years.join(" "),
            labels::count(account.rows, lang),
            labels::number(account.amount, 0, lang),
        ]
    });
    let note = match by_size.len().checked_sub(MOST) {
        Some(more @ 1..) => match lang {
            Lang::Da => format!("De {MOST} største; {more} flere står i run.json."),
            Lang::En => format!("The {MOST} largest; {more} more are in run.json."),
        },
        _ => String::new(),
    };
    let columns = [
        ("Dranst", "Dranst", false),
        ("Funktion", "Function", false),
        ("Gruppering", "Grouping", false),
        ("År", "Years", false),
        ("Rækker", "Rows", true),
        ("Kr.", "DKK", true),
    ];
    let table = Table {
        id: "unknown_accounts".to_owned(),
        title: title.clone(),
        columns: columns.map(|(da, en, right)| (lang.pick(da, en).to_owned(), right)).to_vec(),
        rows: shown.collect(),
        note,
        ..Table::default()
    };
    let of_accounts =
        [Item::Note(Note { kind: NoteKind::Warning, title, text }), Item::Table(table)];
    of_accounts.into_iter().chain(of_groups).collect()
}
