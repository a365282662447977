//! Means of groups over time, groups by quantiles, and counts of values in bins.

use ndarray::Array2;

use crate::descriptive::{SampleError, SampleQuantile};
use crate::design::Factor;
use crate::error::{Error, Result};
use crate::panel::finite;
use crate::summation::RunningSum;

/// Means of a value by group and time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupMeans {
    /// Groups, the levels of the factor.
    pub groups: Vec<String>,
    /// Different times, in order.
    pub times: Vec<i64>,
    /// $\sum_i w_i y_i / \sum_i w_i$, groups by times; not a number where a group has no row.
    pub mean: Array2<f64>,
    /// Rows, groups by times.
    pub rows: Array2<usize>,
}

/// Means of a value by group and time, of rows alike or with weights.
///
/// ```
/// use afgang_models::{Factor, group_means};
///
/// let group = Factor::new(&["low", "low", "high", "low"]);
/// let found = group_means(&[1.0, 3.0, 5.0, 4.0], &group, &[2014, 2014, 2014, 2015], None)?;
/// assert_eq!(found.times, [2014, 2015]);
/// let low = found.groups.iter().position(|g| g == "low").unwrap_or_default();
/// assert_eq!((found.mean[(low, 0)], found.mean[(low, 1)], found.rows[(low, 0)]), (2.0, 4.0, 2));
/// assert!(found.mean[(1 - low, 1)].is_nan());
/// // Weights 1 and 3: (1 + 9) / 4.
/// let weighted = group_means(&[1.0, 3.0, 5.0, 4.0], &group, &[2014, 2014, 2014, 2015], Some(&[1.0, 3.0, 1.0, 1.0]))?;
/// assert_eq!(weighted.mean[(low, 0)], 2.5);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # Errors
///
/// [`SampleError::EmptySample`], [`Error::ColumnLength`], [`Error::NotFinite`], [`Error::Weight`] for a weight that is not finite and
/// above 0.
pub fn group_means(
    values: &[f64],
    group: &Factor,
    time: &[i64],
    weights: Option<&[f64]>,
) -> Result<GroupMeans> {
    let n = values.len();
    some("values", values)?;
    let lengths = [("groups", group.len()), ("times", time.len())];
    let weighted = weights.map(|weights| ("weights", weights.len()));
    if let Some((column, found)) =
        lengths.into_iter().chain(weighted).find(|(_, found)| *found != n)
    {
        return Err(Error::ColumnLength { column: column.to_owned(), found, expected: n });
    }
    if let Some((row, weight)) = weights
        .and_then(|w| w.iter().copied().enumerate().find(|(_, w)| !(w.is_finite() && *w > 0.0)))
    {
        return Err(Error::Weight { row, weight });
    }
    let mut times = time.to_vec();
    times.sort_unstable();
    times.dedup();
    let shape = (group.levels().len(), times.len());
    let mut sums = Array2::from_elem(shape, RunningSum::default());
    let mut totals = Array2::from_elem(shape, RunningSum::default());
    let mut rows = Array2::zeros(shape);
    for (row, (value, at)) in values.iter().zip(time).enumerate() {
        let place = (group.codes()[row] as usize, times.partition_point(|t| t < at));
        let weight = weights.map_or(1.0, |w| w[row]);
        sums[place].add(weight * value);
        totals[place].add(weight);
        rows[place] += 1;
    }
    let mean = Array2::from_shape_fn(shape, |at| match rows[at] {
        0 => f64::NAN,
        _ => sums[at].value() / totals[at].value(),
    });
    Ok(GroupMeans { groups: group.levels().to_vec(), times, mean, rows })
}

/// The group of each value when values are cut at their own quantiles: 0 up to the first one, itself included, and so on; with
/// `groups` of 4, quartiles.
///
/// Equal values are in one group, so groups may differ in size. Growth quartiles of units are those of $(y_T - y_1) / y_1$.
///
/// ```
/// use afgang_models::{SampleQuantile, quantile_groups};
///
/// // Quartiles of type 7 are 2.25, 3.5 and 4.75.
/// let groups = quantile_groups(&[6.0, 1.0, 2.0, 3.0, 4.0, 5.0], 4, SampleQuantile::Type7)?;
/// assert_eq!(groups, [3, 0, 0, 1, 2, 3]);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # Errors
///
/// [`SampleError::EmptySample`], [`Error::NotFinite`].
pub fn quantile_groups(values: &[f64], groups: usize, rule: SampleQuantile) -> Result<Vec<usize>> {
    some("values", values)?;
    let cut = |place: usize| rule.of(values, place as f64 / groups as f64);
    let cuts: Vec<f64> = (1..groups).map(cut).collect::<Result<_>>()?;
    Ok(values.iter().map(|value| cuts.partition_point(|cut| cut < value)).collect())
}

/// Which limit of a bin belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Closed {
    /// The lower one, $[a, b)$.
    #[default]
    Left,
    /// The upper one, $(a, b]$, as R's `hist`.
    Right,
}

/// Numbers of values between limits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Histogram {
    /// Below the first limit.
    pub below: usize,
    /// Between each two limits.
    pub counts: Vec<usize>,
    /// Above the last limit.
    pub above: usize,
}

/// Counts values between limits, below the first and above the last; nothing is left out.
///
/// ```
/// use afgang_models::{Closed, histogram};
///
/// let values = [31_000.0, 32_000.0, 36_000.0, 37_000.0, 50_000.0];
/// let left = histogram(&values, &[32_000.0, 37_000.0, 42_000.0], Closed::Left)?;
/// assert_eq!((left.below, left.counts, left.above), (1, vec![2, 1], 1));
/// let right = histogram(&values, &[32_000.0, 37_000.0, 42_000.0], Closed::Right)?;
/// assert_eq!((right.below, right.counts, right.above), (2, vec![2, 0], 1));
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # Errors
///
/// [`SampleError::EmptySample`] without values or limits, [`Error::NotFinite`], [`SampleError::LimitsNotIncreasing`].
pub fn histogram(values: &[f64], limits: &[f64], closed: Closed) -> Result<Histogram> {
    some("values", values)?;
    some("limits", limits)?;
    if let Some(place) = (1..limits.len()).find(|&place| limits[place] <= limits[place - 1]) {
        let (limit, before) = (limits[place], limits[place - 1]);
        return Err(Error::Sample(SampleError::LimitsNotIncreasing { place, limit, before }));
    }
    let mut counts = vec![0; limits.len() + 1];
    for value in values {
        counts[limits.partition_point(|limit| match closed {
            Closed::Left => limit <= value,
            Closed::Right => limit < value,
        })] += 1;
    }
    let above = counts.pop().unwrap_or_default();
    Ok(Histogram { below: counts.remove(0), counts, above })
}

/// At least one value, all of them finite.
fn some(column: &str, values: &[f64]) -> Result<()> {
    if values.is_empty() {
        return Err(Error::Sample(SampleError::EmptySample));
    }
    finite(column, values)
}
