//! Panels in one pass over rows that never stand in memory together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::error::{Error, Result};
use crate::summation::RunningSum;

use super::error::PanelError;
use super::seen::{Refused, Seen};
use super::{largest, sized};

/// Sums that a regression with effects of units needs, taken up row by row.
///
/// Of each unit it keeps the number of rows and the means of the columns, as distances from the unit's first row; of all
/// units together the cross-products of deviations from the units' means, which each row moves by $(x - \bar x)(x - \bar
/// x)^\top (n - 1)/n$ (Chan, Golub and LeVeque 1983). Means that are large against the spread so leave no rounding. Rows may
/// come in any order, those of a unit together or apart. Memory is about $16 (k + 1) + 32$ bytes a unit for $k$ regressors,
/// whatever the number of rows; with [`by_clusters`](Self::by_clusters) $4 (k + 1)(k + 2)$ more, as scores of units need each
/// unit's own cross-products, and [`with_times`](Self::with_times) a bit a unit and time. Fitted by
/// [`FixedEffects::fit_moments`](crate::FixedEffects::fit_moments).
///
/// The same rows in the same order give the same bits however they are split into batches. Sums that were
/// [merged](Self::merge), and rows in another order, agree to rounding.
///
/// # Examples
///
/// ```
/// use afgang_models::{FixedEffects, PanelMoments};
///
/// // Units 7 and 9; deviations of x -1, 0, 1 and -1, 1, of y -2, 0, 2 and -1, 1.
/// let mut moments = PanelMoments::new(["x"]);
/// moments.push(&[7, 7, 9], &[0.0, 2.0, 7.0], &[&[1.0, 2.0, 0.0]])?;
/// moments.push(&[7, 9], &[4.0, 9.0], &[&[3.0, 2.0]])?;
/// let fit = FixedEffects::units().fit_moments(&moments)?;
/// assert!((fit.coefficients[0].estimate.estimate - 1.5).abs() < 1e-14);
/// assert_eq!((fit.counts.rows, fit.counts.units), (5, 2));
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct PanelMoments {
    pub(super) names: Vec<String>,
    pub(super) by_clusters: bool,
    /// When units were seen, if asked for.
    pub(super) seen: Option<Seen>,
    places: HashMap<u64, u32>,
    ids: Vec<u64>,
    /// By unit in the order of first sight.
    pub(super) rows: Vec<u64>,
    /// First row of each unit: regressors, then the outcome.
    origins: Vec<f64>,
    /// Means of distances from it.
    means: Vec<f64>,
    /// Lower triangles of each unit's cross-products, if asked for.
    pub(super) own: Vec<f64>,
    /// Lower triangle of the cross-products of all units.
    total: Vec<RunningSum>,
    /// What the last rows added, and how many they are.
    block: (Vec<f64>, usize),
    last: Option<(u64, u32)>,
    delta: Vec<f64>,
    /// Largest number of each column, without its sign.
    largest: Vec<f64>,
}

/// Rows whose products are added up before they join the total.
const BLOCK: usize = 4_096;

