//! Tables of the report.

use std::fmt::Write;

use super::agreement::Tally;
use super::content::{Cell, Comparison, Figure, Marks, Row, Table, ValueColumn};
use super::html::{element, escape, escape_softly, identifier};
use super::words::Words;
use crate::labels::{self, Lang};
use crate::printed::Agreement;

/// A scrolling box around a table, so that a wide table never widens the page.
pub(super) fn scroll(label: &str, table: &str) -> String {
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n{table}</div>\n",
        escape(label)
    )
}

/// "28 af 28 stemmer", quiet if all agree.
pub(super) fn badge(tally: Tally, lang: Lang) -> String {
    if tally.compared() == 0 {
        return String::new();
    }
    let words = Words::of(lang);
    let count = |n: usize| labels::count(n as u64, lang);
    let (class, text) = if tally.differ == 0 {
        let all = count(tally.agree);
        (
            "badge ok",
            format!("✓ {all} {} {all} {}", lang.pick("af", "of"), words.agree.to_lowercase()),
        )
    } else {
        let (differ, all) = (count(tally.differ), count(tally.compared()));
        (
            "badge off",
            format!("{differ} {} {all} {}", lang.pick("af", "of"), words.differ.to_lowercase()),
        )
    };
    element("span", class, &text)
}

/// Published | computed | difference for every value column.
pub(super) fn comparison(table: &Comparison, lang: Lang) -> String {
    let words = Words::of(lang);
    // A single key stays in view while the numbers scroll.
    let stay = if table.keys.len() == 1 { " stay" } else { "" };
    // On phones a single difference stays in view, too.
    let one = match (table.columns.len(), table.keys.len()) {
        (1, 2..) => " one many",
        _ => "",
    };
    let mut html = format!("<table class=\"compare{stay}{one}\">\n<thead>\n<tr>");
    for key in &table.keys {
        let _ = write!(html, "<th rowspan=\"2\" scope=\"col\" class=\"key\">{}</th>", escape(key));
    }
    for column in &table.columns {
        let _ = write!(
            html,
            "<th colspan=\"3\" scope=\"colgroup\" class=\"group\">{}</th>",
            escape(&column.label)
        );
    }
    html.push_str("</tr>\n<tr>");
    for column in &table.columns {
        let published = if is_scaled(column) {
            format!("{} × {}", words.published, factor(column.factor, lang))
        } else {
            words.published.to_owned()
        };
        let _ = write!(
            html,
            "<th scope=\"col\" class=\"num first\">{}</th><th scope=\"col\" class=\"num\">{}</th>\
             <th scope=\"col\" class=\"num diff\">{}</th>",
            escape(&published),
            words.computed,
            words.difference
        );
    }
    html.push_str("</tr>\n</thead>\n<tbody>\n");
    let mut previous: Option<&Row> = None;
    for row in &table.rows {
        comparison_row(&mut html, table, row, previous, lang);
        previous = Some(row);
    }
    html.push_str("</tbody>\n</table>\n");
    scroll(&table.title, &html)
}

fn comparison_row(
    html: &mut String,
    table: &Comparison,
    row: &Row,
    previous: Option<&Row>,
    lang: Lang,
) {
    let many = table.keys.len() > 1;
    let repeats = many && previous.is_some_and(|before| before.keys.first() == row.keys.first());
    let class = match (row.total, many && previous.is_some() && !repeats) {
        (true, true) => " class=\"total part\"",
        (true, false) => " class=\"total\"",
        (false, true) => " class=\"part\"",
        (false, false) => "",
    };
    let _ = write!(html, "<tr{class}>");
    for place in 0..table.keys.len() {
        let key = row.keys.get(place).map_or("", String::as_str);
        let repeated = if place == 0 && repeats { "key again" } else { "key" };
        let _ = write!(
            html,
            "<th scope=\"row\" class=\"{repeated}\"><span>{}</span></th>",
            escape(key)
        );
    }
    for (place, column) in table.columns.iter().enumerate() {
        let cell = row.cells.get(place).copied().unwrap_or_default();
        let _ = write!(
            html,
            "<td class=\"num first pub\">{}</td><td class=\"num\">{}</td>{}",
            published_cell(cell, column, lang),
            cell.computed.map_or(String::new(), |v| number(v, cell, column, lang)),
            difference_cell(cell, column, lang)
        );
    }
    html.push_str("</tr>\n");
}

