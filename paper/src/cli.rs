//! The command line: what people may write, and the typed request it stands for.
//!
//! [`Arguments`] is the text as given. [`Arguments::plan`] checks what the parser cannot and gives a
//! [`Plan`]; nothing has been read or written by then.

mod after_args;
mod curve_args;
mod data_args;
mod fit_args;
mod fit_command;
mod multi_state_args;
mod panel_args;
mod panel_values;
mod paths;
mod plan;
mod style_args;
mod table_args;
mod test_args;

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use after_args::AfterFiles;
pub use data_args::OfRegister;
pub use panel_args::PanelFiles;
pub(crate) use paths::{PANEL, REGISTER};
pub use plan::{OutputPlan, Plan, RegisterPlan, Size, SynthPlan, Task, UsageError};
pub use table_args::TablePlan;

use self::curve_args::CurveArgs;
use self::data_args::DoctorArgs;
use self::fit_command::FitCommand;
use self::table_args::TableArgs;
use self::test_args::TestArgs;
use crate::labels::Lang;
use crate::table::Format;

/// How people leave benefits: how often, how fast, to what.
#[derive(Debug, Parser)]
#[command(name = "afgang", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 2 wrong usage, 3 bad input, 4 numerical failure, 130 interrupted.\n\
                        Start with `afgang reproduce`: it needs no data."
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Show no progress.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Number of threads; all processors if absent. Results do not depend on it.
    #[arg(long, value_name = "N", global = true, value_parser = at_least_one)]
    threads: Option<usize>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(threads) if threads > 0 => Ok(threads),
        _ => Err("it is a whole number of at least 1".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a synthetic register, run a study on it, and write tables, figures and report.html.
    Reproduce(ReproduceArgs),
    /// Write a synthetic register in DREAM's layout, calibrated to published margins.
    Synth(SynthArgs),
    /// Check a register against a study and say what would be left out and why; or look at any file of spells.
    Check(CheckArgs),
    /// Run a study on a register.
    Run(RunArgs),
    /// Estimate curves from a Parquet or CSV file, one row a spell.
    Curve(CurveArgs),
    /// Test whether groups of spells are alike, from a Parquet or CSV file.
    Test(TestArgs),
    /// Fit a regression to any file of spells, a multi-state model to any file of histories, or a panel regression.
    Fit(FitCommand),
    /// Put fits side by side as papers print them: coefficients with stars, standard errors in parentheses below.
    Table(TableArgs),
    /// Show a study that is built into the program, or write it out to change it.
    Study(StudyArgs),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "fields are named as their flags")]
struct Scale {
    /// Size of the register: 1, the default, is the whole country with 1.9 million persons and 4.7 million
    /// spells (500 MB).
    #[arg(long, value_name = "S", value_parser = scale)]
    scale: Option<f64>,
    /// Seed of the register. Same seed, same bytes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Number of files of the register; chosen by its size if absent.
    #[arg(long, value_name = "K")]
    files: Option<std::num::NonZeroUsize>,
}

#[derive(Debug, Args)]
struct Outputs {
    /// Folder for tables, figures, report.html and run.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also write every spell to this Parquet file.
    #[arg(long, value_name = "FILE")]
    spells: Option<PathBuf>,
    /// Language of figures and report.
    #[arg(long, value_name = "LANG", value_enum, default_value = "da")]
    lang: LangArg,
    /// Do not look for persons that occur twice; saves 8 bytes a person.
    #[arg(long)]
    trust_ids: bool,
    /// Most memory to use, for example 800M or 2G; fewer threads are used if need be, and too little is refused.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory: Option<u64>,
}

#[derive(Debug, Args)]
struct ReproduceArgs {
    /// A study: a built-in name or a .toml file; `all` reproduces every built-in one.
    #[arg(default_value = "vive")]
    study: String,
    #[command(flatten)]
    scale: Scale,
    #[command(flatten)]
    outputs: Outputs,
    /// Use this synthetic register (with its lists of persons) instead of making one.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["scale", "files", "keep_register"])]
    register: Option<PathBuf>,
    /// Use these accounts instead of making synthetic ones.
    #[arg(long, value_name = "DIR")]
    panel: Option<PathBuf>,
    /// Keep the register and the accounts that are made, in the folders `register` and `panel` of the output.
    #[arg(long)]
    keep_register: bool,
}

