//! Variances by influence for spells with weights, late entry and clusters.

use crate::aalen_johansen::AalenJohansen;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::event_table::Step;
use crate::hazard_ties::HazardTies;
use crate::kaplan_meier::KaplanMeier;
use crate::nelson_aalen::NelsonAalen;
use crate::spells::{Spells, Weights};

impl AalenJohansen {
    /// As [`fit`](Self::fit) of the spells' table, with standard errors by the infinitesimal jackknife: of clusters
    /// where the spells have them, else of rows.
    ///
    /// $$\mathrm{var}\\,\hat F_k(t) = \sum_c \Bigl(\sum_{i \in c} w_i\\,\varphi_i(t)\Bigr)^2,\qquad
    ///   \varphi_i(t) = \frac{\partial \hat F_k(t)}{\partial w_i},$$
    ///
    /// which is what R's `survfit` gives with `cluster`, `robust` or sampling weights (for several causes: always). With
    /// [`Weights::Case`] and no clusters a row of weight $w$ counts as $w$ clusters.
    ///
    /// # How it costs so little
    ///
    /// While a spell lasts, its influence is $P(t) + \alpha + \beta \hat F_k(t)$ with a path $P$ common to all and
    /// constants that its entry fixes; after its exit it is $\alpha' + \beta' \hat F_k(t)$. The sum of a cluster with $m$
    /// spells still in is $A + B \hat F_k(t) + m P(t)$, and the sum of squares over clusters needs the six sums of products of
    /// $A$, $B$ and $m$, which change only in the cluster of a spell that enters or leaves: $O(n)$ for each cause after
    /// sorting, whatever the number of times.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit).
    ///
    /// # Examples
    ///
    /// Four spells of two persons, alike in each: they count as two. A half has the standard error
    /// $\sqrt{1/2 \cdot 1/2 / 2}$.
    ///
    /// ```
    /// use afgang_models::{AalenJohansen, Spells};
    ///
    /// let spells = Spells::new(1, vec![1.0; 4], vec![Some(0), Some(0), None, None])?
    ///     .with_clusters(&["a", "a", "b", "b"])?;
    /// let curves = AalenJohansen::new().fit_spells(&spells)?;
    /// assert!((curves[0].std_error[0] - (1.0_f64 / 8.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Jaeckel, L. A. (1972). *The infinitesimal jackknife*. Bell Laboratories.
    /// - Therneau, T. M. and Grambsch, P. M. (2000). *Modeling Survival Data*. Springer.
    pub fn fit_spells(self, spells: &Spells) -> Result<Vec<Curve>> {
        let table = spells.table()?;
        let mut curves = self.fit(&table)?;
        let steps = table.steps()?;
        let order = Order::new(spells);
        for (cause, curve) in curves.iter_mut().enumerate() {
            let influence = OnIncidence::new(Some(cause), &curve.estimate);
            let variance = variance(spells, &order, &steps, influence);
            self.replace_std_errors(curve, &variance)?;
        }
        Ok(curves)
    }
}

impl KaplanMeier {
    /// As [`fit`](Self::fit) of the spells' table, with standard errors by the infinitesimal jackknife of clusters or
    /// rows; see [`AalenJohansen::fit_spells`]. It is R's `survfit` with `robust = TRUE`.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit).
    ///
    /// ```
    /// use afgang_models::{KaplanMeier, Spells, Weights};
    ///
    /// // One of three with sampling weights 1, 2, 1: S = 3/4. Influences -3/4/4, 1/4/4 and 1/4/4 times weights:
    /// // 9/256 + 4/256 + 1/256.
    /// let spells = Spells::new(1, vec![1.0, 2.0, 2.0], vec![Some(0), None, None])?
    ///     .with_weights(Weights::Sampling(vec![1.0, 2.0, 1.0]))?;
    /// let curve = KaplanMeier::new().fit_spells(&spells)?;
    /// assert!((curve.std_error[0] - (14.0_f64 / 256.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_spells(self, spells: &Spells) -> Result<Curve> {
        let table = spells.table()?;
        let mut curve = self.fit(&table)?;
        let steps = table.steps()?;
        let left: Vec<f64> = curve.estimate.iter().map(|s| 1.0 - s).collect();
        let influence = OnIncidence::new(None, &left);
        let variance = variance(spells, &Order::new(spells), &steps, influence);
        self.replace_std_errors(&mut curve, &variance)?;
        Ok(curve)
    }
}

