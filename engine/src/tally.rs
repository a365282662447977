//! Counts under keys of which most never come: a sorted list, and keys that wait to be sorted into it.

/// A count under a key.
pub(crate) trait Keyed: Copy {
    fn new(key: u64, count: u64) -> Self;
    fn key(&self) -> u64;
    fn count(&mut self) -> &mut u64;
}

/// Two lists that are sorted by key as one.
pub(crate) fn merged<T: Keyed>(one: &[T], two: &[T]) -> Vec<T> {
    let mut sum = Vec::with_capacity(one.len() + two.len());
    let (mut one, mut two) = (one.iter().copied().peekable(), two.iter().copied().peekable());
    while let (Some(left), Some(right)) = (one.peek(), two.peek()) {
        let order = left.key().cmp(&right.key());
        if order.is_gt() {
            sum.extend(two.next());
        } else {
            sum.extend(one.next());
        }
        if order.is_eq()
            && let (Some(last), Some(mut same)) = (sum.last_mut(), two.next())
        {
            *last.count() += *same.count();
        }
    }
    sum.extend(one.chain(two));
    sum
}

/// Keys that wait to be sorted in.
const PENDING: usize = 1 << 20;

/// Counts in the making.
pub(crate) struct Tally<T> {
    sorted: Vec<T>,
    pending: Vec<u64>,
}

impl<T: Keyed> Tally<T> {
    pub(crate) const fn new() -> Self {
        Self { sorted: Vec::new(), pending: Vec::new() }
    }

    /// Counts each of some keys once more.
    pub(crate) fn extend(&mut self, keys: impl Iterator<Item = u64>) {
        self.pending.extend(keys);
        if self.pending.len() >= PENDING {
            self.sort_in();
        }
    }

    fn sort_in(&mut self) {
        self.pending.sort_unstable();
        let of = |same: &[u64]| T::new(same[0], same.len() as u64);
        let counts: Vec<T> = self.pending.chunk_by(|a, b| a == b).map(of).collect();
        self.sorted = merged(&self.sorted, &counts);
        self.pending.clear();
    }

    pub(crate) fn merge(&mut self, other: &mut Self) {
        other.sort_in();
        self.sorted = merged(&self.sorted, &other.sorted);
    }

    /// The counts, sorted by key.
    pub(crate) fn finish(mut self) -> Vec<T> {
        self.sort_in();
        self.sorted
    }
}
