//! Groups of persons: a column's own values, or a column joined to a small table.

use std::collections::{BTreeSet, HashMap};

use crate::error::{Error, Result};

/// Largest number of values of a column that is a grouping of its own.
pub const MAX_VALUES: usize = 4096;

/// Label of persons without a value, in groupings by a column's own values.
pub const MISSING_LABEL: &str = "missing";

/// Marks a value that a grouping has no label for.
pub(crate) const UNMATCHED: u16 = u16::MAX;

/// A grouping of a study.
///
/// The column may be static (`kom`) or by year (`kom_2011`, `kom_2012`, …), whichever the register
/// has. By year, the year in which a spell starts decides for the spell (a left-truncated spell starts
/// with the data), and the year of the month for a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    pub(crate) name: String,
    pub(crate) column: String,
    pub(crate) source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Labels are the column's values.
    Own,
    /// Labels come from a table.
    Join {
        /// Value and label, in the order of the labels.
        table: Vec<(String, String)>,
        /// Label of values outside the table; without it they are an error.
        unmatched: Option<String>,
    },
}

/// The place of a grouping among those of a plan.
pub(crate) fn place(names: &[String], name: &str) -> Result<usize> {
    names.iter().position(|known| known == name).ok_or_else(|| Error::NoSuchGrouping {
        found: name.to_owned(),
        valid: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
    })
}

/// Refuses a name that two groupings have, or that is taken.
pub(crate) fn check_names(groupings: &[Grouping], taken: &[&str]) -> Result<()> {
    for (index, Grouping { name, .. }) in groupings.iter().enumerate() {
        let twice = groupings[..index].iter().any(|other| other.name == *name);
        if twice || taken.contains(&name.as_str()) {
            return Err(Error::GroupingTwice { grouping: name.clone() });
        }
    }
    Ok(())
}

impl Grouping {
    /// Groups by the values of a column: integers in ascending order, then text in alphabetical
    /// order, then [`MISSING_LABEL`] if there are nulls.
    pub fn column(name: impl Into<String>, column: impl Into<String>) -> Self {
        Self { name: name.into(), column: column.into(), source: Source::Own }
    }

    /// Groups by a table of (value, label). Labels keep the table's order. Values that are integers
    /// match whatever their type in the register: `101`, `"101"` and `"0101"` are the same.
    pub fn join(
        name: impl Into<String>,
        column: impl Into<String>,
        table: Vec<(String, String)>,
    ) -> Self {
        Self {
            name: name.into(),
            column: column.into(),
            source: Source::Join { table, unmatched: None },
        }
    }

    /// Gives values outside the table (and nulls) this label, instead of failing; they are counted in
    /// [`ScanStats::unmatched`](crate::scan::ScanStats::unmatched). Does nothing for a grouping by a
    /// column's own values, which has a label for everything.
    #[must_use]
    pub fn unmatched(mut self, label: impl Into<String>) -> Self {
        if let Source::Join { unmatched, .. } = &mut self.source {
            *unmatched = Some(label.into());
        }
        self
    }

    /// Name of the grouping.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of the column it looks at.
    pub fn column_name(&self) -> &str {
        &self.column
    }
}

/// A value of a grouping's column, with the text type `T`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value<T> {
    Integer(i64),
    Text(T),
    Null,
}

impl<'a> Value<&'a str> {
    /// Text that spells an integer is that integer; empty text is null.
    pub(crate) fn of_text(text: &'a str) -> Self {
        let text = text.trim();
        match text.parse() {
            Ok(number) => Self::Integer(number),
            Err(_) if text.is_empty() => Self::Null,
            Err(_) => Self::Text(text),
        }
    }

    /// As found, in messages.
    pub(crate) fn shown(self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Text(text) => format!("`{text}`"),
            Self::Null => "null".to_owned(),
        }
    }

    pub(crate) fn to_owned(self) -> Value<String> {
        match self {
            Self::Integer(number) => Value::Integer(number),
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Null => Value::Null,
        }
    }
}

impl Value<String> {
    fn label(&self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Null => MISSING_LABEL.to_owned(),
        }
    }
}

/// The labels of a grouping and the way from a value to its label.
#[derive(Debug, Clone)]
pub(crate) struct Labels {
    pub(crate) names: Vec<String>,
    /// Label of each integer from 0 up to some number; the same as in `integers`, but faster.
    dense: Vec<u16>,
    integers: HashMap<i64, u16>,
    texts: HashMap<String, u16>,
    null: Option<u16>,
    /// Label of values that have none of their own, or [`UNMATCHED`].
    otherwise: u16,
    counts_unmatched: bool,
}

impl Labels {
    /// Labels of a joined table.
    pub(crate) fn of_table(
        grouping: &str,
        table: &[(String, String)],
        unmatched: Option<&str>,
    ) -> Result<Self> {
        let mut names: Vec<String> = Vec::new();
        let mut label_id = |label: &str| {
            names.iter().position(|known| known == label).unwrap_or_else(|| {
                names.push(label.to_owned());
                names.len() - 1
            }) as u16
        };
        let mut labels = Self::empty();
        for (key, label) in table {
            if labels.insert(Value::of_text(key), label_id(label)) {
                return Err(Error::KeyTwice { grouping: grouping.to_owned(), key: key.clone() });
            }
        }
        if let Some(label) = unmatched {
            labels.otherwise = label_id(label);
            labels.counts_unmatched = true;
        }
        if names.len() > MAX_VALUES {
            return Err(Error::TooManyValues {
                grouping: grouping.to_owned(),
                column: "table".to_owned(),
                limit: MAX_VALUES,
            });
        }
        labels.names = names;
        labels.index();
        Ok(labels)
    }

