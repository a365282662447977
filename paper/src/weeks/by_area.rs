//! Another output, area by area.

use afgang_engine::calendar::{Calendar, Week};
use afgang_engine::week::Calendrical;

use super::asked::{Asked, Quantity};
use crate::table::Table;

/// Name of the total of all areas, and of all groups.
pub(crate) const TOTAL: &str = "total";

/// Any other output by the labels of a grouping, one number of one of its rows ranked and drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct ByArea {
    /// The output.
    pub of: Asked,
    /// The grouping whose labels are the areas.
    pub by: String,
    /// The row that is drawn: a value of each of the output's keys.
    pub row: Vec<(String, String)>,
    /// How many of these values the study names.
    pub named: usize,
    /// The column that is ranked.
    pub value: String,
    /// How many of the highest and lowest are marked.
    pub extremes: usize,
    /// Fewest persons (or spells) behind a number.
    pub min_persons: u64,
}

impl ByArea {
    /// Whether a row of the table is the one that is drawn, whatever the area.
    pub(super) fn is_drawn(&self, table: &Table, row: usize) -> bool {
        self.row
            .iter()
            .all(|(key, value)| table.column(key).is_some_and(|column| column.show(row) == *value))
    }

    /// The values of the row that the study names.
    pub(super) fn said(&self) -> Vec<&str> {
        self.row[..self.named].iter().map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the number is a per cent.
    pub(super) fn in_percent(&self) -> bool {
        match &self.of {
            Asked::FullTimePersons { .. } | Asked::SpellFlow { .. } => false,
            Asked::Stock(profile) => {
                let quantity = self.row.iter().find(|(key, _)| key == "quantity");
                quantity.is_some_and(|(_, quantity)| profile.is_share(quantity))
            }
            Asked::MeasureTypes { .. } => true,
            Asked::LookBackShare { windows, .. } => {
                windows.windows.iter().any(|window| window.percent == self.value)
            }
            _ => !self.of.counts(&self.value, &[]),
        }
    }

    /// Whether the number of all areas is the sum of theirs.
    pub(super) fn is_sum(&self) -> bool {
        let persons = self.row.iter().any(|(_, value)| value == "persons");
        match &self.of {
            Asked::FullTimePersons { .. } => true,
            Asked::Stock(_) | Asked::MeasureTypes { .. } => persons,
            of => of.counts(&self.value, &[]),
        }
    }

    /// Whether the number of a row is a share of the [`persons`](Self::persons) behind it that has no limits of its own.
    pub(super) fn is_share(&self, table: &Table, row: usize) -> bool {
        match &self.of {
            Asked::MeasureTypes { .. } => {
                table.column("type").is_some_and(|types| types.show(row) != "persons")
            }
            // Persons without a value stay out of a stock's shares, so that their number is not known here; occupancies have
            // limits of their own.
            Asked::Stock(_)
            | Asked::FullTimePersons { .. }
            | Asked::SpellFlow { .. }
            | Asked::Occupancy { .. } => false,
            Asked::LookBackShare { .. } => self.in_percent(),
            _ => self.value == "percent",
        }
    }

    /// Persons or spells behind the numbers of a row of an area's own table.
    pub(super) fn persons(&self, table: &Table, row: usize) -> u64 {
        let whole = |column: &str, row: usize| {
            let number = table.column(column).map_or(0.0, |column| column.number(row));
            if number.is_nan() { 0 } else { number.round() as u64 }
        };
        let keys = self.of.keys();
        let same = |other: usize, keys: &[&str]| {
            keys.iter().all(|key| {
                let column = table.column(key);
                column.is_some_and(|column| column.show(other) == column.show(row))
            })
        };
        let rest = &keys[..keys.len().saturating_sub(1)];
        match &self.of {
            // The last key says what the number is.
            Asked::Stock(_) | Asked::MeasureTypes { .. } => (0..table.rows())
                .find(|&other| {
                    let last = keys.last().and_then(|key| table.column(key));
                    last.is_some_and(|last| last.show(other) == "persons") && same(other, rest)
                })
                .map_or(0, |other| whole("value", other)),
            // The last key is the state that the persons are in.
            Asked::ModalWindow { .. } | Asked::TransitionMatrix { .. } => (0..table.rows())
                .filter(|&other| same(other, rest))
                .map(|other| whole("persons", other))
                .sum(),
            // A flow has a number of its own behind each column.
            Asked::SpellFlow { .. } => match self.value.as_str() {
                "mean_weeks" => whole("of_known_start", row),
                column => whole(column, row),
            },
            of => of.persons_column().map_or(0, |column| whole(column, row)),
        }
    }
}

impl Asked {
    /// The column of the persons or spells behind a row, if the row says it.
    pub(super) fn persons_column(&self) -> Option<&'static str> {
        match self {
            Self::LookBackShare { .. }
            | Self::MeasureShare { .. }
            | Self::TimeSinceMeasure { .. }
            | Self::FullTimePersons { .. }
            | Self::Occupancy { once: true, .. } => Some("persons"),
            Self::Occupancy { .. } | Self::FirstMeasure { .. } => Some("spells"),
            Self::SpellFlow { .. } => Some("started"),
            _ => None,
        }
    }

