//! The report of a run: which tables, figures and notes stand where.

mod accounts;
mod beside;
mod effects;
mod group_tests;
mod months;
mod occupation;
mod weeks;

use self::beside::{beside_printed, comparison, label, numbers_of_figure, published};
use crate::comparison::Compared;
use crate::figure::Chart;
use crate::labels::{self, Lang};
use crate::output::{self, Built};
use crate::report::{Facts, Figure, Item, Note, NoteKind, Report, Section, Table};
use crate::run_record::RunRecord;
use crate::study::{Kind, Output, Study};
use crate::synthetic::Made;
use crate::table::Values;

/// What a chapter is made of.
#[derive(Debug, Clone, Copy)]
pub struct Material<'r> {
    /// The study.
    pub study: &'r Study,
    /// One for each output of the study, in order.
    pub built: &'r [Built],
    /// All comparisons.
    pub compared: &'r [Compared],
    /// The facts of the run.
    pub record: &'r RunRecord,
    /// Language.
    pub lang: Lang,
}

impl Material<'_> {
    /// What readers call a label or column of an output at week resolution.
    fn week_word(&self, label: &str) -> String {
        let rules = self.study.weeks.as_ref();
        rules.map_or_else(|| label.to_owned(), |rules| rules.title(label, self.lang))
    }

    /// How to read the tables, where there are printed numbers.
    fn intro(&self) -> Vec<String> {
        let printed = !self.compared.is_empty();
        printed.then(|| beside_printed(self.lang)).into_iter().collect()
    }
}

/// Lays out the report.
pub fn report(material: Material<'_>) -> Report {
    let Material { study, record, lang, .. } = material;
    let made = record.synthetic_register.as_ref();
    let mut sections = if study.weeks.is_some() {
        vec![weeks::section(material)]
    } else {
        let mut sections = vec![months::section(material), tables(material)];
        sections.extend(study.target_groups().iter().filter_map(|group| figures(material, group)));
        sections.push(occupation::section(material));
        sections
    };
    sections.extend(accounts::section(material));
    sections.extend(slips(study, lang));
    let of_months = made.filter(|made| !made.benefit_months.is_empty());
    sections.extend(of_months.map(|made| register(made, lang)));
    sections.retain(|section| !section.items.is_empty());
    let period = format!(
        "{}–{}",
        labels::month(study.from.year(), study.from.month().into(), lang),
        labels::month(study.to.year(), study.to.month().into(), lang)
    );
    let persons = record.read.get("persons").map(|&persons| {
        format!(" · {} {}", labels::count(persons, lang), lang.pick("personer", "persons"))
    });
    Report {
        title: study.title.pick(lang).to_owned(),
        subtitle: period + &persons.unwrap_or_default(),
        lead: lead(material),
        sections,
        facts: facts(record, lang),
        run_json: serde_json::to_string_pretty(record).unwrap_or_default(),
        colophon: format!("{} {}", record.program.name, record.program.version),
        ..Report::new(lang)
    }
}

fn lead(material: Material<'_>) -> Vec<String> {
    let Material { study, record, lang, .. } = material;
    let mut lead = vec![study.lead.pick(lang).trim().to_owned()];
    if let Some(made) = &record.synthetic_register {
        let scale = labels::number(made.scale, decimals(made.scale), lang);
        lead.push(match lang {
            Lang::Da => format!(
                "Registeret er syntetisk, i skala {scale}: ingen række beskriver et menneske. Det er kalibreret til \
                 rapportens trykte tal, så overensstemmelse viser, at beregningen er rigtig, og intet om \
                 virkeligheden."
            ),
            Lang::En => format!(
                "The register is synthetic, at scale {scale}: no row describes a person. It is calibrated to the \
                 printed numbers of the report, so agreement shows that the computation is right, and nothing \
                 about the world."
            ),
        });
    }
    if record.study.changed && record.comparison.compared > 0 {
        lead.push(match lang {
            Lang::Da => format!(
                "Studiet er en ændret udgave af {}. De trykte tal hører til det uændrede studie: en forskel kan være ændringen.",
                study.name
            ),
            Lang::En => format!(
                "The study is a changed {}. The printed numbers belong to the unchanged study: a difference may be the change.",
                study.name
            ),
        });
    }
    let not_given = record.not_given.iter();
    lead.extend(not_given.map(|of| of.needs.said(of.outputs.len(), lang)));
    for list in record.lists.iter().filter(|list| list.found < list.persons) {
        let [missing, persons] =
            [list.persons - list.found, list.persons].map(|n| labels::count(n, lang));
        let name = &list.name;
        lead.push(match lang {
            Lang::Da => format!(
                "{missing} af de {persons} personer på listen {name} er ikke i registeret og indgår ikke i tabellerne."
            ),
            Lang::En => format!(
                "{missing} of the {persons} persons of the list {name} are not in the register and are in no table."
            ),
        });
    }
    lead
}

