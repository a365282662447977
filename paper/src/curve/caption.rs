//! The words of a figure: what its axis, its bands and its curves are, in Danish or English.

use afgang_models::{Interval, Variance};

use super::plot::Plot;
use super::request::{BandKind, Estimator, Request};
use crate::conventions::percent;
use crate::figure::Panel;
use crate::labels::{self, Lang};
use crate::rows::{Rows, WeightKind};

/// The estimator's name.
pub(super) fn estimator(request: &Request, lang: Lang) -> &'static str {
    match request.estimator {
        Estimator::KaplanMeier => "Kaplan–Meier",
        Estimator::NelsonAalen => "Nelson–Aalen",
        Estimator::FlemingHarrington => "Fleming–Harrington",
        Estimator::CumulativeIncidence => lang
            .pick("Kumuleret incidens (Aalen–Johansen)", "Cumulative incidence (Aalen–Johansen)"),
    }
}

/// What the vertical axis shows.
pub(super) fn of_values(request: &Request, lang: Lang) -> String {
    let what = match request.estimator {
        Estimator::KaplanMeier | Estimator::FlemingHarrington => {
            lang.pick("Stadig i forløb, procent", "Survival, per cent")
        }
        Estimator::NelsonAalen => lang.pick("Kumuleret hazard", "Cumulative hazard"),
        Estimator::CumulativeIncidence => {
            lang.pick("Kumuleret incidens, procent", "Cumulative incidence, per cent")
        }
    };
    let Some(given) = request.given else { return what.to_owned() };
    let given = number(given, lang);
    match (request.estimator, lang) {
        (Estimator::NelsonAalen, Lang::Da) => format!("{what} fra {given}"),
        (Estimator::NelsonAalen, Lang::En) => format!("{what} from {given} on"),
        (_, Lang::Da) => format!("{what} af dem, der stadig er i forløb ved {given}"),
        (_, Lang::En) => format!("{what} of those still in at {given}"),
    }
}

/// The small print: estimator, sample, limits, observations.
pub(super) fn note(request: &Request, plot: &Plot, rows: &Rows, panels: &[Panel]) -> String {
    let lang = plot.lang;
    let mut note = vec![format!("{}.", estimator(request, lang))];
    if let Some(given) = request.given {
        let given = number(given, lang);
        note.push(match lang {
            Lang::Da => format!("Kun forløb, der stadig varer ved {given}; kurverne begynder dér."),
            Lang::En => format!("Only spells that still last at {given}; the curves begin there."),
        });
    }
    if panels.iter().flat_map(|panel| &panel.lines).any(|line| !line.low.is_empty()) {
        note.push(limits(request, rows, lang));
    }
    if plot.censor_marks {
        note.push(lang.pick("Lodrette streger: censureringer.", "Ticks: censorings.").to_owned());
    }
    note.extend(observations(request, lang));
    note.join(" ")
}

/// What the shaded areas are.
fn limits(request: &Request, rows: &Rows, lang: Lang) -> String {
    let level = number(percent(request.level), lang);
    let scale = match request.interval {
        Interval::Plain => lang.pick("uden transformation", "untransformed"),
        Interval::Log => lang.pick("log-skala", "log scale"),
        Interval::LogLog => lang.pick("log-log-skala", "log-log scale"),
        Interval::Logit => lang.pick("logit-skala", "logit scale"),
        Interval::Arcsine => lang.pick("arcsinus-skala", "arcsine scale"),
    };
    let Some(band) = request.band else {
        let errors = std_errors(request, rows, lang);
        return match lang {
            Lang::Da => {
                format!("Skraveret: punktvise {level} %-konfidensintervaller ({scale}; {errors}).")
            }
            Lang::En => {
                format!("Shaded: pointwise {level}% confidence intervals ({scale}; {errors}).")
            }
        };
    };
    let kind = match band.kind {
        BandKind::HallWellner => "Hall–Wellner",
        BandKind::EqualPrecision => lang.pick("ens præcision", "equal precision"),
        BandKind::Influence => lang.pick("ens præcision, simuleret", "equal precision, simulated"),
    };
    let stretch = band.range.map_or_else(String::new, |(from, to)| {
        let (from, to) = (number(from, lang), number(to, lang));
        match lang {
            Lang::Da => format!(" fra {from} til {to}"),
            Lang::En => format!(" from {from} to {to}"),
        }
    });
    match lang {
        Lang::Da => format!(
            "Skraveret: {level} %-konfidensbånd, der indeholder hele kurven{stretch} ({kind}; {scale})."
        ),
        Lang::En => format!(
            "Shaded: {level}% confidence bands, which hold the whole curve{stretch} ({kind}; {scale})."
        ),
    }
}

fn std_errors(request: &Request, rows: &Rows, lang: Lang) -> &'static str {
    if request.jackknife(rows) {
        return lang.pick("infinitesimal jackknife", "infinitesimal jackknife");
    }
    match (request.estimator, request.variance()) {
        (Estimator::KaplanMeier, _)
        | (_, Some(Variance::Greenwood))
        | (Estimator::CumulativeIncidence, None) => "Greenwood",
        _ => "Aalen",
    }
}

/// What counts as an observation.
fn observations(request: &Request, lang: Lang) -> Vec<String> {
    let columns = &request.columns;
    let mut words = Vec::new();
    if columns.weight.is_some() {
        words.push(
            match columns.weight_kind {
                Some(WeightKind::Sampling) => lang.pick("Vægtet stikprøve.", "Weighted sample."),
                _ => {
                    lang.pick("Vægte er antal ens forløb.", "Weights are numbers of equal spells.")
                }
            }
            .to_owned(),
        );
    }
    if let Some(cluster) = &columns.cluster {
        words.push(match lang {
            Lang::Da => format!("Rækker med samme {cluster} er én observation."),
            Lang::En => format!("Rows with the same {cluster} are one observation."),
        });
    }
    words
}

/// A number with up to two decimals.
fn number(value: f64, lang: Lang) -> String {
    let digits = (0..2).find(|&digits| {
        let scaled = value * 10_f64.powi(digits);
        (scaled - scaled.round()).abs() < 1e-9
    });
    labels::number(value, digits.unwrap_or(2) as usize, lang)
}
