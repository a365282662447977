//! engine of afgang.
