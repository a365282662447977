//! Linear regression on panels: units seen at several times.

mod absorb;
mod convention;
mod covariance;
mod dependence;
mod effects;
mod elimination;
mod error;
mod error_components;
mod explained;
mod fit;
mod fixed_effects;
mod identification;
mod instrumental;
mod least_squares;
mod leverage;
mod moments;
mod ordinary;
mod poisson;
mod random_effects;
mod repair;
mod result;
mod seen;
mod separation;
mod serial_correlation;
mod specification;
mod streamed;
mod variance_components;
mod wild_bootstrap;

use crate::design::{Design, Factor};
use crate::error::{Error, Result};

pub use convention::PanelConvention;
pub use covariance::{Cluster, HcType, PanelCovariance};
pub use dependence::{CrossSectionDependence, cross_section_dependence};
pub use effects::{FixedEffect, RecoveredEffects};
pub use error::PanelError;
pub use error_components::{ErrorComponent, LagrangeMultiplier, MultiplierForm, MultiplierTest};
pub use fixed_effects::FixedEffects;
pub use identification::{FirstStage, Overidentification};
pub use instrumental::{InstrumentalFit, Instruments};
pub use moments::PanelMoments;
pub use ordinary::PanelOls;
pub use poisson::PoissonFit;
pub use random_effects::{RandomEffects, RandomEffectsFit, VarianceComponents};
pub use result::{
    FTest, PanelCoefficient, PanelCounts, PanelEstimator, PanelFit, PanelVariance, RSquared,
};
pub use serial_correlation::{SerialCorrelation, SerialCorrelationTest};
pub use specification::{Hausman, breusch_pagan, hausman, variance_inflation};
pub use wild_bootstrap::{Signs, WildBootstrap, WildTest};

/// Rows of an outcome and its regressors, each of one unit at one time.
///
/// Rows may come in any order; they are put in the order of units and times, so the same rows in another order give the
/// same bits. A panel may be unbalanced: units may miss times.
///
/// # Examples
///
/// ```
/// use afgang_models::{Design, Factor, FixedEffects, Panel};
///
/// // Two centres in two years: y rises by 2 and 4 where x rises by 1 and 2.
/// let design = Design::builder().numeric("x", vec![0.0, 1.0, 5.0, 7.0]).build()?;
/// let centre = Factor::new(&["A", "A", "B", "B"]);
/// let panel = Panel::new(&[10.0, 12.0, 1.0, 5.0], &design, &centre, &[2018, 2019, 2018, 2019])?;
/// let fit = FixedEffects::units().fit(&panel)?;
/// assert!((fit.coefficients[0].estimate.estimate - 2.0).abs() < 1e-14);
/// assert_eq!(fit.counts.units, 2);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub(crate) outcome: Vec<f64>,
    /// Covariates by column.
    pub(crate) columns: Vec<Vec<f64>>,
    pub(crate) names: Vec<String>,
    /// Units, times, then what was added.
    pub(crate) effects: Vec<Effect>,
    /// Time of each row.
    pub(crate) time: Vec<i64>,
    pub(crate) weights: Option<Vec<f64>>,
    /// Row of the input at each place.
    pub(crate) order: Vec<u32>,
    /// Rows of the input.
    pub(crate) n_input: usize,
}

/// A partition of the rows that may be absorbed or clustered by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Effect {
    pub(crate) name: String,
    pub(crate) codes: Vec<u32>,
    pub(crate) levels: Vec<String>,
}

/// Place of the units among the effects.
pub(crate) const UNIT: usize = 0;
/// Place of the times.
pub(crate) const TIME: usize = 1;

impl Panel {
    /// A panel of an outcome, the covariates of its rows (a strata-free design), their units and times.
    ///
    /// # Errors
    ///
    /// As [`of_columns`](Self::of_columns).
    pub fn new(outcome: &[f64], design: &Design, unit: &Factor, time: &[i64]) -> Result<Self> {
        let mut columns = vec![vec![0.0; design.len()]; design.n_columns()];
        let rows = design.matrix_of(design.patterns());
        for row in 0..rows.len() {
            for (column, value) in rows.row(row) {
                columns[column][row] = value;
            }
        }
        let columns = design.column_names().iter().cloned().zip(columns).collect();
        Self::of_columns(outcome.to_vec(), columns, unit, time.to_vec())
    }

