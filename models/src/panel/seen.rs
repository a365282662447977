//! Which units were seen at which times.

use std::collections::BTreeMap;

/// Most different times that are told apart.
const MOST_TIMES: usize = 4_096;

/// A bit for each unit and time.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Bits of the units by their places, as far as there are any.
    times: BTreeMap<i64, Vec<u64>>,
}

/// Why a unit cannot be noted at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was there.
    Twice,
    /// There are more times than are told apart.
    TooManyTimes(usize),
}

impl Seen {
    /// Notes the unit at a place.
    pub(super) fn note(&mut self, place: usize, time: i64) -> Result<(), Refused> {
        let known = self.times.len();
        let bits = match self.times.get_mut(&time) {
            Some(bits) => bits,
            None if known == MOST_TIMES => return Err(Refused::TooManyTimes(MOST_TIMES)),
            None => self.times.entry(time).or_default(),
        };
        let (word, bit) = (place / 64, 1 << (place % 64));
        if bits.len() <= word {
            bits.resize(word + 1, 0);
        }
        if bits[word] & bit != 0 {
            return Err(Refused::Twice);
        }
        bits[word] |= bit;
        Ok(())
    }

    /// Different times, in order.
    pub(super) fn times(&self) -> impl Iterator<Item = i64> {
        self.times.keys().copied()
    }

    /// Places and times that were noted.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, i64)> {
        self.times.iter().flat_map(|(&time, bits)| places(bits).map(move |place| (place, time)))
    }

    /// Different times of some units, and how many of these units miss a time of any unit between their first and last.
    pub(super) fn counts(&self, units: &[usize]) -> (usize, usize) {
        let n = units.iter().max().map_or(0, |&last| last + 1);
        let mut counted = vec![false; n];
        for &unit in units {
            counted[unit] = true;
        }
        let mut last: Vec<Option<usize>> = vec![None; n];
        let mut gaps = vec![false; n];
        let mut times = 0;
        for (time, bits) in self.times.values().enumerate() {
            let mut any = false;
            for unit in places(bits).filter(|&unit| unit < n && counted[unit]) {
                any = true;
                gaps[unit] |= last[unit].is_some_and(|last| last + 1 < time);
                last[unit] = Some(time);
            }
            times += usize::from(any);
        }
        (times, gaps.into_iter().filter(|gap| *gap).count())
    }
}

fn places(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(word, &bits)| {
        (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| 64 * word + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_repetitions() {
        let mut seen = Seen::default();
        for (unit, time) in [(0, 2018), (0, 2020), (70, 2019), (70, 2020), (1, 2020)] {
            assert_eq!(seen.note(unit, time), Ok(()));
        }
        assert_eq!(seen.note(70, 2020), Err(Refused::Twice));
        assert_eq!(seen.note(71, 2020), Ok(()));
        // Unit 0 misses 2019; unit 1 alone is there once.
        assert_eq!(seen.counts(&[0, 1, 70, 71]), (3, 1));
        assert_eq!(seen.counts(&[1]), (1, 0));
        assert_eq!(seen.counts(&[]), (0, 0));
        let all: Vec<_> = seen.all().collect();
        assert_eq!(all[..3], [(0, 2018), (70, 2019), (0, 2020)]);
    }

    #[test]
    fn times_without_end_are_refused() {
        let mut seen = Seen::default();
        for time in 0..MOST_TIMES as i64 {
            assert_eq!(seen.note(0, time), Ok(()));
        }
        assert_eq!(seen.note(0, -1), Err(Refused::TooManyTimes(MOST_TIMES)));
        assert_eq!(seen.note(1, 7), Ok(()));
    }
}
