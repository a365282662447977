//! The synthetic register: making it, and knowing one when it is seen.
//!
//! This is the only place that speaks to the generator.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use afgang_fixtures::cohorts;
use afgang_fixtures::panel::{self, PanelError};
use afgang_fixtures::synth::{self, Options, SynthError};
use afgang_fixtures::weekly;
use serde::{Deserialize, Serialize};

use crate::cli::{Size, SynthPlan};
use crate::progress::Stages;
use crate::study::Study;
use crate::whole_file::{self, FileError, Partial};

/// File beside the register's that says how it was made.
const MANIFEST: &str = "synthetic.json";

/// The synthetic registers that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Calibration {
    /// Calibrated to VIVE's report on the job centres, 2011–2019.
    #[default]
    JobCentres,
    /// Calibrated to the expert group's report, 2003–2014.
    ExpertGroup,
    /// Calibrated to the expectations analysis, 2023–2025, with its cohort as a list of persons.
    Expectations,
    /// Calibrated to the mentor trial and the bridging scheme of the expert group's report, 2011–2014, with both arms of each as lists.
    Effects,
}

impl Calibration {
    /// Each with its name in studies.
    pub const ALL: [(&'static str, Self); 4] = [
        ("job_centres", Self::JobCentres),
        ("expert_group", Self::ExpertGroup),
        ("expectations", Self::Expectations),
        ("effects", Self::Effects),
    ];

    /// The register that a study is reproduced on.
    pub fn of(study: &Study) -> Self {
        study.synthetic.unwrap_or(if study.weeks.is_some() {
            Self::ExpertGroup
        } else {
            Self::JobCentres
        })
    }

    /// Its name in studies.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, of)| *of == self).map_or("", |(name, _)| name)
    }

    /// Whether the register has neither a scale nor a number of files.
    pub fn has_one_size(self) -> bool {
        matches!(self, Self::Expectations | Self::Effects)
    }

    /// The lists of persons that lie in the folder of its register.
    pub fn lists(self, folder: &Path) -> Vec<(String, PathBuf)> {
        match self {
            Self::Expectations => vec![("cohort".to_owned(), folder.join("cohort.csv"))],
            Self::Effects => {
                TRIALS.map(|name| (name.to_owned(), folder.join(format!("{name}.csv")))).to_vec()
            }
            Self::JobCentres | Self::ExpertGroup => Vec::new(),
        }
    }

    /// The share of the published counts that a register of some size has.
    fn scale(self, size: Size) -> f64 {
        // Persons of the whole country, or of the list and those beside it.
        let all = match self {
            Self::JobCentres => 1_892_173.0,
            Self::ExpertGroup => 771_436.0,
            Self::Expectations => 3_504.0,
            Self::Effects => 14_450.0,
        };
        match size {
            Size::Scale(scale) => scale,
            Size::Persons(persons) => persons as f64 / all,
        }
    }
}

/// How a synthetic register was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Version of the program.
    pub version: String,
    /// What it is calibrated to.
    #[serde(default)]
    pub calibration: Calibration,
    /// Share of the published number of spells.
    pub scale: f64,
    /// Seed.
    pub seed: u64,
    /// Persons.
    pub persons: u64,
    /// Spells that start inside the data.
    pub spells: u64,
    /// Files.
    pub files: usize,
    /// Their size together.
    pub bytes: u64,
    /// Published benefit months beside those of the register.
    pub benefit_months: Vec<BenefitMonths>,
}

/// How synthetic accounts were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MadePanel {
    /// Version of the program.
    pub version: String,
    /// Seed.
    pub seed: u64,
}

/// A cell of the published table of benefit months, at the register's scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenefitMonths {
    /// Target group.
    pub target_group: String,
    /// Calendar year.
    pub year: i32,
    /// Published months times scale.
    pub published: f64,
    /// Months of the register, counted while it was written.
    pub register: u64,
}

