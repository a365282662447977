//! Cubic splines over the values of a clock.

/// All B-splines of a degree on knots of which the first and the last are the ends: one column a function.
pub(crate) fn b_splines(x: &[f64], knots: &[f64], degree: usize) -> Vec<Vec<f64>> {
    let mut all = vec![knots[0]; degree];
    all.extend_from_slice(knots);
    all.extend(vec![knots[knots.len() - 1]; degree]);
    let mut columns = vec![Vec::with_capacity(x.len()); all.len() - degree - 1];
    for &x in x {
        let values = crate::design::b_splines(x, &all, degree, 0);
        columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    columns
}

/// Cubic splines that are linear beyond the ends: the value itself, and one column for each inner knot,
///
/// $$(x - k_j)_+^3 - \frac{(k_m - k_j) (x - k_{m-1})_+^3 - (k_{m-1} - k_j) (x - k_m)_+^3}{k_m - k_{m-1}},$$
///
/// over $(k_m - k_1)^2$, for $j$ up to $m - 2$.
pub(crate) fn natural_splines(x: &[f64], knots: &[f64]) -> Vec<Vec<f64>> {
    let m = knots.len();
    let (before, last) = (knots[m - 2], knots[m - 1]);
    let cube = |x: f64, knot: f64| (x - knot).max(0.0).powi(3);
    let mut columns = vec![x.to_vec()];
    for &knot in &knots[..m - 2] {
        let of = |x: &f64| {
            let ends = (last - knot) * cube(*x, before) - (before - knot) * cube(*x, last);
            (cube(*x, knot) - ends / (last - before)) / (last - knots[0]).powi(2)
        };
        columns.push(x.iter().map(of).collect());
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b_splines_add_up_and_are_bernsteins_without_knots() {
        let x: Vec<f64> = (0..=10).map(|i| f64::from(i) / 10.0).collect();
        for (row, &t) in x.iter().enumerate() {
            let of = b_splines(&x, &[0.0, 1.0], 3);
            let want = [
                (1.0 - t).powi(3),
                3.0 * t * (1.0 - t).powi(2),
                3.0 * t * t * (1.0 - t),
                t.powi(3),
            ];
            for (column, want) in of.iter().zip(want) {
                assert!((column[row] - want).abs() < 1e-14);
            }
            let of = b_splines(&x, &[0.0, 0.3, 0.5, 1.0], 3);
            assert_eq!(of.len(), 6);
            assert!((of.iter().map(|column| column[row]).sum::<f64>() - 1.0).abs() < 1e-14);
        }
    }

    /// With knots 0, 1 and 2 the column is (x³ - 2 (x - 1)³₊) / 4 up to 2, and a line of slope 3/2 beyond.
    #[test]
    fn natural_splines_end_in_lines() {
        let of = natural_splines(&[0.0, 1.0, 2.0, 3.0, 4.0], &[0.0, 1.0, 2.0]);
        assert_eq!(of[0], [0.0, 1.0, 2.0, 3.0, 4.0]);
        for (got, want) in of[1].iter().zip([0.0, 0.25, 1.5, 3.0, 4.5]) {
            assert!((got - want).abs() < 1e-14);
        }
    }
}
