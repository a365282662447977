//! Poisson regression with fixed effects.

use nalgebra::DVector;
use ndarray::Array2;
use statrs::function::gamma::ln_gamma;

use super::absorb::{Absorber, n_absorbed};
use super::convention::{PanelConvention, Sizes};
use super::covariance::{PanelCovariance, Scores};
use super::error::PanelError;
use super::fit::{Regression, coefficients, collinear, mean_one, slopes_test, variance};
use super::fixed_effects::FixedEffects;
use super::least_squares::{Solution, solve, weighted_spread};
use super::result::{FTest, PanelCoefficient, PanelCounts, PanelEstimator, PanelVariance};
use super::separation::{by_regressors, without_zero_levels};
use super::{Effect, Panel};
use crate::cox::Collinear;
use crate::error::{Error, Result};

/// Result of [`FixedEffects::fit_poisson`]. Statistics are compared with the normal distribution.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PoissonFit {
    /// One for each column that was not left out: log rate ratios.
    pub coefficients: Vec<PanelCoefficient>,
    /// Covariance of the coefficients.
    pub covariance: Array2<f64>,
    /// How the covariance was made.
    pub variance: PanelVariance,
    /// What was counted, of the rows that the regression uses.
    pub counts: PanelCounts,
    /// Rows left out because their outcome is 0 and their level of an effect, or the regressors, put their mean at 0.
    pub separated: usize,
    /// $2 \sum_i w_i (y_i \ln (y_i / \mu_i) - y_i + \mu_i)$.
    pub deviance: f64,
    /// $\sum_i w_i (y_i \ln \mu_i - \mu_i - \ln \Gamma(y_i + 1))$.
    pub log_likelihood: f64,
    /// $1 - \ell / \ell_0$ (McFadden 1974), $\ell_0$ of one mean for all rows.
    pub pseudo_r_squared: f64,
    /// That all slopes are 0: $\chi^2 / k$ in `statistic`.
    pub slopes_test: Option<FTest>,
    /// Columns left out because others or the effects determine them.
    pub collinear: Vec<Collinear>,
    /// $\mu_i$ by row of the input; `None` for rows left out.
    pub fitted: Vec<Option<f64>>,
    /// Steps of Newton's method.
    pub iterations: usize,
}

/// Steps, at most.
const MOST_STEPS: usize = 200;
/// Mean square step of the linear predictor that ends the search: the next one is its square.
const SMALL: f64 = 1e-20;
/// Halvings of a step, at most.
const MOST_HALVINGS: usize = 30;
/// Fitted mean against the mean outcome below which a row may be separated.
const SUSPICIOUS: f64 = 1e-7;

impl PoissonFit {
    /// A coefficient by the name of its column.
    pub fn coefficient(&self, column: &str) -> Option<&PanelCoefficient> {
        self.coefficients.iter().find(|coefficient| coefficient.column == column)
    }
}

