//! What an output on the effect of a treatment asks for.

use afgang_engine::week::{Classes, WeekSet};
use afgang_models::{EffectMethod, Target, TreatmentEffect};

use super::Unit;
use super::list::{By, ListUse, Role};

/// The two arms of a list, and how they are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Arms {
    /// Name of the list.
    pub list: String,
    /// Column that says in which arm a person is.
    pub arm: String,
    /// Its value for the treated.
    pub treated: String,
    /// Its value for those they are compared with. Persons with other values are in neither arm.
    pub comparison: String,
    /// Column of sampling weights.
    pub weight: Option<String>,
    /// How they are compared.
    pub method: EffectMethod,
    /// Column of the strata in which persons were drawn.
    pub strata: Option<By>,
    /// Columns of covariates: numbers as they are, words as categories.
    pub covariates: Vec<String>,
    /// Columns of covariates that are categories even where they hold numbers.
    pub categories: Vec<By>,
    /// Whom the effect is for.
    pub target: Target,
    /// Level of intervals and bands.
    pub level: f64,
}

/// The path of an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectPath {
    /// The arms.
    pub arms: Arms,
    /// Column of the weeks of start, as `2013-W05`.
    pub start: String,
    /// The outcome.
    pub outcome: Outcome,
    /// Weeks or months since the start.
    pub unit: Unit,
    /// The last of them.
    pub horizon: u32,
    /// Those that stand in the report's table.
    pub shown: Vec<u32>,
    /// Fewest persons of each arm behind an estimate.
    pub min_persons: u64,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Being in a set at the time.
    Share(WeekSet),
    /// Weeks in a set so far.
    Weeks(WeekSet),
    /// Having been in one of some sets, for the first time after the start; the others compete with it.
    Incidence {
        /// The sets.
        exits: Classes,
        /// Its place among them.
        exit: usize,
    },
}

impl Outcome {
    /// The sets that the outcome is made of.
    pub(super) fn sets(&self) -> Vec<&WeekSet> {
        match self {
            Self::Share(set) | Self::Weeks(set) => vec![set],
            Self::Incidence { exits, .. } => exits.classes.iter().map(|(_, set)| set).collect(),
        }
    }

    /// Name of the column of the table that holds it.
    pub fn column(&self) -> &'static str {
        if matches!(self, Self::Weeks(_)) { "mean_weeks" } else { "percent" }
    }

    /// What its numbers are multiplied by in tables.
    pub(super) fn factor(&self) -> f64 {
        if matches!(self, Self::Weeks(_)) { 1.0 } else { 100.0 }
    }
}

/// The column of those who are still to exit.
pub const AT_RISK: &str = "at_risk";

/// The row of the difference of both arms.
pub const DIFFERENCE: &str = "difference";

/// The numbers of a table of balance.
pub(super) const BALANCE: [&str; 6] = [
    "treated_before",
    "comparison_before",
    "difference_before",
    "treated_after",
    "comparison_after",
    "difference_after",
];

impl Arms {
    /// The columns of the list that it needs.
    pub(super) fn list_use(&self) -> ListUse<'_> {
        let group = |column| (column, Role::Group);
        let categories = self.strata.iter().chain(&self.categories);
        let columns = std::iter::once(group(self.arm.as_str()))
            .chain(categories.map(|by| group(by.column.as_str())))
            .chain(self.covariates.iter().map(|column| group(column.as_str())))
            .chain(self.weight.iter().map(|column| (column.as_str(), Role::Weight)));
        ListUse { list: &self.list, columns: columns.collect() }
    }

    /// The estimator.
    pub(super) fn estimator(&self) -> TreatmentEffect {
        TreatmentEffect::new(self.method).target(self.target).level(self.level)
    }
}

impl EffectPath {
    /// The column of the persons behind the numbers of a time.
    pub fn behind(&self) -> &'static str {
        if matches!(self.outcome, Outcome::Incidence { .. }) { AT_RISK } else { "persons" }
    }

    /// The columns of the list that it needs.
    pub(super) fn list_use(&self) -> ListUse<'_> {
        let mut used = self.arms.list_use();
        used.columns.push((&self.start, Role::Group));
        used
    }
}
