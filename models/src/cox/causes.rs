//! Cause-specific models of all causes, and the cumulative incidence that they imply.

use nalgebra::{DMatrix, DVector};

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

/// Survival and incidences of all causes, in this order, with how they vary: incidences in units of their last value, as
/// squares of what is far below 1 are 0 in a double.
struct Walk {
    value: Vec<f64>,
    units: Vec<f64>,
    /// Covariance by the events.
    covariance: DMatrix<f64>,
    /// Of each cause: derivatives by its coefficients, one column a value.
    slopes: Vec<DMatrix<f64>>,
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
    /// with $h_c(u) = \partial F_k(t) / \partial\\,\mathrm{d}\Lambda_c(u)$, in $O(\text{times}\\,p^2)$ for all $t$: the covariance of $S$ and
    /// all $F_k$ and their derivatives go on from time to time, where nothing is taken from anything much larger, so that the errors of
    /// incidences near 0 and near 1 are right too.
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
        let mut walk = Walk::new(&self.causes);
        for step in &steps {
            walk.go(&step.own());
        }
        walk = walk.again(&self.causes);
        let mut curves: Vec<Curve> =
            self.causes.iter().map(|_| Curve::new(0.0, steps.len() + 1)).collect();
        for step in &steps {
            let own = step.own();
            walk.vary(step, &own);
            walk.go(&own);
            for (cause, curve) in curves.iter_mut().enumerate() {
                let incidence = walk.value[cause + 1];
                let log_error = walk.log_error(cause, &self.causes);
                let limits = interval.of_probability(incidence, log_error, self.causes[cause].z());
                let events = step.hazards[cause].map_or(0.0, |(of, k)| of.counts[k][1]);
                let counts = [step.time, step.at_risk, events, 0.0];
                curve.push(counts, incidence, incidence * log_error, limits);
            }
        }
        for curve in &mut curves {
            curve.end_at(end, left);
        }
        Ok(curves)
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

impl Step<'_> {
    /// Hazards of the causes.
    fn own(&self) -> Vec<f64> {
        self.hazards.iter().map(|of| of.map_or(0.0, |(of, place)| of.step(place))).collect()
    }
}

impl Walk {
    fn new(fits: &[CoxFit]) -> Self {
        let n = fits.len() + 1;
        let mut value = vec![0.0; n];
        value[0] = 1.0;
        Self {
            value,
            units: vec![1.0; n],
            covariance: DMatrix::zeros(n, n),
            slopes: fits.iter().map(|fit| DMatrix::zeros(fit.coefficients.len(), n)).collect(),
        }
    }

    /// From the start, in units of what this came to.
    fn again(&self, fits: &[CoxFit]) -> Self {
        let unit = |value: &f64| if *value > 0.0 { *value } else { 1.0 };
        let incidences = self.value[1..].iter().map(unit);
        Self { units: std::iter::once(1.0).chain(incidences).collect(), ..Self::new(fits) }
    }

    /// Goes past a time with these hazards.
    fn go(&mut self, own: &[f64]) {
        let total: f64 = own.iter().sum();
        let leave = self.value[0] * exit_share(total).0;
        for (incidence, own) in self.value[1..].iter_mut().zip(own) {
            *incidence += leave * own;
        }
        self.value[0] *= (-total).exp();
    }

    /// What a time does to the covariance and the derivatives; to be called before going past it.
    fn vary(&mut self, step: &Step, own: &[f64]) {
        let total: f64 = own.iter().sum();
        let ((share, slope), stay) = (exit_share(total), (-total).exp());
        let (survival, units) = (self.value[0], &self.units);
        let leave: Vec<f64> = own.iter().zip(&units[1..]).map(|(own, u)| share * own / u).collect();
        let go_on = |of: &mut DMatrix<f64>| {
            let survival = of.column(0).clone_owned();
            for (j, leave) in leave.iter().enumerate() {
                of.column_mut(j + 1).axpy(*leave, &survival, 1.0);
            }
            of.column_mut(0).scale_mut(stay);
        };
        self.slopes.iter_mut().for_each(go_on);
        for _ in 0..2 {
            go_on(&mut self.covariance);
            self.covariance.transpose_mut();
        }
        for (c, of) in step.hazards.iter().enumerate() {
            let Some((of, place)) = *of else { continue };
            // By the logarithm of the hazard of this cause.
            let moved = |j: usize| match j.checked_sub(1) {
                None => -survival * stay * own[c],
                Some(k) => {
                    let direct = if k == c { share } else { 0.0 };
                    survival * (direct + own[k] * slope) * own[c] / units[j]
                }
            };
            let moved = DVector::from_fn(units.len(), |j, _| moved(j));
            let hazard = of.hazard[place];
            self.covariance.ger(of.variance[place] / (hazard * hazard), &moved, &moved, 1.0);
            self.slopes[c].ger(1.0 / hazard, &of.slope[place], &moved, 1.0);
        }
    }

    /// Standard error of the logarithm of the incidence of a cause; 0 before its first event.
    fn log_error(&self, cause: usize, fits: &[CoxFit]) -> f64 {
        let incidence = self.value[cause + 1];
        if incidence <= 0.0 {
            return 0.0;
        }
        // Near 1 what is left varies as much and is small.
        let by_rest = incidence > 0.5;
        let weight = |j: usize| match (by_rest, j == cause + 1) {
            (false, own) => f64::from(u8::from(own)),
            (true, own) => {
                if own {
                    0.0
                } else {
                    self.units[j]
                }
            }
        };
        let weights = DVector::from_fn(self.units.len(), |j, _| weight(j));
        let of_coefficients = self.slopes.iter().zip(fits).map(|(slopes, fit)| {
            let q = slopes * &weights;
            q.dot(&(fit.scaled_covariance() * &q))
        });
        let of_events = weights.dot(&(&self.covariance * &weights)).max(0.0);
        let unit = if by_rest { 1.0 } else { self.units[cause + 1] };
        (of_events + of_coefficients.sum::<f64>()).max(0.0).sqrt() / (incidence / unit)
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
