//! Draws one figure of each kind and a report from invented numbers, to look at.
//!
//! `cargo run --release -p afgang --example gallery -- FOLDER`
//!
//! Nothing here is data: the numbers are made up so that the figures have something to show.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use afgang::figure::{
    self, Chart, Curves, Line, Options, Palette, Panel, RiskRow, Series, StackedBars, Width, YScale,
};
use afgang::labels::{self, Lang};
use afgang::printed::Printed;
use afgang::report::{
    self, Cell, Comparison, Facts, Figure, Item, Note, NoteKind, Published, Report, Row, Section,
    Table, ValueColumn,
};

const INVENTED: &str = "Opdigtede tal, kun til at vise figuren.";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned()));
    fs::create_dir_all(&folder)?;
    let charts = [
        exits(Lang::Da),
        few_exits(Lang::Da),
        intervals(Lang::Da),
        curves(Lang::Da),
        education(Lang::Da),
        naive(Lang::Da),
    ];
    for chart in &charts {
        write(&folder, chart, Lang::Da)?;
    }
    write(&folder.join("en"), &exits(Lang::En), Lang::En)?;
    write(&folder.join("en"), &curves(Lang::En), Lang::En)?;
    fs::write(folder.join("report.html"), report::render(&example_report(&charts)))?;
    Ok(())
}

fn write(folder: &Path, chart: &Chart, lang: Lang) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let phone = Options { width: Width::Phone, ..Options::page(lang) };
    for (suffix, options) in [("", Options::page(lang)), ("_phone", phone)] {
        let picture = figure::render(chart, options);
        let stem = format!("{}{suffix}", chart.id());
        fs::write(folder.join(format!("{stem}.svg")), &picture.svg)?;
        fs::write(folder.join(format!("{stem}.png")), figure::to_png(&picture.svg, 2.0)?)?;
    }
    Ok(())
}

fn years(from: i32, to: i32) -> Vec<String> {
    (from..=to).map(|year| year.to_string()).collect()
}

/// Shares that move evenly from the first to the last year.
fn drift(from: f64, to: f64, years: usize) -> Vec<f64> {
    (0..years).map(|i| from + (to - from) * i as f64 / (years - 1) as f64).collect()
}

fn exits(lang: Lang) -> Chart {
    let parts = [
        ("employment", 58.0, 64.8),
        ("self_support", 21.0, 18.3),
        ("education", 3.4, 2.6),
        ("other", 14.2, 8.7),
        ("dead_or_emigrated", 0.7, 0.6),
        ("still_unemployed", 2.7, 5.0),
    ];
    let series =
        parts.map(|(key, a, b)| Series::new(key, labels::exit_short(key, lang), drift(a, b, 8)));
    Chart::StackedBars(StackedBars {
        title: lang
            .pick(
                "Figur 4.13. Afgang fra dagpenge efter startår",
                "Figure 4.13. Exits from unemployment insurance by start year",
            )
            .into(),
        subtitle: lang
            .pick(
                "Procent af alle forløb, der begynder i året",
                "Per cent of all spells that start in the year",
            )
            .into(),
        x_label: lang.pick("Startår", "Start year").into(),
        categories: years(2011, 2018),
        series: series.to_vec(),
        note: lang.pick(INVENTED, "Invented numbers, only to show the figure.").into(),
        ..StackedBars::named("bars")
    })
}

fn few_exits(lang: Lang) -> Chart {
    let parts = [
        ("education", 2.0, 1.8),
        ("flex_job", 0.3, 0.5),
        ("disability_pension", 1.2, 0.9),
        ("other", 3.1, 2.6),
        ("dead_or_emigrated", 1.0, 0.8),
    ];
    let series =
        parts.map(|(key, a, b)| Series::new(key, labels::exit_short(key, lang), drift(a, b, 8)));
    Chart::StackedBars(StackedBars {
        title: "Figur 4.8. Øvrige afgange fra sygedagpenge efter startår".into(),
        subtitle: "Procent af alle forløb, der begynder i året".into(),
        x_label: "Startår".into(),
        categories: years(2011, 2018),
        series: series.to_vec(),
        note: INVENTED.into(),
        ..StackedBars::named("few")
    })
}

