//! What each spell moves the score by: with the weights known, and through the weights.

use nalgebra::DMatrix;

use super::convention::Convention;
use super::likelihood::{Exposure, Likelihood};
use super::scan::AtTime;
use super::spans::{Outcome, Span, Spans};
use crate::units::Units;

/// Derivatives of the score by the weight of a spell, $\eta_i + \psi_i$,
///
/// $$\eta_i = \int (x_i - \bar x(t))\\,\omega_i(t)\\,\mathrm{d}\hat M_i(t),\qquad
///   \psi_i = \sum_u q_g(u) \frac{\partial \log \bigl(A_g(u)/A_g(u-)\bigr)}{\partial w_i},$$
///
/// by prefix sums; see [`FineGray`](crate::FineGray).
pub(crate) struct Influence<'likelihood> {
    pub(crate) of: &'likelihood Likelihood,
    /// Risks of the patterns, over the largest,
    pub(crate) risk: Vec<f64>,
    /// whose logarithm this is.
    pub(crate) largest: f64,
    /// By event time: increment of the cumulative hazard of risk 1, $S_0$, and mean covariates, `p` a time.
    pub(crate) hazard: Vec<f64>,
    pub(crate) s0: Vec<f64>,
    pub(crate) means: Vec<f64>,
    pub(crate) exposure: Exposure,
    /// As in `Exposure`, of hazard times means: `p` a place.
    cumulative_means: Vec<f64>,
    tail_means: Vec<f64>,
    /// Through the weights; nothing if those are taken as known.
    weights: Option<ThroughWeights>,
}

/// Change of something of `p` parts through the weights.
pub(crate) struct ThroughWeights {
    p: usize,
    /// By step: what it changes by with the logarithm of the step's factor.
    by_factor: Vec<f64>,
    /// By step and block: the sum over earlier steps of the block for one who stays.
    staying: Vec<f64>,
}

impl ThroughWeights {
    pub(crate) fn new(spans: &Spans, p: usize, by_factor: Vec<f64>) -> Self {
        let censoring = &spans.censoring;
        let mut staying = Vec::with_capacity((censoring.steps.len() + censoring.blocks.len()) * p);
        let mut sums = vec![0.0; p];
        for block in &censoring.blocks {
            sums.fill(0.0);
            staying.extend_from_slice(&sums);
            for step in block.steps.clone() {
                let of_step = &by_factor[step * p..(step + 1) * p];
                for (sum, q) in sums.iter_mut().zip(of_step) {
                    *sum += q * censoring.steps[step].staying;
                }
                staying.extend_from_slice(&sums);
            }
        }
        Self { p, by_factor, staying }
    }

    /// Adds `weight` times the change by the weight of a spell of the span.
    fn add(&self, spans: &Spans, span: &Span, weight: f64, sums: &mut [f64]) {
        let (p, block) = (self.p, span.block as usize);
        let at = OwnSteps::new(spans, span);
        let staying = |step: usize| &self.staying[(step + block) * p..(step + block + 1) * p];
        for (sum, (after, before)) in
            sums.iter_mut().zip(staying(at.until).iter().zip(staying(at.from)))
        {
            *sum += weight * (after - before);
        }
        for (step, change) in at.own.into_iter().flatten() {
            let of_step = &self.by_factor[step * p..(step + 1) * p];
            for (sum, q) in sums.iter_mut().zip(of_step) {
                *sum += weight * change * q;
            }
        }
    }
}

/// Steps that a spell stays through, and those of its own entry and exit with what it changes there.
pub(crate) struct OwnSteps {
    pub(crate) from: usize,
    pub(crate) until: usize,
    pub(crate) own: [Option<(usize, f64)>; 2],
}

impl OwnSteps {
    pub(crate) fn new(spans: &Spans, span: &Span) -> Self {
        let (censoring, block) = (&spans.censoring, span.block as usize);
        let steps = censoring.blocks[block].steps.clone();
        let from = censoring.step_after(block, span.entry);
        let until = censoring.step_at(block, span.exit);
        let at = |step: usize, time: f64| {
            let found = steps.contains(&step).then(|| &censoring.steps[step]);
            found.filter(|found| found.time.total_cmp(&time).is_eq())
        };
        let entry =
            from.checked_sub(1).and_then(|step| Some((step, at(step, span.entry)?.entering)));
        let exit = at(until, span.exit).map(|step| match span.outcome {
            Outcome::Censored => (until, step.censored),
            Outcome::Competing | Outcome::Event => (until, step.leaving),
        });
        Self { from, until, own: [entry, exit] }
    }
}

#[derive(Default)]
struct Gathered {
    hazard: Vec<f64>,
    s0: Vec<f64>,
    means: Vec<f64>,
}

