//! What the record of a run says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use afgang_engine::{Register, ScanStats};
use rayon::prelude::*;

use super::Spelled;
use crate::cli::OutputPlan;
use crate::given::NotGiven;
use crate::progress::Stages;
use crate::run_record::{
    self, CodeBookFacts, Comparison, Input, ListRecord, Options, PanelRecord, Program, RunRecord,
    StudyFacts,
};
use crate::study::Study;
use crate::synthetic::Made;
use crate::whole_file::FileError;

/// A run as far as its record is concerned.
pub(super) struct Run<'r> {
    pub(super) study: &'r Study,
    pub(super) plan: &'r OutputPlan,
    pub(super) made: Option<Made>,
    pub(super) read: Option<&'r Spelled>,
    pub(super) panel: Option<PanelRecord>,
    pub(super) lists: Vec<ListRecord>,
    pub(super) not_given: Vec<NotGiven>,
    pub(super) comparison: Comparison,
    /// Files of the run.
    pub(super) outputs: Vec<PathBuf>,
}

/// The record of a run whose report and files are about to be written.
pub(super) fn record(run: Run<'_>) -> RunRecord {
    let Run { study, plan, made, read, panel, lists, not_given, comparison, outputs } = run;
    let book = study.weeks.as_ref().map(|rules| rules.book.version());
    let stats = read.map(|read| &read.scanned.stats);
    RunRecord {
        program: Program { name: "afgang", version: env!("CARGO_PKG_VERSION") },
        study: study_facts(study),
        code_book: CodeBookFacts {
            name: study.code_book_name.clone(),
            version: book.unwrap_or_else(|| study.code_book.version()),
        },
        options: Options {
            threads: read.map_or_else(rayon::current_num_threads, |read| read.threads),
            lang: plan.lang.tag(),
            trust_ids: plan.trust_ids,
            spells: plan.spells.as_ref().map(|path| path.display().to_string()),
            memory: plan.memory,
        },
        synthetic_register: made,
        read: stats.map(self::read).unwrap_or_default(),
        left_out: stats.map(|stats| left_out(stats, &lists)).unwrap_or_default(),
        unknown_codes: stats
            .iter()
            .flat_map(|stats| &stats.unknown_codes)
            .map(|(code, cells)| (code.to_string(), *cells))
            .collect(),
        inputs: read.map(|read| read.inputs.clone()).unwrap_or_default(),
        panel,
        lists,
        outputs_left_out: not_given.iter().flat_map(|of| of.outputs.clone()).collect(),
        not_given,
        comparison,
        seconds: serde_json::Map::new(),
        peak_memory_bytes: None,
        outputs: outputs.iter().map(|path| path.display().to_string()).collect(),
    }
}

pub(super) fn study_facts(study: &Study) -> StudyFacts {
    let (from, to) = study.period();
    StudyFacts {
        name: study.name.clone(),
        version: study.version.clone(),
        origin: study.origin.clone(),
        sha256: run_record::sha256_of_text(&study.text),
        changed: study.is_changed(),
        from,
        to,
        tables: study
            .tables
            .iter()
            .map(|(name, table)| (name.clone(), run_record::sha256_of_text(&table.text)))
            .chain(
                study
                    .accounts
                    .iter()
                    .flat_map(|rules| &rules.tables)
                    .map(|(_, name, text)| (name.clone(), run_record::sha256_of_text(text))),
            )
            .collect(),
    }
}

/// What was read, by kind.
fn read(stats: &ScanStats) -> BTreeMap<String, u64> {
    [
        ("files", stats.files),
        ("row_groups", stats.row_groups),
        ("persons", stats.persons),
        ("cells", stats.cells),
        ("spells", stats.spells),
    ]
    .map(|(name, count)| (name.to_owned(), count))
    .into()
}

/// What was left out of the tables, by reason.
fn left_out(stats: &ScanStats, lists: &[ListRecord]) -> BTreeMap<String, u64> {
    let mut reasons: BTreeMap<String, u64> =
        [("left_truncated_spells".to_owned(), stats.left_truncated)].into();
    for list in lists.iter().filter(|list| list.found < list.persons) {
        let reason = format!("persons_of_list_{}_not_in_register", list.name);
        reasons.insert(reason, list.persons - list.found);
    }
    for ((grouping, value), persons) in &stats.unmatched {
        // They are counted under the label that the study gives them.
        reasons.insert(format!("persons_without_{grouping}_{value}"), *persons);
    }
    if stats.too_short > 0 {
        reasons.insert("spells_below_min_duration".to_owned(), stats.too_short);
    }
    reasons
}

pub(super) fn seconds(stages: &Stages) -> serde_json::Map<String, serde_json::Value> {
    stages
        .seconds()
        .iter()
        .map(|(name, seconds)| (name.clone(), ((seconds * 1e3).round() / 1e3).into()))
        .collect()
}

pub(super) fn inputs(register: &Register) -> Result<Vec<Input>, FileError> {
    register
        .files()
        .par_iter()
        .map(|file| {
            Ok(Input {
                path: file.path().display().to_string(),
                bytes: file.bytes(),
                sha256: run_record::sha256_of_file(file.path())?,
                persons: file.persons(),
            })
        })
        .collect()
}
