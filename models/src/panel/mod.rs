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
mod result;
mod seen;
mod separation;
mod serial_correlation;
mod specification;
mod streamed;
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
    /// [`Error::ColumnLength`], [`Error::NotFinite`] for an outcome that is no finite number, [`PanelError::Size`] for columns too large
    /// or too small for squares, [`PanelError::DuplicateRow`] for a unit seen twice at one time, [`PanelError::EmptyPanel`].
    pub fn new(outcome: &[f64], design: &Design, unit: &Factor, time: &[i64]) -> Result<Self> {
        let n = outcome.len();
        if n == 0 {
            return Err(PanelError::EmptyPanel.into());
        }
        let lengths = [("units", unit.len()), ("times", time.len()), ("covariates", design.len())];
        for (column, found) in lengths {
            if found != n && !(column == "covariates" && design.n_columns() == 0) {
                return Err(Error::ColumnLength { column: column.to_owned(), found, expected: n });
            }
        }
        computable("outcome", outcome)?;
        let mut order: Vec<u32> = (0..n as u32).collect();
        let key = |row: u32| (unit.codes()[row as usize], time[row as usize]);
        order.sort_unstable_by_key(|&row| (key(row), row));
        if let Some(pair) = order.windows(2).find(|pair| key(pair[0]) == key(pair[1])) {
            let (code, time) = key(pair[0]);
            return Err(PanelError::DuplicateRow {
                unit: unit.levels()[code as usize].clone(),
                time,
                rows: [pair[0] as usize, pair[1] as usize],
            }
            .into());
        }
        let mut times: Vec<i64> = time.to_vec();
        times.sort_unstable();
        times.dedup();
        let of_time = |row: &u32| times.partition_point(|t| *t < time[*row as usize]) as u32;
        let effects = vec![
            Effect {
                name: "unit".to_owned(),
                codes: order.iter().map(|&row| unit.codes()[row as usize]).collect(),
                levels: unit.levels().to_vec(),
            },
            Effect {
                name: "time".to_owned(),
                codes: order.iter().map(of_time).collect(),
                levels: times.iter().map(ToString::to_string).collect(),
            },
        ];
        let mut columns = vec![vec![0.0; n]; design.n_columns()];
        for (place, &row) in order.iter().enumerate() {
            if design.n_columns() > 0 {
                let pattern = design.patterns()[row as usize] as usize;
                for (column, value) in design.sparse().row(pattern) {
                    columns[column][place] = value;
                }
            }
        }
        for (name, column) in design.column_names().iter().zip(&columns) {
            computable(name, column)?;
        }
        Ok(Self {
            outcome: order.iter().map(|&row| outcome[row as usize]).collect(),
            columns,
            names: design.column_names().to_vec(),
            effects,
            time: order.iter().map(|&row| time[row as usize]).collect(),
            weights: None,
            order,
            n_input: n,
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
