//! Spells, one a row: what the estimators need beyond counts.

use crate::error::{Error, Result};
use crate::event_table::EventTable;
use crate::persons::OfSpells;

/// What the weight of a row means.
///
/// The two kinds give the same estimates and different variances.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Weights {
    /// Every row is one spell.
    #[default]
    None,
    /// The number of equal spells that the row stands for (frequency weight): $w$ spells are $w$
    /// independent observations.
    Case(Vec<f64>),
    /// The inverse of the probability of being sampled: the row is one observation, however large
    /// its weight.
    Sampling(Vec<f64>),
}

impl Weights {
    /// The weight of a row.
    pub fn of(&self, row: usize) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Case(weights) | Self::Sampling(weights) => weights[row],
        }
    }
}

/// Spells by column: entry, exit, cause, weight and cluster of each.
///
/// An [`EventTable`] is enough for every estimate and for the variances of independent spells without
/// sampling weights. The rows are needed where a variance counts *observations*: with sampling weights, and
/// with clusters, so that a person with many spells counts as one.
///
/// # Examples
///
/// Three spells of two persons; the second spell of person 7 starts late and is censored:
///
/// ```
/// use afgang_models::Spells;
///
/// let spells = Spells::new(1, vec![3.0, 5.0, 4.0], vec![Some(0), None, Some(0)])?
///     .with_entry(vec![f64::NEG_INFINITY, 1.0, f64::NEG_INFINITY])?
///     .with_clusters(&[7_u64, 7, 9])?;
/// assert_eq!(spells.table()?.times(), [1.0, 3.0, 4.0, 5.0]);
/// assert_eq!(spells.table()?.at_risk(), [2.0, 3.0, 2.0, 1.0]);
/// assert_eq!(spells.n_clusters(), 2);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Spells {
    n_causes: usize,
    entry: Option<Vec<f64>>,
    exit: Vec<f64>,
    cause: Vec<Option<usize>>,
    weights: Weights,
    /// Cluster of each row, numbered from 0 in the order of the ids.
    clusters: Option<Vec<usize>>,
    n_clusters: usize,
    /// Who has which spells, instead of clusters.
    persons: Option<OfSpells>,
    /// Whether a case weight is the number of clusters that are equal, and not of spells within one.
    equal_clusters: bool,
}

impl Spells {
    /// Spells that are all there from the start, without weights or clusters: the time of exit or
    /// censoring and the cause, `None` for censored.
    ///
    /// # Errors
    ///
    /// [`Error::NoCauses`], [`Error::Length`], [`Error::TimeNotFinite`], [`Error::CauseOutOfRange`].
    pub fn new(n_causes: usize, exit: Vec<f64>, cause: Vec<Option<usize>>) -> Result<Self> {
        if n_causes == 0 {
            return Err(Error::NoCauses);
        }
        same_length("cause", cause.len(), exit.len())?;
        for (row, (&time, &cause)) in exit.iter().zip(&cause).enumerate() {
            if !time.is_finite() {
                return Err(Error::TimeNotFinite { row, time });
            }
            if let Some(cause) = cause.filter(|&cause| cause >= n_causes) {
                return Err(Error::CauseOutOfRange { row, cause, n_causes });
            }
        }
        Ok(Self {
            n_causes,
            entry: None,
            exit,
            cause,
            weights: Weights::None,
            clusters: None,
            n_clusters: 0,
            persons: None,
            equal_clusters: false,
        })
    }

    /// With late entry: a spell is at risk over (entry, exit]; `f64::NEG_INFINITY` is there from the
    /// start.
    ///
    /// # Errors
    ///
    /// [`Error::Length`], [`Error::TimeNotFinite`], [`Error::EntryNotBeforeExit`].
    pub fn with_entry(mut self, entry: Vec<f64>) -> Result<Self> {
        same_length("entry", entry.len(), self.len())?;
        for (row, (&entry, &exit)) in entry.iter().zip(&self.exit).enumerate() {
            if entry.is_nan() || entry == f64::INFINITY {
                return Err(Error::TimeNotFinite { row, time: entry });
            }
            if entry >= exit {
                return Err(Error::EntryNotBeforeExit { row, entry, exit });
            }
        }
        self.entry = Some(entry);
        Ok(self)
    }