impl FixedEffects {
    /// Poisson (pseudo) maximum likelihood of $E\, y_{it} = \exp(o_{it} + x_{it}^\top \beta + \alpha_i)$ with absorbed effects and an
    /// offset $o$, such as the logarithm of an exposure; by row of the input. The outcome is 0 or more and need not be whole
    /// (Gourieroux, Monfort and Trognon 1984; Santos Silva and Tenreyro 2006).
    ///
    /// By iterated least squares in which the effects are taken out of the working outcome and the columns with the weights
    /// $w \mu$ (Guimarães and Portugal 2010; Correia, Guimarães and Zylkin 2020). Rows whose mean the likelihood would put
    /// at 0 tell nothing of the slopes and are left out and counted: all rows of a level with outcomes of 0 alone, and rows that
    /// a combination of regressors separates, found by the iterated rectifier (Correia, Guimarães and Zylkin 2019).
    ///
    /// Multipliers are of [`PanelConvention::Fixest`] whatever the convention, which only says whether rows alone in a level are
    /// dropped. Weights have mean 1, but in the conventional covariance, which counts a row as many times as its weight says.
    ///
    /// ```
    /// use afgang_models::{Design, Factor, FixedEffects, Panel};
    ///
    /// // In each unit the rate with x is three times that without: 1 to 3 and 2 to 6; unit C has no events.
    /// let design = Design::builder().numeric("x", vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0]).build()?;
    /// let unit = Factor::new(&["A", "A", "B", "B", "C", "C"]);
    /// let panel = Panel::new(&[1.0, 3.0, 2.0, 6.0, 0.0, 0.0], &design, &unit, &[1, 2, 1, 2, 1, 2])?;
    /// let fit = FixedEffects::units().fit_poisson(&panel, None)?;
    /// let x = &fit.coefficients[0].estimate;
    /// assert!((x.estimate - 3.0_f64.ln()).abs() < 1e-12);
    /// assert_eq!(fit.separated, 2);
    /// // Information 1 * 3/4 + 2 * 3/4; the multiplier of fixest is (4 - 1) / (4 - 2 - 1).
    /// assert!((x.std_error.powi(2) - 3.0 / 2.25).abs() < 1e-9);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit); [`PanelError::NegativeOutcome`], [`PanelError::NoEvents`] if no row with an outcome above 0 is left,
    /// [`Error::ColumnLength`] and [`Error::NotFinite`] for the offset, [`PanelError::NoLeverage`] for HC2 and HC3,
    /// [`PanelError::PoissonNotConverged`].
    pub fn fit_poisson(&self, panel: &Panel, offset: Option<&[f64]>) -> Result<PoissonFit> {
        if let Some(place) = panel.outcome.iter().position(|y| *y < 0.0) {
            let (row, value) = (panel.order[place] as usize, panel.outcome[place]);
            return Err(PanelError::NegativeOutcome { row, value }.into());
        }
        let places = self.places(panel)?;
        let mut offset = match offset {
            Some(offset) => panel.in_order("offset", offset)?,
            None => vec![0.0; panel.len()],
        };
        let drop = self.drops_singletons();
        let mut rows = panel.clone();
        let (mut separated, mut singletons) = (0, 0);
        let keep_rows = |rows: &mut Panel, offset: &mut Vec<f64>, keep: &[u32]| {
            *offset = keep.iter().map(|&place| offset[place as usize]).collect();
            *rows = rows.select(keep);
        };
        loop {
            let effects: Vec<&Effect> = places.iter().map(|&e| &rows.effects[e]).collect();
            let (keep, zero, alone) = without_zero_levels(&effects, &rows.outcome, drop);
            separated += zero;
            singletons += alone;
            if zero + alone > 0 {
                keep_rows(&mut rows, &mut offset, &keep);
            }
            if rows.is_empty() && singletons == panel.len() {
                let effects = places.iter().map(|&e| panel.effects[e].name.clone()).collect();
                return Err(PanelError::AllSingletons { rows: singletons, effects }.into());
            }
            if rows.outcome.iter().all(|y| *y <= 0.0) {
                return Err(PanelError::NoEvents.into());
            }
            let effects: Vec<&Effect> = places.iter().map(|&e| &rows.effects[e]).collect();
            let weights = mean_one(&rows);
            let search = Search { panel: &rows, effects, weights, offset: &offset };
            let found = search.run()?;
            let mean = rows.outcome.iter().sum::<f64>() / rows.len() as f64;
            let least = rows.outcome.iter().zip(&found.means).filter(|(y, _)| **y <= 0.0);
            if least.fold(f64::INFINITY, |least, (_, mu)| least.min(*mu)) < SUSPICIOUS * mean {
                let keep = by_regressors(&rows, &search.effects)?;
                if keep.len() < rows.len() {
                    separated += rows.len() - keep.len();
                    keep_rows(&mut rows, &mut offset, &keep);
                    continue;
                }
            }
            return self.finish(&search, &found, &places, separated, (singletons, drop));
        }
    }

    fn finish(
        &self,
        search: &Search,
        found: &Found,
        places: &[usize],
        separated: usize,
        singletons: (usize, bool),
    ) -> Result<PoissonFit> {
        let Search { panel, effects, weights, .. } = search;
        let Found { solution, columns, means, .. } = found;
        let weight = |row: usize| weights.as_ref().map_or(1.0, |w| w[row]);
        let (n, k, l) = (panel.len(), solution.kept.columns.len(), n_absorbed(effects));
        if n <= l + k {
            return Err(Error::TooFewRows { rows: n, parameters: l + k });
        }
        let sizes = Sizes { rows: n as f64, slopes: k as f64, absorbed: l as f64 };
        let rest: Vec<f64> =
            (0..n).map(|row| (panel.outcome[row] - means[row]) * weight(row)).collect();
        let score = |&column: &usize| -> Vec<f64> {
            columns[column].iter().zip(&rest).map(|(x, e)| x * e).collect()
        };
        let scores = Scores {
            panel,
            convention: PanelConvention::Fixest,
            sizes,
            columns: solution.kept.columns.iter().map(score).collect(),
            bread: solution.inverse.clone(),
            scale: (sizes.rows - 1.0) / sizes.residual_df(),
            conventional: solution.inverse.clone(),
            leverage: Err("Poisson regression"),
            absorbed: effects.clone(),
            places: Vec::new(),
        };
        let mut covariance = scores.covariance(&self.covariance)?;
        covariance.df = f64::INFINITY;
        if self.covariance == PanelCovariance::Conventional {
            covariance.multiplier = scores.scale;
            // Information counts weights as they are; in sandwiches their size goes out.
            let size = panel.weights.as_ref().map_or(1.0, |w| w.iter().sum::<f64>() / n as f64);
            covariance.matrix /= size;
        }
        let names: Vec<String> =
            solution.kept.columns.iter().map(|&c| panel.names[c].clone()).collect();
        let estimates: Vec<f64> = solution.beta.iter().copied().collect();
        let counts = Regression {
            estimator: PanelEstimator::Within,
            panel,
            of: panel,
            absorbed: places.to_vec(),
            convention: PanelConvention::Fixest,
            covariance: &self.covariance,
            level: self.level,
            singletons,
        }
        .counts(sizes, found.rounds);
        let total: f64 = (0..n).map(|row| panel.outcome[row] * weight(row)).sum();
        let mean = total / n as f64;
        let likelihood = |mean: &dyn Fn(usize) -> f64| -> f64 {
            let of = |row: usize| {
                let (y, mu) = (panel.outcome[row], mean(row));
                let log = if y > 0.0 { y * mu.ln() } else { 0.0 };
                weight(row) * (log - mu - ln_gamma(y + 1.0))
            };
            (0..n).map(of).sum()
        };
        let log_likelihood = likelihood(&|row| means[row]);
        let mut fitted = vec![None; panel.n_input];
        for (&row, mu) in panel.order.iter().zip(means) {
            fitted[row as usize] = Some(*mu);
        }
        Ok(PoissonFit {
            coefficients: coefficients(&names, &estimates, &covariance, self.level)?,
            slopes_test: slopes_test(&DVector::from_vec(estimates), &covariance),
            covariance: Array2::from_shape_fn((k, k), |at| covariance.matrix[at]),
            variance: variance(&covariance),
            counts,
            separated,
            deviance: found.deviance,
            log_likelihood,
            pseudo_r_squared: 1.0 - log_likelihood / likelihood(&|_| mean),
            collinear: collinear(&solution.kept, &panel.names),
            fitted,
            iterations: found.iterations,
        })
    }
}

