//! A long table for people to read.

use std::io::{self, Write};

use afgang_models::{Interval, QuantileRule, Variance};

use super::{Estimates, Estimator, Question, Request, StdError};
use crate::rows::WeightKind;
use crate::table::Values;

/// Prints the table in aligned columns with its foot.
///
/// # Errors
///
/// If the stream cannot be written, for example because its reader has gone.
pub fn print(estimates: &Estimates, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let table = &estimates.table;
    let columns: Vec<(bool, Vec<String>)> = table
        .columns()
        .iter()
        .map(|(name, values)| {
            let words = matches!(values, Values::Text(_));
            let cells = (0..table.rows()).map(|row| match values {
                Values::Number(numbers) => significant(numbers[row]),
                values => values.show(row),
            });
            (words, std::iter::once(name.clone()).chain(cells).collect())
        })
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .map(|(_, cells)| cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let mut line = String::new();
    for row in 0..=table.rows() {
        line.clear();
        for ((words, cells), &width) in columns.iter().zip(&widths) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let cell = &cells[row];
            let gap = " ".repeat(width - cell.chars().count());
            if *words {
                line.push_str(cell);
                line.push_str(&gap);
            } else {
                line.push_str(&gap);
                line.push_str(cell);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)?;
    for sentence in &estimates.foot {
        writeln!(out, "{sentence}")?;
    }
    Ok(())
}

/// A number with up to six significant digits; whole numbers whole; a missing one as a dash.
fn significant(value: f64) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() || value == 0.0 || (value.fract() == 0.0 && value.abs() < 1e15) {
        return value.to_string();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if (-4..6).contains(&magnitude) {
        let decimals = (5 - magnitude).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.5e}")
    }
}

/// What a reader must know about the estimates; `jackknife` if standard errors look at rows.
pub(super) fn foot(request: &Request, jackknife: bool) -> Vec<String> {
    let columns = &request.columns;
    let name = match request.estimator {
        Estimator::KaplanMeier => "Survival by Kaplan–Meier",
        Estimator::NelsonAalen => "Cumulative hazard by Nelson–Aalen",
        Estimator::CumulativeIncidence => "Cumulative incidence by Aalen–Johansen",
    };
    let scale = match request.interval {
        Interval::Plain => "plain",
        Interval::Log => "log",
        Interval::LogLog => "log-log",
        Interval::Logit => "logit",
        Interval::Arcsine => "arcsine",
    };
    // 0.95 * 100 is not 95 in binary.
    let level = (request.level * 1e8).round() / 1e6;
    let errors = std_errors(request, jackknife);
    let mut foot = vec![match &request.question {
        Question::Curves | Question::At(_) => format!(
            "{name}; standard errors: {errors}; pointwise {level} % intervals on the {scale} scale."
        ),
        Question::Quantiles(_, rule) => {
            let rule = match rule {
                QuantileRule::Midpoint => "the middle of a flat stretch, as R",
                QuantileRule::First => "the first time of a flat stretch",
            };
            format!(
                "{name}: times by which these parts have left, {rule}; limits from the pointwise {level} % intervals on \
                 the {scale} scale, standard errors: {errors}; – where the curve does not come so far."
            )
        }
        Question::RestrictedMean(horizon) => format!(
            "Mean time until exit, at most {horizon}, and time lost: areas under the curves; standard errors of \
             Greenwood type; {level} % intervals on the plain scale."
        ),
    }];
    foot.push(
        if columns.entry.is_some() {
            "At risk over (entry, exit], so n_risk counts those in just before the time; \
             at one time events come before censorings, and censorings before entries."
        } else {
            "n_risk counts those in just before the time; at one time events come before censorings."
        }
        .to_owned(),
    );
    if matches!(request.question, Question::At(_)) {
        foot.push(
            "n_event and n_censor count since the time before; – is after the last time of the data."
                .to_owned(),
        );
    }
    if columns.weight.is_some() {
        foot.push(
            match columns.weight_kind {
                Some(WeightKind::Sampling) => {
                    "Weights are sampling weights: a row is one observation, whatever its weight."
                }
                _ => {
                    "Weights are case weights: weight 2 is two equal spells, in the variances too."
                }
            }
            .to_owned(),
        );
    }
    if let Some(cluster) = &columns.cluster {
        foot.push(format!("Rows with the same {cluster} are one observation in the variances."));
    }
    foot
}

fn std_errors(request: &Request, jackknife: bool) -> &'static str {
    if jackknife {
        return "infinitesimal jackknife";
    }
    match (request.estimator, request.std_error) {
        (Estimator::KaplanMeier, _) => "Greenwood",
        (Estimator::NelsonAalen, Some(StdError::Counts(Variance::Greenwood))) => {
            "binomial (Greenwood)"
        }
        (Estimator::NelsonAalen, _) => "Aalen (d/Y²)",
        (_, Some(StdError::Counts(Variance::Aalen))) => "Aalen",
        _ => "Greenwood type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_significant_digits() {
        assert_eq!(significant(1.0 / 3.0), "0.333333");
        assert_eq!(significant(123_456.7), "123457");
        assert_eq!(significant(12.0), "12");
        assert_eq!(significant(0.000_012_345_67), "1.23457e-5");
        assert_eq!(significant(f64::NAN), "–");
    }
}
