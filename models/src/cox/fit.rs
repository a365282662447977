//! What a Cox regression gives.

use nalgebra::{DMatrix, DVector};
use ndarray::Array2;

use super::collinear::{Collinear, Kept, OnCollinear, independent_columns};
use super::index::patterns_with_weight;
use super::influence::Influence;
use super::likelihood::{Evaluation, Likelihood};
use super::newton::{Convergence, Factored, Names, Objective, maximise};
use super::{Cox, Ties};
use crate::contrast::Estimate;
use crate::design::{Design, SparseRows, TermKind};
use crate::error::{Error, Result};
use crate::score_test::{quadratic_form, upper_tail};
use crate::spells::Spells;

/// Result of [`Cox::fit`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CoxFit {
    /// One for each column that was not left out.
    pub coefficients: Vec<Coefficient>,
    /// Covariance matrix of the coefficients: that by influence if [`robust`](Self::robust), else the inverse information.
    pub covariance: Array2<f64>,
    /// The inverse information.
    pub model_covariance: Array2<f64>,
    /// Whether `covariance` is by influence.
    pub robust: bool,
    /// How tied events were treated.
    pub ties: Ties,
    /// The cause that is the event; `None` is any.
    pub cause: Option<usize>,
    /// Log partial likelihood with all coefficients 0.
    pub log_likelihood_null: f64,
    /// Its maximum.
    pub log_likelihood: f64,
    /// Twice the difference of the two. It takes spells as independent.
    pub likelihood_ratio: ChiSquare,
    /// $\hat\beta^\top V^{-1} \hat\beta$ with the fit's covariance.
    pub wald: ChiSquare,
    /// $U^\top I^{-1} U$ at 0. It takes spells as independent. Of a factor alone, without ties, the log-rank test.
    pub score: ChiSquare,
    /// $U^\top (\sum_c u_c u_c^\top)^{-1} U$ at 0, where the covariance is by influence.
    pub robust_score: Option<ChiSquare>,
    /// Columns left out because others determine them.
    pub collinear: Vec<Collinear>,
    /// How the maximum was found.
    pub convergence: Convergence,
    /// What was counted.
    pub counts: Counts,
    pub(crate) model: Model,
}

/// What later questions to a fit need.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) likelihood: Likelihood,
    /// In standardised covariates, 0 for columns left out.
    pub(crate) beta: Vec<f64>,
    pub(crate) kept: Vec<usize>,
    /// Covariances in standardised covariates of the columns kept.
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) z: f64,
}

/// A coefficient of a regression: the logarithm of a hazard ratio, or of an odds ratio.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Coefficient {
    /// Name of the column.
    pub column: String,
    /// Name of the term it belongs to.
    pub term: String,
    /// Estimate, standard error and limits.
    pub estimate: Estimate,
    /// Standard error by the inverse information.
    pub model_std_error: f64,
    /// Estimate over standard error; by a profile, the signed root of the likelihood ratio.
    pub statistic: f64,
    /// Two-sided, by the normal distribution.
    pub p_value: f64,
}

impl Coefficient {
    pub(crate) fn new(
        design: &Design,
        column: usize,
        estimate: Estimate,
        model_std_error: f64,
    ) -> Self {
        let term = design.term_of(column).map_or(String::new(), |term| term.name.clone());
        Self::named(design.column_names()[column].clone(), term, estimate, model_std_error)
    }

    pub(crate) fn named(
        column: String,
        term: String,
        estimate: Estimate,
        model_std_error: f64,
    ) -> Self {
        let statistic = estimate.estimate / estimate.std_error;
        Self {
            column,
            term,
            estimate,
            model_std_error,
            statistic,
            p_value: upper_tail(statistic * statistic, 1),
        }
    }

    /// With limits and the signed root of a likelihood ratio by the profile of the likelihood.
    pub(crate) fn profiled(mut self, [low, high]: [f64; 2], root: f64) -> Self {
        (self.estimate.conf_low, self.estimate.conf_high) = (low, high);
        self.statistic = root;
        self.p_value = if root.is_nan() { root } else { upper_tail(root * root, 1) };
        self
    }

