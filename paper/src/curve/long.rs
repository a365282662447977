//! The long table of a command, row by row.

use afgang_models::{Curve, Estimate, Quantile, RestrictedMeans};

use super::{CurveColumns, Question, Request};
use crate::rows::Rows;
use crate::table::{Table, Values};

/// The long table under construction.
#[derive(Default)]
pub(super) struct Long {
    /// For each row a row of the data with the same by-values.
    member: Vec<usize>,
    cause: Vec<Option<i64>>,
    columns: CurveColumns,
    quantity: Vec<String>,
    numbers: [Vec<f64>; 4],
}

impl Long {
    pub(super) fn curve(&mut self, member: usize, cause: Option<usize>, curve: &Curve) {
        let rows = curve.len();
        self.member.extend(std::iter::repeat_n(member, rows));
        self.cause.extend(std::iter::repeat_n(cause.map(|cause| cause as i64), rows));
        self.columns.append(curve);
    }

    fn row(&mut self, member: usize, cause: Option<usize>, quantity: String, values: [f64; 4]) {
        self.member.push(member);
        self.cause.push(cause.map(|cause| cause as i64));
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

    /// The mean time until exit and, for `several` causes, the time lost to each.
    pub(super) fn means(
        &mut self,
        member: usize,
        horizon: f64,
        means: &RestrictedMeans,
        causes: &[usize],
        several: bool,
    ) {
        let of = |e: &Estimate| [e.estimate, e.std_error, e.conf_low, e.conf_high];
        self.row(member, None, format!("rmst_{horizon}"), of(&means.time_in));
        if several {
            for (&cause, lost) in causes.iter().zip(&means.lost) {
                self.row(member, Some(cause), format!("time_lost_{horizon}"), of(lost));
            }
        }
    }

    pub(super) fn into_table(self, request: &Request, rows: &Rows, with_cause: bool) -> Table {
        let by = rows.labels(&request.columns, &self.member);
        let table =
            by.into_iter().fold(Table::new(), |table, (name, values)| table.with(&name, values));
        let table = if with_cause { table.with("cause", Values::Whole(self.cause)) } else { table };
        match request.question {
            Question::Curves | Question::At(_) => self.columns.after(table),
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
