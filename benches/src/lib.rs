//! benches of afgang.
