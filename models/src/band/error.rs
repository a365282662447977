//! What can be wrong with a band.

/// What simultaneous bands refuse; it comes as [`Error::Band`](crate::Error::Band).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BandError {
    /// A band over times at which there is nothing to hold.
    #[error("no event with a standard error lies {}; {}", within(*from, *to), instead(*from, *to))]
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

fn within(from: f64, to: f64) -> String {
    match (from.is_finite(), to.is_finite()) {
        (true, true) => format!("between {from} and {to}"),
        (true, false) => format!("from {from} on"),
        (false, true) => format!("before or at {to}"),
        (false, false) => "in the data".to_owned(),
    }
}

fn instead(from: f64, to: f64) -> &'static str {
    if from.is_finite() || to.is_finite() {
        "give a range with an event after which somebody is left"
    } else {
        "a band needs an event after which somebody is left"
    }
}
