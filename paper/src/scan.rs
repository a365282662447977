//! From a study and a register to counts: the only place that plans a scan of the engine.

use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use afgang_engine::week::{Followed, WeekPlan, WeekScan, Weeks};
use afgang_engine::{
    CellTable, CountTable, Dim, Examination, Grouping, PairTable, PersonTable, Plan, Progress,
    Register, Scan, ScanStats, SpellOutput, SpellRule, TableSpec, Timeline,
};

use crate::interrupt;
use crate::output::{self, Counts};
use crate::progress::Stage;
use crate::study::{self, Kind, Output, Study};
use crate::weeks::list::Listed;
use crate::weeks::{Asked as WeekAsked, WeekRules};

/// Choices of a scan that change no result.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choices<'p> {
    /// A Parquet file for the spells.
    pub spells: Option<&'p Path>,
    /// Whether to trust that ids are unique.
    pub trust_ids: bool,
    /// Number of threads; all processors if absent.
    pub threads: Option<usize>,
}

/// What a scan gives.
#[derive(Debug, Clone)]
pub struct Scanned {
    /// The counts of each output of the study, in order.
    pub counts: Vec<Counts>,
    /// Pairs of spells of one person, for each output whose variances count persons.
    pub pairs: Vec<Option<Rc<PairTable>>>,
    /// Transitions within spells, for each output that needs them.
    pub transitions: Vec<Option<Rc<Counts>>>,
    /// Benefit months, for each output that needs them.
    pub months: Vec<Option<Counts>>,
    /// The tables of each output at week resolution, in the order in which it asks for them.
    pub weeks: Vec<Vec<CountTable>>,
    /// The persons of each list, in order.
    pub followed: Vec<Followed>,
    /// What was read and left out.
    pub stats: ScanStats,
}

/// Reads a register, counts what the outputs of a study need, and follows the persons of lists.
///
/// # Errors
///
/// Whatever is wrong with the register, with file, column and row.
pub fn scan(
    study: &Study,
    register: &Register,
    lists: &[Listed],
    choices: Choices<'_>,
    stage: &Stage,
) -> Result<Scanned, afgang_engine::Error> {
    if let Some(rules) = &study.weeks {
        return scan_weeks((study, rules), register, lists, choices, stage);
    }
    let plan = plan(study, choices)?;
    let scan = Scan::new(register, &plan)?;
    let listener = Listener::new(stage, register.persons());
    let result = interrupt::listening(|| scan.run(&listener))?;
    let tables: Vec<Rc<PairTable>> = result.pairs.into_iter().map(Rc::new).collect();
    let pairs = study.outputs.iter().map(|output| {
        let spec = output::needs_pairs(&output.kind)?;
        let place = plan.pairs.iter().position(|planned| *planned == spec)?;
        tables.get(place).cloned()
    });
    let tables: Vec<Rc<Counts>> =
        result.transitions.iter().map(|table| Rc::new(Counts::from(table))).collect();
    let transitions = study.outputs.iter().map(|output| {
        let spec = output::needs_transitions(&output.kind)?;
        let place = plan.transitions.iter().position(|planned| *planned == spec)?;
        tables.get(place).cloned()
    });
    let months = study.outputs.iter().map(|output| {
        let spec = output::needs_months(&output.kind)?;
        let place = plan.months.iter().position(|planned| *planned == spec)?;
        result.months.get(place).map(Counts::from)
    });
    Ok(Scanned {
        months: months.collect(),
        transitions: transitions.collect(),
        counts: result.tables.iter().map(Counts::from).collect(),
        pairs: pairs.collect(),
        weeks: vec![Vec::new(); study.outputs.len()],
        followed: Vec::new(),
        stats: result.stats,
    })
}

