//! Effects of a treatment along time.

use afgang_models::{EffectMethod as Method, OutcomeModel, Target};

use super::super::document::{Placed, Result, Section};
use super::super::error::Problem;
use super::cohort::{by, list, of_ids};
use super::{WeekWords, classes, count, min_persons, named_set};
use crate::weeks::{Arms, Asked, DIFFERENCE, EffectPath, Outcome, Unit};

/// Name of each kind of effects, with the keys that it takes.
pub(super) const KINDS: [(&str, &[&str]); 2] = [
    (
        "effect-path",
        &[
            "list",
            "arm",
            "treated",
            "comparison",
            "weight",
            "method",
            "model",
            "strata",
            "covariates",
            "categories",
            "target",
            "level",
            "start",
            "outcome",
            "set",
            "exits",
            "exit",
            "unit",
            "horizon",
            "show",
            "min_persons",
        ],
    ),
    (
        "effect-balance",
        &[
            "list",
            "arm",
            "treated",
            "comparison",
            "weight",
            "method",
            "strata",
            "covariates",
            "categories",
            "target",
        ],
    ),
];

/// Reads what an output on an effect asks for.
pub(super) fn asked(section: &Section<'_, '_>, kind: &str, words: WeekWords<'_>) -> Result<Asked> {
    let arms = arms(section, words)?;
    if kind == "effect-balance" {
        if arms.covariates.is_empty() && arms.categories.is_empty() {
            return Err(section.missing("covariates"));
        }
        return Ok(Asked::EffectBalance(arms));
    }
    // What a method has no use for must not look as if it did something.
    let by_covariates = arms.method.by_covariates();
    let unused = [
        ("strata", arms.method != Method::Stratified),
        ("covariates", !by_covariates),
        ("categories", !by_covariates),
        ("target", arms.method == Method::Randomised),
    ];
    if let Some((second, _)) = unused.into_iter().find(|(key, no)| *no && section.has(key)) {
        let first = format!("method = \"{}\"", word(arms.method));
        let problem = Problem::OneOf { section: section.name.clone(), first, second };
        return Err(section.document.error(section.span.clone(), problem));
    }
    let units = [("weeks", Unit::Weeks), ("months", Unit::Months)];
    let unit = section.choice("unit", "unit", &units)?.unwrap_or(Unit::Weeks);
    let horizon = count(section, "horizon", 1, 1040)?;
    let horizon = horizon.ok_or_else(|| section.missing("horizon"))?;
    let mut shown = vec![horizon];
    if section.has("show") {
        let Placed { value: times, span } = section.wholes("show")?;
        let last = i64::from(horizon);
        if let Some(&found) = times.iter().find(|time| !(1..=last).contains(*time)) {
            let problem = Problem::OutOfRange { key: "show", found, first: 1, last };
            return Err(section.document.error(span, problem));
        }
        shown = times.into_iter().map(|time| time as u32).collect();
    }
    let start = section.text("start")?.value;
    let outcome = outcome(section, words)?;
    let logit = [Method::Regression, Method::DoublyRobust].map(|of| of(OutcomeModel::Logit));
    if !matches!(outcome, Outcome::Share(_)) && logit.contains(&arms.method) {
        let Placed { value: text, span } = section.text("model")?;
        let wanted = "model = \"linear\": weeks and incidences under censoring are no shares";
        let problem = Problem::Malformed { key: "model", text, wanted };
        return Err(section.document.error(span, problem));
    }
    let min_persons = min_persons(section)?;
    Ok(Asked::EffectPath(EffectPath { arms, start, outcome, unit, horizon, shown, min_persons }))
}

/// The word of a study for a method.
fn word(method: Method) -> &'static str {
    match method {
        Method::Randomised => "randomised",
        Method::Stratified => "stratified",
        Method::Weighted => "weighted",
        Method::Regression(_) => "regression",
        Method::DoublyRobust(_) => "doubly-robust",
    }
}

