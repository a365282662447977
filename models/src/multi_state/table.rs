//! The table of transitions: an additive summary of any number of histories.

use super::error::StateError;
use super::graph::StateGraph;
use crate::error::Result;
use crate::event_table::{EMPTY, EventTable, check_counts, exact};
use crate::summation::RunningSum;

/// Transitions, censorings and late entries by time: what a multi-state model needs to know.
///
/// A row is a time $t_i$ with the numbers $d_{hj,i}$ of each transition $h \to j$, $c_{h,i}$ of censorings in each state and
/// $e_{h,i}$ of late entries into it. The number at risk in a state is derived,
///
/// $$Y_h(t_i) = \sum_{l \ge i} \Bigl(\sum_j d_{hj,l} + c_{h,l}\Bigr) - \sum_{l \ge i} \Bigl(\sum_g d_{gh,l} + e_{h,l}\Bigr),$$
///
/// those who are in it just before $t_i$. Nobody is at risk in an absorbing state.
///
/// # Conventions
///
/// - At one time, transitions come first, then censorings, then late entries: who moves to a state at $t$ is at risk there after
///   $t$, and may be censored there at $t$.
/// - Counts are sums of case weights. The table of a union is the sum of the tables ([`merge`](Self::merge)); with integers
///   to the same bits in any order.
///
/// For an example see [`Histories`](crate::Histories), and [`from_counts`](Self::from_counts).
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionTable {
    graph: StateGraph,
    times: Vec<f64>,
    /// Row-major, time by transition.
    moved: Vec<f64>,
    /// Row-major, time by state.
    censored: Vec<f64>,
    /// Row-major, time by state.
    entered: Vec<f64>,
}

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Moved(usize),
    Censored(usize),
    Entered(usize),
}

/// A time at which something happens, as the estimators walk them.
#[derive(Debug, Clone)]
pub(crate) struct Step<'table> {
    pub(crate) row: usize,
    pub(crate) time: f64,
    /// Just before the time, by state.
    pub(crate) at_risk: Vec<f64>,
    /// By transition.
    pub(crate) moved: &'table [f64],
}

impl TransitionTable {
    /// A table without rows, the neutral element of [`merge`](Self::merge).
    pub fn empty(graph: StateGraph) -> Self {
        Self {
            graph,
            times: Vec::new(),
            moved: Vec::new(),
            censored: Vec::new(),
            entered: Vec::new(),
        }
    }

