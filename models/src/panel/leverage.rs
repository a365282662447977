//! Leverages of absorbed effects.

use nalgebra::DMatrix;

use super::Effect;
use super::absorb::{joined, root};
use super::error::PanelError;
use crate::error::{Error, Result};

/// Most levels of the smaller of two effects, of those that rows connect, with which leverages are computed: their inverse has as many
/// rows and columns (200 MB, and ten to twenty seconds).
pub(super) const MOST_LEVELS: usize = 5_000;

/// Rows and columns from which on an inverse is made of those of its quarters.
const BLOCK: usize = 64;

/// $w_i d_i^\top (D^\top W D)^- d_i$ of each row, $D$ the indicators of the effects' levels, or the constant of none.
///
/// Two effects go by the one with more levels: with $n_a$ the weight of its level $a$, $p_a$ the shares of the other's levels in it and $S$ what
/// is left of the other's weights when the first's means are gone, $d^\top (D^\top W D)^- d = 1/n_a + (e_b - p_a)^\top S^- (e_b - p_a)$. $S$
/// is inverted without one level of each part that rows connect, which changes nothing, as $e_b - p_a$ adds up to 0. Cost: a step for each two
/// levels of the other effect that share a level, and $\frac43 m^3$ for $m$ levels of a part.
pub(super) fn of_effects(
    effects: &[&Effect],
    weights: Option<&[f64]>,
    rows: usize,
) -> Result<Vec<f64>> {
    let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
    match effects {
        [] => {
            let total: f64 = (0..rows).map(weight).sum();
            Ok((0..rows).map(|row| weight(row) / total).collect())
        }
        [only] => {
            let mut totals = vec![0.0; only.levels.len()];
            for (row, &code) in only.codes.iter().enumerate() {
                totals[code as usize] += weight(row);
            }
            let of_row = |(row, &code): (usize, &u32)| weight(row) / totals[code as usize];
            Ok(only.codes.iter().enumerate().map(of_row).collect())
        }
        [first, second] if first.n_used() < second.n_used() => of_two(second, first, &weight),
        [first, second] => of_two(first, second, &weight),
        _ => Err(PanelError::LeverageOfEffects.into()),
    }
}

/// Of two effects, of which the first has more levels.
fn of_two(first: &Effect, second: &Effect, weight: &dyn Fn(usize) -> f64) -> Result<Vec<f64>> {
    let shared = Shared::new(first, second, weight);
    let parts = Parts::new(first, second)?;
    let mut of_parts = parts.weights(second, weight);
    for (of_level, total) in shared.levels.iter().zip(&shared.totals) {
        let Some(&(b, _)) = of_level.first() else { continue };
        let left = &mut of_parts[parts.part[b]];
        for &(b, of_b) in of_level {
            for &(c, of_c) in of_level {
                if let (Some(b), Some(c)) = (parts.place[b], parts.place[c]) {
                    left[(b, c)] -= of_b * of_c / total;
                }
            }
        }
    }
    let singular = || Error::SingularInformation { columns: Vec::new(), iteration: 0 };
    let inverses = (of_parts.into_iter())
        .map(|left| inverse(left).ok_or_else(singular))
        .collect::<Result<Vec<_>>>()?;
    let at = |b: usize, c: usize| match (parts.place[b], parts.place[c]) {
        (Some(row), Some(column)) => inverses[parts.part[b]][(row, column)],
        _ => 0.0,
    };
    let mut leverage = vec![0.0; first.codes.len()];
    let mut own = vec![0.0; second.levels.len()];
    for ((rows, of_level), total) in shared.rows.iter().zip(&shared.levels).zip(&shared.totals) {
        let mut both = 0.0;
        for &(b, of_b) in of_level {
            let with = of_level.iter().map(|&(c, of_c)| at(b, c) * of_c).sum::<f64>() / total;
            own[b] = at(b, b) - 2.0 * with;
            both += with * of_b / total;
        }
        for &row in rows {
            let b = second.codes[row as usize] as usize;
            leverage[row as usize] = weight(row as usize) * (1.0 / total + own[b] + both);
        }
    }
    Ok(leverage)
}

/// Levels of a second effect that rows share with each level of a first.
struct Shared {
    /// Rows of each level of the first.
    rows: Vec<Vec<u32>>,
    /// Levels of the second with the weight of the rows of both.
    levels: Vec<Vec<(usize, f64)>>,
    /// Weights of the levels of the first.
    totals: Vec<f64>,
}

impl Shared {
    fn new(first: &Effect, second: &Effect, weight: &dyn Fn(usize) -> f64) -> Self {
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); first.levels.len()];
        for (row, &code) in first.codes.iter().enumerate() {
            rows[code as usize].push(row as u32);
        }
        let of_level = |rows: &Vec<u32>| {
            let level = |row: u32| second.codes[row as usize] as usize;
            let mut levels: Vec<(usize, f64)> =
                rows.iter().map(|&row| (level(row), weight(row as usize))).collect();
            levels.sort_by_key(|&(level, _)| level);
            levels.dedup_by(|next, known| {
                let same = next.0 == known.0;
                known.1 += if same { next.1 } else { 0.0 };
                same
            });
            levels
        };
        let levels: Vec<Vec<(usize, f64)>> = rows.iter().map(of_level).collect();
        let totals = levels.iter().map(|of| of.iter().map(|(_, weight)| weight).sum()).collect();
        Self { rows, levels, totals }
    }
}

/// Parts of a second effect's levels that rows of a first's connect.
struct Parts {
    /// Part of each level,
    part: Vec<usize>,
    /// and its place there; `None` of the last, and of levels without rows.
    place: Vec<Option<usize>>,
    /// Places of each part.
    sizes: Vec<usize>,
}

