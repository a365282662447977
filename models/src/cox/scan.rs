//! Sums over the risk set at every event time, by one pass backward in time.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::risk_sets::{Cell, RiskSets};
use crate::design::{Products, SparseRows};

/// The risk set and the events of one time.
pub(crate) struct AtTime<'sums> {
    /// Place of the time.
    pub(crate) k: usize,
    /// $\sum w r$ over the risk set.
    pub(crate) s0: f64,
    /// $\sum w r x$ over the risk set.
    pub(crate) s1: &'sums [f64],
    /// $\sum w r x x^\top$ over the risk set, as [`Products`] has it; empty where not asked for.
    pub(crate) s2: &'sums [f64],
    /// $\sum w r$ over the events.
    pub(crate) d0: f64,
    /// $\sum w r x$ over the events.
    pub(crate) d1: &'sums [f64],
    /// $\sum w r x x^\top$ over the events, as `s2`.
    pub(crate) d2: &'sums [f64],
    /// Number of events.
    pub(crate) events: f64,
    /// Their weight.
    pub(crate) weight: f64,
}

/// Sums of risks and of risks times covariates, each with what rounding took away, so that a risk set keeps its digits
/// when most of it has left again.
#[derive(Clone)]
pub(crate) struct Sums {
    pub(crate) sum: Vec<f64>,
    pub(crate) lost: Vec<f64>,
    /// Cells at risk.
    cells: i64,
}

impl Sums {
    pub(crate) fn new(p: usize) -> Self {
        Self { sum: vec![0.0; p + 1], lost: vec![0.0; p + 1], cells: 0 }
    }

    fn add_to(&mut self, place: usize, term: f64) {
        let sum = self.sum[place] + term;
        let rounded = sum - self.sum[place];
        self.lost[place] += (self.sum[place] - (sum - rounded)) + (term - rounded);
        self.sum[place] = sum;
    }

    fn add(&mut self, cell: &Cell, rows: &SparseRows, risk: &[f64], sign: i8) {
        let pattern = cell.pattern as usize;
        self.add_term(f64::from(sign) * cell.weight * risk[pattern], rows, pattern);
        self.cells += i64::from(sign);
    }

    /// Adds sums without loss.
    pub(crate) fn add_sums(&mut self, sums: &[f64]) {
        for (place, &sum) in sums.iter().enumerate() {
            self.add_to(place, sum);
        }
    }

    /// The sums with what rounding took away.
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.sum.iter().zip(&self.lost).map(|(sum, lost)| sum + lost)
    }

    /// Adds `term`, and it times the covariates of a pattern.
    pub(crate) fn add_term(&mut self, term: f64, rows: &SparseRows, pattern: usize) {
        for (column, x) in rows.row(pattern) {
            self.add_to(column, term * x);
        }
        self.add_to(self.sum.len() - 1, term);
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for place in 0..self.sum.len() {
            self.add_to(place, other.sum[place]);
            self.lost[place] += other.lost[place];
        }
        self.cells += other.cells;
    }

    fn clear(&mut self) {
        self.sum.fill(0.0);
        self.lost.fill(0.0);
        self.cells = 0;
    }

    /// Goes back to time `k`: a stratum's last time starts anew, entries after `k` go, exits at `k` come. Sums that are
    /// `whole`, and not only changes, are cleared of rounding when nobody is left.
    fn step_back(
        &mut self,
        k: usize,
        whole: bool,
        stratum: &mut usize,
        sets: &RiskSets,
        rows: &SparseRows,
        risk: &[f64],
    ) -> bool {
        let anew = sets.is_last_of_stratum(k, stratum);
        if anew {
            self.clear();
        } else {
            for cell in sets.entering(k) {
                self.add(cell, rows, risk, -1);
            }
            if whole && self.cells == 0 {
                self.clear();
            }
        }
        for cell in sets.leaving(k) {
            self.add(cell, rows, risk, 1);
        }
        anew
    }
}

/// Visits every event time, latest first within a chunk; what the chunks gathered comes in the order of time.
///
/// `rows` and `risk` are by pattern. Chunks run in parallel and do not depend on the number of threads.
pub(crate) fn scan<Gathered: Send>(
    sets: &RiskSets,
    rows: &SparseRows,
    p: usize,
    risk: &[f64],
    new: impl Fn() -> Gathered + Sync,
    visit: impl Fn(&mut Gathered, &AtTime) + Sync,
) -> Vec<Gathered> {
    if sets.is_grouped() && sets.times.len() * (p + 1) <= MOST_SUMS {
        return scan_groups(sets, rows, p, false, risk, new, visit);
    }
    let carried = carried(sets, rows, p, risk);
    let gather = |(chunk, carried): (&std::ops::Range<usize>, &Sums)| {
        let (mut sums, mut gathered) = (carried.clone(), new());
        let mut stratum = sets.stratum_of(chunk.end - 1);
        let (mut s1, mut d1) = (vec![0.0; p], vec![0.0; p]);
        for k in chunk.clone().rev() {
            sums.step_back(k, true, &mut stratum, sets, rows, risk);
            for (s1, (sum, lost)) in s1.iter_mut().zip(sums.sum.iter().zip(&sums.lost)) {
                *s1 = sum + lost;
            }
            d1.fill(0.0);
            let (mut d0, mut events, mut weight) = (0.0, 0.0, 0.0);
            for cell in sets.events(k) {
                let pattern = cell.pattern as usize;
                let term = cell.weight * risk[pattern];
                d0 += term;
                events += cell.spells;
                weight += cell.weight;
                rows.add(pattern, term, &mut d1);
            }
            let s0 = sums.sum[p] + sums.lost[p];
            let at = AtTime { k, s0, s1: &s1, s2: &[], d0, d1: &d1, d2: &[], events, weight };
            visit(&mut gathered, &at);
        }
        gathered
    };
    sets.chunks.par_iter().zip(&carried).map(gather).collect()
}

