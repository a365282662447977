//! `afgang test`: whether groups of spells are alike, from any file.

use afgang_models::{
    EventTable, Gray, GroupTest, LogRank, RestrictedMean, TestWeights, benjamini_hochberg,
    equal_estimates, holm,
};

use crate::curve::Estimates;
use crate::rows::{Columns, DataError, EstimationError, Rows, pick};
use crate::table::{Table, Values};

/// Which test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Log-rank and its weighted families: one kind of event.
    LogRank(TestWeights),
    /// Gray's test of the cumulative incidence of each cause, with its power rho.
    Gray(f64),
    /// Equal restricted means up to a horizon.
    RestrictedMean(f64),
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
    /// Whether to test a trend over the groups in their order instead.
    pub trend: bool,
}

/// Tests the groups.
///
/// The table has a row a group with `cause` (for several causes), the group's columns, `n, observed, expected`, and the
/// test's `statistic, df, p_value` on each of them; pairwise a row a pair, with p-values adjusted by Holm and by
/// Benjamini and Hochberg.
///
/// # Errors
///
/// [`EstimationError::Data`] with file, column and row for whatever is wrong with the data,
/// [`EstimationError::Estimator`] if there is nothing to compare.
pub fn test(request: &Request) -> Result<Estimates, EstimationError> {
    let several = matches!(request.kind, Kind::Gray(_));
    let rows = Rows::read(&request.columns, several)?;
    if rows.shown.is_empty() {
        return Err(DataError::NoEvents { column: request.columns.event.clone() }.into());
    }
    if rows.by_influence() {
        return Err(DataError::WeightsOfTest.into());
    }
    let strata = Strata::new(&rows, request.strata)?;
    let tests: Vec<usize> = match request.kind {
        Kind::Gray(_) => rows.shown.clone(),
        _ => vec![0],
    };
    let table = if request.pairwise {
        pairwise(request, &rows, &strata, &tests)?
    } else {
        all_at_once(request, &rows, &strata, &tests)?
    };
    Ok(Estimates { table, foot: foot(request), chart: None })
}

/// Tables by stratum and group.
struct Strata {
    /// A row of the data in each group.
    first: Vec<usize>,
    tables: Vec<Vec<EventTable>>,
}

