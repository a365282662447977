//! What a reader must know of a model, in sentences.

use afgang_models::{Collinear, FTest, PanelConvention, RSquared};

use super::estimate::{Estimated, Random};
use super::gaps::{Gaps, few, named};
use super::{Estimator, Request, Variance};
use crate::conventions::number_of;

/// Clusters or times below which variances by them are known to be too small.
const FEW_CLUSTERS: usize = 30;

/// What is known of the rows of a model.
pub(super) struct Rows {
    /// Rows of the file,
    pub(super) of_file: usize,
    /// those with the values asked for,
    pub(super) chosen: usize,
    /// and those of the model.
    pub(super) kept: usize,
    /// By column, those without a value, which are left out.
    pub(super) missing: Vec<(String, usize)>,
    pub(super) gaps: Gaps,
}

/// All sentences of a model.
pub(super) fn of_model(
    request: &Request,
    rows: &Rows,
    estimator: &Estimator,
    estimated: &Estimated,
) -> Vec<String> {
    let mut words = vec![
        format!("{}; convention {}.", model(request, estimator), convention(request, estimator)),
        variance(request, estimator, estimated),
        counted(request, estimator, estimated),
    ];
    let explained = |of: &(RSquared, f64)| explained(request, estimator, &of.0, of.1);
    words.extend(estimated.explained.as_ref().map(explained));
    words.extend(nothing_unexplained(estimator, estimated));
    words.extend(estimated.random.as_ref().map(components));
    words.push(slopes_test(estimated));
    words.extend(estimated.further_words.iter().cloned());
    words.extend(inflation(request, estimated));
    for column in &estimated.collinear {
        words.push(format!("{}.", left_out(estimator, column)));
    }
    words.extend(rows_left_out(request, rows));
    words.extend(not_whole(request, &rows.gaps, estimator, estimated));
    words
}

/// The convention of a model: Poisson regression has one of its own.
fn convention(request: &Request, estimator: &Estimator) -> &'static str {
    match estimator {
        Estimator::Poisson(_) => PanelConvention::Fixest.name(),
        _ => request.convention.name(),
    }
}

/// The estimator in words.
fn model(request: &Request, estimator: &Estimator) -> String {
    let unit = &request.unit;
    match estimator {
        Estimator::Within(effects) => {
            format!("Within regression, fixed effects of {}", effects.join(" and "))
        }
        Estimator::Poisson(effects) => format!(
            "Poisson regression, fixed effects of {}; estimates are logarithms of rate ratios",
            effects.join(" and ")
        ),
        Estimator::Pooled => "Pooled regression of all rows".to_owned(),
        Estimator::Between => format!("Between regression, of the means of each {unit}"),
        Estimator::FirstDifference if request.convention == PanelConvention::Linearmodels => {
            format!(
                "Regression of first differences between successive times of a {unit}, without a constant"
            )
        }
        Estimator::FirstDifference => {
            format!("Regression of first differences between successive rows of a {unit}")
        }
        Estimator::Random(components) => {
            use afgang_models::VarianceComponents as Of;
            let how = match components {
                Of::SwamyArora => "Swamy and Arora's variance components",
                Of::StataHarmonic => {
                    "Swamy and Arora's variance components as `xtreg, re` has them"
                }
                Of::Amemiya => "Amemiya's variance components",
                Of::WallaceHussain => "Wallace and Hussain's variance components",
                Of::Nerlove => "Nerlove's variance components",
                _ => "estimated variance components",
            };
            format!("Random effects of {unit}, {how}")
        }
    }
}

