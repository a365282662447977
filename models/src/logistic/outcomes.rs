//! Outcomes that are or are not.

use crate::error::{Error, Result};
use crate::spells::{Spells, Weights};

/// Outcomes by row, with weights and clusters: one spell of one time each.
///
/// ```
/// use afgang_models::{Outcomes, Weights};
///
/// let outcomes = Outcomes::new(&[true, false, true])?
///     .with_weights(Weights::Case(vec![1.0, 4.0, 2.0]))?
///     .with_clusters(&["a", "a", "b"])?;
/// assert_eq!(outcomes.len(), 3);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes(pub(crate) Spells);

impl Outcomes {
    /// Whether the event is there, by row.
    ///
    /// # Errors
    ///
    /// None: the result is for chains with the other constructors.
    pub fn new(events: &[bool]) -> Result<Self> {
        let cause = events.iter().map(|event| event.then_some(0)).collect();
        Spells::new(1, vec![1.0; events.len()], cause).map(Self)
    }

    /// Whether spells end in a cause, whenever they do; with their weights and clusters.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCause`].
    ///
    /// ```
    /// use afgang_models::{Outcomes, Spells};
    ///
    /// let spells = Spells::new(2, vec![3.0, 5.0, 9.0], vec![Some(1), None, Some(0)])?;
    /// assert_eq!(Outcomes::of_cause(&spells, 1)?, Outcomes::new(&[true, false, false])?);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn of_cause(spells: &Spells, cause: usize) -> Result<Self> {
        let events: Vec<bool> =
            spells.cause_specific(cause)?.cause().iter().map(Option::is_some).collect();
        let mut of = Self::new(&events)?.with_weights(spells.weights().clone())?;
        if let Some(clusters) = spells.clusters() {
            of = of.with_clusters(clusters)?;
        }
        if let Some(persons) = spells.persons() {
            of = Self(of.0.of_persons(persons.clone()));
        }
        Ok(of)
    }

    /// With weights, and what they mean.
    ///
    /// # Errors
    ///
    /// [`Error::Length`], [`Error::Weight`] for a weight that is negative or not finite.
    pub fn with_weights(self, weights: Weights) -> Result<Self> {
        self.0.with_weights(weights).map(Self)
    }

    /// With clusters: rows of one id are one observation.
    ///
    /// # Errors
    ///
    /// [`Error::Length`].
    pub fn with_clusters<Id: Ord>(self, ids: &[Id]) -> Result<Self> {
        self.0.with_clusters(ids).map(Self)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses outcomes that are all the same.
    pub(crate) fn both_ways(&self) -> Result<()> {
        let with_weight = (0..self.len()).filter(|&row| self.0.weights().of(row) > 0.0);
        let (mut rows, mut events) = (0, 0);
        for row in with_weight {
            rows += 1;
            events += usize::from(self.0.cause()[row].is_some());
        }
        if events == 0 || events == rows {
            return Err(Error::OneOutcome { rows, events });
        }
        Ok(())
    }
}
