//! Simultaneous confidence bands.

mod error;
mod gaussian;
mod process;
mod simulated;

pub use error::BandError;

use crate::aalen_johansen::AalenJohansen;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::interval::{Interval, normal_quantile};
use crate::kaplan_meier::KaplanMeier;
use crate::spells::Spells;

pub(crate) use process::suprema_of_process;

use gaussian::{bridge_within, critical_value, stationary_within};
use simulated::Walked;

/// A band that holds the whole of a curve, over a stretch of time, with a given probability.
///
/// A pointwise interval holds the curve at one time; some of a hundred such intervals miss it. A band is wider.
/// With $\hat\sigma^2(t)$ for the variance of $\log \hat S(t)$ (Greenwood), $n$ spells and
/// $a(t) = n\hat\sigma^2 / (1 + n\hat\sigma^2)$, half the width on the scale of $\log \hat S$ is
///
/// | kind | half the width | $c$ is the value that |
/// |---|---|---|
/// | [`hall_wellner`](Self::hall_wellner) | $c\\,(1 + n\hat\sigma^2(t)) / \sqrt n$ | a Brownian bridge $B(u)$ exceeds for no $u$ in $[a(t_1), a(t_2)]$ |
/// | [`equal_precision`](Self::equal_precision) | $c\\,\hat\sigma(t)$ | $B(u) / \sqrt{u(1-u)}$ exceeds for none (Nair) |
/// | [`influence`](Self::influence) | $c\\,\hat\sigma(t)$ | simulated curves exceed for no $t$, divided by $\hat\sigma(t)$ |
///
/// and on the other [scales](Interval) what that comes to, as with pointwise intervals (Borgan and Liestøl 1990). The first
/// two are for the survival of independent spells. The third is for any curve: each spell's (or cluster's) influence
/// on the curve is multiplied by a random sign, and the supremum of the sums' size is taken (Lin 1997 with normal
/// multipliers); from counts, normal errors of the hazards of each time are drawn instead, with the covariance of
/// [`AalenJohansen`](AalenJohansen#variance).
///
/// # Conventions
///
/// - The stretch is from the first event to the last at which the curve's variance is above 0 and finite. Within a
///   [`range`](Self::range) it begins with the value in force where the range does, that of the last time before it or at it (of the
///   first time in it if that one has no variance), and ends with the value in force where the range does. Outside it the limits are
///   `NaN`.
/// - A Hall–Wellner band is for the bridge from its start if nobody has left where the range begins, and to its end if nobody
///   remains where it ends.
/// - Critical values of the first two are computed, not looked up: the bridge between its ends by the reflection principle, the
///   stationary process by its eigenfunctions; to about eight digits.
/// - With late entry $n$ is the number of spells; it changes the shape of a Hall–Wellner band, not its probability.
/// - `influence` takes 1999 draws; the same seed gives the same band, whatever the number of threads and the order of rows. The critical value has a
///   standard error of about 0.02.
/// - Random signs of few clusters (or rows with weights) do not stray as far as the curve does: with fewer than
///   [`FEW_CLUSTERS`](Self::FEW_CLUSTERS) the band is too narrow to be trusted. It is at least the pointwise interval.
/// - Defaults: interval `Log`, level 0.95.
///
/// # Examples
///
/// ```
/// use afgang_models::{ConfidenceBand, EventTable, Interval};
///
/// // A hundred leave one by one. With nobody censored, over all of the time, a Hall–Wellner band is
/// // Kolmogorov's: 1.358 / sqrt(n) on either side.
/// let spells: Vec<_> = (1..=100).map(|t| (f64::from(t), Some(0))).collect();
/// let table = EventTable::from_times(1, &spells)?;
/// let band = ConfidenceBand::hall_wellner().interval(Interval::Plain).survival(&table)?;
/// assert!((band.high[49] - 0.5 - 0.1358).abs() < 1e-4);
/// assert!((band.critical_value - 1.358).abs() < 1e-3);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Hall, W. J. and Wellner, J. A. (1980). *Biometrika* 67, 133–143.
/// - Nair, V. N. (1984). *Technometrics* 26, 265–275.
/// - Borgan, Ø. and Liestøl, K. (1990). *Scand. J. Statist.* 17, 35–41.
/// - Lin, D. Y. (1997). *Statist. Med.* 16, 901–910.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct ConfidenceBand {
    kind: Kind,
    interval: Interval,
    level: f64,
    range: (f64, f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    HallWellner,
    EqualPrecision,
    Influence { seed: u64 },
}

