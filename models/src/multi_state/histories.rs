//! Histories of persons, one row an episode in a state.

use super::error::StateError;
use super::graph::StateGraph;
use super::table::{Column, TransitionTable};
use crate::error::{Error, Result};
use crate::spells::{Weights, same_length};

/// A stay of a person in a state over (entry, exit].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// When it comes under observation; `f64::NEG_INFINITY` is from the start.
    pub entry: f64,
    /// When it ends.
    pub exit: f64,
    /// The state, counted from 0.
    pub from: usize,
    /// The state that the person moves to at the exit; `None` is censored.
    pub to: Option<usize>,
}

/// Histories of persons: episodes in states, checked against a graph and against each other.
///
/// # Conventions
///
/// - An episode whose entry is the exit of the person's last one goes on from it: in the state that the person moved to, or in the
///   same state if the first was only cut in two (which is no censoring then). Any other entry is late entry.
/// - Who moves to a state and has no episode in it from then on is censored there at once, unless the state is absorbing.
/// - Episodes in an absorbing state are allowed where they end without a transition; nothing follows from them.
/// - At one time, transitions come first, then censorings, then late entries.
///
/// # Examples
///
/// Four persons. The first falls ill at 1 and dies at 3, the second dies at 2, the third falls ill at 2:
///
/// ```
/// use afgang_models::{Episode, Histories, StateGraph};
///
/// let graph = StateGraph::new(
///     &["healthy", "ill", "dead"],
///     &[("healthy", "ill"), ("healthy", "dead"), ("ill", "dead")],
/// )?;
/// let episode = |entry, exit, from, to| Episode { entry, exit, from, to };
/// let histories = Histories::new(
///     graph,
///     &[1, 1, 2, 3, 3, 4],
///     &[
///         episode(0.0, 1.0, 0, Some(1)),
///         episode(1.0, 3.0, 1, Some(2)),
///         episode(0.0, 2.0, 0, Some(2)),
///         episode(0.0, 2.0, 0, Some(1)),
///         episode(2.0, 4.0, 1, None),
///         episode(0.0, 4.0, 0, None),
///     ],
/// )?;
/// assert_eq!(histories.n_persons(), 4);
/// let table = histories.table();
/// assert_eq!(table.times(), [0.0, 1.0, 2.0, 3.0, 4.0]);
/// assert_eq!(table.at_risk(0), [0.0, 4.0, 3.0, 1.0, 1.0]);
/// assert_eq!(table.at_risk(1), [0.0, 0.0, 1.0, 2.0, 1.0]);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Histories {
    graph: StateGraph,
    /// In the order of the input.
    episodes: Vec<Episode>,
    /// Person of each row, numbered from 0 in the order of the ids.
    persons: Vec<usize>,
    /// Rows by person, then by entry.
    order: Vec<usize>,
    n_persons: usize,
    weights: Weights,
}

impl Histories {
    /// Episodes with the id of their person.
    ///
    /// # Errors
    ///
    /// [`Error::Length`], [`Error::TimeNotFinite`], [`Error::EntryNotBeforeExit`], [`StateError::StateOutOfRange`];
    /// [`StateError::TransitionNotAllowed`] for one that the graph does not have, as out of an absorbing state;
    /// [`StateError::EpisodesOverlap`] and [`StateError::StateJump`] for rows of a person that do not fit each other.
    pub fn new<Id: Ord>(graph: StateGraph, ids: &[Id], episodes: &[Episode]) -> Result<Self> {
        same_length("id", ids.len(), episodes.len())?;
        for (row, episode) in episodes.iter().enumerate() {
            check(&graph, row, episode)?;
        }
        let mut order: Vec<usize> = (0..episodes.len()).collect();
        order.sort_by(|&a, &b| {
            ids[a]
                .cmp(&ids[b])
                .then(episodes[a].entry.total_cmp(&episodes[b].entry))
                .then(a.cmp(&b))
        });
        let (mut persons, mut n_persons) = (vec![0; ids.len()], 0);
        for rows in order.chunk_by(|&a, &b| ids[a] == ids[b]) {
            for &row in rows {
                persons[row] = n_persons;
            }
            n_persons += 1;
            for pair in rows.windows(2) {
                follows(&graph, episodes, pair[0], pair[1])?;
            }
        }
        let episodes = episodes.to_vec();
        Ok(Self { graph, episodes, persons, order, n_persons, weights: Weights::None })
    }

