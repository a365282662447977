//! The page around the tables and figures.

use std::fmt::Write;

use super::agreement::Tally;
use super::content::{
    Comparison, Facts, Figure, Item, Note, NoteKind, Regressions, Report, Section, Table,
};
use super::html::{base64, element, escape, files, identifier};
use super::tables::{self, SummaryRow};
use super::words::Words;
use crate::figure;
use crate::labels::{self, Lang};

const STYLE: &str = include_str!("style.css");

/// Sets the whole page. The same report gives the same bytes.
pub fn render(report: &Report) -> String {
    let lang = report.lang;
    let words = Words::of(lang);
    let rows = summary_rows(report);
    let mut html = start(&report.title, lang);
    let _ = write!(
        html,
        "<body id=\"top\">\n<header class=\"masthead\">\n<h1>{}</h1>\n{}</header>\n",
        escape(&report.title),
        element("p", "", &report.subtitle)
    );
    if !report.lead.is_empty() {
        let _ = write!(
            html,
            "<div class=\"lead\" role=\"note\"><div>\n<h2>{}</h2>\n",
            words.read_first
        );
        for text in &report.lead {
            html.push_str(&element("p", "", text));
        }
        html.push_str("</div></div>\n");
    }
    html.push_str("<div class=\"page\">\n");
    contents(&mut html, report, !rows.is_empty());
    html.push_str("<main>\n");
    if !rows.is_empty() {
        summary(&mut html, &rows, lang);
    }
    for part in &report.sections {
        section(&mut html, part, lang);
    }
    facts(&mut html, report);
    let _ = write!(
        html,
        "</main>\n</div>\n<footer>{}<p><a href=\"#top\">{}</a></p></footer>\n</body>\n</html>\n",
        element("p", "", &report.colophon),
        words.top
    );
    html
}

/// Everything before the body.
pub(super) fn start(title: &str, lang: Lang) -> String {
    let mut html = String::with_capacity(1 << 20);
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{}{STYLE}</style>\n</head>\n",
        lang.tag(),
        escape(title),
        font_faces()
    );
    html
}

/// The embedded letters, so that the page looks the same everywhere and loads nothing.
fn font_faces() -> String {
    let mut css = String::new();
    for (weight, bytes) in figure::font_files() {
        let _ = writeln!(
            css,
            "@font-face{{font-family:Inter;font-weight:{weight};font-display:swap;src:url(data:font/otf;base64,{}) format(\"opentype\")}}",
            base64(bytes)
        );
    }
    css
}

fn item_head(item: &Item) -> Option<(&str, &str)> {
    match item {
        Item::Comparison(table) => Some((&table.id, &table.title)),
        Item::Figure(figure) => Some((&figure.id, &figure.title)),
        Item::Regressions(table) => Some((&table.id, &table.title)),
        Item::Table(table) if !table.title.is_empty() => Some((&table.id, &table.title)),
        Item::Table(_) | Item::Text(_) | Item::Note(_) => None,
    }
}

fn summary_rows(report: &Report) -> Vec<SummaryRow<'_>> {
    let items = report.sections.iter().flat_map(|section| &section.items);
    items
        .filter_map(|item| {
            let (id, title) = item_head(item)?;
            Some(SummaryRow { id, title, tally: Tally::of(item) })
        })
        .filter(|row| row.tally.compared() > 0)
        .collect()
}

fn contents(html: &mut String, report: &Report, has_summary: bool) {
    let words = Words::of(report.lang);
    let _ = write!(
        html,
        "<nav aria-label=\"{}\">\n<h2>{}</h2>\n<ul>\n",
        words.contents, words.contents
    );
    if has_summary {
        let _ = writeln!(html, "<li><a href=\"#summary\">{}</a></li>", words.summary);
    }
    for section in &report.sections {
        let _ = write!(
            html,
            "<li><a href=\"#{}\">{}</a>",
            identifier(&section.id),
            escape(&section.title)
        );
        let heads: Vec<_> = section.items.iter().filter_map(item_head).collect();
        if !heads.is_empty() {
            html.push_str("<ul>\n");
            for (id, title) in heads {
                let (id, title) = (identifier(id), escape(title));
                let _ = writeln!(html, "<li><a href=\"#{id}\" title=\"{title}\">{title}</a></li>");
            }
            html.push_str("</ul>");
        }
        html.push_str("</li>\n");
    }
    if !report.facts.is_empty() || !report.run_json.is_empty() {
        let _ = writeln!(html, "<li><a href=\"#facts\">{}</a></li>", words.facts);
    }
    html.push_str("</ul>\n</nav>\n");
}

