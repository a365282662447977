//! A Cox model for each transition, and the probabilities that they imply.

use nalgebra::{DMatrix, DVector};

use super::error::StateError;
use super::graph::StateGraph;
use super::histories::{Episode, Histories};
use super::increment::{Increment, Leaving, Walk};
use super::occupation::{StateOccupation, TimesInStates, empty_curves};
use crate::cox::baseline::PredictedHazard;
use crate::cox::{Cox, CoxFit, Profile};
use crate::curve::Curve;
use crate::design::Design;
use crate::error::Result;
use crate::spells::{Spells, Weights, same_length};

/// A Cox model for each transition, by [`Cox::fit_transitions`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TransitionFits {
    /// States and transitions.
    pub graph: StateGraph,
    /// One fit a transition, in the order of the graph.
    pub fits: Vec<CoxFit>,
}

impl TransitionFits {
    /// Models that were fitted one by one, by [`Cox::fit_transition`] to the same histories and design.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length) unless there is one for each transition.
    pub fn new(graph: StateGraph, fits: Vec<CoxFit>) -> Result<Self> {
        same_length("fits", fits.len(), graph.transitions().len())?;
        Ok(Self { graph, fits })
    }
}

impl Cox {
    /// Fits a model to every transition: who is in its first state is at risk, other ends of the episode are censorings.
    ///
    /// Row `i` of the design belongs to episode `i`, so covariates may change from episode to episode. Time is that of the
    /// episodes ("clock forward"). Variances by influence, asked for by [`robust`](Self::robust) or by sampling weights, count persons,
    /// and a case weight $w$ as $w$ persons.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit), with the transition: [`StateError::OfTransition`].
    pub fn fit_transitions(self, histories: &Histories, design: &Design) -> Result<TransitionFits> {
        let graph = histories.graph().clone();
        let fit = |transition: usize| {
            self.fit_transition(histories, design, transition).map_err(|error| {
                StateError::OfTransition {
                    transition: graph.transition_name(transition),
                    error: Box::new(error),
                }
                .into()
            })
        };
        let fits = (0..graph.transitions().len()).map(fit).collect::<Result<_>>()?;
        Ok(TransitionFits { graph, fits })
    }

    /// Fits the model of one transition, by its place in [`StateGraph::transitions`]; see [`fit_transitions`](Self::fit_transitions).
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`StateError::TransitionOutOfRange`].
    ///
    /// Of four one moves at 1 and of three one at 2, so that the hazards are 1/4 and 1/3:
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Episode, Histories, Profile, StateOccupation, TransitionFits};
    ///
    /// let stay = |exit, to| Episode { entry: 0.0, exit, from: 0, to };
    /// let rows = [stay(1.0, Some(1)), stay(2.0, Some(1)), stay(3.0, None), stay(3.0, None)];
    /// let histories = Histories::finding_transitions(&["in", "out"], &[1, 2, 3, 4], &rows)?;
    /// let fit = Cox::new().fit_transition(&histories, &Design::builder().rows(4).build()?, 0)?;
    /// assert_eq!(fit.counts.events, 2.0);
    /// let fits = TransitionFits::new(histories.graph().clone(), vec![fit])?;
    /// let curves = StateOccupation::new().starting_in(0).predict(&fits, &Profile::new(vec![]))?;
    /// assert!((curves[1].at(2.0) - 0.5).abs() < 1e-15); // 1 - 3/4 * 2/3
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_transition(
        self,
        histories: &Histories,
        design: &Design,
        transition: usize,
    ) -> Result<CoxFit> {
        let sampled = matches!(histories.weights(), Weights::Sampling(_));
        let by_person = self.asks_for_influence().unwrap_or(sampled);
        let spells = if by_person {
            histories.spells_of_persons(transition)?
        } else {
            histories.spells_of(transition)?
        };
        self.fit(&spells, design)
    }
}

