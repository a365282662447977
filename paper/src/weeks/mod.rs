//! Outputs of studies at week resolution: stocks, look-backs, occupancy, windows, flows.
//!
//! Each output says which tables of the engine it needs ([`Asked::tables`]) and turns them into a long table and, if it
//! is a figure, a chart ([`build`]).

mod asked;
mod build;
mod by_area;
mod plan;
mod rules;

pub use asked::{
    Asked, Bins, Lags, LookBack, Modal, Population, Profile, Quantity, Reference, Unit, Windows,
};
pub use build::{build, check};
pub use by_area::ByArea;
pub use rules::{NamedClasses, RowSet, WeekRules};
