//! Arguments that the commands on a file of spells share: the file and its columns.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Task, UsageError};
use crate::names::{Names, cut, one};
use crate::rows::register::PERSON;
use crate::rows::{Columns, EventCoding, WeightKind};
use crate::table::Format;

/// A file and which of its columns are what.
#[derive(Debug, Args)]
pub(super) struct DataArgs {
    /// A Parquet or CSV file, one row a spell.
    data: Option<PathBuf>,
    /// Column of the time of exit or censoring; `fit logit` has none.
    #[arg(long, value_name = "COL", value_parser = one)]
    pub(super) time: Option<String>,
    /// Column of the event: 0 censored; 1 an event, with several causes 1, 2, …; or words.
    #[arg(long, value_name = "COL", value_parser = one)]
    event: Option<String>,
    /// Values of the event column that mean censored; 0 if absent.
    #[arg(long, value_name = "VALUE,VALUE")]
    censored: Vec<Names>,
    /// Values that are the event, other causes being censored; for cif, gray and fits the causes, of which each has a curve,
    /// a test or a model.
    #[arg(long, value_name = "VALUE,VALUE")]
    cause: Vec<Names>,
    /// Column of the time of entry, for spells that come under observation late.
    #[arg(long, value_name = "COL", value_parser = one)]
    pub(super) entry: Option<String>,
    /// Column of weights.
    #[arg(long, value_name = "COL", value_parser = one)]
    weight: Option<String>,
    /// What weights mean; whole numbers are case weights unless said otherwise.
    #[arg(long, value_enum, value_name = "KIND", requires = "weight")]
    pub(super) weight_kind: Option<WeightArg>,
    /// Column of clusters, such as persons with several spells: variances count clusters. With --register: person.
    #[arg(long, value_name = "COL", value_parser = one)]
    pub(super) cluster: Option<String>,
    /// Count only rows with one of these values in a column; may be given several times.
    #[arg(long, value_name = "COL=VALUE,VALUE", value_parser = filter)]
    only: Vec<(String, Vec<String>)>,
    /// Leave out rows without a value in a column of groups, strata, clusters or covariates.
    #[arg(long)]
    drop_missing: bool,
    /// File to write: .parquet, .csv or .json. A table is printed if absent, but with --plot no whole curves.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A register instead of a file.
#[derive(Debug, Args)]
pub(super) struct RegisterArgs {
    /// Take the spells of a register instead of a file: columns are its own, groupings of the study, target_group,
    /// first_target_group, start and start_year, all as categories or whole numbers.
    #[arg(long, value_name = "PATH")]
    register: Option<PathBuf>,
    /// The study that says what a spell is; vive if absent.
    #[arg(long, value_name = "STUDY", requires = "register")]
    study: Option<String>,
    /// Column with years of birth; makes a column age_months, from January of that year to the first month of the spell.
    #[arg(long, value_name = "COL", value_parser = one, requires = "register")]
    birth_year: Option<String>,
    /// Do not look for persons who are there twice.
    #[arg(long, requires = "register")]
    trust_ids: bool,
}

impl RegisterArgs {
    /// The columns of the file or of the register's spells, the file to write, and the study.
    pub(super) fn columns(
        self,
        data: DataArgs,
        by: Vec<String>,
    ) -> Result<(Columns, Out, OfStudy), UsageError> {
        let Some(register) = self.register else {
            let (columns, out) = data.columns(by)?;
            return Ok((columns, out, None));
        };
        let persons = data.cluster.is_some();
        let (mut columns, out) = data.of_register(register, by)?;
        columns.birth_year = self.birth_year;
        let study = self.study.unwrap_or_else(|| "vive".to_owned());
        Ok((columns, out, Some(OfRegister { study, trust_ids: self.trust_ids, persons })))
    }

