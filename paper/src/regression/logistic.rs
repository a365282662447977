//! Logistic regression.

use afgang_models::{Coefficient, Error, Logistic, LogisticFit, Outcomes};
use serde_json::json;

use super::summary::{ODDS_RATIO, Summary};
use super::{Data, Request};
use crate::conventions::number_of;

/// The model of a cause against everything else.
pub(super) fn fit(
    request: &Request,
    data: &Data<'_>,
    cause: usize,
    (firth, wald): (bool, bool),
    robust: Option<bool>,
) -> Result<LogisticFit, Error> {
    let mut spec = Logistic::new().firth(firth).wald(wald).level(request.level);
    if let Some(robust) = robust {
        spec = spec.robust(robust);
    }
    spec.fit(&Outcomes::of_cause(data.spells, cause)?, data.design)
}

/// What the profile of a coefficient does not tell.
fn not_found(of: &Coefficient) -> Option<String> {
    let missing = [
        (of.estimate.conf_low, "its lower limit"),
        (of.estimate.conf_high, "its upper limit"),
        (of.p_value, "its p-value"),
    ];
    let missing: Vec<&str> =
        missing.iter().filter(|(value, _)| value.is_nan()).map(|(_, what)| *what).collect();
    let (last, before) = missing.split_last()?;
    let what = if before.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} and {last}", before.join(", "))
    };
    Some(format!(
        "{}: the search along the profile did not find {what}; `--wald` gives Wald's.",
        of.column
    ))
}

/// What there is to say of it.
pub(super) fn summary(data: &Data<'_>, fit: &LogisticFit) -> Summary {
    let counts = &fit.counts;
    let mut tests =
        vec![("likelihood_ratio".to_owned(), fit.likelihood_ratio), ("wald".to_owned(), fit.wald)];
    tests.extend(fit.score.map(|test| ("score".to_owned(), test)));
    let variance = if fit.robust { "influence" } else { "information" };
    let words = if fit.robust { "by influence (robust)" } else { "inverse information" };
    let penalty = if fit.firth { " with Firth's penalty" } else { "" };
    let mut conventions = vec![format!("Logistic regression{penalty}; standard errors: {words}.")];
    if fit.profiled {
        conventions.push(
            "Intervals and p-values of coefficients are by the profile of the penalised likelihood.".to_owned(),
        );
        conventions.extend(fit.coefficients.iter().filter_map(not_found));
    }
    if data.rows.causes.len() > 1 {
        conventions.push("A model for each outcome against all others.".to_owned());
    }
    Summary {
        counted: format!(
            "{}, {}, {}, {} of covariates",
            number_of(counts.outcomes, "outcome"),
            number_of(counts.events, "event"),
            data.observations(counts.clusters),
            number_of(counts.patterns, "pattern")
        ),
        counts: vec![
            ("rows", counts.rows as f64),
            ("rows_without_weight", counts.rows_without_weight as f64),
            ("outcomes", counts.outcomes),
            ("events", counts.events),
            ("clusters", counts.clusters as f64),
            ("patterns", counts.patterns as f64),
            ("aic", fit.aic()),
        ],
        ratio: ODDS_RATIO,
        log_likelihoods: [fit.log_likelihood_null, fit.log_likelihood],
        tests,
        concordance: None,
        convergence: fit.convergence,
        collinear: fit.collinear.clone(),
        conventions,
        remarks: Vec::new(),
        record: vec![
            ("model", json!("logistic")),
            ("penalty", json!(if fit.firth { "firth" } else { "none" })),
            ("intervals", json!(if fit.profiled { "profile" } else { "wald" })),
            ("variance", json!(variance)),
        ],
        coefficients: fit.coefficients.clone(),
    }
}
