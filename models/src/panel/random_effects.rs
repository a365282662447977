//! Regression with random effects of units.

use nalgebra::{DMatrix, DVector};
use ndarray::Array2;

use super::absorb::Absorber;
use super::convention::{PanelConvention, Sizes};
use super::covariance::{Covariance, PanelCovariance, Scores};
use super::error::PanelError;
use super::explained::Prediction;
use super::fit::{
    absorb_and_solve, coefficients, collinear, joint_test, slopes_test, squared_correlation,
    variance,
};
use super::least_squares::{Solution, mean, solve};
use super::ordinary::means;
use super::result::{FTest, PanelCoefficient, PanelVariance, RSquared};
use super::variance_components::{amemiya, swamy_arora, wallace_hussain};
use super::{Panel, UNIT};
use crate::cox::Collinear;
use crate::error::{Error, Result};

/// How the variances of units and of rows are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum VarianceComponents {
    /// From the within and between residuals (Swamy and Arora 1972), for unbalanced panels by the traces of Baltagi and Chang
    /// (1994); as R's `plm` and Stata's `xtreg, re sa`.
    #[default]
    SwamyArora,
    /// The same with the harmonic mean of the units' numbers of rows, as Stata's `xtreg, re`. Alike in balanced panels.
    StataHarmonic,
    /// From residuals of the within estimator (Amemiya 1971); of unbalanced panels by their expectations.
    Amemiya,
    /// From residuals of the pooled estimator (Wallace and Hussain 1969); of unbalanced panels by their expectations.
    WallaceHussain,
    /// From the recovered fixed effects (Nerlove 1971), each with the weight of its rows.
    Nerlove,
}

/// $y_{it} = c + x_{it}^\top \beta + u_i + \varepsilon_{it}$ with $u_i$ uncorrelated with $x$: least squares of $y_{it} - \theta_i \bar
/// y_i$ on the same of $x$ and the constant, $\theta_i = 1 - \sigma_\varepsilon / \sqrt{\sigma_\varepsilon^2 + T_i \sigma_u^2}$ (Balestra and
/// Nerlove 1966).
///
/// # Examples
///
/// ```
/// use afgang_models::{Design, Factor, Panel, PanelOls, RandomEffects};
///
/// // Units that do not differ: the variance between them is estimated as 0, and all rows count alike.
/// let design = Design::builder().numeric("x", vec![0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0, 2.5]).build()?;
/// let unit = Factor::new(&["A", "A", "A", "B", "B", "B", "C", "C", "C"]);
/// let y = vec![0.0, 2.0, 1.0, 1.0, 0.0, 2.0, 1.0, 1.0, 2.0];
/// let panel = Panel::new(&y, &design, &unit, &[1, 2, 3, 1, 2, 3, 1, 2, 3])?;
/// let fit = RandomEffects::new().fit(&panel)?;
/// let pooled = PanelOls::pooled().fit(&panel)?;
/// assert_eq!(fit.sigma_unit, 0.0);
/// let apart = fit.coefficients[0].estimate.estimate - pooled.coefficients[0].estimate.estimate;
/// assert!(apart.abs() < 1e-14);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct RandomEffects {
    components: VarianceComponents,
    convention: PanelConvention,
    covariance: PanelCovariance,
    level: f64,
}

/// Result of [`RandomEffects::fit`]. Statistics are compared with the normal distribution, as `linearmodels` with $t$ and $F$.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RandomEffectsFit {
    /// One for each column that was not left out.
    pub coefficients: Vec<PanelCoefficient>,
    /// The constant.
    pub constant: PanelCoefficient,
    /// Covariance of coefficients and constant, which comes last.
    pub covariance: Array2<f64>,
    /// How the covariance was made.
    pub variance: PanelVariance,
    /// That all slopes are 0: $\chi^2 / k$ in `statistic`, or as `linearmodels` $F$.
    pub slopes_test: Option<FTest>,
    /// $\hat\sigma_u$.
    pub sigma_unit: f64,
    /// $\hat\sigma_\varepsilon$.
    pub sigma_row: f64,
    /// Smallest and largest $\theta_i$.
    pub theta: (f64, f64),
    /// Rows.
    pub rows: usize,
    /// Units.
    pub units: usize,
    /// Square sum of the quasi-deviations' residuals.
    pub rss: f64,
    /// Square root of $rss / (N - k - 1)$.
    pub sigma: f64,
    /// Shares of explained variance.
    pub r_squared: RSquared,
    /// Columns left out because others determine them.
    pub collinear: Vec<Collinear>,
}

impl Default for RandomEffects {
    fn default() -> Self {
        Self::new()
    }
}

/// Variances and each unit's rows.
struct Components {
    of_unit: f64,
    of_row: f64,
    /// $T_i$ by code.
    rows: Vec<f64>,
}

