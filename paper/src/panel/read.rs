//! From columns of a file to the rows of a model.

use afgang_models::Factor;

use super::Request;
use super::error::PanelFitError;
use crate::names::{name, outside};
use crate::regression::{Source, factor};
use crate::rows::{DataError, check, column_numbers, pick, ranks, read_columns};
use crate::table::Values;

/// A row counts if its value in a column compares so with a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// The comparison.
    pub comparison: Comparison,
    /// The number.
    pub number: f64,
}

/// A comparison of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
    /// `!=`
    Unequal,
}

impl Comparison {
    const ALL: [(&'static str, Self); 7] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("!=", Self::Unequal),
        ("==", Self::Equal),
        ("<", Self::Less),
        (">", Self::More),
        ("=", Self::Equal),
    ];

    #[expect(clippy::float_cmp, reason = "the number that the user writes, or another")]
    fn holds(self, value: f64, number: f64) -> bool {
        match self {
            Self::Less => value < number,
            Self::AtMost => value <= number,
            Self::More => value > number,
            Self::AtLeast => value >= number,
            Self::Equal => value == number,
            // A missing value is no other number.
            Self::Unequal => value != number && !value.is_nan(),
        }
    }

    fn sign(self) -> &'static str {
        Self::ALL.iter().find(|(_, comparison)| *comparison == self).map_or("=", |(sign, _)| sign)
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.column, self.comparison.sign(), self.number)
    }
}

impl std::str::FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "write a column, one of = != < <= > >= and a number, for example year>=2017".to_owned()
        };
        let mut signs = outside(text).ok_or_else(wrong)?.into_iter();
        let (place, _) =
            signs.find(|(_, sign)| matches!(sign, '<' | '>' | '!' | '=')).ok_or_else(wrong)?;
        let (column, rest) = text.split_at(place);
        let (sign, comparison) = Comparison::ALL
            .into_iter()
            .find(|(sign, _)| rest.starts_with(sign))
            .ok_or_else(wrong)?;
        let number = rest[sign.len()..].trim().parse().map_err(|_| wrong())?;
        let column = name(column).ok_or_else(wrong)?;
        if column.is_empty() { Err(wrong()) } else { Ok(Self { column, comparison, number }) }
    }
}

/// The columns that a request needs, each once: of the whole file, or of some successive rows.
pub(super) struct File {
    names: Vec<String>,
    columns: Vec<Values>,
    rows: usize,
    /// Rows of the file before these.
    before: usize,
}

/// Values of the by-columns, and the rows that have them.
type Group = (Vec<String>, Vec<usize>);

/// Rows of one model.
pub(super) struct Sample<'a> {
    pub(super) outcome: String,
    names: &'a [String],
    columns: Vec<Values>,
    /// Rows of the file, from 0.
    pub(super) rows: Vec<usize>,
    /// Rows of the file,
    pub(super) of_file: usize,
    /// those with the values asked for,
    pub(super) chosen: usize,
    /// and of these, by column, those without a value, which are left out.
    pub(super) missing: Vec<(String, usize)>,
}

/// Columns whose gaps cost a model rows.
pub(super) fn of_model<'a>(request: &'a Request, outcome: &'a str) -> Vec<&'a str> {
    let mut columns = vec![outcome];
    let atoms = request.all_terms().into_iter().flat_map(|term| &term.0);
    columns.extend(atoms.map(crate::regression::Atom::column));
    columns.extend(request.offset.as_deref());
    columns.push(&request.unit);
    columns.extend(request.time.as_deref());
    columns.extend(request.weight.as_deref());
    columns.extend(request.variance.clusters().iter().map(String::as_str));
    for estimator in &request.estimators {
        columns.extend(estimator.effects().iter().map(String::as_str));
    }
    let mut once: Vec<&str> = Vec::new();
    for column in columns {
        if !once.contains(&column) {
            once.push(column);
        }
    }
    once
}