fn variance(request: &Request, estimator: &Estimator, estimated: &Estimated) -> String {
    let of = &estimated.variance;
    let groups = if of.groups.is_empty() {
        String::new()
    } else {
        let groups: Vec<String> = of.groups.iter().map(ToString::to_string).collect();
        let what = match request.variance {
            Variance::DriscollKraay(_) => "times",
            _ => "clusters",
        };
        format!(", {} {what}", groups.join(" and "))
    };
    let robust = matches!(request.variance, Variance::Heteroskedastic(_)) && !groups.is_empty();
    let robust = if robust { ", as `xtreg, robust` takes them" } else { "" };
    let distribution = if of.df.is_finite() {
        format!("t with {} df", number(of.df))
    } else {
        "normal distribution".to_owned()
    };
    let (kind, multiplier) = (&of.kind, number(of.multiplier));
    let first = format!(
        "Standard errors: {kind}{groups}{robust}; multiplier {multiplier}; {distribution}."
    );
    let mut words = vec![first];
    if let Some(wild) = &estimated.wild {
        let all = if wild.exhaustive { "all " } else { "" };
        let draws = wild.draws;
        words.push(format!(
            "p-values of slopes: wild cluster bootstrap with the hypothesis imposed, {all}{draws} draws; intervals by t."
        ));
    } else if of.groups.iter().any(|&groups| groups < FEW_CLUSTERS) {
        let has_wild = matches!(estimator, Estimator::Within(_) | Estimator::Pooled)
            && request.instruments.is_none();
        let few = match request.variance {
            Variance::DriscollKraay(_) => {
                "These are few times: standard errors from so few tend to be too small."
            }
            _ if has_wild => {
                "These are few: standard errors by so few tend to be too small; `--vce wild` gives better p-values."
            }
            _ => "These are few: standard errors by so few tend to be too small.",
        };
        words.push(few.to_owned());
    }
    if estimated.units == 1 && matches!(request.variance, Variance::DriscollKraay(_)) {
        words.push("Of one unit these are Newey and West's.".to_owned());
    }
    if of.repaired {
        let why = match request.convention {
            PanelConvention::Reghdfe => {
                "of columns divided by their standard deviations, as `reghdfe` does"
            }
            _ => "as a variance would have been below 0",
        };
        words.push(format!(
            "The covariance was not positive semi-definite; its negative eigenvalues were set to 0, {why}."
        ));
    }
    words.join(" ")
}

fn counted(request: &Request, estimator: &Estimator, estimated: &Estimated) -> String {
    let (n, unit) = (estimated.rows, &request.unit);
    let slopes = estimated.slopes;
    let Some(counts) = &estimated.counts else {
        return format!(
            "N {n}: {} ({unit}); slopes {slopes} and a constant.",
            number_of(estimated.units, "unit")
        );
    };
    let (least, most) = counts.rows_of_unit;
    let rows = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let rows = if *estimator == Estimator::Between {
        format!("N {n}: means of {} ({unit})", number_of(counts.units, "unit"))
    } else {
        let what = match estimator {
            Estimator::FirstDifference => "difference",
            _ => "row",
        };
        let s = if most == 1 { "" } else { "s" };
        let times = match &request.time {
            Some(time) => format!(", {} ({time})", number_of(counts.times, "time")),
            None => String::new(),
        };
        let units = number_of(counts.units, "unit");
        format!("N {n}: {units} ({unit}) of {rows} {what}{s} each{times}")
    };
    let (k, l) = (counts.slopes, counts.absorbed);
    let parameters = match estimator {
        Estimator::Within(_) | Estimator::Poisson(_) => {
            format!("slopes {k}, absorbed parameters {l} with the constant")
        }
        _ if l == 0 => format!("slopes {k} without a constant"),
        _ => format!("slopes {k} and a constant"),
    };
    format!("{rows}; {parameters}, residual df {}.", counts.residual_df)
}

fn explained(request: &Request, estimator: &Estimator, r: &RSquared, sigma: f64) -> String {
    let convention = request.convention.name();
    let adjusted = match r.adjusted {
        Some(adjusted) => format!(", adjusted {} ({convention})", number(adjusted)),
        None if matches!(estimator, Estimator::Random(_)) => String::new(),
        None => format!(", {convention} has no adjusted R²"),
    };
    let sigma = format!("residual standard deviation {}", number(sigma));
    let (within, between, overall) = (number(r.within), number(r.between), number(r.overall));
    let shares = format!("within {within}, between {between}, overall {overall}");
    let own = number(r.inclusive);
    match estimator {
        Estimator::Within(_) => format!(
            "R²: {shares}, with the effects {own}; {}, adjusted within {}; {sigma}.",
            adjusted.trim_start_matches(", "),
            number(r.adjusted_within)
        ),
        Estimator::Random(_) => {
            format!("R²: {shares}; of quasi-deviations {own}{adjusted}; {sigma}.")
        }
        Estimator::Between => format!("R² of means {own}{adjusted}; {shares}; {sigma}."),
        Estimator::FirstDifference => {
            format!("R² of differences {own}{adjusted}; of levels {shares}; {sigma}.")
        }
        _ => format!("R² {own}{adjusted}; {shares}; {sigma}."),
    }
}

/// Part of the outcome's variance below which residuals are what rounding leaves.
const ROUNDING: f64 = 1e-15;

