//! `afgang check`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::mem::{Discriminant, discriminant};
use std::path::Path;

use afgang_engine::week::Followed;
use afgang_engine::{Examination, Register, ScanStats};

use super::curve::show;
use crate::Error;
use crate::given::Source;
use crate::labels::{self, Lang};
use crate::progress::Stages;
use crate::scan::{self, Choices};
use crate::study::Study;
use crate::weeks::list::{ListError, found_of};

/// Reads the whole register as a run would, and says what would be left out and why; if a run would refuse it,
/// everything that is wrong with it.
pub(super) fn run(
    study: &Study,
    source: &Source<'_>,
    trust_ids: bool,
    threads: Option<usize>,
    stages: &mut Stages,
) -> Result<(), Error> {
    let Some(path) = source.register else { return Ok(()) };
    let lists = source.read_lists(&source.possible(study).0)?;
    let stage = stages.start("check", "Reading the register");
    let choices = Choices { spells: None, trust_ids, threads };
    let read = Register::open(path).and_then(Register::not_empty).and_then(|register| {
        let scanned = scan::scan(study, &register, &lists, choices, &stage)?;
        Ok((register, scanned))
    });
    match read {
        Ok((register, scanned)) => {
            stages.end(&stage, "done");
            fits(study, path, &register, &scanned.stats)?;
            found(&scanned.followed)
        }
        Err(afgang_engine::Error::Cancelled) => Err(afgang_engine::Error::Cancelled.into()),
        Err(refused) => {
            drop(stage);
            let stage = stages.start("examine", "Looking for all that is wrong");
            // What keeps from looking has been said by the scan.
            let found = match scan::examine(study, path, choices, &stage) {
                Ok(found) if !found.faults.is_empty() => found,
                Err(afgang_engine::Error::Cancelled) => {
                    return Err(afgang_engine::Error::Cancelled.into());
                }
                _ => return Err(refused.into()),
            };
            stages.end(&stage, &format!("{} problems", found.faults.len()));
            unfit(study, &found)?;
            Err(Error::Unfit { path: path.to_owned(), problems: found.faults.len() })
        }
    }
}

/// Most problems of one kind that are printed; a whole file without weeks has hundreds of them.
const MOST_OF_A_KIND: usize = 60;

/// Prints what is wrong with a register that a run would refuse.
fn unfit(study: &Study, found: &Examination) -> Result<(), Error> {
    let count = |n: u64| labels::count(n, Lang::En);
    show(|out| {
        writeln!(out, "problems, each of which a run would refuse")?;
        let mut kinds: Vec<(Discriminant<afgang_engine::Error>, usize)> = Vec::new();
        for fault in &found.faults {
            let kind = discriminant(&fault.error);
            let place = kinds.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
                kinds.push((kind, 0));
                kinds.len() - 1
            });
            kinds[place].1 += 1;
            if kinds[place].1 > MOST_OF_A_KIND {
                continue;
            }
            let rows = match fault.count {
                1 => String::new(),
                n => format!(" ({} rows, this is the first)", count(n)),
            };
            writeln!(out, "  {}{rows}", fault.error)?;
        }
        for (_, n) in kinds.iter().filter(|(_, n)| *n > MOST_OF_A_KIND) {
            writeln!(out, "  and {} more of a kind named above", n - MOST_OF_A_KIND)?;
        }
        writeln!(out)?;
        writeln!(
            out,
            "{} persons were looked at, as far as the columns are there",
            count(found.persons)
        )?;
        writeln!(out)?;
        if study.weeks.is_none() {
            left_truncated(out, study, found.left_truncated)?;
            writeln!(out)?;
        }
        unknown_codes(out, study, &found.unknown_codes)
    })
}

fn left_truncated(out: &mut dyn Write, study: &Study, spells: u64) -> io::Result<()> {
    if study.weeks.is_some() {
        return Ok(());
    }
    writeln!(out, "left out")?;
    writeln!(
        out,
        "  {:<28}{:>16}   in before {}: their start is not known",
        "left-truncated spells",
        labels::count(spells, Lang::En),
        study.from + study.look_back as i32
    )
}

fn unknown_codes(out: &mut dyn Write, study: &Study, codes: &BTreeMap<u16, u64>) -> io::Result<()> {
    let book = &study.code_book_name;
    if codes.is_empty() {
        return writeln!(out, "every code is known to the code book {book}");
    }
    let residual = match &study.weeks {
        Some(rules) => rules.book.state_of(u16::MAX),
        None => study.code_book.exits().get(study.code_book.residual_exit()).map(String::as_str),
    };
    writeln!(
        out,
        "codes that the code book {book} does not know (cells; they count as `{}`)",
        residual.unwrap_or("other")
    )?;
    for (code, cells) in codes {
        writeln!(out, "  {code:<28}{:>16}", labels::count(*cells, Lang::En))?;
    }
    Ok(())
}

/// Says how many of the listed persons the register has, and refuses a list of which it has none.
fn found(followed: &[Followed]) -> Result<(), Error> {
    for list in followed {
        let (name, persons) = (list.name().to_owned(), list.persons());
        let found = (0..persons).filter(|&person| list.found(person)).count();
        if found == 0 {
            return Err(ListError::NobodyFound { list: name, persons }.into());
        }
        let said = found_of(&name, found as u64, persons as u64);
        show(|out| writeln!(out, "{said}"))?;
    }
    Ok(())
}

/// Prints what was read and left out.
fn fits(study: &Study, path: &Path, register: &Register, stats: &ScanStats) -> Result<(), Error> {
    let count = |n: u64| labels::count(n, Lang::En);
    let (from, to) = study.period();
    show(|out| {
        writeln!(out, "{} fits the study `{}` ({from} to {to}).", path.display(), study.name)?;
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
            if what != "spells counted" || study.weeks.is_none() {
                writeln!(out, "  {what:<28}{:>16}", count(n))?;
            }
        }
        writeln!(out)?;
        left_truncated(out, study, stats.left_truncated)?;
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
        let looked_at = match study.weeks {
            None => {
                "Read as a run reads it: of each month the week that decides; other weeks are not looked at."
            }
            Some(_) => "Read as a run reads it: every week.",
        };
        writeln!(out, "{looked_at}")?;
        unknown_codes(out, study, &stats.unknown_codes)
    })
}
