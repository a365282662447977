//! How a panel regression is made from columns without effects.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use ndarray::Array2;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::absorb::{Absorber, MANY, n_absorbed};
use super::convention::{PanelConvention, Sizes};
use super::covariance::{Covariance, HcType, PanelCovariance, Scores};
use super::error::PanelError;
use super::explained::{Prediction, Shares};
use super::least_squares::{NOTHING, Solution, mean, solve, spread};
use super::leverage;
use super::repair::ROUNDING;
use super::result::{
    FTest, PanelCoefficient, PanelCounts, PanelEstimator, PanelFit, PanelVariance, RSquared,
};
use super::{Effect, Panel, UNIT};
use crate::contrast::Estimate;
use crate::cox::{Collinear, Kept};
use crate::error::{Error, Result};
use crate::interval::normal_quantile;
use crate::score_test::upper_tail;

/// A regression on the rows of a panel with some effects absorbed.
pub(super) struct Regression<'a> {
    pub(super) estimator: PanelEstimator,
    /// Rows of the regression.
    pub(super) panel: &'a Panel,
    /// The panel that they were made of.
    pub(super) of: &'a Panel,
    pub(super) absorbed: Vec<usize>,
    pub(super) convention: PanelConvention,
    pub(super) covariance: &'a PanelCovariance,
    pub(super) level: f64,
    pub(super) singletons: (usize, bool),
}

/// Columns without effects.
pub(super) struct Without {
    pub(super) columns: Vec<Vec<f64>>,
    pub(super) outcome: Vec<f64>,
    /// Square sum of each column about its mean before, or what rounding of a constant leaves.
    pub(super) raw: Vec<f64>,
    pub(super) outcome_mean: f64,
    pub(super) column_means: Vec<f64>,
    pub(super) outcome_square_sum: f64,
    pub(super) rounds: usize,
}

/// The least squares of what is left after absorbing.
pub(super) struct Absorbed {
    pub(super) columns: Vec<Vec<f64>>,
    pub(super) solution: Solution,
    pub(super) outcome_mean: f64,
    pub(super) column_means: Vec<f64>,
    pub(super) outcome_square_sum: f64,
    pub(super) rounds: usize,
}

/// Weights with mean 1.
pub(super) fn mean_one(panel: &Panel) -> Option<Vec<f64>> {
    panel.weights.as_ref().map(|weights| {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        weights.iter().map(|w| w / mean).collect()
    })
}

/// Takes effects out.
pub(super) fn absorb(
    panel: &Panel,
    effects: &[&Effect],
    weights: Option<&[f64]>,
) -> Result<Without> {
    if panel.is_empty() {
        let effects = effects.iter().map(|effect| effect.name.clone()).collect();
        return Err(PanelError::AllSingletons { rows: panel.n_input, effects }.into());
    }
    let n = panel.len() as f64;
    let of = |column: &&Vec<f64>| {
        let mean = mean(column, weights);
        ((mean, spread(column, weights, mean)), (*column).clone())
    };
    let all: Vec<&Vec<f64>> = panel.columns.iter().chain([&panel.outcome]).collect();
    let (mut sizes, mut columns): (Vec<(f64, f64)>, Vec<Vec<f64>>) =
        if panel.len() * all.len() < MANY {
            all.iter().map(of).unzip()
        } else {
            all.par_iter().map(of).unzip()
        };
    let (outcome_mean, outcome_square_sum) = sizes.pop().unwrap_or_default();
    let column_means: Vec<f64> = sizes.iter().map(|(mean, _)| *mean).collect();
    // Rounding of a constant column leaves some of its own size.
    let raw: Vec<f64> = sizes.iter().map(|(m, spread)| spread.max(m * m * n)).collect();
    let absorber = Absorber::new(effects.to_vec(), weights);
    let rounds = absorber
        .absorb(&mut columns)
        .map_err(|rounds| PanelError::AbsorptionNotConverged { rounds })?;
    let outcome = columns.pop().unwrap_or_default();
    Ok(Without { columns, outcome, raw, outcome_mean, column_means, outcome_square_sum, rounds })
}

/// Takes effects out and solves.
pub(super) fn absorb_and_solve(
    panel: &Panel,
    effects: &[&Effect],
    weights: Option<&[f64]>,
) -> Result<Absorbed> {
    let Without { columns, outcome, raw, outcome_mean, column_means, outcome_square_sum, rounds } =
        absorb(panel, effects, weights)?;
    let solution = solve(&outcome, &columns, weights, &raw)?;
    let n = panel.len() as f64;
    // Too few rows are another fault.
    let enough = panel.len() > n_absorbed(effects) + solution.kept.columns.len();
    if enough && solution.tss <= NOTHING * outcome_square_sum.max(outcome_mean * outcome_mean * n) {
        let effects = effects.iter().map(|effect| effect.name.clone()).collect();
        return Err(PanelError::ConstantOutcome { effects }.into());
    }
    Ok(Absorbed { columns, solution, outcome_mean, column_means, outcome_square_sum, rounds })
}

