//! The influence of spells on curves as time goes on, and a walk past all of them.

use crate::event_table::Step;
use crate::hazard_ties::HazardTies;
use crate::spells::{Spells, Weights};
use crate::variance::Variance;

/// Rows that count by exit and by entry, those that tie by all else that is known of them: an order that does not depend on how
/// the rows lie, since who still ties is alike.
pub(crate) struct Order {
    by_exit: Vec<usize>,
    /// Only rows that enter late.
    by_entry: Vec<usize>,
}

impl Order {
    pub(crate) fn new(spells: &Spells) -> Self {
        let counted = |row: &usize| spells.weights().of(*row) > 0.0;
        let exit = |row: usize| spells.exit()[row];
        let cluster = |row: usize| spells.clusters().map(|clusters| clusters[row]);
        let rest = |a: usize, b: usize| {
            (spells.cause()[a].cmp(&spells.cause()[b]))
                .then(spells.weights().of(a).total_cmp(&spells.weights().of(b)))
                .then(cluster(a).cmp(&cluster(b)))
        };
        let exits = |a: usize, b: usize| exit(a).total_cmp(&exit(b));
        let entries = |a: usize, b: usize| spells.entry(a).total_cmp(&spells.entry(b));
        let mut by_exit: Vec<usize> = (0..spells.len()).filter(counted).collect();
        by_exit.sort_by(|&a, &b| exits(a, b).then_with(|| entries(a, b)).then_with(|| rest(a, b)));
        let late = |row: &usize| spells.entry(*row).is_finite();
        let mut by_entry: Vec<usize> = by_exit.iter().copied().filter(late).collect();
        by_entry.sort_by(|&a, &b| entries(a, b));
        Self { by_exit, by_entry }
    }

    /// Rows in the order of exits.
    pub(crate) fn by_exit(&self) -> &[usize] {
        &self.by_exit
    }

    /// The number of each row in the order of exits, or of its cluster if there are clusters: what is the same however the
    /// rows lie.
    pub(crate) fn numbers(&self, spells: &Spells) -> Vec<usize> {
        if let Some(clusters) = spells.clusters() {
            return clusters.to_vec();
        }
        let mut numbers = vec![0; spells.len()];
        for (number, &row) in self.by_exit.iter().enumerate() {
            numbers[row] = number;
        }
        numbers
    }
}

/// The influence of one spell as time goes on: $a + b F(t) + P(t)$ while it lasts, $a' + b' F(t)$ after its exit.
pub(crate) trait Influence {
    /// $a$ and $b$ of a spell that enters after the last step.
    fn at_entry(&self) -> (f64, f64);
    /// Takes a step; gives $F$ and $P$ after it.
    fn step(&mut self, step: &Step<'_>) -> (f64, f64);
    /// What $a$ and $b$ change by when a spell leaves at the last step, or after it and before the next.
    fn at_exit(&self, cause: Option<usize>) -> (f64, f64);
}

/// Influence on the incidence of a cause.
pub(crate) struct OnIncidence<'a> {
    cause: usize,
    estimate: std::slice::Iter<'a, f64>,
    /// Incidence and survival after the last step.
    incidence: f64,
    survival: f64,
    /// Relative influence on the survival of a spell that was there from the start and still is.
    of_survival: f64,
    /// Its influence on the incidence.
    of_incidence: f64,
    /// What an exit at the last step adds of its own.
    event: f64,
}

impl<'a> OnIncidence<'a> {
    pub(crate) fn new(cause: usize, estimate: &'a [f64]) -> Self {
        Self {
            cause,
            estimate: estimate.iter(),
            incidence: 0.0,
            survival: 1.0,
            of_survival: 0.0,
            of_incidence: 0.0,
            event: 0.0,
        }
    }
}

impl Influence for OnIncidence<'_> {
    fn at_entry(&self) -> (f64, f64) {
        (self.of_survival * self.incidence - self.of_incidence, -self.of_survival)
    }

    fn step(&mut self, step: &Step<'_>) -> (f64, f64) {
        let (y, before) = (step.at_risk, self.survival);
        self.survival *= (y - step.total) / y;
        if before > 0.0 {
            self.of_incidence +=
                before * (step.events[self.cause] / y) * (self.of_survival - 1.0 / y);
            if self.survival > 0.0 {
                self.of_survival += step.total / y / (y - step.total);
            }
        }
        self.event = before / y;
        self.incidence = self.estimate.next().copied().unwrap_or(self.incidence);
        (self.incidence, self.of_incidence)
    }

    fn at_exit(&self, cause: Option<usize>) -> (f64, f64) {
        let event = if cause.is_some() { self.event } else { 0.0 };
        let own = if cause == Some(self.cause) { event } else { 0.0 };
        let slope =
            if self.survival > 0.0 { self.of_survival - event / self.survival } else { 0.0 };
        (self.of_incidence + own - slope * self.incidence, slope)
    }
}

/// Influence on survival $S$: what is common to all is $S \sum d / (Y (Y - d))$, and all of it is a multiple of $S$, so that
/// nothing is lost where $S$ is small.
pub(crate) struct OnSurvival<'a> {
    estimate: std::slice::Iter<'a, f64>,
    survival: f64,
    /// Relative influence of a spell that was there from the start and still is.
    staying: f64,
    /// Of one that left at the last step: $d/(Y(Y - d)) - 1/(Y - d) = -1/Y$ more than before it.
    leaving: f64,
}

