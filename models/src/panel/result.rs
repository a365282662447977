//! What a panel regression gives.

use ndarray::Array2;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::convention::{PanelConvention, Sizes};
use super::explained::Shares;
use crate::contrast::Estimate;
use crate::cox::Collinear;
use crate::score_test::upper_tail;

/// Estimator of a [`PanelFit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PanelEstimator {
    /// Deviations from the means of absorbed effects.
    Within,
    /// All rows alike.
    Pooled,
    /// Means of units.
    Between,
    /// Differences between a unit's successive rows.
    FirstDifference,
    /// Quasi-deviations from means of units.
    RandomEffects,
}

/// A linear regression on a panel.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PanelFit {
    /// The estimator.
    pub estimator: PanelEstimator,
    /// Whose degrees of freedom are used.
    pub convention: PanelConvention,
    /// One for each column that was not left out.
    pub coefficients: Vec<PanelCoefficient>,
    /// The constant; under absorbed effects their weighted mean, as Stata prints it. First differences as `linearmodels` have none.
    pub constant: Option<PanelCoefficient>,
    /// Covariance of coefficients and constant, which comes last if there is one.
    pub covariance: Array2<f64>,
    /// How the covariance was made.
    pub variance: PanelVariance,
    /// What was counted.
    pub counts: PanelCounts,
    /// $\sum_i w_i e_i^2$, with weights of mean 1.
    pub rss: f64,
    /// Square root of $rss / (N - L - k)$.
    pub sigma: f64,
    /// Shares of explained variance.
    pub r_squared: RSquared,
    /// That all slopes are 0, with the fit's covariance; `None` where there are no more clusters than slopes. Fewer degrees of freedom
    /// than slopes are the rank of a covariance without full rank, of which the generalised inverse is taken.
    pub slopes_test: Option<FTest>,
    /// Columns left out because others or the effects determine them.
    pub collinear: Vec<Collinear>,
    /// Residuals by row of the input, `None` for rows left out; none at all for estimators whose rows are not those of the input
    /// and for sums of rows.
    pub residuals: Vec<Option<f64>>,
}

/// A coefficient of a [`PanelFit`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PanelCoefficient {
    /// Name of the column.
    pub column: String,
    /// Estimate, standard error and limits.
    pub estimate: Estimate,
    /// Estimate over standard error.
    pub statistic: f64,
    /// Two-sided, by the t distribution.
    pub p_value: f64,
}

/// How a covariance was made.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PanelVariance {
    /// In words.
    pub kind: String,
    /// Number of clusters of each clustering, or of times.
    pub groups: Vec<usize>,
    /// Factor on the bare sandwich; 1 for the conventional variance of least squares, and of Poisson regression that on the inverse
    /// information.
    pub multiplier: f64,
    /// Degrees of freedom of $t$.
    pub df: f64,
    /// Whether negative eigenvalues of the slopes' covariance (without absorbed effects, of the constant's too) were set to 0 (Cameron,
    /// Gelbach and Miller 2011): of `reghdfe` wherever there are some, else where a variance would be below 0; of columns divided by
    /// their standard deviations, of `fixest` as they are.
    pub repaired: bool,
}

/// What a panel regression counted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PanelCounts {
    /// Rows that the regression uses.
    pub rows: usize,
    /// Rows alone in a level of an absorbed effect, dropped or not.
    pub singletons: usize,
    /// Whether they were dropped.
    pub singletons_dropped: bool,
    /// Units.
    pub units: usize,
    /// Different times.
    pub times: usize,
    /// Fewest and most rows of a unit.
    pub rows_of_unit: (usize, usize),
    /// Units that miss a time between their first and last.
    pub units_with_gaps: usize,
    /// Slopes, $k$.
    pub slopes: usize,
    /// Parameters that the effects stand for, the constant included, $L$.
    pub absorbed: usize,
    /// $N - L - k$.
    pub residual_df: usize,
    /// Rounds of projections that absorbing took.
    pub rounds: usize,
}

/// Shares of explained variance.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RSquared {
    /// Within units: $1 - rss / \sum \tilde y^2$ of what is left when effects are out; of estimators without absorbed effects the squared
    /// correlation of deviations from the units' means with those of the prediction.
    pub within: f64,
    /// Squared correlation of units' means with their prediction.
    pub between: f64,
    /// Squared correlation of outcomes with their prediction, effects not included, without weights as Stata has it. As
    /// `linearmodels` the three of estimators without absorbed effects (but first differences) are one less residual over total square
    /// sums.
    pub overall: f64,
    /// $1 - rss / \sum (y - \bar y)^2$ of the rows of the regression, effects included; of random effects the squared correlation of
    /// quasi-deviations with their prediction, as `plm` has it.
    pub inclusive: f64,
    /// Adjusted for degrees of freedom as the convention has it; `linearmodels` has none, and of random effects only `plm` has one.
    pub adjusted: Option<f64>,
    /// $1 - (1 - R_w^2)(N - L)/(N - L - k)$, as `reghdfe` and `fixest` give it.
    pub adjusted_within: f64,
}

/// An F statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FTest {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom above.
    pub df: f64,
    /// And below.
    pub residual_df: f64,
    /// Upper tail.
    pub p_value: f64,
}

impl FTest {
    pub(super) fn new(statistic: f64, df: f64, residual_df: f64) -> Self {
        let p_value = match FisherSnedecor::new(df, residual_df) {
            _ if statistic.is_nan() => f64::NAN,
            Ok(f) if residual_df.is_finite() => f.sf(statistic.max(0.0)),
            _ => upper_tail(statistic * df, df as usize),
        };
        Self { statistic, df, residual_df, p_value }
    }
}

impl RSquared {
    /// Of the regression's own share, that with the effects, and those of the panel.
    pub(super) fn new(
        convention: PanelConvention,
        sizes: Sizes,
        own: f64,
        inclusive: f64,
        shares: Shares,
        by_clusters: bool,
    ) -> Self {
        let Sizes { rows, slopes, absorbed: l } = sizes;
        let Shares { within, between, overall } = shares;
        let of_within = |df: f64| 1.0 - (1.0 - own) * (rows - 1.0) / df;
        let of_inclusive = 1.0 - (1.0 - inclusive) * (rows - 1.0) / sizes.residual_df();
        let adjusted = match convention {
            PanelConvention::StataXtreg if by_clusters => Some(of_within(rows - slopes - 1.0)),
            PanelConvention::StataXtreg | PanelConvention::Plm => {
                Some(of_within(sizes.residual_df()))
            }
            PanelConvention::StataAreg | PanelConvention::Reghdfe | PanelConvention::Fixest => {
                Some(of_inclusive)
            }
            PanelConvention::Linearmodels => None,
        };
        Self {
            within,
            between,
            overall,
            inclusive,
            adjusted,
            adjusted_within: 1.0 - (1.0 - own) * (rows - l) / sizes.residual_df(),
        }
    }
}

impl PanelFit {
    /// A coefficient by the name of its column.
    pub fn coefficient(&self, column: &str) -> Option<&PanelCoefficient> {
        self.coefficients.iter().find(|coefficient| coefficient.column == column)
    }
}
