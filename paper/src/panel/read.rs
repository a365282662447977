//! From columns of a file to the rows of a model.

use std::borrow::Cow;

use afgang_models::Factor;
use rayon::prelude::*;

use super::column::{Builder, Column, Picked, Use, joined};
use super::error::PanelFitError;
use super::{Estimator, Request};
use crate::names::{name, outside};
use crate::regression::{Atom, Source};
use crate::rows::{Cells, DataError, ParquetFile, check, each_field, is_parquet};
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

/// The columns that a request needs, each once, with what for.
#[derive(Debug, Clone)]
pub(super) struct Needed(Vec<(String, Use)>);

/// Columns of the whole file, or of some successive rows.
pub(super) struct File {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
    /// Rows of the file before these.
    before: usize,
}

/// Values of the by-columns, and the rows that have them.
type Group = (Vec<String>, Picked);

/// Rows of one model.
pub(super) struct Sample<'a> {
    pub(super) outcome: String,
    file: &'a File,
    rows: Picked,
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
    columns.extend(atoms.map(Atom::column));
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

impl Needed {
    /// By all models of a request.
    pub(super) fn by(request: &Request) -> Self {
        let mut needed = Self(Vec::new());
        for outcome in &request.outcomes {
            needed.numbers(outcome);
        }
        for atom in request.all_terms().into_iter().flat_map(|term| &term.0) {
            match atom {
                Atom::Category { .. } => needed.codes(atom.column()),
                _ => needed.numbers(atom.column()),
            }
        }
        needed.codes(&request.unit);
        let time = request.time.as_ref();
        for column in request.offset.iter().chain(time).chain(&request.weight) {
            needed.numbers(column);
        }
        let effects = request.estimators.iter().flat_map(Estimator::effects);
        for column in effects.chain(request.variance.clusters()) {
            // Effects of times are those of their numbers.
            if Some(column) != time {
                needed.codes(column);
            }
        }
        for (column, _) in &request.only {
            needed.codes(column);
        }
        for condition in &request.conditions {
            needed.numbers(&condition.column);
        }
        for column in &request.by {
            needed.codes(column);
        }
        needed
    }

    fn numbers(&mut self, column: &str) {
        self.use_of(column).as_numbers = true;
    }

    fn codes(&mut self, column: &str) {
        self.use_of(column).as_codes = true;
    }

    fn use_of(&mut self, column: &str) -> &mut Use {
        let place = self.0.iter().position(|(known, _)| known == column).unwrap_or_else(|| {
            self.0.push((column.to_owned(), Use::default()));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }

    /// Only the columns with some names.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn builders(&self) -> Vec<Builder> {
        self.0.iter().map(|(_, needed)| Builder::new(*needed)).collect()
    }
}

impl File {
    /// The whole file, row groups of Parquet by several threads.
    pub(super) fn read(request: &Request) -> Result<Self, PanelFitError> {
        let needed = Needed::by(request);
        let names = needed.names();
        let columns = if is_parquet(&request.data)? {
            let file = ParquetFile::open(&request.data, &names)?;
            let part = |place: usize, group: usize| {
                let mut builder = Builder::new(needed.0[place].1);
                for cells in file.column(place, group)? {
                    cells?.iter().for_each(|cells| builder.take(cells));
                }
                Ok(builder)
            };
            let of_column = |place: usize| {
                let parts = (0..file.groups).into_par_iter().map(|group| part(place, group));
                // Of several faults the first one.
                let parts: Vec<Result<Builder, DataError>> = parts.collect();
                Ok(joined(parts.into_iter().collect::<Result<_, _>>()?))
            };
            let columns = (0..names.len()).into_par_iter().map(of_column);
            let columns: Vec<Result<Column, DataError>> = columns.collect();
            if file.rows == 0 {
                return Err(DataError::Empty { path: request.data.clone() }.into());
            }
            columns.into_iter().collect::<Result<_, _>>()?
        } else {
            let mut builders = needed.builders();
            each_field(&request.data, &names, |column, field| builders[column].text(field))?;
            builders.into_par_iter().map(Builder::finish).collect()
        };
        Ok(Self::of_columns(&needed, columns, 0))
    }

    /// Successive rows after some of the file.
    pub(super) fn of(needed: &Needed, cells: &[Cells], before: usize) -> Self {
        let mut builders = needed.builders();
        builders.iter_mut().zip(cells).for_each(|(builder, cells)| builder.take(cells));
        Self::of_columns(needed, builders.into_iter().map(Builder::finish).collect(), before)
    }

