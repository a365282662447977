//! Regressions on the spells of a register, counted in one scan.

use super::{Fitted, RegressionError, Request, columns_of, fit_rows};
use crate::rows::Counted;

/// Fits to the counts of spells by `exit`, `months` and the columns of the model: what the rows of the spells would give.
///
/// # Errors
///
/// Those of [`fit`](super::fit).
pub fn fit_counts(request: &Request, counted: Counted<'_>) -> Result<Fitted, RegressionError> {
    let mut columns = columns_of(request);
    let rows = counted.rows(&mut columns, true)?;
    let mut fitted = fit_rows(request, &columns, &rows, None)?;
    fitted.foot.extend(counted.remarks());
    Ok(fitted)
}
