//! HTML.

use std::fmt::Write;

use super::Digits;
use super::grid::{Entry, Grid, Kind};
use crate::figure::escape;
use crate::labels::Lang;

/// Looks of a page of its own; in other pages the class `regression` is theirs to style.
const STYLE: &str = "body{font-family:sans-serif;margin:2em}table.regression{border-collapse:collapse;border-top:2px solid;\
border-bottom:2px solid}.regression th,.regression td{padding:.1em .8em;text-align:center;font-weight:normal}\
.regression th[scope=row]{text-align:left}.regression thead tr:last-child th{border-bottom:1px solid}\
.regression th.group{border-bottom:1px solid}.regression tr.first>*{border-top:1px solid}\
.regression caption{text-align:left;font-weight:bold;padding-bottom:.5em}\
.regression tfoot td{text-align:left;font-size:.85em;border-top:0}.regression sup{line-height:0}";

pub(super) fn page(grid: &Grid, lang: Lang) -> String {
    let title = if grid.title.is_empty() { "Regression" } else { &grid.title };
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
        lang.tag(),
        escape(title),
        table(grid, lang)
    )
}

pub(super) fn table(grid: &Grid, lang: Lang) -> String {
    let mut html = "<table class=\"regression\">\n".to_owned();
    if !grid.title.is_empty() {
        let _ = writeln!(html, "<caption>{}</caption>", escape(&grid.title));
    }
    html += "<thead>\n";
    if !grid.groups.is_empty() {
        let of = |(name, models): &(String, usize)| match name.as_str() {
            "" => format!("<td colspan=\"{models}\"></td>"),
            name => format!(
                "<th scope=\"colgroup\" class=\"group\" colspan=\"{models}\">{}</th>",
                escape(name)
            ),
        };
        let groups = grid.groups.iter().map(of).collect::<Vec<_>>().concat();
        let _ = writeln!(html, "<tr><td></td>{groups}</tr>");
    }
    let head = |head: &String| format!("<th scope=\"col\">{}</th>", escape(head));
    let heads = grid.heads.iter().map(head).collect::<Vec<_>>().concat();
    let _ = writeln!(html, "<tr><td></td>{heads}</tr>\n</thead>\n<tbody>");
    for (place, row) in grid.rows.iter().enumerate() {
        let first = if grid.begins_statistics(place) { " class=\"first\"" } else { "" };
        // A standard error belongs to the label above it.
        let label = match row.kind {
            Kind::Estimate => {
                format!("<th scope=\"row\" rowspan=\"2\">{}</th>", escape(&row.label))
            }
            Kind::StdError => String::new(),
            Kind::Statistic => format!("<th scope=\"row\">{}</th>", escape(&row.label)),
        };
        let of = |entry: &Entry| format!("<td>{}</td>", cell(entry, lang));
        let cells = row.cells.iter().map(of).collect::<Vec<_>>().concat();
        let _ = writeln!(html, "<tr{first}>{label}{cells}</tr>");
    }
    html += "</tbody>\n";
    if !grid.notes.is_empty() {
        html += "<tfoot>\n";
        for note in &grid.notes {
            let width = grid.heads.len() + 1;
            let _ = writeln!(
                html,
                "<tr><td colspan=\"{width}\"><span>{}</span></td></tr>",
                escape(note)
            );
        }
        html += "</tfoot>\n";
    }
    html + "</table>\n"
}

fn cell(entry: &Entry, lang: Lang) -> String {
    let number = |value: f64, digits: Digits| digits.show_in(value, lang);
    let (body, after) = entry.parts(&number);
    match entry {
        Entry::Estimate(_, _, stars) if !stars.is_empty() => {
            format!("{}<sup>{after}</sup>", escape(&body))
        }
        _ => escape(&body) + after,
    }
}
