//! From counts or rows to curves with their bands.

use std::borrow::Borrow;
use std::iter;

use afgang_models::{
    AalenJohansen, Band, BandError, ConfidenceBand, Curve, Error, EventTable, FlemingHarrington,
    Interval, KaplanMeier, NelsonAalen, Spells,
};

use super::request::{BandKind, Estimator, Request};

/// A curve with what belongs to it.
#[derive(Clone)]
pub(super) struct Fitted {
    /// Place of the cause, where there are several.
    pub(super) cause: Option<usize>,
    pub(super) curve: Curve,
    pub(super) band: Option<Band>,
}

/// An estimator with all that is asked of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Spec {
    KaplanMeier(KaplanMeier),
    NelsonAalen(NelsonAalen),
    FlemingHarrington(FlemingHarrington),
    AalenJohansen(AalenJohansen),
}

impl Spec {
    pub(super) fn of(request: &Request) -> Self {
        let (interval, level, ties) = (request.interval, request.level, request.ties);
        let variance = request.variance();
        match request.estimator {
            Estimator::KaplanMeier => {
                Self::KaplanMeier(KaplanMeier::new().interval(interval).level(level))
            }
            Estimator::NelsonAalen => {
                let spec = NelsonAalen::new().interval(interval).level(level).ties(ties);
                Self::NelsonAalen(variance.map_or(spec, |variance| spec.variance(variance)))
            }
            Estimator::FlemingHarrington => {
                let spec = FlemingHarrington::new().interval(interval).level(level).ties(ties);
                Self::FlemingHarrington(variance.map_or(spec, |variance| spec.variance(variance)))
            }
            Estimator::CumulativeIncidence => {
                let spec = AalenJohansen::new().interval(interval).level(level);
                Self::AalenJohansen(variance.map_or(spec, |variance| spec.variance(variance)))
            }
        }
    }

    /// The curve of a cause, where there are several, in parts.
    pub(super) fn parts(
        self,
        table: &EventTable,
        cause: Option<usize>,
        rows: usize,
    ) -> Result<Box<dyn Iterator<Item = Curve> + '_>, Error> {
        Ok(match self {
            Self::KaplanMeier(spec) => Box::new(spec.parts(table, rows)?),
            Self::NelsonAalen(spec) => Box::new(spec.parts(table, rows)?),
            Self::FlemingHarrington(spec) => Box::new(spec.parts(table, rows)?),
            Self::AalenJohansen(spec) => {
                Box::new(spec.parts(table, cause.unwrap_or_default(), rows)?)
            }
        })
    }
}

/// The curves of a table, from the rows where standard errors look at them.
pub(super) fn fit(
    request: &Request,
    table: &EventTable,
    spells: Option<&Spells>,
) -> Result<Vec<Fitted>, Error> {
    let (interval, level) = (request.interval, request.level);
    let band = request.band.map(|band| {
        let spec = match band.kind {
            BandKind::HallWellner => ConfidenceBand::hall_wellner(),
            BandKind::EqualPrecision => ConfidenceBand::equal_precision(),
            BandKind::Influence => ConfidenceBand::influence(band.seed),
        };
        let (from, to) = band.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        spec.interval(interval).level(level).range(from, to)
    });
    let single = |curve, band| vec![Fitted { cause: None, curve, band }];
    Ok(match Spec::of(request) {
        Spec::KaplanMeier(spec) => {
            let fitted = spells.map_or_else(|| spec.fit(table), |spells| spec.fit_spells(spells));
            let band = band.map(|band| match spells {
                Some(spells) => band.survival_of_spells(spells),
                None => band.survival(table),
            });
            single(fitted?, or_none(band, table, Band::none)?)
        }
        Spec::NelsonAalen(spec) => {
            let fitted = spells.map_or_else(|| spec.fit(table), |spells| spec.fit_spells(spells));
            single(fitted?, None)
        }
        Spec::FlemingHarrington(spec) => {
            let fitted = spells.map_or_else(|| spec.fit(table), |spells| spec.fit_spells(spells));
            single(fitted?, None)
        }
        Spec::AalenJohansen(spec) => {
            let (curves, bands) = match spells {
                Some(spells) => {
                    (spec.fit_spells(spells)?, band.map(|band| band.incidence_of_spells(spells)))
                }
                None => (spec.fit(table)?, band.map(|band| band.incidence(table))),
            };
            let none = |times| vec![Band::none(times); table.n_causes()];
            let bands = or_none(bands, table, none)?;
            let mut bands = bands.map(Vec::into_iter);
            let fitted = |(cause, curve)| Fitted {
                cause: Some(cause),
                curve,
                band: bands.as_mut().and_then(Iterator::next),
            };
            curves.into_iter().enumerate().map(fitted).collect()
        }
    })
}

/// The band, and one without limits of curves that have nothing to hold.
fn or_none<B>(
    band: Option<Result<B, Error>>,
    table: &EventTable,
    none: impl Fn(usize) -> B,
) -> Result<Option<B>, Error> {
    match band {
        Some(Err(Error::Band(BandError::Range { .. }))) => Ok(Some(none(table.len()))),
        band => band.transpose(),
    }
}