    /// A panel of an outcome, regressors with their names, and the units and times of the rows.
    ///
    /// ```
    /// use afgang_models::{Factor, FixedEffects, Panel};
    ///
    /// let centre = Factor::new(&["A", "A", "B", "B"]);
    /// let x = ("x".to_owned(), vec![0.0, 1.0, 5.0, 7.0]);
    /// let y = vec![10.0, 12.0, 1.0, 5.0];
    /// let panel = Panel::of_columns(y, vec![x], &centre, vec![2018, 2019, 2018, 2019])?;
    /// let fit = FixedEffects::units().fit(&panel)?;
    /// assert!((fit.coefficients[0].estimate.estimate - 2.0).abs() < 1e-14);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::ColumnLength`], [`Error::DuplicateColumn`], [`Error::NotFinite`] for what is no finite number, [`PanelError::Size`] for
    /// columns too large or too small for squares, [`PanelError::DuplicateRow`] for a unit seen twice at one time,
    /// [`PanelError::EmptyPanel`].
    pub fn of_columns(
        outcome: Vec<f64>,
        columns: Vec<(String, Vec<f64>)>,
        unit: &Factor,
        time: Vec<i64>,
    ) -> Result<Self> {
        let n = outcome.len();
        if n == 0 {
            return Err(PanelError::EmptyPanel.into());
        }
        let of_columns = columns.iter().map(|(name, column)| (name.as_str(), column.len()));
        for (column, found) in
            [("units", unit.len()), ("times", time.len())].into_iter().chain(of_columns)
        {
            if found != n {
                return Err(Error::ColumnLength { column: column.to_owned(), found, expected: n });
            }
        }
        let mut names: Vec<&String> = columns.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::DuplicateColumn { column: pair[0].clone() });
        }
        computable("outcome", &outcome)?;
        columns.iter().try_for_each(|(name, column)| computable(name, column))?;
        let Order { rows: order, moved } = Order::of(unit, &time);
        let key = |row: u32| (unit.codes()[row as usize], time[row as usize]);
        if let Some(pair) = order.windows(2).find(|pair| key(pair[0]) == key(pair[1])) {
            let (code, time) = key(pair[0]);
            return Err(PanelError::DuplicateRow {
                unit: unit.levels()[code as usize].clone(),
                time,
                rows: [pair[0] as usize, pair[1] as usize],
            }
            .into());
        }
        let codes = order.iter().map(|&row| unit.codes()[row as usize]).collect();
        let time = arranged(&order, moved, time);
        let (of_time, times) = coded(&time);
        let effects = vec![
            Effect { name: "unit".to_owned(), codes, levels: unit.levels().to_vec() },
            Effect {
                name: "time".to_owned(),
                codes: of_time,
                levels: times.iter().map(ToString::to_string).collect(),
            },
        ];
        let (names, columns): (Vec<String>, Vec<Vec<f64>>) = columns.into_iter().unzip();
        let columns = columns.into_iter().map(|column| arranged(&order, moved, column));
        Ok(Self {
            columns: columns.collect(),
            outcome: arranged(&order, moved, outcome),
            names,
            effects,
            time,
            weights: None,
            order,
            n_input: n,
        })
    }

    /// With no other regressors than these.
    #[must_use]
    pub fn with_only(mut self, columns: &[String]) -> Self {
        let kept: Vec<bool> = self.names.iter().map(|name| columns.contains(name)).collect();
        let mut keep = kept.iter();
        self.columns.retain(|_| keep.next().is_some_and(|keep| *keep));
        self.names.retain(|name| columns.contains(name));
        self
    }

    /// The units that have rows, with the times of their rows in order.
    ///
    /// ```
    /// use afgang_models::{Design, Factor, Panel};
    ///
    /// let unit = Factor::new(&["A", "B", "A"]);
    /// let panel = Panel::new(&[1.0; 3], &Design::builder().rows(3).build()?, &unit, &[2019, 2018, 2018])?;
    /// let units: Vec<(&str, &[i64])> = panel.units().collect();
    /// assert_eq!(units, [("A", &[2018, 2019][..]), ("B", &[2018])]);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn units(&self) -> impl Iterator<Item = (&str, &[i64])> + Clone {
        let Effect { codes, levels, .. } = &self.effects[UNIT];
        let mut times = self.time.as_slice();
        codes.chunk_by(|a, b| a == b).map(move |rows| {
            let (of_unit, rest) = times.split_at(rows.len());
            times = rest;
            (levels[rows[0] as usize].as_str(), of_unit)
        })
    }

    /// With another outcome of the same rows.
    ///
    /// # Errors
    ///
    /// [`Error::ColumnLength`], [`Error::NotFinite`], [`PanelError::Size`].
    pub fn with_outcome(mut self, outcome: &[f64]) -> Result<Self> {
        self.outcome = self.in_order("outcome", outcome)?;
        Ok(self)
    }

    /// With names for units and times, as messages and tables show them.
    #[must_use]
    pub fn with_names(mut self, unit: impl Into<String>, time: impl Into<String>) -> Self {
        self.effects[UNIT].name = unit.into();
        self.effects[TIME].name = time.into();
        self
    }

    /// With weights of the rows: a row counts as many times (analytic weights; $N$ stays the number of rows).
    ///
    /// # Errors
    ///
    /// [`Error::ColumnLength`], [`Error::Weight`] unless they are finite and above 0.
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Self> {
        if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w > 0.0)) {
            return Err(Error::Weight { row, weight: weights[row] });
        }
        self.weights = Some(self.in_order("weights", weights)?);
        Ok(self)
    }

    /// With another partition of the rows, to absorb or to cluster by.
    ///
    /// # Errors
    ///
    /// [`Error::ColumnLength`], [`Error::DuplicateColumn`] for a name that is taken.
    pub fn with_effect(mut self, name: impl Into<String>, factor: &Factor) -> Result<Self> {
        let name = name.into();
        if factor.len() != self.len() {
            let (found, expected) = (factor.len(), self.len());
            return Err(Error::ColumnLength { column: name, found, expected });
        }
        if self.effects.iter().any(|effect| effect.name == name) {
            return Err(Error::DuplicateColumn { column: name });
        }
        let codes = self.order.iter().map(|&row| factor.codes()[row as usize]).collect();
        self.effects.push(Effect { name, codes, levels: factor.levels().to_vec() });
        Ok(self)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.outcome.len()
    }

    /// Whether there are no rows; never so.
    pub fn is_empty(&self) -> bool {
        self.outcome.is_empty()
    }

    /// Names of the regressors.
    pub fn column_names(&self) -> &[String] {
        &self.names
    }

    /// Place of an effect by name.
    pub(crate) fn effect(&self, name: &str) -> Result<usize> {
        let found = self.effects.iter().position(|effect| effect.name == name);
        let effects = || self.effects.iter().map(|effect| effect.name.clone()).collect();
        found.ok_or_else(|| {
            PanelError::UnknownEffect { name: name.to_owned(), effects: effects() }.into()
        })
    }

    pub(crate) fn in_order(&self, column: &str, values: &[f64]) -> Result<Vec<f64>> {
        if values.len() != self.len() {
            let (found, expected) = (values.len(), self.len());
            return Err(Error::ColumnLength { column: column.to_owned(), found, expected });
        }
        computable(column, values)?;
        Ok(self.order.iter().map(|&row| values[row as usize]).collect())
    }

    /// Some rows, by their places.
    pub(crate) fn select(&self, places: &[u32]) -> Self {
        let pick = |values: &[f64]| places.iter().map(|&p| values[p as usize]).collect();
        Self {
            outcome: pick(&self.outcome),
            columns: self.columns.iter().map(|column| pick(column)).collect(),
            names: self.names.clone(),
            effects: self.effects.iter().map(|effect| effect.select(places)).collect(),
            time: places.iter().map(|&p| self.time[p as usize]).collect(),
            weights: self.weights.as_ref().map(|weights| pick(weights)),
            order: places.iter().map(|&p| self.order[p as usize]).collect(),
            n_input: self.n_input,
        }
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}

