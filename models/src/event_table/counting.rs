//! Event tables from spells and from ready-made counts.

use super::EventTable;
use super::order::in_order;
use crate::error::{Error, Result};
use crate::summation::RunningSum;

impl EventTable {
    /// Counts spells that are all there from the start: `(exit, cause)`, `None` is censored.
    ///
    /// # Errors
    ///
    /// [`Error::NoCauses`], [`Error::TimeNotFinite`], [`Error::CauseOutOfRange`].
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let table = EventTable::from_times(1, &[(2.0, Some(0)), (2.0, None), (5.0, Some(0))])?;
    /// assert_eq!(table.times(), [2.0, 5.0]);
    /// assert_eq!(table.at_risk(), [3.0, 1.0]);
    /// assert_eq!(table.censored(), [1.0, 0.0]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn from_times(n_causes: usize, rows: &[(f64, Option<usize>)]) -> Result<Self> {
        Self::from_exits(n_causes, rows.iter().copied())
    }

    /// As [`from_times`](Self::from_times), of rows that need not lie side by side in memory.
    ///
    /// # Errors
    ///
    /// Those of `from_times`.
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let times = [2.0, 2.0, 5.0];
    /// let table = EventTable::from_exits(1, times.iter().map(|&time| (time, Some(0))))?;
    /// assert_eq!(table.at_risk(), [3.0, 1.0]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn from_exits(
        n_causes: usize,
        rows: impl Iterator<Item = (f64, Option<usize>)> + Clone,
    ) -> Result<Self> {
        let mut table = Self::empty(n_causes)?;
        for (row, (time, cause)) in rows.clone().enumerate() {
            if !time.is_finite() {
                return Err(Error::TimeNotFinite { row, time });
            }
            if let Some(cause) = cause.filter(|&cause| cause >= n_causes) {
                return Err(Error::CauseOutOfRange { row, cause, n_causes });
            }
        }
        // Columns are the causes, then censored; -0 becomes 0.
        let marks = rows.map(|(time, cause)| (time + 0.0, cause.unwrap_or(n_causes) as u32));
        let (mut times, columns) = in_order(marks);
        let different = || times.chunk_by(|a, b| a >= b);
        let n = different().count();
        table.events.reserve_exact(n * n_causes);
        table.censored.reserve_exact(n);
        table.entered = vec![0.0; n];
        let mut counts = vec![0.0; n_causes + 1];
        let mut place = 0;
        for tied in different() {
            counts.fill(0.0);
            for &column in &columns[place..place + tied.len()] {
                counts[column as usize] += 1.0;
            }
            place += tied.len();
            table.events.extend_from_slice(&counts[..n_causes]);
            table.censored.push(counts[n_causes]);
        }
        times.dedup();
        table.times = times;
        Ok(table)
    }

    /// Counts spells `(entry, exit, cause)`, in over `(entry, exit]`; `None` is censored.
    ///
    /// An entry of `f64::NEG_INFINITY` is no late entry. See the [type](Self) for an example.
    ///
    /// # Errors
    ///
    /// [`Error::NoCauses`], [`Error::TimeNotFinite`], [`Error::EntryNotBeforeExit`],
    /// [`Error::CauseOutOfRange`].
    pub fn from_spells(n_causes: usize, rows: &[(f64, f64, Option<usize>)]) -> Result<Self> {
        Self::count(n_causes, rows.iter().map(|&(entry, exit, cause)| (entry, exit, cause, 1.0)))
    }

    /// Counts weighted spells `(entry, exit, cause, weight)`.
    ///
    /// A weight is a case weight, the number of equal spells that the row stands for; it need not be
    /// an integer. A weight of 0 leaves the row out. The result does not depend on the order of rows,
    /// to the last bit.
    ///
    /// # Errors
    ///
    /// Those of [`from_spells`](Self::from_spells), and [`Error::Weight`].
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let weighted = EventTable::from_weighted_spells(1, &[(0.0, 3.0, Some(0), 2.0)])?;
    /// let twice = EventTable::from_spells(1, &[(0.0, 3.0, Some(0)), (0.0, 3.0, Some(0))])?;
    /// assert_eq!(weighted, twice);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn from_weighted_spells(
        n_causes: usize,
        rows: &[(f64, f64, Option<usize>, f64)],
    ) -> Result<Self> {
        Self::count(n_causes, rows.iter().copied())
    }

    /// Takes counts that were made elsewhere.
    ///
    /// `times` increase strictly; `events` is row-major, time by cause, of length
    /// `times.len() * n_causes`; `censored` and `entered` have the length of `times`. Rows of zeros are
    /// allowed. Without `entered` all spells are there from the start.
    ///
    /// # Errors
    ///
    /// [`Error::NoCauses`], [`Error::Length`], [`Error::TimeNotFinite`],
    /// [`Error::TimesNotIncreasing`], [`Error::CountTooLarge`], and [`Error::MoreExitsThanAtRisk`]
    /// when entries do not cover exits.
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// // Months 1 to 3, two causes.
    /// let table =
    ///     EventTable::from_counts(2, &[1.0, 2.0, 3.0], &[5, 1, 2, 0, 0, 1], &[0, 1, 10], None)?;
    /// assert_eq!(table.at_risk(), [20.0, 14.0, 11.0]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn from_counts(
        n_causes: usize,
        times: &[f64],
        events: &[u64],
        censored: &[u64],
        entered: Option<&[u64]>,
    ) -> Result<Self> {
        let events = exact(events, n_causes.max(1))?;
        let censored = exact(censored, 1)?;
        let entered = entered.map(|entered| exact(entered, 1)).transpose()?;
        Self::from_weighted_counts(n_causes, times, &events, &censored, entered.as_deref())
    }

    /// As [`from_counts`](Self::from_counts), with sums of case weights for counts.
    ///
    /// # Errors
    ///
    /// Those of `from_counts`, and [`Error::Weight`] for a negative or infinite sum.
    ///
    /// ```
    /// use afgang_models::EventTable;
    ///
    /// let table =
    ///     EventTable::from_weighted_counts(1, &[1.0, 2.0], &[0.5, 1.25], &[0.0, 0.25], None)?;
    /// assert_eq!(table.at_risk(), [2.0, 1.5]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn from_weighted_counts(
        n_causes: usize,
        times: &[f64],
        events: &[f64],
        censored: &[f64],
        entered: Option<&[f64]>,
    ) -> Result<Self> {
        let mut table = Self::empty(n_causes)?;
        let n = times.len();
        let none = vec![0.0; if entered.is_none() { n } else { 0 }];
        let entered = entered.unwrap_or(&none);
        let columns =
            [("events", events, n_causes), ("censored", censored, 1), ("entered", entered, 1)];
        check_counts(times, &columns)?;
        table.times = times.iter().map(|t| t + 0.0).collect(); // -0 becomes 0
        table.events = events.to_vec();
        table.censored = censored.to_vec();
        table.entered = entered.to_vec();
        table.check_risk_sets()?;
        Ok(table)
    }

    fn count(
        n_causes: usize,
        rows: impl Iterator<Item = (f64, f64, Option<usize>, f64)>,
    ) -> Result<Self> {
        let mut table = Self::empty(n_causes)?;
        // (time, column, weight); columns are the causes, then censored, then entered.
        let mut marks = Vec::new();
        for (row, (entry, exit, cause, weight)) in rows.enumerate() {
            if !exit.is_finite() {
                return Err(Error::TimeNotFinite { row, time: exit });
            }
            if entry.is_nan() {
                return Err(Error::TimeNotFinite { row, time: entry });
            }
            if entry >= exit {
                return Err(Error::EntryNotBeforeExit { row, entry, exit });
            }
            if !weight.is_finite() || weight < 0.0 {
                return Err(Error::Weight { row, weight });
            }
            if let Some(cause) = cause.filter(|&cause| cause >= n_causes) {
                return Err(Error::CauseOutOfRange { row, cause, n_causes });
            }
            if weight > 0.0 {
                marks.push((exit + 0.0, cause.unwrap_or(n_causes), weight));
                if entry.is_finite() {
                    marks.push((entry + 0.0, n_causes + 1, weight));
                }
            }
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
            let (time, column) = (cell[0].0, cell[0].1);
            let row = table.row(time);
            let slot = match column.checked_sub(n_causes) {
                None => &mut table.events[row * n_causes + column],
                Some(0) => &mut table.censored[row],
                Some(_) => &mut table.entered[row],
            };
            *slot = sum.value();
        }
        Ok(table)
    }
}

