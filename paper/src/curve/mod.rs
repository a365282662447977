//! `afgang curve`: survival, cumulative hazard and cumulative incidence from any file of spells.
//!
//! A row of the file is a spell: a time of exit, an event code (0 censored, 1, 2, … causes), maybe a
//! time of entry and a weight. Each combination of the by-columns is a curve of its own.

mod columns;
mod long;
mod plot;
mod print;

pub(crate) use columns::CurveColumns;

use afgang_models::{
    AalenJohansen, Curve, EventTable, Interval, KaplanMeier, NelsonAalen, QuantileRule,
    RestrictedMean, Spells, Variance,
};

pub use plot::Plot;
pub use print::print;

use self::long::Long;
use crate::figure::Chart;
use crate::rows::{Columns, DataError, EstimationError, Rows};
use crate::table::Table;

/// What is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// The survival function, by Kaplan–Meier.
    KaplanMeier,
    /// The cumulative hazard, by Nelson–Aalen.
    NelsonAalen,
    /// The cumulative incidence of each cause, by Aalen–Johansen.
    CumulativeIncidence,
}

/// What to estimate from which columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The estimator.
    pub estimator: Estimator,
    /// The columns; each combination of the by-columns gets curves of its own.
    pub columns: Columns,
    /// Kind of pointwise interval.
    pub interval: Interval,
    /// Confidence level.
    pub level: f64,
    /// Kind of standard error; the estimator's own default if absent.
    pub std_error: Option<StdError>,
    /// What is asked of the curves.
    pub question: Question,
    /// A figure of the curves.
    pub plot: Option<Plot>,
}

/// How standard errors are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StdError {
    /// From counts.
    Counts(Variance),
    /// By the infinitesimal jackknife of rows or clusters.
    Jackknife,
}

/// What is asked of the curves.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// The curves at every time of the data.
    Curves,
    /// The curves at some times.
    At(Vec<f64>),
    /// Times by which some parts have left.
    Quantiles(Vec<f64>, QuantileRule),
    /// Mean times up to a horizon.
    RestrictedMean(f64),
}

/// The estimates as a long table, with what a reader must know about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimates {
    /// By-columns, `cause` for the cumulative incidence, `time, n_risk, n_event, n_censor, estimate,
    /// std_error, conf_low, conf_high`.
    pub table: Table,
    /// Conventions, one sentence a line.
    pub foot: Vec<String>,
    /// The figure, if one is asked for.
    pub chart: Option<Chart>,
}

/// Estimates the curves.
///
/// # Errors
///
/// [`EstimationError::Data`] with file, column and row for whatever is wrong with the data.
pub fn estimate(request: &Request) -> Result<Estimates, EstimationError> {
    let several = request.estimator == Estimator::CumulativeIncidence;
    let rows = Rows::read(&request.columns, several)?;
    if several && rows.causes.is_empty() {
        return Err(DataError::NoEvents { column: request.columns.event.clone() }.into());
    }
    let jackknife = request.jackknife(&rows);
    let mut long = Long::default();
    let mut drawn = Vec::new();
    for (first, members) in rows.groups(0..rows.by.len()) {
        let table = rows.table(&members)?;
        if let Question::RestrictedMean(horizon) = request.question {
            let means = RestrictedMean::new(horizon).level(request.level).fit(&table)?;
            long.means(first, horizon, &means, &rows.causes, several);
            continue;
        }
        let spells = if jackknife { Some(rows.spells(&members)?) } else { None };
        for (cause, curve) in fit(request, &table, spells.as_ref())? {
            let cause = cause.and_then(|cause| rows.causes.get(cause).copied());
            if request.plot.is_some() {
                let group = rows.group_name(first);
                drawn.push(plot::Named { group, cause, curve: curve.clone() });
            }
            match &request.question {
                Question::At(at) => long.curve(first, cause, &read_at(at, &table, &curve)),
                Question::Quantiles(parts, rule) => {
                    long.quantiles(first, cause, parts.iter().map(|&p| curve.quantile(p, *rule)));
                }
                _ => long.curve(first, cause, &curve),
            }
        }
    }
    Ok(Estimates {
        table: long.into_table(request, &rows, several),
        foot: print::foot(request, jackknife),
        chart: request.plot.as_ref().map(|plot| plot::chart(request, plot, &drawn)),
    })
}

impl Request {
    /// Whether standard errors look at rows.
    fn jackknife(&self, rows: &Rows) -> bool {
        rows.by_influence() || self.std_error == Some(StdError::Jackknife)
    }
}

/// The curves of a table, with their causes where there are any.
fn fit(
    request: &Request,
    table: &EventTable,
    spells: Option<&Spells>,
) -> Result<Vec<(Option<usize>, Curve)>, afgang_models::Error> {
    let (interval, level) = (request.interval, request.level);
    let variance = match request.std_error {
        Some(StdError::Counts(variance)) => Some(variance),
        _ => None,
    };
    Ok(match request.estimator {
        Estimator::KaplanMeier => {
            let spec = KaplanMeier::new().interval(interval).level(level);
            vec![(None, spells.map_or_else(|| spec.fit(table), |spells| spec.fit_spells(spells))?)]
        }
        Estimator::NelsonAalen => {
            let mut spec = NelsonAalen::new().interval(interval).level(level);
            if let Some(variance) = variance {
                spec = spec.variance(variance);
            }
            vec![(None, spec.fit(table)?)]
        }
        Estimator::CumulativeIncidence => {
            let mut spec = AalenJohansen::new().interval(interval).level(level);
            if let Some(variance) = variance {
                spec = spec.variance(variance);
            }
            let curves =
                spells.map_or_else(|| spec.fit(table), |spells| spec.fit_spells(spells))?;
            curves.into_iter().enumerate().map(|(k, curve)| (Some(k), curve)).collect()
        }
    })
}

/// The curve read at the times asked for: the risk set just before each, events and censorings since
/// the time before, the estimate at the time; no estimate after the last time of the data.
fn read_at(at: &[f64], table: &EventTable, curve: &Curve) -> Curve {
    let mut at = at.to_vec();
    at.sort_by(f64::total_cmp);
    at.dedup();
    let mut read = curve.clone();
    for column in [
        &mut read.time,
        &mut read.n_risk,
        &mut read.n_event,
        &mut read.n_censor,
        &mut read.estimate,
        &mut read.std_error,
        &mut read.conf_low,
        &mut read.conf_high,
    ] {
        column.clear();
    }
    let mut from = 0;
    for t in at {
        let to = curve.time.partition_point(|&time| time <= t);
        let sum = |column: &[f64]| column[from..to].iter().sum::<f64>();
        read.time.push(t);
        read.n_risk.push(table.at_risk_at(t));
        read.n_event.push(sum(&curve.n_event));
        read.n_censor.push(sum(&curve.n_censor));
        let point = curve.point(t);
        read.estimate.push(point.estimate);
        read.std_error.push(point.std_error);
        read.conf_low.push(point.conf_low);
        read.conf_high.push(point.conf_high);
        from = to;
    }
    read
}
