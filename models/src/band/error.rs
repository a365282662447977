//! What can be wrong with a band.

/// What simultaneous bands refuse; it comes as [`Error::Band`](crate::Error::Band).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BandError {
    /// A band over times at which there is nothing to hold.
    #[error(
        "no event with a standard error lies between {from} and {to}; give a range with an event after \
         which somebody is left"
    )]
    Range {
        /// Start of the range.
        from: f64,
        /// Its end.
        to: f64,
    },
    /// A band made for the survival of independent spells.
    #[error(
        "bands of Hall and Wellner and of equal precision are for the survival of independent spells; take the band by \
         influence"
    )]
    OfSurvival,
}
