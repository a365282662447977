//! Fits of any model as tables and sentences.

use afgang_models::{ChiSquare, Coefficient, Collinear, Concordance, Convergence, Stopped};
use serde_json::{Value, json};

use super::{Data, Fitted, Refusal, Request, forest};
use crate::conventions::{
    near_ties, near_ties_in_words, number_of, of_rows, order_at_ties, percent, weights,
};
use crate::rows::WeightKind;
use crate::rows::near_ties::NearTies;
use crate::table::{Table, Values};

/// Exponentials of coefficients of a hazard.
pub(super) const HAZARD_RATIO: (&str, &str) = ("hazard_ratio", "hazard ratios");

/// Exponentials of coefficients of a logit.
pub(super) const ODDS_RATIO: (&str, &str) = ("odds_ratio", "odds ratios");

/// What there is to say of a fit, whatever the model.
pub(super) struct Summary {
    pub(super) coefficients: Vec<Coefficient>,
    /// What was counted, by name.
    pub(super) counts: Vec<(&'static str, f64)>,
    /// The same in a sentence without its end.
    pub(super) counted: String,
    /// What exponentials of coefficients are, as the name of a column and in words.
    pub(super) ratio: (&'static str, &'static str),
    /// With all coefficients 0, and the maximum.
    pub(super) log_likelihoods: [f64; 2],
    /// Tests by name.
    pub(super) tests: Vec<(String, ChiSquare)>,
    pub(super) concordance: Option<Concordance>,
    pub(super) convergence: Convergence,
    pub(super) collinear: Vec<Collinear>,
    /// The model and its conventions in sentences, and by name.
    pub(super) conventions: Vec<String>,
    /// What is to be said of this one, in sentences.
    pub(super) remarks: Vec<String>,
    pub(super) record: Vec<(&'static str, Value)>,
}

/// The tests that every model has, by name.
pub(super) fn tests(
    likelihood_ratio: ChiSquare,
    wald: ChiSquare,
    score: ChiSquare,
    robust_score: Option<ChiSquare>,
) -> Vec<(String, ChiSquare)> {
    let always = [("likelihood_ratio", likelihood_ratio), ("wald", wald), ("score", score)];
    let robust = robust_score.map(|test| ("robust_score", test));
    always.into_iter().chain(robust).map(|(name, test)| (name.to_owned(), test)).collect()
}

/// Tables and foot of the fits of some causes, with what is to be said `after` them.
pub(super) fn fitted(
    request: &Request,
    data: &Data<'_>,
    summaries: &[(usize, Summary)],
    refused: Vec<Refusal>,
    after: Vec<String>,
) -> Fitted {
    let exits = data.exits;
    let named = |cause: usize| exits.several.then(|| data.rows.causes.show(cause));
    let mut lines = Lines::default();
    let mut statistics = Statistics::default();
    let mut foot = Vec::new();
    for (cause, summary) in summaries {
        let of = named(*cause).map_or_else(String::new, |name| format!("{} {name}: ", exits.title));
        if foot.is_empty() {
            foot = conventions(request, data, summary);
        }
        lines.add(*cause, summary);
        statistics.add(*cause, summary);
        foot.extend(remarks(request, summary, &of));
        foot.extend(statistics.in_words(*cause, &of));
    }
    foot.extend(refused.iter().map(|of| format!("No model of {}: {}.", of.exit, of.error)));
    foot.extend(after);
    let causes = |places: &[usize]| data.rows.causes.picked(places);
    let mut table = Table::new();
    let mut of_fit = Table::new();
    if exits.several {
        table = table.with(exits.name, causes(&lines.cause));
        of_fit = of_fit.with(exits.name, causes(&statistics.cause));
    }
    table = table.text("term", lines.term).text("column", lines.column);
    let ratio = summaries.first().map_or("hazard_ratio", |(_, summary)| summary.ratio.0);
    for (name, values) in names(ratio).into_iter().zip(lines.numbers) {
        table = table.with(name, Values::Number(values));
    }
    let first = summaries.first().map(|(_, summary)| summary.record.as_slice());
    for (name, value) in record(request, data, first.unwrap_or_default()) {
        table = table.note(name, value);
    }
    let collinear = summaries.iter().flat_map(|(cause, summary)| {
        let name = named(*cause);
        summary.collinear.iter().map(move |of| {
            let with: serde_json::Map<String, Value> =
                of.with.iter().map(|(column, factor)| (column.clone(), json!(factor))).collect();
            json!({ exits.name: name, "column": of.column, "with": with })
        })
    });
    table = table.note("collinear", collinear.collect());
    let without =
        refused.iter().map(|of| json!({ "model": of.exit, "reason": of.error.to_string() }));
    table = table.note("refused", without.collect());
    // Counts, dropped rows with their reasons, and why iterations stopped, as a reader is told.
    table = table.note("remarks", json!(foot));
    let statistics =
        of_fit.text("name", statistics.name).with("value", Values::Number(statistics.value));
    let plot = request.plot.as_ref();
    let chart = plot.map(|plot| forest::chart(request, plot, data, summaries));
    Fitted {
        table,
        statistics,
        foot,
        chart,
        predictions: None,
        baseline: None,
        no_baseline: None,
        residuals: None,
        refused,
    }
}

fn names(ratio: &str) -> [&str; 9] {
    [
        "estimate",
        "std_error",
        "statistic",
        "p_value",
        "conf_low",
        "conf_high",
        ratio,
        "ratio_low",
        "ratio_high",
    ]
}

#[derive(Default)]
struct Lines {
    cause: Vec<usize>,
    term: Vec<String>,
    column: Vec<String>,
    numbers: [Vec<f64>; 9],
}

impl Lines {
    fn add(&mut self, cause: usize, fit: &Summary) {
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

    fn add(&mut self, cause: usize, fit: &Summary) {
        for &(name, value) in &fit.counts {
            self.push(cause, name, value);
        }
        self.push(cause, "log_likelihood_null", fit.log_likelihoods[0]);
        self.push(cause, "log_likelihood", fit.log_likelihoods[1]);
        self.push(cause, "iterations", fit.convergence.iterations as f64);
        for (name, test) in &fit.tests {
            self.push(cause, name, test.statistic);
            self.push(cause, format!("{name}_df"), test.df as f64);
            self.push(cause, format!("{name}_p_value"), test.p_value);
        }
        if let Some(concordance) = &fit.concordance {
            self.push(cause, "concordance", concordance.estimate);
            self.push(cause, "concordance_std_error", concordance.std_error);
        }
    }
}

impl Statistics {
    /// The tests of a cause in sentences, which begin with its name.
    fn in_words(&self, cause: usize, of: &str) -> Vec<String> {
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
fn record(
    request: &Request,
    data: &Data<'_>,
    model: &[(&'static str, Value)],
) -> Vec<(&'static str, Value)> {
    let mut record = vec![("program", json!(concat!("afgang ", env!("CARGO_PKG_VERSION"))))];
    record.extend_from_slice(model);
    let timeless =
        |name: &str| data.columns.time.is_none() && ["order_at_ties", "at_risk"].contains(&name);
    record.extend(of_rows(data.columns).into_iter().filter(|(name, _)| !timeless(name)));
    record.extend(near_ties(data.columns, data.rows.merged, data.near));
    record.push(("level", json!(request.level)));
    record.push(("strata", json!(request.strata)));
    record.push(("offset", json!(request.offset)));
    let factors: serde_json::Map<String, Value> = (data.covariates.factors())
        .map(|(column, levels, base)| {
            (column.to_owned(), json!({ "levels": levels, "base": base }))
        })
        .collect();
    record.push(("factors", factors.into()));
    record
}

/// The conventions in sentences.
fn conventions(request: &Request, data: &Data<'_>, summary: &Summary) -> Vec<String> {
    let level = percent(request.level);
    let mut foot = summary.conventions.clone();
    let ratios = summary.ratio.1;
    foot.push(format!("{level} % intervals; estimates are logarithms of {ratios}."));
    foot.extend(data.covariates.words());
    if let Some(column) = &request.offset {
        foot.push(format!("Offset: {column}, a covariate whose coefficient is 1."));
    }
    if !request.strata.is_empty() {
        foot.push(format!(
            "Strata by {}: {}, each with a baseline of its own; coefficients are common to all.",
            request.strata.join(", "),
            data.design.strata_names().len()
        ));
    }
    if data.columns.time.is_some() {
        foot.push(order_at_ties(data.columns).to_owned());
    }
    foot.extend(if data.histories.is_some() {
        data.near.map(|near @ NearTies { count, first: (before, after), .. }| {
            let how = near.how();
            format!(
                "Times that differ from the one before {how}: {count}, such as {after} from {before}; they are \
                 different times here, and one if they are rounded."
            )
        })
    } else {
        near_ties_in_words(data.columns, data.rows.merged, data.near)
    });
    foot.extend(weights(data.columns));
    foot.extend(data.rows.remarks(data.columns));
    foot
}

/// What happened in the fit, in sentences that begin with the name of the cause.
fn remarks(request: &Request, fit: &Summary, of: &str) -> Vec<String> {
    let why = match fit.convergence.stopped {
        Stopped::SmallStep => "steps had become small",
        Stopped::SmallScore => "the score had become small",
        _ => "there was nothing to estimate",
    };
    let iterations = fit.convergence.iterations;
    let mut remarks =
        vec![format!("{of}{}; {}, until {why}.", fit.counted, number_of(iterations, "iteration"))];
    let digits = crate::regression_table::Digits::default();
    remarks.extend(fit.remarks.iter().map(|remark| format!("{of}{remark}")));
    for column in &fit.collinear {
        let with: Vec<String> = column
            .with
            .iter()
            .map(|(name, factor)| format!("{} {name}", digits.show(*factor)))
            .collect();
        let within = if request.strata.is_empty() { "" } else { " within strata" };
        let why = if with.is_empty() {
            format!("it is constant{within}")
        } else {
            format!("but for a constant{within} it is {}", with.join(" + "))
        };
        remarks.push(format!("{of}{} is left out: {why}.", column.column));
    }
    if request.columns.cluster.is_some()
        || request.columns.weight_kind == Some(WeightKind::Sampling)
    {
        remarks.push(format!(
            "{of}The likelihood ratio and the score test take rows as independent and their weights as counts; Wald's and the robust \
             score test do not."
        ));
    }
    let clusters = fit.counts.iter().find(|(name, _)| *name == "clusters").map(|&(_, n)| n);
    let few = clusters.filter(|&n| n <= fit.coefficients.len() as f64);
    if let Some(clusters) = few.filter(|_| request.columns.cluster.is_some()) {
        remarks.push(format!(
            "{of}{clusters} clusters are not more than the {} coefficients: their covariance matrix is not of full rank, and single \
             standard errors are not to be relied on.",
            fit.coefficients.len()
        ));
    }
    remarks
}
