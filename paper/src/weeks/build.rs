//! From counts to long tables and charts.

mod areas;
mod cohort;
mod disclosure;
mod effect;
mod flows;
mod stocks;
mod windows;

pub use stocks::check;

use afgang_engine::tabulate::CountTable;
use afgang_engine::week::RowRule;
use afgang_models::proportion;

use super::asked::{Asked, Population};
use super::rules::WeekRules;
use crate::Error;
use crate::figure::{Along, Curves, Line, Palette, Panel};
use crate::labels::Lang;
use crate::output::{self, Built, Counts, percent};
use crate::study::{Output, Words};
use crate::table::{Table, Values};

pub use cohort::FollowedList;

/// Confidence level of shares.
pub(super) const LEVEL: f64 = 0.95;

/// Turns the tables that an output asked for, and the list of persons that it is about, into its table and chart.
///
/// # Errors
///
/// If an estimator refuses, or a list has a group that the study does not know.
pub fn build(
    output: &Output,
    asked: &Asked,
    rules: &WeekRules,
    (tables, list): (&[CountTable], Option<FollowedList<'_>>),
    lang: Lang,
) -> Result<Built, Error> {
    let context = Context { output, rules, counts: &[], lang };
    let mut built = of_asked(context, asked, tables, list)?;
    built.remarks.extend(list.and_then(FollowedList::missing));
    Ok(built)
}

fn of_asked(
    context: Context<'_>,
    asked: &Asked,
    tables: &[CountTable],
    list: Option<FollowedList<'_>>,
) -> Result<Built, Error> {
    match (asked, list) {
        (Asked::CohortShare { cohort, months_in_a_row }, Some(list)) => {
            cohort::share(context, list, (cohort, *months_in_a_row))
        }
        (Asked::CohortOccupancy { cohort, figure }, Some(list)) => {
            cohort::occupancy(context, list, (cohort, *figure))
        }
        (Asked::EffectPath(path), Some(list)) => effect::path(context, list, path),
        (Asked::EffectBalance(arms), Some(list)) => effect::balance(context, list, arms),
        _ => Ok(counted(context, asked, tables)?),
    }
}

/// An output that is made of counts.
fn counted(
    context: Context<'_>,
    asked: &Asked,
    tables: &[CountTable],
) -> Result<Built, afgang_models::Error> {
    let counts: Vec<Counts> = tables.iter().map(Counts::from).collect();
    let context = Context { counts: &counts, ..context };
    let built = match asked {
        Asked::Stock(profile) => Ok(stocks::stock(context, profile)),
        Asked::LookBackShare { population, windows } => {
            Ok(stocks::look_back(context, &population.rows, windows))
        }
        Asked::Occupancy {
            column,
            lags,
            by,
            age,
            cohorts,
            shown,
            min_persons,
            figure,
            once,
            ..
        } => {
            let of_age = age.iter().map(|(name, _)| name);
            let mut groups: Vec<&str> = by.iter().chain(of_age).map(String::as_str).collect();
            groups.extend(cohorts.map(|_| "period"));
            let (min, figure, once) = (*min_persons, *figure, *once);
            let groups = &groups;
            let shape = windows::Occupancy { column, lags, groups, shown, min, figure, once };
            windows::occupancy(context, &shape)
        }
        Asked::ModalWindow { population, bins, modal } => {
            Ok(windows::modal(context, &population.rows, bins.as_ref(), modal))
        }
        Asked::MeasureShare { population, bins, min_persons, figure, .. } => {
            let (bins, shown) = (bins.as_ref(), (*min_persons, *figure));
            Ok(windows::measures(context, &population.rows, bins, shown))
        }
        Asked::MeasureTypes { population, bins, .. } => {
            Ok(windows::types(context, &population.rows, bins.as_ref()))
        }
        Asked::TimeSinceMeasure { population, bins, years, .. } => {
            Ok(windows::since(context, &population.rows, bins, years))
        }
        Asked::FirstMeasure { column, weeks, .. } => windows::first(context, column, *weeks),
        Asked::FullTimePersons { column, from, to, period, .. } => {
            Ok(flows::full_time(context, column, (*from, *to), *period))
        }
        Asked::SpellFlow { column, .. } => Ok(flows::spells(context, column)),
        Asked::TransitionMatrix { .. } => Ok(flows::transitions(context)),
        Asked::Areas(areas) => areas::areas(context, areas, tables),
        // Without its list an output is not among those that are possible.
        Asked::CohortShare { .. }
        | Asked::CohortOccupancy { .. }
        | Asked::EffectPath(_)
        | Asked::EffectBalance(_) => Ok(Built::table(Table::new())),
    };
    let of_rows = asked.population().filter(|_| !matches!(asked, Asked::Areas(_)));
    let remarks = of_rows.map_or_else(Vec::new, |of| empty_rows(of, &counts));
    built.map(|mut built| {
        built.remarks.extend(remarks);
        built
    })
}

/// Rows in which nobody is: most likely their labels are none that persons have.
fn empty_rows(population: &Population, counts: &[Counts]) -> Vec<Words> {
    let Some(counts) = counts.first() else { return Vec::new() };
    let rules = population.rows.rules.iter().enumerate();
    let empty = rules.filter(|(place, _)| sum(counts, &[*place], &[]) == 0);
    empty
        .map(|(_, RowRule { label, groups, .. })| {
            let of = |(grouping, labels): &(String, Vec<String>)| {
                format!("{grouping} = {}", labels.join(" | "))
            };
            let asked = groups.iter().map(of).collect::<Vec<_>>().join(", ");
            let asked = if asked.is_empty() { asked } else { format!(" ({asked})") };
            Words {
                da: format!("Ingen personer er i rækken `{label}`{asked}."),
                en: format!("No person is in the row `{label}`{asked}."),
            }
        })
        .collect()
}

/// What an output is built from.
#[derive(Clone, Copy)]
struct Context<'a> {
    output: &'a Output,
    rules: &'a WeekRules,
    /// One for each table that the output asked for.
    counts: &'a [Counts],
    lang: Lang,
}

