//! Two-stage least squares with fixed effects.

use nalgebra::DVector;
use ndarray::Array2;

use super::absorb::n_absorbed;
use super::convention::Sizes;
use super::error::PanelError;
use super::fit::{
    Moments, Regression, absorb, coefficients, collinear, mean_one, slopes_test, variance,
};
use super::fixed_effects::FixedEffects;
use super::identification::{FirstStage, Identification, Overidentification, Stages};
use super::least_squares::solve;
use super::result::{FTest, PanelCoefficient, PanelCounts, PanelEstimator, PanelVariance};
use super::{Effect, Panel};
use crate::cox::Collinear;
use crate::error::{Error, Result};

/// Which columns of a panel are endogenous and which are their instruments; the others are exogenous regressors.
///
/// ```
/// use afgang_models::Instruments;
///
/// let spec = Instruments::new(["wage"], ["output", "price"]);
/// # let _ = spec;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Instruments {
    endogenous: Vec<String>,
    instruments: Vec<String>,
}

impl Instruments {
    /// Endogenous regressors and the instruments that are no regressors themselves, by the names of columns.
    pub fn new<E: Into<String>, I: Into<String>>(
        endogenous: impl IntoIterator<Item = E>,
        instruments: impl IntoIterator<Item = I>,
    ) -> Self {
        Self {
            endogenous: endogenous.into_iter().map(Into::into).collect(),
            instruments: instruments.into_iter().map(Into::into).collect(),
        }
    }

    /// Places of exogenous and endogenous columns and of instruments.
    fn places(&self, panel: &Panel) -> Result<[Vec<usize>; 3]> {
        let place = |name: &String| {
            panel.names.iter().position(|column| column == name).ok_or_else(|| {
                Error::Panel(PanelError::UnknownColumn {
                    name: name.clone(),
                    columns: panel.names.clone(),
                })
            })
        };
        let endogenous: Vec<usize> = self.endogenous.iter().map(place).collect::<Result<_>>()?;
        let instruments: Vec<usize> = self.instruments.iter().map(place).collect::<Result<_>>()?;
        let mut named: Vec<usize> = endogenous.iter().chain(&instruments).copied().collect();
        named.sort_unstable();
        if let Some(pair) = named.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::DuplicateColumn { column: panel.names[pair[0]].clone() });
        }
        if endogenous.is_empty() || endogenous.len() > instruments.len() {
            return Err(PanelError::TooFewInstruments {
                instruments: self.instruments.clone(),
                endogenous: self.endogenous.clone(),
            }
            .into());
        }
        let exogenous = (0..panel.columns.len()).filter(|c| named.binary_search(c).is_err());
        Ok([exogenous.collect(), endogenous, instruments])
    }
}

/// Result of [`FixedEffects::fit_instrumental`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InstrumentalFit {
    /// Of the exogenous and endogenous columns, in the panel's order, that were not left out.
    pub coefficients: Vec<PanelCoefficient>,
    /// The weighted mean of the absorbed effects.
    pub constant: PanelCoefficient,
    /// Covariance of coefficients and constant, which comes last.
    pub covariance: Array2<f64>,
    /// How the covariance was made.
    pub variance: PanelVariance,
    /// What was counted.
    pub counts: PanelCounts,
    /// $\sum_i w_i e_i^2$ with the regressors themselves, not their predictions.
    pub rss: f64,
    /// Square root of $rss / (N - L - k)$.
    pub sigma: f64,
    /// $1 - rss / \sum \tilde y^2$, which may be below 0.
    pub r_squared_within: f64,
    /// That all slopes are 0.
    pub slopes_test: Option<FTest>,
    /// The regression of each endogenous column on exogenous ones and instruments.
    pub first_stages: Vec<FirstStage>,
    /// Smallest eigenvalue of Cragg and Donald (1993) as an $F$; with one endogenous column its conventional first-stage $F$.
    pub cragg_donald: f64,
    /// Rank $F$ of Kleibergen and Paap (2006) under the fit's covariance, with one endogenous column its first-stage $F$; `None` where
    /// the covariance has not the rank for it.
    pub kleibergen_paap: Option<f64>,
    /// That the instruments beyond those needed are uncorrelated with the errors; `None` where none are.
    pub overidentification: Option<Overidentification>,
    /// That the endogenous columns are exogenous (Wu 1973; Hausman 1978): $F$ of the first stages' residuals as further
    /// regressors, with the fit's covariance.
    pub endogeneity: Option<FTest>,
    /// Columns left out because others or the effects determine them.
    pub collinear: Vec<Collinear>,
    /// By row of the input; `None` for rows left out.
    pub residuals: Vec<Option<f64>>,
}