/// Names of all columns that a request needs, each once.
pub(super) fn all_columns(request: &Request) -> Vec<&str> {
    let of_models = request.outcomes.iter().flat_map(|outcome| of_model(request, outcome));
    let chosen = request.only.iter().map(|(column, _)| column.as_str());
    let chosen = chosen.chain(request.conditions.iter().map(|of| of.column.as_str()));
    let mut names: Vec<&str> = Vec::new();
    for name in of_models.chain(chosen).chain(request.by.iter().map(String::as_str)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

impl File {
    pub(super) fn read(request: &Request) -> Result<Self, PanelFitError> {
        let names = all_columns(request);
        let columns = read_columns(&request.data, &names)?;
        Ok(Self::of(&names, columns, 0))
    }

    /// Successive rows after some of the file.
    pub(super) fn of(names: &[&str], columns: Vec<Values>, before: usize) -> Self {
        let rows = columns.first().map_or(0, Values::len);
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Self { names, columns, rows, before }
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn column(&self, name: &str) -> &Values {
        let place = self.names.iter().position(|known| known == name);
        &self.columns[place.unwrap_or(0)]
    }

    /// Labels and rows of each combination of the by-columns, in the order of their values; all chosen rows if there are none.
    pub(super) fn groups(&self, request: &Request) -> Result<Vec<Group>, PanelFitError> {
        let mut left = Left::default();
        let chosen = self.chosen(request, &mut left)?;
        left.refuse_none(request)?;
        if request.by.is_empty() {
            return Ok(vec![(Vec::new(), chosen)]);
        }
        let by: Vec<Values> =
            request.by.iter().map(|column| pick(self.column(column), &chosen)).collect();
        for (column, values) in request.by.iter().zip(&by) {
            let rows = (0..chosen.len()).filter(|&row| values.is_missing(row)).count();
            if rows > 0 {
                return Err(DataError::MissingGroup { column: column.clone(), rows }.into());
            }
        }
        let keys: Vec<Vec<usize>> = by.iter().map(ranks).collect();
        let mut order: Vec<usize> = (0..chosen.len()).collect();
        let key = |row: usize| keys.iter().map(move |ranks| ranks[row]);
        order.sort_by(|&a, &b| key(a).cmp(key(b)).then(a.cmp(&b)));
        let of_group = |members: &[usize]| {
            let labels = by.iter().map(|values| values.show(members[0])).collect();
            (labels, members.iter().map(|&row| chosen[row]).collect())
        };
        Ok(order.chunk_by(|&a, &b| key(a).eq(key(b))).map(of_group).collect())
    }

    /// Rows with the values asked for; adds up how many are left after each choice.
    pub(super) fn chosen(
        &self,
        request: &Request,
        left: &mut Left,
    ) -> Result<Vec<usize>, PanelFitError> {
        let mut rows: Vec<usize> = (0..self.rows).collect();
        left.0.resize(request.only.len() + request.conditions.len(), 0);
        let mut left = left.0.iter_mut();
        let mut count = |rows: &[usize]| left.next().into_iter().for_each(|n| *n += rows.len());
        for (column, wanted) in &request.only {
            let values = self.column(column);
            let logical = |value: &str| match (value, values) {
                ("true", Values::Whole(_)) => "1".to_owned(),
                ("false", Values::Whole(_)) => "0".to_owned(),
                _ => value.to_owned(),
            };
            let wanted: Vec<String> = wanted.iter().map(|value| logical(value.trim())).collect();
            rows.retain(|&row| wanted.contains(&values.show(row)));
            count(&rows);
        }
        for condition in &request.conditions {
            let numbers = self.numbers_with_gaps(&condition.column)?;
            rows.retain(|&row| condition.comparison.holds(numbers[row], condition.number));
            count(&rows);
        }
        Ok(rows)
    }

    /// A column as numbers; missing ones as `NaN`.
    fn numbers_with_gaps(&self, column: &str) -> Result<Vec<f64>, DataError> {
        let values = self.column(column);
        let there: Vec<usize> = (0..values.len()).filter(|&row| !values.is_missing(row)).collect();
        let known = column_numbers(pick(values, &there), column).map_err(|error| {
            error.in_file(&there.iter().map(|row| row + self.before).collect::<Vec<_>>())
        })?;
        let mut numbers = vec![f64::NAN; values.len()];
        for (row, number) in there.into_iter().zip(known) {
            numbers[row] = number;
        }
        Ok(numbers)
    }

    /// The rows of a model among some.
    pub(super) fn sample(
        &self,
        request: &Request,
        outcome: &str,
        rows: &[usize],
    ) -> Result<Sample<'_>, PanelFitError> {
        let columns = of_model(request, outcome);
        let mut missing = Vec::new();
        let mut kept = rows.to_vec();
        for &column in &columns {
            let values = self.column(column);
            let gaps = rows.iter().filter(|&&row| values.is_missing(row));
            let (first, count) = (gaps.clone().next(), gaps.count());
            if let Some(&row) = first {
                if !request.drop_missing {
                    let column = column.to_owned();
                    let row = self.before + row + 1;
                    return Err(DataError::Missing { column, row }.into());
                }
                missing.push((column.to_owned(), count));
                kept.retain(|&row| !values.is_missing(row));
            }
        }
        Ok(Sample {
            outcome: outcome.to_owned(),
            names: &self.names,
            columns: self.columns.iter().map(|values| pick(values, &kept)).collect(),
            rows: kept.into_iter().map(|row| self.before + row).collect(),
            of_file: self.rows,
            chosen: rows.len(),
            missing,
        })
    }
}

/// How many rows each choice of rows leaves.
#[derive(Debug, Default)]
pub(super) struct Left(Vec<usize>);

impl Left {
    /// Refuses a choice that leaves none.
    pub(super) fn refuse_none(&self, request: &Request) -> Result<(), DataError> {
        let only = request.only.iter().map(|(column, values)| {
            let values: Vec<&str> = values.iter().map(|value| value.trim()).collect();
            (column, values.join(" or "))
        });
        let conditions = request.conditions.iter().map(|condition| {
            let Condition { column, comparison, number } = condition;
            (column, format!("{} {number}", comparison.sign()))
        });
        match only.chain(conditions).zip(&self.0).find(|(_, left)| **left == 0) {
            None => Ok(()),
            Some(((column, value), _)) => {
                Err(DataError::NoRowsLeft { column: column.clone(), value })
            }
        }
    }
}

impl Source for Sample<'_> {
    fn values(&self, column: &str) -> &Values {
        let place = self.names.iter().position(|known| known == column);
        &self.columns[place.unwrap_or(0)]
    }

    fn numbers(&self, column: &str) -> Result<Vec<f64>, DataError> {
        let numbers = column_numbers(self.values(column).clone(), column)
            .map_err(|error| error.in_file(&self.rows))?;
        self.refuse(column, &numbers, f64::is_finite, "a finite number")?;
        Ok(numbers)
    }

    fn row_of_file(&self, row: usize) -> usize {
        self.rows[row] + 1
    }
}

/// That no row has a value in all columns of a model.
pub(super) fn no_complete_row(request: &Request, outcome: &str) -> PanelFitError {
    let columns = of_model(request, outcome).into_iter().map(str::to_owned).collect();
    PanelFitError::NoCompleteRow { columns }
}

impl Sample<'_> {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A column as one category.
    pub(super) fn factor(&self, column: &str) -> Result<Factor, PanelFitError> {
        Ok(factor(self.values(column), None)?)
    }

    /// Whole numbers.
    pub(super) fn times(&self, column: &str) -> Result<Vec<i64>, PanelFitError> {
        let numbers = self.numbers(column)?;
        let whole = |value: f64| value.fract() == 0.0 && value.abs() < 1e15;
        self.refuse(column, &numbers, whole, "a whole number, as years are")?;
        Ok(numbers.into_iter().map(|value| value as i64).collect())
    }

    /// Numbers above 0.
    pub(super) fn weights(&self, column: &str) -> Result<Vec<f64>, PanelFitError> {
        let numbers = self.numbers(column)?;
        self.refuse(column, &numbers, |value| value > 0.0, "above 0")?;
        Ok(numbers)
    }

    fn refuse(
        &self,
        column: &str,
        numbers: &[f64],
        good: impl Fn(f64) -> bool,
        wanted: &'static str,
    ) -> Result<(), DataError> {
        check(column, numbers, good, wanted, |row| self.row_of_file(row))
    }
}
