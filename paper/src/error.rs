//! What can go wrong in a command, with the exit code and the advice that go with it.

use std::path::PathBuf;

use afgang_fixtures::synth::SynthError;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::accounts::AccountsError;
use crate::cli::UsageError;
use crate::figure::PictureError;
use crate::interrupt;
use crate::regression::{Refusal, RegressionError};
use crate::rows::{DataError, EstimationError};
use crate::study::StudyError;
use crate::synthetic::MakeError;
use crate::weeks::list::ListError;
use crate::whole_file::FileError;

/// An error of any command.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Wrong usage.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// A study file that cannot be used.
    #[error(transparent)]
    Study(#[from] Box<StudyError>),
    /// A data file that cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A list of persons that cannot be used.
    #[error(transparent)]
    List(#[from] ListError),
    /// An estimator that refuses.
    #[error("{}", split(.0).0)]
    Estimator(#[from] afgang_models::Error),
    /// An estimator that refuses one of several groups.
    #[error("group {group}: {}", split(error).0)]
    Group {
        /// Values of the by-columns.
        group: String,
        /// What is wrong with it.
        error: afgang_models::Error,
    },
    /// An estimator that refuses the models of all causes, or transitions; the first.
    #[error("{exit}: {}", split(error).0)]
    Exit {
        /// What it is of, with its name.
        exit: String,
        /// What is wrong with it.
        error: afgang_models::Error,
    },
    /// Some of several causes, or transitions, have no model; the others' were written.
    #[error("{}", without_model(.0))]
    Refused(Vec<Refusal>),
    /// Covariates that cannot be used.
    #[error(transparent)]
    Covariates(RegressionError),
    /// A panel regression that cannot be made.
    #[error(transparent)]
    Panel(crate::panel::PanelFitError),
    /// Files of fits that cannot be put side by side.
    #[error(transparent)]
    Fits(#[from] crate::regression_table::FitFileError),
    /// A file that cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A register that cannot be used.
    #[error("{}", split(.0).0)]
    Register(#[from] afgang_engine::Error),
    /// A register that has been looked at, and that a run would refuse.
    #[error("{} has {problems} problems", path.display())]
    Unfit {
        /// The register.
        path: PathBuf,
        /// How many problems it has.
        problems: usize,
    },
    /// Accounts that cannot be used.
    #[error("{}", of_accounts(.0))]
    Accounts(#[from] AccountsError),
    /// A synthetic register that cannot be made.
    #[error(transparent)]
    Make(#[from] MakeError),
    /// A figure that cannot be drawn.
    #[error(transparent)]
    Figure(#[from] PictureError),
}

/// An error of the engine or the estimators as what is wrong and what to do, which stands after the last semicolon.
fn split(error: &impl std::error::Error) -> (String, Option<String>) {
    let text = error.to_string();
    match text.rsplit_once("; ") {
        Some((wrong, advice)) => (wrong.to_owned(), Some(advice.to_owned())),
        None => (text, None),
    }
}

/// The advice of an estimator, in the words of the command line.
fn advice(error: &afgang_models::Error) -> Option<String> {
    let advice = split(error).1?;
    Some(advice.replace("Firth's penalty", "Firth's penalty, `fit logit --firth`"))
}

/// Causes without a model, one a line.
fn without_model(refused: &[Refusal]) -> String {
    let one = |of: &Refusal| format!("no model of {}: {}", of.exit, split(&of.error).0);
    refused.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// An error of accounts without the advice of an estimator.
fn of_accounts(error: &AccountsError) -> String {
    match error {
        AccountsError::Estimator { output, error } => {
            format!("output {output}: {}", split(error).0)
        }
        other => other.to_string(),
    }
}

impl From<RegressionError> for Error {
    fn from(error: RegressionError) -> Self {
        match error {
            RegressionError::Data(error) => Self::Data(error),
            RegressionError::Estimator(error) => Self::Estimator(error),
            RegressionError::Figure(error) => Self::Figure(error),
            RegressionError::Exit { exit, error } => Self::Exit { exit, error },
            error => Self::Covariates(error),
        }
    }
}

impl From<crate::panel::PanelFitError> for Error {
    fn from(error: crate::panel::PanelFitError) -> Self {
        Self::Panel(error)
    }
}

impl From<EstimationError> for Error {
    fn from(error: EstimationError) -> Self {
        match error {
            EstimationError::Data(error) => Self::Data(error),
            EstimationError::Estimator(error) => Self::Estimator(error),
            EstimationError::Figure(error) => Self::Figure(error),
            EstimationError::Group { group, error } => Self::Group { group, error },
        }
    }
}

impl Error {
    /// The exit code: 2 wrong usage, 3 bad input, 4 numerical failure; 130 interrupted, as in shells.
    pub fn exit_code(&self) -> u8 {
        use afgang_models::{Error as Estimate, StateError as States};
        match self {
            Self::Usage(_)
            | Self::Fits(crate::regression_table::FitFileError::Names { .. })
            | Self::Figure(
                PictureError::TooManyLines { .. } | PictureError::TooManyPanels { .. },
            )
            | Self::Estimator(
                Estimate::Horizon { .. }
                | Estimate::Band(afgang_models::BandError::Range { .. })
                | Estimate::States(
                    States::TimeOutside { .. }
                    | States::NobodyAtStart { .. }
                    | States::UnknownState { .. }
                    | States::UnknownTransition { .. },
                ),
            )
            | Self::Group {
                error:
                    Estimate::Horizon { .. }
                    | Estimate::Band(afgang_models::BandError::Range { .. })
                    | Estimate::States(
                        States::TimeOutside { .. }
                        | States::NobodyAtStart { .. }
                        | States::UnknownState { .. },
                    ),
                ..
            } => 2,
            Self::Register(afgang_engine::Error::Cancelled) => interrupt::EXIT_CODE,
            Self::Panel(error) => {
                if error.is_of_data() {
                    3
                } else {
                    4
                }
            }
            Self::Study(_)
            | Self::Fits(_)
            | Self::Data(_)
            | Self::List(_)
            | Self::File(_)
            | Self::Register(_)
            | Self::Make(_)
            | Self::Unfit { .. }
            | Self::Accounts(
                AccountsError::Data { .. }
                | AccountsError::NoFolder { .. }
                | AccountsError::Year { .. }
                | AccountsError::EmptyKey { .. }
                | AccountsError::UnknownMunicipality { .. }
                | AccountsError::UnknownItem { .. }
                | AccountsError::Duplicate { .. }
                | AccountsError::Range { .. }
                | AccountsError::Nobody { .. }
                | AccountsError::MissingYear { .. }
                | AccountsError::NoPrices { .. }
                | AccountsError::SplitCentre { .. },
            )
            | Self::Estimator(
                Estimate::TooFewGroups { .. }
                | Estimate::TooFewClusters { .. }
                | Estimate::EmptyTable
                | Estimate::States(_),
            )
            | Self::Group { error: Estimate::EmptyTable, .. } => 3,
            Self::Estimator(_)
            | Self::Group { .. }
            | Self::Exit { .. }
            | Self::Refused(_)
            | Self::Covariates(RegressionError::Baseline(_))
            | Self::Accounts(AccountsError::Estimator { .. } | AccountsError::Collinear { .. })
            | Self::Figure(_) => 4,
            Self::Covariates(_) => 3,
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Usage(error) => Some(error.help()),
            Self::Study(error) => error.help(),
            Self::Data(error) => Some(error.help()),
            Self::List(error) => Some(error.help()),
            Self::File(error) => Some(error.help()),
            Self::Accounts(error) => Some(error.help()),
            Self::Register(error) => split(error).1,
            Self::Unfit { .. } => {
                Some("they are listed above; correct them and check again".to_owned())
            }
            Self::Make(MakeError::Generator(
                SynthError::Io { .. } | SynthError::Parquet { .. },
            )) => Some("check the folder and the space on the disk".to_owned()),
            Self::Make(error) => Some(error.help()),
            Self::Estimator(error) | Self::Group { error, .. } | Self::Exit { error, .. } => {
                advice(error)
            }
            Self::Refused(refused) => {
                let mut advice: Vec<String> =
                    refused.iter().filter_map(|of| split(&of.error).1).collect();
                advice.dedup();
                advice.push("the other models are there".to_owned());
                Some(advice.join("; "))
            }
            Self::Covariates(error) => error.help(),
            Self::Panel(error) => error.help(),
            Self::Fits(error) => Some(error.help()),
            Self::Figure(PictureError::TooManyLines { .. }) => Some(
                "draw a panel for each group (--panels group), or fewer groups (--only)".to_owned(),
            ),
            Self::Figure(PictureError::TooManyPanels { .. }) => {
                Some("draw fewer groups or causes (--only, --cause)".to_owned())
            }
            Self::Figure(_) => None,
        }
    }

    /// The error as a diagnostic, with the text of a study file and the place in it.
    pub fn into_diagnostic(self) -> impl Diagnostic + Send + Sync + 'static {
        let place = match &self {
            Self::Study(error) => error.place().map(|(name, text, span)| {
                (NamedSource::new(name, text.to_owned()).with_language("toml"), span)
            }),
            _ => None,
        };
        Shown { message: self.to_string(), advice: self.advice(), place }
    }
}

/// An error as a reader sees it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Shown {
    message: String,
    advice: Option<String>,
    place: Option<(NamedSource<String>, std::ops::Range<usize>)>,
}

impl Diagnostic for Shown {
    fn help(&self) -> Option<Box<dyn std::fmt::Display + '_>> {
        self.advice.as_ref().map(|advice| Box::new(advice) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|(text, _)| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.place.as_ref()?;
        let label = LabeledSpan::new_with_span(None, span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_not_an_option_to_change() {
        let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
        let path = || PathBuf::from("register/part.parquet");
        let source = parquet::errors::ParquetError::External(Box::new(full()));
        for error in [
            SynthError::Io { path: path(), source: full() },
            SynthError::Parquet { path: path(), source },
        ] {
            let error = Error::Make(MakeError::Generator(error));
            assert_eq!(error.advice().unwrap(), "check the folder and the space on the disk");
            assert_eq!(error.exit_code(), 3);
        }
    }
}
