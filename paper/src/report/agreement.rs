//! How many published and computed numbers agree.

use super::content::{Item, Section};
use crate::printed::Agreement;

/// How many numbers agree and how many differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Numbers that agree.
    pub agree: usize,
    /// Numbers that differ, or were not computed.
    pub differ: usize,
    /// Numbers that are not compared, as too few persons stand behind them.
    pub suppressed: usize,
}

impl Tally {
    /// Counts one comparison.
    pub fn add(&mut self, agreement: Agreement) {
        match agreement {
            Agreement::Agrees => self.agree += 1,
            Agreement::Differs(_) | Agreement::Missing => self.differ += 1,
            Agreement::Suppressed => self.suppressed += 1,
            Agreement::Nothing => {}
        }
    }

    /// The sum of two tallies.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            agree: self.agree + other.agree,
            differ: self.differ + other.differ,
            suppressed: self.suppressed + other.suppressed,
        }
    }

    /// All numbers that were compared.
    pub fn compared(self) -> usize {
        self.agree + self.differ
    }

    /// The tally of one item.
    pub fn of(item: &Item) -> Self {
        let mut tally = Self::default();
        match item {
            Item::Comparison(table) => {
                for cell in table.rows.iter().flat_map(|row| &row.cells) {
                    tally.add(cell.agreement);
                }
            }
            Item::Figure(figure) => {
                for value in &figure.published {
                    tally.add(value.agreement);
                }
            }
            Item::Text(_) | Item::Regressions(_) | Item::Table(_) | Item::Note(_) => {}
        }
        tally
    }

    /// The tally of a section.
    pub fn of_section(section: &Section) -> Self {
        section.items.iter().map(Self::of).fold(Self::default(), Self::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_does_not_agree() {
        let mut tally = Tally::default();
        for agreement in [
            Agreement::Agrees,
            Agreement::Differs(0.5),
            Agreement::Missing,
            Agreement::Nothing,
            Agreement::Suppressed,
            Agreement::Agrees,
        ] {
            tally.add(agreement);
        }
        assert_eq!((tally.agree, tally.differ, tally.compared()), (2, 2, 4));
        assert_eq!(tally.suppressed, 1);
    }
}
