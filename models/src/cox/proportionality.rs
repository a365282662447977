//! Whether hazards are proportional.

use nalgebra::{DMatrix, DVector};

use super::fit::{ChiSquare, CoxFit};
use super::influence::Influence;
use super::newton::Factored;
use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::kaplan_meier::KaplanMeier;
use crate::spells::{Spells, Weights};

/// The scale of time on which coefficients may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TimeScale {
    /// One minus the Kaplan–Meier survival just before the time, of all strata together. Default, as in R.
    #[default]
    KaplanMeier,
    /// The mean rank of the time among all exits.
    Rank,
    /// The time itself.
    Identity,
    /// Its logarithm; times must be above 0.
    Log,
}

/// Result of [`CoxFit::proportional_hazards`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProportionalHazards {
    /// A test for each term with coefficients.
    pub terms: Vec<(String, ChiSquare)>,
    /// Of all terms together.
    pub global: ChiSquare,
}

impl CoxFit {
    /// Tests that the coefficients do not change with time, by the score of $\beta(t) = \beta + \theta g(t)$ at
    /// $\theta = 0$.
    ///
    /// With $V(t)$ the covariance of covariates over the events of a time,
    ///
    /// $$u = \sum_i w_i\\,g(t_i) (x_i - \bar x(t_i)),\qquad
    ///   A = \sum_t g^2 V - \sum_t g V \Bigl(\sum_t V\Bigr)^{-1} \sum_t g V,\qquad X^2 = u^\top A^{-1} u,$$
    ///
    /// for one term with its part of $u$ and $A$. This is R's `cox.zph` since `survival` 3.0; before, and in Grambsch and
    /// Therneau (1994), $V(t)$ was taken as constant. The scaled [`schoenfeld_residuals`](Self::schoenfeld_residuals) show
    /// how a coefficient moves.
    ///
    /// Spells are those of the fit.
    ///
    /// # Conventions
    ///
    /// - Events are those of the fit's cause. Sampling weights do not enter the scale of time, case weights do.
    /// - Terms of several columns are tested together.
    /// - It takes spells as independent, whatever the fit's covariance.
    ///
    /// # Errors
    ///
    /// [`TiesError::ExactTies`](crate::TiesError::ExactTies); [`Error::Length`] for other spells; [`Error::LogTime`] for a logarithm of times that are not above 0;
    /// [`Error::OneEventTime`] where time does not vary, [`Error::NoInformation`] where columns are not told apart.
    ///
    /// # References
    ///
    /// - Grambsch, P. M. and Therneau, T. M. (1994). *Biometrika* 81, 515–526.
    pub fn proportional_hazards(
        &self,
        spells: &Spells,
        scale: TimeScale,
    ) -> Result<ProportionalHazards> {
        self.refuse_exact("the test of proportional hazards")?;
        let (model, sets) = (&self.model, &self.model.likelihood.sets);
        let (found, expected) = (spells.len(), sets.of_row.len());
        if found != expected {
            return Err(Error::Length { column: "spells", found, expected });
        }
        let mut g = self.scaled_times(spells, scale)?;
        let events = |k: usize| sets.events(k).iter().map(|cell| cell.weight).sum::<f64>();
        let (sum, total) =
            (0..g.len()).fold((0.0, 0.0), |(s, n), k| (s + g[k] * events(k), n + events(k)));
        for value in &mut g {
            *value -= sum / total;
        }
        let p = model.likelihood.x.n_columns();
        let of = Influence::new(&model.likelihood, &model.beta);
        let mut score = vec![0.0; p];
        for (k, g) in g.iter().enumerate() {
            for cell in sets.events(k) {
                for (column, x) in model.likelihood.x.rows.row(cell.pattern as usize) {
                    score[column] += g * cell.weight * x;
                }
            }
            for (score, mean) in score.iter_mut().zip(&of.means[k * p..(k + 1) * p]) {
                *score -= g * events(k) * mean;
            }
        }
        let kept = &model.kept;
        let n = kept.len();
        let information = |power: i32| {
            let full = model.likelihood.weighted_information(&of.risk, |k| g[k].powi(power));
            DMatrix::from_fn(n, n, |a, b| full[(kept[a], kept[b])])
        };
        let (constant, cross, square) = (information(0), information(1), information(2));
        let all: Vec<usize> = (0..n).collect();
        let inverse = Factored::new(&constant, &all).ok_or(Error::NoInformation)?.inverse();
        let variance = &square - &cross * inverse * cross.transpose();
        if let Some(k) = (0..n).find(|&k| variance[(k, k)] <= 1e-12 * square[(k, k)]) {
            return Err(Error::OneEventTime { column: self.coefficients[k].column.clone() });
        }
        let u = DVector::from_iterator(n, kept.iter().map(|&k| score[k]));
        let test = |places: &[usize]| {
            let of = DVector::from_iterator(places.len(), places.iter().map(|&k| u[k]));
            let variance = variance.select_rows(places).select_columns(places);
            ChiSquare::of_form(&of, &variance)
        };
        let mut terms: Vec<(String, Vec<usize>)> = Vec::new();
        for (place, coefficient) in self.coefficients.iter().enumerate() {
            match terms.last_mut() {
                Some((term, places)) if *term == coefficient.term => places.push(place),
                _ => terms.push((coefficient.term.clone(), vec![place])),
            }
        }
        let terms = terms.into_iter().map(|(term, places)| Ok((term, test(&places)?)));
        Ok(ProportionalHazards { terms: terms.collect::<Result<_>>()?, global: test(&all)? })
    }

