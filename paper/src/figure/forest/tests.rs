use super::*;
use crate::figure::chart::ForestPanel;
use crate::figure::geometry::{assert_tidy, words};
use crate::figure::{self, Chart};

fn estimate(estimate: f64, low: f64, high: f64) -> Effect {
    Effect { ratio: Ratio::Estimate { estimate, low, high }, events: Some(1234.0) }
}

fn row(label: &str, level: bool) -> ForestRow {
    ForestRow { label: label.into(), level, n: Some(4321.0), ..ForestRow::default() }
}

fn sample(panels: usize, label: &str) -> Forest {
    let heading = ForestRow { label: "region".into(), heading: true, ..ForestRow::default() };
    let panel = ForestPanel {
        title: "Beskæftigelse eller selvforsørgelse uden ydelse".into(),
        effects: vec![
            estimate(0.98, 0.97, 0.99),
            Effect::default(),
            Effect { ratio: Ratio::Base, events: Some(12_345.0) },
            estimate(1.25, 1.1, 1.42),
            estimate(0.5, 0.01, 90.0),
            Effect { ratio: Ratio::LeftOut, events: None },
        ],
    };
    Forest {
        title: "Test".into(),
        x_label: "Hazardratio, logaritmisk akse".into(),
        n_label: "Forløb".into(),
        events_label: "Afgange".into(),
        estimate_label: "HR (95 %-KI)".into(),
        rows: vec![
            row("age", false),
            heading,
            row("Hovedstaden", true),
            row("Sjælland", true),
            row(label, true),
            row("Nordjylland", true),
        ],
        panels: vec![panel; panels],
        note: "En note.".into(),
        id: "forest".into(),
        ..Forest::default()
    }
}

#[test]
fn nothing_leaves_the_page_or_covers_another() {
    let long = "En meget lang betegnelse for et niveau, der ikke kan stå på én linje";
    for panels in 1..=5 {
        for label in
            ["Syd", long, "Ubrydeligtlangtordderikkekanbrydesvedetmellemrumogaltsåmåbrydesetsted"]
        {
            for width in [Width::Page, Width::Phone] {
                for lang in [Lang::Da, Lang::En] {
                    let options = Options { lang, width, heading: true };
                    let chart = Chart::Forest(sample(panels, label));
                    assert_tidy(&figure::render(&chart, options));
                }
            }
        }
    }
}

#[test]
fn estimates_stand_at_their_logarithms() {
    let chart = sample(1, "Syd");
    let axis = RatioAxis::of(&chart, 300.0, 10.0, Lang::Da);
    // The logarithm of 1 is half-way between those of 0.8 and 1.25.
    let middle = f64::midpoint(axis.part(0.8), axis.part(1.25));
    assert!((axis.part(1.0) - middle).abs() < 1e-12);
    assert!(axis.ticks.contains(&1.0) && axis.ticks.len() > 2);
    // The interval of 0.01 to 90 is cut, the others are not.
    assert!(!axis.holds(0.01) && !axis.holds(90.0) && axis.holds(0.5) && axis.holds(1.42));
}

#[test]
fn ticks_are_round_for_narrow_and_wide_ranges() {
    let ticks = |low: f64, high: f64| {
        let mut chart = sample(1, "Syd");
        chart.panels[0].effects = vec![estimate(low, low, low), estimate(high, high, high)];
        RatioAxis::of(&chart, 250.0, 10.0, Lang::Da).ticks
    };
    assert_eq!(ticks(0.95, 1.05), [0.9, 0.95, 1.0, 1.05, 1.1]);
    assert_eq!(ticks(0.7, 1.3), [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3]);
    assert_eq!(ticks(0.2, 5.0), [0.2, 0.5, 1.0, 2.0, 5.0]);
    assert_eq!(ticks(0.01, 100.0), [0.01, 0.1, 1.0, 10.0, 100.0]);
}

#[test]
fn rows_say_what_they_are() {
    let svg = figure::render(&Chart::Forest(sample(1, "Syd")), Options::page(Lang::Da)).svg;
    let texts: Vec<String> = words(&svg).into_iter().map(|word| word.text).collect();
    for wanted in [
        "1 (basis)",
        "1,25 (1,10–1,42)",
        "0,50 (0,01–90,00)",
        "udeladt",
        "12.345",
        "4.321",
        "Afgange",
    ] {
        assert!(texts.iter().any(|text| text == wanted), "{wanted}: {texts:?}");
    }
    let svg = figure::render(&Chart::Forest(sample(2, "Syd")), Options::page(Lang::En)).svg;
    assert!(svg.contains(">1 (base)<") && svg.contains(">1.25 (1.10–1.42)<"));
    // Each panel has the events of its own cause.
    assert!(svg.matches(">12,345<").count() == 2 && svg.contains(">4,321<"));
}

#[test]
fn broken_numbers_are_drawn() {
    let mut chart = sample(1, "Syd");
    for (effect, value) in
        chart.panels[0].effects.iter_mut().zip([f64::NAN, f64::INFINITY, 0.0, -1.0, 1e300])
    {
        effect.ratio = Ratio::Estimate { estimate: value, low: value, high: value };
    }
    for chart in [chart, Forest::default()] {
        let svg = figure::render(&Chart::Forest(chart), Options::page(Lang::Da)).svg;
        figure::to_png(&svg, 1.0).unwrap();
    }
}

#[test]
fn intervals_have_the_digits_that_tell_their_limits_apart() {
    let words = |estimate: f64, low: f64, high: f64| {
        let ratio = Ratio::Estimate { estimate, low, high };
        in_words(&Effect { events: None, ratio }, Lang::En)
    };
    assert_eq!(words(1.234, 1.104, 1.378), "1.23 (1.10–1.38)");
    assert_eq!(words(0.9796, 0.9781, 0.9811), "0.980 (0.978–0.981)");
    assert_eq!(words(1.00001, 1.0, 1.00002), "1.0000 (1.0000–1.0000)");
    assert_eq!(words(0.05, 0.01, 0.2), "0.050 (0.010–0.200)");
    assert_eq!(words(12.34, 9.0, 17.0), "12.3 (9.0–17.0)");
    assert_eq!(words(2.9e-5, 0.0, 0.001), "2.9e-5 (0.000–0.001)");
    assert_eq!(words(1.0, 1.0, f64::INFINITY).chars().next(), Some('1'));
}
