//! Functions of a clock: one parameter a value, polynomials, splines, intervals.

use nalgebra::{DMatrix, DVector};

use super::error::DiscreteError;
use super::splines::{b_splines, natural_splines};
use crate::cox::index::NONE;
use crate::design::quantile_knots;
use crate::error::{Error, Result};

/// How a hazard depends on a clock: duration, or another one.
///
/// A duration has a constant too, or one parameter more; further clocks have none.
///
/// ```
/// use afgang_models::{Design, DiscreteHazard, Shape, Spells};
///
/// // Two of eight leave in month 1 and three of six in month 2: the logits are log 2/6 and log 3/3.
/// let exit = vec![1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0];
/// let cause = [1, 1, 1, 1, 1, 0, 0, 0].map(|event| (event == 1).then_some(0));
/// let spells = Spells::new(1, exit, cause.to_vec())?;
/// let design = Design::builder().rows(8).build()?;
/// let fit = DiscreteHazard::new().baseline(Shape::Polynomial(1)).fit(&spells, &design)?;
/// let of = |name| fit.exits[0].coefficient(name).map_or(f64::NAN, |c| c.estimate.estimate);
/// let slope = 3.0_f64.ln();
/// assert!((of("time") - slope).abs() < 1e-12);
/// assert!((of("intercept") - (0.0 - 2.0 * slope)).abs() < 1e-12);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Shape {
    /// One parameter a value (dummies). Default.
    #[default]
    Free,
    /// One parameter an interval: each number is the first value of a further interval, `[4, 7]` are up to 3, 4 to 6, and
    /// from 7.
    Intervals(Vec<i64>),
    /// Powers up to a degree.
    Polynomial(usize),
    /// The logarithm, for values above 0.
    Logarithm,
    /// Cubic B-splines with as many parameters beside the constant, at least 3; knots as for `NaturalSpline`.
    BSpline(usize),
    /// Cubic splines that are linear beyond their first and last knot, with as many parameters beside the constant. Outer knots are
    /// the first and the last value at which somebody is at risk, inner ones evenly spaced quantiles (of type 7) of the values of all
    /// spells and times at risk: those of R's `ns` on one row for each spell and time. A case weight is as many rows; sampling weights
    /// do not count.
    NaturalSpline(usize),
}

/// A clock's values with the numbers that a shape makes of them.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    /// Level of each value from the first on; `NONE` where nothing is to be learnt.
    pub(crate) level: Vec<u32>,
    pub(crate) n_levels: usize,
    pub(crate) columns: Columns,
    /// Name of the clock.
    pub(crate) term: String,
    /// Names of the columns.
    pub(crate) names: Vec<String>,
    /// Labels of the levels, where each has a parameter of its own.
    pub(crate) labels: Vec<String>,
    /// Knots of splines, the outer ones first and last.
    pub(crate) knots: Vec<f64>,
}

#[derive(Debug, Clone)]
pub(crate) enum Columns {
    /// One column a level, but for a base.
    Indicators(Indicators),
    /// Levels by columns, orthogonal; times the triangle they are the columns by their names.
    Orthogonal(Orthogonal),
}

/// Column of each level.
type Indicators = Vec<Option<usize>>;

/// Columns of mean square 1 that are orthogonal to each other.
#[derive(Debug, Clone)]
pub(crate) struct Orthogonal {
    columns: DMatrix<f64>,
    /// Columns times triangle, plus `shift` in each column, are the columns by their names.
    triangle: DMatrix<f64>,
    shift: Vec<f64>,
}

/// Part of a sum of weights that may be rounding.
pub(crate) const ROUNDING: f64 = 1e-9;

/// What happens at each value of a clock.
pub(crate) struct Tally {
    pub(crate) first: i64,
    pub(crate) at_risk: Vec<f64>,
    pub(crate) events: Vec<f64>,
    /// Spells at risk, whatever their weight.
    pub(crate) spells: Vec<f64>,
}

impl Basis {
    /// Of a duration, with a constant.
    pub(crate) fn of_duration(shape: &Shape, tally: &Tally) -> Result<Self> {
        match shape {
            Shape::Free | Shape::Intervals(_) => {
                let (level, names) = levels(shape, tally, |d, y| d > 0.0 && y - d > ROUNDING * y);
                let columns = (0..names.len()).map(Some).collect();
                Ok(Self::of_levels("time", level, columns, names))
            }
            _ => Self::smooth(shape, "time", tally, true),
        }
    }

    /// Of a further clock.
    pub(crate) fn of_clock(shape: &Shape, name: &str, tally: &Tally) -> Result<Self> {
        match shape {
            Shape::Free | Shape::Intervals(_) => {
                let (level, names) = levels(shape, tally, |_, y| y > 0.0);
                let columns = (0..names.len()).map(|level: usize| level.checked_sub(1)).collect();
                Ok(Self::of_levels(name, level, columns, names))
            }
            _ => Self::smooth(shape, name, tally, false),
        }
    }