/// A number with its digits, or the mark that it stands for.
fn number(value: f64, cell: Cell, column: &ValueColumn, lang: Lang) -> String {
    match column.marks {
        Marks::None => labels::number(value, cell.decimals.unwrap_or(column.decimals), lang),
        Marks::Stars => "*".repeat(value.clamp(0.0, 9.0) as usize),
        Marks::YesNo if value > 0.5 => lang.pick("ja", "yes").to_owned(),
        Marks::YesNo => lang.pick("nej", "no").to_owned(),
    }
}

fn is_scaled(column: &ValueColumn) -> bool {
    (column.factor - 1.0).abs() > 1e-12
}

/// A scale with the digits it needs, at most six.
pub(crate) fn factor(value: f64, lang: Lang) -> String {
    let text = labels::number(value, 6, lang);
    text.trim_end_matches('0').trim_end_matches([',', '.']).to_owned()
}

fn published_cell(cell: Cell, column: &ValueColumn, lang: Lang) -> String {
    let Some(published) = cell.published else { return String::new() };
    let printed = number(published, cell, column, lang);
    if is_scaled(column) {
        let scaled = number(published * column.factor, cell, column, lang);
        format!("{scaled}<small>{printed}</small>")
    } else {
        printed
    }
}

fn difference_cell(cell: Cell, column: &ValueColumn, lang: Lang) -> String {
    match cell.agreement {
        // How far a mark is from another is no number.
        Agreement::Differs(_) if column.marks != Marks::None => {
            "<td class=\"diff off\"><span>≠</span></td>".to_owned()
        }
        agreement => verdict(agreement, column.decimals, lang),
    }
}

fn verdict(agreement: Agreement, decimals: usize, lang: Lang) -> String {
    match agreement {
        Agreement::Agrees => agreed(lang),
        Agreement::Differs(by) => differing(by, decimals, lang),
        Agreement::Missing => "<td class=\"diff off\"><span>–</span></td>".to_owned(),
        Agreement::Suppressed => suppressed(lang),
        Agreement::Nothing => "<td class=\"diff\"></td>".to_owned(),
    }
}

fn agreed(lang: Lang) -> String {
    let word = Words::of(lang).agrees;
    format!("<td class=\"diff ok\"><span title=\"{word}\" aria-label=\"{word}\">✓</span></td>")
}

fn suppressed(lang: Lang) -> String {
    let words = Words::of(lang);
    format!(
        "<td class=\"diff hidden\"><span title=\"{}\">{}</span></td>",
        words.too_few, words.suppressed
    )
}

fn differing(by: f64, decimals: usize, lang: Lang) -> String {
    // What rounds to nothing gets two more digits, and what is still nothing a sign.
    let text = [decimals, decimals + 2]
        .into_iter()
        .map(|digits| labels::signed(by, digits, lang))
        .find(|text| text != "0")
        .unwrap_or_else(|| "≠".to_owned());
    format!("<td class=\"diff off\"><span>{}</span></td>", escape(&text))
}

/// What the report's text says about a figure.
pub(super) fn published_values(figure: &Figure, lang: Lang) -> String {
    if figure.published.is_empty() {
        return String::new();
    }
    let words = Words::of(lang);
    let mut html = format!(
        "<table class=\"says\">\n<caption>{}</caption>\n<thead><tr><th scope=\"col\" class=\"key\"></th>\
         <th scope=\"col\" class=\"num\">{}</th><th scope=\"col\" class=\"num\">{}</th>\
         <th scope=\"col\" class=\"num diff\">{}</th></tr></thead>\n<tbody>\n",
        words.report_says, words.published, words.computed, words.difference
    );
    for value in &figure.published {
        // A count needs no digit more than it has.
        let whole = value.computed.is_some_and(|computed| computed.fract() == 0.0);
        let decimals = if whole { value.decimals } else { value.decimals.max(1) };
        let computed = value.computed.map_or(String::new(), |v| labels::number(v, decimals, lang));
        let difference = verdict(value.agreement, decimals, lang);
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\" class=\"key\">{}</th><td class=\"num pub\">{}</td><td class=\"num\">{computed}</td>{difference}</tr>",
            escape(&value.label),
            escape(&value.wording)
        );
    }
    html.push_str("</tbody>\n</table>\n");
    scroll(&figure.title, &html)
}

