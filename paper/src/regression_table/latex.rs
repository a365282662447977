//! LaTeX, with the packages booktabs and threeparttable.

use std::fmt::Write;

use super::Digits;
use super::grid::{Entry, Grid};
use crate::labels::Lang;

pub(super) fn latex(grid: &Grid, lang: Lang) -> String {
    let mut lines = vec![
        "% \\usepackage{booktabs, threeparttable}".to_owned(),
        "\\begin{table}[htbp]".to_owned(),
        "\\centering".to_owned(),
        "\\begin{threeparttable}".to_owned(),
    ];
    if !grid.title.is_empty() {
        lines.push(format!("\\caption{{{}}}", escape(&grid.title)));
    }
    lines.push(format!("\\begin{{tabular}}{{l{}}}", "c".repeat(grid.heads.len())));
    lines.push("\\toprule".to_owned());
    if !grid.groups.is_empty() {
        let mut line = String::new();
        let mut rules = String::new();
        let mut from = 2;
        for (name, models) in &grid.groups {
            let _ = write!(line, " & \\multicolumn{{{models}}}{{c}}{{{}}}", escape(name));
            if !name.is_empty() {
                let _ = write!(rules, "\\cmidrule(lr){{{from}-{}}}", from + models - 1);
            }
            from += models;
        }
        lines.extend([format!("{line} \\\\"), rules]);
    }
    let heads: Vec<String> = grid.heads.iter().map(|head| format!(" & {}", escape(head))).collect();
    lines.push(format!("{} \\\\", heads.concat()));
    for (place, row) in grid.rows.iter().enumerate() {
        if place == 0 || grid.begins_statistics(place) {
            lines.push("\\midrule".to_owned());
        }
        let of = |entry: &Entry| format!(" & {}", cell(entry, lang));
        let cells = row.cells.iter().map(of).collect::<Vec<_>>().concat();
        lines.push(format!("{}{cells} \\\\", escape(&row.label)));
    }
    lines.extend(["\\bottomrule".to_owned(), "\\end{tabular}".to_owned()]);
    if !grid.notes.is_empty() {
        lines.push("\\begin{tablenotes}\\footnotesize".to_owned());
        lines.extend(grid.notes.iter().map(|note| format!("\\item {}", escape(note))));
        lines.push("\\end{tablenotes}".to_owned());
    }
    lines.extend(["\\end{threeparttable}".to_owned(), "\\end{table}".to_owned()]);
    lines.join("\n") + "\n"
}

fn cell(entry: &Entry, lang: Lang) -> String {
    let number = |value: f64, digits: Digits| in_maths(&digits.show_in(value, lang));
    match entry {
        Entry::Empty => String::new(),
        Entry::Words(words) => escape(words),
        Entry::Estimate(_, _, stars) if !stars.is_empty() => {
            format!("${}^{{{stars}}}$", entry.parts(&number).0)
        }
        _ => {
            let (body, after) = entry.parts(&number);
            format!("${body}{after}$")
        }
    }
}

/// A number between dollars: its marks are no punctuation.
fn in_maths(number: &str) -> String {
    let text = number.replace('−', "-").replace(',', "{,}").replace('–', "\\mbox{--}");
    match text.split_once('e') {
        Some((digits, power)) => format!("{digits}\\times10^{{{power}}}"),
        None => text,
    }
}

/// Text that LaTeX takes as it is; brackets and stars after `\\` would be its options.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut code) = (false, false);
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '"' => {
                quoted = !quoted;
                out.push_str(if quoted { "``" } else { "''" });
            }
            '`' => {
                code = !code;
                out.push(if code { '`' } else { '\'' });
            }
            '[' | ']' | '*' => out.extend(['{', c, '}']),
            '²' => out.push_str("$^2$"),
            '−' => out.push_str("$-$"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
