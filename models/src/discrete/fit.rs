//! What a regression of discrete hazards gives.

use nalgebra::{DMatrix, DVector};
use ndarray::Array2;

use super::influence::Influence;
use super::likelihood::Likelihood;
use super::lines::Outcome;
use super::prepared::Prepared;
use super::scales::Scales;
use super::{DiscreteHazard, Link};
use crate::contrast::Estimate;
use crate::cox::collinear::Collinear;
use crate::cox::fit::{ChiSquare, Coefficient, Observed, part, rows, score_test};
use crate::cox::index::{NONE, patterns_with_weight};
use crate::cox::newton::{Convergence, Factored, Names, maximise};
use crate::design::Design;
use crate::error::{Error, Result};
use crate::spells::Spells;
use crate::units::Units;

/// Result of [`DiscreteHazard::fit`] and [`DiscreteHazard::fit_exits`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DiscreteFit {
    /// The model of each exit.
    pub exits: Vec<ExitModel>,
    /// Covariance matrix of all coefficients, one exit after the other, those of the duration first: by influence if
    /// [`robust`](Self::robust), else the inverse information.
    pub covariance: Array2<f64>,
    /// The inverse information.
    pub model_covariance: Array2<f64>,
    /// Whether `covariance` is by influence.
    pub robust: bool,
    /// The link.
    pub link: Link,
    /// Log-likelihood of the duration alone.
    pub log_likelihood_null: f64,
    /// Its maximum.
    pub log_likelihood: f64,
    /// Twice the difference of the two. It takes spells as independent.
    pub likelihood_ratio: ChiSquare,
    /// $\hat\beta^\top V^{-1} \hat\beta$ of all but the duration, with the fit's covariance.
    pub wald: ChiSquare,
    /// $U^\top I^{-1} U$ at the model of the duration alone. It takes spells as independent.
    pub score: ChiSquare,
    /// Columns left out because others determine them.
    pub collinear: Vec<Collinear>,
    /// How the maximum was found.
    pub convergence: Convergence,
    /// What was counted.
    pub counts: DiscreteCounts,
    pub(crate) model: Model,
}

/// The coefficients of one exit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExitModel {
    /// The cause; `None` is any.
    pub cause: Option<usize>,
    /// Those of the duration: linear predictors at covariates of 0.
    pub baseline: Vec<Coefficient>,
    /// Those of covariates and further clocks that were not left out.
    pub coefficients: Vec<Coefficient>,
}

impl ExitModel {
    /// The coefficient of a column, by its name; `None` if there is none or it was left out.
    pub fn coefficient(&self, column: &str) -> Option<&Coefficient> {
        self.baseline.iter().chain(&self.coefficients).find(|of| of.column == column)
    }
}

/// What later questions to a fit need.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) likelihood: Likelihood,
    /// Inner coefficients, 0 for columns left out.
    pub(crate) beta: Vec<f64>,
    pub(crate) kept: Vec<usize>,
    /// Covariances of the inner coefficients kept.
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) z: f64,
}

/// What a regression of discrete hazards counted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DiscreteCounts {
    /// Rows of the input.
    pub rows: usize,
    /// Rows of weight 0, which were left out.
    pub rows_without_weight: usize,
    /// Spells: the sum of case weights, else rows with weight.
    pub spells: f64,
    /// Times at risk of all spells (person-months): the sum of case weights, else rows.
    pub times_at_risk: f64,
    /// Events by exit: the sum of case weights, else rows.
    pub events: Vec<f64>,
    /// Of these, at times with a parameter: the others tell nothing of the coefficients.
    pub events_told: Vec<f64>,
    /// Clusters; rows if there are none. Those without weight do not count.
    pub clusters: usize,
    /// Times from the first to the last at risk.
    pub times: usize,
    /// Times without a parameter, because nobody leaves or all do.
    pub times_without_parameter: usize,
    /// Different rows of the design, of those with weight.
    pub patterns: usize,
    /// Different combinations of pattern, starts of the clocks and time: what an iteration goes through.
    pub cells: usize,
}

