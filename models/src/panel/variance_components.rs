//! Variances of units of random effects from square sums, in unbalanced panels.

use nalgebra::DMatrix;

use super::fit::{Absorbed, absorb_and_solve, mean_one};
use super::ordinary::means;
use super::{Panel, UNIT};
use crate::error::{Error, Result};

/// $\hat\sigma_u^2$ from the units' means, each with the weight of its rows: $E\,rss_B = (G - K)\sigma_\varepsilon^2 + (N - tr)\sigma_u^2$ with
/// $tr$ that of $(\sum_i T_i \bar x_i \bar x_i^\top)^{-1} \sum_i T_i^2 \bar x_i \bar x_i^\top$, the constant among the $K$ columns.
pub(super) fn swamy_arora(panel: &Panel, rows: &[f64], of_row: f64) -> Result<f64> {
    let mut between = means(panel);
    let codes = between.effects[UNIT].codes.clone();
    let t: Vec<f64> = codes.iter().map(|&code| rows[code as usize]).collect();
    between.weights = Some(t.clone());
    // Weights of mean 1 have lost their size.
    let (n, g) = (panel.len() as f64, t.len() as f64);
    let weights = mean_one(&between);
    let fit = absorb_and_solve(&between, &[], weights.as_deref())?;
    let rss = fit.solution.rss * (n / g);
    let columns: Vec<Vec<f64>> = fit
        .solution
        .kept
        .columns
        .iter()
        .map(|&c| between.columns[c].iter().map(|x| x - fit.column_means[c]).collect())
        .chain([vec![1.0; t.len()]])
        .collect();
    let k = columns.len();
    let gram = |power: i32| {
        DMatrix::from_fn(k, k, |a, b| {
            let terms = columns[a].iter().zip(&columns[b]).zip(&t);
            terms.map(|((a, b), t)| a * b * t.powi(power)).sum::<f64>()
        })
    };
    let Some(factor) = gram(1).cholesky() else {
        return Err(Error::SingularInformation { columns: Vec::new(), iteration: 0 });
    };
    let trace = factor.solve(&gram(2)).trace();
    Ok(((rss - (g - k as f64) * of_row) / (n - trace)).max(0.0))
}

/// Columns that a fit kept, less their means, and the constant: products of all rows, of the means of units with the weight of their rows,
/// and of the sums of units.
struct Products {
    all: DMatrix<f64>,
    between: DMatrix<f64>,
    sums: DMatrix<f64>,
    /// $\sum_i T_i^2$.
    square_rows: f64,
    units: f64,
}

impl Products {
    fn new(panel: &Panel, fit: &Absorbed) -> Self {
        let kept = &fit.solution.kept.columns;
        let k = kept.len() + 1;
        let value = |column: usize, row: usize| match kept.get(column) {
            Some(&place) => panel.columns[place][row] - fit.column_means[place],
            None => 1.0,
        };
        let mut products = Self {
            all: DMatrix::zeros(k, k),
            between: DMatrix::zeros(k, k),
            sums: DMatrix::zeros(k, k),
            square_rows: 0.0,
            units: 0.0,
        };
        let mut start = 0;
        for unit in panel.effects[UNIT].codes.chunk_by(|a, b| a == b) {
            let rows = start..start + unit.len();
            start = rows.end;
            let t = unit.len() as f64;
            let sums: Vec<f64> =
                (0..k).map(|column| rows.clone().map(|row| value(column, row)).sum()).collect();
            for a in 0..k {
                for b in 0..k {
                    let all: f64 = rows.clone().map(|row| value(a, row) * value(b, row)).sum();
                    products.all[(a, b)] += all;
                    products.between[(a, b)] += sums[a] * sums[b] / t;
                    products.sums[(a, b)] += sums[a] * sums[b];
                }
            }
            products.square_rows += t * t;
            products.units += 1.0;
        }
        products
    }
}

/// $\hat\sigma_u^2$ from the square sum between units of $y - \bar y - (x - \bar x)^\top b$ with the within slopes $b$ (Amemiya 1971):
/// $E\,q_B = (G - 1 + tr)\sigma_\varepsilon^2 + (N - \sum_i T_i^2 / N)\sigma_u^2$ with $tr$ that of $(\tilde X^\top \tilde X)^{-1}
/// \sum_i T_i (\bar x_i - \bar x)(\bar x_i - \bar x)^\top$.
pub(super) fn amemiya(panel: &Panel, within: &Absorbed, between: f64, of_row: f64) -> f64 {
    let products = Products::new(panel, within);
    let (n, k) = (panel.len() as f64, within.solution.kept.columns.len());
    let trace = (&within.solution.inverse * products.between.view((0, 0), (k, k))).trace();
    let expected = (products.units - 1.0 + trace) * of_row;
    ((between - expected) / (n - products.square_rows / n)).max(0.0)
}

/// $\hat\sigma_u^2$ and $\hat\sigma_\varepsilon^2$ from the square sums between and within units of pooled residuals (Wallace and Hussain
/// 1969). With $C = (Z^\top Z)^{-1}$, $B$ and $W$ the products of $Z$ between and within units and $S$ those of units' sums
///
/// $E\,q_W = (N - G - tr\,CW)\sigma_\varepsilon^2 + tr(CWCS)\sigma_u^2$ and
/// $E\,q_B = (G - tr\,CB)\sigma_\varepsilon^2 + (N - 2\,tr\,CS + tr(CBCS))\sigma_u^2$.
pub(super) fn wallace_hussain(
    panel: &Panel,
    pooled: &Absorbed,
    (between, within): (f64, f64),
) -> Result<(f64, f64)> {
    let products = Products::new(panel, pooled);
    let Some(factor) = products.all.clone().cholesky() else {
        return Err(Error::SingularInformation { columns: Vec::new(), iteration: 0 });
    };
    let (n, g) = (panel.len() as f64, products.units);
    let c_between = factor.solve(&products.between);
    let c_within = factor.solve(&(&products.all - &products.between));
    let c_sums = factor.solve(&products.sums);
    let row_within = n - g - c_within.trace();
    let unit_within = (&c_within * &c_sums).trace();
    let row_between = g - c_between.trace();
    let unit_between = n - 2.0 * c_sums.trace() + (&c_between * &c_sums).trace();
    let determinant = row_within * unit_between - unit_within * row_between;
    let of_unit = (row_within * between - row_between * within) / determinant;
    let of_row = (unit_between * within - unit_within * between) / determinant;
    Ok((of_unit.max(0.0), of_row))
}
