//! Fits as tables.

use afgang_models::PanelConvention;
use serde_json::{Value, json};

use super::estimate::Estimated;
use super::{Estimator, Fitted, PanelFitError, Request, Variance};
use crate::conventions::percent;
use crate::regression_table::{self as printed, Cell, Digits, RegressionTable};
use crate::table::{Table, Values};

/// One model of a request.
pub(super) struct Model {
    /// Values of the by-columns.
    pub(super) by: Vec<String>,
    pub(super) outcome: String,
    pub(super) estimator: Estimator,
    pub(super) estimated: Estimated,
    pub(super) words: Vec<String>,
    /// Levels and bases of categories, in sentences and by name.
    pub(super) categories: (Vec<String>, Value),
    /// Term of each coefficient.
    pub(super) terms: Vec<String>,
}

/// What tells a model apart from the others of its request; `None` if it is the only one.
pub(super) fn model_name(
    request: &Request,
    by: &[String],
    outcome: &str,
    estimator: Option<&Estimator>,
) -> Option<String> {
    let names = Names::of(request, by, outcome, estimator);
    (!names.0.is_empty()).then(|| names.0.join(", "))
}

/// What differs between models: by-values, outcome, estimator.
struct Names(Vec<String>);

impl Names {
    fn of(request: &Request, by: &[String], outcome: &str, estimator: Option<&Estimator>) -> Self {
        let mut names = Vec::new();
        if !by.is_empty() {
            names.push(by.join(", "));
        }
        if request.outcomes.len() > 1 {
            names.push(outcome.to_owned());
        }
        if request.estimators.len() > 1 {
            names.extend(estimator.map(|estimator| estimator.name().to_owned()));
        }
        Self(names)
    }

    /// Heading of the column, and the one above it.
    fn headings(mut self, outcome: &str) -> (String, String) {
        let head = self.0.pop().unwrap_or_else(|| outcome.to_owned());
        (head, self.0.join(", "))
    }
}

/// All models as tables.
pub(super) fn fitted(
    request: &Request,
    models: &[Model],
    refused: Vec<PanelFitError>,
    streamed: bool,
) -> Fitted {
    let mut lines = Rows::default();
    let mut statistics = Rows::default();
    let mut inflation = Rows::default();
    let mut effects = Rows::default();
    for (place, model) in models.iter().enumerate() {
        let estimated = &model.estimated;
        for (c, term) in estimated.coefficients.iter().zip(&model.terms) {
            let e = c.estimate;
            let numbers =
                [e.estimate, e.std_error, c.statistic, c.p_value, e.conf_low, e.conf_high];
            lines.push(place, [term, &c.column], &numbers);
        }
        let by_times = matches!(request.variance, Variance::DriscollKraay(_));
        for (name, value) in statistics_of(estimated, by_times) {
            statistics.push(place, [&name, ""], &[value]);
        }
        for (column, raw, within) in &estimated.inflation {
            inflation.push(place, [column, ""], &[*raw, *within]);
        }
        for effect in estimated.effects.iter().flat_map(|effects| &effects.effects) {
            let numbers = [effect.estimate, effect.rows as f64];
            effects.push(place, [&effect.effect, &effect.level], &numbers);
        }
    }
    let names = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"];
    let mut table = lines.table(request, models, ["term", "column"], &names);
    for (name, value) in record(request, models) {
        table = table.note(name, value);
    }
    let rows = if streamed { "in one pass, sums by unit" } else { "in memory" };
    table = table.note("rows", json!(rows));
    let reasons: Vec<String> = refused.iter().map(ToString::to_string).collect();
    table = table.note("refused", json!(reasons));
    let mut foot = foot(request, models);
    foot.extend(reasons.iter().map(|reason| format!("No model of {reason}.")));
    let inflation = inflation.table(request, models, ["column", ""], &["vif", "vif_within"]);
    let effects = effects.table(request, models, ["effect", "level"], &["estimate", "rows"]);
    Fitted {
        table,
        statistics: statistics.table(request, models, ["name", ""], &["value"]),
        printed: side_by_side(request, models),
        models: models.len(),
        foot,
        inflation: request.inflation.then_some(inflation),
        effects: request.effects.then_some(effects),
        refused,
    }
}

/// Rows of a long table: the model, words and numbers.
#[derive(Default)]
struct Rows {
    model: Vec<usize>,
    words: [Vec<String>; 2],
    numbers: Vec<Vec<f64>>,
}

