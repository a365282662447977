//! Wooldridge's tests of serial correlation.

use super::convention::PanelConvention;
use super::covariance::{Cluster, PanelCovariance};
use super::error::PanelError;
use super::fit::{Regression, absorb_and_solve};
use super::least_squares::{dot, solve};
use super::ordinary::differences;
use super::result::{FTest, PanelEstimator, PanelFit};
use super::{Panel, TIME, UNIT};
use crate::descriptive::SampleError;
use crate::error::{Error, Result};

/// Test that a panel's errors are not correlated over time (Wooldridge 2002, 10.5.4 and 10.6.3).
///
/// Residuals are regressed on those of the row before, and their coefficient $\hat\rho$ is compared with the $\rho_0$ that
/// uncorrelated errors would give, $F = (\hat\rho - \rho_0)^2 / \hat V(\hat\rho)$, with a variance by clusters of units.
///
/// # Examples
///
/// ```
/// use afgang_models::{Design, Factor, Panel, SerialCorrelation};
///
/// // Without regressors the differences 1, -1 and 2, -1 and -1, 1 are their own residuals. Later on earlier ones:
/// // -(1 + 2 + 1) / (1 + 4 + 1) = -2/3, leaving -1/3, 1/3, 1/3, whose products with the earlier ones are -1/3, 2/3, -1/3.
/// let design = Design::builder().rows(9).build()?;
/// let unit = Factor::new(&["A", "A", "A", "B", "B", "B", "C", "C", "C"]);
/// let y = [0.0, 1.0, 0.0, 0.0, 2.0, 1.0, 0.0, -1.0, 0.0];
/// let panel = Panel::new(&y, &design, &unit, &[1, 2, 3, 1, 2, 3, 1, 2, 3])?;
/// let test = SerialCorrelation::StataXtserial.test(&panel)?;
/// assert!((test.rho + 2.0 / 3.0).abs() < 1e-14);
/// // (-2/3 + 1/2)^2 = 1/36 over 3/2 (1 + 4 + 1)/9 / 6^2 = 1/36.
/// assert!((test.f.statistic - 1.0).abs() < 1e-12);
/// assert_eq!((test.f.df, test.f.residual_df), (1.0, 2.0));
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SerialCorrelation {
    /// Residuals of the within estimator, $\rho_0 = -1/(T-1)$ with $T$ different times; with a constant, as R's `pwartest`.
    PlmWithin,
    /// Residuals of first differences with a constant, $\rho_0 = 0$: that the differences' errors are uncorrelated, as R's
    /// `pwfdtest` with `h0 = "fd"`.
    PlmDifferences,
    /// The same, $\rho_0 = -1/2$: that the errors themselves are uncorrelated, as R's `pwfdtest` with `h0 = "fe"`.
    PlmDifferencesOfUncorrelated,
    /// Residuals of first differences, $\rho_0 = -1/2$, no constants, only rows that are one time apart; multiplier
    /// $G/(G-1)$ and $G - 1$ degrees of freedom, as Stata's `xtserial` (Drukker 2003).
    StataXtserial,
}

/// Result of a [`SerialCorrelation`] test.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SerialCorrelationTest {
    /// $\hat\rho$.
    pub rho: f64,
    /// $\rho_0$.
    pub under_hypothesis: f64,
    /// Pairs of residuals.
    pub rows: usize,
    /// The test.
    pub f: FTest,
}

impl SerialCorrelation {
    /// The test.
    ///
    /// # Errors
    ///
    /// As [`FixedEffects::fit`](crate::FixedEffects::fit); [`Error::TooFewRows`] if no unit has rows enough for a pair of residuals,
    /// [`PanelError::WeightedTest`] for a panel with weights.
    pub fn test(self, panel: &Panel) -> Result<SerialCorrelationTest> {
        if panel.weights.is_some() {
            return Err(PanelError::WeightedTest { test: "serial correlation" }.into());
        }
        match self {
            Self::PlmWithin => {
                let times = panel.effects[TIME].n_used() as f64;
                let e = absorb_and_solve(panel, &[&panel.effects[UNIT]], None)?.solution.residuals;
                by_plm(panel, &e, -1.0 / (times - 1.0))
            }
            Self::PlmDifferences | Self::PlmDifferencesOfUncorrelated => {
                let rows = differences(panel, false)?;
                let e = absorb_and_solve(&rows, &[], None)?.solution.residuals;
                by_plm(&rows, &e, if self == Self::PlmDifferences { 0.0 } else { -0.5 })
            }
            Self::StataXtserial => by_stata(panel),
        }
    }
}

