//! Effects of a treatment: by hand, against Python, by identities; what is refused; how often intervals and bands hold.

#![expect(clippy::unwrap_used, reason = "a test whose data are refused has failed")]
#![expect(clippy::float_cmp, reason = "whole numbers are equal to the last bit or different")]

mod by_hand;
mod data;
mod identities;
mod pseudo_values;
mod reference;
mod refusals;
mod simulation;