    /// Labels of a column's own values.
    pub(crate) fn of_values(values: &BTreeSet<Value<String>>) -> Self {
        let mut labels = Self::empty();
        for (id, value) in values.iter().enumerate() {
            labels.names.push(value.label());
            labels.insert(
                match value {
                    Value::Integer(number) => Value::Integer(*number),
                    Value::Text(text) => Value::Text(text),
                    Value::Null => Value::Null,
                },
                id as u16,
            );
        }
        labels.index();
        labels
    }

    fn empty() -> Self {
        Self {
            names: Vec::new(),
            dense: Vec::new(),
            integers: HashMap::new(),
            texts: HashMap::new(),
            null: None,
            otherwise: UNMATCHED,
            counts_unmatched: false,
        }
    }

    /// Whether the value already had a label.
    fn insert(&mut self, value: Value<&str>, id: u16) -> bool {
        match value {
            Value::Integer(number) => self.integers.insert(number, id).is_some(),
            Value::Text(text) => self.texts.insert(text.to_owned(), id).is_some(),
            Value::Null => self.null.replace(id).is_some(),
        }
    }

    fn index(&mut self) {
        self.dense = (0..10_000)
            .map(|number| self.integers.get(&number).copied().unwrap_or(self.otherwise))
            .collect();
    }

    pub(crate) fn of_integer(&self, number: i64) -> u16 {
        match usize::try_from(number).ok().and_then(|index| self.dense.get(index)) {
            Some(id) => *id,
            None => self.integers.get(&number).copied().unwrap_or(self.otherwise),
        }
    }

    pub(crate) fn of_null(&self) -> u16 {
        self.null.unwrap_or(self.otherwise)
    }

    pub(crate) fn of(&self, value: Value<&str>) -> u16 {
        match value {
            Value::Integer(number) => self.of_integer(number),
            Value::Text(text) => self.texts.get(text).copied().unwrap_or(self.otherwise),
            Value::Null => self.of_null(),
        }
    }

    /// Whether a value is outside the table and that is to be counted.
    pub(crate) fn is_unmatched(&self, value: Value<&str>) -> bool {
        self.counts_unmatched
            && !match value {
                Value::Integer(number) => self.integers.contains_key(&number),
                Value::Text(text) => self.texts.contains_key(text),
                Value::Null => self.null.is_some(),
            }
    }

    /// The label whose persons have to be looked at by [`Labels::is_unmatched`].
    pub(crate) fn suspicious(&self) -> Option<u16> {
        self.counts_unmatched.then_some(self.otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(key, label)| (key.to_owned(), label.to_owned())).collect()
    }

    #[test]
    fn labels_keep_the_order_of_the_table() {
        let pairs = table(&[
            ("187", "Vallensbæk/Ishøj"),
            ("0101", "København"),
            ("183", "Vallensbæk/Ishøj"),
        ]);
        let labels = Labels::of_table("job_centre", &pairs, None).unwrap();
        assert_eq!(labels.names, ["Vallensbæk/Ishøj", "København"]);
        assert_eq!(labels.of_integer(101), 1);
        assert_eq!(labels.of(Value::of_text("0183")), 0);
        assert_eq!(labels.of_integer(999), UNMATCHED);
        assert_eq!(labels.of_integer(-1), UNMATCHED);
        assert_eq!(labels.of_null(), UNMATCHED);
    }

    #[test]
    fn values_outside_the_table_can_have_a_label() {
        let pairs = table(&[("DK", "dansk"), ("123456", "stor")]);
        let labels = Labels::of_table("origin", &pairs, Some("ukendt")).unwrap();
        assert_eq!(labels.names, ["dansk", "stor", "ukendt"]);
        assert_eq!(labels.of(Value::of_text(" DK ")), 0);
        assert_eq!(labels.of_integer(123_456), 1);
        for value in [Value::of_text("SE"), Value::Null, Value::Integer(5)] {
            assert_eq!(labels.of(value), 2);
            assert!(labels.is_unmatched(value));
        }
        assert!(!labels.is_unmatched(Value::of_text("DK")));
    }

    #[test]
    fn a_key_may_stand_once() {
        let error =
            Labels::of_table("g", &table(&[("101", "a"), ("0101", "b")]), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "grouping `g`: `0101` stands twice in its table; leave one of them"
        );
    }

    #[test]
    fn own_values_are_sorted() {
        let texts = ["10", "9", "b", "a", "", "20000"];
        let values: BTreeSet<Value<String>> =
            texts.iter().map(|text| Value::of_text(text).to_owned()).collect();
        let labels = Labels::of_values(&values);
        assert_eq!(labels.names, ["9", "10", "20000", "a", "b", "missing"]);
        assert_eq!(labels.of_integer(10), 1);
        assert_eq!(labels.of_integer(20_000), 2);
        assert_eq!(labels.of_null(), 5);
        assert_eq!(labels.of(Value::of_text("b")), 4);
    }
}