impl Effect {
    fn select(&self, places: &[u32]) -> Self {
        let codes = places.iter().map(|&p| self.codes[p as usize]).collect();
        Self { name: self.name.clone(), codes, levels: self.levels.clone() }
    }

    /// Number of rows of each level.
    pub(crate) fn rows(&self) -> Vec<usize> {
        let mut rows = vec![0; self.levels.len()];
        for &code in &self.codes {
            rows[code as usize] += 1;
        }
        rows
    }

    /// Number of levels that rows have.
    pub(crate) fn n_used(&self) -> usize {
        self.rows().into_iter().filter(|&rows| rows > 0).count()
    }

    /// Whether rows of one level are always in one level of another effect.
    pub(crate) fn nested_in(&self, other: &[u32]) -> bool {
        let mut of = vec![u32::MAX; self.levels.len()];
        self.codes.iter().zip(other).all(|(&code, &cluster)| {
            let known = &mut of[code as usize];
            if *known == u32::MAX {
                *known = cluster;
            }
            *known == cluster
        })
    }
}

/// Rows in the order of units and times.
struct Order {
    rows: Vec<u32>,
    /// Whether they were not in it.
    moved: bool,
}

impl Order {
    /// Rows of one unit and time stay as they stand.
    fn of(unit: &Factor, time: &[i64]) -> Self {
        let codes = unit.codes();
        let n = codes.len();
        let in_order = |at: usize| (codes[at - 1], time[at - 1]) <= (codes[at], time[at]);
        if (1..n).all(in_order) {
            return Self { rows: (0..n as u32).collect(), moved: false };
        }
        let mut ends = vec![0; unit.levels().len() + 1];
        for &code in codes {
            ends[code as usize + 1] += 1;
        }
        for level in 1..ends.len() {
            ends[level] += ends[level - 1];
        }
        let mut rows = vec![0; n];
        for (row, &code) in codes.iter().enumerate() {
            rows[ends[code as usize]] = row as u32;
            ends[code as usize] += 1;
        }
        for of_unit in rows.chunk_by_mut(|&a, &b| codes[a as usize] == codes[b as usize]) {
            of_unit.sort_by_key(|&row| time[row as usize]);
        }
        Self { rows, moved: true }
    }
}