impl RandomEffects {
    /// Swamy and Arora's variances, the conventional covariance.
    pub fn new() -> Self {
        Self {
            components: VarianceComponents::default(),
            convention: PanelConvention::default(),
            covariance: PanelCovariance::default(),
            level: 0.95,
        }
    }

    /// How variances are estimated.
    pub fn components(mut self, components: VarianceComponents) -> Self {
        self.components = components;
        self
    }

    /// Whose multipliers are used.
    pub fn convention(mut self, convention: PanelConvention) -> Self {
        self.convention = convention;
        self
    }

    /// Kind of covariance. Default conventional.
    pub fn covariance(mut self, covariance: PanelCovariance) -> Self {
        self.covariance = covariance;
        self
    }

    /// Level of the intervals.
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Fits the regression.
    ///
    /// # Errors
    ///
    /// As [`FixedEffects::fit`](crate::FixedEffects::fit); [`PanelError::WeightedComponents`] for a panel with weights,
    /// [`PanelError::OneLevel`] for one unit.
    pub fn fit(&self, panel: &Panel) -> Result<RandomEffectsFit> {
        let components = self.estimate(panel)?;
        let quasi = Quasi::new(panel, &components)?;
        let Of { sizes, places, scale, covariance } = self.covariance_of(panel, &quasi)?;
        let Quasi { theta, outcome, turned: _, solution } = &quasi;
        let all = places.len();
        let beta = DVector::from_fn(all, |a, _| solution.beta[places[a]]);
        let turned_names: Vec<String> =
            std::iter::once("constant".to_owned()).chain(panel.names.iter().cloned()).collect();
        let names: Vec<String> =
            places.iter().map(|&p| turned_names[solution.kept.columns[p]].clone()).collect();
        let estimates: Vec<f64> = beta.iter().copied().collect();
        let mut coefficients = coefficients(&names, &estimates, &covariance, self.level)?;
        let constant = coefficients.remove(all - 1);
        let slopes: Vec<(usize, f64)> = places[..all - 1]
            .iter()
            .map(|&place| (solution.kept.columns[place] - 1, solution.beta[place]))
            .collect();
        let prediction = Prediction::new(panel, None, &slopes);
        let shares = prediction.shares(self.convention, constant.estimate.estimate);
        let fitted: Vec<f64> =
            outcome.iter().zip(&solution.residuals).map(|(y, e)| y - e).collect();
        let own = squared_correlation(outcome, &fitted);
        let mut r_squared = RSquared::new(self.convention, sizes, own, own, shares, false);
        if self.convention != PanelConvention::Plm {
            r_squared.adjusted = None;
        }
        let units = panel.effects[UNIT].n_used();
        let used = theta.iter().zip(&components.rows).filter(|(_, rows)| **rows > 0.0);
        let (least, most) = used
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), (t, _)| {
                (least.min(*t), most.max(*t))
            });
        Ok(RandomEffectsFit {
            slopes_test: slopes_test(&beta.rows(0, all - 1).into_owned(), &covariance),
            covariance: Array2::from_shape_fn((all, all), |at| covariance.matrix[at]),
            coefficients,
            constant,
            variance: variance(&covariance),
            sigma_unit: components.of_unit.sqrt(),
            sigma_row: components.of_row.sqrt(),
            theta: (least, most),
            rows: panel.len(),
            units,
            rss: solution.rss,
            sigma: scale.sqrt(),
            r_squared,
            collinear: collinear(&solution.kept, &turned_names),
        })
    }

    /// Hausman's test as a regression: the random-effects regression with the units' means of the regressors besides, $y_{it} - \theta_i
    /// \bar y_i$ on the same of $x$, of $\bar x_i$ and of the constant, and that the coefficients of the means are 0 (Mundlak 1978;
    /// Arellano 1993; as `plm`'s `phtest(method = "aux")`). Effects that are uncorrelated with the regressors leave the means nothing to
    /// explain.
    ///
    /// $\theta_i$ stays that of the regression without means. The covariance is that asked for, so that rows of a unit may depend on each
    /// other, which [`hausman`](crate::hausman) does not allow. Means that the regressors or the constant determine, as of years in a
    /// balanced panel, are left out. The statistic is $\chi^2 / q$ on $q$ means, as `linearmodels` $F$.
    ///
    /// ```
    /// use afgang_models::{Design, Factor, Panel, RandomEffects};
    ///
    /// // Units with larger x have smaller effects: y = x within and -x between.
    /// let design = Design::builder().numeric("x", vec![0.0, 2.0, 4.0, 3.0, 5.0, 7.0, 7.0, 8.0, 9.5]).build()?;
    /// let unit = Factor::new(&["A", "A", "A", "B", "B", "B", "C", "C", "C"]);
    /// let y = vec![-3.0, -0.9, 1.0, -7.0, -5.2, -3.0, -9.0, -8.1, -6.4];
    /// let panel = Panel::new(&y, &design, &unit, &[1, 2, 3, 1, 2, 3, 1, 2, 3])?;
    /// let test = RandomEffects::new().hausman_regression(&panel)?;
    /// assert_eq!(test.df, 1.0);
    /// assert!(test.p_value < 0.001);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit); [`PanelError::NoMeans`] if no mean is left to test, [`PanelError::TooFewClusters`] for a covariance by no more
    /// clusters than there are means.
    pub fn hausman_regression(&self, panel: &Panel) -> Result<FTest> {
        let components = self.estimate(panel)?;
        let k = panel.columns.len();
        let mut with_means = panel.clone();
        for (name, column) in panel.names.iter().zip(&panel.columns) {
            with_means.columns.push(of_rows(panel, column));
            with_means.names.push(format!("mean of {name}"));
        }
        let quasi = Quasi::new(&with_means, &components)?;
        let Of { places, covariance, .. } = self.covariance_of(&with_means, &quasi)?;
        let solution = &quasi.solution;
        let beta: Vec<f64> = places.iter().map(|&place| solution.beta[place]).collect();
        // The constant stands before the columns, of which the means come last.
        let is_mean = |at: &usize| solution.kept.columns[places[*at]] > k;
        let means: Vec<usize> = (0..places.len()).filter(is_mean).collect();
        if means.is_empty() {
            return Err(PanelError::NoMeans.into());
        }
        joint_test(&beta, &covariance, &means).ok_or_else(|| {
            let clusters = covariance.groups.iter().copied().min().unwrap_or_default();
            PanelError::TooFewClusters { clusters, coefficients: means.len() }.into()
        })
    }

    /// Covariance of the slopes and then the constant.
    fn covariance_of(&self, panel: &Panel, quasi: &Quasi) -> Result<Of> {
        let Quasi { turned, solution, .. } = quasi;
        let all = solution.kept.columns.len();
        if panel.len() <= all {
            return Err(Error::TooFewRows { rows: panel.len(), parameters: all });
        }
        let places: Vec<usize> = (1..all).chain([0]).collect();
        let inverse = DMatrix::from_fn(all, all, |a, b| solution.inverse[(places[a], places[b])]);
        let columns = places.iter().map(|&place| {
            let column = &turned[solution.kept.columns[place]];
            column.iter().zip(&solution.residuals).map(|(x, e)| x * e).collect()
        });
        let sizes = Sizes { rows: panel.len() as f64, slopes: all as f64 - 1.0, absorbed: 1.0 };
        let scale = solution.rss / sizes.residual_df();
        let scores = Scores {
            panel,
            convention: self.convention,
            sizes,
            columns: columns.collect(),
            bread: inverse.clone(),
            scale,
            conventional: inverse,
            leverage: Err("random effects"),
            absorbed: Vec::new(),
            places: Vec::new(),
        };
        let mut covariance = scores.covariance(&self.covariance)?;
        covariance.df = self.convention.df_of_random_effects(sizes);
        Ok(Of { sizes, places, scale, covariance })
    }

    fn estimate(&self, panel: &Panel) -> Result<Components> {
        if panel.weights.is_some() {
            return Err(PanelError::WeightedComponents.into());
        }
        let units = &panel.effects[UNIT];
        let rows: Vec<f64> = units.rows().into_iter().map(|rows| rows as f64).collect();
        let used: Vec<f64> = rows.iter().copied().filter(|rows| *rows > 0.0).collect();
        let (n, g) = (panel.len() as f64, used.len() as f64);
        if used.len() < 2 {
            return Err(PanelError::OneLevel { effect: units.name.clone() }.into());
        }
        let balanced = used.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.5);
        let within = absorb_and_solve(panel, &[units], None)?;
        let k = within.solution.kept.columns.len() as f64;
        if n <= g + k {
            return Err(Error::TooFewRows { rows: panel.len(), parameters: (g + k) as usize });
        }
        let of_row = within.solution.rss / (n - g - k);
        let (of_unit, of_row) = match self.components {
            VarianceComponents::StataHarmonic => {
                let solution = absorb_and_solve(&means(panel), &[], None)?.solution;
                let df = g - solution.kept.columns.len() as f64 - 1.0;
                let harmonic = g / used.iter().map(|t| 1.0 / t).sum::<f64>();
                ((solution.rss / df - of_row / harmonic).max(0.0), of_row)
            }
            VarianceComponents::SwamyArora => (swamy_arora(panel, &rows, of_row)?, of_row),
            VarianceComponents::Nerlove => {
                let effects = super::FixedEffects::units().effects(panel)?.effects;
                let squares = effects.iter().map(|of| of.rows as f64 * of.estimate.powi(2));
                (squares.sum::<f64>() / n * (g / (g - 1.0)), within.solution.rss / n)
            }
            VarianceComponents::Amemiya if !balanced => {
                let (between, _) = split(panel, &within)?;
                (amemiya(panel, &within, between, of_row), of_row)
            }
            VarianceComponents::WallaceHussain if !balanced => {
                let pooled = absorb_and_solve(panel, &[], None)?;
                wallace_hussain(panel, &pooled, split(panel, &pooled)?)?
            }
            VarianceComponents::Amemiya | VarianceComponents::WallaceHussain => {
                let solution = match self.components {
                    VarianceComponents::Amemiya => within,
                    _ => absorb_and_solve(panel, &[], None)?,
                };
                let t = n / g;
                let (between, of_row) = split(panel, &solution)?;
                let of_row = of_row / (n - g);
                (((between / g) - of_row).max(0.0) / t, of_row)
            }
        };
        Ok(Components { of_unit, of_row, rows })
    }
}

