//! The survival function by way of the cumulative hazard.

use crate::curve::Curve;
use crate::error::Result;
use crate::event_table::EventTable;
use crate::hazard_ties::HazardTies;
use crate::interval::{Interval, normal_quantile};
use crate::nelson_aalen::NelsonAalen;
use crate::spells::Spells;
use crate::variance::Variance;

/// Survival function from the cumulative hazard (Breslow; Fleming and Harrington).
///
/// $$\tilde S(t) = \exp\bigl(-\hat A(t)\bigr),\qquad
///   \widehat{\mathrm{var}}\\,\tilde S(t) = \tilde S(t)^2\\,\widehat{\mathrm{var}}\\,\hat A(t),$$
///
/// with $\hat A$ of [`NelsonAalen`]: $\sum d_i/Y_i$, or with [`HazardTies::OneByOne`] the tie-corrected sum. It is
/// R's `survfit` with `stype = 2` (and `ctype = 1` or `2`; the old `type = "fleming-harrington"` is `ctype = 1`,
/// `type = "fh2"` is `ctype = 2`). It is never below [`KaplanMeier`](crate::KaplanMeier) with ties taken together and stays
/// above 0 where everyone leaves.
///
/// # Conventions
///
/// - Those of [`NelsonAalen`] for times, entries and weights; [intervals](Interval) are those of a probability.
/// - Defaults: ties together, variance `Aalen` ($\sum d_i/Y_i^2$), interval `Log`, level 0.95, all as R with `stype = 2`.
///
/// # Examples
///
/// ```
/// use afgang_models::{EventTable, FlemingHarrington};
///
/// let table = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, Some(0))])?;
/// let curve = FlemingHarrington::new().fit(&table)?;
/// // The hazard is 1/2 and 3/2, its variance 1/4 and 5/4.
/// assert!((curve.at(2.0) - (-1.5_f64).exp()).abs() < 1e-15);
/// assert!((curve.std_error[1] - (-1.5_f64).exp() * 1.25_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Breslow, N. (1972). *J. R. Statist. Soc. B* 34, 216–217.
/// - Fleming, T. R. and Harrington, D. P. (1984). *Commun. Statist. Theory Methods* 13, 2469–2486.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct FlemingHarrington {
    interval: Interval,
    level: f64,
    hazard: NelsonAalen,
}

impl Default for FlemingHarrington {
    fn default() -> Self {
        Self { interval: Interval::default(), level: 0.95, hazard: NelsonAalen::new() }
    }
}

impl FlemingHarrington {
    /// The defaults: ties together, variance `Aalen`, interval `Log`, level 0.95.
    pub fn new() -> Self {
        Self::default()
    }

    /// What tied events add to the hazard. Default `Together`.
    pub fn ties(mut self, ties: HazardTies) -> Self {
        self.hazard = self.hazard.ties(ties);
        self
    }

    /// Kind of variance of the hazard. Default `Aalen`.
    pub fn variance(mut self, variance: Variance) -> Self {
        self.hazard = self.hazard.variance(variance);
        self
    }

    /// Kind of pointwise interval. Default `Log`.
    pub fn interval(mut self, interval: Interval) -> Self {
        self.interval = interval;
        self
    }

    /// Confidence level, between 0 and 1. Default 0.95.
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Estimates the curve.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyTable`](crate::Error::EmptyTable) when no spell ends,
    /// [`Error::Level`](crate::Error::Level) for a level outside (0, 1).
    pub fn fit(self, table: &EventTable) -> Result<Curve> {
        let z = normal_quantile(self.level)?;
        Ok(self.of_hazard(self.hazard.fit(table)?, z))
    }

    /// The curve of [`fit`](Self::fit) in parts of at most `rows` rows, which are made one after the other: curves of many times
    /// need not lie in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Level`](crate::Error::Level) for a level outside (0, 1).
    pub fn parts(
        self,
        table: &EventTable,
        rows: usize,
    ) -> Result<impl Iterator<Item = Curve> + use<'_>> {
        let z = normal_quantile(self.level)?;
        Ok(self.hazard.parts(table, rows)?.map(move |part| self.of_hazard(part, z)))
    }

    /// As [`fit`](Self::fit) of the spells' table, with standard errors by the infinitesimal jackknife of the
    /// hazard; see [`NelsonAalen::fit_spells`].
    ///
    /// # Errors
    ///
    /// Those of [`NelsonAalen::fit_spells`].
    pub fn fit_spells(self, spells: &Spells) -> Result<Curve> {
        let z = normal_quantile(self.level)?;
        Ok(self.of_hazard(self.hazard.fit_spells(spells)?, z))
    }

    fn of_hazard(self, mut curve: Curve, z: f64) -> Curve {
        curve.start = 1.0;
        for row in 0..curve.len() {
            let (survival, log_se) = ((-curve.estimate[row]).exp(), curve.std_error[row]);
            curve.estimate[row] = survival;
            curve.std_error[row] = survival * log_se;
            (curve.conf_low[row], curve.conf_high[row]) =
                self.interval.of_probability(survival, log_se, z);
        }
        curve
    }
}
