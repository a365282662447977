//! Cumulative incidence by group.

use afgang_engine::PairTable;
use afgang_engine::spells::UNOBSERVED;
use afgang_models::{AalenJohansen, Curve, EventTable, Exit, ExitPair, GroupedPair};

use super::group_tests::{self, Tested};
use super::{Built, Context, Counts};
use crate::conventions::percent;
use crate::curve::CurveColumns;
use crate::figure::{Chart, Curves, Line, Panel, RiskRow};
use crate::labels::{self, Lang};
use crate::table::{Table, Values};

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape<'s> {
    pub(super) target_group: &'s str,
    /// Exits with a panel of their own.
    pub(super) shown: &'s [String],
    /// The grouping.
    pub(super) by: &'s str,
    /// Confidence level.
    pub(super) level: f64,
}

/// A group with its curves, one a cause.
struct Group {
    label: String,
    /// Place among the groups.
    place: usize,
    table: EventTable,
    curves: Vec<Curve>,
    /// Standard errors for independent spells.
    of_spells: Vec<Curve>,
}

/// `target_group, BY, cause, time, n_risk, n_event, n_censor, estimate, std_error, conf_low, conf_high,
/// std_error_spells`: the cumulative incidence (Aalen–Johansen) of the shown exits in the presence of all others.
/// Counts by target group, exit with the censored state last, group and duration. Groups without spells are
/// left out.
///
/// Standard errors and limits count persons, by the pairs of spells of one person; the last column is the standard
/// error that takes spells for independent.
pub(super) fn cumulative_incidence(
    context: Context<'_>,
    counts: &Counts,
    pairs: Option<&PairTable>,
    shape: Shape<'_>,
) -> Result<Built, afgang_models::Error> {
    let mut groups = Vec::new();
    let spec = AalenJohansen::new().level(shape.level);
    for (place, label) in counts.labels(2).iter().enumerate() {
        let Some(table) = event_table(counts, shape.target_group, place)? else { continue };
        let of_spells = spec.fit(&table)?;
        let curves = match (pairs, counts.place(0, shape.target_group)) {
            (Some(pairs), Some(target_group)) => {
                let pairs = pairs_of(counts, pairs, target_group, &[place]);
                let pairs: Vec<ExitPair> = pairs.iter().map(ExitPair::from).collect();
                spec.fit_clustered(&table, &pairs)?
            }
            _ => of_spells.clone(),
        };
        groups.push(Group { label: label.clone(), place, table, curves, of_spells });
    }
    let causes: Vec<(&String, usize)> =
        shape.shown.iter().filter_map(|exit| Some((exit, counts.place(1, exit)?))).collect();
    let tested: Vec<Tested<'_>> = groups
        .iter()
        .map(|group| Tested {
            label: &group.label,
            place: group.place,
            table: &group.table,
            curves: &group.curves,
        })
        .collect();
    Ok(Built {
        tests: group_tests::gray(counts, pairs, shape, &tested, &causes),
        chart: Some(chart(context, &groups, &causes, shape, pairs.is_some())),
        ..Built::table(table(&groups, &causes, shape))
    })
}

/// The exits that are causes. The censored state is the last exit; an exit that comes too late for its cause to be
/// seen is censored too.
fn is_cause(counts: &Counts, exit: usize) -> bool {
    exit + 1 < counts.size(1) && counts.labels(1).get(exit).is_some_and(|l| l != UNOBSERVED)
}

/// The pairs of spells of one person that both are in one of the groups at `places`; groups count by their place there.
pub(super) fn pairs_of(
    counts: &Counts,
    pairs: &PairTable,
    target_group: usize,
    places: &[usize],
) -> Vec<GroupedPair> {
    // Cells are target group, group, exit, duration: a target group is a block of blocks of cells.
    let size = |dim: usize| pairs.dims.get(dim).map_or(1, |dim| dim.labels.len().max(1));
    let block = size(2) * size(3);
    let whole = size(1) * block;
    let first = target_group * whole;
    let times: Vec<f64> =
        counts.labels(3).iter().map(|months| months.parse().unwrap_or(f64::NAN)).collect();
    let causes: Vec<bool> = (0..size(2)).map(|exit| is_cause(counts, exit)).collect();
    let find = |cell: u32| {
        let within = cell as usize - first;
        let group = places.iter().position(|&place| place == within / block)?;
        let (exit, duration) = (within % block / size(3), within % size(3));
        Some((group, Exit { time: times[duration], cause: causes[exit].then_some(exit) }))
    };
    let from = pairs.pairs.partition_point(|pair| (pair.left as usize) < first);
    pairs.pairs[from..]
        .iter()
        .take_while(|pair| (pair.left as usize) < first + whole)
        .filter_map(|pair| {
            let (one, two) = (find(pair.left)?, find(pair.right)?);
            Some(GroupedPair { one, two, count: pair.count as f64 })
        })
        .collect()
}

