//! Variances by influence for spells with weights, late entry and clusters.

use crate::aalen_johansen::AalenJohansen;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::event_table::Step;
use crate::hazard_ties::HazardTies;
use crate::influence::{
    Influence, OnHazard, OnIncidence, OnSurvival, Order, Parts, Sink, walk, weight_and_copies,
};
use crate::kaplan_meier::KaplanMeier;
use crate::nelson_aalen::NelsonAalen;
use crate::spells::{Spells, Weights};
use crate::summation::{DoubleSum, without_rounding};

impl AalenJohansen {
    /// As [`fit`](Self::fit) of the spells' table, with standard errors by the infinitesimal jackknife: of clusters
    /// where the spells have them, else of rows.
    ///
    /// $$\mathrm{var}\\,\hat F_k(t) = \sum_c \Bigl(\sum_{i \in c} w_i\\,\varphi_i(t)\Bigr)^2,\qquad
    ///   \varphi_i(t) = \frac{\partial \hat F_k(t)}{\partial w_i},$$
    ///
    /// which is what R's `survfit` gives with `cluster`, `robust` or sampling weights (for several causes: always). With
    /// [`Weights::Case`](crate::Weights::Case) and no clusters a row of weight $w$ counts as $w$ clusters.
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
        if let Some(pairs) = spells.exit_pairs() {
            return self.fit_clustered(&table, &pairs);
        }
        let mut curves = self.fit(&table)?;
        let steps = table.steps()?;
        let order = Order::new(spells);
        for (cause, curve) in curves.iter_mut().enumerate() {
            let influence = OnIncidence::new(cause, &curve.estimate);
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
        if let Some(pairs) = spells.exit_pairs() {
            return self.fit_clustered(&table, &pairs);
        }
        let mut curve = self.fit(&table)?;
        let steps = table.steps()?;
        let influence = OnSurvival::new(&curve.estimate);
        let variance = variance(spells, &Order::new(spells), &steps, influence);
        self.replace_std_errors(&mut curve, &variance)?;
        Ok(curve)
    }
}

impl NelsonAalen {
    /// As [`fit`](Self::fit) of the spells' table, with standard errors by the infinitesimal jackknife of clusters or
    /// rows. A spell adds $1/Y$ at its event, less $\sum d_i/Y_i^2$ over the times it was at risk.
    ///
    /// For [ties one by one](HazardTies::OneByOne) the sum of $1/(Y - j)$ over $d$ events is Efron's,
    /// $\sum_{j<d} \bar w/(Y - j \bar w)$ with the mean weight $\bar w$ of the events, at $\bar w = 1$. Its derivative in the weight of a
    /// spell is $-Q$ for one at risk, $Q = \sum_{j<d} 1/(Y - j)^2$, and $Q Y/d$ more for one of the events: as R's
    /// `survfit` with `ctype = 2`.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`Error::NotOfPersons`] for counted persons; [`Error::TiesOneByOne`] for ties one by one with weights that are no numbers of
    /// spells: sampling weights and fractions.
    ///
    /// ```
    /// use afgang_models::{HazardTies, NelsonAalen, Spells};
    ///
    /// // One of two: the hazard is 1/2, the influences 1/2 - 1/4 and -1/4.
    /// let spells = Spells::new(1, vec![1.0, 2.0], vec![Some(0), None])?;
    /// let curve = NelsonAalen::new().fit_spells(&spells)?;
    /// assert!((curve.std_error[0] - (1.0_f64 / 16.0 + 1.0 / 16.0).sqrt()).abs() < 1e-15);
    ///
    /// // Two of three at once, one by one: 1/3 + 1/2. Q = 1/9 + 1/4 = 13/36, so that influences are 13/72, 13/72, -26/72.
    /// let spells = Spells::new(1, vec![1.0, 1.0, 2.0], vec![Some(0), Some(0), None])?;
    /// let curve = NelsonAalen::new().ties(HazardTies::OneByOne).fit_spells(&spells)?;
    /// assert!((curve.std_error[0] - 13.0 * 6.0_f64.sqrt() / 72.0).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Efron, B. (1977). *J. Am. Statist. Assoc.* 72, 557–565.
    /// - Checked against `survival::survfit` 3.5-3; see `fixtures/r/hazard_ties.R`.
    pub fn fit_spells(self, spells: &Spells) -> Result<Curve> {
        spells.refuse_persons("a cumulative hazard")?;
        if self.tie_rule() == HazardTies::OneByOne {
            let whole = |weights: &[f64]| weights.iter().all(|weight| weight.fract() == 0.0);
            match spells.weights() {
                Weights::None => {}
                Weights::Case(weights) if whole(weights) => {}
                _ => return Err(Error::TiesOneByOne),
            }
        }
        let table = spells.table()?;
        let mut curve = self.fit(&table)?;
        let steps = table.steps()?;
        let influence = OnHazard::new(self.tie_rule());
        let variance = variance(spells, &Order::new(spells), &steps, influence);
        self.replace_std_errors(&mut curve, &variance)?;
        Ok(curve)
    }
}

