//! First stages of instrumental variables, and tests of instruments.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::absorb::n_absorbed;
use super::convention::{PanelConvention, Sizes};
use super::covariance::{Covariance, PanelCovariance};
use super::error::PanelError;
use super::fit::{Moments, Without, joint_test};
use super::least_squares::{Solution, dot, solve};
use super::result::FTest;
use super::{Effect, Panel};
use crate::error::Result;
use crate::score_test::upper_tail;

/// Regression of an endogenous column on exogenous regressors and instruments.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FirstStage {
    /// The endogenous column.
    pub column: String,
    /// That all instruments' coefficients are 0, with the fit's covariance; `None` where that has not the rank for it.
    pub instruments: Option<FTest>,
    /// Share of what exogenous regressors and effects leave that instruments explain (Shea's measure differs with several
    /// endogenous columns).
    pub partial_r_squared: f64,
}

/// Test of the instruments beyond those needed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Overidentification {
    /// `Sargan` under the conventional covariance: $N R^2$ of the residuals on exogenous regressors and instruments (Sargan
    /// 1958); else `Hansen J`, the smallest value of the two-step criterion with the covariance's own sum (Hansen 1982).
    pub test: &'static str,
    /// The statistic.
    pub statistic: f64,
    /// Instruments less endogenous columns.
    pub df: usize,
    /// Upper tail of the chi-square distribution.
    pub p_value: f64,
}

/// What is known of the instruments.
pub(super) struct Identification {
    pub(super) first_stages: Vec<FirstStage>,
    pub(super) cragg_donald: f64,
    pub(super) kleibergen_paap: Option<f64>,
    pub(super) overidentification: Option<Overidentification>,
    pub(super) endogeneity: Option<FTest>,
}

/// Regressions of endogenous columns on exogenous ones and instruments.
pub(super) struct Stages<'a> {
    panel: &'a Panel,
    effects: Vec<&'a Effect>,
    without: &'a Without,
    weights: Option<&'a [f64]>,
    /// Columns kept, exogenous ones first.
    predictors: Vec<usize>,
    /// Exogenous columns kept.
    pub(super) exogenous: Vec<usize>,
    endogenous: Vec<usize>,
    /// By endogenous column.
    pub(super) solutions: Vec<Solution>,
}

impl<'a> Stages<'a> {
    /// `predictors` are exogenous columns, then instruments.
    pub(super) fn new(
        panel: &'a Panel,
        effects: Vec<&'a Effect>,
        without: &'a Without,
        weights: Option<&'a [f64]>,
        predictors: &[usize],
        n_exogenous: usize,
        endogenous: &[usize],
    ) -> Result<Self> {
        let columns: Vec<Vec<f64>> =
            predictors.iter().map(|&column| without.columns[column].clone()).collect();
        let raw: Vec<f64> = predictors.iter().map(|&column| without.raw[column]).collect();
        let stage = |&column: &usize| solve(&without.columns[column], &columns, weights, &raw);
        let solutions: Vec<Solution> = endogenous.iter().map(stage).collect::<Result<_>>()?;
        let kept = solutions.first().map_or(&[][..], |first| &first.kept.columns);
        let exogenous =
            kept.iter().filter(|&&place| place < n_exogenous).map(|&place| predictors[place]);
        let stages = Self {
            panel,
            effects,
            without,
            weights,
            predictors: kept.iter().map(|&place| predictors[place]).collect(),
            exogenous: exogenous.collect(),
            endogenous: endogenous.to_vec(),
            solutions,
        };
        let instruments = &stages.predictors[stages.exogenous.len()..];
        if instruments.len() < endogenous.len() {
            let names = |columns: &[usize]| {
                columns.iter().map(|&column| panel.names[column].clone()).collect()
            };
            return Err(PanelError::TooFewInstruments {
                instruments: names(instruments),
                endogenous: names(endogenous),
            }
            .into());
        }
        Ok(stages)
    }

    /// What exogenous columns and instruments predict of an endogenous column.
    pub(super) fn predicted(&self, place: usize) -> Vec<f64> {
        let column = &self.without.columns[self.endogenous[place]];
        column.iter().zip(&self.solutions[place].residuals).map(|(x, v)| x - v).collect()
    }