/// Digits that a number needs after the decimal point.
fn decimals(value: f64) -> usize {
    value.to_string().split_once('.').map_or(0, |(_, digits)| digits.len())
}

fn tables(material: Material<'_>) -> Section {
    let lang = material.lang;
    let mut items = Vec::new();
    for (output, built) in material.study.outputs.iter().zip(material.built) {
        match output.kind {
            Kind::LaterState { .. } => items.push(Item::Table(later_states(output, built, lang))),
            // They have sections of their own.
            Kind::Accounts(_) | Kind::BenefitMonths { .. } => {}
            _ if output.kind.is_table() => {
                items.push(Item::Comparison(comparison(material, output, built)));
            }
            _ => {}
        }
    }
    Section {
        title: lang.pick("Tabeller", "Tables").to_owned(),
        intro: material.intro(),
        items,
        ..Section::named("tables")
    }
}

/// States in rows, target groups in columns, per cent; states that nobody is in are left out.
fn later_states(output: &Output, built: &Built, lang: Lang) -> Table {
    let table = &built.table;
    let different = |column: &str| table.column(column).map(Values::different).unwrap_or_default();
    let groups = different("target_group");
    let cell = |group: &str, state: &str, column: &str| {
        table
            .find([("target_group", group), ("state_later", state)])
            .and_then(|row| Some(table.column(column)?.number(row)))
            .unwrap_or(f64::NAN)
    };
    let mut rows: Vec<Vec<String>> = different("state_later")
        .iter()
        .filter(|state| groups.iter().any(|group| cell(group, state, "spells") > 0.0))
        .map(|state| {
            let percents =
                groups.iter().map(|group| labels::number(cell(group, state, "percent"), 1, lang));
            std::iter::once(label("state_later", state, lang)).chain(percents).collect()
        })
        .collect();
    let spells = groups.iter().map(|group| labels::number(cell(group, "total", "spells"), 0, lang));
    let name = lang.pick("Forløb", "Spells").to_owned();
    rows.push(std::iter::once(name).chain(spells).collect());
    let state = lang.pick("Tilstand, procent", "State, per cent").to_owned();
    Table {
        id: output.id.clone(),
        title: output::title(output, lang),
        columns: std::iter::once((state, false))
            .chain(groups.iter().map(|group| (labels::target_group(group, lang).to_owned(), true)))
            .collect(),
        rows,
        note: output.note_in(lang),
        files: data_files(output),
        ..Table::default()
    }
}

/// The data of a table, or of the numbers of a figure.
fn data_files(output: &Output) -> Vec<(String, String)> {
    let folder = if output.kind.is_table() { "tables" } else { "figures" };
    let file = |ending: &str| (ending.to_uppercase(), format!("{folder}/{}.{ending}", output.id));
    let mut files = vec![file("csv")];
    if output.kind.is_table() {
        files.push(file("parquet"));
    }
    files
}

