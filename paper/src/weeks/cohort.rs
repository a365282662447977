//! What an output of a listed cohort asks for.

use afgang_engine::calendar::Month;
use afgang_engine::week::{MonthRule, WeekSet};

use super::asked::Asked;
use super::effect::EffectPath;
use super::list::{By, ListUse, Role};

/// The persons of a list in calendar months: who of them is in a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    /// Name of the list.
    pub list: String,
    /// The set.
    pub set: WeekSet,
    /// First month of the window.
    pub from: Month,
    /// Last month.
    pub to: Month,
    /// Groups that are rows of their own.
    pub by: Vec<By>,
    /// Column of sampling weights; without it all count alike.
    pub weight: Option<String>,
    /// Weeks without a code count as employment only where the month's degree is above this.
    pub degree_above: f32,
    /// How months count.
    pub month_rule: MonthRule,
    /// Fewest persons behind a per cent.
    pub min_persons: u64,
}

impl Cohort {
    /// The columns of the list that it needs.
    pub(super) fn list_use(&self) -> ListUse<'_> {
        let groups = self.by.iter().map(|by| (by.column.as_str(), Role::Group));
        let weight = self.weight.iter().map(|column| (column.as_str(), Role::Weight));
        ListUse { list: &self.list, columns: groups.chain(weight).collect() }
    }
}

impl Asked {
    /// The list of persons that the output is about, with the columns that it needs.
    pub fn list(&self) -> Option<ListUse<'_>> {
        match self {
            Self::CohortShare { cohort, .. } | Self::CohortOccupancy { cohort, .. } => {
                Some(cohort.list_use())
            }
            Self::EffectPath(path) => Some(path.list_use()),
            Self::EffectBalance(arms) => Some(arms.list_use()),
            _ => None,
        }
    }

    /// The groups of that list.
    pub fn list_groups(&self) -> &[By] {
        match self {
            Self::CohortShare { cohort, .. } | Self::CohortOccupancy { cohort, .. } => &cohort.by,
            Self::EffectPath(EffectPath { arms, .. }) | Self::EffectBalance(arms) => {
                &arms.categories
            }
            _ => &[],
        }
    }

    /// The column of listed persons who count.
    pub(super) fn attained(&self) -> &'static str {
        if matches!(self, Self::CohortOccupancy { .. }) { "in_set" } else { "attained" }
    }
}