impl Rows {
    fn push(&mut self, model: usize, words: [&str; 2], numbers: &[f64]) {
        self.model.push(model);
        for (column, word) in self.words.iter_mut().zip(words) {
            column.push(word.to_owned());
        }
        self.numbers.resize(numbers.len(), Vec::new());
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            // 0 without a sign.
            column.push(*number + 0.0);
        }
    }

    /// With the columns that tell models apart; words without a name are left out.
    fn table(
        mut self,
        request: &Request,
        models: &[Model],
        words: [&str; 2],
        numbers: &[&str],
    ) -> Table {
        let of = |value: &dyn Fn(&Model) -> String| {
            self.model.iter().map(|&model| value(&models[model])).collect::<Vec<_>>()
        };
        let mut table = Table::new();
        for (place, column) in request.by.iter().enumerate() {
            table = table.text(column, of(&|model| model.by[place].clone()));
        }
        if request.outcomes.len() > 1 {
            table = table.text("outcome", of(&|model| model.outcome.clone()));
        }
        if request.estimators.len() > 1 {
            table = table.text("model", of(&|model| model.estimator.name().to_owned()));
        }
        for (name, column) in words.into_iter().zip(self.words) {
            if !name.is_empty() {
                table = table.text(name, column);
            }
        }
        self.numbers.resize(numbers.len(), Vec::new());
        for (name, column) in numbers.iter().zip(self.numbers) {
            table = table.with(name, Values::Number(column));
        }
        table
    }
}

/// What a fit counted and how well it fits, by name.
fn statistics_of(of: &Estimated, by_times: bool) -> Vec<(String, f64)> {
    let mut all: Vec<(&str, f64)> = vec![("rows", of.rows as f64), ("units", of.units as f64)];
    if let Some(counts) = &of.counts {
        all.extend([
            ("times", counts.times as f64),
            ("rows_of_unit_min", counts.rows_of_unit.0 as f64),
            ("rows_of_unit_max", counts.rows_of_unit.1 as f64),
            ("units_with_gaps", counts.units_with_gaps as f64),
            ("singletons", counts.singletons as f64),
            ("singletons_dropped", f64::from(u8::from(counts.singletons_dropped))),
            ("slopes", counts.slopes as f64),
            ("absorbed", counts.absorbed as f64),
            ("residual_df", counts.residual_df as f64),
        ]);
    }
    if let Some((r_squared, sigma)) = &of.explained {
        all.extend([
            ("r2_within", r_squared.within),
            ("r2_between", r_squared.between),
            ("r2_overall", r_squared.overall),
            ("r2_inclusive", r_squared.inclusive),
            ("r2_adjusted", r_squared.adjusted.unwrap_or(f64::NAN)),
            ("r2_adjusted_within", r_squared.adjusted_within),
            ("sigma", *sigma),
        ]);
    }
    if let Some(random) = &of.random {
        all.extend([
            ("sigma_unit", random.sigma_unit),
            ("sigma_row", random.sigma_row),
            ("theta_min", random.theta.0),
            ("theta_max", random.theta.1),
        ]);
    }
    all.extend([("multiplier", of.variance.multiplier), ("t_df", of.variance.df)]);
    let mut all: Vec<(String, f64)> =
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (place, groups) in of.variance.groups.iter().enumerate() {
        let name =
            if by_times { "variance_times".to_owned() } else { format!("clusters_{}", place + 1) };
        all.push((name, *groups as f64));
    }
    if of.variance.groups.len() > 1 && !by_times {
        let cut = f64::from(u8::from(of.variance.repaired));
        all.push(("negative_eigenvalues_cut".to_owned(), cut));
    }
    if let Some(test) = &of.slopes_test {
        all.extend([
            ("f".to_owned(), test.statistic),
            ("f_df".to_owned(), test.df),
            ("f_residual_df".to_owned(), test.residual_df),
            ("f_p_value".to_owned(), test.p_value),
        ]);
    }
    all.extend(of.further_numbers.iter().cloned());
    if let Some((raw, within)) = largest_inflation(of) {
        all.push(("max_vif".to_owned(), raw));
        all.push(("max_vif_within".to_owned(), within));
    }
    all
}

fn largest_inflation(of: &Estimated) -> Option<(f64, f64)> {
    let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(f64::NEG_INFINITY, f64::max);
    (!of.inflation.is_empty()).then(|| {
        let raw = most(&mut of.inflation.iter().map(|v| v.1));
        (raw, most(&mut of.inflation.iter().map(|v| v.2)))
    })
}

/// What is said of p-values that are not those of t.
const WILD: &str = "; p-values by the wild cluster bootstrap";

/// The convention, and that of Poisson regression, which is always its own.
fn convention(request: &Request) -> String {
    let name = request.convention.name();
    let is_poisson = |of: &Estimator| matches!(of, Estimator::Poisson(_));
    let fixest = PanelConvention::Fixest;
    if request.convention != fixest && request.estimators.iter().any(is_poisson) {
        return format!("{name}, of Poisson regression {}", fixest.name());
    }
    name.to_owned()
}

/// What is said of eigenvalues.
const CUT: &str = "; negative eigenvalues of the covariance set to 0";

