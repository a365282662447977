//! Kinds of variance estimators.

/// How the variance of a cumulative hazard or incidence is estimated.
///
/// What differs is the variance given to the increments $d_{ki}/Y_i$ of the hazard at one time. The
/// two agree closely while risk sets are large. The formulas stand with
/// [`NelsonAalen`](crate::NelsonAalen) and [`AalenJohansen`](crate::AalenJohansen).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Variance {
    /// Exits at one time are multinomial given the risk set. Default of `AalenJohansen`.
    Greenwood,
    /// Exits are counting processes that do not jump together. Default of `NelsonAalen`.
    Aalen,
}

impl Variance {
    /// The delta method of Dinse and Larson (1986): the same numbers as [`Greenwood`](Self::Greenwood),
    /// see [`AalenJohansen`](crate::AalenJohansen).
    pub const DELTA: Self = Self::Greenwood;
}
