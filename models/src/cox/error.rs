//! What can be wrong with tied events.

/// What Cox models refuse of ties and weights; it comes as [`Error::Ties`](crate::Error::Ties).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TiesError {
    /// A case weight that is no count, where spells are counted.
    #[error(
        "row {row}: case weight {weight} is no whole number, but tied events are counted by spells; use Breslow's ties, \
         or sampling weights"
    )]
    FractionalWeight {
        /// Row of the input.
        row: usize,
        /// The weight found there.
        weight: f64,
    },
    /// More tied events than the exact likelihood can go through.
    #[error(
        "exact ties: {events} of {at_risk} at risk have the event at {time}; all event times together take {steps:.1e} steps an \
         iteration, of which {most:.0e} are allowed; use Efron's ties, or the discrete-time logit, which so many ties hardly tell \
         from it"
    )]
    ExactTiesCost {
        /// The time that costs most.
        time: f64,
        /// Events then.
        events: f64,
        /// Spells at risk then.
        at_risk: f64,
        /// Products of events and the other spells at risk, over event times.
        steps: f64,
        /// Most that are allowed.
        most: f64,
    },
    /// What a likelihood of exact ties does not have.
    #[error("{what} is not defined for exact ties; use Efron's or Breslow's")]
    ExactTies {
        /// What was asked for.
        what: &'static str,
    },
}
