//! Proportional subdistribution hazards: against R, by hand, by finite differences, by identities; and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]

mod data;
mod fits;