    /// The odds ratio $e^\beta$ of a logit, as [`hazard_ratio`](Self::hazard_ratio).
    pub fn odds_ratio(&self) -> Estimate {
        self.hazard_ratio()
    }

    /// The hazard ratio $e^\beta$ and its limits; the standard error is that of its logarithm.
    pub fn hazard_ratio(&self) -> Estimate {
        let Estimate { estimate, std_error, conf_low, conf_high } = self.estimate;
        Estimate {
            estimate: estimate.exp(),
            std_error,
            conf_low: conf_low.exp(),
            conf_high: conf_high.exp(),
        }
    }
}

/// A chi-square statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ChiSquare {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom; 0 for a model without coefficients, and then the p-value is 1.
    pub df: usize,
    /// Upper tail of the chi-square distribution.
    pub p_value: f64,
}

impl ChiSquare {
    pub(crate) fn new(statistic: f64, df: usize) -> Self {
        let p_value = if df == 0 { 1.0 } else { upper_tail(statistic, df) };
        Self { statistic, df, p_value }
    }

    /// $u^\top V^{-1} u$; by rank where there are fewer clusters than columns.
    pub(crate) fn of_form(u: &DVector<f64>, variance: &DMatrix<f64>) -> Result<Self> {
        if u.is_empty() {
            return Ok(Self::new(0.0, 0));
        }
        quadratic_form(u, variance).map(|(statistic, df)| Self::new(statistic, df))
    }
}

/// What a regression counted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Counts {
    /// Rows of the input.
    pub rows: usize,
    /// Rows of weight 0, which were left out.
    pub rows_without_weight: usize,
    /// Rows that were at risk at no event time and tell nothing about the coefficients.
    pub rows_never_at_risk: usize,
    /// Spells: the sum of case weights, else rows with weight.
    pub spells: f64,
    /// Events: the sum of case weights, else rows.
    pub events: f64,
    /// Clusters; rows if there are none. Those without weight do not count.
    pub clusters: usize,
    /// Strata.
    pub strata: usize,
    /// Different event times, by stratum.
    pub event_times: usize,
    /// Different rows of the design, of those with weight.
    pub patterns: usize,
    /// Different combinations of pattern, times at risk and outcome: what an iteration goes through.
    pub cells: usize,
}

/// Value of [`Cox::partial_likelihood`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PartialLikelihood {
    /// Its logarithm.
    pub log_likelihood: f64,
    /// First derivatives by the coefficients.
    pub score: Vec<f64>,
    /// Minus the second derivatives.
    pub information: Array2<f64>,
}

impl PartialLikelihood {
    /// Of a likelihood whose covariates were divided by `scale`.
    pub(crate) fn of(of: &impl Objective, scale: &[f64], coefficients: &[f64]) -> Result<Self> {
        let (found, expected) = (coefficients.len(), scale.len());
        if found != expected {
            return Err(Error::CovariateCount { found, expected });
        }
        let beta: Vec<f64> = coefficients.iter().zip(scale).map(|(b, s)| b * s).collect();
        let at = of.evaluate(&beta).ok_or(Error::RiskOverflow)?;
        Ok(Self {
            log_likelihood: at.log_likelihood,
            score: at.score.iter().zip(scale).map(|(u, s)| u * s).collect(),
            information: Array2::from_shape_fn((expected, expected), |(a, b)| {
                at.information[(a, b)] * scale[a] * scale[b]
            }),
        })
    }
}