impl InstrumentalFit {
    /// A coefficient by the name of its column.
    pub fn coefficient(&self, column: &str) -> Option<&PanelCoefficient> {
        self.coefficients.iter().find(|coefficient| coefficient.column == column)
    }
}

impl FixedEffects {
    /// Two-stage least squares: $\hat\beta = (\hat X^\top W X)^{-1} \hat X^\top W y$ of columns without effects, $\hat X$ the
    /// prediction of $X$ by exogenous regressors and instruments (Wooldridge 2002, chapter 5).
    ///
    /// Covariances are those of least squares with $\hat X$ for $X$ and residuals $y - X \hat\beta$; conventions give the same
    /// multipliers as of [`fit`](Self::fit).
    ///
    /// ```
    /// use afgang_models::{Design, Factor, FixedEffects, Instruments, Panel};
    ///
    /// // Differences of y over differences of x where z rises by 1: with one instrument, (2 + 4 + 3) / (1 + 3 + 2).
    /// let design = Design::builder()
    ///     .numeric("x", vec![0.0, 1.0, 1.0, 4.0, 0.0, 2.0])
    ///     .numeric("z", vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    ///     .build()?;
    /// let unit = Factor::new(&["A", "A", "B", "B", "C", "C"]);
    /// let panel = Panel::new(&[0.0, 2.0, 1.0, 5.0, 3.0, 6.0], &design, &unit, &[1, 2, 1, 2, 1, 2])?;
    /// let fit = FixedEffects::units().fit_instrumental(&panel, &Instruments::new(["x"], ["z"]))?;
    /// assert!((fit.coefficients[0].estimate.estimate - 1.5).abs() < 1e-14);
    /// // First stage: slope 2, residuals of the differences -1, 1 and 0, (2^2 * 3/2) / (1 / 2).
    /// assert!((fit.cragg_donald - 12.0).abs() < 1e-12);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit); [`PanelError::UnknownColumn`], [`Error::DuplicateColumn`] for a column that is endogenous and an
    /// instrument, [`PanelError::TooFewInstruments`], [`PanelError::NotIdentified`] for an endogenous column that the instruments
    /// do not predict, [`PanelError::NoLeverage`] for HC2 and HC3.
    pub fn fit_instrumental(
        &self,
        panel: &Panel,
        instruments: &Instruments,
    ) -> Result<InstrumentalFit> {
        let [exogenous, endogenous, outside] = instruments.places(panel)?;
        let absorbed = self.places(panel)?;
        let (selected, singletons) = self.rows(panel, &absorbed);
        let panel = selected.as_ref().unwrap_or(panel);
        let weights = mean_one(panel);
        let effects: Vec<&Effect> = absorbed.iter().map(|&e| &panel.effects[e]).collect();
        let without = absorb(panel, &effects, weights.as_deref())?;
        let predictors: Vec<usize> = exogenous.iter().chain(&outside).copied().collect();
        let stages = Stages::new(
            panel,
            effects.clone(),
            &without,
            weights.as_deref(),
            &predictors,
            exogenous.len(),
            &endogenous,
        )?;
        // In the panel's order, endogenous columns as the instruments predict them.
        let mut regressors: Vec<usize> =
            stages.exogenous.iter().chain(&endogenous).copied().collect();
        regressors.sort_unstable();
        let predicted = |column: usize| match endogenous.iter().position(|&e| e == column) {
            Some(place) => stages.predicted(place),
            None => without.columns[column].clone(),
        };
        let columns: Vec<Vec<f64>> = regressors.iter().map(|&column| predicted(column)).collect();
        let raw: Vec<f64> = regressors.iter().map(|&column| without.raw[column]).collect();
        let mut solution = solve(&without.outcome, &columns, weights.as_deref(), &raw)?;
        if let Some((place, _)) = solution.kept.dropped.first() {
            let column = panel.names[regressors[*place]].clone();
            return Err(PanelError::NotIdentified { column }.into());
        }
        let mut residuals = without.outcome.clone();
        for (&column, b) in regressors.iter().zip(&solution.beta) {
            for (e, x) in residuals.iter_mut().zip(&without.columns[column]) {
                *e -= b * x;
            }
        }
        let squares = |v: &[f64]| -> f64 {
            let weight = |row: usize| weights.as_ref().map_or(1.0, |w| w[row]);
            v.iter().enumerate().map(|(row, e)| e * e * weight(row)).sum()
        };
        (solution.rss, solution.tss) = (squares(&residuals), squares(&without.outcome));
        solution.residuals = residuals;
        let (n, k, l) = (panel.len(), regressors.len(), n_absorbed(&effects));
        if n <= stages.most_parameters() {
            return Err(Error::TooFewRows { rows: n, parameters: stages.most_parameters() });
        }
        let sizes = Sizes { rows: n as f64, slopes: k as f64, absorbed: l as f64 };
        let means = DVector::from_iterator(k, regressors.iter().map(|&c| without.column_means[c]));
        let moments = Moments {
            columns: columns.iter().collect(),
            residuals: &solution.residuals,
            weights: weights.as_deref(),
            inverse: &solution.inverse,
            means: &means,
        };
        let s2 = solution.rss / sizes.residual_df();
        let scores = moments.scores(panel, self.convention, sizes, s2, effects, &self.covariance);
        let covariance = scores.covariance(&self.covariance)?;
        let Identification {
            first_stages,
            cragg_donald,
            kleibergen_paap,
            overidentification,
            endogeneity,
        } = stages.identification((&self.covariance, self.convention), &regressors, &solution)?;
        let constant = without.outcome_mean - means.dot(&solution.beta);
        let estimates: Vec<f64> = solution.beta.iter().copied().chain([constant]).collect();
        let names = regressors.iter().map(|&column| panel.names[column].clone());
        let names: Vec<String> = names.chain(["constant".to_owned()]).collect();
        let mut coefficients = coefficients(&names, &estimates, &covariance, self.level)?;
        let constant = coefficients.remove(k);
        let reporter = Regression {
            estimator: PanelEstimator::Within,
            panel,
            of: panel,
            absorbed,
            convention: self.convention,
            covariance: &self.covariance,
            level: self.level,
            singletons,
        };
        let predictor_names: Vec<String> =
            predictors.iter().map(|&column| panel.names[column].clone()).collect();
        Ok(InstrumentalFit {
            slopes_test: slopes_test(&solution.beta, &covariance),
            covariance: Array2::from_shape_fn((k + 1, k + 1), |at| covariance.matrix[at]),
            coefficients,
            constant,
            variance: variance(&covariance),
            counts: reporter.counts(sizes, without.rounds),
            rss: solution.rss,
            sigma: s2.sqrt(),
            r_squared_within: 1.0 - solution.rss / solution.tss,
            first_stages,
            cragg_donald,
            kleibergen_paap,
            overidentification,
            endogeneity,
            collinear: collinear(&stages.solutions[0].kept, &predictor_names),
            residuals: reporter.residuals(&solution.residuals),
        })
    }
}
