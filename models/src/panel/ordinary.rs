//! Pooled, between and first-difference regressions.

use super::convention::PanelConvention;
use super::covariance::PanelCovariance;
use super::fit::Regression;
use super::result::{PanelEstimator, PanelFit};
use super::{Panel, UNIT};
use crate::error::{Error, Result};

/// Least squares with a constant: of all rows ([`pooled`](Self::pooled)), of means of units ([`between`](Self::between)) or of
/// differences between a unit's successive rows ([`first_difference`](Self::first_difference)).
///
/// # Examples
///
/// ```
/// use afgang_models::{Design, Factor, Panel, PanelOls};
///
/// let design = Design::builder().numeric("x", vec![0.0, 1.0, 3.0, 5.0, 9.0]).build()?;
/// let unit = Factor::new(&["A", "A", "A", "B", "B"]);
/// let panel = Panel::new(&[1.0, 3.0, 8.0, 0.0, 8.0], &design, &unit, &[1, 2, 3, 1, 2])?;
/// let slope = |spec: PanelOls| Ok::<_, afgang_models::Error>(spec.fit(&panel)?.coefficients[0].estimate.estimate);
/// // Deviations of x -3.6, -2.6, -0.6, 1.4, 5.4 and of y -3, -1, 4, -4, 4: 27 over 51.2.
/// assert!((slope(PanelOls::pooled())? - 27.0 / 51.2).abs() < 1e-14);
/// // Differences of x 1, 2, 4 and of y 2, 5, 8: deviations -4/3, -1/3, 5/3 and -3, 0, 3.
/// assert!((slope(PanelOls::first_difference())? - 9.0 / (42.0 / 9.0)).abs() < 1e-13);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct PanelOls {
    estimator: PanelEstimator,
    convention: PanelConvention,
    covariance: PanelCovariance,
    level: f64,
}

impl PanelOls {
    fn new(estimator: PanelEstimator) -> Self {
        Self {
            estimator,
            convention: PanelConvention::default(),
            covariance: PanelCovariance::default(),
            level: 0.95,
        }
    }

    /// All rows alike.
    pub fn pooled() -> Self {
        Self::new(PanelEstimator::Pooled)
    }

    /// Means of units, each of which counts once.
    pub fn between() -> Self {
        Self::new(PanelEstimator::Between)
    }

    /// Differences between a unit's successive rows, whatever the times between them.
    pub fn first_difference() -> Self {
        Self::new(PanelEstimator::FirstDifference)
    }

    /// Whose degrees of freedom and multipliers are used.
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
    /// As [`FixedEffects::fit`](crate::FixedEffects::fit).
    pub fn fit(&self, panel: &Panel) -> Result<PanelFit> {
        let rows = match self.estimator {
            PanelEstimator::Between => Some(means(panel)),
            PanelEstimator::FirstDifference => Some(differences(panel)?),
            _ => None,
        };
        Regression {
            estimator: self.estimator,
            panel: rows.as_ref().unwrap_or(panel),
            of: panel,
            absorbed: Vec::new(),
            convention: self.convention,
            covariance: &self.covariance,
            level: self.level,
            singletons: (0, false),
        }
        .fit()
    }
}

/// One row a unit, of means with the rows' weights.
pub(super) fn means(panel: &Panel) -> Panel {
    let codes = &panel.effects[UNIT].codes;
    let starts: Vec<u32> = (0..panel.len())
        .filter(|&at| at == 0 || codes[at] != codes[at - 1])
        .map(|at| at as u32)
        .collect();
    let mut rows = panel.select(&starts);
    let stretch = |place: usize| {
        let end = starts.get(place + 1).map_or(panel.len(), |&end| end as usize);
        starts[place] as usize..end
    };
    let of = |values: &[f64]| -> Vec<f64> {
        let mean = |place: usize| {
            let total: f64 = stretch(place).map(|row| panel.weight(row)).sum();
            stretch(place).map(|row| panel.weight(row) * values[row]).sum::<f64>() / total
        };
        (0..starts.len()).map(mean).collect()
    };
    rows.outcome = of(&panel.outcome);
    rows.columns = panel.columns.iter().map(|column| of(column)).collect();
    rows.weights = None;
    rows
}

/// A row for each two successive rows of a unit.
pub(super) fn differences(panel: &Panel) -> Result<Panel> {
    let codes = &panel.effects[UNIT].codes;
    let later: Vec<u32> =
        (1..panel.len()).filter(|&at| codes[at] == codes[at - 1]).map(|at| at as u32).collect();
    if later.is_empty() {
        return Err(Error::TooFewRows { rows: 0, parameters: panel.columns.len() + 1 });
    }
    let mut rows = panel.select(&later);
    let of = |values: &[f64]| -> Vec<f64> {
        later.iter().map(|&at| values[at as usize] - values[at as usize - 1]).collect()
    };
    rows.outcome = of(&panel.outcome);
    rows.columns = panel.columns.iter().map(|column| of(column)).collect();
    Ok(rows)
}
