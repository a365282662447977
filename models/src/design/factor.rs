//! Categorical covariates.

use crate::error::{Error, Result};

/// A categorical column: a level for each row, and the base level that others are compared with.
///
/// # Examples
///
/// ```
/// use afgang_models::Factor;
///
/// let origin = Factor::new(&["west", "Danish", "west", "other"]).with_base("Danish")?;
/// assert_eq!(origin.levels(), ["Danish", "other", "west"]); // sorted
/// assert_eq!(origin.codes(), [2, 0, 2, 1]);
/// assert_eq!(origin.base(), 0);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    codes: Vec<u32>,
    levels: Vec<String>,
    base: u32,
}

impl Factor {
    /// The labels of the rows; levels are sorted and the first is the base.
    pub fn new<Label: AsRef<str>>(labels: &[Label]) -> Self {
        let mut levels: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
        levels.sort_unstable();
        levels.dedup();
        let code = |label: &Label| levels.partition_point(|level| *level < label.as_ref()) as u32;
        Self {
            codes: labels.iter().map(code).collect(),
            levels: levels.into_iter().map(str::to_owned).collect(),
            base: 0,
        }
    }

    /// Codes of the rows that count levels from 0; the first level is the base.
    ///
    /// # Errors
    ///
    /// [`Error::LevelOutOfRange`].
    pub fn from_codes<Level: Into<String>>(
        codes: Vec<u32>,
        levels: impl IntoIterator<Item = Level>,
    ) -> Result<Self> {
        let levels: Vec<String> = levels.into_iter().map(Into::into).collect();
        match codes.iter().position(|&code| code as usize >= levels.len()) {
            Some(row) => {
                Err(Error::LevelOutOfRange { row, code: codes[row], n_levels: levels.len() })
            }
            None => Ok(Self { codes, levels, base: 0 }),
        }
    }

    /// With another base level.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownLevel`].
    pub fn with_base(mut self, level: &str) -> Result<Self> {
        self.base = self.code_of(level)?;
        Ok(self)
    }

    /// Code of a level.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownLevel`].
    pub fn code_of(&self, level: &str) -> Result<u32> {
        let found = self.levels.iter().position(|known| known == level);
        found.map(|code| code as u32).ok_or_else(|| Error::UnknownLevel {
            level: level.to_owned(),
            levels: self.levels.clone(),
        })
    }

    /// Level of each row, counted from 0.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The levels.
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// Code of the base level.
    pub fn base(&self) -> u32 {
        self.base
    }

    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }
}
