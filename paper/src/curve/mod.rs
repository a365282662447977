//! `afgang curve`: survival, cumulative hazard and cumulative incidence from any file of spells.
//!
//! A row of the file is a spell: a time of exit, an event (0 censored, 1, 2, … causes, or words), maybe a
//! time of entry and a weight. Each combination of the by-columns is a curve of its own.

mod caption;
mod columns;
mod conventions;
mod fit;
mod long;
mod plot;
mod print;
mod request;

pub(crate) use columns::CurveColumns;
pub(crate) use conventions::scale;
pub(crate) use long::pick_known;

use afgang_models::{
    BandError, ConfidenceBand, EventTable, RestrictedMean, RestrictedMeans, Spells,
};
use rayon::prelude::*;
use serde_json::json;

pub use long::{Curves, LongTable};
pub use plot::{Panels, Plot};
pub use print::{print, print_foot, print_table, print_with_parts};
pub use request::{BandKind, BandRequest, Estimator, Question, Request, StdError};

use self::fit::{Fitted, Spec};
use self::long::Long;
use crate::figure::Chart;
use crate::rows::near_ties::NearTies;
use crate::rows::{Counted, DataError, EstimationError, Rows};
use crate::table::ROWS_AT_ONCE;

/// The estimates as a long table, with what a reader must know about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimates {
    /// By-columns, `cause` for the cumulative incidence, `time, n_risk, n_event, n_censor, estimate,
    /// std_error, conf_low, conf_high`, and `band_low, band_high` with a band. Its notes are the conventions by name.
    pub table: LongTable,
    /// How many of the first columns are by-columns, whose missing values are groups.
    pub by: usize,
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
    estimate_rows(request, &Rows::counted(&request.columns, several)?)
}

/// The same from the counts of a register's spells, by the by-columns.
///
/// # Errors
///
/// Those of [`estimate`].
pub fn estimate_counts(
    request: &Request,
    counted: Counted<'_>,
) -> Result<Estimates, EstimationError> {
    let mut request = request.clone();
    let several = request.estimator == Estimator::CumulativeIncidence;
    let rows = counted.rows(&mut request.columns, several)?;
    let mut estimates = estimate_rows(&request, &rows)?;
    estimates.foot.extend(counted.remarks());
    Ok(estimates)
}

