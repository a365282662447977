//! From Parquet's columns to flat arrays: state bytes, bits of being in, bits of wage income.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, PrimitiveArray, RecordBatch, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use crate::columns::{AttributeColumn, DegreeColumn, IdColumn};
use crate::error::{Error, Result};
use crate::layout::{FileColumns, Role};
use crate::register::RegisterFile;
use crate::states::{NOT_A_CODE, StateTable};

/// The persons of a batch, as flat arrays that are used again for the next batch.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Number of persons.
    pub(crate) rows: usize,
    /// Number of 64-bit words that hold a bit a person.
    pub(crate) words: usize,
    /// Rows of the file before the batch.
    pub(crate) first_row: u64,
    /// State bytes, period by period.
    pub(crate) bytes: Vec<u8>,
    /// Whether the person is in, period by period.
    pub(crate) inside: Vec<u64>,
    /// Whether there is wage income, month by month.
    pub(crate) income: Vec<u64>,
    /// Employment degrees, month by month, if they are kept.
    pub(crate) degrees: Vec<Option<DegreeColumn>>,
    /// Person ids, if they are read.
    pub(crate) ids: Option<IdColumn>,
    /// Values of attributes, by slot.
    pub(crate) attributes: Vec<Option<AttributeColumn>>,
    /// Validity of the column at hand.
    pub(crate) valid: Vec<u64>,
}

/// Where a batch comes from.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) file: &'a RegisterFile,
    pub(crate) columns: &'a FileColumns,
    pub(crate) row_group: usize,
    /// Rows of the file before the batch.
    pub(crate) first_row: u64,
}

impl Batch {
    /// Fills the batch. Unknown codes are added to `unknown`.
    pub(crate) fn fill(
        &mut self,
        batch: &RecordBatch,
        origin: Origin,
        states: &StateTable,
        shape: Shape,
        unknown: &mut BTreeMap<u16, u64>,
    ) -> Result<()> {
        self.rows = batch.num_rows();
        self.words = self.rows.div_ceil(64);
        self.first_row = origin.first_row;
        // Every cell is written below, so that only the sizes matter here.
        self.bytes.resize(shape.periods * self.rows, 0);
        self.inside.resize(shape.periods * self.words, 0);
        self.income.resize(shape.months * self.words, 0);
        self.degrees.clear();
        self.degrees.resize(if shape.keep_degrees { shape.months } else { 0 }, None);
        self.ids = None;
        self.attributes.clear();
        self.attributes.resize(shape.slots, None);
        for (index, array) in batch.columns().iter().enumerate() {
            let cells = Cells { array, origin, column: index };
            for &role in &origin.columns.roles[index] {
                match role {
                    Role::Id => self.ids = Some(cells.ids()?),
                    Role::Code(period) => self.codes(&cells, period, states, unknown)?,
                    Role::Degree(period) => self.degrees(&cells, period)?,
                    Role::Attribute(slot) => self.attributes[slot] = Some(cells.attribute()?),
                }
            }
        }
        Ok(())
    }

    /// Fills only ids and attributes.
    pub(crate) fn fill_attributes(
        &mut self,
        batch: &RecordBatch,
        origin: Origin,
        slots: usize,
    ) -> Result<()> {
        self.rows = batch.num_rows();
        self.first_row = origin.first_row;
        self.ids = None;
        self.attributes.clear();
        self.attributes.resize(slots, None);
        for (index, array) in batch.columns().iter().enumerate() {
            let cells = Cells { array, origin, column: index };
            for &role in &origin.columns.roles[index] {
                match role {
                    Role::Id => self.ids = Some(cells.ids()?),
                    Role::Attribute(slot) => self.attributes[slot] = Some(cells.attribute()?),
                    Role::Code(_) | Role::Degree(_) => {}
                }
            }
        }
        Ok(())
    }

    /// State bytes of a period.
    #[inline]
    pub(crate) fn bytes_of(&self, period: usize) -> &[u8] {
        &self.bytes[period * self.rows..][..self.rows]
    }

    /// Bits of being in a period.
    #[inline]
    pub(crate) fn inside_of(&self, period: usize) -> &[u64] {
        &self.inside[period * self.words..][..self.words]
    }

    /// Whether a person has wage income in a period.
    #[inline]
    pub(crate) fn has_income(&self, period: usize, person: usize) -> bool {
        self.income[period * self.words + person / 64] >> (person % 64) & 1 == 1
    }

