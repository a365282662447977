//! Tests of restricted means and of times lost.

use afgang_models::{
    Error, Estimate, GroupedMeans, JointEstimates, RestrictedMean, RestrictedMeans,
    benjamini_hochberg, holm,
};

use super::{Answer, Groups, Lines, Request};
use crate::curve::pick_known;
use crate::rows::{DataError, EstimationError, Rows};
use crate::table::Table;

/// The table of the means: of time in, and with several causes of time lost to each.
pub(super) fn answer(
    request: &Request,
    rows: &Rows,
    groups: &Groups,
    horizon: f64,
) -> Result<Answer, EstimationError> {
    let spec = RestrictedMean::new(horizon).level(request.level).extend(request.extend);
    let means = Means::new(spec, groups, request, rows)?;
    let mut lines = if request.pairwise {
        Lines::of_contrasts(request.contrast)
    } else {
        let names =
            ["n", "estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value"];
        Lines::new(1, &names)
    };
    let several = rows.causes.len() > 1;
    let lost = rows.shown.iter().copied().filter(|_| several).map(Some);
    // The first group without a standard error, and whether any groups have been compared.
    let (mut without, mut tested) = (None, false);
    for cause in std::iter::once(None).chain(lost) {
        let (joint, estimates) = means.of(cause);
        let known: Vec<bool> = estimates.iter().map(|e| e.std_error > 0.0).collect();
        without = without.or(known.iter().position(|&known| !known));
        if request.pairwise {
            of_pairs(&mut lines, groups, cause, &joint, &known, request)?;
            tested |= known.iter().filter(|&&known| known).count() > 1;
            continue;
        }
        let test = if known.iter().all(|&known| known) {
            tested = true;
            let test = request.contrast.equal(&joint)?;
            lines.check_df(cause, None, test.df, groups);
            [test.statistic, test.df as f64, test.p_value]
        } else {
            let sides = (0..known.len()).filter(|&group| !known[group]);
            lines.untested.push((cause, None, sides.map(|group| groups.first[group]).collect()));
            [f64::NAN; 3]
        };
        for (group, (e, &n)) in estimates.iter().zip(&means.n).enumerate() {
            let [statistic, df, p] = test;
            let [std_error, low, high] = spread(e, known[group]);
            let numbers = [n, e.estimate, std_error, low, high, statistic, df, p];
            lines.push(cause, &[groups.first[group]], numbers);
        }
    }
    if let (false, Some(group)) = (tested, without) {
        let group = groups.name(rows, request.strata, group);
        return Err(DataError::NoSpread { group }.into());
    }
    let quantity = lines.cause.iter().map(|cause| match cause {
        None => format!("rmst_{horizon}"),
        Some(_) => format!("time_lost_{horizon}"),
    });
    let mut table = Table::new();
    if several {
        table = table.with("cause", pick_known(&rows.causes, &lines.cause));
    }
    let table = table.text("quantity", quantity);
    Ok(lines.answer(table, request, rows))
}

/// Standard error and limits of an estimate; missing where they are not known, not 0.
pub(super) fn spread(e: &Estimate, known: bool) -> [f64; 3] {
    if known { [e.std_error, e.conf_low, e.conf_high] } else { [f64::NAN; 3] }
}

/// Every two groups set against each other; of those with a mean that is not `known` as well as others nothing but their names.
pub(super) fn of_pairs(
    lines: &mut Lines,
    groups: &Groups,
    cause: Option<usize>,
    joint: &JointEstimates,
    known: &[bool],
    request: &Request,
) -> Result<(), Error> {
    let mut pairs = Vec::new();
    for group in 1..joint.len() {
        for reference in 0..group {
            let between = || request.contrast.between(joint, group, reference, request.level);
            let both = known[group] && known[reference];
            pairs.push((group, reference, both.then(between).transpose()?));
        }
    }
    let p_values: Vec<f64> =
        pairs.iter().filter_map(|pair| pair.2).map(|pair| pair.p_value).collect();
    let mut adjusted = holm(&p_values).into_iter().zip(benjamini_hochberg(&p_values));
    for (group, reference, pair) in pairs {
        let sides = [groups.first[reference], groups.first[group]];
        let numbers = pair.and_then(|pair| {
            let (e, (holm, by_rate)) = (pair.estimate, adjusted.next()?);
            Some([e.estimate, e.std_error, e.conf_low, e.conf_high, pair.p_value, holm, by_rate])
        });
        if numbers.is_none() {
            lines.untested.push((cause, lines.time, sides.to_vec()));
        }
        lines.push(cause, &sides, numbers.unwrap_or([f64::NAN; 7]));
    }
    Ok(())
}

/// Means of all groups.
struct Means {
    groups: Vec<RestrictedMeans>,
    n: Vec<f64>,
    /// Of time in and of time lost to each cause, where groups share persons.
    joint: Option<(JointEstimates, Vec<JointEstimates>)>,
}

impl Means {
    fn new(
        spec: RestrictedMean,
        groups: &Groups,
        request: &Request,
        rows: &Rows,
    ) -> Result<Self, EstimationError> {
        let n = groups.totals();
        let refused =
            |error| groups.of_stratum(error, request, rows, |table| spec.fit(table).map(|_| ()));
        if request.strata > 0 {
            let means = match &groups.spells {
                None => spec.fit_strata(&groups.tables),
                Some(spells) => spec.fit_groups_in_strata(spells, &groups.of_row, &groups.stratum),
            };
            let means = means.map_err(refused)?;
            return Ok(Self::of_groups(means, n));
        }
        let Some(spells) = &groups.spells else {
            let fits = groups.tables_of_all().iter().map(|table| spec.fit(table));
            let means = fits.collect::<Result<_, _>>().map_err(refused)?;
            return Ok(Self { groups: means, n, joint: None });
        };
        Ok(Self::of_groups(spec.fit_groups(spells, &groups.of_row).map_err(refused)?, n))
    }

    fn of_groups(means: GroupedMeans, n: Vec<f64>) -> Self {
        Self { groups: means.groups, n, joint: Some((means.time_in, means.lost)) }
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
