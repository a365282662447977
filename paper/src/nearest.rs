//! The nearest valid word to a misspelt one.

/// The word of `words` that takes the fewest single-letter changes to reach from `word`, letter case
/// aside; the first of equals. `None` when even the nearest shares less than half of its letters.
///
/// ```
/// let words = ["employment", "education", "flex_job"];
/// assert_eq!(afgang::nearest::nearest("employmnet", words), Some("employment"));
/// assert_eq!(afgang::nearest::nearest("xyz", words), None);
/// ```
pub fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let letters = word.chars().count();
    words
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .min_by_key(|&(changes, _)| changes)
        .filter(|&(changes, candidate)| changes * 2 <= letters.max(candidate.chars().count()))
        .map(|(_, candidate)| candidate)
}

/// Number of insertions, deletions, substitutions and swaps of neighbours between two words.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let width = b.len() + 1;
    let mut cost = vec![0; (a.len() + 1) * width];
    for j in 0..width {
        cost[j] = j;
    }
    for i in 1..=a.len() {
        cost[i * width] = i;
        for j in 1..width {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (cost[(i - 1) * width + j] + 1)
                .min(cost[i * width + j - 1] + 1)
                .min(cost[(i - 1) * width + j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(cost[(i - 2) * width + j - 2] + 1);
            }
            cost[i * width + j] = best;
        }
    }
    cost[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("time", "tiem"), 1);
        assert_eq!(distance("Kom", "kom"), 0);
        assert_eq!(distance("København", "Kobenhavn"), 1);
    }

    #[test]
    fn far_words_are_not_suggested() {
        assert_eq!(nearest("abcdef", ["uvwxyz"]), None);
        assert_eq!(nearest("by", ["", "bye"]), Some("bye"));
        assert_eq!(nearest("a", []), None);
    }
}
