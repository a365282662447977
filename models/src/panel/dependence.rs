//! Dependence between units at the same times.

use super::error::PanelError;
use super::{Panel, TIME, UNIT};
use crate::error::{Error, Result};
use crate::score_test::upper_tail;

/// Result of [`cross_section_dependence`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CrossSectionDependence {
    /// $CD = \sqrt{1/P} \sum_{i<j} \sqrt{T_{ij}}\, r_{ij}$.
    pub statistic: f64,
    /// Two-sided, by the normal distribution.
    pub p_value: f64,
    /// Mean of $r_{ij}$.
    pub mean_correlation: f64,
    /// Mean of $|r_{ij}|$.
    pub mean_absolute_correlation: f64,
    /// Pairs of units with a correlation.
    pub pairs: usize,
    /// Pairs without: fewer than two common times, or residuals that do not vary over them.
    pub pairs_left_out: usize,
}

/// Pesaran's (2015, 2021) test that residuals of different units are uncorrelated at the same time.
///
/// $CD = \sqrt{1/P} \sum_{i<j} \sqrt{T_{ij}}\, r_{ij}$ over the $P$ pairs of units with $T_{ij} \ge 2$ common times, $r_{ij}$ the
/// correlation of their residuals over these. It is $N(0, 1)$ without dependence, also for few times. The work is units
/// squared times times.
///
/// ```
/// use afgang_models::{Design, Factor, Panel, cross_section_dependence};
///
/// // Three units at three times; correlations 1/2, -1 and -1/2, sqrt(3/3) (-1).
/// let design = Design::builder().rows(9).build()?;
/// let unit = Factor::new(&["A", "A", "A", "B", "B", "B", "C", "C", "C"]);
/// let panel = Panel::new(&[0.0; 9], &design, &unit, &[1, 2, 3, 1, 2, 3, 1, 2, 3])?;
/// let e = [-1.0, 0.0, 1.0, -1.0, 1.0, 0.0, 1.0, 0.0, -1.0].map(Some);
/// let test = cross_section_dependence(&panel, &e)?;
/// assert!((test.statistic + 1.0).abs() < 1e-14);
/// assert!((test.mean_absolute_correlation - 2.0 / 3.0).abs() < 1e-14);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # Arguments
///
/// Residuals by row of the input, as [`PanelFit::residuals`](crate::PanelFit::residuals) has them; rows with `None` are left out.
///
/// # Errors
///
/// [`Error::ColumnLength`], [`Error::NotFinite`]; [`PanelError::NoCommonTimes`] if no two units have two times in common.
pub fn cross_section_dependence(
    panel: &Panel,
    residuals: &[Option<f64>],
) -> Result<CrossSectionDependence> {
    if residuals.len() != panel.n_input {
        let (found, expected) = (residuals.len(), panel.n_input);
        return Err(Error::ColumnLength { column: "residuals".to_owned(), found, expected });
    }
    let bad = residuals.iter().position(|e| e.is_some_and(|e| !e.is_finite()));
    if let Some((row, value)) = bad.and_then(|row| Some((row, residuals[row]?))) {
        return Err(Error::NotFinite { column: "residuals".to_owned(), row, value });
    }
    // Rows of each unit in the order of times.
    let (units, times) = (&panel.effects[UNIT].codes, &panel.effects[TIME].codes);
    let mut rows: Vec<Vec<(u32, f64)>> = vec![Vec::new(); panel.effects[UNIT].levels.len()];
    for (place, &row) in panel.order.iter().enumerate() {
        if let Some(e) = residuals[row as usize] {
            rows[units[place] as usize].push((times[place], e));
        }
    }
    rows.retain(|rows| !rows.is_empty());
    let (mut sum, mut plain, mut absolute) = (0.0, 0.0, 0.0);
    let (mut pairs, mut left_out) = (0_usize, 0_usize);
    let mut common = Vec::new();
    for (place, first) in rows.iter().enumerate() {
        for second in &rows[place + 1..] {
            match correlation(first, second, &mut common) {
                Some((times, r)) => {
                    sum += times.sqrt() * r;
                    plain += r;
                    absolute += r.abs();
                    pairs += 1;
                }
                None => left_out += 1,
            }
        }
    }
    if pairs == 0 {
        return Err(PanelError::NoCommonTimes.into());
    }
    let statistic = sum / (pairs as f64).sqrt();
    Ok(CrossSectionDependence {
        statistic,
        p_value: upper_tail(statistic * statistic, 1),
        mean_correlation: plain / pairs as f64,
        mean_absolute_correlation: absolute / pairs as f64,
        pairs,
        pairs_left_out: left_out,
    })
}

/// Number of common times and correlation over them; `common` is room to work in.
fn correlation(
    a: &[(u32, f64)],
    b: &[(u32, f64)],
    common: &mut Vec<(f64, f64)>,
) -> Option<(f64, f64)> {
    common.clear();
    let mut b = b.iter().peekable();
    for &(time, e) in a {
        while b.next_if(|(other, _)| *other < time).is_some() {}
        if let Some(&(_, other)) = b.next_if(|(other, _)| *other == time) {
            common.push((e, other));
        }
    }
    let n = common.len() as f64;
    let mean_a = common.iter().map(|(a, _)| a).sum::<f64>() / n;
    let mean_b = common.iter().map(|(_, b)| b).sum::<f64>() / n;
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in common.iter() {
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
        ab += (a - mean_a) * (b - mean_b);
    }
    (n >= 2.0 && aa > 0.0 && bb > 0.0).then(|| (n, ab / (aa * bb).sqrt()))
}
