//! What a Fine–Gray regression gives.

use nalgebra::{DMatrix, DVector};
use ndarray::Array2;

use super::convention::{CensoringTies, Convention, FineGrayVariance, Options};
use super::influence::Influence;
use super::likelihood::Likelihood;
use super::spans::Outcome;
use super::{FineGray, Groups};
use crate::contrast::Estimate;
use crate::cox::collinear::independent_columns;
use crate::cox::fit::{
    ChiSquare, Coefficient, Observed, named, part, rows, score_test, small_sample,
};
use crate::cox::index::{NONE, patterns_with_weight};
use crate::cox::newton::{Convergence, Factored, Names, Objective, maximise};
use crate::cox::{Collinear, OnCollinear};
use crate::design::Design;
use crate::error::{Error, Result};
use crate::spells::Spells;
use crate::units::Units;

/// Result of [`FineGray::fit`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FineGrayFit {
    /// One for each column that was not left out: logarithms of ratios of subdistribution hazards.
    pub coefficients: Vec<Coefficient>,
    /// Covariance matrix of the coefficients, of the kind [`variance`](Self::variance) says.
    pub covariance: Array2<f64>,
    /// The inverse information.
    pub model_covariance: Array2<f64>,
    /// How `covariance` was made.
    pub variance: FineGrayVariance,
    /// What $\psi$ and the edges of follow-up are like.
    pub convention: Convention,
    /// Who was at risk of censoring at the time of an event.
    pub censoring_ties: CensoringTies,
    /// The cause.
    pub cause: usize,
    /// Log partial likelihood with all coefficients 0.
    pub log_likelihood_null: f64,
    /// Its maximum.
    pub log_likelihood: f64,
    /// Twice the difference of the two. It takes weighted rows as so many observations.
    pub likelihood_ratio: ChiSquare,
    /// $\hat\beta^\top V^{-1} \hat\beta$ with the fit's covariance.
    pub wald: ChiSquare,
    /// $U^\top I^{-1} U$ at 0. It takes weighted rows as so many observations.
    pub score: ChiSquare,
    /// $U^\top (\sum_c u_c u_c^\top)^{-1} U$ at 0, where the covariance is by influence.
    pub robust_score: Option<ChiSquare>,
    /// Columns left out because others determine them.
    pub collinear: Vec<Collinear>,
    /// How the maximum was found.
    pub convergence: Convergence,
    /// What was counted.
    pub counts: FineGrayCounts,
    pub(crate) model: Model,
}

/// What later questions to a fit need.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) likelihood: Likelihood,
    pub(crate) units: Units,
    /// In standardised covariates, 0 for columns left out.
    pub(crate) beta: Vec<f64>,
    pub(crate) kept: Vec<usize>,
    /// Covariance and inverse information in standardised covariates of the columns kept.
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) inverse: DMatrix<f64>,
    pub(crate) z: f64,
}

/// What a Fine–Gray regression counted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FineGrayCounts {
    /// Rows of the input.
    pub rows: usize,
    /// Rows of weight 0, which were left out.
    pub rows_without_weight: usize,
    /// Spells: the sum of case weights, else rows with weight.
    pub spells: f64,
    /// Spells that end in the cause,
    pub events: f64,
    /// in another cause,
    pub competing: f64,
    /// or in censoring.
    pub censored: f64,
    /// Clusters; rows if there are none. Those without weight do not count.
    pub clusters: usize,
    /// Strata of the baseline.
    pub strata: usize,
    /// Groups of censoring.
    pub censoring_groups: usize,
    /// Times at which nobody of a group was at risk, though others came later: weights start anew there.
    pub gaps: usize,
    /// Different event times, by stratum.
    pub event_times: usize,
    /// Different rows of the design, of those with weight.
    pub patterns: usize,
    /// Different spells: what an iteration goes through.
    pub cells: usize,
}

