//! Proportional subdistribution hazards: against R, by hand, by finite differences, by identities; and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]
#![expect(clippy::float_cmp, reason = "times are equal to the last bit or different")]

mod by_hand;
mod coverage;
mod data;
mod fits;
mod identities;
mod large;
mod monotone;
mod published;
mod r_survival;
mod refusals;
mod rows;
