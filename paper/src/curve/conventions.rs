//! What a reader must know about the estimates: in words for people, by name for programs.

use afgang_models::{ConfidenceBand, HazardTies, Interval, QuantileRule, Variance};
use serde_json::{Value, json};

use super::request::{BandKind, Estimator, Question, Request};
use crate::conventions::{
    emptied_early, near_ties, near_ties_in_words, of_rows, order_at_ties, percent, weights,
};
use crate::rows::Rows;
use crate::rows::near_ties::NearTies;

/// The conventions by name.
pub(super) fn record(
    request: &Request,
    rows: &Rows,
    near: Option<NearTies>,
) -> Vec<(&'static str, Value)> {
    let columns = &request.columns;
    let mut record = vec![
        ("program", json!(concat!("afgang ", env!("CARGO_PKG_VERSION")))),
        ("convention", json!(request.convention.unwrap_or("afgang"))),
        (
            "estimator",
            json!(match request.estimator {
                Estimator::KaplanMeier => "kaplan-meier",
                Estimator::NelsonAalen => "nelson-aalen",
                Estimator::FlemingHarrington => "fleming-harrington",
                Estimator::CumulativeIncidence => "aalen-johansen",
            }),
        ),
    ];
    record.extend(of_rows(columns));
    record.push(("remarks", json!(rows.remarks(columns))));
    record.extend(near_ties(columns, rows.merged, near));
    record.extend([
        ("std_error", json!(std_errors(request, rows).0)),
        (
            "interval",
            match request.question {
                Question::RestrictedMean(_) => json!("plain"),
                _ => json!(scale(request.interval)),
            },
        ),
        ("level", json!(request.level)),
    ]);
    if matches!(request.estimator, Estimator::NelsonAalen | Estimator::FlemingHarrington) {
        let ties = match request.ties {
            HazardTies::OneByOne => "one-by-one",
            _ => "together",
        };
        record.push(("tied_events", json!(ties)));
    }
    match &request.question {
        Question::Curves => {}
        Question::At(_) => {
            let after =
                if request.is_product() { "missing unless all have left" } else { "missing" };
            record.push(("after_last_time", json!(after)));
        }
        Question::Quantiles(_, rule) => record.push(("quantile_rule", json!(name_of(*rule)))),
        Question::RestrictedMean(horizon) => {
            record.push(("horizon", json!(horizon)));
            let after = if request.extend { "goes on" } else { "refused" };
            record.push(("after_last_time", json!(after)));
        }
    }
    if let Some(given) = request.given {
        record.push(("given_still_in_at", json!(given)));
    }
    if let Some(band) = request.band {
        record.push(("band", json!(band_name(band.kind))));
        if let Some((from, to)) = band.range {
            record.push(("band_range", json!([from, to])));
        }
        if band.kind == BandKind::Influence {
            record.push(("band_seed", json!(band.seed)));
        }
    }
    record
}

