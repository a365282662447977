//! What a reader must know about a test: in words for people, by name for programs.

use afgang_models::TestWeights;
use serde_json::{Value, json};

use super::{Kind, Request};
use crate::conventions::{of_rows, order_at_ties, percent, weights};
use crate::rows::Rows;

/// The conventions by name.
pub(super) fn record(request: &Request, rows: &Rows) -> Vec<(&'static str, Value)> {
    let robust = rows.by_influence();
    let mut record = vec![("program", json!(concat!("afgang ", env!("CARGO_PKG_VERSION"))))];
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
            record.push(("variance", json!(if robust { "influence" } else { "gray (cmprsk)" })));
        }
        Kind::RestrictedMean(horizon) => {
            record.push(("test", json!("restricted means (wald)")));
            record.push(("horizon", json!(horizon)));
            record.push((
                "variance",
                json!(if robust { "infinitesimal jackknife" } else { "greenwood" }),
            ));
            record.push(("level", json!(request.level)));
        }
    }
    record.extend(of_rows(&request.columns));
    record.push(("strata", json!(request.columns.by[..request.strata])));
    record.push(("alternative", json!(if request.trend { "trend" } else { "any difference" })));
    record
}

/// The same in sentences.
pub(super) fn foot(request: &Request, rows: &Rows) -> Vec<String> {
    let robust = rows.by_influence();
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
                "variance by influence under the hypothesis"
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
            let what = if request.pairwise {
                "differences are the second group less the first"
            } else {
                "Wald test that they are equal"
            };
            format!(
                "Restricted means up to {horizon} and times lost; standard errors: {errors}; {level} % intervals; {what}."
            )
        }
    }];
    foot.push(order_at_ties(&request.columns).to_owned());
    if request.strata > 0 {
        foot.push("Scores and variances are added up over the strata.".to_owned());
    }
    foot.extend(weights(&request.columns));
    foot.extend(rows.remarks(&request.columns));
    if request.pairwise {
        foot.push(
            "Every two groups by themselves; p_holm keeps the chance of any false finding, p_bh their expected share."
                .to_owned(),
        );
    }
    if request.trend {
        foot.push("Trend over the groups in their order, numbered 0, 1, 2, …".to_owned());
    }
    foot
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
