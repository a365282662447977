//! Functions of clocks as they are written on the command line.
//!
//! `C(month), cut(month, 13, 25), month, poly(month, 2), log(month), bs(month, 5), ns(month, 4)`

use afgang_engine::Month;
use afgang_models::Shape;

use super::RegressionError;
use super::covariate::Source;
use super::terms::TermError;
use crate::names::{cut, name, parts};
use crate::rows::DataError;
use crate::table::Values;

/// The column of a clock's starts, and its function.
///
/// # Errors
///
/// [`TermError`] with what is understood.
pub fn clock(text: &str) -> Result<(String, Shape), TermError> {
    let wrong = |wanted| TermError { text: text.to_owned(), at: text.trim().to_owned(), wanted };
    let error = || {
        wrong(
            "clocks are COL, C(COL), cut(COL, 13, 25), poly(COL, 2), log(COL), bs(COL, 5) and ns(COL, 4)",
        )
    };
    let column = |text: &str| name(text).filter(|column| !column.is_empty()).ok_or_else(error);
    let Some((function, rest)) = cut(text, '(') else {
        return Ok((column(text)?, Shape::Polynomial(1)));
    };
    let inside = rest.trim_end().strip_suffix(')').ok_or_else(error)?;
    let mut parts = parts(inside).unwrap_or_default().into_iter();
    let column = column(parts.next().unwrap_or_default())?;
    let numbers: Vec<i64> =
        parts.map(|part| part.trim().parse().map_err(|_| error())).collect::<Result<_, _>>()?;
    let count = |least: i64| match numbers.as_slice() {
        [n] if (least..=20).contains(n) => usize::try_from(*n).map_err(|_| error()),
        _ => Err(wrong(
            "degrees go from 0 to 20, degrees of freedom of ns from 1 and of bs from 3 to 20",
        )),
    };
    let shape = match (function.trim(), numbers.as_slice()) {
        ("C", []) => Shape::Free,
        ("log", []) => Shape::Logarithm,
        ("cut", [_, ..]) => Shape::Intervals(numbers),
        ("poly", _) => Shape::Polynomial(count(0)?),
        ("bs", _) => Shape::BSpline(count(3)?),
        ("ns", _) => Shape::NaturalSpline(count(1)?),
        _ => return Err(error()),
    };
    Ok((column, shape))
}

/// The function of the duration, which is written as a clock named `time`.
///
/// # Errors
///
/// [`TermError`] with what is understood.
pub fn duration(text: &str) -> Result<Shape, TermError> {
    match clock(text)? {
        (name, shape) if name == "time" => Ok(shape),
        _ => Err(TermError {
            text: text.to_owned(),
            at: text.trim().to_owned(),
            wanted: "the duration is called time, as in C(time), cut(time, 4, 7), poly(time, 3), log(time) and ns(time, 4)",
        }),
    }
}

/// The month that is 0 where the starts of a clock are months such as 2011-03, most of them at least: the first.
pub(super) fn first_month(values: &Values) -> Option<Month> {
    let Values::Text(texts) = values else { return None };
    let present = texts.iter().flatten();
    let months: Vec<Month> = present.clone().filter_map(|text| text.parse().ok()).collect();
    // One that is none among many is a mistake, which is named where starts are read.
    months.iter().copied().min().filter(|_| 2 * months.len() > present.count())
}

/// The starts of a clock on some rows: numbers, or months since the first, if there is one.
pub(super) fn starts(
    column: &str,
    first: Option<Month>,
    (rows, values): (&impl Source, &Values),
) -> Result<Vec<f64>, RegressionError> {
    let (Some(first), Values::Text(texts)) = (first, values) else {
        return Ok(rows.numbers(column)?);
    };
    let of_row = |(row, text): (usize, &Option<String>)| {
        let (column, row) = (column.to_owned(), rows.row_of_file(row));
        let Some(text) = text else {
            return Err(DataError::Missing { column, row }.into());
        };
        match text.parse::<Month>() {
            Ok(month) => Ok(f64::from(month - first)),
            Err(_) => Err(RegressionError::NotAMonth { column, row, text: text.clone() }),
        }
    };
    texts.iter().enumerate().map(of_row).collect()
}

/// A function as it is written.
pub(super) fn show(column: &str, shape: &Shape) -> String {
    match shape {
        Shape::Free => format!("C({column})"),
        Shape::Intervals(cuts) => {
            let cuts: Vec<String> = cuts.iter().map(ToString::to_string).collect();
            format!("cut({column},{})", cuts.join(","))
        }
        Shape::Polynomial(1) => column.to_owned(),
        Shape::Polynomial(degree) => format!("poly({column},{degree})"),
        Shape::Logarithm => format!("log({column})"),
        Shape::BSpline(df) => format!("bs({column},{df})"),
        Shape::NaturalSpline(df) => format!("ns({column},{df})"),
        _ => column.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_written_as_they_are_read() {
        for text in ["C(m)", "cut(m,13,25)", "m", "poly(m,2)", "log(m)", "bs(m,5)", "ns(m,4)"] {
            let (column, shape) = clock(&text.replace(',', ", ")).unwrap();
            assert_eq!((column.as_str(), show(&column, &shape).as_str()), ("m", text));
        }
        assert_eq!(
            clock("cut(`a, (b)`, 3)").unwrap(),
            ("a, (b)".to_owned(), Shape::Intervals(vec![3]))
        );
        assert_eq!(duration("poly(time,0)").unwrap(), Shape::Polynomial(0));
    }

    #[test]
    fn mistakes_are_shown() {
        for text in
            ["", "C()", "C(m", "C(m,2)", "poly(m)", "poly(m,x)", "bs(m,2)", "cut(m)", "sin(m)"]
        {
            assert!(clock(text).is_err(), "{text}");
        }
        assert!(duration("poly(m,2)").unwrap_err().wanted.contains("called time"));
        assert!(clock("bs(m,21)").unwrap_err().wanted.contains("of bs from 3 to 20"));
    }
}
