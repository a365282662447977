//! Variances by influence for spells with weights, late entry and clusters.

use crate::aalen_johansen::AalenJohansen;
use crate::curve::Curve;
use crate::error::Result;
use crate::event_table::Step;
use crate::kaplan_meier::KaplanMeier;
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
            let variance = variance(spells, &order, &steps, Some(cause), &curve.estimate);
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
        let variance = variance(spells, &Order::new(spells), &steps, None, &left);
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

/// What is common to all spells after a time.
#[derive(Clone, Copy, Default)]
struct Path {
    /// Incidence of the cause.
    incidence: f64,
    /// Relative influence on the survival of a spell that was there from the start and still is.
    survival: f64,
    /// Its influence on the incidence.
    on_incidence: f64,
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

/// The variance after each step of the incidence of a cause, or of leaving at all.
fn variance(
    spells: &Spells,
    order: &Order,
    steps: &[Step<'_>],
    cause: Option<usize>,
    incidence: &[f64],
) -> Vec<f64> {
    // Case weights without clusters: a row is as many clusters of one spell.
    let copies = matches!(spells.weights(), Weights::Case(_)) && spells.clusters().is_none();
    let weight = |row: usize| if copies { 1.0 } else { spells.weights().of(row) };
    let times = |row: usize| if copies { spells.weights().of(row) } else { 1.0 };
    let place = |row: usize| spells.clusters().map_or(row, |clusters| clusters[row]);
    let mut clusters = vec![Cluster::default(); spells.n_clusters()];
    let mut squares = Squares::default();
    let mut change = |squares: &mut Squares, row: usize, a: f64, b: f64, m: f64| {
        let (cluster, w) = (&mut clusters[place(row)], weight(row));
        squares.add(*cluster, -times(row));
        cluster.a += w * a;
        cluster.b += w * b;
        cluster.m += w * m;
        squares.add(*cluster, times(row));
    };
    for &row in &order.by_exit {
        if !spells.entry(row).is_finite() {
            change(&mut squares, row, 0.0, 0.0, 1.0);
        }
    }
    let (mut path, mut survival) = (Path::default(), 1.0);
    let mut entering = order.by_entry.iter().copied().peekable();
    let mut leaving = order.by_exit.iter().copied().peekable();
    let mut variances = Vec::with_capacity(steps.len());
    for (step, &f) in steps.iter().zip(incidence) {
        // Entries at an earlier time, so that they are at risk now.
        while let Some(row) = entering.next_if(|&row| spells.entry(row) < step.time) {
            let fixed = path.survival * path.incidence - path.on_incidence;
            change(&mut squares, row, fixed, -path.survival, 1.0);
        }
        let (y, before) = (step.at_risk, survival);
        let of_cause = cause.map_or(step.total, |cause| step.events[cause]);
        let (h, h_cause) = (step.total / y, of_cause / y);
        survival *= (y - step.total) / y;
        if before > 0.0 {
            path.on_incidence += before * h_cause * (path.survival - 1.0 / y);
            if survival > 0.0 {
                path.survival += h / (y - step.total);
            }
        }
        path.incidence = f;
        while let Some(row) = leaving.next_if(|&row| spells.exit()[row] <= step.time) {
            let left = spells.cause()[row];
            let event = if left.is_some() { before / y } else { 0.0 };
            let own =
                if left.is_some() && (cause.is_none() || left == cause) { event } else { 0.0 };
            let slope = if survival > 0.0 { path.survival - event / survival } else { 0.0 };
            let value = path.on_incidence + own;
            change(&mut squares, row, value - slope * f, slope, -1.0);
        }
        variances.push(squares.at(f, path.on_incidence).max(0.0));
    }
    variances
}
