//! Cause-specific models of all causes, and the cumulative incidence that they imply.

use nalgebra::DVector;

use super::baseline::{PredictedHazard, Profile};
use super::fit::CoxFit;
use super::{Cox, CoxFits};
use crate::curve::Curve;
use crate::design::Design;
use crate::error::Result;
use crate::interval::Interval;
use crate::spells::Spells;

impl Cox {
    /// Fits a model to every cause, with the others as censorings; see [`CoxFits::incidence`].
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit), with the cause: [`Error::OfCause`](crate::Error::OfCause).
    pub fn fit_causes(self, spells: &Spells, design: &Design) -> Result<CoxFits> {
        let fit = |cause: usize| {
            let of = self.cause(cause).fit(spells, design);
            of.map_err(|error| crate::Error::OfCause { cause, error: Box::new(error) })
        };
        Ok(CoxFits { causes: (0..spells.n_causes()).map(fit).collect::<Result<_>>()? })
    }
}

/// What the causes have at one time.
struct Step<'hazards> {
    time: f64,
    /// Of each cause, where it has events at the time: its hazard and the place of the time.
    hazards: Vec<Option<(&'hazards PredictedHazard, usize)>>,
    at_risk: f64,
    /// Of all causes.
    events: f64,
}

/// Sums over times for the variance of an incidence: the derivative by the hazard of a cause is $a + 1 - F(t)$, with $a$ near
/// 0 where the incidence is near 1.
struct Sums {
    aa: f64,
    a: f64,
    one: f64,
    slope_a: DVector<f64>,
    slope: DVector<f64>,
}

impl CoxFits {
    /// Cumulative incidence of each cause for a profile, with standard errors and intervals.
    ///
    /// With the hazards $\mathrm{d}\Lambda_k$ of the cause-specific models, $H = \sum_k \mathrm{d}\Lambda_k$ at a time, and
    /// $S(t) = \exp(-\sum_{u \le t} H(u))$,
    ///
    /// $$F_k(t \mid x) = \sum_{u \le t} S(u-)\\,\frac{1 - e^{-H(u)}}{H(u)}\\,\mathrm{d}\hat\Lambda_k(u \mid x),$$
    ///
    /// the Aalen–Johansen estimator with hazards that are constant within a time's step, so that $S + \sum_k F_k = 1$ always and one
    /// cause gives one minus its [`survival`](CoxFit::survival). The variance is by the delta method: the hazards of different
    /// causes are independent, each with a part from its events and a part from its coefficients,
    ///
    /// $$\widehat{\mathrm{var}}\\,F_k(t) = \sum_c \Bigl(\sum_{u \le t} h_c(u)^2\\,\widehat{\mathrm{var}}\\,\mathrm{d}\Lambda_c(u)
    ///   + q_c^\top V_c\\,q_c\Bigr),\qquad q_c = \sum_{u \le t} h_c(u) (x - \bar x_c(u))\\,\mathrm{d}\Lambda_c(u \mid x),$$
    ///
    /// with $h_c(u) = \partial F_k(t) / \partial\\,\mathrm{d}\Lambda_c(u)$, in $O(\text{times}\\,p^2)$ for all $t$.
    ///
    /// # Conventions
    ///
    /// - Rows are the event times of any cause in the profile's stratum, and the last exit. `n_event` counts those of the curve's
    ///   cause, `n_censor` is 0 up to the last row.
    /// - With clusters, $V_c$ is by influence but the causes are taken as independent, and the events within a cause too.
    ///
    /// # Errors
    ///
    /// Those of [`survival`](CoxFit::survival).
    ///
    /// # Examples
    ///
    /// Without covariates, of four one leaves for cause 0 and then one of three for cause 1:
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Interval, Profile, Spells};
    ///
    /// let spells = Spells::new(2, vec![1.0, 2.0, 3.0, 3.0], vec![Some(0), Some(1), None, None])?;
    /// let design = Design::builder().rows(4).build()?;
    /// let fits = Cox::new().fit_causes(&spells, &design)?;
    /// let curves = fits.incidence(&Profile::new(vec![]), Interval::Log)?;
    /// let stay = (-0.25_f64).exp();
    /// assert!((curves[0].at(3.0) - (1.0 - stay)).abs() < 1e-15);
    /// assert!((curves[1].at(2.0) - stay * (1.0 - (-1.0_f64 / 3.0).exp())).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Rosthøj, S., Andersen, P. K. and Abildstrom, S. Z. (2004). *Comput. Methods Programs Biomed.* 74, 69–75.
    /// - Cheng, S. C., Fine, J. P. and Wei, L. J. (1998). *Biometrics* 54, 219–228.
    pub fn incidence(&self, profile: &Profile, interval: Interval) -> Result<Vec<Curve>> {
        let hazards: Vec<PredictedHazard> =
            self.causes.iter().map(|fit| fit.predicted_hazard(profile)).collect::<Result<_>>()?;
        let steps = steps(&hazards);
        let until_end = hazards.first().map_or(0.0, |of| of.left);
        let left = steps.last().map_or(until_end, |last| last.at_risk - last.events);
        let end = hazards.iter().map(|of| of.end).fold(f64::NEG_INFINITY, f64::max);
        let curve = |cause| {
            let mut curve = self.incidence_of(cause, &steps, interval);
            curve.end_at(end, left);
            curve
        };
        Ok((0..self.causes.len()).map(curve).collect())
    }

    fn incidence_of(&self, cause: usize, steps: &[Step], interval: Interval) -> Curve {
        let z = self.causes[cause].z();
        let mut curve = Curve::new(0.0, steps.len() + 1);
        let (mut survival, mut incidence) = (1.0, 0.0);
        let mut sums: Vec<Sums> = self.causes.iter().map(Sums::new).collect();
        for step in steps {
            let hazard =
                |of: &Option<(&PredictedHazard, usize)>| of.map_or(0.0, |(h, k)| h.step[k]);
            let total: f64 = step.hazards.iter().map(hazard).sum();
            let own = hazard(&step.hazards[cause]);
            let (share, slope) = exit_share(total);
            incidence += survival * share * own;
            for (c, (sums, of)) in sums.iter_mut().zip(&step.hazards).enumerate() {
                if let Some((of, k)) = of {
                    let direct = if c == cause { share } else { 0.0 };
                    let a = survival * (direct + own * slope) - (1.0 - incidence);
                    sums.add(a, of.variance[*k], &of.slope[*k]);
                }
            }
            survival *= (-total).exp();
            let parts =
                sums.iter().zip(&self.causes).map(|(sums, fit)| sums.at(1.0 - incidence, fit));
            let error = parts.sum::<f64>().max(0.0).sqrt();
            let log_error = if error > 0.0 { error / incidence } else { 0.0 };
            let limits = interval.of_probability(incidence, log_error, z);
            let events = step.hazards[cause].map_or(0.0, |(of, k)| of.counts[k][1]);
            curve.push([step.time, step.at_risk, events, 0.0], incidence, error, limits);
        }
        curve
    }
}

