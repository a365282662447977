//! The engine from files to tables: by hand, against a slow reference, and every error message.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking, their helpers too")]
#![expect(clippy::cast_possible_wrap, reason = "the numbers of the tests are small")]

mod by_hand;
mod examine;
mod messages;
mod random;
mod reference;
mod register;
mod same_bits;
