//! Times that differ by rounding alone.
//!
//! 0.1 + 0.2 is not 0.3: times that were computed, such as days over 365.25 less an age, can differ in the last digits where
//! they were equal. R's `survival` takes such times for one; most programs take them as they stand, and so does this one
//! unless it is told otherwise, but it says that there are such.

/// The root of the spacing of doubles at 1, 2⁻²⁶: R's tolerance.
const TOLERANCE: f64 = 1.490_116_119_384_765_6e-8;

/// Times next to each other that are nearly equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NearTies {
    /// How many times differ from the one before by rounding alone.
    pub(crate) count: usize,
    /// The first of them, with the time before it.
    pub(crate) first: (f64, f64),
}

/// The gap up to which two times are one: the tolerance, or that part of the mean time if this is more.
fn widest(times: &[f64]) -> f64 {
    let mean = times.iter().map(|time| time.abs()).sum::<f64>() / times.len() as f64;
    TOLERANCE * mean.max(1.0)
}

impl NearTies {
    /// Those among different times, the earliest first; `None` if there are none.
    pub(crate) fn among(times: &[f64]) -> Option<Self> {
        let widest = widest(times);
        let mut near = times.windows(2).filter(|pair| pair[1] - pair[0] <= widest);
        let first = near.next().map(|pair| (pair[0], pair[1]))?;
        Some(Self { count: 1 + near.count(), first })
    }

    /// How they differ, in words: a huge time makes the mean, and with it the tolerance, larger than rounding.
    pub(crate) fn how(self) -> &'static str {
        let (before, after) = self.first;
        if after - before <= 100.0 * TOLERANCE * after.abs().max(1.0) {
            "by rounding alone"
        } else {
            "by what is rounding beside the mean time, which the largest times make large (check these)"
        }
    }
}

/// The different times of some columns, the earliest first.
pub(crate) fn different<'a>(columns: impl IntoIterator<Item = &'a [f64]>) -> Vec<f64> {
    let mut times: Vec<f64> = columns.into_iter().flatten().copied().collect();
    // Quick where the columns are in their order already.
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

/// Puts the earliest of times that follow each other by such small gaps in the place of all of them; says how many were moved.
pub(super) fn merge(columns: &mut [&mut Vec<f64>]) -> usize {
    let times = different(columns.iter().map(|column| column.as_slice()));
    let widest = widest(&times);
    let mut kept: Vec<f64> = times.clone();
    let mut last = f64::NEG_INFINITY;
    kept.retain(|&time| {
        let apart = time - last > widest;
        last = time;
        apart
    });
    let merged = times.len() - kept.len();
    if merged > 0 {
        for time in columns.iter_mut().flat_map(|column| column.iter_mut()) {
            *time = kept[kept.partition_point(|kept| *kept <= *time) - 1];
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_makes_near_ties() {
        let times = different([&[0.3, 1.0, 0.1 + 0.2][..], &[0.3]]);
        assert_eq!(times.len(), 3);
        let near = NearTies::among(&times).unwrap();
        assert_eq!((near.count, near.first), (1, (0.3, 0.1 + 0.2)));
        assert_eq!(NearTies::among(&[1.0, 1.0 + 1e-7]), None);
        // Of a mean of a million a gap of a hundredth is within the tolerance, one of a fiftieth is not.
        assert_eq!(NearTies::among(&[1e6, 1e6 + 0.01, 1e6 + 0.03]).unwrap().count, 1);
        assert_eq!(NearTies::among(&[]), None);
        assert_eq!(near.how(), "by rounding alone");
        let of_huge = NearTies::among(&[1.0, 2.0, 1e17]).unwrap();
        assert_eq!(of_huge.first, (1.0, 2.0));
        assert!(of_huge.how().contains("check"));
    }

    #[test]
    fn chains_of_small_gaps_are_their_first_time() {
        let (mut exit, mut entry) =
            (vec![5.0, 1.0 + 2e-8, 1.0, 2.0], vec![1.0 + 1e-8, 0.0, 0.0, 0.0]);
        assert_eq!(merge(&mut [&mut exit, &mut entry]), 2);
        assert_eq!(exit, [5.0, 1.0, 1.0, 2.0]);
        assert_eq!(entry, [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(merge(&mut [&mut exit, &mut entry]), 0);
    }
}