/// Solves without effects and without a constant.
fn solve_as_they_are(panel: &Panel, weights: Option<&[f64]>) -> Result<Absorbed> {
    let columns = panel.columns.clone();
    let raw: Vec<f64> = columns.iter().map(|column| spread(column, weights, 0.0)).collect();
    let solution = solve(&panel.outcome, &columns, weights, &raw)?;
    Ok(Absorbed {
        outcome_mean: 0.0,
        column_means: vec![0.0; columns.len()],
        outcome_square_sum: solution.tss,
        columns,
        solution,
        rounds: 0,
    })
}

impl Regression<'_> {
    pub(super) fn fit(&self) -> Result<PanelFit> {
        let panel = self.panel;
        let weights = mean_one(panel);
        let effects: Vec<&Effect> = self.absorbed.iter().map(|&e| &panel.effects[e]).collect();
        let has_constant = self.has_constant();
        let absorbed = if has_constant {
            absorb_and_solve(panel, &effects, weights.as_deref())?
        } else {
            solve_as_they_are(panel, weights.as_deref())?
        };
        let solution = &absorbed.solution;
        let (n, k) = (panel.len(), solution.kept.columns.len());
        let l = if has_constant { n_absorbed(&effects) } else { 0 };
        if n <= l + k {
            return Err(Error::TooFewRows { rows: n, parameters: l + k });
        }
        let sizes = Sizes { rows: n as f64, slopes: k as f64, absorbed: l as f64 };
        let means: Vec<f64> =
            solution.kept.columns.iter().map(|&column| absorbed.column_means[column]).collect();
        let means = DVector::from_vec(means);
        let s2 = solution.rss / sizes.residual_df();
        let leverage = self.leverage(&absorbed, &effects, weights.as_deref())?;
        let columns = solution.kept.columns.iter().map(|&column| &absorbed.columns[column]);
        let moments = Moments {
            columns: columns.collect(),
            residuals: &solution.residuals,
            weights: weights.as_deref(),
            inverse: &solution.inverse,
            means: &means,
        };
        let scores = Scores {
            leverage: Ok(leverage),
            places: solution.kept.columns.clone(),
            ..moments.scores(panel, self.convention, sizes, s2, effects, self.covariance)
        };
        let mut covariance = scores.covariance(self.covariance)?;
        let constant = absorbed.outcome_mean - means.dot(&solution.beta);
        let estimates: Vec<f64> = solution.beta.iter().copied().chain([constant]).collect();
        let names = solution.kept.columns.iter().map(|&c| panel.names[c].clone());
        let names: Vec<String> = names.chain(["constant".to_owned()]).collect();
        let mut coefficients = coefficients(&names, &estimates, &covariance, self.level)?;
        let constant = coefficients.remove(k);
        if !has_constant {
            covariance.matrix = covariance.matrix.view((0, 0), (k, k)).into_owned();
        }
        let size = covariance.matrix.nrows();
        let r_squared = self.r_squared(
            &absorbed,
            sizes,
            weights.as_deref(),
            constant.estimate.estimate,
            covariance.by_clusters,
        );
        Ok(PanelFit {
            estimator: self.estimator,
            convention: self.convention,
            slopes_test: slopes_test(&solution.beta, &covariance),
            covariance: Array2::from_shape_fn((size, size), |at| covariance.matrix[at]),
            coefficients,
            constant: has_constant.then_some(constant),
            variance: variance(&covariance),
            counts: self.counts(sizes, absorbed.rounds),
            rss: solution.rss,
            sigma: s2.sqrt(),
            r_squared,
            collinear: collinear(&solution.kept, &panel.names),
            residuals: self.residuals(&solution.residuals),
        })
    }

    /// First differences have none as `linearmodels` takes them.
    fn has_constant(&self) -> bool {
        (self.estimator, self.convention)
            != (PanelEstimator::FirstDifference, PanelConvention::Linearmodels)
    }

    /// $h_i$, if a leverage is asked for; else none.
    fn leverage(
        &self,
        absorbed: &Absorbed,
        effects: &[&Effect],
        weights: Option<&[f64]>,
    ) -> Result<Vec<f64>> {
        let PanelCovariance::Heteroskedastic(HcType::Hc2 | HcType::Hc3) = self.covariance else {
            return Ok(Vec::new());
        };
        let n = self.panel.len();
        let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
        let own = match self.convention {
            // It counts a constant, but no effects.
            PanelConvention::Plm if !effects.is_empty() => vec![0.0; n],
            _ if !self.has_constant() => vec![0.0; n],
            _ => leverage::of_effects(effects, weights, n)?,
        };
        let (kept, a) = (&absorbed.solution.kept.columns, &absorbed.solution.inverse);
        let of_row = |(row, own): (usize, &f64)| {
            let x = DVector::from_fn(kept.len(), |k, _| absorbed.columns[kept[k]][row]);
            own + weight(row) * x.dot(&(a * &x))
        };
        Ok(own.iter().enumerate().map(of_row).collect())
    }

    fn r_squared(
        &self,
        absorbed: &Absorbed,
        sizes: Sizes,
        weights: Option<&[f64]>,
        constant: f64,
        by_clusters: bool,
    ) -> RSquared {
        let Solution { kept, beta, rss, tss, .. } = &absorbed.solution;
        let own = 1.0 - rss / tss;
        let inclusive = 1.0 - rss / absorbed.outcome_square_sum;
        let slopes: Vec<(usize, f64)> =
            kept.columns.iter().copied().zip(beta.iter().copied()).collect();
        let of = |weights| Prediction::new(self.of, weights, &slopes);
        let shares = if self.estimator == PanelEstimator::Within {
            let prediction = of(weights);
            Shares { within: own, between: prediction.between(), overall: prediction.overall() }
        } else {
            // In linearmodels first differences have no constant that predicts levels.
            let convention = match self.estimator {
                PanelEstimator::FirstDifference => PanelConvention::default(),
                _ => self.convention,
            };
            of(mean_one(self.of).as_deref()).shares(convention, constant)
        };
        RSquared::new(self.convention, sizes, own, inclusive, shares, by_clusters)
    }

    pub(super) fn counts(&self, sizes: Sizes, rounds: usize) -> PanelCounts {
        let panel = self.panel;
        let units = &panel.effects[UNIT];
        let rows = units.rows();
        let used = || rows.iter().copied().filter(|&rows| rows > 0);
        let times = &panel.effects[super::TIME];
        let gap = |at: &usize| {
            units.codes[*at] == units.codes[at - 1] && times.codes[*at] > times.codes[at - 1] + 1
        };
        let mut with_gaps: Vec<u32> =
            (1..panel.len()).filter(gap).map(|at| units.codes[at]).collect();
        with_gaps.dedup();
        PanelCounts {
            rows: panel.len(),
            singletons: self.singletons.0,
            singletons_dropped: self.singletons.1,
            units: units.n_used(),
            times: times.n_used(),
            rows_of_unit: (used().min().unwrap_or_default(), used().max().unwrap_or_default()),
            units_with_gaps: with_gaps.len(),
            slopes: sizes.slopes as usize,
            absorbed: sizes.absorbed as usize,
            residual_df: sizes.residual_df() as usize,
            rounds,
        }
    }

    /// In the order of the input.
    pub(super) fn residuals(&self, residuals: &[f64]) -> Vec<Option<f64>> {
        let of_input = matches!(self.estimator, PanelEstimator::Within | PanelEstimator::Pooled);
        let mut by_row = vec![None; if of_input { self.panel.n_input } else { 0 }];
        if of_input {
            for (&row, e) in self.panel.order.iter().zip(residuals) {
                by_row[row as usize] = Some(*e);
            }
        }
        by_row
    }
}

