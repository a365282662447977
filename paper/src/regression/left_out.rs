//! Columns that a fit left out, and new rows that it knows nothing of.

use std::collections::BTreeSet;

use afgang_models::{Collinear, Profile};

use super::fits::Fits;
use super::{Data, RegressionError, discrete};

/// Columns left out of some fits because others determine them, which they need not do in a new row.
pub(super) struct LeftOut(Vec<Column>);

struct Column {
    name: String,
    place: usize,
    /// Columns that determine it, with their factors.
    with: Vec<(String, usize, f64)>,
    /// By stratum: the smallest and the largest difference of the two in the data, and the largest size of a part.
    differences: Vec<[f64; 3]>,
}

/// Part of a difference that may be rounding.
const ROUNDING: f64 = 1e-6;

impl LeftOut {
    /// Of models by cause.
    pub(super) fn of(data: &Data<'_>, fits: &Fits) -> Self {
        let collinear: Vec<&Collinear> = match fits {
            Fits::Cox(fits) => fits.iter().flat_map(|(_, fit)| &fit.collinear).collect(),
            Fits::AllCox(fits) => fits.causes.iter().flat_map(|fit| &fit.collinear).collect(),
            Fits::FineGray(fits) => fits.iter().flat_map(|(_, fit)| &fit.collinear).collect(),
            Fits::Discrete(discrete::Fits::Together(fit)) => fit.collinear.iter().collect(),
            Fits::Discrete(discrete::Fits::Each(fits)) => {
                fits.iter().flat_map(|(_, fit)| &fit.collinear).collect()
            }
            Fits::Logistic(fits) => fits.iter().flat_map(|(_, fit)| &fit.collinear).collect(),
            Fits::Transitions(fits) => fits.fits.iter().flat_map(|fit| &fit.collinear).collect(),
        };
        Self::new(data, collinear)
    }

    /// Of these columns.
    pub(super) fn new<'of>(
        data: &Data<'_>,
        collinear: impl IntoIterator<Item = &'of Collinear>,
    ) -> Self {
        let place = |name: &str| data.design.column_names().iter().position(|of| of == name);
        let mut columns: Vec<Column> = Vec::new();
        for of in collinear {
            let with: Option<Vec<_>> =
                of.with.iter().map(|(name, by)| Some((name.clone(), place(name)?, *by))).collect();
            // What goes with a clock is another matter.
            let (Some(place), Some(with)) = (place(&of.column), with) else { continue };
            let none = [f64::INFINITY, f64::NEG_INFINITY, 0.0];
            let differences = vec![none; data.design.strata_names().len()];
            columns.push(Column { name: of.column.clone(), place, with, differences });
        }
        if columns.is_empty() {
            return Self(columns);
        }
        let (patterns, strata) = (data.design.patterns(), data.design.strata());
        let mut seen = BTreeSet::new();
        for row in 0..data.rows.len() {
            let new =
                data.spells.weights().of(row) > 0.0 && seen.insert((strata[row], patterns[row]));
            let Some(x) = new.then(|| data.design.row(row)).flatten() else { continue };
            for column in &mut columns {
                let (difference, size) = column.difference(&x);
                let [low, high, largest] = &mut column.differences[strata[row] as usize];
                *low = low.min(difference);
                *high = high.max(difference);
                *largest = largest.max(size);
            }
        }
        Self(columns)
    }

    /// The error of a new row that the data of the fit do not tell anything of.
    pub(super) fn refused(&self, row: usize, profile: &Profile) -> Option<RegressionError> {
        let found = self.0.iter().find(|column| {
            let (difference, size) = column.difference(profile.covariates());
            let [low, high, largest] = column.differences[profile.stratum()];
            let least = ROUNDING * size.max(largest);
            // A stratum without rows has no baseline either.
            low <= high && !(low - least..=high + least).contains(&difference)
        })?;
        Some(RegressionError::NotInData {
            row: row + 1,
            column: found.name.clone(),
            with: found.with.iter().map(|of| of.0.clone()).collect(),
        })
    }
}

impl Column {
    /// What the column is beyond those that determine it, and the largest of their parts.
    fn difference(&self, x: &[f64]) -> (f64, f64) {
        let own = x[self.place];
        self.with.iter().fold((own, own.abs()), |(difference, size), &(_, place, by)| {
            (difference - by * x[place], size.max((by * x[place]).abs()))
        })
    }
}
