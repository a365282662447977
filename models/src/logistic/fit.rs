//! What a logistic regression gives.

use nalgebra::DVector;
use ndarray::Array2;

use super::firth::Firth;
use super::profile::Profile;
use crate::contrast::Estimate;
use crate::cox::Profile as Row;
use crate::cox::collinear::Collinear;
use crate::cox::fit::{ChiSquare, Coefficient, part, rows};
use crate::cox::index::{NONE, patterns_with_weight};
use crate::cox::newton::{Convergence, Factored, Objective, maximise};
use crate::design::Design;
use crate::discrete::fit::Model;
use crate::discrete::likelihood::Likelihood;
use crate::discrete::prepared::Prepared;
use crate::discrete::scales::Scales;
use crate::discrete::{DiscreteFit, DiscreteHazard};
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::spells::Spells;

/// Result of [`Logistic::fit`](crate::Logistic::fit).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LogisticFit {
    /// The intercept, and one for each column that was not left out.
    pub coefficients: Vec<Coefficient>,
    /// Covariance matrix of the coefficients: by influence if [`robust`](Self::robust), else the inverse information.
    pub covariance: Array2<f64>,
    /// The inverse information.
    pub model_covariance: Array2<f64>,
    /// Whether `covariance` is by influence.
    pub robust: bool,
    /// Whether Firth's penalty was added.
    pub firth: bool,
    /// Whether limits and tests of coefficients are by the profile of the penalised likelihood; each is `NaN` where it was not
    /// found.
    pub profiled: bool,
    /// Log-likelihood of the intercept alone, with the penalty if there is one.
    pub log_likelihood_null: f64,
    /// Its maximum.
    pub log_likelihood: f64,
    /// Twice the difference of the two. It takes rows as independent.
    pub likelihood_ratio: ChiSquare,
    /// $\hat\beta^\top V^{-1} \hat\beta$ of all but the intercept, with the fit's covariance.
    pub wald: ChiSquare,
    /// $U^\top I^{-1} U$ at the intercept alone; `None` with Firth's penalty.
    pub score: Option<ChiSquare>,
    /// Columns left out because others determine them.
    pub collinear: Vec<Collinear>,
    /// How the maximum was found.
    pub convergence: Convergence,
    /// What was counted.
    pub counts: LogisticCounts,
    /// As a hazard of one time.
    model: Model,
}

/// What a logistic regression counted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LogisticCounts {
    /// Rows of the input.
    pub rows: usize,
    /// Rows of weight 0, which were left out.
    pub rows_without_weight: usize,
    /// Outcomes: the sum of case weights, else rows with weight.
    pub outcomes: f64,
    /// Events: the sum of case weights, else rows.
    pub events: f64,
    /// Clusters; rows if there are none. Those without weight do not count.
    pub clusters: usize,
    /// Different rows of the design, of those with weight.
    pub patterns: usize,
}

/// The name of the constant and its term.
const INTERCEPT: &str = "intercept";

impl LogisticFit {
    /// Of a hazard of one time.
    pub(super) fn of(fit: DiscreteFit) -> Self {
        let mut coefficients: Vec<Coefficient> = fit
            .exits
            .into_iter()
            .flat_map(|exit| [exit.baseline, exit.coefficients].concat())
            .collect();
        for coefficient in coefficients.iter_mut().take(1) {
            INTERCEPT.clone_into(&mut coefficient.term);
        }
        Self {
            coefficients,
            covariance: fit.covariance,
            model_covariance: fit.model_covariance,
            robust: fit.robust,
            firth: false,
            profiled: false,
            log_likelihood_null: fit.log_likelihood_null,
            log_likelihood: fit.log_likelihood,
            likelihood_ratio: fit.likelihood_ratio,
            wald: fit.wald,
            score: Some(fit.score),
            collinear: fit.collinear,
            convergence: fit.convergence,
            counts: LogisticCounts {
                rows: fit.counts.rows,
                rows_without_weight: fit.counts.rows_without_weight,
                outcomes: fit.counts.spells,
                events: fit.counts.events.iter().sum(),
                clusters: fit.counts.clusters,
                patterns: fit.counts.patterns,
            },
            model: fit.model,
        }
    }

