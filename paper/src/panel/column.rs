//! Columns of a file as numbers, and as codes of their different values.

use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::hash::Hash;

use rayon::prelude::*;

use crate::rows::{Cells, DataError, number_of, ranks};
use crate::table::Values;

/// What a column is needed for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) as_numbers: bool,
    pub(super) as_codes: bool,
}

/// Code of a missing value.
const NONE: u32 = u32::MAX;

/// Codes that one thread takes at once.
const AT_ONCE: usize = 1 << 16;

/// A column of some rows: its numbers, the codes of its values, or both.
#[derive(Debug, Clone)]
pub(super) struct Column {
    numbers: Option<Numbers>,
    codes: Option<Codes>,
    /// Rows without a value.
    pub(super) missing: usize,
}

/// Numbers, `NaN` where there is none.
#[derive(Debug, Clone, Default)]
struct Numbers {
    values: Vec<f64>,
    /// Words that are no numbers, by row.
    words: Vec<(usize, String)>,
}

/// Each row's place among the different values.
#[derive(Debug, Clone)]
struct Codes {
    of_row: Vec<u32>,
    /// The values in their order, numbers by size.
    values: Values,
}

impl Column {
    /// Whether a row has no value.
    pub(super) fn is_missing(&self, row: usize) -> bool {
        match (&self.codes, &self.numbers) {
            (Some(codes), _) => codes.of_row[row] == NONE,
            (None, Some(numbers)) => {
                numbers.values[row].is_nan()
                    && numbers.words.binary_search_by_key(&row, |word| word.0).is_err()
            }
            (None, None) => true,
        }
    }

    /// The numbers of some rows, `NaN` where there is none.
    ///
    /// # Errors
    ///
    /// [`DataError::NotANumber`] for the first word, with its row counted from `before`.
    pub(super) fn numbers(
        &self,
        name: &str,
        rows: &Picked,
        before: usize,
    ) -> Result<Cow<'_, [f64]>, DataError> {
        let Some(Numbers { values, words }) = &self.numbers else {
            return Ok(Cow::Borrowed(&[]));
        };
        match words.iter().find(|(row, _)| rows.has(*row)) {
            None => Ok(rows.of(values)),
            Some((row, text)) => Err(DataError::NotANumber {
                column: name.to_owned(),
                row: before + row + 1,
                text: text.clone(),
            }),
        }
    }

    /// The different values that some rows have, in order, and each row's place among them. None of the rows may lack one.
    pub(super) fn codes(&self, rows: &Picked) -> (Cow<'_, [u32]>, Cow<'_, Values>) {
        let Some(Codes { of_row, values }) = &self.codes else {
            return (Cow::Borrowed(&[]), Cow::Owned(Values::Whole(Vec::new())));
        };
        if let Picked::All(_) = rows {
            return (Cow::Borrowed(of_row), Cow::Borrowed(values));
        }
        let mut codes = rows.of(of_row).into_owned();
        let mut place = vec![NONE; values.len()];
        for &code in &codes {
            place[code as usize] = 0;
        }
        let used: Vec<usize> = (0..place.len()).filter(|&code| place[code] == 0).collect();
        (0..).zip(&used).for_each(|(new, &code)| place[code] = new);
        for code in &mut codes {
            *code = place[*code as usize];
        }
        (Cow::Owned(codes), Cow::Owned(values.picked(&used)))
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        let numbers = self.numbers.as_ref().map(|numbers| numbers.values.len());
        numbers.or(self.codes.as_ref().map(|codes| codes.of_row.len())).unwrap_or(0)
    }

    /// A row's value in words; nothing if it is missing.
    pub(super) fn show(&self, row: usize) -> String {
        let value = self.values().zip(self.code(row)).map(|(values, code)| values.show(code));
        value.unwrap_or_default()
    }

    /// The different values, in order.
    pub(super) fn values(&self) -> Option<&Values> {
        self.codes.as_ref().map(|codes| &codes.values)
    }

    /// Place of a row's value among them.
    pub(super) fn code(&self, row: usize) -> Option<usize> {
        let code = self.codes.as_ref()?.of_row[row];
        (code != NONE).then_some(code as usize)
    }
}

/// Rows of a file, in order.
#[derive(Debug, Clone)]
pub(super) enum Picked {
    /// So many, all of them.
    All(usize),
    /// Some of them.
    Some(Vec<usize>),
}

