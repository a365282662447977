//! A figure of the curves: steps, bands, numbers at risk.

use std::path::PathBuf;

use afgang_models::Curve;

use super::{Estimator, Request};
use crate::figure::{Chart, Curves, Line, Panel, RiskRow, Scale};
use crate::labels::Lang;

/// Where a figure goes and what stands in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// A file that ends in .svg or .png.
    pub file: PathBuf,
    /// Language of the figure's own words.
    pub lang: Lang,
    /// Title; may be empty.
    pub title: String,
    /// Label of the time axis; the name of the time column if absent.
    pub time_label: Option<String>,
}

/// A curve with the names of its group and cause.
pub(super) struct Named {
    /// Values of the by-columns, joined; empty without them.
    pub(super) group: String,
    pub(super) cause: Option<usize>,
    pub(super) curve: Curve,
}

/// One panel a cause, one line a group.
pub(super) fn chart(request: &Request, plot: &Plot, curves: &[Named]) -> Chart {
    let lang = plot.lang;
    let mut causes: Vec<Option<usize>> = curves.iter().map(|named| named.cause).collect();
    causes.sort_unstable();
    causes.dedup();
    let panels = causes
        .iter()
        .map(|&cause| {
            let own = || curves.iter().filter(move |named| named.cause == cause);
            Panel {
                title: match cause {
                    Some(code) if causes.len() > 1 => {
                        format!("{} {code}", lang.pick("Årsag", "Cause"))
                    }
                    _ => String::new(),
                },
                lines: own()
                    .map(|named| Line {
                        key: named.group.clone(),
                        label: named.label(lang),
                        time: named.curve.time.clone(),
                        estimate: named.curve.estimate.clone(),
                        low: named.curve.conf_low.clone(),
                        high: named.curve.conf_high.clone(),
                        dashed: false,
                    })
                    .collect(),
                at_risk: own()
                    .map(|named| RiskRow {
                        key: named.group.clone(),
                        label: named.label(lang),
                        time: named.curve.time.clone(),
                        n: named.curve.n_risk.clone(),
                    })
                    .collect(),
            }
        })
        .collect();
    let level = (request.level * 1e8).round() / 1e6;
    let y_label = match request.estimator {
        Estimator::KaplanMeier => lang.pick("Stadig i forløb, procent", "Survival, per cent"),
        Estimator::NelsonAalen => lang.pick("Kumuleret hazard", "Cumulative hazard"),
        Estimator::CumulativeIncidence => {
            lang.pick("Kumuleret incidens, procent", "Cumulative incidence, per cent")
        }
    };
    let mut chart = Curves::named("curve");
    chart.title.clone_from(&plot.title);
    chart.x_label = plot.time_label.clone().unwrap_or_else(|| request.columns.time.clone());
    y_label.clone_into(&mut chart.y_label);
    chart.start = if request.estimator == Estimator::KaplanMeier { 1.0 } else { 0.0 };
    if request.estimator == Estimator::NelsonAalen {
        chart.scale = Scale::Number;
    }
    chart.legend = request.columns.by.join(", ");
    chart.panels = panels;
    chart.note = match lang {
        Lang::Da => format!("Bånd: punktvise {level} %-intervaller."),
        Lang::En => format!("Bands: pointwise {level} % intervals."),
    };
    Chart::Curves(chart)
}

impl Named {
    fn label(&self, lang: Lang) -> String {
        if self.group.is_empty() { lang.pick("Alle", "All").to_owned() } else { self.group.clone() }
    }
}