/// A table of texts.
pub(super) fn plain(table: &Table) -> String {
    let class = |right: bool| if right { "num" } else { "txt" };
    let mut html = String::from("<table class=\"plain\">\n<thead><tr>");
    for (heading, right) in &table.columns {
        let _ =
            write!(html, "<th scope=\"col\" class=\"{}\">{}</th>", class(*right), escape(heading));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for (place, (_, right)) in table.columns.iter().enumerate() {
            let text = row.get(place).map_or("", String::as_str);
            let _ = write!(html, "<td class=\"{}\">{}</td>", class(*right), escape(text));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n");
    scroll(&table.title, &html)
}

/// One line of the summary: where it is, its title, its tally.
pub(super) struct SummaryRow<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) tally: Tally,
}

/// Which tables and figures agree, with a bar for the share.
pub(super) fn summary(rows: &[SummaryRow<'_>], lang: Lang) -> String {
    let words = Words::of(lang);
    let count = |n: usize| labels::count(n as u64, lang);
    let mut html = format!(
        "<table class=\"plain summary\">\n<thead><tr><th scope=\"col\" class=\"txt\">{}</th>\
         <th scope=\"col\" class=\"num\">{}</th><th scope=\"col\" class=\"num\">{}</th>\
         <th scope=\"col\" class=\"num\">{}</th><th class=\"share\" aria-hidden=\"true\"></th></tr></thead>\n<tbody>\n",
        words.part, words.compared, words.agree, words.differ
    );
    let mut all = Tally::default();
    for row in rows {
        all = all.plus(row.tally);
        let title = format!("<a href=\"#{}\">{}</a>", identifier(row.id), escape_softly(row.title));
        summary_row(&mut html, &title, row.tally, "", count);
    }
    summary_row(&mut html, words.total, all, " class=\"total\"", count);
    html.push_str("</tbody>\n</table>\n");
    scroll(words.summary, &html)
}

fn summary_row(
    html: &mut String,
    title: &str,
    tally: Tally,
    class: &str,
    count: impl Fn(usize) -> String,
) {
    let share = 100.0 * tally.agree as f64 / tally.compared().max(1) as f64;
    let differ = if tally.differ == 0 {
        "–".to_owned()
    } else {
        format!("<b>{}</b>", count(tally.differ))
    };
    let _ = writeln!(
        html,
        "<tr{class}><td class=\"txt\">{title}</td><td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{differ}</td>\
         <td class=\"share\" aria-hidden=\"true\"><i><i style=\"width:{share:.1}%\"></i></i></td></tr>",
        count(tally.compared()),
        count(tally.agree),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printed::Printed;

    fn both(printed: &str, computed: f64) -> Cell {
        Cell::both(&Printed::parse(printed).unwrap(), computed, 1.0)
    }

    fn table() -> Comparison {
        Comparison {
            title: "T".into(),
            keys: vec!["Målgruppe".into(), "Afgang".into()],
            columns: vec![ValueColumn::counts("Forløb"), ValueColumn::new("Procent", 1)],
            rows: vec![
                Row::new(["A", "x"], vec![both("1000", 1000.0), both("21.6", 21.9)]),
                Row::new(["A", "y<"], vec![Cell::computed(7.0)]),
                Row::new(["B", "x"], vec![]).total(),
            ],
            ..Comparison::named("t")
        }
    }

    #[test]
    fn agreement_is_quiet_and_difference_is_signed() {
        let html = comparison(&table(), Lang::Da);
        assert_eq!(html.matches("diff ok").count(), 1);
        assert!(html.contains("<td class=\"diff off\"><span>+0,3</span></td>"));
        assert!(html.contains("1.000") && html.contains("y&lt;"));
        assert_eq!(html.matches("key again").count(), 1);
        assert!(html.contains("class=\"total part\""));
    }

    #[test]
    fn scaled_columns_show_both_numbers() {
        let mut table = table();
        table.columns[0] = ValueColumn::counts("Forløb").times(0.05);
        let html = comparison(&table, Lang::Da);
        assert!(html.contains("Rapport × 0,05"), "{html}");
        assert!(html.contains("50<small>1.000</small>"));
    }

    #[test]
    fn tiny_differences_are_shown() {
        assert!(differing(0.004, 1, Lang::Da).contains("+0,004"));
        assert!(differing(1e-9, 1, Lang::Da).contains('≠'));
    }
}
