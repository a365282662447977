//! Draws cumulative incidence beside one minus Kaplan–Meier for METHODS.md, from the data of figure 4.3.
//!
//! `cargo run --release -p afgang --example incidence_beside_kaplan_meier -- out/vive/figures/figure_4_3.csv paper/images`
#![expect(clippy::print_stderr, reason = "an example prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use afgang::figure::{self, Chart, Curves, Line, Options, Panel};
use afgang::labels::Lang;
use afgang_models::{AalenJohansen, Curve, EventTable, KaplanMeier};

const CAUSES: [&str; 3] = ["employment", "self_support", "education"];

/// The counts of all population groups together. The data hold three exits by cause; whoever else leaves the risk set
/// without being censored has one of the other exits, the fourth cause here.
fn table(path: &Path) -> Result<EventTable, Box<dyn Error>> {
    let mut events: BTreeMap<u64, [u64; 4]> = BTreeMap::new();
    let (mut at_risk, mut censored) = (BTreeMap::<u64, u64>::new(), BTreeMap::<u64, u64>::new());
    let mut reader = csv::Reader::from_path(path)?;
    let header = reader.headers()?.clone();
    let column =
        |name: &str| header.iter().position(|h| h == name).ok_or(format!("no column {name}"));
    let (cause, time) = (column("cause")?, column("time")?);
    let (n_event, n_risk, n_censor) = (column("n_event")?, column("n_risk")?, column("n_censor")?);
    for record in reader.records() {
        let record = record?;
        let month: u64 = record[time].parse()?;
        if let Some(k) = CAUSES.iter().position(|c| *c == &record[cause]) {
            events.entry(month).or_default()[k] += record[n_event].parse::<u64>()?;
            if k == 0 {
                *at_risk.entry(month).or_default() += record[n_risk].parse::<u64>()?;
                *censored.entry(month).or_default() += record[n_censor].parse::<u64>()?;
            }
        }
    }
    let mut next = 0;
    for (month, events) in events.iter_mut().rev() {
        events[3] = at_risk[month] - next - censored[month] - events.iter().sum::<u64>();
        next = at_risk[month];
    }
    let times: Vec<f64> = events.keys().map(|m| *m as f64).collect();
    let flat: Vec<u64> = events.into_values().flatten().collect();
    let censored: Vec<u64> = censored.into_values().collect();
    Ok(EventTable::from_counts(4, &times, &flat, &censored, None)?)
}

fn line(key: &str, label: &str, curve: &Curve, complement: bool, dashed: bool) -> Line {
    let estimate = curve.estimate.iter().map(|e| if complement { 1.0 - e } else { *e }).collect();
    Line {
        key: key.into(),
        label: label.into(),
        time: curve.time.clone(),
        estimate,
        dashed,
        ..Line::default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let data = args.next().unwrap_or_else(|| "out/vive/figures/figure_4_3.csv".into());
    let folder = args.next().unwrap_or_else(|| "paper/images".into());
    let table = table(Path::new(&data))?;
    let incidence = AalenJohansen::new().fit(&table)?;
    let titles = ["Employment", "Self-support", "Education"];
    let mut panels = Vec::new();
    for k in 0..3 {
        let alone = KaplanMeier::new().fit(&table.cause_specific(k)?)?;
        panels.push(Panel {
            title: titles[k].into(),
            lines: vec![
                line("1", "Cumulative incidence", &incidence[k], false, false),
                line("5", "1 − Kaplan–Meier", &alone, true, true),
            ],
            at_risk: Vec::new(),
        });
    }
    let chart = Chart::Curves(Curves {
        title: "The same spells, two answers".into(),
        subtitle: "Activity-ready, synthetic register calibrated to published margins".into(),
        x_label: "Months since the spell began".into(),
        y_label: "Probability of exit, per cent".into(),
        panels,
        ..Curves::named("incidence_beside_kaplan_meier")
    });
    let picture = figure::render(&chart, Options::page(Lang::En));
    fs::create_dir_all(&folder)?;
    let path = Path::new(&folder).join("incidence_beside_kaplan_meier.png");
    fs::write(&path, figure::to_png(&picture.svg, 2.0)?)?;
    eprintln!("{}", path.display());
    Ok(())
}
