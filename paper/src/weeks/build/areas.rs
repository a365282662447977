//! Small areas: another output computed area by area, one number of it ranked.

use std::collections::BTreeMap;

use afgang_engine::grouping::MISSING_LABEL;
use afgang_engine::tabulate::CountTable;

use super::disclosure::{Sum, hide_what_follows};
use super::{Context, LEVEL, counted, share};
use crate::figure::{Chart, Dot, Dots};
use crate::labels::{self, Lang};
use crate::output::{self, Built};
use crate::study::Words;
use crate::table::{Table, Values};
use crate::weeks::by_area::{ByArea, TOTAL};

/// Limits of the ranked number where the output that is computed has none.
const LIMITS: [&str; 2] = ["conf_low", "conf_high"];

/// `area`, the columns of the output that is computed by area, `conf_low, conf_high` (Wilson's for shares that have none of
/// their own), `rank` and `extreme`; areas from the highest to the lowest of the row that is drawn, the total of all areas last.
///
/// Each row is ranked among the areas. Where fewer persons than asked for stand behind a row, no number is given; and so many
/// further rows are hidden that no total of areas or of rows, and no combination of totals, tells a hidden one.
///
/// # Errors
///
/// If an estimator refuses.
pub(super) fn areas(
    context: Context<'_>,
    asked: &ByArea,
    tables: &[CountTable],
) -> Result<Built, afgang_models::Error> {
    let of = |tables: &[CountTable]| counted(context, &asked.of, tables).map(|built| built.table);
    let names = tables.first().and_then(|table| table.dims.first()).map(|dim| &dim.labels[..]);
    let (mut parts, mut total): (Vec<(String, Table)>, Option<Vec<CountTable>>) =
        (Vec::new(), None);
    // Persons without a value are in no area.
    for name in names.unwrap_or_default().iter().filter(|name| *name != MISSING_LABEL) {
        let slices: Option<Vec<CountTable>> =
            tables.iter().map(|table| table.select("area", name).ok()).collect();
        let Some(slices) = slices else { continue };
        if slices.iter().all(|slice| slice.counts.iter().all(|count| *count == 0)) {
            continue;
        }
        parts.push((name.clone(), of(&slices)?));
        match &mut total {
            None => total = Some(slices),
            Some(total) => {
                for (sum, slice) in total.iter_mut().zip(&slices) {
                    for (sum, count) in sum.counts.iter_mut().zip(&slice.counts) {
                        *sum += count;
                    }
                }
            }
        }
    }
    let Some(total) = total else { return Ok(Built::table(Table::new())) };
    let parts: Vec<(String, Table)> =
        parts.into_iter().chain([(TOTAL.to_owned(), of(&total)?)]).collect();
    let persons = |(_, table): &(String, Table)| -> Vec<u64> {
        (0..table.rows()).map(|row| asked.persons(table, row)).collect()
    };
    let persons: Vec<u64> = parts.iter().flat_map(persons).collect();
    let table = Table::stacked("area", &parts);
    let rows = Rows::of(asked, &table, &persons)?;
    let drawn = |row: usize| asked.is_drawn(&table, row).then_some(rows.rank[row]).flatten();
    let mut order: Vec<(Option<i64>, usize, std::ops::Range<usize>)> = Vec::new();
    let mut from = 0;
    for (place, (_, part)) in parts.iter().enumerate() {
        let of = from..from + part.rows();
        // Whom no rank is given stand in the order of the names, which says nothing of their numbers.
        order.push((of.clone().find_map(drawn), place, of.clone()));
        from = of.end;
    }
    order.sort_by_key(|(rank, place, _)| (rank.is_none(), *rank, *place));
    let order: Vec<usize> = order.into_iter().flat_map(|(_, _, rows)| rows).collect();
    let remarks = no_such_row(asked, &table).into_iter().collect();
    let table = rows.onto(asked, table).picked(&order);
    let places: Vec<usize> = (0..table.rows())
        .filter(|&row| {
            let rank = table.column("rank").is_some_and(|rank| !rank.is_missing(row));
            rank && asked.is_drawn(&table, row)
        })
        .collect();
    let chart = chart(context, asked, &table, &places);
    Ok(Built { chart: Some(Chart::Dots(chart)), remarks, ..Built::table(table) })
}

