//! Columns made of one number: polynomials and splines.

/// Orthogonal polynomials of degrees 1 to `degree` over the values, each of length 1 and growing at the right end, as R's
/// `poly`. `None` if there are fewer different values than columns.
pub(super) fn polynomials(x: &[f64], degree: usize) -> Option<Vec<Vec<f64>>> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let spread = x.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
    if spread <= 0.0 {
        return None;
    }
    let centred: Vec<f64> = x.iter().map(|x| (x - mean) / spread).collect();
    let mut basis = vec![vec![1.0 / n.sqrt(); x.len()]];
    for _ in 0..degree {
        let last = &basis[basis.len() - 1];
        let mut next: Vec<f64> = last.iter().zip(&centred).map(|(p, x)| p * x).collect();
        let before = length(&next);
        // Twice, so that rounding leaves nothing of the lower degrees.
        for _ in 0..2 {
            for lower in &basis {
                let part: f64 = lower.iter().zip(&next).map(|(a, b)| a * b).sum();
                for (value, lower) in next.iter_mut().zip(lower) {
                    *value -= part * lower;
                }
            }
        }
        let size = length(&next);
        if size <= 1e-10 * before {
            return None;
        }
        for value in &mut next {
            *value /= size;
        }
        basis.push(next);
    }
    basis.remove(0);
    Some(basis)
}

fn length(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Cubic B-splines with `df` columns: inner knots at evenly spaced quantiles, the first function left out, as R's `bs`.
/// `None` if the values do not vary.
pub(super) fn splines(x: &[f64], df: usize) -> Option<Vec<Vec<f64>>> {
    const DEGREE: usize = 3;
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (*sorted.first()?, *sorted.last()?);
    if low >= high {
        return None;
    }
    let inner = df - DEGREE;
    let quantile = |part: f64| {
        let place = part * (sorted.len() - 1) as f64;
        let below = place.floor() as usize;
        let above = (below + 1).min(sorted.len() - 1);
        sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
    };
    let mut knots = vec![low; DEGREE + 1];
    knots.extend((1..=inner).map(|k| quantile(k as f64 / (inner + 1) as f64)));
    knots.extend([high; DEGREE + 1]);
    let mut columns = vec![Vec::with_capacity(x.len()); df];
    for &x in x {
        let values = b_splines(&knots, DEGREE, x, high);
        for (column, value) in columns.iter_mut().zip(&values[1..]) {
            column.push(*value);
        }
    }
    Some(columns)
}

/// All B-splines of a degree at a point, by the recursion of Cox and de Boor.
fn b_splines(knots: &[f64], degree: usize, x: f64, high: f64) -> Vec<f64> {
    let last = knots.len() - degree - 2;
    let inside = |i: usize| knots[i] <= x && x < knots[i + 1] || x >= high && i == last;
    let mut values: Vec<f64> =
        (0..knots.len() - 1).map(|i| if inside(i) { 1.0 } else { 0.0 }).collect();
    for d in 1..=degree {
        let part = |top: f64, bottom: f64| if bottom > 0.0 { top / bottom } else { 0.0 };
        values = (0..values.len() - 1)
            .map(|i| {
                part(x - knots[i], knots[i + d] - knots[i]) * values[i]
                    + part(knots[i + d + 1] - x, knots[i + d + 1] - knots[i + 1]) * values[i + 1]
            })
            .collect();
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 1 to 5 the polynomials are those of every table: linear -2 … 2 over √10, quadratic 2, -1, -2, -1, 2 over √14.
    #[test]
    fn polynomials_of_five_points() {
        let basis = polynomials(&[1.0, 2.0, 3.0, 4.0, 5.0], 2).unwrap();
        for (got, want) in basis[0].iter().zip([-2.0, -1.0, 0.0, 1.0, 2.0]) {
            assert!((got - want / 10.0_f64.sqrt()).abs() < 1e-14);
        }
        for (got, want) in basis[1].iter().zip([2.0, -1.0, -2.0, -1.0, 2.0]) {
            assert!((got - want / 14.0_f64.sqrt()).abs() < 1e-14);
        }
        assert!(polynomials(&[1.0, 2.0, 1.0, 2.0], 2).is_none());
    }

    /// Without inner knots they are Bernstein's polynomials; all together with the first they add up to 1.
    #[test]
    fn splines_without_knots_are_bernsteins() {
        let x: Vec<f64> = (0..=10).map(|i| f64::from(i) / 10.0).collect();
        let basis = splines(&x, 3).unwrap();
        for (row, &t) in x.iter().enumerate() {
            let want = [3.0 * t * (1.0 - t).powi(2), 3.0 * t * t * (1.0 - t), t.powi(3)];
            for (column, want) in basis.iter().zip(want) {
                assert!((column[row] - want).abs() < 1e-14);
            }
        }
        for columns in [splines(&x, 5).unwrap(), splines(&x, 4).unwrap()] {
            let at_end: f64 = columns.iter().map(|column| column[10]).sum();
            assert!((at_end - 1.0).abs() < 1e-14);
            assert!(columns.iter().all(|column| column.iter().all(|b| (0.0..=1.0).contains(b))));
        }
    }
}
