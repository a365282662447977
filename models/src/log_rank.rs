//! Log-rank tests and their weighted families.

use nalgebra::{DMatrix, DVector};

use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::joint::{Joint, JointTime, check_strata, refuse_more_than};
use crate::robust_score::{GroupedSpells, ScoreInfluences};
use crate::score_test::{GroupTest, TestedGroup};
use crate::spells::Spells;

/// How a log-rank test weighs the event times of a stratum.
///
/// $Y$ is the risk set of all groups, $\hat S(t-)$ their Kaplan–Meier curve just before the time, and
/// $\tilde S(t) = \prod_{u \le t} (1 - d_u/(Y_u + 1))$.
///
/// | | weight at $t$ | also known as |
/// |---|---|---|
/// | `LogRank` | 1 | Mantel–Cox |
/// | `Gehan` | $Y$ | Wilcoxon, Breslow (SAS, Stata, lifelines) |
/// | `TaroneWare` | $\sqrt Y$ | |
/// | `PetoPeto` | $\tilde S(t)$ | Peto–Peto–Prentice (SAS, Stata) |
/// | `ModifiedPetoPeto` | $\tilde S(t)\\,Y/(Y + 1)$ | Andersen et al. (SAS) |
/// | `FlemingHarrington { p, q }` | $\hat S(t-)^p (1 - \hat S(t-))^q$ | $q = 0$: the $G^\rho$ family of R's `survdiff`, whose `rho = 1` is close to Peto–Peto and often called so |
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum TestWeights {
    /// All times alike.
    #[default]
    LogRank,
    /// By the size of the risk set.
    Gehan,
    /// By its square root.
    TaroneWare,
    /// By a survival estimate that is never 0.
    PetoPeto,
    /// The same, less where few are at risk.
    ModifiedPetoPeto,
    /// By powers of the survival and of its complement.
    FlemingHarrington {
        /// Power of the survival.
        p: f64,
        /// Power of its complement.
        q: f64,
    },
}

impl TestWeights {
    /// The $G^\rho$ family: $\hat S(t-)^\rho$.
    pub fn g_rho(rho: f64) -> Self {
        Self::FlemingHarrington { p: rho, q: 0.0 }
    }

    fn check(self) -> Result<()> {
        match self {
            Self::FlemingHarrington { p, q }
                if !(p.is_finite() && p >= 0.0 && q.is_finite() && q >= 0.0) =>
            {
                Err(Error::TestPower { p, q })
            }
            _ => Ok(()),
        }
    }
}

/// Test that several groups have the same hazard (log-rank and weighted versions).
///
/// Compares at each event time the events $d_g$ of a group with their expectation given the risk sets,
///
/// $$U_g = \sum_{\text{strata}} \sum_t w(t) \Bigl(d_g - d \frac{Y_g}{Y}\Bigr),\qquad
///   V_{gh} = \sum_{\text{strata}} \sum_t w(t)^2\\, d\\,\frac{Y - d}{Y - 1}\\,\frac{Y_g}{Y}
///   \Bigl(\delta_{gh} - \frac{Y_h}{Y}\Bigr),$$
///
/// where sums without index are over groups. The statistic is $U^\top V^- U$ with as many degrees of freedom as
/// $V$ has rank. The [weights](TestWeights) $w$ are those of the stratum.
///
/// # Conventions
///
/// - Order at one time: events, censorings, entries. Ties have the hypergeometric variance.
/// - Late entry and case weights come with the tables; a weight of 2 is two equal spells.
/// - Every event counts. For one of several causes test the
///   [cause-specific tables](EventTable::cause_specific); for the cumulative incidence see [`Gray`](crate::Gray).
/// - `observed` and `expected` are weighted by $w$, as R's `survdiff` prints them.
/// - Sampling weights and persons with several spells need rows: [`fit_spells`](Self::fit_spells).
/// - $O(\text{times} \times \text{groups}^2)$.
///
/// # Examples
///
/// Two spells against two; the first group leaves at 1 and 2, the other at 3 and 4:
///
/// ```
/// use afgang_models::{EventTable, LogRank};
///
/// let early = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, Some(0))])?;
/// let late = EventTable::from_times(1, &[(3.0, Some(0)), (4.0, Some(0))])?;
/// let test = LogRank::new().fit(&[vec![early, late]])?;
/// // Expected of the first group: 2/4 at 1 and 1/3 at 2; variance 1/4 + 2/9.
/// let (score, variance) = (2.0 - 5.0 / 6.0, 1.0 / 4.0 + 2.0 / 9.0);
/// assert!((test.groups[0].expected - 5.0 / 6.0).abs() < 1e-15);
/// assert!((test.statistic - score * score / variance).abs() < 1e-14);
/// assert_eq!(test.df, 1);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// # References
///
/// - Mantel, N. (1966). *Cancer Chemother. Rep.* 50, 163–170.
/// - Peto, R. and Peto, J. (1972). *J. R. Statist. Soc. A* 135, 185–207.
/// - Tarone, R. E. and Ware, J. (1977). *Biometrika* 64, 156–160.
/// - Harrington, D. P. and Fleming, T. R. (1982). *Biometrika* 69, 553–566.
/// - Klein, J. P. and Moeschberger, M. L. (2003). *Survival Analysis*, 2nd ed., table 7.3. Springer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[must_use]
pub struct LogRank {
    weights: TestWeights,
}