fn intervals(lang: Lang) -> Chart {
    let parts = [(1, 1, 19.0, 24.0), (2, 6, 27.0, 31.0), (7, 12, 16.0, 18.0), (13, 36, 38.0, 27.0)];
    let series = parts.map(|(first, last, a, b)| {
        let label = labels::interval(first, Some(last), lang);
        Series::new(&format!("{first}-{last}"), &label, drift(a, b, 6))
    });
    Chart::StackedBars(StackedBars {
        title: "Figur 4.2. Varighed af afsluttede forløb, aktivitetsparate".into(),
        subtitle: "Procent af forløb på højst 36 måneder med afgang til beskæftigelse, selvforsørgelse eller uddannelse".into(),
        x_label: "Startår".into(),
        categories: years(2011, 2016),
        series: series.to_vec(),
        palette: Palette::Ordered,
        note: INVENTED.into(),
        ..StackedBars::named("intervals")
    })
}

/// A curve that rises to `end` with a band that widens, over 107 months.
fn rising(key: &str, label: &str, end: f64, speed: f64, size: f64) -> (Line, RiskRow) {
    let time: Vec<f64> = (1..=107).map(f64::from).collect();
    let estimate: Vec<f64> = time.iter().map(|t| end * (1.0 - (-t / speed).exp())).collect();
    let n: Vec<f64> =
        time.iter().map(|t| (size * (-t / 22.0).exp() * (1.0 - t / 125.0)).round()).collect();
    let half: Vec<f64> = estimate
        .iter()
        .zip(&n)
        .map(|(e, n)| 1.96 * (e * (1.0 - e) / (n * 12.0 + 40.0)).sqrt())
        .collect();
    let line = Line {
        key: key.into(),
        label: label.into(),
        low: estimate.iter().zip(&half).map(|(e, h)| e - h).collect(),
        high: estimate.iter().zip(&half).map(|(e, h)| e + h).collect(),
        time: time.clone(),
        estimate,
        ..Line::default()
    };
    (line, RiskRow { key: key.into(), label: label.into(), time, n })
}

fn panel(title: &str, ends: [f64; 5], speed: f64, lang: Lang) -> Panel {
    let sizes = [38_250.0, 41_120.0, 127_400.0, 95_310.0, 135_989.0];
    let mut panel = Panel { title: title.into(), ..Panel::default() };
    for (i, (end, size)) in ends.into_iter().zip(sizes).enumerate() {
        let key = (i + 1).to_string();
        let (line, row) =
            rising(&key, &labels::group("population_group", &key, lang), end, speed, size);
        panel.lines.push(line);
        panel.at_risk.push(row);
    }
    panel
}

fn curves(lang: Lang) -> Chart {
    let title = |key| labels::exit(key, lang);
    Chart::Curves(Curves {
        title: lang
            .pick("Figur 4.3. Afgang fra aktivitetsparat ydelse efter befolkningsgruppe", "Figure 4.3. Exits of the activity-ready by population group")
            .into(),
        subtitle: lang
            .pick("Kumuleret sandsynlighed for afgang, når der tages højde for de øvrige afgange", "Cumulative incidence in the presence of the other exits")
            .into(),
        x_label: lang.pick("Måneder siden forløbets start", "Months since the spell began").into(),
        panels: vec![
            panel(title("employment"), [0.272, 0.262, 0.25, 0.243, 0.231], 24.0, lang),
            panel(title("self_support"), [0.39, 0.40, 0.41, 0.42, 0.44], 20.0, lang),
            panel(title("education"), [0.14, 0.13, 0.125, 0.115, 0.10], 17.0, lang),
        ],
        legend: lang.pick("Befolkningsgruppe", "Population group").into(),
        note: lang
            .pick(
                "Skraverede bånd: 95 % konfidensinterval (log-log). Opdigtede tal, kun til at vise figuren.",
                "Shaded bands: 95% confidence intervals (log-log). Invented numbers, only to show the figure.",
            )
            .into(),
        ..Curves::named("curves")
    })
}

