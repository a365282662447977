//! Codes as bytes: the dense table of the scan.
//!
//! A byte per person and period says all that the scan has to know of a code: whether the person is
//! in, and if so with which target group and intervention; otherwise to which exit the code belongs.

use crate::codebook::{CODES, CodeBook, State};

/// The byte of a code outside 0–999.
pub(crate) const NOT_A_CODE: u8 = u8::MAX;

/// The byte of no code.
pub(crate) const NO_CODE: u8 = 0;

/// From codes to bytes and from bytes to states.
#[derive(Debug, Clone)]
pub(crate) struct StateTable {
    /// Byte of each code; the last stands for all codes outside 0–999.
    bytes: [u8; CODES + 1],
    /// Bytes 1 to this one are in.
    last_in: u8,
    /// Byte of unknown codes, the largest of all but [`NOT_A_CODE`].
    unknown: u8,
    /// Target group of each byte that is in.
    group: [u8; 256],
    /// Intervention of each byte that is in.
    intervention: [u8; 256],
    /// Exit of each byte that is out with a code.
    exit: [u8; 256],
    with_income: u8,
    without_income: u8,
}

impl StateTable {
    pub(crate) fn new(book: &CodeBook) -> Self {
        let interventions = book.interventions().len();
        let last_in = book.target_groups().len() * interventions;
        let unknown = last_in + book.exits().len() + 1;
        let byte = |state| match state {
            State::NoCode => usize::from(NO_CODE),
            State::In { target_group, intervention } => {
                1 + target_group * interventions + intervention
            }
            State::Out { exit } => 1 + last_in + exit,
            State::Unknown => unknown,
        };
        let mut bytes = [NOT_A_CODE; CODES + 1];
        for code in 0..CODES {
            bytes[code] = byte(book.state(code as u16)) as u8;
        }
        let mut table = Self {
            bytes,
            last_in: last_in as u8,
            unknown: unknown as u8,
            group: [0; 256],
            intervention: [0; 256],
            exit: [book.residual_exit() as u8; 256],
            with_income: book.exit_with_income() as u8,
            without_income: book.exit_without_income() as u8,
        };
        for index in 0..last_in {
            table.group[index + 1] = (index / interventions) as u8;
            table.intervention[index + 1] = (index % interventions) as u8;
        }
        for exit in 0..book.exits().len() {
            table.exit[1 + last_in + exit] = exit as u8;
        }
        table
    }

    /// A table of bytes that a code book at week resolution gives; only codes are looked up in it.
    pub(crate) fn of_bytes(bytes: &[u8; CODES + 1], unknown: u8) -> Self {
        Self {
            bytes: *bytes,
            last_in: 0,
            unknown,
            group: [0; 256],
            intervention: [0; 256],
            exit: [0; 256],
            with_income: 0,
            without_income: 0,
        }
    }

    /// Byte of a code; codes outside 0–999 (as large numbers) give [`NOT_A_CODE`].
    #[inline]
    pub(crate) fn byte(&self, code: usize) -> u8 {
        self.bytes[code.min(CODES)]
    }

    #[inline]
    pub(crate) fn is_in(&self, byte: u8) -> bool {
        byte.wrapping_sub(1) < self.last_in
    }

    pub(crate) fn unknown(&self) -> u8 {
        self.unknown
    }

    /// Number of bytes that are in; they are 1 to this number.
    pub(crate) fn last_in(&self) -> u8 {
        self.last_in
    }

    #[inline]
    pub(crate) fn group(&self, byte: u8) -> u8 {
        self.group[usize::from(byte)]
    }

    #[inline]
    pub(crate) fn intervention(&self, byte: u8) -> u8 {
        self.intervention[usize::from(byte)]
    }

    /// Exit of a byte that is not in, given the wage income of its month.
    #[inline]
    pub(crate) fn exit(&self, byte: u8, income: bool) -> u8 {
        match (byte, income) {
            (NO_CODE, true) => self.with_income,
            (NO_CODE, false) => self.without_income,
            _ => self.exit[usize::from(byte)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_the_book_says() {
        let book = CodeBook::dream_2019();
        let table = StateTable::new(&book);
        for code in 0..1000_u16 {
            let byte = table.byte(usize::from(code));
            assert_ne!(byte, NOT_A_CODE);
            match book.state(code) {
                State::NoCode => assert_eq!(byte, NO_CODE),
                State::In { target_group, intervention } => {
                    assert!(table.is_in(byte));
                    assert_eq!(usize::from(table.group(byte)), target_group);
                    assert_eq!(usize::from(table.intervention(byte)), intervention);
                }
                State::Out { exit } => {
                    assert!(!table.is_in(byte) && byte != table.unknown());
                    assert_eq!(usize::from(table.exit(byte, true)), exit);
                }
                State::Unknown => {
                    assert!(!table.is_in(byte) && byte == table.unknown());
                    assert_eq!(usize::from(table.exit(byte, false)), book.residual_exit());
                }
            }
        }
        assert_eq!([1000, usize::MAX].map(|code| table.byte(code)), [NOT_A_CODE; 2]);
        assert!(!table.is_in(NO_CODE) && !table.is_in(NOT_A_CODE));
        assert_eq!([true, false].map(|income| table.exit(NO_CODE, income)), [0, 1]);
    }
}