    fn of_levels(term: &str, level: Vec<u32>, columns: Indicators, labels: Vec<String>) -> Self {
        let with = labels.iter().zip(&columns).filter(|(_, column)| column.is_some());
        let names = with.map(|(label, _)| format!("{term}={label}")).collect();
        let (term, n_levels) = (term.to_owned(), labels.len());
        let columns = Columns::Indicators(columns);
        Self { level, n_levels, columns, term, names, labels, knots: Vec::new() }
    }

    /// Whether each level has a parameter of its own.
    pub(crate) fn has_levels(&self) -> bool {
        matches!(self.columns, Columns::Indicators(_))
    }

    fn smooth(shape: &Shape, name: &str, tally: &Tally, constant: bool) -> Result<Self> {
        let values: Vec<f64> =
            (0..tally.at_risk.len()).map(|place| (tally.first + place as i64) as f64).collect();
        let mut names = Vec::new();
        let mut columns: Vec<Vec<f64>> = Vec::new();
        if constant {
            names.push("intercept".to_owned());
            columns.push(vec![1.0; values.len()]);
        }
        let inner = match shape {
            Shape::BSpline(df) => Some((*df).max(3) - 3),
            Shape::NaturalSpline(df) => Some((*df).max(1) - 1),
            _ => None,
        };
        let knots_of = |inner: usize| {
            let there = values.iter().copied().zip(tally.spells.iter().copied());
            let knots = quantile_knots(&there.filter(|of| of.1 > 0.0).collect::<Vec<_>>(), inner);
            let rise = |knots: &Vec<f64>| knots.windows(2).all(|pair| pair[0] < pair[1]);
            knots.filter(rise).ok_or_else(|| {
                Error::Discrete(DiscreteError::TooFewTimes {
                    clock: name.to_owned(),
                    needed: inner + 2,
                    found: values.len(),
                })
            })
        };
        let knots = inner.map(knots_of).transpose()?.unwrap_or_default();
        match shape {
            Shape::Polynomial(degree) => {
                for power in 1..=*degree {
                    let power = i32::try_from(power).unwrap_or(i32::MAX);
                    columns.push(values.iter().map(|value| value.powi(power)).collect());
                    names.push(if power == 1 {
                        name.to_owned()
                    } else {
                        format!("{name}^{power}")
                    });
                }
            }
            Shape::Logarithm => {
                if let Some(&time) = values.iter().find(|&&value| value <= 0.0) {
                    return Err(Error::LogTime { time });
                }
                columns.push(values.iter().map(|value| value.ln()).collect());
                names.push(format!("log({name})"));
            }
            Shape::BSpline(df) => {
                let df = (*df).max(3);
                let splines = b_splines(&values, &knots, 3);
                names.extend((1..=df).map(|i| format!("bs({name},{df}){i}")));
                columns.extend(splines.into_iter().skip(1));
            }
            Shape::NaturalSpline(df) => {
                let df = (*df).max(1);
                names.extend((1..=df).map(|i| format!("ns({name},{df}){i}")));
                columns.extend(natural_splines(&values, &knots));
            }
            Shape::Free | Shape::Intervals(_) => {}
        }
        let matrix = DMatrix::from_fn(values.len(), columns.len(), |row, k| columns[k][row]);
        let (needed, found) = (columns.len() + usize::from(!constant), values.len());
        let few = || {
            Error::Discrete(DiscreteError::TooFewTimes { clock: name.to_owned(), needed, found })
        };
        let columns = Columns::Orthogonal(Orthogonal::new(matrix, constant).ok_or_else(few)?);
        let (level, n_levels) = ((0..values.len() as u32).collect(), values.len());
        let (term, labels) = (name.to_owned(), Vec::new());
        Ok(Self { level, n_levels, columns, term, names, labels, knots })
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.names.len()
    }

    /// The function of the levels that coefficients make.
    pub(crate) fn function(&self, coefficients: &[f64]) -> Vec<f64> {
        match &self.columns {
            Columns::Indicators(columns) => {
                columns.iter().map(|column| column.map_or(0.0, |k| coefficients[k])).collect()
            }
            Columns::Orthogonal(of) => {
                (&of.columns * DVector::from_column_slice(coefficients)).as_slice().to_vec()
            }
        }
    }

    /// The rows of a matrix by level, gathered into rows by column.
    pub(crate) fn gather(&self, by_level: &DMatrix<f64>) -> DMatrix<f64> {
        match &self.columns {
            Columns::Indicators(columns) => {
                let mut gathered = DMatrix::zeros(self.n_columns(), by_level.ncols());
                for (level, column) in columns.iter().enumerate() {
                    if let Some(k) = column {
                        gathered.row_mut(*k).copy_from(&by_level.row(level));
                    }
                }
                gathered
            }
            Columns::Orthogonal(of) => of.columns.tr_mul(by_level),
        }
    }

