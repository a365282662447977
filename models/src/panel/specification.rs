//! Tests of a panel's specification.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::absorb::Absorber;
use super::error::PanelError;
use super::error_components::LagrangeMultiplier;
use super::least_squares::dot;
use super::random_effects::RandomEffectsFit;
use super::result::PanelFit;
use super::{Effect, Panel, UNIT};
use crate::cox::ChiSquare;
use crate::error::Result;
use crate::score_test::upper_tail;

/// Result of [`hausman`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Hausman {
    /// $d^\top (V_{FE} - V_{RE})^{-} d$; below 0 where the difference is not positive definite and says so.
    pub statistic: f64,
    /// Rank of the difference.
    pub df: usize,
    /// Upper tail of the chi-square distribution; `None` for a statistic below 0, which has none.
    pub p_value: Option<f64>,
    /// Whether the difference of the variances is positive definite, as it is in large samples if effects are random.
    pub positive_definite: bool,
}

/// Test of random against fixed effects (Hausman 1978) on the coefficients that both have.
///
/// Where the difference of the covariances is not positive definite its generalised inverse is taken as it is; the statistic
/// may then be negative, and no absolute value hides it.
///
/// ```
/// use afgang_models::{Design, Factor, FixedEffects, Panel, RandomEffects, hausman};
///
/// let x = vec![0.0, 1.0, 3.0, 2.0, 3.0, 4.5, 4.0, 6.0, 7.0];
/// let design = Design::builder().numeric("x", x).build()?;
/// let unit = Factor::new(&["A", "A", "A", "B", "B", "B", "C", "C", "C"]);
/// let y = vec![1.0, 2.0, 2.5, 5.0, 5.0, 7.5, 2.0, 5.0, 4.0];
/// let panel = Panel::new(&y, &design, &unit, &[1, 2, 3, 1, 2, 3, 1, 2, 3])?;
/// let (fixed, random) = (FixedEffects::units().fit(&panel)?, RandomEffects::new().fit(&panel)?);
/// let test = hausman(&fixed, &random)?;
/// // With one coefficient, (b - B)^2 / (V_b - V_B).
/// let (b, r) = (fixed.coefficients[0].estimate, random.coefficients[0].estimate);
/// let by_hand = (b.estimate - r.estimate).powi(2) / (b.std_error.powi(2) - r.std_error.powi(2));
/// assert!((test.statistic - by_hand).abs() < 1e-9 * by_hand.abs());
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # Errors
///
/// [`PanelError::NothingInCommon`] if no coefficient is in both fits.
pub fn hausman(fixed: &PanelFit, random: &RandomEffectsFit) -> Result<Hausman> {
    let common: Vec<(usize, usize)> = fixed
        .coefficients
        .iter()
        .enumerate()
        .filter_map(|(place, c)| {
            let other = random.coefficients.iter().position(|r| r.column == c.column)?;
            Some((place, other))
        })
        .collect();
    if common.is_empty() {
        return Err(PanelError::NothingInCommon.into());
    }
    let k = common.len();
    let d = DVector::from_fn(k, |a, _| {
        fixed.coefficients[common[a].0].estimate.estimate
            - random.coefficients[common[a].1].estimate.estimate
    });
    let scale: Vec<f64> =
        common.iter().map(|&(place, _)| fixed.covariance[(place, place)].sqrt()).collect();
    let difference = DMatrix::from_fn(k, k, |a, b| {
        let of_fixed = fixed.covariance[(common[a].0, common[b].0)];
        (of_fixed - random.covariance[(common[a].1, common[b].1)]) / (scale[a] * scale[b])
    });
    let z = DVector::from_fn(k, |a, _| d[a] / scale[a]);
    let decomposed = SymmetricEigen::try_new(difference, f64::EPSILON, 1_000);
    let Some(SymmetricEigen { eigenvalues, eigenvectors }) = decomposed else {
        return Err(PanelError::NothingInCommon.into());
    };
    let largest = eigenvalues.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let (mut statistic, mut df) = (0.0, 0);
    for (value, vector) in eigenvalues.iter().zip(eigenvectors.column_iter()) {
        if value.abs() > 1e-12 * largest {
            statistic += vector.dot(&z).powi(2) / value;
            df += 1;
        }
    }
    let positive_definite = eigenvalues.iter().all(|value| *value > 1e-12 * largest);
    let p_value = (statistic >= 0.0 && df > 0).then(|| upper_tail(statistic, df));
    Ok(Hausman { statistic, df, p_value, positive_definite })
}

/// Lagrange multiplier test that units have no effects (Breusch and Pagan 1980; unbalanced, Baltagi and Li 1990), two-sided:
/// $\frac{N^2}{2(\sum T_i^2 - N)} \left(\frac{\sum_i (\sum_t e_{it})^2}{\sum e_{it}^2} - 1\right)^2$ of the pooled residuals.
/// [`LagrangeMultiplier`] has one-sided forms and effects of times.
///
/// ```
/// use afgang_models::{Design, Factor, Panel, breusch_pagan};
///
/// // No covariates: deviations 2, 2, -2, -2 of two units: 16/8 (32/16 - 1)^2 with sums of squares 16 + 16 and 16.
/// let design = Design::builder().rows(4).build()?;
/// let unit = Factor::new(&["A", "A", "B", "B"]);
/// let panel = Panel::new(&[5.0, 5.0, 1.0, 1.0], &design, &unit, &[1, 2, 1, 2])?;
/// assert!((breusch_pagan(&panel)?.statistic - 2.0).abs() < 1e-14);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # Errors
///
/// As [`PanelOls::fit`](crate::PanelOls::fit).
pub fn breusch_pagan(panel: &Panel) -> Result<ChiSquare> {
    Ok(ChiSquare::new(LagrangeMultiplier::new().test(panel)?.statistic, 1))
}

/// Variance inflation of each regressor, $1 / (1 - R_k^2)$ of its regression on the others, with effects of units taken out
/// if `within`; infinite for a column that others determine. Columns without variation are missing numbers.
///
/// ```
/// use afgang_models::{Design, Factor, Panel, variance_inflation};
///
/// // Correlation 0.5: 1 / (1 - 0.25).
/// let design = Design::builder()
///     .numeric("a", vec![1.0, 0.0, -1.0, 0.0])
///     .numeric("b", vec![1.0, -1.0, 0.0, 0.0])
///     .build()?;
/// let unit = Factor::new(&["A", "B", "C", "D"]);
/// let panel = Panel::new(&[0.0; 4], &design, &unit, &[1, 1, 1, 1])?;
/// let inflation = variance_inflation(&panel, false)?;
/// assert!((inflation[0] - 4.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # Errors
///
/// As [`FixedEffects::fit`](crate::FixedEffects::fit).
pub fn variance_inflation(panel: &Panel, within: bool) -> Result<Vec<f64>> {
    let effects: Vec<&Effect> = if within { vec![&panel.effects[UNIT]] } else { Vec::new() };
    let mut columns = panel.columns.clone();
    Absorber::new(effects, None)
        .absorb(&mut columns)
        .map_err(|rounds| PanelError::AbsorptionNotConverged { rounds })?;
    let k = columns.len();
    let size: Vec<f64> = columns.iter().map(|c| dot(c, c).sqrt()).collect();
    let correlation =
        DMatrix::from_fn(k, k, |a, b| dot(&columns[a], &columns[b]) / (size[a] * size[b]));
    Ok(match correlation.cholesky() {
        Some(factor) => factor.inverse().diagonal().iter().copied().collect(),
        None => vec![f64::INFINITY; k],
    })
}
