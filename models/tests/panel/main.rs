//! Panel regressions against plm, pyfixest, linearmodels and Stata, and against themselves.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]
#![expect(clippy::float_cmp, reason = "degrees of freedom are whole numbers")]

mod conventions;
mod data;
mod identities;
mod instrumental;
mod leverage;
mod plm;
mod poisson;
mod programs;
mod python;
mod refusals;
mod specification;
mod stata;
mod streamed;
mod wild;