    fn codes(
        &mut self,
        cells: &Cells,
        period: usize,
        states: &StateTable,
        unknown: &mut BTreeMap<u16, u64>,
    ) -> Result<()> {
        macro_rules! integers {
            ($($kind:ident)*) => {
                match cells.array.data_type() {
                    $(&$kind::DATA_TYPE => {
                        let codes = cells.array.as_primitive::<$kind>();
                        self.integer_codes(cells, codes, period, states, unknown)
                    })*
                    DataType::Float32 | DataType::Float64 => {
                        self.integer_codes(cells, &cells.whole()?, period, states, unknown)
                    }
                    DataType::Utf8 => {
                        self.text_codes(cells, cells.array.as_string(), period, states, unknown)
                    }
                    _ => {
                        let texts = cells.cast(&DataType::Utf8)?;
                        self.text_codes(cells, texts.as_string(), period, states, unknown)
                    }
                }
            };
        }
        integers!(
            Int16Type Int32Type Int64Type Int8Type UInt8Type UInt16Type UInt32Type UInt64Type
        )
    }

    fn integer_codes<T: ArrowPrimitiveType>(
        &mut self,
        cells: &Cells,
        array: &PrimitiveArray<T>,
        period: usize,
        states: &StateTable,
        unknown: &mut BTreeMap<u16, u64>,
    ) -> Result<()>
    where
        T::Native: CodeNumber,
    {
        self.mark_valid(array);
        let bytes = &mut self.bytes[period * self.rows..][..self.rows];
        let inside = &mut self.inside[period * self.words..][..self.words];
        let mut top = 0;
        let chunks = bytes.chunks_mut(64).zip(array.values().chunks(64));
        for ((bytes, values), (&valid, inside)) in chunks.zip(self.valid.iter().zip(inside)) {
            bytes.fill(0);
            let mut bits = valid;
            let mut word = 0;
            while bits != 0 {
                let at = bits.trailing_zeros() as usize;
                let byte = states.byte(values[at].index());
                bytes[at] = byte;
                word |= u64::from(states.is_in(byte)) << at;
                top = top.max(byte);
                bits &= bits - 1;
            }
            *inside = word;
        }
        if top < states.unknown() {
            return Ok(());
        }
        for (row, value) in array.iter().enumerate() {
            let Some(value) = value else { continue };
            let byte = states.byte(value.index());
            if byte == NOT_A_CODE {
                return Err(cells.out_of_range(row, &value.shown()));
            }
            if byte == states.unknown() {
                *unknown.entry(value.index() as u16).or_insert(0) += 1;
            }
        }
        Ok(())
    }

    fn text_codes(
        &mut self,
        cells: &Cells,
        array: &StringArray,
        period: usize,
        states: &StateTable,
        unknown: &mut BTreeMap<u16, u64>,
    ) -> Result<()> {
        let bytes = &mut self.bytes[period * self.rows..][..self.rows];
        let inside = &mut self.inside[period * self.words..][..self.words];
        inside.fill(0);
        for (row, (byte, text)) in bytes.iter_mut().zip(array).enumerate() {
            *byte = 0;
            let text = text.unwrap_or_default().trim();
            if text.is_empty() {
                continue;
            }
            let code = code_of_text(text);
            *byte = states.byte(code);
            if *byte == NOT_A_CODE {
                return Err(cells.out_of_range(row, &format!("`{text}`")));
            }
            if *byte == states.unknown() {
                *unknown.entry(code as u16).or_insert(0) += 1;
            }
            inside[row / 64] |= u64::from(states.is_in(*byte)) << (row % 64);
        }
        Ok(())
    }

    fn degrees(&mut self, cells: &Cells, period: usize) -> Result<()> {
        let numbers = match cells.array.data_type() {
            DataType::Float32 | DataType::Float64 => Arc::clone(cells.array),
            _ => cells.cast(&DataType::Float64)?,
        };
        let kept = if let Some(single) = numbers.as_primitive_opt::<Float32Type>() {
            self.float_degrees(cells, single, period)?;
            DegreeColumn::Single(single.clone())
        } else {
            let double = numbers.as_primitive::<Float64Type>();
            self.float_degrees(cells, double, period)?;
            DegreeColumn::Double(double.clone())
        };
        if let Some(column) = self.degrees.get_mut(period) {
            *column = Some(kept);
        }
        Ok(())
    }