impl Fitted {
    /// Whether a band was asked for that has nothing to hold.
    pub(super) fn lacks_band(&self) -> bool {
        self.band.as_ref().is_some_and(|band| band.critical_value.is_nan())
    }

    /// Takes standard errors of 0 from where the curve has moved: influences that make up for each other tell of no spread.
    pub(super) fn without_spread(&mut self) {
        let curve = &mut self.curve;
        for row in 0..curve.len() {
            if curve.std_error[row] <= 0.0 && (curve.estimate[row] - curve.start).abs() > 0.0 {
                curve.std_error[row] = f64::NAN;
                (curve.conf_low[row], curve.conf_high[row]) = (f64::NAN, f64::NAN);
            }
        }
    }

    /// The curve and its band read at the times asked for; see [`read_at`].
    pub(super) fn read_at(
        &self,
        at: &[f64],
        table: &EventTable,
        request: &Request,
    ) -> Option<Self> {
        let (curve, rows) = read_at(iter::once(&self.curve), at, table, request)?;
        let band = self.band.as_ref().map(|old| {
            let to =
                request.band.and_then(|band| band.range).map_or(f64::INFINITY, |range| range.1);
            let limits = |(rows, (&t, estimate)): (&usize, (&f64, &f64))| {
                let known = !estimate.is_nan() && t >= old.range.0 && t <= to;
                match rows.checked_sub(1).filter(|_| known) {
                    None => (f64::NAN, f64::NAN),
                    Some(row) if self.curve.time[row] < old.range.0 => old.at_start,
                    Some(row) => (old.low[row], old.high[row]),
                }
            };
            let points = rows.iter().zip(curve.time.iter().zip(&curve.estimate));
            let (low, high) = points.map(limits).unzip();
            let mut band = old.clone();
            (band.low, band.high) = (low, high);
            band
        });
        Some(Self { cause: self.cause, curve, band })
    }
}

/// A curve, whose parts come one after the other, read at the times asked for, with how many of its rows are up to each: the risk
/// set just before each time, events and censorings since the time before, the estimate at the time; after the last time of the
/// data no estimate, except of a product of chances (survival, cumulative incidence) when all have left by then and nobody was
/// censored there: nothing can change it. `None` for a curve without rows.
pub(super) fn read_at<C: Borrow<Curve>>(
    mut parts: impl Iterator<Item = C>,
    at: &[f64],
    table: &EventTable,
    request: &Request,
) -> Option<(Curve, Vec<usize>)> {
    let known = table.censored().last().is_some_and(|&n| n <= 0.0) && request.is_product();
    let at_risk = table.at_risk();
    let mut at = at.to_vec();
    at.sort_by(f64::total_cmp);
    at.dedup();
    let mut at = at.into_iter().peekable();
    let first = parts.next()?;
    let mut read = without_rows(first.borrow());
    let mut rows_to = Vec::new();
    // Not -0, which the sum of nothing is.
    let (mut events, mut censored, mut rows) = (0.0, 0.0, 0);
    // What is still 0 has no limits on scales that end there, before its first time as after a censoring.
    let none = read.start <= 0.0 && request.interval != Interval::Plain;
    let limit = if none { f64::NAN } else { read.start };
    let (mut last, mut value) = (f64::NEG_INFINITY, [read.start, 0.0, limit, limit]);
    let mut push = |t: f64, rows: usize, events: &mut f64, censored: &mut f64, value: [f64; 4]| {
        let row = table.times().partition_point(|&time| time < t);
        read.time.push(t);
        read.n_risk.push(at_risk.get(row).copied().unwrap_or(0.0));
        read.n_event.push(std::mem::take(events));
        read.n_censor.push(std::mem::take(censored));
        let [estimate, std_error, low, high] = value;
        read.estimate.push(estimate);
        read.std_error.push(std_error);
        read.conf_low.push(low);
        read.conf_high.push(high);
        rows_to.push(rows);
    };
    for part in iter::once(first).chain(parts) {
        let part: &Curve = part.borrow();
        for row in 0..part.len() {
            while let Some(t) = at.next_if(|&t| t < part.time[row]) {
                push(t, rows, &mut events, &mut censored, value);
            }
            events += part.n_event[row];
            censored += part.n_censor[row];
            rows += 1;
            last = part.time[row];
            value =
                [part.estimate[row], part.std_error[row], part.conf_low[row], part.conf_high[row]];
        }
    }
    for t in at {
        let value = if t <= last || known { value } else { [f64::NAN; 4] };
        push(t, rows, &mut events, &mut censored, value);
    }
    Some((read, rows_to))
}

/// The curve without its rows.
fn without_rows(curve: &Curve) -> Curve {
    let mut empty = curve.clone();
    for column in [
        &mut empty.time,
        &mut empty.n_risk,
        &mut empty.n_event,
        &mut empty.n_censor,
        &mut empty.estimate,
        &mut empty.std_error,
        &mut empty.conf_low,
        &mut empty.conf_high,
    ] {
        column.clear();
    }
    empty
}