impl LogRank {
    /// The most groups that are compared at once: their covariances take 200 MB, and as much again several times.
    pub const MOST_GROUPS: usize = 5000;

    /// The log-rank test proper.
    pub fn new() -> Self {
        Self::default()
    }

    /// Weights of the event times. Default `LogRank`.
    pub fn weights(mut self, weights: TestWeights) -> Self {
        self.weights = weights;
        self
    }

    /// Tests the groups; `strata[s][g]` is the table of group `g` in stratum `s`, which may be empty.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewGroups`] for fewer than two groups, [`Error::Length`] for strata of different numbers of groups,
    /// [`Error::NoInformation`] if no event could have happened in two groups, [`Error::TestPower`], [`Error::TooManyGroups`] above
    /// [`MOST_GROUPS`](Self::MOST_GROUPS).
    pub fn fit(self, strata: &[Vec<EventTable>]) -> Result<GroupTest> {
        self.weights.check()?;
        let n_groups = check_strata(strata)?;
        refuse_more_than(Self::MOST_GROUPS, n_groups)?;
        let mut groups = vec![TestedGroup { n: 0.0, observed: 0.0, expected: 0.0 }; n_groups];
        // The variance below and on its diagonal, row by row.
        let mut lower = vec![0.0; n_groups * (n_groups + 1) / 2];
        let mut shares = vec![0.0; n_groups];
        for tables in strata {
            for (group, table) in groups.iter_mut().zip(tables) {
                group.n += table.total();
            }
            let joint = Joint::new(tables, None)?;
            let mut weight = self.of_times(1.0);
            joint.each_time(|JointTime { at_risk: y, events: d, .. }| {
                let (total_y, total_d) = (y.iter().sum::<f64>(), d.iter().sum::<f64>());
                let w = weight(total_y, total_d);
                for (g, group) in groups.iter_mut().enumerate() {
                    group.observed += w * d[g];
                    group.expected += w * total_d * (y[g] / total_y);
                }
                if total_y > 1.0 && total_d < total_y {
                    let spread = w * w * total_d * ((total_y - total_d) / (total_y - 1.0));
                    for (share, &y) in shares.iter_mut().zip(y) {
                        *share = y / total_y;
                    }
                    let mut cells = lower.iter_mut();
                    for (g, &share) in shares.iter().enumerate() {
                        let spread = spread * share;
                        for (&other, cell) in shares[..g].iter().zip(&mut cells) {
                            *cell -= spread * other;
                        }
                        if let Some(cell) = cells.next() {
                            *cell += spread * (1.0 - share);
                        }
                    }
                }
            });
        }
        let variance = DMatrix::from_fn(n_groups, n_groups, |g, h| {
            let (g, h) = (g.max(h), g.min(h));
            lower[g * (g + 1) / 2 + h]
        });
        let score =
            DVector::from_iterator(n_groups, groups.iter().map(|g| g.observed - g.expected));
        GroupTest::new(groups, &score, &variance)
    }

