//! What can be wrong with discrete times.

/// What models of discrete times refuse beyond what other regressions do; it comes as
/// [`Error::Discrete`](crate::Error::Discrete).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscreteError {
    /// A time that is not a whole number, where time is discrete.
    #[error(
        "column {column}, row {row}: {value} is not a whole number below a billion; discrete times count whole months (or \
         other units), so round them"
    )]
    NotWhole {
        /// Name of the column.
        column: String,
        /// Row of the input.
        row: usize,
        /// The value found there.
        value: f64,
    },
    /// A spell that ends before it can be at risk.
    #[error(
        "row {row}: the exit at {time} comes before the first time at risk, {first}; say what the first time is, or leave \
         the row out"
    )]
    BeforeFirstTime {
        /// Row of the input.
        row: usize,
        /// Its exit.
        time: f64,
        /// The first time at risk of a spell without late entry.
        first: i64,
    },
    /// A profile without the starts of a model's clocks.
    #[error("{found} starts of clocks given, the model has {expected} clocks beside the duration")]
    StartCount {
        /// Starts found.
        found: usize,
        /// Clocks of the model.
        expected: usize,
    },
    /// A start from which a clock's value at the first time is unknown.
    #[error(
        "clock {clock}: from a start at {start} it is {} at time {time}, where curves begin, and its values in the data are {first} to \
         {last}; give a start from {} to {}",
        start + *time as f64, first - time, last - time
    )]
    UnknownStart {
        /// Name of the clock.
        clock: String,
        /// The start asked for.
        start: f64,
        /// The first time at risk.
        time: i64,
        /// First value of the clock.
        first: i64,
        /// Its last value.
        last: i64,
    },
    /// More discrete times than can be meant.
    #[error("times span {found} units, at most {most} are possible; take a coarser unit")]
    TooManyTimes {
        /// Number of times from first to last.
        found: i64,
        /// Most possible.
        most: i64,
    },
    /// A function of a clock with more parameters than values tell apart.
    #[error(
        "clock {clock}: its function needs {needed} values that are far enough apart, and there are {found} in all; take fewer \
         parameters or an origin nearer to the values"
    )]
    TooFewTimes {
        /// Name of the clock.
        clock: String,
        /// Values needed.
        needed: usize,
        /// Values from first to last.
        found: usize,
    },
    /// A time at which everybody leaves, by several exits.
    #[error(
        "all at risk at {time} leave, by several exits, so nothing is known of staying there; join it with an earlier interval"
    )]
    EverybodyLeaves {
        /// The time, or interval.
        time: String,
    },
    /// Events of an exit at times without a parameter alone.
    #[error(
        "all {events} events are at times when everybody at risk leaves, which tell nothing of the covariates; take a function of the \
         duration that joins times"
    )]
    NothingTold {
        /// Number of events.
        events: f64,
    },
    /// A link that only one exit has.
    #[error("several exits at once have the logit link; fit each exit by itself for another link")]
    SeveralExits,
}