impl Histories {
    /// The episodes as spells whose event is a transition: those in other states have weight 0, other ends are censorings.
    ///
    /// # Errors
    ///
    /// [`StateError::TransitionOutOfRange`].
    ///
    /// ```
    /// use afgang_models::{Episode, Histories};
    ///
    /// let stay = |entry, exit, from, to| Episode { entry, exit, from, to };
    /// let rows = [stay(0.0, 1.0, 0, Some(1)), stay(1.0, 3.0, 1, Some(2)), stay(0.0, 2.0, 0, Some(2))];
    /// let histories = Histories::finding_transitions(&["well", "ill", "dead"], &[1, 1, 2], &rows)?;
    /// assert_eq!(histories.graph().transitions(), [(0, 1), (0, 2), (1, 2)]);
    /// let of_the_well = histories.spells_of(1)?;
    /// assert_eq!(of_the_well.cause(), [None, None, Some(0)]);
    /// assert_eq!([0, 1, 2].map(|row| of_the_well.weights().of(row)), [1.0, 0.0, 1.0]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn spells_of(&self, transition: usize) -> Result<Spells> {
        let transitions = self.graph().transitions();
        let Some(&(from, to)) = transitions.get(transition) else {
            let n_transitions = transitions.len();
            return Err(StateError::TransitionOutOfRange { transition, n_transitions }.into());
        };
        let episodes = self.episodes();
        let exit = episodes.iter().map(|of| of.exit).collect();
        let moves = |of: &Episode| (of.from == from && of.to == Some(to)).then_some(0);
        let cause = episodes.iter().map(moves).collect();
        let entry = episodes.iter().map(|of| of.entry).collect();
        let weight =
            |row: usize| if episodes[row].from == from { self.weights().of(row) } else { 0.0 };
        let weights: Vec<f64> = (0..episodes.len()).map(weight).collect();
        let weights = match self.weights() {
            Weights::Sampling(_) => Weights::Sampling(weights),
            _ => Weights::Case(weights),
        };
        Spells::new(1, exit, cause)?.with_entry(entry)?.with_weights(weights)
    }

    /// As [`spells_of`](Self::spells_of), with persons as clusters. A case weight $w$ is that of $w$ equal persons: in the sandwich
    /// $\sum_i m_i (\sum_{r \in i} U_r)(\cdot)^\top$ over persons $i$ and their episodes $r$, $m_i$ is $w_i$, and the square of a sampling
    /// weight.
    ///
    /// # Errors
    ///
    /// [`StateError::TransitionOutOfRange`].
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Episode, Histories, Ties, Weights};
    ///
    /// let stay = |exit, to| Episode { entry: 0.0, exit, from: 0, to };
    /// let rows = [stay(1.0, Some(1)), stay(2.0, Some(1)), stay(3.0, Some(1)), stay(4.0, None)];
    /// let once = Histories::finding_transitions(&["in", "out"], &[1, 2, 3, 4], &rows)?;
    /// let design = Design::builder().numeric("x", vec![0.0, 1.0, 0.0, 1.0]).build()?;
    /// let cox = Cox::new().ties(Ties::Breslow).robust(true);
    /// let std_error = |of: &Histories| {
    ///     let fit = cox.fit(&of.spells_of_persons(0)?, &design)?;
    ///     Ok::<f64, afgang_models::Error>(fit.coefficients[0].estimate.std_error)
    /// };
    /// // Each person twice: half the variance.
    /// let twice = once.clone().with_weights(Weights::Case(vec![2.0; 4]))?;
    /// assert!((std_error(&once)? / std_error(&twice)? - 2.0_f64.sqrt()).abs() < 1e-6);
    /// // Of one inclusion in ten: the same persons.
    /// let sampled = once.clone().with_weights(Weights::Sampling(vec![10.0; 4]))?;
    /// assert!((std_error(&once)? / std_error(&sampled)? - 1.0).abs() < 1e-6);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn spells_of_persons(&self, transition: usize) -> Result<Spells> {
        Ok(self.spells_of(transition)?.with_clusters(self.persons())?.with_equal_clusters())
    }
}