    /// As [`fit`](Self::fit) of rows, with a robust variance: for sampling weights, and for clusters such as persons, who
    /// may have spells in several groups and strata.
    ///
    /// `group` counts from 0, one number a row; `stratum` has a number a row, any numbers, and `None` is one stratum.
    /// Every cause of exit is an event; for one of several test [`Spells::cause_specific`].
    ///
    /// The score $U_g$ is that of the tables. Its variance adds up the products of the *influences* of rows
    /// $\psi_i$, by cluster,
    ///
    /// $$V_{gh} = \sum_c \Bigl(\sum_{i \in c} w_i \psi_{ig}\Bigr)\Bigl(\sum_{i \in c} w_i \psi_{ih}\Bigr),\qquad
    ///   \psi_{ig} = \int w(t) \Bigl(1\\{g_i = g\\} - \frac{Y_g}{Y}\Bigr) \Bigl(dN_i(t) - 1\\{e_i < t \le T_i\\} \frac{dN}{Y}\Bigr)$$
    ///
    /// for row $i$ of group $g_i$, in over $(e_i, T_i]$, with the events $N_i$ of the row and $N$ of all, all sums weighted. It
    /// is the robust score test of a Cox model with an indicator for each group (Lin and Wei 1989).
    ///
    /// # Conventions
    ///
    /// - $\psi_{ig} = \partial U_g / \partial w_i$ with the [weights](TestWeights) of the times held fixed: what they change by
    ///   multiplies differences $d_g - d Y_g/Y$, which have mean zero under the hypothesis, and is of lower order.
    ///   $\sum_i w_i \psi_{ig} = U_g$: influences are not centred, so $U^\top V^- U$ is never above the number of clusters.
    /// - Without clusters a row is one, of [`Weights::Case`](crate::Weights::Case) as many as its weight
    ///   ($V = \sum_i w_i \psi_i \psi_i^\top$). No factor $C/(C - 1)$ is put on.
    /// - Risk sets in the weights of times count rows: with sampling weights they are divided by the mean weight of rows
    ///   with an exit, so that weights on another scale give the same statistic.
    /// - Ties need no correction: a row's events at one time are one of its parts.
    /// - A row of weight 0 does not count. $O(n \log n)$ and times × groups².
    ///
    /// # Errors
    ///
    /// [`Error::Length`]; [`Error::EmptyGroup`] for a number below the largest that no row has; [`Error::TooFewGroups`],
    /// [`Error::TooFewClusters`] for fewer clusters than groups; [`Error::NoInformation`], [`Error::TestPower`].
    ///
    /// # Examples
    ///
    /// Two persons with a spell in each group, which leave at 1 and 3 and at 2 and 4:
    ///
    /// ```
    /// use afgang_models::{LogRank, Spells};
    ///
    /// let spells = Spells::new(1, vec![1.0, 2.0, 3.0, 4.0], vec![Some(0); 4])?
    ///     .with_clusters(&["a", "b", "a", "b"])?;
    /// let test = LogRank::new().fit_spells(&spells, &[0, 0, 1, 1], None)?;
    /// // Influences on the first group: 1/2 - 1/4 * 1/2; 2/3 - 1/4 * 1/2 - 1/3 * 2/3; twice 1/4 * 1/2 + 1/3 * 1/3. Times 72
    /// // they are 27, 23, 17 and 17; persons have 44 and 40.
    /// let (score, variance) = (84.0 / 72.0, (44.0_f64.powi(2) + 40.0_f64.powi(2)) / 72.0_f64.powi(2));
    /// assert!((test.score[0] - score).abs() < 1e-15);
    /// assert!((test.variance[0][0] - variance).abs() < 1e-15);
    /// assert!((test.statistic - score * score / variance).abs() < 1e-14);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Lin, D. Y. and Wei, L. J. (1989). *J. Am. Statist. Assoc.* 84, 1074–1078.
    /// - Checked against the robust score test of `survival::coxph` 3.5-3; see `fixtures/r/robust_tests.R`.
    pub fn fit_spells(
        self,
        spells: &Spells,
        group: &[usize],
        stratum: Option<&[usize]>,
    ) -> Result<GroupTest> {
        self.fit_grouped(&GroupedSpells::new(spells, group, stratum)?)
    }

    pub(crate) fn fit_grouped(self, grouped: &GroupedSpells<'_>) -> Result<GroupTest> {
        self.weights.check()?;
        let n = grouped.n_groups();
        refuse_more_than(Self::MOST_GROUPS, n)?;
        let mut groups = vec![TestedGroup { n: 0.0, observed: 0.0, expected: 0.0 }; n];
        let mut influences = ScoreInfluences::new(grouped);
        let scale = grouped.rows_a_weight();
        for rows in grouped.strata() {
            let tables = grouped.tables(rows)?;
            for (group, table) in groups.iter_mut().zip(&tables) {
                group.n += table.total();
            }
            let joint = Joint::new(&tables, None)?;
            let mut follow_up = influences.follow(grouped, rows);
            let mut weight = self.of_times(scale);
            joint.each_time(|JointTime { time, at_risk: y, events: d, .. }| {
                let (total_y, total_d) = (y.iter().sum::<f64>(), d.iter().sum::<f64>());
                let w = weight(total_y, total_d);
                for (g, group) in groups.iter_mut().enumerate() {
                    group.observed += w * d[g];
                    group.expected += w * total_d * (y[g] / total_y);
                }
                let effect = DMatrix::from_fn(n, n, |own, g| {
                    w * (if own == g { 1.0 } else { 0.0 } - y[g] / total_y)
                });
                follow_up.pass(time, &(&effect * (total_d / total_y)), |_| &effect);
            });
            follow_up.finish();
        }
        let score = DVector::from_iterator(n, groups.iter().map(|g| g.observed - g.expected));
        GroupTest::new(groups, &score, &influences.variance(grouped)?)
    }

    /// The weight of each event time, one after the other, from its risk set and its events, which are multiplied by `scale`.
    fn of_times(self, scale: f64) -> impl FnMut(f64, f64) -> f64 {
        let (mut survival, mut never_zero) = (1.0_f64, 1.0_f64);
        move |y, d| {
            let (y, d) = (scale * y, scale * d);
            let before = survival;
            survival *= (y - d) / y;
            never_zero *= 1.0 - d / (y + 1.0);
            match self.weights {
                TestWeights::LogRank => 1.0,
                TestWeights::Gehan => y,
                TestWeights::TaroneWare => y.sqrt(),
                TestWeights::PetoPeto => never_zero,
                TestWeights::ModifiedPetoPeto => never_zero * (y / (y + 1.0)),
                TestWeights::FlemingHarrington { p, q } => before.powf(p) * (1.0 - before).powf(q),
            }
        }
    }
}
