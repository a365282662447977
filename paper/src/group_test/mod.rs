//! `afgang test`: whether groups of spells are alike, from any file.

mod conventions;
mod means;
mod ranks;
mod values;

use afgang_models::{Contrast, EventTable, Spells, TestWeights};

use rayon::prelude::*;

use crate::conventions::emptied_early as in_words;
use crate::curve::{Estimates, LongTable, StdError};
use crate::rows::near_ties::{NearTies, different};
use crate::rows::{Columns, Counted, DataError, EstimationError, Rows, name_of_group};
use crate::table::{Table, Values};

/// Which test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Log-rank and its weighted families: one kind of event.
    LogRank(TestWeights),
    /// Gray's test of the cumulative incidence of each cause, with its power rho.
    Gray(f64),
    /// Equal restricted means up to a horizon, and with several causes equal times lost to each.
    RestrictedMean(f64),
    /// Equal survival at the times of the request, and with several causes equal incidence of each.
    Values,
}

/// Numbers of the groups for a test of a trend.
#[derive(Debug, Clone, PartialEq)]
pub enum Trend {
    /// 0, 1, 2, … in the order of the groups.
    InOrder,
    /// Scores by group.
    Scores(Vec<(String, f64)>),
}

impl Trend {
    /// Whether groups have to be found by name.
    pub const fn names_groups(&self) -> bool {
        matches!(self, Self::Scores(_))
    }
}

/// What to test in which columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The test.
    pub kind: Kind,
    /// The columns. Of the by-columns the first `strata` are strata, the others make the groups.
    pub columns: Columns,
    /// How many of the by-columns are strata.
    pub strata: usize,
    /// Whether to compare every two groups instead of all at once.
    pub pairwise: bool,
    /// The trend over the groups to test instead.
    pub trend: Option<Trend>,
    /// How means and values are set against each other.
    pub contrast: Contrast,
    /// Level of the intervals of means and values.
    pub level: f64,
    /// Times of [`Kind::Values`].
    pub times: Vec<f64>,
    /// Kind of standard error of values; Greenwood's if absent, by influence for clusters and sampling weights.
    pub std_error: Option<StdError>,
    /// Whether curves go on behind their last time, for means.
    pub extend: bool,
    /// The program whose conventions are asked for, by name.
    pub convention: Option<&'static str>,
}

impl Request {
    /// Whether variances look at rows.
    fn robust(&self, rows: &Rows) -> bool {
        rows.by_influence() || self.std_error == Some(StdError::Jackknife)
    }

    /// The last time that the test looks at.
    fn until(&self) -> f64 {
        match self.kind {
            Kind::RestrictedMean(horizon) => horizon,
            Kind::Values => self.times.iter().copied().fold(0.0, f64::max),
            _ => f64::INFINITY,
        }
    }

    /// Whether causes are told apart.
    fn several_causes(&self) -> bool {
        !matches!(self.kind, Kind::LogRank(_))
    }
}

/// Tests the groups.
///
/// The table has a row a group with `cause` (for several causes), the group's columns, `n, observed, expected` (of
/// means `quantity, n, estimate, std_error, conf_low, conf_high`), and the test's `statistic, df, p_value` on each of them;
/// pairwise a row a pair, with p-values adjusted by Holm and by Benjamini and Hochberg.
///
/// # Errors
///
/// [`EstimationError::Data`] with file, column and row for whatever is wrong with the data,
/// [`EstimationError::Estimator`] if there is nothing to compare.
pub fn test(request: &Request) -> Result<Estimates, EstimationError> {
    test_rows(request, &Rows::counted(&request.columns, request.several_causes())?)
}

/// The same from the counts of a register's spells, by the columns of groups and strata.
///
/// # Errors
///
/// Those of [`test()`].
pub fn test_counts(request: &Request, counted: Counted<'_>) -> Result<Estimates, EstimationError> {
    let mut request = request.clone();
    let several = request.several_causes();
    let rows = counted.rows(&mut request.columns, several)?;
    let mut estimates = test_rows(&request, &rows)?;
    estimates.foot.extend(counted.remarks());
    Ok(estimates)
}

