//! Studies and data tables that are part of the program.

/// A study of the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its name.
    pub name: &'static str,
    /// The TOML text.
    pub text: &'static str,
}

/// All of them.
pub const STUDIES: &[BuiltIn] = &[
    BuiltIn { name: "vive", text: include_str!("../../studies/vive.toml") },
    BuiltIn { name: "expert_group", text: include_str!("../../studies/expert_group.toml") },
    BuiltIn { name: "expectations", text: include_str!("../../studies/expectations.toml") },
    BuiltIn { name: "effects", text: include_str!("../../studies/effects.toml") },
];

/// Data tables by name, as CSV.
pub(super) const TABLES: &[(&str, &str)] = &[
    ("municipalities", include_str!("../../studies/data/municipalities.csv")),
    ("sexes", include_str!("../../studies/data/sexes.csv")),
];

impl BuiltIn {
    /// The study of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        STUDIES.iter().find(|study| study.name == name)
    }
}