impl DiscreteFit {
    pub(crate) fn new(
        spec: &DiscreteHazard,
        z: f64,
        likelihood: Likelihood,
        spells: &Spells,
        design: &Design,
    ) -> Result<Self> {
        let Prepared { of_exit, names, observed, null, collinear, others, kept } =
            Prepared::new(spec, &likelihood, design, true)?;
        let null_beta = null.beta.clone();
        let null_at = null.evaluation.clone();
        let maximum = maximise(&likelihood, (null_beta, null_at), &kept, spec.limits, &names)?;
        let singular = |iteration| Error::SingularInformation {
            columns: kept.iter().map(|&k| names.columns[k].clone()).collect(),
            iteration,
        };
        let iteration = maximum.convergence.iterations;
        let information = likelihood
            .evaluate_with(spec.information, &maximum.beta)
            .ok_or_else(|| singular(iteration))?
            .information;
        let model =
            Factored::new(&information, &kept).ok_or_else(|| singular(iteration))?.inverse();
        let robust = spec.is_robust(spells);
        let mut covariance = model.clone();
        if robust {
            let influence = Influence::new(&likelihood, &maximum.beta);
            let outcomes = &likelihood.lines.outcomes;
            let squares: Vec<f64> = outcomes.iter().map(|of| of.squares).collect();
            let units = Units::new(&likelihood.lines.of_row, &squares, spells);
            let width = maximum.beta.len();
            let meat = units.meat(width, |outcome, weight, score| {
                influence.add_score(&outcomes[outcome as usize], weight, score);
            });
            covariance = &model * part(&meat, &kept) * &model;
            let some = |place: usize| covariance[(place, place)] > 1e-20 * model[(place, place)];
            if let Some(place) = (0..kept.len()).find(|&place| !some(place)) {
                let column = names.columns[kept[place]].clone();
                return Err(Error::NoRobustVariance {
                    column,
                    clusters: spells.clusters_with_weight(),
                });
            }
        }
        let score = score_test(&null.evaluation, &kept).ok_or_else(|| singular(0))?;
        let score = ChiSquare::new(score.statistic, others.len());
        let beta = DVector::from_column_slice(&maximum.beta);
        let among: Vec<usize> =
            (0..kept.len()).filter(|&place| others.binary_search(&kept[place]).is_ok()).collect();
        let wald = ChiSquare::of_form(&rows(&beta, &others), &part(&covariance, &among))?;
        let gain = maximum.evaluation.log_likelihood - null.evaluation.log_likelihood;
        let scales = Scales::new(&likelihood);
        let counts = DiscreteCounts::new(&likelihood, spells, design, &observed);
        let mut fit = Self {
            exits: Vec::new(),
            covariance: scales.covariance(&covariance, &kept),
            model_covariance: scales.covariance(&model, &kept),
            robust,
            link: spec.link,
            log_likelihood_null: null.evaluation.log_likelihood,
            log_likelihood: maximum.evaluation.log_likelihood,
            likelihood_ratio: ChiSquare::new(2.0 * gain.max(0.0), others.len()),
            wald,
            score,
            collinear,
            convergence: maximum.convergence,
            counts,
            model: Model { likelihood, beta: maximum.beta, kept, covariance, z },
        };
        fit.describe(spec, &scales, &of_exit);
        Ok(fit)
    }

    fn describe(&mut self, spec: &DiscreteHazard, scales: &Scales, names: &Names) {
        let values = scales.outward(&self.model.beta);
        let likelihood = &self.model.likelihood;
        let (width, n) = (likelihood.width_of_exit(), likelihood.bases[0].n_columns());
        let of_exit = |exit: usize| ExitModel {
            cause: if likelihood.n_exits > 1 { Some(exit) } else { spec.cause },
            baseline: Vec::new(),
            coefficients: Vec::new(),
        };
        let mut exits: Vec<ExitModel> = (0..likelihood.n_exits).map(of_exit).collect();
        for (place, &column) in self.model.kept.iter().enumerate() {
            let std_error = self.covariance[(place, place)].sqrt();
            let coefficient = Coefficient::named(
                names.columns[column % width].clone(),
                names.terms[column % width].clone(),
                Estimate::symmetric(values[column], std_error, self.model.z),
                self.model_covariance[(place, place)].sqrt(),
            );
            let exit = &mut exits[column / width];
            if column % width < n {
                exit.baseline.push(coefficient);
            } else {
                exit.coefficients.push(coefficient);
            }
        }
        self.exits = exits;
    }

    /// Knots of the clocks that have splines, by the clock's name (`time` is the duration): the first and the last are the outer ones.
    ///
    /// ```
    /// use afgang_models::{Design, DiscreteHazard, Shape, Spells};
    ///
    /// // Of the twenty months at risk, 6 + 5 + 4 + 3 + 2, the tenth and the eleventh are second months.
    /// let spells = Spells::new(1, vec![1.0, 2.0, 3.0, 4.0, 5.0, 5.0], vec![Some(0), Some(0), Some(0), Some(0), Some(0), None])?;
    /// let design = Design::builder().rows(6).build()?;
    /// let fit = DiscreteHazard::new().baseline(Shape::NaturalSpline(2)).fit(&spells, &design)?;
    /// assert_eq!(fit.knots(), [("time", &[1.0, 2.0, 5.0][..])]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn knots(&self) -> Vec<(&str, &[f64])> {
        let bases = self.model.likelihood.bases.iter().filter(|basis| !basis.knots.is_empty());
        bases.map(|basis| (basis.term.as_str(), basis.knots.as_slice())).collect()
    }

    /// Akaike's criterion, twice the number of coefficients (those of the duration too) less twice the log-likelihood.
    pub fn aic(&self) -> f64 {
        2.0 * self.model.kept.len() as f64 - 2.0 * self.log_likelihood
    }
}

impl DiscreteCounts {
    fn new(of: &Likelihood, spells: &Spells, design: &Design, observed: &[Observed]) -> Self {
        let outcomes = &of.lines.outcomes;
        let sum = |value: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(value).sum();
        Self {
            rows: spells.len(),
            rows_without_weight: of.lines.of_row.iter().filter(|&&row| row == NONE).count(),
            spells: sum(&|o| o.spells),
            times_at_risk: sum(&|o| o.spells * f64::from(o.last - o.first)),
            events_told: observed.iter().map(|of| of.spells).collect(),
            events: (0..of.n_exits)
                .map(|exit| sum(&|o| if o.exit as usize == exit { o.spells } else { 0.0 }))
                .collect(),
            clusters: spells.clusters_with_weight(),
            times: of.lines.n_times,
            times_without_parameter: of.bases[0].level.iter().filter(|&&l| l == NONE).count(),
            patterns: patterns_with_weight(spells, design),
            cells: of.lines.at_risk.iter().filter(|&&weight| weight > 0.0).count(),
        }
    }
}
