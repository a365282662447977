//! Tables and figures from the panel of job centres.

mod correlation;
mod distribution;
mod means;
mod regression;
mod yearly;

use super::asked::Asked;
use super::centres::{JobCentres, Rules};
use super::error::AccountsError;
use crate::labels::Lang;
use crate::output::Built;
use crate::study::Output;

/// What the makers of outputs share.
#[derive(Debug, Clone, Copy)]
struct Context<'s> {
    output: &'s Output,
    centres: &'s JobCentres,
    rules: &'s Rules,
    lang: Lang,
}

impl Context<'_> {
    fn title(&self) -> String {
        crate::output::title(self.output, self.lang)
    }

    fn note(&self) -> String {
        self.output.note_in(self.lang)
    }

    /// A variable by job centre and year; missing numbers for a name that the panel does not have.
    fn variable(&self, name: &str) -> Vec<f64> {
        self.centres.variable(name).unwrap_or_else(|| vec![f64::NAN; self.centres.cells()])
    }

    fn refused(&self, error: afgang_models::Error) -> AccountsError {
        AccountsError::Estimator { output: self.output.id.clone(), error }
    }
}

/// Turns the panel into the table of an output and, if it is a figure, its chart.
///
/// # Errors
///
/// [`AccountsError::Estimator`] if an estimator refuses.
pub fn build(
    output: &Output,
    asked: &Asked,
    centres: &JobCentres,
    rules: &Rules,
    lang: Lang,
) -> Result<Built, AccountsError> {
    let context = Context { output, centres, rules, lang };
    match asked {
        Asked::Yearly { quantity, rows, years, drawn, unit } => {
            Ok(yearly::build(context, *quantity, rows, years, *drawn, unit))
        }
        Asked::Correlations { outcomes, variables, years } => {
            correlation::build(context, outcomes, variables, years)
        }
        Asked::Regression(models) => regression::coefficients(context, models),
        Asked::RegressionFit { models, .. } => regression::fit(context, models),
        Asked::Quantiles { variable, years, definition, unit } => {
            distribution::quantiles(context, variable, years, *definition, unit)
        }
        Asked::Histogram { variable, years, limits } => {
            Ok(distribution::histogram(context, variable, years, limits))
        }
        Asked::GroupMeans { variable, by, names, years, unit } => {
            Ok(means::build(context, variable, by, names, years, unit))
        }
        Asked::Ranking { variable, years, unit } => {
            Ok(distribution::ranking(context, variable, years, unit))
        }
    }
}
