//! What can be wrong with a table or an option.

use crate::band::BandError;
use crate::cox::TiesError;
use crate::descriptive::SampleError;
use crate::discrete::DiscreteError;
use crate::effect::EffectError;
use crate::multi_state::StateError;
use crate::panel::PanelError;

/// Everything that the crate refuses, with where it stands.
///
/// `row` counts from 0 in the caller's input. Each variant is a fault of the input or of an option;
/// the estimators have no other way to fail.
///
/// ```
/// use afgang_models::{Error, EventTable};
///
/// let error = EventTable::from_times(2, &[(1.0, Some(1)), (4.0, Some(2))]).unwrap_err();
/// assert_eq!(error, Error::CauseOutOfRange { row: 1, cause: 2, n_causes: 2 });
/// assert_eq!(error.to_string(), "row 1: cause 2 is outside 0..2; causes count from 0, None is censored");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A table needs at least one cause.
    #[error("a table needs at least one cause of exit, found 0")]
    NoCauses,
    /// There is nothing to estimate from.
    #[error("the event table holds no exits; give at least one spell, or leave the stratum out")]
    EmptyTable,
    /// A row names a cause that the table does not have.
    #[error(
        "row {row}: cause {cause} is outside 0..{n_causes}; causes count from 0, None is censored"
    )]
    CauseOutOfRange {
        /// Row of the input.
        row: usize,
        /// The cause found there.
        cause: usize,
        /// Number of causes of the table.
        n_causes: usize,
    },
    /// A question about a cause that the table does not have.
    #[error("cause {cause} asked for, the table has causes 0..{n_causes}")]
    UnknownCause {
        /// The cause asked for.
        cause: usize,
        /// Number of causes of the table.
        n_causes: usize,
    },
    /// A time that is not a finite number.
    #[error("row {row}: time {time} is not a finite number")]
    TimeNotFinite {
        /// Row of the input.
        row: usize,
        /// The time found there.
        time: f64,
    },
    /// A spell that ends before it starts, or at once.
    #[error("row {row}: entry {entry} is not before exit {exit}; a spell is in over (entry, exit]")]
    EntryNotBeforeExit {
        /// Row of the input.
        row: usize,
        /// Time of entry.
        entry: f64,
        /// Time of exit.
        exit: f64,
    },
    /// A weight or a count that is negative or not finite.
    #[error("row {row}: weight {weight} must be a finite number of at least 0")]
    Weight {
        /// Row of the input.
        row: usize,
        /// The weight found there.
        weight: f64,
    },
    /// A sampling weight that is not above 0.
    #[error("row {row}: sampling weight {weight} must be a finite number above 0")]
    SamplingWeight {
        /// Row of the input.
        row: usize,
        /// The weight found there.
        weight: f64,
    },
    /// Times of a table of counts must increase.
    #[error(
        "row {row}: time {time} does not come after {previous}; sort the rows and add up equal times"
    )]
    TimesNotIncreasing {
        /// Row of the input.
        row: usize,
        /// The time found there.
        time: f64,
        /// The time of the row before.
        previous: f64,
    },
    /// A column of another length than the rest.
    #[error("column {column} holds {found} values, expected {expected}")]
    Length {
        /// Name of the column.
        column: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits the times and causes.
        expected: usize,
    },
    /// A count above 2⁵³, where doubles stop holding every integer.
    #[error("row {row}: count {count} is above 2^53 and would be rounded")]
    CountTooLarge {
        /// Row of the input.
        row: usize,
        /// The count found there.
        count: u64,
    },
    /// More persons leave than are there.
    #[error(
        "time {time}: {exits} exits from {at_risk} at risk; an entry must come before its exit"
    )]
    MoreExitsThanAtRisk {
        /// Time of the exits.
        time: f64,
        /// Events of all causes and censorings at that time.
        exits: f64,
        /// The risk set just before.
        at_risk: f64,
    },
    /// Two tables that cannot be added.
    #[error(
        "tables of {left} and {right} causes cannot be merged; build both with the same causes"
    )]
    CausesDiffer {
        /// Causes of the first table.
        left: usize,
        /// Causes of the second table.
        right: usize,
    },
    /// A pair of spells with an exit that the table of the spells does not hold.
    #[error(
        "a pair holds an exit at time {time} (cause {cause:?}) that the event table does not; count \
         both from the same spells"
    )]
    PairOutsideTable {
        /// Time of the exit.
        time: f64,
        /// Its cause.
        cause: Option<usize>,
    },
    /// Late entries where only exits are looked at.
    #[error(
        "spells enter late at time {time}; a variance by pairs of exits needs spells that are there from \
         the start"
    )]
    LateEntry {
        /// The first time of a late entry.
        time: f64,
    },
    /// Persons that do not fit the weights of their spells.
    #[error(
        "persons have {found} spells in row {row}, which stands for {spells}; persons need case weights, the numbers of spells"
    )]
    PersonsOfSpells {
        /// The row.
        row: usize,
        /// Spells that it stands for.
        spells: f64,
        /// Spells that persons with several have in it.
        found: f64,
    },
    /// Counted persons, for an estimator that needs to know whose the spells of each row are.
    #[error("{estimator} cannot take counted persons; give spells one a row with clusters")]
    NotOfPersons {
        /// The estimator.
        estimator: &'static str,
    },
    /// Influences where ties count one by one, with weights that are no numbers of spells.
    #[error(
        "ties one by one count spells, which sampling weights and fractions are not; choose ties together for a variance \
         by influence"
    )]
    TiesOneByOne,
    /// A test needs groups to compare.
    #[error("a test compares at least two groups, found {found}")]
    TooFewGroups {
        /// Number of groups.
        found: usize,
    },
    /// A group number that no row has, though a larger one is there.
    #[error("no row is of group {group}; number the groups from 0 without gaps")]
    EmptyGroup {
        /// The first number that is missing.
        group: usize,
    },
    /// A robust variance of more groups than clusters, or rows, would be of too low a rank.
    #[error(
        "{groups} groups cannot be told apart by a variance of {clusters} clusters; it needs at least as many \
         clusters (or rows) of positive weight as groups"
    )]
    TooFewClusters {
        /// Clusters with a weight above 0, or rows if there are no clusters.
        clusters: usize,
        /// Number of groups.
        groups: usize,
    },
    /// Nothing that a test could tell any two of several groups apart by; the first pair of them.
    #[error(
        "nothing tells groups {reference} and {group} apart: while both were at risk no event that has a weight happened, or \
         all left at once; leave one out, or join it with another"
    )]
    NoInformationBetween {
        /// The one group.
        group: usize,
        /// The other.
        reference: usize,
    },
    /// More groups than a test of all at once can hold the covariances of.
    #[error(
        "{found} groups are more than the {most} that this test can compare at once; join groups, or test some of them"
    )]
    TooManyGroups {
        /// Groups.
        found: usize,
        /// The most that can be compared.
        most: usize,
    },
    /// Nothing that a test could tell groups apart by.
    #[error(
        "nothing tells the groups apart: while two were at risk no event that has a weight happened, or all left at once, or \
         what is compared does not vary; check the groups and the event"
    )]
    NoInformation,
    /// A power of a test's weights that is negative or not finite.
    #[error(
        "the powers of the test's weights are {p} and {q}; each must be a finite number of at least 0"
    )]
    TestPower {
        /// Power of the survival (rho).
        p: f64,
        /// Power of its complement (gamma).
        q: f64,
    },
    /// A horizon that follow-up does not reach.
    #[error(
        "horizon {horizon} is not between 0 and the last time, {last}, when some are still in; choose one up to {last}"
    )]
    Horizon {
        /// The horizon asked for.
        horizon: f64,
        /// The last time at which a spell ends.
        last: f64,
    },
    /// A time that a group is not followed to.
    #[error("group {group} is followed to time {last}, not to {time}; choose a time up to {last}")]
    BehindLastTime {
        /// The time asked for.
        time: f64,
        /// The group, by its place in the input.
        group: usize,
        /// The last time at which a spell of the group ends.
        last: f64,
    },
    /// A group that cannot be standardised to a stratum.
    #[error(
        "group {group} has no spells in stratum {stratum}; leave the stratum out, or make strata that all groups have"
    )]
    NotInStratum {
        /// The group, by its place in the input.
        group: usize,
        /// The stratum, likewise.
        stratum: usize,
    },
    /// A time below 0 where time counts from 0.
    #[error("time {time} is below 0; a mean time needs durations")]
    NegativeTime {
        /// The time found.
        time: f64,
    },
    /// A time without a logarithm, where one is taken.
    #[error("time {time} is not above 0 and has no logarithm; take another scale of time")]
    LogTime {
        /// The time found.
        time: f64,
    },
    /// More count than there are.
    #[error("{count} of {of} is no share; give a count that is at most the total")]
    CountAboveTotal {
        /// The count.
        count: u64,
        /// The total.
        of: u64,
    },
    /// A confidence level outside (0, 1).
    #[error("confidence level {level} must lie between 0 and 1, as in 0.95")]
    Level {
        /// The level asked for.
        level: f64,
    },
    /// A column of a design of another length than the rest.
    #[error("column {column} holds {found} rows, expected {expected}")]
    ColumnLength {
        /// Name of the column.
        column: String,
        /// Its length.
        found: usize,
        /// The length of the others, or of the spells.
        expected: usize,
    },
    /// A covariate that is missing or infinite.
    #[error(
        "column {column}, row {row}: {value} is not a finite number; leave rows with missing values out"
    )]
    NotFinite {
        /// Name of the column.
        column: String,
        /// Row of the input.
        row: usize,
        /// The value found there.
        value: f64,
    },
    /// Two columns of one name.
    #[error("column {column} stands twice in the design; give each its own name")]
    DuplicateColumn {
        /// The name.
        column: String,
    },
    /// A code of a factor without a level.
    #[error("row {row}: code {code} is outside the factor's {n_levels} levels, which count from 0")]
    LevelOutOfRange {
        /// Row of the input.
        row: usize,
        /// The code found there.
        code: u32,
        /// Number of levels.
        n_levels: usize,
    },
    /// A level that a factor does not have.
    #[error("level {level} is not among the factor's levels: {}", levels.join(", "))]
    UnknownLevel {
        /// The level asked for.
        level: String,
        /// The levels there are.
        levels: Vec<String>,
    },
    /// A regression without events.
    #[error("no event among {spells} spells at risk; check the cause and the rows that are left")]
    NoEvents {
        /// Rows with weight.
        spells: usize,
    },
    /// A level of a factor in which nobody has the event, so that its hazard ratio is 0 (or, if the base, all others are
    /// infinite).
    #[error(
        "term {term}: no event in level {level}, so its ratio has no finite estimate; merge the level with \
         another or leave its rows out"
    )]
    NoEventsInLevel {
        /// Name of the term.
        term: String,
        /// The level.
        level: String,
    },
    /// A group of censoring in which nobody has the event, which R's `finegray` leaves out without a word.
    #[error(
        "no event in the censoring group {group}, whose rows finegray of R leaves out of all risk sets; merge it with another,          or do without the convention of r-survival"
    )]
    NoEventsInGroup {
        /// The group.
        group: String,
    },
    /// A likelihood that rises for ever in the direction of some coefficients.
    #[error(
        "monotone likelihood: the coefficients of {} grow without bound, because the events always have the \
         highest (or lowest) values at risk; merge levels, or leave the term out", terms.join(", ")
    )]
    MonotoneLikelihood {
        /// Names of the terms.
        terms: Vec<String>,
    },
    /// Terms that tell events from the rest without error, so that their coefficients have no finite estimate.
    #[error(
        "{} separation: {} tell{} events from the rest without error{}, so the coefficients grow without bound; merge levels, \
         leave a term out, or use Firth's penalty",
        if *complete { "complete" } else { "quasi-complete" }, terms.join(", "), if terms.len() == 1 { "s" } else { "" },
        if *complete { "" } else { " for some rows" }
    )]
    Separation {
        /// Names of the terms.
        terms: Vec<String>,
        /// Whether all rows are told apart, or only some.
        complete: bool,
    },
    /// Outcomes that are all the same.
    #[error(
        "{events} of {rows} rows have the event; without both outcomes there is nothing to compare"
    )]
    OneOutcome {
        /// Rows with weight.
        rows: usize,
        /// Those that have the event.
        events: usize,
    },
    /// What Firth's penalty does not have.
    #[error("{what} and Firth's penalty do not go together; leave one of them out")]
    FirthVariance {
        /// What was asked for.
        what: &'static str,
    },
    /// A column that is a combination of others, where that is refused.
    #[error(
        "column {column} is collinear with {}; leave one of them out",
        if with.is_empty() { "the baseline (it is constant)".to_owned() } else { with.join(", ") }
    )]
    CollinearColumn {
        /// Name of the column.
        column: String,
        /// The columns that it is a combination of; empty if it is constant.
        with: Vec<String>,
    },
    /// An information matrix that cannot be inverted.
    #[error(
        "the information is singular in columns {} at iteration {iteration}; the data do not tell them apart, \
         leave one out", columns.join(", ")
    )]
    SingularInformation {
        /// Names of the columns.
        columns: Vec<String>,
        /// The iteration.
        iteration: usize,
    },
    /// Newton's method did not arrive.
    #[error(
        "no convergence after {iterations} iterations: the next step is still {step:.1e} standard errors; look for \
         extreme covariate values or raise the number of iterations"
    )]
    NotConverged {
        /// Iterations done.
        iterations: usize,
        /// Length of the next step in standard errors.
        step: f64,
    },
    /// A linear predictor beyond what a double can hold.
    #[error(
        "the risks of rows at risk together differ by more than a double can hold; check the offset, start values and \
         covariates for extreme values"
    )]
    RiskOverflow,
    /// A cumulative hazard beyond what a double can hold.
    #[error(
        "the cumulative hazard of the profile is e^{logarithm:.0}, which no double holds; take covariates that are nearer to those of \
         the data"
    )]
    HazardBeyondDouble {
        /// Its logarithm.
        logarithm: f64,
    },
    /// A covariate of which nothing says whether its effect changes with time.
    #[error(
        "column {column} differs among those at risk at one event time only, so nothing says whether its effect changes with time"
    )]
    OneEventTime {
        /// Name of the column.
        column: String,
    },
    /// Clusters whose influences on a coefficient add up to nothing.
    #[error(
        "column {column}: within each of {clusters} (clusters, or rows where there are none) influences add up to 0, so there is no \
         variance by influence; it needs more of them than columns and events at several times, or use the model's variance"
    )]
    NoRobustVariance {
        /// Name of the column.
        column: String,
        /// Number of clusters.
        clusters: usize,
    },
    /// What was wrong with the model of one of several causes.
    #[error("cause {cause}: {error}")]
    OfCause {
        /// The cause.
        cause: usize,
        /// What was wrong.
        error: Box<Self>,
    },
    /// A covariate row of another length than the model.
    #[error("{found} covariate values given, the model has {expected} columns")]
    CovariateCount {
        /// Values found.
        found: usize,
        /// Columns of the model.
        expected: usize,
    },
    /// States, transitions and histories of a multi-state model.
    #[error(transparent)]
    States(#[from] StateError),
    /// A stratum that the model does not have.
    #[error("stratum {stratum} asked for, the model has strata 0..{n_strata}")]
    UnknownStratum {
        /// The stratum asked for.
        stratum: usize,
        /// Number of strata.
        n_strata: usize,
    },
    /// As many parameters as rows.
    #[error(
        "{rows} rows for {parameters} parameters, effects and constant included; leave out regressors or effects"
    )]
    TooFewRows {
        /// Rows left.
        rows: usize,
        /// Parameters of the model.
        parameters: usize,
    },
    /// Panels and their variances.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// Effects of a treatment.
    #[error(transparent)]
    Effect(#[from] EffectError),
    /// Discrete times and their clocks.
    #[error(transparent)]
    Discrete(#[from] DiscreteError),
    /// Tied events of a Cox model.
    #[error(transparent)]
    Ties(#[from] TiesError),
    /// Simultaneous bands.
    #[error(transparent)]
    Band(#[from] BandError),
    /// Quantiles, bins and correlations.
    #[error(transparent)]
    Sample(#[from] SampleError),
}

impl Error {
    /// The same error with the row of a covariate, a weight or a discrete time counted as the caller counts rows, who may have left
    /// some out.
    ///
    /// ```
    /// use afgang_models::Error;
    ///
    /// let error = Error::NotFinite { column: "age".to_owned(), row: 0, value: f64::INFINITY };
    /// assert!(error.renumbered(|row| row + 1).to_string().starts_with("column age, row 1: inf"));
    /// ```
    #[must_use]
    pub fn renumbered(mut self, number: impl FnOnce(usize) -> usize) -> Self {
        match &mut self {
            Self::NotFinite { row, .. }
            | Self::Discrete(
                DiscreteError::NotWhole { row, .. } | DiscreteError::BeforeFirstTime { row, .. },
            )
            | Self::Ties(TiesError::FractionalWeight { row, .. })
            | Self::Effect(
                EffectError::NoOverlap { row, .. }
                | EffectError::NotShare { row, .. }
                | EffectError::InfiniteOutcome { row, .. },
            ) => *row = number(*row),
            Self::OfCause { error, .. } => {
                let inner = std::mem::replace(error.as_mut(), Self::NoInformation);
                **error = inner.renumbered(number);
            }
            _ => {}
        }
        self
    }
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