impl FineGrayFit {
    pub(crate) fn new(
        spec: &FineGray,
        z: f64,
        likelihood: Likelihood,
        spells: &Spells,
        design: &Design,
    ) -> Result<Self> {
        let p = design.n_columns();
        let variance = spec.variance_of_convention();
        let start = likelihood.evaluate(&vec![0.0; p]).ok_or(Error::RiskOverflow)?;
        let events = likelihood.spans.all.iter().filter(|s| s.outcome == Outcome::Event);
        let events = events.map(|span| (span.pattern, span.weight, span.spells));
        let observed = Observed::new(&likelihood.x.rows, p, events);
        let kept = independent_columns(&start.information, &vec![1e-12 * observed.total; p]);
        let collinear = named(&kept, design.column_names(), &likelihood.x.scale);
        if let (OnCollinear::Refuse, Some(first)) = (spec.on_collinear, collinear.first()) {
            let with = first.with.iter().map(|(column, _)| column.clone()).collect();
            return Err(Error::CollinearColumn { column: first.column.clone(), with });
        }
        let kept = kept.columns;
        observed.every_level(design, &kept)?;
        let names = Names::new(design);
        let maximum =
            maximise(&likelihood, (vec![0.0; p], start.clone()), &kept, spec.limits, &names)?;
        let singular = |iteration| Error::SingularInformation {
            columns: kept.iter().map(|&k| design.column_names()[k].clone()).collect(),
            iteration,
        };
        let iteration = maximum.convergence.iterations;
        let inverse = Factored::new(&maximum.evaluation.information, &kept)
            .ok_or_else(|| singular(iteration))?
            .inverse();
        let score = score_test(&start, &kept).ok_or_else(|| singular(0))?;
        let units = Units::new(&likelihood.spans.of_row, &likelihood.spans.squares(), spells);
        let estimated = variance == FineGrayVariance::EstimatedWeights;
        let mut covariance = inverse.clone();
        let mut robust_score = None;
        if variance != FineGrayVariance::Information && !kept.is_empty() {
            let influence = Influence::new(&likelihood, &maximum.beta, estimated);
            covariance = &inverse * part(&influence.meat(&units), &kept) * &inverse;
            let some = |place: usize| covariance[(place, place)] > 1e-20 * inverse[(place, place)];
            if let Some(place) = (0..kept.len()).find(|&place| !some(place)) {
                let column = design.column_names()[kept[place]].clone();
                return Err(Error::NoRobustVariance {
                    column,
                    clusters: spells.clusters_with_weight(),
                });
            }
            let null = Influence::new(&likelihood, &vec![0.0; p], estimated);
            let meat = part(&null.meat(&units), &kept);
            robust_score = Some(ChiSquare::of_form(&rows(&start.score, &kept), &meat)?);
            if spec.small_sample {
                covariance *= small_sample(spells);
            }
        }
        let beta = DVector::from_iterator(kept.len(), kept.iter().map(|&k| maximum.beta[k]));
        let scale: Vec<f64> = kept.iter().map(|&k| likelihood.x.scale[k]).collect();
        let unscaled = |v: &DMatrix<f64>| {
            Array2::from_shape_fn(v.shape(), |(a, b)| v[(a, b)] / (scale[a] * scale[b]))
        };
        let gain = maximum.evaluation.log_likelihood - start.log_likelihood;
        let counts = FineGrayCounts::new(&likelihood, spec, spells, design);
        let mut fit = Self {
            coefficients: Vec::new(),
            covariance: unscaled(&covariance),
            model_covariance: unscaled(&inverse),
            variance,
            convention: spec.convention,
            censoring_ties: Options::new(spec.convention, spec.ties).ties,
            cause: spec.cause,
            log_likelihood_null: start.log_likelihood,
            log_likelihood: maximum.evaluation.log_likelihood,
            likelihood_ratio: ChiSquare::new(2.0 * gain.max(0.0), kept.len()),
            wald: ChiSquare::of_form(&beta, &covariance)?,
            score,
            robust_score,
            collinear,
            convergence: maximum.convergence,
            counts,
            model: Model { likelihood, units, beta: maximum.beta, kept, covariance, inverse, z },
        };
        fit.coefficients = (0..fit.model.kept.len()).map(|k| fit.describe(k, design)).collect();
        Ok(fit)
    }