fn estimate_rows(request: &Request, rows: &Rows) -> Result<Estimates, EstimationError> {
    let several = request.estimator == Estimator::CumulativeIncidence;
    if rows.shown.is_empty() {
        return Err(DataError::NoEvents { column: request.columns.event.clone() }.into());
    }
    let jackknife = request.jackknife(rows);
    let mut drawn = Vec::new();
    let groups = rows.groups(0..rows.by.len());
    if let Some(plot) = &request.plot {
        plot::refuse_too_many(request, plot, rows, groups.len())?;
    }
    if let Some(given) = request.given {
        for (first, members) in &groups {
            let last = rows.last_time(members);
            if last <= given {
                let group = rows.group_name(*first);
                return Err(DataError::NobodyGiven { given, group, last }.into());
            }
        }
    }
    // All of them before the first error is looked for, so that it does not depend on threads.
    let estimated: Vec<Result<OfGroup, EstimationError>> = groups
        .par_iter()
        .map(|(first, members)| {
            estimate_group(request, rows, members, jackknife)
                .map_err(|error| EstimationError::of_group(rows.group_name(*first), error))
        })
        .collect();
    let estimated: Vec<OfGroup> = estimated.into_iter().collect::<Result<_, _>>()?;
    let without_band = without_band(request, rows, &groups, &estimated)?;
    // Of the first group that has any.
    let near = estimated
        .iter()
        .filter_map(|of| of.near)
        .reduce(|first, near| NearTies { count: first.count + near.count, ..first });
    let curves = estimated.iter().flat_map(|of| of.estimated.curves());
    let in_all = match request.question {
        Question::Curves => curves.map(|fitted| fitted.curve.len()).sum(),
        _ => 0,
    };
    let mut long = Long::of_rows_in_all(in_all);
    let mut tables = Vec::new();
    let (mut emptied, mut few_clusters) = (Vec::new(), Vec::new());
    for ((first, _), of) in groups.into_iter().zip(estimated) {
        emptied.extend(of.emptied.map(|time| (rows.group_name(first), time)));
        few_clusters.extend(of.few_clusters.map(|n| (rows.group_name(first), n)));
        let (fitted, table) = match of.estimated {
            Estimated::Means(horizon, means) => {
                long.means(first, horizon, &means, if several { &rows.shown } else { &[] });
                continue;
            }
            Estimated::Table(table) => {
                tables.push((first, table));
                continue;
            }
            Estimated::Read(read) => {
                for fitted in read {
                    long.curve(first, fitted);
                }
                continue;
            }
            Estimated::Curves(fitted, table) => (fitted, table),
        };
        if let Some(plot) = &request.plot {
            let named = |fitted: &Fitted| plot::Named::new(plot, rows, first, fitted, &table);
            drawn.extend(fitted.iter().map(named));
        }
        for fitted in fitted {
            match &request.question {
                Question::Curves | Question::RestrictedMean(_) => long.curve(first, fitted),
                Question::At(at) => {
                    if let Some(read) = fitted.read_at(at, &table, request) {
                        long.curve(first, read);
                    }
                }
                Question::Quantiles(parts, rule) => {
                    let quantiles = parts.iter().map(|&p| fitted.curve.quantile(p, *rule));
                    long.quantiles(first, fitted.cause, quantiles);
                }
            }
        }
    }
    let mut table = if tables.is_empty() {
        LongTable::Rows(long.into_table(request, rows, several))
    } else {
        LongTable::of_curves(request, rows, tables)
    };
    for (name, value) in conventions::record(request, rows, near) {
        table = table.note(name, value);
    }
    if !emptied.is_empty() {
        let of = emptied.iter().map(|(group, time)| json!({ "group": group, "time": time }));
        table = table.note("emptied_early", of.collect());
    }
    if !few_clusters.is_empty() {
        let of = few_clusters.iter().map(|(group, n)| json!({ "group": group, "clusters": n }));
        table = table.note("band_of_few_clusters", of.collect());
    }
    let mut foot = conventions::foot(request, rows, near, &emptied, &without_band);
    foot.extend(few_clusters.iter().map(|(group, n)| conventions::few_clusters(group, *n)));
    Ok(Estimates {
        table,
        by: rows.by.len(),
        foot,
        chart: request.plot.as_ref().map(|plot| plot::chart(request, plot, rows, &drawn)),
    })
}

/// Groups and causes whose band has nothing to hold, in words; refused if no curve has one.
fn without_band(
    request: &Request,
    rows: &Rows,
    groups: &[(usize, Vec<usize>)],
    estimated: &[OfGroup],
) -> Result<Vec<String>, EstimationError> {
    let mut without = Vec::new();
    for ((first, _), of) in groups.iter().zip(estimated) {
        let name = rows.group_name(*first);
        for fitted in of.estimated.curves().iter().filter(|fitted| fitted.lacks_band()) {
            let cause = fitted.cause.map(|cause| format!("cause {}", rows.causes.show(cause)));
            let group = (!name.is_empty()).then(|| format!("group {name}"));
            without.push(group.into_iter().chain(cause).collect::<Vec<_>>().join(", "));
        }
    }
    let curves = estimated.iter().map(|of| of.estimated.curves().len()).sum::<usize>();
    match request.band {
        Some(band) if curves > 0 && without.len() == curves => {
            let (from, to) = band.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            let error = BandError::Range { from, to };
            Err(EstimationError::Estimator(error.into()))
        }
        _ => Ok(without),
    }
}

/// What there is of a group, with what is to be said of its times.
struct OfGroup {
    estimated: Estimated,
    near: Option<NearTies>,
    /// When all at risk had left while others entered later.
    emptied: Option<f64>,
    /// How many clusters there are, where they are too few for a band by influence.
    few_clusters: Option<usize>,
}

/// The estimates of a group.
enum Estimated {
    /// Means up to a horizon.
    Means(f64, RestrictedMeans),
    /// The table of curves that are made when their rows are asked for.
    Table(EventTable),
    /// Curves that were read at the times asked for.
    Read(Vec<Fitted>),
    /// Curves and the table they are of.
    Curves(Vec<Fitted>, EventTable),
}

