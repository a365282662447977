//! Clocks beside the duration.

use super::lines::whole;
use super::shape::Shape;
use crate::error::{Error, Result};

/// A clock beside the duration: its value at time $t$ is a row's start plus $t$.
///
/// Calendar time has the month before the first one at risk as start; the age in months has the age then.
///
/// ```
/// use afgang_models::{Clock, Design, DiscreteHazard, Shape, Spells};
///
/// // In month 1 one of four leaves in January and two of four in February. Whoever stays is seen no longer.
/// let cause = [1, 0, 0, 0, 1, 1, 0, 0].map(|event| (event == 1).then_some(0));
/// let spells = Spells::new(1, vec![1.0; 8], cause.to_vec())?;
/// let month = Clock::new("month", vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
/// let design = Design::builder().rows(8).build()?;
/// let fit = DiscreteHazard::new().clock(month).fit(&spells, &design)?;
/// let february = &fit.exits[0].coefficients[0];
/// assert_eq!(february.column, "month=2");
/// assert!((february.estimate.estimate - 3.0_f64.ln()).abs() < 1e-12); // odds 1 to 1/3
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Clock {
    pub(crate) name: String,
    starts: Vec<f64>,
    pub(crate) shape: Shape,
}

impl Clock {
    /// With one parameter a value but the first. Starts are whole numbers, one a row.
    pub fn new(name: impl Into<String>, starts: Vec<f64>) -> Self {
        Self { name: name.into(), starts, shape: Shape::Free }
    }

    /// Another shape.
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// The least start of some rows.
    pub(crate) fn first(&self, rows: &[usize]) -> i64 {
        rows.iter().map(|&row| self.starts[row] as i64).min().unwrap_or(0)
    }

    /// Starts of some rows less the least of them; 0 for others.
    pub(crate) fn places(&self, n: usize, rows: &[usize]) -> Result<Vec<u32>> {
        let found = self.starts.len();
        if found != n {
            return Err(Error::ColumnLength { column: self.name.clone(), found, expected: n });
        }
        for &row in rows {
            whole(&self.name, row, self.starts[row])?;
        }
        let (first, mut places) = (self.first(rows), vec![0; n]);
        for &row in rows {
            places[row] = (self.starts[row] as i64 - first) as u32;
        }
        Ok(places)
    }
}
