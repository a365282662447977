//! Answers of R: `fixtures/r/*.R` made them, `fixtures/reference/*.json` holds them with their inputs.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]

mod answers;
mod clustered;
mod fleming_harrington;
mod group_tests;
mod hazard_ties;
mod incidence;
mod kaplan_meier;
mod mean_times;
mod nelson_aalen;
mod printed;
mod printed_regressions;
mod published;
mod robust_tests;
mod standardised_means;
mod summaries;
mod textbook;
