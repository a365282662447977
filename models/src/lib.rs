//! models of afgang.