/// Refuses times that do not increase, and columns that are not weights: named, with the number of weights at each time.
pub(crate) fn check_counts(times: &[f64], columns: &[(&'static str, &[f64], usize)]) -> Result<()> {
    for &(column, values, width) in columns {
        let expected = times.len() * width;
        if values.len() != expected {
            return Err(Error::Length { column, found: values.len(), expected });
        }
        if let Some(at) = values.iter().position(|w| !w.is_finite() || *w < 0.0) {
            return Err(Error::Weight { row: at / width, weight: values[at] });
        }
    }
    for (row, &time) in times.iter().enumerate() {
        if !time.is_finite() {
            return Err(Error::TimeNotFinite { row, time });
        }
        if row > 0 && times[row - 1] >= time {
            return Err(Error::TimesNotIncreasing { row, time, previous: times[row - 1] });
        }
    }
    Ok(())
}

/// Counts as doubles, refusing those that doubles cannot hold.
pub(crate) fn exact(counts: &[u64], width: usize) -> Result<Vec<f64>> {
    const LIMIT: u64 = 1 << f64::MANTISSA_DIGITS;
    match counts.iter().position(|&count| count > LIMIT) {
        Some(at) => Err(Error::CountTooLarge { row: at / width, count: counts[at] }),
        None => Ok(counts.iter().map(|&count| count as f64).collect()),
    }
}
