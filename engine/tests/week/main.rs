//! Analyses at week resolution: boundary cases by hand, and every label against a slow reference.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking, their helpers too")]

mod by_hand;
mod follow;
mod messages;
mod random;
mod reference;
mod register;