    /// The sum over levels of weights times squares of the columns.
    pub(crate) fn square(&self, weight: &[f64]) -> DMatrix<f64> {
        match &self.columns {
            Columns::Indicators(columns) => {
                let mut square = DMatrix::zeros(self.n_columns(), self.n_columns());
                for (column, weight) in columns.iter().zip(weight) {
                    if let Some(k) = column {
                        square[(*k, *k)] += weight;
                    }
                }
                square
            }
            Columns::Orthogonal(of) => {
                let scaled = DMatrix::from_fn(of.columns.nrows(), of.columns.ncols(), |row, k| {
                    weight[row] * of.columns[(row, k)]
                });
                of.columns.tr_mul(&scaled)
            }
        }
    }

    /// Adds `times` the columns at a level.
    pub(crate) fn add(&self, level: usize, times: f64, to: &mut [f64]) {
        match &self.columns {
            Columns::Indicators(columns) => {
                if let Some(k) = columns[level] {
                    to[k] += times;
                }
            }
            Columns::Orthogonal(of) => {
                for (to, value) in to.iter_mut().zip(of.columns.row(level).iter()) {
                    *to += times * value;
                }
            }
        }
    }

    /// The triangle that turns coefficients by name into those of the columns.
    pub(crate) fn triangle(&self) -> DMatrix<f64> {
        match &self.columns {
            Columns::Indicators(_) => DMatrix::identity(self.n_columns(), self.n_columns()),
            Columns::Orthogonal(of) => of.triangle.clone(),
        }
    }

    /// What was taken from the columns by their names.
    pub(crate) fn shift(&self) -> Vec<f64> {
        match &self.columns {
            Columns::Indicators(_) => vec![0.0; self.n_columns()],
            Columns::Orthogonal(of) => of.shift.clone(),
        }
    }

    /// Coefficients (by name) of the constant 1.
    pub(crate) fn constant(&self) -> Vec<f64> {
        let mut constant = vec![0.0; self.n_columns()];
        match &self.columns {
            Columns::Indicators(_) => constant.fill(1.0),
            Columns::Orthogonal(_) => constant[0] = 1.0,
        }
        constant
    }
}

/// Levels of the values that matter, and their labels.
fn levels(
    shape: &Shape,
    tally: &Tally,
    matters: impl Fn(f64, f64) -> bool,
) -> (Vec<u32>, Vec<String>) {
    let n = tally.at_risk.len();
    let value = |place: usize| tally.first + place as i64;
    let mut cuts: Vec<i64> = match shape {
        Shape::Intervals(cuts) => cuts.clone(),
        _ => (0..n).map(value).collect(),
    };
    cuts.sort_unstable();
    cuts.dedup();
    let interval = |place: usize| cuts.partition_point(|&cut| cut <= value(place));
    let (mut level, mut names) = (vec![NONE; n], Vec::new());
    let places: Vec<usize> = (0..n).collect();
    for of in places.chunk_by(|&a, &b| interval(a) == interval(b)) {
        let sum = |column: &[f64]| of.iter().map(|&place| column[place]).sum::<f64>();
        if !matters(sum(&tally.events), sum(&tally.at_risk)) {
            continue;
        }
        let (low, high) = (value(of[0]), value(of[of.len() - 1]));
        for &place in of {
            level[place] = names.len() as u32;
        }
        names.push(if low == high { low.to_string() } else { format!("{low}-{high}") });
    }
    (level, names)
}

impl Orthogonal {
    /// Without a constant among them, the columns are made orthogonal to it too. `None` if they do not differ.
    fn new(mut columns: DMatrix<f64>, constant: bool) -> Option<Self> {
        let (n, k) = columns.shape();
        let (mut triangle, mut shift) = (DMatrix::zeros(k, k), vec![0.0; k]);
        for column in 0..k {
            let before = columns.column(column).norm();
            let mut next = columns.column(column).into_owned();
            // Twice, so that rounding leaves nothing of the columns before.
            for _ in 0..2 {
                if !constant {
                    let mean = next.mean();
                    next.add_scalar_mut(-mean);
                    shift[column] += mean;
                }
                for earlier in 0..column {
                    let part = columns.column(earlier).dot(&next) / n as f64;
                    next.axpy(-part, &columns.column(earlier), 1.0);
                    triangle[(earlier, column)] += part;
                }
            }
            let size = next.norm();
            if n == 0 || size.is_nan() || size <= 1e-10 * before {
                return None;
            }
            let size = size / (n as f64).sqrt();
            triangle[(column, column)] = size;
            columns.set_column(column, &(next / size));
        }
        Some(Self { columns, triangle, shift })
    }
}
