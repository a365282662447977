//! Predicted cumulative incidence.
