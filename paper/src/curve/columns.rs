//! The numeric columns of a curve in a long table: their names and their order, in one place.

use afgang_models::Curve;

use crate::table::{Table, Values};

/// `time, n_risk, n_event, n_censor, estimate, std_error, conf_low, conf_high` of any number of curves, one after
/// the other.
#[derive(Debug, Default)]
pub(crate) struct CurveColumns([Vec<f64>; 8]);

const NAMES: [&str; 8] =
    ["time", "n_risk", "n_event", "n_censor", "estimate", "std_error", "conf_low", "conf_high"];

impl CurveColumns {
    /// Adds the rows of a curve, with room for so many rows more.
    pub(crate) fn append(&mut self, curve: Curve, more: usize) {
        let columns = [
            curve.time,
            curve.n_risk,
            curve.n_event,
            curve.n_censor,
            curve.estimate,
            curve.std_error,
            curve.conf_low,
            curve.conf_high,
        ];
        for (column, new) in self.0.iter_mut().zip(columns) {
            if column.is_empty() {
                *column = new;
                column.reserve_exact(more);
            } else {
                column.extend_from_slice(&new);
            }
        }
    }

    /// The table with these columns after its own.
    pub(crate) fn after(self, table: Table) -> Table {
        let columns = NAMES.into_iter().zip(self.0);
        columns.fold(table, |table, (name, values)| table.with(name, Values::Number(values)))
    }
}