/// What draws signs row by row.
const SIMULATED: &str = "a simulated band";

/// Limits of a band at the times of a curve.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Band {
    /// From when to when the band is given: within the range that was asked for and the times of the curve.
    pub range: (f64, f64),
    /// What the width was multiplied by.
    pub critical_value: f64,
    /// Lower and upper limit where the band begins, which may be between two times of the curve.
    pub at_start: (f64, f64),
    /// Lower limit at each time of the curve; `NaN` outside the stretch.
    pub low: Vec<f64>,
    /// Upper limit.
    pub high: Vec<f64>,
}

impl ConfidenceBand {
    /// Bands of spells with fewer independent clusters than this are too narrow to be trusted.
    pub const FEW_CLUSTERS: usize = 10;

    fn new(kind: Kind) -> Self {
        let range = (f64::NEG_INFINITY, f64::INFINITY);
        Self { kind, interval: Interval::default(), level: 0.95, range }
    }

    /// A band of Hall and Wellner, narrowest in the middle of the curve.
    pub fn hall_wellner() -> Self {
        Self::new(Kind::HallWellner)
    }

    /// A band of equal precision: pointwise intervals, made wider everywhere by one factor.
    pub fn equal_precision() -> Self {
        Self::new(Kind::EqualPrecision)
    }

    /// A band of equal precision with a simulated factor, for incidences, clusters and sampling weights too.
    pub fn influence(seed: u64) -> Self {
        Self::new(Kind::Influence { seed })
    }

    /// Scale of the limits. Default `Log`.
    pub fn interval(mut self, interval: Interval) -> Self {
        self.interval = interval;
        self
    }

    /// Confidence level, between 0 and 1. Default 0.95.
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Times between which the band is to hold. Default: all at which there is something to hold.
    pub fn range(mut self, from: f64, to: f64) -> Self {
        self.range = (from, to);
        self
    }

    /// The band of the survival curve that [`KaplanMeier`] estimates.
    ///
    /// # Errors
    ///
    /// Those of [`KaplanMeier::fit`]; [`BandError::Range`] if the curve has no standard error within the range.
    pub fn survival(self, table: &EventTable) -> Result<Band> {
        let curve = KaplanMeier::new().level(self.level).fit(table)?;
        let stretch = self.stretch(&curve)?;
        let n = table.total();
        let variance = |row: usize| (curve.std_error[row] / curve.estimate[row]).powi(2);
        let part = |row: usize| n * variance(row) / (1.0 + n * variance(row));
        let (a1, a2) = (part(stretch.start), part(stretch.end - 1));
        match self.kind {
            Kind::HallWellner => {
                // A curve that nobody is left of has come to the bridge's end; from the first event it is the
                // whole bridge only if that is its start.
                let (a1, a2) = self.ends(&curve, a1, a2);
                let c = critical_value(self.level, |c| bridge_within(c, a1, a2))?;
                Ok(self.band(&curve, stretch, c, |row| (1.0 + n * variance(row)) / n.sqrt()))
            }
            Kind::EqualPrecision => {
                let odds = |a: f64| 0.5 * (a / (1.0 - a)).ln();
                let length = odds(a2) - odds(a1);
                let c = critical_value(self.level, |c| stationary_within(c, length))?;
                Ok(self.band(&curve, stretch, c, |row| variance(row).sqrt()))
            }
            Kind::Influence { seed } => {
                let steps = table.steps()?;
                let suprema = simulated::suprema_of_counts(&steps, None, &curve, &stretch, seed);
                let c = self.simulated(suprema)?;
                Ok(self.band(&curve, stretch, c, |row| variance(row).sqrt()))
            }
        }
    }