impl PanelMoments {
    /// No rows yet, of regressors with these names.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let p = names.len() + 1;
        let triangle = p * (p + 1) / 2;
        Self {
            names,
            by_clusters: false,
            seen: None,
            places: HashMap::new(),
            ids: Vec::new(),
            rows: Vec::new(),
            origins: Vec::new(),
            means: Vec::new(),
            own: Vec::new(),
            total: vec![RunningSum::default(); triangle],
            block: (vec![0.0; triangle], 0),
            last: None,
            delta: vec![0.0; p],
            largest: vec![0.0; p],
        }
    }

    /// With each unit's own cross-products, which variances by clusters of units need; before the first row.
    ///
    /// # Errors
    ///
    /// [`PanelError::RowsBefore`] if rows were taken up before.
    pub fn by_clusters(mut self) -> Result<Self> {
        if !self.ids.is_empty() {
            return Err(PanelError::RowsBefore.into());
        }
        self.by_clusters = true;
        Ok(self)
    }

    /// With the times of rows ([`push_at`](Self::push_at)): a unit that is there twice at one time is refused, and the fit counts
    /// times and units with gaps. To be asked for before the first row.
    ///
    /// # Errors
    ///
    /// [`PanelError::RowsBefore`] if rows were taken up before.
    pub fn with_times(mut self) -> Result<Self> {
        if !self.ids.is_empty() {
            return Err(PanelError::RowsBefore.into());
        }
        self.seen = Some(Seen::default());
        Ok(self)
    }

    /// Rows so far.
    pub fn len(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Different times of the rows so far, in order; none for sums without times.
    pub fn times(&self) -> Vec<i64> {
        self.seen.iter().flat_map(Seen::times).collect()
    }

    /// Takes up rows: a number for the unit of each, the outcome and the regressors by column. Nothing is taken up if there
    /// is an error.
    ///
    /// # Errors
    ///
    /// [`Error::ColumnLength`]; [`Error::NotFinite`], whose row counts from the batch's first; [`PanelError::ColumnCount`];
    /// [`PanelError::TimesOrNot`] for sums with times.
    pub fn push(&mut self, units: &[u64], outcome: &[f64], columns: &[&[f64]]) -> Result<()> {
        if self.seen.is_some() {
            return Err(PanelError::TimesOrNot.into());
        }
        self.take_up(units, None, outcome, columns)
    }

    /// The same with the time of each row, for sums [with times](Self::with_times).
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push); [`PanelError::UnitTwice`] and [`PanelError::TooManyTimes`] (more than 4096), after which the sums
    /// are of no use.
    pub fn push_at(
        &mut self,
        units: &[u64],
        times: &[i64],
        outcome: &[f64],
        columns: &[&[f64]],
    ) -> Result<()> {
        if self.seen.is_none() {
            return Err(PanelError::TimesOrNot.into());
        }
        if times.len() != units.len() {
            let (found, expected) = (times.len(), units.len());
            return Err(Error::ColumnLength { column: "times".to_owned(), found, expected });
        }
        self.take_up(units, Some(times), outcome, columns)
    }

    fn take_up(
        &mut self,
        units: &[u64],
        times: Option<&[i64]>,
        outcome: &[f64],
        columns: &[&[f64]],
    ) -> Result<()> {
        if columns.len() != self.names.len() {
            let (found, expected) = (columns.len(), self.names.len());
            return Err(PanelError::ColumnCount { found, expected }.into());
        }
        let named = self.names.iter().map(String::as_str).zip(columns.iter().copied());
        for (column, values) in named.chain([("outcome", outcome)]) {
            if values.len() != units.len() {
                let (found, expected) = (values.len(), units.len());
                return Err(Error::ColumnLength { column: column.to_owned(), found, expected });
            }
            if let Some(row) = values.iter().position(|value| !value.is_finite()) {
                let value = values[row];
                return Err(Error::NotFinite { column: column.to_owned(), row, value });
            }
        }
        for (known, values) in self.largest.iter_mut().zip(columns.iter().chain([&outcome])) {
            *known = largest(values).max(*known);
        }
        let mut values = vec![0.0; columns.len() + 1];
        for (row, &unit) in units.iter().enumerate() {
            for (value, column) in values.iter_mut().zip(columns) {
                *value = column[row];
            }
            values[columns.len()] = outcome[row];
            let place = self.add(unit, &values);
            if let (Some(seen), Some(times)) = (&mut self.seen, times) {
                seen.note(place, times[row]).map_err(|why| refused(why, unit, times[row]))?;
            }
        }
        Ok(())
    }

    /// Place of a unit, which is new if it has no rows yet.
    fn place(&mut self, unit: u64, origin: &[f64]) -> usize {
        if let Some((last, place)) = self.last
            && last == unit
        {
            return place as usize;
        }
        let next = self.ids.len() as u32;
        let place = match self.places.entry(unit) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                self.ids.push(unit);
                self.rows.push(0);
                self.origins.extend_from_slice(origin);
                self.means.resize(self.means.len() + origin.len(), 0.0);
                if self.by_clusters {
                    self.own.resize(self.own.len() + self.total.len(), 0.0);
                }
                *free.insert(next)
            }
        };
        self.last = Some((unit, place));
        place as usize
    }

    /// Takes up a row and gives the place of its unit.
    fn add(&mut self, unit: u64, values: &[f64]) -> usize {
        let (p, triangle) = (values.len(), self.total.len());
        let place = self.place(unit, values);
        self.rows[place] += 1;
        let n = self.rows[place] as f64;
        let origin = &self.origins[place * p..(place + 1) * p];
        let means = &mut self.means[place * p..(place + 1) * p];
        for (((delta, mean), value), origin) in
            self.delta.iter_mut().zip(means).zip(values).zip(origin)
        {
            *delta = (value - origin) - *mean;
            *mean += *delta / n;
        }
        let products = if self.by_clusters {
            &mut self.own[place * triangle..(place + 1) * triangle]
        } else {
            &mut self.block.0[..]
        };
        add_products(products, &self.delta, (n - 1.0) / n);
        if !self.by_clusters {
            self.block.1 += 1;
            if self.block.1 == BLOCK {
                self.close_block();
            }
        }
        place
    }

    fn close_block(&mut self) {
        for (total, sum) in self.total.iter_mut().zip(&mut self.block.0) {
            total.add(*sum);
            *sum = 0.0;
        }
        self.block.1 = 0;
    }

    /// Joins the sums of other rows, some of whose units may be among these.
    ///
    /// # Errors
    ///
    /// [`PanelError::DifferentMoments`] for other regressors, or if one alone is by clusters or with times;
    /// [`PanelError::UnitTwice`], after which the sums are of no use.
    pub fn merge(&mut self, mut other: Self) -> Result<()> {
        let alike = self.names == other.names
            && self.by_clusters == other.by_clusters
            && self.seen.is_some() == other.seen.is_some();
        if !alike {
            return Err(PanelError::DifferentMoments.into());
        }
        self.close_block();
        other.close_block();
        for (largest, of_other) in self.largest.iter_mut().zip(&other.largest) {
            *largest = of_other.max(*largest);
        }
        let (p, triangle) = (self.names.len() + 1, self.total.len());
        for (total, sum) in self.total.iter_mut().zip(&other.total) {
            total.add(sum.value());
        }
        for (from, &unit) in other.ids.iter().enumerate() {
            let origin = &other.origins[from * p..(from + 1) * p];
            let place = self.place(unit, origin);
            let (before, more) = (self.rows[place] as f64, other.rows[from] as f64);
            self.rows[place] += other.rows[from];
            let n = before + more;
            for k in 0..p {
                let moved = origin[k] - self.origins[place * p + k];
                let mean = &mut self.means[place * p + k];
                self.delta[k] = (moved - *mean) + other.means[from * p + k];
                *mean += self.delta[k] * (more / n);
            }
            let products = if self.by_clusters {
                let own = &mut self.own[place * triangle..(place + 1) * triangle];
                let others = &other.own[from * triangle..(from + 1) * triangle];
                own.iter_mut().zip(others).for_each(|(own, other)| *own += other);
                own
            } else {
                &mut self.block.0[..]
            };
            add_products(products, &self.delta, before * (more / n));
        }
        self.close_block();
        if let (Some(mine), Some(theirs)) = (&mut self.seen, &other.seen) {
            for (from, time) in theirs.all() {
                let unit = other.ids[from];
                let place = self.places.get(&unit).copied().unwrap_or_default();
                mine.note(place as usize, time).map_err(|why| refused(why, unit, time))?;
            }
        }
        Ok(())
    }

    /// Refuses columns whose squares cannot be computed.
    pub(super) fn computable(&self) -> Result<()> {
        let names = self.names.iter().map(String::as_str).chain(["outcome"]);
        names.zip(&self.largest).try_for_each(|(name, &largest)| sized(name, largest))
    }

    /// Lower triangle of the cross-products of all units.
    pub(super) fn within(&self) -> Vec<f64> {
        let triangle = self.total.len();
        let mut total = self.total.clone();
        for (total, sum) in total.iter_mut().zip(&self.block.0) {
            total.add(*sum);
        }
        for own in self.own.chunks(triangle.max(1)) {
            total.iter_mut().zip(own).for_each(|(total, own)| total.add(*own));
        }
        total.into_iter().map(RunningSum::value).collect()
    }

    /// Row from which distances leave no rounding of large means: regressors, then the outcome.
    pub(super) fn reference(&self) -> &[f64] {
        &self.origins[..=self.names.len()]
    }

    /// Means of a unit's distances from the reference: regressors, then the outcome.
    pub(super) fn unit_means(&self, place: usize) -> impl Iterator<Item = f64> {
        let p = self.names.len() + 1;
        let at = place * p..(place + 1) * p;
        let of_unit = self.origins[at.clone()].iter().zip(&self.means[at]);
        of_unit.zip(&self.origins[..p]).map(|((origin, mean), zero)| (origin - zero) + mean)
    }
}

fn refused(why: Refused, unit: u64, time: i64) -> Error {
    match why {
        Refused::Twice => PanelError::UnitTwice { unit, time }.into(),
        Refused::TooManyTimes(most) => PanelError::TooManyTimes { most }.into(),
    }
}

/// Adds a lower triangle of products.
fn add_products(triangle: &mut [f64], delta: &[f64], factor: f64) {
    let mut at = 0;
    for (k, a) in delta.iter().enumerate() {
        let a = a * factor;
        for (sum, b) in triangle[at..=at + k].iter_mut().zip(delta) {
            *sum += a * b;
        }
        at += k + 1;
    }
}
