//! From counts or rows to curves with their bands.

use afgang_models::{
    AalenJohansen, Band, ConfidenceBand, Curve, EventTable, FlemingHarrington, KaplanMeier,
    NelsonAalen, Spells,
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
    ) -> Result<Box<dyn Iterator<Item = Curve> + '_>, afgang_models::Error> {
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
) -> Result<Vec<Fitted>, afgang_models::Error> {
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
        Spec::KaplanMeier(spec) => match spells {
            Some(spells) => single(
                spec.fit_spells(spells)?,
                band.map(|band| band.survival_of_spells(spells)).transpose()?,
            ),
            None => single(spec.fit(table)?, band.map(|band| band.survival(table)).transpose()?),
        },
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
                Some(spells) => (
                    spec.fit_spells(spells)?,
                    band.map(|band| band.incidence_of_spells(spells)).transpose()?,
                ),
                None => (spec.fit(table)?, band.map(|band| band.incidence(table)).transpose()?),
            };
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

impl Fitted {
    /// The curve read at the times asked for: the risk set just before each, events and censorings since
    /// the time before, the estimate at the time; after the last time of the data no estimate, except of a product of chances (survival,
    /// cumulative incidence) when all have left by then and nobody was censored there: nothing can change it.
    pub(super) fn read_at(&self, at: &[f64], table: &EventTable, product: bool) -> Self {
        let curve = &self.curve;
        let known = table.censored().last().is_some_and(|&n| n <= 0.0) && product;
        let last = table.times().last().copied().filter(|_| known).unwrap_or(f64::INFINITY);
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
        let mut band = self.band.clone().map(|old| {
            let mut new = old.clone();
            new.low.clear();
            new.high.clear();
            (new, old)
        });
        let mut from = 0;
        for t in at {
            let to = curve.time.partition_point(|&time| time <= t);
            // Not -0, which the sum of nothing is.
            let sum = |column: &[f64]| column[from..to].iter().fold(0.0, |sum, n| sum + n);
            read.time.push(t);
            read.n_risk.push(table.at_risk_at(t));
            read.n_event.push(sum(&curve.n_event));
            read.n_censor.push(sum(&curve.n_censor));
            let point = curve.point(t.min(last));
            read.estimate.push(point.estimate);
            read.std_error.push(point.std_error);
            read.conf_low.push(point.conf_low);
            read.conf_high.push(point.conf_high);
            if let Some((new, old)) = &mut band {
                let known = !point.estimate.is_nan() && t <= old.range.1;
                let row = to.checked_sub(1).filter(|_| known);
                new.low.push(row.map_or(f64::NAN, |row| old.low[row]));
                new.high.push(row.map_or(f64::NAN, |row| old.high[row]));
            }
            from = to;
        }
        Self { cause: self.cause, curve: read, band: band.map(|(new, _)| new) }
    }
}