    fn of_columns(needed: &Needed, columns: Vec<Column>, before: usize) -> Self {
        let names = needed.names().into_iter().map(str::to_owned).collect();
        Self { names, rows: columns.first().map_or(0, Column::len), columns, before }
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    fn column(&self, name: &str) -> &Column {
        let place = self.names.iter().position(|known| known == name);
        &self.columns[place.unwrap_or(0)]
    }

    /// The different values that some rows have in a column, missing ones left out.
    pub(super) fn values(&self, column: &str, rows: &Picked) -> Values {
        let column = self.column(column);
        let mut rows = rows.clone();
        rows.retain(|row| !column.is_missing(row));
        column.codes(&rows).1.into_owned()
    }

    /// Labels and rows of each combination of the by-columns, in the order of their values; all chosen rows if there are none.
    pub(super) fn groups(&self, request: &Request) -> Result<Vec<Group>, PanelFitError> {
        let mut left = Left::default();
        let chosen = self.chosen(request, &mut left)?;
        left.refuse_none(request)?;
        if request.by.is_empty() {
            return Ok(vec![(Vec::new(), chosen)]);
        }
        let by: Vec<&Column> = request.by.iter().map(|column| self.column(column)).collect();
        for (name, column) in request.by.iter().zip(&by) {
            let rows = chosen.iter().filter(|&row| column.is_missing(row)).count();
            if rows > 0 {
                return Err(DataError::MissingGroup { column: name.clone(), rows }.into());
            }
        }
        let key = |row: usize| by.iter().map(move |column| column.code(row));
        let mut order: Vec<usize> = chosen.iter().collect();
        order.sort_by(|&a, &b| key(a).cmp(key(b)));
        let of_group = |rows: &[usize]| {
            (by.iter().map(|column| column.show(rows[0])).collect(), Picked::Some(rows.to_vec()))
        };
        Ok(order.chunk_by(|&a, &b| key(a).eq(key(b))).map(of_group).collect())
    }

    /// Rows with the values asked for; adds up how many are left after each choice.
    pub(super) fn chosen(
        &self,
        request: &Request,
        left: &mut Left,
    ) -> Result<Picked, PanelFitError> {
        let mut rows = Picked::All(self.rows);
        left.0.resize(request.only.len() + request.conditions.len(), 0);
        let mut left = left.0.iter_mut();
        let mut count = |rows: &Picked| left.next().into_iter().for_each(|n| *n += rows.len());
        for (column, wanted) in &request.only {
            let column = self.column(column);
            let logical = |value: &str| match (value, column.values()) {
                ("true", Some(Values::Whole(_))) => "1".to_owned(),
                ("false", Some(Values::Whole(_))) => "0".to_owned(),
                _ => value.to_owned(),
            };
            let wanted: Vec<String> = wanted.iter().map(|value| logical(value.trim())).collect();
            let of_code: Vec<bool> = column.values().map_or_else(Vec::new, |values| {
                (0..values.len()).map(|code| wanted.contains(&values.show(code))).collect()
            });
            // A missing value is shown as nothing.
            let nothing = wanted.iter().any(String::is_empty);
            rows.retain(|row| column.code(row).map_or(nothing, |code| of_code[code]));
            count(&rows);
        }
        for Condition { column, comparison, number } in &request.conditions {
            let all = Picked::All(self.rows);
            let numbers = self.column(column).numbers(column, &all, self.before)?;
            rows.retain(|row| comparison.holds(numbers[row], *number));
            count(&rows);
        }
        Ok(rows)
    }

    /// The rows of a model among some.
    pub(super) fn sample(
        &self,
        request: &Request,
        outcome: &str,
        rows: &Picked,
    ) -> Result<Sample<'_>, PanelFitError> {
        let mut missing = Vec::new();
        let mut kept = rows.clone();
        for name in of_model(request, outcome) {
            let column = self.column(name);
            if column.missing == 0 {
                continue;
            }
            let mut gaps = rows.iter().filter(|&row| column.is_missing(row));
            let Some(first) = gaps.next() else { continue };
            if !request.drop_missing {
                let row = self.before + first + 1;
                return Err(DataError::Missing { column: name.to_owned(), row }.into());
            }
            missing.push((name.to_owned(), 1 + gaps.count()));
            kept.retain(|row| !column.is_missing(row));
        }
        Ok(Sample {
            outcome: outcome.to_owned(),
            file: self,
            rows: kept,
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
    fn factor(&self, column: &str) -> Result<Factor, afgang_models::Error> {
        let (codes, values) = self.codes(column);
        let levels = (0..values.len()).map(|level| values.show(level));
        Factor::from_codes(codes.into_owned(), levels)
    }

    fn numbers(&self, column: &str) -> Result<Vec<f64>, DataError> {
        self.view(column).map(Cow::into_owned)
    }

    fn row_of_file(&self, row: usize) -> usize {
        self.file.before + self.rows.row(row) + 1
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

    /// Finite numbers.
    fn view(&self, column: &str) -> Result<Cow<'_, [f64]>, DataError> {
        let numbers = self.file.column(column).numbers(column, &self.rows, self.file.before)?;
        self.refuse(column, &numbers, f64::is_finite, "a finite number")?;
        Ok(numbers)
    }

    /// Each row's place among the different values of a column, and these in order.
    pub(super) fn codes(&self, column: &str) -> (Cow<'_, [u32]>, Cow<'_, Values>) {
        self.file.column(column).codes(&self.rows)
    }

    /// Whole numbers.
    pub(super) fn times(&self, column: &str) -> Result<Vec<i64>, PanelFitError> {
        let numbers = self.view(column)?;
        let whole = |value: f64| value.fract() == 0.0 && value.abs() < 1e15;
        self.refuse(column, &numbers, whole, "a whole number, as years are")?;
        Ok(numbers.iter().map(|&value| value as i64).collect())
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
