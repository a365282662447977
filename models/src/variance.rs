//! Kinds of variance estimators.

/// How the variance of a cumulative hazard or incidence is estimated.
///
/// What differs is the variance given to the increments $d_{ki}/Y_i$ of the hazard at one time. The
/// two agree closely while risk sets are large. The formulas stand with
/// [`NelsonAalen`](crate::NelsonAalen) and [`AalenJohansen`](crate::AalenJohansen).
///
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

    /// `events` of the cause and `others` of the other causes out of `y` at risk.
    pub(crate) fn of_hazards(self, y: f64, events: f64, others: f64) -> HazardErrors {
        let (alone, between): (fn(f64, f64) -> f64, f64) = match self {
            Self::Greenwood => (|y, d| d * (y - d) / (y * y * y), -events * others / (y * y * y)),
            Self::Aalen => (
                |y, d| {
                    let ties = if d > 1.0 { (y - d) / (y - 1.0) } else { 1.0 };
                    d * ties / (y * y)
                },
                0.0,
            ),
        };
        HazardErrors { cause: alone(y, events), others: alone(y, others), between }
    }

    /// Covariance of the hazards of two transitions out of a state that `y` are in: of the transitions that `one` and `two`
    /// make, or the variance of one of them if they are the `same`.
    pub(crate) fn between_moves(self, y: f64, one: f64, two: f64, same: bool) -> f64 {
        let errors = self.of_hazards(y, one, two);
        if same { errors.cause } else { errors.between }
    }
}

/// Variances of the errors in the hazards at one time.
pub(crate) struct HazardErrors {
    /// Of the cause's hazard.
    pub(crate) cause: f64,
    /// Of the hazard of the other causes together.
    pub(crate) others: f64,
    /// Covariance of the two.
    pub(crate) between: f64,
}