/// What the scores of coefficients and of the constant are made of.
pub(super) struct Moments<'a> {
    /// Regressors without effects.
    pub(super) columns: Vec<&'a Vec<f64>>,
    pub(super) residuals: &'a [f64],
    pub(super) weights: Option<&'a [f64]>,
    /// $(X^\top W X)^{-1}$.
    pub(super) inverse: &'a DMatrix<f64>,
    /// Of the regressors before effects were taken out.
    pub(super) means: &'a DVector<f64>,
}

impl Moments<'_> {
    /// Scores of the coefficients and of the constant, which comes last.
    pub(super) fn scores<'b>(
        &self,
        panel: &'b Panel,
        convention: PanelConvention,
        sizes: Sizes,
        scale: f64,
        absorbed: Vec<&'b Effect>,
        kind: &PanelCovariance,
    ) -> Scores<'b> {
        let k = self.columns.len();
        // The conventional covariance asks for none.
        let mut columns: Vec<Vec<f64>> = Vec::new();
        if *kind != PanelCovariance::Conventional {
            let last: Vec<f64> = match self.weights {
                None => self.residuals.to_vec(),
                Some(weights) => self.residuals.iter().zip(weights).map(|(e, w)| e * w).collect(),
            };
            let of_column =
                |column: &&Vec<f64>| column.iter().zip(&last).map(|(x, e)| x * e).collect();
            columns.extend(self.columns.iter().map(of_column));
            columns.push(last);
        }
        let a = self.inverse;
        let of_means = a * self.means;
        let mut bread = DMatrix::zeros(k + 1, k + 1);
        bread.view_mut((0, 0), (k, k)).copy_from(a);
        bread.view_mut((k, 0), (1, k)).copy_from(&-of_means.transpose());
        bread[(k, k)] = 1.0 / sizes.rows;
        let mut conventional = bread.clone();
        conventional.view_mut((0, k), (k, 1)).copy_from(&-&of_means);
        conventional[(k, k)] = 1.0 / sizes.rows + self.means.dot(&of_means);
        Scores {
            panel,
            convention,
            sizes,
            columns,
            bread,
            scale,
            conventional,
            leverage: Err("instrumental variables"),
            absorbed,
            places: Vec::new(),
        }
    }
}

