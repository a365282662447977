//! Answers of R: `fixtures/r/*.R` made them, `fixtures/reference/*.json` holds them with their inputs.

mod answers;
mod incidence;
mod kaplan_meier;
mod nelson_aalen;
mod published;