/// The figures of a target group.
fn figures(material: Material<'_>, target_group: &str) -> Option<Section> {
    let lang = material.lang;
    let mut items = Vec::new();
    for (output, built) in material.study.outputs.iter().zip(material.built) {
        let (Kind::ExitByStartYear { target_group: own, .. }
        | Kind::DurationIntervals { target_group: own, .. }
        | Kind::CumulativeIncidence { target_group: own, .. }) = &output.kind
        else {
            continue;
        };
        let Some(chart) = built.chart.as_ref().filter(|_| own == target_group) else { continue };
        items.push(Item::Figure(Box::new(figure(material, output, chart))));
        if let (Some(tests), Kind::CumulativeIncidence { by, .. }) = (&built.tests, &output.kind) {
            items.push(Item::Table(group_tests::of_figure(material, output, tests, by)));
        }
        items.extend(numbers_of_figure(material, output, built));
    }
    (!items.is_empty()).then(|| Section {
        title: labels::target_group(target_group, lang).to_owned(),
        items,
        ..Section::named(target_group)
    })
}

/// A figure with its files and what the report says about it.
fn figure(material: Material<'_>, output: &Output, chart: &Chart) -> Figure {
    let lang = material.lang;
    let file = |ending: &str| (ending.to_uppercase(), format!("figures/{}.{ending}", output.id));
    Figure {
        published: published(material, output),
        files: vec![file("csv"), file("svg"), file("png")],
        ..Figure::of(chart, lang)
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The report's own slips.
fn slips(study: &Study, lang: Lang) -> Option<Section> {
    let items: Vec<Item> = study
        .slips
        .iter()
        .map(|slip| {
            let output =
                study.outputs.iter().find(|output| Some(&output.id) == slip.output.as_ref());
            let title = output.map(|output| output::title(output, lang)).unwrap_or_default();
            let title = title.split_once(". ").map_or(title.clone(), |(short, _)| short.to_owned());
            Item::Note(Note { kind: NoteKind::Slip, title, text: slip.text.pick(lang).to_owned() })
        })
        .collect();
    (!items.is_empty()).then(|| Section {
        title: lang.pick("Rapportens egne fejl", "The report's own slips").to_owned(),
        intro: vec![
            lang.pick(
                "Steder, hvor den trykte rapport modsiger sig selv. De er vist, ikke rettet.",
                "Where the printed report contradicts itself. Shown, not corrected.",
            )
            .to_owned(),
        ],
        items,
        ..Section::named("slips")
    })
}

/// How the register was made, and how far its benefit months are from the published ones.
fn register(made: &Made, lang: Lang) -> Section {
    let years: Vec<i32> = {
        let mut years: Vec<i32> = made.benefit_months.iter().map(|cell| cell.year).collect();
        years.dedup();
        years.sort_unstable();
        years.dedup();
        years
    };
    let mut groups: Vec<&str> = Vec::new();
    for cell in &made.benefit_months {
        if !groups.contains(&cell.target_group.as_str()) {
            groups.push(&cell.target_group);
        }
    }
    let rows = groups
        .iter()
        .map(|group| {
            let cell = |year: &i32| {
                made.benefit_months
                    .iter()
                    .find(|cell| cell.target_group == *group && cell.year == *year)
                    .map_or_else(String::new, |cell| {
                        let percent = (cell.register as f64 / cell.published - 1.0) * 100.0;
                        labels::signed(percent, 1, lang)
                    })
            };
            std::iter::once(labels::target_group(group, lang).to_owned())
                .chain(years.iter().map(cell))
                .collect()
        })
        .collect();
    let table = Table {
        id: "benefit_months".to_owned(),
        title: lang
            .pick(
                "Ydelsesmåneder: registerets afvigelse fra tabel 3.3, procent",
                "Benefit months: deviation of the register from table 3.3, per cent",
            )
            .to_owned(),
        columns: std::iter::once((labels::column("target_group", lang).to_owned(), false))
            .chain(years.iter().map(|year| (year.to_string(), true)))
            .collect(),
        rows,
        ..Table::default()
    };
    let text = lang.pick(
        "Registeret har DREAMs format: en kode for hver uge, en beskæftigelsesgrad for hver måned. Antallet af \
         forløb efter målgruppe og afgang, deres gennemsnit og standardafvigelse og andelene efter startår er \
         kalibreret til rapportens tal; varighederne har størst mulig entropi under disse bånd. Forløbene er \
         fordelt på personer, kommuner og uger med et fast frø. Ydelsesmånederne i tabel 3.3 nås så nær, som de \
         andre bånd tillader, gennem de forløb, der løber ved dataens begyndelse.",
        "The register has DREAM's layout: a code for each week, an employment degree for each month. The number of \
         spells by target group and exit, their mean and standard deviation, and the shares by start year are \
         calibrated to the numbers of the report; durations have maximum entropy under these constraints. Spells \
         are spread over persons, municipalities and weeks with a fixed seed. The benefit months of table 3.3 are \
         met as closely as the other constraints allow, through spells that run when the data begin.",
    );
    Section {
        title: lang.pick("Det syntetiske register", "The synthetic register").to_owned(),
        intro: vec![text.to_owned()],
        items: vec![Item::Table(table)],
        ..Section::named("register")
    }
}

fn facts(record: &RunRecord, lang: Lang) -> Vec<Facts> {
    let named = |key: &str| key.replace('_', " ");
    let counts = |map: &std::collections::BTreeMap<String, u64>| -> Vec<(String, String)> {
        map.iter().map(|(key, count)| (named(key), labels::count(*count, lang))).collect()
    };
    let bytes: u64 = record.inputs.iter().map(|input| input.bytes).sum();
    let panel = record.panel.as_ref().map(|panel| accounts::facts(panel, lang)).unwrap_or_default();
    let lists = record.lists.iter().map(|list| {
        let [found, persons] = [list.found, list.persons].map(|n| labels::count(n, lang));
        let of = lang.pick("i registeret, af", "in the register, of");
        (list.name.clone(), format!("{found} {of} {persons}"))
    });
    let lists: Vec<(String, String)> = lists.collect();
    let mut run = vec![
        (
            lang.pick("Studie", "Study").to_owned(),
            format!("{} {}", record.study.name, record.study.version),
        ),
        (
            lang.pick("Kodebog", "Code book").to_owned(),
            format!("{} ({})", record.code_book.name, record.code_book.version),
        ),
        (
            lang.pick("Filer", "Files").to_owned(),
            format!(
                "{} ({} MB)",
                record.inputs.len(),
                labels::count(bytes.div_ceil(1_000_000), lang)
            ),
        ),
        (lang.pick("Tråde", "Threads").to_owned(), record.options.threads.to_string()),
    ];
    if record.comparison.compared > 0 {
        run.push((
            lang.pick("Tal, der stemmer", "Numbers that agree").to_owned(),
            format!("{} / {}", record.comparison.agree, record.comparison.compared),
        ));
    }
    if let Some(peak) = record.peak_memory_bytes {
        let megabytes = labels::count(peak.div_ceil(1 << 20), lang);
        run.push((
            lang.pick("Største hukommelse", "Peak memory").to_owned(),
            format!("{megabytes} MiB"),
        ));
    }
    let seconds = record
        .seconds
        .iter()
        .map(|(stage, seconds)| {
            (named(stage), labels::number(seconds.as_f64().unwrap_or(f64::NAN), 1, lang))
        })
        .collect();
    [
        (lang.pick("Kørsel", "Run"), run),
        (lang.pick("Læst", "Read"), counts(&record.read)),
        (lang.pick("Udeladt", "Left out"), counts(&record.left_out)),
        (lang.pick("Ukendte koder", "Unknown codes"), counts(&record.unknown_codes)),
        (lang.pick("Regnskaber", "Accounts"), panel),
        (lang.pick("Personlister", "Lists of persons"), lists),
        (lang.pick("Sekunder", "Seconds"), seconds),
    ]
    .into_iter()
    .filter(|(_, rows)| !rows.is_empty())
    .map(|(title, rows)| Facts { title: title.to_owned(), rows })
    .collect()
}
