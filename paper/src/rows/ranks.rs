//! The order of the values of a column.

use std::cmp::Ordering;
use std::collections::HashMap;

use rayon::slice::ParallelSliceMut;

use super::MOST_CELLS;
use crate::table::Values;

/// For each row the rank of its value among the different values of the column.
pub(crate) fn ranks(values: &Values) -> Vec<usize> {
    fn rank<T: Clone + Send>(
        values: &[T],
        order: impl Fn(&T, &T) -> Ordering + Sync,
    ) -> Vec<usize> {
        let mut sorted: Vec<(T, u32)> = values.iter().cloned().zip(0..).collect();
        sorted.par_sort_unstable_by(|a, b| order(&a.0, &b.0));
        let mut rank = vec![0; values.len()];
        for (k, alike) in sorted.chunk_by(|a, b| order(&a.0, &b.0).is_eq()).enumerate() {
            for (_, row) in alike {
                rank[*row as usize] = k;
            }
        }
        rank
    }
    // Words that are numbers go by size, but different words stay different: 017 is not 17, and numbers of many digits are more than
    // doubles can tell apart.
    let number = |text: &Option<String>| text.as_deref().map(str::parse::<f64>);
    match values {
        Values::Number(values) => rank(values, f64::total_cmp),
        Values::Whole(values) => ranks_of_small(values)
            .unwrap_or_else(|| rank(values, |a, b| (a.is_none(), a).cmp(&(b.is_none(), b)))),
        Values::Text(values) => {
            // Words repeat: only the different ones are compared.
            let mut places: HashMap<&Option<String>, usize> = HashMap::new();
            let mut words: Vec<&Option<String>> = Vec::new();
            let mut place = |word| {
                *places.entry(word).or_insert_with(|| {
                    words.push(word);
                    words.len() - 1
                })
            };
            let codes: Vec<usize> = values.iter().map(&mut place).collect();
            let numbers: Vec<Option<f64>> =
                words.iter().map(|word| number(word).map_or(Some(f64::NAN), Result::ok)).collect();
            let of_words = match numbers.into_iter().collect::<Option<Vec<f64>>>() {
                Some(numbers) => {
                    let both: Vec<(f64, &Option<String>)> =
                        numbers.into_iter().zip(words).collect();
                    rank(&both, |a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)))
                }
                None => rank(&words, |a, b| (a.is_none(), a).cmp(&(b.is_none(), b))),
            };
            codes.into_iter().map(|code| of_words[code]).collect()
        }
    }
}

/// Ranks of whole numbers of a small range, by counting; missing values last.
fn ranks_of_small(values: &[Option<i64>]) -> Option<Vec<usize>> {
    let mut known = values.iter().flatten().copied();
    let first = known.next()?;
    let (low, high) =
        known.fold((first, first), |(low, high), value| (low.min(value), high.max(value)));
    let range = usize::try_from(high.checked_sub(low)?).ok().filter(|&range| range < MOST_CELLS)?;
    let place = |value: Option<i64>| value.map_or(range + 1, |value| (value - low) as usize);
    let mut rank = vec![0; range + 2];
    for &value in values {
        rank[place(value)] = 1;
    }
    let mut before = 0;
    for slot in &mut rank {
        let there = *slot;
        *slot = before;
        before += there;
    }
    Some(values.iter().map(|&value| rank[place(value)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_sort_by_size() {
        let words = |words: &[&str]| {
            Values::Text(words.iter().map(|w| (!w.is_empty()).then(|| (*w).to_owned())).collect())
        };
        assert_eq!(ranks(&words(&["10", "9", "", "10"])), [1, 0, 2, 1]);
        assert_eq!(ranks(&words(&["b", "", "a"])), [1, 2, 0]);
        // Beyond 2^53, where doubles leave whole numbers out.
        assert_eq!(
            ranks(&words(&["9007199254740993", "9007199254740992", "017", "17"])),
            [3, 2, 0, 1]
        );
        assert_eq!(ranks(&Values::Whole(vec![Some(3), None, Some(-1)])), [1, 2, 0]);
        let wide = Values::Whole(vec![Some(i64::MAX), None, Some(i64::MIN), Some(0)]);
        assert_eq!(ranks(&wide), [2, 3, 0, 1]);
        assert_eq!(ranks(&Values::Whole(vec![None, None])), [0, 0]);
    }
}
