//! Baseline hazards, and survival predicted from them.

use nalgebra::DVector;

use super::covariates::Covariates;
use super::fit::CoxFit;
use super::influence::Influence;
use super::likelihood::Likelihood;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::interval::Interval;

/// A person to predict for: covariates in the order of the design's columns, stratum and offset.
///
/// ```
/// use afgang_models::Profile;
///
/// let profile = Profile::new(vec![45.0, 1.0, 0.0]).in_stratum(2).with_offset(0.1);
/// assert_eq!(profile.covariates(), [45.0, 1.0, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Profile {
    covariates: Vec<f64>,
    stratum: usize,
    offset: f64,
    starts: Vec<f64>,
}

impl Profile {
    /// In the first stratum, with offset 0. [`Design::row`](crate::Design::row) gives the covariates of a row.
    pub const fn new(covariates: Vec<f64>) -> Self {
        Self { covariates, stratum: 0, offset: 0.0, starts: Vec::new() }
    }

    /// In another stratum, counted from 0 in the order of [`Design::strata_names`](crate::Design::strata_names).
    pub const fn in_stratum(mut self, stratum: usize) -> Self {
        self.stratum = stratum;
        self
    }

    /// With an offset.
    pub const fn with_offset(mut self, offset: f64) -> Self {
        self.offset = offset;
        self
    }

    /// With starts of the further clocks of a discrete hazard ([`Clock`](crate::Clock)), in their order.
    pub fn with_starts(mut self, starts: Vec<f64>) -> Self {
        self.starts = starts;
        self
    }

    pub(crate) fn starts(&self) -> &[f64] {
        &self.starts
    }

    pub(crate) const fn offset(&self) -> f64 {
        self.offset
    }

    /// The covariates.
    pub fn covariates(&self) -> &[f64] {
        &self.covariates
    }

    /// The stratum, counted from 0.
    pub const fn stratum(&self) -> usize {
        self.stratum
    }

    /// Covariates as the model has them.
    pub(crate) fn centred(&self, of: &Covariates) -> Result<Vec<f64>> {
        let (found, expected) = (self.covariates.len(), of.n_columns());
        if found != expected {
            return Err(Error::CovariateCount { found, expected });
        }
        if let Some(row) = self.covariates.iter().position(|x| !x.is_finite()) {
            let value = self.covariates[row];
            return Err(Error::NotFinite { column: "profile".to_owned(), row, value });
        }
        let centred = |(k, x): (usize, &f64)| (x - of.shift[k]) / of.scale[k];
        Ok(self.covariates.iter().enumerate().map(centred).collect())
    }

    /// Covariates as the model has them, and the logarithm of the risk in units of the largest risk in the data.
    pub(crate) fn standardised(
        &self,
        of: &Covariates,
        beta: &[f64],
        n_strata: usize,
        largest: f64,
    ) -> Result<(Vec<f64>, f64)> {
        let x = self.centred(of)?;
        if self.stratum >= n_strata {
            return Err(Error::UnknownStratum { stratum: self.stratum, n_strata });
        }
        let eta: f64 = x.iter().zip(beta).map(|(x, b)| x * b).sum();
        Ok((x, eta + self.offset - largest))
    }
}

/// The cumulative hazard of which this is the logarithm.
pub(crate) fn hazard_of(logarithm: f64) -> Result<f64> {
    let hazard = logarithm.exp();
    if hazard.is_normal() { Ok(hazard) } else { Err(Error::HazardBeyondDouble { logarithm }) }
}

/// Hazard of a profile at the event times of its stratum.
///
/// It is kept for the largest risk in the data, as squares of what is far below 1 are 0 in a double.
pub(crate) struct PredictedHazard {
    pub(crate) time: Vec<f64>,
    /// Logarithm of the profile's risk in units of the largest in the data.
    log_risk: f64,
    /// $\mathrm d \hat\Lambda(t)$ of the largest risk.
    pub(crate) hazard: Vec<f64>,
    /// Its variance if coefficients were known.
    pub(crate) variance: Vec<f64>,
    /// The derivative by the coefficients kept of the hazard of the profile, $(x - \bar x(t)) \mathrm d \hat\Lambda(t)$.
    pub(crate) slope: Vec<DVector<f64>>,
    /// At risk, events, censorings until the next event time.
    pub(crate) counts: Vec<[f64; 3]>,
    /// The last exit,
    pub(crate) end: f64,
    /// and the weight that the last event time leaves; without one, that leaves at the end.
    pub(crate) left: f64,
}

