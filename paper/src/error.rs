//! What can go wrong in a command, with the exit code and the advice that go with it.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::cli::UsageError;
use crate::curve::{CurveError, DataError};
use crate::study::StudyError;
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
    /// An estimator that refuses.
    #[error(transparent)]
    Estimator(#[from] afgang_models::Error),
    /// A file that cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<CurveError> for Error {
    fn from(error: CurveError) -> Self {
        match error {
            CurveError::Data(error) => Self::Data(error),
            CurveError::Estimator(error) => Self::Estimator(error),
        }
    }
}

impl Error {
    /// The exit code: 2 wrong usage, 3 bad input, 4 numerical failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Study(_) | Self::Data(_) | Self::File(_) => 3,
            Self::Estimator(_) => 4,
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Usage(error) => Some(error.help()),
            Self::Study(error) => error.help(),
            Self::Data(error) => Some(error.help()),
            Self::File(error) => Some(error.help()),
            Self::Estimator(_) => None,
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