/// Sums over clusters of the products of their parts, which come and go: of a cluster that outweighs the others nothing
/// may be left when it is nearly 0 again.
#[derive(Default)]
struct Squares {
    aa: DoubleSum,
    bb: DoubleSum,
    mm: DoubleSum,
    ab: DoubleSum,
    am: DoubleSum,
    bm: DoubleSum,
    /// Squares of the sizes of what each part was made of.
    sizes: [f64; 3],
}

impl Squares {
    fn add(&mut self, cluster: &Parts, copies: f64) {
        let [a, b, m] = cluster.of;
        self.aa.add_product(copies * a, a);
        self.bb.add_product(copies * b, b);
        self.mm.add_product(copies * m, m);
        self.ab.add_product(copies * a, b);
        self.am.add_product(copies * a, m);
        self.bm.add_product(copies * b, m);
        for (sum, square) in self.sizes.iter_mut().zip(cluster.squared_sizes()) {
            *sum += copies * square;
        }
    }

    /// The variance: 0 where it is nothing but rounding.
    fn variance(&self, f: f64, p: f64) -> f64 {
        let [a, b, m] = self.sizes;
        without_rounding(self.at(f, p).max(0.0), a + b * f * f + m * p * p)
    }

    fn at(&self, f: f64, p: f64) -> f64 {
        let mut sum = self.aa;
        sum.add(self.bb.times(f).times(f));
        sum.add(self.mm.times(p).times(p));
        sum.add(self.ab.times(2.0 * f));
        sum.add(self.am.times(2.0 * p));
        sum.add(self.bm.times(2.0 * f).times(p));
        sum.value()
    }
}

/// Sums of squares over clusters on a walk.
struct Variances<'a, W> {
    spells: &'a Spells,
    weight_and_copies: W,
    clusters: Vec<Parts>,
    squares: Squares,
    /// The variances after each step.
    after: Vec<f64>,
}

impl<W: Fn(usize) -> (f64, f64)> Sink for Variances<'_, W> {
    fn change(&mut self, row: usize, a: f64, b: f64, m: f64) {
        let (weight, copies) = (self.weight_and_copies)(row);
        let place = self.spells.clusters().map_or(row, |clusters| clusters[row]);
        let cluster = &mut self.clusters[place];
        self.squares.add(cluster, -copies);
        cluster.add(weight, [a, b, m]);
        self.squares.add(cluster, copies);
    }

    fn step(&mut self, f: f64, p: f64) {
        self.after.push(self.squares.variance(f, p));
    }
}

/// The variance after each step: the sum of squares over clusters of their influences.
fn variance(
    spells: &Spells,
    order: &Order,
    steps: &[Step<'_>],
    influence: impl Influence,
) -> Vec<f64> {
    let mut sums = Variances {
        spells,
        weight_and_copies: weight_and_copies(spells),
        clusters: vec![Parts::default(); spells.n_clusters()],
        squares: Squares::default(),
        after: Vec::with_capacity(steps.len()),
    };
    walk(spells, order, steps, influence, &mut sums);
    sums.after
}
