//! The program `afgang`.
fn main() {}