/// What the engine is to count for the outputs of a study at week resolution.
///
/// # Errors
///
/// If the weeks of the study are impossible.
pub fn week_plan(
    study: &Study,
    rules: &WeekRules,
    choices: Choices<'_>,
) -> Result<WeekPlan, afgang_engine::Error> {
    let weeks = Weeks::new(rules.first, rules.last, study.calendar)?;
    let mut plan = WeekPlan::new(rules.book.clone(), weeks);
    plan.employment_from = rules.employment_from;
    plan.trust_ids = choices.trust_ids;
    plan.threads = choices.threads;
    let asked = || study.outputs.iter().filter_map(|output| output.kind.weeks());
    // A grouping that nothing uses must not refuse a register.
    let used = |name: &str| asked().any(|asked| asked.groupings().contains(&name));
    let groupings = study.groupings.iter().filter(|grouping| used(&grouping.name));
    plan.groupings = groupings.map(grouping_of).collect();
    plan.tables = asked().flat_map(WeekAsked::tables).collect();
    Ok(plan)
}

fn scan_weeks(
    (study, rules): (&Study, &WeekRules),
    register: &Register,
    lists: &[Listed],
    choices: Choices<'_>,
    stage: &Stage,
) -> Result<Scanned, afgang_engine::Error> {
    let mut plan = week_plan(study, rules, choices)?;
    plan.lists = lists.iter().map(Listed::person_list).collect();
    let scan = WeekScan::new(register, &plan)?;
    let listener = Listener::new(stage, register.persons());
    let result = interrupt::listening(|| scan.run(&listener))?;
    let mut tables = result.tables.into_iter();
    let weeks: Vec<Vec<CountTable>> = study
        .outputs
        .iter()
        .map(|output| {
            let count = output.kind.weeks().map_or(0, |asked| asked.tables().len());
            tables.by_ref().take(count).collect()
        })
        .collect();
    let none = study.outputs.len();
    Ok(Scanned {
        counts: vec![Counts::default(); none],
        pairs: vec![None; none],
        transitions: vec![None; none],
        months: vec![None; none],
        weeks,
        followed: result.followed,
        stats: result.stats,
    })
}

/// Looks for everything that is wrong with a register. Slower than a scan, which stops at the first fault.
///
/// # Errors
///
/// What keeps from looking.
pub fn examine(
    study: &Study,
    register: &Path,
    choices: Choices<'_>,
    stage: &Stage,
) -> Result<Examination, afgang_engine::Error> {
    let listener = Listener::new(stage, 0);
    if let Some(rules) = &study.weeks {
        let plan = week_plan(study, rules, choices)?;
        return interrupt::listening(|| afgang_engine::examine_weeks(register, &plan, &listener));
    }
    let plan = plan(study, choices)?;
    interrupt::listening(|| afgang_engine::examine(register, &plan, &listener))
}

/// Counts the spells of a register with a known start by `exit`, `months` and further dimensions: `target_group`,
/// `first_target_group`, `start`, `start_year`, groupings of the study, or columns of the register by their own values. With
/// `persons` those with several spells are counted too, by the same cells.
///
/// # Errors
///
/// Whatever is wrong with the register, and a table of too many cells.
pub fn spells_by(
    study: &Study,
    register: &Register,
    dims: &[String],
    persons: bool,
    choices: Choices<'_>,
    stage: &Stage,
) -> Result<(CellTable, Option<PersonTable>, ScanStats), afgang_engine::Error> {
    let mut plan = spell_plan(study, choices)?;
    let mut of_table = vec![Dim::Exit, Dim::Duration];
    for name in dims {
        of_table.push(match name.as_str() {
            "target_group" => Dim::TargetGroup,
            "first_target_group" => Dim::FirstTargetGroup,
            "start" => Dim::Start,
            "start_year" => Dim::StartYear,
            name => {
                let of_study = study.groupings.iter().find(|grouping| grouping.name == name);
                plan.groupings
                    .push(of_study.map_or_else(|| Grouping::column(name, name), grouping_of));
                Dim::Grouping(name.to_owned())
            }
        });
    }
    plan.persons = if persons { vec![of_table.clone()] } else { Vec::new() };
    plan.cells = vec![of_table];
    let scan = Scan::new(register, &plan)?;
    let listener = Listener::new(stage, register.persons());
    let result = interrupt::listening(|| scan.run(&listener))?;
    let missing = afgang_engine::Error::Internal("a scan gave no table");
    let persons = result.persons.into_iter().next();
    Ok((result.cells.into_iter().next().ok_or(missing)?, persons, result.stats))
}