/// The search for the most likely coefficients.
struct Search<'a> {
    panel: &'a Panel,
    effects: Vec<&'a Effect>,
    weights: Option<Vec<f64>>,
    offset: &'a [f64],
}

/// Where it ended.
struct Found {
    solution: Solution,
    /// Columns without effects, by the last weights.
    columns: Vec<Vec<f64>>,
    means: Vec<f64>,
    deviance: f64,
    iterations: usize,
    rounds: usize,
}

impl Search<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[row])
    }

    fn deviance(&self, means: &[f64]) -> f64 {
        let of = |(row, (y, mu)): (usize, (&f64, &f64))| {
            let log = if *y > 0.0 { y * (y / mu).ln() } else { 0.0 };
            2.0 * self.weight(row) * (log - (y - mu))
        };
        self.panel.outcome.iter().zip(means).enumerate().map(of).sum()
    }

    fn run(&self) -> Result<Found> {
        let (y, n) = (&self.panel.outcome, self.panel.len());
        let mean = y.iter().sum::<f64>() / n as f64;
        let mut means: Vec<f64> = y.iter().map(|y| f64::midpoint(*y, mean)).collect();
        let mut predictor: Vec<f64> = means.iter().map(|mu| mu.ln()).collect();
        let mut deviance = f64::INFINITY;
        let mut columns = self.panel.columns.clone();
        let mut most_rounds = 0;
        for iterations in 1..=MOST_STEPS {
            let work: Vec<f64> = (0..n).map(|row| self.weight(row) * means[row]).collect();
            let raw: Vec<f64> =
                self.panel.columns.iter().map(|column| weighted_spread(column, &work)).collect();
            let working: Vec<f64> = (0..n)
                .map(|row| predictor[row] - self.offset[row] + (y[row] - means[row]) / means[row])
                .collect();
            // Columns of the step before differ from the panel's by effects alone.
            columns.push(working.clone());
            let rounds = Absorber::new(self.effects.clone(), Some(&work))
                .absorb(&mut columns)
                .map_err(|rounds| PanelError::AbsorptionNotConverged { rounds })?;
            most_rounds = most_rounds.max(rounds);
            let outcome = columns.pop().unwrap_or_default();
            let solution = solve(&outcome, &columns, Some(&work), &raw)?;
            let mut next: Vec<f64> = (0..n)
                .map(|row| working[row] - solution.residuals[row] + self.offset[row])
                .collect();
            let mut next_means: Vec<f64> = next.iter().map(|eta| eta.exp()).collect();
            let mut now = self.deviance(&next_means);
            let mut halvings = 0;
            // Rounding may raise a deviance that no longer falls.
            while !now.is_finite() || (iterations > 1 && now > deviance * (1.0 + 1e-10) + 1e-10) {
                if halvings == MOST_HALVINGS {
                    return Err(PanelError::PoissonNotConverged { steps: iterations }.into());
                }
                halvings += 1;
                next.iter_mut().zip(&predictor).for_each(|(new, old)| *new = new.midpoint(*old));
                next_means = next.iter().map(|eta| eta.exp()).collect();
                now = self.deviance(&next_means);
            }
            let moved: f64 =
                (0..n).map(|row| work[row] * (next[row] - predictor[row]).powi(2)).sum();
            let small = moved <= SMALL * work.iter().sum::<f64>();
            (predictor, means, deviance) = (next, next_means, now);
            if small && halvings == 0 {
                let rounds = most_rounds;
                return Ok(Found { solution, columns, means, deviance, iterations, rounds });
            }
        }
        Err(PanelError::PoissonNotConverged { steps: MOST_STEPS }.into())
    }
}