#[derive(Debug, Args)]
struct SynthArgs {
    /// Folder to write to; must be new or empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The study that the register is for: the register is calibrated to its report.
    #[arg(long, value_name = "STUDY", default_value = "vive")]
    study: String,
    #[command(flatten)]
    scale: Scale,
    /// About this many persons, instead of a scale.
    #[arg(long, value_name = "N", conflicts_with = "scale")]
    persons: Option<std::num::NonZeroU64>,
    /// Layout of the files.
    #[arg(long, value_enum, default_value = "wide")]
    layout: Layout,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// A register (a Parquet file or a folder of them), or with --time and --event any file of spells.
    register: PathBuf,
    /// The study to check a register against: a built-in name or a .toml file.
    #[arg(long, value_name = "STUDY", default_value = "vive")]
    study: String,
    /// Do not look for persons that occur twice; saves 8 bytes a person.
    #[arg(long)]
    trust_ids: bool,
    /// A list of persons that the study follows: its name in the study and its file. Once for each list.
    #[arg(long = "list", value_name = "NAME=FILE", value_parser = named_file)]
    lists: Vec<(String, PathBuf)>,
    #[command(flatten)]
    doctor: DoctorArgs,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// A study: a built-in name or a .toml file.
    study: String,
    /// The register: a Parquet file or a folder of them. Without it, outputs made of spells are left out.
    #[arg(long, value_name = "PATH", required_unless_present = "panel")]
    register: Option<PathBuf>,
    /// Accounts of the municipalities: a folder with accounts.csv, survey_corrections.csv, full_time_unemployed.csv,
    /// background.csv and prices.csv. Without it, outputs made of accounts are left out.
    #[arg(long, value_name = "DIR")]
    panel: Option<PathBuf>,
    /// A list of persons that the study follows: its name in the study and a CSV or Parquet file, one row a person. Once
    /// for each list. Without it, outputs that follow the list are left out.
    #[arg(long = "list", value_name = "NAME=FILE", value_parser = named_file)]
    lists: Vec<(String, PathBuf)>,
    #[command(flatten)]
    outputs: Outputs,
}

#[derive(Debug, Args)]
struct StudyArgs {
    /// The study's name.
    #[arg(default_value = "vive")]
    name: String,
    /// Write the study and its data tables to this folder instead of showing it.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangArg {
    /// Danish.
    Da,
    /// English.
    En,
}

impl From<LangArg> for Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::Da => Self::Da,
            LangArg::En => Self::En,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Layout {
    /// One row a person, one column a week.
    Wide,
}

/// The word for all built-in studies.
pub(crate) const ALL: &str = "all";

/// Scale of `reproduce` and `synth` unless given: the whole country, less than a minute on two processors.
const DEFAULT_SCALE: f64 = 1.0;

impl Arguments {
    /// Turns the arguments into a plan.
    ///
    /// # Errors
    ///
    /// [`UsageError`] for what the parser lets through but no command can use, and for outputs that would
    /// take the place of inputs.
    pub fn plan(self) -> Result<Plan, UsageError> {
        let task = match self.command {
            Command::Reproduce(args) => {
                if args.study == ALL {
                    let flags = [
                        ("--register", args.register.is_some()),
                        ("--panel", args.panel.is_some()),
                        ("--spells", args.outputs.spells.is_some()),
                    ];
                    if let Some((flag, _)) = flags.into_iter().find(|(_, given)| *given) {
                        let instead = "give it with one study; `all` makes a register for each";
                        let estimator = "reproduce all";
                        return Err(UsageError::DoesNotFit { flag, estimator, instead });
                    }
                }
                let register = match args.register {
                    Some(folder) => RegisterPlan::Use(folder),
                    None => RegisterPlan::Make {
                        synth: args.scale.plan(Size::Scale(DEFAULT_SCALE)),
                        keep: args.keep_register,
                    },
                };
                let outputs = args.outputs.plan(&args.study)?;
                Task::Reproduce { study: args.study, register, panel: args.panel, outputs }
            }
            Command::Synth(args) => {
                let Layout::Wide = args.layout;
                let size =
                    args.persons.map_or(Size::Scale(DEFAULT_SCALE), |n| Size::Persons(n.get()));
                Task::Synth { study: args.study, out: args.out, synth: args.scale.plan(size) }
            }
            Command::Check(args) => match args.doctor.plan(&args.register)? {
                Some(task) => task,
                None => Task::Check {
                    register: register(args.register)?,
                    study: args.study,
                    trust_ids: args.trust_ids,
                    lists: once(args.lists)?,
                },
            },
            Command::Run(args) => {
                let register = args.register.map(register).transpose()?;
                let outputs = args.outputs.plan(&args.study)?;
                if register.is_none() && outputs.spells.is_some() {
                    let (flag, estimator) = ("--spells", "a run without --register");
                    let instead = "spells are those of a register";
                    return Err(UsageError::DoesNotFit { flag, estimator, instead });
                }
                let lists = once(args.lists)?;
                Task::Run { study: args.study, register, panel: args.panel, lists, outputs }
            }
            Command::Curve(args) => args.plan()?,
            Command::Test(args) => args.plan()?,
            Command::Fit(args) => args.plan()?,
            Command::Table(args) => args.plan()?,
            Command::Study(args) => Task::Study { name: args.name, out: args.out },
        };
        paths::keep_apart(&task)?;
        Ok(Plan { task, quiet: self.quiet, threads: self.threads })
    }
}

