//! Cumulative incidence by group.

use afgang_engine::spells::UNOBSERVED;
use afgang_models::{AalenJohansen, Curve, EventTable};

use super::{Built, Context, Counts};
use crate::curve::CurveColumns;
use crate::figure::{Chart, Curves, Line, Panel, RiskRow};
use crate::labels;
use crate::table::Table;

/// A group with its curves, one a cause.
struct Group {
    label: String,
    curves: Vec<Curve>,
}

/// `target_group, BY, cause, time, n_risk, n_event, n_censor, estimate, std_error, conf_low, conf_high`: the
/// cumulative incidence (Aalen–Johansen) of the shown exits in the presence of all others. Counts by target
/// group, exit with the censored state last, group and duration. Groups without spells are left out.
pub(super) fn cumulative_incidence(
    context: Context<'_>,
    counts: &Counts,
    target_group: &str,
    shown: &[String],
    by: &str,
    level: f64,
) -> Result<Built, afgang_models::Error> {
    let mut groups = Vec::new();
    for (place, label) in counts.labels(2).iter().enumerate() {
        let Some(table) = event_table(counts, target_group, place)? else { continue };
        let curves = AalenJohansen::new().level(level).fit(&table)?;
        groups.push(Group { label: label.clone(), curves });
    }
    let causes: Vec<(&String, usize)> =
        shown.iter().filter_map(|exit| Some((exit, counts.place(1, exit)?))).collect();
    Ok(Built {
        table: table(&groups, &causes, target_group, by),
        chart: Some(chart(context, &groups, &causes, by)),
    })
}

/// The event table of a group; `None` if it has no spells.
fn event_table(
    counts: &Counts,
    target_group: &str,
    place: usize,
) -> Result<Option<EventTable>, afgang_models::Error> {
    let Some(group) = counts.place(0, target_group) else { return Ok(None) };
    // The censored state is the last exit. An exit that comes too late for its cause to be seen is
    // censored too.
    let (causes, ends): (Vec<usize>, Vec<usize>) = (0..counts.size(1)).partition(|&exit| {
        exit + 1 < counts.size(1) && counts.labels(1).get(exit).is_none_or(|l| l != UNOBSERVED)
    });
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

fn table(groups: &[Group], causes: &[(&String, usize)], target_group: &str, by: &str) -> Table {
    let mut words: [Vec<String>; 2] = Default::default();
    let mut numbers = CurveColumns::default();
    for group in groups {
        for &(exit, cause) in causes {
            let Some(curve) = group.curves.get(cause) else { continue };
            words[0].extend(std::iter::repeat_n(group.label.clone(), curve.len()));
            words[1].extend(std::iter::repeat_n(exit.clone(), curve.len()));
            numbers.append(curve);
        }
    }
    let [by_values, exits] = words;
    let table = Table::new()
        .text("target_group", std::iter::repeat_n(target_group, exits.len()))
        .text(by, by_values)
        .text("cause", exits);
    numbers.after(table)
}

fn chart(context: Context<'_>, groups: &[Group], causes: &[(&String, usize)], by: &str) -> Chart {
    let lang = context.lang;
    let name = |group: &Group| labels::group(by, &group.label, lang);
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
                        dashed: false,
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