    /// The scale of time at the event times.
    fn scaled_times(&self, spells: &Spells, scale: TimeScale) -> Result<Vec<f64>> {
        let times = &self.model.likelihood.sets.times;
        match scale {
            TimeScale::Identity => Ok(times.clone()),
            TimeScale::Log => match times.iter().find(|time| **time <= 0.0) {
                Some(&time) => Err(Error::LogTime { time }),
                None => Ok(times.iter().map(|time| time.ln()).collect()),
            },
            TimeScale::Rank => {
                let table = self.pooled(spells)?;
                let (mut ranks, mut before) = (Vec::new(), 0.0);
                for row in 0..table.len() {
                    let exits = table.events_at(row).iter().sum::<f64>() + table.censored()[row];
                    ranks.push(before + 0.5 * (exits + 1.0));
                    before += exits;
                }
                let row = |time: &f64| table.times().partition_point(|t| t < time);
                Ok(times.iter().map(|time| ranks[row(time).min(ranks.len() - 1)]).collect())
            }
            TimeScale::KaplanMeier => {
                let table = self.pooled(spells)?;
                let curve = KaplanMeier::new().fit(&table)?;
                let before = |time: &f64| {
                    let rows = curve.time.partition_point(|t| t < time);
                    rows.checked_sub(1).map_or(1.0, |row| curve.estimate[row])
                };
                Ok(times.iter().map(|time| 1.0 - before(time)).collect())
            }
        }
    }

    /// Events of the fit's cause in all strata.
    fn pooled(&self, spells: &Spells) -> Result<EventTable> {
        let weight = |row: usize| match spells.weights() {
            Weights::Case(weights) => weights[row],
            Weights::None | Weights::Sampling(_) => 1.0,
        };
        let event = |row: usize| match self.cause {
            None => spells.cause()[row].map(|_| 0),
            Some(cause) => spells.cause()[row].filter(|&of| of == cause).map(|_| 0),
        };
        let rows: Vec<_> = (0..spells.len())
            .map(|row| (spells.entry(row), spells.exit()[row], event(row), weight(row)))
            .collect();
        EventTable::from_weighted_spells(1, &rows)
    }
}