fn test_rows(request: &Request, rows: &Rows) -> Result<Estimates, EstimationError> {
    if rows.shown.is_empty() {
        return Err(DataError::NoEvents { column: request.columns.event.clone() }.into());
    }
    rows.refuse_missing(&request.columns)?;
    let groups = Groups::new(rows, request.strata, request.robust(rows))?;
    if groups.first.len() < 2 {
        return Err(afgang_models::Error::TooFewGroups { found: groups.first.len() }.into());
    }
    let emptied = emptied_early(request, rows);
    let until = request.until();
    let too_early = || {
        let (group, time) = emptied.iter().find(|(_, time)| *time <= until)?.clone();
        Some(EstimationError::from(DataError::EmptiedEarly { group, time }))
    };
    let without_spread = |error| match error {
        EstimationError::Data(DataError::NoSpread { .. }) => too_early().unwrap_or(error),
        error => error,
    };
    let causes = || match request.kind {
        Kind::Gray(_) => rows.shown.iter().map(|&cause| rows.causes.show(cause)).collect(),
        _ => Vec::new(),
    };
    let nothing = |error: afgang_models::Error| match (error, too_early()) {
        (
            afgang_models::Error::NoInformation | afgang_models::Error::NoInformationBetween { .. },
            Some(error),
        ) => error,
        (afgang_models::Error::NoInformationBetween { group, reference }, None) => {
            let name = |group: usize| groups.name(rows, request.strata, group);
            let (one, other) = (name(reference), name(group));
            DataError::Apart { one, other, causes: causes() }.into()
        }
        (afgang_models::Error::NoInformation, None) if !causes().is_empty() => {
            DataError::AllApart { causes: causes() }.into()
        }
        (error, _) => EstimationError::from(error),
    };
    let answer = || match request.kind {
        Kind::RestrictedMean(horizon) => {
            means::answer(request, rows, &groups, horizon).map_err(without_spread)
        }
        Kind::Values => values::answer(request, rows, &groups).map_err(without_spread),
        _ => {
            let scores = groups.scores(request, rows)?;
            ranks::answer(request, rows, &groups, &scores).map_err(nothing)
        }
    };
    let (answer, near) = rayon::join(answer, || groups.near_ties(rows));
    let Answer { mut table, untested, beyond_cmprsk, low_rank } = answer?;
    for (name, value) in conventions::record(request, rows, near, &untested) {
        table = table.note(name, value);
    }
    if !beyond_cmprsk.is_empty() {
        table = table.note("variance_not_of_cmprsk", serde_json::json!(beyond_cmprsk));
    }
    let mut foot = conventions::foot(request, rows, near, &untested);
    if !beyond_cmprsk.is_empty() {
        foot.push(conventions::beyond_cmprsk(&beyond_cmprsk));
    }
    foot.extend(low_rank);
    foot.extend(emptied.iter().map(|(group, time)| in_words(group, *time)));
    Ok(Estimates { table: LongTable::Rows(table), by: 0, foot, chart: None })
}

/// Groups (with their strata) of which all at risk have left while others enter later, and when. A log-rank test goes on with these.
fn emptied_early(request: &Request, rows: &Rows) -> Vec<(String, f64)> {
    if matches!(request.kind, Kind::LogRank(_)) {
        return Vec::new();
    }
    let of = |(first, members): (usize, Vec<usize>)| {
        Some((rows.group_name(first), rows.emptied_early(&members)?))
    };
    rows.groups(0..rows.by.len()).into_iter().filter_map(of).collect()
}

/// The tests, and in words the groups between which there is nothing to test and the tests that do not tell all groups apart.
struct Answer {
    table: Table,
    untested: Vec<String>,
    /// The Gray tests whose variance is not that of `cmprsk`.
    beyond_cmprsk: Vec<String>,
    low_rank: Vec<String>,
}

/// The rows by group and stratum: as counts, or one by one where variances look at them.
struct Groups {
    /// A row of the data in each group.
    first: Vec<usize>,
    /// Group of each row, and stratum.
    of_row: Vec<usize>,
    stratum: Vec<usize>,
    spells: Option<Spells>,
    /// Tables by stratum and group, without `spells`.
    tables: Vec<Vec<EventTable>>,
}

impl Groups {
    fn new(rows: &Rows, strata: usize, by_influence: bool) -> Result<Self, afgang_models::Error> {
        let place = |by: std::ops::Range<usize>| {
            let groups = rows.groups(by);
            let mut of_row = vec![0; groups.iter().map(|(_, members)| members.len()).sum()];
            for (group, (_, members)) in groups.iter().enumerate() {
                for &row in members {
                    of_row[row] = group;
                }
            }
            (groups, of_row)
        };
        let (groups, of_row) = place(strata..rows.by.len());
        let (in_strata, stratum) =
            if strata > 0 { place(0..strata) } else { (Vec::new(), vec![0; of_row.len()]) };
        let first = groups.iter().map(|(first, _)| *first).collect::<Vec<usize>>();
        if by_influence {
            let every: Vec<usize> = (0..of_row.len()).collect();
            let spells = Some(rows.spells(&every)?);
            return Ok(Self { first, of_row, stratum, spells, tables: Vec::new() });
        }
        let tables_of = |by_group: &[Vec<usize>]| {
            by_group.par_iter().map(|members| rows.table(members)).collect::<Result<Vec<_>, _>>()
        };
        let tables = if strata == 0 {
            let by_group: Vec<Vec<usize>> =
                groups.into_iter().map(|(_, members)| members).collect();
            vec![tables_of(&by_group)?]
        } else {
            let of_stratum = |(_, members): &(usize, Vec<usize>)| {
                let mut by_group = vec![Vec::new(); first.len()];
                for &row in members {
                    by_group[of_row[row]].push(row);
                }
                tables_of(&by_group)
            };
            in_strata.iter().map(of_stratum).collect::<Result<_, _>>()?
        };
        Ok(Self { first, of_row, stratum, spells: None, tables })
    }
}