    /// Number of parameters of a first stage, and of the test of endogeneity if more.
    pub(super) fn most_parameters(&self) -> usize {
        let k = self.exogenous.len() + 2 * self.endogenous.len();
        n_absorbed(&self.effects) + self.predictors.len().max(k)
    }

    fn sizes(&self, slopes: usize) -> Sizes {
        Sizes {
            rows: self.panel.len() as f64,
            slopes: slopes as f64,
            absorbed: n_absorbed(&self.effects) as f64,
        }
    }

    /// Covariance of the coefficients of columns whose scores are made of `residuals`.
    fn covariance(
        &self,
        columns: Vec<&Vec<f64>>,
        residuals: &[f64],
        inverse: &DMatrix<f64>,
        scale: f64,
        kind: (&PanelCovariance, PanelConvention),
    ) -> Result<Covariance> {
        let sizes = self.sizes(columns.len());
        let means = DVector::zeros(columns.len());
        let moments = Moments { columns, residuals, weights: self.weights, inverse, means: &means };
        moments
            .scores(self.panel, kind.1, sizes, scale, self.effects.clone(), kind.0)
            .covariance(kind.0)
    }

    /// All tests; `regressors` and `solution` are of the second stage.
    pub(super) fn identification(
        &self,
        kind: (&PanelCovariance, PanelConvention),
        regressors: &[usize],
        solution: &Solution,
    ) -> Result<Identification> {
        let columns =
            || self.predictors.iter().map(|&column| &self.without.columns[column]).collect();
        let n_exogenous = self.exogenous.len();
        let instruments: Vec<usize> = (n_exogenous..self.predictors.len()).collect();
        let exogenous: Vec<Vec<f64>> =
            self.exogenous.iter().map(|&column| self.without.columns[column].clone()).collect();
        let raw: Vec<f64> = self.exogenous.iter().map(|&column| self.without.raw[column]).collect();
        let (mut first_stages, mut short) = (Vec::new(), Vec::new());
        let df = self.sizes(self.predictors.len()).residual_df();
        for (stage, &column) in self.solutions.iter().zip(&self.endogenous) {
            let scale = stage.rss / df;
            let covariance =
                self.covariance(columns(), &stage.residuals, &stage.inverse, scale, kind)?;
            let alone = solve(&self.without.columns[column], &exogenous, self.weights, &raw)?;
            first_stages.push(FirstStage {
                column: self.panel.names[column].clone(),
                instruments: joint_test(stage.beta.as_slice(), &covariance, &instruments),
                partial_r_squared: 1.0 - stage.rss / alone.rss,
            });
            short.push(alone.residuals);
        }
        let (size, rest) = self.rank_forms(&short, df);
        let kleibergen_paap = match first_stages.as_slice() {
            [only] => only.instruments.map(|f| f.statistic),
            _ => self.kleibergen_paap(kind, &size, &rest, &instruments)?,
        };
        // Residuals without rank: instruments predict a combination of endogenous columns wholly.
        let cragg_donald = directions(&size, &rest)
            .map_or(f64::INFINITY, |(least, _)| least / instruments.len() as f64);
        Ok(Identification {
            cragg_donald,
            kleibergen_paap,
            overidentification: self.overidentification(kind, regressors, solution)?,
            endogeneity: self.endogeneity(kind, regressors)?,
            first_stages,
        })
    }

    /// $\sum_i w_i a_i b_i$.
    fn inner(&self, a: &[f64], b: &[f64]) -> f64 {
        match self.weights {
            None => dot(a, b),
            Some(w) => a.iter().zip(b).zip(w).map(|((a, b), w)| a * b * w).sum(),
        }
    }

    /// $A$ of what instruments predict of endogenous columns beyond exogenous ones, and $S$ of what they leave, by degree of
    /// freedom; both of columns of which they leave 1.
    fn rank_forms(&self, short: &[Vec<f64>], df: f64) -> (DMatrix<f64>, DMatrix<f64>) {
        let k = short.len();
        let explained = |place: usize| -> Vec<f64> {
            let rest = &self.solutions[place].residuals;
            short[place].iter().zip(rest).map(|(u, v)| u - v).collect()
        };
        let explained: Vec<Vec<f64>> = (0..k).map(explained).collect();
        let scale = self.scales(df);
        let rest = DMatrix::from_fn(k, k, |a, b| {
            let (one, other) = (&self.solutions[a].residuals, &self.solutions[b].residuals);
            self.inner(one, other) / df / (scale[a] * scale[b])
        });
        let size = DMatrix::from_fn(k, k, |a, b| {
            self.inner(&explained[a], &explained[b]) / (scale[a] * scale[b])
        });
        (size, rest)
    }

