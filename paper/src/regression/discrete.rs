//! Hazards in discrete time.

use afgang_models::{
    Clock, Curve, DiscreteFit, DiscreteHazard, Error, ExitModel, Interval, Link, Profile,
};
use serde_json::json;

use super::clocks::{first_month, show, starts};
use super::fits::{Refused, each};
use super::summary::{HAZARD_RATIO, ODDS_RATIO, Summary};
use super::{Data, Discrete, RegressionError, Request};
use crate::conventions::number_of;

/// Models of discrete hazards.
pub(super) enum Fits {
    /// One of all causes together.
    Together(Box<DiscreteFit>),
    /// Of each cause, exits for others censored.
    Each(Vec<(usize, DiscreteFit)>),
}

/// The model of all causes together, or of each with exits for others censored.
pub(super) fn fit(
    request: &Request,
    data: &Data<'_>,
    model: &Discrete,
) -> Result<(Fits, Refused), RegressionError> {
    let mut spec = DiscreteHazard::new()
        .link(model.link)
        .baseline(model.baseline.clone())
        .first_time(model.first_time)
        .level(request.level);
    if let Some(robust) = model.robust {
        spec = spec.robust(robust);
    }
    for (column, shape) in &model.clocks {
        let rows = data.named();
        let values = rows.values(column);
        let starts = starts(column, first_month(values), (&rows, values))?;
        spec = spec.clock(Clock::new(column, starts).shape(shape.clone()));
    }
    let causes = data.rows.causes.len();
    let all = data.rows.shown.len() == causes;
    if causes > 1 && all && model.link == Link::Logit && !model.separate {
        let fit = spec.fit_exits(data.spells, data.design).map_err(|error| named(error, data))?;
        return Ok((Fits::Together(Box::new(fit)), Refused::new()));
    }
    let of = |cause| spec.clone().cause(cause).fit(data.spells, data.design);
    let (fits, refused) = each(data, &data.rows.shown, of)?;
    Ok((Fits::Each(fits), refused))
}

/// What there is to say of the causes shown.
pub(super) fn summaries(data: &Data<'_>, model: &Discrete, fits: &Fits) -> Vec<(usize, Summary)> {
    match fits {
        Fits::Together(fit) => {
            let of = |&cause: &usize| {
                fit.exits.get(cause).map(|exit| (cause, summary(model, data, fit, exit, true)))
            };
            data.rows.shown.iter().filter_map(of).collect()
        }
        Fits::Each(fits) => {
            let of = |(cause, fit): &(usize, DiscreteFit)| {
                (*cause, summary(model, data, fit, &fit.exits[0], false))
            };
            fits.iter().map(of).collect()
        }
    }
}

/// Curves of a profile by cause: the hazards, or the cumulative incidences of a model of all causes together, or the survival of
/// one of each.
pub(super) fn predict(
    data: &Data<'_>,
    fits: &Fits,
    profile: &Profile,
    interval: Interval,
    hazards: bool,
) -> Result<Vec<(usize, Curve)>, Error> {
    match fits {
        Fits::Together(fit) => {
            let curves = if hazards {
                fit.hazards(profile, interval)?
            } else {
                fit.incidence(profile, interval)?
            };
            let shown = |(cause, _): &(usize, Curve)| data.rows.shown.contains(cause);
            Ok(curves.into_iter().enumerate().filter(shown).collect())
        }
        Fits::Each(fits) => {
            let curve = |(cause, fit): &(usize, DiscreteFit)| {
                let curve = if hazards {
                    fit.hazards(profile, interval)?.swap_remove(0)
                } else {
                    fit.survival(profile, interval)?
                };
                Ok((*cause, curve))
            };
            fits.iter().map(curve).collect()
        }
    }
}

/// An error with causes by their names.
fn named(error: Error, data: &Data<'_>) -> Error {
    let of = |cause: usize| format!("(cause {})", data.rows.causes.show(cause));
    let with_name = |term: String| {
        let causes = 0..data.rows.causes.len();
        let mut found = causes.filter_map(|cause| {
            let name = term.strip_suffix(&format!("(cause {cause})"))?;
            Some(format!("{name}{}", of(cause)))
        });
        found.next().unwrap_or(term)
    };
    match error {
        Error::Separation { terms, complete } => {
            Error::Separation { terms: terms.into_iter().map(with_name).collect(), complete }
        }
        Error::NoRobustVariance { column, clusters } => {
            Error::NoRobustVariance { column: with_name(column), clusters }
        }
        Error::OfCause { cause, error } => match *error {
            Error::NoEventsInLevel { term, level } => {
                Error::NoEventsInLevel { term: format!("{term} {}", of(cause)), level }
            }
            other => other,
        },
        other => other,
    }
}