impl Groups {
    /// Near ties among the times of all groups and strata.
    fn near_ties(&self, rows: &Rows) -> Option<NearTies> {
        if self.spells.is_some() {
            return rows.near_ties();
        }
        NearTies::among(&different(self.tables.iter().flatten().map(EventTable::times)))
    }

    /// The tables of the groups of the first stratum.
    fn tables_of_all(&self) -> &[EventTable] {
        self.tables.first().map_or(&[], Vec::as_slice)
    }

    /// The numbers of the groups in a trend.
    fn scores(&self, request: &Request, rows: &Rows) -> Result<Vec<f64>, DataError> {
        let groups = 0..self.first.len();
        let Some(Trend::Scores(scores)) = &request.trend else {
            return Ok(groups.map(|group| group as f64).collect());
        };
        let column = || request.columns.by[request.strata..].join(", ");
        let names: Vec<String> =
            groups.map(|group| self.name(rows, request.strata, group)).collect();
        if let Some((value, _)) = scores.iter().find(|(value, _)| !names.contains(value)) {
            let (value, found) = (value.clone(), names);
            return Err(DataError::NoSuchEvent { column: column(), value, found });
        }
        let score = |name: &String| {
            let found = scores.iter().find(|(value, _)| value == name);
            found
                .map(|&(_, score)| score)
                .ok_or_else(|| DataError::NoScore { column: column(), value: name.clone() })
        };
        names.iter().map(score).collect()
    }

    /// Spells (or weight) of each group.
    fn totals(&self) -> Vec<f64> {
        let mut n = vec![0.0; self.first.len()];
        let Some(spells) = &self.spells else {
            for groups in &self.tables {
                for (n, table) in n.iter_mut().zip(groups) {
                    *n += table.total();
                }
            }
            return n;
        };
        for (row, &group) in self.of_row.iter().enumerate() {
            n[group] += spells.weights().of(row);
        }
        n
    }

    /// What groups (in strata, if there are any) are refused for, by their names: the first that `fit` refuses by itself.
    fn of_stratum(
        &self,
        error: afgang_models::Error,
        request: &Request,
        rows: &Rows,
        fit: impl Fn(&EventTable) -> Result<(), afgang_models::Error>,
    ) -> EstimationError {
        let name = |group: usize, stratum: usize| {
            let row = self.stratum.iter().position(|&of_row| of_row == stratum);
            let values = rows.by.iter().take(request.strata);
            let stratum: Vec<String> = values.map(|values| values.show(row.unwrap_or(0))).collect();
            (self.name(rows, request.strata, group), stratum.join(", "))
        };
        if let afgang_models::Error::NotInStratum { group, stratum } = error {
            let (group, stratum) = name(group, stratum);
            return DataError::NotInStratum { group, stratum }.into();
        }
        let cells = self.of_row.iter().zip(&self.stratum);
        let mut cells: Vec<(usize, usize)> = cells.map(|(&g, &s)| (s, g)).collect();
        cells.sort_unstable();
        cells.dedup();
        let refused = cells.into_iter().find_map(|(stratum, group)| {
            let own = |row: &usize| self.of_row[*row] == group && self.stratum[*row] == stratum;
            let own: Vec<usize> = (0..self.of_row.len()).filter(own).collect();
            let error = rows.table(&own).and_then(|table| fit(&table)).err()?;
            Some((name(group, stratum), error))
        });
        match refused {
            Some(((group, stratum), error)) => {
                let group = if request.strata > 0 {
                    format!("{group} in stratum {stratum}")
                } else {
                    group
                };
                match error {
                    afgang_models::Error::BehindLastTime { time, last, .. } => {
                        DataError::BehindLastTime { time, group, last }.into()
                    }
                    error => EstimationError::of_group(group, error),
                }
            }
            None => EstimationError::from(error),
        }
    }

    /// Values of the columns of a group.
    fn name(&self, rows: &Rows, strata: usize, group: usize) -> String {
        group_name(rows, strata, self.first[group])
    }
}