/// The same in sentences.
pub(super) fn foot(
    request: &Request,
    rows: &Rows,
    near: Option<NearTies>,
    emptied: &[(String, f64)],
    without_band: &[String],
) -> Vec<String> {
    let columns = &request.columns;
    let name = match request.estimator {
        Estimator::KaplanMeier => "Survival by Kaplan–Meier",
        Estimator::NelsonAalen => "Cumulative hazard by Nelson–Aalen",
        Estimator::FlemingHarrington => {
            "Survival by way of the cumulative hazard (Fleming–Harrington)"
        }
        Estimator::CumulativeIncidence => "Cumulative incidence by Aalen–Johansen",
    };
    let level = percent(request.level);
    let scale = scale(request.interval);
    let errors = std_errors(request, rows).1;
    let mut foot = vec![match &request.question {
        Question::Curves | Question::At(_) => format!(
            "{name}; standard errors: {errors}; pointwise {level} % intervals on the {scale} scale."
        ),
        Question::Quantiles(_, rule) => {
            let rule = match rule {
                QuantileRule::Midpoint => "the middle of a flat stretch, as R",
                QuantileRule::First => "the first time of a flat stretch",
            };
            format!(
                "{name}: times by which these parts have left, {rule}; limits from the pointwise {level} % intervals on \
                 the {scale} scale, standard errors: {errors}; – where the curve does not come so far."
            )
        }
        Question::RestrictedMean(horizon) => {
            let without = if emptied.is_empty() {
                "all times up to the horizon are alike"
            } else {
                "the curve has no spread up to the horizon"
            };
            let from = match request.given {
                Some(given) => format!("Mean time from {given} until exit, up to {horizon},"),
                None => format!("Mean time until exit, at most {horizon},"),
            };
            format!(
                "{from} and time lost: areas under the curves; standard errors: {errors}; {level} % intervals on the plain \
                 scale; – where {without}."
            )
        }
    }];
    if request.extend && matches!(request.question, Question::RestrictedMean(_)) {
        foot.push("Behind its last time a curve goes on as it is.".to_owned());
    }
    if request.ties == HazardTies::OneByOne {
        foot.push("Tied events are counted one by one: 1/Y + 1/(Y - 1) + ….".to_owned());
    }
    if let Some(given) = request.given {
        foot.push(format!("Of those who are still in after {given}, from then on."));
    }
    if let Some(band) = request.band {
        let kind = match band.kind {
            BandKind::HallWellner => "of Hall and Wellner",
            BandKind::EqualPrecision => "of equal precision",
            BandKind::Influence => "of equal precision, its width simulated from influences",
        };
        let stretch = match band.range {
            Some((from, to)) => format!("from {from} to {to}"),
            None => "over all events".to_owned(),
        };
        foot.push(format!(
            "The band {kind} holds the whole curve {stretch} with {level} %; – where it does not reach."
        ));
    }
    if !without_band.is_empty() {
        foot.push(format!(
            "No event with a standard error for a band (–) to hold: {}.",
            without_band.join("; ")
        ));
    }
    foot.push(at_risk(request));
    if matches!(request.question, Question::At(_)) {
        let unless = if request.is_product() { ", unless all have left" } else { "" };
        foot.push(format!(
            "n_event and n_censor count since the time before; after the last time of the data nothing is known (–){unless}."
        ));
    }
    foot.extend(emptied.iter().map(|(group, time)| emptied_early(group, *time)));
    foot.extend(near_ties_in_words(columns, rows.merged, near));
    foot.extend(weights(columns));
    foot.extend(rows.remarks(columns));
    if let Some(convention) = request.convention {
        foot.push(format!("Conventions of {convention} where nothing else is asked for."));
    }
    foot
}

/// Words on a band of so few clusters that it is not to be trusted.
pub(super) fn few_clusters(group: &str, clusters: usize) -> String {
    let of = if group.is_empty() { String::new() } else { format!(" of group {group}") };
    format!(
        "The band{of} is simulated from {clusters} independent clusters or rows: with fewer than {} it is too narrow to be \
         trusted.",
        ConfidenceBand::FEW_CLUSTERS
    )
}

/// How risk sets are counted.
fn at_risk(request: &Request) -> String {
    let order = order_at_ties(&request.columns);
    match &request.question {
        Question::Curves | Question::At(_) => {
            format!("n_risk counts those in just before the time. {order}")
        }
        _ => order.to_owned(),
    }
}

/// Standard errors by name and in words.
fn std_errors(request: &Request, rows: &Rows) -> (&'static str, &'static str) {
    if request.jackknife(rows) {
        return ("infinitesimal jackknife", "infinitesimal jackknife");
    }
    let means = matches!(request.question, Question::RestrictedMean(_));
    match (request.estimator, request.variance()) {
        (Estimator::KaplanMeier, _) if !means => ("greenwood", "Greenwood"),
        (Estimator::NelsonAalen | Estimator::FlemingHarrington, Some(Variance::Greenwood)) => {
            ("greenwood", "binomial (Greenwood)")
        }
        (Estimator::NelsonAalen | Estimator::FlemingHarrington, _)
            if request.ties == HazardTies::OneByOne =>
        {
            ("aalen, one by one", "Aalen, events of a time one by one")
        }
        (Estimator::NelsonAalen | Estimator::FlemingHarrington, _) => ("aalen", "Aalen (d/Y²)"),
        (_, Some(Variance::Aalen)) => ("aalen", "Aalen"),
        _ => ("greenwood", "Greenwood type"),
    }
}

/// Name of an interval's scale.
pub(crate) fn scale(interval: Interval) -> &'static str {
    match interval {
        Interval::Plain => "plain",
        Interval::Log => "log",
        Interval::LogLog => "log-log",
        Interval::Logit => "logit",
        Interval::Arcsine => "arcsine",
    }
}

fn name_of(rule: QuantileRule) -> &'static str {
    match rule {
        QuantileRule::Midpoint => "midpoint",
        QuantileRule::First => "first",
    }
}

fn band_name(kind: BandKind) -> &'static str {
    match kind {
        BandKind::HallWellner => "hall-wellner",
        BandKind::EqualPrecision => "equal-precision",
        BandKind::Influence => "influence",
    }
}
