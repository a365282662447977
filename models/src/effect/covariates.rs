//! Covariates by pattern, and regressions on them.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::error::EffectError;
use crate::cox::OnCollinear;
use crate::cox::collinear::independent_columns;
use crate::design::Design;
use crate::error::{Error, Result};
use crate::logistic::{Logistic, Outcomes};
use crate::spells::Weights;

/// A column whose deviations are this small a part of its values is constant.
const CONSTANT: f64 = 1e-10;

/// Columns of a design by pattern, centred and scaled, behind a column of ones; without those that others determine.
pub(super) struct Covariates {
    pub(super) names: Vec<String>,
    /// Patterns by columns, the ones first.
    pub(super) rows: DMatrix<f64>,
    /// Pattern of each row of the input.
    pub(super) of_row: Vec<usize>,
}

/// A regression on the covariates.
pub(super) struct Regression {
    /// Fitted means by pattern.
    pub(super) mean: Vec<f64>,
    /// Their derivatives by the linear predictor.
    pub(super) slope: Vec<f64>,
    /// Coefficients of the centred and scaled columns, the intercept first.
    pub(super) coefficients: Vec<f64>,
    /// $\sum w \mu' z z^\top$; none where nothing varies.
    information: Option<Cholesky<f64, Dyn>>,
}

impl Regression {
    /// The information's inverse times a vector.
    pub(super) fn solve(&self, vector: &DVector<f64>) -> DVector<f64> {
        let none = || DVector::zeros(vector.len());
        self.information.as_ref().map_or_else(none, |information| information.solve(vector))
    }
}

/// Weights and weighted sums of what is regressed, by pattern.
pub(super) struct Sums {
    pub(super) weight: Vec<f64>,
    pub(super) sum: Vec<f64>,
}

impl Covariates {
    /// Of the rows with weight.
    pub(super) fn new(design: &Design, rows: impl Iterator<Item = usize>) -> Self {
        let of_row: Vec<usize> =
            design.patterns().iter().map(|&pattern| pattern as usize).collect();
        let mut counts = vec![0.0; design.n_patterns()];
        let mut n = 0.0;
        for row in rows {
            counts[of_row[row]] += 1.0;
            n += 1.0;
        }
        let mut matrix = design.matrix();
        let mut least = Vec::new();
        for mut column in matrix.columns_mut() {
            let products = column.iter().zip(&counts).map(|(x, count)| count * x);
            let mean = products.sum::<f64>() / n;
            let largest = column.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
            column -= mean;
            least.push(n * (CONSTANT * largest).powi(2));
        }
        let k = matrix.ncols();
        let product = |a: usize, b: usize| {
            (0..counts.len()).map(|at| counts[at] * matrix[(at, a)] * matrix[(at, b)]).sum::<f64>()
        };
        let mut products = DMatrix::zeros(k, k);
        for a in 0..k {
            for b in a..k {
                products[(a, b)] = product(a, b);
                products[(b, a)] = products[(a, b)];
            }
        }
        let kept = independent_columns(&products, &least).columns;
        let scale: Vec<f64> = kept.iter().map(|&k| (products[(k, k)] / n).sqrt()).collect();
        let value = |at: usize, column: usize| match column {
            0 => 1.0,
            _ => matrix[(at, kept[column - 1])] / scale[column - 1],
        };
        Self {
            names: kept.iter().map(|&column| design.column_names()[column].clone()).collect(),
            rows: DMatrix::from_fn(counts.len(), kept.len() + 1, value),
            of_row,
        }
    }

    /// Number of patterns.
    pub(super) fn n_patterns(&self) -> usize {
        self.rows.nrows()
    }

    /// Number of columns, the ones included.
    pub(super) fn width(&self) -> usize {
        self.rows.ncols()
    }

    /// A vector over the columns times each pattern's row.
    pub(super) fn times(&self, vector: &DVector<f64>) -> DVector<f64> {
        &self.rows * vector
    }

    /// Sums by pattern, `of` a row being its weight and the value.
    pub(super) fn sums(&self, rows: &[usize], of: impl Fn(usize) -> (f64, f64)) -> Sums {
        let mut sums =
            Sums { weight: vec![0.0; self.n_patterns()], sum: vec![0.0; self.n_patterns()] };
        for &row in rows {
            let ((weight, value), pattern) = (of(row), self.of_row[row]);
            sums.weight[pattern] += weight;
            sums.sum[pattern] += weight * value;
        }
        sums
    }

    /// $\sum_p f_p z_p$.
    pub(super) fn sum(&self, factors: &[f64]) -> DVector<f64> {
        self.rows.tr_mul(&DVector::from_column_slice(factors))
    }

    /// $\sum_p f_p z_p z_p^\top$.
    pub(super) fn squares(&self, factors: &[f64]) -> DMatrix<f64> {
        let mut scaled = self.rows.clone();
        for (mut row, &factor) in scaled.row_iter_mut().zip(factors) {
            row *= factor;
        }
        self.rows.tr_mul(&scaled)
    }

