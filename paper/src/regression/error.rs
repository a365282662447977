//! Why a regression cannot be made.

use afgang_models::StateError;

use crate::rows::{DataError, EstimationError};

/// A regression that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegressionError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A word in a covariate that is a number.
    #[error(transparent)]
    Word(DataError),
    /// The estimator refuses.
    #[error(transparent)]
    Estimator(#[from] afgang_models::Error),
    /// The figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] crate::figure::PictureError),
    /// A logarithm of what has none.
    #[error("log({column}): column `{column}` is {value} in row {row}")]
    Logarithm {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// Numbers whose squares no double can hold.
    #[error(
        "column `{column}`: squares of its values are {} than numbers can be",
        if *large { "larger" } else { "smaller" }
    )]
    Scale {
        /// The column.
        column: String,
        /// Whether they are too large.
        large: bool,
    },
    /// The model of one of several causes, or transitions, is refused.
    #[error("{exit}: {error}")]
    Exit {
        /// What it is, with its name.
        exit: String,
        /// What is wrong with it.
        error: afgang_models::Error,
    },
    /// What is no month among the starts of a clock, which are months.
    #[error(
        "column `{column}` holds `{text}` in row {row}, where a month such as 2011-03 is needed"
    )]
    NotAMonth {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        text: String,
    },
    /// A level that the data of the fit do not have.
    #[error("column `{column}` is `{value}` in row {row}, which is no level of the fit")]
    UnknownLevel {
        /// The column.
        column: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        value: String,
        /// The levels of the fit.
        levels: Vec<String>,
    },
    /// A base that is no level of its column.
    #[error("`{level}` is no level of C({column}, ref={level})")]
    UnknownBase {
        /// The column.
        column: String,
        /// The base as written.
        level: String,
        /// The levels there are.
        levels: Vec<String>,
    },
    /// A stratum that the data of the fit do not have.
    #[error("stratum {stratum} in row {row} is not among those of the fit")]
    UnknownStratum {
        /// The stratum.
        stratum: String,
        /// Row of the file.
        row: usize,
    },
    /// A value of a column that a fit left out, which the data of the fit do not say anything of.
    #[error(
        "row {row}: nothing can be predicted, as the data of the fit hold no row with {column} as it is here{}",
        if with.is_empty() { String::new() } else { format!(" beside {}", with.join(", ")) }
    )]
    NotInData {
        /// Row of the file.
        row: usize,
        /// The column, which names the level or the levels.
        column: String,
        /// Columns that determine it in the data.
        with: Vec<String>,
    },
    /// A number that splines say nothing about.
    #[error(
        "`{term}`: the value {value} in row {row} lies outside of {low} to {high}, from which the splines were made"
    )]
    OutsideSplines {
        /// The term.
        term: String,
        /// Row of the file.
        row: usize,
        /// What stands there.
        value: f64,
        /// The smallest value of the fit.
        low: f64,
        /// The largest.
        high: f64,
    },
    /// A row that nothing can be predicted for.
    #[error("row {row}: {error}")]
    Profile {
        /// Row of the file.
        row: usize,
        /// What is wrong.
        error: Box<afgang_models::Error>,
    },
    /// Baseline hazards that cannot be written.
    #[error("baseline hazards, of a profile of zeros: {0}")]
    Baseline(afgang_models::Error),
    /// New rows that cannot be used.
    #[error("{place}: {error}")]
    Profiles {
        /// Their file, or flag.
        place: String,
        /// What is wrong with it.
        error: Box<RegressionError>,
    },
    /// Polynomials or splines of a column that takes too few values.
    #[error(
        "`{term}` needs {needed} values that are far enough apart, and its column holds {found} different one{}",
        if *found == 1 { "" } else { "s" }
    )]
    TooFewValues {
        /// The term.
        term: String,
        /// Different values needed.
        needed: usize,
        /// Those found.
        found: usize,
    },
}

impl From<EstimationError> for RegressionError {
    fn from(error: EstimationError) -> Self {
        match error {
            EstimationError::Data(error) => Self::Data(error),
            EstimationError::Estimator(error) | EstimationError::Group { error, .. } => {
                Self::Estimator(error)
            }
            EstimationError::Figure(error) => Self::Figure(error),
        }
    }
}

impl RegressionError {
    /// Of a covariate that is to be a number.
    pub(super) fn of_number(error: DataError) -> Self {
        if error.is_of_a_word() { Self::Word(error) } else { Self::Data(error) }
    }

    /// What to do about it, where it is a matter of the covariates.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Word(DataError::NotANumber { column, .. }) => Some(format!(
                "write C({column}) if its values are categories, or name another column"
            )),
            Self::Word(error) => Some(error.help()),
            Self::Scale { .. } => Some("write it in another unit".to_owned()),
            Self::Logarithm { .. } => Some(
                "logarithms are of numbers above 0; correct the row or leave it out".to_owned(),
            ),
            Self::NotAMonth { .. } => {
                Some("the other starts of this clock are months; write this one as they are".to_owned())
            }
            Self::TooFewValues { .. } => {
                Some("lower its number, or write the column as C(…)".to_owned())
            }
            Self::UnknownLevel { levels, .. } | Self::UnknownBase { levels, .. } => Some(format!("its levels: {}", levels.join(", "))),
            Self::UnknownStratum { .. } => {
                Some("a stratum without data has no baseline; leave the row out".to_owned())
            }
            Self::NotInData { .. } => Some(
                "the column was left out of the fit; leave the row out, or merge levels or drop the term in the model".to_owned(),
            ),
            Self::OutsideSplines { .. } => Some(
                "write ns(…), which goes on in straight lines, or leave the row out".to_owned(),
            ),
            Self::Profiles { error, .. } => match error.as_ref() {
                Self::Data(error) => Some(error.help()),
                error => error.help(),
            },
            Self::Data(_) | Self::Estimator(_) | Self::Exit { .. } | Self::Figure(_) => None,
            Self::Profile { error, .. } => match **error {
                afgang_models::Error::States(StateError::HazardAboveOne { .. }) => {
                    Some("ask for earlier times with `--at`".to_owned())
                }
                _ => None,
            },
            Self::Baseline(_) => Some(
                "zeros are far from the data: count covariates from a value among theirs, such as years from 2015, or predict for a row \
                 with `--profile`"
                    .to_owned(),
            ),
        }
    }
}
