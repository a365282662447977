//! Text, CSV and Markdown.

use super::Digits;
use super::grid::{Grid, Row, in_language};
use crate::labels::Lang;

/// Aligned columns: numbers end at one place, stars and brackets stand after it.
pub(super) fn text(grid: &Grid, lang: Lang) -> String {
    let number = in_language(lang);
    let cells: Vec<Vec<(String, &str)>> = grid
        .rows
        .iter()
        .map(|row| row.cells.iter().map(|cell| cell.parts(&number)).collect())
        .collect();
    let width = |text: &str| text.chars().count();
    let label_width = grid.rows.iter().map(|row| width(&row.label)).max().unwrap_or(0);
    // A column's numbers, what comes after them, and both with the heading.
    let mut widths: Vec<(usize, usize)> = (0..grid.heads.len())
        .map(|model| {
            let of = |part: &dyn Fn(&(String, &str)) -> usize| {
                cells.iter().map(|row| part(&row[model])).max().unwrap_or(0)
            };
            (of(&|(body, _)| width(body)), of(&|(_, after)| width(after)))
        })
        .collect();
    for ((before, after), head) in widths.iter_mut().zip(&grid.heads) {
        *before += width(head).saturating_sub(*before + *after);
    }
    let mut from = 0;
    for (name, models) in &grid.groups {
        let of_group = &mut widths[from..from + models];
        let there: usize = of_group.iter().map(|(b, a)| b + a + GAP).sum::<usize>() - GAP;
        if let Some((before, _)) = of_group.first_mut() {
            *before += width(name).saturating_sub(there);
        }
        from += models;
    }
    let gap = " ".repeat(GAP);
    let mut lines = Vec::new();
    if !grid.title.is_empty() {
        lines.push(grid.title.clone());
        lines.push(String::new());
    }
    if !grid.groups.is_empty() {
        let mut line = " ".repeat(label_width);
        let mut from = 0;
        for (name, models) in &grid.groups {
            let there: usize = widths[from..from + models].iter().map(|(b, a)| b + a + GAP).sum();
            line.push_str(&format!("{gap}{name:^0$}", there - GAP));
            from += models;
        }
        lines.push(line);
    }
    let mut line = " ".repeat(label_width);
    for (head, &(before, after)) in grid.heads.iter().zip(&widths) {
        line.push_str(&format!("{gap}{head:>before$}{}", " ".repeat(after)));
        if width(head) > before {
            // The heading reaches over the stars.
            line.truncate(line.trim_end().len());
            line.push_str(&" ".repeat((before + after).saturating_sub(width(head))));
        }
    }
    lines.push(line);
    for (place, (row, cells)) in grid.rows.iter().zip(&cells).enumerate() {
        if grid.begins_statistics(place) && place > 0 {
            lines.push(String::new());
        }
        let mut line = format!("{:label_width$}", row.label);
        for ((body, suffix), &(before, after)) in cells.iter().zip(&widths) {
            line.push_str(&format!("{gap}{body:>before$}{suffix:<after$}"));
        }
        lines.push(line);
    }
    if !grid.notes.is_empty() {
        lines.push(String::new());
        lines.extend(grid.notes.iter().cloned());
    }
    lines.iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// Blanks between columns.
const GAP: usize = 2;

/// Cells as printed, decimals with a point, nothing between thousands.
pub(super) fn csv(grid: &Grid) -> String {
    let number = |value: f64, digits: Digits| digits.show(value);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let blanks = vec![String::new(); grid.heads.len()];
    let mut records: Vec<Vec<String>> = Vec::new();
    if !grid.groups.is_empty() {
        let of = |(name, models): &(String, usize)| vec![name.clone(); *models];
        records.push(with_label("", grid.groups.iter().flat_map(of).collect()));
    }
    records.push(with_label("", grid.heads.clone()));
    records.extend(grid.rows.iter().map(|row| with_label(&row.label, cells(row, &number))));
    records.extend(grid.notes.iter().map(|note| with_label(note, blanks.clone())));
    for record in &records {
        // Writing to memory does not fail.
        let _ = writer.write_record(record);
    }
    String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
}

/// A table of GitHub's Markdown; headings above several models stand before each.
pub(super) fn markdown(grid: &Grid, lang: Lang) -> String {
    let number = in_language(lang);
    let of = |(name, models): &(String, usize)| vec![name.clone(); *models];
    let groups: Vec<String> = grid.groups.iter().flat_map(of).collect();
    let head = |(place, head): (usize, &String)| match groups.get(place) {
        Some(group) if !group.is_empty() => format!("{group}: {head}"),
        _ => head.clone(),
    };
    let heads = grid.heads.iter().enumerate().map(head).collect();
    let line = |label: &str, cells: Vec<String>| {
        let cells: Vec<String> = with_label(label, cells).iter().map(|c| escape(c)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut lines = Vec::new();
    if !grid.title.is_empty() {
        lines.extend([format!("**{}**", escape(&grid.title)), String::new()]);
    }
    lines.push(line("", heads));
    lines.push(format!("|:---|{}", "---:|".repeat(grid.heads.len())));
    lines.extend(grid.rows.iter().map(|row| line(&row.label, cells(row, &number))));
    for note in &grid.notes {
        lines.extend([String::new(), escape(note)]);
    }
    lines.join("\n") + "\n"
}

/// Text that Markdown takes as it is.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '#' | '~' | '&' | '$' => {
                out.extend(['\\', c]);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn with_label(label: &str, cells: Vec<String>) -> Vec<String> {
    std::iter::once(label.to_owned()).chain(cells).collect()
}

fn cells(row: &Row, number: &dyn Fn(f64, Digits) -> String) -> Vec<String> {
    row.cells
        .iter()
        .map(|cell| {
            let (body, after) = cell.parts(number);
            body + after
        })
        .collect()
}
