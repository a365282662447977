//! Sample quantiles and correlations.

use ndarray::Array2;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::{Error, Result};

/// What quantiles, bins and correlations refuse; it comes as [`Error::Sample`](crate::Error::Sample).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// No value to take a quantile or a mean of.
    #[error("a quantile or mean needs at least one value")]
    EmptySample,
    /// Limits of bins that do not rise.
    #[error("limit {place} of the bins is {limit}, not above {before} before it")]
    LimitsNotIncreasing {
        /// Its place, from 0.
        place: usize,
        /// The limit.
        limit: f64,
        /// The one before.
        before: f64,
    },
    /// A share outside 0 to 1.
    #[error("{p} is not between 0 and 1")]
    Probability {
        /// The share asked for.
        p: f64,
    },
    /// A column that never varies.
    #[error("column {column} is constant; it has no correlation")]
    NoVariation {
        /// Name of the column.
        column: String,
    },
}

/// Definition of a sample quantile, numbered as by Hyndman and Fan (1996) and in R's `quantile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SampleQuantile {
    /// Inverse of the empirical distribution.
    Type1,
    /// The same with means where it jumps; SAS's default.
    Type2,
    /// The nearest order statistic, the even one where two are.
    Type3,
    /// Linear through $(k/n, x_{(k)})$.
    Type4,
    /// Linear through $((k - 1/2)/n, x_{(k)})$.
    Type5,
    /// Linear through $(k/(n+1), x_{(k)})$; SPSS's and Minitab's. Stata's `summarize` and `centile` use it too.
    Type6,
    /// Linear through $((k-1)/(n-1), x_{(k)})$; R's and Excel's default.
    #[default]
    Type7,
    /// Linear, near the median of the order statistic whatever the distribution.
    Type8,
    /// Linear, near its mean if the distribution is normal.
    Type9,
}

impl SampleQuantile {
    /// The quantile of some values, which need not be sorted.
    ///
    /// ```
    /// use afgang_models::SampleQuantile;
    ///
    /// let values = [3.0, 1.0, 2.0, 4.0];
    /// // 1 + 3 * 0.25 = 1.75, so three quarters of the way from the first to the second.
    /// assert_eq!(SampleQuantile::Type7.of(&values, 0.25)?, 1.75);
    /// // 4 * 0.25 is whole: the mean of the first and the second.
    /// assert_eq!(SampleQuantile::Type2.of(&values, 0.25)?, 1.5);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SampleError::EmptySample`], [`Error::NotFinite`], [`SampleError::Probability`] for a share outside 0 to 1.
    pub fn of(self, values: &[f64], p: f64) -> Result<f64> {
        if values.is_empty() {
            return Err(Error::Sample(SampleError::EmptySample));
        }
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::NotFinite { column: "values".to_owned(), row, value: values[row] });
        }
        if !(0.0..=1.0).contains(&p) {
            return Err(Error::Sample(SampleError::Probability { p }));
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len() as f64;
        // Order statistics count from 1; beyond the ends stand the ends.
        let at = |k: f64| sorted[(k.clamp(1.0, n) - 1.0) as usize];
        // Rounding of n p must not pass for a step.
        let fuzz = 4.0 * f64::EPSILON;
        let step = |place: f64| {
            let low = (place + fuzz).floor();
            let rest = place - low;
            (low, if rest.abs() < fuzz { 0.0 } else { rest })
        };
        let linear = |a: f64, b: f64| {
            let (low, rest) = step(a + p * (n + 1.0 - a - b));
            if rest == 0.0 { at(low) } else { at(low) + rest * (at(low + 1.0) - at(low)) }
        };
        Ok(match self {
            Self::Type1 | Self::Type2 => {
                let (low, rest) = step(n * p);
                match (rest > 0.0, self) {
                    (true, _) => at(low + 1.0),
                    (false, Self::Type1) => at(low),
                    (false, _) => f64::midpoint(at(low), at(low + 1.0)),
                }
            }
            Self::Type3 => {
                let (low, rest) = step(n * p - 0.5);
                if rest == 0.0 && low % 2.0 == 0.0 { at(low) } else { at(low + 1.0) }
            }
            Self::Type4 => linear(0.0, 1.0),
            Self::Type5 => linear(0.5, 0.5),
            Self::Type6 => linear(0.0, 0.0),
            Self::Type7 => linear(1.0, 1.0),
            Self::Type8 => linear(1.0 / 3.0, 1.0 / 3.0),
            Self::Type9 => linear(3.0 / 8.0, 3.0 / 8.0),
        })
    }
}

/// Pearson's correlations of columns with their p-values.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Correlations {
    /// $r$, columns by columns, 1 on the diagonal.
    pub r: Array2<f64>,
    /// Two-sided, by $t = r \sqrt{(n-2)/(1-r^2)}$ on $n - 2$ degrees of freedom; 0 on the diagonal.
    pub p_value: Array2<f64>,
    /// Rows.
    pub rows: usize,
}

/// Pearson's correlations of named columns.
///
/// ```
/// use afgang_models::correlations;
///
/// // Deviations -1, 0, 1 and -1, 1, 0: r = 1/2, t = 0.5 / sqrt(0.75) on 1 degree of freedom, p = 1 - 2 atan(t) / pi.
/// let found = correlations(&[("a", &[1.0, 2.0, 3.0]), ("b", &[1.0, 3.0, 2.0])])?;
/// assert!((found.r[(0, 1)] - 0.5).abs() < 1e-15);
/// assert!((found.p_value[(0, 1)] - 2.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::ColumnLength`], [`Error::NotFinite`], [`SampleError::NoVariation`] for a constant column, [`Error::TooFewRows`] for fewer than
/// three rows.
pub fn correlations(columns: &[(&str, &[f64])]) -> Result<Correlations> {
    let n = columns.first().map_or(0, |(_, values)| values.len());
    if n < 3 {
        return Err(Error::TooFewRows { rows: n, parameters: 2 });
    }
    let mut deviations = Vec::with_capacity(columns.len());
    for (name, values) in columns {
        if values.len() != n {
            let (column, found) = ((*name).to_owned(), values.len());
            return Err(Error::ColumnLength { column, found, expected: n });
        }
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::NotFinite { column: (*name).to_owned(), row, value: values[row] });
        }
        let first = values.iter().sum::<f64>() / n as f64;
        let mean = first + values.iter().map(|v| v - first).sum::<f64>() / n as f64;
        let of: Vec<f64> = values.iter().map(|v| v - mean).collect();
        let size = of.iter().map(|v| v * v).sum::<f64>().sqrt();
        if size <= 1e-12 * mean.abs() * (n as f64).sqrt() {
            return Err(Error::Sample(SampleError::NoVariation { column: (*name).to_owned() }));
        }
        deviations.push(of.into_iter().map(|v| v / size).collect::<Vec<f64>>());
    }
    let k = columns.len();
    let r = Array2::from_shape_fn((k, k), |(a, b)| {
        if a == b {
            return 1.0;
        }
        let sum: f64 = deviations[a].iter().zip(&deviations[b]).map(|(a, b)| a * b).sum();
        sum.clamp(-1.0, 1.0)
    });
    let df = n as f64 - 2.0;
    let p_value = r.mapv(|r: f64| {
        let t = (r * r * df / (1.0 - r * r)).sqrt();
        match StudentsT::new(0.0, 1.0, df) {
            Ok(distribution) if t.is_finite() => (2.0 * distribution.sf(t)).min(1.0),
            _ => 0.0,
        }
    });
    Ok(Correlations { r, p_value, rows: n })
}