fn summary(
    model: &Discrete,
    data: &Data<'_>,
    fit: &DiscreteFit,
    exit: &ExitModel,
    together: bool,
) -> Summary {
    let counts = &fit.counts;
    let place = exit.cause.filter(|_| together).unwrap_or(0);
    let (events, told) = (counts.events[place], counts.events_told[place]);
    let mut remarks = Vec::new();
    if told < events {
        remarks.push(format!(
            "{} at times when everybody at risk leaves, which tell nothing of the covariates.",
            number_of(events - told, "event")
        ));
    }
    let (link, words, ratio) = match fit.link {
        Link::Logit => ("logit", "logit", ODDS_RATIO),
        Link::CLogLog => ("cloglog", "complementary log-log", HAZARD_RATIO),
    };
    let variance = if fit.robust { "influence" } else { "information" };
    let errors = match (fit.robust, fit.link) {
        (true, _) => "by influence (robust)",
        (false, Link::Logit) => "inverse information",
        // R's `glm` has the expected one.
        (false, Link::CLogLog) => "inverse observed information",
    };
    let clocks: Vec<String> =
        model.clocks.iter().map(|(column, shape)| show(column, shape)).collect();
    let duration = show("time", &model.baseline);
    let functions = [std::slice::from_ref(&duration), &clocks].concat().join(", ");
    let mut conventions = vec![
        format!("Discrete-time hazards, {words} link; standard errors: {errors}."),
        format!(
            "Clocks: {functions}. A spell is at risk at whole times after entry up to its exit."
        ),
    ];
    for (column, _) in &model.clocks {
        if let Some(first) = first_month(data.named().values(column)) {
            conventions.push(format!("{column} counts months: a start in {first} is 0."));
        }
    }
    if together {
        conventions.push(
            "One multinomial model of all causes, which compete; tests are of all of them together."
                .to_owned(),
        );
    } else if data.rows.causes.len() > 1 {
        conventions.push("A model for each cause; exits for other causes are censored.".to_owned());
    }
    let knots = fit.knots();
    for (clock, knots) in &knots {
        let list: Vec<String> = knots.iter().map(f64::to_string).collect();
        conventions.push(format!(
            "Knots of {clock}: {}; the inner ones are quantiles of the values of all times at risk.",
            list.join(", ")
        ));
    }
    if counts.times_without_parameter > 0 {
        conventions.push(format!(
            "Without a parameter, because nobody leaves then or all do: {} of {}.",
            counts.times_without_parameter,
            number_of(counts.times, "time")
        ));
    }
    Summary {
        counted: format!(
            "{}, {} at risk, {}, {}, {} of covariates",
            number_of(counts.spells, "spell"),
            number_of(counts.times_at_risk, "time"),
            number_of(events, "event"),
            data.observations(counts.clusters),
            number_of(counts.patterns, "pattern")
        ),
        counts: vec![
            ("rows", counts.rows as f64),
            ("rows_without_weight", counts.rows_without_weight as f64),
            ("spells", counts.spells),
            ("times_at_risk", counts.times_at_risk),
            ("events", events),
            ("events_told", told),
            ("clusters", counts.clusters as f64),
            ("times", counts.times as f64),
            ("times_without_parameter", counts.times_without_parameter as f64),
            ("patterns", counts.patterns as f64),
            ("cells", counts.cells as f64),
            ("aic", fit.aic()),
        ],
        ratio,
        log_likelihoods: [fit.log_likelihood_null, fit.log_likelihood],
        tests: vec![
            ("likelihood_ratio".to_owned(), fit.likelihood_ratio),
            ("wald".to_owned(), fit.wald),
            ("score".to_owned(), fit.score),
        ],
        concordance: None,
        convergence: fit.convergence,
        collinear: fit.collinear.clone(),
        conventions,
        remarks,
        record: vec![
            ("model", json!("discrete")),
            ("link", json!(link)),
            ("baseline", json!(duration)),
            ("clocks", json!(clocks)),
            ("knots", json!(knots.iter().copied().collect::<std::collections::BTreeMap<_, _>>())),
            ("exits", json!(if together { "together" } else { "each" })),
            ("variance", json!(variance)),
        ],
        coefficients: [exit.baseline.as_slice(), &exit.coefficients].concat(),
    }
}