/// Later of two successive rows of a unit, by place.
fn later(panel: &Panel, next: bool) -> Vec<u32> {
    let (units, times) = (&panel.effects[UNIT].codes, &panel.time);
    let follows = |at: &usize| {
        units[*at] == units[at - 1]
            && (!next || times[at - 1].checked_add(1).is_some_and(|t| t == times[*at]))
    };
    (1..panel.len()).filter(follows).map(|at| at as u32).collect()
}

/// Residuals on those of the row before, with a constant.
fn by_plm(panel: &Panel, e: &[f64], hypothesis: f64) -> Result<SerialCorrelationTest> {
    let places = later(panel, false);
    if places.is_empty() {
        return Err(Error::TooFewRows { rows: 0, parameters: 2 });
    }
    let mut pairs = panel.select(&places);
    pairs.outcome = places.iter().map(|&at| e[at as usize]).collect();
    pairs.columns = vec![places.iter().map(|&at| e[at as usize - 1]).collect()];
    pairs.names = vec!["residual before".to_owned()];
    let fit: PanelFit = Regression {
        estimator: PanelEstimator::Pooled,
        panel: &pairs,
        of: &pairs,
        absorbed: Vec::new(),
        convention: PanelConvention::Plm,
        covariance: &PanelCovariance::Clustered(vec![Cluster::Unit]),
        level: 0.95,
        singletons: (0, false),
    }
    .fit()?;
    let Some(of) = fit.coefficients.first() else {
        return Err(Error::Sample(SampleError::NoVariation {
            column: "residual before".to_owned(),
        }));
    };
    let (rho, error) = (of.estimate.estimate, of.estimate.std_error);
    let statistic = ((rho - hypothesis) / error).powi(2);
    let f = FTest::new(statistic, 1.0, fit.variance.df);
    Ok(SerialCorrelationTest { rho, under_hypothesis: hypothesis, rows: places.len(), f })
}

/// Without constants, rows one time apart.
fn by_stata(panel: &Panel) -> Result<SerialCorrelationTest> {
    let places = later(panel, true);
    let mut rows = panel.select(&places);
    let difference = |values: &[f64]| -> Vec<f64> {
        places.iter().map(|&at| values[at as usize] - values[at as usize - 1]).collect()
    };
    rows.outcome = difference(&panel.outcome);
    rows.columns = panel.columns.iter().map(|column| difference(column)).collect();
    let raw: Vec<f64> = rows.columns.iter().map(|column| dot(column, column)).collect();
    let e = solve(&rows.outcome, &rows.columns, None, &raw)?.residuals;
    let pairs = later(&rows, true);
    let pair = |at: &u32| (e[*at as usize - 1], e[*at as usize]);
    let square: f64 = pairs.iter().map(pair).map(|(before, _)| before * before).sum();
    if pairs.is_empty() || square <= 0.0 {
        return Err(Error::TooFewRows { rows: pairs.len(), parameters: 1 });
    }
    let rho = pairs.iter().map(pair).map(|(before, now)| before * now).sum::<f64>() / square;
    let units = &rows.effects[UNIT];
    let mut scores = vec![0.0_f64; units.levels.len()];
    let mut clusters = vec![false; units.levels.len()];
    for at in &pairs {
        let (before, now) = pair(at);
        let unit = units.codes[*at as usize] as usize;
        scores[unit] += before * (now - rho * before);
        clusters[unit] = true;
    }
    let g = clusters.iter().filter(|seen| **seen).count() as f64;
    if g < 2.0 {
        return Err(PanelError::OneCluster { clusters: units.name.clone() }.into());
    }
    let variance = g / (g - 1.0) * dot(&scores, &scores) / (square * square);
    let hypothesis = -0.5;
    let f = FTest::new((rho - hypothesis).powi(2) / variance, 1.0, g - 1.0);
    Ok(SerialCorrelationTest { rho, under_hypothesis: hypothesis, rows: pairs.len(), f })
}