fn education(lang: Lang) -> Chart {
    Chart::Curves(Curves {
        title: "Figur 4.12. Afgang fra sygedagpenge til uddannelse og førtidspension".into(),
        subtitle: "Kumuleret sandsynlighed for afgang".into(),
        x_label: "Måneder siden forløbets start".into(),
        y_scale: YScale::Free,
        panels: vec![
            panel("Ordinær uddannelse", [0.022, 0.02, 0.0175, 0.016, 0.014], 12.0, lang),
            panel("Førtidspension", [0.006, 0.008, 0.011, 0.013, 0.016], 40.0, lang),
        ],
        legend: "Befolkningsgruppe".into(),
        note: format!("Panelerne har hver sin akse. {INVENTED}"),
        ..Curves::named("two_panels")
    })
}

fn naive(lang: Lang) -> Chart {
    let (one, row) = rising(
        "kaplan_meier",
        lang.pick("1 − Kaplan–Meier", "1 − Kaplan–Meier"),
        0.52,
        26.0,
        438_069.0,
    );
    let (two, _) = rising(
        "cumulative_incidence",
        lang.pick("Kumuleret incidens", "Cumulative incidence"),
        0.25,
        20.0,
        438_069.0,
    );
    let row = RiskRow { label: lang.pick("Alle", "All").into(), key: String::new(), ..row };
    Chart::Curves(Curves {
        title: "To svar på ét spørgsmål: afgang til beskæftigelse".into(),
        subtitle: "1 − Kaplan–Meier regner de øvrige afgange som censurering".into(),
        x_label: "Måneder siden forløbets start".into(),
        panels: vec![Panel {
            title: String::new(),
            lines: vec![Line { dashed: true, ..one }, two],
            at_risk: vec![row],
        }],
        palette: Palette::Categories,
        note: INVENTED.into(),
        ..Curves::named("lines")
    })
}

