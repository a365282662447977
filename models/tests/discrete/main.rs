//! Hazards in discrete time: against R, by hand, by identities; and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]
#![expect(clippy::float_cmp, reason = "times are equal to the last bit or different")]

mod by_hand;
mod data;
mod fits;
mod predictions;
mod properties;
mod refusals;
