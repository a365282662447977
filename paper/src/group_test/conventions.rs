//! What a reader must know about a test: in words for people, by name for programs.

use afgang_models::{Contrast, TestWeights, Variance};
use serde_json::{Value, json};

use super::{Kind, Request, Trend};
use crate::conventions::{near_ties, near_ties_in_words, of_rows, order_at_ties, percent, weights};
use crate::curve::StdError;
use crate::rows::Rows;
use crate::rows::near_ties::NearTies;

/// The conventions by name.
pub(super) fn record(
    request: &Request,
    rows: &Rows,
    near: Option<NearTies>,
    untested: &[String],
) -> Vec<(&'static str, Value)> {
    let robust = request.robust(rows);
    let mut record = vec![
        ("program", json!(concat!("afgang ", env!("CARGO_PKG_VERSION")))),
        ("convention", json!(request.convention.unwrap_or("afgang"))),
    ];
    match request.kind {
        Kind::LogRank(weights) => {
            record.push(("test", json!("log-rank")));
            record.push(("time_weights", json!(name_of(weights))));
            record.push((
                "variance",
                json!(if robust { "influence (Lin-Wei)" } else { "hypergeometric" }),
            ));
        }
        Kind::Gray(rho) => {
            record.push(("test", json!("gray")));
            record.push(("rho", json!(rho)));
            record.push((
                "variance",
                json!(if robust { "gray, times the design effect" } else { "gray (cmprsk)" }),
            ));
        }
        Kind::RestrictedMean(horizon) => {
            record.push(("test", json!("restricted means (wald)")));
            record.push(("horizon", json!(horizon)));
            record.push((
                "variance",
                json!(if robust { "infinitesimal jackknife" } else { "greenwood" }),
            ));
            record.push(("interval", json!(scale(request))));
            record.push(("level", json!(request.level)));
            record.push((
                "after_last_time",
                json!(if request.extend { "goes on" } else { "refused" }),
            ));
        }
        Kind::Values => {
            record.push(("test", json!("values at times (wald)")));
            record.push(("times", json!(request.times)));
            record.push(("variance", json!(of_values(request, robust).0)));
            record.push(("interval", json!(scale(request))));
            record.push(("level", json!(request.level)));
        }
    }
    record.extend(of_rows(&request.columns));
    record.push(("remarks", json!(rows.remarks(&request.columns))));
    record.extend(near_ties(&request.columns, rows.merged, near));
    record.push(("strata", json!(request.columns.by[..request.strata])));
    if matches!(request.kind, Kind::RestrictedMean(_) | Kind::Values) {
        record.push(("contrast", json!(of_contrast(request.contrast).0)));
    }
    if standardised(request) {
        record.push(("standardised_to", json!("strata of all groups together")));
    }
    let alternative = if request.trend.is_some() { "trend" } else { "any difference" };
    record.push(("alternative", json!(alternative)));
    if let Some(Trend::Scores(scores)) = &request.trend {
        let scores = scores.iter().map(|(group, score)| (group.clone(), json!(score)));
        record.push(("scores", Value::Object(scores.collect())));
    }
    if !untested.is_empty() {
        record.push(("not_tested", json!(untested)));
    }
    record
}

