//! Whether published and computed numbers agree.

use super::content::{Cell, Item, Published, Section, ValueColumn};

/// What a comparison of one number gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Agreement {
    /// Equal as printed, or within the tolerance.
    Agrees,
    /// Not equal: computed minus published (times the factor).
    Differs(f64),
    /// One of the two is missing.
    Nothing,
}

impl Agreement {
    /// Compares a cell by the rules of its column.
    pub fn of(cell: Cell, column: &ValueColumn) -> Self {
        let (Some(published), Some(computed)) = (cell.published, cell.computed) else {
            return Self::Nothing;
        };
        if !published.is_finite() || !computed.is_finite() {
            return Self::Nothing;
        }
        let wanted = published * column.factor;
        let difference = computed - wanted;
        let same = rounded(computed, column.decimals) == rounded(wanted, column.decimals);
        // The hair lets a tolerance of 0.1 accept 1.1 against 1.0 in binary.
        let hair = 1e-9 * wanted.abs().max(1.0);
        if same || difference.abs() <= column.tolerance + hair {
            Self::Agrees
        } else {
            Self::Differs(difference)
        }
    }

    /// Compares a value of the report's text.
    pub fn of_text(value: &Published) -> Self {
        let Some(computed) = value.computed.filter(|c| c.is_finite()) else { return Self::Nothing };
        let digits = value.decimals;
        let shown: f64 = rounded(computed, digits).parse().unwrap_or(computed);
        let hair = 1e-9;
        let inside = shown >= value.low - hair && shown <= value.high + hair;
        if value.agrees.unwrap_or(inside) {
            Self::Agrees
        } else if computed < value.low {
            Self::Differs(computed - value.low)
        } else {
            Self::Differs(computed - value.high.min(computed))
        }
    }
}

fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { text } else { text.replace('-', "") }
}

/// How many numbers agree and how many differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Numbers that agree.
    pub agree: usize,
    /// Numbers that differ.
    pub differ: usize,
}

impl Tally {
    /// Counts one comparison.
    pub fn add(&mut self, agreement: Agreement) {
        match agreement {
            Agreement::Agrees => self.agree += 1,
            Agreement::Differs(_) => self.differ += 1,
            Agreement::Nothing => {}
        }
    }

    /// The sum of two tallies.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { agree: self.agree + other.agree, differ: self.differ + other.differ }
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
                for row in &table.rows {
                    for (cell, column) in row.cells.iter().zip(&table.columns) {
                        tally.add(Agreement::of(*cell, column));
                    }
                }
            }
            Item::Figure(figure) => {
                for value in &figure.published {
                    tally.add(Agreement::of_text(value));
                }
            }
            Item::Text(_) | Item::Table(_) | Item::Note(_) => {}
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
    fn numbers_agree_as_printed() {
        let column = ValueColumn::new("x", 1);
        let of = |p, c| Agreement::of(Cell::both(p, c), &column);
        assert_eq!(of(21.6, 21.611), Agreement::Agrees);
        assert_eq!(of(0.0, -0.04), Agreement::Agrees);
        assert!(matches!(of(21.6, 21.66), Agreement::Differs(d) if (d - 0.06).abs() < 1e-9));
        assert_eq!(of(f64::NAN, 1.0), Agreement::Nothing);
        assert_eq!(Agreement::of(Cell::computed(1.0), &column), Agreement::Nothing);
    }

    #[test]
    fn counts_of_a_smaller_register_are_compared_at_its_scale() {
        let column = ValueColumn::counts("x").times(0.05).within(1.0);
        // 94673 * 0.05 = 4733.65
        assert_eq!(Agreement::of(Cell::both(94_673.0, 4733.0), &column), Agreement::Agrees);
        assert!(matches!(
            Agreement::of(Cell::both(94_673.0, 4740.0), &column),
            Agreement::Differs(_)
        ));
    }

    #[test]
    fn words_allow_a_range() {
        let value =
            Published { low: 51.0, high: 54.0, computed: Some(50.6), ..Published::default() };
        assert_eq!(Agreement::of_text(&value), Agreement::Agrees);
        let low = Published { computed: Some(50.4), ..value.clone() };
        assert!(
            matches!(Agreement::of_text(&low), Agreement::Differs(d) if (d + 0.6).abs() < 1e-9)
        );
        let high = Published { computed: Some(55.0), ..value.clone() };
        assert!(
            matches!(Agreement::of_text(&high), Agreement::Differs(d) if (d - 1.0).abs() < 1e-9)
        );
        let told = Published { agrees: Some(false), ..value };
        assert!(matches!(Agreement::of_text(&told), Agreement::Differs(_)));
    }
}
