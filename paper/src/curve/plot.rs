//! A figure of the curves: steps, bands, numbers at risk.

use std::path::PathBuf;

use afgang_models::EventTable;

use super::caption;
use super::fit::Fitted;
use super::request::{Estimator, Request};
use crate::conventions::MISSING;
use crate::figure::{
    Chart, Curves, Line, MOST_LINES, MOST_PANELS, Palette, Panel, PictureError, RiskRow, Scale,
};
use crate::labels::Lang;
use crate::rows::Rows;
use crate::table::Values;

/// Where a figure goes and what stands in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// A file that ends in .svg, .png or .pdf.
    pub file: PathBuf,
    /// Language of the figure's own words.
    pub lang: Lang,
    /// Title; may be empty.
    pub title: String,
    /// Label of the time axis; the name of the time column if absent.
    pub time_label: Option<String>,
    /// Whether censorings are marked on the curves.
    pub censor_marks: bool,
    /// What a panel holds.
    pub panels: Panels,
}

/// What a panel of the figure holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Panels {
    /// A cause, with a line a group.
    #[default]
    Cause,
    /// A group, with a line a cause.
    Group,
}

/// A curve with the names of its group and cause.
pub(super) struct Named {
    /// Values of the by-columns, joined; nothing for missing ones.
    key: String,
    /// The same for readers, with a word for missing ones; empty without by-columns.
    group: String,
    fitted: Fitted,
    /// Times of exit and entry, and the number at risk just before each.
    at_risk: (Vec<f64>, Vec<f64>),
}

/// Refuses figures with more lines than can be told apart, or more panels than a page holds.
pub(super) fn refuse_too_many(
    request: &Request,
    plot: &Plot,
    rows: &Rows,
    groups: usize,
) -> Result<(), PictureError> {
    let causes = match request.estimator {
        Estimator::CumulativeIncidence => rows.shown.len(),
        _ => 1,
    };
    let (panels, lines) = match plot.panels {
        Panels::Cause => (causes, groups),
        Panels::Group => (groups, causes),
    };
    if lines > MOST_LINES {
        return Err(PictureError::TooManyLines { lines, most: MOST_LINES });
    }
    if panels > MOST_PANELS {
        return Err(PictureError::TooManyPanels { panels, most: MOST_PANELS });
    }
    Ok(())
}

/// One panel a cause or a group.
pub(super) fn chart(request: &Request, plot: &Plot, rows: &Rows, curves: &[Named]) -> Chart {
    let lang = plot.lang;
    let mut causes: Vec<Option<usize>> = curves.iter().map(|named| named.fitted.cause).collect();
    causes.sort_unstable();
    causes.dedup();
    let mut groups: Vec<&Named> = curves.iter().collect();
    groups.dedup_by(|one, other| one.key == other.key);
    let cause_name = |cause: Option<usize>| match (cause, &rows.causes) {
        (Some(cause), Values::Text(_)) => rows.causes.show(cause),
        (Some(cause), codes) => format!("{} {}", lang.pick("Årsag", "Cause"), codes.show(cause)),
        (None, _) => caption::estimator(request, lang).to_owned(),
    };
    let panels: Vec<Panel> = match plot.panels {
        Panels::Cause => causes
            .iter()
            .map(|&cause| {
                let own = || curves.iter().filter(move |named| named.fitted.cause == cause);
                Panel {
                    title: if causes.len() > 1 { cause_name(cause) } else { String::new() },
                    lines: own()
                        .map(|named| named.line(plot, named.key.clone(), named.label(lang)))
                        .collect(),
                    at_risk: own().map(|n| n.at_risk(n.key.clone(), n.label(lang))).collect(),
                }
            })
            .collect(),
        Panels::Group => groups
            .iter()
            .map(|&group| {
                let own = || curves.iter().filter(move |named| named.key == group.key);
                let key = |named: &Named| {
                    named.fitted.cause.map_or_else(String::new, |cause| cause.to_string())
                };
                Panel {
                    title: group.group.clone(),
                    lines: own()
                        .map(|named| named.line(plot, key(named), cause_name(named.fitted.cause)))
                        .collect(),
                    // All causes of a group have one risk set.
                    at_risk: own()
                        .take(1)
                        .map(|n| n.at_risk("risk set".to_owned(), String::new()))
                        .collect(),
                }
            })
            .collect(),
    };
    let mut chart = Curves::named("curve");
    chart.title.clone_from(&plot.title);
    chart.x_label =
        plot.time_label.clone().or_else(|| request.columns.time.clone()).unwrap_or_default();
    chart.y_label = caption::of_values(request, lang);
    // One cause of several has no panel of its name.
    if let ([Some(cause)], Panels::Cause) = (causes.as_slice(), plot.panels) {
        chart.y_label = format!("{}: {}", chart.y_label, cause_name(Some(*cause)));
    }
    let falls = matches!(request.estimator, Estimator::KaplanMeier | Estimator::FlemingHarrington);
    chart.start = if falls { 1.0 } else { 0.0 };
    if request.estimator == Estimator::NelsonAalen {
        chart.scale = Scale::Number;
    }
    if let Some(given) = request.given {
        chart.x_min = given;
    }
    match plot.panels {
        Panels::Cause => chart.legend = request.columns.by.join(", "),
        Panels::Group => {
            chart.palette = Palette::Categories;
            let several = causes.len() > 1;
            chart.legend =
                if several { lang.pick("Årsag", "Cause").to_owned() } else { String::new() };
        }
    }
    chart.note = caption::note(request, plot, rows, &panels);
    chart.panels = panels;
    Chart::Curves(chart)
}