impl StateOccupation {
    /// Probabilities of the states for a profile, from Cox models of the transitions: one curve a state.
    ///
    /// $$\hat\pi(t \mid x) = \pi(s) \prod_{s < t_i \le t} \bigl(I + \mathrm d\hat A(t_i \mid x)\bigr),\qquad
    ///   \mathrm d\hat A_{hj}(t \mid x) = \mathrm d\hat\Lambda_{hj}(t)\\,e^{x^\top \hat\beta_{hj}} .$$
    ///
    /// The models of different transitions are independent. Each has a part of the variance from its events, as independent
    /// errors of the increments, and a part from its coefficients by the delta method: with
    /// $g_{hj}(t) = \int_s^t (x - \bar x_{hj}(u))\\,\mathrm d\hat\Lambda_{hj}(u \mid x)$,
    ///
    /// $$\mathrm{cov}\\,\hat\pi = C(t) + \sum_{h \to j} G_{hj} V_{hj} G_{hj}^\top,\qquad
    ///   G_{hj}(t_i) = (I + \mathrm d\hat A_i)^\top G_{hj}(t_{i-1})
    ///     + \hat\pi_h(t_{i-1}) (e_j - e_h)\\,\mathrm d g_{hj}(t_i)^\top ,$$
    ///
    /// where $C$ goes on as in [`StateOccupation`] (de Wreede, Fiocco and Putter 2010, method of Aalen).
    ///
    /// # Conventions
    ///
    /// - The start must be given ([`starting_in`](Self::starting_in)); rows are the start and the event times of any transition.
    /// - `n_risk` and `n_censor` are 0: they differ between the profiles' strata. `n_event` is 0 too.
    /// - Without covariates the estimate is that of [`fit`](Self::fit), and the variance that of counting processes without ties.
    ///
    /// # Errors
    ///
    /// [`StateError::NobodyAtStart`] without a start; [`StateError::HazardAboveOne`] where the hazards out of a state add up to more than
    /// 1 at one time (end the curves before, by [`until`](Self::until)); [`Error::CovariateCount`](crate::Error::CovariateCount), [`Error::NotFinite`](crate::Error::NotFinite), [`Error::UnknownStratum`](crate::Error::UnknownStratum), [`Error::HazardBeyondDouble`](crate::Error::HazardBeyondDouble).
    ///
    /// # Examples
    ///
    /// Without covariates, two states: of four one leaves at 1, of three one at 2.
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Episode, Histories, Profile, StateOccupation};
    ///
    /// let stay = |exit, to| Episode { entry: 0.0, exit, from: 0, to };
    /// let rows = [stay(1.0, Some(1)), stay(2.0, Some(1)), stay(3.0, None), stay(3.0, None)];
    /// let histories = Histories::finding_transitions(&["in", "out"], &[1, 2, 3, 4], &rows)?;
    /// let fits = Cox::new().fit_transitions(&histories, &Design::builder().rows(4).build()?)?;
    /// let curves = StateOccupation::new().starting_in(0).predict(&fits, &Profile::new(vec![]))?;
    /// assert!((curves[0].at(2.0) - 0.5).abs() < 1e-15); // 3/4 * 2/3
    /// // (2/3)^2 of 1/16, and (3/4)^2 of 1/9.
    /// assert!((curves[0].point(2.0).std_error.powi(2) - (1.0 / 36.0 + 1.0 / 16.0)).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - de Wreede, L. C., Fiocco, M. and Putter, H. (2010). *Comput. Methods Programs Biomed.* 99, 261–274.
    pub fn predict(&self, fits: &TransitionFits, profile: &Profile) -> Result<Vec<Curve>> {
        let z = self.z()?;
        let mut walk = Predicted::new(self, fits, profile)?;
        let start = walk.own.probability.as_slice().to_vec();
        let mut curves = empty_curves(&start, walk.times.len() + 1);
        let push = |walk: &Predicted<'_>, curves: &mut Vec<Curve>| {
            let of_coefficients = walk.of_coefficients(&walk.slopes);
            for (state, curve) in curves.iter_mut().enumerate() {
                let variance =
                    walk.own.covariance[(state, state)] + of_coefficients[(state, state)];
                let counts = [walk.own.time, 0.0, 0.0, 0.0];
                self.push_estimate(curve, counts, walk.own.probability[state], variance, z);
            }
        };
        push(&walk, &mut curves);
        let within = walk.times.partition_point(|&time| time <= self.end_time());
        for k in 0..within {
            walk.pass(k)?;
            push(&walk, &mut curves);
        }
        for curve in &mut curves {
            curve.end_at(walk.end.min(self.end_time()), 0.0);
        }
        Ok(curves)
    }

    /// Expected times in the states for a profile; see [`predict`](Self::predict).
    ///
    /// # Errors
    ///
    /// Those of [`predict`](Self::predict); [`StateError::TimeOutside`].
    pub fn predict_times(
        &self,
        fits: &TransitionFits,
        profile: &Profile,
        horizon: f64,
    ) -> Result<TimesInStates> {
        let mut walk = Predicted::new(self, fits, profile)?;
        for k in 0..walk.times.len() {
            if walk.times[k] <= horizon {
                walk.pass(k)?;
            }
        }
        self.check_horizon(&fits.graph, walk.own.probability.as_slice(), horizon, walk.end)?;
        walk.advance(horizon);
        let covariance = &walk.own.covariance_spent + walk.of_coefficients(&walk.slopes_spent);
        self.times_of(walk.own.spent.as_slice(), &covariance)
    }
}

