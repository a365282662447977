//! Gray's test of rows, with a robust variance.

use super::{Gray, Sums, Variance};
use crate::error::Result;
use crate::joint::{Joint, refuse_more_than};
use crate::robust_score::{GroupedSpells, ScoreInfluences, with_design_effect};
use crate::score_test::GroupTest;
use crate::spells::Spells;

impl Gray {
    /// As [`fit`](Self::fit) of rows, with a robust variance: for spells with late entry, sampling weights, and clusters
    /// such as persons, who may have spells in several groups and strata.
    ///
    /// `group` counts from 0, one number a row; `stratum` has a number a row, any numbers, and `None` is one stratum.
    ///
    /// # Definition
    ///
    /// The score is that of the [type](Self), with weighted risk sets and exits and
    ///
    /// $$R_g(t) = Y_g(t)\\,\frac{1 - \hat F_g(t-)}{\hat S_g(t-)},$$
    ///
    /// $\hat F_g$ and $\hat S_g$ being the Aalen–Johansen and Kaplan–Meier estimates of the group from its risk sets, which late
    /// entries join. Since $\hat S_g(t-)\\,d_g / Y_g = \Delta\hat F_g$, it contrasts the groups' subdistribution hazards,
    ///
    /// $$U_j = \sum_g \int W R_g \Bigl(\delta_{gj} - \frac{R_j}{\sum_l R_l}\Bigr) \frac{d\hat F_g}{1 - \hat F_g(t-)} ,\qquad
    ///   W = (1 - \hat F(t-))^\rho,$$
    ///
    /// so late entry changes how much each time counts, through $R_g$, and what is estimated, $\hat F_g$, but not the hypothesis
    /// that all $F_g$ are equal. Products of influences are added up by cluster, and by spell as if each were as many
    /// independent ones as its weight,
    ///
    /// $$C_{jl} = \sum_c \Bigl(\sum_{i \in c} w_i \psi_{ij}\Bigr)\Bigl(\sum_{i \in c} w_i \psi_{il}\Bigr),\qquad
    ///   I_{jl} = \sum_i w_i \psi_{ij} \psi_{il},$$
    ///
    /// and the variance is what the hypothesis expects of independent spells, $H$, times the design effect of clusters and weights,
    /// what the one sum is for the other,
    ///
    /// $$V = G I^{-1} C I^{-1} G,\qquad G I^{-1} G = H ,$$
    ///
    /// $G$ being the geometric mean of $H$ and $I$. $H$ is the variance of tables with, where spells leave for several causes at one
    /// time, the covariance $-\frac{\hat S_g^2}{Y_g^2} \frac{\tilde e_g d_{2g}}{Y_g}$ of what leaves for the one and for the
    /// others, $\tilde e_g = Y_g \Delta\hat F / \hat S_g(t-)$ as in the variance of what leaves for the one; it is at most the root of the product of
    /// the two variances, and exits for others after which nobody is left are in neither. Above,
    /// row $i$ of group $g$, in over $(e_i, T_i]$, has with $q_1, q_2$ of the [type](Self)
    ///
    /// $$\psi_{ij} = \frac{\hat S_g(t-)}{Y_g}\\,q_{\cdot gj}\Big|_{t = T_i} - \sum_{e_i < t \le T_i} \frac{\hat S_g(t-)}{Y_g}
    ///   \Bigl(q_{1gj} \frac{e_g}{Y_g} + q_{2gj} \frac{d_{2g}}{Y_g}\Bigr),$$
    ///
    /// the first part only if the row leaves for a cause, and $e_g = d R_g / \sum_l R_l$ of the $d$ exits for the cause at $t$. This is the influence *under the hypothesis*: the derivative
    /// $\partial U_j / \partial w_i$ where the estimated incidences of the groups are equal. Derivatives of the weights $W$
    /// and $R_g$ multiply differences between the groups' subdistribution hazards, which the hypothesis says are 0; the
    /// estimation of $\hat F_g$ and $\hat S_g$ within $d\hat F_g/(1 - \hat F_g)$ is in it. As Gray (1988) does, $q$ takes the pooled
    /// incidence for $F$.
    ///
    /// # Conventions
    ///
    /// - What is expected of a row comes from all groups, as the hypothesis says, so that a group without an exit for the cause has
    ///   influences too. Their sum over rows is not 0.
    /// - Squares of what happened are small where a group has fewer exits than expected; of them only $C$ for $I$ is taken, and
    ///   the test keeps its size with few exits. [`influences_alone`](Self::influences_alone) takes $V = C$.
    /// - Without clusters a row is one, of [`Weights::Case`](crate::Weights::Case) as many as its weight ($C = I$, and $V = H$: without
    ///   exits for several causes at one time the statistic is that of [`fit`](Self::fit)). No factor $C/(C - 1)$ is put on. Weights on
    ///   another scale give the same statistic; ties count rows, by the mean weight of exits.
    /// - Rows of a cluster, group and stratum of which one begins when the other is censored are one spell in $I$, whatever rows lie
    ///   between; several cut at one time are paired by weight, then by length.
    /// - Without late entry and weights the same as [`fit_clustered`](Self::fit_clustered). With one cause the score is that of
    ///   [`LogRank::fit_spells`](crate::LogRank::fit_spells); the influences differ by terms of lower order.
    /// - A small risk set at the start can put $\hat S_g$ near 0, or at 0, long before its time: $R_g$ is then unstable, or the
    ///   group stops counting. Begin where enough are at risk.
    /// - A row of weight 0 does not count. $O(n \log n)$ and times × groups².
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length); [`Error::EmptyGroup`](crate::Error::EmptyGroup) for a number below the
    /// largest that no row has; [`Error::TooFewGroups`](crate::Error::TooFewGroups),
    /// [`Error::TooFewClusters`](crate::Error::TooFewClusters) for fewer clusters than groups;
    /// [`Error::UnknownCause`](crate::Error::UnknownCause), [`Error::TestPower`](crate::Error::TestPower),
    /// [`Error::NoInformation`](crate::Error::NoInformation).
    ///
    /// # Examples
    ///
    /// Three of four leave at once in one group, one of four in the other, where the hypothesis expects two of each with the
    /// hypergeometric variance $4 \cdot \frac47 \cdot \frac12 \cdot \frac12$. All influences are $\pm\frac14$. Of four persons
    /// with a spell in each group, of which one stays and one leaves, they are $\pm\frac12$: their squares come to twice as much.
    ///
    /// ```
    /// use afgang_models::{Gray, Spells};
    ///
    /// let leaves = [true, true, true, false, true, false, false, false];
    /// let spells = Spells::new(2, vec![1.0; 8], leaves.map(|leaves| leaves.then_some(0)).to_vec())?;
    /// let group = [0, 0, 0, 0, 1, 1, 1, 1];
    /// let test = Gray::new(0).fit_spells(&spells, &group, None)?;
    /// assert!((test.score[0] - (3.0 - 4.0 / 2.0)).abs() < 1e-14);
    /// assert!((test.variance[0][0] - 4.0 / 7.0).abs() < 1e-14);
    ///
    /// let persons = spells.with_clusters(&["a", "b", "c", "d", "d", "a", "b", "c"])?;
    /// let test = Gray::new(0).fit_spells(&persons, &group, None)?;
    /// assert!((test.variance[0][0] - 2.0 * 4.0 / 7.0).abs() < 1e-14);
    /// assert!((test.statistic - 7.0 / 8.0).abs() < 1e-13);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Gray, R. J. (1988). *Ann. Statist.* 16, 1141–1154.
    /// - Lin, D. Y. and Wei, L. J. (1989). *J. Am. Statist. Assoc.* 84, 1074–1078 (sums over clusters).
    /// - Geskus, R. B. (2011). *Biometrics* 67, 39–49.
    pub fn fit_spells(
        self,
        spells: &Spells,
        group: &[usize],
        stratum: Option<&[usize]>,
    ) -> Result<GroupTest> {
        self.fit_grouped(&GroupedSpells::new(spells, group, stratum)?)
    }

    pub(crate) fn fit_grouped(self, grouped: &GroupedSpells<'_>) -> Result<GroupTest> {
        self.check_rho()?;
        refuse_more_than(Self::MOST_GROUPS, grouped.n_groups())?;
        let mut sums = Sums::new(grouped.n_groups());
        let mut influences = ScoreInfluences::new(grouped);
        let scale = grouped.rows_a_weight();
        for rows in grouped.strata() {
            let tables = grouped.tables(rows)?;
            sums.count(&tables);
            let joint = Joint::new(&tables, Some(self.cause))?;
            // Passing over the times twice: what c comes to in the end is needed at each of them.
            let last = self.walk(&joint, &mut Sums::new(grouped.n_groups()), |_| {});
            let mut follow_up = influences.follow(grouped, rows);
            let mut variance = Variance::of_rows(grouped.n_groups(), scale);
            self.walk(&joint, &mut sums, |moment| {
                variance.add(moment);
                let effects = moment.effects(&last);
                let expected = moment.expected(&effects);
                follow_up.pass(moment.time, &expected, |cause| {
                    &effects[usize::from(cause != self.cause)]
                });
            });
            follow_up.finish();
            sums.variance += variance.finish(&last);
        }
        let clustered = influences.variance(grouped)?;
        sums.variance = if self.influences_alone {
            clustered
        } else {
            with_design_effect(&sums.variance, &influences.of_spells(grouped), &clustered)?
        };
        sums.test()
    }
}
