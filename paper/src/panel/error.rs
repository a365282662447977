//! Panel regressions that cannot be made.

use std::path::PathBuf;

use afgang_models::{Error, PanelError};

use crate::regression::RegressionError;
use crate::rows::DataError;

/// A panel regression that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PanelFitError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The regressors cannot be used.
    #[error(transparent)]
    Covariates(RegressionError),
    /// The estimator refuses.
    #[error("{}", in_parts(error).0)]
    Estimator {
        /// What is wrong.
        #[from]
        error: Error,
    },
    /// A unit seen twice at one time.
    #[error(
        "rows {} and {} are both of {unit_column} {unit} at {time_column} {time}",
        rows[0], rows[1]
    )]
    DuplicateRow {
        /// Column of the units.
        unit_column: String,
        /// The unit.
        unit: String,
        /// Column of the times.
        time_column: String,
        /// The time.
        time: i64,
        /// The two rows of the file.
        rows: [usize; 2],
    },
    /// A row that its own parameter fits.
    #[error("row {row} has leverage 1, so HC2 and HC3 are not defined")]
    FullLeverage {
        /// Row of the file.
        row: usize,
    },
    /// An outcome that explains itself.
    #[error("`{column}` is the outcome and among the regressors")]
    OutcomeAmongRegressors {
        /// The column.
        column: String,
    },
    /// Times that are no whole numbers.
    #[error(transparent)]
    Times(DataError),
    /// Regressors of which none is left.
    #[error("no regressor is left: {}", columns.join("; "))]
    NothingLeft {
        /// What is wrong with each.
        columns: Vec<String>,
    },
    /// All rows lack something.
    #[error("no row has a value in each of the columns {}", columns.join(", "))]
    NoCompleteRow {
        /// The columns of the model.
        columns: Vec<String>,
    },
    /// A file that cannot be read in one pass.
    #[error("{} is no Parquet file, so it cannot be read in one pass", path.display())]
    NoParquet {
        /// The file.
        path: PathBuf,
    },
    /// Some of several models cannot be made; the others are there.
    #[error("{}", without_model(errors))]
    Refused {
        /// What is wrong with each.
        errors: Vec<PanelFitError>,
    },
    /// One of several models.
    #[error("{model}: {error}")]
    Model {
        /// Its name.
        model: String,
        /// What is wrong with it.
        error: Box<PanelFitError>,
    },
}

impl PanelFitError {
    /// The error with the name of the model, where there are several.
    pub(super) fn of_model(self, model: Option<String>) -> Self {
        match model {
            Some(model) => Self::Model { model, error: Box::new(self) },
            None => self,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Data(error @ DataError::Missing { .. }) => Some(format!(
                "{}, or leave out all such rows with `--drop-missing`, which counts them",
                error.help().replace(" or leave the row out; rows are never dropped silently", "")
            )),
            Self::Data(DataError::NoRowsLeft { .. }) => {
                Some("check the values in `--only` and `--if`".to_owned())
            }
            Self::Data(error) => Some(error.help()),
            Self::Estimator { error } => in_parts(error).1,
            Self::Covariates(error) => error.help(),
            Self::DuplicateRow { .. } => Some(
                "a unit has one row a time: add the rows up, leave one out, or name another column of units or times"
                    .to_owned(),
            ),
            Self::FullLeverage { .. } => {
                Some("a unit seen once has such a row: add `--singletons drop`; a row that alone connects two parts of the panel has one too: take hc1 or \
                 clusters"
                    .to_owned())
            }
            Self::OutcomeAmongRegressors { column } => {
                Some(format!("take `{column}` out of `--x` and `--iv`, or out of `--y`"))
            }
            Self::Times(_) => Some(
                "times are whole numbers that rise by 1 from one to the next, such as years: of dates make a column of years, or of months since \
                 the first one"
                    .to_owned(),
            ),
            Self::NothingLeft { .. } => {
                Some("absorb fewer effects, or take regressors that vary within them".to_owned())
            }
            Self::NoCompleteRow { .. } => {
                Some("leave out a column that is empty, or check `--only` and `--if`".to_owned())
            }
            Self::NoParquet { .. } => {
                Some("leave out `--streaming always`, or write the file as Parquet".to_owned())
            }
            Self::Model { error, .. } => error.help(),
            Self::Refused { errors } => {
                let mut advice: Vec<String> = errors.iter().filter_map(Self::help).collect();
                advice.dedup();
                advice.push("the other models are there".to_owned());
                Some(advice.join("; "))
            }
        }
    }

    /// Whether the data are at fault, or else the numbers.
    pub(crate) fn is_of_data(&self) -> bool {
        use PanelError::{AbsorptionNotConverged, PoissonNotConverged};
        match self {
            Self::Estimator { error } => !matches!(
                error,
                Error::SingularInformation { .. }
                    | Error::Panel(AbsorptionNotConverged { .. } | PoissonNotConverged { .. })
            ),
            Self::Model { error, .. } => error.is_of_data(),
            Self::Refused { .. } => false,
            _ => true,
        }
    }
}

impl From<RegressionError> for PanelFitError {
    fn from(error: RegressionError) -> Self {
        match error {
            RegressionError::Data(error) => Self::Data(error),
            RegressionError::Estimator(error) => Self::Estimator { error },
            error => Self::Covariates(error),
        }
    }
}

/// Models that are not there, one a line.
fn without_model(errors: &[PanelFitError]) -> String {
    let lines: Vec<String> = errors.iter().map(|error| format!("no model of {error}")).collect();
    lines.join("\n")
}

/// What is wrong, and what an estimator advises after its last semicolon.
fn in_parts(error: &Error) -> (String, Option<String>) {
    let text = error.to_string();
    match text.rsplit_once("; ") {
        Some((wrong, advice)) => (wrong.to_owned(), Some(advice.to_owned())),
        None => (text, None),
    }
}