    fn describe(&self, place: usize, design: &Design) -> Coefficient {
        let column = self.model.kept[place];
        let value = self.model.beta[column] / self.model.likelihood.x.scale[column];
        let std_error = self.covariance[(place, place)].sqrt();
        let estimate = Estimate::symmetric(value, std_error, self.model.z);
        let model_std_error = self.model_covariance[(place, place)].sqrt();
        Coefficient::new(design, column, estimate, model_std_error)
    }

    /// The coefficient of a column, by its name; `None` if there is none or it was left out.
    pub fn coefficient(&self, column: &str) -> Option<&Coefficient> {
        self.coefficients.iter().find(|coefficient| coefficient.column == column)
    }

    /// Influences on the coefficients, by row and coefficient: the derivatives of the estimates by the weights of the rows,
    /// $I^{-1} (\eta_i + \psi_i)$ (with known weights $I^{-1} \eta_i$).
    ///
    /// Times their weights and added up by cluster, their squares make the covariance. Rows of weight 0 have 0.
    ///
    /// ```
    /// use afgang_models::{Design, FineGray, Spells};
    ///
    /// // The likelihood is r/(2r + 2) * 1/(r + 2), so r^2 = 2. The last one has x = 0 and stays: it moves the score by the
    /// // mean of x at risk times the hazard, at 1 and at 2.
    /// let spells = Spells::new(2, vec![1.0, 2.0, 3.0, 3.0], vec![Some(0), Some(0), Some(1), Some(1)])?;
    /// let design = Design::builder().numeric("x", vec![1.0, 0.0, 1.0, 0.0]).build()?;
    /// let fit = FineGray::new(0).fit(&spells, &design)?;
    /// let r = 2.0_f64.sqrt();
    /// let score = (r / (r + 1.0)) / (2.0 * r + 2.0) + (r / (r + 2.0)) / (r + 2.0);
    /// let information = r / (r + 1.0).powi(2) + 2.0 * r / (r + 2.0).powi(2);
    /// let moved = fit.influences();
    /// assert!((moved[(3, 0)] - score / information).abs() < 1e-12);
    /// let sum: f64 = moved.iter().map(|of| of * of).sum();
    /// assert!((sum - fit.covariance[(0, 0)]).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn influences(&self) -> Array2<f64> {
        let Model { likelihood, beta, kept, inverse, .. } = &self.model;
        let estimated = self.variance == FineGrayVariance::EstimatedWeights;
        let influence = Influence::new(likelihood, beta, estimated);
        let of_row = &likelihood.spans.of_row;
        let mut moved = Array2::zeros((of_row.len(), kept.len()));
        let mut score = vec![0.0; likelihood.x.n_columns()];
        for (row, &span) in of_row.iter().enumerate().filter(|(_, span)| **span != NONE) {
            score.fill(0.0);
            influence.add_score(&likelihood.spans.all[span as usize], 1.0, &mut score);
            for a in 0..kept.len() {
                let of: f64 = (0..kept.len()).map(|b| inverse[(a, b)] * score[kept[b]]).sum();
                moved[(row, a)] = of / likelihood.x.scale[kept[a]];
            }
        }
        moved
    }
}

impl FineGrayCounts {
    fn new(of: &Likelihood, spec: &FineGray, spells: &Spells, design: &Design) -> Self {
        let spans = &of.spans;
        let number = |outcome| spans.spells_of(outcome);
        let (events, competing, censored) =
            (number(Outcome::Event), number(Outcome::Competing), number(Outcome::Censored));
        Self {
            rows: spells.len(),
            rows_without_weight: spans.of_row.iter().filter(|&&span| span == NONE).count(),
            spells: events + competing + censored,
            events,
            competing,
            censored,
            clusters: spells.clusters_with_weight(),
            strata: design.strata_names().len(),
            censoring_groups: match &spec.groups {
                Groups::One => 1,
                Groups::Strata => design.strata_names().len(),
                Groups::Of(factor) => factor.levels().len(),
            },
            gaps: spans.censoring.gaps(),
            event_times: spans.times.len(),
            patterns: patterns_with_weight(spells, design),
            cells: spans.all.len(),
        }
    }
}