    /// As [`new`](Self::new), with the transitions that happen as those allowed.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new); [`StateError::SelfTransition`], [`StateError::DuplicateState`].
    ///
    /// ```
    /// use afgang_models::{Episode, Histories};
    ///
    /// let episodes = [Episode { entry: 0.0, exit: 2.0, from: 0, to: Some(1) }];
    /// let histories = Histories::finding_transitions(&["in", "out", "lost"], &["a"], &episodes)?;
    /// assert_eq!(histories.graph().transitions(), [(0, 1)]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn finding_transitions<N: AsRef<str>, Id: Ord>(
        names: &[N],
        ids: &[Id],
        episodes: &[Episode],
    ) -> Result<Self> {
        let found: Vec<_> = episodes.iter().filter_map(|e| Some((e.from, e.to?))).collect();
        Self::new(StateGraph::with_places(names, &found)?, ids, episodes)
    }

    /// With weights, one a row, and what they mean: a person has the same in all rows.
    ///
    /// # Errors
    ///
    /// [`Error::Length`], [`Error::Weight`]; [`StateError::WeightChanges`].
    pub fn with_weights(mut self, weights: Weights) -> Result<Self> {
        if let Weights::Case(values) | Weights::Sampling(values) = &weights {
            same_length("weight", values.len(), self.episodes.len())?;
            if let Some(row) = values.iter().position(|w| !w.is_finite() || *w < 0.0) {
                return Err(Error::Weight { row, weight: values[row] });
            }
            for pair in self.order.windows(2) {
                let (other, row) = (pair[0], pair[1]);
                if self.persons[other] == self.persons[row]
                    && values[other].total_cmp(&values[row]).is_ne()
                {
                    let (weight, before) = (values[row], values[other]);
                    return Err(StateError::WeightChanges { row, weight, other, before }.into());
                }
            }
        }
        self.weights = weights;
        Ok(self)
    }

    /// The histories from `time` on of those who are in `state` just after it: what the landmark estimator of transition
    /// probabilities is made of, which needs no Markov assumption (Putter and Spitoni 2018).
    ///
    /// # Errors
    ///
    /// [`StateError::NobodyAtStart`] if nobody is; none else for histories made by the constructors.
    ///
    /// ```
    /// use afgang_models::{Episode, Histories, StateGraph, StateOccupation};
    ///
    /// let graph = StateGraph::new(&["in", "back", "out"], &[("in", "back"), ("back", "in"), ("in", "out")])?;
    /// let episode = |entry, exit, from, to| Episode { entry, exit, from, to };
    /// let rows = [
    ///     episode(0.0, 1.0, 0, Some(1)),
    ///     episode(1.0, 2.0, 1, Some(0)),
    ///     episode(2.0, 4.0, 0, Some(2)),
    ///     episode(0.0, 3.0, 0, Some(2)),
    ///     episode(0.0, 4.0, 0, None),
    /// ];
    /// let histories = Histories::new(graph, &[1, 1, 1, 2, 3], &rows)?;
    /// // Of the one who is back after 1, all have left by 4; of all who are in at 3, only half.
    /// let landmark = histories.landmark(1, 1.0)?;
    /// assert_eq!(landmark.n_persons(), 1);
    /// let curves = StateOccupation::new().since(1.0).fit(&landmark.table())?;
    /// assert_eq!(curves[2].at(4.0), 1.0);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn landmark(&self, state: usize, time: f64) -> Result<Self> {
        if state >= self.graph.len() {
            return Err(
                StateError::StateOutOfRange { row: 0, state, n_states: self.graph.len() }.into()
            );
        }
        let mut chosen = vec![false; self.n_persons];
        for (episode, &person) in self.episodes.iter().zip(&self.persons) {
            if episode.from == state && episode.entry <= time && time < episode.exit {
                chosen[person] = true;
            }
        }
        let rows: Vec<usize> = (0..self.episodes.len())
            .filter(|&row| chosen[self.persons[row]] && self.episodes[row].exit > time)
            .collect();
        if rows.is_empty() {
            return Err(StateError::NobodyAtStart { time }.into());
        }
        let ids: Vec<usize> = rows.iter().map(|&row| self.persons[row]).collect();
        let cut = |&row: &usize| {
            let episode = self.episodes[row];
            Episode { entry: episode.entry.max(time), ..episode }
        };
        let episodes: Vec<Episode> = rows.iter().map(cut).collect();
        let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect();
        let weights = match &self.weights {
            Weights::None => Weights::None,
            Weights::Case(values) => Weights::Case(pick(values)),
            Weights::Sampling(values) => Weights::Sampling(pick(values)),
        };
        Self::new(self.graph.clone(), &ids, &episodes)?.with_weights(weights)
    }

    /// The table of counts: all that the estimators need, save for variances that count persons.
    pub fn table(&self) -> TransitionTable {
        let mut marks = Vec::with_capacity(2 * self.episodes.len());
        for (at, &row) in self.order.iter().enumerate() {
            let (episode, weight) = (&self.episodes[row], self.weights.of(row));
            let neighbour = |other: Option<&usize>| {
                other.filter(|&&other| self.persons[other] == self.persons[row]).copied()
            };
            let before = at.checked_sub(1).and_then(|before| neighbour(self.order.get(before)));
            let after = neighbour(self.order.get(at + 1));
            let same = |a: f64, b: f64| a.total_cmp(&b).is_eq();
            let goes_on = after.is_some_and(|next| same(self.episodes[next].entry, episode.exit));
            let went_on = before.is_some_and(|last| same(self.episodes[last].exit, episode.entry));
            if episode.entry.is_finite() && !went_on && !self.graph.is_absorbing(episode.from) {
                marks.push((episode.entry, Column::Entered(episode.from), weight));
            }
            let mut rests_in = episode.from;
            if let Some(to) = episode.to {
                if let Some(transition) = self.graph.transition(episode.from, to) {
                    marks.push((episode.exit, Column::Moved(transition), weight));
                }
                rests_in = to;
            }
            if !goes_on && !self.graph.is_absorbing(rests_in) {
                marks.push((episode.exit, Column::Censored(rests_in), weight));
            }
        }
        TransitionTable::from_marks(self.graph.clone(), marks)
    }

    /// States and transitions.
    pub fn graph(&self) -> &StateGraph {
        &self.graph
    }

    /// Number of episodes.
    pub fn len(&self) -> usize {
        self.episodes.len()
    }

    /// Whether there are no episodes.
    pub fn is_empty(&self) -> bool {
        self.episodes.is_empty()
    }

    /// Number of persons.
    pub fn n_persons(&self) -> usize {
        self.n_persons
    }

    /// The episodes in the order in which they were given.
    pub fn episodes(&self) -> &[Episode] {
        &self.episodes
    }

    /// Person of each episode, numbered from 0 in the order of the ids.
    pub fn persons(&self) -> &[usize] {
        &self.persons
    }

    /// The weights and their meaning.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Rows by person, then by entry.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }
}