impl Named {
    /// A curve of the group that a row is of.
    pub(super) fn new(
        plot: &Plot,
        rows: &Rows,
        row: usize,
        fitted: &Fitted,
        table: &EventTable,
    ) -> Self {
        Self {
            key: rows.group_named(row, ""),
            group: rows.group_named(row, plot.lang.pick("mangler", MISSING)),
            fitted: fitted.clone(),
            at_risk: (table.times().to_vec(), table.at_risk()),
        }
    }

    /// The line of a curve, with the limits of the band if there is one. Where the band begins and ends between two times of the
    /// curve, the line has points of its own.
    fn line(&self, plot: &Plot, key: String, label: String) -> Line {
        let curve = &self.fitted.curve;
        let (mut time, mut estimate) = (curve.time.clone(), curve.estimate.clone());
        let (mut low, mut high) = match &self.fitted.band {
            Some(band) => (band.low.clone(), band.high.clone()),
            None => (curve.conf_low.clone(), curve.conf_high.clone()),
        };
        let ends =
            self.fitted.band.iter().flat_map(|band| {
                [(band.range.1, (f64::NAN, f64::NAN)), (band.range.0, band.at_start)]
            });
        for (place, (t, limits)) in ends.enumerate() {
            let before = curve.time.partition_point(|&of| of <= t);
            let begins_at_a_time = place == 1 && before > 0 && curve.time[before - 1] >= t;
            if before == 0 || before == curve.len() || begins_at_a_time {
                continue;
            }
            time.insert(before, t);
            estimate.insert(before, curve.estimate[before - 1]);
            low.insert(before, limits.0);
            high.insert(before, limits.1);
        }
        let known = |values: &[f64]| values.iter().any(|value| value.is_finite());
        // One cluster, say, has no limits; then there is no band in the legend either.
        if !(known(&low) && known(&high)) {
            (low, high) = (Vec::new(), Vec::new());
        }
        Line {
            key,
            label,
            time,
            estimate,
            low,
            high,
            marks: if plot.censor_marks { self.censored() } else { Vec::new() },
            ..Line::default()
        }
    }

    fn at_risk(&self, key: String, label: String) -> RiskRow {
        let (time, n) = self.at_risk.clone();
        RiskRow { key, label, time, n }
    }

    /// Times and heights at which somebody is censored.
    fn censored(&self) -> Vec<(f64, f64)> {
        let curve = &self.fitted.curve;
        let rows = (0..curve.len()).filter(|&row| curve.n_censor[row] > 0.0);
        rows.map(|row| (curve.time[row], curve.estimate[row])).collect()
    }

    fn label(&self, lang: Lang) -> String {
        if self.group.is_empty() { lang.pick("Alle", "All").to_owned() } else { self.group.clone() }
    }
}
