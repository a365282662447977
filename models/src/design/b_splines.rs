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
