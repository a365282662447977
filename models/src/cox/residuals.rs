//! Residuals, one for each row or each event.

use ndarray::Array2;

use super::error::TiesError;
use super::fit::CoxFit;
use super::index::NONE;
use super::influence::Influence;
use super::risk_sets::Cell;
use super::ties::Ties;
use crate::error::{Error, Result};

/// Schoenfeld residuals, by stratum and time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Schoenfeld {
    /// Row of the input of each event.
    pub row: Vec<usize>,
    /// Stratum of each event.
    pub stratum: Vec<usize>,
    /// Time of each event.
    pub time: Vec<f64>,
    /// Events by coefficients: $x_i - \bar x(t_i)$.
    pub residuals: Array2<f64>,
    /// Events by coefficients: $\hat\beta + d\\,V (x_i - \bar x(t_i))$ with the number of events $d$ and the inverse information
    /// $V$. Its trend over time is that of the coefficient (Grambsch and Therneau 1994).
    pub scaled: Array2<f64>,
}

impl CoxFit {
    /// Martingale residuals by row: events less what was expected,
    /// $\hat M_i = \delta_i - \int_{(e_i, T_i]} e^{\eta_i}\\,\mathrm{d}\hat\Lambda(t)$.
    ///
    /// With Efron's ties an event is spared its part of the hazard of its own time, as the likelihood has it. Exact ties
    /// have Breslow's hazard. Rows of weight 0 have residual 0. Add up the rows of a person.
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Spells};
    ///
    /// // Without covariates: 1 - 1/3, and - 1/3 - 1/2 for whoever stays through the events at 1 and 2.
    /// let spells = Spells::new(1, vec![1.0, 2.0, 3.0], vec![Some(0), Some(0), None])?;
    /// let fit = Cox::new().fit(&spells, &Design::builder().rows(3).build()?)?;
    /// let residuals = fit.martingale_residuals();
    /// assert!((residuals[0] - 2.0 / 3.0).abs() < 1e-15);
    /// assert!((residuals[2] + 5.0 / 6.0).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn martingale_residuals(&self) -> Vec<f64> {
        let of = Influence::new(&self.model.likelihood, &self.model.beta);
        self.by_row(|cell| of.martingale(cell))
    }

    /// Deviance residuals by row, $\mathrm{sign}(\hat M_i) \sqrt{-2 (\hat M_i + \delta_i \log(\delta_i - \hat M_i))}$: martingale residuals
    /// made more symmetric (Therneau, Grambsch and Fleming 1990).
    pub fn deviance_residuals(&self) -> Vec<f64> {
        let of = Influence::new(&self.model.likelihood, &self.model.beta);
        self.by_row(|cell| {
            let residual = of.martingale(cell);
            let log = if cell.event { (1.0 - residual).ln() } else { 0.0 };
            residual.signum() * (-2.0 * (residual + log)).max(0.0).sqrt()
        })
    }

    /// Score residuals, rows by coefficients: $U_i = \int (x_i - \bar x(t))\\,\mathrm{d}\hat M_i(t)$. Times the weights they add up
    /// to the score, which is 0.
    ///
    /// # Errors
    ///
    /// [`TiesError::ExactTies`].
    pub fn score_residuals(&self) -> Result<Array2<f64>> {
        let (kept, scale) = (&self.model.kept, &self.model.likelihood.x.scale);
        self.by_cell(|score| kept.iter().map(|&k| score[k] * scale[k]).collect())
    }

    /// What each row moves the coefficients by: rows by coefficients, $V U_i$ with the inverse information $V$.
    ///
    /// This is the derivative of the estimate by the row's weight; leaving the row out moves it by about minus its weight
    /// times that, which is R's `dfbeta`. The covariance by influence is the sum over persons of the squares of their
    /// weighted sums.
    ///
    /// # Errors
    ///
    /// [`TiesError::ExactTies`].
    pub fn dfbeta(&self) -> Result<Array2<f64>> {
        let (kept, scale) = (&self.model.kept, &self.model.likelihood.x.scale);
        let inverse = &self.model_covariance;
        self.by_cell(|score| {
            let u: Vec<f64> = kept.iter().map(|&k| score[k] * scale[k]).collect();
            inverse.rows().into_iter().map(|v| v.iter().zip(&u).map(|(v, u)| v * u).sum()).collect()
        })
    }

    /// Schoenfeld residuals of the events of positive weight, and scaled ones.
    ///
    /// # Errors
    ///
    /// [`TiesError::ExactTies`].
    pub fn schoenfeld_residuals(&self) -> Result<Schoenfeld> {
        self.refuse_exact("a Schoenfeld residual")?;
        let (model, sets) = (&self.model, &self.model.likelihood.sets);
        let (p, scale) = (model.likelihood.x.n_columns(), &model.likelihood.x.scale);
        let of = Influence::new(&model.likelihood, &model.beta);
        let is_event =
            |(_, cell): &(usize, &u32)| **cell != NONE && sets.cells[**cell as usize].event;
        let events = sets.of_row.iter().enumerate().filter(is_event);
        let mut events: Vec<(usize, &Cell)> =
            events.map(|(row, &cell)| (row, &sets.cells[cell as usize])).collect();
        events.sort_by_key(|(row, cell)| (cell.last, *row));
        let mut residuals = Array2::zeros((events.len(), model.kept.len()));
        for (mut residual, (_, cell)) in residuals.rows_mut().into_iter().zip(&events) {
            let mut x = vec![0.0; p];
            for (column, value) in model.likelihood.x.rows.row(cell.pattern as usize) {
                x[column] = value;
            }
            let means = &of.means[(cell.last as usize - 1) * p..];
            for (residual, &k) in residual.iter_mut().zip(&model.kept) {
                *residual = (x[k] - means[k]) * scale[k];
            }
        }
        let mut scaled = residuals.dot(&self.model_covariance) * self.counts.events;
        for mut row in scaled.rows_mut() {
            for (value, of) in row.iter_mut().zip(&self.coefficients) {
                *value += of.estimate.estimate;
            }
        }
        Ok(Schoenfeld {
            row: events.iter().map(|(row, _)| *row).collect(),
            stratum: events.iter().map(|(_, cell)| cell.stratum as usize).collect(),
            time: events.iter().map(|(_, cell)| sets.times[cell.last as usize - 1]).collect(),
            residuals,
            scaled,
        })
    }

    pub(crate) fn refuse_exact(&self, what: &'static str) -> Result<()> {
        if self.ties == Ties::Exact {
            Err(Error::Ties(TiesError::ExactTies { what }))
        } else {
            Ok(())
        }
    }

    fn by_row(&self, value: impl Fn(&Cell) -> f64) -> Vec<f64> {
        let sets = &self.model.likelihood.sets;
        let of_cells: Vec<f64> = sets.cells.iter().map(value).collect();
        let of_row = |&cell: &u32| if cell == NONE { 0.0 } else { of_cells[cell as usize] };
        sets.of_row.iter().map(of_row).collect()
    }

    fn by_cell(&self, value: impl Fn(&[f64]) -> Vec<f64>) -> Result<Array2<f64>> {
        self.refuse_exact("a score residual")?;
        let (model, sets) = (&self.model, &self.model.likelihood.sets);
        let of = Influence::new(&model.likelihood, &model.beta);
        let mut residuals = Array2::zeros((sets.of_row.len(), model.kept.len()));
        let mut score = vec![0.0; model.likelihood.x.n_columns()];
        for (mut row, &cell) in residuals.rows_mut().into_iter().zip(&sets.of_row) {
            if cell == NONE {
                continue;
            }
            score.fill(0.0);
            of.add_score(&sets.cells[cell as usize], 1.0, &mut score);
            for (residual, value) in row.iter_mut().zip(value(&score)) {
                *residual = value;
            }
        }
        Ok(residuals)
    }
}
