//! Choices that change numbers.

/// How the influence of the estimated weights is written, and what happens at the edges of follow-up.
///
/// | | weights after a group's last exit | competing exits at time 0 | $\psi$ divides by | $q(u)$ sums over | events of |
/// |---|---|---|---|---|---|
/// | `Derivative` | stay | $G(0-) = 1$ | $Y - c$ | $T_j \le u < t$ | all groups |
/// | `FineGray` | stay | $G(0-) = 1$ | $Y$ | $T_j < u \le t$ | all groups |
/// | `Cmprsk` | 0 | $G(0)$ | $Y$ | $T_j < u \le t$ | the same group |
/// | `RSurvival` | 0 | $G(0-) = 1$ | | | |
///
/// (A group whose last exit is a censoring has weights 0 after it in all of them.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Convention {
    /// Influences are the derivatives of the estimate by case weights, to the last digit. Default.
    #[default]
    Derivative,
    /// Influences as Fine and Gray (1999) print them, with the hazard of censoring in place of the logarithm of $G$: the same
    /// up to $1/Y$. What `crr` with one group gives, and without ties `mets` with strata.
    FineGray,
    /// What `cmprsk::crr` 2.2 computes, with its stopping rule ($\max_k |U_k| \max(|\beta_k|, 1) < 10^{-6} \max(|\ell|, 1)$).
    /// With several groups of censoring its standard errors are wrong: its $\psi$ sees only the events of
    /// the same group.
    Cmprsk,
    /// What `coxph` makes of `survival::finegray` 3.5-3 data (with `strata` of groups of censoring): [`CensoringTies::AfterEvents`]
    /// whatever is chosen, and weights that are taken as known. Sampling weights do not count in $G$ and $H$.
    ///
    /// With several groups of censoring in one baseline it is biased: after who left for another cause, a group's rows are
    /// left out between two changes of its $G$ if the group has no event of its own there, although others do.
    RSurvival,
}

/// Who counts as at risk of being censored at a time when others have events.
///
/// An exit at $t$ says that censoring would have come at $t$ or later. Estimates differ where months tie the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CensoringTies {
    /// Everybody at risk: the Kaplan–Meier curve with censoring as the event, $1 - c/Y$. Default, as in `crr`, `mets` and
    /// Stata.
    #[default]
    AllAtRisk,
    /// Only those who have no event then, $1 - c/(Y - d)$ (Geskus 2011; R's `survival::finegray`): events come before
    /// censorings, as everywhere else in this crate. Weights are then $\propto Y(t)/\hat S(t-)$, and a spell cut in two is one spell.
    AfterEvents,
}

/// The standard errors of a Fine–Gray regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FineGrayVariance {
    /// By influence, with the estimation of the weights: $\eta + \psi$. Default.
    #[default]
    EstimatedWeights,
    /// By influence, as if the weights were known: $\eta$ alone. What R's `coxph` makes of `finegray` data, clustered by
    /// person.
    KnownWeights,
    /// The inverse information, which takes weighted rows as so many observations. It is not a consistent variance where
    /// there is censoring before competing exits; for comparison.
    Information,
}

/// Options of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) convention: Convention,
    pub(crate) ties: CensoringTies,
}

impl Options {
    pub(crate) fn new(convention: Convention, ties: CensoringTies) -> Self {
        match convention {
            Convention::RSurvival => Self { convention, ties: CensoringTies::AfterEvents },
            _ => Self { convention, ties },
        }
    }
}