    /// The bands of the incidences that [`AalenJohansen`] estimates, one a cause; each holds its own curve.
    ///
    /// # Errors
    ///
    /// Those of [`AalenJohansen::fit`]; [`BandError::Range`] if no curve has a standard error within the range (a band of one alone has
    /// no limits, all `NaN`); [`BandError::OfSurvival`] for a kind that is made for the survival.
    pub fn incidence(self, table: &EventTable) -> Result<Vec<Band>> {
        let seed = self.seed()?;
        let curves = AalenJohansen::new().level(self.level).fit(table)?;
        let steps = table.steps()?;
        let band = |(cause, curve): (usize, &Curve)| {
            let stretch = self.stretch(curve)?;
            let cause = Some(cause);
            let suprema = simulated::suprema_of_counts(&steps, cause, curve, &stretch, seed);
            let c = self.simulated(suprema)?;
            Ok(self.band(curve, stretch, c, |row| curve.std_error[row] / curve.estimate[row]))
        };
        of_causes(curves.iter().map(Curve::len), curves.iter().enumerate().map(band))
    }

    /// As [`survival`](Self::survival) for spells with clusters or sampling weights.
    ///
    /// # Errors
    ///
    /// Those of [`survival`](Self::survival); [`BandError::OfSurvival`] for a kind other than
    /// [`influence`](Self::influence); [`Error::NotOfPersons`](crate::Error::NotOfPersons) for counted persons.
    pub fn survival_of_spells(self, spells: &Spells) -> Result<Band> {
        spells.refuse_persons(SIMULATED)?;
        let seed = self.seed()?;
        let curve = KaplanMeier::new().level(self.level).fit_spells(spells)?;
        let table = spells.table()?;
        self.of_spells(&Walked::new(spells, &table.steps()?), None, &curve, seed)
    }

    /// As [`incidence`](Self::incidence) for spells with clusters or sampling weights.
    ///
    /// # Errors
    ///
    /// Those of [`incidence`](Self::incidence).
    pub fn incidence_of_spells(self, spells: &Spells) -> Result<Vec<Band>> {
        spells.refuse_persons(SIMULATED)?;
        let seed = self.seed()?;
        let curves = AalenJohansen::new().level(self.level).fit_spells(spells)?;
        let table = spells.table()?;
        let steps = table.steps()?;
        let walked = Walked::new(spells, &steps);
        let band = |(cause, curve)| self.of_spells(&walked, Some(cause), curve, seed);
        of_causes(curves.iter().map(Curve::len), curves.iter().enumerate().map(band))
    }

    fn of_spells(
        self,
        walked: &Walked<'_>,
        cause: Option<usize>,
        curve: &Curve,
        seed: u64,
    ) -> Result<Band> {
        let stretch = self.stretch(curve)?;
        let suprema = simulated::suprema_of_spells(walked, cause, curve, &stretch, seed);
        let c = self.simulated(suprema)?;
        Ok(self.band(curve, stretch, c, |row| curve.std_error[row] / curve.estimate[row]))
    }

    fn seed(self) -> Result<u64> {
        match self.kind {
            Kind::Influence { seed } => Ok(seed),
            _ => Err(Error::Band(BandError::OfSurvival)),
        }
    }

    /// The critical value of simulated suprema. A band is nowhere within the pointwise interval: signs of $k$ clusters never add up to more
    /// than $\sqrt k$ standard errors.
    fn simulated(self, suprema: Vec<f64>) -> Result<f64> {
        Ok(quantile(self.level, suprema)?.max(normal_quantile(self.level)?))
    }