impl<'a> OnSurvival<'a> {
    pub(crate) fn new(estimate: &'a [f64]) -> Self {
        Self { estimate: estimate.iter(), survival: 1.0, staying: 0.0, leaving: 0.0 }
    }
}

impl Influence for OnSurvival<'_> {
    fn at_entry(&self) -> (f64, f64) {
        (0.0, -self.staying)
    }

    fn step(&mut self, step: &Step<'_>) -> (f64, f64) {
        let (y, left) = (step.at_risk, step.at_risk - step.total);
        self.survival = self.estimate.next().copied().unwrap_or(self.survival);
        self.leaving = self.staying - 1.0 / y;
        if self.survival > 0.0 {
            self.staying += step.total / y / left;
        }
        (self.survival, self.survival * self.staying)
    }

    fn at_exit(&self, cause: Option<usize>) -> (f64, f64) {
        (0.0, if cause.is_some() { self.leaving } else { self.staying })
    }
}

/// Influence on the cumulative hazard.
pub(crate) struct OnHazard {
    ties: HazardTies,
    /// Of a spell that was there from the start and still is: $-\sum d/Y^2$, or for ties one by one
    /// $-\sum \sum_{j<d} 1/(Y - j)^2$.
    staying: f64,
    /// What an event at the last step adds: $1/Y$, or $\frac{Y}{d} \sum_{j<d} 1/(Y - j)^2$.
    event: f64,
}

impl OnHazard {
    pub(crate) fn new(ties: HazardTies) -> Self {
        Self { ties, staying: 0.0, event: 0.0 }
    }
}

impl Influence for OnHazard {
    fn at_entry(&self) -> (f64, f64) {
        (-self.staying, 0.0)
    }

    fn step(&mut self, step: &Step<'_>) -> (f64, f64) {
        let (y, d) = (step.at_risk, step.total);
        if self.ties == HazardTies::OneByOne && d > 0.0 {
            let (_, squares) = self.ties.increment(y, d, Variance::Aalen);
            self.staying -= squares;
            self.event = squares * (y / d);
        } else {
            self.staying -= d / y / y;
            self.event = 1.0 / y;
        }
        (0.0, self.staying)
    }

    fn at_exit(&self, cause: Option<usize>) -> (f64, f64) {
        (self.staying + if cause.is_some() { self.event } else { 0.0 }, 0.0)
    }
}

/// The influence of a row or cluster, $a + b F + m P$, with the sizes of all that was added up to it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parts {
    pub(crate) of: [f64; 3],
    sizes: [f64; 3],
}

impl Parts {
    pub(crate) fn add(&mut self, weight: f64, change: [f64; 3]) {
        for ((part, size), change) in self.of.iter_mut().zip(&mut self.sizes).zip(change) {
            *part += weight * change;
            *size += weight * change.abs();
        }
    }

    /// The squares of the sizes.
    pub(crate) fn squared_sizes(&self) -> [f64; 3] {
        self.sizes.map(|size| size * size)
    }

    /// The influence at $F$ and $P$, and the size of what it was made of.
    pub(crate) fn at(&self, f: f64, p: f64) -> (f64, f64) {
        let sum = |[a, b, m]: [f64; 3], f: f64, p: f64| a + b * f + m * p;
        (sum(self.of, f, p), sum(self.sizes, f.abs(), p.abs()))
    }
}

/// What is made of the influences on a walk.
pub(crate) trait Sink {
    /// The influence of a row of the spells, $a + b F + m P$ from here on, changes by these.
    fn change(&mut self, row: usize, a: f64, b: f64, m: f64);
    /// $F$ and $P$ after the next step.
    fn step(&mut self, f: f64, p: f64);
}

/// Walks past the steps and past every entry and exit between them.
pub(crate) fn walk(
    spells: &Spells,
    order: &Order,
    steps: &[Step<'_>],
    mut influence: impl Influence,
    sink: &mut impl Sink,
) {
    for &row in &order.by_exit {
        if !spells.entry(row).is_finite() {
            sink.change(row, 0.0, 0.0, 1.0);
        }
    }
    let mut entering = order.by_entry.iter().copied().peekable();
    let mut leaving = order.by_exit.iter().copied().peekable();
    for step in steps {
        // Entries at an earlier time, so that they are at risk now.
        while let Some(row) = entering.next_if(|&row| spells.entry(row) < step.time) {
            let (a, b) = influence.at_entry();
            sink.change(row, a, b, 1.0);
        }
        let (f, p) = influence.step(step);
        while let Some(row) = leaving.next_if(|&row| spells.exit()[row] <= step.time) {
            let (a, b) = influence.at_exit(spells.cause()[row]);
            sink.change(row, a, b, -1.0);
        }
        sink.step(f, p);
    }
}

/// What of a row's weight multiplies its influence, and how many such observations it stands for: case weights without
/// clusters are as many clusters of one spell.
pub(crate) fn weight_and_copies(spells: &Spells) -> impl Fn(usize) -> (f64, f64) {
    let copies = matches!(spells.weights(), Weights::Case(_)) && spells.clusters().is_none();
    move |row| {
        if copies { (1.0, spells.weights().of(row)) } else { (spells.weights().of(row), 1.0) }
    }
}