impl Scale {
    fn plan(self, default: Size) -> SynthPlan {
        SynthPlan {
            size: self.scale.map_or(default, Size::Scale),
            seed: self.seed,
            files: self.files.map(std::num::NonZeroUsize::get),
        }
    }
}

impl Outputs {
    fn plan(self, study: &str) -> Result<OutputPlan, UsageError> {
        let name = std::path::Path::new(study).file_stem().unwrap_or_default();
        if let Some(path) = &self.spells
            && Format::of(path) != Some(Format::Parquet)
        {
            return Err(UsageError::Ending { path: path.clone(), endings: ".parquet" });
        }
        Ok(OutputPlan {
            out: self.out.unwrap_or_else(|| std::path::Path::new("out").join(name)),
            spells: self.spells,
            lang: self.lang.into(),
            trust_ids: self.trust_ids,
            memory: self.memory,
        })
    }
}

/// Lists of which each is given once.
fn once(lists: Vec<(String, PathBuf)>) -> Result<Vec<(String, PathBuf)>, UsageError> {
    let given = |place: &usize| lists[..*place].iter().any(|(n, _)| *n == lists[*place].0);
    match (0..lists.len()).find(given) {
        Some(place) => Err(UsageError::ListTwice { name: lists[place].0.clone() }),
        None => Ok(lists),
    }
}

/// A register is Parquet; a text file is most likely a file of spells.
fn register(path: PathBuf) -> Result<PathBuf, UsageError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("csv" | "tsv" | "txt" | "json" | "xlsx" | "sas7bdat" | "dta") => {
            Err(UsageError::NotARegister { path })
        }
        _ => Ok(path),
    }
}

/// Adds to the parser's message what `check` takes for which kind of file, and how covariates are written.
#[must_use]
pub fn explained(mut error: clap::Error) -> clap::Error {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let of_check = context(ContextKind::Usage).contains("afgang check");
    let missing = context(ContextKind::InvalidArg);
    if error.kind() == ErrorKind::MissingRequiredArgument
        && of_check
        && (missing.contains("--time") || missing.contains("--event"))
    {
        let tip = "--by, --entry, --weight, --cluster, --censored and --out belong to files of spells, which need \
                   --time and --event; a register takes --study and --trust-ids";
        let tip = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tip);
    }
    if error.to_string().contains("'+'") {
        let tip =
            "terms of --x are separated by commas without spaces (--x age,sex), or stand in quotes";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale > 0.0 && scale <= 10.0 => Ok(scale),
        _ => Err("a scale is a number above 0 and at most 10, for example 0.05".to_owned()),
    }
}

fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => {
            Ok((name.trim().to_owned(), PathBuf::from(file)))
        }
        _ => Err("write the list's name in the study and its file, for example cohort=cohort.csv"
            .to_owned()),
    }
}

fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "a size is a number with K, M or G, for example 800M".to_owned();
    let text = text.trim().trim_end_matches(['B', 'b', 'i']);
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let unit: u64 = match &text[split..] {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return Err(wrong()),
    };
    let number: f64 = text[..split].parse().map_err(|_| wrong())?;
    let bytes = number * unit as f64;
    if (1.0..1e18).contains(&bytes) { Ok(bytes as u64) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn plan(line: &str) -> Result<Plan, UsageError> {
        Arguments::try_parse_from(line.split(' ')).unwrap().plan()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn reproduce_needs_nothing() {
        let plan = plan("afgang reproduce").unwrap();
        let Task::Reproduce { study, register, outputs, .. } = plan.task else { panic!() };
        assert_eq!(study, "vive");
        assert_eq!(outputs.out, PathBuf::from("out/vive"));
        // A built-in study is no file that a folder of its name would overwrite.
        assert!(self::plan("afgang reproduce vive --out vive").is_ok());
        assert!(self::plan("afgang reproduce vive.toml --out vive.toml").is_err());
        assert!(matches!(register, RegisterPlan::Make { keep: false, .. }));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes("800M"), Ok(800 << 20));
        assert_eq!(bytes("1.5G"), Ok(3 << 29));
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        assert!(bytes("lots").is_err());
        assert!(bytes("-1G").is_err());
    }

    #[test]
    fn flags_that_do_not_go_together_are_refused() {
        let error = plan("afgang curve na x.csv --time t --event e --rmst 12").unwrap_err();
        assert_eq!(error.to_string(), "`--rmst` does not go with `curve na`");
        let error = plan("afgang curve km x.csv --time t --event e --rmst 12 --at 3").unwrap_err();
        assert_eq!(error.to_string(), "`--at` and `--rmst` ask for different tables");
        let error = plan("afgang curve km x.csv --time t --event e --out x.txt").unwrap_err();
        assert_eq!(error.to_string(), "the ending of `x.txt` names no format");
        let error = plan("afgang curve km x.csv --time t --event e --by a --strata a").unwrap_err();
        assert_eq!(error.help(), "name it once");
    }
}