    /// The rows of the curve that the band is for: from the one in force where the range begins to the one where it ends.
    fn stretch(self, curve: &Curve) -> Result<std::ops::Range<usize>> {
        normal_quantile(self.level)?;
        let (from, to) = self.range;
        let usable = |&row: &usize| curve.std_error[row] > 0.0 && curve.estimate[row] > 0.0;
        let nothing = Error::Band(BandError::Range { from, to });
        // Behind its last time the curve is not known.
        if curve.time.last().is_none_or(|&last| last < from) {
            return Err(nothing);
        }
        let in_force = curve.time.partition_point(|&time| time <= from).saturating_sub(1);
        let end = curve.time.partition_point(|&time| time <= to);
        let mut rows = (in_force..end).filter(usable);
        match (rows.next(), rows.next_back()) {
            (Some(first), last) => Ok(first..last.unwrap_or(first) + 1),
            _ => Err(nothing),
        }
    }

    /// The stretch of the bridge: from its start if nobody has left where the range begins, and to its end if nobody remains where it
    /// ends.
    fn ends(self, curve: &Curve, a1: f64, a2: f64) -> (f64, f64) {
        let (from, to) = self.range;
        let moved = (0..curve.len()).find(|&row| curve.n_event[row] > 0.0);
        let from_start = moved.is_some_and(|first| from < curve.time[first]);
        let to_end = curve.estimate.last().is_some_and(|&s| s <= 0.0)
            && curve.time.last().is_some_and(|&last| last <= to);
        (if from_start { 0.0 } else { a1 }, if to_end { 1.0 } else { a2 })
    }

    fn band(
        self,
        curve: &Curve,
        stretch: std::ops::Range<usize>,
        critical_value: f64,
        error: impl Fn(usize) -> f64,
    ) -> Band {
        let limits = |row: usize| {
            self.interval.of_probability(curve.estimate[row], error(row), critical_value)
        };
        let first = curve.time[stretch.start];
        let last = curve.time.last().copied().unwrap_or(first);
        let range = (self.range.0.max(first), self.range.1.min(last));
        let at_start = limits(stretch.start);
        let mut low = vec![f64::NAN; curve.len()];
        let mut high = low.clone();
        for row in stretch.filter(|&row| curve.time[row] >= range.0) {
            (low[row], high[row]) = limits(row);
        }
        Band { range, critical_value, at_start, low, high }
    }
}

impl Band {
    /// The band of a curve of so many times that has nothing to hold.
    pub fn none(times: usize) -> Self {
        let none = vec![f64::NAN; times];
        Self {
            range: (f64::NAN, f64::NAN),
            critical_value: f64::NAN,
            at_start: (f64::NAN, f64::NAN),
            low: none.clone(),
            high: none,
        }
    }
}

/// The bands of causes, of which some may have nothing to hold, but not all.
fn of_causes(
    times: impl Iterator<Item = usize>,
    bands: impl Iterator<Item = Result<Band>>,
) -> Result<Vec<Band>> {
    let (mut found, mut refused) = (Vec::new(), None);
    for (times, band) in times.zip(bands) {
        match band {
            Err(error @ Error::Band(BandError::Range { .. })) => {
                refused.get_or_insert(error);
                found.push(Band::none(times));
            }
            band => found.push(band?),
        }
    }
    match refused.filter(|_| found.iter().all(|band| band.critical_value.is_nan())) {
        Some(error) => Err(error),
        None => Ok(found),
    }
}

/// The value that a part of the suprema, the level, does not exceed.
pub(crate) fn quantile(level: f64, mut suprema: Vec<f64>) -> Result<f64> {
    suprema.sort_by(f64::total_cmp);
    let place = (level * (suprema.len() + 1) as f64 - 1e-9).ceil() as usize;
    suprema
        .get(place.saturating_sub(1).min(suprema.len().saturating_sub(1)))
        .copied()
        .ok_or(Error::Level { level })
}
