//! Kinds of variance estimators.

/// How the variance of a cumulative hazard or incidence is estimated.
///
/// What differs is the variance given to the increments $d_{ki}/Y_i$ of the hazard at one time. The
/// two agree closely while risk sets are large. The formulas stand with
/// [`NelsonAalen`](crate::NelsonAalen) and [`AalenJohansen`](crate::AalenJohansen).
/// # Examples
///
/// One of four leaves: a share of 1/4 has the binomial variance 1/4 * 3/4 / 4 = 3/64, a counting
/// process 1/4² = 4/64.
///
/// ```
/// use afgang_models::{AalenJohansen, EventTable, Variance};
///
/// let table = EventTable::from_counts(1, &[1.0], &[1], &[3], None)?;
/// let curves = AalenJohansen::new().variance(Variance::Greenwood).fit(&table)?;
/// assert!((curves[0].std_error[0].powi(2) - 3.0 / 64.0).abs() < 1e-15);
/// let curves = AalenJohansen::new().variance(Variance::Aalen).fit(&table)?;
/// assert!((curves[0].std_error[0].powi(2) - 4.0 / 64.0).abs() < 1e-15);
/// # Ok::<(), afgang_models::Error>(())
/// ```
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