impl Picked {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(n) => *n,
            Self::Some(rows) => rows.len(),
        }
    }

    /// The row at a place.
    pub(super) fn row(&self, place: usize) -> usize {
        match self {
            Self::All(_) => place,
            Self::Some(rows) => rows[place],
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        (0..self.len()).map(|place| self.row(place))
    }

    fn has(&self, row: usize) -> bool {
        match self {
            Self::All(_) => true,
            Self::Some(rows) => rows.binary_search(&row).is_ok(),
        }
    }

    /// Those that are to be kept.
    pub(super) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        match self {
            Self::All(n) => {
                if !(0..*n).all(&keep) {
                    *self = Self::Some((0..*n).filter(|&row| keep(row)).collect());
                }
            }
            Self::Some(rows) => rows.retain(|&row| keep(row)),
        }
    }

    fn of<'a, T: Copy>(&self, values: &'a [T]) -> Cow<'a, [T]> {
        match self {
            Self::All(_) => Cow::Borrowed(values),
            Self::Some(rows) => Cow::Owned(rows.iter().map(|&row| values[row]).collect()),
        }
    }
}

/// A column in the making.
#[derive(Debug, Default)]
pub(super) struct Builder {
    numbers: Option<Numbers>,
    codes: Option<Coder>,
    missing: usize,
}

impl Builder {
    pub(super) fn new(needed: Use) -> Self {
        let Use { as_numbers, as_codes } = needed;
        Self {
            numbers: as_numbers.then(Numbers::default),
            codes: as_codes.then(Coder::default),
            missing: 0,
        }
    }

    /// Takes up values of a Parquet file.
    pub(super) fn take(&mut self, cells: &Cells) {
        match cells {
            Cells::Whole(array) => array.iter().for_each(|value| self.whole(value)),
            Cells::Number(array) => Cells::numbers(array).for_each(|value| self.number(value)),
            Cells::Text(array) => array.iter().for_each(|value| self.text(value)),
            Cells::Missing(n) => (0..*n).for_each(|_| self.text(None)),
        }
    }

    fn whole(&mut self, value: Option<i64>) {
        self.missing += usize::from(value.is_none());
        if let Some(numbers) = &mut self.numbers {
            numbers.values.push(value.map_or(f64::NAN, |value| value as f64));
        }
        if let Some(coder) = &mut self.codes {
            let code = value.map_or(NONE, |value| coder.whole.code(&value));
            coder.of_row.push(code);
        }
    }

    fn number(&mut self, value: f64) {
        self.missing += usize::from(value.is_nan());
        if let Some(numbers) = &mut self.numbers {
            numbers.values.push(value);
        }
        if let Some(coder) = &mut self.codes {
            let code = if value.is_nan() { NONE } else { coder.number.code(&value.to_bits()) };
            coder.of_row.push(code);
        }
    }

    /// Takes up a word; `None` if there is none.
    pub(super) fn text(&mut self, value: Option<&str>) {
        if let Some(numbers) = &mut self.numbers {
            let number = value.map_or(Some(f64::NAN), number_of);
            if let (None, Some(text)) = (number, value) {
                numbers.words.push((numbers.values.len(), text.to_owned()));
            }
            numbers.values.push(number.unwrap_or(f64::NAN));
        }
        if let Some(coder) = &mut self.codes {
            let code = value.map_or(NONE, |value| coder.text.code(value));
            coder.of_row.push(code);
        }
        self.missing += usize::from(value.is_none());
    }

    /// Adds the rows of another part of the file, which come after these.
    pub(super) fn append(&mut self, other: Self) {
        self.missing += other.missing;
        if let (Some(numbers), Some(other)) = (&mut self.numbers, other.numbers) {
            let before = numbers.values.len();
            numbers.words.extend(other.words.into_iter().map(|(row, text)| (before + row, text)));
            numbers.values.extend(other.values);
        }
        if let (Some(coder), Some(other)) = (&mut self.codes, other.codes) {
            coder.append(other);
        }
    }

    /// The column.
    pub(super) fn finish(self) -> Column {
        Column {
            numbers: self.numbers,
            codes: self.codes.map(Coder::finish),
            missing: self.missing,
        }
    }
}

/// Codes in the making, by the order in which values first stand.
#[derive(Debug, Default)]
struct Coder {
    of_row: Vec<u32>,
    // A column has values of one type.
    whole: Distinct<i64>,
    /// As bits.
    number: Distinct<u64>,
    text: Distinct<String>,
}