impl Parts {
    fn new(first: &Effect, second: &Effect) -> Result<Self> {
        let (mut parent, _) = joined(first, second);
        let shift = first.levels.len();
        let mut number = vec![usize::MAX; parent.len()];
        let (mut part, mut sizes) = (Vec::new(), Vec::<usize>::new());
        let mut last: Vec<usize> = Vec::new();
        let mut place = vec![None; second.levels.len()];
        for (level, rows) in second.rows().into_iter().enumerate() {
            let number = &mut number[root(&mut parent, shift + level)];
            if rows == 0 {
                part.push(0);
                continue;
            }
            if *number == usize::MAX {
                *number = sizes.len();
                sizes.push(0);
                last.push(level);
            } else {
                place[last[*number]] = Some(sizes[*number]);
                sizes[*number] += 1;
                last[*number] = level;
            }
            part.push(*number);
        }
        let levels = sizes.iter().max().map_or(0, |most| most + 1);
        if levels > MOST_LEVELS {
            return Err(PanelError::LeverageOfLevels { levels, most: MOST_LEVELS }.into());
        }
        Ok(Self { part, place, sizes })
    }

    /// A matrix for each part with the weights of its levels.
    fn weights(&self, second: &Effect, weight: &dyn Fn(usize) -> f64) -> Vec<DMatrix<f64>> {
        let mut of_parts: Vec<DMatrix<f64>> =
            self.sizes.iter().map(|&size| DMatrix::zeros(size, size)).collect();
        for (row, &code) in second.codes.iter().enumerate() {
            if let Some(place) = self.place[code as usize] {
                of_parts[self.part[code as usize]][(place, place)] += weight(row);
            }
        }
        of_parts
    }
}

/// The inverse of a positive definite matrix, by halves.
fn inverse(matrix: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = matrix.nrows();
    if n <= BLOCK {
        return matrix.cholesky().map(|factor| factor.inverse());
    }
    let half = n / 2;
    let a = inverse(matrix.view((0, 0), (half, half)).into_owned())?;
    let b = matrix.view((half, 0), (n - half, half)).into_owned();
    let ba = &b * &a;
    let rest = matrix.view((half, half), (n - half, n - half)) - &ba * b.transpose();
    drop(matrix);
    let rest = inverse(rest)?;
    let below = &rest * &ba;
    let mut whole = DMatrix::zeros(n, n);
    whole.view_mut((0, 0), (half, half)).copy_from(&(a + ba.transpose() * &below));
    whole.view_mut((0, half), (half, n - half)).copy_from(&-below.transpose());
    whole.view_mut((half, 0), (n - half, half)).copy_from(&-below);
    whole.view_mut((half, half), (n - half, n - half)).copy_from(&rest);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(codes: &[u32]) -> Effect {
        let levels = codes.iter().max().map_or(0, |most| *most as usize + 1);
        Effect {
            name: "e".to_owned(),
            codes: codes.to_vec(),
            levels: (0..levels).map(|level| level.to_string()).collect(),
        }
    }

    #[test]
    fn by_hand() {
        // Two units at two times, one of them once: three rows for three parameters fit themselves.
        let (unit, time) = (effect(&[0, 0, 1]), effect(&[0, 1, 0]));
        let leverage = of_effects(&[&unit, &time], None, 3).unwrap();
        assert!(leverage.iter().all(|h| (h - 1.0).abs() < 1e-14), "{leverage:?}");
        // 2 x 2: 1/2 + 1/2 - 1/4 each; beside it a part of its own with two rows of one level each.
        let (unit, time) = (effect(&[0, 0, 1, 1, 2, 2]), effect(&[0, 1, 0, 1, 3, 3]));
        let leverage = of_effects(&[&unit, &time], None, 6).unwrap();
        for (h, wanted) in leverage.iter().zip([0.75, 0.75, 0.75, 0.75, 0.5, 0.5]) {
            assert!((h - wanted).abs() < 1e-14, "{leverage:?}");
        }
    }

    /// Levels in a ring: the larger matrix goes by halves.
    #[test]
    fn leverages_add_up_to_parameters() {
        let n = 300_u32;
        let unit: Vec<u32> = (0..3 * n).map(|row| row / 3).collect();
        let time: Vec<u32> = (0..3 * n).map(|row| (row / 3 + row % 3 * (row % 3)) % n).collect();
        let weights: Vec<f64> = (0..3 * n).map(|row| 0.5 + f64::from(row % 7)).collect();
        let (unit, time) = (effect(&unit), effect(&time));
        let leverage = of_effects(&[&unit, &time], Some(&weights), 900).unwrap();
        // All levels are connected: 300 + 300 - 1.
        assert!((leverage.iter().sum::<f64>() - 599.0).abs() < 1e-9);
        assert!(leverage.iter().all(|h| *h > 0.0 && *h < 1.0));
    }

    #[test]
    fn too_many_levels_are_refused() {
        let n = MOST_LEVELS as u32 + 1;
        let unit: Vec<u32> = (0..2 * n).map(|row| row / 2).collect();
        let ring: Vec<u32> = (0..2 * n).map(|row| (row / 2 + row % 2) % n).collect();
        let error =
            of_effects(&[&effect(&unit), &effect(&ring)], None, 2 * n as usize).unwrap_err();
        let refused = PanelError::LeverageOfLevels { levels: MOST_LEVELS + 1, most: MOST_LEVELS };
        assert_eq!(error, refused.into());
        let three = effect(&[0, 0, 1]);
        let error = of_effects(&[&three, &three, &three], None, 3).unwrap_err();
        assert_eq!(error, PanelError::LeverageOfEffects.into());
    }
}
