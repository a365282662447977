//! What the program is asked to do, in types.

use std::path::PathBuf;

use super::after_args::AfterFiles;
use super::data_args::OfRegister;
use super::panel_args::PanelFiles;
use super::table_args::TablePlan;
use crate::curve;
use crate::given::Needs;
use crate::group_test;
use crate::labels::Lang;
use crate::multi_state;
use crate::panel;
use crate::regression::{self, TermError};
use crate::regression_table::TableFormat;
use crate::rows::Columns;
use crate::table::Format;

/// Arguments that are well formed but cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// Two flags that ask for different tables.
    #[error("`{one}` and `{two}` ask for different tables")]
    Both {
        /// The one flag as written.
        one: &'static str,
        /// The other.
        two: &'static str,
    },
    /// An estimate without the column of times.
    #[error("`--time <COL>` is missing")]
    NoTime,
    /// A test without the columns that make its groups.
    #[error("a test needs groups to compare")]
    NoGroups,
    /// A test that needs times.
    #[error("`test at` needs times")]
    NoTimes,
    /// A name that programs give to different tests.
    #[error(
        "`wilcoxon` is Gehan's test in SAS and Stata, and that of the G-rho family with rho = 1 in R"
    )]
    WhichWilcoxon,
    /// A test that needs a horizon.
    #[error("`test rmst` needs a horizon")]
    NoHorizon,
    /// Scores of groups that cannot be read.
    #[error("`--scores {given}` {problem}")]
    Scores {
        /// As written.
        given: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A flag that does not fit the estimator.
    #[error("`{flag}` does not go with `{estimator}`")]
    DoesNotFit {
        /// The flag as written.
        flag: &'static str,
        /// The estimator as written.
        estimator: &'static str,
        /// What fits.
        instead: &'static str,
    },
    /// A time asked for before the one that all are still in at.
    #[error("`--at {at}` lies before `--given {given}`")]
    BeforeGiven {
        /// The time asked for.
        at: f64,
        /// The time from which on the curves are.
        given: f64,
    },
    /// Covariates that cannot be read.
    #[error(transparent)]
    Terms(TermError),
    /// A file whose ending says nothing about its format.
    #[error("the ending of `{}` names no format", path.display())]
    Ending {
        /// The file as written.
        path: PathBuf,
        /// The endings that do.
        endings: &'static str,
    },
    /// A list of columns with an empty name in it.
    #[error("a name is empty in --by or another list of columns")]
    NoName,
    /// A file to be written that is one of those to be read.
    #[error("`{flag} {}` would overwrite {}, which is read", output.display(), input.display())]
    OverInput {
        /// The flag as written.
        flag: &'static str,
        /// What it names.
        output: PathBuf,
        /// What is read.
        input: PathBuf,
    },
    /// A file to be written into a folder whose files are read.
    #[error("`{flag} {}` would write into {}, which is read", output.display(), input.display())]
    IntoInput {
        /// The flag as written.
        flag: &'static str,
        /// What it names.
        output: PathBuf,
        /// What is read.
        input: PathBuf,
    },
    /// A file that would be written twice.
    #[error("`{one}` and `{other}` would both write {}", path.display())]
    OneFile {
        /// The one flag as written.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Less memory than the program needs.
    #[error("`--memory {}` is too little to {what}", megabytes(*asked))]
    Memory {
        /// Bytes allowed.
        asked: u64,
        /// The fewest bytes that work.
        least: u64,
        /// What they are needed for.
        what: &'static str,
    },
    /// A file that is no register by its ending.
    #[error("`{}` is no register: a register is Parquet, a file or a folder of them", path.display())]
    NotARegister {
        /// The file as written.
        path: PathBuf,
    },
    /// A study of which nothing can be made.
    #[error("every output of the study is made of {}", match needs {
        Needs::Accounts => "accounts, which are not given".to_owned(),
        Needs::Register => "spells, and no register is given".to_owned(),
        Needs::List(name) => format!("the list `{name}`, which is not given"),
    })]
    NothingToRun {
        /// What the first of its outputs needs.
        needs: Needs,
    },
    /// A list that the study does not name.
    #[error("`--list {name}={}`: the study has no list `{name}`", path.display())]
    NoSuchList {
        /// The name as given.
        name: String,
        /// The file as given.
        path: PathBuf,
        /// Names of the study's lists.
        lists: Vec<String>,
    },
    /// A list that is given twice.
    #[error("`--list {name}=…` is there twice")]
    ListTwice {
        /// The name.
        name: String,
    },
    /// Something that the command cannot do without.
    #[error("`{what}` is missing")]
    Missing {
        /// The argument as it is written.
        what: &'static str,
    },
    /// A column that is named twice.
    #[error("the column `{column}` is named twice")]
    Twice {
        /// The column.
        column: String,
    },
}