    /// Standard deviation of what instruments leave of each endogenous column.
    fn scales(&self, df: f64) -> Vec<f64> {
        self.solutions.iter().map(|stage| (stage.rss / df).sqrt()).collect()
    }

    /// That the coefficients $\Pi$ of the instruments have not full rank. Of the combination $x a$ of endogenous columns that
    /// instruments predict least, with coefficients $\Pi a$, the part that the other combinations $\Pi a_j$ leave: its Wald statistic by
    /// the number of instruments. With $\Pi$ on the scale of $(Z^\top Z)^{1/2}$ these are orthogonal, and so the singular
    /// vectors of Kleibergen and Paap (2006).
    fn kleibergen_paap(
        &self,
        kind: (&PanelCovariance, PanelConvention),
        size: &DMatrix<f64>,
        rest: &DMatrix<f64>,
        instruments: &[usize],
    ) -> Result<Option<f64>> {
        let (k, q) = (self.solutions.len(), instruments.len());
        let df = self.sizes(self.predictors.len()).residual_df();
        let Some((_, vectors)) = directions(size, rest) else { return Ok(None) };
        // Instruments less exogenous columns have the inverse block as the inverse of their products.
        let inverse = &self.solutions[0].inverse;
        let block = DMatrix::from_fn(q, q, |a, b| inverse[(instruments[a], instruments[b])]);
        let Some(root) = block.cholesky() else { return Ok(None) };
        // (L L')^-1 is the inverse block's inverse: L^-1 has its root.
        let root = root.l();
        let scale = self.scales(df);
        let combine = |of: &dyn Fn(usize) -> f64, place: usize| -> f64 {
            (0..k).map(|c| vectors[(c, place)] / scale[c] * of(c)).sum()
        };
        let coefficients = DMatrix::from_fn(q, k, |row, place| {
            combine(&|c| self.solutions[c].beta[instruments[row]], place)
        });
        let Some(theta) = root.solve_lower_triangular(&coefficients) else { return Ok(None) };
        // Orthonormal to what the other combinations take up.
        let others = theta.columns(1, k - 1).into_owned();
        let Some(products) = (others.transpose() * &others).cholesky() else { return Ok(None) };
        let left = DMatrix::identity(q, q) - &others * products.solve(&others.transpose());
        let Some(split) = SymmetricEigen::try_new(left, f64::EPSILON, 1_000) else {
            return Ok(None);
        };
        let free: Vec<usize> = (0..q).filter(|&place| split.eigenvalues[place] > 0.5).collect();
        let basis = split.eigenvectors.select_columns(&free);
        let residuals: Vec<f64> = (0..self.panel.len())
            .map(|row| combine(&|c| self.solutions[c].residuals[row], 0))
            .collect();
        let columns = self.predictors.iter().map(|&column| &self.without.columns[column]).collect();
        let found = self.covariance(
            columns,
            &residuals,
            inverse,
            self.inner(&residuals, &residuals) / df,
            kind,
        )?;
        if found.groups.iter().any(|&groups| groups <= free.len()) {
            return Ok(None);
        }
        let v = DMatrix::from_fn(q, q, |a, b| found.matrix[(instruments[a], instruments[b])]);
        let half = root.solve_lower_triangular(&v);
        let whole = half.and_then(|half| root.solve_lower_triangular(&half.transpose()));
        let Some(whole) = whole else { return Ok(None) };
        let part = basis.transpose() * theta.column(0);
        let Some(factor) = (basis.transpose() * whole * &basis).cholesky() else {
            return Ok(None);
        };
        Ok(Some(part.dot(&factor.solve(&part)) / q as f64))
    }