/// What happens at the event times of any cause.
fn steps<'hazards>(hazards: &'hazards [PredictedHazard]) -> Vec<Step<'hazards>> {
    let mut times: Vec<f64> = hazards.iter().flat_map(|of| of.time.iter().copied()).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let step = |time: f64| {
        let place = |of: &'hazards PredictedHazard| {
            let k = of.time.partition_point(|t| *t < time);
            (of.time.get(k) == Some(&time)).then_some((of, k))
        };
        let hazards: Vec<_> = hazards.iter().map(place).collect();
        let count = |of: usize| hazards.iter().flatten().map(move |(h, k)| h.counts[*k][of]);
        let (at_risk, events) = (count(0).next().unwrap_or(0.0), count(1).sum());
        Step { time, hazards, at_risk, events }
    };
    times.into_iter().map(step).collect()
}

impl Sums {
    fn new(fit: &CoxFit) -> Self {
        let zero = DVector::zeros(fit.coefficients.len());
        Self { aa: 0.0, a: 0.0, one: 0.0, slope_a: zero.clone(), slope: zero }
    }

    fn add(&mut self, a: f64, variance: f64, slope: &DVector<f64>) {
        self.aa += a * a * variance;
        self.a += a * variance;
        self.one += variance;
        self.slope_a += slope * a;
        self.slope += slope;
    }

    /// Variance by the hazards of one cause of an incidence that is `rest` short of 1.
    fn at(&self, rest: f64, fit: &CoxFit) -> f64 {
        let of_events = self.aa + rest * (2.0 * self.a + rest * self.one);
        let q = &self.slope_a + &self.slope * rest;
        of_events.max(0.0) + q.dot(&(fit.scaled_covariance() * &q))
    }
}

/// $(1 - e^{-h}) / h$ and its derivative.
fn exit_share(h: f64) -> (f64, f64) {
    if h < 1e-4 {
        // The next terms are below 1e-17 and 1e-13 of these.
        let share = 1.0 - h / 2.0 * (1.0 - h / 3.0 * (1.0 - h / 4.0));
        return (share, -0.5 + h / 3.0 * (1.0 - h * 3.0 / 8.0));
    }
    let share = -(-h).exp_m1() / h;
    (share, ((-h).exp() - share) / h)
}

#[cfg(test)]
mod tests {
    use super::exit_share;

    #[test]
    fn share_is_smooth() {
        for h in [0.999_999e-4, 1.000_001e-4] {
            let (share, slope) = exit_share(h);
            // By the series of five terms.
            let series = 1.0 - h / 2.0 + h * h / 6.0 - h.powi(3) / 24.0 + h.powi(4) / 120.0;
            assert!((share - series).abs() < 1e-15);
            let series = -0.5 + h / 3.0 - h * h / 8.0 + h.powi(3) / 30.0;
            assert!((slope - series).abs() < 1e-11);
        }
    }
}
