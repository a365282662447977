//! `afgang synth`.

use std::io::{self, Write};
use std::path::Path;

use super::curve::show;
use crate::Error;
use crate::cli::SynthPlan;
use crate::progress::Stages;
use crate::study::{BuiltIn, Study};
use crate::synthetic::{self, BenefitMonths, Calibration, Made};

/// Makes a register and says what is in it, and where it is off the published margins.
pub(super) fn run(
    (study, synth): (&Study, &SynthPlan),
    out: &Path,
    threads: Option<usize>,
    quiet: bool,
    stages: &mut Stages,
) -> Result<(), Error> {
    let made = synthetic::make(Calibration::of(study), synth, out, false, threads, stages)?;
    if quiet {
        return Ok(());
    }
    show(|to| {
        print(&made, out, to)?;
        if study.synthetic.is_some() || BuiltIn::named(&study.name).is_some() {
            return Ok(());
        }
        let names: Vec<&str> = Calibration::ALL.iter().map(|(name, _)| *name).collect();
        writeln!(
            to,
            "The study `{}` names no synthetic register; this is `{}`. [study] synthetic = \"…\" chooses: {}.",
            study.name,
            made.calibration.name(),
            names.join(", ")
        )
    })
}

fn print(made: &Made, folder: &Path, out: &mut dyn Write) -> io::Result<()> {
    let spells = match made.calibration {
        Calibration::JobCentres => format!("{} spells, ", made.spells),
        _ => String::new(),
    };
    writeln!(
        out,
        "{}: {} persons, {spells}{} files, {:.0} MB; seed {}, scale {}",
        folder.display(),
        made.persons,
        made.files,
        made.bytes as f64 / 1e6,
        made.seed,
        made.scale
    )?;
    writeln!(out, "Synthetic: calibrated to published margins, no row describes a person.")?;
    for (name, path) in made.calibration.lists(folder) {
        writeln!(out, "List `{name}`: {}", path.display())?;
    }
    if made.benefit_months.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(
        out,
        "Benefit months of table 3.3, register (as counted) less published, and per cent of the published:"
    )?;
    let mut years: Vec<i32> = made.benefit_months.iter().map(|cell| cell.year).collect();
    years.sort_unstable();
    years.dedup();
    write!(out, "{:<16}", "")?;
    for year in &years {
        write!(out, "{year:>9}")?;
    }
    writeln!(out)?;
    let mut groups: Vec<&str> = Vec::new();
    for cell in &made.benefit_months {
        if !groups.contains(&cell.target_group.as_str()) {
            groups.push(&cell.target_group);
        }
    }
    for group in groups {
        let cells = |value: fn(&BenefitMonths) -> String| -> Vec<String> {
            years
                .iter()
                .map(|year| {
                    let mut cells = made.benefit_months.iter();
                    let cell = cells.find(|cell| cell.target_group == group && cell.year == *year);
                    cell.map(value).unwrap_or_default()
                })
                .collect()
        };
        for (name, cells) in [
            (group, cells(|cell| format!("{:+.0}", cell.register as f64 - cell.published))),
            (
                "",
                cells(|cell| {
                    format!("{:+.3}%", 100.0 * (cell.register as f64 / cell.published - 1.0))
                }),
            ),
        ] {
            write!(out, "{name:<16}")?;
            for cell in cells {
                write!(out, "{cell:>9}")?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_printed() {
        let cell = |group: &str, year, published, register| BenefitMonths {
            target_group: group.to_owned(),
            year,
            published,
            register,
        };
        let made = Made {
            version: String::new(),
            calibration: Calibration::JobCentres,
            scale: 1.0,
            seed: 1,
            persons: 3,
            spells: 4,
            files: 1,
            bytes: 2_000_000,
            benefit_months: vec![
                cell("dagpenge", 2011, 1000.0, 1001),
                cell("dagpenge", 2012, 500.0, 499),
                cell("jobparate", 2012, 200.0, 200),
            ],
        };
        let mut text = Vec::new();
        print(&made, Path::new("r"), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let words: Vec<&str> = text.lines().skip(4).flat_map(str::split_whitespace).collect();
        let wanted =
            ["2011", "2012", "dagpenge", "+1", "-1", "+0.100%", "-0.200%", "jobparate", "+0"];
        assert_eq!(words[..9], wanted);
        assert!(text.starts_with("r: 3 persons, 4 spells, 1 files, 2 MB; seed 1, scale 1\n"));
    }
}
