//! The tests below a figure, as a reader sees them.

use super::Material;
use crate::labels::{self, Lang};
use crate::report;
use crate::study::Output;
use crate::table::Table;

/// Gray's tests of the groups of a figure, beside how far the groups are apart.
pub(super) fn of_figure(
    material: Material<'_>,
    output: &Output,
    tests: &Table,
    by: &str,
) -> report::Table {
    let lang = material.lang;
    let number = |row: usize, column: &str| {
        tests.column(column).map_or(f64::NAN, |values| values.number(row))
    };
    let word = |row: usize, column: &str| {
        tests.column(column).map(|values| values.show(row)).unwrap_or_default()
    };
    let percent = |row: usize, column: &str| labels::number(100.0 * number(row, column), 1, lang);
    let rows = (0..tests.rows())
        .map(|row| {
            let group = |which: &str| {
                let name = labels::group(by, &word(row, which), lang);
                format!("{name}: {}", percent(row, &format!("{which}_estimate")))
            };
            vec![
                labels::exit(&word(row, "cause"), lang).to_owned(),
                group("lowest"),
                group("highest"),
                percent(row, "difference"),
                format!("{} – {}", percent(row, "conf_low"), percent(row, "conf_high")),
                labels::number(number(row, "statistic"), 1, lang),
                labels::number(number(row, "df"), 0, lang),
                p_value(number(row, "p_value"), lang),
            ]
        })
        .collect();
    let months = labels::number(number(0, "time"), 0, lang);
    let heading = |da: &str, en: &str, right| (lang.pick(da, en).to_owned(), right);
    report::Table {
        id: format!("{}_tests", output.id),
        title: format!(
            "{} {}",
            lang.pick(
                "Er grupperne ens? Grays test til figur",
                "Are the groups alike? Gray's test for figure"
            ),
            output.number.pick(lang)
        ),
        columns: vec![
            heading("Afgang til", "Exit to", false),
            heading("Laveste, procent", "Lowest, per cent", false),
            heading("Højeste, procent", "Highest, per cent", false),
            heading("Forskel, point", "Difference, points", true),
            heading("95 %", "95 %", true),
            heading("χ²", "χ²", true),
            heading("df", "df", true),
            heading("p", "p", true),
        ],
        rows,
        note: match lang {
            Lang::Da => format!(
                "Sandsynligheder {months} måneder efter forløbets begyndelse. Test og grænser tæller personer: en \
                 persons forløb regnes ikke for uafhængige af hinanden. Med så mange forløb er næsten enhver forskel \
                 statistisk sikker; spørgsmålet er, om den er stor. Forskellen er mellem den højeste og den laveste af \
                 grupperne, valgt efter tallene."
            ),
            Lang::En => format!(
                "Probabilities {months} months after the start of the spell. Tests and limits count persons: the \
                 spells of one person are not taken for independent. With so many spells almost any difference is \
                 statistically certain; what matters is whether it is large. The difference is between the highest and \
                 the lowest of the groups, chosen by the numbers."
            ),
        },
        files: ["csv", "parquet"]
            .map(|ending| (ending.to_uppercase(), format!("tables/{}_tests.{ending}", output.id)))
            .to_vec(),
        ..report::Table::default()
    }
}

/// A p-value with three decimals, or that it is small.
fn p_value(p: f64, lang: Lang) -> String {
    if p < 0.001 {
        format!("< {}", labels::number(0.001, 3, lang))
    } else {
        labels::number(p, 3, lang)
    }
}