    /// With weights, and what they mean.
    ///
    /// # Errors
    ///
    /// [`Error::Length`], [`Error::Weight`] for a weight that is negative or not finite.
    pub fn with_weights(mut self, weights: Weights) -> Result<Self> {
        if let Weights::Case(values) | Weights::Sampling(values) = &weights {
            same_length("weight", values.len(), self.len())?;
            if let Some(row) = values.iter().position(|w| !w.is_finite() || *w < 0.0) {
                return Err(Error::Weight { row, weight: values[row] });
            }
        }
        self.weights = weights;
        Ok(self)
    }

    /// With clusters: rows of one id (a person's spells) are one observation.
    ///
    /// # Errors
    ///
    /// [`Error::Length`].
    pub fn with_clusters<Id: Ord>(mut self, ids: &[Id]) -> Result<Self> {
        same_length("cluster", ids.len(), self.len())?;
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by(|&a, &b| ids[a].cmp(&ids[b]));
        let mut clusters = vec![0; ids.len()];
        self.n_clusters = 0;
        for rows in order.chunk_by(|&a, &b| ids[a] == ids[b]) {
            for &row in rows {
                clusters[row] = self.n_clusters;
            }
            self.n_clusters += 1;
        }
        self.clusters = Some(clusters);
        self.persons = None;
        Ok(self)
    }

    /// As [`with_clusters`](Self::with_clusters) of ids that are numbers from 0: where they are not much larger than the number of
    /// rows, nothing is sorted.
    ///
    /// # Errors
    ///
    /// [`Error::Length`].
    ///
    /// ```
    /// use afgang_models::Spells;
    ///
    /// let spells = Spells::new(1, vec![1.0, 2.0, 3.0], vec![Some(0); 3])?;
    /// let spells = spells.with_numbered_clusters(&[3, 0, 3])?;
    /// assert_eq!((spells.clusters(), spells.n_clusters()), (Some([1, 0, 1].as_slice()), 2));
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn with_numbered_clusters(mut self, ids: &[usize]) -> Result<Self> {
        let most = ids.iter().max().copied().unwrap_or(0);
        if most > 4 * ids.len() {
            return self.with_clusters(ids);
        }
        same_length("cluster", ids.len(), self.len())?;
        let mut number = vec![0; most + 1];
        for &id in ids {
            number[id] = 1;
        }
        self.n_clusters = 0;
        for number in &mut number {
            let there = *number;
            *number = self.n_clusters;
            self.n_clusters += there;
        }
        self.clusters = Some(ids.iter().map(|&id| number[id]).collect());
        self.persons = None;
        Ok(self)
    }

    /// With persons that fit the weights.
    pub(crate) fn of_persons(self, persons: OfSpells) -> Self {
        Self { persons: Some(persons), clusters: None, n_clusters: 0, ..self }
    }

    /// The case weight of a cluster, the same in all of its rows, is how many equal clusters it stands for.
    pub(crate) fn with_equal_clusters(mut self) -> Self {
        self.equal_clusters = matches!(self.weights, Weights::Case(_));
        self
    }

    /// What a row's influence is multiplied by in the sum of its cluster, whose square is the cluster's part of a variance.
    pub(crate) fn weight_in_cluster(&self, row: usize) -> f64 {
        let weight = self.weights.of(row);
        if self.equal_clusters { weight.sqrt() } else { weight }
    }

    /// The spells that last beyond `t`, from `t` on; see [`EventTable::given`].
    ///
    /// # Errors
    ///
    /// None for spells made by the constructors.
    pub fn given(&self, t: f64) -> Result<Self> {
        let rows: Vec<usize> = (0..self.len()).filter(|&row| self.exit[row] > t).collect();
        let mut spells = self.pick(&rows)?;
        for entry in spells.entry.iter_mut().flatten() {
            if *entry <= t {
                *entry = f64::NEG_INFINITY;
            }
        }
        Ok(spells)
    }

    /// Some rows.
    pub(crate) fn pick(&self, rows: &[usize]) -> Result<Self> {
        let pick = |column: &[f64]| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let causes = rows.iter().map(|&row| self.cause[row]).collect();
        let mut spells = Self::new(self.n_causes, pick(&self.exit), causes)?;
        if let Some(entry) = &self.entry {
            spells = spells.with_entry(pick(entry))?;
        }
        spells = match &self.weights {
            Weights::None => spells,
            Weights::Case(weights) => spells.with_weights(Weights::Case(pick(weights)))?,
            Weights::Sampling(weights) => spells.with_weights(Weights::Sampling(pick(weights)))?,
        };
        if let Some(clusters) = &self.clusters {
            let ids: Vec<usize> = rows.iter().map(|&row| clusters[row]).collect();
            spells = spells.with_numbered_clusters(&ids)?;
        }
        if let Some(persons) = &self.persons {
            let mut places = vec![None; self.len()];
            for (place, &row) in rows.iter().enumerate() {
                places[row] = Some(place);
            }
            spells = spells.with_persons(persons.several.renumbered(|row| places[row]))?;
        }
        spells.equal_clusters = self.equal_clusters;
        Ok(spells)
    }