/// That residuals are 0.
fn nothing_unexplained(estimator: &Estimator, estimated: &Estimated) -> Option<String> {
    let (r, _) = estimated.explained.as_ref()?;
    let own = if matches!(estimator, Estimator::Within(_)) { r.within } else { r.inclusive };
    (1.0 - own < ROUNDING).then(|| {
        "The regressors explain the outcome wholly, and residuals are what rounding leaves: standard errors, tests and intervals say \
         nothing."
            .to_owned()
    })
}

fn components(random: &Random) -> String {
    let Random { sigma_unit, sigma_row, theta: (least, most) } = random;
    let share = sigma_unit * sigma_unit / (sigma_unit * sigma_unit + sigma_row * sigma_row);
    let theta = if most - least < 1e-12 {
        number(*least)
    } else {
        format!("{} to {}", number(*least), number(*most))
    };
    format!(
        "Standard deviations: units {}, rows {}; share of units in the variance {}; theta {theta}.",
        number(*sigma_unit),
        number(*sigma_row),
        number(share)
    )
}

fn inflation(request: &Request, estimated: &Estimated) -> Option<String> {
    let of = &estimated.inflation;
    let largest = |value: &dyn Fn(&(String, f64, f64)) -> f64| {
        let most = of.iter().max_by(|a, b| value(a).total_cmp(&value(b)))?;
        Some(format!("{} ({})", number(value(most)), most.0))
    };
    let (raw, within) = (largest(&|v| v.1)?, largest(&|v| v.2)?);
    let unit = &request.unit;
    Some(format!(
        "Largest variance inflation: {raw} of all rows, {within} with the effects of {unit} out."
    ))
}

/// Why a column has no coefficient.
pub(super) fn left_out(estimator: &Estimator, column: &Collinear) -> String {
    let name = &column.column;
    if column.with.is_empty() {
        return match estimator {
            Estimator::Within(effects) | Estimator::Poisson(effects) if effects.len() == 1 => {
                format!("{name} is left out: it does not vary within {}", effects[0])
            }
            Estimator::Within(effects) | Estimator::Poisson(effects) => {
                format!("{name} is left out: the effects of {} determine it", effects.join(" and "))
            }
            Estimator::Between => format!("{name} is left out: its means are constant"),
            Estimator::FirstDifference => {
                format!("{name} is left out: its differences are constant")
            }
            _ => format!("{name} is left out: it is constant"),
        };
    }
    let with = combination(&column.with);
    let but = match estimator {
        Estimator::Within(effects) | Estimator::Poisson(effects) => {
            format!(" but for effects of {}", effects.join(" and "))
        }
        _ => String::new(),
    };
    format!("{name} is left out: it is {with}{but}")
}