/// The same in sentences.
pub(super) fn foot(
    request: &Request,
    rows: &Rows,
    near: Option<NearTies>,
    untested: &[String],
) -> Vec<String> {
    let robust = request.robust(rows);
    let mut foot = vec![match request.kind {
        Kind::LogRank(weights) => {
            let words = match weights {
                TestWeights::LogRank => "1 (log-rank)".to_owned(),
                TestWeights::Gehan => "the risk set (Gehan)".to_owned(),
                TestWeights::TaroneWare => "the root of the risk set (Tarone–Ware)".to_owned(),
                TestWeights::PetoPeto => "1 less d/(Y + 1), multiplied up (Peto–Peto)".to_owned(),
                TestWeights::ModifiedPetoPeto => "Peto–Peto's times Y/(Y + 1)".to_owned(),
                TestWeights::FlemingHarrington { p, q } => {
                    format!("S(t-)^{p} (1 - S(t-))^{q} (Fleming–Harrington)")
                }
                _ => "as asked for".to_owned(),
            };
            let variance = if robust {
                "variance by influence (Lin–Wei)"
            } else {
                "hypergeometric variance at ties"
            };
            format!(
                "Log-rank test with weights {words}; {variance}; observed and expected are weighted."
            )
        }
        Kind::Gray(rho) => {
            let variance = if robust {
                "variance under the hypothesis, times the design effect of clusters and weights"
            } else {
                "variance as R's cmprsk, ties included"
            };
            format!(
                "Gray's test of equal cumulative incidence with rho = {rho}; {variance}; \
                 a group counts as long as it is at risk."
            )
        }
        Kind::RestrictedMean(horizon) => {
            let errors = if robust { "infinitesimal jackknife" } else { "Greenwood type" };
            let level = percent(request.level);
            let what = wald(request);
            format!(
                "Restricted means up to {horizon} and times lost; standard errors: {errors}; {level} % intervals; {what}."
            )
        }
        Kind::Values => {
            let (errors, level) = (of_values(request, robust).1, percent(request.level));
            let times: Vec<String> = request.times.iter().map(f64::to_string).collect();
            format!(
                "Survival and incidence at {}; standard errors: {errors}; {level} % intervals on the {} scale; {}.",
                times.join(", "),
                scale(request),
                wald(request)
            )
        }
    }];
    if request.extend {
        foot.push("Behind its last time a curve goes on as it is.".to_owned());
    }
    foot.push(order_at_ties(&request.columns).to_owned());
    if standardised(request) {
        foot.push(
            "Estimates are those of the strata, weighted by the shares of the strata in all groups together, which are taken as \
             known (direct standardisation)."
                .to_owned(),
        );
    } else if request.strata > 0 {
        foot.push("Scores and variances are added up over the strata.".to_owned());
    }
    foot.extend(near_ties_in_words(&request.columns, rows.merged, near));
    foot.extend(weights(&request.columns));
    foot.extend(rows.remarks(&request.columns));
    if request.pairwise {
        foot.push(
            "Every two groups by themselves; p_holm keeps the chance of any false finding, p_bh their expected share."
                .to_owned(),
        );
    }
    if !untested.is_empty() {
        let why = match request.kind {
            Kind::RestrictedMean(_) | Kind::Values => {
                "An estimate without a standard error (nobody of the group has left, all have, or they are one cluster) cannot be compared"
            }
            Kind::Gray(_) if request.convention == Some("cmprsk") => {
                "While two groups were at risk no event of the cause that has a weight happened, or all left at once, or the variance of \
                 cmprsk is none"
            }
            Kind::Gray(_) => {
                "While two groups were at risk no event of the cause that has a weight happened, or all left at once"
            }
            Kind::LogRank(_) => {
                "No event that has a weight happened while both were at risk, or all left at once"
            }
        };
        let between = match request.kind {
            _ if request.pairwise => "between",
            Kind::Gray(_) => "of",
            _ => "with",
        };
        foot.push(format!("{why}, so there is no test (–) {between} {}.", untested.join("; ")));
    }
    if let Some(convention) = request.convention {
        foot.push(format!("Conventions of {convention} where nothing else is asked for."));
    }
    match &request.trend {
        None => {}
        Some(Trend::InOrder) => {
            foot.push("Trend over the groups in their order, numbered 0, 1, 2, …".to_owned());
        }
        Some(Trend::Scores(scores)) => {
            let scores: Vec<String> =
                scores.iter().map(|(group, score)| format!("{group} = {score}")).collect();
            foot.push(format!("Trend over the groups with the scores {}.", scores.join(", ")));
        }
    }
    foot
}

/// Words on tests for whose ties the variance of `cmprsk` is too small.
pub(super) fn beyond_cmprsk(tests: &[String]) -> String {
    format!(
        "Ties make the variance of cmprsk too small, and that of the exits which the score expects is taken (--convention cmprsk takes \
         cmprsk's): {}.",
        tests.join("; ")
    )
}

/// Whether means and values are of strata mixed alike.
fn standardised(request: &Request) -> bool {
    request.strata > 0 && matches!(request.kind, Kind::RestrictedMean(_) | Kind::Values)
}

fn wald(request: &Request) -> String {
    let words = of_contrast(request.contrast);
    if request.pairwise {
        words.1.to_owned()
    } else {
        format!("Wald test that they are equal{}", words.2)
    }
}

/// Scale of the intervals that are printed: of values and means, or of what sets two of them against each other.
fn scale(request: &Request) -> &'static str {
    match request.contrast {
        Contrast::Ratio if request.pairwise => "log",
        Contrast::CumulativeHazardRatio if request.pairwise => "log-log",
        _ => "plain",
    }
}

/// A contrast by name, and in words of pairs and of all groups.
fn of_contrast(contrast: Contrast) -> (&'static str, &'static str, &'static str) {
    match contrast {
        Contrast::Difference => {
            ("difference", "differences are the second group less the first", "")
        }
        Contrast::Ratio => (
            "ratio",
            "ratios are the second group over the first, with standard errors and tests of their logarithms",
            ", on the scale of the logarithm",
        ),
        Contrast::CumulativeHazardRatio => (
            "cumulative hazard ratio",
            "ratios of cumulative hazards, the second group over the first, with standard errors and tests of their logarithms, \
             log(-log S), of incidences log(-log(1 - F))",
            ", on the scale of log(-log S), of incidences log(-log(1 - F))",
        ),
    }
}

/// Standard errors of values by name and in words.
fn of_values(request: &Request, robust: bool) -> (&'static str, &'static str) {
    match request.std_error {
        _ if robust => ("infinitesimal jackknife", "infinitesimal jackknife"),
        Some(StdError::Counts(Variance::Aalen)) => {
            ("greenwood, of incidences aalen", "Greenwood, of incidences Aalen")
        }
        _ => ("greenwood", "Greenwood type"),
    }
}

fn name_of(weights: TestWeights) -> String {
    match weights {
        TestWeights::LogRank => "log-rank".to_owned(),
        TestWeights::Gehan => "gehan".to_owned(),
        TestWeights::TaroneWare => "tarone-ware".to_owned(),
        TestWeights::PetoPeto => "peto-peto".to_owned(),
        TestWeights::ModifiedPetoPeto => "modified-peto-peto".to_owned(),
        TestWeights::FlemingHarrington { p, q } => format!("fleming-harrington({p}, {q})"),
        _ => "other".to_owned(),
    }
}
