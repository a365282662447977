//! What can be wrong with a folder of accounts.

use std::path::PathBuf;

use crate::rows::DataError;

/// A folder of accounts that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// A file cannot be read, lacks a column, or holds something else than a number.
    #[error("{file}: {error}")]
    Data {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        error: DataError,
    },
    /// There is no such folder.
    #[error("{} is not a folder of accounts", path.display())]
    NoFolder {
        /// The path.
        path: PathBuf,
        /// The files that it should hold.
        files: Vec<&'static str>,
    },
    /// A year that is no whole number.
    #[error("{file}, row {row}: `{text}` is not a year")]
    Year {
        /// The file.
        file: &'static str,
        /// Row below the header, from 1.
        row: usize,
        /// What stands there.
        text: String,
    },
    /// An empty field of a key.
    #[error("{file}, row {row}: `{column}` is empty")]
    EmptyKey {
        /// The file.
        file: &'static str,
        /// Row below the header, from 1.
        row: usize,
        /// The column.
        column: &'static str,
    },
    /// A municipality that belongs to no job centre.
    #[error("{file}, row {row}: municipality {municipality} is in no job centre of the study")]
    UnknownMunicipality {
        /// The file.
        file: &'static str,
        /// Row below the header, from 1.
        row: usize,
        /// The code.
        municipality: String,
    },
    /// An item of the survey whose sign nobody knows.
    #[error("{file}, row {row}: the survey has no item `{item}`")]
    UnknownItem {
        /// The file.
        file: &'static str,
        /// Row below the header, from 1.
        row: usize,
        /// The item.
        item: String,
        /// The most similar one.
        nearest: Option<String>,
    },
    /// Two rows of one key.
    #[error("{file}, row {row}: {key} is there twice")]
    Duplicate {
        /// The file.
        file: &'static str,
        /// The later row below the header, from 1.
        row: usize,
        /// The key in words.
        key: String,
    },
    /// A number that is not finite, or is too small for what it counts.
    #[error("{file}, row {row}: `{column}` is {value}; it must be {wanted}")]
    Range {
        /// The file.
        file: &'static str,
        /// Row below the header, from 1.
        row: usize,
        /// The column.
        column: &'static str,
        /// The number.
        value: f64,
        /// What is possible.
        wanted: &'static str,
    },
    /// A municipality without rows in a year.
    #[error("{file} has no {what} of municipality {municipality} in {year}")]
    MissingYear {
        /// The file.
        file: &'static str,
        /// What is missing.
        what: String,
        /// The code.
        municipality: String,
        /// The year.
        year: i32,
    },
    /// A job centre without full-time unemployed in a year.
    #[error("{file}: job centre {centre} has no full-time unemployed in {year}")]
    Nobody {
        /// The file.
        file: &'static str,
        /// The job centre.
        centre: String,
        /// The year.
        year: i32,
    },
    /// A year without prices.
    #[error("{file} has no prices of {year}")]
    NoPrices {
        /// The file.
        file: &'static str,
        /// The year.
        year: i32,
    },
    /// Municipalities of one job centre that a grouping puts apart.
    #[error("job centre {centre} is in groups {one} and {other} of `{grouping}`")]
    SplitCentre {
        /// The job centre.
        centre: String,
        /// The grouping.
        grouping: String,
        /// A group.
        one: String,
        /// Another group.
        other: String,
    },
    /// A regressor that others determine, or that does not vary within job centres.
    #[error("output {output}: `{term}` {why} in {period}")]
    Collinear {
        /// The output.
        output: String,
        /// The regressor.
        term: String,
        /// What it lacks.
        why: String,
        /// The period.
        period: String,
    },
    /// An estimator refuses.
    #[error("output {output}: {error}")]
    Estimator {
        /// The output.
        output: String,
        /// What is wrong.
        error: afgang_models::Error,
    },
}

impl AccountsError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Data { error, .. } => error.help(),
            Self::NoFolder { files, .. } => {
                format!("give `--panel` a folder that holds {}", files.join(", "))
            }
            Self::Year { .. } => "write years as whole numbers, for example 2019".to_owned(),
            Self::EmptyKey { .. } => "fill it in or remove the row".to_owned(),
            Self::UnknownMunicipality { .. } => {
                "correct the code, or add it to the table that the study's job centres come from"
                    .to_owned()
            }
            Self::UnknownItem { nearest: Some(nearest), .. } => {
                format!("did you mean `{nearest}`?")
            }
            Self::UnknownItem { nearest: None, .. } => {
                "add it with its sign to the study's table of corrections".to_owned()
            }
            Self::Duplicate { .. } => "add the two up or remove one of them".to_owned(),
            Self::Range { .. } => "correct the row".to_owned(),
            Self::MissingYear { .. } => {
                "add the rows, with 0 where there is nothing, or change `years` in the study"
                    .to_owned()
            }
            Self::Nobody { .. } => {
                "expenditure is divided by them: correct the rows of its municipalities, or change `years` in the study"
                    .to_owned()
            }
            Self::NoPrices { .. } => "add a row with the index of each main account".to_owned(),
            Self::SplitCentre { .. } => {
                "give all municipalities of a job centre the same group".to_owned()
            }
            Self::Collinear { .. } => {
                "leave it out of `regressors`, or take other periods; nothing is dropped silently"
                    .to_owned()
            }
            Self::Estimator { error, .. } => {
                let text = error.to_string();
                text.rsplit_once("; ").map_or_else(
                    || "change the regressors or the years of the output".to_owned(),
                    |(_, advice)| advice.to_owned(),
                )
            }
        }
    }
}
