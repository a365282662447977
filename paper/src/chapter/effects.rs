//! Tables of two arms.

use super::{Material, capital, data_files};
use crate::labels;
use crate::output;
use crate::report::Table;
use crate::study::Output;
use crate::table;
use crate::weeks::{AT_RISK, Arms, DIFFERENCE, EffectPath};

/// Both arms and their difference with interval and band at the times that the study shows, and who is followed so long.
pub(super) fn at_times(
    material: Material<'_>,
    output: &Output,
    path: &EffectPath,
    built: &table::Table,
) -> Table {
    let lang = material.lang;
    let column = path.outcome.column();
    let arms = [path.arms.treated.as_str(), path.arms.comparison.as_str(), DIFFERENCE];
    let digits = 1;
    let rows = path.shown.iter().map(|time| {
        let time = time.to_string();
        let number = |arm: &str, column: &str| {
            let row = built.find([("arm", arm), (path.unit.name(), time.as_str())]);
            row.zip(built.column(column)).map_or(f64::NAN, |(row, values)| values.number(row))
        };
        let limits = |low: &str, high: &str| {
            let [low, high] =
                [low, high].map(|of| labels::number(number(DIFFERENCE, of), digits, lang));
            format!("{low} – {high}")
        };
        let persons = number(DIFFERENCE, path.behind());
        let estimates = arms.map(|arm| labels::number(number(arm, column), digits, lang));
        let last = [
            limits("conf_low", "conf_high"),
            limits("band_low", "band_high"),
            labels::number(persons, 0, lang),
        ];
        std::iter::once(time.clone()).chain(estimates).chain(last).collect()
    });
    let level = labels::percent(path.arms.level * 100.0, 0, lang);
    let heads = [
        format!("{level}, {}", lang.pick("for sig", "by itself")),
        format!("{level}, {}", lang.pick("på én gang", "all at once")),
        if path.behind() == AT_RISK {
            material.week_word(AT_RISK)
        } else {
            lang.pick("Personer fulgt", "Persons followed").to_owned()
        },
    ];
    let unit = material.week_word(path.unit.name());
    let numbers = material.week_word(column).to_lowercase();
    Table {
        id: format!("{}_times", output.id),
        title: format!("{} ({numbers})", output::title(output, lang)),
        columns: std::iter::once((capital(&unit), true))
            .chain(arms.map(|arm| (material.week_word(arm), true)))
            .chain(heads.map(|head| (head, true)))
            .collect(),
        rows: rows.collect(),
        ..Table::default()
    }
}

/// Covariates of both arms before and after weighting.
pub(super) fn balance(
    material: Material<'_>,
    output: &Output,
    arms: &Arms,
    built: &table::Table,
) -> Table {
    let lang = material.lang;
    let names = built.column("covariate");
    let rows = (0..built.rows()).map(|row| {
        let name = names.map(|names| names.show(row)).unwrap_or_default();
        let value = |(of, decimals): (&str, usize)| {
            let digits = if name == "effective_persons" { 0 } else { decimals };
            let [before, after] = ["before", "after"].map(|when| {
                let column = built.column(&format!("{of}_{when}"));
                column.map_or(f64::NAN, |values| values.number(row))
            });
            let before = labels::number(before, digits, lang);
            if after.is_nan() {
                before
            } else {
                format!("{before} → {}", labels::number(after, digits, lang))
            }
        };
        let values = [("treated", 2), ("comparison", 2), ("difference", 3)].map(value);
        std::iter::once(material.week_word(&name)).chain(values).collect()
    });
    let heads = [
        material.week_word(&arms.treated),
        material.week_word(&arms.comparison),
        lang.pick("Std. forskel", "Std. difference").to_owned(),
    ];
    Table {
        id: output.id.clone(),
        title: output::title(output, lang),
        columns: std::iter::once((material.week_word("covariate"), false))
            .chain(heads.map(|head| (head, true)))
            .collect(),
        rows: rows.collect(),
        note: output.note_in(lang),
        files: data_files(output),
        ..Table::default()
    }
}
