//! Small areas: shares with intervals, ranked.

use afgang_engine::grouping::MISSING_LABEL;

use super::{Columns, Context, LEVEL, share};
use crate::figure::{Chart, Dot, Dots};
use crate::labels;
use crate::output::{self, Built};
use crate::table::Values;

/// An area.
struct Area<'a> {
    name: &'a str,
    persons: u64,
    with: u64,
    /// Share and limits in per cent.
    share: [f64; 3],
}

/// `area, persons, percent, conf_low, conf_high, with_measure, rank, extreme`, from the highest share to the lowest, with
/// Wilson's limits. Areas of fewer persons than asked for have neither share nor rank; if there is one of them, the next
/// smallest joins it, so that the total does not tell.
///
/// # Errors
///
/// If an interval refuses, which counts never make it do.
pub(super) fn areas(
    context: Context<'_>,
    extremes: usize,
    min_persons: u64,
) -> Result<Built, afgang_models::Error> {
    let counts = &context.counts[0];
    let mut found = Vec::new();
    for (place, name) in counts.labels(1).iter().enumerate() {
        let persons = counts.sum(&[None, Some(place)]);
        let with = counts.sum(&[None, Some(place), Some(1)]);
        // Persons without a value are in no area.
        if persons > 0 && name != MISSING_LABEL {
            let hidden = persons < min_persons;
            let share = if hidden { [f64::NAN; 3] } else { share(with, persons)? };
            found.push(Area { name, persons, with, share });
        }
    }
    let (mut ranked, mut hidden): (Vec<Area<'_>>, Vec<Area<'_>>) =
        found.into_iter().partition(|area| area.share[0].is_finite());
    ranked.sort_by(|a, b| b.share[0].total_cmp(&a.share[0]).then_with(|| a.name.cmp(b.name)));
    // The total would tell what the only hidden area holds.
    if let ([_], Some(smallest)) =
        (&hidden[..], (0..ranked.len()).min_by_key(|&at| ranked[at].persons))
    {
        hidden.push(Area { share: [f64::NAN; 3], ..ranked.remove(smallest) });
    }
    let (persons, with): (u64, u64) = ranked
        .iter()
        .chain(&hidden)
        .fold((0, 0), |(persons, with), area| (persons + area.persons, with + area.with));
    let mean = share(with, persons)?;

    let numbers = ["percent", "conf_low", "conf_high"];
    let mut columns = Columns::new(&["area"], &["persons"], &numbers);
    let mut with_measure = Vec::new();
    let mut ranks = Vec::new();
    let mut marks = Vec::new();
    for (place, area) in ranked.iter().chain(&hidden).enumerate() {
        columns.push(&[area.name], &[area.persons], &area.share);
        let rank = (place < ranked.len()).then_some(place + 1);
        with_measure.push(rank.map(|_| area.with as i64));
        ranks.push(rank.map(|rank| rank as i64));
        marks.push(rank.and_then(|rank| {
            let lowest = rank + extremes > ranked.len();
            (rank <= extremes).then_some("highest").or(lowest.then_some("lowest"))
        }));
    }
    columns.push(&["total"], &[persons], &mean);
    with_measure.push(Some(with as i64));
    ranks.push(None);
    marks.push(None);
    let table = columns
        .table()
        .with("with_measure", Values::Whole(with_measure))
        .with("rank", Values::Whole(ranks))
        .with("extreme", Values::Text(marks.iter().map(|mark| mark.map(str::to_owned)).collect()));

    let lang = context.lang;
    let dots = ranked.iter().zip(&marks).map(|(area, mark)| Dot {
        label: area.name.to_owned(),
        estimate: area.share[0],
        low: area.share[1],
        high: area.share[2],
        marked: mark.is_some(),
    });
    let spread = match (ranked.first(), ranked.last()) {
        (Some(first), Some(last)) => format!(
            "{} {}–{}",
            lang.pick("Spredning", "Range"),
            labels::percent(last.share[0], 1, lang),
            labels::percent(first.share[0], 1, lang)
        ),
        _ => String::new(),
    };
    let interval = format!(
        "{} {}.",
        labels::percent(LEVEL * 100.0, 0, lang),
        lang.pick("intervaller (Wilson)", "intervals (Wilson)")
    );
    let chart = Dots {
        id: context.output.id.clone(),
        title: output::title(context.output, lang),
        subtitle: spread,
        x_label: lang.pick("Procent", "Per cent").to_owned(),
        dots: dots.collect(),
        reference: mean[0],
        reference_label: lang.pick("Hele landet", "Whole country").to_owned(),
        note: [context.output.note_in(lang), interval].join(" ").trim().to_owned(),
    };
    Ok(Built { chart: Some(Chart::Dots(chart)), ..Built::table(table) })
}