    /// Refuses clusters of a register other than persons, and these where a command cannot count them.
    pub(super) fn refuse_persons(&self, data: &DataArgs, can: bool) -> Result<(), UsageError> {
        let instead = match &data.cluster {
            Some(_) if !can => NO_PERSONS,
            Some(cluster) if cluster != PERSON => {
                "clusters of a register are persons: say `--cluster person`"
            }
            _ => return Ok(()),
        };
        if !self.is_given() {
            return Ok(());
        }
        let (flag, estimator) = ("--cluster", "--register");
        Err(UsageError::DoesNotFit { flag, estimator, instead })
    }

    /// Whether there is one.
    pub(super) const fn is_given(&self) -> bool {
        self.register.is_some()
    }
}

/// A register's spells; else those of a file are meant.
pub(super) type OfStudy = Option<OfRegister>;

/// What the spells of a register are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRegister {
    /// The study that says what a spell is.
    pub study: String,
    /// Whether its ids are unique.
    pub trust_ids: bool,
    /// Whether variances count persons.
    pub persons: bool,
}

/// What to do where persons of a register cannot be counted.
const NO_PERSONS: &str = "`--cluster person` is not of `curve na`, `curve fh` and `--band`; write the spells with `afgang run --spells` \
     and give that file and `--cluster pnr`";

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum WeightArg {
    /// Numbers of equal spells.
    Case,
    /// Inverse probabilities of being sampled.
    Sampling,
}

impl DataArgs {
    /// Whether variances have to look at rows.
    pub(super) fn robust(&self) -> bool {
        self.cluster.is_some() || matches!(self.weight_kind, Some(WeightArg::Sampling))
    }

    /// The same for the spells of a register, which have their own columns.
    fn of_register(
        mut self,
        register: PathBuf,
        by: Vec<String>,
    ) -> Result<(Columns, Out), UsageError> {
        for (given, flag) in [
            (self.data.is_some(), "<DATA>"),
            (self.time.is_some(), "--time"),
            (self.event.is_some(), "--event"),
            (self.entry.is_some(), "--entry"),
            (self.weight.is_some(), "--weight"),
            (!self.censored.is_empty(), "--censored"),
        ] {
            if given {
                return Err(UsageError::DoesNotFit {
                    flag,
                    estimator: "--register",
                    instead: "the spells are those of the study; write them with `afgang run --spells` and give that file",
                });
            }
        }
        // Its persons are counted in the scan, and are no column.
        self.cluster = None;
        self.data = Some(register);
        self.time = Some("months".to_owned());
        self.event = Some("exit".to_owned());
        self.columns(by)
    }

    pub(super) fn columns(self, by: Vec<String>) -> Result<(Columns, Out), UsageError> {
        if self.time.is_none() {
            return Err(UsageError::NoTime);
        }
        self.columns_without_time(by)
    }

    /// As [`columns`](Self::columns), for outcomes without a time.
    pub(super) fn columns_without_time(
        self,
        by: Vec<String>,
    ) -> Result<(Columns, Out), UsageError> {
        if by.iter().any(|name| name.trim().is_empty()) {
            return Err(UsageError::NoName);
        }
        if let Some(place) = (1..by.len()).find(|&place| by[..place].contains(&by[place])) {
            return Err(UsageError::Twice { column: by[place].clone() });
        }
        let missing = |what| UsageError::Missing { what };
        let out = output(self.out)?;
        let columns = Columns {
            data: self.data.ok_or(missing("<DATA>, a Parquet or CSV file"))?,
            time: self.time,
            event: self.event.ok_or(missing("--event <COL>"))?,
            coding: EventCoding {
                censored: Names::all(self.censored),
                causes: Names::all(self.cause),
            },
            entry: self.entry,
            weight: self.weight,
            weight_kind: self.weight_kind.map(|kind| match kind {
                WeightArg::Case => WeightKind::Case,
                WeightArg::Sampling => WeightKind::Sampling,
            }),
            cluster: self.cluster,
            by,
            drop_missing: self.drop_missing,
            only: self.only,
            merge_near_ties: false,
            birth_year: None,
        };
        Ok((columns, out))
    }
}

pub(super) type Out = Option<(PathBuf, Format)>;