/// Quasi-deviations, the constant before the columns, and their least squares.
struct Quasi {
    /// By code of the unit.
    theta: Vec<f64>,
    outcome: Vec<f64>,
    turned: Vec<Vec<f64>>,
    solution: Solution,
}

/// A covariance and what it was made of.
struct Of {
    sizes: Sizes,
    /// Of slopes and then the constant among the columns kept.
    places: Vec<usize>,
    scale: f64,
    covariance: Covariance,
}

impl Quasi {
    fn new(panel: &Panel, components: &Components) -> Result<Self> {
        let Components { of_unit, of_row, rows } = components;
        let theta: Vec<f64> =
            rows.iter().map(|t| 1.0 - (of_row / (of_row + t * of_unit)).sqrt()).collect();
        let mut turned = quasi_deviations(panel, &theta);
        let outcome = turned.pop().unwrap_or_default();
        // The constant first: a column that it determines is left out, never the constant.
        turned.rotate_right(1);
        let raw: Vec<f64> = turned.iter().map(|c| c.iter().map(|v| v * v).sum()).collect();
        let solution = solve(&outcome, &turned, None, &raw)?;
        Ok(Self { theta, outcome, turned, solution })
    }
}

/// The mean of a unit in each of its rows.
fn of_rows(panel: &Panel, column: &[f64]) -> Vec<f64> {
    let codes = &panel.effects[UNIT].codes;
    let of_unit = |rows: &[f64]| {
        let mean = mean(rows, None);
        vec![mean; rows.len()]
    };
    let mut at = 0;
    let stretches = codes.chunk_by(|a, b| a == b).map(|rows| {
        at += rows.len();
        &column[at - rows.len()..at]
    });
    stretches.flat_map(of_unit).collect()
}