fn example_report(charts: &[Chart]) -> Report {
    let lang = Lang::Da;
    let spells = [
        ("employment", 94_673.0, 21.6, 12.8, 15.4),
        ("self_support", 162_074.0, 37.0, 12.1, 14.1),
        ("education", 47_925.0, 10.9, 11.6, 12.8),
        ("disability_pension", 18_234.0, 4.2, 41.5, 25.1),
        ("still_unemployed", 94_923.0, 21.7, 37.2, 29.3),
    ];
    let mut rows: Vec<Row> = spells
        .iter()
        .map(|&(key, n, percent, mean, sd)| {
            let off = if key == "disability_pension" { 0.13 } else { 0.0 };
            Row::new(
                [labels::exit(key, lang)],
                vec![
                    both(n, 0, n),
                    both(percent, 1, percent + 0.02),
                    both(mean, 1, mean + off),
                    both(sd, 1, sd),
                ],
            )
        })
        .collect();
    rows.push(
        Row::new(["I alt"], vec![both(417_829.0, 0, 417_831.0), both(100.0, 1, 100.0)]).total(),
    );
    let exits = Comparison {
        title: "Tabel 4.2. Afgange fra aktivitetsparat ydelse".into(),
        caption: "Forløb, der begynder februar 2011 – december 2019.".into(),
        keys: vec![labels::column("exit", lang).into()],
        columns: vec![
            ValueColumn::counts(labels::column("spells", lang)),
            ValueColumn::new(labels::column("percent", lang), 1),
            ValueColumn::new(labels::column("mean_months", lang), 1),
            ValueColumn::new(labels::column("sd_months", lang), 1),
        ],
        rows,
        files: vec![
            ("CSV".into(), "tables/table_4_2.csv".into()),
            ("Parquet".into(), "tables/table_4_2.parquet".into()),
        ],
        ..Comparison::named("table_4_2")
    };
    let scaled = Comparison {
        title: "Tabel 4.1. Forløb efter målgruppe og år".into(),
        keys: vec!["Målgruppe".into(), "Startår".into()],
        columns: vec![ValueColumn::counts("Forløb").times(0.05)],
        rows: [("Aktivitetsparate", "2011", 60_312.0), ("Aktivitetsparate", "2012", 58_811.0), ("Jobparate", "2011", 39_002.0), ("Jobparate", "2012", 37_004.0)]
            .into_iter()
            .map(|(group, year, n)| Row::new([group, year], vec![Cell::both(&printed(n, 0), (n * 0.05_f64).round() + if year == "2012" && group == "Jobparate" { 9.0 } else { 0.0 }, 0.05)]))
            .collect(),
        note: "Registret er en tyvendedel af fuld størrelse; rapportens tal er ganget med 0,05 og vist i fuld størrelse med småt.".into(),
        ..Comparison::named("table_4_1")
    };
    let mut figures: Vec<Item> =
        charts.iter().map(|chart| Item::Figure(Box::new(Figure::of(chart, lang)))).collect();
    if let Some(Item::Figure(figure)) = figures.first_mut() {
        figure.published = vec![
            Published {
                label: "Beskæftigelse, startår 2011".into(),
                wording: "58 %".into(),
                computed: Some(58.04),
                agreement: printed(58.0, 0).against(58.04, 1.0),
                ..Published::default()
            },
            Published {
                label: "Beskæftigelse, startår 2017".into(),
                wording: "knap 65 %".into(),
                computed: Some(63.83),
                agreement: printed(65.0, 0).against(63.83, 1.0),
                ..Published::default()
            },
        ];
        figure.note = INVENTED.into();
    }
    let slip = Note {
        kind: NoteKind::Slip,
        title: "Horsens står to gange".into(),
        text: "Bilagstabel 1.2 nævner Horsens to gange; uden gentagelsen er der 94 jobcentre."
            .into(),
    };
    let deviations = Table {
        id: "deviations".into(),
        title: "Ydelsesmåneder, de tre største afvigelser".into(),
        columns: vec![("Målgruppe".into(), false), ("År".into(), true), ("Afvigelse".into(), true)],
        rows: vec![
            vec!["Dagpenge".into(), "2011".into(), "−1.204".into()],
            vec!["Jobparate".into(), "2019".into(), "+311".into()],
        ],
        ..Table::default()
    };
    Report {
        title: "Kapitel 4: Afgang fra offentlige ydelser".into(),
        subtitle: "Prøveside med opdigtede tal".into(),
        lead: vec![
            "Registret bag denne side er syntetisk. Det er kalibreret til rapportens trykte tal, så overensstemmelse viser, at beregningen er rigtig, ikke hvordan verden er.".into(),
            "Ingen oplysninger om virkelige personer indgår.".into(),
        ],
        sections: vec![
            Section { title: "Forløb og afgange".into(), intro: vec!["Et forløb er en ubrudt række af måneder på en af de fire ydelser.".into()], items: vec![Item::Comparison(scaled), Item::Comparison(exits), Item::Note(slip)], ..Section::named("exits") },
            Section { title: "Figurer".into(), items: figures, ..Section::named("figures") },
            Section { title: "Sådan er registret lavet".into(), intro: vec!["For hver målgruppe, afgang og startår tilpasses en fordeling af varigheder til de trykte gennemsnit og spredninger.".into()], items: vec![Item::Table(deviations)], ..Section::named("register") },
        ],
        facts: vec![
            Facts { title: "Kørsel".into(), rows: vec![("Version".into(), "0.1.0".into()), ("Skala".into(), "0,05".into()), ("Personer".into(), "90.270".into()), ("Tråde".into(), "2".into())] },
            Facts { title: "Sekunder pr. trin".into(), rows: vec![("Register".into(), "21,4".into()), ("Gennemløb".into(), "3,2".into()), ("Figurer".into(), "1,1".into())] },
        ],
        run_json: "{\n  \"version\": \"0.1.0\",\n  \"scale\": 0.05\n}".into(),
        colophon: "afgang 0.1.0".into(),
        lang,
    }
}

fn printed(number: f64, decimals: usize) -> Printed {
    Printed { text: format!("{number:.decimals$}"), low: number, high: number, decimals }
}

fn both(published: f64, decimals: usize, computed: f64) -> Cell {
    Cell::both(&printed(published, decimals), computed, 1.0)
}