/// Values of the rows in their order.
fn arranged<T: Copy>(order: &[u32], moved: bool, values: Vec<T>) -> Vec<T> {
    if moved { order.iter().map(|&row| values[row as usize]).collect() } else { values }
}

/// Times by their place among the different ones, and these in order.
fn coded(time: &[i64]) -> (Vec<u32>, Vec<i64>) {
    let (first, last) = time.iter().fold((i64::MAX, i64::MIN), |(a, b), &t| (a.min(t), b.max(t)));
    // Times of a short span are looked up.
    if let Some(span) = last.checked_sub(first)
        && span < 1 << 16
    {
        let mut place = vec![0; span as usize + 1];
        for t in time {
            place[(t - first) as usize] = 1;
        }
        let mut times = Vec::new();
        for (time, place) in (first..).zip(&mut place).filter(|(_, place)| **place == 1) {
            *place = times.len() as u32;
            times.push(time);
        }
        return (time.iter().map(|t| place[(t - first) as usize]).collect(), times);
    }
    let mut times = time.to_vec();
    times.sort_unstable();
    times.dedup();
    (time.iter().map(|time| times.partition_point(|t| t < time) as u32).collect(), times)
}

/// Sizes of numbers of whose products of four nothing is lost.
const SIZES: std::ops::RangeInclusive<f64> = 1e-70..=1e70;

/// Refuses numbers that are not finite, and columns whose squares and products cannot be computed.
pub(crate) fn computable(column: &str, values: &[f64]) -> Result<()> {
    finite(column, values)?;
    sized(column, largest(values))
}

pub(crate) fn finite(column: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(Error::NotFinite { column: column.to_owned(), row, value: values[row] }),
        None => Ok(()),
    }
}

/// The largest of some numbers without their signs.
pub(crate) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

/// Refuses a column whose largest number has a square that cannot be computed.
pub(crate) fn sized(column: &str, largest: f64) -> Result<()> {
    if largest == 0.0 || SIZES.contains(&largest) {
        return Ok(());
    }
    Err(PanelError::Size { column: column.to_owned(), largest }.into())
}