impl UsageError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::DoesNotFit { instead, .. } => (*instead).to_owned(),
            Self::Both { .. } => {
                "give one of them, and run the command again for the other".to_owned()
            }
            Self::BeforeGiven { .. } => {
                "everybody is in until then; ask for later times".to_owned()
            }
            Self::NoTime => "name the column of the time of exit or censoring".to_owned(),
            Self::Missing { .. } => "`--help` shows all arguments".to_owned(),
            Self::NoGroups => "name the columns: `--group COL`".to_owned(),
            Self::NoTimes => "add `--times T,T`, times that all groups are followed to".to_owned(),
            Self::WhichWilcoxon => {
                "say `--weights gehan` or `--rho 1`, or name the program with `--convention`".to_owned()
            }
            Self::Scores { .. } => {
                "write every group once with a number, `--scores low=0,mid=1,high=3`, or the groups in their order, `--scores low,mid,high`".to_owned()
            }
            Self::NoHorizon => "add `--tau T`, a time that all groups are followed to".to_owned(),
            Self::Ending { endings, .. } => format!("let it end in {endings}"),
            Self::Terms(_) => {
                "write columns, C(col), log(col), poly(col, 2), bs(col, 4), ns(col, 4), a:b or a*b between commas".to_owned()
            }
            Self::NoName => "take out the comma too many".to_owned(),
            Self::OverInput { flag, .. } => {
                format!("give `{flag}` another name: inputs are never replaced")
            }
            Self::IntoInput { flag, input, .. } => {
                format!("give `{flag}` a place outside {}", input.display())
            }
            Self::OneFile { other, .. } => format!("give `{other}` another name"),
            Self::Memory { least, .. } => format!("give at least {}", megabytes(*least)),
            Self::NotARegister { .. } => {
                "for a file of spells, `afgang check`, `curve` and `test` take \
                 `--time COL --event COL`; write a register as Parquet"
                    .to_owned()
            }
            Self::NothingToRun { needs: Needs::Accounts } => "give them with `--panel DIR`".to_owned(),
            Self::NothingToRun { needs: Needs::Register } => {
                "give one with `--register PATH`".to_owned()
            }
            Self::NothingToRun { needs } => format!("give it with `{}`", needs.flag()),
            Self::NoSuchList { lists, .. } if lists.is_empty() => {
                "write [list.NAME] into the study, or leave `--list` out".to_owned()
            }
            Self::NoSuchList { lists, .. } => format!("its lists: {}", lists.join(", ")),
            Self::ListTwice { .. } => "give one file for each list".to_owned(),
            Self::Twice { .. } => "name it once".to_owned(),
        }
    }
}

/// A size as it is given on the command line, rounded up.
fn megabytes(bytes: u64) -> String {
    format!("{}M", bytes.div_ceil(1 << 20))
}

/// Where a run writes and how.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputPlan {
    /// Folder of the outputs.
    pub out: PathBuf,
    /// Parquet file of spells.
    pub spells: Option<PathBuf>,
    /// Language of figures and report.
    pub lang: Lang,
    /// Whether to trust that ids are unique.
    pub trust_ids: bool,
    /// Most memory to use, in bytes.
    pub memory: Option<u64>,
}