impl NelsonAalen {
    /// As [`fit`](Self::fit) of the spells' table, with standard errors by the infinitesimal jackknife of clusters or
    /// rows. A spell adds $1/Y$ at its event, less $\sum d_i/Y_i^2$ over the times it was at risk.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`Error::TiesOneByOne`] for ties that are not taken together, where an
    /// influence of one spell has no one meaning.
    ///
    /// ```
    /// use afgang_models::{NelsonAalen, Spells};
    ///
    /// // One of two: the hazard is 1/2, the influences 1/2 - 1/4 and -1/4.
    /// let spells = Spells::new(1, vec![1.0, 2.0], vec![Some(0), None])?;
    /// let curve = NelsonAalen::new().fit_spells(&spells)?;
    /// assert!((curve.std_error[0] - (1.0_f64 / 16.0 + 1.0 / 16.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_spells(self, spells: &Spells) -> Result<Curve> {
        if self.tie_rule() == HazardTies::OneByOne {
            return Err(Error::TiesOneByOne);
        }
        let table = spells.table()?;
        let mut curve = self.fit(&table)?;
        let steps = table.steps()?;
        let variance = variance(spells, &Order::new(spells), &steps, OnHazard::default());
        self.replace_std_errors(&mut curve, &variance)?;
        Ok(curve)
    }
}

/// Rows by exit and by entry.
struct Order {
    by_exit: Vec<usize>,
    /// Only rows that enter late.
    by_entry: Vec<usize>,
}

impl Order {
    fn new(spells: &Spells) -> Self {
        let counted = |row: &usize| spells.weights().of(*row) > 0.0;
        let mut by_exit: Vec<usize> = (0..spells.len()).filter(counted).collect();
        by_exit.sort_by(|&a, &b| spells.exit()[a].total_cmp(&spells.exit()[b]));
        let late = |row: &usize| spells.entry(*row).is_finite();
        let mut by_entry: Vec<usize> = (0..spells.len()).filter(counted).filter(late).collect();
        by_entry.sort_by(|&a, &b| spells.entry(a).total_cmp(&spells.entry(b)));
        Self { by_exit, by_entry }
    }
}

/// The influence of one spell as time goes on: $a + b F(t) + P(t)$ while it lasts, $a' + b' F(t)$ after its exit.
trait Influence {
    /// $a$ and $b$ of a spell that enters after the last step.
    fn at_entry(&self) -> (f64, f64);
    /// Takes a step; gives $F$ and $P$ after it.
    fn step(&mut self, step: &Step<'_>) -> (f64, f64);
    /// What $a$ and $b$ change by when a spell leaves at the last step, or after it and before the next.
    fn at_exit(&self, cause: Option<usize>) -> (f64, f64);
}

/// Influence on the incidence of a cause, or of leaving at all.
struct OnIncidence<'a> {
    cause: Option<usize>,
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
    fn new(cause: Option<usize>, estimate: &'a [f64]) -> Self {
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
        let of_cause = self.cause.map_or(step.total, |cause| step.events[cause]);
        self.survival *= (y - step.total) / y;
        if before > 0.0 {
            self.of_incidence += before * (of_cause / y) * (self.of_survival - 1.0 / y);
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
        let own = if self.cause.is_none() || cause == self.cause { event } else { 0.0 };
        let slope =
            if self.survival > 0.0 { self.of_survival - event / self.survival } else { 0.0 };
        (self.of_incidence + own - slope * self.incidence, slope)
    }
}

/// Influence on the cumulative hazard.
#[derive(Default)]
struct OnHazard {
    /// Of a spell that was there from the start and still is: $-\sum d/Y^2$.
    staying: f64,
    /// What an event at the last step adds: $1/Y$.
    event: f64,
}

impl Influence for OnHazard {
    fn at_entry(&self) -> (f64, f64) {
        (-self.staying, 0.0)
    }

