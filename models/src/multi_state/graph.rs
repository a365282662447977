//! Which states there are, and which lead to which.

use super::error::StateError;
use crate::error::Result;

/// The states of a multi-state model and the transitions that are allowed between them.
///
/// States and transitions count from 0; transitions are in the order of their first, then of their second state. A state that
/// no transition leaves is absorbing.
///
/// ```
/// use afgang_models::StateGraph;
///
/// let graph = StateGraph::new(
///     &["healthy", "ill", "dead"],
///     &[("healthy", "dead"), ("healthy", "ill"), ("ill", "dead")],
/// )?;
/// assert_eq!(graph.transitions(), [(0, 1), (0, 2), (1, 2)]);
/// assert!(graph.is_absorbing(2));
/// assert_eq!(graph.transition_name(1), "healthy -> dead");
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateGraph {
    names: Vec<String>,
    transitions: Vec<(usize, usize)>,
}

impl StateGraph {
    /// States by name, and the transitions between them.
    ///
    /// # Errors
    ///
    /// [`StateError::DuplicateState`]; [`StateError::UnknownState`] for a transition of a state that is not there;
    /// [`StateError::SelfTransition`] for one from a state to itself.
    pub fn new<N: AsRef<str>>(names: &[N], transitions: &[(&str, &str)]) -> Result<Self> {
        let states = Self::with_places(names, &[])?;
        let place = |&(from, to): &(&str, &str)| Ok((states.state(from)?, states.state(to)?));
        Self::with_places(names, &transitions.iter().map(place).collect::<Result<Vec<_>>>()?)
    }

    /// States by name, and the transitions between them by the places of the states.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); [`StateError::StateOutOfRange`] for a place that no state has, with the transition as the row.
    ///
    /// ```
    /// use afgang_models::StateGraph;
    ///
    /// let graph = StateGraph::with_places(&["in", "out"], &[(0, 1)])?;
    /// assert_eq!(graph, StateGraph::new(&["in", "out"], &[("in", "out")])?);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn with_places<N: AsRef<str>>(names: &[N], transitions: &[(usize, usize)]) -> Result<Self> {
        let names: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        if let Some(at) = (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
            return Err(StateError::DuplicateState { state: names[at].clone() }.into());
        }
        for (row, &(from, to)) in transitions.iter().enumerate() {
            if let Some(state) = [from, to].into_iter().find(|&state| state >= names.len()) {
                return Err(
                    StateError::StateOutOfRange { row, state, n_states: names.len() }.into()
                );
            }
            if from == to {
                return Err(StateError::SelfTransition { state: names[from].clone() }.into());
            }
        }
        let mut transitions = transitions.to_vec();
        transitions.sort_unstable();
        transitions.dedup();
        Ok(Self { names, transitions })
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no states.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Names of the states.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// First and second state of each transition.
    pub fn transitions(&self) -> &[(usize, usize)] {
        &self.transitions
    }

    /// The place of a state.
    ///
    /// # Errors
    ///
    /// [`StateError::UnknownState`].
    ///
    /// ```
    /// use afgang_models::StateGraph;
    ///
    /// let graph = StateGraph::new(&["in", "out"], &[("in", "out")])?;
    /// assert_eq!(graph.state("out")?, 1);
    /// assert_eq!(
    ///     graph.state("gone").unwrap_err().to_string(),
    ///     "state gone is not among the states: in, out"
    /// );
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn state(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|known| known == name).ok_or_else(|| {
            StateError::UnknownState { state: name.to_owned(), states: self.names.clone() }.into()
        })
    }

    /// The place of a transition; `None` if it is not allowed.
    pub fn transition(&self, from: usize, to: usize) -> Option<usize> {
        self.transitions.binary_search(&(from, to)).ok()
    }

    /// A transition in words, `healthy -> ill`; empty for one that is not there.
    pub fn transition_name(&self, transition: usize) -> String {
        let name =
            |&(from, to): &(usize, usize)| format!("{} -> {}", self.names[from], self.names[to]);
        self.transitions.get(transition).map(name).unwrap_or_default()
    }

    /// Whether no transition leaves a state.
    pub fn is_absorbing(&self, state: usize) -> bool {
        self.leaving(state).is_empty()
    }

    /// The transitions that leave a state, by place: they stand next to each other.
    pub(crate) fn leaving(&self, state: usize) -> std::ops::Range<usize> {
        let from = self.transitions.partition_point(|&(from, _)| from < state);
        from..self.transitions.partition_point(|&(from, _)| from <= state)
    }

    /// Names of the states that a state leads to.
    pub(crate) fn after(&self, state: usize) -> Vec<String> {
        self.leaving(state).map(|k| self.names[self.transitions[k].1].clone()).collect()
    }
}
