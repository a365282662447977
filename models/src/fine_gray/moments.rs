//! Second moments of the influences on a cumulative hazard, as time goes on.

use nalgebra::{DMatrix, DVector};
use rayon::slice::ParallelSliceMut;

use super::influence::{Influence, OwnSteps};
use super::spans::{Outcome, Span};
use crate::cox::index::NONE;
use crate::units::Units;

/// The influence of a unit on the cumulative hazard $\Lambda(t)$ of risk 1 in one stratum, the coefficients apart, is
///
/// $$a + l L(t) + \sum_b \bigl(e_b E_b(t) + k_b K_b(t)\bigr),$$
///
/// where $L = \int \mathrm{d}\Lambda/S_0$ is what those at risk meet, $E_b = \int A_b\\,\mathrm{d}\Lambda/S_0$ those who left for another
/// cause, and $K_b$ is the influence through the weights of one who stays in block $b$. $a, l, e, k$ change when a
/// member enters or leaves. So sums of their products are enough, and of their products with the unit's score.
pub(crate) struct Moments<'of> {
    influence: &'of Influence<'of>,
    estimated: bool,
    kept: &'of [usize],
    stratum: usize,
    /// By block: its place among those of the stratum, or `NONE`.
    of_block: Vec<u32>,
    /// By event time of the stratum, before it: $L$, and for each block $E$.
    common: Vec<f64>,
    met: Vec<Vec<f64>>,
    /// By block of the stratum.
    blocks: Vec<BlockSums>,
    /// Entries and exits to come, the first one last.
    changes: Vec<Change>,
    /// Parts of each unit that are not 0: $a$, $l$, and $e, k$ of its blocks.
    start: Vec<usize>,
    parts: Vec<(u32, f64)>,
    /// $u_c$, by unit.
    scores: DMatrix<f64>,
    products: DMatrix<f64>,
    with_scores: DMatrix<f64>,
}

/// Sums over steps of a block, from none on: of $h P_0$ and of $h P_0 E$, where $h$ is what one who stays changes.
struct BlockSums {
    block: usize,
    first: usize,
    /// By step: $P_0$, and $E$ at it.
    left: Vec<f64>,
    met: Vec<f64>,
    sums: Vec<[f64; 2]>,
}

/// An entry or an exit of a member of a unit.
struct Change {
    time: f64,
    unit: u32,
    span: u32,
    weight: f64,
    exit: bool,
}

/// Of the part for everybody, at risk, after a competing exit, and staying.
const CONSTANT: u32 = 0;
const AT_RISK: u32 = 1;

impl<'of> Moments<'of> {
    pub(crate) fn new(
        influence: &'of Influence<'of>,
        units: &'of Units,
        kept: &'of [usize],
        stratum: usize,
        estimated: bool,
    ) -> Self {
        let spans = &influence.of.spans;
        let of = &spans.strata[stratum];
        let (mut common, mut met) = (vec![0.0], vec![vec![0.0]; of.blocks.len()]);
        for (place, k) in of.times.clone().enumerate() {
            let step = influence.hazard[k] / influence.s0[k];
            common.push(common[place] + step);
            for (met, weight) in met.iter_mut().zip(spans.weights_at(stratum, k)) {
                met.push(met[place] + weight * step);
            }
        }
        let left = influence.competing(stratum);
        let sums =
            left.iter().zip(&met).map(|(left, met)| block_sums(influence, stratum, left, met));
        let blocks: Vec<BlockSums> = sums.collect();
        let n_parts = 2 + 2 * blocks.len();
        let mut of_block = vec![NONE; spans.censoring.blocks.len()];
        (0_u32..).zip(&of.blocks).for_each(|(local, &block)| of_block[block as usize] = local);
        let mut of = Self {
            influence,
            estimated,
            kept,
            stratum,
            of_block,
            common,
            met,
            blocks,
            changes: Vec::new(),
            start: vec![0],
            parts: Vec::new(),
            scores: DMatrix::zeros(kept.len(), units.len()),
            products: DMatrix::zeros(n_parts, n_parts),
            with_scores: DMatrix::zeros(n_parts, kept.len()),
        };
        of.gather(units);
        of
    }

    fn gather(&mut self, units: &Units) {
        let spans = &self.influence.of.spans;
        let mut score = vec![0.0; self.influence.of.x.n_columns()];
        let mut blocks: Vec<u32> = Vec::new();
        for unit in 0..units.len() {
            blocks.clear();
            score.fill(0.0);
            for &(place, weight) in units.of(unit) {
                let span = &spans.all[place as usize];
                self.influence.add_score(span, weight, &mut score);
                let local = self.local(span);
                if local.is_none() && span.stratum as usize != self.stratum {
                    continue;
                }
                blocks.extend(local);
                let unit = unit as u32;
                let change = |time, exit| Change { time, unit, span: place, weight, exit };
                self.changes.push(change(span.entry, false));
                self.changes.push(change(span.exit, true));
            }
            blocks.sort_unstable();
            blocks.dedup();
            self.parts.extend([(CONSTANT, 0.0), (AT_RISK, 0.0)]);
            self.parts.extend(blocks.iter().flat_map(|b| [(2 + 2 * b, 0.0), (3 + 2 * b, 0.0)]));
            self.start.push(self.parts.len());
            for (place, &column) in self.kept.iter().enumerate() {
                self.scores[(place, unit)] = score[column];
            }
        }
        // Stable: changes of one time stay in the order of the units.
        self.changes.par_sort_by(|a, b| b.time.total_cmp(&a.time));
    }