/// A walk with the derivatives by the coefficients of each transition.
struct Predicted<'f> {
    fits: &'f TransitionFits,
    hazards: Vec<PredictedHazard>,
    /// Event times of any transition after the start.
    times: Vec<f64>,
    /// The last exit of any transition's stratum.
    end: f64,
    own: Walk,
    /// For each transition, coefficients by states.
    slopes: Vec<DMatrix<f64>>,
    slopes_spent: Vec<DMatrix<f64>>,
}

impl<'f> Predicted<'f> {
    fn new(of: &StateOccupation, fits: &'f TransitionFits, profile: &Profile) -> Result<Self> {
        let n = fits.graph.len();
        let hazards: Vec<PredictedHazard> =
            fits.fits.iter().map(|fit| fit.predicted_hazard(profile)).collect::<Result<_>>()?;
        let since = of.start_time();
        let mut times: Vec<f64> = hazards.iter().flat_map(|of| of.time.iter().copied()).collect();
        times.retain(|&time| time > since);
        times.sort_by(f64::total_cmp);
        times.dedup();
        let slopes: Vec<DMatrix<f64>> =
            fits.fits.iter().map(|fit| DMatrix::zeros(fit.coefficients.len(), n)).collect();
        Ok(Self {
            fits,
            end: hazards.iter().map(|of| of.end).fold(since, f64::max),
            hazards,
            times,
            own: Walk::new(since, &of.given_start(n)?, DMatrix::zeros(n, n)),
            slopes_spent: slopes.clone(),
            slopes,
        })
    }

    fn advance(&mut self, time: f64) {
        let width = time - self.own.time;
        if width > 0.0 {
            for (spent, slope) in self.slopes_spent.iter_mut().zip(&self.slopes) {
                *spent += slope * width;
            }
        }
        self.own.advance(time);
    }

    /// Goes past an event time.
    fn pass(&mut self, k: usize) -> Result<()> {
        let time = self.times[k];
        self.advance(time);
        let before: Vec<f64> = self.own.probability.as_slice().to_vec();
        let mut leaving: Vec<Leaving> = Vec::new();
        let mut of_coefficients = Vec::new();
        for (transition, &(from, to)) in self.fits.graph.transitions().iter().enumerate() {
            let of = &self.hazards[transition];
            let place = of.time.partition_point(|&t| t < time);
            if of.time.get(place) != Some(&time) {
                continue;
            }
            if leaving.last().is_none_or(|last| last.from != from) {
                let covariance = DMatrix::zeros(0, 0);
                leaving.push(Leaving { from, stay: 1.0, to: Vec::new(), covariance });
            }
            if let Some(last) = leaving.last_mut() {
                let n = last.to.len() + 1;
                last.stay -= of.step(place);
                last.to.push((to, of.step(place)));
                last.covariance.resize_mut(n, n, 0.0);
                last.covariance[(n - 1, n - 1)] = of.risk().powi(2) * of.variance[place];
            }
            of_coefficients.push((transition, from, to, &of.slope[place] * of.risk()));
        }
        // A hazard of 1 that rounding puts a hair above it empties the state.
        if let Some(of) = leaving.iter().find(|of| of.stay < -1e-9 && before[of.from] > 0.0) {
            let state = self.fits.graph.names()[of.from].clone();
            return Err(StateError::HazardAboveOne { time, state, hazard: 1.0 - of.stay }.into());
        }
        for of in &mut leaving {
            of.stay = of.stay.max(0.0);
        }
        let increment = Increment { time, leaving };
        for slopes in &mut self.slopes {
            increment.apply(slopes);
        }
        for (transition, from, to, slope) in of_coefficients {
            let change: DVector<f64> = slope * before[from];
            let slopes = &mut self.slopes[transition];
            slopes.column_mut(to).axpy(1.0, &change, 1.0);
            slopes.column_mut(from).axpy(-1.0, &change, 1.0);
        }
        self.own.pass(&increment);
        Ok(())
    }

    /// What the errors of the coefficients add to a covariance.
    fn of_coefficients(&self, slopes: &[DMatrix<f64>]) -> DMatrix<f64> {
        let n = self.fits.graph.len();
        let of = |(fit, slopes): (&CoxFit, &DMatrix<f64>)| {
            slopes.transpose() * fit.scaled_covariance() * slopes
        };
        self.fits.fits.iter().zip(slopes).map(of).fold(DMatrix::zeros(n, n), |sum, of| sum + of)
    }
}
