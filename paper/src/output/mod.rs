//! Tables and figures from counts.
//!
//! Each kind of output says which counts it needs ([`needs`]) and turns them into a long table and, if it
//! is a figure, a chart ([`build`]). Nothing here reads a register or writes a file.

mod counts;
mod curves;
mod exits;
mod group_tests;
mod months;
mod occupation;
mod start_years;

pub use counts::Counts;

use afgang_engine::spells::{BACK_IN_BENEFIT, UNOBSERVED};
use afgang_engine::tabulate::Dim;
use afgang_engine::{MonthDim, MonthSpec, PairSpec, PairTable, TransitionSpec};

use crate::figure::Chart;
use crate::labels::Lang;
use crate::study::{Kind, Output, Study, Words};
use crate::table::Table;

/// An output, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The long table; for a figure its data.
    pub table: Table,
    /// The figure.
    pub chart: Option<Chart>,
    /// Tests of the groups of a figure, a row a cause.
    pub tests: Option<Table>,
    /// What a reader should know of it before the numbers are used.
    pub remarks: Vec<Words>,
}

impl Built {
    /// A table without a figure.
    pub(crate) fn table(table: Table) -> Self {
        Self { table, chart: None, tests: None, remarks: Vec::new() }
    }

    /// Says in a figure that nothing printed stands behind that its register is synthetic.
    pub(crate) fn of_synthetic_register(&mut self, lang: Lang) {
        let words = lang.pick(
            "Syntetisk register: viser beregningen, siger intet om virkeligheden",
            "Synthetic register: shows the computation, says nothing about the world",
        );
        match &mut self.chart {
            Some(Chart::Areas(areas)) => words.clone_into(&mut areas.subtitle),
            Some(Chart::Dots(dots)) => dots.subtitle = format!("{words}. {}", dots.subtitle),
            _ => {}
        }
    }
}

/// The dimensions of the counts that an output needs.
pub fn needs(study: &Study, kind: &Kind) -> Vec<Dim> {
    match kind {
        Kind::Spells => vec![Dim::TargetGroup],
        Kind::Exits { .. } => vec![Dim::TargetGroup, Dim::Exit, Dim::Duration],
        Kind::ExitByStartYear { .. } => vec![Dim::TargetGroup, Dim::Exit, Dim::StartYear],
        Kind::DurationIntervals { .. } => {
            vec![Dim::TargetGroup, Dim::Exit, Dim::StartYear, Dim::Duration]
        }
        Kind::CumulativeIncidence { by, .. } => {
            vec![Dim::TargetGroup, Dim::Exit, Dim::Grouping(by.clone()), Dim::Duration]
        }
        Kind::StateOccupation { .. } => vec![Dim::FirstTargetGroup],
        // Made of accounts, or of tables of their own.
        Kind::Accounts(_)
        | Kind::Weeks(_)
        | Kind::BenefitMonths { .. }
        | Kind::MonthsByIntervention { .. } => Vec::new(),
        Kind::LaterState { months_later, .. } => {
            // The engine counts from the first month out, the study from the month that decides the exit.
            let months = months_later + study.exit_lag - 1;
            vec![Dim::TargetGroup, Dim::Exit, Dim::ExitLater(months as usize)]
        }
    }
}

/// The pairs of spells of one person that an output needs, so that its variances count persons.
pub fn needs_pairs(kind: &Kind) -> Option<PairSpec> {
    match kind {
        // Only spells of one target group are ever in one curve.
        Kind::CumulativeIncidence { by, .. } => Some(
            PairSpec::new([Dim::TargetGroup, Dim::Grouping(by.clone()), Dim::Exit, Dim::Duration])
                .within(1),
        ),
        _ => None,
    }
}

/// The benefit months that an output needs.
pub fn needs_months(kind: &Kind) -> Option<MonthSpec> {
    match kind {
        Kind::BenefitMonths { .. } => Some(MonthSpec::new([MonthDim::TargetGroup, MonthDim::Year])),
        Kind::MonthsByIntervention { by, .. } => {
            let mut dims = vec![MonthDim::TargetGroup, MonthDim::Year, MonthDim::Intervention];
            dims.extend(by.clone().map(MonthDim::Grouping));
            Some(MonthSpec::new(dims))
        }
        _ => None,
    }
}