    fn float_degrees<T: ArrowPrimitiveType>(
        &mut self,
        cells: &Cells,
        array: &PrimitiveArray<T>,
        period: usize,
    ) -> Result<()>
    where
        T::Native: PartialOrd + Default + Copy + std::fmt::Display,
    {
        self.mark_valid(array);
        let income = &mut self.income[period * self.words..][..self.words];
        let zero = T::Native::default();
        let mut fine = true;
        let chunks = array.values().chunks(64).zip(self.valid.iter().zip(income));
        for (values, (&valid, income)) in chunks {
            *income = 0;
            if valid != 0 {
                *income = bits(values, |value| value > zero) & valid;
                let at_least_zero: u32 = values.iter().map(|&value| u32::from(value >= zero)).sum();
                fine &= at_least_zero as usize == values.len();
            }
        }
        // Values under nulls mean nothing, so that this is only a hint.
        if fine {
            return Ok(());
        }
        let found = array.iter().enumerate().find_map(|(row, value)| {
            let value = value?;
            // Neither negative numbers nor NaN are at least 0.
            let fine = value >= zero;
            (!fine).then(|| (row, value.to_string()))
        });
        let Some((row, degree)) = found else { return Ok(()) };
        Err(Error::BadDegree {
            path: cells.origin.file.path().to_owned(),
            column: cells.name().to_owned(),
            row: cells.row(row),
            degree,
        })
    }

    /// Validity of an array as words, the bits after the last row being 0.
    fn mark_valid<T: ArrowPrimitiveType>(&mut self, array: &PrimitiveArray<T>) {
        self.valid.clear();
        match array.nulls() {
            Some(nulls) => {
                self.valid.extend(nulls.inner().bit_chunks().iter_padded().take(self.words));
            }
            None => self.valid.resize(self.words, u64::MAX),
        }
        if let Some(last) = self.valid.last_mut()
            && !self.rows.is_multiple_of(64)
        {
            *last &= (1 << (self.rows % 64)) - 1;
        }
    }
}

/// A code that is text; a number above 999 for other texts.
#[inline]
pub(crate) fn code_of_text(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| code_with_zeros(text))
}

/// A code that was a floating number once, such as `111.0`; a number above 999 for other texts.
#[cold]
fn code_with_zeros(text: &str) -> usize {
    let whole = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|digit| digit == b'0'));
    whole.and_then(|(whole, _)| whole.parse().ok()).unwrap_or(usize::MAX)
}

/// Whole numbers below this, 2⁵³, are exact as floating numbers.
pub(crate) const EXACT: f64 = 9_007_199_254_740_992.0;

/// Which of up to 64 values fulfil a condition, the first one in the lowest bit.
///
/// Conditions are first written as bytes and then gathered eight at a time by a multiplication: both
/// steps are free of branches and of steps that wait for each other.
#[inline]
fn bits<T: Copy>(values: &[T], condition: impl Fn(T) -> bool) -> u64 {
    let mut bytes = [0_u8; 64];
    for (byte, &value) in bytes.iter_mut().zip(values) {
        *byte = u8::from(condition(value));
    }
    let (eights, _) = bytes.as_chunks::<8>();
    let gathered = eights.iter().enumerate().map(|(at, eight)| {
        // Byte i (0 or 1) lands in bit 56 + i; no two products meet in one bit.
        (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at)
    });
    gathered.fold(0, |word, bits| word | bits)
}

/// Numbers of periods, of months with employment degrees and of attribute slots of a study.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) periods: usize,
    pub(crate) months: usize,
    pub(crate) slots: usize,
    /// Whether employment degrees are kept besides the bits of wage income.
    pub(crate) keep_degrees: bool,
}

/// A column of a batch with all that an error has to say.
struct Cells<'a> {
    array: &'a ArrayRef,
    origin: Origin<'a>,
    column: usize,
}