    /// The number that is ranked if the study does not say.
    pub(crate) fn first_value(&self) -> &str {
        match self {
            Self::Stock(_) | Self::MeasureTypes { .. } => "value",
            Self::LookBackShare { windows, .. } => {
                windows.windows.first().map_or("persons", |window| &window.percent)
            }
            Self::FullTimePersons { .. } => "persons",
            Self::SpellFlow { .. } => "started",
            _ => "percent",
        }
    }

    /// The values of a key that are known before the register is read, the one that is meant if none is named first.
    /// `None` if they are not known.
    pub(crate) fn choices(&self, key: &str, calendar: Calendar) -> Option<Vec<String>> {
        let words = |words: &[String]| Some(words.to_vec());
        let rows = self.population().map(|population| &population.rows);
        if let Some(rows) = rows.filter(|rows| rows.column == key) {
            let totals = rows.totals.iter().map(|(name, _)| name.clone());
            return Some(totals.chain(rows.rules.iter().map(|rule| rule.label.clone())).collect());
        }
        match (self, key) {
            (
                Self::Occupancy { spells, column, .. }
                | Self::FirstMeasure { spells, column, .. }
                | Self::SpellFlow { spells, column, .. },
                key,
            ) if column == key => Some(spells.of.names()),
            (Self::FullTimePersons { of, column, .. }, key) if column == key => Some(of.names()),
            (Self::Occupancy { .. }, "group") => words(&[TOTAL.to_owned()]),
            (Self::Occupancy { shown, .. }, "state") => words(shown),
            (Self::Occupancy { lags, .. }, key) if lags.unit.name() == key => {
                Some(lags.lags.iter().map(u32::to_string).collect())
            }
            (
                Self::ModalWindow { bins, .. }
                | Self::MeasureShare { bins, .. }
                | Self::MeasureTypes { bins, .. },
                "seniority",
            ) => bins
                .as_ref()
                .map_or(words(&[afgang_engine::week::ALL.to_owned()]), |bins| words(&bins.shown)),
            (Self::TimeSinceMeasure { bins, .. }, "seniority") => words(&bins.shown),
            (Self::TimeSinceMeasure { years, .. }, "years") => {
                Some(years.iter().map(u32::to_string).collect())
            }
            (Self::FullTimePersons { from, to, period, .. }, "period") => {
                Some(periods(*from, *to, *period, calendar))
            }
            (Self::SpellFlow { from, to, .. }, "year") => {
                Some(periods(*from, *to, Calendrical::Year, calendar))
            }
            (Self::TransitionMatrix { of, .. }, "from_state") => words(&of.names()),
            (Self::ModalWindow { modal, .. }, "state") => {
                let own = modal.same.iter().map(|same| same.label.clone());
                Some(own.chain(modal.of.names()).collect())
            }
            // Labels of a grouping may be known with the register only.
            (Self::Stock(profile), "quantity") => profile.quantities(),
            (Self::MeasureTypes { types, .. }, "type") => {
                let types = types.iter().map(|(name, _)| name.clone());
                Some(std::iter::once(TOTAL.to_owned()).chain(types).collect())
            }
            _ => None,
        }
    }

    /// Whether one value of a key is meant if none is named.
    pub(crate) fn has_default(&self, key: &str, calendar: Calendar) -> bool {
        let rows = self.population().map(|population| &population.rows);
        match rows.filter(|rows| rows.column == key) {
            Some(rows) => !rows.totals.is_empty() || rows.rules.len() == 1,
            None => {
                key == "type"
                    || self.choices(key, calendar).is_some_and(|choices| choices.len() == 1)
            }
        }
    }
}

/// Names of the periods of some weeks.
fn periods(from: Week, to: Week, period: Calendrical, calendar: Calendar) -> Vec<String> {
    let (from, to) = (calendar.month_of(from), calendar.month_of(to));
    let mut names: Vec<String> = (0..=to - from).map(|month| period.name(from + month)).collect();
    names.dedup();
    names
}

impl super::asked::Profile {
    /// The quantities, if none is a share of a grouping's labels.
    fn quantities(&self) -> Option<Vec<String>> {
        let of = |quantity: &Quantity| match quantity {
            Quantity::MeanAge(_) => Some("mean_age".to_owned()),
            Quantity::Mean(name) => Some(format!("mean_{name}")),
            Quantity::Shares(_) => None,
        };
        let means: Option<Vec<String>> = self.quantities.iter().map(of).collect();
        Some(std::iter::once("persons".to_owned()).chain(means?).collect())
    }

    /// Whether a quantity is a share: neither a number of persons nor a mean.
    fn is_share(&self, quantity: &str) -> bool {
        let mean = |of: &Quantity| match of {
            Quantity::MeanAge(_) => quantity == "mean_age",
            Quantity::Mean(name) => quantity.strip_prefix("mean_") == Some(name),
            Quantity::Shares(_) => false,
        };
        quantity != "persons" && !self.quantities.iter().any(mean)
    }
}