/// The transitions within spells that an output needs.
pub fn needs_transitions(kind: &Kind) -> Option<TransitionSpec> {
    matches!(kind, Kind::StateOccupation { .. })
        .then(|| TransitionSpec::new([Dim::FirstTargetGroup]))
}

/// Turns the counts that an output [`needs`] into its table and chart.
///
/// # Errors
///
/// If an estimator refuses.
pub fn build(
    study: &Study,
    output: &Output,
    counts: &Counts,
    pairs: Option<&PairTable>,
    (transitions, months): (Option<&Counts>, Option<&Counts>),
    lang: Lang,
) -> Result<Built, afgang_models::Error> {
    let context = Context { study, output, lang };
    Ok(match &output.kind {
        Kind::Spells => Built::table(exits::spells(counts)),
        Kind::Exits { target_group, exits } => {
            let residual = residual(study);
            Built::table(exits::exits(counts, target_group, exits, residual))
        }
        Kind::ExitByStartYear { target_group, exits, other_includes, start_years } => {
            start_years::exits(
                context,
                counts,
                target_group,
                exits,
                other_includes,
                start_years.clone(),
            )
        }
        Kind::DurationIntervals { target_group, exits, intervals, start_years } => {
            start_years::intervals(
                context,
                counts,
                target_group,
                exits,
                intervals,
                start_years.clone(),
            )
        }
        Kind::CumulativeIncidence { target_group, exits, by, level } => {
            let shape = curves::Shape { target_group, shown: exits, by, level: *level };
            curves::cumulative_incidence(context, counts, pairs, shape)?
        }
        Kind::StateOccupation { target_group, months, level } => {
            let shape = occupation::Shape { target_group, months: *months, level: *level };
            occupation::state_occupation(context, transitions.unwrap_or(counts), shape)?
        }
        Kind::BenefitMonths { target_group, years, .. } => {
            let (target_group, years) = (target_group.as_deref(), years.clone());
            let shape = months::Shape { target_group, by: None, years, active: false };
            months::benefit_months(context, months.unwrap_or(counts), &shape)
        }
        Kind::MonthsByIntervention { target_group, years, by, active } => {
            let (target_group, by) = (target_group.as_deref(), by.as_deref());
            let shape = months::Shape { target_group, by, years: years.clone(), active: *active };
            months::by_intervention(context, months.unwrap_or(counts), &shape)
        }
        Kind::LaterState { target_groups, exit, .. } => {
            Built::table(exits::later_state(counts, target_groups, exit))
        }
        // Made by `crate::accounts::build` and `crate::weeks::build`; months have nothing to say of them.
        Kind::Accounts(_) | Kind::Weeks(_) => Built::table(Table::new()),
    })
}

/// The exit that all exits count as that have no row of their own.
fn residual(study: &Study) -> &str {
    let book = &study.code_book;
    book.exits().get(book.residual_exit()).map_or("other", String::as_str)
}

/// Answers of a later look at the exit that are none of the code book's exits: they never count as another one.
const NO_EXIT: [&str; 2] = [BACK_IN_BENEFIT, UNOBSERVED];

/// What charts take their words from.
#[derive(Debug, Clone, Copy)]
struct Context<'s> {
    study: &'s Study,
    output: &'s Output,
    lang: Lang,
}

impl Context<'_> {
    /// "Figur 4.7. …"
    fn title(&self) -> String {
        title(self.output, self.lang)
    }

    fn note(&self) -> String {
        self.output.note_in(self.lang)
    }
}

/// The title of an output with its number, such as "Tabel 4.2. …".
pub fn title(output: &Output, lang: Lang) -> String {
    let word = match output.kind {
        Kind::LaterState { .. } => lang.pick("Afsnit", "Section"),
        _ if output.kind.is_table() => lang.pick("Tabel", "Table"),
        _ => lang.pick("Figur", "Figure"),
    };
    let (number, title) = (output.number.pick(lang), output.title.pick(lang));
    if number.is_empty() {
        title.to_owned()
    } else if number.starts_with(char::is_uppercase) {
        // The source calls it something else.
        format!("{number}. {title}")
    } else {
        format!("{word} {number}. {title}")
    }
}

/// A share in per cent; `NaN` of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 * 100.0 / whole as f64 }
}
