//! Panel regressions against plm, pyfixest, linearmodels and Stata, and against themselves.

mod data;
mod identities;
mod plm;
mod python;
mod refusals;
mod stata;
