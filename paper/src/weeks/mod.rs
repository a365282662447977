//! Outputs of studies at week resolution: stocks, look-backs, occupancy, windows, flows, listed cohorts, effects.
//!
//! Each output says which tables of the engine it needs ([`Asked::tables`]) and turns them into a long table and, if it
//! is a figure, a chart ([`build`]).

mod asked;
mod build;
mod by_area;
mod cohort;
mod effect;
pub mod list;
mod plan;
mod rules;

pub use asked::{
    Asked, Bins, Lags, LookBack, Modal, Population, Profile, Quantity, Reference, Unit, Windows,
};
pub use build::{FollowedList, build, check};
pub use by_area::ByArea;
pub use cohort::Cohort;
pub use effect::{AT_RISK, Arms, DIFFERENCE, EffectPath, Outcome};
pub use rules::{NamedClasses, RowSet, WeekRules};

/// Year and number of a week written `2014-W20`, whether there is such a week or not.
pub(crate) fn year_and_week(text: &str) -> Option<(i32, u8)> {
    let (year, week) = text.trim().split_once("-W")?;
    Some((year.parse().ok()?, week.parse().ok()?))
}
