//! Proportional hazards regression: against R, by hand, by identities; and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]
#![expect(clippy::float_cmp, reason = "times are equal to the last bit or different")]

mod by_hand;
mod coverage;
mod data;
mod far;
mod fits;
mod following;
mod incidence;
mod monotone;
mod properties;
mod refusals;