pub(super) fn squared_correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (a_mean, b_mean) = (mean(a), mean(b));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        aa += (a - a_mean) * (a - a_mean);
        bb += (b - b_mean) * (b - b_mean);
        ab += (a - a_mean) * (b - b_mean);
    }
    ab * ab / (aa * bb)
}

/// Coefficients with tests and limits by the t distribution.
pub(super) fn coefficients(
    names: &[String],
    estimates: &[f64],
    covariance: &Covariance,
    level: f64,
) -> Result<Vec<PanelCoefficient>> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::Level { level });
    }
    // By the normal distribution where there are no degrees of freedom to count.
    let t = StudentsT::new(0.0, 1.0, covariance.df).ok().filter(|_| covariance.df.is_finite());
    let quantile = match &t {
        Some(t) => t.inverse_cdf(f64::midpoint(1.0, level)),
        None => normal_quantile(level)?,
    };
    let of_place = |(place, (name, &estimate)): (usize, (&String, &f64))| {
        let std_error = covariance.matrix[(place, place)].max(0.0).sqrt();
        let statistic = estimate / std_error;
        PanelCoefficient {
            column: name.clone(),
            estimate: Estimate::symmetric(estimate, std_error, quantile),
            statistic,
            p_value: match &t {
                // 0 by 0, where the regressors explain all.
                _ if statistic.is_nan() => f64::NAN,
                Some(t) => (2.0 * t.sf(statistic.abs())).min(1.0),
                None => upper_tail(statistic * statistic, 1),
            },
        }
    };
    Ok(names.iter().zip(estimates).enumerate().map(of_place).collect())
}

pub(super) fn variance(covariance: &Covariance) -> PanelVariance {
    PanelVariance {
        kind: covariance.kind.clone(),
        groups: covariance.groups.clone(),
        multiplier: covariance.multiplier,
        df: covariance.df,
        repaired: covariance.repaired,
    }
}

/// That the first slopes, as many as `beta` has, are 0.
pub(super) fn slopes_test(beta: &DVector<f64>, covariance: &Covariance) -> Option<FTest> {
    let places: Vec<usize> = (0..beta.len()).collect();
    joint_test(beta.as_slice(), covariance, &places)
}

/// $b^\top V^- b / r$ of the coefficients at some places, $V^-$ the inverse of rank $r$ on the scale of standard errors, which does not
/// depend on the columns' units; `None` where clusters give $V$ no rank for it.
pub(super) fn joint_test(beta: &[f64], covariance: &Covariance, places: &[usize]) -> Option<FTest> {
    let q = places.len();
    if q == 0 || covariance.groups.iter().any(|&groups| groups <= q) {
        return None;
    }
    let v = |a: usize, b: usize| covariance.matrix[(places[a], places[b])];
    let scale: Vec<f64> = (0..q).map(|a| v(a, a).sqrt()).collect();
    let unit = DMatrix::from_fn(q, q, |a, b| v(a, b) / (scale[a] * scale[b]));
    if unit.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let z = DVector::from_fn(q, |a, _| beta[places[a]] / scale[a]);
    let SymmetricEigen { eigenvalues, eigenvectors } =
        SymmetricEigen::try_new(unit, f64::EPSILON, 1_000)?;
    let largest = eigenvalues.max();
    let (mut statistic, mut rank) = (0.0, 0.0);
    for (value, vector) in eigenvalues.iter().zip(eigenvectors.column_iter()) {
        if *value > ROUNDING * largest {
            statistic += vector.dot(&z).powi(2) / value;
            rank += 1.0;
        }
    }
    let statistic = statistic / rank;
    statistic.is_finite().then(|| FTest::new(statistic, rank, covariance.df))
}

pub(super) fn collinear(kept: &Kept, names: &[String]) -> Vec<Collinear> {
    let of = |(column, with): &(usize, Vec<(usize, f64)>)| Collinear {
        column: names[*column].clone(),
        with: with.iter().map(|(other, factor)| (names[*other].clone(), *factor)).collect(),
    };
    kept.dropped.iter().map(of).collect()
}