/// Why there is no register.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// The folder holds something else.
    #[error("{} is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds a register that was made before.
    #[error("{} holds a synthetic register already", path.display())]
    Kept {
        /// The folder.
        path: PathBuf,
    },
    /// A scale or a number of files of a register that has one size.
    #[error(
        "the synthetic register `{name}` has one size, so `--scale`, `--persons` and `--files` do not go with it"
    )]
    OneSize {
        /// The register.
        name: &'static str,
    },
    /// A register that was not made by this program, or whose note on it is broken.
    #[error("{} is not a synthetic register: it has no readable {MANIFEST}", path.display())]
    NotSynthetic {
        /// The folder.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error(transparent)]
    File(#[from] FileError),
    /// The generator refuses.
    #[error("cannot make the synthetic register: {0}")]
    Generator(#[from] SynthError),
    /// The generator of accounts refuses.
    #[error("cannot make the synthetic accounts: {0}")]
    Accounts(#[from] PanelError),
    /// The folder holds accounts that were made before.
    #[error("{} holds synthetic accounts already", path.display())]
    KeptPanel {
        /// The folder.
        path: PathBuf,
    },
}

impl MakeError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::OneSize { .. } => "leave them out".to_owned(),
            Self::NotEmpty { .. } => "give a new or empty folder, or remove this one".to_owned(),
            Self::Kept { path } => format!(
                "use it with `reproduce --register {}`, or remove it, or give another `--out`; `reproduce \
                 --keep-register` replaces it",
                path.display()
            ),
            Self::KeptPanel { path } => format!(
                "use them with `reproduce --panel {}`, or remove them, or give another `--out`; `reproduce \
                 --keep-register` replaces them",
                path.display()
            ),
            Self::NotSynthetic { .. } => {
                "use `afgang run STUDY --register PATH` for other registers; make one of an older version anew"
                    .to_owned()
            }
            Self::File(error) => error.help(),
            Self::Generator(SynthError::Io { .. }) | Self::Accounts(PanelError::Io { .. }) => {
                "check the folder and the space on the disk".to_owned()
            }
            Self::Generator(SynthError::TooManyFiles { most, .. }) => {
                format!("ask for at most {most} files, or for a larger scale")
            }
            Self::Accounts(_) => "give accounts with `--panel`".to_owned(),
            Self::Generator(_) => "change the option and try again".to_owned(),
        }
    }
}

/// Makes a register in a folder that is new or empty, or holds an older synthetic register if `replace` is
/// set. The folder appears when it is whole.
///
/// # Errors
///
/// [`MakeError::NotEmpty`], and whatever the file system or the generator refuses.
pub fn make(
    calibration: Calibration,
    plan: &SynthPlan,
    folder: &Path,
    replace: bool,
    threads: Option<usize>,
    stages: &mut Stages,
) -> Result<Made, MakeError> {
    if calibration.has_one_size() && (plan.files.is_some() || plan.size != Size::Scale(1.0)) {
        return Err(MakeError::OneSize { name: calibration.name() });
    }
    let partial = begin(folder, replace, |path| MakeError::Kept { path })?;
    let stage = stages.start("synthetic_register", "Making the synthetic register");
    let advance = |done: u64, total: u64| stage.advance(done.min(total), total);
    let SynthPlan { size, seed, files } = *plan;
    let scale = calibration.scale(size);
    let mut made = Made {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        calibration,
        scale,
        seed,
        persons: 0,
        spells: 0,
        files: 0,
        bytes: 0,
        benefit_months: Vec::new(),
    };
    let options = Options { scale, seed, files, threads };
    match calibration {
        Calibration::JobCentres => {
            let summary = synth::write(partial.path(), &options, &advance)?;
            (made.persons, made.spells) = (summary.persons, summary.spells);
            (made.files, made.bytes) = (summary.files.len(), summary.bytes);
            let months = summary.deviations.iter().map(|cell| BenefitMonths {
                target_group: cell.target_group.to_owned(),
                year: cell.year,
                published: cell.published,
                register: cell.counted,
            });
            made.benefit_months = months.collect();
        }
        Calibration::ExpertGroup => {
            let summary = weekly::write(partial.path(), &options, &advance)?;
            made.persons = summary.persons;
            (made.files, made.bytes) = (summary.files.len(), summary.bytes);
        }
        Calibration::Expectations => {
            let summary = cohorts::expectations(partial.path(), seed)?;
            made.persons = summary.persons;
            (made.files, made.bytes) = (summary.files.len(), bytes_of(&summary.files)?);
            beside_lists(partial.path())?;
        }
        Calibration::Effects => {
            let folders = TRIALS.map(|name| partial.path().join(name));
            let trials =
                [cohorts::mentor_trial(&folders[0], seed)?, cohorts::bridging(&folders[1], seed)?];
            for (name, (folder, summary)) in TRIALS.iter().zip(folders.iter().zip(&trials)) {
                made.persons += summary.persons;
                made.files += summary.files.len();
                made.bytes += bytes_of(&summary.files)?;
                beside_trial(partial.path(), name, folder, &summary.list)?;
            }
        }
    }
    finish(partial, folder, &made)?;
    let (persons, megabytes) = (made.persons, made.bytes as f64 / 1e6);
    stages.end(&stage, &format!("{persons} persons, {megabytes:.0} MB"));
    Ok(made)
}

fn bytes_of(files: &[PathBuf]) -> Result<u64, FileError> {
    let bytes = |path: &PathBuf| Ok(fs::metadata(path).map_err(FileError::of("read", path))?.len());
    files.iter().map(bytes).sum()
}