/// The conventions by name.
fn record(request: &Request, models: &[Model]) -> Vec<(&'static str, Value)> {
    let estimators: Vec<&str> = request.estimators.iter().map(Estimator::name).collect();
    let effects =
        request.estimators.iter().map(Estimator::effects).find(|effects| !effects.is_empty());
    let instruments = request
        .instruments
        .as_ref()
        .map(|(_, instruments)| instruments.iter().map(ToString::to_string).collect::<Vec<_>>());
    let first = models.first();
    let wild = |model: &Model| if model.estimated.wild.is_some() { WILD } else { "" };
    let kind = first.map(|model| model.estimated.variance.kind.clone() + wild(model));
    vec![
        ("program", json!(concat!("afgang ", env!("CARGO_PKG_VERSION")))),
        ("model", json!(format!("panel {}", estimators.join(", ")))),
        ("outcome", json!(request.outcomes)),
        ("instruments", json!(instruments)),
        ("unit", json!(request.unit)),
        ("time", json!(request.time)),
        ("effects", json!(effects)),
        ("convention", json!(convention(request))),
        ("variance", json!(kind)),
        ("clusters", json!(request.variance.clusters())),
        ("negative_eigenvalues_cut", json!(models.iter().any(|of| of.estimated.variance.repaired))),
        ("weights", json!(if request.weight.is_some() { "analytic" } else { "none" })),
        ("level", json!(request.level)),
        ("factors", first.map_or(Value::Null, |model| model.categories.1.clone())),
    ]
}

fn foot(request: &Request, models: &[Model]) -> Vec<String> {
    let mut foot = Vec::new();
    for model in models {
        let name = model_name(request, &model.by, &model.outcome, Some(&model.estimator));
        let of = name.map_or_else(String::new, |name| format!("{name}: "));
        foot.extend(model.words.iter().map(|sentence| format!("{of}{sentence}")));
    }
    if let Some(model) = models.first() {
        foot.extend(model.categories.0.iter().cloned());
    }
    if let Some(weight) = &request.weight {
        foot.push(format!(
            "Weights {weight} are analytic: a row counts as many times in sums, and N is the number of rows."
        ));
    }
    foot.push(format!("{} % intervals.", percent(request.level)));
    foot
}

/// Further statistics that a table shows, with their labels.
const FURTHER: [(&str, &str); 3] = [
    ("pseudo_r2", "Pseudo R²"),
    ("cragg_donald", "Cragg–Donald F"),
    ("kleibergen_paap", "Kleibergen–Paap F"),
];

/// The models side by side.
fn side_by_side(request: &Request, models: &[Model]) -> RegressionTable {
    let columns = models.iter().map(|model| column(request, model)).collect();
    let table = RegressionTable::new(columns).style(&request.style);
    let mut kinds: Vec<&str> = Vec::new();
    for model in models {
        let kind = model.estimated.variance.kind.as_str();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let is_wild = models.iter().any(|model| model.estimated.wild.is_some());
    let wild = if is_wild { WILD } else { "" };
    let cut = models.iter().any(|model| model.estimated.variance.repaired);
    let cut = if cut { CUT } else { "" };
    table.note(format!(
        "Standard errors {}{wild}{cut}; convention {}.",
        kinds.join("; "),
        convention(request)
    ))
}

fn column(request: &Request, model: &Model) -> printed::Model {
    let names = Names::of(request, &model.by, &model.outcome, Some(&model.estimator));
    let (head, group) = names.headings(&model.outcome);
    let mut column = printed::Model::new(head).group(group);
    let of = &model.estimated;
    for c in &of.coefficients {
        let e = c.estimate;
        column = column.coefficient(&c.column, e.estimate, e.std_error, c.p_value);
    }
    if request.estimators.iter().any(|of| !of.effects().is_empty()) {
        let effects = match &model.estimator {
            Estimator::Random(_) => "random".to_owned(),
            of if of.effects().is_empty() => "none".to_owned(),
            of => of.effects().join(", "),
        };
        column = column.statistic("Effects", Cell::Words(effects));
    }
    column = column
        .statistic("Observations", Cell::Whole(of.rows as i64))
        .statistic(format!("Units ({})", request.unit), Cell::Whole(of.units as i64));
    let three = Digits::Significant(3);
    if let Some((r_squared, _)) = &of.explained {
        let (name, value) = match &model.estimator {
            Estimator::Within(_) => ("R² within", r_squared.within),
            Estimator::Random(_) if request.convention != PanelConvention::Plm => {
                ("R² overall", r_squared.overall)
            }
            _ => ("R²", r_squared.inclusive),
        };
        column = column.statistic(name, Cell::Number(value, three));
        if let Some(adjusted) = r_squared.adjusted {
            column = column.statistic("Adjusted R²", Cell::Number(adjusted, three));
        }
    }
    for (name, label) in FURTHER {
        let found = of.further_numbers.iter().find(|(known, _)| known == name);
        if let Some((_, value)) = found {
            column = column.statistic(label, Cell::Number(*value, three));
        }
    }
    if let Some((raw, _)) = largest_inflation(of) {
        column = column.statistic("Largest VIF", Cell::Number(raw, Digits::Significant(4)));
    }
    column
}