/// Different values in the order in which they first stand.
#[derive(Debug)]
struct Distinct<T> {
    values: Vec<T>,
    codes: HashMap<T, u32>,
    last: usize,
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    fn code<Q: Eq + Hash + ToOwned<Owned = T> + ?Sized>(&mut self, value: &Q) -> u32
    where
        T: Borrow<Q>,
    {
        // Rows of one unit often follow each other.
        if self.values.get(self.last).is_none_or(|last| last.borrow() != value) {
            self.last = if let Some(&code) = self.codes.get(value) {
                code as usize
            } else {
                let new = self.values.len();
                self.values.push(value.to_owned());
                self.codes.insert(value.to_owned(), new as u32);
                new
            };
        }
        self.last as u32
    }
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { values: Vec::new(), codes: HashMap::new(), last: 0 }
    }
}

impl Coder {
    fn append(&mut self, other: Self) {
        let Self { of_row, whole, number, text } = other;
        let mut codes: Vec<u32> = whole.values.iter().map(|value| self.whole.code(value)).collect();
        codes.extend(number.values.iter().map(|value| self.number.code(value)));
        codes.extend(text.values.iter().map(|value| self.text.code(value.as_str())));
        let code = |code: u32| if code == NONE { NONE } else { codes[code as usize] };
        self.of_row.extend(of_row.into_iter().map(code));
    }

    /// Codes in the order of values.
    fn finish(self) -> Codes {
        let Self { mut of_row, whole, number, text } = self;
        let values = if !whole.values.is_empty() {
            Values::Whole(whole.values.into_iter().map(Some).collect())
        } else if !number.values.is_empty() {
            Values::Number(number.values.into_iter().map(f64::from_bits).collect())
        } else {
            Values::Text(text.values.into_iter().map(Some).collect())
        };
        let ranks = ranks(&values);
        if ranks.is_sorted() {
            return Codes { of_row, values };
        }
        of_row.par_chunks_mut(AT_ONCE).flatten().filter(|code| **code != NONE).for_each(|code| {
            *code = ranks[*code as usize] as u32;
        });
        let mut order = vec![0; ranks.len()];
        ranks.iter().enumerate().for_each(|(place, &rank)| order[rank] = place);
        Codes { of_row, values: values.picked(&order) }
    }
}

/// The rows of several parts, one after the other.
pub(super) fn joined(parts: Vec<Builder>) -> Column {
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    parts.for_each(|part| all.append(part));
    all.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Use = Use { as_numbers: true, as_codes: true };

    fn of(needed: Use, words: &[&str]) -> Builder {
        let mut builder = Builder::new(needed);
        for word in words {
            builder.text((!word.is_empty()).then_some(*word));
        }
        builder
    }

    #[test]
    fn parts_of_a_column() {
        let column = joined(vec![of(BOTH, &["10", "9", ""]), of(BOTH, &["x", "9", "2"])]);
        let all = Picked::All(6);
        // With a word among them numbers are words too: 10, 2, 9, x.
        assert_eq!(
            (0..6).map(|row| column.code(row)).collect::<Vec<_>>(),
            [Some(0), Some(2), None, Some(3), Some(2), Some(1)]
        );
        assert_eq!((column.missing, column.is_missing(2), column.is_missing(3)), (1, true, false));
        let error = column.numbers("a", &all, 100).unwrap_err();
        assert_eq!(error.to_string(), "column `a` holds `x` in row 104, where a number is needed");
        let some = Picked::Some(vec![0, 1, 5]);
        assert_eq!(column.numbers("a", &some, 100).unwrap().as_ref(), [10.0, 9.0, 2.0]);
        let (codes, values) = column.codes(&some);
        assert_eq!((codes.as_ref(), values.show(2)), ([0, 2, 1].as_slice(), "9".to_owned()));
    }

    #[test]
    fn numbers_alone_know_words_from_gaps() {
        let column = of(Use { as_numbers: true, as_codes: false }, &["1", "", "x", "nan"]).finish();
        let missing: Vec<bool> = (0..4).map(|row| column.is_missing(row)).collect();
        assert_eq!(
            (missing.as_slice(), column.missing),
            ([false, true, false, false].as_slice(), 1)
        );
    }

    #[test]
    fn rows_that_are_kept() {
        let mut rows = Picked::All(4);
        rows.retain(|_| true);
        assert!(matches!(rows, Picked::All(4)));
        rows.retain(|row| row != 1);
        rows.retain(|row| row != 3);
        assert_eq!((rows.len(), rows.iter().collect::<Vec<_>>()), (2, vec![0, 2]));
    }
}
