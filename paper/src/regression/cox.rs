//! Cox regression as tables.

use afgang_models::{ChiSquare, Cox, CoxFit, Error, Stopped, TermKind, Ties};
use serde_json::json;

use super::{Data, Fitted, Request};
use crate::curve::conventions::{of_rows, weights};
use crate::rows::pick;
use crate::table::{Table, Values};

/// A model for each cause that is asked for.
pub(super) fn fit(request: &Request, data: &Data<'_>, spec: Cox) -> Result<Fitted, Error> {
    let several = data.rows.causes.len() > 1;
    let mut lines = Lines::default();
    let mut statistics = Statistics::default();
    let mut foot = Vec::new();
    for &cause in &data.rows.shown {
        let fit = spec.cause(cause).fit(data.spells, data.design)?;
        let name = several.then(|| data.rows.causes.show(cause));
        if foot.is_empty() {
            foot = conventions(request, data, &fit);
        }
        lines.add(cause, &fit);
        statistics.add(cause, request, data, &fit)?;
        foot.extend(remarks(&fit, name.as_deref()));
        foot.extend(statistics.in_words(cause, name.as_deref()));
    }
    let causes = |places: &[usize]| pick(&data.rows.causes, places);
    let mut table = Table::new();
    let mut of_fit = Table::new();
    if several {
        table = table.with("cause", causes(&lines.cause));
        of_fit = of_fit.with("cause", causes(&statistics.cause));
    }
    table = table.text("term", lines.term).text("column", lines.column);
    for (name, values) in NAMES.into_iter().zip(lines.numbers) {
        table = table.with(name, Values::Number(values));
    }
    for (name, value) in record(request, data) {
        table = table.note(name, value);
    }
    of_fit = of_fit.text("name", statistics.name).with("value", Values::Number(statistics.value));
    Ok(Fitted { table, statistics: of_fit, foot })
}

const NAMES: [&str; 9] = [
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "hazard_ratio",
    "ratio_low",
    "ratio_high",
];

#[derive(Default)]
struct Lines {
    cause: Vec<usize>,
    term: Vec<String>,
    column: Vec<String>,
    numbers: [Vec<f64>; 9],
}

impl Lines {
    fn add(&mut self, cause: usize, fit: &CoxFit) {
        for coefficient in &fit.coefficients {
            self.cause.push(cause);
            self.term.push(coefficient.term.clone());
            self.column.push(coefficient.column.clone());
            let (e, ratio) = (coefficient.estimate, coefficient.hazard_ratio());
            let numbers = [
                e.estimate,
                e.std_error,
                coefficient.statistic,
                coefficient.p_value,
                e.conf_low,
                e.conf_high,
                ratio.estimate,
                ratio.conf_low,
                ratio.conf_high,
            ];
            for (column, number) in self.numbers.iter_mut().zip(numbers) {
                column.push(number);
            }
        }
    }
}

/// Statistics of fits by name.
#[derive(Default)]
struct Statistics {
    cause: Vec<usize>,
    name: Vec<String>,
    value: Vec<f64>,
}

impl Statistics {
    fn push(&mut self, cause: usize, name: impl Into<String>, value: f64) {
        self.cause.push(cause);
        self.name.push(name.into());
        self.value.push(value);
    }

    fn test(&mut self, cause: usize, name: &str, test: ChiSquare) {
        self.push(cause, name, test.statistic);
        self.push(cause, format!("{name}_df"), test.df as f64);
        self.push(cause, format!("{name}_p_value"), test.p_value);
    }

    fn add(
        &mut self,
        cause: usize,
        request: &Request,
        data: &Data<'_>,
        fit: &CoxFit,
    ) -> Result<(), Error> {
        let counts = &fit.counts;
        for (name, value) in [
            ("rows", counts.rows as f64),
            ("rows_without_weight", counts.rows_without_weight as f64),
            ("rows_never_at_risk", counts.rows_never_at_risk as f64),
            ("spells", counts.spells),
            ("events", counts.events),
            ("clusters", counts.clusters as f64),
            ("strata", counts.strata as f64),
            ("event_times", counts.event_times as f64),
            ("patterns", counts.patterns as f64),
            ("log_likelihood_null", fit.log_likelihood_null),
            ("log_likelihood", fit.log_likelihood),
            ("iterations", fit.convergence.iterations as f64),
        ] {
            self.push(cause, name, value);
        }
        self.test(cause, "likelihood_ratio", fit.likelihood_ratio);
        self.test(cause, "wald", fit.wald);
        self.test(cause, "score", fit.score);
        if let Some(robust) = fit.robust_score {
            self.test(cause, "robust_score", robust);
        }
        let concordance = fit.concordance(data.spells)?;
        self.push(cause, "concordance", concordance.estimate);
        self.push(cause, "concordance_std_error", concordance.std_error);
        if let Some(scale) = request.proportionality {
            let tests = fit.proportional_hazards(data.spells, scale)?;
            for (term, test) in &tests.terms {
                self.test(cause, &format!("proportional_hazards[{term}]"), *test);
            }
            self.test(cause, "proportional_hazards", tests.global);
        }
        Ok(())
    }
}

