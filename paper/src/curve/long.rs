//! The long table of a command, row by row.

use afgang_models::{Estimate, Quantile, RestrictedMeans};

use super::fit::Fitted;
use super::{CurveColumns, Question, Request};
use crate::rows::{Rows, pick};
use crate::table::{Table, Values};

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
        let by = rows.labels(&request.columns, &members).into_iter();
        let table =
            by.fold(Table::new(), |table, (name, values)| table.with(&name, self.of_rows(&values)));
        let table = if with_cause {
            table.with("cause", self.of_rows(&pick_known(&rows.causes, &causes)))
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

impl Long {
    /// A value a block as a value a row.
    fn of_rows(&self, values: &Values) -> Values {
        fn repeat<T: Clone>(values: &[T], blocks: &[(usize, Option<usize>, usize)]) -> Vec<T> {
            let mut rows = Vec::with_capacity(blocks.iter().map(|block| block.2).sum());
            for (value, &(_, _, n)) in values.iter().zip(blocks) {
                rows.extend(std::iter::repeat_n(value.clone(), n));
            }
            rows
        }
        match values {
            Values::Text(values) => Values::Text(repeat(values, &self.blocks)),
            Values::Whole(values) => Values::Whole(repeat(values, &self.blocks)),
            Values::Number(values) => Values::Number(repeat(values, &self.blocks)),
        }
    }
}

/// Some values of a column, missing where there is no place.
fn pick_known(values: &Values, places: &[Option<usize>]) -> Values {
    let known: Vec<usize> = places.iter().map(|place| place.unwrap_or(0)).collect();
    match pick(values, &known) {
        Values::Text(words) => Values::Text(
            words.into_iter().zip(places).map(|(word, place)| place.and(word)).collect(),
        ),
        Values::Whole(codes) => Values::Whole(
            codes.into_iter().zip(places).map(|(code, place)| place.and(code)).collect(),
        ),
        other => other,
    }
}
