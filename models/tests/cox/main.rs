//! Proportional hazards regression: against R, by hand, by identities; and what is refused.

mod by_hand;
mod data;
mod fits;
mod properties;
mod refusals;