/// The file of a table, with its format.
pub(super) fn output(path: Option<PathBuf>) -> Result<Out, UsageError> {
    let Some(path) = path else { return Ok(None) };
    match Format::of(&path) {
        Some(format) => Ok(Some((path, format))),
        None => Err(UsageError::Ending { path, endings: ".parquet, .csv or .json" }),
    }
}

/// The columns of a file of spells to look at.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Column of the time of exit or censoring, of a file of spells.
    #[arg(long, value_name = "COL", value_parser = one, requires = "event")]
    time: Option<String>,
    /// Column of the event: 0 censored, 1, 2, … causes.
    #[arg(long, value_name = "COL", value_parser = one, requires = "time")]
    event: Option<String>,
    /// Values of the event column that mean censored; 0 if absent.
    #[arg(long, value_name = "VALUE,VALUE", requires = "time")]
    censored: Vec<Names>,
    /// Column of the time of entry.
    #[arg(long, value_name = "COL", value_parser = one, requires = "time")]
    entry: Option<String>,
    /// Column of weights.
    #[arg(long, value_name = "COL", value_parser = one, requires = "time")]
    weight: Option<String>,
    /// Column of clusters, such as persons.
    #[arg(long, value_name = "COL", value_parser = one, requires = "time")]
    cluster: Option<String>,
    /// Columns whose combinations are groups.
    #[arg(long, value_name = "COL,COL", requires = "time")]
    by: Vec<Names>,
    /// File for the findings: .parquet, .csv or .json.
    #[arg(long, value_name = "FILE", requires = "time")]
    out: Option<PathBuf>,
}

impl DoctorArgs {
    /// `None` for a register.
    pub(super) fn plan(self, data: &Path) -> Result<Option<Task>, UsageError> {
        let (Some(time), Some(event)) = (self.time, self.event) else { return Ok(None) };
        let columns = Columns {
            data: data.to_owned(),
            time: Some(time),
            event,
            coding: EventCoding { censored: Names::all(self.censored), causes: Vec::new() },
            entry: self.entry,
            weight: self.weight,
            weight_kind: None,
            cluster: self.cluster,
            by: Names::all(self.by),
            drop_missing: false,
            only: Vec::new(),
            merge_near_ties: false,
            birth_year: None,
        };
        Ok(Some(Task::Doctor { columns, out: output(self.out)? }))
    }
}

pub(super) fn filter(text: &str) -> Result<(String, Vec<String>), String> {
    match cut(text, '=') {
        Some((column, values)) if !column.trim().is_empty() => {
            Ok((one(column)?, values.parse::<Names>()?.0))
        }
        _ => Err("write a column, = and values, for example sex=k".to_owned()),
    }
}

pub(super) fn level(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(level) if level > 0.0 && level < 1.0 => Ok(level),
        _ => Err("it lies between 0 and 1, for example 0.5; decimals have a point".to_owned()),
    }
}

pub(super) fn time(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(time) if time.is_finite() && time >= 0.0 => Ok(time),
        _ => Err("times are numbers of at least 0, for example 12,24,36; decimals have a point"
            .to_owned()),
    }
}

pub(super) fn range(text: &str) -> Result<(f64, f64), String> {
    let wrong = || "a range is two times, for example 3,36".to_owned();
    let (from, to) = text.split_once(',').ok_or_else(wrong)?;
    match (time(from), time(to)) {
        (Ok(from), Ok(to)) if from < to => Ok((from, to)),
        _ => Err(wrong()),
    }
}

pub(super) fn power(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(power) if power.is_finite() && power >= 0.0 => Ok(power),
        _ => Err("a power is a number of at least 0, for example 1".to_owned()),
    }
}

/// A file for a figure, whose ending says what it is.
pub(super) fn picture(file: PathBuf) -> Result<PathBuf, UsageError> {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("svg" | "png" | "pdf") => Ok(file),
        _ => Err(UsageError::Ending { path: file, endings: ".svg, .png or .pdf" }),
    }
}
