//! Fine–Gray regression.

use afgang_models::{CensoringTies, Convention, Error, FineGray, FineGrayFit, FineGrayVariance};
use serde_json::json;

use super::cox::STATA;
use super::design::groups;
use super::summary::{Summary, tests};
use super::{Data, Request};
use crate::conventions::number_of;

/// The model of the subdistribution hazard of a cause.
pub(super) fn fit(
    request: &Request,
    data: &Data<'_>,
    cause: usize,
    (convention, censoring_ties, variance): (Convention, CensoringTies, FineGrayVariance),
    censoring_groups: &[String],
) -> Result<FineGrayFit, Error> {
    let mut spec = FineGray::new(cause)
        .convention(convention)
        .censoring_ties(censoring_ties)
        .variance(variance)
        .small_sample(request.convention == Some(STATA))
        .level(request.level);
    if !censoring_groups.is_empty() {
        spec = spec.censoring_groups(groups(data.rows, &data.columns.by, censoring_groups)?);
    }
    spec.fit(data.spells, data.design)
}

/// What there is to say of it.
pub(super) fn summary(request: &Request, data: &Data<'_>, fit: &FineGrayFit) -> Summary {
    let censoring_groups = request.censoring_groups();
    let tests = tests(fit.likelihood_ratio, fit.wald, fit.score, fit.robust_score);
    let counts = &fit.counts;
    let (of_variance, words) = match fit.variance {
        FineGrayVariance::EstimatedWeights => {
            ("estimated weights", "by influence, with the estimation of the censoring weights")
        }
        FineGrayVariance::KnownWeights => {
            ("known weights", "by influence, as if the censoring weights were known")
        }
        FineGrayVariance::Information => ("information", "inverse information"),
    };
    let (of_convention, influence) = match fit.convention {
        Convention::Derivative | Convention::RSurvival => ("derivative", ""),
        Convention::FineGray => ("fine-gray", " as Fine and Gray (1999) print it"),
        Convention::Cmprsk => ("cmprsk", " as R's cmprsk computes it, with its defects"),
    };
    let (of_ties, at_risk) = match fit.censoring_ties {
        CensoringTies::AllAtRisk => {
            ("all at risk", "who has an event is at risk of censoring then")
        }
        CensoringTies::AfterEvents => {
            ("after events", "censorings come after events, which leave their risk set")
        }
    };
    let (after_last, of_start) = match fit.convention {
        Convention::Cmprsk => ("zero", "G(0)"),
        Convention::RSurvival => ("zero", "G(0-)"),
        Convention::Derivative | Convention::FineGray => ("stays", "G(0-)"),
    };
    let mut conventions = vec![
        format!("Fine–Gray regression, ties by Breslow; standard errors: {words}{influence}."),
        format!("Censoring weights: {at_risk}; {}.", number_of(counts.censoring_groups, "group")),
        match fit.convention {
            Convention::Cmprsk => {
                "G, the chance not to be censored, is 0 after the last exit of a group; competing exits at time 0 are weighted by G(0)."
            }
            Convention::RSurvival => {
                "G, the chance not to be censored, is estimated without sampling weights and is 0 after the last exit of a group; \
                 after competing exits, a group's rows without an event of its own until its G changes are left out (finegray of R)."
            }
            Convention::Derivative | Convention::FineGray => {
                "G, the chance not to be censored, stays as it was after the last exit of a group (0 after a censoring); competing \
                 exits at time 0 are weighted by G(0-) = 1."
            }
        }
        .to_owned(),
    ];
    if fit.variance != FineGrayVariance::Information && request.convention == Some(STATA) {
        conventions.push(super::cox::SMALL_SAMPLE.to_owned());
    }
    if let Some(convention) = request.convention {
        conventions.push(format!("Conventions of {convention} where nothing else is asked for."));
    }
    if counts.gaps > 0 {
        conventions.push(format!(
            "{} at which nobody of a censoring group is at risk though others come later: weights start anew there.",
            number_of(counts.gaps, "time")
        ));
    }
    if data.rows.causes.len() > 1 && data.rows.shown.len() > 1 {
        conventions.push("A model for each cause; the other causes compete with it.".to_owned());
    }
    Summary {
        counted: format!(
            "{}, {}, {}, {} censored; {}, {} of covariates",
            number_of(counts.spells, "spell"),
            number_of(counts.events, "event"),
            number_of(counts.competing, "competing exit"),
            counts.censored,
            data.observations(counts.clusters),
            number_of(counts.patterns, "pattern")
        ),
        counts: vec![
            ("rows", counts.rows as f64),
            ("rows_without_weight", counts.rows_without_weight as f64),
            ("spells", counts.spells),
            ("events", counts.events),
            ("competing", counts.competing),
            ("censored", counts.censored),
            ("clusters", counts.clusters as f64),
            ("strata", counts.strata as f64),
            ("censoring_groups", counts.censoring_groups as f64),
            ("gaps", counts.gaps as f64),
            ("event_times", counts.event_times as f64),
            ("patterns", counts.patterns as f64),
        ],
        ratio: super::summary::HAZARD_RATIO,
        log_likelihoods: [fit.log_likelihood_null, fit.log_likelihood],
        tests,
        concordance: None,
        convergence: fit.convergence,
        collinear: fit.collinear.clone(),
        conventions,
        remarks: Vec::new(),
        record: vec![
            ("model", json!("fine-gray")),
            ("convention", json!(request.convention.unwrap_or("afgang"))),
            ("ties", json!("breslow")),
            ("variance", json!(of_variance)),
            ("influence", json!(of_convention)),
            ("censoring_ties", json!(of_ties)),
            ("censoring_groups", json!(censoring_groups)),
            ("censoring_after_last_exit", json!(after_last)),
            ("censoring_at_zero", json!(of_start)),
        ],
        coefficients: fit.coefficients.clone(),
    }
}