impl PredictedHazard {
    /// The risk of the profile in units of the largest in the data.
    pub(crate) fn risk(&self) -> f64 {
        self.log_risk.exp()
    }

    /// $\mathrm d \hat\Lambda(t \mid x)$ at the event time of a place.
    pub(crate) fn step(&self, place: usize) -> f64 {
        (self.log_risk + self.hazard[place].ln()).exp()
    }
}

impl CoxFit {
    pub(crate) fn predicted_hazard(&self, profile: &Profile) -> Result<PredictedHazard> {
        let model = &self.model;
        let of = Influence::new(&model.likelihood, &model.beta);
        let Likelihood { sets, x, .. } = &model.likelihood;
        let (x, log_risk) = profile.standardised(x, &model.beta, sets.strata.len(), of.largest)?;
        let times = sets.strata[profile.stratum()].clone();
        let p = x.len();
        let counts = sets.counts(profile.stratum());
        let left = counts.last().map_or(sets.until_end[profile.stratum()], |counts| counts[2]);
        let slope = |k: usize| {
            let means = &of.hazard_means[k * p..(k + 1) * p];
            let of_column = |column: &usize| x[*column] * of.hazard[k] - means[*column];
            DVector::from_iterator(model.kept.len(), model.kept.iter().map(of_column))
        };
        let hazard = of.hazard[times.clone()].to_vec();
        if let Some(first) = hazard.first() {
            hazard_of(log_risk + first.ln())?;
            hazard_of(log_risk + hazard.iter().sum::<f64>().ln())?;
        }
        Ok(PredictedHazard {
            time: sets.times[times.clone()].to_vec(),
            log_risk,
            hazard,
            variance: of.squares[times.clone()].to_vec(),
            slope: times.clone().map(slope).collect(),
            counts,
            end: sets.ends[profile.stratum()],
            left,
        })
    }