    /// The spells of which only those that leave for `cause` have an event; exits for other causes become censorings. See
    /// [`EventTable::cause_specific`].
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCause`] when the spells have no such cause.
    ///
    /// ```
    /// use afgang_models::Spells;
    ///
    /// let spells = Spells::new(2, vec![1.0, 2.0, 3.0], vec![Some(0), Some(1), None])?;
    /// assert_eq!(spells.cause_specific(1)?.cause(), [None, Some(0), None]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn cause_specific(&self, cause: usize) -> Result<Self> {
        if cause >= self.n_causes {
            return Err(Error::UnknownCause { cause, n_causes: self.n_causes });
        }
        let cause = self.cause.iter().map(|of| of.filter(|&of| of == cause).map(|_| 0)).collect();
        Ok(Self { n_causes: 1, cause, ..self.clone() })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.exit.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.exit.is_empty()
    }

    /// Number of causes.
    pub fn n_causes(&self) -> usize {
        self.n_causes
    }

    /// Number of clusters, or of persons; the number of rows if there are neither.
    pub fn n_clusters(&self) -> usize {
        match &self.persons {
            Some(persons) => persons.number,
            None if self.clusters.is_some() => self.n_clusters,
            None => self.len(),
        }
    }

    /// Number of clusters, or persons, that have a row with weight; of such rows if there are neither.
    pub(crate) fn clusters_with_weight(&self) -> usize {
        let rows = (0..self.len()).filter(|&row| self.weights.of(row) > 0.0);
        match (&self.persons, &self.clusters) {
            (Some(persons), _) => persons.number,
            (None, Some(clusters)) => {
                let mut there = vec![false; self.n_clusters];
                rows.for_each(|row| there[clusters[row]] = true);
                there.into_iter().filter(|there| *there).count()
            }
            (None, None) => rows.count(),
        }
    }

    /// What a variance by influence counts: clusters or persons, else spells.
    pub(crate) fn observations(&self) -> f64 {
        match &self.weights {
            Weights::Case(weights) if !self.are_dependent() => weights.iter().sum(),
            _ => self.clusters_with_weight() as f64,
        }
    }

    /// Whether some spells are one observation, by clusters or by persons.
    pub fn are_dependent(&self) -> bool {
        self.clusters.is_some() || self.persons.is_some()
    }

    /// The persons, if they are known.
    pub(crate) fn persons(&self) -> Option<&OfSpells> {
        self.persons.as_ref()
    }

    /// Refuses persons where an estimator looks at the spells of each row.
    pub(crate) fn refuse_persons(&self, estimator: &'static str) -> Result<()> {
        match &self.persons {
            None => Ok(()),
            Some(_) => Err(Error::NotOfPersons { estimator }),
        }
    }

    /// Entry of a row, `f64::NEG_INFINITY` if it is there from the start.
    pub fn entry(&self, row: usize) -> f64 {
        self.entry.as_ref().map_or(f64::NEG_INFINITY, |entry| entry[row])
    }

    /// Exits, by row.
    pub fn exit(&self) -> &[f64] {
        &self.exit
    }

    /// Causes, by row.
    pub fn cause(&self) -> &[Option<usize>] {
        &self.cause
    }

    /// The weights and their meaning.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Cluster of each row, numbered from 0 in the order of the ids; `None` without clusters.
    pub fn clusters(&self) -> Option<&[usize]> {
        self.clusters.as_deref()
    }

    /// The event table of all rows.
    ///
    /// # Errors
    ///
    /// None for spells made by the constructors.
    pub fn table(&self) -> Result<EventTable> {
        self.table_of(0..self.len())
    }

    /// The event table of some rows.
    pub(crate) fn table_of(&self, rows: impl IntoIterator<Item = usize>) -> Result<EventTable> {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|row| (self.entry(row), self.exit[row], self.cause[row], self.weights.of(row)))
            .collect();
        EventTable::from_weighted_spells(self.n_causes, &rows)
    }
}

pub(crate) fn same_length(column: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(Error::Length { column, found, expected }) }
}