impl CoxFit {
    pub(crate) fn new(
        spec: Cox,
        z: f64,
        likelihood: Likelihood,
        spells: &Spells,
        design: &Design,
    ) -> Result<Self> {
        let start =
            likelihood.evaluate(&vec![0.0; design.n_columns()]).ok_or(Error::RiskOverflow)?;
        let events = likelihood.sets.cells.iter().filter(|cell| cell.event);
        let events = events.map(|cell| (cell.pattern, cell.weight, cell.spells));
        let observed = Observed::new(&likelihood.x.rows, design.n_columns(), events);
        let least = vec![1e-12 * observed.total; design.n_columns()];
        let kept = independent_columns(&start.information, &least);
        let collinear = named(&kept, design.column_names(), &likelihood.x.scale);
        if let (OnCollinear::Refuse, Some(first)) = (spec.on_collinear, collinear.first()) {
            let with = first.with.iter().map(|(column, _)| column.clone()).collect();
            return Err(Error::CollinearColumn { column: first.column.clone(), with });
        }
        let kept = kept.columns;
        observed.every_level(design, &kept)?;
        let zero = vec![0.0; design.n_columns()];
        let names = Names::new(design);
        let maximum = maximise(&likelihood, (zero, start.clone()), &kept, spec.limits, &names)?;
        let singular = |iteration| Error::SingularInformation {
            columns: kept.iter().map(|&k| design.column_names()[k].clone()).collect(),
            iteration,
        };
        let iteration = maximum.convergence.iterations;
        let model = Factored::new(&maximum.evaluation.information, &kept)
            .ok_or_else(|| singular(iteration))?
            .inverse();
        let robust = spec.is_robust(spells);
        let mut covariance = model.clone();
        let mut robust_score = None;
        if robust && !kept.is_empty() {
            let meat = Influence::new(&likelihood, &maximum.beta).meat(spells);
            covariance = &model * part(&meat, &kept) * &model;
            enough_clusters(&covariance, &model, spells, design, &kept)?;
            let null = Influence::new(&likelihood, &vec![0.0; design.n_columns()]);
            let meat = part(&null.meat(spells), &kept);
            robust_score = Some(ChiSquare::of_form(&rows(&start.score, &kept), &meat)?);
        }
        let counts = Counts::new(&likelihood, spells, &observed, design);
        if robust && spec.small_sample {
            covariance *= small_sample(spells);
        }
        let beta = DVector::from_iterator(kept.len(), kept.iter().map(|&k| maximum.beta[k]));
        let score = score_test(&start, &kept).ok_or_else(|| singular(0))?;
        let gain = maximum.evaluation.log_likelihood - start.log_likelihood;
        let scale: Vec<f64> = kept.iter().map(|&k| likelihood.x.scale[k]).collect();
        let unscaled = |v: &DMatrix<f64>| {
            Array2::from_shape_fn(v.shape(), |(a, b)| v[(a, b)] / (scale[a] * scale[b]))
        };
        let mut fit = Self {
            coefficients: Vec::new(),
            covariance: unscaled(&covariance),
            model_covariance: unscaled(&model),
            robust,
            ties: spec.ties,
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
            model: Model { likelihood, beta: maximum.beta, kept, covariance, z },
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

    /// The normal quantile of the fit's level.
    pub(crate) const fn z(&self) -> f64 {
        self.model.z
    }

    /// The covariance of standardised covariates' coefficients.
    pub(crate) const fn scaled_covariance(&self) -> &DMatrix<f64> {
        &self.model.covariance
    }

    /// The coefficient of a column, by its name; `None` if there is none or it was left out.
    pub fn coefficient(&self, column: &str) -> Option<&Coefficient> {
        self.coefficients.iter().find(|coefficient| coefficient.column == column)
    }
}

/// $C/(C - 1)$ for $C$ clusters or persons, else spells; 1 for one.
pub(crate) fn small_sample(spells: &Spells) -> f64 {
    let n = spells.observations();
    if n > 1.0 { n / (n - 1.0) } else { 1.0 }
}

pub(crate) fn part(matrix: &DMatrix<f64>, kept: &[usize]) -> DMatrix<f64> {
    DMatrix::from_fn(kept.len(), kept.len(), |a, b| matrix[(kept[a], kept[b])])
}

pub(crate) fn rows(vector: &DVector<f64>, kept: &[usize]) -> DVector<f64> {
    DVector::from_iterator(kept.len(), kept.iter().map(|&k| vector[k]))
}

pub(crate) fn score_test(start: &Evaluation, kept: &[usize]) -> Option<ChiSquare> {
    let inverse = Factored::new(&start.information, kept)?.inverse();
    let u = rows(&start.score, kept);
    Some(ChiSquare::new(u.dot(&(inverse * &u)), kept.len()))
}

/// Columns left out, in the units of the design.
pub(crate) fn named(kept: &Kept, names: &[String], scale: &[f64]) -> Vec<Collinear> {
    let name = |column: usize| names[column].clone();
    let of = |(column, with): &(usize, Vec<(usize, f64)>)| Collinear {
        column: name(*column),
        with: (with.iter().map(|&(k, c)| (name(k), c * scale[*column] / scale[k]))).collect(),
    };
    kept.dropped.iter().map(of).collect()
}

pub(crate) fn enough_clusters(
    covariance: &DMatrix<f64>,
    model: &DMatrix<f64>,
    spells: &Spells,
    design: &Design,
    kept: &[usize],
) -> Result<()> {
    let some = |place: usize| covariance[(place, place)] > 1e-20 * model[(place, place)];
    match (0..kept.len()).find(|&place| !some(place)) {
        Some(place) => Err(Error::NoRobustVariance {
            column: design.column_names()[kept[place]].clone(),
            clusters: spells.clusters_with_weight(),
        }),
        None => Ok(()),
    }
}

/// Weight of events by pattern.
pub(crate) struct Observed {
    by_column: Vec<f64>,
    pub(crate) total: f64,
    pub(crate) spells: f64,
}

impl Observed {
    /// Of the pattern, weight and number of spells of events.
    pub(crate) fn new(
        rows: &SparseRows,
        p: usize,
        events: impl Iterator<Item = (u32, f64, f64)>,
    ) -> Self {
        let mut by_column = vec![0.0; p];
        let (mut total, mut spells) = (0.0, 0.0);
        for (pattern, weight, n) in events {
            total += weight;
            spells += n;
            for (column, x) in rows.row(pattern as usize) {
                by_column[column] += weight * x.abs();
            }
        }
        Self { by_column, total, spells }
    }

    /// Refuses factors with a level that has no events, if all their columns are kept.
    pub(crate) fn every_level(&self, design: &Design, kept: &[usize]) -> Result<()> {
        for term in design.terms() {
            let TermKind::Factor { levels, base } = &term.kind else { continue };
            let without = |level: &str| {
                let (term, level) = (term.name.clone(), level.to_owned());
                Error::NoEventsInLevel { term, level }
            };
            let is_kept = |column: &usize| kept.binary_search(column).is_ok();
            for column in term.columns.clone().filter(is_kept) {
                if self.by_column[column] == 0.0 {
                    return Err(without(term.level(column).unwrap_or_default()));
                }
            }
            let others: f64 = self.by_column[term.columns.clone()].iter().sum();
            let all = !term.columns.is_empty() && term.columns.clone().all(|k| is_kept(&k));
            if all && self.total - others <= 1e-9 * self.total {
                return Err(without(&levels[*base]));
            }
        }
        Ok(())
    }
}

impl Counts {
    fn new(of: &Likelihood, spells: &Spells, observed: &Observed, design: &Design) -> Self {
        let weight = |row: usize| spells.weights().of(row);
        let counted = matches!(spells.weights(), crate::spells::Weights::Case(_));
        let with_weight = (0..spells.len()).filter(|&row| weight(row) > 0.0);
        let n: f64 = with_weight.clone().map(|row| if counted { weight(row) } else { 1.0 }).sum();
        let rows_without_weight = spells.len() - with_weight.count();
        let idle = of.sets.of_row.iter().filter(|&&cell| cell == super::index::NONE).count();
        Self {
            rows: spells.len(),
            rows_without_weight,
            rows_never_at_risk: idle - rows_without_weight,
            spells: n,
            events: observed.spells,
            clusters: spells.clusters_with_weight(),
            strata: design.strata_names().len(),
            event_times: of.sets.times.len(),
            patterns: patterns_with_weight(spells, design),
            cells: of.sets.cells.len(),
        }
    }
}
