//! Who is in which arm.

use super::error::EffectError;
use crate::design::{Design, Factor};
use crate::error::{Error, Result};
use crate::spells::same_length;

/// A value of each arm.
///
/// ```
/// use afgang_models::ByArm;
///
/// let persons = ByArm { treated: 3, comparison: 5 };
/// assert_eq!(persons.of(true), &3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByArm<T> {
    /// Of the treated.
    pub treated: T,
    /// Of those they are compared with.
    pub comparison: T,
}

impl<T> ByArm<T> {
    /// The value of an arm.
    pub const fn of(&self, treated: bool) -> &T {
        if treated { &self.treated } else { &self.comparison }
    }

    /// The value of an arm, to be changed.
    pub(crate) const fn of_mut(&mut self, treated: bool) -> &mut T {
        if treated { &mut self.treated } else { &mut self.comparison }
    }

    /// Both by one rule.
    pub(crate) fn both(mut rule: impl FnMut(bool) -> Result<T>) -> Result<Self> {
        Ok(Self { treated: rule(true)?, comparison: rule(false)? })
    }
}

/// The word for an arm.
pub(crate) const fn arm(treated: bool) -> &'static str {
    if treated { "treated" } else { "comparison" }
}

/// Who is in which arm, with sampling weights, strata and covariates.
///
/// Rows are persons, one row each, in the order of the outcomes' rows. A row of weight 0 is in neither arm.
///
/// # Examples
///
/// ```
/// use afgang_models::{Assignment, Design, Factor};
///
/// let assignment = Assignment::new(&[true, false, true, false])?
///     .with_strata(Factor::new(&["north", "north", "south", "south"]))?
///     .with_covariates(Design::builder().numeric("age", vec![20.0, 25.0, 22.0, 23.0]).build()?)?;
/// assert_eq!((assignment.len(), assignment.persons().treated), (4, 2));
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    pub(crate) treated: Vec<bool>,
    /// Weights; 1 if there are none.
    pub(crate) weights: Vec<f64>,
    pub(crate) strata: Option<Factor>,
    pub(crate) covariates: Option<Design>,
}

impl Assignment {
    /// Arms by row: whether the person is treated.
    ///
    /// # Errors
    ///
    /// [`EffectError::SmallArm`] unless each arm has two persons.
    pub fn new(treated: &[bool]) -> Result<Self> {
        let weights = vec![1.0; treated.len()];
        Self { treated: treated.to_vec(), weights, strata: None, covariates: None }.checked()
    }

    /// With sampling weights: a row stands for so many persons of the population, and is one observation.
    ///
    /// # Errors
    ///
    /// [`Error::Length`]; [`Error::Weight`] for a weight that is negative or not finite; [`EffectError::SmallArm`].
    pub fn with_weights(mut self, weights: Vec<f64>) -> Result<Self> {
        same_length("weight", weights.len(), self.len())?;
        if let Some(row) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
            return Err(Error::Weight { row, weight: weights[row] });
        }
        self.weights = weights;
        self.checked()
    }

    /// With the stratum in which each person was drawn.
    ///
    /// # Errors
    ///
    /// [`Error::Length`].
    pub fn with_strata(mut self, strata: Factor) -> Result<Self> {
        same_length("stratum", strata.len(), self.len())?;
        self.strata = Some(strata);
        Ok(self)
    }

    /// With covariates from before the treatment.
    ///
    /// # Errors
    ///
    /// [`Error::Length`].
    pub fn with_covariates(mut self, covariates: Design) -> Result<Self> {
        same_length("covariates", covariates.len(), self.len())?;
        self.covariates = Some(covariates);
        Ok(self)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.treated.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.treated.is_empty()
    }

    /// Persons with weight in each arm.
    pub fn persons(&self) -> ByArm<usize> {
        let mut persons = ByArm::default();
        for row in self.rows() {
            *persons.of_mut(self.treated[row]) += 1;
        }
        persons
    }

    /// Rows with weight.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&row| self.weights[row] > 0.0)
    }

    fn checked(self) -> Result<Self> {
        let persons = self.persons();
        for treated in [true, false] {
            let persons = *persons.of(treated);
            if persons < 2 {
                return Err(EffectError::SmallArm { arm: arm(treated), persons }.into());
            }
        }
        Ok(self)
    }
}