/// The event table of a group; `None` if it has no spells.
fn event_table(
    counts: &Counts,
    target_group: &str,
    place: usize,
) -> Result<Option<EventTable>, afgang_models::Error> {
    let Some(group) = counts.place(0, target_group) else { return Ok(None) };
    let (causes, ends): (Vec<usize>, Vec<usize>) =
        (0..counts.size(1)).partition(|&exit| is_cause(counts, exit));
    let mut times = Vec::new();
    let mut events = Vec::new();
    let mut censored = Vec::new();
    for (duration, months) in counts.labels(3).iter().enumerate() {
        let Ok(time) = months.parse::<f64>() else { continue };
        let cell = |exit| counts.sum(&[Some(group), Some(exit), Some(place), Some(duration)]);
        let row: Vec<u64> = causes.iter().copied().map(cell).collect();
        let still = ends.iter().copied().map(cell).sum::<u64>();
        if still + row.iter().sum::<u64>() > 0 {
            times.push(time);
            events.extend(row);
            censored.push(still);
        }
    }
    if times.is_empty() {
        return Ok(None);
    }
    EventTable::from_counts(causes.len(), &times, &events, &censored, None).map(Some)
}

fn table(groups: &[Group], causes: &[(&String, usize)], shape: Shape<'_>) -> Table {
    let mut words: [Vec<String>; 2] = Default::default();
    let mut numbers = CurveColumns::default();
    let mut of_spells = Vec::new();
    for group in groups {
        for &(exit, cause) in causes {
            let (Some(curve), Some(naive)) = (group.curves.get(cause), group.of_spells.get(cause))
            else {
                continue;
            };
            words[0].extend(std::iter::repeat_n(group.label.clone(), curve.len()));
            words[1].extend(std::iter::repeat_n(exit.clone(), curve.len()));
            numbers.append(curve.clone(), 0);
            of_spells.extend(&naive.std_error);
        }
    }
    let [by_values, exits] = words;
    let table = Table::new()
        .text("target_group", std::iter::repeat_n(shape.target_group, exits.len()))
        .text(shape.by, by_values)
        .text("cause", exits);
    numbers.after(table).with("std_error_spells", Values::Number(of_spells))
}

/// Curves with the limits that count persons as bands, and those that take spells for independent as thin lines.
fn chart(
    context: Context<'_>,
    groups: &[Group],
    causes: &[(&String, usize)],
    shape: Shape<'_>,
    persons: bool,
) -> Chart {
    let by = shape.by;
    let lang = context.lang;
    let name = |group: &Group| labels::group(by, &group.label, lang);
    let outline = |group: &Group, cause: usize| {
        let naive = group.of_spells.get(cause).filter(|_| persons)?;
        Some((naive.conf_low.clone(), naive.conf_high.clone()))
    };
    let level = labels::number(percent(shape.level), 0, lang);
    let limits = |da: &str, en: &str| match lang {
        Lang::Da => format!("{level} %, {da}"),
        Lang::En => format!("{level}%, {en}"),
    };
    let panels = causes
        .iter()
        .map(|&(exit, cause)| {
            let curves =
                || groups.iter().filter_map(|group| Some((group, group.curves.get(cause)?)));
            Panel {
                title: labels::exit(exit, lang).to_owned(),
                lines: curves()
                    .map(|(group, curve)| Line {
                        key: group.label.clone(),
                        label: name(group),
                        time: curve.time.clone(),
                        estimate: curve.estimate.clone(),
                        low: curve.conf_low.clone(),
                        high: curve.conf_high.clone(),
                        outline: outline(group, cause).unwrap_or_default(),
                        ..Line::default()
                    })
                    .collect(),
                at_risk: curves()
                    .map(|(group, curve)| RiskRow {
                        key: group.label.clone(),
                        label: name(group),
                        time: curve.time.clone(),
                        n: curve.n_risk.clone(),
                    })
                    .collect(),
            }
        })
        .collect();
    let legend =
        context.study.grouping(by).map_or(by, |grouping| grouping.title.pick(lang)).to_owned();
    Chart::Curves(Curves {
        title: context.title(),
        x_label: lang
            .pick("Måneder siden forløbets begyndelse", "Months since the start of the spell")
            .to_owned(),
        y_label: lang
            .pick("Sandsynlighed for afgang, procent", "Probability of exit, per cent")
            .to_owned(),
        panels,
        legend,
        band_label: if persons { limits("personer", "persons") } else { String::new() },
        outline_label: if persons {
            limits("hvis forløb var uafhængige", "if spells were independent")
        } else {
            String::new()
        },
        note: context.note(),
        ..Curves::named(&context.output.id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A spell that ends with the last month of data, while its cause is looked up a month later, left for an
    /// unknown cause: it is censored, not a cause of its own.
    #[test]
    fn exits_whose_cause_lies_after_the_data_are_censored() {
        let counts = Counts::of(
            &[
                ("target_group", &["dagpenge"]),
                ("exit", &["employment", "back_in_benefit", UNOBSERVED, "still_unemployed"]),
                ("kon", &["1"]),
                ("months", &["1", "2"]),
            ],
            // By exit: months 1 and 2.
            &[3, 1, 1, 0, 2, 0, 0, 4],
        );
        let table = event_table(&counts, "dagpenge", 0).unwrap().unwrap();
        assert_eq!(table.n_causes(), 2);
        assert_eq!(table.at_risk(), [11.0, 5.0]);
        assert_eq!(table.events_at(0), [3.0, 1.0]);
        assert_eq!(table.censored(), [2.0, 4.0]);
    }
}