/// A column of the list, which must not be that of the ids.
fn column(
    section: &Section<'_, '_>,
    list: &str,
    (key, word): (&'static str, Placed<String>),
    words: WeekWords<'_>,
) -> Result<String> {
    if !of_ids(list, &by(&word.value, words).column, words) {
        return Ok(word.value);
    }
    let wanted = "another column: ids of persons say nothing of them";
    let problem = Problem::Malformed { key, text: word.value, wanted };
    Err(section.document.error(word.span, problem))
}

fn arms(section: &Section<'_, '_>, words: WeekWords<'_>) -> Result<Arms> {
    let document = section.document;
    let (treated, comparison) = (section.text("treated")?, section.text("comparison")?);
    for (key, arm, other) in
        [("treated", &treated, DIFFERENCE), ("comparison", &comparison, treated.value.as_str())]
    {
        if arm.value == other || arm.value == DIFFERENCE {
            let wanted = "two different values of the column of arms, none of them `difference`";
            let problem = Problem::Malformed { key, text: arm.value.clone(), wanted };
            return Err(document.error(arm.span.clone(), problem));
        }
    }
    let models = [("linear", OutcomeModel::Linear), ("logit", OutcomeModel::Logit)];
    let model = section.choice("model", "model", &models)?.unwrap_or_default();
    let list = list(section, words)?;
    let columns = |key: &'static str| -> Result<Vec<String>> {
        let of_key = section.optional_words(key)?.unwrap_or_default();
        of_key.into_iter().map(|word| column(section, &list, (key, word), words)).collect()
    };
    let one = |key: &'static str| -> Result<Option<String>> {
        let of_key = section.optional_text(key)?;
        of_key.map(|word| column(section, &list, (key, word), words)).transpose()
    };
    let (covariates, categories) = (columns("covariates")?, columns("categories")?);
    let (strata, arm) = (one("strata")?, one("arm")?.ok_or_else(|| section.missing("arm"))?);
    let methods = [
        Method::Randomised,
        Method::Stratified,
        Method::Weighted,
        Method::Regression(model),
        Method::DoublyRobust(model),
    ];
    let method = match section.choice("method", "method", &methods.map(|of| (word(of), of)))? {
        Some(method) => method,
        // What is given says what is meant.
        None if strata.is_some() => Method::Stratified,
        None if covariates.is_empty() && categories.is_empty() => Method::Randomised,
        None => Method::Weighted,
    };
    if method == Method::Stratified && strata.is_none() {
        return Err(section.missing("strata"));
    }
    if method.by_covariates() && covariates.is_empty() && categories.is_empty() {
        return Err(section.missing("covariates"));
    }
    let regressed = matches!(method, Method::Regression(_) | Method::DoublyRobust(_));
    if section.has("model") && !regressed {
        let Placed { value: text, span } = section.text("model")?;
        let wanted = "no model without method = \"regression\" or \"doubly-robust\"";
        return Err(document.error(span, Problem::Malformed { key: "model", text, wanted }));
    }
    let level = match section.optional_number("level")? {
        None => 0.95,
        Some(level) if level.value > 0.0 && level.value < 1.0 => level.value,
        Some(Placed { value: found, span }) => {
            let wanted = "a level between 0 and 1, for example 0.95";
            return Err(document.error(span, Problem::Number { key: "level", found, wanted }));
        }
    };
    let targets = [("all", Target::All), ("treated", Target::Treated)];
    Ok(Arms {
        list,
        arm,
        treated: treated.value,
        comparison: comparison.value,
        weight: section.optional_text("weight")?.map(|column| column.value),
        method,
        strata: strata.map(|name| by(&name, words)),
        covariates,
        categories: categories.iter().map(|name| by(name, words)).collect(),
        target: section.choice("target", "target", &targets)?.unwrap_or_default(),
        level,
    })
}

fn outcome(section: &Section<'_, '_>, words: WeekWords<'_>) -> Result<Outcome> {
    let document = section.document;
    let outcomes = [("share", 0), ("weeks", 1), ("incidence", 2)];
    let place = section.choice("outcome", "outcome", &outcomes)?.unwrap_or(0);
    let unused: &[&str] = if place == 2 { &["set"] } else { &["exits", "exit"] };
    if let Some(key) = unused.iter().find(|key| section.has(key)) {
        let wanted = "`set` for a share or weeks, `exits` and `exit` for an incidence";
        let text = (*key).to_owned();
        let problem = Problem::Malformed { key: "outcome", text, wanted };
        return Err(document.error(section.span.clone(), problem));
    }
    if place < 2 {
        let set = named_set(document, &section.text("set")?, words.rules)?;
        return Ok(if place == 0 { Outcome::Share(set) } else { Outcome::Weeks(set) });
    }
    let exits = classes(document, &section.text("exits")?, words.rules)?.of.clone();
    let names: Vec<String> = exits.classes.iter().map(|(name, _)| name.clone()).collect();
    let exit = document.position("exit", &section.text("exit")?, &names)?;
    Ok(Outcome::Incidence { exits, exit })
}