    /// Least squares.
    pub(super) fn linear(&self, of: &Sums) -> Result<Regression> {
        let products = self.squares(&of.weight);
        let total = products[(0, 0)];
        let kept = independent_columns(&products, &vec![CONSTANT.powi(2) * total; self.width()]);
        if let Some((column, with)) = kept.dropped.first() {
            let name = |column: usize| self.names[column - 1].clone();
            let with = with.iter().filter(|(column, _)| *column > 0).map(|(k, _)| name(*k));
            let with = with.collect();
            return Err(Error::CollinearColumn { column: name(*column), with });
        }
        let information = self.factored(&products)?;
        let coefficients = information.solve(&self.sum(&of.sum));
        let mean = self.times(&coefficients).as_slice().to_vec();
        Ok(Regression {
            slope: vec![1.0; mean.len()],
            mean,
            coefficients: coefficients.as_slice().to_vec(),
            information: Some(information),
        })
    }

    /// A logit of shares: of chances, or of other numbers from 0 to 1 as if they were chances (Papke and Wooldridge 1996).
    pub(super) fn logit(&self, of: &Sums) -> Result<Regression> {
        let (weight, sum): (f64, f64) = (of.weight.iter().sum(), of.sum.iter().sum());
        let all = of.sum.iter().zip(&of.weight).all(|(sum, weight)| sum >= weight);
        if sum <= 0.0 || all {
            // Nobody, or everybody: the mean is that for all covariates.
            let share = f64::from(u8::from(all && weight > 0.0));
            return Ok(Regression {
                mean: vec![share; self.n_patterns()],
                slope: vec![0.0; self.n_patterns()],
                coefficients: vec![f64::NAN; self.width()],
                information: None,
            });
        }
        // Each pattern is a row with the event and a row without.
        let (mut events, mut weights, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
        for (pattern, (&weight, &sum)) in of.weight.iter().zip(&of.sum).enumerate() {
            for (event, weight) in [(true, sum), (false, weight - sum)] {
                if weight > 0.0 {
                    events.push(event);
                    weights.push(weight);
                    patterns.push(pattern);
                }
            }
        }
        let mut design = Design::builder().rows(events.len());
        for (place, name) in self.names.iter().enumerate() {
            let values = patterns.iter().map(|&pattern| self.rows[(pattern, place + 1)]);
            design = design.numeric(name, values.collect());
        }
        let outcomes = Outcomes::new(&events)?.with_weights(Weights::Case(weights))?;
        let logistic = Logistic::new().on_collinear(OnCollinear::Refuse);
        let fit = logistic.fit(&outcomes, &design.build()?)?;
        let coefficients: Vec<f64> = fit.coefficients.iter().map(|c| c.estimate.estimate).collect();
        let predictors = self.times(&DVector::from_column_slice(&coefficients));
        let mean: Vec<f64> = predictors.iter().map(|eta| 1.0 / (1.0 + (-eta).exp())).collect();
        let slope: Vec<f64> = mean.iter().map(|p| p * (1.0 - p)).collect();
        let factors: Vec<f64> = slope.iter().zip(&of.weight).map(|(s, w)| s * w).collect();
        let information = Some(self.factored(&self.squares(&factors))?);
        Ok(Regression { mean, slope, coefficients, information })
    }

    fn factored(&self, information: &DMatrix<f64>) -> Result<Cholesky<f64, Dyn>> {
        Cholesky::new(information.clone())
            .ok_or_else(|| Error::SingularInformation { columns: self.names.clone(), iteration: 0 })
    }
}

/// The chance of being treated, and what weights come of it.
pub(super) struct Propensity {
    pub(super) regression: Regression,
}

impl Propensity {
    /// Of the rows with weight; refused where it comes nearer to 0 or 1 than the bound, for who is weighted by it.
    pub(super) fn fit(
        covariates: &Covariates,
        treated: &[bool],
        weights: &[f64],
        rows: &[usize],
        all: bool,
        bound: f64,
    ) -> Result<Self> {
        let sums = covariates.sums(rows, |row| (weights[row], f64::from(u8::from(treated[row]))));
        let propensity = |error| EffectError::Propensity { error: Box::new(error) };
        let regression = covariates.logit(&sums).map_err(propensity)?;
        for &row in rows {
            let pattern = covariates.of_row[row];
            let chance = regression.mean[pattern];
            let low = if all { chance.min(1.0 - chance) } else { 1.0 - chance };
            if low < bound && (all || !treated[row]) {
                let part = |k: &usize| {
                    (regression.coefficients[*k] * covariates.rows[(pattern, *k)]).abs()
                };
                let most = (1..covariates.width()).max_by(|a, b| part(a).total_cmp(&part(b)));
                let column = most.map_or_else(String::new, |k| covariates.names[k - 1].clone());
                let propensity = chance;
                return Err(EffectError::NoOverlap { row, propensity, bound, column }.into());
            }
        }
        Ok(Self { regression })
    }

    /// The weight of a person of an arm with a pattern, and its derivative by the linear predictor.
    pub(super) fn weight(&self, pattern: usize, treated: bool, all: bool) -> (f64, f64) {
        let chance = self.regression.mean[pattern];
        let odds = chance / (1.0 - chance);
        match (treated, all) {
            (true, true) => (1.0 / chance, -1.0 / odds),
            (false, true) => (1.0 / (1.0 - chance), odds),
            (true, false) => (1.0, 0.0),
            (false, false) => (odds, odds),
        }
    }
}
