//! The spells of a register, counted for a command that otherwise reads a file of spells.

use std::path::Path;

use afgang_engine::{CellTable, PersonTable, Register, ScanStats};

use crate::Error;
use crate::cli::{OfRegister, Task};
use crate::progress::Stages;
use crate::rows::register::AGE;
use crate::rows::{Counted, DataError};
use crate::scan::{self, Choices};
use crate::study::Study;

/// Counts of a register's spells.
pub(super) struct Spells {
    table: CellTable,
    persons: Option<PersonTable>,
    stats: ScanStats,
}

impl Spells {
    /// Of the register at `data`, by `dims`.
    pub(super) fn count(
        task: &Task,
        data: &Path,
        dims: &[String],
        of: &OfRegister,
        threads: Option<usize>,
        stages: &mut Stages,
    ) -> Result<Self, Error> {
        let study = Study::load(&of.study)?;
        study.needs_months("monthly spells")?;
        task.keep_apart_from(&study.files())?;
        let stage = stages.start("scan", "Reading the register");
        let register = Register::open(data)?.not_empty()?;
        // With years of birth it is made of these.
        if dims.iter().any(|dim| dim == AGE) && !register.has_attribute(AGE) {
            return Err(DataError::NoAge.into());
        }
        let choices = Choices { spells: None, trust_ids: of.trust_ids, threads };
        let (table, persons, stats) =
            scan::spells_by(&study, &register, dims, of.persons, choices, &stage)?;
        stages.end(&stage, &format!("{} spells", stats.spells));
        Ok(Self { table, persons, stats })
    }

    pub(super) const fn counted(&self) -> Counted<'_> {
        Counted { table: &self.table, persons: self.persons.as_ref(), stats: &self.stats }
    }
}