/// What is added to each row of the stacked table.
struct Rows {
    hidden: Vec<bool>,
    limits: [Vec<f64>; 2],
    rank: Vec<Option<i64>>,
    extreme: Vec<Option<String>>,
}

impl Rows {
    fn of(asked: &ByArea, table: &Table, persons: &[u64]) -> Result<Self, afgang_models::Error> {
        let n = table.rows();
        let value = |row: usize| table.column(&asked.value).map_or(f64::NAN, |of| of.number(row));
        let keys = asked.of.keys();
        let show = |name: &str, row: usize| table.column(name).map(|of| of.show(row));
        let is_total = |row: usize| show("area", row).as_deref() == Some(TOTAL);
        // Rows that are compared: the same in all areas.
        let mut alike: BTreeMap<Vec<Option<String>>, Vec<usize>> = BTreeMap::new();
        for row in 0..n {
            alike.entry(keys.iter().map(|key| show(key, row)).collect()).or_default().push(row);
        }
        let mut rows = Self {
            hidden: vec![false; n],
            limits: [vec![f64::NAN; n], vec![f64::NAN; n]],
            rank: vec![None; n],
            extreme: vec![None; n],
        };
        rows.hidden = persons.iter().map(|&n| n < asked.min_persons).collect();
        let mut sums: Vec<Sum> = alike
            .values()
            .map(|of| {
                let (totals, mut sum): (Sum, Sum) = of.iter().partition(|&&row| is_total(row));
                sum.extend(totals);
                sum
            })
            .collect();
        sums.extend(sums_of_rows(asked, table));
        hide_what_follows(&mut rows.hidden, &sums, persons);
        for of in alike.values() {
            let mut areas: Vec<usize> = of.iter().copied().filter(|&row| !is_total(row)).collect();
            areas.retain(|&row| !rows.hidden[row] && value(row).is_finite());
            areas.sort_by(|&a, &b| value(b).total_cmp(&value(a)));
            for &row in &areas {
                let count = |order: std::ops::RangeInclusive<i8>| {
                    areas
                        .iter()
                        .filter(|&&other| {
                            order.contains(&(value(other).total_cmp(&value(row)) as i8))
                        })
                        .count()
                };
                rows.rank[row] = Some(count(1..=1) as i64 + 1);
                // Areas that share a number are marked together or not at all, and at most half at each end.
                let extremes = asked.extremes.min(areas.len() / 2);
                let highest = (count(0..=1) <= extremes).then_some("highest");
                let lowest = (count(-1..=0) <= extremes).then_some("lowest");
                rows.extreme[row] = highest.or(lowest).map(str::to_owned);
            }
        }
        for row in 0..n {
            if !rows.hidden[row] && value(row).is_finite() && asked.is_share(table, row) {
                let with = (value(row) * persons[row] as f64 / 100.0).round() as u64;
                let [_, low, high] = share(with.min(persons[row]), persons[row])?;
                (rows.limits[0][row], rows.limits[1][row]) = (low, high);
            }
        }
        Ok(rows)
    }

    fn onto(self, asked: &ByArea, table: Table) -> Table {
        let keys = asked.of.keys();
        let mut table =
            table.blanked(&self.hidden, |column| column == "area" || keys.contains(&column));
        for (name, limits) in LIMITS.into_iter().zip(self.limits) {
            if table.column(name).is_none() {
                table = table.with(name, Values::Number(limits));
            }
        }
        table.with("rank", Values::Whole(self.rank)).with("extreme", Values::Text(self.extreme))
    }
}

/// Rows of one area that add up, their total last.
fn sums_of_rows(asked: &ByArea, table: &Table) -> Vec<Sum> {
    let Some(of) = asked.of.population().map(|population| &population.rows) else {
        return Vec::new();
    };
    let keys = asked.of.keys();
    let others =
        || std::iter::once("area").chain(keys.iter().copied()).filter(|key| *key != of.column);
    let show = |name: &str, row: usize| table.column(name).map_or(String::new(), |of| of.show(row));
    let mut cells: BTreeMap<Vec<String>, BTreeMap<String, usize>> = BTreeMap::new();
    for row in 0..table.rows() {
        let group = others().map(|key| show(key, row)).collect();
        cells.entry(group).or_default().insert(show(&of.column, row), row);
    }
    let mut sums = Vec::new();
    for rows in cells.values() {
        for (total, parts) in &of.totals {
            let parts = parts.iter().map(|&part| &of.rules[part].label);
            let sum: Option<Sum> =
                parts.chain([total]).map(|label| rows.get(label).copied()).collect();
            sums.extend(sum.filter(|sum| sum.len() > 1));
        }
    }
    sums
}