    /// Survival of a profile, $\hat S(t \mid x) = \exp(-\hat\Lambda(t \mid x))$, with standard errors and intervals.
    ///
    /// $$\hat\Lambda(t \mid x) = e^{x^\top\hat\beta} \sum_{t_i \le t} \sum_{l=1}^{d_i} \frac{\bar w_i}{q_{il}},\qquad
    ///   \widehat{\mathrm{var}}\\,\hat\Lambda(t \mid x) = e^{2 x^\top\hat\beta} \sum_{t_i \le t} \sum_l
    ///   \frac{\bar w_i}{q_{il}^2} + g(t)^\top V g(t),$$
    ///
    /// with $g(t) = \int_0^t (x - \bar x(u))\\,\mathrm{d}\hat\Lambda(u \mid x)$ (Tsiatis 1981; Efron's ties; Breslow's have
    /// $q_{il} = S_0$). It is R's `survfit` of a `coxph`; exact ties have Breslow's hazard, as there.
    ///
    /// # Conventions
    ///
    /// - Rows are the event times of the profile's stratum, and the last exit if it comes later. `n_censor` counts
    ///   those who leave without an event from a row's time until the next row's; counts are sums of weights.
    /// - A stratum without an event has one row, its last exit: survival 1, without error.
    /// - $V$ is the fit's covariance; the first part of the variance takes spells as independent, also where $V$ does not.
    /// - The level is that of the fit.
    /// - For one whose covariates change, this is the survival of somebody who keeps them.
    ///
    /// # Errors
    ///
    /// [`Error::CovariateCount`], [`Error::NotFinite`], [`Error::UnknownStratum`], [`Error::HazardBeyondDouble`].
    ///
    /// # Examples
    ///
    /// One of two with x = 1 leaves at 1, one of two with x = 0 at 2. With $r = e^\beta$ the likelihood
    /// $\frac{r}{2r+2} \cdot \frac{1}{r+2}$ is largest at $r = \sqrt 2$, and the hazard of x = 0 at 1 is $1/(2r + 2)$:
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Interval, Profile, Spells};
    ///
    /// let spells = Spells::new(1, vec![1.0, 3.0, 2.0, 3.0], vec![Some(0), None, Some(0), None])?;
    /// let design = Design::builder().numeric("x", vec![1.0, 1.0, 0.0, 0.0]).build()?;
    /// let fit = Cox::new().fit(&spells, &design)?;
    /// let curve = fit.survival(&Profile::new(vec![0.0]), Interval::Log)?;
    /// assert_eq!(curve.time, [1.0, 2.0, 3.0]);
    /// assert_eq!(curve.n_risk, [4.0, 3.0, 2.0]);
    /// let r = 2.0_f64.sqrt();
    /// assert!((curve.at(1.0) - (-1.0 / (2.0 * r + 2.0)).exp()).abs() < 1e-12);
    /// assert!((curve.at(2.0) - (-1.0 / (2.0 * r + 2.0) - 1.0 / (r + 2.0)).exp()).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Tsiatis, A. A. (1981). *Ann. Statist.* 9, 93–108.
    /// - Therneau, T. M. and Grambsch, P. M. (2000). *Modeling Survival Data*. Springer, ch. 10.
    pub fn survival(&self, profile: &Profile, interval: Interval) -> Result<Curve> {
        let z = self.model.z;
        self.predict(profile, 1.0, |hazard, log_error| {
            let survival = (-hazard).exp();
            let error = survival * hazard * log_error;
            (survival, error, interval.of_survival(hazard, log_error, z))
        })
    }

    /// Cumulative hazard of a profile; see [`survival`](Self::survival).
    ///
    /// The baseline of a stratum is that of a profile of zeros.
    ///
    /// # Errors
    ///
    /// Those of [`survival`](Self::survival).
    pub fn cumulative_hazard(&self, profile: &Profile, interval: Interval) -> Result<Curve> {
        let z = self.model.z;
        self.predict(profile, 0.0, |hazard, log_error| {
            let error = hazard * log_error;
            (hazard, error, interval.of_hazard(hazard, error, z))
        })
    }

    /// With `row` from the cumulative hazard and the standard error of its logarithm.
    fn predict(
        &self,
        profile: &Profile,
        start: f64,
        row: impl Fn(f64, f64) -> (f64, f64, (f64, f64)),
    ) -> Result<Curve> {
        let of = self.predicted_hazard(profile)?;
        let mut curve = Curve::new(start, of.time.len() + 1);
        let (mut hazard, mut variance) = (0.0, 0.0);
        let mut slope = DVector::zeros(self.model.kept.len());
        for (k, &time) in of.time.iter().enumerate() {
            hazard += of.hazard[k];
            variance += of.variance[k];
            slope += &of.slope[k];
            let of_coefficients = slope.dot(&(&self.model.covariance * &slope));
            let log_error = (variance + of_coefficients).sqrt() / hazard;
            let of_profile = hazard_of(of.log_risk + hazard.ln())?;
            let (estimate, std_error, limits) = row(of_profile, log_error);
            let [n_risk, n_event, n_censor] = of.counts[k];
            curve.push([time, n_risk, n_event, n_censor], estimate, std_error, limits);
        }
        curve.end_at(of.end, of.left);
        Ok(curve)
    }
}

impl Curve {
    /// Goes on to the end of follow-up, where those that the last event time left are censored. A curve without an event time stays as it
    /// began until the last leave.
    pub(crate) fn end_at(&mut self, end: f64, left: f64) {
        if self.is_empty() && left > 0.0 {
            self.push([end, left, 0.0, left], self.start, 0.0, (self.start, self.start));
        } else if let Some(last) = self.time.len().checked_sub(1)
            && end > self.time[last]
        {
            // Sums of weights leave rounding.
            let left = if left > 1e-9 * self.n_risk[last] { left } else { 0.0 };
            self.n_censor[last] = 0.0;
            let limits = (self.conf_low[last], self.conf_high[last]);
            self.push([end, left, 0.0, left], self.estimate[last], self.std_error[last], limits);
        }
    }
}
