//! Hazards, survival and cumulative incidence of a profile.

use nalgebra::DVector;

use super::error::DiscreteError;
use super::fit::{DiscreteFit, Model};
use super::lines::whole;
use crate::cox::Profile;
use crate::cox::index::NONE;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::interval::Interval;

/// Hazards of a profile at one time.
struct Step {
    time: f64,
    /// By exit.
    hazard: Vec<f64>,
    /// By exit: derivatives by the coefficients kept.
    slope: Vec<DVector<f64>>,
    at_risk: f64,
    /// By exit.
    events: Vec<f64>,
    censored: f64,
}

impl DiscreteFit {
    /// Hazards of a profile, one curve an exit: at each time the chance to leave by it of those still there.
    ///
    /// The variance is by the delta method, $\dot h^\top V \dot h$ with the fit's covariance $V$ of all coefficients, those of the
    /// duration too.
    ///
    /// # Conventions
    ///
    /// - Rows are all times from the first to the last at risk in the data, or until a clock is beyond its last value in them.
    ///   Counts are those of all spells.
    /// - Times without a parameter have hazard 0 or 1 with standard error 0, as in Kaplan–Meier curves.
    ///
    /// # Errors
    ///
    /// [`Error::CovariateCount`], [`Error::NotFinite`], [`DiscreteError::StartCount`], [`DiscreteError::NotWhole`],
    /// [`DiscreteError::UnknownStart`].
    ///
    /// ```
    /// use afgang_models::{Design, DiscreteHazard, Interval, Profile, Spells};
    ///
    /// // One of four leaves: 1/4 with variance 1/4 * 3/4 / 4.
    /// let spells = Spells::new(1, vec![1.0; 4], vec![Some(0), None, None, None])?;
    /// let fit = DiscreteHazard::new().fit(&spells, &Design::builder().rows(4).build()?)?;
    /// let hazards = fit.hazards(&Profile::new(vec![]), Interval::Plain)?;
    /// assert!((hazards[0].at(1.0) - 0.25).abs() < 1e-12);
    /// assert!((hazards[0].std_error[0].powi(2) - 3.0 / 64.0).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn hazards(&self, profile: &Profile, interval: Interval) -> Result<Vec<Curve>> {
        self.model.hazards(profile, interval)
    }

    /// Survival of a profile, $S(t \mid x) = \prod_{u \le t} \bigl(1 - \sum_k h_k(u \mid x)\bigr)$, with standard errors by the
    /// delta method; see [`hazards`](Self::hazards).
    ///
    /// # Errors
    ///
    /// Those of [`hazards`](Self::hazards).
    ///
    /// ```
    /// use afgang_models::{Design, DiscreteHazard, Interval, Profile, Spells};
    ///
    /// // Of four one leaves at 1 and one of three at 2: 3/4 * 2/3, with Greenwood's variance.
    /// let spells = Spells::new(1, vec![1.0, 2.0, 2.0, 2.0], vec![Some(0), Some(0), None, None])?;
    /// let fit = DiscreteHazard::new().fit(&spells, &Design::builder().rows(4).build()?)?;
    /// let curve = fit.survival(&Profile::new(vec![]), Interval::Log)?;
    /// assert!((curve.at(2.0) - 0.5).abs() < 1e-12);
    /// let greenwood = 0.25 * (1.0 / (4.0 * 3.0) + 1.0 / (3.0 * 2.0));
    /// assert!((curve.std_error[1].powi(2) - greenwood).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn survival(&self, profile: &Profile, interval: Interval) -> Result<Curve> {
        let steps = self.model.steps(profile)?;
        let mut curve = Curve::new(1.0, steps.len());
        let mut survival = 1.0;
        // Derivatives of the logarithm.
        let mut slope = DVector::zeros(self.model.kept.len());
        for step in &steps {
            let leave: f64 = step.hazard.iter().sum();
            let stay = 1.0 - leave;
            survival *= stay;
            if stay > 0.0 {
                for of in &step.slope {
                    slope -= of / stay;
                }
            }
            let variance = survival * survival * self.model.variance(&slope);
            let events = step.events.iter().sum();
            push(&mut curve, step, events, survival, variance, interval, self.model.z);
        }
        Ok(curve)
    }

    /// Cumulative incidence of each exit for a profile, $F_k(t \mid x) = \sum_{u \le t} S(u - 1 \mid x)\\,h_k(u \mid x)$, with
    /// standard errors by the delta method; see [`hazards`](Self::hazards). $S + \sum_k F_k = 1$.
    ///
    /// # Errors
    ///
    /// Those of [`hazards`](Self::hazards).
    ///
    /// ```
    /// use afgang_models::{Design, DiscreteHazard, Interval, Profile, Spells};
    ///
    /// // Of four one leaves for cause 0 at 1, then one of three for cause 1 at 2.
    /// let cause = vec![Some(0), Some(1), None, None];
    /// let spells = Spells::new(2, vec![1.0, 2.0, 2.0, 2.0], cause)?;
    /// let fit = DiscreteHazard::new().fit_exits(&spells, &Design::builder().rows(4).build()?)?;
    /// let curves = fit.incidence(&Profile::new(vec![]), Interval::Log)?;
    /// assert!((curves[0].at(2.0) - 0.25).abs() < 1e-12);
    /// assert!((curves[1].at(2.0) - 0.25).abs() < 1e-12); // 3/4 * 1/3
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn incidence(&self, profile: &Profile, interval: Interval) -> Result<Vec<Curve>> {
        let steps = self.model.steps(profile)?;
        let n = self.exits.len();
        let zero = DVector::zeros(self.model.kept.len());
        let mut curves: Vec<Curve> = (0..n).map(|_| Curve::new(0.0, steps.len())).collect();
        let mut incidence = vec![(0.0, zero.clone()); n];
        let (mut survival, mut of_survival) = (1.0, zero);
        for step in &steps {
            for (exit, (value, slope)) in incidence.iter_mut().enumerate() {
                *value += survival * step.hazard[exit];
                *slope += &of_survival * step.hazard[exit] + &step.slope[exit] * survival;
                let (variance, events) = (self.model.variance(slope), step.events[exit]);
                push(&mut curves[exit], step, events, *value, variance, interval, self.model.z);
            }
            of_survival *= 1.0 - step.hazard.iter().sum::<f64>();
            for slope in &step.slope {
                of_survival -= slope * survival;
            }
            survival *= 1.0 - step.hazard.iter().sum::<f64>();
        }
        Ok(curves)
    }
}