/// Columns with their factors: `2 x1 - 1 x2`.
fn combination(with: &[(String, f64)]) -> String {
    let mut text = String::new();
    for (column, factor) in with {
        // A whole number but for rounding.
        let whole = factor.round();
        let factor = if (factor - whole).abs() < 1e-9 * factor.abs() { whole } else { *factor };
        let sign = match (text.is_empty(), factor < 0.0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        text.push_str(&[sign, &number(factor.abs()), " ", column].concat());
    }
    text
}

/// That all slopes are 0, or why it cannot be tested.
fn slopes_test(estimated: &Estimated) -> String {
    let (k, of) = (estimated.slopes, &estimated.variance);
    let fewest = of.groups.iter().copied().min();
    match (&estimated.slopes_test, fewest) {
        (Some(test), _) if (test.df as usize) < k => format!(
            "{} The covariance of {k} slopes has {} eigenvalues above 0, and the test is of its generalised inverse, on the scale of \
             standard errors.",
            f_words("All slopes 0", test),
            test.df
        ),
        (Some(test), _) => f_words("All slopes 0", test),
        (None, Some(groups)) if groups <= k => format!(
            "All slopes 0: no test, as {groups} clusters or times give the covariance of {k} slopes no rank for it."
        ),
        (None, _) => "All slopes 0: no test, as standard errors are 0.".to_owned(),
    }
}

/// Rows of the file that the model does not have.
fn rows_left_out(request: &Request, rows: &Rows) -> Vec<String> {
    let Rows { of_file, chosen, kept, missing, .. } = rows;
    let mut words = Vec::new();
    if chosen < of_file {
        let only = request.only.iter();
        let only = only.map(|(column, values)| format!("{column} = {}", values.join(" or ")));
        let conditions = request.conditions.iter().map(ToString::to_string);
        let which: Vec<String> = only.chain(conditions).collect();
        let with =
            if which.is_empty() { String::new() } else { format!(" with {}", which.join(", ")) };
        words.push(format!("Of {of_file} rows of the file {chosen}{with}."));
    }
    if !missing.is_empty() {
        let of_column = |(column, rows): &(String, usize)| format!("{column} {rows}");
        let columns: Vec<String> = missing.iter().map(of_column).collect();
        let rows = chosen - kept;
        words.push(format!("Left out for want of a value: rows {rows} ({}).", columns.join(", ")));
    }
    words
}

/// Singletons and missing times, where they matter.
fn not_whole(
    request: &Request,
    found: &Gaps,
    estimator: &Estimator,
    estimated: &Estimated,
) -> Vec<String> {
    let mut words = Vec::new();
    let absorbs = !estimator.effects().is_empty();
    if let (true, Some(counts)) = (absorbs, &estimated.counts) {
        let (n, dropped) = (counts.singletons, counts.singletons_dropped);
        if n > 0 {
            let what = if dropped {
                "dropped, until there were none"
            } else {
                "kept: they tell nothing of slopes, but count in N and the multipliers (`--singletons drop`)"
            };
            words.push(format!("Singletons, rows alone in a level of an effect: {n}, {what}."));
        }
    }
    if found.n_once > 0 && !matches!(estimator, Estimator::Pooled | Estimator::Between) {
        let unit = &request.unit;
        let does = match estimator {
            Estimator::FirstDifference => "they have no difference",
            _ => "one row tells nothing of what happens within",
        };
        words.push(format!("Seen once: {} of {unit}{}; {does}.", found.n_once, named(&found.once)));
    }
    if let Some(time) = &request.time {
        words.extend(missing_times(request, estimator, time, found));
    }
    words
}

fn missing_times(
    request: &Request,
    estimator: &Estimator,
    time: &str,
    found: &Gaps,
) -> Vec<String> {
    let Gaps { units, n_units, nobody, n_nobody, long_steps, step, .. } = found;
    let mut words = Vec::new();
    let unit = &request.unit;
    if *n_units > 0 {
        let names: Vec<String> = units
            .iter()
            .map(|(name, times)| {
                let times: Vec<String> = times.iter().map(ToString::to_string).collect();
                format!("{name}: {}", few(&times))
            })
            .collect();
        words.push(format!(
            "Missing a {time} between first and last: {n_units} of {unit}{}.",
            named(&names)
        ));
    }
    if *n_nobody > 0 {
        let times: Vec<String> = nobody.iter().map(ToString::to_string).collect();
        let more = if *n_nobody > times.len() { ", …" } else { "" };
        words.push(format!("No row has {time} {}{more}.", times.join(", ")));
    }
    if *long_steps > 0 && *estimator == Estimator::FirstDifference {
        words.push(format!(
            "{long_steps} differences are over more than {step} {time}, as differences are between successive rows."
        ));
    }
    if *n_nobody > 0
        && matches!(request.variance, Variance::DriscollKraay(_) | Variance::NeweyWest(_))
    {
        words.push(format!(
            "Lags are counted in the values of {time} that occur, so one lag may be more than {step}."
        ));
    }
    words
}

/// A test in a sentence.
pub(super) fn f_words(what: &str, test: &FTest) -> String {
    let FTest { statistic, df, residual_df, p_value, .. } = *test;
    let p = p_words(p_value);
    if residual_df.is_finite() {
        format!("{what}: F {} on {df} and {} df, {p}.", number(statistic), number(residual_df))
    } else {
        format!("{what}: χ² {} on {df} df, {p}.", number(statistic * df))
    }
}

pub(super) fn p_words(p: f64) -> String {
    if p < 1e-4 { "p < 0.0001".to_owned() } else { format!("p = {p:.4}") }
}

/// Four significant digits, whole numbers whole.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        // 0 without a sign.
        (value + 0.0).to_string()
    } else {
        crate::regression_table::Digits::Significant(4).show(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_and_zeros_in_words() {
        let of = |factors: &[f64]| {
            let named = |(place, factor): (usize, &f64)| (format!("x{}", place + 1), *factor);
            combination(&factors.iter().enumerate().map(named).collect::<Vec<_>>())
        };
        assert_eq!(of(&[2.0, -1.0 + 1e-15]), "2 x1 - 1 x2");
        assert_eq!(of(&[-0.25, 3.0]), "-0.2500 x1 + 3 x2");
        assert_eq!(of(&[1e-12]), "1.000e-12 x1");
        assert_eq!(number(-0.0), "0");
    }
}
