//! What can be wrong with a comparison of two arms.

use crate::error::Error;

/// Everything that [effects](crate::TreatmentEffect) refuse beyond what regressions do; it comes as
/// [`Error::Effect`](crate::Error::Effect).
///
/// `row` counts from 0 in the caller's input.
///
/// ```
/// use afgang_models::{Assignment, EffectError, Error};
///
/// let error = Assignment::new(&[true, true, false]).unwrap_err();
/// assert_eq!(error, Error::Effect(EffectError::SmallArm { arm: "comparison", persons: 1 }));
/// assert_eq!(
///     error.to_string(),
///     "the comparison arm has 1 person with weight; a variance needs at least two in each arm"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EffectError {
    /// An arm without the two persons that a variance needs.
    #[error(
        "the {arm} arm has {persons} person{} with weight; a variance needs at least two in each arm",
        if *persons == 1 { "" } else { "s" }
    )]
    SmallArm {
        /// The arm: treated or comparison.
        arm: &'static str,
        /// Persons with weight.
        persons: usize,
    },
    /// An arm of which too few are followed to a time.
    #[error(
        "time {time}: {persons} of the {arm} arm {} followed; a variance needs at least two",
        if *persons == 1 { "is" } else { "are" }
    )]
    SmallArmAt {
        /// The arm.
        arm: &'static str,
        /// The time.
        time: f64,
        /// Persons with weight who are followed to it.
        persons: usize,
    },
    /// A stratum without two persons of an arm.
    #[error(
        "stratum {stratum}: {persons} of the {arm} arm{}; a difference with a variance needs two of each arm in every stratum, so \
         merge the stratum with another or leave it out",
        time.map_or(String::new(), |time| format!(" are followed to time {time}"))
    )]
    SmallStratum {
        /// Name of the stratum.
        stratum: String,
        /// The arm.
        arm: &'static str,
        /// The time, where persons there are but are not followed.
        time: Option<f64>,
        /// Persons with weight.
        persons: usize,
    },
    /// Strata that the assignment does not have.
    #[error("a stratified comparison needs the stratum of each person; give strata")]
    NoStrata,
    /// Covariates that the assignment does not have.
    #[error("{method} needs covariates; give some, or compare as randomised")]
    NoCovariates {
        /// The method asked for.
        method: &'static str,
    },
    /// A propensity without an estimate.
    #[error("propensity of being treated: {error}")]
    Propensity {
        /// What was wrong with its logit.
        error: Box<Error>,
    },
    /// A propensity next to 0 or 1.
    #[error(
        "the propensity of being treated of row {row} is {propensity:.2e}, outside {bound} to 1 - {bound}: somebody like that is not \
         found in both arms, most of all by {column}; leave such persons out, merge levels, or leave the covariate out"
    )]
    NoOverlap {
        /// A row with that propensity.
        row: usize,
        /// The propensity.
        propensity: f64,
        /// Least allowed.
        bound: f64,
        /// The column that moves it most.
        column: String,
    },
    /// A model of the outcome without an estimate.
    #[error("time {time}, outcome of the {arm} arm: {error}")]
    OutcomeModel {
        /// The time.
        time: f64,
        /// The arm.
        arm: &'static str,
        /// What was wrong with it.
        error: Box<Error>,
    },
    /// An outcome outside 0 to 1 under a logit.
    #[error(
        "row {row}, time {time}: the outcome {value} is no share, as a logit needs; take linear regression"
    )]
    NotShare {
        /// Row of the input.
        row: usize,
        /// The time.
        time: f64,
        /// The outcome found there.
        value: f64,
    },
    /// An infinite outcome.
    #[error("row {row}, time {time}: the outcome {value} is not finite; a missing one is NaN")]
    InfiniteOutcome {
        /// Row of the input.
        row: usize,
        /// The time.
        time: f64,
        /// The outcome found there.
        value: f64,
    },
    /// Paths without times.
    #[error("the paths have no time; give at least one")]
    NoTimes,
    /// Times that do not rise.
    #[error("time {time} of the paths does not come after {previous}; times rise")]
    TimesNotIncreasing {
        /// The time found.
        time: f64,
        /// The one before.
        previous: f64,
    },
    /// Spells whose pseudo-values are not defined.
    #[error(
        "pseudo-values are not made for {what}; give one spell a person from its start, and weights with the assignment"
    )]
    PseudoValues {
        /// What the spells have.
        what: &'static str,
    },
    /// A least propensity that is none.
    #[error("least propensity {bound} must be at least 0 and below a half")]
    Bound {
        /// The bound asked for.
        bound: f64,
    },
}