impl Cells<'_> {
    fn name(&self) -> &str {
        &self.origin.columns.names[self.column]
    }

    fn row(&self, row: usize) -> u64 {
        self.origin.first_row + row as u64 + 1
    }

    fn out_of_range(&self, row: usize, code: &str) -> Error {
        Error::CodeOutOfRange {
            path: self.origin.file.path().to_owned(),
            column: self.name().to_owned(),
            row: self.row(row),
            code: code.to_owned(),
        }
    }

    fn cast(&self, data_type: &DataType) -> Result<ArrayRef> {
        cast(self.array, data_type).map_err(|error| Error::Decode {
            path: self.origin.file.path().to_owned(),
            row_group: self.origin.row_group,
            message: format!("column `{}`: {error}", self.name()),
        })
    }

    /// Floating numbers as integers: whole as they are, `NaN` as null.
    fn whole(&self) -> Result<Int64Array> {
        let numbers = self.cast(&DataType::Float64)?;
        let mut integers = Int64Array::builder(numbers.len());
        for (row, number) in numbers.as_primitive::<Float64Type>().iter().enumerate() {
            match number.filter(|number| !number.is_nan()) {
                None => integers.append_null(),
                // Above 2⁵³ neighbours may have become one.
                Some(number) if number.fract() == 0.0 && number.abs() < EXACT => {
                    integers.append_value(number as i64);
                }
                Some(number) => return Err(self.not_whole(row, number)),
            }
        }
        Ok(integers.finish())
    }

    fn not_whole(&self, row: usize, number: f64) -> Error {
        let is_id = self.origin.columns.roles[self.column].contains(&Role::Id);
        // Ids are not said: messages end up in logs.
        let value = if is_id { "the person id".to_owned() } else { number.to_string() };
        Error::NotWhole {
            path: self.origin.file.path().to_owned(),
            column: self.name().to_owned(),
            row: self.row(row),
            value,
        }
    }

    fn is_floating(&self) -> bool {
        matches!(self.array.data_type(), DataType::Float32 | DataType::Float64)
    }

    fn fits_int64(&self) -> bool {
        self.array.data_type().is_integer() && *self.array.data_type() != DataType::UInt64
    }

    fn ids(&self) -> Result<IdColumn> {
        let ids = if self.is_floating() {
            IdColumn::Integers(self.whole()?)
        } else if self.fits_int64() {
            IdColumn::Integers(self.cast(&DataType::Int64)?.as_primitive::<Int64Type>().clone())
        } else {
            IdColumn::Texts(self.cast(&DataType::Utf8)?.as_string().clone())
        };
        let empty = match &ids {
            IdColumn::Integers(array) => array.iter().position(|id| id.is_none()),
            IdColumn::Texts(array) => {
                array.iter().position(|id| id.is_none_or(|id| id.trim().is_empty()))
            }
        };
        match empty {
            None => Ok(ids),
            Some(row) => Err(Error::MissingId {
                path: self.origin.file.path().to_owned(),
                column: self.name().to_owned(),
                row: self.row(row),
            }),
        }
    }

    fn attribute(&self) -> Result<AttributeColumn> {
        Ok(if self.is_floating() {
            AttributeColumn::Integers(self.whole()?)
        } else if self.fits_int64() {
            let array = self.cast(&DataType::Int64)?;
            AttributeColumn::Integers(array.as_primitive::<Int64Type>().clone())
        } else {
            AttributeColumn::Texts(self.cast(&DataType::Utf8)?.as_string().clone())
        })
    }
}

/// An integer type of codes.
trait CodeNumber: Copy {
    /// The code, or a number above 999 where it is negative.
    fn index(self) -> usize;
    fn shown(self) -> String;
}

macro_rules! code_numbers {
    ($($number:ty)*) => {
        $(impl CodeNumber for $number {
            #[inline]
            fn index(self) -> usize {
                usize::try_from(self).unwrap_or(usize::MAX)
            }

            fn shown(self) -> String {
                self.to_string()
            }
        })*
    };
}

code_numbers!(i8 i16 i32 i64 u8 u16 u32 u64);

#[cfg(test)]
mod tests {
    use super::bits;

    #[test]
    fn bits_are_in_the_order_of_values() {
        for at in 0..64 {
            let mut values = [0_u8; 64];
            values[at] = 7;
            assert_eq!(bits(&values, |value| value > 0), 1 << at);
            assert_eq!(bits(&values, |value| value == 0), !(1 << at));
        }
        assert_eq!(bits(&[1.0_f32, -1.0, 0.5], |value| value > 0.0), 0b101);
        assert_eq!(bits::<u8>(&[], |_| true), 0);
    }
}