impl Model {
    /// Hazards of a profile, one curve an exit.
    pub(crate) fn hazards(&self, profile: &Profile, interval: Interval) -> Result<Vec<Curve>> {
        let steps = self.steps(profile)?;
        let of = |exit: usize| {
            let mut curve = Curve::new(0.0, steps.len());
            for step in &steps {
                let variance = self.variance(&step.slope[exit]);
                push(
                    &mut curve,
                    step,
                    step.events[exit],
                    step.hazard[exit],
                    variance,
                    interval,
                    self.z,
                );
            }
            curve
        };
        Ok((0..self.likelihood.n_exits).map(of).collect())
    }

    fn variance(&self, slope: &DVector<f64>) -> f64 {
        slope.dot(&(&self.covariance * slope)).max(0.0)
    }

    fn steps(&self, profile: &Profile) -> Result<Vec<Step>> {
        let of = &self.likelihood;
        let x = profile.centred(&of.x)?;
        let (found, expected) = (profile.starts().len(), of.bases.len() - 1);
        if found != expected {
            return Err(Error::Discrete(DiscreteError::StartCount { found, expected }));
        }
        let mut starts = Vec::with_capacity(expected);
        let mut n_times = of.lines.n_times;
        for (c, &start) in profile.starts().iter().enumerate() {
            let (first, n) = of.lines.clocks[c];
            let place = whole(&of.bases[c + 1].term, 0, start)? + of.lines.first - first;
            if place < 0 || place >= n as i64 {
                let (clock, last) = (of.bases[c + 1].term.clone(), first + n as i64 - 1);
                return Err(Error::Discrete(DiscreteError::UnknownStart {
                    clock,
                    start,
                    time: of.lines.first,
                    first,
                    last,
                }));
            }
            n_times = n_times.min(n - place as usize);
            starts.push(place as usize);
        }
        let (functions, exits) = (of.functions(&self.beta), of.exits());
        let (width, n) = (of.width_of_exit(), of.n_exits);
        let constant: Vec<f64> = (0..n)
            .map(|exit| {
                let beta = &self.beta[exit * width..][of.covariates()];
                profile.offset() + x.iter().zip(beta).map(|(x, b)| x * b).sum::<f64>()
            })
            .collect();
        let at_risk = of.lines.by_time().at_risk;
        let events = of.lines.events_by(None, n);
        let censored = of.lines.censored();
        let mut columns = vec![0.0; width];
        columns[of.covariates()].copy_from_slice(&x);
        let mut steps = Vec::with_capacity(n_times);
        for time in 0..n_times {
            let mut levels = vec![of.bases[0].level[time]];
            levels.extend(starts.iter().enumerate().map(|(c, s)| of.bases[c + 1].level[s + time]));
            let mut step = Step {
                time: (of.lines.first + time as i64) as f64,
                hazard: (0..n).map(|exit| of.known[exit][time]).collect(),
                slope: vec![DVector::zeros(self.kept.len()); n],
                at_risk: at_risk[time],
                events: (0..n).map(|exit| events[exit][time]).collect(),
                censored: censored[time],
            };
            if levels[0] != NONE {
                if levels.contains(&NONE) {
                    break;
                }
                let mut eta = constant.clone();
                for (c, (basis, &level)) in of.bases.iter().zip(&levels).enumerate() {
                    let level = level as usize;
                    for (eta, functions) in eta.iter_mut().zip(&functions) {
                        *eta += functions[c][level];
                    }
                    columns[of.places(c)].fill(0.0);
                    basis.add(level, 1.0, &mut columns[of.places(c)]);
                }
                let mut slope = vec![0.0; n * n];
                exits.hazards(&eta, &mut step.hazard, &mut slope);
                for exit in 0..n {
                    let by = |&k: &usize| slope[exit * n + k / width] * columns[k % width];
                    step.slope[exit] =
                        DVector::from_iterator(self.kept.len(), self.kept.iter().map(by));
                }
            }
            steps.push(step);
        }
        Ok(steps)
    }
}

fn push(
    curve: &mut Curve,
    step: &Step,
    events: f64,
    estimate: f64,
    variance: f64,
    interval: Interval,
    z: f64,
) {
    let error = variance.sqrt();
    let log_error = if error > 0.0 { error / estimate } else { 0.0 };
    let limits = interval.of_probability(estimate, log_error, z);
    curve.push([step.time, step.at_risk, events, step.censored], estimate, error, limits);
}
