//! Tests of restricted means and of times lost.

use afgang_models::{
    Contrast, Error, Estimate, JointEstimates, RestrictedMean, RestrictedMeans, equal_estimates,
};

use super::{Groups, Lines, Request};
use crate::rows::{DataError, EstimationError, Rows};
use crate::table::{Table, Values};

/// The table of the means: of time in, and with several causes of time lost to each.
pub(super) fn table(
    request: &Request,
    rows: &Rows,
    groups: &Groups,
    horizon: f64,
) -> Result<Table, EstimationError> {
    let spec = RestrictedMean::new(horizon).level(request.level);
    let means = Means::new(spec, groups)?;
    let mut lines = if request.pairwise {
        let names =
            ["difference", "std_error", "conf_low", "conf_high", "p_value", "p_holm", "p_bh"];
        Lines::new(2, &names)
    } else {
        let names =
            ["n", "estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value"];
        Lines::new(1, &names)
    };
    let several = rows.causes.len() > 1;
    let lost = rows.shown.iter().copied().filter(|_| several).map(Some);
    for cause in std::iter::once(None).chain(lost) {
        let (joint, estimates) = means.of(cause);
        if let Some(group) =
            estimates.iter().position(|e| e.std_error.is_nan() || e.std_error <= 0.0)
        {
            let group = groups.name(rows, request.strata, group);
            return Err(DataError::NoSpread { group }.into());
        }
        if request.pairwise {
            let contrasts = Contrast::Difference.pairwise(joint, request.level)?;
            let adjusted = contrasts.p_holm.iter().zip(&contrasts.p_benjamini_hochberg);
            for (pair, (&holm, &by_rate)) in contrasts.pairs.iter().zip(adjusted) {
                let sides = [groups.first[pair.reference], groups.first[pair.group]];
                let e = pair.estimate;
                let numbers =
                    [e.estimate, e.std_error, e.conf_low, e.conf_high, pair.p_value, holm, by_rate];
                lines.push(cause, &sides, numbers);
            }
            continue;
        }
        let test = equal_estimates(joint)?;
        for ((e, &first), &n) in estimates.iter().zip(&groups.first).zip(&means.n) {
            let numbers = [
                n,
                e.estimate,
                e.std_error,
                e.conf_low,
                e.conf_high,
                test.statistic,
                test.df as f64,
                test.p_value,
            ];
            lines.push(cause, &[first], numbers);
        }
    }
    let quantity = lines.cause.iter().map(|cause| match cause {
        None => format!("rmst_{horizon}"),
        Some(_) => format!("time_lost_{horizon}"),
    });
    let mut table = Table::new();
    if several {
        let name = |cause: &Option<usize>| cause.map(|cause| rows.causes.show(cause));
        table = table.with("cause", Values::Text(lines.cause.iter().map(name).collect()));
    }
    let table = table.text("quantity", quantity);
    Ok(lines.after(table, request, rows))
}

/// Means of all groups.
struct Means {
    groups: Vec<RestrictedMeans>,
    n: Vec<f64>,
    /// Of time in and of time lost to each cause, where groups share persons.
    joint: Option<(JointEstimates, Vec<JointEstimates>)>,
}

impl Means {
    fn new(spec: RestrictedMean, groups: &Groups) -> Result<Self, Error> {
        let Some(spells) = &groups.spells else {
            let tables = groups.tables.first().map_or(&[][..], Vec::as_slice);
            return Ok(Self {
                groups: tables.iter().map(|table| spec.fit(table)).collect::<Result<_, _>>()?,
                n: tables.iter().map(afgang_models::EventTable::total).collect(),
                joint: None,
            });
        };
        let means = spec.fit_groups(spells, &groups.of_row)?;
        let mut n = vec![0.0; means.groups.len()];
        for (row, &group) in groups.of_row.iter().enumerate() {
            n[group] += spells.weights().of(row);
        }
        Ok(Self { groups: means.groups, n, joint: Some((means.time_in, means.lost)) })
    }

    /// The means of time in, or of time lost to a cause, together and one by one.
    fn of(&self, cause: Option<usize>) -> (JointEstimates, Vec<Estimate>) {
        let pick = |means: &RestrictedMeans| cause.map_or(means.time_in, |cause| means.lost[cause]);
        let estimates: Vec<Estimate> = self.groups.iter().map(pick).collect();
        let joint = match (&self.joint, cause) {
            (Some((time_in, _)), None) => time_in.clone(),
            (Some((_, lost)), Some(cause)) => lost[cause].clone(),
            (None, _) => {
                let pairs: Vec<(f64, f64)> =
                    estimates.iter().map(|e| (e.estimate, e.std_error)).collect();
                pairs.as_slice().into()
            }
        };
        (joint, estimates)
    }
}