    fn overidentification(
        &self,
        kind: (&PanelCovariance, PanelConvention),
        regressors: &[usize],
        solution: &Solution,
    ) -> Result<Option<Overidentification>> {
        let (q, k) = (self.predictors.len(), regressors.len());
        if q <= k {
            return Ok(None);
        }
        let columns: Vec<&Vec<f64>> =
            self.predictors.iter().map(|&column| &self.without.columns[column]).collect();
        let test = |test, statistic| {
            let df = q - k;
            Overidentification { test, statistic, df, p_value: upper_tail(statistic, df) }
        };
        let e = &solution.residuals;
        if *kind.0 == PanelCovariance::Conventional {
            let columns: Vec<Vec<f64>> = columns.into_iter().cloned().collect();
            let raw: Vec<f64> = self.predictors.iter().map(|&c| self.without.raw[c]).collect();
            let rest = solve(e, &columns, self.weights, &raw)?.rss;
            let statistic = self.panel.len() as f64 * (1.0 - rest / solution.rss);
            return Ok(Some(test("Sargan", statistic)));
        }
        // The bare sum of scores, on the scale of correlations.
        let identity = DMatrix::identity(q, q);
        let found = self.covariance(columns.clone(), e, &identity, 1.0, kind)?;
        if found.groups.iter().any(|&groups| groups <= q) {
            return Ok(None);
        }
        let s = |a: usize, b: usize| found.matrix[(a, b)] / found.multiplier;
        let scale: Vec<f64> = (0..q).map(|a| s(a, a).sqrt()).collect();
        let Some(factor) =
            DMatrix::from_fn(q, q, |a, b| s(a, b) / (scale[a] * scale[b])).cholesky()
        else {
            return Ok(None);
        };
        let zx = DMatrix::from_fn(q, k, |a, b| {
            self.inner(columns[a], &self.without.columns[regressors[b]]) / scale[a]
        });
        // Of the two-stage residuals: b moves from the two-stage estimate.
        let ze = DVector::from_fn(q, |a, _| self.inner(columns[a], e) / scale[a]);
        let size: Vec<f64> = zx.column_iter().map(|column| column.norm()).collect();
        let zx = DMatrix::from_fn(q, k, |a, b| zx[(a, b)] / size[b]);
        let solved = factor.solve(&zx);
        let Some(normal) = (zx.transpose() * &solved).cholesky() else { return Ok(None) };
        let moved = normal.solve(&(solved.transpose() * &ze));
        let g = ze - zx * moved;
        Ok(Some(test("Hansen J", g.dot(&factor.solve(&g)))))
    }

    /// $F$ of the first stages' residuals as further regressors.
    fn endogeneity(
        &self,
        kind: (&PanelCovariance, PanelConvention),
        regressors: &[usize],
    ) -> Result<Option<FTest>> {
        let k = regressors.len();
        let mut columns: Vec<Vec<f64>> =
            regressors.iter().map(|&column| self.without.columns[column].clone()).collect();
        columns.extend(self.solutions.iter().map(|stage| stage.residuals.clone()));
        let raw: Vec<f64> = regressors.iter().map(|&c| self.without.raw[c]).collect();
        let of_rest = self.endogenous.iter().map(|&c| self.without.raw[c]);
        let raw: Vec<f64> = raw.into_iter().chain(of_rest).collect();
        let solution = solve(&self.without.outcome, &columns, self.weights, &raw)?;
        if !solution.kept.dropped.is_empty() {
            return Ok(None);
        }
        let scale = solution.rss / self.sizes(columns.len()).residual_df();
        let covariance = self.covariance(
            columns.iter().collect(),
            &solution.residuals,
            &solution.inverse,
            scale,
            kind,
        )?;
        let places: Vec<usize> = (k..columns.len()).collect();
        Ok(joint_test(solution.beta.as_slice(), &covariance, &places))
    }
}

/// The smallest value of $a^\top A a / a^\top S a$ and the vectors at which it is stationary, that of the smallest value first;
/// `None` for an $S$ without full rank.
fn directions(a: &DMatrix<f64>, s: &DMatrix<f64>) -> Option<(f64, DMatrix<f64>)> {
    let lower = s.clone().cholesky()?.l();
    let half = lower.solve_lower_triangular(a)?;
    let whole = lower.solve_lower_triangular(&half.transpose())?;
    let decomposed = SymmetricEigen::try_new(whole, f64::EPSILON, 1_000)?;
    let values = &decomposed.eigenvalues;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
    let vectors = lower.transpose().solve_upper_triangular(&decomposed.eigenvectors)?;
    Some((values[*order.first()?], vectors.select_columns(&order)))
}