/// The lists of two trials, and what their files begin with.
const TRIALS: [&str; 2] = ["mentor", "bridging"];

/// Moves the list of a trial and the files of its register out of the trial's folder, under names that begin with its own.
fn beside_trial(to: &Path, name: &str, folder: &Path, list: &Path) -> Result<(), FileError> {
    beside_lists(folder)?;
    let failed = || FileError::of("write", folder);
    fs::rename(list, to.join(format!("{name}.csv"))).map_err(failed())?;
    for entry in fs::read_dir(folder).map_err(failed())? {
        let file = entry.map_err(failed())?;
        let own = format!("{name}_{}", file.file_name().to_string_lossy());
        fs::rename(file.path(), to.join(own)).map_err(failed())?;
    }
    fs::remove_dir(folder).map_err(failed())
}

/// Moves the files of the register that lies in the folder `register` of another beside the lists there.
fn beside_lists(folder: &Path) -> Result<(), FileError> {
    let register = folder.join("register");
    let failed = || FileError::of("write", &register);
    for entry in fs::read_dir(&register).map_err(failed())? {
        let file = entry.map_err(failed())?;
        fs::rename(file.path(), folder.join(file.file_name())).map_err(failed())?;
    }
    fs::remove_dir(&register).map_err(failed())
}

/// The folder that will be the one asked for when it is whole, if that is new or empty, or holds what may be replaced.
fn begin(
    folder: &Path,
    replace: bool,
    kept: impl Fn(PathBuf) -> MakeError,
) -> Result<Partial, MakeError> {
    if occupied(folder)? {
        match (folder.join(MANIFEST).exists(), replace) {
            (true, true) => {}
            (true, false) => return Err(kept(folder.to_owned())),
            (false, _) => return Err(MakeError::NotEmpty { path: folder.to_owned() }),
        }
    }
    if let Some(parent) = folder.parent() {
        whole_file::make_folder(parent)?;
    }
    Ok(Partial::beside(folder))
}

/// Says in the folder how it was made, and puts it in its place.
fn finish(partial: Partial, folder: &Path, made: &impl Serialize) -> Result<(), MakeError> {
    whole_file::write(&partial.path().join(MANIFEST), |out| {
        serde_json::to_writer_pretty(&mut *out, made)?;
        out.write_all(b"\n")
    })?;
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(FileError::of("replace", folder))?;
    }
    partial.keep_as(folder)?;
    Ok(())
}

/// How the register in a folder was made.
///
/// # Errors
///
/// [`MakeError::NotSynthetic`] if the folder does not say so.
pub fn made(folder: &Path) -> Result<Made, MakeError> {
    let not_synthetic = || MakeError::NotSynthetic { path: folder.to_owned() };
    if !folder.exists() {
        let missing = std::io::ErrorKind::NotFound.into();
        return Err(FileError::of("read the register", folder)(missing).into());
    }
    let text = fs::read_to_string(folder.join(MANIFEST)).map_err(|_| not_synthetic())?;
    serde_json::from_str(&text).map_err(|_| not_synthetic())
}

/// Makes synthetic accounts in a folder that is new or empty, or holds older ones if `replace` is set. The folder appears
/// when it is whole.
///
/// # Errors
///
/// [`MakeError::NotEmpty`], [`MakeError::KeptPanel`], and whatever the file system refuses.
pub fn make_panel(
    folder: &Path,
    replace: bool,
    stages: &mut Stages,
) -> Result<MadePanel, MakeError> {
    let partial = begin(folder, replace, |path| MakeError::KeptPanel { path })?;
    let stage = stages.start("synthetic_accounts", "Making the synthetic accounts");
    let options = panel::Options::default();
    let seed = options.seed;
    panel::write(partial.path(), &options)?;
    let made = MadePanel { version: env!("CARGO_PKG_VERSION").to_owned(), seed };
    finish(partial, folder, &made)?;
    stages.end(&stage, "98 municipalities");
    Ok(made)
}

/// Whether a folder holds the synthetic accounts that this version would make.
pub fn kept_panel(folder: &Path) -> bool {
    let seed = panel::Options::default().seed;
    let own = MadePanel { version: env!("CARGO_PKG_VERSION").to_owned(), seed };
    made_panel(folder) == Some(own)
}

/// How the accounts in a folder were made, if it says that they are synthetic.
pub fn made_panel(folder: &Path) -> Option<MadePanel> {
    let text = fs::read_to_string(folder.join(MANIFEST)).ok()?;
    serde_json::from_str(&text).ok()
}

/// Whether there is something at a path other than an empty folder.
fn occupied(path: &Path) -> Result<bool, FileError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(FileError::of("use the folder", path)(error)),
    }
}
