//! The rows and cells of a table before a format writes them.

use super::{Cell, Coefficient, Digits, RegressionTable};
use crate::labels::Lang;

pub(super) struct Grid {
    pub(super) title: String,
    /// Headings above several models, with the number of these; empty if no model has one.
    pub(super) groups: Vec<(String, usize)>,
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<String>,
}

pub(super) struct Row {
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) cells: Vec<Entry>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Estimate,
    /// Below its estimate, without a label.
    StdError,
    Statistic,
}

#[derive(Clone)]
pub(super) enum Entry {
    Empty,
    Estimate(f64, Digits, &'static str),
    StdError(f64, Digits),
    Number(f64, Digits),
    Words(String),
}

impl Entry {
    /// What is before the last sign of the number, and what comes after it: stars or a bracket.
    pub(super) fn parts(&self, number: &dyn Fn(f64, Digits) -> String) -> (String, &'static str) {
        match self {
            Self::Empty => (String::new(), ""),
            Self::Estimate(value, digits, stars) => (number(*value, *digits), stars),
            Self::StdError(value, digits) => (format!("({}", number(*value, *digits)), ")"),
            Self::Number(value, digits) => (number(*value, *digits), ""),
            Self::Words(words) => (words.clone(), ""),
        }
    }
}

impl Grid {
    /// Whether a row is the first below the coefficients.
    pub(super) fn begins_statistics(&self, row: usize) -> bool {
        let is = |row: usize| self.rows[row].kind == Kind::Statistic;
        is(row) && (row == 0 || !is(row - 1))
    }
}

impl RegressionTable {
    pub(super) fn grid(&self) -> Grid {
        let mut rows = Vec::new();
        let of_models = |model: &super::Model| labels(model.coefficients.iter().map(|c| &c.label));
        for label in merged(self.models.iter().map(of_models)) {
            let found: Vec<Option<&Coefficient>> = (self.models.iter())
                .map(|model| model.coefficients.iter().find(|c| c.label == label))
                .collect();
            let cells = |of: &dyn Fn(&Coefficient) -> Entry| {
                found.iter().map(|found| found.map_or(Entry::Empty, of)).collect()
            };
            let estimates =
                cells(&|c| Entry::Estimate(c.estimate, self.digits, self.stars.of(c.p_value)));
            let errors = cells(&|c| Entry::StdError(c.std_error, self.digits));
            rows.push(Row { label, kind: Kind::Estimate, cells: estimates });
            rows.push(Row { label: String::new(), kind: Kind::StdError, cells: errors });
        }
        let of_models = |model: &super::Model| labels(model.statistics.iter().map(|(l, _)| l));
        for label in merged(self.models.iter().map(of_models)) {
            let of = |model: &super::Model| match model.statistics.iter().find(|s| s.0 == label) {
                None => Entry::Empty,
                Some((_, Cell::Whole(value))) => Entry::Number(*value as f64, Digits::Decimals(0)),
                Some((_, Cell::Number(value, digits))) => Entry::Number(*value, *digits),
                Some((_, Cell::Words(words))) => Entry::Words(words.clone()),
            };
            let cells = self.models.iter().map(of).collect();
            rows.push(Row { label, kind: Kind::Statistic, cells });
        }
        Grid {
            title: self.title.clone(),
            groups: self.groups(),
            heads: self.models.iter().map(|model| model.name.clone()).collect(),
            rows,
            notes: self.all_notes(),
        }
    }

    fn groups(&self) -> Vec<(String, usize)> {
        let mut groups: Vec<(String, usize)> = Vec::new();
        for model in &self.models {
            match groups.last_mut().filter(|(name, _)| *name == model.group) {
                Some((_, width)) => *width += 1,
                None => groups.push((model.group.clone(), 1)),
            }
        }
        if groups.iter().all(|(name, _)| name.is_empty()) { Vec::new() } else { groups }
    }

    fn all_notes(&self) -> Vec<String> {
        if self.models.iter().all(|model| model.coefficients.is_empty()) {
            return self.notes.clone();
        }
        let errors = self.lang.pick("Standardfejl i parentes", "Standard errors in parentheses");
        let first = match self.stars.in_words(self.lang) {
            Some(stars) => format!("{errors}; {stars}."),
            None => format!("{errors}."),
        };
        std::iter::once(first).chain(self.notes.iter().cloned()).collect()
    }
}

fn labels<'a>(labels: impl Iterator<Item = &'a String>) -> Vec<String> {
    labels.cloned().collect()
}

/// All labels, each once; one that earlier lists do not have comes before the next of its own list that they have.
fn merged(lists: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let mut merged: Vec<String> = Vec::new();
    for list in lists {
        for (place, label) in list.iter().enumerate() {
            if merged.contains(label) {
                continue;
            }
            let known = |label: &String| merged.iter().position(|known| known == label);
            let before = list[place + 1..].iter().find_map(known);
            merged.insert(before.unwrap_or(merged.len()), label.clone());
        }
    }
    merged
}

/// Numbers of a language.
pub(super) fn in_language(lang: Lang) -> impl Fn(f64, Digits) -> String {
    move |value, digits| digits.show_in(value, lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_the_order_of_their_models() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let merged = |lists: &[&str]| merged(lists.iter().map(|text| list(text))).join(" ");
        assert_eq!(merged(&["a b constant", "a c constant"]), "a b c constant");
        assert_eq!(merged(&["b constant", "a b d"]), "a b constant d");
        assert_eq!(merged(&["x", "y x z", "x z w"]), "y x z w");
    }
}