/// The size of a synthetic register.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// Share of the published counts; 1 is the whole country.
    Scale(f64),
    /// About this many persons.
    Persons(u64),
}

/// The synthetic register to make.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthPlan {
    /// Its size.
    pub size: Size,
    /// Seed.
    pub seed: u64,
    /// Number of files.
    pub files: Option<usize>,
}

/// Where `reproduce` gets its register from.
#[derive(Debug, Clone, PartialEq)]
pub enum RegisterPlan {
    /// It is made, and kept or not.
    Make {
        /// The register to make.
        synth: SynthPlan,
        /// Whether it stays when the run is over.
        keep: bool,
    },
    /// It was made before.
    Use(PathBuf),
}

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Task {
    /// Make a register, run a study.
    Reproduce {
        /// Name or file of the study.
        study: String,
        /// The register.
        register: RegisterPlan,
        /// The folder of accounts, if it was made before.
        panel: Option<PathBuf>,
        /// The outputs.
        outputs: OutputPlan,
    },
    /// Make a register.
    Synth {
        /// Name or file of the study that the register is for.
        study: String,
        /// The folder.
        out: PathBuf,
        /// The register.
        synth: SynthPlan,
    },
    /// Check a register.
    Check {
        /// The register.
        register: PathBuf,
        /// Name or file of the study.
        study: String,
        /// Whether to trust that ids are unique.
        trust_ids: bool,
        /// Lists of persons by name.
        lists: Vec<(String, PathBuf)>,
    },
    /// Run a study on a register.
    Run {
        /// Name or file of the study.
        study: String,
        /// The register; there is at least one of the two.
        register: Option<PathBuf>,
        /// The folder of accounts.
        panel: Option<PathBuf>,
        /// Lists of persons by name.
        lists: Vec<(String, PathBuf)>,
        /// The outputs.
        outputs: OutputPlan,
    },
    /// Estimate curves.
    Curve {
        /// What to estimate.
        request: curve::Request,
        /// The file to write, with its format.
        out: Option<(PathBuf, Format)>,
        /// The study whose spells of a register are meant, and whether its ids are unique; else a file of spells is.
        study: Option<OfRegister>,
    },
    /// Look at a file of spells.
    Doctor {
        /// The columns.
        columns: Columns,
        /// File for the findings, with its format.
        out: Option<(PathBuf, Format)>,
    },
    /// Test groups.
    Test {
        /// What to test.
        request: group_test::Request,
        /// File to write, with its format; printed if absent.
        out: Option<(PathBuf, Format)>,
        /// The study whose spells of a register are meant, and whether its ids are unique; else a file of spells is.
        study: Option<OfRegister>,
    },
    /// Fit a regression.
    Fit {
        /// What to fit.
        request: regression::Request,
        /// File to write, with its format; printed if absent.
        out: Option<(PathBuf, Format)>,
        /// Further files.
        after: AfterFiles,
        /// The study whose spells of a register are fitted, and whether its ids are unique; else a file of spells is.
        study: Option<OfRegister>,
    },
    /// Estimate states and transitions.
    MultiState {
        /// What to estimate.
        request: multi_state::Request,
        /// File to write, with its format; printed if absent.
        out: Option<(PathBuf, Format)>,
    },
    /// Fit panel regressions.
    Panel {
        /// What to fit.
        request: panel::Request,
        /// Files to write; what has none is printed.
        files: PanelFiles,
    },
    /// Put fits side by side.
    Table {
        /// The fits and how they are shown.
        table: TablePlan,
        /// File to write, with its format; printed if absent.
        out: Option<(PathBuf, TableFormat)>,
    },
    /// Show or write a built-in study.
    Study {
        /// Its name.
        name: String,
        /// The folder to write to.
        out: Option<PathBuf>,
    },
}

/// A task with what holds for all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The task.
    pub task: Task,
    /// Whether to show no progress.
    pub quiet: bool,
    /// Number of threads; all processors if absent.
    pub threads: Option<usize>,
}