/// Square sums between and within units of $y - \bar y - (x - \bar x)^\top b$.
fn split(panel: &Panel, fit: &super::fit::Absorbed) -> Result<(f64, f64)> {
    let mut residual: Vec<f64> = panel.outcome.iter().map(|y| y - fit.outcome_mean).collect();
    for (&column, b) in fit.solution.kept.columns.iter().zip(&fit.solution.beta) {
        for (rest, x) in residual.iter_mut().zip(&panel.columns[column]) {
            *rest -= b * (x - fit.column_means[column]);
        }
    }
    let total: f64 = residual.iter().map(|e| e * e).sum();
    let mut left = [residual];
    let absorber = Absorber::new(vec![&panel.effects[UNIT]], None);
    absorber.absorb(&mut left).map_err(|rounds| PanelError::AbsorptionNotConverged { rounds })?;
    let within: f64 = left[0].iter().map(|e| e * e).sum();
    Ok((total - within, within))
}

/// Columns, constant and outcome less $\theta_i$ times the unit's mean.
pub(super) fn quasi_deviations(panel: &Panel, theta: &[f64]) -> Vec<Vec<f64>> {
    let codes = &panel.effects[UNIT].codes;
    let rows = panel.effects[UNIT].rows();
    let transform = |values: &[f64]| -> Vec<f64> {
        let mut sums = vec![0.0; theta.len()];
        for (&code, v) in codes.iter().zip(values) {
            sums[code as usize] += v;
        }
        let of_row = |(&code, v): (&u32, &f64)| {
            let unit = code as usize;
            v - theta[unit] * (sums[unit] / rows[unit] as f64)
        };
        codes.iter().zip(values).map(of_row).collect()
    };
    let constant = codes.iter().map(|&code| 1.0 - theta[code as usize]).collect();
    let columns = panel.columns.iter().map(|column| transform(column));
    columns.chain([constant, transform(&panel.outcome)]).collect()
}
