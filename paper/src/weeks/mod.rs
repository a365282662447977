//! Outputs of studies at week resolution: stocks, look-backs, occupancy, windows, flows, listed cohorts.
//!
//! Each output says which tables of the engine it needs ([`Asked::tables`]) and turns them into a long table and, if it
//! is a figure, a chart ([`build`]).

mod asked;
mod build;
mod by_area;
mod cohort;
pub mod list;
mod plan;
mod rules;

pub use asked::{
    Asked, Bins, Lags, LookBack, Modal, Population, Profile, Quantity, Reference, Unit, Windows,
};
pub use build::{FollowedList, build, check};
pub use by_area::ByArea;
pub use cohort::Cohort;
pub use rules::{NamedClasses, RowSet, WeekRules};
