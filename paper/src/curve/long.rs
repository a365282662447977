//! The long table of a command, row by row.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use afgang_models::{Curve, Estimate, EventTable, Quantile, RestrictedMeans};

use super::fit::{Fitted, Spec};
use super::{CurveColumns, Question, Request};
use crate::error::Error;
use crate::rows::Rows;
use crate::table::{Format, ROWS_AT_ONCE, Table, Values};

/// A long table.
#[derive(Debug, Clone, PartialEq)]
pub enum LongTable {
    /// All of its rows.
    Rows(Table),
    /// Curves whose rows are made when they are asked for: of many times they would fill the memory.
    Curves(Curves),
}

/// Curves of event tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    spec: Spec,
    all: Vec<CurveOf>,
    /// A table without rows, with the notes.
    notes: Table,
}

/// A curve of an event table.
#[derive(Debug, Clone, PartialEq)]
struct CurveOf {
    /// By-columns and `cause`, a value each.
    keys: Vec<(String, Values)>,
    cause: Option<usize>,
    table: Arc<EventTable>,
}

impl LongTable {
    /// Curves of the tables of groups, each with a row of the data that is of the group.
    pub(super) fn of_curves(
        request: &Request,
        rows: &Rows,
        tables: Vec<(usize, EventTable)>,
    ) -> Self {
        let causes = request.causes(rows);
        let mut curves = Vec::with_capacity(tables.len() * causes.len());
        for (member, table) in tables {
            let table = Arc::new(table);
            for &cause in &causes {
                let mut keys = rows.labels(&request.columns, &[member]);
                keys.extend(cause.map(|cause| ("cause".to_owned(), rows.causes.picked(&[cause]))));
                curves.push(CurveOf { keys, cause, table: Arc::clone(&table) });
            }
        }
        Self::Curves(Curves { spec: Spec::of(request), all: curves, notes: Table::new() })
    }

    /// Says something about the table; see [`Table::note`].
    #[must_use]
    pub(super) fn note(self, name: &str, value: serde_json::Value) -> Self {
        match self {
            Self::Rows(table) => Self::Rows(table.note(name, value)),
            Self::Curves(of) => Self::Curves(Curves { notes: of.notes.note(name, value), ..of }),
        }
    }

    /// The table with all of its rows.
    ///
    /// # Errors
    ///
    /// Those of the estimator.
    pub fn whole(&self) -> Result<Cow<'_, Table>, afgang_models::Error> {
        Ok(match self {
            Self::Rows(table) => Cow::Borrowed(table),
            Self::Curves(of) => Cow::Owned(Table::joined(of.parts()?)),
        })
    }

    /// Writes the table to a file, whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of the estimator, and if the file cannot be written.
    pub fn write(&self, path: &Path, format: Format) -> Result<(), Error> {
        match self {
            Self::Rows(table) => table.write(path, format)?,
            Self::Curves(of) => of.notes.write_rows(of.parts()?, path, format)?,
        }
        Ok(())
    }
}

impl Curves {
    /// The rows, some after others.
    fn parts(&self) -> Result<impl Iterator<Item = Table>, afgang_models::Error> {
        let curves: Vec<_> = self
            .all
            .iter()
            .map(|of| Ok((of, self.spec.parts(&of.table, of.cause, ROWS_AT_ONCE)?)))
            .collect::<Result<_, afgang_models::Error>>()?;
        Ok(curves.into_iter().flat_map(|(of, parts)| parts.map(|part| of.rows(part))))
    }
}

impl CurveOf {
    /// The rows of a part of the curve.
    fn rows(&self, part: Curve) -> Table {
        let n = part.len();
        let keys = self.keys.iter();
        let table =
            keys.fold(Table::new(), |table, (name, key)| table.with(name, repeated(key, [n])));
        let mut columns = CurveColumns::default();
        columns.append(part, 0);
        columns.after(table)
    }
}

/// The long table under construction.
#[derive(Default)]
pub(super) struct Long {
    /// Rows of the table with the same by-values and cause, one after the other: a row of the data with these by-values,
    /// the place of the cause, and how many they are.
    blocks: Vec<(usize, Option<usize>, usize)>,
    columns: CurveColumns,
    /// Rows of curves that are still to come.
    to_come: usize,
    /// Limits of bands, empty without.
    band: [Vec<f64>; 2],
    quantity: Vec<String>,
    numbers: [Vec<f64>; 4],
}