/// Sums that are kept for all times at once.
pub(crate) const MOST_SUMS: usize = 1 << 22;

/// What leaves at one time, with or without the event.
struct Leaving {
    all: Vec<f64>,
    events: Vec<f64>,
    number: f64,
    weight: f64,
}

/// As [`scan`] for few times of many cells that are all there from the start: each cell is added once, to those that leave with
/// it. Nothing is ever taken away, so sums of a time need not be carried without loss.
pub(crate) fn scan_groups<Gathered: Send>(
    sets: &RiskSets,
    rows: &SparseRows,
    p: usize,
    squares: bool,
    risk: &[f64],
    new: impl Fn() -> Gathered + Sync,
    visit: impl Fn(&mut Gathered, &AtTime) + Sync,
) -> Vec<Gathered> {
    let width = if squares { Products::width(p) } else { p + 1 };
    let sums_of = |cells: &[Cell]| {
        let term = |cell: &Cell| cell.weight * risk[cell.pattern as usize];
        if squares {
            let mut products = Products::new(rows, p);
            for cell in cells {
                products.add(cell.pattern as usize, term(cell));
            }
            return products.sums();
        }
        let mut sums = vec![0.0; width];
        for cell in cells {
            let term = term(cell);
            rows.add(cell.pattern as usize, term, &mut sums);
            sums[p] += term;
        }
        sums
    };
    let of_time = |k: usize| {
        let events = sets.events(k);
        let others = &sets.leaving(k)[..sets.leaving(k).len() - events.len()];
        let mut of = Leaving {
            all: sums_of(others),
            events: sums_of(events),
            number: events.iter().map(|cell| cell.spells).sum(),
            weight: events.iter().map(|cell| cell.weight).sum(),
        };
        of.all.iter_mut().zip(&of.events).for_each(|(all, events)| *all += events);
        of
    };
    let of_chunk =
        |chunk: &std::ops::Range<usize>| chunk.clone().map(of_time).collect::<Vec<Leaving>>();
    let mut times: Vec<Vec<Leaving>> = sets.chunks.par_iter().map(of_chunk).collect();
    let mut sums = Sums::new(width - 1);
    let mut stratum = sets.strata.len().saturating_sub(1);
    for (chunk, of_chunk) in sets.chunks.iter().zip(&mut times).rev() {
        for (k, of) in chunk.clone().zip(of_chunk).rev() {
            if sets.is_last_of_stratum(k, &mut stratum) {
                sums.clear();
            }
            sums.add_sums(&of.all);
            of.all.iter_mut().zip(sums.values()).for_each(|(all, sum)| *all = sum);
        }
    }
    let gather = |(chunk, of_chunk): (&std::ops::Range<usize>, &Vec<Leaving>)| {
        let mut gathered = new();
        for (k, of) in chunk.clone().zip(of_chunk).rev() {
            let (s1, d1) = (&of.all[..p], &of.events[..p]);
            let (s0, d0, events, weight) = (of.all[p], of.events[p], of.number, of.weight);
            let (s2, d2) = (&of.all[p + 1..], &of.events[p + 1..]);
            visit(&mut gathered, &AtTime { k, s0, s1, s2, d0, d1, d2, events, weight });
        }
        gathered
    };
    sets.chunks.par_iter().zip(&times).map(gather).collect()
}

/// The sums just after each chunk.
fn carried(sets: &RiskSets, rows: &SparseRows, p: usize, risk: &[f64]) -> Vec<Sums> {
    let net = |chunk: &std::ops::Range<usize>| {
        let (mut sums, mut anew) = (Sums::new(p), false);
        let mut stratum = sets.stratum_of(chunk.end - 1);
        for k in chunk.clone().rev() {
            anew |= sums.step_back(k, false, &mut stratum, sets, rows, risk);
        }
        (sums, anew)
    };
    // What comes before the first chunk is not needed.
    let nets: Vec<(Sums, bool)> = sets.chunks.par_iter().skip(1).map(net).collect();
    let mut carried = vec![Sums::new(p)];
    for (net, anew) in nets.iter().rev() {
        let mut sums = net.clone();
        if !anew && let Some(later) = carried.last() {
            sums.add_all(later);
        }
        carried.push(sums);
    }
    carried.reverse();
    carried.truncate(sets.chunks.len());
    carried
}