    /// Takes counts that were made elsewhere.
    ///
    /// `times` increase strictly; `moved` is row-major, time by [transition](StateGraph::transitions), `censored` and `entered`
    /// are time by state. Without `entered` all are there from the start. In absorbing states nobody enters or is censored.
    ///
    /// # Errors
    ///
    /// [`Error::Length`](crate::Error::Length), [`Error::TimeNotFinite`](crate::Error::TimeNotFinite),
    /// [`Error::TimesNotIncreasing`](crate::Error::TimesNotIncreasing), [`Error::CountTooLarge`](crate::Error::CountTooLarge);
    /// [`StateError::AbsorbingCount`]; [`StateError::MoreExitsThanInState`] when those in a state do not cover those who leave it.
    ///
    /// ```
    /// use afgang_models::{StateGraph, TransitionTable};
    ///
    /// // Of ten, two fall ill at 1; one of them and three others die at 2. All others are censored then.
    /// let graph = StateGraph::with_places(&["healthy", "ill", "dead"], &[(0, 1), (0, 2), (1, 2)])?;
    /// let moved = [2, 0, 0, 0, 3, 1];
    /// let censored = [0, 0, 0, 5, 1, 0];
    /// let table = TransitionTable::from_counts(graph, &[1.0, 2.0], &moved, &censored, None)?;
    /// assert_eq!(table.at_risk(0), [10.0, 8.0]);
    /// assert_eq!(table.at_risk(1), [0.0, 2.0]);
    /// assert_eq!(table.in_state_after(1.0), [8.0, 2.0, 0.0]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn from_counts(
        graph: StateGraph,
        times: &[f64],
        moved: &[u64],
        censored: &[u64],
        entered: Option<&[u64]>,
    ) -> Result<Self> {
        let moved = exact(moved, graph.transitions().len().max(1))?;
        let censored = exact(censored, graph.len().max(1))?;
        let entered = entered.map(|entered| exact(entered, graph.len().max(1))).transpose()?;
        Self::from_weighted_counts(graph, times, &moved, &censored, entered.as_deref())
    }

    /// As [`from_counts`](Self::from_counts), with sums of case weights for counts.
    ///
    /// # Errors
    ///
    /// Those of `from_counts`, and [`Error::Weight`](crate::Error::Weight) for a negative or infinite sum.
    pub fn from_weighted_counts(
        graph: StateGraph,
        times: &[f64],
        moved: &[f64],
        censored: &[f64],
        entered: Option<&[f64]>,
    ) -> Result<Self> {
        let (n, k) = (graph.len(), graph.transitions().len());
        let none = vec![0.0; if entered.is_none() { n * times.len() } else { 0 }];
        let entered = entered.unwrap_or(&none);
        check_counts(
            times,
            &[("moved", moved, k), ("censored", censored, n), ("entered", entered, n)],
        )?;
        let both = || censored.iter().zip(entered).enumerate();
        if let Some((at, _)) =
            both().find(|(at, (c, e))| graph.is_absorbing(at % n) && **c + **e > 0.0)
        {
            let state = graph.names()[at % n].clone();
            return Err(StateError::AbsorbingCount { time: times[at / n], state }.into());
        }
        let table = Self {
            times: times.iter().map(|t| t + 0.0).collect(), // -0 becomes 0
            moved: moved.to_vec(),
            censored: censored.to_vec(),
            entered: entered.to_vec(),
            graph,
        };
        table.check_risk_sets()?;
        Ok(table)
    }

    /// Counts marks `(time, column, weight)`; the result does not depend on their order.
    pub(crate) fn from_marks(graph: StateGraph, mut marks: Vec<(f64, Column, f64)>) -> Self {
        let mut table = Self::empty(graph);
        marks.retain(|mark| mark.2 > 0.0);
        for mark in &mut marks {
            mark.0 += 0.0;
        }
        // Sorted by weight too, so that sums of fractions do not depend on the order of rows.
        marks.sort_unstable_by(|a, b| {
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2))
        });
        for cell in marks.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq() && a.1 == b.1) {
            let mut sum = RunningSum::default();
            for mark in cell {
                sum.add(mark.2);
            }
            let (time, column, _) = cell[0];
            let row = table.row(time);
            let (n, k) = (table.graph.len(), table.graph.transitions().len());
            *match column {
                Column::Moved(transition) => &mut table.moved[row * k + transition],
                Column::Censored(state) => &mut table.censored[row * n + state],
                Column::Entered(state) => &mut table.entered[row * n + state],
            } = sum.value();
        }
        table
    }

    /// The table of both tables' histories together.
    ///
    /// # Errors
    ///
    /// [`StateError::GraphsDiffer`] when the states or transitions are not the same.
    ///
    /// ```
    /// use afgang_models::{StateGraph, TransitionTable};
    ///
    /// let graph = StateGraph::new(&["in", "out"], &[("in", "out")])?;
    /// let of = |times: &[f64], moved: &[u64], censored: &[u64]| {
    ///     TransitionTable::from_counts(graph.clone(), times, moved, censored, None)
    /// };
    /// let both = of(&[1.0], &[2], &[0, 0])?.merge(&of(&[1.0, 3.0], &[1, 0], &[0, 0, 4, 0])?)?;
    /// assert_eq!(both, of(&[1.0, 3.0], &[3, 0], &[0, 0, 4, 0])?);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn merge(&self, other: &Self) -> Result<Self> {
        if self.graph != other.graph {
            return Err(StateError::GraphsDiffer {
                left: self.graph.names().to_vec(),
                right: other.graph.names().to_vec(),
            }
            .into());
        }
        let mut sum = Self::empty(self.graph.clone());
        let (mut i, mut j) = (0, 0);
        while i < self.len() || j < other.len() {
            let left = self.times.get(i).copied().unwrap_or(f64::INFINITY);
            let right = other.times.get(j).copied().unwrap_or(f64::INFINITY);
            let row = sum.row(left.min(right));
            if left <= right {
                sum.add_row(row, self, i);
                i += 1;
            }
            if right <= left {
                sum.add_row(row, other, j);
                j += 1;
            }
        }
        Ok(sum)
    }

    /// States and transitions.
    pub fn graph(&self) -> &StateGraph {
        &self.graph
    }

    /// Number of rows (distinct times).
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The times, increasing.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Transitions at a row; empty when there is no such row.
    pub fn moved_at(&self, row: usize) -> &[f64] {
        part(&self.moved, self.graph.transitions().len(), row)
    }

    /// Censorings by state at a row; empty when there is no such row.
    pub fn censored_at(&self, row: usize) -> &[f64] {
        part(&self.censored, self.graph.len(), row)
    }

    /// Late entries by state at a row; empty when there is no such row.
    pub fn entered_at(&self, row: usize) -> &[f64] {
        part(&self.entered, self.graph.len(), row)
    }

    /// Number at risk in a state by row, just before its time; zeros for an absorbing state.
    pub fn at_risk(&self, state: usize) -> Vec<f64> {
        let empty = EMPTY * self.total();
        let mut balance = (RunningSum::default(), RunningSum::default());
        let mut at_risk = vec![0.0; self.len()];
        if state >= self.graph.len() || self.graph.is_absorbing(state) {
            return at_risk;
        }
        for row in (0..self.len()).rev() {
            let (arrive, leave) = self.flow(state, row);
            balance.0.add(leave + self.censored_at(row)[state]);
            balance.1.add(arrive + self.entered_at(row)[state]);
            let there = balance.0.value() - balance.1.value();
            at_risk[row] = if there.abs() <= empty { 0.0 } else { there };
        }
        at_risk
    }

    /// Those in each state just after a time; 0 for absorbing states.
    pub fn in_state_after(&self, time: f64) -> Vec<f64> {
        let next = self.times.partition_point(|&t| t <= time);
        let there = |state| self.at_risk(state).get(next).copied().unwrap_or(0.0);
        (0..self.graph.len()).map(there).collect()
    }

    /// Transitions of a kind over all times; 0 for one the graph has not.
    pub fn total_moved(&self, transition: usize) -> f64 {
        let mut sum = RunningSum::default();
        for row in 0..self.len() {
            sum.add(self.moved_at(row).get(transition).copied().unwrap_or(0.0));
        }
        sum.value()
    }

    /// The event table of the time in one state: its causes are the transitions that leave it, who moves into it enters late.
    ///
    /// Its [`NelsonAalen`](crate::NelsonAalen) curves are the cumulative transition hazards.
    ///
    /// # Errors
    ///
    /// [`StateError::StateOutOfRange`]; [`Error::NoCauses`](crate::Error::NoCauses) for an absorbing state.
    ///
    /// ```
    /// use afgang_models::{NelsonAalen, StateGraph, TransitionTable};
    ///
    /// let graph = StateGraph::with_places(&["healthy", "ill", "dead"], &[(0, 1), (0, 2), (1, 2)])?;
    /// let (moved, censored) = ([2, 0, 0, 0, 3, 1], [0, 0, 0, 5, 1, 0]);
    /// let table = TransitionTable::from_counts(graph, &[1.0, 2.0], &moved, &censored, None)?;
    /// let ill = table.event_table(1)?;
    /// assert_eq!(ill.at_risk(), [0.0, 2.0]);
    /// assert_eq!(NelsonAalen::new().fit(&ill)?.at(2.0), 0.5);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn event_table(&self, state: usize) -> Result<EventTable> {
        if state >= self.graph.len() {
            return Err(
                StateError::StateOutOfRange { row: 0, state, n_states: self.graph.len() }.into()
            );
        }
        let at_risk = self.at_risk(state);
        let leaving = self.graph.leaving(state);
        let (mut events, mut censored, mut entered) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..self.len() {
            let (arrive, leave) = self.flow(state, row);
            let (stop, start) = (self.censored_at(row)[state], self.entered_at(row)[state]);
            // Who arrives and is censored at once was never at risk.
            let passing = (leave + stop - at_risk[row]).max(0.0);
            events.extend(&self.moved_at(row)[leaving.clone()]);
            censored.push((stop - passing).max(0.0));
            entered.push((arrive + start - passing).max(0.0));
        }
        EventTable::from_weighted_counts(
            leaving.len(),
            &self.times,
            &events,
            &censored,
            Some(&entered),
        )
    }

    /// The rows after a time, with those at risk.
    pub(crate) fn steps(&self, since: f64) -> Vec<Step<'_>> {
        let at_risk: Vec<Vec<f64>> = (0..self.graph.len()).map(|h| self.at_risk(h)).collect();
        (self.times.partition_point(|&time| time <= since)..self.len())
            .map(|row| Step {
                row,
                time: self.times[row],
                at_risk: at_risk.iter().map(|of| of[row]).collect(),
                moved: self.moved_at(row),
            })
            .collect()
    }

    /// Those who move into a state at a row, and those who move out of it.
    pub(crate) fn flow(&self, state: usize, row: usize) -> (f64, f64) {
        let (mut arrive, mut leave) = (0.0, 0.0);
        for (&(from, to), moved) in self.graph.transitions().iter().zip(self.moved_at(row)) {
            if from == state {
                leave += moved;
            } else if to == state {
                arrive += moved;
            }
        }
        (arrive, leave)
    }

    fn total(&self) -> f64 {
        let mut sum = RunningSum::default();
        for count in self.moved.iter().chain(&self.censored) {
            sum.add(*count);
        }
        sum.value()
    }

    fn check_risk_sets(&self) -> Result<()> {
        let empty = EMPTY * self.total();
        for (state, name) in self.graph.names().iter().enumerate() {
            for (row, at_risk) in self.at_risk(state).into_iter().enumerate() {
                let (_, exits) = self.flow(state, row);
                if at_risk < exits - empty {
                    let (time, state) = (self.times[row], name.clone());
                    return Err(
                        StateError::MoreExitsThanInState { time, state, exits, at_risk }.into()
                    );
                }
            }
        }
        Ok(())
    }

    /// The last row if it is that of `time`, else a new one after it.
    fn row(&mut self, time: f64) -> usize {
        if self.times.last().is_none_or(|&last| last < time) {
            self.times.push(time);
            let (n, k) = (self.graph.len(), self.graph.transitions().len());
            self.moved.resize(self.times.len() * k, 0.0);
            self.censored.resize(self.times.len() * n, 0.0);
            self.entered.resize(self.times.len() * n, 0.0);
        }
        self.times.len() - 1
    }

    fn add_row(&mut self, row: usize, other: &Self, other_row: usize) {
        let (n, k) = (self.graph.len(), self.graph.transitions().len());
        let add = |own: &mut [f64], more: &[f64]| {
            for (slot, count) in own.iter_mut().zip(more) {
                *slot += count;
            }
        };
        add(&mut self.moved[row * k..], other.moved_at(other_row));
        add(&mut self.censored[row * n..], other.censored_at(other_row));
        add(&mut self.entered[row * n..], other.entered_at(other_row));
    }
}

/// A row of a row-major matrix.
fn part(values: &[f64], width: usize, row: usize) -> &[f64] {
    values.get(row * width..(row + 1) * width).unwrap_or_default()
}
