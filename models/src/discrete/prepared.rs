//! What is settled before the maximum is looked for.

use super::error::DiscreteError;
use super::likelihood::Likelihood;
use super::{DiscreteHazard, Information};
use crate::cox::collinear::{Collinear, OnCollinear};
use crate::cox::fit::Observed;
use crate::cox::index::NONE;
use crate::cox::newton::{Maximum, Names, maximise};
use crate::design::Design;
use crate::error::{Error, Result};

/// The model of the duration alone, and which coefficients there are beside it.
pub(crate) struct Prepared {
    /// Names of the coefficients of an exit,
    pub(crate) of_exit: Names,
    /// and of all.
    pub(crate) names: Names,
    /// Events by exit.
    pub(crate) observed: Vec<Observed>,
    pub(crate) null: Maximum,
    pub(crate) collinear: Vec<Collinear>,
    /// Places of the coefficients kept of covariates and further clocks.
    pub(crate) others: Vec<usize>,
    /// Places of all coefficients kept.
    pub(crate) kept: Vec<usize>,
}

impl Prepared {
    /// Refuses levels without events if `every_level`.
    pub(crate) fn new(
        spec: &DiscreteHazard,
        likelihood: &Likelihood,
        design: &Design,
        every_level: bool,
    ) -> Result<Self> {
        let n_exits = likelihood.n_exits;
        let several = |exit: usize, error: Error| match n_exits {
            1 => error,
            _ => Error::OfCause { cause: exit, error: Box::new(error) },
        };
        let observed: Vec<Observed> =
            (0..n_exits).map(|exit| observed(likelihood, design, exit)).collect();
        for (exit, of) in observed.iter().enumerate() {
            if of.spells == 0.0 {
                let outcomes = likelihood.lines.outcomes.iter();
                let events: f64 =
                    outcomes.filter(|o| o.exit as usize == exit).map(|o| o.spells).sum();
                let spells = likelihood.lines.of_row.iter().filter(|&&of| of != NONE).count();
                return Err(several(
                    exit,
                    if events > 0.0 {
                        DiscreteError::NothingTold { events }.into()
                    } else {
                        Error::NoEvents { spells }
                    },
                ));
            }
        }
        let of_exit = likelihood.names(design);
        let names = likelihood.names_of_exits(&of_exit);
        let duration = likelihood.of_duration();
        let start = likelihood.start();
        let at = likelihood.evaluate_with(Information::Observed, &start);
        let at = at.ok_or(Error::RiskOverflow)?;
        let null = maximise(likelihood, (start, at), &duration, spec.limits, &names)?;
        let total: f64 = observed.iter().map(|of| of.total).sum();
        let independent = likelihood.independent(&null.evaluation, &duration, 1e-12 * total);
        let kept = independent.ok_or_else(|| Error::SingularInformation {
            columns: duration.iter().map(|&k| names.columns[k].clone()).collect(),
            iteration: 0,
        })?;
        let collinear = likelihood.left_out(&kept, &of_exit)?;
        if let (OnCollinear::Refuse, Some(first)) = (spec.on_collinear, collinear.first()) {
            let with = first.with.iter().map(|(column, _)| column.clone()).collect();
            return Err(Error::CollinearColumn { column: first.column.clone(), with });
        }
        for (exit, of) in observed.iter().enumerate().filter(|_| every_level) {
            let levels = likelihood.every_level(exit, &kept.columns);
            let covariates = kept.columns.partition_point(|&column| column < design.n_columns());
            of.every_level(design, &kept.columns[..covariates])
                .and(levels)
                .map_err(|error| several(exit, error))?;
        }
        let others = likelihood.in_all_exits(&kept.columns);
        let mut kept: Vec<usize> = duration.iter().chain(&others).copied().collect();
        kept.sort_unstable();
        Ok(Self { of_exit, names, observed, null, collinear, others, kept })
    }
}

/// Events of an exit where they tell something about the coefficients.
fn observed(of: &Likelihood, design: &Design, exit: usize) -> Observed {
    let told = |last: u32| of.bases[0].level[last as usize - 1] != NONE;
    let events = of.lines.outcomes.iter().filter(|o| o.exit as usize == exit && told(o.last));
    let events = events.map(|o| (of.lines.all[o.line as usize].pattern, o.weight, o.spells));
    Observed::new(&of.x.rows, design.n_columns(), events)
}