/// The spells of a study, of which nothing is counted yet.
fn spell_plan(study: &Study, choices: Choices<'_>) -> Result<Plan, afgang_engine::Error> {
    let timeline = Timeline::months(study.from, study.to, study.calendar)?;
    let mut plan = Plan::new(study.code_book.clone(), timeline);
    plan.rule = SpellRule {
        exit_lag: study.exit_lag as usize,
        look_back: study.look_back as usize,
        min_duration: study.min_duration as usize,
    };
    plan.trust_ids = choices.trust_ids;
    plan.threads = choices.threads;
    Ok(plan)
}

/// A grouping as the engine takes it.
fn grouping_of(grouping: &study::Grouping) -> Grouping {
    match &grouping.labels {
        None => Grouping::column(&grouping.name, &grouping.column),
        Some(labels) => {
            let joined = Grouping::join(&grouping.name, &grouping.column, labels.clone());
            match &grouping.unmatched {
                Some(label) => joined.unmatched(label),
                None => joined,
            }
        }
    }
}

/// What the engine is to count for the outputs of a study.
///
/// # Errors
///
/// If the period of the study is impossible.
pub fn plan(study: &Study, choices: Choices<'_>) -> Result<Plan, afgang_engine::Error> {
    let mut plan = spell_plan(study, choices)?;
    let needs = |output: &Output| TableSpec::new(output::needs(study, &output.kind));
    plan.tables = study.outputs.iter().map(needs).collect();
    for spec in study.outputs.iter().filter_map(|output| output::needs_pairs(&output.kind)) {
        if !plan.pairs.contains(&spec) {
            plan.pairs.push(spec);
        }
    }
    for spec in study.outputs.iter().filter_map(|output| output::needs_transitions(&output.kind)) {
        if !plan.transitions.contains(&spec) {
            plan.transitions.push(spec);
        }
    }
    for spec in study.outputs.iter().filter_map(|output| output::needs_months(&output.kind)) {
        if !plan.months.contains(&spec) {
            plan.months.push(spec);
        }
    }
    let used = |name: &str| {
        study.outputs.iter().any(|output| match &output.kind {
            Kind::CumulativeIncidence { by, .. }
            | Kind::MonthsByIntervention { by: Some(by), .. } => by == name,
            _ => false,
        })
    };
    // A grouping that nothing uses must not refuse a register.
    let groupings: Vec<_> = study
        .groupings
        .iter()
        .filter(|grouping| choices.spells.is_some() || used(&grouping.name))
        .collect();
    plan.groupings = groupings.iter().map(|grouping| grouping_of(grouping)).collect();
    plan.spells = choices.spells.map(|path| {
        let mut spells = SpellOutput::new(path);
        for grouping in groupings {
            if grouping.labels.is_some() && !spells.attributes.contains(&grouping.column) {
                spells.attributes.push(grouping.column.clone());
            }
            spells.groupings.push(grouping.name.clone());
        }
        spells
    });
    Ok(plan)
}

/// Passes the engine's progress on to the stage.
struct Listener<'s> {
    stage: &'s Stage,
    done: AtomicU64,
    persons: AtomicU64,
}

impl<'s> Listener<'s> {
    /// Nobody is done yet of so many persons.
    fn new(stage: &'s Stage, persons: u64) -> Self {
        Self { stage, done: AtomicU64::new(0), persons: AtomicU64::new(persons) }
    }
}

impl Progress for Listener<'_> {
    fn start(&self, persons: u64) {
        self.persons.store(persons, Ordering::Relaxed);
        self.stage.advance(0, persons);
    }

    fn advance(&self, persons: u64) {
        let done = self.done.fetch_add(persons, Ordering::Relaxed) + persons;
        self.stage.advance(done, self.persons.load(Ordering::Relaxed));
    }

    fn cancelled(&self) -> bool {
        interrupt::happened()
    }
}