    /// With Firth's penalty.
    pub(super) fn firth(
        spec: &DiscreteHazard,
        z: f64,
        likelihood: Likelihood,
        spells: &Spells,
        design: &Design,
        profiled: bool,
    ) -> Result<Self> {
        let Prepared { of_exit: names, observed, null, collinear, others, kept, .. } =
            Prepared::new(spec, &likelihood, design, false)?;
        let penalised = Firth { of: &likelihood, kept: &kept };
        let at = |beta: Vec<f64>| {
            let evaluation = penalised.evaluate(&beta).ok_or(Error::RiskOverflow)?;
            Ok::<_, Error>((beta, evaluation))
        };
        let intercept = maximise(&penalised, at(null.beta)?, &[0], spec.limits(), &names)?;
        let start = at(intercept.beta)?;
        let null = start.1.log_likelihood;
        let maximum = maximise(&penalised, start, &kept, spec.limits(), &names)?;
        let singular = || Error::SingularInformation {
            columns: kept.iter().map(|&k| names.columns[k].clone()).collect(),
            iteration: maximum.convergence.iterations,
        };
        let information =
            likelihood.evaluate(&maximum.beta).ok_or(Error::RiskOverflow)?.information;
        let covariance = Factored::new(&information, &kept).ok_or_else(singular)?.inverse();
        let scales = Scales::new(&likelihood);
        // The determinant of the information of columns as they are.
        let scale: f64 = others.iter().map(|&k| likelihood.x.scale[k - 1].ln()).sum();
        let log_likelihood = maximum.evaluation.log_likelihood;
        let beta = DVector::from_column_slice(&maximum.beta);
        let among: Vec<usize> =
            (0..kept.len()).filter(|&place| others.binary_search(&kept[place]).is_ok()).collect();
        let wald = ChiSquare::of_form(&rows(&beta, &others), &part(&covariance, &among))?;
        let by_name = scales.covariance(&covariance, &kept);
        let values = scales.outward(&maximum.beta);
        let limits = spec.limits();
        let profile = Profile {
            of: &penalised,
            scales: &scales,
            covariance: &covariance,
            limits,
            names: &names,
        };
        let describe = |(place, &column): (usize, &usize)| {
            let error = by_name[(place, place)].sqrt();
            let estimate = Estimate::symmetric(values[column], error, z);
            let term = if column == 0 { INTERCEPT } else { &names.terms[column] };
            let of =
                Coefficient::named(names.columns[column].clone(), term.to_owned(), estimate, error);
            if !profiled {
                return of;
            }
            let found = profile.of_column(
                column,
                &maximum.beta,
                log_likelihood,
                [values[column], error],
                z,
            );
            of.profiled(found.limits, found.root)
        };
        let coefficients = kept.iter().enumerate().map(describe).collect();
        let outcomes = &likelihood.lines.outcomes;
        let counts = LogisticCounts {
            rows: spells.len(),
            rows_without_weight: likelihood.lines.of_row.iter().filter(|&&row| row == NONE).count(),
            outcomes: outcomes.iter().map(|of| of.spells).sum(),
            events: observed.iter().map(|of| of.spells).sum(),
            clusters: spells.clusters_with_weight(),
            patterns: patterns_with_weight(spells, design),
        };
        Ok(Self {
            coefficients,
            covariance: by_name.clone(),
            model_covariance: by_name,
            robust: false,
            firth: true,
            profiled,
            log_likelihood_null: null + scale,
            log_likelihood: log_likelihood + scale,
            likelihood_ratio: ChiSquare::new(2.0 * (log_likelihood - null).max(0.0), others.len()),
            wald,
            score: None,
            collinear,
            convergence: maximum.convergence,
            counts,
            model: Model { likelihood, beta: maximum.beta, kept, covariance, z },
        })
    }

    /// The coefficient of a column, by its name; `None` if there is none or it was left out.
    pub fn coefficient(&self, column: &str) -> Option<&Coefficient> {
        self.coefficients.iter().find(|coefficient| coefficient.column == column)
    }

    /// The chance of the event for a profile, whose stratum does not count.
    ///
    /// The variance is by the delta method, $(p (1 - p))^2\, x^\top V x$ with the fit's covariance; `Interval::Logit` has limits
    /// that are symmetric about the linear predictor. With Firth's penalty it is the inverse information at its estimate there, too.
    ///
    /// # Errors
    ///
    /// [`Error::CovariateCount`], [`Error::NotFinite`].
    ///
    /// ```
    /// use afgang_models::{Design, Interval, Logistic, Outcomes, Profile};
    ///
    /// // One of four: 1/4 with variance 1/4 * 3/4 / 4, odds 1/3 within a factor of exp(z sqrt(1/1 + 1/3)).
    /// let outcomes = Outcomes::new(&[true, false, false, false])?;
    /// let fit = Logistic::new().fit(&outcomes, &Design::builder().rows(4).build()?)?;
    /// let chance = fit.probability(&Profile::new(vec![]), Interval::Logit)?;
    /// assert!((chance.estimate - 0.25).abs() < 1e-12);
    /// assert!((chance.std_error.powi(2) - 3.0 / 64.0).abs() < 1e-12);
    /// let odds = chance.conf_low / (1.0 - chance.conf_low);
    /// assert!((odds - (-1.959963984540054 * (4.0_f64 / 3.0).sqrt()).exp() / 3.0).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn probability(&self, profile: &Row, interval: Interval) -> Result<Estimate> {
        let curve = self.model.hazards(profile, interval)?.swap_remove(0);
        Ok(Estimate {
            estimate: curve.estimate[0],
            std_error: curve.std_error[0],
            conf_low: curve.conf_low[0],
            conf_high: curve.conf_high[0],
        })
    }

    /// Akaike's criterion, twice the number of coefficients less twice the log-likelihood.
    pub fn aic(&self) -> f64 {
        2.0 * self.coefficients.len() as f64 - 2.0 * self.log_likelihood
    }
}
