//! Predicted cumulative incidence, and the subdistribution hazard it comes from.

use nalgebra::DVector;

use super::convention::FineGrayVariance;
use super::fit::FineGrayFit;
use super::influence::Influence;
use super::likelihood::Likelihood;
use super::moments::Moments;
use crate::cox::Profile;
use crate::cox::baseline::hazard_of;
use crate::curve::Curve;
use crate::error::Result;
use crate::interval::Interval;

impl FineGrayFit {
    /// Cumulative incidence of a profile, $\hat F(t \mid x) = 1 - \exp(-\hat\Lambda(t \mid x))$, with standard errors and intervals.
    ///
    /// $$\hat\Lambda(t \mid x) = e^{x^\top\hat\beta} \sum_{t_k \le t} \frac{d_k}{S_0(t_k)},\qquad
    ///   \widehat{\mathrm{var}}\\,\hat\Lambda(t \mid x) = \sum_c \Bigl(\sum_{i \in c} w_i
    ///   \frac{\partial \hat\Lambda(t \mid x)}{\partial w_i}\Bigr)^2$$
    ///
    /// with the derivative through the events and risk sets, through the weights $\omega$ (where the fit's variance takes
    /// them as estimated) and through $\hat\beta$. With [`FineGrayVariance::Information`] it is
    /// $e^{2 x^\top\hat\beta} \sum_{t_k \le t} d_k / S_0(t_k)^2 + g(t)^\top I^{-1} g(t)$, $g = \int (x - \bar x)\\,\mathrm{d}\hat\Lambda(\cdot \mid x)$.
    ///
    /// # Conventions
    ///
    /// - Rows are the event times of the profile's stratum, and its last exit if that comes later. `n_risk` are those who have not
    ///   left for any cause; `n_censor` counts those who leave otherwise, be it for another cause, from a row's time until the next
    ///   row's. Counts are sums of weights.
    /// - Under [`Convention::RSurvival`](crate::Convention::RSurvival) with groups, who left for another cause may count in `n_risk` until the
    ///   weights of the group change: so long is the row that `finegray` makes.
    /// - A stratum without an event has one row, its last exit: incidence 0, without error.
    /// - The level is that of the fit. The standard error of $\hat F$ is $(1 - \hat F)$ times that of $\hat\Lambda$.
    /// - Under [`Convention::Cmprsk`](crate::Convention::Cmprsk) this is as under `FineGray`: `crr` has no standard errors here.
    /// - Incidences of several causes, each from a model of its own, may add up to more than 1.
    ///
    /// It takes $O((n + T)\\,(p + b^2))$ for $b$ groups of censoring.
    ///
    /// # Errors
    ///
    /// [`Error::CovariateCount`](crate::Error::CovariateCount), [`Error::NotFinite`](crate::Error::NotFinite),
    /// [`Error::UnknownStratum`](crate::Error::UnknownStratum), [`Error::HazardBeyondDouble`](crate::Error::HazardBeyondDouble).
    ///
    /// # Examples
    ///
    /// Nobody is censored, and the one who leaves for another cause at 1 stays in the risk set: with $r = 1/\sqrt 2$ (see
    /// [`FineGray`](crate::FineGray)) the hazard of x = 0 is $1/(2r + 2)$ at 2 and $1/(2r + 1)$ at 3.
    ///
    /// ```
    /// use afgang_models::{Design, FineGray, Interval, Profile, Spells};
    ///
    /// let spells = Spells::new(2, vec![1.0, 2.0, 3.0, 3.5], vec![Some(1), Some(0), Some(0), Some(1)])?;
    /// let design = Design::builder().numeric("x", vec![1.0, 0.0, 1.0, 0.0]).build()?;
    /// let fit = FineGray::new(0).fit(&spells, &design)?;
    ///
    /// let curve = fit.incidence(&Profile::new(vec![0.0]), Interval::LogLog)?;
    /// let r = 0.5_f64.sqrt();
    /// assert_eq!(curve.time, [2.0, 3.0, 3.5]);
    /// assert_eq!(curve.n_risk, [3.0, 2.0, 1.0]);
    /// assert!((curve.at(2.0) - (1.0 - (-1.0 / (2.0 * r + 2.0)).exp())).abs() < 1e-12);
    /// let hazard = 1.0 / (2.0 * r + 2.0) + 1.0 / (2.0 * r + 1.0);
    /// assert!((curve.at(3.0) - (1.0 - (-hazard).exp())).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn incidence(&self, profile: &Profile, interval: Interval) -> Result<Curve> {
        let z = self.model.z;
        self.predict(profile, |hazard, log_error| {
            let (incidence, survival) = (-(-hazard).exp_m1(), (-hazard).exp());
            let log_error = survival * (hazard / incidence) * log_error;
            let limits = interval.of_probability(incidence, log_error, z);
            (incidence, incidence * log_error, limits)
        })
    }

    /// Cumulative subdistribution hazard of a profile; see [`incidence`](Self::incidence).
    ///
    /// The baseline of a stratum is that of a profile of zeros.
    ///
    /// # Errors
    ///
    /// Those of [`incidence`](Self::incidence).
    pub fn cumulative_hazard(&self, profile: &Profile, interval: Interval) -> Result<Curve> {
        let z = self.model.z;
        self.predict(profile, |hazard, log_error| {
            let error = hazard * log_error;
            (hazard, error, interval.of_hazard(hazard, error, z))
        })
    }

    /// With `row` from the cumulative hazard and the standard error of its logarithm. Sums are those of the largest risk in the data,
    /// as squares of what is far below 1 are 0 in a double.
    fn predict(
        &self,
        profile: &Profile,
        row: impl Fn(f64, f64) -> (f64, f64, (f64, f64)),
    ) -> Result<Curve> {
        let model = &self.model;
        let Likelihood { spans, x, .. } = &model.likelihood;
        let estimated = self.variance == FineGrayVariance::EstimatedWeights;
        let influence = Influence::new(&model.likelihood, &model.beta, estimated);
        let (x, log_risk) =
            profile.standardised(x, &model.beta, spans.strata.len(), influence.largest)?;
        let (s, p) = (profile.stratum(), x.len());
        let mut moments = (self.variance != FineGrayVariance::Information)
            .then(|| Moments::new(&influence, &model.units, &model.kept, s, estimated));
        let counts = spans.counts(s);
        let times = spans.strata[s].times.clone();
        let mut curve = Curve::new(0.0, times.len() + 1);
        let (mut hazard, mut squares) = (0.0, 0.0);
        let mut slope = DVector::zeros(model.kept.len());
        for (place, k) in times.enumerate() {
            let step = influence.hazard[k];
            hazard += step;
            squares += step / influence.s0[k];
            let means = &influence.means[k * p..(k + 1) * p];
            for (slope, &column) in slope.iter_mut().zip(&model.kept) {
                *slope += (x[column] - means[column]) * step;
            }
            let mut variance = slope.dot(&(&model.covariance * &slope));
            variance += match &mut moments {
                None => squares,
                Some(moments) => {
                    let (own, cross) = moments.at(k);
                    own + 2.0 * cross.dot(&(&model.inverse * &slope))
                }
            };
            let of_profile = hazard_of(log_risk + hazard.ln())?;
            let (estimate, error, limits) = row(of_profile, variance.max(0.0).sqrt() / hazard);
            let [n_risk, n_event, n_censor] = counts[place];
            curve.push([spans.times[k], n_risk, n_event, n_censor], estimate, error, limits);
        }
        let left = counts.last().map_or_else(|| spans.until_end(s), |counts| counts[2]);
        curve.end_at(spans.strata[s].end, left);
        Ok(curve)
    }
}