impl Estimated {
    fn curves(&self) -> &[Fitted] {
        match self {
            Self::Means(..) | Self::Table(_) | Self::Read(_) => &[],
            Self::Curves(fitted, _) => fitted,
        }
    }
}

fn estimate_group(
    request: &Request,
    rows: &Rows,
    members: &[usize],
    jackknife: bool,
) -> Result<OfGroup, afgang_models::Error> {
    let (table, spells) = counted(request, rows, members, jackknife)?;
    let near = NearTies::among(table.times());
    // Sums of hazards go on.
    let emptied = table.emptied_early().filter(|_| request.is_product());
    let clusters = spells.as_ref().filter(|_| request.band.is_some()).map(Spells::n_clusters);
    let few_clusters = clusters.filter(|n| (2..ConfidenceBand::FEW_CLUSTERS).contains(n));
    if let Question::RestrictedMean(horizon) = request.question {
        let mut spec = RestrictedMean::new(horizon).level(request.level);
        if let Some(variance) = request.variance() {
            spec = spec.variance(variance);
        }
        let mut means = match &spells {
            Some(spells) => spec.fit_spells(spells)?,
            None => spec.fit(&table)?,
        };
        if let Some(given) = request.given {
            // The time before is known.
            let time_in = &mut means.time_in;
            for part in [&mut time_in.estimate, &mut time_in.conf_low, &mut time_in.conf_high] {
                *part -= given;
            }
        }
        // Where all stay as long there is no spread to tell of, and 0 would be taken for knowledge.
        let none = |std_error: f64| std_error <= 0.0;
        let alike = none(means.time_in.std_error) || alone(spells.as_ref());
        for mean in std::iter::once(&mut means.time_in).chain(&mut means.lost) {
            if alike || none(mean.std_error) {
                (mean.std_error, mean.conf_low, mean.conf_high) = (f64::NAN, f64::NAN, f64::NAN);
            }
        }
        return Ok(OfGroup {
            estimated: Estimated::Means(horizon, means),
            near,
            emptied,
            few_clusters,
        });
    }
    if request.passes_once() && spells.is_none() {
        // Of weights of 0 alone.
        if table.is_empty() {
            return Err(afgang_models::Error::EmptyTable);
        }
        let Question::At(at) = &request.question else {
            return Ok(OfGroup { estimated: Estimated::Table(table), near, emptied, few_clusters });
        };
        let mut read = Vec::new();
        for cause in request.causes(rows) {
            let parts = Spec::of(request).parts(&table, cause, ROWS_AT_ONCE)?;
            let curve = fit::read_at(parts, at, &table, request);
            read.extend(curve.map(|(curve, _)| Fitted { cause, curve, band: None }));
        }
        return Ok(OfGroup { estimated: Estimated::Read(read), near, emptied, few_clusters });
    }
    let mut fitted = fit::fit(request, &table, spells.as_ref())?;
    if alone(spells.as_ref()) {
        for Fitted { curve, .. } in &mut fitted {
            for column in [&mut curve.std_error, &mut curve.conf_low, &mut curve.conf_high] {
                column.fill(f64::NAN);
            }
        }
    }
    if spells.is_some() {
        fitted.iter_mut().for_each(Fitted::without_spread);
    }
    fitted.retain(|fitted| fitted.cause.is_none_or(|cause| rows.shown.contains(&cause)));
    Ok(OfGroup { estimated: Estimated::Curves(fitted, table), near, emptied, few_clusters })
}

/// Whether all rows are of one cluster or person, which tells nothing of the spread between clusters.
fn alone(spells: Option<&Spells>) -> bool {
    spells.is_some_and(|spells| spells.are_dependent() && spells.n_clusters() < 2)
}

/// The counts of some rows, and the rows themselves where standard errors look at them.
fn counted(
    request: &Request,
    rows: &Rows,
    members: &[usize],
    jackknife: bool,
) -> Result<(EventTable, Option<Spells>), afgang_models::Error> {
    let table = rows.table(members)?;
    let spells = if jackknife { Some(rows.spells(members)?) } else { None };
    let Some(given) = request.given else { return Ok((table, spells)) };
    let spells = spells.map(|spells| spells.given(given)).transpose()?;
    Ok((table.given(given), spells))
}