impl Statistics {
    /// The tests of a cause in sentences.
    fn in_words(&self, cause: usize, name: Option<&str>) -> Vec<String> {
        let of = name.map_or_else(String::new, |cause| format!("Cause {cause}: "));
        let value = |wanted: &str| {
            let found = (0..self.name.len())
                .rfind(|&row| self.cause[row] == cause && self.name[row] == wanted);
            found.map(|row| self.value[row])
        };
        let test = |key: &str, title: &str| {
            let (statistic, df, p) =
                (value(key)?, value(&format!("{key}_df"))?, value(&format!("{key}_p_value"))?);
            let p = if p < 1e-4 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") };
            Some(format!("{title} {statistic:.3} on {df} df, {p}"))
        };
        let tests: Vec<String> = [
            ("likelihood_ratio", "Likelihood ratio"),
            ("wald", "Wald"),
            ("score", "score"),
            ("robust_score", "robust score"),
        ]
        .into_iter()
        .filter_map(|(key, title)| test(key, title))
        .collect();
        let mut words = vec![format!("{of}{}.", tests.join("; "))];
        if let (Some(c), Some(error)) = (value("concordance"), value("concordance_std_error")) {
            words.push(format!("{of}Concordance {c:.4} (standard error {error:.4})."));
        }
        let of_terms: Vec<String> = (0..self.name.len())
            .filter(|&row| self.cause[row] == cause && self.name[row].ends_with(']'))
            .filter_map(|row| {
                let key = &self.name[row];
                let title = key.strip_prefix("proportional_hazards[")?.strip_suffix(']')?;
                test(key, title)
            })
            .chain(test("proportional_hazards", "all"))
            .collect();
        if !of_terms.is_empty() {
            words.push(format!("{of}Proportional hazards: {}.", of_terms.join("; ")));
        }
        words
    }
}

/// The conventions by name.
fn record(request: &Request, data: &Data<'_>) -> Vec<(&'static str, serde_json::Value)> {
    let mut record = vec![
        ("program", json!(concat!("afgang ", env!("CARGO_PKG_VERSION")))),
        ("model", json!("cox")),
        ("ties", json!(ties(request.ties).to_lowercase())),
    ];
    record.extend(of_rows(data.columns));
    let robust = request.robust.unwrap_or(data.rows.by_influence());
    record.push(("variance", json!(if robust { "influence" } else { "information" })));
    record.push(("level", json!(request.level)));
    record.push(("strata", json!(request.strata)));
    let bases: serde_json::Map<String, serde_json::Value> = bases(data)
        .into_iter()
        .map(|(term, levels, base)| (term, json!({ "levels": levels, "base": base })))
        .collect();
    record.push(("factors", bases.into()));
    record
}

/// Factors with their levels and base.
fn bases(data: &Data<'_>) -> Vec<(String, Vec<String>, String)> {
    let of_term = |term: &afgang_models::Term| match &term.kind {
        TermKind::Factor { levels, base } => {
            Some((term.name.clone(), levels.clone(), levels.get(*base).cloned()?))
        }
        _ => None,
    };
    data.design.terms().iter().filter_map(of_term).collect()
}

/// The conventions in sentences.
fn conventions(request: &Request, data: &Data<'_>, fit: &CoxFit) -> Vec<String> {
    // 0.95 * 100 is not 95 in binary.
    let level = (request.level * 1e8).round() / 1e6;
    let variance = if fit.robust { "by influence (robust)" } else { "inverse information" };
    let mut foot = vec![format!(
        "Cox regression, ties by {}; standard errors: {variance}; {level} % intervals; estimates are logarithms of \
         hazard ratios.",
        ties(request.ties)
    )];
    for (term, levels, base) in bases(data) {
        foot.push(format!("{term}: base {base}, {} levels.", levels.len()));
    }
    foot.push(
        if data.columns.entry.is_some() {
            "At risk over (entry, exit]; at one time events come before censorings, and censorings before entries."
        } else {
            "At one time events come before censorings."
        }
        .to_owned(),
    );
    if data.rows.causes.len() > 1 {
        foot.push("A model for each cause; exits for other causes are censored.".to_owned());
    }
    foot.extend(weights(data.columns));
    foot.extend(data.rows.remarks(data.columns));
    foot
}

/// What happened in the fit.
fn remarks(fit: &CoxFit, cause: Option<&str>) -> Vec<String> {
    let of = cause.map_or_else(String::new, |cause| format!("Cause {cause}: "));
    let mut remarks = Vec::new();
    let counts = &fit.counts;
    let why = match fit.convergence.stopped {
        Stopped::SmallStep => "steps had become small",
        _ => "there was nothing to estimate",
    };
    remarks.push(format!(
        "{of}{} spells, {} events at {} times, {} clusters or rows, {} patterns of covariates; {} iterations, until {why}.",
        counts.spells,
        counts.events,
        counts.event_times,
        counts.clusters,
        counts.patterns,
        fit.convergence.iterations
    ));
    for column in &fit.collinear {
        let with: Vec<String> =
            column.with.iter().map(|(name, factor)| format!("{factor:.4} {name}")).collect();
        remarks.push(format!(
            "{of}{} is left out: it is {}.",
            column.column,
            if with.is_empty() { "constant".to_owned() } else { with.join(" + ") }
        ));
    }
    remarks
}

fn ties(ties: Ties) -> &'static str {
    match ties {
        Ties::Efron => "Efron",
        Ties::Breslow => "Breslow",
        Ties::Exact => "exact likelihood",
    }
}