    fn step(&mut self, step: &Step<'_>) -> (f64, f64) {
        self.staying -= step.total / step.at_risk / step.at_risk;
        self.event = 1.0 / step.at_risk;
        (0.0, self.staying)
    }

    fn at_exit(&self, cause: Option<usize>) -> (f64, f64) {
        (self.staying + if cause.is_some() { self.event } else { 0.0 }, 0.0)
    }
}

/// Sum of a cluster's influences: $A + B F + m P$.
#[derive(Clone, Copy, Default)]
struct Cluster {
    a: f64,
    b: f64,
    m: f64,
}

/// Sums over clusters of the products of their parts.
#[derive(Default)]
struct Squares {
    aa: f64,
    bb: f64,
    mm: f64,
    ab: f64,
    am: f64,
    bm: f64,
}

impl Squares {
    fn add(&mut self, cluster: Cluster, copies: f64) {
        let Cluster { a, b, m } = cluster;
        self.aa += copies * a * a;
        self.bb += copies * b * b;
        self.mm += copies * m * m;
        self.ab += copies * a * b;
        self.am += copies * a * m;
        self.bm += copies * b * m;
    }

    fn at(&self, f: f64, p: f64) -> f64 {
        let Self { aa, bb, mm, ab, am, bm } = self;
        aa + f * f * bb + p * p * mm + 2.0 * (f * ab + p * am + f * p * bm)
    }
}

/// The variance after each step: the sum of squares over clusters of their influences.
fn variance(
    spells: &Spells,
    order: &Order,
    steps: &[Step<'_>],
    mut influence: impl Influence,
) -> Vec<f64> {
    // Case weights without clusters: a row is as many clusters of one spell.
    let copies = matches!(spells.weights(), Weights::Case(_)) && spells.clusters().is_none();
    let weight = |row: usize| if copies { 1.0 } else { spells.weights().of(row) };
    let times = |row: usize| if copies { spells.weights().of(row) } else { 1.0 };
    let place = |row: usize| spells.clusters().map_or(row, |clusters| clusters[row]);
    let mut clusters = vec![Cluster::default(); spells.n_clusters()];
    let mut squares = Squares::default();
    let mut change = |squares: &mut Squares, row: usize, (a, b): (f64, f64), m: f64| {
        let (cluster, w) = (&mut clusters[place(row)], weight(row));
        squares.add(*cluster, -times(row));
        cluster.a += w * a;
        cluster.b += w * b;
        cluster.m += w * m;
        squares.add(*cluster, times(row));
    };
    for &row in &order.by_exit {
        if !spells.entry(row).is_finite() {
            change(&mut squares, row, (0.0, 0.0), 1.0);
        }
    }
    let mut entering = order.by_entry.iter().copied().peekable();
    let mut leaving = order.by_exit.iter().copied().peekable();
    let mut variances = Vec::with_capacity(steps.len());
    for step in steps {
        // Entries at an earlier time, so that they are at risk now.
        while let Some(row) = entering.next_if(|&row| spells.entry(row) < step.time) {
            change(&mut squares, row, influence.at_entry(), 1.0);
        }
        let (f, p) = influence.step(step);
        while let Some(row) = leaving.next_if(|&row| spells.exit()[row] <= step.time) {
            change(&mut squares, row, influence.at_exit(spells.cause()[row]), -1.0);
        }
        variances.push(squares.at(f, p).max(0.0));
    }
    variances
}