impl Long {
    /// Of curves that will have so many rows together.
    pub(super) fn of_rows_in_all(rows: usize) -> Self {
        Self { to_come: rows, ..Self::default() }
    }

    pub(super) fn curve(&mut self, member: usize, fitted: Fitted) {
        self.blocks.push((member, fitted.cause, fitted.curve.len()));
        self.to_come = self.to_come.saturating_sub(fitted.curve.len());
        self.columns.append(fitted.curve, self.to_come);
        if let Some(band) = fitted.band {
            self.band[0].extend(band.low);
            self.band[1].extend(band.high);
        }
    }

    fn row(&mut self, member: usize, cause: Option<usize>, quantity: String, values: [f64; 4]) {
        self.blocks.push((member, cause, 1));
        self.quantity.push(quantity);
        for (column, value) in self.numbers.iter_mut().zip(values) {
            column.push(value);
        }
    }

    /// Quantiles have limits and no standard error.
    pub(super) fn quantiles(
        &mut self,
        member: usize,
        cause: Option<usize>,
        quantiles: impl Iterator<Item = Quantile>,
    ) {
        for q in quantiles {
            let values = [q.estimate, f64::NAN, q.conf_low, q.conf_high];
            self.row(member, cause, format!("quantile_{}", q.probability), values);
        }
    }

    /// The mean time until exit and the time lost to the causes shown.
    pub(super) fn means(
        &mut self,
        member: usize,
        horizon: f64,
        means: &RestrictedMeans,
        shown: &[usize],
    ) {
        let of = |e: &Estimate| [e.estimate, e.std_error, e.conf_low, e.conf_high];
        self.row(member, None, format!("rmst_{horizon}"), of(&means.time_in));
        for &cause in shown {
            self.row(member, Some(cause), format!("time_lost_{horizon}"), of(&means.lost[cause]));
        }
    }

    pub(super) fn into_table(self, request: &Request, rows: &Rows, with_cause: bool) -> Table {
        let members: Vec<usize> = self.blocks.iter().map(|block| block.0).collect();
        let causes: Vec<Option<usize>> = self.blocks.iter().map(|block| block.1).collect();
        let of_rows = |values: &Values| repeated(values, self.blocks.iter().map(|block| block.2));
        let by = rows.labels(&request.columns, &members).into_iter();
        let table =
            by.fold(Table::new(), |table, (name, values)| table.with(&name, of_rows(&values)));
        let table = if with_cause {
            table.with("cause", of_rows(&pick_known(&rows.causes, &causes)))
        } else {
            table
        };
        match request.question {
            Question::Curves | Question::At(_) => {
                let table = self.columns.after(table);
                if request.band.is_none() {
                    return table;
                }
                let [low, high] = self.band;
                table.with("band_low", Values::Number(low)).with("band_high", Values::Number(high))
            }
            Question::Quantiles(..) | Question::RestrictedMean(_) => {
                let names = ["estimate", "std_error", "conf_low", "conf_high"];
                names
                    .into_iter()
                    .zip(self.numbers)
                    .fold(table.text("quantity", self.quantity), |table, (name, values)| {
                        table.with(name, Values::Number(values))
                    })
            }
        }
    }
}

/// Values, each as often as it is said.
fn repeated(values: &Values, times: impl IntoIterator<Item = usize> + Clone) -> Values {
    fn repeat<T: Clone>(values: &[T], times: impl IntoIterator<Item = usize> + Clone) -> Vec<T> {
        let mut rows = Vec::with_capacity(times.clone().into_iter().sum());
        for (value, n) in values.iter().zip(times) {
            rows.extend(std::iter::repeat_n(value.clone(), n));
        }
        rows
    }
    match values {
        Values::Text(values) => Values::Text(repeat(values, times)),
        Values::Whole(values) => Values::Whole(repeat(values, times)),
        Values::Number(values) => Values::Number(repeat(values, times)),
    }
}

/// Some values of a column, missing where there is no place.
pub(crate) fn pick_known(values: &Values, places: &[Option<usize>]) -> Values {
    let known: Vec<usize> = places.iter().map(|place| place.unwrap_or(0)).collect();
    match values.picked(&known) {
        Values::Text(words) => Values::Text(
            words.into_iter().zip(places).map(|(word, place)| place.and(word)).collect(),
        ),
        Values::Whole(codes) => Values::Whole(
            codes.into_iter().zip(places).map(|(code, place)| place.and(code)).collect(),
        ),
        other => other,
    }
}
