//! Cox regression.

use afgang_models::{Cox, CoxFit, Error, Spells, Ties, TimeScale};
use serde_json::json;

use super::summary::{Summary, tests};
use super::{Data, Request};
use crate::conventions::number_of;

/// What Stata does to variances by influence.
pub(super) const SMALL_SAMPLE: &str =
    "Variances by influence are multiplied by C/(C - 1), C clusters or spells.";

/// The convention that multiplies variances by influence.
pub(super) const STATA: &str = "stata";

/// The model of a cause, with exits for others censored.
pub(super) fn spec(request: &Request, ties: Ties, robust: Option<bool>) -> Cox {
    let small_sample = request.convention == Some(STATA);
    let spec = Cox::new().ties(ties).small_sample(small_sample).level(request.level);
    match robust {
        Some(robust) => spec.robust(robust),
        None => spec,
    }
}

/// What there is to say of the model of a cause, or of a transition, with the spells that it was fitted to.
pub(super) fn summary(
    request: &Request,
    data: &Data<'_>,
    spells: &Spells,
    fit: &CoxFit,
    proportionality: Option<TimeScale>,
) -> Result<Summary, Error> {
    let mut tests = tests(fit.likelihood_ratio, fit.wald, fit.score, fit.robust_score);
    let mut remarks = Vec::new();
    match proportionality.map(|scale| fit.proportional_hazards(spells, scale)) {
        None => {}
        Some(Ok(of)) => {
            let name = |term: &String| format!("proportional_hazards[{term}]");
            tests.extend(of.terms.iter().map(|(term, test)| (name(term), *test)));
            tests.push(("proportional_hazards".to_owned(), of.global));
        }
        // The fit is there all the same.
        Some(Err(error @ (Error::OneEventTime { .. } | Error::NoInformation))) => {
            remarks.push(format!("Proportional hazards are not tested: {error}."));
        }
        Some(Err(error)) => return Err(error),
    }
    // Where no two spells can be compared there is none.
    let concordance = match fit.concordance(spells) {
        Err(Error::NoInformation) => None,
        found => Some(found?),
    };
    let counts = &fit.counts;
    if counts.rows_never_at_risk > 0 {
        remarks.push(format!(
            "Never at risk at the time of an event: {}.",
            number_of(counts.rows_never_at_risk, "row")
        ));
    }
    let ties = match fit.ties {
        Ties::Efron => "Efron",
        Ties::Breslow => "Breslow",
        Ties::Exact => "exact likelihood",
    };
    let variance = if fit.robust { "influence" } else { "information" };
    let words = if fit.robust { "by influence (robust)" } else { "inverse information" };
    let mut conventions =
        vec![format!("Cox regression, ties by {ties}; standard errors: {words}.")];
    if fit.robust && request.convention == Some(STATA) {
        conventions.push(SMALL_SAMPLE.to_owned());
    }
    if let Some(convention) = request.convention {
        conventions.push(format!("Conventions of {convention} where nothing else is asked for."));
    }
    if data.histories.is_some() {
        conventions.push(
            "A model for each transition: at risk are those in its first state; other ends of a stay are censored."
                .to_owned(),
        );
    } else if data.exits.several {
        conventions.push("A model for each cause; exits for other causes are censored.".to_owned());
    }
    Ok(Summary {
        counted: format!(
            "{}, {} at {}, {}, {} of covariates",
            number_of(counts.spells, if data.histories.is_some() { "stay" } else { "spell" }),
            number_of(counts.events, "event"),
            number_of(counts.event_times, "time"),
            data.observations(counts.clusters),
            number_of(counts.patterns, "pattern")
        ),
        counts: vec![
            ("rows", counts.rows as f64),
            ("rows_without_weight", counts.rows_without_weight as f64),
            ("rows_never_at_risk", counts.rows_never_at_risk as f64),
            ("spells", counts.spells),
            ("events", counts.events),
            ("clusters", counts.clusters as f64),
            ("strata", counts.strata as f64),
            ("event_times", counts.event_times as f64),
            ("patterns", counts.patterns as f64),
        ],
        ratio: super::summary::HAZARD_RATIO,
        log_likelihoods: [fit.log_likelihood_null, fit.log_likelihood],
        tests,
        concordance,
        convergence: fit.convergence,
        collinear: fit.collinear.clone(),
        conventions,
        remarks,
        record: vec![
            ("model", json!(if data.histories.is_some() { "cox of transitions" } else { "cox" })),
            ("convention", json!(request.convention.unwrap_or("afgang"))),
            ("ties", json!(ties.to_lowercase())),
            ("variance", json!(variance)),
        ],
        coefficients: fit.coefficients.clone(),
    })
}
