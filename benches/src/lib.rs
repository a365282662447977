//! Benchmarks of afgang: see `benches/benches`, and `benches/peers` for other programs in the same run.