impl Context<'_> {
    /// What readers call a label.
    fn word(&self, label: &str) -> String {
        self.rules.title(label, self.lang)
    }

    /// An empty line of a label.
    fn line(&self, label: &str) -> Line {
        Line { key: label.to_owned(), label: self.word(label), ..Line::default() }
    }

    /// Lines of per cents over time or over places, a panel a population.
    fn curves(&self, x_label: &str, along: Along, panels: Vec<Panel>) -> Curves {
        Curves {
            title: output::title(self.output, self.lang),
            x_label: x_label.to_owned(),
            y_label: self.lang.pick("Procent", "Per cent").to_owned(),
            step: false,
            along,
            panels,
            palette: Palette::Categories,
            note: self.output.note_in(self.lang),
            ..Curves::named(&self.output.id)
        }
    }
}

/// Sum of the cells of some rows and of fixed places in the dimensions after the rows.
fn sum(counts: &Counts, rows: &[usize], places: &[Option<usize>]) -> u64 {
    rows.iter().map(|&row| counts.sum(&[&[Some(row)], places].concat())).sum()
}

/// Columns of a long table that grow together.
#[derive(Default)]
struct Columns {
    words: Vec<(String, Vec<String>)>,
    wholes: Vec<(String, Vec<i64>)>,
    numbers: Vec<(String, Vec<f64>)>,
}

impl Columns {
    fn new(words: &[&str], wholes: &[&str], numbers: &[&str]) -> Self {
        let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Self {
            words: named(words).into_iter().map(|name| (name, Vec::new())).collect(),
            wholes: named(wholes).into_iter().map(|name| (name, Vec::new())).collect(),
            numbers: named(numbers).into_iter().map(|name| (name, Vec::new())).collect(),
        }
    }

    fn push(&mut self, words: &[&str], wholes: &[u64], numbers: &[f64]) {
        for ((_, column), word) in self.words.iter_mut().zip(words) {
            column.push((*word).to_owned());
        }
        for ((_, column), &whole) in self.wholes.iter_mut().zip(wholes) {
            column.push(whole as i64);
        }
        for ((_, column), &number) in self.numbers.iter_mut().zip(numbers) {
            column.push(number);
        }
    }

    fn table(self) -> Table {
        let mut table = Table::new();
        for (name, words) in self.words {
            table = table.text(&name, words);
        }
        for (name, wholes) in self.wholes {
            table = table.whole(&name, wholes);
        }
        for (name, numbers) in self.numbers {
            table = table.with(&name, Values::Number(numbers));
        }
        table
    }
}

/// The labels of some groupings in one column: one that stands there twice is written `GROUPING=LABEL`.
fn told_apart(groupings: &[(&str, &[String])], others: &[&str]) -> Vec<Vec<String>> {
    let twice = |label: &String| {
        let of = |(_, labels): &&(&str, &[String])| labels.contains(label);
        others.contains(&label.as_str()) || groupings.iter().filter(of).count() > 1
    };
    let name = |grouping: &str, label: &String| {
        if twice(label) { format!("{grouping}={label}") } else { label.clone() }
    };
    let names = groupings
        .iter()
        .map(|(grouping, labels)| labels.iter().map(|label| name(grouping, label)).collect());
    names.collect()
}

/// A share in per cent with its limits.
fn share(part: u64, whole: u64) -> Result<[f64; 3], afgang_models::Error> {
    let share = proportion(part, whole, LEVEL)?;
    Ok([share.estimate, share.conf_low, share.conf_high].map(|part| part * 100.0))
}