/// That no row of the output is the one that is to be drawn.
fn no_such_row(asked: &ByArea, table: &Table) -> Option<Words> {
    let there = |key: &str| table.column(key).map(Values::different).unwrap_or_default();
    let (key, value) = asked.row.iter().find(|(key, value)| !there(key).contains(value))?;
    let valid = there(key).join(", ");
    Some(Words {
        da: format!("Ingen række har `{key}` = `{value}`; der er: {valid}."),
        en: format!("No row has `{key}` = `{value}`; there are: {valid}."),
    })
}

fn chart(context: Context<'_>, asked: &ByArea, table: &Table, places: &[usize]) -> Dots {
    let lang = context.lang;
    let number = |name: &str, row: usize| table.column(name).map_or(f64::NAN, |of| of.number(row));
    let show = |name: &str, row: usize| table.column(name).map_or(String::new(), |of| of.show(row));
    let in_percent = asked.in_percent();
    let limits = |row: usize| LIMITS.map(|name| number(name, row));
    let dots: Vec<Dot> = places
        .iter()
        .map(|&row| Dot {
            label: show("area", row),
            estimate: number(&asked.value, row),
            low: limits(row)[0],
            high: limits(row)[1],
            marked: !show("extreme", row).is_empty(),
        })
        .collect();
    let whole = (0..table.rows())
        .find(|&row| show("area", row) == TOTAL && asked.is_drawn(table, row))
        .map_or(f64::NAN, |row| number(&asked.value, row));
    let said = |value: f64| {
        if in_percent { labels::percent(value, 1, lang) } else { labels::number(value, 1, lang) }
    };
    let mut subtitle: Vec<String> =
        vec![asked.said().iter().map(|word| context.word(word)).collect::<Vec<_>>().join(", ")];
    if let (Some(first), Some(last)) = (dots.first(), dots.last()) {
        let range = lang.pick("Spredning", "Range");
        subtitle.push(format!("{range} {}–{}", said(last.estimate), said(first.estimate)));
    }
    let drawn = |row: &usize| show("area", *row) != TOTAL && asked.is_drawn(table, *row);
    let hidden = (0..table.rows()).filter(drawn).count() - dots.len();
    if hidden > 0 {
        let few = asked.min_persons;
        let spells = !matches!(asked.of.persons_column(), None | Some("persons"));
        let of = context.word(if spells { "spells" } else { "persons" }).to_lowercase();
        subtitle.push(match lang {
            Lang::Da => format!("{hidden} områder vises ikke: færre end {few} {of}"),
            Lang::En => format!("{hidden} areas are not shown: fewer than {few} {of}"),
        });
    }
    subtitle.retain(|part| !part.is_empty());
    let method = match asked.value.as_str() {
        "cumulative_incidence" => "Aalen–Johansen",
        _ => "Wilson",
    };
    let interval = if dots.iter().any(|dot| dot.low.is_finite()) {
        let words = lang.pick("intervaller", "intervals");
        format!("{} {words} ({method}).", labels::percent(LEVEL * 100.0, 0, lang))
    } else {
        String::new()
    };
    let marked = dots.iter().filter(|dot| dot.marked).count();
    let marks = match (marked, lang) {
        (0, _) => String::new(),
        (_, Lang::Da) => format!("Fed og farvet: de op til {} højeste og laveste.", asked.extremes),
        (_, Lang::En) => {
            format!("Bold and coloured: the highest and lowest, up to {} each.", asked.extremes)
        }
    };
    let value = context.word(&asked.value);
    Dots {
        id: context.output.id.clone(),
        title: output::title(context.output, lang),
        subtitle: subtitle.join(". "),
        x_label: if in_percent { lang.pick("Procent", "Per cent").to_owned() } else { value },
        dots,
        // A sum of areas is no place on their axis.
        reference: if asked.is_sum() { f64::NAN } else { whole },
        reference_label: format!("{} {}", lang.pick("Hele landet", "Whole country"), said(whole)),
        note: labels::sentences([context.output.note_in(lang), interval, marks]),
    }
}
