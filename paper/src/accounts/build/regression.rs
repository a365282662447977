//! Regressions with effects of job centres and indicators of years.

use std::ops::RangeInclusive;

use afgang_models::{
    Design, Factor, FixedEffects, Panel, PanelCoefficient, PanelFit, variance_inflation,
};

use super::Context;
use crate::accounts::{AccountsError, Models};
use crate::output::Built;
use crate::regression_table::Stars;
use crate::table::Table;

/// One regression.
struct Fitted {
    period: String,
    outcome: String,
    /// Regressors, then indicators of years.
    terms: Vec<String>,
    fit: PanelFit,
    max_vif: f64,
}

/// `period, outcome, term, coefficient, standard_error, stars, p_value`; the constant comes last.
pub(super) fn coefficients(context: Context<'_>, models: &Models) -> Result<Built, AccountsError> {
    let (mut keys, mut numbers) = (Vec::new(), Vec::new());
    for fitted in fit_all(context, models)? {
        let found = |term: &String| fitted.fit.coefficient(term);
        let slopes = fitted.terms.iter().map(|term| (term.as_str(), found(term)));
        for (term, coefficient) in slopes.chain([("constant", fitted.fit.constant.as_ref())]) {
            keys.push((fitted.period.clone(), fitted.outcome.clone(), term.to_owned()));
            numbers.push(coefficient.map_or([f64::NAN; 3], |found: &PanelCoefficient| {
                [found.estimate.estimate, found.estimate.std_error, found.p_value]
            }));
        }
    }
    let stars = Stars::default();
    let table = Table::new()
        .text("period", keys.iter().map(|(period, _, _)| period.as_str()))
        .text("outcome", keys.iter().map(|(_, outcome, _)| outcome.as_str()))
        .text("term", keys.iter().map(|(_, _, term)| term.as_str()))
        .number("coefficient", numbers.iter().map(|[coefficient, ..]| *coefficient))
        .number("standard_error", numbers.iter().map(|[_, error, _]| *error))
        .text("stars", numbers.iter().map(|[.., p]| stars.of(*p)))
        .number("p_value", numbers.iter().map(|[.., p]| *p))
        .note("convention", models.convention.name().into());
    Ok(Built::table(table))
}

/// `period, outcome, observations, job_centres, adj_r2, max_vif`, then what else readers ask for.
pub(super) fn fit(context: Context<'_>, models: &Models) -> Result<Built, AccountsError> {
    let all = fit_all(context, models)?;
    let table = Table::new()
        .text("period", all.iter().map(|fitted| fitted.period.as_str()))
        .text("outcome", all.iter().map(|fitted| fitted.outcome.as_str()))
        .whole("observations", all.iter().map(|fitted| fitted.fit.counts.rows as i64))
        .whole("job_centres", all.iter().map(|fitted| fitted.fit.counts.units as i64))
        .number(
            "adj_r2",
            all.iter().map(|fitted| fitted.fit.r_squared.adjusted.unwrap_or(f64::NAN)),
        )
        .number("max_vif", all.iter().map(|fitted| fitted.max_vif))
        .number("r2_within", all.iter().map(|fitted| fitted.fit.r_squared.within))
        .whole("residual_df", all.iter().map(|fitted| fitted.fit.counts.residual_df as i64))
        .text("convention", all.iter().map(|_| models.convention.name()));
    Ok(Built::table(table))
}

fn fit_all(context: Context<'_>, models: &Models) -> Result<Vec<Fitted>, AccountsError> {
    let mut all = Vec::new();
    for period in &models.periods {
        let (panel, terms) =
            panel(context, models, period).map_err(|error| context.refused(error))?;
        let vif = variance_inflation(&panel, false).map_err(|error| context.refused(error))?;
        let max_vif = vif.into_iter().fold(f64::NAN, f64::max);
        for outcome in &models.outcomes {
            let values = context.variable(outcome);
            let cells = context.centres.cells_in(period);
            let y: Vec<f64> = cells.iter().map(|&(_, _, cell)| values[cell]).collect();
            let fit = panel
                .clone()
                .with_outcome(&y)
                .and_then(|panel| FixedEffects::units().convention(models.convention).fit(&panel))
                .map_err(|error| context.refused(error))?;
            let period = format!("{}-{}", period.start(), period.end());
            if let Some(collinear) = fit.collinear.first() {
                let with: Vec<String> =
                    collinear.with.iter().map(|(name, _)| format!("`{name}`")).collect();
                return Err(AccountsError::Collinear {
                    output: context.output.id.clone(),
                    term: collinear.column.clone(),
                    why: if with.is_empty() {
                        "does not vary within job centres".to_owned()
                    } else {
                        format!("is determined by {}", with.join(", "))
                    },
                    period,
                });
            }
            all.push(Fitted {
                period,
                outcome: outcome.clone(),
                terms: terms.clone(),
                fit,
                max_vif,
            });
        }
    }
    Ok(all)
}

/// The regressors of a period with indicators of its years after the first.
fn panel(
    context: Context<'_>,
    models: &Models,
    period: &RangeInclusive<i32>,
) -> Result<(Panel, Vec<String>), afgang_models::Error> {
    let cells = context.centres.cells_in(period);
    let mut terms = Vec::new();
    let mut design = Design::builder();
    for name in &models.regressors {
        let values = context.variable(name);
        design = design.numeric(name, cells.iter().map(|&(_, _, cell)| values[cell]).collect());
        terms.push(name.clone());
    }
    for year in period.clone().skip(1) {
        let name = format!("year_{year}");
        let of_year = cells.iter().map(|&(_, own, _)| f64::from(u8::from(own == year)));
        design = design.numeric(&name, of_year.collect());
        terms.push(name);
    }
    let names: Vec<&str> =
        cells.iter().map(|&(centre, _, _)| context.centres.names[centre].as_str()).collect();
    let years: Vec<i64> = cells.iter().map(|&(_, year, _)| i64::from(year)).collect();
    let panel =
        Panel::new(&vec![0.0; cells.len()], &design.build()?, &Factor::new(&names), &years)?;
    Ok((panel.with_names("job centre", "year"), terms))
}