impl<'likelihood> Influence<'likelihood> {
    /// At coefficients, with the estimation of the weights or without.
    pub(crate) fn new(of: &'likelihood Likelihood, beta: &[f64], estimated: bool) -> Self {
        let p = of.x.n_columns();
        let (risk, largest) = of.x.risks(beta);
        let visit = |gathered: &mut Gathered, at: &AtTime| {
            gathered.hazard.push(at.events / at.s0);
            gathered.s0.push(at.s0);
            gathered.means.extend(at.s1.iter().map(|s1| s1 / at.s0));
        };
        let mut all = Gathered::default();
        for part in of.scanned(&risk).scan(Gathered::default, visit) {
            all.hazard.extend(part.hazard.iter().rev());
            all.s0.extend(part.s0.iter().rev());
            if p > 0 {
                all.means.extend(part.means.chunks(p).rev().flatten());
            }
        }
        let spans = &of.spans;
        let exposure = Exposure::new(spans, &all.hazard);
        let mut cumulative_means = Vec::with_capacity(exposure.cumulative.len() * p);
        let mut tail_means = vec![0.0; exposure.tails.len() * p];
        for (s, stratum) in spans.strata.iter().enumerate() {
            let mut sums = vec![0.0; p];
            cumulative_means.extend_from_slice(&sums);
            for k in stratum.times.clone() {
                let means = &all.means[k * p..(k + 1) * p];
                for (sum, mean) in sums.iter_mut().zip(means) {
                    *sum += all.hazard[k] * mean;
                }
                cumulative_means.extend_from_slice(&sums);
            }
            for k in stratum.times.clone().rev() {
                for (b, weight) in spans.weights_at(s, k).iter().enumerate() {
                    let place = exposure.tail(spans, s, k, b);
                    let later = exposure.tail(spans, s, k + 1, b);
                    for column in 0..p {
                        tail_means[place * p + column] = tail_means[later * p + column]
                            + weight * all.hazard[k] * all.means[k * p + column];
                    }
                }
            }
        }
        let Gathered { hazard, s0, means } = all;
        let mut influence = Self {
            of,
            risk,
            largest,
            hazard,
            s0,
            means,
            exposure,
            cumulative_means,
            tail_means,
            weights: None,
        };
        if estimated {
            influence.weights = Some(ThroughWeights::new(spans, p, influence.score_by_factors()));
        }
        influence
    }

    /// By step of the censoring tables: the change of the score with the logarithm of the step's factor,
    ///
    /// $$q_g(u) = -\sum_{t > u} \sum_{j:\\,T_j \le u} w_j r_j\\,\omega_j(t)\\,(x_j - \bar x(t))\\,\mathrm{d}\hat\Lambda(t)$$
    ///
    /// over competing exits $j$ of the group.
    fn score_by_factors(&self) -> Vec<f64> {
        let (p, spans) = (self.of.x.n_columns(), &self.of.spans);
        let mut changes = vec![0.0; spans.censoring.steps.len() * p];
        let mut sums = vec![0.0; p];
        for s in 0..spans.strata.len() {
            for (local, left) in self.competing(s).iter().enumerate() {
                let Some(first) = left.first() else { continue };
                let tails = self.tails_of(s, local, first.group);
                let (mut left, mut sum) = (left.iter().copied().peekable(), 0.0);
                sums.fill(0.0);
                for step in spans.censoring.blocks[first.block as usize].steps.clone() {
                    let time = spans.censoring.steps[step].time;
                    while let Some(span) = left.next_if(|span| self.before(span.exit, time)) {
                        let term = self.term(span);
                        sum += term;
                        self.of.x.rows.add(span.pattern as usize, term, &mut sums);
                    }
                    let (tail, means) = tails.at(self.after(s, time));
                    let of_step = &mut changes[step * p..(step + 1) * p];
                    for ((change, mean), sum_x) in of_step.iter_mut().zip(means).zip(&sums) {
                        *change += sum * mean - sum_x * tail;
                    }
                }
            }
        }
        changes
    }

    /// Whether the weight of a competing exit at `exit` depends on the step at `time`. (It does if they are equal; as printed, it
    /// does not.)
    pub(crate) fn before(&self, exit: f64, time: f64) -> bool {
        match self.of.convention {
            Convention::Derivative | Convention::RSurvival => exit <= time,
            Convention::FineGray | Convention::Cmprsk => exit < time,
        }
    }

    /// Place of the first event time of stratum `s` at which weights depend on the step at `time`: a later one. (As printed, also
    /// one at the same time.)
    pub(crate) fn after(&self, s: usize, time: f64) -> usize {
        let spans = &self.of.spans;
        let times = spans.strata[s].times.clone();
        times.start
            + spans.times[times].partition_point(|&t| match self.of.convention {
                Convention::Derivative | Convention::RSurvival => t <= time,
                Convention::FineGray | Convention::Cmprsk => t < time,
            })
    }

