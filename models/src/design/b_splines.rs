//! B-splines.

/// All B-splines of a degree at a point, or their derivatives of an order, by the recursion of Cox and de Boor:
///
/// $$B_{i,0}(x) = 1\ [k_i \le x < k_{i+1}], \qquad
/// B_{i,d}(x) = \frac{x - k_i}{k_{i+d} - k_i} B_{i,d-1}(x) + \frac{k_{i+d+1} - x}{k_{i+d+1} - k_{i+1}} B_{i+1,d-1}(x),$$
///
/// where 0/0 is 0. Each of the last `derivatives` steps is a derivative,
/// $d \left(\frac{B_{i,d-1}}{k_{i+d} - k_i} - \frac{B_{i+1,d-1}}{k_{i+d+1} - k_{i+1}}\right)$.
///
/// `knots` do not decrease, and hold both ends `degree + 1` times; there are `knots.len() - degree - 1` functions, none with fewer
/// knots. The last of them includes the upper end.
///
/// # Examples
///
/// Without inner knots they are Bernstein's polynomials: of degree 2 at ½ they are ¼, ½, ¼, with slopes −1, 0, 1.
///
/// ```
/// use afgang_models::b_splines;
///
/// let knots = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
/// assert_eq!(b_splines(0.5, &knots, 2, 0), [0.25, 0.5, 0.25]);
/// assert_eq!(b_splines(0.5, &knots, 2, 1), [-1.0, 0.0, 1.0]);
/// ```
///
/// # References
///
/// - de Boor, C. (1978). *A Practical Guide to Splines*. Springer, chapters IX and X.
pub fn b_splines(x: f64, knots: &[f64], degree: usize, derivatives: usize) -> Vec<f64> {
    let Some(n) = knots.len().checked_sub(degree + 1).filter(|&n| n > 0) else {
        return Vec::new();
    };
    let inside = |i: usize| knots[i] <= x && x < knots[i + 1] || x >= knots[n] && i == n - 1;
    let mut values: Vec<f64> =
        (0..knots.len() - 1).map(|i| f64::from(u8::from(inside(i)))).collect();
    let part = |top: f64, bottom: f64| if bottom > 0.0 { top / bottom } else { 0.0 };
    for d in 1..=degree {
        let next = |i: usize| {
            let (left, right) = (knots[i + d] - knots[i], knots[i + d + 1] - knots[i + 1]);
            if d + derivatives > degree {
                d as f64 * (part(values[i], left) - part(values[i + 1], right))
            } else {
                part(x - knots[i], left) * values[i]
                    + part(knots[i + d + 1] - x, right) * values[i + 1]
            }
        };
        values = (0..values.len() - 1).map(next).collect();
    }
    values
}

/// The smallest value, inner knots at evenly spaced quantiles, and the largest value, of values with how often each occurs: those of R's
/// `bs` and `ns`. `None` without two different values.
///
/// Quantiles are of type 7 ([`SampleQuantile`](crate::SampleQuantile)), as if each value stood there so many times.
///
/// ```
/// use afgang_models::quantile_knots;
///
/// // 1, 1, 1, 2, 5, 5: the median lies between the third and the fourth.
/// assert_eq!(quantile_knots(&[(5.0, 2.0), (1.0, 3.0), (2.0, 1.0)], 1), Some(vec![1.0, 1.5, 5.0]));
/// assert_eq!(quantile_knots(&[(5.0, 2.0), (5.0, 3.0)], 1), None);
/// ```
pub fn quantile_knots(values: &[(f64, f64)], inner: usize) -> Option<Vec<f64>> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (low, high) = (sorted.first()?.0, sorted.last()?.0);
    if low >= high {
        return None;
    }
    // How many come before the next value.
    let mut until = Vec::with_capacity(sorted.len());
    let mut n = 0.0;
    for (_, count) in &sorted {
        n += count;
        until.push(n);
    }
    let at = |rank: f64| {
        let place = until.partition_point(|&until| until <= rank);
        sorted[place.min(sorted.len() - 1)].0
    };
    let quantile = |part: f64| {
        let place = part * (n - 1.0).max(0.0);
        let below = place.floor();
        at(below) + (place - below) * (at(below + 1.0) - at(below))
    };
    let mut knots = vec![low];
    knots.extend((1..=inner).map(|k| quantile(k as f64 / (inner + 1) as f64)));
    knots.push(high);
    Some(knots)
}
