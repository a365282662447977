//! Proportional hazards regression: against R, by hand, by identities; and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]

mod by_hand;
mod data;
mod fits;
mod following;
mod properties;
mod refusals;