impl Strata {
    fn new(rows: &Rows, strata: usize) -> Result<Self, afgang_models::Error> {
        let groups = rows.groups(strata..rows.by.len());
        let mut group_of = vec![0; groups.iter().map(|(_, members)| members.len()).sum()];
        for (group, (_, members)) in groups.iter().enumerate() {
            for &row in members {
                group_of[row] = group;
            }
        }
        let tables = rows
            .groups(0..strata)
            .iter()
            .map(|(_, members)| {
                let mut by_group = vec![Vec::new(); groups.len()];
                for &row in members {
                    by_group[group_of[row]].push(row);
                }
                by_group.iter().map(|members| rows.table(members)).collect()
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { first: groups.into_iter().map(|(first, _)| first).collect(), tables })
    }

    /// Two of the groups.
    fn pair(&self, one: usize, two: usize) -> Vec<Vec<EventTable>> {
        self.tables.iter().map(|groups| vec![groups[one].clone(), groups[two].clone()]).collect()
    }
}

/// Statistic, degrees of freedom, p-value, and for each group what is observed and expected.
struct Answer {
    statistic: f64,
    df: usize,
    p_value: f64,
    groups: Vec<[f64; 3]>,
}

impl From<GroupTest> for Answer {
    fn from(test: GroupTest) -> Self {
        Self {
            statistic: test.statistic,
            df: test.df,
            p_value: test.p_value,
            groups: test.groups.iter().map(|g| [g.n, g.observed, g.expected]).collect(),
        }
    }
}

fn answer(
    request: &Request,
    cause: usize,
    strata: &[Vec<EventTable>],
) -> Result<Answer, afgang_models::Error> {
    let test = match request.kind {
        Kind::LogRank(weights) => LogRank::new().weights(weights).fit(strata)?,
        Kind::Gray(rho) => Gray::new(cause).rho(rho).fit(strata)?,
        Kind::RestrictedMean(horizon) => return restricted_means(horizon, strata),
    };
    if request.trend {
        let ranks: Vec<f64> = (0..test.groups.len()).map(|rank| rank as f64).collect();
        let trend = test.trend(&ranks)?;
        let (statistic, p_value) = (trend.statistic, trend.p_value);
        return Ok(Answer { statistic, df: 1, p_value, ..test.into() });
    }
    Ok(test.into())
}

/// `observed` is the restricted mean of a group, `expected` the common one of all.
fn restricted_means(
    horizon: f64,
    strata: &[Vec<EventTable>],
) -> Result<Answer, afgang_models::Error> {
    let groups = strata.first().map_or(&[][..], Vec::as_slice);
    let means = groups
        .iter()
        .map(|table| RestrictedMean::new(horizon).fit(table).map(|means| means.time_in))
        .collect::<Result<Vec<_>, _>>()?;
    let values: Vec<(f64, f64)> = means.iter().map(|m| (m.estimate, m.std_error)).collect();
    let test = equal_estimates(&values)?;
    let weight = |&(_, se): &(f64, f64)| 1.0 / (se * se);
    let common = values.iter().map(|v| v.0 * weight(v)).sum::<f64>()
        / values.iter().map(weight).sum::<f64>();
    Ok(Answer {
        statistic: test.statistic,
        df: test.df,
        p_value: test.p_value,
        groups: groups
            .iter()
            .zip(&values)
            .map(|(table, value)| [table.total(), value.0, common])
            .collect(),
    })
}

fn all_at_once(
    request: &Request,
    rows: &Rows,
    strata: &Strata,
    tests: &[usize],
) -> Result<Table, afgang_models::Error> {
    let mut causes = Vec::new();
    let mut first = Vec::new();
    let mut numbers: [Vec<f64>; 6] = Default::default();
    for &cause in tests {
        let answer = answer(request, cause, &strata.tables)?;
        for (group, &[n, observed, expected]) in answer.groups.iter().enumerate() {
            causes.push(cause);
            first.push(strata.first[group]);
            let row = [n, observed, expected, answer.statistic, answer.df as f64, answer.p_value];
            for (column, value) in numbers.iter_mut().zip(row) {
                column.push(value);
            }
        }
    }
    let mut table = Table::new();
    if matches!(request.kind, Kind::Gray(_)) {
        table = table.with("cause", pick(&rows.causes, &causes));
    }
    for (name, values) in rows.labels(&request.columns, &first).into_iter().skip(request.strata) {
        table = table.with(&name, values);
    }
    let names = ["n", "observed", "expected", "statistic", "df", "p_value"];
    Ok(names
        .into_iter()
        .zip(numbers)
        .fold(table, |table, (name, values)| table.with(name, Values::Number(values))))
}

fn pairwise(
    request: &Request,
    rows: &Rows,
    strata: &Strata,
    tests: &[usize],
) -> Result<Table, afgang_models::Error> {
    let n = strata.first.len();
    let pairs: Vec<(usize, usize)> =
        (0..n).flat_map(|one| (one + 1..n).map(move |two| (one, two))).collect();
    let mut causes = Vec::new();
    let mut sides: [Vec<usize>; 2] = Default::default();
    let mut numbers: [Vec<f64>; 5] = Default::default();
    for &cause in tests {
        let answers = pairs
            .iter()
            .map(|&(one, two)| answer(request, cause, &strata.pair(one, two)))
            .collect::<Result<Vec<_>, _>>()?;
        let p_values: Vec<f64> = answers.iter().map(|answer| answer.p_value).collect();
        let (by_holm, by_rate) = (holm(&p_values), benjamini_hochberg(&p_values));
        for (at, (answer, &(one, two))) in answers.iter().zip(&pairs).enumerate() {
            causes.push(cause);
            sides[0].push(strata.first[one]);
            sides[1].push(strata.first[two]);
            let row = [answer.statistic, answer.df as f64, p_values[at], by_holm[at], by_rate[at]];
            for (column, value) in numbers.iter_mut().zip(row) {
                column.push(value);
            }
        }
    }
    let mut table = Table::new();
    if matches!(request.kind, Kind::Gray(_)) {
        table = table.with("cause", pick(&rows.causes, &causes));
    }
    for (side, of_side) in sides.iter().enumerate() {
        let named = request.columns.by.iter().zip(&rows.by).skip(request.strata);
        for (name, values) in named {
            table = table.with(&format!("{name}_{}", side + 1), pick(values, of_side));
        }
    }
    let names = ["statistic", "df", "p_value", "p_holm", "p_bh"];
    Ok(names
        .into_iter()
        .zip(numbers)
        .fold(table, |table, (name, values)| table.with(name, Values::Number(values))))
}

/// What a reader must know about the tests.
fn foot(request: &Request) -> Vec<String> {
    let mut foot = vec![match request.kind {
        Kind::LogRank(weights) => {
            let weights = match weights {
                TestWeights::LogRank => "1 (log-rank)".to_owned(),
                TestWeights::Gehan => "the risk set (Gehan)".to_owned(),
                TestWeights::TaroneWare => "the root of the risk set (Tarone–Ware)".to_owned(),
                TestWeights::PetoPeto => "1 less d/(Y + 1), multiplied up (Peto–Peto)".to_owned(),
                TestWeights::ModifiedPetoPeto => "Peto–Peto's times Y/(Y + 1)".to_owned(),
                TestWeights::FlemingHarrington { p, q } => {
                    format!("S(t-)^{p} (1 - S(t-))^{q} (Fleming–Harrington)")
                }
                _ => "as asked for".to_owned(),
            };
            format!(
                "Log-rank test with weights {weights}; hypergeometric variance at ties; observed and expected are weighted."
            )
        }
        Kind::Gray(rho) => format!(
            "Gray's test of equal cumulative incidence with rho = {rho}; variance as R's cmprsk, ties included; \
             a group counts as long as it is at risk."
        ),
        Kind::RestrictedMean(horizon) => format!(
            "Wald test of equal restricted means up to {horizon}; observed is a group's mean, expected their common mean."
        ),
    }];
    foot.push(
        if request.columns.entry.is_some() {
            "At risk over (entry, exit]; at one time events come before censorings, and censorings before entries."
        } else {
            "At one time events come before censorings."
        }
        .to_owned(),
    );
    if request.strata > 0 {
        foot.push("Scores and variances are added up over the strata.".to_owned());
    }
    if request.columns.weight.is_some() {
        foot.push(
            "Weights are case weights: weight 2 is two equal spells, in the variances too."
                .to_owned(),
        );
    }
    if request.pairwise {
        foot.push(
            "Every two groups by themselves; p_holm keeps the chance of any false finding, p_bh their expected share."
                .to_owned(),
        );
    }
    if request.trend {
        foot.push("Trend over the groups in their order, numbered 0, 1, 2, …".to_owned());
    }
    foot
}