fn summary(html: &mut String, rows: &[SummaryRow<'_>], lang: Lang) {
    let words = Words::of(lang);
    let all = rows.iter().map(|row| row.tally).fold(Tally::default(), Tally::plus);
    let count = |n: usize| labels::count(n as u64, lang);
    let headline = if all.differ == 0 {
        format!("{} ({}).", words.all_agree, count(all.agree))
    } else {
        match lang {
            Lang::Da => format!(
                "{} af {} sammenlignede tal stemmer; {} afviger.",
                count(all.agree),
                count(all.compared()),
                count(all.differ)
            ),
            Lang::En => format!(
                "{} of {} compared numbers agree; {} differ.",
                count(all.agree),
                count(all.compared()),
                count(all.differ)
            ),
        }
    };
    let not_compared = match (all.suppressed, lang) {
        (0, _) => String::new(),
        (n, Lang::Da) => {
            format!(" {} trykte tal er ikke sammenlignet: for få personer står bag.", count(n))
        }
        (n, Lang::En) => {
            format!(" {} printed numbers are not compared: too few persons stand behind.", count(n))
        }
    };
    let _ = write!(
        html,
        "<section id=\"summary\">\n<h2>{}</h2>\n<p class=\"headline\">{headline}</p>\n<p>{}{not_compared}</p>\n{}</section>\n",
        words.summary,
        words.summary_text,
        tables::summary(rows, lang)
    );
}

fn section(html: &mut String, section: &Section, lang: Lang) {
    let _ = write!(
        html,
        "<section id=\"{}\">\n<h2>{}</h2>\n",
        identifier(&section.id),
        escape(&section.title)
    );
    for text in &section.intro {
        html.push_str(&element("p", "", text));
    }
    for item in &section.items {
        match item {
            Item::Text(text) => html.push_str(&element("p", "", text)),
            Item::Comparison(table) => comparison(html, table, lang),
            Item::Figure(figure) => picture(html, figure, lang),
            Item::Regressions(table) => regressions(html, table, lang),
            Item::Table(table) => plain(html, table, lang),
            Item::Note(one) => note(html, one, lang),
        }
    }
    html.push_str("</section>\n");
}

fn head(html: &mut String, id: &str, title: &str, badge: &str, caption: &str) {
    let _ = write!(
        html,
        "<article id=\"{}\">\n<header><h3>{}</h3>{badge}</header>\n",
        identifier(id),
        escape(title)
    );
    html.push_str(&element("p", "caption", caption));
}

fn comparison(html: &mut String, table: &Comparison, lang: Lang) {
    let badge = tables::badge(Tally::of(&Item::Comparison(table.clone())), lang);
    head(html, &table.id, &table.title, &badge, &table.caption);
    html.push_str(&tables::comparison(table, lang));
    html.push_str(&element("p", "below", &table.note));
    html.push_str(&files(Words::of(lang).data, &table.files));
    html.push_str("</article>\n");
}

fn picture(html: &mut String, figure: &Figure, lang: Lang) {
    let tally = Tally::of(&Item::Figure(Box::new(figure.clone())));
    head(html, &figure.id, &figure.title, &tables::badge(tally, lang), &figure.caption);
    let both = if figure.narrow.is_empty() { "figure only" } else { "figure" };
    // The pictures come from the figure module, which escapes their texts.
    let _ = write!(html, "<div class=\"{both}\">\n<div class=\"wide\">{}</div>\n", figure.wide);
    if !figure.narrow.is_empty() {
        let _ = writeln!(html, "<div class=\"narrow\">{}</div>", figure.narrow);
    }
    html.push_str("</div>\n");
    html.push_str(&element("p", "below", &figure.note));
    html.push_str(&tables::published_values(figure, lang));
    if let Some(numbers) = &figure.numbers {
        let words = Words::of(lang);
        let named =
            Table { title: format!("{}: {}", words.numbers, figure.title), ..numbers.clone() };
        let _ = write!(
            html,
            "<details class=\"numbers\"><summary>{}</summary>\n{}</details>\n",
            words.numbers,
            tables::plain(&named)
        );
    }
    html.push_str(&files(Words::of(lang).data, &figure.files));
    html.push_str("</article>\n");
}

fn regressions(html: &mut String, table: &Regressions, lang: Lang) {
    head(html, &table.id, &table.title, "", "");
    // The table escapes its texts.
    html.push_str(&tables::scroll(&table.title, &table.table.to_html()));
    html.push_str(&element("p", "below", &table.note));
    html.push_str(&files(Words::of(lang).data, &table.files));
    html.push_str("</article>\n");
}

fn plain(html: &mut String, table: &Table, lang: Lang) {
    let _ = writeln!(html, "<article id=\"{}\">", identifier(&table.id));
    if !table.title.is_empty() {
        let _ = writeln!(html, "<header><h3>{}</h3></header>", escape(&table.title));
    }
    html.push_str(&element("p", "caption", &table.caption));
    html.push_str(&tables::plain(table));
    html.push_str(&element("p", "below", &table.note));
    html.push_str(&files(Words::of(lang).data, &table.files));
    html.push_str("</article>\n");
}

fn note(html: &mut String, note: &Note, lang: Lang) {
    let words = Words::of(lang);
    let (class, word) = match note.kind {
        NoteKind::Remark => ("remark", words.remark),
        NoteKind::Warning => ("warning", words.warning),
        NoteKind::Slip => ("slip", words.slip),
    };
    let title =
        if note.title.is_empty() { word.to_owned() } else { format!("{word}: {}", note.title) };
    let _ = write!(
        html,
        "<aside class=\"note {class}\">\n{}{}</aside>\n",
        element("p", "what", &title),
        element("p", "", &note.text)
    );
}

fn facts(html: &mut String, report: &Report) {
    if report.facts.is_empty() && report.run_json.is_empty() {
        return;
    }
    let words = Words::of(report.lang);
    let _ =
        write!(html, "<section id=\"facts\">\n<h2>{}</h2>\n<div class=\"facts\">\n", words.facts);
    for list in &report.facts {
        fact_list(html, list);
    }
    html.push_str("</div>\n");
    if !report.run_json.is_empty() {
        let _ = writeln!(
            html,
            "<details><summary>{}</summary>\n<pre tabindex=\"0\">{}</pre>\n</details>",
            words.run_json,
            escape(&report.run_json)
        );
    }
    html.push_str("</section>\n");
}

fn fact_list(html: &mut String, list: &Facts) {
    let _ = write!(html, "<div>\n{}<dl>\n", element("h3", "", &list.title));
    for (name, value) in &list.rows {
        let _ = writeln!(html, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value));
    }
    html.push_str("</dl>\n</div>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regression_table::{Model, RegressionTable};
    use crate::report::{Cell, Published, Row, ValueColumn};

    const EVIL: &str = "<script>alert('x')</script>&\"";

    fn evil() -> Report {
        let text = || EVIL.to_owned();
        let link = vec![(text(), "javascript:alert(1)".to_owned())];
        let items = vec![
            Item::Text(text()),
            Item::Comparison(Comparison {
                id: text(),
                title: text(),
                caption: text(),
                keys: vec![text()],
                columns: vec![ValueColumn::counts(EVIL)],
                rows: vec![Row::new([EVIL], vec![Cell::computed(f64::NAN)])],
                note: text(),
                files: link.clone(),
            }),
            Item::Figure(Box::new(Figure {
                id: text(),
                title: text(),
                caption: text(),
                published: vec![Published {
                    label: text(),
                    wording: text(),
                    ..Published::default()
                }],
                note: text(),
                files: link.clone(),
                ..Figure::default()
            })),
            Item::Regressions(Box::new(Regressions {
                id: text(),
                title: text(),
                table: RegressionTable::new(vec![
                    Model::new(EVIL).coefficient(EVIL, 1.0, 1.0, 0.0),
                ])
                .note(EVIL),
                note: text(),
                files: Vec::new(),
            })),
            Item::Table(Table {
                id: text(),
                title: text(),
                caption: text(),
                columns: vec![(text(), true)],
                rows: vec![vec![text()], vec![]],
                note: text(),
                files: link,
            }),
            Item::Note(Note { kind: NoteKind::Slip, title: text(), text: text() }),
        ];
        Report {
            lang: Lang::Da,
            title: text(),
            subtitle: text(),
            lead: vec![text()],
            sections: vec![Section { id: text(), title: text(), intro: vec![text()], items }],
            facts: vec![Facts { title: text(), rows: vec![(text(), text())] }],
            run_json: text(),
            colophon: text(),
        }
    }

    #[test]
    fn all_text_is_escaped() {
        let html = render(&evil());
        assert!(!html.contains("<script"));
        assert!(!html.contains("javascript:"));
        assert!(html.contains("&lt;script&gt;"));
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let html = render(&evil());
        for outside in ["http://", "https://", "src=\"", "<link", "@import", "<iframe"] {
            assert!(!html.contains(outside), "{outside}");
        }
    }

    #[test]
    fn same_bytes_twice_and_an_empty_report() {
        assert_eq!(render(&evil()), render(&evil()));
        let empty = render(&Report::new(Lang::En));
        assert!(empty.contains("<html lang=\"en\">") && empty.ends_with("</html>\n"));
        assert!(!empty.contains("id=\"summary\"") && !empty.contains("id=\"facts\""));
    }
}
