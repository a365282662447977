//! Log-rank and Gray tests.

use afgang_models::{Error, Gray, GroupTest, LogRank, PairwiseTests, TestedPair};

use super::{Answer, Groups, Kind, Lines, Request};
use crate::rows::Rows;
use crate::table::Table;

/// The table of the tests: for Gray's one a cause.
pub(super) fn answer(
    request: &Request,
    rows: &Rows,
    groups: &Groups,
    scores: &[f64],
) -> Result<Answer, Error> {
    let gray = matches!(request.kind, Kind::Gray(_));
    let causes = if gray { rows.shown.as_slice() } else { &[0] };
    let mut lines = if request.pairwise {
        Lines::new(2, &["statistic", "df", "p_value", "p_holm", "p_bh"])
    } else {
        Lines::new(1, &["n", "observed", "expected", "statistic", "df", "p_value"])
    };
    // A cause without a test is named, unless there is no test of any.
    let (mut tested, mut refused) = (false, None);
    for &cause in causes {
        let found = if request.pairwise {
            pairwise(request, groups, cause).map(|tests| {
                of_pairs(&mut lines, groups, cause, Some(&tests));
            })
        } else {
            of_all(&mut lines, request, groups, cause, scores)
        };
        match found {
            Ok(()) => tested = true,
            Err(error @ (Error::NoInformation | Error::NoInformationBetween { .. })) => {
                if request.pairwise {
                    of_pairs(&mut lines, groups, cause, None);
                } else {
                    without_test(&mut lines, groups, cause);
                }
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(error) = refused.filter(|_| !tested) {
        return Err(error);
    }
    let table = Table::new();
    let table = if gray {
        let causes: Vec<usize> = lines.cause.iter().flatten().copied().collect();
        table.with("cause", rows.causes.picked(&causes))
    } else {
        table
    };
    Ok(lines.answer(table, request, rows))
}

fn of_all(
    lines: &mut Lines,
    request: &Request,
    groups: &Groups,
    cause: usize,
    scores: &[f64],
) -> Result<(), Error> {
    let test = all_at_once(request, groups, cause)?;
    if test.ties_beyond_cmprsk {
        lines.beyond_cmprsk.push((Some(cause), None, Vec::new()));
    }
    let (mut statistic, mut df, mut p_value) = (test.statistic, test.df, test.p_value);
    if request.trend.is_some() {
        let trend = test.trend(scores)?;
        (statistic, df, p_value) = (trend.statistic, 1, trend.p_value);
    } else {
        lines.check_df(Some(cause), None, df, groups);
    }
    for (group, &first) in test.groups.iter().zip(&groups.first) {
        let numbers = [group.n, group.observed, group.expected, statistic, df as f64, p_value];
        lines.push(Some(cause), &[first], numbers);
    }
    Ok(())
}

/// The lines of a cause in which nothing tells the groups apart.
fn without_test(lines: &mut Lines, groups: &Groups, cause: usize) {
    for (n, &first) in groups.totals().into_iter().zip(&groups.first) {
        let none = f64::NAN;
        lines.push(Some(cause), &[first], [n, none, none, none, none, none]);
    }
    lines.untested.push((Some(cause), None, Vec::new()));
}

/// Without tests there is none between any two groups.
fn of_pairs(lines: &mut Lines, groups: &Groups, cause: usize, tests: Option<&PairwiseTests>) {
    let tested = tests.into_iter().flat_map(|tests| {
        let adjusted = tests.p_holm.iter().zip(&tests.p_benjamini_hochberg);
        tests.pairs.iter().zip(adjusted)
    });
    let mut tested = tested.peekable();
    for group in 1..groups.first.len() {
        for reference in 0..group {
            let sides = [groups.first[reference], groups.first[group]];
            let this = |pair: &TestedPair| (pair.group, pair.reference) == (group, reference);
            let found = tested.next_if(|(pair, _)| this(pair));
            if let Some((TestedPair { test, .. }, (&holm, &by_rate))) = found {
                let numbers = [test.statistic, test.df as f64, test.p_value, holm, by_rate];
                lines.push(Some(cause), &sides, numbers);
                if test.ties_beyond_cmprsk {
                    lines.beyond_cmprsk.push((Some(cause), None, sides.to_vec()));
                }
            } else {
                lines.push(Some(cause), &sides, [f64::NAN; 5]);
                lines.untested.push((Some(cause), None, sides.to_vec()));
            }
        }
    }
}

fn all_at_once(request: &Request, groups: &Groups, cause: usize) -> Result<GroupTest, Error> {
    match (request.kind, &groups.spells) {
        (Kind::Gray(rho), None) => gray(request, cause, rho).fit(&groups.tables),
        (Kind::Gray(rho), Some(spells)) => {
            gray(request, cause, rho).fit_spells(spells, &groups.of_row, Some(&groups.stratum))
        }
        (kind, None) => log_rank(kind).fit(&groups.tables),
        (kind, Some(spells)) => {
            log_rank(kind).fit_spells(spells, &groups.of_row, Some(&groups.stratum))
        }
    }
}

fn pairwise(request: &Request, groups: &Groups, cause: usize) -> Result<PairwiseTests, Error> {
    match (request.kind, &groups.spells) {
        (Kind::Gray(rho), None) => gray(request, cause, rho).pairwise(&groups.tables),
        (Kind::Gray(rho), Some(spells)) => {
            let stratum = Some(groups.stratum.as_slice());
            gray(request, cause, rho).pairwise_spells(spells, &groups.of_row, stratum)
        }
        (kind, None) => log_rank(kind).pairwise(&groups.tables),
        (kind, Some(spells)) => {
            log_rank(kind).pairwise_spells(spells, &groups.of_row, Some(&groups.stratum))
        }
    }
}

fn gray(request: &Request, cause: usize, rho: f64) -> Gray {
    let test = Gray::new(cause).rho(rho);
    if request.convention == Some("cmprsk") { test.cmprsk() } else { test }
}

fn log_rank(kind: Kind) -> LogRank {
    match kind {
        Kind::LogRank(weights) => LogRank::new().weights(weights),
        _ => LogRank::new(),
    }
}
