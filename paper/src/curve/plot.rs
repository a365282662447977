//! A figure of the curves: steps, bands, numbers at risk.

use std::path::PathBuf;

use super::fit::Fitted;
use super::request::{Estimator, Request};
use crate::conventions::percent;
use crate::figure::{Chart, Curves, Line, Panel, RiskRow, Scale};
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
}

/// A curve with the names of its group and cause.
pub(super) struct Named {
    /// Values of the by-columns, joined; empty without them.
    pub(super) group: String,
    pub(super) fitted: Fitted,
}

/// One panel a cause, one line a group.
pub(super) fn chart(request: &Request, plot: &Plot, rows: &Rows, curves: &[Named]) -> Chart {
    let lang = plot.lang;
    let mut causes: Vec<Option<usize>> = curves.iter().map(|named| named.fitted.cause).collect();
    causes.sort_unstable();
    causes.dedup();
    let panels = causes
        .iter()
        .map(|&cause| {
            let own = || curves.iter().filter(move |named| named.fitted.cause == cause);
            Panel {
                title: match cause {
                    Some(cause) if causes.len() > 1 => match &rows.causes {
                        Values::Text(_) => rows.causes.show(cause),
                        codes => format!("{} {}", lang.pick("Årsag", "Cause"), codes.show(cause)),
                    },
                    _ => String::new(),
                },
                lines: own()
                    .map(|named| Line {
                        key: named.group.clone(),
                        label: named.label(lang),
                        time: named.fitted.curve.time.clone(),
                        estimate: named.fitted.curve.estimate.clone(),
                        low: named.limits().0.clone(),
                        high: named.limits().1.clone(),
                        dashed: false,
                        marks: if plot.censor_marks { named.censored() } else { Vec::new() },
                    })
                    .collect(),
                at_risk: own()
                    .map(|named| RiskRow {
                        key: named.group.clone(),
                        label: named.label(lang),
                        time: named.fitted.curve.time.clone(),
                        n: named.fitted.curve.n_risk.clone(),
                    })
                    .collect(),
            }
        })
        .collect();
    let level = percent(request.level);
    let y_label = match request.estimator {
        Estimator::KaplanMeier | Estimator::FlemingHarrington => {
            lang.pick("Stadig i forløb, procent", "Survival, per cent")
        }
        Estimator::NelsonAalen => lang.pick("Kumuleret hazard", "Cumulative hazard"),
        Estimator::CumulativeIncidence => {
            lang.pick("Kumuleret incidens, procent", "Cumulative incidence, per cent")
        }
    };
    let mut chart = Curves::named("curve");
    chart.title.clone_from(&plot.title);
    chart.x_label =
        plot.time_label.clone().or_else(|| request.columns.time.clone()).unwrap_or_default();
    y_label.clone_into(&mut chart.y_label);
    let falls = matches!(request.estimator, Estimator::KaplanMeier | Estimator::FlemingHarrington);
    chart.start = if falls { 1.0 } else { 0.0 };
    if request.estimator == Estimator::NelsonAalen {
        chart.scale = Scale::Number;
    }
    chart.legend = request.columns.by.join(", ");
    chart.panels = panels;
    chart.note = match (lang, request.band.is_some()) {
        (Lang::Da, false) => format!("Bånd: punktvise {level} %-intervaller."),
        (Lang::En, false) => format!("Bands: pointwise {level} % intervals."),
        (Lang::Da, true) => {
            format!("Bånd: hele kurven ligger i båndet med {level} % sandsynlighed.")
        }
        (Lang::En, true) => format!("Bands hold the whole curve with {level} % confidence."),
    };
    if plot.censor_marks {
        chart.note.push_str(lang.pick(" Streger: censurerede.", " Ticks: censored."));
    }
    Chart::Curves(chart)
}

impl Named {
    /// The limits to draw: of the band if there is one.
    fn limits(&self) -> (&Vec<f64>, &Vec<f64>) {
        let curve = &self.fitted.curve;
        match &self.fitted.band {
            Some(band) => (&band.low, &band.high),
            None => (&curve.conf_low, &curve.conf_high),
        }
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
