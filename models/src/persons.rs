//! Persons with several spells among rows that stand for many.

use std::collections::BTreeMap;

use crate::clustered::{Exit, ExitPair};
use crate::error::{Error, Result};
use crate::spells::{Spells, Weights};

/// Persons with several spells, where a row of [`Spells`] stands for as many equal spells as its case weight says.
///
/// Clusters say of every row whose it is. Of counted spells only this is known: how many persons have spells in the same
/// rows. Who is not among them has one spell. See [`Spells::with_persons`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Persons {
    /// Where the rows of each kind of person begin, and where the last ends.
    start: Vec<usize>,
    rows: Vec<u32>,
    count: Vec<f64>,
}

impl Persons {
    /// Nobody.
    pub fn new() -> Self {
        Self { start: vec![0], rows: Vec::new(), count: Vec::new() }
    }

    /// Adds as many persons as `count` says, with a spell in each of these rows; a row may be there more than once.
    pub fn add(&mut self, rows: impl IntoIterator<Item = usize>, count: f64) {
        let before = self.rows.len();
        self.rows.extend(rows.into_iter().map(|row| u32::try_from(row).unwrap_or(u32::MAX)));
        if self.rows.len() > before {
            self.start.push(self.rows.len());
            self.count.push(count);
        }
    }

    /// The rows of each kind of person, and how many they are.
    pub fn iter(&self) -> impl Iterator<Item = (&[u32], f64)> {
        let bounds = self.start.windows(2);
        bounds.zip(&self.count).map(|(bounds, &count)| (&self.rows[bounds[0]..bounds[1]], count))
    }

    /// Those with several spells in rows that `place` has a new number for.
    #[must_use]
    pub fn renumbered(&self, place: impl Fn(usize) -> Option<usize>) -> Self {
        let mut persons = Self::new();
        let mut own = Vec::new();
        for (rows, count) in self.iter() {
            own.clear();
            own.extend(rows.iter().filter_map(|&row| place(row as usize)));
            if own.len() > 1 {
                persons.add(own.iter().copied(), count);
            }
        }
        persons
    }
}

/// The persons of spells, and how many spells of each row are of persons with no other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OfSpells {
    pub(crate) several: Persons,
    pub(crate) single: Vec<f64>,
    pub(crate) number: usize,
}

impl Spells {
    /// With persons: all spells of a person are one observation in variances by influence. Weights must be case weights, the numbers
    /// of spells; clusters are forgotten. It is what clusters would give of the same spells one a row, at the price of as many rows as
    /// there are different spells.
    ///
    /// $$\sum_{\text{persons}} \Bigl(\sum_{\text{spells } i} \varphi_i\Bigr)^2 =
    ///   \sum_{\text{kinds}} n \Bigl(\sum_{\text{rows}} \varphi_r\Bigr)^2 + \sum_r s_r \varphi_r^2 ,$$
    ///
    /// with $s_r$ the spells of a row whose persons have no other.
    ///
    /// Regressions, tests of groups, means, values and curves know persons; sums of hazards and simulated bands refuse them.
    ///
    /// # Errors
    ///
    /// [`Error::PersonsOfSpells`] for a row that is not there, or that has fewer spells than the persons have in it, and without case
    /// weights.
    ///
    /// # Examples
    ///
    /// Two equal spells of one person in each row are the clusters "a", "a", "b", "b".
    ///
    /// ```
    /// use afgang_models::{Persons, RestrictedMean, Spells, Weights};
    ///
    /// let mut persons = Persons::new();
    /// persons.add([0, 0], 1.0);
    /// persons.add([1, 1], 1.0);
    /// let spells = Spells::new(1, vec![1.0, 2.0], vec![Some(0), None])?
    ///     .with_weights(Weights::Case(vec![2.0, 2.0]))?
    ///     .with_persons(persons)?;
    /// assert_eq!(spells.n_clusters(), 2);
    /// let mean = RestrictedMean::new(2.0).fit_spells(&spells)?.time_in;
    /// assert!((mean.std_error - (1.0_f64 / 8.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn with_persons(self, persons: Persons) -> Result<Self> {
        let Weights::Case(weights) = self.weights() else {
            return Err(Error::PersonsOfSpells { row: 0, spells: 0.0, found: 0.0 });
        };
        let mut single = weights.clone();
        let mut number = 0.0;
        for (rows, count) in persons.iter() {
            number += count;
            for &row in rows {
                let row = row as usize;
                let Some(left) = single.get_mut(row) else {
                    return Err(Error::PersonsOfSpells { row, spells: 0.0, found: count });
                };
                *left -= count;
            }
        }
        if let Some(row) = single.iter().position(|&left| left < 0.0) {
            let spells = weights[row];
            return Err(Error::PersonsOfSpells { row, spells, found: spells - single[row] });
        }
        number += single.iter().sum::<f64>();
        Ok(self.of_persons(OfSpells { several: persons, single, number: number as usize }))
    }

    /// The pairs of exits of one person, where persons are counted.
    pub(crate) fn exit_pairs(&self) -> Option<Vec<ExitPair>> {
        let mut counts: BTreeMap<(u32, u32), f64> = BTreeMap::new();
        for (rows, count) in self.persons()?.several.iter() {
            for (place, &one) in rows.iter().enumerate() {
                for &two in &rows[place + 1..] {
                    *counts.entry((one.min(two), one.max(two))).or_insert(0.0) += count;
                }
            }
        }
        let exit = |row: u32| {
            let row = row as usize;
            Exit { time: self.exit()[row], cause: self.cause()[row] }
        };
        let pair = |((one, two), count)| ExitPair { one: exit(one), two: exit(two), count };
        Some(counts.into_iter().map(pair).collect())
    }
}