    /// The block of a span among those of the stratum, if it has weights that the stratum's hazard depends on.
    fn local(&self, span: &Span) -> Option<u32> {
        let local = self.of_block[span.block as usize];
        (local != NONE).then_some(local)
    }

    /// What an entry or an exit changes of the parts.
    fn parts_of(&self, change: &Change, span: &Span) -> [(u32, f64); 4] {
        let spans = &self.influence.of.spans;
        let start = spans.strata[self.stratum].times.start;
        let risk = change.weight * self.influence.risk[span.pattern as usize];
        let (mut constant, mut at_risk, mut left, mut staying) = (0.0, 0.0, 0.0, 0.0);
        let local = self.local(span);
        if span.stratum as usize == self.stratum {
            let sign = if change.exit { 1.0 } else { -1.0 };
            let place = if change.exit { span.last } else { span.first } as usize - start;
            if span.first < span.last {
                at_risk += sign * risk;
                constant -= sign * risk * self.common[place];
            }
            match (change.exit, span.outcome) {
                (true, Outcome::Event) => {
                    constant += change.weight / self.influence.s0[span.last as usize - 1];
                }
                (true, Outcome::Competing) => {
                    left -= risk * span.inverse;
                    constant += risk * span.inverse * self.met[span.local as usize][place];
                }
                _ => {}
            }
        }
        if let (true, Some(local)) = (self.estimated, local) {
            let (of, at) = (&self.blocks[local as usize], OwnSteps::new(spans, span));
            let (sign, step) = if change.exit { (-1.0, at.until) } else { (1.0, at.from) };
            let [sum, sum_met] = of.sums[step - of.first];
            staying += sign * change.weight;
            left += sign * change.weight * sum;
            constant -= sign * change.weight * sum_met;
            if let Some((step, by)) = at.own[usize::from(change.exit)] {
                let own = change.weight * by * of.left[step - of.first];
                left -= own;
                constant += own * of.met[step - of.first];
            }
        }
        let of_block = |part: u32| local.map_or(CONSTANT, |local| part + 2 * local);
        [(CONSTANT, constant), (AT_RISK, at_risk), (of_block(2), left), (of_block(3), staying)]
    }

    fn apply(&mut self, change: &Change) {
        let span = &self.influence.of.spans.all[change.span as usize];
        let changed = self.parts_of(change, span);
        let unit = change.unit as usize;
        let parts = &mut self.parts[self.start[unit]..self.start[unit + 1]];
        for (part, by) in changed.into_iter().filter(|(_, by)| *by != 0.0) {
            let (row, score) = (part as usize, self.scores.column(unit));
            for &(other, value) in parts.iter() {
                self.products[(row, other as usize)] += by * value;
                self.products[(other as usize, row)] += by * value;
            }
            self.products[(row, row)] += by * by;
            for (column, u) in score.iter().enumerate() {
                self.with_scores[(row, column)] += by * u;
            }
            for (_, value) in parts.iter_mut().filter(|(other, _)| *other == part) {
                *value += by;
            }
        }
    }

    /// $\sum_c m_c^2$ and $\sum_c m_c u_c$ at event time `k`, where $m_c$ is the influence on $\Lambda(t_k)$.
    pub(crate) fn at(&mut self, k: usize) -> (f64, DVector<f64>) {
        let spans = &self.influence.of.spans;
        let time = spans.times[k];
        while self.changes.last().is_some_and(|change| change.time <= time) {
            if let Some(change) = self.changes.pop() {
                self.apply(&change);
            }
        }
        let place = k + 1 - spans.strata[self.stratum].times.start;
        let mut values = DVector::zeros(self.products.nrows());
        values[CONSTANT as usize] = 1.0;
        values[AT_RISK as usize] = self.common[place];
        for (b, block) in self.blocks.iter().enumerate() {
            let met = self.met[b][place];
            let until = spans.censoring.step_after(block.block, time) - block.first;
            let [staying, staying_met] = block.sums[until];
            values[2 + 2 * b] = met;
            values[3 + 2 * b] = staying_met - met * staying;
        }
        (values.dot(&(&self.products * &values)), self.with_scores.tr_mul(&values))
    }
}

fn block_sums(influence: &Influence, s: usize, left: &[&Span], met: &[f64]) -> BlockSums {
    let spans = &influence.of.spans;
    let block = left.first().map_or(0, |span| span.block as usize);
    let steps = spans.censoring.blocks[block].steps.clone();
    let start = spans.strata[s].times.start;
    let mut of =
        BlockSums { block, first: steps.start, left: vec![], met: vec![], sums: vec![[0.0; 2]] };
    let (mut left, mut sum, mut sums) = (left.iter().peekable(), 0.0, [0.0; 2]);
    for step in steps {
        let step = &spans.censoring.steps[step];
        while let Some(span) = left.next_if(|span| influence.before(span.exit, step.time)) {
            sum += influence.term(span);
        }
        let met = met[influence.after(s, step.time) - start];
        let change = step.staying * sum;
        sums = [sums[0] + change, sums[1] + change * met];
        of.left.push(sum);
        of.met.push(met);
        of.sums.push(sums);
    }
    of
}
