//! P-values adjusted for many tests.

/// Holm's adjusted p-values: the chance of any false rejection stays at the level.
///
/// With the p-values sorted, $\tilde p_{(i)} = \max_{j \le i} \min\\{1, (m - j + 1)\\,p_{(j)}\\}$ (Holm 1979); in the order of
/// the input, as R's `p.adjust`.
///
/// ```
/// use afgang_models::holm;
///
/// // 3 * 0.01, 2 * 0.03, and 0.04 raised to the one before.
/// let adjusted = holm(&[0.04, 0.01, 0.03]);
/// for (got, want) in adjusted.iter().zip([0.06, 0.03, 0.06]) {
///     assert!((got - want).abs() < 1e-15);
/// }
/// ```
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let order = order(p_values);
    let m = p_values.len();
    let mut adjusted = vec![0.0; m];
    let mut largest = 0.0_f64;
    for (rank, &at) in order.iter().enumerate() {
        largest = largest.max(((m - rank) as f64 * p_values[at]).min(1.0));
        adjusted[at] = largest;
    }
    adjusted
}

/// Adjusted p-values of Benjamini and Hochberg: the expected share of false rejections stays at the level.
///
/// With the p-values sorted, $\tilde p_{(i)} = \min_{j \ge i} \min\\{1, m\\,p_{(j)} / j\\}$ (Benjamini and Hochberg 1995); in
/// the order of the input, as R's `p.adjust`.
///
/// ```
/// use afgang_models::benjamini_hochberg;
///
/// // 3/1 * 0.01; 3/2 * 0.03 = 0.045 lowered to 3/3 * 0.04.
/// let adjusted = benjamini_hochberg(&[0.04, 0.01, 0.03]);
/// for (got, want) in adjusted.iter().zip([0.04, 0.03, 0.04]) {
///     assert!((got - want).abs() < 1e-15);
/// }
/// ```
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let order = order(p_values);
    let m = p_values.len();
    let mut adjusted = vec![0.0; m];
    let mut smallest = 1.0_f64;
    for (rank, &at) in order.iter().enumerate().rev() {
        smallest = smallest.min(m as f64 / (rank + 1) as f64 * p_values[at]);
        adjusted[at] = smallest;
    }
    adjusted
}

/// Positions by size, equal ones in the order of the input.
fn order(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    order
}