/// Values of the columns that make the group of a row.
fn group_name(rows: &Rows, strata: usize, row: usize) -> String {
    let values = rows.by.iter().skip(strata).map(|values| values.show(row));
    values.collect::<Vec<_>>().join(", ")
}

/// A table of groups or pairs under construction.
struct Lines {
    /// Place of the cause, where there is one.
    cause: Vec<Option<usize>>,
    /// For each side of a pair (or the only one) a row of the data in the group.
    sides: Vec<Vec<usize>>,
    names: Vec<&'static str>,
    numbers: Vec<Vec<f64>>,
    /// The time that lines are about, where there are several.
    time: Option<f64>,
    /// Cause, time and sides of the lines between whose groups there is nothing to test; without sides all lines of the cause.
    untested: Vec<(Option<usize>, Option<f64>, Vec<usize>)>,
    /// The same of tests for whose ties the variance of `cmprsk` is too small.
    beyond_cmprsk: Vec<(Option<usize>, Option<f64>, Vec<usize>)>,
    /// Cause and time of the tests of all groups whose degrees of freedom are fewer than groups less one, and how many they are.
    low_rank: Vec<(Option<usize>, Option<f64>, usize)>,
}

impl Lines {
    fn new(sides: usize, names: &[&'static str]) -> Self {
        Self {
            cause: Vec::new(),
            sides: vec![Vec::new(); sides],
            names: names.to_vec(),
            numbers: vec![Vec::new(); names.len()],
            time: None,
            untested: Vec::new(),
            beyond_cmprsk: Vec::new(),
            low_rank: Vec::new(),
        }
    }

    /// Of two groups set against each other.
    fn of_contrasts(contrast: Contrast) -> Self {
        let [estimate, std_error] = match contrast {
            Contrast::Difference => ["difference", "std_error"],
            Contrast::Ratio => ["ratio", "std_error_log"],
            Contrast::CumulativeHazardRatio => ["cumulative_hazard_ratio", "std_error_log"],
        };
        Self::new(2, &[estimate, std_error, "conf_low", "conf_high", "p_value", "p_holm", "p_bh"])
    }

    fn len(&self) -> usize {
        self.cause.len()
    }

    /// Remembers a test that does not tell all groups apart.
    fn check_df(&mut self, cause: Option<usize>, time: Option<f64>, df: usize, groups: &Groups) {
        if df + 1 < groups.first.len() {
            self.low_rank.push((cause, time, df));
        }
    }

    fn push<const N: usize>(&mut self, cause: Option<usize>, sides: &[usize], numbers: [f64; N]) {
        self.cause.push(cause);
        for (side, &row) in self.sides.iter_mut().zip(sides) {
            side.push(row);
        }
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.push(number);
        }
    }

    /// The columns of the groups, on two sides with a number after their names, then the numbers, behind those of `table`.
    fn answer(self, mut table: Table, request: &Request, rows: &Rows) -> Answer {
        let several = rows.causes.len() > 1;
        let name = |&row: &usize| group_name(rows, request.strata, row);
        let of = |cause: Option<usize>, time: Option<f64>| {
            let cause = cause.filter(|_| several);
            let cause = cause.map(|cause| format!("cause {}", rows.causes.show(cause)));
            let of: Vec<String> =
                cause.into_iter().chain(time.map(|time| format!("time {time}"))).collect();
            if of.is_empty() { String::new() } else { format!(" ({})", of.join(", ")) }
        };
        let in_words = |(cause, time, sides): &(Option<usize>, Option<f64>, Vec<usize>)| match cause
        {
            Some(cause) if sides.is_empty() => format!("cause {}", rows.causes.show(*cause)),
            _ => sides.iter().map(name).collect::<Vec<_>>().join(" and ") + &of(*cause, *time),
        };
        let untested = self.untested.iter().map(in_words).collect();
        let beyond_cmprsk = self.beyond_cmprsk.iter().map(in_words).collect();
        let low_rank = self.low_rank.iter().map(|&(cause, time, df)| {
            format!(
                "Fewer degrees of freedom than groups less one{}: {df}; what is compared does not vary by itself in every group.",
                of(cause, time)
            )
        });
        let low_rank = low_rank.collect();
        for (side, of_side) in self.sides.iter().enumerate() {
            let named = request.columns.by.iter().zip(&rows.by).skip(request.strata);
            for (name, values) in named {
                let name = if self.sides.len() == 1 {
                    name_of_group(name)
                } else {
                    format!("{name}_{}", side + 1)
                };
                table = table.with(&name, values.picked(of_side));
            }
        }
        let columns = self.names.into_iter().zip(self.numbers);
        let table =
            columns.fold(table, |table, (name, values)| table.with(name, Values::Number(values)));
        Answer { table, untested, beyond_cmprsk, low_rank }
    }
}
