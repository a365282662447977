//! Tests of survival and incidences at given times.

use afgang_models::{Contrast, Error, GroupedValues, ValuesAt, Variance};

use super::means::{of_pairs, spread};
use super::{Answer, Groups, Lines, Request};
use crate::curve::{StdError, pick_known};
use crate::rows::{DataError, EstimationError, Rows};
use crate::table::Table;

/// The table of the values at each time: of survival, and with several causes of each incidence.
pub(super) fn answer(
    request: &Request,
    rows: &Rows,
    groups: &Groups,
) -> Result<Answer, EstimationError> {
    let mut lines = if request.pairwise {
        Lines::of_contrasts(request.contrast)
    } else {
        Lines::new(
            1,
            &["n", "estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value"],
        )
    };
    let several = rows.causes.len() > 1;
    let n = groups.totals();
    let mut quantity = Vec::new();
    let mut tested = false;
    for &time in &request.times {
        let values = values(request, groups, time).map_err(|error| match error {
            error if request.strata > 0 => groups.of_stratum(error, request, rows, |table| {
                ValuesAt::new(time).fit(std::slice::from_ref(table)).map(|_| ())
            }),
            Error::BehindLastTime { group, last, .. } => {
                let group = groups.name(rows, request.strata, group);
                DataError::BehindLastTime { time, group, last }.into()
            }
            error => EstimationError::from(error),
        })?;
        let incidences = rows.shown.iter().copied().filter(|_| several).map(Some);
        for cause in std::iter::once(None).chain(incidences) {
            let joint = cause.map_or(&values.survival, |cause| &values.incidence[cause]);
            let estimates = joint.estimates(request.level)?;
            let known: Vec<bool> = estimates.iter().map(|e| e.std_error > 0.0).collect();
            let before = lines.len();
            // The scale of log(-log) is one of survival.
            let hazards = request.contrast == Contrast::CumulativeHazardRatio;
            let complement = (cause.is_some() && hazards).then(|| joint.complement());
            let joint = complement.as_ref().unwrap_or(joint);
            if request.pairwise {
                lines.time = Some(time);
                of_pairs(&mut lines, groups, cause, joint, &known, request)?;
                tested |= known.iter().filter(|&&known| known).count() > 1;
            } else {
                let test = if known.iter().all(|&known| known) {
                    tested = true;
                    let test = request.contrast.equal(joint)?;
                    lines.check_df(cause, Some(time), test.df, groups);
                    [test.statistic, test.df as f64, test.p_value]
                } else {
                    let without = (0..known.len()).filter(|&group| !known[group]);
                    let sides = without.map(|group| groups.first[group]).collect();
                    lines.untested.push((cause, Some(time), sides));
                    [f64::NAN; 3]
                };
                for (group, (e, &n)) in estimates.iter().zip(&n).enumerate() {
                    let [statistic, df, p] = test;
                    let [std_error, low, high] = spread(e, known[group]);
                    // Which leaves missing limits missing.
                    let [low, high] = [low, high].map(|limit| limit.clamp(0.0, 1.0));
                    let numbers = [n, e.estimate, std_error, low, high, statistic, df, p];
                    lines.push(cause, &[groups.first[group]], numbers);
                }
            }
            let name = if cause.is_some() { "incidence" } else { "survival" };
            quantity.extend(std::iter::repeat_n(format!("{name}_{time}"), lines.len() - before));
        }
    }
    if let (false, Some((_, _, sides))) = (tested, lines.untested.first()) {
        let group = super::group_name(rows, request.strata, sides[0]);
        return Err(DataError::NoSpread { group }.into());
    }
    let mut table = Table::new();
    if several {
        table = table.with("cause", pick_known(&rows.causes, &lines.cause));
    }
    Ok(lines.answer(table.text("quantity", quantity), request, rows))
}

fn values(request: &Request, groups: &Groups, time: f64) -> Result<GroupedValues, Error> {
    let spec = ValuesAt::new(time);
    let spec = match request.std_error {
        Some(StdError::Counts(variance)) => spec.variance(variance),
        _ => spec.variance(Variance::Greenwood),
    };
    let stratified = request.strata > 0;
    match &groups.spells {
        Some(spells) if stratified => {
            spec.fit_groups_in_strata(spells, &groups.of_row, &groups.stratum)
        }
        Some(spells) => spec.fit_groups(spells, &groups.of_row),
        None if stratified => spec.fit_strata(&groups.tables),
        None => spec.fit(groups.tables_of_all()),
    }
}
