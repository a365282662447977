//! Sums over the weighted risk set at every event time, by one pass forward and one backward.

use std::ops::Range;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::spans::{Outcome, Span, Spans};
use crate::cox::scan::{MOST_SUMS, Sums};
use crate::design::SparseRows;

/// The risk set and the events of one time.
pub(crate) struct AtTime<'sums> {
    /// $\sum w \omega r$ over the risk set.
    pub(crate) s0: f64,
    /// $\sum w \omega r x$ over the risk set.
    pub(crate) s1: &'sums [f64],
    /// Weight of the events.
    pub(crate) events: f64,
}

/// What the scan needs of a likelihood.
#[derive(Clone, Copy)]
pub(crate) struct Scanned<'of> {
    pub(crate) spans: &'of Spans,
    pub(crate) rows: &'of SparseRows,
    pub(crate) p: usize,
    pub(crate) risk: &'of [f64],
}

/// Sums of competing exits, times $1/A(T-)$, by block: `p + 1` each.
#[derive(Clone)]
struct Left(Vec<f64>);

/// What leaves at one time: of those at risk, of competing exits by block, and those who linger then.
struct Leaving {
    at_risk: Vec<f64>,
    left: Left,
    lingering: Vec<f64>,
    events: f64,
}

impl Scanned<'_> {
    fn step_back(self, sums: &mut Sums, s: usize, k: usize) {
        if k + 1 == self.spans.strata[s].times.end {
            *sums = Sums::new(self.p);
        } else {
            for span in self.spans.entering(s, k + 1) {
                self.add(sums, span, -1.0);
            }
        }
        for span in self.spans.leaving(s, k + 1).iter().filter(|span| span.first < span.last) {
            self.add(sums, span, 1.0);
        }
    }

    fn add(self, sums: &mut Sums, span: &Span, sign: f64) {
        let pattern = span.pattern as usize;
        sums.add_term(sign * span.weight * self.risk[pattern], self.rows, pattern);
    }

    /// Those who left for another cause before event time `k` and after the one before it.
    fn step_forward(self, left: &mut Left, s: usize, k: usize) {
        let of = self.spans.leaving(s, k);
        for span in of.iter().filter(|span| span.outcome == Outcome::Competing) {
            let pattern = span.pattern as usize;
            let sums = &mut left.0[span.local as usize * (self.p + 1)..][..=self.p];
            let term = span.weight * span.inverse * self.risk[pattern];
            self.rows.add(pattern, term, sums);
            sums[self.p] += term;
        }
    }

    fn none_left(self, s: usize) -> Left {
        Left(vec![0.0; self.spans.strata[s].blocks.len() * (self.p + 1)])
    }

    /// The sums just after each chunk, and of those who left just before it.
    fn carried(self) -> Vec<(Sums, Left)> {
        let net = |(s, chunk): &(usize, Range<usize>)| {
            let (mut sums, mut left) = (Sums::new(self.p), self.none_left(*s));
            for k in chunk.clone().rev() {
                self.step_back(&mut sums, *s, k);
            }
            for k in chunk.clone() {
                self.step_forward(&mut left, *s, k);
            }
            (sums, left)
        };
        let chunks = &self.spans.chunks;
        if chunks.iter().all(|(s, chunk)| *chunk == self.spans.strata[*s].times) {
            return chunks.iter().map(|c| (Sums::new(self.p), self.none_left(c.0))).collect();
        }
        let mut nets: Vec<(Sums, Left)> = chunks.par_iter().map(net).collect();
        let mut before: Option<(usize, Left)> = None;
        for ((s, _), (_, left)) in chunks.iter().zip(&mut nets) {
            let carried = match before.take() {
                Some((of, carried)) if of == *s => carried,
                _ => self.none_left(*s),
            };
            let mut all = carried.clone();
            all.0.iter_mut().zip(&left.0).for_each(|(all, more)| *all += more);
            *left = carried;
            before = Some((*s, all));
        }
        let mut after: Option<(usize, Sums)> = None;
        for ((s, _), (sums, _)) in chunks.iter().zip(&mut nets).rev() {
            let carried = match after.take() {
                Some((of, carried)) if of == *s => carried,
                _ => Sums::new(self.p),
            };
            let mut all = sums.clone();
            all.add_all(&carried);
            *sums = carried;
            after = Some((*s, all));
        }
        nets
    }

    /// Visits every event time, latest first within a chunk; what the chunks gathered comes in the order of time.
    ///
    /// Chunks run in parallel and do not depend on the number of threads.
    pub(crate) fn scan<Gathered: Send>(
        self,
        new: impl Fn() -> Gathered + Sync,
        visit: impl Fn(&mut Gathered, &AtTime) + Sync,
    ) -> Vec<Gathered> {
        let p = self.p;
        if self.spans.is_grouped() && self.n_sums() <= MOST_SUMS {
            return self.scan_groups(new, visit);
        }
        let gather = |((s, chunk), (sums, left)): (&(usize, Range<usize>), &(Sums, Left))| {
            let (mut sums, mut left, mut gathered) = (sums.clone(), left.clone(), new());
            let waiting = self.weighted(*s, chunk, &mut left);
            let mut s1 = vec![0.0; p];
            for k in chunk.clone().rev() {
                self.step_back(&mut sums, *s, k);
                let lingering = waiting.get((k - chunk.start) * (p + 1)..).unwrap_or_default();
                let lingering = |column: usize| lingering.get(column).copied().unwrap_or(0.0);
                for (column, s1) in s1.iter_mut().enumerate() {
                    *s1 = sums.sum[column] + sums.lost[column] + lingering(column);
                }
                let s0 = sums.sum[p] + sums.lost[p] + lingering(p);
                let events: f64 = (self.spans.leaving(*s, k + 1).iter())
                    .filter(|span| span.outcome == Outcome::Event)
                    .map(|span| span.weight)
                    .sum();
                visit(&mut gathered, &AtTime { s0, s1: &s1, events });
            }
            gathered
        };
        self.spans.chunks.par_iter().zip(&self.carried()).map(gather).collect()
    }

    /// Sums that a scan by groups keeps.
    fn n_sums(self) -> usize {
        let strata = self.spans.strata.iter();
        let places: usize = strata.map(|of| of.times.len() * (1 + of.blocks.len())).sum();
        places * (self.p + 1)
    }

    /// As [`scan`](Self::scan) for few times of many spans that are all there from the start: each span is added once, to those that
    /// leave with it. Nobody at risk is ever taken away, so sums of a time need not be carried without loss.
    fn scan_groups<Gathered: Send>(
        self,
        new: impl Fn() -> Gathered + Sync,
        visit: impl Fn(&mut Gathered, &AtTime) + Sync,
    ) -> Vec<Gathered> {
        let (p, chunks) = (self.p, &self.spans.chunks);
        let of_chunk = |(s, chunk): &(usize, Range<usize>)| {
            chunk.clone().map(|k| self.leaving(*s, k)).collect::<Vec<Leaving>>()
        };
        let mut times: Vec<Vec<Leaving>> = chunks.par_iter().map(of_chunk).collect();
        let mut left = self.none_left(0);
        for ((s, chunk), of_chunk) in chunks.iter().zip(&mut times) {
            for (k, of) in chunk.clone().zip(of_chunk) {
                if k == self.spans.strata[*s].times.start {
                    left = self.none_left(*s);
                    self.step_forward(&mut left, *s, k);
                }
                let weights = self.spans.weights_at(*s, k);
                for (weight, sums) in weights.iter().zip(left.0.chunks(p + 1)) {
                    let all = of.lingering.iter_mut().zip(sums);
                    all.for_each(|(all, sum)| *all += weight * sum);
                }
                left.0.iter_mut().zip(&of.left.0).for_each(|(sum, more)| *sum += more);
            }
        }
        let mut sums = Sums::new(p);
        for ((s, chunk), of_chunk) in chunks.iter().zip(&mut times).rev() {
            for (k, of) in chunk.clone().zip(of_chunk).rev() {
                if k + 1 == self.spans.strata[*s].times.end {
                    sums = Sums::new(p);
                }
                sums.add_sums(&of.at_risk);
                let all = of.at_risk.iter_mut().zip(sums.values()).zip(&of.lingering);
                all.for_each(|((all, sum), lingering)| *all = sum + lingering);
            }
        }
        let gather = |of_chunk: &Vec<Leaving>| {
            let mut gathered = new();
            for of in of_chunk.iter().rev() {
                let at = AtTime { s0: of.at_risk[p], s1: &of.at_risk[..p], events: of.events };
                visit(&mut gathered, &at);
            }
            gathered
        };
        times.par_iter().map(gather).collect()
    }

    /// Those who leave at event time `k`, or after it and before the next.
    fn leaving(self, s: usize, k: usize) -> Leaving {
        let p = self.p;
        let (mut at_risk, mut left) = (vec![0.0; p + 1], self.none_left(s));
        let mut events = 0.0;
        for span in self.spans.leaving(s, k + 1) {
            let pattern = span.pattern as usize;
            let term = span.weight * self.risk[pattern];
            if span.first < span.last {
                self.rows.add(pattern, term, &mut at_risk);
                at_risk[p] += term;
            }
            if span.outcome == Outcome::Competing {
                let sums = &mut left.0[span.local as usize * (p + 1)..][..=p];
                self.rows.add(pattern, term * span.inverse, sums);
                sums[p] += term * span.inverse;
            }
            events += if span.outcome == Outcome::Event { span.weight } else { 0.0 };
        }
        Leaving { at_risk, left, lingering: vec![0.0; p + 1], events }
    }

    /// By event time of a chunk: sums over those who left for another cause, weighted; nothing where there are none.
    fn weighted(self, s: usize, chunk: &Range<usize>, left: &mut Left) -> Vec<f64> {
        let p = self.p;
        if self.spans.strata[s].blocks.is_empty() {
            return Vec::new();
        }
        let mut all = Vec::with_capacity(chunk.len() * (p + 1));
        for k in chunk.clone() {
            self.step_forward(left, s, k);
            let start = all.len();
            all.resize(start + p + 1, 0.0);
            for (weight, sums) in self.spans.weights_at(s, k).iter().zip(left.0.chunks(p + 1)) {
                for (all, sum) in all[start..].iter_mut().zip(sums) {
                    *all += weight * sum;
                }
            }
        }
        all
    }
}
