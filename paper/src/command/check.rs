//! `afgang check`.

use std::path::Path;

use afgang_engine::Register;

use super::curve::show;
use crate::Error;
use crate::labels::{self, Lang};
use crate::progress::Stages;
use crate::scan::{self, Choices};
use crate::study::Study;

/// Reads the whole register as a run would, and says what would be left out and why.
pub(super) fn run(
    study: &Study,
    path: &Path,
    trust_ids: bool,
    threads: Option<usize>,
    stages: &mut Stages,
) -> Result<(), Error> {
    let stage = stages.start("check", "Reading the register");
    let register = Register::open(path)?;
    let choices = Choices { spells: None, trust_ids, threads };
    let stats = scan::scan(study, &register, choices, &stage)?.stats;
    stages.end(&stage, "done");
    let count = |n: u64| labels::count(n, Lang::En);
    let residual = study.code_book.exits().get(study.code_book.residual_exit());
    show(|out| {
        writeln!(
            out,
            "{} fits the study `{}` ({} to {}).",
            path.display(),
            study.name,
            study.from,
            study.to
        )?;
        writeln!(out)?;
        let bytes =
            register.files().iter().map(afgang_engine::register::RegisterFile::bytes).sum::<u64>();
        writeln!(out, "read")?;
        for (what, n) in [
            ("files", stats.files),
            ("bytes", bytes),
            ("row groups", stats.row_groups),
            ("persons", stats.persons),
            ("cells", stats.cells),
            ("spells counted", stats.spells),
        ] {
            writeln!(out, "  {what:<28}{:>16}", count(n))?;
        }
        writeln!(out)?;
        writeln!(out, "left out")?;
        writeln!(
            out,
            "  {:<28}{:>16}   in before {}: their start is not known",
            "left-truncated spells",
            count(stats.left_truncated),
            study.from + study.look_back as i32
        )?;
        if study.min_duration > 1 {
            let what = format!("spells below {} months", study.min_duration);
            writeln!(out, "  {what:<28}{:>16}", count(stats.too_short))?;
        }
        if !stats.unmatched.is_empty() {
            writeln!(out)?;
            writeln!(out, "values outside the study's tables (persons)")?;
            for ((grouping, value), persons) in &stats.unmatched {
                writeln!(out, "  {:<28}{:>16}", format!("{grouping}: {value}"), count(*persons))?;
            }
        }
        writeln!(out)?;
        writeln!(
            out,
            "Read as a run reads it: of each month the week that decides; other weeks are not looked at."
        )?;
        if stats.unknown_codes.is_empty() {
            writeln!(out, "every code is known to the code book {}", study.code_book_name)?;
        } else {
            writeln!(
                out,
                "codes that the code book {} does not know (cells; they count as `{}`)",
                study.code_book_name,
                residual.map_or("other", String::as_str)
            )?;
            for (code, cells) in &stats.unknown_codes {
                writeln!(out, "  {code:<28}{:>16}", count(*cells))?;
            }
        }
        Ok(())
    })
}