    /// $w r / A(T-)$.
    pub(crate) fn term(&self, span: &Span) -> f64 {
        span.weight * self.risk[span.pattern as usize] * span.inverse
    }

    /// Competing exits of a stratum by block, in the order of time.
    pub(crate) fn competing(&self, s: usize) -> Vec<Vec<&'likelihood Span>> {
        let spans = &self.of.spans;
        let mut by_block = vec![Vec::new(); spans.strata[s].blocks.len()];
        for span in &spans.all[spans.of_stratum(s)] {
            if span.outcome == Outcome::Competing {
                by_block[span.local as usize].push(span);
            }
        }
        by_block
    }

    /// Weight of events of a group over that of all events, at each time of a stratum; 1 but for `Cmprsk`.
    pub(crate) fn share_of_group(&self, s: usize, group: u32) -> Option<Vec<f64>> {
        (self.of.convention == Convention::Cmprsk).then(|| {
            let spans = &self.of.spans;
            let share = |k: usize| {
                let events = spans.leaving(s, k + 1).iter();
                let events = events.filter(|e| e.outcome == Outcome::Event && e.group == group);
                events.map(|span| span.weight).sum::<f64>() / (self.s0[k] * self.hazard[k])
            };
            spans.strata[s].times.clone().map(share).collect()
        })
    }

    /// Tails of a block of a stratum, as `q` takes them.
    fn tails_of(&self, s: usize, local: usize, group: u32) -> Tails {
        let (p, spans) = (self.of.x.n_columns(), &self.of.spans);
        let times = spans.strata[s].times.clone();
        let (mut tails, mut means) = (vec![0.0; times.len() + 1], vec![0.0; (times.len() + 1) * p]);
        match self.share_of_group(s, group) {
            None => {
                for (slot, k) in (times.start..=times.end).enumerate() {
                    let place = self.exposure.tail(spans, s, k, local);
                    tails[slot] = self.exposure.tails[place];
                    means[slot * p..(slot + 1) * p]
                        .copy_from_slice(&self.tail_means[place * p..(place + 1) * p]);
                }
            }
            Some(share) => {
                for (slot, k) in times.clone().enumerate().rev() {
                    let step = share[slot] * spans.weights_at(s, k)[local] * self.hazard[k];
                    tails[slot] = tails[slot + 1] + step;
                    for column in 0..p {
                        means[slot * p + column] =
                            means[(slot + 1) * p + column] + step * self.means[k * p + column];
                    }
                }
            }
        }
        Tails { start: times.start, p, left: tails, means }
    }

    /// Adds `weight` times the influence of a spell of the span on the score.
    pub(crate) fn add_score(&self, span: &Span, weight: f64, score: &mut [f64]) {
        let (p, spans) = (score.len(), &self.of.spans);
        let risk = weight * self.risk[span.pattern as usize];
        let [from, until] = [span.first, span.last].map(|k| (k + span.stratum) as usize);
        let before = &self.cumulative_means[from * p..(from + 1) * p];
        let after = &self.cumulative_means[until * p..(until + 1) * p];
        for (score, (after, before)) in score.iter_mut().zip(after.iter().zip(before)) {
            *score += risk * (after - before);
        }
        let mut own = -risk * self.exposure.of(spans, span);
        match span.outcome {
            Outcome::Censored => {}
            Outcome::Event => {
                let k = span.last as usize - 1;
                own += weight;
                for (score, mean) in score.iter_mut().zip(&self.means[k * p..(k + 1) * p]) {
                    *score -= weight * mean;
                }
            }
            Outcome::Competing => {
                let (s, k) = (span.stratum as usize, span.last as usize);
                let place = self.exposure.tail(spans, s, k, span.local as usize);
                let tail = &self.tail_means[place * p..(place + 1) * p];
                for (score, mean) in score.iter_mut().zip(tail) {
                    *score += risk * span.inverse * mean;
                }
            }
        }
        self.of.x.rows.add(span.pattern as usize, own, score);
        if let Some(weights) = &self.weights {
            weights.add(spans, span, weight, score);
        }
    }

    /// $\sum_c u_c u_c^\top$ with $u_c = \sum_{i \in c} w_i (\eta_i + \psi_i)$.
    pub(crate) fn meat(&self, units: &Units) -> DMatrix<f64> {
        units.meat(self.of.x.n_columns(), |span, weight, score| {
            self.add_score(&self.of.spans.all[span as usize], weight, score);
        })
    }
}

/// What is left of a hazard times $A(t-)$, and of it times mean covariates, from each event time of a stratum on.
struct Tails {
    start: usize,
    p: usize,
    left: Vec<f64>,
    means: Vec<f64>,
}

impl Tails {
    /// From event time `k` on.
    fn at(&self, k: usize) -> (f64, &[f64]) {
        let slot = k - self.start;
        (self.left[slot], &self.means[slot * self.p..(slot + 1) * self.p])
    }
}
