//! Pooled, between and first-difference regressions.

use super::convention::PanelConvention;
use super::covariance::PanelCovariance;
use super::error::PanelError;
use super::fit::Regression;
use super::result::{PanelEstimator, PanelFit};
use super::{Panel, TIME, UNIT};
use crate::error::Result;

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

    /// Differences between a unit's successive rows, whatever the times between them. As `linearmodels` without a constant, and of
    /// successive times alone.
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
            PanelEstimator::FirstDifference => {
                Some(differences(panel, self.convention == PanelConvention::Linearmodels)?)
            }
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

/// A row for each two successive rows of a unit, with the later one's weight; or as `linearmodels` has it, `of_times`, for each two rows at
/// successive times of the panel, with the weight $1 / (1/w_t + 1/w_{t-1})$.
pub(super) fn differences(panel: &Panel, of_times: bool) -> Result<Panel> {
    let (codes, times) = (&panel.effects[UNIT].codes, &panel.effects[TIME].codes);
    let follows =
        |at: &usize| codes[*at] == codes[at - 1] && (!of_times || times[*at] == times[at - 1] + 1);
    let later: Vec<u32> = (1..panel.len()).filter(follows).map(|at| at as u32).collect();
    if later.is_empty() {
        return Err(PanelError::NoDifferences { successive: of_times }.into());
    }
    let mut rows = panel.select(&later);
    let of = |values: &[f64]| -> Vec<f64> {
        later.iter().map(|&at| values[at as usize] - values[at as usize - 1]).collect()
    };
    rows.outcome = of(&panel.outcome);
    rows.columns = panel.columns.iter().map(|column| of(column)).collect();
    if let (true, Some(weights)) = (of_times, &panel.weights) {
        let of_both = |&at: &u32| {
            let at = at as usize;
            1.0 / (1.0 / weights[at] + 1.0 / weights[at - 1])
        };
        rows.weights = Some(later.iter().map(of_both).collect());
    }
    Ok(rows)
}