fn check(graph: &StateGraph, row: usize, episode: &Episode) -> Result<()> {
    let &Episode { entry, exit, from, to } = episode;
    if !exit.is_finite() {
        return Err(Error::TimeNotFinite { row, time: exit });
    }
    if entry.is_nan() {
        return Err(Error::TimeNotFinite { row, time: entry });
    }
    if entry >= exit {
        return Err(Error::EntryNotBeforeExit { row, entry, exit });
    }
    let n_states = graph.len();
    if let Some(state) = [Some(from), to].into_iter().flatten().find(|&state| state >= n_states) {
        return Err(StateError::StateOutOfRange { row, state, n_states }.into());
    }
    match to.filter(|&to| graph.transition(from, to).is_none()) {
        Some(to) => Err(StateError::TransitionNotAllowed {
            row,
            from: graph.names()[from].clone(),
            to: graph.names()[to].clone(),
            allowed: graph.after(from),
        }
        .into()),
        None => Ok(()),
    }
}

/// Whether a person's row can follow the one before.
fn follows(graph: &StateGraph, episodes: &[Episode], other: usize, row: usize) -> Result<()> {
    let (last, next) = (&episodes[other], &episodes[row]);
    if next.entry < last.exit {
        return Err(
            StateError::EpisodesOverlap { row, entry: next.entry, other, exit: last.exit }.into()
        );
    }
    let rests_in = last.to.unwrap_or(last.from);
    let goes_on = next.entry.total_cmp(&last.exit).is_eq();
    if rests_in != next.from && (goes_on || graph.is_absorbing(rests_in)) {
        return Err(StateError::StateJump {
            row,
            from: graph.names()[next.from].clone(),
            entry: next.entry,
            other,
            state: graph.names()[rests_in].clone(),
        }
        .into());
    }
    Ok(())
}
